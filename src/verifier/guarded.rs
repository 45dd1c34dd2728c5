//! A verifier's panic is an infrastructure failure of one pair: nothing is said about its answers, or of the others.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Outcome, Pair, Tier, Verdict, Verifier};

/// The verdict on one pair; `error` where the verifier failed on it.
pub fn verify_guarded(verifier: &dyn Verifier, pair: &Pair) -> Verdict {
    catch_unwind(AssertUnwindSafe(|| verifier.verify(pair))).unwrap_or_else(|_| Verdict {
        outcome: Outcome::Error,
        tier: Tier::Extract,
        leniencies: Vec::new(),
        reason: "the verifier failed on this pair; this says nothing about the answers".to_owned(),
        extracted: None,
        reference_value: pair.references.first().cloned().unwrap_or_default(),
        response_value: String::new(),
        side: None,
        version: verifier.version().to_owned(),
    })
}
