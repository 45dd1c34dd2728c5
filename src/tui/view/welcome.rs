//! The welcome: the ways in, each with what comes of it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::Line;

use super::pen;
use crate::review::cleaned::clean_line;
use crate::tui::app::App;
use crate::tui::layout;
use crate::tui::text;
use crate::tui::theme::Meaning;
use crate::tui::welcome;

/// Rows at the foot of a low screen for what comes of the selected way.
const FOOT: u16 = 2;
/// Columns of the sheet, where the screen has them.
const WIDE: u16 = 96;

pub(super) fn draw(buffer: &mut Buffer, body: Rect, app: &App, selected: usize) -> Position {
    let theme = &app.settings.theme;
    let entries = welcome::entries(app);
    let intro = if app.project.is_none() {
        "loong makes synthetic reasoning data that can be checked: each problem is answered twice, by code that runs and \
         by a chain of thought, and a verifier compares the two answers. You read the disagreements, override what is \
         wrong, and export the rest."
    } else {
        "Other ways on from here."
    };
    let folder = clean_line(&app.settings.here.display().to_string());
    let place = match &app.project {
        None => ("no project yet in ", folder),
        Some(project) if project.demo => ("this folder: ", folder),
        Some(project) => ("project ", clean_line(&project.folder.display().to_string())),
    };
    let around = around(app);
    let columns = WIDE.min(body.width).saturating_sub(4);
    // Of a folder, its own name is told before those that it lies in.
    let place = format!("{}{}", place.0, text::end(&place.1, usize::from(columns).saturating_sub(place.0.len())));
    let intro_rows = pen::paragraph_rows(intro, columns);
    let height = usize::from(intro_rows) + entries.len() * 2 + around.len() + 5;
    let area = pen::sheet(buffer, body, WIDE, u16::try_from(height).unwrap_or(u16::MAX), app);
    pen::title(buffer, area, true, &Line::from("welcome"), "", app);
    let inner = layout::inside(area);
    // On a small screen the ways in come before the words about them.
    let introduced = usize::from(inner.height) + 2 >= height;
    if introduced {
        pen::paragraph(buffer, inner, intro, theme.style(Meaning::Text), app);
    }
    let mut y = if introduced { inner.y + intro_rows + 1 } else { inner.y };
    let mut row = |buffer: &mut Buffer, line: &str, meaning| {
        if y < inner.bottom() {
            pen::put(buffer, inner.x, y, inner.width, line, theme.style(meaning));
        }
        y += 1;
        y - 1
    };
    row(buffer, &place, Meaning::Muted);
    let dense = usize::from(inner.height) < entries.len() * 2 + around.len() + 2;
    if !dense {
        for line in &around {
            row(buffer, line, Meaning::Accent);
        }
        row(buffer, "", Meaning::Text);
    }
    let widest = entries.iter().map(|entry| text::width(entry.name)).max().unwrap_or(0);
    // What comes of each stands beside it where that has room, else in a row of its own; where there are no rows for that,
    // at the foot, of the selected one.
    let does = entries.iter().map(|entry| text::width(entry.does)).max().unwrap_or(0);
    let beside = 3 + widest + 2 + does <= usize::from(inner.width);
    let mut cursor = inner.as_position();
    for (nth, entry) in entries.iter().enumerate() {
        let at = row(buffer, "", Meaning::Text);
        if at >= inner.bottom() {
            break;
        }
        if nth == selected {
            let line = Rect { x: area.x + 1, y: at, width: area.width - 2, height: 1 };
            buffer.set_style(line, theme.style(Meaning::Selection).add_modifier(Modifier::BOLD));
            cursor = Position { x: inner.x + 1, y: at };
        }
        let mut spans = vec![
            pen::bold(format!("{}  ", entry.key), Meaning::Key, app),
            pen::bold(format!("{:widest$}", entry.name), Meaning::Title, app),
        ];
        if beside {
            spans.push(pen::span(format!("  {}", entry.does), Meaning::Muted, app));
        }
        pen::put_line(buffer, inner.x, at, inner.width, &Line::from(spans));
        if !dense {
            let below = if beside { String::new() } else { format!("   {}", entry.does) };
            row(buffer, &below, Meaning::Muted);
        }
    }
    if let Some(entry) = entries.get(selected).filter(|_| dense && y + FOOT < inner.bottom()) {
        let foot = Rect { y: inner.bottom() - FOOT, height: FOOT, ..inner };
        pen::paragraph(buffer, foot, entry.does, theme.style(Meaning::Muted), app);
    }
    cursor
}

/// What was found that a run could use.
fn around(app: &App) -> Vec<String> {
    match &app.around {
        None => vec!["looking for keys and model servers…".to_owned()],
        Some(found) if found.is_empty() => {
            let without = if app.project.as_ref().is_some_and(|p| p.demo) {
                "imports need"
            } else {
                "the demo, imports and templates need"
            };
            vec![format!("No key or model server found; {without} none.")]
        }
        Some(found) => found.iter().map(|line| format!("found {}", clean_line(line))).collect(),
    }
}
