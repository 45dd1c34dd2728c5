//! What tokens cost: a dated table, what users say over it, and the model that writes the cost on its replies.
//!
//! A price that nobody knows stays unknown; it is never 0. A server on this machine costs nothing, unless it is said to.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use reqwest::Url;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::endpoint::is_loopback;
use super::{ChatModel, ChatReply, ChatRequest, Live, ModelError, Usage, believable_cost};

/// The table as it comes with the program.
const TABLE: &str = include_str!("../../assets/prices.toml");

/// Hosts that say the cost with each reply, so that it is known there although no price is.
const SAY_COST: &[&str] = &["openrouter.ai"];

/// US dollars per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Of the request.
    pub input: f64,
    /// Of the request, where the provider had it in its cache; none: as `input`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached: Option<f64>,
    /// Of the reply, reasoning included.
    pub output: f64,
}

impl Price {
    /// What costs nothing.
    pub const FREE: Self = Self { input: 0.0, cached: None, output: 0.0 };

    /// Whether all of it is a number that a price can be.
    pub fn is_sane(&self) -> bool {
        let sane = |n: f64| n.is_finite() && n >= 0.0;
        sane(self.input) && sane(self.output) && self.cached.is_none_or(sane)
    }

    /// What a reply cost; `None` where tokens that cost something were not told.
    pub fn of(&self, usage: &Usage) -> Option<f64> {
        let part = |tokens: Option<u64>, price: f64| match tokens {
            Some(tokens) => Some(tokens as f64 * price / 1e6),
            None => (price == 0.0).then_some(0.0),
        };
        let cached = usage.cached_tokens.unwrap_or(0);
        let fresh = usage.prompt_tokens.map(|prompt| prompt.saturating_sub(cached));
        let from_cache = if usage.prompt_tokens.is_some() { Some(cached) } else { None };
        let cached_price = self.cached.unwrap_or(self.input);
        let sum =
            part(fresh, self.input)? + part(from_cache, cached_price)? + part(usage.completion_tokens, self.output)?;
        believable_cost(Some(sum))
    }

    /// What tokens would cost, none of them from a cache.
    pub fn estimate(&self, prompt: f64, completion: f64) -> f64 {
        (prompt * self.input + completion * self.output) / 1e6
    }
}

/// A line of the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Who asks for it.
    pub provider: String,
    /// The host that it holds at.
    pub host: String,
    /// Names of models; each also stands for itself with a date behind it.
    pub models: Vec<String>,
    /// US dollars per million tokens of the request.
    pub input: f64,
    /// The same, from the provider's cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached: Option<f64>,
    /// US dollars per million tokens of the reply.
    pub output: f64,
    /// The day on which it was so.
    pub as_of: String,
}

impl Listed {
    /// The price.
    pub fn price(&self) -> Price {
        Price { input: self.input, cached: self.cached, output: self.output }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    price: Vec<Listed>,
}

/// What is known without asking anybody. A test reads the table, so that what comes with the program can be read.
pub fn listed() -> &'static [Listed] {
    static LISTED: LazyLock<Vec<Listed>> =
        LazyLock::new(|| toml::from_str::<Table>(TABLE).map(|table| table.price).unwrap_or_default());
    &LISTED
}

/// Where a price comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Known {
    /// The configuration says it.
    Said(Price),
    /// It is in the table, as of a day.
    Listed(Price, &'static str),
    /// The server is on this machine.
    Loopback,
    /// Nobody knows it, but the host says the cost with each reply.
    Told,
    /// Nobody knows it.
    Unknown,
}

impl Known {
    /// The price of `model` at `base_url`; `said` is what the configuration says of it.
    pub fn of(base_url: &str, model: &str, said: Option<Price>) -> Self {
        if let Some(price) = said {
            return Self::Said(price);
        }
        let url = Url::parse(base_url.trim()).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
        if is_loopback(host) {
            return Self::Loopback;
        }
        if SAY_COST.contains(&host) {
            return Self::Told;
        }
        let line = listed().iter().find(|line| line.host == host && line.models.iter().any(|m| stands_for(m, model)));
        line.map_or(Self::Unknown, |line| Self::Listed(line.price(), &line.as_of))
    }

    /// The price itself.
    pub fn price(&self) -> Option<Price> {
        match self {
            Self::Said(price) | Self::Listed(price, _) => Some(*price),
            Self::Loopback => Some(Price::FREE),
            Self::Told | Self::Unknown => None,
        }
    }
}

/// Whether a listed name stands for a model: the same, or the same with a date behind it.
fn stands_for(listed: &str, model: &str) -> bool {
    let Some(rest) = model.strip_prefix(listed) else { return false };
    let date = |rest: &str| {
        let digits = rest.bytes().filter(u8::is_ascii_digit).count();
        digits >= 8 && rest.bytes().all(|b| b.is_ascii_digit() || b == b'-')
    };
    rest.is_empty() || rest.strip_prefix('-').is_some_and(date)
}

