//! What came into a store since somebody looked: how far its tables are, and what was decided on which candidates.

use crate::store::StoreError;
use crate::store::reader::Reader;

/// How far a store is. Rows of these tables are never taken away, and their numbers only grow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks {
    /// The last candidate.
    pub candidate: i64,
    /// The last decision.
    pub decision: i64,
    /// The last sampling plan, and its last pair: it may have been enlarged.
    pub plan: (i64, i64),
    /// The last verifier version that was applied whole.
    pub version: i64,
}

/// A candidate that was decided on, and who judged it, where it was judged.
pub type DecidedOn = (i64, Option<String>);

impl Reader {
    /// How far the store is.
    pub fn marks(&self) -> Result<Marks, StoreError> {
        let sql = "SELECT (SELECT ifnull(max(id), 0) FROM candidate), (SELECT ifnull(max(id), 0) FROM decision),
                (SELECT ifnull(max(id), 0) FROM plan),
                (SELECT ifnull(max(position), 0) FROM plan_item WHERE plan_id = (SELECT max(id) FROM plan)),
                (SELECT ifnull(max(id), 0) FROM verifier_version WHERE state <> 'applying')";
        self.read(|conn| {
            conn.prepare_cached(sql)?.query_row([], |row| {
                let plan = (row.get(2)?, row.get(3)?);
                Ok(Marks { candidate: row.get(0)?, decision: row.get(1)?, plan, version: row.get(4)? })
            })
        })
    }

    /// The decisions behind this one, in their order; at most `most`.
    pub fn decided_since(&self, decision: i64, most: usize) -> Result<Vec<DecidedOn>, StoreError> {
        let sql = "SELECT candidate_id, CASE WHEN judgement IS NULL THEN NULL ELSE reviewer END FROM decision
             WHERE id > ?1 ORDER BY id LIMIT ?2";
        self.read(|conn| {
            conn.prepare_cached(sql)?
                .query_map((decision, i64::try_from(most).unwrap_or(i64::MAX)), |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
    }
}
