//! What the native tiers left undecided is taken further, through the ports: to `SymPy` first, then to a judge model.

pub mod judge;
pub mod symbolic;

pub use self::judge::Judge;
pub use self::symbolic::Symbolic;
use crate::verifier::symbolic::SYMBOLIC;
use crate::verifier::{Outcome, Pair, Verdict};

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
    pub async fn settle(&self, pair: &Pair, mut verdict: Verdict) -> Verdict {
        if verdict.outcome != Outcome::Error {
            verdict.version = self.version(&verdict.version);
        }
        if let Some(symbolic) = self.symbolic.as_ref().filter(|_| verdict.outcome == Outcome::Undecided) {
            verdict = symbolic.settle(pair, verdict).await;
        }
        match &self.judge {
            Some(judge) => judge.settle(pair, verdict).await,
            None => verdict,
        }
    }
}
