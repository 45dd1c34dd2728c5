//! What somebody sees who is new: the welcome with what was found, ways in that make a project on the way, and tips that go
//! when they were used or read.

use std::time::Duration;

use loong::tui::app::{Overlay, Screen};
use loong::tui::msg::Msg;
use loong::tui::tips::Tips;

use crate::bench::{Bench, rows};
use crate::fixtures;
use crate::pictures::{SIZES, snapshot};

fn welcomed(size: (u16, u16), theme: &str) -> Bench {
    let mut bench = Bench::empty(size, theme);
    bench.keys("g w");
    bench
}

/// The last row of the picture.
/// Hints, and above them the border that tips and messages stand in.
fn foot(bench: &Bench) -> String {
    let rows = rows(&bench.picture().0);
    rows[rows.len() - 2..].join("\n")
}

#[test]
fn the_welcome() {
    for size in SIZES {
        for theme in ["dark", "light", "mono"] {
            let mut bench = welcomed(size, theme);
            // The folder of the test is another one each time.
            bench.app.settings.here = "/data/tiling".into();
            snapshot(&format!("welcome_{}x{}_{theme}", size.0, size.1), &bench.picture().0);
        }
    }
    let bench = welcomed((120, 40), "dark");
    assert!(
        bench.text().contains("found llama.cpp at http://127.0.0.1:8080/v1: qwen3-32b and 2 more"),
        "{}",
        bench.text()
    );
}

#[test]
fn what_was_found_is_told_and_nothing_of_it_drives_the_terminal() {
    let mut bench = welcomed((120, 40), "dark");
    bench.app.around = Some(Vec::new());
    assert!(bench.text().contains("imports and templates need none"), "{}", bench.text());
    bench.app.around = None;
    assert!(bench.text().contains("looking for keys and model servers"), "{}", bench.text());
    bench.app.around = Some(vec!["evil\u{1b}]0;x\u{7} at http://x".to_owned()]);
    assert!(!bench.text().contains(['\u{1b}', '\u{7}']), "{}", bench.text());
}

#[test]
fn a_way_in_that_needs_a_project_makes_one() {
    let mut bench = welcomed((120, 40), "dark");
    bench.keys("m");
    assert!(bench.folder.path().join("loong.db").exists());
    assert!(bench.app.prompt.is_some() && bench.text().contains("import"), "{}", bench.text());
    let mut bench = welcomed((120, 40), "dark");
    bench.keys("t");
    assert_eq!((bench.app.screen, bench.app.is_running()), (Screen::Run, true));
    let strategy = bench.desk.strategy.lock().unwrap().clone().unwrap();
    assert_eq!(strategy.name, "template");
    // One that only makes a project does nothing more.
    let mut bench = welcomed((120, 40), "dark");
    bench.keys("i");
    assert!(bench.app.prompt.is_none() && !bench.app.is_running() && bench.app.overlay.is_none());
}

