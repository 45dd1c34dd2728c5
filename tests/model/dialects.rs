//! One reply in every dialect, whole and streamed, is one reply.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;

use loong::model::{ChatModel, ChatReply, Dialect, EndpointConfig, Finish, HttpChat, Sampling, Streaming, Usage};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::support::{
    KEY, Server, answer, chat_in, config_in, events, good, listener, read_request, request, sse, streamed,
    structured_request, ways, whole,
};

/// A server that gives every request the same answer, and notes heads and bodies.
async fn noting(said: String) -> (Server, Arc<Mutex<Vec<(String, Value)>>>) {
    let noted: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
    let notes = Arc::clone(&noted);
    let server = Server::start(move |_, mut stream| {
        let (notes, said) = (Arc::clone(&notes), said.clone());
        async move {
            let (head, body) = read_request(&mut stream).await;
            notes.lock().expect("a lock").push((head, serde_json::from_str(&body).unwrap_or_default()));
            stream.write_all(said.as_bytes()).await.ok();
            stream.shutdown().await.ok();
        }
    })
    .await;
    (server, noted)
}

fn is_the_reply(reply: &ChatReply, dialect: Dialect) {
    assert_eq!((reply.content.as_str(), reply.reasoning.as_deref()), ("42", Some("6 sevens")), "{dialect}");
    assert_eq!((reply.finish, reply.attempts, reply.cost), (Finish::Stop, 1, Some(0.25)), "{dialect}");
    assert_eq!(reply.model.as_deref(), Some("model-1-2026"));
    let reasoning_tokens = (dialect != Dialect::Anthropic).then_some(2);
    let usage = Usage { prompt_tokens: Some(7), completion_tokens: Some(5), cached_tokens: Some(3), reasoning_tokens };
    assert_eq!(reply.usage, usage, "{dialect}");
}

#[tokio::test]
async fn a_reply_is_the_same_in_every_way() {
    for way in ways() {
        let (server, noted) = noting(good(way)).await;
        let reply = chat_in(&server.base_url, way).chat(&request()).await.expect("a reply");
        is_the_reply(&reply, way.0);
        let (head, body) = noted.lock().expect("a lock")[0].clone();
        let path = match way.0 {
            Dialect::Chat => "/v1/chat/completions",
            Dialect::Responses => "/v1/responses",
            Dialect::Anthropic => "/v1/messages",
        };
        assert!(head.starts_with(&format!("POST {path} ")), "{head}");
        let is_streamed = body.get("stream").and_then(Value::as_bool).unwrap_or_default();
        assert_eq!(is_streamed, way.1 == Streaming::Always, "{body}");
    }
}

#[tokio::test]
async fn what_came_is_read_whatever_was_asked_for() {
    for (dialect, streaming) in ways() {
        let other = if streaming == Streaming::Never { Streaming::Always } else { Streaming::Never };
        let (server, _) = noting(good((dialect, other))).await;
        let reply = chat_in(&server.base_url, (dialect, streaming)).chat(&request()).await.expect("a reply");
        is_the_reply(&reply, dialect);
    }
}

#[tokio::test]
async fn a_listener_hears_what_the_reply_says() {
    for (dialect, streaming) in ways() {
        let (server, _) = noting(good((dialect, streaming))).await;
        let model = chat_in(&server.base_url, (dialect, streaming));
        let (heard, hear) = listener();
        model.chat_live(&request(), &hear).await.expect("a reply");
        let heard = heard.lock().expect("a lock");
        assert_eq!((heard.reasoning.as_str(), heard.content.as_str(), heard.again), ("6 sevens", "42", 0), "{dialect}");
    }
}

#[tokio::test]
async fn a_stream_is_asked_for_where_somebody_listens() {
    let (server, noted) = noting(good((Dialect::Chat, Streaming::Never))).await;
    let model = chat_in(&server.base_url, (Dialect::Chat, Streaming::Auto));
    model.chat(&request()).await.expect("a reply");
    model.chat_live(&request(), &|_| ()).await.expect("a reply");
    let noted = noted.lock().expect("a lock");
    assert!(noted[0].1.get("stream").is_none() && noted[1].1["stream"] == true);
    assert_eq!(noted[1].1["stream_options"], json!({"include_usage": true}));
}

