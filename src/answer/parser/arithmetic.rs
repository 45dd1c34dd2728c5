//! Arithmetic and set operations by precedence.

use super::atom::{factorial, is_function_letter};
use super::{Parsed, Parser, as_set, is_set, scalar};
use crate::answer::expr::Expr;
use crate::answer::token::{Fence, Grammar, Token, Unreadable};
use crate::answer::{Answer, SetOperation, Unit};

/// Factorials, degrees and percent signs that may follow one value.
const MAX_MARKS: u32 = 4;

/// What may continue an expression.
#[derive(Clone, Copy)]
enum Step {
    Sets(SetOperation),
    Sum,
    Product,
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
            Token::Star | Token::Slash => Step::Product,
            Token::Colon if self.is_ratio() => Step::Product,
            Token::Modulo => Step::Modulo,
            Token::Caret => Step::Power,
            _ if self.starts_factor() => Step::Product,
            _ => return None,
        };
        let binds = match step {
            Step::Sets(_) => SETS,
            Step::Sum => SUM,
            Step::Product | Step::Modulo => PRODUCT,
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
        Ok(Answer::Scalar(Expr::Call("mod".into(), vec![scalar(left)?, right])))
    }

    fn powered(&mut self, left: Answer) -> Parsed {
        self.at += 1;
        let exponent = scalar(self.exponent()?)?;
        let power = self.raise(left, exponent)?;
        self.suffixes(power)
    }

    /// Factors joined by signs or by standing side by side, gathered and multiplied once: a long product stays linear.
    pub(super) fn factors(&mut self, first: Answer) -> Parsed {
        let mut factors = Vec::new();
        let mut rows = None;
        let (mut next, mut divides) = (first, false);
        loop {
            match next {
                Answer::Matrix(m) if rows.is_none() && !divides => rows = Some(m),
                other => {
                    let e = scalar(other)?;
                    factors.push(if divides { Expr::power(e, Expr::integer(-1)) } else { e });
                }
            }
            divides = match self.peek() {
                Some(Token::Slash) => true,
                Some(Token::Colon) => self.is_ratio(),
                _ => false,
            };
            if divides || self.peek() == Some(&Token::Star) {
                self.at += 1;
                next = self.expression(UNARY)?;
            } else if self.starts_factor() {
                next = self.expression(POWER)?;
            } else {
                return scaled(rows, factors);
            }
        }
    }

    /// Whether the colon here divides two numbers.
    pub(super) fn is_ratio(&self) -> bool {
        self.bars == 0
            && self.depth < 6
            && matches!(
                self.peek_at(1),
                Some(Token::Number(_) | Token::Name(_) | Token::Sqrt | Token::Open(Fence::Paren))
            )
            && self.grammar != Grammar::Code
            && self.at <= self.brace
    }

    /// Whether the token here begins a factor that stands beside the one before without a sign.
    pub(super) fn starts_factor(&self) -> bool {
        match self.peek() {
            Some(Token::Number(_)) => {
                matches!(self.peek_at(1), Some(Token::Caret))
                    && !matches!(self.at.checked_sub(1).map(|i| &self.tokens[i].token), Some(Token::Slash))
            }
            Some(
                Token::Name(_)
                | Token::Constant(_)
                | Token::Function(_)
                | Token::Open(Fence::Paren | Fence::Group | Fence::Floor | Fence::Ceil | Fence::Bar)
                | Token::Frac
                | Token::Binom
                | Token::Sqrt
                | Token::Begin,
            ) => true,
            Some(Token::Bar) => self.bars == 0 && self.grammar != Grammar::Code,
            _ => false,
        }
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
                    value = Answer::Scalar(factorial(scalar(value)?));
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

/// A product, of a matrix where one is among the factors.
pub(super) fn scaled(rows: Option<Vec<Vec<Answer>>>, factors: Vec<Expr>) -> Parsed {
    let product = Expr::product(factors);
    match rows {
        Some(rows) => scale(rows, &product),
        None => Ok(Answer::Scalar(product)),
    }
}

pub(super) fn scale(rows: Vec<Vec<Answer>>, by: &Expr) -> Parsed {
    let times = |cell: Answer| scalar(cell).map(|e| Answer::Scalar(Expr::product(vec![e, by.clone()])));
    let rows: Result<Vec<Vec<Answer>>, _> = rows.into_iter().map(|r| r.into_iter().map(times).collect()).collect();
    Ok(Answer::Matrix(rows?))
}
