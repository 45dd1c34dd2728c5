//! Tier 2, sets of the real line: intervals, unions, set-builders and inequalities in one variable, compared by which
//! of the pieces between their ends each one holds.

use super::asks::Ask;
use super::compare::answers;
use super::finding::{Around, Finding};
use super::reason::quoted;
use super::witness::plain;
use super::{Leniency, Tier};
use crate::answer::eval::{self, Point, Value};
use crate::answer::{Answer, Bracket, Connective, Expr, Interval, Relation, SetOperation};

/// A set of reals.
enum RealSet {
    Empty,
    All,
    Points(Vec<f64>),
    Span { low: f64, low_open: bool, high: f64, high_open: bool },
    Union(Vec<RealSet>),
    Intersection(Vec<RealSet>),
    Complement(Box<RealSet>),
}

/// Ends this close, relatively, are one.
const SNAP: f64 = 1e-9;
/// Most ends that two sets may have together.
const ENDS: usize = 400;

/// Whether at least one is a set that is no list, so that set comparison applies.
pub(super) fn concerns(a: &Answer, b: &Answer) -> bool {
    let is =
        |x: &Answer| matches!(x, Answer::Interval(_) | Answer::SetOf(..) | Answer::NamedSet(_) | Answer::Builder(..));
    is(a) || is(b)
}

/// Compares two sets, one of which may be a pair that is meant as an interval.
pub(super) fn compare(reference: &Answer, response: &Answer, around: &Around) -> Finding {
    if let (Answer::Interval(a), Answer::Interval(b)) = (reference, response) {
        let found = intervals(a, b, around);
        if found.is_same() {
            return found;
        }
    }
    match (reference, response) {
        (Answer::SetOf(o, a), Answer::SetOf(p, b)) if o == p && a.len() == b.len() && a.len() <= 16 => {
            let listed = |parts: &[Answer]| Answer::Sequence(Bracket::Set, parts.to_vec());
            if *o != SetOperation::Difference {
                let found = super::structure::sequences(&listed(a), &listed(b), around);
                if found.is_same() {
                    return found;
                }
            }
        }
        (Answer::NamedSet(a), Answer::NamedSet(b)) if a != b => {
            return Finding::different(
                Tier::Structure,
                format!("{} and {} are different sets of numbers", quoted(reference), quoted(response)),
            );
        }
        _ => {}
    }
    if let (Some(a), Some(b)) = (pair_as_interval(reference), pair_as_interval(response)) {
        let found = intervals(&a, &b, around);
        if found.is_same() {
            return found;
        }
    }
    let mut variable = None;
    match (to_set(reference, &mut variable, true), to_set(response, &mut variable, true)) {
        (Some(a), Some(b)) => decide(&a, &b),
        _ => Finding::unknown(
            Tier::Structure,
            format!(
                "the {} can't be laid out on the real line as intervals and points",
                if to_set(reference, &mut None, true).is_none() { "reference" } else { "response" }
            ),
        ),
    }
}

/// Compares statements about one variable, or such a statement and a set; `None` where they are not of that kind.
pub(super) fn of_statements(reference: &Answer, response: &Answer, around: &Around) -> Option<Finding> {
    let statement = |a: &Answer| match a {
        Answer::Relation(_, r) => r.iter().any(|r| *r != Relation::Equal),
        Answer::Logic(..) | Answer::Not(_) => true,
        _ => false,
    };
    let set = |a: &Answer| {
        matches!(a, Answer::Interval(_) | Answer::SetOf(..) | Answer::NamedSet(_) | Answer::Builder(..))
            || pair_as_interval(a).is_some()
    };
    let fits =
        (statement(reference) && (statement(response) || set(response))) || (set(reference) && statement(response));
    if !fits {
        return None;
    }
    let (mut u, mut v) = (None, None);
    let a = to_set(reference, &mut u, true)?;
    let b = to_set(response, &mut v, true)?;
    let found = decide(&a, &b);
    let named = |x: &Answer| statement(x);
    match (u, v) {
        (Some(x), Some(y)) if x != y && named(reference) && named(response) => Some(if x.eq_ignore_ascii_case(&y) {
            found.needing(Leniency::Case, around)
        } else {
            Finding::different(Tier::Structure, format!("one says it of `{x}` and the other of `{y}`"))
        }),
        _ if around.asks(Ask::Point) && !(statement(reference) && statement(response)) => {
            Some(Finding::different(Tier::Structure, "one is a point and the other a range"))
        }
        _ => Some(found),
    }
}

