//! Rules on trial: swept over the store while the screen goes on, and applied.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Services;
use super::lane::Job;
use crate::review::rules::{Flips, Progress, Rules, Scope, apply, sweep};
use crate::store::filter::Filter;
use crate::store::version::VersionState;
use crate::tui::effect::Effect;
use crate::tui::msg::{Msg, Versions};
use crate::words::some;

/// Between two answers of a sweep.
const BETWEEN: Duration = Duration::from_millis(100);

pub(super) fn carry_out(services: &Services, effect: Effect, job: &Job, answer: &mut dyn FnMut(Msg)) {
    match effect {
        Effect::Rules => answer(read(services, job)),
        Effect::Sweep { nth, rules } => try_out(nth, &rules, job, answer),
        Effect::Apply { rules, filter, reviewer, note } => {
            // It waited for a trial to end, and was ended before it began.
            let told = if job.is_stale() {
                Ok("ended; nothing was written".to_owned())
            } else {
                make(&rules, filter, (&reviewer, note.as_deref()), job, answer)
            };
            answer(Msg::Applied(told));
        }
        // That it came is all: it took the place of what it ends.
        _ => {}
    }
}

fn read(services: &Services, job: &Job) -> Msg {
    let project = match job.own_project() {
        Ok(project) => project,
        Err(e) => return Msg::Rules(Err(e), None),
    };
    let versions = project.store.reader().and_then(|reader| {
        let last = reader.versions()?.into_iter().rfind(|version| version.state != VersionState::Applying);
        Ok(Versions { half: reader.half_applied()?, last })
    });
    match versions {
        Ok(versions) => Msg::Rules(services.workbench.rules(project), Some(Box::new(versions))),
        Err(e) => Msg::Rules(Err(e.to_string()), None),
    }
}

fn try_out(nth: u64, rules: &Rules, job: &Job, answer: &mut dyn FnMut(Msg)) {
    let mut said = Instant::now();
    let mut last = Progress { done: 0, all: 0 };
    let each = |flips: &Flips, progress: Progress| {
        last = progress;
        if job.is_stale() {
            return ControlFlow::Break(());
        }
        if said.elapsed() >= BETWEEN {
            said = Instant::now();
            answer(Msg::Swept { nth, swept: Ok((Arc::new(flips.clone()), progress)) });
        }
        ControlFlow::Continue(())
    };
    let swept = job.store().and_then(|store| sweep(store, &Scope::default(), rules, None, each));
    if !job.is_stale() {
        answer(Msg::Swept { nth, swept: swept.map(|flips| (Arc::new(flips), last)).map_err(|e| e.to_string()) });
    }
}

fn make(
    rules: &Rules,
    filter: Filter,
    by: (&str, Option<&str>),
    job: &Job,
    answer: &mut dyn FnMut(Msg),
) -> Result<String, String> {
    let mut said = Instant::now();
    let each = |_: &Flips, progress: Progress| {
        if said.elapsed() >= BETWEEN {
            said = Instant::now();
            answer(Msg::Applying(progress));
        }
        if job.is_stale() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let scope = Scope { filter, ..Scope::default() };
    let store = job.store().map_err(|e| e.to_string())?;
    let applied = apply(store, &scope, rules, None, by, each).map_err(|e| e.to_string())?;
    let (version, written) = (&applied.version.version, some(applied.written, "verdict"));
    Ok(match applied.version.state {
        VersionState::Applying => {
            format!("{version} is half applied: {written} written; apply it again to finish")
        }
        _ => format!("{version} applied: {written} written; the old ones stay in the history"),
    })
}
