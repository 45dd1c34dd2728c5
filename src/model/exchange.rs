//! One request and its answer, whole or as a stream of events: whichever came, whatever was asked for.

use std::time::Duration;

use futures::StreamExt as _;
use reqwest::Response;
use reqwest::header::HeaderMap;
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::time::{Instant, timeout, timeout_at};

use super::dialect::Dialect;
use super::fault::{Cause, Fault, is_html, no_json};
use super::feed::Feed;
use super::gathered::{Gathered, Parsed};
use super::http::Endpoint;
use super::refusal::Refusal;
use super::sse::{self, Pieces};
use super::{Finish, Late, Live, lean};

/// Most bytes of a reply: of its whole body, and of the text of a stream.
const REPLY_BYTES: usize = 16 * 1024 * 1024;
/// Most bytes of a token, as it is written in a reply.
const TOKEN_BYTES: usize = 64;
/// Most bytes of a stream: each word of it comes in an envelope.
const STREAM_BYTES: usize = 512 * 1024 * 1024;
/// Bytes of an error answer that are read.
const ERROR_BYTES: usize = 256 * 1024;
/// Bytes from which on a reply is read aside: reading more than this would keep everything else on its thread waiting.
const LARGE: usize = 256 * 1024;
/// Most time between the end of a streamed reply and the usage that follows it.
const AFTERWORD: Duration = Duration::from_secs(5);

/// The byte-order mark.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// What is asked once.
pub(super) struct Question<'a> {
    /// The request's body.
    pub(super) body: Vec<u8>,
    /// Most tokens that the reply may have.
    pub(super) limit: Option<u32>,
    /// Who hears its pieces.
    pub(super) live: Option<Live<'a>>,
    /// When there must be a reply.
    pub(super) deadline: Instant,
}

impl Endpoint {
    /// Sends one request and reads its answer, within the request's deadline and the one over all attempts.
    pub(super) async fn attempt(&self, question: Question<'_>) -> Result<Parsed, Fault> {
        let mut feed = question.live.map(|live| Feed::new(live, &self.redactor));
        let begun = AtomicBool::new(false);
        let answer = self.exchange(question.body, question.limit, feed.as_mut(), &begun);
        let result = timeout_at(question.deadline, answer).await.unwrap_or_else(|_| {
            let late = if begun.load(Ordering::Relaxed) { Late::Unfinished } else { Late::Silent };
            Err(Fault::passing(Cause::Deadline { within: self.config.total_deadline, late }))
        });
        if let Some(feed) = &mut feed {
            match &result {
                Ok(reply) => feed.settle(reply),
                Err(_) => feed.forget(),
            }
        }
        result
    }

