//! Tier 2, containers: sequences in order or as multisets, matrices, mappings, single elements against scalars.

use super::compare::answers;
use super::finding::{Around, Finding, Word};
use super::leniency::LeniencySet;
use super::reason::{Reason, kind, quoted};
use super::{Leniency, Tier, relation};
use crate::answer::{Answer, Bracket, Connective};

/// Elements up to which unordered comparison matches every one with every other.
const MATCHED: usize = 64;

/// Tries what is around the answers: a single element against a scalar, statements against a list of them.
pub(super) fn unwrapped(reference: &Answer, response: &Answer, around: &Around) -> Option<Finding> {
    let same = |f: Finding| f.is_same().then_some(f);
    // `[[]]` is no empty list, and a row is no column.
    let hollow = |a: &Answer| matches!(a, Answer::NamedSet("empty")) || a.elements().is_some_and(<[Answer]>::is_empty);
    let nested = |a: &Answer| a.elements().is_some_and(|items| items.iter().any(|i| single(i).is_some()));
    let barred = |inner: &Answer, other: &Answer| hollow(inner) || inner.elements().is_some() && nested(other);
    if single(reference).is_some_and(|a| barred(a, response)) || single(response).is_some_and(|b| barred(b, reference))
    {
        return None;
    }
    match (single(reference), single(response)) {
        (Some(a), None) => same(answers(a, response, around).needing(Leniency::Singleton, around))
            .map(|f| f.within("for the reference its only element")),
        (None, Some(b)) => same(answers(reference, b, around).needing(Leniency::Singleton, around))
            .map(|f| f.within("for the response its only element")),
        (Some(a), Some(b)) => same(answers(a, b, around).needing(Leniency::Container, around))
            .map(|f| f.within("for both their only elements")),
        (None, None) => {
            let (a, b) = (statements(reference), statements(response));
            if a.is_none() && b.is_none() || contrary(reference, response) {
                return None;
            }
            let a = a.unwrap_or_else(|| reference.clone());
            let b = b.unwrap_or_else(|| response.clone());
            same(answers(&a, &b, around)).map(|f| f.within("as lists of equations"))
        }
    }
}

/// Whether one says "and" and the other "or" of several unknowns: no list of solutions, but two statements.
fn contrary(a: &Answer, b: &Answer) -> bool {
    let (Answer::Logic(x, _), Answer::Logic(y, _)) = (a, b) else { return false };
    x != y && (a.symbols().len() > 1 || b.symbols().len() > 1)
}

/// Whether the elements are truth values, of which only the order tells anything.
fn truths(items: &[Answer]) -> bool {
    items.iter().all(|i| match i {
        Answer::Boolean(_) => true,
        Answer::Text(t) => crate::answer::words::yes_or_no(&t.to_lowercase()).is_some(),
        _ => false,
    })
}

/// The only element of a sequence, matrix or mapping.
fn single(answer: &Answer) -> Option<&Answer> {
    match answer {
        Answer::Sequence(_, items) if items.len() == 1 => items.first(),
        Answer::Matrix(rows) if rows.len() == 1 && rows[0].len() == 1 => rows[0].first(),
        Answer::Mapping(pairs) if pairs.len() == 1 => match &pairs[0] {
            (Answer::Scalar(crate::answer::Expr::Symbol(_)), value) => Some(value),
            _ => None,
        },
        _ => None,
    }
}

/// Equations joined by words as a list of them: `x = 1 or x = -1`.
fn statements(answer: &Answer) -> Option<Answer> {
    match answer {
        Answer::Logic(Connective::And | Connective::Or, parts) if parts.iter().all(relation::is_equation) => {
            Some(Answer::Sequence(Bracket::Bare, parts.clone()))
        }
        _ => None,
    }
}

/// Sequences, matrices and mappings against one another.
pub(super) fn containers(reference: &Answer, response: &Answer, around: &Around) -> Finding {
    match (reference, response) {
        (Answer::Mapping(a), Answer::Mapping(b)) => mappings(a, b, around),
        (Answer::Matrix(a), Answer::Matrix(b)) => matrices(a, b, around),
        (Answer::Sequence(..), Answer::Sequence(..)) => sequences(reference, response, around),
        (Answer::Mapping(pairs), other) | (other, Answer::Mapping(pairs)) => {
            let first = matches!(reference, Answer::Mapping(_));
            labelled(pairs, other, first, around)
        }
        (Answer::Matrix(rows), other) | (other, Answer::Matrix(rows)) => {
            let first = matches!(reference, Answer::Matrix(_));
            matrix_against(rows, other, first, around)
        }
        _ => Finding::different(Tier::Structure, Reason::kinds(reference, response)),
    }
}

