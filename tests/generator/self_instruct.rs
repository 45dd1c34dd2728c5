//! Self-instruct: examples of both kinds, filters before the program, and a choice that stays.

use loong::failure::FailureKind;
use loong::generator::self_instruct::{SelfInstruct, Settings};
use loong::generator::{Generated, Generator};
use loong::model::{ChatRequest, Role, Sampling};
use serde_json::json;

use crate::fakes::{Fake, Reply, accepted, draft, failed, keys_differ, programs, said, seeds};

const QUESTION: &str = "How many of the first ninety primes leave the remainder three when divided by four?";

fn generator(settings: &Settings) -> SelfInstruct {
    let prompts = SelfInstruct::prompts(None).unwrap();
    SelfInstruct::new(&seeds(), settings, 7, Sampling::default(), prompts).unwrap()
}

fn answer(request: &ChatRequest) -> Reply {
    match request.role {
        Role::Coder => said(json!({"code": "print(47)"})),
        _ => said(json!({"question": QUESTION})),
    }
}

fn prompt(request: &ChatRequest) -> &str {
    &request.messages.last().unwrap().content
}

#[tokio::test]
async fn instruction_and_rationale_are_turns_of_their_own() {
    let desk = Fake::new(answer);
    let (draft, provenance) = draft(&generator(&Settings::default()), 1, &desk).await;
    assert_eq!((draft.question.as_str(), programs(&draft)), (QUESTION, &["print(47)".to_owned()][..]));
    assert_eq!((draft.domain.as_str(), draft.dependencies.as_slice()), ("logic", &["networkx".to_owned()][..]));
    let requests = desk.requests();
    assert_eq!(requests.iter().map(|r| r.role).collect::<Vec<_>>(), [Role::Generator, Role::Coder]);
    assert!(prompt(&requests[1]).ends_with(QUESTION), "the question comes last");
    assert!(!prompt(&requests[0]).contains("print("), "the writer sees no programs");
    assert_eq!(provenance.reply_id, Some(1), "the question's own reply is pointed to");
    assert_eq!(provenance.seeds.len(), 4, "seeds stand in where nothing is accepted yet");
    keys_differ(&requests);
}

#[tokio::test]
async fn its_own_accepted_questions_are_fed_back() {
    let desk = Fake::new(answer);
    desk.accept(accepted("elsewhere", "finance", "What is the elsewhere question?"));
    for n in 0..5 {
        desk.accept(accepted(&format!("own{n}"), "logic", &format!("What does own question {n} ask?")));
    }
    let (_, provenance) = draft(&generator(&Settings::default()), 1, &desk).await;
    let shown = desk.requests()[0].clone();
    assert_eq!(prompt(&shown).matches("own question").count(), 1, "3 : 1");
    assert!(!prompt(&shown).contains("elsewhere"));
    assert_eq!(provenance.seeds.len(), 3);
    assert_eq!(provenance.notes["examples"].as_array().unwrap().len(), 1);

    let settings = Settings { human: 1, machine: 3, ..Settings::default() };
    let desk_of_more = Fake::new(answer);
    (0..5).for_each(|n| desk_of_more.accept(accepted(&format!("own{n}"), "logic", &format!("own question {n}"))));
    draft(&generator(&settings), 1, &desk_of_more).await;
    assert_eq!(prompt(&desk_of_more.requests()[0]).matches("own question").count(), 3);

    let settings = Settings { machine: 0, ..Settings::default() };
    let none = Fake::new(answer);
    none.accept(accepted("own", "logic", "own question"));
    draft(&generator(&settings), 1, &none).await;
    assert!(none.chosen().is_empty() && !prompt(&none.requests()[0]).contains("own question"));
}

#[tokio::test]
async fn a_slot_that_is_taken_again_is_shown_the_same() {
    let desk = Fake::new(answer);
    desk.accept(accepted("a", "logic", "What does question a ask?"));
    let generator = generator(&Settings::default());
    let first = generator.generate(1, &desk).await;
    let asked = desk.requests().len();
    for n in 0..50 {
        desk.accept(accepted(&format!("later{n}"), "logic", &format!("What does later question {n} ask?")));
    }
    assert_eq!(generator.generate(1, &desk).await, first);
    assert_eq!(desk.requests().len(), asked, "nothing is paid twice");
    // Another slot chooses anew.
    generator.generate(3, &desk).await.unwrap();
    assert_ne!(desk.chosen()[&3], desk.chosen()[&1]);
}

#[tokio::test]
async fn a_refused_question_costs_no_program_and_is_kept() {
    let copy = "How many truth tables over four named variables make every clause of the formula true at once?";
    for (question, kind) in [
        ("Compute 3.", FailureKind::Malformed),
        ("Сколько простых чисел среди первых девяноста даёт остаток три?", FailureKind::Malformed),
        ("Which of the nodes in the diagram below has the largest degree?", FailureKind::Underspecified),
        (copy, FailureKind::Duplicate),
    ] {
        let desk = Fake::new(|_: &ChatRequest| said(json!({"question": question})));
        // Every seed of the domain is shown, so that the copied one is among them.
        let settings = Settings { human: 6, ..Settings::default() };
        let (got, _, provenance) = failed(&generator(&settings), 1, &desk).await;
        assert_eq!((got, desk.asked(Role::Coder)), (kind, 0), "{question}");
        assert_eq!(provenance.raw.as_deref(), Some(question));
        assert_eq!(provenance.domain.as_deref(), Some("logic"));
    }
    let desk = Fake::new(|_: &ChatRequest| said(json!({"question": "Сколько простых чисел?"})));
    let settings = Settings { languages: vec!["Russian".into()], min_words: 1, ..Settings::default() };
    assert_eq!(failed(&generator(&settings), 1, &desk).await.0, FailureKind::Malformed, "a coder gave no code");
    assert!(desk.asked(Role::Coder) > 0, "and the question itself was taken");
}

#[tokio::test]
async fn a_coder_that_fails_is_named_and_the_question_kept() {
    let desk = Fake::new(|r: &ChatRequest| match r.role {
        Role::Coder => said("I would rather not write JSON"),
        _ => answer(r),
    });
    let (kind, message, provenance) = failed(&generator(&Settings::default()), 1, &desk).await;
    assert_eq!(kind, FailureKind::Malformed);
    assert!(message.starts_with("the coder: "), "{message}");
    assert_eq!(provenance.notes["question"], QUESTION);
    assert_eq!(provenance.raw.as_deref(), Some("I would rather not write JSON"));
    assert_eq!(provenance.reply_id, Some(1));
}

#[tokio::test]
async fn without_seeds_there_is_nothing_to_do() {
    let desk = Fake::new(answer);
    let prompts = SelfInstruct::prompts(None).unwrap();
    let empty = seeds().filter(&["medicine"]);
    let generator = SelfInstruct::new(&empty, &Settings::default(), 7, Sampling::default(), prompts).unwrap();
    assert!(matches!(generator.generate(0, &desk).await, Ok(Generated::Ended(_))));
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
