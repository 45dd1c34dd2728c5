//! Linux: namespaces where they are allowed; Landlock and seccomp always, or nothing runs.

use std::fs;
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus,
    Scope, path_beneath_rules,
};
use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_change};
use rustix::process::{Resource, Rlimit, getegid, geteuid, setrlimit};
use rustix::thread::{UnshareFlags, set_no_new_privs};

use super::super::Isolation;
use super::super::confine::Spec;
use super::seccomp;

/// The user that programs are, inside their namespace: nobody in particular, and not root, so that exec drops what
/// capabilities there are.
const INSIDE: u32 = 65_534;

/// Confines this process and what it will start. Must be called while there is one thread.
///
/// # Errors
/// A sentence: Landlock or seccomp does not work here.
pub(in crate::interpreter) fn confine(spec: &Spec) -> Result<Isolation, String> {
    let told = |what: &str, e: &dyn std::fmt::Display| format!("{what}: {e}");
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }).map_err(|e| told("core limit", &e))?;
    let namespaces = enter_namespaces().is_ok();
    if namespaces {
        // A file system of its own: the quota is the file system's size, and nothing stays on the disk.
        private_scratch(&spec.scratch, spec.scratch_bytes).map_err(|e| told("scratch", &e))?;
    }
    set_no_new_privs(true).map_err(|e| told("no_new_privs", &e))?;
    landlock(spec)?;
    seccomp::apply_worker_filters()?;
    Ok(if namespaces { Isolation::Full } else { Isolation::Landlock })
}

fn enter_namespaces() -> std::io::Result<()> {
    let (user, group) = (geteuid().as_raw(), getegid().as_raw());
    let flags = UnshareFlags::NEWUSER
        | UnshareFlags::NEWNET
        | UnshareFlags::NEWIPC
        | UnshareFlags::NEWNS
        | UnshareFlags::NEWPID;
    // SAFETY: `unshare` is unsafe because it can pull file descriptors and the like from under other threads. There are no
    // other threads: the launcher calls this first of all, and CLONE_FILES and CLONE_FS are not among the flags.
    #[allow(unsafe_code)]
    unsafe {
        rustix::thread::unshare_unsafe(flags)?;
    }
    // Refused where it is already so; what counts is that the maps below are taken.
    let _ = fs::write("/proc/self/setgroups", "deny");
    fs::write("/proc/self/uid_map", format!("{INSIDE} {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("{INSIDE} {group} 1"))?;
    Ok(())
}

fn private_scratch(scratch: &Path, bytes: u64) -> rustix::io::Result<()> {
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
    read_only_everywhere();
    let options = std::ffi::CString::new(format!("size={bytes},nr_inodes=4096,mode=0700")).unwrap_or_default();
    mount(
        "tmpfs",
        scratch,
        "tmpfs",
        MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC,
        Some(options.as_c_str()),
    )
}

/// Makes every mount of this namespace read-only: a second wall behind Landlock, also for modes and times. Best effort:
/// kernels before 5.12 do not have the call, and seccomp refuses the same to programs.
fn read_only_everywhere() {
    /// `struct mount_attr` of <linux/mount.h>.
    #[repr(C)]
    struct MountAttributes {
        set: u64,
        clear: u64,
        propagation: u64,
        user_namespace: u64,
    }
    const READ_ONLY: u64 = 1;
    let wanted = MountAttributes { set: READ_ONLY, clear: 0, propagation: 0, user_namespace: 0 };
    // SAFETY: the path is a C string that lives through the call, and the kernel reads exactly the given size of a struct
    // laid out as its own; nothing is written to this process's memory.
    #[allow(unsafe_code)]
    unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            c"/".as_ptr(),
            libc::AT_RECURSIVE,
            std::ptr::from_ref(&wanted),
            size_of::<MountAttributes>(),
        );
    }
}

fn landlock(spec: &Spec) -> Result<(), String> {
    let told = |e: &dyn std::fmt::Display| format!("Landlock: {e}");
    // The newest interface that is known; what the kernel does not have of it is left out (best effort), but not the
    // first version, which is what keeps files away.
    let abi = ABI::V6;
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V1))
        .map_err(|e| told(&e))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))
        .and_then(|r| r.handle_access(AccessNet::from_all(abi)))
        .and_then(|r| r.scope(Scope::from_all(abi)))
        .and_then(Ruleset::create)
        .map_err(|e| told(&e))?
        .add_rules(path_beneath_rules(&spec.readable, AccessFs::from_read(abi)))
        .and_then(|r| r.add_rules(path_beneath_rules(["/dev/null"], AccessFs::from_file(abi) & !AccessFs::Execute)))
        .and_then(|r| {
            r.add_rules(path_beneath_rules(
                [&spec.scratch],
                AccessFs::from_all(abi)
                    & !(AccessFs::Execute | AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::MakeSock),
            ))
        })
        .and_then(landlock::RulesetCreated::restrict_self)
        .map_err(|e| told(&e))?;
    if status.ruleset == RulesetStatus::NotEnforced {
        return Err("Landlock is not enabled in this kernel".to_owned());
    }
    Ok(())
}
