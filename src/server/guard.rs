//! Who may ask, and how often.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;
use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use tokio::sync::OwnedSemaphorePermit;

use super::Shared;
use super::wire::{Code, Fault};

/// A bearer token. Never shown.
#[derive(Clone)]
pub struct Token(blake3::Hash);

impl Token {
    /// The token with this text.
    pub fn new(text: &str) -> Self {
        Self(blake3::hash(text.as_bytes()))
    }

    /// Whether a text is it, in a time that tells nothing about either: hashes are compared in constant time.
    fn is(&self, text: &str) -> bool {
        blake3::hash(text.as_bytes()) == self.0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// How long a request's body may take.
const BODY: Duration = Duration::from_secs(30);

/// Requests after which addresses that were silent are forgotten.
const FORGET_EVERY: u64 = 10_000;

type Limiter = RateLimiter<IpAddr, HashMapStateStore<IpAddr>, DefaultClock>;

/// What is asked of every request.
pub(super) struct Guard {
    /// Where the server listens.
    at: SocketAddr,
    token: Option<Token>,
    limiter: Option<Limiter>,
    seen: AtomicU64,
}

impl Guard {
    pub(super) fn new(at: SocketAddr, token: Option<Token>, per_second: u32) -> Self {
        let limiter = NonZeroU32::new(per_second).map(|n| RateLimiter::hashmap(Quota::per_second(n)));
        Self { at, token, limiter, seen: AtomicU64::new(0) }
    }

    /// How long an address has to wait before its next message; `None` where it need not.
    pub(super) fn wait(&self, address: IpAddr) -> Option<Duration> {
        let limiter = self.limiter.as_ref()?;
        if self.seen.fetch_add(1, Ordering::Relaxed).is_multiple_of(FORGET_EVERY) {
            limiter.retain_recent();
        }
        let refused = limiter.check_key(&address).err()?;
        Some(refused.wait_time_from(DefaultClock::default().now()))
    }

    /// A web page must not reach a server on this machine through its visitor's browser: such requests name their origin,
    /// and a name that was bound to the loopback address for the purpose is not one of the loopback's own.
    fn is_foreign(&self, headers: &HeaderMap) -> bool {
        let text = |name| headers.get(name).map(|v| v.to_str().unwrap_or_default());
        let host = text(header::HOST);
        let bare = host.map(without_port);
        let rebound = self.at.ip().is_loopback()
            && bare.is_some_and(|name| {
                name != "localhost" && !name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
            });
        let crossed = text(header::ORIGIN).is_some_and(|origin| {
            let authority = origin.split_once("://").map_or(origin, |(_, rest)| rest);
            host != Some(authority)
        });
        rebound || crossed
    }
}

/// The name in `name:port` or `[address]:port`.
fn without_port(host: &str) -> &str {
    if let Some(inner) = host.strip_prefix('[') {
        return inner.split(']').next().unwrap_or_default();
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

/// Lets a request through, or says why not.
pub(super) async fn admit(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let guard = &shared.guard;
    let refused = |status: StatusCode, message: &str| {
        shared.counts.refused.fetch_add(1, Ordering::Relaxed);
        Fault { status, ..Fault::failed(message.to_owned()) }.into_response()
    };
    let headers = request.headers();
    if guard.is_foreign(headers) {
        return refused(
            StatusCode::FORBIDDEN,
            "requests from web pages, and by other names than this host's, are refused",
        );
    }
    let is_health = request.uri().path() == "/health";
    if let Some(wait) = guard.wait(peer.ip()).filter(|_| !is_health) {
        let mut response = refused(StatusCode::TOO_MANY_REQUESTS, "too many requests from this address");
        let seconds = wait.as_secs_f64().ceil().max(1.0);
        if let Ok(value) = header::HeaderValue::from_str(&format!("{seconds}")) {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        return response;
    }
    if let Some(token) = guard.token.as_ref().filter(|_| !is_health) {
        let shown = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
        let shown = shown.and_then(|v| v.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        if !shown.is_some_and(|(_, text)| token.is(text.trim())) {
            let mut response = refused(StatusCode::UNAUTHORIZED, "send the token as `Authorization: Bearer …`");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
            return response;
        }
    }
    let (parts, body) = request.into_parts();
    let most = shared.desk.limits.bytes;
    let said = parts.headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if said.is_some_and(|said| said > most as u64) {
        return refused(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large");
    }
    let Ok(read) = tokio::time::timeout(BODY, whole(&shared, body, most)).await else {
        return refused(StatusCode::REQUEST_TIMEOUT, "the body did not come in time");
    };
    // What it takes is given back with the reply.
    let (body, _room) = match read {
        Ok(read) => read,
        Err((status, message)) => return refused(status, message),
    };
    let request = Request::from_parts(parts, Body::from(body));
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = next.run(request).await;
    tracing::debug!(%method, path, status = response.status().as_u16(), seconds = begun.elapsed().as_secs_f64(), "served");
    response
}

/// Reads a body, counted as it comes among all that are held: what a client says it will send takes nothing yet.
async fn whole(
    shared: &Shared,
    body: Body,
    most: usize,
) -> Result<(Vec<u8>, Option<OwnedSemaphorePermit>), (StatusCode, &'static str)> {
    let (mut bytes, mut room): (Vec<u8>, Option<OwnedSemaphorePermit>) = (Vec::new(), None);
    let mut stream = body.into_data_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| (StatusCode::BAD_REQUEST, "the body broke off"))?;
        if bytes.len() + chunk.len() > most {
            return Err((StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"));
        }
        let more = shared.room(chunk.len());
        let more = more.ok_or((StatusCode::SERVICE_UNAVAILABLE, "too much is being sent at once; try again"))?;
        match &mut room {
            Some(room) => room.merge(more),
            None => room = Some(more),
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok((bytes, room))
}

/// What is answered where there is nothing.
pub(super) async fn nothing_here() -> Fault {
    Fault {
        code: Code::UnknownType,
        message: "there is nothing here; GET /openapi.json lists what there is".to_owned(),
        errors: Vec::new(),
        status: StatusCode::NOT_FOUND,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_other_sites_and_rebound_names_are_foreign() {
        let guard = |at: &str| Guard::new(at.parse().unwrap(), None, 0);
        let headers = |pairs: &[(header::HeaderName, &str)]| {
            pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect::<HeaderMap>()
        };
        let here = guard("127.0.0.1:8000");
        for (host, origin, foreign) in [
            ("127.0.0.1:8000", None, false),
            ("localhost:8000", None, false),
            ("[::1]:8000", None, false),
            ("localhost", Some("http://localhost"), false),
            ("localhost:8000", Some("http://localhost:8000"), false),
            ("localhost:8000", Some("https://evil.example"), true),
            ("localhost:8000", Some("http://localhost:9000"), true),
            ("localhost:8000", Some("null"), true),
            ("evil.example:8000", None, true),
            ("127.0.0.1.evil.example", None, true),
        ] {
            let mut all = vec![(header::HOST, host)];
            all.extend(origin.map(|o| (header::ORIGIN, o)));
            assert_eq!(here.is_foreign(&headers(&all)), foreign, "{host} {origin:?}");
        }
        assert!(!guard("0.0.0.0:8000").is_foreign(&headers(&[(header::HOST, "trainer.example:8000")])));
    }

    #[test]
    fn one_address_waits_and_another_does_not() {
        let guard = Guard::new("127.0.0.1:1".parse().unwrap(), None, 2);
        let [a, b]: [IpAddr; 2] = [[10, 0, 0, 1].into(), [10, 0, 0, 2].into()];
        assert_eq!([guard.wait(a), guard.wait(a)], [None, None]);
        assert!(guard.wait(a).is_some_and(|wait| wait > Duration::ZERO));
        assert_eq!(guard.wait(b), None);
    }

    #[test]
    fn a_token_is_compared_whole_and_not_shown() {
        let token = Token::new("s3cret");
        assert!(token.is("s3cret") && !token.is("s3cre") && !token.is(""));
        assert!(!format!("{token:?}").contains("s3cret"));
    }
}
