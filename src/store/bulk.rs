//! Decisions on many candidates: made, taken back and put back by stretches. So neither memory nor a transaction grows with
//! how many there are, and others write in between. A stretch is there whole or not at all, and all that is there of a batch
//! goes back as one. How far it has come stands in the store until all is done or somebody was told.

use std::ops::ControlFlow;

use futures::executor::block_on;
use serde::{Deserialize, Serialize};

use super::record::{Decision, NewDecision};
use super::write::bulk_decisions::Part;
use super::write::turning::Turn;
use super::writer::Write;
use super::{IdSet, Store, StoreError};
use crate::words::words;

/// Decisions of one transaction: so few that whoever else writes waits for some hundredths of a second.
pub const STRETCH: usize = 1_000;

words! {
    /// What is done with decisions on many candidates.
    pub enum Way {
        /// They are made.
        Decide = "decide",
        /// They are taken back.
        Undo = "undo",
        /// They are put back.
        Redo = "redo",
    }
}

/// The same decision on many candidates.
#[derive(Debug, Clone, PartialEq)]
pub struct Bulk {
    /// What is decided, whichever candidate it names.
    pub decision: NewDecision,
    /// The candidates.
    pub candidates: IdSet,
    /// Those of them that are decided on while their verdicts are hidden.
    pub blind: IdSet,
}

/// How far decisions on many candidates have come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// Decisions that are in the store.
    pub done: u64,
    /// Decisions in all.
    pub of: u64,
}

impl Reached {
    /// Whether nothing is left.
    pub fn is_whole(self) -> bool {
        self.done >= self.of
    }
}

/// What came of decisions on many candidates.
#[derive(Debug, Default)]
pub struct Came {
    /// The first that was appended; none where nothing was.
    pub first: Option<Decision>,
    /// How far it came.
    pub reached: Reached,
    /// Why it ended before its end, where that was the store's doing.
    pub failed: Option<StoreError>,
}

/// Decisions on many candidates that ended before their end, of which nobody was told.
#[derive(Debug, Clone, PartialEq)]
pub struct Unfinished {
    /// What was done.
    pub way: Way,
    /// One of the decisions that it was about.
    pub about: Decision,
    /// How far it came.
    pub reached: Reached,
}

impl Store {
    /// Makes the same decision on many candidates, as one batch. `each` hears after every stretch how far that is, and ends
    /// it by breaking; what was decided until then stays.
    pub fn decide_bulk_blocking(&self, bulk: &Bulk, mut each: impl FnMut(Reached) -> ControlFlow<()>) -> Came {
        let mut came = Came { reached: Reached { done: 0, of: bulk.candidates.len() as u64 }, ..Came::default() };
        let mut decision = bulk.decision.clone();
        let mut left = bulk.candidates.iter().map(|id| (id, bulk.blind.contains(id))).peekable();
        while left.peek().is_some() {
            let candidates: Vec<(i64, bool)> = left.by_ref().take(STRETCH).collect();
            let reached = Reached { done: came.reached.done + candidates.len() as u64, ..came.reached };
            let part = Part { decision: decision.clone(), candidates, reached };
            match block_on(self.write(|ack| Write::DecidePart(Box::new(part), ack))) {
                Ok(first) => {
                    decision.batch.clone_from(&first.body.batch);
                    came.first.get_or_insert(first);
                    came.reached = reached;
                }
                Err(error) => {
                    came.failed = Some(error);
                    break;
                }
            }
            if each(reached).is_break() {
                break;
            }
        }
        came
    }

    /// Takes back the newest decision of `reviewer` that is in force, with all that is in force of its batch, newest first,
    /// by appending reversals; with `redo`, takes back their newest undo after which nothing new was decided. `each` hears
    /// after every stretch its reversals and how far that is, and ends it by breaking: what is left is the next one's to
    /// take. Where there is nothing to take back, `each` hears nothing.
    pub async fn turn(
        &self,
        redo: bool,
        reviewer: &str,
        mut each: impl FnMut(Vec<Decision>, Reached) -> ControlFlow<()>,
    ) -> Came {
        let mut came = Came::default();
        let mut from = None;
        loop {
            let turn = Turn { redo, reviewer: reviewer.to_owned(), from: from.take() };
            match self.write(|ack| Write::Turn(Box::new(turn), ack)).await {
                Ok(turned) => {
                    came.reached = turned.reached;
                    if came.first.is_none() {
                        came.first = turned.reversals.first().cloned();
                    }
                    let ends = !turned.reversals.is_empty() && each(turned.reversals, turned.reached).is_break();
                    from = turned.next.filter(|_| !ends);
                }
                Err(error) => came.failed = Some(error),
            }
            if from.is_none() {
                return came;
            }
        }
    }

    /// [`Store::turn`] for a caller that has no runtime.
    pub fn turn_blocking(
        &self,
        redo: bool,
        reviewer: &str,
        each: impl FnMut(Vec<Decision>, Reached) -> ControlFlow<()>,
    ) -> Came {
        block_on(self.turn(redo, reviewer, each))
    }

    /// All that [`Store::turn`] takes back, newest first.
    ///
    /// # Errors
    /// What the store says; what was taken back before that stays so.
    pub async fn undo(&self, reviewer: &str) -> Result<Vec<Decision>, StoreError> {
        self.turned(false, reviewer).await
    }

    /// The same of putting back.
    ///
    /// # Errors
    /// As of [`Store::undo`].
    pub async fn redo(&self, reviewer: &str) -> Result<Vec<Decision>, StoreError> {
        self.turned(true, reviewer).await
    }

    async fn turned(&self, redo: bool, reviewer: &str) -> Result<Vec<Decision>, StoreError> {
        let mut all = Vec::new();
        let came = self.turn(redo, reviewer, |reversals, _| {
            all.extend(reversals);
            ControlFlow::Continue(())
        });
        match came.await.failed {
            None => Ok(all),
            Some(error) => Err(error),
        }
    }

    /// Somebody was told of what is [unfinished](super::Reader::unfinished): it is not told again.
    ///
    /// # Errors
    /// What the store says; then it is told once more.
    pub fn settle_blocking(&self) -> Result<(), StoreError> {
        block_on(self.write(Write::Settle))
    }
}
