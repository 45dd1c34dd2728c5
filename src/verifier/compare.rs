//! Which comparison two typed answers get: the crossroads of the tiers.

use super::finding::{Around, Finding, Word};
use super::reason::Reason;
use super::{
    Leniency, Tier, algebra, calendar, chemistry, constants, family, logic, number, phrases, quantity, relation, sets,
    structure, text, vectors,
};
use crate::answer::{Answer, Bracket, Expr};

/// Compares two typed answers.
pub(super) fn answers(reference: &Answer, response: &Answer, around: &Around) -> Finding {
    if !around.pay(1) {
        return Finding::unknown(Tier::Structure, "the answers have too many parts to compare within bounds");
    }
    if let (Answer::Unread(_), _) | (_, Answer::Unread(_)) = (reference, response) {
        return Finding::unknown(Tier::Text, "one of the answers could not be read");
    }
    if reference == response && reference.is_typed() && !has_nan(reference) {
        return Finding::same(tier_of(reference), "both have the same normal form");
    }
    let direct = around.within(|| by_kind(reference, response, around));
    if direct.word == Word::Same {
        return direct;
    }
    let other = structure::unwrapped(reference, response, around)
        .or_else(|| phrases::compare(reference, response, around))
        .or_else(|| {
            let family = around.on_top().then(|| family::compare(reference, response, around)).flatten();
            family.filter(Finding::is_same)
        });
    other.unwrap_or(direct)
}

/// Whether NaN stands in an answer.
pub(super) fn has_nan(a: &Answer) -> bool {
    a.scalar().is_some_and(|e| e.any(&|e| matches!(e, Expr::Constant(crate::answer::Constant::Nan))))
}

/// The tier that decides on answers of this kind.
pub(super) fn tier_of(answer: &Answer) -> Tier {
    match answer {
        Answer::Nothing | Answer::Text(_) | Answer::Unread(_) | Answer::Boolean(_) => Tier::Text,
        Answer::Scalar(e) if e.is_constant() => Tier::Number,
        Answer::Quantity(..) | Answer::Based(..) => Tier::Number,
        Answer::Scalar(_) => Tier::Algebra,
        _ => Tier::Structure,
    }
}