fn lengths(a: usize, b: usize) -> Finding {
    Finding::different(Tier::Structure, format!("the reference has {a} elements and the response has {b}"))
}

/// Two sequences: in order where both say so, as multisets where one is a set or bare.
pub(super) fn sequences(reference: &Answer, response: &Answer, around: &Around) -> Finding {
    let (Answer::Sequence(ka, a), Answer::Sequence(kb, b)) = (reference, response) else {
        return Finding::different(Tier::Structure, Reason::kinds(reference, response));
    };
    if a.len() != b.len() {
        if *ka == Bracket::Set && *kb == Bracket::Set && a.len().max(b.len()) <= MATCHED {
            return covering(a, b, around);
        }
        return lengths(a.len(), b.len());
    }
    if a.len() == 2
        && matches!((*ka, *kb), (Bracket::Tuple, Bracket::List) | (Bracket::List, Bracket::Tuple))
        && around.asks_for_interval()
    {
        return Finding::different(Tier::Structure, "as intervals one holds its ends and the other leaves them out");
    }
    let kinds = |f: Finding| if same_kind(*ka, *kb) { f } else { f.needing(Leniency::Container, around) };
    let sets = *ka == Bracket::Set && *kb == Bracket::Set;
    // A set of sets is no set of what they hold.
    let of_sets = |items: &[Answer]| items.iter().filter(|i| matches!(i, Answer::Sequence(Bracket::Set, _))).count();
    if sets && of_sets(a) != of_sets(b) {
        return Finding::different(Tier::Structure, "one is a set of sets and the other is not");
    }
    let ordered = in_order(a, b, around);
    if ordered.is_same() {
        return kinds(ordered);
    }
    let loose = |k: Bracket| matches!(k, Bracket::Bare | Bracket::Set);
    let free = sets || loose(*ka) || loose(*kb);
    if !free || !sets && (around.ordered() || truths(a)) {
        return ordered;
    }
    // A label says which element it is: labels on one side fix the order of the other.
    if relation::labels_apart(a) != relation::labels_apart(b) {
        return ordered;
    }
    let unordered = multiset(a, b, around);
    kinds(if sets { unordered } else { unordered.needing(Leniency::Order, around) })
}

/// Whether two brackets mean the same kind of container to everybody.
fn same_kind(a: Bracket, b: Bracket) -> bool {
    a == b || matches!((a, b), (Bracket::Bare, Bracket::Set) | (Bracket::Set, Bracket::Bare))
}

/// Two sets of unlike length, equal where each element of one is in the other.
fn covering(a: &[Answer], b: &[Answer], around: &Around) -> Finding {
    let mut used = LeniencySet::NONE;
    for (left, right) in [(a, b), (b, a)] {
        for x in left {
            let Some(found) = right.iter().map(|y| answers(x, y, around)).find(Finding::is_same) else {
                return lengths(a.len(), b.len());
            };
            used = used.union(found.used);
        }
    }
    Finding { used, ..Finding::same(Tier::Structure, "every element of one set is in the other") }
}

fn in_order(a: &[Answer], b: &[Answer], around: &Around) -> Finding {
    let mut used = LeniencySet::NONE;
    for (i, (x, y)) in a.iter().zip(b).enumerate() {
        let found = answers(x, y, around);
        if !found.is_same() {
            return found.within(format!("at place {}", i + 1));
        }
        used = used.union(found.used);
    }
    Finding { used, ..Finding::same(Tier::Structure, "every element is the same, in order") }
}

