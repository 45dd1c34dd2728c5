//! Sampling plans: which pairs people are to judge, so that rates of the whole follow.
//!
//! Strata are the pairs of one verdict, tier and domain; [`super::allocation`] says how many of each. Within a stratum pairs
//! are taken by the hash of the random seed and of their identity, smallest first: so the same seed takes the same pairs
//! whatever order they were stored in, and a larger plan begins with the smaller one.

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;

use super::allocation;
use super::stratified::Stratum;
use crate::store::filter::Filter;
use crate::store::plan::{FramePair, NewPlan, NewPlanItem, Plan, PlanItem, PlanStratum};
use crate::store::record::Judgement;
use crate::store::{Reader, StoreError};
use crate::verifier::{Outcome, Tier};

/// Pairs of a plan where nothing else is wished for.
pub const DEFAULT_SIZE: u64 = 200;
/// Pairs that the screen enlarges a plan by.
pub const MORE: u64 = 100;

/// How large a plan is to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wish {
    /// So many pairs in all.
    Size(u64),
    /// As many as both rates need to come within so much of the truth, as far as can be foreseen.
    HalfWidth(f64),
}

/// A pair that can be drawn.
#[derive(Debug, Clone, Copy)]
struct Drawable {
    stratum: usize,
    key: u128,
    candidate: i64,
    sample: u32,
}

/// What a plan is drawn from.
#[derive(Debug)]
pub struct Frame {
    rng_seed: u64,
    numbers: BTreeMap<(Outcome, Tier, String), usize>,
    sizes: Vec<u64>,
    pairs: Vec<Drawable>,
    /// No strata but those that are there.
    closed: bool,
}

impl Frame {
    /// A frame without pairs, in which strata are made as pairs come.
    pub fn new(rng_seed: u64) -> Self {
        Self { rng_seed, numbers: BTreeMap::new(), sizes: Vec::new(), pairs: Vec::new(), closed: false }
    }

    /// A frame of the strata of a plan; pairs outside of them are passed over.
    pub fn of(plan: &Plan) -> Self {
        let mut frame = Self::new(plan.rng_seed);
        for stratum in &plan.strata {
            frame.number(stratum.verdict, stratum.tier, &stratum.domain);
        }
        frame.closed = true;
        frame
    }

    fn number(&mut self, verdict: Outcome, tier: Tier, domain: &str) -> Option<usize> {
        let key = (verdict, tier, domain.to_owned());
        if let Some(number) = self.numbers.get(&key) {
            return Some(*number);
        }
        if self.closed {
            return None;
        }
        self.numbers.insert(key, self.sizes.len());
        self.sizes.push(0);
        Some(self.sizes.len() - 1)
    }

    /// Adds a pair.
    pub fn add(&mut self, pair: &FramePair) {
        let Some(stratum) = self.number(pair.outcome, pair.tier, &pair.domain) else { return };
        self.sizes[stratum] += 1;
        let mut hasher = blake3::Hasher::new_derive_key("loong 2026-11 sampling plan");
        hasher.update(&self.rng_seed.to_le_bytes());
        hasher.update(&pair.sample.to_le_bytes());
        hasher.update(pair.uid.as_bytes());
        let mut key = [0; 16];
        hasher.finalize_xof().fill(&mut key);
        let (candidate, sample) = (pair.candidate, pair.sample);
        self.pairs.push(Drawable { stratum, key: u128::from_le_bytes(key), candidate, sample });
    }

    /// Numbers the strata by verdict, tier and domain, so that they do not depend on the order of adding; returns them.
    fn settle(&mut self) -> Vec<PlanStratum> {
        let mut places = vec![0; self.sizes.len()];
        let mut strata = Vec::with_capacity(self.sizes.len());
        for (place, ((verdict, tier, domain), number)) in self.numbers.iter_mut().enumerate() {
            places[*number] = place;
            strata.push(PlanStratum {
                verdict: *verdict,
                tier: *tier,
                domain: domain.clone(),
                size: self.sizes[*number],
            });
            *number = place;
        }
        self.sizes = strata.iter().map(|s| s.size).collect();
        for pair in &mut self.pairs {
            pair.stratum = places[pair.stratum];
        }
        strata
    }

    /// So many further pairs of each stratum, in the order in which they are to be judged: wherever one stops, each stratum
    /// has had about its share.
    fn draw(&mut self, wanted: &[u64], taken: &HashSet<(i64, u32)>) -> Vec<NewPlanItem> {
        self.pairs.sort_unstable_by_key(|p| (p.stratum, p.key));
        let mut drawn: Vec<(f64, u128, NewPlanItem)> = Vec::new();
        let mut had = vec![0_u64; wanted.len()];
        for pair in &self.pairs {
            let (Some(n), Some(had)) = (wanted.get(pair.stratum), had.get_mut(pair.stratum)) else { continue };
            if *had >= *n || taken.contains(&(pair.candidate, pair.sample)) {
                continue;
            }
            let item = NewPlanItem { stratum: pair.stratum, candidate: pair.candidate, sample: pair.sample };
            drawn.push(((*had as f64 + 0.5) / *n as f64, pair.key, item));
            *had += 1;
        }
        drawn.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        drawn.into_iter().map(|(_, _, item)| item).collect()
    }
}

