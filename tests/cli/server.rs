//! A chat server on loopback that answers as models do, and as broken endpoints do.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::endpoint::{self, Answers, completion};

#[derive(Default)]
pub(crate) struct Counts {
    latency: Duration,
    faults: bool,
    /// The same reply for the same request.
    steady: bool,
    requests: AtomicU64,
    in_flight: AtomicU64,
    answered: Mutex<HashMap<Vec<u8>, u64>>,
    stop: AtomicBool,
}

pub(crate) struct Server {
    pub(crate) url: String,
    counts: Arc<Counts>,
}

impl Server {
    /// Answers every request after `latency`; with `faults`, one in five gets a 500, a reset, or half a JSON object.
    pub(crate) fn start(latency: Duration, faults: bool) -> Self {
        Self::begin(latency, faults, false)
    }

    /// Answers the same request with the same reply, whenever it comes; one in five fails on the way as with `faults`.
    pub(crate) fn steady(latency: Duration) -> Self {
        Self::begin(latency, true, true)
    }

    fn begin(latency: Duration, faults: bool, steady: bool) -> Self {
        let counts = Arc::new(Counts { latency, faults, steady, ..Counts::default() });
        Self { url: endpoint::start(&counts), counts }
    }

    /// Whole replies sent for a request that had one before.
    pub(crate) fn answered_again(&self) -> u64 {
        self.counts.answered.lock().unwrap().values().map(|n| n - 1).sum()
    }

    /// Whole replies sent.
    pub(crate) fn answered(&self) -> u64 {
        self.counts.answered.lock().unwrap().values().sum()
    }

    /// Requests that are being answered just now, and those that may have come since.
    pub(crate) fn in_flight(&self) -> u64 {
        self.counts.in_flight.load(Ordering::SeqCst) + 2
    }

    pub(crate) fn requests(&self) -> u64 {
        self.counts.requests.load(Ordering::SeqCst)
    }

    /// Everything is refused from now on.
    pub(crate) fn go_down(&self) {
        self.counts.stop.store(true, Ordering::SeqCst);
    }

    pub(crate) fn project(&self) -> String {
        format!(
            "[models.stub]\nbase_url = \"{}\"\nmodel = \"stub\"\nattempts = 8\n\n[run]\ndomains = [\"logic\"]\n",
            self.url
        )
    }
}

impl Answers for Counts {
    fn answer(&self, body: &[u8]) -> Option<(&'static str, String)> {
        let nth = self.requests.fetch_add(1, Ordering::SeqCst);
        self.in_flight.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(self.latency);
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
        if self.stop.load(Ordering::SeqCst) || self.faults && nth % 10 == 3 {
            return Some(("500 Internal Server Error", "{\"error\":{\"message\":\"down\"}}".to_owned()));
        }
        if self.faults && nth % 10 == 7 {
            return None;
        }
        let asked: Value = serde_json::from_slice(body).ok()?;
        let mut content = if self.steady { told(&asked, body)? } else { content(&asked, nth)? };
        if self.faults && !self.steady && nth % 25 == 5 && content.starts_with('{') {
            content.truncate(content.len() / 2);
        }
        Some(("200 OK", completion(&content)))
    }

    fn sent(&self, body: Vec<u8>) {
        *self.answered.lock().unwrap().entry(body).or_default() += 1;
    }
}

/// A question about numbers that no other one has, or the answer to one.
fn content(asked: &Value, nth: u64) -> Option<String> {
    if asked.get("response_format").is_some() {
        let (a, b) = (1000 + nth, 7 + nth % 90);
        let question = format!("What is the sum of {a} and {b}?");
        return Some(json!({"question": question, "code": format!("print({a} + {b})")}).to_string());
    }
    let prompt = asked["messages"].as_array()?.last()?["content"].as_str()?;
    let numbers: Vec<u64> = prompt
        .rsplit("the sum of")
        .next()?
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|n| n.parse().ok())
        .collect();
    let [a, b] = numbers[..] else { return None };
    let slip = u64::from(nth % 9 == 4);
    Some(format!("Adding gives \\boxed{{{}}}.", a + b + slip))
}

const WORDS: [&str; 16] = [
    "amber", "birch", "copper", "delta", "ember", "fjord", "garnet", "harbour", "indigo", "juniper", "kelp", "lantern",
    "marble", "nectar", "opal", "pepper",
];

/// What a request is answered with, as a function of the request: a question about numbers and words that no other one
/// has, its program, or the answer to one.
fn told(asked: &Value, body: &[u8]) -> Option<String> {
    let hash = blake3::hash(body);
    let of = |at: usize| u64::from(hash.as_bytes()[at]);
    let prompt = asked["messages"].as_array()?.last()?["content"].as_str()?;
    let wanted = asked.pointer("/response_format/json_schema/schema/properties");
    let wants = |key: &str| wanted.is_some_and(|properties| properties.get(key).is_some());
    if wants("question") {
        let (a, b) = (1000 + of(0) * 65_536 + of(1) * 256 + of(2), 7 + of(3));
        let words: Vec<&str> = (4..18).map(|at| WORDS[usize::from(hash.as_bytes()[at] % 16)]).collect();
        let mut reply = json!({"question": format!("With {}: what is the sum of {a} and {b}?", words.join(" "))});
        if wants("code") {
            reply["code"] = format!("print({a} + {b})").into();
        }
        return Some(reply.to_string());
    }
    let numbers: Vec<u64> = prompt
        .rsplit("the sum of")
        .next()?
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|n| n.parse().ok())
        .collect();
    let [a, b, ..] = numbers[..] else { return None };
    if wants("code") {
        return Some(json!({"code": format!("print({a} + {b})")}).to_string());
    }
    let slip = u64::from(of(0) % 9 == 4);
    Some(format!("Adding gives \\boxed{{{}}}.", a + b + slip))
}
