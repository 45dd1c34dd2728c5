//! The stages and the channels between them.
//!
//! Every stage takes slots from a bounded channel and holds a permit until the next stage has taken the slot over: a slow
//! stage slows the ones before it, back to the model. A slot that has failed goes straight to the store.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use super::control::{Control, Mode};
use super::early::Early;
use super::eligible::Eligible;
use super::escalate::Escalation;
use super::event::{Ended, EngineEvent, Report};
use super::journal::{Journal, Models};
use super::purse::Purse;
use super::quality::Quotas;
use super::questions::Questions;
use super::recipe::EngineRecipe;
use super::slot::Slot;
use super::solve::Solving;
use super::strategies::{MakeGenerator, Strategies, SwitchError};
use crate::failure::Stage;
use crate::generator::Generator;
use crate::generator::prompt::PromptError;
use crate::interpreter::{Dependencies, Interpreter, InterpreterError};
use crate::likeness::{Contamination, ContaminationError, Grams};
use crate::model::Role;
use crate::store::record::{NewRun, Run, RunState};
use crate::store::{Sink, StoreError};
use crate::verifier::Verifier;

/// What the engine works with.
#[derive(Clone)]
pub struct Ports {
    /// Makes questions, as the recipe says.
    pub generator: Arc<dyn Generator>,
    /// Makes the generators that a run is switched to.
    pub generators: MakeGenerator,
    /// Plays the roles.
    pub models: Models,
    /// Runs programs.
    pub interpreter: Arc<dyn Interpreter>,
    /// Runs them a second time, under another hash seed, so that what hangs on the order of a set is found.
    pub second_interpreter: Arc<dyn Interpreter>,
    /// Compares answers.
    pub verifier: Arc<dyn Verifier>,
    /// Takes further what the verifier leaves undecided.
    pub escalation: Arc<Escalation>,
    /// Keeps everything.
    pub sink: Arc<dyn Sink>,
}

/// What names the files that questions must keep away from.
const CONTAMINATION: &str = "[quality] contamination";

/// Why a run could not begin.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Programs cannot be run here.
    #[error(transparent)]
    Interpreter(#[from] InterpreterError),
    /// A prompt file is broken.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// A strategy that the run was switched to cannot be had now.
    #[error("{0}; begin another run with --new, or put the configuration back")]
    Strategy(String),
    /// A file of questions to keep away from cannot be used.
    #[error(transparent)]
    Contamination(#[from] ContaminationError),
    /// A fault of loong's own.
    #[error("loong failed at preparing the run ({0}); the log has more")]
    Fault(String),
    /// The user stopped it before it began.
    #[error("stopped before the run began; run again to begin")]
    StoppedEarly,
}

/// Hears what happens.
pub type Listener = Arc<dyn Fn(EngineEvent) + Send + Sync>;

/// Tells a listener. One that panics loses the event, never a candidate.
pub(super) fn tell(listener: &Listener, event: EngineEvent) {
    let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| listener(event)));
    if told.is_err() {
        tracing::error!("the listener of a run failed");
    }
}

/// Questions from which on reading them is worth a word.
const MANY: u64 = 50_000;

/// What all stages share.
pub(super) struct Shared {
    pub(super) recipe: EngineRecipe,
    pub(super) ports: Ports,
    pub(super) run: Run,
    /// Slots of this part of the run that had their candidate when it began.
    pub(super) filled_before: u64,
    pub(super) control: Control,
    pub(super) journal: Journal,
    pub(super) solving: Solving,
    pub(super) questions: tokio::sync::Mutex<Questions>,
    pub(super) contamination: Contamination,
    pub(super) quotas: Mutex<Quotas>,
    pub(super) listener: Listener,
    /// Why the run must end, where it is not that all slots are filled. The first word counts.
    pub(super) end: Mutex<Option<Ended>>,
    pub(super) written: AtomicU64,
    /// Programs in a row whose packages or worker could not be had.
    pub(super) unprepared: AtomicU64,
    /// Slots in a row of which no model made a question.
    pub(super) ungenerated_in_a_row: AtomicU64,
    /// Slots in a row of which no solver answered a thing.
    pub(super) unsolved_in_a_row: AtomicU64,
    /// Why the last slot was left open for want of a model, where one was.
    pub(super) open: Mutex<Option<String>>,
    pub(super) states: Mutex<BTreeMap<String, u64>>,
}

