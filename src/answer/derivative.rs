//! Derivatives by rule.

use super::binder::is_binder;
use super::expr::{Constant, Expr};

/// Largest derivative, in nodes, that is made.
const NODES: u32 = 4_000;

/// The derivative with respect to a variable; `None` where a function has no rule here or the result grows too large.
pub(crate) fn derivative(e: &Expr, x: &str) -> Option<Expr> {
    let result = by_rule(e, x)?;
    (result.nodes() <= NODES).then_some(result)
}

fn by_rule(e: &Expr, x: &str) -> Option<Expr> {
    if !e.any(&|e| matches!(e, Expr::Symbol(s) if s == x)) {
        return Some(Expr::integer(0));
    }
    match e {
        Expr::Number(_) | Expr::Constant(_) => Some(Expr::integer(0)),
        Expr::Symbol(s) => Some(Expr::integer(i64::from(s == x))),
        Expr::Sum(terms) => Some(Expr::sum(terms.iter().map(|t| by_rule(t, x)).collect::<Option<_>>()?)),
        Expr::Product(factors) => {
            if factors.len() > 40 {
                return None;
            }
            let mut terms = Vec::with_capacity(factors.len());
            for (i, factor) in factors.iter().enumerate() {
                let d = by_rule(factor, x)?;
                if d == Expr::integer(0) {
                    continue;
                }
                let mut rest: Vec<Expr> = factors.clone();
                rest[i] = d;
                terms.push(Expr::product(rest));
            }
            Some(Expr::sum(terms))
        }
        Expr::Power(base, exponent) => {
            let (db, de) = (by_rule(base, x)?, by_rule(exponent, x)?);
            let zero = Expr::integer(0);
            let mut terms = Vec::with_capacity(2);
            if db != zero {
                let lowered = (**exponent).clone().minus(Expr::integer(1));
                terms.push(Expr::product(vec![(**exponent).clone(), Expr::power((**base).clone(), lowered), db]));
            }
            if de != zero {
                let log = if **base == Expr::Constant(Constant::E) {
                    Expr::integer(1)
                } else {
                    Expr::Call("log".into(), vec![(**base).clone()])
                };
                terms.push(Expr::product(vec![e.clone(), log, de]));
            }
            Some(Expr::sum(terms))
        }
        Expr::Call(name, arguments) if is_binder(name) => match (name.as_str(), arguments.as_slice()) {
            ("Integral", [body, Expr::Symbol(v)]) if v == x => Some(body.clone()),
            _ => None,
        },
        Expr::Call(name, arguments) => match arguments.as_slice() {
            [u] => Some(Expr::product(vec![outer(name, u)?, by_rule(u, x)?])),
            [u, base] if name == "log" => {
                let quotient =
                    Expr::Call("log".into(), vec![u.clone()]).over(Expr::Call("log".into(), vec![base.clone()]));
                by_rule(&quotient, x)
            }
            _ => None,
        },
    }
}

/// The derivative of a function of one argument.
fn outer(name: &str, u: &Expr) -> Option<Expr> {
    let call = |f: &str| Expr::Call(f.to_owned(), vec![u.clone()]);
    let one = || Expr::integer(1);
    let squared = |e: Expr| Expr::power(e, Expr::integer(2));
    let inverse = |e: Expr| Expr::power(e, Expr::integer(-1));
    let square = || squared(u.clone());
    Some(match name {
        "sin" => call("cos"),
        "cos" => call("sin").negated(),
        "tan" => squared(call("sec")),
        "cot" => squared(call("csc")).negated(),
        "sec" => Expr::product(vec![call("sec"), call("tan")]),
        "csc" => Expr::product(vec![call("csc"), call("cot")]).negated(),
        "asin" => inverse(one().minus(square()).sqrt()),
        "acos" => inverse(one().minus(square()).sqrt()).negated(),
        "atan" => inverse(Expr::sum(vec![one(), square()])),
        "acot" => inverse(Expr::sum(vec![one(), square()])).negated(),
        "sinh" => call("cosh"),
        "cosh" => call("sinh"),
        "tanh" => inverse(squared(call("cosh"))),
        "coth" => inverse(squared(call("sinh"))).negated(),
        "sech" => Expr::product(vec![call("sech"), call("tanh")]).negated(),
        "csch" => Expr::product(vec![call("csch"), call("coth")]).negated(),
        "asinh" => inverse(Expr::sum(vec![square(), one()]).sqrt()),
        "acosh" => inverse(square().minus(one()).sqrt()),
        "atanh" | "acoth" => inverse(one().minus(square())),
        "log" => inverse(u.clone()),
        "lg" => inverse(Expr::product(vec![u.clone(), Expr::Call("log".into(), vec![Expr::integer(10)])])),
        "lb" => inverse(Expr::product(vec![u.clone(), Expr::Call("log".into(), vec![Expr::integer(2)])])),
        "abs" => call("sign"),
        "erf" => {
            let gauss = Expr::power(Expr::Constant(Constant::E), square().negated());
            Expr::product(vec![Expr::integer(2), gauss, inverse(Expr::Constant(Constant::Pi).sqrt())])
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::{Answer, Hints, read};

    fn of(text: &str) -> Expr {
        let Answer::Scalar(e) = read(text, Hints::default()) else { panic!("{text} is no expression") };
        e
    }

    #[test]
    fn rules_give_what_a_table_gives() {
        for (f, d) in [("x**3", "3*x**2"), ("a*sin(b)", "0"), ("exp(2*x)", "2*exp(2*x)"), ("log(x)", "1/x")] {
            assert_eq!(derivative(&of(f), "x"), Some(of(d)), "{f}");
        }
        assert_eq!(derivative(&of("gamma(x)*x"), "y"), Some(Expr::integer(0)));
        assert_eq!(derivative(&of("f(x)+max(x,1)"), "x"), None);
    }
}
