//! The environment in this process, and over loopback: steps and verified answers a second, sessions open at once.
//!
//! `cargo bench --bench environment`; words after `--` pick parts: `steps`, `verify`, `sessions`. The bounds are 100,000
//! steps/s on literals in batches of 64, 5,000 verified answers/s through `POST /v1/verify` and 2,000 sessions at once, on
//! two cores that have nothing else to do. Clients run on the same cores.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use futures::future::join_all;
use futures::{SinkExt as _, StreamExt as _};
use loong::environment::{Action, SingleStepEnv, StaticSource, Task};
use loong::verifier::RuleVerifier;
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

const BATCH: usize = 64;
const STEPS: usize = 400_000;
const PAIRS: usize = 60_000;
const CLIENTS: usize = 4;
const SESSIONS: usize = 2_000;
/// Episodes of each session.
const EPISODES: u64 = 5;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` calls with --test: nothing is measured then.
    if words.iter().any(|a| a == "--test") {
        return;
    }
    let named: Vec<&String> = words.iter().filter(|w| !w.starts_with('-')).collect();
    let wanted = |part: &str| named.is_empty() || named.iter().any(|w| *w == part);
    let mut met = true;
    if wanted("steps") {
        met &= told("steps of the environment in this process", steps(), "a second", 100_000.0);
    }
    if wanted("verify") {
        let server = Server::start();
        met &= told("answers verified through POST /v1/verify", verified(&server), "a second", 5_000.0);
    }
    if wanted("sessions") {
        let server = Server::start();
        let (open, rate) = sessions(&server);
        met &= told("sessions open at once", open, "", SESSIONS as f64);
        println!("  episodes of {SESSIONS} sessions, each stored before it is told: {rate:.0} a second");
    }
    if !met {
        std::process::exit(1);
    }
}

fn told(what: &str, value: f64, unit: &str, least: f64) -> bool {
    let met = value >= least;
    println!("  {what}: {value:.0} {unit}   target ≥ {least}   {}", if met { "met" } else { "MISSED" });
    met
}

/// Answers as policies give them, bare and marked, right and wrong.
fn response(n: usize) -> String {
    let value = if n.is_multiple_of(3) { n + 1 } else { n };
    match n % 4 {
        0 => value.to_string(),
        1 => format!("\\boxed{{{value}}}"),
        2 => format!("The answer is {value}."),
        _ => format!("We add the two.\n\n#### {value}"),
    }
}

/// Steps a second, resets included, of batches of literals.
fn steps() -> f64 {
    let task = |n: usize| Task {
        id: n.to_string(),
        question: format!("What is {n}?"),
        domain: "logic".to_owned(),
        references: vec![n.to_string()],
        ..Task::default()
    };
    let source = Arc::new(StaticSource::of((0..1000).map(task).collect()));
    let mut env = SingleStepEnv::new(source, Arc::new(RuleVerifier::default()));
    let (mut done, mut right) = (0, 0);
    let mut spent = 0.0;
    while done < STEPS {
        let seeds: Vec<u64> = (0..BATCH as u64).map(|n| done as u64 + n).collect();
        let seen = futures::executor::block_on(env.reset(&seeds)).expect("there are tasks");
        let asked = |question: &str| question[8..question.len() - 1].parse::<usize>().expect("a number");
        let actions: Vec<Action> =
            seen.iter().map(|o| Action { episode: o.episode, response: response(asked(&o.question)) }).collect();
        let begun = Instant::now();
        let stepped = env.step(&actions);
        spent += begun.elapsed().as_secs_f64();
        right += stepped.iter().filter(|s| s.as_ref().is_ok_and(|s| s.reward == Some(1.0))).count();
        done += stepped.len();
    }
    // Two of three are right: what is counted was verified.
    assert!((right as f64 / done as f64 - 2.0 / 3.0).abs() < 0.02, "{right} of {done}");
    done as f64 / spent
}

/// `loong serve` in a process of its own.
struct Server {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("loong.toml"), "").expect("a project");
        let mut child = Command::new(env!("CARGO_BIN_EXE_loong"))
            .args(["-q", "--json", "serve", "--port", "0", "-C"])
            .arg(folder.path())
            .env("XDG_STATE_HOME", folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let listening: Value = serde_json::from_str(&line).expect("an event");
        let address = listening["url"].as_str().expect("a URL").trim_start_matches("http://").to_owned();
        Self { child, address, _folder: folder }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Answers a second through the route, in batches of 64, from a few clients that keep their connections.
fn verified(server: &Server) -> f64 {
    let pair = |n: usize| json!({"id": n, "reference": n, "response": response(n)});
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            scope.spawn(move || {
                let stream = TcpStream::connect(&server.address).expect("it listens");
                stream.set_nodelay(true).expect("a socket");
                let (mut write, mut read) = (stream.try_clone().expect("a socket"), BufReader::new(stream));
                for batch in 0..PAIRS / CLIENTS / BATCH {
                    let from = (client * PAIRS + batch) * BATCH;
                    let body = json!({"items": (from..from + BATCH).map(pair).collect::<Vec<_>>()}).to_string();
                    let head = format!(
                        "POST /v1/verify HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n\r\n",
                        server.address,
                        body.len()
                    );
                    write.write_all((head + &body).as_bytes()).expect("sent");
                    let told = reply(&mut read);
                    assert_eq!(told["results"].as_array().map(Vec::len), Some(BATCH));
                    assert_eq!(told["results"][1]["reward"], u8::from(!(from + 1).is_multiple_of(3)));
                }
            });
        }
    });
    (PAIRS / CLIENTS / BATCH * BATCH * CLIENTS) as f64 / begun.elapsed().as_secs_f64()
}

/// The JSON body of a reply.
fn reply(read: &mut BufReader<TcpStream>) -> Value {
    let (mut length, mut line) = (0, String::new());
    loop {
        line.clear();
        read.read_line(&mut line).expect("a header");
        if line.trim().is_empty() {
            break;
        }
        if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = n.trim().parse().expect("a length");
        }
    }
    let mut body = vec![0; length];
    read.read_exact(&mut body).expect("a body");
    serde_json::from_slice(&body).expect("JSON")
}

/// How many sessions were open at once, and the rate of their episodes.
fn sessions(server: &Server) -> (f64, f64) {
    raise_descriptors();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let url = format!("ws://{}/ws", server.address);
        let mut all = Vec::new();
        for _ in 0..SESSIONS {
            all.push(connect_async(&url).await.expect("a session").0);
        }
        let begun = Instant::now();
        let talks = all.iter_mut().enumerate().map(|(n, socket)| async move {
            let mut told = 0;
            for episode in 0..EPISODES {
                for message in [
                    json!({"type": "reset", "data": {"seed": n as u64 * EPISODES + episode}}),
                    json!({"type": "step", "data": {"answer": "12"}}),
                ] {
                    socket.send(Message::text(message.to_string())).await.expect("sent");
                    let reply = socket.next().await.expect("a reply").expect("a frame");
                    told += u64::from(reply.to_text().is_ok_and(|text| text.contains("\"type\"")));
                }
            }
            told
        });
        let told: Vec<u64> = join_all(talks).await;
        let seconds = begun.elapsed().as_secs_f64();
        let whole = told.iter().filter(|n| **n == EPISODES * 2).count();
        (whole as f64, SESSIONS as f64 * EPISODES as f64 / seconds)
    })
}

fn raise_descriptors() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let now = getrlimit(Resource::Nofile);
        let _ = setrlimit(Resource::Nofile, Rlimit { current: now.maximum, ..now });
    }
}
