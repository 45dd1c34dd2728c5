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

/// The sums of `reply p`.
fn sums() -> String {
    let ([prompt, completion], cost) = (["prompt_tokens", "completion_tokens"].map(spent::count), spent::cost());
    format!(
        "count(*), sum(({prompt}) IS NULL AND ({completion}) IS NULL), total({prompt}), total({completion}),
         sum(({cost}) IS NULL), total({cost}), total(p.seconds)"
    )
}

/// Strategy, domain, role and the sums.
fn spending(row: &rusqlite::Row<'_>) -> rusqlite::Result<Spending> {
    let count = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
    // `total` is never null and does not overflow; tokens are whole numbers far below its precision's end.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sums of counts")]
    let tokens = |column| row.get::<_, f64>(column).map(|n| n as u64);
    Ok(Spending {
        strategy: row.get(0)?,
        domain: row.get(1)?,
        role: word(row, 2)?,
        replies: count(3)?,
        unknown: count(4)?,
        prompt_tokens: tokens(5)?,
        completion_tokens: tokens(6)?,
        unpriced: count(7)?,
        cost: row.get(8)?,
        seconds: row.get(9)?,
    })
}

impl Reader {
    /// What the candidates that a filter takes cost. What was asked for slots that have no candidate yet is not in it, see
    /// [`Self::spending_outside`].
    pub fn spending(&self, filter: &Filter) -> Result<Vec<Spending>, StoreError> {
        let (condition, values) = filter.sql();
        let sums = sums();
        let sql = format!(
            "SELECT c.strategy, c.domain, p.role, {sums}
             FROM candidate c JOIN reply p ON p.run_id = c.run_id AND p.ordinal = c.ordinal
             WHERE {condition} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        );
        self.read(|conn| conn.prepare(&sql)?.query_map(params_from_iter(values), spending)?.collect())
    }

    /// What was asked for slots that have no candidate, or not yet: of one run, or of all. It has no domain.
    pub fn spending_outside(&self, run: Option<i64>) -> Result<Vec<Spending>, StoreError> {
        let sums = sums();
        let sql = format!(
            "SELECT r.strategy, '', p.role, {sums} FROM run r JOIN reply p ON p.run_id = r.id
             WHERE (?1 IS NULL OR r.id = ?1) AND NOT EXISTS
                 (SELECT 1 FROM candidate c WHERE c.run_id = p.run_id AND c.ordinal = p.ordinal)
             GROUP BY 1, 3 ORDER BY 1, 3"
        );
        self.read(|conn| conn.prepare(&sql)?.query_map([run], spending)?.collect())
    }
}
