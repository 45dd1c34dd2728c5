//! Keys are sent, and are nowhere else.

use std::io::Write;
use std::sync::{Arc, Mutex};

use loong::model::{ChatModel, EndpointConfig, HttpChat, KeySource, ModelError, ModelSetupError};
use tokio::io::AsyncWriteExt;

use crate::support::{KEY, Server, answer, completion, config, error_text, read_request, request};

fn with_key(base_url: &str) -> (EndpointConfig, tempfile::NamedTempFile) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    writeln!(file, "{KEY}").expect("a written file");
    (EndpointConfig { api_key: KeySource::File(file.path().to_owned()), ..config(base_url) }, file)
}

#[tokio::test]
async fn the_key_and_further_headers_are_sent() {
    let heads = Arc::new(Mutex::new(String::new()));
    let seen = Arc::clone(&heads);
    let server = Server::start(move |_, mut stream| {
        let seen = Arc::clone(&seen);
        async move {
            let (head, _) = read_request(&mut stream).await;
            *seen.lock().expect("a lock") = head;
            stream.write_all(answer(200, "", &completion("42").to_string()).as_bytes()).await.ok();
        }
    })
    .await;
    let (mut config, _file) = with_key(&server.base_url);
    config.headers = vec![("X-Title".into(), "loong".into())];
    HttpChat::new(config).expect("a model").chat(&request()).await.expect("a reply");
    let head = heads.lock().expect("a lock").clone();
    assert!(head.contains(&format!("authorization: Bearer {KEY}")), "{head}");
    assert!(head.contains("x-title: loong") && head.contains("user-agent: loong/"), "{head}");
}

#[tokio::test]
async fn a_refused_key_says_what_to_set_and_never_shows_itself() {
    let secret_header = "header-secret-998877";
    for (status, body) in [
        (401, format!(r#"{{"error": {{"message": "Incorrect API key provided: {KEY}", "code": "invalid_api_key"}}}}"#)),
        (401, format!("no entry for {KEY}")),
        (403, format!("<html><title>{KEY}</title>")),
        (400, format!(r#"{{"error": "key {}… is odd, header {secret_header}"}}"#, &KEY[..16])),
        (500, format!(r#"{{"detail": "crashed with {KEY} and {secret_header}"}}"#)),
        (200, format!("not json {KEY}")),
        (200, format!(r#"{{"error": {{"message": "bad {KEY}"}}}}"#)),
        (429, format!(r#"{{"error": {{"message": "{KEY}", "code": "insufficient_quota"}}}}"#)),
    ] {
        let server = Server::scripted(vec![answer(status, "", &body)]).await;
        let (mut config, file) = with_key(&server.base_url);
        config.headers = vec![("X-Other".into(), secret_header.into())];
        let shown = format!("{config:?}");
        assert!(!shown.contains(secret_header) && shown.contains("X-Other"), "{shown}");
        let model = HttpChat::new(config).expect("a model");
        let error = model.chat(&request()).await.expect_err("an error");
        let told = format!("{} {model:?}", error_text(&error));
        assert!(told.contains("[redacted]"), "{told}");
        for secret in [&KEY[..16], &KEY[12..], secret_header] {
            assert!(!told.contains(secret), "{status}: {told}");
        }
        if status == 401 {
            let ModelError::Key { hint, .. } = &error else { panic!("{error:?}") };
            assert!(hint.contains(&*file.path().to_string_lossy()), "{hint}");
            assert!(error.is_final());
        }
    }
}

#[tokio::test]
async fn a_reply_that_echoes_the_key_loses_it() {
    let server = Server::scripted(vec![answer(200, "", &completion(&format!("you sent {KEY}")).to_string())]).await;
    let (config, _file) = with_key(&server.base_url);
    let reply = HttpChat::new(config).expect("a model").chat(&request()).await.expect("a reply");
    assert_eq!(reply.content, "you sent [redacted]");
}

#[test]
fn what_cannot_work_is_refused_before_anything_is_sent() {
    let base = "http://127.0.0.1:9/v1";
    let refused = |change: &dyn Fn(&mut EndpointConfig)| {
        let mut config = config(base);
        change(&mut config);
        HttpChat::new(config).err()
    };
    assert!(refused(&|_| ()).is_none());
    assert!(matches!(refused(&|c| c.in_flight = 0), Some(ModelSetupError::TooSmall { field: "in_flight", .. })));
    assert!(matches!(refused(&|c| c.max_attempts = 0), Some(ModelSetupError::TooSmall { field: "max_attempts", .. })));
    assert!(matches!(refused(&|c| c.base_url = "localhost/v1".into()), Some(ModelSetupError::Url { .. })));
    assert!(matches!(
        refused(&|c| c.headers = vec![("bad name".into(), "x".into())]),
        Some(ModelSetupError::Header { .. })
    ));
    let missing = refused(&|c| c.api_key = KeySource::Env("LOONG_NO_SUCH_KEY".into())).map(|e| e.to_string());
    assert!(missing.as_deref().is_some_and(|m| m.contains("LOONG_NO_SUCH_KEY is not set")), "{missing:?}");
    assert!(HttpChat::new(EndpointConfig::new("e", "https://example.com/v1", "m")).is_ok(), "TLS can be made");
}
