//! One file of rows, as it is written: encoded, counted and hashed on the way.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::columns::Column;
use super::error::ExportError;
use super::manifest::FileFacts;
use super::options::Encoding;
#[cfg(feature = "parquet")]
use super::table::Table;

/// Bytes that are written together: hashing and writing cost several times as much a line at a time.
const BLOCK: usize = 128 << 10;

/// Rows going to a writer, which errors call `name`.
pub(super) struct Part<W: Write + Send> {
    encoder: Encoder<W>,
    name: PathBuf,
    rows: u64,
}

enum Encoder<W: Write + Send> {
    Lines {
        to: Hashed<W>,
        block: Vec<u8>,
    },
    #[cfg(feature = "parquet")]
    Columns(Box<Table<Hashed<W>>>),
}

/// A writer whose bytes are counted and hashed.
struct Hashed<W: Write> {
    to: W,
    /// Boxed: it is two kilobytes.
    hash: Box<blake3::Hasher>,
    bytes: u64,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl<W: Write + Send> Part<W> {
    /// # Errors
    /// [`ExportError::NoParquet`] where this loong was built without.
    pub(super) fn new(
        to: W,
        name: impl Into<PathBuf>,
        encoding: Encoding,
        columns: impl FnOnce() -> Vec<Column>,
    ) -> Result<Self, ExportError> {
        let to = Hashed { to, hash: Box::new(blake3::Hasher::new()), bytes: 0 };
        let name = name.into();
        let encoder = match encoding {
            Encoding::Lines => Encoder::Lines { to, block: Vec::with_capacity(BLOCK) },
            #[cfg(feature = "parquet")]
            Encoding::Parquet => Encoder::Columns(Box::new(Table::new(to, columns()).map_err(|e| broken(&name, e))?)),
            #[cfg(not(feature = "parquet"))]
            Encoding::Parquet => {
                drop((to, columns));
                return Err(ExportError::NoParquet);
            }
        };
        Ok(Self { encoder, name, rows: 0 })
    }

    pub(super) fn name(&self) -> &Path {
        &self.name
    }

    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Writes rows, which are these lines, each with its end.
    pub(super) fn write(&mut self, lines: &[u8], rows: &[Value]) -> Result<(), ExportError> {
        self.rows += rows.len() as u64;
        let name = &self.name;
        match &mut self.encoder {
            Encoder::Lines { to, block } => {
                block.extend_from_slice(lines);
                if block.len() < BLOCK {
                    return Ok(());
                }
                let done = to.write_all(block);
                block.clear();
                done.map_err(|source| ExportError::Io { path: name.clone(), source })
            }
            #[cfg(feature = "parquet")]
            Encoder::Columns(table) => rows.iter().try_for_each(|row| table.write(row)).map_err(|e| broken(name, e)),
        }
    }

    pub(super) fn end(self) -> Result<(W, FileFacts), ExportError> {
        let name = self.name;
        let io = |source| ExportError::Io { path: name.clone(), source };
        let mut to = match self.encoder {
            Encoder::Lines { mut to, block } => {
                to.write_all(&block).map_err(io)?;
                to
            }
            #[cfg(feature = "parquet")]
            Encoder::Columns(table) => table.end().map_err(|e| broken(&name, e))?,
        };
        to.flush().map_err(io)?;
        let facts = FileFacts {
            name: name.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            rows: self.rows,
            bytes: to.bytes,
            blake3: to.hash.finalize().to_hex().to_string(),
        };
        Ok((to.to, facts))
    }
}

/// What the Parquet library says, which is about writing but for faults of ours.
#[cfg(feature = "parquet")]
fn broken(name: &Path, error: parquet::errors::ParquetError) -> ExportError {
    ExportError::Io { path: name.to_owned(), source: io::Error::other(error) }
}
