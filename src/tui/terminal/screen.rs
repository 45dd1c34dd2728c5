//! Where frames are written.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::door;

/// Begins a synchronised update (DEC mode 2026): the terminal shows nothing of it before its end.
const BEGIN: &[u8] = b"\x1b[?2026h";
/// Ends it.
const END: &[u8] = b"\x1b[?2026l";

/// The writer for a ratatui backend. What is written inside [`Screen::update`] reaches the terminal in one write, as a
/// synchronised update; what is written while the terminal is not ours reaches nobody.
///
/// Clones are the same screen: one goes into the backend, one stays with the loop.
#[derive(Debug, Clone, Default)]
pub struct Screen {
    frame: Arc<Mutex<Frame>>,
}

#[derive(Debug, Default)]
struct Frame {
    bytes: Vec<u8>,
    /// An update is going on: flushes wait for its end.
    held: bool,
}

impl Screen {
    /// A screen on standard output.
    pub fn new() -> Self {
        Self::default()
    }

    /// Does `draw`, and shows what it wrote at once.
    pub fn update<T>(&self, draw: impl FnOnce() -> T) -> io::Result<T> {
        let held = Held::new(self);
        self.frame().bytes.extend_from_slice(BEGIN);
        let drawn = draw();
        drop(held);
        let mut frame = self.frame();
        frame.bytes.extend_from_slice(END);
        send(&mut frame.bytes)?;
        Ok(drawn)
    }

    fn frame(&self) -> MutexGuard<'_, Frame> {
        self.frame.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets go of the frame also when the drawing panics.
struct Held<'a>(&'a Screen);

impl<'a> Held<'a> {
    fn new(screen: &'a Screen) -> Self {
        screen.frame().held = true;
        Self(screen)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.frame().held = false;
    }
}

fn send(bytes: &mut Vec<u8>) -> io::Result<()> {
    let shown = door::show(bytes);
    bytes.clear();
    shown.map(drop)
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.frame().bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut frame = self.frame();
        if frame.held { Ok(()) } else { send(&mut frame.bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_waits_for_its_end_and_a_panic_lets_go_of_it() {
        let screen = Screen::new();
        let mut writer = screen.clone();
        screen
            .update(|| {
                writer.write_all(b"half a frame").unwrap();
                writer.flush().unwrap();
                assert_eq!(writer.frame().bytes, b"\x1b[?2026hhalf a frame");
            })
            .unwrap();
        assert!(screen.frame().bytes.is_empty());

        let panicking = screen.clone();
        let drawn = std::panic::catch_unwind(move || panicking.update(|| panic!("drawing failed")));
        assert!(drawn.is_err());
        assert!(!screen.frame().held);
    }
}
