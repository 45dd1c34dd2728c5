//! The execute stage: what the reference answer is.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::event::Ended;
use super::pipeline::Shared;
use super::slot::Slot;
use super::vote::{Ballot, Vote, Word};
use crate::failure::{FailureKind, Stage};
use crate::generator::Reference;
use crate::interpreter::{Execution, InterpreterError, Job};
use crate::store::record::ReferenceKind;
use crate::verifier::{Outcome, Pair, verify_guarded};

/// Programs in a row that could not be run for want of packages or a worker, before the run ends.
const UNPREPARED_IN_A_ROW: u64 = 5;

/// Why programs were not run.
enum NotRun {
    /// The run is stopping.
    Stopping,
    /// Their packages or a worker could not be had.
    Unprepared(String),
}

impl Shared {
    /// Executes the draft's programs, where its reference is not given, and takes what most of them print.
    pub(super) async fn execute(self: Arc<Self>, mut slot: Slot) -> Option<Slot> {
        let Some(draft) = &slot.draft else { return None };
        let programs = match &draft.reference {
            Reference::Given { answer, .. } => {
                slot.reference = Some((ReferenceKind::Given, answer.clone()));
                return Some(self.tells_nothing(slot));
            }
            Reference::Programs(programs) => programs.clone(),
        };
        let (dependencies, limits) = (draft.dependencies.clone(), self.recipe.limits.with(draft.limits));
        let mut ballots = Vec::with_capacity(programs.len());
        for (program, code) in programs.iter().enumerate() {
            let job = Job { code: code.clone(), dependencies: dependencies.clone(), limits };
            match self.run_program(&job).await {
                Ok((ballot, executions)) => {
                    slot.executions.extend(executions.into_iter().map(|execution| (program, execution)));
                    ballots.push(ballot);
                }
                Err(NotRun::Stopping) => return None,
                Err(NotRun::Unprepared(why)) => return Some(slot.fail(Stage::Execute, FailureKind::VenvError, why)),
            }
        }
        let vote = self.count(ballots, &slot).await?;
        if programs.len() > 1 {
            slot.provenance.notes.insert("votes".to_owned(), vote.metadata());
            slot.provenance.notes.insert("programs".to_owned(), programs.clone().into());
        }
        match vote.word() {
            Word::Reference(answer, program) => {
                slot.code = programs.into_iter().nth(program);
                slot.reference = Some((ReferenceKind::Executed, answer));
                Some(self.tells_nothing(slot))
            }
            Word::Failed(kind, message) => Some(slot.fail(Stage::Execute, kind, message)),
        }
    }

    /// Runs one program as often as the recipe says; the first failure is its last execution.
    async fn run_program(&self, job: &Job) -> Result<(Ballot, Vec<Execution>), NotRun> {
        let mut executions = Vec::new();
        let mut answer: Option<String> = None;
        for nth in 0..self.recipe.executions.max(1) {
            let interpreter = if nth % 2 == 0 { &self.ports.interpreter } else { &self.ports.second_interpreter };
            let execution = tokio::select! {
                execution = interpreter.run(job.clone()) => execution,
                () = self.control.stopping() => return Err(NotRun::Stopping),
            };
            let execution = match execution {
                Ok(execution) => execution,
                Err(e @ (InterpreterError::NoPython { .. } | InterpreterError::NoIsolation { .. })) => {
                    self.end(Ended::Failed(e.to_string()));
                    return Err(NotRun::Stopping);
                }
                Err(e) => {
                    // One package that cannot be had is the candidate's; when nothing can be had, it is the machine's.
                    let in_a_row = self.unprepared.fetch_add(1, Ordering::Relaxed) + 1;
                    if in_a_row >= UNPREPARED_IN_A_ROW {
                        self.end(Ended::Failed(e.to_string()));
                        return Err(NotRun::Stopping);
                    }
                    return Err(NotRun::Unprepared(e.to_string()));
                }
            };
            self.unprepared.store(0, Ordering::Relaxed);
            let printed = execution.code_answer().map(str::to_owned);
            executions.push(execution);
            match (printed, &answer) {
                (Err((kind, message)), _) => return Ok((Ballot::Failed(kind, message), executions)),
                (Ok(now), Some(before)) if now != *before => {
                    let message = "two executions printed unlike values".to_owned();
                    return Ok((Ballot::Failed(FailureKind::Nondeterministic, message), executions));
                }
                (Ok(now), _) => answer = Some(now),
            }
        }
        Ok((Ballot::Printed(answer.unwrap_or_default()), executions))
    }

    /// Counts the votes; `None` where the verifier's thread is lost.
    async fn count(&self, ballots: Vec<Ballot>, slot: &Slot) -> Option<Vote> {
        let mut printed = ballots.iter().filter_map(|b| match b {
            Ballot::Printed(answer) => Some(answer),
            Ballot::Failed(..) => None,
        });
        let first = printed.next();
        if printed.all(|other| Some(other) == first) {
            return Some(Vote::count(ballots, |a, b| a == b));
        }
        let verifier = Arc::clone(&self.ports.verifier);
        let (question, domain) = slot.draft.as_ref().map(|d| (d.question.clone(), d.domain.clone())).unzip();
        let same = move |a: &str, b: &str| {
            let pair = Pair {
                references: vec![a.to_owned()],
                response: b.to_owned(),
                question: question.clone(),
                domain: domain.clone(),
                tolerance: None,
                options: Vec::new(),
            };
            verify_guarded(verifier.as_ref(), &pair).outcome == Outcome::Equivalent
        };
        let counted = tokio::task::spawn_blocking(move || Vote::count(ballots, same)).await;
        counted.inspect_err(|e| tracing::error!("counting the votes of programs failed: {e}")).ok()
    }
}
