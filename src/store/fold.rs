//! What stands after people have decided: a pure fold over the log of decisions.
//!
//! The store refreshes its caches with it after every decision, and a test refolds whole logs and compares. Reversals
//! may take back any decision of the same candidate, other reversals included (that is what redo is).

use std::collections::{BTreeMap, BTreeSet};

use super::record::{Agreement, Curation, Decision, DecisionKind, Judgement, RightSide};
use crate::verifier::Outcome;
use crate::words::words;

words! {
    /// How many of a candidate's responses must agree with its reference.
    pub enum AgreementRule {
        /// More than half of those that have a verdict.
        Majority = "majority",
        /// At least one.
        Any = "any",
        /// Every one that has a verdict.
        All = "all",
    }
}

/// What outcomes amount to under a rule; pass the outcomes of the responses that have one.
///
/// Three-valued: `agrees` and `disagrees` are said only where no `undecided` or `error` could change the word, had it been
/// decided; nothing at all is [`Agreement::None`].
pub fn agreement(rule: AgreementRule, outcomes: impl IntoIterator<Item = Outcome>) -> Agreement {
    let (mut equivalent, mut different, mut open) = (0_usize, 0_usize, 0_usize);
    for outcome in outcomes {
        match outcome {
            Outcome::Equivalent => equivalent += 1,
            Outcome::Different => different += 1,
            Outcome::Undecided | Outcome::Error => open += 1,
        }
    }
    let all = equivalent + different + open;
    let enough = |n: usize| match rule {
        AgreementRule::Majority => 2 * n > all,
        AgreementRule::Any => n > 0,
        AgreementRule::All => n == all,
    };
    match all {
        0 => Agreement::None,
        _ if enough(equivalent) => Agreement::Agrees,
        _ if enough(equivalent + open) => Agreement::Undecided,
        _ => Agreement::Disagrees,
    }
}

/// The reviewers' word on one pair.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PairFold {
    /// The word that stands; `None` where nobody judged or reviewers are tied.
    pub judgement: Option<Judgement>,
    /// As many reviewers say equivalent as say different, and nobody adjudicated.
    pub contested: bool,
}

impl PairFold {
    /// The pair's standing: the judgement where it tells, else the verdict. A contested pair stands undecided, so that
    /// no verdict breaks a tie between people.
    pub fn standing(self, verdict: Option<Outcome>) -> Option<Outcome> {
        match self.judgement {
            _ if self.contested => Some(Outcome::Undecided),
            Some(Judgement::Equivalent) => Some(Outcome::Equivalent),
            Some(Judgement::Different) => Some(Outcome::Different),
            Some(Judgement::CantTell) | None => verdict,
        }
    }
}

/// What stands of one candidate's decisions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CandidateFold {
    /// The reviewers' curation; `None` where nobody curated or they are tied.
    pub curation: Option<Curation>,
    /// Reviewers are tied about the curation.
    pub curation_contested: bool,
    /// Which side was right; `None` where nobody said or reviewers are tied.
    pub right: Option<RightSide>,
    /// Tags that decisions in force set.
    pub tags: BTreeSet<String>,
    /// Pairs with a judgement in force, by sample.
    pub pairs: BTreeMap<u32, PairFold>,
    /// Whether any decision is in force.
    pub decided: bool,
    /// Rows of the decisions that are out of force, with the uid of the reversal that took them back.
    pub reversed: BTreeMap<i64, String>,
}

impl CandidateFold {
    /// What is known of the pair with this sample number.
    pub fn pair(&self, sample: u32) -> PairFold {
        self.pairs.get(&sample).copied().unwrap_or_default()
    }

    /// Whether reviewers are tied about the candidate or one of its pairs.
    pub fn contested(&self) -> bool {
        self.curation_contested || self.pairs.values().any(|p| p.contested)
    }
}

