//! Families of answers with a parameter: `x = π/2 + 2kπ`, `k ∈ Z`, by the values that they run through.

use super::finding::{Around, Finding};
use super::{Leniency, Tier};
use crate::answer::{Answer, Bracket, Expr, Relation, eval};

/// Letters that stand for an integer in a family.
const PARAMETERS: &[&str] = &["k", "n", "m", "l", "j", "t", "N", "K"];
/// Most members that are compared.
const MEMBERS: usize = 4_000;

/// A union of arithmetic progressions, each by a member and its step, all of one unknown.
#[derive(Debug)]
struct Family {
    label: Option<String>,
    parameter: Option<String>,
    progressions: Vec<(f64, f64)>,
}

/// Compares two answers that run through the integers; `None` where they are not both such.
pub(super) fn compare(reference: &Answer, response: &Answer, around: &Around) -> Option<Finding> {
    let (a, b) = (read(reference)?, read(response)?);
    let steps: Vec<f64> = a.progressions.iter().chain(&b.progressions).map(|(_, step)| *step).collect();
    let (widest, narrowest) = steps.iter().fold((0.0f64, f64::INFINITY), |(w, n), s| (w.max(*s), n.min(*s)));
    // Steps without a common multiple nearby would need ever wider windows.
    let common = common_multiple(&steps)?;
    let wide = common.max(widest);
    if wide / narrowest * (a.progressions.len() + b.progressions.len()) as f64 > MEMBERS as f64 {
        return None;
    }
    let members = |family: &Family| {
        let mut all: Vec<f64> = Vec::new();
        for (start, step) in &family.progressions {
            // One common period, from zero on.
            let first = start.rem_euclid(*step);
            let mut x = first;
            while x < common - 1e-9 * common {
                all.push(x);
                x += step;
            }
        }
        // What is a whole period is zero again.
        let mut all: Vec<f64> = all.into_iter().map(|x| if common - x <= 1e-9 * common { 0.0 } else { x }).collect();
        all.sort_by(f64::total_cmp);
        all.dedup_by(|x, y| (*x - *y).abs() <= 1e-9 * common);
        all
    };
    let (x, y) = (members(&a), members(&b));
    let same = x.len() == y.len() && x.iter().zip(&y).all(|(p, q)| (p - q).abs() <= 1e-8 * common);
    if !same {
        return Some(Finding::different(Tier::Structure, "the two families run through different values"));
    }
    let found = Finding::same(Tier::Structure, "both families run through the same values");
    let found = match (&a.parameter, &b.parameter) {
        (Some(p), Some(q)) if p != q => found.needing(Leniency::Renamed, around),
        _ => found,
    };
    Some(match (&a.label, &b.label) {
        (Some(x), Some(y)) if x != y => {
            Finding::different(Tier::Structure, format!("one family is of `{x}` and the other of `{y}`"))
        }
        (None, Some(_)) | (Some(_), None) => found.needing(Leniency::LhsDropped, around),
        _ => found,
    })
}

/// A length that all steps divide; `None` beyond a bound.
fn common_multiple(steps: &[f64]) -> Option<f64> {
    let first = *steps.first()?;
    (1..=360u32).map(|k| first * f64::from(k)).find(|length| {
        steps.iter().all(|s| {
            let times = length / s;
            (times - times.round()).abs() <= 1e-9 * times.max(1.0) && times >= 0.5
        })
    })
}

/// The family that an answer is: statements `x = e(k)` or expressions `e(k)`, with or without `k ∈ Z` beside them.
fn read(answer: &Answer) -> Option<Family> {
    let mut parts: Vec<&Answer> = Vec::new();
    flatten(answer, &mut parts);
    let mut family = Family { label: None, parameter: None, progressions: Vec::new() };
    let mut declared = false;
    let mut parameter: Option<String> = None;
    for part in parts {
        let (label, e) = match part {
            Answer::Relation(operands, relations) => match (operands.as_slice(), relations.as_slice()) {
                ([Answer::Scalar(Expr::Symbol(p)), Answer::NamedSet("Z")], [Relation::In])
                    if PARAMETERS.contains(&p.as_str()) =>
                {
                    declared = true;
                    continue;
                }
                ([Answer::Scalar(Expr::Symbol(p)), Answer::Scalar(Expr::Symbol(z))], [Relation::In])
                    if z == "Z" && PARAMETERS.contains(&p.as_str()) =>
                {
                    declared = true;
                    continue;
                }
                ([Answer::Scalar(Expr::Symbol(x)), Answer::Scalar(Expr::Call(f, parts))], [Relation::Congruent])
                    if f == "residue" && parts.len() == 2 =>
                {
                    // `x ≡ 3 (mod 7)` runs through 7k + 3.
                    let value = |e: &Expr| eval::constant(e).filter(|v| v.is_real()).map(|v| v.re);
                    let (start, step) = (value(&parts[0])?, value(&parts[1])?);
                    if step <= 0.0 {
                        return None;
                    }
                    family.label = Some(x.clone());
                    family.progressions.push((start, step));
                    declared = true;
                    continue;
                }
                ([Answer::Scalar(Expr::Symbol(x)), Answer::Scalar(e)], [Relation::Equal]) => (Some(x), e),
                _ => return None,
            },
            Answer::Scalar(e) => (None, e),
            // "where n is an integer"
            Answer::Text(t) if t.contains("integer") || t.contains("i n t e g e r") => {
                declared = true;
                continue;
            }
            _ => return None,
        };
        let symbols = e.symbols();
        let [symbol] = symbols.as_slice() else { return None };
        if !PARAMETERS.contains(symbol) || parameter.as_deref().is_some_and(|p| p != *symbol) {
            return None;
        }
        parameter = Some((*symbol).to_owned());
        if let Some(x) = label {
            if family.label.as_ref().is_some_and(|known| known != x) {
                return None;
            }
            family.label = Some(x.clone());
        }
        family.progressions.push(progression(e, symbol)?);
    }
    family.parameter = parameter;
    let periodic = family.label.is_some() || declared;
    (periodic && !family.progressions.is_empty()).then_some(family)
}

fn flatten<'a>(answer: &'a Answer, out: &mut Vec<&'a Answer>) {
    match answer {
        Answer::Sequence(Bracket::Bare | Bracket::Set, items) => items.iter().for_each(|i| flatten(i, out)),
        Answer::Logic(crate::answer::Connective::And | crate::answer::Connective::Or, items) => {
            for item in items {
                flatten(item, out);
            }
        }
        // `{kπ : k ∈ Z}` and `{x | x = kπ, k ∈ Z}`
        Answer::Builder(subject, condition) => {
            if !matches!(&**subject, Answer::Scalar(Expr::Symbol(_))) {
                flatten(subject, out);
            }
            flatten(condition, out);
        }
        other => out.push(other),
    }
}

/// A member and the step of `e` as its parameter runs through the integers.
fn progression(e: &Expr, parameter: &str) -> Option<(f64, f64)> {
    let at = |k: i64| eval::constant(&e.replace(parameter, &Expr::integer(k))).filter(|v| v.is_real()).map(|v| v.re);
    let (zero, one, two, far) = (at(0)?, at(1)?, at(2)?, at(-7)?);
    let step = one - zero;
    let scale = step.abs().max(zero.abs());
    let affine = (two - zero - 2.0 * step).abs() <= 1e-10 * scale && (far - zero + 7.0 * step).abs() <= 1e-9 * scale;
    (affine && step.abs() > 1e-12 * scale.max(1e-300)).then(|| (zero, step.abs()))
}
