//! From a row of a file to a rollout: question, references, responses, and what else the row says.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::value::{Given, question, references, responses, reward, rewards, text};
use super::{Format, Mapping};

/// Bytes of other fields that are kept of a row.
const OTHERS: usize = 16 << 10;

/// A rollout as it was given, not yet verified.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rollout {
    /// The row's id; empty where it has none.
    pub(super) id: String,
    /// The question; empty where there is none.
    pub(super) question: String,
    /// The reference answer and its alternatives. Never empty.
    pub(super) references: Vec<String>,
    /// The domain's slug; empty where it is unknown.
    pub(super) domain: String,
    /// Relative tolerance.
    pub(super) tolerance: Option<f64>,
    /// Texts of the options of a multiple-choice question.
    pub(super) options: Vec<String>,
    /// The responses. Never empty.
    pub(super) given: Vec<Given>,
    /// Everything else.
    pub(super) metadata: Map<String, Value>,
}

impl Rollout {
    /// What rows of one question share; `None` where nothing says which question it is.
    pub(super) fn key(&self) -> Option<blake3::Hash> {
        if self.id.is_empty() && self.question.is_empty() {
            return None;
        }
        let mut hash = blake3::Hasher::new();
        for part in [&self.id, &self.question].into_iter().chain(&self.references) {
            // Lengths keep the parts apart.
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        Some(hash.finalize())
    }

    /// About how many bytes it holds.
    pub(super) fn size(&self) -> usize {
        let given: usize = self.given.iter().map(|g| g.text.len() + g.reasoning.as_ref().map_or(0, String::len)).sum();
        self.question.len() + given + OTHERS / 64
    }

    /// Takes the responses of another row of the question in; what else that row says, where it says otherwise than the
    /// first, goes under `samples`.
    pub(super) fn take_in(&mut self, other: Self) {
        let first = self.given.len();
        self.given.extend(other.given);
        let mut own: Map<String, Value> =
            other.metadata.into_iter().filter(|(key, value)| self.metadata.get(key) != Some(value)).collect();
        if own.is_empty() {
            return;
        }
        own.insert("sample".to_owned(), first.into());
        let samples = self.metadata.entry("samples").or_insert_with(|| Value::Array(Vec::new()));
        if weight(samples) < OTHERS
            && let Value::Array(all) = samples
        {
            all.push(own.into());
        }
    }
}

/// How rows are read.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// Their format.
    pub(super) format: Format,
    /// Where our fields stand.
    pub(super) mapping: Mapping,
    /// Who responded, where neither row nor response says.
    pub(super) solver: String,
}

impl Reading {
    /// Reads a row.
    pub(super) fn rollout(&self, mut row: Map<String, Value>) -> Result<Rollout, String> {
        if self.format == Format::Inspect {
            attach(&mut row);
        }
        let value = |ours: &str| self.mapping.value(&row, ours);
        let word = |ours: &str| value(ours).map(|v| text(&v)).unwrap_or_default();
        let mut references = value("reference").map(|v| references(&v)).unwrap_or_default();
        references.retain(|r| !r.is_empty());
        if references.is_empty() {
            return Err("it has no reference".to_owned());
        }
        let mut given = match value("response") {
            Some(v) if !v.as_array().is_some_and(Vec::is_empty) => responses(&v),
            _ => return Err(missing_response(&row)),
        };
        if let Some(given_rewards) = value("reward").map(|v| rewards(&v, given.len())) {
            for (given, reward) in given.iter_mut().zip(given_rewards) {
                given.reward = given.reward.or(reward);
            }
        }
        let solver = Some(word("solver")).filter(|s| !s.is_empty()).unwrap_or_else(|| self.solver.clone());
        let reasoning = value("reasoning").map(|v| responses(&v));
        let n = given.len();
        for (at, given) in given.iter_mut().enumerate() {
            given.solver.get_or_insert_with(|| solver.clone());
            if let Some(reasoning) = reasoning.as_ref().filter(|r| r.len() == n || r.len() == 1) {
                let own = &reasoning[at.min(reasoning.len() - 1)].text;
                given.reasoning = Some(own.clone()).filter(|r| !r.is_empty()).or(given.reasoning.take());
            }
        }
        let options = match value("options").as_deref() {
            Some(Value::Array(all)) if all.iter().all(Value::is_string) => all.iter().map(text).collect(),
            _ => Vec::new(),
        };
        let (question, id) = (
            value("question").map(|v| question(&v, self.format == Format::Verl)).unwrap_or_default(),
            value("id").map(Cow::into_owned),
        );
        // Loong's own field is absolute or in percent; ours is relative.
        let own = self.mapping.path("tolerance").is_some_and(|path| path.ends_with("answer_tolerance"));
        let tolerance = match value("tolerance") {
            Some(stated) if own => crate::dataset::relative_tolerance(&stated, &references[0]),
            stated => stated.and_then(|v| reward(&v)),
        };
        if let Some(wide) = tolerance.filter(|t| !(0.0..1.0).contains(t)) {
            return Err(format!("its tolerance is {wide}, and a relative tolerance is between 0 and 1, such as 1e-4"));
        }
        let domain = crate::dataset::domain_slug(&word("domain"));
        let mut metadata = Map::new();
        if own {
            // As the row states it, beside what it comes to.
            metadata.extend(value("tolerance").map(|stated| ("answer_tolerance".to_owned(), stated.into_owned())));
            metadata.extend(tolerance.map(|t| ("tolerance".to_owned(), t.into())));
        } else if let Some(given) = value("tolerance").map(Cow::into_owned) {
            // The store reads it back as a number.
            let number = tolerance.filter(|_| !given.is_number()).map(Value::from);
            metadata.insert("tolerance".to_owned(), number.unwrap_or(given));
        }
        if references.len() > 1 {
            metadata.insert("references".to_owned(), references.clone().into());
        }
        if !options.is_empty() {
            metadata.insert("options".to_owned(), options.clone().into());
        }
        let word_of = id.as_ref().map(text).unwrap_or_default();
        if let Some(id) = id {
            metadata.insert("id".to_owned(), id);
        }
        self.others(row, &mut metadata);
        Ok(Rollout { id: word_of, question, references, domain, tolerance, options, given, metadata })
    }

