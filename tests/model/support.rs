//! Requests, configurations and a server that can be as rude as a test needs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use loong::model::{
    ChatRequest, Dialect, EndpointConfig, HttpChat, Message, ModelError, Piece, ReplySchema, Role, Sampling, Speaker,
    Streaming,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const KEY: &str = "sk-test-0123456789abcdefghij";

pub(crate) fn request() -> ChatRequest {
    ChatRequest {
        role: Role::Solver,
        ordinal: 3,
        sample: 0,
        messages: vec![
            Message::new(Speaker::System, "Be brief."),
            Message::new(Speaker::User, "6 * 7? Say it in JSON."),
        ],
        sampling: Sampling { temperature: Some(0.5), top_p: Some(0.9), max_tokens: Some(64), seed: Some(42) },
        schema: None,
    }
}

pub(crate) fn structured_request() -> ChatRequest {
    let schema = json!({"type": "object", "properties": {"question": {"type": "string"}}});
    ChatRequest { schema: Some(ReplySchema { name: "triple".into(), schema }), ..request() }
}

/// An endpoint with waits so short that a test need not notice them.
pub(crate) fn config(base_url: &str) -> EndpointConfig {
    EndpointConfig {
        max_attempts: 3,
        backoff: Duration::from_millis(1),
        ..EndpointConfig::new("stub", base_url, "model-1")
    }
}

pub(crate) fn chat(base_url: &str) -> HttpChat {
    HttpChat::new(config(base_url)).expect("a valid configuration")
}

/// A good completion that says `content`.
pub(crate) fn completion(content: &str) -> Value {
    json!({
        "id": "c", "object": "chat.completion", "model": "model-1-2026",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9},
    })
}

/// A whole HTTP answer.
pub(crate) fn answer(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
}

pub(crate) fn error_text(error: &ModelError) -> String {
    format!("{error} {error:?}")
}

/// A server that hands every connection, with its number from 0, to `serve`.
pub(crate) struct Server {
    pub(crate) base_url: String,
    connections: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) async fn start<F, Fut>(serve: F) -> Self
    where
        F: Fn(usize, TcpStream) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base_url = format!("http://{}/v1", listener.local_addr().expect("an address"));
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = counter.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(number, stream));
            }
        });
        Self { base_url, connections }
    }

    /// A server that answers the n-th connection with the n-th of `answers` (the last one again and again) and closes it.
    pub(crate) async fn scripted(answers: Vec<String>) -> Self {
        let answers = Arc::new(answers);
        Self::start(move |number, mut stream| {
            let answers = Arc::clone(&answers);
            async move {
                read_request(&mut stream).await;
                let answer = &answers[number.min(answers.len() - 1)];
                let closing = answer.replacen("\r\n", "\r\nconnection: close\r\n", 1);
                stream.write_all(closing.as_bytes()).await.ok();
                stream.shutdown().await.ok();
            }
        })
        .await
    }

    /// Connections accepted so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Reads one whole request, and gives its head and body.
pub(crate) async fn read_request(stream: &mut TcpStream) -> (String, String) {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .filter_map(|line| line.split_once(": "))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .and_then(|(_, value)| value.parse::<usize>().ok())
                .unwrap_or(0);
            if body.len() >= length {
                return (head.to_owned(), body.to_owned());
            }
        }
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return (text, String::new()),
            Ok(read) => bytes.extend_from_slice(&piece[..read]),
        }
    }
}

/// The ways in which one reply can be asked for.
pub(crate) fn ways() -> Vec<(Dialect, Streaming)> {
    let ways = [Streaming::Never, Streaming::Always];
    Dialect::ALL.iter().flat_map(|dialect| ways.map(|streaming| (*dialect, streaming))).collect()
}

/// An endpoint that is spoken to in one way.
pub(crate) fn config_in(base_url: &str, (dialect, streaming): (Dialect, Streaming)) -> EndpointConfig {
    EndpointConfig { dialect, streaming, ..config(base_url) }
}

pub(crate) fn chat_in(base_url: &str, way: (Dialect, Streaming)) -> HttpChat {
    HttpChat::new(config_in(base_url, way)).expect("a valid configuration")
}

