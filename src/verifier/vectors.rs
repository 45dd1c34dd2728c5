//! Vectors in other spellings: sums of unit vectors, a column in the form of a binomial coefficient.

use super::compare::answers;
use super::finding::{Around, Finding};
use super::{Leniency, Tier};
use crate::answer::{Answer, Bracket, Constant, Expr};

/// Names of the three unit vectors; `i` alone reads as the imaginary unit.
const UNITS: [&[&str]; 3] = [&["hat{i}", "i"], &["hat{j}", "j"], &["hat{k}", "k"]];

/// The coordinates of a sum of unit vectors.
fn coordinates(e: &Expr) -> Option<Vec<Expr>> {
    let terms: Vec<&Expr> = if let Expr::Sum(terms) = e { terms.iter().collect() } else { vec![e] };
    let mut found = vec![Vec::new(), Vec::new(), Vec::new()];
    for term in terms {
        let factors: Vec<&Expr> = if let Expr::Product(f) = term { f.iter().collect() } else { vec![term] };
        let unit = |e: &Expr| match e {
            Expr::Constant(Constant::I) => Some(0),
            Expr::Symbol(s) => UNITS.iter().position(|names| names.contains(&s.as_str())),
            _ => None,
        };
        let mut which = factors.iter().filter_map(|f| unit(f));
        let (Some(axis), None) = (which.next(), which.next()) else { return None };
        let rest: Vec<Expr> = factors.into_iter().filter(|f| unit(f).is_none()).cloned().collect();
        found[axis].push(if rest.is_empty() { Expr::integer(1) } else { Expr::product(rest) });
    }
    let sum = |terms: Vec<Expr>| if terms.is_empty() { Expr::integer(0) } else { Expr::sum(terms) };
    Some(found.into_iter().map(sum).collect())
}

/// Two expressions of which one is written in unit vectors that can't be taken for anything else.
pub(super) fn both(a: &Expr, b: &Expr, around: &Around) -> Option<Finding> {
    let marked = |e: &Expr| e.any(&|e| matches!(e, Expr::Symbol(s) if s.starts_with("hat{")));
    if !marked(a) && !marked(b) {
        return None;
    }
    let vector = |e: &Expr| {
        let parts = coordinates(e)?;
        Some(Answer::Sequence(Bracket::Vector, parts.into_iter().map(Answer::Scalar).collect()))
    };
    Some(answers(&vector(a)?, &vector(b)?, around))
}

/// An expression against a tuple, a vector or a column, as the vector that it may be.
pub(super) fn against(e: &Expr, other: &Answer, expression_first: bool, around: &Around) -> Option<Finding> {
    let length = match other {
        Answer::Sequence(Bracket::Tuple | Bracket::List | Bracket::Vector, items) => items.len(),
        Answer::Matrix(rows) if rows.len() == 1 => rows[0].len(),
        Answer::Matrix(rows) if rows.iter().all(|r| r.len() == 1) => rows.len(),
        _ => return None,
    };
    let mut parts = match e {
        // `\binom{1}{2}` for a column of two.
        Expr::Call(name, arguments) if name == "binomial" && arguments.len() == 2 => arguments.clone(),
        other => coordinates(other)?,
    };
    if parts.len() == 3 && length == 2 && parts[2] == Expr::integer(0) {
        parts.pop();
    }
    if parts.len() != length {
        return None;
    }
    let vector = Answer::Sequence(Bracket::Vector, parts.into_iter().map(Answer::Scalar).collect());
    let found = if expression_first { answers(&vector, other, around) } else { answers(other, &vector, around) };
    Some(if found.is_same() {
        found.needing(Leniency::Container, around)
    } else {
        Finding::different(Tier::Structure, format!("as vectors they differ: {}", found.reason))
    })
}
