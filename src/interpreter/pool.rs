//! The pool: so many threads, each with at most one warm worker, and a queue of jobs before them.
//!
//! Threads, not tasks: a worker dies with the thread that started it, so that thread must live as long, and blocking on
//! one socket is the quickest way to wait for it.

use std::collections::VecDeque;
use std::mem;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::isolation::Identity;
use super::settings::IsolationRule;
use super::venvs::Venv;
use super::warm::{Key, Process, Rung, StartError, Warm};
use super::{Execution, InterpreterError, Isolation, Job, PythonSettings};

/// How long a job may be overtaken by jobs whose worker is warm.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long an idle worker is kept.
const IDLE: Duration = Duration::from_secs(300);

/// What is asked of the pool.
struct Ticket {
    venv: Arc<Venv>,
    scratch: u64,
    /// The program; `None` warms a worker and runs nothing.
    job: Option<Job>,
    reply: oneshot::Sender<Result<Option<Execution>, InterpreterError>>,
    cancel: Arc<Mutex<Cancel>>,
    since: Instant,
}

impl Ticket {
    fn key(&self) -> Key {
        Key { venv: self.venv.id.clone(), scratch: self.scratch }
    }
}

/// How a job can be cancelled just now.
enum Cancel {
    /// Not yet started, or done: nothing is to be killed.
    Idle,
    /// By killing its worker.
    Running(Arc<Process>),
    /// It was.
    Cancelled,
}

/// Cancels its job when dropped.
struct Guard(Arc<Mutex<Cancel>>);

impl Drop for Guard {
    fn drop(&mut self) {
        let mut state = lock(&self.0);
        if let Cancel::Running(process) = &*state {
            process.kill();
        }
        *state = Cancel::Cancelled;
    }
}

/// What one thread has and does.
struct Seat {
    give: Sender<Ticket>,
    /// What its worker is for; `None` while it has none.
    warm: Option<Key>,
    /// Its worker's process, also while that starts.
    process: Option<Arc<Process>>,
}

/// What all threads share.
#[derive(Default)]
struct State {
    queue: VecDeque<Ticket>,
    seats: Vec<Seat>,
    /// Seats that wait, the longest-waiting first.
    idle: Vec<usize>,
    closed: bool,
}

struct Shared {
    settings: Arc<PythonSettings>,
    state: Mutex<State>,
    /// The step of the ladder that works here, once it is known.
    rung: Mutex<Option<Rung>>,
}

/// The pool. Dropping it kills all workers.
pub(super) struct Pool {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// Locks what no panic leaves half-changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    /// A pool without threads: they start with the jobs.
    pub(super) fn new(settings: Arc<PythonSettings>) -> Self {
        let shared = Shared { settings, state: Mutex::default(), rung: Mutex::default() };
        Self { shared: Arc::new(shared), threads: Mutex::default() }
    }

    /// Runs a job on a worker of `venv`.
    pub(super) async fn run(&self, venv: Arc<Venv>, job: Job) -> Result<Execution, InterpreterError> {
        let scratch = job.limits.scratch;
        let done = self.ask(venv, scratch, Some(job)).await?;
        done.ok_or_else(|| InterpreterError::Worker { message: "it ran nothing".to_owned() })
    }

    /// Warms a worker of `venv`.
    pub(super) async fn warm(&self, venv: Arc<Venv>, scratch: u64) -> Result<(), InterpreterError> {
        self.ask(venv, scratch, None).await.map(drop)
    }

    /// The isolation that works here; `None` until a worker was started.
    pub(super) fn isolation(&self) -> Option<Isolation> {
        // The lock is held while the first worker starts, which is no time to wait for.
        self.shared.rung.try_lock().ok()?.map(|rung| rung.level)
    }

    async fn ask(
        &self,
        venv: Arc<Venv>,
        scratch: u64,
        job: Option<Job>,
    ) -> Result<Option<Execution>, InterpreterError> {
        let (reply, answer) = oneshot::channel();
        let cancel = Arc::new(Mutex::new(Cancel::Idle));
        let guard = Guard(Arc::clone(&cancel));
        self.submit(Ticket { venv, scratch, job, reply, cancel, since: Instant::now() });
        let result = answer.await;
        drop(guard);
        result.unwrap_or_else(|_| Err(InterpreterError::Worker { message: "the interpreter is gone".to_owned() }))
    }

