//! Sheets that people edit: texts under marks, as they are read rather than as JSON; and a seed as such a sheet.

use serde_json::{Map, Value};

use super::Datapoint;

/// The fields, with what their marks say of them.
const FIELDS: [(&str, &str); 4] =
    [("question", ""), ("rationale", ": Python that prints the answer"), ("final_answer", ""), ("metadata", ": JSON")];

/// What a mark begins with.
const MARK: &str = "==== ";

/// Texts under marks: each with its name, what the mark says of it, and the text.
pub fn marked<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) -> String {
    let mut sheet = String::new();
    for (name, about, text) in texts {
        sheet.extend([MARK, name, about, " ====\n", text.trim_matches('\n'), "\n\n"]);
    }
    sheet
}

/// The texts under the marks of these names, without blank lines around them. What stands above the first mark is left out.
///
/// # Errors
/// A mark that is missing or there twice, in a sentence.
pub fn unmarked(text: &str, names: &[&str]) -> Result<Vec<String>, String> {
    let text = text.replace("\r\n", "\n");
    let mut parts: Vec<Option<String>> = vec![None; names.len()];
    let mut open = None;
    for line in text.split('\n') {
        match mark(line, names) {
            Some(field) if parts[field].is_some() => {
                return Err(format!("the mark `{MARK}{}` is there twice; keep one of each", names[field]));
            }
            Some(field) => {
                parts[field] = Some(String::new());
                open = Some(field);
            }
            None => {
                if let Some(part) = open.and_then(|field| parts[field].as_mut()) {
                    part.push_str(line);
                    part.push('\n');
                }
            }
        }
    }
    let there = |(name, part): (&&str, Option<String>)| match part {
        Some(part) => Ok(part.trim_matches('\n').to_owned()),
        None => Err(format!("the mark `{MARK}{name}` is missing; put it back above its text")),
    };
    names.iter().zip(parts).map(there).collect()
}

/// The name whose mark a line is.
fn mark(line: &str, names: &[&str]) -> Option<usize> {
    let word = line.strip_prefix(MARK)?.split([' ', ':']).next()?;
    names.iter().position(|name| *name == word)
}

/// The sheet of a seed.
pub fn sheet(seed: &Datapoint) -> String {
    let metadata = serde_json::to_string_pretty(&seed.metadata).unwrap_or_default();
    let texts = [seed.question.as_str(), &seed.rationale, &seed.final_answer, &metadata];
    marked(FIELDS.iter().zip(texts).map(|((name, about), text)| (*name, *about, text)))
}

/// The seed that a sheet makes of another one; what was not changed stays as it stood in its file.
///
/// # Errors
/// What is wrong with the sheet, in a sentence.
pub fn from_sheet(text: &str, was: &Datapoint) -> Result<Datapoint, String> {
    let names = FIELDS.map(|(name, _)| name);
    let parts = unmarked(text, &names)?;
    let mut object = match was.to_value() {
        Value::Object(object) => object,
        _ => Map::new(),
    };
    for (name, part) in names.iter().zip(&parts) {
        let before = match *name {
            "question" => &was.question,
            "rationale" => &was.rationale,
            "final_answer" => &was.final_answer,
            _ => {
                let metadata: Map<String, Value> = serde_json::from_str(part).map_err(|e| {
                    format!("the metadata is no JSON object: {e}; it is such as {{\"domain\": \"logic\"}}")
                })?;
                if metadata != was.metadata {
                    object.insert((*name).to_owned(), Value::Object(metadata));
                }
                continue;
            }
        };
        if before.replace("\r\n", "\n").trim_matches('\n') != part {
            let typed = object.get(*name).is_some_and(|value| !value.is_string());
            // An answer that was a number stays one.
            let value =
                Some(part).filter(|_| typed && *name == "final_answer").and_then(|p| serde_json::from_str(p).ok());
            object.insert((*name).to_owned(), value.unwrap_or_else(|| Value::String(part.clone())));
        }
    }
    Datapoint::from_value(Value::Object(object)).map_err(|e| format!("this is no seed: {e}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seed() -> Datapoint {
        Datapoint::from_value(json!({
            "id": 7, "question": "What is $x$?\n\nSay.", "rationale": "x = 1\n\nprint(x)\n", "final_answer": 1.5,
            "metadata": {"domain": "logic", "licence": "CC0"}, "own": [1],
        }))
        .unwrap()
    }

    #[test]
    fn a_sheet_read_back_is_the_same_seed() {
        let seed = seed();
        let back = from_sheet(&sheet(&seed), &seed).unwrap();
        assert_eq!(back.to_value(), seed.to_value());
        assert_eq!(back.id, seed.id);
        let windows = sheet(&seed).replace('\n', "\r\n");
        assert_eq!(from_sheet(&windows, &seed).unwrap().id, seed.id);
    }

    #[test]
    fn what_is_changed_is_changed_alone() {
        let seed = seed();
        let text = sheet(&seed).replace("x = 1", "x = 2").replace("\n1.5\n", "\n2.0\n").replace("CC0", "MIT");
        let value = from_sheet(&text, &seed).unwrap().to_value();
        assert_eq!(value["rationale"], "x = 2\n\nprint(x)");
        assert_eq!(value["final_answer"].to_string(), "2.0", "a number stays one");
        assert_eq!(
            (&value["metadata"]["licence"], &value["own"], &value["id"]),
            (&json!("MIT"), &json!([1]), &json!(7))
        );
    }

    #[test]
    fn what_is_wrong_is_told() {
        let seed = seed();
        let told = |text: &str| from_sheet(text, &seed).unwrap_err();
        assert!(told("nothing").contains("`==== question` is missing"));
        assert!(told(&format!("{0}{0}", sheet(&seed))).contains("twice"));
        assert!(told(&sheet(&seed).replace("\"domain\"", "domain")).contains("no JSON object"));
        let empty = sheet(&seed).replace("What is $x$?\n\nSay.", "");
        assert!(told(&empty).contains("`question` is empty"));
    }
}
