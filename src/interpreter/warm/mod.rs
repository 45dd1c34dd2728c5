//! One warm worker, seen from outside: its start, and its programs, one after another.
//!
//! The worker only forks. What a program is told, prints and may use up is between its process and this one: [`standby`]
//! gives the orders, [`watch`] reads, counts and kills.

mod control;
mod imports;
mod process;
mod standby;
mod watch;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::isolation::{self, Identity, Spec};
use super::scratch::{self, Scratch};
use super::venvs::Venv;
use super::{Execution, Isolation, Job, Limits, PythonSettings, confine, share};
use control::{Configuration, Control, GONE, wrong};
pub(super) use process::Process;
use process::Tail;
use standby::Standby;
use watch::Watch;

/// How long a worker may take to import its packages.
const START: Duration = Duration::from_secs(180);

/// How long a worker that has served may take to fork again.
const FORK: Duration = Duration::from_secs(30);

/// How long after a program's deadline its worker may take to say what happened.
const GRACE: Duration = Duration::from_secs(10);

/// The scratch folder inside the jail.
const JAILED_SCRATCH: &str = "/scratch";

/// What a worker is for: workers with the same key serve the same jobs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// The venv's identity.
    pub(super) venv: String,
    /// Bytes of scratch: a jail's file system has its size from the start.
    pub(super) scratch: u64,
    /// What its programs import, by their text.
    pub(super) imports: BTreeSet<String>,
}

impl Key {
    /// What a worker for a program must be; for none, one that has imported nothing.
    pub(super) fn new(venv: &Venv, scratch: u64, code: Option<&str>) -> Self {
        let imports = code.map(|code| imports::named(code, &venv.modules)).unwrap_or_default();
        Self { venv: venv.id.clone(), scratch, imports }
    }
}

/// A step of the ladder of isolation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rung {
    /// The level.
    pub(super) level: Isolation,
    /// Whose identity the worker has.
    pub(super) identity: Identity,
}

/// When a worker imports what its programs name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Imports {
    /// Before it forks: programs find them imported.
    Ahead,
    /// Not before a program does.
    Later,
    /// Never: it does not even know of them, so that nothing of theirs is executed when Python starts.
    Never,
}

/// The command of a Python that knows of no packages.
fn without_site(command: &[String]) -> Vec<String> {
    let mut bare = command.to_vec();
    bare.insert(1.min(bare.len()), "-S".to_owned());
    bare
}

/// Why no worker could be started.
#[derive(Debug)]
pub(super) enum StartError {
    /// This step of the ladder does not work here.
    Cannot(String),
    /// It works, and something was short just now.
    Passing(String),
    /// It works, and the worker failed.
    Failed(String),
}

/// A worker that waits for jobs.
#[derive(Debug)]
pub(super) struct Warm {
    /// What it is for.
    pub(super) key: Key,
    process: Arc<Process>,
    control: Control,
    /// The process that waits for the next program; `None` where none could be had.
    standby: Option<Standby>,
    /// Whether it has run a program: before the first it fills caches.
    served: bool,
    isolation: Isolation,
    python: String,
    /// The scratch folder on this machine, where it is not inside a jail; removed with the worker.
    folder: Option<Scratch>,
}

