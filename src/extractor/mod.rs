//! Extractors: where in a free text the final answer stands.
//!
//! The room must not know what the answer means; [`crate::answer`] reads it. The strategies are tried in a fixed order,
//! the most explicit first; the same order serves both sides of a pair, for a reference may come in a box too.

mod boxed;
mod phrase;

use std::ops::Range;

use crate::words::words;

words! {
    /// Which strategy found the answer.
    pub enum How {
        /// `\boxed{…}` or `\fbox{…}`.
        Boxed = "boxed",
        /// The line after `####`.
        Hashes = "hashes",
        /// A JSON object's `answer` or `final_answer`.
        Json = "json",
        /// "The final answer is …", "Answer: …".
        Phrase = "phrase",
        /// A last line in bold.
        Bold = "bold",
        /// The only formula of a short sentence.
        Formula = "formula",
        /// The text is nothing but the answer.
        Whole = "whole",
        /// The last line, which is nothing but an answer.
        LastLine = "last_line",
    }
}

/// What is known of the answer before it is looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExtractOptions {
    /// Several answers are asked for: boxes that follow one another are one answer.
    pub several: bool,
}

/// A found answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extracted {
    /// The answer, trimmed. It may differ from the spanned text where several boxes were joined or JSON was unescaped.
    pub text: String,
    /// What found it.
    pub how: How,
    /// Where it stands, in bytes of the given text.
    pub span: Range<usize>,
}

/// Longest single line that is taken for an answer as a whole, in characters.
const WHOLE: usize = 200;
/// Longest last line that is taken for an answer, in characters.
const LINE: usize = 80;

/// Finds the final answer in a text; `None` when it has none.
///
/// ```
/// use loong::extractor::{ExtractOptions, extract};
/// let found = extract(r"So \boxed{\frac{1}{2}}.", &ExtractOptions::default());
/// assert_eq!(found.unwrap().text, r"\frac{1}{2}");
/// ```
pub fn extract(text: &str, options: &ExtractOptions) -> Option<Extracted> {
    let start = after_reasoning(text)?;
    let body = &text[start..];
    if body.trim().is_empty() {
        return None;
    }
    let (found, how) = boxed::find(body, options.several)
        .map(|f| (f, How::Boxed))
        .or_else(|| hashes(body).map(|f| (f, How::Hashes)))
        .or_else(|| json(body).map(|f| (f, How::Json)))
        .or_else(|| phrase::find(body).map(|f| (f, How::Phrase)))
        .or_else(|| bold(body).map(|f| (f, How::Bold)))
        .or_else(|| formula(body).map(|f| (f, How::Formula)))
        .or_else(|| whole(body).map(|f| (f, How::Whole)))
        .or_else(|| last_line(body).map(|f| (f, How::LastLine)))?;
    let Found { text: answer, span } = found;
    Some(Extracted { text: answer, how, span: start + span.start..start + span.end })
}

/// A text with where it stood.
struct Found {
    text: String,
    span: Range<usize>,
}

impl Found {
    /// The trimmed part of `text` in `span`; `None` when nothing is left.
    fn trimmed(text: &str, span: Range<usize>) -> Option<Self> {
        let part = &text[span.clone()];
        let inner = part.trim();
        let start = span.start + (part.len() - part.trim_start().len());
        (!inner.is_empty()).then(|| Self { text: inner.to_owned(), span: start..start + inner.len() })
    }
}

/// Where the text after the reasoning starts; `None` when the reasoning never ends.
pub fn after_reasoning(text: &str) -> Option<usize> {
    for (open, close) in [("<think>", "</think>"), ("<thinking>", "</thinking>")] {
        if let Some(at) = text.rfind(close) {
            return Some(at + close.len());
        }
        if text.trim_start().starts_with(open) {
            return None;
        }
    }
    Some(0)
}

fn hashes(text: &str) -> Option<Found> {
    let at = text.rfind("####")? + 4;
    let end = text[at..].find('\n').map_or(text.len(), |n| at + n);
    Found::trimmed(text, at..end)
}

