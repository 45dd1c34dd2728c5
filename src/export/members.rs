//! What is in a dataset: which candidates, and what their rows were when they were written. A manifest keeps it, so that a
//! later export writes only what is new, and says of the rest what no longer holds.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use serde::{Deserialize, Serialize, Serializer};

use crate::store::IdSet;

/// The reason of those that the filter no longer gives.
const NOT_GIVEN: &str = "not given by the filter";

/// The candidates of a dataset, each with a check of its rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Members {
    pub(super) ids: IdSet,
    /// CRC-32 of each one's lines, in the order of ids: it tells a row that has changed.
    checks: Vec<u32>,
}

impl Members {
    /// Adds the next one, upwards.
    pub(super) fn add(&mut self, id: i64, lines: &[u8]) {
        if self.ids.insert(id) {
            self.checks.push(crc32fast::hash(lines));
        }
    }

    /// Whether the candidate is one, with other lines than these.
    pub(super) fn has_other(&self, id: i64, lines: &[u8]) -> bool {
        self.ids.contains(id) && self.checks.get(self.ids.below(id)) != Some(&crc32fast::hash(lines))
    }

    /// These and others, of which none is among them.
    pub(super) fn with(self, others: Self) -> Self {
        let mut all: BTreeMap<i64, u32> = self.ids.iter().zip(self.checks).collect();
        all.extend(others.ids.iter().zip(others.checks));
        Self { ids: all.keys().copied().collect(), checks: all.into_values().collect() }
    }
}

/// As a manifest has it.
#[derive(Serialize, Deserialize)]
struct Written {
    ids: String,
    checks: String,
}

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.checks.iter().flat_map(|check| check.to_le_bytes()).collect();
        let checks = BASE64_STANDARD_NO_PAD.encode(bytes);
        Written { ids: ranges(&self.ids), checks }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Written { ids, checks } = Written::deserialize(deserializer)?;
        let bytes = BASE64_STANDARD_NO_PAD.decode(checks).map_err(serde::de::Error::custom)?;
        let checks: Vec<u32> = bytes.as_chunks().0.iter().map(|check| u32::from_le_bytes(*check)).collect();
        parse(&ids)
            .filter(|ids| ids.len() == checks.len())
            .map(|ids| Self { ids, checks })
            .ok_or_else(|| serde::de::Error::custom("the ids of the members can't be read"))
    }
}

/// What of a dataset no longer holds: its files still have it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Drift {
    /// Candidates that would be left out today, by reason.
    #[serde(serialize_with = "by_reason")]
    pub withdrawn: BTreeMap<String, IdSet>,
    /// Candidates whose rows would be others today.
    #[serde(serialize_with = "as_ranges")]
    pub changed: IdSet,
}

impl Drift {
    /// Whether everything holds.
    pub fn is_none(&self) -> bool {
        self.withdrawn.is_empty() && self.changed.is_empty()
    }

    pub(super) fn withdraw(&mut self, id: i64, reason: &str) {
        self.withdrawn.entry(reason.to_owned()).or_default().insert(id);
    }

    /// Withdraws those that were not given any more.
    pub(super) fn not_given(&mut self, ids: impl Iterator<Item = i64>) {
        ids.for_each(|id| self.withdraw(id, NOT_GIVEN));
    }
}

fn by_reason<S: Serializer>(all: &BTreeMap<String, IdSet>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(all.iter().map(|(reason, ids)| (reason, ranges(ids))))
}

fn as_ranges<S: Serializer>(ids: &IdSet, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&ranges(ids))
}

/// Rows as people write them: `1-5,8`.
pub fn ranges(ids: &IdSet) -> String {
    let mut text = String::new();
    let mut put = |first: i64, last: i64| {
        let comma = if text.is_empty() { "" } else { "," };
        let _ = if first == last { write!(text, "{comma}{first}") } else { write!(text, "{comma}{first}-{last}") };
    };
    let mut open: Option<(i64, i64)> = None;
    for id in ids.iter() {
        open = match open {
            Some((first, last)) if last + 1 == id => Some((first, id)),
            other => {
                if let Some((first, last)) = other {
                    put(first, last);
                }
                Some((id, id))
            }
        };
    }
    if let Some((first, last)) = open {
        put(first, last);
    }
    text
}

fn parse(text: &str) -> Option<IdSet> {
    let mut ids = IdSet::default();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (i64, i64) = (first.parse().ok()?, last.parse().ok()?);
        ids |= &IdSet::span(&(first..=last));
    }
    Some(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_read_as_they_were_written() {
        let mut members = Members::default();
        for id in [3, 4, 5, 9, 1_000_000] {
            members.add(id, format!("{id}\n").as_bytes());
        }
        let text = serde_json::to_string(&members).unwrap();
        assert!(text.contains("\"3-5,9,1000000\""), "{text}");
        let read: Members = serde_json::from_str(&text).unwrap();
        assert_eq!(read, members);
        assert!(!read.has_other(9, b"9\n") && read.has_other(9, b"10\n") && !read.has_other(10, b"9\n"));
        let mut more = Members::default();
        more.add(6, b"6\n");
        let all = read.with(more);
        assert_eq!(ranges(&all.ids), "3-6,9,1000000");
        assert!([3, 6, 9].iter().all(|id| !all.has_other(*id, format!("{id}\n").as_bytes())));
        for broken in [r#"{"ids":"3-x","checks":"AAAAAA"}"#, r#"{"ids":"3-4","checks":"AAAAAA"}"#] {
            assert!(serde_json::from_str::<Members>(broken).is_err(), "{broken}");
        }
    }
}
