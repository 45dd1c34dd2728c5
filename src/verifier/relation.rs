//! Tier 2 and 4, relations: a left-hand side dropped, equations up to a factor, inequalities by direction.

use super::compare::answers;
use super::finding::{Around, Finding};
use super::reason::{Reason, quoted};
use super::witness::{Claim, Functions};
use super::{Leniency, Tier, algebra, sets};
use crate::answer::special::without_values;
use crate::answer::{Answer, Bracket, Expr, Relation};

/// Symbols that an equation is solved for.
const SOLVED: usize = 8;

/// Whether an answer is a single equation.
pub(super) fn is_equation(answer: &Answer) -> bool {
    matches!(answer, Answer::Relation(_, relations) if relations.iter().all(|r| *r == Relation::Equal))
}

/// Whether all elements are equations whose left-hand sides differ: labels that fix which element is which.
pub(super) fn labels_apart(items: &[Answer]) -> bool {
    let mut labels: Vec<&Answer> = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Answer::Relation(operands, _) if is_equation(item) && is_label(&operands[0]) => labels.push(&operands[0]),
            _ => return false,
        }
    }
    let before = labels.len();
    labels.sort_unstable();
    labels.dedup();
    labels.len() == before && before > 1
}

/// Whether a left-hand side only names the answer: a symbol, `f(x)`, letters in a row, a tuple of such.
fn is_label(lhs: &Answer) -> bool {
    match lhs {
        Answer::Scalar(Expr::Symbol(_)) | Answer::Text(_) => true,
        Answer::Scalar(Expr::Call(_, arguments)) => {
            !lhs.scalar().is_some_and(Expr::is_constant) && arguments.iter().all(|a| a.parts().is_empty())
        }
        // `AB`, and the ratio `AB:CD` of what capitals name.
        Answer::Scalar(Expr::Product(factors)) => {
            let capital = |s: &str| s.starts_with(|c: char| c.is_ascii_uppercase());
            let below = |e: &Expr| matches!(e, Expr::Power(b, n) if **n == Expr::integer(-1) && matches!(&**b, Expr::Symbol(s) if capital(s)));
            let above = |e: &Expr| matches!(e, Expr::Symbol(s) if capital(s));
            factors.len() <= 4
                && (factors.iter().all(|f| matches!(f, Expr::Symbol(_)))
                    || factors.iter().all(|f| above(f) || below(f)) && factors.iter().any(above))
        }
        Answer::Sequence(_, items) => !items.is_empty() && items.iter().all(is_label),
        _ => false,
    }
}

/// Compares where at least one is a relation.
pub(super) fn compare(reference: &Answer, response: &Answer, around: &Around) -> Finding {
    let (Answer::Relation(a, ra), Answer::Relation(b, rb)) = (reference, response) else {
        let first = matches!(reference, Answer::Relation(..));
        let (relation, other) = if first { (reference, response) } else { (response, reference) };
        return against_value(relation, other, first, around);
    };
    let direct = operandwise(a, ra, b, rb, around);
    if direct.is_same() {
        return direct;
    }
    // `x = {1, 2}` for `x ∈ {1, 2}`.
    if let ([x, s], [Relation::Equal], [y, t], [Relation::In]) | ([y, t], [Relation::In], [x, s], [Relation::Equal]) =
        (a.as_slice(), ra.as_slice(), b.as_slice(), rb.as_slice())
        && x == y
        && matches!((s, t), (Answer::Sequence(Bracket::Set, _), Answer::Sequence(Bracket::Set, _)))
    {
        return answers(s, t, around).needing(Leniency::Container, around);
    }
    if let Some(found) = sets::of_statements(reference, response, around) {
        return found;
    }
    match (a.as_slice(), ra.as_slice(), b.as_slice(), rb.as_slice()) {
        ([a1, a2], [r], [b1, b2], [s]) => pair((a1, a2, *r), (b1, b2, *s), around).unwrap_or(direct),
        _ => chains(reference, response, around).unwrap_or(direct),
    }
}

/// The same relations between the same operands, read from either end.
fn operandwise(a: &[Answer], ra: &[Relation], b: &[Answer], rb: &[Relation], around: &Around) -> Finding {
    let all = |b: &[&Answer], rb: &[Relation]| {
        if ra != rb || a.len() != b.len() {
            return Finding::different(Tier::Structure, signs(ra, rb));
        }
        let mut used = super::leniency::LeniencySet::NONE;
        for (x, y) in a.iter().zip(b) {
            let found = answers(x, y, around);
            if !found.is_same() {
                return found.within(format!("of the sides {} and {}", quoted(x), quoted(*y)));
            }
            used = used.union(found.used);
        }
        Finding { used, ..Finding::same(Tier::Structure, "the same relation between the same sides") }
    };
    let forward = all(&b.iter().collect::<Vec<_>>(), rb);
    if forward.is_same() {
        return forward;
    }
    // What is part of something does not hold it.
    if rb.iter().any(|r| r.is_inclusion()) {
        return forward;
    }
    let flipped: Vec<Relation> = rb.iter().rev().map(|r| r.flipped()).collect();
    let backward = all(&b.iter().rev().collect::<Vec<_>>(), &flipped);
    if backward.is_same() { backward.within("read from the other end") } else { forward }
}

