//! A candidate on its way through the stages.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::purse::Stake;
use crate::failure::{Failure, FailureKind, Stage};
use crate::generator::{Draft, Generator, Provenance};
use crate::interpreter::{End, Execution};
use crate::store::fold::{AgreementRule, agreement};
use crate::store::record::{
    Agreement, CandidateRecord, ExecutionRecord, Origin, ReferenceKind, ResponseRecord, Run, StageSeconds,
};
use crate::verifier::Outcome;

/// What is known so far of one slot of a run.
pub(super) struct Slot {
    pub(super) ordinal: u64,
    /// What the purse knows it by.
    pub(super) stake: Stake,
    /// Who makes it.
    pub(super) generator: Arc<dyn Generator>,
    pub(super) started: Instant,
    pub(super) draft: Option<Draft>,
    pub(super) provenance: Provenance,
    /// With the number of the draft's program that was executed.
    pub(super) executions: Vec<(usize, Execution)>,
    /// The program behind the reference.
    pub(super) code: Option<String>,
    pub(super) reference: Option<(ReferenceKind, String)>,
    pub(super) responses: Vec<ResponseRecord>,
    pub(super) failure: Option<Failure>,
    pub(super) stages: StageSeconds,
}

impl Slot {
    pub(super) fn new(ordinal: u64, stake: Stake, generator: Arc<dyn Generator>) -> Self {
        Self {
            ordinal,
            stake,
            generator,
            started: Instant::now(),
            draft: None,
            provenance: Provenance::default(),
            executions: Vec::new(),
            code: None,
            reference: None,
            responses: Vec::new(),
            failure: None,
            stages: StageSeconds::default(),
        }
    }

    /// The slot, after `time` in a stage.
    pub(super) fn took(mut self, stage: Stage, time: Duration) -> Self {
        let seconds = Some(time.as_secs_f64());
        match stage {
            Stage::Generate => self.stages.generate = seconds,
            Stage::Execute => self.stages.execute = seconds,
            Stage::Solve => self.stages.solve = seconds,
            Stage::Verify => self.stages.verify = seconds,
            Stage::Store => {}
        }
        self
    }

    /// The slot, ended in `stage`.
    pub(super) fn fail(mut self, stage: Stage, kind: FailureKind, message: impl Into<String>) -> Self {
        self.failure = Some(Failure::new(stage, kind, message));
        self
    }

    /// The candidate to be written, and what the purse knows the slot by until it is.
    pub(super) fn into_record(self, run: &Run, rule: AgreementRule) -> (CandidateRecord, Stake) {
        let outcomes: Vec<Outcome> =
            self.responses.iter().filter_map(|r| r.verdict.as_ref()).map(|v| v.outcome).collect();
        let programs = self.draft.as_ref().map_or(&[][..], |d| d.programs());
        let executions = self
            .executions
            .iter()
            .map(|(program, execution)| execution_record(programs.get(*program).map_or("", String::as_str), execution));
        let executions: Vec<ExecutionRecord> = executions.collect();
        let mut metadata = self.provenance.notes;
        if let Some(raw) = self.provenance.raw {
            metadata.insert("raw".to_owned(), raw.into());
        }
        let (question, domain, dependencies) = match self.draft {
            Some(d) => (d.question, d.domain, d.dependencies.as_slice().to_vec()),
            None => (String::new(), self.provenance.domain.unwrap_or_default(), Vec::new()),
        };
        let code = self.code;
        let (reference_kind, reference) = self.reference.unzip();
        let record = CandidateRecord {
            uid: uid(&run.uid, self.ordinal),
            origin: Origin::Loop,
            run_id: Some(run.id),
            ordinal: Some(self.ordinal),
            strategy: self.generator.strategy().to_owned(),
            domain,
            question,
            executions,
            code,
            dependencies,
            reference_kind,
            reference,
            seeds: self.provenance.seeds,
            parent: self.provenance.parent,
            family: self.provenance.family,
            depth: self.provenance.depth,
            operation: self.provenance.operation,
            prompt_hash: self.provenance.prompt_hash,
            generator_reply_id: self.provenance.reply_id,
            failure: self.failure,
            agreement: if outcomes.is_empty() { Agreement::None } else { agreement(rule, outcomes) },
            responses: self.responses,
            seconds: self.started.elapsed().as_secs_f64(),
            stages: self.stages,
            metadata,
        };
        (record, self.stake)
    }
}

/// Identity of the candidate in a slot: 32 hex digits that name the run and the slot.
fn uid(run: &str, ordinal: u64) -> String {
    blake3::hash(format!("{run}/{ordinal}").as_bytes()).to_hex()[..32].to_owned()
}

/// An execution as the store keeps it.
pub fn execution_record(code: &str, execution: &Execution) -> ExecutionRecord {
    let (end, status) = match execution.end {
        End::Exit(status) => ("exit", Some(status)),
        End::Signal(number) => ("signal", Some(number)),
        End::Timeout => ("timeout", None),
        End::Memory => ("memory", None),
        End::Output => ("output", None),
    };
    ExecutionRecord {
        code_hash: blake3::hash(code.as_bytes()).to_hex().to_string(),
        end: end.to_owned(),
        status,
        stdout: execution.stdout.clone(),
        stderr: execution.stderr.clone(),
        stdout_bytes: execution.stdout_bytes,
        seconds: execution.wall.as_secs_f64(),
        cpu_seconds: execution.cpu.as_secs_f64(),
        memory: execution.memory,
        isolation: execution.isolation.to_string(),
        venv: execution.venv.clone(),
        python: execution.python.clone(),
        substituted: execution.substituted.clone(),
    }
}
