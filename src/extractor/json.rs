//! The field of a JSON object that names the answer; also in a fence, in a sentence, or with quotes of Python.

use serde_json::Value;

use super::shape::{head, is_placeholder, tail};
use super::{Found, Search};

/// Names of the field, in lower case.
const NAMES: &[&str] = &["answer", "final_answer", "final answer", "finalanswer", "correct_answer"];

/// Fields that are looked at, from the last.
const FIELDS: usize = 8;

/// Longest answer that is read out of a string that is not valid JSON, in bytes.
const LOOSE: usize = 2_000;

/// The last field with an answer in it; the final answer of an object before its answer.
pub(super) fn find(text: &str) -> Search {
    if !text.contains('{') || !text.contains("nswer\"") && !text.contains("nswer'") {
        return Search::Nothing;
    }
    let mut end = text.len();
    let mut best: Option<Found> = None;
    for _ in 0..FIELDS {
        let Some(field) = last_field(&text[..end]) else { break };
        if best.is_some() && text[field.start..end].contains('{') {
            break;
        }
        end = field.start;
        if best.is_some() && !field.is_final {
            continue;
        }
        match value(text, field.value) {
            // An object that ends the text with an empty answer says that there is none.
            Ok(found) if found.text.is_empty() && best.is_none() && closes(&text[found.span.end..]) => {
                return Search::Cut;
            }
            Ok(found) if is_placeholder(&found.text) => {}
            Ok(found) if field.is_final => return Search::Found(found),
            Ok(found) => best = Some(found),
            Err(Broken::Cut) if best.is_none() => return Search::Cut,
            Err(_) => {}
        }
    }
    best.map_or(Search::Nothing, Search::Found)
}

/// Whether nothing but the end of an object and of a fence follows.
fn closes(after: &str) -> bool {
    after.chars().all(|c| c.is_whitespace() || matches!(c, '}' | '`' | ','))
}

/// A field that names the answer.
struct Field {
    start: usize,
    /// Where its value starts.
    value: usize,
    is_final: bool,
}

fn last_field(text: &str) -> Option<Field> {
    let mut end = text.len();
    // Every field name ends in this word.
    for _ in 0..4 * FIELDS {
        let at = rfind_answer(&text[..end])?;
        end = at;
        let after = &text[at + "answer".len()..];
        let Some(quote) = after.chars().next().filter(|c| matches!(c, '"' | '\'')) else { continue };
        let Some(start) = rfind_quote(&text[..at], quote) else { continue };
        let name = text[start + 1..at + "answer".len()].to_ascii_lowercase();
        let rest = after[1..].trim_start();
        if NAMES.contains(&name.as_str()) && rest.starts_with(':') {
            let value = rest[1..].trim_start();
            return Some(Field { start, value: text.len() - value.len(), is_final: name.starts_with("final") });
        }
    }
    None
}

/// The quote that opens a name which goes on here.
fn rfind_quote(before: &str, quote: char) -> Option<usize> {
    let near = tail(before, 16);
    near.rfind(quote).map(|at| before.len() - near.len() + at)
}

fn rfind_answer(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (0..bytes.len().saturating_sub(5))
        .rev()
        .find(|at| bytes[*at] | 32 == b'a' && bytes[*at..*at + 6].eq_ignore_ascii_case(b"answer"))
}

enum Broken {
    Cut,
    Other,
}

/// The value that starts at this byte.
fn value(text: &str, start: usize) -> Result<Found, Broken> {
    let rest = &text[start..];
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
    let (text, length) = match values.next() {
        Some(Ok(Value::Null)) => (String::new(), values.byte_offset()),
        Some(Ok(Value::String(s))) => (s.trim().to_owned(), values.byte_offset()),
        Some(Ok(other)) => {
            // A number that ends where the text does may have been longer.
            if other.is_number() && rest[values.byte_offset()..].trim().is_empty() {
                return Err(Broken::Cut);
            }
            (other.to_string(), values.byte_offset())
        }
        Some(Err(e)) if e.is_eof() => return Err(Broken::Cut),
        None => return Err(Broken::Cut),
        Some(Err(_)) => loose(rest).ok_or(Broken::Other)?,
    };
    Ok(Found { text, span: start..start + length })
}

/// A string with escapes or quotes that JSON does not have: up to its closing quote.
fn loose(rest: &str) -> Option<(String, usize)> {
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inside = head(&rest[1..], LOOSE);
    let bytes = inside.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b if b == quote as u8 => return Some((inside[..at].trim().to_owned(), at + 2)),
            _ => at += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Option<String> {
        match find(text) {
            Search::Found(found) => Some(found.text),
            _ => None,
        }
    }

    #[test]
    fn fields() {
        assert_eq!(one(r#"{"answer": 7}"#).as_deref(), Some("7"));
        assert_eq!(one(r#"{"answer": 7, "final_answer": "8"}"#).as_deref(), Some("8"));
        assert_eq!(one(r#"{"final_answer": "8", "answer": 7}"#).as_deref(), Some("8"));
        assert_eq!(one(r#"{"answer": "\sqrt{2}"}"#).as_deref(), Some(r"\sqrt{2}"));
        assert_eq!(one("{'answer': '7'}").as_deref(), Some("7"));
        assert_eq!(one(r#"Here: {"reasoning": "the answer", "answer": [1, 2]} Done."#).as_deref(), Some("[1,2]"));
        assert_eq!(one(r#"{"answer": null}"#), None);
        assert_eq!(one(r#"{"answer": "12"#), None);
        assert_eq!(one(r#"{"the answer": 3}"#), None);
    }
}
