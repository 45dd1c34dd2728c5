//! Reading candidates back whole.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

use super::decisions::log_of;
use super::{Reader, failure, from_json, maybe_word, word};
use crate::store::StoreError;
use crate::store::filter::Filter;
use crate::store::fold::fold;
use crate::store::record::{
    CandidateRecord, CandidateView, ExecutionRecord, ResponseRecord, ResponseView, StageSeconds,
};
use crate::store::revision::{Revised, RevisedPair};
use crate::verifier::{Leniency, Verdict};

/// Columns of `verdict v JOIN verdict_text w` that make a [`Verdict`].
pub(super) const VERDICT: &str = "v.outcome, v.tier, v.leniencies, w.reason, w.extracted, w.reference_value,
    w.response_value, v.side, v.version";

/// A verdict in the columns [`VERDICT`] that begin at `first`; `None` where an outer join found none.
pub(super) fn verdict(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Verdict>> {
    let Some(outcome) = maybe_word(row, first)? else { return Ok(None) };
    let leniencies: Vec<Leniency> = match row.get_ref(first + 2)? {
        rusqlite::types::ValueRef::Null => Vec::new(),
        _ => from_json(row, first + 2)?,
    };
    Ok(Some(Verdict {
        outcome,
        tier: word(row, first + 1)?,
        leniencies,
        reason: row.get(first + 3)?,
        extracted: row.get(first + 4)?,
        reference_value: row.get(first + 5)?,
        response_value: row.get(first + 6)?,
        side: maybe_word(row, first + 7)?,
        version: row.get(first + 8)?,
    }))
}

/// The current verdict on a response.
pub(in crate::store) fn current_verdict(conn: &Connection, response: i64) -> rusqlite::Result<Option<Verdict>> {
    conn.prepare_cached(&format!(
        "SELECT {VERDICT} FROM verdict v JOIN verdict_text w ON w.id = v.id WHERE v.response_id = ?1 AND v.current = 1"
    ))?
    .query_row([response], |row| verdict(row, 0))
    .optional()
    .map(Option::flatten)
}

fn view(conn: &Connection, id: i64) -> rusqlite::Result<Option<CandidateView>> {
    let found = conn
        .prepare_cached(
            "SELECT c.uid, c.origin, c.run_id, c.ordinal, c.strategy, c.domain, c.reference_kind, c.parent, c.family,
                c.prompt_hash, c.generator_reply_id, c.stage, c.kind, c.message, c.agreement, c.seconds, t.question,
                t.code, t.reference, t.dependencies, t.metadata, c.model, c.created_at, c.curation, c.right_side,
                c.standing, c.contested, c.depth, c.operation, c.generate_seconds, c.execute_seconds, c.solve_seconds,
                c.verify_seconds, z.candidate_id IS NOT NULL
             FROM candidate c JOIN candidate_text t ON t.id = c.id LEFT JOIN revised z ON z.candidate_id = c.id
             WHERE c.id = ?1",
        )?
        .query_row([id], |row| {
            let view = CandidateView {
                id,
                record: CandidateRecord {
                    uid: row.get(0)?,
                    origin: word(row, 1)?,
                    run_id: row.get(2)?,
                    ordinal: row.get::<_, Option<i64>>(3)?.map(i64::cast_unsigned),
                    strategy: row.get(4)?,
                    domain: row.get(5)?,
                    question: row.get(16)?,
                    code: row.get(17)?,
                    dependencies: from_json(row, 19)?,
                    reference: row.get(18)?,
                    reference_kind: maybe_word(row, 6)?,
                    seeds: Vec::new(),
                    parent: row.get(7)?,
                    family: row.get(8)?,
                    depth: row.get(27)?,
                    operation: row.get(28)?,
                    prompt_hash: row.get(9)?,
                    generator_reply_id: row.get(10)?,
                    failure: failure(row, 11)?,
                    executions: Vec::new(),
                    responses: Vec::new(),
                    agreement: word(row, 14)?,
                    seconds: row.get(15)?,
                    stages: StageSeconds {
                        generate: row.get(29)?,
                        execute: row.get(30)?,
                        solve: row.get(31)?,
                        verify: row.get(32)?,
                    },
                    metadata: from_json(row, 20)?,
                },
                model: row.get(21)?,
                created_at: row.get(22)?,
                responses: Vec::new(),
                curation: maybe_word(row, 23)?,
                right: maybe_word(row, 24)?,
                tags: Vec::new(),
                standing: word(row, 25)?,
                contested: row.get(26)?,
                revised: None,
            };
            Ok((view, row.get(33)?))
        })
        .optional()?;
    let Some((mut view, is_revised)) = found else { return Ok(None) };
    view.record.seeds = texts(conn, "SELECT seed FROM candidate_seed WHERE candidate_id = ?1 ORDER BY position", id)?;
    view.tags = texts(conn, "SELECT tag FROM candidate_tag WHERE candidate_id = ?1 ORDER BY tag", id)?;
    view.record.executions = executions(conn, id)?;
    view.responses = responses(conn, id)?;
    if is_revised {
        view.revised = revised(conn, &view)?;
    }
    Ok(Some(view))
}

/// What stands of a candidate's revisions.
fn revised(conn: &Connection, view: &CandidateView) -> rusqlite::Result<Option<Revised>> {
    let texts = view.texts();
    let Some(stands) = fold(&log_of(conn, view.id)?).against(&texts).revision else { return Ok(None) };
    let pair = |sample: u32| {
        let said = stands.pairs.get(&sample).copied().unwrap_or_default();
        let verdict = stands.verdicts.get(&sample).cloned();
        (sample, RevisedPair { verdict, judgement: said.judgement, contested: said.contested })
    };
    let is_other = stands.texts.reference.is_some();
    Ok(Some(Revised {
        came: stands.texts.replaced_in(&texts),
        pairs: view.responses.iter().filter(|_| is_other).map(|r| pair(r.record.sample)).collect(),
        first: BTreeMap::new(),
        now: stands.texts,
        execution: stands.execution,
        printed: stands.printed,
        is_shown: false,
    }))
}

fn texts(conn: &Connection, sql: &str, id: i64) -> rusqlite::Result<Vec<String>> {
    conn.prepare_cached(sql)?.query_map([id], |row| row.get(0))?.collect()
}

fn executions(conn: &Connection, candidate: i64) -> rusqlite::Result<Vec<ExecutionRecord>> {
    conn.prepare_cached(
        "SELECT e.code_hash, e.end, e.status, x.stdout, x.stderr, e.stdout_bytes, e.seconds, e.cpu_seconds, e.memory,
            e.isolation, e.venv, e.python, e.substituted
         FROM execution e JOIN execution_text x ON x.id = e.id WHERE e.candidate_id = ?1 ORDER BY e.position",
    )?
    .query_map([candidate], |row| {
        Ok(ExecutionRecord {
            code_hash: row.get(0)?,
            end: row.get(1)?,
            status: row.get(2)?,
            stdout: row.get(3)?,
            stderr: row.get(4)?,
            stdout_bytes: row.get::<_, i64>(5)?.cast_unsigned(),
            seconds: row.get(6)?,
            cpu_seconds: row.get(7)?,
            memory: row.get::<_, i64>(8)?.cast_unsigned(),
            isolation: row.get(9)?,
            venv: row.get(10)?,
            python: row.get(11)?,
            substituted: row.get::<_, String>(12)?.split(", ").filter(|s| !s.is_empty()).map(str::to_owned).collect(),
        })
    })?
    .collect()
}

fn responses(conn: &Connection, candidate: i64) -> rusqlite::Result<Vec<ResponseView>> {
    conn.prepare_cached(&format!(
        "SELECT r.id, r.sample, r.solver, r.reply_id, r.stage, r.kind, r.message, r.given_reward, x.text, x.reasoning,
            x.answer, r.judgement, r.contested, r.standing, {VERDICT}
         FROM response r JOIN response_text x ON x.id = r.id
         LEFT JOIN verdict v ON v.response_id = r.id AND v.current = 1 LEFT JOIN verdict_text w ON w.id = v.id
         WHERE r.candidate_id = ?1 ORDER BY r.sample"
    ))?
    .query_map([candidate], |row| {
        Ok(ResponseView {
            id: row.get(0)?,
            record: ResponseRecord {
                sample: row.get(1)?,
                solver: row.get(2)?,
                reply_id: row.get(3)?,
                text: row.get(8)?,
                reasoning: row.get(9)?,
                answer: row.get(10)?,
                failure: failure(row, 4)?,
                verdict: verdict(row, 14)?,
                given_reward: row.get(7)?,
            },
            judgement: maybe_word(row, 11)?,
            contested: row.get(12)?,
            standing: maybe_word(row, 13)?,
        })
    })?
    .collect()
}

impl Reader {
    /// The candidate in a row, whole.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where no such row is.
    pub fn candidate(&self, id: i64) -> Result<CandidateView, StoreError> {
        let found = self.read_one_state(|conn| view(conn, id))?;
        found.ok_or_else(|| StoreError::Missing { what: format!("candidate {id}") })
    }

    /// Gives every candidate that the filter takes to `each`, whole, in the order of rows, until it breaks. All see one
    /// state of the store; memory holds one candidate at a time.
    pub fn for_each(
        &self,
        filter: &Filter,
        mut each: impl FnMut(CandidateView) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let (condition, values) = filter.sql();
        self.read_one_state(|conn| {
            let mut ids = conn.prepare(&format!("SELECT c.id FROM candidate c WHERE {condition} ORDER BY c.id"))?;
            let mut rows = ids.query(params_from_iter(values))?;
            while let Some(row) = rows.next()? {
                if let Some(view) = view(conn, row.get(0)?)?
                    && each(view).is_break()
                {
                    break;
                }
            }
            Ok(())
        })
    }

    /// Every verdict that a response (row id) was ever given, oldest first, with its time (RFC 3339).
    pub fn verdicts(&self, response: i64) -> Result<Vec<(String, Verdict)>, StoreError> {
        self.read(|conn| {
            let mut rows = conn.prepare_cached(&format!(
                "SELECT {VERDICT}, v.at FROM verdict v JOIN verdict_text w ON w.id = v.id
                 WHERE v.response_id = ?1 ORDER BY v.id"
            ))?;
            let all = rows.query_map([response], |row| Ok((row.get::<_, String>(9)?, verdict(row, 0)?)))?;
            all.filter_map(|r| r.map(|(at, verdict)| verdict.map(|v| (at, v))).transpose()).collect()
        })
    }
}
