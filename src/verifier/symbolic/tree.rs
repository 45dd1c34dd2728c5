//! Typed answers as trees of tags, digits and indices: what leaves the host has no name and no text in it that another
//! program could take for code.

use serde_json::{Value, json};

use crate::answer::{Answer, Connective, Constant, Expr, Interval, Number, Relation, SetOperation, special};

/// Most nodes of one piece.
const NODES: u32 = 600;
/// Deepest nesting: far below what a parser of JSON or a recursive reader bears.
const DEPTH: u32 = 48;
/// Most bits of one number.
const BITS: u64 = 16_384;

/// Functions that the other side knows, by their canonical names.
const KNOWN: &[&str] = &[
    "sin",
    "cos",
    "tan",
    "cot",
    "sec",
    "csc",
    "asin",
    "acos",
    "atan",
    "acot",
    "asec",
    "acsc",
    "sinh",
    "cosh",
    "tanh",
    "coth",
    "sech",
    "csch",
    "asinh",
    "acosh",
    "atanh",
    "acoth",
    "asech",
    "acsch",
    "exp",
    "log",
    "lg",
    "lb",
    "sqrt",
    "cbrt",
    "root",
    "abs",
    "sign",
    "floor",
    "ceil",
    "factorial",
    "factorial2",
    "cis",
    "atan2",
    "gamma_function",
    "binomial",
    "max",
    "min",
    "mod",
    "re",
    "im",
    "conjugate",
    "arg",
    "erf",
];

/// Longest name of an unknown function: anything longer is a word or an operation that nobody knows here.
const UNKNOWN_NAME: usize = 2;

/// Writes answers as trees, and remembers which symbol has which index.
#[derive(Debug, Default)]
pub(super) struct Trees {
    symbols: Vec<String>,
    functions: Vec<String>,
    /// Variables of the operators around, the innermost last.
    bound: Vec<String>,
    nodes: u32,
    depth: u32,
}

