//! The lineage of a candidate: seeds, ancestors, itself, children; a step a row. It says nothing of verdicts, so that it can
//! be looked at blind.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::Line;

use super::{pen, seeds};
use crate::review::cleaned::clean_line;
use crate::store::Lineage;
use crate::tui::app::App;
use crate::tui::layout;
use crate::tui::text;
use crate::tui::theme::Meaning;

/// Columns of the operation.
const OPERATION: usize = 16;
/// Seeds that are named.
const SEEDS: usize = 6;

pub(super) fn draw(
    buffer: &mut Buffer,
    body: Rect,
    app: &App,
    lineage: Option<&Lineage>,
    selected: usize,
) -> Option<Position> {
    let steps = lineage.map_or(0, |l| l.steps().count());
    let roots = lineage.map_or_else(Vec::new, |l| roots(l, SEEDS.min(usize::from(body.height / 4).max(1)), app));
    let height = u16::try_from(steps + roots.len() + 4).unwrap_or(u16::MAX).clamp(6, body.height);
    let area = pen::sheet(buffer, body, 100, height, app);
    let Some(lineage) = lineage else {
        pen::title(buffer, area, true, &Line::from("lineage"), "reading …", app);
        return None;
    };
    let title = Line::from(format!("lineage of {}", lineage.this.id));
    pen::title(buffer, area, true, &title, "", app);
    let inner = layout::inside(area);
    let theme = &app.settings.theme;
    for (y, line) in (inner.y..inner.bottom()).zip(&roots) {
        pen::put_line(buffer, inner.x, y, inner.width, line);
    }
    let above = u16::try_from(roots.len()).unwrap_or(u16::MAX).min(inner.height);
    let rows = usize::from((inner.height - above).saturating_sub(1));
    let first = selected.saturating_sub(rows.saturating_sub(1));
    pen::more(buffer, area, first, steps.saturating_sub(first + rows), app);
    let mut cursor = None;
    for (y, (nth, step)) in (inner.y + above..).zip(lineage.steps().enumerate().skip(first).take(rows)) {
        let is_this = step.id == lineage.this.id;
        let indent = "  ".repeat(usize::try_from(step.depth).unwrap_or(0).min(10));
        let by = clean_line(step.operation.as_deref().unwrap_or(&step.strategy));
        let line = Line::from(vec![
            pen::span(if is_this { "→ " } else { "  " }, Meaning::Key, app),
            pen::span(format!("{indent}{} ", step.id), if is_this { Meaning::Key } else { Meaning::Text }, app),
            pen::span(
                format!(" {:OPERATION$} depth {:<3} ", text::cut(&by, OPERATION), step.depth),
                Meaning::Muted,
                app,
            ),
            pen::span(pen::begun(&step.title), Meaning::Text, app),
        ]);
        pen::put_line(buffer, inner.x, y, inner.width, &line);
        if nth == selected {
            let row = Rect { x: area.x + 1, y, width: area.width.saturating_sub(2), height: 1 };
            buffer.set_style(row, theme.style(Meaning::Selection).add_modifier(Modifier::BOLD));
            cursor = Some(Position { x: inner.x - 1, y });
        }
    }
    let below = if lineage.more {
        "and further children: filter by parent:"
    } else if lineage.children.is_empty() {
        "nothing was made of it"
    } else {
        ""
    };
    pen::put(buffer, inner.x, inner.bottom().saturating_sub(1), inner.width, below, theme.style(Meaning::Muted));
    cursor
}

/// What it all was made of: each seed with its place and what it asks, where the project has it.
fn roots(lineage: &Lineage, most: usize, app: &App) -> Vec<Line<'static>> {
    let muted = |text: String| pen::span(text, Meaning::Muted, app);
    if let Some(uid) = &lineage.missing {
        return vec![Line::from(muted(format!("made of candidate {}, which is not in this store", clean_line(uid))))];
    }
    if lineage.seeds.is_empty() {
        return vec![Line::from(muted("made of no seed".to_owned()))];
    }
    let mut lines: Vec<Line<'static>> = lineage
        .seeds
        .iter()
        .take(most)
        .map(|id| {
            let mut spans = vec![muted(format!("seed {}  ", clean_line(id)))];
            match app.seeds.named(id) {
                Some(row) => {
                    spans.push(pen::span(text::cut(&row.title, 48), Meaning::Text, app));
                    spans.push(muted(format!("  {}", seeds::place(row))));
                }
                None if app.seeds.loading => spans.push(muted("reading…".to_owned())),
                None => spans.push(muted("not among the project's seeds any more".to_owned())),
            }
            Line::from(spans)
        })
        .collect();
    if lineage.seeds.len() > most {
        lines.push(Line::from(muted(format!("and {} further seeds", lineage.seeds.len() - most))));
    }
    lines
}
