//! Evaluation in floats with a running bound of the error, so that "equal" and "different" are both said with reason.
//!
//! Complex throughout, principal branches; real arithmetic where both operands are real. What is not defined, or where
//! the error cannot be bounded, has no value.

#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)] // values are bounded and whole before a cast
#![allow(clippy::float_cmp)] // only exact integers are compared

use std::cell::Cell;

use super::expr::{Constant, Expr};

/// A complex value and a bound on its absolute error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Value {
    /// Real part.
    pub re: f64,
    /// Imaginary part.
    pub im: f64,
    /// Bound on the absolute error of either part (first order).
    pub err: f64,
}

/// Relative error charged to one operation of the machine's mathematics library.
const EPS: f64 = 4.0 * f64::EPSILON;

impl Value {
    /// A real value known to machine precision.
    pub fn real(re: f64) -> Self {
        Self { re, im: 0.0, err: re.abs() * f64::EPSILON }
    }

    pub(super) fn exact(re: f64) -> Self {
        Self { re, im: 0.0, err: 0.0 }
    }

    fn complex(re: f64, im: f64, err: f64) -> Self {
        Self { re, im, err }
    }

    /// Magnitude.
    pub fn magnitude(self) -> f64 {
        self.re.hypot(self.im)
    }

    /// Whether the imaginary part is nothing but error.
    pub fn is_real(self) -> bool {
        self.im.abs() <= self.err
    }

    pub(super) fn finite(self) -> Option<Self> {
        (self.re.is_finite() && self.im.is_finite() && self.err.is_finite()).then_some(self)
    }

    pub(super) fn plus(self, o: Self) -> Self {
        let (re, im) = (self.re + o.re, self.im + o.im);
        Self::complex(re, im, self.err + o.err + f64::EPSILON * re.hypot(im))
    }

    pub(super) fn times(self, o: Self) -> Self {
        let (re, im) = if self.im == 0.0 && o.im == 0.0 {
            (self.re * o.re, 0.0)
        } else {
            (self.re * o.re - self.im * o.im, self.re * o.im + self.im * o.re)
        };
        let (a, b) = (self.magnitude(), o.magnitude());
        // What vanishes for want of exponents is not zero.
        let lost = a != 0.0 && b != 0.0 && a * b < f64::MIN_POSITIVE;
        Self::complex(re, im, if lost { f64::INFINITY } else { a * o.err + b * self.err + EPS * a * b })
    }

    fn inverse(self) -> Option<Self> {
        let m = self.magnitude();
        if m <= self.err || m == 0.0 {
            return None;
        }
        if self.im == 0.0 {
            let re = 1.0 / self.re;
            return Self::complex(re, 0.0, re.abs() * (self.err / m + f64::EPSILON)).finite();
        }
        let square = m * m;
        Self::complex(self.re / square, -self.im / square, (self.err / m + EPS) / m).finite()
    }

    fn exp(self) -> Option<Self> {
        let m = self.re.exp();
        if m < f64::MIN_POSITIVE {
            return None;
        }
        let (re, im) = if self.im == 0.0 { (m, 0.0) } else { (m * self.im.cos(), m * self.im.sin()) };
        Self::complex(re, im, m * (self.err + EPS * (1.0 + self.magnitude()))).finite()
    }

    fn ln(self) -> Option<Self> {
        let m = self.magnitude();
        if m <= self.err * 2.0 || m == 0.0 {
            return None;
        }
        // On the negative axis a stray imaginary error would choose the branch: the axis itself is meant.
        let im = if self.is_real() {
            if self.re < 0.0 { std::f64::consts::PI } else { 0.0 }
        } else {
            self.im.atan2(self.re)
        };
        Self::complex(m.ln(), im, self.err / m + EPS * (1.0 + m.ln().abs())).finite()
    }

    fn powi(self, n: i64) -> Option<Self> {
        let m = self.magnitude();
        if m == 0.0 {
            return if n > 0 { Some(self) } else { None };
        }
        if self.im == 0.0 && n.unsigned_abs() < 1 << 31 {
            let re = self.re.powi(i32::try_from(n).ok()?);
            if re.abs() < f64::MIN_POSITIVE {
                return None;
            }
            let relative = self.err / m + EPS;
            return Self::complex(re, 0.0, re.abs() * relative * n.unsigned_abs() as f64).finite();
        }
        let mut result = Self::exact(1.0);
        let (mut square, mut rest) = (self, n.unsigned_abs());
        while rest > 0 {
            if rest & 1 == 1 {
                result = result.times(square).finite()?;
            }
            rest >>= 1;
            if rest > 0 {
                square = square.times(square).finite()?;
            }
        }
        if n < 0 { result.inverse() } else { Some(result) }
    }

