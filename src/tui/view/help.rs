//! Help: the live keymap, by section, searchable; behind it what the signs of the list mean.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::Line;

use super::pen;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::keymap::{Chord, HelpRow, help_rows};
use crate::tui::layout;
use crate::tui::text;
use crate::tui::theme::Meaning;

/// Columns of the sheet, where the screen has them.
const WIDE: u16 = 112;

pub(super) fn draw(buffer: &mut Buffer, body: Rect, app: &App, query: &str, typing: bool, top: usize) {
    let rows = help_rows(&app.settings.keymap, app.place_below(), query);
    let wide = |row: &HelpRow| match row {
        HelpRow::Keys(keys, _) => text::width(keys),
        HelpRow::Sign(sign) => text::width(sign.glyph),
        HelpRow::Section(_) => 0,
    };
    let columns = WIDE.min(body.width).saturating_sub(4);
    let widest = rows.iter().map(wide).max().unwrap_or(0);
    let keys_width = u16::try_from(widest).unwrap_or(0).min(columns / 2);
    // Sentences are read whole: what a row has no room for goes on in the next.
    let beside = columns.saturating_sub(4 + keys_width);
    let tall: Vec<u16> = rows.iter().map(|row| pen::paragraph_rows(says(row), beside).max(1)).collect();
    let height = tall.iter().fold(2, |sum: u16, rows| sum.saturating_add(*rows));
    let area = pen::sheet(buffer, body, WIDE, height.max(6), app);
    let theme = &app.settings.theme;
    let mut name = vec![ratatui::text::Span::raw("keys that work here")];
    if typing || !query.is_empty() {
        name.push(pen::span(format!(" │ {query}{}", if typing { "▏" } else { "" }), Meaning::Accent, app));
    }
    pen::title(buffer, area, true, &Line::from(name), &chord(app), app);
    let inner = layout::inside(area);
    if rows.is_empty() {
        pen::put(buffer, inner.x, inner.y, inner.width, "no key does that", theme.style(Meaning::Muted));
        return;
    }
    let fits = |top: &usize| tall[*top..].iter().fold(0, |sum: u16, rows| sum.saturating_add(*rows)) <= inner.height;
    let top = top.min((0..rows.len()).find(fits).unwrap_or(0));
    let mut y = inner.y;
    let mut end = top;
    for (row, tall) in rows.iter().zip(&tall).skip(top) {
        if y + tall > inner.bottom() {
            break;
        }
        let right = Rect { x: inner.x + 4 + keys_width, y, width: beside, height: *tall };
        match row {
            HelpRow::Section(name) => {
                let style = theme.style(Meaning::Title).add_modifier(Modifier::BOLD);
                pen::put(buffer, inner.x, y, inner.width, name, style);
            }
            HelpRow::Sign(sign) => {
                let style = theme.style(sign.meaning).add_modifier(Modifier::BOLD);
                pen::put(buffer, inner.x + 2, y, keys_width, sign.glyph, style);
                pen::paragraph(buffer, right, sign.says, theme.style(Meaning::Text), app);
            }
            HelpRow::Keys(keys, does) => {
                let style = theme.style(Meaning::Key).add_modifier(Modifier::BOLD);
                pen::put(buffer, inner.x + 2, y, keys_width, keys, style);
                pen::paragraph(buffer, right, does, theme.style(Meaning::Text), app);
            }
        }
        y += tall;
        end += 1;
    }
    // Headings are no rows that somebody looks for.
    let counted = |rows: &[HelpRow]| rows.iter().filter(|row| !matches!(row, HelpRow::Section(_))).count();
    pen::more(buffer, area, counted(&rows[..top]), counted(&rows[end..]), app);
}

/// What stands beside a row's keys or sign.
fn says(row: &HelpRow) -> &str {
    match row {
        HelpRow::Section(_) => "",
        HelpRow::Keys(_, does) => does,
        HelpRow::Sign(sign) => sign.says,
    }
}

/// How keys that stand apart are pressed, by one of them.
fn chord(app: &App) -> String {
    match app.settings.keymap.keys(Action::GoReview).first().map(Chord::keys) {
        Some([first, second]) => format!("{first} {second} is {first}, then {second}"),
        _ => String::new(),
    }
}
