//! The lineage of a candidate: seeds, ancestors, itself, children; a row each. It says nothing of verdicts, so that it can be
//! looked at blind.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::Line;

use super::{pen, seeds};
use crate::review::cleaned::clean_line;
use crate::store::{Lineage, Step};
use crate::tui::app::App;
use crate::tui::layout;
use crate::tui::sheets::{Relative, is_this, relatives};
use crate::tui::text;
use crate::tui::theme::Meaning;

/// Columns of the operation.
const OPERATION: usize = 16;
/// Columns of the sheet, where the screen has them.
const WIDE: u16 = 140;
/// Columns before what a relative asks, where its number is not long and it does not stand deep.
const LEAD: usize = 35;
/// Columns of a seed's title that its place may not take.
const TITLE: usize = 40;

/// A row, and which of those that can be gone to it is.
type Row = (Option<usize>, Line<'static>);

pub(super) fn draw(
    buffer: &mut Buffer,
    body: Rect,
    app: &App,
    lineage: Option<&Lineage>,
    selected: usize,
) -> Option<Position> {
    let columns = usize::from(WIDE.min(body.width).saturating_sub(4));
    let rows = lineage.map_or_else(Vec::new, |lineage| rows(lineage, columns, app));
    let height = u16::try_from(rows.len() + 2).unwrap_or(u16::MAX).clamp(5, body.height);
    let area = pen::sheet(buffer, body, WIDE, height, app);
    let Some(lineage) = lineage else {
        pen::title(buffer, area, true, &Line::from("lineage"), "reading …", app);
        return None;
    };
    let title = Line::from(format!("lineage of #{}", lineage.this.id));
    pen::title(buffer, area, true, &title, "what it was made of, what was made of it", app);
    let inner = layout::inside(area);
    let height = usize::from(inner.height).max(1);
    let at = rows.iter().position(|(nth, _)| *nth == Some(selected)).unwrap_or(0);
    let last = rows.len().saturating_sub(height);
    // The end, where nothing can be gone to, is seen with the last row that can.
    let is_last = rows.iter().skip(at + 1).all(|(nth, _)| nth.is_none());
    let top = if is_last { last } else { (at + 1).saturating_sub(height).min(last) };
    let mut cursor = None;
    for (y, (nth, line)) in (inner.y..inner.bottom()).zip(rows.iter().skip(top)) {
        pen::put_line(buffer, inner.x, y, inner.width, line);
        if *nth == Some(selected) {
            let row = Rect { x: area.x + 1, y, width: area.width.saturating_sub(2), height: 1 };
            let style = app.settings.theme.style(Meaning::Selection).add_modifier(Modifier::BOLD);
            buffer.set_style(row, style);
            cursor = Some(Position { x: inner.x - 1, y });
        }
    }
    // Those are counted that can be gone to.
    let counted = |rows: &[Row]| rows.iter().filter(|(nth, _)| nth.is_some()).count();
    let end = (top + height).min(rows.len());
    pen::more(buffer, area, counted(&rows[..top.min(end)]), counted(&rows[end..]), app);
    cursor
}

/// What it was made of, itself, what was made of it: each under a heading.
fn rows(lineage: &Lineage, columns: usize, app: &App) -> Vec<Row> {
    let head = |text: &str| (None, Line::from(pen::bold(text.to_owned(), Meaning::Title, app)));
    let said = |text: String| (None, Line::from(pen::span(format!("  {text}"), Meaning::Muted, app)));
    let mut rows = vec![head("made of")];
    if let Some(uid) = &lineage.missing {
        rows.push(said(format!("candidate {}, which is not in this store", clean_line(uid))));
    } else if lineage.seeds.is_empty() {
        rows.push(said("no seed".to_owned()));
    }
    for (nth, relative) in relatives(lineage).into_iter().enumerate() {
        let line = match relative {
            Relative::Seed(id) => seed(id, columns, app),
            Relative::Candidate(of) => step(of, app),
        };
        if is_this(lineage, relative) {
            rows.extend([(None, Line::default()), head("this candidate")]);
            rows.extend([(Some(nth), line), (None, Line::default()), head("made of it")]);
        } else {
            rows.push((Some(nth), line));
        }
    }
    if lineage.children.is_empty() {
        rows.push(said("nothing yet".to_owned()));
    } else if lineage.more {
        rows.push(said("and further ones: filter by parent:".to_owned()));
    }
    rows
}

fn step(step: &Step, app: &App) -> Line<'static> {
    let indent = "  ".repeat(usize::try_from(step.depth).unwrap_or(0).min(10));
    let by = clean_line(step.operation.as_deref().unwrap_or(&step.strategy));
    let by = format!(" {:OPERATION$} depth {:<3} ", text::cut(&by, OPERATION), step.depth);
    let number = format!("  {indent}#{} ", step.id);
    let gap = LEAD.saturating_sub(text::width(&number) + text::width(&by));
    Line::from(vec![
        pen::span(number, Meaning::Text, app),
        pen::span(format!("{by}{}", " ".repeat(gap)), Meaning::Muted, app),
        pen::span(step.title.clone(), Meaning::Text, app),
    ])
}

/// A seed with its place and what it asks, where the project has it.
fn seed(id: &str, columns: usize, app: &App) -> Line<'static> {
    let muted = |text: String| pen::span(text, Meaning::Muted, app);
    let mut spans = vec![muted(format!("{:<LEAD$}", format!("  seed {}  ", clean_line(id))))];
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
}