    fn pow(self, exponent: Self) -> Option<Self> {
        if exponent.im == 0.0
            && exponent.err <= exponent.re.abs() * f64::EPSILON
            && exponent.re.fract() == 0.0
            && exponent.re.abs() < 1e9
        {
            return self.powi(exponent.re as i64);
        }
        if self.magnitude() == 0.0 {
            return if exponent.re > 0.0 && exponent.im == 0.0 { Some(Self::exact(0.0)) } else { None };
        }
        if self.im == 0.0 && self.re > 0.0 && exponent.im == 0.0 {
            let re = self.re.powf(exponent.re);
            if re < f64::MIN_POSITIVE {
                return None;
            }
            let relative = exponent.re.abs() * self.err / self.re + self.re.ln().abs() * exponent.err + EPS;
            return Self::complex(re, 0.0, re.abs() * relative).finite();
        }
        exponent.times(self.ln()?).exp()
    }

    /// A real function of a real value, with the slope that carries the error.
    fn map_real(self, f: impl Fn(f64) -> f64, slope: impl Fn(f64) -> f64) -> Option<Self> {
        if self.im != 0.0 {
            return None;
        }
        let re = f(self.re);
        Self::complex(re, 0.0, slope(self.re).abs() * self.err + EPS * re.abs().max(f64::MIN_POSITIVE)).finite()
    }
}

/// What symbols and unknown functions stand for while an expression is evaluated.
pub trait Point {
    /// The value of a symbol.
    fn symbol(&self, name: &str) -> Option<f64>;
    /// The value of an unknown function at these arguments: the same for the same name and arguments.
    fn unknown(&self, name: &str, arguments: &[Value]) -> Option<f64>;
}

/// A point without symbols.
#[derive(Debug, Clone, Copy)]
pub struct Nowhere;

impl Point for Nowhere {
    fn symbol(&self, _: &str) -> Option<f64> {
        None
    }

    fn unknown(&self, _: &str, _: &[Value]) -> Option<f64> {
        None
    }
}

/// Nodes evaluated for a constant.
const CONSTANT_WORK: u32 = 400_000;
/// Nodes evaluated at one of many points.
const POINT_WORK: u32 = 20_000;

/// The value of a constant expression.
pub fn constant(expr: &Expr) -> Option<Value> {
    value(expr, &Nowhere, &Cell::new(CONSTANT_WORK))
}

/// The value of an expression at a point; `None` where it is undefined, infinite or not known well enough.
pub fn at(expr: &Expr, point: &dyn Point) -> Option<Value> {
    value(expr, point, &Cell::new(POINT_WORK))
}

/// [`at`], with the nodes that may still be evaluated.
pub(super) fn value(expr: &Expr, point: &dyn Point, work: &Cell<u32>) -> Option<Value> {
    work.set(work.get().checked_sub(1)?);
    match expr {
        Expr::Number(n) => {
            let re = n.to_f64();
            let exact = n.is_integer() && re.abs() < 9e15;
            if exact { Some(Value::exact(re)) } else { Value::real(re).finite() }
        }
        Expr::Constant(Constant::Pi) => Some(Value::real(std::f64::consts::PI)),
        Expr::Constant(Constant::E) => Some(Value::real(std::f64::consts::E)),
        Expr::Constant(Constant::I) => Some(Value::complex(0.0, 1.0, 0.0)),
        Expr::Constant(Constant::Infinity | Constant::Nan) => None,
        Expr::Symbol(name) => point.symbol(name).map(Value::exact),
        Expr::Sum(terms) => terms
            .iter()
            .try_fold(Value::exact(0.0), |sum, t| Some(sum.plus(value(t, point, work)?)))
            .and_then(Value::finite),
        Expr::Product(factors) => {
            factors.iter().try_fold(Value::exact(1.0), |p, f| p.times(value(f, point, work)?).finite())
        }
        Expr::Power(base, exponent) => {
            let exponent = value(exponent, point, work)?;
            if matches!(**base, Expr::Constant(Constant::E)) {
                return exponent.exp();
            }
            value(base, point, work)?.pow(exponent)
        }
        Expr::Call(name, arguments) if super::binder::is_binder(name) => {
            super::quadrature::operator(name, arguments, point, work)
        }
        Expr::Call(name, arguments) => {
            let mut values = Vec::with_capacity(arguments.len());
            for a in arguments {
                values.push(value(a, point, work)?);
            }
            match super::function::canonical(name) {
                Some(known) => call(known, &values),
                None => point.unknown(name, &values).map(Value::real),
            }
        }
    }
}

