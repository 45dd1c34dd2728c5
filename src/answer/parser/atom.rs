//! Atoms: numerals, names, functions and roots.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Num;

use super::arithmetic::{POWER, SUM, negate};
use super::{Parsed, Parser, linear, scalar};
use crate::answer::expr::{Constant, Expr};
use crate::answer::number::Number;
use crate::answer::token::{Fence, Grammar, Relation, Token, Unreadable};
use crate::answer::{Answer, Bracket};
use crate::answer::{fold, function, special};

/// Letters that a parenthesis right after makes a function.
pub(super) fn is_function_letter(name: &str) -> bool {
    let base = name.split(['_', '\'']).next().unwrap_or(name);
    matches!(base, "f" | "g" | "h" | "F" | "G" | "H" | "O" | "P" | "Q" | "W" | "phi" | "psi")
}

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> Parsed {
        let Some(token) = self.peek() else { return Err(Unreadable::Malformed) };
        self.at += 1;
        match token {
            Token::Number(n) => self.numeral(n),
            Token::Constant(Constant::I) if self.counts_with_i => Ok(Answer::Scalar(Expr::symbol("i"))),
            Token::Constant(c) => Ok(Answer::Scalar(Expr::Constant(*c))),
            Token::Boolean(b) => Ok(Answer::Boolean(*b)),
            Token::NamedSet(s) => Ok(Answer::NamedSet(s)),
            Token::Quoted(text) => Ok(Answer::Text(text.clone())),
            Token::Name(name) => self.named(name),
            Token::Function("det") => self.postfix().and_then(determined),
            Token::Function(f) => self.function(f),
            Token::Head(h) => self.head(h),
            Token::Big(operator) => self.big(*operator),
            Token::Frac => match self.leibniz() {
                Some(parsed) => parsed,
                None => self.stacked(true),
            },
            Token::Binom => self.stacked(false),
            Token::Sqrt => self.root(),
            Token::Open(fence) => self.fenced(*fence),
            Token::Close(Fence::Square)
                if self.at == 1 || matches!(self.tokens[self.at - 2].token, Token::Relation(_)) =>
            {
                self.reversed()
            }
            Token::Bar => self.absolute(),
            Token::Begin => self.rows(),
            Token::Determinant => self.rows().and_then(determined),
            Token::Words(_) => Err(Unreadable::Words),
            _ => Err(Unreadable::Malformed),
        }
    }

    /// The two arguments of a fraction or of a binomial coefficient.
    pub(super) fn stacked(&mut self, fraction: bool) -> Parsed {
        let top = scalar(self.argument()?)?;
        let bottom = scalar(self.argument()?)?;
        Ok(Answer::Scalar(if fraction { top.over(bottom) } else { Expr::Call("binomial".into(), vec![top, bottom]) }))
    }

    /// What stands between two bars.
    pub(super) fn absolute(&mut self) -> Parsed {
        self.bars += 1;
        let double = self.eat(&Token::Bar);
        let inner = self.expression(SUM)?;
        self.bars -= 1;
        if !self.eat(&Token::Bar) || double && !self.eat(&Token::Bar) {
            return Err(Unreadable::Malformed);
        }
        magnitude(inner)
    }

    /// A number: alone, mixed (`1 1/2`), or in a base.
    pub(super) fn numeral(&mut self, n: &Number) -> Parsed {
        if self.peek() == Some(&Token::Underscore) {
            return self.based(n);
        }
        if n.precision().is_some()
            && let Some((power, length)) = self.power_of_ten()
        {
            self.at += length;
            return Ok(Answer::Scalar(Expr::product(vec![Expr::Number(n.clone()), power])));
        }
        if n.precision().is_none()
            && let Some((fraction, length)) = self.proper_fraction()
        {
            self.at += length;
            return Ok(Answer::Scalar(Expr::sum(vec![Expr::Number(n.clone()), fraction])));
        }
        Ok(Answer::Scalar(Expr::Number(n.clone())))
    }

    /// A power of ten that stands beside a decimal: `2.7 1000000`, `2.2 1/1000`.
    pub(super) fn power_of_ten(&self) -> Option<(Expr, usize)> {
        let ten = |n: &Number| {
            let digits = n.value().numer().to_string();
            (n.is_integer() && digits.len() > 1 && digits.trim_end_matches('0') == "1").then(|| Expr::Number(n.clone()))
        };
        match (self.peek()?, self.peek_at(1), self.peek_at(2)) {
            (Token::Number(one), Some(Token::Slash), Some(Token::Number(n))) if one.is_one() => {
                Some((Expr::power(ten(n)?, Expr::integer(-1)), 3))
            }
            (Token::Number(n), None | Some(Token::Close(_) | Token::Comma), _) => Some((ten(n)?, 1)),
            _ => None,
        }
    }

    /// A proper fraction of two integers that stands here beside an integer.
    pub(super) fn proper_fraction(&self) -> Option<(Expr, usize)> {
        let integer = |ahead: usize| -> Option<(&Number, usize)> {
            match (self.peek_at(ahead)?, self.peek_at(ahead + 1), self.peek_at(ahead + 2)) {
                (Token::Number(n), _, _) => Some((n, 1)),
                (Token::Open(Fence::Group), Some(Token::Number(n)), Some(Token::Close(Fence::Group))) => Some((n, 3)),
                _ => None,
            }
        };
        let (top, bottom, length) = if self.peek() == Some(&Token::Frac) {
            let (top, a) = integer(1)?;
            let (bottom, b) = integer(1 + a)?;
            (top, bottom, 1 + a + b)
        } else if let (Some(Token::Number(top)), Some(Token::Slash), Some(Token::Number(bottom))) =
            (self.peek(), self.peek_at(1), self.peek_at(2))
        {
            (top, bottom, 3)
        } else {
            return None;
        };
        let both_whole = top.precision().is_none() && bottom.precision().is_none();
        let proper = both_whole && top.value() < bottom.value() && !top.is_zero();
        let before = self.at.checked_sub(2).map(|i| &self.tokens[i].token);
        let free = !matches!(before, Some(Token::Slash | Token::Caret)) && self.peek_at(length) != Some(&Token::Caret);
        (proper && free).then(|| (Expr::Number(Number::exact(top.value() / bottom.value())), length))
    }

    pub(super) fn based(&mut self, n: &Number) -> Parsed {
        self.at += 1;
        let base = match (self.peek(), self.peek_at(1), self.peek_at(2)) {
            (Some(Token::Number(b)), _, _) => {
                self.at += 1;
                b
            }
            (Some(Token::Open(_)), Some(Token::Number(b)), Some(Token::Close(_))) => {
                self.at += 3;
                b
            }
            _ => return Err(Unreadable::Malformed),
        };
        let base = base
            .to_i64()
            .and_then(|b| u32::try_from(b).ok())
            .filter(|b| (2..=36).contains(b))
            .ok_or(Unreadable::Malformed)?;
        if n.precision().is_some() || n.bits() > 4_000 {
            return Err(Unreadable::Malformed);
        }
        let digits = n.value().numer().to_string();
        let value = BigInt::from_str_radix(&digits, base).map_err(|_| Unreadable::Malformed)?;
        Ok(Answer::Based(digits, base, Box::new(Number::exact(BigRational::from_integer(value)))))
    }

    pub(super) fn named(&mut self, name: &str) -> Parsed {
        let applied = self.peek() == Some(&Token::Open(Fence::Paren)) && !self.tokens[self.at].space;
        if applied && (name == "Gamma" || name == "gamma" && self.grammar == Grammar::Code) {
            let arguments = self.arguments()?;
            return Ok(Answer::Scalar(apply("gamma_function", arguments)?));
        }
        if applied && name == "zeta" && self.is_riemanns() {
            return self.function("zeta_function");
        }
        if applied
            && (is_function_letter(name) || self.defines() || self.is_point(name) || self.grammar == Grammar::Code)
        {
            return self.call(name.to_owned());
        }
        Ok(Answer::Scalar(Expr::symbol(name)))
    }

    /// Whether the argument here makes the letter before it Riemann's function: nobody writes a product with 3 so.
    fn is_riemanns(&self) -> bool {
        let whole =
            |t: &Token| matches!(t, Token::Number(n) if n.is_integer() && n.precision().is_none() && !n.is_one());
        self.peek_at(1).is_some_and(whole) && self.peek_at(2) == Some(&Token::Close(Fence::Paren))
    }

    /// Whether a capital stands before coordinates or before the two numbers of `C(5, 2)`.
    fn is_point(&self, name: &str) -> bool {
        let capital = name.len() == 1 && name.starts_with(|c: char| c.is_ascii_uppercase());
        if !capital {
            return false;
        }
        let mut level = 0usize;
        for s in &self.tokens[self.at..] {
            match s.token {
                Token::Open(_) => level += 1,
                Token::Close(_) => {
                    level -= 1;
                    if level == 0 {
                        return false;
                    }
                }
                Token::Comma if level == 1 => return true,
                _ => {}
            }
        }
        false
    }

    /// Whether the name before is the left-hand side of a definition: `S(n) =`.
    pub(super) fn defines(&self) -> bool {
        self.at == 1
            && matches!(self.peek_at(1), Some(Token::Name(_) | Token::Number(_)))
            && self.peek_at(2) == Some(&Token::Close(Fence::Paren))
            && self.peek_at(3) == Some(&Token::Relation(Relation::Equal))
    }

    pub(super) fn call(&mut self, name: String) -> Parsed {
        let arguments = self.arguments()?;
        Ok(Answer::Scalar(Expr::Call(name, arguments)))
    }

    /// A known function: powers and bases between its name and its argument, parentheses left out.
    pub(super) fn function(&mut self, name: &'static str) -> Parsed {
        let mut exponent = None;
        let mut base = None;
        loop {
            if self.eat(&Token::Caret) {
                exponent = Some(scalar(self.exponent_of_function()?)?);
            } else if self.eat(&Token::Underscore) {
                base = Some(scalar(self.argument()?)?);
            } else {
                break;
            }
        }
        let mut name = name;
        if exponent.as_ref().is_some_and(|e| *e == Expr::integer(-1))
            && let Some(inverse) = function::inverse(name)
        {
            name = inverse;
            exponent = None;
        }
        let bracketed =
            matches!(self.peek(), Some(Token::Open(Fence::Paren | Fence::Group | Fence::Square | Fence::Brace)));
        let mut arguments = if bracketed { self.arguments()? } else { vec![self.juxtaposed()?] };
        if arguments.is_empty() {
            return Err(Unreadable::Malformed);
        }
        if let Some(base) = base {
            if name != "log" {
                return Err(Unreadable::Malformed);
            }
            arguments.push(base);
        }
        let call = apply(name, arguments)?;
        Ok(Answer::Scalar(match exponent {
            Some(e) => Expr::power(call, e),
            None => call,
        }))
    }

    /// The exponent in `\sin^2 x`: one argument, not what follows.
    pub(super) fn exponent_of_function(&mut self) -> Parsed {
        if self.eat(&Token::Minus) {
            return negate(self.argument()?);
        }
        self.argument()
    }

    /// The argument of a function without parentheses: factors up to the next sign or function.
    pub(super) fn juxtaposed(&mut self) -> Result<Expr, Unreadable> {
        self.deeper()?;
        let negative = self.eat(&Token::Minus);
        let mut factors = vec![scalar(self.expression(POWER)?)?];
        while self.starts_factor() && !matches!(self.peek(), Some(Token::Function(_))) {
            factors.push(scalar(self.expression(POWER)?)?);
        }
        if let (Some(Token::Slash), Some(Token::Number(_)), Grammar::Plain) =
            (self.peek(), self.peek_at(1), self.grammar)
            && factors.iter().any(|f| matches!(f, Expr::Constant(Constant::Pi)))
        {
            // `sin pi/2`
            self.at += 1;
            factors.push(Expr::power(scalar(self.expression(POWER)?)?, Expr::integer(-1)));
        }
        self.depth -= 1;
        let product = Expr::product(factors);
        Ok(if negative { product.negated() } else { product })
    }

    /// One argument: a group, or a single atom.
    pub(super) fn argument(&mut self) -> Parsed {
        self.deeper()?;
        let result = match self.peek() {
            Some(Token::Open(Fence::Group | Fence::Brace)) => {
                let mut items = self.values()?;
                if items.len() == 1 { Ok(items.remove(0)) } else { Err(Unreadable::Malformed) }
            }
            _ => self.primary(),
        };
        self.depth -= 1;
        result
    }

    pub(super) fn root(&mut self) -> Parsed {
        let mut index = None;
        if self.grammar == Grammar::Latex && self.peek() == Some(&Token::Open(Fence::Square)) {
            index = self.arguments()?.pop();
        }
        let inside = match self.peek() {
            Some(Token::Open(Fence::Paren)) => {
                let mut arguments = self.arguments()?;
                if arguments.len() != 1 {
                    return Err(Unreadable::Malformed);
                }
                arguments.remove(0)
            }
            _ => scalar(self.argument()?)?,
        };
        Ok(Answer::Scalar(match index {
            Some(index) => root(inside, index),
            None => inside.sqrt(),
        }))
    }
}

