//! Tier 2, dates and times of day.

use super::asks::Ask;
use super::finding::{Around, Finding};
use super::{Leniency, Tier, compare, number};
use crate::answer::calendar::{Date, Time};
use crate::answer::{Answer, Expr, Unit};

/// Two dates. What the reference leaves open the response may say; the other way round nothing is decided.
pub(super) fn dates(reference: Date, response: Date, around: &Around) -> Finding {
    let differ = || Finding::different(Tier::Structure, format!("{reference} and {response} are different dates"));
    let agree = |a: Date, b: Date| {
        a.month == b.month
            && (a.year.is_none() || b.year.is_none() || a.year == b.year)
            && (a.day.is_none() || b.day.is_none() || a.day == b.day)
    };
    if !agree(reference, response) {
        let other = reference.ambiguous && agree(reference.swapped(), response)
            || response.ambiguous && agree(reference, response.swapped());
        if other {
            return Finding::unknown(Tier::Structure, "which is the day and which the month is not said");
        }
        return differ();
    }
    if reference.ambiguous != response.ambiguous {
        return Finding::unknown(Tier::Structure, "which is the day and which the month is not said");
    }
    let less = reference.year.is_some() && response.year.is_none() || reference.day.is_some() && response.day.is_none();
    if less {
        return Finding::unknown(Tier::Structure, format!("{response} says less than {reference}"));
    }
    if (reference.year, reference.day) == (response.year, response.day) {
        return Finding::same(Tier::Structure, "both are the same date");
    }
    Finding::same(Tier::Structure, format!("{response} is in {reference}")).needing(Leniency::Prose, around)
}

/// Two times of day, or ratios, or spans.
pub(super) fn times(reference: Time, response: Time, around: &Around) -> Finding {
    let alike = reference.seconds.is_some() == response.seconds.is_some() || reference.of_day || response.of_day;
    if reference.total() == response.total() && alike {
        return Finding::same(Tier::Structure, "both are the same time");
    }
    let ratio = around.asks(Ask::Ratio);
    if let (true, Some(a), Some(b)) = (ratio, as_ratio(reference), as_ratio(response)) {
        return number::compare(&a, &b, around);
    }
    if reference.seconds.or(response.seconds).is_none() && !reference.of_day && !response.of_day {
        let product = |a: Time, b: Time| u32::from(a.hours) * u32::from(b.minutes);
        if product(reference, response) == product(response, reference) {
            return Finding::unknown(Tier::Structure, "they are the same ratio and different times");
        }
    }
    let open = |t: Time| !t.of_day && t.hours <= 12;
    let spoken = open(reference) || open(response);
    // "2:30" may be in the afternoon.
    if spoken && reference.total().abs_diff(response.total()) == 12 * 3600 {
        return Finding::unknown(Tier::Structure, "whether it is morning or afternoon is not said");
    }
    Finding::different(Tier::Structure, format!("{reference} and {response} are different times"))
}

/// The ratio that `10:15` may be.
fn as_ratio(time: Time) -> Option<Expr> {
    let plain = time.seconds.is_none() && !time.of_day && time.minutes > 0;
    plain.then(|| Expr::ratio(i64::from(time.hours), i64::from(time.minutes)))
}

/// A time against something else: a span against a duration, a ratio against a value.
pub(super) fn other(time: Time, answer: &Answer, time_first: bool, around: &Around) -> Option<Finding> {
    let this = match answer {
        Answer::Quantity(_, unit) if !time.of_day && unit.same_kind(&Unit::named("s")?) => {
            if time.seconds.is_none() {
                return Some(Finding::unknown(Tier::Structure, "whether it is hours or minutes is not said"));
            }
            Answer::Quantity(Expr::integer(time.total()), Box::new(Unit::named("s")?))
        }
        Answer::Date(_) | Answer::Time(_) => return None,
        _ => Answer::Scalar(as_ratio(time)?),
    };
    let (a, b) = if time_first { (&this, answer) } else { (answer, &this) };
    Some(compare::answers(a, b, around))
}
