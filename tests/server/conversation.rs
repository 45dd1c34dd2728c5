//! OpenEnv's frames.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{SinkExt as _, StreamExt as _};
use loong::environment::RewardTerms;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::{ANSWER, Server, Setting, Slow, Vague, client, code};

#[tokio::test]
async fn an_episode_has_one_step_and_tells_its_answer_to_nobody() {
    let server = Server::start(Setting::default()).await;
    let schema: Value = client().get(server.url("/schema")).send().await.unwrap().json().await.unwrap();
    let mut session = server.session().await;
    assert_eq!(code(&session.step("1").await), "EXECUTION_ERROR", "before reset");
    let begun = session.reset(7).await;
    assert_eq!((begun["type"].as_str(), begun["data"]["done"].as_bool()), (Some("observation"), Some(false)));
    assert!(begun["data"]["reward"].is_null() && !begun.to_string().contains(ANSWER), "{begun}");
    let state = session.ask(json!({"type": "state"})).await;
    assert_eq!((state["data"]["episode_id"].as_str(), state["data"]["step_count"].as_u64()), (Some("ep-7"), Some(0)));

    let stepped = session.step("It is 12.").await;
    assert_eq!((stepped["data"]["reward"].as_f64(), stepped["data"]["done"].as_bool()), (Some(0.0), Some(true)));
    for field in stepped["data"]["observation"].as_object().unwrap().keys() {
        assert!(schema["observation"]["properties"].get(field).is_some(), "{field} is not published");
    }
    assert_eq!(code(&session.step(ANSWER).await), "EXECUTION_ERROR", "no second reward");

    assert_eq!(session.reset(7).await["data"]["observation"], begun["data"]["observation"], "the same seed");
    assert_eq!(session.step(ANSWER).await["data"]["reward"].as_f64(), Some(1.0));
    let named = session.ask(json!({"type": "reset", "data": {"task": "task-3"}})).await;
    assert_eq!(named["data"]["observation"]["question"], "What is question 3?");
    assert_eq!(code(&session.ask(json!({"type": "reset", "data": {"task": "none"}})).await), "VALIDATION_ERROR");
    let (store, _folder) = server.drained().await;
    assert_eq!(store.reader().unwrap().count(&"origin:episode".parse().unwrap()).unwrap(), 2);
}

