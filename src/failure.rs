//! What can go wrong with a candidate, by stage and kind. Kinds stay different in filters and statistics: a model that
//! refused, a program that crashed and an endpoint that was down are three facts, and none of them is a wrong answer.
//!
//! Every room may use this file; it uses none.

use serde::{Deserialize, Serialize};

use crate::words::words;

/// A word that is not in a closed vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not one of: {known}")]
pub struct UnknownWord {
    /// What was given.
    pub word: String,
    /// The words there are, comma-separated.
    pub known: String,
}

words! {
    /// A stage of the loop, in its order.
    pub enum Stage {
        /// A generator makes a question and, usually, code.
        Generate = "generate",
        /// The code runs in the interpreter.
        Execute = "execute",
        /// Solvers answer the question by chain of thought.
        Solve = "solve",
        /// The verifier compares the two answers.
        Verify = "verify",
        /// The candidate is written to the store.
        Store = "store",
    }
}

words! {
    /// Why something failed.
    pub enum FailureKind {
        /// The reply does not have the asked-for structure.
        Malformed = "malformed",
        /// The model declined.
        Refused = "refused",
        /// The reply ended at the token limit.
        Truncated = "truncated",
        /// The request did not fit the model's context.
        ContextOverflow = "context_overflow",
        /// The endpoint failed, after retries.
        ModelError = "model_error",
        /// Stopped before it was done.
        Cancelled = "cancelled",
        /// The program ended with an error (also after it had printed something).
        CodeError = "code_error",
        /// The program did not end within its wall or CPU time.
        CodeTimeout = "code_timeout",
        /// The program asked for more memory than it may have.
        CodeMemory = "code_memory",
        /// The program printed more than it may.
        CodeOutput = "code_output",
        /// The program ended well and printed nothing.
        CodeEmpty = "code_empty",
        /// Executions that should print one value printed unlike ones: of one program, or of several without a majority.
        Nondeterministic = "nondeterministic",
        /// The program's packages could not be had.
        VenvError = "venv_error",
        /// A response without a final answer: the policy's own failure.
        NoAnswer = "no_answer",
        /// The question is the same, or nearly, as an earlier one.
        Duplicate = "duplicate",
        /// The question is in a file that it must not be in.
        Contaminated = "contaminated",
        /// The question cannot be answered from what it says.
        Underspecified = "underspecified",
        /// The question gives its answer away.
        LeaksAnswer = "leaks_answer",
        /// The difficulty is outside the wanted band.
        OffBand = "off_band",
        /// The domain or seed has had its share.
        OverQuota = "over_quota",
    }
}

/// One failure of one candidate or response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Where it happened.
    pub stage: Stage,
    /// What it was.
    pub kind: FailureKind,
    /// A sentence for a person.
    pub message: String,
}

impl FailureKind {
    /// Whether the code could not be executed to its answer.
    pub fn is_of_code(self) -> bool {
        self.as_str().starts_with("code_")
    }
}

impl Failure {
    /// A failure of `kind` in `stage`, told in a sentence.
    pub fn new(stage: Stage, kind: FailureKind, message: impl Into<String>) -> Self {
        Self { stage, kind, message: message.into() }
    }
}

/// Why a reply that was asked for with `max_tokens` was cut off, of which `used` came.
pub fn truncated(max_tokens: Option<u32>, used: Option<u64>) -> String {
    match (max_tokens, used) {
        (Some(most), Some(used)) if used < u64::from(most) => {
            format!("cut off after {used} of max_tokens = {most}: the model's context may be full")
        }
        (Some(most), _) => {
            format!("the reply ended at the token limit, max_tokens = {most}; allow more under [sampling]")
        }
        (None, _) => "the reply ended at the endpoint's own token limit; set max_tokens under [sampling]".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_truncated_reply_names_the_limit_that_it_hit() {
        for (most, used, wanted) in [
            (Some(512), Some(512), "at the token limit, max_tokens = 512"),
            (Some(512), None, "at the token limit, max_tokens = 512"),
            (Some(512), Some(100), "after 100 of max_tokens = 512"),
            (None, Some(100), "the endpoint's own token limit"),
        ] {
            let told = truncated(most, used);
            assert!(told.contains(wanted), "{told}");
        }
    }
}
