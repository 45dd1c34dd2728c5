//! Texts that say the same: questions that are nearly one, and questions that stand in files which a dataset must keep away
//! from.
//!
//! Texts are compared as words, normalised. The loop asks before a candidate is made, an export before it is written; both
//! ask here, so that they never disagree. The room must not know whose texts they are.

mod contamination;
mod sketch;
mod words;

pub use contamination::{Contamination, ContaminationError, Found, Grams};
pub use sketch::{ALIKE, Sketch, Sketches, WAY};
