//! From a rollout to a candidate of the store, verified or not.

use super::row::Rollout;
use crate::environment::{RewardPolicy, score};
use crate::store::fold::{AgreementRule, agreement};
use crate::store::record::{Agreement, CandidateRecord, Origin, ReferenceKind, ResponseRecord, StageSeconds};
use crate::verifier::{Outcome, Pair, Verifier};

/// Identity by content, so that importing a file twice changes nothing.
pub(super) fn uid(rollout: &Rollout) -> String {
    let mut hash = blake3::Hasher::new();
    let texts = rollout.given.iter().flat_map(|g| [g.solver.as_deref().unwrap_or_default(), g.text.as_str()]);
    let parts = [rollout.question.as_str(), rollout.id.as_str()].into_iter();
    for part in parts.chain(rollout.references.iter().map(String::as_str)).chain(texts) {
        // Lengths keep the parts apart.
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().to_hex()[..32].to_owned()
}

/// The candidate that a rollout becomes; without a verifier its responses have no verdicts yet.
pub(super) fn candidate(
    uid: String,
    rollout: Rollout,
    source: &str,
    verifier: Option<&dyn Verifier>,
) -> CandidateRecord {
    let Rollout { question, references, domain, tolerance, options, given, metadata, .. } = rollout;
    let mut pair = Pair {
        references,
        response: String::new(),
        question: Some(question.clone()).filter(|q| !q.is_empty()),
        domain: Some(domain.clone()).filter(|d| !d.is_empty()),
        tolerance,
        options,
    };
    let mut responses = Vec::with_capacity(given.len());
    for (sample, given) in (0u32..).zip(given) {
        pair.response = given.text;
        let scored = verifier.map(|v| score(v, &pair, RewardPolicy::default()));
        let (verdict, failure) = scored.map_or((None, None), |s| (Some(s.verdict), s.failure));
        responses.push(ResponseRecord {
            sample,
            solver: given.solver.unwrap_or_default(),
            reply_id: None,
            text: std::mem::take(&mut pair.response),
            reasoning: given.reasoning,
            answer: verdict.as_ref().and_then(|v| v.extracted.clone()),
            failure,
            verdict,
            given_reward: given.reward,
        });
    }
    let outcomes: Vec<Outcome> = responses.iter().filter_map(|r| r.verdict.as_ref()).map(|v| v.outcome).collect();
    CandidateRecord {
        uid,
        origin: Origin::Import,
        run_id: None,
        ordinal: None,
        strategy: source.to_owned(),
        domain,
        question,
        code: None,
        dependencies: Vec::new(),
        reference: pair.references.into_iter().next(),
        reference_kind: Some(ReferenceKind::Given),
        seeds: Vec::new(),
        parent: None,
        family: None,
        prompt_hash: None,
        generator_reply_id: None,
        depth: 0,
        operation: None,
        stages: StageSeconds::default(),
        failure: None,
        executions: Vec::new(),
        agreement: if outcomes.is_empty() { Agreement::None } else { agreement(AgreementRule::Majority, outcomes) },
        responses,
        seconds: 0.0,
        metadata,
    }
}
