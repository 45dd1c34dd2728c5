//! What a file would become: its format, where our fields stand in it, and its first row.

use std::ffi::OsStr;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use serde_json::{Map, Value};

use super::archive::Archive;
use super::candidate::{candidate, uid};
use super::element::{self, Elements};
use super::input::{Body, Input};
use super::line::Lines;
use super::mapping::at;
use super::row::Reading;
use super::source::Source;
use super::table::{self, Table};
use super::{Format, Mapping, RolloutError, json, value};
use crate::store::record::CandidateRecord;
use crate::verifier::Verifier;

/// Rows that a mapping is guessed from.
const LOOKED_AT: usize = 20;
const WANTED: &str = "has no line that is a JSON object; JSON Lines is wanted, one rollout a line, or an array of objects, CSV, \
                      or a log of inspect_ai";

/// What a file would become.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The file.
    pub file: PathBuf,
    /// Its format.
    pub format: Format,
    /// Where our fields stand in a row.
    pub mapping: Mapping,
    /// Our fields and their values in the first row.
    pub first: Vec<(&'static str, String)>,
}

impl Plan {
    /// The mapping in a line.
    pub fn sentence(&self) -> String {
        let pairs: Vec<String> = self.mapping.pairs().map(|(ours, theirs)| format!("{ours} ← {theirs}")).collect();
        format!("{} ({}): {}", self.file.display(), self.format, pairs.join(", "))
    }
}

/// A file that is opened and understood, and not yet read.
pub struct Planned {
    /// What it would become.
    pub plan: Plan,
    pub(super) source: Box<dyn Source>,
    pub(super) reading: Reading,
    pub(super) stem: String,
    pub(super) read: Arc<AtomicU64>,
    pub(super) size: Option<u64>,
    first: Option<Map<String, Value>>,
}

impl Planned {
    /// The candidate that the first row becomes.
    ///
    /// # Errors
    /// Why it is a bad row.
    pub fn example(&self, verifier: Option<&dyn Verifier>) -> Result<Option<CandidateRecord>, String> {
        let Some(row) = self.first.clone() else { return Ok(None) };
        let rollout = self.reading.rollout(row)?;
        Ok(Some(candidate(uid(&rollout), rollout, &self.stem, verifier)))
    }
}

/// Opens a file, or standard input (`-`), and finds out what it would become. A format that is given is taken at its word.
///
/// # Errors
/// [`RolloutError::Unreadable`], [`RolloutError::Unknown`], and [`RolloutError::Map`] for a `maps` that fits no row. A mapping
/// without a reference or a response is no error yet: [`Mapping::missing`] says so.
pub fn plan(path: &Path, format: Option<Format>, maps: &[String]) -> Result<Planned, RolloutError> {
    let Input { name, body, read, size } = Input::open(path)?;
    let unknown = |message: &str| RolloutError::Unknown { file: name.clone(), message: message.to_owned() };
    let unreadable = |e: std::io::Error| RolloutError::Unreadable { file: name.clone(), message: e.to_string() };
    let mut model = None;
    let (source, rows, shape): (Box<dyn Source>, _, _) = match body {
        Body::Archive(file) => {
            let mut archive = Archive::open(file, Arc::clone(&read)).map_err(unreadable)?;
            if archive.len() == 0 {
                return Err(unknown(
                    "is a zip archive without samples; of archives only logs of inspect_ai can be imported",
                ));
            }
            model = model_of(&archive.header());
            let rows = archive.first().map_err(unreadable)?;
            (Box::new(archive), first_rows(rows, Format::Inspect), Some(Format::Inspect))
        }
        Body::Text { head, rest } => {
            let container = Container::of(&head, path, format).ok_or_else(|| match head[..] {
                [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
                    unknown("is UTF-16; make it UTF-8 first, such as by `iconv -f UTF-16 -t UTF-8`")
                }
                _ => unknown(WANTED),
            })?;
            if container == Container::Samples {
                model = model_of(&element::header(&head));
            }
            let shape = match container {
                Container::Samples => Some(Format::Inspect),
                Container::Table(b'\t') => Some(Format::Tsv),
                Container::Table(_) => Some(Format::Csv),
                Container::Lines | Container::Array => None,
            };
            let unread = format.or(shape).unwrap_or(Format::Jsonl);
            let first = container.source(Cursor::new(head.clone())).map_err(unreadable)?.next();
            let rows = first.ok().flatten().map(|chunk| first_rows(chunk, unread)).unwrap_or_default();
            (container.source(Cursor::new(head).chain(rest)).map_err(unreadable)?, rows, shape)
        }
    };
    if rows.is_empty() {
        return Err(unknown(WANTED));
    }
    let format = format.or(shape).unwrap_or_else(|| Format::of_rows(&rows));
    let mapping = Mapping::of(format, &rows, maps, &name)?;
    let stem = Input::stem(path);
    let first = rows.into_iter().next();
    let shown = |ours: &'static str, theirs: &str| {
        let value = at(first.as_ref()?, theirs)?;
        let text =
            if ours == "question" { value::question(&value, format == Format::Verl) } else { value::text(&value) };
        Some((ours, text))
    };
    let plan = Plan {
        file: path.to_owned(),
        format,
        first: mapping.pairs().filter_map(|(ours, theirs)| shown(ours, theirs)).collect(),
        mapping: mapping.clone(),
    };
    let reading = Reading { format, mapping, solver: model.unwrap_or_else(|| stem.clone()) };
    Ok(Planned { plan, source, reading, stem, read, size, first })
}

