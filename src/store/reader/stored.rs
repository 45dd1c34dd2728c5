//! Stored pairs in bulk, for verifying many of them again: by stretches of rows, so that several readers share the work,
//! with what is always needed and nothing else. What few pairs need is looked up when they do.

use std::ops::{ControlFlow, RangeInclusive};

use rusqlite::{Row, Statement, params_from_iter};
use serde_json::{Map, Value};

use super::pairs::{strings, tolerance};
use super::views::{VERDICT, verdict};
use super::{Reader, Unread, from_json, maybe_word};
use crate::store::StoreError;
use crate::store::record::{CandidateRecord, Judgement};
use crate::verifier::{Leniency, Outcome, Pair, Tier, Verdict};

/// A stored pair, and what was said of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StoredPair {
    /// Row of the candidate.
    pub candidate: i64,
    /// Row of the response.
    pub response: i64,
    /// The response's sample number.
    pub sample: u32,
    /// What the verifier is asked.
    pub pair: Pair,
    /// The current verdict's word.
    pub outcome: Option<Outcome>,
    /// The tier that gave it.
    pub tier: Option<Tier>,
    /// The reviewers' word.
    pub judgement: Option<Judgement>,
}

/// What a current verdict hangs on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerdictMark {
    /// Leniencies that it needed.
    pub leniencies: Vec<Leniency>,
    /// The version that gave it.
    pub version: String,
}

const PAIRS: &str =
    "SELECT c.id, r.id, r.sample, r.verdict, r.tier, r.judgement, x.text, t.reference, t.question, c.domain,
        t.metadata
     FROM candidate c JOIN candidate_text t ON t.id = c.id
     CROSS JOIN response r ON r.candidate_id = c.id JOIN response_text x ON x.id = r.id
     WHERE c.id BETWEEN ?1 AND ?2 AND t.reference IS NOT NULL AND (x.text <> '' OR r.verdict IS NOT NULL)
     ORDER BY c.id, r.sample";

impl Reader {
    /// Row of the last candidate; 0 where there is none.
    pub fn last_candidate(&self) -> Result<i64, StoreError> {
        self.read(|conn| conn.query_row("SELECT ifnull(max(id), 0) FROM candidate", [], |row| row.get(0)))
    }

    /// Gives every pair of the candidates in these rows to `each`, by row and sample, until it breaks: responses that have
    /// a text, or a verdict, against a reference. The same pair is filled anew each time.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] at the first that this version cannot read: rules that passed it by in silence would be told
    /// to hold for what they were never tried on.
    pub fn stored_pairs(
        &self,
        rows: RangeInclusive<i64>,
        mut each: impl FnMut(&StoredPair) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let mut unread = Unread::default();
        self.read(|conn| {
            let mut statement = conn.prepare_cached(PAIRS)?;
            let stored = &mut StoredPair::default();
            walk(&mut statement, *rows.start(), *rows.end(), stored, &mut unread, &mut each).map(drop)
        })?;
        unread.refuse()
    }

    /// The same for single candidates, in the order given.
    pub fn stored_pairs_of(
        &self,
        candidates: &[i64],
        mut each: impl FnMut(&StoredPair) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let mut unread = Unread::default();
        self.read(|conn| {
            let mut statement = conn.prepare_cached(PAIRS)?;
            let mut stored = StoredPair::default();
            for id in candidates {
                if walk(&mut statement, *id, *id, &mut stored, &mut unread, &mut each)?.is_break() {
                    break;
                }
            }
            Ok(())
        })?;
        unread.refuse()
    }

    /// What the current verdict on a response hangs on.
    pub fn verdict_mark(&self, response: i64) -> Result<VerdictMark, StoreError> {
        self.read_of(response, |conn| {
            let mut statement = conn.prepare_cached(
                "SELECT leniencies, version FROM verdict WHERE response_id = ?1 AND current = 1 LIMIT 1",
            )?;
            let mut rows = statement.query([response])?;
            let Some(row) = rows.next()? else { return Ok(VerdictMark::default()) };
            let leniencies = match row.get_ref(0)? {
                rusqlite::types::ValueRef::Null => Vec::new(),
                _ => from_json(row, 0)?,
            };
            Ok(VerdictMark { leniencies, version: row.get(1)? })
        })
    }

