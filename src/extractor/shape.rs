//! What a found text looks like from outside: a value, a placeholder, prose. Its meaning is for [`crate::answer`].

use std::ops::Range;

use crate::answer::clean::digit;

/// Texts that stand for the answer where a prompt or a format is quoted, without brackets and in lower case.
const PLACEHOLDERS: &[&str] = &[
    "...",
    "answer></answer",
    "…",
    "\\ldots",
    "\\dots",
    "\\cdots",
    "\\square",
    "\\quad",
    "\\,",
    "\\ ",
    "\\phantom{0}",
    "___",
    "____",
    "?",
    "ans",
    "answer",
    "answer here",
    "the answer",
    "your answer",
    "your answer here",
    "your_answer",
    "your final answer",
    "your final answer here",
    "insert answer here",
    "final answer",
    "final answer here",
    "final_answer",
    "the final answer",
    "答案",
    "最终答案",
    "你的答案",
];

/// Longest placeholder in bytes, with brackets around it.
const LONGEST_PLACEHOLDER: usize = 48;

/// Whether a text only marks where an answer would stand.
pub(super) fn is_placeholder(text: &str) -> bool {
    let mut inner = text.trim();
    if inner.len() > LONGEST_PLACEHOLDER {
        return false;
    }
    for command in ["\\boxed{", "\\fbox{"] {
        inner = inner.trim_matches('$').strip_prefix(command).and_then(|t| t.strip_suffix('}')).unwrap_or(inner);
    }
    let quoted = inner.trim_matches(|c: char| c.is_whitespace() || "$\"'*`".contains(c));
    let bare = quoted.trim_matches(|c: char| c.is_whitespace() || "[]<>{}$\"'*`".contains(c));
    let bare = bare.trim_start_matches("\\text{");
    // Brackets with nothing in them are an empty set or list.
    if bare.is_empty() { quoted.is_empty() } else { PLACEHOLDERS.contains(&bare.to_lowercase().as_str()) }
}

/// Whether a text starts as numbers, formulas and equations do.
pub(super) fn starts_as_value(text: &str) -> bool {
    let bare = text.trim_start_matches(|c: char| c.is_whitespace() || "*_`~≈±+-−–([{<>≤≥$€£¥₹|=∅".contains(c));
    let mut chars = bare.chars();
    let Some(first) = chars.next() else { return false };
    let next = chars.next();
    if digit(first).is_some() || matches!(first, '∞' | 'π' | '√' | '½' | '①'..='⑳') {
        return true;
    }
    if first == '.' {
        return next.is_some_and(|n| digit(n).is_some());
    }
    if first == '\\' {
        return next.is_some_and(|n| n.is_ascii_alphabetic() || "${%([".contains(n));
    }
    first.is_alphabetic() && starts_as_equation(bare)
}

/// `x = …`, `x_1 = …`, `f(x) = …`.
fn starts_as_equation(text: &str) -> bool {
    let name = text.find(|c: char| !c.is_alphanumeric() && !"_{}(),'\\".contains(c)).unwrap_or(text.len());
    let rest = text[name..].trim_start();
    name <= 8 && rest.starts_with(['=', '≈', '<', '>', '≤', '≥'])
}

/// Whether a text of any length is a formula or a literal: it starts and ends as one and has next to no words.
pub(super) fn is_literal(text: &str) -> bool {
    let starts = text.starts_with(['[', '(', '{', '\\', '$', '-']) || text.starts_with(|c: char| c.is_ascii_digit());
    let starts = starts || ["Matrix", "array", "Union", "Interval"].iter().any(|h| text.starts_with(h));
    let ends = text.ends_with([']', ')', '}', '$', '\\']) || text.ends_with(|c: char| c.is_ascii_digit());
    starts && ends && !text.contains(". ") && words(text) <= 3 + text.len() / 40
}

/// Words of prose: runs of four or more letters that are neither commands nor quoted.
pub(super) fn words(text: &str) -> usize {
    let mut count = 0;
    let (mut run, mut command) = (0usize, false);
    for c in text.chars().chain([' ']) {
        if c.is_alphabetic() {
            run += 1;
            continue;
        }
        count += usize::from(run >= 4 && !command);
        run = 0;
        command = c == '\\' || c == '\'' || c == '"' || c == '{';
    }
    count
}

/// The first bold part of a text: the bytes between its marks. `**` after a letter or a digit is a power.
pub(super) fn bold(text: &str) -> Option<Range<usize>> {
    if !text.contains('*') {
        return None;
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, ')' | ']' | '}');
    let (open, _) = text.match_indices("**").find(|(at, _)| {
        let after = &text[at + 2..];
        !text[..*at].ends_with(is_name) && !after.is_empty() && !after.starts_with(char::is_whitespace)
    })?;
    let inside = &text[open + 2..];
    let (close, _) = inside.match_indices("**").find(|(at, _)| {
        let (before, after) = (&inside[..*at], &inside[at + 2..]);
        !before.is_empty()
            && !before.ends_with(char::is_whitespace)
            && !after.starts_with(|c: char| c.is_ascii_alphanumeric())
    })?;
    Some(open + 2..open + 2 + close)
}

/// The first bytes of a text, at most so many.
pub(super) fn head(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[..end]
}

/// The last bytes of a text, at most so many.
pub(super) fn tail(text: &str, most: usize) -> &str {
    let start = text.len().saturating_sub(most);
    let start = (start..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_start_as_values() {
        for text in
            ["5", "-3", "$x$ 3", "$5", "\\frac12", "**42**", "(1, 2)", "٣", "x = 4", "f(x) = 2", ".5", "≈ 3", "{1}"]
        {
            assert!(starts_as_value(text) != (text == "$x$ 3"), "{text}");
        }
        for text in ["", "in the table", "the same", "(see above)", "- as follows", "correct"] {
            assert!(!starts_as_value(text), "{text}");
        }
    }

    #[test]
    fn powers_are_not_bold() {
        let inside = |t: &'static str| bold(t).map(|r| &t[r]);
        assert_eq!(inside("it is **42** apples"), Some("42"));
        assert_eq!(inside("共有**858颗**糖果"), Some("858颗"));
        assert_eq!(inside("**a** and **b**"), Some("a"));
        for text in ["x**3 + 6*x**2", "2**10", "(a+b)**2 - c**2", "** a **", "**a", "****"] {
            assert_eq!(inside(text), None, "{text}");
        }
    }

    #[test]
    fn placeholders() {
        for text in ["", "...", "[Your answer]", "<answer>", "$\\boxed{}$", "\\boxed{...}", "{final answer}"] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["{}", "[]", "\\boxed{\\{\\}}", "7", "x", "\\boxed{7}", "answer 7", "n"] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
