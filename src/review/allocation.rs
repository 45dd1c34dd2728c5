//! How many pairs of each stratum to judge: Neyman's allocation (J. Neyman, JRSS 97, 1934), for two rates at once and
//! within bounds.
//!
//! A stratum's part in the variance of a rate is Nₕ²·aₕ²·pₕ(1−pₕ)/nₕ, with aₕ from the rate's linear form. What is made
//! least is the wider of the two intervals, of the false-negative and of the false-positive rate: their variances are
//! weighted so that both come out equal. A stratum gets no less than a floor, than what it has already, and no more than
//! it holds; the others share what is left (S. Gabler, M. Ganninger and R. Münnich, Metrika 75, 2012). Shares are guessed
//! from what was judged, drawn towards all strata of the same verdict, so that a stratum in which nothing was found yet
//! is not taken for one without errors.
//!
//! A plan that is enlarged by what was judged leans a little towards what was found first: a stratum whose early pairs show
//! few errors gets few more. Simulated audits that were enlarged after a third to a half of their judgements held the truth
//! in 94.3 % of their intervals, and those enlarged after three fifths in 95.0 %: so better enlarge late, and once.

use super::stratified::{Estimate, Measure, Stratum, estimate};
use crate::verifier::Outcome;

/// Judgements that a prior guess is worth.
const GUESS: f64 = 2.0;

/// How often a verdict is thought to be wrong before anything was judged.
fn prior(said: Outcome) -> f64 {
    match said {
        Outcome::Equivalent => 0.03,
        Outcome::Different | Outcome::Error => 0.05,
        Outcome::Undecided => 0.25,
    }
}

/// The judged pairs of a stratum of which the verdict is wrong.
fn wrong(stratum: &Stratum) -> f64 {
    if stratum.said == Outcome::Equivalent { stratum.judged - stratum.equivalent } else { stratum.equivalent }
}

/// How often a verdict seems to be wrong, over all its strata.
fn pooled(said: Outcome, all: &[Stratum]) -> f64 {
    let alike = all.iter().filter(|s| s.said == said);
    let (k, n) = alike.fold((0.0, 0.0), |(k, n), s| (k + wrong(s), n + s.judged));
    (k + GUESS * prior(said)) / (n + GUESS)
}

/// The share of a stratum's pairs that are truly equivalent, where so many of them are wrong.
fn equivalent(stratum: &Stratum, errors: f64) -> f64 {
    if stratum.said == Outcome::Equivalent { 1.0 - errors } else { errors }
}

/// The share that is likely, for foreseeing.
fn likely(stratum: &Stratum, all: &[Stratum]) -> f64 {
    let errors = (wrong(stratum) + GUESS * pooled(stratum.said, all)) / (stratum.judged + GUESS);
    equivalent(stratum, errors)
}

/// The share that sizes go by. Half of what the guess is worth is one half: what looks safe is looked at all the same.
fn guess(stratum: &Stratum, all: &[Stratum]) -> f64 {
    let errors = (wrong(stratum) + GUESS / 2.0 * (pooled(stratum.said, all) + 0.5)) / (stratum.judged + GUESS);
    equivalent(stratum, errors)
}

/// Parts of the strata in the variances of the two rates: Nₕ·|aₕ|·√(pₕ(1−pₕ)).
struct Spread {
    false_negative: Vec<f64>,
    false_positive: Vec<f64>,
}

impl Spread {
    fn of(strata: &[Stratum]) -> Self {
        let shares: Vec<f64> = strata.iter().map(|s| guess(s, strata)).collect();
        let sum = |of: &dyn Fn(&Stratum, f64) -> f64| -> f64 {
            strata.iter().zip(&shares).map(|(s, p)| s.size * of(s, *p)).sum::<f64>().max(f64::MIN_POSITIVE)
        };
        let is_said = |s: &Stratum| f64::from(u8::from(s.said == Outcome::Equivalent));
        let same = sum(&|_, p| p);
        let unlike = sum(&|_, p| 1.0 - p);
        let missed = sum(&|s, p| (1.0 - is_said(s)) * p) / same;
        let taken = sum(&|s, p| is_said(s) * (1.0 - p)) / unlike;
        let part = |of: &dyn Fn(&Stratum) -> f64| -> Vec<f64> {
            strata.iter().zip(&shares).map(|(s, p)| s.size * of(s).abs() * (p * (1.0 - p)).sqrt()).collect()
        };
        Self {
            false_negative: part(&|s| (1.0 - is_said(s) - missed) / same),
            false_positive: part(&|s| (is_said(s) - taken) / unlike),
        }
    }

    /// What sizes go by where the false-negative rate has this weight.
    fn weights(&self, weight: f64) -> Vec<f64> {
        let both = self.false_negative.iter().zip(&self.false_positive);
        both.map(|(a, b)| (weight * a * a + (1.0 - weight) * b * b).sqrt()).collect()
    }
}

