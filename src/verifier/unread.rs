//! What kept an answer from being read, and where.

use super::reason::quoted;
use crate::answer::read::explain;
use crate::answer::{Hints, Unreadable, function};

/// Why an answer could not be read; `side` is whose it is.
pub(super) fn reason(side: &str, raw: &str) -> String {
    let Some(problem) = explain(raw, Hints::default()).1 else {
        return format!("the {side} could not be read");
    };
    if problem == Unreadable::Words
        && let Some(word) = stray(raw)
    {
        return format!("the {side} could not be read: the word {} stands in {}", quoted(&word), quoted(&raw.trim()));
    }
    let said = problem.to_string();
    // The place of what is quoted, where it stands in the text as it was written.
    let part = said.split('`').nth(1).filter(|part| !part.is_empty());
    let place = part.and_then(|part| raw.find(part)).map(|at| raw[..at].chars().count() + 1);
    match place {
        Some(place) => format!("the {side} could not be read: {said}, at character {place} of {}", quoted(&raw.trim())),
        None => format!("the {side} could not be read: {said}: {}", quoted(&raw.trim())),
    }
}

/// The first word of a text that is no command and no function.
fn stray(raw: &str) -> Option<&str> {
    let mut start = None;
    for (at, c) in raw.char_indices().chain([(raw.len(), ' ')]) {
        match (start, c.is_alphabetic()) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                let word = &raw[from..at];
                if word.chars().count() > 2 && !raw[..from].ends_with('\\') && function::canonical(word).is_none() {
                    return Some(word);
                }
                start = None;
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_told() {
        let said = reason("reference", "1 + \\foo{2}");
        assert_eq!(
            said,
            "the reference could not be read: `\\foo` is not understood, at character 5 of `1 + \\foo{2}`"
        );
        assert!(reason("response", "((1").starts_with("the response could not be read: its parts"));
    }
}
