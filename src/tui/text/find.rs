//! Searching in what is shown: over rows as they are drawn, so that typeset maths is found as it is read; over the ends of
//! rows, which are the pane's and not the text's; and without regard to how a character was put together.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::document::{Joint, Laid, Row};
use super::width;

/// A text that is searched, folded once.
#[derive(Debug, Clone, Default)]
pub struct Searched {
    text: String,
    /// Where each row begins in it.
    starts: Vec<usize>,
    by_case: bool,
}

/// Whether capitals matter: as soon as somebody types one.
pub fn minds_case(query: &str) -> bool {
    query.chars().any(char::is_uppercase)
}

impl Searched {
    /// Folds a text.
    pub fn new(laid: &Laid, by_case: bool) -> Self {
        let rows = laid.rows(0..laid.len());
        let mut text =
            String::with_capacity(rows.iter().map(|r| r.spans.iter().map(|s| s.text.len() + 1).sum::<usize>()).sum());
        let mut starts = Vec::with_capacity(rows.len());
        for row in rows {
            match row.joint {
                Joint::Line if !starts.is_empty() => text.push('\n'),
                Joint::Blank => text.push(' '),
                Joint::Line | Joint::Close => {}
            }
            starts.push(text.len());
            for span in row.spans.iter().skip(row.lead) {
                fold(&span.text, by_case, &mut text);
            }
        }
        Self { text, starts, by_case }
    }

    /// Whether capitals matter.
    pub fn minds_case(&self) -> bool {
        self.by_case
    }

    /// Where it says this, in order.
    pub fn hits(&self, query: &str) -> Vec<Range<usize>> {
        let mut folded = String::new();
        fold(query, self.by_case, &mut folded);
        if folded.is_empty() {
            return Vec::new();
        }
        self.text.match_indices(&folded).map(|(at, found)| at..at + found.len()).collect()
    }

    /// The row that a place is in.
    pub fn row_of(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// The columns of a row that hits take, and which hits they are.
    pub fn columns(&self, nth: usize, row: &Row, hits: &[Range<usize>]) -> Vec<(Range<u16>, usize)> {
        let Some(start) = self.starts.get(nth).copied() else { return Vec::new() };
        let end = self.starts.get(nth + 1).copied().unwrap_or(self.text.len());
        let from = hits.partition_point(|hit| hit.end <= start);
        let upto = hits.partition_point(|hit| hit.start < end);
        if from >= upto {
            return Vec::new();
        }
        let before: usize = row.spans.iter().take(row.lead).map(|s| width(&s.text)).sum();
        let mut column = u16::try_from(before).unwrap_or(u16::MAX);
        let mut at = start;
        let mut nth = from;
        let mut out: Vec<(Range<u16>, usize)> = Vec::new();
        let mut folded = String::new();
        for grapheme in row.spans.iter().skip(row.lead).flat_map(|s| s.text.graphemes(true)) {
            folded.clear();
            fold(grapheme, self.by_case, &mut folded);
            let next = at + folded.len();
            let wide = column.saturating_add(u16::try_from(width(grapheme)).unwrap_or(0));
            while nth < upto && hits[nth].end <= at {
                nth += 1;
            }
            if nth < upto && hits[nth].start < next {
                match out.last_mut() {
                    Some((columns, last)) if *last == nth => columns.end = wide,
                    _ => out.push((column..wide, nth)),
                }
            }
            (at, column) = (next, wide);
        }
        out
    }
}

/// The text as it is compared: one way to write each character, `²` as `2`, and no capitals unless they matter.
fn fold(text: &str, by_case: bool, out: &mut String) {
    match (text.is_ascii(), by_case) {
        (true, true) => out.push_str(text),
        (true, false) => out.extend(text.chars().map(|c| c.to_ascii_lowercase())),
        (false, true) => out.extend(text.nfkc()),
        (false, false) => out.extend(text.nfkc().flat_map(char::to_lowercase)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Document;
    use super::*;

    fn marked(laid: &Laid, query: &str) -> Vec<(usize, Range<u16>)> {
        let searched = Searched::new(laid, minds_case(query));
        let hits = searched.hits(query);
        (0..laid.len())
            .flat_map(|nth| {
                searched.columns(nth, &laid.rows(nth..nth + 1)[0], &hits).into_iter().map(move |c| (nth, c.0))
            })
            .collect()
    }

    #[test]
    fn capitals_matter_once_one_is_typed() {
        let laid = Document::raw("Tree tree TREE").lay(40);
        assert_eq!(marked(&laid, "tree").len(), 3);
        assert_eq!(marked(&laid, "Tree"), [(0, 0..4)]);
        assert_eq!(marked(&laid, ""), []);
        assert_eq!(marked(&laid, "oak"), []);
    }

    #[test]
    fn what_is_wrapped_is_found_across_its_rows() {
        let laid = Document::raw("the quick brown fox").lay(10);
        assert_eq!(marked(&laid, "quick brown"), [(0, 4..9), (1, 0..5)]);
        let hard = Document::plain("abcdefgh").lay(5);
        assert_eq!(marked(&hard, "def"), [(0, 3..5), (1, 0..1)]);
        assert_eq!(marked(&Document::raw("a\nb").lay(9), "a b"), [], "lines are not joined");
    }

    #[test]
    fn a_character_is_found_however_it_is_put_together() {
        let laid = Document::raw("nai\u{308}ve 中文字 x² ＡＢ").lay(60);
        assert_eq!(marked(&laid, "naïve"), [(0, 0..5)]);
        assert_eq!(marked(&laid, "文"), [(0, 8..10)]);
        assert_eq!(marked(&laid, "x2"), [(0, 13..15)]);
        assert_eq!(marked(&laid, "ab"), [(0, 16..20)]);
    }

    #[test]
    fn typeset_maths_is_found_as_it_is_read_and_leads_are_no_text() {
        let laid = Document::prose("- so $a_{12} \\ge 3$ holds").lay(60);
        assert_eq!(marked(&laid, "≥").len(), 1);
        assert_eq!(marked(&laid, "•"), [], "the bullet is not the model's");
        assert_eq!(marked(&laid, "so")[0].1.start, 2);
    }

    #[test]
    fn of_a_megabyte_every_hit_is_found() {
        let text = "Step by step: the sum so far is even, and so ON.\n".repeat(20_000);
        let laid = Document::raw(&text).lay(60);
        let searched = Searched::new(&laid, false);
        let hits = searched.hits("the sum");
        assert_eq!(hits.len(), 20_000);
        assert_eq!(searched.row_of(hits[19_999].start), laid.len() - 1);
    }
}
