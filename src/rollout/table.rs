//! Tables: rows of cells between commas or tabs, the first row naming them.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder};
use serde_json::{Map, Value};

use super::input::LONGEST;
use super::source::{CHUNK, Chunk, Rows, Source};

/// Splits a table into rows.
pub(super) struct Table<R> {
    reader: Reader<Bounded<R>>,
    /// Bytes read since the last row.
    since: Arc<AtomicUsize>,
    names: Vec<String>,
    /// Rows read, the naming one included.
    number: u64,
    ended: bool,
}

/// Gives no more than [`LONGEST`] bytes for one row: where a quote is never closed, the row has no end.
struct Bounded<R> {
    inner: R,
    since: Arc<AtomicUsize>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.since.load(Ordering::Relaxed) > LONGEST {
            let message = format!("a row is longer than {} MiB; a quote in it may never be closed", LONGEST >> 20);
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        let read = self.inner.read(into)?;
        self.since.fetch_add(read, Ordering::Relaxed);
        Ok(read)
    }
}

impl<R: Read> Table<R> {
    /// A table with this byte between its cells.
    pub(super) fn new(input: R, delimiter: u8) -> io::Result<Self> {
        let since = Arc::new(AtomicUsize::new(0));
        let bounded = Bounded { inner: input, since: Arc::clone(&since) };
        let mut reader =
            ReaderBuilder::new().delimiter(delimiter).flexible(true).buffer_capacity(64 << 10).from_reader(bounded);
        let names = reader.byte_headers().map_err(io_error)?.iter();
        let names = names.map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        Ok(Self { reader, since, names, number: 1, ended: false })
    }

    fn row(&self, record: &ByteRecord) -> Result<Map<String, Value>, String> {
        if record.len() != self.names.len() {
            return Err(format!("it has {} cells, and the first row {}", record.len(), self.names.len()));
        }
        let mut row = Map::new();
        for (name, cell) in self.names.iter().zip(record) {
            let text = std::str::from_utf8(cell).map_err(|_| "it is not UTF-8".to_owned())?;
            if !text.is_empty() {
                row.insert(name.clone(), value(text));
            }
        }
        Ok(row)
    }
}

/// A cell's value: a chat where it is one, as JSON; else the text as it stands.
fn value(text: &str) -> Value {
    let chat = text.starts_with("[{").then(|| serde_json::from_str::<Value>(text).ok()).flatten();
    let is_chat = |v: &Value| v.as_array().is_some_and(|all| all.iter().all(|m| m.get("content").is_some()));
    chat.filter(is_chat).unwrap_or_else(|| Value::from(text))
}

fn io_error(error: csv::Error) -> io::Error {
    let told = error.to_string();
    match error.into_kind() {
        ErrorKind::Io(e) => e,
        _ => io::Error::new(io::ErrorKind::InvalidData, told),
    }
}

impl<R: Read + Send> Source for Table<R> {
    fn next(&mut self) -> io::Result<Option<Chunk>> {
        let (mut rows, mut bad, mut bytes) = (Vec::new(), Vec::new(), 0);
        let mut record = ByteRecord::new();
        while !self.ended && bytes < CHUNK {
            self.since.store(0, Ordering::Relaxed);
            if !self.reader.read_byte_record(&mut record).map_err(io_error)? {
                self.ended = true;
                break;
            }
            bytes += record.as_slice().len() + record.len();
            self.number += 1;
            let number = self.number;
            match self.row(&record) {
                Ok(row) => rows.push((number, row)),
                Err(why) => bad.push((number, why)),
            }
        }
        Ok((!rows.is_empty() || !bad.is_empty()).then_some(Chunk { rows: Rows::Read(rows), bad }))
    }
}

/// The byte between the cells of a first line: the one of tab, comma, semicolon that occurs most; `None` where none does.
pub(super) fn delimiter(head: &[u8]) -> Option<u8> {
    let first = head.split(|b| *b == b'\n').next().unwrap_or_default();
    let count = |d: u8| first.split(|b| *b == d).count() - 1;
    [b';', b',', b'\t'].into_iter().filter(|d| count(*d) > 0).max_by_key(|d| count(*d))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rows(text: &[u8]) -> (Vec<(u64, Value)>, Vec<u64>) {
        let mut table = Table::new(text, delimiter(text).unwrap()).unwrap();
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        while let Some(chunk) = table.next().unwrap() {
            bad.extend(chunk.bad.iter().map(|b| b.0));
            let Rows::Read(rows) = chunk.rows else { continue };
            good.extend(rows.into_iter().map(|(n, row)| (n, Value::Object(row))));
        }
        (good, bad)
    }

    #[test]
    fn cells_keep_their_text() {
        let (good, bad) = rows(b"a,b\r\n\"x,\"\"y\"\"\n2\",\r\n1\n[1],\"[{\"\"role\"\":\"\"user\"\",\"\"content\"\":\"\"q\"\"}]\"\n\xff,1\n");
        assert_eq!(
            good,
            [(2, json!({"a": "x,\"y\"\n2"})), (4, json!({"a": "[1]", "b": [{"role": "user", "content": "q"}]}))]
        );
        assert_eq!(bad, [3, 5]);
        assert_eq!(rows(b"a\tb,c\n1\t2\n").0, [(2, json!({"a": "1", "b,c": "2"}))]);
    }

    #[test]
    fn a_quote_that_is_never_closed_takes_no_memory() {
        let mut text = b"a,b\n1,2\n\"3,4\n".to_vec();
        text.extend(std::iter::repeat_n(b'x', 3 * LONGEST));
        let mut table = Table::new(&text[..], b',').unwrap();
        let error = loop {
            match table.next() {
                Ok(Some(_)) => {}
                Ok(None) => panic!("the row has no end"),
                Err(error) => break error.to_string(),
            }
        };
        assert!(error.contains("quote"), "{error}");
    }
}
