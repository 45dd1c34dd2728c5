//! Evol-instruct: parents, children and their scores, lineage, and a choice that stays.

use loong::failure::FailureKind;
use loong::generator::Generator;
use loong::generator::evol_instruct::{EvolInstruct, Operation, Settings};
use loong::model::{ChatRequest, Role, Sampling};
use serde_json::json;

use crate::fakes::{Fake, Reply, accepted, draft, failed, form, keys_differ, programs, said, seeds};

/// A child a sample, unlike each other and any seed.
fn question(request: &ChatRequest) -> String {
    let number = request.sample / 2;
    format!("Child {number}: what do seventeen swimming penguins weigh together when each is two kilograms heavier?")
}

fn scores(difficulty: u64, solvability: u64, diversity: u64) -> Reply {
    let remark = "fair";
    said(json!({"remark": remark, "difficulty": difficulty, "solvability": solvability, "diversity": diversity}))
}

/// The second child is the better one.
fn answer(request: &ChatRequest) -> Reply {
    match request.role {
        Role::Coder => said(json!({"code": "print(47)"})),
        Role::Critic if request.sample == 2 => scores(4, 5, 4),
        Role::Critic => scores(3, 4, 3),
        _ => said(json!({"question": question(request)})),
    }
}

fn generator(settings: &Settings) -> EvolInstruct {
    let prompts = EvolInstruct::prompts(None).unwrap();
    EvolInstruct::new(&seeds(), settings, 7, Sampling::default(), prompts).unwrap()
}

fn always_accepted() -> Settings {
    Settings { from_accepted: 1.0, ..Settings::default() }
}

#[tokio::test]
async fn the_best_child_is_kept_and_the_others_noted() {
    let desk = Fake::new(answer);
    let (draft, provenance) = draft(&generator(&Settings::default()), 1, &desk).await;
    assert!(draft.question.starts_with("Child 1"), "{}", draft.question);
    assert_eq!(programs(&draft), ["print(47)"]);
    assert_eq!(provenance.notes["score"].as_f64(), Some(4.33));
    assert_eq!(provenance.notes["scores"]["solvability"], 5);
    let sibling = &provenance.notes["siblings"][0];
    assert!(sibling["question"].as_str().unwrap().starts_with("Child 0"), "{sibling}");
    assert_eq!((sibling["scores"]["difficulty"].as_u64(), sibling["score"].as_f64()), (Some(3), Some(3.33)));
    assert_ne!(sibling["operation"].as_str(), provenance.operation.as_deref());
    assert!(provenance.operation.as_ref().is_some_and(|o| o.parse::<Operation>().is_ok()));

    let requests = desk.requests();
    let of = |role| requests.iter().filter(|r| r.role == role).count();
    assert_eq!((of(Role::Generator), of(Role::Critic), of(Role::Coder)), (2, 2, 1), "only the best gets a program");
    keys_differ(&requests);
    let coder = requests.iter().find(|r| r.role == Role::Coder).unwrap();
    assert!(coder.messages.last().unwrap().content.ends_with(&draft.question));
}

#[tokio::test]
async fn what_it_descends_from_is_kept() {
    let desk = Fake::new(answer);
    let generator = generator(&always_accepted());
    let (_, of_seed) = draft(&generator, 1, &desk).await;
    assert_eq!((of_seed.parent, of_seed.depth, of_seed.family.as_ref()), (None, 0, of_seed.seeds.first()));

    let parent = "What does the accepted question about eleven wandering tortoises ask?";
    let mut candidate = accepted("uid-of-parent", "logic", parent);
    (candidate.depth, candidate.family) = (1, of_seed.family.clone());
    desk.accept(candidate);
    let (evolved, provenance) = draft(&generator, 3, &desk).await;
    assert_eq!(provenance.parent.as_deref(), Some("uid-of-parent"));
    assert_eq!((provenance.depth, &provenance.family), (2, &of_seed.family));
    assert_eq!(evolved.dependencies.as_slice(), ["numpy"], "a program may use what its parent's does");
    let asked = desk.requests();
    let writer = asked.iter().find(|r| r.ordinal == 3 && r.role == Role::Generator).unwrap();
    assert!(writer.messages.last().unwrap().content.contains(parent));
}

#[tokio::test]
async fn generations_end() {
    let desk = Fake::new(answer);
    let mut deep = accepted("deep", "logic", "What does the deep accepted question ask?");
    deep.depth = 3;
    desk.accept(deep);
    let (_, provenance) = draft(&generator(&always_accepted()), 1, &desk).await;
    assert_eq!((provenance.parent, provenance.depth), (None, 0));
}

