//! What bad input gets: one sentence that names it and the fix, the right exit code, and nothing stored is touched.

use crate::{User, is_clean};

/// Runs, and expects one line on stderr with all of `words`.
fn told(user: &User, arguments: &[&str], code: i32, words: &[&str]) {
    let ran = user.run(arguments);
    assert_eq!(ran.code, code, "{arguments:?}\n{}\n{}", ran.stdout, ran.stderr);
    let complaint: Vec<&str> = ran.stderr.lines().filter(|l| l.starts_with("loong: ")).collect();
    assert_eq!(complaint.len(), 1, "{arguments:?}: {}", ran.stderr);
    for word in words {
        assert!(complaint[0].contains(word), "{arguments:?}: `{word}` is not in: {}", complaint[0]);
    }
    assert!(is_clean(&ran.stderr));
}

#[test]
fn what_is_missing_is_named() {
    let user = User::new();
    told(&user, &["run"], 2, &["loong init"]);
    told(&user, &["stats"], 2, &["loong init"]);
    told(&user, &["-C", "/nowhere/at/all", "stats"], 2, &["/nowhere/at/all"]);
    user.done(&["init"]);
    told(&user, &["init"], 2, &["loong.toml", "nothing was changed"]);
    told(&user, &["run"], 2, &["no model", "loong run --strategy template", "loong run --demo"]);
    let lines = user.run(&["run"]).stderr;
    assert!(lines.contains("\n[models.writer]\nbase_url = "), "the lines to write are shown: {lines}");
    told(&user, &["import", "nothing.jsonl"], 1, &["nothing.jsonl"]);
    told(&user, &["seeds", "check", "nothing.json"], 1, &["nothing.json"]);
    told(&user, &["run", "--recipe", "nothing.toml"], 2, &["nothing.toml"]);
    told(&user, &["show", "99"], 1, &["99"]);
    told(&user, &["export", "--format", "loong", "--to", "x.jsonl"], 1, &["no"]);
    assert!(!user.project().join("x.jsonl").exists());
}

#[test]
fn a_broken_configuration_is_told_with_its_place() {
    let user = User::new();
    user.write("loong.toml", "[run]\ncandidates = 5\nsampels = 2\n");
    told(&user, &["run"], 2, &["loong.toml", "line 3", "sampels"]);
    user.write("loong.toml", "[run]\ncandidates = \"many\"\n");
    told(&user, &["run"], 2, &["loong.toml", "line 2"]);
    user.write("loong.toml", "[run");
    told(&user, &["run"], 2, &["loong.toml", "line 1"]);
    user.write(
        "loong.toml",
        "[verifier]\npreset = \"kind\"\n[models.a]\nbase_url = \"http://127.0.0.1:9\"\nmodel = \"m\"\n",
    );
    told(&user, &["run"], 2, &["kind", "strict"]);
    let ran = user.command(&["config", "show"]).env("LOONG_RUN_CANDIDATES", "x").output().unwrap();
    assert_eq!(ran.status.code(), Some(2));
}

#[test]
fn a_filter_points_at_its_fault() {
    let user = User::new();
    user.done(&["init"]);
    for filter in ["verdict:", "nosuchfield:1", "(a or", "seconds>fast", "verdict:wrong"] {
        let ran = user.run(&["list", filter]);
        assert_eq!(ran.code, 2, "{filter}: {}", ran.stderr);
    }
}

#[test]
fn a_broken_store_is_refused_and_left_alone() {
    let user = User::new();
    user.done(&["init"]);
    for bytes in [
        b"this is no database, but it is long enough to be looked at as one".to_vec(),
        vec![0; 4096],
        b"SQLite format 3\0garbage".to_vec(),
    ] {
        let path = user.project().join("loong.db");
        for side in ["loong.db-wal", "loong.db-shm"] {
            let _ = std::fs::remove_file(user.project().join(side));
        }
        std::fs::write(&path, &bytes).unwrap();
        told(&user, &["stats"], 1, &["loong.db"]);
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "the file was touched");
    }
}

#[test]
fn broken_seed_files_name_their_rows() {
    let user = User::new();
    user.write("cut.json", "[{\"question\": \"a\", \"final_answer\": \"1\", \"rationale\": \"print(1)\"}, {\"questi");
    user.write(
        "rows.jsonl",
        "{\"question\": \"a\", \"final_answer\": \"1\", \"rationale\": \"print(1)\"}\n{\"question\": 3}\n",
    );
    user.write("empty.json", "");
    for (file, word) in [("cut.json", "cut.json"), ("rows.jsonl", "rows.jsonl"), ("empty.json", "empty.json")] {
        let ran = user.run(&["seeds", "list", file]);
        assert_ne!(ran.code, 0, "{file}");
        assert!(ran.stderr.contains(word), "{file}: {}", ran.stderr);
    }
}

