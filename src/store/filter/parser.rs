//! Reading a filter: recursive descent over characters, so that every error knows its place.

use super::FilterError;
use super::ast::{Expr, Op, Term};
use super::field::{FieldType, field, fields, text_field};
use super::sort::Sort;
use super::suggest::nearest;

/// Groups and complements inside each other at most.
const DEPTH: usize = 64;
/// Terms of a filter at most; SQLite limits the depth of a chain of conditions.
const TERMS: usize = 400;
/// Values of a term at most; SQLite limits the number of parameters.
const VALUES: usize = 30_000;

pub(super) fn parse(text: &str) -> Result<(Option<Expr>, Option<Sort>), FilterError> {
    let mut parser = Parser { chars: text.chars().collect(), at: 0, terms: 0, values: 0, orders: Vec::new() };
    parser.space();
    if parser.peek().is_none() {
        return Ok((None, None));
    }
    let expr = parser.any(0)?;
    match parser.peek() {
        None => parser.ordered(expr),
        // Nothing else ends an expression early.
        Some(_) => Err(parser.error(parser.at, "this parenthesis closes nothing")),
    }
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    terms: usize,
    values: usize,
    /// Where orders stand, and which.
    orders: Vec<(usize, String)>,
}

impl Parser {
    /// The order, taken out of the expression. It holds for the whole list, so that it stands beside all else.
    fn ordered(&self, expr: Expr) -> Result<(Option<Expr>, Option<Sort>), FilterError> {
        let Some((at, word)) = self.orders.first() else { return Ok((Some(expr), None)) };
        let is_order = |part: &Expr| matches!(part, Expr::Term(term) if matches!(term.field.kind, FieldType::Order(_)));
        let (orders, rest): (Vec<Expr>, Vec<Expr>) = match expr {
            Expr::All(parts) => parts.into_iter().partition(is_order),
            one => std::iter::once(one).partition(is_order),
        };
        if self.orders.len() > 1 {
            return Err(self.error(self.orders[1].0, "a list has one order; leave one of the two out"));
        }
        if orders.is_empty() {
            return Err(self.error(*at, "an order holds for the whole list; put it beside the other terms, at the end"));
        }
        let rest = (!rest.is_empty()).then(|| Expr::all_of(rest));
        Ok((rest, word.parse().ok()))
    }

    /// Parts with `or` between them.
    fn any(&mut self, depth: usize) -> Result<Expr, FilterError> {
        let mut parts = vec![self.all(depth)?];
        while self.keyword("or") {
            parts.push(self.all(depth)?);
        }
        Ok(Expr::any_of(parts))
    }

    /// Parts side by side; an `and` between them may be written.
    fn all(&mut self, depth: usize) -> Result<Expr, FilterError> {
        let mut parts = Vec::new();
        loop {
            self.space();
            let wanted = parts.is_empty() || self.keyword("and");
            self.space();
            if self.peek().is_none_or(|c| c == ')') || self.at_keyword("or") || self.at_keyword("and") {
                return if wanted {
                    Err(self.error(self.at, "a term is missing here, such as verdict:different"))
                } else {
                    Ok(Expr::all_of(parts))
                };
            }
            parts.push(self.one(depth)?);
        }
    }

    /// A term, a group, or the complement of either.
    fn one(&mut self, depth: usize) -> Result<Expr, FilterError> {
        if depth >= DEPTH {
            return Err(self.error(self.at, "this is nested too deep"));
        }
        match self.peek() {
            Some('-') => {
                self.at += 1;
                if self.peek().is_none_or(|c| c.is_whitespace() || c == ')') {
                    return Err(
                        self.error(self.at - 1, "`-` stands right before a term or a group; quote it to search")
                    );
                }
                Ok(Expr::Not(Box::new(self.one(depth + 1)?)))
            }
            Some('(') => {
                let open = self.at;
                self.at += 1;
                let inner = self.any(depth + 1)?;
                if self.peek() != Some(')') {
                    return Err(self.error(open, "this parenthesis is not closed"));
                }
                self.at += 1;
                Ok(inner)
            }
            _ => self.term(),
        }
    }

