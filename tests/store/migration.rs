//! A store of every released schema opens here, with all that was in it, and a copy of it is kept.

use std::path::{Path, PathBuf};

use loong::store::filter::Filter;
use loong::store::record::{Agreement, Curation, Judgement, RightSide};
use loong::store::{OpenMode, Store, StoreError};
use rusqlite::Connection;
use tempfile::tempdir;

use crate::support::{curate, wait};

/// What the program of schema 1 wrote, under the schema as it was released.
fn first(folder: &Path) -> PathBuf {
    let path = folder.join("loong.db");
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(include_str!("../../assets/sql/0001_first.sql")).unwrap();
    conn.execute_batch(include_str!("../fixtures/store-1.sql")).unwrap();
    conn.pragma_update(None, "application_id", 0x6c6f_6f6e).unwrap();
    conn.pragma_update(None, "user_version", 1).unwrap();
    path
}

/// The same under schema 2, with an execution.
fn second(folder: &Path) -> PathBuf {
    let path = first(folder);
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(include_str!("../../assets/sql/0002_batch.sql")).unwrap();
    conn.execute_batch(
        "INSERT INTO execution VALUES (1, 1, 0, 'c', 'exit', 0, 2, 0.25, 0.2, 4096, 'full', 'v1', '3.11.7');
         INSERT INTO execution_text VALUES (1, '4', '');",
    )
    .unwrap();
    conn.pragma_update(None, "user_version", 2).unwrap();
    path
}

#[test]
fn schema_2_is_migrated_and_its_executions_had_what_was_pinned() {
    let folder = tempdir().unwrap();
    let path = second(folder.path());
    let store = Store::open(&path, OpenMode::Existing).unwrap();
    let executions = store.reader().unwrap().candidate(1).unwrap().record.executions;
    assert_eq!((executions[0].stdout.as_str(), executions[0].python.as_str()), ("4", "3.11.7"));
    assert_eq!(executions[0].substituted, Vec::<String>::new());
    store.check().unwrap();
    assert!(folder.path().join("loong.db.v2.bak").exists());
}

#[test]
fn schema_1_is_copied_and_migrated_with_all_that_is_in_it() {
    let folder = tempdir().unwrap();
    let path = first(folder.path());
    let reading = Store::open(&path, OpenMode::ReadOnly).unwrap_err();
    assert!(matches!(reading, StoreError::Older { found: 1, .. }), "{reading}");

    let store = Store::open(&path, OpenMode::Existing).unwrap();
    assert_eq!(store.uid(), "00d86f2fb055c576dc8026d46c683abf");
    let reader = store.reader().unwrap();
    assert_eq!(reader.count(&Filter::all()).unwrap(), 3);
    let log = reader.all_decisions().unwrap();
    assert_eq!(log.len(), 4);
    assert!(log.iter().all(|d| d.body.batch.is_none()));
    assert_eq!(log[2].reversed_by.as_ref(), Some(&log[3].uid));
    let judged = reader.candidate(2).unwrap();
    assert_eq!((judged.standing, judged.responses[0].judgement), (Agreement::Agrees, Some(Judgement::Equivalent)));
    let accepted = reader.candidate(1).unwrap();
    assert_eq!((accepted.curation, accepted.right), (Some(Curation::Accept), Some(RightSide::Both)));
    assert_eq!(accepted.tags, ["easy"]);
    assert_eq!(accepted.record.metadata["extra"].to_string(), "[1.50,\"π\"]");

    let lengths = |all: Vec<_>| all.len();
    assert_eq!(lengths(wait(store.undo("mia")).unwrap()), 1, "what was decided then is undone now");
    assert_eq!(reader.candidate(1).unwrap().curation, None);
    wait(store.decide_many((1..=3).map(|id| curate(id, "mia", Curation::Flag)).collect())).unwrap();
    assert_eq!(lengths(wait(store.undo("mia")).unwrap()), 3);
    store.check().unwrap();

    let copy = Connection::open(folder.path().join("loong.db.v1.bak")).unwrap();
    let version: i64 = copy.pragma_query_value(None, "user_version", |r| r.get(0)).unwrap();
    let decisions: i64 = copy.query_row("SELECT count(*) FROM decision", [], |r| r.get(0)).unwrap();
    assert_eq!((version, decisions), (1, 4), "the copy is the store as it was");
}
