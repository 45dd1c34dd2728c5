//! What files of the user's are told when they are wrong: where, and what may have been meant.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// A key of a table and its value, both with their places.
pub(super) type Item<'t, 'a> = (&'t Spanned<DeString<'a>>, &'t Spanned<DeValue<'a>>);

/// A file as a table, with the place of every key and value; else what is wrong with it, and where.
pub(super) fn table(text: &str) -> Result<DeTable<'_>, String> {
    let told = |e: toml::de::Error| at(text, e.span().unwrap_or_default(), e.message().replace('\n', "; "));
    DeTable::parse(text).map(Spanned::into_inner).map_err(told)
}

/// A table's items in the order in which they were written.
pub(super) fn in_order<'t, 'a>(table: &'t DeTable<'a>) -> Vec<Item<'t, 'a>> {
    let mut items: Vec<Item<'t, 'a>> = table.iter().collect();
    items.sort_by_key(|(key, _)| key.span().start);
    items
}

/// A sentence with its place before it.
pub(super) fn at(text: &str, span: Range<usize>, message: impl AsRef<str>) -> String {
    format!("{}{}", place(text, span.start), message.as_ref())
}

/// `; did you mean …?` where a known word is near enough, else what words there are.
pub(super) fn meant<'a>(word: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    match nearest(word, known.clone()) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => format!("; there is: {}", known.collect::<Vec<_>>().join(", ")),
    }
}

/// `line 3, column 7: `
pub(super) fn place(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    format!("line {line}, column {column}: ")
}

/// The word nearest to one that is not known, where one is near enough to have been meant.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let far = word.chars().count().div_ceil(3).max(1);
    known
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(d, candidate)| *d <= far || candidate.starts_with(word) && !word.is_empty())
        .min_by_key(|(d, _)| *d)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = before + usize::from(x != *y);
            before = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(before + 1);
        }
    }
    row[b.len()]
}
