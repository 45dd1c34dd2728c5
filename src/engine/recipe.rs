//! What a run is told to do, apart from the ports it is given.

use super::budget::Budget;
use super::quality::Quality;
use super::shard::Shard;
use crate::interpreter::Limits;
use crate::model::Sampling;
use crate::store::fold::AgreementRule;

/// How many items each stage works on at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concurrency {
    /// Questions being generated.
    pub generate: usize,
    /// Programs being executed.
    pub execute: usize,
    /// Candidates being solved.
    pub solve: usize,
    /// Pairs being verified.
    pub verify: usize,
    /// Candidates being written.
    pub store: usize,
}

/// A recipe as the engine needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineRecipe {
    /// Hash of everything that defines the run: the same hash resumes.
    pub hash: String,
    /// The recipe as TOML, kept with the run.
    pub text: String,
    /// Slots to fill.
    pub candidates: u64,
    /// The part of them that is taken here, where other stores take the others; the run's identity then is the same in all
    /// of them, and they can be merged into one run.
    pub shard: Option<Shard>,
    /// The run's random seed.
    pub rng_seed: u64,
    /// Start afresh although an unfinished run is there.
    pub fresh: bool,
    /// The row of the run to go on with, instead of the newest unfinished one with this hash.
    pub resume: Option<i64>,
    /// Responses per candidate; with none, or without solvers, nothing is solved and nothing verified.
    pub samples: u32,
    /// Ask for responses in waves, and for no more once none can change what they amount to. Without effect where a band of
    /// pass rates is wanted: a rate needs all of them.
    pub early_stop: bool,
    /// Verified responses that are wanted of a candidate: asked for in waves until it has them, and never more. `None`: all of
    /// `samples`. It also is without effect where a band is wanted.
    pub keep: Option<u32>,
    /// How the responses make an agreement.
    pub agreement: AgreementRule,
    /// Executions of each program; 2 finds the ones that are not deterministic.
    pub executions: u32,
    /// What a program may use.
    pub limits: Limits,
    /// Sampling of solvers.
    pub solver_sampling: Sampling,
    /// Width of the stages.
    pub concurrency: Concurrency,
    /// What may be spent.
    pub budget: Budget,
    /// What candidates must be.
    pub quality: Quality,
    /// Questions that count as asked already, beside the store's: the seeds'. A model that gives a seed back has made
    /// nothing new.
    pub known_questions: Vec<String>,
}

impl EngineRecipe {
    /// Whether a slot is filled here.
    pub(super) fn takes(&self, ordinal: u64) -> bool {
        self.shard.is_none_or(|shard| shard.holds(ordinal))
    }

    /// How many slots are filled here, in the end.
    pub(super) fn slots(&self) -> u64 {
        self.shard.map_or(self.candidates, |shard| shard.count(self.candidates))
    }
}
