//! Venvs: one a set of requirements and Python version, made once, kept in the cache folder, found again by hash.
//!
//! A venv is made in place (it can't be moved) under a file lock that the installer holds as well, and is used only once
//! its `ready` file is there, which is written last: one whose making was killed is made anew.

use std::collections::{HashMap, VecDeque};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

use super::find::{self, BasePython};
use super::requirement::{self, Requirement};
use super::{Dependencies, InterpreterError, Progress, PythonSettings};

/// The worker's script.
const WORKER: &str = include_str!("../../assets/python/worker.py");

/// Changes when venvs that older versions made must not be used.
const FORMAT: u32 = 1;

/// How long a failure is remembered before the venv is tried again: a thousand programs with the same missing package
/// should not ask the index a thousand times.
const REMEMBER: Duration = Duration::from_secs(60);

/// Lines of the installer that an error shows.
const SHOWN: usize = 12;

/// Paths of this machine that every Python needs.
const SYSTEM: [&str; 8] = [
    "/usr/lib",
    "/usr/lib64",
    "/lib",
    "/lib64",
    "/usr/local/lib",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/etc/localtime",
];

/// Folder that holds every library on NixOS and Guix.
const STORES: [&str; 2] = ["/nix/store", "/gnu/store"];

/// A Python environment that is ready, as a worker needs to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Venv {
    /// Its identity: hash of Python version and requirements, 16 hex digits.
    pub(super) id: String,
    /// Starts a worker.
    pub(super) command: Vec<String>,
    /// What the worker may read.
    pub(super) readable: Vec<PathBuf>,
    /// Files that it must be able to read.
    pub(super) needed: Vec<PathBuf>,
    /// The requirements, whose packages are imported once.
    pub(super) requirements: Vec<String>,
}

/// What is known of one set of requirements. The lock is held while its venv is made.
type Slot = Arc<tokio::sync::Mutex<Option<(Result<Arc<Venv>, InterpreterError>, Instant)>>>;

/// All venvs of a cache folder.
#[derive(Debug)]
pub(super) struct Venvs {
    settings: Arc<PythonSettings>,
    slots: Mutex<HashMap<Vec<String>, Slot>>,
    pythons: Arc<Mutex<Vec<BasePython>>>,
}

impl Venvs {
    /// The venvs of the settings' cache folder.
    pub(super) fn new(settings: Arc<PythonSettings>) -> Self {
        Self { settings, slots: Mutex::default(), pythons: Arc::default() }
    }

    /// The venv for a set of packages, made when it is not there. Making goes on when the caller stops waiting.
    pub(super) async fn get(&self, dependencies: &Dependencies) -> Result<Arc<Venv>, InterpreterError> {
        let requirements = requirement::parse_all(dependencies)?;
        let key: Vec<String> = requirements.iter().map(Requirement::text).collect();
        let slot = Arc::clone(self.slots.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        let mut known = slot.lock().await;
        match &*known {
            Some((Ok(venv), _)) => return Ok(Arc::clone(venv)),
            Some((Err(error), since)) if since.elapsed() < REMEMBER => return Err(error.clone()),
            _ => {}
        }
        requirement::check_consent(&requirements, &self.settings.allow_packages)?;
        let (settings, pythons) = (Arc::clone(&self.settings), Arc::clone(&self.pythons));
        let (tell, told) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            // Nobody may be waiting any more.
            let _ = tell.send(make(&settings, &pythons, &requirements).map(Arc::new));
        });
        let result = told.await.unwrap_or_else(|_| Err(worker("the thread that makes venvs ended")));
        *known = Some((result.clone(), Instant::now()));
        result
    }
}

/// An error that says nothing about packages.
fn worker(message: impl Into<String>) -> InterpreterError {
    InterpreterError::Worker { message: message.into() }
}

