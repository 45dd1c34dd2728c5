//! The run changed in place: widths, strategy, and the slot that is watched.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use loong::engine::{EngineEvent, LiveNews, Watch};
use loong::failure::Stage;
use loong::model::Role;
use loong::store::record::Agreement;
use loong::tui::app::Overlay;
use loong::tui::workbench::{CannotStart, News, Permission, Setting};

use crate::bench::Bench;
use crate::fixtures::{self, HOSTILE};

/// A run under way, on its screen.
pub(crate) fn running(size: (u16, u16), theme: &str) -> Bench {
    let mut bench = Bench::new(size, theme, fixtures::all());
    bench.keys("g l r s");
    bench.news(News::Begun(Setting {
        strategy: "few-shot".into(),
        generator: "writer".into(),
        solvers: vec!["qwen3-32b".into()],
        widths: [8, 2, 16, 2],
        budget: loong::engine::Budget::default(),
    }));
    bench.news(News::Event(EngineEvent::Started {
        run: 1,
        uid: "u".into(),
        resumed: false,
        filled: 0,
        target: 86,
        tokens: 0,
    }));
    let control = bench.desk.control.lock().unwrap().clone().unwrap();
    for (stage, width) in [(Stage::Generate, 8), (Stage::Execute, 2), (Stage::Solve, 16), (Stage::Verify, 2)] {
        control.set_width(stage, width);
    }
    bench
}

fn live(bench: &mut Bench, news: LiveNews) {
    bench.news(News::Event(EngineEvent::Live { ordinal: 7, news }));
}

const ROLE: Role = Role::Solver;

/// A slot that is being answered: a question and code, and an answer that is on its way.
pub(crate) fn watched(size: (u16, u16), theme: &str) -> Bench {
    let mut bench = running(size, theme);
    bench.keys("r w");
    // As the engine does when a slot begins.
    bench.desk.control.lock().unwrap().as_ref().unwrap().watch(Watch::Slot(7));
    let generator = Role::Generator;
    live(&mut bench, LiveNews::Begun { strategy: "few-shot".into() });
    live(&mut bench, LiveNews::Asked { role: generator, sample: 0, model: "writer".into() });
    live(&mut bench, LiveNews::Content { role: generator, sample: 0, text: "{\"question\": \"How many".into() });
    live(
        &mut bench,
        LiveNews::Replied {
            role: generator,
            sample: 0,
            model: "writer".into(),
            reasoning: None,
            content: "{\"question\": \"How many ways?\", \"code\": \"print(233)\"}".into(),
        },
    );
    live(
        &mut bench,
        LiveNews::Drafted {
            question: "In how many ways can a 2×12 board be tiled with dominoes, if no tile may cross its middle?"
                .into(),
            code: Some(
                "def ways(n):\n    return 1 if n < 2 else ways(n - 1) + ways(n - 2)\n\nprint(ways(6) ** 2)".into(),
            ),
        },
    );
    live(&mut bench, LiveNews::Reference { answer: "169".into(), executed: true });
    live(&mut bench, LiveNews::Asked { role: ROLE, sample: 0, model: "qwen3-32b".into() });
    for text in ["Each half is a 2×6 board, ", "and these are tiled\nindependently."] {
        live(&mut bench, LiveNews::Reasoning { role: ROLE, sample: 0, text: text.into() });
    }
    live(&mut bench, LiveNews::Content { role: ROLE, sample: 0, text: format!("So 13{HOSTILE}² = ") });
    live(&mut bench, LiveNews::Content { role: ROLE, sample: 0, text: "169 完\n\n\\boxed{169}".into() });
    bench.app.toast = None;
    bench
}

