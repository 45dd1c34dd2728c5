//! Finding any of some words in a text, in one pass and without a copy of the text.

/// Words to look for. Upper and lower case of ASCII letters are the same; a word that starts or ends in an ASCII letter
/// starts or ends there in the text too.
pub(super) struct Vocabulary {
    words: Vec<&'static str>,
    /// By first byte: the first word with it, plus one.
    heads: [u8; 256],
    /// By word: the next word with the same first byte, plus one.
    next: Vec<u8>,
    /// By first byte: the lowest five bits of the bytes that may follow it, a bit for each value of them.
    seconds: [u32; 256],
}

/// A word's place in a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Vocabulary {
    /// Words in lower case, with bars between them; at most 254, and none empty.
    pub(super) fn new(lists: &[&'static str]) -> Self {
        let words: Vec<&'static str> = lists.iter().flat_map(|list| list.split('|')).collect();
        let mut heads = [0; 256];
        let mut next = vec![0; words.len()];
        let mut seconds = [0; 256];
        for (at, word) in words.iter().enumerate() {
            let first = word.as_bytes()[0];
            let link = u8::try_from(at + 1).expect("a vocabulary has fewer than 255 words");
            next[at] = std::mem::replace(&mut heads[usize::from(first)], link);
            heads[usize::from(first.to_ascii_uppercase())] = link;
            let following = word.as_bytes().get(1).map_or(u32::MAX, |second| 1 << (second & 31));
            seconds[usize::from(first)] |= following;
            seconds[usize::from(first.to_ascii_uppercase())] = seconds[usize::from(first)];
        }
        Self { words, heads, next, seconds }
    }

    /// The longest word of those that start at this byte.
    #[inline]
    fn at(&self, bytes: &[u8], start: usize) -> Option<Hit> {
        let mut link = self.heads[bytes[start] as usize];
        // Both cases of a letter have the same lowest five bits.
        let follows = bytes.get(start + 1).map_or(0, |b| b & 31);
        if self.seconds[bytes[start] as usize] >> follows & 1 == 0 {
            return None;
        }
        if link == 0 || start > 0 && bytes[start].is_ascii_alphabetic() && bytes[start - 1].is_ascii_alphanumeric() {
            return None;
        }
        let mut longest = None;
        while link != 0 {
            let word = self.words[usize::from(link) - 1].as_bytes();
            let end = start + word.len();
            if end <= bytes.len()
                && bytes[start..end].eq_ignore_ascii_case(word)
                && !(word[word.len() - 1].is_ascii_alphabetic() && bytes.get(end).is_some_and(u8::is_ascii_alphabetic))
                && longest.is_none_or(|h: Hit| h.end < end)
            {
                longest = Some(Hit { start, end });
            }
            link = self.next[usize::from(link) - 1];
        }
        longest
    }

    /// Every place from the end to the start.
    pub(super) fn backwards<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Hit> + 't {
        let bytes = text.as_bytes();
        (0..bytes.len()).rev().filter_map(move |start| self.at(bytes, start))
    }

    /// The first place.
    pub(super) fn first(&self, text: &str) -> Option<Hit> {
        let bytes = text.as_bytes();
        (0..bytes.len()).find_map(|start| self.at(bytes, start))
    }

    /// The word that the text starts with.
    pub(super) fn leads(&self, text: &str) -> Option<Hit> {
        if text.is_empty() { None } else { self.at(text.as_bytes(), 0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_alone_and_the_longest_counts() {
        let vocabulary = Vocabulary::new(&["answer|answers", "答|答案"]);
        let hits = |text: &str| {
            let mut all: Vec<String> = vocabulary.backwards(text).map(|h| text[h.start..h.end].to_owned()).collect();
            all.reverse();
            all
        };
        assert_eq!(hits("Answers, answered; unanswer ANSWER"), ["Answers", "ANSWER"]);
        assert_eq!(hits("所以答案是"), ["答案"]);
        assert!(hits("").is_empty());
        assert_eq!(vocabulary.first("no answer or answers").unwrap().start, 3);
        assert!(vocabulary.leads(" answer").is_none());
    }
}
