//! The screen without a terminal: keys in, picture out.

mod actions;
mod bench;
mod fixtures;
mod listing;
mod pictures;
mod text_safety;
