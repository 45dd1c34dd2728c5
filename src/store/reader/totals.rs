//! Counts that the store keeps as it writes, so that figures of a whole project cost nothing to show.

use std::collections::BTreeMap;

use rusqlite::{Connection, params_from_iter};
use serde::Serialize;

use super::{Reader, maybe_word, word};
use crate::failure::FailureKind;
use crate::model::Role;
use crate::store::StoreError;
use crate::store::filter::Filter;
use crate::store::record::{Agreement, Curation, Judgement, Origin};
use crate::verifier::{Outcome, Tier};

/// Candidates that are alike in everything that is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CandidateCell {
    /// The run; `None` outside one.
    pub run_id: Option<i64>,
    /// Where they come from.
    pub origin: Origin,
    /// The domain's slug; empty when unknown.
    pub domain: String,
    /// The strategy's name.
    pub strategy: String,
    /// What stands, judgements counted.
    pub standing: Agreement,
    /// Why they failed; `None` where they did not.
    pub kind: Option<FailureKind>,
    /// The person's word.
    pub curation: Option<Curation>,
    /// Reviewers are tied.
    pub contested: bool,
    /// A pair of theirs was judged.
    pub judged: bool,
    /// How many there are.
    pub n: u64,
}

/// Responses that are alike in everything that is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResponseCell {
    /// The run; `None` outside one.
    pub run_id: Option<i64>,
    /// The domain's slug; empty when unknown.
    pub domain: String,
    /// The strategy's name.
    pub strategy: String,
    /// The solver.
    pub solver: String,
    /// The current verdict; `None` where there is none.
    pub verdict: Option<Outcome>,
    /// The tier that gave it.
    pub tier: Option<Tier>,
    /// Why they failed; `None` where they did not.
    pub kind: Option<FailureKind>,
    /// The reviewers' word.
    pub judgement: Option<Judgement>,
    /// How many there are.
    pub n: u64,
}

/// What was asked of one model in one role of one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spend {
    /// The run.
    pub run_id: i64,
    /// The role.
    pub role: Role,
    /// The model asked for.
    pub model: String,
    /// Replies.
    pub replies: u64,
    /// Replies whose tokens the endpoint did not say: they are in no sum.
    pub unknown: u64,
    /// Tokens of requests.
    pub prompt_tokens: u64,
    /// Tokens of replies, reasoning included.
    pub completion_tokens: u64,
    /// Tokens of reasoning alone.
    pub reasoning_tokens: u64,
    /// Seconds waited.
    pub seconds: f64,
    /// Replies whose cost nobody knows: they are in no sum of money.
    pub unpriced: u64,
    /// US dollars.
    pub usd: f64,
}

/// The counts of a store, or of what a filter takes of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Totals {
    /// Candidates, in cells.
    pub candidates: Vec<CandidateCell>,
    /// Responses, in cells.
    pub responses: Vec<ResponseCell>,
    /// What replies cost; always of the whole store, because a reply may serve what no filter takes.
    pub spend: Vec<Spend>,
}

impl Totals {
    /// How many candidates there are.
    pub fn candidate_count(&self) -> u64 {
        self.candidates.iter().map(|c| c.n).sum()
    }

    /// Candidates by anything that a cell says, such as `|c| c.domain.clone()` or `|c| (c.strategy.clone(), c.standing)`.
    pub fn candidates_by<K: Ord>(&self, key: impl Fn(&CandidateCell) -> K) -> BTreeMap<K, u64> {
        sums(&self.candidates, key, |c| c.n)
    }

    /// Responses by anything that a cell says, such as `|r| r.verdict`.
    pub fn responses_by<K: Ord>(&self, key: impl Fn(&ResponseCell) -> K) -> BTreeMap<K, u64> {
        sums(&self.responses, key, |r| r.n)
    }
}

fn sums<T, K: Ord>(cells: &[T], key: impl Fn(&T) -> K, n: impl Fn(&T) -> u64) -> BTreeMap<K, u64> {
    let mut sums = BTreeMap::new();
    for cell in cells {
        *sums.entry(key(cell)).or_default() += n(cell);
    }
    sums
}

/// A key column of a kept count: nothing is ''.
fn absent<T: std::str::FromStr<Err = crate::failure::UnknownWord>>(
    row: &rusqlite::Row<'_>,
    column: usize,
) -> rusqlite::Result<Option<T>> {
    match row.get_ref(column)?.as_str() {
        Ok("") => Ok(None),
        _ => maybe_word(row, column),
    }
}

