//! Drawing the run screen: whoever sees only this picture can say what goes on, how far it is, what fails and what to
//! press.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::symbols::merge::MergeStrategy;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget};

use super::bars::{self, Parts};
use super::board::{Board, Phase};
use crate::failure::{FailureKind, Stage};
use crate::store::Totals;
use crate::store::record::{Agreement, RunSummary};
use crate::tui::action::Action;
use crate::tui::borders::ASCII;
use crate::tui::text;
use crate::tui::theme::{Meaning, Theme};

/// What the picture is made of.
pub struct Seen<'a> {
    /// The run.
    pub board: &'a Board,
    /// What is stored.
    pub totals: Option<&'a Totals>,
    /// Runs that are stored.
    pub runs: &'a [RunSummary],
    /// Time since the program began.
    pub now: Duration,
    /// The project's name.
    pub project: &'a str,
    /// Colours.
    pub theme: &'a Theme,
    /// The keys of an action, as people read them.
    pub hint: &'a dyn Fn(Action) -> String,
    /// No box-drawing characters.
    pub ascii: bool,
    /// First row of the lists that is shown.
    pub scroll: u16,
}

impl Seen<'_> {
    fn style(&self, meaning: Meaning) -> Style {
        self.theme.style(meaning)
    }

    fn span(&self, what: impl Into<String>, meaning: Meaning) -> Span<'static> {
        Span::styled(what.into(), self.style(meaning))
    }

    fn bold(&self, what: impl Into<String>, meaning: Meaning) -> Span<'static> {
        Span::styled(what.into(), self.style(meaning).add_modifier(Modifier::BOLD))
    }
}

/// Draws the screen.
pub fn draw(buffer: &mut Buffer, area: Rect, seen: &Seen<'_>) {
    let progress_rows = if area.height >= 20 { 3 } else { 2 };
    let top = Rect { height: (progress_rows + 2).min(area.height), ..area };
    let rest = Rect { y: top.bottom() - 1, height: area.height - top.height + 1, ..area };
    let wide = area.width >= 100;
    let stages_height = 7.min(rest.height);
    let (stages_area, came_area, time_area, failures_area);
    if wide {
        let left = area.width / 2;
        let column = |x: u16, width: u16, y: u16, height: u16| Rect { x, y, width, height };
        let (lx, rx, rw) = (area.x, area.x + left - 1, area.width - left + 1);
        stages_area = column(lx, left, rest.y, stages_height);
        time_area = column(lx, left, rest.y + stages_height - 1, rest.height - stages_height + 1);
        let rows = u16::try_from(groups(seen).len()).unwrap_or(u16::MAX).max(2);
        let came = (rows + 2).clamp(stages_height, (rest.height * 3 / 5).max(stages_height));
        came_area = column(rx, rw, rest.y, came);
        failures_area = column(rx, rw, rest.y + came - 1, rest.height - came + 1);
    } else {
        stages_area = Rect { height: stages_height, ..rest };
        let below = Rect { y: rest.y + stages_height - 1, height: rest.height - stages_height + 1, ..rest };
        let came = if below.height >= 10 { below.height / 2 } else { below.height };
        came_area = Rect { height: came, ..below };
        failures_area = Rect { y: below.y + came - 1, height: below.height - came + 1, ..below };
        time_area = Rect::default();
    }
    for place in [top, stages_area, came_area, failures_area, time_area] {
        frame(buffer, place, seen);
    }
    progress(buffer, top, seen);
    stages(buffer, stages_area, seen);
    came_of_them(buffer, came_area, seen);
    failures(buffer, failures_area, seen);
    over_time(buffer, time_area, seen);
}

fn frame(buffer: &mut Buffer, area: Rect, seen: &Seen<'_>) {
    if area.height < 2 || area.width < 4 {
        return;
    }
    let block = Block::bordered().border_style(seen.style(Meaning::Border)).merge_borders(MergeStrategy::Fuzzy);
    if seen.ascii { block.border_set(ASCII) } else { block }.render(area, buffer);
}

