//! The parser: tokens of any notation to one tree. Precedence climbing for arithmetic, typed at every step: what does
//! not fit together is not read at all.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Num;

use super::display::render;
use super::expr::{Constant, Expr};
use super::function;
use super::number::Number;
use super::token::{Fence, Grammar, Relation, Spaced, Token, Unreadable};
use super::unit::Unit;
use super::{Answer, Bracket, Connective, Interval, MAX_DEPTH, SetOperation};

type Parsed = Result<Answer, Unreadable>;

struct Parser<'a> {
    tokens: &'a [Spaced],
    at: usize,
    depth: usize,
    grammar: Grammar,
    /// Open `|` and set-builders, in which a bar closes or separates.
    bars: usize,
}

/// Reads a whole token stream.
pub(super) fn parse(tokens: &[Spaced], grammar: Grammar) -> Parsed {
    if tokens.is_empty() {
        return Err(Unreadable::Malformed);
    }
    let mut parser = Parser { tokens, at: 0, depth: 0, grammar, bars: 0 };
    let (mut items, _) = parser.list()?;
    if parser.at < tokens.len() {
        return Err(Unreadable::Malformed);
    }
    Ok(if items.len() == 1 { items.remove(0) } else { Answer::Sequence(Bracket::Bare, items) })
}

const SUM: u8 = 2;
const PRODUCT: u8 = 3;
const UNARY: u8 = 4;
const POWER: u8 = 5;

/// Letters that a parenthesis right after makes a function.
fn is_function_letter(name: &str) -> bool {
    let base = name.split(['_', '\'']).next().unwrap_or(name);
    matches!(base, "f" | "g" | "h" | "F" | "G" | "H" | "P" | "Q" | "W" | "phi" | "psi")
}

/// The expression of a value that arithmetic may use: degrees and percentages turn into numbers.
fn scalar(answer: Answer) -> Result<Expr, Unreadable> {
    match answer {
        Answer::Scalar(e) => Ok(e),
        Answer::Quantity(e, unit) if unit.is_degree() => {
            Ok(Expr::product(vec![e, Expr::Constant(Constant::Pi), Expr::ratio(1, 180)]))
        }
        Answer::Quantity(e, unit) if unit.is_percent() => Ok(e.over(Expr::integer(100))),
        _ => Err(Unreadable::Malformed),
    }
}

/// A set where one is meant: `(1, 2)` beside a set operation is an interval.
fn as_set(answer: Answer) -> Answer {
    match answer {
        Answer::Sequence(bracket @ (Bracket::Tuple | Bracket::List), items) if items.len() == 2 => {
            match (&items[0], &items[1]) {
                (Answer::Scalar(low), Answer::Scalar(high)) => {
                    let open = bracket == Bracket::Tuple;
                    interval(low.clone(), open, high.clone(), open)
                }
                _ => Answer::Sequence(bracket, items),
            }
        }
        other => other,
    }
}

fn interval(low: Expr, low_open: bool, high: Expr, high_open: bool) -> Answer {
    // An infinite end is never in it.
    let low_open = low_open || low.has_infinity();
    let high_open = high_open || high.has_infinity();
    Answer::Interval(Box::new(Interval { low, low_open, high, high_open }))
}

fn is_set(answer: &Answer) -> bool {
    matches!(
        answer,
        Answer::Interval(_)
            | Answer::SetOf(..)
            | Answer::NamedSet(_)
            | Answer::Builder(..)
            | Answer::Sequence(Bracket::Set, _)
    )
}

