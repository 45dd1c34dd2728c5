//! Reading candidates for an export, on a thread of its own: the next ones are read while rows are made of these.

use std::ops::ControlFlow;
use std::sync::mpsc::sync_channel;
use std::{mem, panic, thread};

use super::error::ExportError;
use crate::store::filter::Filter;
use crate::store::record::CandidateView;
use crate::store::{IdSet, Reader, StoreError, Unread};

/// Candidates that are handed over together, …
const TOGETHER: usize = 256;
/// … unless their texts have more bytes than this.
const BYTES: usize = 1 << 20;
/// Batches that may wait: memory is bounded by their bytes, whatever the store holds.
const WAITING: usize = 4;

/// Gives every candidate that the filter takes to `push`, upwards, until it breaks. All see one state of the store. Those that
/// this version cannot read are left out, and come back.
///
/// # Errors
/// What `push` fails with, else what reading does.
pub fn feed(
    reader: &mut Reader,
    filter: &Filter,
    push: impl FnMut(&CandidateView) -> Result<ControlFlow<()>, ExportError>,
) -> Result<Unread, ExportError> {
    ahead(push, move |each| reader.for_each(filter, each))
}

/// The same for these candidates.
pub(super) fn feed_of(
    reader: &mut Reader,
    ids: &IdSet,
    push: impl FnMut(&CandidateView) -> Result<ControlFlow<()>, ExportError>,
) -> Result<Unread, ExportError> {
    ahead(push, move |each| reader.for_each_of(ids, each))
}

fn ahead(
    mut push: impl FnMut(&CandidateView) -> Result<ControlFlow<()>, ExportError>,
    read: impl FnOnce(&mut dyn FnMut(CandidateView) -> ControlFlow<()>) -> Result<Unread, StoreError> + Send,
) -> Result<Unread, ExportError> {
    let (send, receive) = sync_channel::<Vec<CandidateView>>(WAITING);
    thread::scope(|scope| {
        let reading = scope.spawn(move || {
            let (mut batch, mut bytes) = (Vec::with_capacity(TOGETHER), 0);
            let done = read(&mut |view| {
                bytes += texts(&view);
                batch.push(view);
                if batch.len() < TOGETHER && bytes < BYTES {
                    return ControlFlow::Continue(());
                }
                bytes = 0;
                // Nobody listens any more once `push` has ended it.
                let full = mem::replace(&mut batch, Vec::with_capacity(TOGETHER));
                send.send(full).map_or(ControlFlow::Break(()), ControlFlow::Continue)
            });
            let _ = send.send(batch);
            done
        });
        let pushed = receive.iter().flatten().try_fold((), |(), view| match push(&view) {
            Ok(ControlFlow::Continue(())) => Ok(()),
            Ok(ControlFlow::Break(())) => Err(None),
            Err(error) => Err(Some(error)),
        });
        drop(receive);
        let read = reading.join().unwrap_or_else(|panicked| panic::resume_unwind(panicked));
        match pushed {
            Err(Some(error)) => Err(error),
            _ => read.map_err(ExportError::Store),
        }
    })
}

/// Bytes of a candidate's texts: what of it grows without bound.
fn texts(view: &CandidateView) -> usize {
    let record = &view.record;
    let said = view.responses.iter().map(|r| r.record.text.len() + r.record.reasoning.as_ref().map_or(0, String::len));
    let printed = record.executions.iter().map(|e| e.stdout.len() + e.stderr.len());
    record.question.len() + record.code.as_ref().map_or(0, String::len) + said.sum::<usize>() + printed.sum::<usize>()
}
