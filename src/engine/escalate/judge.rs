//! Tier 6: what is still undecided is put to a judge model, in k votes.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures::future::join_all;
use serde_json::json;

use super::Settled;
use crate::generator::prompt::{Prompt, PromptError};
use crate::model::structured::find_object;
use crate::model::{ChatModel, ChatRequest, Finish, ModelError, ReplySchema, Role, Sampling};
use crate::verifier::judge::{Cast, Question, Refusal, Tally, Vote, WORDS};
use crate::verifier::{Outcome, Pair, Verdict};

/// The embedded prompt.
const PROMPT: &str = include_str!("../../../assets/prompts/judge.md");

/// Most votes on one pair.
pub const MOST_VOTES: u32 = 15;

/// Pairs in a row without a single reply, before a judge counts as gone.
const PAIRS_IN_A_ROW: u32 = 5;

/// How pairs are put to a judge.
#[derive(Debug, Clone)]
pub struct JudgeOptions {
    /// Votes asked on a pair: odd, from 1 to [`MOST_VOTES`]. See [`JudgeOptions::check`].
    pub votes: u32,
    /// Softmax temperature; above 0, so that votes can differ for other reasons than the order of the answers.
    pub temperature: Option<f64>,
    /// Most tokens of a reply, reasoning included.
    pub max_tokens: Option<u32>,
    /// The prompt `judge`.
    pub prompt: Prompt,
    /// What tells a project's own prompt from the embedded one in a verdict's version.
    pub prompt_mark: Option<String>,
}

/// Why votes can't be asked so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} votes make no clear majority; ask an odd number from 1 to {MOST_VOTES}")]
pub struct VotesError(pub u32);

impl JudgeOptions {
    /// Three votes with the embedded prompt, or the project's own.
    ///
    /// # Errors
    /// When the project's prompt can't be read.
    pub fn load(project: Option<&Path>) -> Result<Self, PromptError> {
        let prompt = Prompt::load("judge", PROMPT, project)?;
        let own = project.and_then(|dir| std::fs::read_to_string(dir.join("prompts").join("judge.md")).ok());
        let own = own.filter(|text| text != PROMPT);
        let prompt_mark = own.map(|text| blake3::hash(text.as_bytes()).to_hex()[..8].to_owned());
        Ok(Self { votes: 3, temperature: Some(0.6), max_tokens: Some(2048), prompt, prompt_mark })
    }

    /// Refuses a number of votes that can end in a tie or that no pair is worth.
    ///
    /// # Errors
    /// The number, with what to do.
    pub fn check(&self) -> Result<(), VotesError> {
        if self.votes % 2 == 1 && self.votes <= MOST_VOTES { Ok(()) } else { Err(VotesError(self.votes)) }
    }

    fn request(&self, question: &Question, sample: u32) -> Result<(ChatRequest, String), PromptError> {
        let ballot = question.ballot(sample);
        let messages = self.prompt.render(&ballot)?;
        let sampling = Sampling {
            temperature: self.temperature,
            top_p: None,
            max_tokens: self.max_tokens,
            seed: Some(question.seed(sample)),
        };
        // The seed and the nonce hang on the pair alone: the same pair is the same request, wherever it stands.
        let request =
            ChatRequest { role: Role::Judge, ordinal: 0, sample, messages, sampling, schema: Some(reply_schema()) };
        Ok((request, ballot.nonce))
    }
}

/// The nonce is no constant of the schema: an endpoint that enforces schemas would write it itself.
fn reply_schema() -> ReplySchema {
    ReplySchema {
        name: "vote".to_owned(),
        schema: json!({
            "type": "object",
            "properties": {
                "nonce": {"type": "string", "maxLength": 24},
                "reason": {"type": "string", "description": "one sentence", "maxLength": 400},
                "verdict": {"type": "string", "enum": WORDS}
            },
            "required": ["nonce", "reason", "verdict"],
            "additionalProperties": false
        }),
    }
}

/// Puts a pair to a judge model when its verdict is undecided and there is something to judge; any other verdict is given
/// back as it came, and no model is asked.
///
/// Votes are asked at once, with the answers in the other order in every second one. More than half of all of them
/// decides. What fails is no vote; without a vote the verdict stays as it was and its reason says why.
pub async fn judge(model: &dyn ChatModel, options: &JudgeOptions, pair: &Pair, verdict: Verdict) -> Verdict {
    ask(model, options, pair, verdict).await.settled.verdict
}

/// What became of asking.
enum Heard {
    /// Nothing was asked.
    Nothing,
    /// At least one reply came.
    Replies,
    /// None came.
    Silence { forever: bool },
}

