//! The import itself: reading, parsing, gathering, verifying and writing at once, in the order of the file.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::time::{Duration, Instant};

use super::RolloutError;
use super::candidate::{candidate, uid};
use super::gather::Gatherer;
use super::plan::Planned;
use super::pool::{Job, Queue};
use super::report::{Progress, Report};
use super::row::{Reading, Rollout};
use super::source::{Chunk, Source};
use crate::store::record::CandidateRecord;
use crate::store::{Store, StoreError};
use crate::verifier::Verifier;

/// Candidates that a thread verifies in one go.
const BATCH: usize = 256;
/// Bytes of text that a thread verifies in one go, about.
const BATCH_BYTES: usize = 4 << 20;
/// Candidates that are written in one go.
const WRITTEN: usize = 4096;
/// Bytes of text that are written in one go, about.
const WRITTEN_BYTES: usize = 32 << 20;
/// How often it is looked whether the import is to stop.
const LOOK: Duration = Duration::from_millis(100);

/// How a file is imported.
pub struct Options<'a> {
    /// The verifier; `None` stores the responses without verdicts.
    pub verifier: Option<Arc<dyn Verifier>>,
    /// Threads that parse and verify, beside one that reads and one that writes; at least 1.
    pub jobs: usize,
    /// Bad rows that are borne; one more ends the import.
    pub max_bad: Option<u64>,
    /// Set from anywhere, it ends the import after what is under way.
    pub stop: Arc<AtomicBool>,
    /// Hears how far it has come, some times a second.
    pub progress: &'a mut dyn FnMut(Progress),
}

/// What a thread has done.
enum Done {
    /// Rows were read.
    Read(u64, Parsed),
    /// The file ended, or broke off for this reason, after so many chunks.
    Ended(u64, Option<String>),
    /// Rollouts became candidates.
    Verified(u64, Result<Verified, StoreError>),
    /// Candidates were committed.
    Written(Result<usize, StoreError>),
    /// A thread failed at its work; what was to come of that will not come.
    Failed,
}

/// Rows of a chunk.
struct Parsed {
    good: Vec<(Option<blake3::Hash>, Rollout)>,
    bad: Vec<(u64, String)>,
}

/// Candidates of a batch.
#[derive(Default)]
struct Verified {
    fresh: Vec<CandidateRecord>,
    known: u64,
    bytes: usize,
    counted: Report,
}

/// Imports a file into the store. What is committed is a prefix of the candidates that the whole file makes, so that the same
/// import again goes on after it, however this one ends.
///
/// # Errors
/// [`RolloutError::Missing`] where the mapping lacks a reference or a response, [`RolloutError::TooManyBad`], and what the
/// store says. A file that breaks off is no error: [`Report::broken`] says so.
pub fn import(planned: Planned, store: &Store, options: Options<'_>) -> Result<Report, RolloutError> {
    let Planned { plan, source, reading, stem, read, size, .. } = planned;
    let file = plan.file.display().to_string();
    if let Some(field) = plan.mapping.missing() {
        return Err(RolloutError::Missing { file, field });
    }
    let begun = Instant::now();
    let Options { verifier, jobs, max_bad, stop, progress } = options;
    let jobs = jobs.max(1);
    let queue = Arc::new(Queue::new(2 * jobs + 2));
    let (done, news) = channel();
    let before = store.reader()?.totals()?.candidate_count();

    // Not waited for: it may hang in reading standard input when the import is to stop.
    let (chunks, halt, ended) = (Arc::clone(&queue), Arc::clone(&stop), done.clone());
    std::thread::Builder::new()
        .name("loong-rows".to_owned())
        .spawn(move || read_all(source, &chunks, &halt, &ended))
        .map_err(|e| RolloutError::Thread(e.to_string()))?;

    let (writes, written) = sync_channel::<Vec<CandidateRecord>>(1);
    let outcome = std::thread::scope(|scope| {
        let thread = |name: &str| std::thread::Builder::new().name(format!("loong-{name}"));
        let failed = |e: std::io::Error| RolloutError::Thread(e.to_string());
        let worker = Worker {
            queue: &queue,
            reading: &reading,
            stem: &stem,
            verifier: verifier.as_deref(),
            store,
            may_know: before > 0,
        };
        let mut started = Ok(());
        for _ in 0..jobs {
            let (worker, done) = (worker.clone(), done.clone());
            if let Err(e) = thread("verify").spawn_scoped(scope, move || worker.work(&done)) {
                started = Err(failed(e));
            }
        }
        let acknowledged = done.clone();
        if let Err(e) = thread("write").spawn_scoped(scope, move || write_all(store, &written, &acknowledged)) {
            started = Err(failed(e));
        }
        drop(done);
        let mut conductor = Conductor {
            queue: &queue,
            writes,
            progress,
            report: Report { file: file.clone(), format: Some(plan.format), ..Report::default() },
            max_bad,
            gatherer: Gatherer::default(),
            chunks: Ordered::default(),
            batches: Ordered::default(),
            batch: Vec::new(),
            batch_bytes: 0,
            sent: 0,
            ahead: 8 * jobs as u64,
            owed: 0,
            fresh: Verified::default(),
            writing: 0,
            committed: 0,
            told: Instant::now(),
        };
        let outcome = started.and_then(|()| {
            conductor.conduct(&news, &stop, |bad, rows, candidates| Progress {
                read: read.load(Ordering::Relaxed),
                size,
                rows,
                candidates,
                bad,
            })
        });
        queue.close();
        outcome.map(|()| conductor.report)
    });
    let mut report = outcome?;
    report.new = store.reader()?.totals()?.candidate_count().saturating_sub(before);
    report.bad_rows.sort_by_key(|bad| bad.row);
    report.seconds = begun.elapsed().as_secs_f64();
    Ok(report)
}

