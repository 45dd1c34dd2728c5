//! Numerals in a row of characters, the same in every notation.

use super::number::Number;

/// Reads a number at `at`: digits, grouping commas where allowed, a point, an exponent. Gives it and where it ends.
pub(super) fn number(chars: &[char], at: usize, grouped: bool, exponent: bool) -> Option<(Number, usize)> {
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
