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
//! - `sort:suspicious` beside the other terms says in which order a list comes. `reviewer:me` is whoever asks.
//!
//! A date may be as coarse as wanted: `created:2026-11` is that month, `created>2026-11-20` is after that day.

mod ast;
mod complete;
mod field;
mod parser;
mod sort;
mod sql;
mod suggest;

use std::fmt;
use std::str::FromStr;

pub use ast::{Expr, Op, Term};
pub use complete::{Completion, Offer, Wants, complete, written};
pub use field::{Field, FieldType, fields};
pub use sort::Sort;

pub(super) use field::field;

/// Which candidates are wanted. Parsing what `Display` gives back gives an equal filter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    expr: Option<Expr>,
    sort: Option<Sort>,
}

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
        Self::default()
    }

    /// Reads a filter; an empty text takes everything.
    ///
    /// # Errors
    /// What is wrong, at which character, and what may have been meant.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        parser::parse(text).map(|(expr, sort)| Self { expr, sort })
    }

    /// Whether it takes everything.
    pub fn is_all(&self) -> bool {
        self.expr.is_none()
    }

    /// Whether it says nothing, not even an order.
    pub fn is_blank(&self) -> bool {
        self.expr.is_none() && self.sort.is_none()
    }

    /// In which order a list comes; by number where it does not say.
    pub fn sort(&self) -> Sort {
        self.sort.unwrap_or(Sort::Number)
    }

    /// The same in another order.
    #[must_use]
    pub fn sorted(self, sort: Sort) -> Self {
        Self { sort: Some(sort).filter(|s| *s != Sort::Number), ..self }
    }

    /// Whether one of its terms is about this field.
    pub fn asks(&self, field: &str) -> bool {
        self.expr.as_ref().is_some_and(|e| e.asks(field))
    }

    /// The same for somebody of whom `reviewer:me` speaks.
    #[must_use]
    pub fn asked_by(&self, me: &str) -> Self {
        Self { expr: self.expr.as_ref().map(|e| e.asked_by(me)), sort: self.sort }
    }

    /// What both take.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let expr = match (self.expr, other.expr) {
            (Some(a), Some(b)) => Some(Expr::all_of([a, b])),
            (a, b) => a.or(b),
        };
        Self { expr, sort: self.sort.or(other.sort) }
    }

    /// The expression; `None` takes everything.
    pub fn expr(&self) -> Option<&Expr> {
        self.expr.as_ref()
    }

    /// The same where the search index can name all that may meet it.
    pub(super) fn narrowed(&self) -> Option<sql::Narrowed> {
        self.expr.as_ref().and_then(sql::narrowed)
    }

    /// A condition on `candidate c` and the values of its parameters, from `?1` on.
    pub(super) fn sql(&self) -> (String, Vec<rusqlite::types::Value>) {
        sql::condition(self.expr.as_ref())
    }
}

impl From<Expr> for Filter {
    fn from(expr: Expr) -> Self {
        Self { expr: Some(expr), sort: None }
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
        if let Some(expr) = &self.expr {
            match expr {
                // Side by side with an order, `or` would take it in.
                Expr::Any(_) if self.sort.is_some() => write!(f, "({expr})")?,
                _ => expr.fmt(f)?,
            }
        }
        match self.sort {
            Some(sort) if self.expr.is_some() => write!(f, " sort:{sort}"),
            Some(sort) => write!(f, "sort:{sort}"),
            None => Ok(()),
        }
    }
}
