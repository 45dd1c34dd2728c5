//! The solve stage: k responses to one question, each asked, stored and kept apart.

use futures::future::join_all;
use serde_json::json;

use super::journal::Journal;
use crate::failure::{Failure, FailureKind, Stage};
use crate::generator::few_shot::sample_seed;
use crate::generator::prompt::{Prompt, PromptError};
use crate::model::{Ask, AskError, Asked, ChatRequest, Finish, ModelError, Role, Sampling};
use crate::store::record::ResponseRecord;

/// Why a candidate's solving gave no responses to keep.
pub(super) enum SolveError {
    /// The run is stopping; the slot is taken again when it is resumed.
    Stopping,
    /// Every further request would fail alike.
    Final(String),
}

/// How questions are put to solvers.
pub(super) struct Solving {
    pub(super) prompt: Prompt,
    pub(super) sampling: Sampling,
    pub(super) samples: u32,
    pub(super) rng_seed: u64,
}

impl Solving {
    /// The embedded solver prompt, or the project's own.
    pub(super) fn prompt(project: Option<&std::path::Path>) -> Result<Prompt, PromptError> {
        Prompt::load("solver", include_str!("../../assets/prompts/solver.md"), project)
    }

    /// Asks for all samples at once; the endpoint's own limit paces them.
    pub(super) async fn solve(
        &self,
        ordinal: u64,
        question: &str,
        journal: &Journal,
    ) -> Result<Vec<ResponseRecord>, SolveError> {
        let messages =
            self.prompt.render(json!({"question": question})).map_err(|e| SolveError::Final(e.to_string()))?;
        let asked = join_all((0..self.samples).map(|sample| {
            let seed = sample_seed(self.rng_seed, Role::Solver, ordinal, sample);
            journal.ask(ChatRequest {
                role: Role::Solver,
                ordinal,
                sample,
                messages: messages.clone(),
                sampling: Sampling { seed: Some(seed), ..self.sampling.clone() },
                schema: None,
            })
        }))
        .await;

        let mut responses = Vec::with_capacity(asked.len());
        for (sample, asked) in (0..self.samples).zip(asked) {
            let solver = journal.name_of(Role::Solver, sample).to_owned();
            match asked {
                Ok(asked) => responses.push(response(sample, solver, asked)),
                // A script with fewer samples than the recipe asks for has simply ended.
                Err(AskError::Model(ModelError::Exhausted { .. })) if sample > 0 => {}
                Err(AskError::Model(e)) if e.is_final() => return Err(SolveError::Final(e.to_string())),
                Err(AskError::Model(e)) => {
                    let failure = Failure::new(Stage::Solve, e.failure_kind(), e.to_string());
                    responses.push(empty(sample, solver, failure));
                }
                Err(AskError::Store(e)) => return Err(SolveError::Final(e)),
                Err(AskError::Stopping) => return Err(SolveError::Stopping),
            }
        }
        Ok(responses)
    }
}

fn response(sample: u32, solver: String, asked: Asked) -> ResponseRecord {
    let failure = match asked.reply.finish {
        Finish::Length => Some((FailureKind::Truncated, "the reply ended at the token limit")),
        Finish::Refusal => Some((FailureKind::Refused, "the model declined")),
        Finish::Stop | Finish::Other => None,
    };
    ResponseRecord {
        sample,
        solver,
        reply_id: Some(asked.reply_id),
        text: asked.reply.content,
        reasoning: asked.reply.reasoning,
        answer: None,
        failure: failure.map(|(kind, message)| Failure::new(Stage::Solve, kind, message)),
        verdict: None,
        given_reward: None,
    }
}

fn empty(sample: u32, solver: String, failure: Failure) -> ResponseRecord {
    ResponseRecord {
        sample,
        solver,
        reply_id: None,
        text: String::new(),
        reasoning: None,
        answer: None,
        failure: Some(failure),
        verdict: None,
        given_reward: None,
    }
}
