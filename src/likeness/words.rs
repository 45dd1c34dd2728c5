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
    let mut bytes = Vec::with_capacity(64);
    for word in words {
        bytes.extend_from_slice(word.as_ref().as_bytes());
        bytes.push(b' ');
    }
    sip(&bytes)
}

/// SipHash-1-3. Stores keep what hangs on it, and the standard library's hasher may be another one with the next compiler.
/// It has no key: nobody gains by making two questions collide.
fn sip(bytes: &[u8]) -> u64 {
    let mut v = [0x736f_6d65_7073_6575, 0x646f_7261_6e64_6f6d, 0x6c79_6765_6e65_7261, 0x7465_6462_7974_6573_u64];
    let round = |v: &mut [u64; 4]| {
        for (a, b, by, turned) in [(0, 1, 13, true), (2, 3, 16, false), (0, 3, 21, false), (2, 1, 17, true)] {
            v[a] = v[a].wrapping_add(v[b]);
            v[b] = v[b].rotate_left(by) ^ v[a];
            if turned {
                v[a] = v[a].rotate_left(32);
            }
        }
    };
    let word = |bytes: &[u8]| bytes.iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte));
    let (words, rest) = bytes.as_chunks::<8>();
    let last = (bytes.len() as u64) << 56 | word(rest);
    for m in words.iter().map(|eight| u64::from_le_bytes(*eight)).chain([last]) {
        v[3] ^= m;
        round(&mut v);
        v[0] ^= m;
    }
    v[2] ^= 0xff;
    (0..3).for_each(|_| round(&mut v));
    v.into_iter().fold(0, |all, part| all ^ part)
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

    /// By the standard library's hasher, which is the same function today.
    #[test]
    fn hashes_are_sip_hashes() {
        use std::hash::{DefaultHasher, Hasher};
        let text = "How many of 1,000 sheep?".repeat(3);
        for end in 0..text.len() {
            let mut hasher = DefaultHasher::new();
            hasher.write(&text.as_bytes()[..end]);
            assert_eq!(sip(&text.as_bytes()[..end]), hasher.finish(), "{end}");
        }
        assert_eq!(hash(&["sheep"]), sip(b"sheep "));
    }
}
