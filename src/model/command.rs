//! A program of the user's that is asked as a model is: the request's last message goes to its stdin as a line, and the
//! line that comes back is the reply. So what it said is stored before it is used, and no slot is asked of it twice.
//!
//! A process answers one request at a time and stays for the next. One that dies, hangs or says too much is ended with all
//! that it began, and another takes its place. An answer repeats the ordinal of its request: a line too many, however late,
//! would else be taken for the answer to the next one.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{ChatModel, ChatReply, ChatRequest, Finish, Late, ModelError, Usage, believable_cost};
use crate::child::{self, Complaint, Group, Line};

/// Bytes of one line.
const LINE: u64 = 4 << 20;
/// How often a request is put to a process that dies of it.
const ATTEMPTS: u32 = 2;
/// How long a process that has closed its stdout may take to end, and its last words to come.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// Lines of its last words that are told.
const LAST_LINES: usize = 3;
/// Characters of a line that are told.
const TOLD: usize = 200;

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
    hearing: JoinHandle<()>,
    /// It has answered before.
    answered: bool,
}

/// How asking a process went wrong.
enum Fault {
    Hung,
    /// It has closed its stdout, or says what cannot be read.
    Ended(&'static str),
    /// It printed a line that answers no open request: why not.
    Stray(String),
}

/// What a line says of itself.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Head {
    ordinal: Value,
    usage: Value,
    cost: Value,
    model: Value,
}

/// Reads a line that must answer `ordinal`.
fn head(text: &str, ordinal: u64) -> Result<Head, String> {
    let told = || shown(&text.trim().chars().take(TOLD).collect::<String>());
    let object = text.trim_start().starts_with('{');
    let head = serde_json::from_str::<Head>(text).ok().filter(|_| object);
    let head = head.ok_or_else(|| {
        format!("it was asked for ordinal {ordinal}, and printed what is no JSON object on one line: {}", told())
    })?;
    match &head.ordinal {
        Value::Null => Err(format!(
            "it was asked for ordinal {ordinal}, and its line has no `ordinal`; every answer repeats the one it answers: {}",
            told()
        )),
        said if said.as_u64() == Some(ordinal) => Ok(head),
        other => {
            let other: String = other.to_string().chars().take(TOLD).collect();
            Err(format!("it was asked for ordinal {ordinal}, and its line is about {}", shown(&other)))
        }
    }
}

/// Text of a program, fit for a terminal.
fn shown(text: &str) -> String {
    let fit = |c: char| if matches!(c, '\'' | '"' | '\\') { c.to_string() } else { c.escape_debug().to_string() };
    text.chars().map(fit).collect()
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
        let (mut child, group) = child::begin(&self.words, 0)?;
        let streams = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = streams else {
            return Err("its streams cannot be had".to_owned());
        };
        let complaint = Complaint::default();
        let hearing = tokio::spawn(complaint.clone().hear(stderr, |text| {
            for line in text.lines().filter(|l| !l.trim().is_empty()) {
                tracing::info!(target: "command", "{}", line.escape_debug());
            }
        }));
        Ok(Process { group, child, stdin, stdout: BufReader::new(stdout), complaint, hearing, answered: false })
    }

    /// A process that waits. One that has ended, or has said something unasked, would answer with the wrong word.
    async fn waiting(&self) -> Option<Process> {
        loop {
            let mut process = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            match timeout(Duration::ZERO, process.stdout.fill_buf()).await {
                Err(_) => return Some(process),
                Ok(Ok([])) => {}
                Ok(Ok(said)) => {
                    let said: String = String::from_utf8_lossy(said).chars().take(TOLD).collect();
                    let said = shown(said.trim_end());
                    tracing::warn!(program = self.name, "it printed more than its answer and is begun again: {said}");
                }
                Ok(Err(e)) => tracing::debug!(program = self.name, "its stdout cannot be read: {e}"),
            }
        }
    }

    async fn put(&self, process: &mut Process, line: &str, ordinal: u64) -> Result<(String, Head), Fault> {
        let exchange = async {
            // A program that has gone away is noticed where it is read.
            let _ = process.stdin.write_all(line.as_bytes()).await;
            let _ = process.stdin.flush().await;
            loop {
                return match child::line(&mut process.stdout, &mut Vec::new(), LINE).await {
                    Ok(Line::Whole(text)) if text.trim().is_empty() => continue,
                    Ok(Line::Whole(text)) => head(&text, ordinal).map(|head| (text, head)).map_err(Fault::Stray),
                    Ok(Line::TooLong) => Err(Fault::Stray(format!(
                        "it was asked for ordinal {ordinal}, and printed a line of more than {LINE} bytes"
                    ))),
                    Ok(Line::End) => Err(Fault::Ended("before it answered")),
                    Err(_) => Err(Fault::Ended("and its stdout cannot be read")),
                };
            }
        };
        timeout(self.deadline, exchange).await.unwrap_or(Err(Fault::Hung))
    }

    /// Ends a process that has ended by itself; why, with its last words.
    async fn end(mut process: Process, when: &str) -> String {
        let mut why = match timeout(LAST_WORDS, process.child.wait()).await {
            Ok(Ok(status)) => format!("it ended ({status}) {when}"),
            _ => format!("it closed its stdout {when}"),
        };
        process.group.kill();
        // It ends with the stream, which nobody holds any more.
        let _ = timeout(LAST_WORDS, &mut process.hearing).await;
        let last: Vec<String> = process.complaint.lines(LAST_LINES).iter().map(|line| shown(line.trim())).collect();
        if !last.is_empty() {
            why.push_str("; its stderr ends: ");
            why.push_str(&last.join(" / "));
        }
        why
    }
}