#[tokio::test]
async fn what_is_no_message_is_told_and_the_session_goes_on() {
    let server = Server::start(Setting::default()).await;
    let mut session = server.session().await;
    for (text, wanted) in [
        ("{not json", "INVALID_JSON"),
        ("", "INVALID_JSON"),
        ("[]", "VALIDATION_ERROR"),
        (r#"{"type": "frob"}"#, "UNKNOWN_TYPE"),
        (r#"{"data": {}}"#, "UNKNOWN_TYPE"),
        (r#"{"type": ["step"]}"#, "UNKNOWN_TYPE"),
        (r#"{"type": "step"}"#, "VALIDATION_ERROR"),
        (r#"{"type": "step", "data": {"answer": 1, "other": 2}}"#, "VALIDATION_ERROR"),
        (r#"{"type": "reset", "data": {"seed": -1}}"#, "VALIDATION_ERROR"),
        (r#"{"type": "reset", "data": 4}"#, "VALIDATION_ERROR"),
    ] {
        session.send(text).await;
        assert_eq!(code(&session.next().await.unwrap()), wanted, "{text}");
    }
    let deep = format!(r#"{{"type": "step", "data": {{"answer": {}1{}}}}}"#, "[".repeat(50_000), "]".repeat(50_000));
    session.reset(1).await;
    session.send(&deep).await;
    assert_eq!(session.next().await.unwrap()["data"]["reward"].as_f64(), Some(0.0), "an answer that nobody reads");
    session.0.send(Message::binary(vec![0, 159, 146])).await.unwrap();
    assert_eq!(code(&session.next().await.unwrap()), "INVALID_JSON");
    assert_eq!(session.reset(2).await["data"]["done"], false);
    session.send(r#"{"type": "close"}"#).await;
    assert!(session.next().await.is_none());
}

#[tokio::test]
async fn nothing_is_paid_where_nobody_can_tell() {
    let server = Server::start(Setting { verifier: Arc::new(Vague), ..Setting::default() }).await;
    let mut session = server.session().await;
    session.reset(1).await;
    let stepped = session.step("about a dozen").await;
    assert_eq!(code(&stepped), "EXECUTION_ERROR", "a null would be taken for 0: {stepped}");
    assert_eq!(server.counts.episodes(), 1, "and it is kept for audit");
}

#[tokio::test]
async fn rewards_are_sums_of_weighted_terms() {
    let terms = RewardTerms { format: 0.25, length: 0.5, words: 10, ..RewardTerms::default() };
    let server = Server::start(Setting { terms, ..Setting::default() }).await;
    let mut session = server.session().await;
    session.reset(1).await;
    let stepped = session.step(format!(r"So it is \boxed{{{ANSWER}}}.")).await;
    assert_eq!(stepped["data"]["reward"].as_f64(), Some(1.75));
    assert_eq!(stepped["data"]["observation"]["terms"], json!({"accuracy": 1.0, "format": 0.25, "length": 0.5}));
}

#[tokio::test]
async fn pings_are_answered_while_a_response_is_verified() {
    let slow = Arc::new(Slow(Duration::from_secs(2)));
    let server = Server::start(Setting { verifier: slow, ..Setting::default() }).await;
    let mut session = server.session().await;
    session.reset(1).await;
    let begun = Instant::now();
    session.send(&json!({"type": "step", "data": {"answer": ANSWER}}).to_string()).await;
    session.0.send(Message::Ping("alive?".into())).await.unwrap();
    let first = session.0.next().await.unwrap().unwrap();
    assert!(matches!(first, Message::Pong(_)) && begun.elapsed() < Duration::from_secs(1), "{first:?}");
    assert_eq!(session.next().await.unwrap()["data"]["reward"].as_f64(), Some(1.0));
}

#[tokio::test]
async fn what_comes_too_fast_ends_the_session_but_not_without_what_was_done() {
    let slow = Arc::new(Slow(Duration::from_secs(1)));
    let server = Server::start(Setting { verifier: slow, ..Setting::default() }).await;
    let mut session = server.session().await;
    session.reset(1).await;
    session.send(&json!({"type": "step", "data": {"answer": ANSWER}}).to_string()).await;
    for _ in 0..80 {
        session.0.send(Message::Ping("alive?".into())).await.unwrap();
    }
    assert_eq!(session.next().await.unwrap()["data"]["reward"].as_f64(), Some(1.0), "pings are no flood");
    session.reset(2).await;
    session.send(&json!({"type": "step", "data": {"answer": ANSWER}}).to_string()).await;
    for _ in 0..80 {
        session.send(r#"{"type": "state"}"#).await;
    }
    assert_eq!(session.next().await.unwrap()["data"]["reward"].as_f64(), Some(1.0), "it is stored, and told");
    assert!(session.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_do_not_see_each_other() {
    let server = Server::start(Setting::default()).await;
    let talk = |seed: u64| {
        let url = format!("ws://{}/ws", server.at);
        async move {
            let mut session = crate::Session::at(&url).await;
            let question = session.reset(seed).await["data"]["observation"]["question"].clone();
            let right = seed.is_multiple_of(2);
            let stepped = session.step(if right { ANSWER } else { "1" }).await;
            assert_eq!(stepped["data"]["reward"].as_f64(), Some(f64::from(u8::from(right))), "{seed}");
            assert_eq!(stepped["data"]["observation"]["question"], question);
            assert_eq!(stepped["data"]["metadata"]["episode_id"], format!("ep-{seed}"));
        }
    };
    futures::future::join_all((0..200).map(talk)).await;
    assert_eq!(server.counts.episodes(), 200);
}

#[tokio::test]
async fn a_verifier_that_fails_on_one_response_serves_the_next() {
    let server = Server::start(Setting { verifier: Arc::new(Slow(Duration::ZERO)), ..Setting::default() }).await;
    let mut session = server.session().await;
    session.reset(1).await;
    assert_eq!(code(&session.step("panic").await), "EXECUTION_ERROR");
    session.reset(1).await;
    assert_eq!(session.step(ANSWER).await["data"]["reward"].as_f64(), Some(1.0));
}

#[tokio::test]
async fn http_names_its_episodes() {
    let server = Server::start(Setting::default()).await;
    let client = client();
    let post = |path: &str, body: Value| {
        let request = client.post(server.url(path)).json(&body);
        async move {
            let response = request.send().await.unwrap();
            (response.status().as_u16(), response.json::<Value>().await.unwrap())
        }
    };
    let (status, begun) = post("/reset", json!({"seed": 3})).await;
    let id = begun["metadata"]["episode_id"].as_str().unwrap().to_owned();
    assert_eq!(status, 200);
    let (status, wrong) = post("/step", json!({"action": {"answer": 1}})).await;
    assert_eq!((status, wrong["detail"][0]["loc"].clone()), (422, json!(["body", "episode_id"])));
    let (status, stepped) = post("/step", json!({"action": {"answer": ANSWER}, "episode_id": id})).await;
    assert_eq!((status, stepped["reward"].as_f64(), stepped["done"].as_bool()), (200, Some(1.0), Some(true)));
    let (status, _) = post("/step", json!({"action": {"answer": ANSWER}, "episode_id": id})).await;
    assert_eq!(status, 409, "no second reward");
    let (status, _) = post("/step", json!({"action": {"answer": 1}, "episode_id": "never"})).await;
    assert_eq!(status, 409);
    let named = json!({"seed": 1, "episode_id": "one"});
    assert_eq!(post("/reset", named.clone()).await.0, 200);
    assert_eq!(post("/reset", named.clone()).await.0, 409, "its step would be judged against another question");
    assert_eq!(post("/step", json!({"action": {"answer": 1}, "episode_id": "one"})).await.0, 200);
    assert_eq!(post("/reset", named).await.0, 200, "it is done");
    let state: Value =
        client.get(server.url(&format!("/state?episode_id={id}"))).send().await.unwrap().json().await.unwrap();
    assert_eq!(state, json!({"episode_id": id, "step_count": 1}));
    assert_eq!(client.get(server.url("/nothing")).send().await.unwrap().status(), 404);
}
