//! How alike two questions are, word by word. Numbers are words like others: they are kept, not blotted out.

use unicode_segmentation::UnicodeSegmentation;

/// Words of a question that are looked at; the comparison takes the square of them.
const WORDS: usize = 800;

/// A question with at most so many words added or taken, numbers aside, is its parent again: one word is replaced.
const CHANGED: usize = 2;

/// Words that a question needs for that to be told by them; one with fewer is told by its formulas.
const TELLING: usize = 5;

/// The words of a question, in lower case. By the Unicode rules: `3.5` stays whole, scripts without spaces are cut into
/// characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words(Vec<String>);

impl Words {
    pub(super) fn of(question: &str) -> Self {
        Self(question.unicode_words().take(WORDS).map(str::to_lowercase).collect())
    }

    /// Length of the longest common subsequence.
    fn common(&self, other: &Self) -> usize {
        let mut row = vec![0_usize; other.0.len() + 1];
        for mine in &self.0 {
            let mut diagonal = 0;
            for (at, theirs) in other.0.iter().enumerate() {
                let above = row[at + 1];
                row[at + 1] = if mine == theirs { diagonal + 1 } else { above.max(row[at]) };
                diagonal = above;
            }
        }
        row.last().copied().unwrap_or_default()
    }

    /// ROUGE-L: the F-measure over the longest common subsequence, from 0 to 1.
    pub(super) fn alike(&self, other: &Self) -> f64 {
        let all = self.0.len() + other.0.len();
        if all == 0 { 1.0 } else { 2.0 * self.common(other) as f64 / all as f64 }
    }

    /// Whether this question only says again what `parent` says: the same with other numbers, or with next to no word
    /// changed. A share of the words would not do: one more condition on a long problem is a small share and another
    /// problem.
    pub(super) fn repeats(&self, parent: &Self) -> bool {
        let (mine, theirs) = (self.without_numbers(), parent.without_numbers());
        if mine.0.len().min(theirs.0.len()) < TELLING {
            return self == parent;
        }
        mine.0.len() + theirs.0.len() - 2 * mine.common(&theirs) <= CHANGED
    }

    fn without_numbers(&self) -> Self {
        Self(self.0.iter().filter(|word| !word.chars().any(char::is_numeric)).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(a: &str, b: &str) -> f64 {
        Words::of(a).alike(&Words::of(b))
    }

    #[test]
    fn likeness_is_rouge_l() {
        assert!((alike("police killed the gunman", "police kill the gunman") - 0.75).abs() < 1e-12);
        assert!((alike("the gunman kill police", "police killed the gunman") - 0.5).abs() < 1e-12);
        assert!((alike("", "") - 1.0).abs() < 1e-12);
        assert!(alike("", "a word").abs() < 1e-12);
        assert!((alike("Is 3.5 PRIME?", "is 3.5 prime") - 1.0).abs() < 1e-12);
        assert!(alike("Is 3.5 prime?", "Is 3.7 prime?") < 0.7, "numbers are kept");
        assert!((alike("求12与5的和", "求12与5的差") - 5.0 / 6.0).abs() < 1e-9);
    }

    #[test]
    fn a_question_repeats_another_where_next_to_nothing_changed() {
        let repeats = |a: &str, b: &str| Words::of(a).repeats(&Words::of(b));
        let parent = "How many edges does the complete graph with 12 vertices have?";
        assert!(repeats("how many edges does the complete graph with 12 vertices have", parent));
        assert!(repeats("How many edges does the complete graph with 15 vertices have?", parent));
        assert!(!repeats("How many perfect matchings does the complete graph with 12 labelled vertices have?", parent));
        assert!(!repeats(
            &format!("{parent} Count only those edges whose two ends have labels of different parity."),
            parent
        ));
        assert!(!repeats("Compute 2 + 3.", "Compute 5 * 8."));
        assert!(repeats("compute: 2 + 3", "Compute 2 + 3."));
        assert!(repeats(
            "How many edges does the complete graph with 15 nodes and 3 loops have?",
            "How many edges does the complete graph with 12 vertices and 4 loops have?"
        ));
    }

    #[test]
    fn long_questions_are_compared_by_their_beginning() {
        let long = "word ".repeat(100_000);
        assert!(Words::of(&long).repeats(&Words::of(&long)));
    }
}
