//! The store: one SQLite file a project, and the only room that says SQL.
//!
//! This file holds the ports and names no database; [`record`] holds what is kept. One thread owns the write connection;
//! what is acknowledged stays, also through kill -9. The room must not know how anything it keeps was made.

pub mod bands;
pub mod bulk;
pub mod filter;
pub mod fold;
pub mod plan;
pub mod record;
pub mod revision;
pub mod shape;
pub mod suspicion;
pub mod version;

mod error;
mod ids;
mod merge;
mod migrations;
mod open;
mod reader;
mod search;
mod sink;
mod write;
mod writer;

pub use ids::IdSet;
pub use merge::{Conflict, MergeReport};
pub use open::{Limits, OpenMode, Store};
pub use reader::{
    CandidateCell, DecidedOn, Facet, Interrupter, Latest, Lineage, Marks, Opinion, PairRow, PanelRow, Reader,
    ReplyView, ResponseCell, Spend, Spending, Standings, Step, StoredPair, Totals, Unread, VerdictMark, heed,
};

pub use write::candidates::is_shallow;

use async_trait::async_trait;

use crate::generator::Accepted;
use bands::NewBands;
use record::{CandidateRecord, NewReply, NewRun, Run, RunState, Spent, StoredReply};

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages name the fields")]
pub enum StoreError {
    /// The file is no store, or damaged.
    #[error("{path} is not a loong store ({message}); move it away or restore its backup")]
    NotAStore { path: String, message: String },
    /// Written by a newer loong.
    #[error("{path} was written by a newer loong (schema {found}, this one knows {known}); update loong")]
    Newer { path: String, found: i64, known: i64 },
    /// Written by an older loong, and open for reading alone, so that it cannot be migrated.
    #[error("{path} has the older schema {found}; open it once for writing, and it is copied and brought to {known}")]
    Older { path: String, found: i64, known: i64 },
    /// The disk is full.
    #[error("the disk that holds {path} is full; what was acknowledged is safe, free space and run again")]
    Full { path: String },
    /// Another process holds the write lock for too long.
    #[error("{path} is being written by another loong; wait for it or stop it")]
    Busy { path: String },
    /// The file cannot be opened or written.
    #[error("{path} cannot be used: {message}")]
    Io { path: String, message: String },
    /// A row that was asked for is not there.
    #[error("there is no {what}")]
    Missing { what: String },
    /// A candidate has something that this version cannot read.
    #[error(
        "candidate {candidate} cannot be read by this version of loong ({message}); update loong, and report it if that does \
         not help; the filter -id:{candidate} leaves it out"
    )]
    Unreadable { candidate: i64, message: String },
    /// What was asked does not make sense.
    #[error("{0}")]
    Invalid(String),
    /// A query was interrupted by its reader's [`Interrupter`].
    #[error("the query was interrupted")]
    Interrupted,
    /// The writer thread is gone.
    #[error("the store is closed")]
    Closed,
}

/// What the engine needs of a store. Every call returns after the write is committed.
#[async_trait]
pub trait Sink: Send + Sync {
    /// Opens a run, or resumes the newest unfinished one with the same recipe hash (its target becomes the new one).
    async fn open_run(&self, run: NewRun) -> Result<Run, StoreError>;

    /// The reply stored under a key, if there is one.
    async fn stored_reply(&self, key: &str) -> Result<Option<StoredReply>, StoreError>;

    /// Keeps a reply; the same key again returns the row that is there.
    async fn put_reply(&self, reply: NewReply) -> Result<StoredReply, StoreError>;

    /// Keeps a candidate whole, in one transaction, and returns its row. The same uid again changes nothing.
    async fn put_candidate(&self, candidate: CandidateRecord) -> Result<i64, StoreError>;

    /// Sets the state of a run.
    async fn close_run(&self, run_id: i64, state: RunState) -> Result<(), StoreError>;

    /// What a slot has chosen: `new` becomes it where it has chosen nothing yet. What is there stays.
    async fn choice(&self, run_id: i64, ordinal: u64, new: Option<String>) -> Result<Option<String>, StoreError>;

    /// The candidates of a run whose responses agree with their reference, by slot: a page of them with their rows, from
    /// behind this slot and row. No more is there where it is empty.
    async fn accepted(&self, run_id: i64, after: Option<(u64, i64)>) -> Result<Vec<(i64, Accepted)>, StoreError>;

    /// The same of these rows, whatever they amount to.
    async fn accepted_of(&self, candidates: &[i64]) -> Result<Vec<Accepted>, StoreError>;

    /// What the stored replies of a run used and cost, by role and model.
    async fn spent(&self, run_id: i64) -> Result<Vec<Spent>, StoreError>;

    /// Questions already there, for finding duplicates: a page of those that did not fail in the generate stage, with
    /// their rows, from behind row `after`. No more is there where it is empty.
    async fn questions(&self, after: i64) -> Result<Vec<(i64, String)>, StoreError>;

    /// The same of these rows, those that have one.
    async fn questions_of(&self, candidates: &[i64]) -> Result<Vec<(i64, String)>, StoreError>;

    /// Row of the last candidate whose bands are kept as they are made in this way; 0 where there are none.
    async fn banded(&self, way: u32) -> Result<i64, StoreError>;

    /// Keeps bands behind those that are there, and says up to which row there are any then: another one than theirs where
    /// somebody else was first.
    async fn put_bands(&self, bands: NewBands) -> Result<i64, StoreError>;

    /// Rows before `before`, upwards, of the candidates that stand in one of these bands, with their marks: of each band
    /// the [eldest](bands::OF_A_BAND).
    async fn sharing(&self, bands: &[u32], before: i64) -> Result<Vec<(i64, u64)>, StoreError>;
}
