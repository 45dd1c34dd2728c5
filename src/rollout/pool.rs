//! The work of an import, waiting for threads that do it.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::row::Rollout;
use super::source::Chunk;

/// Something to do, with its place in the order.
pub(super) enum Job {
    /// Rows to be read.
    Read(u64, Chunk),
    /// Rollouts to become candidates.
    Verify(u64, Vec<Rollout>),
}

/// Jobs that wait. Chunks of the file take a place each, which is free again when their rows have gone on: so a slow store
/// slows the reading, and memory is bounded.
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    chunks: VecDeque<Job>,
    batches: VecDeque<Job>,
    places: usize,
    /// Chunks that were put in.
    given: u64,
    /// No further chunks are taken.
    full: bool,
    /// No further work comes.
    over: bool,
}

impl Queue {
    pub(super) fn new(places: usize) -> Self {
        let state =
            State { chunks: VecDeque::new(), batches: VecDeque::new(), places, given: 0, full: false, over: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a chunk in, once there is a place; says whether any more are wanted.
    pub(super) fn put_chunk(&self, chunk: Chunk) -> bool {
        let mut state = self.state();
        while state.places == 0 && !state.full {
            state = self.wait(state);
        }
        if state.full {
            return false;
        }
        state.places -= 1;
        let place = state.given;
        state.given += 1;
        state.chunks.push_back(Job::Read(place, chunk));
        self.changed.notify_all();
        true
    }

    /// A chunk's rows have gone on.
    pub(super) fn free_place(&self) {
        self.state().places += 1;
        self.changed.notify_all();
    }

    /// Takes no further chunks; says how many were put in.
    pub(super) fn end_chunks(&self) -> u64 {
        let mut state = self.state();
        state.full = true;
        self.changed.notify_all();
        state.given
    }

    /// Puts rollouts in.
    pub(super) fn put_batch(&self, place: u64, batch: Vec<Rollout>) {
        self.state().batches.push_back(Job::Verify(place, batch));
        self.changed.notify_all();
    }

    /// The next job, what is further on first; `None` when all is over.
    pub(super) fn next(&self) -> Option<Job> {
        let mut state = self.state();
        loop {
            if state.over {
                return None;
            }
            if let Some(job) = state.batches.pop_front() {
                return Some(job);
            }
            if let Some(job) = state.chunks.pop_front() {
                return Some(job);
            }
            state = self.wait(state);
        }
    }

    /// Ends it for all.
    pub(super) fn close(&self) {
        let mut state = self.state();
        (state.full, state.over) = (true, true);
        self.changed.notify_all();
    }
}
