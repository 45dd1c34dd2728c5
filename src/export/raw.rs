//! `raw`: everything that is known of a candidate, one JSON object each.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::columns::{Column, Kind, column, texts};
use super::format::Format;
use super::options::{ExportOptions, FormatName, Reasoning};
use super::selection::{Skip, revised};
use crate::store::record::{CandidateView, ResponseView};

pub(super) struct Raw;

impl Format for Raw {
    fn name(&self) -> FormatName {
        FormatName::Raw
    }

    fn columns(&self) -> &'static str {
        "- One object a candidate: `id`, then everything that was stored of it (question, code, reference, executions, \
         provenance, failure), then what stands after people's decisions (`standing`, `curation`, `right`, `tags`, \
         `contested`).\n\
         - `revised`, where a person corrected it: which `texts`, what it `came` with in their place, and what was said of the \
         `first` pairs; the texts and verdicts beside it are the revised ones.\n\
         - `responses`: each with text, reasoning, answer, failure, the verdict with its evidence, and what stands of it.\n"
    }

    /// What has parts of many forms stands as JSON.
    fn schema(&self, _: Reasoning) -> Vec<Column> {
        let mut columns = vec![column("id", Kind::Int), column("uid", Kind::Text), column("origin", Kind::Text)];
        columns.extend([column("run_id", Kind::Int), column("ordinal", Kind::Int)]);
        columns.extend(texts(&["strategy", "domain", "question", "code"]));
        columns.push(column("dependencies", Kind::texts()));
        columns.extend(texts(&["reference", "reference_kind"]));
        columns.push(column("seeds", Kind::texts()));
        columns.extend(texts(&["parent", "family"]));
        columns.extend([column("depth", Kind::Int), column("operation", Kind::Text)]);
        columns.extend([column("prompt_hash", Kind::Text), column("generator_reply_id", Kind::Int)]);
        columns.extend([column("failure", Kind::Text), column("executions", Kind::texts())]);
        columns.extend([column("agreement", Kind::Text), column("seconds", Kind::Float)]);
        columns.extend(texts(&["stages", "metadata", "model", "created_at", "standing", "curation", "right"]));
        columns.extend([column("tags", Kind::texts()), column("contested", Kind::Flag)]);
        columns.extend([column("revised", Kind::Text), column("responses", Kind::texts())]);
        columns
    }

    fn about(&self) -> &'static str {
        "everything known of each candidate"
    }

    fn rows(&self, view: &CandidateView, _: &ExportOptions) -> Result<Vec<Value>, Skip> {
        let mut row = Map::new();
        row.insert("id".to_owned(), json!(view.id));
        row.extend(object(&view.record));
        row.insert("model".to_owned(), json!(view.model));
        row.insert("created_at".to_owned(), json!(view.created_at));
        row.insert("standing".to_owned(), json!(view.standing));
        row.insert("curation".to_owned(), json!(view.curation));
        row.insert("right".to_owned(), json!(view.right));
        row.insert("tags".to_owned(), json!(view.tags));
        row.insert("contested".to_owned(), json!(view.contested));
        if let Some(revision) = &view.revised {
            let both = json!({"texts": revised(view), "came": revision.came, "first": revision.first});
            row.insert("revised".to_owned(), both);
        }
        // In the record they are empty; a view has them with their standing.
        row.shift_remove("responses");
        row.insert("responses".to_owned(), view.responses.iter().map(response).collect());
        Ok(vec![Value::Object(row)])
    }
}

fn response(response: &ResponseView) -> Value {
    let mut row = Map::new();
    row.insert("id".to_owned(), json!(response.id));
    row.extend(object(&response.record));
    row.insert("judgement".to_owned(), json!(response.judgement));
    row.insert("contested".to_owned(), json!(response.contested));
    row.insert("standing".to_owned(), json!(response.standing));
    Value::Object(row)
}

/// The fields of a record.
fn object(record: &impl Serialize) -> Map<String, Value> {
    match json!(record) {
        Value::Object(fields) => fields,
        other => Map::from_iter([("record".to_owned(), other)]),
    }
}
