//! Reading pairs back, for verifying them again and for measuring the verifier.

use std::ops::ControlFlow;

use rusqlite::{Row, params_from_iter};
use serde::Serialize;
use serde_json::{Map, Value};

use super::views::{VERDICT, verdict};
use super::{Reader, Unread, from_json, maybe_word};
use crate::store::StoreError;
use crate::store::filter::Filter;
use crate::store::record::Judgement;
use crate::verifier::Verdict;

/// One pair of a reference and a response, with what the verifier and people said of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairRow {
    /// Row of the candidate.
    pub candidate_id: i64,
    /// Row of the response: what [`crate::store::Store::put_verdicts`] takes.
    pub response_id: i64,
    /// The response's sample number.
    pub sample: u32,
    /// The reference answer, then further alternatives (`metadata.references`), of which any counts. Never empty.
    pub references: Vec<String>,
    /// The response's text.
    pub response_text: String,
    /// The question; empty when there is none.
    pub question: String,
    /// The domain's slug; empty when unknown.
    pub domain: String,
    /// The strategy's name.
    pub strategy: String,
    /// Who responded.
    pub solver: String,
    /// Relative tolerance that the metadata state as `tolerance`. Loong's `answer_tolerance` is another thing: absolute, or in percent.
    pub tolerance: Option<f64>,
    /// Texts of the options of a multiple-choice question (`metadata.options`).
    pub options: Vec<String>,
    /// The current verdict.
    pub verdict: Option<Verdict>,
    /// The reviewers' word.
    pub judgement: Option<Judgement>,
    /// Reviewers disagree with each other.
    pub contested: bool,
}

fn pair(row: &Row<'_>) -> rusqlite::Result<PairRow> {
    let metadata: Map<String, Value> = from_json(row, 9)?;
    let reference: String = row.get(3)?;
    let mut references = vec![reference];
    for alternative in strings(&metadata, "references") {
        if !references.contains(&alternative) {
            references.push(alternative);
        }
    }
    Ok(PairRow {
        candidate_id: row.get(0)?,
        response_id: row.get(1)?,
        sample: row.get(2)?,
        references,
        response_text: row.get(4)?,
        question: row.get(5)?,
        domain: row.get(6)?,
        strategy: row.get(7)?,
        solver: row.get(8)?,
        tolerance: tolerance(&metadata),
        options: strings(&metadata, "options"),
        judgement: maybe_word(row, 10)?,
        contested: row.get(11)?,
        verdict: verdict(row, 12)?,
    })
}

/// The relative tolerance that the metadata state; one of 1 or more would take anything for right, and says nothing.
pub(super) fn tolerance(metadata: &Map<String, Value>) -> Option<f64> {
    metadata.get("tolerance")?.as_f64().filter(|t| (0.0..1.0).contains(t))
}

/// The strings of an array in the metadata; what is no string there is taken as its JSON.
pub(super) fn strings(metadata: &Map<String, Value>, key: &str) -> Vec<String> {
    let values = metadata.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    values.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect()
}

impl Reader {
    /// Gives every pair of the candidates that the filter takes to `each`, by row and sample, until it breaks: responses
    /// that have a text, or a verdict, against a reference. All see one state of the store; memory holds one pair.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] at the first that this version cannot read.
    pub fn pairs(&self, filter: &Filter, mut each: impl FnMut(PairRow) -> ControlFlow<()>) -> Result<(), StoreError> {
        let (condition, values) = filter.sql();
        let sql = format!(
            "SELECT c.id, r.id, r.sample, t.reference, x.text, t.question, c.domain, c.strategy, r.solver, t.metadata,
                r.judgement, r.contested, {VERDICT}
             FROM candidate c JOIN candidate_text t ON t.id = c.id
             CROSS JOIN response r ON r.candidate_id = c.id JOIN response_text x ON x.id = r.id
             LEFT JOIN verdict v ON v.response_id = r.id AND v.current = 1 LEFT JOIN verdict_text w ON w.id = v.id
             WHERE ({condition}) AND t.reference IS NOT NULL AND (x.text <> '' OR r.verdict IS NOT NULL)
             ORDER BY c.id, r.sample"
        );
        let mut unread = Unread::default();
        self.read(|conn| {
            let mut statement = conn.prepare(&sql)?;
            let mut rows = statement.query(params_from_iter(values))?;
            while let Some(row) = rows.next()? {
                let read = unread.sort(row.get(0)?, pair(row))?;
                if read.is_none_or(|pair| each(pair).is_break()) {
                    break;
                }
            }
            Ok(())
        })?;
        unread.refuse()
    }
}
