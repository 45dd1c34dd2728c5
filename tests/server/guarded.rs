//! Who is let in, and how much of them.

use std::time::Duration;

use loong::server::{ServerLimits, Token};
use serde_json::json;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::{Server, Session, Setting, client, code};

#[tokio::test]
async fn without_the_token_only_health_is_told() {
    let token = Some(Token::new("a-token-of-some-length"));
    let server = Server::start(Setting { token, ..Setting::default() }).await;
    let status = |path: &'static str, shown: Option<&'static str>| {
        let mut request = client().get(server.url(path));
        if let Some(shown) = shown {
            request = request.header("Authorization", shown);
        }
        async move { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!(status("/health", None).await, 200);
    for shown in [None, Some("Bearer wrong"), Some("a-token-of-some-length"), Some("Basic a-token-of-some-length")] {
        assert_eq!(status("/schema", shown).await, 401, "{shown:?}");
    }
    assert_eq!(status("/schema", Some("Bearer a-token-of-some-length")).await, 200);
    let url = format!("ws://{}/ws", server.at);
    assert!(connect_async(&url).await.is_err());
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("Authorization", "bearer a-token-of-some-length".parse().unwrap());
    let mut session = Session(connect_async(request).await.unwrap().0);
    assert_eq!(session.reset(1).await["type"], "observation");
}

#[tokio::test]
async fn web_pages_are_not_let_in() {
    let server = Server::start(Setting::default()).await;
    let mut request = format!("ws://{}/ws", server.at).into_client_request().unwrap();
    request.headers_mut().insert("Origin", "https://evil.example".parse().unwrap());
    assert!(connect_async(request).await.is_err());
    let rebound = client().get(server.url("/health")).header("Host", "evil.example").send().await.unwrap();
    assert_eq!(rebound.status(), 403);
    assert_eq!(server.counts.refused(), 2);
}

#[tokio::test]
async fn there_are_only_so_many_sessions() {
    let limits = ServerLimits { sessions: 2, ..ServerLimits::default() };
    let server = Server::start(Setting { limits, ..Setting::default() }).await;
    let (mut one, _two) = (server.session().await, server.session().await);
    one.reset(1).await;
    let mut third = server.session().await;
    assert_eq!(code(&third.next().await.unwrap()), "CAPACITY_REACHED");
    assert!(third.next().await.is_none());
    drop(one);
    for _ in 0..100 {
        if server.counts.sessions() < 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(server.session().await.reset(1).await["type"], "observation", "a place is free again");
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let limits = ServerLimits { bytes: 100_000, ..ServerLimits::default() };
    let server = Server::start(Setting { limits, ..Setting::default() }).await;
    let mut session = server.session().await;
    session.reset(1).await;
    session.send(&json!({"type": "step", "data": {"answer": "x".repeat(200_000)}}).to_string()).await;
    assert!(session.next().await.is_none(), "the connection ends");
    let large = json!({"reference": "1", "response": "x".repeat(200_000)});
    let status = client().post(server.url("/v1/verify")).json(&large).send().await.unwrap().status();
    assert_eq!(status, 413);
    assert_eq!(server.session().await.reset(1).await["type"], "observation", "others are served");
}

#[tokio::test]
async fn episodes_over_http_that_are_done_give_way_before_those_that_wait() {
    let limits = ServerLimits { sessions: 4, ..ServerLimits::default() };
    let server = Server::start(Setting { limits, ..Setting::default() }).await;
    let post = |path: &str, body: serde_json::Value| client().post(server.url(path)).json(&body).send();
    let step = |id: &str| post("/step", json!({"action": {"answer": "1"}, "episode_id": id}));
    for id in ["first", "done", "second", "done too"] {
        assert_eq!(post("/reset", json!({"episode_id": id})).await.unwrap().status(), 200);
        if id.starts_with("done") {
            assert_eq!(step(id).await.unwrap().status(), 200);
        }
    }
    for id in ["third", "fourth"] {
        assert_eq!(post("/reset", json!({"episode_id": id})).await.unwrap().status(), 200);
    }
    for id in ["first", "second", "third", "fourth"] {
        assert_eq!(step(id).await.unwrap().status(), 200, "{id}");
    }
}

/// Parsed alone it is well; inside the record of its episode nothing could read it again.
#[tokio::test]
async fn what_is_said_beside_an_answer_never_spoils_the_store() {
    let server = Server::start(Setting::default()).await;
    let mut session = server.session().await;
    for depth in [31, 33, 64, 126, 127, 200] {
        session.reset(1).await;
        let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        session.send(&format!(r#"{{"type": "step", "data": {{"answer": "1", "metadata": {{"a": {nested}}}}}}}"#)).await;
        let told = session.next().await.unwrap();
        assert_eq!(told["type"] == "observation", depth < 32, "{depth}: {told}");
    }
    let (store, _folder) = server.drained().await;
    let mut seen = 0;
    let each = |_| {
        seen += 1;
        std::ops::ControlFlow::Continue(())
    };
    store.reader().unwrap().for_each(&"origin:episode".parse().unwrap(), each).unwrap();
    assert_eq!(seen, 1);
}

#[tokio::test]
async fn what_is_allowed_is_read_whole() {
    let server = Server::start(Setting::default()).await;
    let large = json!({"reference": "1", "response": format!("{}The answer is 1.", "So. ".repeat(800_000))});
    let told = client().post(server.url("/v1/verify")).json(&large).send().await.unwrap();
    assert_eq!(told.status(), 200);
    assert_eq!(told.json::<serde_json::Value>().await.unwrap()["reward"], 1);
    let begun = client().post(server.url("/reset")).json(&json!({})).send().await.unwrap();
    let id = begun.json::<serde_json::Value>().await.unwrap()["metadata"]["episode_id"].clone();
    let step = json!({"action": {"answer": large["response"]}, "episode_id": id});
    assert_eq!(client().post(server.url("/step")).json(&step).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn one_address_asks_only_so_often() {
    let limits = ServerLimits { per_second: 5, ..ServerLimits::default() };
    let server = Server::start(Setting { limits, ..Setting::default() }).await;
    let mut statuses = Vec::new();
    for _ in 0..8 {
        let response = client().get(server.url("/schema")).send().await.unwrap();
        assert_eq!(response.status() == 429, response.headers().contains_key("retry-after"));
        statuses.push(response.status().as_u16());
    }
    assert!(statuses.starts_with(&[200; 5]) && statuses.contains(&429), "{statuses:?}");
    assert_eq!(
        client().get(server.url("/health")).send().await.unwrap().status(),
        200,
        "whoever looks after it may ask"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_many_sessions_and_of_any_kind_are_counted_together() {
    use futures::SinkExt as _;
    let limits = ServerLimits { per_second: 10, ..ServerLimits::default() };
    let server = Server::start(Setting { limits, ..Setting::default() }).await;
    let url = format!("ws://{}/ws", server.at);
    // Opening them is counted too.
    let mut sessions = [server.session().await, server.session().await, server.session().await];
    tokio::time::sleep(Duration::from_secs(1)).await;
    let begun = std::time::Instant::now();
    let talks = sessions.iter_mut().enumerate().map(|(nth, session)| async move {
        for n in 0..15 {
            if (n + nth) % 2 == 0 {
                session.0.send(tokio_tungstenite::tungstenite::Message::binary(vec![1])).await.unwrap();
            } else {
                session.send(r#"{"type": "state"}"#).await;
            }
            session.next().await.unwrap();
        }
    });
    futures::future::join_all(talks).await;
    let rate = 45.0 / begun.elapsed().as_secs_f64();
    assert!(rate < 16.0, "{rate:.1} a second at {url}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_never_finished_neither_holds_others_up_nor_the_drain() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let server = Server::start(Setting::default()).await;
    let mut open = Vec::new();
    for begun in [
        "GET /health HTTP/1.1\r\nHost: localhost\r\n",
        "POST /v1/verify HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
    ] {
        let mut stream = tokio::net::TcpStream::connect(server.at).await.unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        open.push(stream);
    }
    let mut huge = tokio::net::TcpStream::connect(server.at).await.unwrap();
    let head = b"POST /v1/verify HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n";
    huge.write_all(head).await.unwrap();
    let mut told = [0; 64];
    let read = tokio::time::timeout(Duration::from_secs(5), huge.read(&mut told)).await.unwrap().unwrap();
    assert!(told[..read].starts_with(b"HTTP/1.1 413"), "at once, and no 100 Continue");
    assert_eq!(client().get(server.url("/health")).send().await.unwrap().status(), 200);
    // The head's time is over after ten seconds; the drain ends in twenty whatever is open.
    let (_store, _folder) = server.drained().await;
    drop(open);
}

#[tokio::test]
async fn a_silent_session_ends() {
    let limits = ServerLimits { idle: Duration::from_millis(200), ..ServerLimits::default() };
    let server = Server::start(Setting { limits, ..Setting::default() }).await;
    let mut session = server.session().await;
    session.reset(1).await;
    assert!(session.next().await.is_none());
}
