//! Opening what is a store, and refusing what is not with a sentence.

use std::fs;
use std::path::Path;

use loong::store::filter::Filter;
use loong::store::record::Curation;
use loong::store::{OpenMode, Sink, Store, StoreError};
use loong::verifier::Outcome;
use tempfile::tempdir;

use crate::support::{candidate, curate, new_store, wait};

const MODES: [OpenMode; 3] = [OpenMode::Create, OpenMode::Existing, OpenMode::ReadOnly];

fn refused(path: &Path, mode: OpenMode) -> StoreError {
    Store::open(path, mode).map(drop).expect_err(&format!("{} as {mode:?}", path.display()))
}

#[test]
fn a_store_is_opened_again_with_all_that_is_in_it() {
    let (folder, store) = new_store();
    let path = folder.path().join("loong.db");
    let uid = store.uid().to_owned();
    wait(store.put_candidate(candidate("a", &[Outcome::Equivalent]))).unwrap();
    wait(store.decide(curate(1, "ada", Curation::Accept))).unwrap();
    drop(store);
    assert!(!folder.path().join("loong.db-wal").exists(), "a store at rest is one file");
    for mode in MODES {
        let store = Store::open(&path, mode).unwrap();
        assert_eq!(store.uid(), uid);
        assert_eq!(store.reader().unwrap().candidate(1).unwrap().curation, Some(Curation::Accept));
        assert_eq!(store.is_read_only(), mode == OpenMode::ReadOnly);
    }
    let bytes = fs::read(&path).unwrap();
    assert_eq!(&bytes[68..72], b"loon", "the application id");
}

#[test]
fn nothing_is_written_through_a_store_open_for_reading() {
    let (folder, store) = new_store();
    wait(store.put_candidate(candidate("a", &[]))).unwrap();
    drop(store);
    let store = Store::open(folder.path().join("loong.db"), OpenMode::ReadOnly).unwrap();
    let error = wait(store.put_candidate(candidate("b", &[]))).unwrap_err();
    assert!(error.to_string().contains("reading alone"), "{error}");
    assert!(wait(store.decide(curate(1, "ada", Curation::Accept))).is_err());
    wait(store.close()).unwrap();
}

#[test]
fn a_reader_sees_what_another_opening_writes() {
    let (folder, store) = new_store();
    wait(store.put_candidate(candidate("a", &[]))).unwrap();
    let reading = Store::open(folder.path().join("loong.db"), OpenMode::ReadOnly).unwrap();
    wait(store.put_candidate(candidate("b", &[]))).unwrap();
    assert_eq!(reading.reader().unwrap().count(&Filter::all()).unwrap(), 2);
}

#[test]
fn what_is_no_store_is_refused_with_a_sentence() {
    let folder = tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);

    for mode in [OpenMode::Existing, OpenMode::ReadOnly] {
        let error = refused(&at("nothing.db"), mode);
        assert!(error.to_string().contains("no such file"), "{error}");
        assert!(!at("nothing.db").exists(), "looking made nothing");
        fs::write(at("empty.db"), "").unwrap();
        let error = refused(&at("empty.db"), mode);
        assert!(error.to_string().contains("it is empty"), "{error}");
    }
    let error = refused(&at("nowhere/loong.db"), OpenMode::Create);
    assert!(error.to_string().contains("no folder"), "{error}");

    fs::write(at("notes.txt"), "Just a note.\n".repeat(200)).unwrap();
    let other = rusqlite::Connection::open(at("other.db")).unwrap();
    other.execute_batch("CREATE TABLE bookmarks (url TEXT)").unwrap();
    drop(other);
    for mode in MODES {
        let error = refused(folder.path(), mode);
        assert!(error.to_string().contains("it is a folder"), "{error}");
        let error = refused(&at("notes.txt"), mode);
        assert!(matches!(error, StoreError::NotAStore { .. }), "{error}");
        assert!(error.to_string().contains("no SQLite database"), "{error}");
        let error = refused(&at("other.db"), mode);
        assert!(error.to_string().contains("another program's"), "{error}");
    }
    assert_eq!(fs::read_to_string(at("notes.txt")).unwrap().len(), 2600, "what was refused is as it was");
}

