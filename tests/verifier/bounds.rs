//! Hostile inputs end, and end without a panic, a recursion overflow or a wrong "equivalent".

use loong::verifier::{Outcome, RuleVerifier, Verifier};

use crate::table::pair;

fn outcome(reference: &str, response: &str) -> Outcome {
    RuleVerifier::default().verify(&pair(reference, response)).outcome
}

#[test]
fn brackets_without_end() {
    let open = "(".repeat(1_000_000);
    assert_ne!(outcome(&open, &open[1..]), Outcome::Equivalent);
    assert_eq!(outcome(&open, &open), Outcome::Equivalent);
    let boxes = "\\boxed{".repeat(100_000);
    assert_ne!(outcome("1", &format!("{boxes}1")), Outcome::Equivalent);
}

#[test]
fn nesting_ten_thousand_deep() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{", "}"),
        ("\\sqrt{", "}"),
        ("-", ""),
        ("x^", ""),
        ("sin ", ""),
        ("\\frac{1}{", "}"),
        ("not ", ""),
    ] {
        let nested = format!("{}x{}", open.repeat(10_000), close.repeat(10_000));
        assert_ne!(outcome(&nested, "y"), Outcome::Equivalent, "{open}");
    }
}

#[test]
fn towers_of_powers_are_not_computed() {
    assert_ne!(outcome("9**9**9", "387420489"), Outcome::Equivalent);
    assert_ne!(outcome("9^{9^{9}}", "9^{9^{8}}"), Outcome::Equivalent);
    assert_ne!(outcome("(((9**9)**9)**9)**9", "1"), Outcome::Equivalent);
    assert_ne!(outcome("100000!", "1"), Outcome::Equivalent);
    assert_ne!(outcome("1e999999999", "1e999999998"), Outcome::Equivalent);
}

#[test]
fn a_million_digits() {
    let digits = "7".repeat(1_000_000);
    let mut other = digits.clone();
    other.replace_range(500_000..500_001, "8");
    assert_eq!(outcome(&digits, &digits), Outcome::Equivalent);
    assert_eq!(outcome(&digits, &other), Outcome::Different);
}

#[test]
fn not_a_number_is_equal_to_nothing() {
    for (a, b) in [("nan", "nan"), ("nan", "NaN"), ("nan", "0"), ("nan", "1"), ("[nan]", "nan")] {
        assert_ne!(outcome(a, b), Outcome::Equivalent, "{a} {b}");
    }
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
        let _ = outcome(hostile, hostile);
    }
    assert_eq!(outcome("5", "\u{200b}5"), Outcome::Equivalent);
    assert_ne!(outcome("5", "\u{feff}6"), Outcome::Equivalent);
}

#[test]
fn long_lists_are_compared_or_left_undecided() {
    let list = |range: &mut dyn Iterator<Item = u32>| range.map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    let up = list(&mut (0..5_000));
    let down = list(&mut (0..5_000).rev());
    assert_eq!(outcome(&format!("{{{up}}}"), &format!("{{{down}}}")), Outcome::Equivalent);
    assert_eq!(outcome(&format!("[{up}]"), &format!("[{down}]")), Outcome::Different);
    let heavy = |shift: u32| format!("{{{}}}", list_of(shift));
    assert_ne!(outcome(&heavy(0), &heavy(1)), Outcome::Equivalent);
}

fn list_of(shift: u32) -> String {
    (0..60).map(|n| format!("x^{} + \\sin({n}x)", n + shift)).collect::<Vec<_>>().join(", ")
}
