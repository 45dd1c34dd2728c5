//! What a response is worth, and why it may be worth nothing at all.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::extractor::{ExtractOptions, extract};
use crate::failure::{Failure, FailureKind, Stage};
use crate::verifier::{Outcome, Pair, Side, Verdict, Verifier, verify_guarded};
use crate::words::words;

words! {
    /// What to pay where the verifier could not tell and the response is not to blame.
    #[derive(Default)]
    pub enum RewardPolicy {
        /// No reward: nobody is punished for the verifier's weakness.
        #[default]
        NullWhenUndecided = "null",
        /// 0, for trainers that cannot take a missing reward.
        ZeroWhenUndecided = "zero",
    }
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

/// What a reward is the sum of. A term that weighs nothing is neither measured nor told.
///
/// ```
/// use loong::environment::RewardTerms;
/// let terms = RewardTerms { format: 0.1, ..RewardTerms::default() };
/// let told = terms.of(1.0, r"So it is \boxed{4}.");
/// assert_eq!(told["accuracy"] + told["format"], 1.1);
/// assert_eq!(terms.of(0.0, "It is 4.")["format"], 0.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RewardTerms {
    /// Weight of accuracy: 1 for an equivalent answer, else 0.
    pub accuracy: f64,
    /// Weight of format: 1 where the response marks its answer as such, in a box, a tag or a phrase, else 0.
    pub format: f64,
    /// Weight of length: 1 up to [`Self::words`], falling evenly to 0 at twice as many.
    pub length: f64,
    /// Words up to which a response is not too long.
    pub words: usize,
}

impl Default for RewardTerms {
    /// Accuracy alone.
    fn default() -> Self {
        Self { accuracy: 1.0, format: 0.0, length: 0.0, words: 1000 }
    }
}

impl RewardTerms {
    /// What a response with this verdict earns, and by which terms; none, and by none, where there is nothing to pay.
    pub fn reward(
        &self,
        policy: RewardPolicy,
        verdict: &Verdict,
        response: &str,
    ) -> (Option<f64>, BTreeMap<&'static str, f64>) {
        let Some(accuracy) = policy.reward(verdict) else { return (None, BTreeMap::new()) };
        let terms = self.of(accuracy, response);
        (Some(terms.values().sum()), terms)
    }

    /// The weighted terms of a response of this accuracy, by name.
    pub fn of(&self, accuracy: f64, response: &str) -> BTreeMap<&'static str, f64> {
        let mut terms = BTreeMap::from([("accuracy", self.accuracy * accuracy)]);
        if self.format != 0.0 {
            let marked = extract(response, &ExtractOptions::default()).is_some_and(|found| found.how.is_marked());
            terms.insert("format", self.format * f64::from(u8::from(marked)));
        }
        if self.length != 0.0 {
            let most = self.words.max(1) as f64;
            let over = response.split_whitespace().count() as f64 / most - 1.0;
            terms.insert("length", self.length * (1.0 - over.clamp(0.0, 1.0)));
        }
        terms
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

/// The failure of a response that has no final answer.
pub fn no_answer(verdict: &Verdict) -> Option<Failure> {
    let failure = || Failure::new(Stage::Verify, FailureKind::NoAnswer, "the response gives no final answer");
    verdict.no_answer().then(failure)
}

/// Verifies and rewards one response. Items are independent: a panic of the verifier on one is that item's `error`.
pub fn score(verifier: &dyn Verifier, pair: &Pair, policy: RewardPolicy) -> Scored {
    let verdict = verify_guarded(verifier, pair);
    let failure = no_answer(&verdict);
    let reward = policy.reward(&verdict);
    Scored { verdict, failure, reward }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_responses_lose_the_length_term_evenly() {
        let terms = RewardTerms { length: 0.5, words: 4, ..RewardTerms::default() };
        for (response, length) in [("a b c d", 0.5), ("a b c d e f", 0.25), ("a b c d e f g h", 0.0), ("", 0.5)] {
            assert_eq!(terms.of(0.0, response)["length"].to_bits(), f64::to_bits(length), "{response}");
        }
        let nine = "a b c d e f g h i";
        assert_eq!(terms.of(1.0, nine).values().sum::<f64>().to_bits(), 1.0_f64.to_bits(), "never below nothing");
    }

    #[test]
    fn terms_without_weight_are_not_told() {
        let told = RewardTerms::default().of(1.0, r"\boxed{1}");
        assert_eq!(told.into_iter().collect::<Vec<_>>(), [("accuracy", 1.0)]);
    }
}
