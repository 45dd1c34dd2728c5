//! The pane of what a stored run made last.

use ratatui::layout::Rect;

use super::figures::count;
use super::paper::Paper;
use super::screen::{Pane, Seen};
use crate::store::record::Agreement;
use crate::tui::signs::state;
use crate::tui::theme::Meaning;

/// Candidates that are shown where there is little room.
const FEW: usize = 8;

/// The newest candidates of a stored run: what came of each, and what it asks.
pub(super) fn newest<'a>(seen: &'a Seen<'a>) -> Option<Pane<'a>> {
    let past = seen.past().filter(|past| !past.newest.is_empty())?;
    let draw = move |paper: &mut Paper<'_>, area: Rect| {
        let digits = past.newest.iter().map(|row| count(row.id.unsigned_abs()).len()).max().unwrap_or(1);
        for (at, row) in (0..area.height).zip(&past.newest) {
            let mut line = paper.line(area, at);
            // What was sealed, or is to be judged blind, is as little told here as in the list.
            let hidden = (seen.hides)(row.id);
            let (glyph, meaning) = if hidden { ("·", Meaning::Muted) } else { state(row) };
            line.bold(glyph, meaning).text(" ", meaning);
            line.right(&count(row.id.unsigned_abs()), digits, Meaning::Muted);
            line.skip(1);
            let failure = row.failure.as_ref().filter(|_| !hidden && row.standing == Agreement::None);
            if let Some(failure) = failure {
                line.text(failure.kind.as_str(), meaning).text(" ", Meaning::Text);
            }
            let about = if row.title.is_empty() { &row.domain } else { &row.title };
            line.text(about, if failure.is_some() { Meaning::Muted } else { Meaning::Text });
        }
    };
    let rows = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    Some(Pane {
        title: "newest".to_owned(),
        facts: format!("{} of {}", past.newest.len(), count(past.board.made())),
        rows: rows(past.newest.len().min(FEW)),
        most: rows(past.newest.len()),
        draw: Box::new(draw),
    })
}