    /// `begun` is set once a part of the reply came.
    async fn exchange(
        &self,
        body: Vec<u8>,
        limit: Option<u32>,
        feed: Option<&mut Feed<'_>>,
        begun: &AtomicBool,
    ) -> Result<Parsed, Fault> {
        let first_by = Instant::now() + self.config.request_deadline;
        let late = |late| Fault::passing(Cause::Deadline { within: self.config.request_deadline, late });
        let start = async {
            let request = self.client.post(self.url.url.clone()).body(body);
            let mut response = request.send().await.map_err(Fault::of_connection)?;
            let start = if response.status().is_success() { self.start(&mut response).await? } else { Vec::new() };
            Ok((response, start))
        };
        let (mut response, start) = timeout_at(first_by, start).await.map_err(|_| late(Late::Silent))??;
        let status = response.status();
        if !status.is_success() {
            let mut bytes = start;
            let said = timeout_at(first_by, self.rest(&mut response, &mut bytes, ERROR_BYTES)).await;
            said.map_err(|_| late(Late::Stalled))??;
            return Err(Fault::of_answer(status.as_u16(), response.headers(), &bytes, &self.url));
        }
        if is_stream(&start) {
            let headers = response.headers().clone();
            let body = Body { endpoint: self, response, read: start.len() };
            let gathered = self.listen(&headers, (start, body), first_by, limit, feed, begun).await?;
            let dialect = self.config.dialect;
            return Ok(aside(gathered.bytes(), move || settled(dialect, gathered, limit)).await);
        }
        begun.store(!start.is_empty(), Ordering::Relaxed);
        let (most, mut bytes) = (self.most_bytes(limit), start);
        let fault = match timeout_at(first_by, self.rest(&mut response, &mut bytes, most)).await {
            Ok(Ok(true)) => None,
            Ok(Ok(false)) => Some(too_long(most)),
            Ok(Err(fault)) => Some(fault),
            Err(_) => Some(late(if bytes.is_empty() { Late::Silent } else { Late::Unfinished })),
        };
        let headers = response.headers().clone();
        let (parsed, alone) = received(self.config.dialect, headers, bytes, fault, limit).await?;
        if !alone && !self.oddity_told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                endpoint = self.config.name,
                "replies come whole, but with something behind them or less than their content-length says; they are taken"
            );
        }
        Ok(parsed)
    }

    /// Most bytes of a whole reply that may have `limit` tokens.
    fn most_bytes(&self, limit: Option<u32>) -> usize {
        // What the user adds to requests may ask for more than the reply's text.
        let limit = limit.filter(|_| self.config.extra.is_empty()).and_then(|limit| usize::try_from(limit).ok());
        limit.map_or(REPLY_BYTES, |limit| limit.saturating_mul(TOKEN_BYTES).saturating_add(1 << 20).min(REPLY_BYTES))
    }

    /// The body up to where it is clear whether it is a stream, without the blanks before (which keep connections
    /// alive) and byte-order marks.
    async fn start(&self, response: &mut Response) -> Result<Vec<u8>, Fault> {
        let mut start = Vec::new();
        let mut read = 0;
        while start.len() < 8 {
            let late = if start.is_empty() { Late::Silent } else { Late::Stalled };
            let Some(piece) = self.piece(response, late).await? else { break };
            read += piece.len();
            if read > REPLY_BYTES {
                return Err(too_long(REPLY_BYTES));
            }
            start.extend_from_slice(&piece);
            let blank = |byte: &u8| byte.is_ascii_whitespace();
            loop {
                let blanks = start.iter().take_while(|byte| blank(byte)).count();
                let mark = if start[blanks..].starts_with(MARK) { MARK.len() } else { 0 };
                if blanks + mark == 0 {
                    break;
                }
                start.drain(..blanks + mark);
            }
        }
        Ok(start)
    }

    /// The next piece of a body, within the idle deadline.
    async fn piece(&self, response: &mut Response, late: Late) -> Result<Option<Vec<u8>>, Fault> {
        let idle = self.config.idle_deadline;
        let piece = timeout(idle, response.chunk()).await;
        let piece = piece.map_err(|_| Fault::passing(Cause::Deadline { within: idle, late }))?;
        Ok(piece.map_err(Fault::of_connection)?.map(|piece| piece.to_vec()))
    }

    /// Reads the body on behind what there is of it, and tells whether that is all: there are at most `most` bytes.
    async fn rest(&self, response: &mut Response, bytes: &mut Vec<u8>, most: usize) -> Result<bool, Fault> {
        let late = |bytes: &[u8]| if bytes.is_empty() { Late::Silent } else { Late::Stalled };
        while let Some(piece) = self.piece(response, late(bytes)).await? {
            if bytes.len() + piece.len() > most {
                return Ok(false);
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(true)
    }

    /// Gathers a reply from a stream of events, of which the start was read already.
    async fn listen(
        &self,
        headers: &HeaderMap,
        (start, body): (Vec<u8>, Body<'_>),
        first_by: Instant,
        limit: Option<u32>,
        mut feed: Option<&mut Feed<'_>>,
        begun: &AtomicBool,
    ) -> Result<Gathered, Fault> {
        let dialect = self.config.dialect;
        let mut events = Box::pin(sse::events(start, body));
        let mut gathered = Gathered::default();
        let mut until = Some(first_by);
        let (mut pieces, mut said_done) = (0_u64, false);
        loop {
            let next = match until {
                Some(until) => match timeout_at(until, events.next()).await {
                    Ok(next) => next,
                    Err(_) if gathered.is_whole() => break,
                    Err(_) => {
                        let within = self.config.request_deadline;
                        return Err(Fault::passing(Cause::Deadline { within, late: Late::Silent }));
                    }
                },
                None => events.next().await,
            };
            let data = match next {
                None => break,
                // The reply itself came; only what follows it is lost.
                Some(Err(_)) if gathered.is_whole() && dialect == Dialect::Chat => break,
                Some(Err(fault)) => return Err(fault),
                Some(Ok(data)) => data,
            };
            if data.trim() == "[DONE]" {
                said_done = true;
                break;
            }
            let before = gathered.bytes();
            let was_whole = gathered.is_whole();
            begun.store(true, Ordering::Relaxed);
            let (read, data) = aside(data.len(), move || (lean::first(data.trim().as_bytes()), data)).await;
            let event = match read {
                Err(e) if e.is_data() => return Err(too_many_parts()),
                read => read.ok().filter(|(_, alone)| *alone),
            };
            let (event, _) = event.ok_or_else(|| {
                let message = format!("an event of the stream that is {}", no_json(headers, data.trim().as_bytes()));
                Fault::passing(Cause::Protocol { message })
            })?;
            dialect.event(&mut gathered, headers, &event)?;
            if gathered.over {
                break;
            }
            if let Some(feed) = &mut feed {
                feed.hear(&gathered);
            }
            pieces += u64::from(gathered.bytes() > before);
            if runs_over(pieces, gathered.bytes(), limit) {
                tracing::warn!(endpoint = self.config.name, limit, "a model went on beyond its limit of tokens");
                gathered.end = Some(Finish::Length);
                break;
            }
            if gathered.bytes() > REPLY_BYTES {
                let message = format!("a reply of more than {} MiB", REPLY_BYTES >> 20);
                return Err(Fault::Final(Cause::Protocol { message }));
            }
            // The first event ends the wait for the model; the end of the reply leaves little time for the rest.
            if !was_whole {
                until = gathered.is_whole().then(|| Instant::now() + AFTERWORD);
            }
        }
        let is_at_its_end = gathered.over || dialect != Dialect::Anthropic || gathered.end == Some(Finish::Length);
        if gathered.is_whole() && is_at_its_end {
            return Ok(gathered);
        }
        let message = format!("a stream that broke off before its end (no {})", dialect.ending());
        let cause = Cause::Protocol { message };
        // A server that ends its streams well and never says why a reply ended can only be asked for whole ones.
        Err(if said_done {
            Fault::Refused(cause, Refusal::new("streaming is not supported as it should be", None))
        } else {
            Fault::passing(cause)
        })
    }
}

/// The pieces of a stream.
struct Body<'a> {
    endpoint: &'a Endpoint,
    response: Response,
    read: usize,
}

impl Pieces for Body<'_> {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        let piece = self.endpoint.piece(&mut self.response, Late::Stalled).await?;
        self.read += piece.as_ref().map_or(0, Vec::len);
        if self.read > STREAM_BYTES {
            let message = format!("a stream of more than {} MiB", STREAM_BYTES >> 20);
            return Err(Fault::Final(Cause::Protocol { message }));
        }
        Ok(piece)
    }
}

