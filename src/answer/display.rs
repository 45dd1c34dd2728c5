//! The canonical form of an answer: plain enough for a person, and read back to the same answer.

use std::fmt::{self, Display, Formatter, Write};

use num_bigint::BigInt;
use num_traits::{One, Signed};

use super::expr::{Constant, Expr};
use super::number::{Number, power_of_ten};
use super::token::{Fence, Spaced, Token};
use super::{Answer, Bracket, Connective, Interval, SetOperation};

impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(precision) = self.precision() else {
            return if self.value().is_integer() {
                write!(f, "{}", self.value().numer())
            } else {
                write!(f, "{}/{}", self.value().numer(), self.value().denom())
            };
        };
        let power = power_of_ten(precision.place);
        let unscaled: BigInt = self.value().numer() * power.denom() / (self.value().denom() * power.numer());
        let sign = if self.value().is_negative() { "-" } else { "" };
        let digits = unscaled.abs().to_string();
        if precision.scientific || precision.place > 0 || precision.place < -400 {
            return write!(f, "{sign}{digits}e{}", precision.place);
        }
        let places = precision.place.unsigned_abs() as usize;
        if places == 0 {
            return write!(f, "{sign}{digits}e0");
        }
        let digits = format!("{digits:0>width$}", width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        write!(f, "{sign}{whole}.{fraction}")
    }
}

/// How tightly an expression must hold together where it stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hold {
    Sum,
    Product,
    Factor,
    Power,
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        expr(self, Hold::Sum, f)
    }
}

fn parenthesised(e: &Expr, f: &mut Formatter<'_>) -> fmt::Result {
    f.write_char('(')?;
    expr(e, Hold::Sum, f)?;
    f.write_char(')')
}

fn expr(e: &Expr, hold: Hold, f: &mut Formatter<'_>) -> fmt::Result {
    match e {
        Expr::Number(n) => {
            let simple = n.precision().map_or(n.value().denom().is_one(), |_| true) && !n.is_negative();
            let fits = match hold {
                Hold::Sum => true,
                Hold::Product => !n.is_negative(),
                Hold::Factor | Hold::Power => simple,
            };
            if fits { write!(f, "{n}") } else { write!(f, "({n})") }
        }
        Expr::Constant(c) => f.write_str(match c {
            Constant::Pi => "pi",
            Constant::E => "E",
            Constant::I => "I",
            Constant::Infinity => "oo",
            Constant::Nan => "nan",
        }),
        Expr::Symbol(name) => f.write_str(name),
        Expr::Sum(terms) => {
            if hold > Hold::Sum {
                return parenthesised(e, f);
            }
            // The number, first in order, reads better last.
            let (numbers, rest): (Vec<&Expr>, Vec<&Expr>) = terms.iter().partition(|t| matches!(t, Expr::Number(_)));
            for (i, term) in rest.into_iter().chain(numbers).enumerate() {
                let negative = leading_minus(term);
                match (i, negative) {
                    (0, _) => {}
                    (_, true) => f.write_str(" - ")?,
                    (_, false) => f.write_str(" + ")?,
                }
                if i > 0 && negative {
                    expr(&term.clone().negated(), Hold::Product, f)?;
                } else {
                    expr(term, Hold::Sum, f)?;
                }
            }
            Ok(())
        }
        Expr::Product(factors) => {
            if hold >= Hold::Factor || hold == Hold::Product && leading_minus(e) {
                return parenthesised(e, f);
            }
            product(factors, f)
        }
        Expr::Power(base, exponent) => {
            if hold == Hold::Power {
                return parenthesised(e, f);
            }
            if exponent.number().is_some_and(|n| n.is_negative() && n.precision().is_none()) {
                return if hold >= Hold::Factor { parenthesised(e, f) } else { product(std::slice::from_ref(e), f) };
            }
            if **exponent == Expr::ratio(1, 2) {
                f.write_str("sqrt(")?;
                expr(base, Hold::Sum, f)?;
                return f.write_char(')');
            }
            expr(base, Hold::Power, f)?;
            f.write_char('^')?;
            match &**exponent {
                Expr::Number(n) if n.is_integer() && !n.is_negative() && n.precision().is_none() => write!(f, "{n}"),
                Expr::Symbol(_) => expr(exponent, Hold::Power, f),
                other => parenthesised(other, f),
            }
        }
        Expr::Call(name, arguments) if name == "residue" && arguments.len() == 2 => {
            write!(f, "{} (mod {})", arguments[0], arguments[1])
        }
        Expr::Call(name, arguments) if super::binder::is_binder(name) => bound(name, arguments, f),
        Expr::Call(name, arguments) => {
            f.write_str(name)?;
            f.write_char('(')?;
            for (i, a) in arguments.iter().enumerate() {
                if i > 0 {
                    f.write_str(", ")?;
                }
                expr(a, Hold::Sum, f)?;
            }
            f.write_char(')')
        }
    }
}

