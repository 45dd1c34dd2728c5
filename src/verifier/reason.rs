//! Why a comparison found what it found: facts, which become a sentence only in the verdict that keeps them.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter, Write as _};
use std::rc::Rc;

use super::text::{self, Prose};
use super::witness::{Functions, Values};
use crate::answer::{Answer, Bracket, Expr, Relation};

/// Most words of one side that a reason names.
const WORDS: usize = 4;
/// Most characters of one part of an answer that a reason quotes.
const QUOTED: usize = 60;
/// Most characters of a reason.
const LONGEST: usize = 800;

/// Why a comparison found what it found. Nothing of it is written out before somebody displays it: most findings of a
/// pair are dropped for a better one.
#[derive(Debug, Clone)]
pub(super) enum Reason {
    /// Words that are ready.
    Said(Cow<'static, str>),
    /// The reference and the response are different kinds of thing.
    Kinds(&'static str, &'static str),
    /// Words of the reference and of the response that differ.
    Words(Rc<Prose>, Rc<Prose>),
    /// Words with a number among them, and the value that they were compared with.
    Among(Rc<Prose>, Box<Expr>),
    /// Two values.
    Values(Box<Values>),
    /// Two functions of their symbols.
    Functions(Box<Functions>),
    /// Where in the answers, or in what unit, it was found.
    Within(Box<(Cow<'static, str>, Reason)>),
}

impl<T: Into<Cow<'static, str>>> From<T> for Reason {
    fn from(said: T) -> Self {
        Self::Said(said.into())
    }
}

impl Reason {
    /// That two answers are different kinds of thing.
    pub(super) fn kinds(reference: &Answer, response: &Answer) -> Self {
        Self::Kinds(kind(reference), kind(response))
    }

    /// The same reason, found at a place. What was taken off several times is told once.
    pub(super) fn within(self, place: impl Into<Cow<'static, str>>) -> Self {
        let place = place.into();
        match &self {
            Self::Within(found) if matches!(place, Cow::Borrowed(_)) && found.0 == place => self,
            _ => Self::Within(Box::new((place, self))),
        }
    }

    /// The reason as a sentence of bounded length.
    pub(super) fn sentence(&self) -> String {
        let mut out = String::new();
        // A reason that is too long is told as far as it goes.
        let _ = write!(Short { out: &mut out, left: LONGEST }, "{self}");
        let first: String = out.chars().next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
        let rest = out.char_indices().nth(1).map_or("", |(at, _)| &out[at..]);
        let end = if out.ends_with(['.', '…']) { "" } else { "." };
        format!("{first}{rest}{end}")
    }
}

impl Display for Reason {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Said(said) => f.write_str(said),
            Self::Kinds(a, b) if a == b => write!(f, "both are {a}, of unlike build"),
            Self::Kinds(a, b) => write!(f, "the reference is {a} and the response is {b}"),
            Self::Words(reference, response) => words(reference, response, f),
            Self::Among(words, value) => text::write_among(words, value, f),
            Self::Values(values) => values.fmt(f),
            Self::Functions(functions) => functions.fmt(f),
            Self::Within(found) => write!(f, "{}: {}", found.0, found.1),
        }
    }
}

/// A part of an answer as a reason quotes it.
pub(super) fn quoted(part: &impl Display) -> String {
    let mut out = String::from("`");
    // What is beyond the quotation is not even written out.
    let _ = write!(Short { out: &mut out, left: QUOTED }, "{part}");
    out.push('`');
    out
}

/// Takes so many characters, and says with `…` that there were more.
struct Short<'a> {
    out: &'a mut String,
    left: usize,
}

impl fmt::Write for Short<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let length = text.chars().count();
        if length <= self.left {
            self.left -= length;
            self.out.push_str(text);
            return Ok(());
        }
        for c in text.chars() {
            if self.left == 0 {
                self.out.push('…');
                return Err(fmt::Error);
            }
            self.left -= 1;
            self.out.push(c);
        }
        Ok(())
    }
}

