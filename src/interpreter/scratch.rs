//! Scratch folders on this machine's file system, for levels of isolation that have none of their own.

use std::ffi::CString;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, FlockOperation, Mode, OFlags, fchmod, flock, fstat, openat, statat, unlinkat,
};
use rustix::io::Errno;

/// A folder that is locked for as long as this is held, and removed with it.
#[derive(Debug)]
pub(super) struct Scratch {
    pub(super) path: PathBuf,
    /// Tells every [`sweep`], also one in another container that shares the cache folder, that the folder is in use.
    _lock: OwnedFd,
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

/// A folder that was made this lately may be one that is about to be locked.
const YOUNG: Duration = Duration::from_secs(60);

/// Makes an empty folder that only this user reads, under a name that no folder has.
pub(super) fn make(cache_dir: &Path) -> io::Result<Scratch> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let all = cache_dir.join("scratch");
    fs::create_dir_all(&all)?;
    loop {
        // Process ids repeat from container to container.
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_nanos());
        let nth = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = all.join(format!("{now:x}-{}-{nth}", std::process::id()));
        match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => {
                let lock = open(CWD, &path)?;
                flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
                return Ok(Scratch { path, _lock: lock });
            }
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
}

/// Removes the folders that nobody holds any more.
pub(super) fn sweep(cache_dir: &Path) {
    let Ok(entries) = fs::read_dir(cache_dir.join("scratch")) else { return };
    for path in entries.flatten().map(|e| e.path()) {
        let age = path.symlink_metadata().and_then(|m| m.modified()).ok().and_then(|m| m.elapsed().ok());
        let free = open(CWD, &path).is_ok_and(|f| flock(&f, FlockOperation::NonBlockingLockExclusive).is_ok());
        if free && age.is_some_and(|age| age > YOUNG) {
            remove(&path);
        }
    }
}

/// Removes a folder with all that a program left in it, without recursion and without following a link: a program may
/// nest folders deeper than any stack or path goes, and something of it may still be there to exchange a folder for a link
/// while this is at work. What can't be removed is left for the next [`sweep`].
pub(super) fn remove(folder: &Path) {
    // Only one that is a folder: what a link points to is not of a program's making.
    let Ok(root) = open(CWD, folder) else { return };
    if empty(root).is_ok() {
        let _ = fs::remove_dir(folder);
    }
}

/// An opened folder on the way down: what is left to do in it, and the name of the folder below that is being emptied.
struct Level {
    identity: (u64, u64),
    left: Vec<CString>,
    below: Option<CString>,
}

/// Empties an open folder. Only the folder that is being read is open, so that depth costs no descriptors.
fn empty(root: OwnedFd) -> io::Result<()> {
    let mut here = root;
    let mut way = vec![enter(&here)?];
    while let Some(level) = way.last_mut() {
        if let Some(name) = level.left.pop() {
            let below = open(&here, name.as_c_str())?;
            level.below = Some(name);
            here = below;
            way.push(enter(&here)?);
            continue;
        }
        way.pop();
        let Some(above) = way.last_mut() else { break };
        here = openat(&here, c"..", FOLDER, Mode::empty())?;
        // Moved meanwhile: what is above now may be anything.
        if identity(&here)? != above.identity {
            return Err(io::Error::other("a folder was moved while it was being removed"));
        }
        if let Some(name) = above.below.take() {
            unlinkat(&here, name.as_c_str(), AtFlags::REMOVEDIR)?;
        }
    }
    Ok(())
}

/// Entries that a program may have in scratch: each costs kernel memory.
const ENTRIES: usize = 16_384;

/// Bytes that folders take themselves, which a program of few files should not have to know of.
const FOLDERS: u64 = 1 << 16;

/// Folders in one another that a program may have: each is open while it is counted.
const DEPTH: usize = 64;

/// Whether a program's folder holds more bytes than it may, more entries, or folders nested too deep, for where no file
/// system enforces that. So does one that can't be looked into. Follows no link, and looks only at what it has opened.
pub(super) fn is_over(folder: &Path, limit: u64) -> bool {
    let counted = |bytes, entries| bytes <= limit.saturating_add(FOLDERS) && entries <= ENTRIES;
    let (mut bytes, mut entries) = (0_u64, 0_usize);
    let mut way: Vec<Dir> = match look_into(CWD, folder) {
        Ok(Some(root)) => vec![root],
        _ => return true,
    };
    while let Some(here) = way.last_mut() {
        let entry = match here.read() {
            Some(Ok(entry)) => entry,
            Some(Err(_)) => return true,
            None => {
                way.pop();
                continue;
            }
        };
        let name = entry.file_name();
        if [c".", c".."].contains(&name) {
            continue;
        }
        let Ok(at) = here.fd() else { return true };
        let stat = match statat(at, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => continue,
            Err(_) => return true,
        };
        entries += 1;
        bytes = bytes.saturating_add(u64::try_from(stat.st_blocks).unwrap_or(0).saturating_mul(512));
        if !counted(bytes, entries) {
            return true;
        }
        if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
            match look_into(at, name) {
                Ok(Some(_)) if way.len() >= DEPTH => return true,
                Ok(Some(below)) => way.push(below),
                Ok(None) => {}
                Err(_) => return true,
            }
        }
    }
    false
}

