//! What clients ask, read from JSON that anybody may have written.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::wire::{Code, Fault};
use crate::store::is_shallow;

/// Characters of an identity that a client gives its episode.
const LONGEST_ID: usize = 255;

/// Bytes of what is said beside an answer.
pub(super) const LONGEST_BESIDE: usize = 64 << 10;

/// Lists and objects in each other, in what is said beside an answer.
const DEEPEST: usize = 32;

/// Characters of a client's own words in a fault.
const QUOTED: usize = 100;

/// The beginning of what a client said, for a fault.
pub(super) fn quoted(text: &str) -> String {
    text.chars().take(QUOTED).collect()
}

/// What a WebSocket client wants.
#[derive(Debug)]
pub(super) enum Message {
    /// Begin an episode.
    Reset(Reset),
    /// A response to its question.
    Step(Answer),
    /// Where the episode stands.
    State,
    /// Goodbye.
    Close,
}

/// A message, its data not yet looked into.
#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(rename = "type", default)]
    kind: Value,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

impl Message {
    /// Reads a frame.
    pub(super) fn read(text: &str) -> Result<Self, Fault> {
        let frame: Frame<'_> = serde_json::from_str(text).map_err(|e| {
            let code = if e.is_data() { Code::Validation } else { Code::InvalidJson };
            Fault { code, ..Fault::invalid("json_invalid", &["message"], &format!("it is no JSON object ({e})")) }
        })?;
        // The library reads fields from lists too, by their places.
        if !is_object(text) {
            return Err(Fault::invalid("dict_type", &["message"], "it is no object"));
        }
        let data = frame.data.map_or("{}", RawValue::get);
        match frame.kind.as_str().unwrap_or_default() {
            "reset" => Reset::read(data).map(Self::Reset),
            "step" => Answer::read(data).map(Self::Step),
            "state" => Ok(Self::State),
            "close" => Ok(Self::Close),
            _ => {
                let kind = quoted(&frame.kind.to_string());
                let message = format!("there is no message of type {kind}; there are reset, step, state and close");
                Err(Fault { code: Code::UnknownType, ..Fault::failed(message) })
            }
        }
    }
}

/// Whether a valid JSON text is an object.
fn is_object(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// How an episode is begun.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reset {
    /// The same gives the same task.
    pub(super) seed: Option<u64>,
    pub(super) episode_id: Option<String>,
    /// Identity of the task, instead of one that is drawn.
    pub(super) task: Option<String>,
}

impl Reset {
    /// Reads `{"seed", "episode_id", "task"}`, all of them optional; other fields are for other environments.
    pub(super) fn read(text: &str) -> Result<Self, Fault> {
        if text.len() > LONGEST_BESIDE {
            return Err(Fault::invalid("too_long", &["body"], "it should have 64 KB at most"));
        }
        let fields = match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(fields)) => fields,
            Ok(Value::Null) => return Ok(Self::default()),
            Ok(_) => return Err(Fault::invalid("dict_type", &["body"], "it is no object")),
            Err(e) => return Err(Fault::invalid("json_invalid", &["body"], &format!("it is no JSON ({e})"))),
        };
        let seed = match fields.get("seed") {
            None | Some(Value::Null) => None,
            Some(Value::Number(n)) => match whole(n) {
                Some(seed) => Some(seed),
                None if n.as_f64().is_some_and(|n| n < 0.0) => {
                    return Err(Fault::invalid("greater_than_equal", &["body", "seed"], "it should be 0 or more"));
                }
                None => {
                    return Err(Fault::invalid(
                        "int_type",
                        &["body", "seed"],
                        "it should be a whole number below 2^64",
                    ));
                }
            },
            Some(_) => return Err(Fault::invalid("int_type", &["body", "seed"], "it should be a whole number")),
        };
        let text = |name: &str| match fields.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.chars().count() <= LONGEST_ID => Ok(Some(text.clone())),
            Some(Value::String(_)) => {
                Err(Fault::invalid("string_too_long", &["body", name], "it should have 255 characters at most"))
            }
            Some(_) => Err(Fault::invalid("string_type", &["body", name], "it should be a text")),
        };
        Ok(Self { seed, episode_id: text("episode_id")?, task: text("task")? })
    }
}

/// A number that is whole, also where it is written as 7.0.
fn whole(n: &serde_json::Number) -> Option<u64> {
    n.as_u64().or_else(|| n.as_f64().filter(|n| n.fract() == 0.0).and_then(|n| format!("{n:.0}").parse().ok()))
}

/// A policy's response.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// A string's content; anything else as it is written, since clients read `42` as a number; of null nothing.
    pub(super) text: String,
    /// What the client says beside it.
    pub(super) metadata: serde_json::Map<String, Value>,
}

