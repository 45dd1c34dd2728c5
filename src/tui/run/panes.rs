//! Panes of stages, failures, models and runs.

use ratatui::layout::Rect;

use super::board::Phase;
use super::figures::{count, percent, rate, seconds, some};
use super::paper::{Paper, width, wrap};
use super::screen::{Pane, Seen};
use super::trouble::{Failed, said};
use super::usage::Usage;
use crate::store::Totals;
use crate::store::record::{RunState, RunSummary};
use crate::tui::action::Action;
use crate::tui::theme::Meaning;

/// Runs that are listed.
const RUNS: usize = 8;

fn rows(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}

/// The stages of the run at hand, with the one that the others wait for.
pub(super) fn stages<'a>(seen: &'a Seen<'a>) -> Option<Pane<'a>> {
    let board = seen.board;
    if board.phase() == Phase::NotStarted {
        return None;
    }
    let clock = board.clock(seen.now);
    let slowest = board.stages.bottleneck(clock).filter(|_| board.phase() == Phase::Running);
    let draw = move |paper: &mut Paper<'_>, area: Rect| {
        let with_rate = area.width >= 44;
        let fixed = 2 + 9 + 1 + 9 + 9 + if with_rate { 10 } else { 0 };
        let bar = usize::from(area.width).saturating_sub(fixed + 11).clamp(4, 24);
        let mut line = paper.line(area, 0);
        line.column("", 11, Meaning::Muted);
        line.right("in flight", bar + 1 + 9, Meaning::Muted);
        line.right("through", 9, Meaning::Muted);
        if with_rate {
            line.right("a minute", 10, Meaning::Muted);
        }
        for (row, (stage, work)) in (1u16..).zip(board.stages.each()) {
            let mut line = paper.line(area, row);
            let held = slowest == Some(stage);
            let selected = seen.stage == Some(stage) && board.is_active();
            line.cell(if selected { "▸ " } else { "  " }, Meaning::Accent);
            line.column(stage.as_str(), 9, if held { Meaning::Warning } else { Meaning::Text });
            line.skip(1);
            line.gauge(work.in_flight(), work.width().max(work.in_flight()), bar);
            let of = if work.width() > 0 { format!("/{}", count(work.width())) } else { String::new() };
            line.right(&format!("{}{of}", count(work.in_flight())), 9, Meaning::Text);
            line.right(&count(work.through()), 9, Meaning::Text);
            if with_rate {
                let rate = work.per_minute(clock).map_or_else(|| "–".to_owned(), rate);
                line.right(&rate, 10, Meaning::Text);
            }
            if held {
                line.skip(2);
                if line.left() >= 28 {
                    line.text("◂ slowest; the others wait", Meaning::Warning);
                } else {
                    line.cell("◂ slowest", Meaning::Warning);
                }
            }
        }
    };
    let keys = [Action::NextPane, Action::Widen, Action::Narrow].map(seen.hint);
    let in_flight = format!("{} in flight", count(board.in_flight()));
    let facts = match (board.is_active() && seen.stage.is_some(), &keys) {
        (true, [next, wider, narrower]) if keys.iter().all(|key| !key.is_empty()) => {
            format!("{next} selects, {wider} {narrower} change the width · {in_flight}")
        }
        _ => in_flight,
    };
    Some(Pane { title: "stages".to_owned(), facts, rows: 6, most: 6, draw: Box::new(draw) })
}

/// Columns before a failure's message.
const SAID: usize = 18;
/// Lines of a failure's message, where there is room.
const LINES: usize = 4;

fn said_of(failed: &Failed) -> &str {
    if failed.message.is_empty() { failed.kind.as_str() } else { &failed.message }
}

