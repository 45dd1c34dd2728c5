//! Exact evaluation modulo the Mersenne prime 2^61 − 1: two rational expressions that differ there are different, and
//! two that agree at random points are the same but for a chance of about degree / 2^61 a point (Schwartz–Zippel).
//!
//! Only what arithmetic alone decides is evaluated: integer powers, no roots, no transcendental functions. π and e are
//! independent unknowns; unknown functions are hashed over their arguments, and so are operators that bind a variable:
//! for these, only agreement tells anything.

#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)] // residues stay below 2^61

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

use super::expr::{Constant, Expr};

/// The modulus.
pub const P: u64 = (1 << 61) - 1;

/// A residue.
pub type Residue = u64;

fn multiply(a: Residue, b: Residue) -> Residue {
    (u128::from(a) * u128::from(b) % u128::from(P)) as u64
}

fn add(a: Residue, b: Residue) -> Residue {
    let s = a + b;
    if s >= P { s - P } else { s }
}

fn power(mut base: Residue, mut exponent: u64) -> Residue {
    let mut result = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = multiply(result, base);
        }
        base = multiply(base, base);
        exponent >>= 1;
    }
    result
}

fn reduce(n: &BigInt) -> Residue {
    if let Some(small) = n.to_i64() {
        return small.rem_euclid(P as i64) as u64;
    }
    let residue = (n.abs() % P).to_u64().unwrap_or(0);
    if n.is_negative() && residue != 0 { P - residue } else { residue }
}

/// A residue that depends on a name and a seed only (`splitmix64` over FNV-1a).
pub fn hash(name: &str, seed: u64) -> Residue {
    let mut h = 0xcbf2_9ce4_8422_2325u64 ^ seed;
    for b in name.bytes() {
        h = (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    mix(h) % P
}

/// The finaliser of splitmix64.
pub fn mix(mut h: u64) -> u64 {
    h = h.wrapping_add(0x9e37_79b9_7f4a_7c15);
    h = (h ^ (h >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    h = (h ^ (h >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    h ^ (h >> 31)
}

/// The residue of an expression at the point that `seed` names; `None` when it is not rational, or divides by zero there.
pub fn at(expr: &Expr, seed: u64) -> Option<Residue> {
    match expr {
        Expr::Number(n) => {
            let numer = reduce(n.value().numer());
            if n.is_integer() {
                return Some(numer);
            }
            let denom = reduce(n.value().denom());
            (denom != 0).then(|| multiply(numer, power(denom, P - 2)))
        }
        Expr::Constant(Constant::Pi) => Some(hash("\u{1}pi", seed)),
        Expr::Constant(Constant::E) => Some(hash("\u{1}e", seed)),
        Expr::Symbol(name) => Some(hash(name, seed)),
        Expr::Sum(terms) => terms.iter().try_fold(0, |sum, t| Some(add(sum, at(t, seed)?))),
        Expr::Product(factors) => factors.iter().try_fold(1, |p, f| Some(multiply(p, at(f, seed)?))),
        Expr::Power(base, exponent) => {
            let exponent = exponent.number().filter(|n| n.is_integer())?.value().numer();
            let base = at(base, seed)?;
            if base == 0 {
                return (exponent.is_positive()).then_some(0);
            }
            if exponent.is_zero() {
                return Some(1);
            }
            // Fermat: exponents count modulo P − 1.
            let reduced = match exponent.to_i64() {
                Some(n) => n.rem_euclid((P - 1) as i64) as u64,
                None => ((exponent % (P - 1) + (P - 1)) % (P - 1)).to_u64()?,
            };
            Some(power(base, reduced))
        }
        Expr::Call(name, arguments) if super::function::canonical(name).is_none() => {
            let mut h = hash(name, seed ^ 0x5bd1_e995);
            for a in arguments {
                h = mix(h ^ at(a, seed)?);
            }
            Some(h % P)
        }
        Expr::Call(..) | Expr::Constant(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_holds_and_a_near_miss_does_not() {
        let x = || Expr::symbol("x");
        let square = Expr::power(Expr::sum(vec![x(), Expr::integer(1)]), Expr::integer(2));
        let expanded = |c: i64| {
            let two_x = Expr::product(vec![Expr::integer(2), x()]);
            Expr::sum(vec![Expr::power(x(), Expr::integer(2)), two_x, Expr::integer(c)])
        };
        assert_eq!(at(&square, 7), at(&expanded(1), 7));
        assert_ne!(at(&square, 7), at(&expanded(2), 7));
    }
}
