//! `loong serve` over what a project has: its curated candidates, its templates.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::User;

/// A process that does not outlive the test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program, serving.
struct Serving {
    url: String,
    client: reqwest::Client,
    _child: Killed,
}

impl Serving {
    fn start(user: &User, from: &[&str]) -> Self {
        // Only the first call can set it; the others find it set.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::new();
        let arguments = [&["--json", "-q", "serve", "--port", "0", "--from"], from].concat();
        let mut child = Killed(user.command(&arguments).stdout(Stdio::piped()).spawn().unwrap());
        let mut line = String::new();
        BufReader::new(child.0.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
        Self { url: told["url"].as_str().unwrap().to_owned(), _child: child, client }
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let sent = self.client.post(format!("{}{path}", self.url)).json(&body).send().await.unwrap();
        sent.json().await.unwrap()
    }

    /// The reward of a response to a task that is drawn or named, and the task.
    async fn episode(&self, reset: Value, answer: &str) -> (Value, Value, Value) {
        let begun = self.post("/reset", reset).await;
        let id = &begun["metadata"]["episode_id"];
        let stepped = self.post("/step", json!({"action": {"answer": answer}, "episode_id": id})).await;
        (stepped["reward"].clone(), stepped["metadata"]["task"].clone(), begun["observation"]["question"].clone())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn episodes_are_paid_as_the_stored_pair_is_compared() {
    let user = User::new();
    let rows = [
        json!({"question": "How far?", "reference": "100", "response": "\\boxed{104}", "tolerance": 0.05, "domain": "games"}),
        json!({"question": "Which?", "reference": "B", "response": "\\boxed{the tower}", "options": ["the keep", "the tower"]}),
        json!({"question": "Which of both?", "reference": ["one", "a unit"], "response": "\\boxed{a unit}"}),
    ];
    user.write("rows.jsonl", &rows.map(|row| format!("{row}\n")).concat());
    user.done(&["init"]);
    user.done(&["import", "rows.jsonl", "-q"]);
    let stored = user.json(&["export", "--format", "raw", "--all", "--to", "-"]);
    let serving = Serving::start(&user, &["store"]);
    for candidate in &stored {
        let response = candidate["responses"][0]["text"].as_str().unwrap();
        assert_eq!(candidate["responses"][0]["verdict"]["outcome"], "equivalent", "{candidate}");
        let (reward, task, _) = serving.episode(json!({"task": candidate["uid"]}), response).await;
        assert_eq!((&reward, &task), (&json!(1.0), &candidate["uid"]), "{candidate}");
    }
    drop(serving);
    // Verified again they are what was paid; and a split leaves them with their question's family.
    let flips = user.json(&["reverify", "origin:episode", "--json", "-q"]).remove(0);
    assert_eq!(flips["summary"]["by_flip"], json!({}), "{flips}");
    let all = user.json(&["export", "--format", "raw", "--all", "--to", "-"]);
    let family = |c: &Value| c["family"].as_str().map_or_else(|| c["uid"].as_str().unwrap().to_owned(), str::to_owned);
    let (episodes, others): (Vec<&Value>, Vec<&Value>) = all.iter().partition(|c| c["origin"] == "episode");
    assert_eq!(episodes.len(), 3);
    for episode in episodes {
        let same = |c: &&&Value| c["question"] == episode["question"];
        assert_eq!(family(episode), family(others.iter().find(same).unwrap()), "{episode}");
    }
    // A seed dataset again states it as seeds do.
    let seeds = user.json(&["export", "--format", "loong", "--to", "-", "-origin:episode"]);
    let far = seeds.iter().find(|seed| seed["question"] == "How far?").unwrap();
    assert_eq!(far["metadata"]["answer_tolerance"], "5%");
    let read = loong::dataset::Datapoint::from_value(far.clone()).unwrap();
    assert_eq!(read.tolerance(), Some(0.05));
    // A reward function beside the rows has what it takes to say the same.
    let rows = user.json(&["export", "--format", "prompt-only", "--to", "-", "-origin:episode"]);
    let of = |question: &str| rows.iter().find(|row| row["prompt"][0]["content"] == question).unwrap();
    assert_eq!(of("How far?")["tolerance"], 0.05);
    assert_eq!(of("Which?")["options"], json!(["the keep", "the tower"]));
    assert_eq!(of("Which of both?")["references"], json!(["one", "a unit"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_problem_is_had_again_by_its_name() {
    let user = User::new();
    let family = "title = \"Sums\"\ndomain = \"advanced_math\"\nquestion = \"What is {{ a }} + {{ b }}?\"\n\
                  code = \"print({{ a }} + {{ b }})\"\n[parameters]\na = { int = [1, 90] }\nb = { int = [4, 90] }\n";
    user.write("sums.toml", family);
    user.write("loong.toml", "[strategy.template]\nfamilies = [\"sums.toml\"]\n");
    let serving = Serving::start(&user, &["templates"]);
    let (reward, task, question) = serving.episode(json!({"seed": 12}), "no idea").await;
    assert_eq!(reward, 0.0);
    let sum: u64 =
        question.as_str().unwrap().split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse::<u64>().ok()).sum();
    let again = serving.episode(json!({"task": task}), &sum.to_string()).await;
    assert_eq!(again, (json!(1.0), task, question));
    for wrong in ["template/99999999", "template/x", "few-shot/1", "template"] {
        let refused = serving.post("/reset", json!({"task": wrong})).await;
        assert!(refused.to_string().contains("no task"), "{refused}");
    }
    drop(serving);
    let all = user.json(&["export", "--format", "raw", "--all", "--to", "-"]);
    assert!(all.len() == 2 && all[0]["family"] == all[1]["family"] && all[0]["family"] != "template", "{all:?}");
}

#[test]
fn addresses_and_tokens_that_could_not_work_are_refused_at_the_start() {
    let user = User::new();
    for (token, arguments, told) in [
        ("0123456789abcdef ", vec!["--host", "0.0.0.0", "--token-env", "SECRET"], "no header can have"),
        ("0123456789abcdéf", vec!["--token-env", "SECRET"], "no header can have"),
        ("abc-def", vec!["--token-env", "SECRET"], "too short"),
        ("", vec!["--host", "here"], "such as 127.0.0.1"),
        ("", vec!["--host", "0.0.0.0"], "--token-env"),
    ] {
        let arguments = [&["serve", "--port", "0"], &arguments[..]].concat();
        let out = user.command(&arguments).env("SECRET", token).output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.code() == Some(2) && said.contains(told), "{said}");
        assert!(token.is_empty() || !said.contains(token.trim()), "a token is never shown");
    }
}
