//! The generate stage: a draft of the slot's generator, and whether it is worth anything to go on with it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::event::Ended;
use super::pipeline::{Shared, locked};
use super::quality::{leak, missing};
use super::slot::Slot;
use crate::failure::{Failure, FailureKind, Stage};
use crate::generator::{About, GenerateError, Generated, Provenance};
use crate::likeness::Sketch;
use crate::store::StoreError;

impl Shared {
    /// Makes the draft of a slot.
    pub(super) async fn generate(self: Arc<Self>, mut slot: Slot) -> Option<Slot> {
        let bounded = self.recipe.quality.per_domain.or(self.recipe.quality.per_family).is_some();
        let about = if bounded {
            // A resumed run may look through all that it has given: not on the threads that talk to models.
            let (generator, ordinal) = (Arc::clone(&slot.generator), slot.ordinal);
            tokio::task::spawn_blocking(move || generator.about(ordinal)).await.unwrap_or_default()
        } else {
            About::default()
        };
        if let Some(why) = self.full(&about) {
            slot.provenance = Provenance { domain: about.domain, family: about.family, ..Provenance::default() };
            return Some(slot.fail(Stage::Generate, FailureKind::OverQuota, why));
        }
        let generated = match slot.generator.generate(slot.ordinal, &self.journal).await {
            Ok(generated) => generated,
            Err(GenerateError::Stopping) => {
                self.check_budget();
                return None;
            }
            Err(GenerateError::Final(why)) => {
                self.end(Ended::Failed(why));
                return None;
            }
        };
        self.check_budget();
        match generated {
            Generated::Draft(draft, provenance) => {
                self.ungenerated_in_a_row.store(0, Ordering::Relaxed);
                slot.provenance = provenance;
                slot.code = draft.code().map(str::to_owned);
                slot.draft = Some(*draft);
                match self.refusal(&slot).await {
                    Ok(failure) => Some(Slot { failure, ..slot }),
                    Err(e) => {
                        self.end(Ended::Failed(e.to_string()));
                        None
                    }
                }
            }
            Generated::Failed(failure, provenance) => {
                slot.provenance = provenance;
                if failure.kind == FailureKind::ModelError {
                    self.leave_open(slot.ordinal, &self.ungenerated_in_a_row, failure.message);
                    return None;
                }
                self.ungenerated_in_a_row.store(0, Ordering::Relaxed);
                slot.failure = Some(failure);
                Some(slot)
            }
            Generated::Ended(why) => {
                self.end(Ended::Exhausted(why));
                None
            }
        }
    }

    /// Why a draft is not gone on with; the last look is whether it is new, which also makes it known.
    async fn refusal(&self, slot: &Slot) -> Result<Option<Failure>, StoreError> {
        let Some(draft) = &slot.draft else { return Ok(None) };
        let failure = |kind, message: String| Ok(Some(Failure::new(Stage::Generate, kind, message)));
        let about = About { domain: Some(draft.domain.clone()), family: slot.provenance.family.clone() };
        if let Some(why) = self.full(&about) {
            return failure(FailureKind::OverQuota, why);
        }
        if let Some(why) = self.contamination.find(&draft.question) {
            return failure(FailureKind::Contaminated, why.to_string());
        }
        if !draft.novel {
            return Ok(None);
        }
        if let Some(what) = self.recipe.quality.self_contained.then(|| missing(&draft.question)).flatten() {
            return failure(
                FailureKind::Underspecified,
                format!("the question speaks of “{what}”, which is not in it"),
            );
        }
        let sketch = Sketch::of(&draft.question);
        if self.questions.lock().await.take(slot.ordinal, sketch).await? {
            return Ok(None);
        }
        failure(FailureKind::Duplicate, "an earlier question is the same, or nearly".to_owned())
    }

    /// The slot, refused where its question tells its reference answer.
    pub(super) fn tells_nothing(&self, slot: Slot) -> Slot {
        let told = match (&slot.draft, &slot.reference) {
            (Some(draft), Some((_, answer))) if self.recipe.quality.self_contained && draft.novel => {
                leak(&draft.question, answer)
            }
            _ => None,
        };
        match told {
            Some(how) => slot.fail(Stage::Execute, FailureKind::LeaksAnswer, how),
            None => slot,
        }
    }

    /// Why there is no room for another candidate like this.
    pub(super) fn full(&self, about: &About) -> Option<String> {
        locked(&self.quotas).full(about.domain.as_deref(), about.family.as_deref())
    }
}
