//! The README's journeys, its commands run as they are written.

use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::endpoint::{self, Answers, completion};
use crate::{User, hub};

/// What needs somebody at a terminal: the keys that follow are pressed by the tests in the pseudoterminal.
const AT_A_TERMINAL: [&str; 3] = ["loong", "loong review", "loong seeds new --domain logic"];

/// The commands of a section, as written, without their comments and without those at a terminal.
fn commands(section: &str) -> Vec<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let (_, from) = readme.split_once(&format!("\n### {section}\n")).unwrap_or_else(|| panic!("no section {section}"));
    let text = from.split("\n## ").next().unwrap().split("\n### ").next().unwrap();
    let blocks = text.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap());
    let bare = |line: &str| line.split(" #").next().unwrap().trim().to_owned();
    let all: Vec<String> = blocks.flat_map(str::lines).map(bare).filter(|line| !line.is_empty()).collect();
    assert!(all.len() >= 3, "{all:?}");
    all.into_iter().filter(|line| !AT_A_TERMINAL.contains(&line.as_str())).collect()
}

/// Runs lines in one shell, which stops at the first that fails. What this machine lacks beside loong is left out.
fn shell(user: &User, lines: &[String]) -> String {
    let lacks = |tool: &&str| Command::new(tool).arg("--version").output().is_err();
    let missing: Vec<&str> = ["curl", "jq"].into_iter().filter(lacks).collect();
    if !missing.is_empty() {
        println!("left out: lines with {} are not run here", missing.join(" and "));
    }
    let needs = |line: &String| line.split_whitespace().any(|word| missing.contains(&word));
    let lines: Vec<&String> = lines.iter().filter(|line| !needs(line)).collect();
    let bin = user.project().join("../bin");
    if !bin.exists() {
        std::fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_loong"), bin.join("loong")).unwrap();
    }
    let path = std::env::join_paths(
        std::iter::once(bin).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    );
    // The environment is that of every command of this user; the program is the shell.
    let model = user.command(&[]);
    let mut shell = Command::new("bash");
    for (name, value) in model.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    // What a hub that is none gave has no place in the machine's own cache.
    let apart = |line: &str| if line.starts_with("loong seeds pull") { "XDG_CACHE_HOME=$PWD/cache " } else { "" };
    let told = |line: &&String| format!("echo '» {}' >&2\n{}{line}", line.replace('\'', "'\\''"), apart(line));
    let script = lines.iter().map(told).collect::<Vec<_>>().join("\n");
    let out = shell
        .args(["-euo", "pipefail", "-c", &script])
        .env("PATH", path.unwrap())
        .env("HF_ENDPOINT", hub::any_hub())
        .current_dir(user.project())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{text}");
    text
}

/// A model that writes problems, and answers each fifth time wrongly.
#[derive(Default)]
struct Model(AtomicU64);

impl Answers for Model {
    fn answer(&self, body: &[u8]) -> Option<(&'static str, String)> {
        let body: serde_json::Value = serde_json::from_slice(body).ok()?;
        let n = self.0.fetch_add(1, Ordering::Relaxed);
        let content = if body.get("response_format").is_some() {
            let question = format!(
                "A box holds {n} red balls and twice as many blue ones and {} green. How many balls is that?",
                n % 7
            );
            json!({"question": question, "code": format!("print({n} * 3 + {})", n % 7)}).to_string()
        } else {
            let asked = body["messages"].as_array()?.last()?["content"].as_str()?.rsplit("A box holds").next()?;
            let numbers: Vec<u64> = asked.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
            let [red, green, ..] = numbers[..] else { return None };
            format!(
                "Three times ${red}$ and ${green}$: \\boxed{{{}}}",
                red * 3 + green + u64::from(n.is_multiple_of(5))
            )
        };
        Some(("200 OK", completion(&content)))
    }
}

