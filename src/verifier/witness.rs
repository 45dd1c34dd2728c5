//! Evidence of values and functions that a person can check with a calculator: what two values are and how far apart,
//! a point with short coordinates at which two functions agree or do not.

#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // counts of digits are clamped before a cast

use std::fmt::{self, Display, Formatter};

use num_rational::BigRational;
use num_traits::{Signed, Zero};

use super::reason::{Reason, quoted};
use crate::answer::eval::{self, Point, Value};
use crate::answer::number::{power_of_ten, ratio_to_f64};
use crate::answer::{Expr, Number, Precision};

/// Symbols beyond which a point is not written out.
const SYMBOLS: usize = 6;
/// Decimal places beyond which rounding is not written out.
const PLACES: i32 = 300;

/// Two values and what was found of them.
#[derive(Debug, Clone)]
pub(super) struct Values {
    pub(super) reference: Expr,
    pub(super) response: Expr,
    pub(super) how: How,
}

/// What was found of two values.
#[derive(Debug, Clone, Copy)]
pub(super) enum How {
    /// They are not the same, with the tolerance that was stated.
    Apart(Option<f64>),
    /// They differ by no more than a tolerance.
    Within(f64),
    /// They are the same but for float noise.
    Noise,
    /// The response rounds to the reference.
    Rounds,
    /// The reference rounds to the response.
    Rounded,
    /// The one is the other, cut off at its last digit.
    Cut,
    /// They differ by one in the last digit.
    LastDigit,
    /// They have the same value.
    Equal,
}

impl Values {
    /// What was found of two values, as a reason.
    pub(super) fn reason(reference: &Expr, response: &Expr, how: How) -> Reason {
        let (reference, response) = (reference.clone(), response.clone());
        Reason::Values(Box::new(Self { reference, response, how }))
    }
}

/// How far two values are apart: absolutely, and relative to the larger.
fn distance(a: &Expr, b: &Expr) -> Option<(f64, f64)> {
    if let (Some(a), Some(b)) = (a.number(), b.number()) {
        let difference = (a.value() - b.value()).abs();
        let larger = a.value().abs().max(b.value().abs());
        let relative = if larger.is_zero() { 0.0 } else { ratio_to_f64(&(&difference / larger)) };
        return Some((ratio_to_f64(&difference), relative));
    }
    let (a, b) = (eval::constant(a)?, eval::constant(b)?);
    let difference = (a.re - b.re).hypot(a.im - b.im);
    let larger = a.magnitude().max(b.magnitude());
    Some((difference, if larger == 0.0 { 0.0 } else { difference / larger }))
}

impl Display for Values {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (a, b) = (&self.reference, &self.response);
        let Some((difference, relative)) = distance(a, b) else {
            return f.write_str("the two values are not the same");
        };
        let digits = enough(relative);
        let (x, y) = (valued(a, digits), valued(b, digits));
        match self.how {
            How::Equal => write!(f, "{x} and {y} are the same number"),
            How::Within(_) | How::Noise if relative == 0.0 => write!(f, "{x} and {y} are the same number"),
            How::Noise => write!(f, "{x} and {y} differ by {} only, which is float noise", share(relative)),
            How::Within(tolerance) => {
                write!(f, "{x} and {y} differ by {}, within the tolerance of {}", share(relative), share(tolerance))
            }
            How::Rounds => write!(f, "{y} rounds to {x}"),
            How::Rounded => write!(f, "{x} rounds to {y}"),
            How::Cut => write!(f, "of {x} and {y} the one is the other, cut off at its last digit"),
            How::LastDigit => write!(f, "{x} and {y} differ by one in the last digit at most"),
            How::Apart(tolerance) => {
                write!(f, "{x} and {y} differ by {}", plain(difference, 3))?;
                if !a.number().is_some_and(Number::is_zero) && !b.number().is_some_and(Number::is_zero) {
                    write!(f, ", {} of the larger", portion(relative))?;
                }
                if let Some(tolerance) = tolerance {
                    write!(f, ", more than the tolerance of {}", share(tolerance))?;
                }
                rounding(a, b, f)
            }
        }
    }
}

