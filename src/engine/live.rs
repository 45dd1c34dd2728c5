//! Watching one slot: what models write for it is told as it comes. Nobody else's replies are, so that a run which nobody
//! watches does nothing for it.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use super::control::Control;
use super::event::EngineEvent;
use super::pipeline::{Listener, Shared, tell};
use super::slot::Slot;
use crate::failure::Stage;
use crate::model::{ChatModel, ChatReply, ChatRequest, ModelError, Piece, Role};
use crate::store::record::ReferenceKind;

/// Characters of a whole text that news carry; the store has all of it.
const WHOLE: usize = 16_384;

/// Whom somebody watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watch {
    /// Nobody.
    Nobody,
    /// The next slot that begins.
    Next,
    /// This slot.
    Slot(u64),
}

/// News of the slot that is watched. All text is raw: whoever shows it cleans it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "news", rename_all = "snake_case")]
pub enum LiveNews {
    /// The slot begins.
    Begun {
        /// The strategy that makes it.
        strategy: String,
    },
    /// A model is asked.
    Asked {
        /// The role it is asked in.
        role: Role,
        /// Which sample.
        sample: u32,
        /// The model.
        model: String,
    },
    /// It is asked again: what was heard of this sample before does not count.
    Again {
        /// The role.
        role: Role,
        /// Which sample.
        sample: u32,
    },
    /// More of its reasoning.
    Reasoning {
        /// The role.
        role: Role,
        /// Which sample.
        sample: u32,
        /// What came.
        text: String,
    },
    /// More of its answer.
    Content {
        /// The role.
        role: Role,
        /// Which sample.
        sample: u32,
        /// What came.
        text: String,
    },
    /// The reply is whole; long texts are cut.
    Replied {
        /// The role.
        role: Role,
        /// Which sample.
        sample: u32,
        /// The model.
        model: String,
        /// Its reasoning.
        reasoning: Option<String>,
        /// Its answer.
        content: String,
    },
    /// No reply came.
    Lost {
        /// The role.
        role: Role,
        /// Which sample.
        sample: u32,
        /// Why, in a sentence.
        why: String,
    },
    /// There is no such reply: a script has ended.
    Gone {
        /// The role.
        role: Role,
        /// Which sample.
        sample: u32,
    },
    /// There is a question.
    Drafted {
        /// The question.
        question: String,
        /// Its code.
        code: Option<String>,
    },
    /// There is a reference answer.
    Reference {
        /// The answer.
        answer: String,
        /// Whether code printed it.
        executed: bool,
    },
}

/// Whom somebody watches, to be looked at by every stage at no cost.
#[derive(Debug)]
pub(super) struct Watched(AtomicU64);

const NOBODY: u64 = u64::MAX;
const NEXT: u64 = u64::MAX - 1;

impl Default for Watched {
    fn default() -> Self {
        Self(AtomicU64::new(NOBODY))
    }
}

