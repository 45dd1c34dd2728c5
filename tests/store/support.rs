//! Stores and records to test with.

use std::future::Future;

use loong::failure::{Failure, FailureKind, Stage};
use loong::model::{ChatReply, ChatRequest, Finish, Message, ReplySchema, Role, Sampling, Speaker, Usage};
use loong::store::fold::{AgreementRule, agreement};
use loong::store::record::{
    Agreement, CandidateRecord, Curation, ExecutionRecord, Judgement, NewDecision, NewReply, NewRun, Origin,
    ReferenceKind, ResponseRecord, StageSeconds,
};
use loong::store::{OpenMode, Store};
use loong::verifier::{Leniency, Outcome, Side, Tier, Verdict};
use tempfile::TempDir;

/// A new store in a folder that goes when it is dropped.
pub(crate) fn new_store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("loong.db"), OpenMode::Create).unwrap();
    (folder, store)
}

/// Runs a future to its end.
pub(crate) fn wait<F: Future>(future: F) -> F::Output {
    futures::executor::block_on(future)
}

pub(crate) fn new_run(hash: &str) -> NewRun {
    NewRun {
        recipe_hash: hash.to_owned(),
        recipe: "[run]\nstrategy = \"few-shot\"\n".to_owned(),
        strategy: "few-shot".to_owned(),
        rng_seed: u64::MAX - 1,
        target: 20,
        fresh: false,
        resume: None,
        in_shards: false,
    }
}

pub(crate) fn reply(key: &str, run_id: i64, role: Role, ordinal: u64) -> NewReply {
    NewReply {
        key: key.to_owned(),
        run_id,
        request: ChatRequest {
            role,
            ordinal,
            sample: 1,
            messages: vec![
                Message::new(Speaker::System, "You write questions."),
                Message::new(Speaker::User, "Write one."),
            ],
            sampling: Sampling { temperature: Some(0.7), top_p: None, max_tokens: Some(900), seed: Some(u64::MAX) },
            schema: Some(ReplySchema { name: "draft".to_owned(), schema: serde_json::json!({"type": "object"}) }),
        },
        model: "asked-for".to_owned(),
        reply: ChatReply {
            content: format!("{{\"question\": \"{key}\"}}"),
            reasoning: Some("hm\u{1b}[2J".to_owned()),
            finish: Finish::Stop,
            model: Some("named-itself".to_owned()),
            usage: Usage {
                prompt_tokens: Some(100),
                completion_tokens: Some(20),
                reasoning_tokens: None,
                cached_tokens: None,
            },
            seconds: 0.1 + 0.2,
            attempts: 2,
            cost: None,
        },
    }
}

pub(crate) fn verdict(outcome: Outcome) -> Verdict {
    Verdict {
        outcome,
        tier: Tier::Number,
        leniencies: Vec::new(),
        reason: format!("said {outcome}"),
        extracted: Some("1365".to_owned()),
        reference_value: "1365".to_owned(),
        response_value: "1365".to_owned(),
        side: (outcome == Outcome::Undecided).then_some(Side::Response),
        version: "1/standard".to_owned(),
    }
}

pub(crate) fn response(sample: u32, outcome: Option<Outcome>) -> ResponseRecord {
    ResponseRecord {
        sample,
        solver: "solver-a".to_owned(),
        reply_id: None,
        text: format!("So the answer is \\boxed{{{sample}}}"),
        reasoning: None,
        answer: Some(sample.to_string()),
        failure: None,
        verdict: outcome.map(verdict),
        given_reward: None,
    }
}

/// A candidate with a response for each outcome.
pub(crate) fn candidate(uid: &str, outcomes: &[Outcome]) -> CandidateRecord {
    let responses: Vec<ResponseRecord> =
        (0..).zip(outcomes).map(|(sample, outcome)| response(sample, Some(*outcome))).collect();
    CandidateRecord {
        uid: uid.to_owned(),
        origin: Origin::Import,
        run_id: None,
        ordinal: None,
        strategy: "rollouts.jsonl".to_owned(),
        domain: "logic".to_owned(),
        question: format!("Question {uid}?"),
        code: None,
        dependencies: Vec::new(),
        reference: Some("1365".to_owned()),
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
        agreement: if outcomes.is_empty() {
            Agreement::None
        } else {
            agreement(AgreementRule::Majority, outcomes.iter().copied())
        },
        responses,
        seconds: 0.5,
        metadata: serde_json::Map::new(),
    }
}

