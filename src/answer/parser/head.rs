//! Constructors of `SymPy` and Python: `Interval.open(…)`, `Matrix([[…]])`, `Eq(…)`.

use super::{Parsed, Parser, as_set, interval, scalar};
use crate::answer::expr::{Constant, Expr};
use crate::answer::number::Number;
use crate::answer::token::{Relation, Unreadable};
use crate::answer::{Answer, Bracket, Connective, SetOperation};

impl Parser<'_> {
    /// A constructor of `SymPy` or Python.
    pub(super) fn head(&mut self, head: &'static str) -> Parsed {
        let mut values = self.values()?;
        let two = |values: Vec<Answer>| <[Answer; 2]>::try_from(values).map_err(|_| Unreadable::Malformed);
        match head {
            "Interval" | "Interval.open" | "Interval.Ropen" | "Interval.Lopen" => {
                let flag = |a: Option<&Answer>| a == Some(&Answer::Boolean(true));
                let low_open = head == "Interval.open" || head == "Interval.Lopen" || flag(values.get(2));
                let high_open = head == "Interval.open" || head == "Interval.Ropen" || flag(values.get(3));
                values.truncate(2);
                let [low, high] = two(values)?;
                Ok(interval(scalar(low)?, low_open, scalar(high)?, high_open))
            }
            "Union" => Ok(Answer::SetOf(SetOperation::Union, values.into_iter().map(as_set).collect())),
            "Intersection" => Ok(Answer::SetOf(SetOperation::Intersection, values.into_iter().map(as_set).collect())),
            "Complement" => Ok(Answer::SetOf(SetOperation::Difference, values.into_iter().map(as_set).collect())),
            "FiniteSet" => Ok(Answer::Sequence(Bracket::Set, values)),
            "Eq" | "Ne" | "Lt" | "Le" | "Gt" | "Ge" | "Contains" | "StrictGreaterThan" | "StrictLessThan"
            | "GreaterThan" | "LessThan" | "Unequality" | "Equality" => {
                let relation = match head {
                    "Eq" | "Equality" => Relation::Equal,
                    "Ne" | "Unequality" => Relation::NotEqual,
                    "Lt" | "StrictLessThan" => Relation::Less,
                    "Le" | "LessThan" => Relation::LessEqual,
                    "Gt" | "StrictGreaterThan" => Relation::Greater,
                    "Ge" | "GreaterThan" => Relation::GreaterEqual,
                    _ => Relation::In,
                };
                Ok(Answer::Relation(two(values)?.into(), vec![relation]))
            }
            "Sum" | "Product" | "Integral" | "Limit" | "Derivative" => Self::operator(head, values),
            "integrate" => Self::operator("Integral", values),
            "diff" => Self::operator("Derivative", values),
            "limit" => Self::operator("Limit", values),
            "summation" => Self::operator("Sum", values),
            "diag" if (1..=12).contains(&values.len()) => {
                let n = values.len();
                let cell = |i: usize, j: usize| if i == j { values[i].clone() } else { Answer::integer(0) };
                Ok(Answer::Matrix((0..n).map(|i| (0..n).map(|j| cell(i, j)).collect()).collect()))
            }
            "range" => range(&values),
            "Pow" => {
                let [base, exponent] = two(values)?;
                Ok(Answer::Scalar(Expr::power(scalar(base)?, scalar(exponent)?)))
            }
            "Mul" => Ok(Answer::Scalar(Expr::product(values.into_iter().map(scalar).collect::<Result<_, _>>()?))),
            "Add" => Ok(Answer::Scalar(Expr::sum(values.into_iter().map(scalar).collect::<Result<_, _>>()?))),
            "S" if values.len() == 1 => Ok(values.remove(0)),
            "Piecewise" => {
                let pieces: Option<Vec<(Answer, Answer)>> = values
                    .into_iter()
                    .map(|v| match v {
                        Answer::Sequence(_, pair) => <[Answer; 2]>::try_from(pair).ok().map(|[e, c]| (e, c)),
                        _ => None,
                    })
                    .collect();
                pieces.and_then(|p| super::pieces::piecewise(&p)).map(Answer::Scalar).ok_or(Unreadable::Malformed)
            }
            // A name and what it maps to.
            "Lambda" => {
                let [variable, body] = two(values)?;
                Ok(Answer::Relation(
                    vec![Answer::Scalar(Expr::Call("f".into(), vec![scalar(variable)?])), body],
                    vec![Relation::Equal],
                ))
            }
            "ImageSet" => {
                let [map, over] = two(values)?;
                match map {
                    Answer::Relation(mut operands, _) if operands.len() == 2 => {
                        let body = operands.remove(1);
                        let Answer::Scalar(Expr::Call(_, mut variable)) = operands.remove(0) else {
                            return Err(Unreadable::Malformed);
                        };
                        let variable = Answer::Scalar(variable.remove(0));
                        let condition = Answer::Relation(vec![variable, over], vec![Relation::In]);
                        Ok(Answer::Builder(Box::new(body), Box::new(condition)))
                    }
                    _ => Err(Unreadable::Malformed),
                }
            }
            "ConditionSet" if values.len() >= 2 => {
                let condition = values.remove(1);
                Ok(Answer::Builder(Box::new(values.remove(0)), Box::new(condition)))
            }
            "OrderedDict" if values.len() == 1 => match values.remove(0) {
                Answer::Sequence(_, items) => items
                    .into_iter()
                    .map(|item| match item {
                        Answer::Sequence(_, pair) => <[Answer; 2]>::try_from(pair).ok().map(|[k, v]| (k, v)),
                        _ => None,
                    })
                    .collect::<Option<Vec<_>>>()
                    .map(Answer::Mapping)
                    .ok_or(Unreadable::Malformed),
                mapping @ Answer::Mapping(_) => Ok(mapping),
                _ => Err(Unreadable::Malformed),
            },
            "And" => Ok(Answer::Logic(Connective::And, values)),
            "Or" => Ok(Answer::Logic(Connective::Or, values)),
            "Xor" => Ok(Answer::Logic(Connective::Xor, values)),
            "Equivalent" if values.len() == 2 => Ok(Answer::Logic(Connective::Iff, values)),
            "Implies" => Ok(Answer::Logic(Connective::Implies, values)),
            "Not" if values.len() == 1 => Ok(Answer::Not(Box::new(values.remove(0)))),
            "Rational" | "Fraction" if values.len() == 2 => {
                let [top, bottom] = two(values)?;
                Ok(Answer::Scalar(scalar(top)?.over(scalar(bottom)?)))
            }
            "Rational" | "Fraction" | "Integer" | "Float" | "Decimal" | "float64" | "int64" | "float" | "int"
                if !values.is_empty() =>
            {
                match values.remove(0) {
                    Answer::Scalar(e) => Ok(Answer::Scalar(e)),
                    // A call of a program is not run: only what has no other spelling is read.
                    Answer::Text(t) if matches!(head, "int" | "float") && !t.ends_with(['f', 'n', 'y', 'N']) => {
                        Err(Unreadable::Malformed)
                    }
                    Answer::Text(t) => spelled(&t).map(Answer::Scalar).ok_or(Unreadable::Malformed),
                    _ => Err(Unreadable::Malformed),
                }
            }
            "complex" => {
                let [re, im] = two(values)?;
                let imaginary = Expr::product(vec![scalar(im)?, Expr::Constant(Constant::I)]);
                Ok(Answer::Scalar(Expr::sum(vec![scalar(re)?, imaginary])))
            }
            "Poly" if !values.is_empty() => Ok(values.remove(0)),
            "Point" | "Point2D" | "Point3D" | "Tuple" => Ok(Answer::Sequence(Bracket::Tuple, values)),
            "set"
            | "frozenset"
            | "tuple"
            | "list"
            | "array"
            | "Matrix"
            | "ImmutableMatrix"
            | "MutableDenseMatrix"
            | "ImmutableDenseMatrix"
                if !values.is_empty() =>
            {
                let Answer::Sequence(bracket, items) = values.remove(0) else { return Err(Unreadable::Malformed) };
                match head {
                    "set" | "frozenset" => Ok(Answer::Sequence(Bracket::Set, items)),
                    "tuple" => Ok(Answer::Sequence(Bracket::Tuple, items)),
                    "list" | "array" => Ok(Answer::Sequence(bracket, items)),
                    _ => matrix(items),
                }
            }
            "set" | "frozenset" => Ok(Answer::Sequence(Bracket::Set, Vec::new())),
            "tuple" | "list" => Ok(Answer::Sequence(Bracket::List, Vec::new())),
            _ => Err(Unreadable::Malformed),
        }
    }
}

