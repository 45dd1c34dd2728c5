//! A million questions in a store, as a run finds near-duplicates among them: what it takes to know them, once, and what
//! one more takes then, in time and in memory.

use std::sync::Arc;
use std::time::Instant;

use loong::engine::Questions;
use loong::failure::{Failure, FailureKind, Stage};
use loong::likeness::Sketch;
use loong::store::record::{Agreement, CandidateRecord, Origin, StageSeconds};
use loong::store::{OpenMode, Sink, Store};

use crate::process::memory;
use crate::told;

const QUESTIONS: u64 = 1_000_000;
/// Questions that are asked about.
const ASKED: u64 = 10_000;
const WORDS: [&str; 24] = [
    "graph",
    "vertex",
    "edge",
    "tree",
    "path",
    "cycle",
    "colour",
    "matching",
    "flow",
    "degree",
    "cut",
    "weight",
    "bipartite",
    "planar",
    "complete",
    "random",
    "regular",
    "directed",
    "simple",
    "connected",
    "shortest",
    "longest",
    "smallest",
    "largest",
];

/// Some thirty words and a few small numbers, so that many questions share theirs.
fn question(n: u64) -> String {
    let mut state = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut text = format!("Consider {} of size {}:", WORDS[(next() % 24) as usize], next() % 40);
    for _ in 0..26 {
        text.push(' ');
        text.push_str(WORDS[(next() % 24) as usize]);
    }
    text + &format!(". What is its number for {}?", next() % 12)
}

/// A candidate that failed before anything was solved: what is in a store beside the question is not what is measured.
fn record(n: u64) -> CandidateRecord {
    CandidateRecord {
        uid: n.to_string(),
        origin: Origin::Import,
        run_id: None,
        ordinal: None,
        strategy: "bench".to_owned(),
        domain: "logic".to_owned(),
        question: question(n),
        code: None,
        dependencies: Vec::new(),
        reference: None,
        reference_kind: None,
        seeds: Vec::new(),
        parent: None,
        family: None,
        depth: 0,
        operation: None,
        prompt_hash: None,
        generator_reply_id: None,
        failure: Some(Failure::new(Stage::Execute, FailureKind::CodeError, "not run")),
        executions: Vec::new(),
        responses: Vec::new(),
        agreement: Agreement::None,
        seconds: 0.0,
        stages: StageSeconds::default(),
        metadata: serde_json::Map::new(),
    }
}

pub(crate) fn measure() -> bool {
    println!("{QUESTIONS} questions in a store, near-duplicates looked for among them");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("loong.db");
    {
        let store = Store::open(&path, OpenMode::Create).expect("a store");
        for from in (0..QUESTIONS).step_by(8192) {
            let some = (from..(from + 8192).min(QUESTIONS)).map(record).collect();
            store.put_candidates_blocking(some).expect("candidates are kept");
        }
        store.look_at_all_blocking().expect("candidates are looked at");
        store.index_all_blocking().expect("texts are indexed");
        futures::executor::block_on(store.close()).expect("the store is closed");
    }
    let resident = || memory(std::process::id()).map_or(0.0, |(_, now)| now);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
    let mut met = true;
    for (when, most) in [("the first time", 60.0), ("again", 1.0)] {
        let store = Arc::new(Store::open(&path, OpenMode::Existing).expect("a store"));
        let before = resident();
        let begun = Instant::now();
        let sink = Arc::clone(&store) as Arc<dyn Sink>;
        let mut questions =
            runtime.block_on(Questions::begin(sink, 0.7, Vec::new(), |_| ())).expect("the questions are read");
        met &= told(&format!("to begin, {when}"), begun.elapsed().as_secs_f64(), "s", most, false);
        let mut times: Vec<f64> = Vec::new();
        let mut new = 0;
        for n in 0..ASKED {
            // Every tenth is there.
            let question = question(if n % 10 == 0 { n * 31 % QUESTIONS } else { QUESTIONS + n });
            let begun = Instant::now();
            new += u64::from(runtime.block_on(questions.take(n, Sketch::of(&question))).expect("the store is read"));
            times.push(begun.elapsed().as_secs_f64() * 1e6);
        }
        println!("  {new} of {ASKED} new");
        times.sort_unstable_by(f64::total_cmp);
        let at = |share: usize| times[(times.len() - 1) * share / 100];
        met &= told("a question, the middle one", at(50), "µs", 300.0, false);
        met &= told("a question, 99 % take no longer", at(99), "µs", 1000.0, false);
        met &= told("memory, the connections' own included", resident() - before, "MB", 40.0, false);
    }
    met
}
