//! Tier 1, words: normal forms of text, yes and no, options, and guarded containment of an answer in prose.

mod code;
mod contained;
mod date;
mod figure;
mod name;
mod option;
mod token;

use std::fmt;

use super::finding::{Around, Finding};
use super::reason::{Reason, quoted};
use super::{Leniency, Tier};
use crate::answer::{Constant, Expr, Number, clean, read, words};

pub(super) use self::code::code;
pub(super) use self::contained::contained;
pub(super) use self::option::option;
pub(super) use self::token::{Prose, tokens};

/// Longest text, in bytes, that is searched as prose.
pub(super) const LONGEST_PROSE: usize = 20_000;

/// The text with nothing but its letters, digits and signs that carry meaning, in the case it came in.
pub(super) fn plain(text: &str) -> String {
    read::words_of(&clean::clean(text))
}

/// The words of a text of any length, line by line.
pub(super) fn prose(text: &str) -> Prose {
    if text.contains('\n') {
        Prose::new(&text.lines().map(plain).collect::<Vec<_>>().join("\n"))
    } else {
        Prose::new(&plain(text))
    }
}

/// Two texts of words.
pub(super) fn words(a: &str, b: &str, around: &Around) -> Finding {
    if a == b {
        return Finding::same(Tier::Text, "both are the same words");
    }
    let (x, y) = (around.prose(a), around.prose(b));
    if x.is_empty() || y.is_empty() {
        let side = if x.is_empty() { "reference" } else { "response" };
        return Finding::unknown(Tier::Text, format!("the {side} is a text without words"));
    }
    // Hyphens and dots part words of some length; signs of a formula or a name are no punctuation.
    let letters = a.chars().filter(|c| c.is_alphabetic()).count();
    let spelled = |t: &str| t.contains(['.', '\'']) || t.contains('-') && letters >= 5;
    let signs = |t: &str| t.chars().filter(|c| "+#*/=<>^|%~".contains(*c)).collect::<String>();
    let dashes = |t: &str| t.matches('-').count();
    if x.words == y.words && a.trim_end().ends_with('?') != b.trim_end().ends_with('?') {
        return Finding::unknown(Tier::Text, "the words are the same, and only one of the two asks");
    }
    // Of a code every letter counts, small or not.
    let code = |t: &str| t.contains('_');
    if x.words == y.words && code(a) && code(b) {
        return Finding::different(Tier::Text, "the two codes differ in capitals or signs");
    }
    if x.words == y.words && (signs(a) != signs(b) || letters < 5 && dashes(a) != dashes(b)) {
        return Finding::different(Tier::Text, "the words are the same, and the signs among them are not");
    }
    if x.words == y.words || (spelled(a) || spelled(b)) && x.concat() == y.concat() {
        return Finding::same(
            Tier::Text,
            "both are the same words once case, accents, articles and punctuation are set aside",
        )
        .needing(Leniency::Case, around);
    }
    // One word or sign apart is apart: names and codes differ by a letter.
    Finding::different(Tier::Text, Reason::Words(x, y))
}

/// A truth value against words.
pub(super) fn truth(value: bool, text: &str, around: &Around) -> Finding {
    let tokens = around.prose(text);
    match tokens.first().and_then(|w| words::yes_or_no(w)) {
        Some(said) if tokens.len() == 1 => {
            if said == value {
                Finding::same(Tier::Text, format!("{} says {value}", quoted(&text))).needing(Leniency::Boolean, around)
            } else {
                Finding::different(Tier::Text, format!("{} says the opposite of {value}", quoted(&text)))
            }
        }
        _ => Finding::unknown(Tier::Text, format!("{} is neither yes nor no", quoted(&text))),
    }
}

/// Words against an expression: "infinitely many" for ∞, a number written out.
pub(super) fn word_for_value(text: &str, value: &Expr, around: &Around) -> Finding {
    let t = around.prose(text);
    let infinite = t.first().is_some_and(|w| matches!(w.as_str(), "infinitely" | "infinite" | "infinity"));
    if infinite && matches!(value, Expr::Constant(Constant::Infinity)) {
        return Finding::same(Tier::Text, "the words say infinity").needing(Leniency::Prose, around);
    }
    if let Expr::Symbol(name) = value
        && t.len() == 1
        && t[0] == name.to_lowercase()
    {
        return Finding::same(Tier::Text, "both are the same letter").needing(Leniency::Case, around);
    }
    if let Some(n) = words::roman(text.trim())
        && value.number().and_then(Number::to_i64).is_some_and(|v| u64::try_from(v) == Ok(n))
    {
        return Finding::same(Tier::Text, "the Roman numeral is the number").needing(Leniency::Prose, around);
    }
    among_words(text, value, around).unwrap_or_else(|| {
        Finding::different(Tier::Text, format!("{} is words and {} is a value", quoted(&text), quoted(value)))
    })
}

/// Words that have a number or the very letter among them, which nobody may pick out and call wrong; `None` where they
/// have none.
pub(super) fn among_words(text: &str, value: &Expr, around: &Around) -> Option<Finding> {
    let words = around.prose(text);
    let letter = || matches!(value, Expr::Symbol(name) if words.contains(&name.to_lowercase()));
    let counts = text.bytes().any(|b| b.is_ascii_digit()) || letter();
    counts.then(|| Finding::unknown(Tier::Text, Reason::Among(words, Box::new(value.clone()))))
}

/// What a person is told of a value among words.
pub(super) fn write_among(words: &Prose, value: &Expr, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let wanted = value.to_string().to_lowercase();
    let mut others: Vec<&str> =
        words.iter().filter(|w| figure::numeric(w) && **w != wanted).map(String::as_str).collect();
    others.dedup();
    let listed = quoted(&others.iter().take(4).copied().collect::<Vec<_>>().join(", "));
    let value = quoted(value);
    match (words.contains(&wanted), others.is_empty()) {
        (true, true) => write!(f, "the words have {value} in them, but they may deny it"),
        (true, false) => {
            write!(f, "the words have {value} in them and also {listed}: which of them is the answer is not sure")
        }
        (false, false) => {
            write!(f, "the words have {listed} in them and not {value}, but they may say it in another way")
        }
        (false, true) => {
            write!(f, "the words have digits in them and not {value}, but they may say it in another way")
        }
    }
}
