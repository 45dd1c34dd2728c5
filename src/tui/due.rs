//! When the next frame is due: at most every 16 ms for what comes by itself, and apart from that at most every 16 ms for
//! what a person does, so that a key never waits for a frame that was drawn just before it for something else.

use std::time::{Duration, Instant};

/// Between two frames of a kind.
pub(super) const FRAME: Duration = Duration::from_millis(16);

/// Frames as they were drawn, and what has changed since.
#[derive(Debug, Default)]
pub(super) struct Due {
    drawn: Option<Instant>,
    answered: Option<Instant>,
    changed: bool,
    asked: bool,
}

impl Due {
    /// Something changed; `asked` where a person did something.
    pub(super) fn change(&mut self, asked: bool) {
        self.changed = true;
        self.asked |= asked;
    }

    /// How long until the next frame; `None` where nothing has changed.
    pub(super) fn wait(&self, now: Instant) -> Option<Duration> {
        let last = if self.asked { self.answered } else { self.drawn };
        let since = last.map(|at| now.saturating_duration_since(at));
        self.changed.then(|| since.map_or(Duration::ZERO, |since| FRAME.saturating_sub(since)))
    }

    /// A frame was drawn.
    pub(super) fn draw(&mut self, now: Instant) {
        if self.asked {
            self.answered = Some(now);
        }
        (self.drawn, self.changed, self.asked) = (Some(now), false, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: Duration = Duration::from_millis(8);

    #[test]
    fn what_comes_by_itself_waits_for_its_turn_and_a_key_does_not() {
        let start = Instant::now();
        let mut due = Due::default();
        assert_eq!(due.wait(start), None);
        due.change(false);
        assert_eq!(due.wait(start), Some(Duration::ZERO));
        due.draw(start);
        due.change(false);
        assert_eq!(due.wait(start + HALF), Some(HALF));
        due.change(true);
        assert_eq!(due.wait(start + HALF), Some(Duration::ZERO), "it answers a key");
        due.draw(start + HALF);
        due.change(false);
        assert_eq!(due.wait(start + FRAME), Some(HALF), "its turn counts from any frame");
    }

    #[test]
    fn keys_that_repeat_are_answered_together() {
        let start = Instant::now();
        let mut due = Due::default();
        due.change(true);
        due.draw(start);
        due.change(true);
        assert_eq!(due.wait(start + HALF), Some(HALF));
        due.change(false);
        assert_eq!(due.wait(start + HALF), Some(HALF));
        assert_eq!(due.wait(start + FRAME), Some(Duration::ZERO));
    }
}
