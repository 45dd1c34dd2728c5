//! What a run is told while it is under way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use loong::engine::{Control, Ended, EngineEvent, EngineRecipe};
use loong::failure::Stage;

use crate::fakes::{Bench, recipe};

/// The strategy of each slot that has a candidate.
fn strategies(bench: &Bench) -> BTreeMap<u64, String> {
    bench.candidates().into_iter().map(|c| (c.ordinal.unwrap(), c.strategy)).collect()
}

fn switched_at(bench: &Bench) -> Vec<u64> {
    let of = |e: &EngineEvent| match e {
        EngineEvent::Switched { ordinal, .. } => Some(*ordinal),
        _ => None,
    };
    bench.events().iter().filter_map(of).collect()
}

#[tokio::test]
async fn a_run_is_switched_at_a_slot_and_resumed_with_the_same_strategies() {
    let bench = Bench::new();
    let control = Control::default();
    bench.switch_after(5, control.clone(), "plain");
    let (running, other) = (control.clone(), control.clone());
    let stop = tokio::spawn(async move {
        while running.strategy() != "plain" {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
        running.stop();
    });
    let first = bench.run(recipe(4000), other).await;
    stop.await.unwrap();
    assert_eq!(first.why, Ended::Stopped);
    let at = switched_at(&bench);
    let [from] = at[..] else { panic!("one switch: {at:?}") };
    assert!(from >= 5, "{from}");
    assert_eq!(control.strategy(), "plain");

    bench.never_stop();
    let report = bench.run(EngineRecipe { candidates: from + 30, ..recipe(0) }, Control::default()).await;
    assert_eq!(report.why, Ended::Done);
    for (ordinal, strategy) in strategies(&bench) {
        assert_eq!(strategy, if ordinal < from { "few-shot" } else { "plain" }, "slot {ordinal}, switched at {from}");
    }
    assert_eq!(switched_at(&bench).len(), 1, "the resumed run was not switched again");
    assert_eq!(bench.model.answered_again(), 0);
}

#[tokio::test]
async fn a_strategy_that_cannot_be_had_leaves_the_run_as_it_is() {
    let bench = Bench::new();
    let control = Control::default();
    bench.switch_after(3, control.clone(), "alchemy");
    let report = bench.run(recipe(30), control.clone()).await;
    assert_eq!(report.why, Ended::Done);
    assert!(strategies(&bench).values().all(|s| s == "few-shot"));
    let told = |e: &EngineEvent| matches!(e, EngineEvent::Progress { message } if message.contains("`alchemy`"));
    assert!(bench.events().iter().any(told), "nobody was told why");
    assert_eq!(control.strategy(), "few-shot");
}

#[tokio::test(start_paused = true)]
async fn a_stage_is_widened_and_narrowed_while_it_works() {
    let bench = Arc::new(Bench::new());
    let control = Control::default();
    assert_eq!(control.width(Stage::Generate), 0);
    let (running, switch) = (Arc::clone(&bench), control.clone());
    let run = tokio::spawn(async move { running.run(recipe(1_000_000), switch).await });
    let mut most = Vec::new();
    for width in [3, 12, 1] {
        control.set_width(Stage::Solve, 100);
        control.set_width(Stage::Generate, width);
        assert_eq!(control.width(Stage::Generate), width);
        // What was under way is done after this.
        tokio::time::sleep(Duration::from_millis(2)).await;
        bench.model.most_at_once();
        tokio::time::sleep(Duration::from_millis(5)).await;
        most.push(bench.model.most_at_once());
    }
    assert_eq!(most, [3, 12, 1]);
    control.stop();
    run.await.unwrap();
}
