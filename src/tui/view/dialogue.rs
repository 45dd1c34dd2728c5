//! What an import would do.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::pen;
use crate::review::cleaned::clean_line;
use crate::tui::app::App;
use crate::tui::layout;
use crate::tui::text;
use crate::tui::theme::Meaning;
use crate::tui::workbench::ImportPlan;

pub(super) fn import(buffer: &mut Buffer, body: Rect, app: &App, plan: &ImportPlan, only_y: bool) {
    let theme = &app.settings.theme;
    let height = plan.mapping.len() + 8;
    let area = pen::sheet(buffer, body, 100, u16::try_from(height).unwrap_or(u16::MAX), app);
    let name = plan.file.file_name().map_or_else(String::new, |n| clean_line(&n.to_string_lossy()));
    pen::title(buffer, area, true, &Line::from(format!("import {name}")), "guessed from its first rows", app);
    let inner = layout::inside(area);
    let mut y = inner.y;
    let mut put = |buffer: &mut Buffer, line: &Line<'_>| {
        if y < inner.bottom() {
            pen::put_line(buffer, inner.x, y, inner.width, line);
        }
        y += 1;
    };
    for (ours, theirs) in &plan.mapping {
        let first = plan.first.iter().find(|(field, _)| field == ours).map_or("", |(_, v)| v.as_str());
        put(
            buffer,
            &Line::from(vec![
                pen::bold(format!("{ours:>10}"), Meaning::Accent, app),
                pen::span(" ← ", Meaning::Muted, app),
                pen::span(format!("{:<18}", text::cut(&clean_line(theirs), 18)), Meaning::Text, app),
                pen::span(format!("  {}", clean_line(first)), Meaning::Muted, app),
            ]),
        );
    }
    put(buffer, &Line::default());
    if let Some(field) = &plan.missing {
        let line = format!("no field looks like a {field}");
        put(buffer, &Line::from(pen::span(line, Meaning::Error, app)));
        let line = format!("name it on the command line: loong import FILE --map {field}=PATH");
        put(buffer, &Line::from(pen::span(line, Meaning::Text, app)));
    } else {
        let key = if only_y { "y" } else { "enter" };
        let line = format!("{key} imports and verifies every row; importing a file twice changes nothing");
        put(buffer, &Line::styled(line, theme.style(Meaning::Accent)));
    }
}