/// What failed: how often which kind, what kinds mean, and the last ones of each stage: `each` of them, more where there
/// is room.
pub(super) fn failures<'a>(seen: &'a Seen<'a>, each: usize) -> Option<Pane<'a>> {
    let board = seen.shown();
    if board.phase() == Phase::NotStarted {
        return None;
    }
    let troubles = &board.troubles;
    let kindless = board.tally.without_answers().saturating_sub(troubles.total());
    let kinds = troubles.kinds().len() + usize::from(kindless > 0);
    let needed = move |each| match troubles.last(each).count() {
        _ if kinds == 0 => 1,
        0 => kinds,
        last => kinds + 1 + last,
    };
    let draw = move |paper: &mut Paper<'_>, area: Rect| {
        let mut row = 0;
        if kinds == 0 {
            paper.line(area, 0).text("nothing has failed", Meaning::Muted);
        }
        let counted = troubles.kinds().map(|(kind, n)| {
            let meaning = if kind.is_of_code() { Meaning::Warning } else { Meaning::Error };
            ((kind.as_str(), meaning), n, said(kind))
        });
        let rest = (kindless > 0).then_some((("none", Meaning::Error), kindless, "there was nothing to compare"));
        for ((kind, meaning), n, said) in counted.chain(rest) {
            let mut line = paper.line(area, row);
            line.right(&count(n), 6, Meaning::Text);
            line.skip(2);
            line.column(kind, 17, meaning);
            line.text(said, Meaning::Muted);
            row += 1;
        }
        let mut each = each;
        // The room goes first to messages that are longer than a line: their ends often tell the most.
        let room = usize::from(area.height);
        let columns = usize::from(area.width).saturating_sub(SAID);
        let lines = |each: usize, most: usize| {
            let last = troubles.last(each).map(|(_, failed)| wrap(said_of(failed), columns, most).len());
            needed(0) + 1 + last.sum::<usize>()
        };
        let mut most = 1;
        while most < LINES && lines(each, most + 1) <= room {
            most += 1;
        }
        while needed(each + 1) > needed(each) && lines(each + 1, most) <= room {
            each += 1;
        }
        if troubles.last(each).next().is_some() {
            paper.line(area, row).text("the last ones, by stage", Meaning::Title);
            row += 1;
        }
        for (stage, failed) in troubles.last(each) {
            let mut line = paper.line(area, row);
            line.column(stage.as_str(), 9, Meaning::Text);
            line.right(&format!("#{}", failed.candidate), 7, Meaning::Muted);
            line.skip(2);
            for (nth, said) in wrap(said_of(failed), columns, most).iter().enumerate() {
                if nth > 0 {
                    line = paper.line(area, row);
                    line.skip(SAID);
                }
                line.text(said, Meaning::Text);
                row += 1;
            }
        }
    };
    let facts = match board.tally.without_answers() {
        0 => String::new(),
        n => format!("{} of {}", some(n, "candidate", "candidates"), count(board.written())),
    };
    Some(Pane {
        title: "failures".to_owned(),
        facts,
        rows: rows(needed(each)),
        most: rows(needed(usize::MAX) + (LINES - 1) * troubles.last(usize::MAX).count()),
        draw: Box::new(draw),
    })
}

/// The models: replies, seconds, tokens.
pub(super) fn models<'a>(seen: &'a Seen<'a>) -> Option<Pane<'a>> {
    let usage = &seen.shown().usage;
    if usage.models().is_empty() {
        return None;
    }
    let draw = move |paper: &mut Paper<'_>, area: Rect| {
        let name = usize::from(area.width).saturating_sub(10 + 3 * 9 + 8);
        let mut line = paper.line(area, 0);
        line.skip(10 + name);
        for (word, columns) in [("replies", 9), ("reused", 8), ("a reply", 9), ("tokens", 9)] {
            line.right(word, columns, Meaning::Muted);
        }
        for (row, model) in (1u16..).zip(usage.models()) {
            let mut line = paper.line(area, row);
            line.column(&model.role, 9, Meaning::Text);
            line.skip(1);
            line.column(&model.name, name, Meaning::Text);
            line.right(&count(model.asked), 9, Meaning::Text);
            // How many were reused is known of this sitting alone.
            let reused = if seen.past().is_some() { "–".to_owned() } else { count(model.reused) };
            line.right(&reused, 8, Meaning::Muted);
            line.right(&model.seconds().map_or_else(|| "–".to_owned(), seconds), 9, Meaning::Text);
            // What the endpoint did not say is unknown, not 0; what is known in part is a lower bound.
            let tokens = match model.unknown {
                0 => count(model.tokens),
                n if n == model.asked => "unknown".to_owned(),
                _ => format!("≥{}", count(model.tokens)),
            };
            line.right(&tokens, 9, Meaning::Text);
        }
    };
    let tokens = usage.tokens_told();
    let facts = usage.money().map_or_else(|| tokens.clone(), |money| format!("{tokens}, {money}"));
    let needed = rows(usage.models().len() + 1);
    Some(Pane { title: "models".to_owned(), facts, rows: needed, most: needed, draw: Box::new(draw) })
}

