//! The review screen: the list, the texts, the answers.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::{answers, list, pen};
use crate::review::cleaned::clean_line;
use crate::tui::app::App;
use crate::tui::find::Find;
use crate::tui::layout::{self, Places};
use crate::tui::review::{Book, Pane};
use crate::tui::text;
use crate::tui::theme::Meaning;

pub(super) fn draw(buffer: &mut Buffer, body: Rect, app: &App) -> Option<Position> {
    let places = layout::places(body, &app.review);
    // The box with the focus last: its border is the heavier one.
    let mut boxes: Vec<(Rect, bool)> = places.panes.iter().map(|(p, r)| (*r, *p == app.review.pane)).collect();
    boxes.extend(places.answers.map(|r| (r, false)));
    boxes.sort_by_key(|(_, focused)| *focused);
    for (area, focused) in boxes {
        pen::frame(buffer, area, focused, app);
    }
    let mut cursor = None;
    for (pane, area) in &places.panes {
        let focused = *pane == app.review.pane;
        let (name, facts) = title(*pane, area.width, &places, app);
        pen::title(buffer, *area, focused, &name, &facts, app);
        if *pane == Pane::List {
            let row = list::draw(buffer, *area, app);
            if focused {
                cursor = row;
            }
        } else {
            let is_first = places.panes.iter().find(|(pane, _)| *pane != Pane::List).is_some_and(|(p, _)| p == pane);
            texts(buffer, *area, *pane, is_first, app);
            if focused {
                cursor = Some(layout::inside(*area).as_position());
            }
        }
    }
    if let Some(area) = places.answers {
        answers::draw(buffer, area, &places, app);
    }
    cursor
}

/// A pane's name, with its neighbours where they share its box, and its facts.
fn title(pane: Pane, width: u16, places: &Places, app: &App) -> (Line<'static>, String) {
    let facts = facts(pane, app);
    let shares = !places.tabs.is_empty() && (pane != Pane::List || places.tabs.contains(&Pane::List));
    // The question under the list, and a chain of thought under the code, have boxes of their own.
    let alone = if places.tabs.contains(&Pane::List) {
        pane != app.review.pane
    } else {
        places.of(Pane::Question).is_some() && places.of(Pane::Cot).is_some()
    };
    if !shares || alone || places.tabs.len() < 2 {
        return (Line::from(name(pane, app)), facts);
    }
    // Two boxes beside the list: the one that is not shown is named behind the one that is.
    if !places.tabs.contains(&Pane::List) && !app.review.zoom {
        if matches!(pane, Pane::Code | Pane::Output) && places.of(Pane::Question).is_some() {
            return (Line::from(name(pane, app)), facts);
        }
        let other = if pane == Pane::Cot { "question, code" } else { "chain of thought" };
        let hint = pen::span(format!(" │ {other}"), Meaning::Muted, app);
        return (Line::from(vec![Span::raw(name(pane, app)), hint]), facts);
    }
    let short = |tab: Pane| if tab == Pane::Cot { "CoT" } else { tab.name() };
    // What stands in a box of its own says more of itself than its name; here it does where there is room.
    let full = match name(pane, app) {
        position if pane == Pane::List && app.review.position().is_some() => format!("list · {position}"),
        full => full,
    };
    let tabs = places.tabs.iter().map(|tab| if *tab == pane { full.as_str() } else { short(*tab) });
    let wide: usize = tabs.map(|tab| text::width(tab) + 3).sum();
    let here = if wide + text::width(&facts) + 8 > usize::from(width) { short(pane).to_owned() } else { full };
    let mut spans = Vec::with_capacity(places.tabs.len() * 2);
    for tab in &places.tabs {
        if !spans.is_empty() {
            spans.push(pen::span(" │ ", Meaning::Border, app));
        }
        spans.push(if *tab == pane { Span::raw(here.clone()) } else { pen::span(short(*tab), Meaning::Muted, app) });
    }
    (Line::from(spans), facts)
}

fn name(pane: Pane, app: &App) -> String {
    let Some(book) = app.review.book() else { return pane.name().to_owned() };
    match pane {
        Pane::List => list_name(app),
        Pane::Code => {
            let revised = if book.revised().is_some_and(|now| now.code.is_some()) { " · revised" } else { "" };
            match book.view.record.executions.first() {
                Some(e) => {
                    let status = e.status.map_or_else(String::new, |s| format!(" {s}"));
                    format!("code{revised} · {} · {}{status}", pen::seconds(e.seconds), clean_line(&e.end))
                }
                None => format!("code{revised} · not run"),
            }
        }
        Pane::Output => match book.view.record.executions.as_slice() {
            [] => "output".to_owned(),
            [only] => format!("output · run once · isolation {}", clean_line(&only.isolation)),
            [first, ..] => {
                let n = book.view.record.executions.len();
                format!("output · run {n} times · isolation {}", clean_line(&first.isolation))
            }
        },
        Pane::Cot => chain(book),
        Pane::Question => {
            let record = &book.view.record;
            let mut name = format!("question · {}", clean_line(&record.domain));
            if record.domain.is_empty() {
                name.truncate("question".len());
            }
            if book.revised().is_some_and(|now| now.question.is_some()) {
                name.push_str(" · revised");
            }
            if app.review.raw {
                name.push_str(" · as it came");
            }
            name
        }
    }
}

