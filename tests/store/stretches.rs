//! Lists read by stretches: what they say is what the whole list says, wherever it is cut and however far the index is.

use loong::failure::{Failure, FailureKind, Stage};
use loong::store::filter::Filter;
use loong::store::record::{Agreement, Judgement, NewDecision};
use loong::store::{IdSet, Reader, Sink, Standings, Store};
use loong::verifier::Outcome;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::{candidate, curate, judge, new_store, wait};

const MANY: i64 = 200;

/// Candidates whose question, domain and verdict are functions of their number.
fn many() -> (TempDir, Store) {
    let (folder, store) = new_store();
    let all = (1..=MANY).map(|n| {
        let outcome = if n % 3 == 0 { Outcome::Different } else { Outcome::Equivalent };
        let mut record = candidate(&format!("u{n}"), &[outcome]);
        record.question = format!("Problem {n}. How many tilings has a strip?");
        record.domain = String::from(if n % 5 == 0 { "games" } else { "logic" });
        record
    });
    store.put_candidates_blocking(all.collect()).unwrap();
    (folder, store)
}

fn filter(text: &str) -> Filter {
    Filter::parse(text).unwrap()
}

fn list(set: &IdSet) -> Vec<i64> {
    set.iter().collect()
}

const FILTERS: [&str; 9] = [
    "",
    "domain:games",
    "domain:games,logic different>0",
    "\"Problem 17\"",
    "question~\"problem 19\" domain:games",
    "tilings \"Problem 2\" -id:21",
    "(\"Problem 3\" or id:7) domain:logic",
    "-question~\"Problem 1\"",
    "question~ab",
];

fn the_same_by_stretches(reader: &Reader, when: &str) {
    for text in FILTERS {
        let filter = filter(text);
        let whole = reader.ids(&filter).unwrap();
        assert_eq!(reader.count(&filter).unwrap(), whole.len() as u64, "{text} {when}");
        for length in [1, 7, 64, 1000] {
            let mut found = Vec::new();
            for first in (1..=MANY).step_by(length) {
                let stretch = first..=first + i64::try_from(length).unwrap() - 1;
                found.extend(reader.ids_within(&filter, &stretch).unwrap().iter());
            }
            assert_eq!(found, whole, "{text} by {length}, {when}");
        }
    }
    assert_eq!(reader.ids(&filter(FILTERS[3])).unwrap(), [17, 170, 171, 172, 173, 174, 175, 176, 177, 178, 179]);
}

#[test]
fn stretches_of_a_list_are_the_list_however_far_the_index_is() {
    let (folder, store) = many();
    store.index_all_blocking().unwrap();
    let reader = store.reader().unwrap();
    the_same_by_stretches(&reader, "with the index");
    wait(store.close()).unwrap();
    // As if the index had come so far and no further; what is in it beyond that is not to be believed.
    let conn = Connection::open(folder.path().join("loong.db")).unwrap();
    conn.execute("UPDATE search_state SET indexed_to = 100", []).unwrap();
    the_same_by_stretches(&reader, "with half of an index");
    conn.execute("UPDATE search_state SET indexed_to = 0", []).unwrap();
    the_same_by_stretches(&reader, "without an index");
}

#[test]
fn what_disagrees_is_known_as_it_stands_and_without_reading_candidates() {
    let (folder, store) = many();
    let mixed = candidate("mixed", &[Outcome::Equivalent, Outcome::Different, Outcome::Equivalent]);
    let mixed = wait(store.put_candidate(mixed)).unwrap();
    let reader = store.reader().unwrap();
    let disagree = |rows| list(&reader.disagreeing_within(&rows).unwrap());
    let whole = reader.ids(&filter("standing:disagrees")).unwrap();
    assert_eq!(disagree(1..=mixed), whole);
    assert_eq!(disagree(4..=9), [6, 9]);
    assert!(disagree(mixed..=mixed).is_empty(), "one of three differs, and most do not");
    for (candidate, judgement) in [(6, Judgement::Equivalent), (7, Judgement::Different)] {
        wait(store.decide(judge(candidate, 0, "mia", judgement))).unwrap();
    }
    assert_eq!(disagree(4..=9), [7, 9], "a judgement stands before the verdict");
    let responses = reader.candidate(9).unwrap().responses;
    let other =
        loong::verifier::Verdict { outcome: Outcome::Equivalent, ..responses[0].record.verdict.clone().unwrap() };
    wait(store.put_verdicts(vec![(responses[0].id, other)])).unwrap();
    assert_eq!(disagree(4..=9), [7]);
    let plan = |sql: &str| -> String {
        let conn = Connection::open(folder.path().join("loong.db")).unwrap();
        conn.query_row(&format!("EXPLAIN QUERY PLAN {sql}"), [], |row| row.get(3)).unwrap()
    };
    let plan = plan("SELECT id FROM candidate WHERE standing = 'disagrees' AND id BETWEEN 4 AND 9");
    assert!(plan.contains("COVERING INDEX candidate_by_standing (standing=? AND rowid>? AND rowid<?)"), "{plan}");
}