fn is_statement(answer: &Answer) -> bool {
    matches!(answer, Answer::Relation(..) | Answer::Logic(..) | Answer::Not(_) | Answer::Boolean(_))
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at).map(|s| &s.token)
    }

    fn peek_at(&self, ahead: usize) -> Option<&'a Token> {
        self.tokens.get(self.at + ahead).map(|s| &s.token)
    }

    fn eat(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        self.at += usize::from(found);
        found
    }

    fn deeper(&mut self) -> Result<(), Unreadable> {
        self.depth += 1;
        if self.depth > 2 * MAX_DEPTH { Err(Unreadable::TooDeep) } else { Ok(()) }
    }

    /// Statements between commas or semicolons; also says whether a comma ended it.
    fn list(&mut self) -> Result<(Vec<Answer>, bool), Unreadable> {
        self.deeper()?;
        let mut items = Vec::new();
        let mut trailing = false;
        loop {
            if matches!(self.peek(), None | Some(Token::Close(_) | Token::End)) {
                break;
            }
            trailing = false;
            let item = self.logic(0)?;
            match item {
                // `1 and 2`, `a or b` of things that are no statements: several answers.
                Answer::Sequence(Bracket::Bare, inner) => items.extend(inner),
                other => items.push(other),
            }
            if self.eat(&Token::Comma) || self.eat(&Token::Semicolon) {
                trailing = true;
                while self.eat(&Token::And) || self.eat(&Token::Or) || self.eat(&Token::Comma) {}
            } else {
                break;
            }
        }
        self.depth -= 1;
        Ok((items, trailing))
    }

    /// Statements joined by words or signs of logic; `level` 0 implication, 1 or, 2 and.
    fn logic(&mut self, level: u8) -> Parsed {
        if level == 3 {
            if self.eat(&Token::Not) {
                self.deeper()?;
                let inner = self.logic(3)?;
                self.depth -= 1;
                return Ok(Answer::Not(Box::new(inner)));
            }
            return self.relation();
        }
        let first = self.logic(level + 1)?;
        let mut parts = Vec::new();
        let mut connective = Connective::And;
        loop {
            let next = match (level, self.peek()) {
                (0, Some(Token::Implies)) => Connective::Implies,
                (0, Some(Token::Iff)) => Connective::Iff,
                (1, Some(Token::Or)) => Connective::Or,
                (2, Some(Token::And)) => Connective::And,
                _ => break,
            };
            if level == 0 && !parts.is_empty() {
                return Err(Unreadable::Malformed);
            }
            connective = next;
            self.at += 1;
            parts.push(self.logic(level + 1)?);
        }
        if parts.is_empty() {
            return Ok(first);
        }
        parts.insert(0, first);
        let symbolic = matches!(connective, Connective::Implies | Connective::Iff);
        if symbolic || parts.iter().all(is_statement) || self.grammar == Grammar::Code {
            return Ok(Answer::Logic(connective, parts));
        }
        Ok(Answer::Sequence(Bracket::Bare, parts))
    }

    fn relation(&mut self) -> Parsed {
        let first = self.operand()?;
        let mut operands = Vec::new();
        let mut relations = Vec::new();
        while let Some(Token::Relation(r)) = self.peek() {
            self.at += 1;
            relations.push(*r);
            operands.push(self.operand()?);
        }
        if relations.is_empty() {
            return Ok(first);
        }
        operands.insert(0, first);
        for (i, r) in relations.iter().enumerate() {
            if matches!(r, Relation::In | Relation::NotIn | Relation::Subset | Relation::SubsetEqual) {
                operands[i + 1] = as_set(operands[i + 1].clone());
            }
        }
        Ok(Answer::Relation(operands, relations))
    }

    /// One side of a relation: words, an amount with its unit, or an expression.
    fn operand(&mut self) -> Parsed {
        let end = self.operand_end();
        if let Some(answer) = self.words(end) {
            return Ok(answer);
        }
        if let Some(answer) = self.quantity(end) {
            return Ok(answer);
        }
        self.expression(1)
    }

    /// Where the operand that starts here ends: the first separator outside brackets.
    fn operand_end(&self) -> usize {
        let mut level = 0usize;
        for (i, s) in self.tokens[self.at..].iter().enumerate() {
            match &s.token {
                Token::Open(_) | Token::Begin => level += 1,
                Token::Close(_) | Token::End if level == 0 => return self.at + i,
                Token::Close(_) | Token::End => level -= 1,
                Token::Comma
                | Token::Semicolon
                | Token::Relation(_)
                | Token::And
                | Token::Or
                | Token::Row
                | Token::Ampersand
                | Token::Union
                | Token::Intersection
                | Token::Minus2
                | Token::Implies
                | Token::Iff
                    if level == 0 =>
                {
                    return self.at + i;
                }
                // Words can't be inside: stop looking early in long lists.
                _ => {}
            }
            if level == 0 && i > 200 {
                return self.at + i + 1;
            }
        }
        self.tokens.len()
    }

    /// Words alone.
    fn words(&mut self, end: usize) -> Option<Answer> {
        let slice = &self.tokens[self.at..end];
        if !slice.iter().any(|s| matches!(s.token, Token::Words(_))) || matches!(slice.first()?.token, Token::Number(_))
        {
            return None;
        }
        let mut parts = Vec::with_capacity(slice.len());
        for s in slice {
            parts.push(match &s.token {
                Token::Words(w) => w.clone(),
                Token::Name(n) => n.clone(),
                Token::Constant(Constant::E) => "e".to_owned(),
                Token::Constant(Constant::I) => "i".to_owned(),
                Token::Number(n) if n.is_integer() => n.value().to_string(),
                _ => return None,
            });
        }
        self.at = end;
        Some(Answer::Text(parts.join(" ")))
    }

    /// A number with a unit behind it or a currency before it.
    fn quantity(&mut self, end: usize) -> Option<Answer> {
        let slice = &self.tokens[self.at..end];
        let numeric = |t: &Token| {
            matches!(
                t,
                Token::Number(_)
                    | Token::Plus
                    | Token::Minus
                    | Token::Star
                    | Token::Slash
                    | Token::Caret
                    | Token::Frac
                    | Token::Sqrt
                    | Token::Constant(Constant::Pi)
                    | Token::Open(Fence::Paren | Fence::Group)
                    | Token::Close(Fence::Paren | Fence::Group)
            )
        };
        let sign = usize::from(slice.first()?.token == Token::Minus);
        if let Token::Currency(code) = slice.get(sign)?.token {
            let value = self.sub(&slice[sign + 1..])?;
            let value = if sign == 1 { value.negated() } else { value };
            self.at = end;
            return Some(Answer::Quantity(value, Unit::currency(code)));
        }
        let mut first = slice.iter().position(|s| !numeric(&s.token))?;
        // A group before the words opens inside the unit: `\frac{J}{K}` is left to the expression.
        let unit_token = |t: &Token| {
            matches!(
                t,
                Token::Name(_)
                    | Token::Words(_)
                    | Token::Number(_)
                    | Token::Star
                    | Token::Slash
                    | Token::Caret
                    | Token::Minus
                    | Token::Degree
                    | Token::Percent
                    | Token::Currency(_)
                    | Token::Open(Fence::Paren | Fence::Group)
                    | Token::Close(Fence::Paren | Fence::Group)
                    | Token::Function("min" | "lb")
                    | Token::Relation(Relation::In)
            )
        };
        if first == 0 || !slice[first..].iter().all(|s| unit_token(&s.token)) {
            return None;
        }
        let lead = &slice[first];
        if slice.len() == first + 1 && matches!(lead.token, Token::Degree | Token::Percent) {
            let value = self.sub(&slice[..first])?;
            let unit = if lead.token == Token::Degree { Unit::degree() } else { Unit::percent() };
            self.at = end;
            return Some(Answer::Quantity(value, unit));
        }
        if let Token::Name(n) = &lead.token
            && n.chars().count() == 1
            && !(lead.space && self.grammar == Grammar::Plain
                || slice[first..].iter().any(|s| matches!(s.token, Token::Words(_))))
        {
            return None;
        }
        // Brackets that open before the unit belong to it, and so does a numeric factor: `1000*joule`, `1/K`.
        let mut unit_text = String::new();
        while first > 0 && matches!(slice[first - 1].token, Token::Open(_)) {
            first -= 1;
        }
        let operator = first.checked_sub(1).map(|i| &slice[i].token);
        if matches!(operator, Some(Token::Star | Token::Slash)) {
            first -= 1;
            let factor = first.checked_sub(1).and_then(|i| match &slice[i].token {
                Token::Number(n)
                    if i > 0 && slice[i].space && matches!(slice[i - 1].token, Token::Number(_) | Token::Close(_)) =>
                {
                    Some(n)
                }
                _ => None,
            });
            match (factor, operator) {
                (Some(n), _) => {
                    unit_text = n.value().to_string();
                    first -= 1;
                    if operator == Some(&Token::Slash) {
                        unit_text.push('/')
                    } else {
                        unit_text.push('*')
                    }
                    first += 1;
                }
                (None, Some(Token::Slash)) => unit_text.push_str("1/"),
                _ => {}
            }
            let value_end = if factor.is_some() { first - 1 } else { first };
            render(&slice[first + 1..], &mut unit_text);
            let unit = Unit::parse(&unit_text)?;
            let value = self.sub(&slice[..value_end])?;
            self.at = end;
            return Some(Answer::Quantity(value, unit));
        }
        render(&slice[first..], &mut unit_text);
        let unit = Unit::parse(&unit_text)?;
        let value = self.sub(&slice[..first])?;
        self.at = end;
        Some(Answer::Quantity(value, unit))
    }

    /// The expression that a slice of numeric tokens is.
    fn sub(&self, slice: &[Spaced]) -> Option<Expr> {
        if slice.is_empty() || self.depth > MAX_DEPTH {
            return None;
        }
        let mut parser = Parser { tokens: slice, at: 0, depth: self.depth + 1, grammar: self.grammar, bars: 0 };
        let value = parser.expression(1).ok()?;
        if parser.at < slice.len() { None } else { scalar(value).ok() }
    }

    /// Precedence climbing over set operations, sums, products and powers.
    fn expression(&mut self, least: u8) -> Parsed {
        self.deeper()?;
        let mut left = match self.peek() {
            Some(Token::Minus) => {
                self.at += 1;
                negate(self.expression(UNARY)?)?
            }
            Some(Token::Plus) => {
                self.at += 1;
                self.expression(UNARY)?
            }
            _ => self.postfix()?,
        };
        let mut terms: Vec<Expr> = Vec::new();
        loop {
            let Some(token) = self.peek() else { break };
            match token {
                Token::Union | Token::Intersection | Token::Minus2 if least <= 1 => {
                    self.at += 1;
                    let operation = match token {
                        Token::Union => SetOperation::Union,
                        Token::Intersection => SetOperation::Intersection,
                        _ => SetOperation::Difference,
                    };
                    left = flush(left, &mut terms)?;
                    let right = as_set(self.expression(SUM)?);
                    left = combine(operation, as_set(left), right);
                }
                Token::Plus | Token::Minus if least <= SUM => {
                    self.at += 1;
                    let right = self.expression(PRODUCT)?;
                    if token == &Token::Minus && (is_set(&left) || is_set(&right)) && terms.is_empty() {
                        left = combine(SetOperation::Difference, as_set(left), as_set(right));
                        continue;
                    }
                    if let (Answer::Matrix(_), Answer::Matrix(_)) = (&left, &right) {
                        return Err(Unreadable::Malformed);
                    }
                    // Terms are gathered and summed once: a long sum stays linear.
                    if terms.is_empty() {
                        terms.push(scalar(std::mem::replace(&mut left, Answer::Nothing))?);
                    }
                    let right = scalar(right)?;
                    terms.push(if token == &Token::Minus { right.negated() } else { right });
                }
                Token::Star | Token::Slash | Token::Colon
                    if least <= PRODUCT && (token != &Token::Colon || self.is_ratio()) =>
                {
                    left = self.factors(left)?;
                }
                Token::Modulo if least <= PRODUCT => {
                    self.at += 1;
                    let right = scalar(self.expression(UNARY)?)?;
                    left = Answer::Scalar(Expr::Call("mod".into(), vec![scalar(left)?, right]));
                }
                Token::Caret if least <= POWER => {
                    self.at += 1;
                    let exponent = scalar(self.exponent()?)?;
                    left = self.raise(left, exponent)?;
                    left = self.suffixes(left)?;
                }
                _ if least <= PRODUCT && self.starts_factor() => {
                    let mut factors = Vec::new();
                    let mut rows = None;
                    let mut take = |a: Answer, factors: &mut Vec<Expr>| match a {
                        Answer::Matrix(m) if rows.is_none() => {
                            rows = Some(m);
                            Ok(())
                        }
                        other => scalar(other).map(|e| factors.push(e)),
                    };
                    take(left, &mut factors)?;
                    while self.starts_factor() {
                        let next = self.expression(POWER)?;
                        take(next, &mut factors)?;
                    }
                    let product = Expr::product(factors);
                    left = match rows {
                        Some(rows) => scale(rows, &product)?,
                        None => Answer::Scalar(product),
                    };
                }
                _ => break,
            }
        }
        self.depth -= 1;
        flush(left, &mut terms)
    }

    /// Factors joined by signs, gathered and multiplied once: a long product stays linear.
    fn factors(&mut self, first: Answer) -> Parsed {
        let mut factors = Vec::new();
        let mut rows = None;
        let mut left = Some((first, false));
        loop {
            match left.take() {
                Some((Answer::Matrix(m), false)) if rows.is_none() => rows = Some(m),
                Some((other, divides)) => {
                    let e = scalar(other)?;
                    factors.push(if divides { Expr::power(e, Expr::integer(-1)) } else { e });
                }
                None => break,
            }
            let divides = match self.peek() {
                Some(Token::Star) => false,
                Some(Token::Slash) => true,
                Some(Token::Colon) if self.is_ratio() => true,
                _ => continue,
            };
            self.at += 1;
            left = Some((self.expression(UNARY)?, divides));
        }
        let product = Expr::product(factors);
        match rows {
            Some(rows) => scale(rows, &product),
            None => Ok(Answer::Scalar(product)),
        }
    }

    /// Whether the colon here divides two numbers.
    fn is_ratio(&self) -> bool {
        self.bars == 0
            && self.depth < 6
            && matches!(
                self.peek_at(1),
                Some(Token::Number(_) | Token::Name(_) | Token::Sqrt | Token::Open(Fence::Paren))
            )
            && self.grammar != Grammar::Code
            && !self.tokens[..self.at].iter().any(|s| matches!(s.token, Token::Open(Fence::Brace)))
    }

    /// Whether the token here begins a factor that stands beside the one before without a sign.
    fn starts_factor(&self) -> bool {
        match self.peek() {
            Some(Token::Number(_)) => {
                matches!(self.peek_at(1), Some(Token::Caret))
                    && !matches!(self.at.checked_sub(1).map(|i| &self.tokens[i].token), Some(Token::Slash))
            }
            Some(
                Token::Name(_)
                | Token::Constant(_)
                | Token::Function(_)
                | Token::Open(Fence::Paren | Fence::Group | Fence::Floor | Fence::Ceil)
                | Token::Frac
                | Token::Binom
                | Token::Sqrt
                | Token::Begin,
            ) => true,
            Some(Token::Open(Fence::Bar)) => true,
            Some(Token::Bar) => self.bars == 0 && self.grammar != Grammar::Code,
            _ => false,
        }
    }

    fn exponent(&mut self) -> Parsed {
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

    fn raise(&mut self, base: Answer, exponent: Expr) -> Parsed {
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
    fn postfix(&mut self) -> Parsed {
        let atom = self.primary()?;
        self.suffixes(atom)
    }

    fn suffixes(&mut self, mut value: Answer) -> Parsed {
        loop {
            match self.peek() {
                Some(Token::Bang) => {
                    self.at += 1;
                    value = Answer::Scalar(factorial(scalar(value)?));
                }
                Some(Token::Percent) => {
                    self.at += 1;
                    value = Answer::Quantity(scalar(value)?, Unit::percent());
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
                    value = Answer::Quantity(degrees, Unit::degree());
                }
                _ => return Ok(value),
            }
        }
    }

    fn primary(&mut self) -> Parsed {
        let Some(token) = self.peek() else { return Err(Unreadable::Malformed) };
        self.at += 1;
        match token {
            Token::Number(n) => self.numeral(n),
            Token::Constant(c) => Ok(Answer::Scalar(Expr::Constant(*c))),
            Token::Boolean(b) => Ok(Answer::Boolean(*b)),
            Token::NamedSet(s) => Ok(Answer::NamedSet(s)),
            Token::Quoted(text) => Ok(Answer::Text(text.clone())),
            Token::Name(name) => self.named(name),
            Token::Function(f) => self.function(f),
            Token::Head(h) => self.head(h),
            Token::Frac => {
                let top = scalar(self.argument()?)?;
                let bottom = scalar(self.argument()?)?;
                Ok(Answer::Scalar(top.over(bottom)))
            }
            Token::Binom => {
                let n = scalar(self.argument()?)?;
                let k = scalar(self.argument()?)?;
                Ok(Answer::Scalar(Expr::Call("binomial".into(), vec![n, k])))
            }
            Token::Sqrt => self.root(),
            Token::Open(fence) => self.fenced(*fence),
            Token::Bar => {
                self.bars += 1;
                let inner = scalar(self.expression(SUM)?)?;
                self.bars -= 1;
                if self.eat(&Token::Bar) {
                    Ok(Answer::Scalar(Expr::Call("abs".into(), vec![inner])))
                } else {
                    Err(Unreadable::Malformed)
                }
            }
            Token::Begin => self.rows(),
            Token::Words(_) => Err(Unreadable::Words),
            _ => Err(Unreadable::Malformed),
        }
    }

    /// A number: alone, mixed (`1 1/2`), or in a base.
    fn numeral(&mut self, n: &Number) -> Parsed {
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
    fn power_of_ten(&self) -> Option<(Expr, usize)> {
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
    fn proper_fraction(&self) -> Option<(Expr, usize)> {
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

    fn based(&mut self, n: &Number) -> Parsed {
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
        Ok(Answer::Based(digits, base, Number::exact(BigRational::from_integer(value))))
    }

    fn named(&mut self, name: &str) -> Parsed {
        let applied = self.peek() == Some(&Token::Open(Fence::Paren)) && !self.tokens[self.at].space;
        if applied && (is_function_letter(name) || self.defines()) {
            return self.call(name.to_owned());
        }
        Ok(Answer::Scalar(Expr::symbol(name)))
    }

    /// Whether the name before is the left-hand side of a definition: `S(n) =`.
    fn defines(&self) -> bool {
        self.at == 1
            && matches!(self.peek_at(1), Some(Token::Name(_) | Token::Number(_)))
            && self.peek_at(2) == Some(&Token::Close(Fence::Paren))
            && self.peek_at(3) == Some(&Token::Relation(Relation::Equal))
    }

    fn call(&mut self, name: String) -> Parsed {
        let arguments = self.arguments()?;
        Ok(Answer::Scalar(Expr::Call(name, arguments)))
    }

    /// Scalars in parentheses, braces of LaTeX or square brackets.
    fn arguments(&mut self) -> Result<Vec<Expr>, Unreadable> {
        self.values()?.into_iter().map(scalar).collect()
    }

    /// Answers in brackets.
    fn values(&mut self) -> Result<Vec<Answer>, Unreadable> {
        let Some(Token::Open(fence)) = self.peek() else { return Err(Unreadable::Malformed) };
        self.at += 1;
        let bars = std::mem::take(&mut self.bars);
        let (items, _) = self.list()?;
        self.bars = bars;
        if self.eat(&Token::Close(*fence)) { Ok(items) } else { Err(Unreadable::Malformed) }
    }

    /// A known function: powers and bases between its name and its argument, parentheses left out.
    fn function(&mut self, name: &'static str) -> Parsed {
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
    fn exponent_of_function(&mut self) -> Parsed {
        if self.eat(&Token::Minus) {
            return negate(self.argument()?);
        }
        self.argument()
    }

    /// The argument of a function without parentheses: factors up to the next sign or function.
    fn juxtaposed(&mut self) -> Result<Expr, Unreadable> {
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
    fn argument(&mut self) -> Parsed {
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

    fn root(&mut self) -> Parsed {
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

    fn fenced(&mut self, fence: Fence) -> Parsed {
        let bars = std::mem::take(&mut self.bars);
        let result = match fence {
            Fence::Paren | Fence::Square => self.bracketed(fence),
            Fence::Brace => self.braced(),
            Fence::Group => {
                let (mut items, _) = self.list()?;
                if !self.eat(&Token::Close(Fence::Group)) {
                    return Err(Unreadable::Malformed);
                }
                match items.len() {
                    0 => Err(Unreadable::Malformed),
                    1 => Ok(items.remove(0)),
                    _ => Ok(Answer::Sequence(Bracket::Set, items)),
                }
            }
            Fence::Floor | Fence::Ceil | Fence::Bar => {
                let inner = scalar(self.expression(SUM)?)?;
                let name = match fence {
                    Fence::Floor => "floor",
                    Fence::Ceil => "ceil",
                    _ => "abs",
                };
                if self.eat(&Token::Close(fence)) {
                    Ok(Answer::Scalar(apply(name, vec![inner])?))
                } else {
                    Err(Unreadable::Malformed)
                }
            }
            Fence::Angle => {
                let (items, _) = self.list()?;
                if self.eat(&Token::Close(fence)) {
                    Ok(Answer::Sequence(Bracket::Vector, items))
                } else {
                    Err(Unreadable::Malformed)
                }
            }
        };
        self.bars = bars;
        result
    }

    /// What stands in `(…)`, `[…]`, `(…]` or `[…)`.
    fn bracketed(&mut self, open: Fence) -> Parsed {
        let (mut items, trailing) = self.list()?;
        let close = match self.peek() {
            Some(Token::Close(close @ (Fence::Paren | Fence::Square))) => *close,
            _ => return Err(Unreadable::Malformed),
        };
        self.at += 1;
        let infinite = items.len() == 2 && items.iter().any(|i| i.scalar().is_some_and(Expr::has_infinity));
        if open != close || infinite {
            let [low, high] = <[Answer; 2]>::try_from(items).map_err(|_| Unreadable::Malformed)?;
            return Ok(interval(scalar(low)?, open == Fence::Paren, scalar(high)?, close == Fence::Paren));
        }
        if open == Fence::Paren {
            if items.len() == 1 && !trailing {
                return Ok(items.remove(0));
            }
            return Ok(Answer::Sequence(Bracket::Tuple, items));
        }
        Ok(Answer::Sequence(Bracket::List, items))
    }

    /// What stands in `{…}`: a set, a mapping or a set-builder.
    fn braced(&mut self) -> Parsed {
        if self.eat(&Token::Close(Fence::Brace)) {
            return Ok(Answer::Sequence(Bracket::Set, Vec::new()));
        }
        self.bars += 1;
        let first = self.logic(0)?;
        self.bars -= 1;
        match self.peek() {
            Some(Token::Bar) => {
                self.at += 1;
                self.builder(first)
            }
            Some(Token::Colon) => {
                self.at += 1;
                let value = self.logic(0)?;
                if is_statement(&value) && self.grammar == Grammar::Latex || matches!(value, Answer::Relation(..)) {
                    return self.finish_builder(first, value);
                }
                let mut pairs = vec![(first, value)];
                while self.eat(&Token::Comma) {
                    if self.peek() == Some(&Token::Close(Fence::Brace)) {
                        break;
                    }
                    let key = self.operand()?;
                    if !self.eat(&Token::Colon) {
                        return Err(Unreadable::Malformed);
                    }
                    pairs.push((key, self.logic(0)?));
                }
                if self.eat(&Token::Close(Fence::Brace)) {
                    Ok(Answer::Mapping(pairs))
                } else {
                    Err(Unreadable::Malformed)
                }
            }
            _ => {
                let mut items = match first {
                    Answer::Sequence(Bracket::Bare, inner) => inner,
                    other => vec![other],
                };
                if self.eat(&Token::Comma) || self.eat(&Token::Semicolon) {
                    items.extend(self.list()?.0);
                }
                if self.eat(&Token::Close(Fence::Brace)) {
                    Ok(Answer::Sequence(Bracket::Set, items))
                } else {
                    Err(Unreadable::Malformed)
                }
            }
        }
    }

    fn builder(&mut self, variable: Answer) -> Parsed {
        let (mut conditions, _) = self.list()?;
        let condition = match conditions.len() {
            0 => return Err(Unreadable::Malformed),
            1 => conditions.remove(0),
            _ => Answer::Logic(Connective::And, conditions),
        };
        self.finish_builder(variable, condition)
    }

    fn finish_builder(&mut self, variable: Answer, condition: Answer) -> Parsed {
        if self.eat(&Token::Close(Fence::Brace)) {
            Ok(Answer::Builder(Box::new(variable), Box::new(condition)))
        } else {
            Err(Unreadable::Malformed)
        }
    }

    /// The rows of a matrix; of equations where every cell is one.
    fn rows(&mut self) -> Parsed {
        let mut rows: Vec<Vec<Answer>> = vec![Vec::new()];
        loop {
            match self.peek() {
                None => return Err(Unreadable::Malformed),
                Some(Token::End) => {
                    self.at += 1;
                    break;
                }
                Some(Token::Row) => {
                    self.at += 1;
                    rows.push(Vec::new());
                }
                Some(Token::Ampersand) => self.at += 1,
                Some(_) => {
                    self.deeper()?;
                    let cell = self.logic(0)?;
                    self.depth -= 1;
                    self.eat(&Token::Comma);
                    if let Some(row) = rows.last_mut() {
                        row.push(cell);
                    }
                }
            }
        }
        rows.retain(|r| !r.is_empty());
        let width = rows.first().map_or(0, Vec::len);
        if rows.iter().flatten().all(is_statement) && width > 0 {
            return Ok(Answer::Logic(Connective::And, rows.into_iter().flatten().collect()));
        }
        if width == 0 || rows.iter().any(|r| r.len() != width) {
            return Err(Unreadable::Malformed);
        }
        Ok(Answer::Matrix(rows))
    }

    /// A constructor of SymPy or Python.
    fn head(&mut self, head: &'static str) -> Parsed {
        let mut values = self.values()?;
        let two = |values: Vec<Answer>| <[Answer; 2]>::try_from(values).map_err(|_| Unreadable::Malformed);
        match head {
            "Interval" | "Interval.open" | "Interval.Ropen" | "Interval.Lopen" => {
                let flag = |a: Option<&Answer>| a == Some(&Answer::Boolean(true));
                let low_open = head == "Interval.open" || head == "Interval.Lopen" || flag(values.get(2));
                let high_open = head == "Interval.open" || head == "Interval.Ropen" || flag(values.get(3));
                values.truncate(2);
                let [low, high] = two(values)?;
                Ok(interval(scalar(low)?, low_open, scalar(high)?, high_open))
            }
            "Union" => Ok(Answer::SetOf(SetOperation::Union, values.into_iter().map(as_set).collect())),
            "Intersection" => Ok(Answer::SetOf(SetOperation::Intersection, values.into_iter().map(as_set).collect())),
            "Complement" => Ok(Answer::SetOf(SetOperation::Difference, values.into_iter().map(as_set).collect())),
            "FiniteSet" => Ok(Answer::Sequence(Bracket::Set, values)),
            "Eq" | "Ne" | "Lt" | "Le" | "Gt" | "Ge" | "Contains" => {
                let relation = match head {
                    "Eq" => Relation::Equal,
                    "Ne" => Relation::NotEqual,
                    "Lt" => Relation::Less,
                    "Le" => Relation::LessEqual,
                    "Gt" => Relation::Greater,
                    "Ge" => Relation::GreaterEqual,
                    _ => Relation::In,
                };
                Ok(Answer::Relation(two(values)?.into(), vec![relation]))
            }
            "And" => Ok(Answer::Logic(Connective::And, values)),
            "Or" => Ok(Answer::Logic(Connective::Or, values)),
            "Implies" => Ok(Answer::Logic(Connective::Implies, values)),
            "Not" if values.len() == 1 => Ok(Answer::Not(Box::new(values.remove(0)))),
            "Rational" | "Fraction" if values.len() == 2 => {
                let [top, bottom] = two(values)?;
                Ok(Answer::Scalar(scalar(top)?.over(scalar(bottom)?)))
            }
            "Rational" | "Fraction" | "Integer" | "Float" | "Decimal" | "np.float64" | "np.int64"
                if !values.is_empty() =>
            {
                match values.remove(0) {
                    Answer::Scalar(e) => Ok(Answer::Scalar(e)),
                    Answer::Text(t) => {
                        Number::parse(&t).map(|n| Answer::Scalar(Expr::Number(n))).ok_or(Unreadable::Malformed)
                    }
                    _ => Err(Unreadable::Malformed),
                }
            }
            "Point" | "Point2D" | "Point3D" | "Tuple" => Ok(Answer::Sequence(Bracket::Tuple, values)),
            "set"
            | "frozenset"
            | "tuple"
            | "list"
            | "array"
            | "np.array"
            | "Matrix"
            | "ImmutableMatrix"
            | "MutableDenseMatrix"
            | "ImmutableDenseMatrix"
                if !values.is_empty() =>
            {
                let Answer::Sequence(bracket, items) = values.remove(0) else { return Err(Unreadable::Malformed) };
                match head {
                    "set" | "frozenset" => Ok(Answer::Sequence(Bracket::Set, items)),
                    "tuple" => Ok(Answer::Sequence(Bracket::Tuple, items)),
                    "list" | "array" | "np.array" => Ok(Answer::Sequence(bracket, items)),
                    _ => matrix(items),
                }
            }
            "set" | "frozenset" => Ok(Answer::Sequence(Bracket::Set, Vec::new())),
            "tuple" | "list" => Ok(Answer::Sequence(Bracket::List, Vec::new())),
            _ => Err(Unreadable::Malformed),
        }
    }
}

/// Ends a sum that was being gathered.
fn flush(left: Answer, terms: &mut Vec<Expr>) -> Parsed {
    if terms.is_empty() {
        return Ok(left);
    }
    // Products bind to the last term before they get here, so `left` is the placeholder.
    Ok(Answer::Scalar(Expr::sum(std::mem::take(terms))))
}

fn combine(operation: SetOperation, left: Answer, right: Answer) -> Answer {
    match left {
        Answer::SetOf(same, mut parts) if same == operation && operation != SetOperation::Difference => {
            parts.push(right);
            Answer::SetOf(same, parts)
        }
        other => Answer::SetOf(operation, vec![other, right]),
    }
}

fn negate(value: Answer) -> Parsed {
    match value {
        Answer::Scalar(e) => Ok(Answer::Scalar(e.negated())),
        Answer::Quantity(e, unit) => Ok(Answer::Quantity(e.negated(), unit)),
        Answer::Based(digits, base, n) => Ok(Answer::Based(format!("-{digits}"), base, n.negated())),
        Answer::Matrix(rows) => scale(rows, &Expr::integer(-1)),
        _ => Err(Unreadable::Malformed),
    }
}

fn scale(rows: Vec<Vec<Answer>>, by: &Expr) -> Parsed {
    let times = |cell: Answer| scalar(cell).map(|e| Answer::Scalar(Expr::product(vec![e, by.clone()])));
    let rows: Result<Vec<Vec<Answer>>, _> = rows.into_iter().map(|r| r.into_iter().map(times).collect()).collect();
    Ok(Answer::Matrix(rows?))
}

fn matrix(items: Vec<Answer>) -> Parsed {
    let mut rows = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Answer::Sequence(_, row) => rows.push(row),
            other => rows.push(vec![other]),
        }
    }
    let width = rows.first().map_or(0, Vec::len);
    if width == 0 || rows.iter().any(|r| r.len() != width) {
        Err(Unreadable::Malformed)
    } else {
        Ok(Answer::Matrix(rows))
    }
}

/// `n!`, exact where that is small.
fn factorial(n: Expr) -> Expr {
    match n.number().and_then(Number::to_i64) {
        Some(k @ 0..=300) => {
            let product = (2..=k).fold(BigInt::from(1), |p, i| p * i);
            Expr::Number(Number::exact(BigRational::from_integer(product)))
        }
        _ => Expr::Call("factorial".into(), vec![n]),
    }
}

fn root(inside: Expr, index: Expr) -> Expr {
    let positive = inside.number().is_some_and(|n| !n.is_negative());
    match index.number() {
        Some(n) if !n.is_zero() && positive => Expr::power(inside, Expr::integer(1).over(index)),
        _ => Expr::Call("root".into(), vec![inside, index]),
    }
}

/// A known function of its arguments, in normal form.
fn apply(name: &str, mut arguments: Vec<Expr>) -> Result<Expr, Unreadable> {
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
        ("log" | "mod" | "binomial", [_, _]) | ("max" | "min" | "gcd" | "lcm", [_, ..]) => {
            Expr::Call(name.to_owned(), arguments)
        }
        (_, [_]) => Expr::Call(name.to_owned(), arguments),
        _ => return Err(Unreadable::Malformed),
    })
}
