//! The head of the run screen: where the run stands, how far it is, what it cost, and what to press.

use ratatui::layout::Rect;

use super::board::Phase;
use super::figures::{count, percent, rate, seconds, some, span};
use super::paper::{Line, Paper, width, wrap};
use super::past::says;
use super::screen::{Pane, Seen};
use super::tally::{Part, parts};
use crate::engine::Ended;
use crate::tui::action::Action;
use crate::tui::theme::Meaning;

/// From this height on, tokens and work have rows of their own.
const ROOMY: u16 = 20;
/// Columns of the words before the gauges.
const LABEL: usize = 8;

/// A phase's sign and meaning.
fn sign(phase: Phase) -> (&'static str, Meaning) {
    match phase {
        Phase::NotStarted => ("○", Meaning::Muted),
        Phase::Starting => ("◌", Meaning::Accent),
        Phase::Running => ("●", Meaning::Accent),
        Phase::Paused => ("‖", Meaning::Warning),
        Phase::Draining => ("▽", Meaning::Warning),
        Phase::Stopping => ("□", Meaning::Warning),
        Phase::Done => ("✓", Meaning::Equivalent),
        Phase::Stopped => ("■", Meaning::Warning),
        Phase::Failed => ("!", Meaning::Error),
    }
}

/// The head as a pane.
pub(super) fn head<'a>(seen: &'a Seen<'a>, columns: u16, height: u16) -> Pane<'a> {
    let board = seen.shown();
    let mut title = format!("loop · {}", seen.project);
    if let Some(run) = board.run {
        title = format!("{title} · run {run}");
    }
    if !board.strategy.is_empty() {
        title = format!("{title} · {}", board.strategy);
    }
    let time = match seen.past() {
        Some(past) => Some(format!("begun {}", past.began)),
        None => board.elapsed(seen.now).map(|time| format!("for {}", span(time))),
    };
    // In a low window there is no row for what is used.
    let money = board.money().filter(|_| height < ROOMY && columns >= 72);
    let facts = money.into_iter().chain(time).collect::<Vec<_>>().join(" · ");
    let rows = rows(seen, columns, height);
    let count = u16::try_from(rows.len()).unwrap_or(1);
    let draw = move |paper: &mut Paper<'_>, area: Rect| {
        for (at, row) in (0u16..).zip(&rows) {
            row.draw(&mut paper.line(area, at), seen);
        }
    };
    Pane { title, facts, rows: count, most: count, draw: Box::new(draw) }
}

/// A row of the head.
enum Row {
    /// The phase, with the first line of what it says.
    Phase(String),
    /// A further line of what it says.
    Saying(String),
    Progress,
    Tally,
    Used,
    Work,
    Keys,
}

fn rows(seen: &Seen<'_>, columns: u16, height: u16) -> Vec<Row> {
    let board = seen.shown();
    let inner = usize::from(columns.saturating_sub(4));
    // In a low window the line for long work is the one that says what goes on.
    let low = height < ROOMY;
    let saying = match board.works.headline(seen.now) {
        Some((headline, _)) if low => headline,
        _ if board.phase() == Phase::NotStarted => empty(seen),
        _ if seen.past().is_some() => seen.past().map_or_else(String::new, |past| past.says.clone()),
        _ => board.saying(),
    };
    // A failure is read whole; everything else is one line that does not move the rest.
    let most = match board.phase() {
        Phase::NotStarted => usize::from(height.saturating_sub(4)).clamp(1, 6),
        Phase::Failed | Phase::Done => usize::from(height / 4).clamp(1, 4),
        _ => 1,
    };
    let lines = wrap(&saying, inner.saturating_sub(state(board.phase())), most).into_iter();
    let mut rows: Vec<Row> =
        lines.enumerate().map(|(i, l)| if i == 0 { Row::Phase(l) } else { Row::Saying(l) }).collect();
    if board.phase() != Phase::NotStarted {
        rows.extend([Row::Progress, Row::Tally]);
        if !low {
            rows.push(Row::Used);
            // Of a stored run its models are in their pane, and there is no work to tell of.
            rows.extend(seen.past().is_none().then_some(Row::Work));
        }
    }
    rows.push(Row::Keys);
    rows
}

