//! The environment over the network: OpenEnv over WebSocket and HTTP, and `POST /v1/verify`.
//!
//! What comes in is a policy's or a trainer's text, and untrusted: it is bounded in size, number and rate, is verified away
//! from the threads that serve, and no answer to a question leaves before its episode is done. A step is answered once its
//! episode is in the store, so that nothing acknowledged is lost. The room must not know where tasks come from, what a
//! screen is, or how a store keeps things.

mod ask;
mod connections;
mod episode;
mod guard;
mod http;
mod schema;
mod session;
mod socket;
mod verify;
mod wire;

use std::io;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{any, get, post};
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::engine::escalate::Escalation;
use crate::environment::{RewardPolicy, RewardTerms, Source};
use crate::store::Sink;
use crate::verifier::Verifier;
use guard::Guard;
pub use guard::Token;
use http::Sessions;

/// Most pairs in one request to `/v1/verify`.
pub const ITEMS: usize = 1024;

/// How long a drain waits for what is being verified.
const DRAIN: Duration = Duration::from_secs(20);

/// Bytes of a text that is read in no time.
const SHORT: usize = 64 << 10;

/// Bytes of request bodies and messages that are held at once, of all clients together.
const BODIES: usize = 256 << 20;

/// What the server allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerLimits {
    /// Sessions open at once, WebSocket and HTTP each.
    pub sessions: usize,
    /// Bytes of one WebSocket message, and of one request's body.
    pub bytes: usize,
    /// Requests and messages of one address a second; 0 for no bound.
    pub per_second: u32,
    /// How long a session may be silent.
    pub idle: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self { sessions: 4096, bytes: 16 << 20, per_second: 0, idle: Duration::from_secs(3600) }
    }
}

/// Everything that a server serves with.
pub struct Desk {
    /// Where tasks come from.
    pub source: Arc<dyn Source>,
    /// What compares answers.
    pub verifier: Arc<dyn Verifier>,
    /// Who is asked about what the verifier leaves undecided.
    pub escalation: Escalation,
    /// What is paid where nobody can tell.
    pub policy: RewardPolicy,
    /// What a reward is the sum of.
    pub terms: RewardTerms,
    /// Where episodes are kept.
    pub sink: Arc<dyn Sink>,
    /// What is allowed.
    pub limits: ServerLimits,
    /// What every request has to show; `None` where whoever reaches the server may use it.
    pub token: Option<Token>,
}

/// What a server has done so far.
#[derive(Debug, Default)]
pub struct Counts {
    sessions: AtomicU64,
    episodes: AtomicU64,
    verified: AtomicU64,
    refused: AtomicU64,
}

impl Counts {
    /// WebSocket sessions open now.
    pub fn sessions(&self) -> u64 {
        self.sessions.load(Ordering::Relaxed)
    }

    /// Episodes that are done and stored.
    pub fn episodes(&self) -> u64 {
        self.episodes.load(Ordering::Relaxed)
    }

    /// Pairs verified for `/v1/verify`.
    pub fn verified(&self) -> u64 {
        self.verified.load(Ordering::Relaxed)
    }

    /// Requests and sessions that were refused: no token, too many, too large.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

/// What all requests share.
struct Shared {
    desk: Desk,
    counts: Arc<Counts>,
    guard: Guard,
    http: Sessions,
    /// As many verifications at once as there are cores.
    verifying: Arc<Semaphore>,
    /// Kilobytes of bodies and messages that may be held at once.
    bodies: Arc<Semaphore>,
    /// Told apart from every other server's episodes in the same store.
    name: String,
    /// Episodes begun to be kept.
    kept: AtomicU64,
    sockets: TaskTracker,
    stop: CancellationToken,
}

impl Shared {
    /// Does work that takes processor time, away from the threads that serve.
    async fn compute<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, wire::Fault> {
        let stopped = || wire::Fault::failed("the server is stopping".to_owned());
        let place = Arc::clone(&self.verifying).acquire_owned().await.map_err(|_| stopped())?;
        // The place is the work's: whoever asked may be gone before it is done.
        let placed = move || {
            let _place = place;
            work()
        };
        tokio::task::spawn_blocking(placed).await.map_err(|_| stopped())
    }
}

impl Shared {
    /// Reads what a client sent: away from the threads that serve where it is long.
    async fn read<T: Send + 'static>(
        &self,
        text: impl Deref<Target = str> + Send + 'static,
        read: fn(&str) -> Result<T, wire::Fault>,
    ) -> Result<T, wire::Fault> {
        if text.len() <= SHORT {
            return read(&text);
        }
        self.compute(move || read(&text)).await?
    }

    /// Room for so many bytes among all that are held, until it is dropped; none where there is none.
    fn room(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let kilobytes = u32::try_from((bytes >> 10) + 1).unwrap_or(u32::MAX);
        Arc::clone(&self.bodies).try_acquire_many_owned(kilobytes).ok()
    }
}

/// Serves until `stop` is cancelled, then drains: no new connections, what is being verified is answered and stored, open
/// sessions are closed with code 1001. What is not at its end after 20 seconds is left.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: TcpListener, desk: Desk, counts: Arc<Counts>, stop: CancellationToken) -> io::Result<()> {
    let at = listener.local_addr()?;
    let mut name = [0; 16];
    rand::fill(&mut name);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let shared = Arc::new(Shared {
        guard: Guard::new(at, desk.token.clone(), desk.limits.per_second),
        http: Sessions::new(desk.limits.sessions, desk.limits.idle),
        verifying: Arc::new(Semaphore::new(cores)),
        bodies: Arc::new(Semaphore::new(BODIES >> 10)),
        name: blake3::hash(&name).to_hex()[..32].to_owned(),
        kept: AtomicU64::new(0),
        sockets: TaskTracker::new(),
        stop,
        counts,
        desk,
    });
    connections::accept(listener, router(&shared), &shared).await;
    shared.sockets.close();
    let _ = tokio::time::timeout(DRAIN, shared.sockets.wait()).await;
    Ok(())
}

fn router(shared: &Arc<Shared>) -> Router {
    Router::new()
        .route("/health", get(schema::health))
        .route("/metadata", get(schema::metadata))
        .route("/schema", get(schema::schemas))
        .route("/openapi.json", get(schema::openapi))
        .route("/mcp", post(schema::mcp))
        .route("/reset", post(http::reset))
        .route("/step", post(http::step))
        .route("/state", get(http::state))
        .route("/ws", any(socket::upgrade))
        .route("/v1/verify", post(verify::verify))
        .fallback(guard::nothing_here)
        // Bodies are bounded where they are let in, and by what was asked for.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(Arc::clone(shared), guard::admit))
        .with_state(Arc::clone(shared))
}
