//! Exporting at scale: rows a second and memory of `loong export` over a store of a million candidates, as its user runs it.
//!
//! `cargo bench --bench export`; `LOONG_BENCH_CANDIDATES=10000` makes another store, and `LOONG_BENCH_PROJECT=FOLDER` keeps
//! it: the one that `--bench workbench` keeps serves as well. Exits 1 below 50,000 rows/s, or where an export takes more
//! than 200 MB above what the program takes to begin with.

#[allow(dead_code, reason = "the other benchmark uses the rest")]
#[path = "reverify/pairs.rs"]
mod pairs;
#[path = "workbench/store.rs"]
mod store;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use store::Asked;

/// The bounds.
const ROWS_PER_SECOND: f64 = 50_000.0;
const MEMORY_KB: u64 = 200 << 10;

fn main() {
    let Some(Asked { smoke, candidates, home, project }) = Asked::read() else { return };
    store::project(&project, candidates);
    let empty = home.path().join("empty");
    store::project(&empty, 1);
    let least = run(&empty, home.path(), &["--format", "raw", "--all"]).peak;
    println!("a store of one candidate: {} MB", least >> 10);

    let mut missed = Vec::new();
    for (name, arguments) in [
        ("messages", &["--format", "messages"][..]),
        ("loong", &["--format", "loong"]),
        ("raw, everything", &["--format", "raw", "--all"]),
        ("messages in two parts", &["--format", "messages", "--test", "10%"]),
        ("messages, near-duplicates", &["--format", "messages", "--duplicates", "drop-near"]),
        ("messages, one domain", &["--format", "messages", "domain:logic"]),
    ] {
        let Ran { took, peak, rows } = run(&project, home.path(), arguments);
        let rate = rows as f64 / took.as_secs_f64();
        let more = peak.saturating_sub(least);
        println!("{name:26} {rows:>9} rows in {took:>6.1?}  {rate:>9.0} rows/s  {:>4} MB more", more >> 10);
        // What is measured beside the two formats is shown, and bounded by nobody.
        if arguments.len() == 2 && !smoke {
            if rate < ROWS_PER_SECOND {
                missed.push(format!("{name}: {rate:.0} rows/s are fewer than {ROWS_PER_SECOND}"));
            }
            if more > MEMORY_KB {
                missed.push(format!("{name}: {more} kB are more than {MEMORY_KB}"));
            }
        }
    }
    if !missed.is_empty() {
        eprintln!("{}", missed.join("\n"));
        std::process::exit(1);
    }
}

/// What an export took.
struct Ran {
    took: Duration,
    /// The most memory of its own that the process had, in kB.
    peak: u64,
    rows: u64,
}

fn run(project: &Path, home: &Path, arguments: &[&str]) -> Ran {
    let out = home.join("out");
    let _ = std::fs::remove_dir_all(&out);
    std::fs::create_dir(&out).unwrap();
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_loong"))
        .arg("-C")
        .arg(project)
        .args(["-q", "export", "--to"])
        .arg(out.join("data.jsonl"))
        .args(arguments)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let ended = loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let own = text.lines().find_map(|line| line.strip_prefix("RssAnon:")?.trim().strip_suffix(" kB")?.parse().ok());
        peak = peak.max(own.unwrap_or(0));
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let took = begun.elapsed();
    assert!(ended.success(), "{arguments:?}: {ended}");
    let manifest = std::fs::read(out.join("data.manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let rows = ["file", "test"].iter().filter_map(|part| manifest[part]["rows"].as_u64()).sum();
    Ran { took, peak, rows }
}