#[test]
fn an_empty_file_becomes_a_store_where_one_may_be_made() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("loong.db");
    fs::write(&path, "").unwrap();
    let store = Store::open(&path, OpenMode::Create).unwrap();
    wait(store.put_candidate(candidate("a", &[]))).unwrap();
}

#[test]
fn a_newer_store_is_refused_and_left_alone() {
    let (folder, store) = new_store();
    let path = folder.path().join("loong.db");
    drop(store);
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.pragma_update(None, "user_version", 9999).unwrap();
    conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    drop(conn);
    let before = fs::read(&path).unwrap();
    for mode in MODES {
        let error = refused(&path, mode);
        assert!(matches!(error, StoreError::Newer { found: 9999, .. }), "{error}");
        assert!(error.to_string().contains("update loong"), "{error}");
    }
    assert!(fs::read(&path).unwrap() == before, "not a byte was changed");
}

#[test]
fn damage_is_told_and_never_a_panic() {
    let (folder, store) = new_store();
    let path = folder.path().join("loong.db");
    wait(store.put_candidates((0..500).map(|n| candidate(&n.to_string(), &[Outcome::Equivalent])).collect())).unwrap();
    store.check().unwrap();
    drop(store);
    let whole = fs::read(&path).unwrap();
    let mut told = 0;
    for (n, start) in (0..whole.len()).step_by(whole.len() / 12).enumerate() {
        let mut bytes = whole.clone();
        let end = (start + 3000).min(bytes.len());
        bytes[start..end].fill(0x5a);
        fs::write(&path, &bytes).unwrap();
        let done = Store::open(&path, OpenMode::Existing).and_then(|store| {
            store.check()?;
            store.reader()?.for_each(&Filter::all(), |_| std::ops::ControlFlow::Continue(()))
        });
        match done {
            Err(StoreError::NotAStore { message, .. }) => {
                assert!(message.contains("damaged") || message.contains("no SQLite database"), "{n}: {message}");
                told += 1;
            }
            // Some of a file is free space, or a text: nothing that SQLite could notice.
            Ok(_) => {}
            Err(other) => panic!("damage {n} was told as: {other}"),
        }
        fs::remove_file(folder.path().join("loong.db-wal")).ok();
        fs::remove_file(folder.path().join("loong.db-shm")).ok();
    }
    assert!(told >= 6, "{told} of 12 were noticed");
    let cut = whole.len() / 2;
    fs::write(&path, &whole[..cut]).unwrap();
    let done = Store::open(&path, OpenMode::Existing).and_then(|store| store.check());
    assert!(matches!(done, Err(StoreError::NotAStore { .. })), "half a file: {done:?}");
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_written_can_still_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, store) = new_store();
    let path = folder.path().join("loong.db");
    wait(store.put_candidate(candidate("a", &[]))).unwrap();
    drop(store);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let writable = fs::OpenOptions::new().write(true).open(&path).is_ok();
    let read = Store::open(&path, OpenMode::ReadOnly).and_then(|s| s.reader()?.count(&Filter::all()));
    let write = Store::open(&path, OpenMode::Existing).map(drop);
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(read.unwrap(), 1);
    if writable {
        println!("skipped the refusal to write: this user may write everything");
        return;
    }
    let error = write.unwrap_err();
    assert!(error.to_string().contains("read-only"), "{error}");
}

#[test]
fn two_that_make_the_same_store_at_once_share_it() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("loong.db");
    let makers: Vec<_> = (0..4)
        .map(|n| {
            let path = path.clone();
            std::thread::spawn(move || {
                let store = Store::open(&path, OpenMode::Create).unwrap();
                wait(store.put_candidate(candidate(&n.to_string(), &[]))).unwrap();
                store.uid().to_owned()
            })
        })
        .collect();
    let mut uids: Vec<String> = makers.into_iter().map(|m| m.join().unwrap()).collect();
    uids.dedup();
    assert_eq!(uids.len(), 1, "one store, one identity");
    let store = Store::open(&path, OpenMode::Existing).unwrap();
    assert_eq!(store.reader().unwrap().count(&Filter::all()).unwrap(), 4);
}
