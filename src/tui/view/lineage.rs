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
/// Columns of the sheet, where the screen has them.
const WIDE: u16 = 140;
/// Columns of a seed's title that its place may not take.
const TITLE: usize = 40;

pub(super) fn draw(
    buffer: &mut Buffer,
    body: Rect,
    app: &App,
    lineage: Option<&Lineage>,
    selected: usize,
) -> Option<Position> {
    let columns = usize::from(WIDE.min(body.width).saturating_sub(4));
    let steps = lineage.map_or(0, |l| l.steps().count());
    let roots =
        lineage.map_or_else(Vec::new, |l| roots(l, SEEDS.min(usize::from(body.height / 4).max(1)), columns, app));
    let below = match lineage {
        Some(lineage) if lineage.more => "and further children: filter by parent:",
        Some(lineage) if lineage.children.is_empty() => "nothing was made of it",
        _ => "",
    };
    // A free row stands above what is said below.
    let foot = if below.is_empty() { 0 } else { 2 };
    let height = u16::try_from(steps + roots.len() + 2 + foot).unwrap_or(u16::MAX).clamp(5, body.height);
    let area = pen::sheet(buffer, body, WIDE, height, app);
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
    let rows = usize::from(inner.height - above).saturating_sub(foot.min(1));
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
            pen::span(step.title.clone(), Meaning::Text, app),
        ]);
        pen::put_line(buffer, inner.x, y, inner.width, &line);
        if nth == selected {
            let row = Rect { x: area.x + 1, y, width: area.width.saturating_sub(2), height: 1 };
            buffer.set_style(row, theme.style(Meaning::Selection).add_modifier(Modifier::BOLD));
            cursor = Some(Position { x: inner.x - 1, y });
        }
    }
    if !below.is_empty() {
        pen::put(buffer, inner.x, inner.bottom().saturating_sub(1), inner.width, below, theme.style(Meaning::Muted));
    }
    cursor
}

/// What it all was made of: each seed with its place and what it asks, where the project has it.
fn roots(lineage: &Lineage, most: usize, columns: usize, app: &App) -> Vec<Line<'static>> {
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
                    // The place stands at the right, whole, where it leaves the title enough.
                    let left = columns.saturating_sub(text::width(&spans[0].content));
                    let place = seeds::place(row);
                    let room = left.saturating_sub(text::width(&place) + 2);
                    let (room, place) = if room < TITLE { (left, String::new()) } else { (room, place) };
                    let title = text::cut(&row.title, room);
                    let gap = left.saturating_sub(text::width(&title) + text::width(&place));
                    spans.push(pen::span(title, Meaning::Text, app));
                    spans.push(muted(format!("{}{place}", " ".repeat(gap))));
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
