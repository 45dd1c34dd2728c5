//! Sheets of rows that lie over the screen: what is on them at the screen's size, and how far they can be scrolled. Update
//! stops scrolling there and the view draws from there, so that no key is ever spent on rows that are not.

use ratatui::layout::Rect;

use super::app::App;
use super::correct::Look;
use super::keymap::{HelpRow, help_rows};
use super::plain::what;
use super::review::Book;
use super::text::{self, Document, Laid, Span};
use super::theme::Meaning;
use super::{correct, layout};
use crate::logging::LogLine;
use crate::review::cleaned::clean_line;
use crate::review::correction::{Change, changed};
use crate::review::difference::{self, Piece};
use crate::store::record::Decision;
use crate::store::{Lineage, Step};

/// Columns of the sheet of help, where the screen has them.
pub const HELP: u16 = 112;
/// Columns of the sheet of decisions, where the screen has them.
pub const HISTORY: u16 = 100;

/// The rows and columns that sheets lie over.
fn body(app: &App) -> Rect {
    layout::parts(Rect { x: 0, y: 0, width: app.size.0, height: app.size.1 }).body
}

/// Columns inside a sheet of this width, borders and their blanks left out.
fn within(app: &App, width: u16) -> u16 {
    width.min(body(app).width).saturating_sub(4)
}

/// Rows inside the highest sheet.
fn highest(app: &App) -> usize {
    usize::from(body(app).height.saturating_sub(2))
}

/// Help, laid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Help {
    /// Its rows.
    pub rows: Vec<HelpRow>,
    /// How high each is.
    pub tall: Vec<u16>,
    /// Columns of the keys.
    pub keys: u16,
    /// Columns beside them.
    pub beside: u16,
}

impl Help {
    /// The help of the place under the sheet, narrowed to what is searched for.
    pub fn lay(app: &App, query: &str) -> Self {
        let rows = help_rows(&app.settings.keymap, app.place_below(), query);
        let wide = |row: &HelpRow| match row {
            HelpRow::Keys(keys, _) => text::width(keys),
            HelpRow::Sign(sign) => text::width(sign.glyph),
            HelpRow::Section(_) => 0,
        };
        let columns = within(app, HELP);
        let widest = rows.iter().map(wide).max().unwrap_or(0);
        let keys = u16::try_from(widest).unwrap_or(0).min(columns / 2);
        // Sentences are read whole: what a row has no room for goes on in the next.
        let beside = columns.saturating_sub(4 + keys);
        let high = |row: &HelpRow| u16::try_from(Document::raw(says(row)).lay(beside).len()).unwrap_or(u16::MAX).max(1);
        let tall = rows.iter().map(high).collect();
        Self { rows, tall, keys, beside }
    }

    /// Rows of the terminal that it takes.
    pub fn height(&self) -> u16 {
        self.tall.iter().fold(0, |sum: u16, rows| sum.saturating_add(*rows))
    }

    /// The last row that can be the first one shown.
    pub fn farthest(&self, app: &App) -> usize {
        let fits = |top: &usize| self.tall[*top..].iter().map(|rows| usize::from(*rows)).sum::<usize>() <= highest(app);
        (0..self.rows.len()).find(fits).unwrap_or(0)
    }
}

/// What stands beside a row's keys or sign.
pub fn says(row: &HelpRow) -> &str {
    match row {
        HelpRow::Section(_) => "",
        HelpRow::Keys(_, does) => does,
        HelpRow::Sign(sign) => sign.says,
    }
}

/// The log on its sheet.
#[derive(Debug, Clone, Default)]
pub struct Log {
    /// Its lines, oldest first.
    pub lines: Vec<LogLine>,
    /// How many lines had been written when these were the last; none until they are read.
    pub written: Option<u64>,
    /// Its rows.
    pub laid: Laid,
    /// Rows under the last one shown.
    pub back: usize,
}

impl Log {
    /// Columns of its sheet.
    pub fn columns(screen: u16) -> u16 {
        screen.saturating_sub(8).max(56)
    }

    /// Lays it for a screen of this size; what is read stays where it is.
    pub fn lay(&mut self, screen: (u16, u16)) {
        let width = Self::columns(screen.0).min(screen.0).saturating_sub(4);
        self.laid = Document::entries(self.lines.iter().map(one_line).collect()).lay(width);
    }

    /// Takes lines in, the last of those that were ever written. Who reads older ones goes on reading them.
    pub fn hear(&mut self, lines: Vec<LogLine>, written: u64, screen: (u16, u16)) {
        let before = self.written.unwrap_or(written);
        let new = usize::try_from(written.saturating_sub(before)).unwrap_or(usize::MAX).min(lines.len());
        self.written = Some(written);
        self.lines = lines;
        self.lay(screen);
        if self.back > 0 {
            // Rows under the reader's: those of the lines that came.
            let newest = self.lines[self.lines.len() - new..].iter().map(one_line).collect();
            self.back += Document::entries(newest).lay(self.laid.width()).len();
        }
    }

    /// The most rows that can lie under the last one shown, on a screen of so many rows.
    pub fn farthest(&self, screen: u16) -> usize {
        // Header, foot, borders, and a row of what lies below on either side.
        self.laid.len().saturating_sub(usize::from(screen.saturating_sub(6)))
    }
}

