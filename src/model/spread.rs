//! Several models behind one role: unlike ones take slots by their weight, and copies of one model stand in for each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::{ChatModel, ChatReply, ChatRequest, Live, ModelError, Piece, Price};

/// How long a copy that is gone is left alone at first; the time doubles.
const FIRST_REST: Duration = Duration::from_secs(5);
/// And at most.
const LONGEST_REST: Duration = Duration::from_secs(300);

/// Unlike models that share a role. Which one a slot goes to follows from role, slot and sample alone, so that a killed run
/// takes the same way again, and all requests of a slot in a role go to one model.
pub struct Spread {
    name: String,
    parts: Vec<(Arc<dyn ChatModel>, u32)>,
}

impl Spread {
    /// Shares the work among models by their weight; `None` where there are none, and the model itself where it is one.
    pub fn over(parts: Vec<(Arc<dyn ChatModel>, u32)>) -> Option<Arc<dyn ChatModel>> {
        match parts.as_slice() {
            [] => None,
            [(one, _)] => Some(Arc::clone(one)),
            _ => {
                let names: Vec<&str> = parts.iter().map(|(model, _)| model.name()).collect();
                Some(Arc::new(Self { name: names.join(", "), parts }))
            }
        }
    }

    fn pick(&self, request: &ChatRequest) -> &Arc<dyn ChatModel> {
        let text = format!("{} {} {}", request.role, request.ordinal, request.sample);
        let hash = blake3::hash(text.as_bytes());
        let number = hash.as_bytes()[..8].iter().fold(0u64, |n, byte| n << 8 | u64::from(*byte));
        let whole: u64 = self.parts.iter().map(|(_, weight)| u64::from(*weight)).sum();
        let mut at = number % whole.max(1);
        for (model, weight) in &self.parts {
            match at.checked_sub(u64::from(*weight)) {
                Some(rest) => at = rest,
                None => return model,
            }
        }
        // Reached only where every weight is 0.
        &self.parts[0].0
    }
}

#[async_trait]
impl ChatModel for Spread {
    fn name(&self) -> &str {
        &self.name
    }

    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, ModelError> {
        self.pick(request).chat(request).await
    }

    async fn chat_live(&self, request: &ChatRequest, live: Live<'_>) -> Result<ChatReply, ModelError> {
        self.pick(request).chat_live(request, live).await
    }

    fn chosen(&self, request: &ChatRequest) -> Option<Arc<dyn ChatModel>> {
        let picked = self.pick(request);
        picked.chosen(request).or_else(|| Some(Arc::clone(picked)))
    }

    fn notes(&self) -> Vec<String> {
        self.parts.iter().flat_map(|(model, _)| model.notes()).collect()
    }
}

/// Copies of one model at several endpoints: each request goes to the least busy one for its weight, and to another one
/// when that is gone.
pub struct Replicas {
    name: String,
    parts: Vec<Replica>,
}

struct Replica {
    model: Arc<dyn ChatModel>,
    weight: u32,
    in_flight: AtomicUsize,
    rest: Mutex<Option<Rest>>,
}

/// A copy that is left alone for a while.
#[derive(Clone, Copy)]
struct Rest {
    until: Instant,
    time: Duration,
}

/// One request that a copy has in flight.
struct Busy<'a>(&'a AtomicUsize);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Replica {
    fn rest(&self) -> MutexGuard<'_, Option<Rest>> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load(&self) -> f64 {
        (self.in_flight.load(Ordering::Relaxed) + 1) as f64 / f64::from(self.weight.max(1))
    }

    fn note(&self, gone: bool) {
        let mut rest = self.rest();
        *rest = gone.then(|| {
            let time = rest.map_or(FIRST_REST, |rest| (rest.time * 2).min(LONGEST_REST));
            Rest { until: Instant::now() + time, time }
        });
    }
}

impl Replicas {
    /// Copies of one model with their weights; `None` where there are none, and the model itself where it is one.
    pub fn of(parts: Vec<(Arc<dyn ChatModel>, u32)>) -> Option<Arc<dyn ChatModel>> {
        match parts.as_slice() {
            [] => None,
            [(one, _)] => Some(Arc::clone(one)),
            [(first, _), ..] => {
                let name = first.name().to_owned();
                let parts = parts.into_iter().map(|(model, weight)| Replica {
                    model,
                    weight,
                    in_flight: AtomicUsize::new(0),
                    rest: Mutex::new(None),
                });
                Some(Arc::new(Self { name, parts: parts.collect() }))
            }
        }
    }

    /// The best copy that was not tried: the least busy of those that are there, else the one that rests for the
    /// shortest time from now.
    fn next(&self, tried: &[usize]) -> Option<usize> {
        let now = Instant::now();
        let left = (0..self.parts.len()).filter(|at| !tried.contains(at));
        let key = |at: &usize| {
            let part = &self.parts[*at];
            let resting = part.rest().map_or(Duration::ZERO, |rest| rest.until.saturating_duration_since(now));
            (resting, part.load())
        };
        left.map(|at| (key(&at), at)).min_by(|(a, _), (b, _)| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))).map(|(_, at)| at)
    }

    async fn ask(&self, request: &ChatRequest, live: Option<Live<'_>>) -> Result<ChatReply, ModelError> {
        let mut tried = Vec::new();
        let mut last = None;
        while let Some(at) = self.next(&tried) {
            let part = &self.parts[at];
            tried.push(at);
            part.in_flight.fetch_add(1, Ordering::Relaxed);
            let _busy = Busy(&part.in_flight);
            if let (Some(live), Some(_)) = (live, &last) {
                live(Piece::Again);
            }
            let reply = match live {
                Some(live) => part.model.chat_live(request, live).await,
                None => part.model.chat(request).await,
            };
            match reply {
                Err(e) if is_gone(&e) => {
                    part.note(true);
                    tracing::warn!("one of {} endpoints of {} is left alone: {e}", self.parts.len(), self.name);
                    last = Some(e);
                }
                reply => {
                    part.note(false);
                    return reply;
                }
            }
        }
        Err(last.unwrap_or_else(|| ModelError::Unreachable {
            endpoint: self.name.clone(),
            attempts: 0,
            message: "no endpoint is configured".to_owned(),
        }))
    }
}

