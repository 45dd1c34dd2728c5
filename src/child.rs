//! Programs that the user names and that are spoken to in lines: how one is begun, heard with bounds, and ended with all
//! that it began. Every room may use this file; it uses none, and does not know what is said.

#[cfg(target_os = "linux")]
mod kin;

use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};

/// Begins a program with all its streams piped and a process group of its own, whose every process may take `memory`
/// bytes; 0 for any. What it begins ends with the group.
///
/// # Errors
/// A sentence.
pub fn begin(command: &[String], memory: u64) -> Result<(Child, Group), String> {
    let Some(program) = command.first() else { return Err("no command was given".to_owned()) };
    let mut new = if memory > 0 {
        // The shell sets the limit and becomes the program.
        let mut shell = Command::new("/bin/sh");
        let kib = memory / 1024;
        shell.args(["-c", &format!("ulimit -v {kib} 2>/dev/null; exec \"$@\""), "sh"]).args(command);
        shell
    } else {
        let mut plain = Command::new(program);
        plain.args(&command[1..]);
        plain
    };
    #[cfg(target_os = "linux")]
    let mark = kin::mark();
    #[cfg(target_os = "linux")]
    new.env(kin::VARIABLE, &mark);
    let child = new
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| format!("{program} cannot be started: {e}"))?;
    let group = Group {
        id: child.id(),
        #[cfg(target_os = "linux")]
        kin: kin::Kin::of(child.id(), &mark),
    };
    Ok((child, group))
}

/// The process group of a program, which ends when this does; on Linux with all that the program began, wherever it went.
#[derive(Debug)]
pub struct Group {
    id: Option<u32>,
    #[cfg(target_os = "linux")]
    kin: kin::Kin,
}

impl Group {
    /// Ends it. Once: later the number may be another's.
    pub fn kill(&mut self) {
        let pid = self.id.take().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        let Some(pid) = pid else { return };
        let group = || {
            // It may have ended by itself.
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        };
        #[cfg(target_os = "linux")]
        self.kin.end(group);
        #[cfg(not(target_os = "linux"))]
        group();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What was read of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A line, its end included where it had one.
    Whole(String),
    /// A line is longer than the bound.
    TooLong,
    /// The stream is at its end.
    End,
}

/// Reads one line of at most `most` bytes. What was read of a line before the future was dropped stays in `bytes`.
///
/// # Errors
/// The system's.
pub async fn line<R: AsyncBufRead + Unpin>(reader: &mut R, bytes: &mut Vec<u8>, most: u64) -> std::io::Result<Line> {
    let room = most.saturating_sub(bytes.len() as u64);
    let read = reader.take(room).read_until(b'\n', bytes).await?;
    if bytes.len() as u64 >= most && !bytes.ends_with(b"\n") {
        return Ok(Line::TooLong);
    }
    if read == 0 && bytes.is_empty() {
        return Ok(Line::End);
    }
    Ok(Line::Whole(String::from_utf8_lossy(&std::mem::take(bytes)).into_owned()))
}

/// The end of what a program says on its stderr, heard while it runs.
#[derive(Debug, Clone, Default)]
pub struct Complaint(Arc<Mutex<Vec<u8>>>);

impl Complaint {
    /// Bytes that are kept, from the end.
    const KEPT: usize = 4 << 10;

    /// Hears a stream to its end; `each` gets what comes, as it comes.
    pub async fn hear<R: AsyncRead + Unpin>(self, mut stream: R, each: impl Fn(&str)) {
        let mut some = [0_u8; 4096];
        while let Ok(n @ 1..) = stream.read(&mut some).await {
            each(&String::from_utf8_lossy(&some[..n]));
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend_from_slice(&some[..n]);
            if kept.len() > 2 * Self::KEPT {
                let cut = kept.len() - Self::KEPT;
                kept.drain(..cut);
            }
        }
    }

    /// The last line that says something, as it came.
    pub fn last(&self) -> Option<String> {
        self.lines(1).pop()
    }

    /// At most `most` lines from the end that say something, as they came, the last one last.
    pub fn lines(&self, most: usize) -> Vec<String> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&kept);
        let told = text.lines().rev().filter(|l| !l.trim().is_empty()).take(most);
        let mut lines: Vec<String> = told.map(|l| l.chars().take(300).collect()).collect();
        lines.reverse();
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_are_bounded_and_whole() {
        let mut stream = tokio::io::BufReader::new(&b"one\ntwo\n0123456789\n"[..]);
        let mut bytes = Vec::new();
        assert_eq!(line(&mut stream, &mut bytes, 8).await.unwrap(), Line::Whole("one\n".into()));
        assert_eq!(line(&mut stream, &mut bytes, 8).await.unwrap(), Line::Whole("two\n".into()));
        assert_eq!(line(&mut stream, &mut bytes, 8).await.unwrap(), Line::TooLong);
        let mut stream = &b"last"[..];
        let mut bytes = Vec::new();
        assert_eq!(line(&mut stream, &mut bytes, 8).await.unwrap(), Line::Whole("last".into()));
        assert_eq!(line(&mut stream, &mut bytes, 8).await.unwrap(), Line::End);
    }

    #[tokio::test]
    async fn a_group_ends_with_all_that_it_began() {
        let words = ["/bin/sh", "-c", "sleep 600 & echo $!; wait"].map(str::to_owned);
        let (mut child, group) = begin(&words, 0).unwrap();
        let mut out = tokio::io::BufReader::new(child.stdout.take().unwrap());
        let Line::Whole(pid) = line(&mut out, &mut Vec::new(), 64).await.unwrap() else { panic!("a line") };
        let pid = rustix::process::Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
        assert!(rustix::process::test_kill_process(pid).is_ok());
        drop(group);
        child.wait().await.unwrap();
        // The stream ends when the last process that holds it has.
        assert_eq!(line(&mut out, &mut Vec::new(), 64).await.unwrap(), Line::End);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_daemon_ends_with_the_program_that_began_it() {
        // A session of its own, and a parent that has ended: of neither the group nor the descent.
        let script = "setsid sh -c 'sleep 600 &' & wait; echo orphan; read -r never";
        let (mut child, group) = begin(&["/bin/sh", "-c", script].map(str::to_owned), 0).unwrap();
        let mut out = tokio::io::BufReader::new(child.stdout.take().unwrap());
        assert_eq!(line(&mut out, &mut Vec::new(), 64).await.unwrap(), Line::Whole("orphan\n".into()));
        drop(group);
        child.wait().await.unwrap();
        // The daemon holds the stream.
        let end = tokio::time::timeout(std::time::Duration::from_secs(30), line(&mut out, &mut Vec::new(), 64)).await;
        assert_eq!(end.expect("the daemon is alive").unwrap(), Line::End);
    }

    #[tokio::test]
    async fn the_end_of_a_complaint_is_kept() {
        let complaint = Complaint::default();
        complaint
            .clone()
            .hear(
                &b"one

two
three
 
"[..],
                |_| {},
            )
            .await;
        assert_eq!(complaint.lines(2), ["two", "three"]);
        assert_eq!(complaint.last().as_deref(), Some("three"));
        assert_eq!(Complaint::default().last(), None);
    }
}
