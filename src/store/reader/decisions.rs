//! Reading the log of decisions back.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};

use super::{Reader, from_json, maybe_word, word};
use crate::store::StoreError;
use crate::store::record::{Decision, NewDecision};

/// Columns of a decision, with the reversal that took it back.
const DECISION: &str = "SELECT d.id, d.uid, d.at, d.kind, d.candidate_id, d.sample, d.judgement, d.curation,
    d.right_side, d.reverses, d.reviewer, d.note, d.cause, d.tags, d.blind, d.adjudicates, d.batch, v.by_uid,
    d.revision, d.about
    FROM decision d LEFT JOIN decision_reversed v ON v.decision_id = d.id";

/// The order of the log: of time, in which a decision made here comes after all that was known of its candidate. Merged
/// stores put theirs together in it the same way, whichever came first.
const ORDER: &str = "d.at, ifnull(d.place, d.id), d.uid";

fn decision(row: &Row<'_>) -> rusqlite::Result<Decision> {
    Ok(Decision {
        id: row.get(0)?,
        uid: row.get(1)?,
        at: row.get(2)?,
        kind: word(row, 3)?,
        body: NewDecision {
            candidate: row.get(4)?,
            sample: row.get(5)?,
            judgement: maybe_word(row, 6)?,
            curation: maybe_word(row, 7)?,
            right: maybe_word(row, 8)?,
            reverses: row.get(9)?,
            reviewer: row.get(10)?,
            note: row.get(11)?,
            cause: row.get(12)?,
            tags: from_json(row, 13)?,
            blind: row.get(14)?,
            adjudicates: row.get(15)?,
            batch: row.get(16)?,
            revision: match row.get_ref(18)? {
                ValueRef::Null => None,
                _ => from_json(row, 18)?,
            },
            about: row.get(19)?,
        },
        reversed_by: row.get(17)?,
    })
}

/// A candidate's decisions, in the order of the log.
pub(in crate::store) fn log_of(conn: &Connection, candidate: i64) -> rusqlite::Result<Vec<Decision>> {
    conn.prepare_cached(&format!("{DECISION} WHERE d.candidate_id = ?1 ORDER BY {ORDER}"))?
        .query_map([candidate], decision)?
        .collect()
}

/// The decision with a uid.
pub(in crate::store) fn decision_by_uid(conn: &Connection, uid: &str) -> rusqlite::Result<Option<Decision>> {
    conn.prepare_cached(&format!("{DECISION} WHERE d.uid = ?1"))?.query_row([uid], decision).optional()
}

/// Whether a decision is out of force.
pub(in crate::store) fn is_reversed(conn: &Connection, id: i64) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM decision_reversed WHERE decision_id = ?1")?.exists([id])
}

impl Reader {
    /// A candidate's decisions, in the order of the log, reversed ones and reversals included.
    pub fn decisions(&self, candidate: i64) -> Result<Vec<Decision>, StoreError> {
        self.read(|conn| log_of(conn, candidate))
    }

    /// The whole log, in its order.
    pub fn all_decisions(&self) -> Result<Vec<Decision>, StoreError> {
        self.read(|conn| conn.prepare(&format!("{DECISION} ORDER BY {ORDER}"))?.query_map([], decision)?.collect())
    }

    /// The decision with a uid.
    pub fn decision(&self, uid: &str) -> Result<Option<Decision>, StoreError> {
        self.read(|conn| decision_by_uid(conn, uid))
    }
}
