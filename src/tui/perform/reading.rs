//! Reading: lists, rows, candidates and their texts.

use std::sync::Arc;

use super::lane::Job;
use super::{listing, titles};
use crate::store::record::CandidateView;
use crate::store::{Reader, Store, StoreError};
use crate::tui::effect::{Effect, Measure, TextsOf};
use crate::tui::msg::{More, Msg, Opened, Typeset};
use crate::tui::plain;
use crate::tui::review::first_read;
use crate::tui::run::Latest;
use crate::tui::text::Document;

/// Candidates of a run that came last, and failures of each kind, that are told.
const NEWEST: usize = 40;
/// Values offered for completion.
const OFFERED: usize = 50;

pub(super) fn carry_out(effect: Effect, job: &Job, answer: &mut dyn FnMut(Msg)) {
    let reader = job.store().and_then(Store::reader);
    match (effect, reader) {
        (Effect::List { listing, filter, me, near }, reader) => {
            let listed = reader.and_then(|mut reader| {
                job.reads_through(&mut reader);
                listing::list(&reader, &filter, (&me, near), job, &mut |begun| answer(begun.told(listing)))
            });
            match listed {
                Ok(()) => {}
                // A newer listing answers.
                Err(StoreError::Interrupted) if job.is_stale() => {}
                Err(e) => answer(Msg::Listed { listing, found: Err(e) }),
            }
        }
        (Effect::Grow { listing, filter, after }, reader) => {
            let grown = reader.and_then(|reader| listing::grow(&reader, &filter, after));
            let more = grown.unwrap_or(More { upto: after, percent: 100, ..More::default() });
            answer(Msg::Grown { listing, more });
        }
        (Effect::Rows(ids), Ok(reader)) => {
            if let Ok(rows) = titles::rows(&reader, &ids) {
                answer(Msg::Rows(rows));
            }
        }
        (Effect::Open { ids, measure, raw, unrevised }, Ok(reader)) => {
            for id in ids {
                if job.is_stale() {
                    break;
                }
                match open(&reader, id, &unrevised) {
                    Ok(opened) => {
                        let texts = typeset(&opened.view, first_read(&opened.view), measure, raw);
                        answer(Msg::Opened(Box::new(opened)));
                        answer(Msg::Typeset(Box::new(texts)));
                    }
                    Err(e) => answer(Msg::Unreadable(id, e.to_string())),
                }
            }
        }
        (Effect::Reread { ids, unrevised }, Ok(reader)) => {
            for id in ids {
                answer(match open(&reader, id, &unrevised) {
                    Ok(opened) => Msg::Opened(Box::new(opened)),
                    Err(e) => Msg::Unreadable(id, e.to_string()),
                });
            }
        }
        // Who waits for them is told why they do not come.
        (Effect::Open { ids, .. } | Effect::Reread { ids, .. }, Err(e)) => {
            for id in ids {
                answer(Msg::Unreadable(id, e.to_string()));
            }
        }
        (Effect::Sealed(me), Ok(reader)) => {
            if let Ok(sealed) = reader.sealed(&me) {
                answer(Msg::Sealed(sealed));
            }
        }
        (Effect::Lineage(id, toward), reader) => {
            answer(Msg::Lineage(toward, Box::new(reader.and_then(|reader| titles::lineage(&reader, id)))));
        }
        (Effect::Typeset { view, response, measure, raw }, _) => {
            answer(Msg::Typeset(Box::new(typeset(&view, response, measure, raw))));
        }
        (Effect::CountOf { nth, filter }, Ok(mut reader)) => {
            job.reads_through(&mut reader);
            if let Ok(count) = reader.count(&filter) {
                answer(Msg::Counted(nth, count));
            }
        }
        (Effect::Values { nth, field, prefix }, reader) => {
            let values = reader.and_then(|reader| reader.values(&field, &prefix, OFFERED)).unwrap_or_default();
            answer(Msg::Values { nth, values });
        }
        (Effect::Totals, reader) => {
            let counted = reader.and_then(|reader| Ok((reader.totals()?, reader.runs()?)));
            answer(Msg::Totals(Box::new(counted)));
        }
        (Effect::Past(run), Ok(mut reader)) => {
            job.reads_through(&mut reader);
            if let Ok(latest) = latest(&reader, run) {
                answer(Msg::Past(run, Box::new(latest)));
            }
        }
        _ => {}
    }
}

/// What of a run came last, with titles as lists have them.
fn latest(reader: &Reader, run: i64) -> Result<Latest, StoreError> {
    let latest = reader.latest(run, NEWEST)?;
    Ok(Latest {
        newest: titles::rows(reader, &latest.newest)?,
        failed: reader.rows(&latest.failed)?.0,
        unanswered: latest.unanswered.into_iter().collect(),
    })
}

/// A candidate as its revisions have it, unless it is one of those that are read as they came.
fn open(reader: &Reader, id: i64, unrevised: &[i64]) -> Result<Opened, StoreError> {
    let view = reader.candidate(id)?;
    Ok(Opened {
        view: Arc::new(if unrevised.contains(&id) { view } else { view.current() }),
        decisions: reader.decisions(id)?,
        suspicion: reader.suspicions(id)?,
        seconds: reader.seconds_of(id)?,
    })
}

/// A candidate's texts, wrapped for their panes.
fn typeset(view: &CandidateView, response: usize, measure: Measure, raw: bool) -> Typeset {
    let prose = |text: &str| if raw { Document::raw(text) } else { Document::prose(text) };
    let record = &view.record;
    let texts = TextsOf {
        question: Arc::new(prose(&record.question).lay(measure.left)),
        code: Arc::new(Document::code(record.code.as_deref().unwrap_or_default()).lay(measure.left)),
        output: Arc::new(Document::plain(&plain::output(view)).lay(measure.left)),
        cot: Arc::new(prose(&plain::chain_of_thought(view, response)).lay(measure.right)),
    };
    Typeset { id: view.id, response, measure, raw, texts }
}