impl Warm {
    /// Starts a worker and waits until it is warm. `started` hears of the process at once, so that it can be killed
    /// meanwhile. The calling thread must outlive the worker: the worker dies with it.
    pub(super) fn start(
        settings: &PythonSettings,
        venv: &Venv,
        key: Key,
        rung: Rung,
        imports: Imports,
        started: impl FnOnce(&Arc<Process>),
    ) -> Result<Self, StartError> {
        let failed = |what: &str| {
            let what = what.to_owned();
            move |e: std::io::Error| StartError::Failed(format!("{what}: {e}"))
        };
        let jailed = rung.level == Isolation::Full;
        let folder = if jailed { None } else { Some(scratch::make(&settings.cache_dir).map_err(failed("scratch"))?) };
        let jail = settings.cache_dir.join("jail");
        fs::create_dir_all(&jail).map_err(failed("jail"))?;
        let inside = folder.as_ref().map_or_else(|| PathBuf::from(JAILED_SCRATCH), |f| f.path.clone());
        let spec = Spec {
            level: rung.level,
            identity: rung.identity,
            parent: std::process::id(),
            command: match imports {
                Imports::Ahead | Imports::Later => venv.command.clone(),
                Imports::Never => without_site(&venv.command),
            },
            env: variables(&inside, settings.hash_seed),
            readable: venv.readable.clone(),
            needed: venv.needed.clone(),
            scratch: inside.clone(),
            scratch_bytes: key.scratch,
            jail,
        };
        let text = serde_json::to_string(&spec).map_err(|e| StartError::Failed(e.to_string()))?;
        let (control, theirs) = UnixStream::pair().map_err(failed("socket"))?;
        let mut child = Command::new(&settings.launcher)
            .args([confine::SUBCOMMAND, &text])
            .env_clear()
            .current_dir("/")
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed(&settings.launcher.display().to_string()))?;
        let stderr = child.stderr.take().map(Tail::of);
        let process = Arc::new(Process::new(child));
        started(&process);
        let wanted = key.imports.clone();
        let mut warm = Self {
            key,
            process,
            control: Control(control),
            standby: None,
            served: false,
            isolation: rung.level,
            python: String::new(),
            folder,
        };
        let filter = program_filter(rung.level).map_err(StartError::Cannot)?;
        let configuration = Configuration {
            imports: if imports == Imports::Ahead { &wanted } else { &BTreeSet::new() },
            scratch: &inside,
            filter: hex(&filter),
            sentinel: OWN_PID,
            confined: rung.level != Isolation::None,
            alone: jailed,
            no_fork_limit: rung.level == Isolation::SandboxExec,
            beside: beside(rung),
        };
        let admitted = if rung.identity == Identity::Apart { warm.name_users() } else { Ok(()) };
        let ready = admitted
            .and_then(|()| warm.control.send(&configuration, START))
            .and_then(|()| warm.control.ready(Instant::now() + START));
        match ready {
            Ok(ready) => {
                for what in ready.failed {
                    tracing::debug!(venv = venv.id, what, "a package could not be imported ahead");
                }
                warm.python = ready.python;
                let threads = share::threads_below(warm.process.id());
                if imports == Imports::Ahead && threads.is_some_and(|n| n > 1) {
                    return Err(StartError::Failed("its packages start threads at import".to_owned()));
                }
                warm.standby = Some(Standby::of(&warm.control).map_err(failed("a process that stands by"))?);
                Ok(warm)
            }
            Err(why) => {
                // A launcher that gave up ends by itself; anything else is stuck, also what only closed its socket.
                if why != GONE || !warm.process.ends_within(Duration::from_secs(2)) {
                    warm.process.kill();
                }
                let code = warm.process.reap().and_then(|status| status.code());
                let said = stderr.map(Tail::text).unwrap_or_default();
                let said = said.trim();
                Err(match code {
                    Some(isolation::CANNOT) => StartError::Cannot(said.to_owned()),
                    Some(isolation::PASSING) => StartError::Passing(said.to_owned()),
                    _ if said.is_empty() => StartError::Failed(why),
                    _ => StartError::Failed(format!("{why}: {said}")),
                })
            }
        }
    }

    /// Names the users of the launcher's namespace when it asks for that.
    fn name_users(&mut self) -> Result<(), String> {
        let asked = self.control.read(Instant::now() + GRACE)?;
        if asked != [isolation::ASK_FOR_USERS] {
            return Err("the launcher spoke nonsense".to_owned());
        }
        let named = isolation::name_users(self.process.id());
        let answer = if named.is_ok() { isolation::HAS_USERS } else { 0 };
        self.control.0.write_all(&[answer]).map_err(|e| wrong(&e))
    }

    /// What its programs run under.
    pub(super) fn isolation(&self) -> Isolation {
        self.isolation
    }

    /// The process, for whoever may have to kill it.
    pub(super) fn process(&self) -> &Arc<Process> {
        &self.process
    }

    /// Runs one program to its end.
    ///
    /// # Errors
    /// A phrase that says what is wrong with the worker, which must not be used again.
    pub(super) fn run(&mut self, job: &Job) -> Result<Execution, String> {
        let standby = self.standby.take().ok_or_else(|| "no process stands by".to_owned())?;
        let patience = if self.served { FORK } else { START };
        self.served = true;
        let running = standby.obey(&self.control, job, patience).map_err(|why| self.fault().unwrap_or(why))?;
        let watch = Watch::of(running, &job.limits, self.folder.as_ref().filter(|_| self.isolation != Isolation::None));
        let seen = watch.until_the_end(&mut self.control, &self.process)?;
        // Without one, the next program gets another worker.
        self.standby = Standby::of(&self.control).ok();
        Ok(Execution {
            stdout: String::from_utf8_lossy(&seen.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&seen.stderr).into_owned(),
            stdout_bytes: seen.total,
            end: seen.end,
            wall: seen.wall,
            cpu: seen.cpu,
            memory: seen.memory,
            isolation: self.isolation,
            venv: self.key.venv.clone(),
            python: self.python.clone(),
            substituted: Vec::new(),
        })
    }

    /// Why a worker ended, where it said so.
    fn fault(&mut self) -> Option<String> {
        let said = self.control.receive(Instant::now() + Duration::from_millis(100));
        said.err().filter(|why| ![GONE, control::SILENT].contains(&why.as_str()))
    }
}

