//! The one door: what is entered is left in reverse order, once, however the program ends.

use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::Show;
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::style::ResetColor;
use crossterm::terminal::{
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};

/// Whether the terminal is ours at the moment; shared by guard, panic hook and whoever else leaves.
static OURS: AtomicBool = AtomicBool::new(false);

/// What is asked of the terminal beyond the necessary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Modes {
    /// Clicks and the wheel come to us.
    pub mouse: bool,
}

/// The terminal, as long as it is ours.
#[derive(Debug)]
pub struct Guard {
    modes: Modes,
}

impl Guard {
    /// Enters: raw mode, the alternate screen, bracketed paste, the mouse where it is wanted.
    ///
    /// # Errors
    /// When the terminal cannot be set; it is then as it was.
    pub fn enter(modes: Modes) -> io::Result<Self> {
        let mut guard = Self { modes };
        guard.step_in()?;
        Ok(guard)
    }

    /// Clicks and the wheel come to us, or go to the terminal again.
    pub fn set_mouse(&mut self, on: bool) -> io::Result<()> {
        self.modes.mouse = on;
        if on { execute!(io::stdout(), EnableMouseCapture) } else { execute!(io::stdout(), DisableMouseCapture) }
    }

    /// Takes the terminal again after somebody else may have set it.
    pub fn renew(&mut self) -> io::Result<()> {
        self.step_out();
        self.step_in()
    }

    pub(super) fn step_in(&mut self) -> io::Result<()> {
        OURS.store(true, Ordering::SeqCst);
        let entered = enable_raw_mode().and_then(|()| {
            let mut out = io::stdout();
            queue!(out, EnterAlternateScreen, EnableBracketedPaste)?;
            if self.modes.mouse {
                queue!(out, EnableMouseCapture)?;
            }
            out.flush()
        });
        if entered.is_err() {
            leave();
        }
        entered
    }

    #[allow(clippy::unused_self, reason = "only who holds the guard may step out for a while")]
    pub(super) fn step_out(&mut self) {
        leave();
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        leave();
    }
}

/// Leaves the terminal as it was before [`Guard::enter`]: from anywhere, once, without panicking. A terminal that is gone
/// is no error.
pub fn leave() {
    if !OURS.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut bytes = Vec::with_capacity(64);
    let _ = queue!(
        bytes,
        EndSynchronizedUpdate,
        ResetColor,
        DisableMouseCapture,
        DisableBracketedPaste,
        Show,
        LeaveAlternateScreen
    );
    write_past_the_lock(&bytes);
    let _ = disable_raw_mode();
}

/// Writes to the terminal without the lock on stdout: the thread that holds it may be the one that panicked.
#[cfg(unix)]
fn write_past_the_lock(mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match rustix::io::retry_on_intr(|| rustix::io::write(rustix::stdio::stdout(), bytes)) {
            Ok(n) if n > 0 => bytes = &bytes[n..],
            _ => break,
        }
    }
}

#[cfg(not(unix))]
fn write_past_the_lock(bytes: &[u8]) {
    let mut out = io::stdout();
    let _ = out.write_all(bytes).and_then(|()| out.flush());
}
