//! Evaluation to about seventy digits, where floats can't tell two values apart.
//!
//! Complex throughout, principal branches, on the arithmetic of `astro-float`. No error is carried: with 256 bits or more
//! and the few operations of an answer it stays far below what [`apart`] allows, except where a difference of equals hides
//! it, which [`apart`] takes into account.

use std::cell::{Cell, RefCell};

use astro_float_num::{BigFloat, Consts, Radix, RoundingMode};

use super::expr::{Constant, Expr};
use super::number::Number;

/// Bits of the mantissa beyond those that the numbers themselves need.
const BITS: usize = 256;
/// Most bits of the mantissa.
const MOST_BITS: usize = 6_000;
const ROUND: RoundingMode = RoundingMode::None;
/// Bits lost to rounding that are allowed for.
const LOST: i64 = 40;
/// Largest exponent of two of a value.
const LARGEST: i64 = 40_000;
/// Largest exponent of two of what goes into a periodic function or an exponential.
const ARGUMENT: i64 = 40;
/// Most nodes of an expression.
const NODES: u32 = 600;

thread_local! {
    static CONSTANTS: RefCell<Option<Consts>> = RefCell::new(Consts::new().ok());
    static PRECISION: Cell<usize> = const { Cell::new(BITS) };
}

fn bits() -> usize {
    PRECISION.get()
}

/// Bits of the largest number in an expression.
fn largest(e: &Expr) -> u64 {
    let mut most = 0;
    e.walk(&mut |e| {
        if let Expr::Number(n) = e {
            most = most.max(n.bits());
        }
    });
    most
}

/// A complex value.
#[derive(Debug, Clone)]
struct Complex {
    re: BigFloat,
    im: BigFloat,
}

/// What an evaluation works with.
struct Work<'a> {
    constants: &'a mut Consts,
    nodes: u32,
    /// The largest exponent of two that was met: what is far below it may be nothing but rounding.
    largest: i64,
}

/// Whether two expressions without free symbols have different values; `None` where that is not told.
pub(crate) fn apart(a: &Expr, b: &Expr) -> Option<bool> {
    // A root of 10^100 + 1 differs from 10^50 only far behind what the number itself fills.
    let wanted = usize::try_from(largest(a).max(largest(b))).ok()?.saturating_mul(3).saturating_add(BITS);
    let (told, size) = compare(a, b, wanted)?;
    if told == Some(true) || size < 60 {
        return told;
    }
    // Large values hide what stands behind their digits.
    let more = usize::try_from(size).ok()?.saturating_mul(3).saturating_add(wanted);
    compare(a, b, more)?.0
}

/// Compares at so many bits; also gives the largest exponent of two that was met.
fn compare(a: &Expr, b: &Expr, wanted: usize) -> Option<(Option<bool>, i64)> {
    if wanted > MOST_BITS {
        return None;
    }
    PRECISION.set(wanted.next_multiple_of(64));
    CONSTANTS.with_borrow_mut(|constants| {
        let mut work = Work { constants: constants.as_mut()?, nodes: 0, largest: 0 };
        let (x, y) = (work.value(a)?, work.value(b)?);
        // Off the reals only where they are left on purpose.
        if !(x.is_real() && y.is_real() || a.is_complex() || b.is_complex()) {
            return None;
        }
        let difference = x.minus(&y);
        let size = difference.size().unwrap_or(i64::MIN);
        let larger = x.size().unwrap_or(0).max(y.size().unwrap_or(0));
        let met = larger.max(work.largest);
        let noise = met - i64::try_from(bits()).unwrap_or(0) + LOST;
        if size <= noise {
            return Some((Some(false), met));
        }
        // What is above rounding by a margin is a difference.
        Some(((size > noise + 10).then_some(true), met))
    })
}

impl Complex {
    fn real(re: BigFloat) -> Self {
        Self { re, im: BigFloat::from_word(0, bits()) }
    }

