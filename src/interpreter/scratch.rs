//! Scratch folders on this machine's file system, for levels of isolation that have none of their own.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes an empty folder that only this user reads. Its name starts with this process's id, so that [`sweep`] knows whose
/// it was.
pub(super) fn make(cache_dir: &Path) -> io::Result<PathBuf> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let name = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let folder = cache_dir.join("scratch").join(name);
    remove(&folder);
    fs::create_dir_all(&folder)?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
    Ok(folder)
}

/// Removes the folders of processes that are gone.
pub(super) fn sweep(cache_dir: &Path) {
    let Ok(entries) = fs::read_dir(cache_dir.join("scratch")) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|n| n.split_once('-')).and_then(|(pid, _)| pid.parse().ok());
        let gone = owner
            .and_then(rustix::process::Pid::from_raw)
            .is_some_and(|pid| rustix::process::test_kill_process(pid).is_err_and(|e| e == rustix::io::Errno::SRCH));
        if gone {
            remove(&entry.path());
        }
    }
}

/// Removes a folder with all that a program left in it, without recursion: a program may nest folders deeper than any
/// stack. What can't be removed is left for the next [`sweep`].
pub(super) fn remove(folder: &Path) {
    let mut moved = 0_u64;
    loop {
        let Ok(entries) = fs::read_dir(folder) else { return };
        let left: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
        if left.is_empty() || left.iter().any(|path| flatten(folder, path, &mut moved).is_err()) {
            break;
        }
    }
    let _ = fs::remove_dir(folder);
}

/// Removes one entry of `folder`; folders inside it move up to `folder` and wait for their turn.
fn flatten(folder: &Path, path: &Path, moved: &mut u64) -> io::Result<()> {
    if !path.symlink_metadata()?.is_dir() {
        return fs::remove_file(path);
    }
    let open = fs::Permissions::from_mode(0o700);
    fs::set_permissions(path, open.clone())?;
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::set_permissions(entry.path(), open.clone())?;
            *moved += 1;
            fs::rename(entry.path(), unused(folder, moved))?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    fs::remove_dir(path)
}

/// A name in `folder` that nothing has.
fn unused(folder: &Path, moved: &mut u64) -> PathBuf {
    loop {
        let path = folder.join(format!(".moved-{moved}"));
        if path.symlink_metadata().is_err() {
            return path;
        }
        *moved += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_what_is_nested_too_deep_to_name() {
        let cache = tempfile::tempdir().unwrap();
        let folder = make(cache.path()).unwrap();
        let outside = cache.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("kept"), "x").unwrap();
        std::os::unix::fs::symlink(&outside, folder.join("link")).unwrap();
        // Nested from the inside out, since a path of this depth has no name.
        let (inner, outer) = (folder.join("inner"), folder.join("outer"));
        fs::create_dir(&inner).unwrap();
        for _ in 0..3000 {
            fs::create_dir(&outer).unwrap();
            fs::write(outer.join(".moved-1"), "in the way").unwrap();
            fs::rename(&inner, outer.join("inner")).unwrap();
            fs::rename(&outer, &inner).unwrap();
        }
        remove(&folder);
        assert!(!folder.exists());
        assert!(outside.join("kept").exists(), "a link is removed, never followed");
    }

    #[test]
    fn sweeps_only_what_no_process_owns() {
        let cache = tempfile::tempdir().unwrap();
        let mine = make(cache.path()).unwrap();
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let dead = cache.path().join("scratch").join(format!("{}-0", child.id()));
        child.wait().unwrap();
        fs::create_dir_all(dead.join("work")).unwrap();
        sweep(cache.path());
        assert!(mine.exists() && !dead.exists());
    }
}
