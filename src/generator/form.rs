//! What a reply must hold: the JSON schema that is asked for, and how it is read.

use serde_json::{Map, Value, json};

use crate::model::ReplySchema;
use crate::model::structured::find_object;

/// Characters that a question may have: what is fed back to models must not grow without bound.
const QUESTION: usize = 12_000;
/// Characters that a program may have.
const CODE: usize = 60_000;
/// Characters of a remark that are kept.
const REMARK: usize = 2_000;
/// The best grade; 1 is the worst.
pub(super) const BEST: u64 = 5;

/// What stands under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A problem.
    Question,
    /// A program; a fence around it is taken off.
    Code,
    /// A few words that may be missing.
    Remark,
    /// A whole number from 1 to [`BEST`].
    Grade,
    /// Yes or no.
    Truth,
}

/// One key of a form.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) key: &'static str,
    pub(super) kind: Kind,
    /// For the model.
    pub(super) description: &'static str,
}

/// What a reply must hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    /// The schema's name.
    pub(super) name: &'static str,
    pub(super) fields: &'static [Field],
}

const QUESTION_FIELD: Field =
    Field { key: "question", kind: Kind::Question, description: "the problem, self-contained" };
const CODE_FIELD: Field = Field {
    key: "code",
    kind: Kind::Code,
    description: "a whole Python program that prints the answer with print(...) and nothing else",
};

/// A question with its program.
pub(super) const PROBLEM: Form = Form { name: "problem", fields: &[QUESTION_FIELD, CODE_FIELD] };
/// A question alone.
pub(super) const INSTRUCTION: Form = Form { name: "question", fields: &[QUESTION_FIELD] };
/// A program alone.
pub(super) const RATIONALE: Form = Form { name: "program", fields: &[CODE_FIELD] };

impl Form {
    /// The keys, in order.
    pub(super) fn keys(&self) -> Vec<&'static str> {
        self.fields.iter().map(|f| f.key).collect()
    }

    /// The JSON schema. Only words that every endpoint's strict mode knows: no bounds, no formats.
    pub(super) fn schema(&self) -> ReplySchema {
        let property = |field: &Field| {
            let mut property = match field.kind {
                Kind::Question | Kind::Code | Kind::Remark => json!({"type": "string"}),
                Kind::Grade => json!({"type": "integer", "enum": (1..=BEST).collect::<Vec<_>>()}),
                Kind::Truth => json!({"type": "boolean"}),
            };
            if let Value::Object(map) = &mut property {
                map.insert("description".to_owned(), field.description.into());
            }
            (field.key.to_owned(), property)
        };
        ReplySchema {
            name: self.name.to_owned(),
            schema: json!({
                "type": "object",
                "properties": self.fields.iter().map(property).collect::<Map<_, _>>(),
                "required": self.keys(),
                "additionalProperties": false
            }),
        }
    }

    /// What a reply holds, each value as its kind wants it; else what is wrong with the reply, in a sentence.
    pub(super) fn read(&self, reply: &str) -> Result<Map<String, Value>, String> {
        let required: Vec<&str> = self.fields.iter().filter(|f| f.kind != Kind::Remark).map(|f| f.key).collect();
        let object = find_object(reply, &required).map_err(|e| e.to_string())?;
        self.fields.iter().map(|field| Ok((field.key.to_owned(), field.read(object.get(field.key))?))).collect()
    }
}

impl Field {
    fn read(&self, value: Option<&Value>) -> Result<Value, String> {
        let text = match value {
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
            _ => String::new(),
        };
        let key = self.key;
        match self.kind {
            Kind::Question => self.words(&text, QUESTION).map(|()| text.into()),
            Kind::Code => {
                let code = unfenced(&text);
                self.words(code, CODE).map(|()| code.into())
            }
            Kind::Remark => Ok(super::turn::cut(&text, REMARK).into()),
            // `4`, `4/5` and `4 (hard)` are what models write; `4.5` is read as 4.
            Kind::Grade => {
                let digits = text.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
                match digits.parse::<u64>() {
                    Ok(grade @ 1..=BEST) => Ok(grade.into()),
                    _ => Err(format!("the reply's `{key}` is no whole number from 1 to {BEST}")),
                }
            }
            Kind::Truth => match text.to_lowercase().as_str() {
                "true" | "yes" => Ok(true.into()),
                "false" | "no" => Ok(false.into()),
                _ => Err(format!("the reply's `{key}` is neither true nor false")),
            },
        }
    }

