//! Writing an export: rows to any writer, or a dataset of three files to a folder.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::card;
use super::error::ExportError;
use super::manifest::{Counting, FileFacts, Manifest};
use super::options::{Duplicates, ExportOptions, FormatName, Reasoning};
use super::place::{Aside, check, folder, sync_folder};
use super::selection::{Skip, select, verified};
use super::split::{Taken, is_test};
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

/// One file of rows, as it is written.
struct Part<W: Write> {
    to: W,
    name: PathBuf,
    hash: blake3::Hasher,
    rows: u64,
    bytes: u64,
}

impl<W: Write> Part<W> {
    fn new(to: W, name: impl Into<PathBuf>) -> Self {
        Self { to, name: name.into(), hash: blake3::Hasher::new(), rows: 0, bytes: 0 }
    }

    fn write(&mut self, line: &[u8]) -> Result<(), ExportError> {
        self.to.write_all(line).map_err(|source| ExportError::Io { path: self.name.clone(), source })?;
        self.hash.update(line);
        self.rows += 1;
        self.bytes += line.len() as u64;
        Ok(())
    }

    fn end(mut self) -> Result<(W, FileFacts), ExportError> {
        self.to.flush().map_err(|source| ExportError::Io { path: self.name.clone(), source })?;
        let facts = FileFacts {
            name: self.name.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            rows: self.rows,
            bytes: self.bytes,
            blake3: self.hash.finalize().to_hex().to_string(),
        };
        Ok((self.to, facts))
    }
}

/// Rows going to a writer, one JSON object a line; to a second one where there is a test part. For standard output and for
/// counting; a file is better served by [`Exporter`].
pub struct Rows<W: Write> {
    request: ExportRequest,
    main: Part<W>,
    test: Option<Part<W>>,
    counting: Counting,
    taken: Taken,
    last: Option<i64>,
    line: Vec<u8>,
}

impl<W: Write> Rows<W> {
    /// Rows to `to`, which errors call `name`.
    ///
    /// # Errors
    /// [`ExportError::AllIsForRaw`], [`ExportError::NoFieldForReasoning`], [`ExportError::TestNeedsFile`].
    pub fn new(to: W, name: impl Into<PathBuf>, request: ExportRequest) -> Result<Self, ExportError> {
        if request.options.test_per_mille > 0 {
            return Err(ExportError::TestNeedsFile);
        }
        Self::begin(Part::new(to, name), None, request)
    }

    /// Rows to `to`, and those of the test part to `test`.
    ///
    /// # Errors
    /// [`ExportError::AllIsForRaw`], [`ExportError::NoFieldForReasoning`].
    pub fn in_two(
        to: W,
        name: impl Into<PathBuf>,
        test: (W, PathBuf),
        request: ExportRequest,
    ) -> Result<Self, ExportError> {
        Self::begin(Part::new(to, name), Some(Part::new(test.0, test.1)), request)
    }

    fn begin(main: Part<W>, test: Option<Part<W>>, request: ExportRequest) -> Result<Self, ExportError> {
        request.options.check(request.format)?;
        let (counting, taken) = (Counting::default(), Taken::default());
        Ok(Self { request, main, test, counting, taken, last: None, line: Vec::new() })
    }

    /// Takes the next candidate, in the order of ids, and writes its rows if it belongs in the dataset; else says why not.
    pub fn push(&mut self, view: &CandidateView) -> Result<Option<Skip>, ExportError> {
        if let Some(after) = self.last.filter(|last| *last >= view.id) {
            return Err(ExportError::Order { id: view.id, after });
        }
        self.last = Some(view.id);
        // Rates are of what the verifier compared, rows of what stands.
        self.counting.seen(view);
        let revised = view.revised.is_some().then(|| view.clone().current());
        let view = revised.as_ref().unwrap_or(view);
        match self.rows_of(view) {
            Err(skip) => {
                self.counting.skipped(skip);
                Ok(Some(skip))
            }
            Ok(rows) => {
                let per_mille = self.request.options.test_per_mille;
                let part = self.test.as_mut().filter(|_| is_test(view, per_mille)).unwrap_or(&mut self.main);
                for row in &rows {
                    self.line.clear();
                    serde_json::to_writer(&mut self.line, row)
                        .map_err(|e| ExportError::Io { path: part.name.clone(), source: e.into() })?;
                    self.line.push(b'\n');
                    part.write(&self.line)?;
                }
                self.counting.written(view, self.reasoning_dropped(view));
                Ok(None)
            }
        }
    }

    /// Rows that were written so far, and how many of them are in the test part.
    pub fn written(&self) -> (u64, u64) {
        let test = self.test.as_ref().map_or(0, |part| part.rows);
        (self.main.rows + test, test)
    }

    /// Candidates that were taken in so far.
    pub fn seen(&self) -> u64 {
        self.counting.candidates.seen
    }

    fn rows_of(&mut self, view: &CandidateView) -> Result<Vec<serde_json::Value>, Skip> {
        let options = &self.request.options;
        if !options.all {
            select(view)?;
        }
        let rows = self.request.format.format().rows(view, options)?;
        let drops = options.duplicates == Duplicates::Drop && !options.all;
        if drops && !self.taken.is_new(&view.record.question) { Err(Skip::Duplicate) } else { Ok(rows) }
    }

