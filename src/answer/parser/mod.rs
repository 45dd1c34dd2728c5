//! The parser: tokens of any notation to one tree. Precedence climbing for arithmetic, typed at every step: what does
//! not fit together is not read at all.
//!
//! Nesting is bounded, and the functions that call one another are kept small: depth costs stack.

mod arithmetic;
mod atom;
mod bracket;
mod head;
mod quantity;

use self::arithmetic::SETS;
use super::expr::{Constant, Expr};
use super::token::{Fence, Grammar, Relation, Spaced, Token, Unreadable};
use super::{Answer, Bracket, Connective, Interval, MAX_DEPTH};

type Parsed = Result<Answer, Unreadable>;

struct Parser<'a> {
    tokens: &'a [Spaced],
    at: usize,
    depth: usize,
    grammar: Grammar,
    /// Open `|` and set-builders, in which a bar closes or separates.
    bars: usize,
    /// Where the first brace opens, behind which a colon divides nothing.
    brace: usize,
}

/// Reads a whole token stream.
pub(super) fn parse(tokens: &[Spaced], grammar: Grammar) -> Parsed {
    if tokens.is_empty() {
        return Err(Unreadable::Malformed);
    }
    let brace = tokens.iter().position(|s| s.token == Token::Open(Fence::Brace)).unwrap_or(usize::MAX);
    let mut parser = Parser { tokens, at: 0, depth: 0, grammar, bars: 0, brace };
    let (mut items, _) = parser.list()?;
    if parser.at < tokens.len() {
        return Err(Unreadable::Malformed);
    }
    Ok(if items.len() == 1 { items.remove(0) } else { Answer::Sequence(Bracket::Bare, items) })
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

/// Whether parts are statements: relations and such, or names of statements beside at least one of these.
fn are_statements(parts: &[Answer]) -> bool {
    let named = |a: &Answer| matches!(a, Answer::Scalar(Expr::Symbol(_)));
    parts.iter().any(is_statement) && parts.iter().all(|p| is_statement(p) || named(p))
}

impl<'a> Parser<'a> {
    pub(super) fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at).map(|s| &s.token)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<&'a Token> {
        self.tokens.get(self.at + ahead).map(|s| &s.token)
    }

    pub(super) fn eat(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        self.at += usize::from(found);
        found
    }

    pub(super) fn deeper(&mut self) -> Result<(), Unreadable> {
        self.depth += 1;
        if self.depth > 2 * MAX_DEPTH { Err(Unreadable::TooDeep) } else { Ok(()) }
    }

    /// Statements between commas or semicolons; also says whether a comma ended it.
    pub(super) fn list(&mut self) -> Result<(Vec<Answer>, bool), Unreadable> {
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

    /// Statements joined by words or signs of logic that bind at least as tightly as `level`: 0 implication, 1 or, 2 and.
    pub(super) fn logic(&mut self, level: u8) -> Parsed {
        let first = if self.eat(&Token::Not) {
            self.deeper()?;
            let inner = self.logic(3)?;
            self.depth -= 1;
            Answer::Not(Box::new(inner))
        } else {
            self.relation()?
        };
        self.connected(level, first)
    }

    /// The connective that stands here and how tightly it binds.
    fn connective(&self) -> Option<(Connective, u8)> {
        match self.peek()? {
            Token::Implies => Some((Connective::Implies, 0)),
            Token::Iff => Some((Connective::Iff, 0)),
            Token::Or => Some((Connective::Or, 1)),
            Token::And => Some((Connective::And, 2)),
            _ => None,
        }
    }

    /// Joins a statement with those that follow it.
    fn connected(&mut self, level: u8, mut left: Answer) -> Parsed {
        let depth = self.depth;
        while let Some((connective, binds)) = self.connective().filter(|(_, binds)| *binds >= level) {
            self.deeper()?;
            let mut parts = vec![left];
            while self.connective() == Some((connective, binds)) {
                self.at += 1;
                parts.push(self.logic(binds + 1)?);
            }
            let symbolic = matches!(connective, Connective::Implies | Connective::Iff);
            if symbolic && parts.len() > 2 {
                return Err(Unreadable::Malformed);
            }
            left = if symbolic || are_statements(&parts) || self.grammar == Grammar::Code {
                Answer::Logic(connective, parts)
            } else {
                // `1 and 2` are two answers.
                Answer::Sequence(Bracket::Bare, parts)
            };
        }
        self.depth = depth;
        Ok(left)
    }

    fn relation(&mut self) -> Parsed {
        let first = self.operand()?;
        if matches!(self.peek(), Some(Token::Relation(_))) { self.related(first) } else { Ok(first) }
    }

    /// A chain of relations whose first operand has been read.
    fn related(&mut self, first: Answer) -> Parsed {
        let mut operands = vec![first];
        let mut relations = Vec::new();
        while let Some(Token::Relation(r)) = self.peek() {
            self.at += 1;
            relations.push(*r);
            let operand = self.operand()?;
            if *r == Relation::In && matches!(operand, Answer::Text(_)) {
                // "in the first game" is prose.
                return Err(Unreadable::Words);
            }
            let set = matches!(r, Relation::In | Relation::NotIn | Relation::Subset | Relation::SubsetEqual);
            operands.push(if set { as_set(operand) } else { operand });
        }
        Ok(Answer::Relation(operands, relations))
    }

    /// One side of a relation: words, an amount with its unit, or an expression.
    pub(super) fn operand(&mut self) -> Parsed {
        let end = self.operand_end();
        if let Some(answer) = self.words(end) {
            return Ok(answer);
        }
        if let Some(answer) = self.quantity(end) {
            return Ok(answer);
        }
        self.expression(SETS)
    }

    /// Where the operand that starts here ends: the first separator outside brackets.
    pub(super) fn operand_end(&self) -> usize {
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
    pub(super) fn words(&mut self, end: usize) -> Option<Answer> {
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
}
