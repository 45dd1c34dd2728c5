//! What this machine has to share: looked at, never waited for.

use std::fs;

/// Threads of all processes of this user; `None` where that can't be told, or where the kernel does not count them: root's.
pub(super) fn own_threads() -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    let me = rustix::process::geteuid();
    if me.is_root() {
        return None;
    }
    let entries = fs::read_dir("/proc").ok()?.flatten();
    let own = entries.filter(|e| e.metadata().is_ok_and(|m| m.uid() == me.as_raw()));
    let threads = own.filter_map(|e| fs::read_dir(e.path().join("task")).ok()).map(Iterator::count).sum::<usize>();
    (threads > 0).then_some(threads as u64)
}

/// Threads of a process and of its only child, the greater number: a launcher's child is the worker.
pub(super) fn threads_below(pid: u32) -> Option<usize> {
    let count = |pid: u32| fs::read_dir(format!("/proc/{pid}/task")).ok().map(Iterator::count);
    let child = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let child = child.split_whitespace().next().and_then(|c| c.parse().ok()).and_then(count);
    count(pid).into_iter().chain(child).max()
}

/// Bytes of memory that may still be taken: what is available, or what is left of a container's limit.
pub(super) fn memory() -> Option<u64> {
    let available = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find_map(|l| l.strip_prefix("MemAvailable:"))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib << 10)
    });
    let number = |file: &str| fs::read_to_string(file).ok()?.trim().parse::<u64>().ok();
    let group = |limit: &str, used: &str| number(limit).map(|most| most.saturating_sub(number(used).unwrap_or(0)));
    // A process sees the limit of its own container as that of the root group (cgroups v2, then v1).
    let left = group("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current").or_else(|| {
        group("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes")
    });
    available.into_iter().chain(left).min()
}
