//! What rules on trial come to: flips by class, judgements against them, the rates that they would give.

use std::collections::BTreeMap;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::examples::{Example, Examples};
use crate::review::rates::{Confusion, Rates, Said};
use crate::store::record::Judgement;
use crate::store::{StoredPair, VerdictMark};
use crate::verifier::{Leniency, Outcome, Tier, Verdict};

/// Examples kept of each class.
const EXAMPLES: usize = 5;
/// Contradicted judgements that are listed; all are counted.
const LISTED: usize = 1_000;

/// A class of flips: what became what, by which tier, hanging on which leniencies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Class {
    /// The current word.
    pub from: Outcome,
    /// The word on trial.
    pub to: Outcome,
    /// The tier on trial.
    pub tier: Tier,
    /// Leniencies that the verdict `equivalent` of the two needed.
    pub leniencies: Vec<Leniency>,
}

/// The flips of one class.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ClassFlips {
    /// How many.
    pub n: u64,
    /// Some of them.
    pub examples: Examples,
}

/// Rates over the judged pairs, now and on trial.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct JudgedRates {
    /// Of the current verdicts.
    pub before: Rates,
    /// Of the verdicts on trial.
    pub after: Rates,
}

/// What rules on trial come to, over the pairs seen so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Flips {
    /// Pairs verified.
    pub pairs: u64,
    /// Verdicts that became another word.
    pub flipped: u64,
    /// Pairs that have no verdict yet. The first one that they would get is no flip.
    pub unverified: u64,
    /// Verdicts taken from the store.
    pub replayed: u64,
    /// Flips by class.
    pub classes: BTreeMap<Class, ClassFlips>,
    /// Pairs on which people told.
    pub judged: u64,
    /// Judgements that the verdicts on trial contradict.
    pub contradicted: u64,
    /// Judgements that the current verdicts do not contradict, and those on trial do.
    pub newly_contradicted: u64,
    /// Judgements that the current verdicts contradict, and those on trial do not.
    pub newly_satisfied: u64,
    /// Contradicted judgements, by row and sample; the first thousand.
    pub contradictions: Vec<Example>,
    /// Newly satisfied judgements, some of them.
    pub satisfied: Examples,
    before: Confusion,
    after: Confusion,
}

/// What people told of a pair.
fn told(judgement: Option<Judgement>) -> Option<Outcome> {
    match judgement {
        Some(Judgement::Equivalent) => Some(Outcome::Equivalent),
        Some(Judgement::Different) => Some(Outcome::Different),
        Some(Judgement::CantTell) | None => None,
    }
}

/// Whether a verdict contradicts what people told. `undecided` is not `equivalent`.
fn contradicts(outcome: Outcome, told: Outcome) -> bool {
    (told == Outcome::Equivalent) != (outcome == Outcome::Equivalent)
}

impl Flips {
    /// Counts one pair. `mark` is asked only of a verdict `equivalent` that flips.
    pub(super) fn add<E>(
        &mut self,
        stored: &StoredPair,
        verdict: &Verdict,
        replayed: bool,
        mark: impl FnOnce() -> Result<VerdictMark, E>,
    ) -> Result<(), E> {
        self.pairs += 1;
        self.replayed += u64::from(replayed);
        self.unverified += u64::from(stored.outcome.is_none());
        let mut leniencies = Vec::new();
        if let Some(from) = stored.outcome.filter(|from| *from != verdict.outcome) {
            self.flipped += 1;
            leniencies = match from {
                Outcome::Equivalent => mark()?.leniencies,
                _ => verdict.leniencies.clone(),
            };
            let class = Class { from, to: verdict.outcome, tier: verdict.tier, leniencies: leniencies.clone() };
            let class = self.classes.entry(class).or_default();
            class.n += 1;
            class.examples.offer(stored.response, EXAMPLES, || Example::of(stored, verdict, &leniencies));
        }
        if let (Some(told), Some(judgement)) = (told(stored.judgement), stored.judgement) {
            self.judged += 1;
            if let Some(before) = stored.outcome {
                self.before.add(before, judgement);
            }
            self.after.add(verdict.outcome, judgement);
            let was = stored.outcome.is_some_and(|outcome| contradicts(outcome, told));
            let is = contradicts(verdict.outcome, told);
            if is {
                self.contradicted += 1;
                self.newly_contradicted += u64::from(!was);
                if self.contradictions.len() < LISTED {
                    self.contradictions.push(Example::of(stored, verdict, &leniencies));
                }
            } else if was {
                self.newly_satisfied += 1;
                self.satisfied.offer(stored.response, EXAMPLES, || Example::of(stored, verdict, &leniencies));
            }
        }
        Ok(())
    }

