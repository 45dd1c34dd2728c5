//! The whole loop at an endpoint without latency: unique candidates generated, executed, solved (k = 1), verified and
//! stored per second — and, as the floor beside it in the same run, the same programs by one fresh `python3` each.
//!
//! `cargo bench --bench loop`. The endpoint is a server in this process that answers as a model would, from a template
//! with unlike numbers; where `LOONG_SHARED` names a folder with `tools/stub_llm.py`, that one is used too.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

const CANDIDATES: u64 = 600;
const FRESH: usize = 60;

fn main() {
    // `cargo test --benches` calls with --test: nothing is measured then.
    if std::env::args().any(|a| a == "--test") {
        return;
    }
    let port = serve();
    measure("in-process endpoint", &format!("http://127.0.0.1:{port}/v1"));
    if let Some((mut stub, url)) = shared_stub() {
        measure("stub_llm.py (a Python server on the same cores)", &url);
        let _ = stub.kill();
        let _ = stub.wait();
    }
}

fn measure(what: &str, url: &str) {
    let dir = tempfile::tempdir().unwrap();
    let project = format!(
        "[models.stub]\nbase_url = \"{url}\"\nmodel = \"stub-model\"\nin_flight = 64\n\n[run]\nexecutions = 1\n\n[concurrency]\ngenerate = 32\nsolve = 32\n"
    );
    std::fs::write(dir.path().join("loong.toml"), project).unwrap();
    let loong = |arguments: &[&str]| {
        let out = Command::new(env!("CARGO_BIN_EXE_loong"))
            .args(["-C", dir.path().to_str().unwrap(), "-q"])
            .args(arguments)
            .env("XDG_STATE_HOME", dir.path())
            .output()
            .unwrap();
        assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    };
    // The venv is made once on a machine; making it is not what is measured.
    loong(&["run", "-n", "20"]);
    let begun = Instant::now();
    let events = loong(&["run", "--new", "-n", &CANDIDATES.to_string(), "--json"]);
    let whole = begun.elapsed().as_secs_f64();
    let kept = events.lines().filter(|l| l.contains(r#""event":"candidate""#) && l.contains(r#""kind":null"#)).count();
    let rate = kept as f64 / whole;

    let programs: Vec<String> = loong(&["export", "--format", "raw", "--all", "--to", "-"])
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|row| row.pointer("/code").and_then(|c| c.as_str()).map(str::to_owned))
        .take(FRESH)
        .collect();
    let python = venv_python();
    let begun = Instant::now();
    for program in &programs {
        let ran =
            Command::new(&python).args(["-I", "-c", program]).stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(ran.is_ok());
    }
    let fresh = programs.len() as f64 / begun.elapsed().as_secs_f64();

    println!("{what}");
    println!(
        "  loop   {rate:8.1} candidates/s  ({kept} of {CANDIDATES} unique and whole, {whole:.1} s, start-up included)"
    );
    println!("  fresh  {fresh:8.1} programs/s    ({} of them, one `python` each, executed only)", programs.len());
    println!("  ratio  {:8.1}", rate / fresh);
}

/// The newest venv's Python: fresh interpreters must have the packages too.
fn venv_python() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    let venvs = cache.map(|c| c.join("loong/venvs"));
    let mut found: Vec<PathBuf> = venvs
        .and_then(|v| std::fs::read_dir(v).ok())
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path().join("bin/python"))
        .filter(|p| p.exists())
        .collect();
    found.sort_by_key(|p| std::fs::metadata(p.parent().unwrap_or(Path::new("/"))).and_then(|m| m.modified()).ok());
    found.pop().unwrap_or_else(|| PathBuf::from("python3"))
}

fn shared_stub() -> Option<(Child, String)> {
    let script = PathBuf::from(std::env::var_os("LOONG_SHARED")?).join("tools/stub_llm.py");
    let mut stub = Command::new("python3").arg(script).args(["--port", "0"]).stdout(Stdio::piped()).spawn().ok()?;
    let mut line = String::new();
    BufReader::new(stub.stdout.as_mut()?).read_line(&mut line).ok()?;
    let url = line.split_whitespace().last()?.to_owned();
    Some((stub, url))
}

/// A server that answers chat requests at once; a thread a connection.
fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer_all(stream));
        }
    });
    port
}

static COUNT: AtomicU64 = AtomicU64::new(0);

fn answer_all(stream: TcpStream) -> Option<()> {
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut writer = stream;
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if line.trim().is_empty() {
                break;
            }
            if let Some(n) = line.to_lowercase().strip_prefix("content-length:") {
                length = n.trim().parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let body: serde_json::Value = serde_json::from_slice(&body).ok()?;
        let content = if body.get("response_format").is_some() {
            let n = COUNT.fetch_add(1, Ordering::Relaxed) + 1;
            let (a, b) = (n + 3, n % 17 + 2);
            let code =
                format!("import networkx as nx\nprint(nx.complete_bipartite_graph({b}, {b}).number_of_edges() * {a})");
            let question = format!(
                "A complete bipartite graph has {b} vertices on each side. What is {a} times its number of edges?"
            );
            serde_json::json!({"question": question, "code": code}).to_string()
        } else {
            let asked = body["messages"].as_array()?.last()?["content"].as_str()?;
            let asked = asked.rsplit("A complete bipartite").next()?;
            let numbers: Vec<u64> = asked.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
            let [b, a] = numbers[..] else { return None };
            format!(
                "Each of the ${b}$ vertices on one side meets all ${b}$ on the other, so there are ${}$ edges.\n\\[\\boxed{{{}}}\\]",
                b * b,
                b * b * a
            )
        };
        let reply = serde_json::json!({
            "id": "x", "object": "chat.completion", "model": "stub-model",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 50}
        })
        .to_string();
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", reply.len());
        writer.write_all(head.as_bytes()).ok()?;
        writer.write_all(reply.as_bytes()).ok()?;
    }
}
