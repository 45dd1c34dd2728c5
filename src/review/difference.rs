//! Which parts of two answers differ: by tokens, bounded in length and time, and laid out one above the other.

use std::time::{Duration, Instant};

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Tokens that are compared.
const TOKENS: usize = 4_000;
/// Time that a comparison may take.
const PATIENCE: Duration = Duration::from_millis(50);

/// Columns of an answer that is read at a glance.
const SHORT: usize = 40;

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// Whether the other answer has something else there.
    pub differs: bool,
}

/// Stretches of two answers that stand opposite each other; where they do not differ, both are the same text.
struct Stretch {
    left: String,
    right: String,
    differs: bool,
}

/// Which parts of two answers differ, by tokens: numbers, words, symbols. The pieces of a side make up the side.
pub fn between(left: &str, right: &str) -> (Vec<Piece>, Vec<Piece>) {
    let (mut lefts, mut rights) = (Vec::new(), Vec::new());
    for stretch in stretches(left, right) {
        for (side, text) in [(&mut lefts, stretch.left), (&mut rights, stretch.right)] {
            if !text.is_empty() {
                side.push(Piece { text, differs: stretch.differs });
            }
        }
    }
    (lefts, rights)
}

fn stretches(left: &str, right: &str) -> Vec<Stretch> {
    let (a, b) = (tokens(left), tokens(right));
    if a.len() > TOKENS || b.len() > TOKENS {
        return vec![Stretch { left: left.to_owned(), right: right.to_owned(), differs: left != right }];
    }
    let deadline = Instant::now() + PATIENCE;
    let mut out: Vec<Stretch> = Vec::new();
    for op in capture_diff_slices_deadline(Algorithm::Myers, &a, &b, Some(deadline)) {
        let differs = !matches!(op, DiffOp::Equal { .. });
        let (left, right) = (a[op.old_range()].concat(), b[op.new_range()].concat());
        match out.last_mut() {
            Some(last) if last.differs == differs => {
                last.left.push_str(&left);
                last.right.push_str(&right);
            }
            _ => out.push(Stretch { left, right, differs }),
        }
    }
    out
}

/// Lines of two texts that stand opposite each other, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    /// Lines of the one; where the two do not differ, of both.
    pub left: Vec<String>,
    /// Lines of the other.
    pub right: Vec<String>,
    /// Whether they differ.
    pub differs: bool,
}

/// Which lines of two texts differ. The lines of a side make up the side.
pub fn by_lines(left: &str, right: &str) -> Vec<Lines> {
    let lines = |text: &str| text.split('\n').map(str::to_owned).collect::<Vec<_>>();
    let (a, b) = (lines(left), lines(right));
    if a.len() > TOKENS || b.len() > TOKENS {
        return vec![Lines { differs: left != right, left: a, right: b }];
    }
    let deadline = Instant::now() + PATIENCE;
    let ops = capture_diff_slices_deadline(Algorithm::Myers, &a, &b, Some(deadline));
    let mut out: Vec<Lines> = Vec::new();
    for op in ops {
        let differs = !matches!(op, DiffOp::Equal { .. });
        let (left, right) = (&a[op.old_range()], &b[op.new_range()]);
        match out.last_mut() {
            Some(last) if last.differs == differs => {
                last.left.extend_from_slice(left);
                last.right.extend_from_slice(right);
            }
            _ => out.push(Lines { left: left.to_vec(), right: right.to_vec(), differs }),
        }
    }
    out
}

