//! A program of the user's that is asked as a model: it stays, dies, hangs, and says what nobody asked.

use std::time::Duration;

use loong::model::{ChatModel, ChatRequest, Command, Message, ModelError, Role, Sampling, Speaker};

fn request(text: &str) -> ChatRequest {
    ChatRequest {
        role: Role::Command,
        ordinal: 0,
        sample: 0,
        messages: vec![Message::new(Speaker::User, text)],
        sampling: Sampling::default(),
        schema: None,
    }
}

fn program(script: &str, processes: usize, deadline: Duration) -> Command {
    Command::new(["/bin/sh", "-c", script].map(str::to_owned).to_vec(), processes, deadline)
}

async fn said(model: &Command, text: &str) -> String {
    model.chat(&request(text)).await.unwrap().content
}

#[tokio::test]
async fn what_no_program_can_have_used_is_unknown() {
    let said = r#"{"usage": {"prompt_tokens": 4611686018427387904, "completion_tokens": 5}, "cost": 1e308}"#;
    let reply = program(&format!("read -r l; echo '{said}'"), 1, LONG).chat(&request("x")).await.unwrap();
    assert_eq!((reply.usage.prompt_tokens, reply.usage.completion_tokens, reply.cost), (None, Some(5), None));
}

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_process_stays_and_answers_a_line_with_a_line() {
    let model = program("while read -r l; do echo \"$$ $l\"; done", 1, LONG);
    let one = said(&model, "one\ntwo").await;
    let (pid, rest) = one.split_once(' ').unwrap();
    assert_eq!(rest, "one two", "a request is one line");
    assert_eq!(said(&model, "three").await, format!("{pid} three"));
}

#[tokio::test]
async fn as_many_processes_as_are_allowed_work_at_a_time() {
    let model = program("while read -r l; do sleep 0.2; echo $$; done", 2, LONG);
    let (a, b) = tokio::join!(said(&model, "a"), said(&model, "b"));
    assert_ne!(a, b);
}

#[tokio::test]
async fn one_that_dies_is_begun_again_and_asked_again() {
    let dir = tempfile::tempdir().unwrap();
    let mark = dir.path().join("died");
    let script = format!("read -r l; if [ ! -e {0} ]; then touch {0}; exit 3; fi; echo \"$l\"", mark.display());
    let reply = program(&script, 1, LONG).chat(&request("again")).await.unwrap();
    assert_eq!((reply.content.as_str(), reply.attempts), ("again", 2));

    let model = program("read -r l; echo 'out of\u{1b}[2J luck' >&2; exit 3", 1, LONG);
    let told = model.chat(&request("x")).await.unwrap_err();
    assert!(matches!(&told, ModelError::Unreachable { attempts: 2, .. }), "{told:?}");
    assert!(told.to_string().contains("out of\\u{1b}[2J luck"), "{told}");
}

#[tokio::test]
async fn one_that_hangs_is_ended_with_all_that_it_began() {
    let dir = tempfile::tempdir().unwrap();
    let pid = dir.path().join("pid");
    let script = format!("sleep 600 & echo $! > {}; read -r l; read -r never", pid.display());
    let model = program(&script, 1, Duration::from_millis(500));
    let told = model.chat(&request("x")).await.unwrap_err();
    assert!(matches!(told, ModelError::Deadline { .. }), "{told:?}");
    let stat = format!("/proc/{}/stat", std::fs::read_to_string(pid).unwrap().trim());
    // Killed and perhaps not yet taken leave of.
    let gone = || std::fs::read_to_string(&stat).map_or(true, |s| s.contains(") Z") || s.contains(") X"));
    for _ in 0..500 {
        if gone() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("what it began is alive");
}

#[tokio::test]
async fn a_word_too_many_is_no_answer_to_the_next_request() {
    let model = program("while read -r l; do printf '%s\\nnoise\\n' \"$l\"; done", 1, LONG);
    assert_eq!(said(&model, "one").await, "one");
    assert_eq!(said(&model, "two").await, "two");
}

#[tokio::test]
async fn a_line_without_end_is_ended() {
    let model = program("read -r l; head -c 6000000 /dev/zero | tr '\\0' x", 1, LONG);
    let told = model.chat(&request("x")).await.unwrap_err().to_string();
    assert!(told.contains("more than"), "{told}");
}

#[tokio::test]
async fn what_it_says_of_tokens_and_cost_counts() {
    let line = r#"{"usage": {"prompt_tokens": 3, "completion_tokens": 4}, "cost": 0.5, "model": "m"}"#;
    let reply = program(&format!("read -r l; echo '{line}'"), 1, LONG).chat(&request("x")).await.unwrap();
    assert_eq!((reply.usage.total(), reply.cost, reply.model.as_deref()), (Some(7), Some(0.5), Some("m")));
}
