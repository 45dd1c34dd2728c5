//! Exports: what is selected, what the rows are, and (in `files`) what is left on the disk.

#[cfg(feature = "parquet")]
mod columns;
mod files;
mod kept_out;
mod rewards;
mod schemas;
mod since;
#[path = "../views/mod.rs"]
mod views;

use loong::export::{
    Duplicates, ExportError, ExportRequest, FormatName, Manifest, Reasoning, Rows, Skip, WhichResponses,
    selection::select,
};
use loong::failure::{FailureKind, Stage};
use loong::store::record::{Agreement, CandidateView, Curation, Judgement, Origin, ReferenceKind, RightSide};
use loong::verifier::Outcome;
use serde_json::{Value, json};
use views::{With, agreeing, broken, candidate, failed, response};

fn request(format: FormatName) -> ExportRequest {
    ExportRequest::new(format)
}

/// Rows and manifest of an export to memory.
fn rows(views: &[CandidateView], request: ExportRequest) -> Result<(Vec<Value>, Manifest), ExportError> {
    let mut bytes = Vec::new();
    let mut rows = Rows::new(&mut bytes, "standard output", request)?;
    for view in views {
        rows.push(view)?;
    }
    let manifest = rows.finish()?;
    let text = String::from_utf8(bytes).expect("JSON is UTF-8");
    assert!(text.ends_with('\n'));
    Ok((text.lines().map(|line| serde_json::from_str(line).expect("a line is a JSON value")).collect(), manifest))
}

fn disagreeing(id: i64) -> CandidateView {
    candidate(id, Agreement::Disagrees, vec![response(0, Some(Outcome::Different))])
}

#[test]
fn selection_goes_by_people_first_and_then_by_agreement() {
    let undecided = candidate(1, Agreement::Undecided, vec![response(0, Some(Outcome::Undecided))]);
    let blank = |view: CandidateView| view.and(|v| v.record.question = " \n".to_owned());
    let cases: Vec<(&str, CandidateView, Result<(), Skip>)> = vec![
        ("agreement is enough", agreeing(1), Ok(())),
        ("accepted against the verdict", disagreeing(1).curated(Curation::Accept), Ok(())),
        ("accepted while undecided", undecided.clone().curated(Curation::Accept), Ok(())),
        ("rejected against the verdict", agreeing(1).curated(Curation::Reject), Err(Skip::Rejected)),
        ("flagged", agreeing(1).curated(Curation::Flag), Err(Skip::Flagged)),
        ("contested", agreeing(1).and(|v| v.contested = true), Err(Skip::Contested)),
        (
            "contested though accepted",
            agreeing(1).curated(Curation::Accept).and(|v| v.contested = true),
            Err(Skip::Contested),
        ),
        ("different", disagreeing(1), Err(Skip::Different)),
        ("undecided", undecided, Err(Skip::Undecided)),
        ("no reference", failed(1, Stage::Execute, FailureKind::CodeError), Err(Skip::Failed(FailureKind::CodeError))),
        (
            "accepted without a reference",
            failed(1, Stage::Execute, FailureKind::CodeTimeout).curated(Curation::Accept),
            Err(Skip::Failed(FailureKind::CodeTimeout)),
        ),
        ("a blank question", blank(agreeing(1)), Err(Skip::NoQuestion)),
        ("a blank reference", agreeing(1).and(|v| v.record.reference = Some(String::new())), Err(Skip::NoReference)),
        (
            "every response failed",
            candidate(1, Agreement::None, vec![broken(0, Stage::Solve, FailureKind::Refused)]),
            Err(Skip::Failed(FailureKind::Refused)),
        ),
        ("no response", candidate(1, Agreement::None, Vec::new()), Err(Skip::NoVerifiedResponse)),
        ("the code was wrong", agreeing(1).right(RightSide::Neither), Err(Skip::ReferenceWrong)),
        (
            "accepted for its chain of thought",
            disagreeing(1).curated(Curation::Accept).right(RightSide::Cot),
            Err(Skip::ReferenceWrong),
        ),
        ("accepted for its code", disagreeing(1).curated(Curation::Accept).right(RightSide::Code), Ok(())),
    ];
    for (name, view, expected) in cases {
        assert_eq!(select(&view), expected, "{name}");
    }
}

