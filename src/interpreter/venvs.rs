//! Venvs: one for each set of requirements, made once, kept by hash.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{Mutex, OnceCell};

use super::find::Python;
use super::pool::PythonSettings;
use super::requirement::Requirement;
use super::{Dependencies, InterpreterError, Progress};

/// The worker's source, written into the cache under its hash.
const WORKER: &str = include_str!("../../assets/python/worker.py");
/// The marker of a venv that is whole. It is written last.
const READY: &str = ".loong-ready";
/// Lines of the installer that are kept for when it fails.
const LAST_LINES: usize = 6;

/// A venv that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Venv {
    /// 16 hex digits over the Python version and the requirements.
    pub(super) id: String,
    /// Its Python.
    pub(super) python: PathBuf,
    /// Its folder; none where nothing was asked for.
    pub(super) folder: Option<PathBuf>,
    /// What a worker imports beforehand.
    pub(super) imports: Vec<String>,
}

impl Venv {
    /// What programs in it may read: it, Python, the system's libraries, and the worker.
    pub(super) fn readable(&self, python: &Python, cache: &Path) -> Vec<PathBuf> {
        let mut all: Vec<PathBuf> = [
            "/lib",
            "/lib64",
            "/usr/lib",
            "/usr/lib64",
            "/usr/share/zoneinfo",
            "/etc/ld.so.cache",
            "/etc/localtime",
            "/dev/null",
            "/dev/urandom",
            "/dev/random",
            "/dev/zero",
        ]
        .into_iter()
        .map(PathBuf::from)
        .collect();
        all.push(python.executable.clone());
        all.extend(["lib", "lib64"].iter().map(|lib| python.prefix.join(lib)));
        all.push(cache.join("worker"));
        all.extend(self.folder.clone());
        all
    }
}

/// The venvs that this process has seen; each is made once, however many ask at a time.
#[derive(Default)]
pub(super) struct Cache {
    known: Mutex<HashMap<Dependencies, Arc<OnceCell<Arc<Venv>>>>>,
}

impl Cache {
    /// The venv of a set of requirements, made if it is not there.
    pub(super) async fn get(
        &self,
        settings: &PythonSettings,
        python: &Python,
        dependencies: &Dependencies,
    ) -> Result<Arc<Venv>, InterpreterError> {
        let cell = Arc::clone(self.known.lock().await.entry(dependencies.clone()).or_default());
        let make = || async {
            let (settings, python, dependencies) = (settings.clone(), python.clone(), dependencies.clone());
            let made = tokio::task::spawn_blocking(move || ensure(&settings, &python, &dependencies)).await;
            made.map_err(|e| InterpreterError::Worker { message: e.to_string() })?.map(Arc::new)
        };
        cell.get_or_try_init(make).await.cloned()
    }
}

/// The worker's file in the cache.
pub(super) fn worker_file(cache: &Path) -> Result<PathBuf, InterpreterError> {
    let name = format!("worker-{}.py", &blake3::hash(WORKER.as_bytes()).to_hex()[..12]);
    let path = cache.join("worker").join(name);
    if fs::read_to_string(&path).is_ok_and(|text| text == WORKER) {
        return Ok(path);
    }
    let failed =
        |e: std::io::Error| InterpreterError::Worker { message: format!("{} cannot be written: {e}", path.display()) };
    let folder = cache.join("worker");
    fs::create_dir_all(&folder).map_err(failed)?;
    // Aside, then renamed: another process may be starting a worker from it.
    let aside = tempfile::NamedTempFile::new_in(&folder).map_err(failed)?;
    fs::write(aside.path(), WORKER).map_err(failed)?;
    aside.persist(&path).map_err(|e| failed(e.error))?;
    Ok(path)
}

