//! Keeping a candidate whole: narrow rows, wide texts, and the caches as they are before anybody decided.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::{Refusal, json, verdicts};
use crate::failure::Failure;
use crate::store::fold::agreement;
use crate::store::open::now;
use crate::store::record::{CandidateRecord, ExecutionRecord, ReferenceKind, ResponseRecord, TITLE_CHARACTERS};
use crate::store::write::standing::{Tally, rule_of};
use crate::verifier::{Outcome, Side};

/// Keeps a candidate and returns its row; one with the same uid stays as it is.
pub(in crate::store) fn put(conn: &Connection, record: &CandidateRecord) -> Result<i64, Refusal> {
    let there = conn
        .prepare_cached("SELECT id FROM candidate WHERE uid = ?1")?
        .query_row([&record.uid], |row| row.get(0))
        .optional()?;
    if let Some(id) = there {
        return Ok(id);
    }
    if record.uid.is_empty() {
        return Err(Refusal::invalid("a candidate needs a uid"));
    }
    if !record.metadata.values().all(|value| is_shallow(value, DEEPEST)) {
        return Err(Refusal::invalid("a candidate's metadata are nested too deeply to be read back"));
    }
    let at = now();
    let id = insert_candidate(conn, record, &at)?;
    for (position, seed) in record.seeds.iter().enumerate() {
        conn.prepare_cached("INSERT INTO candidate_seed VALUES (?1, ?2, ?3)")?.execute(params![
            id,
            position.cast_signed(),
            seed
        ])?;
    }
    for (position, execution) in record.executions.iter().enumerate() {
        insert_execution(conn, id, position, execution)?;
    }
    for response in &record.responses {
        insert_response(conn, id, response, &at)?;
    }
    Ok(id)
}

/// Lists and objects in each other that a value of metadata may have: what reads it back takes 127, the metadata among them.
const DEEPEST: usize = 126;

/// Whether a value has no more than so many lists and objects in each other.
pub fn is_shallow(value: &Value, most: usize) -> bool {
    match value {
        Value::Array(items) => most > 0 && items.iter().all(|value| is_shallow(value, most - 1)),
        Value::Object(fields) => most > 0 && fields.values().all(|value| is_shallow(value, most - 1)),
        _ => true,
    }
}

fn insert_candidate(conn: &Connection, record: &CandidateRecord, at: &str) -> Result<i64, Refusal> {
    let mut by_sample: Vec<&ResponseRecord> = record.responses.iter().collect();
    by_sample.sort_by_key(|r| r.sample);
    let outcomes = || by_sample.iter().filter_map(|r| r.verdict.as_ref()).map(|v| v.outcome);
    let tally = Tally::of(outcomes());
    // Before any decision the standing is the agreement under the run's rule.
    let standing = agreement(rule_of(conn, record.run_id)?, outcomes());
    let chars = record.responses.iter().map(|r| r.text.chars().count()).max().unwrap_or(0);
    let (stage, kind, message) = failure_columns(record.failure.as_ref());
    conn.prepare_cached(
        "INSERT INTO candidate (uid, origin, run_id, ordinal, strategy, domain, reference_kind, parent, family,
            prompt_hash, generator_reply_id, model, stage, kind, message, title, seconds, created_at, responses, chars,
            n_equivalent, n_different, n_undecided, n_error, verdict, agreement, standing, depth, operation,
            generate_seconds, execute_seconds, solve_seconds, verify_seconds)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,
            (SELECT ifnull(answered_by, model) FROM reply WHERE id = ?11),
            ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28,
            ?29, ?30, ?31, ?32)",
    )?
    .execute(params![
        record.uid,
        record.origin.as_str(),
        record.run_id,
        record.ordinal.map(u64::cast_signed),
        record.strategy,
        record.domain,
        record.reference_kind.map(ReferenceKind::as_str),
        record.parent,
        record.family,
        record.prompt_hash,
        record.generator_reply_id,
        stage,
        kind,
        message,
        title(&record.question),
        record.seconds,
        at,
        record.responses.len().cast_signed(),
        chars.cast_signed(),
        tally.equivalent,
        tally.different,
        tally.undecided,
        tally.error,
        outcomes().next().map(Outcome::as_str),
        record.agreement.as_str(),
        standing.as_str(),
        record.depth,
        record.operation,
        record.stages.generate,
        record.stages.execute,
        record.stages.solve,
        record.stages.verify,
    ])?;
    let id = conn.last_insert_rowid();
    conn.prepare_cached("INSERT INTO candidate_text VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(params![
        id,
        record.question,
        record.code,
        record.reference,
        json(&record.dependencies),
        json(&record.metadata)
    ])?;
    Ok(id)
}

