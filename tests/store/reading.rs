//! What a screen reads besides pages: rows by number, what is new, values to complete, whether anything changed.

use std::ops::ControlFlow;

use loong::failure::{Failure, FailureKind, Stage};
use loong::store::filter::{Filter, fields};
use loong::store::record::{Agreement, Curation, Judgement, NewDecision, VerdictCounts};
use loong::store::{Latest, Sink};
use loong::verifier::Outcome;

use crate::support::{about, candidate, curate, judge, new_run, new_store, reply, wait, whole_candidate};

#[test]
fn rows_come_in_the_order_asked_for_and_say_what_pages_say() {
    let (_folder, store) = new_store();
    let all = (0..700).map(|n| candidate(&n.to_string(), &[Outcome::Equivalent][..n % 2])).collect();
    wait(store.put_candidates(all)).unwrap();
    let reader = store.reader().unwrap();
    let ids: Vec<i64> = (1..=700).rev().collect();
    let rows = reader.rows(&ids).unwrap().0;
    assert_eq!(rows, reader.page(&Filter::all(), None, 1000, true).unwrap().0);
    let some: Vec<i64> = reader.rows(&[7, 999, -1, 3, 7]).unwrap().0.iter().map(|r| r.id).collect();
    assert_eq!(some, [7, 3, 7], "missing ones are left out");
    assert_eq!(reader.rows(&[]).unwrap().0, []);
}

#[test]
fn of_long_questions_the_beginnings_are_read() {
    let (_folder, store) = new_store();
    let (mut long, mut short) = (candidate("long", &[]), candidate("short", &[]));
    long.question = format!("{} end", "骨".repeat(500));
    short.question = "How many?".to_owned();
    wait(store.put_candidates(vec![long, short])).unwrap();
    let begun = store.reader().unwrap().beginnings(&[2, 1, 9], 120).unwrap();
    assert_eq!(begun, [(1, "骨".repeat(120))], "a row has the whole of a short one");
}

#[test]
fn a_row_tells_disagreements_and_contested_candidates() {
    use Outcome::{Different, Equivalent, Undecided};
    let (_folder, store) = new_store();
    wait(store.put_candidate(candidate("a", &[Equivalent, Different, Equivalent, Undecided]))).unwrap();
    wait(store.put_candidate(candidate("b", &[Equivalent]))).unwrap();
    let reader = store.reader().unwrap();
    let rows = reader.rows(&[1, 2]).unwrap().0;
    assert_eq!(rows[0].verdicts, VerdictCounts { equivalent: 2, different: 1, undecided: 1, error: 0 });
    assert_eq!((rows[0].different, rows[1].different), (true, false));
    assert!(!rows[1].contested);
    wait(store.decide(curate(2, "ada", Curation::Accept))).unwrap();
    wait(store.decide(curate(2, "bob", Curation::Reject))).unwrap();
    assert!(reader.rows(&[2]).unwrap().0[0].contested);
    wait(store.decide(judge(1, 1, "ada", Judgement::Equivalent))).unwrap();
    assert!(reader.rows(&[1]).unwrap().0[0].different, "a judgement does not change what the verifier said");
}

#[test]
fn new_rows_are_found_behind_the_last_one_known() {
    let (_folder, store) = new_store();
    let reader = store.reader().unwrap();
    assert!(reader.ids_after(&Filter::all(), 0).unwrap().is_empty());
    for uid in ["a", "b", "c", "d"] {
        let outcome = if uid == "c" { Outcome::Equivalent } else { Outcome::Different };
        wait(store.put_candidate(candidate(uid, &[outcome]))).unwrap();
    }
    assert_eq!(reader.ids_after(&Filter::all(), 2).unwrap(), [3, 4]);
    let either = Filter::parse("verdict:different or id:3").unwrap();
    assert_eq!(reader.ids_after(&either, 1).unwrap(), [2, 3, 4], "an `or` does not reach over the row");
    assert_eq!(reader.ids_after(&Filter::parse("verdict:different").unwrap(), 2).unwrap(), [4]);
}

#[test]
fn the_state_changes_with_every_write_and_not_without() {
    let (_folder, store) = new_store();
    wait(store.put_candidate(candidate("a", &[Outcome::Different]))).unwrap();
    // A second opening, as another process has it.
    let other = loong::store::Store::open(store.path(), loong::store::OpenMode::Existing).unwrap();
    let reader = store.reader().unwrap();
    let first = reader.state().unwrap();
    assert_eq!(reader.state().unwrap(), first);
    wait(store.decide(curate(1, "ada", Curation::Accept))).unwrap();
    let second = reader.state().unwrap();
    assert_ne!(second, first);
    wait(other.decide(curate(1, "bob", Curation::Accept))).unwrap();
    assert_ne!(reader.state().unwrap(), second);
}

