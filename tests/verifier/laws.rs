//! Laws: the canonical form reads back, every answer equals itself, order of the sides does not matter, unequal
//! integers are never equivalent, and no text makes the verifier panic.

use loong::answer::{Answer, Bracket, Constant, Expr, Hints, Number, read};
use loong::verifier::{Outcome, Pair, RuleVerifier, Verifier};
use proptest::prelude::*;

use crate::table::pair;

fn number() -> impl Strategy<Value = Expr> {
    prop_oneof![
        (-1000i64..1000).prop_map(Expr::integer),
        (-50i64..50, 1i64..50).prop_map(|(n, d)| Expr::ratio(n, d)),
        "[1-9]?[0-9]\\.[0-9]{1,6}".prop_map(|t| Expr::Number(Number::parse(&t).unwrap())),
        "[1-9]\\.[0-9]{1,4}e-?[1-9]".prop_map(|t| Expr::Number(Number::parse(&t).unwrap())),
    ]
}

fn expression() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        number(),
        prop::sample::select(vec!["x", "y", "alpha", "x_1", "t"]).prop_map(Expr::symbol),
        Just(Expr::Constant(Constant::Pi)),
        Just(Expr::Constant(Constant::E)),
        Just(Expr::Constant(Constant::I)),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::sum),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::product),
            (inner.clone(), -4i64..5).prop_map(|(b, e)| Expr::power(b, Expr::integer(e))),
            (inner.clone(), inner.clone()).prop_map(|(b, e)| Expr::power(b, e)),
            inner.clone().prop_map(Expr::sqrt),
            inner.clone().prop_map(|e| Expr::Call("sin".into(), vec![e])),
            (inner.clone(), inner).prop_map(|(a, b)| Expr::Call("f".into(), vec![a, b])),
        ]
    })
}

fn answer() -> impl Strategy<Value = Answer> {
    let leaf = prop_oneof![
        expression().prop_map(Answer::Scalar),
        any::<bool>().prop_map(Answer::Boolean),
        "[a-z]{3,8}( [a-z]{3,8})?".prop_map(Answer::Text),
    ];
    leaf.prop_recursive(2, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|v| Answer::Sequence(Bracket::Tuple, v)),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|v| Answer::Sequence(Bracket::List, v)),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|v| Answer::Sequence(Bracket::Set, v)),
            prop::collection::vec((inner.clone(), inner), 1..4).prop_map(Answer::Mapping),
        ]
    })
}

/// Texts near to what answers look like, and far from it.
fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "\\frac",
        "\\sqrt",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "^",
        "_",
        "+",
        "-",
        "*",
        "/",
        "x",
        "n",
        "f(",
        "\\sin",
        "1",
        "12",
        "0.5",
        "1e9",
        "9**9",
        "!",
        ",",
        ";",
        ":",
        "|",
        "\\text{",
        " and ",
        "\\left",
        "\\right",
        "\\begin{pmatrix}",
        "\\end{pmatrix}",
        "&",
        "\\\\",
        "%",
        "^\\circ",
        "$",
        "\\boxed{",
        "=",
        "<",
        "\\in",
        "\\cup",
        "Interval(",
        "Eq(",
        "Matrix([[",
        "pi",
        "oo",
        "√",
        "½",
        "²",
        "−",
        "٣",
        "\"",
        "'",
        "\n",
        "\u{c}",
        "é",
        "汉",
        "cm",
        "floor(",
        "#### ",
        "answer is ",
        "**",
        "\\pm",
        "not ",
        "1,000",
        "{x|",
        ".",
        "\u{202e}",
        "①",
        "😀",
        " ",
    ]);
    prop_oneof![
        3 => prop::collection::vec(piece, 0..24).prop_map(|p| p.concat()),
        1 => any::<String>(),
    ]
}

fn outcome(reference: &str, response: &str) -> Outcome {
    RuleVerifier::default().verify(&pair(reference, response)).outcome
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn the_canonical_form_of_an_expression_reads_back(e in expression()) {
        let shown = e.to_string();
        prop_assert_eq!(read(&format!("[{shown}, 1*I]"), Hints::default()).elements().map(|i| i[0].clone()), Some(Answer::Scalar(e)), "{}", shown);
    }

    #[test]
    fn the_canonical_form_of_a_container_reads_back(a in answer()) {
        let list = Answer::Sequence(Bracket::List, vec![a, Answer::Scalar(Expr::Constant(Constant::I))]);
        // `**` marks code, in which names are whole.
        let shown = list.to_string();
        let marked = format!("[{shown}, 1**1]");
        let again = read(&marked, Hints::default());
        prop_assert_eq!(again.elements().map(|i| i[0].clone()), Some(list), "{}", shown);
    }

    #[test]
    fn every_answer_is_equivalent_to_itself(t in text()) {
        let verdict = RuleVerifier::default().verify(&pair(&t, &format!("\\boxed{{{t}}}")));
        // Unbalanced text is no box, and a box of nothing is no answer.
        prop_assert_ne!(verdict.outcome, Outcome::Error);
        let same = RuleVerifier::default().verify(&pair(&t, &t));
        if same.extracted.as_deref() == Some(t.trim()) && !same.reference_value.is_empty() && !t.contains("\\boxed") && !t.contains("####") {
            prop_assert_eq!(same.outcome, Outcome::Equivalent, "{}", same.reason);
        }
    }

    #[test]
    fn no_text_makes_it_panic_and_every_verdict_says_why(a in text(), b in text()) {
        let verdict = RuleVerifier::default().verify(&Pair { question: Some(b.clone()), ..pair(&a, &b) });
        prop_assert!(!verdict.reason.is_empty());
        prop_assert_ne!(verdict.outcome, Outcome::Error);
    }

    #[test]
    fn exact_expressions_compare_alike_from_both_sides(a in expression(), b in expression()) {
        if a.has_decimal() || b.has_decimal() {
            return Ok(());
        }
        let (x, y) = (format!("\\boxed{{{a}}}"), format!("\\boxed{{{b}}}"));
        prop_assert_eq!(outcome(&x, &y), outcome(&y, &x), "{} | {}", a, b);
    }

    #[test]
    fn unequal_integers_are_never_equivalent(a in any::<i64>(), b in any::<i64>()) {
        prop_assume!(a != b);
        prop_assert_eq!(outcome(&a.to_string(), &b.to_string()), Outcome::Different);
        prop_assert_eq!(outcome(&a.to_string(), &format!("\\boxed{{{b}.0}}")), Outcome::Different);
    }

    #[test]
    fn an_integer_is_the_same_in_every_dress(a in -1_000_000i64..1_000_000) {
        for dress in [format!("\\boxed{{{a}}}"), format!("${a}$"), format!("{a}.0"), format!("[{a}]"), format!("x = {a}"), format!("\\frac{{{}}}{{2}}", 2 * a), format!("The answer is {a}.")] {
            prop_assert_eq!(outcome(&a.to_string(), &dress), Outcome::Equivalent, "{}", dress);
        }
    }

    #[test]
    fn an_expanded_product_is_the_same_and_one_off_is_not(a in -20i64..20, b in -20i64..20, c in 1i64..5) {
        let factored = format!("(x+({a}))*(x+({b}))");
        let expanded = |k: i64| format!("x^2 + ({})*x + ({})", a + b, a * b + k);
        prop_assert_eq!(outcome(&factored, &expanded(0)), Outcome::Equivalent);
        prop_assert_eq!(outcome(&factored, &expanded(c)), Outcome::Different);
    }
}
