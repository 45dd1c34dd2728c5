//! An import that ends early, in whatever way, goes on to the same store as one that did not.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use loong::store::record::CandidateRecord;
use loong::store::{OpenMode, Store};

use crate::Desk;

/// Orders of a child: the store's path, and the file's after it.
const ORDERS: &str = "LOONG_TEST_IMPORTER";

/// Two rows a question, three rows apart.
fn rows(questions: usize) -> String {
    let row = |q: usize, said: usize| {
        let thought = "so it goes on ".repeat(12);
        format!(
            "{{\"question\":\"What is {q}?\",\"reference\":\"{q}\",\"response\":\"{thought} \\\\boxed{{{said}}}\",\"at\":{said}}}\n"
        )
    };
    (0..questions / 3)
        .flat_map(|block| (0..6).map(move |n| (3 * block + n % 3, n / 3)))
        .map(|(q, second)| row(q, q + second))
        .collect()
}

/// A store as it comes out when nothing interrupts.
fn undisturbed(text: &str) -> Vec<CandidateRecord> {
    let desk = Desk::new();
    desk.import("r.jsonl", text).unwrap();
    desk.all()
}

fn assert_same(one: &[CandidateRecord], other: &[CandidateRecord]) {
    assert_eq!(one.len(), other.len());
    for (one, other) in one.iter().zip(other) {
        assert_eq!(one, other);
    }
}

#[test]
fn importing_twice_changes_nothing_with_any_number_of_threads() {
    let text = rows(3000);
    let whole = undisturbed(&text);
    assert_eq!(whole.len(), 3000);
    assert!(whole.iter().all(|c| c.responses.len() == 2), "rows of a question were not gathered");
    for jobs in [1, 7] {
        let mut desk = Desk::new();
        desk.jobs = jobs;
        desk.import("r.jsonl", &text).unwrap();
        let again = desk.import("r.jsonl", &text).unwrap();
        assert_eq!((again.new, again.known, again.rows), (0, 3000, 6000));
        assert_same(&desk.all(), &whole);
    }
}

/// The child's part; without orders there is nothing to do.
#[test]
fn importer_child() {
    let Ok(orders) = std::env::var(ORDERS) else { return };
    let (store, file) = orders.split_once('|').unwrap();
    let desk = Desk { store: Store::open(store, OpenMode::Create).unwrap(), ..Desk::new() };
    let mut told = |come: loong::rollout::Progress| {
        println!("candidates {}", come.candidates);
        std::io::stdout().flush().unwrap();
    };
    desk.import_file(Path::new(file), &Arc::default(), &mut told).unwrap();
}

#[test]
fn a_killed_import_goes_on_where_it_was() {
    let text = rows(24_000);
    let desk = Desk::new();
    let file = desk.folder.path().join("r.jsonl");
    std::fs::write(&file, &text).unwrap();
    let store = desk.folder.path().join("killed.db");
    let mut seen = 0;
    for wanted in [1u64, 5_000, 9_000] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "going_on::importer_child", "--nocapture"])
            .env(ORDERS, format!("{}|{}", store.display(), file.display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if line.strip_prefix("candidates ").is_some_and(|n| n.parse::<u64>().unwrap() >= wanted) {
                break;
            }
        }
        // Where it was quicker, there is nothing to kill.
        let _ = child.kill();
        child.wait().unwrap();
        let there =
            Store::open(&store, OpenMode::Existing).unwrap().reader().unwrap().totals().unwrap().candidate_count();
        assert!(there >= wanted && there >= seen, "{there} are there, {wanted} and {seen} were committed");
        seen = there;
    }
    assert!(seen < 24_000, "no import was killed before its end");
    let desk = Desk { store: Store::open(&store, OpenMode::Existing).unwrap(), ..desk };
    let report = desk.import_file(&file, &Arc::default(), &mut |_| {}).unwrap();
    assert_eq!((report.known, report.new), (seen, 24_000 - seen));
    assert_same(&desk.all(), &undisturbed(&text));
}

#[cfg(unix)]
#[test]
fn a_stopped_import_keeps_what_is_committed_though_more_may_come() {
    let text = rows(24_000);
    let desk = Desk::new();
    let pipe = desk.folder.path().join("r.jsonl");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (stop, over) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let report = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut pipe = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
            // Whoever reads may have stopped before all of it was written.
            match pipe.write_all(&text.as_bytes()[..text.len() * 3 / 4]) {
                Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => panic!("{e}"),
                _ => {}
            }
            // Open and silent, as a program that thinks.
            while !over.load(Ordering::Relaxed) {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        });
        let halt = |come: loong::rollout::Progress| stop.store(come.candidates > 0, Ordering::Relaxed);
        let report = desk.import_file(&pipe, &stop, &mut { halt });
        over.store(true, Ordering::Relaxed);
        report.unwrap()
    });
    assert!(report.stopped && !report.is_whole());
    assert!(report.new > 0 && report.new < 24_000, "{report:?}");
    assert!(
        desk.all().iter().all(|c| c.responses.len() == 2),
        "a question was committed before its rows were together"
    );
    std::fs::remove_file(&pipe).unwrap();
    assert_eq!(desk.import("r.jsonl", &text).unwrap().known, report.new);
    assert_same(&desk.all(), &undisturbed(&text));
}

#[test]
fn an_import_that_is_stopped_before_it_begins_writes_nothing() {
    let desk = Desk::new();
    let file = desk.folder.path().join("r.jsonl");
    std::fs::write(&file, rows(300)).unwrap();
    let report = desk.import_file(&file, &Arc::new(AtomicBool::new(true)), &mut |_| {}).unwrap();
    assert!(report.stopped);
    assert!(desk.all().is_empty());
}