/// Reads the file to its end, or until no more is wanted.
fn read_all(mut source: Box<dyn Source>, chunks: &Queue, stop: &AtomicBool, ended: &Sender<Done>) {
    let broken = loop {
        if stop.load(Ordering::Relaxed) {
            break None;
        }
        match source.next() {
            Ok(Some(chunk)) => {
                if !chunks.put_chunk(chunk) {
                    break None;
                }
            }
            Ok(None) => break None,
            Err(e) => break Some(e.to_string()),
        }
    };
    // Where nobody hears it, the import is over.
    let _ = ended.send(Done::Ended(chunks.end_chunks(), broken));
}

/// Writes what comes, until nothing more does.
fn write_all(store: &Store, written: &Receiver<Vec<CandidateRecord>>, done: &Sender<Done>) {
    for candidates in written {
        let outcome = store.put_candidates_blocking(candidates).map(|ids| ids.len());
        if done.send(Done::Written(outcome)).is_err() {
            break;
        }
    }
}

/// What a thread needs to parse and verify.
#[derive(Clone)]
struct Worker<'a> {
    queue: &'a Queue,
    reading: &'a Reading,
    stem: &'a str,
    verifier: Option<&'a dyn Verifier>,
    store: &'a Store,
    /// Whether the store may have candidates of this file.
    may_know: bool,
}

impl Worker<'_> {
    fn work(&self, done: &Sender<Done>) {
        while let Some(job) = self.queue.next() {
            let work = std::panic::AssertUnwindSafe(|| match job {
                Job::Read(place, chunk) => Done::Read(place, self.parse(chunk)),
                Job::Verify(place, batch) => Done::Verified(place, self.verify(batch)),
            });
            if done.send(std::panic::catch_unwind(work).unwrap_or(Done::Failed)).is_err() {
                break;
            }
        }
    }

    fn parse(&self, chunk: Chunk) -> Parsed {
        let mut parsed = Parsed { good: Vec::with_capacity(chunk.rows.len()), bad: chunk.bad };
        for (number, row) in chunk.rows.objects(self.reading.format.unread()) {
            match row.and_then(|row| self.reading.rollout(row)) {
                Ok(rollout) => parsed.good.push((rollout.key(), rollout)),
                Err(why) => parsed.bad.push((number, why)),
            }
        }
        parsed
    }

    fn verify(&self, batch: Vec<Rollout>) -> Result<Verified, StoreError> {
        let uids: Vec<String> = batch.iter().map(uid).collect();
        let known = if self.may_know { self.store.reader()?.known(&uids)? } else { vec![false; uids.len()] };
        let mut verified = Verified::default();
        for ((rollout, uid), known) in batch.into_iter().zip(uids).zip(known) {
            if known {
                verified.known += 1;
                continue;
            }
            verified.bytes += rollout.size();
            let record = candidate(uid, rollout, self.stem, self.verifier);
            verified.counted.count(&record);
            verified.fresh.push(record);
        }
        Ok(verified)
    }
}

/// Things that come in any order, and go on in theirs.
struct Ordered<T> {
    waiting: BTreeMap<u64, T>,
    next: u64,
}

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self { waiting: BTreeMap::new(), next: 0 }
    }
}

impl<T> Ordered<T> {
    fn put(&mut self, place: u64, thing: T) {
        self.waiting.insert(place, thing);
    }

    fn pop(&mut self) -> Option<T> {
        let thing = self.waiting.remove(&self.next)?;
        self.next += 1;
        Some(thing)
    }
}

