//! The pool: so many threads, each with a few warm workers of which one works at a time, and a queue of jobs before them.
//!
//! Threads, not tasks: a worker dies with the thread that started it, so that thread must live as long, and blocking on
//! one socket is the quickest way to wait for it.

use std::collections::{HashSet, VecDeque};
use std::mem;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::isolation::Identity;
use super::proof;
use super::settings::IsolationRule;
use super::venvs::Venv;
use super::warm::{Imports, Key, Process, Rung, StartError, Warm};
use super::{Execution, InterpreterError, Isolation, Job, PythonSettings};

/// How long a job may be overtaken by jobs whose worker is warm, and how long a seat serves these before it changes to
/// another set of packages for the sake of one that was: where the queue is deep all in it have waited long, and a seat
/// that changed each time would do little else.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long idle workers are kept.
const IDLE: Duration = Duration::from_secs(300);

/// Warm workers of one pool, all together, where there are fewer threads than that: jobs that alternate between sets of
/// packages need not warm a worker each time.
const WARM: usize = 32;

/// The same of one thread, however many there are.
const LEAST: usize = 2;

/// What is asked of the pool.
struct Ticket {
    venv: Arc<Venv>,
    /// What its worker must be.
    key: Key,
    /// The program; `None` warms a worker and runs nothing.
    job: Option<Job>,
    reply: oneshot::Sender<Result<Option<Execution>, InterpreterError>>,
    cancel: Arc<Mutex<Cancel>>,
    /// When the first that came later was taken before it.
    overtaken: Option<Instant>,
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
    /// What its workers are for.
    warm: Vec<Key>,
    /// Its workers' processes, also while they start.
    processes: Vec<Arc<Process>>,
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
    /// What can't be imported before a fork: programs import it by themselves.
    cold: Mutex<HashSet<Key>>,
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
        let shared = Shared { settings, state: Mutex::default(), rung: Mutex::default(), cold: Mutex::default() };
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
        let key = Key::new(&venv, scratch, job.as_ref().map(|job| job.code.as_str()));
        self.submit(Ticket { venv, key, job, reply, cancel, overtaken: None });
        let result = answer.await;
        drop(guard);
        result.unwrap_or_else(|_| Err(InterpreterError::Worker { message: "the interpreter is gone".to_owned() }))
    }

    /// Gives a ticket to a waiting seat: one whose worker fits, else a new one, else the one that waited longest; or
    /// queues it.
    fn submit(&self, ticket: Ticket) {
        let mut state = lock(&self.shared.state);
        let key = &ticket.key;
        // The one that waited longest, since after a program a worker takes a moment to be ready for the next.
        let fits = state.idle.iter().position(|&seat| state.seats[seat].warm.contains(key));
        let cold = state.idle.iter().position(|&seat| state.seats[seat].warm.is_empty());
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
            let me = state.seats.len();
            state.seats.push(Seat { give, warm: Vec::new(), processes: Vec::new() });
            let shared = Arc::clone(&self.shared);
            let thread = Thread { shared, me, take, warm: Vec::new(), changed: Instant::now() };
            lock(&self.threads).push(std::thread::spawn(move || thread.serve(ticket)));
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
                for process in seat.processes {
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
    /// Its workers, the one used last at the end.
    warm: Vec<Warm>,
    /// When it last took a job for having been overtaken.
    changed: Instant,
}

impl Thread {
    /// Serves until the pool closes. A seat is taken with a ticket: what waits is idle.
    fn serve(mut self, first: Ticket) {
        let mut next = Some(first);
        while let Some(ticket) = next {
            self.work(ticket);
            next = self.next();
        }
    }

    /// The next ticket.
    fn next(&mut self) -> Option<Ticket> {
        {
            let mut state = lock(&self.shared.state);
            if state.closed {
                return None;
            }
            let keys: Vec<Key> = self.warm.iter().map(|w| w.key.clone()).collect();
            let now = Instant::now();
            if let Some(ticket) = choose(&mut state.queue, &keys, now, &mut self.changed) {
                return Some(ticket);
            }
            let seat = &mut state.seats[self.me];
            seat.warm = keys;
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
                    state.seats[self.me].warm.clear();
                    state.seats[self.me].processes.clear();
                    drop(state);
                    self.warm.clear();
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
                    self.retire(&ticket);
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
        if let Some(at) = self.warm.iter().position(|w| w.key == ticket.key) {
            let warm = self.warm.remove(at);
            self.warm.push(warm);
        } else {
            let room = (WARM / self.shared.settings.workers.max(1)).max(LEAST);
            while self.warm.len() >= room {
                self.end(0);
            }
            let warm = self.start(ticket)?;
            self.warm.push(warm);
        }
        let Some(warm) = self.warm.last_mut() else { return Err(Attempt::Again("no worker".to_owned())) };
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

    /// Ends the worker used last, which failed.
    fn retire(&mut self, ticket: &Ticket) {
        if self.warm.last().is_some_and(|w| w.key == ticket.key) {
            self.end(self.warm.len() - 1);
        }
    }

    /// Ends one of this thread's workers.
    fn end(&mut self, at: usize) {
        let warm = self.warm.remove(at);
        if let Some(seat) = lock(&self.shared.state).seats.get_mut(self.me) {
            seat.processes.retain(|p| !Arc::ptr_eq(p, warm.process()));
        }
    }

    /// Starts a worker at one step of the ladder. One whose packages end or hang it at import, or leave threads behind,
    /// which no fork takes along, is started again without them.
    fn start_at(&self, ticket: &Ticket, rung: Rung) -> Result<Warm, StartError> {
        let venv = &ticket.venv;
        let try_once = |cold| self.launch(ticket, rung, if cold { Imports::Later } else { Imports::Ahead });
        let cold = lock(&self.shared.cold).contains(&ticket.key);
        let error = match try_once(cold) {
            Err(StartError::Failed(why)) if !cold && !ticket.key.imports.is_empty() => why,
            other => return other,
        };
        if lock(&self.shared.state).closed {
            return Err(StartError::Failed(error));
        }
        tracing::warn!(
            venv = venv.id,
            error,
            "its packages can't be imported ahead: programs import them by themselves"
        );
        let warm = try_once(true).map_err(|_| StartError::Failed(error))?;
        lock(&self.shared.cold).insert(ticket.key.clone());
        Ok(warm)
    }

    /// Starts a worker, which the pool can kill from then on.
    fn launch(&self, ticket: &Ticket, rung: Rung, imports: Imports) -> Result<Warm, StartError> {
        Warm::start(&self.shared.settings, &ticket.venv, ticket.key.clone(), rung, imports, |process| {
            match lock(&self.shared.state).seats.get_mut(self.me) {
                Some(seat) => {
                    seat.processes.retain(|p| !p.is_over());
                    seat.processes.push(Arc::clone(process));
                }
                // The pool closed meanwhile.
                None => process.kill(),
            }
        })
    }

    /// Starts a worker on the highest step of the ladder that works here. The first one has to prove that it does, and
    /// imports no packages, since these are code and could spoil the proof.
    fn start(&self, ticket: &Ticket) -> Result<Warm, Attempt> {
        let settings = &self.shared.settings;
        let at = |rung| {
            self.start_at(ticket, rung).map_err(|e| match e {
                StartError::Cannot(why) | StartError::Passing(why) | StartError::Failed(why) => Attempt::Again(why),
            })
        };
        let mut known = lock(&self.shared.rung);
        if let Some(rung) = *known {
            drop(known);
            return at(rung);
        }
        let mut reasons = Vec::new();
        for rung in ladder(settings.isolation) {
            match self.launch(ticket, rung, Imports::Never).and_then(|warm| proof::of(warm, ticket.key.scratch)) {
                Ok(warm) => {
                    *known = Some(rung);
                    if ticket.venv.is_bare {
                        return Ok(warm);
                    }
                    drop((warm, known));
                    return at(rung);
                }
                // That something is short just now, say, is no reason for less isolation.
                Err(StartError::Passing(why) | StartError::Failed(why)) => return Err(Attempt::Again(why)),
                Err(StartError::Cannot(why)) => reasons.push(format!("{}: {why}", rung.level)),
            }
        }
        Err(Attempt::Final(InterpreterError::NoIsolation { why: reasons.join("; ") }))
    }
}

/// What waits for a seat.
trait Waits {
    /// Whether one of these workers would serve it.
    fn fits(&self, warm: &[Key]) -> bool;
    /// When it was first overtaken.
    fn overtaken(&mut self) -> &mut Option<Instant>;
}

impl Waits for Ticket {
    fn fits(&self, warm: &[Key]) -> bool {
        warm.contains(&self.key)
    }

    fn overtaken(&mut self) -> &mut Option<Instant> {
        &mut self.overtaken
    }
}

/// Takes from what waits, oldest first, the oldest that a seat's warm workers serve; the oldest of all where they serve
/// none, or where it was overtaken for too long and the seat did not change for such a one just before.
fn choose<T: Waits>(queue: &mut VecDeque<T>, warm: &[Key], now: Instant, changed: &mut Instant) -> Option<T> {
    let is_long = |since: Instant| now.saturating_duration_since(since) > PATIENCE;
    let oldest = queue.front_mut()?;
    let is_overdue = !oldest.fits(warm) && oldest.overtaken().is_some_and(is_long) && is_long(*changed);
    if is_overdue {
        *changed = now;
        return queue.pop_front();
    }
    let place = queue.iter().position(|ticket| ticket.fits(warm)).unwrap_or(0);
    for ticket in queue.iter_mut().take(place) {
        ticket.overtaken().get_or_insert(now);
    }
    queue.remove(place)
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
        // Root's limits on processes count for nobody but nobody, and in a namespace only for what is in it.
        all.splice(0..0, [rung(Isolation::Full, Identity::Apart), rung(Isolation::Full, Identity::Nobody)]);
    }
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A job of one of so many sets of packages.
    #[derive(Debug)]
    struct Waiting {
        set: usize,
        asked: Instant,
        overtaken: Option<Instant>,
    }

    impl Waits for Waiting {
        fn fits(&self, warm: &[Key]) -> bool {
            warm.contains(&key(self.set))
        }

        fn overtaken(&mut self) -> &mut Option<Instant> {
            &mut self.overtaken
        }
    }

    fn key(set: usize) -> Key {
        Key { venv: set.to_string(), scratch: 0, imports: BTreeSet::new() }
    }

    #[test]
    fn a_deep_queue_of_many_sets_neither_makes_a_seat_change_at_each_job_nor_starves_one() {
        const SETS: usize = 7;
        const ROOM: usize = 4;
        const JOBS: usize = 3000;
        let (job, warming) = (Duration::from_millis(10), Duration::from_millis(700));
        let begun = Instant::now();
        let (mut now, mut changed) = (begun, begun);
        let mut warm: Vec<Key> = Vec::new();
        let mut starts = 0;
        let mut longest = Duration::ZERO;
        let mut queue: VecDeque<Waiting> = VecDeque::new();
        for n in 0..JOBS + 256 {
            if n < JOBS {
                queue.push_back(Waiting { set: n % SETS, asked: now, overtaken: None });
            }
            if n < 256 {
                continue; // so many are always waiting
            }
            let taken = choose(&mut queue, &warm, now, &mut changed).unwrap();
            longest = longest.max(now - taken.asked);
            if !taken.fits(&warm) {
                starts += 1;
                now += warming;
                if warm.len() == ROOM {
                    warm.remove(0);
                }
                warm.push(key(taken.set));
            }
            now += job;
        }
        assert!(queue.is_empty());
        let seconds = (now - begun).as_secs_f64();
        assert!(f64::from(starts) < seconds / PATIENCE.as_secs_f64() + SETS as f64, "{starts} starts in {seconds} s");
        assert!(longest < PATIENCE * u32::try_from(SETS).unwrap() + job * 512, "a job waited {longest:?}");
    }

    #[test]
    fn what_fits_is_taken_first_and_what_was_overtaken_for_long_before_it() {
        let now = Instant::now();
        let (just, long) = (Some(now), now.checked_sub(PATIENCE * 2));
        for (waiting, changed, taken) in [
            (vec![(9, None), (1, None), (1, just)], long, 1),
            (vec![(9, just), (1, None)], long, 1),
            (vec![(9, long), (1, None)], long, 9),
            (vec![(9, long), (1, None)], just, 1),
            (vec![(9, None), (8, None)], just, 9),
        ] {
            let told = format!("{waiting:?} {changed:?}");
            let waiting = waiting.into_iter().map(|(set, overtaken)| Waiting { set, asked: now, overtaken });
            let mut changed = changed.unwrap();
            let chosen = choose(&mut waiting.collect(), &[key(1), key(2)], now, &mut changed).unwrap();
            assert_eq!(chosen.set, taken, "{told}");
        }
        assert!(choose(&mut VecDeque::<Waiting>::new(), &[], now, &mut now.clone()).is_none());
    }

    #[test]
    fn isolation_is_never_given_up_unasked() {
        for rule in [IsolationRule::Required, IsolationRule::Landlock] {
            assert!(ladder(rule).iter().all(|rung| rung.level != Isolation::None), "{rule:?}");
        }
        assert!(ladder(IsolationRule::UnsafeNone).iter().all(|rung| rung.level == Isolation::None));
    }
}
