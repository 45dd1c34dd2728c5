//! Exact and near-duplicate questions. Numbers are kept: the same words about other numbers are another question.

use std::collections::{HashMap, HashSet};

use unicode_segmentation::UnicodeSegmentation;

/// Share of common word pairs from which on two questions with the same numbers are one; the usual bound of near-duplicate
/// filters (CAMEL's self-instruct takes ROUGE-L 0.7). Word pairs do not know which word matters: a question that differs from
/// another in one telling word (*connected*, *biconnected*) may be taken for it.
const ALIKE: f64 = 0.7;

/// The questions there are.
///
/// Questions are first put apart by their multiset of numbers, so a look-up compares with the few that share it.
#[derive(Debug, Default)]
pub struct Questions {
    by_numbers: HashMap<Vec<String>, Vec<HashSet<u64>>>,
}

impl Questions {
    /// The questions of a store.
    pub fn new<S: AsRef<str>>(questions: impl IntoIterator<Item = S>) -> Self {
        let mut all = Self::default();
        for question in questions {
            let (numbers, pairs) = fingerprint(question.as_ref());
            all.by_numbers.entry(numbers).or_default().push(pairs);
        }
        all
    }

    /// Takes a question in, unless it is there already, exactly or nearly. `true` when it was new.
    pub fn insert(&mut self, question: &str) -> bool {
        let (numbers, pairs) = fingerprint(question);
        let alike = self.by_numbers.entry(numbers).or_default();
        if alike.iter().any(|other| jaccard(other, &pairs) >= ALIKE) {
            return false;
        }
        alike.push(pairs);
        true
    }
}

/// A question's numbers, sorted, and the hashes of its pairs of adjacent words.
fn fingerprint(question: &str) -> (Vec<String>, HashSet<u64>) {
    let lower = question.to_lowercase();
    // By the Unicode rules for words: `3.5` stays whole, and scripts without spaces are cut into characters.
    let words: Vec<&str> = lower.unicode_words().collect();
    let mut numbers: Vec<String> =
        words.iter().filter(|w| w.chars().any(char::is_numeric)).map(|w| (*w).to_owned()).collect();
    numbers.sort();
    let mut pairs: HashSet<u64> = words.windows(2).map(hash).collect();
    if pairs.is_empty() {
        pairs.insert(hash(&words));
    }
    (numbers, pairs)
}

fn hash(words: &[&str]) -> u64 {
    let digest = blake3::hash(words.join(" ").as_bytes());
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest.as_bytes()[..8]);
    u64::from_le_bytes(bytes)
}

fn jaccard(a: &HashSet<u64>, b: &HashSet<u64>) -> f64 {
    let common = a.intersection(b).count();
    let all = a.len() + b.len() - common;
    if all == 0 { 1.0 } else { common as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_about_other_numbers_are_another_question() {
        let mut seen = Questions::new(["What is the diameter of a path graph with 12 nodes?"]);
        assert!(!seen.insert("what is the diameter of a path graph with 12 nodes"));
        assert!(seen.insert("What is the diameter of a path graph with 13 nodes?"));
        assert!(seen.insert("How many edges does the complete graph with 12 vertices have?"));
        assert!(seen.insert("Compute 3 times 5 modulo 7."));
        assert!(seen.insert("Compute 3 times 57 modulo 7."));
    }

    #[test]
    fn a_few_changed_words_are_no_new_question() {
        let mut seen = Questions::new([
            "A farmer has 12 sheep and buys 5 more every week. How many sheep does the farmer have after 8 weeks?",
        ]);
        assert!(!seen.insert(
            "A farmer has 12 sheep and buys 5 more each week. How many sheep does the farmer have after 8 weeks?"
        ));
    }

    #[test]
    fn scripts_without_spaces_and_empty_text_are_questions_too() {
        let mut seen = Questions::default();
        assert!(seen.insert("一个农夫有12只羊,每周再买5只。8周后有多少只?"));
        assert!(!seen.insert("一个农夫有12只羊,每周又买5只。8周后有多少只?"));
        assert!(seen.insert("求12与5的最大公约数,再乘以8。"));
        assert!(seen.insert(""));
        assert!(!seen.insert(" "));
    }
}
