//! Trying what must not work: the proof of isolation that `loong doctor` shows.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::{
    Dependencies, End, Execution, Interpreter, InterpreterError, Isolation, IsolationRule, Job, Limits,
    PythonInterpreter, PythonSettings,
};

/// How long a worker may take to start here: Python may lie on a disk that is cold.
const START: Duration = Duration::from_secs(10);

/// What every attempt may use.
const LIMITS: Limits = Limits {
    wall: Duration::from_secs(2),
    cpu: Duration::from_secs(2),
    memory: 256 << 20,
    threads: 64,
    open_files: 64,
    file: 4 << 20,
    output: 64 << 10,
    scratch: 4 << 20,
};

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What must hold, in a few words.
    pub name: String,
    /// Whether it holds.
    pub ok: bool,
    /// What happened.
    pub detail: String,
}

/// What works here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProbeReport {
    /// Version of Python.
    pub python: String,
    /// The isolation that programs run under.
    pub isolation: Isolation,
    /// What was tried.
    pub checks: Vec<Check>,
}

impl ProbeReport {
    /// Whether every check holds.
    pub fn ok(&self) -> bool {
        self.checks.iter().all(|check| check.ok)
    }
}

/// Escapes, each an attempt that ends with an error where isolation works, and succeeds where there is none: what must
/// hold, and the attempt.
const ATTEMPTS: [(&str, &str); 17] = [
    ("no network (IPv4)", "import socket; socket.socket(socket.AF_INET).bind(('127.0.0.1', 0))"),
    ("no network (IPv6)", "import socket; socket.socket(socket.AF_INET6).bind(('::', 0))"),
    ("no local sockets", "import socket; socket.socket(socket.AF_UNIX).bind('socket')"),
    ("no names are looked up (DNS)", "import socket; socket.getaddrinfo('localhost', 80)"),
    ("/proc can't be read", "os.listdir('/proc')"),
    ("the home folder can't be read", "os.listdir(HOME)"),
    ("/etc/passwd can't be read", "open('/etc/passwd').read()"),
    ("files of yours can't be read", "open(SECRET).read()"),
    ("no variable of yours is seen", "if not VARIABLES & set(os.environ): raise OSError('none is there')"),
    ("nothing is written outside scratch", "open(os.path.join(HOME, '.loong-probe'), 'w').close()"),
    ("files of yours can't be changed", "open(SECRET, 'a').close()"),
    ("no new processes", "os._exit(0) if os.fork() == 0 else os.wait()"),
    ("no other programs", "os.execv('/bin/sh', ['sh', '-c', 'true'])"),
    ("no signals to other processes", "os.kill(os.getppid() or 1, 0)"),
    ("no tracing of processes", "import ctypes; ask(ctypes.CDLL(None, use_errno=True).ptrace(0, 0, 0, 0))"),
    ("limits can't be raised", "import resource; resource.setrlimit(resource.RLIMIT_CPU, (-1, -1))"),
    ("nothing is left of other programs", "open('left')"),
];

/// Programs that want too much: what must hold, the program, what it may use, and how it must end.
const GREEDY: [(&str, &str, Limits, End); 4] = [
    ("the memory limit holds", "x = bytearray(1 << 30)", LIMITS, End::Memory),
    (
        "the time limit holds",
        "while True:\n    pass",
        Limits { wall: Duration::from_millis(250), ..LIMITS },
        End::Timeout,
    ),
    ("the output limit holds", "while True:\n    print('x' * 4096)", LIMITS, End::Output),
    (
        "the scratch limit holds",
        "open('left', 'w').close()\ntry:\n    with open('x', 'wb') as file:\n        for _ in range(64):\n            \
         file.write(bytes(1 << 20))\n            file.flush()\nexcept OSError:\n    raise SystemExit(0)\nraise \
         SystemExit('64 MiB were written')",
        LIMITS,
        End::Exit(0),
    ),
];

/// Threads that a program asks for; it must not get all of them.
const THREADS: &str = "import threading, time\nthreading.stack_size(1 << 18)\nn = 0\ntry:\n    while n < 4000:\n        \
                       threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n        n += 1\nexcept \
                       (RuntimeError, MemoryError):\n    pass\nimport os\nos.write(1, str(n).encode())\nos._exit(0)";

/// A file of this user's outside of scratch, which no program may reach; removed when dropped.
struct Secret(PathBuf);

