//! `loong doctor` on machines that lack something: each imitated, and told with what to do.

#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use seccompiler::{SeccompAction, SeccompFilter, TargetArch};
use serde_json::Value;

use crate::{Ran, User, is_clean};

/// The findings of a run, by group and name.
struct Findings {
    code: i32,
    all: Vec<Value>,
}

impl Findings {
    fn of(command: &mut Command) -> Self {
        let ran = Ran::of(&["doctor"], command.output().unwrap());
        let all = ran.stdout.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect();
        let findings = Self { code: ran.code, all };
        assert!(!findings.all.is_empty(), "{}", ran.stderr);
        for finding in &findings.all {
            let lacks = finding["ok"] == Value::Bool(false);
            assert!(!lacks || finding["fix"].as_str().is_some_and(|fix| !fix.is_empty()), "no cure: {finding}");
            assert!(finding["detail"].is_string() && finding["group"].is_string(), "{finding}");
        }
        findings
    }

    fn get(&self, group: &str, what: &str) -> &Value {
        self.all
            .iter()
            .find(|f| f["group"] == group && f["what"].as_str().is_some_and(|w| w.starts_with(what)))
            .unwrap_or_else(|| panic!("no {what} in {group}: {:#?}", self.all))
    }

    fn fix(&self, group: &str, what: &str) -> &str {
        self.get(group, what)["fix"].as_str().unwrap_or_default()
    }

    fn detail(&self, group: &str, what: &str) -> &str {
        self.get(group, what)["detail"].as_str().unwrap_or_default()
    }

    /// The isolation holds, and a program was run to prove it.
    fn assert_proven(&self, level: &str) {
        assert!(self.detail("isolation", "level").starts_with(level), "{:#?}", self.all);
        let proof: Vec<&Value> = self.all.iter().filter(|f| f["group"] == "proof").collect();
        assert!(proof.len() >= 20 && proof.iter().all(|f| f["ok"] == Value::Bool(true)), "{proof:#?}");
    }
}

/// A folder that is the whole `PATH`, with a cache of its own beside it.
struct Machine {
    user: User,
    folder: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("bin")).unwrap();
        Self { user: User::new(), folder }
    }

    fn bin(&self) -> PathBuf {
        self.folder.path().join("bin")
    }

    fn script(&self, name: &str, text: &str) {
        let path = self.bin().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn doctor(&self, arguments: &[&str]) -> Command {
        let mut command = self.user.command(&[&["doctor"], arguments].concat());
        command.env("PATH", self.bin()).env("XDG_CACHE_HOME", self.folder.path().join("cache"));
        command
    }
}

#[test]
fn here_everything_that_running_needs_works() {
    let user = User::new();
    let findings = Findings::of(&mut user.command(&["doctor", "--json"]));
    assert_eq!(findings.code, 0, "{:#?}", findings.all);
    assert_eq!(findings.get("venvs", "making venvs")["ok"], true);
    findings.assert_proven("");
    for group in ["loong", "folders", "python", "venvs", "isolation", "proof", "pool", "models", "terminal"] {
        findings.get(group, "");
    }
    let text = user.done(&["doctor"]);
    assert!(is_clean(&text), "{text}");
    assert!(text.lines().last().unwrap().starts_with("all that running needs works"), "{text}");
}

#[test]
fn without_python_it_says_how_to_get_one() {
    let machine = Machine::new();
    let findings = Findings::of(&mut machine.doctor(&["--json"]));
    assert_eq!(findings.code, 3);
    assert_eq!(findings.detail("python", "Python"), "no Python is on PATH");
    assert!(findings.fix("python", "Python").contains("install"));
    assert!(findings.detail("isolation", "level").contains("no Python"));
    // What does not need Python is looked at all the same.
    assert_eq!(findings.get("isolation", "no new privileges")["ok"], true);
    let ran = Ran::of(&["doctor"], machine.doctor(&[]).output().unwrap());
    let last = ran.stdout.lines().last().unwrap_or_default().to_owned();
    assert!(ran.code == 3 && ran.stdout.contains("\n1 thing needs you: "), "{}", ran.stdout);
    assert!(last.contains("install") || ran.stdout.contains("needs you: run `"), "{last}");
}

#[test]
fn a_python_that_does_not_fit_is_named_with_the_reason() {
    let machine = Machine::new();
    for (name, version, minor) in [("python3", "3.9.2", 9), ("python3.10", "3.14.0", 14)] {
        let answer = format!(
            "{{\"version\":\"{version}\",\"minor\":[3,{minor}],\"executable\":\"/nowhere/{name}\",\"prefix\":\"/nowhere\",\"stdlib\":[]}}"
        );
        machine.script(name, &format!("#!/bin/sh\necho '{answer}'\n"));
    }
    machine.script("python3.13", "#!/bin/sh\necho hello\n");
    let findings = Findings::of(&mut machine.doctor(&["--json"]));
    assert_eq!(findings.code, 3);
    assert!(findings.detail("python", "Python 3.9.2").contains("too old"));
    assert!(findings.detail("python", "Python 3.14.0").contains("too new"));
    assert!(findings.detail("python", "python3.13").contains("does not run as Python"));
    assert!(findings.fix("python", "Python").contains("uv python install"), "the system's own does not fit");
}