    fn is_real(&self) -> bool {
        self.im.is_zero()
    }

    fn is_zero(&self) -> bool {
        self.re.is_zero() && self.im.is_zero()
    }

    /// The exponent of two of the larger part; `None` of zero.
    fn size(&self) -> Option<i64> {
        let of = |x: &BigFloat| if x.is_zero() { None } else { x.exponent().map(i64::from) };
        match (of(&self.re), of(&self.im)) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        }
    }

    fn checked(self) -> Option<Self> {
        let bad = |x: &BigFloat| {
            x.is_nan() || x.is_inf() || !x.is_zero() && x.exponent().is_none_or(|e| i64::from(e).abs() > LARGEST)
        };
        (!bad(&self.re) && !bad(&self.im)).then_some(self)
    }

    fn plus(&self, o: &Self) -> Self {
        Self { re: self.re.add(&o.re, bits(), ROUND), im: self.im.add(&o.im, bits(), ROUND) }
    }

    fn minus(&self, o: &Self) -> Self {
        Self { re: self.re.sub(&o.re, bits(), ROUND), im: self.im.sub(&o.im, bits(), ROUND) }
    }

    fn negated(&self) -> Self {
        Self { re: self.re.neg(), im: self.im.neg() }
    }

    fn times(&self, o: &Self) -> Self {
        let mul = |x: &BigFloat, y: &BigFloat| x.mul(y, bits(), ROUND);
        if self.is_real() && o.is_real() {
            return Self::real(mul(&self.re, &o.re));
        }
        Self {
            re: mul(&self.re, &o.re).sub(&mul(&self.im, &o.im), bits(), ROUND),
            im: mul(&self.re, &o.im).add(&mul(&self.im, &o.re), bits(), ROUND),
        }
    }

    fn inverse(&self) -> Option<Self> {
        if self.is_zero() {
            return None;
        }
        if self.is_real() {
            return Self::real(self.re.reciprocal(bits(), ROUND)).checked();
        }
        let square = self.re.mul(&self.re, bits(), ROUND).add(&self.im.mul(&self.im, bits(), ROUND), bits(), ROUND);
        Self { re: self.re.div(&square, bits(), ROUND), im: self.im.neg().div(&square, bits(), ROUND) }.checked()
    }

    fn magnitude(&self) -> BigFloat {
        if self.is_real() {
            return self.re.abs();
        }
        self.re
            .mul(&self.re, bits(), ROUND)
            .add(&self.im.mul(&self.im, bits(), ROUND), bits(), ROUND)
            .sqrt(bits(), ROUND)
    }
}

