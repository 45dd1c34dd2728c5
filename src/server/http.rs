//! OpenEnv's HTTP routes. HTTP has no connection that a session could hang on: an episode is named by its identity.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use tokio::sync::Mutex as Lock;

use super::Shared;
use super::ask::{Reset, step_body};
use super::session::Session;
use super::wire::{self, Fault, Observed};

/// An episode that was begun over HTTP.
struct Entry {
    used: Instant,
    session: Arc<Lock<Session>>,
    /// Steps that it had, told beside the session: a step may hold that for as long as a judge thinks.
    steps: Arc<AtomicU64>,
}

/// Episodes begun over HTTP, by identity: a bounded number, of which those that are done give way, then the longest silent.
pub(super) struct Sessions {
    most: usize,
    idle: Duration,
    all: Mutex<HashMap<String, Entry>>,
}

impl Sessions {
    pub(super) fn new(most: usize, idle: Duration) -> Self {
        Self { most: most.max(1), idle, all: Mutex::default() }
    }

    /// Takes an episode in. One with the identity of another that waits for its step is refused: that one would be judged
    /// against this one's question.
    fn put(&self, episode_id: String, session: Session) -> Result<(), Fault> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = |entry: &Entry| entry.used.elapsed() < self.idle && entry.steps.load(Ordering::Relaxed) == 0;
        if all.get(&episode_id).is_some_and(waits) {
            return Err(Fault::untimely(format!(
                "episode {episode_id} is there and waits for its step; name another, or none"
            )));
        }
        if all.len() >= self.most {
            // Those that had their step go before those that wait for it.
            all.retain(|_, entry| waits(entry));
        }
        if all.len() >= self.most {
            // Rare, and then a tenth at once: looking for the oldest is not done for each.
            let mut ages: Vec<Instant> = all.values().map(|entry| entry.used).collect();
            ages.sort_unstable();
            let until = ages[ages.len() / 10];
            all.retain(|_, entry| entry.used > until);
        }
        let steps = Arc::clone(session.steps());
        all.insert(episode_id, Entry { used: Instant::now(), session: Arc::new(Lock::new(session)), steps });
        Ok(())
    }

    fn get<T>(&self, episode_id: &str, what: impl FnOnce(&Entry) -> T) -> Result<T, Fault> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = all.get_mut(episode_id).ok_or_else(|| {
            Fault::untimely(format!(
                "there is no episode {episode_id} (any more); reset begins one and tells its episode_id"
            ))
        })?;
        entry.used = Instant::now();
        Ok(what(entry))
    }
}

pub(super) async fn reset(State(shared): State<Arc<Shared>>, body: String) -> Result<Json<Observed>, Fault> {
    let asked = Reset::read(if body.trim().is_empty() { "{}" } else { &body })?;
    let mut session = Session::new(&shared);
    let observed = session.reset(asked).await?;
    shared.http.put(observed.metadata.episode_id.clone(), session)?;
    Ok(Json(observed))
}

pub(super) async fn step(State(shared): State<Arc<Shared>>, body: String) -> Result<Json<Observed>, Fault> {
    let (answer, episode_id) = shared.read(body, step_body).await?;
    let Some(episode_id) = episode_id else {
        let place = ["body", "episode_id"];
        return Err(Fault::invalid(
            "missing",
            &place,
            "over HTTP a step names its episode: reset tells it in metadata.episode_id",
        ));
    };
    let session = shared.http.get(&episode_id, |entry| Arc::clone(&entry.session))?;
    // In a task of its own: a client that goes away must not leave a step half done.
    let stepping = tokio::spawn(async move { session.lock().await.step(answer).await });
    stepping.await.unwrap_or_else(|_| Err(Fault::failed("the step failed; please report it".to_owned()))).map(Json)
}

/// Which episode.
#[derive(Debug, Deserialize)]
pub(super) struct Which {
    episode_id: Option<String>,
}

pub(super) async fn state(
    State(shared): State<Arc<Shared>>,
    Query(which): Query<Which>,
) -> Result<Json<wire::State>, Fault> {
    let Some(episode_id) = which.episode_id else { return Ok(Json(wire::State::default())) };
    let step_count = shared.http.get(&episode_id, |entry| entry.steps.load(Ordering::Relaxed))?;
    Ok(Json(wire::State { episode_id: Some(episode_id), step_count }))
}
