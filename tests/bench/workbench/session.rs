//! The program in a pseudoterminal, with the time of every frame.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// What ends a frame: the end of a synchronised update.
const FRAME: &[u8] = b"\x1b[?2026l";
/// No answer takes longer.
const DEADLINE: Duration = Duration::from_secs(60);

/// What the frame that answers a key may take.
pub(crate) const KEY: Duration = Duration::from_millis(16);

/// The middle one, the one that 95 % are not above, and the last.
pub(crate) fn spread(times: &mut [Duration]) -> (Duration, Duration, Duration) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    (at(50), at(95), at(100))
}

struct State {
    parser: vt100::Parser,
    /// When each frame was whole.
    frames: Vec<Instant>,
    /// The beginning of a frame, shown when it is whole.
    begun: Vec<u8>,
}

/// The program in a terminal.
pub(crate) struct Session {
    _master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    shared: Arc<(Mutex<State>, Condvar)>,
    pub(crate) started: Instant,
}

impl Session {
    /// Starts the program in a terminal of (columns, rows).
    pub(crate) fn start(size: (u16, u16), folders: &[(String, String)], arguments: &[&str]) -> Self {
        let pty = PtySize { rows: size.1, cols: size.0, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(pty).expect("a pseudoterminal");
        let mut command = CommandBuilder::new(Path::new(env!("CARGO_BIN_EXE_loong")));
        command.args(arguments);
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_else(|| OsString::from("/usr/bin:/bin")));
        command.env("TERM", "xterm-256color");
        command.env("LOONG_SCREEN_THEME", "dark");
        for (name, value) in folders {
            command.env(name, value);
        }
        let cells = |n: u16| NonZeroU16::new(n).expect("a terminal has a size");
        let state = State {
            parser: vt100::Parser::new(cells(size.1), cells(size.0), 0),
            frames: Vec::new(),
            begun: Vec::new(),
        };
        let shared = Arc::new((Mutex::new(state), Condvar::new()));
        let reader = pair.master.try_clone_reader().expect("a reader");
        let writer = pair.master.take_writer().expect("a writer");
        let started = Instant::now();
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let reading = Arc::clone(&shared);
        thread::spawn(move || read(reader, &reading));
        Self { _master: pair.master, writer, child, shared, started }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `done` says so of the screen; when the frame that made it so was whole.
    pub(crate) fn until(&self, what: &str, done: impl Fn(&str) -> bool) -> Instant {
        let deadline = Instant::now() + DEADLINE;
        let mut state = self.state();
        loop {
            let shown = state.parser.screen().contents();
            if let (true, Some(at)) = (done(&shown), state.frames.last()) {
                return *at;
            }
            assert!(Instant::now() < deadline, "never {what}; on the screen:\n{shown}");
            state = self.shared.1.wait_timeout(state, Duration::from_millis(100)).expect("no panic").0;
        }
    }

    /// Types, and waits for the first frame after it; how long it took.
    pub(crate) fn key(&mut self, keys: &str) -> Duration {
        let before = self.state().frames.len();
        let typed = Instant::now();
        self.writer.write_all(keys.as_bytes()).expect("the terminal takes keys");
        let mut state = self.state();
        while state.frames.len() <= before {
            assert!(typed.elapsed() < DEADLINE, "no frame after {keys:?}:\n{}", state.parser.screen().contents());
            state = self.shared.1.wait_timeout(state, Duration::from_millis(100)).expect("no panic").0;
        }
        state.frames[before].duration_since(typed)
    }

    /// A pause between two keys, as of somebody who types fast.
    pub(crate) fn rest(&mut self) -> &mut Self {
        thread::sleep(Duration::from_millis(20));
        self
    }

    /// Presses keys again and again, each by its name, its bytes and how often; says how long the frame after each took,
    /// and gives back what most of them missed.
    pub(crate) fn keys(&mut self, beside: &str, keys: &[(&str, &str, usize)]) -> Vec<String> {
        let mut missed = Vec::new();
        for (name, bytes, times) in keys {
            let mut taken: Vec<Duration> = (0..*times).map(|_| self.rest().key(bytes)).collect();
            let (middle, most, last) = spread(&mut taken);
            println!("key {name:22} median {middle:.1?}, 95 % {most:.1?}, slowest {last:.1?} (bound {KEY:?})");
            if most > KEY {
                missed.push(format!("key {name} {beside}: {most:.1?} is more than {KEY:?}"));
            }
        }
        missed
    }

    /// Types, and waits for nothing.
    pub(crate) fn type_keys(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    /// What the screen shows.
    pub(crate) fn shown(&self) -> String {
        self.state().parser.screen().contents()
    }

    /// Frames so far.
    pub(crate) fn frames(&self) -> usize {
        self.state().frames.len()
    }

    /// A line of `/proc/PID/status` in kB; 0 where there is none.
    pub(crate) fn memory(&self, name: &str) -> u64 {
        let status = self.child.process_id().map(|pid| std::fs::read_to_string(format!("/proc/{pid}/status")));
        let status = status.and_then(Result::ok).unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|l| l.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
    }

    /// Processor time so far, in clock ticks of a hundredth of a second.
    pub(crate) fn ticks(&self) -> u64 {
        let stat = self.child.process_id().map(|pid| std::fs::read_to_string(format!("/proc/{pid}/stat")));
        let stat = stat.and_then(Result::ok).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        [11, 12].iter().filter_map(|at| fields.get(*at)?.parse::<u64>().ok()).sum()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(mut reader: Box<dyn Read + Send>, shared: &(Mutex<State>, Condvar)) {
    let mut buffer = [0; 1 << 14];
    loop {
        let n = reader.read(&mut buffer).unwrap_or(0);
        // Before anything is made of it: taking the screen apart is the bench's time and not the program's.
        let at = Instant::now();
        if n == 0 {
            return;
        }
        let mut state = shared.0.lock().unwrap_or_else(PoisonError::into_inner);
        let from = state.begun.len().saturating_sub(FRAME.len() - 1);
        state.begun.extend_from_slice(&buffer[..n]);
        let ends = state.begun[from..].windows(FRAME.len()).enumerate().filter(|(_, w)| *w == FRAME);
        let ends: Vec<usize> = ends.map(|(at, _)| from + at + FRAME.len()).collect();
        if let Some(end) = ends.last() {
            let whole: Vec<u8> = state.begun.drain(..end).collect();
            state.frames.extend(std::iter::repeat_n(at, ends.len()));
            state.parser.process(&whole);
        }
        shared.1.notify_all();
    }
}
