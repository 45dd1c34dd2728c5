//! What this process and those that it started hold, as Linux tells it: to see that nothing grows.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Memory in bytes, everything else counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// Resident memory of this process, without files.
    pub(crate) own: u64,
    /// Resident memory of all it started, together.
    pub(crate) workers: u64,
    /// Open descriptors of this process.
    pub(crate) descriptors: usize,
    /// Open descriptors of what it started, as far as the system tells.
    pub(crate) theirs: usize,
    /// Processes that it started, and those of these.
    pub(crate) processes: usize,
    /// Mounts that this process sees, and those that each of the others sees.
    pub(crate) mounts: usize,
    /// Files and folders of scratch.
    pub(crate) files: usize,
}

impl Held {
    /// What is held now, once so many processes are there as before (a worker takes a moment to be ready for the next
    /// program).
    pub(crate) fn now(cache: &Path, processes: Option<usize>) -> Self {
        let mut below = descendants();
        for _ in 0..100 {
            std::thread::sleep(Duration::from_millis(20));
            let again = descendants();
            let still = again == below;
            below = again;
            if still && processes.is_none_or(|n| n == below.len()) {
                break;
            }
        }
        let lines = |path: String| fs::read_to_string(path).map_or(0, |text| text.lines().count());
        let open = |path: String| fs::read_dir(path).map_or(0, Iterator::count);
        Self {
            own: resident("self"),
            workers: below.iter().map(|pid| resident(&pid.to_string())).sum(),
            descriptors: open("/proc/self/fd".to_owned()),
            theirs: below.iter().map(|pid| open(format!("/proc/{pid}/fd"))).sum(),
            processes: below.len(),
            mounts: lines("/proc/self/mountinfo".to_owned())
                + below.iter().map(|pid| lines(format!("/proc/{pid}/mountinfo"))).sum::<usize>(),
            files: ["scratch", "jail"].iter().map(|folder| count(&cache.join(folder))).sum(),
        }
    }

    /// What of it has grown since, in words. Memory may by `slack` bytes: allocators keep what they had once.
    pub(crate) fn grown(&self, since: &Self, slack: u64) -> Vec<String> {
        let mut grown = Vec::new();
        for (what, now, then) in [
            ("descriptors", self.descriptors, since.descriptors),
            ("descriptors of workers", self.theirs, since.theirs),
            ("processes", self.processes, since.processes),
            ("mounts", self.mounts, since.mounts),
            ("files", self.files, since.files),
        ] {
            if now > then {
                grown.push(format!("{what} from {then} to {now}"));
            }
        }
        for (what, now, then) in [("memory", self.own, since.own), ("memory of workers", self.workers, since.workers)] {
            if now > then + slack {
                grown.push(format!("{what} from {} to {} KiB", then >> 10, now >> 10));
            }
        }
        grown
    }
}

/// Ids of all processes that this one started, and that those started, sorted.
pub(crate) fn descendants() -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // The name in parentheses may hold anything; the parent is the second word after it.
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
        children.entry(parent.unwrap_or(0)).or_default().push(pid);
    }
    let (mut found, mut todo) = (Vec::new(), vec![std::process::id()]);
    while let Some(pid) = todo.pop() {
        let below = children.remove(&pid).unwrap_or_default();
        found.extend(&below);
        todo.extend(below);
    }
    found.sort_unstable();
    found
}

/// Bytes of resident memory that are no file's: those come and go as the system likes.
pub(crate) fn resident(pid: &str) -> u64 {
    status(pid, "RssAnon:")
}

/// A field of /proc/PID/status that is given in kB, in bytes.
pub(crate) fn status(pid: &str, field: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap_or(0) << 10
}

/// Entries below a folder.
fn count(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|e| 1 + if e.file_type().is_ok_and(|t| t.is_dir()) { count(&e.path()) } else { 0 }).sum()
}
