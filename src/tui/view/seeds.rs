//! The seeds screen: the list by domain; beside it the question, the code, the stated answer with what is wrong and what
//! the last check said.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::pen;
use crate::review::cleaned::clean_line;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::layout;
use crate::tui::seeds::{ANSWER_ROWS, Pane, Row, ago, outcome, places};
use crate::tui::text;
use crate::tui::theme::Meaning;
use crate::tui::workbench::{SeedCheck, SeedRow};
use crate::verifier::Outcome;

pub(super) fn draw(buffer: &mut Buffer, body: Rect, app: &App) -> Option<Position> {
    let panes = places(body, &app.seeds);
    let tabs = panes.len() == 1;
    for focused in [false, true] {
        for (_, area) in panes.iter().filter(|(pane, _)| (*pane == app.seeds.pane) == focused) {
            pen::frame(buffer, *area, focused, app);
        }
    }
    let mut cursor = None;
    for (pane, area) in panes {
        let focused = pane == app.seeds.pane;
        pen::title(buffer, area, focused, &title(pane, tabs, app), &facts(pane, area, app), app);
        let inner = layout::inside(area);
        let here = match pane {
            Pane::List => list(buffer, area, app),
            Pane::Check => {
                check(buffer, inner, app);
                Some(inner.as_position())
            }
            _ => {
                texts(buffer, area, inner, pane, app);
                Some(inner.as_position())
            }
        };
        if focused {
            cursor = here;
        }
    }
    cursor
}

/// A pane's name with its facts; with its neighbours where they share the box.
fn title(pane: Pane, tabs: bool, app: &App) -> Line<'static> {
    if tabs {
        let mut spans = Vec::new();
        for tab in Pane::ALL {
            if !spans.is_empty() {
                spans.push(pen::span(" │ ", Meaning::Border, app));
            }
            spans.push(if tab == pane { Span::raw(tab.name()) } else { pen::span(tab.name(), Meaning::Muted, app) });
        }
        return Line::from(spans);
    }
    let name = match (pane, app.seeds.row()) {
        (Pane::Question, Some(row)) if !row.seed.domain().is_empty() => {
            format!("question · {}", clean_line(row.seed.domain()))
        }
        (Pane::Code, Some(row)) if !row.seed.dependencies().as_slice().is_empty() => {
            format!("code · {}", clean_line(&row.seed.dependencies().as_slice().join(", ")))
        }
        (Pane::Check, _) => "stated answer, check".to_owned(),
        _ => pane.name().to_owned(),
    };
    Line::from(name)
}

/// What stands at the right of a title.
fn facts(pane: Pane, area: Rect, app: &App) -> String {
    let seeds = &app.seeds;
    match pane {
        Pane::List => {
            let (right, other, _) = seeds.counts();
            let told = |n: usize, what: &str| if n > 0 { format!(" · {n} {what}") } else { String::new() };
            let checked = told(right, "equivalent") + &told(other, "not");
            let all = seeds.found.as_ref().map_or(0, |found| found.rows.len());
            let all = if all == seeds.shown { String::new() } else { format!(" of {all}") };
            format!("{}{all}{checked}", seeds.shown)
        }
        Pane::Question => seeds.row().map_or_else(String::new, place),
        Pane::Code | Pane::Check => {
            let taken = 2 + if pane == Pane::Check { ANSWER_ROWS } else { 0 };
            let rows = usize::from(area.height.saturating_sub(taken));
            let length = seeds.laid(pane).map_or(0, text::Laid::len);
            let top = seeds.scroll_of(pane);
            let scrolled = Some(pen::lines(top, rows, length)).filter(|told| !told.is_empty());
            let check = seeds.check().zip(seeds.found.as_ref()).filter(|_| pane == Pane::Check);
            let ago = check.and_then(|(check, found)| ago(check, found.read_at));
            ago.into_iter().chain(scrolled).collect::<Vec<_>>().join(" · ")
        }
    }
}

/// Whose a seed is: a file of the project, or not.
pub(super) fn place(row: &SeedRow) -> String {
    let Some(place) = &row.seed.place else { return String::new() };
    let name = place.file.rsplit(['/', '\\']).next().unwrap_or_default();
    let whose = match row.own {
        true => "",
        false if row.is_bundled() => "bundled: ",
        false => "elsewhere: ",
    };
    format!("{whose}{}, row {}", clean_line(name), place.row)
}

