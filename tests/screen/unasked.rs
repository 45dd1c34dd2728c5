//! What comes by itself closes nothing, ends no line, and takes no key that was meant for something else; what is typed is
//! not lost where it cannot be acted on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use loong::engine::{Control, EngineEvent, Mode};
use loong::store::OpenMode;
use loong::store::bulk::{Reached, Way};
use loong::tui::app::{App, Overlay};
use loong::tui::effect::Effect;
use loong::tui::msg::Msg;
use loong::tui::run::Board;
use loong::tui::workbench::{CannotStart, News, Permission, Setting};

use crate::bench::{Bench, Desk};
use crate::fixtures;

fn bench() -> Bench {
    Bench::new((120, 40), "dark", fixtures::all())
}

/// A run that asks before it begins, and how often it was agreed to.
fn asks(bench: &Bench) -> Arc<AtomicU64> {
    let agreed = Arc::new(AtomicU64::new(0));
    let grant = Arc::clone(&agreed);
    *bench.desk.refused.lock().unwrap() = Some(CannotStart::Ask(Permission {
        question: "Send the key to http://evil.example?".to_owned(),
        grant: Arc::new(move || {
            grant.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }),
    }));
    agreed
}

fn is_asked(app: &App) -> bool {
    matches!(&app.overlay, Some(Overlay::Confirm(question)) if question.text.contains("Send the key"))
}

#[test]
fn a_question_that_nobody_asked_for_takes_no_key_but_y() {
    let mut bench = bench();
    let agreed = asks(&bench);
    bench.withhold();
    bench.keys("r s");
    bench.release();
    assert!(is_asked(&bench.app), "{}", bench.text());
    bench.keys("enter j");
    assert!(is_asked(&bench.app) && agreed.load(Ordering::Relaxed) == 0, "enter has other meanings");
    bench.keys("y");
    assert_eq!(agreed.load(Ordering::Relaxed), 1);
    assert!(bench.app.overlay.is_none());
}

#[test]
fn no_key_is_an_answer_to_a_question_before_it_is_drawn() {
    let mut bench = bench();
    let agreed = asks(&bench);
    let refused = bench.desk.refused.lock().unwrap().take().unwrap();
    bench.app.update(Msg::Started(Err(refused)));
    // It has come and no frame was drawn: `y` begins a copy.
    let key = "y".parse::<loong::tui::keymap::Key>().unwrap().event();
    bench.app.update(Msg::Key(key));
    assert!(bench.app.bring_up().is_empty() && bench.app.overlay.is_none(), "a chord is half typed");
    assert!(!bench.app.is_running(), "nothing has begun");
    bench.keys("i");
    assert!(is_asked(&bench.app) && agreed.load(Ordering::Relaxed) == 0);
}

#[test]
fn a_question_closes_nothing_and_ends_no_line() {
    for (open, close) in
        [("? ", "esc"), (": \"next\"", "esc"), ("c \"half␣a\"", "esc"), ("4", "j"), ("o", "esc"), ("g L", "esc")]
    {
        let mut bench = bench();
        let _agreed = asks(&bench);
        bench.withhold();
        bench.keys("r s");
        bench.keys(open);
        let typed = bench.app.prompt.as_ref().map(|p| p.text().to_owned());
        bench.release();
        assert!(!is_asked(&bench.app), "{open}");
        assert_eq!(bench.app.prompt.as_ref().map(|p| p.text().to_owned()), typed, "{open}");
        assert!(bench.text().contains("the run waits until you are done here"), "{open}: {}", bench.text());
        bench.keys(close);
        assert!(is_asked(&bench.app), "{open}: {}", bench.text());
    }
}

#[test]
fn an_import_that_was_read_while_one_read_on_takes_no_enter() {
    for (keys, only_y) in [("", false), ("j", true)] {
        let mut bench = bench();
        let file = bench.folder.path().join("rows.jsonl");
        std::fs::write(&file, "{}").unwrap();
        bench.keys("g w m");
        bench.hear(Msg::Paste(file.display().to_string()));
        bench.withhold();
        bench.keys("enter");
        bench.keys(keys);
        bench.release();
        assert!(matches!(bench.app.overlay, Some(Overlay::Import { .. })), "{}", bench.text());
        bench.keys("enter");
        assert_eq!(bench.app.overlay.is_some(), only_y, "{}", bench.text());
        if only_y {
            assert!(bench.text().contains("y imports and verifies"), "{}", bench.text());
            bench.keys("y");
        }
        assert!(bench.toast().contains("3 rows imported"), "{}", bench.toast());
    }
}

