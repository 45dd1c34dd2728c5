//! Finding the JSON object that a model was asked for in what it replied.
//!
//! Replies hold prose, fences, several objects, and JSON as people write it. [`find_object`] reads what a person would
//! read, in time linear in the reply, and says in a sentence why where there is nothing to read.

mod lenient;

use serde_json::{Map, Value};

use lenient::{Reader, Stop};

/// Steps allowed a byte of the reply, so that no reply can hold a worker.
const STEPS_PER_BYTE: usize = 16;

/// Why a reply has no such object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages name the fields")]
pub enum StructuredError {
    /// Nothing in the reply looks like an object.
    #[error("the reply holds no JSON object")]
    NoObject,
    /// The reply ends inside its object.
    #[error("the reply ends inside its JSON object, so it was cut short; allow more tokens")]
    Truncated,
    /// The object cannot be read beyond a place (lines and columns from 1).
    #[error("the reply's JSON object breaks at line {line}, column {column}: expected {expected}")]
    Broken { line: usize, column: usize, expected: &'static str },
    /// There are objects, and none has all that is needed. The object that comes nearest is meant.
    #[error("the reply's JSON object has no text under {}", .missing.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", "))]
    Missing { missing: Vec<String> },
    /// Braces without end.
    #[error("the reply is a tangle of braces that holds no readable JSON object")]
    Tangled,
}

/// The first object in `text` that has a text under every one of `required`, at any depth.
///
/// Read as meant: fences and prose around the object, trailing commas, comments, raw line breaks and tabs in strings,
/// `'single'` and `"""triple"""` quotes, Python's `True`, `False`, `None`, and backslashes that begin no escape — `\(`,
/// `\d` — or that begin a LaTeX command whose first letter happens to be one (`\frac`, `\beta`, `\rho`, `\times`): they
/// stand for themselves. Under a required key, numbers, booleans and lists of texts (code given line by line) become
/// texts.
///
/// # Errors
/// [`StructuredError`] says what is wrong with the reply. An object that was cut short is never read.
pub fn find_object(text: &str, required: &[&str]) -> Result<Map<String, Value>, StructuredError> {
    let mut steps = text.len().saturating_mul(STEPS_PER_BYTE).saturating_add(4096);
    let mut seen = Seen::default();
    let mut at = 0;
    while let Some(brace) = text[at..].find('{').map(|offset| at + offset) {
        let mut reader = Reader::new(text, brace, steps);
        let outcome = reader.object();
        steps = reader.steps_left();
        match outcome {
            Ok(object) => {
                at = reader.position();
                if let Some(found) = satisfying(object, required, &mut seen) {
                    return Ok(found);
                }
                continue;
            }
            Err(Stop::End) => {
                let is_it = required.iter().any(|key| reader.keys().iter().any(|k| k == key));
                if is_it {
                    return Err(StructuredError::Truncated);
                }
                seen.truncated |= !reader.keys().is_empty();
            }
            Err(Stop::Expected { at, expected }) => {
                let is_it = required.iter().any(|key| reader.keys().iter().any(|k| k == key));
                seen.note_break(Break { at, expected, is_it, has_keys: !reader.keys().is_empty() });
            }
            Err(Stop::OutOfSteps) => return Err(StructuredError::Tangled),
        }
        at = brace + 1;
    }
    Err(seen.error(text))
}

#[derive(Debug, Clone, Copy)]
struct Break {
    at: usize,
    expected: &'static str,
    is_it: bool,
    has_keys: bool,
}

/// What was met on the way, for the error.
#[derive(Debug, Default)]
struct Seen {
    truncated: bool,
    broken: Option<Break>,
    missing: Option<Vec<String>>,
}

impl Seen {
    fn note_break(&mut self, new: Break) {
        let rank = |b: &Break| (b.is_it, b.has_keys, b.at);
        if self.broken.as_ref().is_none_or(|old| rank(old) < rank(&new)) {
            self.broken = Some(new);
        }
    }

    fn note_missing(&mut self, new: Vec<String>) {
        if self.missing.as_ref().is_none_or(|old| new.len() < old.len()) {
            self.missing = Some(new);
        }
    }