fn too_long(most: usize) -> Fault {
    let message = format!("a body of more than {} MiB, which is too much for what was asked", most >> 20);
    Fault::Final(Cause::Protocol { message })
}

fn too_many_parts() -> Fault {
    let message = "JSON of more parts than a reply has".to_owned();
    Fault::Final(Cause::Protocol { message })
}

/// Whether a body that starts so is a stream of events.
fn is_stream(start: &[u8]) -> bool {
    [&b"data:"[..], b"event:", b"id:", b"retry:", b":"].iter().any(|field| start.starts_with(field))
}

/// Whether a model goes on where its limit should have ended it. A piece is a token or more, and a token seldom more
/// than a word; twice that is beyond doubt.
fn runs_over(pieces: u64, bytes: usize, limit: Option<u32>) -> bool {
    let Some(limit) = limit.map(u64::from) else { return false };
    pieces > 2 * limit + 256 || bytes as u64 > 64 * limit + 64 * 1024
}

/// Does what takes long with so many bytes on a thread where it keeps nobody waiting; with few, here.
async fn aside<T: Send + 'static>(bytes: usize, work: impl FnOnce() -> T + Send + 'static) -> T {
    if bytes < LARGE {
        return work();
    }
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(e) => match e.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime ends, and nobody waits any more.
            Err(_) => std::future::pending().await,
        },
    }
}

