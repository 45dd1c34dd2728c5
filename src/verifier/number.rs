//! Tier 3, values: exact where both are rational, by significant figures where one is a decimal, by bounded error
//! where roots and constants are involved. Never an absolute tolerance on a magnitude that is not zero.

use num_rational::BigRational;
use num_traits::{Signed, Zero};

use super::asked::Digits;
use super::asks::Ask;
use super::finding::{Around, Finding};
use super::reason::quoted;
use super::witness::{How, Values};
use super::{Leniency, Tier};
use crate::answer::number::{distance, power_of_ten, quotient_to_f64};
use crate::answer::{Constant, Expr, Precision, binder_occurs, eval, modular, precise};

/// Relative difference that is float noise where one side has ten digits or more.
const NOISE: f64 = 1e-9;
/// A reference of exactly zero accepts a computed value below this.
const ZERO: f64 = 1e-9;

/// Compares two expressions without free symbols.
pub(super) fn compare(reference: &Expr, response: &Expr, around: &Around) -> Finding {
    if let Some(found) = special(reference, response) {
        return found;
    }
    if reference == response {
        return Finding::same(Tier::Number, "both are the same number");
    }
    let Some(distance) = Distance::between(reference, response) else {
        // Towers of powers: what differs modulo a prime is different.
        let plain = !binder_occurs(reference) && !binder_occurs(response);
        return match (modular::at(reference, 5), modular::at(response, 5)) {
            (Some(x), Some(y)) if x != y && plain => {
                Finding::different(Tier::Number, "they leave different remainders by a prime, as equal numbers can't")
            }
            _ => {
                let lacks = if eval::constant(reference).is_none() { reference } else { response };
                Finding::unknown(Tier::Number, format!("{} can't be computed within bounds", quoted(lacks)))
            }
        };
    };
    judge(&distance, reference, response, around)
}

/// How a value is infinite.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Infinite {
    /// Not at all.
    No,
    /// Towards plus infinity.
    Plus,
    /// Towards minus infinity.
    Minus,
    /// Infinity stands somewhere in it.
    Somehow,
}

/// Infinity and NaN.
fn special(a: &Expr, b: &Expr) -> Option<Finding> {
    let nan = |e: &Expr| e.any(&|e| matches!(e, Expr::Constant(Constant::Nan)));
    if nan(a) || nan(b) {
        return Some(Finding::unknown(Tier::Number, format!("{} is no number", quoted(if nan(a) { a } else { b }))));
    }
    match (infinite(a), infinite(b)) {
        (Infinite::No, Infinite::No) => None,
        _ if binder_occurs(a) || binder_occurs(b) => {
            Some(Finding::unknown(Tier::Number, "whether the operator has a finite value was not decided"))
        }
        (Infinite::Somehow, _) | (_, Infinite::Somehow) => {
            Some(Finding::unknown(Tier::Number, "infinity stands in an expression, which has no value"))
        }
        (x, y) if x == y => Some(Finding::same(Tier::Number, "both are infinite with the same sign")),
        _ => Some(Finding::different(
            Tier::Number,
            format!("{} and {} are not both infinite with the same sign", quoted(a), quoted(b)),
        )),
    }
}

fn infinite(e: &Expr) -> Infinite {
    match e {
        // Infinity only bounds what is summed or where a limit goes.
        _ if binder_occurs(e) => Infinite::No,
        _ if !e.has_infinity() => Infinite::No,
        Expr::Constant(Constant::Infinity) => Infinite::Plus,
        Expr::Product(factors) => match factors.as_slice() {
            [Expr::Number(n), Expr::Constant(Constant::Infinity)] if !n.is_zero() => {
                if n.is_negative() {
                    Infinite::Minus
                } else {
                    Infinite::Plus
                }
            }
            _ => Infinite::Somehow,
        },
        _ => Infinite::Somehow,
    }
}

/// How far apart two values are.
struct Distance {
    exactly_equal: bool,
    /// Relative to the larger.
    relative: f64,
    /// Absolute value of the response where the reference is zero.
    over_zero: Option<f64>,
    /// In units of the last place of the reference, where it has one.
    reference_places: Option<f64>,
    /// In units of the last place of the response, where it has one.
    response_places: Option<f64>,
    /// Of the magnitudes, response minus reference.
    outward: bool,
    /// Relative bound of the error of computing all this.
    error: f64,
    both_whole: bool,
    /// Both are rational, and all of this is exact.
    rational: bool,
    /// Half a unit of the reference's last place, relative to the reference.
    half_unit: f64,
}

