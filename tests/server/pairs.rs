//! `POST /v1/verify`.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use loong::environment::RewardTerms;
use serde_json::{Value, json};

use crate::{Server, Setting, Slow, client};

async fn posted(server: &Server, body: String) -> (u16, String) {
    let response = client().post(server.url("/v1/verify")).body(body).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

const LINES: [&str; 9] = [
    r#"{"id": 1.00, "reference": "1/2", "response": "The answer is 0.5."}"#,
    r#"{"id": "b", "final_answer": 7, "response": "\\boxed{8}"}"#,
    r#"{"id": {"n": [1, 2]}, "reference": ["no", "yes"], "response": "So: yes", "domain": "logic"}"#,
    r#"{"id": null, "reference": "3.14", "response": "about 3.1416", "tolerance": 0.01}"#,
    r#"{"reference": "x^2 - 1", "response": "(x-1)(x+1)", "question": "Factor."}"#,
    r#"{"id": 5}"#,
    r#"{"id": 6, "reference": "1", "response": ""}"#,
    r#"{"id": 7, "reference": "1", "response": null}"#,
    r#"{"id": 8, "reference": "B", "response": "(b)", "options": ["one", "two"]}"#,
];

#[tokio::test]
async fn answers_are_the_lines_of_the_filter() {
    // What episodes pay changes nothing here.
    let terms = RewardTerms { format: 0.25, ..RewardTerms::default() };
    let server = Server::start(Setting { terms, ..Setting::default() }).await;
    let (status, body) = posted(&server, format!("{{\"items\": [{}]}}", LINES.join(","))).await;
    assert_eq!(status, 200);
    let mut filter = Command::new(env!("CARGO_BIN_EXE_loong"))
        .arg("verify")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    filter.stdin.take().unwrap().write_all(LINES.join("\n").as_bytes()).unwrap();
    let out = String::from_utf8(filter.wait_with_output().unwrap().stdout).unwrap();
    // Where a line stands in a file is in the filter's reason alone.
    let wanted: Vec<String> = out.lines().map(|line| line.replace("line 6: ", "")).collect();
    assert_eq!(body, format!("{{\"results\":[{}]}}", wanted.join(",")));
    for (line, wanted) in LINES.iter().zip(&wanted) {
        assert_eq!(&posted(&server, (*line).to_owned()).await.1, wanted, "alone");
    }
}

#[tokio::test]
async fn bodies_that_make_no_sense_are_refused_whole() {
    let server = Server::start(Setting::default()).await;
    for body in ["", "{", "{\"items\": [1,}", "[1", "\u{0}"] {
        let (status, told) = posted(&server, body.to_owned()).await;
        assert_eq!(status, 422, "{body:?}");
        assert!(serde_json::from_str::<Value>(&told).unwrap()["detail"].is_array(), "{told}");
    }
    let many: Vec<Value> = (0..1025).map(|n| json!({"reference": n, "response": n})).collect();
    assert_eq!(posted(&server, json!({"items": many}).to_string()).await.0, 413);
    assert_eq!(posted(&server, "[]".to_owned()).await, (200, r#"{"results":[]}"#.to_owned()));
}

#[tokio::test]
async fn one_bad_pair_of_64_leaves_the_others_as_they_are() {
    let server = Server::start(Setting { verifier: Arc::new(Slow(Duration::ZERO)), ..Setting::default() }).await;
    let pair =
        |n: usize| json!({"id": n, "reference": "4", "response": if n == 17 { "panic" } else { "The answer is 4." }});
    let body = json!((0..64).map(pair).collect::<Vec<_>>()).to_string();
    let (_, told) = posted(&server, body).await;
    let told: Value = serde_json::from_str(&told).unwrap();
    for (n, one) in told["results"].as_array().unwrap().iter().enumerate() {
        let wanted = if n == 17 { (json!("error"), Value::Null) } else { (json!("equivalent"), json!(1)) };
        assert_eq!(
            (one["id"].as_u64(), one["verdict"].clone(), one["reward"].clone()),
            (Some(n as u64), wanted.0, wanted.1)
        );
    }
}
