//! Tables as text: comma-separated values and their kin, as spreadsheets write them.

use std::borrow::Cow;

use csv::{ErrorKind, ReaderBuilder, StringRecord};
use serde_json::Value;

use super::BadRow;
use super::import::{Columns, is_usual};

/// What stands between cells, beside what a file's name says.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The rows of a table, and those that cannot be read. Its cells stand between commas, semicolons, tabs or bars, as its first
/// row has them; where that says nothing, between what is `usual`.
///
/// # Errors
/// A table that cannot be read at all, in a sentence without its file.
pub(super) fn read(name: &str, bytes: &[u8], usual: u8) -> Result<(Vec<Columns>, Vec<BadRow>), String> {
    let text = utf8(bytes)?;
    let mut table = ReaderBuilder::new().delimiter(separator(&text, usual)).from_reader(&*text);
    let names = table.headers().map_err(|e| told(&e))?.clone();
    let (mut all, mut bad) = (Vec::new(), Vec::new());
    for (nth, record) in table.records().enumerate() {
        match record {
            Ok(record) => {
                let cells = names.iter().zip(record.iter());
                all.push(cells.map(|(name, cell)| (name.trim().to_owned(), Value::from(cell))).collect());
            }
            Err(e) => bad.push(BadRow { file: name.to_owned(), row: Some(nth + 1), line: None, reason: told(&e) }),
        }
    }
    Ok((all, bad))
}

fn told(error: &csv::Error) -> String {
    match error.kind() {
        ErrorKind::Utf8 { .. } => "it is no UTF-8; save the table as UTF-8".to_owned(),
        _ => error.to_string(),
    }
}

/// The text as UTF-8: spreadsheets write UTF-16, too, and mark it.
fn utf8(bytes: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return Ok(Cow::Borrowed(bytes)),
    };
    let (pairs, rest) = bytes[2..].as_chunks::<2>();
    let text: Result<String, _> = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect();
    match text {
        Ok(text) if rest.is_empty() => Ok(Cow::Owned(text.into_bytes())),
        _ => Err("it is marked as UTF-16 and is none; save the table as UTF-8".to_owned()),
    }
}

/// What stands between the cells of the first row: what makes the most names that a seed's fields usually have, of equals what
/// makes the most names at all, and of these the `usual`.
fn separator(text: &[u8], usual: u8) -> u8 {
    let names = |separator: u8| {
        let mut first = StringRecord::new();
        let mut table = ReaderBuilder::new().delimiter(separator).has_headers(false).from_reader(text);
        let _ = table.read_record(&mut first);
        (first.iter().filter(|name| is_usual(name.trim())).count(), first.len())
    };
    let all = std::iter::once(usual).chain(SEPARATORS);
    // Of equals the last is the greatest, and the first shall be.
    all.rev().max_by_key(|separator| names(*separator)).unwrap_or(usual)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rows(bytes: &[u8], usual: u8) -> Value {
        let (all, bad) = read("t.csv", bytes, usual).unwrap();
        assert!(bad.is_empty(), "{bad:?}");
        json!(all)
    }

    #[test]
    fn cells_stand_between_what_the_first_row_has_between_its_names() {
        let expected = json!([{"question": "1, 2; 3?", "answer": "0,5"}]);
        for (text, usual) in [
            ("question,answer\n\"1, 2; 3?\",\"0,5\"\n", b','),
            ("question;answer\n\"1, 2; 3?\";0,5\n", b','),
            ("question;answer\n\"1, 2; 3?\";0,5\n", b'\t'),
            ("question\tanswer\n1, 2; 3?\t0,5\n", b','),
            ("\u{feff}question|answer\n1, 2; 3?|0,5\n", b','),
        ] {
            assert_eq!(rows(text.as_bytes(), usual), expected, "{text}");
        }
        // Names may hold what stands between others elsewhere.
        assert_eq!(
            rows(b"Q; in words; short,answer\na,b\n", b','),
            json!([{"Q; in words; short": "a", "answer": "b"}])
        );
        assert_eq!(rows(b"question;answer, final\na;b\n", b','), json!([{"question": "a", "answer, final": "b"}]));
        assert_eq!(rows(b"question\na;b\n", b','), json!([{"question": "a;b"}]));
    }

    #[test]
    fn what_spreadsheets_write_as_utf_16_is_read() {
        let text = "question\tanswer\n\u{221a}4? \u{1f600}\t2\n";
        let expected = json!([{"question": "\u{221a}4? \u{1f600}", "answer": "2"}]);
        let units = || std::iter::once(0xfeff).chain(text.encode_utf16());
        let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
        for bytes in [&little, &big] {
            assert_eq!(rows(bytes, b','), expected);
            assert!(read("t.csv", &bytes[..bytes.len() - 1], b',').unwrap_err().contains("save the table as UTF-8"));
        }
        assert!(read("t.csv", b"\xff\xfe\x00\xd8", b',').is_err(), "half a character");
    }

    #[test]
    fn a_row_in_another_encoding_is_told_alone() {
        let (all, bad) = read("t.csv", b"question,answer\ncaf\xe9?,1\nb,2\n", b',').unwrap();
        assert_eq!(json!(all), json!([{"question": "b", "answer": "2"}]));
        assert!(bad[0].row == Some(1) && bad[0].reason.contains("save the table as UTF-8"), "{bad:?}");
    }
}