/// Columns of a glyph and its number.
const TALLIED: usize = 8;
/// Columns of the phase's sign and word: those of the longest, so that what stands behind does not move; of one that is done
/// those of the words below it.
fn state(phase: Phase) -> usize {
    if phase == Phase::Done { 8 } else { 15 }
}

impl Row {
    fn draw(&self, line: &mut Line<'_, '_>, seen: &Seen<'_>) {
        let board = seen.shown();
        match self {
            Self::Phase(saying) => {
                let (glyph, meaning) = sign(board.phase());
                line.bold(glyph, meaning).text(" ", meaning).bold(board.phase().as_str(), meaning);
                line.skip(state(board.phase()).saturating_sub(2 + board.phase().as_str().len()));
                line.text(saying, if board.phase() == Phase::Failed { Meaning::Error } else { Meaning::Text });
            }
            Self::Saying(saying) => {
                line.skip(state(board.phase()));
                line.text(saying, if board.phase() == Phase::Failed { Meaning::Error } else { Meaning::Text });
            }
            Self::Progress => progress(line, seen),
            Self::Tally => {
                // The numbers matter most, then their words, then the label.
                let parts = parts(&board.tally);
                let tallied = |part: &Part| format!("{} {}", part.glyph, count((part.of)(&board.tally)));
                let longest = parts.iter().map(|part| width(&tallied(part))).max().unwrap_or(TALLIED);
                let with = |each: usize| parts.iter().map(|part| each + part.word.len() + 3).sum::<usize>();
                let room = line.left() + 2;
                // Where wide columns leave no room for the words, narrow ones may.
                let each = [TALLIED, longest].into_iter().find(|each| with(*each) <= room).unwrap_or(TALLIED);
                let words = with(each);
                if room >= words + LABEL || room < words {
                    // What an earlier sitting made is not in these.
                    let label = match seen.past() {
                        Some(_) => "in all",
                        None if board.made() > board.written() => "new",
                        None => "so far",
                    };
                    line.column(label, LABEL, Meaning::Muted);
                }
                for part in parts {
                    let told = tallied(part);
                    line.text(&told, part.meaning);
                    if room >= words {
                        line.skip(1);
                        line.text(part.word, Meaning::Muted);
                    }
                    // A growing number moves its own word alone.
                    line.skip(each.saturating_sub(width(&told)) + 2);
                }
            }
            Self::Used => used(line, seen),
            Self::Work => work(line, seen),
            Self::Keys => keys(line, seen),
        }
    }
}

fn progress(line: &mut Line<'_, '_>, seen: &Seen<'_>) {
    let board = seen.shown();
    line.column("made", LABEL, Meaning::Muted);
    // Until the run is open nobody knows how many it is to make.
    let target = if board.run.is_some() { count(board.target()) } else { "–".to_owned() };
    let mut facts = vec![
        (format!("{:>6} of {target}", count(board.made())), 17),
        (format!("{:>5}", percent(board.made(), board.target())), 6),
        (board.rate_per_minute(seen.now).map_or_else(String::new, |r| format!("{:>6} a minute", rate(r))), 16),
        (left(seen), 18),
    ];
    // What will not be told any more keeps no place.
    if matches!(board.phase(), Phase::Done | Phase::Stopped | Phase::Failed) {
        facts.retain(|(fact, _)| !fact.is_empty());
    }
    gauged(line, board.made(), board.target(), &facts);
}

/// What is said of the time that is left.
fn left(seen: &Seen<'_>) -> String {
    match seen.shown().phase() {
        Phase::Running => seen.shown().eta(seen.now).map_or_else(String::new, |eta| format!("{:>11} left", span(eta))),
        _ => String::new(),
    }
}

/// A gauge as wide as its facts leave room, and the facts as far as there is room; the last give way first.
fn gauged(line: &mut Line<'_, '_>, part: u64, whole: u64, facts: &[(String, usize)]) {
    const LEAST: usize = 8;
    let room = line.left().saturating_sub(LEAST);
    let mut kept = facts.len();
    let wide = |n: usize| facts.iter().take(n).map(|(_, columns)| columns + 1).sum::<usize>();
    while kept > 0 && wide(kept) > room {
        kept -= 1;
    }
    line.gauge(part, whole, line.left().saturating_sub(wide(kept)));
    for (fact, columns) in facts.iter().take(kept) {
        line.skip(1);
        line.column(fact, *columns, Meaning::Text);
    }
}

