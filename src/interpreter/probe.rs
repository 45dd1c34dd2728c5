//! The probe: what programs can and cannot do here, found by trying.

use super::pool::{IsolationChoice, PythonInterpreter, PythonSettings};
use super::{Dependencies, End, Interpreter, InterpreterError, Isolation, Job, Limits};

/// One thing tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What must not be possible.
    pub name: &'static str,
    /// Whether it was not.
    pub ok: bool,
    /// What happened.
    pub detail: String,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeReport {
    /// Version of Python.
    pub python: String,
    /// What stands between a program and this machine.
    pub isolation: Isolation,
    /// What was tried.
    pub checks: Vec<Check>,
}

/// Programs that must fail; each prints what it reached.
const ATTEMPTS: &[(&str, &str)] = &[
    ("no network", "import socket\ns = socket.socket()\ns.settimeout(2)\nprint('made a socket')"),
    ("no home folder", "import os, pwd\nprint(os.listdir(pwd.getpwuid(0).pw_dir))"),
    ("no system files", "print(open('/etc/passwd').read(20))"),
    ("no processes seen", "import os\nprint(len(os.listdir('/proc')), 'entries of /proc')"),
    ("no writing elsewhere", "open('/tmp/loong-probe', 'w').write('x')\nprint('wrote to /tmp')"),
    ("no new processes", "import os\nos.fork()\nprint('forked')"),
    ("no other programs", "import subprocess\nprint(subprocess.run(['/bin/true']))"),
    ("no signals to others", "import os\nos.kill(os.getppid(), 0)\nprint('could signal its parent')"),
];

/// Starts a worker and tries what programs must not be able to do. Blocks; must not be called from async code.
///
/// # Errors
/// There is no Python, or no isolation.
pub fn probe(settings: &PythonSettings) -> Result<ProbeReport, InterpreterError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| InterpreterError::Worker { message: e.to_string() })?;
    let interpreter = PythonInterpreter::new(PythonSettings { workers: 1, ..settings.clone() });
    runtime.block_on(async {
        let (python, isolation) = interpreter.greet().await?;
        let mut checks = vec![check_works(&interpreter).await?];
        if settings.isolation == IsolationChoice::Required {
            for (name, code) in ATTEMPTS {
                let execution = interpreter.run(job(code)).await?;
                let ok = execution.end != End::Exit(0) && execution.stdout.is_empty();
                let last = if ok { &execution.stderr } else { &execution.stdout };
                let detail = last.lines().last().unwrap_or_default().to_owned();
                checks.push(Check { name, ok, detail });
            }
        }
        Ok(ProbeReport { python, isolation, checks })
    })
}

async fn check_works(interpreter: &PythonInterpreter) -> Result<Check, InterpreterError> {
    let execution = interpreter.run(job("print(6 * 7)")).await?;
    let detail = format!("printed {:?} in {:.1} ms", execution.stdout.trim(), execution.wall.as_secs_f64() * 1000.0);
    Ok(Check { name: "programs run", ok: execution.stdout.trim() == "42", detail })
}

fn job(code: &str) -> Job {
    Job { code: code.to_owned(), dependencies: Dependencies::default(), limits: Limits::default() }
}
