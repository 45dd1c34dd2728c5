//! Lines: one JSON object each, split on `\n` only, because texts may hold any other separator.

use std::io::{self, Read};

use super::input::LONGEST;
use super::source::{CHUNK, Chunk, Rows, Source, too_long};

/// Splits a text into lines.
pub(super) struct Lines<R> {
    input: R,
    rest: Vec<u8>,
    number: u64,
    ended: bool,
    /// Why reading ended early: said after the lines that were read.
    broken: Option<io::Error>,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, rest: Vec::new(), number: 0, ended: false, broken: None }
    }

    /// Reads on.
    fn fill(&mut self, into: &mut Vec<u8>) {
        let before = into.len();
        self.broken = (&mut self.input).take(CHUNK as u64).read_to_end(into).err();
        self.ended = into.len() - before < CHUNK;
    }

    /// Passes over what is left of a line that is too long; what follows it is the rest.
    fn pass_over(&mut self) {
        let mut bytes = Vec::with_capacity(CHUNK);
        while !self.ended {
            bytes.clear();
            self.fill(&mut bytes);
            if let Some(at) = bytes.iter().position(|b| *b == b'\n') {
                self.rest = bytes.split_off(at + 1);
                return;
            }
        }
    }
}

impl<R: Read + Send> Source for Lines<R> {
    fn next(&mut self) -> io::Result<Option<Chunk>> {
        let mut bytes = std::mem::take(&mut self.rest);
        loop {
            if !self.ended {
                self.fill(&mut bytes);
            }
            if self.ended && bytes.is_empty() {
                return self.broken.take().map_or(Ok(None), Err);
            }
            let whole =
                if self.ended { Some(bytes.len()) } else { bytes.iter().rposition(|b| *b == b'\n').map(|at| at + 1) };
            if let Some(end) = whole {
                self.rest = bytes.split_off(end);
                break;
            }
            if bytes.len() > LONGEST {
                self.number += 1;
                let bad = vec![(self.number, too_long())];
                self.pass_over();
                return Ok(Some(Chunk { bad, ..Chunk::default() }));
            }
        }
        let (mut rows, mut bad, mut start) = (Vec::new(), Vec::new(), 0);
        for line in bytes.split_inclusive(|b| *b == b'\n') {
            self.number += 1;
            if line.len() > LONGEST {
                bad.push((self.number, too_long()));
            } else if !line.iter().all(u8::is_ascii_whitespace) {
                rows.push((self.number, start..start + line.len()));
            }
            start += line.len();
        }
        Ok(Some(Chunk { rows: Rows::Json(bytes, rows), bad }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8]) -> (Vec<(u64, String)>, Vec<u64>) {
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        let mut lines = Lines::new(text);
        while let Some(chunk) = lines.next().unwrap() {
            bad.extend(chunk.bad.iter().map(|b| b.0));
            let Rows::Json(bytes, rows) = chunk.rows else { continue };
            good.extend(rows.into_iter().map(|(n, at)| (n, String::from_utf8_lossy(&bytes[at]).trim().to_owned())));
        }
        (good, bad)
    }

    #[test]
    fn lines_are_numbered_also_across_chunks() {
        let text: String =
            (0..100_000).map(|n| if n % 7 == 0 { "\r\n".to_owned() } else { format!("{n}\r\n") }).collect();
        let (good, bad) = lines(text.as_bytes());
        assert!(bad.is_empty());
        assert!(good.iter().all(|(number, line)| number.to_string() == (line.parse::<u64>().unwrap() + 1).to_string()));
        assert_eq!(good.len(), 100_000 - 100_000usize.div_ceil(7));
        assert_eq!(lines(b"a\n\nb").0, [(1, "a".to_owned()), (3, "b".to_owned())]);
        assert_eq!(lines(b"").0, []);
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over() {
        let mut text = b"a\n".to_vec();
        text.extend(std::iter::repeat_n(b'x', LONGEST + 3 * CHUNK));
        text.extend(b"\nb\n");
        text.extend(std::iter::repeat_n(b'y', LONGEST + 3 * CHUNK));
        let (good, bad) = lines(&text);
        assert_eq!(good, [(1, "a".to_owned()), (3, "b".to_owned())]);
        assert_eq!(bad, [2, 4]);
    }
}
