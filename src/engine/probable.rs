//! What a request will probably use: as much as others of its model in its role did; as long as there was none, a guess.

use std::collections::HashMap;

use super::depth::Cost;
use crate::model::{ChatModel, ChatReply, ChatRequest, Role};
use crate::store::record::Spent;

/// Characters of a prompt for one token, until an endpoint has counted.
pub const CHARS_PER_TOKEN: f64 = 4.0;
/// Tokens of a reply, until there was one; fewer where the request allows fewer. To be told beforehand, not to be held back.
pub const TYPICAL_REPLY: f64 = 600.0;
/// Tokens that are held back for a reply without a limit, until there was one: as long as reasoning usually gets.
const LONG_REPLY: f64 = 16_384.0;
/// Tokens of a prompt, until there was one.
const TYPICAL_PROMPT: f64 = 800.0;
/// How much dearer than its guess a slot is taken to be: one begun too many is a question without an answer.
const CAUTION: f64 = 2.0;

/// What one model in one role was seen to use.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    replies: f64,
    /// Of the prompts of this sitting: the store counts no characters.
    chars: f64,
    prompt: f64,
    /// Prompt tokens of earlier sittings.
    earlier: f64,
    completion: f64,
    usd: f64,
}

impl Seen {
    /// What earlier sittings saw; `None` where they saw nothing that counts.
    fn earlier(spent: &Spent) -> Option<((Role, String), Self)> {
        let told = spent.replies.saturating_sub(spent.unknown);
        (told > 0).then(|| {
            let seen = Self {
                replies: told as f64,
                earlier: spent.prompt_tokens as f64,
                completion: spent.completion_tokens as f64,
                usd: spent.usd * told as f64 / spent.replies as f64,
                ..Self::default()
            };
            ((spent.role, spent.model.clone()), seen)
        })
    }
}

/// What models were seen to use, by role.
#[derive(Debug, Default)]
pub(super) struct Experience(HashMap<(Role, String), Seen>);

impl Experience {
    /// What earlier sittings saw.
    pub(super) fn of(spent: &[Spent]) -> Self {
        Self(spent.iter().filter_map(Seen::earlier).collect())
    }

    /// Takes in a reply, which was counted and paid so.
    pub(super) fn add(&mut self, request: &ChatRequest, model: &str, reply: &ChatReply, paid: Cost) {
        let chars = chars(request);
        let seen = self.0.entry((request.role, model.to_owned())).or_default();
        let prompt = reply.usage.prompt_tokens.map_or(chars / CHARS_PER_TOKEN, |n| n as f64);
        seen.replies += 1.0;
        seen.chars += chars;
        seen.prompt += prompt;
        seen.completion += (paid.tokens - prompt).max(0.0);
        seen.usd += paid.usd;
    }

    /// What a request will probably use, and whether that was learnt from replies.
    pub(super) fn probable(&self, request: &ChatRequest, model: &dyn ChatModel) -> (Cost, bool) {
        let seen = self.0.get(&(request.role, model.name().to_owned())).filter(|seen| seen.replies > 0.0);
        let most = request.sampling.max_tokens.map(f64::from);
        let said = seen.filter(|seen| seen.chars > 0.0);
        let prompt = chars(request) * said.map_or(1.0 / CHARS_PER_TOKEN, |seen| seen.prompt / seen.chars);
        let completion = seen.map_or(most.unwrap_or(LONG_REPLY), |seen| seen.completion / seen.replies);
        let usd = match (model.price(), seen) {
            (Some(price), _) => price.estimate(prompt, completion),
            (None, Some(seen)) => seen.usd / seen.replies,
            (None, None) => 0.0,
        };
        (Cost { tokens: prompt + completion, usd }, seen.is_some())
    }

    /// What a slot will probably use from its beginning to its end: all that it asks, as dear as the dearest replies there
    /// were; where there was none, as guessed.
    pub(super) fn of_a_slot(&self, guess: &Guess) -> Cost {
        let replies = self.0.values().filter(|seen| seen.replies > 0.0).map(|seen| {
            Cost { tokens: seen.prompt + seen.earlier + seen.completion, usd: seen.usd }
                .times(CAUTION * guess.requests / seen.replies)
        });
        replies.reduce(Cost::max).unwrap_or(guess.all)
    }
}

/// What a slot will ask, and what that may use, as long as none was seen.
#[derive(Debug)]
pub(super) struct Guess {
    requests: f64,
    all: Cost,
}

impl Default for Guess {
    /// Of a slot that asks once, and nobody knows whom.
    fn default() -> Self {
        Self { requests: 1.0, all: Cost::default() }
    }
}

impl Guess {
    /// Of a slot that asks each of these once.
    pub(super) fn of<'a>(models: impl Iterator<Item = &'a dyn ChatModel>) -> Self {
        let (mut requests, mut all) = (0.0, Cost::default());
        for model in models {
            requests += 1.0;
            let usd = model.price().map_or(0.0, |price| price.estimate(TYPICAL_PROMPT, TYPICAL_REPLY));
            all.add(Cost { tokens: TYPICAL_PROMPT + TYPICAL_REPLY, usd });
        }
        Self { requests, all: all.times(CAUTION) }
    }
}

/// Characters of a request.
fn chars(request: &ChatRequest) -> f64 {
    request.messages.iter().map(|m| m.content.len()).sum::<usize>() as f64
}
