//! Reading candidates back whole.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, RangeInclusive};
use std::sync::LazyLock;

use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator as _;
use rusqlite::{Connection, OptionalExtension, Row, Rows, Statement, params_from_iter};

use super::decisions::log_of;
use super::unread::Unread;
use super::{Reader, failure, from_json, maybe_word, word};
use crate::store::filter::Filter;
use crate::store::fold::fold;
use crate::store::record::{
    CandidateRecord, CandidateView, ExecutionRecord, ResponseRecord, ResponseView, StageSeconds,
};
use crate::store::revision::{Revised, RevisedPair};
use crate::store::{IdSet, StoreError};
use crate::verifier::{Leniency, Verdict};

/// Rows of a filter that are looked up before what is in them is read.
const PAGE: usize = 4096;

/// Rows that are read in one stretch although some between them are not wanted: so far apart, that costs as much as to
/// look the next one up.
const GAP: i64 = 4;

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

/// Gives the candidates in a stretch of rows to `each`, whole, upwards. What belongs to a candidate lies in other tables in
/// the same order: each is read once from one end of the stretch to the other, beside the candidates. Those that are not
/// `wanted` are passed by; so are those that cannot be read, which `unread` remembers. Memory holds one candidate, and the
/// next row of each table.
pub(in crate::store) fn views(
    conn: &Connection,
    rows: &RangeInclusive<i64>,
    wanted: impl Fn(i64) -> bool,
    unread: &mut Unread,
    each: &mut impl FnMut(CandidateView) -> ControlFlow<()>,
) -> rusqlite::Result<ControlFlow<()>> {
    let stretch = [*rows.start(), *rows.end()];
    let mut candidates = conn.prepare_cached(CANDIDATES)?;
    let mut seeds = conn.prepare_cached(SEEDS)?;
    let mut tags = conn.prepare_cached(TAGS)?;
    let mut executions = conn.prepare_cached(EXECUTIONS)?;
    let mut responses = conn.prepare_cached(responses_sql())?;
    let mut seeds = Beside::new(&mut seeds, stretch, |row| row.get(1))?;
    let mut tags = Beside::new(&mut tags, stretch, |row| row.get(1))?;
    let mut executions = Beside::new(&mut executions, stretch, execution)?;
    let mut responses = Beside::new(&mut responses, stretch, response)?;
    let mut rows = candidates.query(stretch)?;
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        if !wanted(id) {
            continue;
        }
        let mut whole = || {
            let mut view = candidate(id, row)?;
            view.record.seeds = seeds.of(id)?;
            view.tags = tags.of(id)?;
            view.record.executions = executions.of(id)?;
            view.responses = responses.of(id)?;
            if row.get(34)? {
                view.revised = revised(conn, &view)?;
            }
            Ok(view)
        };
        if let Some(view) = unread.sort(id, whole())?
            && each(view).is_break()
        {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

const CANDIDATES: &str = "SELECT c.id, c.uid, c.origin, c.run_id, c.ordinal, c.strategy, c.domain, c.reference_kind,
        c.parent, c.family, c.prompt_hash, c.generator_reply_id, c.stage, c.kind, c.message, c.agreement, c.seconds,
        t.question, t.code, t.reference, t.dependencies, t.metadata, c.model, c.created_at, c.curation, c.right_side,
        c.standing, c.contested, c.depth, c.operation, c.generate_seconds, c.execute_seconds, c.solve_seconds,
        c.verify_seconds, z.candidate_id IS NOT NULL
     FROM candidate c CROSS JOIN candidate_text t ON t.id = c.id LEFT JOIN revised z ON z.candidate_id = c.id
     WHERE c.id BETWEEN ?1 AND ?2 ORDER BY c.id";

const SEEDS: &str = "SELECT candidate_id, seed FROM candidate_seed WHERE candidate_id BETWEEN ?1 AND ?2 ORDER BY candidate_id, position";

const TAGS: &str =
    "SELECT candidate_id, tag FROM candidate_tag WHERE candidate_id BETWEEN ?1 AND ?2 ORDER BY candidate_id, tag";

const EXECUTIONS: &str =
    "SELECT e.candidate_id, e.code_hash, e.end, e.status, x.stdout, x.stderr, e.stdout_bytes, e.seconds,
        e.cpu_seconds, e.memory, e.isolation, e.venv, e.python, e.substituted
     FROM execution e CROSS JOIN execution_text x ON x.id = e.id
     WHERE e.candidate_id BETWEEN ?1 AND ?2 ORDER BY e.candidate_id, e.position";

fn responses_sql() -> &'static str {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT r.candidate_id, r.id, r.sample, r.solver, r.reply_id, r.stage, r.kind, r.message, r.given_reward,
                x.text, x.reasoning, x.answer, r.judgement, r.contested, r.standing, {VERDICT}
             FROM response r CROSS JOIN response_text x ON x.id = r.id
             LEFT JOIN verdict v ON v.response_id = r.id AND v.current = 1 LEFT JOIN verdict_text w ON w.id = v.id
             WHERE r.candidate_id BETWEEN ?1 AND ?2 ORDER BY r.candidate_id, r.sample"
        )
    });
    &SQL
}

