//! Statements joined by and, or, not, implies: as sets of the real line, by truth table, or part by part.

use super::finding::{Around, Finding};
use super::reason::{Reason, quoted};
use super::{Tier, relation, sets, structure};
use crate::answer::{Answer, Bracket, Connective, Expr};

/// Most distinct statements in a truth table.
const ATOMS: usize = 10;

/// Compares where at least one is a compound statement.
pub(super) fn compare(reference: &Answer, response: &Answer, around: &Around) -> Finding {
    if let Some(found) = sets::of_statements(reference, response, around) {
        return found;
    }
    if let Some(found) = truth_table(reference, response) {
        return found;
    }
    // `A and B` of words may only list the two.
    let listed = |c: &Connective, parts: &[Answer], items: &[Answer], first: bool| {
        let joins = matches!(c, Connective::And | Connective::Or) && !parts.iter().any(relation::is_equation);
        let a = Answer::Sequence(Bracket::Bare, parts.to_vec());
        let b = Answer::Sequence(Bracket::Bare, items.to_vec());
        joins.then(|| if first { structure::sequences(&a, &b, around) } else { structure::sequences(&b, &a, around) })
    };
    let found = match (reference, response) {
        (Answer::Logic(c, a), Answer::Sequence(Bracket::Bare, b)) => listed(c, a, b, true),
        (Answer::Sequence(Bracket::Bare, a), Answer::Logic(c, b)) => listed(c, b, a, false),
        _ => None,
    };
    if let Some(found) = found {
        return found;
    }
    if let (Answer::Logic(c, a), Answer::Logic(d, b)) = (reference, response)
        && c == d
        && matches!(c, Connective::And | Connective::Or)
    {
        let (a, b) = (Answer::Sequence(Bracket::Set, a.clone()), Answer::Sequence(Bracket::Set, b.clone()));
        return structure::sequences(&a, &b, around);
    }
    let listable = |a: &Answer| matches!(a, Answer::Logic(_, parts) if parts.iter().all(relation::is_equation));
    if listable(reference) || listable(response) {
        return Finding::different(Tier::Structure, Reason::kinds(reference, response));
    }
    Finding::unknown(Tier::Structure, "whether the statements say the same was not decided")
}

/// Compares formulas of propositional logic over named statements.
fn truth_table(a: &Answer, b: &Answer) -> Option<Finding> {
    let mut atoms = Vec::new();
    collect(a, &mut atoms)?;
    collect(b, &mut atoms)?;
    atoms.sort_unstable();
    atoms.dedup();
    if atoms.len() > ATOMS {
        return None;
    }
    for row in 0..1u32 << atoms.len() {
        let holds = |name: &str| atoms.iter().position(|a| *a == name).is_some_and(|i| row >> i & 1 == 1);
        if truth(a, &holds)? != truth(b, &holds)? {
            let row: Vec<String> = atoms.iter().map(|a| format!("{} is {}", quoted(a), holds(a))).collect();
            let reason = format!("they are not both true, nor both false, where {}", row.join(", "));
            return Some(Finding::different(Tier::Algebra, reason));
        }
    }
    Some(Finding::same(Tier::Algebra, format!("both have the same truth table of {} rows", 1u32 << atoms.len())))
}

/// What a name with a bar over it or a prime behind it denies, in Boolean algebra.
fn denied(name: &str) -> Option<&str> {
    name.strip_prefix("bar{").and_then(|n| n.strip_suffix('}')).or_else(|| name.strip_suffix('\''))
}

fn collect<'a>(a: &'a Answer, atoms: &mut Vec<&'a str>) -> Option<()> {
    match a {
        Answer::Scalar(Expr::Symbol(name)) => atoms.push(denied(name).unwrap_or(name)),
        Answer::Boolean(_) => {}
        Answer::Not(inner) => collect(inner, atoms)?,
        Answer::Logic(_, parts) => parts.iter().try_for_each(|p| collect(p, atoms))?,
        _ => return None,
    }
    Some(())
}

fn truth(a: &Answer, holds: &dyn Fn(&str) -> bool) -> Option<bool> {
    Some(match a {
        Answer::Scalar(Expr::Symbol(name)) => match denied(name) {
            Some(inner) => !holds(inner),
            None => holds(name),
        },
        Answer::Boolean(b) => *b,
        Answer::Not(inner) => !truth(inner, holds)?,
        Answer::Logic(connective, parts) => {
            let values: Option<Vec<bool>> = parts.iter().map(|p| truth(p, holds)).collect();
            let values = values?;
            match connective {
                Connective::And => values.iter().all(|v| *v),
                Connective::Or => values.iter().any(|v| *v),
                Connective::Xor => values.iter().filter(|v| **v).count() % 2 == 1,
                Connective::Implies => !values[0] || values[1],
                Connective::Iff => values[0] == values[1],
            }
        }
        _ => return None,
    })
}
