//! Problems without a model: templates and generator commands, as their user has them.

use crate::User;

const FAMILY: &str = "title = \"Sums\"\ndomain = \"advanced_math\"\nquestion = \"What is {{ a }} + {{ b }}?\"\n\
    code = \"print({{ a }} + {{ b }})\"\n[parameters]\na = { int = [1, 3] }\nb = { int = [4, 6] }\n";

#[test]
fn faults_of_families_are_named_with_their_lines() {
    let user = User::new();
    user.write("sums.toml", &FAMILY.replace("[1, 3]", "[3, 1]").replace("print({{ a }}", "print({{ a }"));
    let ran = user.run(&["templates", "check", "sums.toml"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(
        ran.stdout.contains("sums.toml:6: parameters.a") && ran.stdout.contains("sums.toml:4: code"),
        "{}",
        ran.stdout
    );
    let ran = user.run(&["templates", "show", "nothing"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("knapsack"), "{}", ran.stderr);
}

#[test]
fn a_run_without_a_model_executes_every_problem_and_ends_in_order() {
    let user = User::new();
    user.write("sums.toml", FAMILY);
    user.write("loong.toml", "[strategy.template]\nfamilies = [\"sums.toml\"]\n");
    let events = user.json(&["run", "--strategy", "template", "-n", "50", "--json", "-q"]);
    let ended = events.iter().rev().find(|e| e["event"] == "ended").unwrap();
    assert!(ended.to_string().contains("9 problems"), "{ended}");
    let all = user.json(&["export", "--format", "raw", "--all", "--to", "-"]);
    let answers: Vec<i64> = all.iter().map(|c| c["reference"].as_str().unwrap().parse().unwrap()).collect();
    assert_eq!((all.len(), answers.iter().sum::<i64>()), (9, 63));
    assert!(all.iter().all(|c| c["failure"].is_null() && c["responses"] == serde_json::json!([])));
    assert!(all.iter().all(|c| c["metadata"]["parameters"]["a"].is_number()));
}

#[cfg(unix)]
#[test]
fn a_killed_run_asks_a_command_for_no_slot_twice() {
    let user = User::new();
    let script = "import json, sys\nfor line in sys.stdin:\n    n = json.loads(line)['ordinal']\n    \
                  open('asked', 'a').write(f'{n}\\n')\n    \
                  print(json.dumps({'ordinal': n, 'question': f'What is {n} plus {7 * n}?', \
                  'code': f'print({8 * n})'}), flush=True)\n";
    user.write("generator.py", script);
    user.write("loong.toml", "");
    let arguments = ["run", "--command", "python3 generator.py", "-n", "60", "-q"];
    let mut child = user.command(&arguments).spawn().unwrap();
    let asked = || std::fs::read_to_string(user.project().join("asked")).unwrap_or_default();
    while asked().lines().count() < 10 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    user.done(&arguments);
    let all = user.json(&["export", "--format", "raw", "--all", "--to", "-"]);
    assert_eq!(all.len(), 60);
    let mut twice: Vec<String> = asked().lines().map(str::to_owned).collect();
    let all_asked = twice.len();
    twice.sort();
    twice.dedup();
    assert_eq!(twice.len(), 60);
    // As many as are generated at a time.
    assert!(all_asked <= 68, "only what was in flight at the kill is asked again: {all_asked}");
}

#[cfg(unix)]
#[test]
fn the_guides_generator_is_one() {
    let user = User::new();
    let guide = user.run(&["guide", "generator-commands"]).stdout;
    let (_, example) = guide.split_once("## A whole generator").unwrap();
    let lines = example.lines().map(|line| line.strip_prefix("    ").unwrap_or(line));
    user.write("generator.py", &lines.collect::<Vec<_>>().join("\n"));
    user.write("loong.toml", "");
    user.done(&["run", "--command", "python3 generator.py", "-n", "5", "-q"]);
    let all = user.json(&["export", "--format", "raw", "--all", "--to", "-"]);
    assert_eq!(all.len(), 5);
    assert!(all.iter().all(|c| c["failure"].is_null() && c["reference"].is_string()), "{all:?}");
}

#[cfg(unix)]
#[test]
fn a_program_that_dies_ends_the_run_with_its_last_words() {
    let user = User::new();
    user.write("generator.py", "import sys\nprint('warming \\x1b[2J up', file=sys.stderr)\nimport no_such_module\n");
    user.write("loong.toml", "");
    let ran = user.run(&["run", "--command", "python3 generator.py", "-n", "5"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let told = format!("{}{}", ran.stdout, ran.stderr);
    for wanted in ["the program `python3 generator.py` failed", "exit status: 1", "No module named 'no_such_module'"] {
        assert!(told.contains(wanted), "{wanted}: {told}");
    }
    assert!(!told.contains('\u{1b}') && !told.contains("the model"), "{told}");
}

#[test]
fn a_project_cannot_name_the_command() {
    let user = User::new();
    user.write("loong.toml", "[strategy.command]\nrun = [\"touch\", \"owned\"]\n");
    let ran = user.run(&["run", "--strategy", "command", "-n", "1"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    user.write("loong.toml", "");
    user.write("recipe.toml", "[run]\nstrategy = \"command\"\n[strategy.command]\nrun = [\"touch\", \"owned\"]\n");
    let ran = user.run(&["run", "--recipe", "recipe.toml", "-n", "1"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("your own configuration"), "{}", ran.stderr);
    assert!(!user.project().join("owned").exists());
}
