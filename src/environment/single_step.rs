//! One question, one response, one reward: the environment that reasoning is trained in.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::reward::{RewardPolicy, score};
use super::source::{Source, Task};
use crate::verifier::{Pair, Verdict, Verifier};

/// Why the environment could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvError {
    /// There is nothing to sample from.
    #[error("the dataset is empty; load seeds first")]
    Empty,
    /// The source failed; this is infrastructure, and no reward.
    #[error("no task could be had: {0}")]
    Source(String),
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
    pub terms: BTreeMap<String, f64>,
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
    /// Its task.
    pub task: Task,
    /// Whether it has had its step.
    pub done: bool,
}

/// The single-step environment: `reset` gives observations, `step` takes responses.
///
/// Episodes of a batch are independent: a bad, empty or hostile response touches no other, and a batch may be stepped in
/// parts and in any order. The group of a task (for GRPO) is a batch reset with equal random seeds.
///
/// ```
/// # use std::sync::Arc;
/// # use loong::dataset::StaticDataset;
/// # use loong::environment::{Action, SingleStepEnv, StaticSource};
/// # use loong::verifier::RuleVerifier;
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let source = Arc::new(StaticSource::new(StaticDataset::bundled()));
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
    episodes: Vec<Episode>,
}

impl SingleStepEnv {
    /// An environment whose rewards are accuracy alone, null where the verifier could not tell.
    pub fn new(source: Arc<dyn Source>, verifier: Arc<dyn Verifier>) -> Self {
        Self { source, verifier, policy: RewardPolicy::default(), episodes: Vec::new() }
    }

    /// The same with another policy for undecided verdicts.
    #[must_use]
    pub fn with_policy(mut self, policy: RewardPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Begins one episode a random seed. The same seeds give the same observations.
    ///
    /// # Errors
    /// When the source fails; the episodes before the call stay as they were.
    pub async fn reset(&mut self, rng_seeds: &[u64]) -> Result<Vec<Observation>, EnvError> {
        let mut episodes = Vec::with_capacity(rng_seeds.len());
        for rng_seed in rng_seeds {
            episodes.push(Episode { task: self.source.task(*rng_seed).await?, done: false });
        }
        self.episodes = episodes;
        Ok(self.observations())
    }

    /// What the policy sees of each episode.
    pub fn observations(&self) -> Vec<Observation> {
        self.episodes
            .iter()
            .enumerate()
            .map(|(episode, e)| Observation {
                episode,
                question: e.task.question.clone(),
                domain: e.task.domain.clone(),
            })
            .collect()
    }

    /// Steps the named episodes. One result an action, in their order; an action that fails leaves the others alone.
    pub fn step(&mut self, actions: &[Action]) -> Vec<Result<Step, EnvError>> {
        actions.iter().map(|action| self.step_one(action)).collect()
    }

    /// Whether every episode has had its step.
    pub fn done(&self) -> bool {
        self.episodes.iter().all(|e| e.done)
    }

    fn step_one(&mut self, action: &Action) -> Result<Step, EnvError> {
        let episode = self.episodes.get_mut(action.episode).ok_or(EnvError::NoEpisode(action.episode))?;
        if episode.done {
            return Err(EnvError::Done(action.episode));
        }
        let pair = Pair {
            references: episode.task.references.clone(),
            response: action.response.clone(),
            question: Some(episode.task.question.clone()),
            domain: Some(episode.task.domain.clone()),
            tolerance: episode.task.tolerance,
            options: Vec::new(),
        };
        let scored = score(self.verifier.as_ref(), &pair, self.policy);
        episode.done = true;
        let terms = scored.reward.map(|r| ("accuracy".to_owned(), r)).into_iter().collect();
        Ok(Step {
            episode: action.episode,
            reward: scored.reward,
            done: true,
            info: StepInfo { task: episode.task.id.clone(), verdict: scored.verdict, terms },
        })
    }
}
