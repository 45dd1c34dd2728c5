//! The terminal: entered and left by one guard, read by one thread, and lent to other programs. The room must not know
//! what is drawn.

mod clipboard;
mod guard;
mod input;
mod outside;
mod panics;
mod signals;

use std::io::{self, IsTerminal, Write as _};
use std::time::Duration;

use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use crossterm::{execute, queue};

pub use clipboard::{Copied, copy};
pub use guard::{Guard, Modes, leave};
pub use input::Input;
pub use outside::{Edited, OutsideError, edit, page};
pub use panics::catch_panics;
pub use signals::{Signal, signals};

/// Whether there is a person on both ends: stdin and stdout are terminals.
pub fn is_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Whether the terminal's ground is light; `None` where it does not say within `timeout`. To be asked before the terminal
/// is entered.
pub fn is_light(timeout: Duration) -> Option<bool> {
    use terminal_colorsaurus::{QueryOptions, ThemeMode, theme_mode};
    let mut options = QueryOptions::default();
    options.timeout = timeout;
    theme_mode(options).ok().map(|mode| mode == ThemeMode::Light)
}

/// Writes a frame inside a synchronised update (DEC mode 2026), so that no terminal shows half of it.
pub fn synchronised<T>(draw: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let mut out = io::stdout();
    queue!(out, BeginSynchronizedUpdate)?;
    let drawn = draw();
    execute!(out, EndSynchronizedUpdate)?;
    out.flush()?;
    drawn
}

/// Everything around another program on this terminal: no byte is read by us, the terminal is as it was before us, and
/// ours again afterwards. Drawing everything anew is the caller's.
pub fn lend<T>(guard: &mut Guard, input: &Input, f: impl FnOnce() -> T) -> io::Result<T> {
    input.pause();
    guard.step_out();
    signals::lent(true);
    let done = f();
    signals::lent(false);
    let entered = guard.step_in();
    input.resume();
    entered.map(|()| done)
}

/// Stops the program, and whatever the shell runs with it as one job, until the shell goes on with it.
pub fn suspend(guard: &mut Guard, input: &Input) -> io::Result<()> {
    input.pause();
    guard.step_out();
    // The whole group: under `cargo run` the shell watches cargo, not us. Here the program stands still until SIGCONT.
    #[cfg(unix)]
    let stopped = rustix::process::kill_current_process_group(rustix::process::Signal::STOP);
    let entered = guard.step_in();
    input.resume();
    #[cfg(unix)]
    stopped?;
    entered
}