    fn error(self, text: &str) -> StructuredError {
        if self.truncated {
            return StructuredError::Truncated;
        }
        match (self.broken, self.missing) {
            (Some(b), _) if b.is_it => broken(text, b),
            (_, Some(missing)) => StructuredError::Missing { missing },
            (Some(b), None) if b.has_keys => broken(text, b),
            _ => StructuredError::NoObject,
        }
    }
}

fn broken(text: &str, b: Break) -> StructuredError {
    let before = &text[..b.at];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    StructuredError::Broken {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        expected: b.expected,
    }
}

/// The object itself or the first inside it that has a text under every required key.
fn satisfying(object: Map<String, Value>, required: &[&str], seen: &mut Seen) -> Option<Map<String, Value>> {
    let missing: Vec<String> = required
        .iter()
        .filter(|key| object.get(**key).and_then(as_text).is_none())
        .map(|key| (*key).to_owned())
        .collect();
    if missing.is_empty() {
        let mut object = object;
        for key in required {
            if let Some(value) = object.get_mut(*key)
                && let Some(text) = as_text(value)
            {
                *value = Value::String(text);
            }
        }
        return Some(object);
    }
    seen.note_missing(missing);
    object.into_iter().find_map(|(_, value)| inside(value, required, seen))
}

fn inside(value: Value, required: &[&str], seen: &mut Seen) -> Option<Map<String, Value>> {
    match value {
        Value::Object(object) => satisfying(object, required, seen),
        Value::Array(items) => items.into_iter().find_map(|item| inside(item, required, seen)),
        _ => None,
    }
}

/// A value as the text it stands for.
fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Array(lines) if !lines.is_empty() => {
            let lines: Option<Vec<&str>> = lines.iter().map(Value::as_str).collect();
            lines.map(|lines| lines.join("\n"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KEYS: [&str; 2] = ["question", "code"];

    fn pair(question: &str, code: &str) -> Value {
        json!({"question": question, "code": code})
    }

    fn read(text: &str) -> Result<Value, StructuredError> {
        find_object(text, &KEYS).map(|o| KEYS.iter().map(|k| ((*k).to_owned(), o[*k].clone())).collect())
    }

    #[test]
    fn objects_are_found_and_read_as_meant() {
        for (text, question, code) in [
            (r#"{"question": "q", "code": "c"}"#, "q", "c"),
            ("```json\n{\"question\": \"q\", \"code\": \"c\"}\n```", "q", "c"),
            ("Sure! Here {x} it is:\n```JSON5\n{\"question\":\"q\",\"code\":\"c\",}\n```\nHope {this} helps", "q", "c"),
            (
                r#"Like {"question": "only"} but {"question": "q", "code": "c"} or {"question":"r","code":"d"}"#,
                "q",
                "c",
            ),
            (r#"{"result": {"items": [{"question": "q", "code": "c"}]}}"#, "q", "c"),
            (r#"[{"question": "q", "code": "c"}, {"question": "r", "code": "d"}]"#, "q", "c"),
            (r#"{"question": "q", "code": "c", "n": [1, 2.5e3, -0, true, null, {},],}"#, "q", "c"),
            (
                "{\"question\": \"two\nlines\tand a tab\", \"code\": \"a = 1\nprint(a)\"}",
                "two\nlines\tand a tab",
                "a = 1\nprint(a)",
            ),
            (
                r#"{"question": "Find \(x\) in \[x^2\], \sqrt{2}", "code": "re.match('\d+\s')"}"#,
                r"Find \(x\) in \[x^2\], \sqrt{2}",
                r"re.match('\d+\s')",
            ),
            (
                r#"{"question": "\frac{1}{2}\beta\rho\right)\times\theta\text{m}\nabla", "code": "c"}"#,
                r"\frac{1}{2}\beta\rho\right)\times\theta\text{m}\nabla",
                "c",
            ),
            (
                r#"{"question": "\\frac{1}{2} \\(x\\)", "code": "a\nb\tc\r\nd \"e\" \u00e9\ud83d\ude00\/"}"#,
                r"\frac{1}{2} \(x\)",
                "a\nb\tc\r\nd \"e\" é😀/",
            ),
            (r#"{"question": "\underline{x} \ud83d alone", "code": "\u12"}"#, "\\underline{x} \u{fffd} alone", r"\u12"),
            ("{'question': 'it\\'s', 'code': 'print(\"x\")', 'ok': True, 'no': None}", "it's", "print(\"x\")"),
            ("{\"question\": \"q\", \"code\": \"\"\"\nprint(\"a\\n\")\n\"\"\"}", "q", "print(\"a\\n\")\n"),
            ("{\"question\": \"\", \"code\": ''''''}", "", ""),
            (
                "{\"question\": 42, // the answer\n /* of { */ \"code\": [\"a = 1\", \"print(a)\"]}",
                "42",
                "a = 1\nprint(a)",
            ),
            (
                r#"{"question": "braces } ] { in \"text\"", "code": "d = {'a': 1}"}"#,
                "braces } ] { in \"text\"",
                "d = {'a': 1}",
            ),
            (r#"{"question": "first", "question": "q", "code": "c"}"#, "q", "c"),
            ("\u{feff}{\"question\":\u{a0}\"ü\", \"code\": \"ß\"}", "ü", "ß"),
        ] {
            assert_eq!(read(text), Ok(pair(question, code)), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        use StructuredError::{Missing, NoObject, Truncated};
        let missing = |keys: &[&str]| Missing { missing: keys.iter().map(|k| (*k).to_owned()).collect() };
        for (text, error) in [
            ("", NoObject),
            ("no object here", NoObject),
            ("{", NoObject),
            ("{x} and } {", NoObject),
            (r"\frac{1}{2}", NoObject),
            ("{}", missing(&["question", "code"])),
            (r#"{"question": "q"}"#, missing(&["code"])),
            (r#"{"question": "q", "code": null}"#, missing(&["code"])),
            (r#"{"question": "q", "code": {"a": 1}}"#, missing(&["code"])),
            (r#"{"a": 1} {"code": "c"}"#, missing(&["question"])),
            (r#"{"question": "q", "code": "print("#, Truncated),
            (r#"{"question": "q", "code": "c""#, Truncated),
            (r#"{"question": "q","#, Truncated),
            ("```json\n{\"question\": \"q\", \"code\": \"c\n```", Truncated),
            (r#"{"question": "cut", "like": [{"question": "q", "code": "c"}, {"#, Truncated),
        ] {
            assert_eq!(read(text), Err(error), "{text}");
        }
        assert_eq!(
            read("see:\n{\"question\": \"q\" \"code\": 1}"),
            Err(StructuredError::Broken { line: 2, column: 18, expected: "`,` or `}`" })
        );
    }

    #[test]
    fn hostile_replies_end_in_linear_steps() {
        let n = 1 << 18;
        for unit in [
            "{",
            "{\"a\":",
            "[{",
            "{\"a\":\"",
            "{\"a\":[1,",
            "\"{",
            "{'''",
            "{\"a\" /*",
            "{\"a\": \"\"\"",
            "{'a':1,",
            "{//",
            "\\{\"",
        ] {
            let text: String = unit.chars().cycle().take(n).collect();
            // What is told may differ; that it is told at all, and soon, is the point.
            assert!(read(&text).is_err(), "{unit}");
        }
        let after = format!("{} {{\"question\": \"q\", \"code\": \"c\"}}", "{x".repeat(100_000));
        assert_eq!(read(&after), Ok(pair("q", "c")));
    }

    proptest::proptest! {
        #[test]
        fn what_is_valid_json_is_read_unchanged(question in "(\\PC|\n){0,80}", code in "(\\PC|[\"'\\\\{}]){0,80}", prose in "[^{]{0,40}") {
            let object = json!({"question": question, "code": code, "rest": [1, {"x": null}]});
            for written in [object.to_string(), serde_json::to_string_pretty(&object).unwrap_or_default()] {
                let reply = format!("{prose}{written}{prose}");
                proptest::prop_assert_eq!(read(&reply), Ok(pair(&question, &code)));
                let cut: String = written.chars().take(written.chars().count() - 3).collect();
                proptest::prop_assert_eq!(read(&cut), Err(StructuredError::Truncated));
            }
        }

        #[test]
        fn no_reply_panics(reply in "[{}\\[\\]\"':,a\\\\/*#u0-9\\n é]{0,200}") {
            read(&reply).ok();
        }
    }
}