impl Drop for Warm {
    fn drop(&mut self) {
        self.process.kill();
        // Before the folder goes: what still writes there would leave it behind.
        self.process.reap();
    }
}

/// Processes and threads that count for a program's limit beside its own.
///
/// In a user namespace of its own these are the launcher and the worker. Elsewhere the kernel counts all of the user's, so
/// that the limit only keeps programs from taking what the workers need to fork.
fn beside(rung: Rung) -> u64 {
    match (rung.level, rung.identity) {
        (Isolation::Full, Identity::Own | Identity::Apart) => 2,
        (Isolation::Full, Identity::Nobody) => isolation::PROCESSES / 2,
        (Isolation::Landlock, _) => share::own_threads().map_or(0, |n| n + isolation::PROCESSES),
        (Isolation::SandboxExec | Isolation::None, _) => 0,
    }
}

/// Bytes in hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    let digit = |n: u8| char::from(b"0123456789abcdef"[usize::from(n & 15)]);
    bytes.iter().flat_map(|&b| [digit(b >> 4), digit(b)]).collect()
}

/// All variables that the worker has: none of the user's.
fn variables(home: &Path, hash_seed: u32) -> Vec<(String, String)> {
    let home = home.display().to_string();
    let mut env = vec![("PYTHONHASHSEED".to_owned(), hash_seed.to_string())];
    for name in ["HOME", "TMPDIR", "MPLCONFIGDIR"] {
        env.push((name.to_owned(), home.clone()));
    }
    // Each thread would reserve an arena of address space, which is what the memory limit counts.
    env.push(("MALLOC_ARENA_MAX".to_owned(), "2".to_owned()));
    // Where each program's process looked up functions of Python's own libraries, it would write that into pages of its
    // own. Extension modules are bound at once anyway.
    env.push(("LD_BIND_NOW".to_owned(), "1".to_owned()));
    // Threads that start at import would not survive the fork.
    for name in ["OPENBLAS", "OMP", "MKL", "NUMEXPR", "VECLIB_MAXIMUM", "BLIS"] {
        env.push((format!("{name}_NUM_THREADS"), "1".to_owned()));
    }
    for (name, value) in [("LANG", "C.UTF-8"), ("TZ", "UTC"), ("PATH", "/usr/bin:/bin"), ("MPLBACKEND", "Agg")] {
        env.push((name.to_owned(), value.to_owned()));
    }
    env
}

#[cfg(target_os = "linux")]
use super::isolation::calls::OWN_PID;

/// Stands for nothing where there are no filters.
#[cfg(not(target_os = "linux"))]
const OWN_PID: u32 = 0;

/// The filter of a program's process; empty where there is none.
fn program_filter(level: Isolation) -> Result<Vec<u8>, String> {
    #[cfg(target_os = "linux")]
    if level != Isolation::None {
        return isolation::calls::program_filter(level);
    }
    let _ = level;
    Ok(Vec::new())
}
