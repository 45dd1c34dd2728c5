//! Titles as lists show them: typeset before they are cut, and once, not each time that a list is drawn.

use std::collections::HashMap;

use crate::store::record::{Row, TITLE_CHARACTERS};
use crate::store::{Reader, StoreError};
use crate::tui::text;

/// Characters of a question that a title is made of: typeset, they fill the widest list.
const SOURCE: usize = 400;
/// Columns of a title that are kept.
const KEPT: usize = 240;

/// The rows with these numbers, their titles typeset.
pub(super) fn rows(reader: &Reader, ids: &[i64]) -> Result<Vec<Row>, StoreError> {
    let mut rows = reader.rows(ids)?;
    let mut beginnings: HashMap<i64, String> = reader.beginnings(ids, SOURCE)?.into_iter().collect();
    for row in &mut rows {
        row.title = match beginnings.remove(&row.id) {
            Some(begun) => title(&begun, SOURCE),
            None => title(&row.title, TITLE_CHARACTERS),
        };
    }
    Ok(rows)
}

/// A title of a question's beginning, which is not all of it where it is as long as it may be.
fn title(begun: &str, most: usize) -> String {
    let mut shown = text::title(&begun.split_whitespace().collect::<Vec<_>>().join(" "));
    if begun.chars().count() >= most {
        shown.push('…');
    }
    text::cut(&shown, KEPT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_typeset_before_it_is_cut() {
        let formula = "$\\displaystyle\\int_{0}^{\\infty}\\frac{dx}{1+x^{3}}$";
        assert_eq!(title(formula, SOURCE), "∫₀^∞dx/(1+x³)");
        let long = format!("{} end", formula.repeat(9));
        let shown = title(&long.chars().take(SOURCE).collect::<String>(), SOURCE);
        assert!(shown.ends_with('…') && text::width(&shown) <= KEPT, "{shown}");
    }
}
