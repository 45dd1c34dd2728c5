//! A real model behind a real server, where `LOONG_MODEL_URL` names one that speaks all three dialects (llama.cpp does).

use loong::model::{ChatModel, ChatRequest, Dialect, EndpointConfig, Finish, HttpChat, Message, Sampling, Speaker};

use crate::support::{chat, listener, request, structured_request, ways};

fn server() -> Option<String> {
    let url = std::env::var("LOONG_MODEL_URL").ok().filter(|url| !url.is_empty());
    if url.is_none() {
        eprintln!("skipped: LOONG_MODEL_URL names no server");
    }
    url
}

#[tokio::test]
async fn a_real_model_answers_in_every_way() {
    let Some(url) = server() else { return };
    for (dialect, streaming) in ways() {
        let config = EndpointConfig { dialect, streaming, ..EndpointConfig::new("real", &url, "model") };
        let model = HttpChat::new(config).expect("a model");
        let sampling = Sampling { max_tokens: Some(24), temperature: Some(0.0), ..Sampling::default() };
        let messages = vec![Message::new(Speaker::System, "Be brief."), Message::new(Speaker::User, "Count to 100.")];
        let asked = ChatRequest { messages, sampling, ..request() };
        let (heard, hear) = listener();
        let reply = model.chat_live(&asked, &hear).await.unwrap_or_else(|e| panic!("{dialect} {streaming}: {e}"));
        assert!(!reply.content.trim().is_empty(), "{dialect} {streaming}");
        assert!(matches!(reply.finish, Finish::Length | Finish::Stop), "{dialect} {streaming} {reply:?}");
        assert!(reply.usage.completion_tokens.is_some_and(|n| n <= 24), "{dialect} {streaming} {reply:?}");
        assert_eq!(heard.lock().expect("a lock").content.trim(), reply.content.trim(), "{dialect} {streaming}");
        assert!(model.refused_parameters().is_empty(), "{dialect} {streaming}");
        eprintln!("{dialect} {streaming}: {reply:?}");
    }
}

#[tokio::test]
async fn a_real_model_keeps_to_a_schema_where_the_dialect_has_one() {
    let Some(url) = server() else { return };
    let sampling = Sampling { max_tokens: Some(200), temperature: Some(0.0), ..Sampling::default() };
    let asked = ChatRequest { sampling, ..structured_request() };
    for dialect in [Dialect::Chat, Dialect::Responses] {
        let config = EndpointConfig { dialect, ..EndpointConfig::new("real", &url, "model") };
        let reply = HttpChat::new(config).expect("a model").chat(&asked).await.expect("a reply");
        assert!(reply.content.trim_start().starts_with('{'), "{dialect} {reply:?}");
    }
    // Too long for its context: the server says so, and the error has its name.
    let messages = vec![Message::new(Speaker::User, "word ".repeat(60_000))];
    let error = chat(&url).chat(&ChatRequest { messages, ..request() }).await.expect_err("too long");
    assert!(matches!(error, loong::model::ModelError::ContextOverflow { .. }), "{error:?}");
}
