//! (before, keys, after) for what keys do to the state.

use loong::engine::Mode;
use loong::store::OpenMode;
use loong::store::filter::Filter;
use loong::store::record::{Curation, Judgement, RightSide};
use loong::tui::app::{Overlay, Screen};
use loong::tui::effect::Effect;
use loong::tui::msg::Msg;
use loong::tui::review::Pane;
use loong::tui::workbench::{News, Setting};

use crate::bench::{Bench, Desk};
use crate::fixtures;

fn bench() -> Bench {
    Bench::new((200, 55), "dark", fixtures::all())
}

/// What is looked at afterwards: a short text made of the state.
fn after(bench: &Bench) -> String {
    let review = &bench.app.review;
    let overlay = match &bench.app.overlay {
        None => "",
        Some(Overlay::Welcome { .. }) => " welcome",
        Some(Overlay::Help { .. }) => " help",
        Some(Overlay::Palette { .. }) => " palette",
        Some(Overlay::Log { .. }) => " log",
        Some(Overlay::History { .. }) => " history",
        Some(Overlay::Strategies { .. }) => " strategies",
        Some(Overlay::Lineage { .. }) => " lineage",
        Some(Overlay::Correction(_)) => " correction",
        Some(Overlay::Import { .. }) => " import",
        Some(Overlay::Confirm(_)) => " confirm",
        Some(Overlay::Views(_)) => " views",
        Some(Overlay::Facets(_)) => " facets",
    };
    let screen = match bench.app.screen {
        Screen::Review => "",
        Screen::Run => " run",
        Screen::Audit => " audit",
        Screen::Seeds => " seeds",
        Screen::Rules => " rules",
        Screen::Export => " export",
    };
    let prompt = bench.app.prompt.as_ref().map_or_else(String::new, |p| format!(" {}:{}", p.purpose.label(), p.text()));
    format!(
        "{}/{} {}{}{screen}{overlay}{prompt}",
        review.selected.unwrap_or(0),
        review.ids.len(),
        review.pane.name(),
        if review.zoom { " zoom" } else { "" },
    )
}

#[test]
fn moving_and_reading() {
    for (keys, expected) in [
        ("", "1/13 list"),
        ("j", "2/13 list"),
        ("down down", "3/13 list"),
        ("j j k", "2/13 list"),
        ("k", "1/13 list"),
        ("3 j", "4/13 list"),
        ("G", "13/13 list"),
        ("G g g", "1/13 list"),
        ("5 G", "5/13 list"),
        ("9 9 G", "13/13 list"),
        ("ctrl-d", "13/13 list"),
        ("G ctrl-u", "1/13 list"),
        ("pgdn pgup", "1/13 list"),
        ("tab", "1/13 question"),
        ("tab tab tab tab", "1/13 chain of thought"),
        ("backtab", "1/13 chain of thought"),
        ("tab tab esc", "1/13 list"),
        ("enter", "1/13 question"),
        ("enter enter", "1/13 question zoom"),
        ("enter enter esc", "1/13 question"),
        ("enter enter enter", "1/13 question"),
        ("tab J", "2/13 question"),
        ("tab J J K", "2/13 question"),
        ("n", "2/13 list"),
        ("n n", "4/13 list"),
        ("n n N", "2/13 list"),
        ("2 n", "4/13 list"),
        ("g l", "1/13 list run"),
        ("g l g r", "1/13 list"),
        ("g a", "1/13 list audit"),
        ("g a esc", "1/13 list"),
        ("g l esc", "1/13 list"),
        ("?", "1/13 list help"),
        ("? ?", "1/13 list"),
        ("? esc", "1/13 list"),
        (":", "1/13 list palette"),
        (": esc", "1/13 list"),
        ("r t", "1/13 list strategies"),
        ("r t esc", "1/13 list"),
        ("g L", "1/13 list log"),
        ("g L esc", "1/13 list"),
        ("g e", "1/13 list export"),
        ("g e esc", "1/13 list"),
        ("g w", "1/13 list welcome"),
        ("g w esc", "1/13 list"),
        ("H", "1/13 list history"),
        ("I", "1/13 list lineage"),
        ("I enter", "1/13 list"),
        ("2 G (", "2/13 list"),
        (")", "1/13 list"),
        ("ctrl-o", "1/13 list"),
        ("H esc", "1/13 list"),
        ("S", "1/13 list views"),
        ("S esc", "1/13 list"),
        ("B", "1/13 list facets"),
        ("B esc", "1/13 list"),
        ("\\", "1/13 question find:"),
        ("/", "1/13 list filter:"),
        ("/ \"abc\" esc", "1/13 list"),
        ("c", "1/13 list note:"),
        ("t", "1/13 list tags:"),
        // Half a chord is forgotten, and closes nothing.
        ("tab g esc", "1/13 question"),
    ] {
        let mut bench = bench();
        bench.keys(keys);
        assert_eq!(after(&bench), expected, "after {keys:?}");
    }
}

