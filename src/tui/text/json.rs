//! JSON as it would be written, indented and in colours.

use serde_json::Value;

use super::document::{Line, Span};
use crate::review::cleaned::clean_line;
use crate::tui::theme::Meaning;

/// Characters of one text that are shown.
const LONGEST: usize = 1_500;
/// Lines that are shown of one value.
const MOST: usize = 300;

/// The lines of a value; of one that is very long, the beginning.
pub(super) fn indented(value: &Value) -> Vec<Line> {
    let mut lines = vec![Vec::new()];
    put(value, 0, &mut lines);
    if lines.len() > MOST {
        lines.truncate(MOST);
        lines.push(vec![Span::new("…", Meaning::Muted)]);
    }
    lines.into_iter().map(hung).collect()
}

/// A line whose further rows stand under its own text.
fn hung(mut spans: Vec<Span>) -> Line {
    let indent = spans.first().map(|span| span.text.as_str()).filter(|text| text.trim().is_empty()).map(str::to_owned);
    let Some(indent) = indent.filter(|_| spans.len() > 1) else { return Line { spans, ..Line::default() } };
    let first = spans.remove(0);
    Line { lead: vec![first], hang: vec![Span::new(indent, Meaning::Muted)], spans, ..Line::default() }
}

fn put(value: &Value, depth: usize, lines: &mut Vec<Vec<Span>>) {
    if lines.len() > MOST {
        return;
    }
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            say(lines, "{", Meaning::Muted);
            for (nth, (name, value)) in fields.iter().enumerate() {
                begin(lines, depth + 1);
                say(lines, written(name), Meaning::Accent);
                say(lines, ": ", Meaning::Muted);
                put(value, depth + 1, lines);
                if nth + 1 < fields.len() {
                    say(lines, ",", Meaning::Muted);
                }
            }
            begin(lines, depth);
            say(lines, "}", Meaning::Muted);
        }
        Value::Array(items) if !items.is_empty() => {
            say(lines, "[", Meaning::Muted);
            for (nth, value) in items.iter().enumerate() {
                begin(lines, depth + 1);
                put(value, depth + 1, lines);
                if nth + 1 < items.len() {
                    say(lines, ",", Meaning::Muted);
                }
            }
            begin(lines, depth);
            say(lines, "]", Meaning::Muted);
        }
        Value::String(text) => match text.char_indices().nth(LONGEST) {
            Some((end, _)) => {
                let mut beginning = written(&text[..end]);
                beginning.pop();
                say(lines, beginning, Meaning::CodeString);
                say(lines, format!("… of {} characters", text.chars().count()), Meaning::Muted);
            }
            None => say(lines, written(text), Meaning::CodeString),
        },
        Value::Number(_) | Value::Bool(_) | Value::Null => say(lines, value.to_string(), Meaning::CodeNumber),
        Value::Object(_) | Value::Array(_) => say(lines, value.to_string(), Meaning::Muted),
    }
}

fn begin(lines: &mut Vec<Vec<Span>>, depth: usize) {
    lines.push(vec![Span::new("  ".repeat(depth), Meaning::Muted)]);
}

fn say(lines: &mut [Vec<Span>], text: impl Into<String>, meaning: Meaning) {
    if let Some(line) = lines.last_mut() {
        line.push(Span::new(text, meaning));
    }
}

/// A text in JSON's notation, which has no line ends; what else a terminal could obey is cleaned away.
fn written(text: &str) -> String {
    clean_line(&Value::from(text).to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(value: &Value) -> Vec<String> {
        let text = |line: &Line| line.lead.iter().chain(&line.spans).map(|span| span.text.as_str()).collect();
        indented(value).iter().map(text).collect()
    }

    #[test]
    fn what_is_shown_is_the_json_that_is_written() {
        let value = json!({"a": [1, {"b": null}, []], "ü\n\"": "line\nend \\boxed{4}", "t": true, "o": {}});
        assert_eq!(shown(&value).join("\n"), serde_json::to_string_pretty(&value).unwrap());
        assert_eq!(shown(&json!("x")), ["\"x\""]);
    }

    #[test]
    fn what_is_long_or_hostile_is_harmless() {
        let text = shown(&json!({"t": "x".repeat(5_000), "e": "\u{9b}31m\u{202e}abc"})).join("\n");
        assert!(text.contains("xx… of 5000 characters") && text.len() < 2_000, "{text}");
        assert!(!text.contains(['\u{9b}', '\u{202e}']), "{text}");
        let deep = json!(vec![vec![1; 10]; 1_000]);
        assert_eq!(shown(&deep).len(), MOST + 1);
    }
}
