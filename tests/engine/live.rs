//! Watching one slot of a run.

use std::sync::Arc;
use std::time::Duration;

use loong::engine::{Control, EngineEvent, LiveNews, Watch};

use crate::fakes::{Bench, recipe};

/// News by slot, as words.
fn news(bench: &Bench) -> Vec<(u64, String)> {
    let of = |e: &EngineEvent| {
        let EngineEvent::Live { ordinal, news } = e else { return None };
        let word = match news {
            LiveNews::Begun { strategy } => format!("begun by {strategy}"),
            LiveNews::Asked { role, sample, .. } => format!("{role} {sample} asked"),
            LiveNews::Replied { role, sample, content, .. } => {
                assert!(!content.is_empty(), "a reply without its text");
                format!("{role} {sample} replied")
            }
            LiveNews::Drafted { question, code } => {
                assert!(!question.is_empty() && code.is_some());
                "drafted".to_owned()
            }
            LiveNews::Reference { executed, .. } => format!("reference, executed: {executed}"),
            other => format!("{other:?}"),
        };
        Some((*ordinal, word))
    };
    bench.events().iter().filter_map(of).collect()
}

#[tokio::test]
async fn a_run_that_nobody_watches_tells_nothing() {
    let bench = Bench::new();
    bench.run(recipe(20), Control::default()).await;
    assert_eq!(news(&bench), []);
}

#[tokio::test]
async fn the_next_slot_is_watched_from_its_beginning_to_its_end() {
    let bench = Bench::new();
    let control = Control::default();
    control.watch(Watch::Next);
    bench.run(recipe(20), control.clone()).await;
    let Watch::Slot(watched) = control.watched() else { panic!("{:?}", control.watched()) };
    let news = news(&bench);
    assert!(news.iter().all(|(ordinal, _)| *ordinal == watched), "{news:?}");
    let words: Vec<&str> = news.iter().map(|(_, word)| word.as_str()).collect();
    assert_eq!(
        words,
        [
            "begun by few-shot",
            "generator 0 asked",
            "generator 0 replied",
            "drafted",
            "reference, executed: true",
            "solver 0 asked",
            "solver 0 replied",
        ]
    );
    // What is read from the store instead of asked for is told too.
    let json = serde_json::to_value(bench.events().iter().find(|e| matches!(e, EngineEvent::Live { .. }))).unwrap();
    assert_eq!((&json["event"], &json["news"]), (&"live".into(), &"begun".into()), "{json}");
}

#[tokio::test(start_paused = true)]
async fn one_slot_at_a_time_and_none_when_nobody_watches_any_more() {
    let bench = Arc::new(Bench::new());
    let control = Control::default();
    let (running, switch) = (Arc::clone(&bench), control.clone());
    let run = tokio::spawn(async move { running.run(recipe(1_000_000), switch).await });
    for _ in 0..3 {
        control.watch(Watch::Next);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    control.watch(Watch::Nobody);
    let told = news(&bench);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(news(&bench).len(), told.len(), "after nobody watched");
    let mut slots: Vec<u64> = told.iter().map(|(ordinal, _)| *ordinal).collect();
    slots.dedup();
    assert_eq!(slots.len(), 3, "one after the other: {slots:?}");
    control.stop();
    run.await.unwrap();
}
