//! The thread that owns the write connection.
//!
//! Writes come over a bounded channel, so that a slow disk slows whoever writes and nobody else. What is waiting is
//! committed together, and each write is acknowledged after that commit; a write that is alone is committed at once. A
//! write that fails is rolled back by itself. Decisions are committed apart from machine results, with a full sync.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{mpsc, oneshot};

use super::bands::NewBands;
use super::error::store_error;
use super::merge::{MergeReport, Parcel};
use super::open::{BULK_CACHE, WRITER_CACHE};
use super::plan::{NewPlan, NewPlanItem, Plan};
use super::record::{CandidateRecord, Decision, NewDecision, NewReply, NewRun, Run, RunState, SecondWord, StoredReply};
use super::version::{AppliedVersion, NewVersion, Stretch};
use super::write::bulk_decisions::Part;
use super::write::turning::{Turn, Turned};
use super::{StoreError, merge, search, write};
use crate::verifier::Verdict;

/// Writes that wait in the channel before a sender has to.
const QUEUE: usize = 256;
/// Writes committed together at most.
const BATCH: usize = 64;
/// Time after which a batch is committed although more is waiting.
const BATCH_TIME: Duration = Duration::from_millis(20);
/// How long after a bulk another one is expected, and nothing is indexed.
const BULK_PAUSE: Duration = Duration::from_millis(250);

/// Where the outcome of a write is awaited.
type Ack<T> = oneshot::Sender<Result<T, StoreError>>;

/// Everything that can be written.
pub(super) enum Write {
    OpenRun(Box<NewRun>, Ack<Run>),
    CloseRun(i64, RunState, Ack<()>),
    Reply(Box<NewReply>, Ack<StoredReply>),
    Candidate(Box<CandidateRecord>, Ack<i64>),
    Choice(i64, u64, String, Ack<String>),
    Candidates(Vec<CandidateRecord>, Ack<Vec<i64>>),
    Verdicts(Vec<(i64, Verdict)>, Ack<usize>),
    BeginVersion(Box<NewVersion>, Ack<AppliedVersion>),
    ApplyStretch(Box<Stretch>, Ack<()>),
    EndVersion(i64, Ack<AppliedVersion>),
    Seconds(Vec<SecondWord>, Ack<usize>),
    Bands(Box<NewBands>, Ack<i64>),
    Merge(Box<Parcel>, Ack<MergeReport>),
    /// Look at some candidates whose suspicion is not known; whether more are left.
    Look(Ack<bool>),
    /// Index some texts that are not; whether more are left.
    Index(Ack<bool>),
    Decide(Box<NewDecision>, Ack<Decision>),
    DecideMany(Vec<NewDecision>, Ack<Vec<Decision>>),
    DecidePart(Box<Part>, Ack<Decision>),
    Turn(Box<Turn>, Ack<Turned>),
    /// Forget the note of decisions that ended before their end.
    Settle(Ack<()>),
    Plan(Box<NewPlan>, Ack<Plan>),
    ExtendPlan(i64, Vec<NewPlanItem>, Ack<u64>),
    /// The last one: what comes after it is [`StoreError::Closed`].
    Close(Ack<()>),
}

impl Write {
    /// Whether a person waits for it: then it must outlast a power cut once it is acknowledged.
    fn is_decision(&self) -> bool {
        matches!(
            self,
            Self::Decide(..)
                | Self::DecideMany(..)
                | Self::DecidePart(..)
                | Self::Turn(..)
                | Self::Settle(..)
                | Self::Merge(..)
        )
    }

    /// Whether it may be committed together with decisions, or with machine results.
    fn goes_with(&self, decisions: bool) -> bool {
        !matches!(self, Self::Close(_)) && !self.is_alone() && self.is_decision() == decisions
    }

    /// Whether it is a transaction of its own. It may touch any number of rows, and inside a savepoint SQLite looks through
    /// all that was touched before whenever a statement ends.
    fn is_alone(&self) -> bool {
        matches!(
            self,
            Self::Candidates(..)
                | Self::Bands(..)
                | Self::DecideMany(..)
                | Self::DecidePart(..)
                | Self::Turn(..)
                | Self::Merge(..)
                | Self::ApplyStretch(..)
        )
    }

