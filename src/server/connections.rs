//! Connections: how many, how long one may take to say what it wants, and how they end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

use super::Shared;

/// Connections beyond open sessions: for HTTP, and for those that have not yet said what they want.
const BESIDE: usize = 1024;

/// How long a request's head may take.
const HEAD: Duration = Duration::from_secs(10);

/// How long to wait where no connection can be taken, for want of descriptors say.
const AGAIN: Duration = Duration::from_millis(100);

/// Takes connections until the server stops; they are among its tracked tasks.
pub(super) async fn accept(listener: TcpListener, router: Router, shared: &Arc<Shared>) {
    let places = Arc::new(Semaphore::new(shared.desk.limits.sessions + BESIDE));
    loop {
        let (stream, peer) = tokio::select! {
            () = shared.stop.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(e) => {
                    tracing::warn!("a connection can't be taken: {e}");
                    tokio::time::sleep(AGAIN).await;
                    continue;
                }
            },
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            shared.counts.refused.fetch_add(1, Ordering::Relaxed);
            continue;
        };
        let (router, stop) = (router.clone(), shared.stop.clone());
        shared.sockets.spawn(async move {
            let _place = place;
            let _ = stream.set_nodelay(true);
            converse(stream, peer, router, &stop).await;
        });
    }
}

/// Serves one connection to its end. One that becomes a session goes on in a task of its own.
async fn converse(stream: TcpStream, peer: SocketAddr, router: Router, stop: &tokio_util::sync::CancellationToken) {
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD);
    let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(e) = ended {
        tracing::debug!(%peer, "a connection broke off: {e}");
    }
}
