//! How much an endpoint is asked at a time: one limiter for all models and roles behind one server and key.
//!
//! The width begins at what the user allows, is cut by a factor when the endpoint refuses or is late, at most once a round
//! trip and once a second, and grows by one for each round that is answered (additive increase, multiplicative decrease). A reply that
//! takes long counts as late only when it is near the deadline *and* slower for its tokens than replies used to be: a long
//! reply alone says nothing of the server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::endpoint::{EndpointConfig, Origin};
use super::retry::Gate;

/// What is left of the width after a refusal or a missed deadline.
const CUT: f64 = 0.8;
/// What is left of it after a reply that was late.
const LATE_CUT: f64 = 0.9;
/// How many times slower for its tokens a reply must be to count as late.
const LATE: f64 = 2.0;
/// How fast the usual pace follows replies that are slower.
const FORGET: f64 = 0.02;
/// The shortest time between two cuts: an endpoint that refuses at once gets time to be asked less.
const BETWEEN_CUTS: Duration = Duration::from_secs(1);
/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A whole reply, of so many tokens where that was told.
    Answered {
        /// Tokens of the reply.
        tokens: Option<u64>,
    },
    /// The endpoint has too much to do: 429 or 503.
    Refused,
    /// No reply within the deadline.
    TimedOut,
    /// Something that says nothing of how busy the endpoint is.
    Other,
}

/// What an endpoint may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Width {
    /// Most requests at a time, at least 1.
    pub in_flight: usize,
    /// The deadline of one request.
    pub patience: Duration,
}

#[derive(Debug)]
struct State {
    /// As wide as it may become.
    most: usize,
    /// The width, between whole numbers while it grows.
    width: f64,
    /// Places there are.
    places: usize,
    /// Places to take away as they become free.
    debt: usize,
    in_flight: usize,
    /// When the width was last cut: what was sent before says nothing new.
    cut_at: Option<Instant>,
    /// Usual seconds for a token.
    pace: Option<f64>,
}

/// One server and key, as all who ask it share it.
#[derive(Debug)]
pub struct Limiter {
    free: Arc<Semaphore>,
    state: Mutex<State>,
    pub(super) gate: Gate,
    patience: Duration,
}

/// A place in flight; it is free again when this is dropped.
#[derive(Debug)]
pub struct Place {
    limiter: Arc<Limiter>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Limiter {
    /// A limiter that begins as wide as it may become.
    pub fn new(width: Width) -> Self {
        let most = width.in_flight.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            free: Arc::new(Semaphore::new(most)),
            state: Mutex::new(State {
                most,
                width: most as f64,
                places: most,
                debt: 0,
                in_flight: 0,
                cut_at: None,
                pace: None,
            }),
            gate: Gate::default(),
            patience: width.patience,
        }
    }

    /// Waits for a place; who comes first is served first.
    pub async fn place(self: &Arc<Self>) -> Place {
        // The semaphore is never closed, so a place is always had.
        let permit = Arc::clone(&self.free).acquire_owned().await.ok();
        self.state().in_flight += 1;
        Place { limiter: Arc::clone(self), permit }
    }

    /// How many requests may be in flight at present.
    pub fn width(&self) -> usize {
        let state = self.state();
        state.places - state.debt
    }

    /// How many are.
    pub fn in_flight(&self) -> usize {
        self.state().in_flight
    }

    /// Lets it become as wide as `most`, where that is wider than it could become before.
    pub fn widen(&self, most: usize) {
        let mut state = self.state();
        let most = most.min(Semaphore::MAX_PERMITS);
        if most > state.most {
            // What it has not learnt to be too wide, it may be at once.
            if state.cut_at.is_none() {
                state.width = most as f64;
            }
            state.most = most;
            self.fit(&mut state);
        }
    }

    fn note(&self, sent: Instant, outcome: Outcome) {
        let mut state = self.state();
        match outcome {
            Outcome::Answered { tokens } => {
                let took = sent.elapsed();
                let pace = took.as_secs_f64() / tokens.unwrap_or(1).max(1) as f64;
                let usual = *state.pace.get_or_insert(pace);
                let late = took > self.patience / 2 && pace > LATE * usual;
                state.pace = Some(if pace < usual { pace } else { usual + (pace - usual) * FORGET });
                if late {
                    cut(&mut state, sent, LATE_CUT);
                } else if state.in_flight as f64 * 2.0 >= state.width {
                    // A width that is not used is not proven.
                    state.width = (state.width + 1.0 / state.width).min(state.most as f64);
                }
            }
            Outcome::Refused | Outcome::TimedOut => cut(&mut state, sent, CUT),
            Outcome::Other => {}
        }
        self.fit(&mut state);
    }

    /// Makes the number of places follow the width.
    fn fit(&self, state: &mut State) {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 1 and the places there may be"
        )]
        let wanted = state.width as usize;
        let have = state.places - state.debt;
        if wanted > have {
            let more = wanted - have;
            // Places that were to go may stay.
            let kept = more.min(state.debt);
            state.debt -= kept;
            state.places += more - kept;
            self.free.add_permits(more - kept);
        } else {
            let fewer = have - wanted;
            let gone = self.free.forget_permits(fewer);
            state.places -= gone;
            state.debt += fewer - gone;
        }
    }

    /// Every critical section leaves the counts whole, so that they can be used after a panic elsewhere.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Cuts the width, unless it was cut a moment ago or the request was sent before: all of one round trip are one sign.
