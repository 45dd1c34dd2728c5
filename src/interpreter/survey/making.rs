//! Whether venvs can be made here, asked without making one.

use std::process::Command;
use std::time::Duration;

use serde::Deserialize;

use super::Fact;
use super::advice::Family;
use super::command::{PATIENCE, python, within};
use crate::interpreter::find::BasePython;

/// Asks a Python for what makes venvs.
const ASK: &str = "import json\n\
    def version(name):\n\
    \x20   try:\n\
    \x20       module = __import__(name)\n\
    \x20       return getattr(module, '__version__', '')\n\
    \x20   except Exception:\n\
    \x20       return None\n\
    print(json.dumps({name: version(name) for name in ('venv', 'ensurepip', 'pip')}))";

/// The oldest pip that installs into a venv from outside.
const PIP: (u32, u32) = (22, 3);

/// A small package that every index has.
const WANTED: &str = "six";

/// How long an index may take.
const ONLINE: Duration = Duration::from_secs(20);

/// Modules of a Python, with their versions where they have one.
#[derive(Debug, Default, Deserialize)]
struct Modules {
    venv: Option<String>,
    ensurepip: Option<String>,
    pip: Option<String>,
}

/// What makes venvs here.
#[derive(Debug, PartialEq, Eq)]
enum Maker {
    Uv(String),
    /// Python's venv, with a pip from outside (its version) or one that ensurepip brings.
    Venv(Option<String>),
    /// Nothing, for want of these.
    Nothing(Vec<&'static str>),
}

impl Modules {
    fn maker(self) -> Maker {
        let outside = self.pip.filter(|version| {
            let mut parts = version.split('.').map(|p| p.parse().unwrap_or(0));
            (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= PIP
        });
        match (self.venv, outside, self.ensurepip) {
            (Some(_), Some(pip), _) => Maker::Venv(Some(pip)),
            (Some(_), None, Some(_)) => Maker::Venv(None),
            (venv, pip, ensurepip) => {
                let lacking = [("venv", venv.is_none()), ("ensurepip", pip.is_none() && ensurepip.is_none())];
                Maker::Nothing(lacking.into_iter().filter(|l| l.1).map(|l| l.0).collect())
            }
        }
    }
}

/// What makes venvs for this Python and, when asked, whether it reaches its index.
pub(super) fn facts(base: &BasePython, online: bool) -> Vec<Fact> {
    let (maker, mut facts) = match uv() {
        Some(version) => (Maker::Uv(version), Vec::new()),
        None => match modules(base) {
            Ok(modules) => (modules.maker(), Vec::new()),
            Err(why) => {
                let what = format!("{}: {why}", base.executable.display());
                let fix = "see that this Python starts, or set interpreter.python to another";
                return vec![Fact::lacks("making venvs", what, fix).needed()];
            }
        },
    };
    facts.push(match &maker {
        Maker::Uv(version) => Fact::works("making venvs", version),
        Maker::Venv(Some(pip)) => Fact::works("making venvs", format!("Python's venv, and pip {pip}")),
        Maker::Venv(None) => Fact::works("making venvs", "Python's venv, and the pip that ensurepip brings"),
        Maker::Nothing(lacking) => {
            let detail = format!(
                "there is no uv, and {} lacks {}: programs run that need the standard library alone or a venv that is \
                 kept, nothing new can be installed",
                base.executable.display(),
                lacking.join(" and ")
            );
            Fact::lacks("making venvs", detail, Family::here().venv(&base.executable, base.minor)).needed()
        }
    });
    if !matches!(maker, Maker::Uv(_)) {
        facts.push(Fact::is("uv", "not here; where it is, venvs are made several times as fast"));
    }
    if online {
        facts.extend(index(base, &maker));
    }
    facts
}

/// What uv says it is.
fn uv() -> Option<String> {
    let mut command = Command::new("uv");
    command.current_dir("/").arg("--version");
    let done = within(command, PATIENCE).ok().filter(|done| done.success)?;
    Some(String::from_utf8_lossy(&done.stdout).trim().to_owned())
}

fn modules(base: &BasePython) -> Result<Modules, String> {
    let mut command = python(&base.executable);
    command.args(["-c", ASK]);
    let done = within(command, PATIENCE)?;
    serde_json::from_slice(&done.stdout).map_err(|_| done.said())
}

/// Whether the installer can have a package of its index: with the user's own index, proxy and certificates.
fn index(base: &BasePython, maker: &Maker) -> Option<Fact> {
    let command = match maker {
        Maker::Uv(_) => {
            let mut uv = Command::new("uv");
            uv.current_dir("/").args(["pip", "install", "--no-config", "--dry-run", "--no-cache", "--system"]);
            uv.args(["--break-system-packages", "--reinstall", "--only-binary", ":all:", "--python"]);
            uv.arg(&base.executable).arg(WANTED);
            uv
        }
        Maker::Venv(Some(_)) => {
            let mut pip = python(&base.executable);
            pip.args(["-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps", "--no-cache-dir"]);
            pip.args(["--disable-pip-version-check", "--no-input", "--only-binary", ":all:", "--retries", "0", WANTED]);
            pip.env("PIP_BREAK_SYSTEM_PACKAGES", "1");
            pip
        }
        Maker::Venv(None) | Maker::Nothing(_) => return None,
    };
    let what = "package index";
    let fix = "see that this machine reaches it, or name another with PIP_INDEX_URL (pip) or UV_INDEX_URL (uv)";
    Some(match within(command, ONLINE) {
        Ok(done) if done.success => Fact::works(what, "a package could be had"),
        Ok(done) => Fact::lacks(what, done.said(), fix),
        Err(why) => Fact::lacks(what, why, fix),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_venv_needs_its_module_and_one_pip() {
        let have = |text: &str| serde_json::from_str::<Modules>(text).unwrap().maker();
        assert_eq!(have(r#"{"venv": "", "ensurepip": "65", "pip": "23.0.1"}"#), Maker::Venv(Some("23.0.1".to_owned())));
        assert_eq!(have(r#"{"venv": "", "ensurepip": null, "pip": "22.3"}"#), Maker::Venv(Some("22.3".to_owned())));
        assert_eq!(have(r#"{"venv": "", "ensurepip": "65", "pip": "22.2.9"}"#), Maker::Venv(None));
        assert_eq!(have(r#"{"venv": "", "ensurepip": null, "pip": "9.0"}"#), Maker::Nothing(vec!["ensurepip"]));
        assert_eq!(
            have(r#"{"venv": null, "ensurepip": null, "pip": null}"#),
            Maker::Nothing(vec!["venv", "ensurepip"])
        );
        assert_eq!(have(r#"{"venv": null, "ensurepip": "65", "pip": "24.0"}"#), Maker::Nothing(vec!["venv"]));
    }
}
