//! The dialects in which servers are asked and answer. What they share — connections, deadlines, faults, streams — is
//! not here: a dialect only writes a request's body and reads what comes back into a [`Gathered`].

mod anthropic;
mod chat;
mod responses;

pub(super) use anthropic::VERSION;

use reqwest::header::HeaderMap;
use serde_json::{Map, Value, json};

use super::ChatRequest;
use super::fault::{Cause, Fault};
use super::gathered::Gathered;
use super::lessons::Accepted;
use crate::words::words;

words! {
    /// How an endpoint is spoken to.
    pub enum Dialect {
        /// `OpenAI` chat completions, which nearly every server speaks.
        Chat = "chat",
        /// `OpenAI` responses.
        Responses = "responses",
        /// Anthropic messages.
        Anthropic = "anthropic",
    }
}

impl Dialect {
    /// What follows the base of an endpoint's address.
    pub(super) fn path(self) -> &'static [&'static str] {
        match self {
            Self::Chat => &["chat", "completions"],
            Self::Responses => &["responses"],
            Self::Anthropic => &["messages"],
        }
    }

    /// The body that asks for `request`, with what the endpoint is known to accept; `extra` is what the user adds to
    /// every request.
    pub(super) fn body(
        self,
        accepted: Accepted,
        model: &str,
        request: &ChatRequest,
        stream: bool,
        extra: &Map<String, Value>,
    ) -> Value {
        let mut body = Map::new();
        body.insert("model".into(), json!(model));
        match self {
            Self::Chat => chat::body(&mut body, accepted, request, stream),
            Self::Responses => responses::body(&mut body, accepted, request),
            Self::Anthropic => anthropic::body(&mut body, accepted, request),
        }
        if stream {
            body.insert("stream".into(), json!(true));
        }
        body.extend(extra.clone());
        Value::Object(body)
    }

    /// Reads a whole reply.
    pub(super) fn whole(self, headers: &HeaderMap, body: &Value) -> Result<Gathered, Fault> {
        if let Some(error) = error_of(body) {
            return Err(Fault::of_error_inside(headers, body, error));
        }
        let mut gathered = Gathered { cost: header_cost(headers), ..Gathered::default() };
        match self {
            Self::Chat => chat::whole(&mut gathered, headers, body)?,
            Self::Responses => responses::whole(&mut gathered, headers, body)?,
            Self::Anthropic => anthropic::whole(&mut gathered, body)?,
        }
        Ok(gathered)
    }

    /// Takes in one event of a streamed reply.
    pub(super) fn event(self, gathered: &mut Gathered, headers: &HeaderMap, data: &Value) -> Result<(), Fault> {
        let inner = match data {
            Value::Array(items) if items.len() == 1 => &items[0],
            other => other,
        };
        if let Some(error) = error_of(inner) {
            return Err(Fault::of_error_inside(headers, inner, error));
        }
        match self {
            Self::Chat => chat::event(gathered, headers, inner),
            Self::Responses => responses::event(gathered, headers, inner),
            Self::Anthropic => {
                anthropic::event(gathered, inner);
                Ok(())
            }
        }
    }

    /// What a stream of this dialect ends with, when all is well.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::Chat => "finish_reason",
            Self::Responses => "response.completed",
            Self::Anthropic => "message_stop",
        }
    }
}

/// The error that an object is or holds. A finished response has a field of that name, which is null.
fn error_of(body: &Value) -> Option<&Value> {
    if let Some(error) = body.get("error").filter(|e| !e.is_null()) {
        return Some(error);
    }
    let says_error = |name: &str| body.get(name).and_then(Value::as_str) == Some("error");
    (says_error("type") || says_error("object")).then_some(body)
}

/// What the proxy `LiteLLM` says a reply cost, in US dollars.
fn header_cost(headers: &HeaderMap) -> Option<f64> {
    let cost = headers.get("x-litellm-response-cost")?.to_str().ok()?.parse().ok()?;
    Some(cost).filter(|cost: &f64| cost.is_finite() && *cost >= 0.0)
}

/// A fault of a reply that is not as it should be; asked again, it may be.
fn odd(message: &str) -> Fault {
    Fault::passing(Cause::Protocol { message: message.to_owned() })
}

/// A text under `name` that says something.
fn filled(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).filter(|t| !t.trim().is_empty()).map(str::to_owned)
}
