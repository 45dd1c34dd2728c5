//! Reading a chat completion, whichever server wrote it.

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::fault::{Cause, Fault, is_html, no_json};
use super::{Finish, Usage, thinking};

/// What a chat completion says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parsed {
    pub(super) content: String,
    pub(super) reasoning: Option<String>,
    pub(super) finish: Finish,
    pub(super) model: Option<String>,
    pub(super) usage: Usage,
}

impl Parsed {
    /// What stands for a completion that the provider's filter kept back.
    pub(super) fn declined(message: String) -> Self {
        Self { content: message, reasoning: None, finish: Finish::Refusal, model: None, usage: Usage::default() }
    }
}

/// Reads the body of an answer with status 200.
pub(super) fn parse(headers: &HeaderMap, bytes: &[u8]) -> Result<Parsed, Fault> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let Ok(body) = serde_json::from_slice::<Value>(bytes) else {
        let cause = Cause::Protocol { message: no_json(headers, bytes) };
        // A page for people means a wrong address; anything else may be an accident.
        let page = is_html(headers, &String::from_utf8_lossy(&bytes[..bytes.len().min(64)]));
        return Err(if page { Fault::Final(cause) } else { Fault::passing(cause) });
    };
    let body = match body {
        Value::Array(mut items) if items.len() == 1 => items.remove(0),
        other => other,
    };
    if let Some(error) = body.get("error").filter(|e| !e.is_null()) {
        return Err(Fault::of_error_inside(headers, &body, error));
    }
    let odd = |message: &str| Fault::passing(Cause::Protocol { message: message.to_owned() });
    let choices = body.get("choices").and_then(Value::as_array).ok_or_else(|| odd("JSON without `choices`"))?;
    let choice = choices.first().ok_or_else(|| odd("`choices` is empty"))?;
    if let Some(error) = choice.get("error").filter(|e| !e.is_null()) {
        return Err(Fault::of_error_inside(headers, &body, error));
    }
    let reason = choice.get("finish_reason").and_then(Value::as_str);
    if matches!(reason, Some("error" | "insufficient_system_resource")) {
        return Err(odd("the reply was broken off by the server (finish_reason says so)"));
    }
    let message = choice.get("message").filter(|m| m.is_object()).ok_or_else(|| odd("a choice without `message`"))?;

    let parts = Parts::of(message.get("content").unwrap_or(&Value::Null));
    let (tagged, mut content) = thinking::split(&parts.text);
    let named = ["reasoning", "reasoning_content"].iter().find_map(|name| filled(message.get(*name)));
    let reasoning: Vec<String> = [named, filled_text(parts.thinking), tagged].into_iter().flatten().collect();

    let refusal = filled(message.get("refusal")).or_else(|| filled_text(parts.refusal));
    let mut finish = finish(reason);
    if let Some(refusal) = refusal {
        finish = Finish::Refusal;
        if content.trim().is_empty() {
            content = refusal;
        }
    }
    Ok(Parsed {
        content,
        reasoning: Some(reasoning.join("\n\n")).filter(|r| !r.is_empty()),
        finish,
        model: filled(body.get("model")),
        usage: usage(body.get("usage").unwrap_or(&Value::Null)),
    })
}

/// A text that says something.
fn filled(value: Option<&Value>) -> Option<String> {
    filled_text(value?.as_str()?.to_owned())
}

fn filled_text(text: String) -> Option<String> {
    Some(text).filter(|t| !t.trim().is_empty())
}

/// A message's content by kind.
#[derive(Default)]
struct Parts {
    text: String,
    thinking: String,
    refusal: String,
}

impl Parts {
    /// Content is a text, a list of texts and typed parts, or nothing.
    fn of(content: &Value) -> Self {
        let mut parts = Self::default();
        match content {
            Value::String(text) => parts.text.clone_from(text),
            Value::Array(items) => items.iter().for_each(|item| parts.take(item)),
            _ => {}
        }
        parts
    }

    fn take(&mut self, item: &Value) {
        if let Some(text) = item.as_str() {
            self.text.push_str(text);
            return;
        }
        let text = |name: &str| item.get(name).and_then(Value::as_str);
        match text("type") {
            Some("refusal") => self.refusal.push_str(text("refusal").unwrap_or_default()),
            Some("thinking" | "reasoning") => match item.get("thinking").or_else(|| item.get("text")) {
                Some(Value::String(thought)) => self.thinking.push_str(thought),
                Some(Value::Array(inner)) => {
                    self.thinking.push_str(&inner.iter().filter_map(part_text).collect::<String>());
                }
                _ => {}
            },
            _ => self.text.push_str(text("text").unwrap_or_default()),
        }
    }
}

fn part_text(part: &Value) -> Option<&str> {
    part.as_str().or_else(|| part.get("text")?.as_str())
}