/// A project with a model and two seeds.
fn project(user: &User) {
    let url = endpoint::start(&Arc::new(Model::default()));
    user.write(
        "loong.toml",
        &format!(
            "[models.stub]\nbase_url = \"{url}\"\nmodel = \"stub\"\n\n[run]\nsamples = 3\nseeds = [\"my/seeds.json\"]\n"
        ),
    );
    std::fs::create_dir(user.project().join("my")).unwrap();
    let seed = |n: u64, what: &str| {
        json!({"question": format!("How many {what} are left of {n} dozen when {} are gone?", n + 2),
            "rationale": format!("print({n} * 12 - {})", n + 2), "final_answer": (n * 12 - n - 2).to_string(),
            "metadata": {"domain": "logic", "license": "CC0-1.0", "date_created": "2026-11-22"}})
    };
    user.write("my/seeds.json", &json!([seed(7, "eggs"), seed(31, "candles of wax")]).to_string());
}

#[test]
fn a_verifier_is_audited_as_the_readme_says() {
    let user = User::new();
    for colleague in ["ada", "bob"] {
        user.done(&["init", colleague]);
        user.done(&["-C", colleague, "import", "--example", "-q"]);
        let pair = &user.json(&["-C", colleague, "list", "verdict:different", "--json", "-q"])[0]["id"];
        let judged = json!({"candidate": pair, "sample": 0, "judgement": "different"});
        user.write("judged.jsonl", &judged.to_string());
        user.done(&["-C", colleague, "decide", "judged.jsonl", "--reviewer", colleague]);
    }
    let told = shell(&user, &commands("Audit a verifier"));
    assert!(user.project().join("audit/audit.md").exists(), "{told}");
    assert_eq!(user.json(&["-C", "audit", "list", "judged:yes", "--json", "-q"]).len(), 1, "both judged one pair");
}

#[test]
fn seeds_are_written_as_the_readme_says() {
    let user = User::new();
    project(&user);
    user.write("theirs.csv", "question,gold\n\"What is 6 times 7?\",42\n");
    shell(&user, &commands("Write seeds"));
    assert_eq!(user.json(&["list", "strategy:few-shot", "--json", "-q"]).len(), 5);
    let pulled = std::fs::read_to_string(user.project().join("seeds-loong.json")).unwrap();
    assert_eq!(serde_json::from_str::<Vec<serde_json::Value>>(&pulled).unwrap().len(), 301);
}

#[test]
fn a_dataset_is_exported_as_the_readme_says() {
    let user = User::new();
    project(&user);
    user.write("aime.jsonl", "{\"problem\": \"How many primes are below one hundred?\"}\n");
    shell(&user, &commands("Export a dataset"));
    for file in ["sft.jsonl", "grpo.jsonl", "dpo.jsonl", "seeds.jsonl", "train.parquet"] {
        assert!(user.project().join(file).metadata().unwrap().len() > 500, "{file}");
    }
}

/// A server, killed with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_environment_answers_as_the_readme_says() {
    // The port is the README's; the stock client's part is in .ci/openenv.
    if std::net::TcpListener::bind("127.0.0.1:8000").is_err() {
        println!("skipped: port 8000 is taken on this machine");
        return;
    }
    let user = User::new();
    project(&user);
    let commands = commands("Train against it");
    let (serving, asking): (Vec<String>, Vec<String>) =
        commands.into_iter().partition(|c| c.starts_with("loong serve"));
    assert!(serving.len() == 2 && asking.len() == 1, "{serving:?} {asking:?}");
    user.done(&["run", "-n", "4", "-q"]);
    for line in serving {
        let arguments = shlex::split(&line).unwrap();
        let arguments: Vec<&str> = arguments[1..].iter().map(String::as_str).collect();
        let _server = Server(user.command(&[&arguments[..], &["-q"]].concat()).spawn().unwrap());
        let up = || std::net::TcpStream::connect("127.0.0.1:8000").is_ok();
        let waited = (0..300).any(|_| {
            up() || {
                std::thread::sleep(Duration::from_millis(100));
                false
            }
        });
        assert!(waited, "{line}: nobody listens");
        let told = shell(&user, &asking);
        assert!(told.contains("\"reward\":1") || told.is_empty(), "{told}");
    }
}
