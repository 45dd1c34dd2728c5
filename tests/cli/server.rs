//! A chat server on loopback that answers as models do, and as broken endpoints do.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

#[derive(Default)]
pub(crate) struct Counts {
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
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let counts = Arc::new(Counts::default());
        let all = Arc::clone(&counts);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counts = Arc::clone(&all);
                std::thread::spawn(move || serve(stream, &counts, latency, faults));
            }
        });
        Self { url, counts }
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

fn serve(stream: TcpStream, counts: &Counts, latency: Duration, faults: bool) -> Option<()> {
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
        let nth = counts.requests.fetch_add(1, Ordering::SeqCst);
        counts.in_flight.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(latency);
        counts.in_flight.fetch_sub(1, Ordering::SeqCst);
        if counts.stop.load(Ordering::SeqCst) || faults && nth % 10 == 3 {
            send(&mut writer, "500 Internal Server Error", "{\"error\":{\"message\":\"down\"}}")?;
            continue;
        }
        if faults && nth % 10 == 7 {
            return None;
        }
        let asked: Value = serde_json::from_slice(&body).ok()?;
        let mut content = content(&asked, nth)?;
        if faults && nth % 25 == 5 && content.starts_with('{') {
            content.truncate(content.len() / 2);
        }
        let reply = json!({
            "model": "stub-1",
            "choices": [{"message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 5}
        });
        send(&mut writer, "200 OK", &reply.to_string())?;
        *counts.answered.lock().unwrap().entry(body).or_default() += 1;
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

fn send(writer: &mut TcpStream, status: &str, body: &str) -> Option<()> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    writer.write_all(head.as_bytes()).ok()?;
    writer.write_all(body.as_bytes()).ok()
}
