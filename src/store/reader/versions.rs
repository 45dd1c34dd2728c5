//! Reading the history of versions.

use rusqlite::Row;

use super::{Reader, from_json, word};
use crate::store::StoreError;
use crate::store::version::AppliedVersion;

pub(in crate::store) const COLUMNS: &str = "id, uid, version, rules, options, filter, reviewer, note, state, begun_at,
    ended_at, done_to, up_to, pairs, flips";

/// A version in the columns [`COLUMNS`].
pub(in crate::store) fn version(row: &Row<'_>) -> rusqlite::Result<AppliedVersion> {
    Ok(AppliedVersion {
        id: row.get(0)?,
        uid: row.get(1)?,
        version: row.get(2)?,
        rules: row.get(3)?,
        options: from_json(row, 4)?,
        filter: row.get(5)?,
        reviewer: row.get(6)?,
        note: row.get(7)?,
        state: word(row, 8)?,
        begun_at: row.get(9)?,
        ended_at: row.get(10)?,
        done_to: row.get(11)?,
        up_to: row.get(12)?,
        pairs: row.get::<_, i64>(13)?.cast_unsigned(),
        flips: row.get::<_, i64>(14)?.cast_unsigned(),
    })
}

impl Reader {
    /// Versions that were applied, oldest first.
    pub fn versions(&self) -> Result<Vec<AppliedVersion>, StoreError> {
        self.read(|conn| {
            conn.prepare_cached(&format!("SELECT {COLUMNS} FROM verifier_version ORDER BY id"))?
                .query_map([], version)?
                .collect()
        })
    }

    /// The version that is half applied: being applied now, or left so by a kill.
    pub fn half_applied(&self) -> Result<Option<AppliedVersion>, StoreError> {
        self.read(|conn| {
            let sql =
                format!("SELECT {COLUMNS} FROM verifier_version WHERE state = 'applying' ORDER BY id DESC LIMIT 1");
            conn.prepare_cached(&sql)?.query_map([], version)?.next().transpose()
        })
    }
}
