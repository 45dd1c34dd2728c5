//! An interpreter for a test, and shorthands.

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
    settings.launcher = env!("CARGO_BIN_EXE_loong").into();
    settings.workers = 1;
    settings
}

impl Bench {
    /// One worker, so that every job runs on the worker that the last one had.
    pub(crate) fn new() -> Self {
        let cache = tempfile::tempdir().expect("a temporary folder");
        let interpreter = PythonInterpreter::new(settings(&cache));
        Self { interpreter, cache }
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
