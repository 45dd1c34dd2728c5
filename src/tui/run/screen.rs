//! Where things stand on the run screen: the head on top, below it panes in bands of one, two or three columns.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::board::Phase;
use super::paper::{Paper, plain};
use super::watch::{self, Watching};
use super::{Board, Past, head, newest, panes, results};
use crate::failure::Stage;
use crate::store::Totals;
use crate::store::record::RunSummary;
use crate::tui::action::Action;
use crate::tui::theme::{Meaning, Theme};

/// What is to be seen.
pub struct Seen<'a> {
    /// The run at hand.
    pub board: &'a Board,
    /// What is stored; `None` while it is being read.
    pub totals: Option<&'a Totals>,
    /// The project's runs, oldest first.
    pub runs: &'a [RunSummary],
    /// Time since the program began.
    pub now: Duration,
    /// The project's name.
    pub project: &'a str,
    /// Colours.
    pub theme: &'a Theme,
    /// The keys of an action, as people read them; empty where it has none.
    pub hint: &'a dyn Fn(Action) -> String,
    /// Borders, gauges and columns of plain characters.
    pub ascii: bool,
    /// Who is watched, where somebody is.
    pub watch: Option<Watching>,
    /// The stage whose width keys change.
    pub stage: Option<Stage>,
    /// The run that is selected, where one is.
    pub chosen: Option<i64>,
    /// The stored run that was read last.
    pub past: Option<&'a Past>,
    /// Whether a candidate's verdict is kept from the reader.
    pub hides: Box<dyn Fn(i64) -> bool + 'a>,
    /// Rows of the panes that are scrolled away; more than there are is the most.
    pub scroll: u16,
    /// Whether no further run can begin here: the demo has one.
    pub is_over: bool,
}

impl<'a> Seen<'a> {
    /// The stored run to be shown: where nothing is under way, and another one is selected than that of this sitting, or
    /// there is none of this sitting.
    pub(super) fn past(&self) -> Option<&'a Past> {
        let board = self.board;
        let other = board.phase() == Phase::NotStarted || self.chosen.is_some_and(|run| board.run != Some(run));
        // Until the selected one is read, the one read last is another's.
        let is_it = |past: &&Past| self.chosen.is_none_or(|run| run == past.run);
        self.past.filter(is_it).filter(|_| other && !board.is_active())
    }

    /// The board that is shown: that of the run at hand, or of a stored one.
    pub(super) fn shown(&self) -> &'a Board {
        self.past().map_or(self.board, |past| &past.board)
    }
}

/// Draws what is inside a pane.
type Draw<'a> = Box<dyn Fn(&mut Paper<'_>, Rect) + 'a>;

/// A part of the screen with a border and a title.
pub(super) struct Pane<'a> {
    pub(super) title: String,
    pub(super) facts: String,
    /// Rows inside the border that it needs.
    pub(super) rows: u16,
    /// Rows that it can use.
    pub(super) most: u16,
    pub(super) draw: Draw<'a>,
}

/// Panes above each other.
type Column<'a> = Vec<Pane<'a>>;

/// Columns beside each other that begin and end together, with the width of the screen.
type Band<'a> = Vec<Column<'a>>;

