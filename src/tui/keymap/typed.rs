//! Keys as they are typed: a count, then a chord.

use super::{Key, Keymap, Meant};
use crate::tui::action::{Action, Place};

/// What a key came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// An action, with the number typed before it.
    Action {
        /// What to do.
        action: Action,
        /// The number, if one was typed.
        count: Option<u32>,
    },
    /// More is to come.
    More,
    /// Nothing.
    Nothing,
}

/// The largest count: beyond it, nobody means it.
const MOST: u32 = 99_999_999;

/// Keys typed so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    count: Option<u32>,
    chord: Vec<Key>,
}

impl Typed {
    /// Takes a key in.
    pub fn push(&mut self, keymap: &Keymap, place: Place, key: Key) -> Outcome {
        // Half a chord is forgotten by `esc`, which then closes nothing.
        if key.is_esc() && (!self.chord.is_empty() || self.count.is_some()) {
            *self = Self::default();
            return Outcome::Nothing;
        }
        if let Some(digit) = key.digit().filter(|d| self.chord.is_empty() && (*d > 0 || self.count.is_some())) {
            let count = self.count.unwrap_or(0);
            self.count = Some(count.saturating_mul(10).saturating_add(digit).min(MOST));
            return Outcome::More;
        }
        self.chord.push(key);
        match keymap.press(place, &self.chord) {
            Meant::Action(action) => {
                let count = self.count;
                *self = Self::default();
                Outcome::Action { action, count }
            }
            Meant::More => Outcome::More,
            Meant::Nothing => {
                // A key that does not go on with the chord is no command of its own: what was begun is dropped. But who
                // wants to leave, or to the shell, is heard in the midst of it.
                *self = Self::default();
                match keymap.press(place, &[key]) {
                    Meant::Action(action @ (Action::Leave | Action::Suspend)) => {
                        Outcome::Action { action, count: None }
                    }
                    _ => Outcome::Nothing,
                }
            }
        }
    }

    /// The chord's beginning.
    pub fn pending(&self) -> &[Key] {
        &self.chord
    }

    /// The count typed so far.
    pub fn count(&self) -> Option<u32> {
        self.count
    }
}
