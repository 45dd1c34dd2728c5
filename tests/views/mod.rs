//! Candidates to test on, built in one line each.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;

use loong::failure::{Failure, FailureKind, Stage};
use loong::store::record::{
    Agreement, CandidateRecord, CandidateView, Curation, Judgement, Origin, ReferenceKind, ResponseRecord,
    ResponseView, RightSide, StageSeconds,
};
use loong::store::revision::{Revised, RevisedPair, Texts};
use loong::verifier::{Outcome, Tier, Verdict};
use serde_json::Map;

/// A candidate of the loop that agrees, with one equivalent response.
pub(crate) fn agreeing(id: i64) -> CandidateView {
    candidate(id, Agreement::Agrees, vec![response(0, Some(Outcome::Equivalent))])
}

/// A candidate of the loop with these responses.
pub(crate) fn candidate(id: i64, standing: Agreement, responses: Vec<ResponseView>) -> CandidateView {
    CandidateView {
        id,
        record: CandidateRecord {
            uid: format!("uid-{id}"),
            origin: Origin::Loop,
            run_id: Some(1),
            ordinal: u64::try_from(id).ok(),
            strategy: "few-shot".to_owned(),
            domain: "logic".to_owned(),
            question: format!("What is {id} + {id}?"),
            code: Some(format!("print({id} + {id})")),
            dependencies: vec!["sympy==1.13.3".to_owned()],
            reference: Some((2 * id).to_string()),
            reference_kind: Some(ReferenceKind::Executed),
            seeds: vec!["5eed".to_owned()],
            parent: None,
            family: Some("5eed".to_owned()),
            prompt_hash: Some("cafe".to_owned()),
            generator_reply_id: Some(id),
            depth: 0,
            operation: None,
            stages: StageSeconds::default(),
            failure: None,
            executions: Vec::new(),
            responses: Vec::new(),
            agreement: standing,
            seconds: 1.25,
            metadata: Map::new(),
        },
        model: Some("writer-1".to_owned()),
        created_at: "2026-11-21T10:00:00Z".to_owned(),
        responses,
        curation: None,
        right: None,
        tags: Vec::new(),
        standing,
        contested: false,
        revised: None,
    }
}

/// A candidate without question, reference and responses.
pub(crate) fn failed(id: i64, stage: Stage, kind: FailureKind) -> CandidateView {
    let mut view = candidate(id, Agreement::None, Vec::new());
    view.record.failure = Some(Failure::new(stage, kind, "it failed"));
    view.record.reference = None;
    view.record.reference_kind = None;
    view
}

/// A response with this verdict, which stands.
pub(crate) fn response(sample: u32, outcome: Option<Outcome>) -> ResponseView {
    ResponseView {
        id: i64::from(sample) + 100,
        record: ResponseRecord {
            sample,
            solver: "solver-a".to_owned(),
            reply_id: Some(7),
            text: format!("Sample {sample}: adding gives \\boxed{{4}}"),
            reasoning: Some("Let me add.".to_owned()),
            answer: Some("4".to_owned()),
            failure: None,
            verdict: outcome.map(verdict),
            given_reward: None,
        },
        judgement: None,
        contested: false,
        standing: outcome,
    }
}

/// A response that failed.
pub(crate) fn broken(sample: u32, stage: Stage, kind: FailureKind) -> ResponseView {
    let mut view = response(sample, None);
    view.record.failure = Some(Failure::new(stage, kind, "it failed"));
    view.record.answer = None;
    view
}

/// A verdict.
pub(crate) fn verdict(outcome: Outcome) -> Verdict {
    Verdict {
        outcome,
        tier: Tier::Number,
        leniencies: Vec::new(),
        reason: "both are 4".to_owned(),
        extracted: Some("4".to_owned()),
        reference_value: "4".to_owned(),
        response_value: "4".to_owned(),
        side: None,
        version: "v1/standard".to_owned(),
    }
}

/// Small changes to a candidate, in the order of a sentence.
pub(crate) trait With: Sized {
    fn curated(self, curation: Curation) -> Self;
    fn right(self, side: RightSide) -> Self;
    fn of(self, strategy: &str, domain: &str) -> Self;
    fn judged(self, sample: usize, judgement: Judgement) -> Self;
    /// With a corrected answer, which the first response is equivalent to.
    fn revised(self, reference: &str) -> Self;
    fn and(self, change: impl FnOnce(&mut Self)) -> Self {
        let mut changed = self;
        change(&mut changed);
        changed
    }
}

impl With for CandidateView {
    fn curated(mut self, curation: Curation) -> Self {
        self.curation = Some(curation);
        self
    }

    fn right(mut self, side: RightSide) -> Self {
        self.right = Some(side);
        self
    }

    fn of(mut self, strategy: &str, domain: &str) -> Self {
        strategy.clone_into(&mut self.record.strategy);
        domain.clone_into(&mut self.record.domain);
        self
    }

    fn revised(mut self, reference: &str) -> Self {
        let pair = RevisedPair { verdict: Some(verdict(Outcome::Equivalent)), ..RevisedPair::default() };
        self.revised = Some(Revised {
            now: Texts { reference: Some(reference.to_owned()), ..Texts::default() },
            came: Texts { reference: self.record.reference.clone(), ..Texts::default() },
            pairs: [(0, pair)].into(),
            first: BTreeMap::new(),
            execution: None,
            printed: false,
            is_shown: false,
        });
        self.responses[0].standing = Some(Outcome::Equivalent);
        self.standing = Agreement::Agrees;
        self
    }

    fn judged(mut self, sample: usize, judgement: Judgement) -> Self {
        let response = &mut self.responses[sample];
        response.judgement = Some(judgement);
        response.standing = match judgement {
            Judgement::Equivalent => Some(Outcome::Equivalent),
            Judgement::Different => Some(Outcome::Different),
            Judgement::CantTell => response.standing,
        };
        self
    }
}
