//! Template problems made and executed without any model: the whole command, for the families that are bundled.
//!
//! `cargo bench --bench templates`. The bound is 10,000 in under 60 seconds, on two cores that have nothing else to do;
//! `LOONG_BENCH_CANDIDATES` asks for fewer.

use std::process::Command;
use std::time::Instant;

const CANDIDATES: u64 = 10_000;
const BOUND: f64 = 60.0;

fn main() {
    // `cargo test --benches` calls with --test: nothing is measured then.
    if std::env::args().any(|a| a == "--test") {
        return;
    }
    let n = std::env::var("LOONG_BENCH_CANDIDATES").ok().and_then(|n| n.parse().ok()).unwrap_or(CANDIDATES);
    let floor = CANDIDATES as f64 / BOUND;
    for executions in [1, 2] {
        let rate = measure(n, executions);
        let word = if rate >= floor { "above" } else { "BELOW" };
        println!("executed {executions} ×  {rate:8.1} candidates/s, {word} the floor of {floor:.1}");
    }
}

/// Candidates a second, start-up included.
fn measure(n: u64, executions: u32) -> f64 {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("loong.toml"), format!("[run]\nexecutions = {executions}\n")).unwrap();
    let loong = |arguments: &[&str]| {
        let out = Command::new(env!("CARGO_BIN_EXE_loong"))
            .args(["-C", dir.path().to_str().unwrap(), "-q"])
            .args(arguments)
            .env("XDG_STATE_HOME", dir.path())
            .env_remove("PYTHONDONTWRITEBYTECODE")
            .output()
            .unwrap();
        assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    };
    // Venvs are made once on a machine; making them is not what is measured.
    loong(&["run", "--strategy", "template", "-n", "60"]);
    let begun = Instant::now();
    let events = loong(&["run", "--strategy", "template", "--new", "-n", &n.to_string(), "--json"]);
    let took = begun.elapsed().as_secs_f64();
    let executed =
        events.lines().filter(|l| l.contains(r#""event":"candidate""#) && l.contains(r#""kind":null"#)).count();
    assert_eq!(executed as u64, n, "not all were executed");
    executed as f64 / took
}
