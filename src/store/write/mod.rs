//! What each write does to the tables, inside a transaction that the writer thread opens and commits.
//!
//! Nothing here waits, retries or knows about threads.

pub(super) mod bands;
pub(super) mod bulk;
pub(super) mod bulk_decisions;
pub(super) mod candidates;
pub(super) mod choices;
pub(super) mod decisions;
pub(super) mod plans;
pub(super) mod replies;
pub(super) mod runs;
pub(super) mod seconds;
pub(super) mod standing;
pub(super) mod suspicion;
pub(super) mod turning;
pub(super) mod verdicts;
pub(super) mod versions;

use std::path::Path;

use super::StoreError;
use super::error::store_error;

/// Why a write was not done.
pub(super) enum Refusal {
    /// SQLite failed.
    Sql(rusqlite::Error),
    /// The write itself is at fault.
    Fault(StoreError),
}

impl Refusal {
    /// As the store says it.
    pub(super) fn told(self, path: &Path) -> StoreError {
        match self {
            Self::Sql(error) => store_error(path, &error),
            Self::Fault(error) => error,
        }
    }

    pub(in crate::store) fn invalid(message: impl Into<String>) -> Self {
        Self::Fault(StoreError::Invalid(message.into()))
    }

    pub(super) fn missing(what: impl Into<String>) -> Self {
        Self::Fault(StoreError::Missing { what: what.into() })
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

/// JSON of a value that has no way to fail.
fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
