//! The screen over a store of a million candidates, measured in a pseudoterminal as its user meets it: from the start to the
//! first frame, from a key to the frame that answers it, from a filter to its rows, a search in a text of a megabyte, counts by
//! facets, memory, and what it costs to do nothing.
//!
//! The same before that while the search index of the whole store is built, which is what follows a large import, and keys
//! after it while the loop inserts.
//!
//! `cargo bench --bench workbench`; `LOONG_BENCH_CANDIDATES=10000` makes another store, and `LOONG_BENCH_PROJECT=FOLDER`
//! keeps it, with its index. Exits 1 where a bound is missed.

#[path = "../support/endpoint.rs"]
mod endpoint;
#[allow(dead_code, reason = "the other benchmark uses the rest")]
#[path = "reverify/pairs.rs"]
mod pairs;
#[path = "workbench/reading.rs"]
mod reading;
#[path = "workbench/running.rs"]
mod running;
#[path = "workbench/session.rs"]
mod session;
#[path = "workbench/store.rs"]
mod store;
#[allow(dead_code, reason = "the other benchmark uses the rest")]
#[path = "loop/stub.rs"]
mod stub;

use std::time::{Duration, Instant};

use loong::store::{OpenMode, Store};
use session::{Session, spread};
use store::Asked;

const SIZE: (u16, u16) = (160, 50);

/// The bounds.
const FIRST_FRAME: Duration = Duration::from_millis(100);
const FILTER: Duration = Duration::from_millis(100);
const MEMORY_KB: u64 = 120 << 10;

fn main() {
    let Some(Asked { smoke, candidates, home, project }) = Asked::read() else { return };
    let made = store::project(&project, candidates);
    let size = std::fs::metadata(project.join("loong.db")).unwrap().len();
    println!("{} MB, {}x{}", size >> 20, SIZE.0, SIZE.1);
    let folders: Vec<(String, String)> = ["CONFIG", "DATA", "STATE", "CACHE"]
        .map(|name| (format!("XDG_{name}_HOME"), home.path().join(name).display().to_string()))
        .to_vec();
    reading::put_long(&project.join("loong.db"));
    let shown = project.display().to_string();
    if made {
        println!("\nwhile the search index is built");
        measure(&shown, &folders, candidates, Index::Built);
        let begun = Instant::now();
        let store = Store::open(project.join("loong.db"), OpenMode::Existing).unwrap();
        store.index_all_blocking().unwrap();
        futures::executor::block_on(store.close()).unwrap();
        println!("\nthe rest of the index was built in {:.0} s", begun.elapsed().as_secs_f64());
    }
    println!("\nat rest");
    let mut missed = measure(&shown, &folders, candidates, Index::There);
    if !smoke {
        println!("\nwhile the loop inserts");
        missed.extend(running::measure(&project, &folders));
    }
    if !smoke && !missed.is_empty() {
        eprintln!("{}", missed.join("\n"));
        std::process::exit(1);
    }
}

/// What the program has beside it to do.
#[derive(Clone, Copy, PartialEq)]
enum Index {
    /// It builds the search index.
    Built,
    /// Nothing.
    There,
}

/// Whether the header says that this filter's list, or its beginning, is there, and a row of it is.
fn lists(screen: &str, filter: &str) -> bool {
    let Some(header) = screen.lines().next() else { return false };
    let counted =
        header.split_once(&format!("▸ {filter} (")).is_some_and(|(_, n)| n.starts_with(|c: char| c.is_ascii_digit()));
    counted && screen.lines().skip(1).any(|line| line.contains("Problem"))
}

fn measure(project: &str, folders: &[(String, String)], candidates: u64, index: Index) -> Vec<String> {
    let mut missed = Vec::new();
    let bound = |missed: &mut Vec<String>, what: &str, found: Duration, most: Duration| {
        if found > most {
            missed.push(format!("{what}: {found:.1?} is more than {most:?}"));
        }
    };
    let open = || Session::start(SIZE, folders, &["-C", project]);

    let mut first = Vec::new();
    let mut rows = Vec::new();
    for _ in 0..7 {
        let session = open();
        let at = session.until("drew a frame", |_| true);
        first.push(at.duration_since(session.started));
        let at = session.until("listed candidates", |s| s.contains("Problem"));
        rows.push(at.duration_since(session.started));
    }
    let (middle, _, last) = spread(&mut first);
    println!("start to first frame       median {middle:.1?}, slowest {last:.1?} (bound {FIRST_FRAME:?})");
    bound(&mut missed, "start to first frame", middle, FIRST_FRAME);
    let (middle, _, last) = spread(&mut rows);
    println!("start to the first rows    median {middle:.1?}, slowest {last:.1?}");

    let mut session = open();
    session.until("listed candidates", |s| s.contains("Problem"));
    std::thread::sleep(Duration::from_secs(1));
    missed.extend(session.keys(
        "",
        &[
            ("j", "j", 300),
            ("n (next disagreement)", "n", 100),
            ("ctrl-d", "\x04", 60),
            ("G", "G", 1),
            ("k", "k", 200),
            ("g g", "gg", 1),
            ("tab", "\t", 40),
            ("space (mark)", " ", 40),
        ],
    ));

    let far = candidates * 3 / 4;
    for (name, filter, row) in [
        ("domain:logic", "domain:logic".to_owned(), None),
        ("id", format!("id:{far}"), Some(format!("Problem {}", far - 1))),
        ("verdict:undecided domain:games", "verdict:undecided domain:games".to_owned(), None),
        ("text of the question", format!("text~\"Problem {far}.\""), Some(format!("Problem {far}."))),
    ] {
        session.type_keys("\x1b");
        std::thread::sleep(Duration::from_millis(300));
        session.type_keys("/\x15");
        std::thread::sleep(Duration::from_millis(100));
        session.type_keys(&filter);
        std::thread::sleep(Duration::from_millis(300));
        let typed = Instant::now();
        session.type_keys("\r");
        let at = session.until(&format!("filtered by {filter}"), |s| {
            lists(s, &filter) && row.as_ref().is_none_or(|row| s.lines().skip(1).any(|l| l.contains(row.as_str())))
        });
        let time = at.saturating_duration_since(typed);
        println!("filter {name:31} first rows after {time:.1?} (bound {FILTER:?})");
        bound(&mut missed, &format!("filter {name}"), time, FILTER);
        let at = session.until("read to its end", |s| !s.lines().next().is_some_and(|header| header.contains('…')));
        println!("       {name:31} whole after {:.1?}", at.saturating_duration_since(typed));
    }
    session.type_keys("\x1b");
    if index == Index::There {
        missed.extend(reading::measure(&mut session));
    }
    std::thread::sleep(Duration::from_secs(3));
    let (ticks, frames) = (session.ticks(), session.frames());
    std::thread::sleep(Duration::from_secs(4));
    let (ticks, frames) = (session.ticks() - ticks, session.frames() - frames);
    println!(
        "idle                       {ticks} hundredths of a second of processor, {frames} frames, in 4 s (bound 0)"
    );
    if index == Index::There && (ticks > 1 || frames > 0) {
        missed.push(format!("idle: {ticks} ticks, {frames} frames"));
    }
    let (now, peak) = (session.memory("VmRSS"), session.memory("VmHWM"));
    let private = session.memory("RssAnon");
    println!(
        "memory                     {} MB ({} MB of its own), peak {} MB (bound {} MB)",
        now >> 10,
        private >> 10,
        peak >> 10,
        MEMORY_KB >> 10
    );
    if peak > MEMORY_KB {
        missed.push(format!("memory: {} MB at its peak", peak >> 10));
    }
    missed
}
