//! Reviewers against each other: who judged what, and how often two who judged the same pair say the same.

use std::collections::BTreeMap;

use serde::Serialize;

use super::proportion::Proportion;
use crate::store::Opinion;
use crate::store::record::Judgement;

/// What one reviewer did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reviewer {
    /// Who.
    pub name: String,
    /// Pairs they have a judgement in force on.
    pub judged: u64,
    /// Of them, judged with the verdict hidden.
    pub blind: u64,
    /// Of them, not told.
    pub cant_tell: u64,
}

/// Two reviewers on the pairs that both can tell of.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Accord {
    /// One.
    pub one: String,
    /// The other.
    pub other: String,
    /// How often they say the same.
    pub same: Proportion,
}

/// The people of an audit.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct People {
    /// Everybody who judged, by name.
    pub reviewers: Vec<Reviewer>,
    /// Every two who judged the same pairs.
    pub accords: Vec<Accord>,
    /// Pairs with more than one reviewer.
    pub shared: u64,
}

impl People {
    /// The people behind these opinions.
    pub fn of(opinions: &[Opinion]) -> Self {
        let mut reviewers: BTreeMap<&str, Reviewer> = BTreeMap::new();
        let mut pairs: BTreeMap<(i64, u32), Vec<&Opinion>> = BTreeMap::new();
        for opinion in opinions {
            let reviewer = reviewers.entry(&opinion.reviewer).or_insert_with(|| Reviewer {
                name: opinion.reviewer.clone(),
                judged: 0,
                blind: 0,
                cant_tell: 0,
            });
            reviewer.judged += 1;
            reviewer.blind += u64::from(opinion.blind);
            reviewer.cant_tell += u64::from(opinion.judgement == Judgement::CantTell);
            pairs.entry((opinion.candidate, opinion.sample)).or_default().push(opinion);
        }
        let mut accords: BTreeMap<(&str, &str), (u64, u64)> = BTreeMap::new();
        for opinions in pairs.values() {
            for (at, one) in opinions.iter().enumerate() {
                for other in &opinions[at + 1..] {
                    // Who settles a dispute has read what the others said: that is no opinion of their own.
                    let told = |o: &Opinion| o.judgement != Judgement::CantTell && !o.adjudicates;
                    if told(one) && told(other) {
                        let names = (one.reviewer.as_str(), other.reviewer.as_str());
                        let names = if names.0 <= names.1 { names } else { (names.1, names.0) };
                        let count = accords.entry(names).or_default();
                        count.0 += u64::from(one.judgement == other.judgement);
                        count.1 += 1;
                    }
                }
            }
        }
        Self {
            shared: pairs.values().filter(|o| o.len() > 1).count() as u64,
            reviewers: reviewers.into_values().collect(),
            accords: accords
                .into_iter()
                .map(|((one, other), (same, both))| Accord {
                    one: one.to_owned(),
                    other: other.to_owned(),
                    same: Proportion::new(same, both),
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_are_compared_where_both_can_tell() {
        use Judgement::{CantTell, Different, Equivalent};
        let opinion = |candidate, reviewer: &str, judgement, adjudicates| Opinion {
            candidate,
            sample: 0,
            reviewer: reviewer.to_owned(),
            judgement,
            cause: None,
            blind: candidate == 1,
            adjudicates,
            verdict: None,
        };
        let people = People::of(&[
            opinion(1, "ada", Equivalent, false),
            opinion(1, "bob", Equivalent, false),
            opinion(2, "bob", Different, false),
            opinion(2, "ada", Equivalent, false),
            opinion(3, "ada", CantTell, false),
            opinion(3, "bob", Different, false),
            opinion(2, "cy", Different, true),
        ]);
        assert_eq!(people.shared, 3);
        assert_eq!(people.accords.len(), 1, "{:?}", people.accords);
        let Accord { one, other, same } = &people.accords[0];
        assert_eq!((one.as_str(), other.as_str(), same.k, same.n), ("ada", "bob", 1, 2));
        let told: Vec<_> = people.reviewers.iter().map(|r| (r.name.as_str(), r.judged, r.blind, r.cant_tell)).collect();
        assert_eq!(told, [("ada", 3, 1, 1), ("bob", 3, 1, 0), ("cy", 1, 0, 0)]);
    }
}
