//! One warm worker: its process, its frames, its end.

use std::collections::VecDeque;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::confine::{NOT_CONFINED, SUBCOMMAND, Spec};
use super::isolation::{PID_SENTINEL, program_filter};
use super::{End, Execution, InterpreterError, Isolation, Job};

/// How long a worker may take to import its packages.
const WARM_UP: Duration = Duration::from_secs(120);
/// How much longer than a program's deadline a worker may take to say so.
const GRACE: Duration = Duration::from_secs(3);
/// A reply longer than this is no reply: both outputs at their limits, encoded, are far below it.
const LONGEST_FRAME: usize = 256 << 20;

/// A worker that has imported its packages and waits for jobs.
pub(super) struct Zygote {
    /// Identity of its venv.
    pub(super) venv: String,
    isolation: Isolation,
    python: String,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    scratch: tempfile::TempDir,
    last_words: Arc<Mutex<VecDeque<String>>>,
    jobs: u64,
}

#[derive(Deserialize)]
struct Greeting {
    ready: bool,
    python: String,
    isolation: Isolation,
}

#[derive(Deserialize)]
struct Reply {
    stdout: String,
    stderr: String,
    stdout_bytes: u64,
    end: String,
    status: i32,
    wall: f64,
    cpu: f64,
    memory: u64,
}

impl Zygote {
    /// Starts a worker through the launcher and waits until it is warm.
    pub(super) async fn start(
        launcher: &Path,
        mut spec: Spec,
        venv: String,
        imports: &[String],
    ) -> Result<Self, InterpreterError> {
        let failed = |message: String| InterpreterError::Worker { message };
        let scratch = tempfile::Builder::new()
            .prefix("loong-")
            .tempdir()
            .map_err(|e| failed(format!("no scratch folder: {e}")))?;
        spec.scratch = scratch.path().to_owned();
        let told = serde_json::to_string(&spec).map_err(|e| failed(e.to_string()))?;
        let mut command = Command::new(launcher);
        command
            .arg(SUBCOMMAND)
            .arg(told)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(|e| failed(format!("{} does not start: {e}", launcher.display())))?;
        let (Some(input), Some(output), Some(errors)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(failed("the worker's pipes are missing".to_owned()));
        };
        let last_words = Arc::new(Mutex::new(VecDeque::new()));
        tokio::spawn(listen(errors, Arc::clone(&last_words)));
        let mut zygote = Self {
            venv,
            isolation: Isolation::None,
            python: String::new(),
            child,
            input,
            output: BufReader::new(output),
            scratch,
            last_words,
            jobs: 0,
        };
        let filter = if spec.unsafe_none {
            Vec::new()
        } else {
            program_filter().map_err(|why| InterpreterError::NoIsolation { why })?
        };
        let hello = serde_json::json!({
            "imports": imports,
            "scratch": spec.scratch,
            "filter": BASE64_STANDARD.encode(filter),
            "pid_sentinel": PID_SENTINEL,
        });
        let greeting = async {
            zygote.send(&hello).await?;
            zygote.receive::<Greeting>().await
        };
        match tokio::time::timeout(WARM_UP, greeting).await {
            Ok(Ok(said)) if said.ready => {
                zygote.python = said.python;
                zygote.isolation = said.isolation;
                Ok(zygote)
            }
            Ok(Ok(_)) => Err(failed("the worker said that it is not ready".to_owned())),
            Ok(Err(e)) => Err(zygote.obituary(&e.to_string()).await),
            Err(_) => Err(failed(format!("the worker was not ready after {} s", WARM_UP.as_secs()))),
        }
    }

    /// Version of Python.
    pub(super) fn python(&self) -> &str {
        &self.python
    }

    /// What stands between its programs and this machine.
    pub(super) fn isolation(&self) -> Isolation {
        self.isolation
    }

    /// Runs one program. After an error the worker is in an unknown state and must be dropped.
    pub(super) async fn run(&mut self, job: &Job) -> std::io::Result<Execution> {
        self.jobs += 1;
        let limits = job.limits;
        let asked = serde_json::json!({
            "code": job.code,
            "wall": limits.wall.as_secs_f64(),
            "memory": limits.memory,
            "output": limits.output,
            "file_size": limits.scratch,
        });
        let exchange = async {
            self.send(&asked).await?;
            self.receive::<Reply>().await
        };
        let reply = tokio::time::timeout(limits.wall + GRACE, exchange)
            .await
            .map_err(|_| std::io::Error::new(std::io::ErrorKind::TimedOut, "the worker did not answer in time"))??;
        let text = |encoded: &str| {
            let bytes = BASE64_STANDARD.decode(encoded).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        Ok(Execution {
            stdout: text(&reply.stdout),
            stderr: text(&reply.stderr),
            stdout_bytes: reply.stdout_bytes,
            end: match reply.end.as_str() {
                "exit" => End::Exit(reply.status),
                "signal" => End::Signal(reply.status),
                "timeout" => End::Timeout,
                "memory" => End::Memory,
                "output" => End::Output,
                other => return Err(std::io::Error::other(format!("the worker said `{other}`"))),
            },
            wall: seconds(reply.wall),
            cpu: seconds(reply.cpu),
            memory: reply.memory,
            isolation: self.isolation,
            venv: self.venv.clone(),
            python: self.python.clone(),
        })
    }

    async fn send(&mut self, message: &serde_json::Value) -> std::io::Result<()> {
        let body = message.to_string();
        let length =
            u32::try_from(body.len()).map_err(|_| std::io::Error::other("the program is longer than 4 GiB"))?;
        self.input.write_all(&length.to_le_bytes()).await?;
        self.input.write_all(body.as_bytes()).await?;
        self.input.flush().await
    }

    async fn receive<T: serde::de::DeserializeOwned>(&mut self) -> std::io::Result<T> {
        let length = self.output.read_u32_le().await? as usize;
        if length > LONGEST_FRAME {
            return Err(std::io::Error::other("the worker sent nonsense"));
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).await?;
        serde_json::from_slice(&body).map_err(std::io::Error::other)
    }

    /// Why a worker did not come up: what the launcher said, if it could not confine itself.
    async fn obituary(mut self, error: &str) -> InterpreterError {
        let status = tokio::time::timeout(Duration::from_secs(2), self.child.wait()).await;
        // What it said last is read by another task, which gets its turn here.
        tokio::time::sleep(Duration::from_millis(50)).await;
        let words: Vec<String> =
            self.last_words.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect();
        let code = status.ok().and_then(Result::ok).and_then(|s| s.code());
        if code == Some(i32::from(NOT_CONFINED)) {
            return InterpreterError::NoIsolation { why: words.join("; ") };
        }
        InterpreterError::Worker { message: format!("{error}; it said: {}", words.join(" | ")) }
    }
}

impl Drop for Zygote {
    fn drop(&mut self) {
        // The whole group: the launcher, the worker, and with the worker everything in its pid namespace.
        #[cfg(unix)]
        if let Some(group) =
            self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        tracing::debug!("a worker of {} ends after {} jobs in {}", self.venv, self.jobs, self.scratch.path().display());
    }
}

/// Keeps the last lines that a worker writes to stderr, for when it dies.
async fn listen(errors: tokio::process::ChildStderr, last: Arc<Mutex<VecDeque<String>>>) {
    let mut lines = BufReader::new(errors).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        last.push_back(line);
        if last.len() > 8 {
            last.pop_front();
        }
    }
}

/// Seconds that came from outside as a duration; nonsense is 0.
fn seconds(s: f64) -> Duration {
    Duration::try_from_secs_f64(s).unwrap_or_default()
}
