//! The parser: tokens of any notation to one tree. Precedence climbing for arithmetic, typed at every step: what does
//! not fit together is not read at all.
//!
//! Nesting is bounded, and the functions that call one another are kept small: depth costs stack.

mod arithmetic;
mod atom;
mod big;
mod bracket;
mod head;
mod linear;
mod pieces;
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
    /// Reading the terms of a ratio: a colon ends one.
    in_ratio: bool,
    /// Reading a side of a congruence: `mod` names its modulus.
    congruent: bool,
    /// In the body of a sum over `i`.
    counts_with_i: bool,
    /// Where the first brace opens, behind which a colon divides nothing.
    brace: usize,
}

/// Deepest nesting of an expression that was read; a shorter text nests no deeper.
const LEVELS: usize = 4 * MAX_DEPTH;

/// Reads a whole token stream.
pub(super) fn parse(tokens: &[Spaced], grammar: Grammar) -> Parsed {
    if tokens.is_empty() {
        return Err(Unreadable::Malformed);
    }
    let brace = tokens.iter().position(|s| s.token == Token::Open(Fence::Brace)).unwrap_or(usize::MAX);
    let mut parser = Parser {
        tokens,
        at: 0,
        depth: 0,
        grammar,
        bars: 0,
        brace,
        in_ratio: false,
        congruent: false,
        counts_with_i: false,
    };
    let (mut items, _) = parser.list()?;
    if let ([Answer::Scalar(top)], true) = (items.as_slice(), parser.eat(&Token::Over)) {
        let top = top.clone();
        let bottom = scalar(parser.expression(SETS)?)?;
        items = vec![Answer::Scalar(top.over(bottom))];
    }
    if parser.at < tokens.len() {
        return Err(Unreadable::Malformed);
    }
    let answer = if items.len() == 1 { items.remove(0) } else { Answer::Sequence(Bracket::Bare, items) };
    // Chains of operators nest to the left without nesting what is read; all that follows goes by recursion.
    let mut within = true;
    if tokens.len() > LEVELS {
        answer.each(&mut |e| within = within && e.is_within(LEVELS));
    }
    if within { Ok(answer) } else { Err(Unreadable::TooDeep) }
}

