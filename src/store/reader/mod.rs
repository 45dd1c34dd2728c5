//! Reading: one connection that cannot write, and that can be interrupted.
//!
//! A reader sees the store as it was when its query began, whatever is written meanwhile.

mod bands;
mod choices;
pub(super) mod decisions;
mod facets;
mod latest;
mod lineage;
pub(super) mod opinions;
pub(super) mod pages;
pub(super) mod pairs;
mod plans;
pub(super) mod queue;
pub(super) mod replies;
mod since;
mod spending;
pub(super) mod spent;
mod standings;
pub(super) mod stored;
mod stretches;
pub(super) mod totals;
mod uids;
pub(super) mod unfinished;
mod unread;
mod values;
pub(super) mod versions;
pub(super) mod views;

use std::str::FromStr;
use std::sync::Arc;

use rusqlite::types::Type;
use rusqlite::{Connection, InterruptHandle, Row};

pub use facets::Facet;
pub use latest::Latest;
pub use lineage::{Lineage, Step};
pub use opinions::{Opinion, PanelRow};
pub use pairs::PairRow;
pub use replies::ReplyView;
pub use since::{DecidedOn, Marks};
pub use spending::Spending;
pub use standings::Standings;
pub use stored::{StoredPair, VerdictMark, heed};
pub use totals::{CandidateCell, ResponseCell, Spend, Totals};
pub use unread::Unread;

use super::StoreError;
use super::error::{is_of_a_row, store_error};
use super::open::Inner;
use crate::failure::UnknownWord;

/// A connection for reading, from [`super::Store::reader`]. Dropping it gives it back to be used again.
pub struct Reader {
    conn: Option<Connection>,
    home: Arc<Inner>,
    /// An [`Interrupter`] may outlive this reader, so the connection must not serve another.
    handed_out: bool,
}

/// Ends whatever query its reader is at, from any thread; that query fails with [`StoreError::Interrupted`].
pub struct Interrupter(InterruptHandle);

impl Interrupter {
    /// Ends the query that runs now, if one does.
    pub fn interrupt(&self) {
        self.0.interrupt();
    }
}

impl Reader {
    pub(super) fn new(conn: Connection, home: Arc<Inner>) -> Self {
        Self { conn: Some(conn), home, handed_out: false }
    }

    /// What ends this reader's queries from another thread.
    pub fn interrupter(&mut self) -> Interrupter {
        self.handed_out = true;
        Interrupter(self.connection().get_interrupt_handle())
    }

    /// The connection, which a reader has until it is dropped.
    #[allow(clippy::expect_used, reason = "only drop takes the connection")]
    pub(super) fn connection(&self) -> &Connection {
        self.conn.as_ref().expect("a reader has its connection until it is dropped")
    }

    /// Runs `work`, and says its failure as the store does.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        work(self.connection()).map_err(|e| store_error(&self.home.path, &e))
    }

    /// The same of work on a response: where something in a row is to blame, its candidate is named.
    fn read_of<T>(
        &self,
        response: i64,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        work(self.connection()).map_err(|error| {
            let sql = "SELECT candidate_id FROM response WHERE id = ?1";
            match self.connection().query_row(sql, [response], |row| row.get(0)) {
                Ok(candidate) if is_of_a_row(&error) => {
                    StoreError::Unreadable { candidate, message: error.to_string() }
                }
                _ => store_error(&self.home.path, &error),
            }
        })
    }

    /// Runs `work` in one transaction, so that all its queries see the same store.
    pub(super) fn read_one_state<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.read(|conn| {
            let tx = conn.unchecked_transaction()?;
            let done = work(conn)?;
            tx.commit()?;
            Ok(done)
        })
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(conn) = self.conn.take().filter(|c| !self.handed_out && c.is_autocommit()) {
            self.home.keep(conn);
        }
    }
}

/// A cell that holds a word of a closed vocabulary.
pub(super) fn word<T: FromStr<Err = UnknownWord>>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str().map_err(|e| unreadable(column, e))?;
    text.parse().map_err(|e| unreadable(column, e))
}

/// A cell that may hold a word of a closed vocabulary.
pub(super) fn maybe_word<T: FromStr<Err = UnknownWord>>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    let text = row.get_ref(column)?.as_str_or_null().map_err(|e| unreadable(column, e))?;
    text.map(|t| t.parse().map_err(|e| unreadable(column, e))).transpose()
}

/// A cell that holds JSON.
fn from_json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str().map_err(|e| unreadable(column, e))?;
    serde_json::from_str(text).map_err(|e| unreadable(column, e))
}

/// A failure kept in three columns that begin at `column`: stage, kind, message.
fn failure(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<crate::failure::Failure>> {
    let Some(stage) = maybe_word(row, column)? else { return Ok(None) };
    Ok(Some(crate::failure::Failure { stage, kind: word(row, column + 1)?, message: row.get(column + 2)? }))
}

/// The error for a cell that this version cannot make sense of.
fn unreadable(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}
