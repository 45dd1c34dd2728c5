//! The main job: the demo to its end, and each of its kinds found by a filter.

use serde_json::Value;

use crate::{User, is_clean, lines};

/// A kind of the demo, the filter that finds it, and how many there are at the least.
const KINDS: &[(&str, &str, usize)] = &[
    ("agreements", "agreement:agrees", 30),
    ("code right and CoT wrong, or the reverse", "verdict:different responses:1", 8),
    ("both right in unlike form", "verdict:undecided side:response", 1),
    ("code error", "kind:code_error", 6),
    ("endless loop", "kind:code_timeout", 2),
    ("memory hog", "kind:code_memory", 2),
    ("prints, then crashes", "kind:code_error stdout~1", 1),
    ("prints nothing", "kind:code_empty", 2),
    ("prints too much", "kind:code_output", 2),
    ("not deterministic", "kind:nondeterministic", 1),
    ("no final answer", "kind:no_answer", 2),
    ("refusal by the generator", "kind:refused stage:generate", 2),
    ("refusal by a solver", "kind:refused stage:solve", 2),
    ("truncated reply of the generator", "kind:truncated stage:generate", 2),
    ("truncated reply of a solver", "kind:truncated stage:solve", 2),
    ("malformed reply", "kind:malformed", 2),
    ("duplicate questions", "kind:duplicate", 3),
    ("an attempt to read a file", "stderr~\"/etc/passwd\" kind:code_error", 1),
    ("an attempt to open a socket", "code~socket kind:code_error", 1),
    ("escape sequences", "text~\"]0;\"", 1),
    ("heavy LaTeX", "text~\"\\\\begin{aligned}\"", 1),
    ("Chinese", "question~求 or question~问", 1),
    ("a very long chain of thought", "chars>200000", 1),
    ("several responses", "responses>1", 5),
    ("several responses that disagree", "responses>1 verdict:different", 4),
    ("reasoning kept apart", "reasoning~the", 1),
];

#[test]
fn the_demo_runs_to_its_end_and_every_kind_is_found() {
    let user = User::new();
    // What somebody judged in the demo of an earlier version is kept, and this version's is made beside it.
    let head = include_str!("../../assets/demo/loong.toml").lines().next().unwrap();
    let demo = user.demo();
    std::fs::create_dir_all(&demo).unwrap();
    std::fs::write(demo.join("loong.toml"), format!("{head}\n[run]\ncandidates = 3\n")).unwrap();
    std::fs::write(demo.join("loong.db"), "mine").unwrap();
    let told = user.run(&["run", "--demo"]);
    assert_eq!(std::fs::read_to_string(demo.with_file_name("demo-1").join("loong.db")).unwrap(), "mine");
    assert_eq!(told.code, 0, "{}", told.stderr);
    assert!(told.stderr.contains("demo-1"), "{}", told.stderr);
    assert!(told.stdout.starts_with("done\n"), "{}", told.stdout);
    assert!(told.stderr.contains("scripted"), "the demo does not say that its replies are scripted");

    let all = user.json(&["list", "--json", "-q", "-n", "1000"]);
    assert!(all.len() >= 60, "{}", all.len());
    for (kind, filter, least) in KINDS {
        let ran = user.run(&["list", "--json", "-q", filter]);
        assert_eq!(ran.code, 0, "{kind}: {}", ran.stderr);
        let found = ran.stdout.lines().count();
        assert!(found >= *least, "{kind}: `{filter}` finds {found}, not {least}");
    }
    let domains: std::collections::BTreeSet<&str> = all.iter().filter_map(|c| c["domain"].as_str()).collect();
    assert_eq!(domains.len(), 5, "{domains:?}");

    figures_and_exports(&user, all.len());
    everything_printed_is_clean(&user, &all);

    // The demo again does nothing again.
    let again = user.run(&["run", "--demo"]);
    assert_eq!(again.code, 0);
    assert_eq!(user.json(&["list", "--json", "-q", "-n", "1000"]).len(), all.len());
}

