//! Arbitrary constants: `+ C` of an antiderivative, the constants of a solution of a differential equation.

use super::algebra::{self, Identity, Sample};
use super::finding::{Around, Finding};
use super::{Leniency, Tier};
use crate::answer::{Expr, eval};

/// Whether a symbol is an arbitrary constant wherever it stands.
fn is_arbitrary(name: &str) -> bool {
    let base = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
    matches!(base, "C" | "const" | "constant") || base == "c" && base != name
}

/// Whether a symbol may be one where the other side has one.
fn is_constant(name: &str) -> bool {
    is_arbitrary(name) || matches!(name, "c" | "K" | "A" | "B" | "D")
}

/// Most constants that are matched with one another.
const MOST: usize = 3;

/// Compares two expressions that differ as they stand, by what their arbitrary constants may take up.
pub(super) fn compare(a: &Expr, b: &Expr, around: &Around) -> Option<Finding> {
    let (x, y) = (a.symbols(), b.symbols());
    let known = |s: &&&str| is_constant(s);
    let (p, q): (Vec<&str>, Vec<&str>) =
        (x.iter().filter(known).copied().collect(), y.iter().filter(known).copied().collect());
    // Something must be left that is no constant.
    let arbitrary = |names: &[&str]| !names.is_empty() && names.iter().all(|n| is_arbitrary(n));
    if !arbitrary(&p) && !arbitrary(&q) || x.len() == p.len() || y.len() == q.len() {
        return None;
    }
    if let ([c], []) = (p.as_slice(), q.as_slice()) {
        return dropped(a, c, b, around);
    }
    if let ([], [c]) = (p.as_slice(), q.as_slice()) {
        return dropped(b, c, a, around);
    }
    if p.len() != q.len() || p.len() > MOST {
        return None;
    }
    if let ([c], [d]) = (p.as_slice(), q.as_slice())
        && let Some(found) = absorbed(a, c, b, d, around)
    {
        return Some(found);
    }
    // Under other names, in any order.
    let renamed = permutations(q.len()).into_iter().find(|order| {
        let fresh = |i: usize| format!("{}\u{3}", p[i]);
        let apart = order.iter().enumerate().fold(b.clone(), |e, (i, j)| e.replace(q[*j], &Expr::symbol(fresh(i))));
        let named = (0..p.len()).fold(apart, |e, i| e.replace(&fresh(i), &Expr::symbol(p[i])));
        algebra::identical(a, &named, around) == Identity::Same
    })?;
    let unchanged = renamed.iter().enumerate().all(|(i, j)| p[i] == q[*j]);
    let found = Finding::same(Tier::Algebra, "they are the same under other names of the arbitrary constants");
    Some(if unchanged { found } else { found.needing(Leniency::Renamed, around) })
}

/// One side has a constant added and the other has none.
fn dropped(with: &Expr, constant: &str, without: &Expr, around: &Around) -> Option<Finding> {
    let additive = shift(with, constant);
    let bare = with.replace(constant, &Expr::integer(0));
    (additive && algebra::identical(&bare, without, around) == Identity::Same).then(|| {
        Finding::same(Tier::Algebra, format!("they are the same but for the constant of integration `{constant}`"))
            .needing(Leniency::ConstantDropped, around)
    })
}

/// Whether the constant only adds a multiple of itself.
fn shift(e: &Expr, constant: &str) -> bool {
    let terms = if let Expr::Sum(terms) = e { terms.as_slice() } else { return false };
    let having: Vec<&Expr> = terms.iter().filter(|t| t.symbols().contains(&constant)).collect();
    let [term] = having.as_slice() else { return false };
    match term {
        Expr::Symbol(_) => true,
        Expr::Product(factors) => {
            factors.iter().all(|f| f.is_constant() || matches!(f, Expr::Symbol(s) if s == constant))
        }
        _ => false,
    }
}

/// Each side has one constant: added, so that a constant difference is taken up; or a factor, so that a constant ratio is.
fn absorbed(a: &Expr, c: &str, b: &Expr, d: &str, around: &Around) -> Option<Finding> {
    let zero = Expr::integer(0);
    let named = |found: Finding| if c == d { found } else { found.needing(Leniency::Renamed, around) };
    if shift(a, c) && shift(b, d) {
        let (x, y) = (a.replace(c, &zero), b.replace(d, &zero));
        return constant_difference(&x, &y).then(|| {
            named(Finding::same(Tier::Algebra, "they differ by a constant, which the arbitrary constant takes up"))
        });
    }
    let one = Expr::integer(1);
    let homogeneous = |e: &Expr, s: &str| {
        algebra::identical(&e.replace(s, &zero), &zero, around) == Identity::Same
            && algebra::identical(
                &e.replace(s, &Expr::integer(3)),
                &Expr::product(vec![Expr::integer(3), e.replace(s, &one)]),
                around,
            ) == Identity::Same
    };
    if homogeneous(a, c) && homogeneous(b, d) {
        let (x, y) = (a.replace(c, &one), b.replace(d, &one));
        return algebra::proportional(&x, &y, around).map(|_| {
            named(Finding::same(
                Tier::Algebra,
                "they differ by a constant factor, which the arbitrary constant takes up",
            ))
        });
    }
    None
}

/// Whether two expressions differ by the same at every point.
fn constant_difference(x: &Expr, y: &Expr) -> bool {
    let mut first: Option<f64> = None;
    let mut agreed = 0;
    for seed in 0..18 {
        let point = Sample(seed + 41);
        let (Some(u), Some(v)) = (eval::at(x, &point), eval::at(y, &point)) else { continue };
        if !u.is_real() || !v.is_real() {
            continue;
        }
        let (difference, error) = (u.re - v.re, 16.0 * (u.err + v.err) + 1e-12);
        match first {
            None => first = Some(difference),
            Some(f) if (f - difference).abs() <= error.max(1e-10 * f.abs()) => {}
            Some(_) => return false,
        }
        agreed += 1;
    }
    agreed >= 4
}

fn permutations(n: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for _ in 0..n {
        all = all
            .into_iter()
            .flat_map(|p: Vec<usize>| {
                (0..n).filter(|i| !p.contains(i)).map(|i| [p.clone(), vec![i]].concat()).collect::<Vec<_>>()
            })
            .collect();
    }
    all
}
