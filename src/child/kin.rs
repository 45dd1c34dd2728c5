//! Finds what a program began, also where it left the program's group and outlived its parent: whatever a program begins
//! has its environment, in which there is a mark. Linux only: elsewhere one process cannot read that of another.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::process::{self, Pid, PidfdFlags, Signal};

/// The variable that holds the mark. Not one of loong's own, which its configuration would read.
pub(super) const VARIABLE: &str = "PROGRAM_OF_LOONG";

/// How often is looked again for what was begun meanwhile.
const ROUNDS: u32 = 16;
/// Between two looks, where it could not be told whose a process is.
const BETWEEN: Duration = Duration::from_millis(2);
/// `PF_KTHREAD` of the flags in `/proc/PID/stat`.
const KERNEL_THREAD: u32 = 0x0020_0000;

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
        let (mut found, _) = self.found();
        group();
        let mut ended = HashSet::new();
        for _ in 0..ROUNDS {
            let new: Vec<Process> = found.into_iter().filter(|process| ended.insert(*process)).collect();
            let none = new.is_empty();
            new.into_iter().for_each(kill);
            let (again, unclear) = self.found();
            if none && !unclear {
                return;
            }
            if none {
                std::thread::sleep(BETWEEN);
            }
            found = again;
        }
    }

    /// The living ones; and whether there is one of which it cannot be told: while a process becomes another program, its
    /// environment is empty for a moment.
    fn found(&self) -> (Vec<Process>, bool) {
        let Ok(entries) = std::fs::read_dir("/proc") else { return (Vec::new(), false) };
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
        let (mut found, mut unclear) = (Vec::new(), false);
        for (pid, seen) in all.iter().filter(|(pid, _)| **pid != own) {
            let marked = self.is_marked(*pid);
            if descends(*pid) || marked == Some(true) {
                found.push(Process { pid: *pid, began: seen.began });
            } else if marked.is_none() {
                // What was there before was not begun by it.
                unclear |= !seen.is_kernel && self.root.is_some_and(|root| seen.began >= root.began);
            }
        }
        (found, unclear)
    }

    /// Whether a process has the mark; `None` where it has no environment in which it could stand.
    fn is_marked(&self, pid: i32) -> Option<bool> {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).ok();
        // Of others' processes it cannot be read, and they are none of ours.
        let environment = environment.unwrap_or_else(|| vec![0]);
        (!environment.is_empty())
            .then(|| environment.split(|byte| *byte == 0).any(|entry| entry == self.entry.as_bytes()))
    }
}

struct Seen {
    parent: i32,
    /// A thread of the kernel's, which never has an environment.
    is_kernel: bool,
    began: u64,
}

/// A living process.
fn look(pid: i32) -> Option<Seen> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before may hold anything, brackets too.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let living = !matches!(*fields.first()?, "Z" | "X");
    let flags: u32 = fields.get(6)?.parse().ok()?;
    let is_kernel = flags & KERNEL_THREAD != 0;
    living.then_some(Seen { parent: fields.get(1)?.parse().ok()?, is_kernel, began: fields.get(19)?.parse().ok()? })
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
    fn a_process_without_an_environment_may_be_anybodys() {
        let mut plain = std::process::Command::new("sleep").arg("600").spawn().unwrap();
        let kin = Kin::of(Some(plain.id()), &mark());
        let mut bare = std::process::Command::new("sleep").arg("600").env_clear().spawn().unwrap();
        assert_eq!(kin.is_marked(bare.id().cast_signed()), None);
        assert!(kin.found().1, "it is looked at again");
        assert_eq!(kin.is_marked(1).or(Some(false)), Some(false));
        for child in [&mut plain, &mut bare] {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    #[test]
    fn nobody_is_kin_to_a_mark_that_nobody_has() {
        let kin = Kin::of(None, &mark());
        assert!(kin.found().0.is_empty());
        let own = Kin::of(Some(std::process::id()), &mark());
        assert!(own.found().0.iter().all(|p| p.pid != i32::try_from(std::process::id()).unwrap()));
    }
}
