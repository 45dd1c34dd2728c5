//! Candidates come back as they were given, once, and are counted as they come.

use std::ops::ControlFlow;

use loong::failure::FailureKind;
use loong::model::Role;
use loong::store::StoreError;
use loong::store::filter::Filter;
use loong::store::record::{Agreement, CandidateRecord, CandidateView, Curation, NewDecision};
use loong::store::{Sink, Store};
use loong::verifier::Outcome;

use crate::support::{candidate, new_run, new_store, reply, response, verdict, wait, whole_candidate};

fn as_given(view: &CandidateView) -> CandidateRecord {
    let responses = view.responses.iter().map(|r| r.record.clone()).collect();
    CandidateRecord { responses, ..view.record.clone() }
}

#[test]
fn a_candidate_comes_back_as_it_was_given() {
    let (_folder, store) = new_store();
    let run = wait(store.open_run(new_run("r"))).unwrap();
    let asked = wait(store.put_reply(reply("k", run.id, Role::Generator, 3))).unwrap();
    let record = whole_candidate(run.id, asked.id);
    let id = wait(store.put_candidate(record.clone())).unwrap();
    let reader = store.reader().unwrap();
    let view = reader.candidate(id).unwrap();
    assert_eq!(as_given(&view), record);
    assert_eq!(view.model.as_deref(), Some("named-itself"));
    assert_eq!(view.standing, Agreement::Agrees);
    assert_eq!(view.responses[0].standing, Some(Outcome::Equivalent));
    assert_eq!(view.responses[1].standing, None);
    assert!(view.curation.is_none() && view.right.is_none() && view.tags.is_empty() && !view.contested);
    assert_eq!(view.created_at.len(), "2026-11-21T09:30:00.000Z".len());

    let replies = reader.replies_of(id).unwrap();
    assert_eq!(replies.len(), 1);
    assert_eq!((replies[0].id, replies[0].sampling.seed), (asked.id, Some(u64::MAX)));
    assert_eq!(replies[0].reply, asked.reply);
    assert!(matches!(reader.candidate(id + 1), Err(StoreError::Missing { .. })));
}

#[test]
fn the_same_uid_again_changes_nothing() {
    let (_folder, store) = new_store();
    let first = wait(store.put_candidate(candidate("a", &[Outcome::Equivalent]))).unwrap();
    let mut other = candidate("a", &[Outcome::Different]);
    other.question = "Another question".to_owned();
    assert_eq!(wait(store.put_candidate(other.clone())).unwrap(), first);
    let ids = wait(store.put_candidates(vec![other, candidate("b", &[]), candidate("b", &[])])).unwrap();
    assert_eq!(ids, [first, first + 1, first + 1]);
    let reader = store.reader().unwrap();
    assert_eq!(reader.candidate(first).unwrap().record.question, "Question a?");
    assert_eq!(reader.count(&Filter::all()).unwrap(), 2);
}

#[test]
fn a_bad_candidate_leaves_no_trace_and_harms_no_other() {
    let (_folder, store) = new_store();
    let mut bad = candidate("bad", &[Outcome::Equivalent, Outcome::Equivalent]);
    bad.responses[1].sample = 0;
    let writes = [candidate("a", &[]), bad, candidate("b", &[])];
    let outcomes = wait(futures::future::join_all(writes.into_iter().map(|c| store.put_candidate(c))));
    assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
    assert!(matches!(outcomes[1], Err(StoreError::Invalid(_))), "{:?}", outcomes[1]);
    let reader = store.reader().unwrap();
    assert_eq!(reader.ids(&Filter::all()).unwrap().len(), 2);
    assert_eq!(reader.totals().unwrap().responses, []);
    assert!(wait(store.put_candidate(candidate("", &[]))).is_err(), "a uid is needed");
    store.check().unwrap();
}

#[test]
fn pages_go_by_key_in_both_directions() {
    let (_folder, store) = new_store();
    wait(store.put_candidates((0..25).map(|n| candidate(&n.to_string(), &[])).collect())).unwrap();
    let reader = store.reader().unwrap();
    for descending in [false, true] {
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = reader.page(&Filter::all(), after, 10, descending).unwrap().0;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            assert!(page.len() <= 10);
            seen.extend(page.iter().map(|r| r.id));
        }
        if descending {
            seen.reverse();
        }
        assert_eq!(seen, (1..=25).collect::<Vec<i64>>());
    }
    let filter = Filter::parse("id>3 id<=5").unwrap();
    let ids: Vec<i64> = reader.page(&filter, Some(4), 10, false).unwrap().0.iter().map(|r| r.id).collect();
    assert_eq!(ids, [5]);
}