impl Distance {
    fn between(reference: &Expr, response: &Expr) -> Option<Self> {
        let place = |e: &Expr| precision(e).map(|p| p.place);
        if let (Some(a), Some(b)) = (reference.number(), response.number()) {
            let difference = distance(a.value(), b.value());
            let larger = a.value().abs().max(b.value().abs());
            let per = |unit: &BigRational| quotient_to_f64(&difference, unit);
            let half_unit = place(reference)
                .filter(|_| !a.is_zero())
                .map_or(0.0, |p| quotient_to_f64(&power_of_ten(p), &a.value().abs()) / 2.0);
            return Some(Self {
                exactly_equal: difference.is_zero(),
                relative: if larger.is_zero() { 0.0 } else { per(&larger) },
                over_zero: a.is_zero().then(|| b.to_f64().abs()),
                reference_places: place(reference).map(|p| per(&power_of_ten(p))),
                response_places: place(response).map(|p| per(&power_of_ten(p))),
                outward: b.value().abs() > a.value().abs(),
                error: 0.0,
                both_whole: a.is_integer() && b.is_integer(),
                rational: true,
                half_unit,
            });
        }
        let (a, b) = (eval::constant(reference)?, eval::constant(response)?);
        let larger = a.magnitude().max(b.magnitude());
        if larger > 1e290 || larger != 0.0 && larger < 1e-290 {
            return None;
        }
        let difference = (a.re - b.re).hypot(a.im - b.im);
        let error = a.err + b.err;
        let per = |p: i32| difference / 10f64.powi(p);
        Some(Self {
            exactly_equal: difference == 0.0 && error == 0.0,
            relative: if larger == 0.0 { 0.0 } else { difference / larger },
            over_zero: (reference.number().is_some_and(crate::answer::Number::is_zero)).then(|| b.magnitude()),
            reference_places: place(reference).map(per),
            response_places: place(response).map(per),
            outward: b.magnitude() > a.magnitude(),
            error: if larger == 0.0 { 0.0 } else { error / larger },
            both_whole: false,
            rational: false,
            half_unit: place(reference).map_or(0.0, |p| 10f64.powi(p) / a.magnitude() / 2.0),
        })
    }
}

/// The precision of a value: of a decimal, or of a decimal factor such as in `4.0*pi`.
fn precision(e: &Expr) -> Option<Precision> {
    e.number().and_then(crate::answer::Number::precision)
}

