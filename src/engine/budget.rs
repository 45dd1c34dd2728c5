//! What a run may spend, and what of it ends the run.

use std::fmt;

use serde::Serialize;

/// What may be spent; `None` is no bound.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Budget {
    /// Tokens of all replies of the run, prompts included.
    pub tokens: Option<u64>,
    /// US dollars of all replies of the run.
    pub usd: Option<f64>,
    /// Seconds of one sitting, after which nothing new is begun.
    pub seconds: Option<u64>,
    /// Candidates of the run whose responses agree with their reference.
    pub candidates: Option<u64>,
    /// Slots taken in one sitting: a pilot takes a few.
    pub slots: Option<u64>,
}

/// Which part of a budget ended a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Tokens.
    Tokens,
    /// Money.
    Usd,
    /// Money, which could not be counted: the cost of a reply is not known.
    Unpriced,
    /// Time.
    Seconds,
    /// Accepted candidates.
    Candidates,
    /// Slots of a pilot.
    Slots,
}

impl Bound {
    /// Whether a slot that is under way must not be finished either: it would be paid for.
    pub(super) fn is_paid(self) -> bool {
        matches!(self, Self::Tokens | Self::Usd | Self::Unpriced)
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tokens => "the budget of tokens is spent",
            Self::Usd => "the budget of money is spent",
            Self::Unpriced => "a reply came whose cost nobody knows, so that the budget of money could not be kept",
            Self::Seconds => "the time of this sitting is over",
            Self::Candidates => "there are as many accepted candidates as were wanted",
            Self::Slots => "the pilot is over",
        })
    }
}
