//! Venvs, consent and substitution, with packages made here: no index is asked.

#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::{Ran, User};

/// Writes wheels: name, version, tag, and files by their paths in the wheel.
const WHEELS: &str = r#"
import base64, hashlib, json, sys, zipfile
folder, wheels = sys.argv[1], json.loads(sys.argv[2])
for name, version, tag, files in wheels:
    info = f"{name}-{version}.dist-info"
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n"
    rows = []
    with zipfile.ZipFile(f"{folder}/{name}-{version}-{tag}.whl", "w") as wheel:
        for path, text in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
            rows.append(f"{path},sha256={digest},{len(text.encode())}\n")
            wheel.writestr(path, text)
        wheel.writestr(f"{info}/RECORD", "".join(rows) + f"{info}/RECORD,,\n")
"#;

/// A tag that fits every Python 3, and one that fits none that is used here.
const FITS: &str = "py3-none-any";
const OLD: &str = "cp35-cp35m-win32";

/// A user whose index is a folder, with a cache of their own.
struct Shelf {
    user: User,
    folder: tempfile::TempDir,
}

impl Shelf {
    fn new(wheels: &[(&str, &str, &str, Value)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("wheels")).unwrap();
        let shelf = Self { user: User::new(), folder };
        shelf.add(wheels);
        shelf
    }

    /// Version 1.5.3 of one package has no wheel that fits; the other is as it should be.
    fn usual() -> Self {
        let of = |version: &str| json!({"loong_alpha.py": format!("version = '{version}'\n")});
        Self::new(&[
            ("loong_alpha", "1.4.0", FITS, of("1.4.0")),
            ("loong_alpha", "1.5.1", FITS, of("1.5.1")),
            ("loong_alpha", "1.5.3", OLD, of("1.5.3")),
            ("loong_alpha", "1.6.0", FITS, of("1.6.0")),
            ("loong_beta", "1.0", FITS, json!({"loong_beta.py": "version = '1.0'\n"})),
            ("loong_beta", "2.0", FITS, json!({"loong_beta.py": "version = '2.0'\n"})),
        ])
    }

    fn add(&self, wheels: &[(&str, &str, &str, Value)]) {
        let made = Command::new("python3")
            .args(["-c", WHEELS])
            .arg(self.folder.path().join("wheels"))
            .arg(json!(wheels).to_string())
            .status();
        assert!(made.expect("python3 runs").success());
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("loong")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.user.command(arguments);
        let wheels = self.folder.path().join("wheels");
        command.env("XDG_CACHE_HOME", self.folder.path());
        for (name, value) in [("NO_INDEX", "1"), ("CONFIG_FILE", "/dev/null"), ("NO_CACHE_DIR", "1")] {
            command.env(format!("PIP_{name}"), value);
        }
        command.env("PIP_FIND_LINKS", &wheels).env("UV_FIND_LINKS", &wheels);
        command.env("UV_NO_INDEX", "1").env("UV_NO_CACHE", "1").env_remove("UV_INDEX").env_remove("UV_DEFAULT_INDEX");
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(arguments, self.command(arguments).output().unwrap())
    }

    fn json(&self, arguments: &[&str], code: i32) -> Vec<Value> {
        let ran = self.run(arguments);
        assert_eq!(ran.code, code, "{arguments:?}\n{}\n{}", ran.stdout, ran.stderr);
        ran.stdout.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect()
    }

    /// Seeds with their packages, each of which must print `answer`.
    fn seeds(&self, name: &str, seeds: &[(&[&str], &str, &str)]) {
        let rows: Vec<Value> = seeds
            .iter()
            .map(|(packages, code, answer)| {
                json!({
                    "question": "Which?", "rationale": code, "final_answer": answer,
                    "metadata": {"domain": "logic", "required_dependencies": packages},
                })
            })
            .collect();
        self.user.write(name, &json!(rows).to_string());
    }
}

const VERSIONS: &str = "import loong_alpha, loong_beta\nprint(loong_alpha.version, loong_beta.version)\n";