/// Panes of the body.
fn bands<'a>(seen: &'a Seen<'a>, width: u16) -> Vec<Band<'a>> {
    if let Some(watching) = seen.watch {
        return vec![vec![vec![watch::watch(seen, watching)]]];
    }
    let each = match width {
        150.. => 3,
        100..150 => 2,
        _ => 1,
    };
    let [stages, failures, time, models, runs, newest] = [
        panes::stages(seen),
        panes::failures(seen, each),
        results::over_time(seen),
        panes::models(seen),
        panes::runs(seen),
        newest::newest(seen),
    ];
    // Columns that have nothing to show leave their width to the others.
    let first = stages.is_some() || time.is_some() || models.is_some();
    let there = if seen.past().is_some() {
        [true, newest.is_some(), failures.is_some()]
    } else {
        [first, true, failures.is_some()]
    };
    let beside = u16::try_from(there.iter().filter(|there| **there).count()).unwrap_or(1);
    let columns = if each == 3 { width / beside.max(1) } else { width };
    let results = results::results(seen, usize::from(columns.saturating_sub(4)));
    // Bars beside their numbers want width: of two columns neither has enough of it for them.
    let bands = match width {
        // Of a stored run there are no stages, and no time that they took.
        150.. if seen.past().is_some() => vec![vec![vec![results, models, runs], vec![newest], vec![failures]]],
        100..150 if seen.past().is_some() => {
            vec![vec![vec![models, runs, newest], vec![failures]], vec![vec![results]]]
        }
        _ if seen.past().is_some() => vec![vec![vec![results, failures, newest, models, runs]]],
        150.. => vec![vec![vec![stages, time, models], vec![results, runs], vec![failures]]],
        100..150 => vec![vec![vec![stages, models, runs], vec![time, failures]], vec![vec![results]]],
        _ => vec![vec![vec![stages, failures, results, time, models, runs]]],
    };
    let there = |column: Vec<Option<Pane<'a>>>| column.into_iter().flatten().collect::<Column<'a>>();
    let band = |band: Vec<Vec<Option<Pane<'a>>>>| {
        band.into_iter().map(there).filter(|column| !column.is_empty()).collect::<Band<'a>>()
    };
    bands.into_iter().map(band).filter(|band| !band.is_empty()).collect()
}

/// Rows that a column needs, with the border above each pane.
fn natural(column: &Column<'_>) -> u16 {
    column.iter().map(|pane| pane.rows.saturating_add(1)).fold(0, u16::saturating_add)
}

/// Rows that a column can use.
fn useful(column: &Column<'_>) -> u16 {
    column.iter().map(|pane| pane.most.saturating_add(1)).fold(0, u16::saturating_add)
}

/// The screen laid out on paper as tall as it needs.
struct Laid {
    buffer: Buffer,
    /// Rows of the head, without the border that it shares with the panes.
    head: u16,
    /// Whether there are panes.
    body: bool,
}

/// Most rows of the paper; more would be read by nobody.
const TALLEST: u16 = 400;

fn lay(area: Rect, seen: &Seen<'_>) -> Laid {
    let head = head::head(seen, area.width, area.height);
    let head_rows = (head.rows + 1).min(area.height);
    let bands = bands(seen, area.width);
    let room = area.height.saturating_sub(head_rows);
    let tallest = |band: &Band<'_>| band.iter().map(natural).max().unwrap_or(0);
    // The last border stands below all of them.
    let all = bands.iter().map(tallest).fold(1, u16::saturating_add).min(TALLEST);
    let body = room >= 3 && !bands.is_empty();
    let body_rows = if body { all.max(room) } else { 0 };

    let height = if body { head_rows + body_rows } else { area.height };
    let paper_area = Rect { x: 0, y: 0, width: area.width, height };
    let mut buffer = Buffer::empty(paper_area);
    let mut paper = Paper { buffer: &mut buffer, theme: seen.theme };
    let head_height = if body { head_rows + 1 } else { area.height };
    draw_pane(&mut paper, Rect { height: head_height, ..paper_area }, &head);
    if body {
        let mut y = head_rows;
        let mut spare = body_rows.saturating_sub(all);
        for (nth, band) in bands.iter().enumerate() {
            // What is to spare goes to those that can use it, what nobody can to the last one.
            let (needs, most) = (tallest(band), band.iter().map(useful).max().unwrap_or(0));
            let more = if nth + 1 == bands.len() { spare } else { spare.min(most.saturating_sub(needs)) };
            spare -= more;
            let end = (y + needs + more + 1).min(height);
            draw_band(&mut paper, Rect { y, height: end.saturating_sub(y), ..paper_area }, band);
            y = end.saturating_sub(1);
        }
    }
    Laid { buffer, head: head_rows, body }
}

