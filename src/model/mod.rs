//! Chat models: one trait, several dialects behind it.
//!
//! This file holds the port and its plain types, and names no HTTP; [`HttpChat`] speaks to servers, and
//! [`structured`] reads JSON objects out of what models reply. The room must not know what a candidate is, what a store
//! is, or who asks.

#[cfg(unix)]
mod allowance;
mod command;
mod context;
mod detect;
mod dialect;
mod endpoint;
mod exchange;
mod fault;
mod feed;
mod gathered;
mod http;
mod lean;
mod lessons;
mod limit;
mod nobody;
mod price;
mod refusal;
mod retry;
mod secret;
mod spread;
mod sse;
pub mod structured;
mod thinking;

pub mod scripted;

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

#[cfg(unix)]
pub use command::Command;
pub use detect::{LocalServer, ServerKind, USUAL_PORTS, find_servers, local_servers};
pub use dialect::Dialect;
pub use endpoint::{EndpointConfig, ModelSetupError, Origin, Streaming, Structured};
pub use http::HttpChat;
pub use limit::{Limiter, Limiters, Outcome, Place, Width};
pub use nobody::Nobody;
pub use price::{Known, Listed, Price, Priced, listed};
pub use secret::KeySource;
pub use spread::{Replicas, Spread};

use crate::failure::FailureKind;
use crate::words::words;

words! {
    /// What a model is asked to be. Models are configured by role.
    pub enum Role {
        /// Makes questions and code.
        Generator = "generator",
        /// Writes the program that answers a question which another model has written.
        Coder = "coder",
        /// Attacks questions: underspecified, unanswerable, giving the answer away.
        Critic = "critic",
        /// Answers questions by chain of thought.
        Solver = "solver",
        /// Says whether two answers are equivalent.
        Judge = "judge",
        /// A program of the user's that makes problems, which is no model and is asked as one.
        Command = "command",
    }
}

words! {
    /// Who speaks in a chat message.
    pub enum Speaker {
        /// Standing instructions.
        System = "system",
        /// The one who asks.
        User = "user",
        /// The model.
        Assistant = "assistant",
    }
}

words! {
    /// Why a reply ended.
    pub enum Finish {
        /// The model was done.
        Stop = "stop",
        /// The token limit came first.
        Length = "length",
        /// The model (or the provider's filter) declined.
        Refusal = "refusal",
        /// The provider gave another reason, or none.
        Other = "other",
    }
}

/// One message of a chat.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub speaker: Speaker,
    /// What is said.
    pub content: String,
}

impl Message {
    /// A message of `speaker`.
    pub fn new(speaker: Speaker, content: impl Into<String>) -> Self {
        Self { speaker, content: content.into() }
    }
}

/// Sampling parameters; what is `None` is left to the endpoint.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// Softmax temperature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Nucleus mass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Most tokens the reply may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// The endpoint's random seed. Derived from the run's `rng_seed`, role, ordinal and sample, so that two samples of
    /// one prompt are different requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// A JSON schema that the reply should follow, where the endpoint can be asked for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplySchema {
    /// The schema's name (letters, digits, `_`).
    pub name: String,
    /// The schema.
    pub schema: serde_json::Value,
}

/// One question to a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatRequest {
    /// The role the model is asked in.
    pub role: Role,
    /// The candidate's place in its run, from 0.
    pub ordinal: u64,
    /// Which sample of the same prompt this is, from 0.
    pub sample: u32,
    /// The chat so far.
    pub messages: Vec<Message>,
    /// How to sample.
    pub sampling: Sampling,
    /// The structure wanted of the reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<ReplySchema>,
}

impl ChatRequest {
    /// The key under which the reply is stored: a hash of the request with the model it goes to, role, ordinal and
    /// sample. 64 hex digits.
    pub fn key(&self, model: &str) -> String {
        let body = serde_json::to_vec(&(model, self)).unwrap_or_default();
        blake3::hash(&body).to_hex().to_string()
    }

