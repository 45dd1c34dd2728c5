//! Values of what has no end: limits and infinite sums, by extrapolation.
//!
//! Limits by Richardson's extrapolation of values ever nearer to the point; sums by Levin's u transform (D. Levin,
//! Int. J. Comput. Math. B 3, 1973). Neither proves anything: a value is given only where successive estimates agree to
//! ten digits or so, and its error is taken from how far they are apart.

use super::eval::Value;

/// Relative distance of estimates at which a value is known.
const AGREED: f64 = 2e-11;

/// The limit of `f(h)` as h goes to zero from above, through h = 2^-3, 2^-4 …
pub(super) fn limit(f: &dyn Fn(f64) -> Option<Value>) -> Option<Value> {
    const STEPS: i32 = 15;
    // Neville's table in powers of h: row[j] has the first j powers taken out.
    let mut row: Vec<f64> = Vec::new();
    let mut best: Option<(f64, f64)> = None;
    for k in 3..3 + STEPS {
        let value = f(0.5f64.powi(k))?;
        if value.im.abs() > 1e-12 * value.re.abs().max(1e-300) || value.err > 1e-6 * value.re.abs().max(1.0) {
            break;
        }
        let mut next = vec![value.re];
        for (j, before) in row.iter().enumerate() {
            let factor = 2f64.powi(i32::try_from(j).ok()? + 1);
            let last = next[j];
            next.push(last + (last - before) / (factor - 1.0));
        }
        if let Some(before) = row.last() {
            let estimate = next[next.len() - 1];
            let apart = (estimate - before).abs().max((estimate - next[next.len() - 2]).abs());
            if best.is_none_or(|(_, b)| apart < b) {
                best = Some((estimate, apart));
            }
        }
        row = next;
        if row.len() > 9 {
            row.truncate(9);
        }
    }
    known(best?)
}

/// The sum of `term(k)` for k from 0 on.
pub(super) fn sum(term: &dyn Fn(f64) -> Option<Value>) -> Option<Value> {
    const TERMS: usize = 22;
    let mut partial = Vec::with_capacity(TERMS);
    let mut terms = Vec::with_capacity(TERMS);
    let mut total = 0.0f64;
    for k in 0..TERMS {
        #[allow(clippy::cast_precision_loss)] // 22 at the most
        let v = term(k as f64)?;
        if !v.is_real() {
            return None;
        }
        total += v.re;
        terms.push(v.re);
        partial.push(total);
    }
    if !converges(term)? {
        return None;
    }
    // All but nothing is left: the terms have died out.
    if terms[TERMS - 1].abs() <= 1e-18 * total.abs() && terms[TERMS - 2].abs() <= 1e-16 * total.abs() {
        return known((total, 1e-15 * total.abs()));
    }
    let mut best: Option<(f64, f64)> = None;
    let mut before: Option<f64> = None;
    for n in 4..=16 {
        let Some(estimate) = levin(&partial, &terms, n) else { continue };
        if let Some(b) = before {
            let apart = (estimate - b).abs();
            if best.is_none_or(|(_, a)| apart < a) {
                best = Some((estimate, apart));
            }
        }
        before = Some(estimate);
    }
    known(best?)
}

/// Whether the terms fall fast enough for a sum to be: like a power beyond the first, or with changing signs.
fn converges(term: &dyn Fn(f64) -> Option<Value>) -> Option<bool> {
    let (a, b, c) = (term(40.0)?.re, term(41.0)?.re, term(81.0)?.re);
    let alternating = a * b < 0.0;
    let ratio = c.abs().max(1e-300) / b.abs().max(1e-300);
    Some(b == 0.0 && c == 0.0 || ratio < if alternating { 0.95 } else { 0.42 })
}

/// Levin's u transform of the first `n + 1` partial sums.
fn levin(partial: &[f64], terms: &[f64], n: usize) -> Option<f64> {
    let (mut top, mut bottom) = (0.0f64, 0.0f64);
    let mut choose = 1.0f64;
    for j in 0..=n {
        #[allow(clippy::cast_precision_loss)] // 16 at the most
        let (nf, jf) = (n as f64, j as f64);
        let remainder = (jf + 1.0) * terms[j];
        if remainder == 0.0 {
            return None;
        }
        let weight = choose * ((jf + 1.0) / (nf + 1.0)).powf(nf - 1.0) / remainder;
        let signed = if j % 2 == 0 { weight } else { -weight };
        top += signed * partial[j];
        bottom += signed;
        choose *= (nf - jf) / (jf + 1.0);
    }
    (bottom != 0.0).then(|| top / bottom).filter(|v| v.is_finite())
}

fn known((estimate, apart): (f64, f64)) -> Option<Value> {
    let scale = estimate.abs().max(1e-3);
    (apart <= AGREED * scale).then_some(Value { re: estimate, im: 0.0, err: 4.0 * apart + 4e-12 * scale })
}
