//! Parameters that an endpoint refuses are renamed or dropped once, and remembered.

use std::sync::{Arc, Mutex};

use loong::model::{ChatModel, EndpointConfig, HttpChat, Structured};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::support::{Server, answer, chat, completion, config, read_request, request, structured_request};

/// A server that refuses with `refuse` and notes every body sent to it.
async fn picky(refuse: fn(&Value) -> Option<(u16, Value)>) -> (Server, Arc<Mutex<Vec<Value>>>) {
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&bodies);
    let server = Server::start(move |_, mut stream| {
        let noted = Arc::clone(&noted);
        async move {
            loop {
                let (_, body) = read_request(&mut stream).await;
                let Ok(body) = serde_json::from_str::<Value>(&body) else { return };
                let (status, said) = refuse(&body).unwrap_or_else(|| (200, completion("{}")));
                noted.lock().expect("a lock").push(body);
                if stream.write_all(answer(status, "", &said.to_string()).as_bytes()).await.is_err() {
                    return;
                }
            }
        }
    })
    .await;
    (server, bodies)
}

fn openai_error(param: &str, message: &str) -> (u16, Value) {
    let kind = "invalid_request_error";
    (400, json!({"error": {"message": message, "type": kind, "param": param, "code": null}}))
}

#[tokio::test]
async fn the_limit_of_tokens_is_renamed_once_and_for_all() {
    let (server, bodies) = picky(|body| {
        body.get("max_tokens").map(|_| {
            openai_error(
                "max_tokens",
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            )
        })
    })
    .await;
    let model = chat(&server.base_url);
    assert_eq!(model.chat(&request()).await.expect("a reply").attempts, 2);
    assert_eq!(model.chat(&request()).await.expect("a reply").attempts, 1, "what was learned is remembered");
    let bodies = bodies.lock().expect("a lock").clone();
    assert_eq!(bodies.len(), 3);
    assert_eq!(bodies[1]["max_completion_tokens"], 64);
    assert!(bodies[2].get("max_tokens").is_none());
    assert_eq!(bodies[2]["seed"], 42, "nothing else is dropped");
    assert!(model.refused_parameters().is_empty(), "a renamed parameter is still sent as asked");

    let sibling = model.with_model("model-2");
    assert_eq!(sibling.chat(&request()).await.expect("a reply").attempts, 2, "another model is another matter");
}

#[tokio::test]
async fn several_refusals_are_learned_one_by_one_beyond_the_attempts() {
    let (server, bodies) = picky(|body| {
        ["seed", "temperature", "top_p", "response_format"]
            .into_iter()
            .find(|name| body.get(*name).is_some())
            .map(|name| openai_error(name, &format!("Unknown parameter: '{name}'.")))
    })
    .await;
    let model = HttpChat::new(EndpointConfig { max_attempts: 1, ..config(&server.base_url) }).expect("a model");
    model.chat(&structured_request()).await.expect("a reply without all that");
    let bodies = bodies.lock().expect("a lock").clone();
    assert_eq!(bodies.len(), 6, "three dropped, two rungs down, one answered");
    assert_eq!(bodies[0]["response_format"]["type"], "json_schema");
    assert_eq!(bodies[4]["response_format"]["type"], "json_object");
    assert_eq!(bodies[5]["max_tokens"], 64);
    assert_eq!(model.refused_parameters(), ["response_format", "temperature", "top_p", "seed"]);
}

#[tokio::test]
async fn structure_is_not_asked_for_where_it_is_off() {
    let (server, bodies) = picky(|_| None).await;
    let off = EndpointConfig { structured: Structured::Off, ..config(&server.base_url) };
    HttpChat::new(off).expect("a model").chat(&structured_request()).await.expect("a reply");
    chat(&server.base_url).chat(&structured_request()).await.expect("a reply");
    let bodies = bodies.lock().expect("a lock").clone();
    assert!(bodies[0].get("response_format").is_none());
    assert_eq!(bodies[1]["response_format"]["json_schema"]["name"], "triple");
}

#[tokio::test]
async fn what_is_refused_for_another_reason_is_not_sent_again() {
    let (server, bodies) = picky(|_| Some(openai_error("temperature", "temperature must be between 0 and 2"))).await;
    chat(&server.base_url).chat(&request()).await.expect_err("a wrong value is the user's to mend");
    assert_eq!(bodies.lock().expect("a lock").len(), 1);
}