#[test]
fn a_python_that_hangs_is_not_waited_for() {
    let machine = Machine::new();
    machine.script("python3", "#!/bin/sh\nwhile :; do :; done\n");
    let findings = Findings::of(&mut machine.doctor(&["--json"]));
    assert_eq!(findings.code, 3);
    assert!(findings.detail("python", "python3").contains("did not end within 2 s"));
}

/// Copies a folder without what is named and without what tests and caches take.
fn copy(from: &Path, to: &Path, without: &[&str]) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if without.contains(&name.as_str()) || ["test", "tests", "__pycache__", "idlelib"].contains(&name.as_str()) {
            continue;
        }
        let (source, target) = (entry.path(), to.join(&name));
        match fs::metadata(&source) {
            Ok(kind) if kind.is_dir() => copy(&source, &target, &[])?,
            Ok(_) => drop(fs::copy(&source, &target)?),
            // A link that leads nowhere.
            Err(_) => {}
        }
    }
    Ok(())
}

/// The same Python as here, without the modules that make venvs: as Debian ships it without `python3-venv`, and here
/// without pip and the venv module too, by what is left out.
fn python_without(machine: &Machine, modules: &[&str]) -> Option<PathBuf> {
    let ask = "import sys, sysconfig; p = sysconfig.get_paths()\n\
               print(sys._base_executable or sys.executable, p['stdlib'], '%d.%d' % sys.version_info[:2], sep='\\n')";
    let asked = ["python3", "python3.13", "python3.12", "python3.11", "python3.10"].into_iter().find_map(|name| {
        let out = Command::new(name).args(["-I", "-c", ask]).output().ok().filter(|o| o.status.success())?;
        let text = String::from_utf8(out.stdout).ok()?;
        let parts: Vec<String> = text.lines().map(str::to_owned).collect();
        ["3.10", "3.11", "3.12", "3.13"].contains(&parts.get(2)?.as_str()).then_some(parts)
    })?;
    let [executable, stdlib, version] = &asked[..] else { return None };
    let python = machine.bin().join(format!("python{version}"));
    fs::copy(fs::canonicalize(executable).ok()?, &python).ok()?;
    let without = [modules, &["site-packages", "dist-packages"]].concat();
    let lib = machine.folder.path().join("lib").join(format!("python{version}"));
    copy(Path::new(stdlib), &lib, &without).ok()?;
    let runs = Command::new(&python).args(["-I", "-c", "import json, ctypes, sys; print(sys.prefix)"]).output().ok()?;
    let prefix = String::from_utf8_lossy(&runs.stdout).trim().to_owned();
    if runs.status.success() && Path::new(&prefix) == machine.folder.path() {
        return Some(python);
    }
    println!("skipped: a copy of this Python does not run ({prefix} {})", String::from_utf8_lossy(&runs.stderr));
    None
}

#[test]
fn without_what_makes_venvs_it_says_what_runs_and_what_to_install() {
    for (modules, lacking) in [(&["ensurepip"][..], "ensurepip"), (&["venv", "ensurepip"], "venv and ensurepip")] {
        let machine = Machine::new();
        let Some(python) = python_without(&machine, modules) else { return };
        let findings = Findings::of(&mut machine.doctor(&["--json"]));
        assert_eq!(findings.code, 3, "{:#?}", findings.all);
        let detail = findings.detail("venvs", "making venvs");
        assert!(detail.contains(&format!("{} lacks {lacking}:", python.display())), "{detail}");
        assert!(detail.contains("standard library"), "{detail}");
        assert!(findings.fix("venvs", "making venvs").contains("install uv"), "{:#?}", findings.all);
        // Programs without packages do run.
        findings.assert_proven("");
        // And it is true: the installer fails for want of that, and says so.
        let seed = r#"[{"question": "q", "final_answer": "1", "rationale": "print(1)", "metadata": {"domain": "logic", "required_dependencies": ["numpy"]}}]"#;
        let file = machine.user.write("seed.json", seed);
        let mut check = machine.user.command(&["seeds", "check", file.to_str().unwrap()]);
        check.env("PATH", machine.bin()).env("XDG_CACHE_HOME", machine.folder.path().join("cache"));
        let ran = Ran::of(&["seeds", "check"], check.output().unwrap());
        assert!(ran.code != 0, "{}", ran.stdout);
    }
}