fn place(names: &mut Vec<String>, name: &str) -> usize {
    names.iter().position(|n| n == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}

impl Trees {
    /// The symbols by index.
    pub(super) fn into_symbols(self) -> Vec<String> {
        self.symbols
    }

    /// How many symbols there are so far.
    pub(super) fn count(&self) -> usize {
        self.symbols.len()
    }

    /// An expression; `None` where something in it has no tree, or it is too large.
    pub(super) fn expr(&mut self, e: &Expr) -> Option<Value> {
        self.nodes += 1;
        self.depth += 1;
        if self.nodes > NODES || self.depth > DEPTH {
            return None;
        }
        let tree = self.node(e);
        self.depth -= 1;
        tree
    }

    fn node(&mut self, e: &Expr) -> Option<Value> {
        Some(match e {
            Expr::Number(n) => number(n)?,
            Expr::Constant(Constant::Pi) => json!(["c", "pi"]),
            Expr::Constant(Constant::E) => json!(["c", "e"]),
            Expr::Constant(Constant::I) => json!(["c", "i"]),
            Expr::Constant(Constant::Infinity) => json!(["c", "oo"]),
            Expr::Constant(Constant::Nan) => return None,
            Expr::Symbol(name) => match self.bound.iter().rposition(|b| b == name) {
                Some(at) => json!(["b", at]),
                None if name.starts_with(|c: char| c.is_control()) => return None,
                None => json!(["s", place(&mut self.symbols, name)]),
            },
            Expr::Sum(terms) => self.tagged(vec![json!("+")], terms)?,
            Expr::Product(factors) => self.tagged(vec![json!("*")], factors)?,
            Expr::Power(base, exponent) => json!(["^", self.expr(base)?, self.expr(exponent)?]),
            Expr::Call(name, arguments) => self.call(name, arguments)?,
        })
    }

    fn tagged(&mut self, mut head: Vec<Value>, parts: &[Expr]) -> Option<Value> {
        for part in parts {
            head.push(self.expr(part)?);
        }
        Some(Value::Array(head))
    }

    fn call(&mut self, name: &str, arguments: &[Expr]) -> Option<Value> {
        match (name, arguments) {
            ("Sum" | "Product" | "Integral", [body, Expr::Symbol(variable), low, high]) => {
                let (low, high) = (self.expr(low)?, self.expr(high)?);
                let (index, body) = self.within(variable, body)?;
                Some(json!([name.to_lowercase(), index, body, low, high]))
            }
            ("Limit", [body, Expr::Symbol(variable), to, Expr::Number(side)]) => {
                let to = self.expr(to)?;
                let (index, body) = self.within(variable, body)?;
                Some(json!(["limit", index, body, to, side.to_i64()?]))
            }
            ("Integral" | "Derivative", [body, variable @ Expr::Symbol(_)]) => {
                let Value::Array(symbol) = self.expr(variable)? else { return None };
                let tag = if name == "Integral" { "antiderivative" } else { "derivative" };
                // By a bound variable neither has a meaning here.
                let [kind, index] = symbol.as_slice() else { return None };
                (kind == "s").then_some(())?;
                Some(json!([tag, index, self.expr(body)?]))
            }
            _ if KNOWN.contains(&name) => self.tagged(vec![json!("f"), json!(name)], arguments),
            _ => {
                let base = name.trim_end_matches('\'');
                let plain = base.trim_end_matches('_');
                // No function that is anything: `Ei` and its like have values.
                if special::canonical(name).is_some() {
                    return None;
                }
                if plain.chars().count() > UNKNOWN_NAME || !plain.chars().all(char::is_alphabetic) {
                    return None;
                }
                let index = place(&mut self.functions, base);
                self.tagged(vec![json!("u"), json!(index), json!(name.len() - base.len())], arguments)
            }
        }
    }

    /// The body of an operator, with the index of its variable.
    fn within(&mut self, variable: &str, body: &Expr) -> Option<(usize, Value)> {
        self.bound.push(variable.to_owned());
        let body = self.expr(body);
        self.bound.pop();
        Some((self.bound.len(), body?))
    }

    /// A set of real numbers, or a statement about one variable as the set of what satisfies it.
    pub(super) fn set(&mut self, a: &Answer) -> Option<Value> {
        self.nodes += 1;
        self.depth += 1;
        if self.nodes > NODES || self.depth > DEPTH {
            return None;
        }
        let tree = match a {
            Answer::Interval(i) => self.interval(i)?,
            Answer::NamedSet(name @ ("R" | "Z" | "Q" | "empty")) => json!(["named", name]),
            Answer::Sequence(crate::answer::Bracket::Set, items) => {
                let scalars: Option<Vec<Expr>> = items.iter().map(|i| i.scalar().cloned()).collect();
                self.tagged(vec![json!("finite")], &scalars?)?
            }
            Answer::SetOf(SetOperation::Union, parts) => self.sets("union", parts)?,
            Answer::SetOf(SetOperation::Intersection, parts) => self.sets("intersection", parts)?,
            Answer::SetOf(SetOperation::Difference, parts) => {
                let [first, rest @ ..] = parts.as_slice() else { return None };
                json!(["minus", self.set(first)?, self.sets("union", rest)?])
            }
            Answer::Logic(Connective::And, parts) => self.sets("and", parts)?,
            Answer::Logic(Connective::Or, parts) => self.sets("or", parts)?,
            Answer::Not(inner) => json!(["not", self.set(inner)?]),
            Answer::Relation(operands, relations) => self.relations(operands, relations)?,
            Answer::Builder(variable, condition) => match &**variable {
                Answer::Scalar(Expr::Symbol(_)) => self.set(condition)?,
                membership @ Answer::Relation(_, r) if matches!(r.as_slice(), [Relation::In]) => {
                    json!(["and", self.set(membership)?, self.set(condition)?])
                }
                _ => return None,
            },
            _ => return None,
        };
        self.depth -= 1;
        Some(tree)
    }

    fn sets(&mut self, tag: &str, parts: &[Answer]) -> Option<Value> {
        let mut all = vec![json!(tag)];
        for part in parts {
            all.push(self.set(part)?);
        }
        Some(Value::Array(all))
    }

    fn interval(&mut self, i: &Interval) -> Option<Value> {
        Some(json!(["interval", self.expr(&i.low)?, i.low_open, self.expr(&i.high)?, i.high_open]))
    }

    /// A chain of relations, all of which must hold.
    fn relations(&mut self, operands: &[Answer], relations: &[Relation]) -> Option<Value> {
        let mut all = vec![json!("and")];
        for (pair, relation) in operands.windows(2).zip(relations) {
            let [left, right] = pair else { return None };
            all.push(match relation {
                Relation::In | Relation::NotIn => {
                    // Only the variable itself: the set of x with f(x) in S is another one.
                    let Answer::Scalar(Expr::Symbol(name)) = left else { return None };
                    place(&mut self.symbols, name);
                    let set = self.set(right)?;
                    if *relation == Relation::In { set } else { json!(["not", set]) }
                }
                Relation::Equal | Relation::NotEqual => self.relation(*relation, left, right)?,
                order if order.is_order() => self.relation(*order, left, right)?,
                _ => return None,
            });
        }
        Some(Value::Array(all))
    }

    fn relation(&mut self, relation: Relation, left: &Answer, right: &Answer) -> Option<Value> {
        Some(json!(["rel", relation.symbol(), self.expr(left.scalar()?)?, self.expr(right.scalar()?)?]))
    }
}

fn number(n: &Number) -> Option<Value> {
    if n.bits() > BITS {
        return None;
    }
    let numer = n.value().numer().to_string();
    Some(if n.is_integer() { json!(["n", numer]) } else { json!(["q", numer, n.value().denom().to_string()]) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::{Hints, read};

    fn tree(text: &str) -> Option<String> {
        let answer = read(text, Hints::default());
        let mut trees = Trees::default();
        let tree = match &answer {
            Answer::Scalar(e) => trees.expr(e),
            other => trees.set(other),
        };
        tree.map(|t| t.to_string())
    }

    #[test]
    fn symbols_and_functions_are_numbers() {
        assert_eq!(tree("x*y").unwrap(), r#"["*",["s",0],["s",1]]"#);
        let called = tree("f(x)").unwrap();
        assert_eq!(called, r#"["u",0,0,["s",0]]"#);
        for hostile in ["__import__(x)", "eval(x)", "os.system(x)"] {
            let t = tree(hostile);
            assert!(t.as_ref().is_none_or(|t| !t.contains("import") && !t.contains("eval")), "{hostile}: {t:?}");
        }
    }

    #[test]
    fn operators_bind_by_depth() {
        let t = tree("\\int_0^x e^{-t^2} dt").unwrap();
        assert!(
            t.starts_with(r#"["integral",0,"#) && t.contains(r#"["b",0]"#) && t.ends_with(r#"["n","0"],["s",0]]"#),
            "{t}"
        );
        let nested = tree("\\sum_{i=1}^{n} \\sum_{j=1}^{m} f(i,j)").unwrap();
        assert!(nested.contains(r#"["u",0,0,["b",0],["b",1]]"#), "{nested}");
    }

    #[test]
    fn conditions_are_sets() {
        assert_eq!(
            tree("\\{x\\in\\mathbb{Z} : x^2<5\\}").unwrap(),
            r#"["and",["and",["named","Z"]],["and",["rel","<",["^",["s",0],["n","2"]],["n","5"]]]]"#
        );
        assert_eq!(tree("[0,1)").unwrap(), r#"["interval",["n","0"],false,["n","1"],true]"#);
    }

    #[test]
    fn what_is_too_large_has_no_tree() {
        let wide = (1..400).map(|k| format!("x^{{{k}}}")).collect::<Vec<_>>().join("+");
        assert!(tree(&wide).is_none());
        let deep = format!("{}x{}", "\\sin(".repeat(60), ")".repeat(60));
        assert!(tree(&deep).is_none());
        assert!(tree(&format!("x+{}", "9".repeat(4_900))).is_none_or(|t| t.len() < 6_000));
    }
}