    /// Whether a text has words, not too many, and is more than the placeholder that small models like to give back.
    fn words(&self, text: &str, most: usize) -> Result<(), String> {
        let key = self.key;
        if !text.chars().any(char::is_alphanumeric) {
            return Err(format!("the reply's `{key}` has no words"));
        }
        let bare = text.trim_matches(|c: char| !c.is_alphanumeric());
        if bare.eq_ignore_ascii_case(key) || bare.eq_ignore_ascii_case("string") || text == self.description {
            return Err(format!("the reply's `{key}` is the placeholder, not filled in"));
        }
        if text.chars().nth(most).is_some() {
            return Err(format!("the reply's `{key}` has more than {most} characters"));
        }
        Ok(())
    }
}

/// Code without the Markdown fence that models like to put around it.
fn unfenced(code: &str) -> &str {
    let Some(inner) = code.strip_prefix("```").and_then(|c| c.trim_end().strip_suffix("```")) else {
        return code;
    };
    match inner.split_once('\n') {
        Some((tag, body)) if tag.trim().chars().all(char::is_alphanumeric) => body.trim_end(),
        _ => inner.trim(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRADED: Form = Form {
        name: "t",
        fields: &[
            Field { key: "why", kind: Kind::Remark, description: "why" },
            Field { key: "grade", kind: Kind::Grade, description: "how well" },
            Field { key: "sound", kind: Kind::Truth, description: "whether" },
        ],
    };

    #[test]
    fn a_fence_around_code_is_taken_off() {
        assert_eq!(unfenced("```python\nprint(1)\n```"), "print(1)");
        assert_eq!(unfenced("```\nprint(1)\nprint(2)\n```"), "print(1)\nprint(2)");
        assert_eq!(unfenced("print('```')"), "print('```')");
        assert_eq!(unfenced("x = 1"), "x = 1");
    }

    #[test]
    fn values_are_read_as_their_kind() {
        for (reply, wanted) in [
            (r#"{"why": "hard", "grade": 4, "sound": true}"#, json!({"why": "hard", "grade": 4, "sound": true})),
            (r#"{"grade": "5/5", "sound": "Yes"}"#, json!({"why": "", "grade": 5, "sound": true})),
            (r#"{"why": ["a", "b"], "grade": 1.0, "sound": False}"#, json!({"why": "a b", "grade": 1, "sound": false})),
        ] {
            assert_eq!(GRADED.read(reply).map(Value::Object), Ok(wanted), "{reply}");
        }
        for (reply, told) in [
            (r#"{"grade": 0, "sound": true}"#, "`grade` is no whole number"),
            (r#"{"grade": 17, "sound": true}"#, "`grade` is no whole number"),
            (r#"{"grade": -3, "sound": true}"#, "`grade` is no whole number"),
            (r#"{"grade": 3, "sound": "perhaps"}"#, "neither true nor false"),
            (r#"{"grade": 3}"#, "no text under `sound`"),
            ("I would say 4", "no JSON object"),
        ] {
            assert!(GRADED.read(reply).is_err_and(|why| why.contains(told)), "{reply}");
        }
    }

    #[test]
    fn placeholders_and_floods_are_no_question() {
        let read = |question: &str| INSTRUCTION.read(&json!({"question": question}).to_string());
        for (question, told) in
            [("...", "has no words"), ("<question>", "placeholder"), ("the problem, self-contained", "placeholder")]
        {
            assert!(read(question).is_err_and(|why| why.contains(told)), "{question}");
        }
        assert!(read(&"word ".repeat(4_000)).is_err_and(|why| why.contains("more than")));
        assert!(read(" What is 2 + 2? ").is_ok_and(|object| object["question"] == "What is 2 + 2?"));
    }

    #[test]
    fn the_schema_names_every_key() {
        let schema = GRADED.schema().schema;
        assert_eq!(schema["required"], json!(["why", "grade", "sound"]));
        assert_eq!(schema["properties"]["grade"]["enum"], json!([1, 2, 3, 4, 5]));
    }
}
