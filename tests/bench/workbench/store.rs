//! A project of many candidates, made once.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use loong::store::{OpenMode, Store};
use loong::verifier::RuleVerifier;

use crate::pairs;

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
