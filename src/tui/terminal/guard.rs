//! Who has the terminal.

use std::io;

use super::door;

/// What is asked of the terminal beyond a screen of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Modes {
    /// Clicks and the wheel are events; without it the terminal selects text as elsewhere.
    pub mouse: bool,
}

/// The terminal is ours while this lives: raw, on the alternate screen, with bracketed paste. Dropping it gives the
/// terminal back as it was found.
#[derive(Debug)]
pub struct Guard {
    modes: Modes,
}

impl Guard {
    /// Takes the terminal.
    pub fn enter(modes: Modes) -> io::Result<Self> {
        door::enter(modes.mouse)?;
        Ok(Self { modes })
    }

    /// Turns mouse events on or off.
    pub fn set_mouse(&mut self, on: bool) -> io::Result<()> {
        self.modes.mouse = on;
        door::set_mouse(on)
    }

    /// Takes the terminal again after somebody else had it without asking: after
    /// [`Signal::Continue`](super::Signal::Continue). Everything must be drawn anew.
    pub fn enter_again(&mut self) -> io::Result<()> {
        door::enter(self.modes.mouse)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        door::leave_for_good();
    }
}
