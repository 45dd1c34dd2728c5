//! Writing an export: rows to any writer, or a dataset of three files to a folder.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::card;
use super::error::ExportError;
use super::manifest::{Counting, FileFacts, Manifest};
use super::options::{ExportOptions, FormatName, Reasoning};
use super::place::{Aside, check, folder, sync_folder};
use super::selection::{Skip, select, verified};
use crate::store::record::CandidateView;

/// What is to be exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportRequest {
    /// The format.
    pub format: FormatName,
    /// What was chosen.
    pub options: ExportOptions,
    /// The filter's text, for the manifest; empty for everything. Filtering itself is the caller's.
    pub filter: String,
}

/// Rows going to a writer, one JSON object a line. For standard output; a file is better served by [`Exporter`].
pub struct Rows<W: Write> {
    request: ExportRequest,
    to: W,
    name: PathBuf,
    counting: Counting,
    hash: blake3::Hasher,
    written: u64,
    bytes: u64,
    last: Option<i64>,
    line: Vec<u8>,
}

impl<W: Write> Rows<W> {
    /// Rows to `to`, which errors call `name`.
    ///
    /// # Errors
    /// [`ExportError::AllIsForRaw`].
    pub fn new(to: W, name: impl Into<PathBuf>, request: ExportRequest) -> Result<Self, ExportError> {
        request.options.check(request.format)?;
        Ok(Self {
            request,
            to,
            name: name.into(),
            counting: Counting::default(),
            hash: blake3::Hasher::new(),
            written: 0,
            bytes: 0,
            last: None,
            line: Vec::new(),
        })
    }

    /// Takes the next candidate, in the order of ids, and writes its rows if it belongs in the dataset.
    pub fn push(&mut self, view: &CandidateView) -> Result<(), ExportError> {
        if let Some(after) = self.last.filter(|last| *last >= view.id) {
            return Err(ExportError::Order { id: view.id, after });
        }
        self.last = Some(view.id);
        // Rates are of what the verifier compared, rows of what stands.
        self.counting.seen(view);
        let revised = view.revised.is_some().then(|| view.clone().current());
        let view = revised.as_ref().unwrap_or(view);
        match self.rows_of(view) {
            Err(skip) => self.counting.skipped(skip),
            Ok(rows) => {
                for row in &rows {
                    self.write(row)?;
                }
                self.counting.written(view, self.reasoning_dropped(view));
            }
        }
        Ok(())
    }

    fn rows_of(&self, view: &CandidateView) -> Result<Vec<serde_json::Value>, Skip> {
        if !self.request.options.all {
            select(view)?;
        }
        self.request.format.format().rows(view, &self.request.options)
    }

    /// How many of the candidate's rows had reasoning that is not in them.
    fn reasoning_dropped(&self, view: &CandidateView) -> u64 {
        let ExportOptions { responses, reasoning, .. } = self.request.options;
        if self.request.format != FormatName::Messages || reasoning != Reasoning::Drop {
            return 0;
        }
        let thoughtful = verified(view, responses).map(|all| {
            all.iter().filter(|r| r.record.reasoning.as_ref().is_some_and(|thought| !thought.trim().is_empty())).count()
        });
        thoughtful.unwrap_or(0) as u64
    }

    fn write(&mut self, row: &serde_json::Value) -> Result<(), ExportError> {
        self.line.clear();
        let written = serde_json::to_writer(&mut self.line, row).map_err(io::Error::from);
        self.line.push(b'\n');
        written
            .and_then(|()| self.to.write_all(&self.line))
            .map_err(|source| ExportError::Io { path: self.name.clone(), source })?;
        self.hash.update(&self.line);
        self.written += 1;
        self.bytes += self.line.len() as u64;
        Ok(())
    }

    /// Ends the rows. The manifest is that of the rows; nothing of it was written.
    ///
    /// # Errors
    /// [`ExportError::Nothing`] when no candidate was selected.
    pub fn finish(self) -> Result<Manifest, ExportError> {
        self.end().map(|(_, manifest)| manifest)
    }

