//! `loong review --plain`: a person, or a script, reads and decides line by line.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::{Ran, User, is_clean};

/// A user with four rollouts: 1 is equivalent, 2 different, 3 hostile and long, 4 has two responses.
fn auditor() -> User {
    let user = User::new();
    let hostile =
        format!("\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}start\n{}\\boxed{{9}}", "a line of thought\n".repeat(60));
    let rows = [
        json!({"question": "2+2?", "reference": "4", "response": "so \\boxed{4}", "domain": "logic"}),
        json!({"question": "Who?", "reference": "the white queen", "response": "\\boxed{the lady in white}"}),
        json!({"question": "Long \u{1b}[31m?", "reference": "9\u{9b}", "response": hostile}),
        json!({"question": "Many?", "reference": "7", "response": ["\\boxed{7}", "\\boxed{8}"]}),
    ];
    user.write("r.jsonl", &rows.map(|r| format!("{r}\n")).concat());
    user.done(&["init", "-q"]);
    user.done(&["import", "r.jsonl", "-q"]);
    user
}

fn typed(user: &User, arguments: &[&str], lines: &str) -> Ran {
    let all = [&["review", "--plain", "--reviewer", "mia"], arguments].concat();
    let mut child =
        user.command(&all).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let ran = Ran::of(&all, child.wait_with_output().unwrap());
    assert!(is_clean(&ran.stdout) && is_clean(&ran.stderr), "{:?}", ran.stdout);
    ran
}

/// That the texts occur, in this order.
#[track_caller]
fn says(text: &str, wanted: &[&str]) {
    let mut rest = text;
    for w in wanted {
        let at = rest.find(w).unwrap_or_else(|| panic!("`{w}` is not in what is left of\n{text}"));
        rest = &rest[at + w.len()..];
    }
}

fn decisions(user: &User, id: i64) -> Vec<Value> {
    user.json(&["show", &id.to_string(), "--json", "-q"])[0]["decisions"].as_array().unwrap().clone()
}

#[test]
fn one_reads_decides_and_goes_on() {
    let user = auditor();
    let ran = typed(&user, &[], "a\noe\nc the same person\ntag hard, titles\nwb\nx\nstats\n");
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    says(
        &ran.stdout,
        &[
            "4 candidates. You decide as mia.",
            "Candidate 1, 1 of 4. Domain logic. Strategy r.",
            "Question:\n2+2?",
            "Chain of thought, by",
            "Given reference: 4\nCoT answer: 4\nVerdict: = equivalent",
            "accepted 1; undo takes it back.",
            "Candidate 2, 2 of 4.",
            "Verdict: ≠ different",
            "Reason: ",
            "Compared: ",
            "judged 2: equivalent; undo takes it back.",
            "Candidate 3, 3 of 4.",
            "noted on 3;",
            "tagged 3 hard, titles;",
            "both answers of 3 are right;",
            "rejected 3;",
            "Candidate 4, 4 of 4.",
            "Judged: 1 of 4.",
            "Curated: accepted 1, rejected 1.",
            "6 decisions were stored.",
        ],
    );
    let second = decisions(&user, 2);
    assert_eq!((second.len(), &second[0]["judgement"], &second[0]["blind"]), (1, &json!("equivalent"), &json!(false)));
    assert_eq!(decisions(&user, 3).len(), 4);
}

#[test]
fn undo_goes_back_over_sessions_and_a_batch_at_once() {
    let user = auditor();
    typed(&user, &[], "accept\nreject\n");
    let store = loong::store::Store::open(user.project().join("loong.db"), loong::store::OpenMode::Existing).unwrap();
    let flag = |candidate| loong::store::record::NewDecision {
        candidate,
        curation: Some(loong::store::record::Curation::Flag),
        reviewer: "mia".to_owned(),
        ..Default::default()
    };
    store.decide_many_blocking(vec![flag(3), flag(4)]).unwrap();
    drop(store);
    let ran = typed(&user, &[], "undo\nundo\nredo\nu\nu\nu\n");
    says(
        &ran.stdout,
        &[
            "Took back 2 decisions that were made at once, such as: flagged 4; redo puts it back.",
            "You are at candidate 4, 4 of 4.",
            "Took back: rejected 2; redo puts it back.",
            "You are at candidate 2, 2 of 4.",
            "Put back: rejected 2; undo takes it back.",
            "Took back: rejected 2;",
            "Took back: accepted 1;",
            "There is nothing to take back.",
        ],
    );
    assert_eq!(user.json(&["list", "decided:yes", "--json", "-q"]).len(), 0);
}

