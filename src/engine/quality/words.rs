//! Texts as the words that tell them apart: another case, other spaces and marks, or another way to write a digit are the
//! same text; another number, or another operator between numbers, is another.

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// The words of a text, normalised. By the Unicode rules for words: `3.5` stays whole, and scripts without spaces are cut
/// into characters.
pub(super) fn words(text: &str) -> Vec<String> {
    let text: String =
        text.nfkc().flat_map(char::to_lowercase).map(|c| if c == '\u{2212}' { '-' } else { c }).collect();
    let parts: Vec<&str> = text.split_word_bounds().collect();
    let mut words = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        if is_number(part) {
            words.push(part.replace(',', ""));
        } else if part.chars().any(char::is_alphanumeric) || operates(&parts, at) {
            words.push((*part).to_owned());
        }
    }
    words
}

/// Whether a word says a number.
fn is_number(word: &str) -> bool {
    word.chars().any(char::is_numeric)
}

/// Whether two texts that differ in this word ask for unlike things, however much else they share.
pub(super) fn is_exact(word: &str) -> bool {
    is_number(word) || !word.chars().any(char::is_alphanumeric)
}

/// Marks that are mathematics wherever they stand.
const ALWAYS: &str = "+^=<>≤≥≠≈×÷±√∑∏∫∂∈∉⊂⊆∪∩∧∨¬→↔%";

/// Whether a part that is no word is an operator: some marks are one beside a number or a variable, and punctuation else.
fn operates(parts: &[&str], at: usize) -> bool {
    let part = parts[at];
    let is_term =
        |other: &&str| is_number(other) || other.chars().count() == 1 && other.chars().all(char::is_alphabetic);
    let is_bracket = |other: &&str| ["(", ")", "[", "]", "{", "}", "|", "$", "\\"].contains(other);
    let before = parts[..at].iter().rev().find(|other| !other.trim().is_empty());
    let after = parts[at + 1..].iter().find(|other| !other.trim().is_empty());
    let glued_before = at.checked_sub(1).map(|n| &parts[n]);
    match part {
        _ if !part.is_empty() && part.chars().all(|c| ALWAYS.contains(c)) => true,
        // A factorial; else what ends a sentence.
        "!" => glued_before.is_some_and(|other| is_term(other) || *other == ")"),
        // A sign stands at its number, apart from the word before.
        "-" if parts.get(at + 1).is_some_and(|other| is_number(other)) => {
            glued_before.is_none_or(|other| !other.chars().any(char::is_alphabetic) || is_term(other))
        }
        "-" | "*" | "/" => {
            let fits = |other: Option<&&str>| other.is_some_and(|other| is_term(other) || is_bracket(other));
            fits(before) && fits(after)
        }
        _ => false,
    }
}

/// A hash of words in their order.
pub(super) fn hash<S: AsRef<str>>(words: &[S]) -> u64 {
    use std::hash::{DefaultHasher, Hasher};
    // Lives no longer than the process, and needs no key: nobody gains by making two questions collide.
    let mut hasher = DefaultHasher::new();
    for word in words {
        hasher.write(word.as_ref().as_bytes());
        hasher.write_u8(b' ');
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_has_the_same_words() {
        assert_eq!(words("How many of 1,000 sheep?"), ["how", "many", "of", "1000", "sheep"]);
        assert_eq!(words("HOW  many: of １０００ sheep"), words("how many of 1,000 sheep?"));
        assert_ne!(words("3.5 m"), words("35 m"));
        assert_eq!(words("Well-known and/or new - really!"), ["well", "known", "and", "or", "new", "really"]);
        assert_eq!(words("x^2-5x+6=0"), ["x", "^", "2", "-", "5x", "+", "6", "=", "0"]);
        assert_eq!(words("Is 7 < 9? What is n! or (n+1)!"), words("is 7<9, what is n! or (n + 1)!"));
        assert_eq!(words("a 3-regular graph"), words("a 3 regular graph"));
        assert_eq!(words("add −5 to a / b * **bold** text"), ["add", "-", "5", "to", "a", "/", "b", "bold", "text"]);
        assert_eq!(words("一个12"), ["一", "个", "12"]);
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
    }
}