fn by_kind(reference: &Answer, response: &Answer, around: &Around) -> Finding {
    use Answer::{Based, Boolean, Logic, Mapping, Matrix, Not, Quantity, Relation, Scalar, Sequence, Text};
    match (reference, response) {
        (Text(a), Text(b)) => text::words(a, b, around),
        (Boolean(a), Boolean(b)) => {
            if a == b {
                Finding::same(Tier::Text, "both are the same truth value")
            } else {
                Finding::different(Tier::Text, format!("the reference is {a} and the response is {b}"))
            }
        }
        (Boolean(b), Text(t)) | (Text(t), Boolean(b)) => text::truth(*b, t, around),
        (Boolean(b), Scalar(e)) | (Scalar(e), Boolean(b)) => {
            let one = Expr::integer(i64::from(*b));
            let finding = Finding::different(Tier::Text, Reason::kinds(reference, response));
            // Only the lenient preset, which grants everything, takes 1 for true.
            if *e == one && around.granted.has(Leniency::SubsetOfSolutions) {
                return Finding::same(Tier::Text, "1 stands for true and 0 for false")
                    .needing(Leniency::Boolean, around);
            }
            finding
        }
        (Text(t), Scalar(e)) | (Scalar(e), Text(t)) => text::word_for_value(t, e, around),
        (Answer::Date(a), Answer::Date(b)) => calendar::dates(*a, *b, around),
        (Answer::Time(a), Answer::Time(b)) => calendar::times(*a, *b, around),
        (Answer::Time(time), other) => calendar::other(*time, other, true, around)
            .unwrap_or_else(|| Finding::different(Tier::Structure, Reason::kinds(reference, response))),
        (other, Answer::Time(time)) => calendar::other(*time, other, false, around)
            .unwrap_or_else(|| Finding::different(Tier::Structure, Reason::kinds(reference, response))),
        (Answer::Chemical(a), Answer::Chemical(b)) => chemistry::compare(a, b),
        (Answer::Chemical(a), Text(t)) => chemistry::named(a, t, true, around),
        (Text(t), Answer::Chemical(b)) => chemistry::named(b, t, false, around),
        (Text(t), Quantity(e, _)) | (Quantity(e, _), Text(t)) => text::among_words(t, e, around)
            .unwrap_or_else(|| Finding::different(Tier::Text, Reason::kinds(reference, response))),
        (Text(_), other) | (other, Text(_)) if !matches!(other, Sequence(..) | Relation(..)) => {
            Finding::different(Tier::Text, Reason::kinds(reference, response))
        }
        (Scalar(e), Sequence(..) | Matrix(_)) if !matches!(e, Expr::Number(_) | Expr::Call(..)) || is_stacked(e) => {
            vectors::against(e, response, true, around)
                .unwrap_or_else(|| Finding::different(Tier::Structure, Reason::kinds(reference, response)))
        }
        (Sequence(..) | Matrix(_), Scalar(e)) if !matches!(e, Expr::Number(_) | Expr::Call(..)) || is_stacked(e) => {
            vectors::against(e, reference, false, around)
                .unwrap_or_else(|| Finding::different(Tier::Structure, Reason::kinds(reference, response)))
        }
        (Boolean(_), Logic(_, parts)) | (Logic(_, parts), Boolean(_))
            if parts.iter().all(|p| matches!(p, Boolean(_))) =>
        {
            Finding::unknown(Tier::Text, "one of them names both truth values")
        }
        (Scalar(a), Scalar(b)) => scalars(a, b, around),
        // `C(1, 2)`: the point that is called C.
        (Scalar(Expr::Call(name, arguments)), Sequence(Bracket::Tuple, _)) if is_point(name) => {
            let point = Sequence(Bracket::Tuple, arguments.iter().cloned().map(Scalar).collect());
            answers(&point, response, around).needing(Leniency::LhsDropped, around)
        }
        (Sequence(Bracket::Tuple, _), Scalar(Expr::Call(name, arguments))) if is_point(name) => {
            let point = Sequence(Bracket::Tuple, arguments.iter().cloned().map(Scalar).collect());
            answers(reference, &point, around).needing(Leniency::LhsDropped, around)
        }
        (Quantity(..), Quantity(..) | Scalar(_)) | (Scalar(_), Quantity(..)) => {
            quantity::compare(reference, response, around)
        }
        (Based(..), _) | (_, Based(..)) => quantity::bases(reference, response, around),
        (Relation(..), _) | (_, Relation(..)) => relation::compare(reference, response, around),
        (Logic(..) | Not(_), _) | (_, Logic(..) | Not(_)) => logic::compare(reference, response, around),
        (Sequence(Bracket::Set, _), Sequence(Bracket::Set, _)) => structure::sequences(reference, response, around),
        _ if sets::concerns(reference, response) => sets::compare(reference, response, around),
        (Sequence(..) | Matrix(_) | Mapping(_), Sequence(..) | Matrix(_) | Mapping(_)) => {
            structure::containers(reference, response, around)
        }
        _ => Finding::different(Tier::Structure, Reason::kinds(reference, response)),
    }
}

/// Whether an expression is a binomial coefficient, which a column of two may be written as.
fn is_stacked(e: &Expr) -> bool {
    matches!(e, Expr::Call(name, _) if name == "binomial")
}

/// Whether a name before coordinates is a point's.
fn is_point(name: &str) -> bool {
    name.len() == 1 && name.starts_with(|c: char| c.is_ascii_uppercase())
}

/// The number of ways that `C(n, k)` or `P(n, k)` stands for.
fn ways(e: &Expr) -> Option<Expr> {
    let Expr::Call(name, arguments) = e else { return None };
    let [n, k] = arguments.as_slice() else { return None };
    let choose = Expr::Call("binomial".into(), vec![n.clone(), k.clone()]);
    match name.as_str() {
        "C" => Some(choose),
        "P" => Some(Expr::product(vec![choose, Expr::Call("factorial".into(), vec![k.clone()])])),
        _ => None,
    }
}

/// Two expressions: as quantities where their symbols are units on one side, as values, or as functions.
pub(super) fn scalars(a: &Expr, b: &Expr, around: &Around) -> Finding {
    if a.is_constant() && b.is_constant() {
        return number::compare(a, b, around);
    }
    if let Some(found) = vectors::both(a, b, around) {
        return found;
    }
    if let (Some(x), None) | (None, Some(x)) = (ways(a), ways(b)) {
        let found = if ways(a).is_some() { scalars(&x, b, around) } else { scalars(a, &x, around) };
        return found.within("as a number of combinations or permutations");
    }
    let finding = algebra::compare(a, b, around);
    if !finding.is_same()
        && let Some(found) = constants::compare(a, b, around)
    {
        return found;
    }
    if finding.is_same() { finding } else { quantity::from_symbols(a, b, around).unwrap_or(finding) }
}