    /// Answers without having written.
    fn refuse(self, error: StoreError) {
        // Whoever does not wait any more does not want to know.
        match self {
            Self::OpenRun(_, ack) => drop(ack.send(Err(error))),
            Self::CloseRun(_, _, ack) | Self::ApplyStretch(_, ack) | Self::Settle(ack) | Self::Close(ack) => {
                drop(ack.send(Err(error)));
            }
            Self::Reply(_, ack) => drop(ack.send(Err(error))),
            Self::Candidate(_, ack) | Self::Bands(_, ack) => drop(ack.send(Err(error))),
            Self::Choice(_, _, _, ack) => drop(ack.send(Err(error))),
            Self::Candidates(_, ack) => drop(ack.send(Err(error))),
            Self::BeginVersion(_, ack) | Self::EndVersion(_, ack) => drop(ack.send(Err(error))),
            Self::Verdicts(_, ack) | Self::Seconds(_, ack) => drop(ack.send(Err(error))),
            Self::Merge(_, ack) => drop(ack.send(Err(error))),
            Self::Look(ack) | Self::Index(ack) => drop(ack.send(Err(error))),
            Self::Decide(_, ack) | Self::DecidePart(_, ack) => drop(ack.send(Err(error))),
            Self::Plan(_, ack) => drop(ack.send(Err(error))),
            Self::ExtendPlan(_, _, ack) => drop(ack.send(Err(error))),
            Self::DecideMany(_, ack) => drop(ack.send(Err(error))),
            Self::Turn(_, ack) => drop(ack.send(Err(error))),
        }
    }
}

/// The writer's end that the store holds.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Write>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(conn: Connection, path: PathBuf, uid: String) -> Result<Self, StoreError> {
        let (queue, incoming) = mpsc::channel(QUEUE);
        let shown = path.display().to_string();
        let thread = std::thread::Builder::new()
            .name("loong-store".into())
            .spawn(move || {
                let (bulk, synced, cached) = (None, "NORMAL", WRITER_CACHE);
                Thread { conn, path, uid, indexing: true, bulk, synced, cached }.work(incoming);
            })
            .map_err(|e| StoreError::Io { path: shown, message: format!("no thread for writing: {e}") })?;
        Ok(Self { queue: Some(queue), thread: Mutex::new(Some(thread)) })
    }

    /// Sends a write; waits where the queue is full.
    pub(super) async fn send(&self, write: Write) -> Result<(), StoreError> {
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.send(write).await.map_err(|_| StoreError::Closed)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Closing the channel ends the thread once the queue is empty.
        self.queue = None;
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            drop(thread.join());
        }
    }
}

/// A write that is done and not yet committed: called with the commit's failure, if it has one.
type Pending = Box<dyn FnOnce(Option<StoreError>) + Send>;

/// What the thread owns.
struct Thread {
    conn: Connection,
    path: PathBuf,
    uid: String,
    /// Whether there may be something to index.
    indexing: bool,
    /// When the last bulk was written.
    bulk: Option<Instant>,
    /// The level of synchronous that the connection is at.
    synced: &'static str,
    /// The pages that it keeps in memory.
    cached: i64,
}

impl Thread {
    fn work(mut self, mut incoming: mpsc::Receiver<Write>) {
        let mut carried = None;
        loop {
            let first = match carried.take() {
                Some(write) => write,
                None => match incoming.try_recv() {
                    Ok(write) => write,
                    Err(TryRecvError::Disconnected) => break,
                    Err(TryRecvError::Empty) if self.indexing => {
                        if self.bulk.is_some_and(|at| at.elapsed() < BULK_PAUSE) {
                            std::thread::sleep(Duration::from_millis(1));
                        } else {
                            self.cache(WRITER_CACHE);
                            self.index();
                        }
                        continue;
                    }
                    Err(TryRecvError::Empty) => match incoming.blocking_recv() {
                        Some(write) => write,
                        None => break,
                    },
                },
            };
            if let Write::Close(ack) = first {
                drop(ack.send(self.tidy()));
                break;
            }
            self.indexing = true;
            let bulk = matches!(first, Write::Candidates(..));
            if bulk {
                self.cache(BULK_CACHE);
            }
            carried = self.batch(first, &mut incoming);
            self.bulk = bulk.then(Instant::now);
        }
    }

