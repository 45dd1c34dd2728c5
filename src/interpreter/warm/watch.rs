//! A program that runs, watched to its end: reads what it prints, counts what it takes, kills it when it is over a limit.

use std::io::{ErrorKind, PipeReader, Read};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Signal;

use super::control::{Control, Done, SILENT};
use super::process::Process;
use super::standby::{Handle, Running};
use super::{GRACE, Limits};
use crate::interpreter::End;
use crate::interpreter::scratch::{self, Scratch};

/// Bytes read at once.
const PART: usize = 1 << 16;

/// How often scratch is looked at, where no file system keeps it within its size.
const LOOK: Duration = Duration::from_millis(50);

/// How often a worker is looked at that runs a program itself.
const TICK: Duration = Duration::from_millis(5);

/// Parts that can still lie in a pipe after the end of a program: pipes hold 1 MiB at most.
const LEFT: usize = 32;

/// The first bytes, or the last ones, of what a program prints.
struct Kept {
    bytes: Vec<u8>,
    most: usize,
    last: bool,
    total: u64,
}

impl Kept {
    fn first(most: usize) -> Self {
        Self { bytes: Vec::new(), most, last: false, total: 0 }
    }

    fn last(most: usize) -> Self {
        Self { last: true, ..Self::first(most) }
    }

    fn push(&mut self, part: &[u8]) {
        self.total += part.len() as u64;
        if self.last {
            self.bytes.extend_from_slice(part);
            if self.bytes.len() > 2 * self.most.max(PART) {
                self.bytes.drain(..self.bytes.len() - self.most);
            }
        } else {
            let room = self.most - self.bytes.len();
            self.bytes.extend_from_slice(&part[..part.len().min(room)]);
        }
    }

    fn into_bytes(mut self) -> Vec<u8> {
        self.bytes.drain(..self.bytes.len().saturating_sub(self.most));
        self.bytes
    }
}

/// A pipe that a program prints to.
struct Stream {
    pipe: PipeReader,
    kept: Kept,
    open: bool,
}

impl Stream {
    /// Reads a part; whether there was one.
    fn read(&mut self, part: &mut [u8]) -> bool {
        match self.pipe.read(part) {
            Ok(n @ 1..) => {
                self.kept.push(&part[..n]);
                true
            }
            Err(e) if e.kind() == ErrorKind::Interrupted => true,
            Err(e) if e.kind() == ErrorKind::WouldBlock => false,
            Ok(0) | Err(_) => {
                self.open = false;
                false
            }
        }
    }
}

/// Why a program was killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    Wall,
    Output,
    Scratch,
    Threads,
}

/// What was seen.
pub(super) struct Seen {
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    /// Bytes on stdout in all.
    pub(super) total: u64,
    pub(super) end: End,
    pub(super) wall: Duration,
    pub(super) cpu: Duration,
    pub(super) memory: u64,
}

/// A program and what is known of it.
pub(super) struct Watch<'a> {
    out: Stream,
    err: Stream,
    handle: Handle,
    limits: &'a Limits,
    /// The folder to watch.
    scratch: Option<&'a Scratch>,
    begun: Instant,
    cut: Option<Cut>,
    /// Whether the worker ends with the program.
    only: bool,
}

impl<'a> Watch<'a> {
    pub(super) fn of(running: Running, limits: &'a Limits, scratch: Option<&'a Scratch>) -> Self {
        let Running { out, err, handle, only } = running;
        let stream = |pipe, kept| Stream { pipe, kept, open: true };
        let (out, err) = (stream(out, Kept::first(limits.output)), stream(err, Kept::last(limits.output)));
        Self { out, err, handle, limits, scratch, begun: Instant::now(), cut: None, only }
    }

