//! Anthropic messages. There is no seed. The shape of a reply is asked for as `output_config.format`, which models since
//! Claude 4.5 follow and servers that speak the dialect may not know: the prompt describes it too.

use serde_json::{Map, Value, json};

use super::{filled, odd};
use crate::model::fault::Fault;
use crate::model::gathered::{Gathered, finish};
use crate::model::lessons::{Accepted, Rung, messages};
use crate::model::{ChatRequest, Message, Speaker, Usage};

/// The version of the dialect, sent with every request.
pub(in crate::model) const VERSION: &str = "2023-06-01";

/// The limit of tokens where the request names none: the dialect wants one.
const TOKENS: u32 = 4096;

pub(super) fn body(body: &mut Map<String, Value>, accepted: Accepted, request: &ChatRequest) {
    let all = accepted.folded(&request.messages);
    let (standing, said): (Vec<Message>, Vec<Message>) = all.into_iter().partition(|m| m.speaker == Speaker::System);
    if !standing.is_empty() {
        let standing: Vec<&str> = standing.iter().map(|m| m.content.as_str()).collect();
        body.insert("system".into(), json!(standing.join("\n\n")));
    }
    body.insert("messages".into(), messages(&said));
    body.insert("max_tokens".into(), json!(accepted.token_limit(&request.sampling).unwrap_or(TOKENS)));
    accepted.sample(body, &request.sampling);
    if let (Some(wanted), Rung::JsonSchema) = (&request.schema, accepted.structure(request)) {
        body.insert("output_config".into(), json!({"format": {"type": "json_schema", "schema": wanted.schema}}));
    }
}

pub(super) fn whole(gathered: &mut Gathered, body: &Value) -> Result<(), Fault> {
    let blocks = body.get("content").and_then(Value::as_array).ok_or_else(|| odd("JSON without `content`"))?;
    for block in blocks {
        begin_block(gathered, block);
    }
    take_rest(gathered, body);
    gathered.end = body.get("stop_reason").and_then(Value::as_str).map(|reason| finish(Some(reason)));
    Ok(())
}

pub(super) fn event(gathered: &mut Gathered, data: &Value) {
    match data.get("type").and_then(Value::as_str).unwrap_or_default() {
        "message_start" => take_rest(gathered, data.get("message").unwrap_or(&Value::Null)),
        "content_block_start" => begin_block(gathered, data.get("content_block").unwrap_or(&Value::Null)),
        "content_block_delta" => {
            let delta = |name: &str| data.pointer(&format!("/delta/{name}")).and_then(Value::as_str);
            match delta("type") {
                Some("text_delta") => gathered.text.push_str(delta("text").unwrap_or_default()),
                Some("thinking_delta") => gathered.thinking.push_str(delta("thinking").unwrap_or_default()),
                _ => {}
            }
        }
        "message_delta" => {
            if let Some(reason) = data.pointer("/delta/stop_reason").and_then(Value::as_str) {
                gathered.end = Some(finish(Some(reason)));
            }
            take_rest(gathered, data);
        }
        "message_stop" => gathered.over = true,
        _ => {}
    }
}

/// A block of content, or the start of one that events go on with.
fn begin_block(gathered: &mut Gathered, block: &Value) {
    let text = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default();
    match text("type") {
        "text" => gathered.text.push_str(text("text")),
        "thinking" => {
            if !gathered.thinking.is_empty() {
                gathered.thinking.push_str("\n\n");
            }
            gathered.thinking.push_str(text("thinking"));
        }
        _ => {}
    }
}

fn take_rest(gathered: &mut Gathered, message: &Value) {
    if let Some(model) = filled(message, "model") {
        gathered.model = Some(model);
    }
    let Some(usage) = message.get("usage").filter(|usage| usage.is_object()) else { return };
    let count = |name: &str| usage.get(name).and_then(Value::as_u64);
    let cached = count("cache_read_input_tokens");
    // Here the tokens of the request are told in three heaps; elsewhere as their sum.
    let others = cached.unwrap_or(0).saturating_add(count("cache_creation_input_tokens").unwrap_or(0));
    gathered.take_usage(Usage {
        prompt_tokens: count("input_tokens").map(|fresh| fresh.saturating_add(others)),
        completion_tokens: count("output_tokens"),
        reasoning_tokens: None,
        cached_tokens: cached,
    });
    gathered.take_cost(usage);
}
