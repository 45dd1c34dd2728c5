//! Small tables of text: columns aligned by what a terminal shows, not by bytes or characters.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::review::cleaned::clean_line;

/// Space between columns.
const GAP: usize = 2;
/// A text column is not made narrower than this.
const NARROWEST: usize = 8;

/// How a column's cells stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text. Such columns shrink where the room is short.
    Left,
    /// Numbers. Such columns keep their width.
    Right,
}

/// A table of text. Cells are cleaned of everything that could drive a terminal.
#[derive(Debug, Clone)]
pub struct Table {
    heads: Vec<Vec<String>>,
    aligns: Vec<Align>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns; a `\n` in a head breaks it into lines.
    pub fn new(columns: &[(&str, Align)]) -> Self {
        Self {
            heads: columns.iter().map(|(head, _)| head.split('\n').map(clean_line).collect()).collect(),
            aligns: columns.iter().map(|(_, align)| *align).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row. Missing cells are empty; cells beyond the last column are left out.
    pub fn row<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) {
        let mut row: Vec<String> =
            cells.into_iter().take(self.aligns.len()).map(|cell| clean_line(cell.as_ref())).collect();
        row.resize(self.aligns.len(), String::new());
        self.rows.push(row);
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as lines, each ended by `\n`, no wider than `width` columns as far as text columns can give way.
    pub fn render(&self, width: usize) -> String {
        let widths = self.widths(width);
        let depth = self.heads.iter().map(Vec::len).max().unwrap_or(0);
        let mut out = String::new();
        for line in 0..depth {
            // Short heads stand at the bottom, next to their cells.
            let cells = self.heads.iter().map(|head| (line + head.len()).checked_sub(depth).map_or("", |at| &head[at]));
            self.line(cells, &widths, &mut out);
        }
        for row in &self.rows {
            self.line(row.iter().map(String::as_str), &widths, &mut out);
        }
        out
    }

    /// Widths of the columns: as wide as their widest cell, then the widest text columns shrunk to fit.
    fn widths(&self, room: usize) -> Vec<usize> {
        let mut widths: Vec<usize> = (0..self.aligns.len())
            .map(|i| {
                let cells = self.rows.iter().map(|row| row[i].width());
                self.heads[i].iter().map(|head| head.width()).chain(cells).max().unwrap_or(0)
            })
            .collect();
        let gaps = GAP * widths.len().saturating_sub(1);
        loop {
            let over = (widths.iter().sum::<usize>() + gaps).saturating_sub(room);
            let widest = (0..widths.len())
                .filter(|i| self.aligns[*i] == Align::Left && widths[*i] > NARROWEST)
                .max_by_key(|i| widths[*i]);
            match widest {
                Some(i) if over > 0 => widths[i] -= 1,
                _ => return widths,
            }
        }
    }

    fn line<'a>(&self, cells: impl Iterator<Item = &'a str>, widths: &[usize], out: &mut String) {
        let start = out.len();
        for (i, cell) in cells.enumerate() {
            let cell = shortened(cell, widths[i]);
            let pad = " ".repeat(widths[i].saturating_sub(cell.width()));
            let gap = if i == 0 { "" } else { "  " };
            out.push_str(gap);
            match self.aligns[i] {
                Align::Left => out.extend([cell.as_str(), &pad]),
                Align::Right => out.extend([&pad, cell.as_str()]),
            }
        }
        out.truncate(start + out[start..].trim_end().len());
        out.push('\n');
    }
}

/// The text if it takes at most `width` columns, else as many whole graphemes as fit before an `…`.
pub fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut taken = 1;
    for grapheme in text.graphemes(true) {
        taken += grapheme.width();
        if taken > width {
            break;
        }
        out.push_str(grapheme);
    }
    if width > 0 {
        out.push('…');
    }
    out
}

/// A sentence in lines of at most `width` columns, broken at spaces, each ended by `\n`. A longer word has a line of its
/// own.
pub fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut taken = 0;
    for word in text.split_whitespace() {
        if taken > 0 && taken + 1 + word.width() > width {
            out.push('\n');
            taken = 0;
        } else if taken > 0 {
            out.push(' ');
            taken += 1;
        }
        out.push_str(word);
        taken += word.width();
    }
    out.push('\n');
    out
}
