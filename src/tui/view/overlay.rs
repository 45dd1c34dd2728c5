//! What lies over the screen: palette, log, history, strategies, questions; and the way to the others.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::Line;

use super::{correct, dialogue, help, lineage, narrow, pen, welcome};
use crate::review::cleaned::clean_line;
use crate::tui::action::Action;
use crate::tui::app::{App, Overlay};
use crate::tui::keymap;
use crate::tui::layout;
use crate::tui::sheets::{self, Log};
use crate::tui::text;
use crate::tui::theme::Meaning;
use crate::tui::workbench::Strategy;

/// Draws what lies over the screen; says where the cursor belongs.
pub(super) fn draw(buffer: &mut Buffer, body: Rect, app: &App, overlay: &Overlay) -> Option<Position> {
    match overlay {
        Overlay::Welcome { selected } => Some(welcome::draw(buffer, body, app, *selected)),
        Overlay::Help { query, typing, top } => {
            help::draw(buffer, body, app, query, *typing, *top);
            None
        }
        Overlay::Palette { query, selected } => Some(palette(buffer, body, app, query, *selected)),
        Overlay::Log(found) => {
            log(buffer, body, app, found);
            None
        }
        Overlay::History { top } => {
            history(buffer, body, app, *top);
            None
        }
        Overlay::Strategies { choices, selected } => Some(strategies(buffer, body, app, choices.as_deref(), *selected)),
        Overlay::Lineage { found, selected } => lineage::draw(buffer, body, app, found.as_deref(), *selected),
        Overlay::Correction(correction) => {
            correct::draw(buffer, body, app, correction);
            None
        }
        Overlay::Import { plan, only_y } => {
            dialogue::import(buffer, body, app, plan, *only_y);
            None
        }
        Overlay::Views(views) => Some(narrow::views(buffer, body, app, views)),
        Overlay::Facets(facets) => Some(narrow::facets(buffer, body, app, facets)),
        Overlay::Confirm(question) => {
            let widest = question.text.lines().map(text::width).max().unwrap_or(0);
            let width = u16::try_from(widest + 4).unwrap_or(u16::MAX).clamp(40, body.width.min(100));
            let rows = text::Document::raw(&question.text).lay(width - 4);
            let area = pen::sheet(buffer, body, width, u16::try_from(rows.len()).unwrap_or(3) + 3, app);
            let inner = layout::inside(area);
            for (y, row) in (inner.y..inner.bottom()).zip(rows.rows(0..rows.len())) {
                buffer.set_line(inner.x, y, &row.line(&app.settings.theme), inner.width);
                let undo = app.settings.keymap.hint(Action::Undo).unwrap_or_default();
                let is_key = row.spans.first().is_some_and(|span| span.text.starts_with(&format!("{undo} ")));
                if is_key && !undo.is_empty() {
                    pen::put_line(buffer, inner.x, y, inner.width, &Line::from(pen::bold(undo, Meaning::Key, app)));
                }
            }
            let line = Line::from(vec![
                pen::bold("y", Meaning::Key, app),
                pen::span(" yes   ", Meaning::Muted, app),
                pen::bold("n", Meaning::Key, app),
                pen::span(" no", Meaning::Muted, app),
            ]);
            pen::put_line(buffer, inner.x, inner.bottom().saturating_sub(1), inner.width, &line);
            None
        }
    }
}

fn palette(buffer: &mut Buffer, body: Rect, app: &App, query: &str, selected: usize) -> Position {
    let theme = &app.settings.theme;
    let found = keymap::find(&app.settings.keymap, query, app.place_below());
    let height = u16::try_from(found.len() + 4).unwrap_or(u16::MAX).clamp(6, body.height.min(26));
    let area = pen::sheet(buffer, body, 108, height, app);
    pen::title(buffer, area, true, &Line::from("palette"), &text::some(found.len() as u64, "action"), app);
    let inner = layout::inside(area);
    pen::put(buffer, inner.x, inner.y, 2, "› ", theme.style(Meaning::Accent));
    let used = pen::put(buffer, inner.x + 2, inner.y, inner.width - 3, query, theme.style(Meaning::Text));
    if query.is_empty() {
        let muted = theme.style(Meaning::Muted);
        pen::put(buffer, inner.x + 3, inner.y, inner.width - 4, "type to search what can be done here", muted);
    }
    let list = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
    let top = selected.saturating_sub(usize::from(list.height).saturating_sub(1));
    if found.is_empty() {
        pen::put(buffer, list.x, list.y, list.width, "no action is called that", theme.style(Meaning::Muted));
    }
    pen::more(buffer, area, top, found.len().saturating_sub(top + usize::from(list.height)), app);
    let keys_of = |action| app.settings.keymap.hint(action).unwrap_or_default();
    for (y, (nth, hit)) in (list.y..list.bottom()).zip(found.iter().enumerate().skip(top)) {
        if nth == selected {
            let line = Rect { x: area.x + 1, y, width: area.width - 2, height: 1 };
            buffer.set_style(line, theme.style(Meaning::Selection));
        }
        let does = app.settings.keymap.does(hit.action);
        let keys = keys_of(hit.action);
        let room = list.width.saturating_sub(u16::try_from(text::width(&keys)).unwrap_or(0) + 1);
        pen::put(buffer, list.x, y, room, does, theme.style(Meaning::Text));
        // What was typed, found again in the sentence.
        for (at, (byte, _)) in does.char_indices().enumerate() {
            if hit.positions.contains(&u32::try_from(at).unwrap_or(u32::MAX)) {
                let x = list.x + u16::try_from(text::width(&does[..byte])).unwrap_or(0);
                if x < list.x + room {
                    let style = theme.style(Meaning::Accent).add_modifier(Modifier::BOLD);
                    buffer.set_style(Rect { x, y, width: 1, height: 1 }, style);
                }
            }
        }
        let style = theme.style(Meaning::Key).add_modifier(Modifier::BOLD);
        pen::put_right(buffer, Rect { y, height: 1, ..list }, &keys, style);
    }
    Position { x: inner.x + 2 + used, y: inner.y }
}

