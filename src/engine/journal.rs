//! The journal of replies: asked once, stored before it is used, never paid twice.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::Value;

use super::budget::Bound;
use super::control::{Control, Mode};
use super::eligible::Eligible;
use super::event::EngineEvent;
use super::health::Health;
use super::live;
use super::pipeline::{Listener, tell};
use super::purse::Purse;
use crate::generator::{Choose, Desk};
use crate::model::{Ask, AskError, Asked, ChatModel, ChatReply, ChatRequest, Role};
use crate::store::record::{NewReply, Run};
use crate::store::{Sink, StoreError};

/// The models of a run, by role.
#[derive(Clone)]
pub struct Models {
    /// Makes questions, and plays every role that nobody else plays.
    pub generator: Arc<dyn ChatModel>,
    /// Who plays another role than generator and solver.
    pub others: BTreeMap<Role, Arc<dyn ChatModel>>,
    /// Answer them; sample `i` goes to solver `i` modulo their number. Where there is none, nothing is answered.
    pub solvers: Vec<Arc<dyn ChatModel>>,
}

impl Models {
    /// The model that a request goes to.
    pub fn of(&self, role: Role, sample: u32) -> &Arc<dyn ChatModel> {
        match role {
            Role::Generator | Role::Coder | Role::Critic | Role::Judge | Role::Command => {
                self.others.get(&role).unwrap_or(&self.generator)
            }
            Role::Solver => {
                let at = sample as usize % self.solvers.len().max(1);
                self.solvers.get(at).unwrap_or(&self.generator)
            }
        }
    }
}

/// Asks models and keeps what they say.
pub(super) struct Journal {
    models: Models,
    sink: Arc<dyn Sink>,
    control: Control,
    listener: Listener,
    run_id: i64,
    purse: Arc<Purse>,
    asked: AtomicU64,
    reused: AtomicU64,
    health: Mutex<Health>,
    /// What slots may choose from.
    eligible: Mutex<Eligible>,
}

impl Journal {
    pub(super) fn new(
        models: Models,
        sink: Arc<dyn Sink>,
        control: Control,
        listener: Listener,
        run: &Run,
        purse: Purse,
        eligible: Eligible,
    ) -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            models,
            sink,
            control,
            listener,
            run_id: run.id,
            purse: Arc::new(purse),
            asked: zero(),
            reused: zero(),
            health: Mutex::default(),
            eligible: Mutex::new(eligible),
        }
    }

    /// Keeps the ledger and the budget.
    pub(super) fn purse(&self) -> &Arc<Purse> {
        &self.purse
    }

    /// Replies that came from models and replies read from the store, this time.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.asked.load(Ordering::Relaxed), self.reused.load(Ordering::Relaxed))
    }

    /// Whether a model that failed this slot is gone, or was never there.
    pub(super) fn endpoint_gone(&self, slot: u64) -> bool {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).is_gone_for(slot)
    }

    /// Lets slots choose an accepted candidate from now on.
    pub(super) fn accept(&self, domain: &str, row: i64) {
        self.eligible.lock().unwrap_or_else(PoisonError::into_inner).add(domain, row);
    }

    /// The name of the model that plays a role.
    pub(super) fn name_of(&self, role: Role, sample: u32) -> &str {
        self.models.of(role, sample).name()
    }

    /// Tells of a reply; `paid` is what it counts against the budget, `None` for one that was read from the store.
    fn heard(&self, role: Role, model: &str, reply: &ChatReply, paid: Option<u64>) {
        let event = EngineEvent::Reply {
            role,
            model: model.to_owned(),
            tokens: reply.usage.total(),
            counted: paid.unwrap_or(0),
            seconds: reply.seconds,
            reused: paid.is_none(),
            usage: reply.usage,
            cost: reply.cost,
        };
        tell(&self.listener, event);
    }
}

