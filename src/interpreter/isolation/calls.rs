//! Which system calls a worker may make, and which of these its programs may not.
//!
//! Two filters confine the worker: one names what there is, so that a call which a newer kernel brings is not there
//! (ENOSYS); one names what of it is forbidden, so that a program which tries gets an error that says so (EPERM). A third is
//! compiled here and installed by the worker in every program's process: no new processes, and signals to itself only.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Len, SeccompCmpOp as Op, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};

use crate::interpreter::Isolation;

/// Stands for the program's own process id in [`program_filter`], since that is known only after the fork.
pub(crate) const OWN_PID: u32 = 0x6C6F_6E67;

/// Calls that Python and scientific libraries make, with any arguments.
const ALLOWED: &[c_long] = &[
    // files that are open, or that Landlock lets be opened
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_preadv,
    libc::SYS_pwritev,
    libc::SYS_preadv2,
    libc::SYS_pwritev2,
    libc::SYS_openat,
    libc::SYS_openat2,
    libc::SYS_close,
    libc::SYS_close_range,
    libc::SYS_lseek,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_statfs,
    libc::SYS_fstatfs,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_getdents64,
    libc::SYS_getcwd,
    libc::SYS_chdir,
    libc::SYS_fchdir,
    libc::SYS_mkdirat,
    libc::SYS_unlinkat,
    libc::SYS_renameat2,
    libc::SYS_linkat,
    libc::SYS_symlinkat,
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_utimensat,
    libc::SYS_umask,
    libc::SYS_truncate,
    libc::SYS_ftruncate,
    libc::SYS_fallocate,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_fadvise64,
    libc::SYS_readahead,
    libc::SYS_flock,
    libc::SYS_fcntl,
    libc::SYS_ioctl,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_pipe2,
    libc::SYS_copy_file_range,
    libc::SYS_sendfile,
    libc::SYS_getxattr,
    libc::SYS_lgetxattr,
    libc::SYS_fgetxattr,
    libc::SYS_listxattr,
    libc::SYS_llistxattr,
    libc::SYS_flistxattr,
    // waiting for descriptors
    libc::SYS_pselect6,
    libc::SYS_ppoll,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_eventfd2,
    // event loops talk to themselves over a pair of sockets, made below
    libc::SYS_recvfrom,
    // the worker is handed descriptors; its programs lose it
    libc::SYS_recvmsg,
    libc::SYS_shutdown,
    libc::SYS_getsockopt,
    libc::SYS_getsockname,
    libc::SYS_getpeername,
    // memory
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_msync,
    libc::SYS_mincore,
    libc::SYS_membarrier,
    // processes and threads: the worker forks, starts Python once, and kills; its programs lose these
    libc::SYS_clone,
    libc::SYS_execve,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_wait4,
    libc::SYS_waitid,
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_tgkill,
    libc::SYS_prctl,
    libc::SYS_prlimit64,
    libc::SYS_getrlimit,
    libc::SYS_setrlimit,
    libc::SYS_getrusage,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_gettid,
    libc::SYS_getpgid,
    libc::SYS_getsid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_getresuid,
    libc::SYS_getresgid,
    libc::SYS_getgroups,
    libc::SYS_getpriority,
    libc::SYS_set_tid_address,
    libc::SYS_set_robust_list,
    libc::SYS_get_robust_list,
    libc::SYS_rseq,
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_setaffinity,
    libc::SYS_sched_getparam,
    libc::SYS_sched_getscheduler,
    libc::SYS_sched_get_priority_max,
    libc::SYS_sched_get_priority_min,
    libc::SYS_getcpu,
    // signals and time
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_rt_sigpending,
    libc::SYS_rt_sigtimedwait,
    libc::SYS_rt_sigsuspend,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_getitimer,
    libc::SYS_setitimer,
    libc::SYS_timer_create,
    libc::SYS_timer_settime,
    libc::SYS_timer_gettime,
    libc::SYS_timer_getoverrun,
    libc::SYS_timer_delete,
    libc::SYS_nanosleep,
    libc::SYS_clock_nanosleep,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_gettimeofday,
    libc::SYS_times,
    libc::SYS_sysinfo,
    libc::SYS_uname,
    libc::SYS_getrandom,
];

