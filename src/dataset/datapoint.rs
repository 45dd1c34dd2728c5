//! One seed: question, rationale, final answer, metadata. Read from a JSON object and given back as it came.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::domain::domain_slug;
use super::metadata;
use crate::interpreter::{Dependencies, Wanted};

/// Where a datapoint was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as its path was given.
    pub file: Arc<str>,
    /// The row within the file, from 1; blank lines do not count.
    pub row: usize,
    /// The line on which the row begins, from 1.
    pub line: usize,
}

/// Why a JSON value is no datapoint: one sentence that names every fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotADatapoint(String);

/// A datapoint of the seed dataset in Loong's schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Datapoint {
    /// Content id: [`content_id`] of the three texts below, as they were when the datapoint was made.
    pub id: String,
    /// The question.
    pub question: String,
    /// The code whose output is the answer; empty when the seed has none.
    pub rationale: String,
    /// The answer as text: a JSON string's text, any other JSON value as compact JSON (`7`, `1.50`, `[1,2]`, `true`).
    pub final_answer: String,
    /// Metadata as it came.
    pub metadata: Map<String, Value>,
    /// Unknown top-level fields as they came, an `id` among them.
    pub extra: Map<String, Value>,
    /// Where it was read; `None` when it was made here.
    pub place: Option<Place>,
    domain: String,
    written: Written,
}

/// How the datapoint stood in its file, as far as the public fields do not say it.
#[derive(Debug, Clone, PartialEq)]
struct Written {
    /// Top-level keys in their order.
    order: Vec<String>,
    /// Optional known keys that were there with the value null.
    nulls: Vec<String>,
    /// The answer with its JSON type.
    answer: Value,
}

/// The keys of the schema, in the order in which a new datapoint is written.
const KEYS: [&str; 4] = ["question", "rationale", "final_answer", "metadata"];

