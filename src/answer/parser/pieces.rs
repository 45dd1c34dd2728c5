//! Functions in pieces: LaTeX's `cases`, `SymPy`'s `Piecewise`.
//!
//! They become a call `Piecewise(value, condition, …)`, whose conditions are calls by the names of their relations, so
//! that a piece can be chosen at a point.

use super::Parser;
use crate::answer::expr::Expr;
use crate::answer::token::{Relation, Token};
use crate::answer::{Answer, Connective};

/// Most nodes of a function in pieces.
const NODES: u32 = 10_000;

/// The call that pieces are, each a value and its condition; `None` where one of them is no value or no condition.
pub(super) fn piecewise(pieces: &[(Answer, Answer)]) -> Option<Expr> {
    let mut arguments = Vec::with_capacity(2 * pieces.len());
    for (value, when) in pieces {
        arguments.push(value.scalar()?.clone());
        arguments.push(condition(when)?);
    }
    // The middle of a chain of relations stands in two conditions: nested, that doubles at every level.
    let nodes: u32 = arguments.iter().map(Expr::nodes).sum();
    (!arguments.is_empty() && nodes <= NODES).then(|| Expr::Call("Piecewise".into(), arguments))
}

fn condition(answer: &Answer) -> Option<Expr> {
    let call = |name: &str, parts: Vec<Expr>| Expr::Call(name.to_owned(), parts);
    match answer {
        Answer::Boolean(b) => Some(Expr::integer(i64::from(*b))),
        Answer::Text(t) if matches!(t.to_lowercase().as_str(), "otherwise" | "else") => Some(Expr::integer(1)),
        Answer::Relation(operands, relations) => {
            let mut parts = Vec::with_capacity(relations.len());
            for (i, r) in relations.iter().enumerate() {
                let (a, b) = (operands[i].scalar()?.clone(), operands[i + 1].scalar()?.clone());
                parts.push(match r {
                    Relation::Less => call("when_less", vec![a, b]),
                    Relation::LessEqual => call("when_at_most", vec![a, b]),
                    Relation::Greater => call("when_less", vec![b, a]),
                    Relation::GreaterEqual => call("when_at_most", vec![b, a]),
                    Relation::Equal => call("when_equal", vec![a, b]),
                    Relation::NotEqual => call("when_not", vec![call("when_equal", vec![a, b])]),
                    _ => return None,
                });
            }
            Some(if parts.len() == 1 { parts.remove(0) } else { call("when_all", parts) })
        }
        Answer::Logic(connective @ (Connective::And | Connective::Or), parts) => {
            let parts: Option<Vec<Expr>> = parts.iter().map(condition).collect();
            Some(call(if *connective == Connective::And { "when_all" } else { "when_any" }, parts?))
        }
        Answer::Not(inner) => Some(call("when_not", vec![condition(inner)?])),
        _ => None,
    }
}

impl Parser<'_> {
    /// Passes over the words that only introduce a condition: `if x > 0`, `when`, `for`.
    pub(super) fn introduced(&mut self) {
        if let Some(Token::Words(w)) = self.peek()
            && matches!(w.to_lowercase().as_str(), "if" | "when" | "for" | "where")
        {
            self.at += 1;
        }
    }
}