    fn term(&mut self) -> Result<Expr, FilterError> {
        self.terms += 1;
        if self.terms > TERMS {
            return Err(self.error(self.at, format!("a filter has at most {TERMS} terms")));
        }
        let start = self.at;
        let name_end = start + self.chars[start..].iter().take_while(|c| is_name(**c)).count();
        let op = if name_end > start { self.op_at(name_end) } else { None };
        let Some(op) = op else {
            let word = self.value()?;
            if self.peek() == Some(',') {
                return Err(
                    self.error(self.at, "a comma stands between the values of a field; quote a text that has one")
                );
            }
            return Ok(Expr::Term(Term { field: text_field(), op: Op::Contains, values: vec![word] }));
        };
        let name: String = self.chars[start..name_end].iter().collect::<String>().to_lowercase();
        let Some(field) = field(&name) else {
            let near = nearest(&name, fields().iter().map(|f| f.name));
            return Err(FilterError {
                at: start,
                message: format!("there is no field `{name}` (to search for the text, quote it)"),
                suggestion: near.map(|n| format!("`{n}`")),
            });
        };
        if let Some(instead) = field.instead_of(op) {
            return Err(FilterError {
                at: name_end,
                message: format!("`{}` does not go with {}", op.as_str(), field.name),
                suggestion: Some(format!("`{}{}`", field.name, instead.as_str())),
            });
        }
        self.at = name_end + op.as_str().len();
        let mut values = vec![self.checked_value(field.kind, op)?];
        while op == Op::Is && self.peek() == Some(',') {
            self.at += 1;
            values.push(self.checked_value(field.kind, op)?);
        }
        if let FieldType::Order(_) = field.kind {
            if values.len() > 1 {
                return Err(self.error(start, "a list has one order"));
            }
            self.orders.push((start, values[0].clone()));
        }
        self.values += values.len();
        if self.values > VALUES {
            return Err(self.error(start, format!("a filter has at most {VALUES} values")));
        }
        if op == Op::Contains && self.peek() == Some(',') {
            return Err(self.error(self.at, "`~` takes one value; quote it if the comma belongs to it"));
        }
        Ok(Expr::Term(Term { field, op, values }))
    }

    fn checked_value(&mut self, kind: FieldType, op: Op) -> Result<String, FilterError> {
        let start = self.at;
        let value = self.value()?;
        kind.check(op, value).map_err(|(message, suggestion)| FilterError { at: start, message, suggestion })
    }

    /// A quoted text, or characters up to a space, a parenthesis, a comma or a quotation mark.
    fn value(&mut self) -> Result<String, FilterError> {
        let start = self.at;
        if self.peek() == Some('"') {
            return self.quoted(start);
        }
        let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | '"');
        let length = self.chars[start..].iter().take_while(|c| !ends(**c)).count();
        self.at += length;
        match (length, self.peek()) {
            (0, _) => Err(self.error(start, "a value is missing here")),
            (_, Some('"')) => Err(self.error(self.at, "a quotation mark stands before and behind a value, not in it")),
            (_, Some('(')) => {
                Err(self.error(self.at, "a space is missing before this parenthesis, or quotes around it"))
            }
            _ => Ok(self.chars[start..self.at].iter().collect()),
        }
    }

    fn quoted(&mut self, start: usize) -> Result<String, FilterError> {
        let mut value = String::new();
        self.at += 1;
        while let Some(c) = self.peek() {
            self.at += 1;
            match (c, self.peek()) {
                ('"', after) => {
                    return match after {
                        None | Some(')' | ',') => Ok(value),
                        Some(c) if c.is_whitespace() => Ok(value),
                        Some(_) => Err(self.error(self.at, "a space is missing behind the quotation mark")),
                    };
                }
                ('\\', Some(escaped @ ('"' | '\\'))) => {
                    value.push(escaped);
                    self.at += 1;
                }
                _ => value.push(c),
            }
        }
        Err(self.error(start, "this quotation mark is not closed"))
    }

    fn op_at(&self, at: usize) -> Option<Op> {
        let rest = &self.chars[at..];
        Op::ALL.into_iter().find(|op| {
            let written = op.as_str();
            rest.len() >= written.len() && written.chars().zip(rest).all(|(a, b)| a == *b)
        })
    }

    /// Whether a word stands here by itself.
    fn at_keyword(&self, word: &str) -> bool {
        let end = self.at + word.len();
        let here =
            self.chars.get(self.at..end).is_some_and(|c| c.iter().map(char::to_ascii_lowercase).eq(word.chars()));
        here && self.chars.get(end).is_none_or(|c| c.is_whitespace() || matches!(c, '(' | ')'))
    }

    /// Takes a word that stands here by itself.
    fn keyword(&mut self, word: &str) -> bool {
        self.space();
        let here = self.at_keyword(word);
        if here {
            self.at += word.len();
        }
        here
    }

    fn space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    #[allow(clippy::unused_self, reason = "reads as what it is: the parser's error")]
    fn error(&self, at: usize, message: impl Into<String>) -> FilterError {
        FilterError { at, message: message.into(), suggestion: None }
    }
}

pub(super) fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.')
}
