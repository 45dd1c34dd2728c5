//! One thread reads the terminal. It sleeps until there is something, and while it is paused no byte is read: a key that is
//! typed then belongs to whoever has the terminal.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossterm::event::Event;

/// What the reader is to do, and what it does.
#[derive(Debug, Default)]
struct State {
    wish: Wish,
    /// It stands still and reads nothing.
    still: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Wish {
    #[default]
    Read,
    Pause,
    Stop,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    wake: wake::Wake,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The reader.
pub struct Input {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Input {
    /// Starts reading; each event goes to `send`.
    ///
    /// # Errors
    /// When the system gives no thread or no pipe.
    pub fn start(send: impl Fn(Event) + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared { state: Mutex::default(), changed: Condvar::new(), wake: wake::Wake::new()? });
        let inner = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("loong-input".to_owned()).spawn(move || read(&inner, &send))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Returns when it is certain that nothing more will be read until [`Input::resume`].
    pub fn pause(&self) {
        let mut state = self.shared.state();
        state.wish = Wish::Pause;
        self.shared.wake.wake();
        // A reader that has ended stands still too.
        while !state.still {
            state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Reads again.
    pub fn resume(&self) {
        self.shared.state().wish = Wish::Read;
        self.shared.changed.notify_all();
    }

    /// Ends reading, for good.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.shared.state().wish = Wish::Stop;
        self.shared.wake.wake();
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.end();
    }
}

/// Marks the reader as standing still when it ends, however it does, so that nobody waits for it.
struct Ending<'a>(&'a Shared);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.state().still = true;
        self.0.changed.notify_all();
    }
}

fn read(shared: &Shared, send: &impl Fn(Event)) {
    let _ending = Ending(shared);
    let mut size = crossterm::terminal::size().ok();
    loop {
        if !may_read(shared) {
            return;
        }
        match shared.wake.wait() {
            Ok(true) => {}
            Ok(false) => continue,
            // The terminal is gone; SIGHUP says so to the rest of the program.
            Err(_) => return,
        }
        // Everything that is there, unless somebody wants us to stand still.
        while shared.state().wish == Wish::Read {
            match crossterm::event::poll(Duration::from_millis(1)) {
                Ok(true) => {}
                Ok(false) => break,
                Err(_) => return,
            }
            match crossterm::event::read() {
                // The signal has told of it already.
                Ok(Event::Resize(columns, rows)) if size == Some((columns, rows)) => {}
                Ok(event) => {
                    if let Event::Resize(columns, rows) = event {
                        size = Some((columns, rows));
                    }
                    send(event);
                }
                Err(_) => return,
            }
        }
    }
}

/// Stands still while that is wished; false when reading is over.
fn may_read(shared: &Shared) -> bool {
    let mut state = shared.state();
    while state.wish == Wish::Pause {
        state.still = true;
        shared.changed.notify_all();
        state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
    state.still = false;
    state.wish == Wish::Read
}

#[cfg(unix)]
mod wake {
    //! Sleeping until the terminal has something, or somebody calls.

    use std::io;
    use std::os::fd::OwnedFd;

    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::pipe::{PipeFlags, pipe_with};

    pub(super) struct Wake {
        reads: OwnedFd,
        writes: OwnedFd,
    }

    impl Wake {
        pub(super) fn new() -> io::Result<Self> {
            let (reads, writes) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
            Ok(Self { reads, writes })
        }

        pub(super) fn wake(&self) {
            // A full pipe wakes as well as a byte more would.
            let _ = rustix::io::write(&self.writes, b"!");
        }

        /// Whether the terminal has something; false when called.
        pub(super) fn wait(&self) -> io::Result<bool> {
            let stdin = rustix::stdio::stdin();
            let mut fds = [PollFd::new(&stdin, PollFlags::IN), PollFd::new(&self.reads, PollFlags::IN)];
            rustix::io::retry_on_intr(|| poll(&mut fds, None))?;
            let (terminal, call) = (fds[0].revents(), fds[1].revents());
            if call.contains(PollFlags::IN) {
                let mut bytes = [0; 64];
                while rustix::io::read(&self.reads, &mut bytes).is_ok_and(|n| n > 0) {}
                return Ok(false);
            }
            if terminal.contains(PollFlags::IN) {
                return Ok(true);
            }
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
}

#[cfg(not(unix))]
mod wake {
    //! Where a terminal cannot be waited for together with a call: short sleeps.

    use std::io;
    use std::time::Duration;

    pub(super) struct Wake;

    impl Wake {
        pub(super) fn new() -> io::Result<Self> {
            Ok(Self)
        }

        #[allow(clippy::unused_self)]
        pub(super) fn wake(&self) {}

        #[allow(clippy::unused_self)]
        pub(super) fn wait(&self) -> io::Result<bool> {
            crossterm::event::poll(Duration::from_millis(100))
        }
    }
}
