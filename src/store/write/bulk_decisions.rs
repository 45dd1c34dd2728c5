//! Appending the same decision on many candidates, a stretch in a transaction, and the note of how far that is.

use rusqlite::{Connection, params};

use super::decisions::{append, fresh_batch, validate};
use super::{Refusal, standing};
use crate::store::bulk::{Reached, Way};
use crate::store::open::now;
use crate::store::reader::unfinished::{Note, UNFINISHED};
use crate::store::record::{Decision, NewDecision};

/// A stretch of the same decision on many candidates.
pub(in crate::store) struct Part {
    /// What is decided; from the second stretch on with the batch of the first.
    pub(in crate::store) decision: NewDecision,
    /// The candidates, upwards, each with whether its verdict is hidden meanwhile.
    pub(in crate::store) candidates: Vec<(i64, bool)>,
    /// How far it is, this stretch included.
    pub(in crate::store) reached: Reached,
}

/// Appends the decisions of a stretch and returns the first of them.
pub(in crate::store) fn decide_part(conn: &Connection, store: &str, part: Part) -> Result<Decision, Refusal> {
    let at = now();
    let batch = match &part.decision.batch {
        Some(batch) => batch.clone(),
        None => fresh_batch(conn, store, &at)?,
    };
    let mut first = None;
    for (candidate, blind) in part.candidates {
        let new = NewDecision { candidate, blind, batch: Some(batch.clone()), ..part.decision.clone() };
        let kind = validate(conn, &new)?;
        let decision = append(conn, store, &at, kind, new)?;
        standing::refresh(conn, candidate, false)?;
        first.get_or_insert(decision);
    }
    note(conn, Way::Decide, &batch, part.reached)?;
    first.ok_or_else(|| Refusal::invalid("there is no candidate to decide on"))
}

/// Notes how far decisions on many candidates have come; what is whole needs no note.
pub(super) fn note(conn: &Connection, way: Way, batch: &str, reached: Reached) -> rusqlite::Result<()> {
    if reached.is_whole() {
        return settle(conn);
    }
    let note = super::json(&Note { way, batch: batch.to_owned(), reached });
    conn.prepare_cached("INSERT INTO meta VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value")?
        .execute(params![UNFINISHED, note])?;
    Ok(())
}

/// Forgets the note.
pub(in crate::store) fn settle(conn: &Connection) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM meta WHERE key = ?1")?.execute([UNFINISHED])?;
    Ok(())
}