fn inside(area: Rect) -> Rect {
    Rect { x: area.x + 2, y: area.y + 1, width: area.width.saturating_sub(4), height: area.height.saturating_sub(2) }
}

fn title(buffer: &mut Buffer, area: Rect, what: &str, facts: &Line<'_>, seen: &Seen<'_>) {
    if area.height < 2 || area.width < 10 {
        return;
    }
    let style = seen.style(Meaning::Title);
    let name = format!(" {} ", text::cut(what, usize::from(area.width - 4)));
    let wide = u16::try_from(text::width(&name)).unwrap_or(u16::MAX);
    buffer.set_string(area.x + 1, area.y, &name, style);
    let wanted = u16::try_from(facts.width()).unwrap_or(u16::MAX).saturating_add(2);
    if wanted > 2 && wide + wanted + 2 < area.width {
        let x = area.right() - wanted - 1;
        buffer.set_string(x, area.y, " ", style);
        buffer.set_line(x + 1, area.y, facts, wanted - 2);
        buffer.set_string(area.right() - 2, area.y, " ", style);
    }
}

fn put(buffer: &mut Buffer, area: Rect, row: u16, line: &Line<'_>) {
    if row >= area.height {
        return;
    }
    let mut x = area.x;
    for span in &line.spans {
        let room = area.right().saturating_sub(x);
        if room == 0 {
            break;
        }
        let cut = text::cut(&span.content, usize::from(room));
        x = buffer.set_stringn(x, area.y + row, cut, usize::from(room), span.style).0;
    }
}

/// State in glyph, word and colour.
fn state(phase: Phase) -> (&'static str, &'static str, Meaning) {
    match phase {
        Phase::None => ("○", "not started", Meaning::Muted),
        Phase::Starting => ("◌", "starting", Meaning::Accent),
        Phase::Running => ("●", "running", Meaning::Equivalent),
        Phase::Paused => ("‖", "paused", Meaning::Warning),
        Phase::Draining => ("◐", "draining", Meaning::Warning),
        Phase::Stopping => ("◍", "stopping", Meaning::Warning),
        Phase::Ended => ("■", "done", Meaning::Text),
        Phase::Failed => ("!", "failed", Meaning::Error),
    }
}

fn progress(buffer: &mut Buffer, area: Rect, seen: &Seen<'_>) {
    let board = seen.board;
    let setting = board.setting();
    let name = if setting.strategy.is_empty() { "run".to_owned() } else { format!("run · {}", setting.strategy) };
    title(buffer, area, &name, &Line::default(), seen);
    let inner = inside(area);
    let (glyph, word, meaning) = state(board.phase());
    if board.phase() == Phase::None {
        return idle(buffer, inner, seen);
    }
    put(buffer, inner, 0, &Line::from(seen.bold(format!("{glyph} {word}"), meaning)));
    let percent = if board.target() == 0 { 0 } else { board.made() * 100 / board.target() };
    let mut facts = format!("{:>6} of {} · {percent:>3}%", board.made(), board.target());
    if let Some(rate) = board.rate_per_minute(seen.now) {
        let _ = write!(facts, " · {}/min", significant(rate));
    }
    let _ = write!(facts, " · {}", clock(board.elapsed(seen.now)));
    if let Some(eta) = board.eta(seen.now) {
        let _ = write!(facts, " · {} left", clock(eta));
    }
    let facts_width = u16::try_from(text::width(&facts)).unwrap_or(u16::MAX);
    let from = inner.x + 12;
    let gauge_width = inner.right().saturating_sub(from + facts_width + 1);
    if gauge_width >= 6 {
        let place = Rect { x: from, y: inner.y, width: gauge_width, height: 1 };
        bars::gauge(buffer, place, board.made(), board.target(), seen.theme, seen.ascii);
        let right = Rect { x: from + gauge_width + 1, width: facts_width, ..inner };
        put(buffer, right, 0, &Line::from(seen.span(facts, Meaning::Text)));
    } else {
        let right = Rect { x: from, width: inner.right().saturating_sub(from), ..inner };
        put(buffer, right, 0, &Line::from(seen.span(facts.trim_start().to_owned(), Meaning::Text)));
    }
    let mut made_of = Vec::new();
    if !setting.generator.is_empty() {
        made_of.push(format!("generator {}", setting.generator));
    }
    if !setting.solvers.is_empty() {
        made_of.push(format!("solver {}", setting.solvers.join(", ")));
    }
    made_of.push(match setting.budget_tokens {
        Some(budget) => format!("{} of {} tokens", compact(board.tokens()), compact(budget)),
        None => format!("{} tokens", compact(board.tokens())),
    });
    let (replies, reused) = board.replies();
    made_of.push(format!("{} replies", compact(replies)));
    if let Some(seconds) = board.reply_seconds().filter(|s| *s >= 0.05) {
        made_of.push(format!("{seconds:.1} s each"));
    }
    if reused > 0 {
        made_of.push(format!("{} read from the store", compact(reused)));
    }
    let made_of = crate::review::cleaned::clean_line(&made_of.join(" · "));
    put(buffer, inner, 1, &Line::from(seen.span(made_of, Meaning::Muted)));
    put(buffer, inner, 2, &said(seen));
    // On a small screen what is being waited for matters more than what the run is made of.
    if inner.height == 2 && (board.long_work().is_some() || !board.is_active()) {
        let row = Rect { y: inner.y + 1, height: 1, ..inner };
        buffer.set_string(row.x, row.y, " ".repeat(usize::from(row.width)), seen.style(Meaning::Text));
        put(buffer, row, 0, &said(seen));
    }
}

