//! What a sampling plan's judgements say of the verifier: rates of all pairs that the plan was drawn from, with intervals.
//!
//! Strata are those of the plan, cut further by the verdict that their pairs have now, so that the rates are those of the
//! verifier as it is, also after it was changed; how large such a cut is, is then taken from the plan's pairs. A stratum of
//! which nothing was judged is taken together with the one most like it, and that is counted.
//!
//! A plan's pairs are a random sample in the order of judging, and so is the beginning of each stratum. A pair that was
//! judged out of turn, because another queue brought it up (the most suspicious first), is there for a reason: it counts
//! once those before it in its stratum are judged.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::plan;
use super::stratified::{Estimate, Measure, Stratum, estimate};
use crate::store::plan::{Plan, PlanItem};
use crate::store::record::Judgement;
use crate::verifier::{Leniency, Outcome, Tier};

/// Half-widths for which the judgements still needed are told.
const WIDTHS: [f64; 4] = [0.05, 0.02, 0.01, 0.005];

/// Rates of some of the pairs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanRates {
    /// The domain's slug (empty when unknown) or the tier; empty for all.
    pub name: String,
    /// Pairs that the rates are about.
    pub pairs: u64,
    /// Judged pairs that they rest on.
    pub judged: u64,
    /// Strata taken together with another one, because nothing of them was judged.
    pub merged: usize,
    /// P(not said equivalent | truly equivalent), `undecided` included.
    pub false_negative: Estimate,
    /// The part of it that is undecided.
    pub false_negative_undecided: Estimate,
    /// P(said equivalent | truly different).
    pub false_positive: Estimate,
    /// P(truly equivalent | said equivalent).
    pub precision: Estimate,
    /// P(truly equivalent | not said equivalent).
    pub missed: Estimate,
    /// P(said equivalent | truly equivalent).
    pub recall: Estimate,
    /// P(truly equivalent).
    pub prevalence: Estimate,
    /// The share of pairs that the verifier could not tell; known of all of them while no verdict has changed.
    pub undecided: f64,
}

/// How often a leniency was wrong to find a pair equivalent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeniencyRate {
    /// The leniency.
    pub name: Leniency,
    /// Pairs that needed it, as the plan's pairs tell.
    pub pairs: u64,
    /// P(truly different | said equivalent by it).
    pub wrong: Estimate,
}

/// The two noise rates that noise-corrected reinforcement learning takes (X.-Q. Cai and others, arXiv 2510.00915): ρ₀ is how
/// often a wrong answer is rewarded, ρ₁ how often a right one is not. Early versions of the article write ρ₊ and ρ₋.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Noise {
    /// The false-positive rate.
    pub rho_0: Estimate,
    /// The false-negative rate.
    pub rho_1: Estimate,
}

/// How many pairs a plan needs for a wanted width.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Needed {
    /// Half of the wider of the two intervals.
    pub half_width: f64,
    /// Pairs of such a plan.
    pub size: u64,
    /// Those of them that nobody judged yet.
    pub more: u64,
}

/// Pairs by people's and the verifier's word, estimated for the whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Weighed {
    /// Said equivalent.
    pub equivalent: f64,
    /// Said different.
    pub different: f64,
    /// Undecided.
    pub undecided: f64,
}

