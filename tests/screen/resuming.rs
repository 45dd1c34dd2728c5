//! The runs that are stored: what each cost, and going on with one of them.

use futures::executor::block_on;
use loong::model::{ChatReply, ChatRequest, Finish, Message, Role, Sampling, Speaker, Usage};
use loong::store::record::{NewReply, NewRun, Origin, RunState};
use loong::store::{OpenMode, Sink, Store};
use loong::tui::action::Action;
use loong::tui::workbench::{CannotStart, News, Setting};

use crate::bench::{Bench, Desk, rows};
use crate::fixtures;
use crate::pictures::{SIZES, THEMES, snapshot};

/// A reply of a run, and what it cost.
fn pay(store: &Store, run: i64, ordinal: u64, cost: Option<f64>) {
    let messages = vec![Message::new(Speaker::User, "Write one.")];
    let request = ChatRequest {
        role: Role::Solver,
        ordinal,
        sample: 0,
        messages,
        sampling: Sampling { temperature: None, top_p: None, max_tokens: None, seed: None },
        schema: None,
    };
    let reply = ChatReply {
        content: "12".to_owned(),
        reasoning: None,
        finish: Finish::Stop,
        model: Some("qwen3-32b".to_owned()),
        usage: Usage::default(),
        seconds: 0.5,
        attempts: 1,
        cost,
    };
    let key = format!("{run} {ordinal}");
    block_on(store.put_reply(NewReply { key, run_id: run, request, model: "qwen3-32b".to_owned(), reply })).unwrap();
}

/// Three runs, the newest first in the list: one that is done, one that was stopped, one of which nobody knows the cost.
pub(crate) fn stored(size: (u16, u16), theme: &str) -> Bench {
    let mut bench = Bench::new(size, theme, fixtures::all());
    let store = bench.store();
    for (recipe, state, costs) in [
        ("a", RunState::Stopped, vec![None, None]),
        ("b", RunState::Stopped, vec![Some(1.25), None]),
        ("c", RunState::Done, vec![Some(0.5), Some(0.25)]),
    ] {
        let run = block_on(store.open_run(NewRun {
            recipe_hash: recipe.to_owned(),
            recipe: String::new(),
            strategy: "few-shot".to_owned(),
            rng_seed: 7,
            target: 20,
            fresh: true,
            resume: None,
            in_shards: false,
        }));
        let run = run.unwrap().id;
        for (ordinal, cost) in (0..).zip(costs) {
            pay(&store, run, ordinal, cost);
        }
        block_on(store.close_run(run, state)).unwrap();
    }
    bench.keys("g l");
    bench
}

fn row(bench: &Bench, run: &str) -> String {
    let found = rows(&bench.picture().0).into_iter().find(|row| row.contains(run));
    found.unwrap_or_else(|| panic!("no row has {run}:\n{}", bench.text()))
}

/// An action's keys, as people read them.
fn hint(bench: &Bench, action: Action) -> String {
    bench.app.settings.keymap.hint(action).unwrap()
}

#[test]
fn every_run_says_what_it_cost_and_what_nobody_knows_stays_unknown() {
    let bench = stored((200, 55), "dark");
    assert!(row(&bench, " 3  done").contains("few-shot · $0.75"), "{}", bench.text());
    assert!(row(&bench, " 2  stopped").contains("few-shot · ≥$1.25"), "{}", bench.text());
    assert!(row(&bench, " 1  stopped").contains("few-shot · cost unknown"), "{}", bench.text());
}

#[test]
fn the_run_screen_before_a_run() {
    for size in SIZES {
        for theme in THEMES {
            let mut bench = stored(size, theme);
            for run in &mut bench.app.run.runs {
                run.started_at = "2026-11-20T17:08:10.000Z".to_owned();
            }
            bench.keys("] ]");
            snapshot(&format!("run_stored_{}x{}_{theme}", size.0, size.1), &bench.picture().0);
        }
    }
}

#[test]
fn a_run_that_is_unfinished_is_selected_and_goes_on() {
    let mut bench = stored((120, 40), "dark");
    let told =
        format!("{} selects, {} goes on with it", hint(&bench, Action::NextRun), hint(&bench, Action::RunResume));
    assert!(bench.text().contains(&told), "{told}: {}", bench.text());
    bench.keys("] r r");
    assert!(bench.toast().contains("run 3 is done with 0 candidates"), "{}", bench.toast());
    assert_eq!(*bench.desk.resumed.lock().unwrap(), None);
    bench.keys("] ]");
    assert!(row(&bench, " 1  stopped").contains('▸'), "{}", bench.text());
    bench.keys("] [ ]");
    assert!(row(&bench, " 1  stopped").contains('▸'), "it stays within the list: {}", bench.text());
    bench.keys("r r");
    assert_eq!((*bench.desk.resumed.lock().unwrap(), bench.toast()), (Some(1), "run 1 goes on"));
    assert!(bench.app.run.control.is_some() && bench.app.run.chosen.is_none());
    bench.keys("r r");
    assert!(bench.toast().contains("a run is under way"), "{}", bench.toast());
}

