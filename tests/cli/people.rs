//! Several people and several verifiers, by the commands.

use serde_json::{Value, json};

use crate::{Ran, User};

/// A project with these (reference, response) pairs.
fn project(pairs: &[(&str, &str)]) -> User {
    let user = User::new();
    let rows: Vec<String> = pairs
        .iter()
        .enumerate()
        .map(|(nth, (reference, response))| {
            json!({"question": format!("Question {nth}?"), "answer": reference, "response": format!("\\boxed{{{response}}}")})
                .to_string()
        })
        .collect();
    user.write("rollouts.jsonl", &(rows.join("\n") + "\n"));
    user.done(&["init", "-q"]);
    user.done(&["import", "rollouts.jsonl", "-q"]);
    assert_eq!(user.json(&["list", "--json", "-q"]).len(), pairs.len());
    user
}

fn decide(user: &User, lines: &[Value]) {
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    user.write("decisions.jsonl", &lines.join("\n"));
    user.done(&["decide", "decisions.jsonl", "-q"]);
}

fn grader(user: &User, code: &str) -> Vec<String> {
    user.write("grader.py", &format!("import json, os, subprocess, sys, time\n{code}"));
    vec!["--".to_owned(), "python3".to_owned(), "grader.py".to_owned()]
}

fn second(user: &User, options: &[&str], command: &[String]) -> (Ran, Value) {
    let mut arguments = vec!["second", "other", "--json", "-q"];
    arguments.extend(options);
    arguments.extend(command.iter().map(String::as_str));
    let ran = user.run(&arguments);
    let told = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {}\n{}", ran.stdout, ran.stderr));
    (ran, told)
}

const PAIRS: &[(&str, &str)] = &[("1", "1"), ("2", "2"), ("3", "4"), ("5", "6"), ("7", "7")];

#[test]
fn a_grader_is_heard_whatever_else_it_prints() {
    let user = project(PAIRS);
    decide(
        &user,
        &[
            json!({"candidate": 1, "sample": 0, "judgement": "equivalent", "reviewer": "ada"}),
            json!({"candidate": 2, "sample": 0, "judgement": "equivalent", "reviewer": "ada"}),
            json!({"candidate": 3, "sample": 0, "judgement": "different", "reviewer": "ada"}),
        ],
    );
    // It reads everything before it says anything, answers backwards, leaves one out, and prints what nobody asked for.
    let command = grader(
        &user,
        r#"
rows = [json.loads(line) for line in sys.stdin]
assert all(set(row) >= {"id", "question", "reference", "response"} for row in rows)
print("loading \x1b[31mmodel\x1b[0m")
print(json.dumps({"id": 4711, "reward": 1}))
for row in reversed(rows[1:]):
    word = {"id": row["id"], "reward": 0.0 if row["reference"] == "2" else 1.0, "detail": "\x1b]0;x\x07"}
    print(json.dumps(word))
    print(json.dumps(dict(word, reward=0.25)))
"#,
    );
    let (ran, told) = second(&user, &[], &command);
    let account = &told["account"];
    assert_eq!(ran.code, 1, "one is missing");
    for (key, wanted) in
        [("asked", 5), ("answered", 4), ("unreadable", 1), ("unknown", 1), ("repeated", 4), ("missing", 1)]
    {
        assert_eq!(account[key], wanted, "{key}: {account}");
    }
    assert!(
        !told.to_string().contains('\u{1b}')
            && account["complaints"][0].as_str().unwrap().contains("not a JSON object")
    );
    let members = told["others"]["panel"]["members"].as_array().unwrap();
    assert_eq!((members[0]["name"].as_str(), members[1]["name"].as_str()), (Some("loong"), Some("other")));
    // Of 2 and 3, which people judged and it answered, it has both wrong.
    let rates = &members[1]["rates"];
    assert_eq!(
        (&rates["false_negative"]["k"], &rates["false_positive"]["k"], &rates["pairs"]),
        (&json!(1), &json!(1), &json!(2))
    );
    let disputed = user.json(&["list", "--json", "-q", "second.disagrees:yes"]);
    assert_eq!(disputed.iter().map(|c| c["id"].as_i64().unwrap()).collect::<Vec<_>>(), [2, 3, 4]);
    let first = &user.json(&["list", "--json", "-q", "sort:suspicious", "-n", "1"])[0];
    assert_eq!(first["id"], 2, "{first}");
    let why = user.done(&["list", "-q", "sort:suspicious"]);
    assert!(why.contains("another verifier says otherwise"), "{why}");
    let stats = user.done(&["stats", "--audit", "-q"]);
    assert!(stats.contains("Verifiers side by side") && crate::is_clean(&stats), "{stats}");
    // What it answered is not asked again.
    let (_, again) = second(&user, &[], &command);
    assert_eq!((&again["account"]["asked"], &again["account"]["answered"]), (&json!(1), &json!(0)));
}