    /// The prompt as one text, the way the store keeps it: `[speaker]` lines over contents.
    pub fn rendered(&self) -> String {
        let parts: Vec<String> = self.messages.iter().map(|m| format!("[{}]\n{}", m.speaker, m.content)).collect();
        parts.join("\n\n")
    }
}

/// Tokens used; what the endpoint did not say is unknown, not 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the request.
    pub prompt_tokens: Option<u64>,
    /// Tokens of the reply, reasoning included.
    pub completion_tokens: Option<u64>,
    /// Tokens of the reasoning alone.
    pub reasoning_tokens: Option<u64>,
    /// Tokens of the request that the endpoint had in its cache, which cost less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_tokens: Option<u64>,
}

impl Usage {
    /// Prompt and completion together, as far as known.
    pub fn total(&self) -> Option<u64> {
        match (self.prompt_tokens, self.completion_tokens) {
            (None, None) => None,
            (p, c) => Some(p.unwrap_or(0).saturating_add(c.unwrap_or(0))),
        }
    }

    /// The counts that one reply can have; of what is beyond, nothing is known.
    #[must_use]
    pub fn believable(self) -> Self {
        let count = |told: Option<u64>| told.filter(|n| *n <= MOST_TOKENS);
        Self {
            prompt_tokens: count(self.prompt_tokens),
            completion_tokens: count(self.completion_tokens),
            reasoning_tokens: count(self.reasoning_tokens),
            cached_tokens: count(self.cached_tokens),
        }
    }
}

/// Most tokens that one reply is believed to have used: far beyond every context, and so few that sums of them fit.
pub const MOST_TOKENS: u64 = 1 << 40;

/// Most US dollars that one reply is believed to have cost.
pub const MOST_USD: f64 = 1e6;

/// The cost of one reply, where it can be one; otherwise nothing is known of it.
pub fn believable_cost(told: Option<f64>) -> Option<f64> {
    told.filter(|usd| (0.0..=MOST_USD).contains(usd))
}

/// A model's whole reply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatReply {
    /// The answer text, with reasoning taken out.
    pub content: String,
    /// The reasoning text, where the model gives one.
    pub reasoning: Option<String>,
    /// Why it ended.
    pub finish: Finish,
    /// The model that answered, as the endpoint names it.
    pub model: Option<String>,
    /// Tokens used.
    pub usage: Usage,
    /// Seconds from the first attempt to the whole reply.
    pub seconds: f64,
    /// Requests sent until this reply came, at least 1.
    pub attempts: u32,
    /// US dollars it cost: what the endpoint says, else by the table of prices; `None` where neither knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
}

/// How far an answer was when its time was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Late {
    /// Nothing came.
    Silent,
    /// It had begun, and nothing more came.
    Stalled,
    /// It was still coming.
    Unfinished,
}

impl Late {
    fn words(self, seconds: u64, attempts: u32) -> String {
        let times = if attempts > 1 { format!(" ({attempts} attempts)") } else { String::new() };
        match self {
            Self::Silent => format!("did not answer within {seconds} s{times}"),
            Self::Stalled => format!("began to answer and then sent nothing for {seconds} s{times}"),
            Self::Unfinished => format!(
                "was still answering after {seconds} s{times}; allow it fewer tokens, or more time with request_seconds and \
                 total_seconds in [models.NAME]"
            ),
        }
    }
}

/// How often was asked, where it was more than once.
fn after(attempts: u32) -> String {
    if attempts > 1 { format!(" after {attempts} attempts") } else { String::new() }
}

/// A sentence that another part follows.
fn clause(message: &str) -> &str {
    message.trim_end_matches(['.', ' ', '\n'])
}

