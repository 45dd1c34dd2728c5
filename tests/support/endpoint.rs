//! An HTTP endpoint on loopback, a thread a connection: reads requests, and answers as it is told to. Taken in by path.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// What answers requests.
pub(crate) trait Answers: Send + Sync + 'static {
    /// Status line and JSON for a request's body; `None` resets the connection.
    fn answer(&self, body: &[u8]) -> Option<(&'static str, String)>;

    /// An answer went out whole.
    fn sent(&self, _body: Vec<u8>) {}
}

/// Starts it; its base URL.
pub(crate) fn start(answers: &Arc<impl Answers>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let answers = Arc::clone(answers);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answers = Arc::clone(&answers);
            // A thousand connections are a thousand stacks.
            let thread = std::thread::Builder::new().stack_size(128 << 10);
            thread.spawn(move || serve(stream, answers.as_ref())).unwrap();
        }
    });
    url
}

fn serve(stream: TcpStream, answers: &impl Answers) -> Option<()> {
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut writer = stream;
    loop {
        let body = request(&mut reader)?;
        let (status, reply) = answers.answer(&body)?;
        let head =
            format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", reply.len());
        writer.write_all(head.as_bytes()).ok()?;
        writer.write_all(reply.as_bytes()).ok()?;
        answers.sent(body);
    }
}

/// The body of the next request.
fn request(reader: &mut impl BufRead) -> Option<Vec<u8>> {
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
    Some(body)
}

/// A chat completion that says this.
pub(crate) fn completion(content: &str) -> String {
    serde_json::json!({
        "id": "x", "object": "chat.completion", "model": "stub-1",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5}
    })
    .to_string()
}
