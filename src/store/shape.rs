//! What an answer looks like, in a word: so that all pairs like one can be found.

use crate::words::words;

words! {
    /// The shape of an answer in its normal form.
    pub enum Shape {
        /// Nothing.
        Nothing = "nothing",
        /// A number without a fraction.
        Integer = "integer",
        /// A number with a decimal point or an exponent.
        Decimal = "decimal",
        /// One number over another.
        Fraction = "fraction",
        /// A number with a percent sign.
        Percent = "percent",
        /// A number with words or signs behind it.
        Quantity = "quantity",
        /// An equation or a relation.
        Relation = "relation",
        /// Several answers in brackets, braces or parentheses, or with commas between them.
        Collection = "collection",
        /// A formula.
        Expression = "expression",
        /// One word.
        Word = "word",
        /// Words.
        Text = "text",
    }
}

/// The shape of an answer, as near as its characters tell.
pub fn shape(answer: &str) -> Shape {
    let text = answer.trim().trim_matches('$').trim();
    if text.is_empty() {
        return Shape::Nothing;
    }
    if is_number(text) {
        return if text.contains(['.', 'e', 'E']) { Shape::Decimal } else { Shape::Integer };
    }
    if let Some((over, under)) = text.split_once('/')
        && is_number(over.trim())
        && is_number(under.trim())
    {
        return Shape::Fraction;
    }
    if let Some(number) = text.strip_suffix('%').or_else(|| text.strip_suffix("percent"))
        && is_number(number.trim().trim_end_matches('\\'))
    {
        return Shape::Percent;
    }
    let bracketed =
        [('[', ']'), ('(', ')'), ('{', '}')].iter().any(|(a, b)| text.starts_with(*a) && text.ends_with(*b));
    if bracketed && text.contains(',') || text.starts_with('[') || text.starts_with('{') {
        return Shape::Collection;
    }
    if text.contains(['=', '<', '>', '≤', '≥', '≠']) {
        return Shape::Relation;
    }
    let number = text.find(|c: char| !(c.is_ascii_digit() || "+-., ".contains(c))).unwrap_or(0);
    if is_number(text[..number].trim())
        && text[number..].chars().all(|c| c.is_alphabetic() || "/^²³°µ·*0123456789- ".contains(c))
    {
        let unit = text[number..].trim();
        let formula =
            unit.contains(['*', '^']) && !unit.contains('/') || unit.chars().count() == 1 && "xyznk".contains(unit);
        return if formula { Shape::Expression } else { Shape::Quantity };
    }
    if text.contains(',') && !text.contains('\\') && text.split(',').count() > 1 && !text.contains(". ") {
        return Shape::Collection;
    }
    if text.contains(['\\', '^', '+', '*', '/', '√']) || text.chars().any(|c| c.is_ascii_digit()) && !text.contains(' ')
    {
        return Shape::Expression;
    }
    if text.contains(char::is_whitespace) { Shape::Text } else { Shape::Word }
}

fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) && text.replace(',', "").parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        for (answer, wanted) in [
            ("", Shape::Nothing),
            ("42", Shape::Integer),
            ("-1,000", Shape::Integer),
            ("3.50", Shape::Decimal),
            ("1e-9", Shape::Decimal),
            ("1/2", Shape::Fraction),
            ("20 %", Shape::Percent),
            ("5 m/s", Shape::Quantity),
            ("12 cm", Shape::Quantity),
            ("[1, 2, 3]", Shape::Collection),
            ("(1, 2)", Shape::Collection),
            ("1, 2, 3", Shape::Collection),
            ("x = 2", Shape::Relation),
            ("\\frac{1}{2}", Shape::Expression),
            ("2*x", Shape::Expression),
            ("x^2+1", Shape::Expression),
            ("True", Shape::Word),
            ("the left one", Shape::Text),
        ] {
            assert_eq!(shape(answer), wanted, "{answer}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_text_has_one(text in "\\PC{0,40}") {
            shape(&text);
        }
    }
}