/// Whether the elements can be paired off; small sequences by augmenting paths, long ones in a normal order.
fn multiset(a: &[Answer], b: &[Answer], around: &Around) -> Finding {
    if a.len() > MATCHED {
        let sorted = |items: &[Answer]| {
            let mut keyed: Vec<(f64, String, Answer)> =
                items.iter().map(|i| (first_value(i), i.to_string(), i.clone())).collect();
            keyed.sort_by(|x, y| x.0.total_cmp(&y.0).then_with(|| x.1.cmp(&y.1)));
            keyed.into_iter().map(|k| k.2).collect::<Vec<_>>()
        };
        return in_order(&sorted(a), &sorted(b), around);
    }
    let mut edges: Vec<Vec<(usize, LeniencySet)>> = Vec::with_capacity(a.len());
    let mut unknown = None;
    for (i, x) in a.iter().enumerate() {
        let mut matches = Vec::new();
        for (j, y) in b.iter().enumerate() {
            let found = answers(x, y, around);
            match found.word {
                Word::Same => matches.push((j, found.used)),
                Word::Unknown => unknown = Some(found),
                Word::Different => {}
            }
        }
        if matches.is_empty() && unknown.is_none() {
            return Finding::different(
                Tier::Structure,
                format!("{}, element {} of the reference, has no match in the response", quoted(x), i + 1),
            );
        }
        // Exact matches first: a leniency is named only where it was needed.
        matches.sort_by_key(|(_, used)| used.len());
        edges.push(matches);
    }
    let mut owner: Vec<Option<usize>> = vec![None; b.len()];
    for i in 0..a.len() {
        let mut seen = vec![false; b.len()];
        if !augment(i, &edges, &mut owner, &mut seen) {
            return unknown.unwrap_or_else(|| {
                Finding::different(Tier::Structure, "the elements can't be paired off with one another")
            });
        }
    }
    let mut used = LeniencySet::NONE;
    for (j, o) in owner.iter().enumerate() {
        if let Some(i) = o
            && let Some((_, u)) = edges[*i].iter().find(|(k, _)| *k == j)
        {
            used = used.union(*u);
        }
    }
    Finding { used, ..Finding::same(Tier::Structure, "the elements are the same in another order") }
}

fn augment(i: usize, edges: &[Vec<(usize, LeniencySet)>], owner: &mut [Option<usize>], seen: &mut [bool]) -> bool {
    for (j, _) in &edges[i] {
        if std::mem::replace(&mut seen[*j], true) {
            continue;
        }
        if owner[*j].is_none_or(|other| augment(other, edges, owner, seen)) {
            owner[*j] = Some(i);
            return true;
        }
    }
    false
}

/// A number to sort by: the first value in an answer.
fn first_value(answer: &Answer) -> f64 {
    match answer {
        Answer::Scalar(e) | Answer::Quantity(e, _) => {
            crate::answer::eval::constant(e).map_or(f64::INFINITY, |v| (v.re * 1e9).round() / 1e9)
        }
        Answer::Sequence(_, items) => items.first().map_or(f64::NEG_INFINITY, first_value),
        _ => f64::INFINITY,
    }
}

fn matrices(a: &[Vec<Answer>], b: &[Vec<Answer>], around: &Around) -> Finding {
    let shape = |m: &[Vec<Answer>]| (m.len(), m.first().map_or(0, Vec::len));
    if shape(a) == shape(b) {
        let flat = |m: &[Vec<Answer>]| m.iter().flatten().cloned().collect::<Vec<_>>();
        return in_order(&flat(a), &flat(b), around);
    }
    let vector = |m: &[Vec<Answer>]| shape(m).0 == 1 || shape(m).1 == 1;
    if vector(a) && vector(b) && a.iter().flatten().count() == b.iter().flatten().count() {
        let flat = |m: &[Vec<Answer>]| m.iter().flatten().cloned().collect::<Vec<_>>();
        return in_order(&flat(a), &flat(b), around).needing(Leniency::Container, around);
    }
    let ((r, c), (s, d)) = (shape(a), shape(b));
    Finding::different(Tier::Structure, format!("the reference is {r} by {c} and the response is {s} by {d}"))
}

