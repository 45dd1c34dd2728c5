//! The typed answer: what a final answer *is*, from the surface forms that people, programs and models write.
//!
//! Text in, value out; nothing is ever executed or evaluated, and every input ends within bounds. The room must not know
//! what a verdict is.
//!
//! The way of a text: [`clean`] makes Unicode and wrappers plain, one of two lexers (`latex` for LaTeX, `plain` for
//! `SymPy` printing, Python literals and plain maths) makes tokens, `parser` makes one tree, and [`read()`] chooses
//! between readings. Words that are no mathematics stay [`Answer::Text`]; what looks like mathematics and cannot be
//! read is [`Answer::Unread`], so that nobody guesses from a piece of it.

#![allow(clippy::many_single_char_names)] // mathematics names its operands by letters

mod based;
mod binder;
pub mod calendar;
pub mod chemistry;
pub mod clean;
mod command;
mod derivative;
mod display;
pub mod eval;
pub mod expr;
mod fold;
pub(crate) mod function;
mod latex;
mod measure;
pub mod modular;
mod names;
pub mod number;
mod numeral;
mod parser;
mod plain;
pub(crate) mod precise;
mod quadrature;
pub mod read;
mod rename;
mod series;
pub(crate) mod special;
mod token;
pub mod unit;
mod vocabulary;
pub mod words;

pub(crate) use binder::{antiderivative, occurs as binder_occurs};
pub(crate) use derivative::derivative;
pub use expr::{Constant, Expr};
pub use number::{Number, Precision};
pub use read::{Hints, read};
pub use token::{Relation, Unreadable};
pub use unit::Unit;

/// Longest text, in bytes, that is read as mathematics; anything longer is compared as text only.
pub const MAX_TEXT: usize = 64 * 1024;
/// Most tokens that one answer may have.
pub const MAX_TOKENS: usize = 24_000;
/// Deepest nesting that the parser follows.
pub const MAX_DEPTH: usize = 64;
/// Most digits of one number in exact arithmetic; longer ones are compared as text.
pub const MAX_DIGITS: usize = 4_096;
/// Largest magnitude of a decimal exponent in exact arithmetic.
pub const MAX_EXPONENT: i64 = 10_000;

/// How the elements of a sequence were held together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Bracket {
    /// `1, 2` with nothing around, or `1 and 2`.
    Bare,
    /// `(1, 2)`.
    Tuple,
    /// `[1, 2]`.
    List,
    /// `{1, 2}`.
    Set,
    /// `1:2:3`, its first term brought to one.
    Ratio,
    /// `⟨1, 2⟩`, or a matrix of one column or one row.
    Vector,
}

/// How two statements are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Connective {
    /// Both hold.
    And,
    /// At least one holds.
    Or,
    /// An odd number of them hold.
    Xor,
    /// The first entails the second.
    Implies,
    /// Both or neither.
    Iff,
}

/// How two sets are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SetOperation {
    /// In any.
    Union,
    /// In all.
    Intersection,
    /// In the first, not in the others.
    Difference,
}

/// A typed answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// No answer at all.
    Nothing,
    /// Words, as written but for cleaning.
    Text(String),
    /// Something that looks like mathematics and could not be read; never compared but with itself.
    Unread(String),
    /// True or false.
    Boolean(bool),
    /// A number or an expression.
    Scalar(Expr),
    /// A number with a unit, a percentage, an amount of money.
    Quantity(Expr, Box<Unit>),
    /// A date, as far as it is written.
    Date(calendar::Date),
    /// A time of day, or what may be a span or a ratio: `10:15`.
    Time(calendar::Time),
    /// A chemical formula or reaction.
    Chemical(Box<chemistry::Chemical>),
    /// Digits in a base, as in `1103_6`: the digits, the base and the value.
    Based(String, u32, Box<Number>),
    /// Several answers in one.
    Sequence(Bracket, Vec<Answer>),
    /// A matrix by rows, all of one length.
    Matrix(Vec<Vec<Answer>>),
    /// Keys and values in the order written.
    Mapping(Vec<(Answer, Answer)>),
    /// An interval; each end with whether it is open.
    Interval(Box<Interval>),
    /// Sets combined.
    SetOf(SetOperation, Vec<Answer>),
    /// A named set: `R`, `Z`, `Q`, `N`, `C`, `empty`.
    NamedSet(&'static str),
    /// `{x | condition}`: the variable and the condition.
    Builder(Box<Answer>, Box<Answer>),
    /// `a < b ≤ c`: operands, and one relation fewer than there are operands.
    Relation(Vec<Answer>, Vec<Relation>),
    /// Statements joined.
    Logic(Connective, Vec<Answer>),
    /// A statement denied.
    Not(Box<Answer>),
}

/// An interval of the real line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval {
    /// The lower end.
    pub low: Expr,
    /// Whether the lower end is left out.
    pub low_open: bool,
    /// The upper end.
    pub high: Expr,
    /// Whether the upper end is left out.
    pub high_open: bool,
}

impl Answer {
    /// An integer.
    pub fn integer(value: i64) -> Self {
        Self::Scalar(Expr::integer(value))
    }

    /// The expression, where the answer is a number or an expression without a unit.
    pub fn scalar(&self) -> Option<&Expr> {
        match self {
            Self::Scalar(e) => Some(e),
            _ => None,
        }
    }

    /// The elements, where the answer is a sequence.
    pub fn elements(&self) -> Option<&[Self]> {
        match self {
            Self::Sequence(_, items) => Some(items),
            _ => None,
        }
    }

    /// Whether the answer was read as something other than words.
    pub fn is_typed(&self) -> bool {
        !matches!(self, Self::Nothing | Self::Text(_) | Self::Unread(_))
    }
}
