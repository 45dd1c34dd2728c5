//! Tier 3, values with units: by dimension and scale; degrees and radians, percent, money, bases.

use std::fmt::Write as _;

use num_rational::BigRational;
use num_traits::Signed as _;

use super::asks::Ask;
use super::finding::{Around, Finding};
use super::reason::{Reason, quoted};
use super::witness::valued;
use super::{Leniency, Tier, number};
use crate::answer::{Answer, Constant, Expr, Number, Unit};

/// Compares where at least one is a quantity and the other a quantity or a bare value.
pub(super) fn compare(reference: &Answer, response: &Answer, around: &Around) -> Finding {
    match (reference, response) {
        (Answer::Quantity(a, u), Answer::Quantity(b, v)) => both(a, u, b, v, around),
        (Answer::Quantity(a, u), Answer::Scalar(b)) => one(a, b, u, b, around),
        (Answer::Scalar(a), Answer::Quantity(b, v)) => one(a, b, v, a, around),
        _ => Finding::different(Tier::Number, Reason::kinds(reference, response)),
    }
}

fn values(a: &Expr, b: &Expr, unit: &Unit, around: &Around) -> Finding {
    if a.is_constant() && b.is_constant() {
        let mut here = Around::new(around.granted, around.question, around.options, around.tolerance, "");
        here.measured = around.measured || unit.is_physical();
        return number::compare(a, b, &here);
    }
    super::compare::scalars(a, b, around)
}

/// Words behind a number that make another number of it, and so are no unit to be dropped.
const TELLING: &[&str] = &[
    "hundred",
    "hundreds",
    "squared",
    "cubed",
    "bc",
    "bce",
    "below",
    "negative",
    "tenths",
    "hundredths",
    "thousandths",
    "factorial",
    "halves",
    "thirds",
    "quarters",
    "fold",
];

/// The word of a unit that changes the number.
fn telling(unit: &Unit) -> Option<&str> {
    unit.free.iter().map(|(name, _)| name.as_str()).find(|n| TELLING.contains(&n.to_lowercase().as_str()))
}

/// Whether a whole number of two digits or more is the one next to a value: `80` may be exact to its last digit.
fn is_next(whole: &Expr, value: &Expr) -> bool {
    let (Some(whole), Some(value)) = (whole.number(), value.number()) else { return false };
    let apart = whole.value() - value.value();
    let (ten, half) = (BigRational::from_integer(10.into()), BigRational::new(1.into(), 2.into()));
    whole.value().is_integer() && whole.value().abs() >= ten && apart.abs() < half
}

fn both(a: &Expr, u: &Unit, b: &Expr, v: &Unit, around: &Around) -> Finding {
    if let (Some(word), None) | (None, Some(word)) = (telling(u), telling(v)) {
        return Finding::different(Tier::Number, format!("only one of them is so many {}", quoted(&word)));
    }
    if u.same_kind(v) {
        if u.scale == v.scale {
            let found = values(a, b, u, around);
            if u.text == v.text || u.text.is_empty() || v.text.is_empty() {
                return found;
            }
            return found.within(format!("{} and {} are the same unit", quoted(&u.text), quoted(&v.text)));
        }
        // Into the reference's unit, so that its digits keep their meaning.
        let factor = Number::exact(&v.scale / &u.scale);
        let converted = Expr::product(vec![b.clone(), Expr::Number(factor)]);
        let place = format!("in `{}`, the reference's unit, the response is {}", u.text, valued(&converted, 9));
        let found = values(a, &converted, u, around).within(place);
        if !found.is_same() || significant(a) >= 2 || is_next(a, &converted) || !(a.is_constant() && b.is_constant()) {
            return found;
        }
        // "1 mile" is no rounding of 5,300 feet: of one digit, the response's own must say how exact it is. Units are
        // exact to nine digits at least.
        let turned = Expr::product(vec![a.clone(), Expr::Number(Number::exact(&u.scale / &v.scale))]);
        let here = Around::new(around.granted, around.question, around.options, around.tolerance.or(Some(1e-9)), "");
        let place = format!("in `{}`, the response's unit, the reference is {}", v.text, valued(&turned, 9));
        return number::compare(&turned, b, &here).within(place);
    }
    if u.is_degree() && v.is_radian() {
        return values(a, &degrees(b), u, around).within("in degrees");
    }
    if u.is_radian() && v.is_degree() {
        return values(a, &radians(b), u, around).within("in radians");
    }
    if let Some(found) = temperatures(a, u, b, v, around) {
        return found;
    }
    // "pounds" weigh, or are money where the other side is money.
    let pound = |w: &Unit| matches!(w.text.as_str(), "pound" | "pounds");
    let sterling = |w: &Unit| w.free.first().is_some_and(|(code, _)| code == "GBP");
    if pound(u) && sterling(v) || sterling(u) && pound(v) {
        return values(a, b, u, around);
    }
    // Words that are no unit ("square units", "apples") say less than a unit does.
    let wordy = |w: &Unit| !w.free.is_empty() && !w.is_currency() && w.dimension.iter().all(|p| *p == 0);
    if (wordy(u) || u.is_dimensionless()) && v.is_dimensionless() || u.is_dimensionless() && wordy(v) {
        return values(a, b, u, around).needing(Leniency::UnitsDropped, around);
    }
    Finding::different(Tier::Number, format!("`{}` and `{}` are units of different things", u.text, v.text))
}

