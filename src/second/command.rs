//! A grader as a command: pairs go to its stdin, a line each, words come from its stdout, in any order and at any time
//! before it ends. It has a process group of its own, which is killed with all that it started, and limits.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Account, Asked, Word, line};
use crate::review::cleaned::clean_line;

/// Bytes of one line.
const LINE: u64 = 1 << 20;
/// Bytes of stderr that are kept, from its end.
const STDERR: usize = 4 << 10;
/// How long a grader that has closed its stdout may take to end.
const END: Duration = Duration::from_secs(5);

/// A grader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grader {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// How long it may say nothing while a pair waits for its word.
    pub patience: Duration,
    /// Bytes of memory that each of its processes may take; 0 for any.
    pub memory: u64,
}

/// Pairs that were given and not answered, and the answered ones.
#[derive(Debug, Default)]
struct Open {
    waiting: BTreeSet<(u64, i64)>,
    order: std::collections::HashMap<i64, u64>,
    answered: std::collections::HashSet<i64>,
}

impl Grader {
    /// Gives it every pair that comes, and hands on every word, until there is no further pair and it has ended, or it
    /// fails, or `stop` is called. Whatever happens, nothing of it runs afterwards.
    pub async fn ask(
        &self,
        mut pairs: mpsc::Receiver<Asked>,
        words: mpsc::Sender<Word>,
        stop: CancellationToken,
    ) -> Account {
        let mut account = Account::default();
        let mut child = match self.start() {
            Ok(child) => child,
            Err(sentence) => {
                account.failure = Some(sentence);
                return account;
            }
        };
        let mut group = Group(child.id());
        let (Some(mut stdin), Some(stdout), Some(mut stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            account.failure = Some("its streams cannot be had".to_owned());
            return account;
        };
        let open = Arc::new(Mutex::new(Open::default()));
        let given = Arc::clone(&open);
        let writer = tokio::spawn(async move {
            let mut asked = 0_u64;
            while let Some(pair) = pairs.recv().await {
                asked += 1;
                {
                    let mut open = given.lock().unwrap_or_else(PoisonError::into_inner);
                    open.waiting.insert((asked, pair.id));
                    open.order.insert(pair.id, asked);
                }
                // A grader that has gone away is noticed where it is read.
                if stdin.write_all(line::out(&pair).as_bytes()).await.is_err() {
                    break;
                }
            }
            drop(stdin.shutdown().await);
            asked
        });
        let complaint = tokio::spawn(async move {
            let mut kept: Vec<u8> = Vec::new();
            let mut some = [0_u8; 4096];
            while let Ok(n @ 1..) = stderr.read(&mut some).await {
                kept.extend_from_slice(&some[..n]);
                if kept.len() > 2 * STDERR {
                    kept.drain(..kept.len() - STDERR);
                }
            }
            kept
        });
        let ended = tokio::select! {
            ended = self.listen(BufReader::new(stdout), &open, &words, &mut account) => ended,
            () = stop.cancelled() => Err("it was stopped".to_owned()),
        };
        account.failure = match ended {
            Err(sentence) => Some(sentence),
            Ok(()) => match tokio::time::timeout(END, child.wait()).await {
                Ok(Ok(status)) if status.success() => None,
                Ok(Ok(status)) => Some(format!("it ended with {status}")),
                Ok(Err(e)) => Some(e.to_string()),
                Err(_) => Some("it closed its output and did not end".to_owned()),
            },
        };
        group.kill();
        writer.abort();
        let asked = writer.await.ok();
        drop(child.wait().await);
        // What it started may still hold the stream, were it not for the group's end.
        let said = tokio::time::timeout(END, complaint).await;
        let open = open.lock().unwrap_or_else(PoisonError::into_inner);
        account.asked = asked.unwrap_or(0).max(open.order.len() as u64);
        account.missing = open.waiting.len() as u64;
        if let (Some(failure), Ok(Ok(said))) = (&mut account.failure, said) {
            account.at = open.waiting.first().map(|(_, id)| *id).filter(|_| !stop.is_cancelled());
            let text = String::from_utf8_lossy(&said);
            if let Some(last) = text.lines().rev().find(|l| !l.trim().is_empty()) {
                failure.push_str("; it said: ");
                failure.push_str(&clean_line(&last.chars().take(300).collect::<String>()));
            }
        }
        account
    }

    fn start(&self) -> Result<Child, String> {
        let Some(program) = self.command.first() else { return Err("no command was given".to_owned()) };
        let mut command = if self.memory > 0 {
            // The shell sets the limit and becomes the program.
            let mut shell = Command::new("/bin/sh");
            let kib = self.memory / 1024;
            shell.args(["-c", &format!("ulimit -v {kib} 2>/dev/null; exec \"$@\""), "sh"]).args(&self.command);
            shell
        } else {
            let mut plain = Command::new(program);
            plain.args(&self.command[1..]);
            plain
        };
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|e| format!("{} cannot be started: {e}", clean_line(program)))
    }

    /// Reads words until the end of the stream.
    async fn listen<R: tokio::io::AsyncRead + Unpin>(
        &self,
        mut lines: BufReader<R>,
        open: &Mutex<Open>,
        words: &mpsc::Sender<Word>,
        account: &mut Account,
    ) -> Result<(), String> {
        let mut bytes = Vec::new();
        loop {
            let mut rest = (&mut lines).take(LINE);
            let read = rest.read_until(b'\n', &mut bytes);
            match tokio::time::timeout(self.patience, read).await {
                Err(_) if open.lock().unwrap_or_else(PoisonError::into_inner).waiting.is_empty() => continue,
                Err(_) => return Err(format!("it said nothing for {} s and was ended", self.patience.as_secs_f64())),
                Ok(Err(e)) => return Err(e.to_string()),
                Ok(Ok(0)) => return Ok(()),
                Ok(Ok(n)) if n as u64 >= LINE && !bytes.ends_with(b"\n") => {
                    return Err(format!("it printed a line of more than {LINE} bytes and was ended"));
                }
                Ok(Ok(_)) => {}
            }
            let text = String::from_utf8_lossy(&std::mem::take(&mut bytes)).into_owned();
            if text.trim().is_empty() {
                continue;
            }
            let word = match line::back(&text) {
                Ok(word) => word,
                Err(fault) => {
                    account.unreadable += 1;
                    account.complain(&fault);
                    continue;
                }
            };
            let known = {
                let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
                match open.order.get(&word.id).copied() {
                    None => {
                        account.unknown += 1;
                        account.complain(&format!("it was not asked of {}", word.id));
                        false
                    }
                    Some(_) if !open.answered.insert(word.id) => {
                        account.repeated += 1;
                        account.complain(&format!("it answered {} again", word.id));
                        false
                    }
                    Some(order) => open.waiting.remove(&(order, word.id)),
                }
            };
            if known {
                account.answered += 1;
                if words.send(word).await.is_err() {
                    return Err("its words could not be kept".to_owned());
                }
            }
        }
    }
}

/// A process group that ends when this does.
struct Group(Option<u32>);

impl Group {
    /// Once: later the number may be another's.
    fn kill(&mut self) {
        let pid = self.0.take().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            // It may have ended by itself.
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}
