//! `\boxed{…}`: the last one, with balanced braces; in one pass, whatever the text.

use std::ops::Range;

use super::shape::{head, is_placeholder, tail};
use super::{Found, Search};

/// Words between boxes that make one answer of them.
const JOINING: &[&str] =
    &["and", "or", "text", "quad", "qquad", "for", "part", "a", "b", "c", "papers", "mathrm", "also", "textbf"];

/// Words right before a box that only shows what a box looks like.
const EXAMPLES: &[&str] = &[
    "e.g.",
    "e.g.,",
    "for example",
    "for example,",
    "for instance",
    "for instance,",
    "such as",
    "like",
    "like this:",
    "like so:",
    "in the form",
    "of the form",
    "in the format",
    "the format",
    "例如",
];

/// Words that open what stands right after a box and belongs to it.
const UNITS: &[&str] = &["\\text{", "\\mathrm{", "\\textrm{", "\\text {", "\\mathrm {"];

/// One box: where its command starts, and what is inside.
struct Boxed {
    command: usize,
    inside: Range<usize>,
}

/// The last box that has an answer in it; with `several`, it and those right before it.
pub(super) fn find(text: &str, several: bool) -> Search {
    let Some(first) = first(text) else { return Search::Nothing };
    let (mut boxes, cut) = all(text, first);
    if cut {
        return Search::Cut;
    }
    while boxes.last().is_some_and(|b| denied(text, b)) {
        boxes.pop();
    }
    let Some(last) = boxes.last() else { return Search::Nothing };
    let mut first = boxes.len() - 1;
    if several {
        while first > 0 && adjoining(&text[boxes[first - 1].inside.end + 1..boxes[first].command]) {
            first -= 1;
        }
    }
    if first + 1 < boxes.len() {
        let joined = boxes[first..].iter().map(|b| text[b.inside.clone()].trim()).collect::<Vec<_>>().join(", ");
        return Search::Found(Found { text: joined, span: boxes[first].command..last.inside.end + 1 });
    }
    let Some(mut found) = Found::trimmed(text, last.inside.clone()) else { return Search::Nothing };
    if let Some(unit) = text.get(last.inside.end + 1..).and_then(unit) {
        found.text.push_str(unit);
        found.span = last.command..last.inside.end + 1 + unit.len();
    }
    Search::Found(found)
}

/// Whether the words around a box take it back: "not \boxed{5}", "\boxed{5} is wrong".
fn denied(text: &str, one: &Boxed) -> bool {
    let marks = |c: char| c.is_whitespace() || "$*(\\[".contains(c);
    let before = tail(&text[..one.command], 48).trim_end_matches(marks).to_ascii_lowercase();
    let after = text.get(one.inside.end + 1..).map_or("", |t| head(t, 48));
    let after = after.trim_start_matches(|c: char| c.is_whitespace() || "$*)\\],(".contains(c)).to_ascii_lowercase();
    let refused = [
        " not",
        "n't",
        "n't be",
        "n't put",
        " not be",
        "cannot be",
        "it is false that the answer is",
        "wrong answer is",
    ];
    let taken_back = [
        "is wrong",
        "is incorrect",
        "is not correct",
        "is not right",
        "is not the",
        "is false",
        "was wrong",
        "which is wrong",
        "which is incorrect",
        "this is not",
    ];
    refused.iter().any(|r| before.ends_with(r)) || taken_back.iter().any(|t| after.starts_with(t))
}

/// Where the first command that may be a box stands.
fn first(text: &str) -> Option<usize> {
    if !text.contains('\\') && !text.contains('\u{8}') {
        return None;
    }
    let at = text.find("oxed").into_iter().chain(text.find("\\fbox")).min()?;
    // The letter and the backslash before it.
    let from = at.saturating_sub(2);
    (from..=at).find(|at| text.is_char_boundary(*at))
}

/// Whether nothing but joining words stands between two boxes.
fn adjoining(between: &str) -> bool {
    between.len() <= 60
        && !between.contains("\n\n")
        && between.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()).all(|w| JOINING.contains(&w))
}

/// A unit or a sign right after a box, in the same formula.
fn unit(after: &str) -> Option<&str> {
    let mut rest = after;
    for _ in 0..3 {
        rest = ["\\,", "\\;", "\\ ", "~", " "].iter().find_map(|s| rest.strip_prefix(s)).unwrap_or(rest);
    }
    let skipped = after.len() - rest.len();
    for sign in ["\\%", "%", "^\\circ", "^{\\circ}", "°"] {
        if rest.starts_with(sign) {
            return Some(&after[..skipped + sign.len()]);
        }
    }
    let open = UNITS.iter().find(|u| rest.starts_with(**u))?;
    let close = head(&rest[open.len()..], 24).find('}')?;
    let name = rest[open.len()..][..close].trim();
    let mut words = name.split_whitespace();
    let few = words.next().is_some() && words.nth(1).is_none();
    let unit =
        name.chars().all(|c| c.is_alphanumeric() || " /^-.²³°%µ".contains(c)) && name.contains(char::is_alphabetic);
    let exponent = rest[open.len() + close + 1..]
        .strip_prefix('^')
        .map_or(0, |e| 1 + usize::from(e.starts_with(|c: char| c.is_ascii_digit())));
    let joins = name
        .split_whitespace()
        .any(|w| JOINING[..2].contains(&w) || matches!(w, "is" | "are" | "if" | "when" | "where"));
    (few && unit && !joins).then(|| &after[..skipped + open.len() + close + 1 + if exponent == 2 { 2 } else { 0 }])
}

