//! What the store keeps, as plain values. Names are product words; each struct mirrors what is one fact.

mod decision;
mod run;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::revision::Revised;
use super::suspicion::Suspicion;
use crate::failure::Failure;
use crate::verifier::{Outcome, Verdict};
use crate::words::words;

pub use decision::{Curation, Decision, DecisionKind, Judgement, NewDecision, RightSide, SecondWord};
pub use run::{Habit, NewReply, NewRun, Run, RunState, RunSummary, Spent, StoredReply};

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
