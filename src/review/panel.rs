//! Several verifiers side by side: each against people, and each against each other.

use std::collections::BTreeMap;

use serde::Serialize;

use super::proportion::Proportion;
use super::rates::{Confusion, Rates};
use crate::store::PanelRow;
use crate::verifier::Outcome;

/// What our own verifier is called beside others.
pub const OURS: &str = "loong";

/// Two verifiers on the pairs that both were given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Beside {
    /// Both say equivalent.
    pub both_equivalent: u64,
    /// Both say different.
    pub both_different: u64,
    /// The first says equivalent, the other different.
    pub only_first: u64,
    /// The first says different, the other equivalent.
    pub only_second: u64,
    /// One of them, or both, could not tell.
    pub untold: u64,
}

impl Beside {
    fn add(&mut self, first: Outcome, second: Outcome) {
        let count = match (first, second) {
            (Outcome::Equivalent, Outcome::Equivalent) => &mut self.both_equivalent,
            (Outcome::Different, Outcome::Different) => &mut self.both_different,
            (Outcome::Equivalent, Outcome::Different) => &mut self.only_first,
            (Outcome::Different, Outcome::Equivalent) => &mut self.only_second,
            _ => &mut self.untold,
        };
        *count += 1;
    }

    /// How often they say the same, where both can tell.
    pub fn same(&self) -> Proportion {
        let same = self.both_equivalent + self.both_different;
        Proportion::new(same, same + self.only_first + self.only_second)
    }
}

/// One verifier against people.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Pairs it said something of.
    pub pairs: u64,
    /// Pairs on which it failed.
    pub errors: u64,
    /// Its confusion and rates over the pairs that people judged.
    pub rates: Rates,
}

/// Two verifiers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Couple {
    /// One.
    pub first: String,
    /// The other.
    pub second: String,
    /// Their words.
    pub counts: Beside,
    /// How often they say the same, where both can tell.
    pub same: Proportion,
}

/// The panel, counted.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PanelSummary {
    /// Each verifier against people, ours first. All are counted over the same pairs: those that another was given.
    pub members: Vec<Member>,
    /// Every two.
    pub couples: Vec<Couple>,
    /// Pairs that two verifiers disagree about.
    pub disputed: u64,
}

/// The panel, being counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Panel {
    members: BTreeMap<String, (u64, u64, Confusion)>,
    couples: BTreeMap<(String, String), Beside>,
    disputed: u64,
}

impl Panel {
    /// Counts one pair.
    pub fn add(&mut self, row: &PanelRow) {
        let ours = row.ours.map(|outcome| (OURS, outcome));
        let words: Vec<(&str, Outcome)> =
            ours.into_iter().chain(row.others.iter().map(|(name, outcome)| (name.as_str(), *outcome))).collect();
        for (at, (name, outcome)) in words.iter().enumerate() {
            let (pairs, errors, confusion) = self.members.entry((*name).to_owned()).or_default();
            *pairs += 1;
            *errors += u64::from(*outcome == Outcome::Error);
            if let Some(judgement) = row.judgement {
                confusion.add(*outcome, judgement);
            }
            for (other, said) in &words[at + 1..] {
                self.couples.entry(((*name).to_owned(), (*other).to_owned())).or_default().add(*outcome, *said);
            }
        }
        let says = |wanted| words.iter().any(|(_, outcome)| *outcome == wanted);
        self.disputed += u64::from(says(Outcome::Equivalent) && says(Outcome::Different));
    }

    /// What it came to; `None` where there is no other verifier.
    pub fn summary(&self) -> Option<PanelSummary> {
        let mut members: Vec<Member> = self
            .members
            .iter()
            .map(|(name, (pairs, errors, confusion))| Member {
                name: name.clone(),
                pairs: *pairs,
                errors: *errors,
                rates: confusion.rates(),
            })
            .collect();
        members.sort_by_key(|m| m.name != OURS);
        let couples = self.couples.iter().map(|((first, second), counts)| Couple {
            first: first.clone(),
            second: second.clone(),
            counts: *counts,
            same: counts.same(),
        });
        let summary = PanelSummary { members, couples: couples.collect(), disputed: self.disputed };
        summary.members.iter().any(|m| m.name != OURS).then_some(summary)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::record::Judgement;

    #[test]
    fn each_is_counted_against_people_and_against_each_other() {
        use Outcome::{Different, Equivalent, Error, Undecided};
        let row = |ours, judgement, others: &[(&str, Outcome)]| PanelRow {
            candidate: 1,
            sample: 0,
            ours: Some(ours),
            judgement,
            others: others.iter().map(|(n, o)| ((*n).to_owned(), *o)).collect(),
        };
        let mut panel = Panel::default();
        assert_eq!(panel.summary(), None);
        panel.add(&row(Equivalent, Some(Judgement::Equivalent), &[("a", Different), ("b", Equivalent)]));
        panel.add(&row(Different, Some(Judgement::Equivalent), &[("a", Equivalent)]));
        panel.add(&row(Different, Some(Judgement::Different), &[("a", Different)]));
        panel.add(&row(Equivalent, None, &[("a", Undecided), ("b", Error)]));
        let found = panel.summary().unwrap();
        let names: Vec<_> = found.members.iter().map(|m| (m.name.as_str(), m.pairs, m.errors)).collect();
        assert_eq!(names, [("loong", 4, 0), ("a", 4, 0), ("b", 2, 1)]);
        let rates = &found.members[1].rates;
        assert_eq!((rates.false_negative.k, rates.false_negative.n, rates.false_positive.k), (1, 2, 0));
        assert_eq!(found.disputed, 2);
        let [ab, la, lb] = &found.couples[..] else { panic!("three couples: {:?}", found.couples) };
        assert_eq!((ab.first.as_str(), ab.second.as_str()), ("a", "b"));
        assert_eq!(
            (la.counts.only_first, la.counts.only_second, la.counts.both_different, la.counts.untold),
            (1, 1, 1, 1)
        );
        assert_eq!((la.same.k, la.same.n), (1, 3));
        assert_eq!((lb.counts.both_equivalent, lb.counts.untold), (1, 1));
    }
}
