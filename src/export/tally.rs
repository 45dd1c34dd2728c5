//! Counting names without keeping more of them than memory and a manifest can bear.

use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// Names kept; a dataset with more of one sort has the rest counted together.
const MOST: usize = 1_000;

/// How often each name occurred, for the first thousand names that came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    counts: BTreeMap<String, u64>,
    others: u64,
}

impl Tally {
    /// Counts one occurrence.
    pub fn add(&mut self, name: &str) {
        if let Some(n) = self.counts.get_mut(name) {
            *n += 1;
        } else if self.counts.len() < MOST {
            self.counts.insert(name.to_owned(), 1);
        } else {
            self.others += 1;
        }
    }

    /// Names with their counts, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.counts.iter().map(|(name, n)| (name.as_str(), *n))
    }

    /// Occurrences of one name.
    pub fn get(&self, name: &str) -> u64 {
        self.counts.get(name).copied().unwrap_or(0)
    }

    /// All occurrences.
    pub fn total(&self) -> u64 {
        self.counts.values().sum::<u64>() + self.others
    }

    /// Occurrences of names beyond the first thousand.
    pub fn others(&self) -> u64 {
        self.others
    }
}

impl Serialize for Tally {
    /// An object of name and count; `(others)` holds the occurrences beyond.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, n) in &self.counts {
            map.serialize_entry(name, n)?;
        }
        if self.others > 0 {
            map.serialize_entry("(others)", &self.others)?;
        }
        map.end()
    }
}