#[test]
fn strategies_and_views_come_only_to_whoever_still_wants_them() {
    let mut bench = bench();
    bench.withhold();
    bench.keys("r t esc");
    bench.release();
    assert!(bench.app.overlay.is_none(), "{}", bench.text());
    bench.keys("/ \"domain:logic\" enter");
    bench.withhold();
    bench.keys("S a \"mine\"");
    bench.release();
    bench.withhold();
    bench.keys("enter esc ?");
    bench.release();
    assert!(matches!(bench.app.overlay, Some(Overlay::Help { .. })), "{}", bench.text());
    assert!(bench.toast().contains("kept as the view mine"), "{}", bench.toast());
}

#[test]
fn the_next_pair_closes_no_palette() {
    let mut bench = crate::audit::planned((120, 40), "dark", false);
    bench.keys("g a n");
    bench.keys_at_once("o e : \"undo\"");
    let Some(Overlay::Palette { query, .. }) = &bench.app.overlay else { panic!("{}", bench.text()) };
    assert_eq!(query, "undo");
}

#[test]
fn a_project_that_was_opened_waits_for_the_line_that_is_being_typed() {
    let mut bench = bench();
    let other = tempfile::tempdir().unwrap();
    bench.keys("c \"half␣a␣no\"");
    let uid = bench.store().uid().to_owned();
    bench.hear(Msg::Entered(Box::new(Desk::open(other.path(), OpenMode::Create)), None));
    assert_eq!(bench.app.prompt.as_ref().unwrap().text(), "half a no");
    assert!(bench.text().contains("the opened project waits"), "{}", bench.text());
    bench.keys("\"te\" enter");
    assert_ne!(bench.store().uid(), uid, "and comes then");
    let before = Desk::open(bench.folder.path(), OpenMode::ReadOnly).store;
    let notes: Vec<_> =
        before.reader().unwrap().all_decisions().unwrap().into_iter().filter_map(|d| d.body.note).collect();
    assert_eq!(notes, ["half a note"]);
}

#[test]
fn a_project_is_opened_once_and_what_is_typed_meanwhile_is_kept_for_it() {
    let mut bench = Bench::empty((120, 40), "dark");
    *bench.desk.folder.lock().unwrap() = bench.folder.path().to_owned();
    bench.keys("g w");
    bench.withhold();
    bench.keys("d d");
    assert_eq!(bench.count_withheld(|effect| matches!(effect, Effect::Demo)), 1);
    bench.let_go(|effect| matches!(effect, Effect::Demo));
    assert!(bench.app.project.is_some());
    bench.release();
    assert!(!bench.app.opening);

    // The path of an import into a project that is only being made.
    let mut bench = Bench::empty((120, 40), "dark");
    bench.keys("g w");
    bench.keys_at_once("m \"data.jsonl\"");
    assert_eq!(bench.app.prompt.as_ref().unwrap().text(), "data.jsonl", "{}", bench.text());
    // Where it cannot be made, nothing of it is a command.
    let mut bench = Bench::empty((120, 40), "dark");
    bench.keys("g w");
    bench.withhold();
    bench.keys("m \"dq\"");
    bench.drop_effect(|effect| matches!(effect, Effect::Init(_)));
    bench.hear(Msg::Imported(Err("the folder is full".to_owned())));
    assert!(bench.app.held.is_empty() && !bench.app.quitting && !bench.app.opening);
    assert!(bench.toast().contains("the folder is full"), "{}", bench.toast());
    bench.keys("i");
    bench.release();
    assert!(bench.app.project.is_some(), "it can be tried again");
}

#[test]
fn a_line_is_opened_whatever_goes_on_and_keeps_its_text() {
    let mut bench = bench();
    bench.keys("g g");
    bench.app.deciding = Some((Way::Decide, Reached { done: 1, of: 900 }));
    bench.keys("c \"worse\" enter");
    assert_eq!(bench.app.prompt.as_ref().unwrap().text(), "worse");
    assert!(bench.text().contains("deciding 1 of 900"), "{}", bench.text());
    assert!(!bench.app.is_running(), "`r s` in it begins no run");
    bench.app.deciding = None;
    bench.keys("enter");
    let all = bench.store().reader().unwrap().all_decisions().unwrap();
    assert_eq!(all[0].body.note.as_deref(), Some("worse"));
    // A search where there is nothing to search in.
    bench.keys("/ \"id:99\" enter \\ \"worse\"");
    assert!(bench.app.prompt.is_some() && !bench.app.is_running(), "{}", bench.text());
    bench.keys("esc esc g v");
    // A version whose figures are not whole.
    bench.app.rules.whole = false;
    bench.keys("a \"worse\" enter");
    assert_eq!(bench.app.prompt.as_ref().unwrap().text(), "worse");
    assert!(bench.text().contains("not whole yet"), "{}", bench.text());
    bench.app.rules.whole = true;
    bench.keys("enter");
    assert!(matches!(bench.app.overlay, Some(Overlay::Confirm(_))), "{}", bench.text());
    // A file's name while another one is written.
    bench.keys("n g e");
    bench.app.export.writing = Some(3);
    bench.keys("o ctrl-u \"worse.jsonl\" enter");
    assert_eq!(bench.app.prompt.as_ref().unwrap().text(), "worse.jsonl");
    bench.app.export.writing = None;
    bench.keys("enter");
    assert_eq!(bench.app.export.wish.path, "worse.jsonl");
}

