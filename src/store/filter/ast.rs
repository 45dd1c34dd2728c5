//! What a filter says, in a form in which equal filters are equal values.

use std::fmt::{self, Display, Formatter, Write};

use super::field::Field;

/// How a term compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// Equals one of the values.
    Is,
    /// Contains the value.
    Contains,
    /// Is less.
    Less,
    /// Is less or equal.
    AtMost,
    /// Is more.
    More,
    /// Is more or equal.
    AtLeast,
}

impl Op {
    /// Every operator; one that begins another comes after it.
    pub(super) const ALL: [Self; 6] = [Self::AtMost, Self::AtLeast, Self::Is, Self::Contains, Self::Less, Self::More];

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Is => ":",
            Self::Contains => "~",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::More => ">",
            Self::AtLeast => ">=",
        }
    }
}

/// One comparison: a field, how, and with what. Only [`Op::Is`] has more than one value.
#[derive(Debug, Clone)]
pub struct Term {
    /// The field.
    pub field: &'static Field,
    /// How it compares.
    pub op: Op,
    /// The values as they were written, checked against the field's type. Never empty.
    pub values: Vec<String>,
}

impl PartialEq for Term {
    fn eq(&self, other: &Self) -> bool {
        self.field.name == other.field.name && self.op == other.op && self.values == other.values
    }
}

/// An expression in normal form: [`Expr::All`] and [`Expr::Any`] have at least two parts, and none of their own kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A comparison.
    Term(Term),
    /// The complement.
    Not(Box<Expr>),
    /// All parts.
    All(Vec<Expr>),
    /// At least one part.
    Any(Vec<Expr>),
}

impl Expr {
    /// All of the parts, of which there is at least one.
    pub(super) fn all_of(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::All(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.remove(0) } else { Self::All(flat) }
    }

    /// Whether a term is about this field.
    pub(super) fn asks(&self, field: &str) -> bool {
        match self {
            Self::Term(term) => term.field.name == field,
            Self::Not(inner) => inner.asks(field),
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|p| p.asks(field)),
        }
    }

    /// The same, with the reviewer `me` named.
    pub(super) fn asked_by(&self, me: &str) -> Self {
        let each = |parts: &[Self]| parts.iter().map(|p| p.asked_by(me)).collect();
        match self {
            Self::Term(term) if term.field.name == "reviewer" && term.op == Op::Is => {
                let named = |value: &String| if value == "me" { me.to_owned() } else { value.clone() };
                Self::Term(Term { values: term.values.iter().map(named).collect(), ..term.clone() })
            }
            Self::Term(term) => Self::Term(term.clone()),
            Self::Not(inner) => Self::Not(Box::new(inner.asked_by(me))),
            Self::All(parts) => Self::All(each(parts)),
            Self::Any(parts) => Self::Any(each(parts)),
        }
    }

    /// At least one of the parts, of which there is at least one.
    pub(super) fn any_of(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::Any(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.remove(0) } else { Self::Any(flat) }
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Term(term) => term.fmt(f),
            Self::Not(inner) if matches!(**inner, Self::Term(_)) => write!(f, "-{inner}"),
            Self::Not(inner) => write!(f, "-({inner})"),
            Self::All(parts) => joined(f, parts, " ", |part| matches!(part, Self::Any(_))),
            Self::Any(parts) => joined(f, parts, " or ", |_| false),
        }
    }
}

fn joined(f: &mut Formatter<'_>, parts: &[Expr], by: &str, grouped: impl Fn(&Expr) -> bool) -> fmt::Result {
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            f.write_str(by)?;
        }
        if grouped(part) {
            write!(f, "({part})")?;
        } else {
            part.fmt(f)?;
        }
    }
    Ok(())
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.field.name, self.op.as_str())?;
        for (i, value) in self.values.iter().enumerate() {
            if i > 0 {
                f.write_char(',')?;
            }
            write_value(f, value)?;
        }
        Ok(())
    }
}

/// Quotes what would not be read back whole.
pub(super) fn write_value(f: &mut impl Write, value: &str) -> fmt::Result {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '"' | '(' | ')' | ',');
    // A leading `=` would make another operator of `<`.
    if !value.is_empty() && !value.starts_with('=') && value.chars().all(plain) {
        return f.write_str(value);
    }
    f.write_char('"')?;
    for c in value.chars() {
        if matches!(c, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    f.write_char('"')
}
