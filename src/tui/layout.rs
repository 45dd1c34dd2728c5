//! Where everything stands: pure arithmetic over the terminal's size and what is to be shown, for those who draw, those who
//! typeset and those who click.

use ratatui::layout::Rect;

use super::app::App;
use super::effect::Measure;
use super::review::{Book, Pane, Review};
use super::text;

/// The least that anything can be shown on.
pub const LEAST: (u16, u16) = (60, 16);

/// Columns from which list, code and chain of thought stand side by side.
const THREE: u16 = 150;
/// Columns from which the list stands beside one text.
const TWO: u16 = 100;
/// Rows of the chain of thought from which on it is worth a box under the code.
const BELOW: u16 = 4;

/// The three parts of every screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// One row: the project, the filter, the loop.
    pub header: Rect,
    /// The screen itself.
    pub body: Rect,
    /// One row: hints, a line being typed, what happened.
    pub footer: Rect,
}

/// Where the parts of a screen stand.
pub fn parts(area: Rect) -> Parts {
    let row = |y: u16, height: u16| Rect { x: area.x, y: area.y + y, width: area.width, height };
    let h = area.height;
    Parts {
        header: row(0, h.min(1)),
        body: row(1.min(h), h.saturating_sub(2)),
        footer: row(h.saturating_sub(1), h.min(1)),
    }
}

/// Where the parts of the review screen stand. Boxes include their borders and share them with their neighbours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// The panes that are shown.
    pub panes: Vec<(Pane, Rect)>,
    /// Panes that share one box and are reached by `tab`; empty where each has its own.
    pub tabs: Vec<Pane>,
    /// The box of the two answers.
    pub answers: Option<Rect>,
    /// Rows of it for the answers.
    pub answer_rows: u16,
}

impl Places {
    /// The box of a pane.
    pub fn of(&self, pane: Pane) -> Option<Rect> {
        self.panes.iter().find(|(p, _)| *p == pane).map(|(_, r)| *r)
    }

    /// The rows of text in a pane's box.
    pub fn rows(&self, pane: Pane) -> usize {
        self.of(pane).map_or(0, |r| usize::from(r.height.saturating_sub(2)))
    }

    /// The pane at a cell. Of boxes that share a border, the later one has it.
    pub fn at(&self, column: u16, row: u16) -> Option<Pane> {
        self.panes.iter().rev().find(|(_, r)| r.contains((column, row).into())).map(|(p, _)| *p)
    }
}

/// Inside a box: without its border and the blank column on each side.
pub fn inside(outer: Rect) -> Rect {
    Rect {
        x: outer.x.saturating_add(2),
        y: outer.y.saturating_add(1),
        width: outer.width.saturating_sub(4),
        height: outer.height.saturating_sub(2),
    }
}

fn columns(width: u16) -> u16 {
    if width >= THREE {
        3
    } else if width >= TWO {
        2
    } else {
        1
    }
}

fn list_width(width: u16) -> u16 {
    match columns(width) {
        // What is beyond the reading measure of two texts goes to the titles.
        3 => (30 + (width - THREE) * 9 / 20).min(60),
        2 => width.saturating_sub(83).clamp(30, 44),
        _ => width,
    }
}

/// Columns of text in each place, for a terminal of this width.
pub fn measure(app: &App) -> Measure {
    let width = app.size.0;
    let whole = width.saturating_sub(4);
    if app.review.zoom {
        return Measure { left: whole, right: whole };
    }
    match columns(width) {
        3 => {
            let (left, right) = halves(width);
            Measure { left: left.saturating_sub(4), right: right.saturating_sub(4) }
        }
        2 => {
            let reading = (width - list_width(width) + 1).saturating_sub(4);
            Measure { left: reading, right: reading }
        }
        _ => Measure { left: whole, right: whole },
    }
}

/// Widths of the two boxes beside the list; they share a border with it and with each other.
fn halves(width: u16) -> (u16, u16) {
    let rest = width - list_width(width) + 2;
    (rest / 2, rest - rest / 2)
}

/// Where the parts of the review screen stand.
pub fn review(app: &App) -> Places {
    let area = Rect { x: 0, y: 0, width: app.size.0, height: app.size.1 };
    places(parts(area).body, &app.review)
}

