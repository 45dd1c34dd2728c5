//! Ports in memory: a model that fails as it is told, an interpreter that reads the code as a word, a sink that remembers.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use loong::dataset::{Datapoint, StaticDataset};
use loong::engine::{
    Budget, Concurrency, Control, EngineError, EngineEvent, EngineRecipe, Models, Ports, Quality, Report,
};
use loong::generator::few_shot::FewShot;
use loong::generator::{Accepted, Desk, Draft, GenerateError, Generated, Generator, Provenance, Reference};
use loong::interpreter::{Dependencies, End, Execution, Interpreter, InterpreterError, Isolation, Job, Limits, Wanted};
use loong::model::{ChatModel, ChatReply, ChatRequest, Finish, ModelError, Price, Priced, Role, Sampling, Usage};
use loong::store::bands::{Entry, NewBands};
use loong::store::fold::AgreementRule;
use loong::store::record::{Agreement, CandidateRecord, NewReply, NewRun, Run, RunState, Spent, StoredReply};
use loong::store::{Sink, StoreError};
use loong::verifier::{Outcome, Pair, Tier, Verdict, Verifier};

pub(crate) fn recipe(candidates: u64) -> EngineRecipe {
    EngineRecipe {
        hash: "recipe".into(),
        text: String::new(),
        candidates,
        shard: None,
        rng_seed: 1,
        fresh: false,
        samples: 1,
        early_stop: false,
        keep: None,
        resume: None,
        quality: Quality::default(),
        agreement: AgreementRule::Majority,
        executions: 2,
        limits: Limits::default(),
        solver_sampling: Sampling::default(),
        concurrency: Concurrency { generate: 3, execute: 2, solve: 3, verify: 2, store: 4 },
        budget: Budget::default(),
        known_questions: vec!["What is the number 777?".into()],
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Fault {
    Malformed,
    Truncated,
    Refused,
    Broken,
    Key,
    Code(&'static str),
    Duplicate,
    Seed,
    SolverTruncated,
    NoAnswer,
    SecondSampleWrong,
    /// No solver's sample is answered the first so many times.
    SolverDown(u64),
    /// Only the samples below this are right.
    RightBelow(u32),
    /// Only the samples from this on are right.
    RightFrom(u32),
}

#[derive(Default)]
pub(crate) struct Model {
    faults: Mutex<HashMap<u64, Fault>>,
    end: Mutex<Option<u64>>,
    answered: Mutex<HashMap<String, u64>>,
    asked: AtomicU64,
    /// Failures of a request, by its key.
    failed: Mutex<HashMap<String, u64>>,
    /// Questions being made, and the most there were at once.
    making: Mutex<(usize, usize)>,
}

impl Model {
    fn failed(&self, request: &ChatRequest) -> u64 {
        self.failed.lock().unwrap().get(&request.key("fake")).copied().unwrap_or(0)
    }

    /// The most questions that were being made at once since it was asked before.
    pub(crate) fn most_at_once(&self) -> usize {
        let mut making = self.making.lock().unwrap();
        let most = making.1;
        making.1 = making.0;
        most
    }

    pub(crate) fn fault(&self, ordinal: u64, fault: Fault) {
        self.faults.lock().unwrap().insert(ordinal, fault);
    }

    pub(crate) fn mend(&self, ordinal: u64) {
        self.faults.lock().unwrap().remove(&ordinal);
    }

    pub(crate) fn end_at(&self, ordinal: u64) {
        *self.end.lock().unwrap() = Some(ordinal);
    }

    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    pub(crate) fn answered_again(&self) -> u64 {
        self.answered.lock().unwrap().values().filter(|n| **n > 1).count() as u64
    }
}

#[async_trait]
impl ChatModel for Model {
    fn name(&self) -> &'static str {
        "fake"
    }

    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, ModelError> {
        if request.role == Role::Generator {
            let mut making = self.making.lock().unwrap();
            making.0 += 1;
            making.1 = making.1.max(making.0);
        }
        tokio::time::sleep(Duration::from_micros(200)).await;
        if request.role == Role::Generator {
            self.making.lock().unwrap().0 -= 1;
        }
        self.asked.fetch_add(1, Ordering::SeqCst);
        let fault = self.faults.lock().unwrap().get(&request.ordinal).copied();
        let n = request.ordinal;
        let mut finish = Finish::Stop;
        let content = match (request.role, fault) {
            (_, Some(Fault::Key)) => {
                let (endpoint, message, hint) = ("fake".into(), "no".into(), "OPENAI_API_KEY".into());
                return Err(ModelError::Key { endpoint, status: 401, message, hint });
            }
            (Role::Generator, _) if self.end.lock().unwrap().is_some_and(|end| n >= end) => {
                return Err(ModelError::Exhausted { role: request.role, ordinal: n, sample: 0 });
            }
            (Role::Generator, Some(Fault::Malformed)) => "no JSON here".to_owned(),
            (Role::Generator, Some(Fault::Broken)) => {
                return Err(ModelError::Protocol { endpoint: "fake".into(), message: "HTML".into() });
            }
            (Role::Generator, Some(Fault::Seed)) => {
                r#"{"question": "What is the number 777?", "code": "print 777"}"#.to_owned()
            }
            (Role::Generator, other) => {
                let code = if let Some(Fault::Code(word)) = other { word.to_owned() } else { format!("print {n}") };
                let about = if matches!(other, Some(Fault::Duplicate)) { 0 } else { n };
                match other {
                    Some(Fault::Truncated) => finish = Finish::Length,
                    Some(Fault::Refused) => finish = Finish::Refusal,
                    _ => {}
                }
                serde_json::json!({"question": format!("What is the number {about}?"), "code": code}).to_string()
            }
            (_, Some(Fault::SolverDown(times))) if self.failed(request) < times => {
                *self.failed.lock().unwrap().entry(request.key("fake")).or_default() += 1;
                return Err(ModelError::Status {
                    endpoint: "fake".into(),
                    status: 503,
                    attempts: 1,
                    message: "busy".into(),
                });
            }
            (_, Some(Fault::RightBelow(sample))) if request.sample >= sample => "wrong".to_owned(),
            (_, Some(Fault::RightFrom(sample))) if request.sample < sample => "wrong".to_owned(),
            (_, Some(Fault::SolverTruncated)) => {
                finish = Finish::Length;
                "so we".to_owned()
            }
            (_, Some(Fault::NoAnswer)) => String::new(),
            (_, Some(Fault::SecondSampleWrong)) if request.sample == 1 => "wrong".to_owned(),
            (_, _) => n.to_string(),
        };
        *self.answered.lock().unwrap().entry(request.key("fake")).or_default() += 1;
        Ok(ChatReply {
            content,
            reasoning: None,
            finish,
            model: None,
            usage: Usage {
                prompt_tokens: Some(4),
                completion_tokens: Some(6),
                reasoning_tokens: None,
                cached_tokens: None,
            },
            seconds: 0.0,
            attempts: 1,
            cost: None,
        })
    }
}

#[derive(Default)]
pub(crate) struct Python {
    ran: AtomicU64,
}

impl Python {
    pub(crate) fn ran(&self) -> u64 {
        self.ran.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Interpreter for Python {
    async fn prepare(&self, _: &Dependencies) -> Result<(), InterpreterError> {
        Ok(())
    }

    async fn run(&self, job: Job) -> Result<Execution, InterpreterError> {
        let nth = self.ran.fetch_add(1, Ordering::SeqCst);
        let (stdout, end) = match job.code.as_str() {
            "crash" => ("17\n".to_owned(), End::Exit(1)),
            "silent" => (String::new(), End::Exit(0)),
            "dice" => (format!("{nth}\n"), End::Exit(0)),
            code => (format!("{}\n", code.trim_start_matches("print ")), End::Exit(0)),
        };
        Ok(Execution {
            stdout_bytes: stdout.len() as u64,
            stdout,
            stderr: String::new(),
            end,
            wall: Duration::from_millis(1),
            cpu: Duration::from_millis(1),
            memory: 1,
            isolation: Isolation::None,
            venv: "none".into(),
            python: "3.12.0".into(),
            substituted: Vec::new(),
        })
    }
}

/// Compares texts.
struct Plain;

impl Verifier for Plain {
    fn verify(&self, pair: &Pair) -> Verdict {
        let extracted = Some(pair.response.clone()).filter(|r| !r.is_empty());
        let same = extracted.as_ref() == pair.references.first();
        Verdict {
            outcome: if same { Outcome::Equivalent } else { Outcome::Different },
            tier: Tier::Text,
            leniencies: Vec::new(),
            reason: "texts".into(),
            extracted,
            reference_value: String::new(),
            response_value: String::new(),
            side: None,
            version: "plain".into(),
        }
    }

    fn version(&self) -> &'static str {
        "plain"
    }
}

fn accepted_of(c: &CandidateRecord) -> Accepted {
    Accepted {
        uid: c.uid.clone(),
        ordinal: c.ordinal.unwrap(),
        domain: c.domain.clone(),
        question: c.question.clone(),
        code: c.code.clone(),
        dependencies: Dependencies::default(),
        family: c.family.clone(),
        depth: c.depth,
        score: None,
    }
}

#[derive(Default)]
pub(crate) struct Memory {
    replies: Mutex<HashMap<String, StoredReply>>,
    pub(crate) candidates: Mutex<Vec<CandidateRecord>>,
    choices: Mutex<BTreeMap<u64, String>>,
    bands: Mutex<(i64, Vec<Entry>)>,
    done: AtomicBool,
    pub(crate) refuse_replies: AtomicBool,
}

#[async_trait]
impl Sink for Memory {
    async fn open_run(&self, run: NewRun) -> Result<Run, StoreError> {
        let filled = self.candidates.lock().unwrap().iter().filter_map(|c| c.ordinal).map(u64::cast_signed).collect();
        let replies = self.replies.lock().unwrap();
        let tokens = replies.values().filter_map(|r| r.reply.usage.total()).sum();
        let resumed = !replies.is_empty();
        Ok(Run { id: 1, uid: "run".into(), rng_seed: run.rng_seed, target: run.target, filled, resumed, tokens })
    }

    async fn stored_reply(&self, key: &str) -> Result<Option<StoredReply>, StoreError> {
        Ok(self.replies.lock().unwrap().get(key).cloned())
    }

    async fn put_reply(&self, reply: NewReply) -> Result<StoredReply, StoreError> {
        if self.refuse_replies.load(Ordering::SeqCst) {
            return Err(StoreError::Full { path: "memory".into() });
        }
        let mut replies = self.replies.lock().unwrap();
        let id = i64::try_from(replies.len()).unwrap() + 1;
        let stored = StoredReply { id, prompt_hash: "p".into(), reply: reply.reply };
        Ok(replies.entry(reply.key).or_insert(stored).clone())
    }

    async fn put_candidate(&self, candidate: CandidateRecord) -> Result<i64, StoreError> {
        let mut all = self.candidates.lock().unwrap();
        all.push(candidate);
        Ok(i64::try_from(all.len()).unwrap())
    }

    async fn close_run(&self, _: i64, state: RunState) -> Result<(), StoreError> {
        self.done.store(state == RunState::Done, Ordering::SeqCst);
        Ok(())
    }

    async fn choice(&self, _: i64, ordinal: u64, new: Option<String>) -> Result<Option<String>, StoreError> {
        let mut choices = self.choices.lock().unwrap();
        if let Some(new) = new {
            choices.entry(ordinal).or_insert(new);
        }
        Ok(choices.get(&ordinal).cloned())
    }

    async fn accepted(&self, _: i64, after: Option<(u64, i64)>) -> Result<Vec<(i64, Accepted)>, StoreError> {
        let all = self.candidates.lock().unwrap();
        let accepted = (1..).zip(all.iter()).filter(|(_, c)| c.agreement == Agreement::Agrees && c.failure.is_none());
        let mut accepted: Vec<(i64, Accepted)> = accepted.map(|(row, c)| (row, accepted_of(c))).collect();
        accepted.sort_by_key(|(row, c)| (c.ordinal, *row));
        accepted.retain(|(row, c)| after.is_none_or(|after| (c.ordinal, *row) > after));
        accepted.truncate(3);
        Ok(accepted)
    }

    async fn accepted_of(&self, rows: &[i64]) -> Result<Vec<Accepted>, StoreError> {
        let all = self.candidates.lock().unwrap();
        Ok(rows.iter().map(|row| accepted_of(&all[usize::try_from(row - 1).unwrap()])).collect())
    }

    async fn spent(&self, _: i64) -> Result<Vec<Spent>, StoreError> {
        let mut lines: Vec<Spent> = Vec::new();
        for (role, reply) in self.replies.lock().unwrap().values().map(|r| (Role::Solver, &r.reply)) {
            if lines.is_empty() {
                lines.push(Spent::none(role, "fake"));
            }
            lines[0].add(reply);
        }
        Ok(lines)
    }

    async fn questions(&self, after: i64) -> Result<Vec<(i64, String)>, StoreError> {
        let all = self.candidates.lock().unwrap();
        let rows = (1..).zip(all.iter()).filter(|(row, c)| *row > after && !c.question.is_empty());
        Ok(rows.map(|(row, c)| (row, c.question.clone())).take(7).collect())
    }

    async fn questions_of(&self, rows: &[i64]) -> Result<Vec<(i64, String)>, StoreError> {
        let all = self.candidates.lock().unwrap();
        Ok(rows.iter().map(|row| (*row, all[usize::try_from(row - 1).unwrap()].question.clone())).collect())
    }

    async fn banded(&self, _: u32) -> Result<i64, StoreError> {
        Ok(self.bands.lock().unwrap().0)
    }

    async fn put_bands(&self, new: NewBands) -> Result<i64, StoreError> {
        let mut there = self.bands.lock().unwrap();
        there.0 = new.upto;
        there.1.extend(new.entries);
        Ok(new.upto)
    }

    async fn sharing(&self, bands: &[u32], before: i64) -> Result<Vec<(i64, u64)>, StoreError> {
        let there = self.bands.lock().unwrap();
        let rows = there.1.iter().filter(|e| bands.contains(&e.band)).map(|e| (i64::from(e.row), e.mark));
        Ok(rows.filter(|(row, _)| *row < before).collect::<BTreeSet<_>>().into_iter().collect())
    }
}

/// Drafts that are given: (question, programs, family).
pub(crate) struct Given(pub(crate) Vec<(&'static str, &'static [&'static str], &'static str)>);

#[async_trait]
impl Generator for Given {
    fn strategy(&self) -> &'static str {
        "given"
    }

    async fn generate(&self, ordinal: u64, _: &dyn Desk) -> Result<Generated, GenerateError> {
        let Some((question, programs, family)) = self.0.get(usize::try_from(ordinal).unwrap()) else {
            return Ok(Generated::Ended("that is all".into()));
        };
        let draft = Draft {
            question: (*question).to_owned(),
            reference: Reference::Programs(programs.iter().map(|p| (*p).to_owned()).collect()),
            domain: "logic".into(),
            dependencies: Dependencies::default(),
            limits: Wanted::default(),
            novel: true,
        };
        let provenance = Provenance { family: Some((*family).to_owned()), ..Provenance::default() };
        Ok(Generated::Draft(Box::new(draft), provenance))
    }
}

/// A strategy that asks nobody.
struct Counted;

#[async_trait]
impl Generator for Counted {
    fn strategy(&self) -> &'static str {
        "plain"
    }

    async fn generate(&self, ordinal: u64, _: &dyn Desk) -> Result<Generated, GenerateError> {
        let draft = Draft {
            question: format!("Say the number {ordinal}."),
            reference: Reference::Programs(vec![format!("print {ordinal}")]),
            domain: "logic".into(),
            dependencies: Dependencies::default(),
            limits: Wanted::default(),
            novel: true,
        };
        Ok(Generated::Draft(Box::new(draft), Provenance::default()))
    }
}

enum Switch {
    Stop,
    Drain,
    To(&'static str),
}

/// Everything an engine test needs; runs on it share the model and the sink, as runs on one store do.
pub(crate) struct Bench {
    pub(crate) model: Arc<Model>,
    pub(crate) sink: Arc<Memory>,
    pub(crate) interpreter: Arc<Python>,
    events: Arc<Mutex<Vec<EngineEvent>>>,
    switch: Mutex<Option<(u64, Control, Switch)>>,
    price: Mutex<Option<Price>>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            model: Arc::default(),
            sink: Arc::default(),
            interpreter: Arc::default(),
            events: Arc::default(),
            switch: Mutex::new(None),
            price: Mutex::new(None),
        }
    }

    pub(crate) fn cost(&self, price: Price) {
        *self.price.lock().unwrap() = Some(price);
    }

    pub(crate) fn stop_after(&self, candidates: u64, control: Control) {
        *self.switch.lock().unwrap() = Some((candidates, control, Switch::Stop));
    }

    pub(crate) fn drain_after(&self, candidates: u64, control: Control) {
        *self.switch.lock().unwrap() = Some((candidates, control, Switch::Drain));
    }

    pub(crate) fn switch_after(&self, candidates: u64, control: Control, strategy: &'static str) {
        *self.switch.lock().unwrap() = Some((candidates, control, Switch::To(strategy)));
    }

    pub(crate) fn never_stop(&self) {
        *self.switch.lock().unwrap() = None;
    }

    pub(crate) fn candidates(&self) -> Vec<CandidateRecord> {
        self.sink.candidates.lock().unwrap().clone()
    }

    pub(crate) fn events(&self) -> Vec<EngineEvent> {
        self.events.lock().unwrap().clone()
    }

    pub(crate) async fn run(&self, recipe: EngineRecipe, control: Control) -> Report {
        self.run_by(None, 1, recipe, control).await
    }

    /// Runs with another generator than the few-shot one, or another number of solvers than one.
    pub(crate) async fn run_by(
        &self,
        generator: Option<Arc<dyn Generator>>,
        solvers: usize,
        recipe: EngineRecipe,
        control: Control,
    ) -> Report {
        self.begin(generator, solvers, recipe, control).await.unwrap()
    }

    pub(crate) async fn begin(
        &self,
        generator: Option<Arc<dyn Generator>>,
        solvers: usize,
        recipe: EngineRecipe,
        control: Control,
    ) -> Result<Report, EngineError> {
        let seeds: StaticDataset = (0..4)
            .map(|n| {
                let metadata = serde_json::json!({"domain": "logic"}).as_object().cloned().unwrap();
                Datapoint::new(format!("Seed {n}?"), format!("print({n})"), n.to_string(), metadata)
            })
            .collect();
        let prompt = FewShot::prompt(None).unwrap();
        let few_shot = FewShot::new(&seeds, 3, recipe.rng_seed, Sampling::default(), prompt);
        let generator = generator.unwrap_or_else(|| Arc::new(few_shot));
        let mut model: Arc<dyn ChatModel> = self.model.clone();
        if let Some(price) = *self.price.lock().unwrap() {
            model = Arc::new(Priced::new(model, price));
        }
        let ports = Ports {
            generator,
            generators: Arc::new(|name| match name {
                "plain" => Ok(Arc::new(Counted)),
                other => Err(format!("there is no `{other}`")),
            }),
            models: Models { generator: Arc::clone(&model), others: BTreeMap::new(), solvers: vec![model; solvers] },
            interpreter: self.interpreter.clone(),
            second_interpreter: self.interpreter.clone(),
            verifier: Arc::new(Plain),
            escalation: Arc::default(),
            sink: self.sink.clone(),
        };
        let events = Arc::clone(&self.events);
        let switch = self.switch.lock().unwrap().take();
        let seen = Mutex::new(HashSet::new());
        let listener = Arc::new(move |event: EngineEvent| {
            if let (EngineEvent::Candidate { ordinal, .. }, Some((after, control, end))) = (&event, &switch) {
                let mut seen = seen.lock().unwrap();
                seen.insert(*ordinal);
                if seen.len() as u64 >= *after {
                    match end {
                        Switch::Stop => control.stop(),
                        Switch::Drain => control.drain(),
                        Switch::To(strategy) if seen.len() as u64 == *after => control.switch(*strategy),
                        Switch::To(_) => {}
                    }
                }
            }
            events.lock().unwrap().push(event);
        });
        loong::engine::run(recipe, ports, control, None, listener).await
    }
}
