//! Big operators of LaTeX and their constructors in `SymPy`: sums, products, integrals, limits, derivatives.

use super::arithmetic::{PRODUCT, SUM};
use super::{Parsed, Parser, scalar};
use crate::answer::expr::{Constant, Expr};
use crate::answer::number::Number;
use crate::answer::token::{Big, Fence, Relation, Spaced, Token, Unreadable};
use crate::answer::{Answer, Bracket, MAX_DEPTH, binder};

/// Highest order of a derivative that is read.
const ORDER: i64 = 12;
/// Most variables of one sum, integral or derivative: each nests the body once more.
const RANGES: usize = 12;

impl Parser<'_> {
    /// A big operator whose token has just been read.
    pub(super) fn big(&mut self, operator: Big) -> Parsed {
        self.deeper()?;
        let result = match operator {
            Big::Sum => self.ranged("Sum"),
            Big::Product => self.ranged("Product"),
            Big::Integral => self.integral(),
            Big::Limit => self.limit(),
        };
        self.depth -= 1;
        result.map(Answer::Scalar)
    }

    /// What stands below and above an operator, as slices of tokens.
    fn decorations(&mut self) -> Result<[Option<(usize, usize)>; 2], Unreadable> {
        let mut found = [None, None];
        loop {
            let which = match self.peek() {
                Some(Token::Underscore) => 0,
                Some(Token::Caret) => 1,
                _ => return Ok(found),
            };
            self.at += 1;
            let (from, to) = if self.eat(&Token::Open(Fence::Group)) {
                let to = self.closing(self.at).ok_or(Unreadable::Malformed)?;
                let from = self.at;
                self.at = to + 1;
                (from, to)
            } else {
                let minus = usize::from(self.peek() == Some(&Token::Minus));
                self.at += 1 + minus;
                (self.at - 1 - minus, self.at)
            };
            if from < to {
                found[which] = Some((from, to.min(self.tokens.len())));
            }
        }
    }

    /// Where the group that is open at `from` closes.
    fn closing(&self, from: usize) -> Option<usize> {
        let mut level = 0usize;
        for (i, s) in self.tokens.iter().enumerate().skip(from) {
            match s.token {
                Token::Open(_) | Token::Begin | Token::Determinant => level += 1,
                Token::Close(_) | Token::End if level == 0 => return Some(i),
                Token::Close(_) | Token::End => level -= 1,
                _ => {}
            }
        }
        None
    }

    fn part(&self, range: (usize, usize)) -> Result<Expr, Unreadable> {
        self.sub(&self.tokens[range.0..range.1]).ok_or(Unreadable::Malformed)
    }

    /// `\sum_{k=1}^{n} …`: the term that follows is the body.
    fn ranged(&mut self, name: &'static str) -> Result<Expr, Unreadable> {
        let [Some(below), Some(above)] = self.decorations()? else { return Err(Unreadable::Malformed) };
        let [Spaced { token: index, .. }, Spaced { token: Token::Relation(Relation::Equal), .. }, ..] =
            &self.tokens[below.0..below.1]
        else {
            return Err(Unreadable::Malformed);
        };
        let first = self.part((below.0 + 2, below.1))?;
        let last = self.part(above)?;
        let variable = match index {
            Token::Name(variable) => variable.as_str(),
            // `i` is the imaginary unit only where nothing counts with it.
            Token::Constant(Constant::I) => "i",
            _ => return Err(Unreadable::Malformed),
        };
        let before = self.counts_with_i;
        self.counts_with_i |= variable == "i";
        let body = self.expression(PRODUCT);
        self.counts_with_i = before;
        Ok(binder::over(name, &scalar(body?)?, variable, first, last))
    }

    /// `\lim_{x \to a} …`: the term that follows is the body.
    fn limit(&mut self) -> Result<Expr, Unreadable> {
        let [Some((from, to)), None] = self.decorations()? else { return Err(Unreadable::Malformed) };
        let [Spaced { token: Token::Name(variable), .. }, Spaced { token: Token::Implies, .. }, point @ ..] =
            &self.tokens[from..to]
        else {
            return Err(Unreadable::Malformed);
        };
        let (point, side) = one_sided(point);
        let to = self.sub(point).ok_or(Unreadable::Malformed)?;
        let body = scalar(self.expression(PRODUCT)?)?;
        Ok(binder::limit(&body, variable, to, side))
    }

    /// `\int_a^b … dx`: everything up to the differential is the integrand.
    fn integral(&mut self) -> Result<Expr, Unreadable> {
        let [below, above] = self.decorations()?;
        let bounds = match (below, above) {
            (Some(low), Some(high)) => Some((self.part(low)?, self.part(high)?)),
            (None, None) => None,
            _ => return Err(Unreadable::Malformed),
        };
        let (differential, end) = self.differential().ok_or(Unreadable::Malformed)?;
        let Token::Name(variable) = &self.tokens[differential + 1].token else { return Err(Unreadable::Malformed) };
        let mut integrand: Vec<Spaced> = self.tokens[self.at..differential].to_vec();
        let after = &self.tokens[differential + 2..end];
        // `\frac{dx}{x}`: one over x.
        let empty = |t: Option<&Spaced>| t.is_none_or(|s| matches!(s.token, Token::Open(_)));
        if empty(integrand.last()) && after.first().is_none_or(|s| matches!(s.token, Token::Close(_))) {
            integrand.push(Spaced { token: Token::Number(Number::integer(1)), space: true });
        }
        integrand.extend_from_slice(after);
        if self.depth > MAX_DEPTH {
            return Err(Unreadable::TooDeep);
        }
        let mut inner = Parser {
            tokens: &integrand,
            at: 0,
            depth: self.depth + 1,
            grammar: self.grammar,
            bars: 0,
            brace: usize::MAX,
            in_ratio: false,
            congruent: false,
            counts_with_i: self.counts_with_i,
        };
        let body = match inner.expression(SUM)? {
            // Brackets around the integrand only group.
            Answer::Sequence(Bracket::List | Bracket::Set, mut items) if items.len() == 1 => scalar(items.remove(0))?,
            other => scalar(other)?,
        };
        if inner.at < integrand.len() {
            return Err(Unreadable::Malformed);
        }
        let variable = variable.clone();
        self.at = end;
        Ok(binder::integral(&body, &variable, bounds))
    }

    /// Where the differential of the integral that was just opened stands, and where its integrand ends: behind it, or
    /// behind the fraction or bracket that it stands in.
    fn differential(&self) -> Option<(usize, usize)> {
        let (mut level, mut inner) = (0usize, 0usize);
        let mut at = self.at;
        let found = loop {
            match &self.tokens.get(at)?.token {
                Token::Open(_) | Token::Begin | Token::Determinant => level += 1,
                Token::Close(_) | Token::End | Token::Relation(_) | Token::Comma | Token::Semicolon if level == 0 => {
                    return None;
                }
                Token::Close(_) | Token::End => level -= 1,
                Token::Big(Big::Integral) => inner += 1,
                Token::Name(d) if d == "d" && matches!(self.tokens.get(at + 1)?.token, Token::Name(_)) => {
                    if inner == 0 {
                        break at;
                    }
                    inner -= 1;
                    at += 1;
                }
                _ => {}
            }
            at += 1;
        };
        let mut end = found + 2;
        while level > 0
            || matches!(self.tokens.get(end).map(|s| &s.token), Some(Token::Open(Fence::Group))) && end > found + 2
        {
            match self.tokens.get(end)?.token {
                Token::Open(_) | Token::Begin | Token::Determinant => level += 1,
                Token::Close(_) | Token::End => level = level.checked_sub(1)?,
                _ => {}
            }
            end += 1;
        }
        Some((found, end))
    }

    /// `\frac{d}{dx}` before what it is applied to, or `\frac{dy}{dx}`; nothing is read where it is neither.
    pub(super) fn leibniz(&mut self) -> Option<Parsed> {
        let start = self.at;
        let is_d = |t: &Token| matches!(t, Token::Name(n) if n == "d" || n == "∂");
        let (top, bottom) = self.two_groups()?;
        let (above, below) = (&self.tokens[top.0..top.1], &self.tokens[bottom.0..bottom.1]);
        let order_of = |tokens: &[Spaced]| -> Option<i64> {
            match tokens {
                [] => Some(1),
                [caret, n] if caret.token == Token::Caret => number(&n.token),
                [caret, open, n, close]
                    if caret.token == Token::Caret
                        && open.token == Token::Open(Fence::Group)
                        && close.token == Token::Close(Fence::Group) =>
                {
                    number(&n.token)
                }
                _ => None,
            }
        };
        let ([d, above @ ..], [e, Spaced { token: Token::Name(variable), .. }, rest @ ..]) = (above, below) else {
            return None;
        };
        if !is_d(&d.token) || !is_d(&e.token) {
            return None;
        }
        let order = order_of(rest).filter(|n| (1..=ORDER).contains(n))?;
        let variable = variable.clone();
        let after = bottom.1 + 1;
        if order_of(above) == Some(order) {
            self.at = after;
            let body = self.expression(PRODUCT).and_then(scalar);
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 1 and 12
            return Some(body.map(|b| Answer::Scalar(binder::differentiated(&b, &variable, order as u32))));
        }
        if let ([Spaced { token: Token::Name(function), .. }], 1) = (above, order) {
            self.at = after;
            let call = Expr::Call("Derivative".into(), vec![Expr::symbol(function.as_str()), Expr::symbol(variable)]);
            return Some(Ok(Answer::Scalar(call)));
        }
        self.at = start;
        None
    }

    /// The token ranges of the two groups that stand here.
    fn two_groups(&self) -> Option<((usize, usize), (usize, usize))> {
        let open = |at: usize| self.tokens.get(at).is_some_and(|s| s.token == Token::Open(Fence::Group));
        if !open(self.at) || self.tokens.len() < self.at + 6 {
            return None;
        }
        // A numerator of at most `d^{12}y`.
        let first = (self.at + 1..self.tokens.len().min(self.at + 8))
            .find(|i| self.tokens[*i].token == Token::Close(Fence::Group) && open(i + 1))?;
        let second = self.closing(first + 2)?;
        Some(((self.at + 1, first), (first + 2, second)))
    }

    /// `Sum(k**2, (k, 1, n))`, `Integral(x, x)`, `Limit(f, x, 3, dir='+')`, `Derivative(f, (x, 2))`.
    pub(super) fn operator(head: &'static str, values: Vec<Answer>) -> Parsed {
        let mut values = values.into_iter();
        let mut body = scalar(values.next().ok_or(Unreadable::Malformed)?)?;
        if head == "Limit" {
            let (Some(Answer::Scalar(Expr::Symbol(variable))), Some(to)) = (values.next(), values.next()) else {
                return Err(Unreadable::Malformed);
            };
            let side = match values.next() {
                None => 1,
                Some(Answer::Text(sign)) => side_of(&sign)?,
                Some(Answer::Relation(operands, _)) => match operands.last() {
                    Some(Answer::Text(sign)) => side_of(sign)?,
                    _ => return Err(Unreadable::Malformed),
                },
                Some(_) => return Err(Unreadable::Malformed),
            };
            return Ok(Answer::Scalar(binder::limit(&body, &variable, scalar(to)?, side)));
        }
        let mut ranges = 0_usize;
        for range in values {
            ranges += 1;
            if ranges > RANGES {
                return Err(Unreadable::TooDeep);
            }
            body = match (head, range) {
                ("Integral", Answer::Scalar(Expr::Symbol(v))) => binder::integral(&body, &v, None),
                ("Derivative", Answer::Scalar(Expr::Symbol(v))) => binder::differentiated(&body, &v, 1),
                (_, Answer::Sequence(Bracket::Tuple, items)) => {
                    let items: Vec<Expr> = items.into_iter().map(scalar).collect::<Result<_, _>>()?;
                    match (head, items.as_slice()) {
                        ("Sum", [Expr::Symbol(v), a, b]) => binder::over("Sum", &body, v, a.clone(), b.clone()),
                        ("Product", [Expr::Symbol(v), a, b]) => binder::over("Product", &body, v, a.clone(), b.clone()),
                        ("Integral", [Expr::Symbol(v), a, b]) => {
                            binder::integral(&body, v, Some((a.clone(), b.clone())))
                        }
                        ("Derivative", [Expr::Symbol(v), n]) => {
                            let order = n.number().and_then(Number::to_i64).filter(|n| (1..=ORDER).contains(n));
                            let order = order.and_then(|n| u32::try_from(n).ok()).ok_or(Unreadable::Malformed)?;
                            binder::differentiated(&body, v, order)
                        }
                        _ => return Err(Unreadable::Malformed),
                    }
                }
                _ => return Err(Unreadable::Malformed),
            };
        }
        if ranges == 0 { Err(Unreadable::Malformed) } else { Ok(Answer::Scalar(body)) }
    }
}

fn number(token: &Token) -> Option<i64> {
    match token {
        Token::Number(n) => n.to_i64(),
        _ => None,
    }
}

fn side_of(sign: &str) -> Result<i64, Unreadable> {
    match sign {
        "+" => Ok(1),
        "-" => Ok(-1),
        "+-" => Ok(0),
        _ => Err(Unreadable::Malformed),
    }
}

/// The point of a limit without the sign raised behind it, and the side that this names; from above where none is named,
/// as `SymPy` has it.
fn one_sided(point: &[Spaced]) -> (&[Spaced], i64) {
    let sign = |t: &Token| match t {
        Token::Plus => Some(1),
        Token::Minus => Some(-1),
        _ => None,
    };
    let n = point.len();
    if n > 4
        && point[n - 4].token == Token::Caret
        && point[n - 3].token == Token::Open(Fence::Group)
        && let Some(side) = sign(&point[n - 2].token)
    {
        return (&point[..n - 4], side);
    }
    if n > 2
        && point[n - 2].token == Token::Caret
        && let Some(side) = sign(&point[n - 1].token)
    {
        return (&point[..n - 2], side);
    }
    (point, 1)
}
