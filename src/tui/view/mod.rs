//! Draws the state and changes nothing. Widgets ask the theme for a meaning, never for a colour; text that is not ours has
//! been cleaned before it comes here.

mod answers;
mod audit;
mod chrome;
mod correct;
mod dialogue;
mod export;
mod help;
mod hints;
mod lineage;
mod list;
mod narrow;
mod overlay;
mod pen;
mod prompt;
mod review;
mod rules;
mod seeds;
mod welcome;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Color;

use super::app::{App, Screen};
use super::layout;
use super::run;
use super::theme::Meaning;

/// Draws a frame and puts the terminal's cursor where the reader is.
pub fn draw(frame: &mut Frame<'_>, app: &App) {
    let area = frame.area();
    let cursor = paint(frame.buffer_mut(), area, app);
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
}

/// Paints the whole picture; says where the cursor belongs.
pub fn paint(buffer: &mut Buffer, area: Rect, app: &App) -> Option<Position> {
    let cursor = picture(buffer, area, app);
    // Last, because what lies over a screen clears what it covers.
    if let Some(ground) = app.settings.theme.ground() {
        for position in area.intersection(buffer.area).positions() {
            if let Some(cell) = buffer.cell_mut(position).filter(|cell| cell.bg == Color::Reset) {
                cell.bg = ground;
            }
        }
    }
    cursor
}

fn picture(buffer: &mut Buffer, area: Rect, app: &App) -> Option<Position> {
    let theme = &app.settings.theme;
    buffer.set_style(area, theme.style(Meaning::Text));
    let (least_columns, least_rows) = layout::LEAST;
    if area.width < least_columns || area.height < least_rows {
        let text = format!("loong needs {least_columns}×{least_rows}; this is {}×{}", area.width, area.height);
        if area.height > 0 {
            pen::put(buffer, area.x, area.y + area.height / 2, area.width, &text, theme.style(Meaning::Warning));
        }
        return None;
    }
    let parts = layout::parts(area);
    chrome::header(buffer, parts.header, app);
    let mut cursor = match app.screen {
        Screen::Review => review::draw(buffer, parts.body, app),
        Screen::Rules => rules::draw(buffer, parts.body, app),
        Screen::Seeds => seeds::draw(buffer, parts.body, app),
        Screen::Export => export::draw(buffer, parts.body, app),
        Screen::Run => {
            draw_run(buffer, parts.body, app);
            None
        }
        Screen::Audit => {
            audit::draw(buffer, parts.body, app);
            None
        }
    };
    if let Some(over) = &app.overlay {
        pen::dim(buffer, parts.body, app);
        cursor = overlay::draw(buffer, parts.body, app, over);
    }
    if let Some(line) = &app.prompt {
        chrome::notice(buffer, parts.body, app);
        return Some(prompt::draw(buffer, parts, app, line));
    }
    chrome::notice(buffer, parts.body, app);
    if app.overlay.is_none() {
        chrome::following(buffer, parts, app);
    }
    chrome::footer(buffer, parts.footer, app);
    cursor
}

fn draw_run(buffer: &mut Buffer, area: Rect, app: &App) {
    let keymap = &app.settings.keymap;
    run::draw(buffer, area, &app.run_seen(&|action| keymap.hint(action).unwrap_or_default()));
}
