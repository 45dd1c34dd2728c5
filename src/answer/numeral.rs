//! Numerals in a row of characters, the same in every notation.

use num_bigint::BigInt;
use num_rational::BigRational;

use super::number::Number;

/// Reads a number at `at`: digits, grouping commas where allowed, a point, an exponent. Gives it and where it ends.
pub(super) fn number(chars: &[char], at: usize, grouped: bool, exponent: bool) -> Option<(Number, usize)> {
    if let Some(found) = prefixed(chars, at) {
        return Some(found);
    }
    let mut end = at;
    let mut text = String::new();
    let digits = |from: usize| chars[from..].iter().take_while(|c| c.is_ascii_digit()).count();
    let lead = digits(at);
    text.extend(&chars[at..at + lead]);
    end += lead;
    if grouped && (1..=3).contains(&lead) && chars[at] != '0' {
        let group = |from: usize, mark: char| chars.get(from) == Some(&mark) && digits(from + 1) == 3;
        for mark in [',', ' '] {
            let mut here = end;
            while group(here, mark) {
                here += 4;
            }
            // `1,000,20` is a list, and so is `1 000 2`.
            let follows = chars.get(here) == Some(&mark) && chars.get(here + 1).is_some_and(char::is_ascii_digit);
            if here > end && !follows {
                text.extend(chars[end..here].iter().filter(|c| c.is_ascii_digit()));
                end = here;
                break;
            }
        }
    }
    if chars.get(end) == Some(&'.') {
        let fraction = digits(end + 1);
        if fraction > 0 || lead > 0 && !chars.get(end + 1).is_some_and(|c| c.is_alphanumeric() || *c == '.') {
            if fraction > 0 {
                text.push('.');
                text.extend(&chars[end + 1..=end + fraction]);
            }
            end += 1 + fraction;
        }
    }
    if let Some((digits, to)) = period(chars, at, end) {
        return Number::parse(text.strip_suffix('.').unwrap_or(&text))?.repeating(&digits, true).map(|n| (n, to));
    }
    if exponent && matches!(chars.get(end), Some('e' | 'E')) {
        let sign = usize::from(matches!(chars.get(end + 1), Some('+' | '-')));
        let power = digits(end + 1 + sign);
        if power > 0 && !chars.get(end + 1 + sign + power).is_some_and(|c| c.is_alphabetic()) {
            text.extend(&chars[end..=end + sign + power]);
            end += 1 + sign + power;
        }
    }
    Number::parse(&text).map(|n| (n, end))
}

/// A number of a program with the sign of its base: `0xff`, `0b1011`, `0o17`.
fn prefixed(chars: &[char], at: usize) -> Option<(Number, usize)> {
    let base = match (chars.get(at)?, chars.get(at + 1)?) {
        ('0', 'x' | 'X') => 16,
        ('0', 'b' | 'B') => 2,
        ('0', 'o' | 'O') => 8,
        _ => return None,
    };
    let digits: String = chars[at + 2..].iter().take(256).take_while(|c| c.is_digit(base)).collect();
    let end = at + 2 + digits.len();
    if digits.is_empty() || chars.get(end).is_some_and(|c| c.is_alphanumeric()) {
        return None;
    }
    let value = BigInt::parse_bytes(digits.as_bytes(), base)?;
    Some((Number::exact(BigRational::from_integer(value)), end))
}

/// The digits that repeat behind a decimal that ends at `end`, in brackets as in `0.1(6)` or told by dots as in
/// `0.333...`, and where the notation ends.
fn period(chars: &[char], at: usize, end: usize) -> Option<(String, usize)> {
    let point = (at..end).find(|i| chars[*i] == '.')?;
    if chars.get(end) == Some(&'(') {
        let length = chars[end + 1..].iter().take_while(|c| c.is_ascii_digit()).count();
        let closed = chars.get(end + 1 + length) == Some(&')');
        return (length > 0 && closed).then(|| (chars[end + 1..=end + length].iter().collect(), end + length + 2));
    }
    let fraction = &chars[point + 1..end];
    if fraction.is_empty() || !chars[end..].starts_with(&['.', '.', '.']) {
        return None;
    }
    // A block that stands twice, or three times where it is one digit.
    let block = (1..=fraction.len() / 2).find(|p| {
        let times = if *p == 1 { 3 } else { 2 };
        let from = fraction.len().checked_sub(p * times);
        from.is_some_and(|from| fraction[from..].chunks(*p).all(|c| c == &fraction[fraction.len() - p..]))
    })?;
    Some((fraction[fraction.len() - block..].iter().collect(), end + 3))
}
