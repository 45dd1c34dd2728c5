//! A loaded seed dataset: which files, which rows, drawn how.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::bundled;
use super::datapoint::{Datapoint, Place};
use super::domain::{domain_of_path, domain_slug};
use super::reader::{self, BadRow};
use super::sampling;

/// What is done with a file that has bad rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// Everything is refused, and every bad row is named.
    Strict,
    /// Good rows are kept, bad ones are listed.
    Lenient,
}

/// Why no dataset was loaded.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages name the fields")]
pub enum DatasetError {
    /// A file or folder cannot be read.
    #[error("{path} cannot be read ({source}); check the path and its permissions")]
    Io { path: String, source: std::io::Error },
    /// Together they are larger than wanted.
    #[error(
        "the seed files have more than {most} MB; name fewer of them, or smaller ones, in run.seeds (`loong seeds list` reads \
         any size)"
    )]
    TooLarge { most: u64 },
    /// A folder has no seed file.
    #[error("there is no .json or .jsonl file under {folder}; name a seed file, or a folder that has one")]
    NoFiles { folder: String },
    /// Strict loading found bad rows.
    #[error("{}", refusal(.bad))]
    Refused { bad: Vec<BadRow> },
}

/// The message of a strict refusal: every bad row on a line of its own.
fn refusal(bad: &[BadRow]) -> String {
    let faults = if bad.len() == 1 { "1 fault".to_owned() } else { format!("{} faults", bad.len()) };
    let rows: Vec<String> = bad.iter().map(|row| format!("\n  {row}")).collect();
    format!("the seeds have {faults}; mend them, or load them leniently to go without these rows:{}", rows.concat())
}

/// Datapoints in the order of their files, each content once. Cheap to clone and to filter.
#[derive(Debug, Clone, Default)]
pub struct StaticDataset {
    rows: Vec<Arc<Datapoint>>,
    /// Indices into `rows`, sorted by content id.
    by_id: Vec<usize>,
}

impl StaticDataset {
    /// Loads seed files, and folders with all `.json` and `.jsonl` files under them, in sorted order; a file named twice
    /// is read once. Whether a file is a JSON array or JSON Lines is decided by its content.
    ///
    /// A row with the same content as an earlier one is left out and listed among the bad rows, but it is no reason to
    /// refuse: in strict mode the list has such rows only.
    ///
    /// # Errors
    /// A path cannot be read, a folder has no seed file, or (strict) there are bad rows.
    pub fn load<P: AsRef<Path>>(paths: &[P], strictness: Strictness) -> Result<(Self, Vec<BadRow>), DatasetError> {
        Self::load_within(paths, strictness, u64::MAX)
    }

    /// As [`StaticDataset::load`], where the files have no more than `most` bytes together: what a screen can hold.
    ///
    /// # Errors
    /// As there; and they are larger.
    pub fn load_within<P: AsRef<Path>>(
        paths: &[P],
        strictness: Strictness,
        most: u64,
    ) -> Result<(Self, Vec<BadRow>), DatasetError> {
        let mut files: Vec<PathBuf> = Vec::new();
        for path in paths {
            let path = path.as_ref();
            if path.is_dir() {
                let before = files.len();
                collect(path, &mut files)?;
                if files.len() == before {
                    return Err(DatasetError::NoFiles { folder: path.display().to_string() });
                }
            } else {
                files.push(path.to_owned());
            }
        }
        let mut seen = HashSet::new();
        let mut texts = Vec::new();
        let mut bytes = 0_u64;
        for file in files {
            let io = |source| DatasetError::Io { path: file.display().to_string(), source };
            if seen.insert(file.canonicalize().map_err(io)?) {
                bytes = bytes.saturating_add(file.metadata().map_err(io)?.len());
                if bytes > most {
                    return Err(DatasetError::TooLarge { most: most >> 20 });
                }
                texts.push((file.display().to_string(), std::fs::read(&file).map_err(io)?));
            }
        }
        Self::from_texts(texts.iter().map(|(file, bytes)| (file.as_str(), bytes.as_slice())), strictness)
    }

