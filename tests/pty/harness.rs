//! A program in a pseudoterminal.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

/// No answer takes longer on a machine that works; a loaded one has room.
const DEADLINE: Duration = Duration::from_secs(60);

/// A program in a pseudoterminal, and what it showed.
pub(crate) struct Session {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    seen: Arc<Seen>,
    /// The terminal's settings before the program started.
    pub(crate) before: String,
}

struct Seen {
    state: Mutex<State>,
    changed: Condvar,
    /// The terminal takes nothing for now.
    stalled: AtomicBool,
    /// The reader lets go of the terminal after the next bytes.
    hung_up: AtomicBool,
}

struct State {
    parser: vt100::Parser,
    raw: Vec<u8>,
    ended: bool,
}

fn pty_size((columns, rows): (u16, u16)) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn cells(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).expect("a terminal has a size")
}

impl Session {
    /// Starts a program in a terminal of (columns, rows), with these variables beside `PATH` and `TERM`.
    pub(crate) fn start(size: (u16, u16), program: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Self {
        let pair = native_pty_system().openpty(pty_size(size)).expect("a pseudoterminal");
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_else(|| OsString::from("/usr/bin:/bin")));
        command.env("TERM", "xterm-256color");
        for (name, value) in environment {
            command.env(name, value);
        }
        let before = termios(&*pair.master);
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let reader = pair.master.try_clone_reader().expect("a reader");
        let writer = pair.master.take_writer().expect("a writer");
        let parser = vt100::Parser::new(cells(size.1), cells(size.0), 100);
        let state = State { parser, raw: Vec::new(), ended: false };
        let seen = Arc::new(Seen {
            state: Mutex::new(state),
            changed: Condvar::new(),
            stalled: AtomicBool::new(false),
            hung_up: AtomicBool::new(false),
        });
        let reading = Arc::clone(&seen);
        thread::spawn(move || reading.read(reader));
        Self { master: pair.master, writer, child, seen, before }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.seen.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Types.
    pub(crate) fn type_keys(&mut self, keys: impl AsRef<[u8]>) {
        self.writer.write_all(keys.as_ref()).expect("the terminal takes keys");
    }

    /// Waits until the screen satisfies `done`.
    pub(crate) fn until_that(&self, what: &str, done: impl Fn(&vt100::Screen) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        let mut state = self.state();
        while !done(state.parser.screen()) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && !state.ended,
                "never {what}; on the screen:\n{}",
                state.parser.screen().contents()
            );
            state = self.seen.changed.wait_timeout(state, left.min(Duration::from_millis(200))).expect("no panic").0;
        }
    }

    /// Waits until the screen shows a text.
    pub(crate) fn until(&self, text: &str) {
        self.until_that(&format!("showed {text:?}"), |screen| screen.contents().contains(text));
    }

    /// What the screen shows.
    pub(crate) fn screen(&self) -> String {
        self.state().parser.screen().contents()
    }

    /// Looks at the screen's cells and modes.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(self.state().parser.screen())
    }

    /// Waits until these bytes came.
    pub(crate) fn until_raw(&self, bytes: &[u8]) {
        let deadline = Instant::now() + DEADLINE;
        while !self.raw().windows(bytes.len()).any(|w| w == bytes) {
            assert!(Instant::now() < deadline, "never got {:?}", String::from_utf8_lossy(bytes));
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// All bytes that came.
    pub(crate) fn raw(&self) -> Vec<u8> {
        self.state().raw.clone()
    }

    /// Changes the terminal's size.
    pub(crate) fn resize(&self, size: (u16, u16)) {
        self.state().parser.set_size(cells(size.1), cells(size.0));
        self.master.resize(pty_size(size)).expect("the terminal changes its size");
    }

    /// From now on the terminal takes nothing.
    pub(crate) fn stall(&self) {
        self.seen.stalled.store(true, Ordering::SeqCst);
    }

    /// The terminal's settings now.
    pub(crate) fn termios(&self) -> String {
        termios(&*self.master)
    }

    /// The process that was started.
    pub(crate) fn pid(&self) -> i32 {
        i32::try_from(self.child.process_id().expect("it runs")).expect("a process id")
    }

    /// How often a thread of the program was scheduled during this time.
    #[cfg(target_os = "linux")]
    pub(crate) fn wakes_in(&self, time: Duration) -> u64 {
        let of = |line: &str| line.split_once("ctxt_switches:").and_then(|(_, n)| n.trim().parse::<u64>().ok());
        let switches = || -> u64 {
            let tasks = std::fs::read_dir(format!("/proc/{}/task", self.pid())).expect("it runs");
            tasks
                .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("status")).ok())
                .flat_map(|status| status.lines().filter_map(of).collect::<Vec<_>>())
                .sum()
        };
        let before = switches();
        thread::sleep(time);
        switches() - before
    }

    /// Sends a signal to a process.
    pub(crate) fn signal(pid: i32, signal: Signal) {
        kill_process(Pid::from_raw(pid).expect("a process id"), signal).expect("the process is there");
    }

    /// Waits for the program's end, and for all that it showed.
    pub(crate) fn wait_exit(&mut self) -> ExitStatus {
        let status = self.until_gone();
        let deadline = Instant::now() + Duration::from_secs(2);
        let mut state = self.state();
        // A pty has an end only when nobody has its other side.
        while !state.ended && Instant::now() < deadline && !self.seen.stalled.load(Ordering::SeqCst) {
            state = self.seen.changed.wait_timeout(state, Duration::from_millis(50)).expect("no panic").0;
        }
        drop(state);
        status
    }

    fn until_gone(&mut self) -> ExitStatus {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                return status;
            }
            if Instant::now() >= deadline {
                let shown = self.screen();
                let _ = self.child.kill();
                panic!("the program did not end; on the screen:\n{shown}");
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Closes the terminal under the program. A key that it answers makes the reader let go first.
    pub(crate) fn hang_up(&mut self, key: &str) -> ExitStatus {
        self.seen.hung_up.store(true, Ordering::SeqCst);
        self.type_keys(key);
        let deadline = Instant::now() + DEADLINE;
        while !self.state().ended {
            assert!(Instant::now() < deadline, "the program did not answer");
            thread::sleep(Duration::from_millis(5));
        }
        let closed = native_pty_system().openpty(PtySize::default()).expect("a pseudoterminal");
        self.writer = closed.master.take_writer().expect("a writer");
        self.master = closed.master;
        self.until_gone()
    }

    /// The terminal is as it was before the program: its settings, its screen, its modes.
    pub(crate) fn assert_whole(&self) {
        assert_eq!(self.termios(), self.before, "settings");
        self.look(|screen| {
            assert!(!screen.alternate_screen(), "alternate screen");
            assert!(!screen.hide_cursor(), "cursor");
            assert!(!screen.bracketed_paste(), "bracketed paste");
            assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None, "mouse");
            assert_eq!(screen.mouse_protocol_encoding(), vt100::MouseProtocolEncoding::Default, "mouse encoding");
        });
    }
}

fn termios(master: &(dyn MasterPty + Send)) -> String {
    format!("{:?}", master.get_termios().expect("a terminal has settings"))
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

impl Seen {
    fn read(&self, mut reader: Box<dyn Read + Send>) {
        let mut buffer = [0; 1 << 14];
        loop {
            while self.stalled.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(20));
            }
            let n = reader.read(&mut buffer).unwrap_or(0);
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.raw.extend_from_slice(&buffer[..n]);
            state.parser.process(&buffer[..n]);
            state.ended = n == 0 || self.hung_up.load(Ordering::SeqCst);
            self.changed.notify_all();
            if state.ended {
                return;
            }
        }
    }
}