/// A pair of values as the interval that it may be: `(1, 2)` open, `[1, 2]` closed.
fn pair_as_interval(answer: &Answer) -> Option<Interval> {
    match answer {
        Answer::Interval(i) => Some((**i).clone()),
        Answer::Sequence(bracket @ (Bracket::Tuple | Bracket::List), items) => match items.as_slice() {
            [Answer::Scalar(low), Answer::Scalar(high)] => {
                let open = *bracket == Bracket::Tuple;
                Some(Interval { low: low.clone(), low_open: open, high: high.clone(), high_open: open })
            }
            _ => None,
        },
        _ => None,
    }
}

fn intervals(a: &Interval, b: &Interval, around: &Around) -> Finding {
    if (a.low_open, a.high_open) != (b.low_open, b.high_open) {
        let (end, open) = if a.low_open == b.low_open { ("upper", a.high_open) } else { ("lower", a.low_open) };
        let (holds, leaves) = if open { ("response", "reference") } else { ("reference", "response") };
        let reason = format!("the {holds} holds the {end} end of its interval, and the {leaves} leaves its own out");
        return Finding::different(Tier::Structure, reason);
    }
    let end = |x: &Expr, y: &Expr| answers(&Answer::Scalar(x.clone()), &Answer::Scalar(y.clone()), around);
    let (low, high) = (end(&a.low, &b.low), end(&a.high, &b.high));
    match (low.is_same(), high.is_same()) {
        (true, true) => Finding {
            used: low.used.union(high.used),
            ..Finding::same(Tier::Structure, "the same ends, open and closed alike")
        },
        (false, _) => low.within("at the lower ends"),
        _ => high.within("at the upper ends"),
    }
}

/// The real value of an end; infinities included.
fn end(e: &Expr) -> Option<f64> {
    if e.has_infinity() {
        return match e {
            Expr::Constant(_) => Some(f64::INFINITY),
            Expr::Product(f) if f.len() == 2 && f[0].number().is_some_and(crate::answer::Number::is_negative) => {
                Some(f64::NEG_INFINITY)
            }
            _ => None,
        };
    }
    if !e.is_constant() {
        return None;
    }
    eval::constant(e).filter(|v| v.is_real()).map(|v| v.re)
}

fn to_set(answer: &Answer, variable: &mut Option<String>, top: bool) -> Option<RealSet> {
    match answer {
        Answer::Interval(i) => span(i),
        Answer::NamedSet("R") => Some(RealSet::All),
        Answer::NamedSet("empty") => Some(RealSet::Empty),
        Answer::Sequence(Bracket::Set, items) => points(items),
        Answer::Sequence(Bracket::Tuple | Bracket::List, items) if items.len() == 2 && top => {
            span(&pair_as_interval(answer)?)
        }
        Answer::SetOf(operation, parts) => {
            let mut sets = parts.iter().map(|p| to_set(p, variable, true)).collect::<Option<Vec<_>>>()?;
            Some(match operation {
                SetOperation::Union => RealSet::Union(sets),
                SetOperation::Intersection => RealSet::Intersection(sets),
                SetOperation::Difference => {
                    let first = sets.remove(0);
                    RealSet::Intersection(vec![first, RealSet::Complement(Box::new(RealSet::Union(sets)))])
                }
            })
        }
        Answer::Builder(subject, condition) => {
            // `{x ∈ R | …}`: the subject may carry its own set.
            match &**subject {
                Answer::Relation(operands, relations)
                    if relations.as_slice() == [Relation::In]
                        && matches!(operands.get(1), Some(Answer::NamedSet("Z" | "N"))) =>
                {
                    let natural = operands.get(1) == Some(&Answer::NamedSet("N"));
                    return to_set(condition, &mut None, false)?.integers(natural);
                }
                Answer::Scalar(Expr::Symbol(_)) => {}
                Answer::Relation(operands, relations)
                    if relations.as_slice() == [Relation::In] && operands.get(1) == Some(&Answer::NamedSet("R")) => {}
                _ => return None,
            }
            let mut bound = None;
            to_set(condition, &mut bound, false)
        }
        Answer::Logic(connective @ (Connective::And | Connective::Or), parts) => {
            let sets = parts.iter().map(|p| to_set(p, variable, false)).collect::<Option<Vec<_>>>()?;
            Some(if *connective == Connective::And { RealSet::Intersection(sets) } else { RealSet::Union(sets) })
        }
        Answer::Not(inner) => Some(RealSet::Complement(Box::new(to_set(inner, variable, false)?))),
        Answer::Boolean(b) if !top => Some(if *b { RealSet::All } else { RealSet::Empty }),
        Answer::Relation(operands, relations) => {
            let mut parts = Vec::with_capacity(relations.len());
            for (i, r) in relations.iter().enumerate() {
                parts.push(condition(&operands[i], *r, &operands[i + 1], variable)?);
            }
            Some(if parts.len() == 1 { parts.remove(0) } else { RealSet::Intersection(parts) })
        }
        _ => None,
    }
}

