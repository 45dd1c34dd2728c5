//! Values of sums, products and integrals at a point: term by term, and by tanh-sinh quadrature.
//!
//! Quadrature: H. Takahasi and M. Mori, "Double exponential formulas for numerical integration", Publ. RIMS 9 (1974). Its
//! error is estimated from successive halvings of the step, not proved; a value is given only where they agree closely.

#![allow(clippy::float_cmp)] // ends that are the same number
#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // bounds are whole and small before a cast

use std::cell::Cell;
use std::f64::consts::FRAC_PI_2;

use super::eval::{Point, Value, value};
use super::expr::{Constant, Expr};
use super::series;

/// Most terms of a sum or product.
const TERMS: f64 = 100_000.0;
/// Halvings of the step.
const LEVELS: u32 = 7;
/// Relative difference of the last two levels at which an integral is known.
const AGREED: f64 = 1e-11;

/// A point with one more symbol.
struct With<'a> {
    name: &'a str,
    value: f64,
    outer: &'a dyn Point,
}

impl Point for With<'_> {
    fn symbol(&self, name: &str) -> Option<f64> {
        if name == self.name { Some(self.value) } else { self.outer.symbol(name) }
    }

    fn unknown(&self, name: &str, arguments: &[Value]) -> Option<f64> {
        self.outer.unknown(name, arguments)
    }
}

/// The value of an operator that binds a variable; `None` where it is not known well enough.
pub(super) fn operator(name: &str, arguments: &[Expr], point: &dyn Point, work: &Cell<u32>) -> Option<Value> {
    if name == "Piecewise" {
        for piece in arguments.chunks_exact(2) {
            if holds(&piece[1], point, work)? {
                return value(&piece[0], point, work);
            }
        }
        return None;
    }
    let [body, Expr::Symbol(variable), low, high] = arguments else { return None };
    match name {
        "Sum" | "Product" => {
            let whole = |e: &Expr| {
                let v = value(e, point, work)?;
                (v.im == 0.0 && v.err <= 1e-9 && (v.re - v.re.round()).abs() <= v.err).then(|| v.re.round())
            };
            if *high == Expr::Constant(Constant::Infinity) && name == "Sum" {
                let first = whole(low)?;
                let term = |k: f64| value(body, &With { name: variable, value: first + k, outer: point }, work);
                return series::sum(&term);
            }
            let (first, last) = (whole(low)?, whole(high)?);
            let sum = name == "Sum";
            let mut total = Value::exact(if sum { 0.0 } else { 1.0 });
            if last - first > TERMS || last < first - 1.0 {
                return None;
            }
            let mut k = first;
            while k <= last {
                let term = value(body, &With { name: variable, value: k, outer: point }, work)?;
                total = if sum { total.plus(term) } else { total.times(term) }.finite()?;
                k += 1.0;
            }
            Some(total)
        }
        "Limit" => {
            let near = |x: f64| value(body, &With { name: variable, value: x, outer: point }, work);
            let side = high.number()?.to_f64();
            match end(low, point, work)? {
                a if a.is_infinite() => series::limit(&|h| near(a.signum() / h)),
                a => series::limit(&|h| near(a + if side == 0.0 { h } else { side * h })),
            }
        }
        "Integral" => {
            let (a, b) = (end(low, point, work)?, end(high, point, work)?);
            let f = |x: f64| value(body, &With { name: variable, value: x, outer: point }, work);
            if a == b {
                return Some(Value::exact(0.0));
            }
            let (low, high) = (a.min(b), a.max(b));
            let halves = || {
                // A kink at the middle of what is symmetric.
                let middle = f64::midpoint(low, high);
                Some(quadrature(low, middle, &f)?.plus(quadrature(middle, high, &f)?))
            };
            let found = quadrature(low, high, &f).or_else(halves)?;
            Some(if a > b { Value { re: -found.re, im: -found.im, ..found } } else { found })
        }
        _ => None,
    }
}

/// Whether the condition of a piece holds at a point; `None` too near to its edge.
fn holds(condition: &Expr, point: &dyn Point, work: &Cell<u32>) -> Option<bool> {
    let Expr::Call(name, parts) = condition else {
        return condition.number().map(super::number::Number::is_one);
    };
    let all = || parts.iter().map(|p| holds(p, point, work)).collect::<Option<Vec<bool>>>();
    match (name.as_str(), parts.as_slice()) {
        ("when_all", _) => Some(all()?.into_iter().all(|h| h)),
        ("when_any", _) => Some(all()?.into_iter().any(|h| h)),
        ("when_not", [inner]) => Some(!holds(inner, point, work)?),
        (_, [a, b]) => {
            let (x, y) = (value(a, point, work)?, value(b, point, work)?);
            if x.im != 0.0 || y.im != 0.0 {
                return None;
            }
            let (difference, error) = (x.re - y.re, x.err + y.err);
            let equal = difference.abs() <= error;
            match name.as_str() {
                "when_less" => Some(difference < 0.0 && !equal),
                "when_at_most" => Some(difference < 0.0 || equal),
                "when_equal" => Some(equal),
                _ => None,
            }
        }
        _ => None,
    }
}

