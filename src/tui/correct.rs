//! A correction that was written and not kept yet: what it changes, old and new, and the run of corrected code.

use std::sync::Arc;

use ratatui::style::Modifier;
use unicode_width::UnicodeWidthStr;

use super::text::{self, Span};
use super::theme::Meaning;
use crate::review::cleaned::{clean, clean_line};
use crate::review::correction::{Change, CodeRun, Draft, changes};
use crate::review::difference::{self, Piece};
use crate::store::record::CandidateView;
use crate::store::revision::Texts;

/// Lines around one that differs that are shown with it.
const AROUND: usize = 2;

/// Columns of the sheet that a correction is shown on, borders included, on a screen this wide.
pub fn columns(screen: u16) -> u16 {
    screen.saturating_sub(6).min(120)
}

/// The run of corrected code.
#[derive(Debug, Clone, Default)]
pub enum Run {
    /// Nobody has asked for it.
    #[default]
    NotAsked,
    /// It is under way.
    UnderWay,
    /// It came to this, or did not begin.
    Done(Box<Result<CodeRun, String>>),
}

/// A correction before the reviewer's last word.
#[derive(Debug, Clone)]
pub struct Correction {
    /// The candidate, as it was when it was corrected.
    pub view: Arc<CandidateView>,
    /// What was written.
    pub draft: Draft,
    /// The run of the corrected code.
    pub run: Run,
    /// Counts runs asked for, so that late answers are known.
    pub asked: u64,
    /// First row shown.
    pub top: usize,
}

impl Correction {
    /// A correction that was just written.
    pub fn new(view: Arc<CandidateView>, draft: Draft, asked: u64) -> Self {
        Self { view, draft, run: Run::NotAsked, asked, top: 0 }
    }

    /// The run, where it ended.
    pub fn done(&self) -> Option<&CodeRun> {
        match &self.run {
            Run::Done(run) => run.as_ref().as_ref().ok(),
            Run::NotAsked | Run::UnderWay => None,
        }
    }

    /// The texts that would be kept: those written, and where the answer was left as it was what the corrected code printed.
    pub fn texts(&self) -> Texts {
        let printed = self.done().and_then(|run| run.answer.clone().ok());
        let mut texts = self.draft.texts.clone();
        texts.reference =
            texts.reference.or(printed).filter(|answer| self.view.record.reference.as_ref() != Some(answer));
        texts
    }

    /// Whether there is corrected code that could be run.
    pub fn can_run(&self) -> bool {
        self.draft.texts.code.is_some() && !matches!(self.run, Run::UnderWay)
    }

    /// Nothing comes of the run that is under way: it can be asked for again.
    pub fn end_run(&mut self) {
        if matches!(self.run, Run::UnderWay) {
            self.run = Run::NotAsked;
        }
    }

    /// What is shown, row by row, none wider than `width`.
    pub fn rows(&self, width: usize) -> Vec<Row> {
        let mut rows = Vec::new();
        for change in changes(&self.view.texts(), &self.texts()) {
            if !rows.is_empty() {
                rows.push(Row::of(Look::Text, String::new()));
            }
            rows.push(Row::of(Look::Head, change.name.to_owned()));
            rows.extend(diff(&change, width));
        }
        let mut tell = |look, line: String| {
            rows.push(Row::of(Look::Text, String::new()));
            rows.extend(wrapped(&[piece(line)], width).into_iter().map(|pieces| Row { look, pieces }));
        };
        if let Some(reason) = &self.draft.reason {
            tell(Look::Text, format!("because: {}", clean_line(reason)));
        }
        if self.draft.texts.code.is_some() {
            let (look, line) = self.told_of_run();
            tell(look, line);
        }
        rows
    }

