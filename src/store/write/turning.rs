//! Undo and redo: reversals of a decision, or of what is in force of its batch, newest first, a stretch in a transaction.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::bulk_decisions::note;
use super::decisions::{append, fresh_batch};
use super::{Refusal, standing};
use crate::store::bulk::{Reached, STRETCH, Way};
use crate::store::open::now;
use crate::store::record::{Decision, DecisionKind, NewDecision};

/// A wish to undo, or to redo.
pub(in crate::store) struct Turn {
    /// Redo rather than undo.
    pub(in crate::store) redo: bool,
    /// Whose decisions.
    pub(in crate::store) reviewer: String,
    /// Where the batch is gone on with; at the beginning the newest is looked for.
    pub(in crate::store) from: Option<Place>,
}

/// Where the turning of a batch is.
pub(in crate::store) struct Place {
    /// The batch that is reversed.
    batch: String,
    /// The batch of the reversals.
    into: String,
    /// What is left of it stands before this row.
    before: i64,
    reached: Reached,
}

/// What came of a stretch.
#[derive(Default)]
pub(in crate::store) struct Turned {
    /// The reversals, newest taken back first.
    pub(in crate::store) reversals: Vec<Decision>,
    pub(in crate::store) reached: Reached,
    /// Where it goes on; none at the end.
    pub(in crate::store) next: Option<Place>,
}

/// What a reviewer's undo takes back, of `decision d`: all that is in force but reversals.
const UNDO: &str = "FROM decision d WHERE d.reviewer = ?1 AND d.kind <> 'reversal'
    AND NOT EXISTS (SELECT 1 FROM decision_reversed v WHERE v.decision_id = d.id)";

/// What their redo takes back: reversals in force of what is no reversal.
const REDO: &str = "FROM decision d JOIN decision undone ON undone.uid = d.reverses
    WHERE d.reviewer = ?1 AND undone.kind <> 'reversal'
    AND NOT EXISTS (SELECT 1 FROM decision_reversed v WHERE v.decision_id = d.id)";

/// Nothing may have been decided since.
const NEWER: &str = "AND d.id > (SELECT max(id) FROM decision WHERE reviewer = ?1 AND kind <> 'reversal')";

/// Reverses a stretch of what is to be reversed.
pub(in crate::store) fn turn(conn: &Connection, store: &str, turn: Turn) -> Result<Turned, Refusal> {
    let at = now();
    let (of, newer, way) = if turn.redo { (REDO, NEWER, Way::Redo) } else { (UNDO, "", Way::Undo) };
    let place = if let Some(place) = turn.from {
        place
    } else {
        let newest: Option<(i64, Option<String>)> = conn
            .prepare_cached(&format!("SELECT d.id, d.batch {of} {newer} ORDER BY d.id DESC LIMIT 1"))?
            .query_row([&turn.reviewer], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((id, batch)) = newest else { return Ok(Turned::default()) };
        let Some(batch) = batch else {
            let reversals = reverse(conn, store, &turn.reviewer, &[id], None, &at)?;
            return Ok(Turned { reversals, reached: Reached { done: 1, of: 1 }, next: None });
        };
        let all: i64 = conn
            .prepare_cached(&format!("SELECT count(*) {of} AND d.batch = ?2"))?
            .query_row(params![turn.reviewer, batch], |row| row.get(0))?;
        let reached = Reached { done: 0, of: all.unsigned_abs() };
        Place { batch, into: fresh_batch(conn, store, &at)?, before: id.saturating_add(1), reached }
    };
    let targets: Vec<i64> = conn
        .prepare_cached(&format!("SELECT d.id {of} AND d.batch = ?2 AND d.id < ?3 ORDER BY d.id DESC LIMIT ?4"))?
        .query_map(params![turn.reviewer, place.batch, place.before, STRETCH.cast_signed()], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let reversals = reverse(conn, store, &turn.reviewer, &targets, Some(&place.into), &at)?;
    let done = place.reached.done + targets.len() as u64;
    let last = targets.last().copied().filter(|_| targets.len() == STRETCH && done < place.reached.of);
    let reached = Reached { done, of: if last.is_some() { place.reached.of } else { done } };
    note(conn, way, &place.into, reached)?;
    Ok(Turned { reversals, reached, next: last.map(|before| Place { before, reached, ..place }) })
}

/// Reverses these decisions.
fn reverse(
    conn: &Connection,
    store: &str,
    reviewer: &str,
    targets: &[i64],
    batch: Option<&str>,
    at: &str,
) -> Result<Vec<Decision>, Refusal> {
    let mut touched = BTreeSet::new();
    let mut reversals = Vec::with_capacity(targets.len());
    for id in targets {
        let (uid, candidate, sample) = conn
            .prepare_cached("SELECT uid, candidate_id, sample FROM decision WHERE id = ?1")?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let reversal = NewDecision {
            candidate,
            sample,
            reverses: Some(uid),
            reviewer: reviewer.to_owned(),
            batch: batch.map(str::to_owned),
            ..NewDecision::default()
        };
        reversals.push(append(conn, store, at, DecisionKind::Reversal, reversal)?);
        touched.insert(candidate);
    }
    for candidate in touched {
        standing::refresh(conn, candidate, false)?;
    }
    Ok(reversals)
}
