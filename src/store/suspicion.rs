//! Which candidates a person should look at first, and why: a pure reading of what machines said of their pairs.
//!
//! The store keeps it as a number whose bits are the reasons, the graver the higher, so that the numbers' order is the
//! order of suspicion.

use crate::verifier::{Outcome, Tier};
use crate::words::words;

words! {
    /// Why a candidate is suspicious, the gravest first.
    pub enum Suspicion {
        /// Solvers agree with each other against the reference.
        SolversAgree = "solvers_agree",
        /// A judge model and the rules said opposite things of a pair.
        JudgeAgainstRules = "judge_against_rules",
        /// Another verifier says otherwise of a pair.
        Second = "second",
        /// The reward that came with a response says otherwise.
        Reward = "reward",
        /// Two tiers said opposite things of a pair.
        Tiers = "tiers",
        /// A verdict hangs on a leniency.
        Leniency = "leniency",
        /// The verifier could not tell.
        Undecided = "undecided",
    }
}

impl Suspicion {
    /// Its bit.
    pub const fn bit(self) -> i64 {
        match self {
            Self::SolversAgree => 64,
            Self::JudgeAgainstRules => 32,
            Self::Second => 16,
            Self::Reward => 8,
            Self::Tiers => 4,
            Self::Leniency => 2,
            Self::Undecided => 1,
        }
    }

    /// The reasons of a number, the gravest first.
    pub fn of(bits: i64) -> Vec<Self> {
        Self::ALL.iter().copied().filter(|s| bits & s.bit() != 0).collect()
    }

    /// What a person is told.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::SolversAgree => "solvers agree with each other against the reference",
            Self::JudgeAgainstRules => "the judge model and the rules said opposite things",
            Self::Second => "another verifier says otherwise",
            Self::Reward => "the reward it came with says otherwise",
            Self::Tiers => "two tiers said opposite things",
            Self::Leniency => "the verdict hangs on a leniency",
            Self::Undecided => "the verifier could not tell",
        }
    }
}

/// What machines said of one pair.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Said {
    /// The current verdict.
    pub outcome: Option<Outcome>,
    /// The tier that gave it.
    pub tier: Option<Tier>,
    /// Whether it needed a leniency.
    pub lenient: bool,
    /// The response's answer in the form in which it was compared.
    pub answer: String,
    /// The reward that came with it.
    pub reward: Option<f64>,
    /// Every verdict it was ever given.
    pub history: Vec<(Tier, Outcome)>,
    /// The words of other verifiers.
    pub seconds: Vec<Outcome>,
}

/// Whether an outcome tells, and which of the two it is.
fn told(outcome: Outcome) -> Option<bool> {
    match outcome {
        Outcome::Equivalent => Some(true),
        Outcome::Different => Some(false),
        Outcome::Undecided | Outcome::Error => None,
    }
}

fn both(words: impl Iterator<Item = bool>) -> bool {
    let (mut yes, mut no) = (false, false);
    for word in words {
        yes |= word;
        no |= !word;
    }
    yes && no
}

/// The reasons to look at a candidate with these pairs, as bits, and how uncertain its verdicts are, from 0 to 1000.
pub fn look(pairs: &[Said]) -> (i64, i64) {
    let mut bits = 0;
    for pair in pairs {
        let ours = pair.outcome.and_then(told);
        let mut add = |reason: Suspicion, there: bool| bits |= if there { reason.bit() } else { 0 };
        let of = |judge: bool| {
            let said = pair.history.iter().filter(move |(tier, _)| (*tier == Tier::Judge) == judge);
            said.filter_map(|(_, outcome)| told(*outcome))
        };
        add(Suspicion::JudgeAgainstRules, of(true).any(|judge| of(false).any(|rule| rule != judge)));
        let tiers = pair.history.iter().filter(|(tier, _)| *tier != Tier::Judge);
        let unlike = tiers.clone().any(|(a, x)| {
            tiers.clone().any(|(b, y)| a != b && told(*x).is_some() && told(*y).is_some() && told(*x) != told(*y))
        });
        add(Suspicion::Tiers, unlike);
        add(
            Suspicion::Second,
            both(pair.seconds.iter().filter_map(|o| told(*o)).chain(ours)) && !pair.seconds.is_empty(),
        );
        add(Suspicion::Reward, pair.reward.zip(ours).is_some_and(|(reward, ours)| (reward > 0.5) != ours));
        add(Suspicion::Leniency, pair.lenient && ours == Some(true));
        add(Suspicion::Undecided, pair.outcome == Some(Outcome::Undecided));
    }
    if solvers_agree(pairs) {
        bits |= Suspicion::SolversAgree.bit();
    }
    (bits, pairs.iter().map(uncertainty).max().unwrap_or(0).max(divided(pairs)))
}