impl Watched {
    pub(super) fn set(&self, whom: Watch) {
        let slot = match whom {
            Watch::Nobody => NOBODY,
            Watch::Next => NEXT,
            Watch::Slot(ordinal) => ordinal,
        };
        self.0.store(slot, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> Watch {
        match self.0.load(Ordering::Relaxed) {
            NOBODY => Watch::Nobody,
            NEXT => Watch::Next,
            ordinal => Watch::Slot(ordinal),
        }
    }

    pub(super) fn is(&self, ordinal: u64) -> bool {
        self.0.load(Ordering::Relaxed) == ordinal
    }

    /// A slot begins: it is the one where the next is waited for. Whether it is watched now.
    fn begins(&self, ordinal: u64) -> bool {
        self.0.compare_exchange(NEXT, ordinal, Ordering::Relaxed, Ordering::Relaxed).is_ok() || self.is(ordinal)
    }
}

/// Asks a model; where the slot is watched, the reply is heard as it comes.
pub(super) async fn ask(
    model: &dyn ChatModel,
    request: &ChatRequest,
    control: &Control,
    listener: &Listener,
) -> Result<ChatReply, ModelError> {
    let ChatRequest { role, ordinal, sample, .. } = *request;
    if !control.watches(ordinal) {
        return model.chat(request).await;
    }
    let say = |news| {
        if control.watches(ordinal) {
            tell(listener, EngineEvent::Live { ordinal, news });
        }
    };
    say(LiveNews::Asked { role, sample, model: model.name().to_owned() });
    let heard = |piece: Piece<'_>| {
        say(match piece {
            Piece::Again => LiveNews::Again { role, sample },
            Piece::Reasoning(text) => LiveNews::Reasoning { role, sample, text: text.to_owned() },
            Piece::Content(text) => LiveNews::Content { role, sample, text: text.to_owned() },
        });
    };
    let reply = model.chat_live(request, &heard).await;
    match &reply {
        Ok(_) => {}
        Err(ModelError::Exhausted { .. }) => say(LiveNews::Gone { role, sample }),
        Err(e) => say(LiveNews::Lost { role, sample, why: e.to_string() }),
    }
    reply
}

/// A reply is there, new or stored.
pub(super) fn replied(
    request: (Role, u64, u32),
    model: &str,
    reply: &ChatReply,
    control: &Control,
    listener: &Listener,
) {
    let (role, ordinal, sample) = request;
    if control.watches(ordinal) {
        let (model, reasoning) = (model.to_owned(), reply.reasoning.as_deref().map(end));
        let news = LiveNews::Replied { role, sample, model, reasoning, content: end(&reply.content) };
        tell(listener, EngineEvent::Live { ordinal, news });
    }
}

/// A text, or the end of a long one: the answer is there.
fn end(text: &str) -> String {
    let from = (text.len().saturating_sub(WHOLE)..text.len()).find(|at| text.is_char_boundary(*at));
    text[from.unwrap_or(text.len())..].to_owned()
}

impl Shared {
    /// A slot comes into a stage.
    pub(super) fn show_begin(&self, stage: Stage, slot: &Slot) {
        if stage == Stage::Generate && self.control.watched_slots().begins(slot.ordinal) {
            self.show(slot.ordinal, LiveNews::Begun { strategy: slot.generator.strategy().to_owned() });
        }
    }

    /// A slot leaves a stage, with what it has come to.
    pub(super) fn show_end(&self, stage: Stage, slot: &Slot) {
        if !self.control.watches(slot.ordinal) {
            return;
        }
        match (stage, &slot.draft, &slot.reference) {
            (Stage::Generate, Some(draft), _) => {
                let code = draft.code().map(end);
                self.show(slot.ordinal, LiveNews::Drafted { question: end(&draft.question), code });
            }
            (Stage::Execute, _, Some((kind, answer))) => {
                let executed = *kind == ReferenceKind::Executed;
                self.show(slot.ordinal, LiveNews::Reference { answer: end(answer), executed });
            }
            _ => {}
        }
    }

    fn show(&self, ordinal: u64, news: LiveNews) {
        tell(&self.listener, EngineEvent::Live { ordinal, news });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_slot_is_the_first_that_begins() {
        let watched = Watched::default();
        assert!(!watched.begins(3) && watched.get() == Watch::Nobody);
        watched.set(Watch::Next);
        assert!(!watched.is(4) && watched.begins(5) && !watched.begins(6));
        assert_eq!(watched.get(), Watch::Slot(5));
        assert!(watched.begins(5), "also when it is taken again");
    }

    #[test]
    fn of_a_long_text_the_end_is_told() {
        let long = format!("{}7", "π".repeat(WHOLE));
        let told = end(&long);
        assert!(told.len() <= WHOLE && told.ends_with("π7"));
        assert_eq!(end("short"), "short");
    }
}
