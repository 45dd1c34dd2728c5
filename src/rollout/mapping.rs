//! Where each of our fields stands in a row: given, or guessed from the first rows.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Format, RolloutError};

/// Our fields, with the names that files in the wild give them, best first.
pub const FIELDS: &[(&str, &[&str])] = &[
    ("question", &["question", "problem", "prompt", "instruction", "input", "query"]),
    (
        "reference",
        &[
            "reference",
            "final_answer",
            "reference_answer",
            "ground_truth",
            "gold",
            "target",
            "expected",
            "expected_answer",
            "gts",
            "answer",
            "solution",
        ],
    ),
    (
        "response",
        &[
            "response",
            "responses",
            "completion",
            "completions",
            "output",
            "outputs",
            "prediction",
            "predictions",
            "generation",
            "generations",
            "model_output",
            "rollout",
            "rollouts",
            "samples",
            "candidate",
            "answer",
        ],
    ),
    ("reasoning", &["reasoning", "reasoning_content", "thinking"]),
    ("domain", &["domain", "subject", "category", "task"]),
    ("solver", &["solver", "model", "model_name"]),
    ("reward", &["reward", "rewards", "score", "accuracy"]),
    ("tolerance", &["tolerance", "answer_tolerance"]),
    ("options", &["options", "choices"]),
    ("id", &["id", "uid", "idx", "index"]),
];

/// Where each of our fields stands in a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping(BTreeMap<&'static str, String>);

impl Mapping {
    /// Our fields and their paths, in the order of [`FIELDS`].
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        FIELDS.iter().filter_map(|(ours, _)| Some((*ours, self.path(ours)?)))
    }

    /// The path of one of our fields.
    pub fn path(&self, ours: &str) -> Option<&str> {
        self.0.get(ours).map(String::as_str)
    }

    /// The field without which nothing can be imported, where it is missing.
    pub fn missing(&self) -> Option<&'static str> {
        ["response", "reference"].into_iter().find(|field| !self.0.contains_key(field))
    }

    /// The value of one of our fields in a row; null counts as none.
    pub(super) fn value<'a>(&self, row: &'a Map<String, Value>, ours: &str) -> Option<Cow<'a, Value>> {
        at(row, self.path(ours)?).filter(|v| !v.is_null())
    }

    /// The names of a row's own fields that a path begins with.
    pub(super) fn taken(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(|path| path.split(['.', '[']).next().unwrap_or(path))
    }

    /// The mapping given as `FIELD=PATH`, completed by guesses from the first rows.
    pub(super) fn of(
        format: Format,
        rows: &[Map<String, Value>],
        given: &[String],
        file: &str,
    ) -> Result<Self, RolloutError> {
        let mut mapping = BTreeMap::new();
        for map in given {
            let wrong = |message: String| RolloutError::Map { map: map.clone(), message };
            let (ours, theirs) = map.split_once('=').ok_or_else(|| wrong("is not FIELD=PATH".to_owned()))?;
            let Some((ours, _)) = FIELDS.iter().find(|(name, _)| *name == ours) else {
                let known: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
                return Err(wrong(format!("names `{ours}`, which is not one of {}", known.join(", "))));
            };
            if !rows.iter().any(|row| at(row, theirs).is_some()) {
                return Err(wrong(format!("fits no row of {file}: none has `{theirs}`")));
            }
            mapping.insert(*ours, theirs.to_owned());
        }
        let there = |path: &str| rows.iter().any(|row| at(row, path).is_some_and(|v| !is_void(&v)));
        // `answer` is the reference where something else is the response.
        let responds = |name: &&str| *name != "answer" && there(name);
        let answered = FIELDS.iter().any(|(ours, names)| *ours == "response" && names.iter().any(responds));
        for (ours, names) in FIELDS {
            if mapping.contains_key(ours) {
                continue;
            }
            let free = |path: &str| !mapping.values().any(|taken| taken == path);
            let plain =
                names.iter().filter(|n| !(*ours == "reference" && **n == "answer" && !answered && there("solution")));
            let all: Vec<&str> = format.names(ours).iter().chain(plain).copied().collect();
            let guess = all.iter().find(|name| free(name) && there(name)).map(|name| (*name).to_owned());
            // One level down, where only one member has such a name; a bare `id` or `score` there may be anything's.
            let deeper = || {
                let telling = matches!(*ours, "question" | "reference" | "response");
                telling.then(|| all.iter().find_map(|name| nested(rows, name).filter(|path| free(path))))?
            };
            if let Some(path) = guess.or_else(deeper) {
                mapping.insert(ours, path);
            }
        }
        Ok(Self(mapping))
    }
}

