//! A chat server in this process, a thread a connection: it answers as a model would, from a template with unlike numbers,
//! and is no bottleneck as a Python server on the same cores would be.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::endpoint::{self, Answers, completion};

/// The server.
pub(crate) struct Stub {
    pub(crate) url: String,
    model: Arc<Model>,
}

#[derive(Default)]
struct Model {
    latency: Duration,
    questions: AtomicU64,
    in_flight: AtomicU64,
    most: AtomicU64,
}

impl Stub {
    /// Answers every request after `latency`.
    pub(crate) fn start(latency: Duration) -> Self {
        let model = Arc::new(Model { latency, ..Model::default() });
        Self { url: endpoint::start(&model), model }
    }

    /// The most requests that were in flight at once.
    pub(crate) fn most_in_flight(&self) -> u64 {
        self.model.most.load(Ordering::Relaxed)
    }
}

impl Answers for Model {
    fn answer(&self, body: &[u8]) -> Option<(&'static str, String)> {
        let now = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        std::thread::sleep(self.latency);
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
        let body: serde_json::Value = serde_json::from_slice(body).ok()?;
        let content = if body.get("response_format").is_some() { self.question() } else { solution(&body)? };
        Some(("200 OK", completion(&content)))
    }
}

impl Model {
    fn question(&self) -> String {
        let n = self.questions.fetch_add(1, Ordering::Relaxed) + 1;
        let (a, b) = (n + 3, n % 17 + 2);
        let code =
            format!("import networkx as nx\nprint(nx.complete_bipartite_graph({b}, {b}).number_of_edges() * {a})");
        let question =
            format!("A complete bipartite graph has {b} vertices on each side. What is {a} times its number of edges?");
        serde_json::json!({"question": question, "code": code}).to_string()
    }
}

fn solution(body: &serde_json::Value) -> Option<String> {
    let asked = body["messages"].as_array()?.last()?["content"].as_str()?;
    let asked = asked.rsplit("A complete bipartite").next()?;
    let numbers: Vec<u64> = asked.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
    let [b, a] = numbers[..] else { return None };
    Some(format!(
        "Each of the ${b}$ vertices on one side meets all ${b}$ on the other, so there are ${}$ edges.\n\\[\\boxed{{{}}}\\]",
        b * b,
        b * b * a
    ))
}