#[test]
fn a_row_tells_of_a_failure_only_where_nothing_succeeded() {
    use loong::failure::{Failure, Stage};
    let (_folder, store) = new_store();
    let failed = |sample, kind| {
        let mut r = response(sample, None);
        r.failure = Some(Failure::new(Stage::Solve, kind, "said so"));
        r
    };
    let mut one_good = candidate("one good", &[Outcome::Different]);
    one_good.responses.push(failed(1, FailureKind::Refused));
    let mut none_good = candidate("none good", &[]);
    none_good.responses = vec![failed(7, FailureKind::NoAnswer), failed(2, FailureKind::Truncated)];
    let mut own = none_good.clone();
    own.uid = "own".to_owned();
    own.failure = Some(Failure::new(Stage::Execute, FailureKind::CodeTimeout, "10 s"));
    wait(store.put_candidates(vec![one_good, none_good, own, candidate("empty", &[])])).unwrap();
    let rows = store.reader().unwrap().page(&Filter::all(), None, 10, false).unwrap().0;
    let kinds: Vec<_> = rows.iter().map(|r| r.failure.as_ref().map(|f| f.kind)).collect();
    assert_eq!(kinds, [None, Some(FailureKind::Truncated), Some(FailureKind::CodeTimeout), None]);
    assert_eq!(rows[0].verdict, Some(Outcome::Different));
    assert_eq!((rows[0].responses, rows[3].responses), (2, 0));
    assert_eq!(rows[0].title, "Question one good?");
}

