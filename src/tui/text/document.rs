//! A document of logical lines, and its rows at a width.

use std::ops::Range;

use ratatui::style::Modifier;
use ratatui::text::Line as DrawnLine;

use super::{code, json, markdown, wrap};
use crate::review::cleaned::clean;
use crate::tui::theme::{Meaning, Theme};

/// A piece of text of one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The text; without line ends.
    pub text: String,
    /// What it means.
    pub meaning: Meaning,
    /// Bold, italic, underlined, struck out.
    pub modifier: Modifier,
}

impl Span {
    /// A span without any emphasis.
    pub fn new(text: impl Into<String>, meaning: Meaning) -> Self {
        Self { text: text.into(), meaning, modifier: Modifier::empty() }
    }
}

/// A logical line, before it is wrapped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// What stands before its first row: a bullet, a number, a bar.
    pub(super) lead: Vec<Span>,
    /// What stands before its further rows, of the same width.
    pub(super) hang: Vec<Span>,
    /// The text.
    pub(super) spans: Vec<Span>,
    /// It keeps all of its blanks, and is cut beside a word rather than within one.
    pub(super) hard: bool,
    /// The same over several rows, where there is room for the widest of them.
    pub(super) block: Vec<Span>,
}

impl Line {
    /// A line of program text or output.
    pub(super) fn hard(spans: Vec<Span>) -> Self {
        Self { spans, hard: true, ..Self::default() }
    }
}

/// Text that was read, before it is wrapped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document(pub(super) Vec<Line>);

impl Document {
    /// What a model or a person wrote: Markdown and LaTeX, typeset for reading.
    pub fn prose(text: &str) -> Self {
        Self(markdown::read(&clean(text)))
    }

    /// The same as it came.
    pub fn raw(text: &str) -> Self {
        let lines = plain_lines(text);
        Self(lines.map(|line| Line { spans: vec![Span::new(line, Meaning::Text)], ..Line::default() }).collect())
    }

    /// Python, highlighted and numbered.
    pub fn code(text: &str) -> Self {
        Self(code::numbered(&clean(text)))
    }

    /// What a program printed.
    pub fn plain(text: &str) -> Self {
        Self(plain_lines(text).map(|line| Line::hard(vec![Span::new(line, Meaning::Text)])).collect())
    }

    /// JSON, indented; several values follow each other with a blank line between.
    pub fn json(values: &[serde_json::Value]) -> Self {
        let each: Vec<Vec<Line>> = values.iter().map(json::indented).collect();
        Self(each.join(&Line::default()))
    }

    /// Entries of a list: what stands before the first row of each, and its text, which goes on under itself.
    pub fn entries(entries: Vec<(Vec<Span>, Vec<Span>)>) -> Self {
        let line = |(lead, spans): (Vec<Span>, Vec<Span>)| {
            let blanks = " ".repeat(lead.iter().map(|span| super::width(&span.text)).sum());
            Line { hang: vec![Span::new(blanks, Meaning::Text)], lead, spans, ..Line::default() }
        };
        Self(entries.into_iter().map(line).collect())
    }

    /// Its rows at a width.
    pub fn lay(&self, width: u16) -> Laid {
        let mut rows = Vec::with_capacity(self.0.len());
        for line in &self.0 {
            wrap::wrap(line, width, &mut rows);
        }
        Laid { rows, width }
    }
}

fn plain_lines(text: &str) -> impl Iterator<Item = String> {
    let text = clean(text);
    let lines: Vec<String> = text.lines().map(detabbed).collect();
    lines.into_iter()
}

/// Tabs as blanks to the next column of four.
pub(super) fn detabbed(line: &str) -> String {
    if !line.contains('\t') {
        return line.to_owned();
    }
    let mut out = String::with_capacity(line.len() + 8);
    let mut column = 0;
    for part in line.split_inclusive('\t') {
        let text = part.trim_end_matches('\t');
        out.push_str(text);
        column += super::width(text);
        if part.ends_with('\t') {
            let blanks = 4 - column % 4;
            out.extend(std::iter::repeat_n(' ', blanks));
            column += blanks;
        }
    }
    out
}

/// What lies between a row and the one above it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Joint {
    /// The end of a line.
    #[default]
    Line,
    /// A blank, where a line was wrapped.
    Blank,
    /// Nothing: a word was cut.
    Close,
}

/// A row, as it is drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// Its pieces.
    pub spans: Vec<Span>,
    /// Columns they take.
    pub width: u16,
    /// Pieces at its beginning that are no text: a bullet, a number, a bar.
    pub lead: usize,
    /// What lies between it and the row above.
    pub joint: Joint,
}

impl Row {
    /// The row in a theme's colours.
    pub fn line(&self, theme: &Theme) -> DrawnLine<'_> {
        let drawn = |span: &'_ Span| theme.style(span.meaning).add_modifier(span.modifier);
        self.spans.iter().map(|s| ratatui::text::Span::styled(s.text.as_str(), drawn(s))).collect()
    }
}

/// A document's rows at a width.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Laid {
    rows: Vec<Row>,
    width: u16,
}

impl Laid {
    /// Rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Some of the rows; what lies beyond the end is left out.
    pub fn rows(&self, range: Range<usize>) -> &[Row] {
        let end = range.end.min(self.rows.len());
        &self.rows[range.start.min(end)..end]
    }

    /// The width that they were made for.
    pub fn width(&self) -> u16 {
        self.width
    }
}