/// What kind of thing an answer is, in words.
pub(super) fn kind(answer: &Answer) -> &'static str {
    match answer {
        Answer::Nothing => "nothing",
        Answer::Text(_) => "words",
        Answer::Unread(_) => "something that could not be read",
        Answer::Boolean(_) => "a truth value",
        Answer::Scalar(Expr::Symbol(_)) => "a symbol",
        Answer::Scalar(e) if e.is_constant() => "a number",
        Answer::Scalar(_) => "an expression with variables",
        Answer::Quantity(_, unit) if unit.is_percent() => "a percentage",
        Answer::Quantity(_, unit) if unit.is_currency() => "an amount of money",
        Answer::Quantity(..) => "a quantity with a unit",
        Answer::Date(_) => "a date",
        Answer::Time(_) => "a time",
        Answer::Chemical(_) => "a chemical formula",
        Answer::Based(..) => "a number in a base",
        Answer::Sequence(Bracket::Bare, _) => "several answers",
        Answer::Sequence(Bracket::Tuple, _) => "a tuple",
        Answer::Sequence(Bracket::List, _) => "a list",
        Answer::Sequence(Bracket::Set, _) => "a set of elements",
        Answer::Sequence(Bracket::Ratio, _) => "a ratio of several",
        Answer::Sequence(Bracket::Vector, _) => "a vector",
        Answer::Matrix(_) => "a matrix",
        Answer::Mapping(_) => "a mapping",
        Answer::Interval(_) => "an interval",
        Answer::SetOf(..) => "a combination of sets",
        Answer::NamedSet(_) => "a named set of numbers",
        Answer::Builder(..) => "a set given by a condition",
        Answer::Relation(_, relations) if relations.iter().all(|r| *r == Relation::Equal) => "an equation",
        Answer::Relation(_, relations) if relations.iter().all(|r| r.is_order()) => "an inequality",
        Answer::Relation(..) => "a relation",
        Answer::Logic(..) => "a compound statement",
        Answer::Not(_) => "a denied statement",
    }
}

/// Which words stand on one side only.
fn words(reference: &[String], response: &[String], f: &mut Formatter<'_>) -> fmt::Result {
    let only = |of: &[String], other: &[String]| {
        let mut left: Vec<&String> = other.iter().collect();
        let lone = |w: &&String| left.iter().position(|l| l == w).map(|at| left.swap_remove(at)).is_none();
        listed(&of.iter().filter(lone).collect::<Vec<_>>())
    };
    // Beyond this nobody looks for a word, and the search would be slow.
    if reference.len().max(response.len()) > 500 {
        return write!(
            f,
            "the words differ: the reference has {} and the response {}",
            reference.len(),
            response.len()
        );
    }
    match (only(reference, response), only(response, reference)) {
        (None, None) => f.write_str("the words are the same, and their order is not"),
        (Some(a), None) => write!(f, "the response lacks {a} of the reference"),
        (None, Some(b)) => write!(f, "the response has {b}, which the reference has not"),
        (Some(a), Some(b)) => write!(f, "the reference has {a} where the response has {b}"),
    }
}

/// Some words in quotation marks.
fn listed(words: &[&String]) -> Option<String> {
    if words.is_empty() {
        return None;
    }
    let mut out = String::from("“");
    for (i, word) in words.iter().take(WORDS).enumerate() {
        if i > 0 {
            out.push(' ');
        }
        let _ = write!(Short { out: &mut out, left: 24 }, "{word}");
    }
    out.push_str(if words.len() > WORDS { " …”" } else { "”" });
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotations_end() {
        assert_eq!(quoted(&"ab"), "`ab`");
        assert_eq!(quoted(&"é".repeat(QUOTED)), format!("`{}`", "é".repeat(QUOTED)));
        assert_eq!(quoted(&"é".repeat(QUOTED + 1)), format!("`{}…`", "é".repeat(QUOTED)));
    }

    #[test]
    fn words_on_one_side_are_named() {
        let said = |a: &str, b: &str| {
            let prose = |t: &str| Rc::new(Prose::new(t));
            Reason::Words(prose(a), prose(b)).to_string()
        };
        assert_eq!(
            said("final strategy", "first strategy"),
            "the reference has “final” where the response has “first”"
        );
        assert_eq!(said("red and blue", "red"), "the response lacks “and blue” of the reference");
        assert_eq!(said("red", "red red"), "the response has “red”, which the reference has not");
        assert_eq!(said("a b", "b a"), "the words are the same, and their order is not");
        assert_eq!(said("b c d e f", "z"), "the reference has “b c d e …” where the response has “z”");
    }
}