/// A variance at these sizes.
fn variance(parts: &[f64], sizes: &[f64], strata: &[Stratum]) -> f64 {
    let each = parts.iter().zip(sizes).zip(strata);
    each.map(|((part, n), s)| part * part * (1.0 / n.max(1e-9) - 1.0 / s.size.max(1.0)).max(0.0)).sum()
}

/// Sizes that go by weights within bounds and sum up to a total, not rounded.
fn within(weights: &[f64], least: &[f64], strata: &[Stratum], total: f64) -> Vec<f64> {
    let at = |scale: f64| -> Vec<f64> {
        weights.iter().zip(least).zip(strata).map(|((w, l), s)| (scale * w).max(*l).min(s.size)).collect()
    };
    let (mut low, mut high) = (0.0, 1.0);
    let enough = |scale: f64| at(scale).iter().sum::<f64>() >= total;
    for _ in 0..200 {
        if enough(high) {
            break;
        }
        high *= 4.0;
    }
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if enough(middle) { high = middle } else { low = middle }
    }
    at(high)
}

/// The floor that strata get before anything else, where `total` judgements are shared among them.
fn floors(strata: &[Stratum], least: &[u64], total: u64) -> Vec<f64> {
    let room = total as f64 / 4.0 / strata.len().max(1) as f64;
    let floor = room.floor().clamp(1.0, 20.0);
    let raised: Vec<f64> = strata.iter().zip(least).map(|(s, l)| (*l as f64).max(floor.min(s.size))).collect();
    // Fewer judgements than strata: the larger strata come first, and that is what the weights do.
    if raised.iter().sum::<f64>() > total as f64 { least.iter().map(|l| *l as f64).collect() } else { raised }
}

/// How many pairs of each stratum to judge, `total` of all, with at least so many of each; what cannot be shared out,
/// because the strata hold fewer, is not.
pub fn sizes(strata: &[Stratum], least: &[u64], total: u64) -> Vec<u64> {
    let spread = Spread::of(strata);
    let floors = floors(strata, least, total);
    let (mut low, mut high) = (0.0, 1.0);
    let mut shared = within(&spread.weights(0.5), &floors, strata, total as f64);
    for _ in 0..20 {
        let weight = f64::midpoint(low, high);
        shared = within(&spread.weights(weight), &floors, strata, total as f64);
        let wider =
            variance(&spread.false_negative, &shared, strata) > variance(&spread.false_positive, &shared, strata);
        if wider { low = weight } else { high = weight }
    }
    rounded(&shared, strata, total)
}

/// Whole sizes, by largest remainders.
fn rounded(shared: &[f64], strata: &[Stratum], total: u64) -> Vec<u64> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes of samples")]
    let mut sizes: Vec<u64> = shared.iter().map(|n| (n + 1e-6).floor().max(0.0) as u64).collect();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by(|a, b| {
        let rest = |i: usize| shared[i] - sizes[i] as f64;
        rest(*b).total_cmp(&rest(*a)).then(a.cmp(b))
    });
    let mut left = total.saturating_sub(sizes.iter().sum());
    for i in order {
        if left > 0 && ((sizes[i] + 1) as f64) <= strata[i].size {
            sizes[i] += 1;
            left -= 1;
        }
    }
    sizes
}

/// What the two rates would come to after so many judgements, if the rest is like what was found.
pub fn expected(strata: &[Stratum], sizes: &[u64]) -> (Estimate, Estimate) {
    let judged: Vec<Stratum> = strata
        .iter()
        .zip(sizes)
        .map(|(s, n)| {
            let n = (*n as f64).max(s.judged);
            Stratum { judged: n, equivalent: s.equivalent + (n - s.judged) * likely(s, strata), ..*s }
        })
        .collect();
    (estimate(Measure::FalseNegative, &judged), estimate(Measure::FalsePositive, &judged))
}

/// The least total at which both rates are expected to be within `half_width`; all there is where that is not enough.
pub fn total_for(strata: &[Stratum], least: &[u64], half_width: f64) -> u64 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of pairs")]
    let all = strata.iter().map(|s| s.size).sum::<f64>() as u64;
    let enough = |total: u64| {
        let (negative, positive) = expected(strata, &sizes(strata, least, total));
        negative.half_width().max(positive.half_width()) <= half_width
    };
    let (mut low, mut high) = (least.iter().sum::<u64>().max(1), all);
    if low >= high || enough(low) {
        return low.min(all);
    }
    while high - low > 1 + high / 200 {
        let middle = u64::midpoint(low, high);
        if enough(middle) { high = middle } else { low = middle }
    }
    high
}
