//! What the system tells this process.

/// A signal that the screen must answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Asked to end.
    Terminate,
    /// The terminal is gone.
    Hangup,
    /// Asked to end by a key of the terminal, from outside.
    Interrupt,
    /// Stopped from outside, and running again: the terminal must be entered again and drawn anew.
    Continue,
    /// Asked to stop, as by a key of the terminal, from outside: suspend.
    Stop,
}

#[cfg(not(unix))]
pub use self::console::signals;
#[cfg(unix)]
pub(super) use self::unix::expect_continue;
#[cfg(unix)]
pub use self::unix::signals;

#[cfg(unix)]
mod unix {
    use std::io;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;
    use std::time::Duration;

    use rustix::process::{Signal as Unix, getpid, kill_process};
    use tokio::signal::unix::{SignalKind, signal};

    use super::super::door;
    use super::Signal;

    /// Who was asked to end and has not done so is ended after this: longer than a run is given to reach the store.
    const GRACE: Duration = Duration::from_secs(6);

    /// Somebody stops this process and answers the signal to go on.
    static EXPECTED: AtomicBool = AtomicBool::new(false);

    /// The next [`Signal::Continue`] is not to be told.
    pub(in super::super) fn expect_continue() {
        EXPECTED.store(true, Ordering::SeqCst);
    }

    /// Calls `send`, on a thread of its own, for each signal; it must not wait.
    ///
    /// A process that is asked to end and has not done so after a few seconds, or is asked twice, leaves the terminal
    /// and ends: the screen's thread may be waiting for an editor. While the terminal is lent, interrupts belong to the
    /// other program, and a stop stops this process without further ado.
    pub fn signals(send: impl Fn(Signal) + Send + 'static) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let inside = runtime.enter();
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hangup = signal(SignalKind::hangup())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut quit = signal(SignalKind::quit())?;
        let mut resumed = signal(SignalKind::from_raw(Unix::CONT.as_raw()))?;
        let mut stop = signal(SignalKind::from_raw(Unix::TSTP.as_raw()))?;
        drop(inside);
        thread::Builder::new().name("signals".into()).spawn(move || {
            runtime.block_on(async move {
                let mut ending: Option<(Unix, tokio::time::Instant)> = None;
                loop {
                    let (told, number) = tokio::select! {
                        _ = terminate.recv() => (Signal::Terminate, Unix::TERM),
                        _ = hangup.recv() => (Signal::Hangup, Unix::HUP),
                        _ = interrupt.recv() => (Signal::Interrupt, Unix::INT),
                        _ = quit.recv() => (Signal::Terminate, Unix::QUIT),
                        _ = resumed.recv() => (Signal::Continue, Unix::CONT),
                        _ = stop.recv() => (Signal::Stop, Unix::TSTP),
                        number = until(ending) => end(number),
                    };
                    let lent = door::is_lent();
                    match told {
                        Signal::Interrupt if door::was_lent_lately() => continue,
                        Signal::Terminate if number == Unix::QUIT && door::was_lent_lately() => continue,
                        Signal::Continue if EXPECTED.swap(false, Ordering::SeqCst) || lent => continue,
                        Signal::Stop if lent => {
                            let _ = kill_process(getpid(), Unix::STOP);
                            continue;
                        }
                        Signal::Continue | Signal::Stop => {}
                        Signal::Terminate | Signal::Hangup | Signal::Interrupt => {
                            if ending.is_some() {
                                end(number);
                            }
                            ending = Some((number, tokio::time::Instant::now() + GRACE));
                        }
                    }
                    send(told);
                }
            });
        })?;
        Ok(())
    }

    async fn until(ending: Option<(Unix, tokio::time::Instant)>) -> Unix {
        match ending {
            Some((number, when)) => {
                tokio::time::sleep_until(when).await;
                number
            }
            None => std::future::pending().await,
        }
    }

    /// Ends the process as the signal would have, but for the terminal, which stays whole.
    fn end(number: Unix) -> ! {
        door::leave();
        std::process::exit(128 + number.as_raw())
    }
}

#[cfg(not(unix))]
mod console {
    use std::io;
    use std::thread;

    use super::super::door;
    use super::Signal;

    /// Calls `send`, on a thread of its own, for each signal; it must not wait.
    pub fn signals(send: impl Fn(Signal) + Send + 'static) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        thread::Builder::new().name("signals".into()).spawn(move || {
            runtime.block_on(async move {
                while tokio::signal::ctrl_c().await.is_ok() {
                    if !door::is_lent() {
                        send(Signal::Interrupt);
                    }
                }
            });
        })?;
        Ok(())
    }
}
