//! The loop with scripted models and fake ports: what is stored, in which order, and what a killed run asks for again.

mod budgets;
mod control;
mod fakes;
mod live;
mod quality;
mod solving;
mod votes;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use fakes::{Bench, Fault, recipe};
use loong::engine::{Bound, Control, Ended, EngineEvent, EngineRecipe};
use loong::failure::{FailureKind, Stage};
use loong::store::fold::AgreementRule;
use loong::store::record::{Agreement, CandidateRecord};

fn kinds(bench: &Bench) -> BTreeMap<u64, Option<FailureKind>> {
    bench.candidates().iter().map(|c| (c.ordinal.unwrap(), c.failure.as_ref().map(|f| f.kind))).collect()
}

fn of(bench: &Bench, ordinal: u64) -> CandidateRecord {
    bench.candidates().into_iter().find(|c| c.ordinal == Some(ordinal)).unwrap()
}

#[tokio::test]
async fn every_slot_becomes_one_candidate() {
    let bench = Bench::new();
    let report = bench.run(recipe(30), Control::default()).await;
    assert_eq!(report.why, Ended::Done);
    assert_eq!((report.filled, report.written, report.target), (30, 30, 30));
    let ordinals: Vec<u64> = kinds(&bench).into_keys().collect();
    assert_eq!(ordinals, (0..30).collect::<Vec<_>>());
    assert_eq!(of(&bench, 7).agreement, Agreement::Agrees);
    assert_eq!(report.asked, 60, "one question and one response each");
}

#[tokio::test]
async fn a_part_of_a_run_takes_its_slots_and_leaves_the_others_open() {
    let bench = Bench::new();
    let part = |shard: &str| EngineRecipe { shard: Some(shard.parse().unwrap()), ..recipe(10) };
    let report = bench.run(part("3/4"), Control::default()).await;
    assert_eq!((report.why, report.filled, report.target), (Ended::Done, 2, 2));
    assert_eq!(kinds(&bench).into_keys().collect::<Vec<_>>(), [2, 6]);
    let again = bench.run(part("3/4"), Control::default()).await;
    assert_eq!((again.why, again.filled, again.written, again.asked), (Ended::Done, 2, 0, 0));
    let rest = bench.run(part("1/1"), Control::default()).await;
    assert_eq!((rest.why, rest.filled, rest.written, rest.target), (Ended::Done, 10, 8, 10));
}

#[tokio::test]
async fn a_failed_stage_keeps_its_kind_and_skips_the_rest() {
    let bench = Bench::new();
    bench.model.fault(1, Fault::Malformed);
    bench.model.fault(2, Fault::Truncated);
    bench.model.fault(3, Fault::Refused);
    bench.model.fault(5, Fault::Code("crash"));
    bench.model.fault(6, Fault::Code("silent"));
    bench.model.fault(7, Fault::Code("dice"));
    bench.model.fault(8, Fault::Duplicate);
    bench.model.fault(9, Fault::SolverTruncated);
    bench.model.fault(10, Fault::NoAnswer);
    bench.model.fault(11, Fault::Seed);
    let report = bench.run(recipe(12), Control::default()).await;
    assert_eq!(report.why, Ended::Done);
    let got = kinds(&bench);
    for (ordinal, kind) in [
        (1, FailureKind::Malformed),
        (2, FailureKind::Truncated),
        (3, FailureKind::Refused),
        (5, FailureKind::CodeError),
        (6, FailureKind::CodeEmpty),
        (7, FailureKind::Nondeterministic),
        (11, FailureKind::Duplicate),
    ] {
        assert_eq!(got[&ordinal], Some(kind), "slot {ordinal}");
        assert!(of(&bench, ordinal).responses.is_empty(), "slot {ordinal} was solved all the same");
    }
    // Which of two equal questions is the duplicate depends on which came first; one of them is.
    let duplicates = [0, 8].iter().filter(|o| got[o] == Some(FailureKind::Duplicate)).count();
    assert_eq!(duplicates, 1);
    for (ordinal, kind) in [(9, FailureKind::Truncated), (10, FailureKind::NoAnswer)] {
        let candidate = of(&bench, ordinal);
        assert_eq!(candidate.failure, None);
        assert_eq!(candidate.responses[0].failure.as_ref().map(|f| f.kind), Some(kind));
    }
    assert_eq!(of(&bench, 9).agreement, Agreement::None, "a truncated reply is not compared");
    assert_eq!(of(&bench, 1).metadata["raw"], "no JSON here");
    let crashed = of(&bench, 5);
    assert_eq!(crashed.failure.unwrap().stage, Stage::Execute);
    assert_eq!(crashed.executions.len(), 1, "a crash is not run again");
    assert_eq!(crashed.reference, None);
    assert_eq!(of(&bench, 7).executions.len(), 2);
}