    /// Waits for the end, and sees to it that there is one. The error is a phrase that says what is wrong with the worker.
    pub(super) fn until_the_end(mut self, control: &mut Control, worker: &Process) -> Result<Seen, String> {
        let mut part = vec![0; PART];
        let mut deadline = self.begun + self.limits.wall;
        let mut looked = self.begun;
        loop {
            let now = Instant::now();
            if now >= deadline {
                if self.cut.is_some() {
                    return Err(SILENT.to_owned());
                }
                self.kill(Cut::Wall, worker, &mut deadline);
            }
            let mut patience = deadline.saturating_duration_since(now);
            if self.scratch.is_some() && self.cut.is_none() {
                patience = patience.min(LOOK);
            }
            if self.only {
                patience = patience.min(TICK);
            }
            let [spoke, out, err] = self.events(control, patience)?;
            // The worker's socket says nothing of the end where a program runs in its stead.
            let ended = if self.only { worker.ends_within(Duration::ZERO) } else { spoke };
            if out {
                self.out.read(&mut part);
            }
            if err {
                self.err.read(&mut part);
            }
            if self.cut.is_none() && self.out.kept.total > self.limits.output as u64 {
                self.kill(Cut::Output, worker, &mut deadline);
            }
            if ended {
                break;
            }
            if self.cut.is_none() && looked.elapsed() >= LOOK {
                if let Some(over) = self.over() {
                    self.kill(over, worker, &mut deadline);
                }
                looked = Instant::now();
            }
        }
        let wall = self.begun.elapsed();
        let done = if self.only {
            Some(Done::of_worker(worker.reap()))
        } else {
            match control.done(Instant::now() + GRACE) {
                // A worker that says so too early, or for another program, is not to be believed.
                Ok(_) if !self.handle.is_over() => return Err("it announced an end that was none".to_owned()),
                Ok(done) => Some(done),
                // Where a program can't be killed alone, its worker was killed with it.
                Err(_) if self.cut.is_some() => None,
                Err(why) => return Err(why),
            }
        };
        // The process is gone, and all that it left; what it printed still lies in the pipes.
        for stream in [&mut self.out, &mut self.err] {
            if stream.open && rustix::io::ioctl_fionbio(&stream.pipe, true).is_ok() {
                for _ in 0..LEFT {
                    if !stream.read(&mut part) {
                        break;
                    }
                }
            }
        }
        Ok(self.conclude(wall, done))
    }

    /// What a program takes too much of where no file system and no namespace counts for it.
    fn over(&self) -> Option<Cut> {
        let scratch = self.scratch?;
        let rest = self.limits.scratch.checked_sub(self.handle.nameless());
        if rest.is_none_or(|rest| scratch::is_over(&scratch.path, rest)) {
            Some(Cut::Scratch)
        } else {
            self.handle.threads().filter(|n| *n > self.limits.threads).map(|_| Cut::Threads)
        }
    }

    /// Waits until something happens: which of control, stdout and stderr have something to read.
    fn events(&self, control: &Control, patience: Duration) -> Result<[bool; 3], String> {
        let patience = Timespec::try_from(patience).map_err(|e| e.to_string())?;
        let mut all = Vec::with_capacity(3);
        if !self.only {
            all.push(PollFd::from_borrowed_fd(control.0.as_fd(), PollFlags::IN));
        }
        // One that is closed would wake this at once, and for ever.
        for stream in [&self.out, &self.err].into_iter().filter(|stream| stream.open) {
            all.push(PollFd::from_borrowed_fd(stream.pipe.as_fd(), PollFlags::IN));
        }
        match poll(&mut all, Some(&patience)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.to_string()),
        }
        let mut happened = all.iter().map(|one| !one.revents().is_empty());
        let mut next = |open| open && happened.next().unwrap_or(false);
        Ok([next(!self.only), next(self.out.open), next(self.err.open)])
    }

    /// Kills the program, and gives the worker time to say so.
    fn kill(&mut self, why: Cut, worker: &Process, deadline: &mut Instant) {
        self.cut = Some(why);
        *deadline = Instant::now() + GRACE;
        if !self.handle.kill() {
            worker.kill();
        }
    }

    /// What is said of the program.
    fn conclude(self, wall: Duration, done: Option<Done>) -> Seen {
        let total = self.out.kept.total;
        let (stdout, mut stderr) = (self.out.kept.into_bytes(), self.err.kept.into_bytes());
        let Done { status, cpu, memory } =
            done.unwrap_or(Done { status: Signal::KILL.as_raw(), cpu: Duration::ZERO, memory: 0 });
        let end = match self.cut {
            Some(Cut::Wall) => End::Timeout,
            Some(Cut::Output) => End::Output,
            Some(over @ (Cut::Scratch | Cut::Threads)) => {
                stderr.extend_from_slice(match over {
                    Cut::Scratch => b"loong: killed, because the scratch folder is over its limit\n",
                    _ => b"loong: killed, because it has more threads than it may\n",
                });
                End::Signal(Signal::KILL.as_raw())
            }
            // A pipe may hold more than may be printed.
            None if total > self.limits.output as u64 => End::Output,
            None => ended(status, cpu, self.limits, &stderr),
        };
        Seen { stdout, stderr, total, end, wall, cpu, memory }
    }
}

