//! Each layer of isolation tried by itself, so that `loong doctor` can say which one this machine refuses. Trying
//! changes the process that tries, so each has one of its own: `loong __confine layer NAME FOLDER`.

use std::path::Path;

use landlock::{Access, AccessFs, LandlockStatus, Ruleset, RulesetAttr, RulesetStatus};
use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_change};
use rustix::process::{getegid, geteuid};
use rustix::thread::{UnshareFlags, no_new_privs, set_no_new_privs};
use serde::{Deserialize, Serialize};

use super::{calls, files, linux};
use crate::words::words;

words! {
    /// A layer that can be tried.
    pub(in crate::interpreter) enum Layer {
        /// A user namespace, with the user in it.
        User = "user",
        /// An own table of mounts.
        Mount = "mount",
        /// Own process ids.
        Pid = "pid",
        /// An own, empty network.
        Net = "net",
        /// Own shared memory and queues.
        Ipc = "ipc",
        /// An own host name.
        Uts = "uts",
        /// An own view of control groups.
        Cgroup = "cgroup",
        /// A file tree of its own.
        Tree = "tree",
        /// Landlock.
        Landlock = "landlock",
        /// Filters of system calls.
        Seccomp = "seccomp",
        /// `no_new_privs`.
        Privileges = "privileges",
    }
}

/// Why a layer is not to be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::interpreter) struct Refused {
    /// The system's error number; 0 where it is none of its errors.
    pub(in crate::interpreter) errno: i32,
    /// A phrase.
    pub(in crate::interpreter) why: String,
}

impl Refused {
    fn new(why: impl Into<String>) -> Self {
        Self { errno: 0, why: why.into() }
    }
}

impl From<rustix::io::Errno> for Refused {
    fn from(e: rustix::io::Errno) -> Self {
        std::io::Error::from(e).into()
    }
}

impl From<std::io::Error> for Refused {
    fn from(e: std::io::Error) -> Self {
        let said = e.to_string();
        let why = said.split(" (os error").next().unwrap_or_default().to_owned();
        Self { errno: e.raw_os_error().unwrap_or(0), why }
    }
}

/// What came of trying a layer: a phrase, perhaps empty, or why not.
pub(in crate::interpreter) type Tried = Result<String, Refused>;

/// Tries a layer on this process, which is of no other use afterwards. `folder` is an empty one to mount on.
pub(in crate::interpreter) fn try_layer(layer: Layer, folder: &Path) -> Tried {
    match layer {
        Layer::User => user_namespace().map(|()| String::new()),
        Layer::Mount => namespace(UnshareFlags::NEWNS),
        Layer::Pid => namespace(UnshareFlags::NEWPID),
        Layer::Net => namespace(UnshareFlags::NEWNET),
        Layer::Ipc => namespace(UnshareFlags::NEWIPC),
        Layer::Uts => namespace(UnshareFlags::NEWUTS),
        Layer::Cgroup => namespace(UnshareFlags::NEWCGROUP),
        Layer::Tree => tree(folder),
        Layer::Landlock => landlock(),
        Layer::Seccomp => seccomp(),
        Layer::Privileges => {
            set_no_new_privs(true)?;
            if no_new_privs()? { Ok(String::new()) } else { Err(Refused::new("it was set and did not stay")) }
        }
    }
}

fn user_namespace() -> Result<(), Refused> {
    let (uid, gid) = (geteuid().as_raw(), getegid().as_raw());
    linux::leave(UnshareFlags::NEWUSER)?;
    Ok(linux::map_user(uid, gid)?)
}

/// One namespace: by root's right where there is one, else inside a user namespace.
fn namespace(flag: UnshareFlags) -> Tried {
    if geteuid().is_root() && linux::leave(flag).is_ok() {
        return Ok("root".to_owned());
    }
    user_namespace()?;
    linux::leave(flag)?;
    Ok(String::new())
}

/// A file system of one's own, mounted where nobody else sees it.
fn tree(folder: &Path) -> Tried {
    namespace(UnshareFlags::NEWNS)?;
    mount_change("/", MountPropagationFlags::REC | MountPropagationFlags::PRIVATE)?;
    mount("tmpfs", folder, "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, c"size=64k")?;
    Ok(String::new())
}

/// Nothing at all may be opened any more; says which version the kernel has.
fn landlock() -> Tried {
    let restrict = || Ruleset::default().handle_access(AccessFs::from_all(files::NEWEST))?.create()?.restrict_self();
    let status = restrict().map_err(|e| Refused::new(e.to_string()))?;
    let version = match status.landlock {
        LandlockStatus::NotImplemented => return Err(Refused::new("the kernel is older than 5.13, or built without")),
        LandlockStatus::NotEnabled => return Err(Refused::new("the kernel has it, and it was not enabled at boot")),
        LandlockStatus::Available { effective_abi, kernel_abi } => kernel_abi.unwrap_or(effective_abi as i32),
    };
    if status.ruleset == RulesetStatus::NotEnforced || std::fs::read_dir("/").is_ok() {
        return Err(Refused::new("files could be read that were forbidden"));
    }
    Ok(format!("version {version}"))
}

/// The very filter of workers, and a call that it forbids.
fn seccomp() -> Tried {
    set_no_new_privs(true)?;
    calls::restrict_worker().map_err(Refused::new)?;
    match std::net::TcpListener::bind(("127.0.0.1", 0)) {
        Ok(_) => Err(Refused::new("a call went through that was forbidden")),
        Err(_) => Ok(String::new()),
    }
}
