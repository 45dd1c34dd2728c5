//! Folding of numbers in expressions: products that keep a decimal's digits, powers, roots.

use std::sync::LazyLock;

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Pow, Signed, ToPrimitive, Zero};

use super::expr::{Constant, Expr};
use super::number::{Number, Precision};

/// Largest exact number, in bits, that folding makes; what is larger stays as it was written.
pub(super) const FOLD_BITS: u64 = 12_000;

/// How often two numbers are joined to see whether a common factor makes the result small enough.
const LARGE_JOINS: u32 = 16;

/// Joins numbers two by two, so that a long sum or product costs little more than its largest part; what would grow
/// beyond [`FOLD_BITS`] stays apart.
pub(super) fn gather(mut numbers: Vec<Number>, join: impl Fn(&Number, &Number) -> Number) -> Vec<Number> {
    let mut large = LARGE_JOINS;
    while numbers.len() > 1 {
        let before = numbers.len();
        let mut joined: Vec<Number> = Vec::with_capacity(before.div_ceil(2));
        let mut rest = numbers.into_iter();
        while let Some(a) = rest.next() {
            match rest.next() {
                // What counts is the result: a fraction is read as a product of its two halves.
                Some(b) if a.bits() + b.bits() <= if large > 0 { 2 * FOLD_BITS } else { FOLD_BITS } => {
                    large -= u32::from(a.bits() + b.bits() > FOLD_BITS);
                    let both = join(&a, &b);
                    if both.bits() <= FOLD_BITS { joined.push(both) } else { joined.extend([a, b]) }
                }
                other => joined.extend([Some(a), other].into_iter().flatten()),
            }
        }
        numbers = joined;
        if numbers.len() == before {
            break;
        }
    }
    numbers
}

/// Sum of two numbers; zero takes no digits from the other.
pub(super) fn add(a: &Number, b: &Number) -> Number {
    match (a.is_zero(), b.is_zero()) {
        (_, true) => a.clone(),
        (true, _) => b.clone(),
        _ if a.is_integer() && b.is_integer() => {
            Number::exact(BigRational::from_integer(a.value().numer() + b.value().numer()))
        }
        _ => Number::exact(a.value() + b.value()),
    }
}

/// Largest number whose factorial is worked out.
const FACTORIALS: usize = 300;

/// The factorial of a small number.
pub(super) fn factorial(n: i64) -> Option<BigInt> {
    static TABLE: LazyLock<Vec<BigInt>> = LazyLock::new(|| {
        let mut table = vec![BigInt::one()];
        table.extend((1..=FACTORIALS).scan(BigInt::one(), |product, k| {
            *product *= k;
            Some(product.clone())
        }));
        table
    });
    TABLE.get(usize::try_from(n).ok()?).cloned()
}

/// Product of two numbers; a decimal times a power of ten stays a decimal of the same digits, and a sign changes none.
pub(super) fn multiply(a: &Number, b: &Number) -> Number {
    let unit = |n: &Number| n.value().numer().magnitude().is_one();
    let value = if a.is_integer() && b.is_integer() {
        BigRational::from_integer(a.value().numer() * b.value().numer())
    } else if unit(a) && unit(b) {
        // Nothing to take out: lowest terms cost more than the product.
        BigRational::new_raw(a.value().numer() * b.value().numer(), a.value().denom() * b.value().denom())
    } else {
        a.value() * b.value()
    };
    let (decimal, other) = match (a.precision(), b.precision()) {
        (Some(p), None) => (p, b),
        (None, Some(p)) => (p, a),
        _ => return Number::exact(value),
    };
    let precision = exponent_of_ten(other.value()).and_then(|shift| {
        let place = decimal.place.checked_add(shift)?;
        Some(Precision { place, scientific: decimal.scientific || shift != 0, ..decimal })
    });
    Number::with_precision(value, precision)
}

/// `k` where the magnitude of the value is 10 to the power of `k`.
fn exponent_of_ten(value: &BigRational) -> Option<i32> {
    let (mut rest, negative) = match (value.numer().abs().is_one(), value.denom().is_one()) {
        (_, true) => (value.numer().abs(), false),
        (true, false) => (value.denom().clone(), true),
        _ => return None,
    };
    let ten = BigInt::from(10);
    let mut exponent = 0i32;
    while !rest.is_one() {
        let (quotient, remainder) = rest.div_rem(&ten);
        if !remainder.is_zero() || rest.is_zero() {
            return None;
        }
        rest = quotient;
        exponent += 1;
    }
    Some(if negative { -exponent } else { exponent })
}

