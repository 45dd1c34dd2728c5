//! "The final answer is …": the last such phrase, and what follows it.

use super::Found;

/// Phrases, lower case, the longer first; what is marked must be followed by a colon or stand at the end of `is`.
const PHRASES: &[&str] = &[
    "final answer is",
    "final answer:",
    "final answer =",
    "correct answer is",
    "answer is",
    "answer:",
    "answer =",
    "final result is",
    "respuesta es",
    "réponse est",
    "antwort ist",
    "答案是",
    "答案为",
    "答案:",
    "答案：",
];

/// Where the answer that the last phrase announces stands.
pub(super) fn find(text: &str) -> Option<Found> {
    // ASCII lower case keeps byte positions.
    let lower = text.to_ascii_lowercase();
    let plain = lower.replace("**", "  ");
    let at = PHRASES.iter().filter_map(|p| plain.rfind(p).map(|at| at + p.len())).max()?;
    let rest = &text[at..];
    let skipped = rest.len() - rest.trim_start_matches([' ', ':', '*', '\t', '=', '：']).len();
    let mut start = at + skipped;
    // The answer may stand on the next line.
    let blank = text[start..].len() - text[start..].trim_start().len();
    start += blank;
    let body = &text[start..];
    if body.is_empty() {
        return None;
    }
    for (open, close) in [("$$", "$$"), ("\\[", "\\]"), ("\\(", "\\)"), ("```", "```")] {
        if let Some(inner) = body.strip_prefix(open)
            && let Some(end) = inner.find(close)
        {
            return Found::trimmed(text, start + open.len()..start + open.len() + end);
        }
    }
    let line = body.find('\n').unwrap_or(body.len());
    let end = sentence_end(&body[..line]);
    let found = Found::trimmed(text, start..start + end)?;
    let shorter = found.text.trim_start_matches('*').trim_end_matches(['*', '.', '!', ' ']);
    if shorter.is_empty() || shorter.chars().count() > 400 {
        return None;
    }
    let lead = found.text.find(shorter).unwrap_or(0);
    Some(Found { text: shorter.to_owned(), span: found.span.start + lead..found.span.start + lead + shorter.len() })
}

/// Where a sentence ends: at a full stop before a capital, or where a reason is given.
fn sentence_end(line: &str) -> usize {
    let mut end = line.len();
    for mark in [". ", "! ", "。", "; "] {
        for (at, _) in line.match_indices(mark) {
            let next = line[at + mark.len()..].trim_start();
            if next.starts_with(char::is_uppercase) || mark == "。" {
                end = end.min(at);
                break;
            }
        }
    }
    for mark in [", because", " because ", ", since ", ", which ", ", it ", ", as "] {
        if let Some(at) = line.find(mark) {
            end = end.min(at);
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Option<String> {
        find(text).map(|f| f.text)
    }

    #[test]
    fn phrases() {
        assert_eq!(one("So the answer is 4.").as_deref(), Some("4"));
        assert_eq!(one("**Answer:** x = 4").as_deref(), Some("x = 4"));
        assert_eq!(one("The final answer is:\n$$\\frac12$$").as_deref(), Some("\\frac12"));
        assert_eq!(one("The answer is 3. We see that").as_deref(), Some("3"));
        assert_eq!(one("The answer is 2, because 1+1=2").as_deref(), Some("2"));
        assert_eq!(one("Answer is 1. But no: the answer is 2").as_deref(), Some("2"));
        assert_eq!(one("no such phrase"), None);
    }
}
