//! What a correction changes: what stands, what would stand, unlike words marked as in the answers.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::pen;
use crate::tui::app::App;
use crate::tui::correct::{Correction, Look, Row, columns};
use crate::tui::layout;
use crate::tui::theme::Meaning;

pub(super) fn draw(buffer: &mut Buffer, body: Rect, app: &App, correction: &Correction) {
    let width = columns(body.width);
    let rows = correction.rows(usize::from(width.saturating_sub(4)));
    let height = u16::try_from(rows.len() + 2).unwrap_or(u16::MAX);
    let area = pen::sheet(buffer, body, width, height.max(5), app);
    let inner = layout::inside(area);
    let shown = usize::from(inner.height);
    let top = correction.top.min(rows.len().saturating_sub(shown));
    let facts = pen::lines(top, shown, rows.len());
    pen::title(buffer, area, true, &Line::from(format!("correct {}", correction.view.id)), &facts, app);
    for (y, row) in (inner.y..inner.bottom()).zip(rows.iter().skip(top)) {
        pen::put_line(buffer, inner.x, y, inner.width, &line(row, app));
    }
}

/// A row in its colours.
pub(super) fn line(row: &Row, app: &App) -> Line<'static> {
    let theme = &app.settings.theme;
    let (meaning, mark) = match row.look {
        Look::Head => (Meaning::Title, Modifier::BOLD),
        Look::Before => (Meaning::Different, Modifier::empty()),
        Look::After => (Meaning::Equivalent, Modifier::empty()),
        Look::Text => (Meaning::Text, Modifier::empty()),
        Look::Note => (Meaning::Muted, Modifier::empty()),
        Look::Bad => (Meaning::Error, Modifier::empty()),
    };
    let is_diff = matches!(row.look, Look::Before | Look::After);
    let spans = row.pieces.iter().enumerate().map(|(nth, piece)| {
        // Of what stands and what would, the mark has the colour and so has what differs; the rest is to be read.
        let coloured = !is_diff || nth == 0 || piece.differs;
        let mut style = theme.style(if coloured { meaning } else { Meaning::Text }).add_modifier(mark);
        if piece.differs {
            style = style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
        }
        Span::styled(piece.text.clone(), style)
    });
    Line::from(spans.collect::<Vec<_>>())
}