    /// Verdicts that tiers beyond the native ones ever gave on a response, newest first.
    pub fn escalated_verdicts(&self, response: i64) -> Result<Vec<Verdict>, StoreError> {
        self.read_of(response, |conn| {
            conn.prepare_cached(&format!(
                "SELECT {VERDICT} FROM verdict v JOIN verdict_text w ON w.id = v.id
                 WHERE v.response_id = ?1 AND v.tier IN ('symbolic', 'judge') ORDER BY v.id DESC"
            ))?
            .query_map([response], |row| verdict(row, 0))?
            .filter_map(Result::transpose)
            .collect()
        })
    }

    /// Whether a tier beyond the native ones ever gave a verdict here.
    pub fn has_escalated(&self) -> Result<bool, StoreError> {
        self.read(|conn| conn.prepare_cached("SELECT 1 FROM verdict WHERE tier IN ('symbolic', 'judge')")?.exists([]))
    }
}

fn walk(
    statement: &mut Statement<'_>,
    from: i64,
    to: i64,
    stored: &mut StoredPair,
    unread: &mut Unread,
    each: &mut impl FnMut(&StoredPair) -> ControlFlow<()>,
) -> rusqlite::Result<ControlFlow<()>> {
    let mut rows = statement.query(params_from_iter([from, to]))?;
    while let Some(row) = rows.next()? {
        let candidate = row.get(0)?;
        if unread.sort(candidate, fill(stored, row))?.is_none() || each(stored).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Fills the pair from a row; what is the candidate's is read once for all its responses.
fn fill(stored: &mut StoredPair, row: &Row<'_>) -> rusqlite::Result<()> {
    let candidate = row.get(0)?;
    if stored.candidate != candidate {
        stored.candidate = candidate;
        let pair = &mut stored.pair;
        pair.references.clear();
        pair.references.push(row.get(7)?);
        pair.question = Some(row.get::<_, String>(8)?).filter(|q| !q.is_empty());
        pair.domain = Some(row.get::<_, String>(9)?).filter(|d| !d.is_empty());
        (pair.tolerance, pair.options) = (None, Vec::new());
        let metadata = row.get_ref(10)?.as_str().unwrap_or_default();
        // Few metadata say anything of the comparison, and to look costs less than to read.
        if ["\"references\"", "tolerance\"", "\"options\""].iter().any(|key| metadata.contains(key)) {
            heed(pair, &from_json(row, 10)?);
        }
    }
    stored.response = row.get(1)?;
    stored.sample = row.get(2)?;
    stored.outcome = maybe_word(row, 3)?;
    stored.tier = maybe_word(row, 4)?;
    stored.judgement = maybe_word(row, 5)?;
    stored.pair.response.clear();
    stored.pair.response.push_str(row.get_ref(6)?.as_str().unwrap_or_default());
    Ok(())
}

impl CandidateRecord {
    /// What responses to it are compared with, and how: a pair without a response; none where there is no reference.
    pub fn compared(&self) -> Option<Pair> {
        let mut pair = Pair {
            references: vec![self.reference.clone()?],
            response: String::new(),
            question: Some(self.question.clone()).filter(|q| !q.is_empty()),
            domain: Some(self.domain.clone()).filter(|d| !d.is_empty()),
            tolerance: None,
            options: Vec::new(),
        };
        heed(&mut pair, &self.metadata);
        Some(pair)
    }
}

/// Takes in what a candidate's metadata say of the comparison: `references` of which any counts too, `tolerance`, `options`.
pub fn heed(pair: &mut Pair, metadata: &Map<String, Value>) {
    for alternative in strings(metadata, "references") {
        if !pair.references.contains(&alternative) {
            pair.references.push(alternative);
        }
    }
    pair.tolerance = tolerance(metadata);
    pair.options = strings(metadata, "options");
}