/// Tokens of a reply; where the endpoint does not say, a guess of four characters a token, so that a budget binds all the
/// same. The store keeps what was said, not the guess.
fn tokens(request: &str, reply: &ChatReply) -> u64 {
    reply.usage.total().unwrap_or_else(|| {
        let reasoning = reply.reasoning.as_ref().map_or(0, String::len);
        ((request.len() + reply.content.len() + reasoning) / 4) as u64
    })
}

#[async_trait]
impl Ask for Journal {
    async fn ask(&self, request: ChatRequest) -> Result<Asked, AskError> {
        let stored = |e: StoreError| AskError::Store(e.to_string());
        let played = self.models.of(request.role, request.sample);
        let model = played.chosen(&request).unwrap_or_else(|| Arc::clone(played));
        let key = request.key(model.name());
        if let Some(kept) = self.sink.stored_reply(&key).await.map_err(stored)? {
            self.reused.fetch_add(1, Ordering::Relaxed);
            self.heard(request.role, model.name(), &kept.reply, None);
            let place = (request.role, request.ordinal, request.sample);
            live::replied(place, model.name(), &kept.reply, &self.control, &self.listener);
            return Ok(Asked { reply: kept.reply, reply_id: kept.id, prompt_hash: kept.prompt_hash });
        }
        if self.control.mode() == Mode::Stopping {
            return Err(AskError::Stopping);
        }
        let hold = tokio::select! {
            hold = self.purse.hold(&request, model.as_ref()) => hold.map_err(|bound| self.spent(bound))?,
            () = self.control.stopping() => return Err(AskError::Stopping),
        };
        let reply = tokio::select! {
            reply = live::ask(model.as_ref(), &request, &self.control, &self.listener) => reply,
            () = self.control.stopping() => return Err(AskError::Stopping),
        };
        let outcome = reply.as_ref().map(|_| ());
        self.health.lock().unwrap_or_else(PoisonError::into_inner).note(request.ordinal, model.name(), outcome);
        let reply = reply?;
        self.asked.fetch_add(1, Ordering::Relaxed);
        // From here on the reply is paid for: it is written even when the run is stopping.
        let used = tokens(&request.rendered(), &reply);
        let reply =
            NewReply { key, run_id: self.run_id, model: model.name().to_owned(), request: request.clone(), reply };
        let kept = self.sink.put_reply(reply).await.map_err(stored)?;
        self.purse.settle(hold, &request, model.name(), &kept.reply, used);
        self.heard(request.role, model.name(), &kept.reply, Some(used));
        let place = (request.role, request.ordinal, request.sample);
        live::replied(place, model.name(), &kept.reply, &self.control, &self.listener);
        if let Some(bound) = self.purse.over() {
            self.spent(bound);
        }
        Ok(Asked { reply: kept.reply, reply_id: kept.id, prompt_hash: kept.prompt_hash })
    }
}

impl Journal {
    /// Nothing new is begun once a part of the budget is used up.
    fn spent(&self, bound: Bound) -> AskError {
        tracing::info!("{bound}");
        self.control.drain();
        AskError::Stopping
    }
}

#[async_trait]
impl Desk for Journal {
    async fn choice(&self, ordinal: u64, of: Option<&str>, choose: Choose<'_>) -> Result<Value, AskError> {
        let stored = |e: StoreError| AskError::Store(e.to_string());
        let kept = if let Some(kept) = self.sink.choice(self.run_id, ordinal, None).await.map_err(stored)? {
            kept
        } else {
            let rows = {
                let eligible = self.eligible.lock().unwrap_or_else(PoisonError::into_inner);
                of.map(|domain| eligible.some_of(domain)).unwrap_or_default()
            };
            let accepted = self.sink.accepted_of(&rows).await.map_err(stored)?;
            let new = choose(&accepted).to_string();
            self.sink.choice(self.run_id, ordinal, Some(new.clone())).await.map_err(stored)?.unwrap_or(new)
        };
        serde_json::from_str(&kept)
            .map_err(|e| AskError::Store(format!("slot {ordinal} has an unreadable choice: {e}")))
    }
}
