//! Requests, configurations and a server that can be as rude as a test needs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use loong::model::{ChatRequest, EndpointConfig, HttpChat, Message, ModelError, ReplySchema, Role, Sampling, Speaker};
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
