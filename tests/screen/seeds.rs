//! The seeds screen: found, read, checked, edited, made problems after; and candidates promoted to seeds.

use std::sync::Arc;
use std::time::Duration;

use jiff::{Timestamp, ToSpan as _};
use loong::dataset::{Datapoint, sheet};
use loong::engine::Mode;
use loong::store::OpenMode;
use loong::store::record::CandidateRecord;
use loong::tui::app::Screen;
use loong::tui::effect::Effect;
use loong::tui::msg::Msg;
use loong::tui::seeds::Pane;
use loong::tui::workbench::{CannotStart, Permission, SeedCheck, Seeds};
use loong::verifier::Outcome;
use serde_json::json;

use crate::bench::{Bench, Desk, seed_row};
use crate::fixtures::{self, HOSTILE};
use crate::pictures::{SIZES, snapshot};

pub(crate) fn seed(domain: &str, question: &str, code: &str, answer: &str) -> Datapoint {
    let metadata = json!({"domain": domain, "required_dependencies": ["numpy==1.26.4"]});
    let value = json!({"question": question, "rationale": code, "final_answer": answer, "metadata": metadata});
    Datapoint::from_value(value).unwrap()
}

const PROGRAM: &str = "import numpy as np\n\n# the number of edges\nn = 6\nedges = n * (n - 1) // 2\nprint(edges)\n";

fn some() -> Seeds {
    let rows = vec![
        seed_row(
            seed(
                "advanced_math",
                "Evaluate $\\int_0^1 x^2\\,dx$ as a fraction.",
                "from fractions import Fraction\n\nprint(Fraction(1, 3))\n",
                "\\frac{1}{3}",
            ),
            false,
        ),
        seed_row(seed("advanced_math", "How many tilings has a $2 \\times 12$ board?", "print(2731)\n", "2731"), true),
        seed_row(
            seed(
                "graph_discrete_math",
                "How many edges has the complete graph $K_6$? Say how you count them, in the words of the theory.",
                PROGRAM,
                "15",
            ),
            false,
        ),
        seed_row(seed("graph_discrete_math", "六個頂點的完全圖有多少條邊?", "print(15 + 0)\n", "15"), false),
        seed_row(seed("logic", "Is $p \\lor \\neg p$ a tautology?", "", "True"), true),
        seed_row(
            seed(
                &format!("lo{HOSTILE}gic"),
                &format!("Hostile {HOSTILE} question"),
                &format!("print('{HOSTILE}')\n"),
                &format!("1{HOSTILE}"),
            ),
            false,
        ),
    ];
    let bad = vec![format!("own-seeds.json, row 3, line 9: `final_answer` is {HOSTILE} missing")];
    Seeds { rows, bad, ..Seeds::default() }
}

pub(crate) fn bench(size: (u16, u16), theme: &str) -> Bench {
    let mut bench = Bench::new(size, theme, fixtures::all());
    *bench.desk.seeds.lock().unwrap() = some();
    bench.keys("g s");
    bench
}

#[test]
fn the_seeds_of_a_lineage_open_on_their_screen() {
    let seeds = some();
    let id = seeds.rows[2].seed.id.clone();
    let record = fixtures::candidate(0, "logic", "How many edges?", "print(15)", "15");
    let record = CandidateRecord { seeds: vec!["gone".to_owned(), id.clone()], ..record };
    let mut bench = Bench::new((120, 40), "dark", vec![record]);
    *bench.desk.seeds.lock().unwrap() = seeds;
    // Not among those that a search left: it is seen all the same.
    bench.keys("g s / t i l i n g s enter g r I enter");
    assert!(bench.toast().contains("not among the project's seeds"), "{}", bench.toast());
    bench.keys("I j enter");
    assert_eq!((bench.app.screen, bench.app.seeds.selected.as_ref()), (Screen::Seeds, Some(&id)));
}

fn here(bench: &Bench) -> String {
    bench.app.seeds.row().map_or_else(String::new, |row| row.title.chars().take(8).collect())
}

