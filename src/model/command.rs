//! A program of the user's that is asked as a model is: the request's last message goes to its stdin as a line, and the
//! line that comes back is the reply. So what it said is stored before it is used, and no slot is asked of it twice.
//!
//! A process answers one request at a time and stays for the next. One that dies, hangs or says too much is ended with all
//! that it began, and another takes its place.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::Semaphore;

use super::{ChatModel, ChatReply, ChatRequest, Finish, Late, ModelError, Usage, believable_cost};
use crate::child::{self, Complaint, Group, Line};

/// Bytes of one line.
const LINE: u64 = 4 << 20;
/// How often a request is put to a process that dies of it.
const ATTEMPTS: u32 = 2;
/// How long the last words of a process that has ended are waited for.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// The program, and its processes that have nothing to do.
pub struct Command {
    name: String,
    words: Vec<String>,
    deadline: Duration,
    places: Semaphore,
    idle: Mutex<Vec<Process>>,
}

/// A process that waits for a line, or has one.
struct Process {
    // Dropped first: the group ends before the streams close.
    group: Group,
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    complaint: Complaint,
}

/// How asking a process went wrong.
enum Fault {
    Hung,
    Ended(String),
}

impl Command {
    /// The program with its arguments, at most `processes` of it at a time, each with `deadline` for one request. Begun
    /// when it is first asked.
    pub fn new(words: Vec<String>, processes: usize, deadline: Duration) -> Self {
        Self {
            name: words.join(" "),
            words,
            deadline,
            places: Semaphore::new(processes.max(1)),
            idle: Mutex::default(),
        }
    }

    /// Another process, whose stderr goes to the log.
    fn begin(&self) -> Result<Process, String> {
        let mut child = child::begin(&self.words, 0)?;
        let group = Group::of(&child);
        let streams = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = streams else {
            return Err("its streams cannot be had".to_owned());
        };
        let complaint = Complaint::default();
        tokio::spawn(complaint.clone().hear(stderr, |text| {
            for line in text.lines().filter(|l| !l.trim().is_empty()) {
                tracing::info!(target: "command", "{}", line.escape_debug());
            }
        }));
        Ok(Process { group, child, stdin, stdout: BufReader::new(stdout), complaint })
    }

    /// A process that waits. One that has ended, or has said something unasked, would answer with the wrong word.
    async fn waiting(&self) -> Option<Process> {
        loop {
            let mut process = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            let silent = tokio::time::timeout(Duration::ZERO, process.stdout.fill_buf()).await.is_err();
            if silent {
                return Some(process);
            }
        }
    }

    async fn put(&self, process: &mut Process, line: &str) -> Result<String, Fault> {
        let exchange = async {
            // A program that has gone away is noticed where it is read.
            let _ = process.stdin.write_all(line.as_bytes()).await;
            let _ = process.stdin.flush().await;
            loop {
                match child::line(&mut process.stdout, &mut Vec::new(), LINE).await {
                    Ok(Line::Whole(text)) if text.trim().is_empty() => {}
                    Ok(Line::Whole(text)) => return Ok(text),
                    Ok(Line::TooLong) => return Err(format!("it printed a line of more than {LINE} bytes")),
                    Ok(Line::End) => return Err("it ended without an answer".to_owned()),
                    Err(e) => return Err(e.to_string()),
                }
            }
        };
        match tokio::time::timeout(self.deadline, exchange).await {
            Ok(Ok(text)) => Ok(text),
            Ok(Err(why)) => Err(Fault::Ended(why)),
            Err(_) => Err(Fault::Hung),
        }
    }

    /// Why a process ended, with its last words.
    async fn end(mut process: Process, why: String) -> String {
        process.group.kill();
        let _ = tokio::time::timeout(LAST_WORDS, process.child.wait()).await;
        match process.complaint.last() {
            Some(last) => format!("{why}; it said: {}", last.escape_debug()),
            None => why,
        }
    }
}

#[async_trait]
impl ChatModel for Command {
    fn name(&self) -> &str {
        &self.name
    }

    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, ModelError> {
        let unreachable =
            |attempts, message| ModelError::Unreachable { endpoint: self.name.clone(), attempts, message };
        let began = Instant::now();
        let Some(message) = request.messages.last() else {
            return Err(unreachable(0, "there is nothing to ask".to_owned()));
        };
        let line = format!("{}\n", message.content.replace('\n', " "));
        let _place = self.places.acquire().await.map_err(|e| unreachable(0, e.to_string()))?;
        let mut why = String::new();
        for attempt in 1..=ATTEMPTS {
            let mut process = match self.waiting().await {
                Some(process) => process,
                None => self.begin().map_err(|why| unreachable(attempt, why))?,
            };
            match self.put(&mut process, &line).await {
                Ok(text) => {
                    self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(process);
                    return Ok(reply(&text, began.elapsed(), attempt));
                }
                Err(Fault::Hung) => {
                    let _ = Self::end(process, String::new()).await;
                    let seconds = self.deadline.as_secs().max(1);
                    return Err(ModelError::Deadline {
                        endpoint: self.name.clone(),
                        seconds,
                        attempts: attempt,
                        late: Late::Silent,
                    });
                }
                Err(Fault::Ended(said)) => why = Self::end(process, said).await,
            }
        }
        Err(unreachable(ATTEMPTS, why))
    }
}

/// The line as a reply; what it says of tokens and cost counts as an endpoint's word does.
fn reply(text: &str, took: Duration, attempts: u32) -> ChatReply {
    let said: Value = serde_json::from_str(text).unwrap_or_default();
    // A program that says nothing of tokens is no model: it used none.
    let tokens = |key: &str| said.get("usage").and_then(|u| u.get(key)).and_then(Value::as_u64).or(Some(0));
    ChatReply {
        content: text.trim().to_owned(),
        reasoning: None,
        finish: Finish::Stop,
        model: said.get("model").and_then(Value::as_str).map(str::to_owned),
        usage: Usage {
            prompt_tokens: tokens("prompt_tokens"),
            completion_tokens: tokens("completion_tokens"),
            ..Usage::default()
        }
        .believable(),
        seconds: took.as_secs_f64(),
        attempts,
        cost: believable_cost(said.get("cost").and_then(Value::as_f64)),
    }
}
