//! The filter language: what the screen's `/` and every command's FILTER take.
//!
//! ```text
//! verdict:different domain:logic,games tier:number model~qwen seconds>2 text~"tile" decided:no (a or b) -flag:yes
//! ```
//!
//! - `field:value,value` equals one of the values; `field~value` contains it, without regard to case; `<` `>` `<=` `>=`
//!   compare numbers and dates. A field that a candidate has several of (of its responses, executions, decisions) is met
//!   when one of them meets it.
//! - Terms side by side must all be met; `or` is weaker than that; parentheses group; `-` is the exact complement of the
//!   term or group behind it.
//! - `"…"` takes anything as it is; inside, `\"` is a quotation mark and `\\` a backslash. A word without a field is
//!   looked for in question, code and responses.
//!
//! A date may be as coarse as wanted: `created:2026-11` is that month, `created>2026-11-20` is after that day.

mod ast;
mod complete;
mod field;
mod parser;
mod sql;
mod suggest;

use std::fmt;
use std::str::FromStr;

pub use ast::{Expr, Op, Term};
pub use complete::{Completion, Offer, Wants, complete, written};
pub use field::{Field, FieldType, fields};

pub(super) use field::field;

/// Which candidates are wanted. Parsing what `Display` gives back gives an equal filter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter(Option<Expr>);

/// Why a text is no filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct FilterError {
    /// The character (not byte) that it is about, from 0; the text's length where something is missing at its end.
    pub at: usize,
    /// What is wrong.
    pub message: String,
    /// What may have been meant.
    pub suggestion: Option<String>,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "filter, character {}: {}", self.at + 1, self.message)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, "; did you mean {suggestion}?"),
            None => Ok(()),
        }
    }
}

impl Filter {
    /// The filter that takes everything.
    pub fn all() -> Self {
        Self(None)
    }

    /// Reads a filter; an empty text takes everything.
    ///
    /// # Errors
    /// What is wrong, at which character, and what may have been meant.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        parser::parse(text).map(Self)
    }

    /// Whether it takes everything.
    pub fn is_all(&self) -> bool {
        self.0.is_none()
    }

    /// What both take.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self.0, other.0) {
            (Some(a), Some(b)) => Self(Some(Expr::all_of([a, b]))),
            (a, b) => Self(a.or(b)),
        }
    }

    /// The expression; `None` takes everything.
    pub fn expr(&self) -> Option<&Expr> {
        self.0.as_ref()
    }

    /// A condition on `candidate c` and the values of its parameters, from `?1` on.
    pub(super) fn sql(&self) -> (String, Vec<rusqlite::types::Value>) {
        sql::condition(self.0.as_ref())
    }
}

impl From<Expr> for Filter {
    fn from(expr: Expr) -> Self {
        Self(Some(expr))
    }
}

impl FromStr for Filter {
    type Err = FilterError;
    fn from_str(text: &str) -> Result<Self, FilterError> {
        Self::parse(text)
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(expr) => expr.fmt(f),
            None => Ok(()),
        }
    }
}