/// What bars around something mean: the size of a number, the length of a vector, the determinant of a matrix.
pub(super) fn magnitude(inner: Answer) -> Parsed {
    match inner {
        Answer::Matrix(rows) => linear::determinant(rows),
        Answer::Sequence(Bracket::Tuple | Bracket::Vector, items) if items.len() > 1 => linear::norm(items),
        other => Ok(Answer::Scalar(apply("abs", vec![scalar(other)?])?)),
    }
}

/// The determinant of a matrix.
fn determined(answer: Answer) -> Parsed {
    match answer {
        Answer::Matrix(rows) => linear::determinant(rows),
        _ => Err(Unreadable::Malformed),
    }
}

/// `n!`, exact where that is small.
pub(super) fn factorial(n: Expr) -> Expr {
    match n.number().and_then(Number::to_i64).and_then(fold::factorial) {
        Some(product) => Expr::Number(Number::exact(BigRational::from_integer(product))),
        None => Expr::Call("factorial".into(), vec![n]),
    }
}

pub(super) fn root(inside: Expr, index: Expr) -> Expr {
    let positive = inside.number().is_some_and(|n| !n.is_negative());
    match index.number() {
        Some(n) if !n.is_zero() && positive => Expr::power(inside, Expr::integer(1).over(index)),
        _ => Expr::Call("root".into(), vec![inside, index]),
    }
}