#[test]
fn a_grader_that_crashes_or_hangs_is_ended_and_gone_on_with() {
    let user = project(PAIRS);
    let command = grader(
        &user,
        r#"
for line in sys.stdin:
    row = json.loads(line)
    if "{4}" in row["response"]:
        sys.exit("cannot \x1b[31m grade this")
    if "{6}" in row["response"]:
        child = subprocess.Popen(["sleep", "1000"])
        open("child.pid", "w").write(str(child.pid))
        time.sleep(1000)
    print(json.dumps({"id": row["id"], "outcome": "equivalent"}), flush=True)
"#,
    );
    let begun = std::time::Instant::now();
    let (ran, told) = second(&user, &["--patience", "2"], &command);
    let account = &told["account"];
    assert_eq!((ran.code, &account["answered"], &account["failed"]), (1, &json!(3), &json!(2)), "{account}");
    assert!(begun.elapsed().as_secs() < 60);
    let failed = user.json(&["list", "--json", "-q", "second.verdict:error"]);
    assert_eq!(failed.len(), 2);
    let why = user.json(&["list", "--json", "-q", "second.detail~\"cannot\""]);
    assert_eq!(why.len(), 1, "its last line is kept as the reason");
    let child = std::fs::read_to_string(user.project().join("child.pid")).unwrap();
    let state = std::fs::read_to_string(format!("/proc/{}/stat", child.trim()));
    if std::path::Path::new("/proc/self/stat").exists() {
        assert!(state.is_err() || state.unwrap().contains(") Z"), "what it started is ended with it");
    }
    let account = second(&user, &["id<0", "--memory-mb", "64"], &command).1["account"].clone();
    assert_eq!(account["asked"], 0);
    let missing = second(&user, &[], &["--".to_owned(), "no-such-grader".to_owned()]);
    assert_eq!(missing.0.code, 1, "{}", missing.1);
}

#[test]
fn a_flood_without_an_end_of_line_is_ended() {
    let user = project(&PAIRS[..1]);
    let command = grader(&user, "while True:\n    sys.stdout.write('x' * 65536)\n");
    let (ran, told) = second(&user, &[], &command);
    assert_eq!(ran.code, 1);
    assert!(told["account"]["failure"].as_str().unwrap().contains("a line of more than"), "{told}");
}

