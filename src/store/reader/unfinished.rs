//! Decisions on many candidates that ended before their end.

use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};

use super::decisions::decision_by_uid;
use super::{Reader, from_json};
use crate::store::StoreError;
use crate::store::bulk::{Reached, Unfinished, Way};
use crate::store::record::Decision;

/// What `meta` has the note under.
pub(in crate::store) const UNFINISHED: &str = "unfinished_decisions";

/// The note of how far they have come.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct Note {
    /// What is done.
    pub(in crate::store) way: Way,
    /// The batch of what is appended.
    pub(in crate::store) batch: String,
    /// How far that is.
    pub(in crate::store) reached: Reached,
}

impl Reader {
    /// What is [unfinished](Unfinished), or under way.
    pub fn unfinished(&self) -> Result<Option<Unfinished>, StoreError> {
        let found = self.read_one_state(|conn| {
            let note: Option<Note> = conn
                .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
                .query_row([UNFINISHED], |row| from_json(row, 0))
                .optional()?;
            let Some(note) = note else { return Ok(None) };
            let uid: Option<String> = conn
                .prepare_cached("SELECT uid FROM decision WHERE batch = ?1 ORDER BY id LIMIT 1")?
                .query_row([&note.batch], |row| row.get(0))
                .optional()?;
            let first = uid.map(|uid| decision_by_uid(conn, &uid)).transpose()?.flatten();
            Ok(first.map(|first| (note, first)))
        })?;
        let Some((note, first)) = found else { return Ok(None) };
        Ok(Some(Unfinished { way: note.way, about: self.original(first)?, reached: note.reached }))
    }

    /// The decision that a reversal is about in the end: of one that takes back another reversal, the decision that it puts
    /// back. What is no reversal is about itself.
    pub fn original(&self, decision: Decision) -> Result<Decision, StoreError> {
        let mut at = decision;
        while let Some(uid) = at.body.reverses.clone() {
            match self.decision(&uid)? {
                Some(earlier) => at = earlier,
                None => break,
            }
        }
        Ok(at)
    }
}
