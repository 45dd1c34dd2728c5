//! Making a venv: wheels only, compiled to bytecode, and nothing of the packages is executed.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::super::find::BasePython;
use super::super::requirement::Requirement;
use super::super::{Progress, PythonSettings};
use super::kept::Made;
use super::lease;
use super::nearest::{Attempt, Missing};

/// Lines of the installer that an error shows.
const SHOWN: usize = 12;

/// Characters of a line that an error shows: pip may list hundreds of versions in one.
const WIDE: usize = 400;

/// Why a venv was not made.
#[derive(Debug)]
pub(super) enum Failure {
    /// The index has no wheel that fits this Python.
    NoWheel {
        /// The installer's last lines.
        said: String,
        /// The pin that is to blame, where one is.
        missing: Option<Missing>,
    },
    /// Anything else.
    Broken(String),
}

/// Makes one venv. Waits when another process makes the same one. What failed leaves no folder.
pub(super) fn build(
    settings: &PythonSettings,
    python: &BasePython,
    id: &str,
    folder: &Path,
    attempt: &Attempt<'_>,
    asked: &[String],
) -> Result<(), Failure> {
    let io = |e: std::io::Error| Failure::Broken(format!("{}: {e}", folder.display()));
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent).map_err(io)?;
    }
    let line = |text: &str| settings.tell(Progress::VenvLine { venv: id.to_owned(), line: text.to_owned() });
    let lock = lease::alone(folder, || line("another loong is making it; waiting")).map_err(io)?;
    if Made::read(folder).is_some() {
        return Ok(());
    }
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(io)?;
    }
    let started = Instant::now();
    let wanted: Vec<String> = attempt.requirements().iter().map(Requirement::text).collect();
    settings.tell(Progress::VenvStarted { venv: id.to_owned(), packages: wanted.join(", ") });
    for said in attempt.substituted() {
        line(&format!("{said}: no wheel of the pinned version fits Python {}", python.version));
    }
    let made = install(python, folder, attempt.requirements(), &lock, &line).and_then(|()| {
        let made = Made {
            python: python.version.clone(),
            requirements: asked.to_vec(),
            substituted: attempt.substituted(),
            installed: installed(folder),
        };
        made.write(folder).map_err(io)
    });
    if made.is_err() {
        // Whoever tries again starts afresh in any case. The lock's file goes while the lock is held.
        let _ = fs::remove_dir_all(folder);
        let _ = fs::remove_file(lease::path(folder));
        return made;
    }
    let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    settings.tell(Progress::VenvReady { venv: id.to_owned(), millis });
    Ok(())
}

/// Installs everything into a folder and compiles it.
fn install(
    python: &BasePython,
    folder: &Path,
    requirements: &[Requirement],
    lock: &File,
    line: &dyn Fn(&str),
) -> Result<(), Failure> {
    let with_uv = succeeds(uv().arg("--version"));
    for mut step in steps(python, folder, requirements, with_uv) {
        run(&mut step, lock, line).map_err(|failed| {
            if !failed.no_wheel() {
                return Failure::Broken(failed.said());
            }
            let missing = if with_uv {
                Missing::found_by_uv(python, requirements)
            } else {
                Missing::told_by_pip(&failed.last, requirements)
            };
            Failure::NoWheel { said: failed.said(), missing }
        })?;
    }
    // Workers can't write bytecode. This Python, unlike the venv's own, executes nothing of the packages when it starts;
    // and a file that does not compile is its program's problem.
    line("compiling bytecode");
    let mut compile = installer(&python.executable);
    compile.args(["-I", "-S", "-m", "compileall", "-qq", "-j", "0"]).arg(folder.join("lib"));
    let _ = run(&mut compile, lock, &|_| {});
    Ok(())
}

/// The commands that make a venv: uv's where it is there; else pip's, from outside where that pip can, since then the
/// venv needs neither `ensurepip` nor a pip of its own.
fn steps(python: &BasePython, folder: &Path, requirements: &[Requirement], with_uv: bool) -> Vec<Command> {
    let inside = folder.join("bin").join("python");
    let requirements = requirements.iter().map(Requirement::text);
    if with_uv {
        let mut venv = uv();
        venv.args(["venv", "--no-project", "--no-config", "--python"]).arg(&python.executable).arg(folder);
        let mut install = uv();
        install.args(["pip", "install", "--no-config", "--no-progress", "--only-binary", ":all:", "--python"]);
        install.arg(&inside).args(requirements);
        return vec![venv, install];
    }
    let mut venv = installer(&python.executable);
    venv.args(["-I", "-m", "venv"]).arg(folder);
    let outside = "import pip, sys; sys.exit(tuple(map(int, pip.__version__.split('.')[:2])) < (22, 3))";
    let mut install = if succeeds(installer(&python.executable).args(["-I", "-c", outside])) {
        venv.arg("--without-pip");
        let mut pip = installer(&python.executable);
        pip.args(["-I", "-m", "pip", "--python"]).arg(&inside);
        pip
    } else {
        let mut pip = installer(&inside);
        pip.args(["-I", "-m", "pip"]);
        pip
    };
    install.args(["install", "--no-input", "--disable-pip-version-check", "--no-warn-script-location"]);
    install.args(["--progress-bar", "off", "--no-compile", "--only-binary", ":all:", "--"]).args(requirements);
    vec![venv, install]
}