#[test]
fn a_candidate_is_corrected_in_a_word() {
    let user = auditor();
    let lines = "correct answer the lady in white\nod\nK\nhistory\nundo\nundo\nshow\nE answer\ncorrect answer the white queen\n";
    let ran = typed(&user, &["id:2,3"], lines);
    says(
        &ran.stdout,
        &[
            "Before, the answer: the white queen\nNow, the answer: the lady in white\n",
            "corrected the answer of 2; undo takes it back.",
            "Verdict: = equivalent",
            "judged 2: different",
            "A person corrected the answer; `history` tells what it came with.",
            "Revised answer: the lady in white",
            "mia: corrected the answer of 2\n  Before, the answer: the white queen",
            "Took back: judged 2: different",
            "Took back: corrected the answer of 2",
            "Given reference: the white queen",
            "correct what?",
            "Nothing was changed.",
        ],
    );
    let log = decisions(&user, 2);
    assert_eq!((&log[0]["kind"], &log[1]["about"]), (&json!("revision"), &json!("the lady in white")));
}

#[test]
fn a_script_corrects_and_its_verdicts_are_the_verifiers() {
    let user = auditor();
    let forged = json!({"outcome": "different", "tier": "number", "leniencies": [], "reason": "", "extracted": null,
        "reference_value": "", "response_value": "", "side": null, "version": "forged"});
    user.write(
        "d.jsonl",
        &format!("{}\n", json!({"candidate": 4, "revision": {"reference": "8", "verdicts": {"1": forged}}})),
    );
    user.done(&["decide", "d.jsonl"]);
    let pairs = &user.json(&["show", "4", "--json", "-q"])[0]["candidate"]["revised"]["pairs"];
    assert_eq!(
        (&pairs["1"]["verdict"]["outcome"], &pairs["0"]["verdict"]["outcome"]),
        (&json!("equivalent"), &json!("different"))
    );
    assert_eq!(user.json(&["list", "revised:yes", "--json", "-q"]).len(), 1);
}

#[test]
fn blind_hides_until_one_has_judged_and_the_decision_says_so() {
    let user = auditor();
    user.write(
        "d.jsonl",
        "{\"candidate\":2,\"sample\":0,\"judgement\":\"different\",\"reviewer\":\"bob\",\"note\":\"no!\"}\n",
    );
    user.done(&["decide", "d.jsonl"]);
    let ran = typed(&user, &["--blind", "id:2"], "history\nN\nn\nod\nhistory\nshow\n");
    let (before, after) = ran.stdout.split_once("judged 2: different; undo takes it back.").unwrap();
    says(
        before,
        &[
            "Given reference: the white queen",
            "CoT answer: the lady in white",
            "Verdict: hidden until you have judged.",
        ],
    );
    says(before, &["What others decided is hidden", "blind mode hides", "blind mode hides"]);
    for word in ["≠", "tier", "Reason", "contested", "bob", "no!"] {
        assert!(!before.contains(word), "`{word}` is told too early:\n{before}");
    }
    says(
        after,
        &[
            "Verdict: ≠ different",
            "bob: judged 2: different: no!",
            "mia: judged 2: different, blind",
            "Judgement: different.",
        ],
    );
    let log = decisions(&user, 2);
    assert_eq!((&log[1]["reviewer"], &log[1]["blind"]), (&json!("mia"), &json!(true)));

    let ran = typed(&user, &["id:4"], "b\noe\nod\nundo\nshow\n");
    says(
        &ran.stdout,
        &[
            "Verdict: = equivalent",
            "Verdicts are hidden",
            "judged response 1 of candidate 4: equivalent",
            "Verdict: = equivalent",
            "Chain of thought (response 2 of 2)",
            "CoT answer: 8\nVerdict: hidden until you have judged.",
            "judged response 2 of candidate 4: different",
            "Verdict: ≠ different",
            "Took back: judged response 2 of candidate 4: different",
            "CoT answer: 8\nVerdict: hidden",
        ],
    );
}

