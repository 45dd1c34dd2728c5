//! Tokens: one vocabulary for every notation.

use super::expr::Constant;
use super::number::Number;

/// A relation between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Relation {
    /// `=`
    Equal,
    /// `≠`
    NotEqual,
    /// `<`
    Less,
    /// `≤`
    LessEqual,
    /// `>`
    Greater,
    /// `≥`
    GreaterEqual,
    /// `≈`
    Approximate,
    /// `∈`
    In,
    /// `∉`
    NotIn,
    /// `∋`
    Contains,
    /// `∌`
    NotContains,
    /// `⊂`
    Subset,
    /// `⊆`
    SubsetEqual,
    /// `⊄`
    NotSubset,
    /// `⊈`
    NotSubsetEqual,
    /// `≡`, also for congruence
    Congruent,
}

impl Relation {
    /// As it is printed.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Approximate => "≈",
            Self::In => "∈",
            Self::NotIn => "∉",
            Self::Contains => "∋",
            Self::NotContains => "∌",
            Self::Subset => "⊂",
            Self::SubsetEqual => "⊆",
            Self::NotSubset => "⊄",
            Self::NotSubsetEqual => "⊈",
            Self::Congruent => "≡",
        }
    }

    /// The relation that says the same with its operands exchanged.
    #[must_use]
    pub const fn flipped(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessEqual => Self::GreaterEqual,
            Self::Greater => Self::Less,
            Self::GreaterEqual => Self::LessEqual,
            Self::In => Self::Contains,
            Self::NotIn => Self::NotContains,
            Self::Contains => Self::In,
            Self::NotContains => Self::NotIn,
            other => other,
        }
    }

    /// Whether it is one of `< ≤ > ≥`.
    pub const fn is_inclusion(self) -> bool {
        matches!(self, Self::Subset | Self::SubsetEqual | Self::NotSubset | Self::NotSubsetEqual)
    }

    /// Whether it compares sizes.
    pub const fn is_order(self) -> bool {
        matches!(self, Self::Less | Self::LessEqual | Self::Greater | Self::GreaterEqual)
    }
}

/// What opens and closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fence {
    Paren,
    Square,
    Brace,
    /// LaTeX braces that only group.
    Group,
    Floor,
    Ceil,
    Bar,
    Angle,
}

/// Operators that bind a variable, as LaTeX writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Big {
    Sum,
    Product,
    Integral,
    Limit,
}

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(Number),
    Name(String),
    Constant(Constant),
    /// Canonical name of a known function.
    Function(&'static str),
    /// `SymPy`'s heads: `Interval.open`, `Eq`, `Matrix` …
    Head(&'static str),
    /// Words in a formula: `\text{…}`, or letters that are no product of symbols.
    Words(String),
    /// A quoted string.
    Quoted(String),
    Boolean(bool),
    NamedSet(&'static str),
    Currency(&'static str),
    Relation(Relation),
    And,
    Or,
    /// `∧` and `∨`: signs of logic, where words may also only join a list.
    Both,
    Either,
    Xor,
    Not,
    Implies,
    Iff,
    Union,
    Intersection,
    Minus2,
    Open(Fence),
    Close(Fence),
    Plus,
    Minus,
    Star,
    Slash,
    Caret,
    Underscore,
    Bang,
    Modulo,
    Percent,
    Degree,
    Prime,
    DoublePrime,
    Comma,
    Semicolon,
    Colon,
    Bar,
    Big(Big),
    Frac,
    Binom,
    Choose,
    /// `…` in a list.
    Ellipsis,
    Over,
    Pmod,
    /// `//` of Python.
    FloorDivide,
    Sqrt,
    Begin,
    /// A matrix between bars.
    Determinant,
    End,
    Ampersand,
    Row,
}

/// A token and whether white space stood before it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spaced {
    pub(super) token: Token,
    pub(super) space: bool,
}

/// Which notation a text is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grammar {
    /// LaTeX.
    Latex,
    /// `SymPy` printing and Python literals: names are whole words.
    Code,
    /// Plain maths: `2xy` is a product.
    Plain,
}

/// Why a text could not be read as mathematics.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Longer than [`super::MAX_TEXT`] or [`super::MAX_TOKENS`].
    #[error("it is too long to be read as mathematics")]
    TooLong,
    /// Nested deeper than [`super::MAX_DEPTH`].
    #[error("it is nested too deep")]
    TooDeep,
    /// A character or command that no grammar here has.
    #[error("`{0}` is not understood")]
    Unknown(String),
    /// The tokens do not make a whole.
    #[error("its parts do not make a formula")]
    Malformed,
    /// Only words.
    #[error("words stand where a value should")]
    Words,
}
