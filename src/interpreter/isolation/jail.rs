//! A file tree that holds only what the worker may read, all of it read-only, and a small writable file system for
//! scratch. Landlock does not govern what has no right of its own (looking whether a path exists, changing modes and
//! times); a tree without the rest of the machine does.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::fs::StatVfsMountFlags;
use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind_recursive, mount_change, mount_remount, unmount,
};
use rustix::process::{chdir, pivot_root};

use super::{Refusal, Spec};

/// Device nodes that programs use.
const DEVICES: [&str; 4] = ["/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"];

/// Files and folders in scratch, all together: each costs kernel memory.
const INODES: u32 = 16_384;

/// A system call's error with what it was for.
fn at(what: &str, path: &Path) -> impl Fn(rustix::io::Errno) -> Refusal {
    move |e| Refusal::of(Some(e), format!("{what} {}: {e}", path.display()))
}

/// Builds the tree on `spec.jail` and makes it the root. `owner` is the user and group of the scratch folder.
pub(super) fn build(spec: &Spec, owner: u32) -> Result<(), Refusal> {
    let root = spec.jail.as_path();
    // Mounts made from here on are nobody else's.
    mount_change("/", MountPropagationFlags::REC | MountPropagationFlags::PRIVATE).map_err(at("private", root))?;
    tmpfs(root, "size=1m,mode=755", MountFlags::empty())?;
    let mut shown: Vec<PathBuf> = Vec::new();
    let mut wanted: Vec<PathBuf> = Vec::new();
    let mut links: Vec<(PathBuf, PathBuf)> = Vec::new();
    for path in &spec.readable {
        // What is missing on this machine is missing in the jail.
        let Ok(real) = path.canonicalize() else { continue };
        if real != *path {
            links.push((path.clone(), real.clone()));
        }
        wanted.push(real);
    }
    wanted.sort();
    for path in wanted {
        if !shown.iter().any(|s| path.starts_with(s)) {
            expose(root, &path, MountFlags::NODEV)?;
            shown.push(path);
        }
    }
    for device in DEVICES {
        expose(root, Path::new(device), MountFlags::empty())?;
    }
    for (link, target) in links {
        let inside = within(root, &link);
        if inside.symlink_metadata().is_err() {
            make_parents(&inside)?;
            // Fails when the parent is a folder of the machine, shown read-only: then the link is shown with it.
            let _ = symlink(target, inside);
        }
    }
    let scratch = within(root, &spec.scratch);
    fs::create_dir_all(&scratch).map_err(|e| format!("{}: {e}", scratch.display()))?;
    let data = format!("size={},nr_inodes={INODES},mode=700,uid={owner},gid={owner}", spec.scratch_bytes);
    tmpfs(&scratch, &data, MountFlags::NOEXEC)?;
    // Programs that name it expect a folder here; fails where something that is readable lies below it.
    let _ = symlink(&spec.scratch, within(root, Path::new("/tmp")));

    chdir(root).map_err(at("enter", root))?;
    pivot_root(".", ".").map_err(at("pivot to", root))?;
    // The old root now lies over the new one, and goes.
    unmount(".", UnmountFlags::DETACH).map_err(at("leave", root))?;
    chdir("/").map_err(at("enter", root))?;
    mount_remount("/", MountFlags::BIND | MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV, "")
        .map_err(at("read-only", root))
}

/// Where a path of the machine is inside the tree.
fn within(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

/// Mounts an empty file system in memory.
fn tmpfs(target: &Path, data: &str, flags: MountFlags) -> Result<(), Refusal> {
    let data = std::ffi::CString::new(data).map_err(|e| e.to_string())?;
    mount("tmpfs", target, "tmpfs", flags | MountFlags::NOSUID | MountFlags::NODEV, data.as_c_str())
        .map_err(at("tmpfs on", target))
}

/// Makes the folders above a path.
fn make_parents(path: &Path) -> Result<(), Refusal> {
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent).map_err(|e| format!("{}: {e}", parent.display()).into())
}

/// Shows a path of the machine in the tree, read-only.
fn expose(root: &Path, path: &Path, extra: MountFlags) -> Result<(), Refusal> {
    let inside = within(root, path);
    make_parents(&inside)?;
    if path.is_dir() {
        fs::create_dir_all(&inside).map_err(|e| format!("{}: {e}", inside.display()))?;
    } else {
        File::create(&inside).map_err(|e| format!("{}: {e}", inside.display()))?;
    }
    mount_bind_recursive(path, &inside).map_err(at("show", path))?;
    read_only(&inside, extra).map_err(at("read-only", path))?;
    // What is mounted below (an overlay, a driver's folder) may refuse; Landlock keeps it from being written.
    for below in mounts_below(&inside) {
        let _ = read_only(&below, extra);
    }
    Ok(())
}

/// Makes one mount read-only. The flags it already has are locked in a user namespace and must be asked for again.
fn read_only(target: &Path, extra: MountFlags) -> rustix::io::Result<()> {
    let has = rustix::fs::statvfs(target)?.f_flag;
    let mut flags = MountFlags::BIND | MountFlags::RDONLY | MountFlags::NOSUID | extra;
    for (had, flag) in [
        (StatVfsMountFlags::NODEV, MountFlags::NODEV),
        (StatVfsMountFlags::NOEXEC, MountFlags::NOEXEC),
        (StatVfsMountFlags::NOATIME, MountFlags::NOATIME),
        (StatVfsMountFlags::NODIRATIME, MountFlags::NODIRATIME),
        (StatVfsMountFlags::RELATIME, MountFlags::RELATIME),
    ] {
        if has.contains(had) {
            flags |= flag;
        }
    }
    mount_remount(target, flags, "")
}

/// Mount points strictly below a path.
fn mounts_below(path: &Path) -> Vec<PathBuf> {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    table
        .lines()
        .filter_map(|line| line.split(' ').nth(4))
        .map(|point| PathBuf::from(point.replace("\\040", " ")))
        .filter(|point| point.starts_with(path) && point != path)
        .collect()
}
