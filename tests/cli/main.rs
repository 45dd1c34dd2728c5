//! The program as its user has it: the binary, in folders of its own.

mod audit;
mod authoring;
mod bad_input;
mod demo;
mod doctor;
#[path = "../support/endpoint.rs"]
mod endpoint;
mod export;
mod help;
mod hub;
mod import;
mod journeys;
mod kill;
mod money;
mod numbers;
#[cfg(unix)]
mod people;
mod plain;
#[cfg(unix)]
mod readme;
mod reverify;
mod screen;
mod serve;
mod server;
mod shards;
mod templates;
mod unread;
mod venvs;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// A user with an empty home, and a project folder.
pub(crate) struct User {
    home: tempfile::TempDir,
}

impl User {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("project")).unwrap();
        Self { home }
    }

    pub(crate) fn project(&self) -> PathBuf {
        self.home.path().join("project")
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.project().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The folder of the user's demo project.
    pub(crate) fn demo(&self) -> PathBuf {
        self.home.path().join("data/loong/demo")
    }

    /// The command, in the project's folder. Venvs are shared with the machine's user: they are made once.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loong"));
        command.args(arguments).current_dir(self.project()).env_remove("PYTHONDONTWRITEBYTECODE");
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("LOONG_")) {
            command.env_remove(name);
        }
        for (name, folder) in [("CONFIG", "config"), ("DATA", "data"), ("STATE", "state")] {
            command.env(format!("XDG_{name}_HOME"), self.home.path().join(folder));
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(arguments, self.command(arguments).output().unwrap())
    }

    /// The same, of a command that must end well.
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}\n{}\n{}", ran.stdout, ran.stderr);
        ran.stdout
    }

    /// The lines of a command that prints JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Vec<Value> {
        self.done(arguments).lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect()
    }
}

pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(arguments: &[&str], output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap_or_else(|e| panic!("{arguments:?}: {e}"));
        let code = output.status.code().unwrap_or_else(|| panic!("{arguments:?} was killed"));
        Self { code, stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// No text that could drive a terminal.
pub(crate) fn is_clean(text: &str) -> bool {
    text.chars().all(|c| c == '\n' || c == '\t' || !(c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)))
}

pub(crate) fn shared() -> Option<PathBuf> {
    let dir = std::env::var_os("LOONG_SHARED").map(PathBuf::from).filter(|dir| dir.join("data").is_dir());
    if dir.is_none() {
        println!("skipped: LOONG_SHARED does not name a folder with data/");
    }
    dir
}

pub(crate) fn lines(path: &Path) -> Vec<Value> {
    std::fs::read_to_string(path).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}
