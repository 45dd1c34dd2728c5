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

pub(super) fn draw(buffer: &mut Buffer, body: Rect, app: &App, query: &str, typing: bool, top: usize) {
    let rows = help_rows(&app.settings.keymap, app.place_below(), query);
    let height = u16::try_from(rows.len() + 2).unwrap_or(u16::MAX);
    let area = pen::sheet(buffer, body, 112, height.max(6), app);
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
    let wide = |row: &HelpRow| match row {
        HelpRow::Keys(keys, _) => text::width(keys),
        HelpRow::Sign(sign) => text::width(sign.glyph),
        HelpRow::Section(_) => 0,
    };
    let widest = rows.iter().map(wide).max().unwrap_or(0);
    let keys_width = u16::try_from(widest).unwrap_or(0).min(inner.width / 2);
    let top = top.min(rows.len().saturating_sub(usize::from(inner.height)));
    for (y, row) in (inner.y..inner.bottom()).zip(rows.iter().skip(top)) {
        match row {
            HelpRow::Section(name) => {
                let style = theme.style(Meaning::Title).add_modifier(Modifier::BOLD);
                pen::put(buffer, inner.x, y, inner.width, name, style);
            }
            HelpRow::Sign(sign) => {
                let style = theme.style(sign.meaning).add_modifier(Modifier::BOLD);
                pen::put(buffer, inner.x + 2, y, keys_width, sign.glyph, style);
                let x = inner.x + 4 + keys_width;
                pen::put(buffer, x, y, inner.right().saturating_sub(x), sign.says, theme.style(Meaning::Text));
            }
            HelpRow::Keys(keys, does) => {
                let style = theme.style(Meaning::Key).add_modifier(Modifier::BOLD);
                pen::put(buffer, inner.x + 2, y, keys_width, keys, style);
                let x = inner.x + 4 + keys_width;
                pen::put(buffer, x, y, inner.right().saturating_sub(x), does, theme.style(Meaning::Text));
            }
        }
    }
    // Headings are no rows that somebody looks for.
    let counted = |rows: &[HelpRow]| rows.iter().filter(|row| !matches!(row, HelpRow::Section(_))).count();
    let end = (top + usize::from(inner.height)).min(rows.len());
    pen::more(buffer, area, counted(&rows[..top]), counted(&rows[end..]), app);
}

/// How keys that stand apart are pressed, by one of them.
fn chord(app: &App) -> String {
    match app.settings.keymap.keys(Action::GoReview).first().map(Chord::keys) {
        Some([first, second]) => format!("{first} {second} is {first}, then {second}"),
        _ => String::new(),
    }
}
