//! System calls: what a worker and a program may ask of the kernel.
//!
//! Three filters lie over each other. The first lets through the calls of the classic table and a few newer ones, and says
//! ENOSYS to all others, whatever a future kernel has (`clone3` and `io_uring` are among these). The second says EPERM to the
//! classic calls that no computation needs. The third is put on in the forked child alone: no other processes, no signals
//! but to itself.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, apply_filter,
};

/// Stands in the program's filter where the child's own pid belongs; the child puts it in before it installs the filter.
pub(in crate::interpreter) const PID_SENTINEL: u32 = 0x5AFE_C0DE;

/// The last call of the table that all architectures share their growth after (`rseq` and its neighbours are below).
#[cfg(target_arch = "x86_64")]
const CLASSIC: c_long = 334;
#[cfg(not(target_arch = "x86_64"))]
const CLASSIC: c_long = 294;

/// Newer calls that libraries use and that reach nothing.
const NEWER: &[c_long] = &[
    libc::SYS_pidfd_open, // the zygote waits with it; programs are denied it below
    libc::SYS_close_range,
    libc::SYS_openat2,
    libc::SYS_faccessat2,
    libc::SYS_epoll_pwait2,
    libc::SYS_futex_waitv,
];

/// Calls that no worker needs.
const DENIED: &[c_long] = &[
    // Network: no socket is ever made, and what a socketpair could reach by name is refused below.
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    // Other processes' memory and state.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_kcmp,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
    // The file system's shape.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_quotactl,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_fanotify_init,
    // Namespaces and identity.
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setreuid,
    libc::SYS_setregid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_setgroups,
    libc::SYS_capset,
    libc::SYS_personality,
    // The kernel itself.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_reboot,
    libc::SYS_syslog,
    libc::SYS_acct,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_vhangup,
    libc::SYS_lookup_dcookie,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    // Memory that no limit of the process counts.
    libc::SYS_memfd_create,
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_shmctl,
    libc::SYS_semget,
    libc::SYS_msgget,
    libc::SYS_mq_open,
    libc::SYS_io_setup,
    libc::SYS_mlock,
    libc::SYS_mlockall,
    libc::SYS_mlock2,
];

/// What is denied beyond that once a program runs.
const DENIED_TO_PROGRAMS: &[c_long] = &[
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_tkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_pidfd_open,
    libc::SYS_setsid,
    libc::SYS_setpgid,
    libc::SYS_seccomp,
    libc::SYS_timer_create,
    // Landlock keeps files from being read and written, not their modes, owners and times from being changed.
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chmod,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lchown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utime,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utimes,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_futimesat,
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_utimensat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
];

/// Puts the worker's filters on this process.
pub(super) fn apply_worker_filters() -> Result<(), String> {
    apply(&known()?)?;
    apply(&denied()?)
}

/// The program's filter, as the kernel reads it: an array of `struct sock_filter`.
pub(in crate::interpreter) fn program_filter() -> Result<Vec<u8>, String> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = DENIED_TO_PROGRAMS.iter().map(|nr| (*nr, vec![])).collect();
    let thread = libc::CLONE_THREAD as u64;
    rules.insert(libc::SYS_clone, vec![when(0, SeccompCmpOp::MaskedEq(thread), 0)?]);
    for nr in [libc::SYS_kill, libc::SYS_tgkill] {
        rules.insert(nr, vec![when32(0, SeccompCmpOp::Ne, u64::from(PID_SENTINEL))?]);
    }
    // Its limits are hard; another process's are not its to set.
    rules.insert(libc::SYS_prlimit64, vec![when32(0, SeccompCmpOp::Ne, 0)?]);
    let program = compile(rules, SeccompAction::Allow, SeccompAction::Errno(libc::EPERM as u32))?;
    let mut bytes = Vec::with_capacity(program.len() * 8);
    for step in program {
        bytes.extend(step.code.to_ne_bytes());
        bytes.extend([step.jt, step.jf]);
        bytes.extend(step.k.to_ne_bytes());
    }
    Ok(bytes)
}

fn known() -> Result<BpfProgram, String> {
    let rules = (0..=CLASSIC).chain(NEWER.iter().copied()).map(|nr| (nr, vec![])).collect();
    compile(rules, SeccompAction::Errno(libc::ENOSYS as u32), SeccompAction::Allow)
}

fn denied() -> Result<BpfProgram, String> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = DENIED.iter().map(|nr| (*nr, vec![])).collect();
    // A datagram with an address, over a socketpair, could reach an abstract socket.
    rules.insert(libc::SYS_sendto, vec![when(4, SeccompCmpOp::Ne, 0)?]);
    // No new namespaces by clone. The mask is all CLONE_NEW* flags.
    let namespaces = (libc::CLONE_NEWNS
        | libc::CLONE_NEWUTS
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWUSER
        | libc::CLONE_NEWPID
        | libc::CLONE_NEWNET
        | libc::CLONE_NEWCGROUP) as u64;
    let each = (0..64).map(|bit| 1u64 << bit).filter(|flag| namespaces & flag != 0);
    let clone = each.map(|flag| when(0, SeccompCmpOp::MaskedEq(flag), flag)).collect::<Result<_, _>>()?;
    rules.insert(libc::SYS_clone, clone);
    // TIOCSTI types into a terminal.
    rules.insert(libc::SYS_ioctl, vec![when32(1, SeccompCmpOp::Eq, libc::TIOCSTI)?]);
    compile(rules, SeccompAction::Allow, SeccompAction::Errno(libc::EPERM as u32))
}

fn when(argument: u8, operator: SeccompCmpOp, value: u64) -> Result<SeccompRule, String> {
    rule(argument, SeccompCmpArgLen::Qword, operator, value)
}

fn when32(argument: u8, operator: SeccompCmpOp, value: u64) -> Result<SeccompRule, String> {
    rule(argument, SeccompCmpArgLen::Dword, operator, value)
}

fn rule(argument: u8, length: SeccompCmpArgLen, operator: SeccompCmpOp, value: u64) -> Result<SeccompRule, String> {
    SeccompCondition::new(argument, length, operator, value)
        .and_then(|condition| SeccompRule::new(vec![condition]))
        .map_err(|e| format!("seccomp: {e}"))
}

fn compile(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    on_match: SeccompAction,
) -> Result<BpfProgram, String> {
    let arch: TargetArch = std::env::consts::ARCH.try_into().map_err(|e| format!("seccomp: {e}"))?;
    let filter = SeccompFilter::new(rules, otherwise, on_match, arch).map_err(|e| format!("seccomp: {e}"))?;
    filter.try_into().map_err(|e: seccompiler::BackendError| format!("seccomp: {e}"))
}

fn apply(program: &BpfProgram) -> Result<(), String> {
    apply_filter(program).map_err(|e| format!("seccomp does not work here: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filters_compile_and_the_sentinel_is_there_to_be_replaced() {
        assert!(known().unwrap().len() < 4096);
        assert!(denied().unwrap().len() < 4096);
        let bytes = program_filter().unwrap();
        assert_eq!(bytes.len() % 8, 0);
        let sentinel = PID_SENTINEL.to_ne_bytes();
        // Once in each rule about signals, and nowhere that an instruction is cut in two.
        let places: Vec<usize> =
            bytes.windows(4).enumerate().filter(|(_, w)| *w == sentinel).map(|(at, _)| at).collect();
        assert_eq!(places.len(), 2);
        assert!(places.iter().all(|at| at % 8 == 4));
    }
}
