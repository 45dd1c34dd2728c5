//! Rules on trial over stored pairs, and applied: in one process, and in one that is killed.

mod applying;
mod sweeping;

use std::ops::ControlFlow;

use loong::review::rules::{Flips, Rules, Scope, sweep};
use loong::store::record::{
    Agreement, CandidateRecord, Judgement, NewDecision, Origin, ReferenceKind, ResponseRecord, StageSeconds,
};
use loong::store::{OpenMode, Store};
use loong::verifier::{Outcome, Pair, RuleVerifier, Tier, Verdict, Verifier};
use tempfile::TempDir;

pub(crate) fn new_store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("loong.db"), OpenMode::Create).unwrap();
    (folder, store)
}

/// A verdict that a tier beyond the native ones gave.
pub(crate) fn escalated(tier: Tier, outcome: Outcome) -> Verdict {
    Verdict {
        outcome,
        tier,
        leniencies: Vec::new(),
        reason: format!("{tier} said {outcome}."),
        extracted: Some("x".to_owned()),
        reference_value: "a".to_owned(),
        response_value: "b".to_owned(),
        side: None,
        version: "rules-0/standard+symbolic-1".to_owned(),
    }
}

/// A candidate with these responses, verified by the default rules; a verdict of its own where one is given.
pub(crate) fn candidate(uid: &str, reference: &str, responses: &[(&str, Option<Verdict>)]) -> CandidateRecord {
    let verifier = RuleVerifier::default();
    let response = |(sample, (text, own)): (u32, &(&str, Option<Verdict>))| {
        let pair = Pair { references: vec![reference.to_owned()], response: (*text).to_owned(), ..Pair::default() };
        let verdict = own.clone().unwrap_or_else(|| verifier.verify(&pair));
        ResponseRecord {
            sample,
            solver: "solver".to_owned(),
            reply_id: None,
            text: (*text).to_owned(),
            reasoning: None,
            answer: None,
            failure: None,
            verdict: Some(verdict),
            given_reward: None,
        }
    };
    CandidateRecord {
        uid: uid.to_owned(),
        origin: Origin::Import,
        run_id: None,
        ordinal: None,
        strategy: "rollouts".to_owned(),
        domain: String::new(),
        question: String::new(),
        code: None,
        dependencies: Vec::new(),
        reference: Some(reference.to_owned()),
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
        responses: (0..).zip(responses).map(response).collect(),
        agreement: Agreement::None,
        seconds: 0.0,
        metadata: serde_json::Map::new(),
    }
}

/// Many pairs: of every seven, one hangs on the leniency `lhs-dropped`, one on `rounding`, one is different.
pub(crate) fn many(n: u64) -> Vec<CandidateRecord> {
    (0..n)
        .map(|i| {
            let (a, b) = (i + 1, i + 2);
            let (reference, response) = match i % 7 {
                0 => (format!("x = {a}"), format!("\\boxed{{{a}}}")),
                1 => (format!("{a}/7"), format!("\\boxed{{{:.4}}}", a as f64 / 7.0)),
                2 => (format!("{a}"), format!("\\boxed{{{b}}}")),
                _ => (format!("{a}"), format!("\\boxed{{{a}}}")),
            };
            candidate(&format!("many-{i}"), &reference, &[(&response, None), ("no answer here, it goes on and", None)])
        })
        .collect()
}

pub(crate) fn judge(store: &Store, candidate: i64, sample: u32, judgement: Judgement) {
    let decision = NewDecision {
        candidate,
        sample: Some(sample),
        judgement: Some(judgement),
        reviewer: "mia".to_owned(),
        ..NewDecision::default()
    };
    store.decide_blocking(decision).unwrap();
}

pub(crate) fn without(words: &[&str]) -> Rules {
    let mut rules = Rules::default();
    for word in words {
        rules.options.apply(&format!("no-{word}")).unwrap();
    }
    rules
}

pub(crate) fn flips(store: &Store, rules: &Rules) -> Flips {
    sweep(store, &Scope::default(), rules, None, |_, _| ControlFlow::Continue(())).unwrap()
}
