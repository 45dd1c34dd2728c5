//! Snapshots with their styles, at four sizes and in three themes; and what every picture must keep to.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use loong::engine::{EngineEvent, Report};
use loong::failure::{FailureKind, Stage};
use loong::store::record::Agreement;
use loong::tui::workbench::{News, Setting};
use loong::verifier::Outcome;
use ratatui::buffer::Buffer;
use ratatui::style::Style;

use crate::bench::{Bench, rows};
use crate::fixtures;

pub(crate) const SIZES: [(u16, u16); 4] = [(200, 55), (120, 40), (80, 24), (60, 16)];
pub(crate) const THEMES: [&str; 3] = ["dark", "light", "mono"];

/// A picture as text: its rows, then each row's styles as runs of letters, then what the letters mean.
fn styled(buffer: &Buffer) -> String {
    let mut letters: Vec<Style> = Vec::new();
    let mut out = rows(buffer).join("\n");
    out.push_str("\n---\n");
    for y in 0..buffer.area.height {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for x in 0..buffer.area.width {
            let style = buffer[(x, y)].style();
            let letter = letters.iter().position(|s| *s == style).unwrap_or_else(|| {
                letters.push(style);
                letters.len() - 1
            });
            match runs.last_mut() {
                Some((last, n)) if *last == letter => *n += 1,
                _ => runs.push((letter, 1)),
            }
        }
        for (letter, n) in runs {
            let _ = write!(out, "{}{n} ", name(letter));
        }
        out.push('\n');
    }
    out.push_str("---\n");
    for (nth, style) in letters.iter().enumerate() {
        let color = |c: Option<ratatui::style::Color>| c.map_or_else(|| "-".to_owned(), |c| c.to_string());
        let _ = writeln!(out, "{} {} on {} {:?}", name(nth), color(style.fg), color(style.bg), style.add_modifier);
    }
    out
}

/// Blanks rows that are another each time.
pub(crate) fn blank(buffer: &mut Buffer, is_such: impl Fn(&str) -> bool) {
    for (y, row) in (0..).zip(rows(buffer)) {
        if is_such(&row) {
            (0..buffer.area.width).for_each(|x| buffer[(x, y)].reset());
        }
    }
}

fn name(letter: usize) -> char {
    ('a'..='z').chain('A'..='Z').nth(letter).expect("fewer looks than letters")
}

/// Scenes: a name, and the keys that lead there from the fixtures.
const SCENES: [(&str, &str); 12] = [
    ("agreement", ""),
    ("disagreement", "n"),
    ("cjk", "3 G"),
    ("rtl", "4 G"),
    ("combining", "5 G"),
    ("hostile", "6 G"),
    ("timeout", "7 G"),
    ("responses", "8 G"),
    ("malformed", "9 G"),
    ("imported", "1 0 G"),
    ("reading", "1 2 G tab tab tab tab 2 0 j"),
    ("overridden", "n o e A k a k"),
];

pub(crate) fn snapshot(name: &str, buffer: &Buffer) {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, styled(buffer));
    });
}

#[test]
fn the_review_screen() {
    for (scene, keys) in SCENES {
        for size in SIZES {
            // Every scene in one theme, the two that matter most in all of them.
            let themes: &[&str] = if ["disagreement", "hostile"].contains(&scene) { &THEMES } else { &THEMES[..1] };
            for theme in themes {
                let mut bench = Bench::new(size, theme, fixtures::all());
                bench.keys(keys);
                bench.app.toast = None;
                let (buffer, _) = bench.picture();
                snapshot(&format!("review_{scene}_{}x{}_{theme}", size.0, size.1), &buffer);
            }
        }
    }
}

