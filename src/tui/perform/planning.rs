//! The sampling plan: read, drawn, enlarged.

use super::lane::Job;
use crate::review::audit::PlanAudit;
use crate::review::kappa::People;
use crate::review::plan::{self, DEFAULT_SIZE, MORE, Wish};
use crate::store::filter::Filter;
use crate::store::{IdSet, Store, StoreError};
use crate::tui::effect::Effect;
use crate::tui::msg::{Audited, Msg, ToJudge};

pub(super) fn carry_out(effect: &Effect, job: &Job, answer: &mut dyn FnMut(Msg)) {
    match effect {
        Effect::Audit => answer(Msg::Audited(Box::new(job.store().and_then(found)))),
        Effect::PlanNext { reviewer, second, but } => {
            answer(Msg::ToJudge(job.store().and_then(|s| next(s, reviewer, *second, but))));
        }
        Effect::PlanDraw { blind, enlarge } => match job.store().and_then(|s| draw(s, *blind, *enlarge).map(|()| s)) {
            Ok(store) => answer(Msg::Drawn(Box::new(found(store)))),
            Err(e) => answer(Msg::NotDrawn(e)),
        },
        _ => {}
    }
}

fn found(store: &Store) -> Result<Audited, StoreError> {
    let reader = store.reader()?;
    let plan = match reader.plan()? {
        Some(plan) => Some(PlanAudit::of(&plan, &reader.plan_items(plan.id)?)),
        None => None,
    };
    Ok(Audited { plan, people: People::of(&reader.words()?) })
}

fn next(store: &Store, reviewer: &str, second: bool, but: &IdSet) -> Result<Option<ToJudge>, StoreError> {
    let reader = store.reader()?;
    let Some(plan) = reader.plan()? else { return Err(StoreError::Missing { what: "sampling plan yet".to_owned() }) };
    let item = reader.plan_next(plan.id, reviewer, second, but)?;
    Ok(item.map(|item| ToJudge { candidate: item.candidate, sample: item.sample, blind: plan.blind }))
}

fn draw(store: &Store, blind: bool, enlarge: bool) -> Result<(), StoreError> {
    let reader = store.reader()?;
    match reader.plan()? {
        None => {
            let new = plan::make(&reader, &Filter::all(), rand::random(), blind, Wish::Size(DEFAULT_SIZE))?;
            store.put_plan_blocking(new)?;
        }
        // Somebody else has drawn one, or it was not known yet that there is one.
        Some(_) if !enlarge => {
            return Err(StoreError::Invalid("there is a plan already; look at it, then enlarge it".to_owned()));
        }
        Some(there) => {
            let planned = reader.plan_items(there.id)?.len() as u64;
            let more = plan::extend(&reader, &there, Wish::Size(planned + MORE))?;
            if more.is_empty() {
                return Err(StoreError::Invalid("every pair that the plan was drawn from is in it".to_owned()));
            }
            store.extend_plan_blocking(there.id, more)?;
        }
    }
    Ok(())
}
