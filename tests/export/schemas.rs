//! Rows against schemas that were written from the pages that trainers' users read; each names its page.

use std::path::Path;

use jsonschema::Validator;
use loong::export::{FormatName, Reasoning, WhichResponses};
use loong::store::record::{Agreement, CandidateView, Curation, Origin, ReferenceKind};
use loong::verifier::Outcome;
use serde_json::{Value, json};

use crate::views::{With, agreeing, candidate, response};
use crate::{disagreeing, request, rows};

/// The schema of a format's rows.
fn schema(format: FormatName) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/export/schemas/{format}.json"));
    serde_json::from_slice(&std::fs::read(file).expect("every format has a schema")).expect("it is JSON")
}

/// Candidates of all sorts: of the loop, imported without code or domain, corrected, with several responses and without
/// reasoning.
pub(crate) fn all_sorts() -> Vec<CandidateView> {
    let both = |id| {
        let refuted = response(0, Some(Outcome::Different));
        candidate(id, Agreement::Agrees, vec![refuted, response(1, Some(Outcome::Equivalent))])
    };
    let imported = both(2).and(|v| {
        v.record.origin = Origin::Import;
        v.record.code = None;
        v.record.domain = String::new();
        v.record.reference_kind = Some(ReferenceKind::Given);
        v.record.family = None;
        v.record.prompt_hash = None;
        v.record.metadata = json!({"license": "MIT", "references": ["4", "four"], "answer_tolerance": 0.01})
            .as_object()
            .cloned()
            .unwrap();
        v.model = None;
    });
    let silent = both(3).and(|v| v.responses.iter_mut().for_each(|r| r.record.reasoning = None));
    let tagged = both(5).curated(Curation::Accept).and(|v| v.tags = vec!["hard".to_owned(), "ünïcode 数".to_owned()]);
    vec![both(1), imported, silent, disagreeing(4).revised("44"), tagged, agreeing(6)]
}

#[test]
fn every_row_is_what_its_readers_documentation_says() {
    for format in FormatName::ALL {
        let schema = schema(*format);
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        for reasoning in Reasoning::ALL {
            for responses in WhichResponses::ALL {
                let mut request = request(*format);
                request.options.reasoning = *reasoning;
                request.options.responses = *responses;
                if request.options.check(*format).is_err() {
                    continue;
                }
                let (rows, _) = rows(&all_sorts(), request).unwrap();
                assert!(rows.len() >= 3, "{format}: {} rows", rows.len());
                for row in &rows {
                    let wrong: Vec<String> =
                        validator.iter_errors(row).map(|e| format!("{} at {}", e, e.instance_path())).collect();
                    assert!(wrong.is_empty(), "{format} {reasoning}: {wrong:?}\n{row:#}");
                }
            }
        }
    }
}

#[test]
fn the_schemas_refuse_what_a_trainer_would() {
    let refuses = |format: FormatName, change: fn(&mut Value)| {
        let validator: Validator = jsonschema::validator_for(&schema(format)).unwrap();
        let (mut rows, _) = rows(&all_sorts(), request(format)).unwrap();
        assert!(validator.is_valid(&rows[0]), "{format}");
        change(&mut rows[0]);
        assert!(!validator.is_valid(&rows[0]), "{format}: {:#}", rows[0]);
    };
    refuses(FormatName::Messages, |row| row["messages"][1]["role"] = json!("gpt"));
    refuses(FormatName::PromptCompletion, |row| row["completion"] = json!("text alone"));
    refuses(FormatName::PromptOnly, |row| row["prompt"] = json!([]));
    refuses(FormatName::Preference, |row| row["rejected"][0]["content"] = json!(null));
    refuses(FormatName::Verl, |row| row["reward_model"]["ground_truth"] = json!(4));
    refuses(FormatName::ShareGpt, |row| row["conversations"][0]["from"] = json!("user"));
    refuses(FormatName::Alpaca, |row| row["output"] = json!(""));
    refuses(FormatName::Loong, |row| row["metadata"] = json!("{}"));
    refuses(FormatName::Raw, |row| row["standing"] = json!("fine"));
}
