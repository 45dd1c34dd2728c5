//! The execute stage: what the reference answer is.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::event::Ended;
use super::pipeline::Shared;
use super::slot::Slot;
use crate::failure::{FailureKind, Stage};
use crate::generator::Reference;
use crate::interpreter::{InterpreterError, Job};
use crate::store::record::ReferenceKind;

/// Programs in a row that could not be run for want of packages or a worker, before the run ends.
const UNPREPARED_IN_A_ROW: u64 = 5;

impl Shared {
    /// Executes the draft's program, where its reference is not given.
    pub(super) async fn execute(self: Arc<Self>, mut slot: Slot) -> Option<Slot> {
        let Some(draft) = &slot.draft else { return None };
        let programs = match &draft.reference {
            Reference::Given { answer, .. } => {
                slot.reference = Some((ReferenceKind::Given, answer.clone()));
                return Some(slot);
            }
            Reference::Programs(programs) => programs,
        };
        let Some(code) = programs.first().cloned() else {
            return Some(slot.fail(Stage::Execute, FailureKind::CodeEmpty, "the draft has no program"));
        };
        let limits = self.recipe.limits.with(draft.limits);
        let job = Job { code, dependencies: draft.dependencies.clone(), limits };
        let mut answer: Option<String> = None;
        for nth in 0..self.recipe.executions.max(1) {
            let interpreter = if nth % 2 == 0 { &self.ports.interpreter } else { &self.ports.second_interpreter };
            let execution = tokio::select! {
                execution = interpreter.run(job.clone()) => execution,
                () = self.control.stopping() => return None,
            };
            let execution = match execution {
                Ok(execution) => execution,
                Err(e @ (InterpreterError::NoPython { .. } | InterpreterError::NoIsolation { .. })) => {
                    self.end(Ended::Failed(e.to_string()));
                    return None;
                }
                Err(e) => {
                    // One package that cannot be had is the candidate's; when nothing can be had, it is the machine's.
                    let in_a_row = self.unprepared.fetch_add(1, Ordering::Relaxed) + 1;
                    if in_a_row >= UNPREPARED_IN_A_ROW {
                        self.end(Ended::Failed(e.to_string()));
                        return None;
                    }
                    return Some(slot.fail(Stage::Execute, FailureKind::VenvError, e.to_string()));
                }
            };
            self.unprepared.store(0, Ordering::Relaxed);
            let printed = execution.code_answer().map(str::to_owned);
            slot.executions.push(execution);
            match (printed, &answer) {
                (Err((kind, message)), _) => return Some(slot.fail(Stage::Execute, kind, message)),
                (Ok(now), Some(before)) if now != *before => {
                    let message = "two executions printed unlike values";
                    return Some(slot.fail(Stage::Execute, FailureKind::Nondeterministic, message));
                }
                (Ok(now), _) => answer = Some(now),
            }
        }
        slot.reference = answer.map(|answer| (ReferenceKind::Executed, answer));
        Some(slot)
    }
}
