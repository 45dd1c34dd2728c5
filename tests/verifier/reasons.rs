//! Reasons that a person can check: they carry the values, the place and the point, whatever way the verdict went.

use loong::verifier::{Outcome, Pair, RuleVerifier, Verdict, Verifier, VerifierOptions};

fn verdict(reference: &str, response: &str) -> Verdict {
    let pair = Pair { references: vec![reference.into()], response: response.into(), ..Pair::default() };
    RuleVerifier::default().verify(&pair)
}

fn check(outcome: Outcome, rows: &[(&str, &str, &str)]) {
    for (reference, response, reason) in rows {
        let verdict = verdict(reference, response);
        assert_eq!(verdict.outcome, outcome, "{reference} | {response}: {}", verdict.reason);
        assert_eq!(verdict.reason, *reason, "{reference} | {response}");
    }
}

#[test]
fn values_are_told_with_their_distance() {
    check(
        Outcome::Different,
        &[
            ("343", "299", "343 and 299 differ by 44, 13 % of the larger."),
            ("0", "20", "0 and 20 differ by 20."),
            ("30.0", "30.5", "30.0 and 30.5 differ by 0.5, 1.6 % of the larger."),
            (
                "21.93",
                "363/14",
                "21.93 and `363/14` (25.9286) differ by 4, 15 % of the larger; `363/14` rounds to 25.93.",
            ),
            (
                "0.3",
                "1/3",
                "0.3 and `1/3` (0.333333) differ by 0.0333, 10 % of the larger; that `1/3` rounds to 0.3 says too little with so few \
                 digits.",
            ),
            (
                r"\sqrt{2}",
                r"\sqrt{3}",
                "`sqrt(2)` (1.41421) and `sqrt(3)` (1.73205) differ by 0.318, 18 % of the larger.",
            ),
            ("2e-10", "2e-11", "2e-10 and 2e-11 differ by 1.8e-10, 90 % of the larger; `2e-11` rounds to 0e-10."),
        ],
    );
    check(
        Outcome::Equivalent,
        &[
            ("600/7", "85.714", "`600/7` (85.714286) rounds to 85.714."),
            (
                "300",
                "299.999999999999",
                "300 and 299.999999999999 differ by 3.3e-15 of their size only, which is float noise.",
            ),
            ("1/2", "0.5", "`1/2` (0.5) and 0.5 are the same number."),
        ],
    );
}

#[test]
fn a_tolerance_is_named() {
    let pair = |response: &str| Pair {
        references: vec!["30.0".into()],
        response: response.into(),
        tolerance: Some(1e-3),
        ..Pair::default()
    };
    let said = |response: &str| RuleVerifier::default().verify(&pair(response)).reason;
    assert_eq!(said("30.5"), "30.0 and 30.5 differ by 0.5, 1.6 % of the larger, more than the tolerance of 0.1 %.");
    assert_eq!(said("30.01"), "30.0 and 30.01 differ by 0.033 %, within the tolerance of 0.1 %.");
}

#[test]
fn functions_are_told_at_a_point() {
    check(
        Outcome::Different,
        &[
            ("x^2 + 1", "x^2 + 2", "At x = 2 the two are 5 and 6."),
            ("1+\\sqrt{x}", "1-\\sqrt{x}", "At x = 2 the two are 2.41421 and -0.414214."),
            ("x*y", "x+y", "At x = 2, y = 3 the two are 6 and 5."),
            ("y = 2x", "y = 3x", "At x = 2 the two are 4 and 6."),
        ],
    );
    check(
        Outcome::Equivalent,
        &[
            (
                "(x+1)^2",
                "x^2+2x+1",
                "The two expressions are the same function: both are 9 at x = 2, and they agree at every other point tried.",
            ),
            (
                "2x + 2y = 4",
                "x + y = 2",
                "Left side minus right side is, in the reference, 2 times that of the response: 6 and 3 at x = 2, y = 3.",
            ),
        ],
    );
}

#[test]
fn parts_are_told_by_their_place() {
    check(
        Outcome::Different,
        &[
            ("[1, 2, 3]", "[1, 2, 4]", "At place 3: 3 and 4 differ by 1, 25 % of the larger."),
            (r"\{1, 2\}", r"\{1, 3\}", "`2`, element 2 of the reference, has no match in the response."),
            ("(1, 2)", "(1, 2, 3)", "The reference has 2 elements and the response has 3."),
            ("{'a': 1, 'b': 2}", "{'a': 1, 'b': 4}", "At the key `b`: 2 and 4 differ by 2, 50 % of the larger."),
            ("{'a': 1, 'b': 2}", "{'a': 1, 'c': 2}", "The response has no key `b`."),
            (
                "[[1, 2], [3, 4]]",
                "[[1, 2], [3, 5]]",
                "At place 2: at place 2: 4 and 5 differ by 1, 20 % of the larger.",
            ),
        ],
    );
}

