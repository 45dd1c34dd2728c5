//! Programs run in isolation because somebody asked: a seed's, whose output is compared with the stated answer, for `loong seeds
//! check` and for the screen; and a candidate's that a person corrected.

use std::sync::Arc;

use serde::Serialize;

use super::context::or_cores;
use super::run::verifier;
use super::{Context, output};
use crate::config::Config;
use crate::dataset::Datapoint;
use crate::engine::execution_record;
use crate::environment::{RewardPolicy, score};
use crate::failure::FailureKind;
use crate::interpreter::{
    Dependencies, End, Execution, Interpreter, InterpreterError, Isolation, Job, Limits, ProgressFn, PythonInterpreter,
    PythonSettings,
};
use crate::review::correction::CodeRun;
use crate::verifier::{Outcome, Pair, Verdict, Verifier};

/// What came of one seed.
#[derive(Debug, Serialize)]
pub(super) struct Checked {
    pub(super) id: String,
    pub(super) file: String,
    pub(super) row: usize,
    pub(super) domain: String,
    pub(super) status: String,
    pub(super) stdout: String,
    pub(super) exit: Option<i32>,
    pub(super) seconds: f64,
    pub(super) memory: u64,
    pub(super) isolation: Option<Isolation>,
    pub(super) substituted: Vec<String>,
    pub(super) verdict: Option<Outcome>,
    pub(super) reason: String,
}

/// What seeds are checked with.
pub(super) struct Checker {
    interpreter: PythonInterpreter,
    second: PythonInterpreter,
    verifier: Arc<dyn Verifier>,
    limits: Limits,
    /// Programs at a time.
    pub(super) width: usize,
}

impl Checker {
    pub(super) fn new(context: &Context, config: &Config, progress: Option<ProgressFn>) -> anyhow::Result<Self> {
        let interpreter = context.interpreter(config, progress)?;
        let second =
            PythonSettings { hash_seed: 1, workers: 1, progress: None, ..context.python_settings(config, None)? };
        Ok(Self {
            interpreter,
            second: PythonInterpreter::new(second),
            verifier: verifier(config)?,
            limits: config.interpreter.limits(),
            width: or_cores(config.interpreter.workers).max(1),
        })
    }

    /// Makes what every program needs.
    pub(super) async fn prepare(&self) -> anyhow::Result<()> {
        self.interpreter.prepare(&Dependencies::default()).await?;
        Ok(())
    }

    /// Runs a seed's program and verifies what it printed. One whose answer is not the final answer is run again, by the
    /// second interpreter under another hash seed, to tell a wrong seed from one whose program prints something else each
    /// time.
    pub(super) async fn check(&self, seed: &Datapoint) -> anyhow::Result<Checked> {
        self.run_seed(seed, false).await
    }

    /// The same, run again whatever it printed: an answer that is right by chance is none.
    pub(super) async fn check_twice(&self, seed: &Datapoint) -> anyhow::Result<Checked> {
        self.run_seed(seed, true).await
    }

    async fn run_seed(&self, seed: &Datapoint, twice: bool) -> anyhow::Result<Checked> {
        let mut checked = Checked {
            id: seed.id.clone(),
            file: seed.place.as_ref().map(|p| p.file.to_string()).unwrap_or_default(),
            row: seed.place.as_ref().map_or(0, |p| p.row),
            domain: seed.domain().to_owned(),
            status: "ran".to_owned(),
            stdout: String::new(),
            exit: None,
            seconds: 0.0,
            memory: 0,
            isolation: None,
            substituted: Vec::new(),
            verdict: None,
            reason: String::new(),
        };
        let job = Job {
            code: seed.rationale.clone(),
            dependencies: seed.dependencies(),
            limits: self.limits.with(seed.limits()),
        };
        let execution = match self.interpreter.run(job.clone()).await {
            Ok(execution) => execution,
            Err(e) => return not_run(checked, e),
        };
        checked.seconds = execution.wall.as_secs_f64();
        checked.memory = execution.memory;
        checked.isolation = Some(execution.isolation);
        checked.substituted.clone_from(&execution.substituted);
        checked.stdout.clone_from(&execution.stdout);
        if let End::Exit(status) = execution.end {
            checked.exit = Some(status);
        }
        match execution.code_answer() {
            Err((kind, message)) => {
                checked.status = kind.to_string();
                checked.reason = message;
            }
            Ok(last) => {
                let verdict = compare(seed, &execution, last, self.verifier.as_ref());
                if twice || verdict.outcome != Outcome::Equivalent {
                    match self.unlike(job, last).await {
                        Ok(None) => {}
                        Ok(Some(told)) => {
                            checked.status = FailureKind::Nondeterministic.to_string();
                            checked.reason = told;
                            return Ok(checked);
                        }
                        Err(e) => return not_run(checked, e),
                    }
                }
                checked.verdict = Some(verdict.outcome);
                checked.reason = verdict.reason;
            }
        }
        Ok(checked)
    }

    /// Runs a program again, by the second interpreter; what it printed instead of this answer, where it did.
    async fn unlike(&self, job: Job, answer: &str) -> Result<Option<String>, InterpreterError> {
        let again = self.second.run(job).await?;
        let before = output::short(answer, 60);
        Ok(match again.code_answer() {
            Ok(other) if other == answer => None,
            Ok(other) => Some(format!("a second run printed {} after {before}", output::short(other, 60))),
            Err((_, why)) => Some(format!("a second run printed no answer after {before}: {why}")),
        })
    }

    /// Runs corrected code. Where it prints an answer it is run again by the second interpreter: what prints something else
    /// each time has none.
    pub(super) async fn run(&self, code: &str, dependencies: &[String]) -> anyhow::Result<CodeRun> {
        let job =
            Job { code: code.to_owned(), dependencies: Dependencies::new(dependencies.to_vec()), limits: self.limits };
        let first = self.interpreter.run(job.clone()).await?;
        let answer = match first.code_answer() {
            Err((kind, message)) => Err(format!("{kind}: {message}")),
            Ok(answer) => match self.unlike(job, answer).await? {
                Some(told) => Err(format!("{}: {told}", FailureKind::Nondeterministic)),
                None => Ok(answer.to_owned()),
            },
        };
        Ok(CodeRun { execution: execution_record(code, &first), answer })
    }
}

/// What became of a seed whose program could not be run; without any interpreter that is no seed's fault.
fn not_run(mut checked: Checked, error: InterpreterError) -> anyhow::Result<Checked> {
    if matches!(error, InterpreterError::NoPython { .. } | InterpreterError::NoIsolation { .. }) {
        return Err(error.into());
    }
    checked.status = FailureKind::VenvError.to_string();
    checked.reason = error.to_string();
    Ok(checked)
}

/// A seed's program may print its answer over several lines: the whole output counts where its last value alone does not.
fn compare(seed: &Datapoint, execution: &Execution, last: &str, verifier: &dyn Verifier) -> Verdict {
    let pair = |response: &str| Pair {
        references: vec![seed.final_answer.clone()],
        response: response.to_owned(),
        question: Some(seed.question.clone()),
        domain: Some(seed.domain().to_owned()),
        tolerance: seed.tolerance(),
        options: Vec::new(),
    };
    let verdict = score(verifier, &pair(last), RewardPolicy::default()).verdict;
    let whole = execution.stdout.trim();
    if verdict.outcome == Outcome::Equivalent || whole == last {
        return verdict;
    }
    let second = score(verifier, &pair(whole), RewardPolicy::default()).verdict;
    if second.outcome == Outcome::Equivalent { second } else { verdict }
}
