//! An interpreter for a test, and shorthands.

use std::path::Path;
use std::time::Duration;

use loong::interpreter::{Dependencies, Execution, Interpreter, Job, Limits, PythonInterpreter, PythonSettings};
use tempfile::TempDir;

/// An interpreter with a cache folder of its own, both gone at the end of the test.
pub(crate) struct Bench {
    pub(crate) interpreter: PythonInterpreter,
    pub(crate) cache: TempDir,
}

/// Settings with one worker.
pub(crate) fn settings(cache: &TempDir) -> PythonSettings {
    let mut settings = PythonSettings::new(cache.path());
    // Another copy, where the tests run as a user who can't read this repository.
    let copy = std::env::var_os("LOONG_TEST_LAUNCHER");
    settings.launcher = copy.unwrap_or_else(|| env!("CARGO_BIN_EXE_loong").into()).into();
    settings.workers = 1;
    settings
}

impl Bench {
    /// One worker, so that every job runs on the worker that the last one had.
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// The same with other settings.
    pub(crate) fn with(change: impl FnOnce(&mut PythonSettings)) -> Self {
        let cache = tempfile::tempdir().expect("a temporary folder");
        let mut settings = settings(&cache);
        change(&mut settings);
        Self { interpreter: PythonInterpreter::new(settings), cache }
    }

    /// Runs a program with limits.
    pub(crate) async fn run_with(&self, code: &str, limits: Limits) -> Execution {
        let job = Job { code: code.to_owned(), dependencies: Dependencies::default(), limits };
        self.interpreter.run(job).await.expect("the worker works")
    }

    /// Runs a program with the default limits.
    pub(crate) async fn run(&self, code: &str) -> Execution {
        self.run_with(code, Limits::default()).await
    }
}

/// Limits with another wall-clock time.
pub(crate) fn wall(seconds: f64) -> Limits {
    Limits { wall: Duration::from_secs_f64(seconds), ..Limits::default() }
}

/// Ids of the processes whose command line names this folder: the workers of one interpreter, and their programs.
pub(crate) fn processes_of(cache: &Path) -> Vec<u32> {
    let mark = cache.to_string_lossy().into_owned();
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    all.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|&pid: &u32| pid != std::process::id())
        .filter(|pid| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(&mark)
        })
        .collect()
}

/// Waits until a folder's processes are gone; the ids of those that stay.
pub(crate) fn wait_for_none(cache: &Path) -> Vec<u32> {
    for _ in 0..200 {
        if processes_of(cache).is_empty() {
            return Vec::new();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    processes_of(cache)
}
