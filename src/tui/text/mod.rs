//! Text as a person reads it: cleaned, typeset, wrapped once, drawn by rows.
//!
//! Text in, rows out, pure and synchronous; whoever calls it does so off the screen's thread. What a model wrote is never
//! left out: what cannot be typeset is shown as it came. The room must not know what it shows.

mod answer;
mod code;
mod document;
mod environment;
mod factors;
mod find;
mod glyphs;
mod grid;
mod json;
mod latex;
mod markdown;
mod maths;
mod measure;
mod wrap;

pub use crate::words::some;
pub use answer::{answer, title};
pub use code::warm;
pub use document::{Document, Joint, Laid, Row, Span};
pub use find::{Searched, minds_case};
pub use measure::{cut, end, width};
pub use wrap::breaks;