#[test]
fn where_none_is_selected_the_newest_unfinished_one_goes_on_and_a_yes_is_asked_for_it() {
    let mut bench = stored((120, 40), "dark");
    let granted = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let grant = std::sync::Arc::clone(&granted);
    let permission = loong::tui::workbench::Permission {
        question: "Send the key?".to_owned(),
        grant: std::sync::Arc::new(move || {
            grant.store(true, std::sync::atomic::Ordering::Release);
            Ok(())
        }),
    };
    *bench.desk.refused.lock().unwrap() = Some(CannotStart::Ask(permission));
    bench.keys("r r");
    assert!(bench.text().contains("Send the key?"), "{}", bench.text());
    *bench.desk.resumed.lock().unwrap() = None;
    bench.keys("y");
    assert!(granted.load(std::sync::atomic::Ordering::Acquire));
    assert_eq!(*bench.desk.resumed.lock().unwrap(), Some(2), "the yes is to that run");
    // Whoever begins one after that begins what the project says.
    let mut bench = stored((120, 40), "dark");
    *bench.desk.refused.lock().unwrap() = Some(CannotStart::Told("its seeds are gone".to_owned()));
    bench.keys("r r");
    assert!(bench.toast().contains("its seeds are gone"), "{}", bench.toast());
    *bench.desk.resumed.lock().unwrap() = None;
    bench.keys("r s");
    assert_eq!(*bench.desk.resumed.lock().unwrap(), None);
    assert!(bench.app.run.control.is_some());
}

#[test]
fn where_nothing_can_go_on_that_is_said() {
    let mut bench = Bench::new((120, 40), "dark", fixtures::all());
    bench.keys("g l ]");
    assert_eq!(bench.toast(), "there is no run yet");
    bench.keys("r r");
    assert_eq!(bench.toast(), format!("no run is unfinished; {} begins one", hint(&bench, Action::RunStart)));
    let folder = tempfile::tempdir().unwrap();
    drop(Desk::open(folder.path(), OpenMode::Create));
    let mut bench = Bench::empty((120, 40), "dark");
    let project = Desk::open(folder.path(), OpenMode::ReadOnly);
    bench.hear(loong::tui::msg::Msg::Entered(Box::new(project), None));
    bench.keys("g l r r");
    assert!(bench.toast().contains("for reading alone"), "{}", bench.toast());
}

/// A finished run whose candidates came out in every way, in a project that has another, older one.
fn made(size: (u16, u16), theme: &str) -> Bench {
    let mut bench = stored(size, theme);
    let store = bench.store();
    let mut candidates = fixtures::all();
    for (nth, candidate) in (0..).zip(&mut candidates) {
        (candidate.run_id, candidate.ordinal) = (Some(3), Some(nth));
        candidate.uid = format!("made-{nth}");
        candidate.origin = Origin::Loop;
    }
    store.put_candidates_blocking(candidates).unwrap();
    bench.keys("g r ctrl-l g l");
    bench
}

#[test]
fn after_a_restart_the_stored_run_is_shown_with_its_failures_and_what_it_made_last() {
    for size in SIZES {
        for theme in THEMES {
            let mut bench = made(size, theme);
            for run in &mut bench.app.run.runs {
                run.started_at = "2026-11-20T17:08:10.000Z".to_owned();
            }
            bench.keys("]");
            snapshot(&format!("run_past_{}x{}_{theme}", size.0, size.1), &bench.picture().0);
        }
    }
    let mut bench = made((200, 55), "dark");
    let text = bench.text();
    assert!(!text.contains("not started"), "{text}");
    for shown in [
        "run 3",
        "✓ done",
        "few-shot · $0.75",
        "code_timeout",
        "the last ones, by stage",
        "newest",
        "CoT answers equivalent",
    ] {
        assert!(text.contains(shown), "{shown}\n{text}");
    }
    // Another run is read when it is selected; it made nothing.
    bench.keys("] ]");
    let text = bench.text();
    assert!(text.contains("■ stopped") && text.contains("Run 2 stopped with 0 of"), "{text}");
    assert!(!text.contains("code_timeout") && text.contains("nothing has failed"), "{text}");
    // A run of this sitting takes its place.
    bench.keys("r s");
    bench.news(News::Begun(Setting::default()));
    assert!(!bench.text().contains("Run 2 stopped"), "{}", bench.text());
}

#[test]
fn what_is_to_be_judged_blind_is_not_told_by_the_newest() {
    let mut bench = made((200, 55), "dark");
    let newest = |bench: &Bench| {
        let shown = rows(&bench.picture().0).into_iter().skip_while(|row| !row.contains("newest")).skip(1);
        let column = shown.map(|row| row.split(['│', '├', '┤']).nth(2).unwrap_or_default().to_owned());
        column.take(13).collect::<Vec<_>>().join("\n")
    };
    let open = newest(&bench);
    assert!(open.contains('≠') && open.contains("code_timeout"), "{open}");
    bench.keys("g r b g l");
    let hidden = newest(&bench);
    assert!(!hidden.contains('≠') && !hidden.contains('!') && !hidden.contains("code_timeout"), "{hidden}");
}