/// Runs the loop to its end, and says what came of it.
///
/// `project` is the folder whose `prompts/` override the embedded ones. Events go to `listener`, which must not block.
///
/// # Errors
/// When the run cannot begin; what goes wrong later is in the report ([`Ended::Failed`]) and in the candidates.
pub async fn run(
    recipe: EngineRecipe,
    ports: Ports,
    control: Control,
    project: Option<&Path>,
    listener: Listener,
) -> Result<Report, EngineError> {
    let started = Instant::now();
    let solving = Solving {
        prompt: Solving::prompt(project)?,
        sampling: recipe.solver_sampling.clone(),
        samples: if ports.models.solvers.is_empty() { 0 } else { recipe.samples },
        rng_seed: recipe.rng_seed,
        early: match recipe.keep {
            _ if recipe.quality.band.is_some() => None,
            Some(keep) => Some(Early::Kept(keep)),
            None => recipe.early_stop.then_some(Early::Settled(recipe.agreement)),
        },
    };
    let files = recipe.quality.contamination.clone();
    let stop = Arc::new(AtomicBool::new(false));
    let heeded = Arc::clone(&stop);
    let contamination = tokio::select! {
        read = aside(move || Contamination::read(CONTAMINATION, &files, Grams::default(), &heeded)) => read??,
        () = control.ending() => {
            stop.store(true, Ordering::Relaxed);
            return Err(EngineError::StoppedEarly);
        }
    };
    // Asked before anything is paid for: a machine that cannot run programs has no business generating them. A worker may
    // take long to start, and a user who has had enough is heard meanwhile.
    let nothing = Dependencies::default();
    tokio::select! {
        ready = ports.interpreter.prepare(&nothing) => ready?,
        () = control.ending() => return Err(EngineError::StoppedEarly),
    }
    if let Some(symbolic) = &ports.escalation.symbolic {
        tokio::select! {
            ready = symbolic.prepare() => ready?,
            () = control.ending() => return Err(EngineError::StoppedEarly),
        }
    }
    let mut run = ports
        .sink
        .open_run(NewRun {
            recipe_hash: recipe.hash.clone(),
            recipe: recipe.text.clone(),
            strategy: ports.generator.strategy().to_owned(),
            rng_seed: recipe.rng_seed,
            target: recipe.candidates,
            fresh: recipe.fresh,
            resume: recipe.resume,
            in_shards: recipe.shard.is_some(),
        })
        .await?;
    // A run that is made smaller has candidates beyond its end; they fill none of its slots.
    run.filled.cut(run.target.cast_signed());
    let given = recipe.known_questions.clone();
    let read = |questions| {
        if questions > MANY {
            let message = format!("reading the questions that are there, once: {questions}");
            tell(&listener, EngineEvent::Progress { message });
        }
    };
    let questions = Questions::begin(Arc::clone(&ports.sink), recipe.quality.alike, given, read).await?;
    let mut quotas = Quotas::new(recipe.quality.per_domain, recipe.quality.per_family);
    let mut eligible = Eligible::default();
    let mut accepted = 0;
    if run.resumed {
        accepted = earlier(run.id, ports.sink.as_ref(), &mut quotas, &mut eligible).await?;
    }
    let spent = if run.resumed { ports.sink.spent(run.id).await? } else { Vec::new() };
    let asked = std::iter::once((Role::Generator, 0)).chain((0..solving.samples).map(|sample| (Role::Solver, sample)));
    let purse = Purse::new(recipe.budget, spent, run.tokens, accepted)
        .asking(asked.map(|(role, sample)| ports.models.of(role, sample).as_ref()));
    let journal = Journal::new(
        ports.models.clone(),
        Arc::clone(&ports.sink),
        control.clone(),
        Arc::clone(&listener),
        &run,
        purse,
        eligible,
    );
    let make = Arc::clone(&ports.generators);
    let strategies = Strategies::of_run(Arc::clone(&ports.generator), make, ports.sink.as_ref(), run.id).await;
    let strategies = strategies.map_err(|e| match e {
        SwitchError::Refused(why) => EngineError::Strategy(why),
        SwitchError::Store(e) => EngineError::Store(e),
    })?;
    control.begin(recipe.concurrency);
    let filled_before = match recipe.shard {
        None => run.filled.len() as u64,
        Some(shard) => run.filled.iter().filter(|slot| shard.holds(slot.cast_unsigned())).count() as u64,
    };
    let shared = Arc::new(Shared {
        recipe,
        ports,
        run,
        filled_before,
        control,
        journal,
        solving,
        questions: tokio::sync::Mutex::new(questions),
        contamination,
        quotas: Mutex::new(quotas),
        listener,
        end: Mutex::new(None),
        written: AtomicU64::new(0),
        unprepared: AtomicU64::new(0),
        ungenerated_in_a_row: AtomicU64::new(0),
        unsolved_in_a_row: AtomicU64::new(0),
        open: Mutex::new(None),
        states: Mutex::new(BTreeMap::new()),
    });
    shared.emit(EngineEvent::Started {
        run: shared.run.id,
        uid: shared.run.uid.clone(),
        resumed: shared.run.resumed,
        filled: shared.filled_before,
        target: shared.recipe.slots(),
        tokens: shared.run.tokens,
    });
    if shared.run.resumed {
        shared.emit(EngineEvent::Spent { lines: shared.journal.purse().spent() });
    }

    flow(&shared, strategies).await;

    let report = shared.report(started);
    // A part of a run that is whole leaves the run open for the others.
    let whole = shared.run.filled.len() as u64 + report.written >= shared.run.target;
    let state = if whole || matches!(report.why, Ended::Exhausted(_)) && shared.recipe.shard.is_none() {
        RunState::Done
    } else {
        RunState::Stopped
    };
    tracing::info!("run {} ended: {:?}, {} of {}", report.run, report.why, report.filled, report.target);
    shared.ports.sink.close_run(shared.run.id, state).await?;
    shared.emit(EngineEvent::Ended(report.clone()));
    Ok(report)
}

