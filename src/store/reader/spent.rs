//! What replies used and cost: of one run, and of all earlier runs of a strategy.

use rusqlite::Row;

use super::{Reader, word};
use crate::model::{MOST_TOKENS, MOST_USD};
use crate::store::record::{Habit, Spent};
use crate::store::{IdSet, StoreError};

/// A count of `reply p`, where it is one that a reply can have: older versions stored whatever an endpoint said.
pub(in crate::store) fn count(column: &str) -> String {
    format!("CASE WHEN p.{column} BETWEEN 0 AND {MOST_TOKENS} THEN p.{column} END")
}

/// The cost of `reply p`, likewise.
pub(super) fn cost() -> String {
    format!("CASE WHEN p.cost BETWEEN 0 AND {MOST_USD:.1} THEN p.cost END")
}

/// What is counted of `reply p`, for [`add`].
fn counted() -> String {
    let [prompt, cached, completion, reasoning] =
        ["prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens"].map(count);
    format!("p.role, p.model, {prompt}, {cached}, {completion}, {reasoning}, {}, p.seconds", cost())
}

/// Adds a reply to what those of its role and model came to, and says which that is. A run may have millions of replies, and
/// SQL would sort them all in memory to group them.
fn add(all: &mut Vec<Spent>, row: &Row<'_>) -> rusqlite::Result<usize> {
    let (role, model) = (row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?);
    let there = all.iter().position(|spent| spent.role.as_str() == role && spent.model == model);
    let at = if let Some(at) = there {
        at
    } else {
        all.push(Spent::none(word(row, 0)?, model));
        all.len() - 1
    };
    let n = |column| row.get::<_, Option<i64>>(column).map(|n| n.map(i64::cast_unsigned));
    let (prompt, cached, completion, reasoning) = (n(2)?, n(3)?, n(4)?, n(5)?);
    let usd: Option<f64> = row.get(6)?;
    let spent = &mut all[at];
    spent.replies += 1;
    spent.unknown += u64::from(prompt.is_none() && completion.is_none());
    for (sum, more) in [
        (&mut spent.prompt_tokens, prompt),
        (&mut spent.cached_tokens, cached),
        (&mut spent.completion_tokens, completion),
        (&mut spent.reasoning_tokens, reasoning),
    ] {
        *sum = sum.saturating_add(more.unwrap_or(0));
    }
    spent.usd += usd.unwrap_or(0.0);
    spent.unpriced += u64::from(usd.is_none());
    spent.seconds += row.get::<_, f64>(7)?;
    Ok(at)
}

impl Reader {
    /// What the replies of a run used and cost, by role and model.
    pub fn spent(&self, run: i64) -> Result<Vec<Spent>, StoreError> {
        self.read(|conn| {
            let mut all = Vec::new();
            let mut replies = conn.prepare_cached(&format!("SELECT {} FROM reply p WHERE p.run_id = ?1", counted()))?;
            let mut rows = replies.query([run])?;
            while let Some(row) = rows.next()? {
                add(&mut all, row)?;
            }
            all.sort_by(|a, b| (a.role.as_str(), &a.model).cmp(&(b.role.as_str(), &b.model)));
            Ok(all)
        })
    }

    /// How the newest runs of a strategy, at most `runs` of them, asked their models.
    pub fn habits(&self, strategy: &str, runs: u32) -> Result<Vec<Habit>, StoreError> {
        self.read_one_state(|conn| {
            let runs: Vec<(i64, String)> = conn
                .prepare_cached(
                    "SELECT id, recipe FROM (
                        SELECT id, recipe FROM run WHERE strategy = ?1
                            AND EXISTS (SELECT 1 FROM reply WHERE run_id = run.id) ORDER BY id DESC LIMIT ?2)
                     ORDER BY id",
                )?
                .query_map(rusqlite::params![strategy, runs], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()?;
            let mut replies = conn.prepare_cached(&format!(
                "SELECT {}, p.ordinal, (SELECT length(t.text) FROM prompt t WHERE t.hash = p.prompt_hash)
                 FROM reply p WHERE p.run_id = ?1",
                counted()
            ))?;
            let mut habits = Vec::new();
            for (run_id, recipe) in runs {
                let mut all: Vec<Spent> = Vec::new();
                let mut more: Vec<(IdSet, u64, f64)> = Vec::new();
                let mut rows = replies.query([run_id])?;
                while let Some(row) = rows.next()? {
                    let at = add(&mut all, row)?;
                    more.resize_with(all.len(), Default::default);
                    let (slots, chars, squares) = &mut more[at];
                    slots.insert(row.get(8)?);
                    *chars += row.get::<_, Option<i64>>(9)?.map_or(0, i64::cast_unsigned);
                    let tokens = |column| row.get::<_, Option<f64>>(column).map(Option::unwrap_or_default);
                    *squares += (tokens(2)? + tokens(4)?).powi(2);
                }
                let mut of_run: Vec<Habit> = all
                    .into_iter()
                    .zip(more)
                    .map(|(spent, (slots, prompt_chars, tokens_squared))| {
                        let (slots, recipe) = (slots.len() as u64, recipe.clone());
                        Habit { run_id, spent, slots, prompt_chars, tokens_squared, recipe }
                    })
                    .collect();
                of_run.sort_by(|a, b| {
                    (a.spent.role.as_str(), &a.spent.model).cmp(&(b.spent.role.as_str(), &b.spent.model))
                });
                habits.append(&mut of_run);
            }
            Ok(habits)
        })
    }
}