/// A whole reply in a dialect.
pub(crate) fn whole(dialect: Dialect, reasoning: &str, content: &str) -> Value {
    match dialect {
        Dialect::Chat => json!({
            "model": "model-1-2026",
            "choices": [{
                "index": 0,
                "message": {"role": "assistant", "content": content, "reasoning_content": reasoning},
                "finish_reason": "stop",
            }],
            "usage": {
                "prompt_tokens": 7, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 3}, "cost": 0.25,
                "completion_tokens_details": {"reasoning_tokens": 2},
            },
        }),
        Dialect::Responses => json!({
            "object": "response", "model": "model-1-2026", "status": "completed", "error": null,
            "output": [
                {"type": "reasoning", "summary": [{"type": "summary_text", "text": reasoning}]},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": content}]},
            ],
            "usage": {
                "input_tokens": 7, "output_tokens": 5, "input_tokens_details": {"cached_tokens": 3}, "cost": 0.25,
                "output_tokens_details": {"reasoning_tokens": 2},
            },
        }),
        Dialect::Anthropic => json!({
            "type": "message", "role": "assistant", "model": "model-1-2026", "stop_reason": "end_turn",
            "content": [{"type": "thinking", "thinking": reasoning, "signature": "s"}, {"type": "text", "text": content}],
            "usage": {"input_tokens": 4, "cache_read_input_tokens": 3, "output_tokens": 5, "cost": 0.25},
        }),
    }
}

/// The events of the same reply.
pub(crate) fn events(dialect: Dialect, reasoning: &[&str], content: &[&str]) -> Vec<Value> {
    let whole = whole(dialect, &reasoning.concat(), &content.concat());
    let mut events = Vec::new();
    match dialect {
        Dialect::Chat => {
            let chunk = |delta: Value, reason: Value| json!({"model": "model-1-2026", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]});
            events.push(chunk(json!({"role": "assistant", "content": null}), Value::Null));
            events.extend(reasoning.iter().map(|text| chunk(json!({"reasoning_content": text}), Value::Null)));
            events.extend(content.iter().map(|text| chunk(json!({"content": text}), Value::Null)));
            events.push(chunk(json!({}), json!("stop")));
            events.push(json!({"model": "model-1-2026", "choices": [], "usage": whole["usage"]}));
        }
        Dialect::Responses => {
            events.push(json!({"type": "response.created", "response": {"status": "in_progress", "error": null}}));
            events.extend(
                reasoning.iter().map(|text| json!({"type": "response.reasoning_summary_text.delta", "delta": text})),
            );
            events.extend(content.iter().map(|text| json!({"type": "response.output_text.delta", "delta": text})));
            events.push(json!({"type": "response.completed", "response": whole}));
        }
        Dialect::Anthropic => {
            let begin = json!({"model": "model-1-2026", "usage": {
                "input_tokens": 4, "cache_read_input_tokens": 3, "output_tokens": 1,
            }});
            events.push(json!({"type": "message_start", "message": begin}));
            for (index, (kind, texts)) in [("thinking", reasoning), ("text", content)].into_iter().enumerate() {
                let block = json!({"type": kind, kind: ""});
                events.push(json!({"type": "content_block_start", "index": index, "content_block": block}));
                events.push(json!({"type": "ping"}));
                events.extend(texts.iter().map(|text| {
                    let delta = json!({"type": format!("{kind}_delta"), kind: text});
                    json!({"type": "content_block_delta", "index": index, "delta": delta})
                }));
                events.push(json!({"type": "content_block_stop", "index": index}));
            }
            let usage = json!({"output_tokens": 5, "cost": 0.25});
            events.push(json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage}));
            events.push(json!({"type": "message_stop"}));
        }
    }
    events
}

/// Events as they are sent, each with its name.
pub(crate) fn sse(events: &[Value]) -> String {
    let mut text = String::from(": a comment\n\n");
    for event in events {
        if let Some(name) = event["type"].as_str() {
            text.extend(["event: ", name, "\n"]);
        }
        text.extend(["data: ", &event.to_string(), "\n\n"]);
    }
    text
}

/// An HTTP answer that ends with its connection.
pub(crate) fn streamed(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n{body}")
}

/// A good reply in the way it is asked for: the answer is 42.
pub(crate) fn good((dialect, streaming): (Dialect, Streaming)) -> String {
    if streaming == Streaming::Never {
        return answer(200, "", &whole(dialect, "6 sevens", "42").to_string());
    }
    let done = if dialect == Dialect::Chat { "data: [DONE]\n\n" } else { "" };
    streamed(&format!("{}{done}", sse(&events(dialect, &["6 ", "sevens"], &["4", "2"]))))
}

/// What a listener heard.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) reasoning: String,
    pub(crate) content: String,
    pub(crate) again: usize,
}

/// A listener, and what it heard.
pub(crate) fn listener() -> (Arc<Mutex<Heard>>, impl Fn(Piece<'_>) + Send + Sync) {
    let heard = Arc::new(Mutex::new(Heard::default()));
    let hears = Arc::clone(&heard);
    let hear = move |piece: Piece<'_>| {
        let mut heard = hears.lock().expect("a lock");
        match piece {
            Piece::Again => *heard = Heard { again: heard.again + 1, ..Heard::default() },
            Piece::Reasoning(text) => heard.reasoning.push_str(text),
            Piece::Content(text) => heard.content.push_str(text),
        }
    };
    (heard, hear)
}
