//! Proportions with the interval that a person should read along with them.

use serde::Serialize;

/// The 97.5 % point of the standard normal distribution.
pub(super) const Z: f64 = 1.959_963_984_540_054;

/// `k` of `n`, with its Wilson score interval at 95 %.
///
/// The Wilson interval (E. B. Wilson, JASA 22, 1927) stays inside 0…1 and is of use at the small counts and extreme
/// proportions that audits have, where the textbook interval `p ± z·√(p(1−p)/n)` collapses to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Proportion {
    /// Successes.
    pub k: u64,
    /// Trials.
    pub n: u64,
    /// `k / n`; `None` when there was no trial.
    pub estimate: Option<f64>,
    /// Lower end of the interval, 0…1; 0 when there was no trial.
    pub low: f64,
    /// Upper end of the interval, 0…1; 1 when there was no trial.
    pub high: f64,
}

impl Proportion {
    /// `k` of `n`. More successes than trials count as all of them.
    pub fn new(k: u64, n: u64) -> Self {
        let k = k.min(n);
        if n == 0 {
            return Self { k, n, estimate: None, low: 0.0, high: 1.0 };
        }
        let p = k as f64 / n as f64;
        let (low, high) = wilson(p, n as f64);
        // At the ends the formula gives 0 and 1 exactly, but for rounding.
        Self { k, n, estimate: Some(p), low: if k == 0 { 0.0 } else { low }, high: if k == n { 1.0 } else { high } }
    }
}

/// The Wilson score interval at 95 % around a share `p` of `trials`, which need not be a whole number.
pub(super) fn wilson(p: f64, trials: f64) -> (f64, f64) {
    let spread = Z * Z / trials;
    let centre = (p + spread / 2.0) / (1.0 + spread);
    let half = Z / (1.0 + spread) * (p * (1.0 - p) / trials + spread / (4.0 * trials)).sqrt();
    ((centre - half).max(0.0), (centre + half).min(1.0))
}
