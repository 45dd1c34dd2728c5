//! Words that are values: numbers, yes and no, letters of options.

/// Number words below twenty and the tens.
const UNITS: &[&str] = &[
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: &[&str] = &["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// The number that English words spell: `twenty-one`, `one thousand, nine hundred and seventy-five`. Lower case.
pub fn number(words: &[&str]) -> Option<u64> {
    let (mut total, mut group, mut seen) = (0u64, 0u64, false);
    for word in words.iter().flat_map(|w| w.split('-')) {
        let word = word.trim_matches(',');
        if let Some(n) = UNITS.iter().position(|u| *u == word) {
            group = group.checked_add(n as u64)?;
        } else if let Some(n) = TENS.iter().position(|t| *t == word) {
            group = group.checked_add(20 + 10 * n as u64)?;
        } else {
            match word {
                "hundred" => group = group.max(1).checked_mul(100)?,
                "thousand" | "million" | "billion" => {
                    let scale = match word {
                        "thousand" => 1_000,
                        "million" => 1_000_000,
                        _ => 1_000_000_000,
                    };
                    total = total.checked_add(group.max(1).checked_mul(scale)?)?;
                    group = 0;
                }
                "and" if seen => {}
                _ => return None,
            }
        }
        seen = true;
    }
    if seen { total.checked_add(group) } else { None }
}

/// The number that one word spells, cardinal or ordinal.
pub fn number_word(word: &str) -> Option<u64> {
    const ORDINALS: &[&str] =
        &["zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    number(&[word]).or_else(|| ORDINALS.iter().position(|o| *o == word).map(|n| n as u64))
}

/// Yes or no, in words that mean nothing else. Lower case.
pub fn yes_or_no(word: &str) -> Option<bool> {
    match word {
        "yes" | "true" | "correct" => Some(true),
        "no" | "false" | "incorrect" => Some(false),
        _ => None,
    }
}

/// The letter of an option written alone: `B`, `(B)`, `B.`, `option B`, `\text{(B)}` already unwrapped.
pub fn option_letter(text: &str) -> Option<char> {
    let mut t = text.trim();
    for lead in ["option ", "choice ", "answer ", "Option ", "Choice ", "Answer "] {
        t = t.strip_prefix(lead).unwrap_or(t).trim_start();
    }
    let t = t.strip_prefix(['(', '[']).unwrap_or(t);
    let t = t.trim_end_matches(['.', ')', ']', ':', ' ']);
    let mut chars = t.trim().chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if c.is_ascii_alphabetic() => Some(c.to_ascii_uppercase()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_words() {
        assert_eq!(number(&["one", "thousand,", "nine", "hundred", "and", "seventy-five"]), Some(1975));
        assert_eq!(number(&["and"]), None);
        assert_eq!(number(&["twenty", "cats"]), None);
    }

    #[test]
    fn option_letters() {
        assert_eq!(option_letter("(b)."), Some('B'));
        assert_eq!(option_letter("Option C"), Some('C'));
        assert_eq!(option_letter("AB"), None);
    }
}
