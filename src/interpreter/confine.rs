//! The launcher: this very program, started again to confine itself and then start a worker's Python.
//!
//! Confining in a process of its own, before any thread exists, needs no code between fork and exec in the main process. The
//! launcher stays as the parent of the worker, because the first process of a pid namespace must be a child, and ends when
//! the worker does.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use serde::{Deserialize, Serialize};

use super::Isolation;

/// The hidden subcommand.
pub(super) const SUBCOMMAND: &str = "__confine";
/// Exit status of a launcher that could not confine itself; the reason is on stderr.
pub(super) const NOT_CONFINED: u8 = 78;

/// What the launcher is told, as JSON in its only argument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Spec {
    /// The worker's Python.
    pub(super) python: PathBuf,
    /// The worker's source file.
    pub(super) worker: PathBuf,
    /// Folders and files that may be read and executed.
    pub(super) readable: Vec<PathBuf>,
    /// The only folder that may be written.
    pub(super) scratch: PathBuf,
    /// Bytes that may be in it.
    pub(super) scratch_bytes: u64,
    /// Run without isolation, because the user asked for it by name.
    pub(super) unsafe_none: bool,
}

/// Becomes the launcher if this process was started as one, and never returns then. To be called first of all in `main`,
/// while there is one thread.
pub fn main_if_asked() {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_none_or(|first| first != SUBCOMMAND) {
        return;
    }
    let spec = arguments.next().and_then(|json| serde_json::from_str::<Spec>(json.to_str()?).ok());
    let code = match spec {
        Some(spec) => launch(&spec).unwrap_or_else(|why| {
            eprintln!("{why}");
            NOT_CONFINED
        }),
        None => NOT_CONFINED,
    };
    let _ = ExitCode::from(code);
    std::process::exit(i32::from(code));
}

fn launch(spec: &Spec) -> Result<u8, String> {
    let level = if spec.unsafe_none { Isolation::None } else { super::isolation::confine(spec)? };
    let mut command = python(spec);
    command.env("LOONG_ISOLATION", level.as_str());
    let status = command.status().map_err(|e| format!("{} does not start: {e}", spec.python.display()))?;
    Ok(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1))
}

/// The worker's command: no user site, no bytecode written, and an environment of its own.
fn python(spec: &Spec) -> Command {
    let mut command = Command::new(&spec.python);
    command.args(["-s", "-B"]).arg(&spec.worker).current_dir(&spec.scratch).env_clear();
    for (name, value) in [
        ("LANG", "C.UTF-8"),
        ("LC_ALL", "C.UTF-8"),
        ("PATH", "/usr/bin:/bin"),
        ("TZ", "UTC"),
        // Sets print in the same order in every worker; a program that hangs on it is not deterministic elsewhere.
        ("PYTHONHASHSEED", "0"),
        ("PYTHONUTF8", "1"),
        // A thread pool made before a fork is dead after it.
        ("OPENBLAS_NUM_THREADS", "1"),
        ("OMP_NUM_THREADS", "1"),
        ("MKL_NUM_THREADS", "1"),
        ("NUMEXPR_NUM_THREADS", "1"),
        ("MPLBACKEND", "Agg"),
    ] {
        command.env(name, value);
    }
    command.env("HOME", &spec.scratch).env("TMPDIR", &spec.scratch).env("MPLCONFIGDIR", &spec.scratch);
    command
}
