//! What this machine has for running programs, looked at without changing it: Pythons, the means to make venvs, venvs
//! that are kept, and the layers of isolation that the kernel allows, each by itself. [`super::probe`] then proves the
//! whole by running programs.

#[cfg(unix)]
mod advice;
#[cfg(unix)]
mod command;
#[cfg(unix)]
mod kept;
#[cfg(target_os = "linux")]
mod layers;
#[cfg(unix)]
mod making;
#[cfg(unix)]
mod pythons;

use std::path::PathBuf;

use serde::Serialize;

use super::PythonSettings;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What it is, in a few words.
    pub what: String,
    /// Whether it works; `None` where it only is as it is.
    pub ok: Option<bool>,
    /// What was found.
    pub detail: String,
    /// What to do, in one sentence, where there is something to do.
    pub fix: Option<String>,
    /// Whether programs can't be run as they should while it does not work.
    pub needed: bool,
}

impl Fact {
    fn new(what: impl Into<String>, ok: Option<bool>, detail: impl Into<String>) -> Self {
        Self { what: what.into(), ok, detail: detail.into(), fix: None, needed: false }
    }

    /// Something that works.
    pub fn works(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(what, Some(true), detail)
    }

    /// Something that does not work, and what to do.
    pub fn lacks(what: impl Into<String>, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { fix: Some(fix.into()), ..Self::new(what, Some(false), detail) }
    }

    /// Something that is neither good nor bad.
    pub fn is(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(what, None, detail)
    }

    /// The same, without which programs can't be run as they should.
    #[must_use]
    pub fn needed(self) -> Self {
        Self { needed: true, ..self }
    }

    /// The same, with something that can be done.
    #[must_use]
    pub fn with_fix(self, fix: Option<String>) -> Self {
        Self { fix, ..self }
    }
}

/// What this machine has.
#[derive(Debug, Clone)]
pub struct Survey {
    /// The Pythons.
    pub pythons: Vec<Fact>,
    /// What makes venvs, and which are kept.
    pub venvs: Vec<Fact>,
    /// The layers of isolation.
    pub isolation: Vec<Fact>,
    /// The Python that is used; `None` where none fits.
    pub python: Option<PathBuf>,
}

/// Looks at this machine. Nothing is installed, and no network is used unless `online`. It starts programs, none of which
/// gets more than 2 s (with `online`, the installer gets 20 s).
#[cfg(unix)]
pub fn survey(settings: &PythonSettings, online: bool) -> Survey {
    std::thread::scope(|scope| {
        let kept = scope.spawn(|| kept::facts(&settings.cache_dir));
        let isolation = scope.spawn(|| isolation(settings));
        let (pythons, chosen) = pythons::facts(settings);
        let mut venvs = chosen.as_ref().map(|python| making::facts(python, online)).unwrap_or_default();
        venvs.extend(kept.join().unwrap_or_default());
        let isolation = isolation.join().unwrap_or_default();
        Survey { pythons, venvs, isolation, python: chosen.map(|c| c.executable) }
    })
}

#[cfg(target_os = "linux")]
fn isolation(settings: &PythonSettings) -> Vec<Fact> {
    layers::facts(settings)
}

/// The one layer that macOS has.
#[cfg(target_os = "macos")]
fn isolation(_: &PythonSettings) -> Vec<Fact> {
    let mut sandboxed = std::process::Command::new("/usr/bin/sandbox-exec");
    sandboxed.args(["-p", "(version 1)(allow default)", "/usr/bin/true"]);
    vec![match command::within(sandboxed, command::PATIENCE) {
        Ok(done) if done.success => Fact::works("sandbox-exec", ""),
        Ok(done) => Fact::lacks("sandbox-exec", done.said(), "run loong outside of another sandbox").needed(),
        Err(why) => Fact::lacks("sandbox-exec", why, "run loong outside of another sandbox").needed(),
    }]
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "macos"))))]
fn isolation(_: &PythonSettings) -> Vec<Fact> {
    vec![no_backend()]
}

/// Looks at this machine, which runs no programs.
#[cfg(not(unix))]
pub fn survey(_: &PythonSettings, _: bool) -> Survey {
    Survey { pythons: Vec::new(), venvs: Vec::new(), isolation: vec![no_backend()], python: None }
}

/// The fact that settles it elsewhere.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn no_backend() -> Fact {
    let what = format!("there is no backend for {}", std::env::consts::OS);
    Fact::lacks("a backend", what, "run programs on Linux or macOS").needed()
}
