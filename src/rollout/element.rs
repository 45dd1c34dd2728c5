//! Elements of one JSON array: a file that is an array of rows, or an object with the array as a member.

use std::io::{self, BufRead, BufReader, Read};

use serde_json::Value;

use super::input::LONGEST;
use super::source::{CHUNK, Chunk, Rows, Source, too_long};

/// Splits an array into its elements, without reading the whole of it.
pub(super) struct Elements<R> {
    input: BufReader<R>,
    number: u64,
    state: State,
    /// The member that holds the array; `None` where the file is the array.
    member: Option<&'static str>,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Before,
    Within,
    Over,
}

/// A value's text, as far as it is kept.
enum Text {
    Kept(Vec<u8>),
    TooLong,
    /// The file ends within it.
    Cut,
}

impl<R: Read> Elements<R> {
    /// Of an array, or of the array that is the root object's member of this name.
    pub(super) fn new(input: R, member: Option<&'static str>) -> Self {
        Self { input: BufReader::with_capacity(CHUNK, input), number: 0, state: State::Before, member }
    }

    /// The next byte that is no space.
    fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            let bytes = self.input.fill_buf()?;
            if bytes.is_empty() {
                return Ok(None);
            }
            let spaces = bytes.iter().take_while(|b| b.is_ascii_whitespace()).count();
            let found = bytes.get(spaces).copied();
            self.input.consume(spaces);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    fn take(&mut self, byte: u8) -> io::Result<bool> {
        let there = self.peek()? == Some(byte);
        if there {
            self.input.consume(1);
        }
        Ok(there)
    }

    /// The text up to the comma, colon or bracket that ends a value.
    fn value(&mut self) -> io::Result<Text> {
        let mut text = Vec::new();
        let (mut depth, mut string, mut escape, mut long) = (0usize, false, false, false);
        loop {
            let bytes = self.input.fill_buf()?;
            if bytes.is_empty() {
                let whole = depth == 0 && !string && !long && !text.is_empty();
                return Ok(if whole { Text::Kept(text) } else { Text::Cut });
            }
            let mut end = None;
            for (at, byte) in bytes.iter().enumerate() {
                match byte {
                    _ if escape => escape = false,
                    b'\\' if string => escape = true,
                    b'"' => string = !string,
                    _ if string => {}
                    b'[' | b'{' => depth += 1,
                    b']' | b'}' | b',' | b':' if depth == 0 => {
                        end = Some(at);
                        break;
                    }
                    b']' | b'}' => depth -= 1,
                    _ => {}
                }
            }
            let taken = end.unwrap_or(bytes.len());
            if text.len() + taken > LONGEST {
                (long, text) = (true, Vec::new());
            }
            if !long {
                text.extend_from_slice(&bytes[..taken]);
            }
            self.input.consume(taken);
            if end.is_some() {
                return Ok(if long { Text::TooLong } else { Text::Kept(text) });
            }
        }
    }

    /// Goes to the array's beginning; gives the other members before it to `other`.
    pub(super) fn find(&mut self, mut other: impl FnMut(&str, &[u8])) -> io::Result<()> {
        if self.state != State::Before {
            return Ok(());
        }
        self.state = State::Within;
        let Some(wanted) = self.member else {
            if !self.take(b'[')? {
                self.state = State::Over;
            }
            return Ok(());
        };
        self.take(b'{')?;
        loop {
            self.take(b',')?;
            let Text::Kept(key) = self.value()? else { break };
            if !self.take(b':')? {
                break;
            }
            let key: String = serde_json::from_slice(&key).unwrap_or_default();
            if key == wanted && self.take(b'[')? {
                return Ok(());
            }
            if let Text::Kept(text) = self.value()? {
                other(&key, &text);
            }
        }
        self.state = State::Over;
        Ok(())
    }
}

impl<R: Read + Send> Source for Elements<R> {
    fn next(&mut self) -> io::Result<Option<Chunk>> {
        self.find(|_, _| {})?;
        let (mut bytes, mut rows, mut bad) = (Vec::new(), Vec::new(), Vec::new());
        while self.state == State::Within && bytes.len() < CHUNK {
            if self.take(b']')? || self.peek()?.is_none() {
                self.state = State::Over;
                break;
            }
            if self.take(b',')? {
                continue;
            }
            self.number += 1;
            match self.value()? {
                Text::Kept(text) if text.is_empty() => {
                    bad.push((self.number, "it is no JSON; what follows it cannot be read".to_owned()));
                    self.state = State::Over;
                }
                Text::Kept(text) => {
                    let start = bytes.len();
                    bytes.extend_from_slice(&text);
                    rows.push((self.number, start..bytes.len()));
                }
                Text::TooLong => bad.push((self.number, too_long())),
                Text::Cut => {
                    bad.push((self.number, "the file ends within it".to_owned()));
                    self.state = State::Over;
                }
            }
        }
        Ok((!rows.is_empty() || !bad.is_empty()).then_some(Chunk { rows: Rows::Json(bytes, rows), bad }))
    }
}

/// The members of an evaluation log that stand before its samples.
pub(super) fn header(head: &[u8]) -> Value {
    let mut header = serde_json::Map::new();
    let mut elements = Elements::new(head, Some("samples"));
    // A head that ends within a member has given what came before it.
    let _ = elements.find(|key, text| {
        if let Ok(value) = serde_json::from_slice(text) {
            header.insert(key.to_owned(), value);
        }
    });
    header.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(text: &str, member: Option<&'static str>) -> (Vec<String>, Vec<u64>) {
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        let mut source = Elements::new(text.as_bytes(), member);
        while let Some(chunk) = source.next().unwrap() {
            bad.extend(chunk.bad.iter().map(|b| b.0));
            let Rows::Json(bytes, rows) = chunk.rows else { continue };
            good.extend(rows.into_iter().map(|(_, at)| String::from_utf8_lossy(&bytes[at]).trim().to_owned()));
        }
        (good, bad)
    }

    #[test]
    fn elements_are_split_off_wherever_brackets_stand() {
        assert_eq!(
            elements(r#" [ {"a":"]},\""} , {"b":[1,{"c":2}]},{} ] "#, None).0,
            [r#"{"a":"]},\""}"#, r#"{"b":[1,{"c":2}]}"#, "{}"]
        );
        assert_eq!(
            elements(r#"{"eval":{"samples":[1]},"x":[1,2],"samples":[{"a":1},{"a":2}],"y":1}"#, Some("samples")).0,
            [r#"{"a":1}"#, r#"{"a":2}"#]
        );
        assert_eq!(elements("[]", None), (vec![], vec![]));
        assert_eq!(elements("", None), (vec![], vec![]));
    }

    #[test]
    fn an_array_that_is_cut_or_broken_ends() {
        assert_eq!(elements(r#"[{"a":1},{"a":"#, None), (vec![r#"{"a":1}"#.to_owned()], vec![2]));
        assert_eq!(elements(r#"[{"a":1},}{"#, None), (vec![r#"{"a":1}"#.to_owned()], vec![2]));
        assert_eq!(elements(r#"[{"a":1}"#, None), (vec![r#"{"a":1}"#.to_owned()], vec![]));
        assert_eq!(elements(r#"{"samples":3}"#, Some("samples")), (vec![], vec![]));
    }

    #[test]
    fn a_header_is_what_stands_before_the_samples() {
        let header = header(br#"{"version":2,"eval":{"model":"m"},"samples":[{"id":1"#);
        assert_eq!(header["eval"]["model"], "m");
    }
}
