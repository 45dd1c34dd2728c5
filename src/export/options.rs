//! What may be chosen of an export.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use serde::Serialize;

use super::error::ExportError;
use crate::likeness::{Contamination, ContaminationError, Grams};
use crate::words::words;

words! {
    /// The formats there are.
    pub enum FormatName {
        /// The seed schema: what is exported is a seed dataset.
        Loong = "loong",
        /// Chats for supervised fine-tuning.
        Messages = "messages",
        /// A prompt and its completion, as TRL's `SFTTrainer` reads them.
        PromptCompletion = "prompt-completion",
        /// A prompt with its answer, as TRL's `GRPOTrainer` and reward functions read them.
        PromptOnly = "prompt-only",
        /// A verified and a refuted response to the same prompt, as TRL's `DPOTrainer` reads them.
        Preference = "preference",
        /// A prompt with its ground truth, as verl's RL datasets have it.
        Verl = "verl",
        /// Turns of a human and a model, as `ShareGPT` had them.
        ShareGpt = "sharegpt",
        /// Instruction and output, as Alpaca had them.
        Alpaca = "alpaca",
        /// Everything known.
        Raw = "raw",
    }
}

words! {
    /// How rows become bytes.
    pub enum Encoding {
        /// A JSON object a line.
        Lines = "jsonl",
        /// Columns, in Parquet.
        Parquet = "parquet",
    }
}

impl Encoding {
    /// What the name of a file asks for: `.parquet` is Parquet, and everything else lines.
    pub fn of(place: &Path) -> Self {
        if place.extension().is_some_and(|kind| kind == "parquet") { Self::Parquet } else { Self::Lines }
    }
}

words! {
    /// Whose trainer a reward function is written for.
    pub enum RewardFor {
        /// TRL's `GRPOTrainer`, over rows of `prompt-only`.
        Trl = "trl",
        /// verl, over rows of `verl`.
        Verl = "verl",
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

words! {
    /// What becomes of candidates that ask what an earlier one has asked.
    pub enum Duplicates {
        /// The first one is taken.
        Drop = "drop",
        /// The first one is taken, also of those that ask nearly the same: the same numbers in the same order, and most
        /// pairs of words.
        DropNear = "drop-near",
        /// All are.
        Keep = "keep",
    }
}

/// What may be chosen of an export, apart from the filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ExportOptions {
    /// Which responses.
    pub responses: WhichResponses,
    /// What becomes of reasoning.
    pub reasoning: Reasoning,
    /// What becomes of questions that are the same but for case and blanks. Where everything is taken, all are kept.
    pub duplicates: Duplicates,
    /// Words in a row that keep a question out which has them in common with a file to keep away from.
    pub ngram: u16,
    /// Of a thousand families, how many go into a file of their own to test on. A family is never cut: what was made from
    /// the same seed is on one side, and stays there when more candidates come.
    pub test_per_mille: u16,
    /// Take everything that the filter gives, whatever stands of it. For the raw format only.
    pub all: bool,
}

impl Default for ExportOptions {
    fn default() -> Self {
        Self {
            responses: WhichResponses::FirstVerified,
            reasoning: Reasoning::Drop,
            duplicates: Duplicates::Drop,
            ngram: 13,
            test_per_mille: 0,
            all: false,
        }
    }
}

impl ExportOptions {
    /// Whether the options go with the format.
    ///
    /// # Errors
    /// [`ExportError::AllIsForRaw`], [`ExportError::NoFieldForReasoning`].
    pub fn check(&self, format: FormatName) -> Result<(), ExportError> {
        if self.all && format != FormatName::Raw {
            return Err(ExportError::AllIsForRaw { format });
        }
        let turns = matches!(format, FormatName::ShareGpt | FormatName::Alpaca);
        if turns && self.reasoning == Reasoning::Field {
            return Err(ExportError::NoFieldForReasoning { format });
        }
        Ok(())
    }

    /// Reads the files, which `by` names, whose questions are left out. Ends where `stop` is set meanwhile.
    ///
    /// # Errors
    /// A file that cannot be used.
    pub fn read_against(
        &self,
        by: &'static str,
        paths: &[PathBuf],
        stop: &AtomicBool,
    ) -> Result<Contamination, ContaminationError> {
        Contamination::read(by, paths, Grams::of(usize::from(self.ngram)), stop)
    }
}