#[test]
fn scrolling_a_text_moves_its_rows_and_stops_at_its_ends() {
    let mut bench = bench();
    bench.keys("1 2 G tab tab tab tab");
    assert_eq!(bench.app.review.pane, Pane::Cot);
    let rows = bench.app.review.laid(Pane::Cot).unwrap().len();
    assert!(rows > 2000);
    bench.keys("j j j k");
    assert_eq!(bench.app.review.scroll.cot, 2);
    bench.keys("G");
    assert!(bench.text().contains("So it is"), "{}", bench.text());
    let last = bench.app.review.scroll.cot;
    bench.keys("j pgdn");
    assert_eq!(bench.app.review.scroll.cot, last);
    bench.keys("g g");
    assert_eq!(bench.app.review.scroll.cot, 0);
    assert!(bench.text().contains("Step 1:"));
    // The next item begins at its beginning, and the pane stays.
    bench.keys("G J K");
    assert_eq!((bench.app.review.scroll.cot, bench.app.review.pane), (0, Pane::Cot));
}

#[test]
fn curating_goes_on_and_stays() {
    for (keys, id, curation, selected) in [
        ("a", 1, Some(Curation::Accept), 2),
        ("x", 1, Some(Curation::Reject), 2),
        ("f", 1, Some(Curation::Flag), 2),
        ("A", 1, Some(Curation::Accept), 1),
        ("X", 1, Some(Curation::Reject), 1),
        ("G a", 13, Some(Curation::Accept), 13),
        ("a u", 1, None, 1),
        ("a u ctrl-r", 1, Some(Curation::Accept), 1),
        ("a x", 2, Some(Curation::Reject), 3),
    ] {
        let mut bench = bench();
        bench.keys(keys);
        let view = bench.store().reader().unwrap().candidate(id).unwrap();
        assert_eq!(view.curation, curation, "after {keys:?}");
        assert_eq!(bench.app.review.selected, Some(selected), "after {keys:?}");
    }
}

#[test]
fn judging_overrides_and_says_so() {
    for (keys, judgement) in
        [("o e", Judgement::Equivalent), ("o d", Judgement::Different), ("o c", Judgement::CantTell)]
    {
        let mut bench = bench();
        bench.keys("n");
        bench.keys(keys);
        let view = bench.store().reader().unwrap().candidate(2).unwrap();
        assert_eq!(view.responses[0].judgement, Some(judgement));
        assert_eq!(bench.app.review.selected, Some(3), "judged, then next");
        assert!(bench.toast().contains("undoes it"), "{}", bench.toast());
        bench.keys("k");
        assert!(bench.text().contains("judged"), "{}", bench.text());
    }
    let mut bench = bench();
    bench.keys("n o e k");
    assert!(bench.text().contains("overridden: = equivalent"), "{}", bench.text());
    // Nothing stands opposite a program that never ended.
    bench.keys("7 G o e");
    assert!(bench.app.toast.as_ref().unwrap().bad, "{}", bench.toast());
    assert!(bench.store().reader().unwrap().decisions(7).unwrap().is_empty());
}