/// Significant digits that a decimal or an integer is written with; more than any where it is neither.
fn significant(e: &Expr) -> usize {
    let Some(n) = e.number().filter(|n| n.is_integer() || n.precision().is_some()) else { return usize::MAX };
    let digits: String =
        n.to_string().split(['e', 'E']).next().unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    let lead = digits.trim_start_matches('0');
    if n.precision().is_some() { lead.len() } else { lead.trim_end_matches('0').len() }
}

/// Degrees Celsius and Fahrenheit, and kelvin: by the scales where a temperature is meant. A difference of temperatures
/// has the same number in Celsius and kelvin, and what the question asks for tells which is meant.
fn temperatures(a: &Expr, u: &Unit, b: &Expr, v: &Unit, around: &Around) -> Option<Finding> {
    // "20 C" and "32 F" leave the degree out.
    let bare = |w: &Unit, full: &Unit| {
        full.is_celsius() && w.text == "C"
            || full.is_fahrenheit() && w.text == "F"
            || full.is_kelvin() && w.text == "°K"
    };
    if bare(u, v) || bare(v, u) {
        return Some(values(a, b, u, around).needing(Leniency::UnitsDropped, around));
    }
    let scale = |w: &Unit| w.is_celsius() || w.is_fahrenheit() || w.is_kelvin();
    if !scale(u) || !scale(v) {
        return None;
    }
    let difference = around.asks(Ask::Difference);
    let plus = |e: Expr, number: &str| match Number::parse(number.trim_start_matches('-')) {
        Some(n) => Expr::sum(vec![e, Expr::Number(if number.starts_with('-') { n.negated() } else { n })]),
        None => e,
    };
    let times = |e: Expr, n: i64, d: i64| Expr::product(vec![e, Expr::ratio(n, d)]);
    let kelvin = |e: &Expr, w: &Unit| {
        let scaled = Expr::product(vec![e.clone(), Expr::Number(Number::exact(w.scale.clone()))]);
        match (w.is_celsius(), w.is_fahrenheit()) {
            (true, _) if difference => scaled,
            (true, _) => plus(scaled, "273.15"),
            (_, true) if difference => times(scaled, 5, 9),
            (_, true) => times(plus(scaled, "459.67"), 5, 9),
            _ => scaled,
        }
    };
    let into = |e: Expr| match (u.is_celsius(), u.is_fahrenheit()) {
        (true, _) if !difference => plus(e, "-273.15"),
        (_, true) if difference => times(e, 9, 5),
        (_, true) => plus(times(e, 9, 5), "-459.67"),
        _ => e,
    };
    let found = values(a, &into(kelvin(b, v)), u, around).within(format!("in {}, the reference's scale", u.text));
    let kelvin_and_celsius = u.is_kelvin() || v.is_kelvin() && u.is_celsius();
    if !found.is_same() && kelvin_and_celsius && !v.is_fahrenheit() && !difference && values(a, b, u, around).is_same()
    {
        return Some(Finding::unknown(
            Tier::Number,
            "whether temperatures or differences of temperature are meant is not said",
        ));
    }
    Some(found)
}

/// A quantity against a bare value: `bare` is which of `a`, `b` has no unit.
fn one(a: &Expr, b: &Expr, unit: &Unit, bare: &Expr, around: &Around) -> Finding {
    if unit.is_percent() {
        if around.asks(Ask::Count) {
            return Finding::different(
                Tier::Number,
                "the question asks how many, and only one of them is a percentage",
            );
        }
        let constant = a.is_constant() && b.is_constant();
        let plain = if constant {
            values(a, b, unit, around)
        } else {
            Finding::different(
                Tier::Number,
                format!("a percentage is a number, and {} against {} has variables", quoted(a), quoted(b)),
            )
        };
        let with = |e: &Expr| if std::ptr::eq(e, bare) { e.clone() } else { e.clone().over(Expr::integer(100)) };
        let share = values(&with(a), &with(b), unit, &rounded_share(around));
        let found = if plain.is_same() { plain.within("in percent") } else { share.within("as a share of one") };
        return found.needing(Leniency::Percent, around);
    }
    if unit.is_radian() {
        return values(a, b, unit, around);
    }
    if unit.is_degree() {
        let plain = values(a, b, unit, around);
        if plain.is_same() {
            return plain.needing(Leniency::UnitsDropped, around);
        }
        // A bare multiple of pi is in radians.
        let in_radians = bare.any(&|e| matches!(e, Expr::Constant(Constant::Pi)));
        if in_radians {
            let convert = |e: &Expr| if std::ptr::eq(e, bare) { e.clone() } else { radians(e) };
            return values(&convert(a), &convert(b), unit, around).within("in radians");
        }
        return plain;
    }
    if unit.is_dimensionless() && unit.free.is_empty() {
        let factor = Expr::Number(Number::exact(unit.scale.clone()));
        let with =
            |e: &Expr| if std::ptr::eq(e, bare) { e.clone() } else { Expr::product(vec![e.clone(), factor.clone()]) };
        return values(&with(a), &with(b), unit, around);
    }
    if unit.is_currency() && !(a.is_constant() && b.is_constant()) {
        return Finding::different(
            Tier::Number,
            format!("an amount of money is a number, and {} against {} has variables", quoted(a), quoted(b)),
        );
    }
    if let Some(word) = telling(unit) {
        return Finding::different(Tier::Number, format!("only one of them is so many {}", quoted(&word)));
    }
    let leniency = if unit.is_currency() { Leniency::Currency } else { Leniency::UnitsDropped };
    // The unit of a symbol-free value may have been read as symbols on the other side.
    if let Some(Answer::Quantity(value, v)) = as_quantity(bare) {
        return if std::ptr::eq(bare, a) {
            both(&value, &v, b, unit, around)
        } else {
            both(a, unit, &value, &v, around)
        };
    }
    values(a, b, unit, around).needing(leniency, around)
}

