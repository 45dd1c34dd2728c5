//! The export screen: what is chosen and what that comes to; what is left out and why; the first rows as they would be
//! written.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::pen;
use crate::export::{Duplicates, FormatName, Reasoning, WhichResponses};
use crate::review::cleaned::clean_line;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::export::{Choice, Pane, places};
use crate::tui::layout;
use crate::tui::text;
use crate::tui::theme::Meaning;

/// Columns of the names of choices.
const NAMES: u16 = 12;

pub(super) fn draw(buffer: &mut Buffer, body: Rect, app: &App) -> Option<Position> {
    let panes = places(body, &app.export);
    let tabs = panes.len() < Pane::ALL.len();
    for focused in [false, true] {
        for (_, area) in panes.iter().filter(|(pane, _)| (*pane == app.export.pane) == focused) {
            pen::frame(buffer, *area, focused, app);
        }
    }
    let mut cursor = None;
    for (pane, area) in panes {
        let focused = pane == app.export.pane;
        let title = title(pane, tabs && pane != Pane::Choices, app);
        let inner = layout::inside(area);
        pen::title(buffer, area, focused, &title, &facts(pane, inner, app), app);
        let here = match pane {
            Pane::Choices => choices(buffer, area, inner, app),
            Pane::LeftOut => left_out(buffer, area, inner, app),
            Pane::Rows => rows(buffer, area, inner, app),
        };
        if focused {
            cursor = Some(here);
        }
    }
    cursor
}

/// A pane's name; with its neighbour where they share the box.
fn title(pane: Pane, tabs: bool, app: &App) -> Line<'static> {
    if !tabs {
        return Line::from(pane.name());
    }
    let name = |tab: Pane| {
        if tab == pane { Span::raw(tab.name()) } else { pen::span(tab.name(), Meaning::Muted, app) }
    };
    Line::from(vec![name(Pane::LeftOut), pen::span(" │ ", Meaning::Border, app), name(Pane::Rows)])
}

/// What stands at the right of a title.
fn facts(pane: Pane, inner: Rect, app: &App) -> String {
    let export = &app.export;
    match (pane, export.exportable()) {
        // The border below is another box's, which has its own to tell there.
        (Pane::Choices, _) => {
            let (shown, above) = export.choices_in(usize::from(inner.height));
            let beyond = pen::beyond(above, Choice::ALL.len() - above - shown);
            beyond.unwrap_or_else(|| "what a person accepted, or what agrees".to_owned())
        }
        (Pane::LeftOut, Some(counted)) => {
            let all: u64 = counted.left_out.iter().map(|left| left.candidates).sum();
            format!("{} of {}", pen::short(all), pen::short(counted.seen))
        }
        // Rows of the file; the lines that they take here are nobody's number.
        (Pane::Rows, Some(counted)) if counted.shown > 0 && counted.is_whole => {
            format!("{} of {}", counted.shown, pen::short(counted.rows))
        }
        _ => String::new(),
    }
}

