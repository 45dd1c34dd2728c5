//! Random expressions with a value everywhere, and three ways to print each: LaTeX, `SymPy`, plain maths.

use proptest::prelude::*;

/// An expression that has a real value wherever its symbols have positive ones.
#[derive(Debug, Clone)]
pub(crate) enum Tree {
    Integer(i64),
    Ratio(i64, i64),
    Symbol(char),
    Pi,
    Sum(Vec<Tree>),
    Product(Vec<Tree>),
    /// The denominator is a positive integer or a symbol.
    Quotient(Box<Tree>, Box<Tree>),
    Power(Box<Tree>, u32),
    /// The root of a square plus a positive integer.
    Root(Box<Tree>, i64),
    /// One of [`FUNCTIONS`].
    Call(usize, Box<Tree>),
}

/// A function's names in LaTeX, `SymPy` and plain maths.
const FUNCTIONS: &[(&str, &str, &str)] =
    &[("\\sin", "sin", "sin"), ("\\cos", "cos", "cos"), ("\\arctan", "atan", "arctan"), ("\\sinh", "sinh", "sinh")];

/// How it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Printer {
    Latex,
    Sympy,
    Plain,
}

impl Printer {
    pub(crate) const ALL: [Self; 3] = [Self::Latex, Self::Sympy, Self::Plain];
}

impl Tree {
    /// This plus a number.
    pub(crate) fn plus(self, n: i64) -> Self {
        Self::Sum(vec![self, Self::Integer(n)])
    }

    /// The text of it.
    pub(crate) fn print(&self, by: Printer) -> String {
        let latex = by == Printer::Latex;
        match self {
            Self::Integer(n) => n.to_string(),
            Self::Ratio(n, d) if latex => format!("{}\\frac{{{}}}{{{d}}}", if *n < 0 { "-" } else { "" }, n.abs()),
            Self::Ratio(n, d) if by == Printer::Sympy => format!("Rational({n}, {d})"),
            Self::Ratio(n, d) => format!("{n}/{d}"),
            Self::Symbol(c) => c.to_string(),
            Self::Pi => ["\\pi", "pi", "π"][by as usize].to_owned(),
            Self::Sum(terms) => terms.iter().map(|t| t.held(by)).collect::<Vec<_>>().join(" + "),
            Self::Product(factors) => {
                let between = if latex { " \\cdot " } else { "*" };
                factors.iter().map(|t| t.held(by)).collect::<Vec<_>>().join(between)
            }
            Self::Quotient(top, bottom) if latex => format!("\\frac{{{}}}{{{}}}", top.print(by), bottom.print(by)),
            Self::Quotient(top, bottom) => format!("{}/{}", top.held(by), bottom.held(by)),
            Self::Power(base, exponent) => match by {
                Printer::Latex => format!("{}^{{{exponent}}}", base.held(by)),
                Printer::Sympy => format!("{}**{exponent}", base.held(by)),
                Printer::Plain => format!("{}^{exponent}", base.held(by)),
            },
            Self::Root(base, n) => {
                let inside = Self::Power(base.clone(), 2).plus(*n).print(by);
                if latex { format!("\\sqrt{{{inside}}}") } else { format!("sqrt({inside})") }
            }
            Self::Call(f, x) => {
                let (open, close) = if latex { ("\\left(", "\\right)") } else { ("(", ")") };
                let names = FUNCTIONS[*f];
                let name = [names.0, names.1, names.2][by as usize];
                format!("{name}{open}{}{close}", x.print(by))
            }
        }
    }

    /// In brackets unless it holds together by itself.
    fn held(&self, by: Printer) -> String {
        let text = self.print(by);
        match self {
            Self::Integer(n) if *n >= 0 => text,
            Self::Symbol(_) | Self::Pi | Self::Root(..) | Self::Call(..) => text,
            _ if by == Printer::Latex => format!("\\left({text}\\right)"),
            _ => format!("({text})"),
        }
    }
}

/// Expressions of up to some twenty parts.
pub(crate) fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        (-30i64..30).prop_map(Tree::Integer),
        (-30i64..30, 2i64..20)
            .prop_filter("a ratio is no integer", |(n, d)| n % d != 0)
            .prop_map(|(n, d)| Tree::Ratio(n, d)),
        prop::sample::select(vec!['x', 'y', 'a', 't']).prop_map(Tree::Symbol),
        Just(Tree::Pi),
    ];
    leaf.prop_recursive(3, 20, 3, |inner| {
        let below = prop_oneof![(2i64..9).prop_map(Tree::Integer), Just(Tree::Symbol('x')), Just(Tree::Symbol('b'))];
        let boxed = |t: Tree| Box::new(t);
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Tree::Sum),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Tree::Product),
            (inner.clone(), below).prop_map(move |(a, b)| Tree::Quotient(boxed(a), boxed(b))),
            (inner.clone(), 2u32..4).prop_map(move |(a, n)| Tree::Power(boxed(a), n)),
            (inner.clone(), 1i64..9).prop_map(move |(a, n)| Tree::Root(boxed(a), n)),
            (0..FUNCTIONS.len(), inner).prop_map(move |(f, a)| Tree::Call(f, boxed(a))),
        ]
    })
}
