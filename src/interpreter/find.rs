//! Finding a Python that fits.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::InterpreterError;

/// Names tried on PATH, newest first.
const NAMES: &[&str] = &["python3.13", "python3.12", "python3.11", "python3.10", "python3", "python"];

/// A Python that fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Python {
    /// The executable itself, behind links and shims.
    pub(super) executable: PathBuf,
    /// Where its library lies.
    pub(super) prefix: PathBuf,
    /// Such as `3.11.7`.
    pub(super) version: String,
}

#[derive(Deserialize)]
struct Said {
    version: (u32, u32, u32),
    executable: PathBuf,
    prefix: PathBuf,
}

/// The Python that was asked for, or the newest one on PATH that is 3.10–3.13.
pub(super) fn python(wanted: Option<&Path>) -> Result<Python, InterpreterError> {
    let mut tried = Vec::new();
    let names: Vec<&Path> = wanted.map_or_else(|| NAMES.iter().map(Path::new).collect(), |w| vec![w]);
    for name in names {
        match ask(name) {
            Ok(said) if said.version.0 == 3 && (10..=13).contains(&said.version.1) => {
                let (a, b, c) = said.version;
                return Ok(Python {
                    executable: said.executable.canonicalize().unwrap_or(said.executable),
                    prefix: said.prefix,
                    version: format!("{a}.{b}.{c}"),
                });
            }
            Ok(said) => tried.push(format!("{} is {}.{}", name.display(), said.version.0, said.version.1)),
            Err(why) if wanted.is_some() => tried.push(format!("{}: {why}", name.display())),
            Err(_) => {}
        }
    }
    let tried = if tried.is_empty() { "none on PATH".to_owned() } else { tried.join(", ") };
    Err(InterpreterError::NoPython { tried })
}

fn ask(name: &Path) -> Result<Said, String> {
    const QUESTION: &str = "import json, sys; print(json.dumps({'version': sys.version_info[:3], \
                            'executable': getattr(sys, '_base_executable', sys.executable), 'prefix': sys.base_prefix}))";
    let out =
        Command::new(name).args(["-I", "-c", QUESTION]).stdin(Stdio::null()).output().map_err(|e| e.to_string())?;
    if !out.status.success() {
        return Err(String::from_utf8_lossy(&out.stderr).lines().last().unwrap_or("it fails").to_owned());
    }
    serde_json::from_slice(&out.stdout).map_err(|e| e.to_string())
}
