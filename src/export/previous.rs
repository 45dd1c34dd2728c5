//! The last export to a place, as its manifest tells it.

use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::error::ExportError;
use super::manifest::{FileFacts, Increment};
use super::members::Members;
use super::options::{Encoding, FormatName, RewardFor};
use super::place::Places;
use super::rows::ExportRequest;
use crate::likeness::Contamination;

/// What of a manifest a later export needs.
#[derive(Deserialize)]
pub(super) struct Previous {
    format: FormatName,
    encoding: Encoding,
    options: Value,
    filter: String,
    store: String,
    #[serde(default)]
    pub(super) reward: Option<RewardFor>,
    #[serde(default)]
    against: Vec<Named>,
    pub(super) file: FileFacts,
    pub(super) test: Option<FileFacts>,
    #[serde(default)]
    pub(super) increments: Vec<Increment>,
    pub(super) members: Members,
}

/// A file that it kept away from.
#[derive(Deserialize)]
struct Named {
    name: String,
}

impl Previous {
    /// The last export; `None` where there was none.
    pub(super) fn read(places: &Places) -> Result<Option<Self>, ExportError> {
        let path = places.manifest();
        match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text)
                .map(Some)
                .map_err(|e| ExportError::NoMemory { path, message: e.to_string() }),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(ExportError::Io { path, source }),
        }
    }

    /// Files of it that are none of those of the export that takes its place, `new`: the test part and what was added, as
    /// they were written. What is otherwise is somebody else's.
    pub(super) fn left_over(&self, places: &Places, new: &[PathBuf]) -> Vec<PathBuf> {
        let all = self.test.iter().chain(self.added());
        all.filter_map(|facts| there(places, facts).ok()).filter(|path| !new.contains(path)).collect()
    }

    /// What later exports added.
    fn added(&self) -> impl Iterator<Item = &FileFacts> {
        self.increments.iter().flat_map(|increment| [&increment.file, &increment.test]).flatten()
    }

    /// Whether a request goes on from it, kept away from the same files, and its files are there.
    pub(super) fn check(
        &self,
        places: &Places,
        request: &ExportRequest,
        against: &Contamination,
    ) -> Result<(), ExportError> {
        let options = serde_json::to_value(request.options).unwrap_or_default();
        let other = if self.store != request.store {
            Some("of another project".to_owned())
        } else if self.format != request.format {
            Some(format!("--format {}", self.format))
        } else if self.encoding != request.encoding {
            Some(format!("as {}", self.encoding))
        } else if self.filter != request.filter {
            Some(if self.filter.is_empty() { "without a filter".to_owned() } else { format!("of {}", self.filter) })
        } else if let Some(what) = self.kept_away_otherwise(against) {
            Some(what)
        } else if let Some(reward) = self.reward.filter(|reward| request.reward != Some(*reward)) {
            Some(format!("with --reward {reward}"))
        } else {
            let mut options = options.as_object().into_iter().flatten();
            options
                .find(|(name, value)| self.options.get(name) != Some(value))
                .map(|(name, _)| format!("with {name} {}", self.options.get(name).unwrap_or(&Value::Null)))
        };
        if let Some(what) = other {
            return Err(ExportError::OtherExport { path: places.place().to_owned(), what });
        }
        for facts in [&self.file].into_iter().chain(&self.test).chain(self.added()) {
            there(places, facts).map_err(|path| ExportError::NotAsWritten { path })?;
        }
        Ok(())
    }

    /// What it kept away from, where that are other files.
    fn kept_away_otherwise(&self, against: &Contamination) -> Option<String> {
        let mut then: Vec<&str> = self.against.iter().map(|file| file.name.as_str()).collect();
        let mut now: Vec<&str> = against.names().collect();
        then.sort_unstable();
        now.sort_unstable();
        match then.as_slice() {
            _ if then == now => None,
            [] => Some("without --against".to_owned()),
            names => Some(format!("--against {}", names.join(" --against "))),
        }
    }

    /// Rows of all its files.
    pub(super) fn rows(&self) -> u64 {
        [&self.file].into_iter().chain(&self.test).chain(self.added()).map(|facts| facts.rows).sum()
    }

    /// Which part comes next.
    pub(super) fn next(&self) -> usize {
        self.increments.len() + 2
    }
}

/// Where a file is that has these facts, or where one is lacking.
fn there(places: &Places, facts: &FileFacts) -> Result<PathBuf, PathBuf> {
    // A name alone: a manifest says nothing of other folders.
    let path = places.place().with_file_name(Path::new(&facts.name).file_name().unwrap_or_default());
    let is_there = std::fs::metadata(&path).is_ok_and(|there| there.is_file() && there.len() == facts.bytes);
    if is_there { Ok(path) } else { Err(path) }
}