impl Secret {
    fn new(folder: &Path) -> Self {
        let path = folder.join(format!(".probe-{}", std::process::id()));
        // Where it can't be written, it can't be read either, and the worker's start says why.
        let _ = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, "secret"));
        Self(path)
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A value as Python reads it: JSON is Python's, for texts and lists of texts.
fn python(value: impl Serialize) -> String {
    serde_json::to_string(&value).unwrap_or_else(|_| "None".to_owned())
}

/// Starts a worker and tries to break out of it, in every way that the report names.
///
/// # Errors
/// As [`Interpreter::run`]: where no worker starts there is nothing to report on.
pub async fn probe(settings: &PythonSettings) -> Result<ProbeReport, InterpreterError> {
    let secret = Secret::new(&settings.cache_dir);
    let interpreter = PythonInterpreter::new(PythonSettings { workers: 1, ..settings.clone() });
    let run = async |code: &str, limits: Limits| {
        interpreter.run(Job { code: code.to_owned(), dependencies: Dependencies::default(), limits }).await
    };
    let first = tokio::time::timeout(START, run("print(6 * 7)", LIMITS)).await.unwrap_or_else(|_| {
        Err(InterpreterError::Worker { message: format!("it was not ready within {} s", START.as_secs()) })
    })?;
    let mut checks = vec![Check {
        name: "a program runs".to_owned(),
        ok: first.end == End::Exit(0) && first.stdout.trim() == "42",
        detail: format!("{:.1} ms", first.wall.as_secs_f64() * 1e3),
    }];
    for (name, program, limits, end) in GREEDY {
        let done = run(program, limits).await?;
        let detail = match done.end {
            End::Exit(_) if done.end == end => "it was refused more".to_owned(),
            _ if done.end == end => format!("ended after {:.0} ms", done.wall.as_secs_f64() * 1e3),
            other => format!("{other:?} {}", last_line(&done.stderr)),
        };
        checks.push(Check { name: name.to_owned(), ok: done.end == end, detail });
    }
    let done = run(THREADS, LIMITS).await?;
    let threads: Option<u32> = done.stdout.trim().parse().ok();
    checks.push(Check {
        name: "threads are limited".to_owned(),
        ok: threads.is_none_or(|n| n < 4000),
        detail: threads.map_or_else(|| format!("{:?}", done.end), |n| format!("{n} at once")),
    });
    let head = preamble(&secret);
    for (name, attempt) in ATTEMPTS {
        let done = run(&format!("{head}try:\n    {attempt}\n{TAIL}"), LIMITS).await?;
        checks.push(judge(name, &done));
    }
    let isolation = first.isolation;
    if settings.isolation == IsolationRule::UnsafeNone {
        let detail = "isolation was switched off by name".to_owned();
        checks.push(Check { name: "isolation is wanted".to_owned(), ok: false, detail });
    }
    Ok(ProbeReport { python: first.python, isolation, checks })
}

/// After an attempt.
const TAIL: &str = "except Exception as error:\n    print(error)\nelse:\n    raise SystemExit('it worked')\n";

/// Before an attempt: what it knows of this user, and an error for calls that tell theirs by a number.
fn preamble(secret: &Secret) -> String {
    let home = std::env::var_os("HOME").unwrap_or_else(|| "/root".into());
    // What a worker gets of its own is not this user's, though it may have the same name.
    let own = ["HOME", "TMPDIR", "LANG", "TZ", "PATH", "PYTHONHASHSEED", "MPLBACKEND", "MPLCONFIGDIR"];
    let variables: Vec<String> = std::env::vars_os()
        .map(|(name, _)| name.to_string_lossy().into_owned())
        .filter(|name| !own.contains(&name.as_str()) && !name.ends_with("_NUM_THREADS"))
        .collect();
    format!(
        "import os\nHOME = {}\nSECRET = {}\nVARIABLES = set({})\n\
         def ask(result):\n    import ctypes\n    if result == -1:\n        raise OSError(ctypes.get_errno(), \
         os.strerror(ctypes.get_errno()))\n",
        python(home.to_string_lossy()),
        python(secret.0.to_string_lossy()),
        python(variables)
    )
}

/// An attempt that was refused says why on its output, and ends well.
fn judge(name: &str, done: &Execution) -> Check {
    let ok = done.end == End::Exit(0) && !done.stdout.is_empty() || matches!(done.end, End::Signal(_));
    let detail = match done.end {
        End::Exit(0) => done.stdout.trim().to_owned(),
        End::Signal(number) => format!("ended by signal {number}"),
        _ => last_line(&done.stderr).to_owned(),
    };
    Check { name: name.to_owned(), ok, detail }
}

fn last_line(text: &str) -> &str {
    text.trim().lines().next_back().unwrap_or_default()
}
