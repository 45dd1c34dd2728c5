//! Texts as words in normal form, each with what its surroundings say of it.

use std::ops::Deref;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::answer::words;

pub(super) use crate::answer::calendar::MONTHS;

/// What stood around a word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// The sentence that it stands in, counted from 0.
    pub(super) sentence: u16,
    /// It starts with a capital.
    pub(super) capital: bool,
    /// A comma, a bracket or another sign that is no full stop and no hyphen parts it from the word before.
    pub(super) parted: bool,
    /// A sign that ends a clause, or the end of the text, follows it at once.
    pub(super) ends: bool,
    /// It stands in parentheses.
    pub(super) bracketed: bool,
    /// A currency's sign stands before it.
    pub(super) money: bool,
    /// It is a number of order (`2nd`, `II`), one half of a time of day, or the number of a list's item.
    pub(super) counter: bool,
    /// It has a decimal point, or commas that group its digits.
    pub(super) grouped: bool,
    /// It is glued to the word before, as the number of a footnote is.
    pub(super) glued: bool,
    /// It has capitals only, and more than one.
    pub(super) upper: bool,
    /// A hyphen or a dash joins it to the word before.
    pub(super) hyphened: bool,
}

/// Words in normal form with their marks. Behaves as a slice of the words.
#[derive(Debug, Default)]
pub(in crate::verifier) struct Prose {
    pub(super) words: Vec<String>,
    pub(super) marks: Vec<Mark>,
}

impl Deref for Prose {
    type Target = [String];

    fn deref(&self) -> &[String] {
        &self.words
    }
}

impl Prose {
    /// Reads a text.
    pub(in crate::verifier) fn new(text: &str) -> Self {
        let mut reader = Reader::new(text);
        reader.read();
        let mut words = reader.out;
        ordinals(&mut words);
        let only = words.len() == 1;
        // "A" is a letter where no word follows it: "vitamin A", "A. A. Milne".
        words.retain(|(w, m)| match w.as_str() {
            "a" => m.capital && (m.ends || only),
            "an" | "the" => false,
            "s" => m.capital,
            _ => true,
        });
        spelled_numbers(&mut words);
        normal_forms(&mut words);
        let (words, marks) = words.into_iter().unzip();
        Self { words, marks }
    }
}

/// Words in normal form: lower case, without accents, punctuation, articles and possessives; numbers in digits.
pub(in crate::verifier) fn tokens(text: &str) -> Vec<String> {
    Prose::new(text).words
}

/// What is reserved for a word, in bytes.
const WORD: usize = 16;

struct Reader {
    chars: Vec<char>,
    out: Vec<(String, Mark)>,
    word: String,
    mark: Mark,
    sentence: u16,
    brackets: u32,
    /// Nothing has been read of the line yet.
    fresh: bool,
    /// What the next word inherits.
    next: Mark,
}

/// Letters that Unicode does not take apart.
fn unjoined(c: char) -> Option<&'static str> {
    Some(match c {
        'ø' | 'Ø' => "o",
        'ł' | 'Ł' => "l",
        'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'ß' | 'ẞ' => "ss",
        'þ' | 'Þ' => "th",
        'ı' => "i",
        _ => return None,
    })
}

impl Reader {
    fn new(text: &str) -> Self {
        let chars: Vec<char> = if text.is_ascii() {
            text.chars().collect()
        } else {
            text.nfkd().filter(|c| !is_combining_mark(*c)).collect()
        };
        let out = Vec::with_capacity(chars.len() / 5 + 1);
        Self {
            chars,
            out,
            word: String::new(),
            mark: Mark::default(),
            sentence: 0,
            brackets: 0,
            fresh: true,
            next: Mark::default(),
        }
    }

    fn push(&mut self, c: char) {
        if self.word.is_empty() {
            self.word.reserve(WORD);
            self.mark = Mark {
                sentence: self.sentence,
                capital: c.is_uppercase(),
                bracketed: self.brackets > 0,
                ..std::mem::take(&mut self.next)
            };
        }
        self.mark.upper = c.is_ascii_uppercase() && (self.word.is_empty() || self.mark.upper);
        if c.is_ascii() {
            self.word.push(c.to_ascii_lowercase());
        } else if let Some(plain) = unjoined(c) {
            self.word.push_str(plain);
        } else {
            self.word.extend(c.to_lowercase());
        }
    }

    /// Ends the word that is being read, which a clause's end follows or not.
    fn end(&mut self, clause: bool) {
        if !self.word.is_empty() {
            let mark = Mark { ends: clause, ..self.mark };
            self.out.push((std::mem::take(&mut self.word), mark));
        }
    }