#[test]
fn the_nearest_version_is_taken_when_allowed_and_said_on_each_result() {
    let shelf = Shelf::usual();
    shelf.seeds("seeds.json", &[(&["loong_alpha==1.5.3", "loong-beta==1.0"], VERSIONS, "1.5.1 1.0")]);
    shelf.run(&["venvs", "allow", "loong_alpha", "loong_beta"]);
    let refused = shelf.json(&["seeds", "check", "seeds.json", "--json", "-q"], 1).remove(0);
    assert_eq!(refused["status"], "venv_error", "{refused}");
    let reason = refused["reason"].as_str().unwrap();
    for word in ["loong-alpha 1.5.3", "for Python 3.", "1.5.1", "nearest_versions = true"] {
        assert!(reason.contains(word), "`{word}` is not in: {reason}");
    }

    shelf.user.write("loong.toml", "[interpreter]\nnearest_versions = true\n");
    let said = json!(["loong-alpha 1.5.3 → 1.5.1"]);
    for arguments in [
        &["seeds", "check", "seeds.json", "--json", "-q"][..],
        &["seeds", "check", "seeds.json", "--json", "-q", "--offline"],
    ] {
        let lines = shelf.json(arguments, 0);
        assert_eq!((&lines[0]["stdout"], &lines[0]["substituted"]), (&json!("1.5.1 1.0\n"), &said));
        assert_eq!(lines[1]["substituted"]["loong-alpha 1.5.3 → 1.5.1"], 1);
    }
    let told = shelf.run(&["seeds", "check", "seeds.json"]).stdout;
    assert!(told.contains("not the pinned version in 1 of the seeds: loong-alpha 1.5.3 → 1.5.1"), "{told}");

    let venv = shelf.json(&["venvs", "list", "--json"], 0).remove(0);
    assert_eq!(venv["substituted"], said);
    assert_eq!(venv["packages"], json!(["loong-alpha==1.5.3", "loong-beta==1.0"]));
    assert_eq!(venv["installed"], json!(["loong_alpha-1.5.1", "loong_beta-1.0"]));

    // Not allowed any more, the venv is not used, though it is there.
    shelf.user.write("loong.toml", "");
    assert_eq!(shelf.json(&["seeds", "check", "seeds.json", "--json", "-q"], 1)[0]["status"], "venv_error");
}