/// The same within `body`.
pub fn places(body: Rect, review: &Review) -> Places {
    if body.width < LEAST.0 || body.height + 2 < LEAST.1 {
        return Places::default();
    }
    let n = if review.zoom { 1 } else { columns(body.width) };
    let beside = if n == 1 { 0 } else { list_width(body.width) - 1 };
    let reading = Rect { x: body.x + beside, width: body.width - beside, ..body };
    let (answer_rows, answers_height) = answers(body, reading.width, review);
    let answers = Rect { y: body.bottom().saturating_sub(answers_height), height: answers_height, ..reading };
    // The texts share the border above the answers.
    let texts = Rect { height: (body.height - answers_height + 1).min(body.height), ..reading };
    let mut panes = Vec::with_capacity(5);
    let mut tabs = Vec::new();
    if n > 1 {
        panes.push((Pane::List, Rect { width: beside + 1, ..body }));
    }
    match n {
        3 => {
            let (left, right) = halves(body.width);
            stack(&mut panes, Rect { width: left, ..texts }, review);
            panes.push((Pane::Cot, Rect { x: texts.x + left - 1, width: right, ..texts }));
        }
        2 => {
            let left = below(texts, review);
            // Read, it has all the room unless the rows that the code leaves are enough for it.
            let whole = left.is_some_and(|rows| wanted(Pane::Cot, review) <= rows);
            match left {
                Some(rows) if whole || review.reading.0 != Pane::Cot => {
                    let upper = Rect { height: texts.height - rows - 1, ..texts };
                    stack(&mut panes, upper, review);
                    panes.push((Pane::Cot, Rect { y: upper.bottom() - 1, height: rows + 2, ..texts }));
                }
                _ if review.reading.0 == Pane::Cot => panes.push((Pane::Cot, texts)),
                _ => stack(&mut panes, texts, review),
            }
            if !whole {
                tabs = vec![Pane::Question, Pane::Cot];
            }
        }
        _ if review.pane == Pane::List && !review.zoom => {
            // What the answers are about is read beside them: the question stands under the list. As high for every
            // question, so that the list does not jump.
            let rows = (texts.height.saturating_sub(2) / 4).clamp(1, 8);
            let list = Rect { height: texts.height - rows - 1, ..texts };
            panes.push((Pane::List, list));
            panes.push((Pane::Question, Rect { y: list.bottom() - 1, height: rows + 2, ..texts }));
            tabs = available(review);
        }
        _ => {
            panes.push((review.pane, texts));
            tabs = available(review);
        }
    }
    Places { panes, tabs, answers: Some(answers), answer_rows }
}

/// Panes that have something to show.
pub fn available(review: &Review) -> Vec<Pane> {
    let code = review.book().is_none_or(Book::has_code);
    Pane::ALL.into_iter().filter(|p| code || !matches!(p, Pane::Code | Pane::Output)).collect()
}

/// Rows that a text takes.
fn wanted(pane: Pane, review: &Review) -> u16 {
    review.laid(pane).map_or(1, |laid| u16::try_from(laid.len()).unwrap_or(u16::MAX)).max(1)
}

/// Rows that question, code and output leave for the chain of thought under them, where those are worth a box.
fn below(area: Rect, review: &Review) -> Option<u16> {
    let above: &[Pane] = match review.book()? {
        book if book.response().is_none() => return None,
        book if book.has_code() => &[Pane::Question, Pane::Code, Pane::Output],
        _ => &[Pane::Question],
    };
    // Borders are shared: one above each box, and the last one.
    let taken = above.iter().map(|pane| wanted(*pane, review).saturating_add(1)).fold(2, u16::saturating_add);
    area.height.checked_sub(taken).filter(|rows| *rows >= BELOW)
}

/// Question, code and output above each other; one of them where there is no room for three.
fn stack(panes: &mut Vec<(Pane, Rect)>, area: Rect, review: &Review) {
    if !review.book().is_some_and(Book::has_code) {
        panes.push((Pane::Question, area));
        return;
    }
    let rows = |pane| wanted(pane, review);
    let all = [Pane::Question, Pane::Code, Pane::Output].map(rows).iter().fold(4, |sum, n| n.saturating_add(sum));
    if area.height < 12.min(all) {
        let pane = if matches!(review.reading.0, Pane::Cot | Pane::List) { Pane::Question } else { review.reading.0 };
        panes.push((pane, area));
        return;
    }
    // Rows of text: borders are shared, so three boxes have four of them. What is left over goes to the end, so that
    // output stands right under its code.
    let room = area.height - 4;
    let code_wants = rows(Pane::Code);
    let output_wants = rows(Pane::Output).min((room / 4).max(1));
    let question = rows(Pane::Question).min((room / 3).max(room.saturating_sub(output_wants + code_wants)).max(1));
    let code = code_wants.min(room - question - output_wants);
    let output = room - question - code;
    let mut y = area.y;
    for (pane, height) in [(Pane::Question, question), (Pane::Code, code), (Pane::Output, output)] {
        panes.push((pane, Rect { y, height: height + 2, ..area }));
        y += height + 1;
    }
}

/// Rows for the two answers, and rows for their box.
fn answers(body: Rect, width: u16, review: &Review) -> (u16, u16) {
    let half = usize::from((width / 2).saturating_sub(4)).max(1);
    let most = if review.diff { body.height / 3 } else { (body.height / 8).max(1) };
    let wanted = review.book().map_or(1, |book| {
        let rows = |answer: Option<&str>| {
            let answer = text::answer(answer.unwrap_or_default());
            // What is too long for the box in any case need not be broken.
            let least = text::width(&answer).div_ceil(half);
            if least > usize::from(most) { least } else { text::breaks(&answer, half).len() }
        };
        let cot = book.response().and_then(|r| r.record.answer.as_deref());
        rows(book.view.record.reference.as_deref()).max(rows(cot)).max(1)
    });
    let rows = u16::try_from(wanted).unwrap_or(u16::MAX).min(most).max(1);
    // In full, the answer that was corrected stands there, too.
    let first = review.diff && review.book().is_some_and(|book| book.view.about().is_some());
    (rows, rows + evidence_rows(body.height, review.diff) + u16::from(first) + 2)
}

/// Rows for the verdict's evidence.
pub fn evidence_rows(height: u16, diff: bool) -> u16 {
    let plain = match height {
        0..=17 => 1,
        18..=27 => 2,
        _ => 3,
    };
    if diff { plain.max(2) + 2 } else { plain }
}
