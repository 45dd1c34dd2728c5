//! Seeds of files that were made for something else: JSON, JSON Lines, tables, Parquet; columns of any names.

use std::collections::HashSet;
use std::fs::File;
use std::path::Path;

use serde_json::{Map, Value};

use super::{BadRow, Datapoint, NotADatapoint, reader};

/// A row of columns.
pub type Columns = Map<String, Value>;

/// Names under which others have a seed's fields, the most telling first.
const USUAL: [(&str, &[&str]); 4] = [
    ("question", &["question", "problem", "prompt", "query", "instruction", "input"]),
    ("rationale", &["rationale", "code", "program", "python", "solution_code"]),
    ("final_answer", &["final_answer", "answer", "ground_truth", "reference", "target", "expected", "output"]),
    ("metadata", &["metadata", "meta"]),
];

/// Columns that are named where a stated one is not there.
const NAMED: usize = 40;

/// Which column a seed's field is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// `question`, `rationale`, `final_answer` or `metadata`.
    pub field: &'static str,
    /// The column; `None` where there is none of a usual name.
    pub column: Option<String>,
}

/// The rows of a file by what its name ends in, and those that cannot be read.
///
/// # Errors
/// A file that cannot be read at all, in a sentence.
pub fn rows(path: &Path) -> Result<(Vec<Columns>, Vec<BadRow>), String> {
    let name = path.display().to_string();
    let told = |e: &dyn std::fmt::Display| format!("{name} can't be read: {e}");
    let kind = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    match kind.as_str() {
        "csv" | "tsv" => {
            let delimiter = if kind == "csv" { b',' } else { b'\t' };
            let mut table = csv::ReaderBuilder::new().delimiter(delimiter).from_path(path).map_err(|e| told(&e))?;
            let names = table.headers().map_err(|e| told(&e))?.clone();
            let (mut all, mut bad) = (Vec::new(), Vec::new());
            for (nth, record) in table.records().enumerate() {
                match record {
                    Ok(record) => {
                        let cells = names.iter().zip(record.iter());
                        all.push(cells.map(|(name, cell)| (name.trim().to_owned(), Value::from(cell))).collect());
                    }
                    Err(e) => {
                        bad.push(BadRow { file: name.clone(), row: Some(nth + 1), line: None, reason: e.to_string() });
                    }
                }
            }
            Ok((all, bad))
        }
        "parquet" => Ok((parquet(path).map_err(|e| told(&e))?, Vec::new())),
        _ => {
            let bytes = std::fs::read(path).map_err(|e| told(&e))?;
            let reading = reader::read(&name, &bytes);
            let (mut all, mut bad) = (Vec::new(), reading.bad);
            for row in reading.rows {
                match row.value {
                    Value::Object(columns) => all.push(columns),
                    _ => bad.push(BadRow {
                        file: name.clone(),
                        row: Some(row.number),
                        line: Some(row.line),
                        reason: "is no object".to_owned(),
                    }),
                }
            }
            Ok((all, bad))
        }
    }
}

#[cfg(feature = "parquet")]
fn parquet(path: &Path) -> Result<Vec<Columns>, Box<dyn std::error::Error>> {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    let reader = SerializedFileReader::new(File::open(path)?)?;
    let mut all = Vec::new();
    for row in reader.get_row_iter(None)? {
        if let Value::Object(columns) = row?.to_json_value() {
            all.push(columns);
        }
    }
    Ok(all)
}

#[cfg(not(feature = "parquet"))]
fn parquet(path: &Path) -> Result<Vec<Columns>, Box<dyn std::error::Error>> {
    File::open(path)?;
    Err("this loong was built without Parquet; convert it to JSON Lines".into())
}

/// Which column is which field: as `stated` (field, column), else of the usual names the one that most rows have something
/// under, and of equals the most telling. Rows need not have the same columns.
///
/// # Errors
/// A field or a column that there is none of, in a sentence.
pub fn mapping(rows: &[Columns], stated: &[(String, String)]) -> Result<Vec<Mapped>, String> {
    for (field, column) in stated {
        if !USUAL.iter().any(|(name, _)| name == field) {
            return Err(format!("a seed has no field {field}; it has question, rationale, final_answer and metadata"));
        }
        if !rows.iter().any(|row| row.contains_key(column)) {
            return Err(format!("there is no column {column}; there is: {}", known(rows)));
        }
    }
    let filled = |name: &str| rows.iter().filter(|row| row.get(name).is_some_and(|value| !value.is_null())).count();
    let of = |(field, usual): &(&'static str, &[&str])| {
        let said = stated.iter().find(|(name, _)| name == field).map(|(_, column)| column.clone());
        let there = usual.iter().map(|name| (filled(name), *name)).filter(|(rows, _)| *rows > 0);
        // Of equals the last is the greatest, and the first shall be.
        let most = there.rev().max_by_key(|(rows, _)| *rows);
        Mapped { field, column: said.or_else(|| most.map(|(_, name)| name.to_owned())) }
    };
    Ok(USUAL.iter().map(of).collect())
}

/// The columns that there are, in the order in which they come.
fn known(rows: &[Columns]) -> String {
    let mut seen = HashSet::new();
    let mut all = rows.iter().flat_map(Map::keys).map(String::as_str).filter(|name| seen.insert(*name));
    let mut told = all.by_ref().take(NAMED).collect::<Vec<_>>().join(", ");
    if all.next().is_some() {
        told.push_str(" and more");
    }
    told
}