/// Whether another copy should be asked instead.
fn is_gone(error: &ModelError) -> bool {
    error.is_final()
        || matches!(error, ModelError::Unreachable { .. } | ModelError::Deadline { .. } | ModelError::Status { .. })
}

#[async_trait]
impl ChatModel for Replicas {
    fn name(&self) -> &str {
        &self.name
    }

    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, ModelError> {
        self.ask(request, None).await
    }

    async fn chat_live(&self, request: &ChatRequest, live: Live<'_>) -> Result<ChatReply, ModelError> {
        self.ask(request, Some(live)).await
    }

    /// The dearest copy's: what is held back must not be too little.
    fn price(&self) -> Option<Price> {
        let prices: Option<Vec<Price>> = self.parts.iter().map(|part| part.model.price()).collect();
        prices?.into_iter().max_by(|a, b| (a.input + a.output).total_cmp(&(b.input + b.output)))
    }

    fn notes(&self) -> Vec<String> {
        self.parts.iter().flat_map(|part| part.model.notes()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::model::{Finish, Role, Sampling, Usage};

    struct Fake {
        name: &'static str,
        asked: AtomicUsize,
        gone: AtomicBool,
    }

    impl Fake {
        fn new(name: &'static str) -> Arc<Self> {
            Arc::new(Self { name, asked: AtomicUsize::new(0), gone: AtomicBool::new(false) })
        }

        fn asked(&self) -> usize {
            self.asked.load(Ordering::SeqCst)
        }
    }

    #[async_trait]
    impl ChatModel for Fake {
        fn name(&self) -> &str {
            self.name
        }

        async fn chat(&self, _: &ChatRequest) -> Result<ChatReply, ModelError> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(1)).await;
            if self.gone.load(Ordering::SeqCst) {
                let endpoint = self.name.to_owned();
                return Err(ModelError::Unreachable { endpoint, attempts: 1, message: "gone".to_owned() });
            }
            Ok(ChatReply {
                content: self.name.to_owned(),
                reasoning: None,
                finish: Finish::Stop,
                model: None,
                usage: Usage::default(),
                seconds: 0.0,
                attempts: 1,
                cost: None,
            })
        }
    }

    fn request(role: Role, ordinal: u64, sample: u32) -> ChatRequest {
        ChatRequest { role, ordinal, sample, messages: Vec::new(), sampling: Sampling::default(), schema: None }
    }

    #[test]
    fn a_slot_goes_to_one_model_by_weight_and_always_to_the_same() {
        let parts = vec![(Fake::new("a") as Arc<dyn ChatModel>, 1), (Fake::new("b") as Arc<dyn ChatModel>, 3)];
        let spread = Spread::over(parts).unwrap();
        let to = |n| spread.chosen(&request(Role::Generator, n, 0)).unwrap().name().to_owned();
        let b = (0..1000).filter(|n| to(*n) == "b").count();
        assert!((700..800).contains(&b), "{b} of 1000 with weight 3 of 4");
        assert!((0..100).all(|n| to(n) == to(n)));
        // Stored runs hang on it: another choice would pay for their replies again.
        assert_eq!((0..8).map(to).collect::<String>(), "bbbabbbb");
        assert_ne!(
            (0..64).map(|n| spread.chosen(&request(Role::Solver, n, 0)).unwrap().name().to_owned()).collect::<String>(),
            (0..64).map(to).collect::<String>(),
            "roles are dealt apart"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn copies_share_by_weight() {
        let (a, b) = (Fake::new("m"), Fake::new("m"));
        let both = Replicas::of(vec![(a.clone(), 1), (b.clone(), 3)]).unwrap();
        let requests: Vec<ChatRequest> = (0..40).map(|n| request(Role::Solver, n, 0)).collect();
        futures::future::join_all(requests.iter().map(|r| both.chat(r))).await;
        assert_eq!((a.asked(), b.asked()), (10, 30));
        assert!(both.chosen(&requests[0]).is_none(), "keys hang on the model's name, which is one");
    }

    #[tokio::test(start_paused = true)]
    async fn a_copy_that_is_gone_is_left_alone_and_tried_again() {
        let (a, b) = (Fake::new("m"), Fake::new("m"));
        let both = Replicas::of(vec![(a.clone(), 1), (b.clone(), 1)]).unwrap();
        a.gone.store(true, Ordering::SeqCst);
        for n in 0..4 {
            assert!(both.chat(&request(Role::Solver, n, 0)).await.is_ok(), "the other one is there");
        }
        assert_eq!((a.asked(), b.asked()), (1, 4), "it is asked once, and not again while it rests");
        a.gone.store(false, Ordering::SeqCst);
        tokio::time::advance(FIRST_REST).await;
        both.chat(&request(Role::Solver, 9, 0)).await.unwrap();
        assert_eq!(a.asked(), 2, "it may have come back");
        a.gone.store(true, Ordering::SeqCst);
        b.gone.store(true, Ordering::SeqCst);
        let error = both.chat(&request(Role::Solver, 10, 0)).await.unwrap_err();
        assert!(matches!(error, ModelError::Unreachable { .. }), "{error}");
    }
}