fn call(name: &str, arguments: &[Value]) -> Option<Value> {
    if let [x] = arguments {
        return unary(name, *x);
    }
    let reals = || arguments.iter().all(|v| v.is_real());
    match (name, arguments) {
        ("log", [x, base]) => Some(x.ln()?.times(base.ln()?.inverse()?)),
        ("root", [x, index]) => {
            let n = index.re;
            if x.im == 0.0 && x.re < 0.0 && n.fract() == 0.0 && n.rem_euclid(2.0) == 1.0 {
                let r = Value { re: -x.re, ..*x }.pow(index.inverse()?)?;
                return Some(Value { re: -r.re, ..r });
            }
            x.pow(index.inverse()?)
        }
        ("max", [first, rest @ ..]) if reals() => {
            Some(rest.iter().fold(*first, |m, v| if v.re > m.re { *v } else { m }))
        }
        ("min", [first, rest @ ..]) if reals() => {
            Some(rest.iter().fold(*first, |m, v| if v.re < m.re { *v } else { m }))
        }
        ("atan2", [y, x]) if reals() && x.re.hypot(y.re) > 0.0 => {
            let size = x.re.hypot(y.re);
            // Across the negative axis the angle jumps.
            if x.re < 0.0 && y.re.abs() <= y.err && y.err > 0.0 {
                return None;
            }
            Some(Value { err: (x.err + y.err) / size + EPS * 4.0, ..Value::exact(y.re.atan2(x.re)) })
        }
        ("mod", [a, b]) => {
            let quotient = floor(a.times(b.inverse()?), f64::floor)?;
            Some(a.plus(b.times(Value::exact(-quotient.re))))
        }
        ("binomial", [n, k]) if n.im == 0.0 && k.im == 0.0 => {
            if k.re.fract() != 0.0 || !(0.0..=500.0).contains(&k.re) {
                let one = Value::exact(1.0);
                let minus = |v: Value| Value { re: -v.re, ..v };
                let below = gamma(k.plus(one))?.times(gamma(n.plus(minus(*k)).plus(one))?);
                return gamma(n.plus(one))?.times(below.inverse()?).finite();
            }
            let mut value = Value::exact(1.0);
            for i in 0..k.re as u32 {
                let top = n.plus(Value::exact(-f64::from(i)));
                value = value.times(top).times(Value::real(1.0 / f64::from(i + 1))).finite()?;
            }
            Some(value)
        }
        ("gcd" | "lcm", all) => {
            let mut result = 0u64;
            for (i, v) in all.iter().enumerate() {
                if v.im != 0.0 || v.re.fract() != 0.0 || v.re.abs() > 9e15 {
                    return None;
                }
                let next = v.re.abs() as u64;
                result = match (i, name) {
                    (0, _) => next,
                    (_, "gcd") => num_integer::gcd(result, next),
                    _ if result == 0 || next == 0 => 0,
                    _ => (result / num_integer::gcd(result, next)).checked_mul(next)?,
                };
            }
            Some(Value::exact(result as f64))
        }
        _ => None,
    }
}

/// Coefficients of Lanczos' series for the gamma function with g = 7 (C. Lanczos, SIAM J. Numer. Anal. B 1, 1964).
const LANCZOS: [f64; 9] = [
    0.999_999_999_999_809_9,
    676.520_368_121_885_1,
    -1_259.139_216_722_402_8,
    771.323_428_777_653_1,
    -176.615_029_162_140_6,
    12.507_343_278_686_905,
    -0.138_571_095_265_720_12,
    9.984_369_578_019_572e-6,
    1.505_632_735_149_311_6e-7,
];