fn span(i: &Interval) -> Option<RealSet> {
    Some(RealSet::Span { low: end(&i.low)?, low_open: i.low_open, high: end(&i.high)?, high_open: i.high_open })
}

fn points(items: &[Answer]) -> Option<RealSet> {
    items.iter().map(|i| i.scalar().and_then(end)).collect::<Option<Vec<_>>>().map(RealSet::Points)
}

/// A point where one symbol has a value and nothing else does.
struct At<'a>(&'a str, f64);

impl Point for At<'_> {
    fn symbol(&self, name: &str) -> Option<f64> {
        (name == self.0).then_some(self.1)
    }

    fn unknown(&self, _: &str, _: &[Value]) -> Option<f64> {
        None
    }
}

/// The set on which one relation holds, affine in one variable.
fn condition(left: &Answer, relation: Relation, right: &Answer, variable: &mut Option<String>) -> Option<RealSet> {
    if matches!(relation, Relation::In | Relation::NotIn) {
        let Answer::Scalar(Expr::Symbol(name)) = left else { return None };
        named(variable, name)?;
        let set = to_set(right, &mut None, true)?;
        return Some(if relation == Relation::In { set } else { RealSet::Complement(Box::new(set)) });
    }
    let (left, right) = (left.scalar()?, right.scalar()?);
    // Infinity bounds nothing.
    if left.has_infinity() || right.has_infinity() {
        let other = if left.has_infinity() { right } else { left };
        if let Expr::Symbol(name) = other {
            named(variable, name)?;
            return relation.is_order().then_some(RealSet::All);
        }
        return None;
    }
    let symbols = {
        let mut s = left.symbols();
        s.extend(right.symbols());
        s.sort_unstable();
        s.dedup();
        s
    };
    let [name] = symbols.as_slice() else { return None };
    named(variable, name)?;
    if let Some(set) = absolute(left, relation, right).or_else(|| absolute(right, relation.flipped(), left)) {
        return Some(set);
    }
    let f = |x: f64| Some(eval::at(left, &At(name, x))?.re - eval::at(right, &At(name, x))?.re);
    let (zero, one, two, seven) = (f(0.0)?, f(1.0)?, f(2.0)?, f(7.25)?);
    let slope = one - zero;
    let scale = zero.abs().max(one.abs()).max(1e-300);
    if let Some(set) = quadratic(&f, relation) {
        return Some(set);
    }
    if slope == 0.0
        || (f(-3.5)? - zero + 3.5 * slope).abs() > 1e-11 * scale
        || (two - zero - 2.0 * slope).abs() > 1e-12 * scale
        || (seven - zero - 7.25 * slope).abs() > 1e-11 * scale
    {
        return None;
    }
    let root = if let (Expr::Symbol(_), true) = (left, right.is_constant()) {
        end(right)?
    } else if let (true, Expr::Symbol(_)) = (left.is_constant(), right) {
        end(left)?
    } else {
        -zero / slope
    };
    let relation = if slope < 0.0 { relation.flipped() } else { relation };
    Some(match relation {
        Relation::Less => RealSet::Span { low: f64::NEG_INFINITY, low_open: true, high: root, high_open: true },
        Relation::LessEqual => RealSet::Span { low: f64::NEG_INFINITY, low_open: true, high: root, high_open: false },
        Relation::Greater => RealSet::Span { low: root, low_open: true, high: f64::INFINITY, high_open: true },
        Relation::GreaterEqual => RealSet::Span { low: root, low_open: false, high: f64::INFINITY, high_open: true },
        Relation::Equal => RealSet::Points(vec![root]),
        Relation::NotEqual => RealSet::Complement(Box::new(RealSet::Points(vec![root]))),
        _ => return None,
    })
}

