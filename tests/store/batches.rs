//! Batches: what was decided at once is written at once, undone at once and redone at once.

use std::collections::BTreeSet;

use loong::store::record::{Agreement, Curation, Decision, Judgement, NewDecision};
use loong::store::{OpenMode, Store};
use loong::verifier::Outcome;

use crate::support::{about, candidate, curate, judge, new_store, wait};

fn with_candidates(n: usize) -> (tempfile::TempDir, Store) {
    let (folder, store) = new_store();
    let all = (0..n).map(|i| candidate(&i.to_string(), &[Outcome::Different])).collect();
    wait(store.put_candidates(all)).unwrap();
    (folder, store)
}

fn curations(store: &Store, ids: std::ops::RangeInclusive<i64>) -> Vec<Option<Curation>> {
    ids.map(|id| store.reader().unwrap().candidate(id).unwrap().curation).collect()
}

fn about_whom(decisions: &[Decision]) -> Vec<i64> {
    decisions.iter().map(|d| d.body.candidate).collect()
}

#[test]
fn a_batch_is_undone_and_redone_as_one() {
    use Curation::{Accept, Reject};
    let (_folder, store) = with_candidates(4);
    wait(store.decide(curate(1, "ada", Reject))).unwrap();
    let made = wait(store.decide_many((1..=3).map(|id| curate(id, "ada", Accept)).collect())).unwrap();
    assert_eq!(about_whom(&made), [1, 2, 3]);
    let batches: BTreeSet<_> = made.iter().map(|d| d.body.batch.clone().unwrap()).collect();
    assert_eq!(batches.len(), 1, "one batch for all");
    wait(store.decide(curate(4, "ada", Accept))).unwrap();

    assert_eq!(about_whom(&wait(store.undo("ada")).unwrap()), [4], "the newest is undone first, alone");
    let undone = wait(store.undo("ada")).unwrap();
    assert_eq!(about_whom(&undone), [3, 2, 1]);
    assert_eq!(curations(&store, 1..=4), [Some(Reject), None, None, None]);
    assert_eq!(about_whom(&wait(store.redo("ada")).unwrap()), [1, 2, 3]);
    assert_eq!(curations(&store, 1..=4), [Some(Accept), Some(Accept), Some(Accept), None]);
    assert_eq!(about_whom(&wait(store.redo("ada")).unwrap()), [4]);
    assert_eq!(wait(store.redo("ada")).unwrap(), []);
    let lengths: Vec<usize> = (0..4).map(|_| wait(store.undo("ada")).unwrap().len()).collect();
    assert_eq!(lengths, [1, 3, 1, 0]);
    assert_eq!(curations(&store, 1..=4), [None; 4]);
    store.check().unwrap();
}

#[test]
fn a_batch_is_all_or_nothing() {
    let (_folder, store) = with_candidates(2);
    let error = wait(store.decide_many(vec![curate(1, "ada", Curation::Accept), curate(9, "ada", Curation::Accept)]));
    assert!(error.unwrap_err().to_string().contains("no candidate 9"));
    assert_eq!(store.reader().unwrap().all_decisions().unwrap(), [], "nothing of it was written");
    assert_eq!(curations(&store, 1..=2), [None; 2]);
    assert_eq!(wait(store.decide_many(Vec::new())).unwrap(), []);
}

#[test]
fn undo_takes_what_is_left_of_a_batch_and_nothing_of_others() {
    let (folder, store) = with_candidates(3);
    let made = wait(store.decide_many((1..=3).map(|id| curate(id, "ada", Curation::Flag)).collect())).unwrap();
    wait(store.decide_many(vec![curate(3, "bob", Curation::Flag)])).unwrap();
    let single = NewDecision { reverses: Some(made[1].uid.clone()), ..about(2, "bob") };
    wait(store.decide(single)).unwrap();
    let path = store.path().to_owned();
    drop(store);
    let store = Store::open(path, OpenMode::Existing).unwrap();
    assert_eq!(about_whom(&wait(store.undo("ada")).unwrap()), [3, 1], "across sessions, and once each");
    assert_eq!(curations(&store, 1..=3), [None, None, Some(Curation::Flag)], "bob's stands");
    assert_eq!(about_whom(&wait(store.redo("ada")).unwrap()), [1, 3], "what another took back stays so");
    drop(folder);
}

#[test]
fn decisions_about_one_candidate_in_one_batch_are_folded_together() {
    let (_folder, store) = with_candidates(1);
    let tags = NewDecision { tags: vec!["hard".to_owned()], ..about(1, "ada") };
    let all = vec![judge(1, 0, "ada", Judgement::Equivalent), curate(1, "ada", Curation::Accept), tags];
    let made = wait(store.decide_many(all)).unwrap();
    let view = store.reader().unwrap().candidate(1).unwrap();
    assert_eq!((view.standing, view.curation, view.tags.len()), (Agreement::Agrees, Some(Curation::Accept), 1));
    let back = |d: &Decision| NewDecision { reverses: Some(d.uid.clone()), ..about(1, "ada") };
    let twice = wait(store.decide_many(vec![back(&made[0]), back(&made[0])])).unwrap_err();
    assert!(twice.to_string().contains("already"), "{twice}");
    assert_eq!(wait(store.undo("ada")).unwrap().len(), 3);
    let view = store.reader().unwrap().candidate(1).unwrap();
    assert_eq!((view.standing, view.curation, view.tags.len()), (Agreement::Disagrees, None, 0));
}

/// How long 100,000 decisions take; run by hand, in a release build.
#[test]
#[ignore = "a measurement"]
fn measure_a_large_batch() {
    let many: usize = std::env::var("MANY").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let (_folder, store) = with_candidates(many);
    let timed = |what: &str, work: &dyn Fn() -> usize| {
        let begun = std::time::Instant::now();
        let n = work();
        println!("{what}: {n} in {:?}", begun.elapsed());
    };
    let all: Vec<_> = (1..).take(many).map(|id| curate(id, "ada", Curation::Accept)).collect();
    timed("decide", &|| wait(store.decide_many(all.clone())).unwrap().len());
    for round in 0..2 {
        timed(&format!("undo {round}"), &|| wait(store.undo("ada")).unwrap().len());
        timed("nothing to undo", &|| wait(store.undo("ada")).unwrap().len());
        timed(&format!("redo {round}"), &|| wait(store.redo("ada")).unwrap().len());
        timed("nothing to redo", &|| wait(store.redo("ada")).unwrap().len());
    }
    timed("decide one", &|| wait(store.decide_many(vec![curate(7, "ada", Curation::Flag)])).unwrap().len());
    timed("undo one", &|| wait(store.undo("ada")).unwrap().len());
}