/// Euler's gamma function of a real value, good to about 14 digits.
fn gamma(x: Value) -> Option<Value> {
    if x.im != 0.0 || x.re > 165.0 || x.re < -60.0 || x.err > 1e-6 {
        return None;
    }
    if x.re < 0.5 {
        // Γ(x) Γ(1 − x) = π / sin πx; no value near a pole.
        let angle = Value::real(std::f64::consts::PI).times(x);
        let sine = unary("sin", angle)?;
        if sine.re.abs() < 1e-6 {
            return None;
        }
        let other = gamma(Value::exact(1.0).plus(Value { re: -x.re, ..x }))?;
        return Some(Value::real(std::f64::consts::PI).times(sine.times(other).inverse()?));
    }
    let y = x.re - 1.0;
    let t = y + 7.5;
    let series = LANCZOS.iter().enumerate().skip(1).fold(LANCZOS[0], |s, (i, c)| s + c / (y + i as f64));
    let re = (2.0 * std::f64::consts::PI).sqrt() * t.powf(y + 0.5) * (-t).exp() * series;
    // |ψ(x)| < ln x + 1/x carries the error of the argument.
    let slope = x.re.ln().abs() + 1.0 / x.re;
    Value { err: re.abs() * (1e-13 * (1.0 + x.re) + slope * x.err), ..Value::exact(re) }.finite()
}

/// Numbers of Bernoulli, B2 to B12, each over the factorial of its index.
const BERNOULLI: [f64; 6] =
    [1.0 / 12.0, -1.0 / 720.0, 1.0 / 30_240.0, -1.0 / 1_209_600.0, 1.0 / 47_900_160.0, -691.0 / 1_307_674_368_000.0];

/// Riemann's zeta function of a real value above one, by the sum of Euler and Maclaurin from the twentieth term on.
fn zeta(s: Value) -> Option<Value> {
    const FROM: f64 = 20.0;
    if s.im != 0.0 || !(1.01..=200.0).contains(&s.re) || s.err > 1e-9 {
        return None;
    }
    let x = s.re;
    let terms: f64 = (1..20).rev().map(|k| f64::from(k).powf(-x)).sum();
    let mut rising = x;
    let mut power = FROM.powf(-x - 1.0);
    let mut tail = FROM.powf(1.0 - x) / (x - 1.0) + FROM.powf(-x) / 2.0;
    for (j, b) in BERNOULLI.iter().enumerate() {
        tail += b * rising * power;
        let next = 2.0 * j as f64 + x;
        rising *= (next + 1.0) * (next + 2.0);
        power /= FROM * FROM;
    }
    // The slope is below 1 / (s − 1)².
    let slope = 1.0 / (x - 1.0).powi(2);
    Value { err: (terms + tail) * 1e-14 + slope * s.err, ..Value::exact(terms + tail) }.finite()
}

/// Rounds to an integer by `f`, unless the error could change which.
fn floor(x: Value, f: impl Fn(f64) -> f64) -> Option<Value> {
    if x.im != 0.0 {
        return None;
    }
    let (low, high) = (f(x.re - x.err), f(x.re + x.err));
    if low == high {
        Some(Value::exact(low))
    } else if x.re.fract() == 0.0 && x.err < 1e-9 {
        Some(Value::exact(x.re))
    } else {
        None
    }
}