/// Length of the box command that the text starts with, up to and with its opening brace. A backspace is what is left of
/// `\b` after a reader took it for an escape.
fn command(rest: &str) -> Option<usize> {
    let name = ["\\boxed", "\\fbox", "\u{8}oxed"].into_iter().find(|c| rest.starts_with(c))?;
    let after = rest[name.len()..].trim_start();
    after.starts_with('{').then(|| rest.len() - after.len() + 1)
}

/// Every outermost box with an answer in it, in order; and whether the text breaks off inside a box.
fn all(text: &str, from: usize) -> (Vec<Boxed>, bool) {
    let bytes = text.as_bytes();
    let mut open: Vec<(usize, usize, usize)> = Vec::new(); // depth inside, command, inside
    let mut found: Vec<Boxed> = Vec::new();
    let mut depth = 0usize;
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' | 8 => {
                if let Some(length) = command(&text[at..]) {
                    depth += 1;
                    open.push((depth, at, at + length));
                    at += length;
                    continue;
                }
                // An escaped brace is a character; a doubled backslash before a command is one that was escaped once
                // too often.
                let doubled = bytes[at + 1..].starts_with(b"\\boxed") || bytes[at + 1..].starts_with(b"\\fbox");
                at += if !doubled && bytes.get(at + 1).is_some_and(u8::is_ascii) { 2 } else { 1 };
                continue;
            }
            b'{' => depth += 1,
            b'}' => {
                if let Some((level, command, inside)) = open.last().copied()
                    && level == depth
                {
                    open.pop();
                    if !is_placeholder(&text[inside..at]) && !is_example(text, command) {
                        // An outer box closes after its inner ones and replaces them.
                        while found.last().is_some_and(|b| b.command > command) {
                            found.pop();
                        }
                        found.push(Boxed { command, inside: inside..at });
                    }
                }
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        at += 1;
    }
    let unclosed = open.last().map(|(_, command, inside)| (*command, *inside));
    let cut = unclosed.is_some_and(|(command, inside)| {
        found.last().is_none_or(|b| b.command < command)
            && match unclosed_box(&text[inside..]) {
                Unclosed::Formula(length) => {
                    found.push(Boxed { command, inside: inside..inside + length });
                    false
                }
                Unclosed::Mention => false,
                Unclosed::Cut => true,
            }
    });
    (found, cut)
}

/// What a box is that never closes.
enum Unclosed {
    /// A brace was forgotten: its formula ends after so many bytes.
    Formula(usize),
    /// The command is only named.
    Mention,
    /// The text breaks off.
    Cut,
}

fn unclosed_box(inside: &str) -> Unclosed {
    let line = head(inside.split('\n').next().unwrap_or_default(), 400);
    let end = ["$", "\\)", "\\]"].iter().filter_map(|close| line.find(close)).min();
    if let Some(end) = end.filter(|end| !is_placeholder(&line[..*end]) && balanced(&line[..*end])) {
        return Unclosed::Formula(end);
    }
    let mention = inside.starts_with(['`', '"', '\'', '.', '…', '’', '”']) || inside.contains("\n\n");
    if mention { Unclosed::Mention } else { Unclosed::Cut }
}

fn balanced(text: &str) -> bool {
    let mut depth = 0i32;
    for b in text.bytes() {
        depth += i32::from(b == b'{') - i32::from(b == b'}');
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

/// Whether the box is given as an example of a box.
fn is_example(text: &str, command: usize) -> bool {
    let before = tail(&text[..command], 32);
    let before =
        before.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '$' | '`' | '"' | '\'' | '(' | '\\'));
    let lower = before.to_lowercase();
    EXAMPLES
        .iter()
        .any(|e| lower.strip_suffix(e).is_some_and(|lead| !lead.ends_with(char::is_alphanumeric) || !e.is_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Option<String> {
        match find(text, false) {
            Search::Found(found) => Some(found.text),
            _ => None,
        }
    }

    #[test]
    fn the_last_box_counts() {
        assert_eq!(one(r"\boxed{1} then \boxed{2}").as_deref(), Some("2"));
        assert_eq!(one(r"Put it in \boxed{}. \boxed{7}").as_deref(), Some("7"));
        assert_eq!(one(r"\boxed{7}, as asked in \boxed{}").as_deref(), Some("7"));
        assert_eq!(one(r"\boxed{\text{a }\boxed{b}}").as_deref(), Some(r"\text{a }\boxed{b}"));
        assert_eq!(one(r"\boxed{\{1, 2\}}").as_deref(), Some(r"\{1, 2\}"));
        assert_eq!(one(r"\boxed{1"), None);
    }

    #[test]
    fn a_unit_right_after_a_box_belongs_to_it() {
        assert_eq!(one(r"$\boxed{5}\text{ cm}^2$").as_deref(), Some(r"5\text{ cm}^2"));
        assert_eq!(one(r"$\boxed{50}\%$").as_deref(), Some(r"50\%"));
        assert_eq!(one(r"$\boxed{5} \text{ and } \boxed{6}$").as_deref(), Some("6"));
        assert_eq!(one(r"$\boxed{5}\text{ is what we found}$").as_deref(), Some("5"));
    }

    #[test]
    fn several_boxes_are_one_answer_where_a_list_is_asked() {
        let several = |text: &str| match find(text, true) {
            Search::Found(found) => Some(found.text),
            _ => None,
        };
        assert_eq!(several(r"$\boxed{3}$ and $\boxed{4}$").as_deref(), Some("3, 4"));
        assert_eq!(several(r"first \boxed{3} which gives later \boxed{4}").as_deref(), Some("4"));
    }
}
