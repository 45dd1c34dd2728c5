//! Sampling plans, as plain values.

use serde::Serialize;

use super::record::Judgement;
use crate::verifier::{Leniency, Outcome, Tier};

/// A pair that a plan may draw.
#[derive(Debug, Clone, PartialEq)]
pub struct FramePair {
    /// Row of its candidate.
    pub candidate: i64,
    /// Stable identity of its candidate.
    pub uid: String,
    /// The response's sample number.
    pub sample: u32,
    /// The verdict; never an error.
    pub outcome: Outcome,
    /// The tier that decided.
    pub tier: Tier,
    /// The domain's slug; empty when unknown.
    pub domain: String,
}

/// Pairs of one verdict, tier and domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanStratum {
    /// The verdict when the plan was made.
    pub verdict: Outcome,
    /// The tier that decided then.
    pub tier: Tier,
    /// The domain's slug; empty when unknown.
    pub domain: String,
    /// Pairs in it.
    pub size: u64,
}

/// A pair that was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewPlanItem {
    /// Its stratum, counted from 0.
    pub stratum: usize,
    /// Row of its candidate.
    pub candidate: i64,
    /// The response's sample number.
    pub sample: u32,
}

/// A plan to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPlan {
    /// Which candidates it was drawn from.
    pub filter: String,
    /// What it was drawn with.
    pub rng_seed: u64,
    /// Whether verdicts are to be hidden from who judges.
    pub blind: bool,
    /// The newest verdict that it knows, see [`super::Reader::newest_verdict`].
    pub verdicts_to: i64,
    /// Its strata.
    pub strata: Vec<PlanStratum>,
    /// Its pairs, in the order in which they are to be judged.
    pub items: Vec<NewPlanItem>,
}

/// A plan as it was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Row.
    pub id: i64,
    /// Stable identity.
    pub uid: String,
    /// When it was made; RFC 3339.
    pub at: String,
    /// Which candidates it was drawn from; empty for all.
    pub filter: String,
    /// What it was drawn with.
    pub rng_seed: u64,
    /// Whether verdicts are to be hidden from who judges.
    pub blind: bool,
    /// The newest verdict that it knew.
    pub verdicts_to: i64,
    /// Its strata.
    pub strata: Vec<PlanStratum>,
}

/// A pair of a plan, with what is said of it now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanItem {
    /// Its place in the order of judging, from 0.
    pub position: u64,
    /// Its stratum, counted from 0.
    pub stratum: usize,
    /// Row of its candidate.
    pub candidate: i64,
    /// The response's sample number.
    pub sample: u32,
    /// The verifier's word now.
    pub outcome: Option<Outcome>,
    /// The tier that decided.
    pub tier: Option<Tier>,
    /// Leniencies that the verdict needed.
    pub leniencies: Vec<Leniency>,
    /// The people's word.
    pub judgement: Option<Judgement>,
    /// Reviewers disagree with each other.
    pub contested: bool,
    /// Whether the verdict was hidden from everybody who judged it; `None` where nobody did.
    pub blind: Option<bool>,
}

impl PlanItem {
    /// Whether people gave a word on it, be it that they cannot tell or do not agree.
    pub fn is_judged(&self) -> bool {
        self.judgement.is_some() || self.contested
    }
}

/// One reviewer's word on one pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Row of the candidate.
    pub candidate: i64,
    /// The response's sample number.
    pub sample: u32,
    /// Who.
    pub reviewer: String,
    /// What; the latest that is in force.
    pub judgement: Judgement,
}
