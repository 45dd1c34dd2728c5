//! Verifiers beside ours, so that anybody's grader can be audited: pairs go out to it, words come back.
//!
//! A grader is somebody else's program: what it prints is read as far as it makes sense, and everything else is counted
//! and told. The room must not know where pairs come from or where words are kept.

#[cfg(unix)]
pub mod command;
pub mod line;
pub mod math_verify;

use serde::Serialize;

use crate::verifier::Outcome;

/// A pair to be graded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its name on the wire.
    pub id: i64,
    /// The question; empty when there is none.
    pub question: String,
    /// The reference answer, then alternatives of which any counts.
    pub references: Vec<String>,
    /// The response's text.
    pub response: String,
    /// The domain's slug; empty when unknown.
    pub domain: String,
}

/// What a grader says of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The pair.
    pub id: i64,
    /// What it says.
    pub outcome: Outcome,
    /// Why, where it says so.
    pub detail: String,
}

/// Lines that are told of what a grader printed and nobody understood.
const TOLD: usize = 5;

/// How asking a grader went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Pairs given to it.
    pub asked: u64,
    /// Pairs it answered.
    pub answered: u64,
    /// Lines that could not be read.
    pub unreadable: u64,
    /// Answers about pairs it was not asked of.
    pub unknown: u64,
    /// Further answers about pairs that it had answered; the first one counts.
    pub repeated: u64,
    /// Pairs on which it failed: it hung, or ended, when it was at them.
    pub failed: u64,
    /// Other pairs it did not answer.
    pub missing: u64,
    /// Why it ended before it had answered all, in a sentence.
    pub failure: Option<String>,
    /// The pair that it was at when it ended so.
    pub at: Option<i64>,
    /// Some of what is wrong, in a sentence each.
    pub complaints: Vec<String>,
}

impl Account {
    fn complain(&mut self, sentence: &str) {
        if self.complaints.len() < TOLD {
            self.complaints.push(crate::review::cleaned::clean_line(sentence));
        }
    }
}
