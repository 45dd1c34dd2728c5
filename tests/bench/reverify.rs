//! Verifying a million stored pairs again by rules on trial, with live flips — and, as the floor beside it in the same run,
//! reading the same pairs alone.
//!
//! `cargo bench --bench reverify`. The store is made first, of answers of many kinds; `LOONG_BENCH_PAIRS` says of how many
//! pairs, `LOONG_BENCH_STORE` names a file in which it is kept for the next time. `LOONG_BENCH_APPLY` measures applying
//! too. Exits 1 below 33,334 pairs/s (a million in 30 s), above 256 MiB, or where an interruption takes more than 0.5 s.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use loong::review::rules::{Flips, Rules, Scope, apply, sweep};
use loong::store::record::{Judgement, NewDecision};
use loong::store::{OpenMode, Store};
use loong::verifier::{Preset, RuleVerifier, Tier, VerifierOptions};

#[path = "reverify/pairs.rs"]
mod pairs;

const PAIRS: u64 = 1_000_000;
const PAIRS_PER_SECOND: f64 = 1_000_000.0 / 30.0;
const MEMORY: u64 = 256 << 20;
const INTERRUPTION: Duration = Duration::from_millis(500);

fn main() {
    // `cargo test --benches` calls with --test: then it only has to work.
    let smoke = std::env::args().any(|a| a == "--test");
    let number = std::env::var("LOONG_BENCH_PAIRS").ok().and_then(|n| n.parse().ok());
    let pairs = if smoke { 2_000 } else { number.unwrap_or(PAIRS) };
    let folder = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("LOONG_BENCH_STORE").filter(|_| !smoke).map(std::path::PathBuf::from);
    let path = kept.unwrap_or_else(|| folder.path().join("loong.db"));
    if !path.exists() {
        let begun = Instant::now();
        make(&path, pairs);
        println!("made {pairs} pairs in {:.1} s", begun.elapsed().as_secs_f64());
    }
    let size = std::fs::metadata(&path).unwrap().len();
    println!("{} MB, {} cores", size >> 20, std::thread::available_parallelism().map_or(1, usize::from));
    let failed = measure(&path);
    if std::env::var_os("LOONG_BENCH_APPLY").is_some() || smoke {
        applied(&path);
    }
    if !smoke && !failed.is_empty() {
        eprintln!("{}", failed.join("\n"));
        std::process::exit(1);
    }
}