/// Folds one candidate's decisions, given in the order of the log.
pub fn fold(log: &[Decision]) -> CandidateFold {
    let mut folded = CandidateFold { reversed: reversals(log), ..CandidateFold::default() };
    // A reviewer's later word replaces the earlier one.
    let mut judgements: BTreeMap<u32, BTreeMap<&str, Judgement>> = BTreeMap::new();
    let mut adjudicated: BTreeMap<u32, Judgement> = BTreeMap::new();
    let mut curations: BTreeMap<&str, Curation> = BTreeMap::new();
    let mut rights: BTreeMap<&str, RightSide> = BTreeMap::new();
    for decision in log {
        if decision.kind == DecisionKind::Reversal || folded.reversed.contains_key(&decision.id) {
            continue;
        }
        folded.decided = true;
        let body = &decision.body;
        if let (Some(sample), Some(judgement)) = (body.sample, body.judgement) {
            judgements.entry(sample).or_default().insert(&body.reviewer, judgement);
            if body.adjudicates {
                adjudicated.insert(sample, judgement);
            }
        }
        if let Some(curation) = body.curation {
            curations.insert(&body.reviewer, curation);
        }
        if let Some(right) = body.right {
            rights.insert(&body.reviewer, right);
        }
        folded.tags.extend(body.tags.iter().cloned());
    }
    for (sample, by_reviewer) in judgements {
        folded.pairs.insert(sample, pair_fold(adjudicated.get(&sample).copied(), by_reviewer.into_values()));
    }
    match most_said(curations.into_values()) {
        Vote::Word(word) => folded.curation = Some(word),
        Vote::Tied => folded.curation_contested = true,
        Vote::Nobody => {}
    }
    if let Vote::Word(word) = most_said(rights.into_values()) {
        folded.right = Some(word);
    }
    folded
}

/// Decisions out of force. A reversal comes after what it takes back, so one pass from the end knows of each decision
/// whether a reversal *in force* names it.
fn reversals(log: &[Decision]) -> BTreeMap<i64, String> {
    let mut taken_back: BTreeMap<&str, &str> = BTreeMap::new();
    let mut out = BTreeMap::new();
    for decision in log.iter().rev() {
        if let Some(by) = taken_back.get(decision.uid.as_str()) {
            out.insert(decision.id, (*by).to_owned());
        } else if let Some(target) = &decision.body.reverses {
            taken_back.insert(target, &decision.uid);
        }
    }
    out
}

/// Adjudication wins; else those who can tell vote; else somebody could not tell.
fn pair_fold(adjudicated: Option<Judgement>, words: impl Iterator<Item = Judgement>) -> PairFold {
    if adjudicated.is_some() {
        return PairFold { judgement: adjudicated, contested: false };
    }
    match most_said(words.filter(|w| *w != Judgement::CantTell)) {
        Vote::Word(word) => PairFold { judgement: Some(word), contested: false },
        Vote::Tied => PairFold { judgement: None, contested: true },
        Vote::Nobody => PairFold { judgement: Some(Judgement::CantTell), contested: false },
    }
}

/// Result of a vote.
enum Vote<T> {
    Nobody,
    Word(T),
    Tied,
}

/// The word said most often, when there is one such.
fn most_said<T: Ord>(words: impl Iterator<Item = T>) -> Vote<T> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    let mut best = Vote::Nobody;
    let mut most = 0;
    for (word, n) in counts {
        if n > most {
            (best, most) = (Vote::Word(word), n);
        } else if n == most {
            best = Vote::Tied;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use Outcome::{Different, Equivalent, Error, Undecided};

    #[test]
    fn agreement_says_only_what_undecided_outcomes_cannot_change() {
        use Agreement::{Agrees, Disagrees, None};
        let open = Agreement::Undecided;
        for (outcomes, majority, any, all) in [
            (&[][..], None, None, None),
            (&[Equivalent], Agrees, Agrees, Agrees),
            (&[Different], Disagrees, Disagrees, Disagrees),
            (&[Undecided], open, open, open),
            (&[Error], open, open, open),
            (&[Equivalent, Different], Disagrees, Agrees, Disagrees),
            (&[Equivalent, Equivalent, Different], Agrees, Agrees, Disagrees),
            (&[Equivalent, Undecided], open, Agrees, open),
            (&[Equivalent, Equivalent, Undecided], Agrees, Agrees, open),
            (&[Different, Undecided], Disagrees, open, Disagrees),
            (&[Different, Undecided, Undecided], open, open, Disagrees),
            (&[Equivalent, Different, Undecided, Error], open, Agrees, Disagrees),
        ] {
            let of = |rule| agreement(rule, outcomes.iter().copied());
            assert_eq!(of(AgreementRule::Majority), majority, "majority of {outcomes:?}");
            assert_eq!(of(AgreementRule::Any), any, "any of {outcomes:?}");
            assert_eq!(of(AgreementRule::All), all, "all of {outcomes:?}");
        }
    }
}