/// A model that writes on its replies what they cost, where the endpoint has not.
pub struct Priced {
    inner: Arc<dyn ChatModel>,
    price: Price,
}

impl Priced {
    /// `inner` at a price.
    pub fn new(inner: Arc<dyn ChatModel>, price: Price) -> Self {
        Self { inner, price }
    }

    fn write(&self, mut reply: ChatReply) -> ChatReply {
        reply.cost = reply.cost.or_else(|| self.price.of(&reply.usage));
        reply
    }
}

#[async_trait]
impl ChatModel for Priced {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, ModelError> {
        self.inner.chat(request).await.map(|reply| self.write(reply))
    }

    async fn chat_live(&self, request: &ChatRequest, live: Live<'_>) -> Result<ChatReply, ModelError> {
        self.inner.chat_live(request, live).await.map(|reply| self.write(reply))
    }

    fn price(&self) -> Option<Price> {
        Some(self.price)
    }

    fn notes(&self) -> Vec<String> {
        self.inner.notes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(prompt: Option<u64>, cached: Option<u64>, completion: Option<u64>) -> Usage {
        Usage { prompt_tokens: prompt, completion_tokens: completion, reasoning_tokens: None, cached_tokens: cached }
    }

    #[test]
    fn the_table_is_readable_and_every_line_has_a_day() {
        let table: Table = toml::from_str(TABLE).unwrap();
        assert!(table.price.len() >= 10);
        for line in &table.price {
            assert!(line.price().is_sane() && line.output > 0.0, "{line:?}");
            assert!(line.cached.is_none_or(|cached| cached <= line.input), "{line:?}");
            assert!(line.as_of.parse::<jiff::civil::Date>().is_ok(), "{line:?}");
        }
        let names = || table.price.iter().flat_map(|l| l.models.iter().map(|m| (&l.host, m)));
        let unique: std::collections::HashSet<_> = names().collect();
        assert_eq!(unique.len(), names().count(), "a model is listed twice");
    }

    #[test]
    fn a_price_is_found_by_host_and_name_and_else_unknown() {
        let listed = |url: &str, model: &str| matches!(Known::of(url, model, None), Known::Listed(..));
        assert!(listed("https://api.openai.com/v1", "gpt-4.1-mini"));
        assert!(listed("https://api.openai.com/v1", "gpt-4.1-mini-2025-04-14"));
        assert!(listed("https://api.anthropic.com", "claude-sonnet-4-5-20250929"));
        for (url, model) in [
            ("https://api.openai.com/v1", "gpt-4.1-micro"),
            ("https://api.openai.com/v1", "gpt-4.1-mini-audio"),
            ("https://api.openai.com/v1", "gpt-4.1-mini-1"),
            ("https://api.openai.com.example.org/v1", "gpt-4.1-mini"),
            ("https://example.org/v1", "gpt-4.1-mini"),
            ("nonsense", "gpt-4.1-mini"),
        ] {
            assert_eq!(Known::of(url, model, None).price(), None, "{model} at {url}");
        }
        let mini = Known::of("https://api.openai.com/v1", "gpt-4.1-mini", None).price().unwrap();
        assert_eq!((mini.input, mini.output), (0.4, 1.6), "a name is not another's beginning");
    }

    #[test]
    fn a_server_on_this_machine_is_free_unless_it_is_said_to_cost() {
        let url = "http://127.0.0.1:8080/v1";
        assert_eq!(Known::of(url, "m", None).price(), Some(Price::FREE));
        let said = Price { input: 1.0, cached: None, output: 2.0 };
        assert_eq!(Known::of(url, "m", Some(said)).price(), Some(said));
        assert_eq!(Price::FREE.of(&usage(None, None, None)), Some(0.0), "nothing times unknown is nothing");
        assert_eq!(Known::of("https://openrouter.ai/api/v1", "m", None), Known::Told);
    }

    #[test]
    fn the_cache_costs_less_and_what_is_not_told_is_unknown() {
        let price = Price { input: 2.0, cached: Some(0.5), output: 8.0 };
        assert_eq!(price.of(&usage(Some(1_000_000), None, Some(500_000))), Some(6.0));
        assert_eq!(price.of(&usage(Some(1_000_000), Some(400_000), Some(0))), Some(1.4));
        assert_eq!(price.of(&usage(Some(10), Some(20), Some(0))), Some(20.0 * 0.5 / 1e6), "more cached than sent");
        assert_eq!(price.of(&usage(None, None, Some(5))), None);
        assert_eq!(price.of(&usage(Some(5), None, None)), None);
        let no_cache = Price { cached: None, ..price };
        assert_eq!(no_cache.of(&usage(Some(1_000_000), Some(400_000), Some(0))), Some(2.0));
    }
}
