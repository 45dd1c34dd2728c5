//! What goes over the socket between a worker and whoever asked; `assets/python/worker.py` is the other side.
//!
//! A message from a worker begins with the byte that names it. Packages are code that runs in the worker: what comes from
//! there is read with bounds.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Most bytes of a frame: a fault's traceback is the longest there is.
const FRAME: usize = 1 << 20;

/// What a worker that ended is said to have done.
pub(super) const GONE: &str = "it ended unexpectedly";

/// What a worker that sent something else is said to have done.
const NONSENSE: &str = "it spoke nonsense";

/// What a worker that is silent is said to do.
pub(super) const SILENT: &str = "it did not answer in time";

/// The first frame.
#[derive(Serialize)]
pub(super) struct Configuration<'a> {
    /// What is imported before the first program.
    pub(super) imports: &'a BTreeSet<String>,
    pub(super) scratch: &'a Path,
    /// Instructions of the program's filter, in hex; empty for none.
    pub(super) filter: String,
    pub(super) sentinel: u32,
    /// Whether the launcher confined the worker.
    pub(super) confined: bool,
    /// Whether the worker is process 1 of its own namespace.
    pub(super) alone: bool,
    /// Whether a limit of one process stands in for a filter.
    pub(super) no_fork_limit: bool,
    /// Processes and threads that the kernel counts beside a program's own; 0 where it counts none.
    pub(super) beside: u64,
}

/// A worker that is warm.
#[derive(Deserialize)]
pub(super) struct Ready {
    /// Python's version.
    pub(super) python: String,
    /// What could not be imported ahead.
    pub(super) failed: Vec<String>,
}

/// A program that ended, together with all that it left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Done {
    /// As `wait` gives it.
    pub(super) status: i32,
    pub(super) cpu: Duration,
    /// Peak resident bytes.
    pub(super) memory: u64,
}

impl Done {
    /// What a worker's own end says, where it ran the program itself: a launcher that outlives it passes a signal on as
    /// shells do. What it took is not known.
    pub(super) fn of_worker(ended: Option<ExitStatus>) -> Self {
        let status = match ended.map(|ended| (ended.code(), ended.into_raw())) {
            Some((Some(code @ 129..=192), _)) => code - 128,
            Some((_, status)) => status,
            None => rustix::process::Signal::KILL.as_raw(),
        };
        Self { status, cpu: Duration::ZERO, memory: 0 }
    }
}

/// A message of a worker.
pub(super) enum Message {
    Ready(Ready),
    Done(Done),
}

/// The socket.
#[derive(Debug)]
pub(super) struct Control(pub(super) UnixStream);

impl Control {
    /// Sends a frame.
    pub(super) fn send(&mut self, body: &impl Serialize, patience: Duration) -> Result<(), String> {
        let body = serde_json::to_vec(body).map_err(|e| e.to_string())?;
        let length = u32::try_from(body.len()).map_err(|_| "the frame is over 4 GiB long".to_owned())?;
        let mut frame = Vec::with_capacity(body.len() + 4);
        frame.extend(length.to_be_bytes());
        frame.extend(body);
        self.0.set_write_timeout(Some(patience)).and_then(|()| self.0.write_all(&frame)).map_err(|e| wrong(&e))
    }

    /// Receives a message. A fault is an error.
    pub(super) fn receive(&mut self, deadline: Instant) -> Result<Message, String> {
        let [kind] = self.read(deadline)?;
        match kind {
            b'r' => self.frame(deadline).map(Message::Ready),
            b'f' => Err(self.frame(deadline)?),
            b'd' => {
                let (status, micros, memory) = (self.read(deadline)?, self.read(deadline)?, self.read(deadline)?);
                Ok(Message::Done(Done {
                    status: i32::from_le_bytes(status),
                    cpu: Duration::from_micros(u64::from_le_bytes(micros)),
                    memory: u64::from_le_bytes(memory),
                }))
            }
            _ => Err(NONSENSE.to_owned()),
        }
    }

