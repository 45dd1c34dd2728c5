//! One turn of one model: what every strategy that asks models shares.
//!
//! A [`Form`] says what the reply must hold. The reply is read leniently; where nothing can be read of it, the model is
//! told once what was wrong and shown its own words; then the slot fails with the kind that says why.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::form::Form;
use super::prompt::{Prompt, PromptError};
use super::{Desk, Draft, GenerateError, Generated, Provenance};
use crate::failure::{Failure, FailureKind, Stage, truncated};
use crate::model::{AskError, Asked, ChatRequest, Finish, Message, ModelError, Role, Sampling, Speaker};

/// Characters of a reply that are shown to its model again.
const SHOWN: usize = 4_000;

/// Under which a question that came to nothing stands in the notes.
pub(super) const QUESTION: &str = "question";

/// Asks models for what a strategy needs.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    rng_seed: u64,
    sampling: Sampling,
    repair: Prompt,
}

/// What is asked, and of whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn<'a> {
    /// The role asked.
    pub(super) role: Role,
    /// The slot.
    pub(super) ordinal: u64,
    /// Which of the slot's turns of this role it is, from 0: two turns never share a number, so that no reply is taken for
    /// another's.
    pub(super) nth: u32,
    /// The prompt.
    pub(super) prompt: &'a Prompt,
    /// What the reply must hold.
    pub(super) form: &'a Form,
}

/// A reply that holds what was asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Said {
    /// What it holds, under the form's keys.
    pub(super) object: Map<String, Value>,
    /// Where it is kept.
    pub(super) source: Source,
    /// Whether the model had to be asked again.
    pub(super) repaired: bool,
}

impl Said {
    /// The text under a key of the form.
    pub(super) fn text(&self, key: &str) -> String {
        self.object.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

/// Where a reply is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    prompt_hash: String,
    reply_id: i64,
}

impl Source {
    /// Notes that a draft was made of this reply.
    pub(super) fn stands_behind(self, provenance: &mut Provenance) {
        provenance.prompt_hash = Some(self.prompt_hash);
        provenance.reply_id = Some(self.reply_id);
    }
}

/// Why a turn gave nothing.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Unsaid {
    /// The run cannot go on.
    Halt(GenerateError),
    /// There is nothing more to generate.
    Ended(String),
    /// The slot is used up, as by a reply that cannot be used.
    Lost {
        /// Why.
        failure: Failure,
        /// The reply, where there was one.
        reply: Option<(Source, String)>,
    },
}

impl Unsaid {
    /// A question that was read and is not taken.
    pub(super) fn refused(kind: FailureKind, message: impl Into<String>) -> Self {
        Self::Lost { failure: Failure::new(Stage::Generate, kind, message), reply: None }
    }
}

impl From<AskError> for Unsaid {
    fn from(e: AskError) -> Self {
        match e {
            AskError::Stopping => Self::Halt(GenerateError::Stopping),
            AskError::Store(e) => Self::Halt(GenerateError::Final(e)),
            AskError::Model(e @ ModelError::Exhausted { .. }) => Self::Ended(e.to_string()),
            AskError::Model(e) if e.is_final() => Self::Halt(GenerateError::Final(e.to_string())),
            AskError::Model(e) => Self::refused(e.failure_kind(), e.to_string()),
        }
    }
}

impl From<PromptError> for Unsaid {
    fn from(e: PromptError) -> Self {
        Self::Halt(GenerateError::Final(e.to_string()))
    }
}

/// The prompt that asks for a reply again.
pub(super) fn repair_prompt(project: Option<&Path>) -> Result<Prompt, PromptError> {
    Prompt::load("repair", include_str!("../../assets/prompts/repair.md"), project)
}

/// The random seed sent with a request: a function of run, role, slot and sample, so that equal prompts are different
/// requests and a resumed run asks the same. Below 2^31, which every endpoint takes.
pub fn sample_seed(rng_seed: u64, role: Role, ordinal: u64, sample: u32) -> u64 {
    let hash = blake3::hash(format!("{rng_seed}/{role}/{ordinal}/{sample}").as_bytes());
    let bytes: [u8; 4] = [hash.as_bytes()[0], hash.as_bytes()[1], hash.as_bytes()[2], hash.as_bytes()[3]];
    u64::from(u32::from_le_bytes(bytes) >> 1)
}

impl Asker {
    /// Asks with this sampling, and again with the prompt `repair`.
    pub(super) fn new(rng_seed: u64, sampling: Sampling, repair: Prompt) -> Self {
        Self { rng_seed, sampling, repair }
    }

