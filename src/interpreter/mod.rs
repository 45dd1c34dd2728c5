//! The Python interpreter: runs untrusted programs, isolated, warm, limited.
//!
//! This file holds the port and its plain types, and names no process. The room must not know what a candidate, a
//! question or a model is: it gets code, packages and limits, and says what happened.

#[cfg(not(unix))]
mod absent;
#[cfg(unix)]
pub mod confine;
#[cfg(unix)]
mod find;
#[cfg(unix)]
mod isolation;
mod limits;
#[cfg(unix)]
mod pool;
mod probe;
#[cfg(unix)]
mod proof;
#[cfg(unix)]
mod python;
#[cfg_attr(not(unix), allow(dead_code, reason = "nothing is installed where nothing runs"))]
mod requirement;
#[cfg(unix)]
mod scratch;
mod settings;
#[cfg(unix)]
mod share;
mod survey;
#[cfg(unix)]
mod venvs;
#[cfg(unix)]
mod warm;

use std::collections::HashSet;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::failure::FailureKind;
use crate::words::words;

#[cfg(not(unix))]
pub use absent::PythonInterpreter;
pub use limits::{Limits, Wanted};
pub use probe::{Check, ProbeReport, probe};
#[cfg(unix)]
pub use python::PythonInterpreter;
pub use requirement::{package_name, packages_to_allow};
pub use settings::{IsolationRule, ProgressFn, PythonSettings};
pub use survey::{Fact, Survey, survey};
#[cfg(unix)]
pub use venvs::kept::{Fate, KeptVenv, Pruned, list, prune};

/// A set of package requirements (PEP 508), sorted and without repetition: the identity of a venv.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Dependencies(Vec<String>);

impl Dependencies {
    /// Normalises: trims, drops empty ones, sorts, removes repetitions. Names are compared as they are written.
    pub fn new<S: AsRef<str>>(requirements: impl IntoIterator<Item = S>) -> Self {
        let mut all: Vec<String> =
            requirements.into_iter().map(|r| r.as_ref().trim().to_owned()).filter(|r| !r.is_empty()).collect();
        all.sort();
        all.dedup();
        Self(all)
    }

    /// The requirements, sorted.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }

    /// These and more. Of a package that both name, these have the say; and where either pins a version, these alone are
    /// meant: pinned sets were chosen as a whole, and two of them rarely install together.
    #[must_use]
    pub fn joined(&self, more: &Self) -> Self {
        if self.0.iter().chain(&more.0).any(|r| r.contains("==")) {
            return if self.0.is_empty() { more.clone() } else { self.clone() };
        }
        let own: HashSet<String> = self.0.iter().filter_map(|r| package_name(r)).collect();
        let is_new = |r: &&String| !package_name(r).is_some_and(|name| own.contains(&name));
        Self::new(self.0.iter().chain(more.0.iter().filter(is_new)))
    }
}

/// One program to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Python source text.
    pub code: String,
    /// The packages it needs.
    pub dependencies: Dependencies,
    /// What it may use.
    pub limits: Limits,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// It exited with this status.
    Exit(i32),
    /// A signal ended it that was not ours.
    Signal(i32),
    /// It was killed at its deadline.
    Timeout,
    /// It ran out of memory.
    Memory,
    /// It was killed for printing too much.
    Output,
}

words! {
    /// What stands between a program and this machine.
    pub enum Isolation {
        /// Namespaces (user, pid, net, mount, ipc), Landlock, seccomp and resource limits.
        Full = "full",
        /// Landlock, seccomp and resource limits, where namespaces are not allowed.
        Landlock = "landlock",
        /// macOS sandbox-exec and resource limits.
        SandboxExec = "sandbox-exec",
        /// Nothing, because the user asked for it by name.
        None = "none",
    }
}

/// What happened to a program.
#[derive(Debug, Clone, PartialEq)]
pub struct Execution {
    /// What it printed, decoded lossily, cut at the limit.
    pub stdout: String,
    /// What it printed to stderr, decoded lossily, cut at the limit (the end is kept: tracebacks end there).
    pub stderr: String,
    /// Bytes it printed to stdout in all, also what was cut.
    pub stdout_bytes: u64,
    /// How it ended.
    pub end: End,
    /// Wall-clock time of the program itself.
    pub wall: Duration,
    /// CPU time, user and system.
    pub cpu: Duration,
    /// Peak resident memory in bytes.
    pub memory: u64,
    /// The isolation it ran under.
    pub isolation: Isolation,
    /// Identity of the venv (hash of Python version and requirements).
    pub venv: String,
    /// Version of Python, such as `3.11.7`.
    pub python: String,
    /// Packages that are there in another version than the pinned one, such as `pandas 1.5.3 → 2.1.1`.
    pub substituted: Vec<String>,
}

