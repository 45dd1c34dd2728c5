//! `loong`: the seed schema. What is exported can be loaded as a seed dataset, and generated from again.

use serde_json::{Map, Value, json};

use super::columns::{Column, Kind, column, texts};
use super::format::Format;
use super::options::{ExportOptions, FormatName, Reasoning};
use super::selection::{Skip, is_verified, reference, revised};
use crate::store::record::CandidateView;

/// Metadata of an import or a seed that a seed dataset has a use for. Everything else in a candidate's metadata is
/// about the import, not about the question.
const CARRIED: &[&str] = &[
    "name",
    "license",
    "licence",
    "source",
    "source_note",
    "contributor",
    "date_created",
    "difficulty",
    "subdomain",
    "answer_tolerance",
    "precision",
    "options",
    "references",
];

pub(super) struct Loong;

impl Format for Loong {
    fn name(&self) -> FormatName {
        FormatName::Loong
    }

    fn columns(&self) -> &'static str {
        "- `question`: the problem.\n\
         - `rationale`: Python code that prints the answer; empty where the problem came without code.\n\
         - `final_answer`: the reference answer.\n\
         - `metadata`: `domain`, `required_dependencies`, `tags`, and `provenance` (origin, strategy, generator model, \
         hash of the generator's prompt, seeds, family, solvers whose independent answer agreed, what people decided, \
         which texts they corrected).\n"
    }

    fn schema(&self, _: Reasoning) -> Vec<Column> {
        let mut metadata = vec![column("domain", Kind::Text), column("required_dependencies", Kind::texts())];
        metadata.extend(texts(CARRIED));
        metadata.push(column("tags", Kind::texts()));
        let mut provenance = texts(&["loong_uid", "origin", "strategy", "model", "prompt_hash"]);
        provenance.push(column("seeds", Kind::texts()));
        provenance.extend(texts(&["parent", "family", "reference"]));
        provenance.push(column("solvers", Kind::texts()));
        provenance.extend(texts(&["agreement", "curation"]));
        provenance.push(column("revised", Kind::texts()));
        metadata.push(column("provenance", Kind::Group(provenance)));
        let mut columns = texts(&["question", "rationale", "final_answer"]);
        columns.push(column("metadata", Kind::Group(metadata)));
        columns
    }

    fn about(&self) -> &'static str {
        "a seed dataset again: question, code, answer, metadata"
    }

    fn rows(&self, view: &CandidateView, _: &ExportOptions) -> Result<Vec<Value>, Skip> {
        let answer = reference(view).ok_or(Skip::NoReference)?;
        Ok(vec![json!({
            "question": view.record.question,
            "rationale": view.record.code.as_deref().unwrap_or_default(),
            "final_answer": answer,
            "metadata": metadata(view),
        })])
    }
}

/// The seed's metadata. What is not known is left out: a guessed licence would be worse than none.
fn metadata(view: &CandidateView) -> Map<String, Value> {
    let record = &view.record;
    let mut metadata = Map::new();
    if !record.domain.is_empty() {
        metadata.insert("domain".to_owned(), json!(record.domain));
    }
    metadata.insert("required_dependencies".to_owned(), json!(record.dependencies));
    for key in CARRIED {
        if let Some(value) = record.metadata.get(*key) {
            metadata.insert((*key).to_owned(), value.clone());
        }
    }
    // Seeds state a relative tolerance as a share.
    if let Some(share) = record.metadata.get("tolerance").and_then(Value::as_f64)
        && !metadata.contains_key("answer_tolerance")
    {
        metadata.insert("answer_tolerance".to_owned(), json!(format!("{}%", share * 100.0)));
    }
    if !view.tags.is_empty() {
        metadata.insert("tags".to_owned(), json!(view.tags));
    } else if let Some(tags) = record.metadata.get("tags") {
        metadata.insert("tags".to_owned(), tags.clone());
    }
    metadata.insert("provenance".to_owned(), provenance(view));
    metadata
}

fn provenance(view: &CandidateView) -> Value {
    let record = &view.record;
    let mut solvers: Vec<&str> =
        view.responses.iter().filter(|r| is_verified(r)).map(|r| r.record.solver.as_str()).collect();
    solvers.sort_unstable();
    solvers.dedup();
    let mut provenance = json!({
        "loong_uid": record.uid,
        "origin": record.origin,
        "strategy": record.strategy,
        "model": view.model,
        "prompt_hash": record.prompt_hash,
        "seeds": record.seeds,
        "parent": record.parent,
        "family": record.family,
        "reference": record.reference_kind,
        "solvers": solvers,
        "agreement": view.standing,
        "curation": view.curation,
    });
    let corrected = revised(view);
    if !corrected.is_empty() {
        provenance["revised"] = json!(corrected);
    }
    provenance
}
