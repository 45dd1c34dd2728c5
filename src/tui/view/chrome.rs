//! The first and the last row: where one is and what goes on, what can be pressed and what happened.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::{list, pen};
use crate::review::cleaned::clean_line;
use crate::store::record::Curation;
use crate::tui::action::Action;
use crate::tui::app::{App, Overlay, Screen};
use crate::tui::keymap::Chord;
use crate::tui::layout::{self, Parts};
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
            Screen::Run => left.push(pen::span(" ▸ run", Meaning::Text, app)),
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
    pen::put_line(buffer, area.x, area.y, room, &Line::from(left));
    pen::put_line(buffer, area.right().saturating_sub(right_width + 1), area.y, right_width, &right);
}

/// Which candidate it is, where a pane stands alone and nothing else tells.
fn alone(app: &App) -> Vec<Span<'static>> {
    let (Some(id), true) = (app.review.selected, app.review.zoom) else { return Vec::new() };
    let mut spans = vec![pen::bold(format!("  {id}"), Meaning::Title, app)];
    if let Some(row) = app.review.rows.get(&id).filter(|_| !app.review.hides(id)) {
        let (glyph, meaning) = list::state(row);
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

/// Columns that hints have beside a tip at the least.
const HINTS: usize = 70;

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

/// Hints of the keys that work now; or what the keys typed so far can go on with; and what happened.
pub(super) fn footer(buffer: &mut Buffer, area: Rect, app: &App) {
    let theme = &app.settings.theme;
    buffer.set_style(area, theme.style(Meaning::Status));
    let mut room = area.width.saturating_sub(2);
    if let Some(toast) = &app.toast {
        let style = theme.style(if toast.bad { Meaning::Warning } else { Meaning::Human });
        let glyph = if toast.bad { "! " } else { "" };
        let line = format!("{glyph}{}", toast.text);
        let width = u16::try_from(text::width(&line)).unwrap_or(u16::MAX).min(area.width.saturating_sub(2));
        pen::put(buffer, area.right() - width - 1, area.y, width, &line, style.add_modifier(Modifier::BOLD));
        room = room.saturating_sub(width + 2);
    } else if let Some(line) = tip(app).filter(|line| line.width() + HINTS < usize::from(area.width)) {
        let width = u16::try_from(line.width()).unwrap_or(u16::MAX);
        pen::put_line(buffer, area.right() - width - 1, area.y, width, &line);
        room = room.saturating_sub(width + 2);
    }
    let mut x = area.x + 1;
    let columns =
        |(key, does): &(String, String)| u16::try_from(text::width(key) + text::width(does) + 3).unwrap_or(u16::MAX);
    let mut hints = hints(app);
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

/// What the keys typed so far can go on with, in full, where the foot has no room for it.
pub(super) fn following(buffer: &mut Buffer, parts: Parts, app: &App) {
    let pending = app.typed.pending();
    if pending.is_empty() || !is_long(app, parts.footer.width) {
        return;
    }
    let ways = app.settings.keymap.following(app.place(), pending);
    let body = parts.body;
    let wide = ways.iter().map(|(key, does)| text::width(key) + text::width(does)).max().unwrap_or(0);
    let width = u16::try_from(wide + 7).unwrap_or(u16::MAX).min(body.width);
    let height = u16::try_from(ways.len() + 2).unwrap_or(u16::MAX).min(body.height);
    let within = Rect { y: body.bottom() - height, height, width, ..body };
    let area = pen::sheet(buffer, within, width, height, app);
    let inner = layout::inside(area);
    for (y, (key, does)) in (inner.y..inner.bottom()).zip(&ways) {
        let line = Line::from(vec![
            pen::bold(format!("{key}  "), Meaning::Key, app),
            pen::span(does.clone(), Meaning::Text, app),
        ]);
        pen::put_line(buffer, inner.x, y, inner.width, &line);
    }
}

/// Whether what can follow does not fit into the foot.
fn is_long(app: &App, width: u16) -> bool {
    let ways = app.settings.keymap.following(app.place(), app.typed.pending());
    let wide: usize = ways.iter().map(|(key, does)| text::width(key) + text::width(&short(does)) + 3).sum();
    wide + 8 > usize::from(width) || ways.iter().any(|(_, does)| does.contains(':') || short(does).ends_with('…'))
}

/// Keys that work here, most wanted first.
fn hints(app: &App) -> Vec<(String, String)> {
    let keymap = &app.settings.keymap;
    let pending = app.typed.pending();
    if !pending.is_empty() && app.overlay.is_none() {
        let typed: String = pending.iter().map(ToString::to_string).collect();
        let mut hints = vec![(format!("{typed}…"), String::new())];
        if is_long(app, app.size.0) {
            hints.push(pair("esc", "forgets it"));
            return hints;
        }
        hints.extend(keymap.following(app.place(), pending).into_iter().map(|(key, does)| (key, short(&does))));
        return hints;
    }
    let wanted: &[(Action, &str)] = match (&app.overlay, app.screen) {
        (Some(Overlay::Confirm(_)), _) => return vec![pair("y", "yes"), pair("n", "no")],
        (Some(Overlay::Correction(correction)), _) => {
            let mut hints = vec![pair("enter", "keep it"), pair("esc", "leave it")];
            hints.extend(correction.can_run().then(|| pair("r", "run the code, isolated")));
            hints.push(pair("↑↓", "scroll"));
            return hints;
        }
        (Some(Overlay::Palette { .. }), _) => {
            return vec![pair("↑↓", "choose"), pair("enter", "do it"), pair("esc", "close")];
        }
        (Some(Overlay::Strategies { .. }), _) => {
            return vec![pair("↑↓", "choose"), pair("enter", "take it"), pair("esc", "close")];
        }
        (Some(Overlay::Views(_)), _) => &[
            (Action::Choose, "list by it"),
            (Action::KeepView, "keep"),
            (Action::Remove, "remove"),
            (Action::Back, "close"),
        ],
        (Some(Overlay::Facets(_)), _) => {
            &[(Action::Down, "down"), (Action::Up, "up"), (Action::Choose, "narrow to it"), (Action::Back, "close")]
        }
        (Some(Overlay::Welcome { .. }), _) => return vec![pair("↑↓", "choose"), pair("enter", "do it")],
        (Some(Overlay::Import(plan)), _) if plan.missing.is_none() => {
            return vec![pair("enter", "import"), pair("esc", "leave it")];
        }
        (Some(_), _) => &[(Action::Down, "down"), (Action::Up, "up"), (Action::Back, "close")],
        (None, Screen::Run) if !app.is_running() => &[
            (Action::RunStart, "start"),
            (Action::RunStrategy, "strategy"),
            (Action::GoReview, "review"),
            (Action::GoExport, "export"),
            (Action::GoWelcome, "import, demo"),
            (Action::Palette, "palette"),
            (Action::Help, "help"),
            (Action::Quit, "quit"),
        ],
        (None, Screen::Run) => &[
            (Action::RunPause, "pause"),
            (Action::RunDrain, "drain"),
            (Action::RunStop, "stop"),
            (Action::RunWatch, "watch"),
            (Action::Widen, "wider"),
            (Action::Narrow, "narrower"),
            (Action::RunStrategy, "strategy"),
            (Action::GoReview, "review"),
            (Action::GoExport, "export"),
            (Action::Palette, "palette"),
            (Action::Help, "help"),
            (Action::Quit, "quit"),
        ],
        (None, Screen::Rules) if app.rules.applying.is_some() => &[(Action::Back, "stop here"), (Action::Help, "help")],
        (None, Screen::Rules) => &[
            (Action::ToggleRule, "change"),
            (Action::NextPane, "pane"),
            (Action::ApplyRules, "apply"),
            (Action::ResetRules, "as configured"),
            (Action::Back, "leave"),
            (Action::Zoom, "open"),
            (Action::TierLater, "tier later"),
            (Action::TierEarlier, "tier earlier"),
            (Action::Palette, "palette"),
            (Action::Help, "help"),
        ],
        (None, Screen::Seeds) if app.seeds.checking.is_some() => &[
            (Action::Back, "stop the check"),
            (Action::Down, "down"),
            (Action::NextPane, "pane"),
            (Action::Help, "help"),
        ],
        (None, Screen::Seeds) => &[
            (Action::CheckSeed, "check"),
            (Action::CheckShown, "check all"),
            (Action::EditSeed, "edit"),
            (Action::MakeFromSeed, "five from this"),
            (Action::FilterSeeds, "search"),
            (Action::NextPane, "pane"),
            (Action::NextDomain, "next domain"),
            (Action::Help, "help"),
            (Action::Back, "back"),
            (Action::Palette, "palette"),
            (Action::Quit, "quit"),
        ],
        (None, Screen::Export) if app.export.writing.is_some() => {
            &[(Action::Back, "stop writing"), (Action::NextPane, "pane"), (Action::Help, "help")]
        }
        (None, Screen::Export) if app.export.pane == crate::tui::export::Pane::LeftOut => &[
            (Action::Zoom, "list them"),
            (Action::Down, "down"),
            (Action::WriteExport, "write"),
            (Action::NextPane, "pane"),
            (Action::Help, "help"),
            (Action::Back, "back"),
        ],
        (None, Screen::Export) => &[
            (Action::WriteExport, "write"),
            (Action::Down, "down"),
            (Action::NextChoice, "change"),
            (Action::ExportFilter, "filter"),
            (Action::ExportFile, "file"),
            (Action::NextPane, "pane"),
            (Action::Help, "help"),
            (Action::Back, "back"),
            (Action::Palette, "palette"),
            (Action::Quit, "quit"),
        ],
        (None, Screen::Audit) => &[
            (Action::PlanNext, "judge next"),
            (Action::PlanSecond, "second opinion"),
            (Action::PlanDraw, "draw, enlarge"),
            (Action::GoRules, "rules"),
            (Action::GoReview, "review"),
            (Action::Palette, "palette"),
            (Action::Help, "help"),
            (Action::Quit, "quit"),
        ],
        (None, Screen::Review) if app.review.ids.is_empty() => &[
            (Action::Filter, "filter"),
            (Action::GoRun, "loop"),
            (Action::RunStart, "start"),
            (Action::GoWelcome, "import, demo"),
            (Action::GoSeeds, "seeds"),
            (Action::Help, "help"),
            (Action::Quit, "quit"),
        ],
        (None, Screen::Review) if app.is_finding() => &[
            (Action::NextDisagreement, "next hit"),
            (Action::PreviousDisagreement, "previous hit"),
            (Action::Find, "search anew"),
            (Action::Back, "end the search"),
            (Action::Help, "help"),
        ],
        (None, Screen::Review) => {
            let mut hints = Vec::with_capacity(15);
            let mut hint = |action, does: &str| hints.extend(keymap.hint(action).map(|key| (key, does.to_owned())));
            if app.review.zoom {
                hint(Action::Back, "back to all panes");
            }
            hint(Action::Accept, "accept");
            hint(Action::Reject, "reject");
            // The beginning of keys that do alike: of three that judge, of those that lead elsewhere.
            let begins = |action| match keymap.keys(action).first().map(Chord::keys) {
                Some([first, _, ..]) => Some(first.to_string()),
                _ => None,
            };
            hints.extend(begins(Action::JudgeEquivalent).map(|key| (key, "judge".to_owned())));
            let mut hint = |action, does: &str| hints.extend(keymap.hint(action).map(|key| (key, does.to_owned())));
            if app.is_judging_plan() {
                hint(Action::NextDisagreement, "next of the plan");
            } else if app.review.blind {
                hint(Action::NextItem, "next");
            } else {
                hint(Action::NextDisagreement, "next ≠");
            }
            hint(Action::Undo, "undo");
            if app.review.blind {
                hint(Action::Blind, "show verdicts");
            }
            if may_be_promoted(app) {
                hint(Action::Promote, "make it a seed");
            }
            hint(Action::Filter, "filter");
            hint(Action::NextPane, "pane");
            hint(Action::Help, "help");
            hints.extend(begins(Action::GoAudit).map(|key| (key, "go to".to_owned())));
            let mut hint = |action, does: &str| hints.extend(keymap.hint(action).map(|key| (key, does.to_owned())));
            hint(Action::GoExport, "export");
            hint(Action::Palette, "palette");
            hint(Action::Flag, "flag");
            hint(Action::Note, "note");
            hint(Action::Correct, "correct");
            hint(Action::Quit, "quit");
            return hints;
        }
    };
    wanted.iter().filter_map(|(action, does)| Some((keymap.hint(*action)?, (*does).to_owned()))).collect()
}

/// Whether the selected candidate is one that can become a seed now.
fn may_be_promoted(app: &App) -> bool {
    let accepted = app.review.selected_book().map(|book| &book.view).filter(|v| v.curation == Some(Curation::Accept));
    accepted.is_some_and(|view| view.record.code.is_some()) && app.project.as_ref().is_some_and(|p| !p.demo)
}

fn pair(key: &str, does: &str) -> (String, String) {
    (key.to_owned(), does.to_owned())
}

/// A sentence without what does not fit into a hint.
fn short(does: &str) -> String {
    let end = does.find([',', ';', '(', ':']).unwrap_or(does.len());
    text::cut(does[..end].trim(), 32)
}
