//! Verifying the stored pairs again: by stretches of rows that several threads read and verify, each with a reader of its
//! own, counted in the order of rows.

use std::ops::ControlFlow;

use super::choice::Rules;
use super::decide::{Ask, Decider};
use super::flips::Flips;
use super::workers::in_order;
use crate::store::filter::Filter;
use crate::store::{Reader, Store, StoreError, StoredPair};
use crate::verifier::Verdict;

/// Candidates of a stretch.
const STRETCH: usize = 256;

/// Which stored pairs, and by how many threads.
#[derive(Debug, Clone)]
pub struct Scope {
    /// Which candidates.
    pub filter: Filter,
    /// Threads that read and verify; 0 is one a core.
    pub threads: usize,
}

impl Default for Scope {
    fn default() -> Self {
        Self { filter: Filter::all(), threads: 0 }
    }
}

/// How far a sweep has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Stretches done.
    pub done: usize,
    /// Stretches in all.
    pub all: usize,
}

impl Progress {
    /// The part that is done, 0…1.
    pub fn share(self) -> f64 {
        if self.all == 0 { 1.0 } else { self.done as f64 / self.all as f64 }
    }
}

/// The candidates of a sweep, cut into stretches.
pub(super) enum Rows {
    /// Every row behind `after` up to `last`.
    All { after: i64, last: i64 },
    /// These.
    Some(Vec<i64>),
}

impl Rows {
    /// The candidates that a filter takes, of those behind the row `after` and up to `last`.
    pub(super) fn of(reader: &Reader, filter: &Filter, after: i64, last: i64) -> Result<Self, StoreError> {
        if filter.is_all() {
            return Ok(Self::All { after, last });
        }
        let mut ids = if after > 0 { reader.ids_after(filter, after)? } else { reader.ids(filter)? };
        ids.retain(|id| *id <= last);
        Ok(Self::Some(ids))
    }

    pub(super) fn stretches(&self) -> usize {
        match self {
            Self::All { after, last } => usize::try_from(last - after).unwrap_or(0).div_ceil(STRETCH),
            Self::Some(ids) => ids.len().div_ceil(STRETCH),
        }
    }

    /// The last row of a stretch.
    pub(super) fn end(&self, nth: usize) -> i64 {
        let upto = (nth + 1) * STRETCH;
        match self {
            Self::All { after, last } => after.saturating_add(i64::try_from(upto).unwrap_or(i64::MAX)).min(*last),
            Self::Some(ids) => ids[upto.min(ids.len()) - 1],
        }
    }

    /// Reads every pair: a version that stopped at one that cannot be read could never be finished.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub(super) fn check(&self, reader: &Reader) -> Result<(), StoreError> {
        (0..self.stretches()).try_for_each(|nth| self.read(reader, nth, |_| ControlFlow::Continue(())))
    }

    fn read(
        &self,
        reader: &Reader,
        nth: usize,
        each: impl FnMut(&StoredPair) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        match self {
            Self::All { after, .. } => {
                let from = after.saturating_add(i64::try_from(nth * STRETCH).unwrap_or(i64::MAX)) + 1;
                reader.stored_pairs(from..=self.end(nth), each)
            }
            Self::Some(ids) => reader.stored_pairs_of(&ids[nth * STRETCH..((nth + 1) * STRETCH).min(ids.len())], each),
        }
    }
}

/// A stretch, done.
pub(super) struct Done {
    pub(super) nth: usize,
    pub(super) flips: Flips,
    /// Verdicts that are not as they are stored, where they were wanted.
    pub(super) verdicts: Vec<(i64, Verdict)>,
}

/// Verifies rows by a decider in several threads and gives the stretches to `take` in their order, until it breaks.
pub(super) fn stretches(
    store: &Store,
    rows: &Rows,
    decider: &Decider<'_>,
    threads: usize,
    keep: bool,
    take: impl FnMut(Done) -> Result<ControlFlow<()>, StoreError>,
) -> Result<(), StoreError> {
    let threads = match threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        given => given,
    };
    let work = |reader: &mut Reader, nth: usize, over: &dyn Fn() -> bool| {
        let mut done = Done { nth, flips: Flips::default(), verdicts: Vec::new() };
        let mut failed = None;
        let reader = &*reader;
        rows.read(reader, nth, |stored| {
            if over() {
                return ControlFlow::Break(());
            }
            match one(decider, stored, reader, keep, &mut done) {
                Ok(()) => ControlFlow::Continue(()),
                Err(e) => {
                    failed = Some(e);
                    ControlFlow::Break(())
                }
            }
        })?;
        failed.map_or(Ok(done), Err)
    };
    in_order(rows.stretches(), threads, || store.reader(), work, take)
}

fn one(
    decider: &Decider<'_>,
    stored: &StoredPair,
    reader: &Reader,
    keep: bool,
    done: &mut Done,
) -> Result<(), StoreError> {
    let decided = decider.decide(stored, reader)?;
    let verdict = decided.verdict;
    done.flips.add(stored, &verdict, decided.replayed, || reader.verdict_mark(stored.response))?;
    if keep {
        // The same version says the same of the same pair: what is there already is not written again.
        let there = stored.outcome == Some(verdict.outcome) && stored.tier == Some(verdict.tier) && {
            let mark = reader.verdict_mark(stored.response)?;
            mark.version == verdict.version && mark.leniencies == verdict.leniencies
        };
        if !there {
            done.verdicts.push((stored.response, verdict));
        }
    }
    Ok(())
}

/// Verifies the stored pairs by rules on trial. `each` hears after every stretch what has come out so far, and ends the
/// sweep by breaking: then what comes back covers the stretches before. Nothing is written.
///
/// # Errors
/// What the store says of reading.
pub fn sweep(
    store: &Store,
    scope: &Scope,
    rules: &Rules,
    ask: Option<Ask<'_>>,
    mut each: impl FnMut(&Flips, Progress) -> ControlFlow<()>,
) -> Result<Flips, StoreError> {
    let reader = store.reader()?;
    let rows = Rows::of(&reader, &scope.filter, 0, reader.last_candidate()?)?;
    let decider = Decider::new(rules, reader.has_escalated()?, ask);
    drop(reader);
    let mut flips = Flips::default();
    let all = rows.stretches();
    stretches(store, &rows, &decider, scope.threads, false, |done| {
        flips.merge(done.flips);
        Ok(each(&flips, Progress { done: done.nth + 1, all }))
    })?;
    Ok(flips)
}
