//! Options of a multiple-choice question: by letter, or by the option's text.

use super::{plain, tokens};
use crate::answer::words;
use crate::verifier::Tier;
use crate::verifier::finding::{Around, Finding};

/// Option letters, with the options' texts where they are known; `None` where neither side names an option.
pub(in crate::verifier) fn option(reference: &str, response: &str, around: &Around) -> Option<Finding> {
    let (a, b) = (index(reference, around.options, false)?, index(response, around.options, true));
    let letter = |i: usize| char::from(b'A' + u8::try_from(i).unwrap_or(0));
    match b {
        Some(b) if a == b => Some(Finding::same(Tier::Text, format!("both are option {}", letter(a)))),
        Some(b) => Some(Finding::different(
            Tier::Text,
            format!("the reference is option {} and the response option {}", letter(a), letter(b)),
        )),
        None => None,
    }
}

/// Which option a text names, by letter or by the option's text.
fn index(text: &str, options: &[String], sentence: bool) -> Option<usize> {
    let unwrapped = plain(text);
    let letter = |c: char| (c.is_ascii_uppercase()).then(|| usize::from(c as u8 - b'A'));
    if !options.is_empty() {
        let wanted = tokens(&unwrapped);
        if let Some(i) = options.iter().position(|o| !wanted.is_empty() && tokens(&plain(o)) == wanted) {
            return Some(i);
        }
        if let Some(i) = words::option_letter(&unwrapped).and_then(letter).filter(|i| *i < options.len()) {
            return Some(i);
        }
    }
    // Without options a letter must look like one: a capital from A to J, alone or marked.
    let mark = unwrapped.trim_start_matches(['(', '[', '*', ' ']);
    let mut chars = mark.chars();
    let first = chars.next().filter(|c| ('A'..='J').contains(c))?;
    let rest = chars.as_str();
    let alone = rest.chars().all(|c| ").]:,;*! ".contains(c));
    let marked = sentence
        && (rest.starts_with([')', '.', ':', ']']) || rest.starts_with(|c: char| !c.is_ascii() && c.is_alphabetic()));
    // "A) is wrong; B) is right", "(A) or (B)": it names more than one, or takes the first back.
    let others = rest.as_bytes().windows(2).any(|w| (b'A'..=b'J').contains(&w[0]) && w[1] == b')');
    let told = rest.trim_start_matches([')', '.', ':', ']', ' ']);
    if marked && (others || ["is wrong", "is incorrect", "is not", "or ("].iter().any(|w| told.starts_with(w))) {
        return None;
    }
    let index = letter(first)?;
    (alone && rest.chars().count() <= 3 || marked && (options.is_empty() || index < options.len())).then_some(index)
}