fn unary(name: &str, x: Value) -> Option<Value> {
    let half = Value::exact(0.5);
    let i = Value::complex(0.0, 1.0, 0.0);
    let minus = |v: Value| Value { re: -v.re, im: -v.im, ..v };
    let inverse_of = |f: &str| unary(f, x).and_then(Value::inverse);
    let of_inverse = |f: &str| x.inverse().and_then(|v| unary(f, v));
    let real = x.im == 0.0;
    match name {
        "sin" if real => x.map_real(f64::sin, |_| 1.0).map(|v| Value { err: v.err + EPS * x.re.abs(), ..v }),
        "cos" if real => x.map_real(f64::cos, |_| 1.0).map(|v| Value { err: v.err + EPS * x.re.abs(), ..v }),
        "sin" => {
            let (a, b) = (i.times(x).exp()?, minus(i.times(x)).exp()?);
            Some(a.plus(minus(b)).times(Value::complex(0.0, -0.5, 0.0)))
        }
        "cos" => Some(i.times(x).exp()?.plus(minus(i.times(x)).exp()?).times(half)),
        "tan" => Some(unary("sin", x)?.times(unary("cos", x)?.inverse()?)),
        "cot" => Some(unary("cos", x)?.times(unary("sin", x)?.inverse()?)),
        "sec" => inverse_of("cos"),
        "csc" => inverse_of("sin"),
        "asin" | "acos" if real && x.err == 0.0 && x.re.abs() == 1.0 => {
            Some(Value::real(if name == "asin" { x.re.asin() } else { x.re.acos() }))
        }
        "asin" => x.map_real(f64::asin, |v| 1.0 / (1.0 - v * v).sqrt()),
        "acos" => x.map_real(f64::acos, |v| 1.0 / (1.0 - v * v).sqrt()),
        "atan" => x.map_real(f64::atan, |v| 1.0 / (1.0 + v * v)),
        "acot" => of_inverse("atan"),
        "asec" => of_inverse("acos"),
        "acsc" => of_inverse("asin"),
        "sinh" if real => x.map_real(f64::sinh, f64::cosh),
        "cosh" if real => x.map_real(f64::cosh, f64::sinh),
        "sinh" => Some(x.exp()?.plus(minus(minus(x).exp()?)).times(half)),
        "cosh" => Some(x.exp()?.plus(minus(x).exp()?).times(half)),
        "tanh" => Some(unary("sinh", x)?.times(unary("cosh", x)?.inverse()?)),
        "coth" => Some(unary("cosh", x)?.times(unary("sinh", x)?.inverse()?)),
        "sech" => inverse_of("cosh"),
        "csch" => inverse_of("sinh"),
        "asinh" => x.map_real(f64::asinh, |v| 1.0 / (1.0 + v * v).sqrt()),
        "acosh" => x.map_real(f64::acosh, |v| 1.0 / (v * v - 1.0).sqrt()),
        "atanh" => x.map_real(f64::atanh, |v| 1.0 / (1.0 - v * v)),
        "acoth" => of_inverse("atanh"),
        "asech" => of_inverse("acosh"),
        "acsch" => of_inverse("asinh"),
        "exp" => x.exp(),
        "log" => x.ln(),
        "lg" => Some(x.ln()?.times(Value::real(std::f64::consts::LOG10_E))),
        "lb" => Some(x.ln()?.times(Value::real(std::f64::consts::LOG2_E))),
        "sqrt" => x.pow(half),
        "cbrt" => call("root", &[x, Value::exact(3.0)]),
        "abs" => Some(Value::complex(x.magnitude(), 0.0, x.err + EPS * x.magnitude())),
        "sign" if real && x.re.abs() > x.err => Some(Value::exact(x.re.signum())),
        "floor" => floor(x, f64::floor),
        "ceil" => floor(x, f64::ceil),
        "round" => floor(x, f64::round),
        "factorial" if real && x.re.fract() == 0.0 && (0.0..=170.0).contains(&x.re) => {
            let product = (1..=x.re as u32).fold(1.0, |p, k| p * f64::from(k));
            Some(Value { err: product * f64::EPSILON * x.re, ..Value::exact(product) })
        }
        "factorial" if real => gamma(x.plus(Value::exact(1.0))),
        "gamma_function" if real => gamma(x),
        "zeta_function" if real => zeta(x),
        "factorial2" if real && x.re.fract() == 0.0 && (0.0..=300.0).contains(&x.re) => {
            let product = (1..=x.re as u32).rev().step_by(2).fold(1.0, |p, k| p * f64::from(k));
            Value { err: product * f64::EPSILON * x.re, ..Value::exact(product) }.finite()
        }
        "re" => Some(Value { im: 0.0, ..x }),
        "im" => Some(Value { re: x.im, im: 0.0, ..x }),
        "conjugate" => Some(Value { im: -x.im, ..x }),
        "arg" => x.ln().map(|v| Value { re: v.im, im: 0.0, ..v }),
        "max" | "min" | "gcd" | "lcm" if real => Some(x),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_bound_notices_cancellation() {
        let big = Expr::power(Expr::integer(10), Expr::integer(20)).sqrt();
        let root = Expr::sum(vec![Expr::power(Expr::integer(10), Expr::integer(30)), Expr::integer(2)]).sqrt();
        let difference = root.minus(Expr::product(vec![big, Expr::integer(100_000)]));
        let v = constant(&difference).unwrap();
        assert!(v.err > v.magnitude(), "{v:?}");
    }

    #[test]
    fn euler() {
        let e = Expr::power(
            Expr::Constant(Constant::E),
            Expr::product(vec![Expr::Constant(Constant::I), Expr::Constant(Constant::Pi)]),
        );
        let v = constant(&e).unwrap();
        assert!((v.re + 1.0).abs() <= v.err && v.is_real());
    }
}
