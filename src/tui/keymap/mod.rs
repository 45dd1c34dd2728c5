//! Which keys do what: `assets/keymap.toml`, patched by the user's own file, checked at load. Help, hints, palette and the
//! README's table are rendered from it. The room must not know what an action does.

mod file;
mod help;
mod key;
pub mod schema;
mod typed;

use std::collections::BTreeMap;

pub use file::{DEFAULT, KeymapError};
pub use help::{HelpLine, HelpRow, Hit, find, help, help_rows};
pub use key::{Chord, Key};
pub use typed::{Outcome, Typed};

use super::action::{Action, Place};

/// What an action's keys are, and what it does in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Where it holds.
    pub place: Place,
    /// Its chords; the first one is shown in hints.
    pub keys: Vec<Chord>,
    /// What it does, in a sentence.
    pub does: String,
}

/// What keys typed so far mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meant {
    /// An action.
    Action(Action),
    /// The beginning of a chord.
    More,
    /// Nothing.
    Nothing,
}

/// Which keys do what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    /// In the order of the file.
    order: Vec<Action>,
    bindings: BTreeMap<Action, Binding>,
}

/// Actions of [`Place::Everywhere`] that hold in overlays too: to move, to close, to leave.
const IN_OVERLAYS: &[Action] = &[
    Action::Down,
    Action::Up,
    Action::First,
    Action::Last,
    Action::HalfDown,
    Action::HalfUp,
    Action::PageDown,
    Action::PageUp,
    Action::Back,
    Action::Quit,
    Action::Leave,
    Action::Suspend,
    Action::Help,
];

/// Whether an action that has its keys in `home` is reached by them in `place`.
fn holds(action: Action, home: Place, place: Place) -> bool {
    match (home, place) {
        (home, place) if home == place => true,
        (Place::Everywhere, Place::Overlay) => IN_OVERLAYS.contains(&action),
        (Place::Everywhere, _) => true,
        _ => false,
    }
}

impl Keymap {
    /// Whether an action's keys hold in a place.
    pub fn holds(&self, action: Action, place: Place) -> bool {
        self.bindings.get(&action).is_some_and(|binding| holds(action, binding.place, place))
    }

    /// What the keys typed so far mean here.
    pub fn press(&self, place: Place, typed: &[Key]) -> Meant {
        let mut meant = Meant::Nothing;
        for (action, binding) in self.entries(place) {
            for chord in &binding.keys {
                if chord.0 == typed {
                    return Meant::Action(action);
                }
                if chord.0.starts_with(typed) {
                    meant = Meant::More;
                }
            }
        }
        meant
    }

    /// An action's chords.
    pub fn keys(&self, action: Action) -> &[Chord] {
        self.bindings.get(&action).map_or(&[], |b| b.keys.as_slice())
    }

    /// What an action does, in a sentence.
    pub fn does(&self, action: Action) -> &str {
        self.bindings.get(&action).map_or("", |b| b.does.as_str())
    }

    /// The first chord of an action as people read it (`o e`, `ctrl-r`); none where it has no key.
    pub fn hint(&self, action: Action) -> Option<String> {
        self.keys(action).first().map(ToString::to_string)
    }

    /// What holds in a place, in the order of the file; what holds everywhere comes last.
    pub fn entries(&self, place: Place) -> impl Iterator<Item = (Action, &Binding)> {
        let of = move |own: bool| {
            self.order.iter().filter_map(move |action| {
                let binding = self.bindings.get(action)?;
                ((binding.place == place) == own && self.holds(*action, place)).then_some((*action, binding))
            })
        };
        of(true).chain(of(false))
    }

    /// Everything there is, in the order of the file.
    pub fn all(&self) -> impl Iterator<Item = (Action, &Binding)> {
        self.order.iter().filter_map(|action| Some((*action, self.bindings.get(action)?)))
    }

    /// What could follow the keys typed so far: the next key, and the sentence.
    pub fn following(&self, place: Place, typed: &[Key]) -> Vec<(String, String)> {
        let mut following: Vec<(String, String)> = Vec::new();
        for (_, binding) in self.entries(place) {
            for chord in &binding.keys {
                if let Some(next) = chord.0.strip_prefix(typed).and_then(<[Key]>::first)
                    && chord.0.len() > typed.len()
                {
                    following.push((next.to_string(), binding.does.clone()));
                }
            }
        }
        following
    }
}
