//! Evaluation of real expressions to some ninety digits, with an exact bound of the error: what tells apart values that
//! floats can't. It only ever says that two values differ.
//!
//! Fixed point in big integers; what is complex, huge or not in its short list of functions has no value.

use std::sync::LazyLock;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::eval::{self, Point};
use super::expr::{Constant, Expr};

/// Binary places after the point, beside those that large numbers need.
const BITS: u64 = 320;
/// Most binary places after the point.
const MOST_BITS: u64 = 3_072;
/// What one evaluation may cost: a sum or product is 1 for each 320 bits, a root or function more.
const WORK: u64 = 6_000;
/// Halvings before a series, and the bits of error that undoing them may cost.
const HALVINGS: u64 = 24;
const SPENT: u64 = HALVINGS + 16;

/// A real number: `value ± error`, in units of 2 to the power of −`bits`.
#[derive(Debug, Clone)]
struct Real {
    value: BigInt,
    error: BigInt,
    bits: u64,
}

/// Whether two expressions provably have different values at a point; false where that is not known.
pub fn differ(a: &Expr, b: &Expr, point: &dyn Point) -> bool {
    let bits = BITS + 2 * largest(a).max(largest(b)).max(magnitude(a, point));
    if bits > MOST_BITS {
        return false;
    }
    let mut evaluation = Evaluation { bits, work: WORK, point };
    let (Some(x), Some(y)) = (evaluation.at(a), evaluation.at(b)) else { return false };
    (x.value - y.value).abs() > x.error + y.error
}

/// Bits of the largest number in an expression.
fn largest(expr: &Expr) -> u64 {
    let mut most = 0;
    expr.walk(&mut |e| most = most.max(e.number().map_or(0, super::Number::bits)));
    most
}

/// Bits before the point of a value, or zeros behind the point of a small one.
fn magnitude(expr: &Expr, point: &dyn Point) -> u64 {
    let size = eval::at(expr, point).map_or(1.0, eval::Value::magnitude).max(f64::MIN_POSITIVE);
    size.log2().abs().ceil().to_u64().unwrap_or(0)
}

struct Evaluation<'a> {
    bits: u64,
    work: u64,
    point: &'a dyn Point,
}

impl Evaluation<'_> {
    fn pay(&mut self, times: u64) -> Option<()> {
        self.work = self.work.checked_sub(times * self.bits / BITS)?;
        Some(())
    }

    fn at(&mut self, expr: &Expr) -> Option<Real> {
        let bits = self.bits;
        self.pay(1)?;
        match expr {
            Expr::Number(n) => Real::rational(n.value(), bits),
            Expr::Constant(Constant::Pi) => Some(Real::pi(bits)),
            Expr::Constant(Constant::E) => Real::one(bits).exp(),
            Expr::Constant(_) => None,
            Expr::Symbol(name) => Real::rational(&BigRational::from_float(self.point.symbol(name)?)?, bits),
            Expr::Sum(terms) => terms.iter().try_fold(Real::new(BigInt::zero(), 0, bits), |sum, t| {
                let term = self.at(t)?;
                Some(Real { value: sum.value + term.value, error: sum.error + term.error, bits })
            }),
            Expr::Product(factors) => factors.iter().try_fold(Real::one(bits), |p, f| p.times(&self.at(f)?)),
            Expr::Power(base, exponent) => {
                if matches!(**base, Expr::Constant(Constant::E)) {
                    self.pay(60)?;
                    return self.at(exponent)?.exp();
                }
                let base = self.at(base)?;
                let exact = exponent.number().map(super::Number::value);
                let Some((top, index)) = exact.and_then(|e| Some((e.numer().to_i32()?, e.denom().to_u32()?))) else {
                    return self.at(exponent)?.times(&base.ln()?)?.exp();
                };
                self.pay(10 * u64::from(index))?;
                let root = if index == 1 { base } else { base.root(index)? };
                let power = root.raised(top.unsigned_abs())?;
                if top < 0 { power.inverse() } else { Some(power) }
            }
            Expr::Call(name, arguments) => {
                if let ("root", [x, index]) = (name.as_str(), arguments.as_slice()) {
                    let index: u32 = index.number()?.to_i64()?.try_into().ok()?;
                    self.pay(10 * u64::from(index))?;
                    return self.at(x)?.root(index);
                }
                let [x] = arguments.as_slice() else { return None };
                self.pay(120)?;
                let x = self.at(x)?;
                match name.as_str() {
                    "sin" => x.sine(false),
                    "cos" => x.sine(true),
                    "tan" => x.sine(false)?.times(&x.sine(true)?.inverse()?),
                    "log" => x.ln(),
                    "sinh" => x.hyperbolic(false),
                    "cosh" => x.hyperbolic(true),
                    "tanh" => x.hyperbolic(false)?.times(&x.hyperbolic(true)?.inverse()?),
                    "atan" => x.arctangent(),
                    "abs" => Some(Real { value: x.value.abs(), ..x }),
                    _ => None,
                }
            }
        }
    }
}

