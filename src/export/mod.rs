//! Export: the curated dataset, in the formats that trainers read.
//!
//! Candidates come in as [`CandidateView`](crate::store::record::CandidateView)s in id order; [`selection`] says which
//! of them belong in a dataset, a [`Format`] makes rows of them as their revisions have them, and an [`Exporter`] writes rows,
//! manifest and card. The same candidates and options give the same bytes.
//!
//! Candidates are read ahead on a thread of their own ([`feed()`]); rows become lines or columns. The manifest remembers
//! which candidates are in the files, so that a later export adds what is new, and tells what no longer holds.
//!
//! The room must not know how candidates were made, and never changes the store.

mod aside;
mod card;
mod chat;
mod columns;
mod error;
mod exporter;
mod feed;
mod format;
mod loong;
mod manifest;
mod members;
mod novelty;
mod options;
mod part;
mod place;
mod preference;
mod previous;
mod prompts;
mod raw;
mod reward;
mod rows;
pub mod selection;
#[cfg(feature = "parquet")]
mod table;
mod tally;
mod trial;
mod turns;

pub use columns::{Column, Kind};
pub use error::ExportError;
pub use exporter::Exporter;
pub use feed::feed;
pub use format::Format;
pub use manifest::{Against, CandidateCounts, FileFacts, Increment, Manifest, News};
pub use members::{Drift, ranges};
pub use options::{Duplicates, Encoding, ExportOptions, FormatName, Reasoning, RewardFor, WhichResponses};
pub use rows::{ExportRequest, Rows};
pub use selection::Skip;
pub use tally::Tally;
pub use trial::Trial;
