//! Tier 4, expressions: exact evaluation modulo a prime for what is rational, evaluation at seeded points with bounded
//! error for the rest, on the reals where both sides are real.

use super::finding::{Around, Finding};
use super::witness::{Claim, Functions};
use super::{Leniency, Tier};
use crate::answer::eval::{self, Point, Value};
use crate::answer::special::without_values;
use crate::answer::{Constant, Expr, antiderivative, binder_occurs, derivative, modular, precise};

/// What comparing two expressions as functions found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// The same function.
    Same,
    /// The same but for rounded coefficients.
    Nearly,
    /// Another function.
    Different,
    /// Not told.
    Unknown,
}

/// Nodes beyond which points are not evaluated in floats.
const NODES: u32 = 3_000;
/// Points tried in floats.
const POINTS: u64 = 18;
/// Points tried where pieces far from zero may differ.
const PIECEWISE_POINTS: u64 = 42;
/// Points that must agree.
const ENOUGH: u32 = 4;

/// Compares two expressions with free symbols.
pub(super) fn compare(reference: &Expr, response: &Expr, around: &Around) -> Finding {
    if let Some(found) = antiderivatives(reference, response, around) {
        return found;
    }
    let (a, b) = (constants_named(reference, response), constants_named(response, reference));
    if a.is_some() || b.is_some() {
        let found = super::compare::scalars(a.as_ref().unwrap_or(reference), b.as_ref().unwrap_or(response), around);
        if found.is_same() {
            return found.within("with `E` read as Euler's number, and `I` or `j` as the imaginary unit");
        }
    }
    match identical(reference, response, around) {
        Identity::Same => Finding::same(Tier::Algebra, Functions::reason(reference, response, Claim::Same)),
        Identity::Nearly => Finding::same(Tier::Algebra, Functions::reason(reference, response, Claim::Nearly))
            .needing(Leniency::Rounding, around),
        Identity::Different => renamed(reference, response, around).unwrap_or_else(|| {
            Finding::different(Tier::Algebra, Functions::reason(reference, response, Claim::Different))
        }),
        Identity::Unknown => match without_values(reference).or_else(|| without_values(response)) {
            Some(name) => Finding::unknown(Tier::Algebra, format!("the function `{name}` is not computed here")),
            None => Finding::unknown(
                Tier::Algebra,
                "the two expressions can't be computed at enough points to tell whether they are the same",
            ),
        },
    }
}

/// The expression with the letters that computer algebra prints for e and i read as these, where the other side has the
/// constant and not the letter.
fn constants_named(e: &Expr, other: &Expr) -> Option<Expr> {
    let mut result: Option<Expr> = None;
    // Unit vectors: `3i + 4j` has both letters.
    let engineering = !e.any(&|e| *e == Expr::Constant(Constant::I));
    for (letter, constant) in [("E", Constant::E), ("I", Constant::I), ("j", Constant::I)] {
        let constant = Expr::Constant(constant);
        let letter_here = |e: &Expr| e.any(&|e| matches!(e, Expr::Symbol(s) if s == letter));
        if letter == "j" && !engineering {
            continue;
        }
        if letter_here(e) && !letter_here(other) && other.any(&|e| *e == constant) {
            result = Some(result.as_ref().unwrap_or(e).replace(letter, &constant));
        }
    }
    result
}

/// Two expressions of which one is an antiderivative that was not worked out: by their derivatives.
fn antiderivatives(a: &Expr, b: &Expr, around: &Around) -> Option<Finding> {
    let variable = antiderivative(a).or_else(|| antiderivative(b))?;
    let (x, y) = (derivative(a, &variable)?, derivative(b, &variable)?);
    Some(match identical(&x, &y, around) {
        Identity::Same => Finding::same(
            Tier::Algebra,
            format!("their derivatives by `{variable}` are the same, so they differ by a constant at most"),
        ),
        Identity::Different => {
            Finding::different(Tier::Algebra, format!("their derivatives by `{variable}` are not the same"))
        }
        _ => return None,
    })
}

/// Whether two expressions are the same once one parameter has the other's name: another case of the letter, beside
/// symbols that both have.
fn renamed(a: &Expr, b: &Expr, around: &Around) -> Option<Finding> {
    let (x, y) = (a.symbols(), b.symbols());
    let only_a: Vec<&str> = x.iter().copied().filter(|s| !y.contains(s)).collect();
    let only_b: Vec<&str> = y.iter().copied().filter(|s| !x.contains(s)).collect();
    let ([from], [to]) = (only_b.as_slice(), only_a.as_slice()) else { return None };
    let case = x.len() > 1 && from.eq_ignore_ascii_case(to);
    let integer = |s: &str| matches!(s, "k" | "n" | "m" | "l" | "j");
    let parameter = integer(from) && integer(to) && a.any(&|e| matches!(e, Expr::Constant(Constant::Pi)));
    if !case && !parameter {
        return None;
    }
    let same = identical(a, &b.replace(from, &Expr::symbol(*to)), around) == Identity::Same;
    same.then(|| {
        Finding::same(Tier::Algebra, format!("they are the same with `{from}` for `{to}`"))
            .needing(Leniency::Renamed, around)
    })
}