/// A table that is read beside the candidates: its first column says to which one a row belongs.
struct Beside<'s, T> {
    rows: Rows<'s>,
    make: fn(&Row<'_>) -> rusqlite::Result<T>,
    /// To which candidate the row belongs that is next; none at the end.
    next: Option<i64>,
}

impl<'s, T> Beside<'s, T> {
    fn new(
        statement: &'s mut Statement<'_>,
        stretch: [i64; 2],
        make: fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Self> {
        let mut beside = Self { rows: statement.query(stretch)?, make, next: None };
        beside.step()?;
        Ok(beside)
    }

    fn step(&mut self) -> rusqlite::Result<()> {
        self.next = self.rows.next()?.map(|row| row.get(0)).transpose()?;
        Ok(())
    }

    /// What belongs to this candidate; to be asked of candidates upwards.
    fn of(&mut self, candidate: i64) -> rusqlite::Result<Vec<T>> {
        let mut all = Vec::new();
        while let Some(next) = self.next.filter(|next| *next <= candidate) {
            if next == candidate
                && let Some(row) = self.rows.get()
            {
                all.push((self.make)(row)?);
            }
            self.step()?;
        }
        Ok(all)
    }
}

fn candidate(id: i64, row: &Row<'_>) -> rusqlite::Result<CandidateView> {
    Ok(CandidateView {
        id,
        record: CandidateRecord {
            uid: row.get(1)?,
            origin: word(row, 2)?,
            run_id: row.get(3)?,
            ordinal: row.get::<_, Option<i64>>(4)?.map(i64::cast_unsigned),
            strategy: row.get(5)?,
            domain: row.get(6)?,
            question: row.get(17)?,
            code: row.get(18)?,
            dependencies: from_json(row, 20)?,
            reference: row.get(19)?,
            reference_kind: maybe_word(row, 7)?,
            seeds: Vec::new(),
            parent: row.get(8)?,
            family: row.get(9)?,
            depth: row.get(28)?,
            operation: row.get(29)?,
            prompt_hash: row.get(10)?,
            generator_reply_id: row.get(11)?,
            failure: failure(row, 12)?,
            executions: Vec::new(),
            responses: Vec::new(),
            agreement: word(row, 15)?,
            seconds: row.get(16)?,
            stages: StageSeconds {
                generate: row.get(30)?,
                execute: row.get(31)?,
                solve: row.get(32)?,
                verify: row.get(33)?,
            },
            metadata: from_json(row, 21)?,
        },
        model: row.get(22)?,
        created_at: row.get(23)?,
        responses: Vec::new(),
        curation: maybe_word(row, 24)?,
        right: maybe_word(row, 25)?,
        tags: Vec::new(),
        standing: word(row, 26)?,
        contested: row.get(27)?,
        revised: None,
    })
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

fn execution(row: &Row<'_>) -> rusqlite::Result<ExecutionRecord> {
    Ok(ExecutionRecord {
        code_hash: row.get(1)?,
        end: row.get(2)?,
        status: row.get(3)?,
        stdout: row.get(4)?,
        stderr: row.get(5)?,
        stdout_bytes: row.get::<_, i64>(6)?.cast_unsigned(),
        seconds: row.get(7)?,
        cpu_seconds: row.get(8)?,
        memory: row.get::<_, i64>(9)?.cast_unsigned(),
        isolation: row.get(10)?,
        venv: row.get(11)?,
        python: row.get(12)?,
        substituted: row.get::<_, String>(13)?.split(", ").filter(|s| !s.is_empty()).map(str::to_owned).collect(),
    })
}

fn response(row: &Row<'_>) -> rusqlite::Result<ResponseView> {
    Ok(ResponseView {
        id: row.get(1)?,
        record: ResponseRecord {
            sample: row.get(2)?,
            solver: row.get(3)?,
            reply_id: row.get(4)?,
            text: row.get(9)?,
            reasoning: row.get(10)?,
            answer: row.get(11)?,
            failure: failure(row, 5)?,
            verdict: verdict(row, 15)?,
            given_reward: row.get(8)?,
        },
        judgement: maybe_word(row, 12)?,
        contested: row.get(13)?,
        standing: maybe_word(row, 14)?,
    })
}

/// The stretches that some rows lie in, which are upwards: where few are left out, it costs less to pass those by than to
/// look up each that is wanted.
fn stretches(ids: &[i64]) -> impl Iterator<Item = &[i64]> {
    ids.chunk_by(|a, b| b - a <= GAP)
}

/// Gives the candidates in these rows, which are upwards, to `each`.
fn of_page(
    conn: &Connection,
    page: &[i64],
    unread: &mut Unread,
    each: &mut impl FnMut(CandidateView) -> ControlFlow<()>,
) -> rusqlite::Result<ControlFlow<()>> {
    for stretch in stretches(page) {
        let (Some(first), Some(last)) = (stretch.first(), stretch.last()) else { continue };
        let whole = usize::try_from(last - first).is_ok_and(|n| n + 1 == stretch.len());
        let wanted = |id| whole || stretch.binary_search(&id).is_ok();
        if views(conn, &(*first..=*last), wanted, unread, each)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

impl Reader {
    /// The candidate in a row, whole.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where no such row is, [`StoreError::Unreadable`] where this version cannot read it.
    pub fn candidate(&self, id: i64) -> Result<CandidateView, StoreError> {
        let (mut found, mut unread) = (None, Unread::default());
        self.read_one_state(|conn| {
            views(conn, &(id..=id), |_| true, &mut unread, &mut |view| {
                found = Some(view);
                ControlFlow::Break(())
            })
            .map(drop)
        })?;
        unread.refuse()?;
        found.ok_or_else(|| StoreError::Missing { what: format!("candidate {id}") })
    }

    /// Gives every candidate that the filter takes to `each`, whole, in the order of rows, until it breaks. All see one
    /// state of the store; memory holds one candidate at a time. Those that this version cannot read are left out, and come
    /// back.
    pub fn for_each(
        &self,
        filter: &Filter,
        mut each: impl FnMut(CandidateView) -> ControlFlow<()>,
    ) -> Result<Unread, StoreError> {
        let (condition, values) = filter.sql();
        let mut unread = Unread::default();
        self.read_one_state(|conn| {
            if filter.is_all() {
                return views(conn, &(i64::MIN..=i64::MAX), |_| true, &mut unread, &mut each).map(drop);
            }
            let mut ids = conn.prepare(&format!("SELECT c.id FROM candidate c WHERE {condition} ORDER BY c.id"))?;
            let mut rows = ids.query(params_from_iter(values))?;
            loop {
                let mut page = Vec::new();
                while page.len() < PAGE
                    && let Some(row) = rows.next()?
                {
                    page.push(row.get(0)?);
                }
                if page.is_empty() || of_page(conn, &page, &mut unread, &mut each)?.is_break() {
                    return Ok(());
                }
            }
        })?;
        Ok(unread)
    }

    /// The same for these candidates; rows that are not there are passed by.
    pub fn for_each_of(
        &self,
        ids: &IdSet,
        mut each: impl FnMut(CandidateView) -> ControlFlow<()>,
    ) -> Result<Unread, StoreError> {
        let mut unread = Unread::default();
        self.read_one_state(|conn| {
            let mut ids = ids.iter();
            loop {
                let page: Vec<i64> = ids.by_ref().take(PAGE).collect();
                if page.is_empty() || of_page(conn, &page, &mut unread, &mut each)?.is_break() {
                    return Ok(());
                }
            }
        })?;
        Ok(unread)
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
