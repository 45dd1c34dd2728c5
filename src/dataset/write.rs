//! Writing datapoints as a seed file.

use std::io::{self, Write};

use serde::Serializer as _;

use super::Datapoint;

/// Writes a JSON array, indented, with a line end after it: the form of a seed file that people edit.
///
/// # Errors
/// What the writer reports.
pub fn write_json<'a, W: Write>(mut to: W, rows: impl IntoIterator<Item = &'a Datapoint>) -> io::Result<()> {
    serde_json::Serializer::pretty(&mut to).collect_seq(rows.into_iter().map(Datapoint::to_value))?;
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