#[tokio::test]
async fn a_model_that_was_too_slow_is_asked_for_streams_from_then_on() {
    let noted: Arc<Mutex<Vec<Value>>> = Arc::default();
    let notes = Arc::clone(&noted);
    let server = Server::start(move |number, mut stream| {
        let notes = Arc::clone(&notes);
        async move {
            let (_, body) = read_request(&mut stream).await;
            notes.lock().expect("a lock").push(serde_json::from_str(&body).unwrap_or_default());
            if number == 0 {
                return std::future::pending().await;
            }
            stream.write_all(good((Dialect::Chat, Streaming::Always)).as_bytes()).await.ok();
        }
    })
    .await;
    let config = EndpointConfig {
        request_deadline: Duration::from_millis(200),
        ..config_in(&server.base_url, (Dialect::Chat, Streaming::Auto))
    };
    let model = HttpChat::new(config).expect("a model");
    assert_eq!(model.chat(&request()).await.expect("a reply").attempts, 2);
    let noted = noted.lock().expect("a lock");
    assert!(noted[0].get("stream").is_none() && noted[1]["stream"] == true, "{noted:?}");
}

#[tokio::test]
async fn each_dialect_says_the_same_in_its_own_words() {
    for dialect in Dialect::ALL.iter().copied() {
        let (server, noted) = noting(good((dialect, Streaming::Never))).await;
        let model = chat_in(&server.base_url, (dialect, Streaming::Never));
        model.chat(&structured_request()).await.expect("a reply");
        let unlimited = Sampling { max_tokens: None, ..request().sampling };
        model.chat(&loong::model::ChatRequest { sampling: unlimited, ..request() }).await.expect("a reply");
        let noted = noted.lock().expect("a lock");
        let (first, second) = (&noted[0].1, &noted[1].1);
        assert_eq!(first["temperature"], json!(0.5));
        match dialect {
            Dialect::Chat => {
                assert_eq!(first["messages"][0], json!({"role": "system", "content": "Be brief."}));
                assert_eq!((&first["max_tokens"], &first["seed"]), (&json!(64), &json!(42)));
                assert_eq!(first["response_format"]["json_schema"]["name"], "triple");
                assert!(second.get("max_tokens").is_none());
            }
            Dialect::Responses => {
                assert_eq!(first["instructions"], "Be brief.");
                assert_eq!(first["input"].as_array().map(Vec::len), Some(1));
                // llama-server knows a reply that is repeated to it by its type alone.
                assert_eq!(first["input"][0]["type"], "message");
                assert_eq!((&first["max_output_tokens"], &first["store"]), (&json!(64), &json!(false)));
                assert_eq!(first["text"]["format"]["name"], "triple");
                assert!(first.get("seed").is_none() && second.get("max_output_tokens").is_none());
            }
            Dialect::Anthropic => {
                assert_eq!(first["system"], "Be brief.");
                assert_eq!(first["messages"].as_array().map(Vec::len), Some(1));
                assert_eq!(first["max_tokens"], 64);
                assert_eq!(first["output_config"]["format"]["type"], "json_schema");
                assert!(second.get("output_config").is_none());
                assert!(first.get("seed").is_none() && first.get("response_format").is_none());
                assert_eq!(second["max_tokens"], 4096, "the dialect wants a limit");
                assert!(noted[0].0.contains("anthropic-version: 2023-06-01"), "{}", noted[0].0);
            }
        }
    }
}

