//! What a value of JSON says as a question, as a response, as a reward: texts, chats, messages in parts.

use serde_json::Value;

/// Members in which an element of a list of responses has its text.
const TEXTS: [&str; 7] = ["message", "text", "response", "completion", "output", "generation", "answer"];

/// A response as it was given.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Given {
    /// The text.
    pub(super) text: String,
    /// The reasoning, where it stands apart from the text.
    pub(super) reasoning: Option<String>,
    /// The reward that came with it.
    pub(super) reward: Option<f64>,
    /// Who responded, where the response itself says.
    pub(super) solver: Option<String>,
}

/// Who speaks in a chat.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Voice {
    User,
    Assistant,
}

/// A value as the text that a person would write; of a chat what was said last.
pub(super) fn text(value: &Value) -> String {
    spoken(value, Voice::Assistant).0
}

/// The question in a value: of a chat what the user said last; of a chat that was rendered by a template too.
pub(super) fn question(value: &Value, rendered: bool) -> String {
    let text = spoken(value, Voice::User).0;
    if rendered && value.is_string() { last_turn(&text).to_owned() } else { text }
}

/// The text of a value, and the reasoning beside it.
fn spoken(value: &Value, voice: Voice) -> (String, Option<String>) {
    match value {
        Value::String(s) => (s.clone(), None),
        Value::Null => (String::new(), None),
        Value::Array(items) if is_chat(items) => {
            let role = |m: &&Value| m.get("role").and_then(Value::as_str).unwrap_or_default().to_owned();
            let wanted: &[&str] =
                if voice == Voice::User { &["user", "human"] } else { &["assistant", "model", "gpt"] };
            let last = items
                .iter()
                .rfind(|m| wanted.contains(&role(m).as_str()) && m.get("content").is_some_and(|c| !c.is_null()));
            last.or_else(|| items.last()).map(|m| spoken(m, voice)).unwrap_or_default()
        }
        Value::Array(items) if is_parts(items) => {
            let of = |kinds: &[&str], keys: &[&str]| {
                let parts =
                    items.iter().filter(|p| p.get("type").and_then(Value::as_str).is_some_and(|t| kinds.contains(&t)));
                let texts: Vec<&str> = parts.filter_map(|p| keys.iter().find_map(|k| p.get(*k)?.as_str())).collect();
                texts.join("\n")
            };
            let reasoning = of(&["reasoning", "thinking"], &["reasoning", "thinking", "text"]);
            (of(&["text", "output_text", "input_text"], &["text"]), Some(reasoning).filter(|r| !r.is_empty()))
        }
        Value::Object(map) => {
            let Some(inner) = map.get("content").or_else(|| TEXTS.iter().find_map(|key| map.get(*key))) else {
                return (value.to_string(), None);
            };
            let (text, reasoning) = spoken(inner, voice);
            let beside = ["reasoning_content", "reasoning", "thinking"].iter().find_map(|k| map.get(*k)?.as_str());
            (text, reasoning.or_else(|| beside.filter(|r| !r.is_empty()).map(str::to_owned)))
        }
        other => (other.to_string(), None),
    }
}

fn is_chat(items: &[Value]) -> bool {
    !items.is_empty() && items.iter().all(|m| m.is_object() && (m.get("content").is_some() || m.get("role").is_some()))
}

fn is_parts(items: &[Value]) -> bool {
    !items.is_empty() && items.iter().all(|p| p.get("type").is_some_and(Value::is_string))
}

/// Whether a list has a response an element: texts, chats, or objects that hold one.
fn is_several(items: &[Value]) -> bool {
    let holds = |v: &Value| v.as_object().is_some_and(|m| TEXTS.iter().any(|key| m.contains_key(*key)));
    !items.is_empty()
        && !is_chat(items)
        && !is_parts(items)
        && items.iter().all(|i| i.is_string() || i.is_array() || i.is_null() || holds(i))
        && items.iter().any(|i| !i.is_null())
}

/// The responses in a value: a list of texts, of chats or of objects with one is several, everything else is one.
pub(super) fn responses(value: &Value) -> Vec<Given> {
    match value {
        Value::Array(items) if is_several(items) => items.iter().map(given).collect(),
        other => vec![given(other)],
    }
}

fn given(value: &Value) -> Given {
    let (text, reasoning) = spoken(value, Voice::Assistant);
    let own = |keys: &[&str]| value.as_object().and_then(|m| keys.iter().find_map(|k| m.get(*k)));
    Given {
        text,
        reasoning,
        reward: own(&["reward", "score"]).and_then(reward),
        solver: own(&["solver", "model"]).and_then(Value::as_str).map(str::to_owned),
    }
}

/// Reference alternatives, of which any counts.
pub(super) fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_string) => {
            items.iter().map(text).collect()
        }
        other => vec![text(other)],
    }
}

/// A reward: a number, also as text; a letter of `inspect_ai` (correct, incorrect, partial, no answer); of several scores the
/// first.
pub(super) fn reward(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => n.as_f64().filter(|x| x.is_finite()),
        Value::Bool(right) => Some(f64::from(u8::from(*right))),
        Value::String(word) => match word.trim() {
            "C" => Some(1.0),
            "P" => Some(0.5),
            "I" | "N" => Some(0.0),
            word => match word.to_ascii_lowercase().as_str() {
                "true" => Some(1.0),
                "false" => Some(0.0),
                number => number.parse().ok().filter(|x: &f64| x.is_finite()),
            },
        },
        Value::Object(map) => map.get("value").or_else(|| map.values().next()).and_then(reward),
        _ => None,
    }
}

