//! Connections that hang, break, never end, or are dropped.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use loong::model::{ChatModel, EndpointConfig, HttpChat, Late, ModelError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;

use crate::support::{Server, answer, chat, completion, config, read_request, request};

/// Not a measure of time: only that a test did not wait for minutes.
async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), work).await.expect("an end within a minute")
}

fn impatient(server: &Server, change: impl FnOnce(&mut EndpointConfig)) -> HttpChat {
    let mut config = config(&server.base_url);
    config.max_attempts = 2;
    change(&mut config);
    HttpChat::new(config).expect("a valid configuration")
}

#[tokio::test]
async fn a_server_that_hangs_meets_the_deadline() {
    let server = Server::start(|_, mut stream| async move {
        read_request(&mut stream).await;
        std::future::pending::<()>().await;
    })
    .await;
    let model = impatient(&server, |c| c.request_deadline = Duration::from_millis(50));
    let error = soon(model.chat(&request())).await.expect_err("a deadline");
    assert_eq!(error, ModelError::Deadline { endpoint: "stub".into(), seconds: 1, attempts: 2, late: Late::Silent });

    let model = impatient(&server, |c| {
        c.total_deadline = Duration::from_millis(120);
        c.max_attempts = 1000;
    });
    let error = soon(model.chat(&request())).await.expect_err("the total deadline");
    assert!(matches!(error, ModelError::Deadline { attempts: 1, .. }), "{error:?}");
}

#[tokio::test]
async fn a_body_that_stops_coming_meets_the_idle_deadline() {
    let server = Server::start(|_, mut stream| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"choi").await.ok();
        std::future::pending::<()>().await;
    })
    .await;
    let model = impatient(&server, |c| c.idle_deadline = Duration::from_millis(50));
    let error = soon(model.chat(&request())).await.expect_err("an idle body");
    assert!(error.to_string().contains("began to answer and then sent nothing"), "{error}");
    assert!(matches!(error, ModelError::Deadline { attempts: 2, .. }), "{error:?}");
}

#[tokio::test]
async fn a_body_that_never_ends_is_ended() {
    let server = Server::start(|_, mut stream| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n").await.ok();
        let blank = vec![b' '; 1 << 16];
        while stream.write_all(&blank).await.is_ok() {}
    })
    .await;
    let error = soon(chat(&server.base_url).chat(&request())).await.expect_err("too long");
    assert!(matches!(&error, ModelError::Protocol { message, .. } if message.contains("16 MiB")), "{error:?}");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn keep_alive_blank_lines_are_no_fault() {
    let server = Server::start(|_, mut stream| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await.ok();
        for _ in 0..5 {
            stream.write_all(b"\n").await.ok();
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        stream.write_all(completion("42").to_string().as_bytes()).await.ok();
    })
    .await;
    let model = impatient(&server, |c| c.idle_deadline = Duration::from_secs(20));
    assert_eq!(soon(model.chat(&request())).await.expect("a reply").content, "42");
}

#[tokio::test]
async fn broken_connections_are_tried_again() {
    // Closed before a word, closed in the head, closed in the body; then an answer.
    let server = Server::start(|number, mut stream| async move {
        read_request(&mut stream).await;
        let said = match number {
            0 => String::new(),
            1 => "HTTP/1.1 200 O".to_owned(),
            2 => "HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{\"choices\"".to_owned(),
            _ => answer(200, "", &completion("42").to_string()),
        };
        stream.write_all(said.as_bytes()).await.ok();
        if number == 0 {
            // Closing with nothing lingering sends a reset.
            stream.set_zero_linger().ok();
        }
    })
    .await;
    let model = impatient(&server, |c| c.max_attempts = 4);
    let reply = soon(model.chat(&request())).await.expect("a reply in the end");
    assert_eq!((reply.content.as_str(), reply.attempts), ("42", 4));
}

