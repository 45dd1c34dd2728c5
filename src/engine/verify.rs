//! The verify stage: the verifier's word on each response, natively and, where it is asked for, beyond; and what the
//! responses say of the question: how hard it is, and how far solvers agree with each other.

use std::sync::Arc;

use super::concord::concord;
use super::pipeline::Shared;
use super::slot::Slot;
use crate::environment::{RewardPolicy, score};
use crate::failure::{FailureKind, Stage};
use crate::store::heed;
use crate::store::record::ResponseRecord;
use crate::verifier::{Outcome, Pair};

impl Shared {
    /// Compares each response with the reference, and the responses with each other.
    pub(super) async fn verify(self: Arc<Self>, slot: Slot) -> Option<Slot> {
        let mut slot = self.verify_responses(slot).await?;
        if slot.responses.len() > 1 {
            let verifier = Arc::clone(&self.ports.verifier);
            let compared = tokio::task::spawn_blocking(move || {
                let agreed = concord(verifier.as_ref(), &slot.responses);
                (slot, agreed)
            });
            let (back, agreed) =
                compared.await.inspect_err(|e| tracing::error!("comparing responses failed: {e}")).ok()?;
            slot = back;
            if let Some(share) = agreed {
                slot.provenance.notes.insert("solver_agreement".to_owned(), share.into());
            }
        }
        let rate = pass_rate(&slot.responses);
        match (self.recipe.quality.band, rate) {
            (Some((least, most)), Some(rate)) if !(least..=most).contains(&rate) => {
                let message = format!("the pass rate is {rate:.2}, wanted is {least} to {most}");
                Some(slot.fail(Stage::Verify, FailureKind::OffBand, message))
            }
            _ => Some(slot),
        }
    }

    /// Gives each response that has come, and has none yet, its verdict.
    pub(super) async fn verify_responses(&self, mut slot: Slot) -> Option<Slot> {
        let (Some((_, reference)), Some(draft)) = (slot.reference.clone(), &slot.draft) else { return Some(slot) };
        let (question, domain) = (draft.question.clone(), draft.domain.clone());
        let verifier = Arc::clone(&self.ports.verifier);
        let mut open = Pair {
            references: vec![reference],
            response: String::new(),
            question: Some(question),
            domain: Some(domain),
            tolerance: None,
            options: Vec::new(),
        };
        heed(&mut open, &slot.provenance.notes);
        let pair = move |response: &str| Pair { response: response.to_owned(), ..open.clone() };
        let pair_of = pair.clone();
        // Long texts take milliseconds to read: not on the threads that talk to models.
        let verified = tokio::task::spawn_blocking(move || {
            let mut new = Vec::new();
            for response in slot.responses.iter_mut().filter(|r| r.failure.is_none() && r.verdict.is_none()) {
                let pair = pair_of(&response.text);
                let scored = score(verifier.as_ref(), &pair, RewardPolicy::default());
                response.answer.clone_from(&scored.verdict.extracted);
                response.failure = scored.failure;
                response.verdict = Some(scored.verdict);
                new.push(response.sample);
            }
            (slot, new)
        });
        let (verified, new) = verified.await.inspect_err(|e| tracing::error!("verifying failed: {e}")).ok()?;
        if self.ports.escalation.is_empty() {
            return Some(verified);
        }
        tokio::select! {
            settled = self.settle(verified, &new, pair) => Some(settled),
            () = self.control.stopping() => None,
        }
    }

    /// Takes new verdicts of a slot further, all at a time.
    async fn settle(&self, mut slot: Slot, new: &[u32], pair: impl Fn(&str) -> Pair) -> Slot {
        let settled = slot.responses.iter_mut().filter(|r| new.contains(&r.sample)).map(|response| {
            let pair = pair(&response.text);
            async move {
                if let Some(verdict) = response.verdict.take() {
                    response.verdict = Some(self.ports.escalation.settle(&pair, verdict).await.verdict);
                }
            }
        });
        futures::future::join_all(settled).await;
        slot
    }
}

/// Share of the responses that are equivalent to the reference, as the statistics count it: what infrastructure kept from
/// a verdict does not count; `None` where nothing does.
fn pass_rate(responses: &[ResponseRecord]) -> Option<f64> {
    let outcomes = || responses.iter().filter_map(|r| r.verdict.as_ref()).map(|v| v.outcome);
    let counted = outcomes().filter(|o| *o != Outcome::Error).count();
    let passed = outcomes().filter(|o| *o == Outcome::Equivalent).count();
    (counted > 0).then(|| passed as f64 / counted as f64)
}
