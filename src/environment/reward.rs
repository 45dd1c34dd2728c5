//! What a response is worth, and why it may be worth nothing at all.

use serde::Serialize;

use crate::failure::{Failure, FailureKind, Stage};
use crate::verifier::{Outcome, Pair, Side, Verdict, Verifier, verify_guarded};

/// What to pay where the verifier could not tell and the response is not to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RewardPolicy {
    /// No reward: nobody is punished for the verifier's weakness.
    #[default]
    NullWhenUndecided,
    /// 0, for trainers that cannot take a missing reward.
    ZeroWhenUndecided,
}

impl RewardPolicy {
    /// The accuracy reward of a verdict: 1, 0, or none.
    ///
    /// A response that cannot be read, or has no answer, earns 0 whatever the policy, or else a policy learns to be
    /// unreadable. An infrastructure failure never earns 0: it is no reward.
    pub fn reward(self, verdict: &Verdict) -> Option<f64> {
        match (verdict.outcome, verdict.side) {
            (Outcome::Equivalent, _) => Some(1.0),
            (Outcome::Different, _) | (Outcome::Undecided, Some(Side::Response)) => Some(0.0),
            (Outcome::Undecided, _) => match self {
                Self::NullWhenUndecided => None,
                Self::ZeroWhenUndecided => Some(0.0),
            },
            (Outcome::Error, _) => None,
        }
    }
}

/// A response, verified and rewarded.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scored {
    /// The verdict with its evidence.
    pub verdict: Verdict,
    /// `no_answer`, where the response has no final answer.
    pub failure: Option<Failure>,
    /// 1, 0 or none.
    pub reward: Option<f64>,
}

/// Verifies and rewards one response. Items are independent: a panic of the verifier on one is that item's `error`.
pub fn score(verifier: &dyn Verifier, pair: &Pair, policy: RewardPolicy) -> Scored {
    let verdict = verify_guarded(verifier, pair);
    let failure = verdict
        .no_answer()
        .then(|| Failure::new(Stage::Verify, FailureKind::NoAnswer, "the response gives no final answer"));
    let reward = policy.reward(&verdict);
    Scored { verdict, failure, reward }
}