/// Whether two expressions are the same function. What holds whatever the values of a special function may be, holds;
/// what does not may hold for the values that it has.
pub(super) fn identical(a: &Expr, b: &Expr, around: &Around) -> Identity {
    match by_values(a, b, around) {
        Identity::Different if without_values(a).or_else(|| without_values(b)).is_some() => Identity::Unknown,
        found => found,
    }
}

fn by_values(a: &Expr, b: &Expr, around: &Around) -> Identity {
    if a == b {
        return Identity::Same;
    }
    let nodes = a.nodes() + b.nodes();
    if !around.pay(nodes / 16 + 1) {
        return Identity::Unknown;
    }
    let decimal = a.has_decimal() || b.has_decimal();
    // The same operator over unlike bodies may still give the same.
    let refutes = !decimal && !binder_occurs(a) && !binder_occurs(b);
    let mut agreed = 0;
    for seed in 1..=4 {
        match (modular::at(a, seed), modular::at(b, seed)) {
            (Some(x), Some(y)) if x == y => agreed += 1,
            (Some(_), Some(_)) if refutes => return Identity::Different,
            (Some(_), Some(_)) => break,
            _ => {}
        }
        if agreed == 2 {
            return Identity::Same;
        }
    }
    if nodes > NODES || !around.pay(nodes) {
        return Identity::Unknown;
    }
    let (mut found, sharp) = at_points(a, b);
    // Functions of other variables agree at the points of floats only by being nearly constant; and where all values are
    // large, any agree but for what is small beside them.
    let doubtful = found == Identity::Same && (!sharp || a.symbols() != b.symbols());
    if found == Identity::Unknown || doubtful {
        found = match (found, at_precise_points(a, b, around)) {
            (found, Identity::Unknown) if sharp => found,
            (_, told) => told,
        };
    }
    if found != Identity::Same && decimal && alike(a, b, around) { Identity::Nearly } else { found }
}

/// Whether two expressions have the same shape with constants that are the same but for rounding.
fn alike(a: &Expr, b: &Expr, around: &Around) -> bool {
    if a == b {
        return true;
    }
    if !around.pay(1) {
        return false;
    }
    if a.is_constant() && b.is_constant() {
        return super::number::compare(a, b, around).is_same();
    }
    match (a, b) {
        (Expr::Sum(x), Expr::Sum(y)) | (Expr::Product(x), Expr::Product(y)) => {
            let sum = matches!(a, Expr::Sum(_));
            let split = |parts: &[Expr]| {
                let (constant, rest): (Vec<Expr>, Vec<Expr>) = parts.iter().cloned().partition(Expr::is_constant);
                let constant = if sum { Expr::sum(constant) } else { Expr::product(constant) };
                (constant, rest)
            };
            let neutral = Expr::integer(i64::from(!sum));
            let filled = |c: Expr| {
                if matches!(&c, Expr::Sum(p) | Expr::Product(p) if p.is_empty()) { neutral.clone() } else { c }
            };
            let ((c, x), (d, y)) = (split(x), split(y));
            let (c, d) = (filled(c), filled(d));
            if x.len() != y.len() || x.len() > 24 || !alike(&c, &d, around) {
                return false;
            }
            let mut left: Vec<&Expr> = y.iter().collect();
            x.iter().all(|p| left.iter().position(|q| alike(p, q, around)).map(|i| left.remove(i)).is_some())
        }
        (Expr::Power(x, n), Expr::Power(y, m)) => alike(x, y, around) && alike(n, m, around),
        (Expr::Call(f, x), Expr::Call(g, y)) => {
            f == g && x.len() == y.len() && x.iter().zip(y).all(|(p, q)| alike(p, q, around))
        }
        _ => false,
    }
}

/// Seeds from here on are points far from zero.
const FAR: u64 = 1_000;

/// A point in which every symbol has a value of its own, chosen by its name.
pub(super) struct Sample(pub(super) u64);

impl Point for Sample {
    fn symbol(&self, name: &str) -> Option<f64> {
        let h = modular::hash(name, self.0.wrapping_mul(0x9e37_79b9));
        let unit = (h >> 8) as f64 / (1u64 << 53) as f64;
        if self.0 >= FAR {
            // Far out, on either side, one magnitude after another.
            let size = 10f64.powf(1.0 + 3.0 * unit);
            return Some(if (self.0 ^ h).is_multiple_of(2) { size } else { -size });
        }
        Some(match self.0 % 6 {
            0 => (h % 7 + 2) as f64,
            1 => 0.15 + 0.7 * unit,
            2 => 1.1 + 2.5 * unit,
            3 => -0.2 - 2.0 * unit,
            4 => (h % 4 + 1) as f64,
            _ => 4.0 + 9.0 * unit,
        })
    }

    fn unknown(&self, name: &str, arguments: &[Value]) -> Option<f64> {
        let mut h = modular::hash(name, self.0);
        for a in arguments {
            // Nine digits: what differs by error only must give the same value.
            for part in [a.re, a.im] {
                let digits = format!("{part:.8e}");
                h = modular::mix(h ^ modular::hash(&digits, 3));
            }
        }
        Some(0.25 + 3.0 * (h >> 11) as f64 / (1u64 << 53) as f64)
    }
}

