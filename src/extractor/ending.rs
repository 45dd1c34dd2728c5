//! How texts end: the last lines without chatter, and the answers that need no words because they stand there.

use std::sync::LazyLock;

use super::Found;
use super::shape::{self, head, is_literal, is_placeholder, starts_as_value, tail, words};
use super::vocabulary::Vocabulary;

/// Longest single line that is taken for an answer as a whole, in characters.
const WHOLE: usize = 200;
/// Longest last line that is taken for an answer, in characters.
const LINE: usize = 80;
/// Longest remark to the reader after the answer, in bytes.
const REMARK: usize = 400;
/// Longest displayed formula at the end, in bytes.
const DISPLAY: usize = 4_000;
/// Remarks that are taken off the end.
const REMARKS: usize = 8;

/// How remarks to the reader start, in lower case.
static CHATTER: LazyLock<Vocabulary> = LazyLock::new(|| {
    Vocabulary::new(&[
        "let me know|please let me know|i hope|hope this|hope that|feel free|please feel free|if you have",
        "if you need|if you'd like|if you would like|if you want|is there anything|would you like",
        "do you want|do you have|happy to help|glad to help|good luck|thank you|thanks for|have a great",
        "have a nice|does this|does that|note:|**note|*note|(note|disclaimer|q.e.d.|qed|---|***|___|\\qed",
        "$\\blacksquare$|$\\square$|∎|■|□|希望|如果你|如果您",
    ])
});

/// How refusals start, in lower case.
static REFUSALS: LazyLock<Vocabulary> = LazyLock::new(|| {
    Vocabulary::new(&[
        "i'm sorry|i am sorry|i’m sorry|sorry, but|i cannot answer|i can't answer|i can’t answer",
        "i cannot help|i can't help|i can’t help|i cannot assist|i can't assist|i'm unable|i am unable",
        "i’m unable|as an ai|i cannot provide",
    ])
});

/// Labels of the row or the column in a table that has the answer.
static RESULTS: LazyLock<Vocabulary> =
    LazyLock::new(|| Vocabulary::new(&["answer|final answer|result|final result|total|final|答案|sum|grand total"]));

/// How long a text is without remarks to the reader, marks of a proof's end and closing fences.
pub(super) fn without_remarks(text: &str) -> usize {
    let mut end = text.trim_end().len();
    for _ in 0..REMARKS {
        let start = text[..end].rfind('\n').map_or(0, |n| n + 1);
        let line = &text[start..end];
        let shorter = if line.len() <= REMARK { remark(line) } else { None };
        let Some(kept) = shorter else { break };
        let shorter = text[..start + kept].trim_end().len();
        if shorter == 0 {
            break;
        }
        end = shorter;
    }
    end
}

/// Bytes of a line that stand before a remark, if it has one.
fn remark(line: &str) -> Option<usize> {
    let lead = line.trim_start();
    let bare = lead.trim_start_matches(|c: char| !c.is_alphanumeric() && !"\\$*-_(∎■□".contains(c));
    if CHATTER.leads(lead).is_some() || CHATTER.leads(bare).is_some() {
        return Some(0);
    }
    // The same after the end of a sentence on the line.
    let hit = CHATTER.first(line).filter(|h| line.as_bytes()[h.start].is_ascii_alphabetic())?;
    let before = line[..hit.start].trim_end();
    before.ends_with(['.', '!', '?', '*', '$', '}']).then_some(before.len())
}

fn last_line(text: &str) -> (usize, &str) {
    let trimmed = text.trim_end();
    let start = trimmed.rfind('\n').map_or(0, |n| n + 1);
    (start, &trimmed[start..])
}

