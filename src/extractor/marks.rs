//! Marks of data sets and prompts around an answer: `<answer>…</answer>` and `####`.

use super::shape::{is_placeholder, starts_as_value, words};
use super::{Found, Search};

/// Tags, as they open and close; letters of either case.
const TAGS: &[(&str, &str)] = &[
    ("<answer>", "</answer>"),
    ("<final_answer>", "</final_answer>"),
    ("<finalanswer>", "</finalanswer>"),
    ("<ans>", "</ans>"),
    ("[answer]", "[/answer]"),
];

/// Longest answer after `####`, in bytes.
const LINE: usize = 4_096;
/// Headings of the fourth level that are looked at, from the last.
const HEADINGS: usize = 64;

/// What stands between the last pair of answer tags. The text is the reply without its last remarks.
pub(super) fn tag(reply: &str, text: &str) -> Search {
    if !(text.contains('<') || text.contains('[') && text.contains("[/")) {
        return Search::Nothing;
    }
    let mut end = text.len();
    for _ in 0..HEADINGS {
        let Some((closes, tags)) = last_of(&text[..end], |tags| tags.1) else { break };
        let Some((opens, _)) = last_of(&text[..closes], |t| if t.1 == tags.1 { t.0 } else { "" }) else { break };
        if let Some(found) = Found::trimmed(text, opens + tags.0.len()..closes)
            && !is_placeholder(&found.text)
        {
            return Search::Found(found);
        }
        end = opens;
    }
    let Some((opens, tags)) = last_of(text, |tags| tags.0) else { return Search::Nothing };
    let start = opens + tags.0.len();
    let inside = text[start..].trim();
    if last_of(inside, |tags| tags.1).is_some() || inside.contains('\n') || words(inside) > 3 {
        return Search::Nothing;
    }
    // A server that stops at the closing tag leaves it out: a line that ends is whole, any other was cut.
    if !inside.is_empty() && reply[text.len()..].starts_with(['\n', '\r']) {
        return Found::trimmed(text, start..text.len()).map_or(Search::Cut, Search::Found);
    }
    Search::Cut
}

/// The last place of any tag, by one end of it.
fn last_of(
    text: &str,
    end: impl Fn(&(&'static str, &'static str)) -> &'static str,
) -> Option<(usize, (&'static str, &'static str))> {
    let bytes = text.as_bytes();
    (0..bytes.len()).rev().filter(|at| matches!(bytes[*at], b'<' | b'[')).find_map(|at| {
        TAGS.iter()
            .find(|tags| {
                let wanted = end(tags).as_bytes();
                !wanted.is_empty()
                    && bytes[at..].len() >= wanted.len()
                    && bytes[at..at + wanted.len()].eq_ignore_ascii_case(wanted)
            })
            .map(|tags| (at, *tags))
    })
}

/// What stands after the last `####` that is no heading.
pub(super) fn hashes(text: &str) -> Option<Found> {
    if !text.contains('#') {
        return None;
    }
    let mut end = text.len();
    for _ in 0..HEADINGS {
        let at = text[..end].rfind("####")?;
        let start = at + 4;
        end = at - (text[..at].len() - text[..at].trim_end_matches('#').len());
        if end < at || text[start..].starts_with('#') {
            continue;
        }
        let line = text[start..].find('\n').map_or(text.len(), |n| start + n);
        if line - start > LINE {
            continue;
        }
        let Some(found) = Found::trimmed(text, start..line) else { continue };
        let last = text[line..].trim().is_empty();
        let value = starts_as_value(&found.text) && !is_numbered(&found.text);
        if !is_placeholder(&found.text) && (value || last && !found.text.ends_with(':'))
            || words(&found.text) == 0 && !found.text.contains(' ')
        {
            return Some(found);
        }
    }
    None
}

/// `1. Add the numbers`: a numbered heading.
fn is_numbered(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < text.len()
        && rest.strip_prefix(['.', ')', ':']).is_some_and(|title| title.starts_with([' ', '*']) && words(title) > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_is_no_answer() {
        let text = |t: &str| hashes(t).map(|f| f.text);
        assert_eq!(text("so\n#### 60").as_deref(), Some("60"));
        assert_eq!(text("Step 4: #### $1,200\nStep 5: done").as_deref(), Some("$1,200"));
        assert_eq!(text("#### 7\n#### Step two\nadd"), Some("7".into()));
        assert_eq!(text("#### 1. Add the numbers\n3 + 4"), None);
        assert_eq!(text("##### 5"), None);
        assert_eq!(text("#### Paris").as_deref(), Some("Paris"));
    }
}