    /// Gives a ticket to a waiting seat: one whose worker fits, else a new one, else the one that waited longest; or
    /// queues it.
    fn submit(&self, ticket: Ticket) {
        let mut state = lock(&self.shared.state);
        let key = ticket.key();
        // The one that waited longest, since after a program a worker takes a moment to be ready for the next.
        let fits = state.idle.iter().position(|&seat| state.seats[seat].warm.as_ref() == Some(&key));
        let cold = state.idle.iter().position(|&seat| state.seats[seat].warm.is_none());
        let room = state.seats.len() < self.shared.settings.workers.max(1);
        // What only warms goes where nothing is warm yet, and takes nobody's worker while one fits.
        let chosen = match (fits, cold) {
            _ if ticket.job.is_none() && cold.is_some() => cold,
            _ if ticket.job.is_none() && room => None,
            (Some(at), _) | (None, Some(at)) => Some(at),
            (None, None) if room || state.idle.is_empty() => None,
            (None, None) => Some(0),
        };
        if let Some(at) = chosen {
            let seat = state.idle.remove(at);
            // A seat that waits has not hung up.
            let _ = state.seats[seat].give.send(ticket);
        } else if room {
            let (give, take) = mpsc::channel();
            let _ = give.send(ticket);
            let me = state.seats.len();
            state.seats.push(Seat { give, warm: None, process: None });
            let shared = Arc::clone(&self.shared);
            lock(&self.threads).push(std::thread::spawn(move || Thread { shared, me, take, warm: None }.serve()));
        } else {
            state.queue.push_back(ticket);
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        {
            let mut state = lock(&self.shared.state);
            state.closed = true;
            state.queue.clear();
            for seat in mem::take(&mut state.seats) {
                if let Some(process) = seat.process {
                    process.kill();
                }
            }
        }
        for thread in mem::take(&mut *lock(&self.threads)) {
            // One that panicked has nothing left to say.
            let _ = thread.join();
        }
    }
}

/// One thread of the pool.
struct Thread {
    shared: Arc<Shared>,
    me: usize,
    take: Receiver<Ticket>,
    warm: Option<Warm>,
}

impl Thread {
    /// Serves until the pool closes.
    fn serve(mut self) {
        while let Some(ticket) = self.next() {
            self.work(ticket);
        }
    }

    /// The next ticket.
    fn next(&mut self) -> Option<Ticket> {
        {
            let mut state = lock(&self.shared.state);
            if state.closed {
                return None;
            }
            let key = self.warm.as_ref().map(|w| w.key.clone());
            let chosen = choose(state.queue.iter().map(|t| (t.since.elapsed(), Some(t.key()) == key)));
            if let Some(ticket) = state.queue.remove(chosen) {
                return Some(ticket);
            }
            let seat = &mut state.seats[self.me];
            seat.warm = key;
            state.idle.push(self.me);
        }
        match self.take.recv_timeout(IDLE) {
            Ok(ticket) => return Some(ticket),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {
                let mut state = lock(&self.shared.state);
                if state.closed {
                    return None;
                }
                // Not idle any more means that a ticket is on its way, and may be for this very worker.
                if state.idle.contains(&self.me) {
                    state.seats[self.me].warm = None;
                    state.seats[self.me].process = None;
                    drop(state);
                    self.warm = None;
                }
            }
        }
        self.take.recv().ok()
    }

    /// Does one ticket, a second time on a fresh worker when the first one failed.
    fn work(&mut self, ticket: Ticket) {
        let mut failure = String::new();
        for _ in 0..2 {
            if matches!(*lock(&ticket.cancel), Cancel::Cancelled) {
                return;
            }
            match self.attempt(&ticket) {
                Ok(done) => {
                    // Whoever asked may be gone.
                    let _ = ticket.reply.send(Ok(done));
                    return;
                }
                Err(Attempt::Final(error)) => {
                    let _ = ticket.reply.send(Err(error));
                    return;
                }
                Err(Attempt::Again(why)) => {
                    failure = why;
                    self.retire();
                    if lock(&self.shared.state).closed {
                        return;
                    }
                }
            }
        }
        let _ = ticket.reply.send(Err(InterpreterError::Worker { message: failure }));
    }

