//! Several programs for one question.

use std::sync::Arc;

use loong::engine::Control;
use loong::failure::{FailureKind, Stage};
use loong::store::record::CandidateRecord;

use crate::fakes::{Bench, Given, recipe};
use crate::of;

async fn voted(programs: &'static [&'static str]) -> (Bench, CandidateRecord) {
    let bench = Bench::new();
    let given = Given(vec![("What is it?", programs, "seed")]);
    bench.run_by(Some(Arc::new(given)), 1, recipe(1), Control::default()).await;
    let candidate = of(&bench, 0);
    (bench, candidate)
}

#[tokio::test]
async fn the_majority_of_programs_is_the_reference_and_every_execution_is_kept() {
    let (_, candidate) = voted(&["crash", "print 5", "print 4", "silent", "print 4"]).await;
    assert_eq!(candidate.failure, None);
    assert_eq!(candidate.reference.as_deref(), None.or(Some("4")));
    assert_eq!(candidate.code.as_deref(), Some("print 4"));
    // A crash and a silence are not run again; what prints is run twice.
    assert_eq!(candidate.executions.len(), 1 + 2 + 2 + 1 + 2);
    let hash = |code: &str| blake3::hash(code.as_bytes()).to_hex().to_string();
    let of = |code: &str| candidate.executions.iter().filter(|e| e.code_hash == hash(code)).count();
    assert_eq!((of("crash"), of("print 5"), of("print 4"), of("silent")), (1, 2, 4, 1));
    assert_eq!(candidate.metadata["programs"].as_array().unwrap().len(), 5, "no program's text is lost");
    assert_eq!(candidate.metadata["votes"][1]["answer"], "4");
    assert_eq!(candidate.metadata["votes"][1]["programs"], serde_json::json!([2, 4]));
}

#[tokio::test]
async fn what_is_not_deterministic_has_no_vote() {
    let (_, candidate) = voted(&["dice", "print 4"]).await;
    assert_eq!((candidate.failure, candidate.reference.as_deref()), (None, Some("4")));
    assert_eq!(candidate.code.as_deref(), Some("print 4"));
}

#[tokio::test]
async fn a_tie_is_a_failure_and_nothing_is_paid_for_solving_it() {
    let (bench, candidate) = voted(&["print 4", "print 5"]).await;
    let failure = candidate.failure.unwrap();
    assert_eq!((failure.stage, failure.kind), (Stage::Execute, FailureKind::Nondeterministic));
    assert!(failure.message.contains("majority"), "{}", failure.message);
    assert_eq!(candidate.reference, None);
    assert_eq!(candidate.metadata["programs"], serde_json::json!(["print 4", "print 5"]));
    assert_eq!(bench.model.asked(), 0);
}

#[tokio::test]
async fn one_program_leaves_no_votes_behind() {
    let (_, candidate) = voted(&["print 4"]).await;
    assert!(candidate.metadata.is_empty(), "{:?}", candidate.metadata);
    let (_, crashed) = voted(&["crash", "crash"]).await;
    assert_eq!(crashed.failure.unwrap().kind, FailureKind::CodeError);
}
