//! A program of the user's that is asked as a model: it stays, dies, hangs, and says what nobody asked.

use std::time::Duration;

use loong::model::{ChatModel, ChatReply, ChatRequest, Command, Message, ModelError, Role, Sampling, Speaker};
use serde_json::Value;

fn request(ordinal: u64, text: &str) -> ChatRequest {
    ChatRequest {
        role: Role::Command,
        ordinal,
        sample: 0,
        messages: vec![Message::new(Speaker::User, text)],
        sampling: Sampling::default(),
        schema: None,
    }
}

fn program(script: &str, processes: usize, deadline: Duration) -> Command {
    Command::new(["/bin/sh", "-c", script].map(str::to_owned).to_vec(), processes, deadline)
}

/// Asks for an ordinal with a line that is the ordinal, which shell scripts read with ease.
async fn asked(model: &Command, ordinal: u64) -> Result<ChatReply, ModelError> {
    model.chat(&request(ordinal, &ordinal.to_string())).await
}

/// The answer's field `pid`.
async fn answered_by(model: &Command, ordinal: u64) -> u64 {
    let reply = asked(model, ordinal).await.unwrap();
    let said: Value = serde_json::from_str(&reply.content).unwrap();
    assert_eq!(said["ordinal"].as_u64(), Some(ordinal), "{said}");
    said["pid"].as_u64().unwrap()
}

/// A loop that answers as it should; `more` is done after each answer.
fn answering(more: &str) -> String {
    format!("while read -r n; do echo \"{{\\\"ordinal\\\": $n, \\\"pid\\\": $$}}\"; {more} done")
}

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn what_no_program_can_have_used_is_unknown() {
    let said =
        r#"{"ordinal": 0, "usage": {"prompt_tokens": 4611686018427387904, "completion_tokens": 5}, "cost": 1e308}"#;
    let reply = asked(&program(&format!("read -r l; echo '{said}'"), 1, LONG), 0).await.unwrap();
    assert_eq!((reply.usage.prompt_tokens, reply.usage.completion_tokens, reply.cost), (None, Some(5), None));
}

#[tokio::test]
async fn a_process_stays_and_answers_a_line_with_a_line() {
    let model = program(&answering(""), 1, LONG);
    assert_eq!(answered_by(&model, 1).await, answered_by(&model, 2).await);
    let echo = program("read -r l; echo \"{\\\"ordinal\\\": 0, \\\"question\\\": \\\"$l\\\"}\"", 1, LONG);
    let reply = echo.chat(&request(0, "one\ntwo")).await.unwrap();
    assert!(reply.content.contains("one two"), "a request is one line: {}", reply.content);
}

#[tokio::test]
async fn as_many_processes_as_are_allowed_work_at_a_time() {
    let model = program(&answering("").replace("do echo", "do sleep 0.2; echo"), 2, LONG);
    let (a, b) = tokio::join!(answered_by(&model, 1), answered_by(&model, 2));
    assert_ne!(a, b);
}

#[tokio::test]
async fn one_that_dies_is_begun_again_and_asked_again() {
    let dir = tempfile::tempdir().unwrap();
    let mark = dir.path().join("died");
    let script = format!(
        "read -r n; if [ ! -e {0} ]; then touch {0}; exit 3; fi; echo \"{{\\\"ordinal\\\": $n}}\"",
        mark.display()
    );
    let reply = asked(&program(&script, 1, LONG), 7).await.unwrap();
    assert_eq!((reply.content.as_str(), reply.attempts), ("{\"ordinal\": 7}", 2));
}

#[tokio::test]
async fn one_that_dies_at_once_says_its_last_words() {
    let model =
        program("echo one >&2; echo two >&2; echo 'out of\u{1b}[2J \"luck\"' >&2; echo end >&2; exit 3", 1, LONG);
    let told = asked(&model, 0).await.unwrap_err();
    assert!(matches!(&told, ModelError::Program { attempts: 2, .. }), "{told:?}");
    let told = told.to_string();
    assert!(told.starts_with("the program `/bin/sh"), "{told}");
    assert!(told.contains("it ended (exit status: 3) before it answered"), "{told}");
    assert!(told.contains("its stderr ends: two / out of\\u{1b}[2J \"luck\" / end"), "{told}");
    assert!(!told.contains("the model") && !told.contains("one /"), "{told}");

    let gone = Command::new(vec!["/nowhere/program".to_owned()], 1, LONG);
    let told = asked(&gone, 0).await.unwrap_err().to_string();
    assert!(told.contains("the program `/nowhere/program` failed") && told.contains("cannot be started"), "{told}");
}

