//! The tutorial of the README, by its keys: import, judge a sample, read the rates, change a rule, check again.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use serde_json::Value;

use crate::harness::Session;

/// What a person says of the responses to each question of the bundled rollouts: `e`quivalent or `d`ifferent.
const TRUTH: [&str; 34] = [
    "eeed", "eeed", "eede", "eeed", "eeed", "eede", "eeed", "eded", "eeed", "eedd", "eede", "eedd", "eeeed", "eeed",
    "eeeed", "eeed", "eeed", "eeedd", "eeed", "eeed", "eeed", "eeed", "eeed", "eeed", "eeed", "eeeed", "eede", "eeeed",
    "eeed", "eeed", "eeed", "eeed", "eede", "eeed",
];

/// Planned pairs.
const PLAN: usize = 40;

struct Auditor {
    home: tempfile::TempDir,
}

impl Auditor {
    fn project(&self) -> PathBuf {
        self.home.path().join("audit")
    }

    fn folders(&self) -> Vec<(String, String)> {
        let mut folders: Vec<(String, String)> = ["CONFIG", "DATA", "STATE"]
            .map(|name| (format!("XDG_{name}_HOME"), self.home.path().join(name).display().to_string()))
            .to_vec();
        folders.push(("LOONG_REVIEWER".to_owned(), "mia".to_owned()));
        folders
    }

    fn run(&self, folder: &Path, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loong"));
        command.args(arguments).current_dir(folder).envs(self.folders()).output().unwrap()
    }

    fn loong(&self, folder: &Path, arguments: &[&str]) -> String {
        let done = self.run(folder, arguments);
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    fn json(&self, folder: &Path, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.loong(folder, arguments)).unwrap()
    }

    fn open(&self) -> Session {
        let folders = self.folders();
        let mut all: Vec<(&str, &str)> = folders.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let home = std::env::var("HOME").unwrap_or_default();
        all.push(("HOME", &home));
        let text = format!("cd '{}' && exec \"$0\" \"$@\"", self.project().display());
        let words = ["-c", text.as_str(), env!("CARGO_BIN_EXE_loong")];
        Session::start((120, 40), Path::new("/bin/sh"), &all, &words)
    }
}

/// The plan's pairs in their order (candidate, sample, what a person says of it), found on a copy of the project.
fn order(auditor: &Auditor) -> Vec<(i64, u64, char)> {
    let copy = auditor.home.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    for file in ["loong.toml", "loong.db"] {
        std::fs::copy(auditor.project().join(file), copy.join(file)).unwrap();
    }
    let mut order = Vec::new();
    for _ in 0..PLAN {
        let next = auditor.json(&copy, &["audit", "next", "--json"]);
        let (candidate, sample) = (next["candidate"].as_i64().unwrap(), next["sample"].as_u64().unwrap());
        let row = TRUTH[usize::try_from(candidate - 1).unwrap()];
        let said = row.chars().nth(usize::try_from(sample).unwrap()).unwrap();
        let judgement = if said == 'e' { "equivalent" } else { "different" };
        let decision = copy.join("decision.jsonl");
        let line = format!(r#"{{"candidate":{candidate},"sample":{sample},"judgement":"{judgement}"}}"#);
        std::fs::write(&decision, line).unwrap();
        auditor.loong(&copy, &["decide", &decision.display().to_string()]);
        order.push((candidate, sample, said));
    }
    order
}

#[test]
fn ten_minutes_from_rollouts_to_a_verifier_that_errs_less() {
    let auditor = Auditor { home: tempfile::tempdir().unwrap() };
    auditor.loong(auditor.home.path(), &["init", "audit"]);
    let project = auditor.project();
    auditor.loong(&project, &["import", "--example"]);
    auditor.loong(&project, &["audit", "plan", "--size", "40", "--rng-seed", "1"]);
    let order = order(&auditor);

    let mut session = auditor.open();
    session.until("? help");
    session.type_keys("ga");
    session.until("0/40 judged");
    session.type_keys("n");
    let judged = || auditor.json(&project, &["audit", "status", "--json"])["judged"].as_u64();
    let (slowly, at_once) = order.split_at(PLAN - 16);
    for (nth, (candidate, sample, said)) in slowly.iter().enumerate() {
        // The pane of the answers has the sample, which the pair before may have, too; the foot has the candidate.
        let (answer, foot) = (format!("CoT answer {}/", sample + 1), format!("a accept #{candidate} "));
        session.until_that(&format!("pair {nth} ({candidate}.{sample})"), |screen| {
            let shown = screen.contents();
            shown.contains(&answer) && shown.contains(&foot)
        });
        session.type_keys(format!("o{said}"));
        let begun = Instant::now();
        while judged() != Some(nth as u64 + 1) {
            assert!(begun.elapsed().as_secs() < 60, "pair {nth} is not judged on\n{}", session.screen());
        }
    }
    // Who knows them types faster than they come: each word is of its own pair all the same.
    session.type_keys(at_once.iter().flat_map(|(.., said)| ['o', *said]).collect::<String>());
    session.until("no pair of the plan waits for you");
    let overall = |folder: &Path| auditor.json(folder, &["stats", "--audit", "--json"])["plan"]["overall"].clone();
    assert_eq!(overall(&project), overall(&auditor.home.path().join("copy")));

    // The rates: the verifier errs both ways on this sample, and says how surely.
    session.type_keys("ga");
    session.until("40/40 judged");
    let rates = auditor.json(&project, &["stats", "--audit", "--json"]);
    let rate = |rates: &Value, name: &str| rates["plan"]["overall"][name]["estimate"].as_f64().unwrap();
    let before = (rate(&rates, "false_negative"), rate(&rates, "false_positive"));
    assert!(before.0 > 0.0 && before.1 > 0.0, "{rates:#}");

    // A rule on trial: `percent` lets 36 % pass for 36.
    session.type_keys("gv");
    session.until("tiers, in their order");
    session.type_keys("jjjjjj");
    session.type_keys(" ");
    session.until("3 flips of 141 pairs");
    session.type_keys("x");
    session.until_that("the configured rules", |screen| !screen.contents().contains("1 changed"));
    session.type_keys("q");
    assert!(session.wait_exit().success());

    // Applied as a version, kept in the history, and checked against every judgement.
    let check = auditor.run(&project, &["reverify", "--check", "--json"]);
    assert_eq!(check.status.code(), Some(1), "the verifier contradicts judgements, as it did");
    auditor.loong(&project, &["reverify", "--leniency", "no-percent", "--apply", "--note", "36 % is not 36"]);
    let history = auditor.loong(&project, &["reverify", "--history"]);
    assert!(history.contains("36 % is not 36"), "{history}");
    let report = project.join("audit.md");
    auditor.loong(&project, &["stats", "--audit", "--report", &report.display().to_string()]);
    let text = std::fs::read_to_string(&report).unwrap();
    assert!(text.contains("false-negative") || text.contains("False negatives"), "{text}");
}
