//! Amounts that the parser does not read: units in LaTeX, several units in one amount, money with a word of scale.

use num_traits::Signed;

use super::read::{Hints, read};
use super::unit::Unit;
use super::{Answer, Expr, Number, words};

/// Longest text that is read as an amount.
const LONGEST: usize = 160;

/// Reads a text that is a number with its unit, and nothing else. `None` where a unit's letters may be variables.
pub(super) fn amount(text: &str) -> Option<Answer> {
    let text = text.trim();
    // Letters or a sign must stand beside the digits.
    let named = text.bytes().any(|b| b.is_ascii_alphabetic() || b"$%'\"".contains(&b) || !b.is_ascii());
    if text.len() > LONGEST || !named || !text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    money(text).or_else(|| single(text)).or_else(|| several(text))
}

/// An amount whose number is a word: `a week`, `two hours`, `twenty-five kilometres`.
pub(super) fn worded(text: &str) -> Option<Answer> {
    if text.len() > LONGEST || !text.starts_with(char::is_alphabetic) {
        return None;
    }
    let (count, name) = text.rsplit_once(' ').filter(|(_, name)| name.len() >= 3 && Unit::is_name(name))?;
    let lower = count.to_ascii_lowercase();
    let value = match lower.as_str() {
        "a" | "an" => 1,
        count => words::number(&count.split_whitespace().collect::<Vec<_>>())?,
    };
    let value = Expr::integer(i64::try_from(value).ok()?);
    Some(Answer::Quantity(value, Box::new(Unit::named(name)?)))
}

/// The signs of currencies, with the country's letters before them.
const SIGNS: &[(&str, &str)] = &[
    ("US\\$", "USD"),
    ("US$", "USD"),
    ("USD ", "USD"),
    ("C$", "CAD"),
    ("A$", "AUD"),
    ("\\$", "USD"),
    ("$", "USD"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("¥", "JPY"),
    ("₹", "INR"),
    ("₱", "PHP"),
    ("₩", "KRW"),
];

/// `$5 million`, `US$50`, `₹500`.
fn money(text: &str) -> Option<Answer> {
    let (sign, code) = SIGNS.iter().find(|(sign, _)| text.starts_with(sign))?;
    let rest = text[sign.len()..].trim_start();
    let digits = rest.find(|c: char| !c.is_ascii_digit() && c != ',' && c != '.').unwrap_or(rest.len());
    let value = number(&rest[..digits])?;
    let scale = match rest[digits..].trim() {
        "" => 1,
        "thousand" | "k" | "K" => 1_000,
        "million" | "M" | "mn" => 1_000_000,
        "billion" | "B" | "bn" => 1_000_000_000,
        "trillion" => 1_000_000_000_000,
        _ => return None,
    };
    let value = Expr::product(vec![value, Expr::integer(scale)]);
    Some(Answer::Quantity(value, Box::new(Unit::currency(code))))
}

fn number(text: &str) -> Option<Expr> {
    match read(text, Hints::default()) {
        Answer::Scalar(e @ Expr::Number(_)) => Some(e),
        _ => None,
    }
}

/// Where the unit begins: the first letter that is no part of a number.
fn unit_start(text: &str) -> Option<usize> {
    const UNITS: &[&str] = &[
        "\\mathrm",
        "\\text",
        "\\rm",
        "\\mu",
        "\\Omega",
        "\\mathring",
        "\\AA",
        "\\degree",
        "\\unit",
        "\\si",
        "\\circ",
    ];
    const NUMBERS: &[&str] = &["\\times", "\\cdot", "\\,", "\\;", "\\ ", "\\!", "\\left", "\\right", "\\pi", "\\sqrt"];
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if let Some(body) = ["\\frac{", "\\dfrac{", "\\tfrac{"].iter().find_map(|f| rest.strip_prefix(f)) {
            if !body.starts_with(|c: char| c.is_ascii_digit()) {
                return Some(at);
            }
            at += rest.len() - body.len();
            continue;
        }
        if c == '\\' {
            if UNITS.iter().any(|u| rest.starts_with(u)) {
                return Some(at);
            }
            at += NUMBERS.iter().find(|n| rest.starts_with(**n))?.len();
            continue;
        }
        let between = |c: char| {
            matches!(c, 'e' | 'E' | 'x')
                && text[..at].ends_with(|p: char| p.is_ascii_digit() || p == ' ')
                && rest[1..].starts_with(|n: char| n.is_ascii_digit() || n == '-' || n == '+' || n == ' ')
        };
        if c.is_alphabetic() && !between(c) || "°‰Å%".contains(c) {
            return Some(at);
        }
        at += c.len_utf8();
    }
    None
}