#[tokio::test]
async fn one_that_hangs_is_ended_with_all_that_it_began() {
    let dir = tempfile::tempdir().unwrap();
    let pid = dir.path().join("pid");
    let script = format!("sleep 600 & echo $! > {}; read -r l; read -r never", pid.display());
    let told = asked(&program(&script, 1, Duration::from_millis(500)), 0).await.unwrap_err();
    assert!(matches!(&told, ModelError::Deadline { .. }), "{told:?}");
    assert!(told.to_string().starts_with("the program `"), "{told}");
    assert!(ends(&pid).await, "what it began is alive");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_daemon_of_one_that_has_ended_is_ended_too() {
    let dir = tempfile::tempdir().unwrap();
    let pid = dir.path().join("pid");
    // Of another session, another group, and an orphan.
    let begun = format!("setsid sh -c 'sleep 600 >/dev/null 2>&1 & echo $! > {}' & wait; ", pid.display());
    let model = program(&format!("{begun}{}", answering("")), 1, LONG);
    answered_by(&model, 1).await;
    drop(model);
    assert!(ends(&pid).await, "its daemon is alive");

    let model = program(&format!("{begun}exit 1"), 1, LONG);
    asked(&model, 1).await.unwrap_err();
    assert!(ends(&pid).await, "the daemon of one that died is alive");
}

/// Whether the process whose number a file holds ends.
async fn ends(pid: &std::path::Path) -> bool {
    let stat = format!("/proc/{}/stat", std::fs::read_to_string(pid).unwrap().trim());
    // Killed and perhaps not yet taken leave of.
    let gone = || std::fs::read_to_string(&stat).map_or(true, |s| s.contains(") Z") || s.contains(") X"));
    for _ in 0..500 {
        if gone() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

#[tokio::test]
async fn a_line_that_comes_late_is_no_answer_to_the_next_request() {
    // The second line about an ordinal comes when the next one is asked for, before that is answered.
    let late = "last=; while read -r n; do if [ -n \"$last\" ]; then echo \"{\\\"ordinal\\\": $last, \\\"pid\\\": $$}\"; fi; \
                echo \"{\\\"ordinal\\\": $n, \\\"pid\\\": $$}\"; last=$n; done";
    let model = program(late, 1, LONG);
    let mut pids = Vec::new();
    for ordinal in 1..5 {
        pids.push(answered_by(&model, ordinal).await);
    }
    assert!(pids.windows(2).all(|two| two[0] != two[1]), "it was begun again each time: {pids:?}");
}

#[tokio::test]
async fn a_line_too_many_is_no_answer_to_the_next_request() {
    let model = program(&answering("echo \"{\\\"ordinal\\\": $n, \\\"pid\\\": 0}\";"), 1, LONG);
    for ordinal in 1..5 {
        assert_ne!(answered_by(&model, ordinal).await, 0);
    }
}

#[tokio::test]
async fn an_answer_to_nothing_that_was_asked_is_a_failure_that_says_so() {
    for (line, wanted) in [
        ("{\\\"ordinal\\\": 8}", "asked for ordinal 7, and its line is about 8"),
        ("{\\\"question\\\": 1}", "asked for ordinal 7, and its line has no `ordinal`"),
        ("loading", "asked for ordinal 7, and printed what is no JSON object on one line: loading"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        let script = format!("echo $$ >> {}; while read -r n; do echo \"{line}\"; done", pid.display());
        let told = asked(&program(&script, 1, LONG), 7).await.unwrap_err();
        assert!(matches!(&told, ModelError::Program { attempts: 1, .. }), "{told:?}");
        assert!(told.to_string().contains(wanted), "{told}");
        assert!(ends(&pid).await, "it goes on after: {line}");
    }
}

#[tokio::test]
async fn a_line_without_end_is_ended() {
    let model = program("read -r l; head -c 6000000 /dev/zero | tr '\\0' x", 1, LONG);
    let told = asked(&model, 0).await.unwrap_err().to_string();
    assert!(told.contains("more than"), "{told}");
}

#[tokio::test]
async fn what_it_says_of_tokens_and_cost_counts() {
    let line = r#"{"ordinal": 0, "usage": {"prompt_tokens": 3, "completion_tokens": 4}, "cost": 0.5, "model": "m"}"#;
    let reply = asked(&program(&format!("read -r l; echo '{line}'"), 1, LONG), 0).await.unwrap();
    assert_eq!((reply.usage.total(), reply.cost, reply.model.as_deref()), (Some(7), Some(0.5), Some("m")));
}
