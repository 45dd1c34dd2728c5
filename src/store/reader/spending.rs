//! What candidates cost: the replies of their slots, added up.

use rusqlite::params_from_iter;
use serde::Serialize;

use super::{Reader, spent, word};
use crate::model::Role;
use crate::store::StoreError;
use crate::store::filter::Filter;

/// What one role's replies cost for the candidates of one strategy and domain, those that failed included.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spending {
    /// The strategy's name.
    pub strategy: String,
    /// The domain's slug; empty when unknown.
    pub domain: String,
    /// The role.
    pub role: Role,
    /// Replies.
    pub replies: u64,
    /// Replies whose tokens the endpoint did not say: they are in no sum.
    pub unknown: u64,
    /// Tokens of requests.
    pub prompt_tokens: u64,
    /// Tokens of replies, reasoning included.
    pub completion_tokens: u64,
    /// Replies whose price nobody knows: they are in no sum.
    pub unpriced: u64,
    /// US dollars.
    pub cost: f64,
    /// Seconds waited.
    pub seconds: f64,
}

impl Reader {
    /// What the candidates that a filter takes cost. What was asked for slots that have no candidate yet is not in it.
    pub fn spending(&self, filter: &Filter) -> Result<Vec<Spending>, StoreError> {
        let (condition, values) = filter.sql();
        let ([prompt, completion], cost) = (["prompt_tokens", "completion_tokens"].map(spent::count), spent::cost());
        let sql = format!(
            "SELECT c.strategy, c.domain, p.role, count(*),
                sum(({prompt}) IS NULL AND ({completion}) IS NULL), total({prompt}), total({completion}),
                sum(({cost}) IS NULL), total({cost}), total(p.seconds)
             FROM candidate c JOIN reply p ON p.run_id = c.run_id AND p.ordinal = c.ordinal
             WHERE {condition} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        );
        let count = |row: &rusqlite::Row<'_>, column| row.get::<_, i64>(column).map(i64::cast_unsigned);
        // `total` is never null and does not overflow; tokens are whole numbers far below its precision's end.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sums of counts")]
        let tokens = |row: &rusqlite::Row<'_>, column| row.get::<_, f64>(column).map(|n| n as u64);
        self.read(|conn| {
            conn.prepare(&sql)?
                .query_map(params_from_iter(values), |row| {
                    Ok(Spending {
                        strategy: row.get(0)?,
                        domain: row.get(1)?,
                        role: word(row, 2)?,
                        replies: count(row, 3)?,
                        unknown: count(row, 4)?,
                        prompt_tokens: tokens(row, 5)?,
                        completion_tokens: tokens(row, 6)?,
                        unpriced: count(row, 7)?,
                        cost: row.get(8)?,
                        seconds: row.get(9)?,
                    })
                })?
                .collect()
        })
    }
}
