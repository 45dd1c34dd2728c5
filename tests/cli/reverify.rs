//! `loong reverify`: rules on trial, applied, finished after a kill, and checked in anybody's CI.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::User;

/// A project with pairs of which some hang on a leniency, verified as they were imported.
fn project(n: u64) -> User {
    let user = User::new();
    let row = |i: u64| {
        let (reference, response) = match i % 3 {
            0 => (format!("x = {i}"), format!("\\boxed{{{i}}}")),
            1 => (format!("{i}"), format!("\\boxed{{{}}}", i + 1)),
            _ => (format!("{i}"), format!("\\boxed{{{i}}}")),
        };
        json!({"question": format!("Question {i}?"), "reference": reference, "response": response}).to_string() + "\n"
    };
    user.write("rollouts.jsonl", &(0..n).map(row).collect::<String>());
    user.done(&["init"]);
    user.done(&["import", "rollouts.jsonl", "-q"]);
    user
}

fn summary(user: &User, more: &[&str]) -> Value {
    let arguments: Vec<&str> = ["reverify", "--json", "-q"].iter().chain(more).copied().collect();
    user.json(&arguments).remove(0)["summary"].clone()
}

#[test]
fn rules_are_tried_one_by_one() {
    let user = project(30);
    assert_eq!(summary(&user, &[])["flipped"], 0);
    let found = summary(&user, &["--leniency", "no-lhs-dropped"]);
    assert_eq!(found["flipped"], 10);
    assert_eq!(found["classes"][0]["from"], "equivalent");
    assert_eq!(found["classes"][0]["leniencies"], json!(["lhs-dropped"]));
    assert!(!found["classes"][0]["examples"].as_array().unwrap().is_empty());
    assert_eq!(summary(&user, &["--tiers", "text,structure"])["by_flip"]["different → undecided"], 10);
    assert!(summary(&user, &["--tolerance", "0.5"])["by_flip"]["different → equivalent"].as_u64().unwrap() > 5);
    for wrong in [&["--tiers", "tact"][..], &["--tiers", "text,text"], &["--tolerance", "7"], &["--resume"]] {
        let arguments: Vec<&str> = std::iter::once("reverify").chain(wrong.iter().copied()).collect();
        assert_eq!(user.run(&arguments).code, 2, "{wrong:?}");
    }
    let text = user.done(&["reverify", "--leniency", "no-lhs-dropped", "-q"]);
    assert!(text.contains("equivalent → ") && text.contains("nothing was written"), "{text}");
}

#[test]
fn a_version_is_applied_with_its_history() {
    let user = project(30);
    assert!(user.done(&["reverify", "--history", "-q"]).contains("No version has been applied yet"));
    let told = user.done(&[
        "reverify",
        "--leniency",
        "no-lhs-dropped",
        "--apply",
        "--note",
        "names matter",
        "--reviewer",
        "mia",
        "-q",
    ]);
    let words = told.split_once("30 verdicts written as rules-").unwrap_or_else(|| panic!("{told}")).1;
    assert!(words.contains(", 10 of them other than before; the old ones stay in the history"), "{told}");
    assert!(told.contains("no-lhs-dropped\"]"), "{told}");
    let history = user.json(&["reverify", "--history", "--json", "-q"]);
    assert_eq!(history.len(), 1);
    assert_eq!((&history[0]["reviewer"], &history[0]["note"]), (&json!("mia"), &json!("names matter")));
    assert_eq!((&history[0]["state"], &history[0]["flips"]), (&json!("done"), &json!(10)));
    assert!(user.done(&["reverify", "--history", "-q"]).contains("names matter"));
    let version = history[0]["version"].as_str().unwrap();
    assert_eq!(user.json(&["list", &format!("version:\"{version}\""), "--json", "-q", "-n", "99"]).len(), 30);
}

/// Applied again, rules that change nothing are no further line of the history.
#[test]
fn what_was_applied_last_is_not_applied_again() {
    let user = project(30);
    let apply = |more: &[&str]| user.done(&[&["reverify", "--apply", "-q"][..], more].concat());
    let history = || user.json(&["reverify", "--history", "--json", "-q"]).len();
    let first = apply(&[]);
    assert!(first.contains("is applied; every verdict was as it says already"), "{first}");
    let again = apply(&["--note", "once more"]);
    assert!(again.contains("nothing was written: rules-") && again.contains("was applied last"), "{again}");
    assert_eq!(history(), 1);
    let told = user.json(&["reverify", "--apply", "-q", "--json"]).remove(0)["summary"].clone();
    assert_eq!((&told["applied"], &told["written"], history()), (&json!(true), &json!(0), 1));
    apply(&["--preset", "strict"]);
    apply(&[]);
    assert_eq!(history(), 3, "another one was applied between");
    apply(&["id<9"]);
    assert_eq!(history(), 4, "other pairs");
    // What came since is verified by them, too.
    user.write("more.jsonl", "{\"question\": \"One more?\", \"reference\": \"1\", \"response\": \"\\\\boxed{1}\"}\n");
    apply(&[]);
    user.done(&["import", "more.jsonl", "-q", "--no-verify"]);
    let with = apply(&[]);
    assert!(with.contains("1 verdict written as rules-"), "{with}");
    assert!(with.contains(", 1 of them where there was none;"), "{with}");
}

#[test]
fn a_check_lists_what_it_fails_by() {
    let user = project(6);
    user.write("decisions.jsonl", "{\"candidate\": 1, \"sample\": 0, \"judgement\": \"equivalent\"}\n");
    user.done(&["decide", "decisions.jsonl", "--reviewer", "mia"]);
    assert_eq!(user.run(&["reverify", "--check", "-q"]).code, 0);
    let ran = user.run(&["reverify", "--check", "--leniency", "no-lhs-dropped", "--most", "0", "-q"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("1 of 1 human judgements contradicted; 1 newly"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("contradicted judgements:") && ran.stdout.contains("people: equivalent"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_killed_apply_is_told_and_finished() {
    let user = project(30_000);
    let strict = ["reverify", "--preset", "strict", "--apply", "-q"];
    let mut kills = 0;
    for nth in 0..6u64 {
        let mut applying = user.command(&strict).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(250 + 100 * nth));
        applying.kill().unwrap();
        if applying.wait().unwrap().success() {
            break;
        }
        kills += 1;
        let half = user.json(&["reverify", "--history", "--json", "-q"]);
        if half.first().is_some_and(|v| v["done_to"] != 0) {
            let told = user.run(&["list", "-n", "1"]).stderr;
            assert!(told.contains("is half applied") && told.contains("--resume"), "{told}");
            let other = user.run(&["reverify", "id>5", "--apply", "-q"]);
            assert_eq!(other.code, 1, "{}", other.stderr);
            assert!(other.stderr.contains("half applied"), "{}", other.stderr);
        }
    }
    assert!(kills > 0, "no kill came in time");
    let half = user.json(&["reverify", "--history", "--json", "-q"]);
    if half.first().is_some_and(|v| v["state"] == "applying") {
        user.done(&["reverify", "--resume", "-q"]);
    } else {
        user.done(&strict);
    }
    let history = user.json(&["reverify", "--history", "--json", "-q"]);
    assert_eq!((&history[0]["state"], &history[0]["pairs"]), (&json!("done"), &json!(30_000)));
    assert_eq!(summary(&user, &["--preset", "strict"])["flipped"], 0);
}