#[test]
fn of_several_responses_the_next_one_is_judged_next() {
    let mut bench = bench();
    bench.keys("8 G");
    assert_eq!(bench.app.review.book().unwrap().response, 2, "the first that differs is read first");
    assert!(bench.text().contains("▸3≠"), "{}", bench.text());
    bench.keys("[");
    assert_eq!(bench.app.review.book().unwrap().response, 1);
    bench.keys("] ] ]");
    assert_eq!(bench.app.review.book().unwrap().response, 0, "round and round");
    bench.keys("[ [ o d o d");
    let view = bench.store().reader().unwrap().candidate(8).unwrap();
    assert_eq!(view.responses[2].judgement, Some(Judgement::Different));
    assert_eq!(view.responses[3].judgement, Some(Judgement::Different));
    assert_eq!(bench.app.review.selected, Some(9));
}

#[test]
fn which_side_was_right() {
    for (keys, right) in
        [("w c", RightSide::Code), ("w t", RightSide::Cot), ("w b", RightSide::Both), ("w n", RightSide::Neither)]
    {
        let mut bench = bench();
        bench.keys(keys);
        assert_eq!(bench.store().reader().unwrap().candidate(1).unwrap().right, Some(right));
    }
}

#[test]
fn notes_and_tags() {
    let mut bench = bench();
    bench.keys("c \"looks␣right\" enter t \"hard,units\" enter");
    let view = bench.store().reader().unwrap().candidate(1).unwrap();
    assert_eq!(view.tags, ["hard", "units"]);
    let decisions = bench.store().reader().unwrap().decisions(1).unwrap();
    assert_eq!(decisions[0].body.note.as_deref(), Some("looks right"));
    assert!(bench.text().contains("looks right") && bench.text().contains("tags hard, units"));
    bench.keys("H");
    assert!(bench.text().contains("tagged hard, units"), "{}", bench.text());
    // An empty line decides nothing.
    bench.keys("esc c enter t enter");
    assert_eq!(bench.store().reader().unwrap().decisions(1).unwrap().len(), 2);
}

#[test]
fn undo_is_unbounded_and_outlives_the_session() {
    let mut bench = bench();
    bench.keys("a x f o e c \"n\" enter w c");
    let folder = bench.folder.path().to_owned();
    let count = |bench: &Bench| bench.store().reader().unwrap().count(&Filter::parse("decided:yes").unwrap()).unwrap();
    assert_eq!(count(&bench), 5);
    // Another session on the same store.
    bench.hear(Msg::Entered(Box::new(Desk::open(&folder, OpenMode::Create)), None));
    bench.keys("u u u u u u");
    assert_eq!(count(&bench), 0);
    bench.keys("u");
    assert!(bench.toast().contains("nothing to undo"), "{}", bench.toast());
    bench.keys("ctrl-r ctrl-r ctrl-r ctrl-r ctrl-r ctrl-r ctrl-r");
    assert_eq!(count(&bench), 5);
    assert!(bench.toast().contains("nothing to redo"), "{}", bench.toast());
}

#[test]
fn marks_and_bulk_act_on_the_query_and_are_undone_as_one() {
    let mut bench = bench();
    bench.keys("space space j v");
    assert_eq!(bench.app.review.marks.iter().collect::<Vec<_>>(), [1, 2, 3, 4]);
    bench.keys("a");
    let text = bench.text();
    for said in ["Accept 4 candidates?", "2 agree, 2 disagree.", "u undoes all of it."] {
        assert!(text.contains(said), "{said}: {text}");
    }
    bench.keys("n");
    assert_eq!(bench.app.review.marks.len(), 4, "a no changes nothing");
    bench.keys("a y");
    let accepted =
        |bench: &Bench| bench.store().reader().unwrap().count(&Filter::parse("curation:accept").unwrap()).unwrap();
    assert_eq!(accepted(&bench), 4);
    assert!(bench.app.review.marks.is_empty());
    bench.keys("u");
    assert_eq!(accepted(&bench), 0, "one undo for all of it");
    bench.keys("ctrl-a");
    assert_eq!(bench.app.review.marks.len(), 13);
    bench.keys("ctrl-a");
    assert!(bench.app.review.marks.is_empty());
    bench.keys("space esc");
    assert!(bench.app.review.marks.is_empty());
    // All that match, not the visible page.
    bench.keys("/ \"domain:counting\" enter ctrl-a x y");
    assert_eq!(bench.store().reader().unwrap().count(&Filter::parse("curation:reject").unwrap()).unwrap(), 2);
}

