//! What stands after people have decided: a pure fold over the log of decisions.
//!
//! The store refreshes its caches with it after every decision, and a test refolds whole logs and compares. Reversals
//! may take back any decision of the same candidate, other reversals included (that is what redo is).

use std::collections::{BTreeMap, BTreeSet};

use super::record::{Agreement, Curation, Decision, DecisionKind, ExecutionRecord, Judgement, RightSide};
use super::revision::{Revision, Texts};
use crate::verifier::{Outcome, Verdict};
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

/// What stands of one candidate's revisions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RevisionFold {
    /// Each text by the latest revision that speaks of it.
    pub texts: Texts,
    /// The verdicts on the pairs with that reference answer, by sample.
    pub verdicts: BTreeMap<u32, Verdict>,
    /// The run of that code.
    pub execution: Option<ExecutionRecord>,
    /// Whether that run printed that reference answer.
    pub printed: bool,
    /// Pairs with a judgement in force that is about that reference answer, by sample.
    pub pairs: BTreeMap<u32, PairFold>,
    /// Which side was right, with that reference answer.
    pub right: Option<RightSide>,
}

impl RevisionFold {
    fn take_in(&mut self, revision: &Revision) {
        if revision.code.is_some() {
            self.execution.clone_from(&revision.execution);
        }
        if revision.reference.is_some() {
            self.verdicts.clone_from(&revision.verdicts);
            self.printed = revision.printed;
        }
        self.texts = revision.texts().over(&self.texts);
    }
}

/// What stands of one candidate's decisions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CandidateFold {
    /// The reviewers' curation; `None` where nobody curated or they are tied.
    pub curation: Option<Curation>,
    /// Reviewers are tied about the curation.
    pub curation_contested: bool,
    /// Which side was right; `None` where nobody said or reviewers are tied.
    pub right: Option<RightSide>,
    /// Tags that decisions in force set.
    pub tags: BTreeSet<String>,
    /// Pairs with a judgement in force that is about the reference answer that the candidate came with, by sample.
    pub pairs: BTreeMap<u32, PairFold>,
    /// What stands of revisions; none where nobody revised.
    pub revision: Option<RevisionFold>,
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

    /// The same beside the texts that the candidate came with: what was revised to them is not revised.
    #[must_use]
    pub fn against(mut self, came: &Texts) -> Self {
        if let Some(mut revision) = self.revision.take() {
            revision.texts = revision.texts.beside(came);
            if revision.texts.reference.is_some() {
                self.right = revision.right;
            }
            self.revision = Some(revision).filter(|revision| !revision.texts.is_empty());
        }
        self
    }

    /// The revision that made other pairs of the responses, where one stands.
    fn other_pairs(&self) -> Option<&RevisionFold> {
        self.revision.as_ref().filter(|revision| revision.texts.reference.is_some())
    }

    /// The standing of the pair with this sample number: of the one with the revised reference answer where there is one,
    /// else of the first one, which has this verdict.
    pub fn standing(&self, sample: u32, verdict: Option<Outcome>) -> Option<Outcome> {
        match self.other_pairs() {
            None => self.pair(sample).standing(verdict),
            Some(other) => {
                let verdict = other.verdicts.get(&sample).map(|verdict| verdict.outcome);
                other.pairs.get(&sample).copied().unwrap_or_default().standing(verdict)
            }
        }
    }

    /// Whether a pair was judged: as the candidate came, or as it stands.
    pub fn judged(&self) -> bool {
        !self.pairs.is_empty() || self.other_pairs().is_some_and(|other| !other.pairs.is_empty())
    }

    /// Whether reviewers are tied about the candidate or one of the pairs that stand.
    pub fn contested(&self) -> bool {
        let pairs = self.other_pairs().map_or(&self.pairs, |other| &other.pairs);
        self.curation_contested || pairs.values().any(|p| p.contested)
    }
}

/// Folds one candidate's decisions, given in the order of the log.
pub fn fold(log: &[Decision]) -> CandidateFold {
    let mut folded = CandidateFold { reversed: reversals(log), ..CandidateFold::default() };
    // A reviewer's later word replaces the earlier one, where both are about the same answer.
    let mut judgements: BTreeMap<(Option<&str>, u32), BTreeMap<&str, Judgement>> = BTreeMap::new();
    let mut adjudicated: BTreeMap<(Option<&str>, u32), Judgement> = BTreeMap::new();
    let mut curations: BTreeMap<&str, Curation> = BTreeMap::new();
    let mut rights: BTreeMap<Option<&str>, BTreeMap<&str, RightSide>> = BTreeMap::new();
    for decision in log {
        if decision.kind == DecisionKind::Reversal || folded.reversed.contains_key(&decision.id) {
            continue;
        }
        folded.decided = true;
        let body = &decision.body;
        let about = body.about.as_deref();
        if let Some(revision) = &body.revision {
            folded.revision.get_or_insert_default().take_in(revision);
        }
        if let (Some(sample), Some(judgement)) = (body.sample, body.judgement) {
            judgements.entry((about, sample)).or_default().insert(&body.reviewer, judgement);
            if body.adjudicates {
                adjudicated.insert((about, sample), judgement);
            }
        }
        if let Some(curation) = body.curation {
            curations.insert(&body.reviewer, curation);
        }
        if let Some(right) = body.right {
            rights.entry(about).or_default().insert(&body.reviewer, right);
        }
        folded.tags.extend(body.tags.iter().cloned());
    }
    let revised = folded.revision.as_ref().and_then(|revision| revision.texts.reference.clone());
    for (pair, by_reviewer) in judgements {
        let said = pair_fold(adjudicated.get(&pair).copied(), by_reviewer.into_values());
        match (pair, &mut folded.revision) {
            ((None, sample), _) => drop(folded.pairs.insert(sample, said)),
            ((about, sample), Some(revision)) if about == revised.as_deref() => {
                revision.pairs.insert(sample, said);
            }
            // About an answer that does not stand any more.
            _ => {}
        }
    }
    match most_said(curations.into_values()) {
        Vote::Word(word) => folded.curation = Some(word),
        Vote::Tied => folded.curation_contested = true,
        Vote::Nobody => {}
    }
    folded.right = side(rights.remove(&None));
    if let Some(revision) = folded.revision.as_mut().filter(|_| revised.is_some()) {
        revision.right = side(rights.remove(&revised.as_deref()));
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

/// Which side the reviewers find right.
fn side(words: Option<BTreeMap<&str, RightSide>>) -> Option<RightSide> {
    match most_said(words.unwrap_or_default().into_values()) {
        Vote::Word(word) => Some(word),
        Vote::Tied | Vote::Nobody => None,
    }
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
