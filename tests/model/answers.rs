//! What servers answer, and what becomes of it.

use std::time::Duration;

use loong::model::{ChatModel, Finish, HttpChat, ModelError, Usage};
use serde_json::json;
use wiremock::matchers::{body_partial_json, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{Server, answer, chat, completion, config, error_text, request};

type IsIt = fn(&ModelError) -> bool;

async fn failing(answers: &[String]) -> (ModelError, usize) {
    let server = Server::scripted(answers.to_vec()).await;
    let error = chat(&server.base_url).chat(&request()).await.expect_err("an error");
    (error, server.connections())
}

#[tokio::test]
async fn a_good_reply_comes_through_whole() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v1/chat/completions"))
        .and(body_partial_json(json!({
            "model": "model-1", "temperature": 0.5, "top_p": 0.9, "max_tokens": 64, "seed": 42,
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user"}],
        })))
        .respond_with(ResponseTemplate::new(200).set_body_json(completion("<think>6 sevens</think>\n42")))
        .expect(1)
        .mount(&server)
        .await;
    let model = chat(&format!("{}/v1/", server.uri()));
    assert_eq!(model.name(), "model-1");
    let reply = model.chat(&request()).await.expect("a reply");
    assert_eq!((reply.content.as_str(), reply.reasoning.as_deref()), ("42", Some("6 sevens")));
    assert_eq!((reply.finish, reply.attempts), (Finish::Stop, 1));
    assert_eq!(reply.model.as_deref(), Some("model-1-2026"));
    assert_eq!(
        reply.usage,
        Usage { prompt_tokens: Some(7), completion_tokens: Some(2), reasoning_tokens: None, cached_tokens: None }
    );
    assert!(reply.seconds >= 0.0);
}

