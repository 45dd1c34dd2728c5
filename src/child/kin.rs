//! Finds what a program began, also where it left the program's group and outlived its parent: whatever a program begins
//! has its environment, in which there is a mark. Linux only: elsewhere one process cannot read that of another.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::process::{self, Pid, PidfdFlags, Signal};

/// The variable that holds the mark. Not one of loong's own, which its configuration would read.
pub(super) const VARIABLE: &str = "PROGRAM_OF_LOONG";

/// How often is looked again for what was begun meanwhile.
const ROUNDS: u32 = 16;

/// A process, told from a later one of the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Process {
    pid: i32,
    /// When it began, in the system's ticks.
    began: u64,
}

/// A mark that no other program has. It ends in a stop, so that none is the beginning of another.
pub(super) fn mark() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    format!("{}.{now}.{}.", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A program's process with all that it began.
#[derive(Debug)]
pub(super) struct Kin {
    root: Option<Process>,
    entry: String,
}

impl Kin {
    /// Of the process `pid`, which was begun with `mark`.
    pub(super) fn of(pid: Option<u32>, mark: &str) -> Self {
        let pid = pid.and_then(|pid| i32::try_from(pid).ok());
        let root = pid.and_then(|pid| look(pid).map(|seen| Process { pid, began: seen.began }));
        Self { root, entry: format!("{VARIABLE}={mark}") }
    }

    /// Ends all of it. Between `group` is called, which ends the most of it at once: once a parent has ended, parentage
    /// says nothing any more.
    pub(super) fn end(&self, group: impl FnOnce()) {
        let mut found = self.found();
        group();
        let mut ended = HashSet::new();
        for _ in 0..ROUNDS {
            let new: Vec<Process> = found.into_iter().filter(|process| ended.insert(*process)).collect();
            if new.is_empty() {
                return;
            }
            new.into_iter().for_each(kill);
            found = self.found();
        }
    }

    /// The living ones.
    fn found(&self) -> Vec<Process> {
        let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
        let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        let all: HashMap<i32, Seen> = pids.filter_map(|pid| Some((pid, look(pid)?))).collect();
        let own = i32::try_from(std::process::id()).unwrap_or_default();
        let descends = |mut pid: i32| {
            // Parentage may be read while it changes, and then have a ring.
            for _ in 0..all.len() {
                let Some(seen) = all.get(&pid) else { return false };
                if self.root == Some(Process { pid, began: seen.began }) {
                    return true;
                }
                pid = seen.parent;
            }
            false
        };
        all.iter()
            .filter(|(pid, _)| **pid != own && (descends(**pid) || self.is_marked(**pid)))
            .map(|(pid, seen)| Process { pid: *pid, began: seen.began })
            .collect()
    }

    fn is_marked(&self, pid: i32) -> bool {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|entry| entry == self.entry.as_bytes())
    }
}

struct Seen {
    parent: i32,
    began: u64,
}

/// A living process.
fn look(pid: i32) -> Option<Seen> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before may hold anything, brackets too.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let living = !matches!(*fields.first()?, "Z" | "X");
    living.then_some(Seen { parent: fields.get(1)?.parse().ok()?, began: fields.get(19)?.parse().ok()? })
}

/// Ends a process, and no later one of its number.
fn kill(process: Process) {
    let Some(pid) = Pid::from_raw(process.pid) else { return };
    let held = process::pidfd_open(pid, PidfdFlags::empty());
    if look(process.pid).is_none_or(|seen| seen.began != process.began) {
        return;
    }
    // It may have ended by itself.
    let _ = match held {
        Ok(held) => process::pidfd_send_signal(&held, Signal::KILL),
        Err(_) => process::kill_process(pid, Signal::KILL),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_mark_is_the_beginning_of_another() {
        let marks: Vec<String> = (0..200).map(|_| mark()).collect();
        for (at, one) in marks.iter().enumerate() {
            assert!(marks.iter().enumerate().all(|(other, mark)| other == at || !mark.starts_with(one.as_str())));
        }
    }

    #[test]
    fn nobody_is_kin_to_a_mark_that_nobody_has() {
        let kin = Kin::of(None, &mark());
        assert!(kin.found().is_empty());
        let own = Kin::of(Some(std::process::id()), &mark());
        assert!(own.found().iter().all(|p| p.pid != i32::try_from(std::process::id()).unwrap()));
    }
}