    /// Receives the word of a worker that is warm.
    pub(super) fn ready(&mut self, deadline: Instant) -> Result<Ready, String> {
        match self.receive(deadline)? {
            Message::Ready(ready) => Ok(ready),
            Message::Done(_) => Err(NONSENSE.to_owned()),
        }
    }

    /// Receives the word of a program's end.
    pub(super) fn done(&mut self, deadline: Instant) -> Result<Done, String> {
        match self.receive(deadline)? {
            Message::Done(done) => Ok(done),
            Message::Ready(_) => Err(NONSENSE.to_owned()),
        }
    }

    /// Whether the worker has said something that nobody has read. One that hung up has not.
    pub(super) fn has_news(&self) -> bool {
        let mut news = [PollFd::new(&self.0, PollFlags::IN)];
        poll(&mut news, Some(&Timespec::default())).is_ok() && news[0].revents() == PollFlags::IN
    }

    fn frame<T: DeserializeOwned>(&mut self, deadline: Instant) -> Result<T, String> {
        let length = usize::try_from(u32::from_be_bytes(self.read(deadline)?)).unwrap_or(usize::MAX);
        if length > FRAME {
            return Err("it announced a frame that is too long".to_owned());
        }
        let mut body = vec![0; length];
        read_exactly(&mut self.0, &mut body, deadline)?;
        serde_json::from_slice(&body).map_err(|e| format!("{NONSENSE}: {e}"))
    }

    /// Reads so many bytes.
    pub(super) fn read<const N: usize>(&mut self, deadline: Instant) -> Result<[u8; N], String> {
        let mut bytes = [0; N];
        read_exactly(&mut self.0, &mut bytes, deadline)?;
        Ok(bytes)
    }
}

/// Fills a buffer from a socket.
pub(super) fn read_exactly(socket: &mut UnixStream, bytes: &mut [u8], deadline: Instant) -> Result<(), String> {
    let mut have = 0;
    while have < bytes.len() {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(SILENT.to_owned());
        }
        socket.set_read_timeout(Some(left)).map_err(|e| wrong(&e))?;
        match socket.read(&mut bytes[have..]) {
            Ok(0) => return Err(GONE.to_owned()),
            Ok(n) => have += n,
            Err(e) if matches!(e.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
            Err(e) => return Err(wrong(&e)),
        }
    }
    Ok(())
}

/// A phrase for a socket's error.
pub(super) fn wrong(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset => GONE.to_owned(),
        ErrorKind::WouldBlock => SILENT.to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(bytes: &[u8]) -> Result<Message, String> {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.write_all(bytes).unwrap();
        drop(theirs);
        Control(ours).receive(Instant::now() + Duration::from_secs(5))
    }

    #[test]
    fn what_a_worker_says_is_read_with_bounds() {
        let frame = |kind: u8, body: &str| {
            let length = u32::try_from(body.len()).unwrap();
            [&[kind][..], &length.to_be_bytes(), body.as_bytes()].concat()
        };
        let ready = said(&frame(b'r', r#"{"python":"3.11.7","failed":["x"]}"#));
        assert!(matches!(ready, Ok(Message::Ready(Ready { python, failed })) if python == "3.11.7" && failed == ["x"]));
        let done = [&b"d"[..], &9_i32.to_le_bytes(), &1500_u64.to_le_bytes(), &(1_u64 << 20).to_le_bytes()].concat();
        let Ok(Message::Done(done)) = said(&done) else { panic!("no word of an end") };
        assert_eq!((done.status, done.cpu, done.memory), (9, Duration::from_micros(1500), 1 << 20));
        for (bytes, why) in [
            (frame(b'f', r#""it burns""#), "it burns"),
            (frame(b'r', "{}"), "nonsense"),
            (frame(b'r', "\u{1b}["), "nonsense"),
            (b"x".to_vec(), "nonsense"),
            (b"r\xff\xff\xff\xff".to_vec(), "too long"),
            (b"d\0\0".to_vec(), GONE),
            (Vec::new(), GONE),
        ] {
            let Err(error) = said(&bytes) else { panic!("{bytes:?} is no message") };
            assert!(error.contains(why), "{error}");
        }
    }
}
