//! What the store keeps, as plain values. Names are product words; each struct mirrors what is one fact.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::IdSet;
use super::revision::{Revised, Revision};
use super::suspicion::Suspicion;
use crate::failure::Failure;
use crate::model::Role;
use crate::verifier::{Outcome, Verdict};
use crate::words::words;

words! {
    /// Where a reference answer comes from.
    pub enum ReferenceKind {
        /// The candidate's code printed it.
        Executed = "executed",
        /// It came with an imported rollout, a seed or an episode.
        Given = "given",
    }
}

words! {
    /// Where a candidate comes from.
    pub enum Origin {
        /// The loop made it.
        Loop = "loop",
        /// It was imported.
        Import = "import",
        /// It is a seed that was checked.
        Seed = "seed",
        /// An episode of the environment.
        Episode = "episode",
    }
}

words! {
    /// What a candidate's responses amount to under the recipe's agreement rule.
    pub enum Agreement {
        /// The responses agree with the reference.
        Agrees = "agrees",
        /// They do not.
        Disagrees = "disagrees",
        /// The verifier could not tell of enough of them.
        Undecided = "undecided",
        /// There is nothing to agree: no reference or no response.
        None = "none",
    }
}

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

/// One execution of a candidate's code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExecutionRecord {
    /// blake3 of the code, hex.
    pub code_hash: String,
    /// How it ended: `exit`, `signal`, `timeout`, `memory` or `output`.
    pub end: String,
    /// Exit status or signal number.
    pub status: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it printed to stderr.
    pub stderr: String,
    /// Bytes printed in all.
    pub stdout_bytes: u64,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// CPU seconds.
    pub cpu_seconds: f64,
    /// Peak resident bytes.
    pub memory: u64,
    /// Word of [`crate::interpreter::Isolation`].
    pub isolation: String,
    /// Identity of the venv.
    pub venv: String,
    /// Version of Python.
    pub python: String,
    /// Packages that were there in another version than the pinned one, such as `pandas 1.5.3 → 2.1.1`.
    #[serde(default)]
    pub substituted: Vec<String>,
}

/// One solver's reply to a candidate's question, with what was made of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResponseRecord {
    /// Which sample, from 0.
    pub sample: u32,
    /// The solver: model asked for, or the name that an import gives.
    pub solver: String,
    /// The stored reply it is, if the loop asked for it.
    pub reply_id: Option<i64>,
    /// The text.
    pub text: String,
    /// The reasoning, kept apart.
    pub reasoning: Option<String>,
    /// The CoT answer.
    pub answer: Option<String>,
    /// Why there is no verdict, or `no_answer`.
    pub failure: Option<Failure>,
    /// The verdict; `None` when there was no reference or no text to verify.
    pub verdict: Option<Verdict>,
    /// A reward that came with an import.
    pub given_reward: Option<f64>,
}