    fn read(&mut self) {
        let chars = std::mem::take(&mut self.chars);
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        for (i, &c) in chars.iter().enumerate() {
            let before = i.checked_sub(1).map(|j| chars[j]);
            let after = chars.get(i + 1).copied();
            let in_number = digit(before) && digit(after);
            if c.is_alphanumeric() || c == '%' || c == '.' && in_number && !self.word.is_empty() {
                self.mark.grouped |= c == '.';
                self.turn(before, c, after);
                self.push(c);
                continue;
            }
            match c {
                '-' if !self.word.is_empty() && after.is_some_and(char::is_alphanumeric) => {
                    self.end(false);
                    self.next.hyphened = true;
                }
                '-' if digit(after) && self.word.is_empty() && before.is_none_or(char::is_whitespace) => self.push('-'),
                // "Smith's" is "smith" and 1,000 is 1000.
                '\'' | '’' if !self.word.is_empty() => {
                    // "1990's" is the decade.
                    if after == Some('s')
                        && !decade(&self.word)
                        && !chars.get(i + 2).is_some_and(|n| n.is_alphanumeric())
                    {
                        self.end(false);
                    }
                }
                ',' if in_number && !self.word.is_empty() && grouped(&chars[i + 1..]) => self.mark.grouped = true,
                ':' if in_number => {
                    self.mark.counter = true;
                    self.end(false);
                    self.next.counter = true;
                }
                _ => self.separator(c, after, &chars[i + 1..]),
            }
        }
        self.end(true);
    }

    /// Digits that touch a word, as in "of10" or "1973on", are a word of their own; "2nd" and "x1" are one word. So is
    /// a capital after a small word: "onMarch".
    fn turn(&mut self, before: Option<char>, c: char, after: Option<char>) {
        let Some(before) = before.filter(|b| b.is_alphanumeric() && c.is_alphanumeric()) else { return };
        if self.word.is_empty() {
            return;
        }
        let digit = c.is_ascii_digit();
        if before.is_ascii_digit() != digit {
            if c == 's' && decade(&self.word) && !after.is_some_and(char::is_alphanumeric) {
                return;
            }
            if digit && self.word.len() > 1 || !digit && self.word.len() >= 4 {
                let long = digit && self.word.len() > 3 && !self.mark.capital;
                self.end(false);
                self.next.glued = long;
            }
        } else if c.is_uppercase()
            && before.is_lowercase()
            && !self.mark.capital
            && after.is_some_and(char::is_alphanumeric)
            && matches!(self.word.as_str(), "in" | "on" | "by" | "is" | "of" | "at" | "was" | "from" | "to" | "are")
        {
            self.end(false);
        }
    }

    fn separator(&mut self, c: char, after: Option<char>, rest: &[char]) {
        let clause = matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | ')' | ']' | '\n' | '"' | '”');
        let letter = self.word.len() == 1 && self.word.bytes().all(|b| b.is_ascii_lowercase());
        let short = letter || matches!(self.word.as_str(), "mr" | "mrs" | "ms" | "dr" | "st" | "jr" | "no" | "vs");
        if !self.word.is_empty() {
            let item = self.fresh && self.word.bytes().all(|b| b.is_ascii_digit()) && self.word.len() < 3;
            self.mark.counter |= item && matches!(c, '.' | ')') && after == Some(' ');
            self.fresh = false;
        }
        self.end(clause);
        match c {
            '(' | '[' => self.brackets += 1,
            ')' | ']' => self.brackets = self.brackets.saturating_sub(1),
            '$' | '£' | '€' | '¥' | '₹' | '₱' => self.next.money = true,
            _ => {}
        }
        match c {
            '-' | '–' | '—' => self.next.hyphened = true,
            '.' | '$' => {}
            '\n' => {
                self.fresh = true;
                self.next.parted = true;
                self.sentence = self.sentence.saturating_add(1);
            }
            c if c.is_whitespace() => {}
            _ => self.next.parted = true,
        }
        let new = || rest.iter().find(|c| !c.is_whitespace()).is_none_or(|c| !c.is_lowercase());
        if matches!(c, '!' | '?') && new() || c == '.' && !short && after.is_none_or(char::is_whitespace) && new() {
            self.sentence = self.sentence.saturating_add(1);
        }
    }
}

/// Whether digits are a year that a decade begins with.
fn decade(word: &str) -> bool {
    word.len() == 4 && word.ends_with('0') && word.bytes().all(|b| b.is_ascii_digit())
}

/// Puts digits for ordinals in words, `ninth` and `twenty-first`; `a third` and `two thirds` are parts, and `second` is
/// a time.
fn ordinals(out: &mut Vec<(String, Mark)>) {
    let mut at = 0;
    while at < out.len() {
        let tens = |w: &str| words::number(&[w]).filter(|n| n % 10 == 0 && (20..100).contains(n));
        let before = at.checked_sub(1).map(|i| out[i].0.as_str());
        if let Some(n) = words::ordinal(&out[at].0) {
            let part = before.is_some_and(|w| w == "a" || w == "per" || words::number(&[w]).is_some());
            if let Some(ten) = before.and_then(tens).filter(|_| n < 10 && out[at].1.hyphened) {
                let mark = Mark { ends: out[at].1.ends, counter: true, ..out[at - 1].1 };
                out.splice(at - 1..=at, [((ten + n).to_string(), mark)]);
                continue;
            } else if n > 2 && !part {
                out[at].0 = n.to_string();
                out[at].1.counter = true;
            }
        }
        at += 1;
    }
}

