//! How often the verifier errs: its verdicts against people's judgements of the same pairs.
//!
//! The false-negative rate is P(verifier does not say equivalent | truly equivalent), the false-positive rate
//! P(verifier says equivalent | truly different); what is true is what people judged. `undecided` counts as not saying
//! equivalent and is reported apart. A pair that people could not tell, or disagree about, and a pair that has no verdict
//! because infrastructure failed, say nothing about the verifier: they are counted and left out.

use std::collections::BTreeMap;

use serde::Serialize;

use super::proportion::Proportion;
use crate::store::record::{CandidateView, Judgement};
use crate::verifier::{Outcome, Tier};

/// What an audit needs to know of one pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairFact {
    /// The verifier's word, never the standing; `None` when it was not asked.
    pub outcome: Option<Outcome>,
    /// The tier that decided.
    pub tier: Option<Tier>,
    /// The people's word; `None` when nobody judged.
    pub judgement: Option<Judgement>,
    /// Reviewers disagree with each other.
    pub contested: bool,
    /// The domain's slug; empty when unknown.
    pub domain: String,
    /// Whether the verdict was hidden from who judged; `None` when that is not known.
    pub blind: Option<bool>,
}

impl PairFact {
    /// The facts of a candidate's pairs, of which the view has to be as it is read: in its revised form it has others. It does
    /// not say which judgements were blind.
    pub fn of(view: &CandidateView) -> impl Iterator<Item = Self> + '_ {
        view.responses.iter().map(|response| {
            let verdict = response.record.verdict.as_ref();
            Self {
                outcome: verdict.map(|v| v.outcome),
                tier: verdict.map(|v| v.tier),
                judgement: response.judgement,
                contested: response.contested,
                domain: view.record.domain.clone(),
                blind: None,
            }
        })
    }
}

/// What the verifier said of pairs of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Said {
    /// Pairs it called equivalent.
    pub equivalent: u64,
    /// Pairs it called different.
    pub different: u64,
    /// Pairs it could not tell.
    pub undecided: u64,
}

impl Said {
    /// All pairs of this kind.
    pub fn total(&self) -> u64 {
        self.equivalent + self.different + self.undecided
    }
}

/// Verdicts against judgements: two rows by three columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Confusion {
    /// What the verifier said of pairs that people judged equivalent.
    pub truly_equivalent: Said,
    /// What the verifier said of pairs that people judged different.
    pub truly_different: Said,
}

impl Confusion {
    /// Counts one pair; `false`, and nothing counted, where verdict or judgement does not tell.
    pub fn add(&mut self, outcome: Outcome, judgement: Judgement) -> bool {
        let row = match judgement {
            Judgement::Equivalent => &mut self.truly_equivalent,
            Judgement::Different => &mut self.truly_different,
            Judgement::CantTell => return false,
        };
        match outcome {
            Outcome::Equivalent => row.equivalent += 1,
            Outcome::Different => row.different += 1,
            Outcome::Undecided => row.undecided += 1,
            Outcome::Error => return false,
        }
        true
    }

    /// The pairs counted.
    pub fn pairs(&self) -> u64 {
        self.truly_equivalent.total() + self.truly_different.total()
    }

    /// The rates that follow.
    pub fn rates(&self) -> Rates {
        let (same, unlike) = (self.truly_equivalent, self.truly_different);
        Rates {
            confusion: *self,
            pairs: self.pairs(),
            false_negative: Proportion::new(same.different + same.undecided, same.total()),
            false_negative_undecided: Proportion::new(same.undecided, same.total()),
            false_positive: Proportion::new(unlike.equivalent, unlike.total()),
            precision: Proportion::new(same.equivalent, same.equivalent + unlike.equivalent),
            recall: Proportion::new(same.equivalent, same.total()),
            undecided: Proportion::new(same.undecided + unlike.undecided, self.pairs()),
        }
    }
}

/// Rates of a [`Confusion`], each with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rates {
    /// The counts they come from.
    pub confusion: Confusion,
    /// Judged pairs counted.
    pub pairs: u64,
    /// P(not said equivalent | truly equivalent), `undecided` included.
    pub false_negative: Proportion,
    /// The part of the false-negative rate that is `undecided`.
    pub false_negative_undecided: Proportion,
    /// P(said equivalent | truly different).
    pub false_positive: Proportion,
    /// P(truly equivalent | said equivalent).
    pub precision: Proportion,
    /// P(said equivalent | truly equivalent).
    pub recall: Proportion,
    /// P(undecided) over all judged pairs.
    pub undecided: Proportion,
}