/// Hears what was accepted in the earlier sittings of a run, a page at a time, and says how many they are.
async fn earlier(run: i64, sink: &dyn Sink, quotas: &mut Quotas, eligible: &mut Eligible) -> Result<u64, StoreError> {
    let (mut accepted, mut after) = (0, None);
    loop {
        let page = sink.accepted(run, after).await?;
        let Some((row, last)) = page.last() else { return Ok(accepted) };
        after = Some((last.ordinal, *row));
        accepted += page.len() as u64;
        for (row, candidate) in &page {
            quotas.count(&candidate.domain, candidate.family.as_deref());
            eligible.add(&candidate.domain, *row);
        }
    }
}

/// Does work that takes its time, away from the threads that talk to models.
pub(super) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, EngineError> {
    tokio::task::spawn_blocking(work).await.map_err(|e| EngineError::Fault(e.to_string()))
}

/// Lays the stages, feeds them the open slots, and returns when the last slot has left.
async fn flow(shared: &Arc<Shared>, mut strategies: Strategies) {
    let width = shared.recipe.concurrency;
    let channel = |room: usize| mpsc::channel::<Slot>(room.max(1));
    let (to_generate, generate) = channel(1);
    let (to_execute, execute) = channel(width.execute);
    let (to_solve, solve) = channel(width.solve);
    let (to_verify, verify) = channel(width.verify);
    let (to_store, store) = channel(width.store);

    let next = |ahead: mpsc::Sender<Slot>| Exits { next: ahead, store: to_store.clone() };
    let stages = TaskTracker::new();
    stages.spawn(stage(Stage::Generate, generate, next(to_execute), Arc::clone(shared), |s, slot| {
        Box::pin(s.generate(slot))
    }));
    stages
        .spawn(stage(Stage::Execute, execute, next(to_solve), Arc::clone(shared), |s, slot| Box::pin(s.execute(slot))));
    stages.spawn(stage(Stage::Solve, solve, next(to_verify), Arc::clone(shared), |s, slot| Box::pin(s.solve(slot))));
    stages.spawn(stage(Stage::Verify, verify, next(to_store.clone()), Arc::clone(shared), |s, slot| {
        Box::pin(s.verify(slot))
    }));
    stages.spawn(store_stage(store, Arc::clone(shared)));
    drop(to_store);

    let open = |ordinal: &u64| shared.recipe.takes(*ordinal) && !shared.run.is_filled(*ordinal);
    for ordinal in (0..shared.run.target).filter(open) {
        let begin = tokio::select! {
            begin = shared.control.may_begin() => begin,
            () = to_generate.closed() => false,
        };
        let stake = tokio::select! {
            may = shared.journal.purse().begin(ordinal), if begin => may.ok(),
            () = shared.control.ending() => None,
            () = to_generate.closed() => None,
        };
        shared.check_budget();
        let Some(stake) = stake else { break };
        shared.turn(&mut strategies, ordinal).await;
        let generator = Arc::clone(strategies.of(ordinal));
        if to_generate.send(Slot::new(ordinal, stake, generator)).await.is_err() {
            break;
        }
    }
    drop(to_generate);
    stages.close();
    stages.wait().await;
    shared.check_budget();
}

/// Where a slot goes from a stage.
#[derive(Clone)]
struct Exits {
    next: mpsc::Sender<Slot>,
    store: mpsc::Sender<Slot>,
}

type Work = fn(Arc<Shared>, Slot) -> BoxFuture<'static, Option<Slot>>;

