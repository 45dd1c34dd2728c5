//! One warm worker, seen from outside: its process, its socket, and the frames that go over it.
//!
//! A frame is four bytes of length, big-endian, and so much JSON; a reply is followed by the raw bytes that its header
//! announces. `assets/python/worker.py` is the other side.

use std::fs;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use serde::{Deserialize, Serialize};

use super::isolation::{self, Identity, Spec};
use super::scratch::{self, Scratch};
use super::venvs::Venv;
use super::{End, Execution, Isolation, Job, Limits, PythonSettings, confine, share};

/// How long a worker may take to import its packages.
const START: Duration = Duration::from_secs(180);

/// How long after a program's deadline its worker may take to say what happened.
const GRACE: Duration = Duration::from_secs(10);

/// Most bytes of a header: a fault's traceback is the longest there is.
const HEADER: usize = 1 << 20;

/// The scratch folder inside the jail.
const JAILED_SCRATCH: &str = "/scratch";

/// The worker's process, which can be killed from any thread.
#[derive(Debug)]
pub(super) struct Process(Mutex<Launched>);

#[derive(Debug)]
struct Launched {
    child: Child,
    /// Whether it was waited for: from then on its number may be anybody's.
    over: bool,
}

impl Process {
    fn new(child: Child) -> Self {
        Self(Mutex::new(Launched { child, over: false }))
    }

    fn launched(&self) -> MutexGuard<'_, Launched> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Kills the worker; its program, and all that either started, dies with it.
    pub(super) fn kill(&self) {
        self.launched().kill();
    }

    /// Whether it is gone and was waited for.
    pub(super) fn is_over(&self) -> bool {
        self.launched().over
    }

    /// The launcher's process id.
    fn id(&self) -> u32 {
        self.launched().child.id()
    }

    /// Whether it ends by itself within a time.
    fn ends_within(&self, time: Duration) -> bool {
        let deadline = Instant::now() + time;
        loop {
            let Some(leader) = self.launched().leader() else { return true };
            let look = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
            match waitid(WaitId::Pid(leader), look) {
                Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
                Ok(None) => return false,
                _ => return true,
            }
        }
    }

    /// Waits for the end of a process that was killed or is ending, and ends what it left; its status code.
    fn reap(&self) -> Option<i32> {
        let mut launched = self.launched();
        if let Some(leader) = launched.leader() {
            // Not yet reaped, it keeps its number, so that the group that is killed is its own.
            let _ = waitid(WaitId::Pid(leader), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
            launched.kill();
        }
        launched.over = true;
        launched.child.wait().ok().and_then(|status| status.code())
    }
}

impl Launched {
    /// Its process id, for as long as that is its own.
    fn leader(&self) -> Option<Pid> {
        let id = i32::try_from(self.child.id()).ok().filter(|_| !self.over)?;
        Pid::from_raw(id)
    }

    /// The launcher leads a group, which nothing that it started can leave: packages are code, too. Just after its start it
    /// has none yet. What fails here is gone already.
    fn kill(&mut self) {
        if let Some(leader) = self.leader() {
            let _ = kill_process_group(leader, Signal::KILL);
            let _ = self.child.kill();
        }
    }
}

/// What a worker is for: workers with the same key serve the same jobs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// The venv's identity.
    pub(super) venv: String,
    /// Bytes of scratch: a jail's file system has its size from the start.
    pub(super) scratch: u64,
}

/// A step of the ladder of isolation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rung {
    /// The level.
    pub(super) level: Isolation,
    /// Whose identity the worker has.
    pub(super) identity: Identity,
}

/// When a worker imports the packages of its venv.
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
    control: UnixStream,
    isolation: Isolation,
    python: String,
    /// The scratch folder on this machine, where it is not inside a jail; removed with the worker.
    _folder: Option<Scratch>,
}

/// The first frame.
#[derive(Serialize)]
struct Configuration<'a> {
    requirements: &'a [String],
    scratch: &'a Path,
    /// Instructions of the program's filter, in hex; empty for none.
    filter: String,
    sentinel: u32,
    /// Whether the launcher confined the worker.
    confined: bool,
    /// Whether the worker is process 1 of its own namespace.
    alone: bool,
    /// Whether a file system keeps scratch within its size.
    quota: bool,
    /// Whether a limit of one process stands in for a filter.
    no_fork_limit: bool,
    /// Processes and threads that the kernel counts beside a program's own; 0 where it counts none.
    beside: u64,
}

/// A job's frame; the program follows it, since the worker must not keep it in its own memory.
#[derive(Serialize)]
struct Request {
    /// Bytes of the program, which follow.
    code: usize,
    /// Seconds.
    wall: f64,
    /// Seconds, whole.
    cpu: u64,
    memory: u64,
    threads: u32,
    open_files: u32,
    file: u64,
    output: usize,
    scratch: u64,
}

