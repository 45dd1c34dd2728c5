//! The solve stage: k responses to one question, each asked, stored and kept apart.
//!
//! A response that infrastructure lost is asked again, some rounds long; what is lost after that is kept as lost, never as
//! wrong. A candidate all of whose responses are lost is not written at all: its slot stays open, and a resumed run asks
//! for the responses again, and for nothing else. With `early_stop`, responses are asked for in waves, in the order of
//! their samples, until no further one can change what they amount to.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::future::join_all;
use serde_json::json;

use super::early::{Early, Outcomes};
use super::event::Ended;
use super::journal::Journal;
use super::pipeline::{Shared, locked};
use super::slot::Slot;
use crate::failure::{Failure, FailureKind, Stage, truncated};
use crate::generator::few_shot::sample_seed;
use crate::generator::prompt::{Prompt, PromptError};
use crate::model::{Ask, AskError, Asked, ChatRequest, Finish, Message, ModelError, Role, Sampling};
use crate::store::record::ResponseRecord;

/// How often a response that infrastructure lost is asked for; each time the endpoint's own attempts and pauses apply.
const ROUNDS: u32 = 3;

/// Candidates in a row none of whose responses could be had, before the run ends.
const LOST_IN_A_ROW: u64 = 5;

/// Why a candidate's solving gave no responses to keep.
enum SolveError {
    /// The run is stopping; the slot is taken again when it is resumed.
    Stopping,
    /// Every further request would fail alike.
    Final(String),
}

/// How questions are put to solvers.
pub(super) struct Solving {
    pub(super) prompt: Prompt,
    pub(super) sampling: Sampling,
    /// 0: nothing is solved.
    pub(super) samples: u32,
    pub(super) rng_seed: u64,
    /// What ends the asking, where it may end early.
    pub(super) early: Option<Early>,
}

impl Shared {
    /// Asks for the responses.
    pub(super) async fn solve(self: Arc<Self>, mut slot: Slot) -> Option<Slot> {
        let question = slot.draft.as_ref().map(|d| d.question.clone())?;
        let solving = &self.solving;
        let messages = match solving.messages(&question) {
            Ok(messages) => messages,
            Err(e) => {
                self.end(Ended::Failed(e.to_string()));
                return None;
            }
        };
        let mut next = 0;
        while next < solving.samples {
            let more = solving.samples - next;
            let wave = match solving.early {
                None => more,
                Some(early) => outcomes(&slot).wave_for(early, more),
            };
            if wave == 0 {
                break;
            }
            let asked = solving.ask(slot.ordinal, next..next + wave, &messages, &self.journal).await;
            self.check_budget();
            match asked {
                // A script that has ended.
                Ok(responses) if responses.is_empty() => break,
                Ok(responses) => slot.responses.extend(responses),
                Err(SolveError::Stopping) => {
                    self.check_budget();
                    return None;
                }
                Err(SolveError::Final(why)) => {
                    self.end(Ended::Failed(why));
                    return None;
                }
            }
            if solving.early.is_some() {
                slot = self.verify_responses(slot).await?;
            }
            next += wave;
        }
        self.or_open(slot)
    }

    /// The slot; `None` where infrastructure lost all its responses, which leaves it open.
    fn or_open(&self, slot: Slot) -> Option<Slot> {
        let Some(why) = lost(&slot.responses) else {
            self.unsolved_in_a_row.store(0, Ordering::Relaxed);
            return Some(slot);
        };
        self.leave_open(slot.ordinal, &self.unsolved_in_a_row, why);
        None
    }

    /// Leaves a slot open that infrastructure failed: it is taken again when the run is. So many in a row end the run.
    pub(super) fn leave_open(&self, ordinal: u64, in_a_row: &AtomicU64, why: String) {
        let in_a_row = in_a_row.fetch_add(1, Ordering::Relaxed) + 1;
        if self.journal.endpoint_gone(ordinal) || in_a_row >= LOST_IN_A_ROW {
            self.end(Ended::Failed(why.clone()));
        }
        *locked(&self.open) = Some(why);
    }
}

fn outcomes(slot: &Slot) -> Outcomes {
    Outcomes::of(slot.responses.iter().filter_map(|r| r.verdict.as_ref()).map(|v| v.outcome))
}

/// Why all responses are lost, where they are.
fn lost(responses: &[ResponseRecord]) -> Option<String> {
    let mut why = None;
    for response in responses {
        let failure = response.failure.as_ref()?;
        if failure.kind != FailureKind::ModelError || response.reply_id.is_some() {
            return None;
        }
        why = Some(failure.message.clone());
    }
    why
}

impl Solving {
    /// The embedded solver prompt, or the project's own.
    pub(super) fn prompt(project: Option<&std::path::Path>) -> Result<Prompt, PromptError> {
        Prompt::load("solver", include_str!("../../assets/prompts/solver.md"), project)
    }

    fn messages(&self, question: &str) -> Result<Vec<Message>, PromptError> {
        self.prompt.render(json!({"question": question}))
    }

    /// Asks for these samples at once, and again for those that infrastructure lost; the endpoint's own limit paces them.
    async fn ask(
        &self,
        ordinal: u64,
        samples: Range<u32>,
        messages: &[Message],
        journal: &Journal,
    ) -> Result<Vec<ResponseRecord>, SolveError> {
        let mut open: Vec<u32> = samples.collect();
        let mut responses = BTreeMap::new();
        for _ in 0..ROUNDS {
            let asked = join_all(open.iter().map(|sample| {
                let seed = sample_seed(self.rng_seed, Role::Solver, ordinal, *sample);
                journal.ask(ChatRequest {
                    role: Role::Solver,
                    ordinal,
                    sample: *sample,
                    messages: messages.to_vec(),
                    sampling: Sampling { seed: Some(seed), ..self.sampling.clone() },
                    schema: None,
                })
            }))
            .await;
            let mut lost = Vec::new();
            for (sample, asked) in open.into_iter().zip(asked) {
                let solver = journal.name_of(Role::Solver, sample).to_owned();
                let failed = match asked {
                    Ok(asked) => {
                        responses.insert(sample, response(sample, solver, asked, self.sampling.max_tokens));
                        continue;
                    }
                    // A script with fewer samples than the recipe asks for has simply ended.
                    Err(AskError::Model(ModelError::Exhausted { .. })) if sample > 0 => continue,
                    Err(AskError::Model(e)) if e.is_final() => return Err(SolveError::Final(e.to_string())),
                    Err(AskError::Model(e)) => e,
                    Err(AskError::Store(e)) => return Err(SolveError::Final(e)),
                    Err(AskError::Stopping) => return Err(SolveError::Stopping),
                };
                let passing = failed.failure_kind() == FailureKind::ModelError;
                if passing && !matches!(failed, ModelError::Exhausted { .. }) {
                    lost.push(sample);
                }
                let failure = Failure::new(Stage::Solve, failed.failure_kind(), failed.to_string());
                responses.insert(sample, empty(sample, solver, failure));
            }
            open = lost;
            if open.is_empty() || journal.endpoint_gone(ordinal) {
                break;
            }
        }
        Ok(responses.into_values().collect())
    }
}

fn response(sample: u32, solver: String, asked: Asked, most: Option<u32>) -> ResponseRecord {
    let failure = match asked.reply.finish {
        Finish::Length => Some((FailureKind::Truncated, truncated(most, asked.reply.usage.completion_tokens))),
        Finish::Refusal => Some((FailureKind::Refused, "the model declined".to_owned())),
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
