//! Export: the curated dataset, in the formats that trainers read.
//!
//! Candidates come in as [`CandidateView`](crate::store::record::CandidateView)s in id order; [`selection`] says which
//! of them belong in a dataset, a [`Format`] makes rows of them as their revisions have them, and an [`Exporter`] writes rows,
//! manifest and card. The same candidates and options give the same bytes.
//!
//! The room must not know how candidates were made, and never changes the store.

mod card;
mod chat;
mod error;
mod exporter;
mod format;
mod loong;
mod manifest;
mod options;
mod place;
mod preference;
mod prompts;
mod raw;
pub mod selection;
mod split;
mod tally;
mod turns;

pub use error::ExportError;
pub use exporter::{ExportRequest, Exporter, Rows};
pub use format::Format;
pub use manifest::{CandidateCounts, FileFacts, Manifest};
pub use options::{Duplicates, ExportOptions, FormatName, Reasoning, WhichResponses};
pub use selection::Skip;
pub use tally::Tally;
