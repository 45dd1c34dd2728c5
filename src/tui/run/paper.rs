//! What panes draw with: lines that are written from left to right and never leave their pane.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::symbols::merge::MergeStrategy;
use ratatui::widgets::{Block, Widget};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::review::cleaned::clean_line;
use crate::tui::theme::{Meaning, Theme};

/// What marks a cut.
const CUT: &str = "…";

/// A buffer with a theme.
pub(super) struct Paper<'a> {
    pub(super) buffer: &'a mut Buffer,
    pub(super) theme: &'a Theme,
}

impl<'a> Paper<'a> {
    /// The line `row` of an area, or an empty one where the area has no such line.
    pub(super) fn line(&mut self, area: Rect, row: u16) -> Line<'_, 'a> {
        let inside = area.intersection(self.buffer.area);
        let y = inside.y.saturating_add(row);
        let width = if y < inside.bottom() { inside.width } else { 0 };
        Line { paper: self, x: inside.x, end: inside.x.saturating_add(width), y }
    }

    /// A border around `area`, joined with those that it crosses. Gives the room inside, a column from the border.
    pub(super) fn frame(&mut self, area: Rect) -> Rect {
        let area = area.intersection(self.buffer.area);
        if area.width < 4 || area.height < 2 {
            return Rect { width: 0, height: 0, ..area };
        }
        Block::bordered()
            .border_style(self.theme.style(Meaning::Border))
            .merge_borders(MergeStrategy::Exact)
            .render(area, self.buffer);
        Rect { x: area.x + 2, y: area.y + 1, width: area.width - 4, height: area.height - 2 }
    }

    /// A title and its facts in the upper border of `area`.
    pub(super) fn title(&mut self, area: Rect, title: &str, facts: &str) {
        let room = Rect { x: area.x.saturating_add(2), width: area.width.saturating_sub(4), height: 1, ..area };
        let mut line = self.line(room, 0);
        line.cell(&format!(" {} ", clean_line(title)), Meaning::Title);
        let facts = if facts.is_empty() { String::new() } else { format!(" {} ", clean_line(facts)) };
        if width(&facts) + 1 < line.left() {
            line.skip(line.left() - width(&facts));
            line.cell(&facts, Meaning::Muted);
        }
    }
}

/// A line being written.
pub(super) struct Line<'l, 'a> {
    paper: &'l mut Paper<'a>,
    x: u16,
    end: u16,
    y: u16,
}

impl Line<'_, '_> {
    /// Columns that are left.
    pub(super) fn left(&self) -> usize {
        usize::from(self.end.saturating_sub(self.x))
    }

    /// Leaves columns free.
    pub(super) fn skip(&mut self, columns: usize) {
        self.x = self.x.saturating_add(u16::try_from(columns).unwrap_or(u16::MAX)).min(self.end);
    }

    /// Writes text, cut where the line ends.
    pub(super) fn text(&mut self, text: &str, meaning: Meaning) -> &mut Self {
        self.write(&clean_line(text), meaning, Modifier::empty())
    }

    /// Writes bold text, cut where the line ends.
    pub(super) fn bold(&mut self, text: &str, meaning: Meaning) -> &mut Self {
        self.write(&clean_line(text), meaning, Modifier::BOLD)
    }

    /// Writes text that is clean, if all of it fits, and nothing otherwise.
    pub(super) fn cell(&mut self, text: &str, meaning: Meaning) -> bool {
        let fits = width(text) <= self.left();
        if fits {
            self.write(text, meaning, Modifier::empty());
        }
        fits
    }

    /// Writes text into a column of its own: cut or filled up to its width.
    pub(super) fn column(&mut self, text: &str, columns: usize, meaning: Meaning) -> &mut Self {
        let columns = columns.min(self.left());
        let after = columns.saturating_sub(width(text));
        self.write(&fit(&clean_line(text), columns), meaning, Modifier::empty());
        self.skip(after);
        self
    }

    /// Writes text at the right of a column of its own.
    pub(super) fn right(&mut self, text: &str, columns: usize, meaning: Meaning) -> &mut Self {
        self.skip(columns.saturating_sub(width(text)));
        self.text(text, meaning)
    }

    /// A gauge: the part of the whole, to an eighth of a column.
    pub(super) fn gauge(&mut self, part: u64, whole: u64, columns: usize) -> &mut Self {
        const EIGHTHS: [&str; 7] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉"];
        let columns = columns.min(self.left());
        let eighths = share(part.min(whole), whole, columns * 8);
        let (full, rest) = (eighths / 8, eighths % 8);
        self.write(&"█".repeat(full), Meaning::Gauge, Modifier::empty());
        let mut free = columns - full;
        if let Some(tip) = rest.checked_sub(1).and_then(|tip| EIGHTHS.get(tip)) {
            self.write(tip, Meaning::Gauge, Modifier::empty());
            free = free.saturating_sub(1);
        }
        self.write(&"░".repeat(free), Meaning::GaugeRest, Modifier::empty())
    }

    /// Writes text that is clean.
    pub(super) fn write(&mut self, text: &str, meaning: Meaning, modifier: Modifier) -> &mut Self {
        let room = self.left();
        if room > 0 {
            let style = self.paper.theme.style(meaning).add_modifier(modifier);
            let (x, _) = self.paper.buffer.set_stringn(self.x, self.y, fit(text, room), room, style);
            self.x = x.min(self.end);
        }
        self
    }
}

