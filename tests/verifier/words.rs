//! Fixtures of the text tier, quantities, dates and formulas, by class and in both directions; some with a question.

use loong::verifier::{Outcome, Pair, RuleVerifier, Verdict, Verifier};

use crate::table::pair;

fn asked(reference: &str, response: &str, question: Option<&&str>) -> Verdict {
    let question = question.map(|q| (*q).to_owned());
    RuleVerifier::default().verify(&Pair { question, ..pair(reference, response) })
}

#[test]
fn every_row_of_the_words_holds() {
    let (mut rows, mut wrong) = (0, Vec::new());
    for line in include_str!("words.tsv").lines().filter(|l| !l.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        assert!(matches!(fields.len(), 4 | 5), "four or five fields in `{line}`");
        let (class, word, reference, response) = (fields[0], fields[1], fields[2], fields[3].replace("\\n", "\n"));
        rows += 1;
        let forward = asked(reference, &response, fields.get(4));
        let backward = asked(&response, reference, fields.get(4));
        let both = [forward.outcome, backward.outcome];
        let fits = match word {
            "=" => both == [Outcome::Equivalent; 2],
            ">" => forward.outcome == Outcome::Equivalent,
            "≠" => both == [Outcome::Different; 2],
            "!" => forward.outcome != Outcome::Equivalent,
            "?" => both == [Outcome::Undecided; 2],
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
    assert!(rows >= 150, "the table has {rows} rows");
    assert!(wrong.is_empty(), "{} of {rows} rows do not hold:\n{}", wrong.len(), wrong.join("\n"));
}