/// An end of an integral, finite or not.
fn end(e: &Expr, point: &dyn Point, work: &Cell<u32>) -> Option<f64> {
    if e.has_infinity() {
        return match e {
            Expr::Constant(Constant::Infinity) => Some(f64::INFINITY),
            Expr::Product(f) if *f == [Expr::integer(-1), Expr::Constant(Constant::Infinity)] => {
                Some(f64::NEG_INFINITY)
            }
            _ => None,
        };
    }
    value(e, point, work).filter(|v| v.im == 0.0).map(|v| v.re)
}

/// The integral of `f` from `a` to `b`, `a < b`.
fn quadrature(a: f64, b: f64, f: &dyn Fn(f64) -> Option<Value>) -> Option<Value> {
    // Where the node at `t` lies and how much it weighs.
    let node = |t: f64| -> (f64, f64) {
        let s = FRAC_PI_2 * t.sinh();
        let ds = FRAC_PI_2 * t.cosh();
        match (a.is_finite(), b.is_finite()) {
            (true, true) => {
                let half = (b - a) / 2.0;
                // Distance to the nearer end, without cancellation.
                let near = (b - a) / (1.0 + (2.0 * s.abs()).exp());
                let x = if s < 0.0 { a + near } else { b - near };
                (x, half * ds / s.cosh().powi(2))
            }
            (true, false) => (a + s.exp(), ds * s.exp()),
            (false, true) => (b - s.exp(), ds * s.exp()),
            (false, false) => (s.sinh(), ds * s.cosh()),
        }
    };
    let (mut step, mut sum, mut magnitude) = (1.0f64, (0.0f64, 0.0f64), 0.0f64);
    let mut previous: Option<(f64, f64)> = None;
    let mut error = 0.0;
    for level in 0..LEVELS {
        let stride = if level == 0 { 1.0 } else { 2.0 };
        let offset = if level == 0 { 0.0 } else { 1.0 };
        for sign in [1.0, -1.0] {
            let mut k = if level == 0 && sign < 0.0 { 1.0 } else { offset };
            loop {
                let t = sign * k * step;
                if t.abs() > 6.5 {
                    break;
                }
                let (x, weight) = node(t);
                k += stride;
                if weight == 0.0 || !weight.is_finite() || x <= a || x >= b {
                    continue;
                }
                // At a singular end the weights vanish faster than most integrands grow.
                let Some(v) = f(x) else {
                    // Far out, what has no value has most likely vanished.
                    if t.abs() < 2.5 && x.abs() < 20.0 {
                        return None;
                    }
                    continue;
                };
                sum = (sum.0 + v.re * weight, sum.1 + v.im * weight);
                magnitude += v.magnitude() * weight;
                error += v.err * weight;
            }
        }
        let estimate = (sum.0 * step, sum.1 * step);
        if let Some(last) = previous {
            let change = (estimate.0 - last.0).hypot(estimate.1 - last.1);
            let scale = magnitude * step;
            if level >= 3 && change <= AGREED * scale {
                let err = error * step + 16.0 * change + 1e-14 * scale;
                return Value { re: estimate.0, im: estimate.1, err }.finite();
            }
        }
        previous = Some(estimate);
        step /= 2.0;
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::answer::{Answer, Hints, eval, read};

    fn value(text: &str) -> Option<f64> {
        let Answer::Scalar(e) = read(text, Hints::default()) else { panic!("{text} is no expression") };
        eval::constant(&e).map(|v| v.re)
    }

    #[test]
    fn integrals_have_the_values_of_tables() {
        let close = |text: &str, wanted: f64| {
            let got = value(text).unwrap_or_else(|| panic!("{text} has no value"));
            assert!((got - wanted).abs() < 1e-9 * wanted.abs().max(1.0), "{text}: {got}");
        };
        close(r"\int_0^1 x^2 dx", 1.0 / 3.0);
        close(r"\int_0^1 \frac{1}{\sqrt{x}} dx", 2.0);
        close(r"\int_{-\infty}^{\infty} e^{-x^2} dx", std::f64::consts::PI.sqrt());
        close("Integral(exp(-x), (x, 0, oo))", 1.0);
        close(r"\int_0^1 \int_0^1 x y \, dx \, dy", 0.25);
        close(r"\sum_{k=1}^{1000} k", 500_500.0);
        assert_eq!(value(r"\int_{-1}^1 \frac{1}{x} dx"), None);
    }
}
