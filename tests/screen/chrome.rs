//! The foot and the small things: what is told where, and nothing cut without a sign.

use crate::bench::{Bench, rows};
use crate::fixtures;

fn foot(bench: &Bench) -> String {
    rows(&bench.picture().0).pop().unwrap()
}

/// The row above the foot: the lower border of the screen.
fn border(bench: &Bench) -> String {
    rows(&bench.picture().0).iter().rev().nth(1).unwrap().clone()
}

#[test]
fn a_message_takes_no_hint_away() {
    for size in [(60, 16), (80, 24), (120, 40)] {
        let mut bench = Bench::new(size, "dark", fixtures::all());
        let hints = foot(&bench);
        assert!(hints.contains("accept #1") && hints.contains("? help"), "{hints}");
        assert!(size.0 < 80 || hints.contains("tab pane"), "{hints}");
        bench.keys("D");
        let hints = foot(&bench);
        bench.keys("K");
        assert_eq!(foot(&bench), hints, "hints stay");
        let border = border(&bench);
        assert!(border.ends_with(" this is the first one ┘"), "{border}");
    }
}

#[test]
fn a_long_message_is_read_whole() {
    let mut bench = Bench::new((60, 16), "dark", fixtures::all());
    let message =
        "the store could not be read: its disk has gone away and does not come back before it is mounted again";
    bench.app.warn(message);
    let words: Vec<String> = bench.text().split_whitespace().map(str::to_owned).collect();
    assert!(message.split(' ').all(|word| words.contains(&word.to_owned())), "{}", bench.text());
    assert!(foot(&bench).contains("? help"), "{}", foot(&bench));
}

/// At 80 columns, too, the question is read beside the answers to it, and the list stays.
#[test]
fn question_answers_and_verdict_are_seen_with_the_list() {
    for size in [(60, 16), (80, 24), (99, 30)] {
        let mut bench = Bench::new(size, "dark", fixtures::all());
        bench.keys("n");
        let text = bench.text();
        for seen in ["┃▸≠", "In how many ways", "code answer", "1365", "CoT answer", "2731", "≠ different"] {
            assert!(text.contains(seen), "{seen} is not seen at {size:?}: {text}");
        }
        assert!(text.matches("In how many ways").count() > 2, "in two titles and the question: {text}");
        // Every list that is cut says by how much.
        let rows_of_list = rows(&bench.picture().0).iter().filter(|row| row.starts_with(['┃'])).count();
        let beyond = format!("↓ {} more", 13_usize.saturating_sub(rows_of_list));
        assert_eq!(text.contains(&beyond), rows_of_list < 13, "{text}");
    }
}

/// Where the code leaves room, the chain of thought is read under it, and its answer stays opposite the code's.
#[test]
fn a_chain_of_thought_is_shown_where_there_is_room_for_it() {
    let mut bench = Bench::new((120, 40), "dark", fixtures::all());
    let text = bench.text();
    assert!(text.contains("┠ chain of thought · qwen3-32b") && text.contains("Let aₙ be the number"), "{text}");
    // One that has to be scrolled has a box, and all the room when it is read.
    bench.keys("1 2 G");
    assert!(bench.text().contains("code · 0.21 s") && bench.text().contains("Step 1:"), "{}", bench.text());
    bench.keys("tab tab tab tab");
    assert!(!bench.text().contains("code · 0.21 s") && bench.text().contains("Step 9:"), "{}", bench.text());
    // On a low screen there is none; the way to it is in the foot.
    bench = Bench::new((120, 20), "dark", fixtures::all());
    assert!(!bench.text().contains("Let aₙ be the number") && foot(&bench).contains("tab pane"), "{}", bench.text());
}

/// What lies over the screen leaves no fragments beside it.
#[test]
fn an_overlay_leaves_no_fragments() {
    for (keys, size) in [("g L", (80, 24)), ("?", (100, 30)), ("B", (80, 24)), ("H", (80, 24))] {
        let mut bench = Bench::new(size, "dark", fixtures::all());
        bench.keys(keys);
        let text = rows(&bench.picture().0);
        let from = text.iter().position(|row| {
            row.contains("━ ┓")
                || row.trim_start().starts_with('┏') && row.trim_end().ends_with('┓') && !row.contains("list │")
        });
        let from = from.unwrap_or_else(|| panic!("{keys}: {text:?}"));
        for row in &text[from..text.len() - 1] {
            let row = row.trim();
            assert!(row.is_empty() || row.starts_with(['┏', '┃', '┗', '├', '│', '└']), "{keys}: {row}");
            if row.ends_with('┛') {
                break;
            }
        }
    }
}

