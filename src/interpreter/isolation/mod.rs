//! What stands between a program and this machine.
//!
//! The launcher (`loong __confine`) is a fresh, single-threaded process that confines *itself*, layer by layer, and then
//! becomes or starts Python: nothing here runs in the process that has the user's keys and files open, and nothing has to
//! be safe between fork and exec. The layers, from the outside in: namespaces with an own file tree ([`jail`]), Landlock
//! ([`files`]), system calls ([`calls`]), resource limits. The worker adds the last one to every program's process: the
//! filter of [`calls::program_filter`].

#[cfg(target_os = "linux")]
pub(super) mod calls;
#[cfg(target_os = "linux")]
mod files;
#[cfg(target_os = "linux")]
mod jail;
#[cfg(target_os = "linux")]
pub(super) mod layers;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Isolation;

/// Status with which the launcher says that this level of isolation does not work here; the reason is on stderr.
pub(super) const CANNOT: i32 = 96;

/// Most processes and threads of the worker's user inside its namespace.
pub(super) const PROCESSES: u64 = 1024;

/// Status with which it says that something was short just now.
pub(super) const PASSING: i32 = 97;

/// Why a launcher gave up, as a phrase.
#[derive(Debug)]
pub(super) enum Refusal {
    /// This level of isolation does not work here, and will not.
    Cannot(String),
    /// Something was short just now: no reason for less isolation.
    Passing(String),
}

impl Refusal {
    /// What came of an error: a machine that is short of something is not one that lacks a layer.
    #[cfg(target_os = "linux")]
    fn of(errno: Option<rustix::io::Errno>, why: String) -> Self {
        use rustix::io::Errno;
        match errno {
            Some(Errno::AGAIN | Errno::NOMEM | Errno::MFILE | Errno::NFILE | Errno::INTR) => Self::Passing(why),
            _ => Self::Cannot(why),
        }
    }
}

impl From<String> for Refusal {
    fn from(why: String) -> Self {
        Self::Cannot(why)
    }
}

/// Whose identity the worker has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Identity {
    /// The user's own, in a user namespace where it has no privileges.
    Own,
    /// `nobody`'s, in a user namespace of its own: only root can give its own up so, and only with the help of whoever
    /// starts the launcher, who names the users of the namespace ([`ASK_FOR_USERS`]).
    Apart,
    /// `nobody`'s, without a user namespace: its processes count together with all others of `nobody`.
    Nobody,
}

/// What a launcher that has entered its user namespace writes to its stdin, a socket, and what it is answered once the
/// namespace has users.
pub(super) const ASK_FOR_USERS: u8 = b'u';
/// The answer.
pub(super) const HAS_USERS: u8 = b'm';

/// Names the users of a launcher's namespace: root, who builds the jail, and `nobody` for what is worker and program.
#[cfg(target_os = "linux")]
pub(super) fn name_users(launcher: u32) -> std::io::Result<()> {
    for file in ["uid_map", "gid_map"] {
        let text = format!("0 0 1\n{} {} 1\n", linux::INSIDE, linux::NOBODY);
        std::fs::write(format!("/proc/{launcher}/{file}"), text)?;
    }
    Ok(())
}

/// No launcher asks for it here.
#[cfg(not(target_os = "linux"))]
pub(super) fn name_users(_: u32) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// What the launcher is told, as JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Spec {
    /// The level wanted.
    pub(super) level: Isolation,
    /// Whose identity the worker has.
    pub(super) identity: Identity,
    /// Process id of whoever starts the launcher: when it is gone, so is the reason to go on.
    pub(super) parent: u32,
    /// The program to start, and its arguments.
    pub(super) command: Vec<String>,
    /// Its whole environment.
    pub(super) env: Vec<(String, String)>,
    /// Folders and files that it may read and map. Those that are missing are left out.
    pub(super) readable: Vec<PathBuf>,
    /// Files that it must be able to read: a change of identity may lose them.
    pub(super) needed: Vec<PathBuf>,
    /// The folder it may write. At level `full` it is inside the jail, and a file system of its own.
    pub(super) scratch: PathBuf,
    /// Bytes of that file system.
    pub(super) scratch_bytes: u64,
    /// An empty folder to build the jail on, at level `full`.
    pub(super) jail: PathBuf,
}

/// Confines this process and starts what the spec says. Returns only when that is not possible.
pub(super) fn enter(spec: &Spec) -> Refusal {
    #[cfg(target_os = "linux")]
    return linux::enter(spec);
    #[cfg(target_os = "macos")]
    return Refusal::Cannot(macos::enter(spec));
    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    return Refusal::Cannot(format!("there is no backend for this operating system ({})", spec.level));
}
