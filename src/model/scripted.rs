//! The scripted model: replies read from a JSONL script instead of asked for. The demo project and the tests of the loop
//! run on it; everything after the reply is the real thing.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{ChatModel, ChatReply, ChatRequest, Finish, Live, ModelError, Piece, Role, Usage};

/// The demo project's script.
const DEMO: &str = include_str!("../../assets/demo/replies.jsonl");

/// Bytes of a piece of a reply that is watched, at least.
const PIECE: usize = 12;
/// Pieces that a reply is at most cut into, about.
const PIECES: usize = 80;
/// Time between two pieces.
const PACE: Duration = Duration::from_millis(16);

/// Why a script is refused, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the script: {message}")]
pub struct ScriptError {
    /// The line at fault, from 1.
    pub line: usize,
    /// What is wrong with it and what to do.
    pub message: String,
}

/// One line of a script.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    role: Role,
    ordinal: u64,
    #[serde(default)]
    sample: u32,
    content: String,
    reasoning: Option<String>,
    #[serde(default = "stop")]
    finish: Finish,
    model: Option<String>,
    usage: Option<ScriptUsage>,
    /// For the script's reader; the loop never sees it.
    #[serde(default, rename = "note")]
    _note: IgnoredAny,
}

/// Usage as a script gives it: like [`Usage`], but a misspelt field is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScriptUsage {
    #[serde(rename = "prompt_tokens")]
    prompt: Option<u64>,
    #[serde(rename = "completion_tokens")]
    completion: Option<u64>,
    #[serde(rename = "reasoning_tokens")]
    reasoning: Option<u64>,
}

fn stop() -> Finish {
    Finish::Stop
}

/// Where a reply stands in a script: role, slot in the run, sample.
type Place = (Role, u64, u32);

/// A chat model whose replies were written beforehand. It looks at a request's role, ordinal and sample, never at its
/// messages, so the same script serves any prompt.
#[derive(Debug, Clone)]
pub struct Scripted {
    name: String,
    replies: HashMap<Place, ChatReply>,
    delay: Duration,
}

impl Scripted {
    /// Reads a script: one JSON object a line, empty lines skipped.
    ///
    /// Fields: `role`, `ordinal` (the candidate's slot, from 0), `content`; optional `sample` (0), `reasoning`, `finish`
    /// (`stop`), `model`, `usage` (unknown when absent) and `note` (ignored).
    ///
    /// # Errors
    /// A line that is no such object, has a field of another name, or gives a reply that an earlier line gave.
    pub fn from_jsonl(name: impl Into<String>, text: &str) -> Result<Self, ScriptError> {
        let mut replies = HashMap::new();
        let mut lines: HashMap<Place, usize> = HashMap::new();
        for (index, source) in text.lines().enumerate() {
            let line = index + 1;
            if source.trim().is_empty() {
                continue;
            }
            let Line { role, ordinal, sample, content, reasoning, finish, model, usage, _note } =
                serde_json::from_str(source).map_err(|e| ScriptError {
                    line,
                    // The parser saw one line only and calls it line 1.
                    message: e.to_string().replace(" at line 1 column ", " at column "),
                })?;
            let place = (role, ordinal, sample);
            match lines.entry(place) {
                Entry::Occupied(first) => {
                    let first = first.get();
                    let message = format!(
                        "{role} {ordinal}, sample {sample} was given by line {first} and again by line {line}; \
                         remove one or change its sample"
                    );
                    return Err(ScriptError { line, message });
                }
                Entry::Vacant(free) => free.insert(line),
            };
            let usage = usage.map_or_else(Usage::default, |u| Usage {
                prompt_tokens: u.prompt,
                completion_tokens: u.completion,
                reasoning_tokens: u.reasoning,
                cached_tokens: None,
            });
            let usage = usage.believable();
            replies.insert(
                place,
                ChatReply { content, reasoning, finish, model, usage, seconds: 0.0, attempts: 1, cost: None },
            );
        }
        Ok(Self { name: name.into(), replies, delay: Duration::ZERO })
    }

