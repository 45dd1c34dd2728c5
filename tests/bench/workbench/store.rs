//! A project of many candidates, made once.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use loong::store::{OpenMode, Store};
use loong::verifier::RuleVerifier;

use crate::pairs;

/// Candidates where nobody says how many.
const CANDIDATES: u64 = 1_000_000;

/// What a benchmark over such a project was asked.
pub(crate) struct Asked {
    /// Whether it only shows that it works, on few candidates; nothing is measured then.
    pub(crate) smoke: bool,
    /// How many candidates there are to be.
    pub(crate) candidates: u64,
    /// A folder of its own, which goes with it.
    pub(crate) home: tempfile::TempDir,
    /// Where the project is: in that folder, or where `LOONG_BENCH_PROJECT` keeps it.
    pub(crate) project: PathBuf,
}

impl Asked {
    /// `None` where only names are asked for.
    pub(crate) fn read() -> Option<Self> {
        let says = |word: &str| std::env::args().any(|argument| argument == word);
        if says("--list") {
            return None;
        }
        let smoke = says("--test");
        let wanted = std::env::var("LOONG_BENCH_CANDIDATES").ok().and_then(|n| n.parse().ok());
        let home = tempfile::tempdir().unwrap();
        let kept = std::env::var_os("LOONG_BENCH_PROJECT").filter(|_| !smoke).map(PathBuf::from);
        let project = kept.unwrap_or_else(|| home.path().join("project"));
        Some(Self { smoke, candidates: if smoke { 2_000 } else { wanted.unwrap_or(CANDIDATES) }, home, project })
    }
}

/// Makes a project with so many candidates, where there is none; whether it did.
pub(crate) fn project(folder: &Path, candidates: u64) -> bool {
    if folder.join("loong.db").exists() {
        return false;
    }
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("loong.toml"), "").unwrap();
    let begun = Instant::now();
    make(&folder.join("loong.db"), candidates);
    println!("made {candidates} candidates in {:.0} s", begun.elapsed().as_secs_f64());
    true
}

fn make(path: &Path, candidates: u64) {
    let store = Store::open(path, OpenMode::Create).unwrap();
    let verifier = RuleVerifier::default();
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let from = next.fetch_add(512, Ordering::Relaxed);
                    if from >= candidates {
                        break;
                    }
                    let some =
                        (from..(from + 512).min(candidates)).map(|i| pairs::candidate_of(i, 1, &verifier)).collect();
                    store.put_candidates_blocking(some).unwrap();
                }
            });
        }
    });
    store.look_at_all_blocking().unwrap();
    futures::executor::block_on(store.close()).unwrap();
}
