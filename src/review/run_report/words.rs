//! Questions as bags of words, and how far apart two of them are: the cosine distance of their TF-IDF vectors, and the
//! share of their words that only one of them has.
//!
//! Words are those of Unicode (UAX #29), in small letters; a number is a word, also one of a single digit, because a
//! question with another number is another question. Weights are scikit-learn's (`TfidfVectorizer` as it comes): counts
//! times `ln((1 + n) / (1 + df)) + 1`, to unit length.

use std::collections::HashMap;

use unicode_segmentation::UnicodeSegmentation;

/// Words of a question that are looked at.
const WORDS: usize = 2_000;

/// The words of a text, in its order.
pub fn words(text: &str) -> Vec<String> {
    text.unicode_words().take(WORDS).map(str::to_lowercase).collect()
}

/// A text as a vector: words by number, upwards, each with its weight.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Bag(Vec<(u32, f64)>);

/// Texts that were seen together: which words there are, and in how many texts.
#[derive(Debug, Default)]
pub struct Corpus {
    numbers: HashMap<String, u32>,
    /// Texts that have a word, by its number.
    texts_with: Vec<u32>,
    /// Words of each text, by number, in its order.
    texts: Vec<Vec<u32>>,
}

impl Corpus {
    /// Takes a text in; its number, from 0.
    pub fn add(&mut self, text: &str) -> usize {
        let mut numbered = Vec::new();
        for word in words(text) {
            let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
            let number = *self.numbers.entry(word).or_insert(next);
            if number == next {
                self.texts_with.push(0);
            }
            numbered.push(number);
        }
        let mut distinct = numbered.clone();
        distinct.sort_unstable();
        distinct.dedup();
        for word in distinct {
            self.texts_with[word as usize] += 1;
        }
        self.texts.push(numbered);
        self.texts.len() - 1
    }

    /// The vector of a text that was taken in.
    pub(super) fn bag(&self, text: usize) -> Bag {
        let mut counts: Vec<(u32, f64)> = Vec::new();
        let mut sorted = self.texts[text].clone();
        sorted.sort_unstable();
        for word in sorted {
            match counts.last_mut() {
                Some((last, n)) if *last == word => *n += 1.0,
                _ => counts.push((word, 1.0)),
            }
        }
        let texts = self.texts.len() as f64;
        for (word, weight) in &mut counts {
            *weight *= ((1.0 + texts) / (1.0 + f64::from(self.texts_with[*word as usize]))).ln() + 1.0;
        }
        let length = counts.iter().map(|(_, weight)| weight * weight).sum::<f64>().sqrt();
        if length > 0.0 {
            for (_, weight) in &mut counts {
                *weight /= length;
            }
        }
        Bag(counts)
    }

    /// Distances between two texts that were taken in.
    pub fn distance(&self, a: usize, b: usize) -> Distance {
        let mut index = Index::default();
        index.add(&self.bag(b));
        index.distances(&self.bag(a)).first().copied().unwrap_or(Distance { cosine: 1.0, lexical: 1.0 })
    }

    /// Pairs of neighbouring words of a text.
    pub(super) fn pairs(&self, text: usize) -> impl Iterator<Item = (u32, u32)> {
        self.texts[text].windows(2).map(|two| (two[0], two[1]))
    }
}

/// How far apart two texts are, from 0 (alike) to 1 (nothing in common).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distance {
    /// One less the cosine of their TF-IDF vectors.
    pub cosine: f64,
    /// One less the share of their words that both have (Jaccard).
    pub lexical: f64,
}

/// Texts by their words, so that a text meets those alone that it has a word in common with.
#[derive(Debug, Default)]
pub(super) struct Index {
    by_word: HashMap<u32, Vec<(u32, f64)>>,
    /// Distinct words of each text.
    sizes: Vec<usize>,
}

impl Index {
    pub(super) fn add(&mut self, bag: &Bag) {
        let text = u32::try_from(self.sizes.len()).unwrap_or(u32::MAX);
        for (word, weight) in &bag.0 {
            self.by_word.entry(*word).or_default().push((text, *weight));
        }
        self.sizes.push(bag.0.len());
    }

    pub(super) fn len(&self) -> usize {
        self.sizes.len()
    }

    /// Distances of a text to each in the index.
    pub(super) fn distances(&self, bag: &Bag) -> Vec<Distance> {
        let mut common = vec![(0.0_f64, 0_usize); self.sizes.len()];
        for (word, weight) in &bag.0 {
            for (text, theirs) in self.by_word.get(word).into_iter().flatten() {
                let (cosine, words) = &mut common[*text as usize];
                *cosine += weight * theirs;
                *words += 1;
            }
        }
        common
            .into_iter()
            .zip(&self.sizes)
            .map(|((cosine, both), size)| {
                let either = bag.0.len() + size - both;
                let shared = if either == 0 { 0.0 } else { both as f64 / either as f64 };
                Distance { cosine: (1.0 - cosine).clamp(0.0, 1.0), lexical: 1.0 - shared }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_and_ideographs_are_words() {
        assert_eq!(words("Find  $x_1$ in 3.14·7 (K₅ or 完全图)?").join(" "), "find x_1 in 3.14 7 k ₅ or 完 全 图");
        assert_eq!(words(""), Vec::<String>::new());
    }

    #[test]
    fn another_number_is_another_question() {
        let mut corpus = Corpus::default();
        let texts = ["What is 2 + 3?", "what is 2 + 3", "What is 2 + 4?", "Name a prime."].map(|t| corpus.add(t));
        assert!(corpus.distance(texts[0], texts[1]).cosine < 1e-12);
        assert!((corpus.distance(texts[0], texts[2]).lexical - 0.4).abs() < 1e-12, "3 of 5 words in common");
        assert_eq!(corpus.distance(texts[0], texts[3]), Distance { cosine: 1.0, lexical: 1.0 });
    }

    proptest! {
        #[test]
        fn distances_are_symmetric_and_in_bounds(a in "[a-e ]{0,30}", b in "[a-e ]{0,30}", c in "\\PC{0,30}") {
            let mut corpus = Corpus::default();
            let [a, b, c] = [a, b, c].map(|t| corpus.add(&t));
            for (x, y) in [(a, b), (b, c), (a, c), (a, a)] {
                let (there, back) = (corpus.distance(x, y), corpus.distance(y, x));
                prop_assert!((there.cosine - back.cosine).abs() < 1e-12 && (there.lexical - back.lexical).abs() < 1e-12);
                prop_assert!((0.0..=1.0).contains(&there.cosine) && (0.0..=1.0).contains(&there.lexical));
            }
        }
    }
}
