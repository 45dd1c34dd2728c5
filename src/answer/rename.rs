//! Answers under other names of their symbols.

use super::{Answer, Expr, Interval};

impl Answer {
    /// Names of the free symbols, sorted, each once.
    pub fn symbols(&self) -> Vec<String> {
        let mut names = Vec::new();
        self.each(&mut |e| names.extend(e.symbols().into_iter().map(str::to_owned)));
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Calls `visit` on every expression in it.
    pub(super) fn each(&self, visit: &mut dyn FnMut(&Expr)) {
        match self {
            Self::Scalar(e) | Self::Quantity(e, _) => visit(e),
            Self::Sequence(_, items) | Self::SetOf(_, items) | Self::Logic(_, items) | Self::Relation(items, _) => {
                for item in items {
                    item.each(visit);
                }
            }
            Self::Matrix(rows) => rows.iter().flatten().for_each(|i| i.each(visit)),
            Self::Mapping(pairs) => pairs.iter().for_each(|(k, v)| {
                k.each(visit);
                v.each(visit);
            }),
            Self::Interval(i) => {
                visit(&i.low);
                visit(&i.high);
            }
            Self::Builder(a, b) => {
                a.each(visit);
                b.each(visit);
            }
            Self::Not(inner) => inner.each(visit),
            _ => {}
        }
    }

    /// The same answer with one symbol under another name, where it is an index too.
    #[must_use]
    pub fn renamed(&self, from: &str, to: &str) -> Self {
        let e = |e: &Expr| rename(e, from, to);
        let all = |items: &[Self]| items.iter().map(|i| i.renamed(from, to)).collect::<Vec<_>>();
        match self {
            Self::Scalar(x) => Self::Scalar(e(x)),
            Self::Quantity(x, unit) => Self::Quantity(e(x), unit.clone()),
            Self::Sequence(kind, items) => Self::Sequence(*kind, all(items)),
            Self::SetOf(operation, items) => Self::SetOf(*operation, all(items)),
            Self::Logic(connective, items) => Self::Logic(*connective, all(items)),
            Self::Relation(items, relations) => Self::Relation(all(items), relations.clone()),
            Self::Matrix(rows) => Self::Matrix(rows.iter().map(|r| all(r)).collect()),
            Self::Mapping(pairs) => {
                Self::Mapping(pairs.iter().map(|(k, v)| (k.renamed(from, to), v.renamed(from, to))).collect())
            }
            Self::Interval(i) => {
                Self::Interval(Box::new(Interval { low: e(&i.low), high: e(&i.high), ..(**i).clone() }))
            }
            Self::Builder(a, b) => Self::Builder(Box::new(a.renamed(from, to)), Box::new(b.renamed(from, to))),
            Self::Not(inner) => Self::Not(Box::new(inner.renamed(from, to))),
            other => other.clone(),
        }
    }
}

/// An expression under another name of a symbol; `a_n` becomes `a_k` with it.
fn rename(e: &Expr, from: &str, to: &str) -> Expr {
    let suffix = format!("_{from}");
    let mut renamed = e.replace(from, &Expr::symbol(to));
    for name in e.symbols() {
        if let Some(base) = name.strip_suffix(&suffix) {
            renamed = renamed.replace(name, &Expr::symbol(format!("{base}_{to}")));
        }
    }
    renamed
}
