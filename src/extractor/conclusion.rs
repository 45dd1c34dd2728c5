//! "Therefore, there are 42 apples": the value at which the last sentence arrives.

use std::ops::Range;
use std::sync::LazyLock;

use super::Found;
use super::ending::last_side;
use super::shape::{self, head, is_placeholder, starts_as_value, tail};
use super::vocabulary::Vocabulary;
use crate::answer::clean::digit;

/// Longest last paragraph that is looked at, in bytes.
const PARAGRAPH: usize = 600;

/// How conclusions start, in lower case.
static OPENINGS: LazyLock<Vocabulary> = LazyLock::new(|| {
    Vocabulary::new(&[
        // English
        "therefore|hence|thus|so|consequently|finally|in conclusion|in total|we conclude|we get|we have",
        // Spanish
        "we find|this gives|which gives|it follows|as a result|in summary|to conclude|that gives",
        "this means|por lo tanto|por tanto|entonces|así que|en conclusión|luego",
        // French
        "donc|ainsi|par conséquent|finalement|on obtient",
        // German
        "also|daher|somit|folglich|insgesamt|deshalb",
        // Portuguese, Italian
        "portanto|logo|assim|quindi|dunque|pertanto",
        // Russian
        "следовательно|Следовательно|итак|Итак|таким образом|Таким образом|поэтому|Поэтому",
        // Chinese, Japanese, Korean
        "因此|所以|故|综上|于是|したがって|よって|ゆえに|따라서|그러므로",
        "vậy",
    ])
});

/// How a change of mind starts, in lower case.
static CORRECTIONS: LazyLock<Vocabulary> = LazyLock::new(|| {
    Vocabulary::new(&[
        "actually|wait|no, |correction|it should be|rather, |on second thought|scratch that|sorry, ",
        "i mean|oops|hold on",
    ])
});

/// Words that stand before the value of a sentence.
const BEFORE: &[&str] = &[
    " is equal to ",
    " equals ",
    " comes to ",
    " is ",
    " are ",
    " was ",
    " were ",
    " be ",
    " to ",
    " es ",
    " son ",
    " est ",
    " sont ",
    " ist ",
    " sind ",
    " beträgt ",
    " é ",
    " è ",
    " are: ",
    " is: ",
    " gives ",
    " obtain ",
    " get ",
    " равно ",
    " равен ",
    "'s ",
    " = ",
    "是",
    "为",
    "等于",
    "得",
    "有",
    "选",
    "は",
    "은 ",
    "는 ",
    ": ",
    "：",
];

/// The value of the last sentence, where the sentence draws a conclusion.
pub(super) fn find(text: &str) -> Option<Found> {
    let start = if text.contains('\n') { text.rfind("\n\n").map_or(0, |n| n + 2) } else { 0 };
    let paragraph = tail(&text[start..], PARAGRAPH);
    let from = text.len() - paragraph.len();
    let (at, sentence) = last_sentence(paragraph);
    let lead = sentence.trim_start_matches(|c: char| c.is_whitespace() || "*_>#-".contains(c));
    let draws = OPENINGS.leads(lead).is_some() || CORRECTIONS.leads(lead).is_some();
    if !draws || sentence.trim_end().ends_with(['?', ':', '：']) {
        return None;
    }
    let skipped = sentence.len() - lead.len();
    let (value, within) = value(lead)?;
    let start = from + at + skipped + within;
    (!is_placeholder(&value)).then(|| Found { span: start..start + value.len(), text: value })
}

/// The last sentence of a paragraph and where it starts.
fn last_sentence(paragraph: &str) -> (usize, &str) {
    let end = paragraph.trim_end_matches(|c: char| c.is_whitespace() || ".!。*".contains(c)).len();
    let body = &paragraph[..end];
    let start = body.char_indices().rev().find_map(|(at, c)| match c {
        '\n' | '。' | '！' => Some(at + c.len_utf8()),
        ' ' if body[..at].ends_with(['.', '!', '?']) => Some(at + 1),
        _ => None,
    });
    let start = start.unwrap_or(0);
    (start, &paragraph[start..end])
}