/// A run in the middle of its way, with a failure of each kind that matters.
fn running(size: (u16, u16), theme: &str, ended: bool) -> Bench {
    let mut bench = Bench::new(size, theme, fixtures::all());
    bench.keys("g l r s");
    bench.news(News::Begun(Setting {
        strategy: "few-shot".into(),
        generator: "writer".into(),
        solvers: vec!["qwen3-32b".into()],
        widths: [8, 2, 16, 2],
        budget: loong::engine::Budget { tokens: Some(200_000), ..loong::engine::Budget::default() },
    }));
    bench.news(News::Event(EngineEvent::Started {
        run: 1,
        uid: "u".into(),
        resumed: false,
        filled: 0,
        target: 86,
        tokens: 0,
    }));
    for ordinal in 0..40u64 {
        for stage in [Stage::Generate, Stage::Execute, Stage::Solve, Stage::Verify] {
            bench.news(News::Event(EngineEvent::Entered { ordinal, stage }));
            if ordinal < 30 || stage == Stage::Generate || (ordinal < 33 && stage != Stage::Verify) {
                bench.news(News::Event(EngineEvent::Left { ordinal, stage }));
            } else {
                break;
            }
        }
        if ordinal < 30 {
            let (kind, stage, outcome) = match ordinal % 10 {
                3 => (Some(FailureKind::CodeTimeout), Some(Stage::Execute), None),
                7 => (Some(FailureKind::Malformed), Some(Stage::Generate), None),
                1 | 4 => (None, None, Some(Outcome::Different)),
                _ => (None, None, Some(Outcome::Equivalent)),
            };
            let agreement = match outcome {
                None => Agreement::None,
                Some(Outcome::Equivalent) => Agreement::Agrees,
                Some(_) => Agreement::Disagrees,
            };
            bench.news(News::Event(EngineEvent::Candidate {
                id: i64::try_from(ordinal).unwrap() + 1,
                ordinal,
                domain: ["counting", "logic", "finance"][usize::try_from(ordinal % 3).unwrap()].to_owned(),
                stage,
                kind,
                verdicts: vec![outcome],
                agreement,
                state: kind.map_or_else(|| agreement.to_string(), |k| k.to_string()),
                message: None,
                seconds: 0.5,
            }));
        }
    }
    if ended {
        bench.news(News::Event(EngineEvent::Ended(Report {
            run: 1,
            why: loong::engine::Ended::Done,
            target: 86,
            filled: 86,
            written: 86,
            by_state: BTreeMap::from([("agrees".to_owned(), 60)]),
            asked: 170,
            reused: 0,
            tokens: 41_000,
            spent: Vec::new(),
            seconds: 24.0,
        })));
        bench.news(News::Over);
    }
    bench.app.toast = None;
    bench
}

#[test]
fn the_run_screen_says_what_goes_on_at_every_size() {
    for size in SIZES {
        for theme in THEMES {
            let bench = running(size, theme, false);
            let text = bench.text();
            for word in ["generate", "execute", "solve", "verify", "30", "86"] {
                assert!(text.contains(word), "{word} is missing at {size:?}:\n{text}");
            }
        }
        let text = running(size, "dark", true).text();
        assert!(text.contains("done"), "{text}");
    }
}

/// The run screen alone, at times that are given: a run in the middle of its way.
#[test]
fn the_run_screen() {
    use std::time::Duration;

    use loong::tui::action::Action;
    use loong::tui::run::{Board, Seen, draw};

    let mut board = Board::default();
    let second = Duration::from_secs;
    let setting = Setting {
        strategy: "few-shot".into(),
        generator: "writer".into(),
        solvers: vec!["qwen3-32b".into()],
        widths: [8, 2, 16, 2],
        budget: loong::engine::Budget { tokens: Some(200_000), ..loong::engine::Budget::default() },
    };
    board.begin(&setting, second(2));
    board.hear(
        &EngineEvent::Started { run: 1, uid: "u".into(), resumed: false, filled: 0, target: 86, tokens: 0 },
        second(3),
    );
    for ordinal in 0..60u64 {
        let at = second(3 + ordinal / 2);
        for stage in [Stage::Generate, Stage::Execute, Stage::Solve, Stage::Verify] {
            board.hear(&EngineEvent::Entered { ordinal, stage }, at);
            if ordinal >= 50 && stage == Stage::Execute {
                break;
            }
            board.hear(&EngineEvent::Left { ordinal, stage }, at);
        }
        if ordinal < 50 {
            let (kind, agreement) = match ordinal % 8 {
                3 => (Some(FailureKind::CodeTimeout), Agreement::None),
                1 | 6 => (None, Agreement::Disagrees),
                5 => (None, Agreement::Undecided),
                _ => (None, Agreement::Agrees),
            };
            let event = EngineEvent::Candidate {
                id: i64::try_from(ordinal).unwrap() + 1,
                ordinal,
                domain: format!("lo{}gic", fixtures::HOSTILE),
                stage: kind.map(|_| Stage::Execute),
                kind,
                verdicts: Vec::new(),
                agreement,
                state: String::new(),
                message: None,
                seconds: 0.5,
            };
            board.hear(&event, at);
        }
    }
    for size in SIZES {
        for name in THEMES {
            let bench = Bench::empty(size, name);
            let area = ratatui::layout::Rect::new(0, 0, size.0, size.1);
            let mut buffer = Buffer::empty(area);
            let seen = Seen {
                board: &board,
                totals: None,
                runs: &[],
                now: second(40),
                project: "tiling-7",
                theme: &bench.app.settings.theme,
                hint: &|action: Action| bench.app.settings.keymap.hint(action).unwrap_or_default(),
                ascii: false,
                watch: None,
                stage: Some(Stage::Solve),
                chosen: None,
                past: None,
                hides: Box::new(|_| false),
                scroll: 0,
                is_over: false,
            };
            draw(&mut buffer, area, &seen);
            for cell in &buffer.content {
                assert!(!cell.symbol().chars().any(char::is_control), "{cell:?}");
            }
            snapshot(&format!("run_{}x{}_{name}", size.0, size.1), &buffer);
        }
    }
}

