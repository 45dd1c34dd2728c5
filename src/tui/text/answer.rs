//! Answers and titles in one line.

use super::{latex, maths};
use crate::review::cleaned::clean_line;

/// Characters of an answer that are typeset and compared; beyond, it is no answer that a person compares by eye.
const LONGEST: usize = 20_000;

/// An answer in one line: cleaned, its LaTeX typeset. Python literals and plain words stay as they are.
pub fn answer(text: &str) -> String {
    let short: String = text.trim().chars().take(LONGEST).collect();
    // Commands typeset alone, whether they stand between dollars or not; an answer is often the inside of a box.
    let typeset = if short.contains('\\') || short.contains(['^', '_', '$']) && looks_like_maths(&short) {
        let bare = short.trim_matches('$');
        if maths::has_delimiters(bare) { maths::typeset_inline(bare) } else { latex::typeset(bare) }
    } else {
        short
    };
    clean_line(typeset.replace('\n', "; ").trim())
}

/// A title in one line: cleaned, the formulas in it typeset.
pub fn title(text: &str) -> String {
    let typeset =
        if text.contains(['$', '\\']) { maths::typeset_inline(text).replace("\\$", "$") } else { text.to_owned() };
    clean_line(typeset.replace('\n', " ").trim())
}

/// Whether a text with `^`, `_` or `$` is LaTeX rather than a name in code or a price.
fn looks_like_maths(text: &str) -> bool {
    text.starts_with('$') && text.len() > 1 && text.ends_with('$') || text.contains("^{") || text.contains("_{")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_in_a_title_is_no_formula() {
        assert_eq!(title("A bond of \\$1,000 at $x^2$ %"), "A bond of $1,000 at x² %");
    }

    #[test]
    fn answers_are_typeset_and_literals_are_not() {
        for (text, shown) in [
            ("\\frac{1}{2}", "1/2"),
            ("x^{2}", "x²"),
            ("$\\sqrt{3}$", "√3"),
            ("my_name", "my_name"),
            ("2**10", "2**10"),
            ("[1, 2]", "[1, 2]"),
            ("$25", "$25"),
            ("\\$25", "$25"),
            ("a\nb", "a; b"),
            ("\u{1b}[2J1", "␛[2J1"),
        ] {
            assert_eq!(answer(text), shown);
        }
    }
}
