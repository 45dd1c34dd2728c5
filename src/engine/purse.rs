//! The purse of a run, which sees to it that its budget holds.
//!
//! Before a request is sent, what it will probably use is held back from the budget; what is spent and what is held never
//! go beyond it together, so that a run ends with the requests that are in flight. A request that does not fit waits for
//! those in flight, which may turn out cheaper; when nothing is in flight any more, the budget is spent. As long as a
//! model has not answered in a role, a reply counts with all that it may have: the first window must not spend a budget
//! many times over.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::budget::{Bound, Budget};
use super::depth::{Cost, UnderWay};
use super::ledger::Ledger;
use super::probable::{Experience, Guess};
use crate::failure::Stage;
use crate::model::{ChatModel, ChatReply, ChatRequest, Role};
use crate::store::record::Spent;

#[derive(Debug)]
struct State {
    ledger: Ledger,
    spent: Cost,
    held: Cost,
    holds: usize,
    seen: Experience,
    /// The slots that are under way.
    slots: UnderWay,
    /// What was paid for slots that are written and were put to solvers, and how many they are. One that failed before
    /// says too little of what a slot costs that does not.
    whole: (Cost, u64),
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
    /// What each slot will ask, until it was seen what that costs.
    guess: Guess,
}

/// A slot under way. Dropped, nothing more is paid for it in this sitting, and what was put by for it is free.
#[derive(Debug)]
pub(super) struct Stake {
    purse: Arc<Purse>,
    slot: u64,
}

impl Drop for Stake {
    fn drop(&mut self) {
        self.purse.state().slots.remove(self.slot);
        self.purse.changed.send_replace(());
    }
}

/// What is held back for a request in flight; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Hold {
    purse: Arc<Purse>,
    slot: Option<u64>,
    cost: Cost,
}

impl Drop for Hold {
    fn drop(&mut self) {
        {
            let mut state = self.purse.state();
            state.held.take(self.cost);
            state.slots.unhold(self.slot, self.cost);
            state.holds -= 1;
        }
        self.purse.changed.send_replace(());
    }
}

