//! Words that are values: numbers, yes and no, letters of options.

/// The number below twenty that one word spells.
fn unit(word: &str) -> Option<u64> {
    Some(match word {
        "zero" => 0,
        "one" => 1,
        "two" => 2,
        "three" => 3,
        "four" => 4,
        "five" => 5,
        "six" => 6,
        "seven" => 7,
        "eight" => 8,
        "nine" => 9,
        "ten" => 10,
        "eleven" => 11,
        "twelve" => 12,
        "thirteen" => 13,
        "fourteen" => 14,
        "fifteen" => 15,
        "sixteen" => 16,
        "seventeen" => 17,
        "eighteen" => 18,
        "nineteen" => 19,
        _ => return None,
    })
}

/// The ten that one word spells, from twenty on.
fn ten(word: &str) -> Option<u64> {
    Some(match word {
        "twenty" => 20,
        "thirty" => 30,
        "forty" => 40,
        "fifty" => 50,
        "sixty" => 60,
        "seventy" => 70,
        "eighty" => 80,
        "ninety" => 90,
        _ => return None,
    })
}

/// The denominator of the part that one word names: `thirds`. Lower case.
pub fn part(word: &str) -> Option<i64> {
    Some(match word {
        "half" | "halves" => 2,
        "third" | "thirds" => 3,
        "quarter" | "quarters" | "fourth" | "fourths" => 4,
        "fifth" | "fifths" => 5,
        "sixth" | "sixths" => 6,
        "seventh" | "sevenths" => 7,
        "eighth" | "eighths" => 8,
        "ninth" | "ninths" => 9,
        "tenth" | "tenths" => 10,
        _ => return None,
    })
}

/// Whether a number in words may begin with this word. Lower case.
pub fn begins_number(word: &str) -> bool {
    unit(word).or_else(|| ten(word)).is_some()
}

/// The number that English words spell: `twenty-one`, `one thousand, nine hundred and seventy-five`. Lower case.
/// `three four` spells none.
pub fn number(words: &[&str]) -> Option<u64> {
    // What may still be added to the group: below 100 at its start or after a hundred, below 10 after a ten.
    let (mut total, mut group, mut room, mut scale_room) = (0u64, 0u64, 100u64, u64::MAX);
    let mut seen = false;
    for word in words.iter().flat_map(|w| w.split('-')) {
        let word = word.trim_matches(',');
        let ten = ten(word);
        if let Some(n) = ten.or_else(|| unit(word)) {
            if n >= room || n == 0 && seen {
                return None;
            }
            group += n;
            room = if ten.is_some() { 10 } else { 0 };
        } else {
            match word {
                "hundred" if group < 10 && room != 100 => {
                    group *= 100;
                    room = 100;
                }
                "thousand" | "million" | "billion" => {
                    let scale = match word {
                        "thousand" => 1_000,
                        "million" => 1_000_000,
                        _ => 1_000_000_000,
                    };
                    if group == 0 || scale >= scale_room {
                        return None;
                    }
                    total += group * scale;
                    (group, room, scale_room) = (0, 100, scale);
                }
                "and" if seen => {}
                _ => return None,
            }
        }
        seen = true;
    }
    if seen { Some(total + group) } else { None }
}

/// The number that one word spells, cardinal or ordinal.
pub fn number_word(word: &str) -> Option<u64> {
    number(&[word]).or_else(|| first_ordinals(word).filter(|n| *n <= 10))
}

/// The place in an order that one word spells: `ninth`. Lower case.
pub fn ordinal(word: &str) -> Option<u64> {
    if let Some(n) = first_ordinals(word) {
        return Some(n);
    }
    let stem = word.strip_suffix("th")?;
    let n = match stem.strip_suffix("ie") {
        Some(tens) => ten(&format!("{tens}y")),
        None => number(&[stem]),
    };
    n.filter(|n| (13..100).contains(n))
}

/// The ordinals that are words of their own.
fn first_ordinals(word: &str) -> Option<u64> {
    Some(match word {
        "zeroth" => 0,
        "first" => 1,
        "second" => 2,
        "third" => 3,
        "fourth" => 4,
        "fifth" => 5,
        "sixth" => 6,
        "seventh" => 7,
        "eighth" => 8,
        "ninth" => 9,
        "tenth" => 10,
        "eleventh" => 11,
        "twelfth" => 12,
        _ => return None,
    })
}

/// The number that a Roman numeral of two letters or more is, as kings and wars have it: up to 89, in capitals.
pub fn roman(word: &str) -> Option<u64> {
    const PLACES: &[(&str, u64)] = &[("L", 50), ("XL", 40), ("X", 10), ("IX", 9), ("V", 5), ("IV", 4), ("I", 1)];
    // `XL` and `LI` are more often something else.
    if word.len() < 2 || word.contains('L') && word.len() < 4 {
        return None;
    }
    let (mut rest, mut value) = (word, 0);
    for (letters, worth) in PLACES {
        let most = if letters.len() == 1 && !matches!(*letters, "L" | "V") { 3 } else { 1 };
        for _ in 0..most {
            if let Some(after) = rest.strip_prefix(letters) {
                (rest, value) = (after, value + worth);
            }
        }
    }
    rest.is_empty().then_some(value)
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
        assert_eq!(number(&["three", "four"]), None);
        assert_eq!(number(&["two", "hundred", "twenty", "one"]), Some(221));
        assert_eq!(number(&["zero"]), Some(0));
        assert_eq!(number(&["thousand"]), None);
    }

    #[test]
    fn ordinals_and_roman_numerals() {
        assert_eq!(ordinal("ninth"), Some(9));
        assert_eq!(ordinal("twentieth"), Some(20));
        assert_eq!(ordinal("month"), None);
        assert_eq!(roman("XIV"), Some(14));
        assert_eq!(roman("XLIX"), Some(49));
        for word in ["IIII", "XL", "I", "VX", "DC", "IC", ""] {
            assert_eq!(roman(word), None, "{word}");
        }
    }

    #[test]
    fn option_letters() {
        assert_eq!(option_letter("(b)."), Some('B'));
        assert_eq!(option_letter("Option C"), Some('C'));
        assert_eq!(option_letter("AB"), None);
    }
}
