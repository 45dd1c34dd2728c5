//! Sets that people say in words: nothing at all, every real number.

use super::finding::{Around, Finding};
use super::{Tier, text};
use crate::answer::{Answer, Bracket};

/// A set that words can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Nothing,
    Reals,
    Integers,
    Rationals,
}

/// Words that say nothing of which set is meant.
const FILLERS: &[&str] = &[
    "there", "is", "are", "exist", "exists", "the", "a", "an", "of", "for", "to", "equation", "system", "set", "any",
    "it", "has", "have", "such", "which", "satisfy", "values", "value", "x", "possible", "that", "in", "solution",
];

/// A text without any of these says no set.
const KEYS: &[&str] = &["no", "empty", "null", "all", "every", "impossible", "integers", "rational", "reals"];

/// What the words of a text say, where they say a set.
fn words(t: &str, around: &Around) -> Option<Said> {
    if t.len() > 120 || !KEYS.iter().any(|k| super::finding::contains_ignoring_case(t, k)) {
        return None;
    }
    let tokens = around.prose(&text::plain(t));
    let plain = |w: &&str| !FILLERS.contains(w);
    let left: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let joined = left.join(" ");
    if matches!(
        joined.as_str(),
        "empty set" | "the empty set" | "empty" | "null set" | "none" | "impossible" | "not possible"
    ) {
        return Some(Said::Nothing);
    }
    let has = |w: &str| left.contains(&w);
    let only = |allowed: &[&str]| left.iter().filter(|w| plain(w)).all(|w| allowed.contains(w));
    if (has("no") || has("not") || has("none"))
        && (has("solution") || has("solutions") || has("roots") || has("answer") || has("answers"))
        && only(&[
            "no",
            "not",
            "none",
            "solution",
            "solutions",
            "real",
            "roots",
            "root",
            "does",
            "do",
            "answer",
            "answers",
        ])
    {
        return Some(Said::Nothing);
    }
    if (has("all") || has("every") || has("set")) && only(&["all", "every", "real", "reals", "number", "numbers"]) {
        return (has("real") || has("reals")).then_some(Said::Reals);
    }
    if only(&["all", "every", "integer", "integers"]) && has("integers") {
        return Some(Said::Integers);
    }
    if only(&["all", "rational", "rationals", "number", "numbers"]) && (has("rational") || has("rationals")) {
        return Some(Said::Rationals);
    }
    None
}

fn set(answer: &Answer, around: &Around) -> Option<Said> {
    match answer {
        Answer::Text(t) => words(t, around),
        Answer::NamedSet("empty") => Some(Said::Nothing),
        Answer::NamedSet("R") => Some(Said::Reals),
        Answer::NamedSet("Z") => Some(Said::Integers),
        Answer::NamedSet("Q") => Some(Said::Rationals),
        Answer::Sequence(Bracket::List | Bracket::Set | Bracket::Tuple, items) if items.is_empty() => {
            Some(Said::Nothing)
        }
        Answer::Interval(i) if i.low.has_infinity() && i.high.has_infinity() => Some(Said::Reals),
        _ => None,
    }
}

/// Compares where at least one side says a set in words; `None` where neither does or they are not the same.
pub(super) fn compare(a: &Answer, b: &Answer, around: &Around) -> Option<Finding> {
    let worded = |x: &Answer| matches!(x, Answer::Text(_));
    if !worded(a) && !worded(b) {
        return None;
    }
    // `None` of a program is no empty list.
    let none = |x: &Answer| matches!(x, Answer::Text(t) if t.eq_ignore_ascii_case("none"));
    if (none(a) || none(b)) && !(worded(a) && worded(b)) {
        return None;
    }
    (set(a, around)? == set(b, around)?).then(|| Finding::same(Tier::Text, "the words say the same set"))
}
