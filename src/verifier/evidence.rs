//! What the words of a verdict mean, in sentences for a person who has only the verdict.

use super::{Leniency, Outcome, Side, Tier, Verdict};

impl Tier {
    /// How this tier decides.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Extract => "finding the answer in the response",
            Self::Text => "words, options, yes and no",
            Self::Structure => "containers and kinds, part by part",
            Self::Number => "values, exactly or by their digits",
            Self::Algebra => "expressions, exactly or at points",
            Self::Symbolic => "SymPy, with a numeric evaluation that agrees",
            Self::Judge => "a judge model's vote",
        }
    }
}

impl Leniency {
    /// What it lets pass.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Rounding => "a decimal stands for the value it is rounded from",
            Self::Order => "the elements may stand in another order",
            Self::UnitsDropped => "a unit may stand on one side only",
            Self::Percent => "10 % may be written as 10 or as 0.1",
            Self::LhsDropped => "the name before the value may be left out: x = 3 is 3",
            Self::Renamed => "variables may have other names",
            Self::Singleton => "a container of one stands for its element: [3] is 3",
            Self::Container => "list, tuple, vector and set may stand for one another",
            Self::Case => "capitals, accents, articles, punctuation may differ",
            Self::Prose => "words may stand around the answer",
            Self::ConstantDropped => "the constant of integration may be left out",
            Self::Boolean => "True may be written as yes, or as 1",
            Self::Currency => "a currency's sign may stand on one side only",
            Self::SubsetOfSolutions => "some of several solutions are enough",
        }
    }
}

impl Verdict {
    /// What a person can do about a verdict that decides nothing.
    pub fn advice(&self) -> Option<&'static str> {
        Some(match (self.outcome, self.side) {
            (Outcome::Equivalent | Outcome::Different, _) => return None,
            (Outcome::Error, _) => "mend what the reason names and verify it again; nothing is said about the answers",
            (Outcome::Undecided, _) if self.no_answer() && self.side != Some(Side::Reference) => {
                "ask for the final answer in \\boxed{}; until then it counts as no answer"
            }
            (Outcome::Undecided, _) if self.tier == Tier::Text && !self.reason.contains("could not be read") => {
                "let a judge model decide (--judge), or judge the pair by hand; until then it is not accepted"
            }
            (Outcome::Undecided, Some(Side::Reference)) => {
                "write the reference as a number, LaTeX, SymPy or Python and verify it again, or judge the pair by hand"
            }
            (Outcome::Undecided, Some(Side::Response)) => {
                "judge the pair by hand if the response may be right; until then it counts as an answer that can't be read"
            }
            (Outcome::Undecided, _) => {
                "let SymPy or a judge model decide (--symbolic, --judge), or judge the pair by hand"
            }
        })
    }
}
