//! A grader as a command: pairs go to its stdin, a line each, words come from its stdout, in any order and at any time
//! before it ends. It has a process group of its own, which is killed with all that it started, and limits.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Account, Asked, Word, line};
use crate::child::{self, Complaint, Line};
use crate::review::cleaned::clean_line;

/// Bytes of one line.
const LINE: u64 = 1 << 20;
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
        let (mut child, mut group) = match child::begin(&self.command, self.memory) {
            Ok(begun) => begun,
            Err(sentence) => {
                account.failure = Some(clean_line(&sentence));
                return account;
            }
        };
        let (Some(mut stdin), Some(stdout), Some(stderr)) =
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
        let complaint = Complaint::default();
        let hearing = tokio::spawn(complaint.clone().hear(stderr, |_| {}));
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
        let heard = tokio::time::timeout(END, hearing).await;
        let open = open.lock().unwrap_or_else(PoisonError::into_inner);
        account.asked = asked.unwrap_or(0).max(open.order.len() as u64);
        account.missing = open.waiting.len() as u64;
        if let (Some(failure), Ok(Ok(()))) = (&mut account.failure, heard) {
            account.at = open.waiting.first().map(|(_, id)| *id).filter(|_| !stop.is_cancelled());
            if let Some(last) = complaint.last() {
                failure.push_str("; it said: ");
                failure.push_str(&clean_line(&last));
            }
        }
        account
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
            let read = child::line(&mut lines, &mut bytes, LINE);
            let text = match tokio::time::timeout(self.patience, read).await {
                Err(_) if open.lock().unwrap_or_else(PoisonError::into_inner).waiting.is_empty() => continue,
                Err(_) => return Err(format!("it said nothing for {} s and was ended", self.patience.as_secs_f64())),
                Ok(Err(e)) => return Err(e.to_string()),
                Ok(Ok(Line::End)) => return Ok(()),
                Ok(Ok(Line::TooLong)) => {
                    return Err(format!("it printed a line of more than {LINE} bytes and was ended"));
                }
                Ok(Ok(Line::Whole(text))) => text,
            };
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