/// A candidate, whole, to be written in one transaction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CandidateRecord {
    /// Stable identity: hash of run uid and ordinal, or of an import's content. Writing the same uid again changes
    /// nothing.
    pub uid: String,
    /// Where it comes from.
    pub origin: Origin,
    /// The run that made it.
    pub run_id: Option<i64>,
    /// Its slot in the run.
    pub ordinal: Option<u64>,
    /// The strategy's name; for imports the source file's name.
    pub strategy: String,
    /// The domain's slug; empty when unknown.
    pub domain: String,
    /// The question; empty when there is none.
    pub question: String,
    /// The code; `None` for imports.
    pub code: Option<String>,
    /// Packages that the code needs.
    pub dependencies: Vec<String>,
    /// The reference answer; further alternatives, of which any counts, in `metadata.references`.
    pub reference: Option<String>,
    /// Where the reference comes from.
    pub reference_kind: Option<ReferenceKind>,
    /// Content ids of the seeds shown.
    pub seeds: Vec<String>,
    /// Uid of the candidate it was evolved from.
    pub parent: Option<String>,
    /// Content id of the seed at its root.
    pub family: Option<String>,
    /// Steps from a seed: 0 where it was evolved from no candidate.
    pub depth: u32,
    /// By which operation it was made of its parent, such as `deepening`.
    pub operation: Option<String>,
    /// Hash of the generator's rendered prompt.
    pub prompt_hash: Option<String>,
    /// The generator's stored reply.
    pub generator_reply_id: Option<i64>,
    /// Why there is no question, no reference or no response.
    pub failure: Option<Failure>,
    /// Executions, in order.
    pub executions: Vec<ExecutionRecord>,
    /// Responses, by sample.
    pub responses: Vec<ResponseRecord>,
    /// What the responses amount to.
    pub agreement: Agreement,
    /// Seconds from the slot's start to its end.
    pub seconds: f64,
    /// Seconds in each stage.
    pub stages: StageSeconds,
    /// Anything else: an import's other fields, a failed generation's raw reply under `raw`.
    pub metadata: serde_json::Map<String, Value>,
}

/// Seconds that a candidate spent in each stage, waiting for a place not counted; `None` where it did not come to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct StageSeconds {
    /// Until there was a question.
    pub generate: Option<f64>,
    /// Until the reference was printed.
    pub execute: Option<f64>,
    /// Until all responses were there.
    pub solve: Option<f64>,
    /// Until all had a verdict.
    pub verify: Option<f64>,
}

words! {
    /// Which kind of decision.
    pub enum DecisionKind {
        /// On a pair: equivalent, different, can't tell.
        Judgement = "judgement",
        /// On a candidate: accept, reject, flag.
        Curation = "curation",
        /// A corrected text of a candidate.
        Revision = "revision",
        /// Takes an earlier decision back.
        Reversal = "reversal",
    }
}

words! {
    /// A person's word on a pair.
    pub enum Judgement {
        /// The two answers mean the same.
        Equivalent = "equivalent",
        /// They do not.
        Different = "different",
        /// The person cannot tell.
        CantTell = "cant_tell",
    }
}

words! {
    /// A person's word on a candidate.
    pub enum Curation {
        /// It belongs in the dataset.
        Accept = "accept",
        /// It does not.
        Reject = "reject",
        /// Somebody should look again.
        Flag = "flag",
    }
}

words! {
    /// Which answer a person found right.
    pub enum RightSide {
        /// The code answer.
        Code = "code",
        /// The CoT answer.
        Cot = "cot",
        /// Both.
        Both = "both",
        /// Neither.
        Neither = "neither",
    }
}

/// A decision to be appended. Nothing is ever changed in place.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewDecision {
    /// The candidate it is about (row id).
    pub candidate: i64,
    /// For judgements: the response's sample number within the candidate.
    #[serde(default)]
    pub sample: Option<u32>,
    /// A judgement on the pair.
    #[serde(default)]
    pub judgement: Option<Judgement>,
    /// A curation of the candidate.
    #[serde(default)]
    pub curation: Option<Curation>,
    /// Which side was right.
    #[serde(default)]
    pub right: Option<RightSide>,
    /// Texts that are corrected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Box<Revision>>,
    /// For judgements and sides: the revised reference answer that they are about. Without one they are about the answer
    /// that the candidate came with, whatever was revised since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Takes back the decision with this uid.
    #[serde(default)]
    pub reverses: Option<String>,
    /// Who decides.
    #[serde(default)]
    pub reviewer: String,
    /// Why.
    #[serde(default)]
    pub note: Option<String>,
    /// Cause of the verifier's error, where a judgement overrides.
    #[serde(default)]
    pub cause: Option<String>,
    /// Tags to set on the candidate.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Whether the verdict was hidden when it was made.
    #[serde(default)]
    pub blind: bool,
    /// For judgements: settles the pair over the reviewers' majority.
    #[serde(default)]
    pub adjudicates: bool,
    /// What was decided at once has the same batch, and is undone and redone as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
}