fn choices(buffer: &mut Buffer, area: Rect, inner: Rect, app: &App) -> Position {
    let (export, theme) = (&app.export, &app.settings.theme);
    let wish = &export.wish;
    let mut cursor = inner.as_position();
    let mut about = String::new();
    let (shown, above) = export.choices_in(usize::from(inner.height));
    let behind = behind(inner.width.saturating_sub(NAMES), app);
    for (y, choice) in (inner.y..inner.bottom()).zip(Choice::ALL.into_iter().skip(above).take(shown)) {
        let selected = choice == export.choice;
        if selected && export.pane == Pane::Choices {
            let line = Rect { x: area.x + 1, y, width: area.width - 2, height: 1 };
            buffer.set_style(line, theme.style(Meaning::Selection).add_modifier(Modifier::BOLD));
            cursor = Position { x: inner.x - 1, y };
        }
        let (value, note) = said(choice, app);
        pen::put(buffer, inner.x, y, NAMES, choice.name(), theme.style(Meaning::Muted));
        let x = inner.x + NAMES;
        let is_empty = match choice {
            Choice::Filter => wish.filter.is_empty(),
            Choice::Against => wish.against.is_empty(),
            _ => false,
        };
        let dim = is_empty || !export.applies(choice);
        let style = if dim { theme.style(Meaning::Muted) } else { theme.style(Meaning::Text) };
        let style = if dim { style } else { style.add_modifier(Modifier::BOLD) };
        let used = pen::put(buffer, x, y, inner.right().saturating_sub(x), &value, style);
        let x = x + used.max(behind.unwrap_or(0)) + 2;
        let room = inner.right().saturating_sub(x);
        // What has no room beside stands below, whole.
        if text::width(&note) <= usize::from(room) {
            pen::put(buffer, x, y, room, &note, theme.style(Meaning::Muted));
        } else if choice == Choice::Format {
            about = note;
        }
    }
    let below = u16::try_from(shown).unwrap_or(u16::MAX);
    let blank = u16::from(inner.height > below + 2);
    let under = Rect { y: inner.y + below + blank, height: inner.height.saturating_sub(below + blank), ..inner };
    let used = if about.is_empty() || under.height < 4 {
        0
    } else {
        pen::put(
            buffer,
            under.x,
            under.y,
            under.width,
            &format!("{}: {about}", wish.format),
            theme.style(Meaning::Muted),
        );
        1
    };
    outcome(buffer, Rect { y: under.y + used, height: under.height - used, ..under }, app);
    cursor
}

/// Columns of the values that are turned through, so that the notes behind them stand under each other; `None` where one of
/// those would have no room then.
fn behind(columns: u16, app: &App) -> Option<u16> {
    let all: Vec<(usize, usize)> = Choice::ALL
        .into_iter()
        .filter(|choice| !matches!(choice, Choice::Filter | Choice::File | Choice::Against))
        .map(|choice| said(choice, app))
        .map(|(value, note)| (text::width(&value), text::width(&note)))
        .collect();
    let widest = all.iter().map(|(value, _)| *value).max()?;
    let fits = all.iter().all(|(_, note)| widest + 2 + note <= usize::from(columns));
    u16::try_from(widest).ok().filter(|_| fits)
}

/// A choice's value, and what it means.
fn said(choice: Choice, app: &App) -> (String, String) {
    let export = &app.export;
    let wish = &export.wish;
    let enter = app.settings.keymap.hint(Action::Zoom).unwrap_or_default();
    let turns = |word: &str| format!("‹ {word} ›");
    match choice {
        Choice::Format => (turns(wish.format.as_str()), wish.format.format().about().to_owned()),
        Choice::Reward if !export.applies(choice) => {
            ("–".to_owned(), format!("{} and {} have one", FormatName::PromptOnly, FormatName::Verl))
        }
        _ if !export.applies(choice) => ("–".to_owned(), none(wish.format)),
        Choice::Responses => {
            let note = match wish.options.responses {
                WhichResponses::FirstVerified => "the first that agrees",
                WhichResponses::ShortestVerified => "the shortest of them",
                WhichResponses::AllVerified => "a row each",
            };
            (turns(wish.options.responses.as_str()), note.to_owned())
        }
        Choice::Reasoning => {
            let note = match wish.options.reasoning {
                Reasoning::Drop => "separate thinking is left out",
                Reasoning::Think => "before the reply, in <think>",
                Reasoning::Field => "beside the reply, in a field",
            };
            (turns(wish.options.reasoning.as_str()), note.to_owned())
        }
        Choice::Duplicates => {
            let note = match wish.options.duplicates {
                Duplicates::Drop => "of questions asked before",
                Duplicates::DropNear => "asked before, or nearly",
                Duplicates::Keep => "all are written",
            };
            (turns(wish.options.duplicates.as_str()), note.to_owned())
        }
        Choice::Against if wish.against.is_empty() => ("(none)".to_owned(), format!("{enter} names files to keep out")),
        Choice::Against => (clean_line(&wish.against), "what it asks is left out".to_owned()),
        Choice::Since if wish.since_last => (turns("the last export"), "what is new, in a file of its own".to_owned()),
        Choice::Since => (turns("the beginning"), "everything".to_owned()),
        Choice::Reward => match wish.reward {
            Some(reward) => (turns(reward.as_str()), "a Python file beside the rows".to_owned()),
            None => (turns("none"), "no reward function".to_owned()),
        },
        Choice::Test => match wish.options.test_per_mille {
            0 => (turns("none"), "all rows in one file".to_owned()),
            part => (turns(&format!("{} %", part / 10)), "of the families, in a file of its own".to_owned()),
        },
        Choice::Filter if wish.filter.is_empty() => ("(all)".to_owned(), String::new()),
        Choice::Filter => (clean_line(&wish.filter), String::new()),
        Choice::File => (clean_line(&wish.path), String::new()),
    }
}

