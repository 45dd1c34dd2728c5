//! What may be chosen of an export.

use serde::Serialize;

use super::error::ExportError;
use crate::words::words;

words! {
    /// The formats there are.
    pub enum FormatName {
        /// The seed schema: what is exported is a seed dataset.
        Loong = "loong",
        /// Chats for supervised fine-tuning.
        Messages = "messages",
        /// Everything known.
        Raw = "raw",
    }
}

words! {
    /// Which of a candidate's verified responses a format takes that has responses in its rows.
    pub enum WhichResponses {
        /// The one with the lowest sample number.
        FirstVerified = "first-verified",
        /// The one with the fewest characters; of equals the first.
        ShortestVerified = "shortest-verified",
        /// All of them, a row each.
        AllVerified = "all-verified",
    }
}

words! {
    /// What becomes of reasoning that a model gave apart from its reply.
    pub enum Reasoning {
        /// Left out.
        Drop = "drop",
        /// At the head of the content, between `<think>` and `</think>`.
        Think = "think",
        /// In a field of its own, `reasoning_content`.
        Field = "field",
    }
}

/// What may be chosen of an export, apart from the filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ExportOptions {
    /// Which responses.
    pub responses: WhichResponses,
    /// What becomes of reasoning.
    pub reasoning: Reasoning,
    /// Take everything that the filter gives, whatever stands of it. For the raw format only.
    pub all: bool,
}

impl Default for ExportOptions {
    fn default() -> Self {
        Self { responses: WhichResponses::FirstVerified, reasoning: Reasoning::Drop, all: false }
    }
}

impl ExportOptions {
    /// Whether the options go with the format.
    ///
    /// # Errors
    /// [`ExportError::AllIsForRaw`].
    pub fn check(&self, format: FormatName) -> Result<(), ExportError> {
        if self.all && format != FormatName::Raw { Err(ExportError::AllIsForRaw { format }) } else { Ok(()) }
    }
}