impl Purse {
    /// A purse of which `spent` was spent in earlier sittings; `counted` are its tokens as the store counts them.
    pub(super) fn new(budget: Budget, spent: Vec<Spent>, counted: u64, accepted: u64) -> Self {
        let seen = Experience::of(&spent);
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
                seen,
                slots: UnderWay::default(),
                whole: (Cost::default(), 0),
                begun: 0,
                accepted,
                over: unpriced.then_some(Bound::Unpriced),
            }),
            changed: watch::Sender::new(()),
            deadline: budget.seconds.map(|s| Instant::now() + Duration::from_secs(s)),
            guess: Guess::default(),
        }
    }

    /// The same, with those that each slot will ask: what a slot may cost is guessed from it until one was seen.
    pub(super) fn asking<'a>(mut self, models: impl Iterator<Item = &'a dyn ChatModel>) -> Self {
        self.guess = Guess::of(models);
        self
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
    pub(super) async fn begin(self: &Arc<Self>, slot: u64) -> Result<Stake, Bound> {
        self.when(|state| state.over.map_or_else(|| self.may_begin(state, slot), May::Never)).await?;
        Ok(Stake { purse: Arc::clone(self), slot })
    }

    /// A slot has come into a stage.
    pub(super) fn at(&self, slot: u64, stage: Stage) {
        self.state().slots.at(slot, stage);
    }

    /// Waits until a request may be sent, and holds back what it will probably use. Where tokens or money are bounded, slots
    /// that are further along go first: what their rest will probably cost is not there for those behind them.
    ///
    /// # Errors
    /// The part of the budget that is used up.
    pub(super) async fn hold(self: &Arc<Self>, request: &ChatRequest, model: &dyn ChatModel) -> Result<Hold, Bound> {
        let mut cost = Cost::default();
        self.when(|state| {
            if let Some(bound) = state.over.filter(|bound| bound.is_paid()) {
                return May::Never(bound);
            }
            let (probable, learnt) = state.seen.probable(request, model);
            cost = probable;
            let may = self.may_send(state, slot_of(request), probable, learnt);
            if matches!(may, May::Now) {
                state.held.add(probable);
                state.slots.hold(slot_of(request), probable);
                state.holds += 1;
            }
            may
        })
        .await?;
        Ok(Hold { purse: Arc::clone(self), slot: slot_of(request), cost })
    }

    /// Counts a reply, in place of what was held back for it.
    pub(super) fn settle(&self, hold: Hold, request: &ChatRequest, model: &str, reply: &ChatReply, counted: u64) {
        let paid = Cost { tokens: counted as f64, usd: reply.cost.unwrap_or(0.0) };
        {
            let mut state = self.state();
            state.ledger.add(request.role, model, reply);
            state.spent.add(paid);
            state.slots.pay(slot_of(request), paid);
            state.seen.add(request, model, reply, paid);
            let unpriced = reply.cost.is_none() && self.budget.usd.is_some();
            let bound = unpriced.then_some(Bound::Unpriced).or_else(|| self.reached(state.spent));
            state.over = state.over.filter(|over| over.is_paid()).or(bound).or(state.over);
        }
        drop(hold);
    }

    /// A slot is in the store.
    pub(super) fn written(&self, slot: u64, accepted: bool) {
        {
            let mut state = self.state();
            // One whose replies were all there already says nothing of what the next will cost.
            if let Some((paid, stage)) = state.slots.remove(slot)
                && paid.tokens > 0.0
                && stage >= Stage::Solve
            {
                state.whole.0.add(paid);
                state.whole.1 += 1;
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
                match ask(&mut state) {
                    May::Now => return Ok(()),
                    May::Never(bound) => {
                        state.over = Some(state.over.filter(|over| over.is_paid()).unwrap_or(bound));
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
        if self.is_paid() {
            // A slot under way will cost as much as the others did.
            let each = self.each(state);
            let mut whole = state.spent;
            whole.add(each);
            whole.add(state.slots.rest(each));
            if let Some(bound) = self.beyond(whole) {
                if !state.slots.is_empty() {
                    return May::Later;
                }
                // What is only guessed is tried once, alone.
                if state.whole.1 > 0 {
                    return May::Never(bound);
                }
            }
        }
        state.begun += 1;
        state.slots.begin(slot);
        May::Now
    }

    fn may_send(&self, state: &State, slot: Option<u64>, probable: Cost, learnt: bool) -> May {
        if !self.is_paid() {
            return May::Now;
        }
        let mut whole = state.spent;
        whole.add(state.held);
        whole.add(probable);
        let ahead = slot.and_then(|slot| state.slots.ahead_of(slot, self.each(state)));
        whole.add(ahead.unwrap_or_default());
        // Where nobody knows a price beforehand, the first reply tells one.
        let unpriced = self.budget.usd.is_some() && probable.usd == 0.0 && !learnt;
        match self.beyond(whole) {
            None if unpriced && state.holds > 0 => May::Later,
            None => May::Now,
            Some(_) if state.holds > 0 || ahead.is_some() => May::Later,
            // What is only guessed is tried once, alone.
            Some(_) if !learnt && self.reached(state.spent).is_none() => May::Now,
            Some(bound) => May::Never(bound),
        }
    }

    /// Whether replies are bounded, by what they use or by what they cost.
    fn is_paid(&self) -> bool {
        self.budget.tokens.is_some() || self.budget.usd.is_some()
    }

    /// What a slot will probably cost from its beginning to its end: as much as others did; where none has come so far, a
    /// guess from the dearest replies there were.
    fn each(&self, state: &State) -> Cost {
        let (paid, whole) = state.whole;
        if whole > 0 {
            return paid.times(1.0 / whole as f64);
        }
        state.seen.of_a_slot(&self.guess)
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

/// The slot that a request is made for. A judge of answers is asked about a pair, whosever it is, and at once.
fn slot_of(request: &ChatRequest) -> Option<u64> {
    (request.role != Role::Judge).then_some(request.ordinal)
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;
    use crate::model::{Finish, Message, ModelError, Sampling, Speaker, Usage};

    struct Named;

    #[async_trait::async_trait]
    impl ChatModel for Named {
        fn name(&self) -> &'static str {
            "m"
        }

        async fn chat(&self, _: &ChatRequest) -> Result<ChatReply, ModelError> {
            Err(ModelError::Protocol { endpoint: "m".to_owned(), message: "never asked".to_owned() })
        }
    }

    /// A prompt of 400 characters, about 100 tokens.
    fn request(ordinal: u64) -> ChatRequest {
        let messages = vec![Message::new(Speaker::User, "x".repeat(400))];
        let sampling = Sampling { max_tokens: Some(100), ..Sampling::default() };
        ChatRequest { role: Role::Solver, ordinal, sample: 0, messages, sampling, schema: None }
    }

    fn reply(completion: u64) -> ChatReply {
        ChatReply {
            content: String::new(),
            reasoning: None,
            finish: Finish::Stop,
            model: None,
            usage: Usage { prompt_tokens: Some(100), completion_tokens: Some(completion), ..Usage::default() },
            seconds: 0.0,
            attempts: 1,
            cost: None,
        }
    }

    fn purse(budget: Budget) -> Arc<Purse> {
        Arc::new(Purse::new(budget, Vec::new(), 0, 0))
    }

    async fn ask(purse: &Arc<Purse>, slot: u64, completion: u64) -> Result<(), Bound> {
        let hold = purse.hold(&request(slot), &Named).await?;
        purse.settle(hold, &request(slot), "m", &reply(completion), 100 + completion);
        Ok(())
    }

    #[tokio::test]
    async fn what_does_not_fit_waits_for_what_is_in_flight() {
        let purse = purse(Budget { tokens: Some(450), ..Budget::default() });
        let first = purse.hold(&request(0), &Named).await.unwrap();
        let second = purse.hold(&request(1), &Named).await.unwrap();
        let another = request(2);
        let mut third = Box::pin(purse.hold(&another, &Named));
        assert!((&mut third).now_or_never().is_none(), "two guesses of 200 tokens are held back from 450");
        purse.settle(first, &request(0), "m", &reply(10), 110);
        assert!((&mut third).now_or_never().is_some_and(|held| held.is_ok()), "the first was cheaper than was thought");
        drop(second);
        assert_eq!(purse.tokens(), 110);
        assert_eq!(purse.over(), None, "what was given up costs nothing");
    }

    #[tokio::test]
    async fn nothing_is_sent_that_would_go_beyond() {
        let purse = purse(Budget { tokens: Some(1000), ..Budget::default() });
        for slot in 0..8 {
            ask(&purse, slot, 20).await.unwrap();
        }
        assert_eq!(ask(&purse, 8, 20).await, Err(Bound::Tokens), "960 are spent, and each takes 120");
        assert_eq!((purse.tokens(), purse.over()), (960, Some(Bound::Tokens)));
    }

    #[tokio::test]
    async fn a_guess_that_does_not_fit_is_tried_once_alone() {
        let purse = purse(Budget { tokens: Some(150), ..Budget::default() });
        assert_eq!(ask(&purse, 0, 1).await, Ok(()), "nothing is known yet, and nothing is spent");
        assert_eq!(ask(&purse, 1, 1).await, Err(Bound::Tokens));
    }

    #[tokio::test]
    async fn slots_are_begun_as_far_as_they_can_be_paid_to_their_end() {
        let purse = purse(Budget { tokens: Some(1000), ..Budget::default() });
        for slot in 0..2 {
            let _stake = purse.begin(slot).await.unwrap();
            ask(&purse, slot, 100).await.unwrap();
            purse.at(slot, Stage::Solve);
            ask(&purse, slot, 100).await.unwrap();
            purse.written(slot, true);
        }
        // 800 are spent, 400 a slot: the rest is not enough for another.
        assert_eq!(purse.begin(2).await.err(), Some(Bound::Tokens));
    }

    #[tokio::test]
    async fn what_is_under_way_is_finished_when_enough_are_accepted() {
        let purse = purse(Budget { candidates: Some(1), ..Budget::default() });
        let _stakes = (purse.begin(0).await.unwrap(), purse.begin(1).await.unwrap());
        purse.written(0, true);
        assert_eq!(purse.begin(2).await.err(), Some(Bound::Candidates));
        assert_eq!(ask(&purse, 1, 5).await, Ok(()));
    }

    #[tokio::test]
    async fn a_first_window_of_large_replies_stays_within_the_budget() {
        const WINDOW: u64 = 32;
        for (limit, completion) in [(Some(8_000), 8_000), (None, 16_000)] {
            let purse = purse(Budget { tokens: Some(50_000), ..Budget::default() });
            let asked = |slot: u64| {
                let mut request = request(slot);
                request.sampling.max_tokens = limit;
                request
            };
            let requests: Vec<ChatRequest> = (0..WINDOW).map(asked).collect();
            let mut waiting: Vec<_> = requests.iter().map(|r| (r, Box::pin(purse.hold(r, &Named)))).collect();
            let mut in_flight = Vec::new();
            let mut most = 0;
            // All ask at once, and each time the oldest in flight is answered.
            loop {
                // Else the runtime would make what is ready wait for its turn.
                tokio::task::yield_now().await;
                waiting.retain_mut(|(request, hold)| match hold.now_or_never() {
                    Some(Ok(hold)) => {
                        in_flight.push((*request, hold));
                        false
                    }
                    Some(Err(_)) => false,
                    None => true,
                });
                most = most.max(in_flight.len());
                if in_flight.is_empty() {
                    break;
                }
                let (request, hold) = in_flight.remove(0);
                purse.settle(hold, request, "m", &reply(completion), 100 + completion);
            }
            assert!(waiting.is_empty(), "{} wait for nothing", waiting.len());
            let spent = purse.tokens();
            assert!(spent <= 50_000, "{spent} were spent, {most} at a time, with a limit of {limit:?}");
            assert!(spent + 2 * (completion + 100) > 50_000, "{spent} is far from what may be spent");
            assert!(most > 1, "they went one by one");
        }
    }

    #[tokio::test]
    async fn where_no_price_is_known_the_first_reply_tells_it() {
        let purse = purse(Budget { usd: Some(1.0), ..Budget::default() });
        let (one, two) = (request(0), request(1));
        let hold = purse.hold(&one, &Named).await.unwrap();
        assert!(purse.hold(&two, &Named).now_or_never().is_none(), "it may cost all there is");
        purse.settle(hold, &one, "m", &ChatReply { cost: Some(0.3), ..reply(50) }, 150);
        let held = [purse.hold(&one, &Named).await.unwrap(), purse.hold(&two, &Named).await.unwrap()];
        assert!(
            purse.hold(&two, &Named).now_or_never().is_none(),
            "$0.30 each are held back of the $0.70 that are left"
        );
        drop(held);
    }

    #[tokio::test]
    async fn earlier_sittings_tell_how_long_replies_are() {
        let earlier =
            Spent { replies: 10, prompt_tokens: 1000, completion_tokens: 500, ..Spent::none(Role::Solver, "m") };
        let purse = Arc::new(Purse::new(Budget { tokens: Some(1950), ..Budget::default() }, vec![earlier], 1500, 0));
        let requests = [request(0), request(1), request(2)];
        let _three = [
            purse.hold(&requests[0], &Named).await.unwrap(),
            purse.hold(&requests[1], &Named).await.unwrap(),
            purse.hold(&requests[2], &Named).await.unwrap(),
        ];
        assert!(purse.hold(&requests[0], &Named).now_or_never().is_none(), "150 each are held back of 450");
    }

    #[tokio::test(start_paused = true)]
    async fn time_ends_what_would_begin() {
        let purse = purse(Budget { seconds: Some(60), ..Budget::default() });
        tokio::time::advance(Duration::from_secs(59)).await;
        let _stake = purse.begin(0).await.unwrap();
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(purse.begin(1).await.err(), Some(Bound::Seconds));
        assert_eq!(ask(&purse, 0, 5).await, Ok(()), "what was begun is finished");
    }
    #[tokio::test]
    async fn before_a_slot_was_seen_as_many_are_begun_as_a_guess_can_pay() {
        let budget = Budget { tokens: Some(3 * 2 * 2800), ..Budget::default() };
        let two: [&dyn ChatModel; 2] = [&Named, &Named];
        let purse = Arc::new(Purse::new(budget, Vec::new(), 0, 0).asking(two.into_iter()));
        let mut stakes = Vec::new();
        for slot in 0..3 {
            stakes.push(purse.begin(slot).now_or_never().expect("there is room").unwrap());
        }
        assert!(purse.begin(3).now_or_never().is_none(), "three slots of two requests may take it all");
        stakes.pop();
        assert!(purse.begin(3).now_or_never().is_some_and(|begun| begun.is_ok()), "one was given up");
    }

    #[tokio::test]
    async fn who_is_further_along_goes_first() {
        let purse = purse(Budget { tokens: Some(1000), ..Budget::default() });
        let first = purse.begin(0).await.unwrap();
        ask(&purse, 0, 20).await.unwrap();
        purse.at(0, Stage::Solve);
        ask(&purse, 0, 280).await.unwrap();
        purse.written(0, true);
        drop(first);
        // 500 are spent, and a slot costs as much.
        let second = purse.begin(1).await.unwrap();
        purse.state().slots.begin(2);
        ask(&purse, 1, 20).await.unwrap();
        purse.at(1, Stage::Execute);
        let another = request(2);
        let mut behind = Box::pin(purse.hold(&another, &Named));
        assert!((&mut behind).now_or_never().is_none(), "380 are left, and the slot ahead will take them");
        purse.at(1, Stage::Solve);
        assert_eq!(ask(&purse, 1, 20).await, Ok(()), "it waits for nobody behind it");
        purse.written(1, true);
        drop(second);
        assert!(behind.now_or_never().is_some_and(|held| held.is_ok()), "it was cheaper than was thought");
    }
    #[tokio::test]
    async fn a_judge_waits_for_no_slot() {
        let purse = purse(Budget { tokens: Some(1000), ..Budget::default() });
        let first = purse.begin(0).await.unwrap();
        purse.at(0, Stage::Solve);
        ask(&purse, 0, 500).await.unwrap();
        purse.written(0, true);
        drop(first);
        (0..2).for_each(|slot| purse.state().slots.begin(slot));
        purse.at(1, Stage::Verify);
        // Judges are asked in the name of slot 0, and it is slot 1 that waits for the word.
        let of_judge = ChatRequest { role: Role::Judge, ..request(0) };
        assert!(purse.hold(&of_judge, &Named).now_or_never().is_some_and(|held| held.is_ok()));
        assert!(purse.hold(&request(0), &Named).now_or_never().is_none(), "a slot does wait");
    }
}
