//! Reading one row of JSON, also where it was written by a program that is careless about JSON.
//!
//! Python writes `NaN` and `Infinity`, and halves of surrogate pairs where a text was cut within an emoji. Such a row is
//! mended: those numbers become null, and the halves U+FFFD. Anything else that is no JSON is a bad row.

use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

/// The object that the bytes are, without the members named in `skip`, which are not even kept while reading.
pub(super) fn object(bytes: &[u8], skip: &[&str]) -> Result<Map<String, Value>, String> {
    match parse(bytes, skip) {
        Ok(row) => Ok(row),
        Err(error) => mended(bytes).and_then(|bytes| parse(&bytes, skip).ok()).ok_or_else(|| told(bytes, &error)),
    }
}

fn parse(bytes: &[u8], skip: &[&str]) -> serde_json::Result<Map<String, Value>> {
    let mut input = serde_json::Deserializer::from_slice(bytes);
    let row = Members(skip).deserialize(&mut input)?;
    input.end()?;
    Ok(row)
}

fn told(bytes: &[u8], error: &serde_json::Error) -> String {
    if std::str::from_utf8(bytes).is_err() {
        return "it is not UTF-8".to_owned();
    }
    match bytes.iter().find(|b| !b.is_ascii_whitespace()) {
        Some(b'{') => format!("it is no whole JSON object: {error}"),
        _ => "it is no JSON object".to_owned(),
    }
}

/// An object's members, some of them passed over.
struct Members<'a>(&'a [&'a str]);

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = Map<String, Value>;
    fn deserialize<D: serde::Deserializer<'de>>(self, input: D) -> Result<Self::Value, D::Error> {
        input.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Map<String, Value>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut row = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            if self.0.contains(&key.as_str()) {
                members.next_value::<IgnoredAny>()?;
            } else {
                row.insert(key, members.next_value()?);
            }
        }
        Ok(row)
    }
}

/// The bytes with null for what is no number of JSON, and U+FFFD for half surrogates; `None` where there is neither.
fn mended(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut mended = Vec::with_capacity(bytes.len());
    let (mut at, mut string, mut changed) = (0, false, false);
    while let Some(byte) = bytes.get(at) {
        let rest = &bytes[at..];
        let (with, taken): (&[u8], usize) = match (string, byte) {
            (true, b'\\') => match half_surrogate(rest) {
                Some(false) => (&rest[..rest.len().min(2)], rest.len().min(2)),
                Some(true) => (b"\\ufffd", 6),
                None => (&rest[..12], 12),
            },
            (_, b'"') => {
                string = !string;
                (b"\"", 1)
            }
            (false, b'N' | b'I' | b'-') => {
                match ["NaN", "Infinity", "-Infinity"].iter().find(|w| rest.starts_with(w.as_bytes())) {
                    Some(word) => (b"null", word.len()),
                    None => (&rest[..1], 1),
                }
            }
            _ => (&rest[..1], 1),
        };
        changed |= with != &rest[..taken];
        mended.extend_from_slice(with);
        at += taken;
    }
    changed.then_some(mended)
}

/// Whether an escape is half a surrogate pair; `None` where it is a whole pair.
fn half_surrogate(escape: &[u8]) -> Option<bool> {
    let unit = |at: usize| {
        let digits = escape.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    match (unit(0), unit(6)) {
        (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => None,
        (Some(0xd800..=0xdfff), _) => Some(true),
        _ => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Value {
        object(text.as_bytes(), &[]).map_or_else(Value::from, Value::from)
    }

    #[test]
    fn careless_json_is_mended() {
        assert_eq!(
            read(r#"{"a":NaN,"b":[-Infinity, Infinity],"c":"NaN \" -Infinity"}"#),
            json!({"a":null,"b":[null,null],"c":"NaN \" -Infinity"})
        );
        assert_eq!(
            read(r#"{"a":"x\ud83d","b":"\ud83d\ude00\\ud83d","c":"\ude00\u0041"}"#),
            json!({"a":"x\u{fffd}","b":"😀\\ud83d","c":"\u{fffd}A"})
        );
        assert_eq!(read(r#"{"a":"\ud83d\ud83d\ude00"}"#), json!({"a":"\u{fffd}😀"}));
    }

    #[test]
    fn what_is_no_object_is_told() {
        for (text, word) in [
            ("[1]", "no JSON object"),
            ("", "no JSON object"),
            ("{\"a\":1", "whole"),
            ("{\"a\":1} x", "whole"),
            ("{\"a\":\"\\ud83d", "whole"),
            ("{\"a\":\"\\", "whole"),
            ("{\"a\":-Inf", "whole"),
        ] {
            let told = object(text.as_bytes(), &[]).unwrap_err();
            assert!(told.contains(word), "{text}: {told}");
        }
        assert!(object(b"{\"a\":\"\xff\"}", &[]).unwrap_err().contains("UTF-8"));
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(object(deep.as_bytes(), &[]).is_err());
        assert!(object(deep.as_bytes(), &["a"]).unwrap().is_empty(), "what is passed over needs no stack");
    }

    #[test]
    fn numbers_stay_as_they_are_written() {
        let huge = format!("{{\"a\":{},\"b\":1.50,\"skipped\":{{\"x\":[1,2]}}}}", "9".repeat(400));
        let row = object(huge.as_bytes(), &["skipped"]).unwrap();
        assert_eq!(Value::Object(row).to_string(), format!("{{\"a\":{},\"b\":1.50}}", "9".repeat(400)));
    }
}