/// An audit being counted, one pair after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    overall: Confusion,
    blind: Confusion,
    by_domain: BTreeMap<String, Confusion>,
    by_tier: BTreeMap<Tier, Confusion>,
    cant_tell: u64,
    contested: u64,
    no_verdict: u64,
    unjudged: u64,
}

impl Audit {
    /// The audit of these pairs.
    pub fn of(facts: impl IntoIterator<Item = PairFact>) -> Self {
        let mut audit = Self::default();
        facts.into_iter().for_each(|fact| audit.add(&fact));
        audit
    }

    /// Counts one pair.
    pub fn add(&mut self, fact: &PairFact) {
        if fact.contested {
            self.contested += 1;
            return;
        }
        let judgement = match fact.judgement {
            None => {
                self.unjudged += 1;
                return;
            }
            Some(Judgement::CantTell) => {
                self.cant_tell += 1;
                return;
            }
            Some(judgement) => judgement,
        };
        let Some(outcome) = fact.outcome.filter(|outcome| *outcome != Outcome::Error) else {
            self.no_verdict += 1;
            return;
        };
        self.overall.add(outcome, judgement);
        if fact.blind == Some(true) {
            self.blind.add(outcome, judgement);
        }
        if !self.by_domain.contains_key(&fact.domain) {
            self.by_domain.insert(fact.domain.clone(), Confusion::default());
        }
        if let Some(confusion) = self.by_domain.get_mut(&fact.domain) {
            confusion.add(outcome, judgement);
        }
        if let Some(tier) = fact.tier {
            self.by_tier.entry(tier).or_default().add(outcome, judgement);
        }
    }

    /// The rates, with everything that was left out.
    pub fn summary(&self) -> AuditSummary {
        let judged = self.overall.pairs();
        let all = judged + self.cant_tell + self.contested + self.no_verdict + self.unjudged;
        let part = |name: &str, confusion: &Confusion| Part { name: name.to_owned(), rates: confusion.rates() };
        AuditSummary {
            basis: basis(judged, all, "people chose which pairs to judge, so for the others these rates may be biased"),
            overall: self.overall.rates(),
            blind: self.blind.rates(),
            by_domain: self.by_domain.iter().map(|(domain, c)| part(domain, c)).collect(),
            by_tier: self.by_tier.iter().map(|(tier, c)| part(tier.as_str(), c)).collect(),
            cant_tell: self.cant_tell,
            contested: self.contested,
            no_verdict: self.no_verdict,
            unjudged: self.unjudged,
        }
    }
}

fn basis(judged: u64, all: u64, chosen: &str) -> String {
    format!("judged pairs only ({judged} of {all}); {chosen}")
}

/// Rates of one part of the judged pairs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// The domain's slug (empty when unknown) or the tier.
    pub name: String,
    /// Its rates.
    pub rates: Rates,
}

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditSummary {
    /// What the rates hold for, in a sentence.
    pub basis: String,
    /// Rates over every judged pair.
    pub overall: Rates,
    /// Rates over the pairs that are known to have been judged with the verdict hidden.
    pub blind: Rates,
    /// Rates by domain.
    pub by_domain: Vec<Part>,
    /// Rates by the tier that decided.
    pub by_tier: Vec<Part>,
    /// Pairs left out because people could not tell.
    pub cant_tell: u64,
    /// Pairs left out because reviewers disagree.
    pub contested: u64,
    /// Judged pairs left out because the verifier was not asked or its infrastructure failed.
    pub no_verdict: u64,
    /// Pairs that nobody judged.
    pub unjudged: u64,
}

impl AuditSummary {
    /// Says who chose the pairs, where a sampling plan drew `drawn` of those on which people gave a word.
    #[must_use]
    pub fn drawn(mut self, drawn: u64) -> Self {
        let judged = self.overall.pairs;
        let words = judged + self.cant_tell + self.contested + self.no_verdict;
        let chosen = match drawn {
            0 => return self,
            n if n >= words => "the plan drew all of them, and its own rates are those of all pairs".to_owned(),
            n => format!(
                "the plan drew {n} of those on which people gave a word, and people chose the others, so for pairs that \
                 nobody judged these rates may be biased"
            ),
        };
        self.basis = basis(judged, words + self.unjudged, &chosen);
        self
    }
}
