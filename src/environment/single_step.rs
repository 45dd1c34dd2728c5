//! One question, one response, one reward: the environment that reasoning is trained in.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::reward::{RewardPolicy, RewardTerms};
use super::source::{Source, Task};
use crate::verifier::{Verdict, Verifier, verify_guarded};

/// Why the environment could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvError {
    /// There is nothing to sample from.
    #[error("the dataset is empty; load seeds first")]
    Empty,
    /// The source failed; this is infrastructure, and no reward.
    #[error("no task could be had: {0}")]
    Source(String),
    /// The source has no task of this identity.
    #[error("there is no task {0}")]
    NoTask(String),
    /// A step for an episode that was never reset.
    #[error("there is no episode {0}; reset first")]
    NoEpisode(usize),
    /// A step for an episode that has had its step.
    #[error("episode {0} is done; reset first")]
    Done(usize),
}

/// What the policy sees. Nothing here tells the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Observation {
    /// Index of the episode within the batch.
    pub episode: usize,
    /// Index of its random seed among those that were reset: episodes of a group have one observation.
    pub group: usize,
    /// The question.
    pub question: String,
    /// The domain's slug.
    pub domain: String,
}

/// A policy's response to one episode of the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Index of the episode.
    pub episode: usize,
    /// The response: free text that ends with an answer, or an answer.
    pub response: String,
}

/// What a step tells beside the reward.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepInfo {
    /// Identity of the task.
    pub task: String,
    /// The verdict with its evidence; it shows the reference, and comes only when the episode is done.
    pub verdict: Verdict,
    /// Reward by term; `accuracy` is always there when there is a reward.
    pub terms: BTreeMap<&'static str, f64>,
}

/// Outcome of one step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// Index of the episode.
    pub episode: usize,
    /// The sum of the terms, or none where there is nothing to reward or punish.
    pub reward: Option<f64>,
    /// Always true after the first step.
    pub done: bool,
    /// The evidence.
    pub info: StepInfo,
}

/// One episode of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Episode {
    /// Its task; a group shares one.
    pub task: Arc<Task>,
    /// Index of its group.
    pub group: usize,
    /// Whether it has had its step.
    pub done: bool,
}

/// The single-step environment: `reset` gives observations, `step` takes responses.
///
/// Episodes of a batch are independent: a bad, empty or hostile response touches no other, and a batch may be stepped in
/// parts and in any order. [`SingleStepEnv::reset_groups`] begins several episodes of each task, which is what GRPO compares.
///
/// ```
/// # use std::sync::Arc;
/// # use loong::dataset::StaticDataset;
/// # use loong::environment::{Action, SingleStepEnv, StaticSource};
/// # use loong::verifier::RuleVerifier;
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let source = Arc::new(StaticSource::new(&StaticDataset::bundled()));
/// let mut env = SingleStepEnv::new(source, Arc::new(RuleVerifier::default()));
/// let seen = env.reset(&[42]).await.unwrap();
/// assert!(!seen[0].question.is_empty());
/// let steps = env.step(&[Action { episode: 0, response: "I do not know.".into() }]);
/// assert_eq!(steps[0].as_ref().unwrap().reward, Some(0.0));
/// # });
/// ```
pub struct SingleStepEnv {
    source: Arc<dyn Source>,
    verifier: Arc<dyn Verifier>,
    policy: RewardPolicy,
    terms: RewardTerms,
    episodes: Vec<Episode>,
}

/// Actions of one step that are worth a thread of their own: verifying one takes microseconds, starting a thread tens of
/// them.
const WORTH_A_THREAD: usize = 32;

impl SingleStepEnv {
    /// An environment whose rewards are accuracy alone, null where the verifier could not tell.
    pub fn new(source: Arc<dyn Source>, verifier: Arc<dyn Verifier>) -> Self {
        Self { source, verifier, policy: RewardPolicy::default(), terms: RewardTerms::default(), episodes: Vec::new() }
    }

