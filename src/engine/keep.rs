//! The store stage: the candidate whole, and what the outside and later slots hear of it.

use std::sync::atomic::Ordering;

use super::event::{Ended, EngineEvent};
use super::pipeline::{Shared, locked};
use super::questions;
use super::slot::Slot;
use crate::failure::{Failure, FailureKind, Stage};
use crate::store::record::{Agreement, CandidateRecord};

/// Characters of a failure's message that an event carries; the store has all of it.
const MESSAGE: usize = 500;

impl Shared {
    /// Gives an accepted candidate its place in the quotas, or refuses it where others took the last while it was under
    /// way.
    fn take_place(&self, record: &mut CandidateRecord) {
        if !is_accepted(record) {
            return;
        }
        let mut quotas = locked(&self.quotas);
        match quotas.full(Some(&record.domain), record.family.as_deref()) {
            Some(why) => record.failure = Some(Failure::new(Stage::Verify, FailureKind::OverQuota, why)),
            None => quotas.count(&record.domain, record.family.as_deref()),
        }
    }

    /// Writes a candidate.
    pub(super) async fn write(&self, slot: Slot) {
        let ordinal = slot.ordinal;
        let (mut record, stake) = slot.into_record(&self.run, self.recipe.agreement);
        self.take_place(&mut record);
        let event = |id| EngineEvent::Candidate {
            id,
            ordinal,
            domain: record.domain.clone(),
            stage: record.failure.as_ref().map(|f| f.stage),
            kind: record.failure.as_ref().map(|f| f.kind),
            verdicts: record.responses.iter().map(|r| r.verdict.as_ref().map(|v| v.outcome)).collect(),
            agreement: record.agreement,
            state: state_of(&record),
            message: failure_of(&record).map(|f| f.message.chars().take(MESSAGE).collect()),
            seconds: record.seconds,
        };
        match self.ports.sink.put_candidate(record.clone()).await {
            Ok(id) => {
                let accepted = is_accepted(&record);
                self.journal.purse().written(ordinal, accepted);
                if accepted {
                    self.journal.accept(&record.domain, id);
                }
                self.written.fetch_add(1, Ordering::Relaxed);
                *locked(&self.states).entry(state_of(&record)).or_default() += 1;
                self.emit(event(id));
                drop(stake);
                if self.questions.lock().await.stored(ordinal, id) {
                    questions::leave(&self.questions).await;
                }
            }
            Err(e) => self.end(Ended::Failed(e.to_string())),
        }
    }
}

/// Whether generators may take a candidate up again: its responses agree with its reference.
fn is_accepted(record: &CandidateRecord) -> bool {
    record.agreement == Agreement::Agrees && record.failure.is_none()
}

/// What came of a candidate, in one word: its failure, its only responses' failure, or its agreement.
fn state_of(record: &CandidateRecord) -> String {
    failure_of(record).map_or_else(|| record.agreement.to_string(), |failure| failure.kind.to_string())
}

/// Why there is nothing to agree: the candidate's failure, or that of its only responses.
fn failure_of(record: &CandidateRecord) -> Option<&Failure> {
    let of_responses = || record.responses.iter().find_map(|r| r.failure.as_ref());
    record.failure.as_ref().or_else(|| (record.agreement == Agreement::None).then(of_responses).flatten())
}