#[test]
fn what_is_left_out_is_counted_by_reason() {
    let views = [
        agreeing(1),
        disagreeing(2),
        disagreeing(3),
        failed(4, Stage::Execute, FailureKind::CodeMemory),
        agreeing(5).curated(Curation::Reject),
        disagreeing(6).curated(Curation::Accept),
    ];
    let (out, manifest) = rows(&views, request(FormatName::Messages)).unwrap();
    assert_eq!(out.len(), 1);
    let skipped: Vec<(&str, u64)> = manifest.candidates.skipped.iter().collect();
    let expected = [("different", 2), ("failed:code_memory", 1), ("no verified response", 1), ("rejected", 1)];
    assert_eq!(skipped, expected, "6 is accepted, and has no response that could be an assistant's");
    assert_eq!((manifest.candidates.seen, manifest.candidates.written), (6, 1));
    let (_, manifest) = rows(&views, request(FormatName::Loong)).unwrap();
    assert_eq!((manifest.candidates.written, manifest.accepted_by_people), (2, 1));
}

#[test]
fn what_was_corrected_goes_out_corrected_and_raw_has_both() {
    let wrong = disagreeing(4).right(RightSide::Neither);
    assert_eq!(select(&wrong), Err(Skip::ReferenceWrong));
    let corrected = disagreeing(4).judged(0, Judgement::Different).revised("44");
    let (out, manifest) = rows(&[agreeing(3), corrected.clone()], request(FormatName::Messages)).unwrap();
    assert_eq!((&out[1]["answer"], &out[0]["answer"]), (&json!("44"), &json!("6")));
    assert_eq!((manifest.revised, manifest.candidates.written), (1, 2));
    let rates = manifest.audit.overall;
    assert_eq!((rates.pairs, rates.confusion.truly_different.different), (1, 1), "of what the verifier compared");

    let (out, _) = rows(&[agreeing(3), corrected.clone()], request(FormatName::Loong)).unwrap();
    assert_eq!(out[1]["final_answer"], "44");
    let provenance = &out[1]["metadata"]["provenance"];
    assert_eq!((&provenance["revised"], &provenance["reference"]), (&json!(["answer"]), &json!("given")));
    assert_eq!(provenance["family"], "5eed", "it stays in its family");
    assert!(out[0]["metadata"]["provenance"].get("revised").is_none());

    let (out, _) = rows(&[corrected], request(FormatName::Raw)).unwrap();
    let row = &out[0];
    assert_eq!((&row["reference"], &row["responses"][0]["verdict"]["outcome"]), (&json!("44"), &json!("equivalent")));
    assert_eq!((&row["revised"]["texts"], &row["revised"]["came"]), (&json!(["answer"]), &json!({"reference": "8"})));
    let first = &row["revised"]["first"]["0"];
    assert_eq!((&first["verdict"]["outcome"], &first["judgement"]), (&json!("different"), &json!("different")));
}

#[test]
fn loong_rows_are_seeds() {
    let mut view = agreeing(21).of("evol", "graph_discrete_math");
    view.tags = vec!["hard".to_owned()];
    let (out, _) = rows(&[view], request(FormatName::Loong)).unwrap();
    assert_eq!(
        out[0],
        json!({
            "question": "What is 21 + 21?",
            "rationale": "print(21 + 21)",
            "final_answer": "42",
            "metadata": {
                "domain": "graph_discrete_math",
                "required_dependencies": ["sympy==1.13.3"],
                "tags": ["hard"],
                "provenance": {
                    "loong_uid": "uid-21",
                    "origin": "loop",
                    "strategy": "evol",
                    "model": "writer-1",
                    "prompt_hash": "cafe",
                    "seeds": ["5eed"],
                    "parent": null,
                    "family": "5eed",
                    "reference": "executed",
                    "solvers": ["solver-a"],
                    "agreement": "agrees",
                    "curation": null,
                },
            },
        })
    );
    let fields: Vec<&String> = out[0].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["question", "rationale", "final_answer", "metadata"], "in the order of the schema");
}

