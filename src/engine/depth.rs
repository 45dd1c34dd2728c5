//! What the slots under way have cost, and who of them goes first: where tokens or money are bounded, a question that was
//! paid for is answered before another is bought.

use std::collections::HashMap;

use crate::failure::Stage;

/// Tokens and money.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Cost {
    pub(super) tokens: f64,
    pub(super) usd: f64,
}

impl Cost {
    pub(super) fn add(&mut self, other: Self) {
        self.tokens += other.tokens;
        self.usd += other.usd;
    }

    /// Never below nothing, so that rounding leaves no credit.
    pub(super) fn take(&mut self, other: Self) {
        self.tokens = (self.tokens - other.tokens).max(0.0);
        self.usd = (self.usd - other.usd).max(0.0);
    }

    pub(super) fn times(self, factor: f64) -> Self {
        Self { tokens: self.tokens * factor, usd: self.usd * factor }
    }

    /// The larger of each.
    pub(super) fn max(self, other: Self) -> Self {
        Self { tokens: self.tokens.max(other.tokens), usd: self.usd.max(other.usd) }
    }
}

#[derive(Debug)]
struct Progress {
    /// The last stage that it came into.
    stage: Stage,
    paid: Cost,
    /// What its requests in flight will probably cost.
    held: Cost,
}

impl Progress {
    /// What it will still cost, if it is to cost `each` in all and what it holds is counted elsewhere.
    fn rest(&self, each: Cost, held: Cost) -> Cost {
        let mut rest = each;
        rest.take(self.paid);
        rest.take(held);
        rest
    }
}

/// The slots under way.
#[derive(Debug, Default)]
pub(super) struct UnderWay(HashMap<u64, Progress>);

impl UnderWay {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn begin(&mut self, slot: u64) {
        self.0.insert(slot, Progress { stage: Stage::Generate, paid: Cost::default(), held: Cost::default() });
    }

    pub(super) fn at(&mut self, slot: u64, stage: Stage) {
        self.change(Some(slot), |progress| progress.stage = stage);
    }

    pub(super) fn hold(&mut self, slot: Option<u64>, cost: Cost) {
        self.change(slot, |progress| progress.held.add(cost));
    }

    pub(super) fn unhold(&mut self, slot: Option<u64>, cost: Cost) {
        self.change(slot, |progress| progress.held.take(cost));
    }

    pub(super) fn pay(&mut self, slot: Option<u64>, cost: Cost) {
        self.change(slot, |progress| progress.paid.add(cost));
    }

    fn change(&mut self, slot: Option<u64>, change: impl FnOnce(&mut Progress)) {
        if let Some(progress) = slot.and_then(|slot| self.0.get_mut(&slot)) {
            change(progress);
        }
    }

    /// Takes a slot out, and says what was paid for it and how far it came.
    pub(super) fn remove(&mut self, slot: u64) -> Option<(Cost, Stage)> {
        self.0.remove(&slot).map(|progress| (progress.paid, progress.stage))
    }

    /// What they all will still cost, those that are held back for included.
    pub(super) fn rest(&self, each: Cost) -> Cost {
        let mut rest = Cost::default();
        for progress in self.0.values() {
            rest.add(progress.rest(each, Cost::default()));
        }
        rest
    }

    /// What the slots ahead of one will still cost beyond what they hold; `None` where there is none ahead. Ahead is who is
    /// in a later stage, and who is earlier in the same: they never wait for a place that this one has taken, so that
    /// waiting for them ends.
    pub(super) fn ahead_of(&self, slot: u64, each: Cost) -> Option<Cost> {
        let here = self.0.get(&slot)?.stage;
        let ahead = self.0.iter().filter(|(n, other)| other.stage > here || (other.stage == here && **n < slot));
        let mut rest = None;
        for (_, progress) in ahead {
            rest.get_or_insert_with(Cost::default).add(progress.rest(each, progress.held));
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(tokens: f64) -> Cost {
        Cost { tokens, usd: 0.0 }
    }

    #[test]
    fn ahead_is_who_is_in_a_later_stage_or_earlier_in_the_same() {
        let mut slots = UnderWay::default();
        (0..3).for_each(|slot| slots.begin(slot));
        assert_eq!(slots.ahead_of(0, tokens(10.0)), None);
        assert_eq!(slots.ahead_of(2, tokens(10.0)), Some(tokens(20.0)));
        slots.at(2, Stage::Solve);
        assert_eq!(slots.ahead_of(2, tokens(10.0)), None);
        assert_eq!(slots.ahead_of(0, tokens(10.0)), Some(tokens(10.0)));
    }

    #[test]
    fn what_is_paid_or_held_is_not_put_by_again() {
        let mut slots = UnderWay::default();
        (0..2).for_each(|slot| slots.begin(slot));
        slots.pay(Some(0), tokens(4.0));
        slots.hold(Some(0), tokens(3.0));
        assert_eq!(slots.ahead_of(1, tokens(10.0)), Some(tokens(3.0)));
        assert_eq!(slots.rest(tokens(10.0)), tokens(16.0), "of all that is still to come");
        slots.unhold(Some(0), tokens(3.0));
        assert_eq!(slots.ahead_of(1, tokens(10.0)), Some(tokens(6.0)));
        assert_eq!(slots.remove(0), Some((tokens(4.0), Stage::Generate)));
        assert_eq!(slots.ahead_of(1, tokens(10.0)), None);
    }
}