/// At least two responses, and more than half of those with an answer, give the same answer, which is said to differ.
fn solvers_agree(pairs: &[Said]) -> bool {
    let answered = pairs.iter().filter(|p| !p.answer.is_empty()).count();
    pairs.iter().filter(|p| p.outcome == Some(Outcome::Different) && !p.answer.is_empty()).any(|p| {
        let same = pairs.iter().filter(|q| q.answer == p.answer).count();
        same >= 2 && 2 * same > answered
    })
}

/// How little a verdict is to be trusted: the later the tier the less, and less still where it needed a leniency. An
/// order, not a probability.
fn uncertainty(pair: &Said) -> i64 {
    if pair.outcome == Some(Outcome::Undecided) {
        return 1000;
    }
    let Some(tier) = pair.tier.filter(|_| pair.outcome.and_then(told).is_some()) else { return 0 };
    let at = Tier::ALL.iter().position(|t| *t == tier).unwrap_or(0);
    let steps = Tier::ALL.len().saturating_sub(1).max(1);
    let by_tier = i64::try_from(700 * at / steps).unwrap_or(700);
    by_tier + if pair.lenient { 200 } else { 0 }
}

/// Responses that are half right are less certain than those that are all right or all wrong.
fn divided(pairs: &[Said]) -> i64 {
    let told: Vec<bool> = pairs.iter().filter_map(|p| p.outcome.and_then(told)).collect();
    let right = told.iter().filter(|t| **t).count();
    let rarer = right.min(told.len() - right);
    if rarer == 0 { 0 } else { i64::try_from(1200 * rarer / told.len()).unwrap_or(600) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Outcome::{Different, Equivalent, Undecided};

    fn said(outcome: Outcome, answer: &str) -> Said {
        Said { outcome: Some(outcome), tier: Some(Tier::Number), answer: answer.to_owned(), ..Said::default() }
    }

    fn why(pairs: &[Said]) -> Vec<Suspicion> {
        Suspicion::of(look(pairs).0)
    }

    #[test]
    fn bits_are_in_the_order_of_gravity() {
        assert!(Suspicion::ALL.windows(2).all(|w| w[0].bit() > w[1].bit()));
        assert_eq!(Suspicion::of(66), [Suspicion::SolversAgree, Suspicion::Leniency]);
    }

    #[test]
    fn each_reason_is_found_and_nothing_else() {
        assert_eq!(why(&[said(Equivalent, "1")]), []);
        assert_eq!(why(&[said(Different, "1"), said(Different, "2")]), []);
        assert_eq!(
            why(&[said(Different, "2"), said(Different, "2"), said(Equivalent, "1")]),
            [Suspicion::SolversAgree]
        );
        assert_eq!(
            why(&[said(Different, "2"), said(Different, "2"), said(Equivalent, "1"), said(Equivalent, "1")]),
            []
        );
        assert_eq!(why(&[said(Undecided, "2")]), [Suspicion::Undecided]);
        assert_eq!(why(&[Said { lenient: true, ..said(Equivalent, "2") }]), [Suspicion::Leniency]);
        assert_eq!(why(&[Said { lenient: true, ..said(Different, "2") }]), []);
        assert_eq!(why(&[Said { reward: Some(1.0), ..said(Different, "2") }]), [Suspicion::Reward]);
        assert_eq!(why(&[Said { reward: Some(0.0), ..said(Different, "2") }]), []);
        assert_eq!(why(&[Said { seconds: vec![Equivalent], ..said(Different, "2") }]), [Suspicion::Second]);
        assert_eq!(why(&[Said { seconds: vec![Undecided, Different], ..said(Different, "2") }]), []);
        let history = vec![(Tier::Number, Different), (Tier::Judge, Equivalent)];
        assert_eq!(why(&[Said { history, ..said(Equivalent, "2") }]), [Suspicion::JudgeAgainstRules]);
        let history = vec![(Tier::Number, Different), (Tier::Algebra, Equivalent)];
        assert_eq!(why(&[Said { history, ..said(Equivalent, "2") }]), [Suspicion::Tiers]);
        let history = vec![(Tier::Number, Undecided), (Tier::Algebra, Equivalent)];
        assert_eq!(why(&[Said { history, ..said(Equivalent, "2") }]), []);
    }

    #[test]
    fn what_is_undecided_is_least_certain() {
        let of = |pairs: &[Said]| look(pairs).1;
        let sure = of(&[Said { tier: Some(Tier::ALL[0]), ..said(Equivalent, "1") }]);
        let number = of(&[said(Equivalent, "1")]);
        let lenient = of(&[Said { lenient: true, ..said(Equivalent, "1") }]);
        assert!(sure < number && number < lenient && lenient < of(&[said(Undecided, "")]));
        assert!(of(&[said(Equivalent, "1"), said(Different, "2")]) > number);
    }
}