#[test]
fn long_and_hostile_texts_are_folded_and_cleaned() {
    let user = auditor();
    let ran = typed(&user, &["id:3"], "more\ncot\ncode\n");
    says(
        &ran.stdout,
        &["Long ␛[31m?", "␛[2J␛]0;owned␇⟨RLO⟩start", "(22 more lines; `more` shows all)", "Given reference: 9\\u{9b}"],
    );
    let lines = |text: &str| text.matches("a line of thought").count();
    assert_eq!(lines(&ran.stdout), 39 + 60 + 60, "folded, then whole twice");
    says(&ran.stdout, &["Candidate 3 has none."]);
}

#[test]
fn one_moves_by_number_disagreement_response_and_filter() {
    let user = auditor();
    let lines = "n\nn\nprevious\ngo 1\n4\n]\n]\nresponse 1\nK\nfilter verdict:equivalent\nn\n/domain:logic\n\n/nothing:x\n/id:99\ngo 99\nJ\n";
    let ran = typed(&user, &[], lines);
    says(
        &ran.stdout,
        &[
            "Candidate 1, 1 of 4.",
            "Candidate 2, 2 of 4.",
            "Candidate 4, 4 of 4.",
            "Candidate 3, 3 of 4.",
            "Candidate 1, 1 of 4.",
            "Candidate 4, 4 of 4.",
            "Chain of thought (response 2 of 2)",
            "candidate 4 has 2 responses",
            "Chain of thought (response 1 of 2)",
            "Candidate 3, 3 of 4.",
            "candidates match verdict:equivalent.",
            "1 candidate matches domain:logic.",
            "You are at candidate 1, 1 of 1.",
            "there is no field `nothing`",
            "No candidate matches; the list is as it was.",
            "there is no candidate 99",
            "There is no further one. You are at candidate 1, 1 of 1.",
        ],
    );
    assert_eq!(ran.code, 1, "a script hears that lines were refused");
}

#[test]
fn what_is_not_understood_is_told_and_harms_nothing() {
    let user = auditor();
    let ran = typed(&user, &["-q", "id:1"], "acept\n\u{1b}[A\njudge equivalent response 7\n\u{0}\naccept");
    says(
        &ran.stdout,
        &[
            "did you mean `accept`?",
            "is not understood",
            "candidate 1 has one response",
            "is not understood",
            "accepted 1;",
        ],
    );
    assert!(!ran.stdout.contains("`help` lists what can be typed\n\n"), "quiet leaves the greeting out");
    assert_eq!(decisions(&user, 1).len(), 1, "the last line needs no end");
    assert_eq!(ran.code, 1);
    let empty = typed(&user, &["domain:nothing"], "accept\nnext\nhelp\nq\n");
    says(
        &empty.stdout,
        &["0 candidates match", "There is nothing to read", "There is nothing to read", "judge equivalent, or oe"],
    );
    says(&empty.stdout, &["Nothing was decided."]);
    assert_eq!(empty.code, 0);
}

#[test]
fn it_wants_a_project_by_name_and_a_filter_that_is_one() {
    let user = User::new();
    assert_eq!(typed(&user, &[], "").code, 2);
    let user = auditor();
    let ran = typed(&user, &["colour:red"], "");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("there is no field `colour`"), "{}", ran.stderr);
    assert_eq!(typed(&user, &["--json"], "").code, 2);
    let help = user.done(&["review", "--help"]);
    assert!(help.contains("Examples:") && help.contains("--plain"), "{help}");
}

#[test]
fn disagreements_come_in_the_order_of_the_list() {
    let user = auditor();
    let ran = typed(&user, &["sort:newest"], "n\nn\nN\n");
    says(
        &ran.stdout,
        &[
            "Candidate 4, 1 of 4.",
            "Candidate 2, 3 of 4.",
            "There is no further disagreement. You are at candidate 2, 3 of 4.",
            "Candidate 4, 1 of 4.",
        ],
    );
}