#[test]
fn what_marked_candidates_stand_for_is_not_told_to_who_judges_blind() {
    let mut bench = bench();
    bench.keys("b ctrl-a a");
    let text = bench.text();
    assert!(text.contains("Accept 13 candidates?") && !text.contains(" agree"), "{text}");
    // A count that was asked for before is not told in another question.
    bench.keys("n b");
    let late = bench.app.act(loong::tui::action::Action::Accept, None);
    let [Effect::Standings(nth, _)] = late[..] else { panic!("{late:?}") };
    bench.keys("n b");
    bench.app.act(loong::tui::action::Action::Accept, None);
    bench.hear(Msg::Standing(nth, Ok(loong::store::Standings { agree: 9, ..Default::default() })));
    assert!(!bench.text().contains("9 agree"), "{}", bench.text());
}

#[test]
fn blind_mode_hides_the_verdict_until_it_is_judged() {
    let mut bench = bench();
    bench.keys("b j n");
    assert!(bench.toast().contains("not told") && bench.app.review.selected == Some(2), "{}", bench.toast());
    let text = bench.text();
    assert!(text.contains("verdict hidden") && !text.contains("≠ different"), "{text}");
    assert!(!text.contains("1365 ≠ 2731") && !text.contains("tier"), "no evidence either: {text}");
    bench.keys("o e");
    assert_eq!(bench.app.review.selected, Some(2), "one stays to see what was hidden");
    assert!(bench.text().contains("overridden"), "{}", bench.text());
    let decisions = bench.store().reader().unwrap().decisions(2).unwrap();
    assert!(decisions[0].body.blind, "the decision says so");
    bench.keys("o d");
    assert!(!bench.store().reader().unwrap().decisions(2).unwrap()[1].body.blind, "it was seen by then");
    bench.keys("b");
    assert!(bench.text().contains("≠ different"));
}

#[test]
fn what_was_judged_after_the_verdict_was_seen_is_not_blind() {
    let mut bench = bench();
    let blind = |bench: &Bench, id: i64| -> Vec<bool> {
        let decisions = bench.store().reader().unwrap().decisions(id).unwrap();
        decisions.iter().filter(|d| d.body.judgement.is_some()).map(|d| d.body.blind).collect()
    };
    // Judged blind, seen, taken back: what comes then is another word than the first.
    bench.keys("b j o d");
    assert!(bench.text().contains("≠ different"), "{}", bench.text());
    bench.keys("u");
    assert!(bench.text().contains("verdict hidden"), "{}", bench.text());
    bench.keys("o e");
    assert_eq!(blind(&bench, 2), [true, false]);
    // Seen before anything was hidden.
    bench.keys("b g g J b o e");
    assert_eq!(blind(&bench, 2), [true, false, false]);
    bench.keys("g g o e");
    assert_eq!(blind(&bench, 1), [false], "it stood open before");
}

#[test]
fn a_word_on_the_whole_candidate_is_not_blind_once_one_of_its_verdicts_was_seen() {
    let record = fixtures::candidate(0, "logic", "What is 1 plus 1?", "print(2)", "2");
    let record = fixtures::answered(record, "solver", &["It is \\boxed{2}.", "It is \\boxed{3}."]);
    let mut bench = Bench::new((120, 40), "dark", vec![record]);
    bench.keys("b ] w c o d");
    let decisions = bench.store().reader().unwrap().decisions(1).unwrap();
    let blind: Vec<_> = decisions.iter().map(|d| (d.body.sample, d.body.blind)).collect();
    assert_eq!(blind, [(None, false), (Some(0), true)], "the verdict on the second response stood open before");
}