/// The content id of a datapoint: the first 16 hex digits of the BLAKE3 hash over question, rationale and final answer.
///
/// Each text has its line ends turned to `\n` and its outer white space removed, and is preceded by its length in bytes
/// (u64, little endian), so that no two triples collide by moving text from one field to the next. Metadata does not
/// enter: correcting a licence does not make another seed. The definition never changes; stores refer to it.
pub fn content_id(question: &str, rationale: &str, final_answer: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    for text in [question, rationale, final_answer] {
        let text = text.replace("\r\n", "\n");
        let text = text.trim();
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

impl Datapoint {
    /// A datapoint made here, with its content id; the domain is read from `metadata`.
    pub fn new(
        question: impl Into<String>,
        rationale: impl Into<String>,
        final_answer: impl Into<String>,
        metadata: Map<String, Value>,
    ) -> Self {
        let (question, rationale, final_answer) = (question.into(), rationale.into(), final_answer.into());
        Self {
            id: content_id(&question, &rationale, &final_answer),
            domain: metadata::text(&metadata, &["domain"]).map(|d| domain_slug(&d)).unwrap_or_default(),
            written: Written {
                order: KEYS.map(str::to_owned).to_vec(),
                nulls: Vec::new(),
                answer: Value::String(final_answer.clone()),
            },
            question,
            rationale,
            final_answer,
            metadata,
            extra: Map::new(),
            place: None,
        }
    }

    /// Reads a datapoint from a JSON object with `question` and `final_answer`, and where there are any `rationale`,
    /// `metadata` and other fields.
    ///
    /// # Errors
    /// One sentence naming every fault: a missing, empty or ill-typed field.
    pub fn from_value(value: Value) -> Result<Self, NotADatapoint> {
        let Value::Object(mut object) = value else {
            return Err(NotADatapoint(format!(
                "is {}, not an object; a row is {{\"question\": …, \"rationale\": …, \"final_answer\": …, \"metadata\": …}}",
                kind(&value)
            )));
        };
        let order: Vec<String> = object.keys().cloned().collect();
        let mut nulls = Vec::new();
        let mut faults = Vec::new();

        let question = match object.shift_remove("question") {
            Some(Value::String(text)) if !text.trim().is_empty() => text,
            other => {
                faults.push(fault("question", other.as_ref(), "text"));
                String::new()
            }
        };
        let answer = match object.shift_remove("final_answer") {
            Some(value) if !value.is_null() && value.as_str().is_none_or(|text| !text.trim().is_empty()) => value,
            other => {
                faults.push(fault("final_answer", other.as_ref(), "text, a number or another JSON value"));
                Value::Null
            }
        };
        let rationale = match object.shift_remove("rationale") {
            Some(Value::String(text)) => text,
            None => String::new(),
            Some(Value::Null) => {
                nulls.push("rationale".to_owned());
                String::new()
            }
            other => {
                faults.push(fault("rationale", other.as_ref(), "text (the code), or left out"));
                String::new()
            }
        };
        let metadata = match object.shift_remove("metadata") {
            Some(Value::Object(map)) => map,
            None => Map::new(),
            Some(Value::Null) => {
                nulls.push("metadata".to_owned());
                Map::new()
            }
            other => {
                faults.push(fault("metadata", other.as_ref(), "an object, such as {\"domain\": \"logic\"}"));
                Map::new()
            }
        };
        if !faults.is_empty() {
            return Err(NotADatapoint(faults.join("; ")));
        }
        let mut datapoint = Self::new(question, rationale, answer_text(&answer), metadata);
        datapoint.extra = object;
        datapoint.written = Written { order, nulls, answer };
        Ok(datapoint)
    }

    /// The datapoint as a JSON object: fields in the order in which they came, the answer with the JSON type it came
    /// with (unless it was changed since: then as text), unknown fields among the others.
    pub fn to_value(&self) -> Value {
        let mut object = Map::new();
        for key in &self.written.order {
            if let Some(value) = self.field(key) {
                object.insert(key.clone(), value);
            }
        }
        for key in KEYS.iter().copied().chain(self.extra.keys().map(String::as_str)) {
            let filled = match key {
                "rationale" => !self.rationale.is_empty(),
                "metadata" => !self.metadata.is_empty(),
                _ => true,
            };
            if filled && !object.contains_key(key) {
                object.extend(self.field(key).map(|value| (key.to_owned(), value)));
            }
        }
        Value::Object(object)
    }

    /// A top-level field's JSON value; `None` for an unknown field that is no longer in `extra`.
    fn field(&self, key: &str) -> Option<Value> {
        let null = || self.written.nulls.iter().any(|k| k == key);
        Some(match key {
            "question" => Value::String(self.question.clone()),
            "rationale" if self.rationale.is_empty() && null() => Value::Null,
            "rationale" => Value::String(self.rationale.clone()),
            "final_answer" if answer_text(&self.written.answer) == self.final_answer => self.written.answer.clone(),
            "final_answer" => Value::String(self.final_answer.clone()),
            "metadata" if self.metadata.is_empty() && null() => Value::Null,
            "metadata" => Value::Object(self.metadata.clone()),
            other => return self.extra.get(other).cloned(),
        })
    }

    /// The domain's slug (see [`domain_slug`]); where metadata names none, the one that the file's folder names; empty
    /// when neither does.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Sets where the datapoint was read, and takes `folder_domain` as the domain if metadata names none.
    pub(super) fn placed(mut self, place: Place, folder_domain: Option<&str>) -> Self {
        if self.domain.is_empty() {
            folder_domain.unwrap_or_default().clone_into(&mut self.domain);
        }
        self.place = Some(place);
        self
    }

    /// The packages that the rationale needs (metadata `required_dependencies`: a list, or one text with commas).
    pub fn dependencies(&self) -> Dependencies {
        metadata::dependencies(&self.metadata)
    }

    /// The limits that the rationale needs instead of a run's: metadata `limits`, an object with the names and units of the
    /// configuration's `[interpreter]`, or a bare `timeout` in seconds.
    pub fn limits(&self) -> Wanted {
        metadata::limits(&self.metadata)
    }

    /// The relative tolerance that the seed states for its answer, as a fraction (0.01 is one percent); `None` when it
    /// states none that can be used.
    ///
    /// Metadata `answer_tolerance` is `"2%"` (relative), or a number or text such as `"0.1"` or `"1e-2"`, which is
    /// absolute, in the answer's own unit, as Loong's finance seeds have it; it is divided by the answer's magnitude.
    /// `precision` is read likewise, but a whole number from 1 up is a count of decimal places. An absolute tolerance is
    /// of no use (`None`) when the answer is not one number, is 0, or is not larger than the tolerance itself.
    pub fn tolerance(&self) -> Option<f64> {
        metadata::tolerance(&self.metadata, &self.final_answer)
    }

    /// The licence: its SPDX identifier where it is a known one, else as it is written.
    pub fn licence(&self) -> Option<String> {
        metadata::licence(&self.metadata)
    }

    /// Tags and sub-domains, in the order of their fields, without repetition.
    pub fn tags(&self) -> Vec<String> {
        metadata::tags(&self.metadata)
    }

    /// The difficulty, as it is written (`3`, `Level 5`, `Competition`).
    pub fn difficulty(&self) -> Option<String> {
        metadata::text(&self.metadata, &["difficulty"])
    }
}

/// The text of an answer given as JSON.
fn answer_text(answer: &Value) -> String {
    match answer {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What is wrong with a required or ill-typed field.
fn fault(key: &str, value: Option<&Value>, wanted: &str) -> String {
    match value {
        None => format!("`{key}` is missing; it must be {wanted}"),
        Some(Value::String(_)) if key == "question" || key == "final_answer" => {
            format!("`{key}` is empty; it must be {wanted}")
        }
        Some(value) => format!("`{key}` is {}; it must be {wanted}", kind(value)),
    }
}

/// A JSON value's type with its article.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