#[test]
fn the_seeds_screen() {
    for size in SIZES {
        for theme in ["dark", "light", "mono"] {
            let mut bench = bench(size, theme);
            bench.keys("j C");
            bench.app.toast = None;
            let (buffer, _) = bench.picture();
            snapshot(&format!("seeds_{}x{}_{theme}", size.0, size.1), &buffer);
        }
    }
    for (name, keys) in [("question", "j j tab"), ("code", "j j tab tab"), ("check", "j tab tab tab c")] {
        let mut bench = bench((80, 24), "dark");
        bench.keys(keys);
        snapshot(&format!("seeds_{name}_80x24_dark"), &bench.picture().0);
    }
}

#[test]
fn moving_finding_and_going_back() {
    for (keys, expected) in [
        ("", "Evaluate"),
        ("j j", "How many"),
        ("G", "Hostile "),
        ("G g g", "Evaluate"),
        ("]", "How many"),
        ("] ]", "Is p ∨ ¬"),
        ("] ] [", "How many"),
        ("2 j [", "Evaluate"),
        ("/ \"tautology\" enter", "Is p ∨ ¬"),
        ("/ \"no␣code\" enter", "Is p ∨ ¬"),
        ("C / \"different\" enter", "How many"),
        ("/ \"tautology\" esc g g", "Evaluate"),
        ("/ \"tautology\" enter esc g g", "Evaluate"),
        ("/ \"zzz\" enter", ""),
        ("pgdn pgup ctrl-d ctrl-u", "Evaluate"),
    ] {
        let mut bench = bench((120, 40), "dark");
        bench.keys(keys);
        assert!(
            here(&bench).starts_with(expected) && (here(&bench).is_empty() == expected.is_empty()),
            "{keys}: {}",
            here(&bench)
        );
    }
    let mut bench = bench((120, 40), "dark");
    assert!(bench.text().contains("lint") || bench.text().contains("stated"), "{}", bench.text());
    bench.keys("tab tab");
    assert_eq!(bench.app.seeds.pane, Pane::Code);
    bench.keys("esc");
    assert_eq!((bench.app.seeds.pane, bench.app.screen), (Pane::List, Screen::Seeds));
    bench.keys("esc");
    assert_eq!(bench.app.screen, Screen::Review);
}

#[test]
fn a_seed_is_read_as_a_person_reads_it_and_nothing_hostile_gets_through() {
    let mut bench = bench((120, 40), "dark");
    assert!(bench.text().contains("∫"), "{}", bench.text());
    assert!(bench.text().contains("1/3"), "the stated answer too: {}", bench.text());
    for _ in 0..6 {
        bench.keys("c j");
        let text = bench.text();
        assert!(!text.chars().any(|c| c.is_control() && c != '\n' || c == '\u{202e}'), "{text}");
    }
}

#[test]
fn one_is_checked_or_all_that_are_listed() {
    let mut bench = bench((120, 40), "dark");
    bench.app.toast = None;
    assert!(bench.text().contains("not checked yet; c runs the code"), "{}", bench.text());
    bench.keys("c");
    assert_eq!(bench.toast(), "equivalent in 0.21 s");
    assert!(bench.text().contains("= equivalent") && bench.text().contains("working…"), "{}", bench.text());
    bench.keys("] ] enter");
    assert!(bench.text().contains("! code_empty"), "{}", bench.text());
    bench.keys("C");
    assert_eq!(bench.toast(), "4 equivalent, 2 not");
    assert!(bench.text().contains("4 equivalent · 2 not"), "{}", bench.text());
    bench.keys("/ \"graph\" enter");
    assert!(bench.text().contains("2 of 6"), "{}", bench.text());
    // Checks are of what a seed says: an edited one is checked anew.
    let seed = Arc::clone(&bench.app.seeds.row().unwrap().seed);
    let edited = sheet(&seed).replace("How many edges", "How many lines");
    bench.hear(Msg::SeedEdited(Arc::clone(&seed), Ok(Some(edited))));
    assert!(bench.app.seeds.check().is_some_and(|check| check.id != seed.id));
}

