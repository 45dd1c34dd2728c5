//! The export dialogue, and what an import would do.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::Line;

use super::pen;
use crate::export::FormatName;
use crate::review::cleaned::clean_line;
use crate::tui::app::{App, ExportDialogue};
use crate::tui::layout;
use crate::tui::text;
use crate::tui::theme::Meaning;
use crate::tui::workbench::ImportPlan;

fn about(format: FormatName) -> &'static str {
    match format {
        FormatName::Loong => "a seed dataset again: question, code, answer, metadata",
        FormatName::Messages => "chats for supervised fine-tuning",
        FormatName::Raw => "everything known of each candidate",
    }
}

pub(super) fn export(buffer: &mut Buffer, body: Rect, app: &App, dialogue: &ExportDialogue) -> Position {
    let theme = &app.settings.theme;
    let left_out = match &dialogue.counted {
        Some(Ok(counted)) => counted.left_out.len(),
        _ => 0,
    };
    let area = pen::sheet(buffer, body, 84, u16::try_from(left_out + 12).unwrap_or(u16::MAX), app);
    pen::title(buffer, area, true, &Line::from("export"), "what a person accepted, or what agrees", app);
    let inner = layout::inside(area);
    let wish = &dialogue.wish;
    let all = "(all)".to_owned();
    let fields = [
        ("format", format!("‹ {} ›", wish.format), about(wish.format)),
        ("responses", format!("‹ {} ›", wish.responses), ""),
        ("filter", if wish.filter.is_empty() && dialogue.field != 2 { all } else { wish.filter.clone() }, ""),
        ("file", wish.path.clone(), ""),
    ];
    let mut cursor = inner.as_position();
    for (nth, (name, value, note)) in fields.iter().enumerate() {
        let y = inner.y + u16::try_from(nth).unwrap_or(0);
        if y >= inner.bottom() {
            break;
        }
        let focused = nth == dialogue.field;
        if focused {
            let line = Rect { x: area.x + 1, y, width: area.width - 2, height: 1 };
            buffer.set_style(line, theme.style(Meaning::Selection));
        }
        let style = theme.style(if focused { Meaning::Focus } else { Meaning::Muted });
        pen::put(buffer, inner.x, y, 11, &format!("{name:>9}"), style);
        let x = inner.x + 11;
        let strong = theme.style(Meaning::Text).add_modifier(Modifier::BOLD);
        let used = pen::put(buffer, x, y, inner.width.saturating_sub(11), &clean_line(value), strong);
        if focused {
            let at = if nth < 2 { x } else { (x + used).min(inner.right().saturating_sub(1)) };
            cursor = Position { x: at, y };
        }
        if !note.is_empty() {
            let x = x + used + 2;
            pen::put(buffer, x, y, inner.right().saturating_sub(x), note, theme.style(Meaning::Muted));
        }
    }
    let mut y = inner.y + 5;
    let mut row = |buffer: &mut Buffer, line: &str, meaning| {
        if y < inner.bottom() {
            pen::put(buffer, inner.x, y, inner.width, line, theme.style(meaning));
        }
        y += 1;
    };
    match &dialogue.counted {
        _ if dialogue.writing => row(buffer, "writing…", Meaning::Accent),
        None => row(buffer, "counting…", Meaning::Muted),
        Some(Err(e)) => row(buffer, &clean_line(e), Meaning::Error),
        Some(Ok(counted)) => {
            row(buffer, &format!("{} rows would be written to", counted.rows), Meaning::Text);
            row(buffer, &format!("  {}", clean_line(&counted.path.display().to_string())), Meaning::Text);
            if wish.overwrite {
                row(buffer, "enter again writes over the file that is there", Meaning::Warning);
            } else if counted.exists {
                row(buffer, "a file of that name is there", Meaning::Warning);
            } else {
                row(buffer, "enter writes it, with a manifest and a card beside it", Meaning::Accent);
            }
            if !counted.left_out.is_empty() {
                row(buffer, "left out:", Meaning::Muted);
            }
            for (reason, n) in &counted.left_out {
                row(buffer, &format!("{n:>7}  {}", clean_line(reason)), Meaning::Muted);
            }
        }
    }
    cursor
}

pub(super) fn import(buffer: &mut Buffer, body: Rect, app: &App, plan: &ImportPlan) {
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
        let line = "enter imports and verifies every row; importing a file twice changes nothing";
        put(buffer, &Line::styled(line, theme.style(Meaning::Accent)));
    }
}
