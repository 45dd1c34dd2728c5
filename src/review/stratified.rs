//! Rates of a whole from judgements of a stratified sample, with intervals that hold at small counts.
//!
//! A stratum is a set of pairs of known size that the verifier said the same of; some of them, drawn at random, were
//! judged. A rate of the whole is a ratio of weighted sums over strata: the false-negative rate is the pairs that are
//! truly equivalent in strata not said equivalent, over those that are truly equivalent anywhere.
//!
//! The interval is a score interval with the nuisance shares at their restricted maximum likelihood (O. S. Miettinen and
//! M. Nurminen, Statistics in Medicine 4, 1985, 213–226; J. J. Gart and J. Nam, Biometrics 44, 1988, 323–338). That a rate
//! is θ is one linear condition on the shares of the strata, Σ aₕ(θ) pₕ + cθ = 0 (as Fieller wrote it for a ratio). The
//! shares are fitted under that condition, and θ is in the interval where the sum, standing apart from 0, is within 1.96
//! of its standard deviations *under the fitted shares*. So a stratum in which no error was found widens the interval by
//! what could have been missed there, instead of adding nothing, as with variances taken from the sample. Of a single
//! stratum it is Wilson's interval. Each count is given the weight that drawing without replacement gives it (W. G.
//! Cochran, Sampling Techniques, 3rd ed., 1977, §3.2).

use serde::Serialize;

use super::proportion::Z;
use crate::verifier::Outcome;

/// A stratum, and what was found of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Stratum {
    /// What the verifier says of its pairs.
    pub said: Outcome,
    /// Pairs in it; of a part whose size was itself estimated, not whole.
    pub size: f64,
    /// Those of them that were judged.
    pub judged: f64,
    /// Those of the judged that are truly equivalent.
    pub equivalent: f64,
}

/// A rate with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The rate; `None` where the judged pairs say nothing of it.
    pub estimate: Option<f64>,
    /// Lower end of the interval, 0…1.
    pub low: f64,
    /// Upper end of the interval, 0…1.
    pub high: f64,
    /// Judged pairs that it rests on.
    pub n: u64,
}

impl Estimate {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self { estimate: None, low: 0.0, high: 1.0, n: 0 };

    /// Half of the interval.
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }

    /// The estimate of the complement.
    #[must_use]
    pub fn complement(self) -> Self {
        Self { estimate: self.estimate.map(|e| 1.0 - e), low: 1.0 - self.high, high: 1.0 - self.low, n: self.n }
    }
}

/// A measure of the verifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// P(not said equivalent | truly equivalent).
    FalseNegative,
    /// The part of it that is undecided.
    FalseNegativeUndecided,
    /// P(said equivalent | truly different).
    FalsePositive,
    /// P(truly equivalent | said equivalent).
    Precision,
    /// P(truly equivalent | not said equivalent).
    Missed,
    /// P(truly equivalent), of all pairs.
    Prevalence,
}

impl Measure {
    /// Whether it is about pairs that the verifier said this of.
    fn takes(self, said: Outcome) -> bool {
        match self {
            Self::Precision => said == Outcome::Equivalent,
            Self::Missed => said != Outcome::Equivalent,
            _ => true,
        }
    }
}

/// A stratum's share, how often it was looked for, and its part in the condition: `fixed + θ · slope`.
#[derive(Debug, Clone, Copy)]
struct Part {
    share: f64,
    /// Judgements, as many as would say as much of a whole without end; infinite where all were judged.
    weight: f64,
    fixed: f64,
    slope: f64,
}

impl Part {
    fn at(&self, rate: f64) -> f64 {
        self.fixed + rate * self.slope
    }

    /// The share that is likeliest where moving it by `d` is worth `pull · d`.
    fn fitted(&self, pull: f64) -> f64 {
        if self.weight.is_infinite() || pull == 0.0 {
            return self.share;
        }
        let (n, b) = (self.weight, pull);
        if self.share <= 0.0 && n >= b {
            return 0.0;
        }
        let root = ((n - b) * (n - b) + 4.0 * b * n * self.share).max(0.0).sqrt();
        // Two forms of one root, each where it does not cancel.
        let share = if n >= b { 2.0 * n * self.share / (n - b + root) } else { (b - n + root) / (2.0 * b) };
        share.clamp(0.0, 1.0)
    }
}

/// The condition that a rate puts on the shares.
struct Condition {
    parts: Vec<Part>,
    /// What the rate adds by itself.
    slope: f64,
}

