//! The auditor's and the seed author's ways, without a model.

use loong::dataset::StaticDataset;
use serde_json::{Value, json};

use crate::{User, shared};

fn rollouts() -> String {
    let rows = [
        json!({"question": "2+2?", "reference": "4", "response": "so \\boxed{4}", "domain": "logic", "extra": [1.50, "π"]}),
        json!({"question": "Half?", "reference": "1/2", "response": "\\boxed{0.5}"}),
        json!({"question": "Who?", "reference": "the white queen", "response": "\\boxed{the lady in white}"}),
        json!({"question": "Three?", "reference": "3", "response": "\\boxed{4}", "reward": 1}),
        json!({"question": "Many?", "reference": "7", "response": ["\\boxed{7}", "\\boxed{8}", ""]}),
    ];
    rows.map(|r| format!("{r}\n")).concat()
}

#[test]
fn an_auditor_imports_judges_measures_and_exports() {
    let user = User::new();
    user.write("rollouts.jsonl", &rollouts());
    user.done(&["init"]);
    let shown = user.run(&["import", "rollouts.jsonl", "--dry-run"]);
    assert!(shown.stderr.contains("reference ← reference"), "{}", shown.stderr);
    assert!(user.json(&["list", "--json", "-q"]).is_empty(), "a dry run wrote something");
    user.done(&["import", "rollouts.jsonl"]);
    user.done(&["import", "rollouts.jsonl"]);
    let all = user.json(&["list", "--json", "-q"]);
    assert_eq!(all.len(), 5, "importing twice doubled something");
    assert_eq!(user.json(&["list", "verdict:equivalent", "--json", "-q"]).len(), 3);
    assert_eq!(user.json(&["list", "kind:no_answer", "--json", "-q"]).len(), 1);

    let queen = &user.json(&["list", "reference~queen", "--json", "-q"])[0]["id"];
    let shown = user.done(&["show", &queen.to_string(), "-q"]);
    assert!(shown.contains("why         The reference has “queen” where the response has “lady in”."), "{shown}");
    assert!(shown.contains("tier        text: words") && shown.contains("^^^"), "{shown}");
    let decision =
        json!({"candidate": queen, "sample": 0, "judgement": "equivalent", "cause": "notation", "note": "the same"});
    user.write("decisions.jsonl", &format!("{decision}\n{}\n", json!({"candidate": queen, "curation": "accept"})));
    let decided = user.json(&["decide", "decisions.jsonl", "--reviewer", "mia"]);
    assert_eq!((decided.len(), &decided[0]["reviewer"]), (2, &json!("mia")));

    let stats = user.json(&["stats", "--audit", "--json", "-q"]).remove(0);
    let confusion = &stats["audit"]["overall"]["confusion"]["truly_equivalent"];
    let said: u64 = ["equivalent", "different", "undecided"].iter().map(|w| confusion[*w].as_u64().unwrap()).sum();
    assert_eq!(said, 1, "{stats}");
    assert_eq!(confusion["equivalent"], 0, "{stats}");
    assert_eq!(user.run(&["reverify", "--check", "-q"]).code, 1, "a contradicted judgement passes the check");

    user.done(&["export", "--format", "loong", "--to", "out.jsonl", "-q"]);
    let exported = std::fs::read_to_string(user.project().join("out.jsonl")).unwrap();
    assert!(exported.contains("white queen") && !exported.contains("Three?"), "{exported}");

    user.done(&["decide", "--undo", "--reviewer", "mia"]);
    user.done(&["decide", "--undo", "--reviewer", "mia"]);
    assert_eq!(user.run(&["reverify", "--check", "-q"]).code, 0);
    let log = user.json(&["show", &queen.to_string(), "--json", "-q"]).remove(0);
    assert_eq!(log["decisions"].as_array().unwrap().len(), 4, "undo must append, not remove");
}

