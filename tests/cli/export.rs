//! Exporting more than once, away from benchmarks, in Parquet: as the user types it.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::User;

/// A project with rollouts that agree, to questions with these numbers.
fn import(user: &User, name: &str, numbers: std::ops::RangeInclusive<u32>) {
    let mut rows = String::new();
    for n in numbers {
        let question = format!("A board has {n} rows of {n} squares each. How many squares has the board?");
        let row = json!({"question": question, "reference": (n * n).to_string(), "response": format!("So \\boxed{{{}}}.", n * n)});
        let _ = writeln!(rows, "{row}");
    }
    user.write(name, &rows);
    user.done(&["import", name, "-q"]);
}

#[test]
fn what_is_new_since_the_last_export_and_what_was_withdrawn() {
    let user = User::new();
    user.done(&["init"]);
    import(&user, "one.jsonl", 1..=4);
    let since = ["export", "--format", "messages", "--to", "sft.jsonl", "--since-last"];
    assert!(user.done(&since).starts_with("4 rows written to sft.jsonl"), "the first one writes all");
    assert!(user.done(&since).starts_with("nothing is new since the last export to sft.jsonl, which has 4 rows\n"));
    import(&user, "two.jsonl", 5..=6);
    let reject = json!({"candidate": 2, "curation": "reject"});
    user.write("decisions.jsonl", &reject.to_string());
    user.done(&["decide", "decisions.jsonl", "--reviewer", "mia"]);
    let told = user.done(&since);
    for line in [
        "2 new rows written to sft.part-2.jsonl, beside sft.jsonl",
        "      1  withdrawn since they were written (rejected): 2",
        "--overwrite writes the whole dataset as it is now",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    let facts = user.json(&[&since[..], &["--json"]].concat()).remove(0);
    assert_eq!(facts["new"], json!({"rows": 0, "test": 0, "goes_on": true, "is_written": false}));
    assert_eq!(facts["drift"]["withdrawn"], json!({"rejected": "2"}));
    let refused = user.run(&["export", "--format", "alpaca", "--to", "sft.jsonl", "--since-last"]);
    assert!(refused.code == 1 && refused.stderr.contains("--format messages"), "{}", refused.stderr);
    assert_eq!(user.run(&[&since[..], &["--overwrite"]].concat()).code, 2, "one or the other");
    let told = user.done(&["export", "--format", "messages", "--to", "sft.jsonl", "--overwrite"]);
    assert!(told.starts_with("5 rows written") && !user.project().join("sft.part-2.jsonl").exists(), "{told}");
}

#[test]
fn files_to_keep_away_from_are_told_with_what_they_kept_out() {
    let user = User::new();
    user.done(&["init"]);
    import(&user, "one.jsonl", 1..=4);
    let test = json!([{"problem": "A board has 3 rows of 3 squares each. How many squares has the board?"}]);
    user.write("test.json", &test.to_string());
    let away = ["export", "--format", "loong", "--to", "seeds.jsonl", "--against", "test.json"];
    let told = user.done(&away);
    assert!(told.contains("      1  left out: contaminated\n      1  of these in test.json\n"), "{told}");
    let manifest: Value =
        serde_json::from_slice(&std::fs::read(user.project().join("seeds.manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["candidates"]["kept_out"], json!({"contaminated": "3"}));
    assert_eq!(manifest["against"], json!([{"name": "test.json", "candidates": 1}]));
    let wrong = user.run(&["export", "--format", "loong", "--to", "x.jsonl", "--against", "absent.jsonl"]);
    assert!(
        wrong.code == 1 && wrong.stderr.contains("--against: ") && wrong.stderr.contains("absent.jsonl cannot be read"),
        "{}",
        wrong.stderr
    );
}

#[cfg(feature = "parquet")]
#[test]
fn a_name_that_ends_in_parquet_gives_parquet_which_is_read_back() {
    let user = User::new();
    user.done(&["init"]);
    import(&user, "one.jsonl", 1..=4);
    user.done(&["export", "--format", "verl", "--to", "train.parquet", "--reward", "verl"]);
    let bytes = std::fs::read(user.project().join("train.parquet")).unwrap();
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    assert!(user.project().join("train_reward.py").exists());
    // An export is a file to keep away from as any other.
    let told = user.run(&["export", "--format", "loong", "--to", "x.jsonl", "--against", "train.parquet"]);
    assert!(told.code == 1 && told.stderr.contains("4 contaminated"), "{}", told.stderr);
    let refused = user.run(&["export", "--format", "verl", "--to", "-", "--parquet"]);
    assert!(refused.code == 1 && refused.stderr.contains("name one with --to"), "{}", refused.stderr);
}

#[test]
fn the_projects_own_files_are_not_written_over() {
    let user = User::new();
    user.done(&["init"]);
    user.write("rows.jsonl", "{\"question\": \"2+2?\", \"reference\": \"4\", \"response\": \"4\"}\n");
    user.write("seeds.jsonl", "{\"question\": \"2+2?\", \"rationale\": \"print(2+2)\", \"final_answer\": \"4\"}\n");
    user.done(&["import", "rows.jsonl", "-q"]);
    std::fs::copy(user.project().join("loong.db"), user.project().join("copy.jsonl")).unwrap();
    for own in ["loong.db", "loong.toml", "copy.jsonl"] {
        let before = std::fs::read(user.project().join(own)).unwrap();
        for arguments in [
            vec!["export", "--format", "raw", "--all", "--to", own, "--overwrite"],
            vec!["seeds", "import", "seeds.jsonl", "--to", own, "--overwrite"],
        ] {
            let ran = user.run(&arguments);
            assert!(ran.code != 0 && ran.stderr.contains("is not written over"), "{arguments:?} {}", ran.stderr);
        }
        assert_eq!(std::fs::read(user.project().join(own)).unwrap(), before, "{own}");
    }
    assert_eq!(user.json(&["list", "--json", "-q"]).len(), 1);
}

/// A project with so many candidates that an export of them takes a while.
#[cfg(unix)]
fn large() -> User {
    use loong::store::{OpenMode, Store};

    let user = User::new();
    user.done(&["init"]);
    import(&user, "one.jsonl", 1..=1);
    let store = Store::open(user.project().join("loong.db"), OpenMode::Existing).unwrap();
    let one = store.reader().unwrap().candidate(1).unwrap().record;
    let many = (0..30_000).map(|n| {
        let question = format!("{} A board has {n} rows.", one.question);
        loong::store::record::CandidateRecord { uid: format!("uid-{n}"), question, ..one.clone() }
    });
    store.put_candidates_blocking(many.collect()).unwrap();
    user
}

/// Files that are written under another name until they are whole.
#[cfg(unix)]
fn asides(user: &User) -> usize {
    let names = std::fs::read_dir(user.project()).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().ends_with(".part")).count()
}

/// Sends an export this signal while it writes; how it ended.
#[cfg(unix)]
fn ended_by(user: &User, signal: rustix::process::Signal) -> std::process::Output {
    use rustix::process::{Pid, kill_process};
    use std::process::Stdio;

    let mut command =
        user.command(&["export", "--format", "raw", "--all", "--to", "all.jsonl", "--duplicates", "keep"]);
    let export = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while asides(user) == 0 {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    kill_process(Pid::from_raw(i32::try_from(export.id()).unwrap()).unwrap(), signal).unwrap();
    export.wait_with_output().unwrap()
}

#[cfg(unix)]
#[test]
fn an_export_that_is_ended_leaves_nothing_and_the_next_one_sweeps_what_a_kill_left() {
    use rustix::process::Signal;

    let user = large();
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let output = ended_by(&user, signal);
        assert_eq!(output.status.code(), Some(1), "{signal:?}: what follows must not go on with no file");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains("ended; nothing was written"), "{signal:?}: {told}");
        assert!(asides(&user) == 0 && !user.project().join("all.jsonl").exists(), "{signal:?}");
    }
    assert_eq!(ended_by(&user, Signal::KILL).status.code(), None);
    assert_eq!(asides(&user), 1, "nobody could remove it");
    user.done(&["export", "--format", "messages", "--to", "few.jsonl", "id:1"]);
    assert_eq!(asides(&user), 0);
}
