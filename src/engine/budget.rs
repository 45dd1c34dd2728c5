//! What a run may spend, and the purse that sees to it.
//!
//! Before a request is sent, what it will probably use is held back from the budget; what is spent and what is held never
//! go beyond it together, so that a run ends with the requests that are in flight. A request that does not fit waits for
//! those in flight, which may turn out cheaper; when nothing is in flight any more, the budget is spent.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::ledger::Ledger;
use crate::model::{ChatModel, ChatReply, ChatRequest, Role};
use crate::store::record::Spent;

/// Characters of a prompt for one token, until an endpoint has counted.
pub const CHARS_PER_TOKEN: f64 = 4.0;
/// Tokens of a reply, until there was one; fewer where the request allows fewer.
pub const TYPICAL_REPLY: f64 = 600.0;

/// What may be spent; `None` is no bound.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Budget {
    /// Tokens of all replies of the run, prompts included.
    pub tokens: Option<u64>,
    /// US dollars of all replies of the run.
    pub usd: Option<f64>,
    /// Seconds of one sitting, after which nothing new is begun.
    pub seconds: Option<u64>,
    /// Candidates of the run whose responses agree with their reference.
    pub candidates: Option<u64>,
    /// Slots taken in one sitting: a pilot takes a few.
    pub slots: Option<u64>,
}

/// Which part of a budget ended a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Tokens.
    Tokens,
    /// Money.
    Usd,
    /// Money, which could not be counted: the cost of a reply is not known.
    Unpriced,
    /// Time.
    Seconds,
    /// Accepted candidates.
    Candidates,
    /// Slots of a pilot.
    Slots,
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tokens => "the budget of tokens is spent",
            Self::Usd => "the budget of money is spent",
            Self::Unpriced => "a reply came whose cost nobody knows, so that the budget of money could not be kept",
            Self::Seconds => "the time of this sitting is over",
            Self::Candidates => "there are as many accepted candidates as were wanted",
            Self::Slots => "the pilot is over",
        })
    }
}

/// Tokens and money.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Cost {
    tokens: f64,
    usd: f64,
}

impl Cost {
    fn add(&mut self, other: Self) {
        self.tokens += other.tokens;
        self.usd += other.usd;
    }

    /// Never below nothing, so that rounding leaves no credit.
    fn take(&mut self, other: Self) {
        self.tokens = (self.tokens - other.tokens).max(0.0);
        self.usd = (self.usd - other.usd).max(0.0);
    }
}

/// What one model in one role was seen to use.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    replies: f64,
    chars: f64,
    prompt: f64,
    completion: f64,
    usd: f64,
}

#[derive(Debug)]
struct State {
    ledger: Ledger,
    spent: Cost,
    held: Cost,
    holds: usize,
    seen: HashMap<(Role, String), Seen>,
    /// What was paid for each slot that is under way.
    slots: HashMap<u64, Cost>,
    /// What was paid for slots that are written, and how many they are.
    written: (Cost, u64),
    begun: u64,
    accepted: u64,
    over: Option<Bound>,
}

/// Whether something may be done.
enum May {
    Now,
    /// When something that is under way has ended.
    Later,
    Never(Bound),
}

/// Keeps the ledger of a run and its budget.
#[derive(Debug)]
pub(super) struct Purse {
    budget: Budget,
    state: Mutex<State>,
    changed: watch::Sender<()>,
    deadline: Option<Instant>,
}

/// What is held back for a request in flight; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Hold {
    purse: Arc<Purse>,
    cost: Cost,
}

impl Drop for Hold {
    fn drop(&mut self) {
        {
            let mut state = self.purse.state();
            state.held.take(self.cost);
            state.holds -= 1;
        }
        self.purse.changed.send_replace(());
    }
}