    fn end(mut self) -> Result<(W, Manifest), ExportError> {
        self.to.flush().map_err(|source| ExportError::Io { path: self.name.clone(), source })?;
        let counts = &self.counting.candidates;
        if self.written == 0 {
            let reasons: Vec<String> = counts.skipped.iter().map(|(reason, n)| format!("{n} {reason}")).collect();
            return Err(ExportError::Nothing(match counts.seen {
                0 if self.request.filter.is_empty() => "there are no candidates".to_owned(),
                0 => "no candidate matches the filter".to_owned(),
                seen => format!("none of {seen} candidates can be taken ({})", reasons.join(", ")),
            }));
        }
        let file = FileFacts {
            name: self.name.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            rows: self.written,
            bytes: self.bytes,
            blake3: self.hash.finalize().to_hex().to_string(),
        };
        let ExportRequest { format, options, filter } = self.request;
        Ok((self.to, self.counting.into_manifest(format, options, filter, file)))
    }
}

/// A dataset going to a folder: the file, `<name>.manifest.json` and `<name>.card.md` beside it, all there or none.
/// Dropped before [`Exporter::finish`], it leaves nothing.
pub struct Exporter {
    rows: Rows<BufWriter<Aside>>,
    place: PathBuf,
    overwrite: bool,
}

impl Exporter {
    /// Begins an export to the file `place`.
    ///
    /// # Errors
    /// When one of the three files is there and not to be overwritten, is no file, or can't be written.
    pub fn create(place: &Path, request: ExportRequest, overwrite: bool) -> Result<Self, ExportError> {
        request.options.check(request.format)?;
        for path in [place, &manifest_place(place), &card_place(place)] {
            check(path, overwrite)?;
        }
        let rows = Rows::new(BufWriter::new(Aside::open(place)?), place, request)?;
        Ok(Self { rows, place: place.to_owned(), overwrite })
    }

    /// Takes the next candidate, in the order of ids.
    pub fn push(&mut self, view: &CandidateView) -> Result<(), ExportError> {
        self.rows.push(view)
    }

    /// Ends the export: everything is on the disk before anything appears, the data last.
    ///
    /// # Errors
    /// [`ExportError::Nothing`] when no candidate was selected; then there is no file.
    pub fn finish(self) -> Result<Manifest, ExportError> {
        let (place, overwrite) = (self.place, self.overwrite);
        let fault = |source: io::Error| ExportError::Io { path: place.clone(), source };
        let (buffer, manifest) = self.rows.end()?;
        let data = buffer.into_inner().map_err(|e| fault(e.into_error()))?;

        let mut text = serde_json::to_vec_pretty(&manifest).map_err(|e| fault(e.into()))?;
        text.push(b'\n');
        let manifest_file = written(&manifest_place(&place), &text)?;
        let card_file = written(&card_place(&place), card::render(&manifest).as_bytes())?;

        data.sync()?;
        for path in [&place, &manifest_place(&place), &card_place(&place)] {
            check(path, overwrite)?;
        }
        manifest_file.settle(overwrite)?;
        card_file.settle(overwrite)?;
        data.settle(overwrite)?;
        sync_folder(folder(&place))?;
        Ok(manifest)
    }
}

fn written(place: &Path, bytes: &[u8]) -> Result<Aside, ExportError> {
    let mut file = Aside::open(place)?;
    file.write_all(bytes).map_err(|source| ExportError::Io { path: place.to_owned(), source })?;
    file.sync()?;
    Ok(file)
}

/// `data.jsonl` → `data.manifest.json`.
fn manifest_place(place: &Path) -> PathBuf {
    beside(place, "manifest.json")
}

/// `data.jsonl` → `data.card.md`.
fn card_place(place: &Path) -> PathBuf {
    beside(place, "card.md")
}

/// The place with `ending` for the ending that tells the kind of file; another dot in the name stays.
fn beside(place: &Path, ending: &str) -> PathBuf {
    let is_kind = |kind: &std::ffi::OsStr| ["jsonl", "json", "ndjson"].iter().any(|known| kind == *known);
    let stem = if place.extension().is_some_and(is_kind) { place.file_stem() } else { place.file_name() };
    let mut name = stem.unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    place.with_file_name(name)
}