/// The same calls in the older forms that only x86-64 has, with a new one that libc does not name.
#[cfg(target_arch = "x86_64")]
const ALLOWED_HERE: &[c_long] = &[
    libc::SYS_open,
    libc::SYS_creat,
    libc::SYS_stat,
    libc::SYS_lstat,
    libc::SYS_access,
    libc::SYS_readlink,
    libc::SYS_getdents,
    libc::SYS_mkdir,
    libc::SYS_rmdir,
    libc::SYS_unlink,
    libc::SYS_rename,
    libc::SYS_renameat,
    libc::SYS_link,
    libc::SYS_symlink,
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS_utime,
    libc::SYS_utimes,
    libc::SYS_futimesat,
    libc::SYS_dup2,
    libc::SYS_pipe,
    libc::SYS_select,
    libc::SYS_poll,
    libc::SYS_epoll_create,
    libc::SYS_epoll_wait,
    libc::SYS_eventfd,
    libc::SYS_fork,
    libc::SYS_vfork,
    libc::SYS_getpgrp,
    libc::SYS_arch_prctl,
    libc::SYS_pause,
    libc::SYS_alarm,
    libc::SYS_time,
];
#[cfg(not(target_arch = "x86_64"))]
const ALLOWED_HERE: &[c_long] = &[];

/// Calls that are refused by name.
const FORBIDDEN: &[c_long] = &[
    // the network, and descriptors of other processes
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    libc::SYS_recvmmsg,
    libc::SYS_setsockopt,
    // other processes
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_process_mrelease,
    libc::SYS_kcmp,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_setpriority,
    libc::SYS_sched_setscheduler,
    libc::SYS_sched_setparam,
    libc::SYS_sched_setattr,
    libc::SYS_ioprio_set,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
    libc::SYS_setsid,
    libc::SYS_setpgid,
    libc::SYS_execveat,
    // memory that outlives or is shared beyond a process
    libc::SYS_memfd_create,
    libc::SYS_memfd_secret,
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_shmctl,
    libc::SYS_shmdt,
    libc::SYS_semget,
    libc::SYS_semop,
    libc::SYS_semtimedop,
    libc::SYS_semctl,
    libc::SYS_msgget,
    libc::SYS_msgsnd,
    libc::SYS_msgrcv,
    libc::SYS_msgctl,
    libc::SYS_mq_open,
    libc::SYS_mq_unlink,
    libc::SYS_mq_notify,
    libc::SYS_mq_timedsend,
    libc::SYS_mq_timedreceive,
    libc::SYS_mq_getsetattr,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    // large and young parts of the kernel
    libc::SYS_bpf,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_io_setup,
    libc::SYS_io_submit,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_fanotify_init,
    libc::SYS_fanotify_mark,
    libc::SYS_inotify_init1,
    libc::SYS_seccomp,
    libc::SYS_vmsplice,
    libc::SYS_splice,
    libc::SYS_tee,
    // namespaces, mounts, handles
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_mount_setattr,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_mknodat,
    libc::SYS_quotactl,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    // identity and privileges
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setreuid,
    libc::SYS_setregid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_setfsuid,
    libc::SYS_setfsgid,
    libc::SYS_setgroups,
    libc::SYS_capset,
    libc::SYS_personality,
    // the machine
    libc::SYS_kexec_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_vhangup,
];

#[cfg(target_arch = "x86_64")]
const FORBIDDEN_HERE: &[c_long] =
    &[libc::SYS_mknod, libc::SYS_ioperm, libc::SYS_iopl, libc::SYS_kexec_file_load, libc::SYS_inotify_init];
#[cfg(not(target_arch = "x86_64"))]
const FORBIDDEN_HERE: &[c_long] = &[];

/// Calls that change metadata of files, which Landlock does not govern: forbidden to programs where no jail hides and
/// protects the machine's files. (`truncate` is governed from its third version on.)
const METADATA: &[c_long] = &[
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_utimensat,
    libc::SYS_truncate,
];

#[cfg(target_arch = "x86_64")]
const METADATA_HERE: &[c_long] =
    &[libc::SYS_chmod, libc::SYS_chown, libc::SYS_lchown, libc::SYS_utime, libc::SYS_utimes, libc::SYS_futimesat];
#[cfg(not(target_arch = "x86_64"))]
const METADATA_HERE: &[c_long] = &[];

