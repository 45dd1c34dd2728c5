//! Reading of units: names joined by signs, powers, words.

use num_rational::BigRational;

use super::Unit;
use super::table::{ALIASES, CURRENCIES};
use crate::answer::number::Number;

/// Words that tie a unit together and say nothing.
const FILLERS: &[&str] = &["of", "a", "an", "the", "unit"];

/// Words that a unit cannot have: a sentence that starts with a number is no quantity.
const SENTENCE: &[&str] = &[
    "is",
    "are",
    "was",
    "were",
    "not",
    "no",
    "but",
    "if",
    "because",
    "than",
    "or",
    "and",
    "to",
    "would",
    "should",
    "wrong",
    "does",
    "do",
    "has",
    "have",
    "which",
    "that",
    "it",
    "so",
    "cannot",
    "can",
    "be",
    "with",
    "when",
    "where",
    "more",
    "less",
    "least",
    "most",
    "other",
    "except",
    "false",
    "true",
    "incorrect",
];

/// A recursive-descent reader of unit texts.
pub(super) struct Reader {
    pub(super) chars: Vec<char>,
    pub(super) at: usize,
    pub(super) depth: u32,
    pub(super) words: u32,
    /// The last factor, which "squared" behind it raises.
    pub(super) previous: Option<Unit>,
}

impl Reader {
    fn skip(&mut self) {
        while self.chars.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
    }

    /// Takes a word that stands here.
    fn word(&mut self, word: &str) -> bool {
        let found = word.chars().zip(self.chars.get(self.at..).unwrap_or_default()).filter(|(a, b)| a == *b).count();
        let whole = found == word.len()
            && (word.ends_with(' ') || !self.chars.get(self.at + found).is_some_and(|c| c.is_alphabetic()));
        if whole {
            self.at += found;
        }
        whole
    }

    /// A product whose last factor is raised: "meters per second squared".
    fn last(&mut self, unit: &Unit, power: i8) -> Option<Unit> {
        match self.previous.take() {
            Some(factor) => unit.clone().times(&factor.raised(power - 1)?),
            None => unit.clone().raised(power),
        }
    }

    pub(super) fn product(&mut self) -> Option<Unit> {
        self.depth += 1;
        if self.depth > 6 {
            return None;
        }
        // "per mole", "1/s".
        let mut unit = if self.word("per ") { self.power()?.raised(-1)? } else { self.power()? };
        loop {
            self.skip();
            for (word, power) in [("squared", 2), ("cubed", 3)] {
                if self.word(word) {
                    unit = self.last(&unit, power)?;
                }
            }
            self.skip();
            match self.chars.get(self.at) {
                Some('/') => {
                    self.at += 1;
                    let next = self.power()?.raised(-1)?;
                    self.previous = Some(next.clone());
                    unit = unit.times(&next)?;
                }
                Some('*') => {
                    self.at += 1;
                    unit = unit.times(&self.power()?)?;
                }
                Some(c) if c.is_alphabetic() || "°%‰$¢(€£¥₹₱₩".contains(*c) => {
                    let per = self.word("per ");
                    let next = self.power()?;
                    let next = if per { next.raised(-1)? } else { next };
                    self.previous = Some(next.clone());
                    unit = unit.times(&next)?;
                }
                _ => break,
            }
        }
        self.depth -= 1;
        Some(unit)
    }

    fn power(&mut self) -> Option<Unit> {
        let base = self.atom()?;
        self.skip();
        let starred = self.chars[self.at..].starts_with(&['*', '*']);
        if starred || self.chars.get(self.at) == Some(&'^') {
            self.at += if starred { 2 } else { 1 };
            self.skip();
            let closing = matches!(self.chars.get(self.at), Some('(' | '{'));
            if closing {
                self.at += 1;
            }
            let start = self.at;
            while self.chars.get(self.at).is_some_and(|c| c.is_ascii_digit() || *c == '-') {
                self.at += 1;
            }
            let power: i8 = self.chars[start..self.at].iter().collect::<String>().parse().ok()?;
            if power.unsigned_abs() > 12 {
                return None;
            }
            if closing {
                self.skip();
                self.at += 1;
            }
            return base.raised(power);
        }
        Some(base)
    }

