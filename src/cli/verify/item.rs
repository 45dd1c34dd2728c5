//! One line of the filter: from JSON to a pair, from a verdict to JSON or to what a person reads.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use serde::Serialize;
use serde_json::{Map, Value};

use super::lines::{LONGEST, Line};
use crate::cli::evidence;
use crate::review::cleaned::clean_line;
use crate::verifier::{Leniency, Outcome, Pair, RuleVerifier, Side, Tier, Verdict, Verifier};

/// How verdicts are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    pub(super) timing: bool,
    pub(super) passthrough: bool,
    /// For a person, whose terminal has so many columns.
    pub(super) explain: Option<usize>,
}

/// A verdict as it is written, without its id; fields in the order of the contract.
#[derive(Serialize)]
struct Written<'a> {
    verdict: Outcome,
    reward: Option<u8>,
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

/// A line with what the native tiers say of it.
pub(super) struct Examined<'a> {
    line: &'a Line,
    started: Instant,
    id: Option<String>,
    object: Option<Map<String, Value>>,
    pair: Option<Pair>,
    verdict: Verdict,
}

impl<'a> Examined<'a> {
    /// Reads and verifies a line; whatever went wrong is a sentence in its verdict.
    pub(super) fn of(verifier: &RuleVerifier, line: &'a Line) -> Self {
        let started = Instant::now();
        let (id, object, pair) = read(line);
        let verified = pair.and_then(|pair| {
            catch_unwind(AssertUnwindSafe(|| verifier.verify(&pair)))
                .map(|verdict| (pair, verdict))
                .map_err(|_| "the verifier failed on this pair; please report it".to_owned())
        });
        let (pair, verdict) = match verified {
            Ok((pair, verdict)) => (Some(pair), verdict),
            Err(problem) => (None, failed(format!("line {}: {problem}", line.number))),
        };
        Self { line, started, id, object, pair, verdict }
    }

    /// The pair with its verdict, where the native tiers left it undecided.
    pub(super) fn undecided(&self) -> Option<(&Pair, &Verdict)> {
        self.pair.as_ref().filter(|_| self.verdict.outcome == Outcome::Undecided).map(|pair| (pair, &self.verdict))
    }

    /// The same line with another verdict.
    pub(super) fn with(self, verdict: Verdict) -> Self {
        Self { verdict, ..self }
    }

    /// The text, with its line feed, that answers the line.
    pub(super) fn text(self, form: Form) -> String {
        let Self { line, started, id, object, pair, verdict } = self;
        let ms = form.timing.then(|| (started.elapsed().as_secs_f64() * 1e6).round() / 1e3);
        if let Some(width) = form.explain {
            return explained(id.as_deref().unwrap_or("null"), pair.as_ref(), &verdict, ms, width);
        }
        let text = line.bytes.as_deref().and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default();
        written(id.as_deref(), form.passthrough.then_some(object).flatten().map(|o| (text, o)), &verdict, ms)
    }
}

type Read = (Option<String>, Option<Map<String, Value>>, Result<Pair, String>);

fn read(line: &Line) -> Read {
    let Some(bytes) = &line.bytes else {
        return (None, None, Err(format!("it is longer than {} MiB", LONGEST >> 20)));
    };
    let Ok(text) = std::str::from_utf8(bytes) else {
        return (None, None, Err("it is not UTF-8".into()));
    };
    let object = match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(object)) => object,
        Ok(_) => return (None, None, Err("it is JSON, but not an object".into())),
        Err(e) => return (None, None, Err(format!("it is not JSON ({e})"))),
    };
    let id = object.contains_key("id").then(|| raw_field(text, "id").map(str::to_owned)).flatten();
    let pair = pair(&object);
    (id, Some(object), pair)
}

fn failed(reason: String) -> Verdict {
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

/// The reward of a verdict, as the contract has it: undecided because of the response alone is the policy's failure.
fn reward(verdict: &Verdict) -> Option<u8> {
    match (verdict.outcome, verdict.side) {
        (Outcome::Equivalent, _) => Some(1),
        (Outcome::Different, _) | (Outcome::Undecided, Some(Side::Response)) => Some(0),
        _ => None,
    }
}

fn written(
    id: Option<&str>,
    passthrough: Option<(&str, Map<String, Value>)>,
    verdict: &Verdict,
    ms: Option<f64>,
) -> String {
    let fields = Written {
        verdict: verdict.outcome,
        reward: reward(verdict),
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
            return format!("{},{}\n", open.trim(), &body[1..]);
        }
        object.extend(ours);
        return format!("{}\n", Value::Object(object));
    }
    format!("{{\"id\":{},{}\n", id.unwrap_or("null"), &body[1..])
}

/// A verdict in lines that a person reads.
fn explained(id: &str, pair: Option<&Pair>, verdict: &Verdict, ms: Option<f64>, width: usize) -> String {
    let mut out = format!("{} {}  {} ({} tier", verdict.outcome.glyph(), clean_line(id), verdict.outcome, verdict.tier);
    for l in &verdict.leniencies {
        let _ = write!(out, ", {l}");
    }
    out.push(')');
    if let Some(ms) = ms {
        let _ = write!(out, "  {ms} ms");
    }
    out.push('\n');
    let reference = pair.and_then(|p| <&[String; 1]>::try_from(&p.references[..]).ok()).map(|[one]| one.as_str());
    out.push_str(&evidence::rows(verdict, reference, pair.map(|p| p.response.as_str()), 4, width));
    out
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
    fn ids_keep_their_text() {
        assert_eq!(raw_field(r#"{"a":{"id":1}, "id" : 1.00e2 ,"b":[1,2]}"#, "id"), Some("1.00e2"));
        assert_eq!(raw_field(r#"{"id":"a\"\u00e9,}"}"#, "id"), Some(r#""a\"\u00e9,}""#));
        assert_eq!(raw_field(r#"{"id":[1, {"x":2}]}"#, "id"), Some(r#"[1, {"x":2}]"#));
        assert_eq!(raw_field(r#"{"i\u0064":7}"#, "id"), Some("7"));
    }
}
