//! Responses are counted from 1 wherever a person reads, and from 0 where a program does.

use serde_json::json;

use crate::User;

/// A question with four responses, of which the third and the fourth hang on a leniency.
fn four() -> User {
    let user = User::new();
    let responses = ["\\boxed{7}", "\\boxed{8}", "\\boxed{x = 7}", "\\boxed{y = 7}"];
    let row = json!({"question": "How many?", "reference": "7", "response": responses});
    user.write("r.jsonl", &format!("{row}\n"));
    user.done(&["init", "-q"]);
    user.done(&["import", "r.jsonl", "-q"]);
    user
}

#[test]
fn a_response_has_one_number_for_people() {
    let user = four();
    let shown = user.done(&["show", "1", "-q"]);
    for (n, answer) in [(1, "7"), (2, "8"), (3, "x = 7"), (4, "y = 7")] {
        let headed = shown.split(&format!("── response {n} of 4 · ")).nth(1).unwrap_or_else(|| panic!("{n}: {shown}"));
        assert!(headed.lines().nth(1).unwrap().contains(&format!("{{{answer}}}")), "{n}: {headed}");
    }
    let flips = user.done(&["reverify", "--leniency", "no-lhs-dropped", "-q"]);
    assert!(flips.contains(" #1 r3 = → ") && flips.contains(" #1 r4 = → "), "{flips}");
    assert!(!flips.contains("1.2") && !flips.contains("1.3"), "{flips}");
    let told = user.json(&["reverify", "--leniency", "no-lhs-dropped", "-q", "--json"]).remove(0);
    let samples: Vec<u64> = told["flips"].as_array().unwrap().iter().map(|f| f["sample"].as_u64().unwrap()).collect();
    assert_eq!(samples.iter().sum::<u64>(), 2 + 3, "{told}");

    user.done(&["audit", "plan", "--size", "4", "--rng-seed", "1", "-q"]);
    let next = user.json(&["audit", "next", "--json", "-q"]).remove(0);
    let (sample, text) = (next["sample"].as_u64().unwrap(), user.done(&["audit", "next", "-q"]));
    assert!(text.starts_with(&format!("Candidate 1, response {} of 4 · ", sample + 1)), "{text}");
    assert!(text.contains(&format!("\"sample\":{sample}")), "what `decide` takes: {text}");
}

#[test]
fn a_decision_says_which_response_and_whether_it_was_blind() {
    let user = four();
    let word = json!({"candidate": 1, "sample": 3, "judgement": "different", "reviewer": "mia", "blind": true});
    user.write("d.jsonl", &format!("{word}\n"));
    user.done(&["decide", "d.jsonl"]);
    let shown = user.done(&["show", "1", "-q"]);
    assert!(shown.contains(" mia judgement different (response 4 of 4, blind)"), "{shown}");
    user.write("d.jsonl", "{\"candidate\": 1, \"sample\": 4, \"judgement\": \"different\"}\n");
    let ran = user.run(&["decide", "d.jsonl"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("candidate 1 has no sample 4; it has 4 responses, and `sample` counts from 0"),
        "{}",
        ran.stderr
    );
    assert!(user.done(&["decide", "--help"]).contains("counted from 0"));
}