async fn stage(what: Stage, mut inbox: mpsc::Receiver<Slot>, exits: Exits, shared: Arc<Shared>, work: Work) {
    let tasks = TaskTracker::new();
    while let Some(slot) = inbox.recv().await {
        if !shared.control.may_work().await {
            break;
        }
        let place = shared.control.gate(what).enter().await;
        let (exits, shared) = (exits.clone(), Arc::clone(&shared));
        tasks.spawn(async move {
            let ordinal = slot.ordinal;
            shared.journal.purse().at(ordinal, what);
            shared.emit(EngineEvent::Entered { ordinal, stage: what });
            shared.show_begin(what, &slot);
            let began = Instant::now();
            let slot = work(Arc::clone(&shared), slot).await.map(|slot| slot.took(what, began.elapsed()));
            if let Some(slot) = &slot {
                shared.show_end(what, slot);
            }
            shared.emit(EngineEvent::Left { ordinal, stage: what });
            if let Some(slot) = slot {
                let exit = if slot.failure.is_some() { &exits.store } else { &exits.next };
                // The receiver goes away only when the run is stopping; the slot is taken again on resume.
                let _ = exit.send(slot).await;
            }
            drop(place);
        });
    }
    tasks.close();
    tasks.wait().await;
}

/// The last stage writes also while the run is stopping: what came this far is whole.
async fn store_stage(mut inbox: mpsc::Receiver<Slot>, shared: Arc<Shared>) {
    let tasks = TaskTracker::new();
    while let Some(slot) = inbox.recv().await {
        let place = shared.control.gate(Stage::Store).enter().await;
        let shared = Arc::clone(&shared);
        tasks.spawn(async move {
            let ordinal = slot.ordinal;
            shared.emit(EngineEvent::Entered { ordinal, stage: Stage::Store });
            shared.write(slot).await;
            shared.emit(EngineEvent::Left { ordinal, stage: Stage::Store });
            drop(place);
        });
    }
    tasks.close();
    tasks.wait().await;
}

impl Shared {
    pub(super) fn emit(&self, event: EngineEvent) {
        tell(&self.listener, event);
    }

    /// Ends the run for a reason; the first reason stands, unless something fails on the way out.
    pub(super) fn end(&self, why: Ended) {
        let now = matches!(why, Ended::Failed(_));
        {
            let mut end = locked(&self.end);
            match &*end {
                Some(Ended::Failed(_)) => {}
                Some(_) if !now => {}
                _ => *end = Some(why),
            }
        }
        if now { self.control.stop() } else { self.control.drain() }
    }

    /// Switches to the strategy that somebody wants, from the slot that begins next. Open slots below one that is filled
    /// were begun in an earlier sitting: they keep theirs, and with it the replies that they have.
    async fn turn(&self, strategies: &mut Strategies, next: u64) {
        let from = self.run.filled.last().map_or(next, |last| next.max(last.cast_unsigned() + 1));
        if let Some(strategy) = self.control.wanted().filter(|wanted| wanted != strategies.of(from).strategy()) {
            match strategies.switch(from, &strategy, self.ports.sink.as_ref(), self.run.id).await {
                Ok(()) => self.emit(EngineEvent::Switched { ordinal: from, strategy }),
                Err(SwitchError::Refused(why)) => {
                    self.emit(EngineEvent::Progress { message: format!("the strategy stays as it is: {why}") });
                }
                Err(SwitchError::Store(e)) => self.end(Ended::Failed(e.to_string())),
            }
        }
        self.control.takes(strategies.of(from).strategy());
    }

    pub(super) fn check_budget(&self) {
        let Some(bound) = self.journal.purse().over() else { return };
        self.control.drain();
        let mut end = locked(&self.end);
        if end.is_none() {
            *end = Some(Ended::Budget(bound));
            drop(end);
            self.emit(EngineEvent::BudgetSpent { bound, tokens: self.journal.purse().tokens() });
        }
    }

    fn report(&self, started: Instant) -> Report {
        let written = self.written.load(Ordering::Relaxed);
        let (filled, target) = (self.filled_before + written, self.recipe.slots());
        let why = match locked(&self.end).clone() {
            // The generator's end is the run's only where nothing was cut off on the way.
            Some(Ended::Exhausted(_)) if self.control.mode() == Mode::Stopping => Ended::Stopped,
            Some(why) => why,
            None if filled >= target => Ended::Done,
            None if self.control.mode() >= Mode::Draining => Ended::Stopped,
            None if locked(&self.open).is_some() => {
                let open = target - filled;
                let why = locked(&self.open).clone().unwrap_or_default();
                Ended::Failed(format!(
                    "{open} slots are open, because no model answered: {why}; run again to ask again"
                ))
            }
            None => {
                Ended::Failed("some slots were lost to a fault of loong's own; the log has it; run again".to_owned())
            }
        };
        let (asked, reused) = self.journal.counts();
        Report {
            run: self.run.id,
            why,
            target,
            filled,
            written,
            by_state: locked(&self.states).clone(),
            asked,
            reused,
            tokens: self.journal.purse().tokens(),
            spent: self.journal.purse().spent(),
            seconds: started.elapsed().as_secs_f64(),
        }
    }
}

/// A lock whose data stays usable after a panic elsewhere: every critical section here is a single assignment.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
