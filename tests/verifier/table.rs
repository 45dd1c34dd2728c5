//! Fixtures by class, in both directions: what is the same must be found the same, what is not must not.

use loong::verifier::{Leniency, Outcome, Pair, Preset, RuleVerifier, Verdict, Verifier, VerifierOptions};

/// A pair without anything around it.
pub(crate) fn pair(reference: &str, response: &str) -> Pair {
    Pair { references: vec![reference.to_owned()], response: response.to_owned(), ..Pair::default() }
}

fn standard(reference: &str, response: &str) -> Verdict {
    RuleVerifier::default().verify(&pair(reference, response))
}

#[test]
fn every_row_of_the_table_holds() {
    let table = include_str!("table.tsv");
    let (mut rows, mut wrong) = (0, Vec::new());
    for line in table.lines().filter(|l| !l.starts_with('#')) {
        let [class, word, reference, response] = <[&str; 4]>::try_from(line.split('\t').collect::<Vec<_>>())
            .unwrap_or_else(|_| panic!("four fields in `{line}`"));
        rows += 1;
        let response = response.replace("\\n#", "\n#").replace("\\nF", "\nF");
        let forward = standard(reference, &response);
        let backward = standard(&response, reference);
        let fits = match word {
            "=" => forward.outcome == Outcome::Equivalent && backward.outcome == Outcome::Equivalent,
            ">" => forward.outcome == Outcome::Equivalent,
            "≠" => forward.outcome == Outcome::Different && backward.outcome == Outcome::Different,
            "!" => forward.outcome != Outcome::Equivalent,
            other => panic!("`{other}` is no word of the table"),
        };
        if !fits {
            wrong.push(format!(
                "{class}: `{reference}` {word} `{response}`\n  {} {} ({} | {})\n  {} {}",
                forward.outcome,
                forward.reason,
                forward.reference_value,
                forward.response_value,
                backward.outcome,
                backward.reason
            ));
        }
    }
    assert!(rows >= 200, "the table has {rows} rows");
    assert!(wrong.is_empty(), "{} of {rows} rows do not hold:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn an_equivalent_names_the_leniencies_that_it_needed() {
    use Leniency::{
        Boolean, Container, Currency, LhsDropped, Order, Percent, Prose, Renamed, Rounding, Singleton, UnitsDropped,
    };
    let rows: &[(&str, &str, &[Leniency])] = &[
        ("1/2", "0.5", &[]),
        ("600/7", "85.71", &[Rounding]),
        ("343", "[343]", &[Singleton]),
        ("(1, 2)", "[1, 2]", &[Container]),
        ("1, 2", "2, 1", &[Order]),
        ("{1, 2}", "{2, 1}", &[]),
        ("x = 3", "3", &[LhsDropped]),
        ("10 cm", "10", &[UnitsDropped]),
        ("10 cm", "0.1 m", &[]),
        ("10%", "0.1", &[Percent]),
        ("20 percent", "20%", &[]),
        ("$72", "72", &[Currency]),
        ("f(z)=z", "f(x)=x", &[Renamed]),
        ("True", "yes", &[Boolean]),
        ("Petya", "Petya will receive it", &[Prose]),
    ];
    for (reference, response, needed) in rows {
        let verdict = standard(reference, response);
        assert_eq!(verdict.outcome, Outcome::Equivalent, "{reference} | {response}: {}", verdict.reason);
        assert_eq!(verdict.leniencies, *needed, "{reference} | {response}");
        let strict = RuleVerifier::new(VerifierOptions::preset(Preset::Strict)).verify(&pair(reference, response));
        assert_eq!(
            strict.outcome == Outcome::Equivalent,
            needed.is_empty(),
            "strict: {reference} | {response}: {}",
            strict.reason
        );
    }
}

#[test]
fn a_withdrawn_leniency_turns_the_verdict() {
    let mut options = VerifierOptions::default();
    options.apply("no-percent").unwrap();
    let verdict = RuleVerifier::new(options).verify(&pair("10%", "0.1"));
    assert_eq!(verdict.outcome, Outcome::Different);
}

#[test]
fn any_of_several_references_counts() {
    let several = |references: &[&str], response: &str| {
        let references = references.iter().map(|r| (*r).to_owned()).collect();
        RuleVerifier::default().verify(&Pair { references, response: response.to_owned(), ..Pair::default() }).outcome
    };
    assert_eq!(several(&["Paris", "Lutetia"], "lutetia"), Outcome::Equivalent);
    assert_eq!(several(&["Paris", "Lutetia"], "Rome"), Outcome::Different);
    assert_eq!(several(&[], "Rome"), Outcome::Undecided);
}

#[test]
fn options_stand_for_their_letters() {
    let ask = |reference: &str, response: &str| {
        let options = ["red", "green", "3/4"].map(str::to_owned).to_vec();
        RuleVerifier::default().verify(&Pair { options, ..pair(reference, response) }).outcome
    };
    assert_eq!(ask("B", "green"), Outcome::Equivalent);
    assert_eq!(ask("green", "(B)"), Outcome::Equivalent);
    assert_eq!(ask("C", "The answer is C."), Outcome::Equivalent);
    assert_eq!(ask("B", "red"), Outcome::Different);
    assert_eq!(ask("B", "C. 3/4"), Outcome::Different);
}

#[test]
fn a_stated_tolerance_and_the_domain_rule() {
    let with = |tolerance: Option<f64>, domain: Option<&str>, reference: &str, response: &str| {
        let pair = Pair { tolerance, domain: domain.map(str::to_owned), ..pair(reference, response) };
        RuleVerifier::default().verify(&pair).outcome
    };
    assert_eq!(with(None, None, "100", "101"), Outcome::Different);
    assert_eq!(with(Some(0.02), None, "100", "101"), Outcome::Equivalent);
    assert_eq!(with(Some(f64::NAN), None, "100", "101"), Outcome::Different);
    assert_eq!(with(None, None, "0.23", "0.2346"), Outcome::Different);
    assert_eq!(with(None, Some("advanced_physics"), "0.23", "0.2346"), Outcome::Equivalent);
}

#[test]
fn the_question_tells_whether_order_matters_and_digits_are_rounded() {
    let asked = |question: &str, reference: &str, response: &str| {
        let pair = Pair { question: Some(question.to_owned()), ..pair(reference, response) };
        RuleVerifier::default().verify(&pair).outcome
    };
    assert_eq!(asked("Find all roots.", "1, 2", "2, 1"), Outcome::Equivalent);
    assert_eq!(asked("List them in increasing order.", "1, 2", "2, 1"), Outcome::Different);
    assert_eq!(asked("Give the point.", "(0, 1)", "[0, 1]"), Outcome::Equivalent);
    assert_eq!(asked("Give the interval.", "(0, 1)", "[0, 1]"), Outcome::Different);
    assert_eq!(asked("Approximately how many turns?", "5040", "\\frac{15840}{\\pi}"), Outcome::Equivalent);
    assert_eq!(asked("How many turns?", "5040", "\\frac{15840}{\\pi}"), Outcome::Different);
}

#[test]
fn what_cannot_be_read_is_undecided_and_says_on_which_side() {
    use loong::verifier::Side;
    let verdict = standard("4", "\\boxed{\\int_0^4 \\mathfrak{x}}");
    assert_eq!((verdict.outcome, verdict.side), (Outcome::Undecided, Some(Side::Response)));
    let verdict = standard("\\int_0^4 \\mathfrak{x}", "\\boxed{4}");
    assert_eq!((verdict.outcome, verdict.side), (Outcome::Undecided, Some(Side::Reference)));
    let verdict = standard("4", "   ");
    assert!(verdict.no_answer());
    assert_eq!((verdict.outcome, verdict.side), (Outcome::Undecided, Some(Side::Response)));
}