impl Execution {
    /// The code answer: the last value on stdout of a program that exited with 0.
    ///
    /// The last value is the last non-empty line, extended upwards while its brackets are unbalanced, so that a matrix
    /// printed over several lines stays whole. A program that prints and then crashes has no answer.
    ///
    /// # Errors
    /// The kind of failure and a sentence.
    pub fn code_answer(&self) -> Result<&str, (FailureKind, String)> {
        match self.end {
            End::Timeout => Err((FailureKind::CodeTimeout, format!("killed after {:.1} s", self.wall.as_secs_f64()))),
            End::Memory => Err((FailureKind::CodeMemory, "ran out of memory".to_owned())),
            End::Output => Err((FailureKind::CodeOutput, format!("printed over {} bytes", self.stdout.len()))),
            End::Signal(n) => {
                let last = self.last_of_stderr();
                let colon = if last.is_empty() { "" } else { ": " };
                Err((FailureKind::CodeError, format!("ended by signal {n}{colon}{last}")))
            }
            End::Exit(0) => last_value(&self.stdout)
                .ok_or_else(|| (FailureKind::CodeEmpty, "ended well and printed nothing".to_owned())),
            End::Exit(status) => Err((FailureKind::CodeError, format!("exit {status}: {}", self.last_of_stderr()))),
        }
    }

    /// The last line of stderr that says something.
    fn last_of_stderr(&self) -> &str {
        self.stderr.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default()
    }
}

/// The last value of a program's output; `None` when there is none.
fn last_value(stdout: &str) -> Option<&str> {
    let text = stdout.trim_end();
    let mut start = text.len();
    let mut open: i64 = 0;
    for line in text.split_inclusive('\n').rev() {
        start -= line.len();
        for c in line.bytes() {
            match c {
                b')' | b']' | b'}' => open += 1,
                b'(' | b'[' | b'{' => open -= 1,
                _ => {}
            }
        }
        if open <= 0 {
            return Some(text[start..].trim());
        }
    }
    // A closing bracket that nothing opens: the last line alone is the value.
    text.lines().next_back().map(str::trim).filter(|l| !l.is_empty())
}

/// Why a program could not be run at all; none of these says anything about the program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages name the fields")]
pub enum InterpreterError {
    /// No Python that fits.
    #[error("no Python 3.10–3.13 was found ({tried}); install python3 or set interpreter.python")]
    NoPython { tried: String },
    /// The venv could not be made.
    #[error("the venv for {packages} could not be made: {message}")]
    Venv { packages: String, message: String },
    /// Packages outside the known list, without consent.
    #[error(
        "{packages} would be installed and is not on the list of known packages; if you trust it, allow it in this \
         project with `loong venvs allow {}`", packages.replace(", ", " ")
    )]
    Consent { packages: String },
    /// No isolation backend works here.
    #[error(
        "no isolation works on this machine ({why}); executing code needs Linux with Landlock or macOS, or --unsafe-no-isolation"
    )]
    NoIsolation { why: String },
    /// The worker failed, twice.
    #[error("the interpreter's worker failed: {message}")]
    Worker { message: String },
}

/// News of long work, for gauges.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the messages name the fields")]
pub enum Progress {
    /// A venv is being made.
    VenvStarted { venv: String, packages: String },
    /// A line of the installer.
    VenvLine { venv: String, line: String },
    /// The venv is ready after so many milliseconds.
    VenvReady { venv: String, millis: u64 },
}

/// Runs programs. Implementations keep warm workers; calls may be made concurrently.
#[async_trait]
pub trait Interpreter: Send + Sync {
    /// Makes what jobs with these packages need, and sees that they can be run. Where there are packages, a worker starts
    /// with the first program that imports such and such of them; what that takes is no part of the program.
    async fn prepare(&self, dependencies: &Dependencies) -> Result<(), InterpreterError>;

    /// Runs one program to its end. Dropping the future kills the program.
    async fn run(&self, job: Job) -> Result<Execution, InterpreterError>;
}

#[cfg(test)]
mod tests {
    use super::last_value;

    #[test]
    fn the_last_value_is_the_last_line_or_the_brackets_it_closes() {
        for (stdout, value) in [
            ("", None),
            ("\n \n", None),
            ("7\n", Some("7")),
            ("step 1\n\n42  \n\n", Some("42")),
            ("x\n[[1 2]\n [3 4]]\n", Some("[[1 2]\n [3 4]]")),
            ("half open (0, 1]\n", Some("half open (0, 1]")),
            (":-)\n", Some(":-)")),
            ("a\n:-)\n", Some(":-)")),
        ] {
            assert_eq!(last_value(stdout), value, "{stdout:?}");
        }
    }
}
