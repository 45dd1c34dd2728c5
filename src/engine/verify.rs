//! The verify stage: the verifier's word on each response, natively and, where it is asked for, beyond.

use std::sync::Arc;

use super::pipeline::Shared;
use super::slot::Slot;
use crate::environment::{RewardPolicy, score};
use crate::verifier::Pair;

impl Shared {
    /// Compares each response with the reference.
    pub(super) async fn verify(self: Arc<Self>, mut slot: Slot) -> Option<Slot> {
        let (Some((_, reference)), Some(draft)) = (slot.reference.clone(), &slot.draft) else { return Some(slot) };
        let (question, domain) = (draft.question.clone(), draft.domain.clone());
        let verifier = Arc::clone(&self.ports.verifier);
        let pair = move |response: &str| Pair {
            references: vec![reference.clone()],
            response: response.to_owned(),
            question: Some(question.clone()),
            domain: Some(domain.clone()),
            tolerance: None,
            options: Vec::new(),
        };
        let pair_of = pair.clone();
        // Long texts take milliseconds to read: not on the threads that talk to models.
        let verified = tokio::task::spawn_blocking(move || {
            for response in slot.responses.iter_mut().filter(|r| r.failure.is_none()) {
                let pair = pair_of(&response.text);
                let scored = score(verifier.as_ref(), &pair, RewardPolicy::default());
                response.answer.clone_from(&scored.verdict.extracted);
                response.failure = scored.failure;
                response.verdict = Some(scored.verdict);
            }
            slot
        })
        .await
        .inspect_err(|e| tracing::error!("verifying failed: {e}"))
        .ok()?;
        if self.ports.escalation.is_empty() {
            return Some(verified);
        }
        tokio::select! {
            settled = self.settle(verified, pair) => Some(settled),
            () = self.control.stopping() => None,
        }
    }

    /// Takes the verdicts of a slot further, all at a time.
    async fn settle(&self, mut slot: Slot, pair: impl Fn(&str) -> Pair) -> Slot {
        let settled = slot.responses.iter_mut().map(|response| {
            let pair = pair(&response.text);
            async move {
                if let Some(verdict) = response.verdict.take() {
                    response.verdict = Some(self.ports.escalation.settle(&pair, verdict).await);
                }
            }
        });
        futures::future::join_all(settled).await;
        slot
    }
}