    /// One attempt.
    fn attempt(&mut self, ticket: &Ticket) -> Result<Option<Execution>, Attempt> {
        if self.warm.as_ref().is_none_or(|w| w.key != ticket.key()) {
            self.retire();
            self.warm = Some(self.start(ticket)?);
        }
        let Some(warm) = &mut self.warm else { return Err(Attempt::Again("no worker".to_owned())) };
        let Some(job) = &ticket.job else { return Ok(None) };
        {
            let mut cancel = lock(&ticket.cancel);
            if matches!(*cancel, Cancel::Cancelled) {
                return Err(Attempt::Again("cancelled".to_owned()));
            }
            *cancel = Cancel::Running(Arc::clone(warm.process()));
        }
        let result = warm.run(job);
        {
            let mut cancel = lock(&ticket.cancel);
            if matches!(*cancel, Cancel::Cancelled) {
                // The worker was killed, if perhaps just after it had answered.
                return Err(Attempt::Again("cancelled".to_owned()));
            }
            *cancel = Cancel::Idle;
        }
        result.map(Some).map_err(Attempt::Again)
    }

    /// Ends this thread's worker.
    fn retire(&mut self) {
        self.warm = None;
        if let Some(seat) = lock(&self.shared.state).seats.get_mut(self.me) {
            seat.process = None;
        }
    }

    /// Starts a worker on the highest step of the ladder that works here.
    fn start(&self, ticket: &Ticket) -> Result<Warm, Attempt> {
        let settings = &self.shared.settings;
        let at = |rung| {
            Warm::start(settings, &ticket.venv, ticket.scratch, rung, |process| {
                match lock(&self.shared.state).seats.get_mut(self.me) {
                    Some(seat) => seat.process = Some(Arc::clone(process)),
                    // The pool closed meanwhile.
                    None => process.kill(),
                }
            })
        };
        let mut known = lock(&self.shared.rung);
        if let Some(rung) = *known {
            drop(known);
            return at(rung).map_err(|e| match e {
                StartError::Cannot(why) | StartError::Failed(why) => Attempt::Again(why),
            });
        }
        let mut reasons = Vec::new();
        for rung in ladder(settings.isolation) {
            match at(rung) {
                Ok(warm) => {
                    *known = Some(rung);
                    return Ok(warm);
                }
                // That a package can't be imported, say, is no reason for less isolation.
                Err(StartError::Failed(why)) => return Err(Attempt::Again(why)),
                Err(StartError::Cannot(why)) => reasons.push(format!("{}: {why}", rung.level)),
            }
        }
        Err(Attempt::Final(InterpreterError::NoIsolation { why: reasons.join("; ") }))
    }
}

/// Which of the waiting tickets, oldest first, a worker takes: the oldest that it fits (age, fits), unless the oldest of
/// all has waited too long, or none fits.
fn choose(waiting: impl Iterator<Item = (Duration, bool)>) -> usize {
    for (place, (age, fits)) in waiting.enumerate() {
        if fits {
            return place;
        }
        if place == 0 && age > PATIENCE {
            break;
        }
    }
    0
}

/// Why an attempt gave nothing.
enum Attempt {
    /// The worker failed; a fresh one may not.
    Again(String),
    /// No worker would do better.
    Final(InterpreterError),
}

/// The levels of isolation to try, the strongest first.
fn ladder(rule: IsolationRule) -> Vec<Rung> {
    let rung = |level, identity| Rung { level, identity };
    if rule == IsolationRule::UnsafeNone {
        return vec![rung(Isolation::None, Identity::Own)];
    }
    if cfg!(target_os = "macos") {
        return vec![rung(Isolation::SandboxExec, Identity::Own)];
    }
    if rule == IsolationRule::Landlock {
        return vec![rung(Isolation::Landlock, Identity::Own)];
    }
    let mut all = vec![rung(Isolation::Full, Identity::Own), rung(Isolation::Landlock, Identity::Own)];
    if rustix::process::geteuid().is_root() {
        // Root's limits on processes count for nobody but nobody.
        all.insert(0, rung(Isolation::Full, Identity::Nobody));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warm_worker_takes_what_it_fits_but_starves_nobody() {
        let (young, old) = (Duration::from_millis(10), PATIENCE * 2);
        for (waiting, chosen) in [
            (&[][..], 0),
            (&[(young, false), (young, true), (young, true)], 1),
            (&[(young, false), (young, false)], 0),
            (&[(old, false), (young, true)], 0),
            (&[(old, true), (young, true)], 0),
            (&[(young, true), (young, false)], 0),
        ] {
            assert_eq!(choose(waiting.iter().copied()), chosen, "{waiting:?}");
        }
    }

    #[test]
    fn isolation_is_never_given_up_unasked() {
        for rule in [IsolationRule::Required, IsolationRule::Landlock] {
            assert!(ladder(rule).iter().all(|rung| rung.level != Isolation::None), "{rule:?}");
        }
        assert!(ladder(IsolationRule::UnsafeNone).iter().all(|rung| rung.level == Isolation::None));
    }
}