#[tokio::test]
async fn passing_faults_are_asked_again_and_counted() {
    for status in [408, 409, 425, 429, 500, 502, 503, 529] {
        let server = Server::scripted(vec![
            answer(status, "", r#"{"error": {"message": "for now"}}"#),
            answer(status, "", "not even JSON"),
            answer(200, "", &completion("42").to_string()),
        ])
        .await;
        let reply = chat(&server.base_url).chat(&request()).await.expect("a reply in the end");
        assert_eq!((reply.content.as_str(), reply.attempts, server.connections()), ("42", 3, 3), "{status}");
    }
}

#[tokio::test]
async fn attempts_end() {
    let (error, sent) = failing(&[answer(500, "", r#"{"error": {"message": "broken"}}"#)]).await;
    assert_eq!(sent, 3);
    let expected = ModelError::Status { endpoint: "stub".into(), status: 500, attempts: 3, message: "broken".into() };
    assert_eq!(error, expected);
    let (error, sent) = failing(&[answer(429, "retry-after: 0\r\n", r#"{"error": {"message": "slow"}}"#)]).await;
    assert!(matches!(error, ModelError::Status { status: 429, attempts: 3, .. }), "{error}");
    assert_eq!(sent, 3, "an endpoint that answers nobody is not asked for ever");
}

#[tokio::test]
async fn final_faults_are_asked_once_and_told_apart() {
    let overflow = json!({"error": {"message": "This model's maximum context length is 8192 tokens.", "code": "context_length_exceeded"}});
    let llama = json!({"error": {"code": 400, "message": "the request exceeds the available context size", "type": "exceed_context_size_error"}});
    let quota = json!({"error": {"message": "You exceeded your current quota", "type": "insufficient_quota", "code": "insufficient_quota"}});
    let google = json!([{"error": {"code": 400, "message": "Bad thing in array", "status": "INVALID_ARGUMENT"}}]);
    let detail = json!({"detail": [{"loc": ["body", "messages"], "msg": "field required"}]});
    let cases: [(u16, String, IsIt, &str); 11] = [
        (400, overflow.to_string(), |e| matches!(e, ModelError::ContextOverflow { .. }), "8192"),
        (400, llama.to_string(), |e| matches!(e, ModelError::ContextOverflow { .. }), "available context"),
        (413, "<html><title>413</title></html>".into(), |e| matches!(e, ModelError::ContextOverflow { .. }), "HTML"),
        (429, quota.to_string(), |e| matches!(e, ModelError::Quota { .. }) && e.is_final(), "quota"),
        (402, "{}".into(), |e| matches!(e, ModelError::Quota { .. }), "stub"),
        (
            400,
            google.to_string(),
            |e| matches!(e, ModelError::Status { status: 400, attempts: 1, .. }),
            "Bad thing in array",
        ),
        (
            422,
            detail.to_string(),
            |e| matches!(e, ModelError::Status { status: 422, .. }),
            "body.messages: field required",
        ),
        (403, "<!doctype html><title>Blocked</title>".into(), |e| matches!(e, ModelError::Key { .. }), "Blocked"),
        (
            404,
            "404 page not found".into(),
            |e| matches!(e, ModelError::Status { status: 404, .. }) && e.is_final(),
            "is base_url right",
        ),
        (
            404,
            r#"{"error": {"message": "model 'x' not found, try pulling it first"}}"#.into(),
            |e| matches!(e, ModelError::Status { status: 404, .. }),
            "pulling",
        ),
        (
            200,
            "\n <!DOCTYPE html><title>Web UI</title>".into(),
            |e| matches!(e, ModelError::Protocol { .. }),
            "an HTML page, not JSON (its title: Web UI)",
        ),
    ];
    for (status, body, is_it, says) in cases {
        let (error, sent) = failing(&[answer(status, "", &body)]).await;
        assert!(is_it(&error), "{status} {body}: {error:?}");
        assert!(error.to_string().contains(says), "{error}");
        // What is asked besides is which models there are.
        assert_eq!(sent, if says == "pulling" { 2 } else { 1 }, "{error}");
    }
}

#[tokio::test]
async fn a_model_that_is_not_there_is_told_with_those_that_are() {
    let none = answer(404, "", r#"{"error": {"message": "The model `x` does not exist.", "code": "model_not_found"}}"#);
    let list =
        |n: usize| json!({"data": (0..n).map(|i| json!({"id": format!("m{i}")})).collect::<Vec<_>>()}).to_string();
    let (error, _) = failing(&[none.clone(), answer(200, "", &list(2))]).await;
    let expected = "stub answered 404: The model `x` does not exist; set `model` in [models.NAME] to one of m0, m1";
    assert_eq!(error.to_string(), expected);
    let (error, _) = failing(&[none, answer(200, "", &list(30))]).await;
    assert!(error.to_string().ends_with("; set `model` in [models.NAME]"), "{error}");
}

#[tokio::test]
async fn who_has_no_key_is_told_how_to_give_one() {
    let (error, _) = failing(&[answer(401, "", r#"{"error": {"message": "No key."}}"#)]).await;
    assert_eq!(error.to_string(), "stub refused access (401): No key; add key_env = \"…\" to [models.NAME]");
}

#[tokio::test]
async fn an_address_without_a_version_is_helped() {
    let server = Server::scripted(vec![answer(404, "", "nothing here")]).await;
    let base = server.base_url.trim_end_matches("/v1");
    let error = chat(base).chat(&request()).await.expect_err("no such path");
    assert!(error.to_string().contains(&format!("try {base}/v1")), "{error}");
    let (error, _) = failing(&[answer(307, "location: https://example.com/v2?k=1\r\n", "")]).await;
    let text = error.to_string();
    assert!(text.contains("redirects to https://example.com/v2;"), "{text}");
}

#[tokio::test]
async fn errors_inside_a_good_status_are_errors() {
    let inside = |code: serde_json::Value| json!({"error": {"code": code, "message": "from upstream"}}).to_string();
    let (error, sent) = failing(&[answer(200, "", &inside(json!(401)))]).await;
    assert!(matches!(error, ModelError::Key { status: 401, .. }) && sent == 1, "{error:?}");
    let (error, sent) = failing(&[answer(200, "", &inside(json!("server_error")))]).await;
    assert!(matches!(&error, ModelError::Protocol { message, .. } if message.contains("from upstream")), "{error:?}");
    assert_eq!(sent, 3);
    let (error, sent) = failing(&[answer(200, "", r#"{"choices": []}"#)]).await;
    assert!(matches!(&error, ModelError::Protocol { message, .. } if message.contains("empty")), "{error:?}");
    assert_eq!(sent, 3);
}

#[tokio::test]
async fn a_filter_that_declines_is_a_refusal_and_no_fault() {
    for (status, body) in [
        (400, json!({"error": {"code": "content_filter", "message": "filtered by policy"}})),
        (403, json!({"error": {"code": 403, "message": "requires moderation: filtered by policy"}})),
    ] {
        let server = Server::scripted(vec![answer(status, "", &body.to_string())]).await;
        let reply = chat(&server.base_url).chat(&request()).await.expect("a refusal is a reply");
        assert_eq!(reply.finish, Finish::Refusal);
        assert!(reply.content.contains("filtered by policy"), "{}", reply.content);
    }
}

#[tokio::test]
async fn an_empty_reply_at_the_limit_is_a_reply() {
    let body = json!({"choices": [{"message": {"content": ""}, "finish_reason": "length"}]}).to_string();
    let server = Server::scripted(vec![answer(200, "", &body)]).await;
    let reply = chat(&server.base_url).chat(&request()).await.expect("a reply");
    assert_eq!((reply.content.as_str(), reply.finish, reply.usage.total()), ("", Finish::Length, None));
}

#[tokio::test]
async fn a_wait_is_kept_by_the_whole_endpoint_and_capped() {
    let limited = answer(429, "retry-after-ms: 60\r\n", r#"{"error": {"message": "slow down"}}"#);
    let server = Server::scripted(vec![limited, answer(200, "", &completion("42").to_string())]).await;
    let model = chat(&server.base_url);
    let reply = model.chat(&request()).await.expect("a reply after the wait");
    assert_eq!(reply.attempts, 2);
    assert!(reply.seconds >= 0.06, "the wait was kept: {}", reply.seconds);

    // Somebody else's request stays behind the gate that the first one shut: nothing of it reaches the server.
    let limited = answer(429, "retry-after: 100\r\n", r#"{"error": {"message": "slow down"}}"#);
    let server = Server::scripted(vec![limited]).await;
    let model = chat(&server.base_url);
    let sibling = model.with_model("model-2");
    let first = tokio::spawn(async move { model.chat(&request()).await });
    while server.connections() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let second = tokio::time::timeout(Duration::from_millis(100), sibling.chat(&request())).await;
    assert!(second.is_err(), "the second waits");
    assert_eq!(server.connections(), 1, "and sends nothing meanwhile");
    first.abort();

    // A wait longer than all deadlines cannot be waited for.
    let daily = answer(429, "retry-after: 86400\r\n", r#"{"error": {"message": "daily limit"}}"#);
    let (error, sent) = failing(&[daily]).await;
    assert!(matches!(&error, ModelError::Quota { message, .. } if message.contains("86400 s")), "{error:?}");
    assert_eq!(sent, 1);
}

#[tokio::test]
async fn a_queue_behind_a_limit_outlasts_the_attempts() {
    // Every second request is limited, so that a request may be put off often while others are answered.
    let limited = answer(429, "retry-after-ms: 10\r\n", r#"{"error": {"message": "slow"}}"#);
    let good = answer(200, "", &completion("42").to_string());
    let answers = (0..400).map(|n| if n % 4 == 0 { good.clone() } else { limited.clone() }).collect();
    let server = Server::scripted(answers).await;
    let model = HttpChat::new(loong::model::EndpointConfig { in_flight: 8, ..config(&server.base_url) });
    let model = model.expect("a valid configuration");
    let asking: Vec<_> = (0..40)
        .map(|_| {
            let model = model.clone();
            tokio::spawn(async move { model.chat(&request()).await })
        })
        .collect();
    let mut failed = 0;
    for asked in asking {
        failed += usize::from(asked.await.expect("no panic").is_err());
    }
    assert!(failed <= 4, "{failed} of 40 failed though the endpoint answered others");
}

#[tokio::test]
async fn errors_are_sentences_of_bounded_length() {
    let (error, _) = failing(&[answer(400, "", &"x".repeat(100_000))]).await;
    assert!(error_text(&error).len() < 3000);
    assert!(error.to_string().starts_with("stub answered 400"));
}
