//! The terminal, lent to another program or back to the shell.

use std::io;

use super::door;
use super::guard::Guard;
use super::input::Input;

/// Does `f` while another program may have the terminal: reading stops first, for certain, and starts last. Everything
/// must be drawn anew after it.
pub fn lend<T>(guard: &mut Guard, input: &Input, f: impl FnOnce() -> T) -> io::Result<T> {
    input.pause();
    let lent = Lent::new(input);
    door::leave();
    let done = f();
    guard.enter_again()?;
    drop(lent);
    Ok(done)
}

/// Gives the terminal back to the shell and stops, until the shell says to go on. Everything must be drawn anew after
/// it. An error, and no stop, where no shell is that could say so.
pub fn suspend(guard: &mut Guard, input: &Input) -> io::Result<()> {
    #[cfg(unix)]
    {
        let resumed = unix::Resumed::new()?;
        lend(guard, input, || unix::stop(&resumed))?
    }
    #[cfg(not(unix))]
    {
        let _ = (guard, input);
        Err(io::Error::new(io::ErrorKind::Unsupported, "this system cannot suspend a program; open another terminal"))
    }
}

/// The terminal is lent while this lives, also when what is done meanwhile panics.
struct Lent<'a>(&'a Input);

impl<'a> Lent<'a> {
    fn new(input: &'a Input) -> Self {
        door::set_lent(true);
        Self(input)
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        door::set_lent(false);
        self.0.resume();
    }
}

#[cfg(unix)]
mod unix {
    use std::cell::RefCell;
    use std::io;

    use rustix::process::{Signal, getpgrp, getsid, kill_current_process_group};
    use tokio::runtime::Runtime;
    use tokio::signal::unix::{SignalKind, signal};

    use super::super::signals::expect_continue;

    /// An ear for the signal to go on: the one to stop takes effect when it likes, not before `kill` returns.
    pub(super) struct Resumed {
        runtime: Runtime,
        signal: RefCell<tokio::signal::unix::Signal>,
    }

    impl Resumed {
        pub(super) fn new() -> io::Result<Self> {
            // The first process of a session has no shell above it. Stopped, it would stay so.
            if getsid(None).is_ok_and(|session| session == getpgrp()) {
                return Err(io::Error::new(
                    io::ErrorKind::Unsupported,
                    "no shell is there to come back from; open another terminal",
                ));
            }
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
            let inside = runtime.enter();
            let signal = RefCell::new(signal(SignalKind::from_raw(Signal::CONT.as_raw()))?);
            drop(inside);
            Ok(Self { runtime, signal })
        }
    }

    /// Stops the whole job, as the terminal's key does; returns when it goes on.
    pub(super) fn stop(resumed: &Resumed) -> io::Result<()> {
        expect_continue();
        kill_current_process_group(Signal::STOP)?;
        resumed.runtime.block_on(resumed.signal.borrow_mut().recv());
        Ok(())
    }
}