/// A matrix against a sequence: rows against rows, or a vector's elements.
fn matrix_against(rows: &[Vec<Answer>], other: &Answer, matrix_first: bool, around: &Around) -> Finding {
    let Answer::Sequence(kind, items) = other else {
        return Finding::different(Tier::Structure, format!("a matrix is not {}", kind(other)));
    };
    let order = |m: &[Answer], o: &[Answer]| if matrix_first { in_order(m, o, around) } else { in_order(o, m, around) };
    if *kind == Bracket::Set {
        return Finding::different(Tier::Structure, "a matrix has an order, and a set has none");
    }
    let nested = items.iter().all(|i| i.elements().is_some());
    if nested
        && items.len() == rows.len()
        && items.iter().zip(rows).all(|(i, r)| i.elements().map(<[Answer]>::len) == Some(r.len()))
    {
        let flat: Vec<Answer> = items.iter().filter_map(Answer::elements).flatten().cloned().collect();
        let cells: Vec<Answer> = rows.iter().flatten().cloned().collect();
        return order(&cells, &flat).needing(Leniency::Container, around);
    }
    let vector = rows.len() == 1 || rows.iter().all(|r| r.len() == 1);
    let cells: Vec<Answer> = rows.iter().flatten().cloned().collect();
    if let [Answer::Mapping(pairs)] = items.as_slice()
        && pairs.len() == cells.len()
    {
        let values: Vec<Answer> = pairs.iter().map(|(_, v)| v.clone()).collect();
        return order(&cells, &values).needing(Leniency::Container, around).needing(Leniency::LhsDropped, around);
    }
    if !vector || cells.len() != items.len() {
        return Finding::different(
            Tier::Structure,
            format!(
                "a matrix of {} rows has {} cells, and the sequence has {} elements",
                rows.len(),
                cells.len(),
                items.len()
            ),
        );
    }
    order(&cells, items).needing(Leniency::Container, around)
}

/// Two mappings: the same keys with the same values, in any order.
fn mappings(a: &[(Answer, Answer)], b: &[(Answer, Answer)], around: &Around) -> Finding {
    if a.len() != b.len() {
        return lengths(a.len(), b.len());
    }
    let mut used = LeniencySet::NONE;
    let mut taken = vec![false; b.len()];
    let mut index: Vec<usize> = (0..b.len()).collect();
    index.sort_unstable_by(|i, j| b[*i].0.cmp(&b[*j].0));
    for (i, (key, value)) in a.iter().enumerate() {
        // The same place, then the same normal form, then anything that compares equal.
        let found = index.binary_search_by(|j| b[*j].0.cmp(key)).ok().map(|at| index[at]);
        let mut candidates = std::iter::once(i).chain(found).chain(0..b.len());
        let place = candidates.find(|j| !taken[*j] && answers(key, &b[*j].0, around).is_same());
        let Some(j) = place else {
            return Finding::different(Tier::Structure, format!("the response has no key {}", quoted(key)));
        };
        taken[j] = true;
        let found = answers(value, &b[j].1, around);
        if !found.is_same() {
            return found.within(format!("at the key {}", quoted(key)));
        }
        used = used.union(found.used);
    }
    Finding { used, ..Finding::same(Tier::Structure, "every key has the same value") }
}

/// A mapping from symbols to values against a sequence of the values, or of equations.
fn labelled(pairs: &[(Answer, Answer)], other: &Answer, mapping_first: bool, around: &Around) -> Finding {
    let flat;
    let items = match other {
        Answer::Sequence(_, items) => items,
        Answer::Matrix(rows) => {
            flat = rows.iter().flatten().cloned().collect();
            &flat
        }
        _ => return Finding::different(Tier::Structure, format!("a mapping is not {}", kind(other))),
    };
    let symbols = pairs.iter().all(|(k, _)| k.scalar().is_some_and(|e| matches!(e, crate::answer::Expr::Symbol(_))));
    if !symbols || pairs.len() != items.len() {
        return Finding::different(
            Tier::Structure,
            format!("a mapping of {} keys does not label a sequence of {}", pairs.len(), items.len()),
        );
    }
    if items.iter().all(relation::is_equation) {
        let equations: Vec<Answer> = pairs
            .iter()
            .map(|(k, v)| Answer::Relation(vec![k.clone(), v.clone()], vec![crate::answer::Relation::Equal]))
            .collect();
        let (a, b) = if mapping_first { (equations, items.clone()) } else { (items.clone(), equations) };
        return multiset(&a, &b, around).needing(Leniency::Container, around);
    }
    let values: Vec<Answer> = pairs.iter().map(|(_, v)| v.clone()).collect();
    let found = if mapping_first { in_order(&values, items, around) } else { in_order(items, &values, around) };
    found.needing(Leniency::Container, around).needing(Leniency::LhsDropped, around)
}