/// The set on which `|a x + b|` stands in a relation to a constant.
fn absolute(left: &Expr, relation: Relation, right: &Expr) -> Option<RealSet> {
    let (Expr::Call(name, arguments), true) = (left, right.is_constant()) else { return None };
    let ([inner], true) = (arguments.as_slice(), name == "abs") else { return None };
    let symbols = inner.symbols();
    let [symbol] = symbols.as_slice() else { return None };
    let f = |x: f64| Some(eval::at(inner, &At(symbol, x))?.re);
    let (zero, one, far) = (f(0.0)?, f(1.0)?, f(-3.5)?);
    let slope = one - zero;
    if slope == 0.0 || (far - zero + 3.5 * slope).abs() > 1e-11 * zero.abs().max(one.abs()) {
        return None;
    }
    let bound = end(right)?;
    let (x, y) = ((-bound - zero) / slope, (bound - zero) / slope);
    between(x.min(y), x.max(y), relation, bound < 0.0, bound == 0.0)
}

/// The set on which a quadratic function stands in a relation to zero.
fn quadratic(f: &dyn Fn(f64) -> Option<f64>, relation: Relation) -> Option<RealSet> {
    let (zero, one, minus) = (f(0.0)?, f(1.0)?, f(-1.0)?);
    let (c, b, a) = (zero, (one - minus) / 2.0, f64::midpoint(one, minus) - zero);
    let scale = a.abs().max(b.abs()).max(c.abs());
    let fits = |x: f64| Some((f(x)? - (a * x * x + b * x + c)).abs() <= 1e-10 * scale * (1.0 + x * x));
    if a.abs() <= 1e-9 * scale || !(fits(2.0)? && fits(-3.5)? && fits(7.25)?) {
        return None;
    }
    let d = b * b - 4.0 * a * c;
    let double = d.abs() <= 1e-12 * (b * b).max((a * c).abs());
    let root = if double { 0.0 } else { d.max(0.0).sqrt() };
    let (x, y) = ((-b - root) / (2.0 * a), (-b + root) / (2.0 * a));
    let relation = if a < 0.0 { relation.flipped() } else { relation };
    between(x.min(y), x.max(y), relation, d < 0.0 && !double, double)
}

/// Where something that is below its bound between two places is in a relation to it: `nowhere` below it at all, or
/// only `touching` it at one place.
fn between(low: f64, high: f64, relation: Relation, nowhere: bool, touching: bool) -> Option<RealSet> {
    let span = |low_open| RealSet::Span { low, low_open, high, high_open: low_open };
    let points = || RealSet::Points(if touching { vec![low] } else { vec![low, high] });
    let outside = |set: RealSet| RealSet::Complement(Box::new(set));
    Some(match (relation, nowhere, touching) {
        (Relation::Less | Relation::LessEqual | Relation::Equal, true, _) | (Relation::Less, _, true) => RealSet::Empty,
        (Relation::Greater | Relation::GreaterEqual | Relation::NotEqual, true, _)
        | (Relation::GreaterEqual, _, true) => RealSet::All,
        (Relation::Less, ..) => span(true),
        (Relation::LessEqual, _, true) | (Relation::Equal, ..) => points(),
        (Relation::LessEqual, ..) => span(false),
        (Relation::Greater, _, true) | (Relation::NotEqual, ..) => outside(points()),
        (Relation::Greater, ..) => outside(span(false)),
        (Relation::GreaterEqual, ..) => outside(span(true)),
        _ => return None,
    })
}

/// Notes the variable; `None` where another one was there.
fn named(variable: &mut Option<String>, name: &str) -> Option<()> {
    match variable {
        Some(known) if known != name => None,
        Some(_) => Some(()),
        None => {
            *variable = Some(name.to_owned());
            Some(())
        }
    }
}

impl RealSet {
    /// Whether it holds a number.
    fn contains(&self, x: f64) -> bool {
        let near = |e: f64| (e - x).abs() <= SNAP * x.abs().max(1.0);
        match self {
            Self::Empty => false,
            Self::All => true,
            Self::Points(points) => points.iter().any(|p| near(*p)),
            Self::Span { low, low_open, high, high_open } => {
                (if near(*low) { !low_open } else { x > *low }) && (if near(*high) { !high_open } else { x < *high })
            }
            Self::Union(parts) => parts.iter().any(|p| p.contains(x)),
            Self::Intersection(parts) => parts.iter().all(|p| p.contains(x)),
            Self::Complement(inner) => !inner.contains(x),
        }
    }

