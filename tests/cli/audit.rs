//! The audit by plan: drawn, judged, measured, reported.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::{User, is_clean};

/// 120 rollouts; every tenth right answer is written so that the verifier does not see it.
fn audited() -> User {
    let user = User::new();
    let mut rows = String::new();
    for nth in 0..120 {
        let response = match nth % 10 {
            3 => format!("\\boxed{{the number {nth} in words of my own}}"),
            0..=6 => format!("so \\boxed{{{}}}", nth + nth),
            _ => format!("so \\boxed{{{}}}", nth + nth + 1),
        };
        let domain = ["logic", "games\u{1b}[2J"][nth % 2];
        let row = json!({
            "question": format!("{nth} + {nth}?"), "reference": (nth + nth).to_string(), "response": response,
            "domain": domain,
        });
        let _ = writeln!(rows, "{row}");
    }
    user.write("rollouts.jsonl", &rows);
    user.done(&["init"]);
    user.done(&["import", "rollouts.jsonl", "-q"]);
    user
}

/// Judges what is next by the question's number, until nothing is.
fn judge_all(user: &User, blind: bool) -> usize {
    let mut judged = 0;
    loop {
        let next = user.json(&["audit", "next", "--reviewer", "mia", "--json", "-q"]).remove(0);
        if next.is_null() {
            return judged;
        }
        assert_eq!(next.get("verdict").is_some(), !blind, "{next}");
        let nth: u64 = next["question"].as_str().unwrap().split(' ').next().unwrap().parse().unwrap();
        let mut word: Value = serde_json::from_str(next["judge"].as_str().unwrap()).unwrap();
        word["judgement"] = json!(if nth % 10 < 7 { "equivalent" } else { "different" });
        user.write("word.jsonl", &format!("{word}\n"));
        user.done(&["decide", "word.jsonl"]);
        judged += 1;
    }
}

#[test]
fn a_plan_is_drawn_judged_measured_and_reported() {
    let user = audited();
    let early = user.run(&["audit", "next"]);
    assert_eq!(early.code, 2);
    assert!(early.stderr.contains("`loong audit plan` makes one"), "{}", early.stderr);

    let plan = user.json(&["audit", "plan", "--size", "30", "--rng-seed", "7", "--blind", "--json"]).remove(0);
    assert_eq!((&plan["planned"], &plan["judged"], &plan["pairs"]), (&json!(30), &json!(0), &json!(120)));
    let shown = user.done(&["audit", "next"]);
    assert!(shown.contains("Judge it") && !shown.contains("Verdict") && is_clean(&shown), "{shown}");
    assert_eq!(judge_all(&user, true), 30);
    let over = user.run(&["audit", "next", "--json"]);
    assert_eq!((over.code, over.stdout.as_str()), (0, "null\n"));
    assert!(over.stderr.contains("nothing waits: every pair of the plan is judged"), "{}", over.stderr);
    let larger = user.json(&["audit", "plan", "--size", "60", "--json"]).remove(0);
    assert_eq!((&larger["planned"], &larger["judged"]), (&json!(60), &json!(30)));
    assert_eq!(judge_all(&user, true), 30);

    let stats = user.json(&["stats", "--audit", "--json", "-q"]).remove(0);
    let rates = &stats["plan"]["overall"];
    let of = |what: &str, end: &str| rates[what][end].as_f64().unwrap();
    // 12 of the 84 right answers are not seen, and no wrong one is taken.
    let truth = 12.0 / 84.0;
    assert!(of("false_negative", "low") <= truth && truth <= of("false_negative", "high"), "{rates}");
    assert!(of("false_positive", "estimate") < 1e-9, "{rates}");
    assert_eq!(stats["plan"]["noise"]["rho_1"], rates["false_negative"]);
    assert_eq!(stats["plan"]["hidden"]["judged"], 60);
    assert_eq!(stats["plan"]["in_sight"], Value::Null);
    assert_eq!(user.json(&["stats", "--audit", "domain:logic", "--json", "-q"])[0]["plan"], Value::Null);

    let text = user.done(&["stats", "--audit", "-q"]);
    assert!(text.contains("60 of 60 planned pairs judged, out of 120 pairs") && is_clean(&text), "{text}");
    let status = user.done(&["audit", "status", "-q"]);
    assert!(status.contains("rng_seed 7, blind") && status.contains("±2 points") && is_clean(&status), "{status}");

    let report = |name: &str| {
        user.done(&["stats", "--audit", "--report", name, "-q"]);
        std::fs::read_to_string(user.project().join(name)).unwrap()
    };
    let (first, again) = (report("audit.md"), report("audit.md"));
    assert_eq!(first, again, "the same figures give the same report");
    assert!(is_clean(&first), "{first}");
    for wanted in ["## Rates of all pairs", "## Methods", "random seed 7", "\"rho_0\"", "(<audit.missed.tier.svg>)"] {
        assert!(first.replace('\n', " ").contains(wanted), "{wanted}: {first}");
    }
    for plot in first.split("](<").skip(1).map(|rest| rest.split(">)").next().unwrap()) {
        let text = std::fs::read_to_string(user.project().join(plot)).unwrap();
        assert!(text.starts_with("<svg ") && text.contains(" n=") && is_clean(&text), "{plot}: {text}");
    }
    user.write("notes.md", "# Mine\n");
    assert_eq!(
        user.run(&["stats", "--audit", "--report", "notes.md"]).code,
        2,
        "what is no report is not written over"
    );
    assert_eq!(user.run(&["stats", "--report", "notes.md"]).code, 2, "nor by the report of runs");
    assert_eq!(user.run(&["stats", "--report", "notes.txt"]).code, 2, "a report is Markdown");
}

