//! What was acknowledged outlasts the program, however it ends. The writers here are other processes: this test binary,
//! run again for one test with its orders in the environment.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use loong::model::Role;
use loong::store::filter::Filter;
use loong::store::record::Curation;
use loong::store::{OpenMode, Sink, Store, StoreError};
use loong::verifier::Outcome;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::{candidate, curate, new_run, reply, wait};

/// Orders of a child: `<how>|<names>|<path>`.
const ORDERS: &str = "LOONG_TEST_STORE_WRITER";

/// The child's part; without orders there is nothing to do.
#[test]
fn writer_child() {
    let Ok(orders) = std::env::var(ORDERS) else { return };
    let [how, names, path] = orders.splitn(3, '|').collect::<Vec<_>>()[..] else { panic!("orders: {orders}") };
    let store = Store::open(path, OpenMode::Create).unwrap();
    match how {
        "forever" => write(&store, names, u64::MAX),
        "some" => write(&store, names, 150),
        "fill" => fill(&store, names, Path::new(path)),
        _ => panic!("orders: {orders}"),
    }
}

/// Writes one thing of every sort after the other, several in flight, and tells each acknowledgement.
fn write(store: &Store, names: &str, most: u64) {
    let run = wait(store.open_run(new_run(names))).unwrap();
    for n in 0..most {
        let name = |m: u64| format!("{names}-{n}-{m}");
        let replies = (0..8).map(|m| store.put_reply(reply(&name(m), run.id, Role::Solver, n)));
        for (m, stored) in (0..).zip(wait(futures::future::join_all(replies))) {
            stored.unwrap();
            acknowledge("reply", &name(m));
        }
        let id = wait(store.put_candidate(candidate(&name(0), &[Outcome::Different]))).unwrap();
        acknowledge("candidate", &name(0));
        let decision = wait(store.decide(curate(id, "ada", Curation::Accept))).unwrap();
        acknowledge("decision", &decision.uid);
    }
}

/// Writes until the disk is full, then makes room and goes on.
fn fill(store: &Store, names: &str, path: &Path) {
    let ballast = path.with_file_name("ballast");
    std::fs::write(&ballast, vec![1_u8; 512 << 10]).unwrap();
    let put = |n: usize| {
        let mut record = candidate(&format!("{names}-{n}"), &[]);
        record.question = "why ".repeat(1000);
        wait(store.put_candidate(record))
    };
    let mut n = 0;
    let full = loop {
        match put(n) {
            Ok(_) => acknowledge("candidate", &format!("{names}-{n}")),
            Err(error) => break error,
        }
        n += 1;
        assert!(n < 100_000, "the disk never got full");
    };
    assert!(matches!(full, StoreError::Full { .. }), "{full}");
    assert_eq!(store.reader().unwrap().count(&Filter::parse("id>0").unwrap()).unwrap(), n as u64, "it can be read");
    std::fs::remove_file(ballast).unwrap();
    put(n).unwrap();
    acknowledge("candidate", &format!("{names}-{n}"));
    acknowledge("full", "and free again");
}

fn acknowledge(what: &str, name: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nack|{what}|{name}").unwrap();
    out.flush().unwrap();
}

fn child(how: &str, names: &str, path: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "crash::writer_child", "--nocapture"]);
    command.env(ORDERS, format!("{how}|{names}|{}", path.display())).stdout(Stdio::piped()).stderr(Stdio::inherit());
    command
}

/// What a child acknowledges, as it comes.
fn acknowledgements(child: &mut Child) -> impl Iterator<Item = (String, String)> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    lines.filter_map(|line| {
        let (what, name) = line.strip_prefix("ack|")?.split_once('|')?;
        Some((what.to_owned(), name.to_owned()))
    })
}

fn assert_there(store: &Store, acknowledged: &[(String, String)]) {
    store.check().unwrap();
    let reader = store.reader().unwrap();
    for (what, name) in acknowledged {
        let there = match what.as_str() {
            "reply" => reader.stored_reply(name).unwrap().is_some(),
            "candidate" => reader.count(&Filter::parse(&format!("uid:{name}")).unwrap()).unwrap() == 1,
            "decision" => reader.decision(name).unwrap().is_some(),
            _ => true,
        };
        assert!(there, "{what} {name} was acknowledged");
    }
    let decided = reader.count(&Filter::parse("curation:accept").unwrap()).unwrap();
    assert_eq!(decided, reader.all_decisions().unwrap().len() as u64, "caches and log agree");
}

#[test]
fn a_kill_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loong.db");
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut all = Vec::new();
    for round in 0..10 {
        let mut writer = child("forever", &round.to_string(), &path).spawn().unwrap();
        // The first is killed at once: while the store is being made.
        let most = if round == 0 { 1 } else { rng.random_range(1..400) };
        let mut mine = Vec::new();
        let mut told = acknowledgements(&mut writer);
        while mine.len() < most {
            mine.push(told.next().expect("the writer goes on until it is killed"));
        }
        writer.kill().unwrap();
        // What it had told before it died counts too.
        mine.extend(told);
        writer.wait().unwrap();
        all.extend(mine);
        let store = Store::open(&path, OpenMode::Existing).unwrap();
        assert_there(&store, &all);
    }
    assert!(all.len() > 500, "{} acknowledgements", all.len());
}

#[test]
fn two_processes_write_one_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loong.db");
    let mut writers = ["a", "b"].map(|name| child("some", name, &path).spawn().unwrap());
    let told = writers.each_mut().map(acknowledgements);
    let all: Vec<_> = told.into_iter().flatten().collect();
    assert!(writers.iter_mut().all(|w| w.wait().unwrap().success()));
    assert_eq!(all.len(), 2 * 150 * 10);
    let store = Store::open(&path, OpenMode::Existing).unwrap();
    assert_there(&store, &all);
    assert_eq!(store.reader().unwrap().count(&Filter::all()).unwrap(), 300);
}

/// A real file system that gets full, where this user may mount one in a namespace of its own.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_loses_nothing_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, disk) = (folder.path().join("kept"), folder.path().join("disk"));
    let path = disk.join("loong.db");
    for new in [&kept, &disk] {
        std::fs::create_dir(new).unwrap();
    }
    let inner = child("fill", "f", &path);
    // The log may be left beside the file: a disk that is nearly full has no room to move it in.
    let script = "mount -t tmpfs -o size=4m loong \"$1\" || exit 77; disk=$1; kept=$2; shift 2; \"$@\"; \
                  status=$?; cp \"$disk\"/loong.db* \"$kept\" || exit 79; exit $status";
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", script, "sh"]).args([&disk, &kept]);
    command.arg(inner.get_program()).args(inner.get_args());
    command.env(ORDERS, format!("fill|f|{}", path.display())).stdout(Stdio::piped());
    let Ok(mut writer) = command.spawn() else {
        println!("skipped: there is no `unshare` here");
        return;
    };
    let told: Vec<_> = acknowledgements(&mut writer).collect();
    match writer.wait().unwrap().code() {
        Some(0) => {}
        Some(1 | 77) if told.is_empty() => {
            println!("skipped: this user may not mount a file system");
            return;
        }
        other => panic!("the writer ended with {other:?}"),
    }
    assert_eq!(told.last().map(|(what, _)| what.as_str()), Some("full"));
    assert!(told.len() > 20, "{} acknowledgements", told.len());
    assert_there(&Store::open(kept.join("loong.db"), OpenMode::Existing).unwrap(), &told);
}
