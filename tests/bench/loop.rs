//! The whole loop: unique candidates generated, executed, solved (k = 1), verified and stored.
//!
//! `cargo bench --bench loop`, or with `-- rate`, `latency`, `memory` or `frames` for one part:
//!
//! - rate: an endpoint without latency, at least 200 candidates/s; beside it in the same run, as the floor, the same
//!   programs by one fresh `python3` each. Where `LOONG_SHARED` names a folder with `tools/stub_llm.py`, that one is
//!   measured too: a Python server on the same cores.
//! - latency: 1,000 ms and 256 requests in flight, at least 95 % of the 128 candidates/s that two requests each allow.
//! - memory: 1,000 requests in flight, at most 150 MB in the engine's process; programs run in others.
//! - frames: a frame of the run's screen, fed by a running engine, at most 16 ms.
//! - questions: near-duplicates looked for among a million in a store.
//!
//! Exits 1 where a figure misses its target.

#[path = "../screen/bench.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod bench;
#[path = "../support/endpoint.rs"]
mod endpoint;
#[path = "loop/frames.rs"]
mod frames;
#[path = "loop/process.rs"]
mod process;
#[path = "loop/questions.rs"]
mod questions;
#[path = "loop/stub.rs"]
mod stub;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use process::{Project, Widths};
use stub::Stub;

const CANDIDATES: u64 = 2000;
const FRESH: usize = 60;

/// Measures one thing, and says whether its bound was met.
type Part = fn() -> bool;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    // `cargo test --benches` calls with --test: nothing is measured then.
    if std::env::args().any(|a| a == "--test") {
        return;
    }
    let mut met = true;
    let parts: [(&str, Part); 5] = [
        ("rate", rate),
        ("latency", latency),
        ("memory", memory),
        ("frames", frames::measure),
        ("questions", questions::measure),
    ];
    for (name, part) in parts {
        if wanted.is_empty() || wanted.iter().any(|w| w == name) {
            met &= part();
        }
    }
    std::process::exit(i32::from(!met));
}

/// Prints a figure beside its target.
pub(crate) fn told(what: &str, value: f64, unit: &str, target: f64, least: bool) -> bool {
    let met = if least { value >= target } else { value <= target };
    let sign = if least { "≥" } else { "≤" };
    println!("  {what:<46} {value:9.2} {unit:<13} target {sign} {target}{}", if met { "" } else { "   MISSED" });
    met
}

fn rate() -> bool {
    let stub = Stub::start(Duration::ZERO);
    let met = at_once("in-process endpoint", &stub.url, true);
    if let Some((mut stub, url)) = shared_stub() {
        at_once("stub_llm.py (a Python server on the same cores)", &url, false);
        let _ = stub.kill();
        let _ = stub.wait();
    }
    met
}

fn at_once(what: &str, url: &str, ours: bool) -> bool {
    println!("{what}, no latency");
    let project = Project::new(url, 64, Widths { generate: 24, execute: 4, solve: 24 });
    let run = project.run(CANDIDATES);
    let programs = project.programs(FRESH);
    let python = venv_python();
    let begun = Instant::now();
    for program in &programs {
        let ran =
            Command::new(&python).args(["-I", "-c", program]).stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(ran.is_ok());
    }
    let fresh = programs.len() as f64 / begun.elapsed().as_secs_f64();
    let target = if ours { 200.0 } else { 0.0 };
    let met = told("candidates, sustained", run.sustained(), "a second", target, true);
    println!(
        "  {} of {CANDIDATES} unique and whole; {:.1}/s with start-up and end; fresh interpreters alone {fresh:.1}/s",
        run.kept.len(),
        run.kept.len() as f64 / run.whole.as_secs_f64()
    );
    met
}

fn latency() -> bool {
    println!("1,000 ms latency, 256 in flight");
    let stub = Stub::start(Duration::from_secs(1));
    let project = Project::new(&stub.url, 256, Widths { generate: 128, execute: 8, solve: 128 });
    let run = project.run(128 * 16);
    println!("  most in flight {}, {:.1} s in all", stub.most_in_flight(), run.whole.as_secs_f64());
    told("candidates, sustained", run.sustained(), "a second", 0.95 * 128.0, true)
}

fn memory() -> bool {
    println!("1,000 in flight");
    let stub = Stub::start(Duration::from_secs(4));
    let project = Project::new(&stub.url, 1000, Widths { generate: 500, execute: 8, solve: 500 });
    let run = project.run(3000);
    println!(
        "  most in flight {}; {:.1} candidates/s; at the end {:.1} MB resident",
        stub.most_in_flight(),
        run.sustained(),
        run.resident
    );
    let reached = told("requests in flight", stub.most_in_flight() as f64, "", 950.0, true);
    told("memory of the engine at its peak", run.peak, "MB", 150.0, false) && reached
}

/// The newest venv's Python: fresh interpreters must have the packages too.
fn venv_python() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    let venvs = cache.map(|c| c.join("loong/venvs"));
    let mut found: Vec<PathBuf> = venvs
        .and_then(|v| std::fs::read_dir(v).ok())
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path().join("bin/python"))
        .filter(|p| p.exists())
        .collect();
    found.sort_by_key(|p| std::fs::metadata(p.parent().unwrap_or(Path::new("/"))).and_then(|m| m.modified()).ok());
    found.pop().unwrap_or_else(|| PathBuf::from("python3"))
}

fn shared_stub() -> Option<(Child, String)> {
    let script = PathBuf::from(std::env::var_os("LOONG_SHARED")?).join("tools/stub_llm.py");
    let mut stub = Command::new("python3").arg(script).args(["--port", "0"]).stdout(Stdio::piped()).spawn().ok()?;
    let mut line = String::new();
    BufReader::new(stub.stdout.as_mut()?).read_line(&mut line).ok()?;
    let url = line.split_whitespace().last()?.to_owned();
    Some((stub, url))
}