    fn told_of_run(&self) -> (Look, String) {
        let run = match &self.run {
            Run::NotAsked => return (Look::Note, "The corrected code was not run; r runs it, isolated.".to_owned()),
            Run::UnderWay => return (Look::Note, "running the corrected code …".to_owned()),
            Run::Done(run) => run.as_ref(),
        };
        match run {
            Err(why) => (Look::Bad, format!("The corrected code could not be run: {}", clean_line(why))),
            Ok(CodeRun { answer: Err(why), .. }) => (Look::Bad, format!("The corrected code: {}", clean_line(why))),
            Ok(CodeRun { answer: Ok(printed), execution }) => {
                let printed = clean_line(&text::cut(printed, 200));
                let word = match &self.draft.texts.reference {
                    None => "which is taken as the answer".to_owned(),
                    Some(answer) if *answer == printed => "as the answer says".to_owned(),
                    Some(answer) => format!("and the answer stays {}", clean_line(&text::cut(answer, 200))),
                };
                let isolation = clean_line(&execution.isolation);
                (Look::Note, format!("The corrected code printed {printed}, {word} (isolation {isolation})."))
            }
        }
    }
}

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A heading.
    Head,
    /// Of what stands.
    Before,
    /// Of what would stand.
    After,
    /// Words.
    Text,
    /// Words of the program's own.
    Note,
    /// Words about what failed.
    Bad,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is.
    pub look: Look,
    /// Its text, what differs marked.
    pub pieces: Vec<Piece>,
}

impl Row {
    fn of(look: Look, text: String) -> Self {
        Self { look, pieces: vec![piece(text)] }
    }

    /// Its pieces with what they mean.
    pub fn spans(&self) -> Vec<Span> {
        let (meaning, modifier) = match self.look {
            Look::Head => (Meaning::Title, Modifier::BOLD),
            Look::Before => (Meaning::Different, Modifier::empty()),
            Look::After => (Meaning::Equivalent, Modifier::empty()),
            Look::Text => (Meaning::Text, Modifier::empty()),
            Look::Note => (Meaning::Muted, Modifier::empty()),
            Look::Bad => (Meaning::Error, Modifier::empty()),
        };
        let is_diff = matches!(self.look, Look::Before | Look::After);
        let of = |(nth, piece): (usize, &Piece)| {
            // Of what stands and what would, the mark has the colour and so has what differs; the rest is to be read.
            let coloured = !is_diff || nth == 0 || piece.differs;
            let differs = if piece.differs { Modifier::BOLD | Modifier::UNDERLINED } else { Modifier::empty() };
            let meaning = if coloured { meaning } else { Meaning::Text };
            Span { text: piece.text.clone(), meaning, modifier: modifier | differs }
        };
        self.pieces.iter().enumerate().map(of).collect()
    }
}

fn piece(text: String) -> Piece {
    Piece { text, differs: false }
}

/// What stood and what would stand, unlike words marked, as differences of files are read: lines that are the same in both
/// stand once, and are left out but around those that are not.
fn diff(change: &Change, width: usize) -> Vec<Row> {
    let shown = |text: &str| clean(text).replace('\t', "    ");
    let (mut before, mut after) = (shown(&change.before), shown(&change.after));
    // The break at the end of both begins no line.
    if before.ends_with('\n') && after.ends_with('\n') {
        before.pop();
        after.pop();
    }
    let width = width.saturating_sub(2).max(1);
    let mut rows = Vec::new();
    if before.is_empty() || after.is_empty() {
        let (before, after) = difference::between(&before, &after);
        for (look, pieces) in [(Look::Before, before), (Look::After, after)] {
            let pieces = if pieces.is_empty() { vec![piece("(none)".to_owned())] } else { pieces };
            put(&mut rows, look, pieces, width);
        }
        return rows;
    }
    let stretches = difference::by_lines(&before, &after);
    for (nth, stretch) in stretches.iter().enumerate() {
        if stretch.differs {
            let (before, after) = difference::between(&stretch.left.join("\n"), &stretch.right.join("\n"));
            // Where nothing was taken away, or nothing came, there is no line to show.
            for (look, side, pieces) in [(Look::Before, &stretch.left, before), (Look::After, &stretch.right, after)] {
                if !side.is_empty() {
                    put(&mut rows, look, pieces, width);
                }
            }
        } else {
            let ends = (nth > 0, nth + 1 < stretches.len());
            for line in near(&stretch.left, ends) {
                rows.extend(marked(Look::Text, "  ", &[piece(line)], width));
            }
        }
    }
    rows
}

/// Lines of one side of a difference.
fn put(rows: &mut Vec<Row>, look: Look, pieces: Vec<Piece>, width: usize) {
    let mark = if look == Look::Before { "− " } else { "+ " };
    for line in lines(pieces) {
        rows.extend(marked(look, mark, &line, width));
    }
}

