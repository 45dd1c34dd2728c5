//! The stages and the channels between them.
//!
//! Every stage takes slots from a bounded channel and holds a permit until the next stage has taken the slot over: a slow
//! stage slows the ones before it, back to the model. A slot that has failed goes straight to the store.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use super::control::{Control, Mode};
use super::dedup::Questions;
use super::escalate::Escalation;
use super::event::{Ended, EngineEvent, Report};
use super::journal::{Journal, Models};
use super::recipe::EngineRecipe;
use super::slot::Slot;
use super::solve::{SolveError, Solving};
use super::strategies::{MakeGenerator, Strategies, SwitchError};
use crate::failure::{Failure, FailureKind, Stage};
use crate::generator::prompt::PromptError;
use crate::generator::{Accepted, GenerateError, Generated, Generator};
use crate::interpreter::{Dependencies, Interpreter, InterpreterError};
use crate::store::record::{Agreement, CandidateRecord, NewRun, Run, RunState};
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

/// Characters of a failure's message that an event carries; the store has all of it.
const MESSAGE: usize = 500;

/// What all stages share.
pub(super) struct Shared {
    pub(super) recipe: EngineRecipe,
    pub(super) ports: Ports,
    pub(super) run: Run,
    pub(super) control: Control,
    pub(super) journal: Journal,
    pub(super) solving: Solving,
    pub(super) questions: Mutex<Questions>,
    pub(super) listener: Listener,
    /// Why the run must end, where it is not that all slots are filled. The first word counts.
    pub(super) end: Mutex<Option<Ended>>,
    pub(super) written: AtomicU64,
    /// Programs in a row whose packages or worker could not be had.
    pub(super) unprepared: AtomicU64,
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
        samples: recipe.samples.max(1),
        rng_seed: recipe.rng_seed,
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
        })
        .await?;
    // A run that is made smaller has candidates beyond its end; they fill none of its slots.
    run.filled.retain(|ordinal| *ordinal < run.target);
    let stored = ports.sink.questions().await?;
    let questions = Mutex::new(Questions::new(stored.iter().chain(&recipe.known_questions)));
    let journal = Journal::new(
        ports.models.clone(),
        Arc::clone(&ports.sink),
        control.clone(),
        Arc::clone(&listener),
        &run,
        recipe.budget,
    );
    let make = Arc::clone(&ports.generators);
    let strategies = Strategies::of_run(Arc::clone(&ports.generator), make, ports.sink.as_ref(), run.id).await;
    let strategies = strategies.map_err(|e| match e {
        SwitchError::Refused(why) => EngineError::Strategy(why),
        SwitchError::Store(e) => EngineError::Store(e),
    })?;
    control.begin(recipe.concurrency);
    let shared = Arc::new(Shared {
        recipe,
        ports,
        run,
        control,
        journal,
        solving,
        questions,
        listener,
        end: Mutex::new(None),
        written: AtomicU64::new(0),
        unprepared: AtomicU64::new(0),
        states: Mutex::new(BTreeMap::new()),
    });
    if shared.run.resumed {
        shared.journal.accept(shared.ports.sink.accepted(shared.run.id).await?);
    }
    shared.emit(EngineEvent::Started {
        run: shared.run.id,
        uid: shared.run.uid.clone(),
        resumed: shared.run.resumed,
        filled: shared.run.filled.len() as u64,
        target: shared.run.target,
        tokens: shared.run.tokens,
    });

    flow(&shared, strategies).await;

    let report = shared.report(started);
    let state = if report.filled >= report.target || matches!(report.why, Ended::Exhausted(_)) {
        RunState::Done
    } else {
        RunState::Stopped
    };
    tracing::info!("run {} ended: {:?}, {} of {}", report.run, report.why, report.filled, report.target);
    shared.ports.sink.close_run(shared.run.id, state).await?;
    shared.emit(EngineEvent::Ended(report.clone()));
    Ok(report)
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

    let filled: HashSet<u64> = shared.run.filled.iter().copied().collect();
    for ordinal in (0..shared.run.target).filter(|o| !filled.contains(o)) {
        let begin = tokio::select! {
            begin = shared.control.may_begin() => begin,
            () = to_generate.closed() => false,
        };
        shared.check_budget();
        if !begin || shared.journal.spent() {
            break;
        }
        shared.turn(&mut strategies, ordinal).await;
        let generator = Arc::clone(strategies.of(ordinal));
        shared.control.takes(generator.strategy());
        if to_generate.send(Slot::new(ordinal, generator)).await.is_err() {
            break;
        }
    }
    drop(to_generate);
    stages.close();
    stages.wait().await;
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
    fn emit(&self, event: EngineEvent) {
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
        let Some(strategy) = self.control.wanted() else { return };
        let from = self.run.filled.last().map_or(next, |last| next.max(last + 1));
        match strategies.switch(from, &strategy, self.ports.sink.as_ref(), self.run.id).await {
            Ok(()) => self.emit(EngineEvent::Switched { ordinal: from, strategy }),
            Err(SwitchError::Refused(why)) => {
                self.emit(EngineEvent::Progress { message: format!("the strategy stays as it is: {why}") });
            }
            Err(SwitchError::Store(e)) => self.end(Ended::Failed(e.to_string())),
        }
    }

    async fn generate(self: Arc<Self>, mut slot: Slot) -> Option<Slot> {
        let generated = match slot.generator.generate(slot.ordinal, &self.journal).await {
            Ok(generated) => generated,
            Err(GenerateError::Stopping) => return None,
            Err(GenerateError::Final(why)) => {
                self.end(Ended::Failed(why));
                return None;
            }
        };
        self.check_budget();
        match generated {
            Generated::Draft(draft, provenance) => {
                slot.provenance = provenance;
                slot.code = draft.code().map(str::to_owned);
                let new = !draft.novel || locked(&self.questions).insert(&draft.question);
                slot.draft = Some(*draft);
                if new {
                    Some(slot)
                } else {
                    Some(slot.fail(
                        Stage::Generate,
                        FailureKind::Duplicate,
                        "an earlier question is the same, or nearly",
                    ))
                }
            }
            Generated::Failed(failure, provenance) => {
                slot.provenance = provenance;
                if failure.kind == FailureKind::ModelError && self.journal.endpoint_gone() {
                    self.end(Ended::Failed(format!("the endpoint seems to be gone: {}", failure.message)));
                    return None;
                }
                slot.failure = Some(failure);
                Some(slot)
            }
            Generated::Ended(why) => {
                self.end(Ended::Exhausted(why));
                None
            }
        }
    }

    async fn solve(self: Arc<Self>, mut slot: Slot) -> Option<Slot> {
        let question = slot.draft.as_ref().map(|d| d.question.clone())?;
        match self.solving.solve(slot.ordinal, &question, &self.journal).await {
            Ok(responses) => {
                self.check_budget();
                let lost = responses.iter().all(|r| {
                    r.failure.as_ref().is_some_and(|f| f.kind == FailureKind::ModelError) && r.reply_id.is_none()
                });
                if lost && self.journal.endpoint_gone() {
                    self.end(Ended::Failed("the endpoint seems to be gone; run again to go on".to_owned()));
                    return None;
                }
                slot.responses = responses;
                Some(slot)
            }
            Err(SolveError::Stopping) => None,
            Err(SolveError::Final(why)) => {
                self.end(Ended::Failed(why));
                None
            }
        }
    }

    async fn write(&self, slot: Slot) {
        let ordinal = slot.ordinal;
        let record = slot.into_record(&self.run, self.recipe.agreement);
        let event = |id| EngineEvent::Candidate {
            id,
            ordinal,
            domain: record.domain.clone(),
            stage: record.failure.as_ref().map(|f| f.stage),
            kind: record.failure.as_ref().map(|f| f.kind),
            verdicts: record.responses.iter().map(|r| r.verdict.as_ref().map(|v| v.outcome)).collect(),
            agreement: record.agreement,
            state: state_of(&record),
            message: failure_of(&record).map(|f| f.message.chars().take(MESSAGE).collect()),
            seconds: record.seconds,
        };
        match self.ports.sink.put_candidate(record.clone()).await {
            Ok(id) => {
                self.journal.accept(accepted(&record));
                self.written.fetch_add(1, Ordering::Relaxed);
                *locked(&self.states).entry(state_of(&record)).or_default() += 1;
                self.emit(event(id));
            }
            Err(e) => self.end(Ended::Failed(e.to_string())),
        }
    }

    fn check_budget(&self) {
        if self.journal.spent() {
            self.control.drain();
            let mut end = locked(&self.end);
            if end.is_none() {
                *end = Some(Ended::Budget);
                drop(end);
                self.emit(EngineEvent::BudgetSpent { tokens: self.journal.tokens() });
            }
        }
    }

    fn report(&self, started: Instant) -> Report {
        let written = self.written.load(Ordering::Relaxed);
        let filled = self.run.filled.len() as u64 + written;
        let why = match locked(&self.end).clone() {
            // The generator's end is the run's only where nothing was cut off on the way.
            Some(Ended::Exhausted(_)) if self.control.mode() == Mode::Stopping => Ended::Stopped,
            Some(why) => why,
            None if filled >= self.run.target => Ended::Done,
            None if self.control.mode() >= Mode::Draining => Ended::Stopped,
            None => {
                Ended::Failed("some slots were lost to a fault of loong's own; the log has it; run again".to_owned())
            }
        };
        let (asked, reused) = self.journal.counts();
        Report {
            run: self.run.id,
            why,
            target: self.run.target,
            filled,
            written,
            by_state: locked(&self.states).clone(),
            asked,
            reused,
            tokens: self.journal.tokens(),
            seconds: started.elapsed().as_secs_f64(),
        }
    }
}

/// What generators may take up again of a candidate: nothing, unless its responses agree with its reference.
fn accepted(record: &CandidateRecord) -> Option<Accepted> {
    let agrees = record.agreement == Agreement::Agrees && record.failure.is_none();
    agrees.then(|| Accepted {
        uid: record.uid.clone(),
        ordinal: record.ordinal.unwrap_or_default(),
        domain: record.domain.clone(),
        question: record.question.clone(),
        code: record.code.clone(),
        dependencies: Dependencies::new(record.dependencies.clone()),
        family: record.family.clone(),
        depth: record.depth,
    })
}

/// What came of a candidate, in one word: its failure, its only responses' failure, or its agreement.
fn state_of(record: &CandidateRecord) -> String {
    failure_of(record).map_or_else(|| record.agreement.to_string(), |failure| failure.kind.to_string())
}

/// Why there is nothing to agree: the candidate's failure, or that of its only responses.
fn failure_of(record: &CandidateRecord) -> Option<&Failure> {
    let of_responses = || record.responses.iter().find_map(|r| r.failure.as_ref());
    record.failure.as_ref().or_else(|| (record.agreement == Agreement::None).then(of_responses).flatten())
}

/// A lock whose data stays usable after a panic elsewhere: every critical section here is a single assignment.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
