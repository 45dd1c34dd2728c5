//! What a question must be, beside right: new, not out of a benchmark, complete in itself, silent about its answer, and
//! not of a kind there is enough of.
//!
//! Everything here is pure and asks no model; each refusal has a kind and a sentence of its own.

mod contained;
mod leak;
mod quota;

use std::path::PathBuf;

pub(super) use contained::missing;
pub(super) use leak::leak;
pub(super) use quota::Quotas;

use crate::likeness::ALIKE;

/// What candidates must be.
#[derive(Debug, Clone, PartialEq)]
pub struct Quality {
    /// Share of common word pairs from which on two questions with the same numbers are one.
    pub alike: f64,
    /// Files whose questions must not come up.
    pub contamination: Vec<PathBuf>,
    /// Refuse questions that speak of what is not there, or tell their answer.
    pub self_contained: bool,
    /// Accepted candidates that a domain may have.
    pub per_domain: Option<u64>,
    /// Accepted candidates that a seed may have, with all that comes of it.
    pub per_family: Option<u64>,
    /// Least and most pass rate.
    pub band: Option<(f64, f64)>,
}

impl Default for Quality {
    fn default() -> Self {
        Self {
            alike: ALIKE,
            contamination: Vec::new(),
            self_contained: true,
            per_domain: None,
            per_family: None,
            band: None,
        }
    }
}
