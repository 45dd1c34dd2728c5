//! Keys while the loop of the same program inserts: its model is in this process, and answers at once.

use std::path::Path;
use std::time::{Duration, Instant};

use loong::store::filter::Filter;
use loong::store::{OpenMode, Store};

use crate::session::Session;
use crate::stub::Stub;
use crate::{MEMORY_KB, SIZE};

/// Candidates a second that the loop is to insert meanwhile.
const RATE: f64 = 200.0;
/// Nothing here takes longer.
const DEADLINE: Duration = Duration::from_secs(180);

/// Measures, and says what was missed.
pub(crate) fn measure(project: &Path, folders: &[(String, String)]) -> Vec<String> {
    let stub = Stub::start(Duration::ZERO);
    let configured = format!(
        "[models.stub]\nbase_url = \"{}\"\nmodel = \"stub-model\"\nin_flight = 64\n\n\
         [run]\ncandidates = 1000000\nexecutions = 1\n\n[concurrency]\ngenerate = 24\nexecute = 4\nsolve = 24\n",
        stub.url
    );
    std::fs::write(project.join("loong.toml"), configured).expect("the project can be written");
    // The venv is made once on a machine; making it is not what is measured.
    let mut folders: Vec<(String, String)> = folders.iter().filter(|(n, _)| n != "XDG_CACHE_HOME").cloned().collect();
    folders.extend(["HOME", "XDG_CACHE_HOME"].into_iter().filter_map(|n| Some((n.to_owned(), std::env::var(n).ok()?))));
    let mut session = Session::start(SIZE, &folders, &["-C", &project.display().to_string()]);
    session.until("listed candidates", |s| s.contains("Problem"));
    let store = Store::open(project.join("loong.db"), OpenMode::ReadOnly).expect("the store can be read");
    let made = || store.reader().and_then(|reader| reader.count(&Filter::all())).expect("candidates can be counted");
    let before = made();
    session.type_keys("rs");
    let asked = Instant::now();
    while made() < before + 500 {
        assert!(asked.elapsed() < DEADLINE, "the loop makes nothing:\n{}", session.shown());
        std::thread::sleep(Duration::from_millis(50));
    }
    println!("start of the loop to its 500th candidate {:.1?}", asked.elapsed());
    let (begun, before) = (Instant::now(), made());
    let mut missed = session
        .keys("beside the loop", &[("j", "j", 300), ("n (next disagreement)", "n", 100), ("ctrl-d", "\x04", 60)]);
    let rate = (made() - before) as f64 / begun.elapsed().as_secs_f64();
    println!("candidates inserted meanwhile {rate:.0} a second (wanted {RATE})");
    let (now, peak) = (session.memory("VmRSS"), session.memory("VmHWM"));
    println!(
        "memory                     {} MB with the loop's own, peak {} MB (bound {} MB)",
        now >> 10,
        peak >> 10,
        MEMORY_KB >> 10
    );
    if peak > MEMORY_KB {
        missed.push(format!("memory beside the loop: {} MB at its peak", peak >> 10));
    }
    drop(session);
    let _ = std::fs::write(project.join("loong.toml"), "");
    missed
}
