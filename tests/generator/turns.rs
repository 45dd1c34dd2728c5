//! What all strategies share, shown on few-shot: reading, one repair, and failures by kind.

use loong::failure::FailureKind;
use loong::generator::few_shot::FewShot;
use loong::generator::{GenerateError, Generated, Generator};
use loong::model::{AskError, ChatRequest, Finish, ModelError, Role, Sampling, Speaker};

use crate::fakes::{Fake, Reply, draft, failed, keys_differ, said, seeds};

const GOOD: &str = r#"{"question": "What is 2 + 2?", "code": "```python\nprint(2 + 2)\n```"}"#;

fn few_shot() -> FewShot {
    FewShot::new(&seeds(), 3, 7, Sampling::default(), FewShot::prompt(None).unwrap())
}

fn first(request: &ChatRequest) -> bool {
    request.sample == 0
}

#[tokio::test]
async fn a_good_reply_is_one_request() {
    let desk = Fake::new(|_: &ChatRequest| said(GOOD));
    let (draft, provenance) = draft(&few_shot(), 1, &desk).await;
    assert_eq!((draft.question.as_str(), draft.code()), ("What is 2 + 2?", Some("print(2 + 2)")));
    assert_eq!((draft.domain.as_str(), provenance.seeds.len()), ("logic", 3));
    assert_eq!((desk.requests().len(), provenance.reply_id), (1, Some(1)));
}

#[tokio::test]
async fn a_reply_that_cannot_be_read_is_shown_to_its_model_once() {
    let bad = "I would ask: what is 2 + 2?";
    let desk = Fake::new(|r: &ChatRequest| said(if first(r) { bad } else { GOOD }));
    let (_, provenance) = draft(&few_shot(), 1, &desk).await;
    let requests = desk.requests();
    assert_eq!((requests.len(), provenance.reply_id), (2, Some(2)));
    assert_eq!(provenance.raw, None);
    let again = &requests[1].messages;
    assert_eq!(again[..again.len() - 2], requests[0].messages[..]);
    assert_eq!((again[again.len() - 2].speaker, again[again.len() - 2].content.as_str()), (Speaker::Assistant, bad));
    let told = &again[again.len() - 1];
    assert!(told.speaker == Speaker::User && told.content.contains("no JSON object"), "{}", told.content);
    assert!(told.content.contains("question, code"), "{}", told.content);
    keys_differ(&requests);
    assert_ne!(requests[0].sampling.seed, requests[1].sampling.seed);
}