fn ensure(settings: &PythonSettings, python: &Python, dependencies: &Dependencies) -> Result<Venv, InterpreterError> {
    let requirements =
        dependencies.as_slice().iter().map(|text| Requirement::parse(text)).collect::<Result<Vec<_>, _>>()?;
    let texts: Vec<&str> = requirements.iter().map(|r| r.text.as_str()).collect();
    let id = blake3::hash(format!("{}\n{}", python.version, texts.join("\n")).as_bytes()).to_hex()[..16].to_owned();
    if requirements.is_empty() {
        return Ok(Venv { id, python: python.executable.clone(), folder: None, imports: standard_imports() });
    }
    let strangers: Vec<&str> = requirements
        .iter()
        .filter(|r| !r.is_known() && !settings.allow_packages.iter().any(|a| super::requirement::normal(a) == r.name))
        .map(|r| r.name.as_str())
        .collect();
    if !strangers.is_empty() {
        return Err(InterpreterError::Consent { packages: strangers.join(", ") });
    }
    let folder = settings.cache_dir.join("venvs").join(&id);
    let venv = Venv {
        python: folder.join("bin").join("python"),
        imports: standard_imports().into_iter().chain(requirements.iter().map(Requirement::import_name)).collect(),
        folder: Some(folder.clone()),
        id: id.clone(),
    };
    let failed = |message: String| InterpreterError::Venv { packages: texts.join(" "), message };
    fs::create_dir_all(settings.cache_dir.join("venvs")).map_err(|e| failed(e.to_string()))?;
    let lock =
        File::create(settings.cache_dir.join("venvs").join(format!("{id}.lock"))).map_err(|e| failed(e.to_string()))?;
    // Another loong may be making it: waited for, then found ready.
    lock.lock().map_err(|e| failed(e.to_string()))?;
    if folder.join(READY).exists() {
        return Ok(venv);
    }
    if settings.offline {
        return Err(failed("it is not on this machine, and --offline forbids fetching it".to_owned()));
    }
    let tell = |news: Progress| {
        if let Some(listener) = &settings.progress {
            listener(news);
        }
    };
    let begun = Instant::now();
    tell(Progress::VenvStarted { venv: id.clone(), packages: texts.join(" ") });
    // What a killed attempt left behind.
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|e| failed(e.to_string()))?;
    }
    let line = |text: &str| tell(Progress::VenvLine { venv: id.clone(), line: text.to_owned() });
    for command in commands(python, &folder, &texts) {
        run(command, &line).map_err(|message| {
            let _ = fs::remove_dir_all(&folder);
            failed(message)
        })?;
    }
    fs::write(folder.join(READY), texts.join("\n")).map_err(|e| failed(e.to_string()))?;
    tell(Progress::VenvReady { venv: id, millis: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX) });
    Ok(venv)
}

/// What most programs import of the standard library; cheap, and shared by every child.
fn standard_imports() -> Vec<String> {
    [
        "math",
        "itertools",
        "functools",
        "collections",
        "fractions",
        "decimal",
        "statistics",
        "random",
        "json",
        "re",
        "datetime",
        "heapq",
        "bisect",
        "operator",
        "string",
        "cmath",
        "copy",
        "dataclasses",
        "typing",
        "inspect",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// The commands that make a venv: with uv where it is, else with venv and pip. Wheels only: a source package would run its
/// own code outside any sandbox.
fn commands(python: &Python, folder: &Path, requirements: &[&str]) -> Vec<Command> {
    let inside = folder.join("bin").join("python");
    let mut all = Vec::new();
    if Command::new("uv")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
    {
        let mut make = Command::new("uv");
        make.args(["venv", "--quiet", "--no-config", "--python"]).arg(&python.executable).arg(folder);
        let mut install = Command::new("uv");
        install.args(["pip", "install", "--no-config", "--no-build", "--compile-bytecode", "--python"]).arg(&inside);
        install.args(requirements);
        all.extend([make, install]);
    } else {
        let mut make = Command::new(&python.executable);
        make.args(["-I", "-m", "venv"]).arg(folder);
        let mut install = Command::new(&inside);
        install.args([
            "-I",
            "-m",
            "pip",
            "install",
            "--only-binary=:all:",
            "--no-input",
            "--disable-pip-version-check",
            "--progress-bar=off",
        ]);
        install.args(requirements);
        all.extend([make, install]);
    }
    // Workers cannot write, so what is not compiled now is compiled again by every worker.
    let mut compile = Command::new(&inside);
    compile.args(["-I", "-m", "compileall", "-q", "-j", "0"]).arg(folder.join("lib"));
    all.push(compile);
    for command in &mut all {
        command
            .env_remove("PYTHONDONTWRITEBYTECODE")
            .env_remove("PYTHONPATH")
            .env_remove("PYTHONHOME")
            .env_remove("VIRTUAL_ENV");
    }
    all
}

/// Runs a step, and tells its lines; the last ones are the error when it fails.
fn run(mut command: Command, line: &impl Fn(&str)) -> Result<(), String> {
    let compile = command.get_args().any(|a| a == "compileall");
    let (reader, writer) = std::io::pipe().map_err(|e| e.to_string())?;
    let both = writer.try_clone().map_err(|e| e.to_string())?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(writer)
        .stderr(both)
        .spawn()
        .map_err(|e| format!("{} does not start: {e}", command.get_program().to_string_lossy()))?;
    // The command holds the pipe's other end.
    drop(command);
    let mut last = std::collections::VecDeque::new();
    for text in BufReader::new(reader).lines().map_while(Result::ok) {
        line(&text);
        last.push_back(text);
        if last.len() > LAST_LINES {
            last.pop_front();
        }
    }
    let status = child.wait().map_err(|e| e.to_string())?;
    // A package may ship files for other Pythons, which do not compile and are never imported.
    if status.success() || compile {
        return Ok(());
    }
    let told = Vec::from(last).join(" | ");
    let hint = if told.contains("ensurepip") || told.contains("No module named venv") {
        "; install it with: apt install python3-venv (or install uv)"
    } else {
        ""
    };
    Err(format!("{told}{hint}"))
}
