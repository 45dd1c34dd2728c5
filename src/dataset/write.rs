//! Writing datapoints as a seed file.

use std::io::{self, Write};

use super::Datapoint;

/// Writes a JSON array, indented, with a line end after it: the form of a seed file that people edit.
///
/// # Errors
/// What the writer reports.
pub fn write_json<'a, W: Write>(mut to: W, rows: impl IntoIterator<Item = &'a Datapoint>) -> io::Result<()> {
    let rows: Vec<_> = rows.into_iter().map(Datapoint::to_value).collect();
    serde_json::to_writer_pretty(&mut to, &rows)?;
    to.write_all(b"\n")
}

/// Writes JSON Lines: one compact object a line.
///
/// # Errors
/// What the writer reports.
pub fn write_jsonl<'a, W: Write>(mut to: W, rows: impl IntoIterator<Item = &'a Datapoint>) -> io::Result<()> {
    for row in rows {
        serde_json::to_writer(&mut to, &row.to_value())?;
        to.write_all(b"\n")?;
    }
    Ok(())
}