#[tokio::test]
async fn what_the_user_adds_is_sent_in_every_request() {
    let (server, noted) = noting(good((Dialect::Chat, Streaming::Never))).await;
    let extra = json!({"reasoning_effort": "low", "temperature": 1});
    let extra = extra.as_object().cloned().unwrap_or_default();
    let config = EndpointConfig { extra, ..config_in(&server.base_url, (Dialect::Chat, Streaming::Never)) };
    HttpChat::new(config).expect("a model").chat(&request()).await.expect("a reply");
    let body = noted.lock().expect("a lock")[0].1.clone();
    assert_eq!((&body["reasoning_effort"], &body["temperature"]), (&json!("low"), &json!(1)));
}

#[tokio::test]
async fn the_key_goes_where_the_dialect_has_it() {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::io::Write::write_all(&mut file, KEY.as_bytes()).expect("a written file");
    let (server, noted) = noting(good((Dialect::Anthropic, Streaming::Never))).await;
    let config = EndpointConfig {
        api_key: loong::model::KeySource::File(file.path().to_owned()),
        ..config_in(&server.base_url, (Dialect::Anthropic, Streaming::Never))
    };
    HttpChat::new(config).expect("a model").chat(&request()).await.expect("a reply");
    let head = noted.lock().expect("a lock")[0].0.clone();
    assert!(head.contains(&format!("x-api-key: {KEY}")), "{head}");
}

#[tokio::test]
async fn a_completed_response_at_its_limit_was_cut() {
    let mut cut = whole(Dialect::Responses, "", "half a");
    cut["usage"]["output_tokens"] = json!(64);
    let (server, _) = noting(answer(200, "", &cut.to_string())).await;
    let reply = chat_in(&server.base_url, (Dialect::Responses, Streaming::Never)).chat(&request()).await;
    assert_eq!(reply.expect("a reply").finish, Finish::Length);
}

#[tokio::test]
async fn reasons_to_end_are_told_apart_in_every_dialect() {
    let with = |dialect, change: &dyn Fn(&mut Value)| {
        let mut body = whole(dialect, "", "x");
        change(&mut body);
        answer(200, "", &body.to_string())
    };
    for (dialect, said, finish) in [
        (Dialect::Anthropic, with(Dialect::Anthropic, &|b| b["stop_reason"] = json!("max_tokens")), Finish::Length),
        (Dialect::Anthropic, with(Dialect::Anthropic, &|b| b["stop_reason"] = json!("refusal")), Finish::Refusal),
        (Dialect::Anthropic, with(Dialect::Anthropic, &|b| b["stop_reason"] = json!("tool_use")), Finish::Other),
        (
            Dialect::Responses,
            with(Dialect::Responses, &|b| {
                b["status"] = json!("incomplete");
                b["incomplete_details"] = json!({"reason": "max_output_tokens"});
            }),
            Finish::Length,
        ),
        (
            Dialect::Responses,
            with(Dialect::Responses, &|b| {
                b["output"][1]["content"][0] = json!({"type": "refusal", "refusal": "I won't."});
            }),
            Finish::Refusal,
        ),
    ] {
        let (server, _) = noting(said).await;
        let reply = chat_in(&server.base_url, (dialect, Streaming::Never)).chat(&request()).await.expect("a reply");
        assert_eq!(reply.finish, finish, "{dialect}");
    }
}

#[tokio::test]
async fn reasoning_left_in_the_content_is_split_off_in_streams_too() {
    for pieces in
        [&["<th", "ink>wh", "y</thi", "nk>\n4", "2"][..], &["why", "</think>", "42"], &["wh", "y</think>4", "2"]]
    {
        for dialect in Dialect::ALL.iter().copied() {
            let (server, _) = noting(streamed(&sse(&events(dialect, &[], pieces)))).await;
            let (heard, hear) = listener();
            let model = chat_in(&server.base_url, (dialect, Streaming::Auto));
            let reply = model.chat_live(&request(), &hear).await.expect("a reply");
            assert_eq!(
                (reply.content.as_str(), reply.reasoning.as_deref()),
                ("42", Some("why")),
                "{dialect} {pieces:?}"
            );
            let heard = heard.lock().expect("a lock");
            assert_eq!((heard.content.trim(), heard.reasoning.trim()), ("42", "why"), "{dialect} {pieces:?}");
        }
    }
}