/// Why no reply came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages name the fields")]
pub enum ModelError {
    /// 401 or 403: the key is missing or wrong.
    #[error("{endpoint} refused access ({status}): {}; {hint}", clause(message))]
    Key { endpoint: String, status: u16, message: String, hint: String },
    /// 429 that waiting does not cure.
    #[error("{endpoint} says the quota is used up: {message}")]
    Quota { endpoint: String, message: String },
    /// The request does not fit the model's context.
    #[error("{endpoint} says the request does not fit the context: {message}")]
    ContextOverflow { endpoint: String, message: String },
    /// The endpoint answered with an error, after retries.
    #[error("{endpoint} answered {status}{}: {message}", after(*attempts))]
    Status { endpoint: String, status: u16, attempts: u32, message: String },
    /// No answer within the deadline, after retries.
    #[error("{endpoint} {}", late.words(*seconds, *attempts))]
    Deadline { endpoint: String, seconds: u64, attempts: u32, late: Late },
    /// The connection failed, after retries.
    #[error("{endpoint} could not be reached{}: {message}", after(*attempts))]
    Unreachable { endpoint: String, attempts: u32, message: String },
    /// The endpoint answered something that is no chat reply.
    #[error("{endpoint} sent what is no chat reply: {message}")]
    Protocol { endpoint: String, message: String },
    /// A program that is asked as a model cannot be begun, died, or printed what nobody asked.
    #[error("the program `{program}` failed{}: {message}", after(*attempts))]
    Program { program: String, attempts: u32, message: String },
    /// A scripted model has no more replies for this role: an end, not a fault.
    #[error("the script has no reply for {role} {ordinal}, sample {sample}")]
    Exhausted { role: Role, ordinal: u64, sample: u32 },
}

impl ModelError {
    /// Whether every further request to this endpoint would fail alike, so that a run should stop and say so.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Key { .. } | Self::Quota { .. } | Self::Status { status: 404 | 405, .. })
    }

    /// The kind under which a failed request is kept.
    pub fn failure_kind(&self) -> FailureKind {
        match self {
            Self::ContextOverflow { .. } => FailureKind::ContextOverflow,
            _ => FailureKind::ModelError,
        }
    }
}

/// A piece of a reply that is still coming. Raw text of a model: whoever shows it cleans it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// What was heard before does not count: the request was sent again, or what was taken for the answer turned out to
    /// be reasoning, and is told again.
    Again,
    /// More of the reasoning.
    Reasoning(&'a str),
    /// More of the answer text.
    Content(&'a str),
}

/// Hears the pieces of a reply as they come. Must not block.
pub type Live<'a> = &'a (dyn Fn(Piece<'_>) + Send + Sync);

/// A chat model. Dropping the future cancels the request and closes its stream.
#[async_trait]
pub trait ChatModel: Send + Sync {
    /// The model asked for, as configuration names it.
    fn name(&self) -> &str;

    /// Asks once; retries of passing faults happen inside.
    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, ModelError>;

    /// [`ChatModel::chat`], and `live` hears the pieces of the reply where the model gives any before its end.
    async fn chat_live(&self, request: &ChatRequest, live: Live<'_>) -> Result<ChatReply, ModelError> {
        let _ = live;
        self.chat(request).await
    }

    /// The model that a request goes to, where several stand behind this one: a pure function of the request, so that a
    /// stored reply is found again.
    fn chosen(&self, request: &ChatRequest) -> Option<Arc<dyn ChatModel>> {
        let _ = request;
        None
    }

    /// What its tokens cost, where that is known beforehand.
    fn price(&self) -> Option<Price> {
        None
    }

    /// What a person should know of how the model was asked so far, in sentences: a context that was cut silently.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A reply together with where the store keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The reply.
    pub reply: ChatReply,
    /// Its row in the store.
    pub reply_id: i64,
    /// Hash of the rendered prompt (blake3, hex); the store keeps the text under it.
    pub prompt_hash: String,
}

/// Why asking through the journal gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages name the fields")]
pub enum AskError {
    /// The model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The reply came and could not be stored, so it must not be used.
    #[error("the reply could not be stored: {0}")]
    Store(String),
    /// The run is stopping or its budget is spent.
    #[error("the run is stopping")]
    Stopping,
}

/// Asking a model through the journal of replies: what was answered once is read from the store and not paid again; what
/// is answered now is stored, and acknowledged, before it is returned. The engine implements it; generators use it.
#[async_trait]
pub trait Ask: Send + Sync {
    /// Asks the model that plays `request.role` (for solvers, the one with index `request.sample` modulo their number).
    async fn ask(&self, request: ChatRequest) -> Result<Asked, AskError>;
}
