//! The server as its clients meet it: over real sockets, with what well-behaved and hostile ones send.

mod asked;
mod conversation;
mod guarded;
mod kept;
mod pairs;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use loong::engine::escalate::Escalation;
use loong::environment::{RewardPolicy, RewardTerms, StaticSource, Task};
use loong::server::{Counts, Desk, ServerLimits, Token, serve};
use loong::store::{OpenMode, Sink, Store};
use loong::verifier::{Outcome, Pair, RuleVerifier, Side, Verdict, Verifier};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tokio_util::sync::CancellationToken;

/// The answer of every task here; no observation before the step may have it.
pub(crate) const ANSWER: &str = "271828";

/// A server in this process, with a store of its own.
pub(crate) struct Server {
    pub(crate) at: SocketAddr,
    pub(crate) stop: CancellationToken,
    pub(crate) store: Store,
    pub(crate) counts: Arc<Counts>,
    serving: JoinHandle<std::io::Result<()>>,
    folder: tempfile::TempDir,
}

/// What is unlike the usual.
pub(crate) struct Setting {
    pub(crate) verifier: Arc<dyn Verifier>,
    pub(crate) limits: ServerLimits,
    pub(crate) token: Option<Token>,
    pub(crate) terms: RewardTerms,
    pub(crate) escalation: Escalation,
    pub(crate) policy: RewardPolicy,
    pub(crate) reference: &'static str,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            verifier: Arc::new(RuleVerifier::default()),
            limits: ServerLimits::default(),
            token: None,
            terms: RewardTerms::default(),
            escalation: Escalation::default(),
            policy: RewardPolicy::default(),
            reference: ANSWER,
        }
    }
}

impl Server {
    pub(crate) async fn start(setting: Setting) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("loong.db"), OpenMode::Create).unwrap();
        let tasks = (0..40).map(|n| Task {
            id: format!("task-{n}"),
            question: format!("What is question {n}?"),
            domain: "logic".to_owned(),
            references: vec![setting.reference.to_owned()],
            ..Task::default()
        });
        let (stop, counts) = (CancellationToken::new(), Arc::new(Counts::default()));
        let desk = Desk {
            source: Arc::new(StaticSource::of(tasks.collect())),
            verifier: setting.verifier,
            escalation: setting.escalation,
            policy: setting.policy,
            terms: setting.terms,
            sink: Arc::new(store.clone()) as Arc<dyn Sink>,
            limits: setting.limits,
            token: setting.token,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let serving = tokio::spawn(serve(listener, desk, Arc::clone(&counts), stop.clone()));
        Self { at, stop, store, counts, serving, folder }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.at)
    }

    pub(crate) async fn session(&self) -> Session {
        Session::at(&format!("ws://{}/ws", self.at)).await
    }

    /// Drains, and waits for it.
    pub(crate) async fn drained(self) -> (Store, tempfile::TempDir) {
        self.stop.cancel();
        tokio::time::timeout(Duration::from_secs(25), self.serving).await.unwrap().unwrap().unwrap();
        (self.store, self.folder)
    }
}

/// A WebSocket client.
pub(crate) struct Session(pub(crate) WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Session {
    pub(crate) async fn at(url: &str) -> Self {
        Self(connect_async(url).await.unwrap().0)
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// The next frame that is JSON; `None` where the server closed.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            match tokio::time::timeout(Duration::from_secs(20), self.0.next()).await.unwrap()? {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    pub(crate) async fn ask(&mut self, message: Value) -> Value {
        self.send(&message.to_string()).await;
        self.next().await.unwrap()
    }

    pub(crate) async fn reset(&mut self, seed: u64) -> Value {
        self.ask(json!({"type": "reset", "data": {"seed": seed, "episode_id": format!("ep-{seed}")}})).await
    }

    pub(crate) async fn step(&mut self, answer: impl Into<Value>) -> Value {
        self.ask(json!({"type": "step", "data": {"answer": answer.into()}})).await
    }
}

/// A verifier that takes its time, or fails where a response says so.
pub(crate) struct Slow(pub(crate) Duration);

impl Verifier for Slow {
    fn verify(&self, pair: &Pair) -> Verdict {
        std::thread::sleep(self.0);
        assert!(pair.response != "panic", "as asked");
        RuleVerifier::default().verify(pair)
    }

    fn version(&self) -> &'static str {
        "slow"
    }
}

/// A verifier that can never tell.
pub(crate) struct Vague;

impl Verifier for Vague {
    fn verify(&self, pair: &Pair) -> Verdict {
        let verdict = RuleVerifier::default().verify(pair);
        Verdict { outcome: Outcome::Undecided, side: Some(Side::Both), ..verdict }
    }

    fn version(&self) -> &'static str {
        "vague"
    }
}

/// An HTTP client.
pub(crate) fn client() -> reqwest::Client {
    // The first one counts; so do all others.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// The code of an error frame.
pub(crate) fn code(frame: &Value) -> &str {
    assert_eq!(frame["type"], "error", "{frame}");
    frame["data"]["code"].as_str().unwrap()
}
