//! The four ways of the README, walked in a real terminal by somebody who has read nothing but the screen: each key is
//! pressed where the foot, a pane or an overlay tells of it, and comes in the comment above with what tells.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::server::Server;
use crate::walk::{BACKSPACE, DOWN, Home, LEFT, Walk};

/// Rollouts: reference, what the response ends with, what a person says of the two, and the reward they came with.
const ROLLOUTS: [(&str, &str, char, f64); 8] = [
    // The verifier says that these are the same, since it drops what stands before an equals sign.
    ("m_{max} = 12", "12", 'd', 1.0),
    ("x = 3", "3", 'e', 1.0),
    ("1365", "2731", 'd', 0.0),
    // … and that these are not.
    ("the white queen", "the lady in white", 'e', 1.0),
    ("42", "42", 'e', 1.0),
    ("7", "8", 'd', 0.0),
    ("\\frac{\\pi}{16}", "pi/16", 'e', 1.0),
    ("100", "100", 'e', 0.0),
];

fn rollouts() -> String {
    let row = |(nth, (reference, answer, _, reward)): (usize, &(&str, &str, char, f64))| {
        let question = format!("Question {nth}: which one is it?");
        let response = format!("Thought number {nth}. So it is \\boxed{{{answer}}}");
        let row = json!({"question": question, "reference": reference, "response": response, "domain": "advanced_math",
            "reward": reward});
        format!("{row}\n")
    };
    ROLLOUTS.iter().enumerate().map(row).collect()
}

/// Which of the rollouts is read.
fn thought(screen: &str) -> Option<usize> {
    let (_, after) = screen.split_once("Thought number ")?;
    after.split('.').next()?.parse().ok()
}

/// Judges every pair of a plan as a person would; `hidden` where its verdicts are.
fn judge_all(walk: &mut Walk, hidden: bool) {
    let mut judged = BTreeSet::new();
    while judged.len() < ROLLOUTS.len() {
        // The list is the plan's, all of it; and the foot has the number of the candidate that is read: on the way to a pair
        // others are passed.
        let nth = walk.reads("a pair that is not judged", |screen| {
            let is_hidden = screen.contains("verdict hidden");
            let is_listed = screen.contains(&format!("plan:yes ({})", ROLLOUTS.len()));
            let nth = thought(screen).filter(|nth| is_listed && screen.contains(&format!("a accept #{} ", nth + 1)))?;
            (!judged.contains(&nth) && (is_hidden || !hidden)).then_some(nth)
        });
        if hidden {
            let judge = if ROLLOUTS[nth].2 == 'e' { "oe" } else { "od" };
            // The pane of the answers: “o e equivalent  o d different · o c can't tell”.
            walk.press("o e equivalent  o d different", judge);
            // One stays, and sees what was hidden.
            walk.sees_no("verdict hidden");
            // The foot: “n next of the plan”.
            walk.press("n next of the plan", "n");
        } else {
            // The foot: “o judge”; then what follows it, each in a sentence. The next pair comes by itself.
            walk.press("o judge", "o");
            walk.press("Judge the two answers equivalent", &ROLLOUTS[nth].2.to_string());
        }
        judged.insert(nth);
    }
}

/// The estimates of the plan: false negatives, false positives.
fn rates(home: &Home) -> (f64, f64) {
    let stats = home.json(&["stats", "--audit", "--json", "-q"]);
    let rate = |name: &str| stats["plan"]["overall"][name]["estimate"].as_f64().unwrap();
    (rate("false_negative"), rate("false_positive"))
}