/// Two answers one above the other, what is the same in both in the same columns, with marks below what is not: blocks
/// of three rows, none wider than `width`. The marks are an empty row where the two are the same or nothing of them is.
/// No more than `blocks` of them, from the first difference on.
pub fn aligned(left: &str, right: &str, width: usize, blocks: usize) -> Vec<[String; 3]> {
    let mut stretches = stretches(left, right);
    // Little in common: side by side in columns, neither could be read.
    let common: usize = stretches.iter().filter(|s| !s.differs).map(|s| s.left.width()).sum();
    let longer = left.width().max(right.width());
    if longer > SHORT && 3 * common < longer {
        stretches = vec![Stretch { left: left.to_owned(), right: right.to_owned(), differs: true }];
    }
    // Room for an ellipsis at either end.
    let width = width.saturating_sub(2).max(1);
    let telling = stretches.iter().any(|s| !s.differs && !s.left.trim().is_empty());
    let mut block = Block::default();
    let mut out: Vec<(Block, bool)> = Vec::new();
    let mut told = false;
    for stretch in &stretches {
        let mut lefts = stretch.left.graphemes(true);
        let mut rights = stretch.right.graphemes(true);
        loop {
            let (a, b) = (lefts.next(), rights.next());
            if a.is_none() && b.is_none() {
                break;
            }
            let (a, b) = (a.unwrap_or_default(), b.unwrap_or_default());
            let columns = a.width().max(b.width());
            if block.columns > 0 && block.columns + columns > width {
                out.push((std::mem::take(&mut block), told));
            }
            told |= stretch.differs;
            block.push(a, b, columns, stretch.differs && telling);
        }
    }
    out.push((block, told));
    // Blocks before the first difference say nothing but that they are the same.
    let skipped = if told && out.len() > blocks { out.iter().take_while(|(_, told)| !told).count() } else { 0 };
    let left_out = out.len() > skipped + blocks;
    let mut rows: Vec<[String; 3]> = out.into_iter().skip(skipped).take(blocks).map(|(b, _)| b.rows()).collect();
    if skipped > 0
        && let Some([a, b, marks]) = rows.first_mut()
    {
        a.insert(0, '…');
        b.insert(0, '…');
        marks.insert(0, ' ');
    }
    if left_out && let Some([a, b, _]) = rows.last_mut() {
        a.push('…');
        b.push('…');
    }
    rows
}

/// Some columns of two answers.
#[derive(Default)]
struct Block {
    left: String,
    right: String,
    marks: String,
    columns: usize,
}

impl Block {
    fn push(&mut self, left: &str, right: &str, columns: usize, marked: bool) {
        for (row, text) in [(&mut self.left, left), (&mut self.right, right)] {
            row.push_str(text);
            row.extend(std::iter::repeat_n(' ', columns.saturating_sub(text.width())));
        }
        self.marks.extend(std::iter::repeat_n(if marked { '^' } else { ' ' }, columns));
        self.columns += columns;
    }

    fn rows(self) -> [String; 3] {
        [self.left, self.right, self.marks].map(|row| row.trim_end().to_owned())
    }
}

/// The pieces from where the first that differs is within the first `columns`; what is left out before it is an
/// ellipsis.
pub fn from_difference(pieces: Vec<Piece>, columns: usize) -> Vec<Piece> {
    let wide = |pieces: &[Piece]| pieces.iter().map(|p| p.text.width()).sum::<usize>();
    if pieces.iter().all(|p| p.text.len() <= columns) && wide(&pieces) <= columns {
        return pieces;
    }
    let Some(first) = pieces.iter().position(|p| p.differs) else { return pieces };
    let ahead = wide(&pieces[..first]);
    // A third of the room shows what stands before.
    let shown = wide(&pieces[first..=first]).min(columns / 2);
    if ahead + shown <= columns {
        return pieces;
    }
    let keep = columns / 3;
    let before: String = pieces[..first].iter().map(|p| p.text.as_str()).collect();
    let mut kept: Vec<&str> = Vec::new();
    let mut used = 0;
    for grapheme in before.graphemes(true).rev() {
        used += grapheme.width();
        if used + 1 > keep {
            break;
        }
        kept.push(grapheme);
    }
    kept.push("…");
    let text = kept.into_iter().rev().collect();
    let mut out = vec![Piece { text, differs: false }];
    out.extend(pieces.into_iter().skip(first));
    out
}

/// Numbers with their point, words, and every other grapheme by itself.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens: Vec<&str> = Vec::new();
    let mut start = 0;
    let mut before = Kind::Other;
    for (at, grapheme) in text.grapheme_indices(true) {
        // A sign belongs to its number, where it is no minus between two.
        let digit_follows = text[at + grapheme.len()..].starts_with(|c: char| c.is_ascii_digit());
        let kind = match grapheme {
            "-" | "−" if digit_follows && before == Kind::Other => Kind::Number,
            _ => kind(grapheme, before),
        };
        if at > start && (kind != before || kind == Kind::Other) {
            tokens.push(&text[start..at]);
            start = at;
        }
        before = kind;
    }
    if start < text.len() {
        tokens.push(&text[start..]);
    }
    tokens
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Word,
    Other,
}

