//! The writer: what is acknowledged is there, whoever writes or reads beside it.

use std::time::Duration;

use futures::future::{FutureExt, join_all};
use loong::model::Role;
use loong::store::filter::Filter;
use loong::store::record::{Curation, RunState};
use loong::store::{Limits, OpenMode, Sink, Store, StoreError};
use loong::verifier::Outcome;
use tempfile::tempdir;

use crate::support::{candidate, curate, new_run, new_store, reply, wait};

#[test]
fn many_writes_at_once_are_all_acknowledged_and_there() {
    let (_folder, store) = new_store();
    let run = wait(store.open_run(new_run("r"))).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let tasks = (0..64_u64).map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                for m in 0..20 {
                    let key = format!("{n}/{m}");
                    let stored = store.put_reply(reply(&key, run.id, Role::Solver, n)).await.unwrap();
                    let mut record = candidate(&key, &[Outcome::Equivalent]);
                    record.responses[0].reply_id = Some(stored.id);
                    let id = store.put_candidate(record).await.unwrap();
                    // Acknowledged is committed: any reader sees it.
                    assert_eq!(store.reader().unwrap().candidate(id).unwrap().record.uid, key);
                    if m == 0 {
                        store.decide(curate(id, "ada", Curation::Accept)).await.unwrap();
                    }
                }
            })
        });
        for task in join_all(tasks).await {
            task.unwrap();
        }
        store.close_run(run.id, RunState::Done).await.unwrap();
        assert_eq!(store.questions(0).await.unwrap().len(), 1280);
    });
    let reader = store.reader().unwrap();
    assert_eq!(reader.count(&Filter::all()).unwrap(), 1280);
    assert_eq!(reader.count(&Filter::parse("curation:accept").unwrap()).unwrap(), 64);
    store.check().unwrap();
}

#[test]
fn closing_waits_for_what_was_given_and_refuses_what_comes_after() {
    let (_folder, store) = new_store();
    let other = store.clone();
    let given = join_all((0..100).map(|n| store.put_candidate(candidate(&n.to_string(), &[]))));
    let (written, closed) = wait(async { futures::join!(given, other.close()) });
    closed.unwrap();
    let kept = written.iter().filter(|w| w.is_ok()).count() as u64;
    assert!(written.iter().all(|w| matches!(w, Ok(_) | Err(StoreError::Closed))));
    assert_eq!(store.reader().unwrap().count(&Filter::all()).unwrap(), kept, "reading goes on");
    assert!(matches!(wait(store.put_candidate(candidate("late", &[]))), Err(StoreError::Closed)));
    wait(store.close()).unwrap();
}

#[test]
fn what_was_given_before_the_last_handle_is_dropped_is_written() {
    let (folder, store) = new_store();
    // Polled once, the write is with the writer; then nobody waits for it any more.
    let given = store.put_candidate(candidate("a", &[]));
    drop(given.now_or_never());
    drop(store);
    let store = Store::open(folder.path().join("loong.db"), OpenMode::Existing).unwrap();
    assert_eq!(store.reader().unwrap().count(&Filter::all()).unwrap(), 1);
}

#[test]
fn while_another_process_writes_a_write_waits_and_then_says_so() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("loong.db");
    let limits = Limits { busy: Duration::from_millis(20), max_bytes: None };
    let store = Store::open_with(&path, OpenMode::Create, limits).unwrap();
    wait(store.put_candidate(candidate("a", &[]))).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let writes = wait(join_all((0..20).map(|n| store.put_candidate(candidate(&n.to_string(), &[])))));
    assert!(writes.iter().all(|w| matches!(w, Err(StoreError::Busy { .. }))), "{writes:?}");
    assert!(matches!(wait(store.decide(curate(1, "ada", Curation::Accept))), Err(StoreError::Busy { .. })));
    assert_eq!(store.reader().unwrap().count(&Filter::all()).unwrap(), 1, "reading goes on");
    other.execute_batch("COMMIT").unwrap();
    wait(store.put_candidate(candidate("b", &[]))).unwrap();
    wait(store.decide(curate(1, "ada", Curation::Accept))).unwrap();
}

#[test]
fn a_full_store_says_so_keeps_what_it_has_and_can_be_read() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("loong.db");
    let limits = Limits { max_bytes: Some(1 << 20), ..Limits::default() };
    let store = Store::open_with(&path, OpenMode::Create, limits).unwrap();
    let mut acknowledged = Vec::new();
    let mut refused = 0;
    for batch in 0..200 {
        let records = (0..16).map(|n| {
            let mut record = candidate(&format!("{batch}/{n}"), &[Outcome::Equivalent]);
            record.question = "why ".repeat(500);
            record
        });
        let outcomes = wait(join_all(records.map(|r| store.put_candidate(r))));
        for (n, outcome) in outcomes.into_iter().enumerate() {
            match outcome {
                Ok(id) => acknowledged.push((id, format!("{batch}/{n}"))),
                Err(StoreError::Full { .. }) => refused += 1,
                Err(other) => panic!("{other}"),
            }
        }
        if refused > 100 {
            break;
        }
    }
    assert!(refused > 100 && acknowledged.len() > 50, "{refused} refused, {} kept", acknowledged.len());
    let all_there = |store: &Store| {
        let reader = store.reader().unwrap();
        for (id, uid) in &acknowledged {
            assert_eq!(&reader.candidate(*id).unwrap().record.uid, uid);
        }
        assert_eq!(reader.count(&Filter::parse("id>0").unwrap()).unwrap(), acknowledged.len() as u64);
        store.check().unwrap();
    };
    all_there(&store);
    drop(store);
    let store = Store::open(&path, OpenMode::Existing).unwrap();
    all_there(&store);
    wait(store.put_candidate(candidate("after", &[]))).unwrap();
}