/// π by Machin's formula, with the most places.
static PI: LazyLock<BigInt> = LazyLock::new(|| {
    let one = BigInt::one() << (MOST_BITS + 16);
    let arctangent = |inverse: u32| {
        let square = inverse * inverse;
        let (mut power, mut sum, mut k) = (&one / inverse, BigInt::zero(), 1u32);
        while !power.is_zero() {
            let term = &power / k;
            sum += if k % 4 == 1 { term } else { -term };
            power /= square;
            k += 2;
        }
        sum
    };
    (arctangent(5) * 16 - arctangent(239) * 4) >> 16u32
});

impl Real {
    fn new(value: BigInt, error: u32, bits: u64) -> Self {
        Self { value, error: error.into(), bits }
    }

    fn one(bits: u64) -> Self {
        Self::new(BigInt::one() << bits, 0, bits)
    }

    fn pi(bits: u64) -> Self {
        Self::new(&*PI >> (MOST_BITS - bits), 64, bits)
    }

    /// Nothing, where the value is too large or known too badly.
    fn bounded(self) -> Option<Self> {
        (self.value.bits() <= 2 * self.bits && self.error.bits() <= self.bits).then_some(self)
    }

    fn rational(value: &BigRational, bits: u64) -> Option<Self> {
        if value.denom().bits() > 2 * bits {
            return None;
        }
        Self::new((value.numer() << bits) / value.denom(), 1, bits).bounded()
    }

    fn times(&self, o: &Self) -> Option<Self> {
        let error = self.value.abs() * &o.error + o.value.abs() * &self.error + &self.error * &o.error;
        Self { value: (&self.value * &o.value) >> self.bits, error: (error >> self.bits) + 2, bits: self.bits }
            .bounded()
    }

    /// Whether the error is small beside the value, so that it may be divided by.
    fn apart_from_zero(&self) -> bool {
        &self.error << 1u32 < self.value.abs()
    }

    fn inverse(&self) -> Option<Self> {
        if !self.apart_from_zero() {
            return None;
        }
        let error = (&self.error << (2 * self.bits + 1)) / (&self.value * &self.value);
        Self { value: (BigInt::one() << (2 * self.bits)) / &self.value, error: error + 2, bits: self.bits }.bounded()
    }

    fn raised(self, mut exponent: u32) -> Option<Self> {
        let (mut result, mut square) = (Self::one(self.bits), self);
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = result.times(&square)?;
            }
            exponent >>= 1;
            if exponent > 0 {
                square = square.times(&square)?;
            }
        }
        Some(result)
    }

    fn root(&self, index: u32) -> Option<Self> {
        if !self.value.is_positive() || !self.apart_from_zero() || !(1..=12).contains(&index) {
            return None;
        }
        let value = (&self.value << (self.bits * u64::from(index - 1))).nth_root(index);
        // The slope is value / (index · self), at most twice that where the argument is half as large.
        let error = (&self.error * &value * 2u32) / &self.value;
        Some(Self { value, error: error + 2, bits: self.bits })
    }

    fn exp(&self) -> Option<Self> {
        if (&self.value >> self.bits).abs() > BigInt::from(self.bits) {
            return None;
        }
        let small = &self.value >> HALVINGS;
        let (mut sum, mut term, mut k) = (Self::one(self.bits).value, Self::one(self.bits).value, 1u32);
        while !term.is_zero() && term != BigInt::from(-1) {
            term = ((term * &small) >> self.bits) / k;
            sum += &term;
            k += 1;
        }
        for _ in 0..HALVINGS {
            sum = (&sum * &sum) >> self.bits;
        }
        let carried = (&sum * &self.error * 2u32) >> self.bits;
        let error = carried + (&sum >> (self.bits - SPENT)) + (BigInt::one() << SPENT);
        Self { value: sum, error, bits: self.bits }.bounded()
    }

    /// The hyperbolic sine, or cosine.
    fn hyperbolic(&self, cosine: bool) -> Option<Self> {
        let grown = self.exp()?;
        let shrunk = grown.inverse()?;
        let sum = if cosine { grown.value + shrunk.value } else { grown.value - shrunk.value };
        Self { value: sum >> 1u32, error: grown.error + shrunk.error, bits: self.bits }.bounded()
    }

    fn arctangent(&self) -> Option<Self> {
        let one = Self::one(self.bits).value;
        let mut x = self.value.clone();
        for _ in 0..HALVINGS / 2 {
            // The tangent of half the angle.
            let hypotenuse = (&one * &one + &x * &x).sqrt();
            x = (x << self.bits) / (hypotenuse + &one);
        }
        let square = (&x * &x) >> self.bits;
        let (mut sum, mut power, mut k) = (BigInt::zero(), x, 1u32);
        while !power.is_zero() && power != BigInt::from(-1) {
            sum += &power / k;
            power = -((power * &square) >> self.bits);
            k += 2;
        }
        Self { value: sum << (HALVINGS / 2), error: &self.error + (BigInt::one() << SPENT), bits: self.bits }.bounded()
    }

    fn ln(&self) -> Option<Self> {
        if !self.value.is_positive() || !self.apart_from_zero() {
            return None;
        }
        let mut near = self.value.clone();
        for _ in 0..HALVINGS {
            near = (near << self.bits).sqrt();
        }
        let one = Self::one(self.bits).value;
        let ratio = ((&near - &one) << self.bits) / (&near + &one);
        let square = (&ratio * &ratio) >> self.bits;
        let (mut sum, mut power, mut k) = (BigInt::zero(), ratio, 1u32);
        while !power.is_zero() && power != BigInt::from(-1) {
            sum += &power / k;
            power = (power * &square) >> self.bits;
            k += 2;
        }
        let carried = (&self.error << (self.bits + 1)) / &self.value;
        Self { value: sum << (HALVINGS + 1), error: carried + (BigInt::one() << SPENT), bits: self.bits }.bounded()
    }

    /// The sine, or the cosine.
    fn sine(&self, cosine: bool) -> Option<Self> {
        if self.value.bits() > self.bits + 64 {
            return None;
        }
        let turn = Self::pi(self.bits).value << 1u32;
        let turns: BigInt = &self.value / &turn;
        let x = &self.value - &turns * &turn;
        let square = (&x * &x) >> self.bits;
        let (mut term, mut k) = if cosine { (Self::one(self.bits).value, 0u32) } else { (x, 1) };
        let mut sum = BigInt::zero();
        while !term.is_zero() && term != BigInt::from(-1) {
            sum += &term;
            term = -((term * &square) >> self.bits) / ((k + 1) * (k + 2));
            k += 2;
        }
        let error = &self.error + turns.abs() * 128u32 + (BigInt::one() << 16u32);
        Self { value: sum, error, bits: self.bits }.bounded()
    }
}