    /// How many of the candidate's rows had reasoning that is not in them.
    fn reasoning_dropped(&self, view: &CandidateView) -> u64 {
        let ExportOptions { responses, reasoning, .. } = self.request.options;
        if !self.request.format.format().has_responses() || reasoning != Reasoning::Drop {
            return 0;
        }
        let thoughtful = verified(view, responses).map(|all| {
            all.iter().filter(|r| r.record.reasoning.as_ref().is_some_and(|thought| !thought.trim().is_empty())).count()
        });
        thoughtful.unwrap_or(0) as u64
    }

    /// Ends the rows. The manifest is that of the rows; nothing of it was written.
    ///
    /// # Errors
    /// [`ExportError::Nothing`] when no candidate was selected, [`ExportError::OnlyTest`] when all are in the test part.
    pub fn finish(self) -> Result<Manifest, ExportError> {
        self.end().map(|(_, _, manifest)| manifest)
    }

    /// The writers, that of the test part where it has rows, and the manifest.
    fn end(self) -> Result<(W, Option<W>, Manifest), ExportError> {
        let counts = &self.counting.candidates;
        let (rows, in_test) = self.written();
        if rows == 0 {
            let reasons: Vec<String> = counts.skipped.iter().map(|(reason, n)| format!("{n} {reason}")).collect();
            return Err(ExportError::Nothing(match counts.seen {
                0 if self.request.filter.is_empty() => "there are no candidates".to_owned(),
                0 => "no candidate matches the filter".to_owned(),
                seen => format!("none of {seen} candidates can be taken ({})", reasons.join(", ")),
            }));
        }
        if rows == in_test {
            return Err(ExportError::OnlyTest);
        }
        let (main, file) = self.main.end()?;
        let test = self.test.filter(|part| part.rows > 0).map(Part::end).transpose()?;
        let (test, test_file) = test.unzip();
        let ExportRequest { format, options, filter } = self.request;
        let manifest = self.counting.into_manifest(format, options, filter, (file, test_file));
        Ok((main, test, manifest))
    }
}

/// A dataset going to a folder: the file, its test part where one was asked for, `<name>.manifest.json` and `<name>.card.md`
/// beside it, all there or none. Dropped before [`Exporter::finish`], it leaves nothing.
pub struct Exporter {
    rows: Rows<BufWriter<Aside>>,
    place: PathBuf,
    overwrite: bool,
}

impl Exporter {
    /// Begins an export to the file `place`.
    ///
    /// # Errors
    /// When one of the files is there and not to be overwritten, is no file, or can't be written.
    pub fn create(place: &Path, request: ExportRequest, overwrite: bool) -> Result<Self, ExportError> {
        request.options.check(request.format)?;
        let test = (request.options.test_per_mille > 0).then(|| test_place(place));
        for path in places(place, &request) {
            check(&path, overwrite)?;
        }
        let main = BufWriter::new(Aside::open(place)?);
        let rows = match test {
            Some(test) => Rows::in_two(main, place, (BufWriter::new(Aside::open(&test)?), test), request)?,
            None => Rows::new(main, place, request)?,
        };
        Ok(Self { rows, place: place.to_owned(), overwrite })
    }

    /// The first of its files that is there already.
    pub fn in_the_way(place: &Path, request: &ExportRequest) -> Option<PathBuf> {
        places(place, request).into_iter().find(|path| path.exists())
    }

    /// Takes the next candidate, in the order of ids; says why it is left out, where it is.
    pub fn push(&mut self, view: &CandidateView) -> Result<Option<Skip>, ExportError> {
        self.rows.push(view)
    }

    /// Rows that were written so far, and how many of them are in the test part.
    pub fn written(&self) -> (u64, u64) {
        self.rows.written()
    }

    /// Ends the export: everything is on the disk before anything appears, the data last.
    ///
    /// # Errors
    /// [`ExportError::Nothing`] when no candidate was selected; then there is no file.
    pub fn finish(self) -> Result<Manifest, ExportError> {
        let (place, overwrite) = (self.place, self.overwrite);
        let all = places(&place, &self.rows.request);
        let fault = |source: io::Error| ExportError::Io { path: place.clone(), source };
        let (main, test, manifest) = self.rows.end()?;
        let data = main.into_inner().map_err(|e| fault(e.into_error()))?;
        let test = test.map(|test| test.into_inner().map_err(|e| fault(e.into_error()))).transpose()?;

        let mut text = serde_json::to_vec_pretty(&manifest).map_err(|e| fault(e.into()))?;
        text.push(b'\n');
        let manifest_file = written(&manifest_place(&place), &text)?;
        let card_file = written(&card_place(&place), card::render(&manifest).as_bytes())?;

        data.sync()?;
        if let Some(test) = &test {
            test.sync()?;
        }
        for path in &all {
            check(path, overwrite)?;
        }
        manifest_file.settle(overwrite)?;
        card_file.settle(overwrite)?;
        if let Some(test) = test {
            test.settle(overwrite)?;
        }
        data.settle(overwrite)?;
        sync_folder(folder(&place))?;
        Ok(manifest)
    }
}

/// The files of an export.
fn places(place: &Path, request: &ExportRequest) -> Vec<PathBuf> {
    let mut all = vec![place.to_owned(), manifest_place(place), card_place(place)];
    if request.options.test_per_mille > 0 {
        all.push(test_place(place));
    }
    all
}

fn written(place: &Path, bytes: &[u8]) -> Result<Aside, ExportError> {
    let mut file = Aside::open(place)?;
    file.write_all(bytes).map_err(|source| ExportError::Io { path: place.to_owned(), source })?;
    file.sync()?;
    Ok(file)
}

/// `data.jsonl` → `data.test.jsonl`.
fn test_place(place: &Path) -> PathBuf {
    beside(place, "test.jsonl")
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
