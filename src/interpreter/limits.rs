//! What a program may use.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a program may use. A run over any of these ends the program, or is refused to it; never the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Wall-clock time.
    pub wall: Duration,
    /// CPU time of all its threads, user and system; counted in whole seconds, rounded up.
    pub cpu: Duration,
    /// Address space beyond what the warm worker already has, in bytes.
    pub memory: u64,
    /// Threads. It starts no other processes at all.
    pub threads: u32,
    /// Open descriptors, with the three that it begins with.
    pub open_files: u32,
    /// Bytes of one file.
    pub file: u64,
    /// Bytes kept of stdout, and of stderr; more than this on stdout is `code_output`.
    pub output: usize,
    /// Bytes in the scratch folder, all files together.
    pub scratch: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall: Duration::from_secs(10),
            cpu: Duration::from_secs(10),
            memory: 1 << 30,
            threads: 64,
            open_files: 64,
            file: 64 << 20,
            output: 256 << 10,
            scratch: 64 << 20,
        }
    }
}

impl Limits {
    /// What a seed may ask for at most: its file may be anybody's.
    pub const MOST: Self = Self {
        wall: Duration::from_secs(600),
        cpu: Duration::from_secs(1200),
        memory: 16 << 30,
        threads: 256,
        open_files: 200,
        file: 2 << 30,
        output: 16 << 20,
        scratch: 2 << 30,
    };

    /// These limits with what a seed asks for instead, up to [`Limits::MOST`], or to these where they are wider.
    #[must_use]
    pub fn with(self, wanted: Wanted) -> Self {
        let most = Self::MOST;
        let seconds = |wanted: Option<f64>, usual: Duration, most: Duration| {
            let asked = wanted.and_then(|s| Duration::try_from_secs_f64(s).ok()).filter(|d| !d.is_zero());
            asked.map_or(usual, |d| d.min(most.max(usual)))
        };
        let bytes = |wanted: Option<u64>, unit: u32, usual: u64, most: u64| {
            let asked = wanted.filter(|n| *n > 0).map(|n| n.saturating_mul(1 << unit));
            asked.map_or(usual, |n| n.min(most.max(usual)))
        };
        let count = |wanted: Option<u32>, usual: u32, most: u32| {
            wanted.filter(|n| *n > 0).map_or(usual, |n| n.min(most.max(usual)))
        };
        let wall = seconds(wanted.wall_seconds, self.wall, most.wall);
        // Who asks for more time and says no more means the processor's, too.
        let cpu = wanted.cpu_seconds.or(wanted.wall_seconds);
        let scratch = bytes(wanted.scratch_mb, 20, self.scratch, most.scratch);
        let output = wanted.output_kb.filter(|n| *n > 0).map(|n| n.saturating_mul(1 << 10));
        Self {
            wall,
            cpu: seconds(cpu, self.cpu, most.cpu),
            memory: bytes(wanted.memory_mb, 20, self.memory, most.memory),
            threads: count(wanted.threads, self.threads, most.threads),
            open_files: count(wanted.open_files, self.open_files, most.open_files),
            file: bytes(wanted.file_mb.or(wanted.scratch_mb), 20, self.file, most.file),
            output: output.map_or(self.output, |n| n.min(most.output.max(self.output))),
            scratch,
        }
    }
}

/// What a seed asks for, in the units of the configuration's `[interpreter]`; nothing where it asks for nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "assets/config.toml documents each key")]
pub struct Wanted {
    pub wall_seconds: Option<f64>,
    pub cpu_seconds: Option<f64>,
    pub memory_mb: Option<u64>,
    pub threads: Option<u32>,
    pub open_files: Option<u32>,
    pub file_mb: Option<u64>,
    pub output_kb: Option<usize>,
    pub scratch_mb: Option<u64>,
}

impl Wanted {
    /// The wider wish of two, each by itself: what a program modelled on several seeds needs.
    #[must_use]
    pub fn or_wider(self, other: Self) -> Self {
        /// `None` is less than any wish.
        fn wider<T: PartialOrd>(a: Option<T>, b: Option<T>) -> Option<T> {
            if b > a { b } else { a }
        }
        Self {
            wall_seconds: wider(self.wall_seconds, other.wall_seconds),
            cpu_seconds: wider(self.cpu_seconds, other.cpu_seconds),
            memory_mb: wider(self.memory_mb, other.memory_mb),
            threads: wider(self.threads, other.threads),
            open_files: wider(self.open_files, other.open_files),
            file_mb: wider(self.file_mb, other.file_mb),
            output_kb: wider(self.output_kb, other.output_kb),
            scratch_mb: wider(self.scratch_mb, other.scratch_mb),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_may_ask_for_more_but_not_for_everything() {
        let usual = Limits::default();
        assert_eq!(usual.with(Wanted::default()), usual);
        let more = usual.with(Wanted { wall_seconds: Some(60.0), memory_mb: Some(2048), ..Wanted::default() });
        assert_eq!((more.wall.as_secs(), more.cpu.as_secs(), more.memory), (60, 60, 2 << 30));
        let all = Wanted {
            wall_seconds: Some(1e300),
            cpu_seconds: Some(1e18),
            memory_mb: Some(u64::MAX),
            threads: Some(u32::MAX),
            open_files: Some(u32::MAX),
            file_mb: Some(u64::MAX),
            output_kb: Some(usize::MAX),
            scratch_mb: Some(u64::MAX),
        };
        let most = usual.with(all);
        // More seconds than a duration holds is no wish at all.
        assert_eq!(most, Limits { wall: usual.wall, ..Limits::MOST });
        for odd in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(usual.with(Wanted { wall_seconds: Some(odd), ..Wanted::default() }), usual);
        }
    }

    #[test]
    fn a_run_s_own_wider_limit_stands() {
        let usual = Limits { wall: Duration::from_secs(7200), ..Limits::default() };
        let wish = |s| Wanted { wall_seconds: Some(s), ..Wanted::default() };
        assert_eq!(usual.with(wish(5000.0)).wall.as_secs(), 5000);
        assert_eq!(usual.with(wish(90_000.0)).wall.as_secs(), 7200);
    }

    #[test]
    fn of_two_wishes_each_part_is_the_wider_one() {
        let a = Wanted { wall_seconds: Some(5.0), threads: Some(4), ..Wanted::default() };
        let b = Wanted { wall_seconds: Some(9.0), memory_mb: Some(1), ..Wanted::default() };
        let both = Wanted { wall_seconds: Some(9.0), threads: Some(4), memory_mb: Some(1), ..Wanted::default() };
        assert_eq!((a.or_wider(b), b.or_wider(a)), (both, both));
    }
}