fn list(buffer: &mut Buffer, area: Rect, app: &App) -> Option<Position> {
    let inner = layout::inside(area);
    let theme = &app.settings.theme;
    if app.seeds.rows.is_empty() {
        empty(buffer, inner, app);
        return None;
    }
    let found = app.seeds.found.as_ref()?;
    let (above, below) = app.seeds.beyond(usize::from(inner.height));
    pen::more(buffer, area, above, below, app);
    let mut cursor = None;
    for (at, y) in (app.seeds.top..app.seeds.rows.len()).zip(inner.y..inner.bottom()) {
        match app.seeds.rows[at] {
            Row::BadHead(n) => head(buffer, inner, y, "cannot be read", n, Meaning::Error, app),
            Row::Bad(nth) => {
                let told = found.bad.get(nth).map_or("", String::as_str);
                pen::put(
                    buffer,
                    inner.x,
                    y,
                    inner.width,
                    &format!("! {}", clean_line(told)),
                    theme.style(Meaning::Error),
                );
            }
            Row::Domain(first, n) => {
                let domain = found.rows.get(first).map_or("", |row| row.seed.domain());
                let name = if domain.is_empty() { "no domain".to_owned() } else { clean_line(domain) };
                head(buffer, inner, y, &name, n, Meaning::Muted, app);
            }
            Row::Seed(nth) => {
                let Some(row) = found.rows.get(nth) else { continue };
                if app.seeds.selected.as_ref() == Some(&row.seed.id) {
                    let mut style = theme.style(Meaning::Selection);
                    if app.seeds.pane == Pane::List {
                        style = style.add_modifier(Modifier::BOLD);
                    }
                    buffer.set_style(Rect { x: area.x + 1, y, width: area.width - 2, height: 1 }, style);
                    // On the blank behind the glyph: a cursor that is a block covers nothing.
                    cursor = Some(Position { x: inner.x + 1, y });
                }
                one(buffer, inner, y, row, app);
            }
        }
    }
    cursor
}

fn head(buffer: &mut Buffer, inner: Rect, y: u16, name: &str, n: usize, meaning: Meaning, app: &App) {
    let style = app.settings.theme.style(meaning);
    let used = pen::put_right(buffer, Rect { y, height: 1, ..inner }, &n.to_string(), style);
    pen::put(buffer, inner.x, y, inner.width.saturating_sub(used + 1), name, style);
}

/// The last check's glyph, what the seed asks, and a mark where something is probably wrong with it.
fn one(buffer: &mut Buffer, inner: Rect, y: u16, row: &SeedRow, app: &App) {
    let theme = &app.settings.theme;
    let (glyph, meaning) = app.seeds.checks.get(&row.seed.id).map_or(("·", Meaning::Muted), |check| glyph(check));
    pen::put(buffer, inner.x, y, 1, glyph, theme.style(meaning).add_modifier(Modifier::BOLD));
    let mark = !row.findings.is_empty();
    let room = inner.width.saturating_sub(if mark { 4 } else { 2 });
    pen::put(buffer, inner.x + 2, y, room, &row.title, theme.style(Meaning::Text));
    if mark {
        let style = theme.style(Meaning::Warning).add_modifier(Modifier::BOLD);
        pen::put(buffer, inner.right() - 1, y, 1, "!", style);
    }
}

fn glyph(check: &SeedCheck) -> (&'static str, Meaning) {
    match check.verdict {
        Some(Outcome::Equivalent) => ("=", Meaning::Equivalent),
        Some(Outcome::Different) => ("≠", Meaning::Different),
        Some(Outcome::Undecided) => ("?", Meaning::Undecided),
        Some(Outcome::Error) | None => ("!", Meaning::Error),
    }
}

fn texts(buffer: &mut Buffer, area: Rect, inner: Rect, pane: Pane, app: &App) {
    let theme = &app.settings.theme;
    let muted = theme.style(Meaning::Muted);
    let Some(laid) = app.seeds.laid(pane) else {
        let what = if app.seeds.row().is_some() { "reading…" } else { "" };
        pen::put(buffer, inner.x, inner.y, inner.width, what, muted);
        return;
    };
    if laid.is_empty() && pane == Pane::Code {
        pen::put(buffer, inner.x, inner.y, inner.width, "no code", muted);
    }
    rows(buffer, area, inner, laid, app.seeds.scroll_of(pane), app);
}

