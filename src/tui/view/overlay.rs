//! What lies over the screen: palette, log, history, strategies, questions; and the way to the others.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::Line;

use super::{correct, dialogue, help, lineage, narrow, pen, welcome};
use crate::review::cleaned::clean_line;
use crate::review::correction::{Change, changed};
use crate::review::difference::{self, Piece};
use crate::store::record::Decision;
use crate::tui::app::{App, Overlay};
use crate::tui::correct::{Look, Row};
use crate::tui::keymap;
use crate::tui::layout;
use crate::tui::plain::what;
use crate::tui::review::history_rows;
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
        Overlay::Log { lines, back } => {
            log(buffer, body, app, lines, *back);
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
            let width =
                u16::try_from(text::width(&question.text) + 4).unwrap_or(u16::MAX).clamp(40, body.width.min(100));
            let rows = text::Document::raw(&question.text).lay(width - 4);
            let area = pen::sheet(buffer, body, width, u16::try_from(rows.len()).unwrap_or(3) + 3, app);
            let inner = layout::inside(area);
            for (y, row) in (inner.y..inner.bottom()).zip(rows.rows(0..rows.len())) {
                buffer.set_line(inner.x, y, &row.line(&app.settings.theme), inner.width);
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

fn log(buffer: &mut Buffer, body: Rect, app: &App, lines: &[crate::logging::LogLine], back: usize) {
    let theme = &app.settings.theme;
    let height = if lines.is_empty() { 3 } else { body.height.saturating_sub(2) };
    let area = pen::sheet(buffer, body, body.width.saturating_sub(8).max(56), height, app);
    pen::title(buffer, area, true, &Line::from("log"), &text::some(lines.len() as u64, "line"), app);
    let inner = layout::inside(area);
    if lines.is_empty() {
        let line = "nothing has been logged since the program began";
        pen::put(buffer, inner.x, inner.y, inner.width, line, theme.style(Meaning::Muted));
        return;
    }
    let height = usize::from(inner.height);
    let end = lines.len().saturating_sub(back.min(lines.len().saturating_sub(height)));
    let start = end.saturating_sub(height);
    pen::more(buffer, area, start, lines.len() - end, app);
    for (y, line) in (inner.y..inner.bottom()).zip(&lines[start..end]) {
        let meaning = match line.level {
            tracing::Level::ERROR => Meaning::Error,
            tracing::Level::WARN => Meaning::Warning,
            _ => Meaning::Muted,
        };
        let spans = Line::from(vec![
            pen::span(format!("{} ", line.at.strftime("%H:%M:%S")), Meaning::Muted, app),
            pen::span(format!("{:5} ", line.level), meaning, app),
            pen::span(clean_line(&line.message), Meaning::Text, app),
        ]);
        pen::put_line(buffer, inner.x, y, inner.width, &spans);
    }
}

fn history(buffer: &mut Buffer, body: Rect, app: &App, top: usize) {
    let theme = &app.settings.theme;
    let Some(book) = app.review.selected_book() else { return };
    // As high whatever is hidden: the height would tell how many there are.
    let shown = if app.is_hidden(book.view.id) { 6 } else { history_rows(book) };
    let height = u16::try_from(shown + 2).unwrap_or(u16::MAX);
    let area = pen::sheet(buffer, body, 100, height.clamp(3, body.height), app);
    pen::title(buffer, area, true, &Line::from(format!("decisions on {}", book.view.id)), "newest last", app);
    let inner = layout::inside(area);
    if book.decisions.is_empty() && !app.is_hidden(book.view.id) {
        let line = "nobody has decided anything about this candidate";
        pen::put(buffer, inner.x, inner.y, inner.width, line, theme.style(Meaning::Muted));
        return;
    }
    let hidden = app.is_hidden(book.view.id);
    let came = book.view.came();
    let own = book.decisions.iter().enumerate().filter(|(_, d)| !hidden || d.body.reviewer == app.settings.reviewer);
    let rows: Vec<Line<'static>> = own
        .flat_map(|(at, decision)| {
            let changes = changed(&book.decisions, at, &came);
            let texts =
                changes.iter().flat_map(|change| one_text(change, usize::from(inner.width), app)).collect::<Vec<_>>();
            std::iter::once(one_decision(decision, app)).chain(texts)
        })
        .collect();
    if hidden && inner.height > 1 {
        let line = "what others decided is hidden until you have judged";
        pen::put(buffer, inner.x, inner.bottom() - 1, inner.width, line, theme.style(Meaning::Muted));
    }
    let height = usize::from(inner.height).saturating_sub(usize::from(hidden));
    let top = top.min(rows.len().saturating_sub(height));
    pen::more(buffer, area, top, rows.len().saturating_sub(top + height), app);
    for (y, row) in (inner.y..).zip(rows.iter().skip(top).take(height)) {
        pen::put_line(buffer, inner.x, y, inner.width, row);
    }
}

fn one_decision(decision: &Decision, app: &App) -> Line<'static> {
    let gone = decision.reversed_by.is_some();
    let meaning = if gone { Meaning::Muted } else { Meaning::Human };
    let at = decision.at.get(..16).unwrap_or(&decision.at).replace('T', " ");
    let who = text::cut(&clean_line(&decision.body.reviewer), 10);
    let mut spans = vec![
        pen::span(format!("{at}  {who:10}  "), Meaning::Muted, app),
        pen::span(clean_line(&what(decision)), meaning, app),
    ];
    if let Some(note) = &decision.body.note {
        spans.push(pen::span(format!("  “{}”", clean_line(note)), Meaning::Text, app));
    }
    if decision.body.blind {
        spans.push(pen::span("  blind", Meaning::Muted, app));
    }
    if gone {
        spans.push(pen::span("  (taken back)", Meaning::Muted, app));
    }
    Line::from(spans)
}

/// A text before and after it was corrected, in a row each, from where they differ.
fn one_text(change: &Change, width: usize, app: &App) -> [Line<'static>; 2] {
    let (before, after) = difference::between(&clean_line(&change.before), &clean_line(&change.after));
    [(Look::Before, '−', before), (Look::After, '+', after)].map(|(look, mark, pieces)| {
        let name = Piece { text: format!("    {mark} {:9} ", change.name), differs: false };
        let room = width.saturating_sub(16);
        let pieces = std::iter::once(name).chain(difference::from_difference(pieces, room)).collect();
        correct::line(&Row { look, pieces }, app)
    })
}