#[test]
fn checks_of_earlier_sittings_are_shown_with_their_age() {
    let mut seeds = some();
    let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    let check = |nth: usize, hours: i64, verdict, status: &str| SeedCheck {
        id: seeds.rows[nth].seed.id.clone(),
        at: now - hours.hours(),
        verdict,
        status: status.to_owned(),
        reason: String::new(),
        stdout: "1/3".to_owned(),
        seconds: 0.1,
        memory: 0,
        isolation: String::new(),
    };
    let checks = vec![check(0, 49, Some(Outcome::Equivalent), "ran"), check(1, 1, None, "code_error")];
    (seeds.checks, seeds.read_at) = (checks, now);
    let mut bench = Bench::new((120, 40), "dark", fixtures::all());
    *bench.desk.seeds.lock().unwrap() = seeds;
    bench.keys("g s");
    assert!(bench.text().contains("checked 2 days ago") && bench.text().contains("= equivalent"), "{}", bench.text());
    assert!(bench.text().contains("1 equivalent · 1 not"), "{}", bench.text());
    bench.keys("j");
    assert!(bench.text().contains("checked 1 hour ago") && bench.text().contains("! code_error"), "{}", bench.text());
    // One that is checked now is not as old as what was kept of it, also when the list is read again.
    bench.keys("k c esc g s");
    assert!(!bench.text().contains("days ago") && bench.text().contains("working…"), "{}", bench.text());
    // Written anew under other metadata, it is checked anew.
    let seed = Arc::clone(&bench.app.seeds.row().unwrap().seed);
    let edited = sheet(&seed).replace("numpy==1.26.4", "numpy");
    bench.desk.seeds.lock().unwrap().checks.clear();
    bench.hear(Msg::SeedEdited(seed, Ok(Some(edited))));
    assert!(bench.toast().contains(" · equivalent in ") && bench.text().contains("working…"), "{}", bench.text());
}

#[test]
fn a_check_is_stopped_and_what_comes_late_is_of_no_account() {
    let mut bench = bench((120, 40), "dark");
    let effects = bench.app.update(Msg::Key(crossterm::event::KeyEvent::from(crossterm::event::KeyCode::Char('C'))));
    let Some(Effect::CheckSeeds { nth, seeds }) = effects.first() else { panic!("{effects:?}") };
    let check = |verdict| SeedCheck {
        id: seeds[0].id.clone(),
        at: Timestamp::UNIX_EPOCH,
        verdict,
        status: "ran".to_owned(),
        reason: String::new(),
        stdout: "1/3".to_owned(),
        seconds: 0.1,
        memory: 0,
        isolation: String::new(),
    };
    bench.hear(Msg::SeedChecked(*nth, Box::new(check(Some(Outcome::Equivalent)))));
    assert!(bench.text().contains("checking 1/6"), "{}", bench.text());
    let effects = bench.app.update(Msg::Key(crossterm::event::KeyEvent::from(crossterm::event::KeyCode::Esc)));
    assert!(matches!(effects[..], [Effect::EndCheck]), "{effects:?}");
    assert_eq!(bench.toast(), "stopped; 1 of 6 seeds checked");
    bench.hear(Msg::SeedChecked(*nth, Box::new(check(Some(Outcome::Different)))));
    bench.hear(Msg::ChecksEnded(*nth, Ok(())));
    assert_eq!(bench.app.seeds.checks[&seeds[0].id].verdict, Some(Outcome::Equivalent));
    assert_eq!(bench.app.screen, Screen::Seeds);
    // What a machine lacks is told.
    bench.keys("C");
    bench.app.seeds.checking = Some(loong::tui::seeds::Checking { done: 0, all: 6 });
    bench.hear(Msg::ChecksEnded(bench.app.seeds.asked, Err("no Python was found".to_owned())));
    assert!(bench.app.toast.as_ref().unwrap().bad && bench.app.seeds.checking.is_none());
}

