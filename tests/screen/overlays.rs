//! Whatever lies over a screen, with its styles, at four sizes and in three themes.

use loong::logging::LogLine;
use loong::tui::msg::Msg;

use crate::bench::{Bench, rows, view};
use crate::pictures::{SIZES, THEMES, blank, snapshot};
use crate::{fixtures, lineage, steering};

/// What lies over the review screen: a name, and the keys that lead there.
const OVERLAYS: [(&str, &str); 14] = [
    ("help", "?"),
    ("help_searched", "? / \"undo\""),
    ("palette", ": \"judge\""),
    ("filter", "/ \"verdict:diff\""),
    ("wrong_filter", "/ \"verdct:different\""),
    ("welcome", "g w"),
    ("confirm", "ctrl-a a"),
    ("following", "o"),
    ("following_many", "g"),
    ("facets", "B"),
    ("views", "S"),
    ("strategies", "g l r t"),
    ("tag", "t \"hard\""),
    ("empty_log", "g L"),
];

/// Draws a scene at every size in every theme.
fn pictures(name: &str, scene: impl Fn((u16, u16), &str) -> Bench) {
    for size in SIZES {
        for theme in THEMES {
            let mut bench = scene(size, theme);
            bench.app.toast = None;
            let (mut buffer, _) = bench.picture();
            // The folder of the project is another one each time.
            let temporary = std::env::temp_dir().to_string_lossy().into_owned();
            blank(&mut buffer, |row| row.contains(&temporary));
            snapshot(&format!("over_{name}_{}x{}_{theme}", size.0, size.1), &buffer);
        }
    }
}

#[test]
fn what_lies_over_a_screen() {
    for (name, keys) in OVERLAYS {
        pictures(name, |size, theme| {
            let mut bench = Bench::new(size, theme, fixtures::all());
            bench.app.settings.here = "/data/tiling".into();
            bench.desk.views.lock().unwrap().push(view("hard ones", "verdict:different sort:suspicious", true));
            bench.keys(keys);
            if name == "empty_log" {
                bench.hear(Msg::Log(Vec::new(), 0));
            }
            bench
        });
    }
}

#[test]
fn a_lineage_over_the_review_screen() {
    pictures("lineage", |size, theme| {
        let mut bench = Bench::new(size, theme, lineage::family());
        bench.keys("j I");
        bench
    });
}

#[test]
fn decisions_over_the_review_screen() {
    pictures("history", |size, theme| {
        let mut bench = Bench::new(size, theme, fixtures::all());
        bench.keys("2 G A c \"the␣recurrence␣is␣right\" enter X u o e K H");
        let book = bench.app.review.book_mut(2).unwrap();
        assert!(book.decisions.len() > 4, "{:?}", book.decisions);
        for decision in &mut book.decisions {
            decision.at = "2026-11-20T17:08:10.000Z".to_owned();
        }
        bench
    });
}

#[test]
fn the_log_over_the_review_screen() {
    let line = |level, target: &str, message: String| LogLine {
        at: "2026-11-20T17:08:10.123Z".parse().unwrap(),
        level,
        target: target.to_owned(),
        message,
    };
    let lines = vec![
        line(tracing::Level::INFO, "loong::engine", "run 1 begins".to_owned()),
        line(tracing::Level::WARN, "loong::model", format!("the endpoint is slow {}", fixtures::HOSTILE)),
        line(tracing::Level::ERROR, "loong::interpreter", "a worker was killed: ".repeat(12)),
    ];
    pictures("log", |size, theme| {
        let mut bench = Bench::new(size, theme, fixtures::all());
        bench.keys("g L");
        bench.hear(Msg::Log(lines.clone(), 3));
        bench
    });
}

fn logged(from: u64, to: u64) -> Vec<LogLine> {
    let at = "2026-11-20T17:08:10.123Z".parse().unwrap();
    let message = |nth| format!("line {nth} says {} and ends {nth}", "what happened ".repeat(9));
    let line = |nth| LogLine { at, level: tracing::Level::INFO, target: "loong".to_owned(), message: message(nth) };
    (from..to).map(line).collect()
}