#[tokio::test]
async fn a_slot_whose_question_infrastructure_lost_is_left_open_and_taken_again() {
    let bench = Bench::new();
    bench.model.fault(4, Fault::Broken);
    let report = bench.run(recipe(12), Control::default()).await;
    assert!(matches!(&report.why, Ended::Failed(why) if why.contains("HTML")), "{:?}", report.why);
    assert_eq!((report.filled, bench.candidates().len()), (11, 11), "it is no failed candidate");
    bench.model.mend(4);
    let asked = bench.model.asked();
    let report = bench.run(recipe(12), Control::default()).await;
    assert_eq!((&report.why, report.filled), (&Ended::Done, 12));
    assert_eq!(bench.model.asked() - asked, 2, "the question, and its response");
}

#[tokio::test]
async fn a_generator_that_always_fails_ends_the_run_and_burns_no_slot() {
    let bench = Bench::new();
    for ordinal in 0..40 {
        bench.model.fault(ordinal, Fault::Broken);
    }
    let report = bench.run(recipe(40), Control::default()).await;
    assert!(matches!(report.why, Ended::Failed(_)), "{:?}", report.why);
    assert_eq!(bench.candidates().len(), 0);
    assert!(bench.model.asked() < 12, "{} were asked", bench.model.asked());
}

#[tokio::test]
async fn a_stopped_run_goes_on_and_asks_for_nothing_twice() {
    let bench = Bench::new();
    for stop_after in [3, 9, 17] {
        let control = Control::default();
        bench.stop_after(stop_after, control.clone());
        let report = bench.run(recipe(40), control).await;
        assert_eq!(report.why, Ended::Stopped);
        assert!(report.filled < 40);
    }
    bench.never_stop();
    let report = bench.run(recipe(40), Control::default()).await;
    assert_eq!((report.why, report.filled), (Ended::Done, 40));
    assert_eq!(kinds(&bench).len(), 40);
    assert_eq!(bench.candidates().len(), 40, "a slot was written twice");
    assert_eq!(bench.model.answered_again(), 0, "a stored reply was asked for again");
}

#[tokio::test]
async fn a_reply_is_stored_before_anything_is_made_of_it() {
    let bench = Bench::new();
    bench.sink.refuse_replies.store(true, Ordering::SeqCst);
    let report = bench.run(recipe(5), Control::default()).await;
    assert!(matches!(report.why, Ended::Failed(ref why) if why.contains("full")), "{:?}", report.why);
    assert!(bench.candidates().is_empty());
    assert_eq!(bench.interpreter.ran(), 0, "code of an unstored reply was executed");
}

#[tokio::test]
async fn draining_finishes_what_is_under_way() {
    let bench = Bench::new();
    let control = Control::default();
    bench.drain_after(5, control.clone());
    let report = bench.run(recipe(1000), control).await;
    assert_eq!(report.why, Ended::Stopped);
    assert!(report.filled >= 5 && report.filled < 100, "{}", report.filled);
    assert_eq!(bench.model.asked(), 2 * report.filled, "something that was begun was not finished");
}

#[tokio::test(start_paused = true)]
async fn a_pause_begins_nothing_in_any_stage() {
    let bench = Arc::new(Bench::new());
    let control = Control::default();
    control.pause();
    let (running, switch) = (Arc::clone(&bench), control.clone());
    let run = tokio::spawn(async move { running.run(recipe(5), switch).await });
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(bench.model.asked(), 0);
    control.resume();
    assert_eq!(run.await.unwrap().why, Ended::Done);
}

