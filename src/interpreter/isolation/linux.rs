//! The order in which a launcher confines itself on Linux.

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::Command;

use rustix::process::{
    Gid, Resource, Rlimit, Signal, Uid, getegid, geteuid, getppid, set_parent_process_death_signal, setrlimit, setsid,
};
use rustix::thread::{
    CapabilitySet, UnshareFlags, remove_capability_from_bounding_set, set_no_new_privs, set_thread_groups,
    set_thread_res_gid, set_thread_res_uid, unshare_unsafe,
};

use super::{ASK_FOR_USERS, CANNOT, HAS_USERS, Identity, PASSING, PROCESSES, Refusal, Spec, calls, files, jail};
use crate::interpreter::Isolation;

/// The user and group that root becomes.
pub(super) const NOBODY: u32 = 65534;

/// The user and group that an ordinary user has inside its namespace: not 0, so that executing drops all capabilities.
pub(super) const INSIDE: u32 = 1000;

/// How far programs step back behind the rest of the machine.
const NICENESS: i32 = 5;

/// Confines this process and starts what the spec says; returns only why not.
pub(super) fn enter(spec: &Spec) -> Refusal {
    match confine(spec) {
        Ok(()) => start(spec),
        Err(why) => why,
    }
}

/// All layers, from the outside in.
fn confine(spec: &Spec) -> Result<(), Refusal> {
    // A session of its own: no terminal, and a process group that can be killed as one. Fails only for a group leader,
    // which has what it needs.
    let _ = setsid();
    give_way();
    limit(Resource::Core, 0)?;
    limit(Resource::Nofile, 256)?;
    match spec.level {
        Isolation::Full => {
            namespaces(spec.identity)?;
            jail::build(spec, inner(spec.identity))?;
            if spec.identity != Identity::Own {
                become_nobody(inner(spec.identity))?;
            }
            limit(Resource::Nproc, PROCESSES)?;
        }
        Isolation::Landlock => drop_capabilities(),
        Isolation::None => {}
        Isolation::SandboxExec => return Err("sandbox-exec is macOS's".to_owned().into()),
    }
    die_with_parent(spec.parent)?;
    for path in &spec.needed {
        rustix::fs::access(path, rustix::fs::Access::READ_OK)
            .map_err(|e| format!("the worker's identity can't read {}: {e}", path.display()))?;
    }
    set_no_new_privs(true).map_err(|e| format!("no_new_privs: {e}"))?;
    if spec.level != Isolation::None {
        files::restrict(spec)?;
        calls::restrict_worker()?;
    }
    Ok(())
}

/// Starts Python: in place, or as process 1 of the new pid namespace, which only a child can be.
fn start(spec: &Spec) -> Refusal {
    let Some((program, arguments)) = spec.command.split_first() else {
        return "there is nothing to start".to_owned().into();
    };
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(spec.env.iter().map(|(k, v)| (k, v)));
    let failed = |e: std::io::Error| {
        Refusal::of(rustix::io::Errno::from_io_error(&e), format!("{program} could not be started: {e}"))
    };
    if spec.level != Isolation::Full {
        return failed(command.exec());
    }
    match command.spawn() {
        Ok(mut child) => match child.wait() {
            Ok(status) => {
                // What Python ends with says nothing about isolation.
                let code = status.code().filter(|c| ![CANNOT, PASSING].contains(c));
                std::process::exit(code.or(status.signal().map(|n| 128 + n)).unwrap_or(1))
            }
            Err(e) => failed(e),
        },
        Err(e) => failed(e),
    }
}

/// Lets whoever has a screen to draw or an endpoint to answer go first: programs have all the processor that is left.
/// Where the kernel shares by session, a session has its own niceness; where it doesn't, the file is missing.
fn give_way() {
    let _ = rustix::process::nice(NICENESS);
    let _ = std::fs::write("/proc/self/autogroup", NICENESS.to_string());
}

/// Sets a soft and hard limit, or lowers to what is allowed.
fn limit(resource: Resource, most: u64) -> Result<(), String> {
    let hard = rustix::process::getrlimit(resource).maximum.map_or(most, |m| m.min(most));
    setrlimit(resource, Rlimit { current: Some(hard), maximum: Some(hard) }).map_err(|e| format!("{resource:?}: {e}"))
}