/// A unit's LaTeX as plain text; `None` where a command is left.
fn plain_unit(text: &str) -> Option<String> {
    if !text.contains(['\\', '{', '}', '~', '*']) && !text.contains('µ') && !text.contains('μ') && !text.contains("k Ω")
    {
        let plain = !text.contains(['=', '+', '$', '<', '>']);
        return plain.then(|| text.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    let mut out = text.replace('µ', "μ");
    for frac in ["\\dfrac", "\\tfrac", "\\frac"] {
        while let Some(at) = out.find(frac) {
            let (above, rest) = braced(&out[at + frac.len()..])?;
            let (below, rest) = braced(rest)?;
            out = format!("{}({above})/({below}){rest}", &out[..at]);
        }
    }
    for (command, sign) in [
        ("^{\\circ}", "°"),
        ("^\\circ", "°"),
        ("{\\circ}", "°"),
        ("\\circ", "°"),
        ("\\degree", "°"),
        ("\\mu", "μ"),
        ("\\Omega", "Ω"),
        ("\\AA", "Å"),
        ("\\mathring{A}", "Å"),
        ("\\%", "%"),
        ("\\cdot", "*"),
        ("\\times", "*"),
    ] {
        // `\mu m` is one name.
        out = out.replace(&format!("{command} "), sign).replace(command, sign);
    }
    for wrapper in ["\\mathrm", "\\textrm", "\\text", "\\rm", "\\mathbf", "\\operatorname", "\\unit", "\\si"] {
        out = out.replace(wrapper, "");
    }
    for space in ["\\,", "\\;", "\\:", "\\!", "\\ ", "~", "\\quad"] {
        out = out.replace(space, " ");
    }
    let out = out.replace("{ ", "{").replace(['{', '}'], "").replace("**", "^").replace("μ ", "μ").replace("k Ω", "kΩ");
    let out = out.split_whitespace().collect::<Vec<_>>().join(" ");
    (!out.contains(['\\', '=', '+', '$', '<', '>'])).then_some(out)
}

/// What stands in the braces here, and what follows them.
fn braced(text: &str) -> Option<(&str, &str)> {
    let inner = text.trim_start().strip_prefix('{')?;
    let mut depth = 1;
    for (i, c) in inner.char_indices() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if depth == 0 {
            return Some((&inner[..i], &inner[i + 1..]));
        }
    }
    None
}

/// A value with one unit, whose factors are all in the table.
fn single(text: &str) -> Option<Answer> {
    let at = unit_start(text)?;
    let (head, tail) = text.split_at(at);
    if !head.bytes().any(|b| b.is_ascii_digit() || b == b'\\') {
        return None;
    }
    let spaced = head.ends_with([' ', '~']) || head.ends_with("\\,") || head.ends_with("\\;");
    let upright = ["\\mathrm", "\\text", "\\rm", "\\unit", "\\si"].iter().any(|w| tail.contains(w));
    let unit_text = plain_unit(tail)?;
    let long = unit_text.split(|c: char| !c.is_alphabetic()).any(|w| w.chars().count() > 1);
    let sign = unit_text.starts_with(['°', '‰', 'Ω', 'Å', 'μ']);
    let latex = text.contains('\\');
    // Letters alone in a formula are variables.
    if !(upright || sign || spaced && (long || !latex)) {
        return None;
    }
    let unit = Unit::parse(&unit_text).filter(|u| u.free.is_empty() && !u.is_dimensionless())?;
    let value = head.trim_end_matches([' ', '~', '*']).trim_end_matches("\\,").trim_end_matches("\\cdot").trim();
    match read(value, Hints::default()) {
        Answer::Scalar(e) if e.is_constant() => Some(Answer::Quantity(e, Box::new(unit))),
        _ => None,
    }
}

/// `1 h 30 min`, `5 ft 6 in`: amounts of one kind, each in a smaller unit than the last; the sum in the last.
fn several(text: &str) -> Option<Answer> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || c == '\\' || c == '{') {
        return None;
    }
    let plain = plain_unit(text)?;
    if !plain.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Some(feet) = feet_and_inches(&plain) {
        return Some(feet);
    }
    let listed = plain.contains(',') || plain.contains(" and ");
    let spaced = plain.replace(',', " ");
    let mut terms: Vec<(Number, Unit)> = Vec::new();
    let mut rest = spaced.trim_start();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let value = Number::parse(&rest[..digits])?;
        rest = rest[digits..].trim_start_matches([' ', '-']);
        let name = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        let unit = Unit::named(&rest[..name]).or_else(|| Unit::named(&rest[..name].to_lowercase()))?;
        // "1 h 90 min" and "5 m, 3 cm" are lists.
        let fills = |last: &Unit| value.value() * &unit.scale < last.scale && (!listed || customary(&rest[..name]));
        let smaller = terms.last().is_none_or(|(_, last)| last.same_kind(&unit) && fills(last));
        if !smaller || value.value().is_negative() || terms.len() > 4 {
            return None;
        }
        terms.push((value, unit));
        rest = rest[name..].trim_start_matches(['.', ' ']);
        rest = rest.strip_prefix("and ").unwrap_or(rest).trim_start();
    }
    let (_, last) = terms.last().filter(|_| terms.len() > 1)?.clone();
    let parts = terms.iter().map(|(value, unit)| {
        let ratio = Number::exact(&unit.scale / &last.scale);
        Expr::product(vec![Expr::Number(value.clone()), Expr::Number(ratio)])
    });
    Some(Answer::Quantity(Expr::sum(parts.collect()), Box::new(last)))
}

