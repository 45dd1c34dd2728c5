//! An episode as the store keeps it: a candidate with one response, open to audit like every other.

use std::sync::atomic::Ordering;

use serde_json::{Map, Value, json};

use super::Shared;
use crate::environment::{Step, Task, no_answer};
use crate::store::fold::{AgreementRule, agreement};
use crate::store::record::{CandidateRecord, Origin, ReferenceKind, ResponseRecord, StageSeconds};

/// What episodes have as their strategy.
pub(super) const STRATEGY: &str = "environment";

/// The candidate that a stepped episode becomes. `said` is what the client told beside its answer.
pub(super) fn record(
    shared: &Shared,
    episode_id: &str,
    task: &Task,
    response: String,
    step: &Step,
    said: Map<String, Value>,
) -> CandidateRecord {
    let nth = shared.kept.fetch_add(1, Ordering::Relaxed);
    let verdict = &step.info.verdict;
    let mut metadata = Map::from_iter([
        ("episode_id".to_owned(), json!(episode_id)),
        ("reward".to_owned(), json!(step.reward)),
        ("terms".to_owned(), json!(step.info.terms)),
    ]);
    if task.references.len() > 1 {
        metadata.insert("references".to_owned(), json!(task.references));
    }
    // Under these names the store heeds them, whenever the pair is verified again.
    if let Some(tolerance) = task.tolerance {
        metadata.insert("tolerance".to_owned(), json!(tolerance));
    }
    if !task.options.is_empty() {
        metadata.insert("options".to_owned(), json!(task.options));
    }
    if !said.is_empty() {
        metadata.insert("action".to_owned(), Value::Object(said));
    }
    CandidateRecord {
        uid: blake3::hash(format!("{}/{nth}", shared.name).as_bytes()).to_hex()[..32].to_owned(),
        origin: Origin::Episode,
        run_id: None,
        ordinal: None,
        strategy: STRATEGY.to_owned(),
        domain: task.domain.clone(),
        question: task.question.clone(),
        code: None,
        dependencies: Vec::new(),
        reference: task.references.first().cloned(),
        reference_kind: Some(ReferenceKind::Given),
        seeds: vec![task.id.clone()],
        parent: None,
        family: Some(task.family.clone()),
        depth: 0,
        operation: None,
        prompt_hash: None,
        generator_reply_id: None,
        failure: None,
        executions: Vec::new(),
        agreement: agreement(AgreementRule::Majority, [verdict.outcome]),
        responses: vec![ResponseRecord {
            sample: 0,
            solver: "policy".to_owned(),
            reply_id: None,
            text: response,
            reasoning: None,
            answer: verdict.extracted.clone(),
            failure: no_answer(verdict),
            verdict: Some(verdict.clone()),
            given_reward: None,
        }],
        seconds: 0.0,
        stages: StageSeconds::default(),
        metadata,
    }
}