#[test]
fn imports_without_code_keep_what_a_seed_needs_of_their_metadata() {
    let view = agreeing(1).and(|v| {
        v.record.origin = Origin::Import;
        v.record.code = None;
        v.record.domain = String::new();
        v.record.reference_kind = Some(ReferenceKind::Given);
        v.model = None;
        v.record.metadata = json!({
            "license": "MIT", "references": ["2", "two"], "answer_tolerance": 0.01, "raw": "{…", "batch_index": 7
        })
        .as_object()
        .cloned()
        .unwrap();
    });
    let (out, manifest) = rows(&[view], request(FormatName::Loong)).unwrap();
    assert_eq!(out[0]["rationale"], "");
    let metadata = out[0]["metadata"].as_object().unwrap();
    assert_eq!(metadata["license"], "MIT");
    assert_eq!(metadata["references"], json!(["2", "two"]));
    assert_eq!(metadata["answer_tolerance"].to_string(), "0.01");
    for absent in ["domain", "raw", "batch_index"] {
        assert!(!metadata.contains_key(absent), "{absent}");
    }
    assert_eq!(manifest.licences.get("MIT"), 1);
    let (out, _) = rows(&[agreeing(1)], request(FormatName::Loong)).unwrap();
    assert!(out[0]["metadata"].get("license").is_none(), "a licence that is not known is not made up");
}