#[test]
fn two_reviewers_stores_are_merged_and_their_dispute_is_settled() {
    let (ada, bob) = (project(PAIRS), project(PAIRS));
    let word = |candidate: i64, judgement: &str, who: &str, cause: Option<&str>| json!({"candidate": candidate, "sample": 0, "judgement": judgement, "reviewer": who, "cause": cause});
    decide(&ada, &[word(1, "equivalent", "ada", None), word(3, "equivalent", "ada", Some("not"))]);
    decide(&bob, &[word(1, "equivalent", "bob", None), word(3, "different", "bob", None)]);
    let theirs = bob.project();
    let merged = ada.json(&["merge", theirs.to_str().unwrap(), "--json", "-q"]).remove(0);
    assert_eq!((&merged["report"]["candidates"], &merged["report"]["decisions"]), (&json!(0), &json!(2)), "{merged}");
    assert_eq!(merged["contested"], 1);
    let accord = &merged["people"]["accords"][0]["same"];
    assert_eq!((&accord["k"], &accord["n"]), (&json!(1), &json!(2)));
    let again = ada.json(&["merge", theirs.to_str().unwrap(), "--json", "-q"]).remove(0);
    assert_eq!((&again["report"]["decisions"], &again["digest"]), (&json!(0), &merged["digest"]));
    // The other way round it is the same store.
    let mine = ada.project();
    let back = bob.json(&["merge", mine.to_str().unwrap(), "--json", "-q"]).remove(0);
    assert_eq!(back["digest"], merged["digest"]);

    assert_eq!(ada.json(&["list", "--json", "-q", "contested:yes"])[0]["id"], 3);
    decide(
        &ada,
        &[
            json!({"candidate": 3, "sample": 0, "judgement": "equivalent", "reviewer": "cy", "adjudicates": true, "cause": "units"}),
        ],
    );
    assert_eq!(ada.json(&["list", "--json", "-q", "contested:yes"]).len(), 0);
    let stats = ada.json(&["stats", "--audit", "--json", "-q"]).remove(0);
    let causes: Vec<_> = stats["others"]["causes"].as_array().unwrap().iter().map(|c| c["cause"].clone()).collect();
    assert_eq!(causes, [json!("notation"), json!("units")], "a beginning is enough: {stats}");
    assert_eq!(stats["audit"]["overall"]["false_negative"]["k"], 1);

    let export = ada.write("export.jsonl", "{}\n");
    let refused = ada.run(&["merge", export.to_str().unwrap()]);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    let itself = ada.run(&["merge", mine.to_str().unwrap()]);
    assert!(itself.code != 0 && itself.stderr.contains("own store"), "{}", itself.stderr);
}

#[test]
fn who_decides_is_said_by_the_configuration_and_causes_are_added_there() {
    let user = project(&PAIRS[..1]);
    user.write("loong.toml", "[screen]\nreviewer = \"mia\"\n[review]\ncauses = [\"house style\"]\n");
    let told = user.json(&["decide", "--whoami", "--json", "-q"]).remove(0);
    assert_eq!(told["reviewer"], "mia");
    assert!(told["causes"].as_array().unwrap().contains(&json!("house style")));
    decide(&user, &[json!({"candidate": 1, "sample": 0, "judgement": "different", "cause": "house"})]);
    assert_eq!(user.json(&["list", "--json", "-q", "reviewer:me cause:\"house style\""]).len(), 1);
    assert_eq!(user.json(&["list", "--json", "-q", "-reviewer:me"]).len(), 0);
}

/// Math-Verify from PyPI on the demo: skipped, with a sentence, where it cannot be had.
#[test]
fn math_verify_shows_its_confusion_on_the_demo() {
    let user = User::new();
    let ran = user.run(&["-C", ".", "run", "--demo", "-q"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    // People agree with our verdicts but for one of each kind.
    let raw = user.json(&["export", "--format", "raw", "--all", "--to", "-", "-q"]);
    let mut decisions = Vec::new();
    for candidate in &raw {
        for response in candidate["responses"].as_array().unwrap() {
            let Some(outcome @ ("equivalent" | "different")) = response["verdict"]["outcome"].as_str() else {
                continue;
            };
            decisions.push(json!({"candidate": candidate["id"], "sample": response["sample"], "judgement": outcome, "reviewer": "ada"}));
        }
    }
    assert!(decisions.len() > 30, "{}", decisions.len());
    decide(&user, &decisions);
    let ran = user.run(&["second", "math-verify", "judged:yes", "--json", "-q"]);
    if ran.code == 3 || ran.stderr.contains("index") || ran.stderr.contains("network") {
        println!("skipped: Math-Verify cannot be installed here: {}", ran.stderr.trim());
        return;
    }
    let told: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {}\n{}", ran.stdout, ran.stderr));
    let member = &told["others"]["panel"]["members"][1];
    assert_eq!(member["name"], "math-verify");
    assert!(member["rates"]["pairs"].as_u64().unwrap() > 30, "{told}");
    let right = member["rates"]["confusion"]["truly_equivalent"]["equivalent"].as_u64().unwrap();
    assert!(right > 20, "it says equivalent of most that are: {member}");
    println!("{}", user.done(&["stats", "--audit", "-q"]));
}
