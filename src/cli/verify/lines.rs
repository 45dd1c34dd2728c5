//! Lines of a stream in batches: what one read brings, split on `\n` only, with a bound on a line's length.

use std::io::{self, Read};

/// Bytes asked for in one read.
const CHUNK: usize = 256 * 1024;
/// Longest line that is kept.
pub(super) const LONGEST: usize = 16 * 1024 * 1024;

/// A line of the input.
#[derive(Debug)]
pub(super) struct Line {
    /// Counted from 1.
    pub(super) number: u64,
    /// Its bytes, without the line feed; `None` when it was longer than [`LONGEST`].
    pub(super) bytes: Option<Vec<u8>>,
}

/// Splits a stream.
pub(super) struct Lines<'a> {
    input: &'a mut dyn Read,
    chunk: Vec<u8>,
    rest: Vec<u8>,
    /// The line being read is over-long and is skipped.
    skipping: bool,
    number: u64,
    ended: bool,
}

impl<'a> Lines<'a> {
    pub(super) fn new(input: &'a mut dyn Read) -> Self {
        Self { input, chunk: vec![0; CHUNK], rest: Vec::new(), skipping: false, number: 0, ended: false }
    }

    /// The lines that the next read completes, blank ones left out; `None` at the end.
    pub(super) fn batch(&mut self) -> io::Result<Option<Vec<Line>>> {
        let mut batch = Vec::new();
        while batch.is_empty() {
            if self.ended {
                return Ok(None);
            }
            let read = match self.input.read(&mut self.chunk) {
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            if read == 0 {
                self.ended = true;
                if !self.rest.is_empty() || self.skipping {
                    self.finish(&mut batch);
                }
                continue;
            }
            let chunk = std::mem::take(&mut self.chunk);
            let mut bytes = &chunk[..read];
            while let Some(at) = bytes.iter().position(|b| *b == b'\n') {
                self.take(&bytes[..at]);
                self.finish(&mut batch);
                bytes = &bytes[at + 1..];
            }
            self.take(bytes);
            self.chunk = chunk;
        }
        Ok(Some(batch))
    }

    fn take(&mut self, bytes: &[u8]) {
        if self.skipping {
            return;
        }
        if self.rest.len() + bytes.len() > LONGEST {
            self.skipping = true;
            self.rest = Vec::new();
            return;
        }
        self.rest.extend_from_slice(bytes);
    }

    fn finish(&mut self, batch: &mut Vec<Line>) {
        self.number += 1;
        let bytes = std::mem::take(&mut self.rest);
        if std::mem::take(&mut self.skipping) {
            batch.push(Line { number: self.number, bytes: None });
        } else if !bytes.iter().all(u8::is_ascii_whitespace) {
            batch.push(Line { number: self.number, bytes: Some(bytes) });
        }
    }
}