/// A new plan over the stored pairs.
///
/// # Errors
/// [`StoreError::Invalid`] where there is no pair with a verdict.
pub fn make(reader: &Reader, filter: &Filter, rng_seed: u64, blind: bool, wish: Wish) -> Result<NewPlan, StoreError> {
    let verdicts_to = reader.newest_verdict()?;
    let mut frame = Frame::new(rng_seed);
    reader.frame(filter, None, |pair| {
        frame.add(&pair);
        ControlFlow::Continue(())
    })?;
    let strata = frame.settle();
    if strata.is_empty() {
        let message = "there is no pair with a verdict to plan over: `loong import` or `loong run` brings some";
        return Err(StoreError::Invalid(message.to_owned()));
    }
    let unjudged: Vec<Stratum> =
        strata.iter().map(|s| Stratum { said: s.verdict, size: s.size as f64, judged: 0.0, equivalent: 0.0 }).collect();
    let least = vec![0; strata.len()];
    let total = total(&unjudged, &least, wish);
    let sizes = allocation::sizes(&unjudged, &least, total);
    let items = frame.draw(&sizes, &HashSet::new());
    Ok(NewPlan { filter: filter.to_string(), rng_seed, blind, verdicts_to, strata, items })
}

fn total(strata: &[Stratum], least: &[u64], wish: Wish) -> u64 {
    match wish {
        Wish::Size(size) => size.max(1),
        Wish::HalfWidth(half_width) => allocation::total_for(strata, least, half_width),
    }
}

/// The strata of a plan with what was judged of its pairs, by the verdicts of when it was made.
pub fn judged(plan: &Plan, items: &[PlanItem]) -> Vec<Stratum> {
    let mut strata: Vec<Stratum> = plan
        .strata
        .iter()
        .map(|s| Stratum { said: s.verdict, size: s.size as f64, judged: 0.0, equivalent: 0.0 })
        .collect();
    for item in items.iter().filter(|item| !item.contested) {
        let Some(stratum) = strata.get_mut(item.stratum) else { continue };
        match item.judgement {
            Some(Judgement::Equivalent) => {
                stratum.judged += 1.0;
                stratum.equivalent += 1.0;
            }
            Some(Judgement::Different) => stratum.judged += 1.0,
            Some(Judgement::CantTell) | None => {}
        }
    }
    strata
}

/// Pairs of each stratum that a plan has.
fn planned(plan: &Plan, items: &[PlanItem]) -> Vec<u64> {
    let mut planned = vec![0; plan.strata.len()];
    for item in items {
        if let Some(n) = planned.get_mut(item.stratum) {
            *n += 1;
        }
    }
    planned
}

/// Further pairs for a plan, by what was judged of it; none where it is large enough. They are drawn from what it was drawn
/// from before: pairs that were stored or verified anew since are left for a new plan.
pub fn extend(reader: &Reader, plan: &Plan, wish: Wish) -> Result<Vec<NewPlanItem>, StoreError> {
    let items = reader.plan_items(plan.id)?;
    let (strata, least) = (judged(plan, &items), planned(plan, &items));
    let wanted = allocation::sizes(&strata, &least, total(&strata, &least, wish));
    let more: Vec<u64> = wanted.iter().zip(&least).map(|(w, l)| w.saturating_sub(*l)).collect();
    if more.iter().sum::<u64>() == 0 {
        return Ok(Vec::new());
    }
    let filter = Filter::parse(&plan.filter).map_err(|e| StoreError::Invalid(e.to_string()))?;
    let mut frame = Frame::of(plan);
    reader.frame(&filter, Some(plan.verdicts_to), |pair| {
        frame.add(&pair);
        ControlFlow::Continue(())
    })?;
    // What left the filter left it for what was judged or verified since: a sample of the others would be a biased one.
    if plan.strata.iter().zip(&frame.sizes).any(|(stratum, now)| *now < stratum.size) {
        return Err(StoreError::Invalid(
            "the plan's filter takes fewer pairs now than when the plan was drawn, so that it cannot be enlarged; draw a new \
             one with --renew, over a filter that does not change with judging"
                .to_owned(),
        ));
    }
    let taken = items.iter().map(|item| (item.candidate, item.sample)).collect();
    Ok(frame.draw(&more, &taken))
}

/// How large a plan has to be for both rates to come within `half_width`, as far as what was judged lets foresee.
pub fn needed(plan: &Plan, items: &[PlanItem], half_width: f64) -> u64 {
    let (strata, least) = (judged(plan, items), planned(plan, items));
    allocation::total_for(&strata, &least, half_width)
}
