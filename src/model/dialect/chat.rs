//! `OpenAI` chat completions, in all the ways that servers write them.

use reqwest::header::HeaderMap;
use serde_json::{Map, Value, json};

use super::{filled, odd};
use crate::model::fault::Fault;
use crate::model::gathered::{Gathered, finish};
use crate::model::lessons::{Accepted, Rung, messages};
use crate::model::{ChatRequest, Usage};

pub(super) fn body(body: &mut Map<String, Value>, accepted: Accepted, request: &ChatRequest, stream: bool) {
    body.insert("messages".into(), messages(&accepted.folded(&request.messages)));
    accepted.sample(body, &request.sampling);
    if let (Some(name), Some(limit)) = (accepted.token_limit_name(), accepted.token_limit(&request.sampling)) {
        body.insert(name.into(), json!(limit));
    }
    if let Some(seed) = accepted.seed(&request.sampling) {
        body.insert("seed".into(), json!(seed));
    }
    if let Some(wanted) = &request.schema {
        let format = match accepted.structure(request) {
            Rung::JsonSchema => json!({
                "type": "json_schema",
                "json_schema": {"name": wanted.name, "strict": true, "schema": wanted.schema},
            }),
            Rung::JsonObject => json!({"type": "json_object"}),
            Rung::Unsent => Value::Null,
        };
        if !format.is_null() {
            body.insert("response_format".into(), format);
        }
    }
    if stream && accepted.stream_options {
        body.insert("stream_options".into(), json!({"include_usage": true}));
    }
}

pub(super) fn whole(gathered: &mut Gathered, headers: &HeaderMap, body: &Value) -> Result<(), Fault> {
    let choices = body.get("choices").and_then(Value::as_array).ok_or_else(|| odd("JSON without `choices`"))?;
    let choice = choices.first().ok_or_else(|| odd("`choices` is empty"))?;
    take_reason(gathered, headers, body, choice)?;
    let message = choice.get("message").filter(|m| m.is_object()).ok_or_else(|| odd("a choice without `message`"))?;
    take_message(gathered, message);
    take_rest(gathered, body);
    Ok(())
}

pub(super) fn event(gathered: &mut Gathered, headers: &HeaderMap, data: &Value) -> Result<(), Fault> {
    take_rest(gathered, data);
    // The last event tells usage and has no choices; a server that was not asked for several sends one.
    let first = |choice: &&Value| choice.get("index").and_then(Value::as_u64).unwrap_or(0) == 0;
    let choices = data.get("choices").and_then(Value::as_array);
    let Some(choice) = choices.and_then(|all| all.iter().find(first)) else { return Ok(()) };
    if let Some(delta) = choice.get("delta").filter(|_| !gathered.is_whole()) {
        take_message(gathered, delta);
    }
    take_reason(gathered, headers, data, choice)
}

/// Why the choice ended, if it says so.
fn take_reason(gathered: &mut Gathered, headers: &HeaderMap, body: &Value, choice: &Value) -> Result<(), Fault> {
    if let Some(error) = choice.get("error").filter(|e| !e.is_null()) {
        return Err(Fault::of_error_inside(headers, body, error));
    }
    let reason = choice.get("finish_reason").and_then(Value::as_str).filter(|reason| !reason.is_empty());
    if matches!(reason, Some("error" | "insufficient_system_resource")) {
        return Err(odd("the reply was broken off by the server (finish_reason says so)"));
    }
    if reason.is_some() {
        gathered.end = Some(finish(reason));
    }
    Ok(())
}

/// A message, or the part of one that an event brings. Content is a text, a list of texts and typed parts, or nothing.
fn take_message(gathered: &mut Gathered, message: &Value) {
    match message.get("content") {
        Some(Value::String(text)) => gathered.text.push_str(text),
        Some(Value::Array(items)) => items.iter().for_each(|item| take_part(gathered, item)),
        _ => {}
    }
    let text = |name: &str| message.get(name).and_then(Value::as_str).unwrap_or_default();
    gathered.reasoning.push_str(text("reasoning"));
    gathered.reasoning_content.push_str(text("reasoning_content"));
    gathered.refusal.push_str(text("refusal"));
    if let Some(details) = message.get("reasoning_details").and_then(Value::as_array) {
        for detail in details {
            let said = detail.get("text").or_else(|| detail.get("summary")).and_then(Value::as_str);
            gathered.details.push_str(said.unwrap_or_default());
        }
    }
}

fn take_part(gathered: &mut Gathered, part: &Value) {
    if let Some(text) = part.as_str() {
        gathered.text.push_str(text);
        return;
    }
    let text = |name: &str| part.get(name).and_then(Value::as_str);
    match text("type") {
        Some("refusal") => gathered.refusal.push_str(text("refusal").unwrap_or_default()),
        Some("thinking" | "reasoning") => match part.get("thinking").or_else(|| part.get("text")) {
            Some(Value::String(thought)) => gathered.thinking.push_str(thought),
            Some(Value::Array(inner)) => {
                let said = |part| Value::as_str(part).or_else(|| part.get("text")?.as_str());
                gathered.thinking.extend(inner.iter().filter_map(said));
            }
            _ => {}
        },
        _ => gathered.text.push_str(text("text").unwrap_or_default()),
    }
}

fn take_rest(gathered: &mut Gathered, body: &Value) {
    if let Some(model) = filled(body, "model") {
        gathered.model = Some(model);
    }
    let Some(usage) = body.get("usage").filter(|usage| usage.is_object()) else { return };
    let count = |pointer: &str| usage.pointer(pointer).and_then(Value::as_u64);
    gathered.take_usage(Usage {
        prompt_tokens: count("/prompt_tokens"),
        completion_tokens: count("/completion_tokens"),
        reasoning_tokens: count("/completion_tokens_details/reasoning_tokens").or_else(|| count("/reasoning_tokens")),
        cached_tokens: count("/prompt_tokens_details/cached_tokens").or_else(|| count("/prompt_cache_hit_tokens")),
    });
    gathered.take_cost(usage);
}