/// What is used, of which bounds, with a gauge of the bound that is nearest.
fn used(line: &mut Line<'_, '_>, seen: &Seen<'_>) {
    const LEAST: usize = 6;
    const MOST: usize = 24;
    let board = seen.shown();
    line.column("used", LABEL, Meaning::Muted);
    let uses = board.uses(seen.now);
    let mut text = uses.iter().map(|u| u.text.as_str()).collect::<Vec<_>>().join(" · ");
    let share = |(part, whole): (u64, u64)| part as f64 / whole.max(1) as f64;
    let nearest = uses.iter().filter_map(|u| u.part).max_by(|a, b| share(*a).total_cmp(&share(*b)));
    if let Some((part, whole)) = nearest {
        let room = line.left().saturating_sub(width(&text) + 1);
        if room >= LEAST {
            line.gauge(part, whole, room.min(MOST));
            line.skip(1);
        }
    } else if seen.past().is_none() {
        text.push_str(", no budget set");
    }
    line.text(&text, Meaning::Text);
    let each = each(seen);
    if !each.is_empty() && line.left() > width(&each) + 3 {
        line.text(" · ", Meaning::Muted).text(&each, Meaning::Text);
    }
}

/// What a candidate that agrees costs, and how often solvers are right: of the run as far as this sitting knows it.
fn each(seen: &Seen<'_>) -> String {
    let board = seen.shown();
    let mut told = Vec::new();
    if board.made() == board.written() && board.tally.agrees > 0 && board.tokens() > 0 {
        let agrees = board.tally.agrees;
        let money = board.usage.money_each(agrees).map_or_else(String::new, |money| format!(", {money}"));
        told.push(format!("{} tokens{money} for each that agrees", count(board.tokens() / agrees)));
    }
    if let (answers @ 1.., right) = board.answers {
        told.push(format!("{} of {} equivalent", count(right), some(answers, "CoT answer", "CoT answers")));
    }
    told.join(" · ")
}

/// Long work with the installer's last line; the models' pace while there is none.
fn work(line: &mut Line<'_, '_>, seen: &Seen<'_>) {
    let board = seen.board;
    if let Some((headline, last)) = board.works.headline(seen.now) {
        line.column("work", LABEL, Meaning::Muted);
        sweep(line, seen);
        line.text(&headline, Meaning::Accent);
        if !last.is_empty() && line.left() > 8 {
            line.skip(2);
            line.text(last, Meaning::Muted);
        }
        return;
    }
    line.column("models", LABEL, Meaning::Muted);
    for (nth, model) in board.usage.models().iter().enumerate() {
        let pace = model.seconds().map_or_else(String::new, |s| format!(" {} a reply", seconds(s)));
        let text = format!("{}{} {}{pace}", if nth > 0 { " · " } else { "" }, model.role, model.name);
        if !line.cell(&text, Meaning::Text) {
            line.text("", Meaning::Muted);
            break;
        }
    }
    if board.usage.models().is_empty() {
        line.text("none asked yet", Meaning::Muted);
    }
}

/// A gauge of what has no measure: a piece that goes to and fro, a column a second.
fn sweep(line: &mut Line<'_, '_>, seen: &Seen<'_>) {
    const COLUMNS: u64 = 10;
    const PIECE: u64 = 3;
    let Some(since) = seen.board.works.since().filter(|_| line.left() > 60) else { return };
    let turn = COLUMNS - PIECE;
    let at = seen.now.saturating_sub(since).as_secs() % (2 * turn);
    let at = if at > turn { 2 * turn - at } else { at };
    for column in 0..COLUMNS {
        let inside = (at..at + PIECE).contains(&column);
        line.cell(if inside { "█" } else { "░" }, if inside { Meaning::Gauge } else { Meaning::GaugeRest });
    }
    line.skip(1);
}

/// What a key does, in full and in short.
struct Does {
    action: Action,
    full: String,
    short: &'static str,
}

