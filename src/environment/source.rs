//! Where an environment's tasks come from: a static dataset, or a generator whose code gives the pseudo ground truth.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use super::single_step::EnvError;
use crate::dataset::{Datapoint, StaticDataset, sampled};
use crate::generator::{Desk, GenerateError, Generated, Generator, Reference};
use crate::interpreter::{Interpreter, Job, Limits};
use crate::verifier::Pair;

/// A question with what its answers are compared to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Task {
    /// Identity of the task: a content id, or the generated slot.
    pub id: String,
    /// The question.
    pub question: String,
    /// The domain's slug.
    pub domain: String,
    /// Reference answers, of which any counts.
    pub references: Vec<String>,
    /// Relative tolerance, where the seed states one.
    pub tolerance: Option<f64>,
    /// Texts of the options of a multiple-choice question, in the order A, B, C…
    pub options: Vec<String>,
    /// What it has in common with others that are its like: the seed at its root, or its template. Splits never cut it.
    pub family: String,
}

impl Task {
    /// A response to it, as the verifier compares them.
    pub fn pair(&self, response: String) -> Pair {
        Pair {
            references: self.references.clone(),
            response,
            question: Some(self.question.clone()),
            domain: Some(self.domain.clone()),
            tolerance: self.tolerance,
            options: self.options.clone(),
        }
    }
}

impl From<&Datapoint> for Task {
    fn from(seed: &Datapoint) -> Self {
        let texts = |key: &str| {
            let all = seed.metadata.get(key).and_then(Value::as_array).into_iter().flatten();
            all.filter_map(|one| one.as_str().map(str::to_owned)).collect::<Vec<_>>()
        };
        let others = texts("references").into_iter().filter(|other| *other != seed.final_answer);
        Self {
            id: seed.id.clone(),
            question: seed.question.clone(),
            domain: seed.domain().to_owned(),
            references: std::iter::once(seed.final_answer.clone()).chain(others).collect(),
            tolerance: seed.tolerance(),
            options: texts("options"),
            family: seed.id.clone(),
        }
    }
}

/// Gives tasks. The same `rng_seed` gives the same task; unlike ones give, as a rule, unlike tasks.
#[async_trait]
pub trait Source: Send + Sync {
    /// The task of `rng_seed`.
    async fn task(&self, rng_seed: u64) -> Result<Task, EnvError>;

    /// The task with this identity.
    async fn named(&self, task: &str) -> Result<Task, EnvError> {
        Err(EnvError::NoTask(task.to_owned()))
    }
}

/// Tasks are there already: the datapoints of a dataset, or what was curated.
pub struct StaticSource {
    tasks: Vec<Task>,
    /// Places by identity.
    places: HashMap<String, usize>,
}

impl StaticSource {
    /// A source over the datapoints of a dataset.
    pub fn new(dataset: &StaticDataset) -> Self {
        Self::of(dataset.iter().map(Task::from).collect())
    }

    /// A source over tasks.
    pub fn of(tasks: Vec<Task>) -> Self {
        let places = tasks.iter().enumerate().map(|(place, task)| (task.id.clone(), place)).collect();
        Self { tasks, places }
    }

    /// How many tasks there are.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether there are none; then every reset fails.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }
}

#[async_trait]
impl Source for StaticSource {
    async fn task(&self, rng_seed: u64) -> Result<Task, EnvError> {
        let place = sampled(self.tasks.len(), rng_seed).ok_or(EnvError::Empty)?;
        Ok(self.tasks[place].clone())
    }

    async fn named(&self, task: &str) -> Result<Task, EnvError> {
        let place = self.places.get(task).ok_or_else(|| EnvError::NoTask(task.to_owned()))?;
        Ok(self.tasks[*place].clone())
    }
}

/// Tasks are generated; the reference is what their code prints.
pub struct GeneratingSource {
    generator: Arc<dyn Generator>,
    desk: Arc<dyn Desk>,
    interpreter: Arc<dyn Interpreter>,
    limits: Limits,
    tries: u64,
    slots: u64,
}

impl GeneratingSource {
    /// A source over a generator. `tries` slots are tried for one task before giving up: a generator may fail, and a
    /// failed slot is no task.
    pub fn new(
        generator: Arc<dyn Generator>,
        desk: Arc<dyn Desk>,
        interpreter: Arc<dyn Interpreter>,
        limits: Limits,
        tries: u64,
    ) -> Self {
        Self { generator, desk, interpreter, limits, tries: tries.max(1), slots: u64::MAX }
    }

    /// The same with tasks of the first so many slots alone: for generators that count their problems out in order.
    #[must_use]
    pub fn of_slots(mut self, slots: u64) -> Self {
        self.slots = slots.max(1);
        self
    }
}

impl GeneratingSource {
    /// The task of a slot, or why it gives none.
    async fn slot(&self, ordinal: u64) -> Result<Result<Task, String>, EnvError> {
        let (draft, provenance) = match self.generator.generate(ordinal, self.desk.as_ref()).await {
            Ok(Generated::Draft(draft, provenance)) => (draft, provenance),
            Ok(Generated::Failed(failure, _)) => return Ok(Err(failure.message)),
            Ok(Generated::Ended(why)) | Err(GenerateError::Final(why)) => return Err(EnvError::Source(why)),
            Err(GenerateError::Stopping) => return Err(EnvError::Source("the run is stopping".to_owned())),
        };
        let id = format!("{}/{ordinal}", self.generator.strategy());
        let limits = self.limits.with(draft.limits);
        let task = |answer: &str| Task {
            family: provenance.family.clone().unwrap_or_else(|| id.clone()),
            id: id.clone(),
            question: draft.question.clone(),
            domain: draft.domain.clone(),
            references: vec![answer.to_owned()],
            ..Task::default()
        };
        let code = match &draft.reference {
            Reference::Given { answer, .. } => return Ok(Ok(task(answer))),
            Reference::Programs(programs) => programs.first().cloned().unwrap_or_default(),
        };
        let job = Job { code, dependencies: draft.dependencies.clone(), limits };
        let execution = self.interpreter.run(job).await.map_err(|e| EnvError::Source(e.to_string()))?;
        Ok(execution.code_answer().map(task).map_err(|(kind, message)| format!("{kind}: {message}")))
    }
}

#[async_trait]
impl Source for GeneratingSource {
    async fn task(&self, rng_seed: u64) -> Result<Task, EnvError> {
        let mut last = String::new();
        for nth in 0..self.tries {
            let ordinal = rng_seed.wrapping_mul(self.tries).wrapping_add(nth) % self.slots;
            match self.slot(ordinal).await? {
                Ok(task) => return Ok(task),
                Err(why) => last = why,
            }
        }
        Err(EnvError::Source(format!("{} slots gave no task; the last: {last}", self.tries)))
    }

    async fn named(&self, task: &str) -> Result<Task, EnvError> {
        let unknown = || EnvError::NoTask(task.to_owned());
        let (strategy, ordinal) = task.split_once('/').ok_or_else(unknown)?;
        let ordinal =
            ordinal.parse().ok().filter(|ordinal| *ordinal < self.slots && strategy == self.generator.strategy());
        self.slot(ordinal.ok_or_else(unknown)?).await?.map_err(EnvError::Source)
    }
}
