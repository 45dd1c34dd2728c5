//! Untrusted programs in the real worker: what they may do, what they may not, and that the next one never notices.

#![allow(unreachable_pub, reason = "the modules of one test program share their helpers")]

mod hostile;
mod ordinary;
mod venv;

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use loong::interpreter::{
    Dependencies, Execution, Interpreter, IsolationChoice, Job, Limits, PythonInterpreter, PythonSettings,
};

/// One cache for all tests of this process, so that the worker's file is written once.
fn cache() -> PathBuf {
    static CACHE: OnceLock<tempfile::TempDir> = OnceLock::new();
    CACHE.get_or_init(|| tempfile::tempdir().unwrap()).path().to_owned()
}

pub(crate) fn settings() -> PythonSettings {
    PythonSettings {
        cache_dir: cache(),
        launcher: PathBuf::from(env!("CARGO_BIN_EXE_loong")),
        python: None,
        workers: 1,
        isolation: IsolationChoice::Required,
        allow_packages: Vec::new(),
        offline: false,
        progress: None,
    }
}

pub(crate) fn limits() -> Limits {
    Limits { wall: Duration::from_secs(2), memory: 256 << 20, output: 64 << 10, scratch: 16 << 20 }
}

pub(crate) fn job(code: &str) -> Job {
    Job { code: code.to_owned(), dependencies: Dependencies::default(), limits: limits() }
}

pub(crate) async fn run(interpreter: &PythonInterpreter, code: &str) -> Execution {
    interpreter.run(job(code)).await.unwrap()
}

/// The worker answers as if nothing had happened.
pub(crate) async fn is_well(interpreter: &PythonInterpreter) {
    let execution = run(interpreter, "import os\nprint(6 * 7, os.listdir('.'))").await;
    assert_eq!(execution.stdout, "42 []\n", "{}", execution.stderr);
}