impl Purse {
    /// A purse of which `spent` was spent in earlier sittings; `counted` are its tokens as the store counts them.
    pub(super) fn new(budget: Budget, spent: Vec<Spent>, counted: u64, accepted: u64) -> Self {
        let ledger = Ledger::of(spent);
        let spent = Cost { tokens: counted as f64, usd: ledger.usd() };
        let unpriced = budget.usd.is_some() && ledger.unpriced() > 0;
        Self {
            budget,
            state: Mutex::new(State {
                ledger,
                spent,
                held: Cost::default(),
                holds: 0,
                seen: HashMap::new(),
                slots: HashMap::new(),
                written: (Cost::default(), 0),
                begun: 0,
                accepted,
                over: unpriced.then_some(Bound::Unpriced),
            }),
            changed: watch::Sender::new(()),
            deadline: budget.seconds.map(|s| Instant::now() + Duration::from_secs(s)),
        }
    }

    /// Tokens that count against the budget.
    pub(super) fn tokens(&self) -> u64 {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a sum of counts")]
        let tokens = self.state().spent.tokens as u64;
        tokens
    }

    /// What was spent, by role and model, from earlier sittings too.
    pub(super) fn spent(&self) -> Vec<Spent> {
        self.state().ledger.lines().to_vec()
    }

    /// Which part of the budget is used up.
    pub(super) fn over(&self) -> Option<Bound> {
        self.state().over
    }

    /// Waits until a slot may be begun.
    ///
    /// # Errors
    /// The part of the budget that is used up.
    pub(super) async fn begin(&self, slot: u64) -> Result<(), Bound> {
        self.when(|state| self.may_begin(state, slot)).await
    }

    /// Waits until a request may be sent, and holds back what it will probably use.
    ///
    /// # Errors
    /// The part of the budget that is used up.
    pub(super) async fn hold(self: &Arc<Self>, request: &ChatRequest, model: &dyn ChatModel) -> Result<Hold, Bound> {
        let chars: usize = request.messages.iter().map(|m| m.content.len()).sum();
        let mut cost = Cost::default();
        self.when(|state| {
            let (probable, learnt) = probable(state, request, model, chars as f64);
            cost = probable;
            let may = self.may_send(state, probable, learnt);
            if matches!(may, May::Now) {
                state.held.add(probable);
                state.holds += 1;
            }
            may
        })
        .await?;
        Ok(Hold { purse: Arc::clone(self), cost })
    }

    /// Counts a reply, in place of what was held back for it.
    pub(super) fn settle(&self, hold: Hold, request: &ChatRequest, model: &str, reply: &ChatReply, counted: u64) {
        let chars: usize = request.messages.iter().map(|m| m.content.len()).sum();
        let paid = Cost { tokens: counted as f64, usd: reply.cost.unwrap_or(0.0) };
        {
            let mut state = self.state();
            state.ledger.add(request.role, model, reply);
            state.spent.add(paid);
            state.slots.entry(request.ordinal).or_default().add(paid);
            let seen = state.seen.entry((request.role, model.to_owned())).or_default();
            let prompt = reply.usage.prompt_tokens.map_or(chars as f64 / CHARS_PER_TOKEN, |n| n as f64);
            seen.replies += 1.0;
            seen.chars += chars as f64;
            seen.prompt += prompt;
            seen.completion += (counted as f64 - prompt).max(0.0);
            seen.usd += paid.usd;
            if reply.cost.is_none() && self.budget.usd.is_some() {
                state.over.get_or_insert(Bound::Unpriced);
            }
            if let Some(bound) = self.reached(state.spent) {
                state.over.get_or_insert(bound);
            }
        }
        drop(hold);
    }

    /// A slot is in the store.
    pub(super) fn written(&self, slot: u64, accepted: bool) {
        {
            let mut state = self.state();
            let paid = state.slots.remove(&slot).unwrap_or_default();
            // One whose replies were all there already says nothing of what the next will cost.
            if paid.tokens > 0.0 {
                state.written.0.add(paid);
                state.written.1 += 1;
            }
            state.accepted += u64::from(accepted);
        }
        self.changed.send_replace(());
    }

