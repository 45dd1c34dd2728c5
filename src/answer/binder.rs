//! Operators that bind a variable: sums, products, integrals, limits, derivatives.
//!
//! They are calls by `SymPy`'s names. The bound variable is renamed to a mark that no notation writes, numbered from the
//! innermost operator outwards, so that expressions that differ only in its name are the same tree.
//!
//! | call | arguments |
//! |---|---|
//! | `Sum`, `Product` | body, variable, first, last |
//! | `Integral` | integrand, variable, lower, upper; or integrand, variable (an antiderivative: it stays free) |
//! | `Limit` | body, variable, point, side (1 from above, −1 from below, 0 from both) |
//! | `Derivative` | body, variable; only where no rule of differentiation applies |
//!
//! `Piecewise` binds nothing, and is evaluated beside them.

use super::derivative::derivative;
use super::expr::Expr;
use super::number::Number;

/// What begins the name of a bound variable.
pub(super) const MARK: char = '\u{2}';

/// Most terms that are written out when a sum or product is read.
const TERMS: i64 = 200;
/// Largest body, in nodes times terms, that is written out.
const WRITTEN: i64 = 4_000;

/// Whether a call binds a variable or stands for an operation on functions.
pub(super) fn is_binder(name: &str) -> bool {
    matches!(name, "Sum" | "Product" | "Integral" | "Limit" | "Derivative" | "Piecewise")
}

/// Whether a name is that of a bound variable.
pub(super) fn is_bound(name: &str) -> bool {
    name.starts_with(MARK)
}

/// The highest mark in an expression, as a number; 0 where there is none.
fn level(body: &Expr) -> u32 {
    let mut level = 0;
    body.walk(&mut |e| {
        if let Expr::Symbol(name) = e
            && let Some(n) = name.strip_prefix(MARK)
        {
            level = level.max(n.parse().unwrap_or(0));
        }
    });
    level
}

/// The variable that a binder around this body takes.
fn fresh(body: &Expr) -> String {
    format!("{MARK}{}", level(body) + 1)
}

/// A name that no symbol in the body has, to print its variable by.
pub(super) fn unused(body: &Expr) -> String {
    let taken = body.symbols();
    let letters = ["k", "j", "l", "m", "n", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z"];
    let free = letters.iter().find(|l| !taken.contains(l));
    free.map_or_else(|| format!("k_{}", taken.len()), |l| (*l).to_owned())
}

/// An operator around a body, its variable bound.
fn bind(name: &str, body: &Expr, variable: &str, rest: [Expr; 2]) -> Expr {
    let body = indexed(body, variable);
    let mark = Expr::Symbol(fresh(&body));
    let [a, b] = rest;
    Expr::Call(name.to_owned(), vec![body.replace(variable, &mark), mark, a, b])
}

/// The body with names that the variable indexes, as in `a_k`, turned into calls of it.
fn indexed(body: &Expr, variable: &str) -> Expr {
    let suffix = format!("_{variable}");
    let mut names: Vec<String> = Vec::new();
    body.walk(&mut |e| {
        if let Expr::Symbol(name) = e
            && name.ends_with(&suffix)
            && !names.contains(name)
        {
            names.push(name.clone());
        }
    });
    names.iter().fold(body.clone(), |e, name| {
        let base = name.trim_end_matches(suffix.as_str()).to_owned();
        e.replace(name, &Expr::Call(format!("{base}_"), vec![Expr::symbol(variable)]))
    })
}

/// A sum or product over integers from `first` to `last`; written out where that is short.
pub(super) fn over(name: &'static str, body: &Expr, variable: &str, first: Expr, last: Expr) -> Expr {
    let join = |terms: Vec<Expr>| if name == "Sum" { Expr::sum(terms) } else { Expr::product(terms) };
    if let (Some(a), Some(b)) = (first.number().and_then(Number::to_i64), last.number().and_then(Number::to_i64)) {
        let terms = b.saturating_sub(a).saturating_add(1);
        let nodes = i64::from(body.nodes());
        if terms <= 0 {
            return Expr::integer(i64::from(name != "Sum"));
        }
        if terms <= TERMS && terms * nodes <= WRITTEN {
            return join((a..=b).map(|k| body.replace(variable, &Expr::integer(k))).collect());
        }
    }
    bind(name, body, variable, [first, last])
}

/// An integral over a variable between bounds, or an antiderivative.
pub(super) fn integral(body: &Expr, variable: &str, bounds: Option<(Expr, Expr)>) -> Expr {
    match bounds {
        Some((low, high)) => bind("Integral", body, variable, [low, high]),
        None => Expr::Call("Integral".into(), vec![body.clone(), Expr::symbol(variable)]),
    }
}

/// A limit; the body itself where the variable does not occur in it.
pub(super) fn limit(body: &Expr, variable: &str, to: Expr, side: i64) -> Expr {
    if !body.any(&|e| matches!(e, Expr::Symbol(s) if s == variable)) {
        return body.clone();
    }
    bind("Limit", body, variable, [to, Expr::integer(side)])
}

/// The derivative of some order, carried out where every function in it has a rule.
pub(super) fn differentiated(body: &Expr, variable: &str, order: u32) -> Expr {
    let mut result = body.clone();
    for _ in 0..order {
        result = derivative(&result, variable)
            .unwrap_or_else(|| Expr::Call("Derivative".into(), vec![result, Expr::symbol(variable)]));
    }
    result
}

/// Whether an antiderivative stands in an expression; gives its variable.
pub(crate) fn antiderivative(e: &Expr) -> Option<String> {
    let found = std::cell::RefCell::new(None);
    e.any(&|e| match e {
        Expr::Call(name, arguments) if name == "Integral" => match arguments.as_slice() {
            [_, Expr::Symbol(variable)] => {
                *found.borrow_mut() = Some(variable.clone());
                true
            }
            _ => false,
        },
        _ => false,
    });
    found.into_inner()
}

/// Whether an operator that binds a variable stands in an expression.
pub(crate) fn occurs(e: &Expr) -> bool {
    e.any(&|e| matches!(e, Expr::Call(name, _) if is_binder(name)))
}