/// A candidate in which nothing is left out.
pub(crate) fn whole_candidate(run_id: i64, reply_id: i64) -> CandidateRecord {
    let mut metadata = serde_json::Map::new();
    metadata.insert("references".to_owned(), serde_json::json!(["1365.0", 7]));
    metadata.insert("tolerance".to_owned(), serde_json::json!(0.01));
    metadata.insert("options".to_owned(), serde_json::json!(["one", "two"]));
    let mut lenient = verdict(Outcome::Equivalent);
    lenient.leniencies = vec![Leniency::Rounding, Leniency::Order];
    lenient.extracted = None;
    CandidateRecord {
        origin: Origin::Loop,
        run_id: Some(run_id),
        ordinal: Some(3),
        strategy: "few-shot".to_owned(),
        domain: "graph_discrete_math".to_owned(),
        question: "多米诺 \u{202e} In how many ways\ncan a 2×12 board be tiled?\0".to_owned(),
        code: Some("print(1365)".to_owned()),
        dependencies: vec!["networkx==3.4.2".to_owned(), "numpy".to_owned()],
        reference_kind: Some(ReferenceKind::Executed),
        seeds: vec!["seed-b".to_owned(), "seed-a".to_owned()],
        parent: Some("parent".to_owned()),
        family: Some("seed-b".to_owned()),
        prompt_hash: Some("f".repeat(64)),
        generator_reply_id: Some(reply_id),
        depth: 0,
        operation: None,
        stages: StageSeconds::default(),
        failure: Some(Failure::new(Stage::Verify, FailureKind::OffBand, "too easy")),
        executions: vec![
            ExecutionRecord {
                substituted: vec!["pandas 1.5.3 → 2.1.1".to_owned(), "numpy 1.26.4 → 2.0.0".to_owned()],
                ..execution("exit", Some(0), "1365\n")
            },
            execution("timeout", None, ""),
        ],
        responses: vec![
            ResponseRecord { verdict: Some(lenient), given_reward: Some(0.5), ..response(0, None) },
            ResponseRecord {
                reply_id: Some(reply_id),
                reasoning: Some("let me think".to_owned()),
                failure: Some(Failure::new(Stage::Solve, FailureKind::Truncated, "4096 tokens")),
                text: String::new(),
                answer: None,
                ..response(4, None)
            },
        ],
        agreement: Agreement::Agrees,
        seconds: 0.1 + 0.2,
        metadata,
        ..candidate("whole", &[])
    }
}

pub(crate) fn execution(end: &str, status: Option<i32>, stdout: &str) -> ExecutionRecord {
    ExecutionRecord {
        code_hash: "c".repeat(64),
        end: end.to_owned(),
        status,
        stdout: stdout.to_owned(),
        stderr: "a warning".to_owned(),
        stdout_bytes: stdout.len() as u64,
        seconds: 0.25,
        cpu_seconds: 0.2,
        memory: 40 << 20,
        isolation: "full".to_owned(),
        venv: "v1".to_owned(),
        python: "3.11.7".to_owned(),
        substituted: Vec::new(),
    }
}

/// A decision that says nothing yet.
pub(crate) fn about(candidate: i64, reviewer: &str) -> NewDecision {
    NewDecision {
        candidate,
        sample: None,
        judgement: None,
        curation: None,
        right: None,
        revision: None,
        about: None,
        reverses: None,
        reviewer: reviewer.to_owned(),
        note: None,
        cause: None,
        tags: Vec::new(),
        blind: false,
        adjudicates: false,
        batch: None,
    }
}

pub(crate) fn judge(candidate: i64, sample: u32, reviewer: &str, judgement: Judgement) -> NewDecision {
    NewDecision { sample: Some(sample), judgement: Some(judgement), ..about(candidate, reviewer) }
}

pub(crate) fn curate(candidate: i64, reviewer: &str, curation: Curation) -> NewDecision {
    NewDecision { curation: Some(curation), ..about(candidate, reviewer) }
}
