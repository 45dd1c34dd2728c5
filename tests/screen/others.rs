//! Two at work on one store: what another brings is seen here, and nothing moves.

use loong::review::rules::Rules;
use loong::store::record::{Curation, Judgement, NewDecision};
use loong::tui::msg::Msg;
use loong::tui::perform::watching::look;

use crate::bench::Bench;
use crate::fixtures;

fn bench() -> Bench {
    Bench::new((120, 40), "dark", fixtures::all())
}

fn by(reviewer: &str, candidate: i64) -> NewDecision {
    NewDecision { candidate, reviewer: reviewer.to_owned(), ..NewDecision::default() }
}

/// What a look tells of what `work` did to the store.
fn after(bench: &mut Bench, work: impl FnOnce(&Bench)) {
    let (marks, nothing) = look(&bench.store(), None).unwrap();
    assert!(nothing.is_none(), "whoever has just come has read it all");
    assert!(look(&bench.store(), Some(marks)).unwrap().1.is_none(), "nothing has come");
    work(bench);
    let arrived = look(&bench.store(), Some(marks)).unwrap().1.expect("something came");
    bench.hear(Msg::Arrived(arrived));
}

#[test]
fn decisions_of_others_are_seen_without_a_key() {
    let mut bench = bench();
    bench.keys("j j");
    let before = bench.app.review.selected;
    after(&mut bench, |bench| {
        bench.store().decide_blocking(NewDecision { curation: Some(Curation::Reject), ..by("zoe", 1) }).unwrap();
        let judged = NewDecision { sample: Some(0), judgement: Some(Judgement::Equivalent), ..by("zoe", 2) };
        bench.store().decide_blocking(judged).unwrap();
    });
    assert_eq!(bench.app.review.selected, before, "nothing moves");
    let row = |bench: &Bench, id: &str| {
        let text = bench.text();
        text.lines()
            .find(|line| line.contains(&format!(" {id} In how many")))
            .unwrap()
            .chars()
            .take(40)
            .collect::<String>()
    };
    assert!(row(&bench, "1").contains('✗'), "{}", bench.text());
    assert!(row(&bench, "2").contains('='), "zoe says they are equivalent: {}", bench.text());
    assert!(!bench.app.review.disagreements.contains(2), "n does not stop there any more");
    bench.keys("g g H");
    assert!(bench.text().contains("zoe") && bench.text().contains("rejected"), "{}", bench.text());
}

#[test]
fn what_a_second_hand_of_the_same_reviewer_judged_is_not_judged_blind_again() {
    let mut bench = bench();
    bench.keys("b j");
    assert!(bench.text().contains("verdict hidden"), "{}", bench.text());
    after(&mut bench, |bench| {
        let judged = NewDecision { sample: Some(0), judgement: Some(Judgement::Different), ..by("mia", 2) };
        bench.store().decide_blocking(judged).unwrap();
    });
    assert!(!bench.text().contains("verdict hidden"), "{}", bench.text());
}

#[test]
fn candidates_of_others_are_listed_below() {
    let mut bench = bench();
    assert!(bench.text().contains("all (13)"), "{}", bench.text());
    after(&mut bench, |bench| {
        let new = (50..53).map(|nth| fixtures::candidate(nth, "logic", "How many?", "print(1)", "1")).collect();
        bench.store().put_candidates_blocking(new).unwrap();
    });
    assert!(bench.text().contains("all (16)"), "{}", bench.text());
    assert_eq!(bench.app.review.selected, Some(1));
}

#[test]
fn many_decisions_of_others_move_nothing() {
    let candidates = (0..2_100).map(|nth| fixtures::candidate(nth, "logic", "How many?", "print(12)", "12")).collect();
    let mut bench = Bench::new((120, 40), "dark", candidates);
    bench.keys("/ \"-curation:accept\" enter j j j space");
    let (selected, listed) = (bench.app.review.selected, bench.app.review.ids.len());
    assert_eq!((selected, listed), (Some(5), 2_100), "marking goes on to the next");
    after(&mut bench, |bench| {
        for id in 1..=2_050 {
            bench.store().decide_blocking(NewDecision { curation: Some(Curation::Accept), ..by("zoe", id) }).unwrap();
        }
    });
    assert!(bench.text().matches('✓').count() > 20, "{}", bench.text());
    assert_eq!((bench.app.review.selected, bench.app.review.ids.len()), (selected, listed));
    assert_eq!(bench.app.review.marks.len(), 1, "and nothing is unmarked");
}

#[test]
fn what_comes_while_it_is_listed_is_listed_afterwards() {
    let mut bench = bench();
    let (marks, _) = look(&bench.store(), None).unwrap();
    let new = vec![fixtures::candidate(50, "logic", "How many?", "print(1)", "1")];
    bench.store().put_candidates_blocking(new).unwrap();
    let arrived = look(&bench.store(), Some(marks)).unwrap().1.unwrap();
    bench.app.review.loading = true;
    bench.hear(Msg::Arrived(arrived));
    assert_eq!(bench.app.review.ids.len(), 13);
    bench.app.review.loading = false;
    bench.keys("j");
    assert_eq!(bench.app.review.ids.len(), 14);
}

#[test]
fn rules_that_were_applied_are_told_apart_from_those_in_force() {
    let mut bench = bench();
    bench.keys("g v");
    assert!(!bench.text().contains("applied last"), "{}", bench.text());
    while !bench.app.rules.rule().is_some_and(|rule| format!("{rule:?}").contains("Percent")) {
        bench.keys("j");
    }
    bench.keys("space a enter");
    assert!(bench.text().contains("in loong.toml"), "{}", bench.text());
    bench.keys("enter");
    assert!(bench.app.overlay.is_some(), "enter is no yes");
    bench.keys("y");
    assert!(bench.toast().contains("applied"), "{}", bench.toast());
    let version = bench.app.rules.trial.version();
    assert_ne!(version, Rules::default().version());
    assert!(bench.text().contains(&format!("applied last: {version}")), "{}", bench.text());
    assert!(bench.text().contains("loong.toml has other rules"), "{}", bench.text());
}
