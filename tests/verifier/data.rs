//! The development pairs, where they are at hand: figures below which no change may fall.

use std::path::PathBuf;

use loong::verifier::{Outcome, Pair, RuleVerifier, Verifier};
use serde_json::Value;

fn rows(file: &str) -> Option<Vec<Value>> {
    let Some(shared) = std::env::var_os("LOONG_SHARED") else {
        eprintln!("skipped: LOONG_SHARED names no folder with the development pairs");
        return None;
    };
    let path = PathBuf::from(shared).join("data/verifier").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    Some(text.lines().map(|l| serde_json::from_str(l).unwrap()).collect())
}

/// Precision and recall over the rows that have a label and satisfy `counts`.
fn score(rows: &[Value], counts: impl Fn(&Value) -> bool) -> (f64, f64) {
    let verifier = RuleVerifier::default();
    let (mut right, mut said, mut equal) = (0.0, 0.0, 0.0);
    for row in rows.iter().filter(|r| r["label"].is_boolean() && counts(r)) {
        let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
        let references = match &row["reference"] {
            Value::Array(all) => all.iter().map(text).collect(),
            one => vec![text(one)],
        };
        let pair = Pair {
            references,
            response: text(&row["response"]),
            question: row["question"].as_str().map(str::to_owned),
            domain: row["domain"].as_str().map(str::to_owned),
            ..Pair::default()
        };
        let accepted = verifier.verify(&pair).outcome == Outcome::Equivalent;
        let label = row["label"] == true;
        right += f64::from(u8::from(accepted && label));
        said += f64::from(u8::from(accepted));
        equal += f64::from(u8::from(label));
    }
    (right / said, right / equal)
}

#[test]
fn mathematics_is_judged_with_precision() {
    let Some(rows) = rows("dev-math.jsonl") else { return };
    let (precision, recall) = score(&rows, |r| r["core"] == true);
    assert!(precision >= 0.975 && recall >= 0.94, "precision {precision:.3}, recall {recall:.3}");
}

#[test]
fn short_answers_are_judged_with_precision() {
    let Some(rows) = rows("dev-text.jsonl") else { return };
    let (precision, recall) = score(&rows, |_| true);
    assert!(precision >= 0.985 && recall >= 0.78, "precision {precision:.3}, recall {recall:.3}");
}

#[test]
fn what_loong_rejected_wrongly_is_accepted() {
    let Some(rows) = rows("dev-loong.jsonl") else { return };
    let (precision, recall) = score(&rows, |_| true);
    assert!(precision >= 0.99 && recall >= 0.97, "precision {precision:.3}, recall {recall:.3}");
    let (_, rejected) = score(&rows, |r| r["loong_verdict"] == false);
    assert!(rejected >= 0.95, "{rejected:.3} of the wrongly rejected outputs are accepted");
}