/// A decision as it stands in the log.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// Row, in the order of the log.
    pub id: i64,
    /// Stable identity.
    pub uid: String,
    /// RFC 3339.
    pub at: String,
    /// Which kind.
    pub kind: DecisionKind,
    /// What was decided.
    #[serde(flatten)]
    pub body: NewDecision,
    /// Uid of the reversal that took it back.
    pub reversed_by: Option<String>,
}

/// What a verifier beside ours says of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondWord {
    /// Row of the response.
    pub response: i64,
    /// The verifier's name.
    pub verifier: String,
    /// What it says.
    pub outcome: Outcome,
    /// Its reason, where it gave one.
    pub detail: String,
    /// What it is: another version's words are asked for anew.
    pub version: String,
}

/// A response as it is read back, with its standing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResponseView {
    /// Row.
    pub id: i64,
    /// What was stored; `record.verdict` is the current verdict.
    pub record: ResponseRecord,
    /// The reviewers' word, folded from the log.
    pub judgement: Option<Judgement>,
    /// Reviewers disagree with each other.
    pub contested: bool,
    /// Judgement if there is one that tells, else verdict; `None` when there is neither.
    pub standing: Option<Outcome>,
}

/// A candidate as it is read back, whole, with its standing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CandidateView {
    /// Row: the number that people use.
    pub id: i64,
    /// What was stored; `record.responses` is empty here, see `responses`.
    pub record: CandidateRecord,
    /// The generator's model, as it named itself; unknown for imports.
    pub model: Option<String>,
    /// RFC 3339.
    pub created_at: String,
    /// Responses with their standing.
    pub responses: Vec<ResponseView>,
    /// The person's word, folded from the log.
    pub curation: Option<Curation>,
    /// Which side was right, folded from the log.
    pub right: Option<RightSide>,
    /// Tags, folded from the log, sorted.
    pub tags: Vec<String>,
    /// Agreement, refolded over the responses' standings.
    pub standing: Agreement,
    /// Reviewers are tied about one of its pairs, or about its curation.
    pub contested: bool,
    /// What stands of its revisions; `None` where it is as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revised: Option<Revised>,
}

/// How many of a candidate's responses have each current verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct VerdictCounts {
    /// Equivalent.
    pub equivalent: u32,
    /// Different.
    pub different: u32,
    /// Undecided.
    pub undecided: u32,
    /// Infrastructure failed.
    pub error: u32,
}

/// Characters of a question that a narrow row has at most.
pub const TITLE_CHARACTERS: usize = 80;

/// A candidate's narrow row, as lists page through.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Row: the number that people use.
    pub id: i64,
    /// The domain's slug.
    pub domain: String,
    /// The strategy's name.
    pub strategy: String,
    /// What it is about: the question's beginning, at most 80 characters.
    pub title: String,
    /// What the responses amount to, judgements counted.
    pub standing: Agreement,
    /// Verdict of the first response that has one.
    pub verdict: Option<Outcome>,
    /// How many responses have each verdict.
    pub verdicts: VerdictCounts,
    /// Whether some response's verdict is different, whatever stands.
    pub different: bool,
    /// Reviewers are tied about one of its pairs, or about its curation.
    pub contested: bool,
    /// Failure kind of the candidate, or of its first failed response when none succeeded.
    pub failure: Option<Failure>,
    /// The person's word.
    pub curation: Option<Curation>,
    /// Whether a judgement was given on one of its pairs.
    pub judged: bool,
    /// Whether a revision of it stands; the title is the revised question's then.
    pub revised: bool,
    /// Responses it has.
    pub responses: u32,
    /// Why it should be looked at, the gravest reason first; empty also where nobody has looked yet.
    pub suspicion: Vec<Suspicion>,
    /// RFC 3339.
    pub created_at: String,
}