#[test]
fn the_next_candidate_is_watched_and_its_texts_come_as_they_are_written() {
    let mut bench = running((120, 40), "dark");
    let control = bench.desk.control.lock().unwrap().clone().unwrap();
    bench.keys("r w");
    assert_eq!(control.watched(), Watch::Next);
    assert!(bench.text().contains("The next candidate that begins is shown here"), "{}", bench.text());

    let mut bench = watched((120, 40), "dark");
    let control = bench.desk.control.lock().unwrap().clone().unwrap();
    let text = bench.text();
    for word in [
        "watching slot 7 · few-shot",
        "generator · writer · is done",
        "In how many ways can a 2×12 board",
        "return 1 if n < 2",
        "code answer",
        "solver · qwen3-32b · is writing",
        "independently.",
        "169 完",
        "under way",
    ] {
        assert!(text.contains(word), "{word} is missing:\n{text}");
    }
    assert!(!text.contains("print(233)"), "what was read as question and code is not shown twice:\n{text}");
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    // A reply that is asked for again begins anew.
    live(&mut bench, LiveNews::Again { role: ROLE, sample: 0 });
    assert!(!bench.text().contains("independently.") && bench.text().contains("is asked"), "{}", bench.text());
    // A script that ends has no further sample; that is no fault.
    live(&mut bench, LiveNews::Asked { role: ROLE, sample: 1, model: "second".into() });
    assert!(bench.text().contains("solver 2 · second"), "{}", bench.text());
    live(&mut bench, LiveNews::Gone { role: ROLE, sample: 1 });
    assert!(!bench.text().contains("solver 2"), "{}", bench.text());
    live(&mut bench, LiveNews::Lost { role: ROLE, sample: 0, why: "the endpoint is gone".into() });
    assert!(bench.text().contains("gave no reply") && bench.text().contains("the endpoint is gone"));
    bench.news(News::Event(EngineEvent::Candidate {
        id: 812,
        ordinal: 7,
        domain: "counting".into(),
        stage: None,
        kind: None,
        verdicts: vec![],
        agreement: Agreement::None,
        state: "model_error".into(),
        message: None,
        seconds: 1.0,
    }));
    assert!(bench.text().contains("candidate 812: model_error"), "{}", bench.text());
    bench.keys("esc");
    assert_eq!(control.watched(), Watch::Nobody);
    assert!(bench.text().contains("stages") && !bench.text().contains("watching slot"), "{}", bench.text());
    // Leaving the screen ends it as well.
    bench.keys("enter g r");
    assert_eq!((control.watched(), bench.app.run.watch), (Watch::Nobody, None));
}

#[test]
fn a_long_answer_is_followed_and_can_be_scrolled_back() {
    let mut bench = watched((80, 24), "dark");
    for n in 0..40 {
        live(&mut bench, LiveNews::Content { role: ROLE, sample: 0, text: format!("\nStep {n} of many.") });
    }
    assert!(bench.text().contains("Step 39 of many"), "{}", bench.text());
    bench.keys("2 0 k");
    assert!(!bench.text().contains("Step 39") && bench.text().contains("↓ 20 more"), "{}", bench.text());
    bench.keys("g g");
    assert!(bench.text().contains("generator · writer"), "{}", bench.text());
    bench.keys("G");
    assert!(bench.text().contains("Step 39 of many"), "{}", bench.text());
}

/// A model that never stops fills nothing.
#[test]
fn what_is_watched_is_bounded() {
    let mut bench = watched((120, 40), "dark");
    for _ in 0..300 {
        live(&mut bench, LiveNews::Reasoning { role: ROLE, sample: 0, text: "w π ".repeat(1_000) });
    }
    let kept = format!("{:?}", bench.app.run.board).len();
    assert!(kept < 400_000, "{kept} of 1,500,000");
    bench.keys("g g");
    let pages = (0..2_000).find(|_| {
        bench.keys("pgdn");
        bench.app.run.watch.unwrap().back == 0
    });
    assert!(pages.is_some());
    assert!(bench.text().contains("w π"), "{}", bench.text());
}

#[test]
fn widths_are_changed_by_keys_and_shown() {
    let mut bench = running((120, 40), "dark");
    let control = bench.desk.control.lock().unwrap().clone().unwrap();
    let widths = || [Stage::Generate, Stage::Execute, Stage::Solve, Stage::Verify].map(|s| control.width(s));
    assert!(bench.text().contains("▸ solve"), "{}", bench.text());
    for (keys, expected) in [
        ("+", [8, 2, 20, 2]),
        ("-", [8, 2, 16, 2]),
        ("1 0 0 +", [8, 2, 116, 2]),
        ("tab tab", [8, 2, 116, 2]),
        ("+", [12, 2, 116, 2]),
        ("tab - -", [12, 1, 116, 2]),
        ("backtab 9 9 -", [1, 1, 116, 2]),
    ] {
        bench.keys(keys);
        assert_eq!(widths(), expected, "after {keys}");
    }
    bench.keys("tab tab");
    assert!(bench.text().contains("0/116") && bench.text().contains("▸ solve"), "{}", bench.text());
    bench.keys("1 +");
    assert!(bench.toast().contains("solve works on 117 at a time now, 116 before"), "{}", bench.toast());
    // Where no run is under way, there is nothing to change.
    let mut idle = Bench::new((120, 40), "dark", fixtures::all());
    idle.keys("g l +");
    assert!(idle.toast().contains("[concurrency]"), "{}", idle.toast());
}

