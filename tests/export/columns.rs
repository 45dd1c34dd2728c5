//! Parquet: what is read back of it is what the lines say.

use std::fs::File;
use std::path::Path;

use loong::export::{Encoding, ExportRequest, Exporter, FormatName, Manifest, Reasoning, WhichResponses};
use loong::store::record::CandidateView;
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::Value;
use tempfile::TempDir;

use crate::schemas::all_sorts;
use crate::views::{With, agreeing};
use crate::{request, rows};

fn export(place: &Path, views: &[CandidateView], request: ExportRequest) -> Manifest {
    let mut exporter = Exporter::create(place, request, false).unwrap();
    for view in views {
        exporter.push(view).unwrap();
    }
    exporter.finish().unwrap()
}

fn read(place: &Path) -> Vec<Value> {
    let reader = SerializedFileReader::new(File::open(place).unwrap()).unwrap();
    reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_json_value()).collect()
}

/// Whether a value of the lines is what a column has: text that is none stands as its JSON, what is missing as null.
fn same(line: &Value, column: &Value) -> bool {
    match (line, column) {
        (Value::Object(line), Value::Object(column)) => {
            line.iter().all(|(name, value)| column.get(name).is_some_and(|there| same(value, there)))
                && column.iter().all(|(name, value)| line.contains_key(name) || value.is_null())
        }
        (Value::Array(line), Value::Array(column)) => {
            line.len() == column.len() && line.iter().zip(column).all(|(a, b)| same(a, b))
        }
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (_, Value::String(text)) if !line.is_string() => serde_json::from_str::<Value>(text).is_ok_and(|v| v == *line),
        _ => line == column,
    }
}

#[test]
fn every_format_has_the_same_rows_in_columns() {
    for format in FormatName::ALL {
        for reasoning in [Reasoning::Drop, Reasoning::Field] {
            let mut request = request(*format);
            request.options.reasoning = reasoning;
            request.options.responses = WhichResponses::AllVerified;
            if request.options.check(*format).is_err() {
                continue;
            }
            let (lines, _) = rows(&all_sorts(), request.clone()).unwrap();
            let folder = TempDir::new().unwrap();
            let place = folder.path().join("set.parquet");
            request.encoding = Encoding::Parquet;
            let manifest = export(&place, &all_sorts(), request);
            let columns = read(&place);
            assert_eq!((lines.len(), manifest.file.rows), (columns.len(), lines.len() as u64), "{format}");
            for (line, row) in lines.iter().zip(&columns) {
                assert!(same(line, row), "{format}\n{line:#}\n{row:#}");
            }
        }
    }
}

#[test]
fn many_rows_are_several_groups_and_the_same_bytes_again() {
    let long = "x y ".repeat(20_000);
    let views: Vec<CandidateView> = (1..=500)
        .map(|id| agreeing(id).and(|v| v.responses[0].record.text = format!("{long}\\boxed{{{id}}}")))
        .collect();
    let folder = TempDir::new().unwrap();
    let [one, two] = ["one.parquet", "two.parquet"].map(|name| folder.path().join(name));
    let mut request = request(FormatName::Messages);
    request.encoding = Encoding::Parquet;
    let first = export(&one, &views, request.clone());
    let second = export(&two, &views, request);
    assert_eq!(first.file.blake3, second.file.blake3);
    assert_eq!(first.file.blake3, blake3::hash(&std::fs::read(&one).unwrap()).to_hex().to_string());
    let reader = SerializedFileReader::new(File::open(&one).unwrap()).unwrap();
    assert!(reader.metadata().num_row_groups() >= 3, "{}", reader.metadata().num_row_groups());
    let texts = read(&one);
    assert_eq!(texts.len(), 500);
    assert!(texts[499]["messages"][1]["content"].as_str().unwrap().ends_with("\\boxed{500}"));
    let card = std::fs::read_to_string(folder.path().join("one.card.md")).unwrap();
    assert!(
        card.contains("load_dataset(\"parquet\", data_files=\"one.parquet\"") && card.contains("# one\n"),
        "{card}"
    );
}

#[test]
fn a_test_part_is_of_the_same_kind() {
    let views: Vec<CandidateView> =
        (1..=200).map(|id| agreeing(id).and(|v| v.record.family = Some(format!("seed-{}", id % 50)))).collect();
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("set.parquet");
    let mut request = request(FormatName::PromptOnly);
    (request.encoding, request.options.test_per_mille) = (Encoding::Parquet, 200);
    let manifest = export(&place, &views, request);
    let test = manifest.test.expect("a fifth of fifty families");
    assert_eq!(test.name, "set.test.parquet");
    assert_eq!(read(&place).len() + read(&folder.path().join("set.test.parquet")).len(), 200);
}
