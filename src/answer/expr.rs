//! The expression tree, in a light normal form: sums and products are flat and sorted, numbers are folded exactly where
//! that stays small, square factors leave square roots. It does not expand or collect: that is the verifier's work.

use num_rational::BigRational;
use num_traits::{One, Signed};

use super::fold::{FOLD_BITS, add, fold_root, gather, integer_power, multiply};
use super::number::Number;

/// Constants with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Constant {
    /// π.
    Pi,
    /// Euler's number.
    E,
    /// The imaginary unit.
    I,
    /// Positive infinity.
    Infinity,
    /// Not a number, as programs print it; equal to nothing.
    Nan,
}

/// A scalar expression.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Expr {
    /// A number.
    Number(Number),
    /// A constant.
    Constant(Constant),
    /// A variable or parameter; a subscript is part of the name.
    Symbol(String),
    /// Base and exponent.
    Power(Box<Expr>, Box<Expr>),
    /// Terms, at least two.
    Sum(Vec<Expr>),
    /// Factors, at least two, a number first.
    Product(Vec<Expr>),
    /// A function by its canonical name; names that are not known are applied as unknown functions.
    Call(String, Vec<Expr>),
}

impl Expr {
    /// An integer.
    pub fn integer(value: i64) -> Self {
        Self::Number(Number::integer(value))
    }

    /// A rational.
    pub fn ratio(numer: i64, denom: i64) -> Self {
        Self::Number(Number::exact(BigRational::new(numer.into(), denom.into())))
    }

    /// A symbol.
    pub fn symbol(name: impl Into<String>) -> Self {
        Self::Symbol(name.into())
    }

    /// The sum of terms.
    pub fn sum(terms: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(terms.len());
        let mut numbers = Vec::new();
        for term in terms {
            let parts = if let Self::Sum(inner) = term { inner } else { vec![term] };
            for part in parts {
                match part {
                    Self::Number(n) => numbers.push(n),
                    other => flat.push(other),
                }
            }
        }
        for c in gather(numbers, add) {
            if !c.is_zero() || flat.is_empty() {
                flat.push(Self::Number(c));
            }
        }
        flat.sort_unstable();
        if flat.len() == 1 { flat.remove(0) } else { Self::Sum(flat) }
    }

    /// The product of factors.
    pub fn product(factors: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(factors.len());
        let mut numbers = Vec::new();
        for factor in factors {
            let parts = if let Self::Product(inner) = factor { inner } else { vec![factor] };
            for part in parts {
                match part {
                    Self::Number(n) => numbers.push(n),
                    other => flat.push(other),
                }
            }
        }
        for c in gather(numbers, multiply) {
            if c.is_zero() && !flat.iter().any(Self::has_no_value) {
                return Self::Number(c);
            }
            if !c.is_one() || c.precision().is_some() || flat.is_empty() {
                flat.push(Self::Number(c));
            }
        }
        flat.sort_unstable();
        if flat.len() == 1 { flat.remove(0) } else { Self::Product(flat) }
    }

    /// `base` to the power of `exponent`.
    pub fn power(base: Self, exponent: Self) -> Self {
        let Self::Number(e) = &exponent else {
            return Self::Power(Box::new(base), Box::new(exponent));
        };
        if e.is_one() {
            return base;
        }
        match &base {
            Self::Number(b) => {
                if let Some(n) = e.to_i64() {
                    if b.is_zero() && n < 0 {
                        // One form for what has no value.
                        return Self::Power(Box::new(base), Box::new(Self::integer(-1)));
                    }
                    if b.is_zero() && n == 0 {
                        return Self::Power(Box::new(base), Box::new(exponent));
                    }
                    if b.bits().saturating_mul(n.unsigned_abs()) <= FOLD_BITS || b.value().abs().is_one() {
                        return Self::Number(integer_power(b, n));
                    }
                } else if let Some(folded) = fold_root(b, e) {
                    return folded;
                }
            }
            Self::Constant(Constant::I) => {
                if let Some(n) = e.to_i64() {
                    return match n.rem_euclid(4) {
                        0 => Self::integer(1),
                        1 => base,
                        2 => Self::integer(-1),
                        _ => Self::product(vec![Self::integer(-1), base]),
                    };
                }
            }
            // (a^b)^n = a^(b n) holds for integer n whatever a and b are.
            Self::Power(inner, inner_exponent) if e.is_integer() => {
                let joined = Self::product(vec![(**inner_exponent).clone(), exponent]);
                return Self::power((**inner).clone(), joined);
            }
            Self::Product(factors) if e.is_integer() => {
                return Self::product(factors.iter().map(|f| Self::power(f.clone(), exponent.clone())).collect());
            }
            _ => {}
        }
        Self::Power(Box::new(base), Box::new(exponent))
    }

    /// The square root.
    #[must_use]
    pub fn sqrt(self) -> Self {
        Self::power(self, Self::ratio(1, 2))
    }

    /// The expression times −1.
    #[must_use]
    pub fn negated(self) -> Self {
        if let Self::Number(n) = &self {
            return Self::Number(n.negated());
        }
        if let Self::Product(factors) = &self
            && let Some(Self::Number(n)) = factors.first()
        {
            let mut negated = factors.clone();
            negated[0] = Self::Number(n.negated());
            return Self::product(negated);
        }
        Self::product(vec![Self::integer(-1), self])
    }