    /// The integers in it, from 1 on where only `natural` ones are meant; `None` where there is no end to them.
    fn integers(&self, natural: bool) -> Option<Self> {
        let mut ends = Vec::new();
        self.ends(&mut ends);
        ends.retain(|e| e.is_finite());
        let (low, high) = ends.iter().fold((0.0f64, 0.0f64), |(l, h), e| (l.min(*e), h.max(*e)));
        let (low, high) = (if natural { 1.0 } else { low.floor() - 1.0 }, high.ceil() + 1.0);
        if high - low > 2_000.0 || self.contains(high + 1.0) || !natural && self.contains(low - 1.0) {
            return None;
        }
        let mut points = Vec::new();
        let mut x = low;
        while x <= high {
            if self.contains(x) {
                points.push(x);
            }
            x += 1.0;
        }
        Some(Self::Points(points))
    }

    fn ends(&self, out: &mut Vec<f64>) {
        match self {
            Self::Empty | Self::All => {}
            Self::Points(points) => out.extend(points),
            Self::Span { low, high, .. } => out.extend([*low, *high]),
            Self::Union(parts) | Self::Intersection(parts) => parts.iter().for_each(|p| p.ends(out)),
            Self::Complement(inner) => inner.ends(out),
        }
    }

    /// Whether it holds a place: an end (odd numbers) or a gap between ends (even numbers).
    fn holds(&self, place: usize, of: &dyn Fn(f64) -> usize) -> bool {
        match self {
            Self::Empty => false,
            Self::All => true,
            Self::Points(points) => points.iter().any(|p| of(*p) == place),
            Self::Span { low, low_open, high, high_open } => {
                let (low, high) = (of(*low), of(*high));
                (place > low || place == low && !low_open) && (place < high || place == high && !high_open)
            }
            Self::Union(parts) => parts.iter().any(|p| p.holds(place, of)),
            Self::Intersection(parts) => parts.iter().all(|p| p.holds(place, of)),
            Self::Complement(inner) => !inner.holds(place, of),
        }
    }
}

/// That two sets hold the same of the line, by the ends that part it.
fn same_parts(ends: &[f64]) -> String {
    match ends {
        [] => "neither set has an end on the real line, and they hold the same of it".to_owned(),
        [_, ..] if ends.len() <= 6 => {
            let ends: Vec<String> = ends.iter().map(|e| plain(*e, 9)).collect();
            format!(
                "both sets have their ends at {}, and hold the same of them and of what is between",
                ends.join(", ")
            )
        }
        _ => format!("both sets have the same {} ends, and hold the same of them and of what is between", ends.len()),
    }
}

fn decide(a: &RealSet, b: &RealSet) -> Finding {
    let mut ends = Vec::new();
    a.ends(&mut ends);
    b.ends(&mut ends);
    if ends.len() > ENDS {
        return Finding::unknown(Tier::Structure, "the sets have too many parts to compare within bounds");
    }
    ends.retain(|e| e.is_finite());
    ends.sort_by(f64::total_cmp);
    ends.dedup_by(|x, y| (*x - *y).abs() <= SNAP * x.abs().max(y.abs()));
    let places = 2 * ends.len() + 1;
    let of = |e: f64| {
        if e == f64::NEG_INFINITY {
            return 0;
        }
        if e == f64::INFINITY {
            return places;
        }
        let at = ends.partition_point(|x| *x < e - SNAP * e.abs());
        2 * at + 1
    };
    // The leftmost gap is 0; an interval from minus infinity must hold it.
    let shifted =
        |set: &RealSet, place: usize| set.holds(place, &|e| if e == f64::NEG_INFINITY { 0 } else { of(e) + 1 });
    for place in 1..=places {
        if shifted(a, place) != shifted(b, place) {
            let index = (place - 1) / 2;
            let whereabouts = if place % 2 == 0 {
                format!("{} itself", plain(ends[index], 9))
            } else {
                match (index.checked_sub(1).map(|i| ends[i]), ends.get(index)) {
                    (None, Some(high)) => format!("what is below {}", plain(*high, 9)),
                    (Some(low), Some(high)) => format!("what is between {} and {}", plain(low, 9), plain(*high, 9)),
                    (Some(low), None) => format!("what is above {}", plain(low, 9)),
                    (None, None) => "the whole line".to_owned(),
                }
            };
            let sides = ["reference", "response"];
            let [holder, other] = if shifted(a, place) { sides } else { [sides[1], sides[0]] };
            return Finding::different(
                Tier::Structure,
                format!("the {holder} holds {whereabouts}, and the {other} does not"),
            );
        }
    }
    Finding::same(Tier::Structure, same_parts(&ends))
}
