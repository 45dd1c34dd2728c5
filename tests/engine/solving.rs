//! How many responses are asked for, what becomes of lost ones, and what they say together.

use loong::engine::{Bound, Control, Ended, EngineRecipe, Quality};
use loong::failure::{FailureKind, Stage};
use loong::store::fold::AgreementRule;
use loong::store::record::Agreement;
use loong::verifier::Outcome;

use crate::fakes::{Bench, Fault, recipe};
use crate::of;

fn several(samples: u32, early_stop: bool) -> EngineRecipe {
    EngineRecipe { samples, early_stop, ..recipe(4) }
}

#[tokio::test]
async fn asking_stops_when_the_outcome_is_settled() {
    for (rule, right_below, asked, agreement) in [
        (AgreementRule::Majority, 9, 4, Agreement::Agrees),
        (AgreementRule::Majority, 0, 4, Agreement::Disagrees),
        (AgreementRule::Majority, 2, 6, Agreement::Disagrees),
        (AgreementRule::Any, 9, 1, Agreement::Agrees),
        (AgreementRule::Any, 0, 7, Agreement::Disagrees),
        (AgreementRule::All, 0, 1, Agreement::Disagrees),
        (AgreementRule::All, 7, 7, Agreement::Agrees),
    ] {
        let bench = Bench::new();
        bench.model.fault(1, Fault::RightBelow(right_below));
        bench.run(EngineRecipe { agreement: rule, ..several(7, true) }, Control::default()).await;
        let candidate = of(&bench, 1);
        assert_eq!(candidate.agreement, agreement, "{rule}, right below {right_below}");
        assert_eq!(candidate.responses.len(), asked, "{rule}, right below {right_below}");
        let samples: Vec<u32> = candidate.responses.iter().map(|r| r.sample).collect();
        assert_eq!(samples, (0..u32::try_from(asked).unwrap()).collect::<Vec<_>>(), "asked for in their order");
    }
}

#[tokio::test]
async fn all_are_asked_for_where_nobody_wants_to_stop_early_or_a_rate_is_wanted() {
    let bench = Bench::new();
    bench.run(several(5, false), Control::default()).await;
    assert_eq!(of(&bench, 1).responses.len(), 5);
    let bench = Bench::new();
    let quality = Quality { band: Some((0.0, 1.0)), ..Quality::default() };
    bench.run(EngineRecipe { quality, ..several(5, true) }, Control::default()).await;
    assert_eq!(of(&bench, 1).responses.len(), 5);
}

#[tokio::test]
async fn a_run_that_stops_early_and_is_stopped_pays_nothing_twice() {
    let bench = Bench::new();
    for n in 0..40 {
        bench.model.fault(n, Fault::RightBelow(u32::try_from(n % 5).unwrap()));
    }
    let recipe = || EngineRecipe { candidates: 40, ..several(5, true) };
    for after in [3, 11] {
        let control = Control::default();
        bench.stop_after(after, control.clone());
        assert_eq!(bench.run(recipe(), control).await.why, Ended::Stopped);
    }
    bench.never_stop();
    assert_eq!(bench.run(recipe(), Control::default()).await.why, Ended::Done);
    assert_eq!(bench.model.answered_again(), 0);
    let fresh = Bench::new();
    for n in 0..40 {
        fresh.model.fault(n, Fault::RightBelow(u32::try_from(n % 5).unwrap()));
    }
    fresh.run(recipe(), Control::default()).await;
    for n in 0..40 {
        let (a, b) = (of(&bench, n), of(&fresh, n));
        assert_eq!((a.uid, a.agreement, a.responses.len()), (b.uid, b.agreement, b.responses.len()), "slot {n}");
    }
}

#[tokio::test]
async fn what_infrastructure_lost_is_asked_again_and_never_wrong() {
    let bench = Bench::new();
    bench.model.fault(1, Fault::SolverDown(2));
    let report = bench.run(several(3, false), Control::default()).await;
    assert_eq!(report.why, Ended::Done);
    let candidate = of(&bench, 1);
    assert_eq!(candidate.agreement, Agreement::Agrees);
    assert!(candidate.responses.iter().all(|r| r.failure.is_none()));
}

#[tokio::test]
async fn a_candidate_that_no_solver_answered_stays_open_and_is_taken_again() {
    let bench = Bench::new();
    bench.model.fault(1, Fault::SolverDown(3));
    let report = bench.run(several(3, false), Control::default()).await;
    assert_eq!(report.filled, 3);
    assert!(matches!(&report.why, Ended::Failed(why) if why.contains("no model answered")), "{:?}", report.why);
    assert!(bench.candidates().iter().all(|c| c.ordinal != Some(1)));
    let asked = bench.model.asked();
    let again = bench.run(several(3, false), Control::default()).await;
    assert_eq!((again.why, again.filled), (Ended::Done, 4));
    assert_eq!(bench.model.asked() - asked, 3, "its question was there, and only its responses were asked for");
    assert_eq!(of(&bench, 1).agreement, Agreement::Agrees);
}