#[test]
fn bad_lines_of_an_import_are_listed_and_the_good_ones_kept() {
    let user = User::new();
    user.done(&["init"]);
    user.write("r.jsonl", "{\"reference\":\"1\",\"response\":\"1\"}\nnot json\n{\"reference\":\"2\"}\n\n{\"reference\":\"3\",\"response\":\"3\"}");
    let ran = user.run(&["import", "r.jsonl"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("r.jsonl:2") && ran.stderr.contains("r.jsonl:3"), "{}", ran.stderr);
    assert_eq!(user.json(&["list", "--json", "-q"]).len(), 2);
    user.write("none.jsonl", "");
    told(&user, &["import", "none.jsonl"], 2, &["none.jsonl", "JSON"]);
    user.write("odd.jsonl", "{\"a\":1}\n");
    told(&user, &["import", "odd.jsonl"], 2, &["--map"]);
}

#[test]
fn an_endpoint_that_is_not_there_ends_the_run_with_its_name() {
    let user = User::new();
    let project = "[models.gone]\nbase_url = \"http://127.0.0.1:9/v1\"\nmodel = \"m\"\nattempts = 1\ntotal_seconds = 2\n[run]\ncandidates = 50\n";
    user.write("loong.toml", project);
    let ran = user.run(&["run", "-q"]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(ran.stdout.contains("gone"), "{}", ran.stdout);
    // The endpoint's failure used up no more slots than it took to notice.
    assert!(user.json(&["list", "--json", "-q"]).len() < 30);
}

#[test]
fn a_missing_key_is_named_and_never_printed() {
    let user = User::new();
    user.write(
        "loong.toml",
        "[models.a]\nbase_url = \"http://127.0.0.1:9/v1\"\nmodel = \"m\"\nkey_env = \"NO_SUCH_KEY_HERE\"\n",
    );
    told(&user, &["run"], 1, &["NO_SUCH_KEY_HERE"]);
}

#[test]
fn without_python_the_run_says_what_to_install() {
    let user = User::new();
    user.write("loong.toml", "[models.a]\nbase_url = \"http://127.0.0.1:9/v1\"\nmodel = \"m\"\n");
    let own = user.project().with_file_name("config").join("loong");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("config.toml"), "[interpreter]\npython = \"/no/python\"\n").unwrap();
    told(&user, &["run"], 3, &["/no/python", "install python3"]);
    let ran = user.run(&["doctor"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stdout.contains("/no/python"), "{}", ran.stdout);
    assert!(user.json(&["list", "--json", "-q"]).is_empty());
}

#[test]
fn one_run_at_a_time_pays_for_a_project() {
    let user = User::new();
    let server = crate::server::Server::start(std::time::Duration::from_millis(200), false);
    user.write("loong.toml", &server.project());
    let mut first = user.command(&["run", "-n", "1000", "-q"]).stdout(std::process::Stdio::null()).spawn().unwrap();
    while server.requests() == 0 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    told(&user, &["run", "-n", "1000", "-q"], 1, &["another loong run"]);
    first.kill().unwrap();
    first.wait().unwrap();
}

#[test]
fn writing_wants_a_project_by_name() {
    let user = User::new();
    user.done(&["init", "a"]);
    user.write("r.jsonl", "{\"reference\":\"1\",\"response\":\"1\"}\n");
    told(&user, &["import", "r.jsonl"], 2, &["-C", "/a"]);
    user.done(&["-C", "a", "import", "r.jsonl"]);
    assert_eq!(user.json(&["list", "-verdict:different", "--json", "-q"]).len(), 1, "reading finds the last project");
    told(&user, &["seeds", "check", "--domain", "logik"], 2, &["logik", "logic"]);
}

/// The folder that a venv is made from may be anybody's: what lies there must not run.
#[test]
fn a_module_in_the_folder_is_not_run_by_the_installer() {
    let user = User::new();
    for name in ["pip.py", "venv.py", "sitecustomize.py", "compileall.py"] {
        user.write(name, "open('PWNED', 'w').close()\n");
    }
    user.write("uv.toml", "index-url = \"http://127.0.0.1:9/\"\n");
    let seed = "{\"question\": \"a\", \"final_answer\": \"1\", \"rationale\": \"print(1)\", \"metadata\": {\"required_dependencies\": [\"mpmath\"]}}";
    user.write("s.jsonl", seed);
    let ran = user
        .command(&["seeds", "check", "s.jsonl", "-q"])
        .env("XDG_CACHE_HOME", user.project().join("cache"))
        .output()
        .unwrap();
    assert!(!user.project().join("PWNED").exists(), "{}", String::from_utf8_lossy(&ran.stdout));
}

#[test]
fn usage_faults_exit_with_2() {
    let user = User::new();
    for arguments in
        [vec![], vec!["frobnicate"], vec!["run", "-n", "many"], vec!["export", "--format", "word", "--to", "x"]]
    {
        assert_eq!(user.run(&arguments).code, 2, "{arguments:?}");
    }
    assert_eq!(user.run(&["--version"]).code, 0);
}
