//! Words with a meaning of their own in formulas without LaTeX.

use super::expr::Constant;
use super::function;
use super::token::{Relation, Token};

/// The token that a word is.
pub(super) fn known(run: &str) -> Option<Token> {
    Some(match run {
        "pi" | "Pi" | "PI" => Token::Constant(Constant::Pi),
        "oo" | "inf" | "infty" | "infinity" | "Infinity" | "Inf" => Token::Constant(Constant::Infinity),
        "nan" | "NaN" | "zoo" => Token::Constant(Constant::Nan),
        "and" => Token::And,
        "or" => Token::Or,
        "not" => Token::Not,
        "implies" => Token::Implies,
        "iff" => Token::Iff,
        "xor" => Token::Xor,
        "in" => Token::Relation(Relation::In),
        "True" | "true" => Token::Boolean(true),
        "False" | "false" => Token::Boolean(false),
        "EmptySet" | "emptyset" => Token::NamedSet("empty"),
        "Reals" => Token::NamedSet("R"),
        "Integers" => Token::NamedSet("Z"),
        "Rationals" => Token::NamedSet("Q"),
        "Naturals" => Token::NamedSet("N"),
        "Complexes" => Token::NamedSet("C"),
        "cup" => Token::Union,
        "sqrt" => Token::Sqrt,
        _ => {
            return function::canonical(run)
                .filter(|f| run != "Gamma" && f.len() > 1)
                .map(Token::Function)
                .or_else(|| function::greek(run).map(|g| Token::Name(g.to_owned())));
        }
    })
}
