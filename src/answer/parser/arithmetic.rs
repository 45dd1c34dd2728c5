//! Arithmetic and set operations by precedence.

use super::atom::{apply, factorial, is_function_letter};
use super::{Parsed, Parser, as_set, is_set, linear, scalar};
use crate::answer::expr::Expr;
use crate::answer::token::{Fence, Grammar, Token, Unreadable};
use crate::answer::{Answer, Bracket, SetOperation, Unit};

/// Factorials, degrees and percent signs that may follow one value.
const MAX_MARKS: u32 = 4;
/// Most nodes, and 64 bits of numbers, that copies of one factor may have together.
const COPIED: u64 = 20_000;

/// What may continue an expression.
#[derive(Clone, Copy)]
enum Step {
    Sets(SetOperation),
    Sum,
    Product,
    Ratio,
    Modulo,
    Power,
}

pub(super) const SETS: u8 = 1;
pub(super) const SUM: u8 = 2;
pub(super) const PRODUCT: u8 = 3;
pub(super) const UNARY: u8 = 4;
pub(super) const POWER: u8 = 5;

impl Parser<'_> {
    /// Precedence climbing over set operations, sums, products and powers. Every arm is a function of its own, so that the
    /// frame of this one, on which the depth of nesting weighs, stays small.
    pub(super) fn expression(&mut self, least: u8) -> Parsed {
        let depth = self.depth;
        self.deeper()?;
        let mut left = self.signed()?;
        while let Some(step) = self.step(least) {
            left = match step {
                Step::Sets(operation) => self.set_operation(operation, left)?,
                Step::Sum => self.terms(left)?,
                Step::Product => self.factors(left)?,
                Step::Ratio => self.ratio(left)?,
                Step::Modulo => self.modulo(left)?,
                Step::Power => self.powered(left)?,
            };
        }
        self.depth = depth;
        Ok(left)
    }

    /// What continues the expression here, where it binds tightly enough.
    fn step(&self, least: u8) -> Option<Step> {
        let step = match self.peek()? {
            Token::Union => Step::Sets(SetOperation::Union),
            Token::Intersection => Step::Sets(SetOperation::Intersection),
            Token::Minus2 => Step::Sets(SetOperation::Difference),
            Token::Plus | Token::Minus => Step::Sum,
            Token::Star | Token::Slash | Token::FloorDivide => Step::Product,
            Token::Colon if self.is_ratio() => Step::Ratio,
            Token::Modulo if self.congruent => return None,
            Token::Function("mod") if !self.congruent && !matches!(self.peek_at(1), Some(Token::Open(_))) => {
                Step::Modulo
            }
            Token::Modulo => Step::Modulo,
            Token::Caret => Step::Power,
            _ if self.starts_factor() => Step::Product,
            _ => return None,
        };
        let binds = match step {
            Step::Sets(_) => SETS,
            Step::Sum => SUM,
            Step::Product | Step::Ratio | Step::Modulo => PRODUCT,
            Step::Power => POWER,
        };
        (least <= binds).then_some(step)
    }

    /// An operand with its sign.
    fn signed(&mut self) -> Parsed {
        match self.peek() {
            Some(Token::Minus) => {
                self.at += 1;
                negate(self.expression(UNARY)?)
            }
            Some(Token::Plus) => {
                self.at += 1;
                self.expression(UNARY)
            }
            _ => self.postfix(),
        }
    }

    fn set_operation(&mut self, operation: SetOperation, left: Answer) -> Parsed {
        self.at += 1;
        let flat =
            matches!(&left, Answer::SetOf(same, _) if *same == operation && operation != SetOperation::Difference);
        if !flat {
            // What is on the left nests, one level more each time.
            self.deeper()?;
        }
        let right = as_set(self.expression(SUM)?);
        Ok(combine(operation, as_set(left), right))
    }

    /// Terms, gathered and summed once: a long sum stays linear.
    fn terms(&mut self, first: Answer) -> Parsed {
        let mut left = Some(first);
        let mut terms: Vec<Expr> = Vec::new();
        while let Some(token @ (Token::Plus | Token::Minus)) = self.peek() {
            self.at += 1;
            let minus = token == &Token::Minus;
            let right = self.expression(PRODUCT)?;
            if let Some(set) = left.take() {
                if minus && (is_set(&set) || is_set(&right)) {
                    self.deeper()?;
                    left = Some(combine(SetOperation::Difference, as_set(set), as_set(right)));
                    continue;
                }
                if let Some(joined) = linear::sum(&set, &right, minus) {
                    left = Some(joined?);
                    continue;
                }
                terms.push(scalar(set)?);
            }
            let right = scalar(right)?;
            terms.push(if minus { right.negated() } else { right });
        }
        left.map_or_else(|| Ok(Answer::Scalar(Expr::sum(terms))), Ok)
    }

    fn modulo(&mut self, left: Answer) -> Parsed {
        self.at += 1;
        self.deeper()?;
        let right = scalar(self.expression(UNARY)?)?;
        Ok(Answer::Scalar(apply("mod", vec![scalar(left)?, right])?))
    }

    fn powered(&mut self, left: Answer) -> Parsed {
        self.at += 1;
        let exponent = scalar(self.exponent()?)?;
        let power = self.raise(left, exponent)?;
        self.suffixes(power)
    }

    /// Factors joined by signs, gathered and multiplied once: a long product stays linear.
    pub(super) fn factors(&mut self, first: Answer) -> Parsed {
        let mut factors = Vec::new();
        let mut rows = None;
        let mut sequence = None;
        let mut left = Some((first, false));
        loop {
            match left.take() {
                Some((Answer::Sequence(kind @ (Bracket::Tuple | Bracket::Vector), items), false))
                    if sequence.is_none() && items.len() > 1 =>
                {
                    sequence = Some((kind, items));
                }
                Some((Answer::Matrix(m), false)) => {
                    rows = Some(match rows.take() {
                        Some(left) => linear::product(left, m)?,
                        None => m,
                    });
                }
                Some((other, divides)) => {
                    let e = scalar(other)?;
                    factors.push(if divides { Expr::power(e, Expr::integer(-1)) } else { e });
                }
                None => break,
            }
            let divides = match self.peek() {
                Some(Token::Star) => false,
                Some(Token::Slash) => true,
                // A matrix has no floor.
                Some(Token::FloorDivide) if sequence.is_some() || rows.is_some() => return Err(Unreadable::Malformed),
                Some(Token::FloorDivide) => {
                    self.at += 1;
                    // What is on the left is inside: a chain nests, one level more each time.
                    self.deeper()?;
                    let by = scalar(self.expression(UNARY)?)?;
                    let quotient = Expr::product(std::mem::take(&mut factors)).over(by);
                    factors.push(apply("floor", vec![quotient])?);
                    continue;
                }
                _ if self.starts_factor() => {
                    left = Some((self.expression(POWER)?, false));
                    continue;
                }
                _ => continue,
            };
            self.at += 1;
            left = Some((self.expression(UNARY)?, divides));
        }
        stretched(sequence, rows, factors)
    }

    /// `a : b` is a quotient; `a : b : c` is a ratio of several, brought to a first term of one.
    fn ratio(&mut self, first: Answer) -> Parsed {
        let mut terms = vec![scalar(first)?];
        self.in_ratio = true;
        while self.eat(&Token::Colon) {
            let term = self.expression(PRODUCT).and_then(scalar);
            match term {
                Ok(term) => terms.push(term),
                Err(problem) => {
                    self.in_ratio = false;
                    return Err(problem);
                }
            }
        }
        self.in_ratio = false;
        if let [a, b] = terms.as_slice() {
            return Ok(Answer::Scalar(a.clone().over(b.clone())));
        }
        let one = terms.iter().find(|t| !t.number().is_some_and(crate::answer::Number::is_zero)).cloned();
        let one = one.ok_or(Unreadable::Malformed)?;
        copied(&one, terms.len())?;
        Ok(Answer::Sequence(Bracket::Ratio, terms.into_iter().map(|t| Answer::Scalar(t.over(one.clone()))).collect()))
    }

    /// Whether the colon here divides two numbers.
    pub(super) fn is_ratio(&self) -> bool {
        !self.in_ratio
            && self.bars == 0
            && self.depth < 6
            && matches!(
                self.peek_at(1),
                Some(Token::Number(_) | Token::Name(_) | Token::Frac | Token::Sqrt | Token::Open(Fence::Paren))
            )
            && self.grammar != Grammar::Code
            && self.at <= self.brace
    }

    /// Whether the token here begins a factor that stands beside the one before without a sign.
    pub(super) fn starts_factor(&self) -> bool {
        match self.peek() {
            Some(Token::Function("mod")) => false,
            // The modulus of a congruence.
            Some(Token::Open(Fence::Paren))
                if matches!(self.peek_at(1), Some(Token::Function("mod") | Token::Modulo | Token::Pmod)) =>
            {
                false
            }
            Some(Token::Number(_)) if self.at > 0 && self.tokens[self.at - 1].token == Token::Bang => true,
            Some(Token::Open(Fence::Square)) => self.grammar != Grammar::Code && self.groups_scalar(),
            Some(Token::Number(_)) => {
                matches!(self.peek_at(1), Some(Token::Caret))
                    && !matches!(self.at.checked_sub(1).map(|i| &self.tokens[i].token), Some(Token::Slash))
            }
            Some(
                Token::Name(_)
                | Token::Constant(_)
                | Token::Function(_)
                | Token::Open(Fence::Paren | Fence::Group | Fence::Floor | Fence::Ceil | Fence::Bar | Fence::Angle)
                | Token::Big(_)
                | Token::Frac
                | Token::Binom
                | Token::Sqrt
                | Token::Begin
                | Token::Determinant,
            ) => true,
            Some(Token::Bar) => self.bars == 0 && self.grammar != Grammar::Code,
            _ => false,
        }
    }

    /// Whether a square bracket here, behind a closed one or a number, holds one thing: `[1+2][3-4]`, `2[x+1]`.
    fn groups_scalar(&self) -> bool {
        let before = self.at.checked_sub(1).map(|i| &self.tokens[i].token);
        if !matches!(before, Some(Token::Number(_) | Token::Close(Fence::Square | Fence::Paren))) {
            return false;
        }
        let mut level = 0usize;
        for s in &self.tokens[self.at..] {
            match s.token {
                Token::Open(_) => level += 1,
                Token::Close(close) => {
                    level -= 1;
                    if level == 0 {
                        return close == Fence::Square;
                    }
                }
                Token::Comma | Token::Semicolon if level == 1 => return false,
                _ => {}
            }
        }
        false
    }

    pub(super) fn exponent(&mut self) -> Parsed {
        match self.peek() {
            Some(Token::Minus) => {
                self.at += 1;
                self.deeper()?;
                let inner = negate(self.exponent()?)?;
                self.depth -= 1;
                Ok(inner)
            }
            Some(Token::Plus) => {
                self.at += 1;
                self.exponent()
            }
            _ => {
                // Right-associative: a^b^c is a^(b^c).
                self.expression(POWER)
            }
        }
    }

    pub(super) fn raise(&mut self, base: Answer, exponent: Expr) -> Parsed {
        if let Answer::Scalar(Expr::Symbol(name)) = &base
            && is_function_letter(name)
            && self.peek() == Some(&Token::Open(Fence::Paren))
            && !self.tokens[self.at].space
        {
            // f^2(x) is f applied twice, not a square.
            let name = format!("{name}^{exponent}");
            return self.call(name);
        }
        if let (Answer::Sequence(_, items), Expr::Symbol(t)) = (&base, &exponent)
            && (t == "T" || t == "top")
        {
            return Ok(Answer::Matrix(items.iter().map(|i| vec![i.clone()]).collect()));
        }
        if let Answer::Matrix(rows) = base {
            return linear::power(rows, &exponent);
        }
        let base = match base {
            Answer::NamedSet(_) | Answer::Sequence(..) => return Err(Unreadable::Malformed),
            other => scalar(other)?,
        };
        Ok(Answer::Scalar(Expr::power(base, exponent)))
    }

    /// An atom and what follows it closely: factorials, degrees, percent signs.
    pub(super) fn postfix(&mut self) -> Parsed {
        let atom = self.primary()?;
        self.suffixes(atom)
    }

    pub(super) fn suffixes(&mut self, mut value: Answer) -> Parsed {
        let mut marks = 0;
        loop {
            if matches!(self.peek(), Some(Token::Bang | Token::Percent | Token::Degree)) {
                // Nobody raises a degree to degrees, and every mark nests what is before it.
                marks += 1;
                if marks > MAX_MARKS {
                    return Err(Unreadable::TooDeep);
                }
            }
            match self.peek() {
                Some(Token::Bang) => {
                    self.at += 1;
                    let double = self.tokens.get(self.at).is_some_and(|s| s.token == Token::Bang && !s.space);
                    self.at += usize::from(double);
                    let n = scalar(value)?;
                    value = Answer::Scalar(if double { apply("factorial2", vec![n])? } else { factorial(n) });
                }
                // `17 % 5` of a program.
                Some(Token::Percent) if matches!(self.peek_at(1), Some(Token::Number(_))) => {
                    self.at += 1;
                    let divisor = scalar(self.primary()?)?;
                    value = Answer::Scalar(apply("mod", vec![scalar(value)?, divisor])?);
                }
                Some(Token::Percent) => {
                    self.at += 1;
                    value = Answer::Quantity(scalar(value)?, Box::new(Unit::percent()));
                }
                Some(Token::Degree) => {
                    self.at += 1;
                    let mut degrees = scalar(value)?;
                    for (mark, share) in [(Token::Prime, 60), (Token::DoublePrime, 3600)] {
                        if let (Some(Token::Number(n)), Some(m)) = (self.peek(), self.peek_at(1))
                            && *m == mark
                        {
                            degrees = Expr::sum(vec![degrees, Expr::Number(n.clone()).over(Expr::integer(share))]);
                            self.at += 2;
                        }
                    }
                    value = Answer::Quantity(degrees, Box::new(Unit::degree()));
                }
                _ => return Ok(value),
            }
        }
    }
}