/// A last line that is bold from end to end, or whose only bold part is its answer.
pub(super) fn bold(text: &str) -> Option<Found> {
    let (start, line) = last_line(text);
    let line = head(line, 8 * WHOLE);
    let part = shape::bold(line)?;
    let inside = &line[part.clone()];
    let (before, after) = (&line[..part.start - 2], &line[part.end + 2..]);
    if shape::bold(after).is_some() || inside.trim().is_empty() || inside.chars().count() > WHOLE {
        return None;
    }
    let value = starts_as_value(inside);
    let alone = before.trim().is_empty() && after.trim().trim_end_matches('.').is_empty();
    let closing = after.trim_matches(|c: char| c.is_whitespace() || ".!".contains(c)).is_empty()
        && !before.trim_end().ends_with([':', '-', '*', '#']);
    let label = inside.trim_end().ends_with(':') || after.trim_start().starts_with(':');
    let counts = alone || !label && (closing && (value || words(inside) <= 3) || value && after.len() <= 60);
    if !counts || !alone && bullet(before) || label && alone || is_placeholder(inside) {
        return None;
    }
    Found::trimmed(text, start + part.start..start + part.start + inside.trim_end().trim_end_matches('.').len())
}

/// Whether a line starts as an item of a list or as a heading.
fn bullet(line: &str) -> bool {
    let line = line.trim_start();
    let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.starts_with(['-', '*', '+', '•', '#', '|']) || number.len() < line.len() && number.starts_with(['.', ')'])
}

/// The only formula between math delimiters in a sentence of one line that has no digit elsewhere.
pub(super) fn formula(text: &str) -> Option<Found> {
    let line = text.trim();
    if line.contains('\n') || line.len() > 4 * WHOLE || line.chars().count() > WHOLE || words(line) < 2 {
        return None;
    }
    for (open, close) in [("$", "$"), ("\\(", "\\)"), ("\\[", "\\]")] {
        let Some(start) = text.find(open).map(|at| at + open.len()) else { continue };
        let Some(end) = text[start..].find(close).map(|at| start + at) else { continue };
        let outside = [&text[..start - open.len()], &text[end + close.len()..]];
        let bare = |o: &&str| !o.contains(['$', '\\', '=', '_', '^']) && !o.contains(|c: char| c.is_ascii_digit());
        if outside.iter().all(bare) {
            return Found::trimmed(text, start..end);
        }
    }
    None
}

/// The text itself where it is one line of modest length, or one literal or formula over several lines.
pub(super) fn whole(text: &str) -> Option<Found> {
    let trimmed = text.trim();
    let short = trimmed.len() <= 4 * WHOLE && !trimmed.contains('\n') && trimmed.chars().count() <= WHOLE;
    if !short && !is_literal(trimmed)
        || is_placeholder(trimmed) && !is_empty_container(trimmed)
        || REFUSALS.leads(trimmed).is_some()
    {
        return None;
    }
    if let Some(literal) = said_of_it(trimmed) {
        let start = literal.as_ptr() as usize - text.as_ptr() as usize;
        return Found::trimmed(text, start..start + literal.len());
    }
    Found::trimmed(text, 0..text.len())
}

/// The literal in a sentence that says nothing else of what was asked: "It is 0.5." One of several words stays a sentence: it
/// may say "5 or 6", or "5 more".
fn said_of_it(sentence: &str) -> Option<&str> {
    let opens = |lead: &&&str| sentence.get(..lead.len()).is_some_and(|head| head.eq_ignore_ascii_case(lead));
    let lead = IT_IS.iter().find(opens)?;
    let said = sentence[lead.len()..].trim_end_matches(['.', '!']).trim();
    let inner = said.strip_prefix('$').and_then(|s| s.strip_suffix('$')).unwrap_or(said);
    (is_literal(said) && !inner.contains(['$', ' '])).then_some(said)
}

/// How a sentence opens that answers with what follows.
const IT_IS: [&str; 6] = ["it is ", "it's ", "it\u{2019}s ", "it equals ", "that is ", "that's "];