/// The integers of Python's `range`.
fn range(values: &[Answer]) -> Parsed {
    let integers: Option<Vec<i64>> =
        values.iter().map(|v| v.scalar().and_then(Expr::number).and_then(Number::to_i64)).collect();
    let (from, to, step) = match integers.as_deref() {
        Some([to]) => (0, *to, 1),
        Some([from, to]) => (*from, *to, 1),
        Some([from, to, step]) if *step != 0 => (*from, *to, *step),
        _ => return Err(Unreadable::Malformed),
    };
    let length = if step > 0 { to.saturating_sub(from) } else { from.saturating_sub(to) } / step.saturating_abs();
    if length > 10_000 {
        return Err(Unreadable::TooLong);
    }
    let mut items = Vec::new();
    let mut at = from;
    while if step > 0 { at < to } else { at > to } {
        items.push(Answer::integer(at));
        at += step;
    }
    Ok(Answer::Sequence(Bracket::List, items))
}

/// The number that a string holds: `'7/3'`, `'0.1'`, `'-inf'`.
fn spelled(text: &str) -> Option<Expr> {
    let t = text.trim();
    let (t, negative) = t.strip_prefix('-').map_or((t, false), |r| (r, true));
    let value = match t {
        "inf" | "Infinity" | "infinity" => Expr::Constant(Constant::Infinity),
        "nan" | "NaN" => Expr::Constant(Constant::Nan),
        _ => match t.split_once('/') {
            Some((top, bottom)) => Expr::Number(Number::parse(top)?).over(Expr::Number(Number::parse(bottom)?)),
            None => Expr::Number(Number::parse(t)?),
        },
    };
    Some(if negative { value.negated() } else { value })
}

pub(super) fn matrix(items: Vec<Answer>) -> Parsed {
    let mut rows = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Answer::Sequence(_, row) => rows.push(row),
            other => rows.push(vec![other]),
        }
    }
    let width = rows.first().map_or(0, Vec::len);
    if width == 0 || rows.iter().any(|r| r.len() != width) {
        Err(Unreadable::Malformed)
    } else {
        Ok(Answer::Matrix(rows))
    }
}