/// What a plan found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanAudit {
    /// What the rates rest on, in a sentence.
    pub basis: String,
    /// The plan's identity.
    pub plan: String,
    /// When it was made.
    pub at: String,
    /// Which candidates it was drawn from; empty for all.
    pub filter: String,
    /// What it was drawn with.
    pub rng_seed: u64,
    /// Whether verdicts are to be hidden from who judges.
    pub blind: bool,
    /// Pairs that it was drawn from.
    pub pairs: u64,
    /// Its strata.
    pub strata: usize,
    /// Pairs that it has.
    pub planned: u64,
    /// Those that people gave a word on.
    pub judged: u64,
    /// Judged pairs left out because people could not tell.
    pub cant_tell: u64,
    /// Judged pairs left out because reviewers disagree.
    pub contested: u64,
    /// Judged pairs left out for now because pairs before them in their stratum are not judged.
    pub out_of_turn: u64,
    /// Pairs of the plan whose verdict is another one by now.
    pub changed: u64,
    /// Rates of all pairs.
    pub overall: PlanRates,
    /// Rates from what was judged with the verdict hidden.
    pub hidden: Option<PlanRates>,
    /// Rates from what was judged with the verdict in sight.
    pub in_sight: Option<PlanRates>,
    /// Rates by domain.
    pub by_domain: Vec<PlanRates>,
    /// Rates by the tier that decided. A tier that never says equivalent misses all there is to miss: what tells of a tier is
    /// how often what it says is wrong, `precision` and `missed`.
    pub by_tier: Vec<PlanRates>,
    /// How often each leniency was wrong.
    pub by_leniency: Vec<LeniencyRate>,
    /// Of pairs that are truly equivalent, what the verifier says; estimated for the whole.
    pub truly_equivalent: Weighed,
    /// Of pairs that are truly different.
    pub truly_different: Weighed,
    /// For noise-corrected learning.
    pub noise: Noise,
    /// Judgements that narrower intervals need, as far as can be foreseen.
    pub needed: Vec<Needed>,
}

/// Pairs of one stratum that have one verdict now.
#[derive(Debug, Clone)]
struct Cell {
    said: Outcome,
    tier: Tier,
    domain: String,
    size: f64,
    judged: f64,
    equivalent: f64,
}

/// Which strata have come to a pair that is not judged, going through a plan in the order of judging.
#[derive(Default)]
struct Turns {
    stopped: BTreeSet<usize>,
}

impl Turns {
    /// Whether the pair was judged in its turn; `false` for one that is not judged.
    fn take(&mut self, item: &PlanItem) -> bool {
        if !item.is_judged() {
            self.stopped.insert(item.stratum);
        }
        !self.stopped.contains(&item.stratum)
    }
}

/// The plan's pairs that `taken` takes, cut into cells, with the judgements that `counts` takes; and how many pairs the plan
/// drew from each stratum.
fn drawn_cells(
    plan: &Plan,
    items: &[PlanItem],
    taken: impl Fn(&PlanItem) -> bool,
    counts: impl Fn(&PlanItem) -> bool,
) -> (Vec<Cell>, Vec<u64>) {
    let mut drawn = vec![0_u64; plan.strata.len()];
    let mut turns = Turns::default();
    let mut by_verdict: BTreeMap<(usize, Outcome, Tier), (f64, f64, f64)> = BTreeMap::new();
    for item in items {
        let Some(n) = drawn.get_mut(item.stratum) else { continue };
        *n += 1;
        let in_turn = turns.take(item);
        let (Some(said), Some(tier)) = (item.outcome, item.tier) else { continue };
        if said == Outcome::Error || !taken(item) {
            continue;
        }
        let cell = by_verdict.entry((item.stratum, said, tier)).or_default();
        cell.0 += 1.0;
        if item.contested || !in_turn || !counts(item) {
            continue;
        }
        match item.judgement {
            Some(Judgement::Equivalent) => {
                cell.1 += 1.0;
                cell.2 += 1.0;
            }
            Some(Judgement::Different) => cell.1 += 1.0,
            Some(Judgement::CantTell) | None => {}
        }
    }
    let cells = by_verdict
        .into_iter()
        .map(|((stratum, said, tier), (n, judged, equivalent))| {
            let of = &plan.strata[stratum];
            // Pairs that were not drawn may be fewer than a part of the size says; never fewer than those that were.
            let size = (of.size as f64 * n / drawn[stratum] as f64).max(n);
            Cell { said, tier, domain: of.domain.clone(), size, judged, equivalent }
        })
        .collect();
    (cells, drawn)
}