/// Runs a command as a container's seccomp profile lets it: without new namespaces and mounts.
fn filtered(mut command: Command) -> Findings {
    let calls = [libc::SYS_unshare, libc::SYS_setns, libc::SYS_mount, libc::SYS_pivot_root];
    // The filter is this thread's, and of what it starts.
    std::thread::spawn(move || {
        let rules: BTreeMap<_, _> = calls.into_iter().map(|call| (call, Vec::new())).collect();
        let arch: TargetArch = std::env::consts::ARCH.try_into().unwrap();
        let refuse = SeccompAction::Errno(u32::try_from(libc::EPERM).unwrap());
        let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch).unwrap();
        let program: seccompiler::BpfProgram = filter.try_into().unwrap();
        rustix::thread::set_no_new_privs(true).unwrap();
        seccompiler::apply_filter(&program).unwrap();
        Findings::of(&mut command)
    })
    .join()
    .unwrap()
}

#[test]
fn in_a_container_without_namespaces_it_names_the_filter_and_what_is_left() {
    let user = User::new();
    let findings = filtered(user.command(&["doctor", "--json"]));
    assert_eq!(findings.code, 0, "Landlock and filters are enough: {:#?}", findings.all);
    let namespaces = findings.get("isolation", "user namespaces");
    assert_eq!((&namespaces["ok"], &namespaces["needed"]), (&Value::Bool(false), &Value::Bool(false)));
    assert!(findings.detail("isolation", "user namespaces").contains("seccomp filter"), "{namespaces}");
    assert!(findings.fix("isolation", "user namespaces").contains("--security-opt"), "{namespaces}");
    assert_eq!(findings.get("isolation", "Landlock")["ok"], true);
    findings.assert_proven("landlock");
}

/// A machine whose administrator forbids user namespaces: inside a new one, where none more may be made, and without the
/// privileges that it gave.
#[test]
fn where_user_namespaces_are_switched_off_it_names_the_switch() {
    let user = User::new();
    let doctor = user.command(&["doctor", "--json"]);
    let line = "echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set -all --inh-caps -all \"$@\"";
    let imitated = |program: &[&std::ffi::OsStr]| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "sh", "-c", line, "sh"]).args(program);
        command.current_dir(user.project());
        for (name, value) in doctor.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    };
    if !imitated(&["true".as_ref()]).output().is_ok_and(|out| out.status.success()) {
        println!("skipped: no user namespace can be made here to switch them off in");
        return;
    }
    let program: Vec<&std::ffi::OsStr> = std::iter::once(doctor.get_program()).chain(doctor.get_args()).collect();
    let findings = Findings::of(&mut imitated(&program));
    assert_eq!(findings.code, 0, "{:#?}", findings.all);
    assert!(findings.detail("isolation", "user namespaces").contains("max_user_namespaces is 0"));
    assert!(findings.fix("isolation", "user namespaces").contains("sysctl -w user.max_user_namespaces"));
    findings.assert_proven("landlock");
}

#[test]
fn an_ordinary_user_is_told_so_and_isolated_as_well() {
    let machine = Machine::new();
    let user = "65533";
    let place = machine.folder.path();
    let open = |path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
    open(place);
    let binary = place.join("loong");
    fs::copy(env!("CARGO_BIN_EXE_loong"), &binary).unwrap();
    open(&binary);
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user, "--regid", user, "--clear-groups"]).arg(&binary).args(["doctor", "--json"]);
    let path = "/usr/local/bin:/usr/bin:/bin";
    command.env_clear().env("PATH", path).env("HOME", place).current_dir("/");
    let asked =
        Command::new("setpriv").args(["--reuid", user, "--clear-groups", "python3", "-V"]).env("PATH", path).output();
    if !rustix::process::geteuid().is_root() || !asked.is_ok_and(|out| out.status.success()) {
        println!("skipped: only root can become somebody else, who needs a Python to run programs");
        return;
    }
    let findings = Findings::of(&mut command);
    assert!(findings.detail("isolation", "run by").contains("ordinary user (65533)"), "{:#?}", findings.all);
    findings.assert_proven("");
}

#[test]
fn a_folder_that_cannot_be_written_is_named_with_its_variable() {
    let machine = Machine::new();
    let file = machine.folder.path().join("file");
    fs::write(&file, "").unwrap();
    let findings = Findings::of(machine.doctor(&["--json"]).env("XDG_CACHE_HOME", &file));
    assert_eq!(findings.code, 3);
    assert!(findings.fix("folders", "cache").contains("XDG_CACHE_HOME"));
}

#[test]
fn a_model_whose_key_is_not_there_is_told_without_asking_it() {
    let user = User::new();
    let table = "[models.a]\nbase_url = \"http://127.0.0.1:9/v1\"\nmodel = \"m\"\nkey_env = \"NO_SUCH_KEY_HERE\"\n";
    user.write("loong.toml", table);
    let findings = Findings::of(&mut user.command(&["doctor", "--json"]));
    assert_eq!(findings.code, 0, "imports and reviews need no model");
    assert!(findings.detail("models", "model a").contains("NO_SUCH_KEY_HERE is not set"));
    let findings =
        Findings::of(user.command(&["doctor", "--json", "--online"]).env("NO_SUCH_KEY_HERE", "sk-secret-key-1"));
    assert!(findings.get("models", "model a")["ok"] == false, "nothing listens there");
    assert!(!format!("{:?}", findings.all).contains("sk-secret-key-1"));
}