/// An operator as `SymPy` prints it, its variable under a name that nothing in it has.
fn bound(name: &str, arguments: &[Expr], f: &mut Formatter<'_>) -> fmt::Result {
    if name == "Piecewise" {
        f.write_str("Piecewise(")?;
        for (i, piece) in arguments.chunks_exact(2).enumerate() {
            write!(f, "{}({}, ", if i > 0 { ", " } else { "" }, piece[0])?;
            condition(&piece[1], f)?;
            f.write_char(')')?;
        }
        return f.write_char(')');
    }
    let [body, Expr::Symbol(mark), rest @ ..] = arguments else { return f.write_str(name) };
    if rest.is_empty() {
        return write!(f, "{name}({body}, {mark})");
    }
    let variable = super::binder::unused(body);
    let body = body.replace(mark, &Expr::symbol(variable.as_str()));
    match (name, rest) {
        ("Limit", [to, side]) => {
            let sign = if *side == Expr::integer(1) {
                ""
            } else if *side == Expr::integer(-1) {
                ", '-'"
            } else {
                ", '+-'"
            };
            write!(f, "Limit({body}, {variable}, {to}{sign})")
        }
        (_, [low, high]) => write!(f, "{name}({body}, ({variable}, {low}, {high}))"),
        _ => write!(f, "{name}({body})"),
    }
}

/// The condition of a piece, as statements are written.
fn condition(e: &Expr, f: &mut Formatter<'_>) -> fmt::Result {
    let Expr::Call(name, parts) = e else {
        return f.write_str(if *e == Expr::integer(0) { "False" } else { "True" });
    };
    let between = |sign: &str, f: &mut Formatter<'_>| {
        for (i, part) in parts.iter().enumerate() {
            f.write_str(if i > 0 { sign } else { "" })?;
            f.write_char('(')?;
            condition(part, f)?;
            f.write_char(')')?;
        }
        Ok(())
    };
    match (name.as_str(), parts.as_slice()) {
        ("when_less", [a, b]) => write!(f, "{a} < {b}"),
        ("when_at_most", [a, b]) => write!(f, "{a} <= {b}"),
        ("when_equal", [a, b]) => write!(f, "Eq({a}, {b})"),
        ("when_not", [inner]) => {
            f.write_str("not (")?;
            condition(inner, f)?;
            f.write_char(')')
        }
        ("when_all", _) => between(" and ", f),
        ("when_any", _) => between(" or ", f),
        _ => write!(f, "{e}"),
    }
}

fn leading_minus(e: &Expr) -> bool {
    match e {
        Expr::Number(n) => n.is_negative(),
        Expr::Product(factors) => factors.first().is_some_and(leading_minus),
        _ => false,
    }
}

/// `a*b/(c*d)`: negative numeric exponents go below the line.
fn product(factors: &[Expr], f: &mut Formatter<'_>) -> fmt::Result {
    let below = |e: &Expr| match e {
        Expr::Power(base, exponent) => exponent
            .number()
            .filter(|n| n.is_negative() && n.precision().is_none())
            .map(|n| Expr::power((**base).clone(), Expr::Number(n.negated()))),
        _ => None,
    };
    let mut written = false;
    let mut denominators: Vec<Expr> = Vec::new();
    for (i, factor) in factors.iter().enumerate() {
        if let Some(d) = below(factor) {
            denominators.push(d);
            continue;
        }
        if let (0, Expr::Number(n)) = (i, factor) {
            let exact = n.precision().is_none();
            if exact && !n.value().denom().is_one() {
                denominators.push(Expr::Number(Number::exact(n.value().denom().clone().into())));
            }
            let top = n.value().numer();
            if exact && top.magnitude().is_one() {
                f.write_str(if top.is_negative() { "-" } else { "" })?;
            } else if exact {
                write!(f, "{top}")?;
                written = true;
            } else {
                write!(f, "{n}")?;
                written = true;
            }
            continue;
        }
        if written {
            f.write_char('*')?;
        }
        expr(factor, Hold::Factor, f)?;
        written = true;
    }
    if !written {
        f.write_char('1')?;
    }
    match denominators.as_slice() {
        [] => Ok(()),
        [one] => {
            f.write_char('/')?;
            expr(one, Hold::Factor, f)
        }
        many => {
            f.write_str("/(")?;
            for (i, d) in many.iter().enumerate() {
                if i > 0 {
                    f.write_char('*')?;
                }
                expr(d, Hold::Factor, f)?;
            }
            f.write_char(')')
        }
    }
}

fn joined(items: &[Answer], with: &str, f: &mut Formatter<'_>) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(with)?;
        }
        nested(item, f)?;
    }
    Ok(())
}

/// An answer within another: words are quoted there.
fn nested(item: &Answer, f: &mut Formatter<'_>) -> fmt::Result {
    match item {
        Answer::Text(text) => {
            f.write_char('\'')?;
            for c in text.chars() {
                if c == '\'' || c == '\\' {
                    f.write_char('\\')?;
                }
                f.write_char(c)?;
            }
            f.write_char('\'')
        }
        Answer::Logic(..) | Answer::Not(_) | Answer::Relation(..) | Answer::Sequence(Bracket::Bare, _) => {
            write!(f, "({item})")
        }
        other => write!(f, "{other}"),
    }
}

