//! Where the files of an export lie, and whether they can.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::error::ExportError;
use super::options::Encoding;
use super::rows::ExportRequest;
use crate::paths::is_precious;

/// Whether a file can be put at `place`.
pub(super) fn check(place: &Path, overwrite: bool) -> Result<(), ExportError> {
    let path = || place.to_owned();
    if place.file_name().is_none() {
        return Err(ExportError::NotAFile { path: path() });
    }
    let folder = folder(place);
    if !folder.is_dir() {
        return Err(ExportError::NoFolder { path: folder.to_owned() });
    }
    match fs::symlink_metadata(place) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(ExportError::Io { path: path(), source }),
        Ok(_) if place.exists() && !place.is_file() => Err(ExportError::NotAFile { path: path() }),
        Ok(_) if overwrite && is_precious(place) => Err(ExportError::Precious { path: path() }),
        Ok(_) if overwrite => Ok(()),
        Ok(_) => Err(ExportError::Exists { path: path() }),
    }
}

/// The folder of a place.
pub(super) fn folder(place: &Path) -> &Path {
    place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes the names in a folder outlast a loss of power, where the system can.
pub(super) fn sync_folder(folder: &Path) -> Result<(), ExportError> {
    if cfg!(unix) {
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        return synced.map_err(|source| ExportError::Io { path: folder.to_owned(), source });
    }
    Ok(())
}

/// Where the files of an export lie: beside the first one, under its name.
#[derive(Debug)]
pub(super) struct Places(PathBuf);

impl Places {
    pub(super) fn of(place: &Path) -> Self {
        Self(place.to_owned())
    }

    /// The place that was named.
    pub(super) fn place(&self) -> &Path {
        &self.0
    }

    /// All files of an export that begins.
    pub(super) fn all(&self, request: &ExportRequest) -> Vec<PathBuf> {
        let mut all = vec![self.0.clone(), self.manifest(), self.card()];
        all.extend((request.options.test_per_mille > 0).then(|| self.test(1, request.encoding)));
        all.extend(request.reward.map(|_| self.reward()));
        all
    }

    /// The rows of a part: `data.jsonl`, then `data.part-2.jsonl`.
    pub(super) fn data(&self, part: usize, encoding: Encoding) -> PathBuf {
        if part == 1 { self.0.clone() } else { self.beside(&format!(".part-{part}.{encoding}")) }
    }

    /// Those to test on: `data.test.jsonl`, then `data.part-2.test.jsonl`.
    pub(super) fn test(&self, part: usize, encoding: Encoding) -> PathBuf {
        if part == 1 {
            self.beside(&format!(".test.{encoding}"))
        } else {
            self.beside(&format!(".part-{part}.test.{encoding}"))
        }
    }

    /// `data.manifest.json`.
    pub(super) fn manifest(&self) -> PathBuf {
        self.beside(".manifest.json")
    }

    /// `data.card.md`.
    pub(super) fn card(&self) -> PathBuf {
        self.beside(".card.md")
    }

    /// `data_reward.py`, a name that Python can import.
    pub(super) fn reward(&self) -> PathBuf {
        let stem = self.beside("").file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut name: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            name.insert(0, '_');
        }
        self.0.with_file_name(name + "_reward.py")
    }

    /// The place with `ending` for the ending that tells the kind of file; another dot in the name stays.
    fn beside(&self, ending: &str) -> PathBuf {
        let kind = self.0.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
        let is_kind = KINDS.iter().any(|known| known.strip_prefix('.') == Some(kind));
        let stem = if is_kind { self.0.file_stem() } else { self.0.file_name() };
        let mut name = stem.unwrap_or_default().to_owned();
        name.push(ending);
        self.0.with_file_name(name)
    }
}

/// Endings that tell the kind of an exported file.
pub(super) const KINDS: [&str; 4] = [".jsonl", ".json", ".ndjson", ".parquet"];
