//! Servers of this machine, found and known by what they say of themselves; and a context that is cut silently.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use loong::model::{
    ChatModel, ChatRequest, Dialect, Message, ServerKind, Speaker, Streaming, find_servers, local_servers,
};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::support::{Server, answer, chat_in, read_request, request, whole};

/// A server that answers each path (`GET`) with what is given for it, and 404 elsewhere.
async fn telling(paths: Vec<(&'static str, Value)>) -> (Server, u16) {
    let paths = Arc::new(paths);
    let server = Server::start(move |_, mut stream| {
        let paths = Arc::clone(&paths);
        async move {
            loop {
                let (head, _) = read_request(&mut stream).await;
                let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                let told = paths.iter().find(|(p, _)| *p == path);
                let said = told.map_or_else(|| answer(404, "", "{}"), |(_, body)| answer(200, "", &body.to_string()));
                if path.is_empty() || stream.write_all(said.as_bytes()).await.is_err() {
                    return;
                }
            }
        }
    })
    .await;
    let port = server.base_url.trim_end_matches("/v1").rsplit(':').next().and_then(|p| p.parse().ok());
    (server, port.expect("a port"))
}

#[tokio::test]
async fn every_server_is_known_by_what_it_says() {
    let list = |owner: &str, rest: Value| {
        let mut model = json!({"id": "qwen", "object": "model", "owned_by": owner});
        if let (Some(model), Value::Object(rest)) = (model.as_object_mut(), rest) {
            model.extend(rest);
        }
        json!({"object": "list", "data": [{"id": "nomic-embed-text"}, model]})
    };
    let cases = vec![
        (
            ServerKind::LlamaCpp,
            Some(4096),
            vec![
                ("/v1/models", list("llamacpp", json!({}))),
                ("/props", json!({"default_generation_settings": {"n_ctx": 4096}})),
            ],
        ),
        (ServerKind::Vllm, Some(32768), vec![("/v1/models", list("vllm", json!({"max_model_len": 32768})))]),
        (ServerKind::Sglang, Some(8192), vec![("/v1/models", list("sglang", json!({"max_model_len": 8192})))]),
        (
            ServerKind::Ollama,
            Some(2048),
            vec![
                ("/v1/models", list("library", json!({}))),
                ("/api/version", json!({"version": "0.32.9"})),
                ("/api/ps", json!({"models": [{"name": "qwen", "context_length": 2048}]})),
            ],
        ),
        (
            ServerKind::LmStudio,
            Some(4096),
            vec![
                ("/v1/models", list("organization_owner", json!({}))),
                ("/api/v0/models", json!({"data": [{"id": "qwen", "loaded_context_length": 4096}]})),
            ],
        ),
        (ServerKind::Other, None, vec![("/v1/models", list("me", json!({})))]),
    ];
    for (kind, context, paths) in cases {
        let (_server, port) = telling(paths).await;
        let found = find_servers(&[port], Duration::from_secs(20)).await;
        let [found] = &found[..] else { panic!("{kind}: {found:?}") };
        assert_eq!((found.kind, found.context), (kind, context));
        assert_eq!(found.models, ["qwen"], "{kind}: what only embeds is left out");
        assert_eq!(found.base_url, format!("http://127.0.0.1:{port}/v1"));
        let short = context.is_some_and(|context| context < 8192);
        assert_eq!(found.warning().is_some(), short, "{kind}");
        if kind == ServerKind::Ollama {
            assert!(found.warning().is_some_and(|w| w.contains("OLLAMA_CONTEXT_LENGTH")), "{found:?}");
        }
    }
}

#[test]
fn what_does_not_answer_in_time_holds_nobody_up() {
    // Takes connections and says nothing; and a port where nobody listens.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = |listener: &std::net::TcpListener| listener.local_addr().expect("an address").port();
    let ports = [port(&silent), port(&free), port(&silent), port(&silent)];
    drop(free);
    assert_eq!(local_servers(&ports, Duration::from_millis(200)), []);
}

#[tokio::test]
async fn a_context_that_is_cut_silently_is_told_once() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let server = Server::start(move |_, mut stream| {
        let count = Arc::clone(&count);
        async move {
            loop {
                let (head, _) = read_request(&mut stream).await;
                if head.is_empty() {
                    return;
                }
                let said = if head.starts_with("GET /api/ps ") {
                    count.fetch_add(1, Ordering::SeqCst);
                    json!({"models": [{"name": "model-1:latest", "context_length": 2048}]})
                } else {
                    let mut reply = whole(Dialect::Chat, "", "42");
                    reply["usage"]["prompt_tokens"] = json!(2050);
                    reply
                };
                stream.write_all(answer(200, "", &said.to_string()).as_bytes()).await.ok();
            }
        }
    })
    .await;
    let model = chat_in(&server.base_url, (Dialect::Chat, Streaming::Never));
    model.chat(&request()).await.expect("a reply");
    assert!(model.notes().is_empty(), "a short prompt is not suspected");
    let long = ChatRequest { messages: vec![Message::new(Speaker::User, "word ".repeat(5000))], ..request() };
    for _ in 0..3 {
        model.chat(&long).await.expect("a reply");
    }
    let notes = model.notes();
    let [note] = &notes[..] else { panic!("{notes:?}") };
    assert!(note.contains("2048") && note.contains("OLLAMA_CONTEXT_LENGTH"), "{note}");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}