/// What the finer of two values is at the digits of the other, where that one is a decimal.
fn rounding(a: &Expr, b: &Expr, f: &mut Formatter<'_>) -> fmt::Result {
    let place = |e: &Expr| e.number().and_then(Number::precision);
    let (fine, coarse, precision) = match (place(a), place(b)) {
        (Some(p), Some(q)) if p.place == q.place => return Ok(()),
        (Some(p), q) if q.is_none_or(|q| q.place < p.place) => (b, a, p),
        (_, Some(q)) => (a, b, q),
        _ => return Ok(()),
    };
    let Some((rounded, target)) = rounded(fine, precision).zip(coarse.number()) else { return Ok(()) };
    if fine.number().is_some_and(|n| n.value() == rounded.value()) {
        return Ok(());
    }
    if rounded.value() == target.value() {
        write!(f, "; that {} rounds to {rounded} says too little with so few digits", quoted(fine))
    } else {
        write!(f, "; {} rounds to {rounded}", quoted(fine))
    }
}

/// A value rounded half away from zero to the place of a decimal.
fn rounded(e: &Expr, precision: Precision) -> Option<Number> {
    if precision.place.abs() > PLACES {
        return None;
    }
    let unit = power_of_ten(precision.place);
    let value = match e.number() {
        Some(n) if n.bits() > 4_000 => return None,
        Some(n) => n.value().clone(),
        None => {
            let value = eval::constant(e).filter(|v| v.is_real())?;
            BigRational::from_float(value.re)?
        }
    };
    Some(Number::with_precision((value / &unit).round() * unit, Some(precision)))
}

/// An expression with its value, where the expression does not show it.
pub(super) fn valued(e: &Expr, digits: usize) -> String {
    let short = |n: &Number| n.is_integer() && n.precision().is_none() || n.precision().is_some_and(|p| !unwieldy(p));
    match e.number() {
        Some(n) if short(n) => bare(n),
        Some(n) if n.precision().is_some() || n.bits() > 48 => plain(n.to_f64(), digits),
        _ => match eval::constant(e) {
            Some(v) => format!("{} ({})", quoted(e), approximate(v, digits)),
            None => quoted(e),
        },
    }
}

/// Whether a decimal's normal form is hard to read.
fn unwieldy(p: Precision) -> bool {
    p.scientific || p.place > 0 || p.place < -18
}

fn bare(n: &Number) -> String {
    if n.bits() > 160 { quoted(n) } else { n.to_string() }
}

fn approximate(v: Value, digits: usize) -> String {
    if v.is_real() {
        return plain(v.re, digits);
    }
    let sign = if v.im < 0.0 { "-" } else { "+" };
    format!("{} {sign} {}i", plain(v.re, digits), plain(v.im.abs(), digits))
}

/// Digits that show where two values part.
fn enough(relative: f64) -> usize {
    let shared = if relative > 0.0 { -relative.log10() } else { 6.0 };
    (shared.clamp(2.0, 13.0).ceil() as usize + 2).max(6)
}

/// A part of something, which is named next.
fn portion(relative: f64) -> String {
    if relative >= 1e-6 { share(relative) } else { plain(relative, 2) }
}

/// A share of one: in percent, or as a power of ten where it is tiny.
fn share(relative: f64) -> String {
    if relative >= 1e-6 {
        format!("{} %", plain(relative * 100.0, 2))
    } else {
        format!("{} of their size", plain(relative, 2))
    }
}

/// A float with so many significant digits, as a person writes it.
pub(super) fn plain(x: f64, digits: usize) -> String {
    if x == 0.0 {
        return "0".to_owned();
    }
    if !x.is_finite() {
        return "a number beyond floats".to_owned();
    }
    let exponent = x.abs().log10().floor();
    if !(-5.0..15.0).contains(&exponent) {
        let text = format!("{x:.*e}", digits.saturating_sub(1));
        let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{power}", trimmed(mantissa));
    }
    let places = (digits as f64 - 1.0 - exponent).max(0.0) as usize;
    trimmed(&format!("{x:.places$}")).to_owned()
}