/// Calls that read attributes of files by their path, wherever those are.
const ATTRIBUTES: &[c_long] = &[libc::SYS_getxattr, libc::SYS_lgetxattr, libc::SYS_listxattr, libc::SYS_llistxattr];

/// Calls that start a process, or bring in a descriptor: a program's process makes neither.
const PROCESSES: &[c_long] = &[libc::SYS_execve, libc::SYS_execveat, libc::SYS_recvmsg];
#[cfg(target_arch = "x86_64")]
const PROCESSES_HERE: &[c_long] = &[libc::SYS_fork, libc::SYS_vfork];
#[cfg(not(target_arch = "x86_64"))]
const PROCESSES_HERE: &[c_long] = &[];

/// A filter's calls and, for each, the argument rules of which one must hold; none means always.
type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// What can go wrong while a filter is made: nothing that input can cause.
type Made<T> = Result<T, seccompiler::BackendError>;

/// A rule on one argument.
fn when(argument: u8, length: Len, operator: Op, value: u64) -> Made<SeccompRule> {
    SeccompRule::new(vec![SeccompCondition::new(argument, length, operator, value)?])
}

/// Compiles a filter.
fn compile(rules: Rules, matching: SeccompAction, otherwise: SeccompAction) -> Made<BpfProgram> {
    let arch: TargetArch = std::env::consts::ARCH.try_into()?;
    SeccompFilter::new(rules, otherwise, matching, arch)?.try_into()
}

/// An error number as a filter's answer.
fn errno(number: libc::c_int) -> SeccompAction {
    SeccompAction::Errno(number.unsigned_abs())
}

/// Rules that always hold.
fn always<'a>(calls: impl IntoIterator<Item = &'a c_long>) -> Rules {
    calls.into_iter().map(|&call| (call, Vec::new())).collect()
}

/// What there is for a worker: all else is not, as on an older kernel. That includes `clone3`, whose arguments can't be
/// looked at; libraries then use `clone`. What is forbidden is there, for [`forbidden`] to refuse.
fn known() -> Made<BpfProgram> {
    let mut rules = always(ALLOWED.iter().chain(ALLOWED_HERE).chain(FORBIDDEN).chain(FORBIDDEN_HERE));
    let unix = SeccompCondition::new(0, Len::Dword, Op::Eq, widen(libc::AF_UNIX))?;
    // Only connected streams: over datagrams, a program could reach sockets by address.
    let stream = SeccompCondition::new(1, Len::Dword, Op::MaskedEq(0xF), widen(libc::SOCK_STREAM))?;
    rules.insert(libc::SYS_socketpair, vec![SeccompRule::new(vec![unix, stream])?]);
    rules.insert(libc::SYS_sendto, vec![when(4, Len::Qword, Op::Eq, 0)?]);
    compile(rules, SeccompAction::Allow, errno(libc::ENOSYS))
}

/// What a worker may not do, and is told so.
fn forbidden() -> Made<BpfProgram> {
    let mut rules = always(FORBIDDEN.iter().chain(FORBIDDEN_HERE));
    // Limits, and the choice of processors, of this process only.
    rules.insert(libc::SYS_prlimit64, vec![when(0, Len::Dword, Op::Ne, 0)?]);
    rules.insert(libc::SYS_sched_setaffinity, vec![when(0, Len::Dword, Op::Ne, 0)?]);
    // Signals by way of a descriptor's owner, and keystrokes into a terminal.
    let options = |argument, list: &[u64]| -> Made<Vec<SeccompRule>> {
        list.iter().map(|&value| when(argument, Len::Dword, Op::Eq, value)).collect()
    };
    let (own, own_ex, signal) = (8, 15, 10);
    rules.insert(libc::SYS_fcntl, options(1, &[own, own_ex, signal])?);
    // Packages are code, too: what they start in the worker dies with it, and makes no namespaces of its own.
    let kill = u64::from(libc::SIGKILL.unsigned_abs());
    let clear = SeccompCondition::new(0, Len::Dword, Op::Eq, widen(libc::PR_SET_PDEATHSIG))?;
    let clear = SeccompRule::new(vec![clear, SeccompCondition::new(1, Len::Qword, Op::Ne, kill)?])?;
    rules.insert(libc::SYS_prctl, vec![clear]);
    let namespaces = [
        libc::CLONE_NEWNS,
        libc::CLONE_NEWUSER,
        libc::CLONE_NEWPID,
        libc::CLONE_NEWNET,
        libc::CLONE_NEWIPC,
        libc::CLONE_NEWUTS,
        libc::CLONE_NEWCGROUP,
    ];
    let namespaces: Made<Vec<SeccompRule>> =
        namespaces.iter().map(|&n| when(0, Len::Dword, Op::MaskedEq(widen(n)), widen(n))).collect();
    rules.insert(libc::SYS_clone, namespaces?);
    // Blocks beyond the end of a file count for no limit on its size.
    rules.insert(libc::SYS_fallocate, vec![when(1, Len::Dword, Op::Ne, 0)?]);
    let (sti, linux, set_owner, set_group) = (0x5412, 0x541C, 0x8901, 0x8902);
    rules.insert(libc::SYS_ioctl, options(1, &[sti, linux, set_owner, set_group])?);
    compile(rules, errno(libc::EPERM), SeccompAction::Allow)
}

