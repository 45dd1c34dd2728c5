//! Saved views, and facets of what is listed: a row each, with how many candidates it takes.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::Line;

use super::pen;
use crate::review::cleaned::clean_line;
use crate::store::Facet;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::layout;
use crate::tui::narrow::{Facets, Views};
use crate::tui::text;
use crate::tui::theme::Meaning;

/// Columns of a count.
const COUNT: usize = 9;

pub(super) fn views(buffer: &mut Buffer, body: Rect, app: &App, views: &Views) -> Position {
    let theme = &app.settings.theme;
    let n = views.list.as_ref().map_or(0, Vec::len);
    let area = pen::sheet(buffer, body, 100, u16::try_from(n.max(1) + 5).unwrap_or(u16::MAX), app);
    pen::title(buffer, area, true, &Line::from("saved views"), "", app);
    let inner = layout::inside(area);
    let key = |action| app.settings.keymap.hint(action).unwrap_or_default();
    let now = app.review.filter.to_string();
    let says = if now.is_empty() {
        format!(
            "To keep one: close this, filter ({}) or sort ({}) the list, then {} and {}.",
            key(Action::Filter),
            key(Action::SortSuspicious),
            key(Action::Views),
            key(Action::KeepView)
        )
    } else {
        format!("{} keeps what is listed now: {}", key(Action::KeepView), clean_line(&now))
    };
    pen::put(buffer, inner.x, inner.y, inner.width, &says, theme.style(Meaning::Muted));
    let list = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
    let Some(shown) = &views.list else {
        pen::put(buffer, list.x, list.y, list.width, "reading…", theme.style(Meaning::Muted));
        return list.as_position();
    };
    if shown.is_empty() {
        pen::put(buffer, list.x, list.y, list.width, "no view has been kept yet", theme.style(Meaning::Muted));
    }
    let widest = shown.iter().map(|listed| text::width(&clean_line(&listed.view.name))).max().unwrap_or(0).min(28);
    let top = views.selected.saturating_sub(usize::from(list.height).saturating_sub(1));
    pen::more(buffer, area, top, n.saturating_sub(top + usize::from(list.height)), app);
    let mut cursor = list.as_position();
    for (y, (nth, listed)) in (list.y..list.bottom()).zip(shown.iter().enumerate().skip(top)) {
        if nth == views.selected {
            cursor = select(buffer, area, list, y, app);
        }
        let (count, meaning) = match (&listed.filter, listed.count) {
            (Err(_), _) => ("no filter".to_owned(), Meaning::Error),
            (Ok(_), Some(count)) => (pen::short(count), Meaning::Text),
            (Ok(_), None) => ("…".to_owned(), Meaning::Muted),
        };
        let name = text::cut(&clean_line(&listed.view.name), widest);
        let gap = " ".repeat(widest.saturating_sub(text::width(&name)) + 2);
        let mine = if listed.view.is_here { "" } else { "yours · " };
        let line = Line::from(vec![
            pen::span(format!("{count:>COUNT$}  "), meaning, app),
            pen::bold(name, Meaning::Title, app),
            pen::span(format!("{gap}{mine}{}", clean_line(&listed.view.filter)), Meaning::Muted, app),
        ]);
        pen::put_line(buffer, list.x, y, list.width, &line);
    }
    cursor
}

pub(super) fn facets(buffer: &mut Buffer, body: Rect, app: &App, facets: &Facets) -> Position {
    let mut rows: Vec<(Option<usize>, Line<'static>)> = Vec::new();
    let mut nth = 0;
    for (facet, values) in &facets.counts {
        if !rows.is_empty() {
            rows.push((None, Line::default()));
        }
        // A candidate with several responses may count under several of these.
        let of = match facet {
            Facet::Standing => "  of the whole, judgements counted",
            Facet::Verdict => "  of any of its responses",
            Facet::Kind => "  of failure, its own or a response's",
            Facet::Domain | Facet::Strategy | Facet::Model => "",
        };
        rows.push((
            None,
            Line::from(vec![pen::bold(facet.to_string(), Meaning::Title, app), pen::span(of, Meaning::Muted, app)]),
        ));
        for (value, n) in values {
            let line = Line::from(vec![
                pen::span(format!("{:>COUNT$}  ", pen::short(*n)), Meaning::Muted, app),
                pen::span(clean_line(value), Meaning::Text, app),
            ]);
            rows.push((Some(nth), line));
            nth += 1;
        }
    }
    if facets.hides_verdicts {
        let line = "blind: how often each verdict was given is hidden";
        rows.push((None, Line::from(pen::span(line, Meaning::Muted, app))));
    }
    if facets.is_whole && facets.is_empty() {
        rows.push((None, Line::from(pen::span("nothing is listed that could be counted", Meaning::Muted, app))));
    }
    // While it is counted the sheet stays where it is; then it is as high as what it has.
    let tall = u16::try_from(rows.len() + 2).ok().filter(|_| facets.is_whole).unwrap_or(u16::MAX);
    let area = pen::sheet(buffer, body, 72, tall.min(body.height.saturating_sub(2)), app);
    let counting = if facets.is_whole { "" } else { "counting…" };
    pen::title(buffer, area, true, &Line::from("count of what is listed, by"), counting, app);
    let inner = layout::inside(area);
    let at = rows.iter().position(|(value, _)| *value == Some(facets.selected)).unwrap_or(0);
    let height = usize::from(inner.height).max(1);
    // The heading above the first value is seen with it.
    let top = if at < height { 0 } else { at + 1 - height };
    let mut cursor = inner.as_position();
    for (y, (value, line)) in (inner.y..inner.bottom()).zip(rows.iter().skip(top)) {
        if value.is_some() && *value == Some(facets.selected) {
            cursor = select(buffer, area, inner, y, app);
        }
        pen::put_line(buffer, inner.x, y, inner.width, line);
    }
    // Values are counted, not the headings between them.
    let values = |rows: &[(Option<usize>, Line<'_>)]| rows.iter().filter(|(value, _)| value.is_some()).count();
    let end = (top + height).min(rows.len());
    pen::more(buffer, area, values(&rows[..top.min(end)]), values(&rows[end..]), app);
    cursor
}

fn select(buffer: &mut Buffer, area: Rect, list: Rect, y: u16, app: &App) -> Position {
    let row = Rect { x: area.x + 1, y, width: area.width.saturating_sub(2), height: 1 };
    buffer.set_style(row, app.settings.theme.style(Meaning::Selection).add_modifier(Modifier::BOLD));
    Position { x: list.x - 1, y }
}
