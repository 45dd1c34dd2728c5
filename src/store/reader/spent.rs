//! What replies used and cost: of one run, and of all earlier runs of a strategy.

use rusqlite::Row;

use super::{Reader, word};
use crate::store::StoreError;
use crate::store::record::{Habit, Spent};

/// The sums of `reply p`, grouped by role and model.
const SUMS: &str = "p.role, p.model, count(*), sum(p.prompt_tokens IS NULL AND p.completion_tokens IS NULL),
    ifnull(sum(p.prompt_tokens), 0), ifnull(sum(p.cached_tokens), 0), ifnull(sum(p.completion_tokens), 0),
    ifnull(sum(p.reasoning_tokens), 0), ifnull(sum(p.cost), 0.0), sum(p.cost IS NULL), sum(p.seconds)";

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
            conn.prepare_cached(&format!("SELECT {SUMS} FROM reply p WHERE p.run_id = ?1 GROUP BY 1, 2 ORDER BY 1, 2"))?
                .query_map([run], spent)?
                .collect()
        })
    }

    /// How the newest runs of a strategy, at most `runs` of them, asked their models.
    pub fn habits(&self, strategy: &str, runs: u32) -> Result<Vec<Habit>, StoreError> {
        self.read(|conn| {
            conn.prepare_cached(&format!(
                "SELECT {SUMS}, r.id, count(DISTINCT p.ordinal), sum(length(t.text)),
                    sum(CAST(ifnull(p.prompt_tokens, 0) + ifnull(p.completion_tokens, 0) AS REAL)
                        * (ifnull(p.prompt_tokens, 0) + ifnull(p.completion_tokens, 0))), r.recipe
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
