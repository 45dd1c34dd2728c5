//! What the native tiers left undecided is taken further, through the ports: to `SymPy` first, then to a judge model.

pub mod judge;
pub mod symbolic;

pub use self::judge::Judge;
pub use self::symbolic::Symbolic;
use crate::verifier::symbolic::SYMBOLIC;
use crate::verifier::{Outcome, Pair, Verdict};

/// A verdict, taken further.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    /// The verdict.
    pub verdict: Verdict,
    /// Whether it is undecided because somebody who was to be asked could not be: an outage, for which nobody is paid 0.
    pub is_open: bool,
}

/// The tiers beyond the native ones that may be asked. By default none, and every verdict stays as it is.
#[derive(Default)]
pub struct Escalation {
    /// Tier 5.
    pub symbolic: Option<Symbolic>,
    /// Tier 6.
    pub judge: Option<Judge>,
}

impl Escalation {
    /// Whether there is nobody to ask.
    pub fn is_empty(&self) -> bool {
        self.symbolic.is_none() && self.judge.is_none()
    }

    /// The version of verdicts that went through here: it names tier 5 wherever that may have taken part. A judge names
    /// itself in the verdicts that it was asked about.
    pub fn version(&self, native: &str) -> String {
        if self.symbolic.is_some() { format!("{native}+{SYMBOLIC}") } else { native.to_owned() }
    }

    /// The verdict, taken further where it is undecided. What fails on the way leaves it undecided, with the fact in its
    /// reason; where nobody could be asked it has no side that is to blame.
    pub async fn settle(&self, pair: &Pair, mut verdict: Verdict) -> Settled {
        if verdict.outcome != Outcome::Error {
            verdict.version = self.version(&verdict.version);
        }
        let mut settled = Settled { verdict, is_open: false };
        if let Some(symbolic) = self.symbolic.as_ref().filter(|_| settled.verdict.outcome == Outcome::Undecided) {
            settled = symbolic.settle(pair, settled.verdict).await;
        }
        if let Some(judge) = &self.judge {
            let was_open = settled.is_open;
            settled = judge.settle(pair, settled.verdict).await;
            settled.is_open |= was_open && settled.verdict.outcome == Outcome::Undecided;
        }
        settled
    }
}
