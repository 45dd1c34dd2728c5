//! Numbers written with the separators of other places: `1.234,56`, `12,34,567`, `1'000`, `3,14`.

use super::Tier;
use super::finding::Finding;
use crate::answer::{Answer, Expr, Number, clean};

/// Longest text that is looked at.
const LONGEST: usize = 80;

/// The numbers that a text may be under some convention of separators; empty for what is no number with separators.
fn readings(text: &str) -> Vec<Number> {
    let possible = |b: u8| b.is_ascii_digit() || b",.'_ -\\$!{}".contains(&b) || !b.is_ascii();
    if text.len() > LONGEST || !text.contains([',', '.', '\'', '_', ' ']) || !text.bytes().all(possible) {
        return Vec::new();
    }
    let cleaned = clean::clean(text).replace("\\ ", " ").replace("\\,", " ");
    let (sign, body) = cleaned.strip_prefix('-').map_or((false, cleaned.as_str()), |b| (true, b));
    let allowed = |c: char| c.is_ascii_digit() || ",.'_ ".contains(c);
    if !body.starts_with(|c: char| c.is_ascii_digit()) || !body.chars().all(allowed) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (group, point) in [(',', '.'), ('.', ','), ('\'', '.'), ('_', '.'), (' ', '.'), (' ', ',')] {
        let (whole, fraction) = body.rsplit_once(point).map_or((body, None), |(w, f)| (w, Some(f)));
        let digits_only = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        let plain = digits_only(whole);
        // `1,2` is a list of two sooner than a decimal.
        let list = point == ',' && plain && whole != "0" && fraction.is_some_and(|f| f.len() < 2);
        if list
            || fraction.is_some_and(|f| !digits_only(f))
            || !(plain || grouped(whole, group, 3) || grouped(whole, group, 2))
        {
            continue;
        }
        let mut text: String = whole.chars().filter(char::is_ascii_digit).collect();
        if let Some(fraction) = fraction {
            text.push('.');
            text.push_str(fraction);
        }
        found.extend(Number::parse(&text).map(|n| if sign { n.negated() } else { n }));
    }
    found
}

/// Whether digits are parted as people do: a short group, groups of `width`, and three last.
fn grouped(text: &str, mark: char, width: usize) -> bool {
    let parts: Vec<&str> = text.split(mark).collect();
    let [first, middle @ .., last] = parts.as_slice() else { return false };
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    parts.iter().all(|p| digits(p))
        && (1..=width).contains(&first.len())
        && middle.iter().all(|p| p.len() == width)
        && last.len() == 3
}

/// Whether one side is the number that the other is, written with other separators.
pub(super) fn same_number(wanted: &str, reference: &Answer, said: &str, response: &Answer) -> Option<Finding> {
    let number = |a: &Answer| match a {
        Answer::Scalar(Expr::Number(n)) => Some(n.clone()),
        _ => None,
    };
    // What is a number as it stands is that number.
    let agree = |value: Option<Number>, text: &str, read: &Answer| {
        number(read).is_none() && value.is_some_and(|n| readings(text).iter().any(|r| r.value() == n.value()))
    };
    (agree(number(reference), said, response) || agree(number(response), wanted, reference))
        .then(|| Finding::same(Tier::Number, "the same number with other separators"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_of_other_places_are_read() {
        let has = |text: &str, value: &str| readings(text).contains(&Number::parse(value).unwrap());
        for (text, value) in [
            ("1.234,56", "1234.56"),
            ("12,34,567", "1234567"),
            ("1'234'567", "1234567"),
            ("1_000", "1000"),
            ("3,14", "3.14"),
            ("1\\ 000\\ 000", "1000000"),
        ] {
            assert!(has(text, value), "{text}");
        }
        for text in ["1,2,3", "1,2", "12,3456,1", "a,b", "1..2", ",5"] {
            assert_eq!(readings(text), Vec::new(), "{text}");
        }
    }
}
