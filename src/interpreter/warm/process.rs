//! A worker's process, which can be killed from any thread.

use std::io::Read;
use std::process::{Child, ChildStderr, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

/// The worker's process.
#[derive(Debug)]
pub(in crate::interpreter) struct Process(Mutex<Launched>);

#[derive(Debug)]
struct Launched {
    child: Child,
    /// Whether it was waited for: from then on its number may be anybody's.
    over: bool,
}

impl Process {
    pub(super) fn new(child: Child) -> Self {
        Self(Mutex::new(Launched { child, over: false }))
    }

    fn launched(&self) -> MutexGuard<'_, Launched> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Kills the worker; its program, and all that either started, dies with it.
    pub(in crate::interpreter) fn kill(&self) {
        self.launched().kill();
    }

    /// Whether it is gone and was waited for.
    pub(in crate::interpreter) fn is_over(&self) -> bool {
        self.launched().over
    }

    /// The launcher's process id.
    pub(super) fn id(&self) -> u32 {
        self.launched().child.id()
    }

    /// Whether it ends by itself within a time.
    pub(super) fn ends_within(&self, time: Duration) -> bool {
        let deadline = Instant::now() + time;
        loop {
            let Some(leader) = self.launched().leader() else { return true };
            let look = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
            match waitid(WaitId::Pid(leader), look) {
                Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
                Ok(None) => return false,
                _ => return true,
            }
        }
    }

    /// Waits for the end of a process that was killed or is ending, and ends what it left; its status.
    pub(super) fn reap(&self) -> Option<ExitStatus> {
        let mut launched = self.launched();
        if let Some(leader) = launched.leader() {
            // Not yet reaped, it keeps its number, so that the group that is killed is its own.
            let _ = waitid(WaitId::Pid(leader), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
            launched.kill();
        }
        launched.over = true;
        launched.child.wait().ok()
    }
}

impl Launched {
    /// Its process id, for as long as that is its own.
    fn leader(&self) -> Option<Pid> {
        let id = i32::try_from(self.child.id()).ok().filter(|_| !self.over)?;
        Pid::from_raw(id)
    }

    /// The launcher leads a group, which nothing that it started can leave: packages are code, too. Just after its start it
    /// has none yet. What fails here is gone already.
    fn kill(&mut self) {
        if let Some(leader) = self.leader() {
            let _ = kill_process_group(leader, Signal::KILL);
            let _ = self.child.kill();
        }
    }
}

/// The end of what a worker says on stderr while it starts, read as it comes: packages may say more at import than a pipe
/// holds, and a worker must not wait for a reader.
pub(super) struct Tail(JoinHandle<Vec<u8>>);

impl Tail {
    const KEPT: usize = 16 << 10;

    pub(super) fn of(mut stderr: ChildStderr) -> Self {
        Self(std::thread::spawn(move || {
            let (mut kept, mut part) = (Vec::new(), [0; 4096]);
            while let Ok(n @ 1..) = stderr.read(&mut part) {
                kept.extend_from_slice(&part[..n]);
                if kept.len() > 2 * Self::KEPT {
                    kept.drain(..kept.len() - Self::KEPT);
                }
            }
            kept
        }))
    }

    /// What was said, once nobody can say more.
    pub(super) fn text(self) -> String {
        let kept = self.0.join().unwrap_or_default();
        String::from_utf8_lossy(&kept[kept.len().saturating_sub(Self::KEPT)..]).into_owned()
    }
}