fn kind(grapheme: &str, before: Kind) -> Kind {
    match grapheme.chars().next() {
        Some(c) if c.is_ascii_digit() => {
            if before == Kind::Word {
                Kind::Word
            } else {
                Kind::Number
            }
        }
        Some('.') if before == Kind::Number => Kind::Number,
        Some(c) if c.is_alphanumeric() || c == '_' => Kind::Word,
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marked(pieces: &[Piece]) -> String {
        pieces.iter().map(|p| if p.differs { format!("[{}]", p.text) } else { p.text.clone() }).collect()
    }

    #[test]
    fn what_differs_is_marked_by_numbers_and_words() {
        let of = |a, b| {
            let (a, b) = between(a, b);
            (marked(&a), marked(&b))
        };
        assert_eq!(of("1365", "2731"), ("[1365]".into(), "[2731]".into()));
        assert_eq!(of("[1, 2, 3]", "[1, 3, 3]"), ("[1, [2], 3]".into(), "[1, [3], 3]".into()));
        assert_eq!(of("3.14", "3.15"), ("[3.14]".into(), "[3.15]".into()));
        assert_eq!(of("x = 2", "2"), ("[x = ]2".into(), "2".into()));
        assert_eq!(of("-19.12", "-21.04"), ("[-19.12]".into(), "[-21.04]".into()));
        assert_eq!(of("3-2", "3-1"), ("3-[2]".into(), "3-[1]".into()));
        assert_eq!(of("a", "a"), ("a".into(), "a".into()));
        assert_eq!(of("", "a"), (String::new(), "[a]".into()));
    }

    #[test]
    fn what_is_the_same_stands_in_the_same_columns() {
        let rows = |a: &str, b: &str| aligned(a, b, 40, 4);
        assert_eq!(
            rows("(1, 2, 30)", "(1, 20, 30)"),
            [["(1, 2 , 30)".to_owned(), "(1, 20, 30)".into(), "    ^^".into()]]
        );
        assert_eq!(rows("x = 2", "2"), [["x = 2".to_owned(), "    2".into(), "^^^^".into()]]);
        assert_eq!(rows("中 1", "中文 1"), [["中   1".to_owned(), "中文 1".into(), "^^^^".into()]]);
        // Nothing is the same, or everything.
        assert_eq!(rows("1365", "2731"), [["1365".to_owned(), "2731".into(), String::new()]]);
        assert_eq!(rows("7", "7"), [["7".to_owned(), "7".into(), String::new()]]);
        assert_eq!(rows("", ""), [[String::new(), String::new(), String::new()]]);
    }

    #[test]
    fn long_answers_are_shown_from_their_first_difference() {
        let (a, b) = (format!("{}1", "x, ".repeat(30)), format!("{}2", "x, ".repeat(30)));
        let rows = aligned(&a, &b, 22, 2);
        assert_eq!(rows, [["… x, x, x, 1".to_owned(), "… x, x, x, 2".into(), "           ^".into()]]);
        let rows = aligned(&b, &a, 40, 9);
        assert_eq!(rows.len(), 3, "{rows:?}");
        let (a, b) = (format!("1, {}", "x, ".repeat(30)), format!("2, {}", "x, ".repeat(30)));
        let rows = aligned(&a, &b, 22, 2);
        assert!(rows.len() == 2 && rows[1][0].ends_with('…') && rows[0][2] == "^", "{rows:?}");
    }

    #[test]
    fn one_row_shows_the_first_difference() {
        let (a, _) = between(&format!("{}1", "x, ".repeat(30)), &format!("{}2", "x, ".repeat(30)));
        assert_eq!(marked(&from_difference(a.clone(), 20)), "…, x, [1]");
        assert_eq!(from_difference(a.clone(), 200), a);
        let (a, _) = between("1, 2", "2, 2");
        assert_eq!(from_difference(a.clone(), 2), a);
    }

    #[test]
    fn what_is_huge_is_bounded() {
        let (a, b) = ("1 ".repeat(200_000), "2 ".repeat(200_000));
        assert_eq!(between(&a, &b).0.len(), 1);
        assert!(aligned(&a, &b, 80, 5).len() <= 5);
    }

    proptest! {
        #[test]
        fn pieces_make_up_their_side(a in "\\PC{0,60}", b in "\\PC{0,60}") {
            let (left, right) = between(&a, &b);
            prop_assert_eq!(left.iter().map(|p| p.text.as_str()).collect::<String>(), a);
            prop_assert_eq!(right.iter().map(|p| p.text.as_str()).collect::<String>(), b);
        }

        #[test]
        fn rows_fit(a in "[a-c1-3, 中é]{0,90}", b in "[a-c1-3, 中é]{0,90}", width in 4usize..50, blocks in 1usize..9) {
            for block in aligned(&a, &b, width, blocks) {
                for row in block {
                    prop_assert!(row.width() <= width, "{row:?}");
                }
            }
        }
    }
}
