//! interim
use super::theme::{Meaning, Theme};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;
#[derive(Debug, Clone)]
pub struct Span {
    pub text: String,
    pub meaning: Meaning,
}
#[derive(Debug, Clone)]
pub struct Row {
    pub spans: Vec<Span>,
    pub width: u16,
}
impl Row {
    pub fn line(&self, theme: &Theme) -> ratatui::text::Line<'_> {
        ratatui::text::Line::from(
            self.spans
                .iter()
                .map(|s| ratatui::text::Span::styled(s.text.as_str(), theme.style(s.meaning)))
                .collect::<Vec<_>>(),
        )
    }
}
pub struct Document(Vec<String>);
impl Document {
    pub fn prose(t: &str) -> Self {
        Self::plain(t)
    }
    pub fn raw(t: &str) -> Self {
        Self::plain(t)
    }
    pub fn code(t: &str) -> Self {
        Self::plain(t)
    }
    pub fn plain(t: &str) -> Self {
        Self(crate::review::cleaned::clean(t).replace('\t', "    ").lines().map(str::to_owned).collect())
    }
    pub fn lay(&self, width: u16) -> Laid {
        let mut rows = Vec::new();
        for l in &self.0 {
            let mut row = String::new();
            let mut w = 0;
            for g in l.graphemes(true) {
                let n = g.width();
                if w + n > usize::from(width) {
                    rows.push(std::mem::take(&mut row));
                    w = 0;
                }
                row.push_str(g);
                w += n;
            }
            rows.push(row);
        }
        Laid {
            rows: rows
                .into_iter()
                .map(|t| Row { width: 0, spans: vec![Span { text: t, meaning: Meaning::Text }] })
                .collect(),
        }
    }
}
#[derive(Debug, Clone)]
pub struct Laid {
    rows: Vec<Row>,
}
impl Laid {
    pub fn len(&self) -> usize {
        self.rows.len()
    }
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
    pub fn rows(&self, r: std::ops::Range<usize>) -> &[Row] {
        &self.rows[r]
    }
}
#[derive(Debug, Clone)]
pub struct Piece {
    pub text: String,
    pub differs: bool,
}
pub fn answer(t: &str) -> String {
    crate::review::cleaned::clean_line(t)
}
pub fn differing(a: &str, b: &str) -> (Vec<Piece>, Vec<Piece>) {
    (vec![Piece { text: a.to_owned(), differs: true }], vec![Piece { text: b.to_owned(), differs: true }])
}
pub fn warm() {}
pub fn cut(t: &str, width: usize) -> String {
    if self::width(t) <= width {
        return t.to_owned();
    }
    let mut out = String::new();
    let mut w = 0;
    for g in t.graphemes(true) {
        if w + g.width() + 1 > width {
            break;
        }
        w += g.width();
        out.push_str(g);
    }
    out.push('…');
    out
}
pub fn width(t: &str) -> usize {
    t.width()
}