/// How a program ended by itself.
fn ended(status: i32, cpu: Duration, limits: &Limits, stderr: &[u8]) -> End {
    let status = ExitStatus::from_raw(status);
    let Some(signal) = status.signal() else {
        return End::Exit(status.code().unwrap_or(1));
    };
    let last = &stderr[stderr.len().saturating_sub(200)..];
    let out_of_memory = || last.windows(BAD_ALLOC.len()).any(|w| w == BAD_ALLOC);
    if signal == memory_signal() || (signal == Signal::ABORT.as_raw() && out_of_memory()) {
        End::Memory
    } else if [Signal::XCPU, Signal::KILL].iter().any(|s| s.as_raw() == signal)
        && cpu + Duration::from_millis(100) >= limits.cpu
    {
        End::Timeout
    } else {
        End::Signal(signal)
    }
}

/// What C++ says when there is no memory left.
const BAD_ALLOC: &[u8] = b"std::bad_alloc";

/// The signal with which a program says that it ran out of memory; the same as in `worker.py`.
fn memory_signal() -> i32 {
    #[cfg(target_os = "linux")]
    return libc::SIGRTMIN() + 13;
    #[cfg(not(target_os = "linux"))]
    return Signal::USR2.as_raw();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_or_the_last_are_kept_and_all_are_counted() {
        for (mut kept, expected) in [(Kept::first(10), "0123456789"), (Kept::last(10), "...the end")] {
            for part in ["0123456", "789", &".".repeat(3 * PART), "the end"] {
                kept.push(part.as_bytes());
            }
            assert_eq!(kept.total, 17 + 3 * PART as u64);
            assert!(kept.bytes.len() <= 4 * PART, "memory is bounded");
            assert_eq!(String::from_utf8(kept.into_bytes()).unwrap(), expected);
        }
        let mut none = Kept::first(0);
        none.push(b"x");
        assert!(none.total == 1 && none.into_bytes().is_empty());
    }

    #[test]
    fn what_is_closed_wakes_nobody() {
        let limits = Limits::default();
        let ((out, _), (err, _)) = (std::io::pipe().unwrap(), std::io::pipe().unwrap());
        let mut watch = Watch::of(Running { out, err, handle: Handle::default(), only: false }, &limits, None);
        let (ours, _theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        let control = Control(ours);
        let patience = Duration::from_millis(30);
        assert_eq!(watch.events(&control, patience).unwrap(), [false, true, true], "both have ended");
        assert!(!watch.out.read(&mut [0; 8]) && !watch.err.read(&mut [0; 8]));
        let begun = Instant::now();
        assert_eq!(watch.events(&control, patience).unwrap(), [false; 3]);
        assert!(begun.elapsed() >= patience);
    }

    #[test]
    fn an_end_is_named_by_its_cause() {
        let limits = Limits { cpu: Duration::from_secs(2), ..Limits::default() };
        let (quick, long) = (Duration::from_millis(5), Duration::from_millis(1950));
        for (status, cpu, stderr, end) in [
            (0, quick, "", End::Exit(0)),
            (3 << 8, quick, "", End::Exit(3)),
            (memory_signal(), quick, "", End::Memory),
            (6, quick, "terminate called after throwing an instance of 'std::bad_alloc'\n", End::Memory),
            (6 | 0x80, quick, "assertion failed", End::Signal(6)),
            (9, quick, "", End::Signal(9)),
            (9, long, "", End::Timeout),
            (24, long, "", End::Timeout),
            (11, long, "", End::Signal(11)),
        ] {
            assert_eq!(ended(status, cpu, &limits, stderr.as_bytes()), end, "{status} {stderr}");
        }
    }
}