fn event(id: i64) -> News {
    News::Event(EngineEvent::Candidate {
        id,
        ordinal: id.unsigned_abs(),
        domain: "counting".to_owned(),
        stage: None,
        kind: None,
        verdicts: Vec::new(),
        agreement: loong::store::record::Agreement::Agrees,
        state: "agrees".to_owned(),
        message: None,
        seconds: 0.1,
    })
}

/// Has the run make one more candidate, at a moment.
fn made(bench: &mut Bench, nth: u64, at: u64) {
    let record =
        fixtures::answered(fixtures::candidate(nth, "logic", "What is 1?", "", "1"), "solver", &["\\boxed{1}"]);
    let ids = bench.store().put_candidates_blocking(vec![record]).unwrap();
    bench.hear(Msg::Tick(Duration::from_millis(at)));
    let reader = bench.desk.newsreader.lock().unwrap().clone().unwrap();
    reader(event(ids[0]));
    bench.hear(Msg::Tick(Duration::from_millis(at)));
}

#[test]
fn the_newest_is_followed_under_nobody_s_hands() {
    let mut bench = bench();
    bench.keys("r s");
    bench.news(News::Begun(Setting { strategy: "few-shot".into(), ..Setting::default() }));
    bench.keys("F");
    made(&mut bench, 100, 5_000);
    let followed = bench.app.review.selected;
    assert_eq!(followed, bench.app.review.ids.last());
    // A chord that is half typed, a line, a panel, and a moment after a key.
    for (keys, end) in [("o", "esc"), ("c \"a\"", "esc"), ("?", "esc"), ("D", "D")] {
        let before = bench.app.review.selected;
        bench.keys(keys);
        let nth = bench.app.review.ids.len() as u64 + 100;
        made(&mut bench, nth, 5_500);
        assert_eq!(bench.app.review.selected, before, "{keys}");
        bench.keys(end);
        bench.hear(Msg::Tick(Duration::from_millis(5_600)));
        assert_eq!(bench.app.review.selected, before, "{keys}");
        assert!(bench.app.holds().is_some(), "it wakes up for it");
        bench.hear(Msg::Tick(Duration::from_secs(7)));
        assert_eq!(bench.app.review.selected, bench.app.review.ids.last(), "{keys}");
        bench.hear(Msg::Tick(Duration::from_secs(5)));
    }
    let here = bench.app.review.selected;
    bench.keys("A");
    assert!(!bench.app.review.follow, "who decides stays");
    made(&mut bench, 900, 9_000);
    assert_eq!(bench.app.review.selected, here);
}

/// A run that begins and ends at a moment, as its board has it then.
fn over(at: u64) -> Board {
    let mut board = Board::default();
    board.begin(&Setting { strategy: "few-shot".into(), ..Setting::default() }, Duration::from_millis(at));
    board.over(Duration::from_millis(at + 1));
    board
}

#[test]
fn a_run_that_ends_unseen_has_ended() {
    // Its end is heard before its beginning is answered, or behind it; whatever ran before.
    for before in [None, Some(over(1))] {
        for answered_first in [false, true] {
            let mut bench = bench();
            bench.hear(Msg::Run(Box::new(before.clone().unwrap_or_default())));
            bench.withhold();
            bench.keys("r s");
            bench.drop_effect(|effect| matches!(effect, Effect::Start(_)));
            let mut both = vec![Msg::Run(Box::new(over(50))), Msg::Started(Ok(Some(Control::default())))];
            if answered_first {
                both.reverse();
            }
            for msg in both {
                bench.hear(msg);
            }
            assert!(!bench.app.is_running(), "{answered_first}");
            bench.release();
            bench.keys("r s");
            assert!(bench.app.is_running() && bench.desk.control.lock().unwrap().is_some());
        }
    }
    // One of which nothing is heard yet is under way, whatever came of the one before.
    let mut bench = bench();
    bench.hear(Msg::Run(Box::new(over(1))));
    bench.keys("r s");
    assert!(bench.app.is_running());
    bench.hear(Msg::Run(Box::new(over(1))));
    assert!(bench.app.is_running());
}