    /// Adds what was counted of the rows behind these.
    pub(super) fn merge(&mut self, other: Self) {
        self.pairs += other.pairs;
        self.flipped += other.flipped;
        self.unverified += other.unverified;
        self.replayed += other.replayed;
        for (class, flips) in other.classes {
            let mine = self.classes.entry(class).or_default();
            mine.n += flips.n;
            mine.examples.merge(flips.examples, EXAMPLES);
        }
        self.judged += other.judged;
        self.contradicted += other.contradicted;
        self.newly_contradicted += other.newly_contradicted;
        self.newly_satisfied += other.newly_satisfied;
        self.contradictions.extend(other.contradictions);
        self.contradictions.truncate(LISTED);
        self.satisfied.merge(other.satisfied, EXAMPLES);
        add(&mut self.before, other.before);
        add(&mut self.after, other.after);
    }

    /// The rates over judged pairs, now and on trial.
    pub fn rates(&self) -> JudgedRates {
        JudgedRates { before: self.before.rates(), after: self.after.rates() }
    }

    /// Classes, the largest first.
    pub fn by_size(&self) -> Vec<(&Class, &ClassFlips)> {
        let mut classes: Vec<_> = self.classes.iter().collect();
        classes.sort_by_key(|(_, flips)| std::cmp::Reverse(flips.n));
        classes
    }

    /// How many flips go from one word to another, as `different → equivalent`.
    pub fn by_flip(&self) -> BTreeMap<String, u64> {
        let mut sums = BTreeMap::new();
        for (class, flips) in &self.classes {
            *sums.entry(format!("{} → {}", class.from, class.to)).or_default() += flips.n;
        }
        sums
    }
}

fn add(sum: &mut Confusion, other: Confusion) {
    let add = |sum: &mut Said, other: Said| {
        sum.equivalent += other.equivalent;
        sum.different += other.different;
        sum.undecided += other.undecided;
    };
    add(&mut sum.truly_equivalent, other.truly_equivalent);
    add(&mut sum.truly_different, other.truly_different);
}

impl Serialize for Flips {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Row<'a> {
            #[serde(flatten)]
            class: &'a Class,
            #[serde(flatten)]
            flips: &'a ClassFlips,
        }
        let rows: Vec<Row<'_>> = self.by_size().into_iter().map(|(class, flips)| Row { class, flips }).collect();
        let mut s = serializer.serialize_struct("Flips", 12)?;
        s.serialize_field("pairs", &self.pairs)?;
        s.serialize_field("flipped", &self.flipped)?;
        s.serialize_field("by_flip", &self.by_flip())?;
        s.serialize_field("unverified", &self.unverified)?;
        s.serialize_field("replayed", &self.replayed)?;
        s.serialize_field("judged", &self.judged)?;
        s.serialize_field("contradicted", &self.contradicted)?;
        s.serialize_field("newly_contradicted", &self.newly_contradicted)?;
        s.serialize_field("newly_satisfied", &self.newly_satisfied)?;
        s.serialize_field("rates", &self.rates())?;
        s.serialize_field("classes", &rows)?;
        s.serialize_field("satisfied", &self.satisfied)?;
        s.end()
    }
}
