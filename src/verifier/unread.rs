//! What kept an answer from being read, and where.

use super::reason::quoted;
use crate::answer::Hints;
use crate::answer::read::explain;

/// Why an answer could not be read; `side` is whose it is.
pub(super) fn reason(side: &str, raw: &str) -> String {
    let Some(problem) = explain(raw, Hints::default()).1 else {
        return format!("the {side} could not be read");
    };
    let said = problem.to_string();
    // The place of what is quoted, where it stands in the text as it was written.
    let part = said.split('`').nth(1).filter(|part| !part.is_empty());
    let place = part.and_then(|part| raw.find(part)).map(|at| raw[..at].chars().count() + 1);
    match place {
        Some(place) => format!("the {side} could not be read: {said}, at character {place} of {}", quoted(&raw.trim())),
        None => format!("the {side} could not be read: {said}: {}", quoted(&raw.trim())),
    }
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
