//! Panes of what came of candidates: by strategy, by domain, over time.

use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::board::Phase;
use super::figures::{count, span};
use super::paper::{Line, Paper, share, stacked, width};
use super::screen::{Pane, Seen};
use super::tally::{Part, Tally, by, parts};
use crate::tui::theme::Meaning;

/// Columns that a bar needs.
const BAR: usize = 8;
/// Columns of the pane from which on numbers stand apart.
const ROOMY: usize = 72;
/// Columns of a number.
const NUMBER: usize = 7;
/// Rows that are listed of strategies, and of domains.
const LISTED: usize = 40;

/// A row of the results.
enum Row {
    Head(&'static str),
    Bar(String, Tally),
    More(usize),
}

/// Bars of the run at hand and of what is stored, by strategy and domain, in so many columns.
pub(super) fn results<'a>(seen: &'a Seen<'a>, columns: usize) -> Option<Pane<'a>> {
    let board = seen.shown();
    let mut rows = Vec::new();
    // Where a stored run is all there is, the rows of what is stored are its own.
    let is_all = seen.past().is_some_and(|past| past.is_all);
    if board.phase() != Phase::NotStarted && !is_all {
        rows.push(Row::Head(if seen.past().is_some() { "stored of this run" } else { "made in this sitting" }));
        let name = board.run.map_or_else(|| "this run".to_owned(), |run| format!("run {run}"));
        rows.push(Row::Bar(name, board.tally));
        if board.domains.len() > 1 {
            rows.extend(board.domains.iter().map(|(domain, tally)| Row::Bar(format!("  {domain}"), *tally)));
        }
    }
    let mut stored = 0;
    if let Some(totals) = seen.totals {
        // A run that was switched, or that goes on, as the store has it.
        if let Some(run) = board.run {
            let strategies = by(totals, |c| c.run_id == Some(run), |c| &c.strategy);
            if strategies.len() > 1 {
                rows.push(Row::Head("this run, by strategy"));
                rows.extend(strategies.into_iter().take(LISTED).map(|(name, tally)| Row::Bar(name, tally)));
            }
        }
        for (head, tallies) in [
            ("stored, by strategy", by(totals, |_| true, |c| &c.strategy)),
            ("stored, by domain", by(totals, |_| true, |c| &c.domain)),
        ] {
            if tallies.is_empty() {
                continue;
            }
            stored = tallies.values().map(Tally::total).fold(0, u64::saturating_add);
            rows.push(Row::Head(head));
            let more = tallies.len().saturating_sub(LISTED);
            rows.extend(tallies.into_iter().take(LISTED).map(|(name, tally)| Row::Bar(name, tally)));
            if more > 0 {
                rows.push(Row::More(more));
            }
        }
    }
    if rows.is_empty() {
        return None;
    }
    let mut all = Tally::default();
    let mut digits = 0;
    for row in &rows {
        if let Row::Bar(_, tally) = row {
            all += *tally;
            let longest = parts(tally).iter().map(|part| width(&count((part.of)(tally)))).max();
            digits = digits.max(longest.unwrap_or(0));
        }
    }
    let parts = parts(&all);
    let legend = legend(parts, columns);
    let needed = u16::try_from(rows.len() + legend.len()).unwrap_or(u16::MAX);
    let draw = move |paper: &mut Paper<'_>, area: Rect| {
        let all = usize::from(area.width);
        let widest = rows.iter().map(|row| if let Row::Bar(label, _) = row { width(label) } else { 0 }).max();
        // In a narrow column numbers stand as close as they can.
        let number = if all < ROOMY { (digits + 2).min(NUMBER) } else { NUMBER };
        // Names are read whole where that leaves a bar that can be read.
        let most = all.saturating_sub(1 + BAR + parts.len() * number).clamp(12, 30);
        let name = widest.unwrap_or(0).clamp(12, most);
        let bar = all.saturating_sub(name + 1 + parts.len() * number);
        for (at, words) in (0u16..).zip(&legend) {
            let mut line = paper.line(area, at);
            for part in words {
                line.cell(&format!("{} {} {}", part.fill, part.glyph, part.word), part.meaning);
                line.skip(2);
            }
        }
        let below = u16::try_from(legend.len()).unwrap_or(u16::MAX);
        for (at, row) in (below..).zip(&rows) {
            let mut line = paper.line(area, at);
            match row {
                Row::Head(head) => {
                    line.column(head, name + 1 + bar, Meaning::Title);
                    for part in parts {
                        line.right(part.glyph, number, part.meaning);
                    }
                }
                Row::More(more) => drop(line.text(&format!("and {more} more"), Meaning::Muted)),
                Row::Bar(label, tally) => {
                    line.column(if label.is_empty() { "(unknown)" } else { label }, name, Meaning::Text);
                    line.skip(1);
                    draw_bar(&mut line, tally, bar, parts);
                    for part in parts {
                        line.right(&count((part.of)(tally)), number, part.meaning);
                    }
                }
            }
        }
    };
    let title = if stored > 0 { format!("what came of {}", count(stored)) } else { "what came of them".to_owned() };
    let facts = if seen.totals.is_none() { "reading what is stored" } else { "" };
    Some(Pane { title, facts: facts.to_owned(), rows: needed, most: needed, draw: Box::new(draw) })
}

