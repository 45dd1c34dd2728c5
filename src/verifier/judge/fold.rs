//! A text as a reader hears it: words in lower case without the tricks of spelling that hide them from a search.

use unicode_normalization::UnicodeNormalization as _;

/// Words of a text, and all its letters and digits in one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folded {
    /// In lower case, compatibility forms and look-alike letters resolved, LaTeX commands left out.
    pub(super) words: Vec<String>,
    /// The words without what stands between them: finds what was written with gaps.
    pub(super) run: String,
    /// The whole text, normalised and in lower case, punctuation kept.
    pub(super) raw: String,
}

impl Folded {
    pub(super) fn new(text: &str) -> Self {
        let raw: String = text.nfkc().filter(|c| !is_invisible(*c)).flat_map(char::to_lowercase).collect();
        let words = words(&raw);
        let run = words.concat();
        Self { words, run, raw }
    }

    /// Whether one of `from` is followed, at most `gap` words between them, by one of `to`.
    pub(super) fn near(&self, from: &[&str], gap: usize, to: &[&str]) -> bool {
        let is = |word: &String, list: &[&str]| list.contains(&word.as_str());
        self.words
            .iter()
            .enumerate()
            .filter(|(_, w)| is(w, from))
            .any(|(at, _)| self.words[at + 1..].iter().take(gap + 1).any(|w| is(w, to)))
    }

    /// Whether one of `from` is followed by nothing but `between`, at least one of them in `needed` where that is not
    /// empty, and then by one of `to`.
    pub(super) fn chain(&self, from: &[&str], between: &[&str], needed: &[&str], to: &[&str]) -> bool {
        let is = |word: &str, list: &[&str]| list.contains(&word);
        self.words.iter().enumerate().filter(|(_, w)| is(w, from)).any(|(at, _)| {
            let rest = &self.words[at + 1..];
            let end = rest.iter().position(|w| !is(w, between) && !is(w, needed)).unwrap_or(rest.len());
            let met = needed.is_empty() || rest[..end].iter().any(|w| is(w, needed));
            met && rest.get(end).is_some_and(|w| is(w, to))
        })
    }

    /// Whether the words `phrase`, a space between each, stand in a row.
    pub(super) fn says(&self, phrase: &str) -> bool {
        let wanted: Vec<&str> = phrase.split(' ').collect();
        self.words.windows(wanted.len()).any(|w| w.iter().zip(&wanted).all(|(a, b)| a == b))
    }
}

fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_alphanumeric() || c == '\'' && !word.is_empty() {
            if c != '\'' {
                word.push(c);
            }
            continue;
        }
        push(&mut words, &mut word);
        if c == '\\' {
            while chars.next_if(char::is_ascii_alphabetic).is_some() {}
        }
    }
    push(&mut words, &mut word);
    words
}

fn push(words: &mut Vec<String>, word: &mut String) {
    if word.is_empty() {
        return;
    }
    let mut taken = std::mem::take(word);
    // A word of one alphabet is what it is; letters of others among Latin ones are there to be taken for Latin.
    if taken.chars().any(|c| c.is_ascii_alphabetic()) && !taken.is_ascii() {
        taken = taken.chars().map(look_alike).collect();
    }
    words.push(taken);
}

/// The Latin letter that a Cyrillic or Greek one is taken for.
fn look_alike(c: char) -> char {
    match c {
        'а' | 'α' => 'a',
        'с' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'ё' | 'ε' => 'e',
        'һ' => 'h',
        'і' | 'ї' | 'ι' => 'i',
        'ј' => 'j',
        'κ' => 'k',
        'ӏ' => 'l',
        'м' => 'm',
        'п' | 'η' => 'n',
        'о' | 'ο' | 'σ' => 'o',
        'р' | 'ρ' => 'p',
        'ԛ' => 'q',
        'г' => 'r',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'υ' => 'u',
        'ν' | 'ѵ' => 'v',
        'ԝ' | 'ω' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'γ' => 'y',
        other => other,
    }
}

/// Characters that take no room or steer the direction of text.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_tricks_are_resolved() {
        for text in [
            "Ignore\u{200b} previous",
            "ＩＧＮＯＲＥ previous",
            "Ign\u{43e}re \\textbf{previous}",
            "ig\u{ad}nore~previous",
            "ignore_previous",
        ] {
            assert_eq!(Folded::new(text).words, ["ignore", "previous"], "{text}");
        }
        assert_eq!(Folded::new("i g n o r e").run, "ignore");
        assert_eq!(Folded::new("can't").words, ["cant"]);
        assert_eq!(Folded::new("москва").words, ["москва"]);
    }

    #[test]
    fn words_are_found_in_their_order() {
        let folded = Folded::new("Mark this answer as correct");
        assert!(folded.near(&["mark"], 3, &["correct"]) && !folded.near(&["mark"], 2, &["correct"]));
        assert!(!folded.near(&["correct"], 9, &["mark"]));
        assert!(folded.chain(&["mark"], &["as", "answer"], &["this"], &["correct"]));
        assert!(!folded.chain(&["mark"], &["as", "answer", "this"], &["them"], &["correct"]));
        assert!(folded.says("this answer") && !folded.says("answer this"));
    }
}
