//! Why the verifier erred: the causes that a judgement which overrides can name, and how often each was.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::store::Opinion;
use crate::store::record::Judgement;
use crate::verifier::Outcome;

/// The causes there are without anybody's adding, each with what it means.
pub const CAUSES: &[(&str, &str)] = &[
    ("formatting", "LaTeX, spaces, markup around the same answer"),
    ("notation", "another way to write the same: 1/2 and 0.5, f'(x) and df/dx"),
    ("units", "a unit was dropped, added or converted"),
    ("rounding", "rounded, or to another precision"),
    ("order", "the same items in another order"),
    ("partial", "a part of the answer is missing or extra"),
    ("extraction", "the wrong piece of the response was taken for its answer"),
    ("language", "another language, or other words for the same"),
    ("percent", "percent against fraction"),
    ("equivalent-form", "the same mathematics in a form that was not proved equal"),
    ("coincidence", "looks the same and is not"),
    ("wrong-reference", "the reference answer itself is wrong"),
    ("ambiguous", "the question allows both answers"),
    ("other", "none of these"),
];

/// All causes: those above, then one's own.
pub fn all(own: &[String]) -> Vec<(String, String)> {
    let mut causes: Vec<(String, String)> =
        CAUSES.iter().map(|(name, doc)| ((*name).to_owned(), (*doc).to_owned())).collect();
    for name in own.iter().map(|n| n.trim()).filter(|n| !n.is_empty()) {
        if causes.iter().all(|(known, _)| known != name) {
            causes.push((name.to_owned(), "your own".to_owned()));
        }
    }
    causes
}

/// The one cause that is meant by what was typed: itself, or what it is the beginning of.
pub fn meant<'a>(typed: &str, causes: &'a [(String, String)]) -> Option<&'a str> {
    let typed = typed.trim().to_lowercase();
    if let Some((name, _)) = causes.iter().find(|(name, _)| *name == typed) {
        return Some(name);
    }
    let mut matching = causes.iter().filter(|(name, _)| !typed.is_empty() && name.starts_with(&typed));
    let first = matching.next()?;
    matching.next().is_none().then_some(first.0.as_str())
}

/// Whether a judgement says otherwise than the verdict.
pub fn overrides(verdict: Option<Outcome>, judgement: Judgement) -> bool {
    match judgement {
        Judgement::Equivalent => verdict.is_some_and(|v| v != Outcome::Equivalent),
        Judgement::Different => verdict.is_some_and(|v| v != Outcome::Different),
        Judgement::CantTell => false,
    }
}

/// How often a cause was named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CauseCount {
    /// The cause; empty for overrides that name none.
    pub cause: String,
    /// Pairs that people judge equivalent and the verifier does not.
    pub false_negatives: u64,
    /// Pairs that people judge different and the verifier equivalent.
    pub false_positives: u64,
}

/// Pairs whose verdict somebody overrides, by the cause that was named, the most frequent first. A pair with several
/// causes counts under each.
pub fn counts(opinions: &[Opinion]) -> Vec<CauseCount> {
    let mut pairs: BTreeMap<(&str, bool), BTreeSet<(i64, u32)>> = BTreeMap::new();
    for opinion in opinions.iter().filter(|o| overrides(o.verdict, o.judgement)) {
        let cause = opinion.cause.as_deref().unwrap_or_default();
        let negative = opinion.judgement == Judgement::Equivalent;
        // That the verifier could not tell of a pair that differs is no false positive.
        if negative || opinion.verdict == Some(Outcome::Equivalent) {
            pairs.entry((cause, negative)).or_default().insert((opinion.candidate, opinion.sample));
        }
    }
    let mut counts: BTreeMap<&str, CauseCount> = BTreeMap::new();
    for ((cause, negative), found) in pairs {
        let none = CauseCount { cause: cause.to_owned(), false_negatives: 0, false_positives: 0 };
        let count = counts.entry(cause).or_insert(none);
        *(if negative { &mut count.false_negatives } else { &mut count.false_positives }) = found.len() as u64;
    }
    let mut counts: Vec<CauseCount> = counts.into_values().collect();
    counts.sort_by_key(|c| (c.cause.is_empty(), std::cmp::Reverse(c.false_negatives + c.false_positives)));
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opinion(candidate: i64, reviewer: &str, judgement: Judgement, cause: Option<&str>, verdict: Outcome) -> Opinion {
        Opinion {
            candidate,
            sample: 0,
            reviewer: reviewer.to_owned(),
            judgement,
            cause: cause.map(str::to_owned),
            blind: false,
            adjudicates: false,
            verdict: Some(verdict),
        }
    }

    #[test]
    fn a_cause_is_meant_by_its_beginning() {
        let causes = all(&["house style".to_owned(), "units".to_owned(), " ".to_owned()]);
        assert_eq!(causes.len(), CAUSES.len() + 1);
        assert_eq!(meant("not", &causes), Some("notation"));
        assert_eq!(meant("order", &causes), Some("order"));
        assert_eq!(meant("o", &causes), None, "order or other");
        assert_eq!(meant("", &causes), None);
        assert_eq!(meant("house", &causes), Some("house style"));
    }

    #[test]
    fn pairs_are_counted_by_cause_once_however_many_say_so() {
        use Judgement::{CantTell, Different, Equivalent};
        let counts = counts(&[
            opinion(1, "ada", Equivalent, Some("units"), Outcome::Different),
            opinion(1, "bob", Equivalent, Some("units"), Outcome::Different),
            opinion(2, "ada", Equivalent, Some("units"), Outcome::Undecided),
            opinion(3, "ada", Different, Some("rounding"), Outcome::Equivalent),
            opinion(4, "ada", Different, None, Outcome::Equivalent),
            opinion(5, "ada", Different, None, Outcome::Different),
            opinion(6, "ada", CantTell, Some("units"), Outcome::Different),
            opinion(7, "ada", Different, Some("units"), Outcome::Undecided),
        ]);
        let told: Vec<_> = counts.iter().map(|c| (c.cause.as_str(), c.false_negatives, c.false_positives)).collect();
        assert_eq!(told, [("units", 2, 0), ("rounding", 0, 1), ("", 0, 1)]);
    }
}
