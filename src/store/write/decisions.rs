//! Appending decisions that make sense.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::{Refusal, json, standing};
use crate::store::fold::fold;
use crate::store::open::now;
use crate::store::reader::decisions::{decision_by_uid, is_reversed, log_of};
use crate::store::record::{Curation, Decision, DecisionKind, Judgement, NewDecision, RightSide};
use crate::store::revision::Revision;

/// Appends a decision and refreshes what follows from it.
pub(in crate::store) fn decide(conn: &Connection, store: &str, new: NewDecision) -> Result<Decision, Refusal> {
    let kind = validate(conn, &new)?;
    let candidate = new.candidate;
    let decision = append(conn, store, &now(), kind, new)?;
    standing::refresh(conn, candidate, false)?;
    Ok(decision)
}

/// Appends decisions as one batch. What follows from them is refreshed once a candidate.
pub(in crate::store) fn decide_many(
    conn: &Connection,
    store: &str,
    all: Vec<NewDecision>,
) -> Result<Vec<Decision>, Refusal> {
    let at = now();
    let batch = fresh_batch(conn, store, &at)?;
    let mut touched = BTreeSet::new();
    let mut decided = Vec::with_capacity(all.len());
    for mut new in all {
        let kind = validate(conn, &new)?;
        new.batch = Some(batch.clone());
        let candidate = new.candidate;
        decided.push(append(conn, store, &at, kind, new)?);
        if kind == DecisionKind::Reversal {
            // The next one may be about what this one took back.
            standing::refresh(conn, candidate, false)?;
        } else {
            touched.insert(candidate);
        }
    }
    for candidate in touched {
        standing::refresh(conn, candidate, false)?;
    }
    Ok(decided)
}

/// Appends a decision that makes sense. What follows from it is the caller's to refresh.
pub(super) fn append(
    conn: &Connection,
    store: &str,
    at: &str,
    kind: DecisionKind,
    new: NewDecision,
) -> Result<Decision, Refusal> {
    let id = next_id(conn)?;
    let at = &after_all_known(conn, new.candidate, at)?;
    let uid = blake3::hash(format!("{store}\n{id}\n{at}\n{}", json(&new)).as_bytes()).to_hex()[..32].to_owned();
    conn.prepare_cached(
        "INSERT INTO decision (id, uid, at, kind, candidate_id, sample, judgement, curation, right_side, reverses,
            adjudicates, reviewer, note, cause, tags, blind, batch, revision, about)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
    )?
    .execute(params![
        id,
        uid,
        at,
        kind.as_str(),
        new.candidate,
        new.sample,
        new.judgement.map(Judgement::as_str),
        new.curation.map(Curation::as_str),
        new.right.map(RightSide::as_str),
        new.reverses,
        new.adjudicates,
        new.reviewer,
        new.note,
        new.cause,
        json(&new.tags),
        new.blind,
        new.batch,
        new.revision.as_ref().map(json),
        new.about
    ])?;
    Ok(Decision { id, uid, at: at.to_owned(), kind, body: new, reversed_by: None })
}

/// The time of a decision: now, or a moment after the latest that is known of its candidate. A merged store may have had
/// a clock that goes fast, and the last word must come last.
fn after_all_known(conn: &Connection, candidate: i64, now: &str) -> rusqlite::Result<String> {
    let latest: Option<String> = conn
        .prepare_cached("SELECT max(at) FROM decision WHERE candidate_id = ?1")?
        .query_row([candidate], |row| row.get(0))?;
    let Some(latest) = latest.filter(|latest| latest.as_str() >= now) else { return Ok(now.to_owned()) };
    let moment: Option<jiff::Timestamp> = latest.parse().ok();
    let later = moment.and_then(|t| t.checked_add(jiff::SignedDuration::from_millis(1)).ok());
    Ok(later.map_or_else(|| now.to_owned(), |later| format!("{later:.3}")))
}