    /// Takes a turn: asks, reads, and asks once more where the reply is not what was wanted.
    pub(super) async fn ask(&self, desk: &dyn Desk, turn: Turn<'_>, values: Value) -> Result<Said, Unsaid> {
        let messages = turn.prompt.render(values)?;
        let asked = desk.ask(self.request(turn, 2 * turn.nth, messages.clone())).await?;
        let why = match self.read(turn, &asked)? {
            Ok(object) => return Ok(Said { object, source: source(&asked), repaired: false }),
            Err(why) => why,
        };
        let again = self.again(turn, messages, &asked.reply.content, &why)?;
        let asked = match desk.ask(self.request(turn, 2 * turn.nth + 1, again)).await {
            Ok(asked) => asked,
            // Nobody is there who could repair it, or there is no room to: the reply stays what it was.
            Err(AskError::Model(ModelError::Exhausted { .. } | ModelError::ContextOverflow { .. })) => {
                return Err(lost(turn.role, FailureKind::Malformed, &why, &asked));
            }
            Err(e) => return Err(e.into()),
        };
        match self.read(turn, &asked)? {
            Ok(object) => Ok(Said { object, source: source(&asked), repaired: true }),
            Err(why) => {
                let message = format!("{why}, also when asked again");
                Err(lost(turn.role, FailureKind::Malformed, &message, &asked))
            }
        }
    }

    fn request(&self, turn: Turn<'_>, sample: u32, messages: Vec<Message>) -> ChatRequest {
        let Turn { role, ordinal, form, .. } = turn;
        let seed = sample_seed(self.rng_seed, role, ordinal, sample);
        let sampling = Sampling { seed: Some(seed), ..self.sampling.clone() };
        ChatRequest { role, ordinal, sample, messages, sampling, schema: Some(form.schema()) }
    }

    /// The chat in which the model sees its reply and hears what is wrong with it.
    fn again(
        &self,
        turn: Turn<'_>,
        mut messages: Vec<Message>,
        reply: &str,
        why: &str,
    ) -> Result<Vec<Message>, PromptError> {
        // Some endpoints refuse a message without text.
        if !reply.trim().is_empty() {
            messages.push(Message::new(Speaker::Assistant, cut(reply, SHOWN)));
        }
        messages.extend(self.repair.render(json!({"why": why, "keys": turn.form.keys()}))?);
        Ok(messages)
    }

    /// What a reply holds; `Ok(Err(why))` where another reply to the same request might hold it.
    fn read(&self, turn: Turn<'_>, asked: &Asked) -> Result<Result<Map<String, Value>, String>, Unsaid> {
        let lose = |kind, message: &str| Err(lost(turn.role, kind, message, asked));
        match asked.reply.finish {
            Finish::Length => {
                lose(FailureKind::Truncated, &truncated(self.sampling.max_tokens, asked.reply.usage.completion_tokens))
            }
            Finish::Refusal => lose(FailureKind::Refused, "the model declined"),
            Finish::Stop | Finish::Other => Ok(turn.form.read(&asked.reply.content)),
        }
    }
}

fn lost(role: Role, kind: FailureKind, message: &str, asked: &Asked) -> Unsaid {
    let message = match role {
        Role::Generator => message.to_owned(),
        other => format!("the {other}: {message}"),
    };
    let reply = Some((source(asked), asked.reply.content.clone()));
    Unsaid::Lost { failure: Failure::new(Stage::Generate, kind, message), reply }
}

fn source(asked: &Asked) -> Source {
    Source { prompt_hash: asked.prompt_hash.clone(), reply_id: asked.reply_id }
}

/// What came of a slot, from what came of its turns.
pub(super) fn outcome(drafted: Result<Draft, Unsaid>, mut provenance: Provenance) -> Result<Generated, GenerateError> {
    match drafted {
        Ok(draft) => Ok(Generated::Draft(Box::new(draft), provenance)),
        Err(Unsaid::Halt(e)) => Err(e),
        Err(Unsaid::Ended(why)) => Ok(Generated::Ended(why)),
        Err(Unsaid::Lost { failure, reply }) => {
            if let Some((source, raw)) = reply {
                // Where there is a question, its own reply stays the one that is pointed to.
                if provenance.reply_id.is_none() {
                    source.stands_behind(&mut provenance);
                }
                provenance.raw = Some(raw);
            } else if let Some(question) = provenance.notes.get(QUESTION).and_then(Value::as_str) {
                provenance.raw = Some(question.to_owned());
            }
            Ok(Generated::Failed(failure, provenance))
        }
    }
}

/// The beginning of a text, at most `most` characters.
pub(super) fn cut(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_seeds_differ_by_role_ordinal_and_sample() {
        let all: std::collections::HashSet<u64> = (0..100)
            .flat_map(|o| (0..4).flat_map(move |s| Role::ALL.iter().map(move |r| sample_seed(7, *r, o, s))))
            .collect();
        assert_eq!(all.len(), 400 * Role::ALL.len());
        assert!(all.iter().all(|s| *s < 1 << 31));
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(cut("größer", 3), "grö");
        assert_eq!(cut("größer", 6), "größer");
        assert_eq!(cut("", 0), "");
    }
}
