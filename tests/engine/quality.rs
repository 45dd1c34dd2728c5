//! What a candidate must be beside right, and that each refusal keeps its kind and costs no more than it has to.

use std::sync::Arc;

use loong::engine::{Control, Ended, EngineRecipe, Quality};
use loong::failure::{FailureKind, Stage};

use crate::fakes::{Bench, Fault, Given, recipe};
use crate::{kinds, of};

const BOX: &str = "A box holds 3 red and 4 blue balls, and two of them are drawn at once. How likely are two red ones?";

fn one_by_one(candidates: u64, quality: Quality) -> EngineRecipe {
    let mut recipe = EngineRecipe { quality, ..recipe(candidates) };
    recipe.concurrency.generate = 1;
    recipe.concurrency.execute = 1;
    recipe
}

#[tokio::test]
async fn each_refusal_has_its_kind_and_is_not_solved() {
    let folder = tempfile::tempdir().unwrap();
    let eval = folder.path().join("eval.jsonl");
    std::fs::write(&eval, serde_json::json!({"problem": BOX}).to_string()).unwrap();
    let drafts = vec![
        ("How many vertices has a cube?", &["print 8"][..], "a"),
        ("how many vertices has a cube", &["print 8"][..], "a"),
        (BOX, &["print 9"][..], "a"),
        ("What is the area of the triangle in the figure below?", &["print 2"][..], "a"),
        ("What is 3 + 4? The answer is 7.", &["print 7"][..], "a"),
        ("What is the number 777?", &["print 777"][..], "a"),
    ];
    let bench = Bench::new();
    let quality = Quality { contamination: vec![eval], ..Quality::default() };
    let report = bench.run_by(Some(Arc::new(Given(drafts))), 1, one_by_one(6, quality), Control::default()).await;
    assert_eq!(report.why, Ended::Done);
    let refused: Vec<Option<FailureKind>> = kinds(&bench).into_values().collect();
    assert_eq!(
        refused,
        [
            None,
            Some(FailureKind::Duplicate),
            Some(FailureKind::Contaminated),
            Some(FailureKind::Underspecified),
            Some(FailureKind::LeaksAnswer),
            Some(FailureKind::Duplicate),
        ]
    );
    assert_eq!(bench.model.asked(), 1, "only what is left is solved");
    assert_eq!(of(&bench, 4).failure.unwrap().stage, Stage::Execute);
    assert!(of(&bench, 2).failure.unwrap().message.contains("eval.jsonl"));
    assert!(of(&bench, 3).failure.unwrap().message.contains("figure"));
    assert_eq!(of(&bench, 2).question, BOX, "what is refused is kept");
    assert_eq!(bench.interpreter.ran(), 4, "two programs, twice each");
}

#[tokio::test]
async fn a_file_that_is_not_there_ends_the_run_before_anything_is_paid() {
    let bench = Bench::new();
    let quality = Quality { contamination: vec!["/nowhere/eval.jsonl".into()], ..Quality::default() };
    let error = bench.begin(None, 1, one_by_one(3, quality), Control::default()).await.unwrap_err();
    assert!(error.to_string().contains("/nowhere/eval.jsonl"), "{error}");
    assert_eq!(bench.model.asked(), 0);
}

#[tokio::test]
async fn what_there_is_enough_of_is_not_asked_for() {
    let bench = Bench::new();
    bench.model.fault(0, Fault::NoAnswer);
    let quality = Quality { per_domain: Some(3), ..Quality::default() };
    let report = bench.run(one_by_one(40, quality.clone()), Control::default()).await;
    assert_eq!(report.why, Ended::Done);
    let over = kinds(&bench).into_values().filter(|k| *k == Some(FailureKind::OverQuota)).count();
    let accepted = kinds(&bench).into_iter().filter(|(slot, kind)| kind.is_none() && *slot != 0).count();
    assert_eq!((accepted, over), (3, 36), "what failed took nobody's place");
    assert!(bench.model.asked() < 30, "{} requests", bench.model.asked());
    // A resumed run knows what it has.
    let again = bench.run(one_by_one(60, quality), Control::default()).await;
    assert_eq!((again.filled, again.asked), (60, 0));
}

#[tokio::test]
async fn a_family_has_its_quota_too() {
    let drafts = vec![
        ("How many vertices has a cube?", &["print 0"][..], "a"),
        ("How many faces has a prism over a triangle?", &["print 1"][..], "a"),
        ("What is the order of the symmetric group on three letters?", &["print 2"][..], "b"),
        ("How many spanning trees has a cycle of length 5?", &["print 3"][..], "a"),
    ];
    let bench = Bench::new();
    let quality = Quality { per_family: Some(1), ..Quality::default() };
    let mut recipe = one_by_one(4, quality);
    recipe.concurrency.solve = 1;
    bench.run_by(Some(Arc::new(Given(drafts))), 1, recipe, Control::default()).await;
    let accepted: Vec<String> =
        bench.candidates().into_iter().filter(|c| c.failure.is_none()).filter_map(|c| c.family).collect();
    assert_eq!(accepted.len(), 2, "{accepted:?}");
    assert!(accepted.contains(&"a".to_owned()) && accepted.contains(&"b".to_owned()));
}
