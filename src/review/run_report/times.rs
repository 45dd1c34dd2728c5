//! How long candidates were in each stage.

use serde::Serialize;

use crate::store::record::StageSeconds;

/// Values that are kept of a stage; of more, every second is dropped, again and again.
const KEPT: usize = 1 << 16;

/// Times of one stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageTimes {
    /// The strategy; `None` for all.
    pub strategy: Option<String>,
    /// The stage.
    pub stage: &'static str,
    /// Candidates that came to it.
    pub candidates: u64,
    /// Half of them took no longer, in seconds.
    pub p50: f64,
    /// 95 of 100 took no longer, in seconds.
    pub p95: f64,
    /// Mean seconds.
    pub mean: f64,
}

/// Values of which quantiles are wanted, bounded in memory.
#[derive(Debug, Clone)]
struct Quantiles {
    kept: Vec<f64>,
    /// One in so many is kept.
    stride: u64,
    seen: u64,
    sum: f64,
}

impl Default for Quantiles {
    fn default() -> Self {
        Self { kept: Vec::new(), stride: 1, seen: 0, sum: 0.0 }
    }
}

impl Quantiles {
    fn add(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        if self.seen.is_multiple_of(self.stride) {
            if self.kept.len() >= KEPT {
                let mut nth = 0;
                self.kept.retain(|_| {
                    nth += 1;
                    nth % 2 == 1
                });
                self.stride *= 2;
            }
            if self.seen.is_multiple_of(self.stride) {
                self.kept.push(value);
            }
        }
        self.seen += 1;
        self.sum += value;
    }

    /// Values at these ranks (0…1), between neighbours where a rank falls there.
    fn at<const N: usize>(&self, ranks: [f64; N]) -> [f64; N] {
        let mut sorted = self.kept.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        ranks.map(|rank| {
            let place = rank * (sorted.len().saturating_sub(1)) as f64;
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the list")]
            let below = place as usize;
            let low = sorted.get(below).copied().unwrap_or_default();
            let high = sorted.get(below + 1).copied().unwrap_or(low);
            low + (high - low) * (place - below as f64)
        })
    }
}

/// Times by stage, of a part of the candidates.
#[derive(Debug, Clone, Default)]
pub(super) struct Times([Quantiles; 4]);

/// The stages that are timed.
const STAGES: [&str; 4] = ["generate", "execute", "solve", "verify"];

impl Times {
    /// Takes a candidate's times in; where nobody was asked to solve it, solving and verifying did nothing.
    pub(super) fn add(&mut self, seconds: &StageSeconds, solved: bool) {
        let (solve, verify) = (seconds.solve.filter(|_| solved), seconds.verify.filter(|_| solved));
        let each = [seconds.generate, seconds.execute, solve, verify];
        for (stage, seconds) in self.0.iter_mut().zip(each) {
            if let Some(seconds) = seconds {
                stage.add(seconds);
            }
        }
    }

    /// The stages that somebody came to.
    pub(super) fn told(&self, strategy: Option<&str>) -> impl Iterator<Item = StageTimes> {
        STAGES.into_iter().zip(&self.0).filter(|(_, q)| q.seen > 0).map(move |(stage, q)| {
            let [p50, p95] = q.at([0.5, 0.95]);
            let strategy = strategy.map(str::to_owned);
            StageTimes { strategy, stage, candidates: q.seen, p50, p95, mean: q.sum / q.seen as f64 }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_fall_between_neighbours() {
        let mut q = Quantiles::default();
        for value in [4.0, 1.0, 2.0, 3.0, f64::NAN] {
            q.add(value);
        }
        // As numpy.quantile([1, 2, 3, 4], [0.5, 0.95, 0, 1]) says.
        let [p50, p95, first, last] = q.at([0.5, 0.95, 0.0, 1.0]);
        assert!((p50 - 2.5).abs() < 1e-12 && (p95 - 3.85).abs() < 1e-12, "{p50} {p95}");
        assert!((first - 1.0).abs() < 1e-12 && (last - 4.0).abs() < 1e-12);
        assert_eq!(q.seen, 4);
    }

    #[test]
    fn a_million_values_leave_a_sample_that_is_even() {
        let mut q = Quantiles::default();
        (0..1_000_000_u32).for_each(|i| q.add(f64::from(i)));
        assert!(q.kept.len() <= KEPT, "{}", q.kept.len());
        let [p50, p95] = q.at([0.5, 0.95]);
        assert!((p50 - 5e5).abs() < 100.0 && (p95 - 9.5e5).abs() < 100.0, "{p50} {p95}");
    }
}