#[tokio::test]
async fn a_slot_that_is_taken_again_evolves_the_same() {
    let desk = Fake::new(answer);
    desk.accept(accepted("a", "logic", "What does accepted question a ask of the reader?"));
    let generator = generator(&always_accepted());
    let first = generator.generate(1, &desk).await;
    let asked = desk.requests().len();
    for n in 0..50 {
        desk.accept(accepted(&format!("later{n}"), "logic", &format!("What does later question {n} ask?")));
    }
    assert_eq!(generator.generate(1, &desk).await, first);
    assert_eq!(desk.requests().len(), asked, "nothing is paid twice");
}

#[tokio::test]
async fn a_child_that_repeats_its_parent_is_no_child() {
    let parent = "What does the accepted question about eleven wandering tortoises ask?";
    let repeated = "What does the accepted question about twelve wandering tortoises ask?";
    let desk = Fake::new(|r: &ChatRequest| match r.role {
        Role::Generator => said(json!({"question": repeated})),
        _ => answer(r),
    });
    desk.accept(accepted("a", "logic", parent));
    let (kind, message, provenance) = failed(&generator(&always_accepted()), 1, &desk).await;
    assert_eq!(kind, FailureKind::Duplicate);
    assert!(message.contains("repeated"), "{message}");
    assert_eq!((desk.asked(Role::Critic), desk.asked(Role::Coder)), (0, 0), "nothing more is paid for it");
    assert_eq!((provenance.raw.as_deref(), provenance.parent.as_deref()), (Some(repeated), Some("a")));

    let desk = Fake::new(|r: &ChatRequest| match r.role {
        Role::Generator if r.sample == 2 => said(json!({"question": repeated})),
        _ => answer(r),
    });
    desk.accept(accepted("a", "logic", parent));
    let (kept, provenance) = draft(&generator(&always_accepted()), 1, &desk).await;
    assert!(kept.question.starts_with("Child 0"));
    assert_eq!(provenance.notes["siblings"][0]["kind"], "duplicate");
}

#[tokio::test]
async fn what_cannot_be_solved_is_underspecified() {
    let desk = Fake::new(|r: &ChatRequest| if r.role == Role::Critic { scores(5, 1, 5) } else { answer(r) });
    let (kind, _, provenance) = failed(&generator(&Settings::default()), 1, &desk).await;
    assert_eq!((kind, desk.asked(Role::Coder)), (FailureKind::Underspecified, 0));
    assert!(provenance.raw.is_some_and(|raw| raw.starts_with("Child")));

    // One that can be is preferred to one that cannot, whatever the other grades.
    let desk = Fake::new(|r: &ChatRequest| match (r.role, r.sample) {
        (Role::Critic, 2) => scores(5, 1, 5),
        (Role::Critic, _) => scores(1, 2, 1),
        _ => answer(r),
    });
    let (kept, _) = draft(&generator(&Settings::default()), 1, &desk).await;
    assert!(kept.question.starts_with("Child 0"));
}

#[tokio::test]
async fn a_critic_that_cannot_be_read_condemns_nobody() {
    let desk = Fake::new(|r: &ChatRequest| if r.role == Role::Critic { said("very good") } else { answer(r) });
    let (kept, provenance) = draft(&generator(&Settings::default()), 1, &desk).await;
    assert!(kept.question.starts_with("Child 0"));
    assert!(!provenance.notes.contains_key("score"));
    assert!(provenance.notes["scores_lost"].as_str().unwrap().starts_with("the critic: "));
}

#[tokio::test]
async fn each_operation_has_words_of_its_own() {
    let mut told = std::collections::HashSet::new();
    for operation in Operation::ALL {
        let settings = Settings { operations: vec![*operation], children: 1, ..Settings::default() };
        let desk = Fake::new(answer);
        let (_, provenance) = draft(&generator(&settings), 1, &desk).await;
        assert_eq!(provenance.operation.as_deref(), Some(operation.as_str()));
        assert!(!provenance.notes.contains_key("siblings"));
        let request = desk.requests().into_iter().find(|r| form(r) == "question").unwrap();
        assert!(told.insert(request.messages.last().unwrap().content.clone()), "{operation}");
        let logic = seeds().filter(&["logic"]);
        let shown = logic.iter().filter(|s| request.messages.iter().any(|m| m.content.contains(&s.question))).count();
        assert_eq!(shown, if *operation == Operation::Mixing { 2 } else { 1 }, "{operation}");
    }
}

/// What there is enough of is not paid for, so that what is said beforehand must come true.
#[tokio::test]
async fn what_a_slot_is_about_is_known_where_it_can_be() {
    let desk = Fake::new(answer);
    desk.accept(accepted("a", "logic", "What does accepted question a ask of the reader?"));
    let generator = generator(&Settings::default());
    let mut known = 0;
    for ordinal in 0..40 {
        let about = generator.about(ordinal);
        let (draft, provenance) = draft(&generator, ordinal, &desk).await;
        assert_eq!(about.domain.as_ref(), Some(&draft.domain));
        if about.family.is_some() {
            assert_eq!(about.family, provenance.family, "slot {ordinal}");
            known += 1;
        }
    }
    assert!((8..32).contains(&known), "{known}");
}
