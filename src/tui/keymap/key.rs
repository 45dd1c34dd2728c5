//! A key and a chord, as events and as text.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with its modifiers, as it is compared: a capital letter is its own key and needs no shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// Keys with names.
const NAMED: &[(&str, KeyCode)] = &[
    ("space", KeyCode::Char(' ')),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
];

/// What people write elsewhere, and what it is here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("escape", "esc"),
    ("return", "enter"),
    ("del", "delete"),
    ("ins", "insert"),
    ("pageup", "pgup"),
    ("pagedown", "pgdn"),
    ("shift-tab", "backtab"),
    // In these a terminal sends the same byte as for the key named beside them.
    ("ctrl-i", "tab"),
    ("ctrl-m", "enter"),
    ("ctrl-[", "esc"),
];

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        let mut modifiers = event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT);
        let code = match event.code {
            // Some terminals send shift with the capital, some without; some send the small letter with shift.
            KeyCode::Char(c) if event.modifiers.contains(KeyModifiers::SHIFT) => {
                KeyCode::Char(c.to_uppercase().next().filter(|_| c.is_alphabetic()).unwrap_or(c))
            }
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            code => code,
        };
        // A control letter has no case.
        let code = match code {
            KeyCode::Char(c) if modifiers.contains(KeyModifiers::CONTROL) => KeyCode::Char(c.to_ascii_lowercase()),
            code => code,
        };
        if code == KeyCode::BackTab {
            modifiers = KeyModifiers::NONE;
        }
        Self { code, modifiers }
    }
}

impl Key {
    /// The event that a terminal sends for it.
    pub fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }

    /// The digit that it types.
    pub fn digit(self) -> Option<u32> {
        match self.code {
            KeyCode::Char(c) if self.modifiers.is_empty() => c.to_digit(10),
            _ => None,
        }
    }

    /// Whether it is `esc`.
    pub fn is_esc(self) -> bool {
        self.code == KeyCode::Esc
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            f.write_str("ctrl-")?;
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            f.write_str("alt-")?;
        }
        match (NAMED.iter().find(|(_, code)| *code == self.code), self.code) {
            (Some((name, _)), _) => f.write_str(name),
            (None, KeyCode::Char(c)) => write!(f, "{c}"),
            (None, KeyCode::F(n)) => write!(f, "f{n}"),
            (None, _) => f.write_str("(unknown)"),
        }
    }
}

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some((_, here)) = ELSEWHERE.iter().find(|(there, _)| text.eq_ignore_ascii_case(there)) {
            return Err(format!("`{text}` is no key; write `{here}`"));
        }
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = text;
        loop {
            rest = match (rest.strip_prefix("ctrl-"), rest.strip_prefix("alt-")) {
                (Some(after), _) if !after.is_empty() => {
                    modifiers |= KeyModifiers::CONTROL;
                    after
                }
                (_, Some(after)) if !after.is_empty() => {
                    modifiers |= KeyModifiers::ALT;
                    after
                }
                _ => break,
            };
        }
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(c), None) => Some(KeyCode::Char(c)),
            _ => NAMED.iter().find(|(name, _)| *name == rest).map(|(_, code)| *code).or_else(|| {
                rest.strip_prefix('f').and_then(|n| n.parse().ok()).filter(|n| (1..=24).contains(n)).map(KeyCode::F)
            }),
        };
        let Some(code) = code else {
            let hint = guess(text).map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
            return Err(format!("`{text}` is no key{hint}"));
        };
        Ok(Self::from(KeyEvent::new(code, modifiers)))
    }
}

/// What a word that names no key may have been meant for.
fn guess(text: &str) -> Option<String> {
    let small = text.to_lowercase().replace(['+', '_'], "-").replace("control-", "ctrl-").replace("meta-", "alt-");
    let shifted = small.strip_prefix("shift-").filter(|rest| rest.chars().count() == 1).map(str::to_uppercase);
    if shifted.is_some() {
        return shifted;
    }
    if small != text && small.parse::<Key>().is_ok() {
        return Some(small);
    }
    if let Some(near) = crate::tui::faults::nearest(&small, NAMED.iter().map(|(name, _)| *name)) {
        return Some(near.to_owned());
    }
    // Keys typed one after the other, written without spaces.
    let chord = (2..=3).contains(&text.chars().count()) && text.chars().all(|c| c.is_ascii_graphic());
    chord.then(|| text.chars().map(String::from).collect::<Vec<_>>().join(" "))
}

/// Keys that are typed one after the other; as text they stand apart, as in a keymap file: `g r`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Chord(pub(super) Vec<Key>);

impl Chord {
    /// Its keys.
    pub fn keys(&self) -> &[Key] {
        &self.0
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, key) in self.0.iter().enumerate() {
            write!(f, "{}{key}", if nth > 0 { " " } else { "" })?;
        }
        Ok(())
    }
}

impl FromStr for Chord {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let keys = text.split_whitespace().map(str::parse).collect::<Result<Vec<Key>, String>>()?;
        if keys.is_empty() {
            return Err("a chord has at least one key".to_owned());
        }
        if keys[0].digit().is_some() {
            return Err(format!("`{text}` begins with a digit, and digits are counts"));
        }
        Ok(Self(keys))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_text_and_back() {
        for text in ["a", "A", "ctrl-r", "alt-x", "ctrl-alt-k", "space", "enter", "backtab", "f12", "?", "%", "-", "é"]
        {
            assert_eq!(text.parse::<Key>().unwrap().to_string(), text);
        }
        assert!("entre".parse::<Key>().unwrap_err().contains("`enter`"));
        assert!("f99".parse::<Key>().is_err() && "ctrl-".parse::<Key>().is_err());
        assert_eq!("g g".parse::<Chord>().unwrap().to_string(), "g g", "two keys are not read as one word");
        assert_eq!("ctrl-x a".parse::<Chord>().unwrap().to_string(), "ctrl-x a");
        assert!("1 a".parse::<Chord>().is_err() && "".parse::<Chord>().is_err());
    }

    #[test]
    fn however_a_terminal_sends_a_capital_it_is_the_same_key() {
        let a: Key = "A".parse().unwrap();
        for (c, modifiers) in [('A', KeyModifiers::NONE), ('A', KeyModifiers::SHIFT), ('a', KeyModifiers::SHIFT)] {
            assert_eq!(Key::from(KeyEvent::new(KeyCode::Char(c), modifiers)), a);
        }
        let backtab: Key = "backtab".parse().unwrap();
        assert_eq!(Key::from(KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT)), backtab);
        assert_eq!(Key::from(KeyEvent::new(KeyCode::Tab, KeyModifiers::SHIFT)), backtab);
    }
}