fn measure(path: &Path) -> Vec<String> {
    let mut failed = Vec::new();
    let store = Store::open(path, OpenMode::ReadOnly).unwrap();
    let read = floor(&store);
    let floor = floor(&store);
    println!("reading alone, 2 readers   {:7.2} s  (and {:.2} s the first time)", floor.0, read.0);
    for (name, rules) in [
        ("present rules", Rules::default()),
        ("strict", Rules::new(VerifierOptions::preset(Preset::Strict))),
        ("lenient", Rules::new(VerifierOptions::preset(Preset::Lenient))),
        ("three tiers", Rules::default().with_tiers(&[Tier::Text, Tier::Number, Tier::Symbolic]).unwrap()),
    ] {
        reset_peak();
        let begun = Instant::now();
        let (mut heard, mut first) = (0u64, None);
        let flips = sweep(&store, &Scope::default(), &rules, None, |_, _| {
            heard += 1;
            first.get_or_insert_with(|| begun.elapsed());
            ControlFlow::Continue(())
        })
        .unwrap();
        let seconds = begun.elapsed().as_secs_f64();
        assert_eq!(flips.pairs, floor.1, "a sweep and a reader see the same pairs");
        let (rate, memory) = (flips.pairs as f64 / seconds, peak());
        println!(
            "{name:26} {seconds:7.2} s  {rate:8.0} pairs/s  {:5.2} × reading  {:6} flips in {:3} classes, {} replayed",
            seconds / floor.0,
            flips.flipped,
            flips.classes.len(),
            flips.replayed
        );
        println!(
            "{:26} first figures after {:.0?}, {heard} of them; peak memory {} MiB",
            "",
            first.unwrap_or_default(),
            memory >> 20
        );
        if rate < PAIRS_PER_SECOND {
            failed.push(format!("{name}: {rate:.0} pairs/s are fewer than {PAIRS_PER_SECOND:.0}"));
        }
        if memory > MEMORY {
            failed.push(format!("{name}: {} MiB are more than {} MiB", memory >> 20, MEMORY >> 20));
        }
    }
    let mut told = Instant::now();
    let until = Instant::now() + Duration::from_millis(300);
    let some: Flips = sweep(&store, &Scope::default(), &Rules::default(), None, |_, _| {
        told = Instant::now();
        if told > until { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .unwrap();
    let late = told.elapsed();
    println!("interrupted after {} pairs, over {late:.1?} later", some.pairs);
    if late > INTERRUPTION {
        failed.push(format!("an interruption took {late:?}"));
    }
    failed
}

/// Seconds that two readers need for the same pairs, and how many there are.
fn floor(store: &Store) -> (f64, u64) {
    let last = store.reader().unwrap().last_candidate().unwrap();
    let (begun, pairs) = (Instant::now(), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for (from, to) in [(1, last / 2), (last / 2 + 1, last)] {
            let (store, pairs) = (&store, &pairs);
            scope.spawn(move || {
                let mut mine = 0;
                let each = |stored: &loong::store::StoredPair| {
                    mine += u64::from(!std::hint::black_box(stored).pair.references.is_empty());
                    ControlFlow::Continue(())
                };
                store.reader().unwrap().stored_pairs(from..=to, each).unwrap();
                pairs.fetch_add(mine, Ordering::Relaxed);
            });
        }
    });
    (begun.elapsed().as_secs_f64(), pairs.into_inner())
}

/// Applies a version to a copy of the store, and another to half of it, to be finished.
fn applied(path: &Path) {
    let folder = tempfile::tempdir_in(path.parent().unwrap()).unwrap();
    let copy = folder.path().join("loong.db");
    std::fs::copy(path, &copy).unwrap();
    let store = Store::open(&copy, OpenMode::Existing).unwrap();
    let rules = Rules::new(VerifierOptions::preset(Preset::Strict));
    reset_peak();
    let begun = Instant::now();
    let half = apply(&store, &Scope::default(), &rules, None, ("bench", None), |_, p| {
        if p.done * 2 >= p.all { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let half = half.unwrap();
    let rest = apply(&store, &Scope::default(), &rules, None, ("bench", None), |_, _| ControlFlow::Continue(()));
    let rest = rest.unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    let written = half.written + rest.written;
    println!(
        "applied in two halves      {seconds:7.2} s  {:8.0} verdicts/s, peak memory {} MiB",
        written as f64 / seconds,
        peak() >> 20
    );
}

fn make(path: &Path, pairs: u64) {
    let store = Store::open(path, OpenMode::Create).unwrap();
    let verifier = RuleVerifier::default();
    let next = AtomicU64::new(0);
    let candidates = pairs / pairs::RESPONSES;
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let from = next.fetch_add(512, Ordering::Relaxed);
                    if from >= candidates {
                        break;
                    }
                    let some = (from..(from + 512).min(candidates)).map(|i| pairs::candidate(i, &verifier)).collect();
                    store.put_candidates_blocking(some).unwrap();
                }
            });
        }
    });
    let judgement = |i: u64| NewDecision {
        candidate: i64::try_from(1 + i * (candidates / 500).max(1)).unwrap(),
        sample: Some(0),
        judgement: Some(if pairs::is_right(i, 0) { Judgement::Equivalent } else { Judgement::Different }),
        reviewer: "bench".to_owned(),
        ..NewDecision::default()
    };
    store.decide_many_blocking((0..500.min(candidates)).map(judgement).collect()).unwrap();
    futures::executor::block_on(store.close()).unwrap();
}

/// The most memory this process has had since [`reset_peak`]; 0 where the system does not say.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) << 10
}

fn reset_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}