/// Reads a body whose coming ended with `fault` or well, and whether nothing stands behind the reply in it.
async fn received(
    dialect: Dialect,
    headers: HeaderMap,
    bytes: Vec<u8>,
    fault: Option<Fault>,
    limit: Option<u32>,
) -> Result<(Parsed, bool), Fault> {
    aside(bytes.len(), move || {
        let read = whole(dialect, &headers, &bytes);
        let (gathered, alone) = match fault {
            None => read?,
            // What was paid for is there; only its envelope is wrong.
            Some(fault) => match read {
                Ok((gathered, _)) if gathered.is_whole() => (gathered, false),
                _ => return Err(fault),
            },
        };
        Ok((settled(dialect, gathered, limit), alone))
    })
    .await
}

/// Reads the whole body of an answer with a good status, and whether nothing stands behind the reply in it.
fn whole(dialect: Dialect, headers: &HeaderMap, bytes: &[u8]) -> Result<(Gathered, bool), Fault> {
    let no_reply = || {
        let cause = Cause::Protocol { message: no_json(headers, bytes) };
        // A page for people means a wrong address; anything else may be an accident.
        let page = is_html(headers, &String::from_utf8_lossy(&bytes[..bytes.len().min(64)]));
        if page { Fault::Final(cause) } else { Fault::passing(cause) }
    };
    let (body, alone) = lean::first(bytes).map_err(|e| if e.is_data() { too_many_parts() } else { no_reply() })?;
    if !alone && !body.is_object() && !body.is_array() {
        return Err(no_reply());
    }
    let gathered = match &body {
        Value::Array(items) if items.len() == 1 => dialect.whole(headers, &items[0])?,
        body => dialect.whole(headers, body)?,
    };
    // The first of several pieces is no whole reply.
    if alone || gathered.is_whole() { Ok((gathered, alone)) } else { Err(no_reply()) }
}

