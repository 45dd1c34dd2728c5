//! The trait behind which every format stands.

use serde_json::Value;

use super::columns::Column;
use super::options::{ExportOptions, FormatName, Reasoning};
use super::selection::Skip;
use super::{chat, loong, preference, prompts, raw, turns};
use crate::store::record::CandidateView;

/// A format: how a candidate becomes rows. A pure function of the candidate and the options.
pub trait Format: Sync {
    /// Its name.
    fn name(&self) -> FormatName;

    /// Its columns, in a Markdown list for the dataset card.
    fn columns(&self) -> &'static str;

    /// The same for files that say their columns, with reasoning as it is kept.
    fn schema(&self, reasoning: Reasoning) -> Vec<Column>;

    /// What it is for, in a few words.
    fn about(&self) -> &'static str;

    /// Whether its rows hold a response that was chosen among the verified ones.
    fn has_responses(&self) -> bool {
        false
    }

    /// The candidate's rows, at least one; whether the candidate belongs in a dataset is not asked here.
    ///
    /// # Errors
    /// The reason for which the candidate cannot be a row of this format.
    fn rows(&self, view: &CandidateView, options: &ExportOptions) -> Result<Vec<Value>, Skip>;
}

impl FormatName {
    /// The format of this name.
    pub fn format(self) -> &'static dyn Format {
        match self {
            Self::Loong => &loong::Loong,
            Self::Messages => &chat::Messages,
            Self::PromptCompletion => &chat::PromptCompletion,
            Self::PromptOnly => &prompts::PromptOnly,
            Self::Preference => &preference::Preference,
            Self::Verl => &prompts::Verl,
            Self::ShareGpt => &turns::ShareGpt,
            Self::Alpaca => &turns::Alpaca,
            Self::Raw => &raw::Raw,
        }
    }
}
