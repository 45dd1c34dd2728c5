//! Keeping the caches true: what the fold over decisions and the current verdicts amount to.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Refusal, candidates};
use crate::store::fold::{AgreementRule, CandidateFold, agreement, fold};
use crate::store::reader::decisions::log_of;
use crate::store::reader::{maybe_word, word};
use crate::store::record::{Curation, Judgement, RightSide};
use crate::store::revision::Texts;
use crate::verifier::Outcome;

/// How often each outcome occurs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::store) struct Tally {
    pub(in crate::store) equivalent: u32,
    pub(in crate::store) different: u32,
    pub(in crate::store) undecided: u32,
    pub(in crate::store) error: u32,
}

impl Tally {
    pub(in crate::store) fn of(outcomes: impl Iterator<Item = Outcome>) -> Self {
        let mut tally = Self::default();
        for outcome in outcomes {
            *match outcome {
                Outcome::Equivalent => &mut tally.equivalent,
                Outcome::Different => &mut tally.different,
                Outcome::Undecided => &mut tally.undecided,
                Outcome::Error => &mut tally.error,
            } += 1;
        }
        tally
    }
}

/// The agreement rule of a candidate's run; majority outside a run.
pub(in crate::store) fn rule_of(conn: &Connection, run: Option<i64>) -> Result<AgreementRule, Refusal> {
    let Some(run) = run else { return Ok(AgreementRule::Majority) };
    conn.prepare_cached("SELECT rule FROM run WHERE id = ?1")?
        .query_row([run], |row| word(row, 0))
        .optional()?
        .ok_or_else(|| Refusal::missing(format!("run {run}")))
}

/// Refolds one candidate's decisions and writes what changed into the caches. With `reverified`, the caches of its
/// verdicts and its agreement too.
pub(in crate::store) fn refresh(conn: &Connection, candidate: i64, reverified: bool) -> Result<(), Refusal> {
    let mut folded = fold(&log_of(conn, candidate)?);
    if folded.revision.is_some() {
        folded = folded.against(&texts_of(conn, candidate)?);
    }
    let run: Option<i64> =
        conn.prepare_cached("SELECT run_id FROM candidate WHERE id = ?1")?.query_row([candidate], |r| r.get(0))?;
    let rule = rule_of(conn, run)?;
    let mut verdicts = Vec::new();
    let mut standings = Vec::new();
    for (id, sample, verdict) in responses(conn, candidate)? {
        let pair = folded.pair(sample);
        let standing = folded.standing(sample, verdict);
        conn.prepare_cached("UPDATE response SET judgement = ?2, contested = ?3, standing = ?4 WHERE id = ?1")?
            .execute(params![
                id,
                pair.judgement.map(Judgement::as_str),
                pair.contested,
                standing.map(Outcome::as_str)
            ])?;
        verdicts.extend(verdict);
        standings.extend(standing);
    }
    if reverified {
        let tally = Tally::of(verdicts.iter().copied());
        conn.prepare_cached(
            "UPDATE candidate SET n_equivalent = ?2, n_different = ?3, n_undecided = ?4, n_error = ?5, verdict = ?6,
                agreement = ?7 WHERE id = ?1",
        )?
        .execute(params![
            candidate,
            tally.equivalent,
            tally.different,
            tally.undecided,
            tally.error,
            verdicts.first().map(|o| o.as_str()),
            agreement(rule, verdicts).as_str(),
        ])?;
    }
    conn.prepare_cached(
        "UPDATE candidate SET standing = ?2, contested = ?3, curation = ?4, right_side = ?5, judged = ?6, decided = ?7
         WHERE id = ?1",
    )?
    .execute(params![
        candidate,
        agreement(rule, standings).as_str(),
        folded.contested(),
        folded.curation.map(Curation::as_str),
        folded.right.map(RightSide::as_str),
        folded.judged(),
        folded.decided,
    ])?;
    refresh_log_caches(conn, candidate, &folded)
}

/// The texts that a candidate came with.
pub(in crate::store) fn texts_of(conn: &Connection, candidate: i64) -> rusqlite::Result<Texts> {
    conn.prepare_cached("SELECT question, code, reference FROM candidate_text WHERE id = ?1")?
        .query_row([candidate], |row| Ok(Texts { question: row.get(0)?, code: row.get(1)?, reference: row.get(2)? }))
}

/// A candidate's responses by sample: row, sample, current verdict.
fn responses(conn: &Connection, candidate: i64) -> rusqlite::Result<Vec<(i64, u32, Option<Outcome>)>> {
    conn.prepare_cached("SELECT id, sample, verdict FROM response WHERE candidate_id = ?1 ORDER BY sample")?
        .query_map([candidate], |row| Ok((row.get(0)?, row.get(1)?, maybe_word(row, 2)?)))?
        .collect()
}

fn refresh_log_caches(conn: &Connection, candidate: i64, folded: &CandidateFold) -> Result<(), Refusal> {
    conn.prepare_cached(
        "DELETE FROM decision_reversed WHERE decision_id IN (SELECT id FROM decision WHERE candidate_id = ?1)",
    )?
    .execute([candidate])?;
    for (id, by) in &folded.reversed {
        conn.prepare_cached("INSERT INTO decision_reversed VALUES (?1, ?2)")?.execute(params![id, by])?;
    }
    conn.prepare_cached("DELETE FROM revised WHERE candidate_id = ?1")?.execute([candidate])?;
    if let Some(revision) = &folded.revision {
        let title = revision.texts.question.as_deref().map(candidates::title);
        conn.prepare_cached("INSERT INTO revised (candidate_id, title, reference) VALUES (?1, ?2, ?3)")?
            .execute(params![candidate, title, revision.texts.reference])?;
    }
    conn.prepare_cached("DELETE FROM candidate_tag WHERE candidate_id = ?1")?.execute([candidate])?;
    for tag in &folded.tags {
        conn.prepare_cached("INSERT INTO candidate_tag VALUES (?1, ?2)")?.execute(params![candidate, tag])?;
    }
    Ok(())
}
