//! Help: the live keymap, by section, searchable; behind it what words and the signs of the list mean.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::Line;

use super::pen;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::keymap::{Chord, HelpRow};
use crate::tui::layout;
use crate::tui::sheets::{self, Help};
use crate::tui::theme::Meaning;

pub(super) fn draw(buffer: &mut Buffer, body: Rect, app: &App, query: &str, typing: bool, top: usize) {
    let help = Help::lay(app, query);
    let Help { rows, tall, keys: keys_width, beside } = &help;
    let (keys_width, beside) = (*keys_width, *beside);
    let area = pen::sheet(buffer, body, sheets::HELP, help.height().saturating_add(2).max(6), app);
    let theme = &app.settings.theme;
    let mut name = vec![ratatui::text::Span::raw("keys that work here")];
    if typing || !query.is_empty() {
        name.push(pen::span(format!(" │ {query}{}", if typing { "▏" } else { "" }), Meaning::Accent, app));
    }
    pen::title(buffer, area, true, &Line::from(name), &chord(app), app);
    let inner = layout::inside(area);
    if rows.is_empty() {
        pen::put(buffer, inner.x, inner.y, inner.width, "no key or word fits", theme.style(Meaning::Muted));
        return;
    }
    let top = top.min(help.farthest(app));
    let mut y = inner.y;
    let mut end = top;
    for (row, tall) in rows.iter().zip(tall).skip(top) {
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

/// How keys that stand apart are pressed, by one of them.
fn chord(app: &App) -> String {
    match app.settings.keymap.keys(Action::GoReview).first().map(Chord::keys) {
        Some([first, second]) => format!("{first} {second} is {first}, then {second}"),
        _ => String::new(),
    }
}