/// What is being waited for, or why it ended and what to do next.
fn said(seen: &Seen<'_>) -> Line<'static> {
    let board = seen.board;
    if let Some((what, line, since)) = board.long_work() {
        let taken = seen.now.saturating_sub(since);
        // How much is left nobody knows: the mark wanders once around in ten seconds.
        let at = usize::try_from(taken.as_secs() % 10).unwrap_or(0);
        let (on, off) = if seen.ascii { ("#", "-") } else { ("━", "─") };
        let taken = clock(taken);
        return Line::from(vec![
            seen.span(off.repeat(at), Meaning::GaugeRest),
            seen.span(on.repeat(2), Meaning::Gauge),
            seen.span(format!("{} ", off.repeat(9 - at)), Meaning::GaugeRest),
            seen.bold(format!("{what} · {taken}"), Meaning::Accent),
            seen.span(format!("  {line}"), Meaning::Muted),
        ]);
    }
    let key = |action| (seen.hint)(action);
    let message = board.message().unwrap_or_default().to_owned();
    match board.phase() {
        Phase::Ended => Line::from(vec![
            seen.bold(message, Meaning::Text),
            seen.span(format!("   {} reads what came of it", key(Action::GoReview)), Meaning::Muted),
        ]),
        Phase::Failed => Line::from(vec![
            seen.bold(message, Meaning::Error),
            seen.span(format!("   {} tries again", key(Action::RunStart)), Meaning::Muted),
        ]),
        Phase::Paused => Line::from(seen.span(
            format!("nothing new begins; {} goes on, {} ends in order", key(Action::RunStart), key(Action::RunDrain)),
            Meaning::Warning,
        )),
        Phase::Draining => Line::from(seen.span("what is in flight is finished, then it ends", Meaning::Warning)),
        _ if board.resumed() => Line::from(seen.span("goes on with an unfinished run", Meaning::Muted)),
        _ => Line::from(seen.span(message, Meaning::Muted)),
    }
}

/// No run yet.
fn idle(buffer: &mut Buffer, inner: Rect, seen: &Seen<'_>) {
    let key = (seen.hint)(Action::RunStart);
    let (glyph, word, meaning) = state(Phase::None);
    let first = Line::from(vec![
        seen.bold(format!("{glyph} {word}"), meaning),
        seen.span("   ", Meaning::Muted),
        seen.bold(key, Meaning::Key),
        seen.span(" begins a run, or goes on with an unfinished one", Meaning::Text),
    ]);
    put(buffer, inner, 0, &first);
    let runs = seen.runs.len();
    let last = seen.runs.last().map_or_else(
        || format!("no run has been made in {} yet", seen.project),
        |run| {
            let at = run.started_at.get(..16).unwrap_or(&run.started_at).replace('T', " ");
            format!(
                "{runs} {} so far; the last one, of {at}, is {} with {} of {}",
                if runs == 1 { "run" } else { "runs" },
                run.state,
                run.candidates,
                run.target
            )
        },
    );
    put(buffer, inner, 1, &Line::from(seen.span(crate::review::cleaned::clean_line(&last), Meaning::Muted)));
}

fn stages(buffer: &mut Buffer, area: Rect, seen: &Seen<'_>) {
    title(buffer, area, "stages", &Line::from(seen.span("in flight · through", Meaning::Muted)), seen);
    let inner = inside(area);
    let widths = seen.board.setting().widths;
    for (row, stage) in (0u16..).zip(Stage::ALL) {
        let count = seen.board.stage(*stage);
        let width = widths.get(usize::from(row)).copied().unwrap_or(64) as u64;
        let full = width > 0 && count.in_flight >= width && *stage != Stage::Store;
        let name = if full {
            seen.bold(format!("{stage:<9}"), Meaning::Warning)
        } else {
            seen.span(format!("{stage:<9}"), Meaning::Text)
        };
        put(buffer, inner, row, &Line::from(name));
        let facts = if *stage == Stage::Store || width == 0 {
            format!("{:>3}       {:>6}", count.in_flight, compact(count.through))
        } else {
            format!("{:>3} of {width:<3} {:>6}", count.in_flight, compact(count.through))
        };
        let facts_width = u16::try_from(facts.len()).unwrap_or(u16::MAX);
        let note = if full { " full" } else { "" };
        let gauge = inner.width.saturating_sub(10 + facts_width + 7);
        if row < inner.height && gauge >= 4 {
            let place = Rect { x: inner.x + 10, y: inner.y + row, width: gauge, height: 1 };
            bars::gauge(buffer, place, count.in_flight, width, seen.theme, seen.ascii);
        }
        let right = Rect { x: inner.x + 10 + gauge + 1, width: inner.width.saturating_sub(11 + gauge), ..inner };
        let line = Line::from(vec![seen.span(facts, Meaning::Text), seen.bold(note, Meaning::Warning)]);
        put(buffer, right, row, &line);
    }
}

/// All, then by strategy, then by domain.
fn groups(seen: &Seen<'_>) -> Vec<(String, Parts)> {
    let Some(totals) = seen.totals else {
        let sum = seen.board.sum;
        let parts = Parts {
            agrees: sum.agrees.into(),
            disagrees: sum.disagrees.into(),
            undecided: sum.undecided.into(),
            failed: sum.failed.into(),
        };
        return vec![("all".to_owned(), parts)];
    };
    let mut all = Parts::default();
    let mut strategies: BTreeMap<&str, Parts> = BTreeMap::new();
    let mut domains: BTreeMap<&str, Parts> = BTreeMap::new();
    for cell in &totals.candidates {
        for parts in [&mut all, strategies.entry(&cell.strategy).or_default(), domains.entry(&cell.domain).or_default()]
        {
            *match (cell.standing, cell.kind.is_some()) {
                (Agreement::Agrees, _) => &mut parts.agrees,
                (Agreement::Disagrees, _) => &mut parts.disagrees,
                (Agreement::Undecided, _) => &mut parts.undecided,
                (Agreement::None, _) => &mut parts.failed,
            } += cell.n;
        }
    }
    let named = |name: &str, none: &str| {
        if name.is_empty() { none.to_owned() } else { crate::review::cleaned::clean_line(name) }
    };
    let mut groups = vec![("all".to_owned(), all)];
    groups.extend(strategies.into_iter().map(|(name, parts)| (named(name, "no strategy"), parts)));
    let mut by_domain: Vec<_> = domains.into_iter().collect();
    by_domain.sort_by_key(|(_, parts)| std::cmp::Reverse(parts.total()));
    groups.extend(by_domain.into_iter().map(|(name, parts)| (named(name, "no domain"), parts)));
    groups
}

fn came_of_them(buffer: &mut Buffer, area: Rect, seen: &Seen<'_>) {
    let words = if area.width >= 76 {
        ["= agrees ", "≠ disagrees ", "? undecided ", "! failed"]
    } else {
        ["= agree ", "≠ differ ", "? open ", "! fail"]
    };
    let meanings = [Meaning::Equivalent, Meaning::Different, Meaning::Undecided, Meaning::Error];
    let legend: Line<'_> = words.into_iter().zip(meanings).map(|(word, meaning)| seen.span(word, meaning)).collect();
    let groups = groups(seen);
    let total = groups.first().map_or(0, |(_, parts)| parts.total());
    title(buffer, area, &format!("what came of {}", compact(total)), &legend, seen);
    let inner = inside(area);
    if total == 0 {
        let line = "by strategy and by domain, as soon as there is a candidate";
        put(buffer, inner, 0, &Line::from(seen.span(line, Meaning::Muted)));
        return;
    }
    let names = groups
        .iter()
        .map(|(name, _)| text::width(name))
        .max()
        .unwrap_or(0)
        .clamp(6, if inner.width < 70 { 16 } else { 22 });
    let names = u16::try_from(names).unwrap_or(22);
    let numbers = 28.min(inner.width / 2);
    let bar = inner.width.saturating_sub(names + numbers + 2);
    let scale = groups.iter().skip(1).map(|(_, p)| p.total()).max().unwrap_or(total).max(1);
    let shown = groups.iter().enumerate().skip(usize::from(seen.scroll).min(groups.len().saturating_sub(1)));
    for (row, (nth, (name, parts))) in (0..inner.height).zip(shown) {
        let y = inner.y + row;
        let line = Rect { y, height: 1, width: names, ..inner };
        let name = text::cut(name, usize::from(names));
        put(
            buffer,
            line,
            0,
            &Line::from(if nth == 0 { seen.bold(name, Meaning::Text) } else { seen.span(name, Meaning::Text) }),
        );
        if bar >= 6 {
            let place = Rect { x: inner.x + names + 1, y, width: bar, height: 1 };
            // The first row is all of them, and as long as it can be.
            bars::stacked(buffer, place, *parts, if nth == 0 { total } else { scale }, seen.theme);
        }
        let x = inner.x + names + 1 + if bar >= 6 { bar + 1 } else { 0 };
        bars::numbers(buffer, x, y, inner.right().saturating_sub(x), *parts, seen.theme);
    }
}

fn over_time(buffer: &mut Buffer, area: Rect, seen: &Seen<'_>) {
    if area.height < 3 {
        return;
    }
    let history = &seen.board.history;
    let width = clock(history.width());
    title(buffer, area, "over time", &Line::from(seen.span(format!("a column is {width}"), Meaning::Muted)), seen);
    let inner = inside(area);
    if history.buckets().is_empty() {
        let line = "what came of candidates, as the run goes on";
        put(buffer, inner, 0, &Line::from(seen.span(line, Meaning::Muted)));
        return;
    }
    let most = history.buckets().iter().map(|b| b.total()).max().unwrap_or(0);
    put(buffer, inner, 0, &Line::from(seen.span(format!("at most {most} in {width}"), Meaning::Muted)));
    let height = inner.height.saturating_sub(1).min(16);
    let chart = Rect { height, y: inner.bottom() - height, ..inner };
    bars::columns(buffer, chart, history, seen.theme);
}

/// Failures by kind with what they mean, then the last ones.
fn failures(buffer: &mut Buffer, area: Rect, seen: &Seen<'_>) {
    if area.height < 3 {
        return;
    }
    let mut kinds: BTreeMap<FailureKind, u64> = BTreeMap::new();
    match seen.totals {
        Some(totals) => {
            let candidates = totals.candidates.iter().filter_map(|c| Some((c.kind?, c.n)));
            let responses = totals.responses.iter().filter_map(|r| Some((r.kind?, r.n)));
            for (kind, n) in candidates.chain(responses).filter(|(_, n)| *n > 0) {
                *kinds.entry(kind).or_default() += n;
            }
        }
        None => kinds.clone_from(&seen.board.failures),
    }
    let total: u64 = kinds.values().sum();
    let facts = Line::from(seen.span("of candidates and of responses", Meaning::Muted));
    title(buffer, area, &format!("failures · {}", compact(total)), &facts, seen);
    let inner = inside(area);
    if total == 0 {
        put(buffer, inner, 0, &Line::from(seen.span("none so far", Meaning::Muted)));
        return;
    }
    let mut kinds: Vec<(FailureKind, u64)> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let last = seen.board.last.iter().rev();
    let mut rows: Vec<Line<'static>> = kinds
        .into_iter()
        .map(|(kind, n)| {
            Line::from(vec![
                seen.bold(format!("{n:>5}  "), Meaning::Error),
                seen.span(format!("{:<17}", kind.as_str()), Meaning::Error),
                seen.span(meaning_of(kind), Meaning::Muted),
            ])
        })
        .collect();
    let recent: Vec<Line<'static>> = last
        .map(|failed| {
            Line::from(vec![
                seen.span(format!("{:>5}  ", failed.id), Meaning::Muted),
                seen.span(format!("{:<17}", failed.kind.as_str()), Meaning::Text),
                seen.span(format!("{} · {}", failed.stage, failed.domain), Meaning::Muted),
            ])
        })
        .collect();
    if !recent.is_empty() && rows.len() + 3 <= usize::from(inner.height) {
        rows.push(Line::default());
        rows.push(Line::from(seen.span("the last ones, newest first", Meaning::Title)));
        rows.extend(recent);
    }
    for (row, line) in (0..inner.height).zip(rows) {
        put(buffer, inner, row, &line);
    }
}

/// A kind of failure in few words.
fn meaning_of(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Malformed => "the reply has not the structure that was asked for",
        FailureKind::Refused => "the model declined",
        FailureKind::Truncated => "the reply ended at the token limit",
        FailureKind::ContextOverflow => "the request did not fit the model's context",
        FailureKind::ModelError => "the endpoint failed, after retries",
        FailureKind::Cancelled => "stopped before it was done",
        FailureKind::CodeError => "the program ended with an error",
        FailureKind::CodeTimeout => "the program did not end in time",
        FailureKind::CodeMemory => "the program wanted more memory than it may have",
        FailureKind::CodeOutput => "the program printed more than it may",
        FailureKind::CodeEmpty => "the program printed nothing",
        FailureKind::Nondeterministic => "run twice, it printed two things",
        FailureKind::VenvError => "its packages could not be had",
        FailureKind::NoAnswer => "the response has no final answer",
        FailureKind::Duplicate => "nearly the same as an earlier question",
        FailureKind::Contaminated => "the question is in a file it must not be in",
        FailureKind::Underspecified => "the question cannot be answered from what it says",
        FailureKind::LeaksAnswer => "the question gives its answer away",
        FailureKind::OffBand => "too easy or too hard",
        FailureKind::OverQuota => "its domain or seed has had its share",
    }
}

/// Minutes and seconds, or hours and minutes.
fn clock(time: Duration) -> String {
    let s = time.as_secs();
    match s {
        0..=59 => format!("{s} s"),
        60..=3599 => format!("{}:{:02}", s / 60, s % 60),
        _ => format!("{} h {:02}", s / 3600, s % 3600 / 60),
    }
}

/// At most three significant figures.
fn significant(n: f64) -> String {
    match n {
        0.0..10.0 => format!("{n:.1}"),
        10.0..10_000.0 => format!("{n:.0}"),
        _ => format!("{:.1}k", n / 1e3),
    }
}

fn compact(n: u64) -> String {
    match n {
        0..=9_999 => n.to_string(),
        10_000..=999_999 => format!("{:.1}k", n as f64 / 1e3),
        _ => format!("{:.1}M", n as f64 / 1e6),
    }
}