    /// Asks until the answer is yes or never; in between waits for something to change.
    async fn when(&self, mut ask: impl FnMut(&mut State) -> May) -> Result<(), Bound> {
        let mut changes = self.changed.subscribe();
        loop {
            changes.mark_unchanged();
            {
                let mut state = self.state();
                match state.over.map_or_else(|| ask(&mut state), May::Never) {
                    May::Now => return Ok(()),
                    May::Never(bound) => {
                        state.over = Some(bound);
                        drop(state);
                        self.changed.send_replace(());
                        return Err(bound);
                    }
                    May::Later => {}
                }
            }
            let over = async {
                match self.deadline {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                // The sender is ours, so an error cannot come.
                _ = changes.changed() => {}
                () = over => {}
            }
        }
    }

    fn may_begin(&self, state: &mut State, slot: u64) -> May {
        if self.deadline.is_some_and(|at| Instant::now() >= at) {
            return May::Never(Bound::Seconds);
        }
        if self.budget.candidates.is_some_and(|most| state.accepted >= most) {
            return May::Never(Bound::Candidates);
        }
        if self.budget.slots.is_some_and(|most| state.begun >= most) {
            return May::Never(Bound::Slots);
        }
        if let Some(bound) = self.reached(state.spent) {
            return May::Never(bound);
        }
        let (paid, written) = state.written;
        if written > 0 {
            // A slot under way will cost as much as the others did.
            let each = Cost { tokens: paid.tokens / written as f64, usd: paid.usd / written as f64 };
            let mut whole = state.spent;
            whole.add(each);
            for under_way in state.slots.values() {
                let mut rest = each;
                rest.take(*under_way);
                whole.add(rest);
            }
            if let Some(bound) = self.beyond(whole) {
                return if state.slots.is_empty() { May::Never(bound) } else { May::Later };
            }
        }
        state.begun += 1;
        state.slots.insert(slot, Cost::default());
        May::Now
    }

    fn may_send(&self, state: &State, probable: Cost, learnt: bool) -> May {
        let mut whole = state.spent;
        whole.add(state.held);
        whole.add(probable);
        match self.beyond(whole) {
            None => May::Now,
            Some(_) if state.holds > 0 => May::Later,
            // What is only guessed is tried once, alone.
            Some(_) if !learnt && self.reached(state.spent).is_none() => May::Now,
            Some(bound) => May::Never(bound),
        }
    }

    /// The bound that a sum goes beyond.
    fn beyond(&self, sum: Cost) -> Option<Bound> {
        // The sums of money are rounded in each addition; a millionth of a cent is none.
        let usd = self.budget.usd.filter(|most| sum.usd > most + 1e-8).map(|_| Bound::Usd);
        let tokens = self.budget.tokens.filter(|most| sum.tokens > *most as f64).map(|_| Bound::Tokens);
        usd.or(tokens)
    }

    /// The bound that a sum reaches.
    fn reached(&self, sum: Cost) -> Option<Bound> {
        let usd = self.budget.usd.filter(|most| sum.usd >= *most).map(|_| Bound::Usd);
        let tokens = self.budget.tokens.filter(|most| sum.tokens >= *most as f64).map(|_| Bound::Tokens);
        usd.or(tokens)
    }

    /// Every critical section leaves the sums whole, so that they can be used after a panic elsewhere.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a request will probably use, and whether that was learnt from replies.
fn probable(state: &State, request: &ChatRequest, model: &dyn ChatModel, chars: f64) -> (Cost, bool) {
    let seen = state.seen.get(&(request.role, model.name().to_owned())).filter(|seen| seen.replies > 0.0);
    let most = request.sampling.max_tokens.map_or(f64::INFINITY, f64::from);
    let (prompt, completion) = match seen {
        Some(seen) if seen.chars > 0.0 => (chars * seen.prompt / seen.chars, seen.completion / seen.replies),
        Some(seen) => (seen.prompt / seen.replies, seen.completion / seen.replies),
        None => (chars / CHARS_PER_TOKEN, TYPICAL_REPLY.min(most)),
    };
    let usd = match (model.price(), seen) {
        (Some(price), _) => price.estimate(prompt, completion),
        (None, Some(seen)) => seen.usd / seen.replies,
        (None, None) => 0.0,
    };
    (Cost { tokens: prompt + completion, usd }, seen.is_some())
}