/// Whether exactly three digits follow, as after a comma that groups them.
fn grouped(rest: &[char]) -> bool {
    rest.iter().take(4).take_while(|c| c.is_ascii_digit()).count() == 3
}

/// Puts digits for numbers in words, the longest run of words first: `two hundred and five` is 205.
fn spelled_numbers(out: &mut Vec<(String, Mark)>) {
    let mut at = 0;
    while at < out.len() {
        if words::begins_number(&out[at].0) {
            let most = (out.len() - at).min(10);
            let run = (1..=most).rev().find_map(|n| {
                let slice: Vec<&str> = out[at..at + n].iter().map(|w| w.0.as_str()).collect();
                if n > 1 && slice.last() == Some(&"and") { None } else { words::number(&slice).map(|v| (n, v)) }
            });
            if let Some((n, value)) = run {
                let mark = Mark { ends: out[at + n - 1].1.ends, ..out[at].1 };
                out.splice(at..at + n, [(value.to_string(), mark)]);
            }
        }
        at += 1;
    }
}

/// The zeros that a scale's name stands for.
fn scale(word: &str) -> Option<usize> {
    Some(match word {
        "thousand" => 3,
        "million" => 6,
        "billion" => 9,
        "trillion" => 12,
        _ => return None,
    })
}

/// Digits with the point moved right; `None` where they are no number.
fn shifted(number: &str, zeros: usize) -> Option<String> {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let plain = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(part) || part.len() > zeros {
        return None;
    }
    let digits = format!("{whole}{part}{}", "0".repeat(zeros - part.len()));
    let trimmed = digits.trim_start_matches('0');
    Some(if trimmed.is_empty() { "0".to_owned() } else { trimmed.to_owned() })
}

/// Joins what belongs together and puts each word in its normal form.
fn normal_forms(out: &mut Vec<(String, Mark)>) {
    let mut at = 0;
    while at < out.len() {
        let glue = at > 0 && !out[at].1.parted;
        let (word, mark) = &out[at];
        let numeric = |w: &str| w.starts_with(|c: char| c.is_ascii_digit());
        if glue && (*word == "%" || *word == "percent") && numeric(&out[at - 1].0) && !out[at - 1].0.ends_with('%') {
            let ends = mark.ends;
            out.remove(at);
            out[at - 1].0.push('%');
            out[at - 1].1.ends = ends;
            continue;
        }
        if glue
            && let Some(zeros) = scale(word)
            && let Some(value) = shifted(&out[at - 1].0, zeros)
        {
            let ends = mark.ends;
            out.remove(at);
            out[at - 1].0 = value;
            out[at - 1].1.ends = ends;
            out[at - 1].1.grouped = true;
            continue;
        }
        // Initials are one word: "J. K." and "JK", "U.S." and "US".
        let letter = |w: &str| w.len() == 1 && w.bytes().all(|b| b.is_ascii_lowercase());
        if glue && letter(word) && mark.capital && initials(&out[at - 1]) && out[at - 1].1.sentence == mark.sentence {
            let ends = mark.ends;
            let joined = out.remove(at).0;
            out[at - 1].0.push_str(&joined);
            out[at - 1].1.ends = ends;
            out[at - 1].1.grouped = true;
            continue;
        }
        // "Louis XIV" and "Louis 14".
        if glue
            && mark.upper
            && out[at - 1].1.capital
            && let Some(n) = words::roman(&word.to_ascii_uppercase())
        {
            out[at].0 = n.to_string();
            out[at].1.counter = true;
        }
        normal_form(&mut out[at]);
        at += 1;
    }
}

/// Whether a word is a capital letter, or such letters joined.
fn initials((word, mark): &(String, Mark)) -> bool {
    mark.capital && (word.len() == 1 || mark.grouped) && word.bytes().all(|b| b.is_ascii_lowercase())
}

fn normal_form((word, mark): &mut (String, Mark)) {
    if word.starts_with(|c: char| c.is_ascii_digit())
        && let Some(n) = ["st", "nd", "rd", "th"].iter().find_map(|s| word.strip_suffix(s))
        && !n.is_empty()
        && n.bytes().all(|b| b.is_ascii_digit())
    {
        *word = n.to_owned();
        mark.counter = true;
    } else if (word.len() == 3 || *word == "sept")
        && let Some(month) = MONTHS.iter().find(|m| m.len() > 3 && m.starts_with(&word[..]))
    {
        *word = (*month).to_owned();
    } else if word == "bce" {
        "bc".clone_into(word);
    } else if word == "ce" {
        "ad".clone_into(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_plain() {
        assert_eq!(tokens("The Beauty's 1,000 twenty-one"), ["beauty", "1000", "21"]);
        assert_eq!(tokens("two hundred and five, and three four"), ["205", "and", "3", "4"]);
        assert_eq!(tokens("March 20th, 1969."), ["march", "20", "1969"]);
        assert_eq!(tokens("Dalí"), ["dali"]);
        assert_eq!(tokens("a total of10 episodes"), ["total", "of", "10", "episodes"]);
    }
}
