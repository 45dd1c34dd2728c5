//! The first and the last row: where one is and what goes on, what can be pressed and what happened.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::{hints, pen};
use crate::review::cleaned::clean_line;
use crate::tui::action::Action;
use crate::tui::app::{App, Screen};
use crate::tui::layout::{self, Parts};
use crate::tui::signs;
use crate::tui::text;
use crate::tui::theme::Meaning;
use crate::tui::tips;

pub(super) fn header(buffer: &mut Buffer, area: Rect, app: &App) {
    let theme = &app.settings.theme;
    buffer.set_style(area, theme.style(Meaning::Status));
    let right = activity(app);
    let right_width = u16::try_from(right.width()).unwrap_or(u16::MAX).min(area.width / 2 + area.width / 6);
    let mut left = vec![pen::bold(" loong", Meaning::Accent, app)];
    if let Some(project) = &app.project {
        left.push(pen::bold(format!("  {}", clean_line(&project.name)), Meaning::Title, app));
        if project.is_read_only() {
            left.push(pen::bold("  read-only", Meaning::Warning, app));
        }
        match app.screen {
            Screen::Review => {
                let filter = app.review.filter.to_string();
                let shown = if filter.is_empty() { "all".to_owned() } else { clean_line(&filter) };
                let n = listed(app);
                left.push(pen::span(format!(" ▸ {shown} ({n})"), Meaning::Text, app));
                left.extend(alone(app));
            }
            Screen::Run => left.push(pen::span(" ▸ loop", Meaning::Text, app)),
            Screen::Rules => left.push(pen::span(" ▸ rules", Meaning::Text, app)),
            Screen::Audit => left.push(pen::span(" ▸ audit", Meaning::Text, app)),
            Screen::Seeds => {
                let query = clean_line(&app.seeds.query);
                let shown = if query.is_empty() { " ▸ seeds".to_owned() } else { format!(" ▸ seeds: {query}") };
                left.push(pen::span(shown, Meaning::Text, app));
            }
            Screen::Export => left.push(pen::span(" ▸ export", Meaning::Text, app)),
        }
        if app.review.blind && app.screen == Screen::Review {
            left.push(pen::bold("  blind", Meaning::Human, app));
        }
        if !app.review.marks.is_empty() && app.screen == Screen::Review {
            left.push(pen::bold(format!("  {} marked", app.review.marks.len()), Meaning::Mark, app));
        }
    }
    let room = area.width.saturating_sub(right_width + 2);
    let used: usize = left.iter().map(|span| text::width(&span.content)).sum();
    if let Some(purpose) = purpose(app).filter(|purpose| used + text::width(purpose) + 3 <= usize::from(room)) {
        left.push(pen::span(format!("  {purpose}"), Meaning::Muted, app));
    }
    pen::put_line(buffer, area.x, area.y, room, &Line::from(left));
    pen::put_line(buffer, area.right().saturating_sub(right_width + 1), area.y, right_width, &right);
}

/// What the screen is for, in the words of the key that goes there. The review screen has its filter in that place.
fn purpose(app: &App) -> Option<&str> {
    app.project.as_ref()?;
    let action = match app.screen {
        Screen::Review => return None,
        Screen::Run => Action::GoRun,
        Screen::Rules => Action::GoRules,
        Screen::Audit => Action::GoAudit,
        Screen::Seeds => Action::GoSeeds,
        Screen::Export => Action::GoExport,
    };
    app.settings.keymap.does(action).split_once(": ").map(|(_, purpose)| purpose)
}

/// Which candidate it is, where a pane stands alone and nothing else tells.
fn alone(app: &App) -> Vec<Span<'static>> {
    let (Some(id), true) = (app.review.selected, app.review.zoom) else { return Vec::new() };
    let mut spans = vec![pen::bold(format!("  #{id}"), Meaning::Title, app)];
    if let Some(row) = app.review.rows.get(&id).filter(|_| !app.review.hides(id)) {
        let (glyph, meaning) = signs::state(row);
        spans.push(pen::bold(format!(" {glyph}"), meaning, app));
    }
    spans
}

/// How many are listed, and how far that is where it takes a while.
fn listed(app: &App) -> String {
    let review = &app.review;
    let so_far = if review.stale { String::new() } else { review.ids.len().to_string() };
    match (review.loading, review.percent) {
        (false, _) => review.ids.len().to_string(),
        (true, 0) => format!("{so_far}…"),
        (true, percent) => format!("{so_far}… {percent} %"),
    }
}

/// What the loop does, in one line: the same facts in the same order, so that nothing jumps.
fn activity(app: &App) -> Line<'static> {
    let board = &app.run.board;
    let mut spans = Vec::new();
    if let Some(says) = app.says_deciding() {
        return Line::from(pen::span(says, Meaning::Accent, app));
    }
    if let Some(busy) = &app.busy {
        spans.push(pen::span(format!("{}…", clean_line(busy)), Meaning::Accent, app));
        return Line::from(spans);
    }
    if let Some(checking) = app.seeds.checking {
        let text = format!("checking {}/{} · ", checking.done, checking.all);
        spans.push(pen::span(text, Meaning::Accent, app));
    }
    if let Some(headline) = board.headline() {
        spans.push(pen::span(format!("{} · ", text::cut(&headline, 60)), Meaning::Accent, app));
    }
    if app.is_running() {
        spans.push(pen::span("● ", Meaning::Accent, app));
        spans.push(pen::span(format!("{} in flight  ", board.in_flight()), Meaning::Text, app));
        spans.push(pen::span(
            format!("{}/{} made", pen::short(board.made()), pen::short(board.target())),
            Meaning::Text,
            app,
        ));
        if let Some(rate) = board.rate_per_minute(app.now) {
            spans.push(pen::span(format!("  {rate:.0}/min"), Meaning::Muted, app));
        }
        if board.tokens() > 0 {
            spans.push(pen::span(format!("  {} tok", pen::short(board.tokens())), Meaning::Muted, app));
        }
    } else if app.project.is_some() {
        spans.push(pen::span("○ loop idle", Meaning::Muted, app));
    }
    if app.project.is_some() && !app.review.blind {
        let n = app.review.disagreements.len() as u64;
        spans.push(pen::span("  ", Meaning::Text, app));
        spans.push(pen::span(format!("{} ≠", pen::short(n)), Meaning::Different, app));
    }
    Line::from(spans)
}