/// A researcher audits a verifier's false negatives: from a file of rollouts to a rule that was changed.
#[test]
fn a_researcher_audits_false_negatives() {
    let home = Home::new();
    home.write("rollouts.jsonl", &rollouts());
    let mut walk = home.open(&["--offline"]);
    // The welcome: “i  Make a project in this folder”.
    walk.sees("no project yet in");
    walk.press("i  Make a project in this folder", "i");
    walk.sees("project made");
    // The empty list: “gw  import, demo”. There: “m  Import rollouts”.
    walk.press("g w  import, demo", "gw");
    walk.press("m  Import rollouts", "m");
    // The line says what it wants: a file, and enter.
    walk.press("a file of JSON Lines", "rollouts.jsonl\r");
    walk.sees("reference ← reference");
    walk.press("enter imports and verifies every row", "\r");
    walk.sees("8 rows imported and verified");

    // The first one is read, with its verdict.
    walk.sees("= equivalent");
    // The foot: “n next ≠”.
    walk.press("n next ≠", "n");
    walk.sees("≠ different");

    // The foot: “g go to”; then what follows it, each in a sentence.
    walk.press("g go to", "g");
    walk.press("Audit: how often the verifier is wrong", "a");
    // The audit without a plan: “P  the same, and verdicts are hidden until you have judged”.
    walk.press("the same, and verdicts are hidden until you have judged", "P");
    walk.sees("0/8 judged");
    // The plan: “n  judges the next pair”.
    walk.press("n  judges the next pair", "n");
    judge_all(&mut walk, true);
    // After the last one: “no pair of the plan waits for you; ga has the rates”.
    walk.press("g a has the rates", "ga");
    walk.sees("8/8 judged");
    // Of five pairs that are the same the verifier finds one different; of three that are not it finds one the same.
    walk.sees("% [95 % interval]");
    for (name, percent) in [("false negatives", "20.0 (all judged)"), ("false positives", "33.3 (all judged)")] {
        walk.reads(name, |screen| screen.lines().find(|line| line.contains(name) && line.contains(percent)).map(drop));
    }
    // Two were read with their verdicts before the plan was drawn: the first one, and the disagreement.
    assert_eq!(home.count("blind:yes"), 6, "every judgement says whether it was made blind");

    // The foot: “gv rules”.
    walk.press("g v rules", "gv");
    walk.sees("tiers, in their order");
    walk.sees("no verdict changes");
    // To the leniency that drops a left side; the foot: “space change”.
    walk.types(&DOWN.repeat(7));
    walk.press("space change", " ");
    walk.sees("2 flips of 8 pairs");
    walk.sees("judgements contradicted");
    walk.sees("judgements newly satisfied");
    assert_eq!(home.count("leniency:lhs-dropped"), 2, "a trial writes nothing");
    // The foot: “x as configured”, and then the same change once more.
    walk.press("x as configured", "x");
    walk.sees("no verdict changes");
    walk.press("space change", " ");
    walk.sees("2 flips of 8 pairs");
    // The foot: “a apply”. It asks why, and whether.
    walk.press("a apply", "a");
    walk.press("enter goes on", "names matter\r");
    walk.sees("Apply it?");
    walk.press("y yes", "y");
    walk.sees("8 verdicts written");
    // The foot: “esc leave”.
    walk.press("esc leave", "\x1b");
    walk.sees("▸ plan:yes");
    walk.quits();
    assert!(home.loong(&["reverify", "--history", "-q"]).contains("names matter"));
    assert_eq!(home.count("leniency:lhs-dropped"), 0);
}

/// A seed author goes round: edit, check, mend, make five, read them, keep one.
#[test]
fn a_seed_author_goes_round() {
    let server = Server::start(Duration::ZERO, false);
    let home = Home::new();
    home.write("loong.toml", &server.project());
    let mut walk = home.open(&[]);
    // The empty list: “gs  the seeds”.
    walk.press("g s  the seeds", "gs");
    // The foot: “/ search”; the line: “enter keeps”.
    walk.press("/ search", "/");
    walk.press("enter keeps", "Alba\r");
    walk.sees("bundled: seed_dataset.json, row 1");

    // The foot: “e edit”. What is bundled is copied first.
    home.will_write_seed("What is the sum of 19 and 23?", "print(42)", "42");
    walk.press("e edit", "e");
    walk.sees("the bundled one stays");
    // The lint speaks before anything was run.
    walk.sees("prints a constant");
    home.will_write_seed("What is the sum of 19 and 23?", "print(19 + 24)", "42");
    walk.press("e edit", "e");
    walk.sees("written to own-seeds.json, row 1");
    walk.sees_no("prints a constant");
    // What was written is checked at once.
    walk.waits_for("≠ different");
    home.will_write_seed("What is the sum of 19 and 23?", "print(19 + 23)", "42");
    walk.press("e edit", "e");
    walk.waits_for("= equivalent");

    // The foot: “m five from this”.
    walk.press("m five from this", "m");
    walk.waits_for("the run is done");
    // The foot: “g r review”.
    walk.press("g r review", "gr");
    for nth in 1..=5 {
        walk.sees(&format!("{nth} of 5"));
        walk.sees("What is the sum of");
        walk.types(if nth < 5 { DOWN } else { "" });
    }
    // The foot: “a accept”; and of one that was accepted: “P make it a seed”.
    walk.press("a accept", "a");
    walk.press("P make it a seed", "P");
    // What is told of it: “gs shows it”.
    walk.press("g s shows it", "gs");
    walk.sees("own-seeds.json, row 2");
    walk.quits();
    let own: Value = serde_json::from_str(&home.read("own-seeds.json")).unwrap();
    assert_eq!(own.as_array().unwrap().len(), 2);
    assert_eq!((&own[0]["rationale"], &own[0]["final_answer"]), (&json!("print(19 + 23)"), &json!("42")));
    assert!(own[1]["metadata"]["source"].as_str().unwrap().starts_with("candidate "), "{own}");
}