fn run(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<i64>> {
    row.get::<_, i64>(0).map(|id| (id != 0).then_some(id))
}

fn n(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::cast_unsigned)
}

type Values = Vec<rusqlite::types::Value>;

fn candidate_cells(conn: &Connection, sql: &str, values: &Values) -> rusqlite::Result<Vec<CandidateCell>> {
    conn.prepare_cached(sql)?
        .query_map(params_from_iter(values), |row| {
            Ok(CandidateCell {
                run_id: run(row)?,
                origin: word(row, 1)?,
                domain: row.get(2)?,
                strategy: row.get(3)?,
                standing: word(row, 4)?,
                kind: absent(row, 5)?,
                curation: absent(row, 6)?,
                contested: row.get(7)?,
                judged: row.get(8)?,
                n: n(row, 9)?,
            })
        })?
        .collect()
}

fn response_cells(conn: &Connection, sql: &str, values: &Values) -> rusqlite::Result<Vec<ResponseCell>> {
    conn.prepare_cached(sql)?
        .query_map(params_from_iter(values), |row| {
            Ok(ResponseCell {
                run_id: run(row)?,
                domain: row.get(1)?,
                strategy: row.get(2)?,
                solver: row.get(3)?,
                verdict: absent(row, 4)?,
                tier: absent(row, 5)?,
                kind: absent(row, 6)?,
                judgement: absent(row, 7)?,
                n: n(row, 8)?,
            })
        })?
        .collect()
}

fn spend(conn: &Connection) -> rusqlite::Result<Vec<Spend>> {
    // A count that older versions stored may have made a sum too large for a whole number, or negative.
    let n_of = |column: &str| format!("max(CAST({column} AS INTEGER), 0)");
    let [prompt, completion, reasoning] = ["prompt_tokens", "completion_tokens", "reasoning_tokens"].map(n_of);
    conn.prepare_cached(&format!(
        "SELECT run_id, role, model, replies, unknown, {prompt}, {completion}, {reasoning}, seconds, unpriced, usd FROM spend"
    ))?
    .query_map([], |row| {
        Ok(Spend {
            run_id: row.get(0)?,
            role: word(row, 1)?,
            model: row.get(2)?,
            replies: n(row, 3)?,
            unknown: n(row, 4)?,
            prompt_tokens: n(row, 5)?,
            completion_tokens: n(row, 6)?,
            reasoning_tokens: n(row, 7)?,
            seconds: row.get(8)?,
            unpriced: n(row, 9)?,
            usd: row.get(10)?,
        })
    })?
    .collect()
}

impl Reader {
    /// The counts of the whole store, as they were kept.
    pub fn totals(&self) -> Result<Totals, StoreError> {
        self.read_one_state(|conn| {
            Ok(Totals {
                candidates: candidate_cells(conn, "SELECT * FROM candidate_count WHERE n > 0", &Values::new())?,
                responses: response_cells(conn, "SELECT * FROM response_count WHERE n > 0", &Values::new())?,
                spend: spend(conn)?,
            })
        })
    }

    /// The counts of what a filter takes, counted now.
    pub fn totals_of(&self, filter: &Filter) -> Result<Totals, StoreError> {
        let (condition, values) = filter.sql();
        self.read_one_state(|conn| {
            Ok(Totals {
                candidates: candidate_cells(
                    conn,
                    &format!(
                        "SELECT ifnull(c.run_id, 0), c.origin, c.domain, c.strategy, c.standing, ifnull(c.kind, ''),
                            ifnull(c.curation, ''), c.contested, c.judged, count(*)
                         FROM candidate c WHERE {condition} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9"
                    ),
                    &values,
                )?,
                responses: response_cells(
                    conn,
                    &format!(
                        "SELECT ifnull(c.run_id, 0), c.domain, c.strategy, r.solver, ifnull(r.verdict, ''),
                            ifnull(r.tier, ''), ifnull(r.kind, ''), ifnull(r.judgement, ''), count(*)
                         FROM candidate c JOIN response r ON r.candidate_id = c.id
                         WHERE {condition} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"
                    ),
                    &values,
                )?,
                spend: spend(conn)?,
            })
        })
    }
}
