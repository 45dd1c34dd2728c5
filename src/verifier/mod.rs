//! The verifier: whether two answers are equivalent, and why.
//!
//! Pure and synchronous. Native tiers decide or say what they lack; escalation to `SymPy` or a judge model is the caller's.
//! The room must not know what a candidate, a model or a store is.

#![allow(clippy::many_single_char_names)] // mathematics names its operands by letters

mod algebra;
mod asked;
mod asks;
mod calendar;
mod chemistry;
mod compare;
mod constants;
mod evidence;
mod family;
mod finding;
mod given;
mod guarded;
pub mod judge;
mod leniency;
mod logic;
mod number;
mod phrases;
mod quantity;
mod reason;
mod relation;
mod rereading;
mod rules;
mod separators;
mod sets;
mod structure;
pub mod symbolic;
mod text;
mod unread;
mod vectors;
mod witness;

use serde::{Deserialize, Serialize};

pub use self::guarded::verify_guarded;
pub use self::leniency::{LeniencySet, Preset, VerifierOptions};
pub use self::rules::{RULES, RuleVerifier};
use crate::words::words;

words! {
    /// The verifier's word on a pair.
    pub enum Outcome {
        /// The two answers mean the same.
        Equivalent = "equivalent",
        /// They do not.
        Different = "different",
        /// The verifier could not tell.
        Undecided = "undecided",
        /// Infrastructure failed; nothing is said about the answers.
        Error = "error",
    }
}

impl Outcome {
    /// The glyph that stands for this outcome wherever a person reads.
    pub const fn glyph(self) -> char {
        match self {
            Self::Equivalent => '=',
            Self::Different => '≠',
            Self::Undecided => '?',
            Self::Error => '!',
        }
    }
}

words! {
    /// A stage of the verifier, in its order.
    pub enum Tier {
        /// Finding the answer.
        Extract = "extract",
        /// Words, options, yes and no, names.
        Text = "text",
        /// Containers and kinds.
        Structure = "structure",
        /// Values.
        Number = "number",
        /// Expressions.
        Algebra = "algebra",
        /// `SymPy`.
        Symbolic = "symbolic",
        /// A judge model.
        Judge = "judge",
    }
}

words! {
    /// Which of the two answers kept the verifier from deciding.
    pub enum Side {
        /// The reference could not be read.
        Reference = "reference",
        /// The response could not be read, or has no answer.
        Response = "response",
        /// Neither could, or the comparison itself was not decided.
        Both = "both",
    }
}

words! {
    /// A named tolerance: an `equivalent` that needed one says which.
    pub enum Leniency {
        /// A decimal that is the other value rounded.
        Rounding = "rounding",
        /// Elements in another order where order may not matter.
        Order = "order",
        /// A unit on one side only.
        UnitsDropped = "units-dropped",
        /// `10 %` for `10` or for `0.1`.
        Percent = "percent",
        /// `x = 3` for `3`.
        LhsDropped = "lhs-dropped",
        /// Other names for the variables.
        Renamed = "renamed",
        /// `[343]` for `343`.
        Singleton = "singleton",
        /// A list for a tuple, a vector or a set.
        Container = "container",
        /// Another case of letters.
        Case = "case",
        /// Words around the answer.
        Prose = "prose",
        /// The constant of integration on one side only.
        ConstantDropped = "constant-dropped",
        /// `True` for `yes` or 1.
        Boolean = "boolean",
        /// A currency sign on one side only.
        Currency = "currency",
        /// Some of several solutions.
        SubsetOfSolutions = "subset-of-solutions",
    }
}

/// What the verifier is asked: one pair, with what is known around it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pair {
    /// The reference answer; several are alternatives of which any counts. Never empty.
    pub references: Vec<String>,
    /// Free text or an answer; the extractor finds the answer in it.
    pub response: String,
    /// The question, where it is known: it tells what kind of answer is asked.
    pub question: Option<String>,
    /// The domain, which chooses defaults.
    pub domain: Option<String>,
    /// Relative tolerance, where the seed states one.
    pub tolerance: Option<f64>,
    /// Texts of the options of a multiple-choice question, in the order A, B, C…
    pub options: Vec<String>,
}

/// The verifier's word on one pair, with the evidence a person can check it by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The word.
    pub outcome: Outcome,
    /// The tier that decided, or the last one that tried.
    pub tier: Tier,
    /// Leniencies that `equivalent` needed, in the order of [`Leniency::ALL`].
    pub leniencies: Vec<Leniency>,
    /// Why, in a sentence.
    pub reason: String,
    /// The answer as it stands in the response; `None` when none was found.
    pub extracted: Option<String>,
    /// The reference in normal form.
    pub reference_value: String,
    /// The response's answer in normal form; empty when there is none.
    pub response_value: String,
    /// Which side kept it undecided.
    pub side: Option<Side>,
    /// Version of the verifier and its options: changes when behaviour may.
    pub version: String,
}

impl Verdict {
    /// Whether the response had no final answer at all.
    pub fn no_answer(&self) -> bool {
        self.extracted.is_none() && self.outcome != Outcome::Error
    }
}

/// Compares answers. Pure: the same pair gives the same verdict, always.
pub trait Verifier: Send + Sync {
    /// The verdict on one pair.
    fn verify(&self, pair: &Pair) -> Verdict;

    /// Version of the verifier and its options, stored with every verdict.
    fn version(&self) -> &str;
}
