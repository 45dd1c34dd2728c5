//! A chat server in this process, a thread a connection: it answers as a model would, from a template with unlike numbers,
//! and is no bottleneck as a Python server on the same cores would be.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The server.
pub(crate) struct Stub {
    pub(crate) url: String,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    questions: AtomicU64,
    in_flight: AtomicU64,
    most: AtomicU64,
}

impl Stub {
    /// Answers every request after `latency`.
    pub(crate) fn start(latency: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let counts = Arc::new(Counts::default());
        let all = Arc::clone(&counts);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counts = Arc::clone(&all);
                let thread = std::thread::Builder::new().stack_size(128 << 10);
                thread.spawn(move || answer_all(stream, &counts, latency)).unwrap();
            }
        });
        Self { url, counts }
    }

    /// The most requests that were in flight at once.
    pub(crate) fn most_in_flight(&self) -> u64 {
        self.counts.most.load(Ordering::Relaxed)
    }
}

fn answer_all(stream: TcpStream, counts: &Counts, latency: Duration) -> Option<()> {
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
        let now = counts.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        counts.most.fetch_max(now, Ordering::Relaxed);
        std::thread::sleep(latency);
        counts.in_flight.fetch_sub(1, Ordering::Relaxed);
        let body: serde_json::Value = serde_json::from_slice(&body).ok()?;
        let content = if body.get("response_format").is_some() {
            let n = counts.questions.fetch_add(1, Ordering::Relaxed) + 1;
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
