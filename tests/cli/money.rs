//! Money: budgets that hold, estimates that come true, prices, and keys that a project cannot send away.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::User;
use crate::server::Server;

/// The last event of a run, which is its report.
fn report(user: &User, arguments: &[&str]) -> Value {
    let ran = user.run(arguments);
    let last = ran.stdout.lines().last().unwrap_or_else(|| panic!("nothing was printed: {}", ran.stderr));
    serde_json::from_str(last).unwrap()
}

#[test]
fn a_budget_stops_within_what_is_in_flight_and_a_larger_one_goes_on() {
    let user = User::new();
    let server = Server::start(Duration::from_millis(5), false);
    let price = "price = { input = 10.0, output = 100.0 }\n";
    user.write("loong.toml", &server.project().replace("attempts = 8\n", &format!("attempts = 8\n{price}")));
    // 15 tokens and $0.0006 a reply.
    let stopped = report(&user, &["run", "-n", "200", "--budget-tokens", "600", "--json", "-q"]);
    assert_eq!(stopped["why"]["budget"], "tokens", "{stopped}");
    let tokens = stopped["tokens"].as_u64().unwrap();
    assert!((570..=600).contains(&tokens), "{tokens} of 600");
    assert_eq!(server.answered(), tokens / 15, "a reply was paid and not kept");
    let told = user.run(&["run", "-n", "200", "--budget-usd", "0.048"]);
    assert_eq!(told.code, 0, "{}", told.stderr);
    assert!(
        told.stdout.contains("the budget of money is spent; run again with a larger --budget-usd"),
        "{}",
        told.stdout
    );
    let answered = server.answered();
    assert!((76..=80).contains(&answered), "$0.048 are 80 replies, those of the first sitting among them: {answered}");
    let done = report(&user, &["run", "-n", "60", "--json", "-q"]);
    assert_eq!((&done["why"], &done["filled"]), (&Value::from("done"), &Value::from(60)), "{done}");
    assert_eq!(server.answered_again(), 0, "something was paid twice");
    let usd = done["spent"].as_array().unwrap().iter().map(|line| line["usd"].as_f64().unwrap()).sum::<f64>();
    assert!((usd - 0.0006 * 120.0).abs() < 1e-9, "{usd}");
}

#[test]
fn accepted_candidates_are_a_budget_too() {
    let user = User::new();
    let server = Server::start(Duration::from_millis(2), false);
    user.write("loong.toml", &server.project());
    let stopped = report(&user, &["run", "-n", "500", "--budget-candidates", "12", "--json", "-q"]);
    assert_eq!(stopped["why"]["budget"], "candidates", "{stopped}");
    let agreed = stopped["by_state"]["agrees"].as_u64().unwrap();
    assert!((12..60).contains(&agreed), "{stopped}");
}

#[test]
fn prices_are_listed_and_the_unknown_stays_unknown() {
    let user = User::new();
    user.write(
        "loong.toml",
        "[models.a]\nbase_url = \"https://h.example/v1\"\nmodel = \"x\"\n\
         [models.b]\nbase_url = \"https://api.openai.com/v1\"\nmodel = \"gpt-4.1-mini\"\n\
         [models.c]\nbase_url = \"http://localhost:1/v1\"\nmodel = \"y\"\n",
    );
    let lines = user.json(&["prices", "--json", "-q"]);
    let of = |name: &str| lines.iter().find(|line| line["configured"] == name).unwrap();
    assert_eq!((&of("a")["source"], &of("a")["input"]), (&Value::from("unknown"), &Value::Null));
    assert_eq!((&of("b")["input"], of("b")["as_of"].is_string()), (&Value::from(0.4), true));
    assert_eq!(of("c")["output"], 0.0);
    assert!(user.done(&["prices", "-q"]).contains("unknown: say it under [prices]"));
    let told = user.run(&["run", "--budget-usd", "1", "-q"]);
    assert_ne!(told.code, 0);
}