/// All pairs that the plan was drawn from, cut into cells.
fn cells(plan: &Plan, items: &[PlanItem], counts: impl Fn(&PlanItem) -> bool) -> Vec<Cell> {
    let (mut cells, drawn) = drawn_cells(plan, items, |_| true, counts);
    // Of what was not drawn from, the verdict of then is all that is known.
    for (of, _) in plan.strata.iter().zip(&drawn).filter(|(_, n)| **n == 0) {
        let (said, tier, domain) = (of.verdict, of.tier, of.domain.clone());
        cells.push(Cell { said, tier, domain, size: of.size as f64, judged: 0.0, equivalent: 0.0 });
    }
    cells
}

/// The judged cell that is most like one without a judgement; with `across`, also one of which the verifier said otherwise,
/// as long as that was not equivalent either.
fn alike(cells: &[Cell], cell: &Cell, across: bool) -> Option<usize> {
    let says = |o: Outcome| o == Outcome::Equivalent;
    (0..cells.len())
        .filter(|j| cells[*j].judged > 0.0 && says(cells[*j].said) == says(cell.said))
        .filter(|j| across || cells[*j].said == cell.said)
        .max_by(|a, b| {
            let rank = |j: usize| {
                let other = &cells[j];
                (other.said == cell.said, other.domain == cell.domain, other.tier == cell.tier)
            };
            rank(*a).cmp(&rank(*b)).then(cells[*a].size.total_cmp(&cells[*b].size)).then(b.cmp(a))
        })
}

/// Cells as strata: those without a judgement are put to the one most like them. Also how many were.
fn strata(cells: &[Cell], across: bool) -> (Vec<Stratum>, usize) {
    let mut out: Vec<Stratum> = cells
        .iter()
        .map(|c| Stratum { said: c.said, size: c.size, judged: c.judged, equivalent: c.equivalent })
        .collect();
    let mut merged = 0;
    for (i, cell) in cells.iter().enumerate().filter(|(_, c)| c.judged <= 0.0) {
        if let Some(j) = alike(cells, cell, across) {
            out[j].size += cell.size;
            out[i].size = 0.0;
            merged += 1;
        }
    }
    out.retain(|s| s.size > 0.0);
    (out, merged)
}

fn whole(n: f64) -> u64 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    let n = n.max(0.0).round() as u64;
    n
}

fn rates(name: &str, cells: &[Cell]) -> PlanRates {
    // What is undecided can't be told from what is different by what was judged of the others.
    let undecided = estimate(Measure::FalseNegativeUndecided, &strata(cells, false).0);
    let (strata, merged) = strata(cells, true);
    let of = |measure| estimate(measure, &strata);
    let size: f64 = strata.iter().map(|s| s.size).sum();
    let open: f64 = cells.iter().filter(|c| c.said == Outcome::Undecided).map(|c| c.size).sum();
    let false_negative = of(Measure::FalseNegative);
    PlanRates {
        name: name.to_owned(),
        pairs: whole(size),
        judged: whole(strata.iter().map(|s| s.judged).sum()),
        merged,
        false_negative,
        false_negative_undecided: undecided,
        false_positive: of(Measure::FalsePositive),
        precision: of(Measure::Precision),
        missed: of(Measure::Missed),
        recall: false_negative.complement(),
        prevalence: of(Measure::Prevalence),
        undecided: if size > 0.0 { open / size } else { 0.0 },
    }
}

