//! Seeds of files that were made for something else: JSON, JSON Lines, tables, Parquet; columns of any names.

use std::collections::HashSet;
use std::fs::File;
use std::path::Path;

use serde_json::{Map, Value};

use super::{BadRow, Datapoint, NotADatapoint, reader, table};

/// A row of columns.
pub type Columns = Map<String, Value>;

/// Names under which others have a seed's fields, the most telling first.
const USUAL: [(&str, &[&str]); 4] = [
    ("question", &["question", "problem", "prompt", "query", "instruction", "input"]),
    ("rationale", &["rationale", "code", "program", "python", "solution_code"]),
    ("final_answer", &["final_answer", "answer", "ground_truth", "reference", "target", "expected", "output"]),
    ("metadata", &["metadata", "meta"]),
];

/// Whether others have a field of a seed under this name.
pub(super) fn is_usual(name: &str) -> bool {
    USUAL.iter().any(|(_, usual)| usual.contains(&name))
}

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

/// What rows may take of memory, all files together.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    most: u64,
    left: u64,
}

impl Room {
    /// Room for so many bytes.
    pub fn new(most: u64) -> Self {
        Self { most, left: most }
    }

    /// Takes of it.
    ///
    /// # Errors
    /// Where there is not so much left, in a sentence without its file.
    fn take(&mut self, bytes: u64) -> Result<(), String> {
        self.left = self.left.checked_sub(bytes).ok_or_else(|| {
            let most = self.most.div_ceil(1 << 20);
            let twice = 2 * most;
            format!(
                "its rows take more than {most} MB of memory; --max-mb {twice} allows twice as much, else import fewer files or \
                 smaller ones"
            )
        })?;
        Ok(())
    }
}

/// What a value takes of memory, about.
fn weight(value: &Value) -> u64 {
    let inside = match value {
        Value::Null | Value::Bool(_) => 0,
        Value::Number(_) => 16,
        Value::String(text) => text.len() as u64,
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(columns) => weight_of(columns),
    };
    inside + CELL
}

fn weight_of(columns: &Columns) -> u64 {
    columns.iter().map(|(name, value)| name.len() as u64 + weight(value)).sum()
}

/// Bytes around what a value holds, its place among others included.
const CELL: u64 = 64;

/// The rows of a file by what its name ends in, and those that cannot be read. They take of the `room`.
///
/// # Errors
/// A file that cannot be read at all, or has more than there is room for, in a sentence.
pub fn rows(path: &Path, room: &mut Room) -> Result<(Vec<Columns>, Vec<BadRow>), String> {
    let name = path.display().to_string();
    let told = |e: &dyn std::fmt::Display| format!("{name} can't be read: {e}");
    let kind = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    if kind == "parquet" {
        return Ok((parquet(path, room).map_err(|e| told(&e))?, Vec::new()));
    }
    // What is read whole takes its bytes at the least, and is not begun with.
    let bytes = path.metadata().map_err(|e| told(&e))?.len();
    Room::clone(room).take(bytes).map_err(|e| told(&e))?;
    let bytes = std::fs::read(path).map_err(|e| told(&e))?;
    let (all, bad) = match kind.as_str() {
        "csv" => table::read(&name, &bytes, b',').map_err(|e| told(&e))?,
        "tsv" => table::read(&name, &bytes, b'\t').map_err(|e| told(&e))?,
        _ => objects(&name, &bytes),
    };
    all.iter().try_for_each(|row| room.take(weight_of(row))).map_err(|e| told(&e))?;
    Ok((all, bad))
}

/// The rows of JSON.
fn objects(name: &str, bytes: &[u8]) -> (Vec<Columns>, Vec<BadRow>) {
    let reading = reader::read(name, bytes);
    let (mut all, mut bad) = (Vec::new(), reading.bad);
    for row in reading.rows {
        match row.value {
            Value::Object(columns) => all.push(columns),
            _ => bad.push(BadRow {
                file: name.to_owned(),
                row: Some(row.number),
                line: Some(row.line),
                reason: "is no object".to_owned(),
            }),
        }
    }
    (all, bad)
}

