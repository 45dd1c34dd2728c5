//! Titles as lists show them: typeset before they are cut, and once, not each time that a list is drawn.

use std::collections::HashMap;

use crate::store::record::{Row, TITLE_CHARACTERS};
use crate::store::{Lineage, Reader, StoreError};
use crate::tui::text;

/// Characters of a question that a title is made of: typeset, they fill the widest list.
const SOURCE: usize = 400;
/// Columns of a title that are kept.
const KEPT: usize = 240;

/// The rows with these numbers, their titles typeset.
pub(super) fn rows(reader: &Reader, ids: &[i64]) -> Result<Vec<Row>, StoreError> {
    let (mut rows, _) = reader.rows(ids)?;
    typeset(reader, ids, rows.iter_mut().map(|row| (row.id, &mut row.title)))?;
    Ok(rows)
}

/// The lineage of a candidate, the titles of its steps typeset.
pub(super) fn lineage(reader: &Reader, id: i64) -> Result<Lineage, StoreError> {
    let mut found = reader.lineage(id)?;
    let ids: Vec<i64> = found.steps().map(|step| step.id).collect();
    let steps = found.ancestors.iter_mut().chain([&mut found.this]).chain(&mut found.children);
    typeset(reader, &ids, steps.map(|step| (step.id, &mut step.title)))?;
    Ok(found)
}

/// Typesets stored titles, of the questions' longer beginnings where they are no more than a beginning.
fn typeset<'a>(
    reader: &Reader,
    ids: &[i64],
    titles: impl Iterator<Item = (i64, &'a mut String)>,
) -> Result<(), StoreError> {
    let mut beginnings: HashMap<i64, String> = reader.beginnings(ids, SOURCE)?.into_iter().collect();
    for (id, stored) in titles {
        *stored = match beginnings.remove(&id) {
            Some(begun) => title(&begun, SOURCE),
            None => title(stored, TITLE_CHARACTERS),
        };
    }
    Ok(())
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
        assert_eq!(title(formula, SOURCE), "∫₀^∞ dx/(1+x³)");
        let long = format!("{} end", formula.repeat(9));
        let shown = title(&long.chars().take(SOURCE).collect::<String>(), SOURCE);
        assert!(shown.ends_with('…') && text::width(&shown) <= KEPT, "{shown}");
    }
}
