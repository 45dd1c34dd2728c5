//! A million questions in the index that finds near-duplicates: what one takes, in time and in memory.

use std::time::Instant;

use loong::engine::{Questions, Sketch};

use crate::process::memory;
use crate::told;

const QUESTIONS: u64 = 1_000_000;
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

pub(crate) fn measure() -> bool {
    println!("{QUESTIONS} questions, near-duplicates looked for at each");
    let resident = || memory(std::process::id()).map_or(0.0, |(_, now)| now);
    let before = resident();
    let mut questions = Questions::new(0.7);
    let begun = Instant::now();
    let mut new = 0_u64;
    for n in 0..QUESTIONS {
        new += u64::from(questions.insert(Sketch::of(&question(n))));
    }
    let each = begun.elapsed().as_secs_f64() * 1e6 / QUESTIONS as f64;
    println!("  {new} of them new");
    let quick = told("a question", each, "µs", 50.0, false);
    told("memory of all", resident() - before, "MB", 400.0, false) && quick
}