/// The rewards of `n` responses: a list of as many is one each, everything else is that of all.
pub(super) fn rewards(value: &Value, n: usize) -> Vec<Option<f64>> {
    match value {
        Value::Array(all) => all.iter().map(reward).chain(std::iter::repeat(None)).take(n).collect(),
        one => vec![reward(one); n],
    }
}

/// What the user said last in a chat that a template made a text of, special tokens kept or not.
fn last_turn(text: &str) -> &str {
    for (begins, ends) in [
        ("<|im_start|>user\n", "<|im_end|>"),
        ("<|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>"),
        ("<start_of_turn>user\n", "<end_of_turn>"),
        ("<|User|>", "<|Assistant|>"),
        ("<｜User｜>", "<｜Assistant｜>"),
    ] {
        if let Some((_, turn)) = text.rsplit_once(begins) {
            return turn.split_once(ends).map_or(turn, |(turn, _)| turn).trim();
        }
    }
    // Without its special tokens a chat is its roles and texts, a line feed between.
    let Some(before) = text.trim_end().strip_suffix("\nassistant") else { return text };
    let turn = before.rsplit_once("\nuser\n").map(|(_, turn)| turn).or_else(|| before.strip_prefix("user\n"));
    turn.map_or(text, str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn texts(value: &Value) -> Vec<String> {
        responses(value).into_iter().map(|g| g.text).collect()
    }

    #[test]
    fn lists_and_chats_become_texts() {
        let chat = json!([{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]);
        let tools = json!([{"role": "assistant", "content": "a"}, {"role": "tool", "content": "t"}, {"role": "assistant", "content": null}]);
        for (value, wanted) in [
            (json!(["a", "b"]), vec!["a", "b"]),
            (json!(["a", null]), vec!["a", ""]),
            (chat.clone(), vec!["a"]),
            (tools, vec!["a"]),
            (json!([chat.clone(), [{"role": "assistant", "content": "y"}]]), vec!["a", "y"]),
            (json!([1, 2]), vec!["[1,2]"]),
            (json!([]), vec!["[]"]),
            (json!([{"message": {"content": "x"}}, {"message": {"content": "y"}}]), vec!["x", "y"]),
            (json!([{"text": "x", "score": 1}]), vec!["x"]),
            (json!([{"type": "reasoning", "reasoning": "r"}, {"type": "text", "text": "x"}]), vec!["x"]),
            (json!({"a": 1}), vec!["{\"a\":1}"]),
            (json!(4), vec!["4"]),
            (json!(null), vec![""]),
        ] {
            assert_eq!(texts(&value), wanted, "{value}");
        }
        assert_eq!(question(&chat, false), "q");
        assert_eq!(references(&json!(["1995", "September 1995"])), ["1995", "September 1995"]);
        assert_eq!(references(&json!([1, 2])), ["[1,2]"]);
    }

    #[test]
    fn reasoning_rewards_and_solvers_stand_beside_a_response() {
        let given = &responses(&json!([
            {"message": {"content": [{"type": "reasoning", "reasoning": "r"}, {"type": "text", "text": "x"}]}, "reward": "0.5"},
            {"text": "y", "reasoning_content": "s", "model": "m"}
        ]));
        assert_eq!((given[0].reasoning.as_deref(), given[0].reward), (Some("r"), Some(0.5)));
        assert_eq!((given[1].reasoning.as_deref(), given[1].solver.as_deref()), (Some("s"), Some("m")));
    }

    #[test]
    fn rewards_are_numbers_words_and_scores() {
        for (value, wanted) in [
            (json!(0.25), Some(0.25)),
            (json!("1"), Some(1.0)),
            (json!("nan"), None),
            (json!(true), Some(1.0)),
            (json!("False"), Some(0.0)),
            (json!({"match": {"value": "C", "answer": "4"}, "other": {"value": "I"}}), Some(1.0)),
            (json!({"f1": {"value": 0.5}}), Some(0.5)),
            (json!({}), None),
            (json!(null), None),
        ] {
            assert_eq!(reward(&value), wanted, "{value}");
        }
        assert_eq!(rewards(&json!([1, 0]), 3), [Some(1.0), Some(0.0), None]);
        assert_eq!(rewards(&json!(1), 2), [Some(1.0), Some(1.0)]);
    }

    #[test]
    fn the_last_turn_of_a_rendered_chat_is_the_question() {
        for (rendered, wanted) in [
            ("<|im_start|>system\ns<|im_end|>\n<|im_start|>user\nq?<|im_end|>\n<|im_start|>assistant\n", "q?"),
            (
                "<|start_header_id|>user<|end_header_id|>\n\nq?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
                "q?",
            ),
            ("system\nYou help.\nuser\nq?\nassistant\n", "q?"),
            ("user\nq?\nassistant\n", "q?"),
            ("q?", "q?"),
            ("the user\nassistant", "the user\nassistant"),
        ] {
            assert_eq!(last_turn(rendered), wanted);
        }
    }
}
