//! One session: an episode after another, each with one step.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::Shared;
use super::ask::{Answer, Reset};
use super::episode;
use super::wire::{Fault, Metadata, Observed, Seen, State};
use crate::environment::{Action, EnvError, RewardPolicy, SingleStepEnv, Step};
use crate::verifier::Outcome;

/// One client's environment.
pub(super) struct Session {
    shared: Arc<Shared>,
    /// The episode that was begun last: its identity, and its environment behind a lock, since it is taken along to where
    /// responses are verified.
    episode: Option<(String, Arc<Mutex<SingleStepEnv>>)>,
    /// Steps of that episode, shared with whoever tells where it stands.
    steps: Arc<AtomicU64>,
}

impl Session {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        Self { shared: Arc::clone(shared), episode: None, steps: Arc::default() }
    }

    /// Begins an episode, whether or not the one before had its step.
    pub(super) async fn reset(&mut self, asked: Reset) -> Result<Observed, Fault> {
        let desk = &self.shared.desk;
        let fresh = SingleStepEnv::new(Arc::clone(&desk.source), Arc::clone(&desk.verifier));
        let mut fresh = fresh.with_policy(desk.policy).with_terms(desk.terms);
        let begun = match &asked.task {
            Some(task) => fresh.reset_to(task).await,
            None => fresh.reset(&[asked.seed.unwrap_or_else(rand::random)]).await,
        };
        let seen = begun.map_err(fault)?.into_iter().next().ok_or_else(|| fault(EnvError::Empty))?;
        self.steps.store(0, Ordering::Relaxed);
        let episode_id = asked.episode_id.unwrap_or_else(|| format!("{:032x}", rand::random::<u128>()));
        self.episode = Some((episode_id.clone(), Arc::new(Mutex::new(fresh))));
        let metadata = Metadata { episode_id, task: None };
        let observation =
            Seen { question: seen.question, domain: seen.domain, metadata: metadata.clone(), ..Seen::default() };
        Ok(Observed { observation, reward: None, done: false, metadata })
    }

    /// Verifies and rewards a response, and keeps the episode before it says so.
    pub(super) async fn step(&mut self, answer: Answer) -> Result<Observed, Fault> {
        let Some((episode_id, env)) = self.episode.clone() else {
            return Err(Fault::untimely("there is no episode yet; reset first".to_owned()));
        };
        let Answer { text, metadata: said } = answer;
        let stepped = move || {
            let mut env = env.lock().unwrap_or_else(PoisonError::into_inner);
            let action = Action { episode: 0, response: text };
            let step = env.step(std::slice::from_ref(&action)).pop().unwrap_or(Err(EnvError::NoEpisode(0)))?;
            let task = env.episodes().first().map(|episode| Arc::clone(&episode.task)).ok_or(EnvError::NoEpisode(0))?;
            Ok((step, task, action.response))
        };
        let (mut step, task, text) = self.shared.compute(stepped).await?.map_err(fault)?;
        let desk = &self.shared.desk;
        if step.info.verdict.outcome == Outcome::Undecided && !desk.escalation.is_empty() {
            let settled = desk.escalation.settle(&task.pair(text.clone()), step.info.verdict).await;
            // What is paid where nobody can tell is not paid where nobody was there to ask.
            let policy = if settled.is_open { RewardPolicy::NullWhenUndecided } else { desk.policy };
            (step.reward, step.info.terms) = desk.terms.reward(policy, &settled.verdict, &text);
            step.info.verdict = settled.verdict;
        }
        self.steps.fetch_add(1, Ordering::Relaxed);
        let record = episode::record(&self.shared, &episode_id, &task, text, &step, said);
        if let Err(e) = self.shared.desk.sink.put_candidate(record).await {
            return Err(Fault::failed(format!("the episode could not be stored ({e}), and is void; reset")));
        }
        self.shared.counts.episodes.fetch_add(1, Ordering::Relaxed);
        observed(&step, &task.question, &task.domain, episode_id)
    }

    /// Where the episode stands.
    pub(super) fn state(&self) -> State {
        State {
            episode_id: self.episode.as_ref().map(|(id, _)| id.clone()),
            step_count: self.steps.load(Ordering::Relaxed),
        }
    }

    /// Steps of the episode, which can be read while one is under way.
    pub(super) fn steps(&self) -> &Arc<AtomicU64> {
        &self.steps
    }
}

/// What a step shows. A reward that there is none of is an error: a null was taken for 0 by a stock trainer.
fn observed(step: &Step, question: &str, domain: &str, episode_id: String) -> Result<Observed, Fault> {
    let verdict = &step.info.verdict;
    let Some(reward) = step.reward else {
        let why =
            format!("no reward: the verdict is {} ({}); the episode is over, reset", verdict.outcome, verdict.reason);
        return Err(Fault::failed(why));
    };
    let metadata = Metadata { episode_id, task: Some(step.info.task.clone()) };
    let observation = Seen {
        question: question.to_owned(),
        domain: domain.to_owned(),
        verdict: Some(verdict.outcome.as_str()),
        extracted: verdict.extracted.clone(),
        reason: Some(verdict.reason.clone()),
        terms: step.info.terms.clone(),
        metadata: metadata.clone(),
    };
    Ok(Observed { observation, reward: Some(reward), done: step.done, metadata })
}

fn fault(error: EnvError) -> Fault {
    match error {
        EnvError::Done(_) => Fault::untimely("the episode had its step and its reward; reset first".to_owned()),
        EnvError::NoEpisode(_) => Fault::untimely("there is no episode yet; reset first".to_owned()),
        EnvError::NoTask(task) => Fault::invalid("value_error", &["body", "task"], &format!("there is no task {task}")),
        EnvError::Empty | EnvError::Source(_) => Fault::failed(error.to_string()),
    }
}
