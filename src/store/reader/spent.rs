//! What replies used and cost: of one run, and of all earlier runs of a strategy.

use rusqlite::Row;

use super::{Reader, word};
use crate::model::{MOST_TOKENS, MOST_USD};
use crate::store::StoreError;
use crate::store::record::{Habit, Spent};

/// A count of `reply p`, where it is one that a reply can have: older versions stored whatever an endpoint said.
pub(in crate::store) fn count(column: &str) -> String {
    format!("CASE WHEN p.{column} BETWEEN 0 AND {MOST_TOKENS} THEN p.{column} END")
}

/// The cost of `reply p`, likewise.
pub(super) fn cost() -> String {
    format!("CASE WHEN p.cost BETWEEN 0 AND {MOST_USD:.1} THEN p.cost END")
}

/// The sums of `reply p`, grouped by role and model. `total` never overflows.
fn sums() -> String {
    let [prompt, cached, completion, reasoning] =
        ["prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens"].map(count);
    let sum = |value: &str| format!("CAST(total({value}) AS INTEGER)");
    format!(
        "p.role, p.model, count(*), sum(({prompt}) IS NULL AND ({completion}) IS NULL), {}, {}, {}, {}, total({cost}),
         sum(({cost}) IS NULL), total(p.seconds)",
        sum(&prompt),
        sum(&cached),
        sum(&completion),
        sum(&reasoning),
        cost = cost()
    )
}

fn spent(row: &Row<'_>) -> rusqlite::Result<Spent> {
    let n = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
    Ok(Spent {
        role: word(row, 0)?,
        model: row.get(1)?,
        replies: n(2)?,
        unknown: n(3)?,
        prompt_tokens: n(4)?,
        cached_tokens: n(5)?,
        completion_tokens: n(6)?,
        reasoning_tokens: n(7)?,
        usd: row.get(8)?,
        unpriced: n(9)?,
        seconds: row.get(10)?,
    })
}

impl Reader {
    /// What the replies of a run used and cost, by role and model.
    pub fn spent(&self, run: i64) -> Result<Vec<Spent>, StoreError> {
        self.read(|conn| {
            conn.prepare_cached(&format!(
                "SELECT {} FROM reply p WHERE p.run_id = ?1 GROUP BY 1, 2 ORDER BY 1, 2",
                sums()
            ))?
            .query_map([run], spent)?
            .collect()
        })
    }

    /// How the newest runs of a strategy, at most `runs` of them, asked their models.
    pub fn habits(&self, strategy: &str, runs: u32) -> Result<Vec<Habit>, StoreError> {
        self.read(|conn| {
            let [prompt, completion] = ["prompt_tokens", "completion_tokens"].map(count);
            let (sums, tokens) = (sums(), format!("(ifnull({prompt}, 0) + ifnull({completion}, 0))"));
            conn.prepare_cached(&format!(
                "SELECT {sums}, r.id, count(DISTINCT p.ordinal), sum(length(t.text)),
                    total(CAST({tokens} AS REAL) * {tokens}), r.recipe
                 FROM (SELECT id, recipe FROM run WHERE strategy = ?1
                       AND EXISTS (SELECT 1 FROM reply WHERE run_id = run.id) ORDER BY id DESC LIMIT ?2) r
                 JOIN reply p ON p.run_id = r.id JOIN prompt t ON t.hash = p.prompt_hash
                 GROUP BY r.id, p.role, p.model ORDER BY r.id, p.role, p.model"
            ))?
            .query_map(rusqlite::params![strategy, runs], |row| {
                Ok(Habit {
                    run_id: row.get(11)?,
                    spent: spent(row)?,
                    slots: row.get::<_, i64>(12)?.cast_unsigned(),
                    prompt_chars: row.get::<_, i64>(13)?.cast_unsigned(),
                    tokens_squared: row.get(14)?,
                    recipe: row.get(15)?,
                })
            })?
            .collect()
        })
    }
}