/// What does nothing and says that it did. Locks are taken on inodes, which reach beyond every wall where a file is shown to
/// several, such as `/dev/null`; a program that locks its own files is alone with them.
fn idle() -> Made<BpfProgram> {
    compile(always(&[libc::SYS_flock]), errno(0), SeccompAction::Allow)
}

/// A small constant of libc as an argument.
fn widen(constant: libc::c_int) -> u64 {
    u64::from(constant.unsigned_abs())
}

/// Confines this process and all it starts to the calls of a worker.
pub(super) fn restrict_worker() -> Result<(), String> {
    let make = || -> Made<Vec<BpfProgram>> { Ok(vec![idle()?, known()?, forbidden()?]) };
    for filter in make().map_err(|e| format!("system-call filter: {e}"))? {
        apply_filter(&filter).map_err(|e| format!("system-call filter: {e}"))?;
    }
    Ok(())
}

/// The further filter of a program's process, as the bytes of its instructions (8 each, little-endian as the machine).
/// [`OWN_PID`] stands where the process id belongs.
///
/// # Errors
/// A phrase, on a processor that is not supported.
pub(crate) fn program_filter(level: Isolation) -> Result<Vec<u8>, String> {
    let make = || -> Made<BpfProgram> {
        let mut rules = always(PROCESSES.iter().chain(PROCESSES_HERE));
        let thread = widen(libc::CLONE_THREAD);
        rules.insert(libc::SYS_clone, vec![when(0, Len::Dword, Op::MaskedEq(thread), 0)?]);
        for call in [libc::SYS_kill, libc::SYS_tkill, libc::SYS_tgkill] {
            rules.insert(call, vec![when(0, Len::Dword, Op::Ne, u64::from(OWN_PID))?]);
        }
        rules.insert(libc::SYS_prctl, vec![when(0, Len::Dword, Op::Eq, widen(libc::PR_SET_PDEATHSIG))?]);
        if level != Isolation::Full {
            rules.extend(always(METADATA.iter().chain(METADATA_HERE)));
            rules.extend(always(ATTRIBUTES));
        }
        compile(rules, errno(libc::EPERM), SeccompAction::Allow)
    };
    let program = make().map_err(|e| format!("system-call filter: {e}"))?;
    let mut bytes = Vec::with_capacity(program.len() * 8);
    for instruction in program {
        bytes.extend(instruction.code.to_ne_bytes());
        bytes.extend([instruction.jt, instruction.jf]);
        bytes.extend(instruction.k.to_ne_bytes());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_both_allowed_and_forbidden() {
        let both: Vec<_> = FORBIDDEN.iter().filter(|c| ALLOWED.contains(c) || ALLOWED_HERE.contains(c)).collect();
        assert!(both.is_empty(), "{both:?}");
    }

    #[test]
    fn the_own_pid_stands_once_for_each_call_that_signals() {
        for level in [Isolation::Full, Isolation::Landlock] {
            let bytes = program_filter(level).unwrap();
            let places = bytes.chunks(8).filter(|i| i[4..] == OWN_PID.to_ne_bytes()).count();
            assert_eq!(places, 3, "{level}");
        }
    }

    #[test]
    fn filters_fit_the_kernel() {
        // 4,096 instructions a filter.
        assert!(known().unwrap().len() < 4096);
        assert!(forbidden().unwrap().len() < 4096);
    }
}
