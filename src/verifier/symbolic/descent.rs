//! Down to the places where two answers could not be compared: what the native tiers decide of the parts stands.

use serde_json::{Value, json};

use super::super::compare;
use super::super::finding::{Around, Word};
use super::super::leniency::LeniencySet;
use super::tree::Trees;
use crate::answer::{Answer, Bracket, Expr, Relation};

/// Most places of one pair.
const PLACES: usize = 8;

/// One place.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    /// What is asked.
    pub(super) tree: Value,
    /// Names of the symbols by index.
    pub(super) symbols: Vec<String>,
    /// The part of the reference.
    pub(super) reference: Answer,
    /// The part of the response.
    pub(super) response: Answer,
}

/// The undecided places of two answers, with the leniencies that the decided ones needed; `None` where a part is
/// different, or a place cannot be asked about.
pub(super) fn pieces(a: &Answer, b: &Answer, around: &Around, used: &mut LeniencySet) -> Option<Vec<Piece>> {
    let mut found = Vec::new();
    descend(a, b, around, used, &mut found)?;
    (found.len() <= PLACES).then_some(found)
}

fn descend(a: &Answer, b: &Answer, around: &Around, used: &mut LeniencySet, found: &mut Vec<Piece>) -> Option<()> {
    let native = compare::answers(a, b, around);
    match native.word {
        Word::Different => return None,
        Word::Same => {
            *used = used.union(native.used);
            return Some(());
        }
        Word::Unknown => {}
    }
    match (a, b) {
        (Answer::Sequence(x, items), Answer::Sequence(y, others)) if x == y && items.len() == others.len() => {
            if matches!(x, Bracket::Bare | Bracket::Set) {
                let (left, right) = unmatched(items, others, *x, around, used)?;
                return found_at(left, right, found);
            }
            items.iter().zip(others).try_for_each(|(a, b)| descend(a, b, around, used, found))
        }
        (Answer::Matrix(rows), Answer::Matrix(others)) if rows.len() == others.len() => {
            rows.iter().zip(others).try_for_each(|(row, other)| {
                (row.len() == other.len()).then_some(())?;
                row.iter().zip(other).try_for_each(|(a, b)| descend(a, b, around, used, found))
            })
        }
        (Answer::Relation(x, r), Answer::Relation(y, s)) => {
            match (x.as_slice(), y.as_slice(), r.as_slice(), s.as_slice()) {
                // The same name given two values.
                (
                    [name @ Answer::Scalar(Expr::Symbol(_)), value],
                    [other, given],
                    [Relation::Equal],
                    [Relation::Equal],
                ) if name == other => descend(value, given, around, used, found),
                _ => found_at(a, b, found),
            }
        }
        _ => found_at(a, b, found),
    }
}

/// The one element of each side that has no match; `None` unless it is one.
fn unmatched<'a>(
    items: &'a [Answer],
    others: &'a [Answer],
    bracket: Bracket,
    around: &Around,
    used: &mut LeniencySet,
) -> Option<(&'a Answer, &'a Answer)> {
    let mut free: Vec<usize> = (0..others.len()).collect();
    let mut alone = None;
    for (i, item) in items.iter().enumerate() {
        let matching = free.iter().position(|j| {
            // The order of a bare list may matter: only elements in their places are matched.
            (bracket == Bracket::Set || i == *j) && {
                let finding = compare::answers(item, &others[*j], around);
                if finding.is_same() {
                    *used = used.union(finding.used);
                }
                finding.is_same()
            }
        });
        match matching {
            Some(at) => {
                free.remove(at);
            }
            None if alone.is_none() => alone = Some(item),
            None => return None,
        }
    }
    match (alone, free.as_slice()) {
        (Some(item), [j]) => Some((item, &others[*j])),
        _ => None,
    }
}

fn found_at(a: &Answer, b: &Answer, found: &mut Vec<Piece>) -> Option<()> {
    let mut trees = Trees::default();
    let tree = asked(a, b, &mut trees)?;
    found.push(Piece { tree, symbols: trees.into_symbols(), reference: a.clone(), response: b.clone() });
    Some(())
}

/// The question about two parts, where there is one.
fn asked(a: &Answer, b: &Answer, trees: &mut Trees) -> Option<Value> {
    match (a, b) {
        (Answer::Scalar(x), Answer::Scalar(y)) => expressions(x, y, trees),
        (Answer::Quantity(x, u), Answer::Quantity(y, v)) if u == v => expressions(x, y, trees),
        (Answer::Relation(x, r), Answer::Relation(y, s)) if equation(x, r) && equation(y, s) => {
            let mut sides = |operands: &[Answer]| {
                let scalars: Option<Vec<Value>> = operands.iter().map(|o| trees.expr(o.scalar()?)).collect();
                scalars
            };
            Some(json!({"kind": "equation", "a": sides(x)?, "b": sides(y)?}))
        }
        _ => {
            let (x, y) = (trees.set(a)?, trees.set(b)?);
            // One variable, whatever it is called on either side: a set is not told by its name.
            (trees.count() == 1).then(|| json!({"kind": "set", "variable": 0, "a": x, "b": y}))
        }
    }
}

fn expressions(a: &Expr, b: &Expr, trees: &mut Trees) -> Option<Value> {
    let decimal = a.has_decimal() || b.has_decimal();
    Some(json!({"kind": "expression", "a": trees.expr(a)?, "b": trees.expr(b)?, "decimal": decimal}))
}

fn equation(operands: &[Answer], relations: &[Relation]) -> bool {
    matches!(relations, [Relation::Equal]) && operands.iter().all(|o| o.scalar().is_some())
}
