//! Queues, second opinions, causes and disputes, by their keys.

use loong::store::OpenMode;
use loong::store::record::{Curation, Judgement, NewDecision, SecondWord};
use loong::tui::msg::Msg;
use loong::verifier::Outcome;

use crate::bench::{Bench, Desk};
use crate::fixtures;

fn bench() -> Bench {
    Bench::new((200, 55), "dark", fixtures::all())
}

fn say(bench: &Bench, candidate: i64, reviewer: &str, judgement: Judgement) {
    let new = NewDecision {
        candidate,
        sample: Some(0),
        judgement: Some(judgement),
        reviewer: reviewer.to_owned(),
        note: Some("looks fine to me".to_owned()),
        ..NewDecision::default()
    };
    bench.store().decide_blocking(new).unwrap();
}

fn newest(bench: &Bench) -> NewDecision {
    bench.store().reader().unwrap().all_decisions().unwrap().pop().unwrap().body
}

#[test]
fn second_opinions_are_hidden_until_one_has_given_ones_own() {
    let mut bench = bench();
    say(&bench, 2, "ada", Judgement::Equivalent);
    say(&bench, 2, "bob", Judgement::Different);
    let curation = NewDecision {
        candidate: 2,
        curation: Some(Curation::Accept),
        reviewer: "ada".to_owned(),
        ..NewDecision::default()
    };
    bench.store().decide_blocking(curation).unwrap();
    let response = bench.store().reader().unwrap().candidate(2).unwrap().responses[0].id;
    let word = SecondWord {
        response,
        verifier: "grader-x".to_owned(),
        outcome: Outcome::Equivalent,
        detail: String::new(),
        version: "1".to_owned(),
    };
    bench.store().put_seconds_blocking(vec![word]).unwrap();
    bench.keys("b ctrl-l j");
    assert_eq!(bench.app.review.selected, Some(2));
    let told = |text: &str| {
        ["ada", "bob", "looks fine", "reviewers disagree", "accepted", "grader-x", "look:", "‡", "✓"]
            .into_iter()
            .find(|word| text.contains(word))
    };
    let text = bench.text();
    assert_eq!(told(&text), None, "{text}");
    bench.keys("H");
    let text = bench.text();
    assert_eq!(told(&text), None, "{text}");
    assert!(text.contains("hidden until you have judged"));
    bench.keys("esc L");
    assert!(bench.toast().contains("judge first"), "{}", bench.toast());
    bench.keys("o e");
    let text = bench.text();
    for word in ["ada", "grader-x", "look:", "accepted"] {
        assert!(text.contains(word), "{word} is shown afterwards: {text}");
    }
    assert!(newest(&bench).blind);
}

#[test]
fn orders_come_by_key_and_say_why() {
    let mut bench = bench();
    let all = bench.app.review.ids.to_vec();
    bench.keys("G s s");
    let suspicious = bench.app.review.ids.to_vec();
    assert_ne!(suspicious, all);
    assert_eq!(bench.app.review.selected, suspicious.first().copied(), "from its beginning");
    assert!(bench.text().contains("look:") && bench.text().contains("suspicious"), "{}", bench.text());
    bench.keys("j j");
    assert_eq!(bench.app.review.selected, Some(suspicious[2]));
    bench.keys("K space v");
    assert_eq!(bench.app.review.marks.len(), 2);
    bench.keys("J v");
    assert_eq!(bench.app.review.marks.len(), 3, "a range is of the list as it is shown");
    bench.keys("esc G");
    assert_eq!(bench.app.review.selected, suspicious.last().copied());
    bench.keys("g g n");
    let to = bench.app.review.selected.unwrap();
    assert!(bench.app.review.disagreements.contains(to));
    bench.keys("s r");
    let mut random = bench.app.review.ids.to_vec();
    assert_ne!(random, all);
    random.sort_unstable();
    assert_eq!(random, all);
    bench.keys("s n");
    assert_eq!(bench.app.review.ids.to_vec(), all);
    bench.keys("s u esc");
    assert_eq!(bench.app.review.ids.to_vec(), all, "back clears an order too");
}