    /// Writes `first` and what waits behind it, and commits them together. Machine results and decisions are never in one
    /// batch: a write of the other sort ends it and is given back.
    fn batch(&mut self, first: Write, incoming: &mut mpsc::Receiver<Write>) -> Option<Write> {
        let decisions = first.is_decision();
        self.sync(if decisions { "FULL" } else { "NORMAL" });
        if let Err(error) = self.conn.execute_batch("BEGIN IMMEDIATE") {
            // What waits behind it has waited as long already. All is taken before any is answered, so that what is
            // sent upon an answer is tried.
            let waiting: Vec<Write> = std::iter::from_fn(|| incoming.try_recv().ok()).take(QUEUE).collect();
            for write in std::iter::once(first).chain(waiting) {
                write.refuse(store_error(&self.path, &error));
            }
            return None;
        }
        let started = Instant::now();
        let alone = first.is_alone();
        let mut pending: Vec<Pending> = Vec::with_capacity(BATCH);
        let mut carried = None;
        let mut next = Some(first);
        while let Some(write) = next.take() {
            pending.extend(self.apply(write));
            if self.conn.is_autocommit() {
                // A full disk rolled everything back, or a write that was alone; nothing of it was acknowledged.
                for done in pending {
                    done(Some(self.full()));
                }
                return None;
            }
            if !alone && pending.len() < BATCH && started.elapsed() < BATCH_TIME {
                match incoming.try_recv() {
                    Ok(write) if write.goes_with(decisions) => next = Some(write),
                    other => carried = other.ok(),
                }
            }
        }
        self.commit(pending);
        carried
    }

    /// Sets how far a commit goes: into the log (`NORMAL`: outlasts a kill) or onto the disk (`FULL`: and a power cut).
    fn sync(&mut self, level: &'static str) {
        if self.synced != level {
            match self.conn.pragma_update(None, "synchronous", level) {
                Ok(()) => self.synced = level,
                Err(error) => tracing::warn!(%error, level, "commits cannot be synced as wanted"),
            }
        }
    }

    /// Keeps more pages in memory, or fewer, and gives back what is too much.
    fn cache(&mut self, size: i64) {
        if self.cached != size {
            self.cached = size;
            let set = self.conn.pragma_update(None, "cache_size", size);
            if let Err(error) = set.and_then(|()| self.conn.execute_batch("PRAGMA shrink_memory")) {
                tracing::debug!(%error, size, "the writer's cache stays as it is");
            }
        }
    }

    fn commit(&self, pending: Vec<Pending>) {
        let failure = self.conn.execute_batch("COMMIT").err();
        if failure.is_some() && !self.conn.is_autocommit() {
            drop(self.conn.execute_batch("ROLLBACK"));
        }
        for done in pending {
            done(failure.as_ref().map(|e| store_error(&self.path, e)));
        }
    }

    /// Moves what is committed from the log into the file, as far as readers allow.
    fn tidy(&self) -> Result<(), StoreError> {
        let done = self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        done.map_err(|e| store_error(&self.path, &e))
    }

    fn full(&self) -> StoreError {
        StoreError::Full { path: self.path.display().to_string() }
    }