impl Work<'_> {
    fn value(&mut self, e: &Expr) -> Option<Complex> {
        self.nodes += 1;
        if self.nodes > NODES {
            return None;
        }
        let value = self.evaluated(e)?.checked()?;
        self.largest = self.largest.max(value.size().unwrap_or(0));
        Some(value)
    }

    fn evaluated(&mut self, e: &Expr) -> Option<Complex> {
        match e {
            Expr::Number(n) => self.number(n).map(Complex::real),
            Expr::Constant(Constant::Pi) => Some(Complex::real(self.constants.pi(bits(), ROUND))),
            Expr::Constant(Constant::E) => Some(Complex::real(self.constants.e(bits(), ROUND))),
            Expr::Constant(Constant::I) => {
                Some(Complex { re: BigFloat::from_word(0, bits()), im: BigFloat::from_word(1, bits()) })
            }
            Expr::Constant(Constant::Infinity | Constant::Nan) | Expr::Symbol(_) => None,
            Expr::Sum(terms) => {
                let mut sum = Complex::real(BigFloat::from_word(0, bits()));
                for t in terms {
                    sum = sum.plus(&self.value(t)?);
                }
                Some(sum)
            }
            Expr::Product(factors) => {
                let mut product = Complex::real(BigFloat::from_word(1, bits()));
                for f in factors {
                    product = product.times(&self.value(f)?).checked()?;
                }
                Some(product)
            }
            Expr::Power(base, exponent) => self.power(base, exponent),
            Expr::Call(name, arguments) => self.call(super::function::canonical(name)?, arguments),
        }
    }

    fn number(&mut self, n: &Number) -> Option<BigFloat> {
        if n.bits() > 20_000 {
            return None;
        }
        let mut parsed = |text: String| {
            let value = BigFloat::parse(&text, Radix::Dec, bits(), ROUND, self.constants);
            (!value.is_nan()).then_some(value)
        };
        let top = parsed(n.value().numer().to_string())?;
        if n.is_integer() {
            return Some(top);
        }
        Some(top.div(&parsed(n.value().denom().to_string())?, bits(), ROUND))
    }

    fn power(&mut self, base: &Expr, exponent: &Expr) -> Option<Complex> {
        if let Some(n) = exponent.number().and_then(Number::to_i64)
            && n.unsigned_abs() <= 10_000
        {
            let base = self.value(base)?;
            let mut result = Complex::real(BigFloat::from_word(1, bits()));
            let (mut square, mut rest) = (base, n.unsigned_abs());
            while rest > 0 {
                if rest & 1 == 1 {
                    result = result.times(&square).checked()?;
                }
                rest >>= 1;
                if rest > 0 {
                    square = square.times(&square).checked()?;
                }
            }
            return if n < 0 { result.inverse() } else { Some(result) };
        }
        let power = self.value(exponent)?;
        if *base == Expr::Constant(Constant::E) {
            return self.exp(&power);
        }
        let base = self.value(base)?;
        if base.is_zero() {
            return None;
        }
        if base.is_real() && base.re.is_positive() && *exponent == Expr::ratio(1, 2) {
            return Some(Complex::real(base.re.sqrt(bits(), ROUND)));
        }
        let log = self.log(&base)?;
        self.exp(&power.times(&log))
    }

    fn exp(&mut self, z: &Complex) -> Option<Complex> {
        if z.size().is_some_and(|s| s > 14) {
            return None;
        }
        let size = z.re.exp(bits(), ROUND, self.constants);
        if z.is_real() {
            return Some(Complex::real(size));
        }
        let (cos, sin) = (z.im.cos(bits(), ROUND, self.constants), z.im.sin(bits(), ROUND, self.constants));
        Some(Complex { re: size.mul(&cos, bits(), ROUND), im: size.mul(&sin, bits(), ROUND) })
    }

    fn log(&mut self, z: &Complex) -> Option<Complex> {
        if z.is_zero() {
            return None;
        }
        let re = z.magnitude().ln(bits(), ROUND, self.constants);
        if z.is_real() {
            let im = if z.re.is_negative() { self.constants.pi(bits(), ROUND) } else { BigFloat::from_word(0, bits()) };
            return Some(Complex { re, im });
        }
        if z.re.is_zero() {
            let half = self.constants.pi(bits(), ROUND).div(&BigFloat::from_word(2, bits()), bits(), ROUND);
            return Some(Complex { re, im: if z.im.is_negative() { half.neg() } else { half } });
        }
        let angle = z.im.div(&z.re, bits(), ROUND).atan(bits(), ROUND, self.constants);
        let pi = self.constants.pi(bits(), ROUND);
        let im = match (z.re.is_negative(), z.im.is_negative()) {
            (false, _) => angle,
            (true, false) => angle.add(&pi, bits(), ROUND),
            (true, true) => angle.sub(&pi, bits(), ROUND),
        };
        Some(Complex { re, im })
    }

    fn call(&mut self, name: &str, arguments: &[Expr]) -> Option<Complex> {
        let mut values = Vec::with_capacity(arguments.len());
        for a in arguments {
            values.push(self.value(a)?);
        }
        match (name, values.as_slice()) {
            ("log", [x]) => self.log(x),
            ("log", [x, base]) => Some(self.log(x)?.times(&self.log(base)?.inverse()?)),
            ("lg", [x]) => self.over(x, 10),
            ("lb", [x]) => self.over(x, 2),
            ("abs", [x]) => Some(Complex::real(x.magnitude())),
            ("re", [x]) => Some(Complex::real(x.re.clone())),
            ("im", [x]) => Some(Complex::real(x.im.clone())),
            ("conjugate", [x]) => Some(Complex { re: x.re.clone(), im: x.im.neg() }),
            ("sign", [x]) if x.is_real() && !x.is_zero() => Some(Complex::real(x.re.signum())),
            ("root", [x, n]) if x.is_real() && n.is_real() && !x.is_zero() => {
                let odd = arguments[1].number().and_then(Number::to_i64).is_some_and(|n| n % 2 != 0);
                let negative = x.re.is_negative();
                if negative && !odd {
                    return None;
                }
                let log = self.log(&Complex::real(x.re.abs()))?;
                let root = self.exp(&log.times(&n.inverse()?))?;
                Some(if negative { root.negated() } else { root })
            }
            (_, [x]) if x.is_real() => self.real(name, &x.re).map(Complex::real),
            _ => None,
        }
    }

    fn over(&mut self, x: &Complex, base: u64) -> Option<Complex> {
        let below = BigFloat::from_u64(base, bits()).ln(bits(), ROUND, self.constants);
        Some(self.log(x)?.times(&Complex::real(below.reciprocal(bits(), ROUND))))
    }

    /// Functions of a real value.
    fn real(&mut self, name: &str, x: &BigFloat) -> Option<BigFloat> {
        if !x.is_zero() && x.exponent().is_none_or(|e| i64::from(e) > ARGUMENT) {
            return None;
        }
        let c = &mut *self.constants;
        let inverse = |v: BigFloat| if v.is_zero() { None } else { Some(v.reciprocal(bits(), ROUND)) };
        let value = match name {
            "sin" => x.sin(bits(), ROUND, c),
            "cos" => x.cos(bits(), ROUND, c),
            "tan" => x.tan(bits(), ROUND, c),
            "sec" => inverse(x.cos(bits(), ROUND, c))?,
            "csc" => inverse(x.sin(bits(), ROUND, c))?,
            "cot" => inverse(x.tan(bits(), ROUND, c))?,
            "asin" => x.asin(bits(), ROUND, c),
            "acos" => x.acos(bits(), ROUND, c),
            "atan" => x.atan(bits(), ROUND, c),
            "sinh" => x.sinh(bits(), ROUND, c),
            "cosh" => x.cosh(bits(), ROUND, c),
            "tanh" => x.tanh(bits(), ROUND, c),
            "asinh" => x.asinh(bits(), ROUND, c),
            "acosh" => x.acosh(bits(), ROUND, c),
            "atanh" => x.atanh(bits(), ROUND, c),
            _ => return None,
        };
        (!value.is_nan()).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::{Answer, Hints, read};

    fn told(a: &str, b: &str) -> Option<bool> {
        let of = |text: &str| match read(text, Hints::default()) {
            Answer::Scalar(e) => e,
            other => panic!("{text} is {other:?}"),
        };
        apart(&of(a), &of(b))
    }

    #[test]
    fn near_misses_are_told_from_identities() {
        // Within 3e-30 of an integer, relatively (Ramanujan's constant).
        assert_eq!(told(r"e^{\pi\sqrt{163}}", "640320^3+744"), Some(true));
        assert_eq!(told(r"\sqrt{5+2\sqrt{6}}", r"\sqrt{2}+\sqrt{3}"), Some(false));
        assert_eq!(told(r"e^{i\pi}", "-1"), Some(false));
        assert_eq!(told(r"\arctan(1)+\arctan(2)+\arctan(3)", r"\pi"), Some(false));
        assert_eq!(told(r"\sin(9^{9^{9}})", "0"), None);
    }
}
