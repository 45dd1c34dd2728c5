//! The pane of the slot that is watched.

use ratatui::layout::Rect;

use super::board::Phase;
use super::figures::count;
use super::paper::Paper;
use super::screen::{Pane, Seen};
use crate::engine::Watch;
use crate::tui::action::Action;
use crate::tui::theme::Meaning;

/// Somebody watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watching {
    /// Whom.
    pub whom: Watch,
    /// Rows above the end; 0 follows what comes.
    pub back: usize,
}

/// What can be said of who is watched.
fn state(seen: &Seen<'_>, watching: Watching) -> String {
    let live = &seen.board.live;
    let waits = watching.whom == Watch::Next && seen.board.is_active();
    match (live.end(), live.ordinal()) {
        (Some((id, state)), _) => format!("candidate {id}: {state}"),
        (None, Some(_)) if !seen.board.is_active() => "the run has ended".to_owned(),
        (None, Some(_)) if waits => "the one before; waiting for the next that begins".to_owned(),
        (None, Some(_)) if seen.board.phase() == Phase::Paused => "paused".to_owned(),
        (None, Some(_)) => "under way".to_owned(),
        (None, None) => String::new(),
    }
}

/// Its rows, as they stand in `width` columns; what is said where nothing has come yet.
fn rows(seen: &Seen<'_>, width: u16) -> Vec<crate::tui::text::Row> {
    let rows = seen.board.live.rows(width);
    if !rows.is_empty() {
        return rows;
    }
    let says = if seen.board.is_active() {
        "The next candidate that begins is shown here while it is made: its question, its code, and the answers as they come."
    } else {
        "No run is under way, so that there is nothing to watch."
    };
    let laid = crate::tui::text::Document::raw(says).lay(width);
    laid.rows(0..laid.len()).to_vec()
}

/// Rows that can be scrolled away.
pub(super) fn most_back(seen: &Seen<'_>, area: Rect) -> usize {
    rows(seen, area.width).len().saturating_sub(usize::from(area.height))
}

/// The pane; it takes all the room there is.
pub(super) fn watch<'a>(seen: &'a Seen<'a>, watching: Watching) -> Pane<'a> {
    let live = &seen.board.live;
    let title = match live.ordinal() {
        Some(ordinal) if live.strategy().is_empty() => format!("watching slot {}", count(ordinal)),
        Some(ordinal) => format!("watching slot {} · {}", count(ordinal), live.strategy()),
        None => "watching".to_owned(),
    };
    let draw = move |paper: &mut Paper<'_>, area: Rect| {
        let area = Rect { height: area.height.saturating_sub(1), ..area };
        let rows = rows(seen, area.width);
        let back = watching.back.min(rows.len().saturating_sub(usize::from(area.height)));
        let end = rows.len() - back;
        let begin = end.saturating_sub(usize::from(area.height));
        for (y, row) in (0u16..).zip(&rows[begin..end]) {
            let mut line = paper.line(area, y);
            for span in &row.spans {
                line.text(&span.text, span.meaning);
            }
        }
        let mut line = paper.line(Rect { y: area.bottom(), height: 1, ..area }, 0);
        let mut hints = vec![(Action::RunWatch, "the next one"), (Action::Back, "closes")];
        if back > 0 {
            hints.insert(0, (Action::Last, "follows again"));
        }
        for (action, does) in hints {
            let key = (seen.hint)(action);
            if !key.is_empty() {
                line.bold(&key, Meaning::Key).text(" ", Meaning::Text).text(does, Meaning::Muted);
                line.skip(3);
            }
        }
        if back > 0 {
            line.right(&format!("↓ {back} more"), line.left(), Meaning::Accent);
        }
    };
    Pane { title, facts: state(seen, watching), rows: 4, most: u16::MAX, draw: Box::new(draw) }
}
