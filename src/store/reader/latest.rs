//! What of a run came last, and what failed in it: for those who were not there when it was made.

use std::collections::BTreeMap;

use rusqlite::{Connection, Params};

use super::{Reader, word};
use crate::failure::FailureKind;
use crate::store::StoreError;

/// What of a run came last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Latest {
    /// Numbers of the candidates of its last slots, the newest first.
    pub newest: Vec<i64>,
    /// Numbers of the newest that failed, some of each kind; the newest first.
    pub failed: Vec<i64>,
    /// Of those without a kind of their own and with nothing to compare: how many by what became of their first response.
    pub unanswered: BTreeMap<FailureKind, u64>,
}

fn ids(conn: &Connection, sql: &str, values: impl Params) -> rusqlite::Result<Vec<i64>> {
    conn.prepare_cached(sql)?.query_map(values, |row| row.get(0))?.collect()
}

/// Of candidates `c` of the run `?1`: those whose responses failed, and the first of them. The run is not looked for by its
/// index: few candidates have nothing to compare.
const UNANSWERED: &str = "candidate c JOIN response f ON f.id =
        (SELECT s.id FROM response s WHERE s.candidate_id = c.id ORDER BY s.sample LIMIT 1)
     WHERE c.standing = 'none' AND c.kind IS NULL AND +c.run_id = ?1 AND f.kind IS NOT NULL";

/// Slots that may be worked on at once: what came last may have begun so many slots before the last one.
const AT_ONCE: i64 = 1_024;

impl Reader {
    /// What of a run came last: at most `most` candidates, and at most `most` that failed of each kind.
    pub fn latest(&self, run: i64, most: usize) -> Result<Latest, StoreError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.read_one_state(|conn| {
            let newest = "SELECT id FROM candidate WHERE run_id = ?1 ORDER BY ordinal DESC LIMIT ?2";
            let mut newest = ids(conn, newest, (run, most.saturating_add(AT_ONCE)))?;
            newest.sort_unstable_by(|a, b| b.cmp(a));
            newest.truncate(usize::try_from(most).unwrap_or(usize::MAX));
            let kinds: Vec<String> = conn
                .prepare_cached("SELECT DISTINCT kind FROM candidate_count WHERE run_id = ?1 AND kind <> '' AND n > 0")?
                .query_map([run], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let mut failed = Vec::new();
            for kind in kinds {
                let last = "SELECT id FROM candidate WHERE kind = ?2 AND +run_id = ?1 ORDER BY id DESC LIMIT ?3";
                failed.extend(ids(conn, last, (run, kind, most))?);
            }
            let mut unanswered = BTreeMap::new();
            let asked = "SELECT EXISTS (SELECT 1 FROM response_count WHERE run_id = ?1 AND kind <> '' AND n > 0)";
            if conn.prepare_cached(asked)?.query_row([run], |row| row.get(0))? {
                let counts = format!("SELECT f.kind, count(*) FROM {UNANSWERED} GROUP BY 1");
                unanswered = conn
                    .prepare_cached(&counts)?
                    .query_map([run], |row| Ok((word(row, 0)?, row.get::<_, i64>(1)?.cast_unsigned())))?
                    .collect::<Result<_, _>>()?;
                let last = format!("SELECT c.id FROM {UNANSWERED} ORDER BY c.id DESC LIMIT ?2");
                failed.extend(ids(conn, &last, (run, most))?);
            }
            failed.sort_unstable_by(|a, b| b.cmp(a));
            Ok(Latest { newest, failed, unanswered })
        })
    }
}
