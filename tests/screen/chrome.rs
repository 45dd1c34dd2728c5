//! The foot and the small things: what is told where, and nothing cut without a sign.

use crate::bench::{Bench, rows};
use crate::fixtures;

fn foot(bench: &Bench) -> String {
    rows(&bench.picture().0).pop().unwrap()
}

#[test]
fn the_way_to_help_stays_beside_a_message_and_where_little_fits() {
    for size in [(60, 16), (80, 24), (120, 40)] {
        let mut bench = Bench::new(size, "dark", fixtures::all());
        assert!(foot(&bench).contains("? help"), "{}", foot(&bench));
        bench.keys("D K");
        assert!(foot(&bench).contains("this is the first one") && foot(&bench).contains("? help"), "{}", foot(&bench));
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
    assert!(rows(&bench.picture().0)[2].contains("word…"), "{}", bench.text());
    bench.keys("I");
    assert!(bench.text().contains("word…"), "{}", bench.text());
}