/// Columns that a text takes.
pub(super) fn width(text: &str) -> usize {
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// The text in at most `columns` columns: cut at its end where it is longer.
pub(super) fn fit(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        used += grapheme.width();
        if used + 1 > columns {
            break;
        }
        out.push_str(grapheme);
    }
    if columns > 0 {
        out.push_str(CUT);
    }
    out
}

/// The text in lines of at most `columns` columns, broken at spaces; at most `most` lines, the last one cut between words
/// where it can.
pub(super) fn wrap(text: &str, columns: usize, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let full = lines.len() >= most.max(1);
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if full || width(line) + 1 + width(word) <= columns {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.iter().map(|line| between_words(line, columns)).collect()
}

/// The text in so many columns. What is too long ends with its last word that has room, where most of it stays.
fn between_words(text: &str, columns: usize) -> String {
    let cut = fit(text, columns);
    let Some(begun) = cut.strip_suffix('…').filter(|_| cut != text) else { return cut };
    let is_whole = text[begun.len()..].starts_with(' ') && width(begun) + 2 <= columns;
    let kept = if is_whole { begun } else { &begun[..begun.rfind(' ').unwrap_or(0)] };
    let kept = kept.trim_end_matches([' ', ':', ',', ';']);
    if kept.is_empty() || 2 * kept.len() < begun.len() { cut } else { format!("{kept} …") }
}

/// `part` of `whole`, scaled to `size`. What is there is seen, and only the whole is full.
pub(super) fn share(part: u64, whole: u64, size: usize) -> usize {
    if whole == 0 || part == 0 || size == 0 {
        return 0;
    }
    if part >= whole {
        return size;
    }
    let scaled = u128::from(part) * size as u128 / u128::from(whole);
    usize::try_from(scaled).unwrap_or(size).clamp(1, (size - 1).max(1))
}

/// Lengths of bars that fill `columns` together. A part that is there has a column, if the largest can spare it.
pub(super) fn stacked(parts: &[u64], columns: usize) -> Vec<usize> {
    let whole: u128 = parts.iter().map(|part| u128::from(*part)).sum();
    if whole == 0 {
        return vec![0; parts.len()];
    }
    // Ends are rounded, not lengths: so nothing is left over.
    let end = |sum: u128| usize::try_from(sum * columns as u128 / whole).unwrap_or(columns);
    let mut sum = 0;
    let mut lengths: Vec<usize> = Vec::with_capacity(parts.len());
    for part in parts {
        let begin = end(sum);
        sum += u128::from(*part);
        lengths.push(end(sum) - begin);
    }
    for unseen in 0..parts.len() {
        let largest = (0..parts.len()).max_by_key(|i| lengths[*i]).filter(|i| lengths[*i] > 1);
        if let Some(largest) = largest.filter(|_| parts[unseen] > 0 && lengths[unseen] == 0) {
            lengths[largest] -= 1;
            lengths[unseen] = 1;
        }
    }
    lengths
}

/// Makes borders, gauges and columns of an area plain characters.
pub(super) fn plain(buffer: &mut Buffer, area: Rect) {
    for position in area.intersection(buffer.area).positions() {
        let Some(cell) = buffer.cell_mut(position) else { continue };
        let plain = match cell.symbol() {
            "─" => "-",
            "│" => "|",
            "┌" | "┐" | "└" | "┘" | "├" | "┤" | "┬" | "┴" | "┼" => "+",
            "█" | "▉" | "▊" | "▋" | "▌" | "▇" => "#",
            "▓" => "%",
            "▒" => "*",
            "╱" => "/",
            "░" | "▍" | "▎" | "▏" | "▁" | "▂" | "▃" => ".",
            "▄" | "▅" | "▆" => ":",
            _ => continue,
        };
        cell.set_symbol(plain);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cut_texts_fit_their_columns() {
        for (text, columns, fitted) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("四五六", 4, "四…"),
            ("四五", 4, "四五"),
            ("ab", 0, ""),
            ("ab", 1, "…"),
        ] {
            assert_eq!(fit(text, columns), fitted);
        }
        assert_eq!(wrap("one two three four", 9, 2), ["one two", "three …"]);
        assert_eq!(wrap("one two three fo five", 9, 2), ["one two", "three …"]);
        assert_eq!(wrap("one two three f five", 9, 2), ["one two", "three f …"]);
        assert_eq!(wrap("one two tremendous", 9, 2), ["one two", "tremendo…"], "most of a line is not left empty");
        assert_eq!(wrap("", 9, 2), [""]);
        assert_eq!(wrap("ab", 1, 2), ["…"]);
    }

    #[test]
    fn a_share_is_seen_when_there_and_full_when_whole() {
        assert_eq!([share(0, 9, 8), share(1, 900, 8), share(899, 900, 8), share(9, 9, 8)], [0, 1, 7, 8]);
        assert_eq!([share(5, 0, 8), share(5, 9, 0), share(1, 2, 1)], [0, 0, 1]);
    }

    proptest! {
        #[test]
        fn stacked_bars_fill_their_columns(parts in prop::array::uniform4(0u64..1_000_000), columns in 4usize..200) {
            let lengths = stacked(&parts, columns);
            let whole: u64 = parts.iter().sum();
            prop_assert_eq!(lengths.iter().sum::<usize>(), if whole == 0 { 0 } else { columns });
            for (length, part) in lengths.iter().zip(parts) {
                prop_assert_eq!(*length == 0, part == 0);
            }
        }

        #[test]
        fn fitted_texts_are_never_wider(text in "\\PC{0,40}", columns in 0usize..30) {
            prop_assert!(width(&fit(&text, columns)) <= columns);
            prop_assert!(wrap(&text, columns, 2).iter().all(|line| width(line) <= columns));
        }
    }
}