#[async_trait]
impl ChatModel for Command {
    fn name(&self) -> &str {
        &self.name
    }

    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, ModelError> {
        let failed = |attempts, message| ModelError::Program { program: shown(&self.name), attempts, message };
        let began = Instant::now();
        let Some(message) = request.messages.last() else {
            return Err(failed(0, "there is nothing to ask".to_owned()));
        };
        let line = format!("{}\n", message.content.replace('\n', " "));
        let _place = self.places.acquire().await.map_err(|e| failed(0, e.to_string()))?;
        let mut why = String::new();
        for attempt in 1..=ATTEMPTS {
            let mut process = match self.waiting().await {
                Some(process) => process,
                None => self.begin().map_err(|why| failed(attempt, why))?,
            };
            match self.put(&mut process, &line, request.ordinal).await {
                Ok((text, head)) => {
                    process.answered = true;
                    self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(process);
                    return Ok(reply(&text, &head, began.elapsed(), attempt));
                }
                Err(Fault::Hung) => {
                    process.group.kill();
                    let seconds = self.deadline.as_secs().max(1);
                    return Err(ModelError::Deadline {
                        endpoint: format!("the program `{}`", shown(&self.name)),
                        seconds,
                        attempts: attempt,
                        late: Late::Silent,
                    });
                }
                Err(Fault::Stray(said)) => {
                    process.group.kill();
                    tracing::warn!(program = self.name, "the program was ended: {said}");
                    // The line may belong to what it was asked before; of one that is asked for the first time it cannot.
                    if !process.answered {
                        return Err(failed(attempt, said));
                    }
                    why = said;
                }
                Err(Fault::Ended(when)) => why = Self::end(process, when).await,
            }
        }
        Err(failed(ATTEMPTS, why))
    }
}

/// The line as a reply; what it says of tokens and cost counts as an endpoint's word does.
fn reply(text: &str, head: &Head, took: Duration, attempts: u32) -> ChatReply {
    // A program that says nothing of tokens, a model or a cost asks no model: it used none, for nothing.
    let free = head.usage.is_null() && head.model.is_null() && head.cost.is_null();
    let tokens = |key: &str| head.usage.get(key).and_then(Value::as_u64).or(Some(0));
    ChatReply {
        content: text.trim().to_owned(),
        reasoning: None,
        finish: Finish::Stop,
        model: head.model.as_str().map(str::to_owned),
        usage: Usage {
            prompt_tokens: tokens("prompt_tokens"),
            completion_tokens: tokens("completion_tokens"),
            ..Usage::default()
        }
        .believable(),
        seconds: took.as_secs_f64(),
        attempts,
        cost: if free { Some(0.0) } else { believable_cost(head.cost.as_f64()) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_asked_no_model_costs_nothing_and_one_that_did_costs_what_it_says() {
        for (line, cost) in [
            (r#"{"ordinal": 1, "question": "q"}"#, Some(0.0)),
            (r#"{"ordinal": 1, "cost": 0.02}"#, Some(0.02)),
            (r#"{"ordinal": 1, "model": "m"}"#, None),
            (r#"{"ordinal": 1, "usage": {"completion_tokens": 9}}"#, None),
        ] {
            let head = head(line, 1).expect("a line that answers");
            assert_eq!(reply(line, &head, Duration::ZERO, 1).cost, cost, "{line}");
        }
    }

    #[test]
    fn a_line_answers_the_ordinal_that_it_repeats() {
        assert!(head(r#"{"ordinal": 7, "question": "q"}"#, 7).is_ok());
        for (line, wanted) in [
            (r#"{"question": "q"}"#, "has no `ordinal`"),
            (r#"{"ordinal": null}"#, "has no `ordinal`"),
            (r#"{"ordinal": 6}"#, "asked for ordinal 7, and its line is about 6"),
            (r#"{"ordinal": "7"}"#, "is about \"7\""),
            (r#"{"ordinal": 7.5}"#, "is about 7.5"),
            ("[7]", "no JSON object"),
            ("7", "no JSON object"),
            ("it's \u{1b}[2J", "no JSON object on one line: it's \\u{1b}[2J"),
        ] {
            let told = head(line, 7).err().unwrap_or_default();
            assert!(told.contains(wanted), "{line}: {told}");
        }
    }
}