impl Display for Interval {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let open = if self.low_open { '(' } else { '[' };
        let close = if self.high_open { ')' } else { ']' };
        // `(1, 2)` alone would be a pair.
        let plain = self.low_open != self.high_open || self.low.has_infinity() || self.high.has_infinity();
        if plain {
            return write!(f, "{open}{}, {}{close}", self.low, self.high);
        }
        let head = if self.low_open { "Interval.open" } else { "Interval" };
        write!(f, "{head}({}, {})", self.low, self.high)
    }
}

impl Display for Answer {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Text(text) | Self::Unread(text) => f.write_str(text),
            Self::Boolean(b) => f.write_str(if *b { "True" } else { "False" }),
            Self::Scalar(e) => write!(f, "{e}"),
            Self::Quantity(e, unit) if unit.is_percent() => {
                expr(e, Hold::Factor, f)?;
                f.write_char('%')
            }
            Self::Quantity(e, unit) => {
                expr(e, Hold::Factor, f)?;
                write!(f, " {}", unit.text)
            }
            Self::Based(digits, base, _) => write!(f, "{digits}_{base}"),
            Self::Sequence(bracket, items) => {
                if *bracket == Bracket::Ratio {
                    return joined(items, ":", f);
                }
                let (open, close) = match bracket {
                    Bracket::Bare | Bracket::Ratio => ("", ""),
                    Bracket::Tuple => ("(", if items.len() == 1 { ",)" } else { ")" }),
                    Bracket::List => ("[", "]"),
                    Bracket::Set => ("{", "}"),
                    Bracket::Vector => ("⟨", "⟩"),
                };
                f.write_str(open)?;
                joined(items, ", ", f)?;
                f.write_str(close)
            }
            Self::Matrix(rows) => {
                f.write_str("Matrix([")?;
                for (i, row) in rows.iter().enumerate() {
                    f.write_str(if i > 0 { ", [" } else { "[" })?;
                    joined(row, ", ", f)?;
                    f.write_char(']')?;
                }
                f.write_str("])")
            }
            Self::Mapping(pairs) => {
                f.write_char('{')?;
                for (i, (key, value)) in pairs.iter().enumerate() {
                    f.write_str(if i > 0 { ", " } else { "" })?;
                    nested(key, f)?;
                    f.write_str(": ")?;
                    nested(value, f)?;
                }
                f.write_char('}')
            }
            Self::Interval(i) => write!(f, "{i}"),
            Self::SetOf(operation, parts) => {
                let head = match operation {
                    SetOperation::Union => "Union",
                    SetOperation::Intersection => "Intersection",
                    SetOperation::Difference => "Complement",
                };
                write!(f, "{head}(")?;
                joined(parts, ", ", f)?;
                f.write_char(')')
            }
            Self::NamedSet(name) => f.write_str(match *name {
                "R" => "Reals",
                "Z" => "Integers",
                "Q" => "Rationals",
                "N" => "Naturals",
                "C" => "Complexes",
                _ => "EmptySet",
            }),
            Self::Builder(variable, condition) => write!(f, "{{{variable} : {condition}}}"),
            Self::Relation(operands, relations) => {
                for (i, operand) in operands.iter().enumerate() {
                    if i > 0 {
                        write!(f, " {} ", relations[i - 1].symbol())?;
                    }
                    nested(operand, f)?;
                }
                Ok(())
            }
            Self::Logic(connective, parts) => {
                let word = match connective {
                    Connective::And => " and ",
                    Connective::Or => " or ",
                    Connective::Xor => " xor ",
                    Connective::Implies => " implies ",
                    Connective::Iff => " iff ",
                };
                joined(parts, word, f)
            }
            Self::Not(inner) => {
                f.write_str("not ")?;
                nested(inner, f)
            }
        }
    }
}

/// The text of tokens that make a unit.
pub(in crate::answer) fn render(tokens: &[Spaced], out: &mut String) {
    for s in tokens {
        if s.space && !out.is_empty() {
            out.push(' ');
        }
        match &s.token {
            Token::Name(w) | Token::Words(w) => {
                if out.ends_with(char::is_alphanumeric) && !s.space {
                    // Symbols that touch are one unit: `\mu` and `C`.
                    if out.ends_with("mu") {
                        out.truncate(out.len() - 2);
                        out.push('μ');
                    }
                }
                out.push_str(w);
            }
            Token::Number(n) => out.push_str(&n.to_string()),
            Token::Star => out.push('*'),
            Token::Slash => out.push('/'),
            Token::Caret => out.push('^'),
            Token::Minus => out.push('-'),
            Token::Degree => out.push('°'),
            Token::Percent => out.push('%'),
            Token::Currency(code) => out.push_str(code),
            Token::Function(name) => out.push_str(name),
            Token::Open(Fence::Paren) => out.push('('),
            Token::Close(Fence::Paren) => out.push(')'),
            Token::Relation(_) => out.push_str("in"),
            _ => {}
        }
    }
}