/// A known function of its arguments, in normal form.
pub(super) fn apply(name: &str, mut arguments: Vec<Expr>) -> Result<Expr, Unreadable> {
    Ok(match (name, arguments.as_slice()) {
        ("exp", [_]) => Expr::power(Expr::Constant(Constant::E), arguments.remove(0)),
        ("sqrt", [_]) => arguments.remove(0).sqrt(),
        ("cbrt", [_]) => root(arguments.remove(0), Expr::integer(3)),
        ("root", [_, _]) => {
            let index = arguments.remove(1);
            root(arguments.remove(0), index)
        }
        // SymPy prints natural logarithms of other notations as log(x, E).
        ("log", [_, Expr::Constant(Constant::E)]) => Expr::Call("log".into(), vec![arguments.remove(0)]),
        ("factorial", [_]) => factorial(arguments.remove(0)),
        ("factorial2", [_]) => fold::double_factorial(arguments.remove(0)),
        ("gamma_function", [_]) => fold::gamma(arguments.remove(0)),
        ("zeta_function", [_]) => fold::zeta(arguments.remove(0)),
        ("fibonacci" | "catalan", [_]) => fold::sequence(name, arguments.remove(0)),
        // B(x, y) = Γ(x) Γ(y) / Γ(x + y)
        ("beta", [x, y]) => {
            let sum = Expr::sum(vec![x.clone(), y.clone()]);
            Expr::product(arguments.into_iter().map(fold::gamma).collect()).over(fold::gamma(sum))
        }
        // cos x + i sin x
        ("cis", [_]) => {
            let angle = Expr::product(vec![arguments.remove(0), Expr::Constant(Constant::I)]);
            Expr::power(Expr::Constant(Constant::E), angle)
        }
        ("gcd" | "lcm", [_, ..]) => fold::divisor(name == "gcd", arguments),
        ("mod", [Expr::Number(a), Expr::Number(b)]) => {
            fold::modulo(a, b).unwrap_or_else(|| Expr::Call("mod".to_owned(), arguments))
        }
        ("log" | "mod" | "binomial" | "atan2", [_, _]) | ("max" | "min", [_, ..]) => {
            Expr::Call(name.to_owned(), arguments)
        }
        (_, [_, ..]) if special::canonical(name).is_some() && name != "gamma_function" => {
            Expr::Call(name.to_owned(), arguments)
        }
        (_, [_]) => Expr::Call(name.to_owned(), arguments),
        _ => return Err(Unreadable::Malformed),
    })
}
