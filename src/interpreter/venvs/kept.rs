//! The venvs that are kept: what is known of each, and how they are removed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::folder_of;
use super::lease::{self, USED, last_used};

/// Name of the file that is written last.
const READY: &str = "ready";

/// What is written into a venv when it is ready.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Made {
    /// Version of Python.
    pub(super) python: String,
    /// The requirements it was made for.
    pub(super) requirements: Vec<String>,
    /// Packages that are there in another version than the pinned one.
    pub(super) substituted: Vec<String>,
    /// Everything that is installed, as `name-version`.
    pub(super) installed: Vec<String>,
}

impl Made {
    /// What a folder's last file says; `None` where there is none.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(folder.join(READY)).ok()?).ok()
    }

    /// Writes a folder's last file.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        let aside = folder.join("ready.part");
        fs::write(&aside, format!("{:#}\n", serde_json::json!(self)))?;
        fs::rename(&aside, folder.join(READY))
    }
}

/// A venv in the cache folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptVenv {
    /// Its identity.
    pub id: String,
    /// Version of Python; empty where it is not ready.
    pub python: String,
    /// The requirements it was made for.
    pub requirements: Vec<String>,
    /// Packages that are there in another version than the pinned one, such as `pandas 1.5.3 → 2.1.1`.
    pub substituted: Vec<String>,
    /// Everything that is installed, as `name-version`.
    pub installed: Vec<String>,
    /// Size of its files.
    pub bytes: u64,
    /// When it was last handed out, to the hour; when it was begun, where it is not ready.
    pub used: Option<SystemTime>,
    /// Whether it can be used; else its making was interrupted, or goes on.
    pub ready: bool,
    /// Whether a process uses it or makes it now.
    pub held: bool,
}

/// What became of a venv.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It was removed, or would be.
    Removed,
    /// It is in use, and stays.
    InUse,
    /// It could not be removed, for this reason.
    Failed(String),
}

/// A venv that was to be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pruned {
    /// The venv.
    pub venv: KeptVenv,
    /// What became of it.
    pub fate: Fate,
}

/// The venvs of a cache folder, the longest unused first.
///
/// # Errors
/// A folder that can't be read. One that is not there holds none.
pub fn list(cache_dir: &Path) -> io::Result<Vec<KeptVenv>> {
    let mut all: Vec<KeptVenv> = folders(cache_dir)?.iter().filter_map(|folder| look(folder)).collect();
    all.sort_by(|a, b| (a.used, &a.id).cmp(&(b.used, &b.id)));
    Ok(all)
}

/// Removes the venvs that were not used for so long, and what interrupted makings left; never one that is in use. The
/// longest unused first.
///
/// # Errors
/// As [`list`]. What can't be removed is told in its place.
pub fn prune(cache_dir: &Path, unused_for: Duration, dry_run: bool) -> io::Result<Vec<Pruned>> {
    let root = folder_of(cache_dir);
    let now = SystemTime::now();
    let mut told = Vec::new();
    for venv in list(cache_dir)? {
        let age = venv.used.and_then(|used| now.duration_since(used).ok()).unwrap_or_default();
        if venv.ready && age < unused_for {
            continue;
        }
        let fate = match (venv.held, dry_run) {
            (true, _) => Fate::InUse,
            (false, true) => Fate::Removed,
            (false, false) => remove(&root.join(&venv.id)),
        };
        told.push(Pruned { venv, fate });
    }
    if !dry_run {
        sweep(&root)?;
    }
    Ok(told)
}

/// Removes one venv that nobody holds. Its `ready` file goes first: a removal that is killed leaves nothing that looks
/// whole.
fn remove(folder: &Path) -> Fate {
    let gone = |result: io::Result<()>| match result {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    };
    let remove = || -> io::Result<bool> {
        let Some(_held) = lease::try_alone(folder)? else { return Ok(false) };
        gone(fs::remove_file(folder.join(READY)))?;
        gone(fs::remove_dir_all(folder))?;
        gone(fs::remove_file(lease::path(folder)))?;
        Ok(true)
    };
    match remove() {
        Ok(true) => Fate::Removed,
        Ok(false) => Fate::InUse,
        Err(e) => Fate::Failed(format!("{}: {e}", folder.display())),
    }
}

/// Removes locks that have lost their venv.
fn sweep(root: &Path) -> io::Result<()> {
    for path in entries(root)? {
        let folder = path.with_extension("");
        if path.extension().is_some_and(|e| e == "lock") && !folder.exists() {
            remove(&folder);
        }
    }
    Ok(())
}

/// What is in a folder; nothing where there is none.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(all) => all.map(|entry| entry.map(|e| e.path())).collect(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(e),
    }
}

