//! Files that appear whole or not at all: written under another name beside their place, which a killed process leaves there.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::error::ExportError;

/// A file being written under another name in the folder of its place; dropped before [`Aside::settle`], it is gone.
#[derive(Debug)]
pub(super) struct Aside {
    /// Locked as long as it is written: what nobody has locked was left by a process that is gone.
    file: File,
    path: PathBuf,
    place: PathBuf,
}

impl Aside {
    /// Opens a file aside of `place`.
    pub(super) fn open(place: &Path) -> Result<Self, ExportError> {
        let fault = |source| ExportError::Io { path: place.to_owned(), source };
        let name = place.file_name().ok_or_else(|| ExportError::NotAFile { path: place.to_owned() })?;
        for attempt in 0..1_000 {
            let mut aside = OsString::from(".");
            aside.push(name);
            aside.push(format!("{MARK}{}-{attempt}{ENDING}", std::process::id()));
            let path = place.with_file_name(aside);
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                // Whoever sweeps may have come before the lock; where the file system has none, nobody sweeps.
                Ok(file) if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) || !path.exists() => {}
                Ok(file) => return Ok(Self { file, path, place: place.to_owned() }),
                // Left by a process that was killed, or another export of this one.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(fault(e)),
            }
        }
        Err(fault(io::Error::new(io::ErrorKind::AlreadyExists, "too many unfinished files of this name in the folder")))
    }

    /// Waits until the bytes are on the disk.
    pub(super) fn sync(&self) -> Result<(), ExportError> {
        self.file.sync_all().map_err(|source| self.fault(source))
    }

    /// Puts the file in its place. What is there already stays, unless `overwrite`.
    pub(super) fn settle(self, overwrite: bool) -> Result<(), ExportError> {
        if overwrite {
            return fs::rename(&self.path, &self.place).map_err(|source| self.fault(source));
        }
        // Unlike renaming, linking can't replace a file that came meanwhile; dropping `self` removes the other name.
        match fs::hard_link(&self.path, &self.place) {
            Ok(()) => Ok(()),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(ExportError::Exists { path: self.place.clone() }),
            // Some file systems have no links.
            Err(_) if fs::symlink_metadata(&self.place).is_ok() => {
                Err(ExportError::Exists { path: self.place.clone() })
            }
            Err(_) => fs::rename(&self.path, &self.place).map_err(|source| self.fault(source)),
        }
    }

    fn fault(&self, source: io::Error) -> ExportError {
        ExportError::Io { path: self.place.clone(), source }
    }
}

impl Write for Aside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // Already gone once it was renamed into its place.
        let _ = fs::remove_file(&self.path);
    }
}

/// What stands between the name of the place and the process that writes.
const MARK: &str = ".loong-";
/// How the name of what is not whole yet ends.
const ENDING: &str = ".part";

/// Removes what exports that were killed left in a folder; what is being written stays. Nothing depends on it.
pub(super) fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if !entry.file_name().to_str().is_some_and(is_aside) || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        let Ok(file) = OpenOptions::new().write(true).open(entry.path()) else { continue };
        if file.try_lock().is_ok() {
            // Still locked, so that nobody begins to write it meanwhile.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether it is a name that [`Aside::open`] gives: `.set.jsonl.loong-4711-0.part`.
fn is_aside(name: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    name.starts_with('.')
        && name.strip_suffix(ENDING).and_then(|name| name.rsplit_once(MARK)).is_some_and(|(_, by)| {
            by.split_once('-').is_some_and(|(process, attempt)| is_number(process) && is_number(attempt))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_process_left_is_swept_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let left = at(".old.jsonl.loong-4711-0.part");
        let others = [".mine.part", ".mine.4711-0.part", "set.loong-4711-0.part", ".set.loong-4711.part", "set.jsonl"];
        for path in others.iter().map(|name| at(name)).chain([left.clone()]) {
            fs::write(path, "{}\n").unwrap();
        }
        fs::create_dir(at(".folder.loong-1-0.part")).unwrap();
        let alive = Aside::open(&at("set.jsonl")).unwrap();
        sweep(folder.path());
        assert!(!left.exists() && alive.path.exists());
        assert!(others.iter().all(|name| at(name).exists()) && at(".folder.loong-1-0.part").is_dir());
        drop(alive);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), others.len() + 1);
    }
}