/// Draws columns beside each other, all of them down to the end of the band.
fn draw_band(paper: &mut Paper<'_>, area: Rect, band: &Band<'_>) {
    let count = u16::try_from(band.len()).unwrap_or(1).max(1);
    for (i, column) in (0..count).zip(band) {
        let edge = |i: u16| u16::try_from(u32::from(area.width - 1) * u32::from(i) / u32::from(count)).unwrap_or(0);
        let (left, right) = (edge(i), edge(i + 1));
        let mut y = area.y;
        let mut spare = area.height.saturating_sub(natural(column) + 1);
        for (nth, pane) in column.iter().enumerate() {
            let last = nth + 1 == column.len();
            let more = spare.min(pane.most.saturating_sub(pane.rows));
            spare -= more;
            let end = if last { area.bottom() } else { (y + pane.rows + more + 2).min(area.bottom()) };
            draw_pane(paper, Rect { x: left, y, width: right - left + 1, height: end.saturating_sub(y) }, pane);
            y = end.saturating_sub(1);
        }
    }
}

fn draw_pane(paper: &mut Paper<'_>, area: Rect, pane: &Pane<'_>) {
    let inside = paper.frame(area);
    if inside.height > 0 && inside.width > 0 {
        (pane.draw)(paper, inside);
    }
    paper.title(area, &pane.title, &pane.facts);
}

impl Laid {
    /// Rows that do not fit into so many.
    fn hidden(&self, height: u16) -> u16 {
        if self.body { self.buffer.area.height.saturating_sub(height) } else { 0 }
    }
}

/// Rows that can be scrolled away.
pub fn most_scroll(area: Rect, seen: &Seen<'_>) -> u16 {
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 { 0 } else { lay(area, seen).hidden(area.height) }
}

/// Rows of what is watched that can be scrolled away.
pub fn most_back(area: Rect, seen: &Seen<'_>) -> usize {
    let head = head::head(seen, area.width, area.height).rows + 1;
    // Two borders, and a row of hints.
    let height = area.height.saturating_sub(head + 3);
    watch::most_back(seen, Rect { width: area.width.saturating_sub(4), height, ..area })
}

/// Columns and rows below which a border would take more room than what it holds.
const SMALLEST: (u16, u16) = (24, 5);

/// Draws the run screen.
pub fn draw(buffer: &mut Buffer, area: Rect, seen: &Seen<'_>) {
    let area = area.intersection(buffer.area);
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let mut paper = Paper { buffer, theme: seen.theme };
        for row in 0..area.height {
            paper.line(area, row).text(&" ".repeat(usize::from(area.width)), Meaning::Text);
        }
        head::in_one_line(&mut paper, area, seen);
        return;
    }
    let laid = lay(area, seen);
    let hidden = laid.hidden(area.height);
    let scroll = seen.scroll.min(hidden);
    for row in 0..area.height {
        let from = if row <= laid.head { row } else { row + scroll };
        for column in 0..area.width {
            if let (Some(there), Some(here)) =
                (buffer.cell_mut((area.x + column, area.y + row)), laid.buffer.cell((column, from)))
            {
                *there = here.clone();
            }
        }
    }
    if hidden > 0 {
        let mut paper = Paper { buffer, theme: seen.theme };
        if scroll > 0 {
            cut_here(&mut paper, Rect { y: area.y + laid.head, height: 1, ..area }, ["├", "┤"], "↑", scroll);
        }
        if scroll < hidden {
            cut_here(&mut paper, Rect { y: area.bottom() - 1, height: 1, ..area }, ["└", "┘"], "↓", hidden - scroll);
        }
    }
    if seen.ascii {
        plain(buffer, area);
    }
}

/// A border where the panes go on out of sight, with how much there is.
fn cut_here(paper: &mut Paper<'_>, row: Rect, ends: [&str; 2], arrow: &str, rows: u16) {
    let between = usize::from(row.width.saturating_sub(2));
    let says = format!(" {arrow} {rows} more ");
    let mut line = paper.line(row, 0);
    line.cell(ends[0], Meaning::Border);
    let lead = between.saturating_sub(says.chars().count() + 2);
    line.cell(&"─".repeat(lead), Meaning::Border);
    line.cell(&says, Meaning::Accent);
    line.cell(&"─".repeat(line.left().saturating_sub(1)), Meaning::Border);
    line.cell(ends[1], Meaning::Border);
}