    /// The demo project's script, which is part of the binary.
    pub fn demo() -> Self {
        Self::from_jsonl("scripted", DEMO).expect("the embedded script is parsed by a test")
    }

    /// Makes every reply take this long, for showing; the default is none.
    #[must_use]
    pub fn with_delay_ms(mut self, millis: u64) -> Self {
        self.delay = Duration::from_millis(millis);
        self
    }

    /// How many slots have a generator reply: the most candidates that a run on this script can make.
    pub fn slots(&self) -> u64 {
        self.replies.keys().filter(|(role, ..)| *role == Role::Generator).map(|(_, o, _)| o + 1).max().unwrap_or(0)
    }
}

#[async_trait]
impl ChatModel for Scripted {
    fn name(&self) -> &str {
        &self.name
    }

    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, ModelError> {
        let ChatRequest { role, ordinal, sample, .. } = *request;
        let mut reply = self.replies.get(&(role, ordinal, sample)).cloned().ok_or(ModelError::Exhausted {
            role,
            ordinal,
            sample,
        })?;
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
            reply.seconds = self.delay.as_secs_f64();
        }
        Ok(reply)
    }

    /// The reply at the pace of a fast reader, so that watching can be tried without a network.
    async fn chat_live(&self, request: &ChatRequest, live: Live<'_>) -> Result<ChatReply, ModelError> {
        let reply = self.chat(request).await?;
        let begun = Instant::now();
        let texts = [reply.reasoning.as_deref().unwrap_or_default(), &reply.content];
        let each = (texts.iter().map(|text| text.len()).sum::<usize>() / PIECES).max(PIECE);
        for (text, heard) in texts.into_iter().zip([Piece::Reasoning as fn(_) -> _, Piece::Content]) {
            let mut rest = text;
            while !rest.is_empty() {
                let (piece, after) =
                    rest.split_at((each..rest.len()).find(|at| rest.is_char_boundary(*at)).unwrap_or(rest.len()));
                live(heard(piece));
                rest = after;
                tokio::time::sleep(PACE).await;
            }
        }
        Ok(ChatReply { seconds: reply.seconds + begun.elapsed().as_secs_f64(), ..reply })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Sampling;
    use super::*;

    fn request(role: Role, ordinal: u64, sample: u32) -> ChatRequest {
        ChatRequest { role, ordinal, sample, messages: Vec::new(), sampling: Sampling::default(), schema: None }
    }

    fn refused(text: &str) -> ScriptError {
        Scripted::from_jsonl("s", text).expect_err("the script should be refused")
    }

    #[tokio::test]
    async fn a_reply_is_found_by_role_ordinal_and_sample() {
        let script = r#"{"role":"solver","ordinal":3,"content":"a"}

{"role":"solver","ordinal":3,"sample":1,"content":"b","reasoning":"hm","finish":"length","model":"m","usage":{"prompt_tokens":7},"note":"n"}
{"role":"generator","ordinal":3,"content":"c","reasoning":null}"#;
        let model = Scripted::from_jsonl("s", script).expect("a good script");
        assert_eq!(model.name(), "s");
        assert_eq!(model.slots(), 4);

        let a = model.chat(&request(Role::Solver, 3, 0)).await.expect("there");
        assert_eq!((a.content.as_str(), a.reasoning, a.finish, a.model), ("a", None, Finish::Stop, None));
        assert_eq!((a.usage, a.attempts), (Usage::default(), 1));

        let b = model.chat(&request(Role::Solver, 3, 1)).await.expect("there");
        assert_eq!(b.reasoning.as_deref(), Some("hm"));
        assert_eq!((b.finish, b.model.as_deref()), (Finish::Length, Some("m")));
        assert_eq!((b.usage.prompt_tokens, b.usage.completion_tokens), (Some(7), None));

        assert_eq!(model.chat(&request(Role::Generator, 3, 0)).await.expect("there").content, "c");
        assert_eq!(
            model.chat(&request(Role::Judge, 3, 0)).await,
            Err(ModelError::Exhausted { role: Role::Judge, ordinal: 3, sample: 0 })
        );
    }

    #[tokio::test]
    async fn a_delay_is_waited_for_and_reported() {
        let model = Scripted::from_jsonl("s", r#"{"role":"solver","ordinal":0,"content":"a"}"#)
            .expect("a good script")
            .with_delay_ms(5);
        let before = Instant::now();
        let reply = model.chat(&request(Role::Solver, 0, 0)).await.expect("there");
        assert!(before.elapsed() >= Duration::from_millis(5));
        assert!((reply.seconds - 0.005).abs() < 1e-9);
    }

    #[tokio::test(start_paused = true)]
    async fn a_watched_reply_comes_in_pieces_that_make_it_whole() {
        let (reasoning, content) = ("hmm, let π be 3".repeat(200), "so it is \\\\boxed{42} — 完".repeat(3));
        let line = format!(r#"{{"role":"solver","ordinal":0,"content":"{content}","reasoning":"{reasoning}"}}"#);
        let model = Scripted::from_jsonl("s", &line).expect("a good script");
        let heard = std::sync::Mutex::new((String::new(), String::new(), 0));
        let live = |piece: Piece<'_>| {
            let mut heard = heard.lock().expect("nobody panicked");
            heard.2 += 1;
            match piece {
                Piece::Reasoning(text) => heard.0.push_str(text),
                Piece::Content(text) => heard.1.push_str(text),
                Piece::Again => panic!("asked once"),
            }
        };
        let reply = model.chat_live(&request(Role::Solver, 0, 0), &live).await.expect("there");
        let heard = heard.into_inner().expect("nobody panicked");
        assert_eq!((Some(heard.0), heard.1), (reply.reasoning, reply.content));
        assert!((5..=2 * PIECES).contains(&heard.2), "{}", heard.2);
    }

    #[test]
    fn a_fault_is_refused_with_its_line() {
        let good = r#"{"role":"solver","ordinal":0,"content":"a"}"#;
        for (bad, says) in [
            (r#"{"role":"solver","ordinal":0,"content":"a","rol":1}"#, "unknown field `rol`"),
            (r#"{"role":"jester","ordinal":0,"content":"a"}"#, "generator, coder, critic, solver, judge"),
            (r#"{"role":"judge","ordinal":0,"content":"a","finish":"end"}"#, "`end` is not one of"),
            (r#"{"role":"judge","ordinal":0,"content":"a","usage":{"tokens":1}}"#, "unknown field `tokens`"),
            (r#"{"role":"judge","ordinal":-1,"content":"a"}"#, "-1"),
            (r#"{"role":"judge","ordinal":0}"#, "missing field `content`"),
            ("not json", "expected"),
        ] {
            let error = refused(&format!("{good}\n\n{bad}\n"));
            assert_eq!(error.line, 3, "{bad}");
            assert!(error.message.contains(says), "{bad}: {}", error.message);
            assert!(error.message.contains(" at column "), "{bad}: {}", error.message);
        }
    }

    #[test]
    fn a_reply_given_twice_names_both_lines() {
        let line = r#"{"role":"solver","ordinal":5,"sample":2,"content":"a"}"#;
        let error = refused(&format!("\n{line}\n\n{line}"));
        assert_eq!(error.line, 4);
        assert!(error.to_string().contains("line 2") && error.to_string().contains("line 4"), "{error}");
        assert!(error.to_string().contains("solver 5, sample 2"), "{error}");
    }

    #[test]
    fn the_demo_script_is_read() {
        assert!(Scripted::demo().slots() >= 60);
    }
}