#[test]
fn tips_come_one_at_a_time_and_go_when_they_were_used() {
    let mut bench = Bench::new((200, 55), "dark", fixtures::all());
    assert!(!foot(&bench).contains("tip:"), "no tips unless they are wanted");
    bench.app.tips = Tips::new([]);
    assert!(foot(&bench).contains("tip: n goes to the next disagreement"), "{}", foot(&bench));
    bench.keys("n");
    assert!(!foot(&bench).contains("next disagreement"), "{}", foot(&bench));
    assert!(bench.desk.lines.lock().unwrap().contains(&("tip".to_owned(), "next-disagreement".to_owned())));
    assert!(foot(&bench).contains("tip: :"), "{}", foot(&bench));
    // A decision makes another one due, which a message hides and the next key shows.
    bench.keys("o e");
    assert!(!foot(&bench).contains("tip:"), "what happened goes before: {}", foot(&bench));
    bench.keys("j");
    assert!(foot(&bench).contains("tip: u takes a decision back"), "{}", foot(&bench));
    // Elsewhere, and while something is typed or lies over the screen, there is none.
    for keys in ["g l", "/", "?"] {
        bench.keys(keys);
        assert!(!foot(&bench).contains("tip:"), "{keys}: {}", foot(&bench));
        bench.keys("esc");
    }
    // What was read long enough goes by itself.
    for _ in 0..45 {
        bench.keys("j");
    }
    assert!(!foot(&bench).contains("takes a decision back"), "{}", foot(&bench));
    // The next sitting knows what has gone.
    let gone: Vec<String> = bench.desk.lines.lock().unwrap().iter().map(|(_, gone)| gone.clone()).collect();
    bench.app.tips = Tips::new(gone);
    assert!(!foot(&bench).contains("goes to the next disagreement"), "{}", foot(&bench));
    // It takes the room of no hint, however narrow the screen is.
    bench.app.size = (60, 16);
    (bench.app.tips, bench.app.toast) = (Tips::new([]), None);
    let (hints, tip) = (rows(&bench.picture().0).pop().unwrap(), foot(&bench));
    assert!(hints.contains("? help") && !hints.contains("tip:") && tip.contains("tip:"), "{tip}{hints}");
}

#[test]
fn the_welcome_beside_a_project() {
    let mut bench = Bench::new((120, 40), "dark", fixtures::all());
    bench.keys("g w");
    assert!(matches!(bench.app.overlay, Some(Overlay::Welcome { .. })));
    let text = bench.text();
    for way in ["Look at the demo", "Run the loop", "Import rollouts", "Make problems from templates"] {
        assert!(text.contains(way), "{way}: {text}");
    }
    bench.keys("t");
    assert!(bench.app.is_running());
}

#[test]
fn what_loong_is_stands_whole_on_the_least_usual_screen() {
    for size in [(80, 24), (100, 30), (120, 40)] {
        let bench = welcomed(size, "dark");
        let words = bench.text().replace(['┃', '│', '\n'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("each problem is answered twice, by code that runs"), "{}", bench.text());
        assert!(words.contains("and export the rest.") && !words.contains('…'), "{}", bench.text());
    }
}

#[test]
fn every_sentence_of_the_help_can_be_read_whole() {
    for size in [(60, 16), (80, 24), (120, 40)] {
        let mut bench = Bench::new(size, "dark", fixtures::all());
        bench.keys("?");
        let mut seen = String::new();
        for _ in 0..200 {
            seen.push_str(&bench.text());
            bench.keys("j");
        }
        assert!(!seen.contains('…'), "{size:?}");
        let words = seen.replace(['┃', '│', '\n'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("shows what differs before it is kept"), "{size:?}: {words}");
        let last = bench.text();
        assert!(last.contains("judged, not accepted or rejected"), "the last sign: {last}");
    }
}

#[test]
fn a_path_that_is_pasted_while_the_project_is_made_is_for_the_import() {
    let mut bench = welcomed((120, 40), "dark");
    bench.withhold();
    bench.keys("m");
    bench.hear(Msg::Paste("rollouts.jsonl".to_owned()));
    bench.hear(Msg::Tick(Duration::from_millis(200)));
    assert!(foot(&bench).contains("waits for the project to be opened"), "{}", foot(&bench));
    bench.release();
    assert_eq!(bench.app.prompt.as_ref().unwrap().text(), "rollouts.jsonl");
    // Where the import is not gone to, what was typed for it does nothing.
    let mut bench = welcomed((120, 40), "dark");
    bench.app.settings.start_run = true;
    bench.withhold();
    bench.keys("m g v");
    assert_eq!(bench.app.held.len(), 2);
    bench.release();
    assert_eq!((bench.app.screen, bench.app.then), (Screen::Review, None));
    assert!(bench.app.held.is_empty() && bench.app.prompt.is_none(), "{}", bench.toast());
}
