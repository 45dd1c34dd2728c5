//! Decisions on many candidates: by stretches of bounded size, others in between, and back as one.

use std::ops::ControlFlow;

use loong::store::bulk::{Bulk, Came, Reached, STRETCH, Way};
use loong::store::filter::Filter;
use loong::store::record::{Curation, NewDecision};
use loong::store::{IdSet, Store};
use loong::verifier::Outcome;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::{candidate, curate, new_store, wait};

const MANY: usize = 20_000;
/// Some stretches, and a piece of one.
const SOME: usize = 3 * STRETCH + 7;

fn with_candidates(n: usize) -> (TempDir, Store) {
    let (folder, store) = new_store();
    let all = (0..n).map(|i| candidate(&i.to_string(), &[Outcome::Different])).collect();
    wait(store.put_candidates(all)).unwrap();
    (folder, store)
}

fn accept(n: usize) -> Bulk {
    Bulk {
        decision: NewDecision {
            curation: Some(Curation::Accept),
            reviewer: "ada".to_owned(),
            ..NewDecision::default()
        },
        candidates: IdSet::span(&(1..=i64::try_from(n).unwrap())),
        blind: [2].into_iter().collect(),
    }
}

fn count(store: &Store, filter: &str) -> u64 {
    store.reader().unwrap().count(&Filter::parse(filter).unwrap()).unwrap()
}

/// Goes on until so many stretches are done.
fn until(stretches: usize) -> impl FnMut(Reached) -> ControlFlow<()> {
    let end = (stretches * STRETCH) as u64;
    move |reached| if reached.done >= end { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

fn turn(store: &Store, redo: bool, mut each: impl FnMut(Reached) -> ControlFlow<()>) -> Came {
    store.turn_blocking(redo, "ada", |_, reached| each(reached))
}

#[test]
fn no_transaction_holds_more_than_a_stretch_however_many_are_decided_on() {
    let (folder, store) = with_candidates(MANY);
    let others = Connection::open(folder.path().join("loong.db")).unwrap();
    let mut seen = 0;
    let mut look = |reached: Reached| {
        let now: i64 = others.query_row("SELECT count(*) FROM decision", [], |row| row.get(0)).unwrap();
        let now = usize::try_from(now).unwrap();
        assert!((1..=STRETCH).contains(&(now - seen)), "{now} after {seen}");
        assert_eq!(reached.of, MANY as u64);
        seen = now;
        ControlFlow::Continue(())
    };
    let came = store.decide_bulk_blocking(&accept(MANY), &mut look);
    assert!(came.reached.is_whole() && came.failed.is_none());
    assert_eq!(count(&store, "curation:accept"), MANY as u64);
    let came = turn(&store, false, &mut look);
    assert_eq!(came.reached, Reached { done: MANY as u64, of: MANY as u64 });
    assert_eq!((count(&store, "curation:accept"), seen), (0, 2 * MANY));
    assert_eq!(store.reader().unwrap().unfinished().unwrap(), None);
}

#[test]
fn others_write_between_two_stretches() {
    let (_folder, store) = with_candidates(SOME);
    let mut by_bob = 0;
    let came = store.decide_bulk_blocking(&accept(SOME), |_| {
        by_bob += 1;
        store.decide_blocking(curate(by_bob, "bob", Curation::Reject)).unwrap();
        ControlFlow::Continue(())
    });
    assert!(came.reached.is_whole());
    assert_eq!(by_bob, 4);
    assert_eq!(turn(&store, false, |_| ControlFlow::Continue(())).reached.done, SOME as u64, "one undo for all of it");
    assert_eq!((count(&store, "curation:reject"), count(&store, "decided:yes")), (4, 4), "and for nothing else");
}

#[test]
fn what_is_ended_stays_is_known_and_goes_back_as_one() {
    let (_folder, store) = with_candidates(SOME);
    let reader = store.reader().unwrap();
    let came = store.decide_bulk_blocking(&accept(SOME), until(2));
    let ended = Reached { done: 2 * STRETCH as u64, of: SOME as u64 };
    assert_eq!((came.reached, count(&store, "curation:accept")), (ended, 2 * STRETCH as u64));
    let first = came.first.unwrap();
    assert_eq!((first.body.candidate, first.body.curation), (1, Some(Curation::Accept)));
    let blind: Vec<bool> = (1..=3).map(|id| reader.decisions(id).unwrap()[0].body.blind).collect();
    assert_eq!(blind, [false, true, false]);
    let told = reader.unfinished().unwrap().unwrap();
    assert_eq!((told.way, told.reached, &told.about), (Way::Decide, ended, &first));
    store.settle_blocking().unwrap();
    assert_eq!(reader.unfinished().unwrap(), None, "told once");

    assert_eq!(turn(&store, false, until(1)).reached, Reached { done: STRETCH as u64, of: 2 * STRETCH as u64 });
    let told = reader.unfinished().unwrap().unwrap();
    assert_eq!((told.way, told.about.body.curation), (Way::Undo, Some(Curation::Accept)));
    assert_eq!(count(&store, "curation:accept"), STRETCH as u64);
    assert_eq!(turn(&store, false, until(9)).reached.done, STRETCH as u64, "what is left is the next one's");
    assert_eq!((reader.unfinished().unwrap(), count(&store, "curation:accept")), (None, 0));
    assert!(turn(&store, false, until(9)).first.is_none());
    for put_back in [STRETCH, 2 * STRETCH] {
        turn(&store, true, until(9));
        assert_eq!(count(&store, "curation:accept"), put_back as u64);
    }
    store.check().unwrap();
}

#[test]
fn a_stretch_that_fails_leaves_nothing_of_itself_and_says_what_was_done() {
    let (_folder, store) = with_candidates(SOME);
    let mut bulk = accept(SOME);
    bulk.candidates.insert(i64::try_from(SOME).unwrap() + 5);
    let came = store.decide_bulk_blocking(&bulk, |_| ControlFlow::Continue(()));
    assert!(came.failed.unwrap().to_string().contains("there is no candidate"));
    assert_eq!((came.reached.done, count(&store, "curation:accept")), (3 * STRETCH as u64, 3 * STRETCH as u64));
    assert_eq!(store.reader().unwrap().unfinished().unwrap().unwrap().reached, came.reached);
    bulk.candidates = IdSet::default();
    let nothing = store.decide_bulk_blocking(&bulk, |_| ControlFlow::Continue(()));
    assert!(nothing.first.is_none() && nothing.failed.is_none());
}
