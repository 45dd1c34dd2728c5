//! The extractor against a table of endings, its chains, and bounds on hostile texts.

mod bounds;
mod chains;
mod table;