    /// As [`StaticDataset::load`], from files already read: (name, content).
    ///
    /// # Errors
    /// Strict, and there are bad rows.
    pub fn from_texts<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
        strictness: Strictness,
    ) -> Result<(Self, Vec<BadRow>), DatasetError> {
        let mut bad = Vec::new();
        let mut read = Vec::new();
        for (name, bytes) in files {
            let file: Arc<str> = Arc::from(name);
            let folder_domain = domain_of_path(name);
            let reading = reader::read(name, bytes);
            let before = bad.len();
            bad.extend(reading.bad);
            for row in reading.rows {
                match Datapoint::from_value(row.value) {
                    Ok(datapoint) => {
                        let place = Place { file: Arc::clone(&file), row: row.number, line: row.line };
                        read.push(datapoint.placed(place, folder_domain.as_deref()));
                    }
                    Err(error) => bad.push(BadRow {
                        file: name.to_owned(),
                        row: Some(row.number),
                        line: Some(row.line),
                        reason: error.to_string(),
                    }),
                }
            }
            bad[before..].sort_by_key(|b| b.row.unwrap_or(usize::MAX));
        }
        if strictness == Strictness::Strict && !bad.is_empty() {
            return Err(DatasetError::Refused { bad });
        }
        let mut first: BTreeMap<String, String> = BTreeMap::new();
        read.retain(|datapoint: &Datapoint| {
            let Some(place) = &datapoint.place else { return true };
            if let Some(earlier) = first.get(&datapoint.id) {
                bad.push(BadRow {
                    file: place.file.to_string(),
                    row: Some(place.row),
                    line: Some(place.line),
                    reason: format!("has the same content as {earlier} (id {}); it was left out", datapoint.id),
                });
                return false;
            }
            first.insert(datapoint.id.clone(), format!("{}, row {}", place.file, place.row));
            true
        });
        Ok((read.into_iter().collect(), bad))
    }

    /// The seeds that travel inside the binary.
    pub fn bundled() -> Self {
        let files = bundled::FILES.iter().map(|(name, text)| (*name, text.as_bytes()));
        match Self::from_texts(files, Strictness::Strict) {
            Ok((dataset, _)) => dataset,
            Err(error) => unreachable!("the bundled seeds are part of the program and tested with it: {error}"),
        }
    }

    /// How many datapoints there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The datapoints, in the order of their files.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Datapoint> {
        self.rows.iter().map(Arc::as_ref)
    }

    /// The datapoint with this content id.
    pub fn by_id(&self, id: &str) -> Option<&Datapoint> {
        let at = self.by_id.binary_search_by(|index| self.rows[*index].id.as_str().cmp(id)).ok()?;
        Some(&self.rows[self.by_id[at]])
    }

    /// The datapoints of these domains, named in any known spelling.
    #[must_use]
    pub fn filter<S: AsRef<str>>(&self, domains: &[S]) -> Self {
        let slugs: Vec<String> = domains.iter().map(|d| domain_slug(d.as_ref())).collect();
        self.filter_by(|datapoint| slugs.iter().any(|slug| slug == datapoint.domain()))
    }

    /// The datapoints that `keep` says yes to, such as those of a licence or a tag.
    #[must_use]
    pub fn filter_by(&self, mut keep: impl FnMut(&Datapoint) -> bool) -> Self {
        Self::of(self.rows.iter().filter(|row| keep(row)).cloned().collect())
    }

    /// Domains and how many datapoints each has; those without a domain are under the empty text.
    pub fn domains(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for row in self.iter() {
            *counts.entry(row.domain()).or_insert(0) += 1;
        }
        counts
    }

    /// Draws `n` datapoints (or all there are) without replacement, in the order drawn.
    ///
    /// The draw is a function of the set of content ids, `rng_seed` and `stream` alone: neither the platform nor the
    /// order of files and rows matters. Streams are independent of each other; a slot of a run is a natural one.
    pub fn sample(&self, n: usize, rng_seed: u64, stream: u64) -> Vec<&Datapoint> {
        let drawn = sampling::draw(n, self.len(), rng_seed, stream);
        drawn.into_iter().map(|at| self.rows[self.by_id[at]].as_ref()).collect()
    }

    /// Hash (BLAKE3, 64 hex digits) of everything in the seeds that can change what a run does: ids, domains,
    /// dependencies, tolerances. The order of rows and other metadata do not enter.
    pub fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for at in &self.by_id {
            let row = &self.rows[*at];
            let facts = (&row.id, row.domain(), row.dependencies(), row.tolerance());
            hasher.update(serde_json::json!(facts).to_string().as_bytes());
            hasher.update(b"\n");
        }
        hasher.finalize().to_hex().to_string()
    }

    /// A dataset of rows whose ids are distinct.
    fn of(rows: Vec<Arc<Datapoint>>) -> Self {
        let mut by_id: Vec<usize> = (0..rows.len()).collect();
        by_id.sort_by(|a, b| rows[*a].id.cmp(&rows[*b].id));
        Self { rows, by_id }
    }
}

/// Of datapoints with one id the first is kept.
impl FromIterator<Datapoint> for StaticDataset {
    fn from_iter<I: IntoIterator<Item = Datapoint>>(datapoints: I) -> Self {
        let mut seen = HashSet::new();
        Self::of(datapoints.into_iter().filter(|d| seen.insert(d.id.clone())).map(Arc::new).collect())
    }
}

/// Adds the seed files under a folder, sorted by path. Hidden files and folders are passed over; links to folders are
/// not followed, so that no loop is walked.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), DatasetError> {
    let io = |source| DatasetError::Io { path: folder.display().to_string(), source };
    let mut entries = std::fs::read_dir(folder).map_err(io)?.collect::<Result<Vec<_>, _>>().map_err(io)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type().map_err(io)?.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json") || e.eq_ignore_ascii_case("jsonl")) {
            files.push(path);
        }
    }
    Ok(())
}
