//! What failed in a run: counts by kind, the last few of each stage, and kinds in words.

use std::collections::{BTreeMap, VecDeque};

use crate::failure::{FailureKind, Stage};
use crate::review::cleaned::clean_line;

/// Failures that are kept of each stage.
const KEPT: usize = 8;
/// Characters that are kept of a message.
const MESSAGE: usize = 300;

/// One failure.
#[derive(Debug, Clone)]
pub(super) struct Failed {
    pub(super) candidate: i64,
    pub(super) kind: FailureKind,
    /// Cleaned, one line.
    pub(super) message: String,
}

/// The failures of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Troubles {
    kinds: BTreeMap<FailureKind, u64>,
    last: [VecDeque<Failed>; Stage::ALL.len()],
}

impl Troubles {
    /// Takes a failure in.
    pub(super) fn add(&mut self, stage: Option<Stage>, kind: FailureKind, candidate: i64, message: &str) {
        self.count(kind, 1);
        self.keep(stage.unwrap_or_else(|| stage_of(kind)), kind, candidate, message);
    }

    /// Counts so many of a kind.
    pub(super) fn count(&mut self, kind: FailureKind, n: u64) {
        let counted = self.kinds.entry(kind).or_default();
        *counted = counted.saturating_add(n);
    }

    /// Keeps one that was counted, the newest of its stage.
    pub(super) fn keep(&mut self, stage: Stage, kind: FailureKind, candidate: i64, message: &str) {
        let last = &mut self.last[stage as usize];
        last.truncate(KEPT - 1);
        let begin: String = message.chars().take(MESSAGE).collect();
        last.push_front(Failed { candidate, kind, message: clean_line(begin.trim()) });
    }

    /// Counts by kind, in the order of the stages.
    pub(super) fn kinds(&self) -> impl ExactSizeIterator<Item = (FailureKind, u64)> {
        self.kinds.iter().map(|(kind, n)| (*kind, *n))
    }

    /// How many failed.
    pub(super) fn total(&self) -> u64 {
        self.kinds.values().fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// The last failures by stage, newest first: at most `each` of a stage.
    pub(super) fn last(&self, each: usize) -> impl Iterator<Item = (Stage, &Failed)> {
        let of = move |stage: Stage| self.last[stage as usize].iter().take(each).map(move |failed| (stage, failed));
        Stage::ALL.iter().copied().flat_map(of)
    }
}

/// Where a kind belongs when the event does not say: responses fail without their candidate failing.
fn stage_of(kind: FailureKind) -> Stage {
    match kind {
        FailureKind::NoAnswer => Stage::Verify,
        kind if kind.is_of_code() => Stage::Execute,
        FailureKind::Nondeterministic | FailureKind::VenvError => Stage::Execute,
        _ => Stage::Solve,
    }
}

/// A kind in words.
pub(super) fn said(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Malformed => "not in the structure asked for",
        FailureKind::Refused => "the model declined",
        FailureKind::Truncated => "ended at the token limit",
        FailureKind::ContextOverflow => "too long for the model's context",
        FailureKind::ModelError => "the endpoint or program failed, after retries",
        FailureKind::Cancelled => "stopped before it was done",
        FailureKind::CodeError => "the program ended with an error",
        FailureKind::CodeTimeout => "the program took too long",
        FailureKind::CodeMemory => "it asked for too much memory",
        FailureKind::CodeOutput => "the program printed too much",
        FailureKind::CodeEmpty => "the program printed nothing",
        FailureKind::Nondeterministic => "its two executions differ",
        FailureKind::VenvError => "its packages could not be had",
        FailureKind::NoAnswer => "a response without an answer",
        FailureKind::Duplicate => "the question was there before",
        FailureKind::Contaminated => "the question must not be used",
        FailureKind::Underspecified => "can't be answered from what it says",
        FailureKind::LeaksAnswer => "the question has its answer",
        FailureKind::OffBand => "too easy or too hard",
        FailureKind::OverQuota => "its domain or seed has enough",
    }
}