    /// Applies one write inside the open transaction. What fails is answered here and leaves no trace.
    fn apply(&self, write: Write) -> Option<Pending> {
        let (conn, path) = (&self.conn, &self.path);
        match write {
            Write::OpenRun(run, ack) => apply(conn, path, ack, || write::runs::open(conn, &self.uid, &run)),
            Write::CloseRun(id, state, ack) => apply(conn, path, ack, || write::runs::close(conn, id, state)),
            Write::Reply(reply, ack) => apply(conn, path, ack, || write::replies::put(conn, &reply)),
            Write::Candidate(record, ack) => apply(conn, path, ack, || write::candidates::put(conn, &record)),
            Write::Choice(run, ordinal, new, ack) => {
                apply(conn, path, ack, || write::choices::put(conn, run, ordinal, &new))
            }
            Write::Candidates(records, ack) => apply_alone(conn, path, ack, || write::bulk::put(conn, &records)),
            Write::Verdicts(verdicts, ack) => apply(conn, path, ack, || write::verdicts::put(conn, &verdicts)),
            Write::BeginVersion(new, ack) => apply(conn, path, ack, || write::versions::begin(conn, &self.uid, &new)),
            Write::ApplyStretch(stretch, ack) => {
                apply_alone(conn, path, ack, || write::versions::apply(conn, &stretch))
            }
            Write::EndVersion(id, ack) => apply(conn, path, ack, || write::versions::end(conn, id)),
            Write::Seconds(words, ack) => apply(conn, path, ack, || write::seconds::put(conn, &words)),
            Write::Look(ack) => apply(conn, path, ack, || Ok(write::suspicion::look_at_some(conn)?)),
            Write::Index(ack) => apply(conn, path, ack, || Ok(search::index_some(conn)?)),
            Write::Bands(bands, ack) => apply_alone(conn, path, ack, || write::bands::put(conn, *bands)),
            Write::Merge(parcel, ack) => apply_alone(conn, path, ack, || merge::put(conn, *parcel)),
            Write::Decide(new, ack) => apply(conn, path, ack, || write::decisions::decide(conn, &self.uid, *new)),
            Write::DecideMany(all, ack) => {
                apply_alone(conn, path, ack, || write::decisions::decide_many(conn, &self.uid, all))
            }
            Write::DecidePart(part, ack) => {
                apply_alone(conn, path, ack, || write::bulk_decisions::decide_part(conn, &self.uid, *part))
            }
            Write::Turn(turn, ack) => apply_alone(conn, path, ack, || write::turning::turn(conn, &self.uid, *turn)),
            Write::Settle(ack) => apply(conn, path, ack, || Ok(write::bulk_decisions::settle(conn)?)),
            Write::Plan(new, ack) => apply(conn, path, ack, || write::plans::put(conn, &self.uid, *new)),
            Write::ExtendPlan(plan, items, ack) => apply(conn, path, ack, || write::plans::extend(conn, plan, &items)),
            // Never part of a batch: the loop ends at it.
            Write::Close(ack) => apply(conn, path, ack, || Ok(())),
        }
    }

    /// Indexes, and looks at candidates, a little. Where that fails it is left for later: the index is never needed for a right answer.
    fn index(&mut self) {
        let more = || -> rusqlite::Result<bool> {
            let (texts, unlooked) = (search::behind(&self.conn)?, write::suspicion::behind(&self.conn)?);
            if !texts && !unlooked {
                return Ok(false);
            }
            let tx = self.conn.unchecked_transaction()?;
            let looking = unlooked && write::suspicion::look_at_some(&tx)?;
            let indexing = texts && search::index_some(&tx)?;
            tx.commit()?;
            Ok(indexing || looking)
        };
        self.indexing = more().unwrap_or_else(|error| {
            tracing::debug!(%error, "texts wait to be indexed");
            false
        });
    }
}

/// Does `work` inside a savepoint.
fn apply<T: Send + 'static>(
    conn: &Connection,
    path: &Path,
    ack: Ack<T>,
    work: impl FnOnce() -> Result<T, write::Refusal>,
) -> Option<Pending> {
    let outcome = conn.execute_batch("SAVEPOINT one").map_err(write::Refusal::from).and_then(|()| {
        let done = work();
        let end = if done.is_ok() { "RELEASE one" } else { "ROLLBACK TO one; RELEASE one" };
        // A full disk may already have rolled back everything, savepoint included.
        if !conn.is_autocommit() {
            conn.execute_batch(end)?;
        }
        done
    });
    answered(path, ack, outcome)
}

/// Does `work` as all there is in the transaction, which ends where it fails.
fn apply_alone<T: Send + 'static>(
    conn: &Connection,
    path: &Path,
    ack: Ack<T>,
    work: impl FnOnce() -> Result<T, write::Refusal>,
) -> Option<Pending> {
    let outcome = work();
    if outcome.is_err() && !conn.is_autocommit() {
        drop(conn.execute_batch("ROLLBACK"));
    }
    answered(path, ack, outcome)
}

/// What answers once it is committed; a refusal is answered now.
fn answered<T: Send + 'static>(path: &Path, ack: Ack<T>, outcome: Result<T, write::Refusal>) -> Option<Pending> {
    match outcome {
        Ok(value) => Some(Box::new(move |failure| {
            drop(ack.send(match failure {
                None => Ok(value),
                Some(error) => Err(error),
            }));
        })),
        Err(refusal) => {
            drop(ack.send(Err(refusal.told(path))));
            None
        }
    }
}
