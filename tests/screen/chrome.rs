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