    /// Keeps what else a row says, as far as there is room; what is left out is named.
    fn others(&self, row: Map<String, Value>, metadata: &mut Map<String, Value>) {
        let taken: Vec<&str> = self.mapping.taken().collect();
        let (mut size, mut left_out) = (0, Vec::new());
        for (key, value) in row {
            let mapped = taken.contains(&key.as_str());
            if mapped && !self.keeps_beside(&key) {
                continue;
            }
            let weight = weight(&value) + key.len();
            if size + weight > OTHERS {
                left_out.push(Value::from(key));
            } else if !metadata.contains_key(&key) {
                size += weight;
                metadata.insert(key, value);
            }
        }
        if !left_out.is_empty() {
            metadata.insert("left_out".to_owned(), left_out.into());
        }
    }

    /// Whether a field is kept although a path leads into it: it says more than the path takes.
    fn keeps_beside(&self, key: &str) -> bool {
        match self.format {
            Format::Inspect => matches!(key, "scores" | "metadata"),
            Format::Verl => matches!(key, "extra_info" | "data_source"),
            Format::Verifiers => key == "info",
            _ => false,
        }
    }
}

fn missing_response(row: &Map<String, Value>) -> String {
    match row.get("error").filter(|e| !e.is_null()) {
        Some(error) => {
            let told = error.get("message").map_or_else(|| text(error), text);
            format!("it has no response: {}", told.chars().take(200).collect::<String>())
        }
        None => "it has no response".to_owned(),
    }
}

/// About how many bytes a value takes as JSON.
fn weight(value: &Value) -> usize {
    match value {
        Value::String(s) => s.len() + 2,
        Value::Array(all) => 2 + all.iter().map(|v| weight(v) + 1).sum::<usize>(),
        Value::Object(all) => 2 + all.iter().map(|(k, v)| k.len() + weight(v) + 4).sum::<usize>(),
        Value::Number(n) => n.as_str().len(),
        _ => 4,
    }
}

/// Puts the texts that a sample of `inspect_ai` keeps apart (`attachment://…`) where they belong.
fn attach(row: &mut Map<String, Value>) {
    let Some(Value::Object(texts)) = row.remove("attachments") else { return };
    if !texts.is_empty() {
        for key in ["input", "output", "target"] {
            if let Some(value) = row.get_mut(key) {
                put_back(value, &texts);
            }
        }
    }
}

fn put_back(value: &mut Value, texts: &Map<String, Value>) {
    match value {
        Value::String(s) => {
            if let Some(whole) = s.strip_prefix("attachment://").and_then(|name| texts.get(name)) {
                *value = whole.clone();
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|v| put_back(v, texts)),
        Value::Object(all) => all.values_mut().for_each(|v| put_back(v, texts)),
        _ => {}
    }
}