fn trimmed(decimal: &str) -> &str {
    if decimal.contains('.') { decimal.trim_end_matches('0').trim_end_matches('.') } else { decimal }
}

/// Two functions of their symbols and what was found of them.
#[derive(Debug, Clone)]
pub(super) struct Functions {
    pub(super) reference: Expr,
    pub(super) response: Expr,
    pub(super) claim: Claim,
}

/// What was found of two functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// The same function.
    Same,
    /// The same but for rounded coefficients.
    Nearly,
    /// Another function.
    Different,
    /// The differences of an equation's sides, one a constant multiple of the other.
    Proportional,
    /// The differences of an equation's sides, neither a constant multiple of the other.
    Disproportional,
}

impl Functions {
    /// What was found of two functions, as a reason.
    pub(super) fn reason(reference: &Expr, response: &Expr, claim: Claim) -> Reason {
        let (reference, response) = (reference.clone(), response.clone());
        Reason::Functions(Box::new(Self { reference, response, claim }))
    }
}

/// Coordinates to try, the most convenient first: a row a point, a column a symbol.
const COORDINATES: &[[f64; SYMBOLS]] = &[
    [2.0, 3.0, 5.0, 7.0, 11.0, 13.0],
    [3.0, 5.0, 2.0, 11.0, 7.0, 4.0],
    [0.5, 0.25, 0.75, 0.2, 0.4, 0.6],
    [1.0, 2.0, 4.0, 3.0, 6.0, 5.0],
    [-2.0, -3.0, -5.0, -1.0, -4.0, -6.0],
    [1.5, 2.5, 0.3, 3.5, 4.5, 5.5],
    [-0.5, 0.7, -0.3, 0.9, -0.1, 0.2],
    [0.37, 1.62, 2.9, 0.81, 1.13, 2.3],
    [10.0, -7.0, 20.0, -30.0, 40.0, -50.0],
    [-14.5, 23.5, -31.5, 12.5, 17.5, -9.5],
    [100.0, 200.0, -300.0, 500.0, -700.0, 900.0],
    [-1000.0, 3000.0, 2000.0, -5000.0, 7000.0, 4000.0],
    [-7000.0, -9000.0, 8000.0, 6000.0, -3000.0, -2000.0],
];

/// A point with short coordinates. A function that nobody has defined has no value there.
struct Coordinates<'a> {
    names: &'a [&'a str],
    row: &'a [f64; SYMBOLS],
}

impl Point for Coordinates<'_> {
    fn symbol(&self, name: &str) -> Option<f64> {
        let at = self.names.iter().position(|n| *n == name)?;
        self.row.get(at).copied()
    }

    fn unknown(&self, _: &str, _: &[Value]) -> Option<f64> {
        None
    }
}

impl Display for Coordinates<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (i, (name, value)) in self.names.iter().zip(self.row).enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}{} = {value}", name.chars().take(24).collect::<String>())?;
        }
        Ok(())
    }
}

impl Functions {
    /// The symbols of both; nothing where there are too many to write out, or the expressions are too long to be
    /// computed once more.
    fn symbols(&self) -> Option<Vec<&str>> {
        let mut names = self.reference.symbols();
        names.extend(self.response.symbols());
        names.sort_unstable();
        names.dedup();
        let nodes = self.reference.nodes() + self.response.nodes();
        (names.len() <= SYMBOLS && nodes <= 3_000).then_some(names)
    }

    /// The points at which both have a value that is known well, on the reals where they may stay there.
    fn points<'a>(&'a self, names: &'a [&'a str]) -> impl Iterator<Item = (Coordinates<'a>, Value, Value)> {
        let complex = self.reference.is_complex() || self.response.is_complex();
        COORDINATES.iter().filter_map(move |row| {
            let point = Coordinates { names, row };
            let (x, y) = (eval::at(&self.reference, &point)?, eval::at(&self.response, &point)?);
            (complex || x.is_real() && y.is_real()).then_some((point, x, y))
        })
    }
}

