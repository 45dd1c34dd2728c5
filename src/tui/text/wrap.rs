//! Wrapping a line into rows: between words, between wide characters, and anywhere where there is no other way.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::document::{Joint, Line, Row, Span};

/// A grapheme, and the span it is of.
struct Cell<'a> {
    span: usize,
    text: &'a str,
    width: usize,
}

impl Cell<'_> {
    fn is_blank(&self) -> bool {
        self.text == " "
    }

    /// Whether it belongs to a name or a number, as programs write them.
    fn is_of_word(&self) -> bool {
        self.text.chars().next().is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
    }

    /// Whether a row may end behind it.
    fn breaks_behind(&self) -> bool {
        self.is_blank() || self.width > 1 || matches!(self.text, "-" | "–" | "—" | "/" | "·" | "、" | "。" | ",")
    }
}

/// Appends the line's rows.
pub(super) fn wrap(line: &Line, width: u16, rows: &mut Vec<Row>) {
    let width = usize::from(width).max(1);
    let lead = columns(&line.lead);
    // Where the lead leaves no room to read in, it goes.
    let (lead_spans, hang_spans, indent) =
        if lead + 4 > width { (&[][..], &[][..], 0) } else { (&line.lead[..], &line.hang[..], lead) };
    let room = width - indent;
    if !line.block.is_empty() && line.block.iter().all(|row| super::width(&row.text) <= room) {
        let leads = std::iter::once(lead_spans).chain(std::iter::repeat(hang_spans));
        rows.extend(line.block.iter().zip(leads).map(|(span, lead)| row(lead, vec![span.clone()], Joint::Line)));
        return;
    }

    let short = line.spans.iter().map(|s| s.text.len()).sum::<usize>() <= room;
    if short && line.spans.iter().all(|s| s.text.is_ascii()) {
        rows.push(row(lead_spans, line.spans.clone(), Joint::Line));
        return;
    }
    let cells: Vec<Cell<'_>> = line
        .spans
        .iter()
        .enumerate()
        .flat_map(|(span, s)| s.text.graphemes(true).map(move |text| Cell { span, text, width: text.width() }))
        .collect();
    let mut from = 0;
    let mut joint = Joint::Line;
    loop {
        let (end, next) = take(&cells, from, room, line.hard);
        let before = if joint == Joint::Line { lead_spans } else { hang_spans };
        rows.push(row(before, spans(&line.spans, &cells[from..end]), joint));
        joint = if next > end { Joint::Blank } else { Joint::Close };
        from = next;
        if from >= cells.len() {
            return;
        }
    }
}

/// Where a text is broken into rows of at most so many columns, as bytes of it: between words where there is a way; blanks
/// at a break are in neither row.
pub fn breaks(text: &str, width: usize) -> Vec<Range<usize>> {
    let cells: Vec<Cell<'_>> = text.graphemes(true).map(|text| Cell { span: 0, text, width: text.width() }).collect();
    let mut starts = Vec::with_capacity(cells.len() + 1);
    let mut at = 0;
    for cell in &cells {
        starts.push(at);
        at += cell.text.len();
    }
    starts.push(at);
    let (mut rows, mut from) = (Vec::new(), 0);
    while from < cells.len() {
        let (end, next) = take(&cells, from, width.max(1), false);
        rows.push(starts[from]..starts[end]);
        from = next;
    }
    rows
}

