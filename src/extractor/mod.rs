//! Extractors: where in a free text the final answer stands.
//!
//! The room must not know what the answer means; [`crate::answer`] reads it. A [`Chain`] names the strategies in the
//! order in which they are tried, by default every one, the most explicit first. Each finds the last answer of its kind, passes over
//! placeholders, examples and remarks about the answer, and takes time in proportion to the text, whatever the text. An answer
//! that is taken back later gives way to the one in its place; a text that breaks off inside its answer has none.

mod boxed;
mod chain;
mod conclusion;
mod cue;
mod ending;
mod json;
mod marks;
mod phrase;
mod reasoning;
mod revision;
mod shape;
mod vocabulary;
mod wording;

use std::ops::Range;

pub use chain::{Chain, How};
pub use reasoning::after_reasoning;
use shape::words;

use crate::answer::clean::unmangle;

/// What is known of the answer before it is looked for, and how to look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExtractOptions {
    /// Several answers are asked for: boxes that follow one another are one answer.
    pub several: bool,
    /// Strategies to try, in order.
    pub chain: Chain,
}

/// A found answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extracted {
    /// The answer, trimmed. It may differ from the spanned text where several boxes were joined, JSON was unescaped or
    /// emphasis was taken out.
    pub text: String,
    /// What found it.
    pub how: How,
    /// Where it stands, in bytes of the given text.
    pub span: Range<usize>,
}

/// Finds the final answer in a text; `None` when it has none.
///
/// ```
/// use loong::extractor::{ExtractOptions, extract};
/// let found = extract(r"So \boxed{\frac{1}{2}}.", &ExtractOptions::default());
/// assert_eq!(found.unwrap().text, r"\frac{1}{2}");
/// ```
pub fn extract(text: &str, options: &ExtractOptions) -> Option<Extracted> {
    if text.contains(['\u{8}', '\u{c}']) {
        // Commands whose backslash a reader took for an escape; places in the mended text are none in this one.
        let found = extract(&unmangle(text).replace(['\u{8}', '\u{c}'], ""), options)?;
        return Some(Extracted { span: 0..text.len(), ..found });
    }
    let start = after_reasoning(text)?;
    let reply = &text[start..];
    let reply = &reply[..reasoning::end_of_turn(reply)];
    if reply.trim().is_empty() {
        return None;
    }
    if options.chain.as_slice().contains(&How::Whole) && ending::is_one_literal(reply) {
        let lead = reply.len() - reply.trim_start().len();
        let found = Found::trimmed(reply, lead..reply.trim_end().len())?;
        let span = start + found.span.start..start + found.span.end;
        return Some(Extracted { text: found.text, how: How::Whole, span });
    }
    // Without its last remarks; but an answer may be marked in them.
    let body = &reply[..ending::without_remarks(reply)];
    for how in options.chain.as_slice() {
        match try_one(*how, reply, body, options.several) {
            Search::Found(found) => {
                let Found { text: answer, span } = revised(reply, found, *how);
                return Some(Extracted { text: answer, how: *how, span: start + span.start..start + span.end });
            }
            Search::Nothing => {}
            Search::Cut => return None,
        }
    }
    None
}

fn try_one(how: How, reply: &str, body: &str, several: bool) -> Search {
    match how {
        How::Boxed => boxed::find(reply, several),
        How::Tag => marks::tag(reply, body),
        How::Hashes => marks::hashes(body).into(),
        How::Json => json::find(reply),
        How::Phrase => phrase::find(body),
        How::Bold => ending::bold(body).into(),
        How::Formula => ending::formula(body).into(),
        How::Conclusion => conclusion::find(body).into(),
        // What is left of prose without its last remark is not all that was said.
        How::Whole if body.len() < reply.trim_end().len() && words(body) > 4 => Search::Nothing,
        How::Whole => ending::whole(body).into(),
        How::Display => ending::display(body).into(),
        How::Table => ending::table(body).into(),
        How::LastLine => ending::lone_line(body).into(),
    }
}

/// The answer that stands in place of this one, where the reply takes this one back.
fn revised(reply: &str, found: Found, how: How) -> Found {
    if !how.is_marked() {
        return found;
    }
    let end = found.span.end.min(reply.len());
    let Some(from) = revision::start(&reply[end..]).map(|at| end + at) else { return found };
    revision::find(&reply[from..]).map_or(found, |later| later.shifted(from))
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

    /// The same in a text in which the searched one starts at this byte.
    fn shifted(self, by: usize) -> Self {
        Self { text: self.text, span: self.span.start + by..self.span.end + by }
    }
}

/// What a strategy comes to.
enum Search {
    Found(Found),
    Nothing,
    /// The text breaks off inside the answer that it announced: there is none, by whatever strategy.
    Cut,
}

impl From<Option<Found>> for Search {
    fn from(found: Option<Found>) -> Self {
        found.map_or(Self::Nothing, Self::Found)
    }
}
