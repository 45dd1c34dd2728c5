//! OpenEnv's WebSocket: one session a connection.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::future::{self, Either};
use tokio::sync::OwnedSemaphorePermit;

use super::Shared;
use super::ask;
use super::session::Session;
use super::wire::{Code, Fault, frame};

/// Messages that may come while one is being served; a client that sends more without reading is let go.
const AHEAD: usize = 64;

/// How long a client may take to read what it is sent.
const READS: Duration = Duration::from_secs(15);

/// A place among the open sessions.
struct Place(Arc<Shared>);

impl Place {
    fn take(shared: &Arc<Shared>) -> Option<Self> {
        let (open, most) = (&shared.counts.sessions, shared.desk.limits.sessions as u64);
        open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| (n < most).then_some(n + 1)).ok()?;
        Some(Self(Arc::clone(shared)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.counts.sessions.fetch_sub(1, Ordering::Relaxed);
    }
}

pub(super) async fn upgrade(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(why) => {
            let message = format!("this is for WebSocket clients ({why})");
            return Fault { status: StatusCode::UPGRADE_REQUIRED, ..Fault::failed(message) }.into_response();
        }
    };
    let bytes = shared.desk.limits.bytes;
    upgrade.max_message_size(bytes).max_frame_size(bytes).on_upgrade(move |socket| async move {
        let tracked = shared.sockets.clone();
        // Tracked, so that a drain waits for what it is at.
        let _ = tracked.spawn(converse(shared, peer.ip(), socket)).await;
    })
}

/// Serves a connection to its end.
async fn converse(shared: Arc<Shared>, peer: IpAddr, mut socket: WebSocket) {
    let Some(_place) = Place::take(&shared) else {
        shared.counts.refused.fetch_add(1, Ordering::Relaxed);
        let message = format!("there are {} sessions open, and no more are allowed", shared.desk.limits.sessions);
        let full = Fault { code: Code::Capacity, ..Fault::failed(message) };
        send(&mut socket, Message::Text(full.frame().into())).await;
        return close(socket, close_code::AGAIN, "full").await;
    };
    let mut session = Session::new(&shared);
    let mut waiting: VecDeque<Held> = VecDeque::new();
    loop {
        let (message, room) = if let Some(held) = waiting.pop_front() {
            held
        } else {
            tokio::select! {
                biased;
                () = shared.stop.cancelled() => return close(socket, close_code::AWAY, "the server is stopping").await,
                received = tokio::time::timeout(shared.desk.limits.idle, socket.recv()) => match received {
                    Ok(Some(Ok(message))) => match shared.room(length(&message)) {
                        Some(room) => (message, room),
                        None => return close(socket, close_code::AGAIN, "too much is being sent at once").await,
                    },
                    Ok(_) => return,
                    Err(_) => return close(socket, close_code::POLICY, "silent for too long").await,
                },
            }
        };
        if matches!(message, Message::Text(_) | Message::Binary(_)) {
            // As often as it takes: another message of this address may have been quicker.
            while let Some(wait) = shared.guard.wait(peer) {
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = shared.stop.cancelled() => return close(socket, close_code::AWAY, "the server is stopping").await,
                }
            }
        }
        let text = match message {
            Message::Text(text) => text,
            Message::Binary(_) => {
                let fault = Fault { code: Code::InvalidJson, ..Fault::failed("messages are texts of JSON".to_owned()) };
                if !send(&mut socket, Message::Text(fault.frame().into())).await {
                    return;
                }
                continue;
            }
            // Answered by the library.
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Close(_) => return,
        };
        let serving = Box::pin(serve(&shared, &mut session, text));
        let served = beside(serving, &mut socket, &mut waiting, &shared).await;
        drop(room);
        match served {
            Served::Reply(reply) => {
                if !send(&mut socket, Message::Text(reply.into())).await {
                    return;
                }
            }
            Served::End => return close(socket, close_code::NORMAL, "").await,
            Served::Flooded(reply) => {
                if let Some(reply) = reply {
                    send(&mut socket, Message::Text(reply.into())).await;
                }
                return close(socket, close_code::POLICY, "too much at once; read the replies").await;
            }
            Served::Gone => return,
        }
    }
}

/// A message with its room among all that are held.
type Held = (Message, OwnedSemaphorePermit);

/// Bytes of a message.
fn length(message: &Message) -> usize {
    match message {
        Message::Text(text) => text.len(),
        Message::Binary(bytes) => bytes.len(),
        _ => 0,
    }
}

/// What came of a message.
enum Served {
    Reply(String),
    /// The client asked for the end.
    End,
    /// It sent too much meanwhile. It is told what was done, or an episode would be stored without anybody knowing.
    Flooded(Option<String>),
    /// It went away meanwhile; what it asked was done all the same.
    Gone,
}

/// Waits for what is being served, and reads on meanwhile: pings are answered by reading.
async fn beside(
    mut serving: impl Future<Output = Option<String>> + Unpin,
    socket: &mut WebSocket,
    waiting: &mut VecDeque<Held>,
    shared: &Shared,
) -> Served {
    loop {
        match future::select(&mut serving, Box::pin(socket.recv())).await {
            Either::Left((Some(reply), _)) => return Served::Reply(reply),
            Either::Left((None, _)) => return Served::End,
            Either::Right((Some(Ok(message)), _)) => {
                // Answered by the library.
                if matches!(message, Message::Ping(_) | Message::Pong(_)) {
                    continue;
                }
                let ahead: usize = waiting.iter().map(|(message, _)| length(message)).sum();
                let fits = waiting.len() < AHEAD && ahead + length(&message) <= shared.desk.limits.bytes;
                match shared.room(length(&message)).filter(|_| fits) {
                    Some(room) => waiting.push_back((message, room)),
                    None => return Served::Flooded(serving.await),
                }
            }
            Either::Right((_, _)) => {
                serving.await;
                return Served::Gone;
            }
        }
    }
}

/// The reply to a message; `None` where it asks for the end.
async fn serve(shared: &Shared, session: &mut Session, text: Utf8Bytes) -> Option<String> {
    let served = match shared.read(text, ask::Message::read).await {
        Ok(ask::Message::Reset(asked)) => session.reset(asked).await.map(|observed| frame("observation", &observed)),
        Ok(ask::Message::Step(answer)) => session.step(answer).await.map(|observed| frame("observation", &observed)),
        Ok(ask::Message::State) => Ok(frame("state", &session.state())),
        Ok(ask::Message::Close) => return None,
        Err(fault) => Err(fault),
    };
    Some(served.unwrap_or_else(|fault| fault.frame()))
}

/// Sends, and says whether that went: a client that reads nothing for long is let go.
async fn send(socket: &mut WebSocket, message: Message) -> bool {
    tokio::time::timeout(READS, socket.send(message)).await.is_ok_and(|sent| sent.is_ok())
}

/// Says goodbye; whoever is gone need not hear it.
async fn close(mut socket: WebSocket, code: u16, reason: &'static str) {
    send(&mut socket, Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
}
