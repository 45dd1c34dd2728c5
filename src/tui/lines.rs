//! Lines that were typed before, by what they were for.

use std::collections::BTreeMap;

use super::prompt::Purpose;

/// Lines that are kept of each purpose.
pub const KEPT: usize = 200;

/// The lines, newest last.
#[derive(Debug, Clone, Default)]
pub struct Lines(BTreeMap<&'static str, Vec<String>>);

impl Lines {
    /// Takes lines in, oldest first; of a purpose that is not known, none.
    pub fn new(lines: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut all = Self::default();
        for (label, line) in lines {
            if let Some(purpose) = Purpose::ALL.iter().find(|purpose| purpose.label() == label) {
                all.add(*purpose, &line);
            }
        }
        all
    }

    /// Adds a line; what was there already is the newest now.
    pub fn add(&mut self, purpose: Purpose, line: &str) {
        if line.trim().is_empty() || line.chars().any(char::is_control) {
            return;
        }
        let lines = self.0.entry(purpose.label()).or_default();
        lines.retain(|kept| kept != line);
        lines.push(line.to_owned());
        let over = lines.len().saturating_sub(KEPT);
        lines.drain(..over);
    }

    /// The lines of a purpose, newest last.
    pub fn of(&self, purpose: Purpose) -> &[String] {
        self.0.get(purpose.label()).map_or(&[], Vec::as_slice)
    }

    /// The line so many steps back, from 1.
    pub fn back(&self, purpose: Purpose, steps: usize) -> Option<&str> {
        let lines = self.of(purpose);
        lines.len().checked_sub(steps).and_then(|at| lines.get(at)).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_come_first_and_none_twice() {
        let line = |label: &str, line: &str| (label.to_owned(), line.to_owned());
        let mut lines = Lines::new([line("note", "a"), line("note", "b"), line("nothing", "c"), line("filter", "d")]);
        lines.add(Purpose::Note, "a");
        lines.add(Purpose::Note, "  ");
        lines.add(Purpose::Note, "\u{1b}[2J");
        assert_eq!(lines.of(Purpose::Note), ["b", "a"]);
        assert_eq!((lines.back(Purpose::Note, 1), lines.back(Purpose::Note, 3)), (Some("a"), None));
        assert_eq!(lines.back(Purpose::Tag, 1), None);
        for n in 0..KEPT + 5 {
            lines.add(Purpose::Note, &n.to_string());
        }
        assert_eq!((lines.of(Purpose::Note).len(), lines.back(Purpose::Note, KEPT)), (KEPT, Some("5")));
    }
}