/// The displayed formula that the text ends in; of rows or a chain of equations, the last.
pub(super) fn display(text: &str) -> Option<Found> {
    let trimmed = text.trim_end_matches(|c: char| c.is_whitespace() || ".,".contains(c));
    for (open, close) in [("$$", "$$"), ("\\[", "\\]")] {
        let Some(inner) = trimmed.strip_suffix(close) else { continue };
        let window = tail(inner, DISPLAY);
        let at = inner.len() - window.len() + window.rfind(open)? + open.len();
        let mut inside = inner[at..].trim();
        for environment in ["align*", "align", "aligned", "gather*", "gathered", "equation*"] {
            let shell = inside
                .strip_prefix("\\begin{")
                .and_then(|t| t.strip_prefix(environment)?.strip_prefix('}'))
                .and_then(|t| t.trim_end().strip_suffix('}')?.strip_suffix(environment)?.strip_suffix("\\end{"));
            inside = shell.map_or(inside, |t| {
                let t = t.trim().trim_end_matches("\\\\").trim_end();
                t.rfind("\\\\").map_or(t, |row| &t[row + 2..]).trim()
            });
        }
        let value = last_side(inside);
        let value =
            value.trim_end_matches(|c: char| c.is_whitespace() || ".,".contains(c)).trim_start_matches(['&', ' ']);
        let start = value.as_ptr() as usize - text.as_ptr() as usize;
        return if is_placeholder(value) { None } else { Found::trimmed(text, start..start + value.len()) };
    }
    None
}

/// The last side of a chain of equations, and of an equation without a name on its left.
pub(super) fn last_side(formula: &str) -> &str {
    let mut depth = 0i32;
    let (mut signs, mut last) = (0, None);
    let bytes = formula.as_bytes();
    for (at, b) in formula.bytes().enumerate() {
        match b {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => depth -= 1,
            b'=' if depth == 0 && at > 0 && !matches!(bytes[at - 1], b'<' | b'>' | b'!' | b':' | b'=') => {
                signs += 1;
                last = Some(at + 1);
            }
            _ => {}
        }
    }
    let Some(last) = last else { return formula };
    let left = formula[..last - 1].trim();
    let named =
        left.trim_start_matches(['&', ' ']).starts_with(|c: char| c.is_alphabetic()) && !left.contains(['+', '*']);
    let side = formula[last..].trim();
    // Commas and joining words make separate equations of it.
    let several = formula.contains(',') || formula.contains("\\text") || formula.contains("\\quad");
    if side.is_empty()
        || several
        || signs == 1 && (named || left.starts_with('\\') || left.starts_with('&') && left.len() > 1)
    {
        return formula;
    }
    side
}

/// The result in the table that the text ends in.
pub(super) fn table(text: &str) -> Option<Found> {
    let (start, line) = last_line(text);
    let line = line.trim_end();
    if !line.starts_with('|') || !line.ends_with('|') || line.len() > REMARK {
        return None;
    }
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let label = cells.first()?.trim_matches(['*', ' ', ':']);
    let value = cells.last()?;
    if cells.len() < 2 || RESULTS.leads(label).is_none_or(|h| h.end < label.len()) && !only_row(text, start) {
        return None;
    }
    let value = value.trim_matches(['*', ' ']);
    let at = value.as_ptr() as usize - text.as_ptr() as usize;
    if is_placeholder(value) { None } else { Found::trimmed(text, at..at + value.len()) }
}

/// Whether the row that starts here is the only one under a heading whose last cell names a result.
fn only_row(text: &str, start: usize) -> bool {
    let mut above = tail(&text[..start], 2 * REMARK).trim_end().rsplit('\n');
    let ruler = above.next().unwrap_or_default().trim();
    let heading = above.next().unwrap_or_default().trim();
    let last = heading.trim_matches('|').rsplit('|').next().unwrap_or_default().trim_matches(['*', ' ']);
    ruler.starts_with('|') && ruler.chars().all(|c| "|-: ".contains(c)) && RESULTS.leads(last).is_some()
}

/// The last line where it is nothing but an answer.
pub(super) fn lone_line(text: &str) -> Option<Found> {
    let trimmed = text.trim_end();
    // The output in a closing fence; a program in one is no answer.
    let (inside, fenced) = match trimmed.strip_suffix("```") {
        Some(inner) if inner.ends_with('\n') => (inner.trim_end(), true),
        _ => (trimmed, false),
    };
    let start = inside.rfind('\n').map_or(0, |n| n + 1);
    let opening = inside[..start].trim_end();
    let plain = ["```", "```text", "```output", "```plaintext", "```math", "```latex"].iter().any(|f| {
        opening.ends_with(f) && (opening.len() == f.len() || opening[..opening.len() - f.len()].ends_with('\n'))
    });
    if fenced && !plain {
        return None;
    }
    let line = inside[start..].trim();
    let label = line.contains(':') && words(line) > 0;
    if line.len() > 4 * LINE || line.chars().count() > LINE || words(line) > 1 || label || line.starts_with("```") {
        return None;
    }
    let has_value = line.chars().any(char::is_alphanumeric) && !is_placeholder(line) && !line.starts_with(['|', '#']);
    if has_value { Found::trimmed(text, start..inside.len()) } else { None }
}