#[test]
fn what_was_written_on_a_seed_that_has_changed_meanwhile_is_not_lost() {
    let mut bench = bench((120, 40), "dark");
    bench.keys("] ]");
    let selected = bench.app.seeds.row().unwrap().seed.id.clone();
    let at = bench.desk.seeds.lock().unwrap().rows.iter().position(|row| row.seed.id == selected).unwrap();
    let place = loong::dataset::Place { file: "own-seeds.json".into(), row: 3, line: 9 };
    let placed = |bench: &Bench, edit: &dyn Fn(&mut Datapoint)| {
        let mut seeds = bench.desk.seeds.lock().unwrap();
        let mut seed = (*seeds.rows[at].seed).clone();
        seed.place = Some(place.clone());
        edit(&mut seed);
        seeds.rows[at].seed = Arc::new(seed);
    };
    placed(&bench, &|_| {});
    bench.keys("g r g s e");
    let Some(Effect::EditSeed(seed, text)) = bench.terminal.pop() else { panic!("no editor") };
    // Somebody else writes the row before this one is saved.
    placed(&bench, &|seed| {
        seed.final_answer = "another".to_owned();
        seed.id = "another".to_owned();
    });
    *bench.desk.no_seeds.lock().unwrap() = Some("own-seeds.json has changed since it was read".to_owned());
    let mine = text.replace("Is $p", "Is it so that $p");
    assert_ne!(mine, text);
    bench.hear(Msg::SeedEdited(seed, Ok(Some(mine.clone()))));
    assert!(bench.toast().contains("e opens what you wrote again"), "{}", bench.toast());
    *bench.desk.no_seeds.lock().unwrap() = None;
    bench.keys("g r g s e");
    let Some(Effect::EditSeed(now, again)) = bench.terminal.pop() else { panic!("no editor") };
    assert_eq!((now.id.as_str(), &again), ("another", &mine));
    bench.hear(Msg::SeedEdited(now, Ok(None)));
    assert!(bench.toast().contains("not kept yet"), "{}", bench.toast());
}

#[test]
fn what_was_written_on_one_seed_does_not_go_to_another_that_moves_into_its_place() {
    let mut bench = bench((120, 40), "dark");
    let (first, second) = {
        let mut seeds = bench.desk.seeds.lock().unwrap();
        for (at, row) in [(0, 1), (1, 2)] {
            let mut seed = (*seeds.rows[at].seed).clone();
            seed.place = Some(loong::dataset::Place { file: "own-seeds.json".into(), row, line: row });
            seeds.rows[at].seed = Arc::new(seed);
        }
        (Arc::clone(&seeds.rows[0].seed), Arc::clone(&seeds.rows[1].seed))
    };
    bench.keys("g r g s");
    let broken = "no sheet at all".to_owned();
    bench.hear(Msg::SeedEdited(Arc::clone(&first), Ok(Some(broken))));
    assert!(bench.app.seeds.drafts.contains_key(&first.id));
    // Somebody else takes the first row away, and the second moves up.
    {
        let mut seeds = bench.desk.seeds.lock().unwrap();
        let mut moved = (*second).clone();
        moved.place = first.place.clone();
        seeds.rows[1].seed = Arc::new(moved);
        seeds.rows.remove(0);
    }
    bench.keys("g r g s");
    assert!(!bench.app.seeds.drafts.contains_key(&second.id) && bench.app.seeds.drafts.contains_key(&first.id));
}

#[test]
fn an_edited_seed_is_written_and_linted_again() {
    let mut bench = bench((120, 40), "dark");
    bench.keys("] ] e");
    let Some(Effect::EditSeed(seed, text)) = bench.terminal.pop() else { panic!("no editor") };
    assert!(text.contains("==== question ====\nIs $p"), "{text}");
    assert!(bench.text().contains("! no code"), "{}", bench.text());
    bench.hear(Msg::SeedEdited(Arc::clone(&seed), Ok(None)));
    assert_eq!(bench.toast(), "nothing was changed");
    // What cannot be read is not lost.
    let broken = text.replace("==== metadata", "metadata");
    bench.hear(Msg::SeedEdited(Arc::clone(&seed), Ok(Some(broken.clone()))));
    assert!(
        bench.toast().contains("is missing") && bench.toast().contains("e opens what you wrote again"),
        "{}",
        bench.toast()
    );
    bench.keys("e");
    let Some(Effect::EditSeed(_, again)) = bench.terminal.pop() else { panic!("no editor") };
    assert_eq!(again, broken);
    let code = "==== rationale: Python that prints the answer ====\n";
    let mended = text.replace(code, &format!("{code}print(all(p or not p for p in (0, 1)))\n"));
    bench.hear(Msg::SeedEdited(Arc::clone(&seed), Ok(Some(mended))));
    assert!(
        bench.toast().starts_with("written to own-seeds.json, row 1 · equivalent in "),
        "what was written is checked: {}",
        bench.toast()
    );
    assert!(bench.text().contains("print(all(") && !bench.text().contains("no code:"), "{}", bench.text());
    assert_eq!(here(&bench), "Is p ∨ ¬", "it stays selected under its new content");
    bench.keys("e");
    let Some(Effect::EditSeed(_, fresh)) = bench.terminal.pop() else { panic!("no editor") };
    assert_ne!(fresh, broken);
}