/// Finds or makes the venv for some requirements.
fn make(
    settings: &PythonSettings,
    pythons: &Mutex<Vec<BasePython>>,
    requirements: &[Requirement],
) -> Result<Venv, InterpreterError> {
    let pythons = {
        let mut known = pythons.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_empty() {
            *known = find::pythons(settings)?;
        }
        known.clone()
    };
    let script = write_worker(&settings.cache_dir).map_err(|e| {
        worker(format!("{} can't be written ({e}); choose another cache folder", settings.cache_dir.display()))
    })?;
    let pinned: Vec<String> = requirements.iter().map(Requirement::text).collect();
    let Some(first) = pythons.first() else {
        return Err(InterpreterError::NoPython { tried: "nothing".to_owned() });
    };
    if requirements.is_empty() {
        return Ok(describe(first, None, identity(first, &pinned, "bare"), &script, Vec::new()));
    }
    let place = |python: &BasePython, kind: &str| {
        let id = identity(python, &pinned, kind);
        let folder = settings.cache_dir.join("venvs").join(&id);
        (id, folder)
    };
    let kinds: &[&str] = if settings.fallback_versions { &["pinned", "newest"] } else { &["pinned"] };
    for kind in kinds {
        for python in &pythons {
            let (id, folder) = place(python, kind);
            if folder.join("ready").exists() {
                return Ok(describe(python, Some(&folder), id, &script, pinned));
            }
        }
    }
    let failed = |message: String| InterpreterError::Venv { packages: pinned.join(", "), message };
    if settings.offline {
        return Err(failed(
            "it is not made yet, and --offline forbids the index; run once without --offline".to_owned(),
        ));
    }
    let mut why = String::new();
    for kind in kinds {
        let wanted: Vec<String> = match *kind {
            "pinned" => pinned.clone(),
            _ => requirements.iter().map(Requirement::unpinned).collect(),
        };
        for python in &pythons {
            let (id, folder) = place(python, kind);
            match build(settings, python, &id, &folder, &wanted) {
                Ok(()) => return Ok(describe(python, Some(&folder), id, &script, pinned)),
                // Another Python may have a wheel where this one has none; any other failure would come again.
                Err(Failure { message, no_wheel }) => {
                    why = format!("{message} (Python {})", python.version);
                    if !no_wheel {
                        return Err(failed(why));
                    }
                }
            }
        }
    }
    Err(failed(why))
}

/// Hash of Python version and requirements.
fn identity(python: &BasePython, requirements: &[String], kind: &str) -> String {
    let text =
        format!("{FORMAT}\n{kind}\n{}\n{}\n{}", python.version, python.executable.display(), requirements.join("\n"));
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}

/// What a worker needs to know of a venv, or of Python alone.
fn describe(python: &BasePython, folder: Option<&Path>, id: String, script: &Path, requirements: Vec<String>) -> Venv {
    let binary = folder.map_or_else(|| python.executable.clone(), |f| f.join("bin").join("python"));
    let mut command = vec![binary.display().to_string()];
    // No user site, nothing written next to sources, UTF-8 whatever the locale; and alone, no site at all.
    command.extend(["-s", "-B", "-X", "utf8"].map(str::to_owned));
    let mut readable = python.readable();
    let mut needed = vec![python.executable.clone(), script.to_owned()];
    needed.extend(python.stdlib.first().map(|lib| lib.join("os.py")));
    if let Some(folder) = folder {
        readable.push(folder.to_owned());
        readable.extend(fs::read_link(&binary));
        needed.push(folder.join("pyvenv.cfg"));
    } else {
        command.push("-S".to_owned());
    }
    command.push(script.display().to_string());
    readable.push(script.to_owned());
    readable.extend(SYSTEM.iter().map(PathBuf::from));
    readable.extend(STORES.iter().map(PathBuf::from).filter(|store| python.executable.starts_with(store)));
    Venv { id, command, readable, needed, requirements }
}

/// Writes the worker's script under its hash, so that versions of loong don't disturb each other.
fn write_worker(cache_dir: &Path) -> std::io::Result<PathBuf> {
    let folder = cache_dir.join("worker");
    let path = folder.join(format!("{}.py", &blake3::hash(WORKER.as_bytes()).to_hex()[..16]));
    if fs::read(&path).is_ok_and(|text| text == WORKER.as_bytes()) {
        return Ok(path);
    }
    fs::create_dir_all(&folder)?;
    let aside = folder.join(format!(".{}", std::process::id()));
    fs::write(&aside, WORKER)?;
    fs::rename(&aside, &path)?;
    Ok(path)
}