/// The seed that a row makes. Columns that are no field become metadata; metadata that is a text of JSON is read, what is no
/// object stays under its column's name, and what the row does not say is taken from `beside`.
///
/// # Errors
/// What is missing.
pub fn seed(mut row: Columns, mapping: &[Mapped], beside: &Columns) -> Result<Datapoint, NotADatapoint> {
    let mut object = Map::new();
    let mut metadata = Map::new();
    for mapped in mapping {
        let Some((column, value)) = mapped.column.as_ref().and_then(|column| row.shift_remove_entry(column)) else {
            continue;
        };
        if mapped.field == "metadata" {
            let read = match &value {
                Value::String(text) if text.trim().is_empty() => Value::Null,
                Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| value.clone()),
                _ => value.clone(),
            };
            match read {
                Value::Object(read) => metadata = read,
                Value::Null => {}
                _ => drop(metadata.insert(column, value)),
            }
        } else {
            object.insert(mapped.field.to_owned(), value);
        }
    }
    for (name, value) in row.into_iter().chain(beside.clone()) {
        if !value.is_null() {
            metadata.entry(name).or_insert(value);
        }
    }
    object.insert("metadata".to_owned(), Value::Object(metadata));
    Datapoint::from_value(Value::Object(object))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn columns(value: Value) -> Columns {
        match value {
            Value::Object(columns) => columns,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn usual_names_are_known_and_stated_ones_come_first() {
        let row =
            columns(json!({"problem": "1+1?", "answer": "2", "gold": "two", "code": "print(1+1)", "topic": "sums"}));
        let rows = std::slice::from_ref(&row);
        let guessed = mapping(rows, &[]).unwrap();
        let made = seed(row.clone(), &guessed, &columns(json!({"license": "MIT", "topic": "other"}))).unwrap();
        assert_eq!(
            (made.question.as_str(), made.final_answer.as_str(), made.rationale.as_str()),
            ("1+1?", "2", "print(1+1)")
        );
        assert_eq!(Value::Object(made.metadata), json!({"gold": "two", "topic": "sums", "license": "MIT"}));
        let stated = mapping(rows, &[("final_answer".to_owned(), "gold".to_owned())]).unwrap();
        assert_eq!(seed(row.clone(), &stated, &Map::new()).unwrap().final_answer, "two");
        assert!(
            mapping(rows, &[("final_answer".to_owned(), "none".to_owned())])
                .unwrap_err()
                .contains("problem, answer, gold")
        );
        assert!(mapping(rows, &[("hint".to_owned(), "gold".to_owned())]).unwrap_err().contains("no field hint"));
    }

    #[test]
    fn metadata_in_a_text_is_read() {
        let row =
            columns(json!({"question": "q", "final_answer": "1", "metadata": "{\"domain\": \"logic\", \"n\": 1.50}"}));
        let mapped = mapping(std::slice::from_ref(&row), &[]).unwrap();
        let made = seed(row.clone(), &mapped, &Map::new()).unwrap();
        assert_eq!(made.domain(), "logic");
        assert_eq!(made.metadata["n"].to_string(), "1.50");
        // What is no object is somebody's, too.
        for (cell, kept) in [
            (json!("from a book"), json!({"metadata": "from a book"})),
            (json!("[1]"), json!({"metadata": "[1]"})),
            (json!(["a", "b"]), json!({"metadata": ["a", "b"]})),
            (json!(" "), json!({})),
            (json!(null), json!({})),
        ] {
            let row = columns(json!({"question": "q", "final_answer": "1", "metadata": cell}));
            assert_eq!(Value::Object(seed(row, &mapped, &Map::new()).unwrap().metadata), kept);
        }
    }

    #[test]
    fn columns_that_the_first_row_lacks_are_known() {
        let rows: Vec<Columns> = [
            json!({"problem": "half"}),
            json!({"problem": "1+1?", "answer": "2", "gold": "two"}),
            json!({"problem": "1+2?", "answer": "3", "meta": {"n": 1}, "final_answer": null}),
            json!({"problem": "1+3?", "answer": "4", "final_answer": "four"}),
        ]
        .map(columns)
        .into();
        let mapped = mapping(&rows, &[]).unwrap();
        let column = |field: &str| mapped.iter().find(|one| one.field == field).unwrap().column.as_deref();
        // Most rows have the one, though the other is the more telling name.
        assert_eq!(
            (column("question"), column("final_answer"), column("metadata"), column("rationale")),
            (Some("problem"), Some("answer"), Some("meta"), None)
        );
        let made: Vec<bool> = rows.iter().map(|row| seed(row.clone(), &mapped, &Map::new()).is_ok()).collect();
        assert_eq!(made, [false, true, true, true]);
        assert!(mapping(&rows, &[("final_answer".to_owned(), "gold".to_owned())]).is_ok());
        let told = mapping(&rows, &[("final_answer".to_owned(), "none".to_owned())]).unwrap_err();
        assert!(told.ends_with("there is: problem, answer, gold, meta, final_answer"), "{told}");
    }

    #[test]
    fn tables_keep_their_cells_as_they_stand() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, "question,answer\n\"a, \"\"b\"\"?\",007\nonly one\n\"c\nd\",1e3\n").unwrap();
        let (all, bad) = rows(&path).unwrap();
        assert_eq!(
            all,
            [
                columns(json!({"question": "a, \"b\"?", "answer": "007"})),
                columns(json!({"question": "c\nd", "answer": "1e3"}))
            ]
        );
        assert_eq!((bad.len(), bad[0].row), (1, Some(2)));
    }
}