fn judge(d: &Distance, reference: &Expr, response: &Expr, around: &Around) -> Finding {
    let said = |how: How| Values::reason(reference, response, how);
    let rounding = |how: How| Finding::same(Tier::Number, said(how)).needing(Leniency::Rounding, around);
    let apart = || Finding::different(Tier::Number, said(How::Apart(around.tolerance)));
    if d.exactly_equal {
        return Finding::same(Tier::Number, said(How::Equal));
    }
    if let Some(tolerance) = around.tolerance
        && d.relative <= tolerance
    {
        return rounding(How::Within(tolerance));
    }
    let decimals = reference.has_decimal() || response.has_decimal() || whole_precision(reference, around).is_some();
    if !decimals && let Some(found) = by_the_question(d, reference, around.digits_asked(), around) {
        return found;
    }
    if let Some(size) = d.over_zero {
        return if decimals
            && size <= ZERO
            && precision(response).is_some_and(|p| p.significant >= 8 || p.scientific && p.significant == 1)
        {
            rounding(How::Noise)
        } else if size <= d.error && size <= 1e-9 {
            Finding::same(Tier::Number, said(How::Equal))
        } else {
            apart()
        };
    }
    if !decimals && d.rational {
        return apart();
    }
    if !decimals {
        // Exact forms: the error of evaluation is all that may part them.
        let alike = d.relative <= d.error * 4.0 + f64::EPSILON && d.error < 1e-10;
        if alike || d.relative <= d.error * 16.0 {
            match precise::apart(reference, response) {
                Some(false) => return Finding::same(Tier::Number, said(How::Equal)),
                Some(true) => {
                    return Finding::different(Tier::Number, "they differ, though only far behind the sixteenth digit");
                }
                None if alike => return Finding::same(Tier::Number, said(How::Equal)),
                None => {}
            }
        }
        if d.relative > d.error * 16.0 {
            return apart();
        }
        return Finding::unknown(Tier::Number, "the values are too close to tell apart at this precision");
    }
    // A decimal that stands in an expression, as in `3.5*pi`, is exact.
    if !d.rational && d.relative <= d.error * 4.0 + f64::EPSILON && d.error < 1e-10 {
        return Finding::same(Tier::Number, said(How::Equal));
    }
    let (p, q) = (precision(reference), precision(response));
    let digits = |p: Option<Precision>| p.map_or(0, |p| p.significant);
    let asked = around.digits_asked();
    if let Some(found) = by_the_question(d, reference, asked, around) {
        return found;
    }
    let whole_and_plain = d.both_whole && !p.is_some_and(|p| p.scientific) && !q.is_some_and(|q| q.scientific);
    if !whole_and_plain && d.relative <= NOISE && digits(p).max(digits(q)) >= 10 {
        return rounding(How::Noise);
    }
    let half = 0.5 + 1e-6;
    // The reference's digits rule: what rounds to it is it.
    let reference_unit = p.or_else(|| whole_precision(reference, around));
    if let Some(unit) = reference_unit {
        let places = d.reference_places.unwrap_or_else(|| d.relative * magnitude(reference) / 10f64.powi(unit.place));
        let finer = q.is_none_or(|q| q.place < unit.place);
        let enough = if around.measured || around.asks(Ask::Rounded) {
            unit.significant >= 2 || p.is_some() || d.relative <= 0.025
        } else {
            unit.significant >= 3 || unit.significant == 2 && d.half_unit <= 0.01
        };
        if finer && enough && places <= half {
            return rounding(How::Rounds);
        }
        if finer && unit.significant >= 4 && places < 1.0 && d.outward && !whole_and_plain {
            return rounding(How::Cut);
        }
        if around.measured && finer && (p.is_some() || q.is_some()) && unit.significant >= 3 && places <= 1.0 {
            return rounding(How::LastDigit);
        }
        if q.is_some_and(|q| q.place == unit.place) && unit.significant >= 6 && places <= 1.0 + 1e-6 && !whole_and_plain
        {
            return rounding(How::LastDigit);
        }
    }
    // An exact form that was asked for, or more digits than the response has, is not met by rounding.
    let coarse = match (asked, q) {
        (Some(Digits::Place(place)), Some(q)) => q.place > place,
        (Some(Digits::Significant(n)), Some(q)) => q.significant < n && p.is_some_and(|p| p.significant >= n),
        _ => p.is_none() && !d.rational && around.asks(Ask::Exact),
    };
    if let Some(unit) = q
        && let Some(places) = d.response_places
        && !coarse
    {
        let finer = p.is_none_or(|p| p.place < unit.place);
        let enough = unit.significant >= 3 || around.asks(Ask::Rounded) && unit.significant >= 2;
        if finer && enough && places <= half && !whole_and_plain {
            return rounding(How::Rounded);
        }
        if finer && unit.significant >= 4 && places < 1.0 && !d.outward && !whole_and_plain {
            return rounding(How::Cut);
        }
    }
    apart()
}

/// Whether the response comes to the reference when it is rounded as the question asks; an integer reference says nothing
/// of its digits, so the question does.
fn by_the_question(d: &Distance, reference: &Expr, asked: Option<Digits>, around: &Around) -> Option<Finding> {
    let whole = reference.number().filter(|n| n.is_integer() && n.precision().is_none() && n.bits() < 1_000)?;
    let place = match asked? {
        Digits::Place(place) if place >= 0 => place,
        Digits::Place(_) => return None,
        Digits::Significant(n) => {
            let digits = whole.value().numer().magnitude().to_string().len();
            i32::try_from(digits).ok()? - i32::try_from(n).ok()?
        }
    };
    let whole_at_place = (whole.value() / power_of_ten(place)).is_integer();
    let places = d.relative * magnitude(reference).max(1e-300) / 10f64.powi(place);
    (place >= 0 && whole_at_place && places <= 0.5 + 1e-6).then(|| {
        Finding::same(Tier::Number, "the response rounds to the reference at the place that the question asks for")
            .needing(Leniency::Rounding, around)
    })
}

/// A plain integer taken as an approximate value: all its digits are significant where it was measured, all but its
/// trailing zeros where the question asks for an approximation.
fn whole_precision(e: &Expr, around: &Around) -> Option<Precision> {
    let n = e.number().filter(|n| n.is_integer() && n.precision().is_none() && n.bits() < 1_000)?;
    let digits = n.value().numer().magnitude().to_string();
    if around.measured {
        return Some(Precision { significant: u32::try_from(digits.len()).ok()?, place: 0, scientific: false });
    }
    let shown = digits.trim_end_matches('0').len();
    if shown < 2 || !around.asks(Ask::Approximate) {
        return None;
    }
    let place = i32::try_from(digits.len() - shown).ok()?;
    Some(Precision { significant: u32::try_from(shown).ok()?, place, scientific: false })
}

fn magnitude(e: &Expr) -> f64 {
    e.number().map_or(f64::INFINITY, |n| n.to_f64().abs())
}
