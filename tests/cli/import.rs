//! `loong import`, as it is typed.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::json;

use crate::{Ran, User, is_clean};

fn piped(user: &User, arguments: &[&str], text: &str) -> Ran {
    let mut child =
        user.command(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    Ran::of(arguments, child.wait_with_output().unwrap())
}

#[test]
fn standard_input_is_imported_and_bad_rows_are_facts() {
    let user = User::new();
    user.done(&["init"]);
    let text = "{\"question\":\"q\",\"reference\":\"1\",\"response\":\"1\"}\n\u{1b}[31mnot json\n";
    let ran = piped(&user, &["import", "-", "--json"], text);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(
        is_clean(&ran.stderr) && ran.stderr.contains("standard input") | ran.stderr.contains("-:2"),
        "{}",
        ran.stderr
    );
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&report["rows"], &report["new"], &report["bad"]), (&json!(1), &json!(1), &json!(1)));
    assert_eq!((&report["bad_rows"][0]["row"], &report["files"][0]["format"]), (&json!(2), &json!("jsonl")));
}

#[test]
fn what_was_stored_unverified_is_verified_later() {
    let user = User::new();
    user.done(&["init"]);
    let row = |n: usize| {
        let said = format!("\\boxed{{{}}}", n - n % 2);
        json!({"prompt": format!("What is {n}?"), "completion": said, "answer": n.to_string(), "reward": 1}).to_string()
    };
    let rows = (0..600).map(row).collect::<Vec<_>>().join("\n");
    user.write("r.jsonl", &rows);
    let ran = user.run(&["import", "r.jsonl", "--no-verify", "-j", "3"]);
    assert!(ran.code == 0 && ran.stdout.contains("reverify --apply"), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("(trl): question ← prompt, reference ← answer, response ← completion"),
        "{}",
        ran.stderr
    );
    assert!(user.json(&["list", "verdict:different", "--json", "-q"]).is_empty());
    user.done(&["reverify", "--apply", "-q"]);
    assert_eq!(user.json(&["list", "verdict:different", "--json", "-q", "-n", "1000"]).len(), 300);
}

#[test]
fn a_format_or_a_bound_that_does_not_fit_is_told() {
    let user = User::new();
    user.done(&["init"]);
    user.write("r.jsonl", "bad\nbad\n{\"question\":\"q\",\"reference\":\"1\",\"response\":\"1\"}\n");
    let ran = user.run(&["import", "r.jsonl", "--max-bad", "1"]);
    assert!(ran.code == 1 && ran.stderr.contains("--max-bad"), "{}", ran.stderr);
    let ran = user.run(&["import", "r.jsonl", "--format", "parquet"]);
    assert!(ran.code == 2 && ran.stderr.contains("verifiers"), "{}", ran.stderr);
    let ran = user.run(&["import", "r.jsonl", "--dry-run", "--map", "id=question"]);
    let record: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&record["metadata"]["id"], &record["origin"]), (&json!("q"), &json!("import")));
}

#[test]
fn what_the_first_row_becomes_can_be_read() {
    let user = User::new();
    let thought = "a line of thought ".repeat(40);
    let row = json!({"question": "What is 3 + 4?", "reference": "7", "response": format!("{thought}\\boxed{{7}}")});
    user.write("r.jsonl", &format!("{row}\n"));
    let shown = user.done(&["import", "r.jsonl", "--dry-run"]);
    assert!(shown.lines().count() > 15 && shown.lines().all(|line| line.chars().count() < 200), "{shown}");
    assert!(shown.contains("…\"") && !shown.contains("null") && !shown.contains("[]"), "{shown}");
    let whole = user.json(&["import", "r.jsonl", "--dry-run", "--json"]).remove(0);
    assert_eq!(whole["responses"][0]["text"], row["response"], "a program is given all of it");
}
