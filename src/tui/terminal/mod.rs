//! The terminal: entered and left by one guard, read by one thread, and lent to other programs.
//!
//! Whoever leaves the terminal — the guard's end, a panic, a signal, an editor that is about to start — goes through
//! [`leave`], which does its work once. Input is read by [`Input`], which can be made to stop reading before another
//! program starts; frames are written by [`Screen`], whole, and only while the terminal is ours.
//!
//! The room knows nothing of what is on the screen, and it is the only one that may speak to the terminal.

mod copy;
#[cfg(unix)]
mod decode;
mod door;
mod edit;
mod guard;
mod input;
mod lend;
mod outside;
mod page;
mod panics;
mod probe;
mod screen;
mod signals;

pub use copy::{Copied, OSC52_LIMIT, clipboard_ways, copy};
pub use door::leave;
pub use edit::{Edited, edit};
pub use guard::{Guard, Modes};
pub use input::Input;
pub use lend::{lend, suspend};
pub use outside::OutsideError;
pub use page::page;
pub use panics::catch_panics;
pub use probe::{is_light, is_terminal};
pub use screen::Screen;
pub use signals::{Signal, signals};
