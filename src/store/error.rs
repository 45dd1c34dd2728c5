//! How SQLite's failures become the store's sentences.

use std::path::Path;

use rusqlite::ErrorCode;

use super::StoreError;

/// The store's error for a failure of SQLite on the file at `path`.
pub(super) fn store_error(path: &Path, error: &rusqlite::Error) -> StoreError {
    let shown = path.display().to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full { path: shown },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy { path: shown },
        Some(ErrorCode::NotADatabase) => {
            StoreError::NotAStore { path: shown, message: "it is no SQLite database".into() }
        }
        Some(ErrorCode::DatabaseCorrupt) => {
            StoreError::NotAStore { path: shown, message: format!("it is damaged: {error}") }
        }
        Some(ErrorCode::OperationInterrupted) => StoreError::Interrupted,
        Some(ErrorCode::ReadOnly) => StoreError::Io { path: shown, message: "it is read-only".into() },
        Some(ErrorCode::ConstraintViolation) => StoreError::Invalid(format!("the store refused it: {error}")),
        _ if is_of_a_row(error) => {
            let message = format!(
                "a row of it cannot be read by this version ({error}); leave the file where it is, update loong, and report it \
                 if that does not help"
            );
            StoreError::Io { path: shown, message }
        }
        _ => StoreError::Io { path: shown, message: error.to_string() },
    }
}

/// Whether a word, number or text in a row is to blame, which this version cannot read: the rows beside it can be.
pub(super) fn is_of_a_row(error: &rusqlite::Error) -> bool {
    use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, Utf8Error};
    matches!(error, FromSqlConversionFailure(..) | InvalidColumnType(..) | IntegralValueOutOfRange(..) | Utf8Error(..))
}
