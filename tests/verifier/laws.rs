//! Laws: the canonical form reads back, every answer equals itself in any notation and any dress, what is off by one is
//! not it, order of the sides does not matter, a stricter preset accepts no more, and no text makes the verifier panic.

use loong::answer::{Answer, Bracket, Constant, Expr, Hints, Number, read};
use loong::verifier::{Outcome, Pair, Preset, RuleVerifier, Verifier, VerifierOptions};
use proptest::prelude::*;

use crate::printers::{Printer, tree};
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

/// Answers of every kind that has a surface, each as a text in some notation.
fn surface() -> impl Strategy<Value = String> {
    let n = || -99i64..100;
    let real = || {
        prop_oneof![
            n().prop_map(|a| a.to_string()),
            (n(), 2i64..30).prop_map(|(a, b)| format!("{a}/{b}")),
            (1i64..30).prop_map(|a| format!("sqrt({a})")),
            (1i64..9).prop_map(|a| format!("{a}*pi")),
            (0i64..50, 0u32..1000).prop_map(|(a, b)| format!("{a}.{b:03}")),
        ]
    };
    let kinds: [BoxedStrategy<String>; 16] = [
        tree().prop_map(|t| t.print(Printer::Sympy)).boxed(),
        tree().prop_map(|t| t.print(Printer::Latex)).boxed(),
        (n(), prop::sample::select(vec!["cm", "m/s", "kg", "J", "%", "apples", "m^2", "°", "km/h"]))
            .prop_map(|(a, u)| format!("{a} {u}"))
            .boxed(),
        (0u32..1000, 3u32..10).prop_map(|(a, b)| format!("{a}_{b}")).boxed(),
        prop::collection::vec(real(), 2..5).prop_map(|v| format!("({})", v.join(", "))).boxed(),
        prop::collection::vec(real(), 1..5).prop_map(|v| format!("[{}]", v.join(", "))).boxed(),
        prop::collection::vec(real(), 1..5).prop_map(|v| format!("\\{{{}\\}}", v.join(", "))).boxed(),
        prop::collection::vec((n(), n()), 2..3)
            .prop_map(|v| {
                format!("Matrix([{}])", v.iter().map(|(a, b)| format!("[{a}, {b}]")).collect::<Vec<_>>().join(", "))
            })
            .boxed(),
        prop::collection::btree_map("[a-d]{2,3}", real(), 1..4)
            .prop_map(|m| {
                format!("{{{}}}", m.iter().map(|(k, v)| format!("'{k}': {v}")).collect::<Vec<_>>().join(", "))
            })
            .boxed(),
        (n(), 1i64..50, 0usize..4)
            .prop_map(|(a, d, k)| format!("{}{a}, {}{}", ["(", "[", "(", "["][k], a + d, [")", ")", "]", "]"][k]))
            .boxed(),
        (n(), 1i64..9, 1i64..9)
            .prop_map(|(a, d, e)| format!("(-\\infty, {a}) \\cup [{}, {}]", a + d, a + d + e))
            .boxed(),
        (n(), prop::sample::select(vec!["<", "<=", "=", "\\ge", "\\neq"]))
            .prop_map(|(a, r)| format!("x {r} {a}"))
            .boxed(),
        (n(), 1i64..50).prop_map(|(a, d)| format!("{a} \\le x < {}", a + d)).boxed(),
        (n(), 1i64..50).prop_map(|(a, d)| format!("x < {a} \\text{{ or }} x > {}", a + d)).boxed(),
        prop::sample::select(vec![
            "\\mathbb{R}",
            "\\emptyset",
            "True",
            "False",
            "p \\land \\neg q",
            "\\{x \\mid x > 3\\}",
            "R \\setminus \\{1\\}",
        ])
        .prop_map(str::to_owned)
        .boxed(),
        "[a-z]{3,8}( [a-z]{3,8})?".boxed(),
    ];
    prop::strategy::Union::new(kinds)
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

    #[test]
    fn the_normal_form_of_every_kind_reads_back(t in surface()) {
        let once = read(&t, Hints::default());
        let again = read(&once.to_string(), Hints::default());
        prop_assert_eq!(&again, &once, "{} is shown as {} and that as {}", t, once, again);
    }

    #[test]
    fn every_kind_is_itself_in_any_dress(t in surface(), preset in prop::sample::select(vec![Preset::Strict, Preset::Standard, Preset::Lenient])) {
        let verifier = RuleVerifier::new(VerifierOptions::preset(preset));
        for dress in [format!("\\boxed{{{t}}}"), format!("So it is\n#### {t}"), format!("We compute.\n\nThe final answer is ${t}$."), format!("A line.\n\\[ \\boxed{{{t}}} \\]\nDone, as \\boxed{{}} asks.")] {
            let verdict = verifier.verify(&pair(&t, &dress));
            prop_assert_eq!(verdict.outcome, Outcome::Equivalent, "{} {}", dress, verdict.reason);
            prop_assert!(verdict.leniencies.is_empty(), "{} needs {:?}", dress, verdict.leniencies);
        }
    }

    #[test]
    fn a_stricter_preset_accepts_no_more(a in surface(), b in surface(), t in tree(), n in -2i64..3) {
        let pairs = [(a.clone(), b), (a.clone(), a.replace(['(', '['], "[").replace([')', ']'], "]")), (t.print(Printer::Latex), t.clone().plus(n).print(Printer::Plain))];
        for (x, y) in pairs {
            let accepted: Vec<bool> = [Preset::Strict, Preset::Standard, Preset::Lenient]
                .into_iter()
                .map(|p| RuleVerifier::new(VerifierOptions::preset(p)).verify(&pair(&x, &y)).outcome == Outcome::Equivalent)
                .collect();
            prop_assert!(accepted.is_sorted(), "{} | {}: strict, standard, lenient accept: {:?}", x, y, accepted);
        }
    }

    #[test]
    fn a_value_printed_in_any_notation_is_the_same(t in tree()) {
        for one in Printer::ALL {
            for other in Printer::ALL {
                let (x, y) = (t.print(one), t.print(other));
                let verdict = RuleVerifier::default().verify(&pair(&x, &y));
                prop_assert_eq!(verdict.outcome, Outcome::Equivalent, "{} | {}: {} ({} | {})", x, y, verdict.reason, verdict.reference_value, verdict.response_value);
            }
        }
    }

    #[test]
    fn a_value_that_is_off_by_one_is_another_in_any_notation(t in tree(), n in prop::sample::select(vec![-2i64, -1, 1, 3])) {
        let off = t.clone().plus(n);
        for one in Printer::ALL {
            for other in Printer::ALL {
                let (x, y) = (t.print(one), off.print(other));
                prop_assert_ne!(outcome(&x, &y), Outcome::Equivalent, "{} | {}", x, y);
                prop_assert_ne!(outcome(&y, &x), Outcome::Equivalent, "{} | {}", y, x);
            }
        }
    }

    #[test]
    fn exact_answers_of_every_kind_compare_alike_from_both_sides(a in surface(), b in surface()) {
        if a.contains('.') || b.contains('.') {
            return Ok(());
        }
        let (x, y) = (format!("\\boxed{{{a}}}"), format!("\\boxed{{{b}}}"));
        prop_assert_eq!(outcome(&x, &y), outcome(&y, &x), "{} | {}", a, b);
    }

    #[test]
    fn decimals_apart_by_more_than_their_digits_are_different(a in 1_000i64..100_000, by in 2i64..500, places in 1usize..6) {
        let shown = |n: i64| format!("{:.places$}", n as f64 / 10f64.powi(i32::try_from(places).unwrap()));
        prop_assert_eq!(outcome(&shown(a), &shown(a + by)), Outcome::Different);
        prop_assert_eq!(outcome(&shown(a + by), &shown(a)), Outcome::Different);
    }

    #[test]
    fn numbers_too_large_or_close_for_floats_are_told_apart(a in 1u64..1_000_000_000, e in 16u32..200, root in 2u32..50) {
        let (x, y) = (format!("{a}\\cdot 10^{{{e}}} + \\sqrt{{{root}}}"), format!("{a}\\cdot 10^{{{e}}} + \\sqrt{{{}}}", root + 1));
        prop_assert_ne!(outcome(&x, &y), Outcome::Equivalent, "{} {}", x, y);
        prop_assert_ne!(outcome(&format!("\\sqrt{{10^{{{}}}+{root}}}", 2 * e), &format!("10^{{{e}}}")), Outcome::Equivalent);
    }
}
