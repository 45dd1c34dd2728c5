//! Starting programs that may hang, print for ever, or leave children that hold their output open.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// How long a program may take to say what it is.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// Bytes that are read of what a program prints.
const MOST: u64 = 64 << 10;

/// How often is looked whether it ended.
const STEP: Duration = Duration::from_millis(4);

/// What came of a program.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// Whether it ended well.
    pub(super) success: bool,
    /// What it printed.
    pub(super) stdout: Vec<u8>,
    /// What it complained of.
    pub(super) stderr: Vec<u8>,
}

impl Done {
    /// The last line that says something, of its complaints or else of its output.
    pub(super) fn said(&self) -> String {
        let last = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            text.lines().map(str::trim).rfind(|line| !line.is_empty()).map(str::to_owned)
        };
        last(&self.stderr).or_else(|| last(&self.stdout)).unwrap_or_else(|| "it said nothing".to_owned())
    }
}

/// Runs a program to its end, or kills it with all it started. The error is a phrase.
pub(super) fn within(mut command: Command, patience: Duration) -> Result<Done, String> {
    let until = Instant::now() + patience;
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn().map_err(|e| e.to_string())?;
    let stdout = child.stdout.take().map(read_aside);
    let stderr = child.stderr.take().map(read_aside);
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Some(status),
            Ok(None) if Instant::now() < until => std::thread::sleep(STEP),
            Ok(None) | Err(_) => break None,
        }
    };
    if status.is_none() {
        if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
            // Fails only where everything is gone already.
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = child.wait();
        return Err(format!("it did not end within {} s", patience.as_secs()));
    }
    // What it printed is there; a child of its own that holds the pipe is not waited for.
    let take = |from: Option<Receiver<Vec<u8>>>| {
        from.and_then(|f| f.recv_timeout(Duration::from_millis(200)).ok()).unwrap_or_default()
    };
    Ok(Done { success: status.is_some_and(|s| s.success()), stdout: take(stdout), stderr: take(stderr) })
}

fn read_aside(pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if pipe.take(MOST).read_to_end(&mut bytes).is_ok() {
            // Nobody may be waiting any more.
            let _ = tell.send(bytes);
        }
    });
    told
}

/// A Python's own program, without what the user's environment does to Python, in a folder that holds no modules.
pub(super) fn python(executable: &std::path::Path) -> Command {
    let mut command = Command::new(executable);
    command.current_dir("/").arg("-I");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PYTHON")) {
        command.env_remove(name);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(line: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", line]);
        command
    }

    #[test]
    fn what_a_program_says_is_read_and_what_hangs_is_killed() {
        let done = within(shell("echo one; echo two >&2; exit 3"), PATIENCE).unwrap();
        assert_eq!((done.success, done.stdout.as_slice(), done.said().as_str()), (false, &b"one\n"[..], "two"));
        let error = within(shell("sleep 60 & wait"), Duration::from_millis(50)).unwrap_err();
        assert!(error.contains("did not end"), "{error}");
        assert!(within(Command::new("/no/such/program"), PATIENCE).is_err());
    }
}
