//! The proof that a level of isolation holds on this machine, asked of the first worker before it gets a program.

use super::warm::{StartError, Warm};
use super::{Dependencies, End, Isolation, Job, Limits};

/// One thing of every kind that isolation forbids. `HOME` is the user's home folder; what gets through is printed.
const ESCAPES: &str = r#"
import os, socket
def connect(): socket.socket(socket.AF_INET).connect(("127.0.0.1", 9))
def local(): socket.socket(socket.AF_UNIX)
def read(): open("/etc/passwd").read()
def home(): os.listdir(HOME)
def write(): open(os.path.join(HOME, ".loong-probe"), "w").close()
def fork(): os._exit(0) if os.fork() == 0 else os.wait()
def execute(): os.execv("/bin/true", ["true"])
def signal(): os.kill(os.getppid() or 1, 0)
for escape in (connect, local, read, home, write, fork, execute, signal):
    try:
        escape()
    except OSError:
        continue
    print(escape.__name__)
print("done")
"#;

/// The worker, where it lets nothing through.
///
/// # Errors
/// [`StartError::Cannot`] that names what got through: this step of the ladder is none here. [`StartError::Failed`] where
/// nothing did, and the proof did not end.
pub(super) fn of(mut warm: Warm, scratch: u64) -> Result<Warm, StartError> {
    if warm.isolation() == Isolation::None {
        return Ok(warm);
    }
    let home = std::env::var_os("HOME").unwrap_or_else(|| "/root".into());
    // A JSON string is a Python string.
    let home = serde_json::Value::from(home.to_string_lossy()).to_string();
    let limits = Limits { scratch, ..Limits::default() };
    let job = Job { code: format!("HOME = {home}\n{ESCAPES}"), dependencies: Dependencies::default(), limits };
    let done = warm.run(&job).map_err(StartError::Failed)?;
    let through: Vec<&str> = done.stdout.lines().filter(|l| *l != "done").collect();
    match (through.as_slice(), done.end) {
        ([], End::Exit(0)) if !done.stdout.is_empty() => Ok(warm),
        // A machine that is too slow just now proves nothing.
        ([], end) => {
            Err(StartError::Failed(format!("the proof of its isolation did not end well: {end:?} {}", done.stderr)))
        }
        (through, _) => Err(StartError::Cannot(format!("a proof got through it: {}", through.join(", ")))),
    }
}