/// Why a venv was not made.
struct Failure {
    message: String,
    /// Whether the index has no wheel that fits this Python.
    no_wheel: bool,
}

impl Failure {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), no_wheel: false }
    }
}

/// Makes one venv. Waits when another process makes the same one.
fn build(
    settings: &PythonSettings,
    python: &BasePython,
    id: &str,
    folder: &Path,
    requirements: &[String],
) -> Result<(), Failure> {
    let io = |e: std::io::Error| Failure::new(format!("{}: {e}", folder.display()));
    fs::create_dir_all(settings.cache_dir.join("venvs")).map_err(io)?;
    let lock = File::create(folder.with_extension("lock")).map_err(io)?;
    let line = |text: &str| settings.tell(Progress::VenvLine { venv: id.to_owned(), line: text.to_owned() });
    if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
        line("another loong is making it; waiting");
        flock(&lock, FlockOperation::LockExclusive).map_err(|e| io(e.into()))?;
    }
    if folder.join("ready").exists() {
        return Ok(());
    }
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(io)?;
    }
    let started = Instant::now();
    settings.tell(Progress::VenvStarted { venv: id.to_owned(), packages: requirements.join(", ") });
    for mut step in steps(python, folder, requirements) {
        run(&mut step, &lock, &line)?;
    }
    // Workers can't write bytecode. This Python, unlike the venv's own, executes nothing of the packages when it starts;
    // and a file that does not compile is its program's problem.
    line("compiling bytecode");
    let mut compile = installer(&python.executable);
    compile.args(["-I", "-S", "-m", "compileall", "-qq", "-j", "0"]).arg(folder.join("lib"));
    let _ = run(&mut compile, &lock, &|_| {});
    let made = serde_json::json!({
        "python": python.version,
        "requirements": requirements,
        "installed": installed(folder),
    });
    let aside = folder.join("ready.part");
    fs::write(&aside, format!("{made:#}\n")).and_then(|()| fs::rename(&aside, folder.join("ready"))).map_err(io)?;
    let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    settings.tell(Progress::VenvReady { venv: id.to_owned(), millis });
    Ok(())
}

/// The commands that make a venv: uv's where it is there; else pip's, from outside where that pip can, since then the
/// venv needs neither `ensurepip` nor a pip of its own.
fn steps(python: &BasePython, folder: &Path, requirements: &[String]) -> Vec<Command> {
    let inside = folder.join("bin").join("python");
    if succeeds(installer(Path::new("uv")).arg("--version")) {
        let mut venv = installer(Path::new("uv"));
        venv.args(["venv", "--no-project", "--no-config", "--python"]).arg(&python.executable).arg(folder);
        let mut install = installer(Path::new("uv"));
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

/// Whether a command ends well.
fn succeeds(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}

/// Runs one step, telling its lines.
fn run(command: &mut Command, lock: &File, line: &dyn Fn(&str)) -> Result<(), Failure> {
    let shown = command.get_program().to_string_lossy().into_owned();
    let io = |e: std::io::Error| Failure::new(format!("{shown}: {e}"));
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
            last.push_back(text);
        }
        if last.len() > SHOWN {
            last.pop_front();
        }
    }
    if child.wait().map_err(io)?.success() {
        return Ok(());
    }
    let said = last.make_contiguous().join("\n");
    let no_wheel =
        ["No matching distribution found", "no wheels with a matching", "No solution found", "Requires-Python"]
            .iter()
            .any(|s| said.contains(s));
    let hint = if said.contains("ensurepip") || said.contains("No module named venv") {
        "; install uv, or the venv module (Debian, Ubuntu: apt install python3-venv)"
    } else {
        ""
    };
    Err(Failure { message: format!("{said}{hint}"), no_wheel })
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