/// The expression of a value that arithmetic may use: degrees and percentages turn into numbers.
fn scalar(answer: Answer) -> Result<Expr, Unreadable> {
    match answer {
        Answer::Scalar(e) => Ok(e),
        Answer::Quantity(e, unit) if unit.is_degree() => {
            Ok(Expr::product(vec![e, Expr::Constant(Constant::Pi), Expr::ratio(1, 180)]))
        }
        Answer::Quantity(e, unit) if unit.is_percent() => Ok(e.over(Expr::integer(100))),
        // Square brackets that group: a list of one is no operand.
        Answer::Sequence(Bracket::List, mut items) if items.len() == 1 => match items.remove(0) {
            Answer::Scalar(e) => Ok(e),
            _ => Err(Unreadable::Malformed),
        },
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

/// A residue class: the residue brought between zero and the modulus where both are numbers.
fn residue(value: Expr, modulus: Expr) -> Expr {
    let reduced = match (&value, &modulus) {
        (Expr::Number(a), Expr::Number(b)) => super::fold::modulo(a, b).unwrap_or(value),
        _ => value,
    };
    Expr::Call("residue".into(), vec![reduced, modulus])
}

/// Most terms that dots in a list stand for.
const MOST_CONTINUED: i64 = 1_000;

/// Whether an answer is a capital that stands for a statement.
fn is_proposition(answer: &Answer) -> bool {
    matches!(answer, Answer::Scalar(Expr::Symbol(s)) if s.len() == 1 && s.starts_with(|c: char| c.is_ascii_uppercase()))
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
            let reversed = self.at == 0 && self.peek() == Some(&Token::Close(Fence::Square));
            if matches!(self.peek(), None | Some(Token::Close(_) | Token::End)) && !reversed {
                break;
            }
            if self.eat(&Token::Ellipsis) {
                self.continued(&mut items)?;
                if !self.eat(&Token::Comma) {
                    break;
                }
                continue;
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

    /// What dots in a list stand for: the terms up to the one that follows, where those before say how it goes on; else
    /// that it goes on.
    fn continued(&mut self, items: &mut Vec<Answer>) -> Result<(), Unreadable> {
        let number = |a: &Answer| a.scalar().and_then(Expr::number).and_then(super::Number::to_i64);
        let ends = |token: Option<&Token>| matches!(token, None | Some(Token::Close(_) | Token::Comma));
        if let (Some(Token::Comma), Some(Token::Number(last)), true) =
            (self.peek(), self.peek_at(1), ends(self.peek_at(2)))
            && let [.., a, b] = items.as_slice()
            && let (Some(a), Some(b), Some(last)) = (number(a), number(b), last.to_i64())
        {
            let step = b - a;
            let count = if step == 0 { -1 } else { (last - b) / step };
            if step != 0 && (last - b) % step == 0 && (0..=MOST_CONTINUED).contains(&count) {
                // The last one is read as any other.
                items.extend((1..count).map(|i| Answer::integer(b + i * step)));
                return Ok(());
            }
        }
        if items.is_empty() {
            return Err(Unreadable::Malformed);
        }
        items.push(Answer::Text("...".into()));
        Ok(())
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
            Token::Or | Token::Either => Some((Connective::Or, 1)),
            Token::Xor => Some((Connective::Xor, 1)),
            Token::And | Token::Both => Some((Connective::And, 2)),
            _ => None,
        }
    }

    /// Joins a statement with those that follow it.
    fn connected(&mut self, level: u8, mut left: Answer) -> Parsed {
        let depth = self.depth;
        while let Some((connective, binds)) = self.connective().filter(|(_, binds)| *binds >= level) {
            self.deeper()?;
            let mut parts = vec![left];
            let mut symbolic = matches!(connective, Connective::Implies | Connective::Iff);
            let pair = symbolic;
            while self.connective() == Some((connective, binds)) {
                symbolic |= !matches!(self.peek(), Some(Token::And | Token::Or));
                self.at += 1;
                parts.push(self.logic(binds + 1)?);
            }
            if pair && parts.len() > 2 {
                if parts.iter().any(|p| matches!(p, Answer::Relation(..) | Answer::Logic(..))) {
                    return Err(Unreadable::Malformed);
                }
                // `A -> B -> C` is a path.
                left = Answer::Sequence(Bracket::List, parts);
                continue;
            }
            let words = parts.iter().any(|p| matches!(p, Answer::Text(_)));
            let propositions = parts.iter().all(is_proposition);
            let logical = symbolic && !words || propositions;
            left = if logical || are_statements(&parts) || self.grammar == Grammar::Code && !words {
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
        if matches!(self.peek(), Some(Token::Relation(_))) {
            return self.related(first);
        }
        match self.modulus()? {
            Some(modulus) => Ok(Answer::Scalar(residue(scalar(first)?, modulus))),
            None => Ok(first),
        }
    }

    /// The modulus of a congruence, where one stands here: `(mod 7)`, `\pmod 7`, `mod 7` behind a relation.
    fn modulus(&mut self) -> Result<Option<Expr>, Unreadable> {
        let is_mod = |t: Option<&Token>| matches!(t, Some(Token::Function("mod") | Token::Modulo | Token::Pmod));
        if is_mod(self.peek()) {
            self.at += 1;
            return self.argument().and_then(scalar).map(Some);
        }
        if self.peek() == Some(&Token::Open(Fence::Paren)) && is_mod(self.peek_at(1)) {
            self.at += 2;
            let modulus = scalar(self.expression(SETS)?)?;
            return if self.eat(&Token::Close(Fence::Paren)) { Ok(Some(modulus)) } else { Err(Unreadable::Malformed) };
        }
        Ok(None)
    }

    /// A chain of relations whose first operand has been read.
    fn related(&mut self, first: Answer) -> Parsed {
        let mut operands = vec![first];
        let mut relations = Vec::new();
        while let Some(Token::Relation(r)) = self.peek() {
            self.at += 1;
            relations.push(*r);
            self.congruent = *r == Relation::Congruent;
            let operand = self.operand();
            self.congruent = false;
            let operand = operand?;
            if *r == Relation::In && matches!(operand, Answer::Text(_)) {
                // "in the first game" is prose.
                return Err(Unreadable::Words);
            }
            let operand = match (r, self.modulus()?) {
                (_, None) => operand,
                (Relation::Congruent | Relation::Equal, Some(modulus)) => {
                    relations.pop();
                    relations.push(Relation::Congruent);
                    Answer::Scalar(residue(scalar(operand)?, modulus))
                }
                _ => return Err(Unreadable::Malformed),
            };
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
                Token::Open(_) | Token::Begin | Token::Determinant => level += 1,
                Token::Close(_) | Token::End if level == 0 => return self.at + i,
                Token::Close(_) | Token::End => level -= 1,
                Token::Comma
                | Token::Semicolon
                | Token::Relation(_)
                | Token::And
                | Token::Or
                | Token::Both
                | Token::Either
                | Token::Xor
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
