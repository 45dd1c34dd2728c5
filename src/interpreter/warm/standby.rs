//! A program's process that waits for its orders, so that a program need not wait for a fork.
//!
//! The worker is handed three descriptors and forks a child that has them: a socket for the orders, and the writing ends of
//! the pipes for what the program prints. The child says that it stands by, obeys, says so, and closes the socket before
//! the program's first line.

use std::io::{self, IoSlice, PipeReader, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use rustix::process::Pid;

use super::control::{Control, read_exactly, wrong};
use super::{GRACE, Job, Limits};

/// What a child says when it stands by, and when it has obeyed.
const HERE: u8 = b'h';
/// When it has obeyed.
const OBEYED: u8 = b'k';
/// When it has obeyed, and is the worker itself, which could not fork: the program is its last act.
const OBEYED_ITSELF: u8 = b'o';

/// The process, from outside.
#[derive(Debug)]
pub(super) struct Standby {
    orders: UnixStream,
    pub(super) out: PipeReader,
    pub(super) err: PipeReader,
}

/// A program that runs.
pub(super) struct Running {
    pub(super) out: PipeReader,
    pub(super) err: PipeReader,
    pub(super) handle: Handle,
    /// Whether it is the worker itself that runs it.
    pub(super) only: bool,
}

/// A program's process, as far as this system can name it.
#[derive(Default)]
pub(super) struct Handle {
    /// Its number, for figures alone: it may be another's once the process has ended.
    pid: Option<Pid>,
    /// What stands for it and for no other.
    descriptor: Option<OwnedFd>,
}

impl Standby {
    /// Has a worker fork one.
    pub(super) fn of(control: &Control) -> io::Result<Self> {
        let (orders, theirs) = UnixStream::pair()?;
        let (out, stdout) = io::pipe()?;
        let (err, stderr) = io::pipe()?;
        #[cfg(target_os = "linux")]
        rustix::net::sockopt::set_socket_passcred(&orders, true)?;
        let descriptors = [theirs.as_fd(), stdout.as_fd(), stderr.as_fd()];
        let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        ancillary.push(SendAncillaryMessage::ScmRights(&descriptors));
        sendmsg(&control.0, &[IoSlice::new(b"j")], &mut ancillary, SendFlags::empty())?;
        Ok(Self { orders, out, err })
    }

    /// Gives it a program, once it stands by within `patience`. The error is a phrase, and says nothing about the program.
    pub(super) fn obey(mut self, control: &Control, job: &Job, patience: Duration) -> Result<Running, String> {
        match self.order(control, job, patience) {
            Ok((handle, only)) => Ok(Running { out: self.out, err: self.err, handle, only }),
            Err(why) => Err(match self.last_words() {
                said if said.is_empty() => why,
                said => format!("a program could not be started: {said}"),
            }),
        }
    }

    fn order(&mut self, control: &Control, job: &Job, patience: Duration) -> Result<(Handle, bool), String> {
        let handle = self.hear(Instant::now() + patience)?;
        if control.has_news() {
            return Err("it spoke while no program ran".to_owned());
        }
        let Job { code, limits, .. } = job;
        let Limits { cpu, memory, threads, open_files, file, scratch, .. } = *limits;
        let cpu = u64::max(1, cpu.as_secs() + u64::from(cpu.subsec_nanos() > 0));
        let numbers = [code.len() as u64, cpu, memory, u64::from(threads), u64::from(open_files), file.min(scratch)];
        let mut order: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
        order.extend_from_slice(code.as_bytes());
        self.orders
            .set_write_timeout(Some(GRACE))
            .and_then(|()| self.orders.write_all(&order))
            .map_err(|e| wrong(&e))?;
        let mut answer = [0];
        read_exactly(&mut self.orders, &mut answer, Instant::now() + GRACE)?;
        // It has answered, and so it was there all the time: this number was nobody else's when the handle was made.
        match answer {
            [OBEYED] => Ok((handle, false)),
            [OBEYED_ITSELF] => Ok((handle, true)),
            _ => Err("a program's process spoke nonsense".to_owned()),
        }
    }

    /// Waits until it stands by; a handle of its process.
    #[cfg(target_os = "linux")]
    fn hear(&mut self, deadline: Instant) -> Result<Handle, String> {
        use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
        use rustix::process::{PidfdFlags, pidfd_open};

        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        self.orders.set_read_timeout(Some(left)).map_err(|e| wrong(&e))?;
        let mut byte = [0];
        let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmCredentials(1))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let got = loop {
            match recvmsg(&self.orders, &mut [io::IoSliceMut::new(&mut byte)], &mut ancillary, RecvFlags::CMSG_CLOEXEC)
            {
                Err(rustix::io::Errno::INTR) => {}
                other => break other.map_err(|e| wrong(&e.into()))?,
            }
        };
        if got.bytes == 0 || byte != [HERE] {
            return Err(super::control::GONE.to_owned());
        }
        // As this process sees it, whatever namespace the other one is in.
        let pid = ancillary.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmCredentials(credentials) => Some(credentials.pid),
            _ => None,
        });
        Ok(Handle { pid, descriptor: pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()) })
    }

    /// Waits until it stands by. There are no handles of processes here.
    #[cfg(not(target_os = "linux"))]
    fn hear(&mut self, deadline: Instant) -> Result<Handle, String> {
        let mut byte = [0];
        read_exactly(&mut self.orders, &mut byte, deadline)?;
        if byte == [HERE] { Ok(Handle::default()) } else { Err(super::control::GONE.to_owned()) }
    }

    /// What it said before it failed.
    fn last_words(mut self) -> String {
        let mut said = Vec::new();
        // What it said lies in the pipe; one that is stuck will not say more.
        if rustix::io::ioctl_fionbio(&self.err, true).is_ok() {
            let _ = self.err.by_ref().take(4096).read_to_end(&mut said);
        }
        String::from_utf8_lossy(&said).trim().to_owned()
    }
}

impl Handle {
    /// Kills the program's process alone. False where that is not possible here.
    pub(super) fn kill(&self) -> bool {
        #[cfg(target_os = "linux")]
        if let Some(descriptor) = &self.descriptor {
            use rustix::process::{Signal, pidfd_send_signal};
            return match pidfd_send_signal(descriptor, Signal::KILL) {
                Ok(()) | Err(rustix::io::Errno::SRCH) => true,
                Err(_) => false,
            };
        }
        false
    }

    /// Whether it has ended; also where that can't be seen.
    pub(super) fn is_over(&self) -> bool {
        let Some(descriptor) = &self.descriptor else { return true };
        let mut ended = [PollFd::new(descriptor, PollFlags::IN)];
        poll(&mut ended, Some(&Timespec::default())).is_ok_and(|n| n == 1)
    }

    /// Its threads; `None` where nobody counts them.
    pub(super) fn threads(&self) -> Option<u32> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid?.as_raw_nonzero())).ok()?;
        status.lines().find_map(|line| line.strip_prefix("Threads:"))?.trim().parse().ok()
    }

    /// Bytes of the files that it has open and that have no name any more.
    pub(super) fn nameless(&self) -> u64 {
        use std::os::unix::fs::MetadataExt;
        let Some(pid) = self.pid else { return 0 };
        let open = std::fs::read_dir(format!("/proc/{}/fd", pid.as_raw_nonzero())).into_iter().flatten().flatten();
        let files = open.filter_map(|entry| std::fs::metadata(entry.path()).ok());
        files.filter(|file| file.is_file() && file.nlink() == 0).map(|file| file.blocks().saturating_mul(512)).sum()
    }
}