    fn atom(&mut self) -> Option<Unit> {
        self.skip();
        let c = *self.chars.get(self.at)?;
        if c == '(' {
            self.at += 1;
            let inner = self.product()?;
            self.skip();
            return if self.chars.get(self.at) == Some(&')') {
                self.at += 1;
                Some(inner)
            } else {
                None
            };
        }
        if c.is_ascii_digit() {
            let start = self.at;
            while self.chars.get(self.at).is_some_and(|c| c.is_ascii_digit() || *c == '.') {
                self.at += 1;
            }
            let mut unit = Unit::none();
            unit.scale = Number::parse(&self.chars[start..self.at].iter().collect::<String>())?.value().clone();
            return (self.at - start <= 12 && unit.scale != BigRational::from_integer(0.into())).then_some(unit);
        }
        if c == '°' || self.word("degree ") || self.word("degrees ") || self.word("deg ") {
            self.at += usize::from(c == '°');
            self.skip();
            for (name, letter) in [("celsius", "C"), ("fahrenheit", "F"), ("kelvin", "K")] {
                let capital = format!("{}{}", letter, &name[1..]);
                if self.word(letter) || self.word(name) || self.word(&capital) {
                    return Unit::named(name);
                }
            }
            return Some(Unit::degree());
        }
        if "%‰$¢€£¥₹₱₩".contains(c) {
            self.at += 1;
            return Unit::named(&c.to_string()).or_else(|| currency(&c.to_string()));
        }
        let start = self.at;
        while self.chars.get(self.at).is_some_and(|c| c.is_alphabetic() || *c == '-' || *c == '\'' || *c == '_') {
            self.at += 1;
        }
        let word: String = self.chars[start..self.at].iter().collect();
        // "sq. ft.", "10 lb."
        if self.chars.get(self.at) == Some(&'.') && word.len() > 1 {
            self.at += 1;
        }
        let lower = word.to_lowercase();
        if word.is_empty() || SENTENCE.contains(&lower.as_str()) {
            return None;
        }
        if let Some((_, meaning)) = ALIASES.iter().find(|(alias, _)| *alias == word) {
            return Unit::alias(meaning);
        }
        if lower == "parts" && self.parts_per() {
            return Unit::named(if self.word("million") {
                "ppm"
            } else if self.word("billion") {
                "ppb"
            } else {
                return None;
            });
        }
        for (prefix, power) in [("square", 2), ("sq", 2), ("cubic", 3)] {
            if lower == prefix {
                return self.atom()?.raised(power);
            }
        }
        if let Some(unit) = Unit::named(&word).or_else(|| (word.len() > 2).then(|| Unit::named(&lower)).flatten()) {
            return Some(unit);
        }
        if let Some(unit) = currency(&word) {
            return Some(unit);
        }
        // "newton-meters", "ft-lb": each half is a unit.
        if let Some((first, second)) = word.split_once('-')
            && let (Some(a), Some(b)) = (Unit::named(first), Unit::named(second))
        {
            return a.times(&b);
        }
        self.words += 1;
        if self.words > 4 {
            return None;
        }
        let mut unit = Unit::none();
        let singular = lower.strip_suffix('s').filter(|w| w.len() > 2).unwrap_or(&lower);
        if FILLERS.contains(&singular) {
            return Some(unit);
        }
        unit.free.push((singular.to_owned(), 1));
        Some(unit)
    }
}

impl Reader {
    fn parts_per(&mut self) -> bool {
        self.skip();
        let per = self.word("per ");
        self.skip();
        per
    }
}

/// The currency of a code or another name.
fn currency(name: &str) -> Option<Unit> {
    let (code, _) = CURRENCIES.iter().find(|(code, names)| *code == name || names.contains(&name))?;
    Some(Unit::currency(code))
}
