//! What the terminal says of itself.

use std::io::{IsTerminal, stdin, stdout};
use std::time::Duration;

use terminal_colorsaurus::{QueryOptions, ThemeMode, theme_mode};

/// Whether there is a terminal to draw on and to read keys from.
pub fn is_terminal() -> bool {
    stdin().is_terminal() && stdout().is_terminal()
}

/// Whether the terminal's background is light, if it says so in time. To be asked before the terminal is entered: the
/// answer comes the way keys do.
pub fn is_light(timeout: Duration) -> Option<bool> {
    if !is_terminal() {
        return None;
    }
    let mut options = QueryOptions::default();
    options.timeout = timeout;
    theme_mode(options).ok().map(|mode| mode == ThemeMode::Light)
}
