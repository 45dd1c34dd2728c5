//! The audit screen: its sections in boxes, one or two columns of them, scrolled as one.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};

use super::pen;
use crate::tui::app::App;
use crate::tui::audit::{Cell, Section, columns, edges, height, sections};
use crate::tui::layout;
use crate::tui::text;

pub(super) fn draw(buffer: &mut Buffer, body: Rect, app: &App) {
    let keymap = &app.settings.keymap;
    let all = sections(&app.audit, body.width, &|action| keymap.hint(action).unwrap_or_default());
    let columns = columns(all, body.width);
    let tall = columns.iter().map(|c| height(c)).max().unwrap_or(1).max(body.height);
    let mut paper = Buffer::empty(Rect { x: 0, y: 0, width: body.width, height: tall });
    // Where all stand in one column, it has the whole width.
    let edges = if columns.len() > 1 { edges(body.width) } else { vec![0, body.width - 1] };
    let mut titles = Vec::new();
    for (edge, column) in edges.windows(2).zip(&columns) {
        let mut y = 0;
        for (i, section) in column.iter().enumerate() {
            let bottom = if i + 1 == column.len() { tall } else { y + section.height() + 2 };
            let area = Rect { x: edge[0], y, width: edge[1] - edge[0] + 1, height: bottom - y };
            pen::frame(&mut paper, area, false, app);
            rows(&mut paper, layout::inside(area), section, app);
            titles.push((area, section));
            y = bottom - 1;
        }
    }
    // Borders are shared: titles come when all of them are there.
    for (area, section) in titles {
        pen::title(&mut paper, area, false, &Line::from(section.title), &section.facts, app);
    }
    let top = app.audit.top.min(tall - body.height);
    for y in 0..body.height {
        for x in 0..body.width {
            buffer[(body.x + x, body.y + y)] = paper[(x, top + y)].clone();
        }
    }
    let below = tall - body.height - top;
    if below > 0 {
        // A border where the sections go on out of sight.
        let foot = Rect { y: body.bottom() - 1, height: 1, ..body };
        Clear.render(foot, buffer);
        pen::closing(buffer, foot, app);
    }
    pen::more(buffer, body, usize::from(top), usize::from(below), app);
}

fn rows(paper: &mut Buffer, inside: Rect, section: &Section, app: &App) {
    for (y, row) in (inside.y..inside.bottom()).zip(&section.rows) {
        let mut x = inside.x;
        for cell in row {
            let room = inside.right().saturating_sub(x);
            x += put(paper, x, y, room, cell, app);
        }
    }
}

/// Puts a cell; the columns that it takes come back.
fn put(paper: &mut Buffer, x: u16, y: u16, room: u16, cell: &Cell, app: &App) -> u16 {
    let style = app.settings.theme.style(cell.meaning);
    let wide = u16::try_from(text::width(&cell.text)).unwrap_or(u16::MAX);
    let columns = if cell.columns == 0 { wide } else { cell.columns }.min(room);
    let before = if cell.right { columns.saturating_sub(wide) } else { 0 };
    pen::put(paper, x + before, y, columns - before, &cell.text, style);
    columns
}
