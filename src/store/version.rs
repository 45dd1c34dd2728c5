//! Versions of the verifier that were applied to stored pairs, as plain values.

use serde::Serialize;

use crate::verifier::Verdict;
use crate::words::words;

words! {
    /// How far the applying of a version has come.
    pub enum VersionState {
        /// At work, or killed while at work: some pairs have its verdicts and others do not.
        Applying = "applying",
        /// Every pair that was meant has its verdict.
        Done = "done",
        /// It was left half applied, and a later version went over every pair.
        Replaced = "replaced",
    }
}

/// A version to be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVersion {
    /// As its verdicts name it.
    pub version: String,
    /// The generation of rules.
    pub rules: String,
    /// What it decides by, as a JSON object.
    pub options: String,
    /// Which candidates, in the filter language; empty for all.
    pub filter: String,
    /// Who applies it.
    pub reviewer: String,
    /// Why.
    pub note: Option<String>,
}

/// A version that was applied, or is being applied.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AppliedVersion {
    /// Row, in the order in which they were begun.
    pub id: i64,
    /// Stable identity.
    pub uid: String,
    /// As its verdicts name it.
    pub version: String,
    /// The generation of rules.
    pub rules: String,
    /// What it decides by.
    pub options: serde_json::Value,
    /// Which candidates, in the filter language; empty for all.
    pub filter: String,
    /// Who applied it.
    pub reviewer: String,
    /// Why.
    pub note: Option<String>,
    /// How far it has come.
    pub state: VersionState,
    /// RFC 3339.
    pub begun_at: String,
    /// RFC 3339.
    pub ended_at: Option<String>,
    /// Candidates up to this row are done.
    pub done_to: i64,
    /// The last candidate there was when it began.
    pub up_to: i64,
    /// Pairs verified so far.
    pub pairs: u64,
    /// Verdicts that became another word.
    pub flips: u64,
}

/// A stretch of candidates that a version has come through.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    /// The version's row.
    pub version: i64,
    /// Candidates up to this row were done before.
    pub from: i64,
    /// Candidates up to this row are done with it.
    pub to: i64,
    /// Pairs verified in it.
    pub pairs: u64,
    /// Verdicts in it that became another word.
    pub flips: u64,
    /// The verdicts that are not as they were, by row of the response.
    pub verdicts: Vec<(i64, Verdict)>,
}
