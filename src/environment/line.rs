//! A pair as a line of JSON, and its verdict as another: what the filter speaks, and the server.
//!
//! In: `id`, `reference` (or `final_answer`), `response`, and optional `question`, `domain`, `tolerance`, `options`. Out: the
//! id as it was written, and the verdict with its reward. Whatever is wrong with a line is a sentence in its own verdict.

use serde::Serialize;
use serde_json::{Map, Number, Value};

use super::reward::RewardPolicy;
use crate::verifier::{Leniency, Outcome, Pair, Side, Tier, Verdict};

/// A line as it was read.
#[derive(Debug)]
pub struct Asked {
    /// The exact text of its `id`.
    pub id: Option<String>,
    /// The whole object, where it is one.
    pub object: Option<Map<String, Value>>,
    /// What is to be verified, or what is wrong.
    pub pair: Result<Pair, String>,
}

impl Asked {
    /// Reads one JSON text.
    pub fn read(text: &str) -> Self {
        let wrong = |why: String| Self { id: None, object: None, pair: Err(why) };
        let parsed = serde_json::from_str::<Value>(text).or_else(|e| {
            // Halves of surrogate pairs, which other writers of JSON let through, are no text, but no reason to lose the rest.
            whole_escapes(text).map_or(Err(e), |mended| serde_json::from_str(&mended))
        });
        let object = match parsed {
            Ok(Value::Object(object)) => object,
            Ok(_) => return wrong("it is JSON, but not an object".into()),
            Err(e) => return wrong(format!("it is not JSON ({e})")),
        };
        let id = object.contains_key("id").then(|| raw_field(text, "id").map(str::to_owned)).flatten();
        let pair = pair(&object);
        Self { id, object: Some(object), pair }
    }
}

/// The text with each escape of half a surrogate pair made one of U+FFFD; `None` where there is none.
fn whole_escapes(text: &str) -> Option<String> {
    let code = |at: usize| {
        let escape = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(escape, 16).ok()
    };
    let mut mended = String::new();
    let (mut at, mut copied) = (0, 0);
    while let Some(found) = text[at..].find('\\') {
        at += found;
        match code(at) {
            Some(0xD800..=0xDBFF) if matches!(code(at + 6), Some(0xDC00..=0xDFFF)) => at += 12,
            Some(0xD800..=0xDFFF) => {
                mended.push_str(&text[copied..at]);
                mended.push_str("\\ufffd");
                at += 6;
                copied = at;
            }
            // Whatever is escaped is ASCII where the text is JSON.
            _ => at = (at + 2).min(text.len()),
        }
        if !text.is_char_boundary(at) {
            return None;
        }
    }
    if copied == 0 {
        return None;
    }
    mended.push_str(&text[copied..]);
    Some(mended)
}

/// The verdict of what could not be verified.
pub fn failed(reason: String) -> Verdict {
    Verdict {
        outcome: Outcome::Error,
        tier: Tier::Extract,
        leniencies: Vec::new(),
        reason,
        extracted: None,
        reference_value: String::new(),
        response_value: String::new(),
        side: None,
        version: String::new(),
    }
}

/// A verdict as it is written, without its id; fields in the order of the contract.
#[derive(Serialize)]
struct Written<'a> {
    verdict: Outcome,
    reward: Option<Number>,
    extracted: Option<&'a str>,
    reference_value: &'a str,
    response_value: &'a str,
    tier: Tier,
    leniencies: &'a [Leniency],
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    side: Option<Side>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ms: Option<f64>,
}

/// The accuracy reward of a verdict, without terms.
pub fn plain_reward(verdict: &Verdict) -> Option<f64> {
    RewardPolicy::default().reward(verdict)
}

/// A number as JSON: whole ones without a point.
fn number(value: f64) -> Option<Number> {
    if value.fract() == 0.0 {
        return format!("{value:.0}").parse().ok();
    }
    Number::from_f64(value)
}

/// The object that answers a line, without line feed: a new one with the id, or the line's own with the fields added.
pub fn answered(
    id: Option<&str>,
    passthrough: Option<(&str, Map<String, Value>)>,
    verdict: &Verdict,
    reward: Option<f64>,
    ms: Option<f64>,
) -> String {
    let fields = Written {
        verdict: verdict.outcome,
        reward: reward.and_then(number),
        extracted: verdict.extracted.as_deref(),
        reference_value: &verdict.reference_value,
        response_value: &verdict.response_value,
        tier: verdict.tier,
        leniencies: &verdict.leniencies,
        reason: &verdict.reason,
        side: verdict.side,
        ms,
    };
    let body = serde_json::to_string(&fields).unwrap_or_else(|_| "{}".into());
    if let Some((text, mut object)) = passthrough {
        let ours: Map<String, Value> = serde_json::from_str(&body).unwrap_or_default();
        // The input's own text where no field of it is replaced: numbers and escapes stay as they came.
        if let Some(open) = text.trim_end().strip_suffix('}')
            && !object.is_empty()
            && !ours.keys().any(|k| object.contains_key(k))
        {
            return format!("{},{}", open.trim(), &body[1..]);
        }
        object.extend(ours);
        return Value::Object(object).to_string();
    }
    format!("{{\"id\":{},{}", id.unwrap_or("null"), &body[1..])
}