#[test]
fn values_to_complete_are_those_that_are_stored() {
    let (_folder, store) = new_store();
    let run = wait(store.open_run(new_run("r"))).unwrap();
    let row = wait(store.put_reply(reply("k", run.id, loong::model::Role::Generator, 3))).unwrap();
    wait(store.put_candidate(whole_candidate(run.id, row.id))).unwrap();
    for (uid, domain) in [("a", "logic"), ("b", "games"), ("c", "50%_off"), ("d", "")] {
        let mut record = candidate(uid, &[Outcome::Different]);
        domain.clone_into(&mut record.domain);
        wait(store.put_candidate(record)).unwrap();
    }
    let tagged = NewDecision { tags: vec!["Hard one".to_owned()], ..about(2, "ada") };
    wait(store.decide(tagged)).unwrap();
    wait(store.decide(NewDecision { cause: Some("units".to_owned()), ..judge(2, 0, "bob", Judgement::Equivalent) }))
        .unwrap();
    let reader = store.reader().unwrap();
    let values = |field: &str, prefix: &str| reader.values(field, prefix, 20).unwrap();
    assert_eq!(values("domain", ""), ["50%_off", "games", "graph_discrete_math", "logic"]);
    assert_eq!(values("domain", "G"), ["games", "graph_discrete_math"]);
    assert_eq!(values("domain", "50%_"), ["50%_off"]);
    assert_eq!(values("domain", "%"), Vec::<String>::new(), "what is typed is no pattern");
    assert_eq!(reader.values("domain", "", 1).unwrap(), ["50%_off"]);
    assert_eq!(values("strategy", "few"), ["few-shot"]);
    assert_eq!(values("solver", ""), ["solver-a"]);
    assert_eq!(values("tag", "h"), ["Hard one"]);
    assert_eq!(values("reviewer", ""), ["ada", "bob"]);
    assert_eq!(values("cause", ""), ["units"]);
    assert_eq!(values("model", ""), ["named-itself"]);
    assert_eq!(values("dependency", "net"), ["networkx==3.4.2"]);
    assert_eq!(values("run", ""), ["1"]);
    assert_eq!(values("end", ""), ["exit", "timeout"]);
    assert_eq!(values("verdict", "D"), ["different"]);
    assert_eq!(values("flag", ""), ["yes", "no"]);
    assert_eq!(values("kind", "code_t"), ["code_timeout"]);
    assert_eq!(values("question", ""), Vec::<String>::new());
    assert_eq!(values("nothing", ""), Vec::<String>::new());
    for field in fields() {
        values(field.name, "é\"'%");
    }
}

#[test]
fn pairs_in_bulk_are_the_pairs_one_by_one() {
    let (_folder, store) = new_store();
    let run = wait(store.open_run(new_run("r"))).unwrap();
    let reply = wait(store.put_reply(reply("k", run.id, loong::model::Role::Generator, 0))).unwrap();
    store
        .put_candidates_blocking(vec![
            whole_candidate(run.id, reply.id),
            candidate("b", &[]),
            candidate("c", &[Outcome::Different]),
        ])
        .unwrap();
    let reader = store.reader().unwrap();
    let mut single = Vec::new();
    let each = |row: loong::store::PairRow| {
        single.push((row.response_id, row.references, row.response_text, row.tolerance, row.options, row.verdict));
        ControlFlow::Continue(())
    };
    reader.pairs(&Filter::all(), each).unwrap();
    let mut bulk = Vec::new();
    let each = |stored: &loong::store::StoredPair| {
        let pair = stored.pair.clone();
        bulk.push((stored.response, pair.references, pair.response, pair.tolerance, pair.options, stored.outcome));
        ControlFlow::Continue(())
    };
    reader.stored_pairs(1..=reader.last_candidate().unwrap(), each).unwrap();
    assert!(!bulk.is_empty());
    let told: Vec<_> = single.into_iter().map(|(a, b, c, d, e, v)| (a, b, c, d, e, v.map(|v| v.outcome))).collect();
    assert_eq!(bulk, told);
    let mark = reader.verdict_mark(bulk[0].0).unwrap();
    assert_eq!(mark.leniencies, [loong::verifier::Leniency::Rounding, loong::verifier::Leniency::Order]);
}

#[test]
fn what_of_a_run_came_last_is_read_with_what_failed_by_its_own_and_by_its_responses() {
    let (_folder, store) = new_store();
    let mut runs = ["first", "second"].map(|recipe| wait(store.open_run(new_run(recipe))).unwrap().id);
    runs.sort_unstable();
    let failure = |stage, kind| Some(Failure::new(stage, kind, "why"));
    let all: Vec<_> = (0..40_u64)
        .map(|n| {
            let mut one = candidate(&n.to_string(), &[Outcome::Equivalent]);
            (one.run_id, one.ordinal) = (Some(runs[usize::from(n % 2 == 1)]), Some(n / 2));
            match n / 2 % 4 {
                1 => {
                    (one.responses, one.agreement) = (Vec::new(), Agreement::None);
                    one.failure = failure(Stage::Execute, FailureKind::CodeTimeout);
                }
                2 => {
                    one.agreement = Agreement::None;
                    let response = &mut one.responses[0];
                    (response.verdict, response.answer) = (None, None);
                    response.failure = failure(Stage::Solve, FailureKind::Refused);
                }
                _ => {}
            }
            one
        })
        .collect();
    wait(store.put_candidates(all)).unwrap();
    let latest = store.reader().unwrap().latest(runs[1], 3).unwrap();
    assert_eq!(latest.newest, [40, 38, 36], "each second one is of this run");
    assert_eq!(latest.unanswered.into_iter().collect::<Vec<_>>(), [(FailureKind::Refused, 5)]);
    // Three of each: timed out and refused.
    assert_eq!(latest.failed, [38, 36, 30, 28, 22, 20]);
    assert_eq!(store.reader().unwrap().latest(99, 3).unwrap(), Latest::default());
}
