//! What the question says of the digits of its answer.

use super::asks::Ask;
use super::finding::Around;

/// How the question wants the answer rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digits {
    /// To a place: the last digit counts 10 to this power.
    Place(i32),
    /// To so many significant figures.
    Significant(u32),
}

/// Places by name, the longer ones first.
const PLACES: &[(&str, i32)] = &[
    ("ten-thousandth", -4),
    ("ten thousandth", -4),
    ("thousandth", -3),
    ("hundredth", -2),
    ("tenth", -1),
    ("cent", -2),
    ("penny", -2),
    ("million", 6),
    ("thousand", 3),
    ("hundred", 2),
    ("ten", 1),
    ("integer", 0),
    ("whole", 0),
    ("unit", 0),
    ("dollar", 0),
    ("degree", 0),
    ("day", 0),
    ("year", 0),
    ("minute", 0),
    ("second", 0),
    ("foot", 0),
    ("inch", 0),
    ("mile", 0),
    ("meter", 0),
    ("metre", 0),
    ("gram", 0),
    ("kilogram", 0),
    ("percent", 0),
    ("pound", 0),
];

/// Numbers up to six by name.
const COUNTS: &[(&str, u32)] = &[("one", 1), ("two", 2), ("three", 3), ("four", 4), ("five", 5), ("six", 6)];

impl Around<'_> {
    /// The digits that the question asks for; `None` where it says nothing, or more than a number of them.
    pub(super) fn digits_asked(&self) -> Option<Digits> {
        if !self.asks(Ask::Rounded) {
            return None;
        }
        let question = self.question.to_lowercase();
        if let Some(at) = question.find("nearest ") {
            let rest = question[at + 8..].trim_start_matches(|c: char| !c.is_alphabetic());
            let found = PLACES.iter().find(|(name, _)| rest.starts_with(name));
            return found.map(|(_, place)| Digits::Place(*place));
        }
        let before = |mark: &str| -> Option<u32> {
            let at = question.find(mark)?;
            let word = question[..at].split_whitespace().next_back()?.trim_matches(|c: char| !c.is_alphanumeric());
            let named = COUNTS.iter().find(|(name, _)| *name == word).map(|(_, n)| *n);
            named.or_else(|| word.parse().ok()).filter(|n| (1..=15).contains(n))
        };
        if let Some(n) = before("decimal place").or_else(|| before("decimal point")) {
            return i32::try_from(n).ok().map(|n| Digits::Place(-n));
        }
        before("significant").map(Digits::Significant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verifier::leniency::LeniencySet;

    #[test]
    fn questions_say_how_to_round() {
        for (question, wanted) in [
            ("Round to the nearest hundred.", Some(Digits::Place(2))),
            ("to the nearest $hundredth$", Some(Digits::Place(-2))),
            ("correct to three decimal places", Some(Digits::Place(-3))),
            ("Give 2 significant figures, rounded.", Some(Digits::Significant(2))),
            ("What is the nearest town?", None),
            ("How many tenths?", None),
        ] {
            assert_eq!(Around::new(LeniencySet::NONE, question, &[], None, "").digits_asked(), wanted, "{question}");
        }
    }
}