impl PlanAudit {
    /// What a plan's pairs say, given all of them.
    pub fn of(plan: &Plan, items: &[PlanItem]) -> Self {
        let all = cells(plan, items, |_| true);
        let by = |blind: bool| {
            let any = items.iter().any(|i| i.is_judged() && i.blind == Some(blind));
            any.then(|| rates("", &cells(plan, items, |i| i.blind == Some(blind))))
        };
        let (hidden, in_sight) = (by(true), by(false));
        let overall = rates("", &all);
        let part = |name: &str, taken: &dyn Fn(&Cell) -> bool| {
            rates(name, &all.iter().filter(|c| taken(c)).cloned().collect::<Vec<_>>())
        };
        let mut domains: Vec<&str> = all.iter().map(|c| c.domain.as_str()).collect();
        domains.sort_unstable();
        domains.dedup();
        let count = |of: &dyn Fn(&PlanItem) -> bool| items.iter().filter(|i| of(i)).count() as u64;
        let judged = count(&PlanItem::is_judged);
        let pairs: u64 = plan.strata.iter().map(|s| s.size).sum();
        let weighed = |equivalent: bool| weighed(&all, equivalent);
        let mut turns = Turns::default();
        let out_of_turn = items.iter().filter(|i| !turns.take(i) && i.is_judged()).count() as u64;
        let waiting = match out_of_turn {
            0 => String::new(),
            n => format!("; {n} of them out of turn, which count when the pairs before them are judged"),
        };
        Self {
            basis: format!(
                "a stratified random sample: {judged} of {} planned pairs judged, out of {pairs} pairs in {} strata \
                 (verdict × tier × domain){waiting}",
                items.len(),
                plan.strata.len()
            ),
            plan: plan.uid.clone(),
            at: plan.at.clone(),
            filter: plan.filter.clone(),
            rng_seed: plan.rng_seed,
            blind: plan.blind,
            pairs,
            strata: plan.strata.len(),
            planned: items.len() as u64,
            judged,
            cant_tell: count(&|i| !i.contested && i.judgement == Some(Judgement::CantTell)),
            contested: count(&|i| i.contested),
            out_of_turn,
            changed: count(&|i| plan.strata.get(i.stratum).is_none_or(|s| Some(s.verdict) != i.outcome)),
            hidden,
            in_sight,
            by_domain: domains.iter().map(|domain| part(domain, &|c| c.domain == *domain)).collect(),
            by_tier: Tier::ALL
                .iter()
                .filter(|tier| all.iter().any(|c| c.tier == **tier))
                .map(|tier| part(tier.as_str(), &|c| c.tier == *tier))
                .collect(),
            by_leniency: Leniency::ALL.iter().filter_map(|l| by_leniency(plan, items, *l)).collect(),
            truly_equivalent: weighed(true),
            truly_different: weighed(false),
            noise: Noise { rho_0: overall.false_positive, rho_1: overall.false_negative },
            needed: needed(plan, items, judged),
            overall,
        }
    }

    /// The share of the plan that is judged, 0…1.
    pub fn progress(&self) -> f64 {
        if self.planned == 0 { 0.0 } else { self.judged as f64 / self.planned as f64 }
    }
}

/// Pairs of the whole that are truly equivalent, or different, by verdict. A cell without a judgement has the share of the
/// one most like it, and keeps its own verdict: how many pairs have that is known.
fn weighed(all: &[Cell], equivalent: bool) -> Weighed {
    let mut out = Weighed::default();
    for cell in all {
        let of = if cell.judged > 0.0 { Some(cell) } else { alike(all, cell, true).map(|at| &all[at]) };
        let Some(of) = of else { continue };
        let share = of.equivalent / of.judged;
        let n = cell.size * if equivalent { share } else { 1.0 - share };
        *match cell.said {
            Outcome::Equivalent => &mut out.equivalent,
            Outcome::Different => &mut out.different,
            Outcome::Undecided | Outcome::Error => &mut out.undecided,
        } += n;
    }
    out
}

fn by_leniency(plan: &Plan, items: &[PlanItem], leniency: Leniency) -> Option<LeniencyRate> {
    let needs = |i: &PlanItem| i.outcome == Some(Outcome::Equivalent) && i.leniencies.contains(&leniency);
    if !items.iter().any(needs) {
        return None;
    }
    let mine = drawn_cells(plan, items, needs, |_| true).0;
    let (strata, _) = strata(&mine, true);
    let wrong = estimate(Measure::Precision, &strata).complement();
    Some(LeniencyRate { name: leniency, pairs: whole(strata.iter().map(|s| s.size).sum()), wrong })
}

fn needed(plan: &Plan, items: &[PlanItem], judged: u64) -> Vec<Needed> {
    WIDTHS
        .iter()
        .map(|half_width| {
            let size = plan::needed(plan, items, *half_width);
            Needed { half_width: *half_width, size, more: size.saturating_sub(judged) }
        })
        .collect()
}