/// What to press, and what comes of it: only what works now. Where the room is short, what is said longest is said short.
fn keys(line: &mut Line<'_, '_>, seen: &Seen<'_>) {
    const GAP: usize = 3;
    let mut hints: Vec<(String, String, &'static str)> =
        doings(seen).into_iter().map(|d| ((seen.hint)(d.action), d.full, d.short)).collect();
    hints.retain(|(key, ..)| !key.is_empty());
    let wide = |hints: &[(String, String, &str)]| {
        hints.iter().map(|(key, does, _)| width(key) + 1 + width(does) + GAP).sum::<usize>()
    };
    while wide(&hints) > line.left() + GAP {
        let gain = |hint: &&mut (String, String, &str)| width(&hint.1).saturating_sub(width(hint.2));
        let Some(longest) = hints.iter_mut().max_by_key(gain).filter(|hint| gain(hint) > 0) else { break };
        longest.1 = longest.2.to_owned();
    }
    for (key, does, _) in &hints {
        if line.left() < width(key) + 1 + width(does) {
            break;
        }
        line.bold(key, Meaning::Key).text(" ", Meaning::Text).text(does, Meaning::Muted);
        line.skip(GAP);
    }
}

fn doings(seen: &Seen<'_>) -> Vec<Does> {
    let board = seen.board;
    let does = |action, full: &str, short| Some(Does { action, full: full.to_owned(), short });
    let start = |full: &str| does(Action::RunStart, full, "goes on");
    let shown = seen.shown();
    let read = match shown.disagreements() {
        0 if shown.made() == 0 && seen.totals.is_none_or(|t| t.candidates.is_empty()) => None,
        0 => does(Action::GoReview, "reads the candidates", "reviews"),
        1 => does(Action::GoReview, "reads the disagreement", "reviews"),
        n => does(Action::GoReview, &format!("reads the {} disagreements", count(n)), "reviews"),
    };
    let drain = does(Action::RunDrain, "finishes what is in flight and ends", "drains");
    let stop = does(Action::RunStop, "stops now", "stops");
    let export = does(Action::GoExport, "exports", "exports").filter(|_| shown.made() > 0);
    let own = does(Action::GoWelcome, "leads to a project of your own", "own project");
    let all = match board.phase() {
        Phase::NotStarted | Phase::Done if seen.is_over => vec![read, export, own],
        Phase::NotStarted => vec![does(Action::RunStart, begin_word(seen), "begins"), read, export],
        Phase::Starting => vec![stop],
        Phase::Running => vec![does(Action::RunPause, "pauses", "pauses"), drain, stop, read],
        Phase::Paused => vec![start("goes on"), drain, stop, read],
        Phase::Draining => vec![stop, read],
        Phase::Stopping => vec![read],
        Phase::Done => vec![read, export, does(Action::RunStart, "begins a new run", "begins anew")],
        Phase::Stopped if matches!(board.why(), Some(Ended::Budget(_))) => {
            vec![read, export, start("goes on, once the budget is raised")]
        }
        Phase::Failed if board.run.is_none() => vec![does(Action::RunStart, "tries again", "tries again"), read],
        Phase::Stopped | Phase::Failed => vec![start("goes on with it"), read, export],
    };
    all.into_iter().flatten().collect()
}

fn begin_word(seen: &Seen<'_>) -> &'static str {
    use crate::store::record::RunState;
    match seen.runs.last().map(|run| run.state) {
        None => "begins the loop",
        Some(RunState::Done) => "begins a new run",
        Some(RunState::Running | RunState::Stopped) => "goes on with it",
    }
}

/// What would be here.
fn empty(seen: &Seen<'_>) -> String {
    let Some(run) = seen.runs.last() else {
        return "No run yet. A run makes questions from seeds, executes their code, lets solvers answer by chain of \
                thought, and compares the two answers; here stand its stages, how far it is, what it costs and what \
                fails."
            .to_owned();
    };
    says(run, true)
}

/// Where not even a border has room.
pub(super) fn in_one_line(paper: &mut Paper<'_>, area: Rect, seen: &Seen<'_>) {
    let board = seen.shown();
    let (glyph, meaning) = sign(board.phase());
    let mut line = paper.line(area, 0);
    line.bold(glyph, meaning).text(" ", meaning).bold(board.phase().as_str(), meaning);
    line.text(&format!(" {} of {}", count(board.made()), count(board.target())), Meaning::Text);
    let mut line = paper.line(area, 1);
    line.text(&board.headline().unwrap_or_else(|| board.saying()), Meaning::Text);
}