impl Condition {
    fn of(measure: Measure, strata: &[Stratum]) -> Self {
        let whole: f64 = strata.iter().map(|s| s.size).sum::<f64>().max(1.0);
        let mut slope = 0.0;
        let parts = strata
            .iter()
            .filter(|s| measure.takes(s.said) && s.size > 0.0)
            .map(|s| {
                let weight = if s.size - s.judged < 0.5 {
                    f64::INFINITY
                } else {
                    s.judged * (s.size - 1.0).max(1.0) / (s.size - s.judged)
                };
                let size = s.size / whole;
                let share = (s.equivalent / s.judged).clamp(0.0, 1.0);
                let errs = match measure {
                    Measure::FalseNegative => s.said != Outcome::Equivalent,
                    Measure::FalseNegativeUndecided => s.said == Outcome::Undecided,
                    Measure::FalsePositive => s.said == Outcome::Equivalent,
                    Measure::Precision | Measure::Missed | Measure::Prevalence => true,
                };
                let fixed = if errs { size } else { 0.0 };
                match measure {
                    Measure::FalsePositive => Part { share: 1.0 - share, weight, fixed, slope: -size },
                    Measure::FalseNegative | Measure::FalseNegativeUndecided => {
                        Part { share, weight, fixed, slope: -size }
                    }
                    Measure::Precision | Measure::Missed | Measure::Prevalence => {
                        slope -= size;
                        Part { share, weight, fixed, slope: 0.0 }
                    }
                }
            })
            .collect();
        Self { parts, slope }
    }

    /// The rate as it was found.
    fn rate(&self) -> Option<f64> {
        let over: f64 = self.parts.iter().map(|p| p.fixed * p.share).sum();
        let under: f64 = -self.slope - self.parts.iter().map(|p| p.slope * p.share).sum::<f64>();
        (under > 0.0).then(|| (over / under).clamp(0.0, 1.0))
    }

    fn sum(&self, rate: f64, pull: f64) -> f64 {
        self.parts.iter().map(|p| p.at(rate) * p.fitted(pull * p.at(rate))).sum::<f64>() + self.slope * rate
    }

    /// How far the shares that were found are from the condition, in its standard deviations under the fitted shares.
    fn distance(&self, rate: f64) -> f64 {
        let found = self.sum(rate, 0.0);
        let Some(pull) = self.pull(rate, found) else { return f64::INFINITY };
        let variance: f64 = self
            .parts
            .iter()
            .filter(|p| p.weight.is_finite())
            .map(|p| {
                let (a, share) = (p.at(rate), p.fitted(pull * p.at(rate)));
                a * a * share * (1.0 - share) / p.weight
            })
            .sum();
        if variance > 0.0 { found.abs() / variance.sqrt() } else { f64::INFINITY }
    }

    /// The pull under which the fitted shares meet the condition; `None` where no shares do.
    fn pull(&self, rate: f64, found: f64) -> Option<f64> {
        if found == 0.0 {
            return Some(0.0);
        }
        // The sum grows with the pull. One end is 0, the other is doubled until the condition lies between.
        let towards = -found.signum();
        let (mut near, mut at_near) = (0.0, found);
        let (mut far, mut at_far) = (towards, 0.0);
        let mut bracketed = false;
        for _ in 0..80 {
            at_far = self.sum(rate, far);
            if at_far * found <= 0.0 {
                bracketed = true;
                break;
            }
            (near, at_near) = (far, at_far);
            far *= 4.0;
        }
        if !bracketed {
            return None;
        }
        // Regula falsi after the Illinois rule.
        let mut kept = 0;
        for _ in 0..100 {
            let next = (near * at_far - far * at_near) / (at_far - at_near);
            let value = self.sum(rate, next);
            if value.abs() <= found.abs() * 1e-9 || (far - near).abs() <= 1e-12 * far.abs() {
                return Some(next);
            }
            if (value > 0.0) == (at_far > 0.0) {
                (far, at_far) = (next, value);
                if kept == 1 {
                    at_near /= 2.0;
                }
                kept = 1;
            } else {
                (near, at_near) = (next, value);
                if kept == -1 {
                    at_far /= 2.0;
                }
                kept = -1;
            }
        }
        Some(near)
    }

    /// The end of the interval between the rate as found and `limit`.
    fn end(&self, rate: f64, limit: f64) -> f64 {
        if (rate - limit).abs() < 1e-15 {
            return limit;
        }
        let (mut inside, mut outside) = (rate, limit);
        // What is a hair from the limit stands for it, where the condition may have no solution.
        if self.distance(limit + (rate - limit) * 1e-9) <= Z {
            return limit;
        }
        for _ in 0..60 {
            let middle = f64::midpoint(inside, outside);
            if self.distance(middle) <= Z {
                inside = middle;
            } else {
                outside = middle;
            }
            if (inside - outside).abs() < 1e-10 {
                break;
            }
        }
        inside
    }
}

/// A measure of the whole that the strata make up, from what was judged of each. Nothing is known of a whole that has a
/// stratum of which nothing was judged: give that one together with one that is like it.
pub fn estimate(measure: Measure, strata: &[Stratum]) -> Estimate {
    let taken = || strata.iter().filter(|s| measure.takes(s.said) && s.size > 0.0);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    let n = taken().map(|s| s.judged).sum::<f64>().max(0.0).round() as u64;
    let unknown = Estimate { n, ..Estimate::UNKNOWN };
    if taken().any(|s| s.judged <= 0.0) {
        return unknown;
    }
    let condition = Condition::of(measure, strata);
    let Some(rate) = condition.rate() else { return unknown };
    Estimate { estimate: Some(rate), low: condition.end(rate, 0.0), high: condition.end(rate, 1.0), n }
}