/// The number of the decision that comes next: the log has no holes.
fn next_id(conn: &Connection) -> rusqlite::Result<i64> {
    conn.prepare_cached("SELECT ifnull(max(id), 0) + 1 FROM decision")?.query_row([], |row| row.get(0))
}

/// A batch that no decision has yet: only one begins at this place of this store's log.
pub(super) fn fresh_batch(conn: &Connection, store: &str, at: &str) -> rusqlite::Result<String> {
    let first = next_id(conn)?;
    Ok(blake3::hash(format!("{store}\nbatch\n{first}\n{at}").as_bytes()).to_hex()[..32].to_owned())
}

/// Whether a decision makes sense here, and which kind it is.
pub(super) fn validate(conn: &Connection, new: &NewDecision) -> Result<DecisionKind, Refusal> {
    if new.reviewer.trim().is_empty() {
        return Err(Refusal::invalid("a decision needs a reviewer: say who decides"));
    }
    if new.tags.iter().any(|t| t.trim().is_empty()) {
        return Err(Refusal::invalid("a tag cannot be empty"));
    }
    if !conn.prepare_cached("SELECT 1 FROM candidate WHERE id = ?1")?.exists([new.candidate])? {
        return Err(Refusal::missing(format!("candidate {}", new.candidate)));
    }
    if new.batch.as_ref().is_some_and(|batch| batch.trim().is_empty()) {
        return Err(Refusal::invalid("a batch cannot be empty: leave it out where there is none"));
    }
    if new.adjudicates && new.judgement.is_none() {
        return Err(Refusal::invalid("only a judgement can adjudicate"));
    }
    if let Some(revision) = &new.revision {
        return validate_revision(conn, new, revision);
    }
    if let Some(about) = &new.about {
        validate_about(conn, new, about)?;
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
            "the decision decides nothing: give a judgement, a curation, a side, a note, a tag, a revision or a reversal",
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

fn validate_revision(conn: &Connection, new: &NewDecision, revision: &Revision) -> Result<DecisionKind, Refusal> {
    let more = new.sample.is_some()
        || new.judgement.is_some()
        || new.curation.is_some()
        || new.right.is_some()
        || new.about.is_some()
        || new.reverses.is_some()
        || new.cause.is_some()
        || new.adjudicates
        || !new.tags.is_empty();
    if more {
        let message =
            "a revision corrects texts, with a note of why, and nothing else: decide in a decision of its own";
        return Err(Refusal::invalid(message));
    }
    let texts = revision.texts();
    if let Some((name, _)) = texts.named().iter().find(|(_, text)| text.is_some_and(|text| text.trim().is_empty())) {
        return Err(Refusal::invalid(format!("the {name} cannot be revised to nothing: reject the candidate instead")));
    }
    let came = standing::texts_of(conn, new.candidate)?;
    let stands = fold(&log_of(conn, new.candidate)?).against(&came).revision.unwrap_or_default();
    if texts.beside(&stands.texts.over(&came)).is_empty() {
        return Err(Refusal::invalid(
            "the revision changes nothing: give a question, a code or a reference other than what stands",
        ));
    }
    Ok(DecisionKind::Revision)
}

/// What a judgement or a side is said to be about must be an answer that somebody revised to.
fn validate_about(conn: &Connection, new: &NewDecision, about: &str) -> Result<(), Refusal> {
    if new.judgement.is_none() && new.right.is_none() {
        return Err(Refusal::invalid("only a judgement or a side is about a revised reference answer"));
    }
    if standing::texts_of(conn, new.candidate)?.reference.as_deref() == Some(about) {
        return Err(Refusal::invalid("leave `about` out: this is the reference answer that the candidate came with"));
    }
    let to = |decision: &Decision| decision.body.revision.as_ref().and_then(|r| r.reference.as_deref()) == Some(about);
    if log_of(conn, new.candidate)?.iter().any(to) {
        return Ok(());
    }
    Err(Refusal::invalid(format!(
        "no revision of candidate {} has the reference answer that it is about",
        new.candidate
    )))
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
