//! Tier 5: what a computer algebra system may be asked about a pair that the native tiers left undecided, and what its
//! word is worth.
//!
//! Pure: whoever runs the system gives it [`SymbolicQuestion::json`] and what it printed to [`SymbolicQuestion::hear`].
//! Neither side is ever parsed as text again: both are trees of tags, digits and indices.

mod descent;
mod tree;
mod word;

use serde_json::Value;

use self::descent::{Piece, pieces};
pub use self::word::Heard;
use super::leniency::LeniencySet;
use super::rules;
use super::{Outcome, Pair, RuleVerifier, Tier, Verdict, Verifier};

/// Name of this generation of tier 5, which every verdict carries that it may take part in: changes with every change of
/// behaviour.
pub const SYMBOLIC: &str = "symbolic-1";

/// Most alternatives of a reference that are asked about.
const ALTERNATIVES: usize = 4;

/// One question: the places where the response and one alternative of the reference could not be compared natively.
#[derive(Debug, Clone)]
pub struct SymbolicQuestion {
    pieces: Vec<Piece>,
    /// Leniencies that the rest of the answers needed.
    used: LeniencySet,
    /// The native verdict on this alternative.
    native: Verdict,
}

/// What may be asked of a pair.
#[derive(Debug, Clone, Default)]
pub struct SymbolicQuestions {
    /// In the order of the alternatives.
    pub questions: Vec<SymbolicQuestion>,
    /// Whether no other alternative is undecided, so that "different" to all of them is "different".
    pub all: bool,
}

impl SymbolicQuestions {
    /// The questions that a pair with this native verdict gives: none unless it is undecided, and both answers were read.
    pub fn of(verifier: &RuleVerifier, pair: &Pair, verdict: &Verdict) -> Self {
        let mut found = Self { questions: Vec::new(), all: true };
        if verdict.outcome != Outcome::Undecided || verdict.extracted.is_none() {
            return found;
        }
        for reference in &pair.references {
            let alone = Pair { references: vec![reference.clone()], ..pair.clone() };
            let native = if pair.references.len() == 1 { verdict.clone() } else { verifier.verify(&alone) };
            if native.outcome != Outcome::Undecided {
                continue;
            }
            let question = (found.questions.len() < ALTERNATIVES)
                .then(|| SymbolicQuestion::of(verifier, &alone, reference, native))
                .flatten();
            match question {
                Some(question) => found.questions.push(question),
                None => found.all = false,
            }
        }
        found
    }
}

impl SymbolicQuestion {
    fn of(verifier: &RuleVerifier, pair: &Pair, reference: &str, native: Verdict) -> Option<Self> {
        let (reference, response) = rules::typed(reference, &pair.response)?;
        let around = rules::around(verifier, pair);
        let mut used = LeniencySet::NONE;
        let pieces = pieces(&reference, &response, &around, &mut used)?;
        (!pieces.is_empty()).then_some(Self { pieces, used, native })
    }

    /// The question as JSON: a list with an object for each place.
    pub fn json(&self) -> String {
        Value::Array(self.pieces.iter().map(|p| p.tree.clone()).collect()).to_string()
    }

    /// The verdict that an answer makes of the native one; `None` where the answer cannot be read.
    pub fn hear(&self, verifier: &RuleVerifier, pair: &Pair, answer: &str) -> Option<Heard> {
        let around = rules::around(verifier, pair);
        word::hear(&self.pieces, self.used, answer, &around)
    }

    /// The native verdict with what was heard; as it was where that is nothing.
    pub fn conclude(&self, heard: &Heard) -> Verdict {
        let mut verdict = self.native.clone();
        let (outcome, used, reason) = match heard {
            Heard::Same(used, reason) => (Outcome::Equivalent, *used, reason),
            Heard::Different(reason) => (Outcome::Different, LeniencySet::NONE, reason),
            Heard::Unknown => return verdict,
        };
        verdict.outcome = outcome;
        verdict.tier = Tier::Symbolic;
        verdict.leniencies = used.to_vec();
        verdict.side = None;
        verdict.reason.clone_from(reason);
        verdict
    }
}

/// Adds a sentence to a verdict's reason.
pub fn remark(verdict: &mut Verdict, sentence: &str) {
    let space = if verdict.reason.is_empty() { "" } else { " " };
    verdict.reason = format!("{}{space}{sentence}.", verdict.reason);
}
