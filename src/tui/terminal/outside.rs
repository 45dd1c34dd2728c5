//! Other programs: finding them, and what may go wrong with them.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

/// Another program did not do what was asked of it.
#[derive(Debug, thiserror::Error)]
pub enum OutsideError {
    /// A variable holds something that is no command line.
    #[error("{variable} is not a command line: \"{value}\" has a quote that nothing closes; mend it, or unset it")]
    NoCommandLine {
        /// The variable's name.
        variable: &'static str,
        /// What it holds.
        value: String,
    },
    /// No program is there for the purpose.
    #[error("no {purpose} was found; set {variable} to one")]
    NoProgram {
        /// What it would be for.
        purpose: &'static str,
        /// The variable that names one.
        variable: &'static str,
    },
    /// The program could not be started.
    #[error("{program} did not start: {source}; set {variable} to a program that is there")]
    NotStarted {
        /// The program.
        program: String,
        /// The variable that names another.
        variable: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The program says that it failed, so that what it left is not used.
    #[error("{program} ended with {status}; nothing was changed")]
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// A file for the program could not be written or read.
    #[error("the file for the editor could not be {verb}: {source}; see that {} has room and is writable", folder.display())]
    File {
        /// What was tried.
        verb: &'static str,
        /// Where.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The editor wrote something that is no text.
    #[error("what the editor saved is not UTF-8 text; nothing was changed")]
    NotText,
    /// More than the way to the clipboard carries.
    #[error(
        "{characters} characters are too many for the terminal's clipboard ({limit} bytes); open them in the pager or \
         the editor instead"
    )]
    TooLong {
        /// How many were to be copied.
        characters: usize,
        /// How many bytes of text the terminal takes.
        limit: usize,
    },
    /// The terminal is not ours, or is gone.
    #[error("the terminal took nothing: {0}")]
    Terminal(#[from] io::Error),
}

/// A program with its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) program: String,
    pub(super) arguments: Vec<String>,
}

impl Command {
    /// A program without arguments.
    pub(super) fn plain(program: &str) -> Self {
        Self { program: program.to_owned(), arguments: Vec::new() }
    }

    /// The command line in the first of the variables that is not blank, split as a shell does.
    pub(super) fn from_variables(
        variables: &[&'static str],
        environment: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Option<Self>, OutsideError> {
        for &variable in variables {
            let Some(value) = environment(variable) else { continue };
            let value = value.to_string_lossy().into_owned();
            if value.trim().is_empty() {
                continue;
            }
            let Some(mut words) = shlex::split(&value) else {
                return Err(OutsideError::NoCommandLine { variable, value });
            };
            if words.is_empty() {
                continue;
            }
            let program = words.remove(0);
            return Ok(Some(Self { program, arguments: words }));
        }
        Ok(None)
    }

    /// The program's name without folder and ending.
    pub(super) fn name(&self) -> &str {
        Path::new(&self.program).file_stem().and_then(|name| name.to_str()).unwrap_or(&self.program)
    }

    /// The process to be, with its arguments.
    pub(super) fn process(&self) -> std::process::Command {
        let mut process = std::process::Command::new(&self.program);
        process.args(&self.arguments);
        process
    }
}

/// Whether a program of this name is on `PATH`.
pub(super) fn on_path(program: &str, environment: impl Fn(&str) -> Option<OsString>) -> bool {
    let endings: &[&str] = if cfg!(windows) { &[".exe", ".cmd", ".bat"] } else { &[""] };
    environment("PATH").is_some_and(|path| {
        std::env::split_paths(&path)
            .filter(|folder| folder.is_absolute())
            .any(|folder| endings.iter().any(|ending| is_program(&folder.join(format!("{program}{ending}")))))
    })
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;

    path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(pairs: &'static [(&str, &str)]) -> Result<Option<Command>, OutsideError> {
        Command::from_variables(&["VISUAL", "EDITOR"], |name| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn a_command_line_is_split_as_a_shell_does() {
        let found = from(&[("VISUAL", " "), ("EDITOR", "'/opt/my editor/bin/ed' -w --name \"a b\"")]).unwrap().unwrap();
        assert_eq!(found.program, "/opt/my editor/bin/ed");
        assert_eq!(found.arguments, ["-w", "--name", "a b"]);
        assert_eq!(found.name(), "ed");
    }

    #[test]
    fn an_open_quote_is_told_with_its_variable() {
        let told = from(&[("VISUAL", "vim 'x")]).unwrap_err().to_string();
        assert!(told.contains("VISUAL") && told.contains("quote"), "{told}");
        assert!(from(&[]).unwrap().is_none());
    }

    #[test]
    fn programs_are_looked_for_on_the_path() {
        let path = |name: &str| (name == "PATH").then(|| OsString::from("/bin:/usr/bin"));
        assert!(!on_path("no-such-program-anywhere", path));
        #[cfg(unix)]
        assert!(on_path("sh", path));
        assert!(!on_path("sh", |_| None));
    }
}