#[test]
fn showing_more_or_less() {
    let mut bench = bench();
    bench.keys("n");
    let before = bench.text();
    bench.keys("D");
    assert!(bench.app.review.diff && bench.text() != before && bench.text().contains("verifier "));
    bench.keys("D");
    assert_eq!(
        bench.text().lines().skip(1).take(50).collect::<Vec<_>>(),
        before.lines().skip(1).take(50).collect::<Vec<_>>()
    );
    bench.keys("g g");
    assert!(bench.text().contains("aₙ"), "{}", bench.text());
    bench.keys("R");
    assert!(bench.text().contains("$a_n$"), "{}", bench.text());
    bench.keys("R");
    assert!(!bench.text().contains("$a_n$"));
}

#[test]
fn copying_names_what_and_how_much() {
    for (keys, expected) in [
        ("y q", "In how many ways"),
        ("y c", "from functools"),
        ("y o", "2731\n"),
        ("y a", "2731"),
        ("y r", "Let $a_n$"),
        ("y t", "2731"),
        ("y i", "1"),
        ("y j", "{"),
    ] {
        let mut bench = bench();
        bench.keys(keys);
        match bench.terminal.as_slice() {
            [Effect::Copy(text, _)] => assert!(text.starts_with(expected), "{keys}: {text}"),
            other => panic!("{keys}: {other:?}"),
        }
    }
    let mut bench = bench();
    bench.keys("7 G y a");
    assert!(bench.terminal.is_empty() && bench.toast().contains("not there"), "{}", bench.toast());
}

#[test]
fn the_editor_and_the_pager_get_the_text() {
    let mut bench = bench();
    bench.keys("e");
    assert!(
        matches!(&bench.terminal[..], [Effect::EditNote(ids, below)] if ids.iter().eq([1]) && below.contains("2731"))
    );
    bench.hear(Msg::Noted([1].into_iter().collect(), Ok(Some("from the editor".to_owned()))));
    assert_eq!(bench.store().reader().unwrap().decisions(1).unwrap()[0].body.note.as_deref(), Some("from the editor"));
    bench.hear(Msg::Noted([1].into_iter().collect(), Ok(None)));
    assert!(bench.toast().contains("no note"));
    bench.keys("tab tab p");
    assert!(matches!(bench.terminal.last(), Some(Effect::Page(text)) if text.starts_with("from functools")));
}

#[test]
fn leaving() {
    for (keys, quits) in [
        ("q", true),
        ("ctrl-c", true),
        ("o ctrl-c", true),
        ("o q", false),
        ("esc esc esc", false),
        ("? q", false),
        ("/ ctrl-c", false),
    ] {
        let mut bench = bench();
        bench.keys(keys);
        assert_eq!(bench.app.quitting, quits, "after {keys:?}");
    }
    // While work runs, q asks.
    let mut bench = bench();
    bench.keys("r s q");
    assert!(!bench.app.quitting && bench.text().contains("A run is under way"), "{}", bench.text());
    bench.keys("n");
    assert!(!bench.app.quitting);
    bench.keys("q y");
    assert!(bench.app.quitting);
    let mut bench = self::bench();
    bench.hear(Msg::Terminate);
    assert!(bench.app.quitting);
}

#[test]
fn other_things_at_hand() {
    let mut bench = bench();
    bench.keys("ctrl-z");
    assert!(matches!(bench.terminal.last(), Some(Effect::Suspend)));
    bench.keys("%");
    assert!(matches!(bench.terminal.last(), Some(Effect::Mouse(false))));
    bench.keys("%");
    assert!(matches!(bench.terminal.last(), Some(Effect::Mouse(true))));
    bench.keys("ctrl-l");
    assert!(matches!(bench.terminal.last(), Some(Effect::Repaint)));
}

#[test]
fn the_loop_is_steered() {
    let mut bench = bench();
    bench.keys("r p");
    assert!(bench.toast().contains("no run is under way"), "{}", bench.toast());
    bench.keys("r s");
    bench.news(News::Begun(Setting { strategy: "few-shot".into(), widths: [8, 2, 16, 2], ..Setting::default() }));
    let control = bench.desk.control.lock().unwrap().clone().unwrap();
    let mode = || control.mode();
    bench.keys("r p");
    assert_eq!(mode(), Mode::Paused);
    bench.keys("r p");
    assert_eq!(mode(), Mode::Running);
    bench.keys("r p r s");
    assert_eq!(mode(), Mode::Running);
    bench.keys("r d");
    assert_eq!(mode(), Mode::Draining);
    bench.keys("r x n");
    assert_eq!(mode(), Mode::Draining, "stopping is asked for");
    bench.keys("r x y");
    assert_eq!(mode(), Mode::Stopping);
    bench.news(News::Over);
    assert!(!bench.app.is_running());
}