/// What was found by a word and has lost it by being edited is not lost from sight.
#[test]
fn an_edited_seed_is_seen_whatever_is_searched_for() {
    let mut bench = bench((120, 40), "dark");
    bench.keys("/ \"tilings\" enter");
    assert_eq!(bench.app.seeds.shown, 1);
    let seed = Arc::clone(&bench.app.seeds.row().unwrap().seed);
    let edited = sheet(&seed).replace("tilings", "ways");
    bench.hear(Msg::SeedEdited(seed, Ok(Some(edited))));
    assert!(here(&bench).starts_with("How many") && bench.text().contains("How many ways"), "{}", bench.text());
    assert_eq!(bench.app.seeds.shown, 6);
}

#[test]
fn what_cannot_be_written_is_kept_for_another_try() {
    let mut bench = bench((120, 40), "dark");
    let seed = Arc::clone(&bench.app.seeds.row().unwrap().seed);
    let text = sheet(&seed).replace("fraction", "number");
    *bench.desk.no_seeds.lock().unwrap() = Some("the disk is full; nothing was changed".to_owned());
    bench.hear(Msg::SeedEdited(seed, Ok(Some(text.clone()))));
    assert_eq!(bench.toast(), "the disk is full; nothing was changed; e opens what you wrote again");
    bench.keys("e");
    let Some(Effect::EditSeed(_, again)) = bench.terminal.pop() else { panic!("no editor") };
    assert_eq!(again, text);
}

#[test]
fn five_are_made_after_one() {
    let mut bench = bench((120, 40), "dark");
    bench.keys("j m");
    assert_eq!(bench.app.screen, Screen::Run);
    let id = bench.app.seeds.selected.clone();
    assert_eq!(*bench.desk.from.lock().unwrap(), id);
    let control = bench.desk.control.lock().unwrap().clone().unwrap();
    assert_eq!(control.mode(), Mode::Running);
    bench.keys("g s m");
    assert!(bench.toast().contains("a run is under way"), "{}", bench.toast());
}

#[test]
fn a_yes_to_a_question_begins_the_run_that_was_asked_for() {
    let mut bench = bench((120, 40), "dark");
    let grant = Arc::new(|| Ok(()));
    let permission = Permission { question: "May it?".to_owned(), grant };
    *bench.desk.refused.lock().unwrap() = Some(CannotStart::Ask(permission.clone()));
    bench.keys("m");
    *bench.desk.from.lock().unwrap() = None;
    bench.keys("y");
    assert_eq!(*bench.desk.from.lock().unwrap(), bench.app.seeds.selected, "after the seed, not of all");
    // A later run of all is asked about by itself.
    bench.app.run.control = None;
    *bench.desk.refused.lock().unwrap() = Some(CannotStart::Ask(permission));
    *bench.desk.from.lock().unwrap() = None;
    bench.keys("r s y");
    assert_eq!(*bench.desk.from.lock().unwrap(), None);
}

#[test]
fn an_accepted_candidate_is_promoted() {
    let mut bench = bench((120, 40), "dark");
    bench.keys("g r P");
    assert!(bench.toast().contains("only what a person has accepted"), "{}", bench.toast());
    assert!(bench.desk.written.lock().unwrap().is_empty());
    bench.keys("A P");
    assert_eq!(bench.toast(), "promoted to a seed, written to own-seeds.json, row 1; g s shows it");
    let (changed, promoted) = bench.desk.written.lock().unwrap()[0].clone();
    assert!(!changed);
    assert_eq!((promoted.domain(), promoted.final_answer.as_str()), ("counting", "2731"));
    assert_eq!(promoted.metadata["source"], "candidate fixture-0");
    bench.keys("g s");
    assert_eq!(bench.app.seeds.row().unwrap().seed.id, promoted.id);
    // One without code has nothing to compute its answer with.
    bench.keys("g r 1 0 G A P");
    assert!(bench.toast().contains("this candidate has none"), "{}", bench.toast());
    *bench.desk.no_seeds.lock().unwrap() = Some("a seed asks this question already: own-seeds.json, row 1".to_owned());
    bench.keys("g g P");
    assert!(bench.toast().starts_with("a seed asks this question already"), "{}", bench.toast());
}

