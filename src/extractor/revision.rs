//! A change of mind after the answer: "wait, actually it is 7".

use std::sync::LazyLock;

use super::shape::{head, starts_as_value};
use super::vocabulary::Vocabulary;
use super::{Found, Search, phrase};

/// Words that take back what was said, in lower case.
static TAKING_BACK: LazyLock<Vocabulary> = LazyLock::new(|| {
    Vocabulary::new(&[
        "wait|actually|correction|corrected answer|scratch that|on second thought|i made a mistake",
        "i made an error|made a mistake|made an error|my mistake|my apologies|apologies|i apologize",
        "let me correct|let me fix|let me redo|let me recompute|let me recalculate|that's wrong",
        "that is wrong|that's incorrect|that is incorrect|not correct|oops|hold on|revised|final answer",
        "等等|更正|不对|纠正|実は",
    ])
});

/// Words before the new answer.
static ANEW: LazyLock<Vocabulary> = LazyLock::new(|| {
    Vocabulary::new(&[
        "it is|it's|it should be|it must be|should be|should have been|that is|that's|is actually|must be",
        "i get|we get|value is|result is|gives|应该是|是|making it",
    ])
});

/// Where a text takes back what was said before it.
pub(super) fn start(text: &str) -> Option<usize> {
    TAKING_BACK.first(text).map(|hit| hit.start)
}

/// The answer that stands in place of the one that was taken back.
pub(super) fn find(text: &str) -> Option<Found> {
    if let Search::Found(found) = phrase::find(text) {
        return Some(found);
    }
    let (at, rest) = ANEW.backwards(text).map(|hit| (hit.end, &text[hit.end..])).take(16).find(|(_, rest)| {
        let body = rest.trim_start_matches([' ', ':', '*']);
        starts_as_value(body) && !body.starts_with(['(', '['])
    })?;
    let line = head(rest.split('\n').next().unwrap_or_default(), 200);
    let sentence = &line[..phrase::sentence_end(line)];
    let kept = sentence.trim_matches(|c: char| c.is_whitespace() || "*:.!,$".contains(c));
    let from = at + (kept.as_ptr() as usize - rest.as_ptr() as usize);
    (!kept.is_empty() && kept.split_whitespace().count() <= 6)
        .then(|| Found { text: kept.to_owned(), span: from..from + kept.len() })
}