/// The words on the screen, one blank between each two.
fn words(bench: &Bench) -> String {
    bench.text().replace('┃', "").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_log_is_read_whole_and_stays_where_it_is_read() {
    for size in SIZES {
        let mut bench = Bench::new(size, "dark", fixtures::all());
        bench.keys("g L");
        bench.hear(Msg::Log(logged(0, 200), 200));
        assert!(words(&bench).contains("and ends 199"), "{}", bench.text());
        bench.keys("g g");
        assert!(words(&bench).contains("INFO line 0 says") && words(&bench).contains("and ends 0"), "{}", bench.text());
        bench.keys("j");
        assert!(!words(&bench).contains("line 0 says"), "one key is enough to leave the end: {}", bench.text());
        // In the middle, where neither end decides what is seen.
        bench.keys("ctrl-d ctrl-d");
        let top = |bench: &Bench| rows(&bench.picture().0)[3..6].to_vec();
        let read = top(&bench);
        bench.hear(Msg::Log(logged(3, 203), 203));
        assert_eq!(top(&bench), read, "what came lies below");
        bench.keys("G k j");
        assert!(words(&bench).contains("and ends 202"), "{}", bench.text());
        bench.hear(Msg::Resize(size.0 - 4, size.1));
        assert!(size.0 < 80 || words(&bench).contains("and ends 202"), "{}", bench.text());
    }
}

#[test]
fn no_key_is_spent_beyond_the_end_of_a_sheet() {
    let mut bench = Bench::new((80, 24), "dark", fixtures::all());
    for open in ["?", "2 G A c \"a␣note\" enter X u o e K c \"another\" enter X X X X X X X X X X X X X X X X X X H"]
    {
        bench.keys(open);
        bench.keys("G G j j ctrl-d");
        let end = bench.text();
        bench.keys("k");
        assert_ne!(bench.text(), end, "{open}");
        bench.keys("j");
        assert_eq!(bench.text(), end, "{open}");
        bench.keys("esc");
    }
}

#[test]
fn a_long_note_is_read_whole_in_the_history() {
    let mut bench = Bench::new((80, 24), "dark", fixtures::all());
    let note = "the␣recurrence␣is␣right␣but␣its␣start␣is␣not␣since␣the␣empty␣board␣has␣one␣tiling␣and␣not␣none";
    bench.keys(&format!("2 G A c \"{note}\" enter H"));
    let text = bench.text();
    assert!(text.contains("the recurrence is right") && text.contains("and not none”"), "{text}");
}

#[test]
fn a_watched_candidate() {
    for size in SIZES {
        for theme in THEMES {
            let (mut buffer, _) = steering::watched(size, theme).picture();
            // The time that the run has gone on is another one each time.
            blank(&mut buffer, |row| row.contains(" for "));
            snapshot(&format!("watch_{}x{}_{theme}", size.0, size.1), &buffer);
        }
    }
}

#[test]
fn where_there_is_nothing_to_choose_no_key_that_chooses_is_told() {
    let mut bench = Bench::new((120, 40), "dark", fixtures::all());
    let foot = |bench: &Bench| rows(&bench.picture().0).last().unwrap().clone();
    bench.keys("S");
    assert!(foot(&bench).contains("close") && !foot(&bench).contains("remove"), "{}", foot(&bench));
    assert!(!foot(&bench).contains("keep"), "nothing is filtered: {}", foot(&bench));
    bench.keys("esc / \"domain:counting\" enter S");
    assert!(
        foot(&bench).contains("keep the present filter") && !foot(&bench).contains("list by it"),
        "{}",
        foot(&bench)
    );
    bench.keys("a \"mine\" enter");
    assert!(foot(&bench).contains("list by it") && foot(&bench).contains("remove"), "{}", foot(&bench));
}

#[test]
fn the_palette_cuts_no_sentence_that_has_room() {
    let mut bench = Bench::new((80, 24), "dark", fixtures::all());
    bench.keys(": \"all␣like␣this\"");
    assert!(
        bench.text().contains("All like this one: same verdict, tier, leniencies and shape of answer"),
        "{}",
        bench.text()
    );
}

#[test]
fn no_notice_looks_out_from_under_the_keys_that_can_follow() {
    for size in [(60, 16), (80, 24), (120, 40), (200, 55)] {
        let mut bench = Bench::new(size, "dark", fixtures::all());
        bench.app.tell("something has happened that is told in a line");
        assert!(bench.text().contains("told in a line"));
        bench.keys("g");
        bench.app.tell("something has happened that is told in a line");
        let text = bench.text();
        assert!(text.contains("Audit: how often the verifier is wrong") && !text.contains("a line"), "{text}");
        bench.keys("esc");
        assert!(bench.text().contains("told in a line") || bench.app.toast.is_none(), "{}", bench.text());
    }
}
