//! Commands of LaTeX that are one token.

use super::expr::Constant;
use super::function;
use super::token::{Big, Fence, Relation, Token};

/// Commands that are seen with the space behind them lost: `\\vertx`, `\\quadx`.
const GLUED: &[&str] = &[
    "lvert", "rvert", "vert", "lbrace", "rbrace", "lbrack", "rbrack", "lgroup", "rgroup", "langle", "rangle", "qquad",
    "quad", "cdot", "times",
];

/// The command that a name which is none begins with, where the rest is too short to be the end of another one.
pub(super) fn glued(name: &str) -> Option<&'static str> {
    GLUED.iter().copied().find(|g| name.strip_prefix(g).is_some_and(|rest| rest.len() <= 2))
}

/// The token that a command is, by its name without the backslash.
pub(super) fn simple(name: &str) -> Option<Token> {
    Some(match name {
        "cdot" | "times" | "ast" | "cdotp" => Token::Star,
        "div" => Token::Slash,
        "le" | "leq" | "leqslant" | "leqq" => Token::Relation(Relation::LessEqual),
        "ge" | "geq" | "geqslant" | "geqq" => Token::Relation(Relation::GreaterEqual),
        "lt" => Token::Relation(Relation::Less),
        "gt" => Token::Relation(Relation::Greater),
        "ne" | "neq" => Token::Relation(Relation::NotEqual),
        "approx" | "simeq" | "cong" => Token::Relation(Relation::Approximate),
        "equiv" => Token::Relation(Relation::Congruent),
        "in" => Token::Relation(Relation::In),
        "notin" => Token::Relation(Relation::NotIn),
        "ni" => Token::Relation(Relation::Contains),
        "subset" => Token::Relation(Relation::Subset),
        "subseteq" => Token::Relation(Relation::SubsetEqual),
        "nsubseteq" => Token::Relation(Relation::NotSubsetEqual),
        "cup" => Token::Union,
        "cap" => Token::Intersection,
        "setminus" | "backslash" => Token::Minus2,
        "land" | "wedge" => Token::Both,
        "lor" | "vee" => Token::Either,
        "oplus" | "veebar" => Token::Xor,
        "neg" | "lnot" | "sim" => Token::Not,
        "implies" | "Rightarrow" | "Longrightarrow" | "to" | "rightarrow" | "longrightarrow" => Token::Implies,
        "iff" | "Leftrightarrow" | "leftrightarrow" | "Longleftrightarrow" | "longleftrightarrow" => Token::Iff,
        "infty" | "inf" => Token::Constant(Constant::Infinity),
        "pi" => Token::Constant(Constant::Pi),
        "emptyset" | "varnothing" => Token::NamedSet("empty"),
        "circ" | "degree" | "textdegree" => Token::Degree,
        "percent" => Token::Percent,
        "prime" => Token::Prime,
        "mod" | "bmod" => Token::Modulo,
        "colon" => Token::Colon,
        "lbrace" => Token::Open(Fence::Brace),
        "rbrace" => Token::Close(Fence::Brace),
        "lbrack" => Token::Open(Fence::Square),
        "rbrack" => Token::Close(Fence::Square),
        "lgroup" => Token::Open(Fence::Paren),
        "rgroup" => Token::Close(Fence::Paren),
        "det" => Token::Function("det"),
        "top" => Token::Name("T".into()),
        "exponentialE" => Token::Constant(Constant::E),
        "imaginaryI" | "imaginaryJ" => Token::Constant(Constant::I),
        "choose" => Token::Choose,
        "lfloor" | "llcorner" => Token::Open(Fence::Floor),
        "rfloor" | "lrcorner" => Token::Close(Fence::Floor),
        "lceil" | "ulcorner" => Token::Open(Fence::Ceil),
        "rceil" | "urcorner" => Token::Close(Fence::Ceil),
        "lvert" => Token::Open(Fence::Bar),
        "rvert" => Token::Close(Fence::Bar),
        "langle" => Token::Open(Fence::Angle),
        "rangle" => Token::Close(Fence::Angle),
        "vert" | "mid" | "Vert" | "lVert" | "rVert" => Token::Bar,
        "sum" => Token::Big(Big::Sum),
        "prod" => Token::Big(Big::Product),
        "int" => Token::Big(Big::Integral),
        "lim" => Token::Big(Big::Limit),
        "partial" => Token::Name("∂".into()),
        "triangle" => Token::Name("triangle".into()),
        "ldots" | "dots" | "dotsc" | "cdots" => Token::Ellipsis,
        "bot" => Token::Boolean(false),
        "dollar" | "textdollar" => Token::Currency("USD"),
        "pounds" => Token::Currency("GBP"),
        "euro" => Token::Currency("EUR"),
        _ => {
            let word = function::canonical(name).filter(|_| name != "Gamma" && name != "Re" && name != "Im");
            return word.map(Token::Function).or_else(|| function::greek(name).map(|g| Token::Name(g.to_owned())));
        }
    })
}
