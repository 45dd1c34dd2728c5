//! The keymap file: the embedded default, and the user's patch over it. Both are checked before a key is pressed.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::DeValue;

use super::{Binding, Chord, Keymap, holds};
use crate::tui::action::{Action, Place};
use crate::tui::faults::{at, in_order, meant, nearest, table};
use crate::verifier::Outcome;

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

/// An action's line, with the places of its name and its chords.
struct Line {
    place: Place,
    action: Action,
    name: Range<usize>,
    chords: Vec<(Chord, Range<usize>)>,
    does: Option<String>,
}

impl Keymap {
    /// The default, with the user's file over it.
    ///
    /// # Errors
    /// What is wrong with the file: an unknown place, action or key, a key that means two things, a chord that is never
    /// reached.
    pub fn load(patch: Option<(&Path, &str)>) -> Result<Self, KeymapError> {
        let mut keymap = Self { order: Vec::new(), bindings: BTreeMap::new() };
        let told = |path: &Path, message| KeymapError { path: path.to_owned(), message };
        keymap.take(DEFAULT).map_err(|message| told(Path::new("assets/keymap.toml"), message))?;
        if let Some((path, text)) = patch {
            keymap.take(text).map_err(|message| told(path, message))?;
        }
        Ok(keymap)
    }

    /// Takes a file's lines over what there is. An action that is not there yet is the default's.
    fn take(&mut self, text: &str) -> Result<(), String> {
        let lines = lines(text)?;
        for line in &lines {
            let keys: Vec<Chord> = line.chords.iter().map(|(chord, _)| chord.clone()).collect();
            let Some(binding) = self.bindings.get_mut(&line.action) else {
                self.order.push(line.action);
                let does = line.does.clone().unwrap_or_default();
                self.bindings.insert(line.action, Binding { place: line.place, keys, does });
                continue;
            };
            if binding.place != line.place {
                return Err(at(text, line.name.clone(), format!("`{}` belongs in [{}]", line.action, binding.place)));
            }
            if line.action == Action::Leave && keys.is_empty() {
                return Err(at(text, line.name.clone(), "`leave` must keep a key, or there may be no way out"));
            }
            binding.keys = keys;
            if let Some(does) = &line.does {
                binding.does.clone_from(does);
            }
        }
        // What was there before fits together, so that only what is new can clash.
        for line in &lines {
            for (chord, span) in &line.chords {
                if let Some(message) = self.clash(line, chord) {
                    return Err(at(text, span.clone(), message));
                }
            }
        }
        Ok(())
    }

    /// Why a chord cannot be the action's: it would mean two things in a place, or one chord would hide the other.
    fn clash(&self, line: &Line, chord: &Chord) -> Option<String> {
        for (other, binding) in self.all().filter(|(action, b)| *action != line.action && meet(*action, b.place, line))
        {
            for theirs in &binding.keys {
                let what = if chord == theirs {
                    format!("`{chord}` is `{other}` already")
                } else if theirs.keys().starts_with(chord.keys()) {
                    format!("with `{chord}` alone, `{theirs}` ({other}) is never reached")
                } else if chord.keys().starts_with(theirs.keys()) {
                    format!("`{chord}` is never reached, because `{theirs}` ({other}) is done first")
                } else {
                    continue;
                };
                let rest: Vec<_> = binding.keys.iter().filter(|c| *c != theirs).map(|c| format!("\"{c}\"")).collect();
                let free = format!("[{}] {other} = [{}]", binding.place, rest.join(", "));
                return Some(format!("{what}; free it with {free}, or give `{}` another key", line.action));
            }
        }
        None
    }
}

/// Whether there is a place where both actions are reached by their keys.
fn meet(action: Action, home: Place, line: &Line) -> bool {
    Place::ALL.iter().any(|place| holds(action, home, *place) && holds(line.action, line.place, *place))
}