#[test]
fn consent_is_the_users_and_the_projects() {
    let shelf = Shelf::usual();
    shelf.seeds("seeds.json", &[(&["loong_beta==1.0"], "import loong_beta\nprint(7)", "7"), (&[], "print(8)", "8")]);
    let project = "[interpreter]\nallow_packages = [\"loong_beta\"]\n[models.a]\nbase_url = \"http://127.0.0.1:9/v1\"\nmodel = \"m\"\n[run]\nseeds = [\"seeds.json\"]\n";
    shelf.user.write("loong.toml", project);
    let check = ["seeds", "check", "seeds.json", "--json", "-q"];
    let lines = shelf.json(&check, 1);
    assert_eq!(lines[0]["status"], "venv_error", "the project's own file consented: {}", lines[0]);
    assert!(lines[0]["reason"].as_str().unwrap().contains("`loong venvs allow loong-beta`"), "{}", lines[0]);
    assert_eq!(lines[1]["verdict"], "equivalent", "the others run all the same");
    let run = shelf.run(&["run"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains("`loong venvs allow loong-beta`"), "{}", run.stderr);
    let recipe = shelf.user.write("recipe.toml", "[interpreter]\nallow_packages = [\"loong_beta\"]\n");
    assert_eq!(shelf.run(&["run", "--recipe", recipe.to_str().unwrap()]).code, 2);
    assert!(!shelf.cache().join("venvs").exists(), "something was installed");

    let allowed = shelf.json(&["venvs", "allow", "Loong_Beta", "--json"], 0).remove(0);
    assert_eq!(allowed["allowed"], json!(["loong-beta"]));
    assert!(!allowed["consent_file"].as_str().unwrap().starts_with(shelf.user.project().to_str().unwrap()));
    shelf.json(&check, 0);
    assert!(shelf.run(&["venvs"]).stdout.contains("loong-beta"), "what is allowed is not shown");

    // A copy elsewhere has no consent, whatever it holds.
    let copy = shelf.folder.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    for file in ["loong.toml", "seeds.json"] {
        std::fs::copy(shelf.user.project().join(file), copy.join(file)).unwrap();
    }
    let (copied, seeds) = (copy.to_str().unwrap(), copy.join("seeds.json"));
    let lines = shelf.json(&["-C", copied, "seeds", "check", seeds.to_str().unwrap(), "--json", "-q"], 1);
    assert_eq!(lines[0]["status"], "venv_error", "{}", lines[0]);

    shelf.run(&["venvs", "forget", "loong-beta"]);
    assert_eq!(shelf.json(&check, 1)[0]["status"], "venv_error");
    let odd = shelf.run(&["venvs", "allow", "-- https://example.com/x.whl"]);
    assert_eq!(odd.code, 2, "{}", odd.stderr);
    // The user's own configuration counts in every project.
    let mut own = shelf.command(&check);
    own.env("LOONG_INTERPRETER_ALLOW_PACKAGES", "loong_beta");
    assert_eq!(own.output().unwrap().status.code(), Some(0));
}

#[test]
fn what_was_built_ahead_works_offline_and_what_was_not_is_named() {
    let shelf = Shelf::usual();
    shelf.seeds(
        "seeds.json",
        &[
            (&["loong_beta==1.0"], "import loong_beta\nprint(loong_beta.version)", "1.0"),
            (&["loong_beta==9.9"], "print(1)", "1"),
            (&["loong_beta==2.0"], "import loong_beta\nprint(loong_beta.version)", "2.0"),
        ],
    );
    shelf.run(&["venvs", "allow", "loong_beta"]);
    let lines = shelf.json(&["venvs", "build", "seeds.json", "--json", "-q"], 1);
    let ready: Vec<&Value> = lines[..3].iter().map(|l| &l["ready"]).collect();
    assert_eq!(ready, [true, true, false], "{lines:?}");
    assert!(lines[2]["error"].as_str().unwrap().contains("loong-beta==9.9"), "{}", lines[2]);
    assert_eq!(lines[3]["summary"], json!({"venvs": 3, "ready": 2, "failed": 1, "unreadable_rows": 0}));

    let checked = shelf.json(&["seeds", "check", "seeds.json", "--json", "-q", "--offline"], 1);
    let verdicts: Vec<&Value> = checked[..3].iter().map(|l| &l["verdict"]).collect();
    assert_eq!(verdicts, [&json!("equivalent"), &Value::Null, &json!("equivalent")]);
    let reason = checked[1]["reason"].as_str().unwrap();
    assert!(
        reason.contains("--offline") && reason.contains("`loong venvs build --package 'loong-beta==9.9'`"),
        "{reason}"
    );
    let again = shelf.json(&["venvs", "build", "--package", "loong-beta == 1.0", "--json", "-q", "--offline"], 0);
    assert_eq!(again[0]["ready"], true);
}

#[test]
fn pruning_leaves_what_is_used_and_takes_what_was_cut_off() {
    let shelf = Shelf::usual();
    shelf.run(&["venvs", "allow", "loong_beta"]);
    for version in ["loong_beta==1.0", "loong_beta==2.0"] {
        assert_eq!(shelf.run(&["venvs", "build", "--package", version]).code, 0);
    }
    let venvs = shelf.json(&["venvs", "list", "--json"], 0);
    let id = |version: &str| {
        let is = |v: &&Value| v["packages"] == json!([format!("loong-beta=={version}")]);
        venvs.iter().find(is).and_then(|v| v["id"].as_str()).unwrap().to_owned()
    };
    let (used, free) = (id("1.0"), id("2.0"));
    assert!(venvs[0]["used"].as_str().unwrap().ends_with('Z') && venvs[0]["bytes"].as_u64().unwrap() > 0);
    let root = shelf.cache().join("venvs");
    std::fs::create_dir_all(root.join("0123456789abcdef").join("lib")).unwrap();
    let held = std::fs::File::open(root.join(&used).with_extension("lock")).unwrap();
    held.lock_shared().unwrap();

    let fates = |arguments: &[&str]| {
        let mut lines = shelf.json(arguments, 0);
        lines.pop();
        let mut fates: Vec<(String, String)> = lines
            .iter()
            .map(|l| (l["id"].as_str().unwrap().to_owned(), l["fate"].as_str().unwrap().to_owned()))
            .collect();
        fates.sort();
        fates
    };
    let cut = ("0123456789abcdef".to_owned(), "removed".to_owned());
    assert_eq!(fates(&["venvs", "prune", "--dry-run", "--json"])[0].1, "would be removed");
    assert_eq!(fates(&["venvs", "prune", "--json"]), [cut], "those are young");
    assert!(root.join(&free).exists() && !root.join("0123456789abcdef").exists());
    let mut expected = vec![(used.clone(), "in use".to_owned()), (free.clone(), "removed".to_owned())];
    expected.sort();
    assert_eq!(fates(&["venvs", "prune", "--all", "--json"]), expected);
    assert!(root.join(&used).join("ready").exists() && !root.join(&free).exists());
    drop(held);
    assert_eq!(fates(&["venvs", "prune", "--older-than", "0s", "--json"]), [(used, "removed".to_owned())]);
    assert_eq!(std::fs::read_dir(&root).unwrap().count(), 0, "something stays behind");
    assert_eq!(shelf.run(&["venvs", "prune", "--older-than", "soon"]).code, 2);
}

/// A wheel's code that leaves a mark when it runs.
fn mark(path: &Path) -> String {
    format!("import pathlib; pathlib.Path({:?}).touch()\n", path.display().to_string())
}

#[test]
fn making_a_venv_executes_nothing_of_its_packages() {
    let shelf = Shelf::new(&[]);
    let marker = shelf.folder.path().join("it-ran");
    let code = mark(&marker);
    let script = format!("#!/bin/sh\ntouch '{}'\n", marker.display());
    shelf.add(&[
        (
            "loong_trap",
            "1.0",
            FITS,
            json!({
                "loong_trap.pth": code, "sitecustomize.py": code, "usercustomize.py": code, "loong_trap.py": code,
                "pip/__init__.py": code, "pip/__main__.py": code, "compileall.py": code, "json.py": code,
            }),
        ),
        (
            "loong_snare",
            "1.0",
            FITS,
            json!({
                "loong_snare-1.0.data/scripts/python": script, "loong_snare-1.0.data/scripts/python3": script,
                "loong_snare.py": "",
            }),
        ),
    ]);
    shelf.run(&["venvs", "allow", "loong_trap", "loong_snare"]);
    for package in ["loong_trap==1.0", "loong_snare==1.0"] {
        let ran = shelf.run(&["venvs", "build", "--package", package]);
        // uv refuses the second one.
        assert!(ran.code == 0 || package.contains("snare"), "{}{}", ran.stdout, ran.stderr);
        assert!(!marker.exists(), "{package} was executed while its venv was made");
    }
    // Nor does it get through when it runs, which happens confined.
    shelf.seeds("seeds.json", &[(&["loong_trap==1.0"], "print(1)", "1"), (&["loong_snare==1.0"], "print(1)", "1")]);
    shelf.run(&["seeds", "check", "seeds.json", "-q", "--offline"]);
    assert!(!marker.exists(), "it ran outside of its confinement");
    // The trap is one: whoever starts the venv's Python unconfined steps into it.
    let trap = shelf.json(&["venvs", "list", "--json"], 0);
    let trap =
        trap.iter().find(|v| v["packages"] == json!(["loong-trap==1.0"])).and_then(|v| v["id"].as_str()).unwrap();
    let python = shelf.cache().join("venvs").join(trap).join("bin").join("python");
    assert!(Command::new(python).args(["-c", "pass"]).status().is_ok());
    assert!(marker.exists(), "the trap does nothing, and proves nothing");
}