/// Opens a folder to list it; `None` where it was removed meanwhile, or exchanged for something that is none.
fn look_into<P: rustix::path::Arg>(at: impl AsFd, name: P) -> rustix::io::Result<Option<Dir>> {
    match openat(at, name, FOLDER, Mode::empty()) {
        Ok(folder) => Dir::new(folder).map(Some),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(None),
        Err(e) => Err(e),
    }
}

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Opens a folder, also one that its owner closed to itself.
fn open<P: rustix::path::Arg + Copy>(at: impl AsFd, name: P) -> io::Result<OwnedFd> {
    if let Ok(folder) = openat(at.as_fd(), name, FOLDER, Mode::empty()) {
        return Ok(folder);
    }
    // Its mode can be changed only by its name, which may be a link by now: but then one into what it may not read either.
    let stat = statat(at.as_fd(), name, AtFlags::SYMLINK_NOFOLLOW)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
        return Err(io::Error::other("it is no folder"));
    }
    let closed = openat(at.as_fd(), name, OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC), Mode::empty())?;
    if identity(&closed)? != (stat.st_dev, stat.st_ino) {
        return Err(io::Error::other("it was exchanged meanwhile"));
    }
    // A descriptor without rights has no mode of its own to change, but a name below `/proc` that is no link to follow.
    let path = format!("/proc/self/fd/{}", closed.as_raw_fd());
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    Ok(openat(at, name, FOLDER, Mode::empty())?)
}

/// Unlinks the files of an open folder and lists the folders in it.
fn enter(folder: &OwnedFd) -> io::Result<Level> {
    fchmod(folder, Mode::RWXU)?;
    let mut left = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if [c".", c".."].contains(&name) {
            continue;
        }
        let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
        if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
            left.push(name.to_owned());
        } else {
            unlinkat(folder, name, AtFlags::empty())?;
        }
    }
    Ok(Level { identity: identity(folder)?, left, below: None })
}

/// Device and number of an open file.
fn identity(file: &OwnedFd) -> io::Result<(u64, u64)> {
    let stat = fstat(file)?;
    Ok((stat.st_dev, stat.st_ino))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_what_is_nested_too_deep_to_name() {
        let cache = tempfile::tempdir().unwrap();
        let scratch = make(cache.path()).unwrap();
        let folder = scratch.path.clone();
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
    fn a_closed_folder_is_removed_and_a_link_in_place_of_one_is_not_followed() {
        let cache = tempfile::tempdir().unwrap();
        let scratch = make(cache.path()).unwrap();
        let folder = scratch.path.clone();
        fs::create_dir_all(folder.join("closed/inner")).unwrap();
        fs::write(folder.join("closed/inner/file"), "x").unwrap();
        fs::set_permissions(folder.join("closed"), fs::Permissions::from_mode(0o000)).unwrap();
        remove(&folder);
        assert!(!folder.exists());

        let victim = cache.path().join("victim");
        fs::create_dir(&victim).unwrap();
        fs::write(victim.join("kept"), "x").unwrap();
        fs::set_permissions(&victim, fs::Permissions::from_mode(0o755)).unwrap();
        let link = cache.path().join("scratch").join("link");
        std::os::unix::fs::symlink(&victim, &link).unwrap();
        sweep(cache.path());
        remove(&link);
        assert!(victim.join("kept").exists(), "what a link in the cache folder points to is nobody's scratch");
        assert_eq!(fs::metadata(&victim).unwrap().permissions().mode() & 0o777, 0o755);
    }

    #[test]
    fn a_folder_is_over_by_its_bytes_its_entries_its_depth_or_when_it_is_closed() {
        let cache = tempfile::tempdir().unwrap();
        let scratch = make(cache.path()).unwrap();
        let work = scratch.path.join("work");
        fs::create_dir(&work).unwrap();
        fs::write(work.join("file"), vec![1; 200 << 10]).unwrap();
        // A sparse file holds what it holds, and a link nothing of what it points to.
        fs::File::create(work.join("sparse")).unwrap().set_len(1 << 40).unwrap();
        std::os::unix::fs::symlink("/usr", work.join("link")).unwrap();
        assert!(!is_over(&scratch.path, 200 << 10) && is_over(&scratch.path, 100 << 10));
        let deep: PathBuf = std::iter::repeat_n("d", DEPTH + 1).collect();
        fs::create_dir_all(work.join(&deep)).unwrap();
        assert!(is_over(&scratch.path, 64 << 20));
        fs::remove_dir_all(work.join("d")).unwrap();
        assert!(!is_over(&scratch.path, 64 << 20));
        for i in 0..ENTRIES {
            fs::write(work.join(i.to_string()), "").unwrap();
        }
        assert!(is_over(&scratch.path, 64 << 20));
        assert!(is_over(&cache.path().join("nowhere"), 64 << 20));
    }

    #[test]
    fn sweeps_only_what_nobody_holds() {
        let cache = tempfile::tempdir().unwrap();
        let mine = make(cache.path()).unwrap();
        let all = cache.path().join("scratch");
        let old = SystemTime::now() - 2 * YOUNG;
        for name in ["dead", "young"] {
            fs::create_dir_all(all.join(name).join("work")).unwrap();
        }
        for path in [&mine.path, &all.join("dead")] {
            fs::File::open(path).unwrap().set_modified(old).unwrap();
        }
        sweep(cache.path());
        assert!(mine.path.exists() && !all.join("dead").exists() && all.join("young").exists());
        let path = mine.path.clone();
        drop(mine);
        assert!(!path.exists());
    }
}