/// The lines of a file, each checked by itself.
fn lines(text: &str) -> Result<Vec<Line>, String> {
    let file = table(text)?;
    let mut lines: Vec<Line> = Vec::new();
    for (name, items) in in_order(&file) {
        let word = name.get_ref().as_ref();
        let Ok(place) = word.parse::<Place>() else {
            let message = if word.parse::<Action>().is_ok() {
                format!("`{word}` stands outside a table; write [review] or another place above it")
            } else {
                format!("`{word}` is no place{}", meant(word, Place::ALL.iter().map(|p| p.as_str())))
            };
            return Err(at(text, name.span(), message));
        };
        let Some(items) = items.get_ref().as_table() else {
            return Err(at(text, name.span(), format!("`{word}` is a table: [{word}], and lines below it")));
        };
        for (name, value) in in_order(items) {
            let word = name.get_ref().as_ref();
            let Ok(action) = word.parse::<Action>() else {
                let near = nearest(word, Action::ALL.iter().map(|a| a.as_str()));
                // There are too many to list.
                let hint = near
                    .map_or_else(|| "; `loong keys` lists them".to_owned(), |near| format!("; did you mean `{near}`?"));
                return Err(at(text, name.span(), format!("`{word}` is no action{hint}")));
            };
            let (chords, does) = binding(text, action, value)?;
            lines.push(Line { place, action, name: name.span(), chords, does });
        }
    }
    Ok(lines)
}

type Bound = (Vec<(Chord, Range<usize>)>, Option<String>);

/// `"z"`, `["z", "ctrl-y"]`, `[]` or `{ keys = …, does = "…" }`.
fn binding(text: &str, action: Action, value: &Spanned<DeValue<'_>>) -> Result<Bound, String> {
    let wrong = |span| {
        at(text, span, format!("`{action}` wants a key such as \"z\", a list such as [\"z\", \"g z\"], or [] for none"))
    };
    let (mut keys, mut does) = (Some(value), None);
    if let Some(whole) = value.get_ref().as_table() {
        keys = None;
        for (name, value) in in_order(whole) {
            match (name.get_ref().as_ref(), value.get_ref()) {
                ("keys", _) => keys = Some(value),
                ("does", DeValue::String(sentence)) => does = Some(sentence.to_string()),
                ("does", _) => return Err(at(text, value.span(), "`does` is a sentence in quotes")),
                (other, _) => {
                    let hint = meant(other, ["keys", "does"].into_iter());
                    return Err(at(text, name.span(), format!("`{other}` is unknown here{hint}")));
                }
            }
        }
    }
    let Some(keys) = keys else { return Err(wrong(value.span())) };
    let written = match keys.get_ref() {
        DeValue::String(_) => vec![keys],
        DeValue::Array(several) => several.iter().collect(),
        _ => return Err(wrong(keys.span())),
    };
    let mut chords: Vec<(Chord, Range<usize>)> = Vec::new();
    for item in written {
        let Some(word) = item.get_ref().as_str() else { return Err(wrong(item.span())) };
        let chord = bindable(word).map_err(|message| at(text, item.span(), message))?;
        if chords.iter().all(|(c, _)| *c != chord) {
            chords.push((chord, item.span()));
        }
    }
    let begun = |c: &Chord| chords.iter().any(|(o, _)| o != c && c.keys().starts_with(o.keys()));
    if let Some((chord, span)) = chords.iter().find(|(c, _)| begun(c)) {
        let message = format!("`{chord}` is never reached, because a shorter one of `{action}` begins it");
        return Err(at(text, span.clone(), message));
    }
    Ok((chords, does))
}