    /// The same with another policy for undecided verdicts.
    #[must_use]
    pub fn with_policy(mut self, policy: RewardPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// The same with other weights.
    #[must_use]
    pub fn with_terms(mut self, terms: RewardTerms) -> Self {
        self.terms = terms;
        self
    }

    /// Begins one episode a random seed. The same seeds give the same observations.
    ///
    /// # Errors
    /// When the source fails; the episodes before the call stay as they were.
    pub async fn reset(&mut self, rng_seeds: &[u64]) -> Result<Vec<Observation>, EnvError> {
        self.reset_groups(rng_seeds, 1).await
    }

    /// Begins `size` episodes a random seed, those of one seed beside each other.
    ///
    /// # Errors
    /// As [`SingleStepEnv::reset`].
    pub async fn reset_groups(&mut self, rng_seeds: &[u64], size: usize) -> Result<Vec<Observation>, EnvError> {
        let mut tasks = Vec::with_capacity(rng_seeds.len());
        for rng_seed in rng_seeds {
            tasks.push(self.source.task(*rng_seed).await?);
        }
        Ok(self.begin(tasks, size))
    }

    /// Begins an episode of the task with this identity.
    ///
    /// # Errors
    /// When the source has no such task; the episodes before the call stay as they were.
    pub async fn reset_to(&mut self, task: &str) -> Result<Vec<Observation>, EnvError> {
        let task = self.source.named(task).await?;
        Ok(self.begin(vec![task], 1))
    }

    fn begin(&mut self, tasks: Vec<Task>, size: usize) -> Vec<Observation> {
        let group = |(group, task)| {
            let task = Arc::new(task);
            (0..size).map(move |_| Episode { task: Arc::clone(&task), group, done: false })
        };
        self.episodes = tasks.into_iter().enumerate().flat_map(group).collect();
        self.observations()
    }

    /// What the policy sees of each episode.
    pub fn observations(&self) -> Vec<Observation> {
        self.episodes
            .iter()
            .enumerate()
            .map(|(episode, e)| Observation {
                episode,
                group: e.group,
                question: e.task.question.clone(),
                domain: e.task.domain.clone(),
            })
            .collect()
    }

    /// The episodes, with what no policy may see.
    pub fn episodes(&self) -> &[Episode] {
        &self.episodes
    }

    /// Steps the named episodes. One result an action, in their order; an action that fails leaves the others alone. Many
    /// actions are verified on as many threads as there are cores.
    pub fn step(&mut self, actions: &[Action]) -> Vec<Result<Step, EnvError>> {
        // Which episodes are stepped is settled first, in order: of two actions for one episode the first counts.
        let begun: Vec<Result<Arc<Task>, EnvError>> = actions.iter().map(|action| self.take(action.episode)).collect();
        let pairs: Vec<_> = actions.iter().zip(begun).collect();
        let threads = pairs.len() / WORTH_A_THREAD;
        let threads = threads.min(std::thread::available_parallelism().map_or(1, usize::from)).max(1);
        let this = &*self;
        let some = |chunk: &[(&Action, Result<Arc<Task>, EnvError>)]| -> Vec<Result<Step, EnvError>> {
            chunk.iter().map(|(action, task)| task.clone().map(|task| this.rewarded(action, &task))).collect()
        };
        if threads == 1 {
            return some(&pairs);
        }
        std::thread::scope(|scope| {
            let work: Vec<_> = pairs
                .chunks(pairs.len().div_ceil(threads))
                .map(|chunk| (chunk, scope.spawn(move || some(chunk))))
                .collect();
            // What verifies catches panics; were a thread gone all the same, its actions are done here.
            work.into_iter().flat_map(|(chunk, thread)| thread.join().unwrap_or_else(|_| some(chunk))).collect()
        })
    }

    /// Whether every episode has had its step.
    pub fn done(&self) -> bool {
        self.episodes.iter().all(|e| e.done)
    }

    /// Takes an episode's one step.
    fn take(&mut self, episode: usize) -> Result<Arc<Task>, EnvError> {
        let taken = self.episodes.get_mut(episode).ok_or(EnvError::NoEpisode(episode))?;
        if std::mem::replace(&mut taken.done, true) {
            Err(EnvError::Done(episode))
        } else {
            Ok(Arc::clone(&taken.task))
        }
    }

    fn rewarded(&self, action: &Action, task: &Task) -> Step {
        let verdict = verify_guarded(self.verifier.as_ref(), &task.pair(action.response.clone()));
        let (reward, terms) = self.terms.reward(self.policy, &verdict, &action.response);
        Step { episode: action.episode, reward, done: true, info: StepInfo { task: task.id.clone(), verdict, terms } }
    }
}