fn figures_and_exports(user: &User, candidates: usize) {
    let stats = user.json(&["stats", "--json", "-q"]).remove(0);
    assert!(stats.to_string().contains(&candidates.to_string()), "{stats}");
    report(user, candidates);
    for format in ["loong", "messages"] {
        let file = format!("{format}.jsonl");
        user.done(&["export", "--format", format, "--to", &file, "-q"]);
        let rows = lines(&user.project().join(&file));
        assert!(rows.len() >= 30, "{format}: {}", rows.len());
        assert!(user.project().join(format!("{format}.manifest.json")).exists());
    }
    // An export is a seed dataset again, and its programs still print its answers.
    let checked = user.run(&["seeds", "check", "loong.jsonl", "--json", "-q"]);
    let summary: Value = serde_json::from_str(checked.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(summary["summary"]["equivalent"], summary["summary"]["seeds"], "{}", checked.stdout);
    let raw = user.json(&["export", "--format", "raw", "--all", "--to", "-", "-q"]);
    assert_eq!(raw.len(), candidates);
    let executed = raw.iter().find(|r| !r["executions"].as_array().unwrap().is_empty()).unwrap();
    for field in ["stdout", "stderr", "seconds", "memory", "isolation", "venv", "python", "code_hash", "status"] {
        assert!(!executed["executions"][0][field].is_null(), "{field} is not kept");
    }
    for field in ["seeds", "prompt_hash", "generator_reply_id", "model"] {
        assert!(!executed[field].is_null(), "{field} is not kept");
    }
    let before = std::fs::read(user.project().join("loong.jsonl")).unwrap();
    user.done(&["export", "--format", "loong", "--to", "loong.jsonl", "--overwrite", "-q"]);
    assert_eq!(std::fs::read(user.project().join("loong.jsonl")).unwrap(), before, "the same store gave other bytes");
}

/// The report of a run: as JSON, as text, as Markdown, beside another.
fn report(user: &User, candidates: usize) {
    let stats = user.json(&["stats", "--run", "last", "--against", "1", "--json", "-q"]).remove(0);
    let row = &stats["report"]["rows"][0];
    assert_eq!((row["strategy"].as_str(), &row["domain"]), (Some("few-shot"), &Value::Null));
    assert_eq!(row["counts"]["candidates"], candidates);
    for known in ["/accuracy/estimate", "/diversity/seeds/nearest/cosine", "/diversity/siblings/mean/lexical"] {
        assert!((0.0..=1.0).contains(&row.pointer(known).unwrap().as_f64().unwrap()), "{known}: {row}");
    }
    assert!(row["cost"]["replies"].as_u64().unwrap() > 100 && row["cost"]["usd_per_agreeing"].is_null(), "{row}");
    let stages: Vec<_> = stats["report"]["times"].as_array().unwrap().iter().map(|t| t["stage"].clone()).collect();
    assert_eq!(stages, ["generate", "execute", "solve", "verify"]);
    let changes = stats["against"]["changes"].as_array().unwrap();
    assert!(changes.iter().all(|c| c["difference"].is_null() || c["difference"] == 0.0), "the same run: {changes:?}");

    let text = user.done(&["stats", "--run", "1", "-q"]);
    for word in ["solver", "Difficulty", "Diversity", "Cost", "unknown", "Time by stage"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    user.done(&["stats", "--run", "1", "--report", "run.md", "-q"]);
    let document = std::fs::read_to_string(user.project().join("run.md")).unwrap();
    assert!(document.contains("Run 1: few-shot") && document.contains("| not executable |"), "{document}");
    assert!(is_clean(&document) && is_clean(&text));
    let wrong = user.run(&["stats", "--run", "9"]);
    assert!(wrong.code == 2 && wrong.stderr.contains("there is no run 9; the last ones are 1"), "{}", wrong.stderr);
    assert_eq!(user.run(&["stats", "--run", "first"]).code, 2);
}

fn everything_printed_is_clean(user: &User, all: &[Value]) {
    let mut texts =
        vec![user.done(&["list", "-q", "-n", "1000"]), user.done(&["stats", "-q"]), user.done(&["reverify", "-q"])];
    for candidate in all {
        texts.push(user.done(&["show", &candidate["id"].to_string(), "--prompt", "-q"]));
    }
    for text in &texts {
        assert!(is_clean(text), "{:?}", text.chars().find(|c| !is_clean(&c.to_string())));
    }
}