/// Where the row from `from` ends, and where the next one begins: blanks at a break are in neither.
fn take(cells: &[Cell<'_>], from: usize, room: usize, hard: bool) -> (usize, usize) {
    let mut used = 0;
    let mut end = from;
    while end < cells.len() && used + cells[end].width <= room {
        used += cells[end].width;
        end += 1;
    }
    if end >= cells.len() {
        return (end, end);
    }
    // A character wider than the row stands alone, and is cut by whoever draws it.
    let end = end.max(from + 1);
    if end == cells.len() {
        return (end, end);
    }
    if hard {
        // Half of the row is left empty at most: a word that is longer is cut.
        let is_whole = |at: &usize| !(cells[at - 1].is_of_word() && cells[*at].is_of_word());
        let at = (from + (end - from).div_ceil(2)..=end).rev().find(is_whole).unwrap_or(end);
        return (at, at);
    }
    let mut at = end;
    if !cells[end].is_blank() && cells[end].width < 2 {
        at = (from + 1..=end).rev().find(|at| cells[at - 1].breaks_behind()).unwrap_or(end);
    }
    let next = (at..cells.len()).find(|i| !cells[*i].is_blank()).unwrap_or(cells.len());
    let text_end = (from + 1..=at).rev().find(|i| !cells[i - 1].is_blank()).unwrap_or(at);
    (text_end, next.max(from + 1))
}

/// The cells as spans again.
fn spans(of: &[Span], cells: &[Cell<'_>]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut last = usize::MAX;
    for cell in cells {
        if cell.span == last
            && let Some(span) = spans.last_mut()
        {
            span.text.push_str(cell.text);
            continue;
        }
        last = cell.span;
        spans.push(Span { text: cell.text.to_owned(), ..of[cell.span].without_text() });
    }
    spans
}

impl Span {
    fn without_text(&self) -> Self {
        Self { text: String::new(), meaning: self.meaning, modifier: self.modifier }
    }
}

fn columns(spans: &[Span]) -> usize {
    spans.iter().map(|s| super::width(&s.text)).sum()
}

fn row(before: &[Span], spans: Vec<Span>, joint: Joint) -> Row {
    let mut all = before.to_vec();
    all.extend(spans);
    Row { width: u16::try_from(columns(&all)).unwrap_or(u16::MAX), spans: all, lead: before.len(), joint }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Document;
    use super::*;
    use crate::tui::theme::Meaning;

    fn texts(document: &Document, width: u16) -> Vec<String> {
        let laid = document.lay(width);
        laid.rows(0..laid.len()).iter().map(|r| r.spans.iter().map(|s| s.text.as_str()).collect()).collect()
    }

    #[test]
    fn words_stay_whole_where_they_fit() {
        assert_eq!(texts(&Document::raw("the quick brown fox"), 10), ["the quick", "brown fox"]);
        assert_eq!(texts(&Document::raw("abcdefghijkl"), 5), ["abcde", "fghij", "kl"]);
        assert_eq!(texts(&Document::raw("中文字很長"), 4), ["中文", "字很", "長"]);
        assert_eq!(texts(&Document::plain("a  b   c"), 4), ["a  b", "   c"]);
        assert_eq!(texts(&Document::plain("total += value"), 11), ["total += ", "value"]);
        assert_eq!(texts(&Document::plain("print(f(x))"), 7), ["print(f", "(x))"]);
        assert_eq!(texts(&Document::plain("abcdefgh = 1"), 5), ["abcde", "fgh =", " 1"]);
        assert_eq!(texts(&Document::code("total += value"), 14), ["1  total += ", "↳  value"]);
        assert_eq!(texts(&Document::raw(""), 4), Vec::<String>::new());
        assert_eq!(texts(&Document::raw("a\n\nb"), 4), ["a", "", "b"]);
        assert_eq!(texts(&Document::raw("中"), 1), ["中"]);
    }

    #[test]
    fn answers_are_broken_between_words() {
        let rows = |text: &'static str, width| breaks(text, width).into_iter().map(|r| &text[r]).collect::<Vec<_>>();
        assert_eq!(rows("no real solutions exist", 10), ["no real", "solutions", "exist"]);
        assert_eq!(rows("[10, 200, 3000]", 8), ["[10,", "200,", "3000]"]);
        assert_eq!(rows("123456789", 4), ["1234", "5678", "9"]);
        assert_eq!(rows("中文字", 4), ["中文", "字"]);
        assert_eq!(rows("", 4), Vec::<&str>::new());
    }

    #[test]
    fn further_rows_hang_under_the_first() {
        let line = Line {
            lead: vec![Span::new("• ", Meaning::Accent)],
            hang: vec![Span::new("  ", Meaning::Text)],
            spans: vec![Span::new("one two three", Meaning::Text)],
            ..Line::default()
        };
        let document = Document(vec![line]);
        assert_eq!(texts(&document, 9), ["• one two", "  three"]);
        assert_eq!(texts(&document, 3)[0], "one", "no room for the bullet");
    }

    proptest! {
        #[test]
        fn rows_fit_and_lose_nothing_but_blanks(text in "(\\PC|中|e\u{301}|👩‍🔬| |\n){0,120}", width in 2u16..40) {
            for document in [Document::raw(&text), Document::plain(&text), Document::prose(&text), Document::code(&text)] {
                let laid = document.lay(width);
                for row in laid.rows(0..laid.len()) {
                    let joined: String = row.spans.iter().map(|s| s.text.as_str()).collect();
                    // A single character may be wider than the row; it is cut where it is drawn.
                    prop_assert!(row.width <= width || joined.graphemes(true).count() == 1, "{row:?}");
                    // What a row says of its width is what it takes when it is drawn.
                    prop_assert!(super::super::width(&joined) <= usize::from(row.width));
                }
            }
            let kept = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            let rows = texts(&Document::raw(&text), width).concat();
            prop_assert_eq!(kept(&rows), kept(&crate::review::cleaned::clean(&text)));
        }
    }
}