/// The pair that an object describes.
fn pair(object: &Map<String, Value>) -> Result<Pair, String> {
    let reference = object.get("reference").or_else(|| object.get("final_answer")).filter(|v| !v.is_null());
    let references = match reference {
        None => return Err("it has no `reference` (nor `final_answer`)".into()),
        Some(Value::Array(items)) if !items.is_empty() && items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        Some(other) => vec![text_of(other)],
    };
    let response = object.get("response").ok_or("it has no `response`")?;
    let response = if response.is_null() { String::new() } else { text_of(response) };
    let text = |field: &str| object.get(field).and_then(Value::as_str).map(str::to_owned);
    let tolerance = match object.get("tolerance") {
        None | Some(Value::Null) => None,
        Some(Value::Number(n)) => n.as_f64(),
        Some(Value::String(s)) => Some(s.trim().parse().map_err(|_| format!("its `tolerance` `{s}` is not a number"))?),
        Some(_) => return Err("its `tolerance` is not a number".into()),
    };
    if let Some(wide) = tolerance.filter(|t: &f64| !(0.0..1.0).contains(t)) {
        return Err(format!("its `tolerance` is {wide}, and a relative tolerance is between 0 and 1, such as 1e-4"));
    }
    let options = match object.get("options") {
        Some(Value::Array(items)) => items.iter().map(text_of).collect(),
        Some(Value::Object(map)) => map.values().map(text_of).collect(),
        _ => Vec::new(),
    };
    Ok(Pair { references, response, question: text("question"), domain: text("domain"), tolerance, options })
}

/// A JSON value as the text of an answer: a string's content, anything else as it is written.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(s) => s.clone(),
        other => other.to_string(),
    }
}

/// The exact text of a field of a JSON object that has been found valid; the last of that name.
fn raw_field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let bytes = text.as_bytes();
    let mut found = None;
    let (mut at, mut depth) = (0usize, 0usize);
    let mut key: Option<&str> = None;
    let mut value_start = None;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                let end = string_end(bytes, at);
                if depth == 1 && value_start.is_none() {
                    key = text.get(at..end);
                }
                at = end;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b':' if depth == 1 && value_start.is_none() => value_start = Some(at + 1),
            b',' | b'}' | b']' => {
                if depth == 1
                    && let Some(start) = value_start.take()
                    && key.and_then(|k| serde_json::from_str::<String>(k).ok()).as_deref() == Some(name)
                {
                    found = text.get(start..at).map(str::trim);
                }
                if bytes[at] != b',' {
                    depth = depth.saturating_sub(1);
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Where the string that opens at `at` ends.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while end < bytes.len() && bytes[end] != b'"' {
        end += if bytes[end] == b'\\' { 2 } else { 1 };
    }
    (end + 1).min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_surrogate_pairs_lose_nothing_else() {
        for (text, response) in [
            (r#"{"reference": "1", "response": "\ud800 1"}"#, "\u{fffd} 1"),
            (r#"{"reference": "1", "response": "\udc00\ud83d\ude00\ud83d"}"#, "\u{fffd}\u{1f600}\u{fffd}"),
            (r#"{"reference": "1", "response": "\\ud800 \ud800\n"}"#, "\\ud800 \u{fffd}\n"),
        ] {
            assert_eq!(Asked::read(text).pair.unwrap().response, response, "{text}");
        }
        assert!(Asked::read(r#"{"response": "\ud8"}"#).pair.is_err());
        assert!(Asked::read("{\"response\": \"\\é\"}").pair.is_err());
    }

    #[test]
    fn a_tolerance_that_takes_anything_for_right_is_refused() {
        let read = |stated: &str| {
            Asked::read(&format!(r#"{{"reference": "1", "response": "1", "tolerance": {stated}}}"#)).pair
        };
        assert_eq!(read("0.005").unwrap().tolerance, Some(0.005));
        for wide in ["1", "500", "\"2\"", "-0.1", "\"nan\""] {
            assert!(read(wide).unwrap_err().contains("between 0 and 1"), "{wide}");
        }
    }

    #[test]
    fn rewards_are_whole_where_they_can_be() {
        let text = |reward| number(reward).unwrap().to_string();
        assert_eq!([text(1.0), text(0.0), text(1.25), text(-2.0)], ["1", "0", "1.25", "-2"]);
    }

    #[test]
    fn ids_keep_their_text() {
        assert_eq!(raw_field(r#"{"a":{"id":1}, "id" : 1.00e2 ,"b":[1,2]}"#, "id"), Some("1.00e2"));
        assert_eq!(raw_field(r#"{"id":"a\"\u00e9,}"}"#, "id"), Some(r#""a\"\u00e9,}""#));
        assert_eq!(raw_field(r#"{"id":[1, {"x":2}]}"#, "id"), Some(r#"[1, {"x":2}]"#));
        assert_eq!(raw_field(r#"{"i\u0064":7}"#, "id"), Some("7"));
    }
}