#[tokio::test]
async fn a_listener_never_hears_the_key() {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::io::Write::write_all(&mut file, KEY.as_bytes()).expect("a written file");
    let (start, end) = KEY.split_at(9);
    let (server, _) = noting(streamed(&sse(&events(Dialect::Chat, &[], &["you sent ", start, end, ", no?"])))).await;
    let config = EndpointConfig {
        api_key: loong::model::KeySource::File(file.path().to_owned()),
        ..config_in(&server.base_url, (Dialect::Chat, Streaming::Auto))
    };
    let all = Mutex::new(String::new());
    let hear = |piece: loong::model::Piece<'_>| {
        if let loong::model::Piece::Content(text) = piece {
            all.lock().expect("a lock").push_str(text);
        }
    };
    let reply = HttpChat::new(config).expect("a model").chat_live(&request(), &hear).await.expect("a reply");
    assert_eq!(reply.content, "you sent [redacted], no?");
    assert_eq!(*all.lock().expect("a lock"), "you sent [redacted], no?");
}

/// Serves `pieces` of a body, one write each.
async fn serving(pieces: Vec<Vec<u8>>) -> Server {
    Server::start(move |_, mut stream| {
        let pieces = pieces.clone();
        async move {
            read_request(&mut stream).await;
            stream.set_nodelay(true).ok();
            stream.write_all(streamed("").as_bytes()).await.ok();
            for piece in pieces {
                stream.write_all(&piece).await.ok();
                tokio::task::yield_now().await;
            }
        }
    })
    .await
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// However a reply is cut into events, and the events into pieces: it is the reply that a whole body gives, and a
    /// listener has heard it in the end.
    #[test]
    fn a_streamed_reply_is_the_whole_reply(
        dialect in prop::sample::select(Dialect::ALL),
        parts in prop::collection::vec(prop::sample::select(vec![
            "<think>", "</think>", "<thinking>", "</thinking>", "[THINK]", "[/THINK]", "<|channel|>analysis<|message|>",
            "<|channel|>final<|message|>", "why", " ", "\n\n", "42", "é🐉", "<", "</", "think>", "\\boxed{7}",
        ]), 0..9),
        reasoning in prop::sample::select(vec!["", "hm", "hm, 🐉\n\nso"]),
        cuts in prop::collection::vec(1usize..9, 1..20),
        bytes in prop::collection::vec(1usize..200, 1..20),
    ) {
        let text: String = parts.concat();
        let mut pieces = Vec::new();
        let mut rest = text.as_str();
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let at = rest.char_indices().nth(*cut).map_or(rest.len(), |(at, _)| at);
            pieces.push(&rest[..at]);
            rest = &rest[at..];
        }
        let wire = sse(&events(dialect, &[reasoning], &pieces)).into_bytes();
        let mut sent = Vec::new();
        let mut from = 0;
        for size in bytes.iter().cycle() {
            if from >= wire.len() {
                break;
            }
            let to = (from + size).min(wire.len());
            sent.push(wire[from..to].to_vec());
            from = to;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (expected, streamed, heard) = runtime.block_on(async {
            let server = Server::scripted(vec![answer(200, "", &whole(dialect, reasoning, &text).to_string())]).await;
            let expected = chat_in(&server.base_url, (dialect, Streaming::Never)).chat(&request()).await;
            let server = serving(sent).await;
            let (heard, hear) = listener();
            let streamed = chat_in(&server.base_url, (dialect, Streaming::Always)).chat_live(&request(), &hear).await;
            (expected.expect("a reply"), streamed.expect("a reply"), heard)
        });
        prop_assert_eq!(ChatReply { seconds: 0.0, ..streamed }, ChatReply { seconds: 0.0, ..expected.clone() });
        let heard = heard.lock().expect("a lock");
        prop_assert_eq!(heard.content.trim(), expected.content.trim());
        prop_assert_eq!(heard.reasoning.trim(), expected.reasoning.as_deref().unwrap_or_default().trim());
    }
}