fn model_of(header: &Value) -> Option<String> {
    header.get("eval")?.get("model")?.as_str().map(str::to_owned)
}

fn first_rows(chunk: super::source::Chunk, format: Format) -> Vec<Map<String, Value>> {
    chunk.rows.objects(format.unread()).into_iter().filter_map(|(_, row)| row.ok()).take(LOOKED_AT).collect()
}

/// How rows stand in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Container {
    Lines,
    Array,
    /// The samples of an evaluation log.
    Samples,
    /// Cells, with this byte between them.
    Table(u8),
}

impl Container {
    fn of(head: &[u8], path: &Path, format: Option<Format>) -> Option<Self> {
        let unpacked = if ["gz", "zst"].map(OsStr::new).contains(&path.extension().unwrap_or_default()) {
            path.with_extension("")
        } else {
            path.to_owned()
        };
        let ending = unpacked.extension().map(|e| e.to_string_lossy().to_lowercase());
        let table = match format {
            Some(Format::Tsv) => Some(b'\t'),
            Some(Format::Csv) => Some(table::delimiter(head).filter(|d| *d != b'\t').unwrap_or(b',')),
            None if ending.as_deref() == Some("tsv") => Some(b'\t'),
            None if ending.as_deref() == Some("csv") => table::delimiter(head),
            _ => None,
        };
        if let Some(delimiter) = table {
            return Some(Self::Table(delimiter));
        }
        let mut lines = head.split(|b| *b == b'\n').filter(|line| !line.iter().all(u8::is_ascii_whitespace));
        let first = lines.next()?;
        let row = json::object(first, &[]).ok();
        let is_log = |log: &Map<String, Value>| log.contains_key("eval") && log.contains_key("samples");
        match head.iter().find(|b| !b.is_ascii_whitespace())? {
            b'[' => Some(Self::Array),
            b'{' if row.as_ref().is_some_and(is_log) => Some(Self::Samples),
            b'{' if row.is_none() && element::header(head).get("eval").is_some() => Some(Self::Samples),
            _ if row.is_some() || lines.take(LOOKED_AT).any(|line| json::object(line, &[]).is_ok()) => {
                Some(Self::Lines)
            }
            _ if format.is_none_or(Format::is_table) => is_table(head).map(Self::Table),
            _ => None,
        }
    }

    fn source(self, text: impl Read + Send + 'static) -> std::io::Result<Box<dyn Source>> {
        Ok(match self {
            Self::Lines => Box::new(Lines::new(text)),
            Self::Array => Box::new(Elements::new(text, None)),
            Self::Samples => Box::new(Elements::new(text, Some("samples"))),
            Self::Table(delimiter) => Box::new(Table::new(text, delimiter)?),
        })
    }
}

/// The delimiter, where the text is a table although its name does not say so: a first row that names a response and a
/// reference.
fn is_table(head: &[u8]) -> Option<u8> {
    let delimiter = table::delimiter(head)?;
    let mut table = Table::new(Cursor::new(head.to_vec()), delimiter).ok()?;
    let rows = first_rows(table.next().ok()??, Format::Csv);
    let mapping = Mapping::of(Format::Csv, &rows, &[], "").ok()?;
    mapping.missing().is_none().then_some(delimiter)
}
