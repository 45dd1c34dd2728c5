//! Numbers in a base in the spellings that are no plain formula: `(1011)_2`, `2A_{16}`, `1011 base 2`, `120_{\text{five}}`.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Num, Pow};

use super::number::Number;
use super::{Answer, Expr};

/// Longest text that is looked at.
const LONGEST: usize = 200;

/// Names of bases.
const NAMES: &[(&str, u32)] = &[
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("sixteen", 16),
    ("bin", 2),
    ("hex", 16),
    ("oct", 8),
];

/// The number in a base that a text is.
pub(super) fn read(text: &str) -> Option<Answer> {
    if text.len() > LONGEST {
        return None;
    }
    if !text.contains('_') && !text.contains("base ") {
        return None;
    }
    let (digits, base) = if let Some((digits, base)) = text.rsplit_once('_') {
        (digits, base_of(base)?)
    } else {
        let (digits, rest) = text.split_once(" base ").or_else(|| text.split_once(" (base "))?;
        (digits, base_of(rest.trim_end_matches(')').trim_start_matches('-'))?)
    };
    let mut bare = digits.trim();
    let (negative, rest) = bare.strip_prefix('-').map_or((false, bare), |r| (true, r));
    bare = rest;
    for (open, close) in [("\\mathrm{", "}"), ("\\text{", "}"), ("\\left(", "\\right)"), ("(", ")")] {
        bare = bare.strip_prefix(open).and_then(|b| b.strip_suffix(close)).unwrap_or(bare).trim();
    }
    let (whole, fraction) = bare.split_once('.').map_or((bare, ""), |(w, f)| (w, f));
    let letters = bare.chars().any(char::is_alphabetic);
    let valid = |t: &str| t.chars().all(|c| c.is_digit(base));
    // `a_{16}` is the sixteenth of a sequence.
    let digits_too = bare.chars().any(|c| c.is_ascii_digit()) || base == 16 && bare.len() >= 2;
    if whole.is_empty() || !valid(whole) || !valid(fraction) || letters && (base <= 10 || !digits_too) {
        return None;
    }
    let joined = BigInt::from_str_radix(&format!("{whole}{fraction}"), base).ok()?;
    let scale = Pow::pow(BigInt::from(base), u32::try_from(fraction.len()).ok()?);
    let value = Number::exact(BigRational::new(joined, scale));
    let value = if negative { value.negated() } else { value };
    if !fraction.is_empty() {
        return Some(Answer::Scalar(Expr::Number(value)));
    }
    let digits = format!("{}{}", if negative { "-" } else { "" }, whole.to_uppercase());
    Some(Answer::Based(digits, base, Box::new(value)))
}

fn base_of(text: &str) -> Option<u32> {
    let mut t = text.trim();
    for (open, close) in [("{", "}"), ("\\text{", "}"), ("\\mathrm{", "}"), ("(", ")")] {
        t = t.strip_prefix(open).and_then(|b| b.strip_suffix(close)).unwrap_or(t).trim();
    }
    let lower = t.to_lowercase();
    let named = NAMES.iter().find(|(name, _)| *name == lower).map(|(_, base)| *base);
    named.or_else(|| t.parse().ok()).filter(|b| (2..=36).contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_base_are_read() {
        let value = |text: &str| match read(text) {
            Some(Answer::Based(_, _, n)) => n.to_i64(),
            _ => None,
        };
        for (text, wanted) in
            [("(1011)_2", 11), ("2A_{16}", 42), ("1011 base 2", 11), ("120_{\\text{five}}", 35), ("-11_2", -3)]
        {
            assert_eq!(value(text), Some(wanted), "{text}");
        }
        for text in ["a_{16}", "x_1", "12_2", "a_n", "3_40"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