#[test]
fn sets_are_told_by_what_one_holds() {
    check(
        Outcome::Different,
        &[
            ("x < 3", "x \\le 3", "The response holds 3 itself, and the reference does not."),
            ("x \\le 3", "x < 3", "The reference holds 3 itself, and the response does not."),
            ("[1, 2)", "[1, 2]", "The response holds 2 itself, and the reference does not."),
            ("x > 1", "x < 1", "The response holds what is below 1, and the reference does not."),
        ],
    );
    check(
        Outcome::Equivalent,
        &[(
            "[1/2, 8]",
            "0.5 \\le x \\le 8",
            "Both sets have their ends at 0.5, 8, and hold the same of them and of what is between.",
        )],
    );
}

#[test]
fn what_was_taken_off_is_told() {
    check(
        Outcome::Equivalent,
        &[
            ("x = 3", "3", "Without its left side: both have the same normal form."),
            ("3", "x = 3", "Without its left side: both have the same normal form."),
            ("[343]", "343", "For the reference its only element: both have the same normal form."),
            ("343", "[343]", "For the response its only element: both have the same normal form."),
            ("10%", "0.1", "As a share of one: `1/10` (0.1) and 0.1 are the same number."),
            ("10%", "10", "In percent: both are the same number."),
        ],
    );
    check(
        Outcome::Different,
        &[
            ("x = 3", "4", "Without its left side: 3 and 4 differ by 1, 25 % of the larger."),
            ("10%", "11", "As a share of one: `1/10` (0.1) and 11 differ by 10.9, 99 % of the larger."),
        ],
    );
}

#[test]
fn units_and_words_are_named() {
    check(
        Outcome::Different,
        &[
            (
                "5 A",
                "5 mA",
                "In `A`, the reference's unit, the response is `1/200` (0.005): 5 and `1/200` (0.005) differ by 5, 100 % of the larger.",
            ),
            ("1 m", "1 s", "`m` and `s` are units of different things."),
            ("Paris", "London", "The reference has “paris” where the response has “london”."),
            ("the deep blue sea", "deep sea", "The response lacks “blue” of the reference."),
            ("Paris", "[1, 2]", "The reference is words and the response is a list."),
            ("True", "False", "The reference is true and the response is false."),
        ],
    );
}

#[test]
fn what_was_not_read_is_told_with_its_place() {
    check(
        Outcome::Undecided,
        &[
            (
                r"1 + \foobar{2}",
                "3",
                "The reference could not be read: `\\foobar` is not understood, at character 5 of `1 + \\foobar{2}`.",
            ),
            (
                "3",
                r"1 + \foobar{2}",
                "The response could not be read: `\\foobar` is not understood, at character 5 of `1 + \\foobar{2}`.",
            ),
        ],
    );
}

#[test]
fn truth_tables_are_told_by_a_row() {
    check(
        Outcome::Different,
        &[(
            r"p \implies q",
            r"q \implies p",
            "They are not both true, nor both false, where `p` is true, `q` is false.",
        )],
    );
}

#[test]
fn a_leniency_that_is_not_granted_keeps_the_evidence() {
    let mut options = VerifierOptions::default();
    options.apply("no-rounding").unwrap();
    let pair = Pair { references: vec!["600/7".into()], response: "85.714".into(), ..Pair::default() };
    assert_eq!(
        RuleVerifier::new(options).verify(&pair).reason,
        "They would be the same but for rounding, which is not granted: `600/7` (85.714286) rounds to 85.714."
    );
}

#[test]
fn reasons_stay_short_whatever_the_answers_are() {
    let long = "x+".repeat(2_000) + "1";
    let words = "word ".repeat(3_000);
    let nested = "[".repeat(40) + "1" + &"]".repeat(40);
    let digits = "9".repeat(3_000);
    let many = (0..400).map(|i| format!("x_{i}")).collect::<Vec<_>>().join("*");
    let all = [
        long.as_str(),
        &words,
        &nested,
        &digits,
        &many,
        "1",
        "x",
        "[1,[2,[3]]]",
        "\\frac{1}{3} m",
        "1e300",
        "3^{3^{3^3}}",
    ];
    for a in all {
        for b in all {
            let reason = verdict(a, b).reason;
            assert!(reason.chars().count() <= 900, "{} characters: {reason}", reason.chars().count());
        }
    }
}
