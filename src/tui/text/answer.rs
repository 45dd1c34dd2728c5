//! Answers: in one line, and what differs between two of them.

use std::time::{Duration, Instant};

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};
use unicode_segmentation::UnicodeSegmentation;

use super::{latex, maths};
use crate::review::cleaned::clean_line;

/// Characters of an answer that are typeset and compared; beyond, it is no answer that a person compares by eye.
const LONGEST: usize = 20_000;
/// Tokens that are compared.
const TOKENS: usize = 4_000;
/// Time that a comparison may take.
const PATIENCE: Duration = Duration::from_millis(50);

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// Whether the other answer has something else there.
    pub differs: bool,
}

/// An answer in one line: cleaned, its LaTeX typeset. Python literals and plain words stay as they are.
pub fn answer(text: &str) -> String {
    let short: String = text.trim().chars().take(LONGEST).collect();
    // Commands typeset alone, whether they stand between dollars or not; an answer is often the inside of a box.
    let typeset = if short.contains('\\') || short.contains(['^', '_', '$']) && looks_like_maths(&short) {
        let bare = short.trim_matches('$');
        if maths::has_delimiters(bare) { maths::typeset_inline(bare) } else { latex::typeset(bare) }
    } else {
        short
    };
    clean_line(typeset.replace('\n', "; ").trim())
}

/// A title in one line: cleaned, the formulas in it typeset.
pub fn title(text: &str) -> String {
    let typeset = if text.contains(['$', '\\']) { maths::typeset_inline(text) } else { text.to_owned() };
    clean_line(typeset.replace('\n', " ").trim())
}

/// Whether a text with `^`, `_` or `$` is LaTeX rather than a name in code or a price.
fn looks_like_maths(text: &str) -> bool {
    text.starts_with('$') && text.len() > 1 && text.ends_with('$') || text.contains("^{") || text.contains("_{")
}

/// Which parts of two answers differ, by tokens: numbers, words, symbols. The pieces of a side make up the side.
pub fn differing(left: &str, right: &str) -> (Vec<Piece>, Vec<Piece>) {
    let (a, b) = (tokens(left), tokens(right));
    let whole = |text: &str| vec![Piece { text: text.to_owned(), differs: true }];
    if a.len() > TOKENS || b.len() > TOKENS {
        return (whole(left), whole(right));
    }
    let deadline = Instant::now() + PATIENCE;
    let (mut lefts, mut rights) = (Vec::new(), Vec::new());
    for op in capture_diff_slices_deadline(Algorithm::Myers, &a, &b, Some(deadline)) {
        let same = matches!(op, DiffOp::Equal { .. });
        push(&mut lefts, &a[op.old_range()], !same);
        push(&mut rights, &b[op.new_range()], !same);
    }
    (lefts, rights)
}

fn push(pieces: &mut Vec<Piece>, tokens: &[&str], differs: bool) {
    if !tokens.is_empty() {
        pieces.push(Piece { text: tokens.concat(), differs });
    }
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
            let (a, b) = differing(a, b);
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
    fn answers_are_typeset_and_literals_are_not() {
        for (text, shown) in [
            ("\\frac{1}{2}", "1/2"),
            ("x^{2}", "x²"),
            ("$\\sqrt{3}$", "√3"),
            ("my_name", "my_name"),
            ("2**10", "2**10"),
            ("[1, 2]", "[1, 2]"),
            ("$25", "$25"),
            ("\\$25", "$25"),
            ("a\nb", "a; b"),
            ("\u{1b}[2J1", "␛[2J1"),
        ] {
            assert_eq!(answer(text), shown);
        }
    }

    proptest! {
        #[test]
        fn pieces_make_up_their_side(a in "\\PC{0,60}", b in "\\PC{0,60}") {
            let (left, right) = differing(&a, &b);
            prop_assert_eq!(left.iter().map(|p| p.text.as_str()).collect::<String>(), a);
            prop_assert_eq!(right.iter().map(|p| p.text.as_str()).collect::<String>(), b);
        }
    }
}
