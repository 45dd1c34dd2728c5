//! Decisions: appended, on one candidate or stretch by stretch on many, taken back and put back.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::Services;
use super::lane::Job;
use crate::store::bulk::{Bulk, Came, Reached, Unfinished, Way};
use crate::store::{Store, StoreError};
use crate::tui::effect::Effect;
use crate::tui::msg::Msg;

/// Between two answers of how far it is.
const BETWEEN: Duration = Duration::from_millis(100);

pub(super) fn carry_out(services: &Services, effect: Effect, job: &Job, answer: &mut dyn FnMut(Msg)) {
    let store = job.store();
    match effect {
        Effect::Decide(new) => {
            answer(Msg::Decided(store.and_then(|store| store.decide_blocking(*new)).map(Box::new)));
        }
        Effect::DecideAll(bulk) => {
            let came = store.map_or_else(failed, |store| decide(services, store, &bulk, job, answer));
            answer(Msg::DecidedAll(Box::new(came)));
        }
        Effect::Undo(reviewer) => {
            let turned = turn(services, store, false, &reviewer, job, answer);
            answer(turned);
        }
        Effect::Redo(reviewer) => {
            let turned = turn(services, store, true, &reviewer, job, answer);
            answer(turned);
        }
        Effect::Unfinished => {
            if let Ok(Some(found)) = store.and_then(told) {
                answer(Msg::Unfinished(Box::new(found)));
            }
        }
        _ => {}
    }
}

/// Whether nobody is there any more who could be told of this store: the program is leaving, or in another project.
fn is_left(services: &Services, store: &Store) -> bool {
    services.is_leaving() || services.project().is_some_and(|now| now.store.uid() != store.uid())
}

fn failed(error: StoreError) -> Came {
    Came { failed: Some(error), ..Came::default() }
}

/// What is unfinished; whoever asks tells it.
fn told(store: &Store) -> Result<Option<Unfinished>, StoreError> {
    let found = store.reader()?.unfinished()?;
    if found.is_some() {
        store.settle_blocking()?;
    }
    Ok(found)
}

/// Says now and then how far it is, and whether it goes on.
fn pace<'a>(
    services: &'a Services,
    store: &'a Store,
    way: Way,
    job: &'a Job,
    answer: &'a mut dyn FnMut(Msg),
) -> impl FnMut(Reached) -> ControlFlow<()> + 'a {
    let mut said: Option<Instant> = None;
    move |reached| {
        if !reached.is_whole() && said.is_none_or(|at| at.elapsed() >= BETWEEN) {
            said = Some(Instant::now());
            answer(Msg::Deciding(way, reached));
        }
        if job.is_stale() || is_left(services, store) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Whoever leaves the program or the project is not told any more where it ended: the store keeps it for the next time.
fn settle(services: &Services, store: &Store, came: &Came) {
    if !came.reached.is_whole()
        && !is_left(services, store)
        && let Err(error) = store.settle_blocking()
    {
        tracing::debug!(%error, "where decisions ended will be told again");
    }
}

fn decide(services: &Services, store: &Store, bulk: &Bulk, job: &Job, answer: &mut dyn FnMut(Msg)) -> Came {
    // The store does a stretch before it asks whether to go on.
    if job.is_stale() {
        return Came::default();
    }
    let came = store.decide_bulk_blocking(bulk, pace(services, store, Way::Decide, job, answer));
    settle(services, store, &came);
    came
}

/// Undoes or redoes, and reads what the first of it was.
fn turn(
    services: &Services,
    store: Result<&Store, StoreError>,
    redo: bool,
    reviewer: &str,
    job: &Job,
    answer: &mut dyn FnMut(Msg),
) -> Msg {
    let mut judged = false;
    let came = store.map_or_else(failed, |store| {
        let way = if redo { Way::Redo } else { Way::Undo };
        let mut goes_on = pace(services, store, way, job, answer);
        let mut came = store.turn_blocking(redo, reviewer, |reversals, reached| {
            judged |= reversals.iter().any(|reversal| reversal.body.sample.is_some());
            goes_on(reached)
        });
        drop(goes_on);
        settle(services, store, &came);
        match (came.first.take(), store.reader()) {
            (Some(first), Ok(reader)) => match reader.original(first) {
                Ok(about) => came.first = Some(about),
                Err(error) => came.failed = came.failed.or(Some(error)),
            },
            (first, _) => came.first = first,
        }
        came
    });
    Msg::Turned { redo, came: Box::new(came), judged }
}
