//! Why an import cannot begin, or cannot go on.

use crate::store::StoreError;

/// Why an import cannot begin, or cannot go on. What was committed before stays.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages name the fields")]
pub enum RolloutError {
    /// The file cannot be opened or read.
    #[error("{file} cannot be read: {message}")]
    Unreadable { file: String, message: String },
    /// The file is of no format that is known.
    #[error("{file} {message}")]
    Unknown { file: String, message: String },
    /// A `--map` that makes no sense.
    #[error("--map {map} {message}")]
    Map { map: String, message: String },
    /// A field that has to be there.
    #[error("no field of {file} looks like a {field}; name it with --map {field}=PATH")]
    Missing { file: String, field: &'static str },
    /// More bad rows than are borne.
    #[error("{file} has more than {most} bad rows; --max-bad bears more, --map or --format may be what is wrong")]
    TooManyBad { file: String, most: u64 },
    /// The store could not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The machine gave no thread.
    #[error("no thread for importing: {0}")]
    Thread(String),
}

impl RolloutError {
    /// Whether the command, not the machine or the file's middle, is to be put right.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Unknown { .. } | Self::Map { .. } | Self::Missing { .. })
    }
}
