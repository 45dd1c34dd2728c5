//! The keymap file: the embedded default, and the user's patch over it. Both are checked before a key is pressed.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::{Binding, Chord, Keymap};
use crate::tui::action::{Action, Place};
use crate::tui::faults::{nearest, place};

/// The embedded default, which is the documentation too.
pub const DEFAULT: &str = include_str!("../../../assets/keymap.toml");

/// What is wrong with a keymap, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}", path = path.display())]
pub struct KeymapError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong, with line and column, and what may have been meant.
    pub message: String,
}

/// A keymap file: a table a place, in it an action a line.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KeymapFile {
    /// Holds on every screen.
    #[schemars(with = "BTreeMap<String, Keys>")]
    pub everywhere: Lines,
    /// Holds on the review screen.
    #[schemars(with = "BTreeMap<String, Keys>")]
    pub review: Lines,
    /// Holds on the run screen.
    #[schemars(with = "BTreeMap<String, Keys>")]
    pub run: Lines,
    /// Holds in what lies over a screen.
    #[schemars(with = "BTreeMap<String, Keys>")]
    pub overlay: Lines,
}

/// Lines of a place.
type Lines = BTreeMap<Spanned<String>, Spanned<Keys>>;

/// Keys of an action: a chord, several, none; or with the sentence too.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Keys {
    /// One chord, its keys apart: `g r`.
    One(String),
    /// Several; none unbinds it.
    Several(Vec<String>),
    /// Chords, and what the action does in a sentence.
    Whole(WholeBinding),
}

/// Chords, and what the action does in a sentence.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WholeBinding {
    /// The chords.
    pub keys: Vec<String>,
    /// The sentence.
    pub does: Option<String>,
}

impl Keymap {
    /// The default, with the user's file over it.
    ///
    /// # Errors
    /// What is wrong with the file: an unknown place, action or key, a key that means two things, a chord that is never
    /// reached.
    pub fn load(patch: Option<(&Path, &str)>) -> Result<Self, KeymapError> {
        let mut keymap = Self { order: Vec::new(), bindings: BTreeMap::new() };
        let default = Path::new("assets/keymap.toml");
        keymap.apply(default, DEFAULT, false)?;
        keymap.check(default, DEFAULT)?;
        if let Some((path, text)) = patch {
            keymap.apply(path, text, true)?;
            keymap.check(path, text)?;
        }
        Ok(keymap)
    }

    fn apply(&mut self, path: &Path, text: &str, patch: bool) -> Result<(), KeymapError> {
        let wrong = |span: Range<usize>, message: String| KeymapError {
            path: path.to_owned(),
            message: format!("{}{message}", place(text, span.start)),
        };
        let file: KeymapFile = toml::from_str(text)
            .map_err(|e: toml::de::Error| wrong(e.span().unwrap_or_default(), e.message().replace('\n', "; ")))?;
        for (where_, lines) in [
            (Place::Everywhere, file.everywhere),
            (Place::Review, file.review),
            (Place::Run, file.run),
            (Place::Overlay, file.overlay),
        ] {
            let mut lines: Vec<_> = lines.into_iter().collect();
            lines.sort_by_key(|(name, _)| name.span().start);
            for (name, keys) in lines {
                let action: Action = name.get_ref().parse().map_err(|_| {
                    let near = nearest(name.get_ref(), Action::ALL.iter().map(|a| a.as_str()));
                    let hint = near.map_or_else(String::new, |n| format!("; did you mean `{n}`?"));
                    wrong(name.span(), format!("`{}` is no action{hint}", name.get_ref()))
                })?;
                let span = keys.span();
                let (chords, does) = match keys.into_inner() {
                    Keys::One(one) => (vec![one], None),
                    Keys::Several(several) => (several, None),
                    Keys::Whole(whole) => (whole.keys, whole.does),
                };
                let chords = chords
                    .iter()
                    .map(|chord| chord.parse::<Chord>().map_err(|e| wrong(span.clone(), e)))
                    .collect::<Result<Vec<_>, _>>()?;
                match self.bindings.get_mut(&action) {
                    Some(binding) if binding.place != where_ => {
                        let message = format!("`{action}` belongs in [{}]", binding.place);
                        return Err(wrong(name.span(), message));
                    }
                    Some(binding) => {
                        binding.keys = chords;
                        if let Some(does) = does {
                            binding.does = does;
                        }
                    }
                    None if patch => return Err(wrong(name.span(), format!("`{action}` has no default"))),
                    None => {
                        self.order.push(action);
                        self.bindings
                            .insert(action, Binding { place: where_, keys: chords, does: does.unwrap_or_default() });
                    }
                }
            }
        }
        Ok(())
    }