/// What fills the bars, what stands over the columns, and the word of both: as many to a line as have room.
fn legend(parts: &'static [Part], columns: usize) -> Vec<Vec<&'static Part>> {
    let mut lines: Vec<Vec<&Part>> = Vec::new();
    let mut left = 0;
    for part in parts {
        let wide = width(part.word) + 4;
        if let Some(line) = lines.last_mut().filter(|_| left > wide + 1) {
            left -= wide + 2;
            line.push(part);
        } else {
            left = columns.saturating_sub(wide);
            lines.push(vec![part]);
        }
    }
    // One alone on the last line would look forgotten.
    let each = parts.len().div_ceil(lines.len().max(1));
    let even: Vec<Vec<&Part>> = parts.chunks(each.max(1)).map(|line| line.iter().collect()).collect();
    let fits = |line: &Vec<&Part>| line.iter().map(|part| width(part.word) + 6).sum::<usize>() <= columns + 2;
    if even.iter().all(fits) { even } else { lines }
}

fn draw_bar(line: &mut Line<'_, '_>, tally: &Tally, columns: usize, parts: &[Part]) {
    let counts: Vec<u64> = parts.iter().map(|part| (part.of)(tally)).collect();
    let lengths = stacked(&counts, columns);
    for (part, length) in parts.iter().zip(&lengths) {
        line.write(&part.fill.repeat(*length), part.meaning, Modifier::empty());
    }
    line.skip(columns.saturating_sub(lengths.iter().sum()));
}

/// What came of candidates over the time of the run: a line a part, all to one scale.
pub(super) fn over_time<'a>(seen: &'a Seen<'a>) -> Option<Pane<'a>> {
    const LEVELS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
    /// Columns of glyph and word.
    const WORD: usize = 12;
    /// Rows that a part has at most.
    const TALL: u16 = 4;
    let board = seen.board;
    if board.phase() == Phase::NotStarted {
        return None;
    }
    let parts = parts(&board.tally);
    let count_of = u16::try_from(parts.len()).unwrap_or(u16::MAX);
    let draw = move |paper: &mut Paper<'_>, area: Rect| {
        let room = usize::from(area.width).saturating_sub(WORD + NUMBER);
        let (columns, seconds) = board.timeline.columns(board.until(seen.now), room);
        let highest = columns.iter().flat_map(|t| parts.iter().map(|p| (p.of)(t))).max().unwrap_or(0);
        let tall = (area.height.saturating_sub(1) / count_of).clamp(1, TALL);
        for (nth, part) in (0u16..).zip(parts) {
            for row in 0..tall {
                let mut line = paper.line(area, nth * tall + row);
                let foot = row + 1 == tall;
                let word = if foot { format!("{} {}", part.glyph, part.word) } else { String::new() };
                line.column(&word, WORD, part.meaning);
                line.skip(room.saturating_sub(columns.len()));
                let below = usize::from(tall - 1 - row) * LEVELS.len();
                for tally in &columns {
                    let height = share((part.of)(tally), highest, usize::from(tall) * LEVELS.len());
                    match height.saturating_sub(below).min(LEVELS.len()) {
                        0 => line.skip(1),
                        level => drop(line.cell(LEVELS[level - 1], part.meaning)),
                    }
                }
                if foot {
                    line.right(&count((part.of)(&board.tally)), NUMBER, part.meaning);
                }
            }
        }
        let mut line = paper.line(area, count_of * tall);
        line.skip(WORD);
        let each = span(std::time::Duration::from_secs(seconds));
        let scale = format!("a column is {each}, the highest {}", count(highest));
        line.skip(room.saturating_sub(width(&scale)));
        line.text(&scale, Meaning::Muted);
    };
    Some(Pane {
        title: "over time".to_owned(),
        facts: String::new(),
        rows: count_of + 1,
        most: count_of * TALL + 1,
        draw: Box::new(draw),
    })
}