fn apart(x: Value, y: Value) -> bool {
    (x.re - y.re).hypot(x.im - y.im) > 16.0 * (x.err + y.err)
}

fn both(x: Value, y: Value) -> String {
    let larger = x.magnitude().max(y.magnitude());
    let digits = enough(if larger == 0.0 { 0.0 } else { (x.re - y.re).hypot(x.im - y.im) / larger });
    format!("{} and {}", approximate(x, digits), approximate(y, digits))
}

impl Display for Functions {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let names = self.symbols().unwrap_or_default();
        let mut points = self.points(&names);
        match self.claim {
            Claim::Same => match points.find(|(_, x, y)| !apart(*x, *y)) {
                Some((at, x, _)) if !names.is_empty() => {
                    write!(f, "the two expressions are the same function: both are {} at {at}, ", approximate(x, 6))?;
                    f.write_str("and they agree at every other point tried")
                }
                _ => f.write_str("the two expressions are the same function of their variables"),
            },
            Claim::Nearly => match points.next() {
                Some((at, x, y)) => {
                    write!(f, "the same but for rounded numbers: at {at} the two are {}", both(x, y))
                }
                None => f.write_str("the two expressions are the same but for rounded numbers"),
            },
            Claim::Different => match points.find(|(_, x, y)| apart(*x, *y)) {
                Some((at, x, y)) if !names.is_empty() => write!(f, "at {at} the two are {}", both(x, y)),
                Some((_, x, y)) => write!(f, "the two are {}", both(x, y)),
                None => f.write_str("the two expressions take different values"),
            },
            Claim::Proportional => match points.find(|(_, x, y)| x.re != 0.0 && y.re != 0.0) {
                Some((at, x, y)) if !apart(x, y) => {
                    write!(f, "left side minus right side is the same function in both: {} at {at}", approximate(x, 6))
                }
                Some((at, x, y)) => write!(
                    f,
                    "left side minus right side is, in the reference, {} times that of the response: {} at {at}",
                    plain(x.re / y.re, 6),
                    both(x, y)
                ),
                None => f.write_str("the relations are the same up to a constant factor"),
            },
            Claim::Disproportional => {
                f.write_str("no constant factor makes the relations the same")?;
                let mut known: Vec<(Coordinates, Value, Value)> = points.collect();
                let ratio = |(_, x, y): &(Coordinates, Value, Value)| x.re / y.re;
                let first = known.iter().map(ratio).find(|r| r.is_finite() && *r != 0.0);
                let unlike = |p: &(Coordinates, Value, Value)| {
                    first.is_none_or(|r| ratio(p).is_nan() || (ratio(p) - r).abs() > 1e-6 * r.abs()) && apart(p.1, p.2)
                };
                let Some(other) = known.iter().position(unlike) else { return Ok(()) };
                let other = known.swap_remove(other);
                f.write_str(": left side minus right side is ")?;
                if let Some((at, x, y)) = known.into_iter().find(|p| first == Some(ratio(p))) {
                    write!(f, "{} at {at}, ", both(x, y))?;
                }
                write!(f, "{} at {}", both(other.1, other.2), other.0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_people_write_them() {
        for (x, digits, text) in [
            (0.0, 3, "0"),
            (44.0, 3, "44"),
            (0.159, 2, "0.16"),
            (1234.6, 2, "1235"),
            (1e-9, 3, "1e-9"),
            (-2.5e20, 3, "-2.5e20"),
            (0.1 + 0.2, 17, "0.30000000000000004"),
        ] {
            assert_eq!(plain(x, digits), text);
        }
        assert_eq!(share(0.016), "1.6 %");
        assert_eq!(share(2.04e-9), "2e-9 of their size");
    }
}
