//! What given candidates stand for, counted: said before something is decided on many of them at once.

use rusqlite::Connection;

use super::{Reader, maybe_word, word};
use crate::failure::FailureKind;
use crate::store::StoreError;
use crate::store::ids::IdSet;
use crate::store::record::Agreement;

/// How many candidates stand for what, a person's word counted; each is in one of these.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standings {
    /// Reviewers are tied.
    pub contested: u64,
    /// They agree.
    pub agree: u64,
    /// They disagree.
    pub disagree: u64,
    /// Nobody could tell.
    pub undecided: u64,
    /// They have no verdict, because their code did not execute.
    pub not_executed: u64,
    /// They have no verdict, because they or a response of theirs failed otherwise.
    pub failed: u64,
    /// They have no verdict yet.
    pub open: u64,
}

impl Reader {
    /// Counts candidates by what they stand for.
    pub fn standings(&self, of: &IdSet) -> Result<Standings, StoreError> {
        let (Some(first), Some(last)) = (of.first(), of.last()) else { return Ok(Standings::default()) };
        self.read(|conn| counted(conn, of, first, last))
    }
}

fn counted(conn: &Connection, of: &IdSet, first: i64, last: i64) -> rusqlite::Result<Standings> {
    let mut found = Standings::default();
    let mut statement = conn.prepare_cached(
        "SELECT c.id, c.standing, c.contested, iif(c.standing <> 'none', NULL, ifnull(c.kind,
            (SELECT r.kind FROM response r WHERE r.candidate_id = c.id AND r.kind IS NOT NULL
             ORDER BY r.sample LIMIT 1)))
         FROM candidate c WHERE c.id BETWEEN ?1 AND ?2",
    )?;
    let mut rows = statement.query([first, last])?;
    while let Some(row) = rows.next()? {
        if !of.contains(row.get(0)?) {
            continue;
        }
        let count = match (row.get::<_, bool>(2)?, word::<Agreement>(row, 1)?, maybe_word::<FailureKind>(row, 3)?) {
            (true, ..) => &mut found.contested,
            (_, Agreement::Agrees, _) => &mut found.agree,
            (_, Agreement::Disagrees, _) => &mut found.disagree,
            (_, Agreement::Undecided, _) => &mut found.undecided,
            (_, Agreement::None, Some(kind)) if kind.is_of_code() => &mut found.not_executed,
            (_, Agreement::None, Some(_)) => &mut found.failed,
            (_, Agreement::None, None) => &mut found.open,
        };
        *count += 1;
    }
    Ok(found)
}