/// A reply's header.
#[derive(Deserialize)]
struct Reply {
    /// Python's version: the worker is ready.
    ready: Option<String>,
    /// What could not be imported ahead.
    #[serde(default)]
    failed: Vec<String>,
    /// The worker can't go on.
    fault: Option<String>,
    end: Option<String>,
    #[serde(default)]
    number: i32,
    /// Seconds.
    #[serde(default)]
    wall: f64,
    /// Seconds.
    #[serde(default)]
    cpu: f64,
    /// Bytes.
    #[serde(default)]
    memory: u64,
    /// Bytes on stdout in all.
    #[serde(default)]
    total: u64,
    out: usize,
    err: usize,
}

impl Warm {
    /// Starts a worker and waits until it is warm. `started` hears of the process at once, so that it can be killed
    /// meanwhile. The calling thread must outlive the worker: the worker dies with it.
    pub(super) fn start(
        settings: &PythonSettings,
        venv: &Venv,
        scratch_bytes: u64,
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
            env: environment(&inside, settings.hash_seed),
            readable: venv.readable.clone(),
            needed: venv.needed.clone(),
            scratch: inside.clone(),
            scratch_bytes,
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
        let mut warm = Self {
            key: Key { venv: venv.id.clone(), scratch: scratch_bytes },
            process,
            control,
            isolation: rung.level,
            python: String::new(),
            _folder: folder,
        };
        let filter = program_filter(rung.level).map_err(StartError::Cannot)?;
        let configuration = Configuration {
            requirements: if imports == Imports::Ahead { &venv.requirements } else { &[] },
            scratch: &inside,
            filter: hex(&filter),
            sentinel: OWN_PID,
            confined: rung.level != Isolation::None,
            alone: jailed,
            quota: jailed || rung.level == Isolation::None,
            no_fork_limit: rung.level == Isolation::SandboxExec,
            beside: beside(rung),
        };
        let admitted = if rung.identity == Identity::Apart { warm.name_users() } else { Ok(()) };
        let ready = admitted
            .and_then(|()| warm.send(&configuration))
            .and_then(|()| warm.receive(Instant::now() + START, HEADER));
        match ready {
            Ok((Reply { ready: Some(version), failed, .. }, _, _)) => {
                for what in failed {
                    tracing::debug!(venv = venv.id, what, "a package could not be imported ahead");
                }
                warm.python = version;
                let threads = share::threads_below(warm.process.id());
                if imports == Imports::Ahead && threads.is_some_and(|n| n > 1) {
                    return Err(StartError::Failed("its packages start threads at import".to_owned()));
                }
                Ok(warm)
            }
            Ok((Reply { fault, .. }, _, _)) => {
                Err(StartError::Failed(fault.unwrap_or_else(|| "it spoke nonsense".into())))
            }
            Err(why) => {
                // A launcher that gave up ends by itself; anything else is stuck, also what only closed its socket.
                if why != GONE || !warm.process.ends_within(Duration::from_secs(2)) {
                    warm.process.kill();
                }
                let code = warm.process.reap();
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
        let asked = self.read(1, Instant::now() + GRACE)?;
        if asked != [isolation::ASK_FOR_USERS] {
            return Err("the launcher spoke nonsense".to_owned());
        }
        let named = isolation::name_users(self.process.id());
        let answer = if named.is_ok() { isolation::HAS_USERS } else { 0 };
        self.control.write_all(&[answer]).map_err(|e| wrong(&e))
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
        let Limits { wall, cpu, memory, threads, open_files, file, output, scratch } = job.limits;
        let cpu = u64::max(1, cpu.as_secs() + u64::from(cpu.subsec_nanos() > 0));
        let deadline = Instant::now() + wall + GRACE;
        let (code, wall) = (job.code.len(), wall.as_secs_f64());
        self.send(&Request { code, wall, cpu, memory, threads, open_files, file, output, scratch })?;
        self.control.write_all(job.code.as_bytes()).map_err(|e| wrong(&e))?;
        let (reply, stdout, stderr) = self.receive(deadline, output)?;
        let end = match reply.end.as_deref() {
            Some("exit") => End::Exit(reply.number),
            Some("signal") => End::Signal(reply.number),
            Some("timeout") => End::Timeout,
            Some("memory") => End::Memory,
            Some("output") => End::Output,
            _ => return Err(reply.fault.unwrap_or_else(|| "it spoke nonsense".to_owned())),
        };
        let seconds = |s: f64| Duration::try_from_secs_f64(s).unwrap_or_default();
        Ok(Execution {
            stdout: String::from_utf8_lossy(&stdout).into_owned(),
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
            stdout_bytes: reply.total,
            end,
            wall: seconds(reply.wall),
            cpu: seconds(reply.cpu),
            memory: reply.memory,
            isolation: self.isolation,
            venv: self.key.venv.clone(),
            python: self.python.clone(),
            substituted: Vec::new(),
        })
    }

    /// Sends a frame.
    fn send(&mut self, body: &impl Serialize) -> Result<(), String> {
        let body = serde_json::to_vec(body).map_err(|e| e.to_string())?;
        let length = u32::try_from(body.len()).map_err(|_| "the frame is over 4 GiB long".to_owned())?;
        let mut frame = Vec::with_capacity(body.len() + 4);
        frame.extend(length.to_be_bytes());
        frame.extend(body);
        self.control.set_write_timeout(Some(START)).and_then(|()| self.control.write_all(&frame)).map_err(|e| wrong(&e))
    }

    /// Receives a reply: header, stdout, stderr, of which neither may be longer than `most`.
    fn receive(&mut self, deadline: Instant, most: usize) -> Result<(Reply, Vec<u8>, Vec<u8>), String> {
        let length = self.read(4, deadline)?;
        let length = length.iter().fold(0_usize, |n, &b| n << 8 | usize::from(b));
        if length > HEADER {
            return Err("it announced a header that is too long".to_owned());
        }
        let header = self.read(length, deadline)?;
        let reply: Reply = serde_json::from_slice(&header).map_err(|e| format!("it spoke nonsense: {e}"))?;
        if reply.out > most || reply.err > most {
            return Err("it announced more output than it may keep".to_owned());
        }
        let (out, err) = (self.read(reply.out, deadline)?, self.read(reply.err, deadline)?);
        Ok((reply, out, err))
    }

    /// Reads exactly so many bytes.
    fn read(&mut self, count: usize, deadline: Instant) -> Result<Vec<u8>, String> {
        let mut bytes = vec![0; count];
        let mut have = 0;
        while have < count {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err("it did not answer in time".to_owned());
            }
            self.control.set_read_timeout(Some(left)).map_err(|e| wrong(&e))?;
            match self.control.read(&mut bytes[have..]) {
                Ok(0) => return Err(GONE.to_owned()),
                Ok(n) => have += n,
                Err(e) if matches!(e.kind(), std::io::ErrorKind::Interrupted | std::io::ErrorKind::WouldBlock) => {}
                Err(e) => return Err(wrong(&e)),
            }
        }
        Ok(bytes)
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

/// What a worker that ended is said to have done.
const GONE: &str = "it ended unexpectedly";

/// The end of what a worker says on stderr while it starts, read as it comes: packages may say more at import than a pipe
/// holds, and a worker must not wait for a reader.
struct Tail(std::thread::JoinHandle<Vec<u8>>);

impl Tail {
    const KEPT: usize = 16 << 10;

    fn of(mut stderr: std::process::ChildStderr) -> Self {
        Self(std::thread::spawn(move || {
            let (mut kept, mut part) = (Vec::new(), [0; 4096]);
            while let Ok(n @ 1..) = stderr.read(&mut part) {
                kept.extend_from_slice(&part[..n]);
                if kept.len() > 2 * Self::KEPT {
                    kept.drain(..kept.len() - Self::KEPT);
                }
            }
            kept
        }))
    }

    /// What was said, once nobody can say more.
    fn text(self) -> String {
        let kept = self.0.join().unwrap_or_default();
        String::from_utf8_lossy(&kept[kept.len().saturating_sub(Self::KEPT)..]).into_owned()
    }
}

/// Bytes in hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    let digit = |n: u8| char::from(b"0123456789abcdef"[usize::from(n & 15)]);
    bytes.iter().flat_map(|&b| [digit(b >> 4), digit(b)]).collect()
}

/// A phrase for a socket's error.
fn wrong(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::BrokenPipe | std::io::ErrorKind::ConnectionReset => GONE.to_owned(),
        _ => error.to_string(),
    }
}

/// The worker's whole environment: nothing of the user's.
fn environment(home: &Path, hash_seed: u32) -> Vec<(String, String)> {
    let home = home.display().to_string();
    let mut env = vec![("PYTHONHASHSEED".to_owned(), hash_seed.to_string())];
    for name in ["HOME", "TMPDIR", "MPLCONFIGDIR"] {
        env.push((name.to_owned(), home.clone()));
    }
    // Threads that start at import would not survive the fork.
    // Each thread would reserve an arena of address space, which is what the memory limit counts.
    env.push(("MALLOC_ARENA_MAX".to_owned(), "2".to_owned()));
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
