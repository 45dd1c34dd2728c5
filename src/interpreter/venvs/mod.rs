//! Venvs: one a set of requirements and Python version, made once, kept in the cache folder, found again by hash.
//!
//! A venv is made in place (it can't be moved) under a file lock that the installer holds as well, and is used only once
//! its `ready` file is there, which is written last: one whose making was killed is made anew.

mod build;
pub(super) mod kept;
mod lease;
mod nearest;

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use build::build;
use lease::Lease;
use nearest::{Attempt, Outcome};

use super::find::{self, BasePython};
use super::requirement::{self, Requirement};
use super::{Dependencies, InterpreterError, PythonSettings};

/// The worker's script.
const WORKER: &str = include_str!("../../../assets/python/worker.py");

/// Changes when venvs that older versions made must not be used.
const FORMAT: u32 = 1;

/// How long a failure is remembered before the venv is tried again: a thousand programs with the same missing package
/// should not ask the index a thousand times.
const REMEMBER: Duration = Duration::from_secs(60);

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
#[derive(Debug)]
pub(super) struct Venv {
    /// Its identity: hash of Python version and requirements, 16 hex digits.
    pub(super) id: String,
    /// Starts a worker.
    pub(super) command: Vec<String>,
    /// What the worker may read.
    pub(super) readable: Vec<PathBuf>,
    /// Files that it must be able to read.
    pub(super) needed: Vec<PathBuf>,
    /// Names that the packages in it can be imported by.
    pub(super) modules: BTreeSet<String>,
    /// Whether it is Python alone.
    pub(super) is_bare: bool,
    /// Packages that are there in another version than the pinned one.
    pub(super) substituted: Vec<String>,
    /// Keeps it from being pruned; `None` for Python alone.
    lease: Option<Lease>,
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
            Some((Ok(venv), _)) => {
                if let Some(lease) = &venv.lease {
                    lease.touch();
                }
                return Ok(Arc::clone(venv));
            }
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

/// The folder of a cache folder that holds its venvs.
fn folder_of(cache_dir: &Path) -> PathBuf {
    cache_dir.join("venvs")
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
    let asked: Vec<String> = requirements.iter().map(Requirement::text).collect();
    let Some(first) = pythons.first() else {
        return Err(InterpreterError::NoPython { tried: "nothing".to_owned() });
    };
    if requirements.is_empty() {
        return Ok(describe(first, None, identity(first, &asked, PINNED), &script));
    }
    let place = |python: &BasePython, kind: &str| {
        let id = identity(python, &asked, kind);
        let folder = folder_of(&settings.cache_dir).join(&id);
        (id, folder)
    };
    let kept = |python: &BasePython, kind: &str| {
        let (id, folder) = place(python, kind);
        let (lease, made) = Lease::take(&folder)?;
        let bare = describe(python, Some(&folder), id, &script);
        Some(Venv { substituted: made.substituted, lease: Some(lease), ..bare })
    };
    let kinds: &[&str] = if settings.nearest_versions { &[PINNED, NEAREST] } else { &[PINNED] };
    if let Some(venv) = kinds.iter().find_map(|kind| pythons.iter().find_map(|python| kept(python, kind))) {
        return Ok(venv);
    }
    let failed = |message: String| InterpreterError::Venv { packages: asked.join(", "), message };
    if settings.offline {
        return Err(failed(format!(
            "it is not made yet, and --offline (or interpreter.offline) forbids the index; with the index, `{}` makes it",
            command(&asked)
        )));
    }
    // Every Python gets one try at each number of substitutions, so that the one that needs the fewest is found.
    let mut attempts: Vec<Attempt<'_>> = pythons.iter().map(|python| Attempt::new(python, requirements)).collect();
    let mut why = Vec::new();
    while !attempts.is_empty() {
        let mut left = Vec::new();
        for attempt in attempts {
            let python = attempt.python;
            let kind = if attempt.substituted().is_empty() { PINNED } else { NEAREST };
            let (id, folder) = place(python, kind);
            match build(settings, python, &id, &folder, &attempt, &asked) {
                Ok(()) => match kept(python, kind) {
                    Some(venv) => return Ok(venv),
                    None => return Err(failed("it was removed as soon as it was made; try again".to_owned())),
                },
                Err(failure) => match attempt.after(failure, settings.nearest_versions) {
                    Outcome::Again(attempt) => left.push(attempt),
                    Outcome::NotThisPython(sentence) => why.push(sentence),
                    Outcome::Never(sentence) => return Err(failed(sentence)),
                },
            }
        }
        attempts = left;
    }
    Err(failed(nearest::summed_up(&why)))
}

/// The installed versions are those asked for.
const PINNED: &str = "pinned";

/// Some are the nearest that could be had.
const NEAREST: &str = "nearest";

/// The command that makes a venv ahead of time.
fn command(requirements: &[String]) -> String {
    let packages: Vec<String> = requirements
        .iter()
        .map(|r| format!("--package {}", shlex::try_quote(r).unwrap_or_else(|_| r.as_str().into())))
        .collect();
    format!("loong venvs build {}", packages.join(" "))
}

/// Hash of Python version and requirements.
fn identity(python: &BasePython, requirements: &[String], kind: &str) -> String {
    let text =
        format!("{FORMAT}\n{kind}\n{}\n{}\n{}", python.version, python.executable.display(), requirements.join("\n"));
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}

/// What a worker needs to know of a venv, or of Python alone.
fn describe(python: &BasePython, folder: Option<&Path>, id: String, script: &Path) -> Venv {
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
    let modules = folder.map(modules).unwrap_or_default();
    Venv { id, command, readable, needed, modules, is_bare: folder.is_none(), substituted: Vec::new(), lease: None }
}

/// Names that the packages in a venv's folder can be imported by.
fn modules(folder: &Path) -> BTreeSet<String> {
    let entries = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
    // One folder, named for the version.
    let sites = entries(&folder.join("lib")).map(|python| python.path().join("site-packages"));
    let name = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        let (stem, suffix) = name.split_once('.').unwrap_or((&name, ""));
        let is_module = suffix.is_empty() || suffix == "py" || suffix.ends_with("so");
        // What begins with an underscore is imported by what it belongs to.
        let is_name = stem.starts_with(char::is_alphabetic) && stem.chars().all(|c| c.is_alphanumeric() || c == '_');
        (is_module && is_name).then(|| stem.to_owned())
    };
    sites.flat_map(|site| entries(&site).filter_map(name).collect::<Vec<_>>()).collect()
}

/// Tells the files that threads of this process write at once apart.
static ASIDE: AtomicU64 = AtomicU64::new(0);

/// Writes the worker's script under its hash, so that versions of loong don't disturb each other.
fn write_worker(cache_dir: &Path) -> std::io::Result<PathBuf> {
    let folder = cache_dir.join("worker");
    let path = folder.join(format!("{}.py", &blake3::hash(WORKER.as_bytes()).to_hex()[..16]));
    if fs::read(&path).is_ok_and(|text| text == WORKER.as_bytes()) {
        return Ok(path);
    }
    fs::create_dir_all(&folder)?;
    let aside = folder.join(format!(".{}-{}", std::process::id(), ASIDE.fetch_add(1, Ordering::Relaxed)));
    fs::write(&aside, WORKER)?;
    fs::rename(&aside, &path)?;
    Ok(path)
}
