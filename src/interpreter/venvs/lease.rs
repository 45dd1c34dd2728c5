//! Who holds a venv: one process that makes or removes it, or any number that use it. The lock is a file next to the
//! venv's folder, and goes with the process that holds it, however that ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::kept::Made;

/// How often a venv in use is noted as used.
const NOTED: Duration = Duration::from_secs(3600);

/// A venv in use, which nobody may remove.
#[derive(Debug)]
pub(super) struct Lease {
    /// The file whose change says when the venv was last used.
    used: PathBuf,
    noted: Mutex<Instant>,
    /// `None` in a cache folder that is read only, where nobody can remove anything either.
    _lock: Option<File>,
}

impl Lease {
    /// Holds a venv that is ready, with what is known of it; `None` for one that is not. Waits while it is being made or
    /// removed.
    pub(super) fn take(folder: &Path) -> Option<(Self, Made)> {
        Made::read(folder)?;
        let lock = open(folder, |file| file.lock_shared().map(|()| true)).ok().flatten();
        // It may have been removed meanwhile.
        let made = Made::read(folder)?;
        let lease = Self { used: folder.join(USED), noted: Mutex::new(Instant::now()), _lock: lock };
        lease.note();
        Some((lease, made))
    }

    /// Notes the use, where the last note is old.
    pub(super) fn touch(&self) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.elapsed() >= NOTED {
            *noted = Instant::now();
            self.note();
        }
    }

    fn note(&self) {
        let recent = last_used(&self.used).is_some_and(|at| at.elapsed().is_ok_and(|age| age < NOTED));
        if !recent && let Err(e) = File::create(&self.used).and_then(|file| file.set_modified(SystemTime::now())) {
            tracing::debug!("{} can't be written: {e}", self.used.display());
        }
    }
}

/// Name of the file in a venv's folder that is touched when it is handed out.
pub(super) const USED: &str = "used";

/// When a file was last changed.
pub(super) fn last_used(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|m| m.modified()).ok()
}

/// Holds a venv alone; waits until nobody else holds it, and says so first.
pub(super) fn alone(folder: &Path, waiting: impl FnOnce()) -> io::Result<File> {
    if let Some(file) = try_alone(folder)? {
        return Ok(file);
    }
    waiting();
    loop {
        if let Some(file) = open(folder, |file| file.lock().map(|()| true))? {
            return Ok(file);
        }
    }
}

/// Holds a venv alone if nobody else holds it.
pub(super) fn try_alone(folder: &Path) -> io::Result<Option<File>> {
    open(folder, |file| match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(e)) => Err(e),
    })
}

/// The lock's path.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.with_extension("lock")
}

/// Opens the lock's file and locks it. Whoever removes a venv removes the file as well, and the lock of a removed file
/// keeps nobody away: then it is opened anew.
fn open(folder: &Path, lock: impl Fn(&File) -> io::Result<bool>) -> io::Result<Option<File>> {
    let path = path(folder);
    loop {
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path)?;
        if !lock(&file)? {
            return Ok(None);
        }
        let mine = file.metadata()?;
        if fs::metadata(&path).is_ok_and(|there| (there.dev(), there.ino()) == (mine.dev(), mine.ino())) {
            return Ok(Some(file));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        Made::default().write(folder).unwrap();
    }

    #[test]
    fn what_is_used_is_not_held_alone() {
        let cache = tempfile::tempdir().unwrap();
        let folder = cache.path().join("abc");
        assert!(Lease::take(&folder).is_none(), "there is nothing to hold");
        ready(&folder);
        let (one, _) = Lease::take(&folder).unwrap();
        let (two, _) = Lease::take(&folder).unwrap();
        assert!(folder.join(USED).exists());
        drop(one);
        assert!(try_alone(&folder).unwrap().is_none());
        drop(two);
        let held = try_alone(&folder).unwrap().expect("nobody uses it");
        assert!(try_alone(&folder).unwrap().is_none());
        drop(held);
    }

    #[test]
    fn a_lock_whose_file_was_removed_is_taken_anew() {
        let cache = tempfile::tempdir().unwrap();
        let folder = cache.path().join("abc");
        let remover = try_alone(&folder).unwrap().unwrap();
        let other = std::thread::spawn({
            let folder = folder.clone();
            move || alone(&folder, || ()).map(|file| file.metadata().unwrap().ino())
        });
        fs::remove_file(path(&folder)).unwrap();
        drop(remover);
        let held = other.join().unwrap().unwrap();
        assert_eq!(held, fs::metadata(path(&folder)).unwrap().ino());
    }

    #[test]
    fn use_is_noted_when_the_last_note_is_old() {
        let cache = tempfile::tempdir().unwrap();
        let folder = cache.path().join("abc");
        ready(&folder);
        let note = folder.join(USED);
        let old = SystemTime::now() - 3 * NOTED;
        File::create(&note).unwrap().set_modified(old).unwrap();
        drop(Lease::take(&folder).unwrap());
        assert!(last_used(&note).unwrap() > old + NOTED);
        let recent = SystemTime::now() - NOTED / 2;
        File::create(&note).unwrap().set_modified(recent).unwrap();
        drop(Lease::take(&folder).unwrap());
        assert_eq!(last_used(&note), Some(recent));
    }
}
