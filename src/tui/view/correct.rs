//! What a correction changes: what stands, what would stand, unlike words marked as in the answers.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::pen;
use crate::tui::app::App;
use crate::tui::correct::{Correction, columns};
use crate::tui::layout;

pub(super) fn draw(buffer: &mut Buffer, body: Rect, app: &App, correction: &Correction) {
    let width = columns(body.width);
    let rows = correction.rows(usize::from(width.saturating_sub(4)));
    let height = u16::try_from(rows.len() + 2).unwrap_or(u16::MAX);
    let area = pen::sheet(buffer, body, width, height.max(5), app);
    let inner = layout::inside(area);
    let shown = usize::from(inner.height);
    let top = correction.top.min(rows.len().saturating_sub(shown));
    let facts = pen::lines(top, shown, rows.len());
    pen::title(buffer, area, true, &Line::from(format!("correct #{}", correction.view.id)), &facts, app);
    for (y, row) in (inner.y..inner.bottom()).zip(rows.iter().skip(top)) {
        let row: Line<'_> = row.spans().into_iter().map(|span| pen::themed(span, app)).collect();
        pen::put_line(buffer, inner.x, y, inner.width, &row);
    }
}
