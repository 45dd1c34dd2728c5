//! Runs, what they asked of models, and what that used.

use serde::Serialize;

use crate::model::Role;
use crate::store::IdSet;
use crate::words::words;

words! {
    /// State of a run.
    pub enum RunState {
        /// At work, or killed while at work.
        Running = "running",
        /// Stopped before its target.
        Stopped = "stopped",
        /// At its end.
        Done = "done",
    }
}

/// A run to be opened.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRun {
    /// Hash of everything that defines it (recipe, seeds): the same definition resumes.
    pub recipe_hash: String,
    /// The recipe as TOML text.
    pub recipe: String,
    /// The strategy's name.
    pub strategy: String,
    /// The run's random seed.
    pub rng_seed: u64,
    /// Slots to fill.
    pub target: u64,
    /// Whether to start afresh although an unfinished run with this recipe is there.
    pub fresh: bool,
    /// The row of the run to go on with, whatever its state, instead of the newest unfinished one with this recipe.
    pub resume: Option<i64>,
    /// Whether several stores hold parts of it: its identity then hangs on its recipe and random seed alone, and it is gone
    /// on with in whatever state it is.
    pub in_shards: bool,
}

/// An opened run.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Row.
    pub id: i64,
    /// Stable identity: hash of store uid, recipe hash and count; of a run in shards, of recipe hash and random seed.
    pub uid: String,
    /// The random seed it was opened with.
    pub rng_seed: u64,
    /// Slots to fill.
    pub target: u64,
    /// Slots that already have a candidate.
    pub filled: IdSet,
    /// Whether it existed before.
    pub resumed: bool,
    /// Tokens its stored replies used, where known.
    pub tokens: u64,
}

impl Run {
    /// Whether a slot already has a candidate.
    pub fn is_filled(&self, slot: u64) -> bool {
        self.filled.contains(slot.cast_signed())
    }
}

/// What replies used and cost, of one model in one role. What an endpoint did not say is in no sum, and counted apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spent {
    /// The role.
    pub role: Role,
    /// The model asked for.
    pub model: String,
    /// Replies.
    pub replies: u64,
    /// Replies whose tokens the endpoint did not say.
    pub unknown: u64,
    /// Tokens of requests.
    pub prompt_tokens: u64,
    /// Of these, tokens that came from the endpoint's cache.
    pub cached_tokens: u64,
    /// Tokens of replies, reasoning included.
    pub completion_tokens: u64,
    /// Tokens of reasoning alone.
    pub reasoning_tokens: u64,
    /// US dollars, of the replies whose cost is known.
    pub usd: f64,
    /// Replies whose cost nobody knows.
    pub unpriced: u64,
    /// Seconds waited for replies, all together.
    pub seconds: f64,
}

impl Spent {
    /// Nothing yet.
    pub fn none(role: Role, model: impl Into<String>) -> Self {
        Self {
            role,
            model: model.into(),
            replies: 0,
            unknown: 0,
            prompt_tokens: 0,
            cached_tokens: 0,
            completion_tokens: 0,
            reasoning_tokens: 0,
            usd: 0.0,
            unpriced: 0,
            seconds: 0.0,
        }
    }

    /// Adds a reply.
    pub fn add(&mut self, reply: &crate::model::ChatReply) {
        let usage = &reply.usage;
        self.replies += 1;
        self.unknown += u64::from(usage.total().is_none());
        let sum = |sum: &mut u64, more: Option<u64>| *sum = sum.saturating_add(more.unwrap_or(0));
        sum(&mut self.prompt_tokens, usage.prompt_tokens);
        sum(&mut self.cached_tokens, usage.cached_tokens);
        sum(&mut self.completion_tokens, usage.completion_tokens);
        sum(&mut self.reasoning_tokens, usage.reasoning_tokens);
        self.usd += reply.cost.unwrap_or(0.0);
        self.unpriced += u64::from(reply.cost.is_none());
        self.seconds += reply.seconds;
    }

    /// Prompt and completion together, as far as known.
    pub fn tokens(&self) -> u64 {
        self.prompt_tokens.saturating_add(self.completion_tokens)
    }
}

/// How one model was asked in one role by earlier runs of a strategy: what an estimate goes by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Habit {
    /// The run.
    pub run_id: i64,
    /// What was used and what it cost.
    #[serde(flatten)]
    pub spent: Spent,
    /// Slots of the run for which it was asked at least once.
    pub slots: u64,
    /// Characters of the rendered prompts.
    pub prompt_chars: u64,
    /// Sum of the squares of each reply's tokens, prompt included: how far they scatter.
    pub tokens_squared: f64,
    /// The run's recipe, as TOML.
    pub recipe: String,
}

/// A run as `stats` lists it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunSummary {
    /// Row.
    pub id: i64,
    /// Stable identity.
    pub uid: String,
    /// The strategy's name.
    pub strategy: String,
    /// State.
    pub state: RunState,
    /// Slots to fill.
    pub target: u64,
    /// Candidates it has.
    pub candidates: u64,
    /// RFC 3339.
    pub started_at: String,
    /// RFC 3339.
    pub ended_at: Option<String>,
    /// Hash of everything that defines it: the same definition resumes.
    pub recipe_hash: String,
    /// The random seed it was opened with.
    pub rng_seed: u64,
    /// The recipe as TOML text.
    pub recipe: String,
}

/// A reply to be kept before anybody uses it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewReply {
    /// [`crate::model::ChatRequest::key`].
    pub key: String,
    /// The run that asked.
    pub run_id: i64,
    /// The request (role, ordinal, sample, sampling and schema are stored from it; its rendered prompt is stored once
    /// under its hash).
    pub request: crate::model::ChatRequest,
    /// The model asked for.
    pub model: String,
    /// What it answered.
    pub reply: crate::model::ChatReply,
}

/// A reply as it was stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredReply {
    /// Row.
    pub id: i64,
    /// Hash of the rendered prompt.
    pub prompt_hash: String,
    /// The reply.
    pub reply: crate::model::ChatReply,
}