#[tokio::test]
async fn nobody_there_is_told_with_the_attempts() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let base = format!("http://{}/v1", listener.local_addr().expect("an address"));
    drop(listener);
    let error = soon(chat(&base).chat(&request())).await.expect_err("nobody there");
    assert!(matches!(&error, ModelError::Unreachable { attempts: 3, .. }), "{error:?}");
    assert!(error.to_string().to_lowercase().contains("refused"), "{error}");
}

#[tokio::test]
async fn tls_to_a_plain_server_is_told_at_once() {
    let server = Server::start(|_, mut stream| async move {
        assert!(stream.read_u8().await.is_ok(), "a greeting in TLS");
        stream.write_all(answer(400, "", "what?").as_bytes()).await.ok();
    })
    .await;
    let encrypted = server.base_url.replace("http:", "https:");
    let error = soon(chat(&encrypted).chat(&request())).await.expect_err("no TLS there");
    assert!(matches!(&error, ModelError::Unreachable { attempts: 1, .. }), "{error:?}");
    assert!(error.to_string().contains("http://"), "{error}");
}

#[tokio::test]
async fn dropping_the_question_closes_the_connection() {
    let (asked, closed) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell_asked, tell_closed) = (Arc::clone(&asked), Arc::clone(&closed));
    let server = Server::start(move |_, mut stream| {
        let (asked, closed) = (Arc::clone(&tell_asked), Arc::clone(&tell_closed));
        async move {
            read_request(&mut stream).await;
            asked.notify_one();
            let mut rest = [0; 16];
            if matches!(stream.read(&mut rest).await, Ok(0) | Err(_)) {
                closed.notify_one();
            }
        }
    })
    .await;
    let model = chat(&server.base_url);
    let asking = tokio::spawn(async move { model.chat(&request()).await });
    soon(asked.notified()).await;
    asking.abort();
    soon(closed.notified()).await;
}

#[tokio::test]
async fn no_more_are_in_flight_than_allowed() {
    let server = Server::start(|_, mut stream| async move {
        read_request(&mut stream).await;
        std::future::pending::<()>().await;
    })
    .await;
    let model = impatient(&server, |c| c.in_flight = 2);
    let asking: Vec<_> = (0..6)
        .map(|_| {
            let model = model.clone();
            tokio::spawn(async move { model.chat(&request()).await })
        })
        .collect();
    while server.connections() < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(server.connections(), 2);
    asking.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn connections_are_kept_and_used_again() {
    let server = Server::start(|_, mut stream| async move {
        while !read_request(&mut stream).await.1.is_empty() {
            let good = answer(200, "", &completion("42").to_string());
            if stream.write_all(good.as_bytes()).await.is_err() {
                return;
            }
        }
    })
    .await;
    let model = chat(&server.base_url);
    for _ in 0..20 {
        model.chat(&request()).await.expect("a reply");
    }
    assert_eq!(server.connections(), 1);
}

/// Run in a process of its own, with a proxy in its environment, by the test below.
#[tokio::test]
#[ignore = "needs the environment that `loopback_goes_past_a_proxy` gives it"]
async fn asks_with_a_proxy_set() {
    assert!(std::env::var_os("HTTP_PROXY").is_some());
    let server = Server::scripted(vec![answer(200, "", &completion("42").to_string())]).await;
    let reply = chat(&server.base_url).chat(&request()).await.expect("a reply past the proxy");
    assert_eq!(reply.content, "42");
    let mut elsewhere = config("http://model.invalid/v1");
    elsewhere.max_attempts = 1;
    let error = HttpChat::new(elsewhere).expect("a model").chat(&request()).await.expect_err("the proxy is dead");
    assert!(error.to_string().to_lowercase().contains("refused"), "others go to the proxy: {error}");
}

#[test]
fn loopback_goes_past_a_proxy() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let dead = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--ignored", "--exact", "connections::asks_with_a_proxy_set"])
        .envs(["HTTP_PROXY", "http_proxy", "ALL_PROXY"].map(|name| (name, dead.as_str())))
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .expect("a finished test");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}
