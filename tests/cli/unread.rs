//! A candidate that this version cannot read: all others are, it is named, and what must not go without it is refused.

use serde_json::{Value, json};

use crate::{Ran, User, is_clean};

/// A project with four pairs, of which the second is spoilt by this statement.
fn spoilt(sql: &str) -> User {
    let user = User::new();
    let row = |n: u32| {
        let response = format!("\\boxed{{{}}}", n * n);
        json!({"question": format!("What is {n} times {n}?"), "reference": (n * n).to_string(), "response": response})
    };
    let rows: String = (1..=4).map(|n| row(n).to_string() + "\n").collect();
    user.write("rollouts.jsonl", &rows);
    user.done(&["init"]);
    user.done(&["import", "rollouts.jsonl", "-q"]);
    rusqlite::Connection::open(user.project().join("loong.db")).unwrap().execute_batch(sql).unwrap();
    user
}

const METADATA: &str = "UPDATE candidate_text SET metadata = '{\"tolerance\": \u{1b}[31m' WHERE id = 2";
const VERDICT: &str = "UPDATE verdict SET outcome = 'nonsense' WHERE response_id = 2; UPDATE response SET verdict = 'nonsense' WHERE id = 2";

/// That the command did all but the second, and said so.
fn left_out(ran: &Ran) {
    assert_eq!(ran.code, 1, "{}\n{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("left out: candidate 2 cannot be read ("), "{}", ran.stderr);
    assert!(ran.stderr.contains("1 candidate left out, which this version of loong cannot read"), "{}", ran.stderr);
    assert!(is_clean(&ran.stderr), "{}", ran.stderr);
}

#[test]
fn one_that_cannot_be_read_keeps_no_other_from_being_read() {
    for sql in [METADATA, VERDICT] {
        let user = spoilt(sql);
        let ran = user.run(&["export", "--format", "messages", "--to", "sft.jsonl"]);
        left_out(&ran);
        assert!(ran.stdout.starts_with("3 rows written to sft.jsonl"), "{}", ran.stdout);
        let manifest = std::fs::read_to_string(user.project().join("sft.manifest.json")).unwrap();
        let manifest: Value = serde_json::from_str(&manifest).unwrap();
        assert_eq!(manifest["candidates"], json!({"seen": 4, "written": 3, "skipped": {"unreadable": 1}}));
        let ran = user.run(&["export", "--format", "raw", "--all", "--to", "-"]);
        left_out(&ran);
        assert_eq!(ran.stdout.lines().count(), 3);
        let ran = user.run(&["stats", "--json"]);
        left_out(&ran);
        let figures = &serde_json::from_str::<Value>(&ran.stdout).unwrap()["figures"];
        assert_eq!(figures["total"]["candidates"], 3, "{figures}");
        left_out(&user.run(&["stats", "--audit", "-q"]));
        let ran = user.run(&["show", "2"]);
        assert!(ran.code == 1 && ran.stderr.contains("candidate 2 cannot be read"), "{}", ran.stderr);
        assert_eq!(user.run(&["export", "--format", "messages", "--to", "other.jsonl", "-id:2"]).code, 0);
        // Where nothing is left, it is named all the same.
        for to in ["none.jsonl", "-"] {
            let ran = user.run(&["export", "--format", "messages", "--to", to, "id:2"]);
            assert!(ran.code == 1 && ran.stderr.contains("candidate 2 cannot be read"), "{to}: {}", ran.stderr);
        }
    }
    let user = spoilt("UPDATE candidate SET standing = 'nonsense' WHERE id = 2");
    for more in [&[][..], &["-r"], &["sort:random"], &["-n", "2"]] {
        let ran = user.run(&[&["list", "--json"], more].concat());
        left_out(&ran);
        assert_eq!(ran.stdout.lines().count(), if more.contains(&"2") { 2 } else { 3 }, "{more:?}: {}", ran.stdout);
    }
}

#[test]
fn rules_are_not_tried_without_it() {
    for sql in [METADATA, VERDICT] {
        let user = spoilt(sql);
        for more in [&[][..], &["--check"], &["--apply", "--leniency", "no-order"]] {
            let ran = user.run(&[&["reverify", "-q"], more].concat());
            assert_eq!(ran.code, 1, "{more:?}: {}", ran.stderr);
            assert!(ran.stderr.contains("candidate 2 cannot be read"), "{more:?}: {}", ran.stderr);
            assert!(ran.stderr.contains("the filter -id:2 leaves it out"), "{more:?}: {}", ran.stderr);
        }
        let history = user.done(&["reverify", "--history", "-q"]);
        assert!(history.contains("No version has been applied yet"), "nothing was begun: {history}");
        user.done(&["reverify", "-q", "--apply", "--leniency", "no-order", "--", "-id:2"]);
    }
}