#[test]
fn what_one_has_decided_leaves_the_queue_that_is_ones_own() {
    let mut bench = bench();
    bench.keys("a s m");
    assert!(!bench.app.review.ids.contains(1));
    assert_eq!(bench.app.review.filter.to_string(), "-reviewer:me");
    bench.keys("s m");
    assert!(bench.toast().contains("already"), "{}", bench.toast());
    bench.keys("s s");
    assert_eq!(bench.app.review.filter.to_string(), "-reviewer:me sort:suspicious");
}

#[test]
fn an_override_can_name_its_cause_and_blocks_nothing() {
    let mut bench = bench();
    bench.keys("n o e");
    assert!(bench.toast().contains("C names the cause"), "{}", bench.toast());
    assert_ne!(bench.app.review.selected, Some(2), "the next one is there already");
    bench.keys("C \"not\"");
    assert!(bench.text().contains("notation"), "{}", bench.text());
    bench.keys("enter");
    let named = newest(&bench);
    assert_eq!(
        (named.candidate, named.judgement, named.cause.as_deref()),
        (2, Some(Judgement::Equivalent), Some("notation"))
    );
    let opinions = bench.store().reader().unwrap().opinions(&loong::store::filter::Filter::all()).unwrap();
    assert_eq!(opinions.len(), 1, "it is one judgement with its cause");
    // What could be two causes is not taken for either.
    bench.keys("C \"o\" enter");
    assert!(bench.app.prompt.is_some());
    bench.keys("esc");
    assert!(bench.app.prompt.is_none());
    bench.keys("C tab enter");
    assert_eq!(newest(&bench).cause.as_deref(), Some("formatting"));
    bench.keys("C \"house␣style\" enter");
    assert_eq!(newest(&bench).cause.as_deref(), Some("house style"));
    bench.keys("u u u");
    let opinions = bench.store().reader().unwrap().opinions(&loong::store::filter::Filter::all()).unwrap();
    assert_eq!(opinions[0].cause, None, "causes are taken back like all else");
}

#[test]
fn without_an_override_there_is_no_cause() {
    let mut bench = bench();
    bench.keys("o e C \"arrows\" enter");
    assert!(bench.toast().contains("judge first"), "{}", bench.toast());
    assert_eq!(bench.app.prompt.as_ref().unwrap().text(), "arrows", "what was typed is not lost");
}

#[test]
fn a_dispute_is_settled_by_a_key() {
    let mut bench = bench();
    say(&bench, 2, "ada", Judgement::Equivalent);
    say(&bench, 2, "bob", Judgement::Different);
    bench.keys("s c");
    assert_eq!(bench.app.review.ids.to_vec(), [2]);
    bench.keys("O d");
    assert_eq!(
        bench.store().reader().unwrap().candidate(2).unwrap().responses[0].judgement,
        Some(Judgement::Different)
    );
    bench.keys("O e");
    assert!(newest(&bench).adjudicates);
    let view = bench.store().reader().unwrap().candidate(2).unwrap();
    assert_eq!((view.contested, view.responses[0].judgement), (false, Some(Judgement::Equivalent)));
}

#[test]
fn all_like_this_one_is_a_filter() {
    let mut bench = bench();
    bench.keys("n L");
    let filter = bench.app.review.filter.to_string();
    assert!(filter.contains("verdict:different tier:") && filter.contains("shape:"), "{filter}");
    assert!(bench.app.review.ids.contains(2));
    bench.keys("esc");
    assert_eq!(bench.app.review.ids.len(), 13);
}

#[test]
fn a_cause_is_of_an_override_in_the_project_that_is_open() {
    let mut bench = bench();
    bench.keys("n o e C");
    assert!(bench.text().contains("cause for #2"), "{}", bench.text());
    bench.keys("esc");
    let other = tempfile::tempdir().unwrap();
    let project = Desk::open(other.path(), OpenMode::Create);
    project.store.put_candidates_blocking(fixtures::all()).unwrap();
    bench.hear(Msg::Entered(Box::new(project), None));
    bench.keys("C \"unit\" enter");
    assert!(bench.toast().contains("judge first"), "{}", bench.toast());
    assert!(bench.store().reader().unwrap().all_decisions().unwrap().is_empty());
}