/// The head, the list's glyphs, the run screen and the export mean the same by `≠`: what stands.
#[test]
fn what_disagrees_is_counted_as_it_stands() {
    let mut bench = Bench::new((120, 40), "dark", fixtures::all());
    let stands = |bench: &Bench| {
        let filter = loong::store::filter::Filter::parse("standing:disagrees").unwrap();
        bench.store().reader().unwrap().count(&filter).unwrap()
    };
    let shown = |bench: &Bench| -> u64 {
        let head = rows(&bench.picture().0)[0].clone();
        head.trim_end().trim_end_matches('≠').split_whitespace().next_back().unwrap().parse().unwrap()
    };
    let before = stands(&bench);
    assert_eq!(shown(&bench), before, "{}", bench.text());
    // A judgement overrides the verdict, and what it says stands until it is taken back.
    bench.keys("n o e");
    assert_eq!((shown(&bench), stands(&bench)), (before - 1, before - 1));
    bench.keys("u");
    assert_eq!((shown(&bench), stands(&bench)), (before, before));
    // One response that differs is no disagreement where most of them do not.
    let digits = ["\\boxed{12}", "\\boxed{13}", "\\boxed{12}"];
    let mixed = fixtures::answered(fixtures::candidate(1, "games", "How many?", "print(12)", "12"), "s", &digits);
    let bench = Bench::new((120, 40), "dark", vec![mixed]);
    assert_eq!((shown(&bench), stands(&bench)), (0, 0), "{}", bench.text());
}

#[test]
fn what_goes_on_with_a_key_is_told_whole() {
    for size in [(60, 16), (80, 24), (120, 40), (200, 55)] {
        let mut bench = Bench::new(size, "dark", fixtures::all());
        bench.keys("o");
        let text = bench.text();
        for way in ["e  Judge the two answers equivalent", "d  Judge the two answers different", "c  Judge: can't tell"]
        {
            assert!(text.contains(way), "{way}: {text}");
        }
        assert!(foot(&bench).contains("o…"), "{}", foot(&bench));
        bench.keys("esc");
        assert!(!bench.text().contains("Judge the two answers"), "{}", bench.text());
    }
}

#[test]
fn answers_are_broken_between_words() {
    let record =
        fixtures::candidate(1, "logic", "Which?", "print(1)", "the first statement implies the second one always");
    let answer = "\\boxed{\\text{the second statement implies the first one whenever both of them hold}}";
    let mut bench = Bench::new((120, 40), "dark", vec![fixtures::answered(record, "solver", &[answer])]);
    bench.keys("D");
    let (buffer, _) = bench.picture();
    let text = rows(&buffer);
    let from = text.iter().position(|row| row.contains("CoT answer")).unwrap();
    let words: Vec<&str> = text[from + 1..from + 5].iter().flat_map(|row| row.split_whitespace()).collect();
    for word in ["statement", "implies", "whenever", "always"] {
        assert!(words.contains(&word), "{word} in {words:?}");
    }
}

#[test]
fn a_title_that_is_a_beginning_says_so() {
    let question = "word ".repeat(40);
    let mut bench = Bench::new((99, 24), "dark", vec![fixtures::candidate(1, "logic", &question, "print(1)", "1")]);
    let row = rows(&bench.picture().0)[2].clone();
    assert!(row.trim_end_matches(['┃', ' ']).ends_with('…'), "{row}");
    let columns = row.split('…').next().unwrap().chars().count();
    assert!(columns > 90, "as much of the question as there is room for, not what a row keeps of it: {row}");
    bench.keys("I");
    let step = rows(&bench.picture().0).into_iter().find(|row| row.contains("depth 0")).unwrap();
    assert!(step.trim_end_matches(['┃', ' ']).ends_with('…'), "{step}");
}

#[test]
fn what_happened_leaves_no_remainder_of_what_stood_in_the_border() {
    let mut bench = Bench::new((120, 16), "dark", fixtures::all());
    let foot = |bench: &Bench| bench.text().lines().rev().nth(1).unwrap_or_default().to_owned();
    assert!(foot(&bench).contains("more"), "{}", foot(&bench));
    for long in 60..110 {
        bench.app.toast = None;
        bench.app.tell("x".repeat(long));
        let foot = foot(&bench);
        let before = foot.split('x').next().unwrap_or_default();
        let told = before.contains(" more ");
        assert!(told || before.trim_end().chars().all(|c| !c.is_alphanumeric() && c != '↓'), "{long}: {foot}");
    }
}
