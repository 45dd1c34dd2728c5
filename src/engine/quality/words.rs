//! Texts as the words that tell them apart: another case, other spaces and marks, or another way to write a digit are the
//! same text; another number is another.

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// The words of a text, normalised. By the Unicode rules for words: `3.5` stays whole, and scripts without spaces are cut
/// into characters.
pub(super) fn words(text: &str) -> Vec<String> {
    let text: String = text.nfkc().flat_map(char::to_lowercase).collect();
    text.unicode_words().map(|word| if is_number(word) { word.replace(',', "") } else { word.to_owned() }).collect()
}

/// Whether a word says a number.
pub(super) fn is_number(word: &str) -> bool {
    word.chars().any(char::is_numeric)
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
        assert_eq!(words("一个12"), ["一", "个", "12"]);
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
    }
}
