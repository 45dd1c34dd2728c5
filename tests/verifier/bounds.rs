//! Hostile inputs end, and end without a panic, a recursion overflow or a wrong word; identical texts are equivalent
//! whatever they are. How long that takes is for the benchmark.

use loong::answer::MAX_TEXT;
use loong::verifier::{Outcome, Pair, RuleVerifier, Verifier};

use crate::hostile::{self, Word};
use crate::table::pair;

fn outcome(reference: &str, response: &str) -> Outcome {
    RuleVerifier::default().verify(&pair(reference, response)).outcome
}

fn fits(word: Word, outcome: Outcome) -> bool {
    match word {
        Word::Any => outcome != Outcome::Error,
        Word::Unequal => outcome == Outcome::Different || outcome == Outcome::Undecided,
        Word::Equivalent => outcome == Outcome::Equivalent,
        Word::Different => outcome == Outcome::Different,
    }
}

/// Bytes of what a person reads in a verdict, and no more.
const LONGEST: usize = 10_000;

#[test]
fn hostile_pairs_end_with_the_right_word() {
    let mut wrong = Vec::new();
    for hostile in hostile::all(2 * MAX_TEXT) {
        let verdict = RuleVerifier::default().verify(&pair(&hostile.reference, &hostile.response));
        let longest = verdict.reference_value.len().max(verdict.response_value.len()).max(verdict.reason.len());
        if !fits(hostile.word, verdict.outcome) || verdict.reason.is_empty() || longest > LONGEST {
            wrong.push(format!("{}: {} {}", hostile.name, verdict.outcome, verdict.reason));
        }
    }
    assert!(wrong.is_empty(), "{} of the verdicts are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn identical_texts_are_equivalent_whatever_they_are() {
    for hostile in hostile::all(2 * MAX_TEXT) {
        for text in [&hostile.reference, &hostile.response] {
            if text.trim().is_empty() || text.contains("nan") {
                continue;
            }
            assert_eq!(outcome(text, text), Outcome::Equivalent, "{}", hostile.name);
        }
    }
}

#[test]
fn not_a_number_is_equal_to_nothing() {
    for (a, b) in [("nan", "nan"), ("nan", "NaN"), ("nan", "0"), ("nan", "1"), ("[nan]", "nan"), ("0*nan", "0")] {
        assert_ne!(outcome(a, b), Outcome::Equivalent, "{a} {b}");
    }
}

#[test]
fn a_hostile_question_or_option_changes_nothing() {
    let long = "in order (".repeat(MAX_TEXT);
    let pair = Pair { question: Some(long.clone()), options: vec![long; 3], ..pair("1/2", "\\boxed{0.5}") };
    assert_eq!(RuleVerifier::default().verify(&pair).outcome, Outcome::Equivalent);
}

#[test]
fn hostile_unicode() {
    for hostile in [
        "\u{202e}5\u{202c}",
        "5\u{0}",
        "\u{feff}6",
        "5\u{301}\u{301}",
        "５٥5",
        "\u{1d7d9}\u{fe0f}\u{20e3}",
        "\\",
        "\\boxed{\\",
        "$",
        "{",
    ] {
        let _ = outcome("5", hostile);
        let _ = outcome(hostile, "5");
        assert_eq!(outcome(hostile, hostile), Outcome::Equivalent, "{hostile:?}");
    }
    assert_eq!(outcome("5", "\u{200b}5"), Outcome::Equivalent);
    assert_ne!(outcome("5", "\u{feff}6"), Outcome::Equivalent);
}
