//! Candidates that this version cannot read: one of them must not keep all others from being read.

use crate::store::StoreError;
use crate::store::error::is_of_a_row;

/// Of these some are told.
const TOLD: usize = 20;

/// Candidates that were left out because they cannot be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unread {
    /// How many.
    pub candidates: u64,
    /// Some of them: its number, and why.
    pub first: Vec<(i64, String)>,
}

impl Unread {
    /// Whether all could be read.
    pub fn is_none(&self) -> bool {
        self.candidates == 0
    }

    /// Takes in what else was left out.
    pub fn add(&mut self, other: Self) {
        self.candidates += other.candidates;
        self.first.extend(other.first.into_iter().take(TOLD.saturating_sub(self.first.len())));
    }

    /// What was read of a candidate; none, and it is remembered, where something in it is to blame.
    pub(super) fn sort<T>(&mut self, candidate: i64, read: rusqlite::Result<T>) -> rusqlite::Result<Option<T>> {
        match read {
            Err(error) if is_of_a_row(&error) => {
                self.candidates += 1;
                if self.first.len() < TOLD {
                    self.first.push((candidate, error.to_string()));
                }
                Ok(None)
            }
            read => read.map(Some),
        }
    }

    /// All that was read, where nothing was left out.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub(super) fn refuse(self) -> Result<(), StoreError> {
        let first = self.first.into_iter().next();
        first.map_or(Ok(()), |(candidate, message)| Err(StoreError::Unreadable { candidate, message }))
    }
}
