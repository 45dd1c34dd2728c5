//! What the computer algebra system answered, checked and put into a sentence.

use serde::Deserialize;

use super::super::compare;
use super::super::finding::{Around, Word};
use super::super::leniency::LeniencySet;
use super::descent::Piece;
use crate::answer::{Answer, Expr, Number};

/// What came of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// The answers mean the same, under these leniencies, for this reason.
    Same(LeniencySet, String),
    /// They do not, for this reason.
    Different(String),
    /// Not told.
    Unknown,
}

/// The answer about one place.
#[derive(Debug, Deserialize)]
struct Answered {
    word: String,
    how: String,
    #[serde(default)]
    points: u32,
    #[serde(default)]
    at: Vec<(usize, String)>,
    #[serde(default)]
    values: Vec<(String, String)>,
    #[serde(default)]
    member: bool,
    #[serde(default)]
    decimals: Vec<String>,
}

/// Reads the answer to a question; `None` where it is none.
pub(super) fn hear(pieces: &[Piece], mut used: LeniencySet, answer: &str, around: &Around) -> Option<Heard> {
    let line = answer.lines().next_back()?;
    let answered: Vec<Answered> = serde_json::from_str(line).ok()?;
    if answered.is_empty() || answered.len() > pieces.len() {
        return None;
    }
    let mut reasons: Vec<String> = Vec::new();
    let mut unknown = answered.len() < pieces.len();
    for (piece, said) in pieces.iter().zip(&answered) {
        match one(piece, said, around)? {
            Heard::Same(more, reason) => {
                used = used.union(more);
                if !reasons.contains(&reason) {
                    reasons.push(reason);
                }
            }
            // One part that differs is enough.
            Heard::Different(reason) => return Some(Heard::Different(sentence(&reason))),
            Heard::Unknown => unknown = true,
        }
    }
    Some(if unknown { Heard::Unknown } else { Heard::Same(used, sentence(&reasons.join("; "))) })
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

fn one(piece: &Piece, said: &Answered, around: &Around) -> Option<Heard> {
    let same = |reason: String| Some(Heard::Same(LeniencySet::NONE, reason));
    let n = said.points;
    match (said.word.as_str(), said.how.as_str()) {
        ("same", "difference") if n > 0 && piece.symbols.is_empty() => {
            same("SymPy works out their difference to be zero, and both evaluate to the same number".to_owned())
        }
        ("same", "difference") if n > 0 => {
            same(format!("SymPy works out their difference to be zero, and they take the same value at {n} points"))
        }
        ("same", "digits") if n > 0 && piece.symbols.is_empty() => {
            same("both evaluate to the same number to 18 digits".to_owned())
        }
        ("same", "digits") if n > 0 => same(format!("they take the same value to 18 digits at {n} points")),
        ("same", "ratio") if n > 0 => {
            same(format!("the equations differ by a constant factor only, by SymPy and at {n} points"))
        }
        ("same", "sets") if n > 0 => {
            same(format!("SymPy finds the two sets equal, and each of {n} numbers tried is in both or in neither"))
        }
        ("different", "values") => values(piece, said).map(Heard::Different),
        ("different", "member") => {
            let place = place(piece, &said.at)?;
            let (holds, lacks) = if said.member { ("reference", "response") } else { ("response", "reference") };
            Some(Heard::Different(format!("{place} is in the set of the {holds} and not in that of the {lacks}")))
        }
        ("unknown", "decimals") => Some(as_numbers(piece, &said.decimals, around)),
        ("unknown", _) => Some(Heard::Unknown),
        _ => None,
    }
}

/// `x = 1.5, y = 2`.
fn place(piece: &Piece, at: &[(usize, String)]) -> Option<String> {
    let named: Option<Vec<String>> =
        at.iter().map(|(index, value)| Some(format!("{} = {}", piece.symbols.get(*index)?, digits(value)?))).collect();
    named.map(|all| all.join(", "))
}

fn values(piece: &Piece, said: &Answered) -> Option<String> {
    let [reference, response] = said.values.as_slice() else { return None };
    let told = |(re, im): &(String, String)| {
        let (re, im) = (digits(re)?, digits(im)?);
        Some(if im.parse() == Ok(0.0) { re.to_owned() } else { format!("{re} + ({im}) i") })
    };
    let (x, y) = (told(reference)?, told(response)?);
    let place = place(piece, &said.at)?;
    Some(if place.is_empty() {
        format!("the reference evaluates to {x} and the response to {y}")
    } else {
        format!("at {place} the reference is {x} and the response {y}")
    })
}

/// A number as it was printed: digits, a point, signs, an exponent, and nothing else.
fn digits(text: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e');
    (text.len() <= 40 && text.parse::<f64>().is_ok() && text.chars().all(plain)).then_some(text)
}

/// A decimal may be rounded: with the other side worked out to a number, the native rules for numbers decide.
fn as_numbers(piece: &Piece, decimals: &[String], around: &Around) -> Heard {
    let [reference, response] = decimals else { return Heard::Unknown };
    let side = |part: &Answer, text: &str| {
        let whole = matches!(part, Answer::Scalar(Expr::Number(_)));
        if whole {
            return Some(part.clone());
        }
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let value = Number::exact(Number::parse(text)?.value().clone());
        Some(Answer::Scalar(Expr::Number(if negative { value.negated() } else { value })))
    };
    let (Some(x), Some(y)) = (side(&piece.reference, reference), side(&piece.response, response)) else {
        return Heard::Unknown;
    };
    let finding = compare::answers(&x, &y, around);
    let reason = format!("worked out to numbers, {}", finding.reason);
    match finding.word {
        Word::Same => Heard::Same(finding.used, reason),
        Word::Different => Heard::Different(reason),
        Word::Unknown => Heard::Unknown,
    }
}