fn rows(buffer: &mut Buffer, area: Rect, inner: Rect, laid: &text::Laid, top: usize, app: &App) {
    let theme = &app.settings.theme;
    let end = (top + usize::from(inner.height)).min(laid.len());
    for (y, row) in (inner.y..inner.bottom()).zip(laid.rows(top.min(end)..end)) {
        buffer.set_line(inner.x, y, &row.line(theme), inner.width);
    }
    let style = theme.style(Meaning::Muted).add_modifier(Modifier::BOLD);
    if top > 0 {
        pen::put(buffer, area.right() - 2, inner.y, 1, "↑", style);
    }
    if end < laid.len() && inner.height > 0 {
        pen::put(buffer, area.right() - 2, inner.bottom() - 1, 1, "↓", style);
    }
}

/// The stated answer, what the code printed under it, and then the check's text.
fn check(buffer: &mut Buffer, inner: Rect, app: &App) {
    let Some(row) = app.seeds.row() else { return };
    let theme = &app.settings.theme;
    let strong = |meaning| theme.style(meaning).add_modifier(Modifier::BOLD);
    let muted = theme.style(Meaning::Muted);
    let mut line = |nth: u16, name: &str, what: &str, style, word: Option<(String, Meaning)>| {
        let y = inner.y + nth;
        if y >= inner.bottom() {
            return;
        }
        let mut room = inner.width;
        if let Some((word, meaning)) = word {
            room -= (pen::put_right(buffer, Rect { y, height: 1, ..inner }, &word, strong(meaning)) + 2).min(room);
        }
        let used = pen::put(buffer, inner.x, y, room, &format!("{name:<9}"), muted);
        pen::put(buffer, inner.x + used, y, room.saturating_sub(used), what, style);
    };
    line(0, "stated", &text::answer(&row.seed.final_answer), strong(Meaning::Text), None);
    match app.seeds.check() {
        Some(check) => {
            let last = check.stdout.lines().rev().find(|l| !l.trim().is_empty()).unwrap_or_default();
            let (glyph, meaning) = glyph(check);
            let word = (format!("{glyph} {}", clean_line(outcome(check))), meaning);
            line(1, "printed", &text::answer(last), strong(Meaning::Text), Some(word));
        }
        None if app.seeds.checking.is_some() => line(1, "printed", "checking…", muted, None),
        None => {
            let key = app.settings.keymap.hint(Action::CheckSeed).unwrap_or_default();
            line(1, "printed", &format!("not checked yet; {key} runs the code"), muted, None);
        }
    }
    let Some(laid) = app.seeds.laid(Pane::Check) else { return };
    let below = ANSWER_ROWS.min(inner.height);
    let under = Rect { y: inner.y + below, height: inner.height - below, ..inner };
    let area = Rect { x: inner.x.saturating_sub(2), width: inner.width + 4, ..under };
    rows(buffer, area, under, laid, app.seeds.scroll_of(Pane::Check), app);
    // What is probably wrong is seen before it is read.
    let top = app.seeds.scroll_of(Pane::Check);
    for (y, row) in (under.y..under.bottom()).zip(laid.rows(top..top + usize::from(under.height))) {
        if row.spans.first().is_some_and(|span| span.text.starts_with("! ")) {
            buffer.set_style(Rect { y, height: 1, ..under }, theme.style(Meaning::Warning));
        }
    }
}

/// What would be here, and which key brings it.
fn empty(buffer: &mut Buffer, inner: Rect, app: &App) {
    let key = |action| app.settings.keymap.hint(action).unwrap_or_default();
    let seeds = &app.seeds;
    let (told, meaning) = match (&seeds.fault, &seeds.found) {
        (Some(fault), _) => (clean_line(fault), Meaning::Error),
        (None, None) if app.project.is_none() => ("No project is open.".to_owned(), Meaning::Muted),
        (None, None) => ("reading…".to_owned(), Meaning::Muted),
        (None, Some(found)) if found.rows.is_empty() => (
            format!(
                "No seeds. run.seeds in loong.toml names files; {} on an accepted candidate of the review screen \
                     makes it a seed.",
                key(Action::Promote)
            ),
            Meaning::Muted,
        ),
        (None, Some(_)) => (
            format!("No seed matches. {} searches anew, {} lists all.", key(Action::FilterSeeds), key(Action::Back)),
            Meaning::Muted,
        ),
    };
    let laid = text::Document::raw(&told).lay(inner.width);
    let style = app.settings.theme.style(meaning);
    for (y, row) in (inner.y..inner.bottom()).zip(laid.rows(0..laid.len())) {
        let line: String = row.spans.iter().map(|span| span.text.as_str()).collect();
        pen::put(buffer, inner.x, y, inner.width, &line, style);
    }
}