#[test]
fn a_plan_is_the_same_again_and_changed_only_by_name() {
    let user = audited();
    user.done(&["audit", "plan", "--size", "20", "--rng-seed", "7", "-q"]);
    let first = user.json(&["list", "plan:yes", "--json", "-q"]);
    assert_eq!(first.len(), 20);
    for arguments in [
        &["audit", "plan"][..],
        &["audit", "plan", "--size", "9", "--rng-seed", "8"],
        &["audit", "plan", "domain:logic", "--size", "9"],
    ] {
        let ran = user.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}");
        assert!(ran.stderr.contains("--renew"), "{}", ran.stderr);
    }
    assert_eq!(user.run(&["audit", "plan", "--width", "0.7"]).code, 2);
    user.done(&["audit", "plan", "--renew", "--size", "20", "--rng-seed", "8", "-q"]);
    assert_ne!(user.json(&["list", "plan:yes", "--json", "-q"]), first);
    user.done(&["audit", "plan", "--renew", "--size", "20", "--rng-seed", "7", "-q"]);
    assert_eq!(user.json(&["list", "plan:yes", "--json", "-q"]), first);
    let wide = user.json(&["audit", "plan", "--renew", "domain:logic", "--width", "0.1", "--json"]).remove(0);
    assert_eq!((&wide["filter"], &wide["pairs"]), (&json!("domain:logic"), &json!(60)));
    assert!(wide["planned"].as_u64().unwrap() < 60, "{wide}");
}

/// Rates of the judged pairs say who chose these: the plan, people, or both.
#[test]
fn a_bias_is_told_only_where_people_chose() {
    let user = audited();
    let basis = |more: &[&str]| {
        let arguments = [&["stats", "--audit", "-q", "--json"][..], more].concat();
        user.json(&arguments)[0]["audit"]["basis"].as_str().unwrap().to_owned()
    };
    user.done(&["audit", "plan", "--size", "20", "--rng-seed", "7", "-q"]);
    assert_eq!(judge_all(&user, false), 20);
    for (more, judged) in [(&[][..], "(20 of 120)"), (&["plan:yes"], "(20 of 20)"), (&["domain:logic"], " of 60)")] {
        let basis = basis(more);
        assert!(basis.contains(judged) && basis.contains("the plan drew all of them"), "{basis}");
        assert!(!basis.contains("biased"), "{basis}");
    }
    let report = user.done(&["stats", "--audit", "-q"]);
    assert!(!report.contains("biased"), "{report}");
    let other = user.json(&["list", "-plan:yes", "--json", "-q", "-n", "1"])[0]["id"].clone();
    let word = json!({"candidate": other, "sample": 0, "judgement": "equivalent", "reviewer": "mia"});
    user.write("word.jsonl", &format!("{word}\n"));
    user.done(&["decide", "word.jsonl"]);
    let mixed = basis(&[]);
    assert!(mixed.contains("the plan drew 20") && mixed.contains("may be biased"), "{mixed}");
    user.done(&["audit", "plan", "--renew", "--size", "1", "--rng-seed", "7", "-q", "id:1"]);
    assert!(basis(&["-plan:yes"]).contains("people chose which pairs to judge"));
}

/// Nothing promises more pairs than there are.
#[test]
fn a_plan_larger_than_what_there_is_says_so() {
    let user = audited();
    let ran = user.run(&["audit", "plan", "--rng-seed", "7"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("there are no more than 120 pairs, and the plan has all of them"), "{}", ran.stderr);
    assert!(ran.stdout.contains("0 of 120 planned pairs judged") && !ran.stdout.contains("200"), "{}", ran.stdout);
    let more = user.run(&["audit", "plan", "--size", "300"]);
    assert!(more.stderr.contains("has every pair that it was drawn from"), "{}", more.stderr);
    assert!(user.done(&["audit", "plan", "--help"]).contains("every pair where there are fewer"));
}