    /// No key means two things in a place, and every chord can be reached.
    fn check(&self, path: &Path, text: &str) -> Result<(), KeymapError> {
        for where_ in [Place::Review, Place::Run, Place::Overlay] {
            let bound: Vec<(Action, &Chord)> =
                self.entries(where_).flat_map(|(action, b)| b.keys.iter().map(move |k| (action, k))).collect();
            for (nth, (action, chord)) in bound.iter().enumerate() {
                for (other, longer) in bound.iter().enumerate().filter(|(at, _)| *at != nth).map(|(_, b)| b) {
                    if chord == longer && action != other {
                        return Err(self.conflict(path, text, where_, *action, *other, chord));
                    }
                    if chord != longer && longer.keys().starts_with(chord.keys()) {
                        let message = format!(
                            "`{longer}` ({other}) is never reached in [{where_}], because `{chord}` ({action}) is done first; \
                             give one of them another key, or [] for none"
                        );
                        return Err(told(path, text, &[*action, *other], &message));
                    }
                }
            }
        }
        Ok(())
    }

    fn conflict(
        &self,
        path: &Path,
        text: &str,
        where_: Place,
        one: Action,
        other: Action,
        chord: &Chord,
    ) -> KeymapError {
        // The one that the file names is the newcomer; the other has to make room.
        let named = |action: Action| text.contains(action.as_str());
        let (new, old) = if named(one) { (one, other) } else { (other, one) };
        let place = self.bindings.get(&old).map_or(where_, |b| b.place);
        let message = format!(
            "`{chord}` is `{old}` already (in [{where_}]); free it first with [{place}] {old} = [], or give `{new}` another key"
        );
        told(path, text, &[new, old], &message)
    }
}

/// An error at the line of the first of the actions that the file names.
fn told(path: &Path, text: &str, actions: &[Action], message: &str) -> KeymapError {
    let line = |action: &Action| {
        let mut at = 0;
        text.split_inclusive('\n').find_map(|line| {
            let start = at;
            at += line.len();
            let name = line.split('=').next()?.trim().trim_matches('"');
            (name == action.as_str()).then_some(start)
        })
    };
    let at = actions.iter().find_map(line).map_or_else(String::new, |at| place(text, at));
    KeymapError { path: path.to_owned(), message: format!("{at}{message}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(patch: &str) -> Result<Keymap, KeymapError> {
        Keymap::load(Some((Path::new("keymap.toml"), patch)))
    }

    fn fault(patch: &str) -> String {
        load(patch).unwrap_err().to_string()
    }

    #[test]
    fn every_action_has_its_line_and_its_sentence() {
        let keymap = Keymap::load(None).unwrap();
        for action in Action::ALL {
            let binding =
                keymap.bindings.get(action).unwrap_or_else(|| panic!("{action} is not in assets/keymap.toml"));
            assert!(!binding.does.is_empty() && !binding.does.ends_with('.'), "{action}: {:?}", binding.does);
        }
        // A verdict's glyph is never a key; `?` is help.
        for (action, binding) in keymap.all() {
            for chord in &binding.keys {
                let text = chord.to_string();
                assert!(!["=", "≠", "!"].iter().any(|glyph| text.contains(glyph)), "{action}: {text}");
            }
        }
    }

    #[test]
    fn a_patch_changes_what_it_names_and_nothing_else() {
        let keymap = load("[review]\naccept = \"z\"\nreject = [\"ctrl-y\", \"Z\"]\nflag = []\n").unwrap();
        assert_eq!(keymap.hint(Action::Accept).unwrap(), "z");
        assert_eq!(keymap.keys(Action::Reject).len(), 2);
        assert_eq!(keymap.hint(Action::Flag), None);
        assert_eq!(keymap.hint(Action::Undo).unwrap(), "u");
        assert_eq!(load("").unwrap(), Keymap::load(None).unwrap());
    }

    #[test]
    fn faults_are_told_with_their_place_and_a_suggestion() {
        for (patch, parts) in [
            ("[reviw]\naccept = \"z\"\n", ["line 1", "reviw"]),
            ("[review]\naccpt = \"z\"\n", ["line 2, column 1", "`accept`"]),
            ("[review]\naccept = \"entr\"\n", ["line 2, column 10", "`enter`"]),
            ("[review]\naccept = \"3\"\n", ["line 2", "digits are counts"]),
            ("[review]\naccept = \"x\"\n", ["line 2", "reject = []"]),
            ("[review]\naccept = \"u\"\n", ["line 2", "[everywhere] undo = []"]),
            ("[review]\naccept = \"g\"\n", ["line 2", "never reached"]),
            ("[run]\naccept = \"z\"\n", ["line 2", "belongs in [review]"]),
            ("[review]\naccept = 3\n", ["line 2", ""]),
            ("[review\n", ["line 1", ""]),
        ] {
            let told = fault(patch);
            assert!(told.starts_with("keymap.toml: ") && parts.iter().all(|p| told.contains(p)), "{patch:?}: {told}");
        }
    }
}
