//! Seeds as their authors write them.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::User;

fn lines(text: &[u8]) -> Vec<Value> {
    String::from_utf8_lossy(text).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn lint_names_each_fault_with_file_and_row() {
    let user = User::new();
    let metadata = |more: Value| {
        let mut all = json!({"domain": "logic", "license": "CC0-1.0", "date_created": "2026-11-22"});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let seed = |question: &str, code: &str, answer: &str, more: Value| json!({"question": question, "rationale": code, "final_answer": answer, "metadata": metadata(more)});
    let long = "How many of the thirty-one balls that are drawn from the urn without looking are red in the mean, if seven of \
                the sixty-two that are in it are red and the others are blue or green?";
    let rows = [
        seed("What is 2 + 2?", "print(2 + 2)", "4", json!({})),
        seed(
            "What is the sum?",
            "print({'a', 'b', 'c', 'd', 'e', 'f', 'g'})",
            "a",
            json!({"required_dependencies": ["numpy"]}),
        ),
        seed("What is 2 + 2?", "print(1 + 3)", "4", json!({})),
        seed(long, "print(31 * 7 / 62)", "3.5", json!({"license": ""})),
        seed(&long.replace("blue or green", "green or blue"), "print(31 * 7 / 62)", "3.5", json!({})),
        json!({"question": "half a seed"}),
        seed("What is 5 + 5?", "print(11)", "10", json!({})),
    ];
    let path = user.write("seeds.json", &json!(rows).to_string());
    let path = path.to_str().unwrap();
    let told = |arguments: &[&str]| {
        let out = user.command(arguments).output().unwrap();
        assert_eq!(out.status.code(), Some(1), "{}", String::from_utf8_lossy(&out.stderr));
        let mut all: Vec<(u64, String)> = lines(&out.stdout)
            .iter()
            .filter(|line| line["finding"].is_string())
            .map(|line| (line["row"].as_u64().unwrap(), line["finding"].as_str().unwrap().to_owned()))
            .collect();
        all.sort();
        all
    };
    let wanted = |all: &[(u64, &str)]| all.iter().map(|(row, name)| (*row, (*name).to_owned())).collect::<Vec<_>>();
    let still = [(0, "unreadable"), (2, "unpinned"), (3, "duplicate"), (4, "no licence"), (5, "near-duplicate")];
    assert_eq!(told(&["--json", "seeds", "lint", path]), wanted(&still));
    let without = user.write(
        "plain.json",
        &json!([
            rows[0],
            rows[6],
            seed("Which?", "print({'a', 'b', 'c', 'd'})", "a", json!({})),
            seed("How many?", "import os\nassert os.environ['PYTHONHASHSEED'] == '0'\nprint(3)", "3", json!({}))
        ])
        .to_string(),
    );
    let ran = told(&["--json", "-q", "seeds", "lint", "--run", without.to_str().unwrap()]);
    // The last one is right the first time, and ends in an error the second.
    assert_eq!(ran, wanted(&[(2, "answer not printed"), (3, "nondeterministic"), (4, "nondeterministic")]));
}

#[test]
fn the_bundled_seeds_have_nothing_to_be_found() {
    let out = User::new().command(&["--json", "seeds", "lint"]).output().unwrap();
    let found: Vec<Value> = lines(&out.stdout).into_iter().filter(|line| line["finding"].is_string()).collect();
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(out.status.code(), Some(0));
}

#[test]
fn a_sheet_becomes_a_seed_once_its_code_prints_its_answer() {
    let user = User::new();
    user.write("loong.toml", "");
    let sheet = |answer: &str| {
        format!(
            "==== question ====\nWhat is 6 times 7?\n\n==== rationale ====\nprint(6 * 7)\n\n==== final_answer ====\n{answer}\n\n\
             ==== metadata ====\n{{\"domain\": \"logic\", \"license\": \"CC0-1.0\", \"date_created\": \"2026-11-22\"}}\n"
        )
    };
    let written = |arguments: &[&str], text: &str| {
        let mut child = user
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let out = child.wait_with_output().unwrap();
        (out.status.code(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
    };
    let new = ["seeds", "new", "--sheet", "-"];
    let (code, _, told) = written(&new, &sheet("41"));
    assert!(code == Some(2) && told.contains("printed 42"), "{told}");
    assert!(!user.project().join("own-seeds.json").exists());
    let (code, told, err) = written(&new, &sheet("42"));
    assert!(code == Some(0) && told.contains("own-seeds.json, row 1"), "{told}{err}");
    let (code, _, told) = written(&new, &sheet("42"));
    assert!(code == Some(2) && told.contains("there already"), "{told}");
    let kept: Value =
        serde_json::from_str(&std::fs::read_to_string(user.project().join("own-seeds.json")).unwrap()).unwrap();
    assert_eq!(
        (kept[0]["question"].as_str(), kept[0]["final_answer"].as_str()),
        (Some("What is 6 times 7?"), Some("42"))
    );

    let id = told_id(&user);
    let (code, told, err) =
        written(&["seeds", "edit", &id[..12], "--sheet", "-"], &sheet("42").replace("6 * 7", "7 * 6"));
    assert!(code == Some(0) && told.contains("row 1"), "{told}{err}");
    let (code, _, told) = written(&["seeds", "edit", "nothing-like-it", "--sheet", "-"], "");
    assert!(code == Some(2) && told.contains("no seed's id begins with"), "{told}");
}

/// The id of the one seed of the project's own.
fn told_id(user: &User) -> String {
    let out = user.command(&["--json", "seeds", "list", "own-seeds.json"]).output().unwrap();
    lines(&out.stdout)[0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn only_what_was_accepted_is_promoted() {
    let user = User::new();
    user.write("loong.toml", "");
    let ran = user.command(&["-q", "run", "--strategy", "template", "-n", "2"]).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let promoted = user.command(&["seeds", "promote", "1", "2"]).output().unwrap();
    let told = String::from_utf8_lossy(&promoted.stderr);
    assert!(promoted.status.code() == Some(1) && told.contains("nobody accepted it"), "{told}");
    let mut decide = user.command(&["decide"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    decide.stdin.take().unwrap().write_all(b"{\"candidate\": 1, \"curation\": \"accept\"}\n").unwrap();
    assert!(decide.wait().unwrap().success());
    let promoted = user.command(&["--json", "seeds", "promote", "1"]).output().unwrap();
    assert!(promoted.status.success(), "{}", String::from_utf8_lossy(&promoted.stderr));
    assert_eq!(lines(&promoted.stdout)[0]["told"], "promoted to a seed, written to own-seeds.json, row 1");
    let kept: Value =
        serde_json::from_str(&std::fs::read_to_string(user.project().join("own-seeds.json")).unwrap()).unwrap();
    assert_eq!(kept[0]["metadata"]["provenance"]["strategy"], "template");
}

/// The sheet of a guide or of `seeds new`, without the four spaces that indent it in the guide.
fn sheet_of_the_guide(user: &User) -> String {
    let guide = user.run(&["guide", "seeds"]).stdout;
    let (_, from) = guide.split_once("## A whole seed").unwrap();
    let (sheet, _) = from.split_once("This is the sheet").unwrap();
    sheet.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_guides_seed_is_one_and_nothing_is_found_in_it() {
    let user = User::new();
    user.write("loong.toml", "");
    user.write("seed.txt", &sheet_of_the_guide(&user));
    user.done(&["seeds", "new", "--sheet", "seed.txt"]);
    let lint = user.run(&["seeds", "lint", "own-seeds.json", "--run"]);
    assert_eq!(lint.code, 0, "{}{}", lint.stdout, lint.stderr);
    // Every finding that lint has is in the guide.
    let guide = user.run(&["guide", "seeds"]).stdout;
    for source in ["src/dataset/lint.rs", "src/cli/authoring.rs"] {
        let source = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(source)).unwrap();
        let code = source.split("#[cfg(test)]").next().unwrap();
        let names = code.split("find(").skip(1).chain(code.split("at(seed, ").skip(1));
        let names: Vec<&str> =
            names.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next()).collect();
        assert!(names.len() >= 4, "{names:?}");
        for name in names {
            assert!(guide.contains(&format!("`{name}`")), "the guide says nothing of {name}");
        }
    }
}

#[test]
fn a_seeds_history_is_shown_and_gone_back_in() {
    let user = User::new();
    user.write("loong.toml", "");
    let sheet = sheet_of_the_guide(&user);
    user.write("a.txt", &sheet);
    user.write("b.txt", &sheet.replace("six-sided", "cubic"));
    let id = |out: &str| out.split_whitespace().next().unwrap().to_owned();
    let first = id(&user.done(&["seeds", "new", "--no-check", "--sheet", "a.txt"]));
    let second = id(&user.done(&["seeds", "edit", &first, "--no-check", "--sheet", "b.txt"]));
    assert_ne!(first, second);
    let shown = user.done(&["seeds", "history", &first[..6]]);
    let minus = shown.lines().any(|l| l.starts_with("  -") && l.contains("six-sided"));
    let plus = shown.lines().any(|l| l.starts_with("  +") && l.contains("cubic"));
    assert!(minus && plus && shown.contains("state 2"), "{shown}");
    let back = id(&user.done(&["seeds", "history", &second, "--back", "1"]));
    assert_eq!(back, first);
    let states = user.json(&["seeds", "history", &second, "--json"]);
    let ids: Vec<&str> = states.iter().map(|s| s["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [&first, &second, &first]);
    let seeds = std::fs::read_to_string(user.project().join("own-seeds.json")).unwrap();
    assert!(seeds.contains("six-sided") && !seeds.contains("cubic"));
    for wrong in [vec!["seeds", "history", "zzz"], vec!["seeds", "history", &first, "--back", "9"]] {
        assert_eq!(user.run(&wrong).code, 2);
    }
}
