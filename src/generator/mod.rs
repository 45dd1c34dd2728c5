//! Generators: where candidates' questions come from.
//!
//! The trait assumes nothing of the method: a generator may ask a model, run a program or fill a template. The room must
//! not know how a reply is stored, how code runs, or what becomes of a draft.

pub mod command;
pub mod evol_instruct;
pub mod few_shot;
mod filter;
mod form;
pub mod multi_agent;
mod pool;
pub mod prompt;
mod rationale;
pub mod rejection;
pub mod self_instruct;
mod similarity;
pub mod template;
mod turn;

use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::interpreter::{Dependencies, Wanted};
use crate::model::{Ask, AskError, Role};

/// A new question, before anything of it was executed or answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The question.
    pub question: String,
    /// Where its reference answer comes from.
    pub reference: Reference,
    /// The domain's slug.
    pub domain: String,
    /// Packages that the code needs.
    pub dependencies: Dependencies,
    /// What it may need beyond the run's limits.
    pub limits: Wanted,
    /// Whether the question claims to be new: then one that is the same as an earlier one is refused.
    pub novel: bool,
}

impl Draft {
    /// The programs that are executed for its reference.
    pub fn programs(&self) -> &[String] {
        match &self.reference {
            Reference::Programs(programs) => programs,
            Reference::Given { .. } => &[],
        }
    }

    /// The program that stands for the draft: the first, or the one that came with the answer.
    pub fn code(&self) -> Option<&str> {
        match &self.reference {
            Reference::Programs(programs) => programs.first().map(String::as_str),
            Reference::Given { code, .. } => code.as_deref(),
        }
    }
}

/// Where a draft's reference answer comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Reference {
    /// Programs that solve the question independently, never none: what most of them print is the reference, and the first
    /// that prints it is the candidate's code.
    Programs(Vec<String>),
    /// It came with the question and is not executed.
    Given {
        /// The answer.
        answer: String,
        /// The program that is said to print it, where there is one.
        code: Option<String>,
    },
}

/// What a draft was made from. Kept also when making it failed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Provenance {
    /// Content ids of the seeds shown.
    pub seeds: Vec<String>,
    /// Uid of the candidate it was evolved from.
    pub parent: Option<String>,
    /// Content id of the seed at the root of its lineage; splits never cut a family.
    pub family: Option<String>,
    /// Steps from a seed: 0 where it was evolved from no candidate.
    pub depth: u32,
    /// By which operation it was made of its parent, such as `deepening`.
    pub operation: Option<String>,
    /// What else is worth keeping, for the candidate's metadata.
    pub notes: Map<String, Value>,
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
    Draft(Box<Draft>, Provenance),
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

/// A candidate of a run whose responses agree with its reference, as generators take it up again.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// Its identity.
    pub uid: String,
    /// Its slot.
    pub ordinal: u64,
    /// The domain's slug.
    pub domain: String,
    /// The question.
    pub question: String,
    /// The program that printed the reference, where one did.
    pub code: Option<String>,
    /// Packages that the code needs.
    pub dependencies: Dependencies,
    /// Content id of the seed at its root.
    pub family: Option<String>,
    /// Steps from a seed.
    pub depth: u32,
    /// The mean of its critic's grades, 1 to 5, where it was graded: `score` of its notes.
    pub score: Option<f64>,
}

/// Chooses what a slot works on, among candidates accepted so far.
pub type Choose<'a> = &'a (dyn Fn(&[Accepted]) -> Value + Send + Sync);

/// What a generator works with: models, asked through the journal, and what slots have chosen.
#[async_trait]
pub trait Desk: Ask {
    /// What slot `ordinal` chose when it was first taken. Where it has chosen nothing yet, `choose` is given candidates of
    /// the run that are accepted at this moment, of one domain or none at all, in no order to rely on: all of them, or
    /// some hundreds drawn of more. What it says is kept before it is returned: a resumed run takes the same way again
    /// although the moment is another.
    async fn choice(&self, ordinal: u64, of: Option<&str>, choose: Choose<'_>) -> Result<Value, AskError>;
}

/// What a slot is going to be about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The domain's slug.
    pub domain: Option<String>,
    /// Content id of the seed at its root.
    pub family: Option<String>,
}

/// Makes drafts, one a slot. Must be a pure function of the slot, of the replies it is given and of its slot's
/// choice, so that a killed run can take the same way again.
#[async_trait]
pub trait Generator: Send + Sync {
    /// The strategy's name, such as `few-shot`.
    fn strategy(&self) -> &'static str;

    /// What slot `ordinal` is going to be about, as far as that is known before anybody is asked: what there is enough of
    /// is not paid for.
    fn about(&self, ordinal: u64) -> About {
        let _ = ordinal;
        About::default()
    }

    /// How often each role is asked for a slot, as a rule: what an estimate counts by before there was a run to count. Roles
    /// that are left out are asked as often as the first request shows.
    fn requests(&self) -> Vec<(Role, f64)> {
        Vec::new()
    }

    /// Makes the draft of slot `ordinal` (from 0), asking models through `desk` only.
    async fn generate(&self, ordinal: u64, desk: &dyn Desk) -> Result<Generated, GenerateError>;
}
