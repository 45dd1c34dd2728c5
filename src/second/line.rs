//! The lines of the wire: a pair out, a word back, both JSON.

use serde_json::{Map, Value, json};

use super::{Asked, Word};
use crate::verifier::Outcome;

/// Characters of a detail that are kept.
const DETAIL: usize = 500;

/// A pair as a line, with its end.
pub fn out(pair: &Asked) -> String {
    let reference = pair.references.first().map_or("", String::as_str);
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(pair.id.to_string()));
    object.insert("question".to_owned(), json!(pair.question));
    object.insert("reference".to_owned(), json!(reference));
    if pair.references.len() > 1 {
        object.insert("references".to_owned(), json!(pair.references));
    }
    object.insert("response".to_owned(), json!(pair.response));
    if !pair.domain.is_empty() {
        object.insert("domain".to_owned(), json!(pair.domain));
    }
    format!("{}\n", Value::Object(object))
}

/// Reads a line that came back.
///
/// # Errors
/// What is wrong with it, in a sentence without its full stop.
pub fn back(line: &str) -> Result<Word, String> {
    let Ok(Value::Object(object)) = serde_json::from_str(line) else {
        let shown: String = line.chars().take(60).collect();
        return Err(format!("not a JSON object: {shown}"));
    };
    let id = match object.get("id") {
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(Value::Number(number)) => number.as_i64(),
        _ => None,
    };
    let Some(id) = id else { return Err("it has no `id` of a pair that was asked".to_owned()) };
    let said = ["outcome", "verdict"].iter().find_map(|key| object.get(*key));
    let outcome = match said {
        Some(Value::String(word)) => outcome(word).ok_or_else(|| format!("`{word}` is no outcome"))?,
        Some(Value::Bool(yes)) => by(*yes),
        Some(other) => return Err(format!("`{other}` is no outcome")),
        None => reward(&object)?,
    };
    let detail = ["detail", "reason", "explanation"].iter().find_map(|key| object.get(*key));
    let detail = match detail {
        Some(Value::String(text)) => text.chars().take(DETAIL).collect(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string().chars().take(DETAIL).collect(),
    };
    Ok(Word { id, outcome, detail })
}

fn by(yes: bool) -> Outcome {
    if yes { Outcome::Equivalent } else { Outcome::Different }
}

fn outcome(word: &str) -> Option<Outcome> {
    Some(match word.trim().to_lowercase().as_str() {
        "equivalent" | "correct" | "right" | "true" | "yes" | "same" => Outcome::Equivalent,
        "different" | "incorrect" | "wrong" | "false" | "no" => Outcome::Different,
        "undecided" | "unknown" | "none" => Outcome::Undecided,
        "error" => Outcome::Error,
        _ => return None,
    })
}

/// A reward above one half is equivalent; null is undecided.
fn reward(object: &Map<String, Value>) -> Result<Outcome, String> {
    let reward = ["reward", "score", "correct"].iter().find_map(|key| object.get(*key));
    match reward {
        Some(Value::Null) => Ok(Outcome::Undecided),
        Some(Value::Bool(yes)) => Ok(by(*yes)),
        Some(Value::Number(number)) => match number.as_f64() {
            Some(number) if number.is_finite() => Ok(by(number > 0.5)),
            _ => Err(format!("`{number}` is no reward")),
        },
        Some(other) => Err(format!("`{other}` is no reward")),
        None => Err("it has neither `outcome` nor `reward`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_in_their_spellings() {
        for (line, wanted) in [
            (r#"{"id":"7","outcome":"equivalent"}"#, Ok(Outcome::Equivalent)),
            (r#"{"id":7,"verdict":"Incorrect"}"#, Ok(Outcome::Different)),
            (r#"{"id":7,"reward":1}"#, Ok(Outcome::Equivalent)),
            (r#"{"id":7,"reward":0.5}"#, Ok(Outcome::Different)),
            (r#"{"id":7,"reward":null}"#, Ok(Outcome::Undecided)),
            (r#"{"id":7,"correct":true}"#, Ok(Outcome::Equivalent)),
            (r#"{"id":7,"outcome":"maybe"}"#, Err("`maybe` is no outcome")),
            (r#"{"id":7}"#, Err("it has neither `outcome` nor `reward`")),
            (r#"{"reward":1}"#, Err("it has no `id` of a pair that was asked")),
            (r"[1]", Err("not a JSON object: [1]")),
            ("loading model…", Err("not a JSON object: loading model…")),
        ] {
            let read = back(line);
            match (&read, wanted) {
                (Ok(word), Ok(outcome)) => assert_eq!((word.id, word.outcome), (7, outcome), "{line}"),
                (Err(message), Err(wanted)) => assert_eq!(message, wanted, "{line}"),
                _ => panic!("{line}: {read:?}"),
            }
        }
    }

    #[test]
    fn a_pair_is_one_line() {
        let pair = Asked {
            id: 3,
            question: "a\nb".into(),
            references: vec!["1".into(), "1.0".into()],
            response: "so\r\n1".into(),
            domain: String::new(),
        };
        let line = out(&pair);
        assert_eq!(line.matches('\n').count(), 1);
        let object: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(object["reference"], "1");
        assert_eq!(object["references"], json!(["1", "1.0"]));
        assert_eq!(object.get("domain"), None);
    }
}
