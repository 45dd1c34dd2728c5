//! Amounts: a number with a unit behind it, or a currency before it.

use super::{Parser, scalar};
use crate::answer::display::render;
use crate::answer::expr::{Constant, Expr};
use crate::answer::token::{Fence, Grammar, Relation, Spaced, Token};
use crate::answer::unit::Unit;
use crate::answer::{Answer, MAX_DEPTH};

/// Whether a number and the beginning of an inverse unit stand here: `2.5 1/`.
fn is_inverse(slice: &[Spaced]) -> bool {
    let [.., value, one, slash] = slice else { return false };
    let is_one = matches!(&one.token, Token::Number(n) if n.is_one());
    matches!(value.token, Token::Number(_) | Token::Close(_)) && is_one && one.space && slash.token == Token::Slash
}

impl Parser<'_> {
    /// A number with a unit behind it or a currency before it.
    pub(super) fn quantity(&mut self, end: usize) -> Option<Answer> {
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
            return Some(Answer::Quantity(value, Box::new(Unit::currency(code))));
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
            first = self.expression_ends(slice, unit_token)?;
        }
        // A symbol is a unit only by a unit's name; other words must have been words.
        let symbol = |t: &Token| matches!(t, Token::Name(n) if Unit::named(n).is_none());
        if slice[first..].iter().any(|s| symbol(&s.token)) {
            return None;
        }
        let lead = &slice[first];
        if slice.len() == first + 1 && matches!(lead.token, Token::Degree | Token::Percent) {
            let value = self.sub(&slice[..first])?;
            let unit = if lead.token == Token::Degree { Unit::degree() } else { Unit::percent() };
            self.at = end;
            return Some(Answer::Quantity(value, Box::new(unit)));
        }
        if let Token::Name(n) = &lead.token
            && n.chars().count() == 1
            && !((lead.space || is_inverse(&slice[..first])) && self.grammar == Grammar::Plain
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
                        unit_text.push('/');
                    } else {
                        unit_text.push('*');
                    }
                    first += 1;
                }
                (None, Some(Token::Slash)) => unit_text.push_str("1/"),
                _ => {}
            }
            let value_end = if factor.is_some() { first - 1 } else { first };
            render(&slice[first + 1..], &mut unit_text);
            let unit = Unit::parse(&unit_text).filter(|u| u.free.is_empty())?;
            let value = self.sub(&slice[..value_end])?;
            self.at = end;
            return Some(Answer::Quantity(value, Box::new(unit)));
        }
        render(&slice[first..], &mut unit_text);
        let unit = Unit::parse(&unit_text)?;
        let value = self.sub(&slice[..first])?;
        self.at = end;
        Some(Answer::Quantity(value, Box::new(unit)))
    }

    /// Where the unit begins behind an expression with functions in it, such as `acos(1/3) radians`: at a unit's name of
    /// two letters or more, apart from what is before it.
    fn expression_ends(&self, slice: &[Spaced], unit_token: impl Fn(&Token) -> bool) -> Option<usize> {
        let tail = slice.iter().rev().take_while(|s| unit_token(&s.token)).count();
        let names = |t: &Token| match t {
            Token::Name(n) | Token::Words(n) => n.len() > 1 && Unit::named(n).is_some(),
            _ => false,
        };
        let closes = |t: &Token| matches!(t, Token::Close(_) | Token::Number(_) | Token::Constant(_));
        (slice.len() - tail..slice.len())
            .find(|&i| i > 0 && slice[i].space && names(&slice[i].token) && closes(&slice[i - 1].token))
            .filter(|_| self.grammar == Grammar::Plain)
    }

    /// The expression that a slice of numeric tokens is.
    pub(super) fn sub(&self, slice: &[Spaced]) -> Option<Expr> {
        if slice.is_empty() || self.depth > MAX_DEPTH {
            return None;
        }
        let mut parser = Parser {
            tokens: slice,
            at: 0,
            depth: self.depth + 1,
            grammar: self.grammar,
            bars: 0,
            brace: usize::MAX,
            in_ratio: false,
            congruent: false,
            counts_with_i: self.counts_with_i,
        };
        let value = parser.expression(1).ok()?;
        if parser.at < slice.len() { None } else { scalar(value).ok() }
    }
}