/// The value in a sentence: its last formula or bold part, what follows its last verb, or its only number.
fn value(sentence: &str) -> Option<(String, usize)> {
    for (open, close) in [("**", "**"), ("$", "$"), ("\\(", "\\)")] {
        let part = if open == "**" { shape::bold(sentence) } else { last_part(sentence, open, close) };
        let Some(Range { start, end }) = part else { continue };
        let inside = &sentence[start..end];
        let after = sentence[end + close.len()..].trim();
        if after.len() > 60 || open == "**" && !starts_as_value(inside) || negated(&sentence[..start]) {
            return None;
        }
        // Several formulas are several answers, or a step and its result.
        let joined = sentence[..start].trim_end_matches(open).trim_end();
        if joined.ends_with(" and") || joined.ends_with(" or") || joined.ends_with(',') && joined.contains(open) {
            return None;
        }
        let side = last_side(inside).trim();
        let at = side.as_ptr() as usize - sentence.as_ptr() as usize;
        return (!side.is_empty()).then(|| (side.to_owned(), at));
    }
    let verb = BEFORE.iter().filter_map(|v| sentence.rfind(v).map(|at| at + v.len())).max();
    if let Some(at) = verb.filter(|at| !negated(&sentence[..*at])) {
        let rest = &sentence[at..];
        if starts_as_value(rest) && rest.len() <= 80 {
            let value = measured(rest);
            return Some((value.to_owned(), at));
        }
    }
    only_number(sentence)
}

/// What the last pair of marks has between them.
fn last_part(sentence: &str, open: &str, close: &str) -> Option<Range<usize>> {
    let end = sentence.rfind(close)?;
    let start = sentence[..end].rfind(open)? + open.len();
    (start < end).then_some(start..end)
}

/// Whether a sentence up to its value denies it.
fn negated(before: &str) -> bool {
    let before = tail(before, 24).to_ascii_lowercase();
    [" not ", "n't ", "n’t ", " never ", "不"].iter().any(|no| before.contains(no))
}

/// A value with the unit after it, without the clause that follows.
fn measured(rest: &str) -> &str {
    let first = rest.trim_start_matches('$');
    if !first.starts_with(|c: char| digit(c).is_some() || c == '-') {
        return rest.trim_end();
    }
    let words: Vec<&str> = rest.split_whitespace().collect();
    // A formula or a list goes on; a number has one word of unit.
    if words.len() <= 2 || rest.contains(['=', '+', '*', '/', '^', ',', '\\']) || rest.contains(" and ") {
        return rest.trim_end();
    }
    let second = words[1].as_ptr() as usize - rest.as_ptr() as usize + words[1].len();
    &rest[..second]
}

/// The only number of a sentence, with a sign of currency before it and a per cent sign or a unit after it.
fn only_number(sentence: &str) -> Option<(String, usize)> {
    let is_digit = |c: char| digit(c).is_some();
    let start = sentence.find(is_digit)?;
    let before = &sentence[..start];
    if negated(before) || before.ends_with(|c: char| c.is_alphabetic() || c == '^' || c == '_') && before.is_ascii() {
        return None;
    }
    let rest = &sentence[start..];
    let end = rest.find(|c: char| !is_digit(c) && !matches!(c, ',' | '.' | '/')).unwrap_or(rest.len());
    let number = rest[..end].trim_end_matches([',', '.', '/']);
    let after = &rest[number.len()..];
    if after.contains(is_digit)
        || after.contains(['=', '+', '^', '<', '>'])
        || before.contains(['=', '+', '<', '>', '\\'])
    {
        return None;
    }
    let sign = ["$", "€", "£", "¥", "₹", "-", "−"].iter().find(|s| before.ends_with(**s)).map_or(0, |s| s.len());
    let percent = ["%", "°", " %"].iter().find(|p| after.starts_with(**p)).map_or(0, |p| p.len());
    let word =
        head(after, 32).strip_prefix(' ').map_or(0, |w| 1 + w.find(|c: char| !c.is_alphabetic()).unwrap_or(w.len()));
    let length = number.len() + if percent > 0 { percent } else { word };
    Some((sentence[start - sign..start + length].trim_end().to_owned(), start - sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Option<String> {
        find(text).map(|f| f.text)
    }

    #[test]
    fn the_last_sentence_arrives_at_a_value() {
        assert_eq!(one("First 3.\n\nTherefore, $x = 5$.").as_deref(), Some("x = 5"));
        assert_eq!(one("3 + 4. So the total is 7.").as_deref(), Some("7"));
        assert_eq!(one("Thus, she has 42 apples left.").as_deref(), Some("42 apples"));
        assert_eq!(one("因此，x = 5。").as_deref(), Some("5"));
        assert_eq!(one("Hence the sum equals 3 + 4i").as_deref(), Some("3 + 4i"));
        assert_eq!(one("Therefore it is not 5."), None);
        assert_eq!(one("So 3 of the 4 are red."), None);
        assert_eq!(one("The total is 7."), None);
    }
}
