//! Evaluation logs of `inspect_ai` that are zip archives (`.eval`): one JSON file a sample.
//!
//! The shape is that of `inspect_ai/log/_recorders/eval.py`: `samples/<id>_epoch_<n>.json`, deflated or, since 2026,
//! compressed with Zstandard; the header in `header.json`, in `_journal/start.json` while the evaluation runs, and in
//! `start.json` of the first versions.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;
use zip::{CompressionMethod, ZipArchive};

use super::source::{CHUNK, Chunk, Rows, Source};
use super::zstd::Frames;

/// Longest sample that is read: it has all that happened in it, of which little is kept.
const LONGEST: u64 = 64 << 20;
/// The number that Zstandard has among zip's methods.
const ZSTANDARD: u16 = 93;
const HEADERS: [&str; 3] = ["header.json", "_journal/start.json", "start.json"];

/// Reads an archive's samples.
pub(super) struct Archive {
    zip: ZipArchive<BufReader<File>>,
    /// The samples' places, a question's together.
    samples: Vec<usize>,
    at: usize,
    read: Arc<AtomicU64>,
}

impl Archive {
    /// Opens an archive; `read` hears how many bytes of it were.
    pub(super) fn open(file: File, read: Arc<AtomicU64>) -> io::Result<Self> {
        let zip = ZipArchive::new(BufReader::new(file))?;
        let mut samples: Vec<(String, u64, usize)> = (0..zip.len())
            .filter_map(|at| {
                let name = zip.name_for_index(at)?.ok()?;
                let (id, epoch) = name.strip_prefix("samples/")?.strip_suffix(".json")?.rsplit_once("_epoch_")?;
                Some((id.to_owned(), epoch.parse().ok()?, at))
            })
            .collect();
        let mut first: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
        for (id, _, at) in &samples {
            first.entry(id.clone()).or_insert(*at);
        }
        samples.sort_by_cached_key(|(id, epoch, at)| (first.get(id).copied(), *epoch, *at));
        Ok(Self { zip, samples: samples.into_iter().map(|s| s.2).collect(), at: 0, read })
    }

    /// The evaluation's header; null where there is none that can be read.
    pub(super) fn header(&mut self) -> Value {
        let place = HEADERS.iter().find_map(|name| self.zip.index_for_name(name));
        let text = place.and_then(|at| self.text(at).ok());
        text.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    /// Samples there are.
    pub(super) fn len(&self) -> usize {
        self.samples.len()
    }

    /// The first samples, which are read again later.
    pub(super) fn first(&mut self) -> io::Result<Chunk> {
        let chunk = self.next()?.unwrap_or_default();
        self.at = 0;
        self.read.store(0, Ordering::Relaxed);
        Ok(chunk)
    }

    fn text(&mut self, at: usize) -> io::Result<Vec<u8>> {
        let raw = self.zip.by_index_raw(at)?;
        self.read.fetch_add(raw.compressed_size(), Ordering::Relaxed);
        // The raw methods have no number but this.
        #[allow(deprecated, reason = "the only way to ask for a method that the crate was built without")]
        let zstandard = raw.compression() == CompressionMethod::from_u16(ZSTANDARD);
        let mut text = Vec::new();
        if zstandard {
            Frames::new(raw).take(LONGEST + 1).read_to_end(&mut text)?;
        } else {
            drop(raw);
            self.zip.by_index(at)?.take(LONGEST + 1).read_to_end(&mut text)?;
        }
        if text.len() as u64 > LONGEST {
            let message = format!("it is longer than {} MiB", LONGEST >> 20);
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(text)
    }
}

impl Source for Archive {
    fn next(&mut self) -> io::Result<Option<Chunk>> {
        let (mut bytes, mut rows, mut bad) = (Vec::new(), Vec::new(), Vec::new());
        while bytes.len() < CHUNK {
            let Some(place) = self.samples.get(self.at).copied() else { break };
            self.at += 1;
            match self.text(place) {
                Ok(text) => {
                    let start = bytes.len();
                    bytes.extend(text);
                    rows.push((self.at as u64, start..bytes.len()));
                }
                Err(e) => {
                    let name = self.zip.name_for_index(place).and_then(Result::ok).unwrap_or_default();
                    bad.push((self.at as u64, format!("{name} cannot be read: {e}")));
                }
            }
        }
        Ok((!rows.is_empty() || !bad.is_empty()).then_some(Chunk { rows: Rows::Json(bytes, rows), bad }))
    }
}