fn strategies(buffer: &mut Buffer, body: Rect, app: &App, choices: Option<&[Strategy]>, selected: usize) -> Position {
    let theme = &app.settings.theme;
    let is_read = choices.is_some();
    let choices = choices.unwrap_or_default();
    let height = u16::try_from(choices.len() + 4).unwrap_or(u16::MAX).clamp(5, body.height);
    let area = pen::sheet(buffer, body, 100, height, app);
    pen::title(buffer, area, true, &Line::from("strategy"), "", app);
    let inner = layout::inside(area);
    let says = if app.is_running() {
        "Candidates of this run that have not begun are made by:"
    } else {
        "The next run is made by a strategy under the project's settings, or by a recipe of its own:"
    };
    pen::put(buffer, inner.x, inner.y, inner.width, says, theme.style(Meaning::Muted));
    let list = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
    if !is_read {
        pen::put(buffer, list.x, list.y, list.width, "reading…", theme.style(Meaning::Muted));
    }
    let top = selected.saturating_sub(usize::from(list.height).saturating_sub(1));
    let widest = choices.iter().map(|choice| text::width(&clean_line(&choice.name))).max().unwrap_or(0).min(28);
    pen::more(buffer, area, top, choices.len().saturating_sub(top + usize::from(list.height)), app);
    let mut cursor = list.as_position();
    for (y, (nth, choice)) in (list.y..list.bottom()).zip(choices.iter().enumerate().skip(top)) {
        let line = Rect { x: area.x + 1, y, width: area.width - 2, height: 1 };
        if nth == selected {
            buffer.set_style(line, theme.style(Meaning::Selection).add_modifier(Modifier::BOLD));
            cursor = Position { x: list.x - 1, y };
        }
        let name = text::cut(&clean_line(&choice.name), widest);
        let gap = " ".repeat(widest.saturating_sub(text::width(&name)) + 2);
        let spans = Line::from(vec![
            pen::bold(name, Meaning::Title, app),
            pen::span(format!("{gap}{}", clean_line(&choice.about)), Meaning::Muted, app),
        ]);
        pen::put_line(buffer, list.x, y, list.width, &spans);
    }
    cursor
}

fn log(buffer: &mut Buffer, body: Rect, app: &App, log: &Log) {
    let theme = &app.settings.theme;
    let height = if log.lines.is_empty() { 3 } else { body.height.saturating_sub(2) };
    let area = pen::sheet(buffer, body, Log::columns(body.width), height, app);
    pen::title(buffer, area, true, &Line::from("log"), &text::some(log.lines.len() as u64, "line"), app);
    let inner = layout::inside(area);
    if log.lines.is_empty() {
        let line = if log.written.is_some() { "nothing has been logged since the program began" } else { "reading…" };
        pen::put(buffer, inner.x, inner.y, inner.width, line, theme.style(Meaning::Muted));
        return;
    }
    let height = usize::from(inner.height);
    let end = log.laid.len() - log.back.min(log.laid.len().saturating_sub(height));
    rows(buffer, area, &log.laid, end.saturating_sub(height), height, app);
}

fn history(buffer: &mut Buffer, body: Rect, app: &App, top: usize) {
    let theme = &app.settings.theme;
    let Some(book) = app.review.selected_book() else { return };
    let hidden = app.is_hidden(book.view.id);
    let laid = sheets::history(app, book);
    let height = sheets::history_height(app, hidden, laid.len());
    let area = pen::sheet(buffer, body, sheets::HISTORY, height, app);
    pen::title(buffer, area, true, &Line::from(format!("decisions on #{}", book.view.id)), "newest last", app);
    let inner = layout::inside(area);
    if book.decisions.is_empty() && !hidden {
        let line = "nobody has decided anything about this candidate";
        pen::put(buffer, inner.x, inner.y, inner.width, line, theme.style(Meaning::Muted));
        return;
    }
    if hidden && inner.height > 1 {
        let line = "what others decided is hidden until you have judged";
        pen::put(buffer, inner.x, inner.bottom() - 1, inner.width, line, theme.style(Meaning::Muted));
    }
    let height = usize::from(inner.height).saturating_sub(usize::from(hidden));
    rows(buffer, area, &laid, top.min(laid.len().saturating_sub(height)), height, app);
}

/// So many rows of a text inside a sheet, and in its foot how many there are above and below.
fn rows(buffer: &mut Buffer, area: Rect, laid: &text::Laid, top: usize, height: usize, app: &App) {
    let inner = layout::inside(area);
    for (y, row) in (inner.y..).zip(laid.rows(top..top + height)) {
        pen::put_line(buffer, inner.x, y, inner.width, &row.line(&app.settings.theme));
    }
    pen::more(buffer, area, top, laid.len().saturating_sub(top + height), app);
}