/// The reply that was gathered.
fn settled(dialect: Dialect, gathered: Gathered, limit: Option<u32>) -> Parsed {
    let mut parsed = gathered.read();
    // llama.cpp calls a response completed also where the limit ended it.
    let at_limit = parsed.usage.completion_tokens.zip(limit).is_some_and(|(used, limit)| used >= u64::from(limit));
    if dialect == Dialect::Responses && parsed.finish == Finish::Stop && at_limit {
        parsed.finish = Finish::Length;
    }
    parsed
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Usage;

    fn parse(bytes: &[u8]) -> Result<Parsed, Fault> {
        whole(Dialect::Chat, &HeaderMap::new(), bytes).map(|(gathered, _)| gathered.read())
    }

    fn read(body: &Value) -> Result<Parsed, Fault> {
        parse(body.to_string().as_bytes())
    }

    fn choice(message: &Value, reason: &Value) -> Value {
        json!({"model": "m-1", "choices": [{"index": 0, "message": message, "finish_reason": reason}]})
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_large_reply_is_read_aside_and_a_small_one_here() {
        let ticks = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
        let heart = std::sync::Arc::clone(&ticks);
        let beating = tokio::spawn(async move {
            loop {
                heart.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        });
        for (size, goes_on) in [(1000, false), (8 << 20, true)] {
            let bytes = choice(&json!({"content": "x ".repeat(size / 2)}), &json!("stop")).to_string().into_bytes();
            let before = ticks.load(Ordering::Relaxed);
            let (parsed, _) = received(Dialect::Chat, HeaderMap::new(), bytes, None, None).await.expect("a reply");
            let beats = ticks.load(Ordering::Relaxed) - before;
            assert_eq!(parsed.content.len(), size);
            assert_eq!(beats > 0, goes_on, "{beats} beats while {size} bytes were read");
        }
        beating.abort();
    }

    #[test]
    fn counts_and_costs_that_no_reply_has_are_unknown_in_every_dialect() {
        let (huge, most) = (1_u64 << 62, 1_u64 << 40);
        let usage = |n: u64, cost: f64| {
            json!({"prompt_tokens": n, "completion_tokens": n, "input_tokens": n, "output_tokens": n,
                "cache_read_input_tokens": n, "cache_creation_input_tokens": u64::MAX, "cost": cost})
        };
        for dialect in Dialect::ALL.iter().copied() {
            let body = |usage: Value| {
                json!({"usage": usage, "status": "completed", "output": [], "content": [], "stop_reason": "end_turn",
                    "choices": [{"message": {"content": "x"}, "finish_reason": "stop"}]})
            };
            let read =
                |usage| whole(dialect, &HeaderMap::new(), body(usage).to_string().as_bytes()).map(|(g, _)| g.read());
            for n in [huge, u64::MAX, most + 1] {
                let parsed = read(usage(n, 1e308)).expect("a reply");
                assert_eq!((parsed.usage, parsed.cost), (Usage::default(), None), "{dialect} {n}");
            }
            let parsed = read(usage(most, 1e6)).expect("a reply");
            assert_eq!((parsed.usage.completion_tokens, parsed.cost), (Some(most), Some(1e6)), "{dialect}");
        }
    }

    #[test]
    fn content_reasoning_and_finish_are_found_wherever_they_stand() {
        for (message, reason, content, reasoning, finish) in [
            (json!({"content": "42"}), json!("stop"), "42", None, Finish::Stop),
            (json!({"content": null}), json!("length"), "", None, Finish::Length),
            (json!({"content": "", "reasoning_content": "hm"}), json!("length"), "", Some("hm"), Finish::Length),
            (json!({"content": "42", "reasoning": "hm"}), json!("stop"), "42", Some("hm"), Finish::Stop),
            (json!({"content": "<think>hm</think>42"}), json!("stop"), "42", Some("hm"), Finish::Stop),
            (
                json!({"content": [{"type": "text", "text": "4"}, {"type": "text", "text": "2"}]}),
                json!("stop"),
                "42",
                None,
                Finish::Stop,
            ),
            (
                json!({"content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                    {"type": "text", "text": "42"},
                ]}),
                json!("stop"),
                "42",
                Some("hm"),
                Finish::Stop,
            ),
            (json!({"content": null, "refusal": "I won't."}), json!("stop"), "I won't.", None, Finish::Refusal),
            (json!({"content": ""}), json!("content_filter"), "", None, Finish::Refusal),
            (json!({"content": "x"}), json!(null), "x", None, Finish::Other),
            (json!({"content": "x"}), json!("SAFETY"), "x", None, Finish::Refusal),
        ] {
            let parsed = read(&choice(&message, &reason)).expect("a chat reply");
            assert_eq!(
                (parsed.content.as_str(), parsed.reasoning.as_deref(), parsed.finish),
                (content, reasoning, finish),
                "{message}"
            );
            assert_eq!(parsed.model.as_deref(), Some("m-1"));
        }
    }

    #[test]
    fn usage_that_is_missing_is_unknown() {
        let mut body = choice(&json!({"content": "x"}), &json!("stop"));
        assert_eq!(read(&body).expect("a reply").usage, Usage::default());
        body["usage"] = json!({"prompt_tokens": 3, "completion_tokens_details": {"reasoning_tokens": 2}});
        let usage = read(&body).expect("a reply").usage;
        assert_eq!(usage, Usage { prompt_tokens: Some(3), reasoning_tokens: Some(2), ..Usage::default() });
        body["usage"] = Value::Null;
        assert_eq!(read(&body).expect("a reply").usage, Usage::default());
    }

    #[test]
    fn what_is_no_reply_is_a_fault() {
        for body in [
            json!({}),
            json!({"choices": []}),
            json!({"choices": [{"finish_reason": "stop"}]}),
            json!({"choices": [{"message": {"content": "half"}, "finish_reason": "error"}]}),
            json!({"error": {"message": "upstream died"}}),
            json!({"error": "upstream died"}),
            json!({"choices": [{"error": {"code": 502, "message": "gone"}, "message": {"content": ""}}]}),
            json!({"error": {"code": 429, "message": "slow down"}}),
        ] {
            assert!(matches!(read(&body), Err(Fault::Passing { .. })), "{body}");
        }
        let key = read(&json!({"error": {"code": 401, "message": "no"}}));
        assert!(matches!(key, Err(Fault::Final(Cause::Key { status: 401, .. }))));
        let page = parse(b"\n<!DOCTYPE html><title>Hello</title>");
        assert!(
            matches!(page, Err(Fault::Final(Cause::Protocol { message })) if message.contains("HTML page") && message.contains("Hello"))
        );
    }
}
