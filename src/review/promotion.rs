//! A candidate that a person accepted becomes a seed, which says where it comes from.

use serde_json::{Map, Value, json};

use crate::dataset::Datapoint;
use crate::store::record::{CandidateView, Curation, RightSide};

/// Why a candidate is no seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// Nobody accepted it.
    NotAccepted,
    /// It has no code that prints its answer.
    NoCode,
    /// A person said that its answer is wrong, and nobody corrected it since.
    ReferenceWrong,
}

/// Why a candidate, as the view shows it, makes no seed; `None` where it makes one.
pub fn unfit(view: &CandidateView) -> Option<Unfit> {
    texts(view).err()
}

/// The code and the answer of a candidate that makes a seed.
fn texts(view: &CandidateView) -> Result<(&str, &str), Unfit> {
    if view.curation != Some(Curation::Accept) {
        return Err(Unfit::NotAccepted);
    }
    let code = view.record.code.as_deref().map(str::trim).filter(|code| !code.is_empty());
    let (Some(code), Some(answer)) = (code, &view.record.reference) else { return Err(Unfit::NoCode) };
    if matches!(view.right, Some(RightSide::Cot | RightSide::Neither)) {
        return Err(Unfit::ReferenceWrong);
    }
    Ok((code, answer))
}

/// The seed that an accepted candidate makes, with its lineage under `provenance`.
///
/// # Errors
/// [`Unfit`].
pub fn promoted(view: &CandidateView) -> Result<Datapoint, Unfit> {
    let (code, answer) = texts(view)?;
    let record = &view.record;
    let mut metadata = Map::new();
    if !record.domain.is_empty() {
        metadata.insert("domain".to_owned(), Value::String(record.domain.clone()));
    }
    if !record.dependencies.is_empty() {
        metadata.insert("required_dependencies".to_owned(), record.dependencies.clone().into());
    }
    metadata.insert("source".to_owned(), Value::String(format!("candidate {}", record.uid)));
    let lineage = json!({
        "loong_uid": record.uid, "strategy": record.strategy, "model": view.model, "seeds": record.seeds,
        "parent": record.parent, "family": record.family, "depth": record.depth,
    });
    metadata.insert("provenance".to_owned(), lineage);
    Ok(Datapoint::new(record.question.clone(), code, answer, metadata))
}