/// The rows of Parquet, until there is no more room: a small file may hold a text a million times.
#[cfg(feature = "parquet")]
fn parquet(path: &Path, room: &mut Room) -> Result<Vec<Columns>, Box<dyn std::error::Error>> {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    let reader = SerializedFileReader::new(File::open(path)?)?;
    let mut all = Vec::new();
    for row in reader.get_row_iter(None)? {
        if let Value::Object(columns) = row?.to_json_value() {
            room.take(weight_of(&columns))?;
            all.push(columns);
        }
    }
    Ok(all)
}

#[cfg(not(feature = "parquet"))]
fn parquet(path: &Path, _: &mut Room) -> Result<Vec<Columns>, Box<dyn std::error::Error>> {
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
        let (all, bad) = rows(&path, &mut Room::new(1 << 20)).unwrap();
        assert_eq!(
            all,
            [
                columns(json!({"question": "a, \"b\"?", "answer": "007"})),
                columns(json!({"question": "c\nd", "answer": "1e3"}))
            ]
        );
        assert_eq!((bad.len(), bad[0].row), (1, Some(2)));
    }

    #[test]
    fn rows_that_there_is_no_room_for_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.jsonl");
        std::fs::write(&path, "{\"question\": \"q\", \"answer\": [1, {\"a\": null}]}\n".repeat(100)).unwrap();
        let told = rows(&path, &mut Room::new(100)).unwrap_err();
        assert!(told.contains("more than 1 MB") && told.contains("--max-mb 2 "), "{told}");
        let mut room = Room::new(1 << 20);
        rows(&path, &mut room).unwrap();
        assert!(room.left < room.most - 100 * 200, "{room:?}");
        // All files together.
        assert!(std::iter::repeat_with(|| rows(&path, &mut room)).take(99).any(|read| read.is_err()));
    }

    #[cfg(feature = "parquet")]
    mod columns_of_parquet {
        use std::sync::Arc;

        use parquet::basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel};
        use parquet::data_type::{ByteArray, ByteArrayType};
        use parquet::file::properties::WriterProperties;
        use parquet::file::writer::SerializedFileWriter;
        use parquet::schema::parser::parse_message_type;

        use super::*;

        fn write(path: &Path, compression: Compression, rows: &[(&str, &str)]) {
            let schema = "message m { required binary question (UTF8); required binary answer (UTF8); }";
            let schema = Arc::new(parse_message_type(schema).unwrap());
            let properties = WriterProperties::builder().set_compression(compression).build();
            let mut file =
                SerializedFileWriter::new(File::create(path).unwrap(), schema, Arc::new(properties)).unwrap();
            let mut group = file.next_row_group().unwrap();
            for cell in [|row: &(&str, &str)| ByteArray::from(row.0), |row: &(&str, &str)| ByteArray::from(row.1)] {
                let mut column = group.next_column().unwrap().unwrap();
                let cells: Vec<ByteArray> = rows.iter().map(cell).collect();
                column.typed::<ByteArrayType>().write_batch(&cells, None, None).unwrap();
                column.close().unwrap();
            }
            group.close().unwrap();
            file.close().unwrap();
        }

        #[test]
        fn however_it_is_packed_it_is_read() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("t.parquet");
            for compression in [
                Compression::UNCOMPRESSED,
                Compression::SNAPPY,
                Compression::GZIP(GzipLevel::default()),
                Compression::ZSTD(ZstdLevel::default()),
                Compression::LZ4,
                Compression::LZ4_RAW,
                Compression::BROTLI(BrotliLevel::default()),
            ] {
                write(&path, compression, &[("1+1?", "2"), ("1+2?", "3")]);
                let (all, bad) = rows(&path, &mut Room::new(1 << 20)).unwrap();
                let expected = json!([{"question": "1+1?", "answer": "2"}, {"question": "1+2?", "answer": "3"}]);
                assert_eq!((json!(all), bad.len()), (expected, 0), "{compression}");
            }
        }

        #[test]
        fn a_small_file_of_much_text_is_refused() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("t.parquet");
            let long = "So. ".repeat(20_000);
            write(&path, Compression::SNAPPY, &vec![("1+1?", long.as_str()); 5_000]);
            assert!(path.metadata().unwrap().len() < 1 << 20, "400 MB in less than one");
            let told = rows(&path, &mut Room::new(16 << 20)).unwrap_err();
            assert!(told.contains("more than 16 MB of memory; --max-mb 32 allows"), "{told}");
        }
    }
}