#[test]
fn the_run_screen_scrolls_to_its_end_and_back() {
    let mut bench = Bench::new((60, 16), "dark", fixtures::all());
    bench.keys("g l G");
    let end = bench.app.run.top;
    assert!(end > 0, "there is more than fits:\n{}", bench.text());
    bench.keys("j j");
    assert_eq!(bench.app.run.top, end);
    bench.keys("k");
    assert_eq!(bench.app.run.top, end - 1, "one key back is seen at once");
    bench.keys("g g");
    assert_eq!(bench.app.run.top, 0);
}

#[test]
fn the_palette_does_what_it_says() {
    let mut bench = bench();
    bench.keys(": \"accept\" enter");
    assert_eq!(bench.store().reader().unwrap().candidate(1).unwrap().curation, Some(Curation::Accept));
    bench.keys(": \"zzzzqqq\"");
    assert!(bench.text().contains("no action is called that"));
    bench.keys("enter");
    assert!(bench.app.overlay.is_none());
}

#[test]
fn help_is_the_keymap_and_can_be_searched() {
    let mut bench = bench();
    bench.keys("? / \"undo\"");
    let text = bench.text();
    assert!(text.contains("Undo the last decision") && !text.contains("Half a page"), "{text}");
    bench.keys("enter j esc");
    assert!(bench.app.overlay.is_none());
}

#[test]
fn rollouts_are_imported_from_the_screen() {
    let mut bench = bench();
    let file = bench.folder.path().join("rollouts.jsonl");
    std::fs::write(&file, "{}\n").unwrap();
    bench.keys("g w m \"rollouts.jsonl\" enter");
    assert!(bench.text().contains("question ← problem"), "{}", bench.text());
    bench.keys("enter");
    assert!(bench.toast().contains("3 rows imported"), "{}", bench.toast());
    bench.keys("g w m \"nothing.jsonl\" enter");
    assert!(bench.toast().contains("cannot be read"), "{}", bench.toast());
}

#[test]
fn from_an_empty_folder() {
    let mut bench = Bench::empty((120, 40), "dark");
    bench.app.overlay = Some(Overlay::Welcome { selected: 0 });
    assert!(bench.text().contains("no project yet in"), "{}", bench.text());
    assert!(!bench.text().contains("import, demo"), "no key is told that does nothing: {}", bench.text());
    bench.keys("i");
    assert!(bench.toast().contains("project made"), "{}", bench.toast());
    assert!(bench.text().contains("No candidates yet."), "{}", bench.text());
    assert!(bench.folder.path().join("loong.db").exists());
}

#[test]
fn a_second_screen_reads_and_decides_nothing() {
    let mut bench = bench();
    let folder = bench.folder.path().to_owned();
    let project = Desk::open(&folder, OpenMode::ReadOnly);
    bench.hear(Msg::Entered(Box::new(project), None));
    assert!(bench.text().lines().next().unwrap().contains("read-only"), "{}", bench.text());
    for keys in ["a", "o e", "w c", "u", "ctrl-r", "e", "E", "r s"] {
        bench.keys(keys);
        assert!(bench.app.toast.as_ref().is_some_and(|t| t.bad), "{keys}: {}", bench.toast());
        assert!(bench.app.prompt.is_none(), "{keys}");
    }
    for keys in ["c", "t"] {
        bench.keys(keys);
        bench.keys("\"worse\" enter");
        assert!(bench.app.toast.as_ref().is_some_and(|t| t.bad), "{keys}: {}", bench.toast());
        assert_eq!(bench.app.prompt.as_ref().unwrap().text(), "worse", "{keys}");
        assert!(bench.text().contains("reading alone"), "it is seen beside the line: {}", bench.text());
        bench.keys("esc");
    }
    assert!(bench.store().reader().unwrap().all_decisions().unwrap().is_empty());
}