/// A line in rows of a width, the first of them marked.
fn marked(look: Look, mark: &'static str, line: &[Piece], width: usize) -> Vec<Row> {
    let mut mark = mark;
    let row = |mut pieces: Vec<Piece>| {
        pieces.insert(0, piece(std::mem::replace(&mut mark, "  ").to_owned()));
        Row { look, pieces }
    };
    wrapped(line, width).into_iter().map(row).collect()
}

/// Pieces line by line.
fn lines(pieces: Vec<Piece>) -> Vec<Vec<Piece>> {
    let mut lines = vec![Vec::new()];
    for Piece { text, differs } in pieces {
        for (nth, part) in text.split('\n').enumerate() {
            if nth > 0 {
                lines.push(Vec::new());
            }
            if let Some(line) = lines.last_mut().filter(|_| !part.is_empty()) {
                line.push(Piece { text: part.to_owned(), differs });
            }
        }
    }
    lines
}

/// Of lines that are the same in both those next to one that is not, which there may be before them and after them; an
/// ellipsis stands for the others.
fn near(same: &[String], (before, after): (bool, bool)) -> Vec<String> {
    let first = if before { AROUND } else { 0 };
    let last = if after { AROUND } else { 0 };
    if same.len() <= first + last + 1 {
        return same.to_vec();
    }
    let mut shown = same[..first].to_vec();
    shown.push("⋯".to_owned());
    shown.extend_from_slice(&same[same.len() - last..]);
    shown
}

/// A line in rows of a width; at least one.
fn wrapped(line: &[Piece], width: usize) -> Vec<Vec<Piece>> {
    let whole: String = line.iter().map(|piece| piece.text.as_str()).collect();
    if whole.width() <= width {
        return vec![line.to_vec()];
    }
    let mut rows = Vec::new();
    for row in text::breaks(&whole, width) {
        let (mut pieces, mut at) = (Vec::new(), 0);
        for piece in line {
            let (from, to) = (row.start.max(at), row.end.min(at + piece.text.len()));
            if from < to {
                pieces.push(Piece { text: piece.text[from - at..to - at].to_owned(), differs: piece.differs });
            }
            at += piece.text.len();
        }
        rows.push(pieces);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(rows: &[Row]) -> Vec<String> {
        let piece = |p: &Piece| if p.differs { format!("[{}]", p.text) } else { p.text.clone() };
        rows.iter().map(|row| row.pieces.iter().map(piece).collect()).collect()
    }

    fn change(before: &str, after: &str) -> Change {
        Change { name: "code", before: before.to_owned(), after: after.to_owned() }
    }

    #[test]
    fn what_differs_is_shown_with_the_lines_around_it() {
        let before = "a\nb\nc\nd\ne = 1\nf\ng\nh\ni\n";
        let rows = diff(&change(before, &before.replace("e = 1", "e = 2")), 40);
        let wanted = ["  ⋯", "  c", "  d", "− e = [1]", "+ e = [2]", "  f", "  g", "  ⋯"];
        assert_eq!(told(&rows), wanted);
        assert_eq!(told(&diff(&change("", "42"), 40)), ["− (none)", "+ [42]"]);
        // What stands between two changes stands once, and what only came or went has one side.
        let rows = diff(&change("a = 1\nb\nc = 2\nd\n", "a = 3\nb\nc = 4\n"), 40);
        let wanted = ["− a = [1]", "+ a = [3]", "  b", "− c = [2]", "− [d]", "+ c = [4]"];
        assert_eq!(told(&rows), wanted);
        assert_eq!(told(&diff(&change("a\nb", "a\n\nnew\nb"), 40)), ["  a", "+ ", "+ [new]", "  b"]);
    }

    #[test]
    fn rows_are_no_wider_than_they_may_be_and_lose_no_word() {
        let rows = diff(&change("one two three four", "one two 三三三 four"), 10);
        for row in &rows {
            let wide: usize = row.pieces.iter().map(|p| p.text.width()).sum();
            assert!(wide <= 10, "{row:?}");
        }
        let all = told(&rows).concat();
        assert!(["one", "two", "[three]", "four", "三三三"].iter().all(|word| all.contains(word)), "{all}");
    }

    #[test]
    fn hostile_text_is_cleaned() {
        let rows = diff(&change("1", "\u{1b}[2J2\u{202e}"), 60);
        assert!(told(&rows).iter().all(|row| !row.contains('\u{1b}') && !row.contains('\u{202e}')), "{rows:?}");
    }
}
