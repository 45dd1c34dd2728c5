//! The sheet of a correction, and the revision that is made of it.

use loong::review::correction::{CodeRun, from_sheet, revision, sheet};
use loong::store::record::CandidateView;
use loong::store::revision::Texts;
use loong::verifier::{Outcome, VerifierOptions};
use proptest::prelude::*;

use crate::views::{With, agreeing, candidate, response};

fn view(question: &str, code: Option<&str>, reference: &str) -> CandidateView {
    agreeing(1).and(|v| {
        question.clone_into(&mut v.record.question);
        v.record.code = code.map(str::to_owned);
        v.record.reference = Some(reference.to_owned());
    })
}

#[test]
fn what_was_changed_on_the_sheet_is_read_and_nothing_else() {
    let view = view("How many?\r\n\nSay.", Some("x = 1\n\nprint(x)\n"), "1");
    let text = sheet(&view);
    assert!(from_sheet(&text, &view).unwrap().texts.is_empty());
    assert!(from_sheet(&text.replace("\r\n", "\n").replace('\n', "\r\n"), &view).unwrap().texts.is_empty());
    let draft = from_sheet(&(text.replace("x = 1", "x = 2") + "typed it wrong\n\n"), &view).unwrap();
    assert_eq!(draft.texts, Texts { code: Some("x = 2\n\nprint(x)".to_owned()), ..Texts::default() });
    assert_eq!(draft.reason.as_deref(), Some("typed it wrong"));
    let draft = from_sheet(&text.replace("answer ====\n1\n", "answer ====\n 2 \n"), &view).unwrap();
    assert_eq!(draft.texts, Texts { reference: Some("2".to_owned()), ..Texts::default() });
}

#[test]
fn what_is_wrong_with_a_sheet_is_told() {
    let with = view("How many?", Some("print(1)"), "1");
    let text = sheet(&with);
    for (text, says) in [
        (text.replace("==== code", "=== code"), "`==== code` is missing"),
        (format!("{text}{text}"), "twice"),
        (text.replace("print(1)", ""), "the code is empty"),
        (text.replace("How many?", " \n"), "the question is empty"),
    ] {
        let told = from_sheet(&text, &with).unwrap_err();
        assert!(told.contains(says), "{told}");
    }
    let without = view("How many?", None, "1");
    assert!(!sheet(&without).contains("==== code"), "what has no code has no place for it");
    assert!(from_sheet(&sheet(&without), &without).unwrap().texts.is_empty());
}

proptest! {
    #[test]
    fn a_sheet_left_as_it_is_changes_nothing(question in "\\PC{1,60}(\n\\PC{0,60}){0,3}", answer in "\\PC{1,30}") {
        prop_assume!(!question.contains("==== ") && !answer.contains("==== "));
        let view = view(&question, Some("print(1)"), &answer);
        prop_assert!(from_sheet(&sheet(&view), &view).unwrap().texts.is_empty());
    }
}

#[test]
fn a_revised_answer_is_verified_beside_every_response_and_stands_alone() {
    let mut two = candidate(
        2,
        loong::store::record::Agreement::Disagrees,
        vec![response(0, Some(Outcome::Equivalent)), response(1, Some(Outcome::Different)), response(2, None)],
    );
    two.responses[0].record.text = "\\boxed{4}".to_owned();
    two.responses[1].record.text = "so it is \\boxed{\\frac{1}{2}}".to_owned();
    two.responses[2].record.text = String::new();
    two.record.metadata.insert("references".to_owned(), serde_json::json!(["4"]));
    let to = |reference: Option<&str>, question: Option<&str>| Texts {
        reference: reference.map(str::to_owned),
        question: question.map(str::to_owned),
        code: None,
    };
    let options = VerifierOptions::default();
    let made = revision(two.clone(), to(Some("0.5"), None), None, &options);
    let outcomes: Vec<(u32, Outcome)> = made.verdicts.iter().map(|(sample, v)| (*sample, v.outcome)).collect();
    // The alternative was to the first answer, and a response without a text has nothing to be compared.
    assert_eq!(outcomes, [(0, Outcome::Different), (1, Outcome::Equivalent)]);
    assert!(revision(two, to(None, Some("Else?")), None, &options).verdicts.is_empty(), "the pair is what it was");
}

#[test]
fn a_run_is_kept_with_the_code_that_it_is_of() {
    let options = VerifierOptions::default();
    let run = |answer: Result<&str, &str>| CodeRun {
        execution: loong::store::record::ExecutionRecord {
            code_hash: String::new(),
            end: "exit".to_owned(),
            status: Some(0),
            stdout: "4\n".to_owned(),
            stderr: String::new(),
            stdout_bytes: 2,
            seconds: 0.1,
            cpu_seconds: 0.1,
            memory: 1,
            isolation: "full".to_owned(),
            venv: String::new(),
            python: String::new(),
            substituted: Vec::new(),
        },
        answer: answer.map(str::to_owned).map_err(str::to_owned),
    };
    let texts = |code: Option<&str>, reference: Option<&str>| Texts {
        question: None,
        code: code.map(str::to_owned),
        reference: reference.map(str::to_owned),
    };
    for (texts, run, wanted) in [
        (texts(Some("print(4)"), Some("4")), run(Ok("4")), (true, true)),
        (texts(Some("print(4)"), Some("5")), run(Ok("4")), (true, false)),
        (texts(Some("print(4)"), None), run(Err("it failed")), (true, false)),
        (texts(None, Some("4")), run(Ok("4")), (false, false)),
    ] {
        let made = revision(agreeing(3), texts, Some(&run), &options);
        assert_eq!((made.execution.is_some(), made.printed), wanted, "{made:?}");
    }
}