#[test]
fn what_some_stand_for_is_counted_each_once() {
    let (_folder, store) = many();
    let mut none = candidate("no answer", &[Outcome::Equivalent]);
    none.agreement = Agreement::None;
    none.responses[0].verdict = None;
    none.responses[0].failure = Some(Failure::new(Stage::Verify, FailureKind::NoAnswer, "no"));
    let without = wait(store.put_candidate(none)).unwrap();
    let mut failed = candidate("failed", &[]);
    failed.failure = Some(Failure::new(Stage::Execute, FailureKind::CodeError, "exit 1"));
    let failed = wait(store.put_candidate(failed)).unwrap();
    let open = wait(store.put_candidate(candidate("open", &[]))).unwrap();
    wait(store.decide(judge(6, 0, "mia", Judgement::Equivalent))).unwrap();
    for judgement in [("mia", Judgement::Equivalent), ("leo", Judgement::Different)] {
        wait(store.decide(judge(9, 0, judgement.0, judgement.1))).unwrap();
    }
    let reader = store.reader().unwrap();
    let some: IdSet = [2, 3, 6, 9, without, failed, open, 9_999].into_iter().collect();
    let wanted = Standings { agree: 2, disagree: 1, contested: 1, not_executed: 1, failed: 1, open: 1, undecided: 0 };
    assert_eq!(reader.standings(&some).unwrap(), wanted);
    assert_eq!(reader.standings(&IdSet::default()).unwrap(), Standings::default());
    let all = reader.standings(&IdSet::span(&(1..=open))).unwrap();
    let counted = |text: &str| reader.count(&filter(text)).unwrap();
    assert_eq!(all.agree, counted("standing:agrees contested:no"));
    assert_eq!(all.disagree, counted("standing:disagrees contested:no"));
    assert_eq!(all.agree + all.disagree + all.contested + all.not_executed + all.failed + all.open, 203);
}

#[test]
fn rows_without_gaps_are_known_without_reading_them() {
    let (folder, store) = new_store();
    let reader = store.reader().unwrap();
    assert_eq!((reader.unbroken().unwrap(), reader.newest().unwrap()), (None, 0));
    wait(store.put_candidate(candidate("a", &[]))).unwrap();
    wait(store.put_candidate(candidate("b", &[]))).unwrap();
    assert_eq!((reader.unbroken().unwrap(), reader.newest().unwrap()), (Some(1..=2), 2));
    // Another program's store may have gaps.
    let conn = Connection::open(folder.path().join("loong.db")).unwrap();
    conn.execute_batch("PRAGMA foreign_keys = OFF; UPDATE candidate SET id = 5 WHERE id = 2").unwrap();
    assert_eq!((reader.unbroken().unwrap(), reader.newest().unwrap()), (None, 5));
}

#[test]
fn judged_by_somebody_is_what_they_judged_and_did_not_take_back() {
    let (_folder, store) = many();
    let decide = |new: NewDecision| wait(store.decide(new)).unwrap();
    decide(judge(3, 0, "ada", Judgement::Equivalent));
    decide(judge(4, 0, "bob", Judgement::Equivalent));
    decide(curate(4, "ada", loong::store::record::Curation::Accept));
    decide(judge(9, 0, "ada", Judgement::CantTell));
    wait(store.undo("ada")).unwrap();
    let reader = store.reader().unwrap();
    assert_eq!(list(&reader.judged_by("ada").unwrap()), [3], "a word on the candidate is no judgement of its pair");
    assert_eq!(list(&reader.judged_by("bob").unwrap()), [4]);
    assert!(reader.judged_by("cy").unwrap().is_empty());
}
