//! Endpoints that do everything wrong, in every dialect, whole and streamed: each fault has its name, nothing is taken
//! for a reply that is none, and nothing grows without bound.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use loong::model::{
    ChatModel, ChatRequest, Dialect, EndpointConfig, Finish, HttpChat, Late, ModelError, Sampling, Streaming,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;

use crate::support::{
    Server, answer, chat_in, completion, config_in, events, good, listener, read_request, request, sse, streamed, ways,
    whole,
};

type Way = (Dialect, Streaming);
type IsIt = fn(&ModelError) -> bool;

/// Not a measure of time: only that a test did not wait for minutes.
async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), work).await.expect("an end within a minute")
}

/// What becomes of a request that is answered with each of `answers` in turn, and how many requests that took.
async fn asked(way: Way, answers: Vec<String>) -> (Result<loong::model::ChatReply, ModelError>, usize) {
    let server = Server::scripted(answers).await;
    let result = soon(chat_in(&server.base_url, way).chat(&request())).await;
    (result, server.connections())
}

/// The start of a stream: half of the good reply's events.
fn half(dialect: Dialect) -> Vec<Value> {
    let mut events = events(dialect, &["6 ", "sevens"], &["4", "2"]);
    let end = events.iter().rposition(|e| e.to_string().contains("\"2\"")).expect("the last piece");
    events.truncate(end);
    events
}

/// An error as a dialect tells it inside a stream or an answer with a good status.
fn error_in(dialect: Dialect, kind: &str, message: &str) -> Value {
    let error = json!({"type": kind, "code": kind, "message": message});
    match dialect {
        Dialect::Chat => json!({"error": error}),
        Dialect::Responses => json!({"type": "response.failed", "response": {"status": "failed", "error": error}}),
        Dialect::Anthropic => json!({"type": "error", "error": error}),
    }
}

/// The same error instead of a whole reply.
fn error_for(dialect: Dialect, kind: &str, message: &str) -> String {
    let error = error_in(dialect, kind, message);
    answer(200, "", &error.get("response").unwrap_or(&error).to_string())
}