#[test]
fn a_strategy_is_chosen_before_a_run_and_changed_in_it() {
    let mut bench = Bench::new((120, 40), "dark", fixtures::all());
    bench.keys("g l r t");
    assert!(
        matches!(&bench.app.overlay, Some(Overlay::Strategies { choices: Some(choices), selected: 0 }) if choices.len() == 3)
    );
    assert!(bench.text().contains("what evol-instruct does"), "{}", bench.text());
    bench.keys("j j enter");
    assert!(bench.toast().contains("the next run: recipes/hard.toml; r s begins it"), "{}", bench.toast());
    bench.keys("r s");
    let chosen = bench.desk.strategy.lock().unwrap().clone().unwrap();
    assert_eq!(chosen.name, "recipes/hard.toml");

    let mut bench = running((120, 40), "dark");
    assert_eq!(*bench.desk.strategy.lock().unwrap(), None, "as the settings say");
    let control = bench.desk.control.lock().unwrap().clone().unwrap();
    bench.keys("r t");
    // A recipe is a run of its own.
    assert!(
        matches!(&bench.app.overlay, Some(Overlay::Strategies { choices: Some(choices), .. }) if choices.len() == 2)
    );
    bench.keys("j enter");
    assert_eq!(control.strategy(), "evol-instruct");
    assert!(bench.toast().contains("made by evol-instruct from now on"), "{}", bench.toast());
    bench.news(News::Event(EngineEvent::Switched { ordinal: 9, strategy: "evol-instruct".into() }));
    assert!(bench.text().contains("evol-instruct"), "{}", bench.text());
    bench.keys("r t enter");
    assert!(bench.toast().contains("already"), "{}", bench.toast());
}

#[test]
fn without_a_model_templates_are_offered() {
    let mut bench = Bench::new((80, 24), "dark", Vec::new());
    *bench.desk.refused.lock().unwrap() = Some(CannotStart::NoModel("no model is configured".into()));
    bench.keys("r s");
    let text = bench.text();
    assert!(text.contains("no model is configured") && text.contains("They need no model"), "{text}");
    bench.keys("n");
    assert!(bench.desk.control.lock().unwrap().is_none() && !bench.app.is_running());
    *bench.desk.refused.lock().unwrap() = Some(CannotStart::NoModel("no model is configured".into()));
    bench.keys("r s y");
    assert_eq!(bench.desk.strategy.lock().unwrap().as_ref().map(|s| s.name.as_str()), Some("template"));
    assert!(bench.app.is_running());
}

#[test]
fn a_key_is_sent_to_a_foreign_server_only_after_a_yes_to_that_very_question() {
    let agreed = Arc::new(AtomicU64::new(0));
    let refuse = |bench: &Bench| {
        let agreed = Arc::clone(&agreed);
        let grant = Arc::new(move || {
            agreed.fetch_add(1, Ordering::Relaxed);
            Ok(())
        });
        let question = format!("Send the key from $K to http://e{HOSTILE}vil.example?");
        *bench.desk.refused.lock().unwrap() = Some(CannotStart::Ask(Permission { question, grant }));
    };
    let mut bench = Bench::new((80, 24), "dark", Vec::new());
    refuse(&bench);
    bench.keys("r s");
    assert!(bench.text().contains("Send the key from $K to http://"), "{}", bench.text());
    bench.keys("esc");
    assert_eq!((agreed.load(Ordering::Relaxed), bench.app.is_running()), (0, false));
    refuse(&bench);
    bench.keys("r s y");
    assert_eq!((agreed.load(Ordering::Relaxed), bench.app.is_running()), (1, true));
}