/// Whether no two of the constants in a chain of equations are different: `2 + 2 = 5 = 4` has no value.
fn holds_together(operands: &[Answer], around: &Around) -> bool {
    let constants: Vec<&Answer> = operands.iter().filter(|o| o.scalar().is_some_and(Expr::is_constant)).collect();
    constants.windows(2).all(|w| answers(w[0], w[1], around).word != super::finding::Word::Different)
}

/// That two relations have other signs.
fn signs(a: &[Relation], b: &[Relation]) -> String {
    let written = |signs: &[Relation]| signs.iter().map(|r| r.symbol()).collect::<Vec<_>>().join(" ");
    if a.len() == b.len() {
        format!("the reference says {} and the response says {}", quoted(&written(a)), quoted(&written(b)))
    } else {
        format!("the reference has {} sides and the response has {}", a.len() + 1, b.len() + 1)
    }
}

type Side<'a> = (&'a Answer, &'a Answer, Relation);

/// Two relations of two sides each.
fn pair(a: Side, b: Side, around: &Around) -> Option<Finding> {
    let (Some(al), Some(ar), Some(bl), Some(br)) = (a.0.scalar(), a.1.scalar(), b.0.scalar(), b.1.scalar()) else {
        // Tuples of definitions and the like: by their right-hand sides.
        let defined = a.2 == Relation::Equal && b.2 == Relation::Equal && is_label(a.0) && is_label(b.0) && a.0 == b.0;
        return defined.then(|| answers(a.1, b.1, around));
    };
    if a.2 == Relation::Equal
        && b.2 == Relation::Equal
        && let Some(found) = definitions(al, ar, bl, br, around)
    {
        return Some(found);
    }
    let comparable = match (a.2, b.2) {
        (x, y) if x == y => Some(true),
        (x, y) if x.is_order() && x == y.flipped() => Some(false),
        _ => None,
    };
    let Some(aligned) = comparable else {
        return Some(Finding::different(Tier::Algebra, signs(&[a.2], &[b.2])));
    };
    if !matches!(a.2, Relation::Equal | Relation::NotEqual) && !a.2.is_order() {
        return None;
    }
    let left = al.clone().minus(ar.clone());
    let right = bl.clone().minus(br.clone());
    let positive = algebra::proportional(&left, &right, around);
    Some(match positive {
        Some(sign) if !a.2.is_order() || sign == aligned => {
            Finding::same(Tier::Algebra, Functions::reason(&left, &right, Claim::Proportional))
        }
        Some(_) => Finding::different(Tier::Algebra, Functions::reason(&left, &right, Claim::Proportional))
            .within("the inequalities point in opposite directions"),
        None if without_values(&left).or_else(|| without_values(&right)).is_some() => {
            Finding::unknown(Tier::Algebra, "a function in the relations is not computed here")
        }
        None if around.pay(1) && (a.2.is_order() || !left.symbols().is_empty()) => {
            Finding::different(Tier::Algebra, Functions::reason(&left, &right, Claim::Disproportional))
        }
        None => Finding::unknown(Tier::Algebra, "whether the relations are the same was not decided"),
    })
}

/// Two definitions: `f(z) = z` and `f(x) = x`; `y = 2x` and `f(x) = 2x`.
fn definitions(al: &Expr, ar: &Expr, bl: &Expr, br: &Expr, around: &Around) -> Option<Finding> {
    let compare = |x: &Expr, y: &Expr| super::compare::scalars(x, y, around);
    match (al, bl) {
        (Expr::Call(f, fa), Expr::Call(g, ga)) if f == g => match (fa.as_slice(), ga.as_slice()) {
            ([Expr::Symbol(x)], [Expr::Symbol(y)]) if x != y && mentions(br, x) => None,
            ([Expr::Symbol(x)], [Expr::Symbol(y)]) if x != y => {
                let renamed = br.replace(y, &Expr::symbol(x.as_str()));
                Some(compare(ar, &renamed).needing(Leniency::Renamed, around))
            }
            _ if fa == ga => Some(compare(ar, br)),
            _ => None,
        },
        (Expr::Call(f, arguments), Expr::Symbol(y)) | (Expr::Symbol(y), Expr::Call(f, arguments))
            if arguments.len() == 1 && (y == "y" || y == f) =>
        {
            Some(compare(ar, br).needing(Leniency::LhsDropped, around))
        }
        (Expr::Symbol(x), Expr::Symbol(y)) if x == y && !mentions(ar, x) && !mentions(br, y) => Some(compare(ar, br)),
        _ => None,
    }
}