#[test]
fn streaming_gives_everything_in_order_until_it_breaks() {
    let (_folder, store) = new_store();
    wait(store.put_candidates((0..200).map(|n| candidate(&n.to_string(), &[Outcome::Equivalent])).collect())).unwrap();
    let reader = store.reader().unwrap();
    let mut ids = Vec::new();
    reader
        .for_each(&Filter::parse("id>10").unwrap(), |view| {
            // Writing meanwhile changes nothing of what is seen.
            wait(store.put_candidate(candidate(&format!("new {}", view.id), &[]))).unwrap();
            ids.push(view.id);
            if ids.len() == 50 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert_eq!(ids, (11..61).collect::<Vec<i64>>());
    assert_eq!(reader.count(&Filter::all()).unwrap(), 250);
}

#[test]
fn what_is_read_in_stretches_is_what_each_candidate_has() {
    let (_folder, store) = new_store();
    let run = wait(store.open_run(new_run("r"))).unwrap();
    let asked = wait(store.put_reply(reply("k", run.id, Role::Generator, 3))).unwrap();
    // Some have everything that lies beside a candidate, some nothing of it, and some several of one.
    let record = |n: u64| match n % 4 {
        0 => {
            CandidateRecord { uid: format!("whole {n}"), ordinal: Some(1_000 + n), ..whole_candidate(run.id, asked.id) }
        }
        1 => candidate(&n.to_string(), &[]),
        2 => candidate(&n.to_string(), &[Outcome::Equivalent; 5]),
        _ => candidate(&n.to_string(), &[Outcome::Different]),
    };
    wait(store.put_candidates((0..300).map(record).collect())).unwrap();
    for id in [4, 5, 299] {
        let tags = vec!["b".to_owned(), format!("of {id}")];
        let flag = Some(Curation::Flag);
        let decision =
            NewDecision { candidate: id, reviewer: "ada".to_owned(), curation: flag, tags, ..NewDecision::default() };
        wait(store.decide(decision)).unwrap();
    }
    let reader = store.reader().unwrap();
    for filter in ["", "id>3", "-flag:yes", "id:1,2,9,12,13,14,299,300", "responses:5", "curation:flag"] {
        let filter = Filter::parse(filter).unwrap();
        let mut read = Vec::new();
        reader
            .for_each(&filter, |view| {
                read.push(view);
                ControlFlow::Continue(())
            })
            .unwrap();
        let one_by_one: Vec<CandidateView> =
            reader.ids(&filter).unwrap().into_iter().map(|id| reader.candidate(id).unwrap()).collect();
        assert!(!read.is_empty() && read == one_by_one, "{filter}");
        let ids = reader.ids(&filter).unwrap().into_iter().chain([100_000]).collect();
        let mut of = Vec::new();
        reader
            .for_each_of(&ids, |view| {
                of.push(view.id);
                ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(of, read.iter().map(|view| view.id).collect::<Vec<_>>(), "{filter}");
    }
    let whole = reader.candidate(1).unwrap();
    assert!(!whole.record.seeds.is_empty() && !whole.record.executions.is_empty(), "{whole:?}");
    assert_eq!(reader.candidate(5).unwrap().tags, ["b", "of 5"]);
}

#[test]
fn pairs_carry_what_the_verifier_needs() {
    let (_folder, store) = new_store();
    let run = wait(store.open_run(new_run("r"))).unwrap();
    let asked = wait(store.put_reply(reply("k", run.id, Role::Generator, 3))).unwrap();
    let mut without = candidate("without reference", &[Outcome::Error]);
    without.reference = None;
    let records = vec![whole_candidate(run.id, asked.id), without, candidate("two", &[Outcome::Different; 2])];
    wait(store.put_candidates(records)).unwrap();
    let mut pairs = Vec::new();
    let collect = |pair| {
        pairs.push(pair);
        ControlFlow::Continue(())
    };
    store.reader().unwrap().pairs(&Filter::all(), collect).unwrap();
    let places: Vec<_> = pairs.iter().map(|p| (p.candidate_id, p.sample)).collect();
    assert_eq!(places, [(1, 0), (3, 0), (3, 1)], "no reference, or no text, is no pair");
    assert_eq!(pairs[0].references, ["1365", "1365.0", "7"]);
    assert_eq!((pairs[0].tolerance, pairs[0].options.len()), (Some(0.01), 2));
    assert_eq!(pairs[1].verdict, Some(verdict(Outcome::Different)));
    assert_eq!(pairs[1].domain, "logic");
}

#[test]
fn kept_counts_are_what_counting_gives() {
    let (_folder, store) = new_store();
    let mut records: Vec<CandidateRecord> = Vec::new();
    for (n, outcomes) in [
        &[][..],
        &[Outcome::Equivalent],
        &[Outcome::Different, Outcome::Error],
        &[Outcome::Undecided, Outcome::Equivalent, Outcome::Equivalent],
    ]
    .iter()
    .enumerate()
    .cycle()
    .take(20)
    .map(|(n, o)| (n, *o))
    {
        let mut record = candidate(&records.len().to_string(), outcomes);
        record.domain = ["logic", "games", ""][records.len() % 3].to_owned();
        if n == 0 {
            record.failure =
                Some(loong::failure::Failure::new(loong::failure::Stage::Execute, FailureKind::CodeError, "exit 1"));
        }
        records.push(record);
    }
    wait(store.put_candidates(records)).unwrap();
    let reader = store.reader().unwrap();
    let mut kept = reader.totals().unwrap();
    let mut counted = reader.totals_of(&Filter::all()).unwrap();
    for totals in [&mut kept, &mut counted] {
        totals.candidates.sort_by_key(|c| format!("{c:?}"));
        totals.responses.sort_by_key(|c| format!("{c:?}"));
    }
    assert_eq!(kept, counted);
    assert_eq!(kept.candidate_count(), 20);
    assert_eq!(kept.candidates_by(|c| c.standing)[&Agreement::Agrees], 10);
    assert_eq!(kept.responses_by(|r| r.verdict)[&Some(Outcome::Error)], 5);
    assert_eq!(kept.candidates_by(|c| c.kind)[&Some(FailureKind::CodeError)], 5);
}

#[test]
fn a_bulk_is_counted_like_its_candidates_one_by_one() {
    let outcomes = [Outcome::Equivalent, Outcome::Different, Outcome::Undecided];
    let record = |n: usize| {
        let mut record = candidate(&n.to_string(), &outcomes[..n % 4]);
        record.domain = ["logic", "games"][n % 2].to_owned();
        record.run_id = None;
        record
    };
    let ((_one, bulk), (_other, single)) = (new_store(), new_store());
    for range in [0..600, 300..900, 900..910] {
        wait(bulk.put_candidates(range.clone().map(record).collect())).unwrap();
        for n in range {
            wait(single.put_candidate(record(n))).unwrap();
        }
        let totals = |store: &Store| store.reader().unwrap().totals().unwrap();
        assert_eq!(totals(&bulk), totals(&single));
    }
    let mut spoiled: Vec<_> = (2000..2600).map(record).collect();
    spoiled[599].uid.clear();
    assert!(wait(bulk.put_candidates(spoiled)).is_err());
    wait(bulk.put_candidate(record(3000))).unwrap();
    wait(single.put_candidate(record(3000))).unwrap();
    let cells = |store: &Store| store.reader().unwrap().totals().unwrap();
    assert_eq!(cells(&bulk), cells(&single), "the triggers are not there again, or a bulk was kept in part");
}