    /// This minus the other.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self::sum(vec![self, other.negated()])
    }

    /// This divided by the other.
    #[must_use]
    pub fn over(self, other: Self) -> Self {
        Self::product(vec![self, Self::power(other, Self::integer(-1))])
    }

    /// The number, where the expression is one.
    pub fn number(&self) -> Option<&Number> {
        match self {
            Self::Number(n) => Some(n),
            _ => None,
        }
    }

    /// The direct parts.
    pub fn parts(&self) -> &[Self] {
        match self {
            Self::Sum(parts) | Self::Product(parts) | Self::Call(_, parts) => parts,
            _ => &[],
        }
    }

    /// Whether nothing in it lies deeper than so many levels, itself counted. Goes no deeper to find out.
    pub(super) fn is_within(&self, levels: usize) -> bool {
        let Some(left) = levels.checked_sub(1) else { return false };
        match self {
            Self::Power(base, exponent) => base.is_within(left) && exponent.is_within(left),
            other => other.parts().iter().all(|p| p.is_within(left)),
        }
    }

    /// How many expressions it is made of, itself counted.
    pub fn nodes(&self) -> u32 {
        let mut n = 0;
        self.walk(&mut |_| n += 1);
        n
    }

    /// Calls `visit` on this expression and every one inside.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        match self {
            Self::Power(base, exponent) => {
                base.walk(visit);
                exponent.walk(visit);
            }
            other => other.parts().iter().for_each(|p| p.walk(visit)),
        }
    }

    /// Whether anything inside satisfies `test`.
    pub fn any(&self, test: &dyn Fn(&Self) -> bool) -> bool {
        if test(self) {
            return true;
        }
        match self {
            Self::Power(base, exponent) => base.any(test) || exponent.any(test),
            other => other.parts().iter().any(|p| p.any(test)),
        }
    }

    /// Names of the free symbols, sorted, each once.
    pub fn symbols(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.walk(&mut |e| {
            if let Self::Symbol(name) = e
                && !super::binder::is_bound(name)
            {
                names.push(name.as_str());
            }
        });
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Whether it has no free symbols and no unknown functions.
    pub fn is_constant(&self) -> bool {
        !self.any(&|e| match e {
            Self::Symbol(name) => !super::binder::is_bound(name),
            Self::Call(name, _) => super::function::canonical(name).is_none() && !super::binder::is_binder(name),
            _ => false,
        })
    }

    /// Whether infinity occurs in it.
    pub fn has_infinity(&self) -> bool {
        self.any(&|e| matches!(e, Self::Constant(Constant::Infinity)))
    }

    /// Whether infinity, NaN or a division by zero occurs in it: what zero times it is, is not zero.
    fn has_no_value(&self) -> bool {
        self.any(&|e| match e {
            Self::Constant(c) => matches!(c, Constant::Infinity | Constant::Nan),
            Self::Power(base, exponent) => {
                base.number().is_some_and(Number::is_zero) && exponent.number().is_none_or(Number::is_negative)
            }
            _ => false,
        })
    }

    /// Whether the imaginary unit occurs in it.
    pub fn is_complex(&self) -> bool {
        self.any(&|e| matches!(e, Self::Constant(Constant::I)))
    }

    /// Whether a decimal occurs in it.
    pub fn has_decimal(&self) -> bool {
        self.any(&|e| matches!(e, Self::Number(n) if n.precision().is_some()))
    }

    /// The same expression with a symbol replaced.
    #[must_use]
    pub fn replace(&self, name: &str, with: &Self) -> Self {
        match self {
            Self::Symbol(s) if s == name => with.clone(),
            Self::Number(_) | Self::Constant(_) | Self::Symbol(_) => self.clone(),
            Self::Sum(parts) => Self::sum(parts.iter().map(|p| p.replace(name, with)).collect()),
            Self::Product(parts) => Self::product(parts.iter().map(|p| p.replace(name, with)).collect()),
            Self::Power(b, e) => Self::power(b.replace(name, with), e.replace(name, with)),
            Self::Call(f, parts) => Self::Call(f.clone(), parts.iter().map(|p| p.replace(name, with)).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_fold() {
        assert_eq!(Expr::integer(12).sqrt(), Expr::product(vec![Expr::integer(2), Expr::integer(3).sqrt()]));
        assert_eq!(Expr::power(Expr::integer(8), Expr::ratio(1, 3)), Expr::integer(2));
        assert_eq!(
            Expr::integer(1).over(Expr::integer(2).sqrt()),
            Expr::product(vec![Expr::ratio(1, 2), Expr::integer(2).sqrt()])
        );
    }

    #[test]
    fn a_tower_of_powers_stays_as_it_is() {
        let nine = || Expr::integer(9);
        let tower = Expr::power(nine(), Expr::power(nine(), nine()));
        assert!(matches!(tower, Expr::Power(..)));
    }

    #[test]
    fn a_decimal_times_a_power_of_ten_keeps_its_digits() {
        let n = Expr::product(vec![
            Expr::Number(Number::parse("2.9").unwrap()),
            Expr::power(Expr::integer(10), Expr::integer(-9)),
        ]);
        assert_eq!(n.number().unwrap().precision().unwrap().place, -10);
    }
}
