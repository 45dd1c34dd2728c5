//! From bytes to rows: a JSON array or JSON Lines, decided by content, each fault confined to its own row.
//!
//! An array is first cut into its elements and each element is parsed alone, so that one broken row costs one row and its
//! report names the row and the line.

use std::fmt;

use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

/// A row (or a whole file) that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BadRow {
    /// The file, as its path was given.
    pub file: String,
    /// The row, from 1; blank lines do not count. `None` when the fault is the file's.
    pub row: Option<usize>,
    /// The line of the fault, from 1, where it has one.
    pub line: Option<usize>,
    /// What is wrong and what to do, in a sentence.
    pub reason: String,
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(row) = self.row {
            write!(f, ", row {row}")?;
        }
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// A row that is JSON.
#[derive(Debug)]
pub(super) struct Row {
    /// Counted from 1.
    pub(super) number: usize,
    /// The line it begins on, from 1.
    pub(super) line: usize,
    pub(super) value: Value,
}

/// What was read of one file: the rows that are JSON, and what is wrong with the rest.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) rows: Vec<Row>,
    pub(super) bad: Vec<BadRow>,
}

/// Reads the rows of a file.
pub(super) fn read(file: &str, bytes: &[u8]) -> Reading {
    let mut reader = Reader { file, reading: Reading::default() };
    if let Some(what) = foreign(bytes) {
        reader.fault(None, None, what);
        return reader.reading;
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match bytes.iter().find(|b| !b.is_ascii_whitespace()) {
        None => reader.fault(None, None, "is empty; a seed file is a JSON array of objects (`[]` when it has none)"),
        Some(b'[') => reader.array(bytes),
        Some(b'{') => reader.lines_or_object(bytes),
        Some(_) => {
            let fix = "begins neither with `[` nor with `{`; a seed file is a JSON array of objects or JSON Lines";
            reader.fault(None, Some(1 + newlines(bytes, first_ink(bytes))), fix);
        }
    }
    reader.reading
}

/// Says what a file is that is no UTF-8 JSON at all.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x1f, 0x8b, ..] => Some("is compressed with gzip; unpack it first (gunzip)"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("is UTF-16; save it as UTF-8"),
        [b'P', b'A', b'R', b'1', ..] => {
            Some("is Parquet; `loong seeds import` reads it, by a name that ends in .parquet")
        }
        _ => None,
    }
}

struct Reader<'a> {
    file: &'a str,
    reading: Reading,
}

impl Reader<'_> {
    fn fault(&mut self, row: Option<usize>, line: Option<usize>, reason: impl Into<String>) {
        self.reading.bad.push(BadRow { file: self.file.to_owned(), row, line, reason: reason.into() });
    }

    /// Cuts an array into its elements. Commas that are missing or too many are reported, and the rows still read.
    fn array(&mut self, bytes: &[u8]) {
        let mut at = first_ink(bytes) + 1;
        let mut line = 1 + newlines(bytes, at);
        let mut row = 0;
        let mut comma = None;
        loop {
            let ink = at + first_ink(&bytes[at..]);
            line += newlines(&bytes[at..], ink - at);
            at = ink;
            match bytes.get(at) {
                None => {
                    let why =
                        format!("ends after row {row} without the closing `]`; it was cut off, or the `]` is missing");
                    return self.fault(None, Some(line), why);
                }
                Some(b']') => {
                    if let Some(comma) = comma {
                        self.fault(None, Some(comma), "has a comma after its last row; remove it");
                    }
                    let rest = at + 1 + first_ink(&bytes[at + 1..]);
                    if rest < bytes.len() {
                        let line = line + newlines(&bytes[at..], rest - at);
                        let why = "goes on after the closing `]`; remove what follows, or put the rows into one array";
                        self.fault(None, Some(line), why);
                    }
                    return;
                }
                Some(b',') => {
                    if comma.is_some() || row == 0 {
                        self.fault(None, Some(line), "has a comma with no row before it; remove it");
                    }
                    comma = Some(line);
                    at += 1;
                }
                Some(_) => {
                    row += 1;
                    if row > 1 && comma.is_none() {
                        self.fault(Some(row), Some(line), "has no comma between the row before and this one; add it");
                    }
                    comma = None;
                    let Some(length) = element(&bytes[at..]) else {
                        let why = "does not end: a quote or bracket in it is not closed, or the file was cut off";
                        return self.fault(Some(row), Some(line), why);
                    };
                    self.row(row, line, &bytes[at..at + length]);
                    line += newlines(&bytes[at..], length);
                    at += length;
                }
            }
        }
    }

    /// Reads JSON Lines, unless the file is one JSON object over several lines or around an array: mistakes worth their
    /// own sentences.
    fn lines_or_object(&mut self, bytes: &[u8]) {
        let mut inked = bytes.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).filter(|l| !l.is_empty());
        let first = inked.next().unwrap_or_default();
        let complete = |line: &[u8]| line.first() == Some(&b'{') && serde_json::from_slice::<IgnoredAny>(line).is_ok();
        let single = inked.clone().next().is_none();
        if single || !complete(first) {
            match serde_json::from_slice(bytes) {
                Ok(Value::Object(object)) => {
                    if let Some(key) = array_inside(&object) {
                        let why = format!("is an object around an array; keep only the array that is under `{key}`");
                        return self.fault(None, None, why);
                    }
                    if !single {
                        let why = "is one JSON object, not an array; put `[` before and `]` after it";
                        return self.fault(None, None, why);
                    }
                }
                Err(error) if first == b"{" && !inked.any(complete) => {
                    let fix = "put the rows into one array, `[…]`, with commas between them";
                    let why = format!("is neither a JSON array nor JSON Lines ({}); {fix}", message(&error));
                    return self.fault(None, Some(error.line()), why);
                }
                _ => {}
            }
        }
        let mut row = 0;
        for (at, text) in bytes.split(|b| *b == b'\n').enumerate() {
            let text = text.trim_ascii();
            if !text.is_empty() {
                row += 1;
                self.row(row, at + 1, text);
            }
        }
    }

    /// Parses one row, which begins on `line`.
    fn row(&mut self, row: usize, line: usize, bytes: &[u8]) {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let line = line + newlines(bytes, error.valid_up_to());
                return self.fault(Some(row), Some(line), "is not valid UTF-8; save the file as UTF-8");
            }
        };
        match serde_json::from_str(text) {
            Ok(value) => self.reading.rows.push(Row { number: row, line, value }),
            Err(error) => {
                let at = line + error.line().max(1) - 1;
                self.fault(Some(row), Some(at), explain(&error, text));
            }
        }
    }
}