/// The user id that files of the jail are given to, as seen when they are made.
fn inner(identity: Identity) -> u32 {
    match identity {
        Identity::Own | Identity::Apart => INSIDE,
        Identity::Nobody => NOBODY,
    }
}

/// Leaves the machine's namespaces.
fn namespaces(identity: Identity) -> Result<(), Refusal> {
    let mut flags = UnshareFlags::NEWNS
        | UnshareFlags::NEWPID
        | UnshareFlags::NEWNET
        | UnshareFlags::NEWIPC
        | UnshareFlags::NEWUTS
        | UnshareFlags::NEWCGROUP;
    let (uid, gid) = (geteuid().as_raw(), getegid().as_raw());
    match identity {
        Identity::Own => flags |= UnshareFlags::NEWUSER,
        Identity::Apart => {
            leave(UnshareFlags::NEWUSER).map_err(|e| Refusal::of(Some(e), format!("user namespace: {e}")))?;
            be_given_users().map_err(|e| format!("the users of the namespace: {e}"))?;
        }
        Identity::Nobody => {}
    }
    leave(flags).map_err(|e| Refusal::of(Some(e), format!("namespaces: {e}")))?;
    if identity == Identity::Own {
        map_user(uid, gid).map_err(|e| format!("the user in its namespace: {e}"))?;
    }
    rustix::system::sethostname(b"loong").map_err(|e| format!("host name: {e}").into())
}

/// Leaves some of the machine's namespaces; the flags name nothing else.
pub(super) fn leave(flags: UnshareFlags) -> rustix::io::Result<()> {
    #[allow(unsafe_code, reason = "rustix marks every unshare as unsafe because of one flag that is not used here")]
    // SAFETY: the flags hold no `FILES`, so no thread loses descriptors that another made; this process has one thread.
    unsafe {
        unshare_unsafe(flags)
    }
}

/// Gives this process's user and group a name inside the user namespace that it has just entered.
pub(super) fn map_user(uid: u32, gid: u32) -> std::io::Result<()> {
    for (file, text) in [
        ("setgroups", "deny".to_owned()),
        ("uid_map", format!("{INSIDE} {uid} 1")),
        ("gid_map", format!("{INSIDE} {gid} 1")),
    ] {
        std::fs::write(Path::new("/proc/self").join(file), text)?;
    }
    Ok(())
}

/// Waits for whoever started this to name the users of the namespace, which nobody inside it may.
fn be_given_users() -> std::io::Result<()> {
    let socket = rustix::stdio::stdin();
    let mut answer = [0];
    rustix::io::write(socket, &[ASK_FOR_USERS])?;
    if rustix::io::read(socket, &mut answer)? == 1 && answer == [HAS_USERS] {
        return Ok(());
    }
    Err(std::io::Error::other("they were not named"))
}

/// Gives root up for good, for `nobody` as it is called here.
fn become_nobody(id: u32) -> Result<(), String> {
    let (uid, gid) = (Uid::from_raw(id), Gid::from_raw(id));
    set_thread_groups(&[])
        .and_then(|()| set_thread_res_gid(gid, gid, gid))
        .and_then(|()| set_thread_res_uid(uid, uid, uid))
        .map_err(|e| format!("becoming nobody: {e}"))
}

/// Takes every capability out of the bounding set, so that root's next program has none. Ordinary users have none to
/// lose, and may not even ask.
fn drop_capabilities() {
    for capability in CapabilitySet::all().iter() {
        let _ = remove_capability_from_bounding_set(capability);
    }
}

/// Dies when whoever started this dies. After a change of identity, which resets it.
fn die_with_parent(parent: u32) -> Result<(), String> {
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(|e| format!("parent-death signal: {e}"))?;
    let now = getppid().map_or(0, |p| p.as_raw_nonzero().get().unsigned_abs());
    if now == parent { Ok(()) } else { Err("whoever started this is gone".to_owned()) }
}
