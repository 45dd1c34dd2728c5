//! Columns, measured as the terminal does: by graphemes.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns that a text takes.
pub fn width(text: &str) -> usize {
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// The text in at most `columns`, with `…` where something was cut from its end.
pub fn cut(text: &str, columns: usize) -> String {
    // A short text has no room to be long: a byte takes a column or less, except in none.
    if text.len() <= columns || width(text) <= columns {
        return text.to_owned();
    }
    let mut out = String::with_capacity(columns + 3);
    let mut used = 1;
    for grapheme in text.graphemes(true) {
        used += grapheme.width();
        if used > columns {
            break;
        }
        out.push_str(grapheme);
    }
    // What was cut before has its sign already.
    if columns > 0 && !out.ends_with('…') {
        out.push('…');
    }
    out
}

/// The end of a text in at most `columns`, with `…` where something was cut from its beginning: of a path, the file's name.
pub fn end(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut used = 1;
    let fits = |grapheme: &&str| {
        used += grapheme.width();
        used <= columns
    };
    let kept: usize = text.graphemes(true).rev().take_while(fits).map(str::len).sum();
    if columns == 0 { String::new() } else { format!("…{}", &text[text.len() - kept..]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_text_is_kept() {
        for (text, columns, kept) in [
            ("/a/b.json", 9, "/a/b.json"),
            ("/a/b.json", 7, "…b.json"),
            ("中文字", 4, "…字"),
            ("abc", 1, "…"),
            ("abc", 0, ""),
        ] {
            assert_eq!(end(text, columns), kept);
        }
    }

    #[test]
    fn what_is_cut_fits() {
        for (text, columns, cut_to) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("中文字", 4, "中…"),
            ("中文", 4, "中文"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
            ("abc", 0, ""),
            ("👩‍🔬👩‍🔬", 3, "👩‍🔬…"),
        ] {
            assert_eq!(cut(text, columns), cut_to);
            assert!(width(&cut(text, columns)) <= columns);
        }
    }
}
