//! Every bundled recipe, run as it is: the binary against an endpoint of our own that answers by the schema it is given, and
//! against the stub of `LOONG_SHARED` where that is.

#[path = "../support/endpoint.rs"]
mod endpoint;
mod model;

use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

const GENERATOR: &str = "import json, sys\nfor line in sys.stdin:\n    w = json.loads(line)\n    n = w['ordinal']\n    print(json.dumps({'ordinal': n, 'question': f'What is {n} plus {n + 100}?', 'code': f'print({n} + {n + 100})'}), flush=True)\n";

/// A project with one model, in folders of its own; what `loong` printed there, a value a line.
fn loong(dir: &Path, arguments: &[&str]) -> Vec<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loong"));
    command.args(arguments).current_dir(dir).env_remove("PYTHONDONTWRITEBYTECODE");
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("LOONG_")) {
        command.env_remove(name);
    }
    for (name, folder) in [("CONFIG", "config"), ("DATA", "data"), ("STATE", "state")] {
        command.env(format!("XDG_{name}_HOME"), dir.join(folder));
    }
    let out = command.output().unwrap();
    let (told, said) = (String::from_utf8(out.stdout).unwrap(), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "{arguments:?}\n{told}\n{said}");
    told.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

fn project(url: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("generator.py"), GENERATOR).unwrap();
    let model = format!("[models.stub]\nbase_url = \"{url}\"\nmodel = \"stub-model\"\n");
    std::fs::write(dir.path().join("loong.toml"), model).unwrap();
    dir
}

/// Runs a recipe, and gives its candidates.
fn run(url: &str, recipe: &str) -> Vec<Value> {
    let dir = project(url);
    let mut arguments = vec!["run", "--recipe", recipe, "-n", "4", "--json", "-q"];
    if recipe == "command" {
        arguments.extend(["--command", "python3 generator.py"]);
    }
    // Programs that need packages would have them installed first; that is tested elsewhere.
    arguments.extend(["--domain", "logic,programming"]);
    let events = loong(dir.path(), &arguments);
    let ended = events.iter().rev().find(|e| e["event"] == "ended").unwrap_or_else(|| panic!("{recipe}: {events:?}"));
    assert_eq!(ended["why"], "done", "{recipe}: {ended}");
    let candidates = loong(dir.path(), &["export", "--format", "raw", "--all", "--to", "-"]);
    assert_eq!(candidates.len(), 4, "{recipe}");
    candidates
}

fn names() -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let listed = loong(dir.path(), &["recipes", "--json"]);
    listed.iter().map(|r| r["recipe"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_recipe_runs_as_it_is() {
    let url = model::start();
    let names = names();
    assert_eq!(names.len(), 7);
    for recipe in names {
        for candidate in run(&url, &recipe) {
            assert_eq!(candidate["strategy"], recipe.as_str());
            let failure = &candidate["failure"];
            assert!(failure.is_null(), "{recipe}: {failure}");
            assert!(candidate["reference"].is_string(), "{recipe}: {candidate}");
            let responses = candidate["responses"].as_array().unwrap();
            assert!(!responses.is_empty(), "{recipe} was not solved");
            assert!(responses.iter().all(|r| r["verdict"]["outcome"].is_string()), "{recipe}: {responses:?}");
        }
    }
}

#[test]
fn every_recipe_runs_against_the_shared_stub() {
    let Some((mut stub, url)) = shared_stub() else {
        println!("skipped: LOONG_SHARED does not name a folder with tools/stub_llm.py");
        return;
    };
    let names = names();
    let done = std::panic::catch_unwind(|| {
        for recipe in names {
            assert!(run(&url, &recipe).iter().all(|c| c["strategy"] == recipe.as_str()));
        }
    });
    let _ = stub.kill();
    let _ = stub.wait();
    assert!(done.is_ok());
}

fn shared_stub() -> Option<(Child, String)> {
    let stub = Path::new(&std::env::var_os("LOONG_SHARED")?).join("tools").join("stub_llm.py");
    if !stub.is_file() {
        return None;
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
    let child = Command::new("python3")
        .arg(stub)
        .args(["--port", &port.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    for _ in 0..100 {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Some((child, format!("http://127.0.0.1:{port}/v1")));
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    None
}