#[test]
fn messages_are_chats_with_the_response_that_was_asked_for() {
    let mut responses: Vec<_> = [Outcome::Different, Outcome::Equivalent, Outcome::Equivalent, Outcome::Equivalent]
        .iter()
        .zip(0..)
        .map(|(outcome, sample)| response(sample, Some(*outcome)))
        .collect();
    responses[2].record.text = "\\boxed{4}".to_owned();
    responses[3].contested = true;
    let view = candidate(2, Agreement::Agrees, responses);
    let samples = |which: WhichResponses| {
        let mut request = request(FormatName::Messages);
        request.options.responses = which;
        let (out, _) = rows(std::slice::from_ref(&view), request).unwrap();
        out.iter().map(|row| row["sample"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(samples(WhichResponses::FirstVerified), [1]);
    assert_eq!(samples(WhichResponses::ShortestVerified), [2]);
    assert_eq!(samples(WhichResponses::AllVerified), [1, 2], "never what is refuted or contested");

    let (out, _) = rows(&[view], request(FormatName::Messages)).unwrap();
    assert_eq!(
        out[0],
        json!({
            "messages": [
                {"role": "user", "content": "What is 2 + 2?"},
                {"role": "assistant", "content": "Sample 1: adding gives \\boxed{4}"},
            ],
            "answer": "4",
            "domain": "logic",
            "loong_uid": "uid-2",
            "sample": 1,
            "solver": "solver-a",
        })
    );
}

#[test]
fn a_question_that_was_asked_before_is_taken_once() {
    let again = agreeing(2).and(|v| v.record.question = "  what IS 1\n+ 1?".to_owned());
    let first = || agreeing(1);
    let (out, manifest) = rows(&[first(), again.clone()], request(FormatName::Messages)).unwrap();
    assert_eq!((out.len(), manifest.candidates.skipped.get("duplicate question")), (1, 1));
    let mut keep = request(FormatName::Messages);
    keep.options.duplicates = Duplicates::Keep;
    assert_eq!(rows(&[first(), again.clone()], keep).unwrap().0.len(), 2);
    // One that is left out for another reason is nobody's duplicate, and raw with everything drops nothing.
    let rejected = first().curated(Curation::Reject);
    assert_eq!(rows(&[rejected, again.clone()], request(FormatName::Messages)).unwrap().0.len(), 1);
    let mut all = request(FormatName::Raw);
    all.options.all = true;
    assert_eq!(rows(&[first(), again], all).unwrap().0.len(), 2);
}

/// The keys of an object, in their order.
fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn trainers_find_the_columns_that_they_read() {
    let refuted = response(0, Some(Outcome::Different));
    let view = candidate(2, Agreement::Agrees, vec![refuted, response(1, Some(Outcome::Equivalent))]);
    let one = |format| rows(std::slice::from_ref(&view), request(format)).unwrap().0.remove(0);
    let user = json!([{"role": "user", "content": "What is 2 + 2?"}]);
    let said = |sample: u32| format!("Sample {sample}: adding gives \\boxed{{4}}");
    let assistant = |sample| json!([{"role": "assistant", "content": said(sample)}]);

    // TRL, "Dataset formats and types": conversational prompt-completion, prompt-only, preference with explicit prompt.
    let row = one(FormatName::PromptCompletion);
    assert_eq!((&row["prompt"], &row["completion"], &row["answer"]), (&user, &assistant(1), &json!("4")));
    let row = one(FormatName::PromptOnly);
    assert_eq!((&row["prompt"], &row["solution"], &row["answer"]), (&user, &json!("4"), &json!("4")));
    let row = one(FormatName::Preference);
    assert_eq!((&row["prompt"], &row["chosen"], &row["rejected"]), (&user, &assistant(1), &assistant(0)));
    assert_eq!(row["samples"], json!([1, 0]));

    // verl, "Prepare data for post-training".
    let row = one(FormatName::Verl);
    assert_eq!(keys(&row), ["data_source", "prompt", "ability", "reward_model", "extra_info"]);
    assert_eq!(row["reward_model"], json!({"style": "rule", "ground_truth": "4"}));
    assert_eq!((&row["data_source"], &row["prompt"], &row["ability"]), (&json!("loong/logic"), &user, &json!("logic")));

    let row = one(FormatName::ShareGpt);
    let turns = json!([{"from": "human", "value": "What is 2 + 2?"}, {"from": "gpt", "value": said(1)}]);
    assert_eq!(row["conversations"], turns);
    let row = one(FormatName::Alpaca);
    assert_eq!(
        (&row["instruction"], &row["input"], &row["output"]),
        (&json!("What is 2 + 2?"), &json!(""), &json!(said(1)))
    );
}

#[test]
fn a_preference_needs_a_response_that_stands_as_refuted() {
    let all = |refuted: Vec<_>| {
        let good = [response(5, Some(Outcome::Equivalent)), response(6, Some(Outcome::Equivalent))];
        let view = candidate(2, Agreement::Agrees, refuted.into_iter().chain(good).collect());
        let mut request = request(FormatName::Preference);
        request.options.responses = WhichResponses::AllVerified;
        rows(&[view], request).map(|(rows, _)| rows.iter().map(|row| row["samples"].clone()).collect::<Vec<_>>())
    };
    let different = |sample| response(sample, Some(Outcome::Different));
    assert_eq!(all(vec![different(0)]).unwrap(), [json!([5, 0]), json!([6, 0])], "the only one serves for both");
    assert_eq!(all(vec![different(0), different(1)]).unwrap(), [json!([5, 0]), json!([6, 1])]);
    let mut contested = different(0);
    contested.contested = true;
    for none in [vec![], vec![response(0, Some(Outcome::Undecided))], vec![contested]] {
        let error = all(none).unwrap_err().to_string();
        assert!(error.contains("1 no refuted response"), "{error}");
    }
}

#[test]
fn formats_without_a_field_for_reasoning_say_so() {
    for format in [FormatName::ShareGpt, FormatName::Alpaca] {
        let mut request = request(format);
        request.options.reasoning = Reasoning::Think;
        let (out, manifest) = rows(&[agreeing(2)], request.clone()).unwrap();
        assert!(out[0].to_string().contains("<think>") && manifest.reasoning_dropped == 0, "{}", out[0]);
        request.options.reasoning = Reasoning::Field;
        assert!(matches!(rows(&[agreeing(2)], request), Err(ExportError::NoFieldForReasoning { .. })));
    }
    // Prompts alone have no responses, and nothing was dropped of them.
    assert_eq!(rows(&[agreeing(2)], request(FormatName::Verl)).unwrap().1.reasoning_dropped, 0);
}

#[test]
fn a_judgement_makes_a_response_verified_or_unverified() {
    let two =
        |first| candidate(1, Agreement::Agrees, vec![response(0, Some(first)), response(1, Some(Outcome::Equivalent))]);
    let sample = |view| rows(&[view], request(FormatName::Messages)).unwrap().0[0]["sample"].clone();
    assert_eq!(sample(two(Outcome::Different)), 1);
    assert_eq!(sample(two(Outcome::Different).judged(0, Judgement::Equivalent)), 0);
    assert_eq!(sample(two(Outcome::Equivalent).judged(0, Judgement::Different)), 1);
}

#[test]
fn reasoning_is_dropped_tagged_or_kept_apart() {
    let message = |reasoning: Reasoning, view: CandidateView| {
        let mut request = request(FormatName::Messages);
        request.options.reasoning = reasoning;
        let (out, manifest) = rows(&[view], request).unwrap();
        (out[0]["messages"][1].clone(), manifest.reasoning_dropped)
    };
    let text = "Sample 0: adding gives \\boxed{4}";
    assert_eq!(message(Reasoning::Drop, agreeing(2)), (json!({"role": "assistant", "content": text}), 1));
    let tagged = format!("<think>\nLet me add.\n</think>\n\n{text}");
    assert_eq!(message(Reasoning::Think, agreeing(2)), (json!({"role": "assistant", "content": tagged}), 0));
    let apart = json!({"role": "assistant", "reasoning_content": "Let me add.", "content": text});
    assert_eq!(message(Reasoning::Field, agreeing(2)), (apart, 0));

    let silent = || agreeing(2).and(|v| v.responses[0].record.reasoning = None);
    assert_eq!(message(Reasoning::Drop, silent()), (json!({"role": "assistant", "content": text}), 0));
    assert_eq!(message(Reasoning::Think, silent()).0["content"], text, "no empty tags");
    assert_eq!(message(Reasoning::Field, silent()).0["reasoning_content"], "", "the same fields in every row");
}

#[test]
fn raw_has_everything_and_all_takes_what_the_filter_gives() {
    let views = [agreeing(1), disagreeing(2), failed(3, Stage::Generate, FailureKind::Malformed)];
    let (out, _) = rows(&views, request(FormatName::Raw)).unwrap();
    assert_eq!(out.len(), 1, "without --all the selection is that of every format");
    let mut all = request(FormatName::Raw);
    all.options.all = true;
    let (out, manifest) = rows(&views, all).unwrap();
    assert_eq!(out.len(), 3);
    assert_eq!(manifest.candidates.skipped.total(), 0);
    assert_eq!(out[0]["id"], 1);
    assert_eq!(out[0]["code"], "print(1 + 1)");
    assert_eq!(out[0]["responses"][0]["verdict"]["reason"], "both are 4");
    assert_eq!(out[0]["responses"][0]["standing"], "equivalent");
    assert_eq!(out[1]["standing"], "disagrees");
    assert_eq!(out[2]["failure"]["kind"], "malformed");
}

#[test]
fn all_is_refused_where_rows_are_promised_to_be_right() {
    for format in [FormatName::Loong, FormatName::Messages] {
        let mut request = request(format);
        request.options.all = true;
        let error = rows(&[agreeing(1)], request).unwrap_err();
        assert!(matches!(error, ExportError::AllIsForRaw { .. }), "{error}");
        assert!(error.to_string().contains("--format raw"), "{error}");
    }
}

#[test]
fn hostile_text_comes_out_as_it_came_and_its_line_is_harmless() {
    let hostile = "\u{1b}]0;owned\u{7}\u{9b}2J \u{202e}\n\"quoted\" \\frac{1}{2} 数\u{2028}";
    let view = agreeing(1).and(|v| v.record.question = hostile.to_owned());
    let mut bytes = Vec::new();
    let mut to = Rows::new(&mut bytes, "-", request(FormatName::Loong)).unwrap();
    to.push(&view).unwrap();
    to.finish().unwrap();
    assert!(!bytes[..bytes.len() - 1].iter().any(|byte| *byte < 0x20), "controls of the terminal are escaped");
    let row: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(row["question"], hostile);
}

#[test]
fn candidates_must_come_in_order() {
    let error = rows(&[agreeing(2), agreeing(1)], request(FormatName::Loong)).unwrap_err();
    assert!(matches!(error, ExportError::Order { id: 1, after: 2 }), "{error}");
}

#[test]
fn a_reader_that_has_gone_is_known_as_such() {
    struct Gone;
    impl std::io::Write for Gone {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut rows = Rows::new(Gone, "standard output", request(FormatName::Raw)).unwrap();
    let gone = (1..10_000).find_map(|id| rows.push(&agreeing(id)).err()).expect("it is written before the end");
    assert!(gone.is_closed_pipe(), "{gone}");
}

#[test]
fn names_are_counted_in_bounded_room() {
    let views: Vec<CandidateView> =
        (1..=1_200).map(|id| agreeing(id).and(|v| v.record.prompt_hash = Some(format!("{id:04}")))).collect();
    let (_, manifest) = rows(&views, request(FormatName::Loong)).unwrap();
    assert_eq!(manifest.prompt_hashes.iter().count(), 1_000);
    assert_eq!((manifest.prompt_hashes.others(), manifest.prompt_hashes.total()), (200, 1_200));
    assert_eq!(serde_json::to_value(&manifest.prompt_hashes).unwrap()["(others)"], 200);
}