#[tokio::test]
async fn the_budget_drains_the_run() {
    let bench = Bench::new();
    let mut bounded = recipe(1000);
    bounded.budget.tokens = Some(200);
    let report = bench.run(bounded.clone(), Control::default()).await;
    assert_eq!(report.why, Ended::Budget(Bound::Tokens));
    // Ten tokens a reply; what does not fit is not asked for.
    assert!((180..=200).contains(&report.tokens), "{}", report.tokens);
    // What is spent stays spent.
    let again = bench.run(bounded, Control::default()).await;
    assert_eq!((again.why, again.asked), (Ended::Budget(Bound::Tokens), 0));
}

#[tokio::test]
async fn several_responses_are_kept_apart() {
    let bench = Bench::new();
    bench.model.fault(2, Fault::SecondSampleWrong);
    let three = |rule| EngineRecipe { samples: 3, agreement: rule, ..recipe(4) };
    bench.run(three(AgreementRule::Majority), Control::default()).await;
    let candidate = of(&bench, 2);
    assert_eq!(candidate.responses.iter().map(|r| r.sample).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(candidate.agreement, Agreement::Agrees);
    let strict = Bench::new();
    strict.model.fault(2, Fault::SecondSampleWrong);
    strict.run(three(AgreementRule::All), Control::default()).await;
    assert_eq!(of(&strict, 2).agreement, Agreement::Disagrees);
}

#[tokio::test]
async fn a_script_that_runs_out_is_an_end() {
    let bench = Bench::new();
    bench.model.end_at(6);
    let report = bench.run(recipe(20), Control::default()).await;
    assert!(matches!(report.why, Ended::Exhausted(_)), "{:?}", report.why);
    assert_eq!(report.filled, 6);
}

#[tokio::test]
async fn a_refused_key_ends_the_run_and_uses_up_no_slot() {
    let bench = Bench::new();
    bench.model.fault(0, Fault::Key);
    let report = bench.run(recipe(20), Control::default()).await;
    assert!(matches!(report.why, Ended::Failed(ref why) if why.contains("OPENAI_API_KEY")), "{:?}", report.why);
    assert!(kinds(&bench).values().all(Option::is_none));
}

#[tokio::test]
async fn events_tell_every_reply_and_what_it_counts() {
    let bench = Bench::new();
    let report = bench.run(recipe(10), Control::default()).await;
    let heard = |reused: bool| {
        let of = |e: &EngineEvent| match e {
            EngineEvent::Reply { reused: r, counted, .. } if *r == reused => Some(*counted),
            _ => None,
        };
        bench.events().iter().filter_map(of).collect::<Vec<u64>>()
    };
    assert_eq!(heard(false).len() as u64, report.asked);
    assert_eq!(heard(false).iter().sum::<u64>(), report.tokens, "tokens that the budget counts");
    assert!(report.tokens > 0);
    assert_eq!(heard(true).len() as u64, report.reused);
}

#[tokio::test]
async fn events_tell_every_candidate_once() {
    let bench = Bench::new();
    bench.run(recipe(10), Control::default()).await;
    let events = bench.events();
    assert!(matches!(events.first(), Some(EngineEvent::Started { target: 10, resumed: false, .. })));
    assert!(matches!(events.last(), Some(EngineEvent::Ended(_))));
    let candidates = events.iter().filter(|e| matches!(e, EngineEvent::Candidate { .. })).count();
    assert_eq!(candidates, 10);
    let entered = events.iter().filter(|e| matches!(e, EngineEvent::Entered { .. })).count();
    let left = events.iter().filter(|e| matches!(e, EngineEvent::Left { .. })).count();
    assert_eq!(entered, left);
    let stored = |e: &&EngineEvent| matches!(e, EngineEvent::Entered { stage: Stage::Store, .. });
    assert_eq!(events.iter().filter(stored).count(), 10);
    let line = serde_json::to_string(events.first().unwrap()).unwrap();
    assert!(line.starts_with(r#"{"event":"started""#), "{line}");
}
