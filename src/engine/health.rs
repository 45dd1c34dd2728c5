//! How the models of a run do: when one counts as gone, and for which slots that matters.

use std::collections::{BTreeSet, HashMap};

use crate::model::ModelError;

/// Requests that may fail one after the other, with no success between, before an endpoint counts as gone.
const FAILURES_IN_A_ROW: u64 = 20;

/// Every model by its name: one that answers says nothing about another that does not.
#[derive(Debug, Default)]
pub(super) struct Health {
    models: HashMap<String, Model>,
}

#[derive(Debug, Default)]
struct Model {
    /// It has answered, this time.
    answered: bool,
    /// Failures since it answered last.
    failures: u64,
    /// Nothing listens where it should be, and it has not answered yet.
    absent: bool,
    /// The slots that it failed since it answered last.
    slots: BTreeSet<u64>,
}

impl Health {
    /// A model answered a request for a slot, or did not.
    pub(super) fn note(&mut self, slot: u64, model: &str, outcome: Result<(), &ModelError>) {
        let model = self.models.entry(model.to_owned()).or_default();
        match outcome {
            Ok(()) => *model = Model { answered: true, ..Model::default() },
            Err(
                e @ (ModelError::Unreachable { .. }
                | ModelError::Deadline { .. }
                | ModelError::Status { .. }
                | ModelError::Program { .. }),
            ) => {
                model.failures += 1;
                // A program that ends is there: it may fail over this slot alone.
                let nobody = matches!(e, ModelError::Unreachable { .. });
                model.absent = !model.answered && nobody;
                model.slots.insert(slot);
            }
            Err(_) => {}
        }
    }

    /// Whether so many requests to a model that failed this slot failed in a row that its endpoint must be gone, or it never
    /// was there: a request that could not be sent was tried several times, with waits between. A model that this slot did
    /// not ask says nothing about it.
    pub(super) fn is_gone_for(&self, slot: u64) -> bool {
        self.models.values().any(|m| m.slots.contains(&slot) && (m.failures >= FAILURES_IN_A_ROW || m.absent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unreachable() -> ModelError {
        ModelError::Unreachable { endpoint: "e".into(), attempts: 3, message: "refused".into() }
    }

    fn busy() -> ModelError {
        ModelError::Status { endpoint: "e".into(), status: 503, attempts: 3, message: "busy".into() }
    }

    #[test]
    fn a_model_that_a_slot_did_not_ask_is_not_gone_for_it() {
        let mut health = Health::default();
        health.note(1, "solver", Err(&unreachable()));
        health.note(2, "generator", Err(&busy()));
        assert!(health.is_gone_for(1));
        assert!(!health.is_gone_for(2), "its own model failed once");
        assert!(!health.is_gone_for(3));
    }

    #[test]
    fn one_that_has_answered_may_fail_many_times() {
        let mut health = Health::default();
        health.note(0, "m", Ok(()));
        for slot in 1..20 {
            health.note(slot, "m", Err(&unreachable()));
            assert!(!health.is_gone_for(slot));
        }
        health.note(20, "m", Err(&busy()));
        assert!(health.is_gone_for(20) && health.is_gone_for(1));
        health.note(21, "m", Ok(()));
        assert!(!health.is_gone_for(20), "it is back");
    }

    #[test]
    fn a_program_that_dies_over_one_slot_is_there_for_others() {
        let mut health = Health::default();
        let died = ModelError::Program { program: "p".into(), attempts: 2, message: "it ended".into() };
        health.note(0, "p", Err(&died));
        assert!(!health.is_gone_for(0), "though it has not answered yet");
        for slot in 1..FAILURES_IN_A_ROW {
            health.note(slot, "p", Err(&died));
        }
        assert!(health.is_gone_for(0));
    }
}