/// A plan that hides its verdicts hides them from whoever reads line by line, too, and leads to none of them.
#[test]
fn a_blind_plan_hides_its_verdicts_here_too() {
    let user = auditor();
    user.done(&["audit", "plan", "--size", "5", "--rng-seed", "1", "--blind", "-q"]);
    let ran = typed(&user, &[], "n\ngo 2\nod\ngo 2\nundo\nshow\n");
    let (before, after) = ran.stdout.split_once("judged 2: different; undo takes it back.").unwrap();
    says(
        before,
        &["Candidate 1, 1 of 4.", "Verdict: hidden", "There is no further disagreement.", "Candidate 2, 2 of 4."],
    );
    assert!(!before.contains('≠') && !before.contains("Reason"), "{before}");
    says(
        after,
        &["Verdict: ≠ different", "Candidate 2, 2 of 4.", "Verdict: ≠ different", "Took back", "Verdict: hidden"],
    );
    assert_eq!(decisions(&user, 2)[0]["blind"], json!(true));
}

/// What is told at the end is what is in force then.
#[test]
fn the_end_tells_what_is_in_force() {
    let user = auditor();
    let last = |lines: &str| typed(&user, &["-q"], lines).stdout.lines().last().unwrap().to_owned();
    assert_eq!(last("a\nu\n"), "1 decision was stored and taken back again.");
    assert_eq!(last("a\nx\nf\nu\nu\nredo\n"), "3 decisions were stored, and 1 of them taken back again: 2 in force.");
    assert_eq!(last("u\nu\n"), "Nothing was decided; 2 decisions were taken back that had been made before.");
    assert_eq!(last("redo\nredo\n"), "Nothing was decided.", "put back, as it was");
    let ran = typed(&user, &["-q"], "a\nu\nstats\n");
    says(&ran.stdout, &["Decided by you since you began: 0."]);
}

/// An editor in a pipe would write into what is read, and read what is typed.
#[test]
fn no_editor_starts_where_there_is_no_terminal() {
    let user = auditor();
    let all = ["review", "--plain", "-q", "id:1"];
    let mut command = user.command(&all);
    command.env("EDITOR", "touch edited").env_remove("VISUAL");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"E\na\n").unwrap();
    let ran = Ran::of(&all, child.wait_with_output().unwrap());
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    says(&ran.stdout, &["there is no terminal to edit in; `correct answer 42`", "accepted 1"]);
    assert!(!user.project().join("edited").exists());
}

/// Who may read a project and not write it reads it, and is told what cannot be done.
#[cfg(unix)]
#[test]
fn a_project_that_may_not_be_written_is_read() {
    use std::os::unix::fs::PermissionsExt as _;

    let user = auditor();
    let store = user.project().join("loong.db");
    std::fs::set_permissions(&store, std::fs::Permissions::from_mode(0o444)).unwrap();
    let ran = typed(&user, &[], "J\noe\nundo\ncorrect answer 3\nhistory\n");
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    says(
        &ran.stdout,
        &[
            "The project's files may not be written: it can be read, and nothing can be decided.",
            "Candidate 1, 1 of 4.",
            "Candidate 2, 2 of 4.",
            "nothing was decided: ",
            "loong.db may not be written; change its permissions",
            "nothing was decided: ",
            "nothing was decided: ",
            "Nobody has decided anything about candidate 2.",
            "Nothing was decided.",
        ],
    );
    assert_eq!(typed(&user, &["sort:suspicious"], "J\n").code, 0, "{}", ran.stderr);
}

#[test]
fn both_sides_are_to_blame_in_words() {
    let user = User::new();
    user.write(
        "r.jsonl",
        "{\"question\": \"?\", \"reference\": \"\\\\int_0^1 f(\", \"response\": \"\\\\boxed{\\\\int_0^2 g(}\"}\n",
    );
    user.done(&["init", "-q"]);
    user.done(&["import", "r.jsonl", "-q"]);
    says(&typed(&user, &[], "").stdout, &["Verdict: ? undecided, because of both, tier text."]);
}
