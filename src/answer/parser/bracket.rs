//! Brackets: tuples, lists, intervals, sets, set-builders, mappings, matrices.

use super::arithmetic::SUM;
use super::atom::{apply, magnitude};
use super::{Parsed, Parser, interval, is_statement, scalar};
use crate::answer::expr::Expr;
use crate::answer::token::{Fence, Grammar, Token, Unreadable};
use crate::answer::{Answer, Bracket, Connective};

impl Parser<'_> {
    /// Scalars in parentheses, braces of LaTeX or square brackets.
    pub(super) fn arguments(&mut self) -> Result<Vec<Expr>, Unreadable> {
        self.values()?.into_iter().map(scalar).collect()
    }

    /// Answers in brackets.
    pub(super) fn values(&mut self) -> Result<Vec<Answer>, Unreadable> {
        let Some(Token::Open(fence)) = self.peek() else { return Err(Unreadable::Malformed) };
        self.at += 1;
        let bars = std::mem::take(&mut self.bars);
        let (items, _) = self.list()?;
        self.bars = bars;
        if self.eat(&Token::Close(*fence)) { Ok(items) } else { Err(Unreadable::Malformed) }
    }

    pub(super) fn fenced(&mut self, fence: Fence) -> Parsed {
        let bars = std::mem::take(&mut self.bars);
        let result = match fence {
            Fence::Paren | Fence::Square => self.bracketed(fence),
            Fence::Brace => self.braced(),
            Fence::Group => self.grouped(),
            Fence::Floor | Fence::Ceil | Fence::Bar => self.one_sided(fence),
            Fence::Angle => self.angled(),
        };
        self.bars = bars;
        result
    }

    /// What LaTeX braces group; a list in them is a set whose braces were not escaped.
    pub(super) fn grouped(&mut self) -> Parsed {
        let (mut items, _) = self.list()?;
        let over = self.peek() == Some(&Token::Over);
        if over || self.peek() == Some(&Token::Choose) {
            self.at += 1;
            let (mut below, _) = self.list()?;
            if items.len() != 1 || below.len() != 1 || !self.eat(&Token::Close(Fence::Group)) {
                return Err(Unreadable::Malformed);
            }
            let (n, k) = (scalar(items.remove(0))?, scalar(below.remove(0))?);
            return Ok(Answer::Scalar(if over { n.over(k) } else { apply("binomial", vec![n, k])? }));
        }
        if !self.eat(&Token::Close(Fence::Group)) {
            return Err(Unreadable::Malformed);
        }
        match items.len() {
            0 => Err(Unreadable::Malformed),
            1 => Ok(items.remove(0)),
            _ => Ok(Answer::Sequence(Bracket::Set, items)),
        }
    }

    /// Floor, ceiling and absolute value.
    pub(super) fn one_sided(&mut self, fence: Fence) -> Parsed {
        let inner = self.expression(SUM)?;
        if !self.eat(&Token::Close(fence)) {
            return Err(Unreadable::Malformed);
        }
        let name = match fence {
            Fence::Floor => "floor",
            Fence::Ceil => "ceil",
            _ => return magnitude(inner),
        };
        Ok(Answer::Scalar(apply(name, vec![scalar(inner)?])?))
    }

    pub(super) fn angled(&mut self) -> Parsed {
        let (items, _) = self.list()?;
        if self.eat(&Token::Close(Fence::Angle)) {
            Ok(Answer::Sequence(Bracket::Vector, items))
        } else {
            Err(Unreadable::Malformed)
        }
    }

    /// What stands in `(…)`, `[…]`, `(…]` or `[…)`.
    pub(super) fn bracketed(&mut self, open: Fence) -> Parsed {
        let (mut items, trailing) = self.list()?;
        let close = match self.peek() {
            Some(Token::Close(close @ (Fence::Paren | Fence::Square))) => *close,
            // `[1, 5[`: as in French, the end is left out.
            Some(Token::Open(Fence::Square)) if items.len() == 2 => Fence::Paren,
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

    /// `]1, 5]`, whose lower end is left out.
    pub(super) fn reversed(&mut self) -> Parsed {
        let (items, _) = self.list()?;
        let open = match self.peek() {
            Some(Token::Open(Fence::Square) | Token::Close(Fence::Paren)) => true,
            Some(Token::Close(Fence::Square)) => false,
            _ => return Err(Unreadable::Malformed),
        };
        self.at += 1;
        let [low, high] = <[Answer; 2]>::try_from(items).map_err(|_| Unreadable::Malformed)?;
        Ok(interval(scalar(low)?, true, scalar(high)?, open))
    }

    /// What stands in `{…}`: a set, a mapping or a set-builder.
    pub(super) fn braced(&mut self) -> Parsed {
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
                self.mapping(first)
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

    /// A mapping or a set-builder with a colon, of which the first key has been read.
    pub(super) fn mapping(&mut self, first: Answer) -> Parsed {
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
        if self.eat(&Token::Close(Fence::Brace)) { Ok(Answer::Mapping(pairs)) } else { Err(Unreadable::Malformed) }
    }

    pub(super) fn builder(&mut self, variable: Answer) -> Parsed {
        let (mut conditions, _) = self.list()?;
        let condition = match conditions.len() {
            0 => return Err(Unreadable::Malformed),
            1 => conditions.remove(0),
            _ => Answer::Logic(Connective::And, conditions),
        };
        self.finish_builder(variable, condition)
    }

    pub(super) fn finish_builder(&mut self, variable: Answer, condition: Answer) -> Parsed {
        if self.eat(&Token::Close(Fence::Brace)) {
            Ok(Answer::Builder(Box::new(variable), Box::new(condition)))
        } else {
            Err(Unreadable::Malformed)
        }
    }

    /// The rows of a matrix; of equations where every cell is one.
    pub(super) fn rows(&mut self) -> Parsed {
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
                    self.introduced();
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
        // Values beside their conditions are a function in pieces.
        if width == 2 && rows.iter().all(|r| r.len() == 2 && (is_statement(&r[1]) || matches!(r[1], Answer::Text(_)))) {
            let pairs: Vec<(Answer, Answer)> = rows.iter().map(|r| (r[0].clone(), r[1].clone())).collect();
            if let Some(e) = super::pieces::piecewise(&pairs) {
                return Ok(Answer::Scalar(e));
            }
        }
        if width == 0 || rows.iter().any(|r| r.len() != width) {
            return Err(Unreadable::Malformed);
        }
        Ok(Answer::Matrix(rows))
    }
}
