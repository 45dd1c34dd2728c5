//! `OpenAI` responses.

use reqwest::header::HeaderMap;
use serde_json::{Map, Value, json};

use super::{filled, odd};
use crate::model::fault::Fault;
use crate::model::gathered::Gathered;
use crate::model::lessons::{Accepted, Rung};
use crate::model::{ChatRequest, Finish, Message, Speaker, Usage};

pub(super) fn body(body: &mut Map<String, Value>, accepted: Accepted, request: &ChatRequest) {
    let all = accepted.folded(&request.messages);
    let (standing, said): (Vec<Message>, Vec<Message>) = all.into_iter().partition(|m| m.speaker == Speaker::System);
    if !standing.is_empty() {
        let standing: Vec<&str> = standing.iter().map(|m| m.content.as_str()).collect();
        body.insert("instructions".into(), json!(standing.join("\n\n")));
    }
    body.insert("input".into(), said.iter().map(item).collect());
    accepted.sample(body, &request.sampling);
    if let (Some(_), Some(limit)) = (accepted.token_limit_name(), accepted.token_limit(&request.sampling)) {
        body.insert("max_output_tokens".into(), json!(limit));
    }
    if let Some(wanted) = &request.schema {
        let format = match accepted.structure(request) {
            Rung::JsonSchema => {
                json!({"type": "json_schema", "name": wanted.name, "strict": true, "schema": wanted.schema})
            }
            Rung::JsonObject => json!({"type": "json_object"}),
            Rung::Unsent => Value::Null,
        };
        if !format.is_null() {
            body.insert("text".into(), json!({"format": format}));
        }
    }
    if accepted.store {
        // What is asked is nobody else's: without this the provider keeps every reply.
        body.insert("store".into(), json!(false));
    }
}

/// What was said, as an item of the input. `OpenAI` needs no type for it; llama-server knows replies by nothing else.
fn item(message: &Message) -> Value {
    json!({"type": "message", "role": message.speaker.as_str(), "content": message.content})
}

pub(super) fn whole(gathered: &mut Gathered, headers: &HeaderMap, body: &Value) -> Result<(), Fault> {
    let output = body.get("output").and_then(Value::as_array).ok_or_else(|| odd("JSON without `output`"))?;
    take_end(gathered, headers, body)?;
    for item in output {
        take_item(gathered, item);
    }
    take_rest(gathered, body);
    Ok(())
}

pub(super) fn event(gathered: &mut Gathered, headers: &HeaderMap, data: &Value) -> Result<(), Fault> {
    let delta = data.get("delta").and_then(Value::as_str).unwrap_or_default();
    match data.get("type").and_then(Value::as_str).unwrap_or_default() {
        "response.output_text.delta" => gathered.text.push_str(delta),
        "response.refusal.delta" => gathered.refusal.push_str(delta),
        "response.reasoning_text.delta" => gathered.reasoning.push_str(delta),
        "response.reasoning_summary_text.delta" => gathered.details.push_str(delta),
        "response.reasoning_summary_part.added" if !gathered.details.is_empty() => gathered.details.push_str("\n\n"),
        "response.completed" | "response.incomplete" | "response.failed" => {
            let response = data.get("response").ok_or_else(|| odd("an end of the stream without its response"))?;
            // The end repeats the whole reply, which is what counts; some servers leave its output out.
            let mut told = Gathered { cost: gathered.cost, model: gathered.model.clone(), ..Gathered::default() };
            take_end(&mut told, headers, response)?;
            for item in response.get("output").and_then(Value::as_array).into_iter().flatten() {
                take_item(&mut told, item);
            }
            take_rest(&mut told, response);
            if told.is_empty() {
                gathered.end = told.end;
                gathered.usage = told.usage;
                gathered.cost = told.cost;
                gathered.model = told.model;
            } else {
                *gathered = told;
            }
            gathered.over = true;
        }
        _ => {
            if let Some(model) = data.get("response").and_then(|response| filled(response, "model")) {
                gathered.model = Some(model);
            }
        }
    }
    Ok(())
}

fn take_end(gathered: &mut Gathered, headers: &HeaderMap, response: &Value) -> Result<(), Fault> {
    if let Some(error) = response.get("error").filter(|e| !e.is_null()) {
        return Err(Fault::of_error_inside(headers, response, error));
    }
    gathered.end = match response.get("status").and_then(Value::as_str) {
        Some("completed") => Some(Finish::Stop),
        Some("incomplete") => {
            let reason = response.pointer("/incomplete_details/reason").and_then(Value::as_str);
            Some(match reason {
                Some("max_output_tokens" | "max_tokens") => Finish::Length,
                Some("content_filter") => Finish::Refusal,
                _ => Finish::Other,
            })
        }
        Some("failed" | "cancelled") => return Err(odd("the reply was broken off by the server (status says so)")),
        Some("queued" | "in_progress") => return Err(odd("a reply that is not there yet (status says so)")),
        _ => None,
    };
    Ok(())
}

fn take_item(gathered: &mut Gathered, item: &Value) {
    let parts = |name: &str| item.get(name).and_then(Value::as_array).into_iter().flatten();
    let text = |part: &Value, name: &str| part.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    match item.get("type").and_then(Value::as_str) {
        Some("reasoning") => {
            for part in parts("content") {
                gathered.reasoning.push_str(&text(part, "text"));
            }
            for part in parts("summary") {
                if !gathered.details.is_empty() {
                    gathered.details.push_str("\n\n");
                }
                gathered.details.push_str(&text(part, "text"));
            }
        }
        Some("message") => {
            for part in parts("content") {
                gathered.text.push_str(&text(part, "text"));
                gathered.refusal.push_str(&text(part, "refusal"));
            }
        }
        _ => {}
    }
}

fn take_rest(gathered: &mut Gathered, response: &Value) {
    if let Some(model) = filled(response, "model") {
        gathered.model = Some(model);
    }
    let Some(usage) = response.get("usage").filter(|usage| usage.is_object()) else { return };
    let count = |pointer: &str| usage.pointer(pointer).and_then(Value::as_u64);
    gathered.take_usage(Usage {
        prompt_tokens: count("/input_tokens"),
        completion_tokens: count("/output_tokens"),
        reasoning_tokens: count("/output_tokens_details/reasoning_tokens"),
        cached_tokens: count("/input_tokens_details/cached_tokens"),
    });
    gathered.take_cost(usage);
}
