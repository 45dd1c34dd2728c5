//! What an import tells while it goes on and when it is over.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::Format;
use crate::store::record::CandidateRecord;

/// Bad rows that are listed; all are counted.
const LISTED: usize = 1000;

/// How far an import has come.
#[derive(Debug, Clone, Copy, Default)]
pub struct Progress {
    /// Bytes read of the file, packed as they are.
    pub read: u64,
    /// Bytes of the file, where that is known.
    pub size: Option<u64>,
    /// Rows read.
    pub rows: u64,
    /// Candidates committed, or found there.
    pub candidates: u64,
    /// Bad rows.
    pub bad: u64,
}

/// A row that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BadRow {
    /// The file.
    pub file: String,
    /// Its line; in a table its row, the naming one being the first; in an array or an archive its place, from 1.
    pub row: u64,
    /// Why, in a sentence without its beginning.
    pub why: String,
}

/// What came of an import.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// The file; of several reports added up, none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// Its format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Good rows read.
    pub rows: u64,
    /// Candidates that they make.
    pub candidates: u64,
    /// Candidates that were there before.
    pub known: u64,
    /// Candidates that are new.
    pub new: u64,
    /// Responses of the new ones by verdict.
    pub verdicts: BTreeMap<&'static str, u64>,
    /// Responses without an answer.
    pub no_answer: u64,
    /// Responses that were stored without being verified.
    pub unverified: u64,
    /// Rows left out.
    pub bad: u64,
    /// The first of them.
    pub bad_rows: Vec<BadRow>,
    /// Whether it was stopped before the file's end.
    pub stopped: bool,
    /// Why the file could not be read to its end.
    pub broken: Option<String>,
    /// Seconds that it took.
    pub seconds: f64,
}

impl Report {
    /// Counts a candidate that is new.
    pub(super) fn count(&mut self, candidate: &CandidateRecord) {
        for response in &candidate.responses {
            if response.failure.is_some() {
                self.no_answer += 1;
            } else if let Some(verdict) = &response.verdict {
                *self.verdicts.entry(verdict.outcome.as_str()).or_default() += 1;
            } else {
                self.unverified += 1;
            }
        }
    }

    /// Counts a row that is left out.
    pub(super) fn leave_out(&mut self, row: u64, why: String) {
        self.bad += 1;
        if self.bad_rows.len() < LISTED {
            self.bad_rows.push(BadRow { file: self.file.clone(), row, why });
        }
    }

    /// Adds what came of another import, or of a part of this one.
    pub fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.candidates += other.candidates;
        self.known += other.known;
        self.new += other.new;
        for (word, n) in other.verdicts {
            *self.verdicts.entry(word).or_default() += n;
        }
        self.no_answer += other.no_answer;
        self.unverified += other.unverified;
        self.bad += other.bad;
        let room = LISTED.saturating_sub(self.bad_rows.len());
        self.bad_rows.extend(other.bad_rows.into_iter().take(room));
        self.stopped |= other.stopped;
        self.broken = self.broken.take().or(other.broken);
        self.seconds += other.seconds;
    }

    /// Whether everything there was is in the store.
    pub fn is_whole(&self) -> bool {
        self.bad == 0 && !self.stopped && self.broken.is_none()
    }

    /// What came of it, in a sentence.
    pub fn sentence(&self) -> String {
        let verb = if self.unverified > 0 { "imported" } else { "imported and verified" };
        let mut text = format!("{} rows {verb}", self.rows);
        if self.candidates != self.rows {
            let _ = write!(text, " as {} candidates", self.candidates);
        }
        let _ = write!(text, ", {} of them new", self.new);
        for (word, n) in &self.verdicts {
            let _ = write!(text, " · {n} {word}");
        }
        if self.no_answer > 0 {
            let _ = write!(text, " · {} without an answer", self.no_answer);
        }
        if self.unverified > 0 {
            let _ = write!(text, " · {} responses to be verified by `loong reverify --apply`", self.unverified);
        }
        if self.bad > 0 {
            let _ = write!(text, " · {} bad rows left out", self.bad);
        }
        text
    }
}