#[test]
fn a_verdict_is_told_without_colour() {
    let mut bench = Bench::new((120, 40), "mono", fixtures::all());
    for (keys, words) in [("", "= equivalent"), ("n", "≠ different"), ("7 G", "! no verdict"), ("6 G", "? undecided")]
    {
        bench.keys(keys);
        assert!(bench.text().contains(words), "{words}: {}", bench.text());
    }
    let (buffer, _) = bench.picture();
    for cell in &buffer.content {
        assert!(
            matches!(cell.fg, ratatui::style::Color::Reset) && matches!(cell.bg, ratatui::style::Color::Reset),
            "a colour in mono: {cell:?}"
        );
    }
}

/// A painted ground lies under everything, also under what has cleared its place.
#[test]
fn a_painted_ground_has_no_holes() {
    for keys in ["", "?", ":", "/", "H"] {
        let mut bench = Bench::new((120, 40), "dark-painted", fixtures::all());
        bench.keys(keys);
        let (buffer, _) = bench.picture();
        let holes = buffer.content.iter().filter(|cell| cell.bg == ratatui::style::Color::Reset).count();
        assert_eq!(holes, 0, "{keys:?}");
    }
}

/// Every border of a box stands where it stood with plain text: wide and combining characters push nothing.
#[test]
fn columns_stay_straight() {
    for size in SIZES {
        let mut plain = Bench::new(size, "dark", fixtures::all());
        let column = |bench: &Bench| -> Vec<(u16, u16)> {
            let (buffer, _) = bench.picture();
            let area = buffer.area;
            (1..area.height - 1)
                .flat_map(|y| [(0, y), (area.width - 1, y)])
                .filter(|p| !"│┃┌┐└┘├┤┏┓┗┛┠┨┝┥┡┩┢┪┞┦┟┧╆╅╄╃".contains(buffer[*p].symbol()))
                .collect()
        };
        for keys in ["g g", "3 G", "4 G", "5 G", "6 G", "8 G", "1 2 G"] {
            plain.keys(keys);
            assert!(column(&plain).is_empty(), "{keys} at {size:?}: {:?}\n{}", column(&plain), plain.text());
        }
    }
}

#[test]
fn too_small_is_told_in_a_sentence() {
    for size in [(59, 20), (80, 15), (1, 1), (3, 40), (200, 2)] {
        let bench = Bench::new(size, "dark", fixtures::all());
        let text = bench.text();
        assert!(size.0 < 20 || text.contains("loong needs 60×16"), "{text}");
    }
}

#[test]
fn every_size_can_be_drawn_on_every_screen() {
    let mut bench = Bench::new((60, 16), "dark", fixtures::all());
    for keys in ["", "8 G D", "tab enter enter", "?", "esc g l", "g a", "p", "g s", "g v", "g e", "tab", "g L"] {
        bench.keys(keys);
        // Too small for anything but a sentence; what comes meanwhile is laid out all the same.
        for (width, height) in
            (1..=70).step_by(9).flat_map(|w| [1, 3, 4, 5, 9, 15].map(|h| (w, h))).chain([(220, 4), (150, 1)])
        {
            bench.hear(loong::tui::msg::Msg::Resize(width, height));
            bench.keys("");
            let _ = bench.picture();
        }
        for width in (60..=220).step_by(7) {
            for height in (16..=60).step_by(3) {
                bench.hear(loong::tui::msg::Msg::Resize(width, height));
                let _ = bench.picture();
            }
        }
    }
}

#[test]
fn the_cursor_stands_on_the_selected_row() {
    let mut bench = Bench::new((120, 40), "dark", fixtures::all());
    bench.keys("j j");
    let (buffer, cursor) = bench.picture();
    let cursor = cursor.expect("a cursor");
    let row = &rows(&buffer)[usize::from(cursor.y)];
    assert!(row.contains(" 3 "), "{row}");
}

#[test]
fn a_reason_is_read_whole_where_there_are_rows_for_it() {
    let mut candidates = fixtures::all();
    let why = "the endpoint cut the reply off after 148 tokens, with max_tokens = 16384: question and reply may have filled \
               the model's context";
    let failed = candidates.iter_mut().find(|c| c.failure.is_some()).unwrap();
    failed.failure.as_mut().unwrap().message = why.to_owned();
    let nth = candidates.iter().position(|c| c.failure.as_ref().is_some_and(|f| f.message == why)).unwrap();
    let mut bench = Bench::new((120, 40), "dark", candidates);
    bench.keys("g g");
    (0..nth).for_each(|_| bench.keys("j"));
    let shown = rows(&bench.picture().0);
    let right: Vec<&str> = shown.iter().filter_map(|row| row.split(['│', '┃']).nth(2)).map(str::trim).collect();
    assert!(right.join(" ").contains(why), "{}", shown.join("\n"));
    assert!(right.join(" ").contains("no person has judged it"), "{}", shown.join("\n"));
}