fn mentions(e: &Expr, symbol: &str) -> bool {
    e.any(&|e| matches!(e, Expr::Symbol(s) if s == symbol))
}

/// Chains of equations: by the label before and the last value.
fn chains(reference: &Answer, response: &Answer, around: &Around) -> Option<Finding> {
    let (a, b) = (values(reference, around)?, values(response, around)?);
    let label = |r: &Answer| match r {
        Answer::Relation(o, _) => o.first().filter(|l| is_label(l)).cloned(),
        _ => None,
    };
    if label(reference) != label(response) {
        return None;
    }
    best(&a, &b, around)
}

/// What a chain of equations or approximations gives as the value, the last first; nothing for other relations.
fn values<'a>(relation: &'a Answer, around: &Around) -> Option<Vec<&'a Answer>> {
    let Answer::Relation(operands, relations) = relation else { return None };
    if !relations.iter().all(|r| matches!(r, Relation::Equal | Relation::Approximate)) {
        return None;
    }
    let constant = |a: &Answer| a.scalar().is_some_and(Expr::is_constant);
    let mut found = Vec::new();
    if relations.last() == Some(&Relation::Approximate) && operands.len() >= 2 {
        // `17/3 ≈ 5.67`: the exact value first.
        let exact = &operands[operands.len() - 2];
        if !(operands.len() == 2 && is_label(exact)) {
            // An approximation of something else says nothing.
            if let Some(rounded) = operands.last()
                && constant(exact)
                && !answers(exact, rounded, around).is_same()
            {
                return Some(vec![exact]);
            }
            found.push(exact);
        }
    }
    let first_is_value = operands.len() == 2 && !is_label(&operands[0]) && constant(&operands[0]);
    if is_label(&operands[0]) || first_is_value || operands.len() > 2 {
        found.extend(operands.last());
    }
    (!found.is_empty()).then_some(found)
}

fn best(a: &[&Answer], b: &[&Answer], around: &Around) -> Option<Finding> {
    let mut last = None;
    for x in a {
        for y in b {
            let found = answers(x, y, around);
            if found.is_same() {
                return Some(found);
            }
            last = last.or(Some(found));
        }
    }
    last
}

/// A relation against something that is none: its value where the left-hand side only names it, its solution where it
/// can be solved for a symbol that the other does not have, its set where the other is one.
fn against_value(relation: &Answer, other: &Answer, relation_first: bool, around: &Around) -> Finding {
    let Answer::Relation(operands, relations) = relation else {
        return Finding::different(Tier::Structure, Reason::kinds(relation, other));
    };
    let (a, b) = if relation_first { (relation, other) } else { (other, relation) };
    if let Some(found) = sets::of_statements(a, b, around) {
        return found;
    }
    if let ([subject, set], [Relation::In]) = (operands.as_slice(), relations.as_slice())
        && is_label(subject)
        && !is_equation(other)
    {
        let found = if relation_first { answers(set, other, around) } else { answers(other, set, around) };
        return found.needing(Leniency::LhsDropped, around).within("without its left side");
    }
    let mut refused = None;
    if let Some(candidates) = values(relation, around) {
        let others = [other];
        // An equation of two constants gives its value only where it holds.
        let holds = is_label(&operands[0])
            || operands.len() != 2 && holds_together(operands, around)
            || relations[0] == Relation::Approximate
            || answers(&operands[0], &operands[1], around).is_same();
        let found =
            if relation_first { best(&candidates, &others, around) } else { best(&others, &candidates, around) };
        if let Some(found) = found
            && holds
        {
            let named = found.needing(Leniency::LhsDropped, around);
            let named = named.within("without its left side");
            if named.is_same() {
                return named;
            }
            refused = Some(named.reason);
        }
    }
    if let ([left, right], [Relation::Equal], Some(value)) = (operands.as_slice(), relations.as_slice(), other.scalar())
        && let (Some(left), Some(right)) = (left.scalar(), right.scalar())
        && !value.symbols().is_empty()
    {
        let mut symbols = left.symbols();
        symbols.extend(right.symbols());
        symbols.sort_unstable();
        symbols.dedup();
        for s in symbols.into_iter().filter(|s| !mentions(value, s)).take(SOLVED) {
            if algebra::solves(left, right, s, value, around) {
                return Finding::same(Tier::Algebra, format!("solved for `{s}`, the equation gives the other answer"))
                    .needing(Leniency::LhsDropped, around);
            }
        }
    }
    let reason = refused.unwrap_or_else(|| {
        if is_equation(relation) {
            format!("{} gives no value to compare with {}", quoted(relation), quoted(other)).into()
        } else {
            Reason::kinds(a, b)
        }
    });
    Finding::different(Tier::Structure, reason)
}
