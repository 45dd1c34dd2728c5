//! Multi-agent: attack, revision, several programs, and objections that stand.

use loong::failure::FailureKind;
use loong::generator::Generator;
use loong::generator::multi_agent::{MultiAgent, Settings};
use loong::model::{ChatRequest, Role, Sampling};
use serde_json::json;

use crate::fakes::{Fake, Reply, draft, failed, keys_differ, programs, said, seeds};

fn generator(settings: &Settings) -> MultiAgent {
    let prompts = MultiAgent::prompts(None).unwrap();
    MultiAgent::new(&seeds(), settings, 7, Sampling::default(), prompts).unwrap()
}

fn attack(self_contained: bool, answerable: bool, answer_hidden: bool) -> Reply {
    let good = self_contained && answerable && answer_hidden;
    said(json!({
        "objections": if good { "none" } else { "It does not say how heavy a penguin is." },
        "self_contained": self_contained,
        "answerable": answerable,
        "answer_hidden": answer_hidden,
    }))
}

fn answer(request: &ChatRequest) -> Reply {
    match request.role {
        Role::Coder => said(json!({"code": format!("print(47)  # {}", request.sample / 2)})),
        Role::Critic => attack(true, true, true),
        _ => said(json!({"question": format!("Draft {}: what do seventeen penguins weigh?", request.sample / 2)})),
    }
}

#[tokio::test]
async fn a_question_without_objections_gets_its_programs() {
    let desk = Fake::new(answer);
    let (draft, provenance) = draft(&generator(&Settings::default()), 1, &desk).await;
    assert!(draft.question.starts_with("Draft 0"));
    assert_eq!(programs(&draft), ["print(47)  # 0", "print(47)  # 1", "print(47)  # 2"]);
    assert_eq!((provenance.seeds.len(), provenance.reply_id), (3, Some(1)));
    assert_eq!(provenance.notes["attacks"][0]["attack"]["objections"], "none");
    assert!(!provenance.notes.contains_key("question"), "the draft has it");
    assert_eq!((desk.asked(Role::Generator), desk.asked(Role::Critic), desk.asked(Role::Coder)), (1, 1, 3));
    keys_differ(&desk.requests());
}

#[tokio::test]
async fn the_writer_answers_the_critic() {
    let desk = Fake::new(|r: &ChatRequest| match (r.role, r.sample) {
        (Role::Critic, 0) => attack(false, true, true),
        _ => answer(r),
    });
    let (draft, provenance) = draft(&generator(&Settings::default()), 1, &desk).await;
    assert!(draft.question.starts_with("Draft 1"));
    let requests = desk.requests();
    let revision = requests.iter().find(|r| r.role == Role::Generator && r.sample == 2).unwrap();
    let told = &revision.messages.last().unwrap().content;
    assert!(told.contains("Draft 0") && told.contains("how heavy a penguin is"), "{told}");
    assert!(!told.contains(&seeds().iter().next().unwrap().question), "a revision is about its question alone");
    let attacks = provenance.notes["attacks"].as_array().unwrap();
    assert_eq!((attacks.len(), &attacks[0]["attack"]["self_contained"]), (2, &json!(false)));
    assert_eq!(
        provenance.reply_id,
        requests.iter().position(|r| r == revision).map(|at| i64::try_from(at).unwrap() + 1)
    );
    keys_differ(&requests);
}

#[tokio::test]
async fn an_objection_that_stands_is_the_failure() {
    for (flaw, kind) in [
        ((false, true, true), FailureKind::Underspecified),
        ((true, false, true), FailureKind::Underspecified),
        ((true, true, false), FailureKind::LeaksAnswer),
        ((false, true, false), FailureKind::Underspecified),
    ] {
        for revisions in [0, 2] {
            let desk = Fake::new(|r: &ChatRequest| match r.role {
                Role::Critic => attack(flaw.0, flaw.1, flaw.2),
                _ => answer(r),
            });
            let settings = Settings { revisions, ..Settings::default() };
            let (got, message, provenance) = failed(&generator(&settings), 1, &desk).await;
            assert_eq!((got, desk.asked(Role::Coder)), (kind, 0), "{flaw:?}");
            assert!(message.contains("how heavy a penguin is"), "{message}");
            assert_eq!(provenance.notes["attacks"].as_array().unwrap().len(), revisions as usize + 1);
            assert!(provenance.raw.unwrap().starts_with(&format!("Draft {revisions}")));
        }
    }
}

#[tokio::test]
async fn an_attack_without_words_still_says_what_is_wrong() {
    let desk = Fake::new(|r: &ChatRequest| match (r.role, r.sample) {
        (Role::Critic, 0) => said(r#"{"self_contained": true, "answerable": true, "answer_hidden": false}"#),
        _ => answer(r),
    });
    draft(&generator(&Settings::default()), 1, &desk).await;
    let told = desk.requests().into_iter().find(|r| r.role == Role::Generator && r.sample == 2).unwrap();
    assert!(told.messages.last().unwrap().content.contains("gives its answer away"));
}

#[tokio::test]
async fn a_question_that_nobody_could_attack_is_not_taken() {
    let desk = Fake::new(|r: &ChatRequest| if r.role == Role::Critic { said("fine by me") } else { answer(r) });
    let (kind, message, provenance) = failed(&generator(&Settings::default()), 1, &desk).await;
    assert_eq!((kind, desk.asked(Role::Coder)), (FailureKind::Malformed, 0));
    assert!(message.starts_with("the critic: "), "{message}");
    assert!(provenance.notes["question"].as_str().unwrap().starts_with("Draft 0"));
}

#[tokio::test]
async fn a_lost_program_leaves_the_others() {
    let desk = Fake::new(|r: &ChatRequest| match (r.role, r.sample / 2) {
        (Role::Coder, 1) => said("no"),
        _ => answer(r),
    });
    let (draft, provenance) = draft(&generator(&Settings::default()), 1, &desk).await;
    assert_eq!(programs(&draft), ["print(47)  # 0", "print(47)  # 2"]);
    assert_eq!(provenance.notes["programs_lost"][0]["kind"], "malformed");

    let desk = Fake::new(|r: &ChatRequest| if r.role == Role::Coder { said("no") } else { answer(r) });
    let (kind, message, provenance) = failed(&generator(&Settings::default()), 1, &desk).await;
    assert_eq!(kind, FailureKind::Malformed);
    assert!(message.starts_with("the coder: "), "{message}");
    assert!(provenance.notes["question"].as_str().unwrap().starts_with("Draft 0"));
}

#[tokio::test]
async fn the_same_replies_give_the_same_candidate() {
    let desk = Fake::new(answer);
    let generator = generator(&Settings::default());
    let first = generator.generate(1, &desk).await;
    let asked = desk.requests().len();
    assert_eq!(generator.generate(1, &desk).await, first);
    assert_eq!(desk.requests().len(), asked);
}

#[tokio::test]
async fn what_a_slot_is_about_is_known_beforehand() {
    let desk = Fake::new(answer);
    let generator = generator(&Settings::default());
    for ordinal in 0..8 {
        let (draft, provenance) = draft(&generator, ordinal, &desk).await;
        let about = generator.about(ordinal);
        assert_eq!((about.domain, about.family), (Some(draft.domain), provenance.family));
    }
}