impl Answer {
    /// Reads an action: `answer`, and `metadata`, which typed clients always send.
    pub(super) fn read(text: &str) -> Result<Self, Fault> {
        let fields: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text)
            .map_err(|_| Fault::invalid("dict_type", &["action"], "it should be an object with the field `answer`"))?;
        if let Some(other) = fields.keys().find(|name| !["answer", "metadata"].contains(&name.as_str())) {
            return Err(Fault::invalid(
                "extra_forbidden",
                &["action", other],
                "there is no such field; it is `answer`",
            ));
        }
        let answer =
            fields.get("answer").ok_or_else(|| Fault::invalid("missing", &["action", "answer"], "it is missing"))?;
        let metadata = match fields.get("metadata").map(|raw| raw.get()) {
            None | Some("null") => serde_json::Map::new(),
            // Parsed, it takes many times its bytes.
            Some(text) if text.len() > LONGEST_BESIDE => {
                return Err(Fault::invalid("too_long", &["action", "metadata"], "it should have 64 KB at most"));
            }
            Some(text) => {
                let said: serde_json::Map<String, Value> = serde_json::from_str(text)
                    .map_err(|_| Fault::invalid("dict_type", &["action", "metadata"], "it should be an object"))?;
                if !said.values().all(|value| is_shallow(value, DEEPEST)) {
                    return Err(Fault::invalid("too_deep", &["action", "metadata"], "it is nested too deeply"));
                }
                said
            }
        };
        Ok(Self { text: text_of(answer), metadata })
    }
}

/// The text that a JSON value stands for.
fn text_of(raw: &RawValue) -> String {
    let written = raw.get();
    match written.as_bytes().first() {
        Some(b'"') => {
            // Halves of surrogate pairs are no text, but no reason to lose the rest of a response.
            let bytes = serde_json::from_str::<Bytes>(written).map(|b| b.0).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        }
        Some(b'n') => String::new(),
        _ => written.to_owned(),
    }
}

/// A string's bytes, which need not be UTF-8.
struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Bytes;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Visitor)
    }
}

/// The body of a step over HTTP.
#[derive(Deserialize)]
struct StepBody<'a> {
    #[serde(borrow)]
    action: &'a RawValue,
    #[serde(default)]
    episode_id: Option<String>,
}

/// Reads the body of a step over HTTP: the response, and which episode's it is. Other fields are for other environments.
pub(super) fn step_body(text: &str) -> Result<(Answer, Option<String>), Fault> {
    let body: StepBody<'_> = serde_json::from_str(text).map_err(|e| {
        let kind = if e.is_data() { "missing" } else { "json_invalid" };
        Fault::invalid(kind, &["body", "action"], &format!("it should be an object with `action` ({e})"))
    })?;
    if !is_object(text) {
        return Err(Fault::invalid("dict_type", &["body"], "it is no object"));
    }
    Ok((Answer::read(body.action.get())?, body.episode_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_any_type_keeps_its_text() {
        for (written, text) in [
            (r#""42""#, "42"),
            ("42", "42"),
            ("1.50e3", "1.50e3"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            ("[1, 2]", "[1, 2]"),
            ("true", "true"),
            ("null", ""),
            (r#""a\ud800b\u00e9\n""#, "a\u{fffd}\u{fffd}\u{fffd}bé\n"),
            (r#""\u0000\ud83d\ude00""#, "\u{0}\u{1f600}"),
        ] {
            let answer = Answer::read(&format!(r#"{{"answer": {written}, "metadata": {{"step": 3}}}}"#)).unwrap();
            assert_eq!((answer.text.as_str(), answer.metadata["step"].as_u64()), (text, Some(3)), "{written}");
        }
    }

    #[test]
    fn actions_that_do_not_fit_are_named() {
        for (action, kind) in [
            ("{}", "missing"),
            (r#"{"answer": 1, "zzz": 1}"#, "extra_forbidden"),
            ("[1]", "dict_type"),
            ("null", "dict_type"),
            (r#"{"answer": 1, "metadata": [1]}"#, "dict_type"),
            (&format!(r#"{{"answer": 1, "metadata": {{"a": "{}"}}}}"#, "x".repeat(70_000)), "too_long"),
        ] {
            let fault = Answer::read(action).unwrap_err();
            assert_eq!((fault.code, fault.errors[0]["type"].as_str()), (Code::Validation, Some(kind)), "{action}");
        }
    }

    #[test]
    fn resets_are_read_as_pydantic_would() {
        let reset = |text: &str| Reset::read(text);
        assert_eq!(reset("{}").unwrap(), Reset::default());
        assert_eq!(reset("null").unwrap(), Reset::default());
        assert_eq!(reset(r#"{"seed": 7.0, "other": [1]}"#).unwrap().seed, Some(7));
        assert_eq!(reset(r#"{"seed": 18446744073709551615}"#).unwrap().seed, Some(u64::MAX));
        for (text, kind) in [
            (r#"{"seed": -1}"#, "greater_than_equal"),
            (r#"{"seed": 1.5}"#, "int_type"),
            (r#"{"seed": "1"}"#, "int_type"),
            (r#"{"seed": 1e400}"#, "int_type"),
            (r#"{"episode_id": 4}"#, "string_type"),
            ("[]", "dict_type"),
            ("{", "json_invalid"),
        ] {
            assert_eq!(reset(text).unwrap_err().errors[0]["type"], kind, "{text}");
        }
        let long = format!(r#"{{"episode_id": "{}"}}"#, "x".repeat(256));
        assert_eq!(reset(&long).unwrap_err().errors[0]["type"], "string_too_long");
    }

    #[test]
    fn frames_that_are_none_are_told_apart() {
        assert_eq!(Message::read("{not json").unwrap_err().code, Code::InvalidJson);
        for text in ["[]", "[1]", "4", "null"] {
            assert_eq!(Message::read(text).unwrap_err().code, Code::Validation, "{text}");
        }
        assert!(step_body(r#"[{"answer": 1}, "an-episode"]"#).is_err());
        assert_eq!(Message::read(r#"{"type": 4}"#).unwrap_err().code, Code::UnknownType);
    }
}