#[test]
fn reverification_lists_flips_and_writes_when_told() {
    let user = User::new();
    user.write("rollouts.jsonl", &rollouts());
    user.done(&["init"]);
    user.done(&["import", "rollouts.jsonl", "-q"]);
    let flips = |arguments: &[&str]| -> Value { user.json(arguments).remove(0)["summary"]["by_flip"].clone() };
    assert_eq!(flips(&["reverify", "--json", "-q"]), json!({}));
    let strict = flips(&["reverify", "--preset", "strict", "--json", "-q"]);
    assert_eq!(strict, flips(&["reverify", "--preset", "strict", "--json", "-q"]), "looking changed something");
    assert_ne!(flips(&["reverify", "--preset", "strict", "--apply", "--json", "-q"]), json!(null));
    assert_eq!(
        flips(&["reverify", "--preset", "strict", "--json", "-q"]),
        json!({}),
        "the applied verdicts were not kept"
    );
}

#[test]
fn real_rollouts_go_the_auditors_way() {
    let Some(shared) = shared() else { return };
    let user = User::new();
    user.done(&["init"]);
    let file = shared.join("data/verifier/dev-loong.jsonl");
    user.done(&["import", file.to_str().unwrap()]);
    assert_eq!(user.json(&["list", "--json", "-q", "-n", "10000"]).len(), 518);
    assert_eq!(user.run(&["reverify", "--check", "-q"]).code, 0);
    user.done(&["export", "--format", "raw", "--all", "--to", "all.jsonl", "-q"]);
}

#[test]
fn real_seeds_are_checked() {
    let Some(shared) = shared() else { return };
    let user = User::new();
    let file = shared.join("data/seeds/graph_discrete_math/seed_dataset.json");
    let ran = user.run(&["seeds", "check", file.to_str().unwrap(), "--json", "-q"]);
    let summary: Value = serde_json::from_str(ran.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(summary["summary"]["seeds"], 178);
    assert!(summary["summary"]["equivalent"].as_u64().unwrap() >= 175, "{summary}");
}

/// A seed that prints something else each time is no seed with a wrong answer; and what a seed needs, it may ask for.
#[test]
fn what_is_wrong_with_a_seed_is_said() {
    let user = User::new();
    let seed = |code: &str, limits: Value| {
        serde_json::json!({"question": code, "final_answer": "1", "rationale": code,
            "metadata": {"domain": "t", "required_dependencies": [], "limits": limits}})
    };
    let eats = "x = bytearray(300 << 20)\nprint(1)";
    let seeds = [
        seed("print(hash('a'))", Value::Null),
        seed("print(2)", Value::Null),
        seed(eats, serde_json::json!({"memory_mb": 64})),
        seed(&format!("{eats} # again"), Value::Null),
    ];
    user.write("seeds.json", &serde_json::to_string(&seeds).unwrap());
    let ran = user.run(&["seeds", "check", "seeds.json", "--json", "-q"]);
    let lines: Vec<Value> = ran.stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let words: Vec<_> = lines[..4].iter().map(|l| (l["status"].as_str().unwrap(), l["verdict"].as_str())).collect();
    let expected =
        [("nondeterministic", None), ("ran", Some("different")), ("code_memory", None), ("ran", Some("equivalent"))];
    assert_eq!(words, expected, "{}", ran.stdout);
    assert!(lines[0]["reason"].as_str().unwrap().contains("a second run printed"), "{}", lines[0]);
}

/// Each in the venv that it asks for, isolated, twice; what is stated is what was printed, to the letter.
#[test]
fn bundled_seeds_print_their_answers() {
    let user = User::new();
    let ran = user.run(&["seeds", "check", "--json", "-q"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let seeds = StaticDataset::bundled();
    let checked: Vec<&Value> = lines.iter().filter(|line| line.get("id").is_some()).collect();
    assert_eq!(checked.len(), seeds.len());
    for line in checked {
        let seed = seeds.by_id(line["id"].as_str().unwrap()).unwrap_or_else(|| panic!("{line}"));
        assert_eq!(line["stdout"].as_str().unwrap().trim_end(), seed.final_answer, "{}", seed.question);
    }
}
