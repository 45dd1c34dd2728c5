//! A lane: one thread, one queue. A newer wish of a kind takes the place of an older one where only the newest matters,
//! and interrupts it where it is under way.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::{Services, Wire, of_store};
use crate::store::{Interrupter, Reader, Store, StoreError};
use crate::tui::effect::Effect;
use crate::tui::msg::Msg;
use crate::tui::workbench::Project;

/// A job, as those see it who do it: what it is about, and whether it is still wanted.
#[derive(Clone, Default)]
pub struct Job {
    /// The project that was open when it was asked for. It may wait until another one is.
    project: Option<Project>,
    stale: Arc<AtomicBool>,
    query: Arc<Mutex<Option<Interrupter>>>,
}

impl Job {
    pub(super) fn new(project: Option<Project>) -> Self {
        Self { project, ..Self::default() }
    }

    /// The project that it was asked for in.
    pub(super) fn project(&self) -> Option<&Project> {
        self.project.as_ref()
    }

    /// That project, or that there was none.
    pub(super) fn own_project(&self) -> Result<&Project, String> {
        self.project().ok_or_else(|| "no project is open".to_owned())
    }

    /// The store that it was asked for in.
    pub(super) fn store(&self) -> Result<&Store, StoreError> {
        self.project().map(|project| &project.store).ok_or(StoreError::Closed)
    }

    /// Whether a newer wish has taken its place.
    pub fn is_stale(&self) -> bool {
        self.stale.load(Ordering::Acquire)
    }

    /// What is set once a newer wish has taken its place.
    pub fn stop(&self) -> &AtomicBool {
        &self.stale
    }

    /// Lets a newer wish interrupt this reader's query.
    pub fn reads_through(&self, reader: &mut Reader) {
        *lock(&self.query) = Some(reader.interrupter());
        // A wish that came between is not missed.
        if self.is_stale() {
            self.end();
        }
    }

    fn end(&self) {
        self.stale.store(true, Ordering::Release);
        if let Some(query) = lock(&self.query).as_ref() {
            query.interrupt();
        }
    }
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<(Effect, Job)>,
    under_way: Option<(Kind, Job)>,
    closed: bool,
}

impl Queue {
    /// Drops what waits of a kind, and ends what is under way of it. What is waited for by itself stays where it is, ended:
    /// it answers that nothing came of it.
    fn end(&mut self, kind: Kind) {
        self.waiting.retain(|(e, job)| {
            if self::kind(e) != kind {
                return true;
            }
            job.end();
            is_answered(e)
        });
        if let Some((_, job)) = self.under_way.as_ref().filter(|(k, _)| *k == kind) {
            job.end();
        }
    }

    /// Ends decisions on many candidates: those under way where they are, those that wait before they begin.
    fn end_bulk(&mut self) {
        for (_, job) in self.waiting.iter().filter(|(e, _)| matches!(e, Effect::DecideAll(_))) {
            job.end();
        }
        if let Some((Kind::Bulk, job)) = &self.under_way {
            job.end();
        }
    }
}

/// Whether work is known to be under way until this is answered, so that it has to be even where it is ended.
fn is_answered(effect: &Effect) -> bool {
    matches!(effect, Effect::Export { .. } | Effect::Apply { .. })
}

/// What only the newest counts of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    List,
    Open,
    CountOf,
    /// An export counted, or written: what is written is not counted meanwhile.
    Export,
    Values,
    /// What of a stored run came last.
    Past,
    Sweep,
    /// Counts for what lies over the screen.
    Narrow,
    TypesetSeed,
    Check,
    /// Decisions that may be many: all are done, in order, and the one under way can be ended.
    Bulk,
    /// Everything of this kind is done, in order.
    Each,
}

fn kind(effect: &Effect) -> Kind {
    match effect {
        Effect::List { .. } => Kind::List,
        Effect::Open { .. } => Kind::Open,
        Effect::CountOf { .. } => Kind::CountOf,
        Effect::CountExport { .. } | Effect::Export { .. } | Effect::EndExport => Kind::Export,
        Effect::Values { .. } => Kind::Values,
        Effect::Past(_) => Kind::Past,
        Effect::Sweep { .. } | Effect::Apply { .. } | Effect::EndTrial => Kind::Sweep,
        Effect::CountViews(..) | Effect::Facets(..) | Effect::EndFacets => Kind::Narrow,
        Effect::TypesetSeed { .. } => Kind::TypesetSeed,
        Effect::CheckSeeds { .. } | Effect::EndCheck => Kind::Check,
        Effect::DecideAll(_) | Effect::Undo(_) | Effect::Redo(_) => Kind::Bulk,
        _ => Kind::Each,
    }
}

/// A lane.
pub(super) struct Lane {
    queue: Arc<(Mutex<Queue>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Lane {
    pub(super) fn start(name: &str, services: Arc<Services>, to: Sender<Wire>) -> std::io::Result<Self> {
        let queue: Arc<(Mutex<Queue>, Condvar)> = Arc::default();
        let inner = Arc::clone(&queue);
        let thread = std::thread::Builder::new().name(format!("loong-{name}")).spawn(move || {
            while let Some((effect, job)) = next(&inner) {
                // A gone receiver means that the program is leaving.
                let mut answer = |msg| drop(to.send(Wire::Msg(msg)));
                let whose = Services::whose(&effect, &job);
                // A panic is reported by its hook, where that can be; the lane goes on, for what comes after has nothing to
                // do with it.
                let carried = catch_unwind(AssertUnwindSafe(|| services.carry_out(effect, &job, &mut answer)));
                if carried.is_err() {
                    answer(of_store(whose, Msg::Unanswered));
                }
                lock(&inner.0).under_way = None;
            }
        })?;
        Ok(Self { queue, thread: Some(thread) })
    }

    pub(super) fn push(&self, effect: Effect, job: Job) {
        let kind = kind(&effect);
        let mut queue = lock(&self.queue.0);
        if !matches!(kind, Kind::Each | Kind::Bulk) {
            queue.end(kind);
        }
        queue.waiting.push_back((effect, job));
        drop(queue);
        self.queue.1.notify_one();
    }

    /// Ends decisions on many candidates where they are.
    pub(super) fn end_bulk(&self) {
        lock(&self.queue.0).end_bulk();
    }

    /// Ends counting what a filter being typed would take: nobody waits for it any more.
    pub(super) fn forget_counts(&self) {
        lock(&self.queue.0).end(Kind::CountOf);
    }

    /// Does what is waiting, then ends.
    pub(super) fn finish(mut self) {
        self.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }

    fn close(&self) {
        lock(&self.queue.0).closed = true;
        self.queue.1.notify_one();
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.close();
    }
}

fn next(queue: &(Mutex<Queue>, Condvar)) -> Option<(Effect, Job)> {
    let mut waiting = lock(&queue.0);
    loop {
        if let Some((effect, job)) = waiting.waiting.pop_front() {
            waiting.under_way = Some((kind(&effect), job.clone()));
            return Some((effect, job));
        }
        if waiting.closed {
            return None;
        }
        waiting = queue.1.wait(waiting).unwrap_or_else(PoisonError::into_inner);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