fn finish(reason: Option<&str>) -> Finish {
    match reason.map(str::to_ascii_lowercase).as_deref() {
        Some("stop" | "eos" | "eos_token" | "end_turn" | "stop_sequence") => Finish::Stop,
        Some("length" | "max_tokens" | "model_length") => Finish::Length,
        Some("content_filter" | "refusal" | "safety" | "recitation" | "prohibited_content" | "blocklist") => {
            Finish::Refusal
        }
        _ => Finish::Other,
    }
}

fn usage(usage: &Value) -> Usage {
    let count = |pointer: &str| usage.pointer(pointer).and_then(Value::as_u64);
    Usage {
        prompt_tokens: count("/prompt_tokens"),
        completion_tokens: count("/completion_tokens"),
        reasoning_tokens: count("/completion_tokens_details/reasoning_tokens").or_else(|| count("/reasoning_tokens")),
        cached_tokens: count("/prompt_tokens_details/cached_tokens").or_else(|| count("/prompt_cache_hit_tokens")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: &Value) -> Result<Parsed, Fault> {
        parse(&HeaderMap::new(), body.to_string().as_bytes())
    }

    fn choice(message: &Value, reason: &Value) -> Value {
        json!({"model": "m-1", "choices": [{"index": 0, "message": message, "finish_reason": reason}]})
    }

    #[test]
    fn content_reasoning_and_finish_are_found_wherever_they_stand() {
        for (message, reason, content, reasoning, finish) in [
            (json!({"content": "42"}), json!("stop"), "42", None, Finish::Stop),
            (json!({"content": null}), json!("length"), "", None, Finish::Length),
            (json!({"content": "", "reasoning_content": "hm"}), json!("length"), "", Some("hm"), Finish::Length),
            (json!({"content": "42", "reasoning": "hm"}), json!("stop"), "42", Some("hm"), Finish::Stop),
            (json!({"content": "<think>hm</think>42"}), json!("stop"), "42", Some("hm"), Finish::Stop),
            (
                json!({"content": [{"type": "text", "text": "4"}, {"type": "text", "text": "2"}]}),
                json!("stop"),
                "42",
                None,
                Finish::Stop,
            ),
            (
                json!({"content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                    {"type": "text", "text": "42"},
                ]}),
                json!("stop"),
                "42",
                Some("hm"),
                Finish::Stop,
            ),
            (json!({"content": null, "refusal": "I won't."}), json!("stop"), "I won't.", None, Finish::Refusal),
            (json!({"content": ""}), json!("content_filter"), "", None, Finish::Refusal),
            (json!({"content": "x"}), json!(null), "x", None, Finish::Other),
            (json!({"content": "x"}), json!("SAFETY"), "x", None, Finish::Refusal),
        ] {
            let parsed = read(&choice(&message, &reason)).expect("a chat reply");
            assert_eq!(
                (parsed.content.as_str(), parsed.reasoning.as_deref(), parsed.finish),
                (content, reasoning, finish),
                "{message}"
            );
            assert_eq!(parsed.model.as_deref(), Some("m-1"));
        }
    }

    #[test]
    fn usage_that_is_missing_is_unknown() {
        let mut body = choice(&json!({"content": "x"}), &json!("stop"));
        assert_eq!(read(&body).expect("a reply").usage, Usage::default());
        body["usage"] = json!({"prompt_tokens": 3, "completion_tokens_details": {"reasoning_tokens": 2}});
        let usage = read(&body).expect("a reply").usage;
        assert_eq!(usage, Usage { prompt_tokens: Some(3), reasoning_tokens: Some(2), ..Usage::default() });
        body["usage"] = Value::Null;
        assert_eq!(read(&body).expect("a reply").usage, Usage::default());
    }

    #[test]
    fn what_is_no_reply_is_a_fault() {
        for body in [
            json!({}),
            json!({"choices": []}),
            json!({"choices": [{"finish_reason": "stop"}]}),
            json!({"choices": [{"message": {"content": "half"}, "finish_reason": "error"}]}),
            json!({"error": {"message": "upstream died"}}),
            json!({"error": "upstream died"}),
            json!({"choices": [{"error": {"code": 502, "message": "gone"}, "message": {"content": ""}}]}),
            json!({"error": {"code": 429, "message": "slow down"}}),
        ] {
            assert!(matches!(read(&body), Err(Fault::Passing { .. })), "{body}");
        }
        let key = read(&json!({"error": {"code": 401, "message": "no"}}));
        assert!(matches!(key, Err(Fault::Final(Cause::Key { status: 401, .. }))));
        let page = parse(&HeaderMap::new(), b"\n<!DOCTYPE html><title>Hello</title>");
        assert!(
            matches!(page, Err(Fault::Final(Cause::Protocol { message })) if message.contains("HTML page") && message.contains("Hello"))
        );
        assert!(
            parse(&HeaderMap::new(), b"\xef\xbb\xbf\n\n{\"choices\":[{\"message\":{\"content\":\"a\"}}]}\n").is_ok()
        );
    }
}
