//! Counting for saved views and facets, one query after the other, so that each is shown as soon as it is there.

use super::Services;
use super::lane::Job;
use crate::store::{Facet, Store, StoreError};
use crate::tui::effect::Effect;
use crate::tui::msg::Msg;

pub(super) fn carry_out(services: &Services, effect: Effect, job: &Job, answer: &mut dyn FnMut(Msg)) {
    match effect {
        Effect::Views => {
            answer(Msg::Views(job.own_project().and_then(|project| services.workbench.views(project))));
        }
        Effect::KeepView(name, filter) => {
            let kept =
                job.own_project().and_then(|project| services.workbench.keep_view(project, &name, filter.as_deref()));
            answer(Msg::ViewKept(name, kept.map(|()| filter.is_some())));
        }
        Effect::CountViews(nth, filters) => {
            let Ok(mut reader) = job.store().and_then(Store::reader) else { return };
            job.reads_through(&mut reader);
            for (place, filter) in filters {
                if job.is_stale() {
                    return;
                }
                if let Ok(count) = reader.count(&filter) {
                    answer(Msg::ViewCounted(nth, place, count));
                }
            }
        }
        Effect::Facets(nth, filter) => {
            let mut reader = job.store().and_then(Store::reader);
            if let Ok(reader) = &mut reader {
                job.reads_through(reader);
            }
            let last = Facet::ALL.last();
            for facet in Facet::ALL {
                if job.is_stale() {
                    return;
                }
                let counted = match &reader {
                    Ok(reader) => reader.facet(&filter, *facet),
                    Err(_) => Err(StoreError::Closed),
                };
                // Whoever ended it waits for nothing more of it.
                if matches!(counted, Err(StoreError::Interrupted)) && job.is_stale() {
                    return;
                }
                answer(Msg::Faceted(nth, *facet, counted, Some(facet) == last));
            }
        }
        Effect::Standings(nth, of) => {
            let mut reader = job.store().and_then(Store::reader);
            if let Ok(reader) = &mut reader {
                job.reads_through(reader);
            }
            let counted = reader.and_then(|reader| reader.standings(&of));
            if !job.is_stale() {
                answer(Msg::Standing(nth, counted));
            }
        }
        Effect::Remember(purpose, line) => services.workbench.remember(purpose, &line),
        _ => {}
    }
}