fn none(format: FormatName) -> String {
    format!("{format} has no responses in its rows")
}

/// What the choices come to, and what to press.
fn outcome(buffer: &mut Buffer, under: Rect, app: &App) {
    let (export, theme) = (&app.export, &app.settings.theme);
    let wish = &export.wish;
    let key = app.settings.keymap.hint(Action::WriteExport).unwrap_or_default();
    let mut lines: Vec<(String, Meaning)> = Vec::new();
    match &export.counted {
        _ if export.writing.is_some() => {
            let back = app.settings.keymap.hint(Action::Back).unwrap_or_default();
            let rows = export.writing.unwrap_or_default();
            lines.push((
                format!("writing… {}; {back} ends it and leaves nothing", text::some(rows, "row")),
                Meaning::Accent,
            ));
        }
        None if app.project.is_none() => lines.push(("No project is open.".to_owned(), Meaning::Muted)),
        None => lines.push(("counting…".to_owned(), Meaning::Muted)),
        Some(Err(e)) => lines.push((clean_line(e), Meaning::Error)),
        Some(Ok(counted)) if export.stale || !counted.is_whole => {
            let text = format!(
                "counting… {} of {} so far",
                text::some(counted.rows, "row"),
                text::some(counted.seen, "candidate")
            );
            lines.push((text, Meaning::Muted));
        }
        Some(Ok(counted)) if counted.rows == 0 && counted.before.is_some() => {
            let before = text::some(counted.before.unwrap_or_default(), "row");
            lines.push((format!("nothing is new since the last export, which has {before}"), Meaning::Muted));
        }
        Some(Ok(counted)) if counted.rows == 0 => {
            let text = if counted.seen == 0 { "no candidate matches" } else { "nothing to write: all are left out" };
            lines.push((text.to_owned(), Meaning::Warning));
        }
        Some(Ok(counted)) => {
            let name = clean_line(&counted.path.display().to_string());
            let test = if counted.test > 0 { format!(", {} to test on", counted.test) } else { String::new() };
            let them = if counted.rows == 1 { "it" } else { "them" };
            let text = if let Some(before) = counted.before {
                let rows = text::some(counted.rows, "new row");
                format!("{rows}{test}; {key} writes {them} beside the {} there", pen::short(before))
            } else {
                let rows = text::some(counted.rows, "row");
                format!("{rows}{test}; {key} writes {them}, with manifest and card")
            };
            lines.push((text, Meaning::Accent));
            // Of a path the end is what was chosen; where there are rows for all of it, it is read whole.
            let most = usize::from(under.width) * if under.height > 2 + u16::from(counted.exists) { 2 } else { 1 };
            let name = text::end(&name, most.saturating_sub(3));
            lines.push((format!("to {name}"), Meaning::Muted));
            if counted.exists && wish.since_last {
                lines.push(("which is there without a manifest: choose another file".to_owned(), Meaning::Warning));
            } else if counted.exists {
                lines.push(("which is there already: it asks before it writes over it".to_owned(), Meaning::Warning));
            }
        }
    }
    if let Some(n) = export.exportable().map(|counted| counted.drifted).filter(|n| *n > 0 && !export.stale) {
        let text = format!("{} of those there would not be exported so today", pen::short(n));
        lines.push((text, Meaning::Warning));
    }
    let mut rest = under;
    for (line, meaning) in &lines {
        // What is wrong is read whole.
        let used = pen::paragraph(buffer, rest, line, theme.style(*meaning), app);
        rest = Rect { y: rest.y + used, height: rest.height - used, ..rest };
    }
}

