//! Pairs shown as examples: a bounded sample that is the same whoever counts first.

use serde::Serialize;

use crate::store::StoredPair;
use crate::store::record::Judgement;
use crate::verifier::{Leniency, Outcome, Tier, Verdict};

/// Longest text of an example, in characters.
const LONGEST: usize = 400;

/// One pair whose verdict changes, or contradicts a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// Row of the candidate.
    pub candidate: i64,
    /// The response's sample number.
    pub sample: u32,
    /// The current verdict's word.
    pub from: Option<Outcome>,
    /// The word on trial.
    pub to: Outcome,
    /// The tier on trial.
    pub tier: Tier,
    /// Leniencies that the flip hangs on.
    pub leniencies: Vec<Leniency>,
    /// What people said.
    pub judgement: Option<Judgement>,
    /// The reference in normal form.
    pub reference: String,
    /// The response's answer in normal form.
    pub response: String,
    /// Why, in a sentence.
    pub reason: String,
}

impl Example {
    pub(super) fn of(stored: &StoredPair, verdict: &Verdict, leniencies: &[Leniency]) -> Self {
        let short = |text: &str| match text.char_indices().nth(LONGEST) {
            Some((at, _)) => format!("{}…", &text[..at]),
            None => text.to_owned(),
        };
        Self {
            candidate: stored.candidate,
            sample: stored.sample,
            from: stored.outcome,
            to: verdict.outcome,
            tier: verdict.tier,
            leniencies: leniencies.to_vec(),
            judgement: stored.judgement,
            reference: short(&verdict.reference_value),
            response: short(&verdict.response_value),
            reason: short(&verdict.reason),
        }
    }
}

/// Examples of one kind: those that the rows' own numbers shuffle to the front, so that the sample is spread over the
/// store, bounded, and the same each time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Examples {
    ranked: Vec<(u64, Example)>,
}

/// A row's place in the shuffle (the finaliser of `SplitMix64`).
fn rank(row: i64) -> u64 {
    let mut z = row.cast_unsigned().wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Examples {
    /// Takes a pair in where it is among the `most` foremost; only then is it written out.
    pub(super) fn offer(&mut self, row: i64, most: usize, make: impl FnOnce() -> Example) {
        let rank = rank(row);
        let at = self.ranked.partition_point(|(r, _)| *r < rank);
        if at < most {
            self.ranked.insert(at, (rank, make()));
            self.ranked.truncate(most);
        }
    }

    pub(super) fn merge(&mut self, other: Self, most: usize) {
        self.ranked.extend(other.ranked);
        self.ranked.sort_by_key(|(rank, _)| *rank);
        self.ranked.truncate(most);
    }

    /// The examples.
    pub fn iter(&self) -> impl Iterator<Item = &Example> {
        self.ranked.iter().map(|(_, example)| example)
    }
}

impl Serialize for Examples {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_does_not_depend_on_who_counts_first() {
        let example = |row: i64| {
            let stored = StoredPair { candidate: row, ..StoredPair::default() };
            Example::of(
                &stored,
                &crate::verifier::verify_guarded(&crate::verifier::RuleVerifier::default(), &stored.pair),
                &[],
            )
        };
        let all = |rows: &mut dyn Iterator<Item = i64>| {
            let mut examples = Examples::default();
            rows.for_each(|row| examples.offer(row, 5, || example(row)));
            examples
        };
        let whole = all(&mut (0..500));
        assert_eq!(whole.iter().count(), 5);
        assert_eq!(all(&mut (0..500).rev()), whole);
        let mut halves = all(&mut (0..250));
        halves.merge(all(&mut (250..500)), 5);
        assert_eq!(halves, whole);
        assert!(whole.iter().any(|e| e.candidate > 250), "spread over the store");
    }
}