/// What the values at points say, and whether a difference of a thousandth would have been seen at some.
fn at_points(a: &Expr, b: &Expr) -> (Identity, bool) {
    let complex = a.is_complex() || b.is_complex();
    let pieces = |e: &Expr| matches!(e, Expr::Call(f, _) if matches!(f.as_str(), "Piecewise" | "abs" | "floor" | "ceil" | "round" | "sign" | "max" | "min" | "mod"));
    let piecewise = a.any(&pieces) || b.any(&pieces);
    let (mut agree, mut sharp) = (0u32, 0u32);
    for seed in 0..if piecewise { PIECEWISE_POINTS } else { POINTS } {
        let point = Sample(if seed < POINTS { seed + 11 } else { FAR + seed });
        let (Some(x), Some(y)) = (eval::at(a, &point), eval::at(b, &point)) else { continue };
        // On the reals, where one side leaves them the two can't be compared.
        let real = x.is_real() && y.is_real();
        if !complex && !real {
            continue;
        }
        let difference = (x.re - y.re).hypot(x.im - y.im);
        let size = x.magnitude().max(y.magnitude());
        let error = x.err + y.err;
        if difference <= 8.0 * error {
            // An agreement counts where the error is small beside the values, or the values vanish.
            let counts = error <= 1e-7 * size || error <= 1e-10;
            agree += u32::from(counts);
            sharp += u32::from(counts && error <= 1e-4);
        } else if difference > 16.0 * error {
            return (Identity::Different, true);
        }
    }
    (if agree >= ENOUGH { Identity::Same } else { Identity::Unknown }, sharp >= 2)
}

/// Points tried to seventy digits.
const PRECISE_POINTS: u64 = 8;
/// Nodes beyond which they are not.
const PRECISE_NODES: u32 = 400;

/// [`at_points`] to seventy digits: for what cancels in floats.
fn at_precise_points(a: &Expr, b: &Expr, around: &Around) -> Identity {
    if a.nodes() + b.nodes() > PRECISE_NODES || !around.pay(2_000) {
        return Identity::Unknown;
    }
    let mut agree = 0;
    for seed in 0..PRECISE_POINTS {
        // Of the seeds' kinds, the one below zero leaves the reals under roots and logarithms.
        if (seed + 11) % 6 == 3 {
            continue;
        }
        let point = Sample(seed + 11);
        let placed = |e: &Expr| {
            e.symbols().iter().try_fold(e.clone(), |e, name| {
                let value = num_rational::BigRational::from_float(point.symbol(name)?)?;
                Some(e.replace(name, &Expr::Number(crate::answer::Number::exact(value))))
            })
        };
        let (Some(x), Some(y)) = (placed(a), placed(b)) else { return Identity::Unknown };
        match precise::apart(&x, &y) {
            Some(true) => return Identity::Different,
            Some(false) => agree += 1,
            None => {}
        }
        if agree >= ENOUGH {
            return Identity::Same;
        }
    }
    Identity::Unknown
}

/// The constant ratio of two expressions: `Some(sign)` where `a = c·b` for a non-zero constant c, positive or not.
pub(super) fn proportional(a: &Expr, b: &Expr, around: &Around) -> Option<bool> {
    let nodes = a.nodes() + b.nodes();
    if nodes > NODES || !around.pay(nodes) {
        return None;
    }
    let mut ratio: Option<f64> = None;
    let mut agreed = 0;
    for seed in 0..POINTS {
        let point = Sample(seed + 29);
        let (Some(x), Some(y)) = (eval::at(a, &point), eval::at(b, &point)) else { continue };
        if !x.is_real() || !y.is_real() || y.re.abs() <= 1e3 * y.err || x.re.abs() <= 1e3 * x.err {
            continue;
        }
        let here = x.re / y.re;
        match ratio {
            None => ratio = Some(here),
            Some(r) if (here - r).abs() <= 1e-9 * r.abs() => {}
            Some(_) => return None,
        }
        agreed += 1;
    }
    ratio.filter(|_| agreed >= ENOUGH).map(|r| r > 0.0)
}

/// Whether `a − b` is an affine function of `symbol` whose only zero is `value`: the relation `a = b` solved.
pub(super) fn solves(a: &Expr, b: &Expr, symbol: &str, value: &Expr, around: &Around) -> bool {
    let f = a.clone().minus(b.clone());
    let shifted = |by: i64| f.replace(symbol, &Expr::sum(vec![value.clone(), Expr::integer(by)]));
    let (zero, one, two) = (shifted(0), shifted(1), shifted(2));
    let vanishes = identical(&zero, &Expr::integer(0), around) == Identity::Same;
    let affine = || identical(&two, &Expr::product(vec![Expr::integer(2), one.clone()]), around) == Identity::Same;
    let constant = || identical(&one, &Expr::integer(0), around) == Identity::Same;
    vanishes && affine() && !constant()
}
