//! The JSON of a stranger, read into no more room than a reply needs.
//!
//! A number of one digit takes many times its size when it is kept, so that a body of a few MiB could take a GiB. What a
//! reply has no use for is not kept, and what is kept has a most number of parts.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Deserializer, Map, Number, Value};

/// Most texts, numbers, lists and objects that are kept of one body or event.
const PARTS: usize = 16 * 1024;
/// Most numbers (and the like) that are kept of one list: no reply says anything in a list of numbers.
const SCALARS: usize = 64;
/// Fields that may be long and that nobody reads.
const UNREAD: &[&str] = &["logprobs", "top_logprobs", "prompt_logprobs", "token_ids", "prompt_token_ids"];
/// What `serde_json` calls a number that keeps its digits.
const NUMBER: &str = "$serde_json::private::Number";

/// The value at the start of `bytes`, and whether nothing follows it. An error of the category `Data` means that the
/// value has too many parts.
pub(super) fn first(bytes: &[u8]) -> serde_json::Result<(Value, bool)> {
    let mut reader = Deserializer::from_slice(bytes);
    let value = Part { left: &Cell::new(PARTS) }.deserialize(&mut reader)?;
    Ok((value, reader.end().is_ok()))
}

/// The value that `bytes` are.
pub(super) fn only(bytes: &[u8]) -> Option<Value> {
    first(bytes).ok().filter(|(_, alone)| *alone).map(|(value, _)| value)
}

#[derive(Clone, Copy)]
struct Part<'a> {
    left: &'a Cell<usize>,
}

impl Part<'_> {
    fn count<E: Error>(self) -> Result<(), E> {
        let left = self.left.get().checked_sub(1);
        self.left.set(left.ok_or_else(|| E::custom(format!("more than {PARTS} parts")))?);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Part<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self)? {
            if items.len() >= SCALARS && matches!(item, Value::Null | Value::Bool(_) | Value::Number(_)) {
                self.left.set(self.left.get() + 1);
            } else {
                items.push(item);
            }
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            if name == NUMBER {
                let digits: String = map.next_value()?;
                return Ok(digits.parse::<Number>().map_or(Value::Null, Value::Number));
            }
            if UNREAD.contains(&name.as_str()) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = map.next_value_seed(self)?;
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_read_is_what_was_written() {
        let all =
            json!({"a": [1, -2, 2.5, "x", null, true, {"b": []}], "c": 18_446_744_073_709_551_615_u64, "d": "\u{e9}"});
        assert_eq!(first(all.to_string().as_bytes()).unwrap(), (all.clone(), true));
        assert_eq!(first(format!("{all}\n\nmore").as_bytes()).unwrap(), (all, false));
        assert_eq!(only(br#"{"a": 1} {}"#), None);
        assert!(first(b"{\"a\": 1").is_err_and(|e| !e.is_data()));
        assert!(first(&b"[".repeat(100_000)).is_err());
    }

    #[test]
    fn many_small_parts_are_not_kept() {
        let zeros = format!("{{\"x\": [{}0], \"y\": 1}}", "0,".repeat(1 << 20));
        let (value, _) = first(zeros.as_bytes()).unwrap();
        assert_eq!((value["x"].as_array().unwrap().len(), &value["y"]), (SCALARS, &json!(1)));
        let unread = format!("{{\"logprobs\": [{}{{}}], \"y\": 1}}", "{\"a\": []},".repeat(1 << 16));
        assert_eq!(first(unread.as_bytes()).unwrap().0, json!({"y": 1}));
        for part in ["{}", "[]", "\"\""] {
            let many = format!("[{}{part}]", format!("{part},").repeat(PARTS));
            assert!(first(many.as_bytes()).is_err_and(|e| e.is_data()), "{part}");
        }
    }
}
