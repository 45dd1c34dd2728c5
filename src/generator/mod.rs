//! Generators: where candidates' questions come from.
//!
//! The trait assumes nothing of the method: a generator may ask a model, run a program or fill a template. The room must
//! not know how a reply is stored, how code runs, or what becomes of a draft.

pub mod few_shot;
pub mod prompt;

use async_trait::async_trait;

use crate::failure::Failure;
use crate::interpreter::{Dependencies, Wanted};
use crate::model::Ask;

/// A new question, before anything of it was executed or answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The question.
    pub question: String,
    /// The code whose output is the reference answer.
    pub code: String,
    /// The domain's slug.
    pub domain: String,
    /// Packages that the code needs.
    pub dependencies: Dependencies,
    /// What it may need beyond the run's limits.
    pub limits: Wanted,
}

/// What a draft was made from. Kept also when making it failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provenance {
    /// Content ids of the seeds shown.
    pub seeds: Vec<String>,
    /// Uid of the candidate it was evolved from.
    pub parent: Option<String>,
    /// Content id of the seed at the root of its lineage; splits never cut a family.
    pub family: Option<String>,
    /// Domain the draft was meant for, known before the reply is.
    pub domain: Option<String>,
    /// Hash of the rendered prompt.
    pub prompt_hash: Option<String>,
    /// Row of the generator's reply in the store.
    pub reply_id: Option<i64>,
    /// The reply's text, where nothing could be made of it.
    pub raw: Option<String>,
}

/// What came of one slot of a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Generated {
    /// A draft.
    Draft(Draft, Provenance),
    /// The slot is used up and gave nothing; it is kept as a failed candidate.
    Failed(Failure, Provenance),
    /// There is nothing more to generate: the run ends early and in order.
    Ended(String),
}

/// Why a run cannot go on generating (a slot is *not* used up by this).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GenerateError {
    /// The run is stopping.
    #[error("the run is stopping")]
    Stopping,
    /// Every further slot would fail alike (no key, quota used up, store full).
    #[error("{0}")]
    Final(String),
}

/// Makes drafts, one a slot. Must be a pure function of the slot and of the replies it is given, so that a killed run
/// can take the same way again.
#[async_trait]
pub trait Generator: Send + Sync {
    /// The strategy's name, such as `few-shot`.
    fn strategy(&self) -> &'static str;

    /// Makes the draft of slot `ordinal` (from 0), asking models through `ask` only.
    async fn generate(&self, ordinal: u64, ask: &dyn Ask) -> Result<Generated, GenerateError>;
}
