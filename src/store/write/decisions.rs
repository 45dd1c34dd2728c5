//! Appending decisions, and the undo and redo that are appended too.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Refusal, json, standing};
use crate::store::open::now;
use crate::store::reader::decisions::{decision_by_uid, is_reversed};
use crate::store::record::{Decision, DecisionKind, NewDecision};

/// Appends a decision and refreshes what follows from it.
pub(in crate::store) fn decide(conn: &Connection, store: &str, new: NewDecision) -> Result<Decision, Refusal> {
    let kind = validate(conn, &new)?;
    let at = now();
    let id: i64 = conn.query_row("SELECT ifnull(max(id), 0) + 1 FROM decision", [], |row| row.get(0))?;
    let uid = blake3::hash(format!("{store}\n{id}\n{at}\n{}", json(&new)).as_bytes()).to_hex()[..32].to_owned();
    conn.prepare_cached(
        "INSERT INTO decision (id, uid, at, kind, candidate_id, sample, judgement, curation, right_side, reverses,
            adjudicates, reviewer, note, cause, tags, blind)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    )?
    .execute(params![
        id,
        uid,
        at,
        kind.as_str(),
        new.candidate,
        new.sample,
        new.judgement.map(super::super::record::Judgement::as_str),
        new.curation.map(super::super::record::Curation::as_str),
        new.right.map(super::super::record::RightSide::as_str),
        new.reverses,
        new.adjudicates,
        new.reviewer,
        new.note,
        new.cause,
        json(&new.tags),
        new.blind
    ])?;
    standing::refresh(conn, new.candidate, false)?;
    Ok(Decision { id, uid, at, kind, body: new, reversed_by: None })
}

/// Reverses the reviewer's newest decision that is in force.
pub(in crate::store) fn undo(conn: &Connection, store: &str, reviewer: &str) -> Result<Option<Decision>, Refusal> {
    let target = conn
        .prepare_cached(
            "SELECT d.uid FROM decision d
             WHERE d.reviewer = ?1 AND d.kind <> 'reversal'
               AND NOT EXISTS (SELECT 1 FROM decision_reversed v WHERE v.decision_id = d.id)
             ORDER BY d.id DESC LIMIT 1",
        )?
        .query_row([reviewer], |row| row.get::<_, String>(0))
        .optional()?;
    target.map(|uid| reverse(conn, store, reviewer, &uid)).transpose()
}

/// Reverses the reviewer's newest reversal that is in force and newer than anything else they decided.
pub(in crate::store) fn redo(conn: &Connection, store: &str, reviewer: &str) -> Result<Option<Decision>, Refusal> {
    let target = conn
        .prepare_cached(
            "SELECT d.uid FROM decision d JOIN decision undone ON undone.uid = d.reverses
             WHERE d.reviewer = ?1 AND undone.kind <> 'reversal'
               AND d.id > (SELECT max(id) FROM decision WHERE reviewer = ?1 AND kind <> 'reversal')
               AND NOT EXISTS (SELECT 1 FROM decision_reversed v WHERE v.decision_id = d.id)
             ORDER BY d.id DESC LIMIT 1",
        )?
        .query_row([reviewer], |row| row.get::<_, String>(0))
        .optional()?;
    target.map(|uid| reverse(conn, store, reviewer, &uid)).transpose()
}

fn reverse(conn: &Connection, store: &str, reviewer: &str, uid: &str) -> Result<Decision, Refusal> {
    let Some(target) = decision_by_uid(conn, uid)? else { return Err(Refusal::missing(format!("decision {uid}"))) };
    let reversal = NewDecision {
        candidate: target.body.candidate,
        sample: target.body.sample,
        judgement: None,
        curation: None,
        right: None,
        reverses: Some(target.uid),
        reviewer: reviewer.to_owned(),
        note: None,
        cause: None,
        tags: Vec::new(),
        blind: false,
        adjudicates: false,
    };
    decide(conn, store, reversal)
}

/// Whether a decision makes sense here, and which kind it is.
fn validate(conn: &Connection, new: &NewDecision) -> Result<DecisionKind, Refusal> {
    if new.reviewer.trim().is_empty() {
        return Err(Refusal::invalid("a decision needs a reviewer: say who decides"));
    }
    if new.tags.iter().any(|t| t.trim().is_empty()) {
        return Err(Refusal::invalid("a tag cannot be empty"));
    }
    if !conn.prepare_cached("SELECT 1 FROM candidate WHERE id = ?1")?.exists([new.candidate])? {
        return Err(Refusal::missing(format!("candidate {}", new.candidate)));
    }
    if new.adjudicates && new.judgement.is_none() {
        return Err(Refusal::invalid("only a judgement can adjudicate"));
    }
    let curates = new.curation.is_some() || new.right.is_some() || new.note.is_some() || !new.tags.is_empty();
    match (&new.reverses, new.judgement) {
        (Some(_), Some(_)) => {
            Err(Refusal::invalid("a reversal takes a decision back and nothing else: judge in a decision of its own"))
        }
        (Some(_), None) if new.curation.is_some() || new.right.is_some() || !new.tags.is_empty() => {
            Err(Refusal::invalid("a reversal takes a decision back and nothing else: curate in a decision of its own"))
        }
        (Some(target), None) => validate_reversal(conn, new, target),
        (None, Some(_)) if new.curation.is_some() => {
            Err(Refusal::invalid("a decision is a judgement or a curation, not both: make two"))
        }
        (None, Some(_)) => validate_judgement(conn, new),
        (None, None) if curates => Ok(DecisionKind::Curation),
        (None, None) => Err(Refusal::invalid(
            "the decision decides nothing: give a judgement, a curation, a side, a note, a tag or a reversal",
        )),
    }
}

fn validate_judgement(conn: &Connection, new: &NewDecision) -> Result<DecisionKind, Refusal> {
    let Some(sample) = new.sample else {
        return Err(Refusal::invalid("a judgement is about one response: give its sample number"));
    };
    let there = conn
        .prepare_cached("SELECT 1 FROM response WHERE candidate_id = ?1 AND sample = ?2")?
        .exists(params![new.candidate, sample])?;
    if !there {
        return Err(Refusal::missing(format!("response {sample} of candidate {}", new.candidate)));
    }
    Ok(DecisionKind::Judgement)
}

fn validate_reversal(conn: &Connection, new: &NewDecision, target: &str) -> Result<DecisionKind, Refusal> {
    let Some(target) = decision_by_uid(conn, target)? else {
        return Err(Refusal::missing(format!("decision {target}")));
    };
    if target.body.candidate != new.candidate {
        let message = format!("decision {} is about candidate {}", target.uid, target.body.candidate);
        return Err(Refusal::invalid(message));
    }
    if is_reversed(conn, target.id)? {
        return Err(Refusal::invalid(format!("decision {} is taken back already", target.uid)));
    }
    Ok(DecisionKind::Reversal)
}