#[test]
fn what_a_run_is_told_while_it_starts_is_done_once_it_has_begun() {
    for (keys, mode) in
        [("r p", Mode::Paused), ("r d", Mode::Draining), ("r x y", Mode::Stopping), ("r p r p", Mode::Running)]
    {
        let mut bench = bench();
        bench.withhold();
        bench.keys("r s");
        bench.keys(keys);
        assert!(bench.app.held.is_empty() && bench.toast().contains("only starting"), "{keys}: {}", bench.toast());
        bench.release();
        assert_eq!(bench.desk.control.lock().unwrap().as_ref().unwrap().mode(), mode, "{keys}");
    }
}

#[test]
fn what_was_written_on_one_sheet_outlives_what_is_written_on_another() {
    let mut bench = bench();
    let sheet_of = |bench: &mut Bench| {
        bench.keys("E");
        let Some(Effect::EditCorrection(view, sheet)) = bench.terminal.pop() else { panic!("{}", bench.toast()) };
        (view, sheet)
    };
    bench.keys("g g");
    let (first, sheet) = sheet_of(&mut bench);
    assert!(sheet.contains("==== question"), "{sheet}");
    bench.hear(Msg::Corrected(first, Ok(Some("nothing that can be read".to_owned()))));
    assert!(bench.toast().contains("again"), "{}", bench.toast());
    // Another one is corrected, left as it is, and kept.
    bench.keys("J");
    let (second, other) = sheet_of(&mut bench);
    bench.hear(Msg::Corrected(Arc::clone(&second), Ok(None)));
    let changed = other.replacen("In how", "By how", 1);
    assert_ne!(changed, other);
    bench.keys("E");
    bench.terminal.clear();
    bench.hear(Msg::Corrected(second, Ok(Some(changed))));
    bench.keys("enter K");
    assert_eq!(sheet_of(&mut bench).1, "nothing that can be read");
}

#[test]
fn what_was_written_on_one_seed_outlives_what_is_written_on_another() {
    let mut bench = crate::seeds::bench((120, 40), "dark");
    let sheet_of = |bench: &mut Bench| {
        bench.keys("e");
        let Some(Effect::EditSeed(seed, sheet)) = bench.terminal.pop() else { panic!("{}", bench.toast()) };
        (seed, sheet)
    };
    let (first, _) = sheet_of(&mut bench);
    bench.hear(Msg::SeedEdited(Arc::clone(&first), Ok(Some("nothing that can be read".to_owned()))));
    bench.keys("j");
    let (second, sheet) = sheet_of(&mut bench);
    assert_ne!(first.id, second.id);
    let written = sheet.replacen(&second.question, "Another question?", 1);
    bench.hear(Msg::SeedEdited(second, Ok(Some(written))));
    assert!(bench.toast().contains("written to"), "{}", bench.toast());
    bench.app.seeds.selected = Some(first.id.clone());
    assert_eq!(sheet_of(&mut bench).1, "nothing that can be read");
}

#[test]
fn a_seed_that_was_edited_is_checked_as_it_was_written() {
    let mut bench = crate::seeds::bench((120, 40), "dark");
    bench.keys("e");
    let Some(Effect::EditSeed(seed, sheet)) = bench.terminal.pop() else { panic!("{}", bench.toast()) };
    let written = sheet.replacen(&seed.question, "Another question?", 1);
    bench.withhold();
    bench.hear(Msg::SeedEdited(Arc::clone(&seed), Ok(Some(written))));
    bench.keys("c");
    bench.release();
    assert!(bench.app.seeds.checks.keys().all(|id| *id != seed.id), "the one before is not there any more");
    assert_eq!(bench.app.seeds.checks.len(), 1);
    // Where it cannot be written, nothing is checked in its place.
    let (mut bench, old) = (crate::seeds::bench((120, 40), "dark"), seed);
    bench.withhold();
    bench.hear(Msg::SeedEdited(Arc::clone(&old), Ok(Some(sheet.replacen(&old.question, "Another?", 1)))));
    bench.keys("c");
    bench.drop_effect(|effect| matches!(effect, Effect::WriteSeed { .. }));
    bench.hear(Msg::SeedWritten { old: Some(old.id.clone()), written: Err("the disk is full".to_owned()) });
    bench.release();
    assert!(bench.app.seeds.checks.is_empty() && bench.app.held.is_empty(), "{}", bench.toast());
}