fn list_name(app: &App) -> String {
    match (app.review.position(), app.review.ids.len()) {
        (Some(at), n) if app.review.is_sorted() => format!("{} of {n} · {}", at + 1, app.review.filter.sort()),
        (Some(at), n) => format!("{} of {n}", at + 1),
        (None, _) => "list".to_owned(),
    }
}

fn chain(book: &Book) -> String {
    let Some(response) = book.response() else {
        return if book.view.record.metadata.contains_key("raw") {
            "reply that nothing could be made of".to_owned()
        } else {
            "chain of thought".to_owned()
        };
    };
    let solver = clean_line(&response.record.solver);
    match book.view.responses.len() {
        1 => format!("chain of thought · {solver}"),
        n => format!("chain of thought · {solver} · {}/{n}", book.response + 1),
    }
}

/// How far one has read.
fn facts(pane: Pane, app: &App) -> String {
    let places = layout::review(app);
    let rows = places.rows(pane);
    if pane == Pane::List {
        return String::new();
    }
    let Some(laid) = app.review.laid(pane) else { return String::new() };
    let (top, length) = (app.review.scroll_of(pane), laid.len());
    let read = pen::lines(top, rows, length);
    // Who searches goes by hits, not by lines.
    let told = app.review.find.as_ref().filter(|find| find.pane == pane).map(Find::told);
    told.filter(|told| !told.is_empty()).unwrap_or(read)
}

/// A pane's text; where there is none to be had, the first pane says why.
fn texts(buffer: &mut Buffer, area: Rect, pane: Pane, is_first: bool, app: &App) {
    let inner = layout::inside(area);
    let theme = &app.settings.theme;
    let Some(laid) = app.review.laid(pane) else {
        if is_first {
            let (says, meaning) = nothing(app);
            pen::paragraph(buffer, inner, &says, theme.style(meaning), app);
        }
        return;
    };
    let top = app.review.scroll_of(pane);
    let end = (top + usize::from(inner.height)).min(laid.len());
    if laid.is_empty() {
        pen::put(buffer, inner.x, inner.y, inner.width, empty(pane, app), theme.style(Meaning::Muted));
        return;
    }
    let find = app.review.find.as_ref().filter(|find| find.pane == pane);
    let hit = theme.style(Meaning::Accent).add_modifier(Modifier::UNDERLINED | Modifier::BOLD);
    for ((y, nth), row) in (inner.y..inner.bottom()).zip(top..).zip(laid.rows(top.min(end)..end)) {
        buffer.set_line(inner.x, y, &row.line(theme), inner.width);
        for (columns, current) in find.map(|find| find.columns(nth)).unwrap_or_default() {
            let area = Rect { x: inner.x + columns.start, y, width: columns.end - columns.start, height: 1 };
            let style = if current { hit.add_modifier(Modifier::REVERSED) } else { hit };
            buffer.set_style(area.intersection(inner), style);
        }
    }
    // What came before is not forgotten: an ellipsis where the text goes on above.
    if top > 0 && area.width > 4 {
        let style = theme.style(Meaning::Muted).add_modifier(Modifier::BOLD);
        pen::put(buffer, area.right() - 2, inner.y, 1, "↑", style);
    }
    if end < laid.len() && area.width > 4 {
        let style = theme.style(Meaning::Muted).add_modifier(Modifier::BOLD);
        pen::put(buffer, area.right() - 2, inner.bottom().saturating_sub(1), 1, "↓", style);
    }
}

/// Where there is nothing to read at all.
fn nothing(app: &App) -> (String, Meaning) {
    let Some(id) = app.review.selected else { return (String::new(), Meaning::Muted) };
    match app.review.fault_of(id) {
        Some(why) => (format!("Candidate {id} cannot be read: {}", clean_line(why)), Meaning::Error),
        None => ("reading…".to_owned(), Meaning::Muted),
    }
}

/// Where a candidate lacks a text.
fn empty(pane: Pane, app: &App) -> &'static str {
    let failed = app.review.book().and_then(|b| b.view.record.failure.as_ref()).is_some();
    match pane {
        Pane::Question => "no question: nothing could be made of the generator's reply",
        Pane::Code => "no code",
        Pane::Output => "it printed nothing",
        Pane::Cot if failed => "no response: the candidate failed before it was asked for",
        _ => "no response",
    }
}
