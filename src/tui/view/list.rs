//! The list of candidates: mark, verdict's glyph, number, what it is about, whether it was corrected, the person's word.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::pen;
use crate::review::cleaned::clean_line;
use crate::store::record::{Agreement, Curation, Row};
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::layout;
use crate::tui::review::Pane;
use crate::tui::signs::state;
use crate::tui::text;
use crate::tui::theme::Meaning;

/// Draws the rows; says where the selected one is.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App) -> Option<Position> {
    let inner = layout::inside(area);
    let review = &app.review;
    if review.ids.is_empty() {
        empty(buffer, inner, app);
        return None;
    }
    let theme = &app.settings.theme;
    let digits = review.newest().to_string().len();
    let mut cursor = None;
    let shown = review.ids.some(review.top, usize::from(inner.height));
    for (y, id) in (inner.y..).zip(shown) {
        let selected = review.selected == Some(id);
        let line = Rect { x: area.x + 1, y, width: area.width - 2, height: 1 };
        if selected {
            let mut style = theme.style(Meaning::Selection);
            if review.pane == Pane::List {
                style = style.add_modifier(Modifier::BOLD);
            }
            buffer.set_style(line, style);
            // On the blank behind the glyph: a cursor that is a block covers nothing.
            cursor = Some(Position { x: inner.x + 1, y });
            pen::put(buffer, area.x + 1, y, 1, "▸", theme.style(Meaning::Text).add_modifier(Modifier::BOLD));
        }
        if review.marks.contains(id) {
            pen::put(buffer, area.x + 1, y, 1, "▌", theme.style(Meaning::Mark));
        }
        match review.rows.get(&id) {
            Some(row) => one(buffer, inner, y, row, digits, app),
            None => {
                pen::put(buffer, inner.x, y, inner.width, &format!("· {id:>digits$}"), theme.style(Meaning::Muted));
            }
        }
    }
    beyond(buffer, area, usize::from(inner.height), app);
    cursor
}

/// How much of the list is out of sight, and how many of it are new.
fn beyond(buffer: &mut Buffer, area: Rect, height: usize, app: &App) {
    let review = &app.review;
    let below = review.ids.len().saturating_sub(review.top + height);
    let muted = app.settings.theme.style(Meaning::Muted);
    let mut spans: Vec<Span<'static>> =
        pen::beyond(review.top, below).map(|told| Span::styled(told, muted)).into_iter().collect();
    let unseen = review.unseen();
    if unseen > 0 {
        spans.extend((!spans.is_empty()).then(|| Span::styled(" · ", muted)));
        spans.push(pen::bold(format!("{} new ↓", pen::short(unseen as u64)), Meaning::Accent, app));
    }
    if !spans.is_empty() {
        pen::foot(buffer, area, &Line::from(spans), muted);
    }
}

fn one(buffer: &mut Buffer, inner: Rect, y: u16, row: &Row, digits: usize, app: &App) {
    let theme = &app.settings.theme;
    // What others said, and what followed from it, is no less hidden than the verdict.
    let hidden = app.review.hides(row.id);
    let (glyph, meaning) = if hidden { ("·", Meaning::Muted) } else { state(row) };
    let mut x = inner.x;
    let right = inner.right();
    let strong = theme.style(meaning).add_modifier(Modifier::BOLD);
    x += pen::put(buffer, x, y, 1, glyph, strong);
    x +=
        pen::put(buffer, x, y, right.saturating_sub(x), &format!(" {:>digits$} ", row.id), theme.style(Meaning::Muted));
    let word = if hidden { None } else { person(row) };
    // That somebody corrected it is one of the things that others said.
    let revised = row.revised && !hidden && !app.reads_as_it_came(row.id);
    let room = right.saturating_sub(x).saturating_sub(if revised { 4 } else { 2 });
    let mut room = room;
    // What failed says why before it says what it is about; of what stands for something, that is in its sign.
    let failure = row.failure.as_ref().filter(|_| !hidden && row.standing == Agreement::None);
    if let Some(failure) = failure {
        let used = pen::put(buffer, x, y, room, failure.kind.as_str(), theme.style(meaning)) + 1;
        x += used;
        room = room.saturating_sub(used);
    }
    let about = if row.title.is_empty() { &row.domain } else { &row.title };
    let meaning = if failure.is_some() { Meaning::Muted } else { Meaning::Text };
    pen::put(buffer, x, y, room, &clean_line(about), theme.style(meaning));
    if revised {
        let style = theme.style(Meaning::Human).add_modifier(Modifier::BOLD);
        pen::put(buffer, right.saturating_sub(3), y, 1, "✎", style);
    }
    if let Some((glyph, meaning)) = word {
        pen::put(buffer, right - 1, y, 1, glyph, theme.style(meaning).add_modifier(Modifier::BOLD));
    }
}

/// The person's word, in a glyph.
fn person(row: &Row) -> Option<(&'static str, Meaning)> {
    match row.curation {
        Some(Curation::Accept) => Some(("✓", Meaning::Human)),
        Some(Curation::Reject) => Some(("✗", Meaning::Human)),
        Some(Curation::Flag) => Some(("⚑", Meaning::Human)),
        None if row.judged => Some(("•", Meaning::Human)),
        None => None,
    }
}

/// What would be here, and which key brings it.
fn empty(buffer: &mut Buffer, inner: Rect, app: &App) {
    let key = |action| app.settings.keymap.hint(action).unwrap_or_default();
    let way = |action, does: &str| (key(action), does.to_owned());
    let said = |line: &str| (String::new(), line.to_owned());
    let lines: Vec<(String, String)> = if app.project.is_none() {
        // The ways in are the welcome's to tell, which lies over this.
        vec![said("No project is open.")]
    } else if app.review.loading {
        vec![said("listing…")]
    } else if !app.review.filter.is_blank() {
        vec![
            said("No candidate matches."),
            said(""),
            way(Action::Filter, "another filter"),
            way(Action::Back, "all of them"),
        ]
    } else if app.is_running() {
        let watch = way(Action::GoRun, "watch the loop");
        vec![said("Candidates appear here"), said("as the loop makes them."), said(""), watch]
    } else {
        vec![
            said("No candidates yet."),
            said(""),
            way(Action::RunStart, "run the loop"),
            way(Action::GoWelcome, "import, demo"),
            way(Action::GoSeeds, "the seeds"),
        ]
    };
    let wide = lines.iter().map(|(key, _)| text::width(key)).max().unwrap_or(0);
    for (y, (key, does)) in (inner.y..inner.bottom()).zip(lines) {
        let gap = if key.is_empty() { String::new() } else { " ".repeat(wide + 2 - text::width(&key)) };
        let line = vec![pen::bold(key, Meaning::Key, app), pen::span(format!("{gap}{does}"), Meaning::Muted, app)];
        pen::put_line(buffer, inner.x, y, inner.width, &Line::from(line));
    }
}
