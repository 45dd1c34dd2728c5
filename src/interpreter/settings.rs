//! How the interpreter is set up.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::Progress;

/// Whether a program may run without isolation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum IsolationRule {
    /// Refuse to run where no isolation works.
    #[default]
    Required,
    /// Use Landlock without namespaces, also where these are allowed: for machines where they misbehave.
    Landlock,
    /// Run without isolation, because the user asked for it by name (`--unsafe-no-isolation`). Time, memory and output
    /// limits stay.
    UnsafeNone,
}

/// Hears the [`Progress`] of long work. Called from the interpreter's own threads: it must not block.
pub type ProgressFn = Arc<dyn Fn(Progress) + Send + Sync>;

/// How the interpreter is set up. [`PythonSettings::new`] gives what is right for most.
#[derive(Clone)]
pub struct PythonSettings {
    /// Folder for venvs and the worker's script; made when missing. Its path must be absolute.
    pub cache_dir: PathBuf,
    /// The `loong` binary, which confines a worker by executing itself; a program that is not `loong` but uses this
    /// library must call [`super::confine::main_if_asked`] first of all, or name the binary here.
    pub launcher: PathBuf,
    /// The Python to use; `None` looks on `PATH` for 3.10 to 3.13.
    pub python: Option<PathBuf>,
    /// Most programs at once, and most warm workers; at least 1.
    pub workers: usize,
    /// Whether a program may run without isolation.
    pub isolation: IsolationRule,
    /// Packages outside the known list that may be installed.
    pub allow_packages: Vec<String>,
    /// Use only venvs that are already made.
    pub offline: bool,
    /// Where no wheel of a pinned version fits any Python that is here, take the nearest version that has one. Every
    /// result says so.
    pub nearest_versions: bool,
    /// Bytes of scratch that most jobs have: workers that are warmed ahead are of that size.
    pub scratch: u64,
    /// Python's hash seed. A second interpreter with another one finds programs whose output depends on set order.
    pub hash_seed: u32,
    /// Hears of venvs being made.
    pub progress: Option<ProgressFn>,
}

impl PythonSettings {
    /// Settings with a cache folder and the defaults: this binary as launcher, one worker a core, isolation required.
    pub fn new(cache_dir: impl Into<PathBuf>) -> Self {
        Self {
            cache_dir: cache_dir.into(),
            launcher: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("loong")),
            python: None,
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            isolation: IsolationRule::Required,
            allow_packages: Vec::new(),
            offline: false,
            nearest_versions: false,
            scratch: super::Limits::default().scratch,
            hash_seed: 0,
            progress: None,
        }
    }

    /// How many workers suit this machine: one a core, fewer where memory would not do for so many programs that each take
    /// `memory` bytes.
    pub fn fitting(memory: u64) -> usize {
        /// What a worker itself takes, with the larger packages.
        const WORKER: u64 = 256 << 20;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        #[cfg(unix)]
        let there = super::share::memory();
        #[cfg(not(unix))]
        let there: Option<u64> = None;
        let Some(there) = there else { return cores };
        let fit = there / memory.saturating_add(WORKER);
        cores.min(usize::try_from(fit).unwrap_or(cores)).max(1)
    }

    /// Tells whoever listens.
    #[cfg(unix)]
    pub(super) fn tell(&self, progress: Progress) {
        if let Some(listener) = &self.progress {
            listener(progress);
        }
    }
}

impl fmt::Debug for PythonSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PythonSettings")
            .field("cache_dir", &self.cache_dir)
            .field("launcher", &self.launcher)
            .field("python", &self.python)
            .field("workers", &self.workers)
            .field("isolation", &self.isolation)
            .finish_non_exhaustive()
    }
}
