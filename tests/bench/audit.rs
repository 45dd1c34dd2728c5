//! Importing at scale: rollouts a second with verification by the native tiers, the memory that takes, and going over a file
//! again that is there already — beside two floors of the same run: SQLite inserting the file's bare lines, and the
//! verifier alone on one core.
//!
//! `cargo bench --bench audit`. `LOONG_BENCH_ROWS` says how many rows (1,000,000); `LOONG_BENCH_DIR` where they and the store
//! are made. Exits 1 below 20,000 rows/s or above 1 GiB.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use loong::answer::modular::mix;
use loong::rollout::{self, Options, Report};
use loong::store::{OpenMode, Store};
use loong::verifier::{Pair, RuleVerifier, Verifier};
use serde_json::{Value, json};

const ROWS_PER_SECOND: f64 = 20_000.0;
const MEMORY: u64 = 1 << 30;
/// Pairs that the verifier alone is measured with.
const ALONE: usize = 50_000;

fn main() {
    // `cargo test --benches` calls with --test: nothing is measured then.
    if std::env::args().any(|a| a == "--test" || a == "--list") {
        return;
    }
    let n = std::env::var("LOONG_BENCH_ROWS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000u64);
    let place = std::env::var_os("LOONG_BENCH_DIR").map_or_else(std::env::temp_dir, Into::into);
    let folder = tempfile::tempdir_in(place).expect("a folder to work in");
    let file = folder.path().join("rollouts.jsonl");
    let bytes = generate(&file, n);
    println!("{n} rollouts, {:.0} bytes each", bytes as f64 / n as f64);

    let floor = inserted(&file, &folder.path().join("floor.db"), n);
    println!("  bare lines into SQLite          {floor:10.0} rows/s");
    let alone = verified(&file);
    println!("  the verifier alone, one core    {alone:10.0} rows/s");

    let mut failed = Vec::new();
    let jobs = std::thread::available_parallelism().map_or(2, usize::from);
    let store = Store::open(folder.path().join("loong.db"), OpenMode::Create).expect("a store");
    let worked = worked();
    let first = imported(&store, &file, jobs, true);
    let (rate, worked) = (n as f64 / first.seconds, self::worked() - worked);
    println!("  imported and verified, -j{jobs}      {rate:10.0} rows/s  ({:.3} of the bare lines')", rate / floor);
    println!(
        "  of both cores, were they idle   {:10.0} rows/s  ({:.1} µs of work a row)",
        2.0 * n as f64 / worked,
        worked * 1e6 / n as f64
    );
    let peak = peak();
    println!("  memory at its peak              {:10.0} MiB", peak as f64 / f64::from(1 << 20));
    let again = imported(&store, &file, jobs, true);
    println!("  the same file again             {:10.0} rows/s", n as f64 / again.seconds);
    drop(store);
    let second = Store::open(folder.path().join("unverified.db"), OpenMode::Create).expect("a store");
    let unverified = imported(&second, &file, jobs, false);
    println!("  imported without verifying      {:10.0} rows/s", n as f64 / unverified.seconds);

    if (first.rows, first.bad, again.new, again.known) != (n, 0, 0, n) {
        failed.push(format!("{} rows, {} bad; again {} new, {} known", first.rows, first.bad, again.new, again.known));
    }
    if rate < ROWS_PER_SECOND {
        failed.push(format!("{rate:.0} rows/s are fewer than {ROWS_PER_SECOND}"));
    }
    if peak > MEMORY {
        failed.push(format!("{peak} bytes are more than {MEMORY}"));
    }
    if !failed.is_empty() {
        eprintln!("{}", failed.join("\n"));
        std::process::exit(1);
    }
}

fn imported(store: &Store, file: &Path, jobs: usize, verify: bool) -> Report {
    let planned = rollout::plan(file, None, &[]).expect("rows that are understood");
    let options = Options {
        verifier: verify.then(|| Arc::new(RuleVerifier::default()) as Arc<dyn Verifier>),
        jobs,
        max_bad: None,
        stop: Arc::default(),
        progress: &mut |_| {},
    };
    rollout::import(planned, store, options).expect("an import")
}

/// Lines of the file as rows of one table, in transactions of the size that the store takes.
fn inserted(file: &Path, to: &Path, n: u64) -> f64 {
    let begun = Instant::now();
    let conn = rusqlite::Connection::open(to).expect("a database");
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE line (id INTEGER PRIMARY KEY, text TEXT)",
    )
    .expect("a table");
    conn.execute_batch("BEGIN").expect("a transaction");
    for (at, line) in BufReader::new(File::open(file).expect("the rows")).lines().enumerate() {
        let mut insert = conn.prepare_cached("INSERT INTO line (text) VALUES (?1)").expect("a statement");
        insert.execute([line.expect("a line")]).expect("an insertion");
        if at % 4096 == 4095 {
            conn.execute_batch("COMMIT; BEGIN").expect("a transaction");
        }
    }
    conn.execute_batch("COMMIT").expect("a transaction");
    n as f64 / begun.elapsed().as_secs_f64()
}

