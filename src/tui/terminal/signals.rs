//! What the system says: end, stop, go on, another size.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

/// What the system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// End (SIGTERM).
    Terminate,
    /// The terminal is gone (SIGHUP).
    Hangup,
    /// Ctrl-C from outside (SIGINT).
    Interrupt,
    /// Stop for a while (SIGTSTP).
    Stop,
    /// Go on after a stop (SIGCONT).
    Continue,
    /// The terminal has this size in columns and rows (SIGWINCH).
    Resize(u16, u16),
}

/// Whether another program has the terminal: keys that send signals are then meant for it.
static LENT: AtomicBool = AtomicBool::new(false);

pub(super) fn lent(lent: bool) {
    LENT.store(lent, Ordering::SeqCst);
}

/// Listening; ends when it is dropped.
#[derive(Debug)]
pub struct Listening {
    #[cfg(unix)]
    handle: signal_hook::iterator::Handle,
}

impl Drop for Listening {
    fn drop(&mut self) {
        #[cfg(unix)]
        self.handle.close();
    }
}

/// Sends what the system says, from a thread that sleeps in between.
///
/// # Errors
/// When the system lets no handler be set.
#[cfg(unix)]
pub fn signals(send: impl Fn(Signal) + Send + 'static) -> io::Result<Listening> {
    use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
    let mut signals = signal_hook::iterator::Signals::new([SIGTERM, SIGHUP, SIGINT, SIGTSTP, SIGCONT, SIGWINCH])?;
    let handle = signals.handle();
    std::thread::Builder::new().name("loong-signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            let lent = LENT.load(Ordering::SeqCst);
            let said = match signal {
                SIGTERM => Signal::Terminate,
                SIGHUP => Signal::Hangup,
                SIGINT if !lent => Signal::Interrupt,
                SIGTSTP if !lent => Signal::Stop,
                // The other program stops; the shell waits for us to stop too.
                SIGTSTP => {
                    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP);
                    continue;
                }
                SIGCONT if !lent => Signal::Continue,
                SIGWINCH => match crossterm::terminal::size() {
                    Ok((columns, rows)) => Signal::Resize(columns, rows),
                    Err(_) => continue,
                },
                _ => continue,
            };
            send(said);
        }
    })?;
    Ok(Listening { handle })
}

/// There are none here.
#[cfg(not(unix))]
pub fn signals(_: impl Fn(Signal) + Send + 'static) -> io::Result<Listening> {
    Ok(Listening {})
}