/// A chord that an action may have.
fn bindable(written: &str) -> Result<Chord, String> {
    let chord: Chord = written.parse()?;
    if chord.keys().len() > 1 && chord.keys().iter().any(|key| key.is_esc()) {
        return Err("`esc` forgets what was typed, so that it cannot stand in a chord".to_owned());
    }
    // `?` is help by long custom; no verdict is given by its glyph.
    let glyphs: Vec<String> = Outcome::ALL.iter().map(|o| o.glyph().to_string()).filter(|g| g != "?").collect();
    match chord.keys().iter().map(ToString::to_string).find(|key| glyphs.contains(key)) {
        Some(glyph) => Err(format!("`{glyph}` is the glyph of a verdict and never a key; choose another")),
        None => Ok(chord),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(patch: &str) -> Result<Keymap, KeymapError> {
        Keymap::load(Some((Path::new("keymap.toml"), patch)))
    }

    fn fault(patch: &str) -> String {
        load(patch).expect_err(patch).to_string()
    }

    #[test]
    fn every_action_has_its_line_and_its_sentence() {
        let keymap = Keymap::load(None).unwrap();
        for action in Action::ALL {
            let binding =
                keymap.bindings.get(action).unwrap_or_else(|| panic!("{action} is not in assets/keymap.toml"));
            assert!(!binding.does.is_empty() && !binding.does.ends_with('.'), "{action}: {:?}", binding.does);
        }
        assert_eq!(DEFAULT.lines().filter(|l| l.contains("does =")).count(), Action::ALL.len(), "one line an action");
    }

    #[test]
    fn a_patch_changes_what_it_names_and_nothing_else() {
        let keymap = load("[review]\naccept = \"z\"\nreject = [\"ctrl-y\", \"Z\"]\nflag = []\n").unwrap();
        assert_eq!(keymap.hint(Action::Accept).unwrap(), "z");
        assert_eq!(keymap.keys(Action::Reject).len(), 2);
        assert_eq!(keymap.hint(Action::Flag), None);
        assert_eq!(keymap.hint(Action::Undo).unwrap(), "u");
        assert_eq!(load("").unwrap(), Keymap::load(None).unwrap());
        let whole = load("[review]\naccept = { keys = \"z\", does = \"Take it\" }\n").unwrap();
        assert_eq!((whole.hint(Action::Accept).as_deref(), whole.does(Action::Accept)), (Some("z"), "Take it"));
    }

    #[test]
    fn keys_can_be_exchanged_and_freed() {
        let keymap = load("[review]\naccept = \"x\"\nreject = \"a\"\n").unwrap();
        assert_eq!(keymap.hint(Action::Accept).unwrap(), "x");
        assert!(load("[review]\naccept = \"x\"\nreject = []\n").is_ok());
        // What does not hold in overlays is no hindrance there.
        assert!(load("[overlay]\nchoose = [\"enter\", \"f\", \"u\"]\n").is_ok());
    }

    #[test]
    fn faults_are_told_with_their_place_and_a_way_out() {
        for (patch, parts) in [
            ("[reviw]\naccept = \"z\"\n", ["line 1, column 2", "did you mean `review`"]),
            ("accept = \"z\"\n", ["line 1, column 1", "write [review]"]),
            ("[review]\naccpt = \"z\"\n", ["line 2, column 1", "`accept`"]),
            ("[review]\nfrobnicate = \"z\"\n", ["line 2, column 1", "`loong keys`"]),
            ("[review]\naccept = \"entr\"\n", ["line 2, column 10", "`enter`"]),
            ("[review]\naccept = [\"z\", \"gg\"]\n", ["line 2, column 16", "`g g`"]),
            ("[review]\naccept = \"escape\"\n", ["line 2, column 10", "`esc`"]),
            ("[review]\naccept = \"ctrl+r\"\n", ["line 2, column 10", "`ctrl-r`"]),
            ("[review]\naccept = \"ctrl-i\"\n", ["line 2, column 10", "`tab`"]),
            ("[review]\naccept = \"3\"\n", ["line 2", "digits are counts"]),
            ("[review]\naccept = \"z esc\"\n", ["line 2, column 10", "`esc` forgets"]),
            ("[review]\naccept = \"=\"\n", ["line 2, column 10", "glyph of a verdict"]),
            ("[review]\naccept = \"z !\"\n", ["line 2, column 10", "glyph of a verdict"]),
            ("[review]\naccept = [\"z\", \"z a\"]\n", ["line 2, column 16", "never reached"]),
            ("[review]\naccept = \"x\"\n", ["line 2, column 10", "[review] reject = []"]),
            // The names of actions in comments and in each other's names mislead nobody.
            ("[review]\n# reject, accept\naccept-stay = \"u\"\n", ["line 3, column 15", "[everywhere] undo = []"]),
            ("[review]\naccept = \"j\"\n", ["line 2, column 10", "[everywhere] down = [\"down\"]"]),
            ("[review]\naccept = \"g\"\n", ["line 2, column 10", "`g g` (first) is never reached"]),
            ("[review]\naccept = \"u z\"\n", ["line 2, column 10", "`u` (undo) is done first"]),
            ("[everywhere]\nundo = \"a\"\n", ["line 2, column 8", "[review] accept = []"]),
            ("[overlay]\nchoose = \"j\"\n", ["line 2, column 10", "`j` is `down` already"]),
            ("[review]\naccept = \"z\"\nreject = \"z\"\n", ["line 2, column 10", "`z` is `reject` already"]),
            ("[run]\naccept = \"z\"\n", ["line 2", "belongs in [review]"]),
            ("[everywhere]\nleave = []\n", ["line 2, column 1", "must keep a key"]),
            ("[review]\naccept = { keyz = \"z\" }\n", ["line 2, column 12", "`keys`"]),
            ("[review]\naccept = 3\n", ["line 2, column 10", "wants a key"]),
            ("[review\n", ["line 1", ""]),
        ] {
            let told = fault(patch);
            assert!(told.starts_with("keymap.toml: ") && parts.iter().all(|p| told.contains(p)), "{patch:?}: {told}");
        }
    }
}