/// The verifier on pairs that are in memory.
fn verified(file: &Path) -> f64 {
    let lines = BufReader::new(File::open(file).expect("the rows")).lines().take(ALONE);
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let pairs: Vec<Pair> = lines
        .map(|line| serde_json::from_str::<Value>(&line.expect("a line")).expect("a row"))
        .map(|row| Pair {
            references: vec![text(&row, "answer")],
            response: text(&row, "completion"),
            question: Some(text(&row, "prompt")),
            ..Pair::default()
        })
        .collect();
    let (verifier, begun) = (RuleVerifier::default(), Instant::now());
    for pair in &pairs {
        std::hint::black_box(verifier.verify(pair));
    }
    pairs.len() as f64 / begun.elapsed().as_secs_f64()
}

/// Rollouts as a trainer writes them, from a fixed seed: answers of many kinds, half of them equal.
fn generate(file: &Path, n: u64) -> u64 {
    let mut out = BufWriter::new(File::create(file).expect("a file"));
    let steps = [
        "First we write down what is given and name the unknown.",
        "Collecting the terms on one side leaves a single quantity to be determined.",
        "Substituting back gives the same value, so nothing was lost on the way.",
        "Each case is counted once, because the order does not matter here.",
        "The remaining factor cancels, which can be seen by multiplying both sides.",
    ];
    let mut bytes = 0;
    for i in 0..n {
        let number = |salt: u64, below: u64| mix(i ^ salt << 32) % below + 1;
        let (a, b, c) = (number(1, 999), number(2, 99), number(3, 9));
        let off = number(4, 2) - 1;
        let (reference, answer) = match number(5, 8) {
            1 => (format!("\\frac{{{a}}}{{{b}}}"), format!("{}/{b}", a + off)),
            2 => (format!("{a}.5"), format!("{a}.{}", 5 + off)),
            3 => (format!("[{a}, {b}, {c}]"), format!("({a}, {b}, {})", c + off)),
            4 => (format!("{a}\\sqrt{{{b}}}"), format!("{}*sqrt({b})", a + off)),
            5 => (format!("x = {a}"), format!("{}", a + off)),
            _ => (format!("{a}"), format!("{}", a + off)),
        };
        let thought: Vec<&str> =
            (0..number(6, 8)).map(|s| steps[usize::try_from(mix(i + s) % 5).unwrap_or(0)]).collect();
        let row = json!({
            "prompt": format!("Problem {i}: with {a} stones in {b} rows and {c} left over, what comes out at the end?"),
            "completion": format!("{} Therefore the answer is \\boxed{{{answer}}}.", thought.join(" ")),
            "answer": reference, "reward": 1 - off, "step": i / 512, "model": "policy",
        });
        let line = format!("{row}\n");
        bytes += line.len() as u64;
        out.write_all(line.as_bytes()).expect("room for the rows");
    }
    out.flush().expect("room for the rows");
    bytes
}

/// Seconds that this process's threads have worked; 0 where the system does not say.
fn worked() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks: u64 = after.split(' ').skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    ticks as f64 / 100.0
}

/// The most memory that this process has had; 0 where the system does not say.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) << 10
}