/// The tip that is due.
fn tip(app: &App) -> Option<Line<'static>> {
    let tip = tips::due(app)?;
    let key = app.settings.keymap.hint(tip.action)?;
    Some(Line::from(vec![
        pen::span("tip: ", Meaning::Muted, app),
        pen::bold(key, Meaning::Key, app),
        pen::span(format!(" {}", tip.says), Meaning::Muted, app),
    ]))
}

/// What happened, or else a tip, in the lower border of the screen: the foot is the hints' alone. What does not fit into one
/// line is read whole in a box.
pub(super) fn notice(buffer: &mut Buffer, body: Rect, app: &App) {
    let theme = &app.settings.theme;
    let Some(toast) = &app.toast else {
        if let Some(says) = app.says_unasked() {
            let style = theme.style(Meaning::Human).add_modifier(Modifier::BOLD);
            pen::foot(buffer, body, &Line::styled(says, style), style);
        } else if let Some(tip) = tip(app).filter(|_| app.prompt.is_none()) {
            pen::foot(buffer, body, &tip, theme.style(Meaning::Muted));
        }
        return;
    };
    let style = theme.style(if toast.bad { Meaning::Warning } else { Meaning::Human }).add_modifier(Modifier::BOLD);
    let line = format!("{}{}", if toast.bad { "! " } else { "" }, toast.text);
    if text::width(&line) + 4 <= usize::from(body.width) {
        pen::foot(buffer, body, &Line::styled(line, style), style);
        return;
    }
    let laid = text::Document::raw(&line).lay(body.width.saturating_sub(4));
    let height = u16::try_from(laid.len() + 2).unwrap_or(u16::MAX).min(body.height);
    let area = Rect { y: body.bottom() - height, height, ..body };
    pen::popup(buffer, area, body, app);
    let inner = layout::inside(area);
    for (y, row) in (inner.y..inner.bottom()).zip(laid.rows(0..laid.len())) {
        buffer.set_line(inner.x, y, &row.line(theme), inner.width);
        buffer.set_style(Rect { y, height: 1, ..inner }, style);
    }
}

/// Hints of the keys that work now, or what the keys typed so far can go on with.
pub(super) fn footer(buffer: &mut Buffer, area: Rect, app: &App) {
    let theme = &app.settings.theme;
    buffer.set_style(area, theme.style(Meaning::Status));
    let mut room = area.width.saturating_sub(2);
    let mut x = area.x + 1;
    let columns =
        |(key, does): &(String, String)| u16::try_from(text::width(key) + text::width(does) + 3).unwrap_or(u16::MAX);
    let mut hints = hints::hints(app);
    // Where not all have room, the way to the others has.
    let whole: u16 = hints.iter().map(columns).fold(0, u16::saturating_add);
    if let Some(at) = hints.iter().position(|(_, does)| does == "help").filter(|_| whole > room) {
        let help = hints.remove(at);
        let left = room.saturating_sub(columns(&help));
        let fit = hints.iter().scan(0u16, |used, hint| {
            *used = used.saturating_add(columns(hint));
            Some(*used)
        });
        let fit = fit.take_while(|used| *used <= left).count();
        hints.truncate(fit);
        hints.push(help);
    }
    for (key, does) in hints {
        let width = columns(&(key.clone(), does.clone()));
        if width > room {
            break;
        }
        x += pen::put(buffer, x, area.y, room, &key, theme.style(Meaning::Key).add_modifier(Modifier::BOLD));
        x += pen::put(buffer, x, area.y, room, &format!(" {does}  "), theme.style(Meaning::Muted));
        room -= width;
    }
}

/// What the keys typed so far can go on with, in full, where the foot has no room for it; whether that is so.
pub(super) fn following(buffer: &mut Buffer, parts: Parts, app: &App) -> bool {
    let pending = app.typed.pending();
    if pending.is_empty() || !hints::is_long(app, parts.footer.width) {
        return false;
    }
    let ways = app.settings.keymap.following(app.place(), pending);
    let body = parts.body;
    let height = u16::try_from(ways.len() + 2).unwrap_or(u16::MAX).min(body.height);
    // All of the width: halves of lines beside it would say something else than they do.
    let area = Rect { y: body.bottom() - height, height, ..body };
    pen::popup(buffer, area, body, app);
    let inner = layout::inside(area);
    for (y, (key, does)) in (inner.y..inner.bottom()).zip(&ways) {
        let line = Line::from(vec![
            pen::bold(format!("{key}  "), Meaning::Key, app),
            pen::span(does.clone(), Meaning::Text, app),
        ]);
        pen::put_line(buffer, inner.x, y, inner.width, &line);
    }
    true
}