/// `base` to an integer power; the caller has bounded the result and excluded 0 to a negative power.
pub(super) fn integer_power(base: &Number, exponent: i64) -> Number {
    let magnitude = exponent.unsigned_abs();
    let reduced = if base.value().abs().is_one() { magnitude % 2 } else { magnitude };
    let Ok(reduced) = u32::try_from(reduced) else { return base.clone() };
    let raised = Pow::pow(base.value(), reduced);
    Number::exact(if exponent < 0 { raised.recip() } else { raised })
}

/// A root of a number, with what leaves the root taken out: `12^(1/2)` is `2*3^(1/2)`, `8^(1/3)` is 2.
pub(super) fn fold_root(base: &Number, exponent: &Number) -> Option<Expr> {
    let index = exponent.value().denom().to_u32()?;
    let raise = exponent.value().numer().to_i64()?;
    if base.is_negative() || base.is_zero() || index > 12 || raise.unsigned_abs() > 64 || base.precision().is_some() {
        return None;
    }
    let numer = base.value().numer().to_u64()?;
    let denom = base.value().denom().to_u64()?;
    // a^(p/q) = (a^p)^(1/q); negative powers turn the fraction over.
    let (top, bottom) = if raise < 0 { (denom, numer) } else { (numer, denom) };
    let power = u32::try_from(raise.unsigned_abs()).ok()?;
    let top = top.checked_pow(power)?;
    // One root only: sqrt(a/b) is sqrt(a*b)/b.
    let bottom = bottom.checked_pow(power)?;
    let radicand = top.checked_mul(bottom.checked_pow(index - 1)?)?;
    let (outside, inside) = extract_root(radicand, index)?;
    let coefficient = Expr::Number(Number::exact(BigRational::new(outside.into(), bottom.into())));
    if inside == 1 {
        return Some(coefficient);
    }
    let root = Expr::Power(
        Box::new(Expr::Number(Number::exact(BigRational::from_integer(inside.into())))),
        Box::new(Expr::ratio(1, i64::from(index))),
    );
    Some(Expr::product(vec![coefficient, root]))
}

/// `(o, i)` with `n = o^index · i` and as much outside as trial division finds; `None` beyond a bound of work.
fn extract_root(n: u64, index: u32) -> Option<(u64, u64)> {
    let (mut outside, mut inside, mut rest) = (1u64, 1u64, n);
    let mut factor = 2u64;
    while factor.checked_mul(factor).is_some_and(|square| square <= rest) {
        if factor > 4_000 {
            // What is left has no small factor; it leaves the root only when it is a perfect power itself.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a root of a u64 fits
            let root = (rest as f64).powf(1.0 / f64::from(index)).round() as u64;
            return if root.checked_pow(index) == Some(rest) {
                Some((outside.checked_mul(root)?, inside))
            } else {
                Some((outside, inside.checked_mul(rest)?))
            };
        }
        let mut times = 0;
        while rest % factor == 0 {
            rest /= factor;
            times += 1;
        }
        outside = outside.checked_mul(factor.checked_pow(times / index)?)?;
        inside = inside.checked_mul(factor.checked_pow(times % index)?)?;
        factor += if factor == 2 { 1 } else { 2 };
    }
    Some((outside, inside.checked_mul(rest)?))
}

/// Greatest common divisor or least common multiple. Of rationals: of the numerators over the denominators brought to
/// one. Numbers without a common measure have the divisor 1, as `SymPy` has it.
pub(super) fn divisor(greatest: bool, arguments: Vec<Expr>) -> Expr {
    let rational: Option<Vec<&BigRational>> = arguments.iter().map(|e| e.number().map(Number::value)).collect();
    if let Some(all) = rational {
        let joined = all.iter().skip(1).fold(all[0].abs(), |a, b| {
            let (top, bottom) = if greatest {
                (a.numer().gcd(b.numer()), a.denom().lcm(b.denom()))
            } else {
                (a.numer().lcm(b.numer()), a.denom().gcd(b.denom()))
            };
            BigRational::new(top, bottom)
        });
        return Expr::Number(Number::exact(joined));
    }
    let root = |e: &Expr| matches!(e, Expr::Power(b, n) if b.number().is_some() && n.number().is_some_and(|n| !n.is_integer()));
    let irrational = |e: &Expr| root(e) || matches!(e, Expr::Constant(Constant::Pi | Constant::E));
    let known = arguments.iter().all(|e| irrational(e) || e.number().is_some());
    let mut apart = arguments.clone();
    apart.sort_unstable();
    apart.dedup();
    if known && apart.len() == arguments.len() {
        return if greatest { Expr::integer(1) } else { Expr::product(arguments) };
    }
    Expr::Call(if greatest { "gcd" } else { "lcm" }.to_owned(), arguments)
}