fn cut(state: &mut State, sent: Instant, to: f64) {
    if state.cut_at.is_none_or(|at| sent > at && at.elapsed() >= BETWEEN_CUTS) {
        state.width = (state.width * to).max(1.0);
        state.cut_at = Some(Instant::now());
    }
}

impl Place {
    /// Notes what became of the request that was sent at `sent`.
    pub fn note(&self, sent: Instant, outcome: Outcome) {
        self.limiter.note(sent, outcome);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.limiter.state();
        state.in_flight -= 1;
        if state.debt > 0 {
            state.debt -= 1;
            state.places -= 1;
            if let Some(permit) = self.permit.take() {
                permit.forget();
            }
        }
    }
}

/// The limiters of a program, one for each server and key.
#[derive(Debug, Default)]
pub struct Limiters {
    by_server: Mutex<HashMap<String, Arc<Limiter>>>,
}

impl Limiters {
    /// The limiter of an endpoint's server and key.
    pub fn of(&self, config: &EndpointConfig) -> Arc<Limiter> {
        let server = Origin::of(&config.base_url).map_or_else(|| config.base_url.clone(), |o| o.to_string());
        let mut all = self.by_server.lock().unwrap_or_else(PoisonError::into_inner);
        let limiter =
            all.entry(format!("{server} {}", config.api_key)).or_insert_with(|| Arc::new(Limiter::new(config.width())));
        limiter.widen(config.in_flight);
        Arc::clone(limiter)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn limiter(in_flight: usize) -> Arc<Limiter> {
        let patience = Duration::from_secs(100);
        Arc::new(Limiter::new(Width { in_flight, patience }))
    }

    async fn tick() -> Instant {
        tokio::time::advance(Duration::from_secs(1)).await;
        Instant::now()
    }

    #[tokio::test(start_paused = true)]
    async fn a_round_of_refusals_is_one_cut_and_answers_win_it_back() {
        let limiter = limiter(10);
        let sent = tick().await;
        let places = futures::future::join_all((0..10).map(|_| limiter.place())).await;
        tick().await;
        for place in &places {
            place.note(sent, Outcome::Refused);
        }
        assert_eq!(limiter.width(), 8, "ten refusals of one round are one sign");
        assert!(limiter.place().now_or_never().is_none());
        drop(places);
        assert_eq!(limiter.in_flight(), 0);
        for _ in 0..40 {
            let sent = tick().await;
            let places = futures::future::join_all((0..limiter.width()).map(|_| limiter.place())).await;
            assert!(limiter.place().now_or_never().is_none(), "there are more places than the width says");
            for place in &places {
                place.note(sent, Outcome::Answered { tokens: Some(5) });
            }
        }
        assert_eq!(limiter.width(), 10, "it grows again, and not beyond what is allowed");
    }

    #[tokio::test(start_paused = true)]
    async fn it_never_closes_and_never_loses_a_place() {
        let limiter = limiter(64);
        for round in 0..200 {
            let sent = tick().await;
            let places = futures::future::join_all((0..limiter.width()).map(|_| limiter.place())).await;
            tick().await;
            let outcome = if round % 3 == 0 { Outcome::Answered { tokens: None } } else { Outcome::TimedOut };
            for place in &places {
                place.note(sent, outcome);
            }
        }
        assert!((1..=3).contains(&limiter.width()), "{}", limiter.width());
        let place = limiter.place().now_or_never();
        assert!(place.is_some(), "one place always stays");
    }

    #[tokio::test(start_paused = true)]
    async fn a_width_that_is_not_used_is_not_widened() {
        let limiter = limiter(10);
        let sent = tick().await;
        let place = limiter.place().await;
        tick().await;
        place.note(sent, Outcome::Refused);
        for _ in 0..100 {
            place.note(Instant::now(), Outcome::Answered { tokens: Some(1) });
        }
        assert_eq!(limiter.width(), 8);
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_reply_that_is_long_and_slow_for_its_tokens_is_late() {
        let limiter = limiter(10);
        let answered = async |seconds: u64, tokens: u64| {
            let (place, sent) = (limiter.place().await, Instant::now());
            tokio::time::advance(Duration::from_secs(seconds)).await;
            place.note(sent, Outcome::Answered { tokens: Some(tokens) });
        };
        answered(10, 100).await;
        answered(90, 900).await;
        assert_eq!(limiter.width(), 10, "a long reply at the usual pace is no sign");
        answered(40, 40).await;
        assert_eq!(limiter.width(), 10, "a slow one far from the deadline neither");
        answered(90, 90).await;
        assert_eq!(limiter.width(), 9);
    }

    #[test]
    fn one_server_and_key_share_a_limiter() {
        let all = Limiters::default();
        let endpoint = |url: &str, key: &str, in_flight| EndpointConfig {
            api_key: super::super::KeySource::Env(key.to_owned()),
            in_flight,
            ..EndpointConfig::new("e", url, "m")
        };
        let one = all.of(&endpoint("https://h/v1", "A", 4));
        let same = all.of(&endpoint("https://H:443/v2", "A", 9));
        assert!(Arc::ptr_eq(&one, &same));
        assert_eq!(one.width(), 9, "it is as wide as the widest of them");
        assert!(!Arc::ptr_eq(&one, &all.of(&endpoint("https://h/v1", "B", 4))));
        assert!(!Arc::ptr_eq(&one, &all.of(&endpoint("https://h:444/v1", "A", 4))));
    }
}
