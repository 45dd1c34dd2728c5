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

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(place: Place, keys: &str) -> (Vec<Outcome>, Typed) {
        let (keymap, mut typed) = (Keymap::load(None).unwrap(), Typed::default());
        let outcomes = keys.split(' ').map(|k| typed.push(&keymap, place, k.parse().unwrap())).collect();
        (outcomes, typed)
    }

    fn last(place: Place, keys: &str) -> Outcome {
        *typed(place, keys).0.last().unwrap()
    }

    const fn action(action: Action, count: Option<u32>) -> Outcome {
        Outcome::Action { action, count }
    }

    #[test]
    fn digits_count() {
        assert_eq!(last(Place::Review, "1 2 j"), action(Action::Down, Some(12)));
        assert_eq!(last(Place::Review, "4 2 G"), action(Action::Last, Some(42)));
        assert_eq!(last(Place::Review, "1 0 g g"), action(Action::First, Some(10)));
        assert_eq!(last(Place::Review, "0"), Outcome::Nothing);
        assert_eq!(last(Place::Review, "0 j"), action(Action::Down, None));
        assert_eq!(last(Place::Overlay, "3 j"), action(Action::Down, Some(3)));
        assert_eq!(last(Place::Review, &format!("{}j", "9 ".repeat(40))), action(Action::Down, Some(MOST)));
    }

    #[test]
    fn a_count_does_not_outlive_its_action() {
        assert_eq!(last(Place::Review, "5 j j"), action(Action::Down, None));
        assert_eq!(last(Place::Review, "5 g z j"), action(Action::Down, None));
    }

    #[test]
    fn chords_wait_and_break() {
        let (outcomes, waiting) = typed(Place::Review, "3 g");
        assert_eq!(outcomes, [Outcome::More, Outcome::More]);
        assert_eq!((waiting.count(), waiting.pending().len()), (Some(3), 1));
        assert_eq!(last(Place::Review, "o e"), action(Action::JudgeEquivalent, None));
        assert_eq!(last(Place::Review, "o j"), Outcome::Nothing);
        assert_eq!(last(Place::Review, "o j j"), action(Action::Down, None));
        assert_eq!(last(Place::Review, "o ctrl-c"), action(Action::Leave, None));
    }

    #[test]
    fn esc_drops_what_was_typed_and_only_then_goes_back() {
        assert_eq!(last(Place::Review, "g esc"), Outcome::Nothing);
        assert_eq!(last(Place::Review, "7 esc"), Outcome::Nothing);
        assert_eq!(last(Place::Review, "g esc esc"), action(Action::Back, None));
        assert_eq!(typed(Place::Review, "7 g esc").1, Typed::default());
    }
}