pub(super) fn combine(operation: SetOperation, left: Answer, right: Answer) -> Answer {
    match left {
        Answer::SetOf(same, mut parts) if same == operation && operation != SetOperation::Difference => {
            parts.push(right);
            Answer::SetOf(same, parts)
        }
        other => Answer::SetOf(operation, vec![other, right]),
    }
}

pub(super) fn negate(value: Answer) -> Parsed {
    match value {
        Answer::Scalar(e) => Ok(Answer::Scalar(e.negated())),
        Answer::Quantity(e, unit) => Ok(Answer::Quantity(e.negated(), unit)),
        Answer::Based(digits, base, n) => Ok(Answer::Based(format!("-{digits}"), base, Box::new(n.negated()))),
        Answer::Matrix(rows) => scale(rows, &Expr::integer(-1)),
        _ => Err(Unreadable::Malformed),
    }
}

/// A product, of a vector written as a tuple where one is among the factors.
fn stretched(sequence: Option<(Bracket, Vec<Answer>)>, rows: Option<Vec<Vec<Answer>>>, factors: Vec<Expr>) -> Parsed {
    let Some((kind, items)) = sequence else { return scaled(rows, factors) };
    if rows.is_some() || factors.is_empty() {
        return Err(Unreadable::Malformed);
    }
    let Answer::Matrix(mut scaled) = scale(vec![items], &Expr::product(factors))? else {
        return Err(Unreadable::Malformed);
    };
    Ok(Answer::Sequence(kind, scaled.remove(0)))
}

/// A product, of a matrix where one is among the factors.
pub(super) fn scaled(rows: Option<Vec<Vec<Answer>>>, factors: Vec<Expr>) -> Parsed {
    let product = Expr::product(factors);
    match rows {
        Some(rows) => scale(rows, &product),
        None => Ok(Answer::Scalar(product)),
    }
}

/// Whether a factor may be copied into so many parts: long ones in many grow as the square of what was written.
fn copied(factor: &Expr, parts: usize) -> Result<(), Unreadable> {
    let mut size = 0_u64;
    factor.walk(&mut |e| size += 1 + e.number().map_or(0, |n| n.bits() / 64));
    if size.saturating_mul(parts as u64) > COPIED { Err(Unreadable::TooLong) } else { Ok(()) }
}

pub(super) fn scale(rows: Vec<Vec<Answer>>, by: &Expr) -> Parsed {
    copied(by, rows.iter().map(Vec::len).sum())?;
    let times = |cell: Answer| scalar(cell).map(|e| Answer::Scalar(Expr::product(vec![e, by.clone()])));
    let rows: Result<Vec<Vec<Answer>>, _> = rows.into_iter().map(|r| r.into_iter().map(times).collect()).collect();
    Ok(Answer::Matrix(rows?))
}