/// Variables that would make an installer put packages elsewhere, or build them.
const REDIRECTS: [&str; 12] = [
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "__PYVENV_LAUNCHER__",
    "PIP_USER",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_REQUIREMENT",
    "PIP_CONSTRAINT",
    "PIP_NO_BINARY",
    "PIP_REQUIRE_VIRTUALENV",
    "UV_NO_BINARY",
];

/// A command in the user's environment: index, proxy and certificates stay; what changes Python itself, or where and how
/// packages are installed, goes.
///
/// It runs in the root folder: Python looks for modules, and uv for settings, in the folder it is started in, and that one
/// may be anybody's.
fn installer(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/");
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("PYTHON") || REDIRECTS.contains(&&*text) {
            command.env_remove(&name);
        }
    }
    command
}

/// uv, in the user's environment.
pub(super) fn uv() -> Command {
    installer(Path::new("uv"))
}

/// Whether a command ends well.
fn succeeds(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}

/// A step that failed.
struct Failed {
    /// Its last lines.
    last: Vec<String>,
}

impl Failed {
    /// Its last lines, for a person.
    fn said(&self) -> String {
        let lines: Vec<String> = self
            .last
            .iter()
            .map(|line| match line.char_indices().nth(WIDE) {
                Some((end, _)) => format!("{}…", &line[..end]),
                None => line.clone(),
            })
            .collect();
        let hint = if self.has(&["ensurepip", "No module named venv"]) {
            "; install uv, or the venv module (Debian, Ubuntu: apt install python3-venv)"
        } else {
            ""
        };
        format!("{}{hint}", lines.join("\n"))
    }

    /// Whether the index has no wheel that fits this Python.
    fn no_wheel(&self) -> bool {
        self.has(&[
            "No matching distribution found",
            "no wheels with a matching",
            "No solution found",
            "Requires-Python",
        ])
    }

    fn has(&self, words: &[&str]) -> bool {
        self.last.iter().any(|line| words.iter().any(|word| line.contains(word)))
    }
}

/// Runs one step, telling its lines.
fn run(command: &mut Command, lock: &File, line: &dyn Fn(&str)) -> Result<(), Failed> {
    let shown = command.get_program().to_string_lossy().into_owned();
    let io = |e: std::io::Error| Failed { last: vec![format!("{shown}: {e}")] };
    let (read, write) = std::io::pipe().map_err(io)?;
    // The installer holds the lock too, as its stdin: it may outlive this process, and nobody may join it then.
    command.stdin(lock.try_clone().map_err(io)?).stdout(write.try_clone().map_err(io)?).stderr(write);
    let mut child = command.spawn().map_err(io)?;
    // The command keeps its ends of the pipe open for as long as it has them.
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut last: VecDeque<String> = VecDeque::new();
    for text in BufReader::new(read).split(b'\n').map_while(Result::ok) {
        let text = String::from_utf8_lossy(&text).trim_end().to_owned();
        if !text.is_empty() {
            line(&text);
            // Where pip looked is no reason.
            if !text.starts_with("Looking in ") {
                last.push_back(text);
            }
        }
        if last.len() > SHOWN {
            last.pop_front();
        }
    }
    if child.wait().map_err(io)?.success() { Ok(()) } else { Err(Failed { last: last.into() }) }
}

/// Distributions in a venv, as `name-version`, by their metadata folders.
fn installed(folder: &Path) -> Vec<String> {
    let mut all = Vec::new();
    for lib in fs::read_dir(folder.join("lib")).into_iter().flatten().flatten() {
        for entry in fs::read_dir(lib.path().join("site-packages")).into_iter().flatten().flatten() {
            if let Some(name) = entry.file_name().to_str().and_then(|n| n.strip_suffix(".dist-info")) {
                all.push(name.to_owned());
            }
        }
    }
    all.sort();
    all
}
