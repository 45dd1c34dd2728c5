//! Trying what must not work: the proof of isolation that `loong doctor` shows.

use serde::Serialize;

use super::{
    Dependencies, End, Interpreter, InterpreterError, Isolation, IsolationRule, Job, Limits, PythonInterpreter,
    PythonSettings,
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

/// Escapes, each an attempt that ends with an error where isolation works: what must hold, and the attempt.
const ATTEMPTS: [(&str, &str); 8] = [
    ("no network", "import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM).connect(('127.0.0.1', 9))"),
    ("no local sockets", "import socket; socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)"),
    ("the home folder can't be read", "import os; os.listdir(HOME)"),
    ("/etc/passwd can't be read", "open('/etc/passwd').read()"),
    ("nothing is written outside scratch", "open(os.path.join(HOME, '.loong-probe'), 'w').close()"),
    ("no new processes", "os._exit(0) if os.fork() == 0 else os.wait()"),
    ("no other programs", "os.execv('/bin/sh', ['sh', '-c', 'true'])"),
    ("no signals to other processes", "os.kill(os.getppid() or 1, 0)"),
];

/// Starts a worker and tries to break out of it, in every way that the report names.
///
/// # Errors
/// As [`Interpreter::run`]: where no worker starts there is nothing to report on.
pub async fn probe(settings: &PythonSettings) -> Result<ProbeReport, InterpreterError> {
    let interpreter = PythonInterpreter::new(PythonSettings { workers: 1, ..settings.clone() });
    let run = async |code: String| {
        interpreter.run(Job { code, dependencies: Dependencies::default(), limits: Limits::default() }).await
    };
    let first = run("print(6 * 7)".to_owned()).await?;
    let mut checks = vec![Check {
        name: "a program runs".to_owned(),
        ok: first.end == End::Exit(0) && first.stdout.trim() == "42",
        detail: format!("{:.1} ms", first.wall.as_secs_f64() * 1e3),
    }];
    let home = std::env::var_os("HOME").unwrap_or_else(|| "/root".into());
    let home = serde_json::Value::from(home.to_string_lossy()).to_string();
    for (name, attempt) in ATTEMPTS {
        // A JSON string is a Python string.
        let code = format!(
            "import os\nHOME = {home}\ntry:\n    {attempt}\nexcept Exception as error:\n    print(error)\nelse:\n    \
             raise SystemExit('it worked')\n"
        );
        let done = run(code).await?;
        let ok = done.end == End::Exit(0) && !done.stdout.is_empty();
        let detail = if ok { done.stdout.trim() } else { done.stderr.trim() };
        checks.push(Check { name: name.to_owned(), ok, detail: detail.to_owned() });
    }
    let isolation = first.isolation;
    if settings.isolation == IsolationRule::UnsafeNone {
        let detail = "isolation was switched off by name".to_owned();
        checks.push(Check { name: "isolation is wanted".to_owned(), ok: false, detail });
    }
    Ok(ProbeReport { python: first.python, isolation, checks })
}
