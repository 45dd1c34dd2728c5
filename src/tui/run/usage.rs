//! What was asked of models: replies, tokens, seconds.

use super::board::sentence;
use super::figures::count;
use crate::engine::dollars;
use crate::store::Spend;

/// Models that are told apart; further ones are in the sum only.
const KEPT: usize = 16;

/// One model in one role.
#[derive(Debug, Clone, Default)]
pub(super) struct ModelUse {
    pub(super) role: String,
    pub(super) name: String,
    /// Replies that came from it in this sitting.
    pub(super) asked: u64,
    /// Replies that were read from the store instead.
    pub(super) reused: u64,
    /// Tokens of those asked, as far as the endpoint said.
    pub(super) tokens: u64,
    /// Replies among those asked whose tokens it did not say.
    pub(super) unknown: u64,
    seconds: f64,
}

impl ModelUse {
    /// Mean seconds to a reply.
    pub(super) fn seconds(&self) -> Option<f64> {
        (self.asked > 0).then(|| self.seconds / self.asked as f64)
    }
}

/// All models of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Usage {
    models: Vec<ModelUse>,
    tokens: u64,
    /// US dollars of replies whose cost is known, and how many replies there are of which cost.
    usd: f64,
    unpriced: u64,
    replies: u64,
}

impl Usage {
    /// Models by role that nobody has asked yet.
    pub(super) fn of<'a>(models: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut usage = Self::default();
        for (role, name) in models {
            usage.find(role, name);
        }
        usage
    }

    /// What a run asked for, as the store has it.
    pub(super) fn stored<'a>(spends: impl Iterator<Item = &'a Spend>) -> Self {
        let mut usage = Self::default();
        for spend in spends {
            let tokens = spend.prompt_tokens.saturating_add(spend.completion_tokens);
            usage.tokens = usage.tokens.saturating_add(tokens);
            usage.paid(spend.usd, spend.unpriced, spend.replies);
            let Some(model) = usage.find(spend.role.as_str(), &spend.model) else { continue };
            model.asked = model.asked.saturating_add(spend.replies);
            model.tokens = model.tokens.saturating_add(tokens);
            model.unknown = model.unknown.saturating_add(spend.unknown);
            model.seconds += if spend.seconds.is_finite() { spend.seconds.max(0.0) } else { 0.0 };
        }
        usage
    }

    /// The same models, with nothing asked.
    pub(super) fn afresh(&self) -> Self {
        Self::of(self.models.iter().map(|m| (m.role.as_str(), m.name.as_str())))
    }

    pub(super) fn hear(
        &mut self,
        role: &str,
        model: &str,
        tokens: Option<u64>,
        counted: u64,
        seconds: f64,
        reused: bool,
    ) {
        self.tokens = self.tokens.saturating_add(counted);
        let Some(model) = self.find(role, model) else { return };
        if reused {
            model.reused = model.reused.saturating_add(1);
            return;
        }
        model.asked = model.asked.saturating_add(1);
        model.tokens = model.tokens.saturating_add(tokens.unwrap_or(0));
        model.unknown = model.unknown.saturating_add(u64::from(tokens.is_none()));
        model.seconds += if seconds.is_finite() { seconds.max(0.0) } else { 0.0 };
    }

    /// A reply came at this cost.
    pub(super) fn pay(&mut self, cost: Option<f64>) {
        self.paid(cost.unwrap_or(0.0), u64::from(cost.is_none()), 1);
    }

    /// Replies came that cost this in all, those not counted whose cost nobody knows.
    pub(super) fn paid(&mut self, usd: f64, unpriced: u64, replies: u64) {
        self.usd += if usd.is_finite() { usd.max(0.0) } else { 0.0 };
        self.unpriced = self.unpriced.saturating_add(unpriced);
        self.replies = self.replies.saturating_add(replies);
    }

    /// US dollars of replies whose cost is known.
    pub(super) fn usd(&self) -> f64 {
        self.usd
    }

    /// The money in a few words; `None` where no reply has come.
    pub(super) fn money(&self) -> Option<String> {
        let sum = dollars(self.usd);
        match self.unpriced {
            _ if self.replies == 0 => None,
            0 => Some(sum),
            n if n >= self.replies && self.usd <= 0.0 => Some("cost unknown".to_owned()),
            _ => Some(format!("≥{sum}")),
        }
    }

    /// What each of so many parts cost, in a few words; `None` where nothing is known of it.
    pub(super) fn money_each(&self, parts: u64) -> Option<String> {
        let known = parts > 0 && self.usd > 0.0;
        let at_least = if self.unpriced > 0 { "≥" } else { "" };
        known.then(|| format!("{at_least}{}", dollars(self.usd / parts as f64)))
    }

    /// What the engine says was used in all.
    pub(super) fn set_tokens(&mut self, tokens: u64) {
        self.tokens = tokens;
    }

    pub(super) fn tokens(&self) -> u64 {
        self.tokens
    }

    /// The tokens in a few words: what no endpoint said is unknown, not 0.
    pub(super) fn tokens_told(&self) -> String {
        let unknown = self.models.iter().all(|model| model.unknown == model.asked);
        let asked = self.models.iter().any(|model| model.asked > 0);
        if self.tokens == 0 && asked && unknown {
            "tokens unknown".to_owned()
        } else {
            format!("{} tokens", count(self.tokens))
        }
    }

    pub(super) fn models(&self) -> &[ModelUse] {
        &self.models
    }

    fn find(&mut self, role: &str, name: &str) -> Option<&mut ModelUse> {
        let (role, name) = (sentence(role), sentence(name));
        let at = match self.models.iter().position(|m| m.role == role && m.name == name) {
            Some(at) => at,
            None if self.models.len() < KEPT => {
                self.models.push(ModelUse { role, name, ..ModelUse::default() });
                self.models.len() - 1
            }
            None => return None,
        };
        self.models.get_mut(at)
    }
}
