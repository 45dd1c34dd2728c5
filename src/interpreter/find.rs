//! Finding a Python that fits, by running it: a name on `PATH` may be a shim, a stub or another version than it says.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::{InterpreterError, PythonSettings};

/// What is asked of every Python. `-I -S` keeps the answer free of the user's site.
const ASK: &str = "import sys, sysconfig, json, os; p = sysconfig.get_paths(); print(json.dumps(dict(\
    version='.'.join(map(str, sys.version_info[:3])), minor=list(sys.version_info[:2]), \
    executable=os.path.realpath(getattr(sys, '_base_executable', None) or sys.executable), prefix=sys.base_prefix, \
    stdlib=[p['stdlib'], p['platstdlib']])))";

/// Names that a Python may have on `PATH`, the preferred one first.
pub(super) const NAMES: [&str; 5] = ["python3.13", "python3.12", "python3.11", "python3.10", "python3"];

/// The oldest and the newest version that fit.
pub(super) const FITTING: [(u32, u32); 2] = [(3, 10), (3, 13)];

/// A Python installation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct BasePython {
    /// Such as `3.11.7`.
    pub(super) version: String,
    /// Major and minor version.
    pub(super) minor: (u32, u32),
    /// The binary, with links and shims resolved.
    pub(super) executable: PathBuf,
    /// The installation's prefix.
    pub(super) prefix: PathBuf,
    /// The standard library's folders.
    pub(super) stdlib: Vec<PathBuf>,
}

impl BasePython {
    /// One that is nowhere, for tests of what is decided by its version.
    #[cfg(test)]
    pub(super) fn stub(version: &str) -> Self {
        Self {
            version: version.to_owned(),
            minor: (3, 0),
            executable: PathBuf::new(),
            prefix: PathBuf::new(),
            stdlib: Vec::new(),
        }
    }

    /// Paths a worker must read to run this Python: the whole installation, but of a system prefix only what is
    /// Python's.
    pub(super) fn readable(&self) -> Vec<PathBuf> {
        let mut paths = vec![self.executable.clone()];
        paths.extend(self.stdlib.iter().cloned());
        if self.prefix != Path::new("/usr") && self.prefix != Path::new("/") {
            paths.push(self.prefix.join("lib"));
        }
        paths
    }
}

/// The command that asks a Python what it is; [`answer`] reads what it prints.
pub(super) fn question(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["-I", "-S", "-c", ASK]).env_remove("PYTHONHOME").stdin(Stdio::null());
    command
}

/// What a Python said of itself; `None` where that was not Python.
pub(super) fn answer(stdout: &[u8]) -> Option<BasePython> {
    serde_json::from_slice(stdout).ok()
}

/// Asks one Python what it is; the error is a phrase for a list of what was tried.
fn ask(program: &Path) -> Result<BasePython, String> {
    let shown = program.display();
    let output = question(program).output().map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => format!("{shown}: not found"),
        _ => format!("{shown}: {e}"),
    })?;
    let found = answer(&output.stdout).ok_or_else(|| format!("{shown}: does not run as Python"))?;
    if FITTING[0] <= found.minor && found.minor <= FITTING[1] {
        Ok(found)
    } else {
        Err(format!("{shown}: is Python {}", found.version))
    }
}

/// Every Python that fits, the preferred one first. The settings' own is the only one where it is given.
///
/// # Errors
/// [`InterpreterError::NoPython`] with what was tried.
pub(super) fn pythons(settings: &PythonSettings) -> Result<Vec<BasePython>, InterpreterError> {
    if let Some(python) = &settings.python {
        return ask(python).map(|p| vec![p]).map_err(|tried| InterpreterError::NoPython { tried });
    }
    let mut found: Vec<BasePython> = Vec::new();
    let mut tried = Vec::new();
    // All at once: each may be a shim that takes its time.
    let answers: Vec<_> = std::thread::scope(|scope| {
        let asked: Vec<_> = NAMES.iter().map(|name| scope.spawn(|| ask(Path::new(name)))).collect();
        asked.into_iter().map(|a| a.join().unwrap_or_else(|_| Err("it was not asked".to_owned()))).collect()
    });
    for answer in answers {
        match answer {
            Ok(python) if found.iter().any(|f| f.executable == python.executable) => {}
            Ok(python) => found.push(python),
            Err(why) => tried.push(why),
        }
    }
    if found.is_empty() { Err(InterpreterError::NoPython { tried: grouped(&tried) }) } else { Ok(found) }
}

/// What was tried, as a phrase: names with the same reason stand together.
fn grouped(tried: &[String]) -> String {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for one in tried {
        let (name, why) = one.split_once(": ").unwrap_or((one, ""));
        match groups.iter_mut().find(|(known, _)| *known == why) {
            Some((_, names)) => names.push(name),
            None => groups.push((why, vec![name])),
        }
    }
    let phrases: Vec<String> = groups.iter().map(|(why, names)| format!("{}: {why}", names.join(", "))).collect();
    phrases.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_python_that_is_none_is_named() {
        let mut settings = PythonSettings::new("/nowhere");
        settings.python = Some("/bin/true".into());
        let error = pythons(&settings).unwrap_err().to_string();
        assert!(error.contains("/bin/true"), "{error}");
        settings.python = Some("/no/such/python".into());
        assert!(matches!(pythons(&settings), Err(InterpreterError::NoPython { .. })));
    }

    #[test]
    fn what_was_tried_is_told_once_for_each_reason() {
        let tried = ["python3.13: not found", "python3.12: not found", "python3: is Python 3.9.2"].map(str::to_owned);
        assert_eq!(grouped(&tried), "python3.13, python3.12: not found; python3: is Python 3.9.2");
    }

    #[test]
    fn of_a_system_prefix_only_python_is_readable() {
        let python = BasePython {
            version: "3.11.2".into(),
            minor: (3, 11),
            executable: "/usr/bin/python3.11".into(),
            prefix: "/usr".into(),
            stdlib: vec!["/usr/lib/python3.11".into()],
        };
        assert!(python.readable().iter().all(|p| p != Path::new("/usr") && p != Path::new("/usr/bin")));
    }
}