#[test]
fn what_a_person_called_wrong_is_not_promoted() {
    let mut bench = bench((200, 55), "dark");
    bench.keys("g r A");
    assert!(bench.text().contains("P make it a seed"), "{}", bench.text());
    bench.keys("w n");
    assert!(!bench.text().contains("make it a seed"), "{}", bench.text());
    bench.keys("P");
    let told = "a person said that its answer is wrong, and a seed's is right; E corrects it";
    assert_eq!((bench.toast(), bench.desk.written.lock().unwrap().len()), (told, 0));
}

#[test]
fn who_only_reads_writes_and_runs_nothing() {
    let mut bench = Bench::new((120, 40), "dark", fixtures::all());
    *bench.desk.seeds.lock().unwrap() = some();
    let reader = Desk::open(bench.folder.path(), OpenMode::ReadOnly);
    bench.hear(Msg::Entered(Box::new(reader), None));
    bench.keys("g s e m g r P");
    assert!(bench.terminal.is_empty() && bench.desk.from.lock().unwrap().is_none());
    assert!(bench.desk.written.lock().unwrap().is_empty());
}

#[test]
fn nothing_unreadable_and_none_at_all_are_told_in_a_sentence() {
    let mut bench = Bench::new((80, 24), "dark", Vec::new());
    bench.keys("g s");
    assert!(bench.text().contains("No seeds. run.seeds in loong.toml"), "{}", bench.text());
    bench.keys("c C e m / esc ] [ tab");
    assert!(bench.terminal.is_empty() && bench.desk.from.lock().unwrap().is_none());
    *bench.desk.no_seeds.lock().unwrap() = Some("the seed files have more than 256 MB".to_owned());
    bench.keys("esc ctrl-l");
    assert!(bench.text().contains("more than 256 MB"), "{}", bench.text());
    let mut bench = bench_with_bad();
    assert!(bench.text().contains("cannot be read"), "{}", bench.text());
    bench.keys("g g");
    assert_eq!(here(&bench), "Evaluate", "what cannot be read cannot be selected");
    let mut bench = Bench::empty((80, 24), "dark");
    bench.keys("g s");
    assert!(bench.text().contains("No project is open"), "{}", bench.text());
}

fn bench_with_bad() -> Bench {
    bench((80, 24), "dark")
}

#[test]
fn a_click_selects_and_another_project_has_other_seeds() {
    let mut bench = bench((120, 40), "dark");
    let y = bench.text().lines().position(|line| line.contains("tautology")).unwrap();
    bench.hear(Msg::Mouse(crossterm::event::MouseEvent {
        kind: crossterm::event::MouseEventKind::Down(crossterm::event::MouseButton::Left),
        column: 8,
        row: u16::try_from(y).unwrap(),
        modifiers: crossterm::event::KeyModifiers::NONE,
    }));
    assert_eq!(here(&bench), "Is p ∨ ¬");
    bench.keys("c");
    let other = tempfile::tempdir().unwrap();
    bench.hear(Msg::Entered(Box::new(Desk::open(other.path(), OpenMode::Create)), None));
    assert!(bench.app.seeds.found.is_none() && bench.app.seeds.checks.is_empty());
}

/// As many as Loong's own dataset has: only what is seen is drawn, and each frame in a fraction of its time.
#[test]
fn thousands_are_listed_by_the_rows_that_are_seen() {
    let mut bench = Bench::new((120, 40), "dark", Vec::new());
    let rows = (0..2_551).map(|n| {
        let domain = format!("domain_{:02}", n / 220);
        seed_row(seed(&domain, &format!("Question {n}: how many?"), "print(1 + 1)", "2"), false)
    });
    *bench.desk.seeds.lock().unwrap() = Seeds { rows: rows.collect(), ..Seeds::default() };
    bench.keys("g s");
    assert!(bench.text().contains("2551"), "{}", bench.text());
    bench.keys("G");
    assert!(here(&bench).starts_with("Question") && bench.text().contains("Question 2550"), "{}", bench.text());
    bench.keys("/ \"2549\" enter");
    assert_eq!(bench.app.seeds.shown, 1);
    bench.hear(Msg::Tick(Duration::from_secs(1)));
}
