//! The audit screen: what it knows, and what it says of it. Rows are made here; [`super::view`] draws them.

mod sections;

pub use sections::{Cell, Section, sections};

use super::msg::{Audited, ToJudge};
use crate::store::IdSet;

/// Columns from which there are two columns of sections.
const TWO: u16 = 120;
/// Columns of text that the first one needs.
const FIRST: u16 = 52;
/// Columns of text that the second one can use: names of domains, and two rates with their intervals.
const SECOND: u16 = 66;

/// The state.
#[derive(Debug, Default)]
pub struct Audit {
    /// What was found; none while nothing was read.
    pub found: Option<Audited>,
    /// It was asked for and has not come.
    pub loading: bool,
    /// A plan is being drawn.
    pub drawing: bool,
    /// First row shown.
    pub top: u16,
    /// The pair that the review screen is on its way to.
    pub goal: Option<ToJudge>,
    /// As soon as the decision is stored, the plan's next pair is wanted.
    pub then_next: bool,
    /// The plan's next pair was asked for and has not come.
    pub asked: bool,
    /// Whether that was to be one that others have judged.
    pub second: bool,
    /// Candidates that could not be read: their pairs are passed over.
    pub unreadable: IdSet,
}

impl Audit {
    /// Whether the review screen is on its way to a pair, known or not: what is typed is about that one.
    pub fn is_going(&self) -> bool {
        self.then_next || self.asked || self.goal.is_some()
    }

    /// Stays where it is.
    pub fn stop_going(&mut self) {
        (self.then_next, self.asked, self.goal) = (false, false, None);
    }
}

/// Where columns of sections begin, and where the last one ends: borders are shared.
pub fn edges(width: u16) -> Vec<u16> {
    let end = width.saturating_sub(1);
    if width < TWO { vec![0, end] } else { vec![0, (end - SECOND - 3).clamp(FIRST + 3, end / 2), end] }
}

/// Columns of text in the column from one edge to the next.
fn inside(left: u16, right: u16) -> u16 {
    (right - left + 1).saturating_sub(4)
}

/// Sections by column, for so many columns of the terminal.
pub fn columns(sections: Vec<Section>, width: u16) -> Vec<Vec<Section>> {
    if width < TWO {
        return vec![sections];
    }
    let mut columns = vec![Vec::new(), Vec::new()];
    for section in sections {
        columns[usize::from(section.beside)].push(section);
    }
    columns.retain(|column| !column.is_empty());
    columns
}

/// Rows that a column takes, borders shared.
pub fn height(column: &[Section]) -> u16 {
    column.iter().map(|s| s.height() + 1).fold(1, u16::saturating_add)
}

/// Rows that can be scrolled away.
pub fn most_scroll(sections: Vec<Section>, width: u16, rows: u16) -> u16 {
    let tallest = columns(sections, width).iter().map(|c| height(c)).max().unwrap_or(0);
    tallest.saturating_sub(rows)
}