/// What is wrong with a row that is no JSON, with the likely cause.
fn explain(error: &serde_json::Error, text: &str) -> String {
    if error.is_eof() {
        return "does not end: a quote or bracket in it is not closed, or the file was cut off".to_owned();
    }
    let faulty = text.lines().nth(error.line().max(1) - 1).unwrap_or_default();
    let rest = faulty.get(error.column().saturating_sub(1)..).unwrap_or_default();
    let hint = if error.to_string().starts_with("trailing characters") && rest.trim() == "," {
        "; JSON Lines has no commas between its rows"
    } else if rest.starts_with('\'') {
        "; JSON has double quotes"
    } else if rest.starts_with(['N', 'T', 'F', 'I', 'a']) || rest.starts_with("-I") {
        "; JSON has true, false and null, and neither NaN nor Infinity"
    } else if error.to_string().contains("control character") {
        "; write \\n or \\t inside a text"
    } else {
        ""
    };
    // A line end inside a text is found at column 0 of the next line, which says nothing.
    let column = if error.column() == 0 { String::new() } else { format!(" (column {})", error.column()) };
    format!("is not JSON: {}{column}{hint}", message(error))
}

/// The parser's message without its position, which is relative to the row.
fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(message, _)| message.to_owned())
}

/// The key under which an object that is no datapoint itself has an array of objects.
fn array_inside(object: &Map<String, Value>) -> Option<&str> {
    if object.contains_key("question") {
        return None;
    }
    object.iter().find(|(_, v)| v.as_array().is_some_and(|a| a.iter().any(Value::is_object))).map(|(k, _)| k.as_str())
}

/// Index of the first byte that is not white space; the length when there is none.
pub(super) fn first_ink(bytes: &[u8]) -> usize {
    bytes.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(bytes.len())
}

/// Line ends among the first `length` bytes.
fn newlines(bytes: &[u8], length: usize) -> usize {
    bytes[..length].split(|b| *b == b'\n').count() - 1
}

/// Length of the array element that `bytes` begins with: to the bracket that closes it, or, for a bare word, to the next
/// comma, closing bracket or white space. `None` when it does not end. Kinds of brackets are not told apart here: the
/// parser does that, and the cut stays within the row.
pub(super) fn element(bytes: &[u8]) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at += 1;
                while *bytes.get(at)? != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ if depth > 0 => {}
            // A stray closing brace is a word of its own, so that every cut goes forward.
            b',' | b']' if at > 0 => return Some(at),
            _ if at > 0 && byte.is_ascii_whitespace() => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}
