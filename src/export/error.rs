//! Why an export could not be made.

use std::io;
use std::path::PathBuf;

use super::options::{FormatName, RewardFor};
use crate::store::StoreError;

/// Why an export could not be made. Nothing that was there before is changed by a failed export.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages name the fields")]
pub enum ExportError {
    /// A file that would be written is there.
    #[error("{} exists already; choose another name, or say --overwrite", path.display())]
    Exists { path: PathBuf },
    /// It is a store, or a project's own file.
    #[error("{} is a store or a project's own file, and is not written over; choose another name", path.display())]
    Precious { path: PathBuf },
    /// The name is that of a folder, a device or a pipe.
    #[error("{} is not a file; name a file, or `-` for standard output", path.display())]
    NotAFile { path: PathBuf },
    /// The folder is not there.
    #[error("there is no folder {}; make it first, or choose another name", path.display())]
    NoFolder { path: PathBuf },
    /// Everything would go into a format that promises correct rows.
    #[error(
        "--all takes also what failed or was refuted, which a {format} dataset must not hold; it goes with --format raw only"
    )]
    AllIsForRaw { format: FormatName },
    /// The format has no field of its own for reasoning.
    #[error("{format} has no field for reasoning; say --reasoning think or drop, or take another format")]
    NoFieldForReasoning { format: FormatName },
    /// Two parts were asked for where there is room for one.
    #[error("a test part is a file of its own, and standard output is one; name a file with --to")]
    TestNeedsFile,
    /// Every row would be in the test part.
    #[error("every family falls into the test part, and nothing is left to train on; ask for a smaller one")]
    OnlyTest,
    /// Nothing was selected.
    #[error("there is nothing to export: {0}; nothing was written")]
    Nothing(String),
    /// The caller's candidates came out of order, so that the same store would not always give the same file.
    #[error("candidate {id} came after candidate {after}; export them in the order of their ids")]
    Order { id: i64, after: i64 },
    /// This program writes no Parquet.
    #[error("this loong was built without Parquet; export .jsonl, or build it with the feature `parquet`")]
    NoParquet,
    /// Columns are written to a file.
    #[error("Parquet is written to a file and not to standard output; name one with --to")]
    ParquetNeedsFile,
    /// The rows are not those that the reward function reads.
    #[error("--reward {reward} is for rows of --format {format}; export that, or leave the reward function out")]
    RewardNeeds { reward: RewardFor, format: FormatName },
    /// What is there was exported otherwise.
    #[error(
        "the last export to {} was another one ({what}); export it as then, choose another name, or say --overwrite instead \
         of --since-last",
        path.display()
    )]
    OtherExport { path: PathBuf, what: String },
    /// What the manifest speaks of is not there.
    #[error(
        "{} is not as its manifest has it, so that what is new can't be told; put it back, or say --overwrite instead of \
         --since-last",
        path.display()
    )]
    NotAsWritten { path: PathBuf },
    /// A part's place is taken by something that the manifest does not name.
    #[error(
        "{} is there, and the manifest doesn't name it: an export that was killed may have left it; move it away and \
         export again",
        path.display()
    )]
    NotNamed { path: PathBuf },
    /// The manifest can't be used.
    #[error(
        "{} doesn't say what the last export wrote ({message}); say --overwrite instead of --since-last, once",
        path.display()
    )]
    NoMemory { path: PathBuf, message: String },
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Writing failed.
    #[error("{} could not be written ({source}); free space or choose another place, and export again", path.display())]
    Io { path: PathBuf, source: io::Error },
}

impl ExportError {
    /// Whether the reader of standard output has gone, which is no fault to talk about.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::BrokenPipe)
    }
}