/// The last JSON object of the text, bare or fenced, with a field that names the answer.
fn json(text: &str) -> Option<Found> {
    let trimmed = text.trim_end().trim_end_matches("```").trim_end();
    if !trimmed.ends_with('}') || !trimmed.contains("answer\"") || trimmed.len() > 1 << 20 {
        return None;
    }
    let start = text.find("```json").map(|at| at + 7).or_else(|| trimmed.find('{'))?;
    let object = trimmed.get(start..)?.trim();
    let value: serde_json::Value = serde_json::from_str(object).ok()?;
    let answer = value.get("final_answer").or_else(|| value.get("answer"))?;
    let answer = match answer {
        serde_json::Value::String(s) => s.trim().to_owned(),
        serde_json::Value::Null => return None,
        other => other.to_string(),
    };
    (!answer.is_empty()).then_some(Found { text: answer, span: start..trimmed.len() })
}

/// A last line that is bold from end to end, or a last line that ends in bold after a label.
fn bold(text: &str) -> Option<Found> {
    let trimmed = text.trim_end();
    let start = trimmed.rfind('\n').map_or(0, |n| n + 1);
    let line = trimmed[start..].trim_end_matches('.').trim();
    let inner = line.strip_prefix("**")?.strip_suffix("**")?;
    if inner.contains("**") || inner.trim().is_empty() || inner.chars().count() > WHOLE {
        return None;
    }
    let at = start + trimmed[start..].find("**")? + 2;
    Found::trimmed(text, at..at + inner.len())
}

/// The only formula between math delimiters in a sentence of one line that has no digit elsewhere.
fn formula(text: &str) -> Option<Found> {
    let line = text.trim();
    if line.contains('\n') || line.chars().count() > WHOLE || words(line) < 2 {
        return None;
    }
    for (open, close) in [("$", "$"), ("\\(", "\\)"), ("\\[", "\\]")] {
        let Some(start) = text.find(open).map(|at| at + open.len()) else { continue };
        let Some(end) = text[start..].find(close).map(|at| start + at) else { continue };
        let outside = [&text[..start - open.len()], &text[end + close.len()..]];
        if outside.iter().all(|o| !o.contains(['$', '\\', '=', '_', '^']) && !o.contains(|c: char| c.is_ascii_digit()))
        {
            return Found::trimmed(text, start..end);
        }
    }
    None
}

/// The text itself where it is one line of modest length, or one literal or formula over several lines.
fn whole(text: &str) -> Option<Found> {
    let trimmed = text.trim();
    let short = trimmed.len() <= 4 * WHOLE && trimmed.chars().count() <= WHOLE;
    if (short && !trimmed.contains('\n')) || is_literal(trimmed) {
        return Found::trimmed(text, 0..text.len());
    }
    None
}

/// Whether a text of any length is a formula or a literal: it starts and ends as one and has next to no words.
fn is_literal(text: &str) -> bool {
    let starts = text.starts_with(['[', '(', '{', '\\', '$', '-']) || text.starts_with(|c: char| c.is_ascii_digit());
    let starts = starts || ["Matrix", "array", "Union", "Interval"].iter().any(|h| text.starts_with(h));
    let ends = text.ends_with([']', ')', '}', '$', '\\']) || text.ends_with(|c: char| c.is_ascii_digit());
    starts && ends && !text.contains(". ") && words(text) <= 3 + text.len() / 40
}

/// Words of prose: runs of four or more letters that are neither commands nor quoted.
fn words(text: &str) -> usize {
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

fn last_line(text: &str) -> Option<Found> {
    let trimmed = text.trim_end();
    let start = trimmed.rfind('\n').map_or(0, |n| n + 1);
    let line = trimmed[start..].trim();
    let label = line.contains(':') && words(line) > 0;
    if line.chars().count() > LINE || words(line) > 1 || label || line.starts_with("```") {
        return None;
    }
    let has_value = line.chars().any(char::is_alphanumeric);
    if has_value { Found::trimmed(text, start..trimmed.len()) } else { None }
}