/// `n!!`, exact where that is small.
pub(super) fn double_factorial(n: Expr) -> Expr {
    match n.number().and_then(Number::to_i64) {
        Some(k @ -1..=300) => {
            let product = (1..=k).rev().step_by(2).fold(BigInt::from(1), |p, i| p * i);
            Expr::Number(Number::exact(BigRational::from_integer(product)))
        }
        _ => Expr::Call("factorial2".into(), vec![n]),
    }
}

/// Euler's gamma function, exact at small positive halves.
pub(super) fn gamma(x: Expr) -> Expr {
    let twice = x.number().filter(|n| n.precision().is_none()).map(|n| n.value() * BigInt::from(2));
    let Some(k) = twice.filter(BigRational::is_integer).and_then(|t| t.to_i64()).filter(|k| (1..=300).contains(k))
    else {
        return Expr::Call("gamma_function".into(), vec![x]);
    };
    // Γ(x) = (x − 1) Γ(x − 1), down to Γ(1) = 1 or Γ(1/2) = √π.
    let product = (1..k - 1).rev().step_by(2).fold(BigRational::one(), |p, i| p * BigRational::new(i.into(), 2.into()));
    let factor = Expr::Number(Number::exact(product));
    if k % 2 == 0 { factor } else { Expr::product(vec![factor, Expr::Constant(Constant::Pi).sqrt()]) }
}

/// Riemann's zeta function, exact at small even positive integers.
pub(super) fn zeta(s: Expr) -> Expr {
    let whole = s.number().filter(|n| n.precision().is_none()).and_then(Number::to_i64);
    let Some(even) = whole.filter(|n| (2..=60).contains(n) && n % 2 == 0) else {
        return Expr::Call("zeta_function".into(), vec![s]);
    };
    // ζ(n) = |B(n)| (2π)^n / (2 n!), Bernoulli's numbers by the scheme of Akiyama and Tanigawa.
    let mut row: Vec<BigRational> = (1..=even + 1).map(|k| BigRational::new(1.into(), k.into())).collect();
    for length in (1..row.len()).rev() {
        for j in 0..length {
            row[j] = (&row[j] - &row[j + 1]) * BigInt::from(j + 1);
        }
    }
    let factor = (1..=even).fold(row[0].abs() / BigInt::from(2), |f, k| f * BigRational::new(2.into(), k.into()));
    let power = Expr::power(Expr::Constant(Constant::Pi), s);
    Expr::product(vec![Expr::Number(Number::exact(factor)), power])
}

/// A number of Fibonacci or of Catalan, exact where it is small.
pub(super) fn sequence(name: &str, n: Expr) -> Expr {
    let whole = n.number().filter(|n| n.precision().is_none()).and_then(Number::to_i64);
    let Some(k) = whole.filter(|k| (0..=300).contains(k)) else { return Expr::Call(name.to_owned(), vec![n]) };
    let value = if name == "fibonacci" {
        (0..k).fold((BigInt::from(0), BigInt::from(1)), |(a, b), _| (b.clone(), a + b)).0
    } else {
        // C(i + 1) = C(i) (4i + 2) / (i + 2)
        (0..k).fold(BigInt::from(1), |c, i| c * (4 * i + 2) / (i + 2))
    };
    Expr::Number(Number::exact(BigRational::from_integer(value)))
}

/// The remainder of two numbers, with the sign of the divisor.
pub(super) fn modulo(a: &Number, b: &Number) -> Option<Expr> {
    if b.is_zero() {
        return None;
    }
    let quotient = (a.value() / b.value()).floor();
    Some(Expr::Number(Number::exact(a.value() - b.value() * quotient)))
}