/// A pair that a judge was asked about.
struct Asked {
    settled: Settled,
    heard: Heard,
}

async fn ask(model: &dyn ChatModel, options: &JudgeOptions, pair: &Pair, verdict: Verdict) -> Asked {
    let question = match Question::of(pair, &verdict) {
        Ok(question) => question,
        Err(refusal) => {
            let settled = Settled { verdict: refused(verdict, &refusal), is_open: false };
            return Asked { settled, heard: Heard::Nothing };
        }
    };
    let votes = (0..options.votes.clamp(1, MOST_VOTES)).map(|sample| vote(model, options, &question, sample));
    let votes = join_all(votes).await;
    let silent = votes.iter().all(|(cast, _)| matches!(cast, Cast::Failed(_)));
    let forever = votes.iter().any(|(_, forever)| *forever);
    let tally = Tally::new(votes.into_iter().map(|(cast, _)| cast).collect());
    let is_open = tally.is_open();
    let verdict = tally.conclude(model.name(), options.prompt_mark.as_deref(), verdict);
    let heard = if silent { Heard::Silence { forever } } else { Heard::Replies };
    Asked { settled: Settled { verdict, is_open }, heard }
}

/// One vote, and whether its failure is one that every further request would meet.
async fn vote(model: &dyn ChatModel, options: &JudgeOptions, question: &Question, sample: u32) -> (Cast, bool) {
    let (request, nonce) = match options.request(question, sample) {
        Ok(request) => request,
        Err(e) => return (Cast::Failed(e.to_string()), true),
    };
    match model.chat(&request).await {
        Ok(reply) if reply.finish == Finish::Refusal => (Cast::Spoiled("was a refusal"), false),
        Ok(reply) => {
            let object = find_object(&reply.content, &["verdict", "nonce"]).ok();
            (Vote::of(&reply.content, object.as_ref(), &nonce), false)
        }
        Err(e) => (Cast::Failed(e.to_string()), gone(&e)),
    }
}

fn gone(error: &ModelError) -> bool {
    error.is_final() || matches!(error, ModelError::Exhausted { .. })
}

/// The verdict of a pair that is not put to a judge.
fn refused(mut verdict: Verdict, refusal: &Refusal) -> Verdict {
    if *refusal == Refusal::Decided {
        return verdict;
    }
    if let Some(side) = refusal.side() {
        verdict.side = Some(side);
    }
    if *refusal != Refusal::NoAnswer && *refusal != Refusal::NoReference {
        verdict.reason = format!("{} No judge was asked: {refusal}.", verdict.reason);
    }
    verdict
}

/// A judge model with its options, for many pairs: once it is gone, it is not asked again.
pub struct Judge {
    model: Arc<dyn ChatModel>,
    options: JudgeOptions,
    silent: AtomicU32,
}

impl Judge {
    /// A judge.
    ///
    /// # Errors
    /// A number of votes that can end in a tie.
    pub fn new(model: Arc<dyn ChatModel>, options: JudgeOptions) -> Result<Self, VotesError> {
        options.check()?;
        Ok(Self { model, options, silent: AtomicU32::new(0) })
    }

    /// The verdict, taken further where it is undecided and the judge can be asked.
    pub async fn settle(&self, pair: &Pair, mut verdict: Verdict) -> Settled {
        if verdict.outcome != Outcome::Undecided {
            return Settled { verdict, is_open: false };
        }
        if self.is_gone() {
            let is_open = Question::of(pair, &verdict).is_ok();
            if is_open {
                let name = self.model.name();
                verdict.reason =
                    format!("{} The judge {name} was not asked: it had failed too often before.", verdict.reason);
                verdict.side = None;
            }
            return Settled { verdict, is_open };
        }
        let Asked { mut settled, heard } = ask(self.model.as_ref(), &self.options, pair, verdict).await;
        if settled.is_open {
            // Somebody was to be asked first and could not be: that is not the response's fault, and it is not paid 0 for it.
            settled.verdict.side = None;
        }
        match heard {
            Heard::Nothing => {}
            Heard::Replies => self.silent.store(0, Ordering::Relaxed),
            Heard::Silence { forever: true } => self.silent.store(PAIRS_IN_A_ROW, Ordering::Relaxed),
            Heard::Silence { forever: false } => {
                self.silent.fetch_add(1, Ordering::Relaxed);
            }
        }
        settled
    }

    /// Whether the judge failed for good, or too many pairs in a row.
    pub fn is_gone(&self) -> bool {
        self.silent.load(Ordering::Relaxed) >= PAIRS_IN_A_ROW
    }
}