#[cfg(test)]
mod tests {
    use super::super::eval::Nowhere;
    use super::super::{Answer, Hints, read};
    use super::*;

    fn told_apart(a: &str, b: &str) -> bool {
        let value = |t: &str| match read(t, Hints::default()) {
            Answer::Scalar(e) => e,
            other => panic!("{t} is {other:?}"),
        };
        differ(&value(a), &value(b), &Nowhere)
    }

    #[test]
    fn what_floats_take_for_one_value_is_told_apart() {
        for (a, b) in [
            ("10^{20}+\\sqrt{2}", "10^{20}+\\sqrt{3}"),
            ("\\sqrt{18446744073709551615}", "4294967296"),
            ("10^{20}+\\sin(1)", "10^{20}+\\cos(1)"),
            ("e^{\\pi\\sqrt{163}}", "262537412640768744"),
            ("\\ln(10^{30}+1)", "\\ln(10^{30})"),
            ("\\sinh(17)^2", "\\cosh(17)^2-2"),
            ("\\sinh(300)", "\\cosh(300)"),
            ("10^{30}\\arctan(2)+1", "10^{30}\\arctan(2)"),
            ("\\sqrt{10^{280}+2}", "10^{140}"),
        ] {
            assert!(told_apart(a, b), "{a} {b}");
        }
    }

    #[test]
    fn one_value_in_two_forms_is_never_told_apart() {
        for (a, b) in [
            ("\\sqrt{2}\\sqrt{3}", "\\sqrt{6}"),
            ("\\sin(1)^2+\\cos(1)^2", "1"),
            ("e^{\\ln(7)}", "7"),
            ("\\ln(6)", "\\ln(2)+\\ln(3)"),
            ("\\sin(\\pi/6)", "1/2"),
            ("\\cos(100\\pi/3)", "-1/2"),
            ("\\tan(\\pi/3)", "\\sqrt{3}"),
            ("e^{-40}e^{40}", "1"),
            ("(1+\\sqrt{2})^{-3}", "(\\sqrt{2}-1)^3"),
            ("\\sqrt{5+2\\sqrt{6}}", "\\sqrt{2}+\\sqrt{3}"),
            ("2^{\\pi}", "e^{\\pi\\ln(2)}"),
            ("\\sqrt[3]{7+5\\sqrt{2}}", "1+\\sqrt{2}"),
            ("\\sinh(17)^2", "\\cosh(17)^2-1"),
            ("\\sinh(300)", "(e^{300}-e^{-300})/2"),
            ("4\\arctan(1)", "\\pi"),
            ("\\arctan(2)+\\arctan(3)", "3\\pi/4"),
            ("\\arctan(-7)", "-\\arctan(7)"),
        ] {
            assert!(!told_apart(a, b), "{a} {b}");
        }
    }
}