fn left_out(buffer: &mut Buffer, area: Rect, inner: Rect, app: &App) -> Position {
    let (export, theme) = (&app.export, &app.settings.theme);
    let muted = theme.style(Meaning::Muted);
    let Some(counted) = export.exportable() else { return inner.as_position() };
    if counted.left_out.is_empty() {
        let text = if counted.is_whole { "nothing is left out" } else { "counting…" };
        pen::put(buffer, inner.x, inner.y, inner.width, text, muted);
        return inner.as_position();
    }
    let wide = counted.left_out.iter().map(|left| left.candidates.to_string().len()).max().unwrap_or(1);
    let height = usize::from(inner.height);
    let top = export.reason.saturating_sub(height.saturating_sub(1));
    pen::more(buffer, area, top, counted.left_out.len().saturating_sub(top + height), app);
    let mut cursor = inner.as_position();
    for (y, (nth, left)) in (inner.y..inner.bottom()).zip(counted.left_out.iter().enumerate().skip(top)) {
        let selected = nth == export.reason;
        if selected && export.pane == Pane::LeftOut {
            let style = theme.style(Meaning::Selection).add_modifier(Modifier::BOLD);
            buffer.set_style(Rect { x: area.x + 1, y, width: area.width - 2, height: 1 }, style);
            cursor = Position { x: inner.x - 1, y };
        }
        let number = format!("{:>wide$}  ", left.candidates);
        let used = pen::put(buffer, inner.x, y, inner.width, &number, theme.style(Meaning::Text));
        let x = inner.x + used;
        let used = pen::put(buffer, x, y, inner.right().saturating_sub(x), &clean_line(&left.reason), muted);
        if selected && export.pane == Pane::LeftOut {
            let key = app.settings.keymap.hint(Action::Zoom).unwrap_or_default();
            let text = format!("{key} lists them");
            let room = Rect { x: x + used + 1, y, width: inner.right().saturating_sub(x + used + 1), height: 1 };
            pen::put_right(buffer, room, &text, theme.style(Meaning::Key));
        }
    }
    cursor
}

fn rows(buffer: &mut Buffer, area: Rect, inner: Rect, app: &App) -> Position {
    let (export, theme) = (&app.export, &app.settings.theme);
    let muted = theme.style(Meaning::Muted);
    let laid = &export.laid;
    if laid.is_empty() {
        let text = match export.exportable() {
            Some(counted) if counted.is_whole && counted.rows > 0 => "they are to be judged blind, so none is shown",
            Some(counted) if counted.is_whole => "no row",
            _ if app.project.is_none() => "",
            _ if matches!(export.counted, Some(Err(_))) => "none until what is wrong is mended",
            _ => "reading…",
        };
        pen::put(buffer, inner.x, inner.y, inner.width, text, muted);
        return inner.as_position();
    }
    let end = (export.top + usize::from(inner.height)).min(laid.len());
    for (y, row) in (inner.y..inner.bottom()).zip(laid.rows(export.top..end)) {
        buffer.set_line(inner.x, y, &row.line(theme), inner.width);
    }
    let style = muted.add_modifier(Modifier::BOLD);
    if export.top > 0 {
        pen::put(buffer, area.right() - 2, inner.y, 1, "↑", style);
    }
    if end < laid.len() && inner.height > 0 {
        pen::put(buffer, area.right() - 2, inner.bottom() - 1, 1, "↓", style);
    }
    inner.as_position()
}