/// Whether a text is an empty container: `[]`, `{}`, `()`, one in another.
fn is_empty_container(text: &str) -> bool {
    !text.is_empty() && text.len() <= 8 && text.chars().all(|c| "[](){} ".contains(c)) && !text.contains("{}{")
}

/// Whether a line is LaTeX without a word in it, however long.
fn is_formula(line: &str) -> bool {
    if !line.contains('\\') {
        return false;
    }
    let (mut letters, mut command) = (0, false);
    let wordless = line.chars().all(|c| {
        if c.is_ascii_alphabetic() {
            letters += 1;
        } else {
            (letters, command) = (0, c == '\\');
        }
        c != '\n' && (letters < 3 || command)
    });
    wordless && !line.contains("\\boxed") && !line.contains("\\fbox") && !line.contains("\\text") && !line.contains('$')
}

/// Longest literal over several lines, in bytes.
const LITERAL: usize = 16 * 1024;

/// Whether a text of several lines is one literal or formula: every line break stands inside brackets, or nothing but
/// brackets is there.
pub(super) fn is_one_literal(text: &str) -> bool {
    let text = text.trim();
    if text.len() > LITERAL {
        return false;
    }
    if is_empty_container(text) {
        return true;
    }
    if is_formula(text) {
        return true;
    }
    if !text.contains('\n') {
        return false;
    }
    let (mut depth, mut broken) = (0i32, false);
    for c in text.chars() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            '\n' if depth <= 0 => return false,
            '\n' => broken = true,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    broken && depth == 0 && !text.contains("\\boxed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_go() {
        let kept = |t: &str| t[..without_remarks(t)].to_owned();
        assert_eq!(kept("**42**\n\nLet me know if you need more."), "**42**");
        assert_eq!(kept("It is **42**. I hope this helps!"), "It is **42**.");
        assert_eq!(kept("42\n\n---\n\n😊 Feel free to ask!\n∎"), "42");
        assert_eq!(kept("I hope so"), "I hope so");
        assert_eq!(kept("x = 3"), "x = 3");
    }

    #[test]
    fn chains_of_equations_end_in_their_value() {
        assert_eq!(last_side("3 + 4 = 7"), "7");
        assert_eq!(last_side("A = 3 \\cdot 4 = 12"), "12");
        assert_eq!(last_side("x = 5"), "x = 5");
        assert_eq!(last_side("x = 5, y = 6"), "x = 5, y = 6");
        assert_eq!(last_side("\\sum_{n=1}^3 n"), "\\sum_{n=1}^3 n");
        assert_eq!(last_side("a \\le 5"), "a \\le 5");
    }

    #[test]
    fn a_literal_that_a_sentence_says_of_it_is_the_answer() {
        let read = |t: &str| whole(t).map(|found| (found.text.clone(), t[found.span].to_owned()));
        for (text, literal) in [
            ("It is 0.5.", "0.5"),
            ("it's 1/2", "1/2"),
            ("  It\u{2019}s $\\frac{1}{2}$. ", "$\\frac{1}{2}$"),
            ("That is -3!", "-3"),
        ] {
            assert_eq!(read(text), Some((literal.to_owned(), literal.to_owned())), "{text}");
        }
        for text in
            ["It is 5 or 6.", "It is $5$ or $6$.", "It is not 5.", "It is 5 more.", "It is Paris.", "It is about 5."]
        {
            assert!(read(text).is_some_and(|(kept, _)| kept.starts_with("It is")), "{text}");
        }
    }
}