/// Somebody curates: filters, accepts, rejects, sees what would be written and what would not, writes, and has the file.
#[test]
fn somebody_exports_what_they_curated() {
    let home = Home::new();
    home.write("rollouts.jsonl", &rollouts());
    home.loong(&["init", "-q", "--offline"]);
    home.loong(&["import", "rollouts.jsonl", "-q"]);
    let mut walk = home.open(&["--offline"]);
    // The foot: “/ filter”; the line tells how many match, and the offers what could be typed.
    walk.press("/ filter", "/");
    walk.types("verdict:equivalent");
    walk.press("5 match", "\r");
    walk.sees("1 of 5");
    // The foot: “a accept  x reject”.
    walk.press("a accept", "a");
    walk.sees("2 of 5");
    walk.press("x reject", "x");
    walk.sees("3 of 5");
    // Told when it is stored: what is counted before that counts it still.
    walk.sees("rejected · u undoes it");
    // The foot: “g e export”.
    walk.press("g e export", "ge");
    walk.sees("4 rows; w writes them");
    walk.sees("1  rejected");
    walk.sees("\"messages\": [");
    // The foot: “l change”: another format, and back.
    walk.press("l change", "l");
    walk.sees("prompt-completion.jsonl");
    walk.sees("\"completion\": [");
    walk.types(LEFT);
    walk.sees("messages.jsonl");
    // The foot: “/ filter”: all of them. What is refused is told by reason.
    walk.press("/ filter", "/");
    walk.types(&BACKSPACE.repeat("verdict:equivalent".len()));
    walk.press("8 match", "\r");
    walk.sees("3  different");
    walk.sees("1  rejected");
    walk.sees("4 rows; w writes them");
    // The foot: “w write”.
    walk.press("w write", "w");
    walk.sees("4 rows written to");
    walk.quits();
    let written = home.read("messages.jsonl");
    let rows: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 4);
    for row in &rows {
        let roles: Vec<&str> =
            row["messages"].as_array().unwrap().iter().map(|m| m["role"].as_str().unwrap()).collect();
        assert_eq!(roles[roles.len() - 2..], ["user", "assistant"], "{row}");
    }
    assert!(written.contains("Question 0:") && !written.contains("Question 1:"), "{written}");
    assert!(home.read("messages.manifest.json").contains("\"rejected\": 1"), "{}", home.read("messages.manifest.json"));
}

/// An RL experimenter audits what their trainer rewarded: rollouts with rewards are imported, those where reward and
/// verdict part are listed and judged, and the verifier's rates are there.
///
/// Episodes that `loong serve` rewarded come by themselves once it is there; until then they come as a file. What waits
/// for the server is to point a trainer at it and to find its episodes in the list, by their origin.
#[test]
fn an_experimenter_audits_rewarded_episodes() {
    let home = Home::new();
    home.write("episodes.jsonl", &rollouts());
    home.loong(&["init", "-q", "--offline"]);
    let mut walk = home.open(&["--offline"]);
    // As the researcher does: “gw  import, demo”, “m  Import rollouts”, a file, “enter imports …”.
    walk.press("g w  import, demo", "gw");
    walk.press("m  Import rollouts", "m");
    walk.press("a file of JSON Lines", "episodes.jsonl\r");
    walk.sees("reward ← reward");
    walk.press("enter imports and verifies every row", "\r");
    walk.sees("8 rows imported and verified");
    // The foot: “/ filter”; what could be typed is offered with what it means.
    walk.press("/ filter", "/");
    walk.types("rewar");
    walk.press("The reward that an import came with.", "d:1 verdict:different");
    walk.press("1 matches", "\r");
    walk.sees("1 of 1");
    walk.sees("the lady in white");
    // The other way round: not rewarded, and equivalent.
    walk.press("/ filter", "/");
    walk.types(&BACKSPACE.repeat("reward:1 verdict:different ".len()));
    walk.types("reward:0 verdict:equivalent");
    walk.press("1 matches", "\r");
    walk.sees("Question 7:");
    // The audit: “p  draws up to 200 pairs”, “n  judges the next pair”.
    walk.press("g go to", "g");
    walk.press("Audit: how often the verifier is wrong", "a");
    walk.press("p     draws up to 200 pairs", "p");
    walk.press("n  judges the next pair", "n");
    judge_all(&mut walk, false);
    walk.press("g a has the rates", "ga");
    walk.sees("8/8 judged");
    walk.sees("false negatives");
    walk.quits();
    let (missed, passed) = rates(&home);
    assert!((missed - 0.2).abs() < 1e-9 && (passed - 1.0 / 3.0).abs() < 1e-9, "{missed} {passed}");
    // The rewards that came along stand beside the judgements.
    assert_eq!(home.count("reward:1 judgement:different"), 1);
}