/// Whether amounts in this unit are said together with larger ones, also with a comma or "and" between.
fn customary(name: &str) -> bool {
    let time = Unit::named(name).zip(Unit::named("s")).is_some_and(|(a, b)| a.same_kind(&b));
    time || matches!(name, "in" | "inch" | "inches" | "ft" | "foot" | "feet" | "oz" | "ounce" | "ounces")
}

/// `5'6"`, which is no angle without a degree before it.
fn feet_and_inches(text: &str) -> Option<Answer> {
    let (feet, inches) = text.strip_suffix('"')?.split_once('\'')?;
    let (feet, inches) = (Number::parse(feet.trim())?, Number::parse(inches.trim())?);
    let twelve = Expr::product(vec![Expr::Number(feet), Expr::integer(12)]);
    Some(Answer::Quantity(Expr::sum(vec![twelve, Expr::Number(inches)]), Box::new(Unit::named("in")?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_in_latex_are_read() {
        for text in [
            "8.314 J mol^{-1} K^{-1}",
            "5 \\mathrm{kg\\,m\\,s^{-2}}",
            "9.8 \\frac{\\mathrm{m}}{\\mathrm{s}^2}",
            "5 k\\Omega",
            "1 h 30 min",
            "5'6\"",
            "$5 million",
            "5‰",
        ] {
            assert!(matches!(amount(text), Some(Answer::Quantity(..))), "{text}");
        }
    }

    #[test]
    fn letters_that_may_be_variables_are_not() {
        for text in ["5m", "3 x", "2 \\pi r", "2 a b", "30 min 1 h", "5 and 6", "$x$", "12", "3 h 5 kg"] {
            assert!(amount(text).is_none(), "{text}");
        }
    }
}