/// What a run of the store cost, in a few words; `None` where no reply of it came.
fn money(totals: &Totals, run: i64) -> Option<String> {
    let mut usage = Usage::default();
    for spend in totals.spend.iter().filter(|spend| spend.run_id == run) {
        usage.paid(spend.usd, spend.unpriced, spend.replies);
    }
    usage.money()
}

/// The project's runs, newest first.
pub(super) fn runs<'a>(seen: &'a Seen<'a>) -> Option<Pane<'a>> {
    if seen.runs.is_empty() {
        return None;
    }
    // The selected one is among those that are listed.
    let chosen = seen.chosen.and_then(|id| seen.runs.iter().rev().position(|run| run.id == id));
    let above = chosen.map_or(0, |at| (at + 1).saturating_sub(RUNS));
    let draw = move |paper: &mut Paper<'_>, area: Rect| {
        let counts = if area.width < 60 { 11 } else { 13 };
        let listed = || seen.runs.iter().rev().skip(above).take(RUNS);
        let spent = |run: &RunSummary| {
            let here = seen.board.run == Some(run.id);
            let money = if here { seen.board.money() } else { seen.totals.and_then(|totals| money(totals, run.id)) };
            money.map(|money| format!(" · {money}")).unwrap_or_default()
        };
        // When it was tells runs apart better than its hundredths, and the day and the hour better than the year; of all
        // runs in the same way.
        let last = listed().map(|run| width(&run.strategy) + width(&spent(run))).max().unwrap_or(0);
        let roomy = usize::from(area.width) >= 15 + counts + 6 + 2 + 18 + last;
        for (row, run) in (0u16..).zip(listed()) {
            let mut line = paper.line(area, row);
            let here = seen.board.run == Some(run.id);
            // What the store says of the run at hand may be a moment old.
            let (made, target) =
                if here { (seen.board.made(), seen.board.target()) } else { (run.candidates, run.target) };
            line.cell(if seen.chosen == Some(run.id) { "▸" } else { " " }, Meaning::Accent);
            line.right(&count(run.id.unsigned_abs()), 3, if here { Meaning::Accent } else { Meaning::Muted });
            line.skip(2);
            let word = match run.state {
                _ if here => seen.board.phase().as_str(),
                RunState::Running => "cut off",
                state => state.as_str(),
            };
            line.column(word, 9, Meaning::Text);
            line.right(&format!("{}/{}", count(made), count(target)), counts, Meaning::Text);
            if roomy {
                line.right(&percent(made, target), 6, Meaning::Muted);
            }
            line.skip(2);
            let began = run.started_at.get(..16).unwrap_or(&run.started_at).replace('T', " ");
            let began = if roomy { began.as_str() } else { began.get(5..).unwrap_or(&began) };
            line.column(began, if roomy { 18 } else { 13 }, Meaning::Muted);
            line.text(&run.strategy, Meaning::Text);
            // An amount that is cut is another amount: whole or not at all.
            line.cell(&spent(run), Meaning::Text);
        }
    };
    let shown = seen.runs.len().min(RUNS);
    let mut facts = match above {
        _ if shown == seen.runs.len() => count(seen.runs.len() as u64),
        0 => format!("the last {shown} of {}", seen.runs.len()),
        _ => format!("{shown} of {}", seen.runs.len()),
    };
    let [next, resume] = [Action::NextRun, Action::RunResume].map(seen.hint);
    let unfinished = seen.runs.iter().any(|run| run.state != RunState::Done && seen.board.run != Some(run.id));
    if seen.board.is_active() || next.is_empty() {
        // Nothing is selected while a run is under way.
    } else if unfinished && !resume.is_empty() {
        facts = format!("{next} selects, {resume} goes on with it · {facts}");
    } else if seen.runs.len() > 1 {
        facts = format!("{next} selects · {facts}");
    }
    Some(Pane { title: "runs".to_owned(), facts, rows: rows(shown), most: rows(shown), draw: Box::new(draw) })
}