#[tokio::test]
async fn a_second_bad_reply_is_the_end_of_the_slot() {
    let desk = Fake::new(|r: &ChatRequest| said(if first(r) { "first" } else { r#"{"question": "..."}"# }));
    let (kind, message, provenance) = failed(&few_shot(), 1, &desk).await;
    assert_eq!(kind, FailureKind::Malformed);
    assert!(message.contains("no text under `code`, also when asked again"), "{message}");
    assert_eq!(provenance.raw.as_deref(), Some(r#"{"question": "..."}"#));
    assert_eq!((provenance.reply_id, desk.requests().len()), (Some(2), 2));
}

#[tokio::test]
async fn an_endless_reply_is_not_sent_back_whole() {
    let desk = Fake::new(|r: &ChatRequest| if first(r) { said("ü".repeat(1 << 20)) } else { said(GOOD) });
    draft(&few_shot(), 1, &desk).await;
    let shown = desk.requests()[1].messages.iter().find(|m| m.speaker == Speaker::Assistant).unwrap().content.len();
    assert!(shown <= 8_000, "{shown}");
}

#[tokio::test]
async fn an_empty_reply_is_not_sent_back_as_a_message() {
    let desk = Fake::new(|r: &ChatRequest| said(if first(r) { " \n" } else { GOOD }));
    draft(&few_shot(), 1, &desk).await;
    assert!(desk.requests()[1].messages.iter().all(|m| m.speaker != Speaker::Assistant));
}

#[tokio::test]
async fn what_was_cut_or_declined_is_not_asked_again() {
    for (finish, kind) in [(Finish::Length, FailureKind::Truncated), (Finish::Refusal, FailureKind::Refused)] {
        let desk = Fake::new(move |_: &ChatRequest| Ok((finish, "{\"question\": \"What".to_owned())));
        let (got, _, provenance) = failed(&few_shot(), 1, &desk).await;
        assert_eq!((got, desk.requests().len()), (kind, 1));
        assert_eq!(provenance.raw.as_deref(), Some("{\"question\": \"What"));
    }
}

fn error(fault: &str) -> AskError {
    let endpoint = || "e".to_owned();
    match fault {
        "gone" => ModelError::Unreachable { endpoint: endpoint(), attempts: 3, message: "refused".into() }.into(),
        "context" => ModelError::ContextOverflow { endpoint: endpoint(), message: "too long".into() }.into(),
        "key" => ModelError::Key { endpoint: endpoint(), status: 401, message: "no".into(), hint: "K".into() }.into(),
        "script" => ModelError::Exhausted { role: Role::Generator, ordinal: 1, sample: 0 }.into(),
        "store" => AskError::Store("full".into()),
        _ => AskError::Stopping,
    }
}

#[tokio::test]
async fn faults_of_the_endpoint_keep_their_kind() {
    for (fault, kind) in [("gone", FailureKind::ModelError), ("context", FailureKind::ContextOverflow)] {
        let desk = Fake::new(|_: &ChatRequest| Err(error(fault)));
        assert_eq!(failed(&few_shot(), 1, &desk).await.0, kind);
    }
    for (fault, halts) in [
        ("key", GenerateError::Final(error("key").to_string())),
        ("store", GenerateError::Final("full".into())),
        ("stop", GenerateError::Stopping),
    ] {
        let desk = Fake::new(|_: &ChatRequest| Err(error(fault)));
        assert_eq!(few_shot().generate(1, &desk).await, Err(halts));
    }
    let desk = Fake::new(|_: &ChatRequest| Err(error("script")));
    assert!(matches!(few_shot().generate(1, &desk).await, Ok(Generated::Ended(_))));
}

/// A repair that cannot be had leaves the reply what it was; one that the endpoint lost is the endpoint's fault.
#[tokio::test]
async fn a_repair_may_fail_in_its_own_way() {
    for (fault, kind) in
        [("script", FailureKind::Malformed), ("context", FailureKind::Malformed), ("gone", FailureKind::ModelError)]
    {
        let desk = Fake::new(|r: &ChatRequest| -> Reply {
            if first(r) { said("bad") } else { Err(error(fault)) }
        });
        assert_eq!(failed(&few_shot(), 1, &desk).await.0, kind, "{fault}");
    }
    let desk = Fake::new(|r: &ChatRequest| if first(r) { said("bad") } else { Err(AskError::Stopping) });
    assert_eq!(few_shot().generate(1, &desk).await, Err(GenerateError::Stopping));
}

/// The requests of runs that are stored: another key would be paid again when they are resumed.
#[tokio::test]
async fn the_first_request_of_a_slot_is_what_it_always_was() {
    let desk = Fake::new(|_: &ChatRequest| said(GOOD));
    draft(&few_shot(), 1, &desk).await;
    let request = &desk.requests()[0];
    assert_eq!((request.role, request.ordinal, request.sample), (Role::Generator, 1, 0));
    let schema = request.schema.as_ref().unwrap();
    assert_eq!(
        serde_json::to_string(schema).unwrap(),
        r#"{"name":"problem","schema":{"type":"object","properties":{"question":{"type":"string","description":"the problem, self-contained"},"code":{"type":"string","description":"a whole Python program that prints the answer with print(...) and nothing else"}},"required":["question","code"],"additionalProperties":false}}"#
    );
}