fn is_void(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(all) => all.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

/// The path of a name one level down.
fn nested(rows: &[Map<String, Value>], name: &str) -> Option<String> {
    let holders = rows.iter().flat_map(|row| row.iter()).filter(|(_, v)| v.get(name).is_some_and(|v| !is_void(v)));
    let mut outer: Vec<&String> = holders.map(|(key, _)| key).collect();
    outer.sort();
    outer.dedup();
    match outer[..] {
        [one] if !one.contains('.') => Some(format!("{one}.{name}")),
        _ => None,
    }
}

/// The value at a path: `a.b`, `a.0.b` or `a[0].b`, and `a[].b` for that of every element. A whole key with dots in it
/// comes first.
pub(super) fn at<'a>(row: &'a Map<String, Value>, path: &str) -> Option<Cow<'a, Value>> {
    if let Some(value) = row.get(path) {
        return Some(Cow::Borrowed(value));
    }
    let steps = steps(path);
    let (first, rest) = steps.split_first()?;
    walk(row.get(*first)?, rest)
}

fn steps(path: &str) -> Vec<&str> {
    path.split('.')
        .flat_map(|part| {
            let (name, indexes) = part.split_once('[').unwrap_or((part, ""));
            let indexes =
                indexes.split('[').map(|i| i.trim_end_matches(']')).map(|i| if i.is_empty() { "*" } else { i });
            std::iter::once(name).chain(indexes.take(part.matches('[').count()))
        })
        .collect()
}

fn walk<'a>(value: &'a Value, steps: &[&str]) -> Option<Cow<'a, Value>> {
    let Some((step, rest)) = steps.split_first() else { return Some(Cow::Borrowed(value)) };
    match value {
        Value::Object(map) => walk(map.get(*step)?, rest),
        Value::Array(list) if *step == "*" => {
            let all: Vec<Value> = list.iter().map(|v| walk(v, rest).map(Cow::into_owned).unwrap_or_default()).collect();
            (!all.iter().all(Value::is_null)).then_some(Cow::Owned(Value::Array(all)))
        }
        Value::Array(list) => walk(list.get(step.parse::<usize>().ok()?)?, rest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn guessed(row: &Value, maps: &[&str]) -> Result<Mapping, RolloutError> {
        let rows = [row.as_object().unwrap().clone()];
        let maps: Vec<String> = maps.iter().map(|m| (*m).to_owned()).collect();
        Mapping::of(Format::of_rows(&rows), &rows, &maps, "r.jsonl")
    }

    #[test]
    fn fields_are_guessed_once_each() {
        for (row, question, reference, response) in [
            (json!({"prompt": "q", "answer": "4", "completion": "4", "score": 1}), "prompt", "answer", "completion"),
            (json!({"question": "q", "final_answer": "4", "answer": "so 4"}), "question", "final_answer", "answer"),
            (json!({"problem": "q", "solution": "long", "answer": "4", "output": "4"}), "problem", "answer", "output"),
            (json!({"problem": "q", "solution": "4", "answer": "so 4"}), "problem", "solution", "answer"),
            (json!({"meta": {"problem": "q"}, "gold": "4", "samples": ["4"]}), "meta.problem", "gold", "samples"),
            (json!({"input": "q", "output": "4", "gts": "4", "score": 1, "step": 1}), "input", "gts", "output"),
        ] {
            let m = guessed(&row, &[]).unwrap();
            let told = (m.path("question").unwrap(), m.path("reference").unwrap(), m.path("response").unwrap());
            assert_eq!(told, (question, reference, response), "{row}");
        }
        assert_eq!(guessed(&json!({"reference": "1"}), &[]).unwrap().missing(), Some("response"));
        assert_eq!(guessed(&json!({"response": "1"}), &[]).unwrap().missing(), Some("reference"));
    }

    #[test]
    fn a_wrong_map_is_refused() {
        let row = json!({"a": {"b": "x"}, "reference": "1", "response": "1"});
        assert_eq!(guessed(&row, &["question=a.b"]).unwrap().path("question"), Some("a.b"));
        for bad in ["question=a.c", "quest=a", "question"] {
            let error = guessed(&row, &[bad]).unwrap_err();
            assert!(error.is_usage() && error.to_string().contains(bad), "{error}");
        }
    }

    #[test]
    fn paths_go_through_objects_and_arrays() {
        let row = json!({"a": {"b": [{"c": 1}, {"c": 2}, {}]}, "a.b": "whole", "x": [[5, 6]]});
        let row = row.as_object().unwrap();
        let get = |path: &str| at(row, path).map(Cow::into_owned);
        assert_eq!(get("a.b"), Some(json!("whole")));
        assert_eq!(get("a.b.1.c"), Some(json!(2)));
        assert_eq!(get("a.b[1].c"), Some(json!(2)));
        assert_eq!(get("a.b[].c"), Some(json!([1, 2, null])));
        assert_eq!(get("a.b.*.c"), Some(json!([1, 2, null])));
        assert_eq!(get("x[0][1]"), Some(json!(6)));
        for none in ["", "a.c", "a.b.3.c", "a.b[9]", "a[].c", "[", "."] {
            assert_eq!(get(none), None, "{none}");
        }
    }
}