/// Keeps the order, on the calling thread.
struct Conductor<'a> {
    queue: &'a Queue,
    writes: SyncSender<Vec<CandidateRecord>>,
    progress: &'a mut dyn FnMut(Progress),
    report: Report,
    max_bad: Option<u64>,
    gatherer: Gatherer,
    chunks: Ordered<Parsed>,
    batches: Ordered<Verified>,
    batch: Vec<Rollout>,
    batch_bytes: usize,
    /// Batches given to be verified.
    sent: u64,
    /// Batches that may be on their way: where one takes long, no further chunks are read.
    ahead: u64,
    /// Chunks that are through, and whose places are not free yet.
    owed: u64,
    /// What is verified and not yet given to be written.
    fresh: Verified,
    /// Writes that are not acknowledged.
    writing: u64,
    committed: u64,
    told: Instant,
}

impl Conductor<'_> {
    fn conduct(
        &mut self,
        news: &Receiver<Done>,
        stop: &AtomicBool,
        come: impl Fn(u64, u64, u64) -> Progress,
    ) -> Result<(), RolloutError> {
        let (mut ended, mut flushed) = (None, false);
        loop {
            match news.recv_timeout(LOOK) {
                Ok(Done::Read(place, parsed)) => self.take_in(place, parsed)?,
                Ok(Done::Ended(chunks, broken)) => {
                    self.report.broken = broken;
                    ended = Some(chunks);
                }
                Ok(Done::Verified(place, verified)) => self.write(place, verified?)?,
                Ok(Done::Failed) => {
                    return Err(RolloutError::Thread(
                        "one failed at a row; --jobs 1 with fewer rows shows which".to_owned(),
                    ));
                }
                Ok(Done::Written(written)) => {
                    self.committed += written? as u64;
                    self.writing -= 1;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(RolloutError::Thread("all that worked for it have ended".to_owned()));
                }
            }
            if stop.load(Ordering::Relaxed) && !self.report.stopped {
                self.report.stopped = true;
                ended = Some(self.queue.end_chunks());
            }
            if ended == Some(self.chunks.next) && !flushed {
                self.flush();
                flushed = true;
            }
            if flushed && self.batches.next == self.sent && !self.fresh.fresh.is_empty() {
                self.hand_over()?;
            }
            let over = flushed && self.batches.next == self.sent && self.writing == 0;
            if over || self.told.elapsed() >= LOOK {
                self.told = Instant::now();
                (self.progress)(come(self.report.bad, self.report.rows, self.committed + self.report.known));
            }
            if over {
                return Ok(());
            }
        }
    }

    /// Takes rows in, in the order of the file.
    fn take_in(&mut self, place: u64, parsed: Parsed) -> Result<(), RolloutError> {
        self.chunks.put(place, parsed);
        while let Some(parsed) = self.chunks.pop() {
            for (key, rollout) in parsed.good {
                self.report.rows += 1;
                let (batch, bytes) = (&mut self.batch, &mut self.batch_bytes);
                self.gatherer.add(key, rollout, |whole| {
                    *bytes += whole.size();
                    batch.push(whole);
                });
                if self.batch.len() >= BATCH || self.batch_bytes >= BATCH_BYTES {
                    self.send();
                }
            }
            for (row, why) in parsed.bad {
                self.report.leave_out(row, why);
            }
            self.owed += 1;
            self.free_places();
            if let Some(most) = self.max_bad.filter(|most| self.report.bad > *most) {
                return Err(RolloutError::TooManyBad { file: self.report.file.clone(), most });
            }
        }
        Ok(())
    }

    /// Frees places of chunks, as long as what came of them is not too much to wait with.
    fn free_places(&mut self) {
        while self.owed > 0 && self.sent - self.batches.next < self.ahead {
            self.queue.free_place();
            self.owed -= 1;
        }
    }

    /// Gives what is gathered to be verified.
    fn send(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        self.batch_bytes = 0;
        self.report.candidates += batch.len() as u64;
        self.queue.put_batch(self.sent, batch);
        self.sent += 1;
    }

    /// Lets go on what is still held: the file has no more of it. Where the import was stopped, or the file broke off, it may
    /// have, and what is held is read again next time.
    fn flush(&mut self) {
        if !self.report.stopped && self.report.broken.is_none() {
            self.batch.extend(std::iter::from_fn(|| self.gatherer.pop()));
        }
        if !self.batch.is_empty() {
            self.send();
        }
    }

    /// Gives candidates to be written, in their order.
    fn write(&mut self, place: u64, verified: Verified) -> Result<(), RolloutError> {
        self.batches.put(place, verified);
        while let Some(verified) = self.batches.pop() {
            self.report.known += verified.known;
            self.report.add(verified.counted);
            self.fresh.bytes += verified.bytes;
            self.fresh.fresh.extend(verified.fresh);
            if self.fresh.fresh.len() >= WRITTEN || self.fresh.bytes >= WRITTEN_BYTES {
                self.hand_over()?;
            }
        }
        self.free_places();
        Ok(())
    }

    fn hand_over(&mut self) -> Result<(), RolloutError> {
        let fresh = std::mem::take(&mut self.fresh).fresh;
        self.writing += 1;
        self.writes.send(fresh).map_err(|_| StoreError::Closed.into())
    }
}