/// A share given in percent has the digits of the percentage, two places on.
fn rounded_share<'a>(around: &Around<'a>) -> Around<'a> {
    Around::new(around.granted, around.question, around.options, around.tolerance, "")
}

fn radians(degrees: &Expr) -> Expr {
    Expr::product(vec![degrees.clone(), Expr::Constant(Constant::Pi), Expr::ratio(1, 180)])
}

fn degrees(radians: &Expr) -> Expr {
    Expr::product(vec![
        radians.clone(),
        Expr::integer(180),
        Expr::power(Expr::Constant(Constant::Pi), Expr::integer(-1)),
    ])
}

/// Reads `25*g` as a quantity: a number times symbols that are all units.
fn as_quantity(e: &Expr) -> Option<Answer> {
    let Expr::Product(factors) = e else { return None };
    let (units, value): (Vec<&Expr>, Vec<&Expr>) = factors.iter().partition(|f| !f.is_constant());
    if value.is_empty() || units.is_empty() {
        return None;
    }
    let mut text = String::new();
    for u in units {
        let (name, power) = match u {
            Expr::Symbol(name) => (name, 1),
            Expr::Power(base, exponent) => match (&**base, exponent.number().and_then(Number::to_i64)) {
                (Expr::Symbol(name), Some(n)) => (name, n),
                _ => return None,
            },
            _ => return None,
        };
        Unit::named(name)?;
        text.push_str(if text.is_empty() { "" } else { "*" });
        let _ = write!(text, "{name}^({power})");
    }
    let unit = Unit::parse(&text)?;
    Some(Answer::Quantity(Expr::product(value.into_iter().cloned().collect()), Box::new(unit)))
}

/// Two expressions that are not the same as functions: as quantities, where the symbols of both are units of one kind
/// or those of one are and the other has none.
pub(super) fn from_symbols(a: &Expr, b: &Expr, around: &Around) -> Option<Finding> {
    match (as_quantity(a), as_quantity(b)) {
        (Some(Answer::Quantity(x, u)), Some(Answer::Quantity(y, v))) => {
            let found = both(&x, &u, &y, &v, around);
            found.is_same().then_some(found)
        }
        // `10cm` against `10`, only where the name can hardly be a variable.
        (Some(Answer::Quantity(x, u)), None) if b.is_constant() && u.text.len() > 5 => {
            let found = values(&x, b, &u, around).needing(Leniency::UnitsDropped, around);
            found.is_same().then_some(found)
        }
        _ => None,
    }
}

/// Numbers in a base: by value, or by digits where the response leaves out the base that the reference names.
pub(super) fn bases(reference: &Answer, response: &Answer, around: &Around) -> Finding {
    let exact = |n: &Number| Expr::Number(n.clone());
    match (reference, response) {
        (Answer::Based(_, _, a), Answer::Based(_, _, b)) => number::compare(&exact(a), &exact(b), around),
        (Answer::Based(digits, base, value), Answer::Scalar(e)) => {
            let written = Number::parse(digits.trim_start_matches('-'));
            let written = written.map(|n| if digits.starts_with('-') { n.negated() } else { n });
            if around.asks(Ask::Base) && written.is_some_and(|n| exact(&n) == *e) {
                return Finding::same(
                    Tier::Number,
                    format!("the digits are the same and the response leaves out the base {base}"),
                )
                .needing(Leniency::UnitsDropped, around);
            }
            number::compare(&exact(value), e, around)
        }
        (Answer::Scalar(e), Answer::Based(digits, base, value)) => {
            let written = Number::parse(digits).map(|n| exact(&n));
            if around.asks(Ask::Base) && written.as_ref() == Some(e) {
                return Finding::same(Tier::Number, format!("the digits are the same, in base {base}"));
            }
            number::compare(e, &exact(value), around)
        }
        _ => Finding::different(Tier::Number, Reason::kinds(reference, response)),
    }
}