#[tokio::test]
async fn faults_that_pass_are_asked_again_in_every_way() {
    for way in ways() {
        let date = "retry-after: Wed, 21 Oct 2015 07:28:00 GMT\r\ndate: Wed, 21 Oct 2015 07:28:00 GMT\r\n";
        let passing = vec![
            answer(429, date, r#"{"error": {"message": "slow down"}}"#),
            answer(500, "", "<html><title>500 Internal Server Error</title></html>"),
            answer(502, "content-type: text/html\r\n", "<!DOCTYPE html><title>Bad Gateway</title>"),
            answer(503, "", r#"[{"error": {"code": 503, "status": "UNAVAILABLE", "message": "overloaded"}}]"#),
            answer(529, "", r#"{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}"#),
            error_for(way.0, "overloaded_error", "Overloaded"),
            answer(200, "", "{\"half of"),
            answer(200, "", ""),
        ];
        for said in passing {
            let (reply, sent) = asked(way, vec![said.clone(), good(way)]).await;
            let reply = reply.unwrap_or_else(|e| panic!("{way:?} {said}: {e}"));
            assert_eq!((reply.content.as_str(), reply.attempts, sent), ("42", 2, 2), "{way:?} {said}");
        }
    }
}

#[tokio::test]
async fn final_faults_are_told_by_their_names_in_every_way() {
    for way in ways() {
        let quota = r#"{"error": {"message": "You exceeded your current quota", "type": "insufficient_quota", "code": "insufficient_quota"}}"#;
        let cases: [(String, IsIt); 7] = [
            (answer(429, "", quota), |e| matches!(e, ModelError::Quota { .. })),
            (answer(401, "", r#"{"error": {"message": "who are you?"}}"#), |e| matches!(e, ModelError::Key { .. })),
            (
                answer(400, "", r#"[{"error": {"code": 400, "message": "Bad thing in array"}}]"#),
                |e| matches!(e, ModelError::Status { status: 400, message, .. } if message.contains("in array")),
            ),
            (
                answer(
                    400,
                    "",
                    r#"{"type": "error", "error": {"message": "prompt is too long: 9 tokens > 8 maximum"}}"#,
                ),
                |e| matches!(e, ModelError::ContextOverflow { .. }),
            ),
            (
                answer(200, "", "<!doctype html><title>Web UI</title>"),
                |e| matches!(e, ModelError::Protocol { message, .. } if message.contains("Web UI")),
            ),
            (error_for(way.0, "authentication_error", "no such key"), |e| matches!(e, ModelError::Key { .. })),
            (error_for(way.0, "insufficient_quota", "used up"), |e| matches!(e, ModelError::Quota { .. })),
        ];
        for (said, is_it) in cases {
            let (result, sent) = asked(way, vec![said.clone()]).await;
            let error = result.expect_err("an error");
            assert!(is_it(&error), "{way:?} {said}: {error:?}");
            assert_eq!(sent, 1, "{way:?} {said}");
        }
    }
}

#[tokio::test]
async fn an_error_inside_a_stream_is_an_error() {
    for dialect in Dialect::ALL.iter().copied() {
        let way = (dialect, Streaming::Always);
        let after_half = |error: Value| {
            let mut events = half(dialect);
            events.push(error);
            streamed(&sse(&events))
        };
        let busy = after_half(error_in(dialect, "overloaded_error", "Overloaded"));
        let (reply, sent) = asked(way, vec![busy.clone(), good(way)]).await;
        assert_eq!((reply.expect("a reply").content.as_str(), sent), ("42", 2), "{dialect}");
        let (error, sent) = asked(way, vec![busy]).await;
        assert!(matches!(error, Err(ModelError::Status { status: 529, attempts: 3, .. })), "{dialect} {error:?}");
        assert_eq!(sent, 3);
        let key = after_half(error_in(dialect, "authentication_error", "revoked"));
        assert!(matches!(asked(way, vec![key]).await, (Err(ModelError::Key { .. }), 1)), "{dialect}");
        // The server died: `type: error` without anything else, or a broken line.
        for said in [
            after_half(json!({"type": "error", "message": "boom"})),
            streamed(&(sse(&half(dialect)) + "data: {\"ch\n\n")),
        ] {
            let (error, _) = asked(way, vec![said]).await;
            assert!(matches!(error, Err(ModelError::Protocol { .. })), "{dialect} {error:?}");
        }
    }
}

#[tokio::test]
async fn an_end_without_a_finish_is_no_reply() {
    for dialect in Dialect::ALL.iter().copied() {
        let way = (dialect, Streaming::Always);
        let broken = streamed(&sse(&half(dialect)));
        let (error, sent) = asked(way, vec![broken.clone()]).await;
        let error = error.expect_err("half a reply is none");
        assert!(matches!(&error, ModelError::Protocol { message, .. } if message.contains("broke off")), "{error:?}");
        assert_eq!(sent, 3, "{dialect}");

        // Whoever listens hears that what came before does not count.
        let server = Server::scripted(vec![broken, good(way)]).await;
        let (heard, hear) = listener();
        let reply = soon(chat_in(&server.base_url, way).chat_live(&request(), &hear)).await.expect("a reply");
        let heard = heard.lock().expect("a lock");
        assert_eq!((reply.attempts, heard.again), (2, 1), "{dialect}");
        assert_eq!((heard.reasoning.as_str(), heard.content.as_str()), ("6 sevens", "42"), "{dialect}");
    }
    // A whole answer that is cut in its body.
    for dialect in Dialect::ALL.iter().copied() {
        let way = (dialect, Streaming::Never);
        let cut = good(way).replacen("content-length: ", "content-length: 9", 1);
        let (reply, sent) = asked(way, vec![cut, good(way)]).await;
        assert_eq!((reply.expect("a reply").content.as_str(), sent), ("42", 2), "{dialect}");
    }
}

#[tokio::test]
async fn a_server_that_never_says_why_a_reply_ended_is_asked_for_whole_ones() {
    let said = streamed(&(sse(&half(Dialect::Chat)) + "data: [DONE]\n\n"));
    let whole = good((Dialect::Chat, Streaming::Never));
    let server = Server::scripted(vec![said, whole]).await;
    let model = chat_in(&server.base_url, (Dialect::Chat, Streaming::Always));
    let reply = soon(model.chat(&request())).await.expect("a reply");
    assert_eq!((reply.content.as_str(), reply.attempts), ("42", 2));
    assert_eq!(model.refused_parameters(), ["stream"]);
}

#[tokio::test]
async fn a_refused_stream_is_asked_for_whole_from_then_on() {
    for dialect in Dialect::ALL.iter().copied() {
        let refusal = r#"{"error": {"message": "Your organization must be verified to stream this model.", "param": "stream", "code": "unsupported_value"}}"#;
        let whole = good((dialect, Streaming::Never));
        let server = Server::scripted(vec![answer(400, "", refusal), whole]).await;
        let model = chat_in(&server.base_url, (dialect, Streaming::Always));
        assert_eq!(soon(model.chat(&request())).await.expect("a reply").attempts, 2);
        assert_eq!(soon(model.chat(&request())).await.expect("a reply").attempts, 1);
        assert_eq!(model.refused_parameters(), ["stream"]);
    }
}

#[tokio::test]
async fn characters_lines_and_events_may_be_split_anywhere() {
    for dialect in Dialect::ALL.iter().copied() {
        for (mark, line_end) in [("", "\n"), ("\u{feff}", "\r\n"), ("\u{feff}\u{feff}", "\n"), ("\n\n", "\r\n")] {
            let text = sse(&events(dialect, &["Überlegung ◁ 🐉"], &["4", "2 — né🐉"])).replace('\n', line_end);
            let text = format!("{mark}{text}");
            for size in [1, 2, 3, 7, 1000] {
                let text = text.clone();
                let server = Server::start(move |_, mut stream| {
                    let text = text.clone();
                    async move {
                        read_request(&mut stream).await;
                        stream.set_nodelay(true).ok();
                        stream.write_all(streamed("").as_bytes()).await.ok();
                        for (number, piece) in text.as_bytes().chunks(size).enumerate() {
                            stream.write_all(piece).await.ok();
                            if number % 16 == 0 {
                                tokio::task::yield_now().await;
                            }
                        }
                    }
                })
                .await;
                let model = chat_in(&server.base_url, (dialect, Streaming::Always));
                let reply = soon(model.chat(&request())).await.expect("a reply");
                assert_eq!(reply.content, "42 — né🐉", "{dialect} {size}");
                assert_eq!(reply.reasoning.as_deref(), Some("Überlegung ◁ 🐉"), "{dialect} {size}");
                assert_eq!(reply.attempts, 1);
            }
        }
    }
}

#[tokio::test]
async fn data_in_several_lines_is_one_event() {
    let text = sse(&events(Dialect::Chat, &[], &["4", "2"])).replace("{\"model\"", "{\ndata: \"model\"");
    assert!(text.contains("data: {\ndata: "));
    let (reply, _) = asked((Dialect::Chat, Streaming::Always), vec![streamed(&text)]).await;
    assert_eq!(reply.expect("a reply").content, "42");
}

/// A server that says `start` and then `again` for ever, and counts the bytes that somebody took.
async fn endless(start: String, again: String) -> (Server, Arc<AtomicUsize>, Arc<Notify>) {
    let (taken, closed) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let (count, tell) = (Arc::clone(&taken), Arc::clone(&closed));
    let server = Server::start(move |_, mut stream| {
        let (start, again) = (start.clone(), again.clone());
        let (count, tell) = (Arc::clone(&count), Arc::clone(&tell));
        async move {
            read_request(&mut stream).await;
            stream.write_all(start.as_bytes()).await.ok();
            while stream.write_all(again.as_bytes()).await.is_ok() {
                count.fetch_add(again.len(), Ordering::SeqCst);
            }
            tell.notify_one();
        }
    })
    .await;
    (server, taken, closed)
}

fn delta(dialect: Dialect, text: &str) -> String {
    let mut all = events(dialect, &[], &[text]);
    all.retain(|e| e.to_string().contains(text) && !e.to_string().contains("completed"));
    sse(&all)
}

#[tokio::test]
async fn a_model_that_never_stops_is_stopped_at_its_limit_of_tokens() {
    for dialect in Dialect::ALL.iter().copied() {
        let begin = streamed(&sse(&events(dialect, &[], &["x"])[..1]));
        let (server, taken, closed) = endless(begin, delta(dialect, "on and ").repeat(10)).await;
        let reply = soon(chat_in(&server.base_url, (dialect, Streaming::Always)).chat(&request())).await;
        let reply = reply.expect("what came is a reply, and cut");
        assert_eq!((reply.finish, reply.attempts), (Finish::Length, 1), "{dialect}");
        assert!(reply.content.starts_with("on and on and "), "{dialect}");
        assert!(reply.content.len() < 10_000, "{dialect}: {}", reply.content.len());
        soon(closed.notified()).await;
        assert!(taken.load(Ordering::SeqCst) < 32 << 20, "the stream was closed");
    }
}

#[tokio::test]
async fn a_model_that_never_stops_and_has_no_limit_meets_the_deadline_or_the_end_of_room() {
    let unlimited = ChatRequest { sampling: Sampling::default(), ..request() };
    for dialect in Dialect::ALL.iter().copied() {
        let way = (dialect, Streaming::Always);
        let (server, _, closed) = endless(streamed(""), delta(dialect, &"on and ".repeat(100_000))).await;
        let result = soon(chat_in(&server.base_url, way).chat(&unlimited)).await;
        let is_it = |e: &ModelError| matches!(e, ModelError::Protocol { message, .. } if message.contains("16 MiB"));
        assert!(result.as_ref().is_err_and(is_it), "{dialect} {result:?}");
        soon(closed.notified()).await;

        // Slowly: the total deadline ends it, and not the one of a request, since it goes on.
        let slow = delta(dialect, "on ");
        let server = Server::start(move |_, mut stream| {
            let slow = slow.clone();
            async move {
                read_request(&mut stream).await;
                stream.write_all(streamed("").as_bytes()).await.ok();
                while stream.write_all(slow.as_bytes()).await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
        })
        .await;
        let config = EndpointConfig {
            request_deadline: Duration::from_millis(200),
            total_deadline: Duration::from_millis(1500),
            ..config_in(&server.base_url, way)
        };
        let result = soon(HttpChat::new(config).expect("a model").chat(&unlimited)).await;
        let late = Late::Unfinished;
        let expected = ModelError::Deadline { endpoint: "stub".into(), seconds: 2, attempts: 1, late };
        assert_eq!(result, Err(expected), "{dialect}");
    }
}

#[tokio::test]
async fn a_reply_of_100_mb_takes_no_more_room_than_16() {
    let most = 64 << 20;
    for (dialect, streaming) in ways() {
        // One line without an end; text without an end; an error page without an end.
        let x = "x".repeat(1 << 16);
        let whole_start = "HTTP/1.1 200 OK\r\n\r\n{\"error\": null, \"choices\": [\"";
        let cases = [
            (whole_start.to_owned(), x.clone(), "more than 1 MiB"),
            (streamed("data: {\"a\": \""), x.clone(), "4 MiB"),
            (streamed("data: {}\n"), ": \n".repeat(20_000), "4 MiB"),
            ("HTTP/1.1 400 Bad\r\n\r\n".to_owned(), x.clone(), "answered 400"),
        ];
        for (start, again, says) in cases {
            let (server, taken, closed) = endless(start.clone(), again).await;
            let error = soon(chat_in(&server.base_url, (dialect, streaming)).chat(&request())).await;
            let error = error.expect_err("too much");
            assert!(error.to_string().contains(says), "{start}: {error}");
            soon(closed.notified()).await;
            let taken = taken.load(Ordering::SeqCst);
            assert!(taken < most, "{start}: {taken} bytes were taken");
            assert_eq!(server.connections(), 1, "{start}: it is not asked for again");
        }
    }
}

#[tokio::test]
async fn a_whole_reply_counts_whatever_stands_around_it() {
    for dialect in Dialect::ALL.iter().copied() {
        let body = whole(dialect, "", "42").to_string();
        let cut = format!("HTTP/1.1 200 X\r\ncontent-length: {}\r\n\r\n{body}", body.len() + 10);
        for said in [answer(200, "", &format!("{body}\n\ngarbage")), cut] {
            let (reply, sent) = asked((dialect, Streaming::Never), vec![said.clone()]).await;
            assert_eq!(reply.map(|r| r.content).as_deref(), Ok("42"), "{dialect} {said}");
            assert_eq!(sent, 1, "{dialect}: it is not paid for twice");
        }
    }
    // The first line of several, and half a reply, are none.
    let part = r#"{"choices": [{"message": {"content": "4"}, "finish_reason": null}]}"#;
    let half = format!("HTTP/1.1 200 X\r\ncontent-length: 9999\r\n\r\n{}", &part[..40]);
    for said in [answer(200, "", &format!("{part}\n{part}")), half] {
        assert!(asked((Dialect::Chat, Streaming::Never), vec![said]).await.0.is_err());
    }
}

#[tokio::test]
async fn a_body_of_a_million_parts_is_no_reply_and_one_of_a_million_zeros_costs_nothing() {
    let body = |rest: String| {
        let all = completion("42").to_string();
        answer(200, "", &format!("{}, \"x\": [{rest}]}}", &all[..all.len() - 1]))
    };
    let (reply, _) = asked((Dialect::Chat, Streaming::Never), vec![body(format!("{}0", "0,".repeat(400_000)))]).await;
    assert_eq!(reply.expect("a reply").content, "42");
    let (error, sent) =
        asked((Dialect::Chat, Streaming::Never), vec![body(format!("{}{{}}", "{},".repeat(300_000)))]).await;
    assert!(error.expect_err("too much").to_string().contains("more parts"));
    assert_eq!(sent, 1);
}

#[tokio::test]
async fn a_stream_that_stops_coming_meets_the_idle_deadline() {
    for dialect in Dialect::ALL.iter().copied() {
        let begun = streamed(&sse(&half(dialect)));
        let server = Server::start(move |_, mut stream| {
            let begun = begun.clone();
            async move {
                read_request(&mut stream).await;
                stream.write_all(begun.as_bytes()).await.ok();
                std::future::pending::<()>().await;
            }
        })
        .await;
        let config = EndpointConfig {
            idle_deadline: Duration::from_millis(80),
            max_attempts: 2,
            ..config_in(&server.base_url, (dialect, Streaming::Always))
        };
        let error = soon(HttpChat::new(config).expect("a model").chat(&request())).await;
        assert!(matches!(error, Err(ModelError::Deadline { attempts: 2, .. })), "{dialect} {error:?}");
    }
}

#[tokio::test]
async fn comments_keep_a_stream_alive_but_do_not_begin_it() {
    let waits = |comments: usize| {
        Server::start(move |_, mut stream| async move {
            read_request(&mut stream).await;
            stream.write_all(streamed("").as_bytes()).await.ok();
            for _ in 0..comments {
                stream.write_all(b": OPENROUTER PROCESSING\n\n").await.ok();
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let events = sse(&events(Dialect::Chat, &[], &["4", "2"]));
            stream.write_all(events.as_bytes()).await.ok();
        })
    };
    let model = |server: &Server, seconds| {
        let config = EndpointConfig {
            idle_deadline: Duration::from_secs(5),
            request_deadline: Duration::from_millis(seconds),
            max_attempts: 1,
            ..config_in(&server.base_url, (Dialect::Chat, Streaming::Always))
        };
        HttpChat::new(config).expect("a model")
    };
    let server = waits(10).await;
    assert_eq!(soon(model(&server, 30_000).chat(&request())).await.expect("a reply").content, "42");
    let server = waits(100_000).await;
    let error = soon(model(&server, 300).chat(&request())).await;
    assert!(matches!(error, Err(ModelError::Deadline { .. })), "{error:?}");
}

#[tokio::test]
async fn a_reply_counts_though_its_connection_is_not_closed_or_breaks_behind_it() {
    let all = events(Dialect::Chat, &["6 ", "sevens"], &["4", "2"]);
    let without_usage = streamed(&sse(&all[..all.len() - 1]));
    for lingers in [true, false] {
        let said = without_usage.clone();
        let server = Server::start(move |_, mut stream| {
            let said = said.replacen("\r\n", "\r\ntransfer-encoding: identity\r\ncontent-length: 99999\r\n", 1);
            async move {
                read_request(&mut stream).await;
                stream.write_all(said.replace("transfer-encoding: identity\r\n", "").as_bytes()).await.ok();
                if lingers {
                    std::future::pending::<()>().await;
                }
            }
        })
        .await;
        let reply = soon(chat_in(&server.base_url, (Dialect::Chat, Streaming::Always)).chat(&request())).await;
        let reply = reply.expect("a reply");
        assert_eq!((reply.content.as_str(), reply.finish, reply.usage.total()), ("42", Finish::Stop, None));
    }
}

#[tokio::test]
async fn dropping_the_question_closes_the_stream() {
    for dialect in Dialect::ALL.iter().copied() {
        let (begun, closed) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (tell_begun, tell_closed) = (Arc::clone(&begun), Arc::clone(&closed));
        let said = streamed(&sse(&half(dialect)));
        let server = Server::start(move |_, mut stream| {
            let (begun, closed, said) = (Arc::clone(&tell_begun), Arc::clone(&tell_closed), said.clone());
            async move {
                read_request(&mut stream).await;
                stream.write_all(said.as_bytes()).await.ok();
                begun.notify_one();
                let mut rest = [0; 16];
                if matches!(stream.read(&mut rest).await, Ok(0) | Err(_)) {
                    closed.notify_one();
                }
            }
        })
        .await;
        let model = chat_in(&server.base_url, (dialect, Streaming::Always));
        let asking = tokio::spawn(async move { model.chat(&request()).await });
        soon(begun.notified()).await;
        asking.abort();
        soon(closed.notified()).await;
    }
}

#[tokio::test]
async fn a_server_that_loads_its_model_gets_the_time_and_not_the_attempts() {
    let loading = answer(
        503,
        "retry-after-ms: 10\r\n",
        r#"{"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}"#,
    );
    let mut answers = vec![loading; 12];
    answers.push(good((Dialect::Chat, Streaming::Never)));
    let (reply, sent) = asked((Dialect::Chat, Streaming::Never), answers).await;
    assert_eq!((reply.expect("a reply").content.as_str(), sent), ("42", 13));
}