fn insert_execution(conn: &Connection, candidate: i64, position: usize, e: &ExecutionRecord) -> Result<(), Refusal> {
    conn.prepare_cached(
        "INSERT INTO execution (candidate_id, position, code_hash, end, status, stdout_bytes, seconds, cpu_seconds,
            memory, isolation, venv, python, substituted)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?
    .execute(params![
        candidate,
        position.cast_signed(),
        e.code_hash,
        e.end,
        e.status,
        e.stdout_bytes.cast_signed(),
        e.seconds,
        e.cpu_seconds,
        e.memory.cast_signed(),
        e.isolation,
        e.venv,
        e.python,
        e.substituted.join(", ")
    ])?;
    conn.prepare_cached("INSERT INTO execution_text VALUES (?1, ?2, ?3)")?.execute(params![
        conn.last_insert_rowid(),
        e.stdout,
        e.stderr
    ])?;
    Ok(())
}

fn insert_response(conn: &Connection, candidate: i64, r: &ResponseRecord, at: &str) -> Result<(), Refusal> {
    let (stage, kind, message) = failure_columns(r.failure.as_ref());
    let outcome = r.verdict.as_ref().map(|v| v.outcome.as_str());
    conn.prepare_cached(
        "INSERT INTO response (candidate_id, sample, solver, reply_id, stage, kind, message, given_reward, verdict,
            tier, side, standing)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?9)",
    )?
    .execute(params![
        candidate,
        r.sample,
        r.solver,
        r.reply_id,
        stage,
        kind,
        message,
        r.given_reward,
        outcome,
        r.verdict.as_ref().map(|v| v.tier.as_str()),
        r.verdict.as_ref().and_then(|v| v.side).map(Side::as_str),
    ])?;
    let id = conn.last_insert_rowid();
    conn.prepare_cached("INSERT INTO response_text VALUES (?1, ?2, ?3, ?4)")?.execute(params![
        id,
        r.text,
        r.reasoning,
        r.answer
    ])?;
    match &r.verdict {
        Some(verdict) => Ok(verdicts::insert(conn, id, verdict, at)?),
        None => Ok(()),
    }
}

fn failure_columns(failure: Option<&Failure>) -> (Option<&'static str>, Option<&'static str>, Option<&str>) {
    failure.map_or((None, None, None), |f| (Some(f.stage.as_str()), Some(f.kind.as_str()), Some(&f.message)))
}

/// The question's beginning on one line, at most [`TITLE_CHARACTERS`] characters.
pub(super) fn title(question: &str) -> String {
    let mut title = String::new();
    for c in question
        .split_whitespace()
        .flat_map(|word| std::iter::once(' ').chain(word.chars()))
        .skip(1)
        .take(TITLE_CHARACTERS)
    {
        title.push(c);
    }
    title
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_title_is_one_line_of_at_most_80_characters() {
        assert_eq!(super::title("  How\n many\ttilings "), "How many tilings");
        assert_eq!(super::title(""), "");
        assert_eq!(super::title(&"骨".repeat(200)).chars().count(), 80);
    }
}