#[test]
fn a_key_goes_to_no_server_that_its_user_does_not_know() {
    let user = User::new();
    user.write(
        "loong.toml",
        "[models.m]\nbase_url = \"https://collector.invalid/v1\"\nmodel = \"x\"\nkey_env = \"OPENAI_API_KEY\"\nattempts = 1\n",
    );
    let run = || {
        let output =
            user.command(&["run", "-n", "1", "-q"]).env("OPENAI_API_KEY", "sk-secret-0123456789").output().unwrap();
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let told = run();
    assert!(told.contains("https://collector.invalid") && told.contains("loong trust m"), "{told}");
    assert_eq!(user.json(&["trust", "--json", "-q"])[0]["trusted"], false);
    assert!(user.done(&["trust", "m", "-q"]).contains("may be sent to https://collector.invalid"));
    let told = run();
    assert!(!told.contains("loong trust"), "it was agreed to: {told}");
    assert_eq!(user.run(&["trust", "nobody"]).code, 2);
    assert!(user.done(&["trust", "--forget", "m", "-q"]).contains("WITHHELD"));
    assert!(run().contains("loong trust m"));
}

#[test]
fn an_estimate_asks_nothing() {
    let user = User::new();
    let server = Server::start(Duration::ZERO, false);
    user.write("loong.toml", &server.project());
    let estimate = user.json(&["run", "-n", "40", "--estimate", "--json", "-q"]).remove(0);
    assert_eq!(server.answered(), 0, "{estimate}");
    assert_eq!(estimate["slots"], 40);
    assert!(estimate["tokens"]["low"].as_f64().unwrap() < estimate["tokens"]["high"].as_f64().unwrap());
    assert!(
        estimate["unknown"].as_array().unwrap().iter().any(|s| s.as_str().unwrap().contains("guess")),
        "{estimate}"
    );
}

/// The shared stub, ended when it is dropped.
struct Stub(Child, String);

impl Drop for Stub {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn stub() -> Option<Stub> {
    let Some(shared) = std::env::var_os("LOONG_SHARED") else {
        println!("skipped: LOONG_SHARED does not name a folder with tools/stub_llm.py");
        return None;
    };
    let script = PathBuf::from(shared).join("tools/stub_llm.py");
    let arguments = ["--port", "0", "--bad-code", "0.1", "--latency-ms", "5"];
    let mut child = Command::new("python3").arg(script).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let url = line.split_whitespace().last().unwrap().to_owned();
    Some(Stub(child, url))
}

fn spent(report: &Value) -> (f64, f64) {
    let lines = report["spent"].as_array().unwrap();
    let sum = |key: &str| lines.iter().map(|line| line[key].as_f64().unwrap()).sum::<f64>();
    (sum("prompt_tokens") + sum("completion_tokens"), sum("usd"))
}

#[test]
fn an_estimate_names_the_roles_whose_turn_comes_later() {
    let user = User::new();
    let server = Server::start(Duration::from_millis(2), false);
    let dear = "[models.dear]\nbase_url = \"http://127.0.0.1:9/v1\"\nmodel = \"dear\"\nprice = { input = 100.0, output = 500.0 }\n\n";
    let roles = "\n[roles]\ngenerator = \"stub\"\nsolvers = [\"stub\"]\ncoder = \"dear\"\ncritic = \"dear\"\n";
    user.write("loong.toml", &format!("{dear}{}{roles}", server.project()));
    for (strategy, wanted) in [
        ("multi-agent", &["generator", "coder", "critic", "solver"][..]),
        ("evol-instruct", &["generator", "coder", "critic", "solver"]),
        ("self-instruct", &["generator", "coder", "solver"]),
        ("few-shot", &["generator", "solver"]),
    ] {
        let estimate = user.json(&["run", "-n", "10", "--strategy", strategy, "--estimate", "--json", "-q"]).remove(0);
        let lines = estimate["lines"].as_array().unwrap();
        for role in wanted {
            let line = lines.iter().find(|line| line["role"] == *role);
            let requests = line.and_then(|line| line["requests"].as_f64()).unwrap_or_default();
            assert!(requests >= 9.9, "{strategy} does not say what its {role} will use: {estimate}");
        }
        assert_eq!(lines.len(), wanted.len(), "{estimate}");
    }
    assert_eq!(server.answered(), 0);
}

fn close(what: &str, estimated: f64, came: f64) {
    let off = (estimated - came) / came;
    println!("{what}: estimated {estimated:.4}, came {came:.4}, off by {:.1} %", off * 100.0);
    assert!(off.abs() <= 0.2, "{what}: estimated {estimated}, came {came}");
}

#[test]
fn an_estimate_comes_true_within_a_fifth() {
    let Some(stub) = stub() else { return };
    let user = User::new();
    user.write(
        "loong.toml",
        &format!(
            "[models.stub]\nbase_url = \"{}\"\nmodel = \"stub\"\nprice = {{ input = 0.4, output = 1.6 }}\n\n\
             [run]\ndomains = [\"logic\"]\nsamples = 2\n",
            stub.1
        ),
    );
    // After a pilot, of which every candidate is kept.
    let pilot = user.json(&["run", "-n", "60", "--estimate=pilot", "--json", "-q"]);
    let (estimate, events) = pilot.split_last().unwrap();
    let (piloted, piloted_usd) = spent(events.last().unwrap());
    assert_eq!(estimate["slots"], 57, "{estimate}");
    let whole = report(&user, &["run", "-n", "60", "--json", "-q"]);
    assert_eq!(whole["filled"], 60);
    let (tokens, usd) = spent(&whole);
    close("tokens after a pilot", estimate["tokens"]["likely"].as_f64().unwrap(), tokens - piloted);
    close("money after a pilot", estimate["usd"]["likely"].as_f64().unwrap(), usd - piloted_usd);
    // From history: another run of other seeds, larger and with more responses. (Equal prompts would be read from the store.)
    let config = std::fs::read_to_string(user.project().join("loong.toml")).unwrap();
    user.write("loong.toml", &config.replace("samples = 2", "samples = 3\nrng_seed = 7"));
    let estimate = user.json(&["run", "-n", "80", "--estimate", "--json", "-q"]).remove(0);
    let (tokens, usd) = spent(&report(&user, &["run", "-n", "80", "--json", "-q"]));
    close("tokens from history", estimate["tokens"]["likely"].as_f64().unwrap(), tokens);
    close("money from history", estimate["usd"]["likely"].as_f64().unwrap(), usd);
    let (low, high) = (estimate["tokens"]["low"].as_f64().unwrap(), estimate["tokens"]["high"].as_f64().unwrap());
    assert!(low <= tokens && tokens <= high, "{tokens} is outside of {low} to {high}");
}

#[test]
fn a_budget_holds_against_the_stub() {
    let Some(stub) = stub() else { return };
    let user = User::new();
    user.write(
        "loong.toml",
        &format!(
            "[models.stub]\nbase_url = \"{}\"\nmodel = \"stub\"\nprice = {{ input = 0.4, output = 1.6 }}\n\n\
             [run]\ndomains = [\"logic\", \"graph_discrete_math\"]\n",
            stub.1
        ),
    );
    let stopped = report(&user, &["run", "-n", "2000", "--budget-usd", "0.02", "--json", "-q"]);
    assert_eq!(stopped["why"]["budget"], "usd", "{stopped}");
    let (_, usd) = spent(&stopped);
    let each = usd / stopped["asked"].as_f64().unwrap();
    println!("${usd:.5} of $0.02, {} replies of ${each:.6}", stopped["asked"]);
    // 24 requests may be in flight: 8 generating and 16 solving.
    assert!(usd <= 0.02 + 24.0 * each && usd >= 0.02 * 0.9, "{usd}");
}
