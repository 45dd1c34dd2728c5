//! What help and palette show, from the live keymap.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::Keymap;
use crate::tui::action::{Action, Place};
use crate::tui::signs::{Sign, WORDS, signs};

/// A line of help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpLine {
    /// The section it stands in.
    pub section: String,
    /// Its keys, as people read them.
    pub keys: String,
    /// What it does.
    pub does: String,
    /// The action.
    pub action: Action,
}

/// What help shows in a place: only what works there and has a key.
pub fn help(keymap: &Keymap, place: Place) -> Vec<HelpLine> {
    keymap
        .entries(place)
        .filter(|(_, binding)| !binding.keys.is_empty())
        .map(|(action, binding)| HelpLine {
            section: section(binding.place).to_owned(),
            keys: binding.keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            does: binding.does.clone(),
            action,
        })
        .collect()
}

fn section(place: Place) -> &'static str {
    match place {
        Place::Everywhere => "on every screen",
        Place::Review => "reading and deciding",
        Place::Run => "the loop",
        Place::Rules => "the verifier's rules",
        Place::Audit => "the audit",
        Place::Seeds => "the seeds",
        Place::Export => "the export",
        Place::Overlay => "in what lies over the screen",
    }
}

/// The section of signs.
const SIGNS: &str = "signs of the list";
/// The section of words.
const SAID: &str = "words";

/// A row of help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HelpRow {
    /// A section's name.
    Section(String),
    /// Keys, and what they do.
    Keys(String, String),
    /// A word, or a sign of the place's list, and what it says.
    Sign(Sign),
}

/// Help's rows for a place, cut to what is searched for: keys, and behind them words and the signs of its list.
pub fn help_rows(keymap: &Keymap, place: Place, query: &str) -> Vec<HelpRow> {
    let query = query.to_lowercase();
    let mut rows = Vec::new();
    let mut section = String::new();
    for line in help(keymap, place) {
        let hit = query.split_whitespace().all(|word| {
            line.does.to_lowercase().contains(word)
                || line.keys.to_lowercase().contains(word)
                || line.section.to_lowercase().contains(word)
        });
        if !hit {
            continue;
        }
        if line.section != section {
            section.clone_from(&line.section);
            rows.push(HelpRow::Section(section.clone()));
        }
        rows.push(HelpRow::Keys(line.keys, line.does));
    }
    for (name, signs) in [(SAID, WORDS), (SIGNS, signs(place))] {
        let is_meant = |sign: &&Sign| {
            let mut words = query.split_whitespace();
            words
                .all(|word| sign.says.to_lowercase().contains(word) || sign.glyph.contains(word) || name.contains(word))
        };
        let found: Vec<HelpRow> = signs.iter().filter(is_meant).copied().map(HelpRow::Sign).collect();
        if !found.is_empty() {
            rows.push(HelpRow::Section(name.to_owned()));
            rows.extend(found);
        }
    }
    rows
}

/// An action that a query found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The action.
    pub action: Action,
    /// How well it fits; more is better.
    pub score: u32,
    /// Characters of the sentence that were found.
    pub positions: Vec<u32>,
}

/// Actions that fit a query, best first; all that work in the place, in the file's order, where the query is empty.
pub fn find(keymap: &Keymap, query: &str, place: Place) -> Vec<Hit> {
    // No query language: an `!` or `^` is a character like another.
    let pattern = Pattern::new(query, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut hits: Vec<Hit> = keymap
        .entries(place)
        // The palette itself, and what is only for overlays, would be of no use in it.
        .filter(|(action, binding)| *action != Action::Palette && binding.place != Place::Overlay)
        .filter_map(|(action, binding)| {
            let (mut chars, mut positions) = (Vec::new(), Vec::new());
            let sentence = Utf32Str::new(&binding.does, &mut chars);
            if let Some(score) = pattern.indices(sentence, &mut matcher, &mut positions) {
                positions.sort_unstable();
                positions.dedup();
                return Some(Hit { action, score, positions });
            }
            // By its word too, for those who know it from the keymap file.
            let mut chars = Vec::new();
            let score = pattern.score(Utf32Str::new(action.as_str(), &mut chars), &mut matcher)?;
            Some(Hit { action, score: score / 2, positions: Vec::new() })
        })
        .collect();
    if !query.is_empty() {
        hits.sort_by_key(|hit| std::cmp::Reverse(hit.score));
    }
    hits
}
