//! Rows as they come out of a file, some at a time.

use std::io;
use std::ops::Range;

use serde_json::{Map, Value};

use super::json;

/// Bytes that are split off together, about: some hundred rows, so that threads have work and nothing waits long.
pub(super) const CHUNK: usize = 256 << 10;

/// A row as an object, or why it is none.
pub(super) type ReadRow = Result<Map<String, Value>, String>;

/// What is read in one go.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    /// The rows, in order.
    pub(super) rows: Rows,
    /// Rows that could not even be split off: their number, and why.
    pub(super) bad: Vec<(u64, String)>,
}

/// Rows, as far as they are read.
#[derive(Debug)]
pub(super) enum Rows {
    /// Texts of JSON objects within these bytes, each with its number.
    Json(Vec<u8>, Vec<(u64, Range<usize>)>),
    /// Objects, each with its number.
    Read(Vec<(u64, Map<String, Value>)>),
}

impl Default for Rows {
    fn default() -> Self {
        Self::Read(Vec::new())
    }
}

impl Rows {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Json(_, rows) => rows.len(),
            Self::Read(rows) => rows.len(),
        }
    }

    /// Each row as an object, or why it is none.
    pub(super) fn objects(self, skip: &[&str]) -> Vec<(u64, ReadRow)> {
        match self {
            Self::Json(bytes, rows) => {
                rows.into_iter().map(|(number, at)| (number, json::object(&bytes[at], skip))).collect()
            }
            Self::Read(rows) => rows.into_iter().map(|(number, row)| (number, Ok(row))).collect(),
        }
    }
}

/// What splits a file into rows.
pub(super) trait Source: Send {
    /// The next rows; `None` at the end.
    fn next(&mut self) -> io::Result<Option<Chunk>>;
}

/// What is said of a row that is too long.
pub(super) fn too_long() -> String {
    format!("it is longer than {} MiB", super::input::LONGEST >> 20)
}
