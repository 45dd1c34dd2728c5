//! Exact numbers: rationals of any size within bounds, with the digits that a decimal was written with.

use num_bigint::{BigInt, BigUint};
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Pow, Signed, ToPrimitive, Zero};

use super::{MAX_DIGITS, MAX_EXPONENT};

/// The digits that a decimal was written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Precision {
    /// Significant digits, at least 1.
    pub significant: u32,
    /// The last digit counts 10 to this power.
    pub place: i32,
    /// Whether it was written with a power of ten.
    pub scientific: bool,
}

/// An exact number; a decimal keeps its precision.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Number {
    value: BigRational,
    precision: Option<Precision>,
}

impl Number {
    /// An integer.
    pub fn integer(value: i64) -> Self {
        Self { value: BigRational::from_integer(value.into()), precision: None }
    }

    /// An exact rational.
    pub fn exact(value: BigRational) -> Self {
        Self { value, precision: None }
    }

    /// A rational with the precision of a decimal.
    pub fn with_precision(value: BigRational, precision: Option<Precision>) -> Self {
        Self { value, precision }
    }

    /// Reads ASCII digits with at most one point and an optional exponent; `None` when it is none or beyond bounds.
    pub fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], Some(text[at + 1..].parse::<i64>().ok()?)),
            None => (text, None),
        };
        let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
        let fraction_digits = fraction.unwrap_or_default();
        let digits = whole.len() + fraction_digits.len();
        if digits == 0 || digits > MAX_DIGITS || exponent.is_some_and(|e| e.abs() > MAX_EXPONENT) {
            return None;
        }
        if !whole.bytes().chain(fraction_digits.bytes()).all(|b| b.is_ascii_digit()) {
            return None;
        }
        if fraction.is_none() && exponent.is_none() {
            let value = match whole.parse::<i64>() {
                Ok(small) => BigInt::from(small),
                Err(_) => BigInt::from(BigUint::parse_bytes(whole.as_bytes(), 10)?),
            };
            return Some(Self { value: BigRational::from_integer(value), precision: None });
        }
        let joined = format!("{whole}{fraction_digits}");
        let unscaled = BigInt::from(BigUint::parse_bytes(joined.as_bytes(), 10)?);
        let place = exponent.unwrap_or(0) - i64::try_from(fraction_digits.len()).ok()?;
        let place = i32::try_from(place).ok()?;
        let shown = joined.trim_start_matches('0').len().max(1);
        let precision = Precision { significant: u32::try_from(shown).ok()?, place, scientific: exponent.is_some() };
        Some(Self { value: scaled(unscaled, place), precision: Some(precision) })
    }

    /// The decimal with these digits repeating behind its own; `None` where it is none. `point` says that a point was
    /// written, since `0.` alone is an integer.
    pub(super) fn repeating(&self, digits: &str, point: bool) -> Option<Self> {
        let place = match self.precision {
            Some(p) if p.place <= 0 && !p.scientific => p.place,
            None if point && self.value.is_integer() => 0,
            _ => return None,
        };
        if digits.len() > 60 || self.is_negative() {
            return None;
        }
        let length = i32::try_from(digits.len()).ok()?;
        let period = BigRational::from_integer(BigInt::from(BigUint::parse_bytes(digits.as_bytes(), 10)?));
        let nines = power_of_ten(length) - BigRational::one();
        Some(Self::exact(&self.value + period / nines * power_of_ten(place)))
    }

    /// The exact value.
    pub fn value(&self) -> &BigRational {
        &self.value
    }

    /// The precision, if it was written as a decimal.
    pub fn precision(&self) -> Option<Precision> {
        self.precision
    }

    /// Whether it is an integer in value, however it was written.
    pub fn is_integer(&self) -> bool {
        self.value.is_integer()
    }

    /// The value if it is an integer that fits.
    pub fn to_i64(&self) -> Option<i64> {
        if self.value.is_integer() { self.value.numer().to_i64() } else { None }
    }

    /// Nearest float; infinite beyond its range.
    pub fn to_f64(&self) -> f64 {
        ratio_to_f64(&self.value)
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.value.is_zero()
    }

    /// Whether it is one.
    pub fn is_one(&self) -> bool {
        self.value.is_one()
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        self.value.is_negative()
    }

    /// The number times −1.
    #[must_use]
    pub fn negated(&self) -> Self {
        Self { value: -self.value.clone(), precision: self.precision }
    }

    /// Size of numerator and denominator in bits: what bounds go by.
    pub fn bits(&self) -> u64 {
        self.value.numer().bits() + self.value.denom().bits()
    }
}

/// `digits` times 10 to the power of `place`, in lowest terms: only twos and fives can be common.
fn scaled(digits: BigInt, place: i32) -> BigRational {
    if place >= 0 || digits.is_zero() {
        return BigRational::from_integer(digits * power_of_ten(place.max(0)).numer());
    }
    let most = u64::from(place.unsigned_abs());
    let twos = digits.trailing_zeros().unwrap_or(0).min(most);
    let mut numer = digits >> twos;
    let mut fives = 0;
    while fives < most {
        let (quotient, remainder) = numer.div_rem(&BigInt::from(5));
        if !remainder.is_zero() {
            break;
        }
        numer = quotient;
        fives += 1;
    }
    let five = |n: u64| Pow::pow(BigInt::from(5), n);
    BigRational::new_raw(numer, five(most - fives) << (most - twos))
}

/// The quotient of two rationals as a float; common factors stay, for they cost more than they take away.
pub fn quotient_to_f64(a: &BigRational, b: &BigRational) -> f64 {
    ratio_to_f64(&BigRational::new_raw(a.numer() * b.denom(), a.denom() * b.numer()))
}

/// The distance of two rationals, not in lowest terms.
pub fn distance(a: &BigRational, b: &BigRational) -> BigRational {
    BigRational::new_raw((a.numer() * b.denom() - b.numer() * a.denom()).abs(), a.denom() * b.denom())
}

/// Nearest float to a rational, quick for small ones.
pub fn ratio_to_f64(value: &BigRational) -> f64 {
    match (value.numer().to_i64(), value.denom().to_i64()) {
        (Some(n), Some(d)) if n.unsigned_abs() < 1 << 53 && d < 1 << 53 => n as f64 / d as f64,
        _ => value.to_f64().unwrap_or(f64::NAN),
    }
}

/// 10 to the power of `exponent`, exact; the caller has bounded the exponent.
pub fn power_of_ten(exponent: i32) -> BigRational {
    let magnitude = BigInt::from(10u32).pow(exponent.unsigned_abs());
    if exponent >= 0 { BigRational::from_integer(magnitude) } else { BigRational::new_raw(BigInt::one(), magnitude) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_keeps_its_digits() {
        let n = Number::parse("0.0450").unwrap();
        assert_eq!(n.value(), &BigRational::new(45.into(), 1000.into()));
        assert_eq!(n.precision().unwrap().significant, 3);
        assert_eq!(n.precision().unwrap().place, -4);
        assert_eq!(Number::parse("7e-25").unwrap().precision().unwrap().place, -25);
    }

    #[test]
    fn what_is_out_of_bounds_is_not_a_number() {
        assert!(Number::parse("1e99999").is_none());
        assert!(Number::parse(&"9".repeat(MAX_DIGITS + 1)).is_none());
        assert!(Number::parse(".").is_none());
        assert!(Number::parse("1.2.3").is_none());
    }
}
