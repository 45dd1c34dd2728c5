//! What is done with one text, and with all of them: a search in a chain of thought of a megabyte, counts by facets.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use loong::store::{OpenMode, Store};
use loong::verifier::RuleVerifier;

use crate::pairs;
use crate::session::{KEY, Session, spread};

/// Bytes of the long chain of thought.
const LONG: usize = 1 << 20;
/// What only that candidate has.
const IT: &str = "chars>900000";
/// What stands in every step of it, and what in one near its end alone.
const OFTEN: &str = "coset";
const ONCE: &str = "index 12000.";

/// Puts a candidate with a long chain of thought into the store, where it is not there already.
pub(crate) fn put_long(store: &Path) {
    let mut record = pairs::candidate_of(1, 1, &RuleVerifier::default());
    "bench-long".clone_into(&mut record.uid);
    let text = &mut record.responses[0].text;
    text.clear();
    for nth in 1.. {
        let _ = write!(text, "Step {nth}: we take the next coset, whose order is $n^2 + {nth}$ at index {nth}.\n\n");
        if text.len() > LONG {
            break;
        }
    }
    text.push_str("So it is \\boxed{1}.");
    let store = Store::open(store, OpenMode::Existing).expect("the store can be written");
    store.put_candidates_blocking(vec![record]).expect("the candidate is kept");
    futures::executor::block_on(store.close()).expect("the store closes");
}

/// Measures, and says what was missed.
pub(crate) fn measure(session: &mut Session) -> Vec<String> {
    let mut missed = search(session);
    missed.extend(facets(session));
    missed
}

fn search(session: &mut Session) -> Vec<String> {
    std::thread::sleep(Duration::from_millis(300));
    for keys in ["/\x15", IT, "\r"] {
        session.type_keys(keys);
        std::thread::sleep(Duration::from_millis(300));
    }
    session.until("opened the long chain of thought", |s| s.contains("Step 2: we take the next coset"));
    // To the last of the panes, which is the chain of thought.
    session.type_keys("\x1b[Z");
    std::thread::sleep(Duration::from_millis(500));
    let mut missed = session.keys("in 1 MB", &[("\\ (search)", "\\", 1)]);
    for (name, what) in [("a letter of what is often", OFTEN), ("a letter of what is once", ONCE)] {
        let mut taken: Vec<Duration> = what.chars().map(|c| session.rest().key(&c.to_string())).collect();
        missed.extend(told(&format!("{name} in 1 MB"), &mut taken));
        if what == OFTEN {
            session.until("found it", |s| s.lines().next_back().is_some_and(|foot| foot.contains("1 of 1")));
            session.type_keys("\r");
            missed.extend(session.keys("in 1 MB", &[("n (next hit)", "n", 100), ("N (previous hit)", "N", 100)]));
            back(session, 1);
            session.type_keys("\\");
            std::thread::sleep(Duration::from_millis(300));
        }
    }
    session.until("found the one", |s| s.lines().next_back().is_some_and(|foot| foot.contains("1 of 1")));
    // The line, the pane, the filter.
    back(session, 3);
    missed
}

fn facets(session: &mut Session) -> Vec<String> {
    session.until("listed all", |s| s.lines().next().is_some_and(|header| header.contains("▸ all (")));
    std::thread::sleep(Duration::from_secs(1));
    let asked = Instant::now();
    let mut missed = session.keys("", &[("B (facets)", "B", 1)]);
    let counted = |s: &str| s.lines().any(|line| line.split('┃').any(|cell| cell.trim() == "domain"));
    // Whoever reads the first counts goes on while the others are counted.
    let mut taken = Vec::new();
    let (mut first, mut whole) = (None, None);
    while whole.is_none() && asked.elapsed() < Duration::from_secs(60) {
        taken.push(session.rest().key("j"));
        let shown = session.shown();
        first = first.or_else(|| counted(&shown).then(|| asked.elapsed()));
        whole = (first.is_some() && !shown.contains("counting…")).then(|| asked.elapsed());
    }
    missed.extend(told("j while facets are counted", &mut taken));
    let shown = |at: Option<Duration>| at.map_or_else(|| "never".to_owned(), |at| format!("{at:.1?}"));
    println!("facets                     first counts after {}, whole after {}", shown(first), shown(whole));
    if whole.is_none() {
        missed.push("facets: never whole".to_owned());
    }
    back(session, 1);
    missed
}

/// Presses esc, so slowly that two of them are two.
fn back(session: &mut Session, times: usize) {
    for _ in 0..times {
        session.type_keys("\x1b");
        std::thread::sleep(Duration::from_millis(300));
    }
}

fn told(what: &str, taken: &mut [Duration]) -> Vec<String> {
    let (middle, most, last) = spread(taken);
    println!("key {what:22} median {middle:.1?}, 95 % {most:.1?}, slowest {last:.1?} (bound {KEY:?})");
    if last > KEY { vec![format!("key {what}: {last:.1?} is more than {KEY:?}")] } else { Vec::new() }
}