#[tokio::test]
async fn a_slot_that_is_left_open_holds_back_no_budget() {
    let bench = Bench::new();
    bench.model.fault(0, Fault::SolverDown(u64::MAX));
    let mut bounded = EngineRecipe { candidates: 1000, ..recipe(0) };
    bounded.budget.tokens = Some(305);
    let run = bench.run(bounded, Control::default());
    let report = tokio::time::timeout(std::time::Duration::from_secs(60), run).await.expect("the run ends");
    assert_eq!(report.why, Ended::Budget(Bound::Tokens));
}

#[tokio::test]
async fn solvers_that_never_answer_end_the_run_before_everything_is_paid() {
    let bench = Bench::new();
    for n in 0..200 {
        bench.model.fault(n, Fault::SolverDown(u64::MAX));
    }
    let report = bench.run(EngineRecipe { candidates: 200, ..recipe(0) }, Control::default()).await;
    assert!(matches!(&report.why, Ended::Failed(why) if why.contains("503")), "{:?}", report.why);
    assert!(bench.candidates().is_empty());
    assert!(bench.model.asked() < 100, "{}", bench.model.asked());
}

#[tokio::test]
async fn without_solvers_or_samples_nothing_is_solved() {
    for (solvers, samples) in [(0, 3), (1, 0)] {
        let bench = Bench::new();
        let report = bench.run_by(None, solvers, several(samples, false), Control::default()).await;
        assert_eq!(report.why, Ended::Done);
        assert_eq!(bench.model.asked(), 4, "questions alone");
        let candidate = of(&bench, 1);
        assert_eq!((candidate.reference.as_deref(), candidate.agreement), (Some("1"), Agreement::None));
        assert!(candidate.responses.is_empty() && candidate.failure.is_none());
    }
}

#[tokio::test]
async fn a_pass_rate_outside_of_the_band_is_kept_as_off_band() {
    let bench = Bench::new();
    bench.model.fault(1, Fault::RightBelow(2));
    bench.model.fault(2, Fault::RightBelow(0));
    let quality = Quality { band: Some((0.1, 0.9)), ..Quality::default() };
    let report = bench.run(EngineRecipe { quality, ..several(4, false) }, Control::default()).await;
    assert_eq!(report.why, Ended::Done);
    assert_eq!(of(&bench, 1).failure, None);
    for (slot, rate) in [(0, "1.00"), (2, "0.00")] {
        let candidate = of(&bench, slot);
        let failure = candidate.failure.unwrap();
        assert_eq!((failure.stage, failure.kind), (Stage::Verify, FailureKind::OffBand));
        assert!(failure.message.contains(rate), "{}", failure.message);
        assert_eq!(candidate.responses.len(), 4, "what was paid is kept");
    }
}

#[tokio::test]
async fn how_far_solvers_agree_is_kept() {
    let bench = Bench::new();
    bench.model.fault(1, Fault::RightBelow(1));
    bench.run(several(4, false), Control::default()).await;
    assert_eq!(of(&bench, 0).metadata["solver_agreement"], 1.0);
    assert_eq!(of(&bench, 1).metadata["solver_agreement"], 0.75, "three of four say the same, however wrong");
    let one = Bench::new();
    one.run(several(1, false), Control::default()).await;
    assert!(!of(&one, 0).metadata.contains_key("solver_agreement"));
}

#[tokio::test]
async fn no_more_responses_are_asked_for_than_are_to_be_kept() {
    let bench = Bench::new();
    // Of slot 1 the first two samples are wrong, of slot 2 all.
    bench.model.fault(1, Fault::RightFrom(2));
    bench.model.fault(2, Fault::RightBelow(0));
    let report = bench.run(EngineRecipe { keep: Some(2), ..several(6, false) }, Control::default()).await;
    assert_eq!(report.filled, 4);
    let mut responses = vec![(0, 0); 4];
    for candidate in bench.candidates() {
        let verified = candidate.responses.iter().filter_map(|r| r.verdict.as_ref());
        let verified = verified.filter(|v| v.outcome == Outcome::Equivalent).count();
        responses[usize::try_from(candidate.ordinal.unwrap()).unwrap()] = (candidate.responses.len(), verified);
    }
    assert_eq!(responses, [(2, 2), (4, 2), (6, 0), (2, 2)]);
}