/// A line of the log: when and how bad before it, and all that it says.
fn one_line(line: &LogLine) -> (Vec<Span>, Vec<Span>) {
    let meaning = match line.level {
        tracing::Level::ERROR => Meaning::Error,
        tracing::Level::WARN => Meaning::Warning,
        _ => Meaning::Muted,
    };
    let lead = vec![
        Span::new(format!("{} ", line.at.strftime("%H:%M:%S")), Meaning::Muted),
        Span::new(format!("{:5} ", line.level), meaning),
    ];
    (lead, vec![Span::new(clean_line(&line.message), Meaning::Text)])
}

/// What a row of the lineage sheet leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relative<'a> {
    /// A seed, by its content id.
    Seed(&'a str),
    /// A candidate of the lineage, the one that it is about among them.
    Candidate(&'a Step),
}

/// What can be gone to from a lineage, in the order of its rows: seeds, ancestors, the candidate itself, children.
pub fn relatives(lineage: &Lineage) -> Vec<Relative<'_>> {
    // The seeds of an ancestor that is not in the store are not known.
    let seeds = lineage.seeds.iter().filter(|_| lineage.missing.is_none());
    seeds.map(|id| Relative::Seed(id)).chain(lineage.steps().map(Relative::Candidate)).collect()
}

/// Where the selection begins: at what the candidate was made of, else at what was made of it, so that enter leads somewhere.
pub fn first_relative(lineage: &Lineage) -> usize {
    let relatives = relatives(lineage);
    let this = relatives.iter().position(|relative| is_this(lineage, *relative)).unwrap_or(0);
    match (lineage.ancestors.is_empty(), this) {
        (false, _) => this - 1,
        (true, 0) => usize::from(!lineage.children.is_empty()),
        (true, _) => 0,
    }
}

/// Whether it is the candidate that the lineage is about.
pub fn is_this(lineage: &Lineage, relative: Relative<'_>) -> bool {
    matches!(relative, Relative::Candidate(step) if step.id == lineage.this.id)
}

/// The decisions on a candidate, laid; those of others left out while they are hidden.
pub fn history(app: &App, book: &Book) -> Laid {
    let hidden = app.is_hidden(book.view.id);
    let width = within(app, HISTORY);
    let came = book.view.came();
    let own = book.decisions.iter().enumerate().filter(|(_, d)| !hidden || d.body.reviewer == app.settings.reviewer);
    let entries = own.flat_map(|(at, decision)| {
        let changes = changed(&book.decisions, at, &came);
        let texts: Vec<_> = changes.iter().flat_map(|change| one_text(change, usize::from(width))).collect();
        std::iter::once(one_decision(decision)).chain(texts)
    });
    Document::entries(entries.collect()).lay(width)
}

/// The last row of the decisions that can be the first one shown.
pub fn history_farthest(app: &App, book: &Book) -> usize {
    let hidden = app.is_hidden(book.view.id);
    let rows = history(app, book).len();
    let shown = history_height(app, hidden, rows).saturating_sub(2 + u16::from(hidden));
    rows.saturating_sub(usize::from(shown))
}

/// Rows of the sheet of decisions, borders included. As many whatever is hidden: they would tell how many decisions there are.
pub fn history_height(app: &App, hidden: bool, rows: usize) -> u16 {
    let height = if hidden { 8 } else { u16::try_from(rows + 2).unwrap_or(u16::MAX) };
    height.clamp(3, body(app).height.max(3))
}

fn one_decision(decision: &Decision) -> (Vec<Span>, Vec<Span>) {
    let gone = decision.reversed_by.is_some();
    let meaning = if gone { Meaning::Muted } else { Meaning::Human };
    let at = decision.at.get(..16).unwrap_or(&decision.at).replace('T', " ");
    let who = text::cut(&clean_line(&decision.body.reviewer), 10);
    let gap = " ".repeat(10_usize.saturating_sub(text::width(&who)));
    let mut spans = vec![Span::new(clean_line(&what(decision)), meaning)];
    if let Some(note) = &decision.body.note {
        spans.push(Span::new(format!("  “{}”", clean_line(note)), Meaning::Text));
    }
    if decision.body.blind {
        spans.push(Span::new("  blind", Meaning::Muted));
    }
    if gone {
        spans.push(Span::new("  (taken back)", Meaning::Muted));
    }
    (vec![Span::new(format!("{at}  {who}{gap}  "), Meaning::Muted)], spans)
}

/// A text before and after it was corrected, in a row each, from where they differ.
fn one_text(change: &Change, width: usize) -> [(Vec<Span>, Vec<Span>); 2] {
    let (before, after) = difference::between(&clean_line(&change.before), &clean_line(&change.after));
    [(Look::Before, '−', before), (Look::After, '+', after)].map(|(look, mark, pieces)| {
        let name = Piece { text: format!("    {mark} {:9} ", change.name), differs: false };
        let room = width.saturating_sub(16);
        let pieces = std::iter::once(name).chain(difference::from_difference(pieces, room)).collect();
        (Vec::new(), correct::Row { look, pieces }.spans())
    })
}
