//! What the outside hears of a run.

use std::collections::BTreeMap;

use serde::Serialize;

use super::budget::Bound;
use super::live::LiveNews;
use crate::failure::{FailureKind, Stage};
use crate::model::{Role, Usage};
use crate::store::record::{Agreement, Spent};
use crate::verifier::Outcome;

/// Something that happened. Serialised as one JSON object with `event` first.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EngineEvent {
    /// The run is open.
    Started {
        /// Its row.
        run: i64,
        /// Its identity.
        uid: String,
        /// Whether it goes on with an earlier one.
        resumed: bool,
        /// Slots that already have a candidate.
        filled: u64,
        /// Slots to fill.
        target: u64,
        /// Tokens of the replies that it has already.
        tokens: u64,
    },
    /// A model has replied, or the store has in its place.
    Reply {
        /// The role it was asked in.
        role: Role,
        /// The model asked for.
        model: String,
        /// Tokens that the reply used, prompt included, as far as the endpoint said.
        tokens: Option<u64>,
        /// Tokens that count against the budget: those, or a guess where the endpoint did not say; none when reused.
        counted: u64,
        /// Seconds from the first attempt to the whole reply, also where that was in an earlier sitting.
        seconds: f64,
        /// Whether it was read from the store instead of asked for.
        reused: bool,
        /// The tokens, part by part.
        usage: Usage,
        /// US dollars that it cost, where that is known.
        cost: Option<f64>,
    },
    /// What the replies of earlier sittings used and cost, by role and model; after [`EngineEvent::Started`].
    Spent {
        /// One line for each model in each role.
        lines: Vec<Spent>,
    },
    /// An item has come into a stage.
    Entered {
        /// The slot.
        ordinal: u64,
        /// The stage.
        stage: Stage,
    },
    /// An item has left a stage: for the next one, for the store, or kept.
    Left {
        /// The slot.
        ordinal: u64,
        /// The stage.
        stage: Stage,
    },
    /// A candidate is in the store.
    Candidate {
        /// Its row.
        id: i64,
        /// Its slot.
        ordinal: u64,
        /// Its domain.
        domain: String,
        /// The stage it failed in.
        stage: Option<Stage>,
        /// The kind of failure.
        kind: Option<FailureKind>,
        /// Verdicts of its responses, in order; `null` where a response failed before it could be verified.
        verdicts: Vec<Option<Outcome>>,
        /// What they amount to.
        agreement: Agreement,
        /// What came of it in one word: the failure's kind, that of its only responses, or the agreement.
        state: String,
        /// The failure in a sentence, where that word is a kind of failure; its beginning when it is long.
        message: Option<String>,
        /// From the slot's start to the store.
        seconds: f64,
    },
    /// Long work has news (a venv is being made).
    Progress {
        /// A line for a person.
        message: String,
    },
    /// From a slot on, another strategy makes the candidates.
    Switched {
        /// The first such slot.
        ordinal: u64,
        /// The strategy's name.
        strategy: String,
    },
    /// News of the slot that is watched; told only while somebody does.
    Live {
        /// The slot.
        ordinal: u64,
        /// What is new.
        #[serde(flatten)]
        news: LiveNews,
    },
    /// The budget is spent; the run drains.
    BudgetSpent {
        /// Which part of it.
        bound: Bound,
        /// Tokens used so far.
        tokens: u64,
    },
    /// The run has ended.
    Ended(Report),
}

/// Why a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// Every slot is filled.
    Done,
    /// The generator has nothing more; in its words.
    Exhausted(String),
    /// The budget is spent: this part of it.
    Budget(Bound),
    /// The user drained or stopped it.
    Stopped,
    /// Going on would fail alike for every further slot; in a sentence.
    Failed(String),
}

/// What came of a run, this time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Its row.
    pub run: i64,
    /// Why it ended.
    pub why: Ended,
    /// Slots to fill.
    pub target: u64,
    /// Slots that have a candidate, from earlier too.
    pub filled: u64,
    /// Candidates written this time.
    pub written: u64,
    /// Candidates by what came of them: an [`Agreement`] word, or a failure kind.
    pub by_state: BTreeMap<String, u64>,
    /// Replies that came from models this time.
    pub asked: u64,
    /// Replies read from the store instead.
    pub reused: u64,
    /// Tokens that this run's replies used, as far as endpoints said.
    pub tokens: u64,
    /// What replies used and cost, by role and model, from earlier sittings too.
    pub spent: Vec<Spent>,
    /// Seconds this time.
    pub seconds: f64,
}
