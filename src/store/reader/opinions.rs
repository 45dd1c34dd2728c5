//! What people and other verifiers said of pairs, one by one.

use std::collections::{BTreeMap, HashSet};

use rusqlite::params_from_iter;
use serde::Serialize;

use super::{Reader, maybe_word, word};
use crate::store::StoreError;
use crate::store::filter::Filter;
use crate::store::record::Judgement;
use crate::verifier::Outcome;

/// What one reviewer says of one pair: their last word in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Opinion {
    /// Row of the candidate.
    pub candidate: i64,
    /// The response's sample number.
    pub sample: u32,
    /// Who.
    pub reviewer: String,
    /// What.
    pub judgement: Judgement,
    /// The cause of the verifier's error, where they named one.
    pub cause: Option<String>,
    /// Whether the verdict was hidden from them.
    pub blind: bool,
    /// Whether it settles the pair.
    pub adjudicates: bool,
    /// The verdict now.
    pub verdict: Option<Outcome>,
}

/// What verifiers and people say of one pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PanelRow {
    /// Row of the candidate.
    pub candidate: i64,
    /// The response's sample number.
    pub sample: u32,
    /// Our verdict.
    pub ours: Option<Outcome>,
    /// The people's word; `None` where nobody judged or they are tied.
    pub judgement: Option<Judgement>,
    /// What the others say, by name.
    pub others: Vec<(String, Outcome)>,
}

impl Reader {
    /// Each reviewer's last judgement in force on each pair of the candidates that the filter takes, with the reference answer
    /// that they came with.
    pub fn opinions(&self, filter: &Filter) -> Result<Vec<Opinion>, StoreError> {
        let (condition, values) = filter.sql();
        let sql = format!(
            "SELECT d.candidate_id, d.sample, d.reviewer, d.judgement, d.cause, d.blind, d.adjudicates, r.verdict
             FROM decision d JOIN candidate c ON c.id = d.candidate_id
             LEFT JOIN response r ON r.candidate_id = d.candidate_id AND r.sample = d.sample
             WHERE d.judgement IS NOT NULL AND d.sample IS NOT NULL AND d.about IS NULL AND ({condition})
               AND NOT EXISTS (SELECT 1 FROM decision_reversed y WHERE y.decision_id = d.id)
             ORDER BY d.at, ifnull(d.place, d.id), d.uid"
        );
        let mut last: BTreeMap<(i64, u32, String), Opinion> = BTreeMap::new();
        self.read(|conn| {
            let mut statement = conn.prepare(&sql)?;
            let mut rows = statement.query(params_from_iter(values))?;
            while let Some(row) = rows.next()? {
                let opinion = Opinion {
                    candidate: row.get(0)?,
                    sample: row.get(1)?,
                    reviewer: row.get(2)?,
                    judgement: word(row, 3)?,
                    cause: row.get(4)?,
                    blind: row.get(5)?,
                    adjudicates: row.get(6)?,
                    verdict: maybe_word(row, 7)?,
                };
                last.insert((opinion.candidate, opinion.sample, opinion.reviewer.clone()), opinion);
            }
            Ok(())
        })?;
        Ok(last.into_values().collect())
    }

    /// Every pair, of the candidates that the filter takes, of which a verifier beside ours said something.
    pub fn panel(&self, filter: &Filter, mut each: impl FnMut(PanelRow)) -> Result<(), StoreError> {
        let (condition, values) = filter.sql();
        let sql = format!(
            "SELECT r.id, r.candidate_id, r.sample, r.verdict, r.judgement, r.contested, o.verifier, o.outcome
             FROM second o JOIN response r ON r.id = o.response_id JOIN candidate c ON c.id = r.candidate_id
             WHERE {condition} ORDER BY o.response_id, o.verifier"
        );
        self.read(|conn| {
            let mut statement = conn.prepare(&sql)?;
            let mut rows = statement.query(params_from_iter(values))?;
            let mut open: Option<(i64, PanelRow)> = None;
            while let Some(row) = rows.next()? {
                let response: i64 = row.get(0)?;
                let said = (row.get(6)?, word(row, 7)?);
                match &mut open {
                    Some((id, pair)) if *id == response => pair.others.push(said),
                    _ => {
                        let contested: bool = row.get(5)?;
                        let pair = PanelRow {
                            candidate: row.get(1)?,
                            sample: row.get(2)?,
                            ours: maybe_word(row, 3)?,
                            judgement: maybe_word(row, 4)?.filter(|_| !contested),
                            others: vec![said],
                        };
                        if let Some((_, done)) = open.replace((response, pair)) {
                            each(done);
                        }
                    }
                }
            }
            if let Some((_, done)) = open {
                each(done);
            }
            Ok(())
        })
    }

    /// Responses (rows) of which a verifier beside ours, in this version, said something already; a failure says nothing.
    pub fn said_by(&self, verifier: &str, version: &str) -> Result<HashSet<i64>, StoreError> {
        self.read(|conn| {
            conn.prepare("SELECT response_id FROM second WHERE verifier = ?1 AND version = ?2 AND outcome <> 'error'")?
                .query_map([verifier, version], |row| row.get(0))?
                .collect()
        })
    }

    /// What other verifiers say of a candidate's pairs: sample, name, outcome, detail.
    pub fn seconds_of(&self, candidate: i64) -> Result<Vec<(u32, String, Outcome, String)>, StoreError> {
        self.read(|conn| {
            conn.prepare_cached(
                "SELECT r.sample, o.verifier, o.outcome, o.detail FROM response r JOIN second o ON o.response_id = r.id
                 WHERE r.candidate_id = ?1 ORDER BY r.sample, o.verifier",
            )?
            .query_map([candidate], |row| Ok((row.get(0)?, row.get(1)?, word(row, 2)?, row.get(3)?)))?
            .collect()
        })
    }
}
