//! The value of a parameter, and how it is written: as a question's text, as a Python literal, as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, json};

/// A value that a parameter has in one instance.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Int(i64),
    Float(f64),
    Bool(bool),
    Text(String),
    List(Vec<Value>),
    /// Fields by name, as a graph has them.
    Fields(Vec<(&'static str, Value)>),
}

impl Value {
    /// Plain values that it holds.
    pub(super) fn held(&self) -> u64 {
        match self {
            Self::List(all) => all.iter().map(Self::held).sum(),
            Self::Fields(all) => all.iter().map(|(_, value)| value.held()).sum(),
            _ => 1,
        }
    }

    /// As expressions of a template see it.
    pub(super) fn to_minijinja(&self) -> minijinja::Value {
        match self {
            Self::Int(n) => (*n).into(),
            Self::Float(x) => (*x).into(),
            Self::Bool(b) => (*b).into(),
            Self::Text(text) => text.as_str().into(),
            Self::List(all) => all.iter().map(Self::to_minijinja).collect(),
            Self::Fields(all) => {
                let fields: BTreeMap<String, minijinja::Value> =
                    all.iter().map(|(name, value)| ((*name).to_owned(), value.to_minijinja())).collect();
                fields.into()
            }
        }
    }

    /// As a candidate's metadata keeps it.
    pub(super) fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Int(n) => json!(n),
            Self::Float(x) => json!(x),
            Self::Bool(b) => json!(b),
            Self::Text(text) => json!(text),
            Self::List(all) => all.iter().map(Self::to_json).collect(),
            Self::Fields(all) => {
                let fields: Map<_, _> = all.iter().map(|(name, value)| ((*name).to_owned(), value.to_json())).collect();
                fields.into()
            }
        }
    }
}

/// A value as Python source: whatever it holds, it is one literal and nothing else.
///
/// # Errors
/// A value that has no literal.
pub(super) fn python(value: &minijinja::Value) -> Result<String, minijinja::Error> {
    let mut out = String::new();
    write_python(&mut out, value)?;
    Ok(out)
}

fn write_python(out: &mut String, value: &minijinja::Value) -> Result<(), minijinja::Error> {
    use minijinja::value::ValueKind;
    let cannot = |what: &str| {
        minijinja::Error::new(minijinja::ErrorKind::BadSerialization, format!("{what} cannot stand in code"))
    };
    match value.kind() {
        ValueKind::None => out.push_str("None"),
        ValueKind::Bool => out.push_str(if value.is_true() { "True" } else { "False" }),
        ValueKind::Number => match f64::try_from(value.clone()) {
            Ok(x) if !x.is_finite() => return Err(cannot("a number that is not finite")),
            _ => out.push_str(&value.to_string()),
        },
        ValueKind::String => write_python_text(out, value.as_str().unwrap_or_default()),
        ValueKind::Seq | ValueKind::Iterable => {
            out.push('[');
            for (at, item) in value.try_iter()?.enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                write_python(out, &item)?;
            }
            out.push(']');
        }
        ValueKind::Map => {
            out.push('{');
            for (at, key) in value.try_iter()?.enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                write_python(out, &key)?;
                out.push_str(": ");
                write_python(out, &value.get_item(&key)?)?;
            }
            out.push('}');
        }
        other => return Err(cannot(&other.to_string())),
    }
    Ok(())
}

/// Plain ASCII stands as it is, everything else as an escape, so that no text can end its literal.
fn write_python_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            ' '..='~' => out.push(c),
            other if (other as u32) < 0x1_0000 => {
                let _ = write!(out, "\\u{:04x}", other as u32);
            }
            other => {
                let _ = write!(out, "\\U{:08x}", other as u32);
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_one_python_literal() {
        let text = |t: &str| Value::Text(t.to_owned());
        let list = Value::List(vec![Value::Int(-3), Value::Float(2.5), Value::Bool(true), text("a")]);
        for (value, wanted) in [
            (text("x\"); import os #"), r#""x\"); import os #""#),
            (text("a\\"), r#""a\\""#),
            (text("two\nlines\r"), r#""two\nlines\u000d""#),
            (text("é🦀\u{2028}"), r#""\u00e9\U0001f980\u2028""#),
            (Value::Float(3.0), "3.0"),
            (list, r#"[-3, 2.5, True, "a"]"#),
            (Value::Fields(vec![("nodes", Value::Int(2))]), r#"{"nodes": 2}"#),
        ] {
            assert_eq!(python(&value.to_minijinja()).unwrap(), wanted);
        }
        assert!(python(&f64::INFINITY.into()).is_err());
        assert!(python(&minijinja::Value::UNDEFINED).is_err());
    }
}