/// The venvs' folders: those whose names are identities.
fn folders(cache_dir: &Path) -> io::Result<Vec<PathBuf>> {
    let is_identity = |name: &str| name.len() == 16 && name.bytes().all(|b| b.is_ascii_hexdigit());
    let mut all = entries(&folder_of(cache_dir))?;
    all.retain(|path| path.file_name().and_then(|n| n.to_str()).is_some_and(is_identity) && path.is_dir());
    Ok(all)
}

/// What is known of one venv; `None` when it is gone.
fn look(folder: &Path) -> Option<KeptVenv> {
    let made = Made::read(folder);
    let ready = made.is_some();
    let Made { python, requirements, substituted, installed } = made.unwrap_or_default();
    let begun = last_used(folder)?;
    Some(KeptVenv {
        id: folder.file_name()?.to_str()?.to_owned(),
        python,
        requirements,
        substituted,
        installed,
        bytes: size(folder),
        used: last_used(&folder.join(USED)).or(Some(begun)),
        ready,
        held: matches!(lease::try_alone(folder), Ok(None)),
    })
}

/// Bytes of all files under a folder. Links are not followed.
fn size(folder: &Path) -> u64 {
    let mut bytes = 0;
    let mut left = vec![folder.to_owned()];
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(m) if m.is_dir() => left.push(entry.path()),
                Ok(m) => bytes += m.len(),
                Err(_) => {}
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::super::lease::Lease;
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    /// A venv that was last used so long ago; not ready without requirements.
    fn venv(cache: &Path, id: &str, requirements: &[&str], unused: Duration) -> PathBuf {
        let folder = folder_of(cache).join(id);
        fs::create_dir_all(folder.join("lib")).unwrap();
        fs::write(folder.join("lib").join("x.py"), "12345").unwrap();
        if !requirements.is_empty() {
            let requirements = requirements.iter().map(|&r| r.to_owned()).collect();
            Made { requirements, ..Made::default() }.write(&folder).unwrap();
        }
        let used = fs::File::create(folder.join(USED)).unwrap();
        used.set_modified(SystemTime::now() - unused).unwrap();
        folder
    }

    fn fates(cache: &Path, unused_for: Duration, dry_run: bool) -> Vec<(String, Fate)> {
        prune(cache, unused_for, dry_run).unwrap().into_iter().map(|p| (p.venv.id, p.fate)).collect()
    }

    #[test]
    fn old_ones_and_leftovers_are_removed_and_what_is_used_stays() {
        let cache = tempfile::tempdir().unwrap();
        let cache = cache.path();
        assert_eq!(list(cache).unwrap(), []);
        let [old, young, used, cut] = ["a", "b", "c", "d"].map(|digit| digit.repeat(16));
        venv(cache, &old, &["numpy"], 40 * DAY);
        venv(cache, &young, &["sympy"], DAY);
        let in_use = venv(cache, &used, &["scipy"], 60 * DAY);
        venv(cache, &cut, &[], Duration::ZERO);
        fs::create_dir_all(folder_of(cache).join("notes")).unwrap();
        fs::write(lease::path(&folder_of(cache).join("e".repeat(16))), "").unwrap();
        let lease = Lease::take(&in_use).unwrap();
        // Taking it noted the use: it would be young.
        fs::File::create(in_use.join(USED)).unwrap().set_modified(SystemTime::now() - 60 * DAY).unwrap();

        let all = list(cache).unwrap();
        assert_eq!(all.iter().map(|v| v.id.as_str()).collect::<Vec<_>>(), [&used, &old, &young, &cut]);
        assert_eq!(
            all.iter().map(|v| (v.ready, v.held)).collect::<Vec<_>>(),
            [(true, true), (true, false), (true, false), (false, false)]
        );
        assert!(all[1].bytes > 5, "{}", all[1].bytes);

        let expected = vec![(used.clone(), Fate::InUse), (old.clone(), Fate::Removed), (cut.clone(), Fate::Removed)];
        assert_eq!(fates(cache, 30 * DAY, true), expected);
        assert_eq!(list(cache).unwrap().len(), 4, "a dry run removed something");
        assert_eq!(fates(cache, 30 * DAY, false), expected);
        assert_eq!(list(cache).unwrap().len(), 2);
        assert_eq!(fates(cache, Duration::ZERO, false), [(used.clone(), Fate::InUse), (young, Fate::Removed)]);
        drop(lease);
        assert_eq!(fates(cache, Duration::ZERO, false), [(used, Fate::Removed)]);
        let left = entries(&folder_of(cache)).unwrap();
        assert_eq!(left, [folder_of(cache).join("notes")], "locks stay behind, or what is none of ours is gone");
    }
}
