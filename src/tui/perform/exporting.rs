//! Exported files: counted while the choices are made, written on request.

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::lane::Job;
use crate::export::{Encoding, ExportError, ExportRequest, Exporter, Rows, Skip, Tally, feed};
use crate::store::filter::Filter;
use crate::store::record::CandidateView;
use crate::store::{IdSet, Reader};
use crate::tui::effect::{Effect, ExportWish};
use crate::tui::msg::{Exportable, LeftOut, Msg};
use crate::tui::text::{self, Document};
use crate::tui::workbench::Project;

/// Between two answers while it counts or writes.
const BETWEEN: Duration = Duration::from_millis(100);
/// Rows that are shown.
const SHOWN: usize = 3;
/// Bytes of them that are kept to be shown.
const KEPT: usize = 256 << 10;
/// Candidates that are named of each reason.
const NAMED: usize = 200;

pub(super) fn carry_out(effect: Effect, job: &Job, answer: &mut dyn FnMut(Msg)) {
    match effect {
        Effect::CountExport { nth, wish, me } => {
            let counted = job.own_project().and_then(|project| {
                count(project, &wish, &me, job, &mut |so_far| answer(Msg::ExportCounted(nth, Ok(so_far))))
            });
            if !job.is_stale() {
                answer(Msg::ExportCounted(nth, counted));
            }
        }
        Effect::Export { wish, overwrite } => {
            let told = job.own_project().and_then(|project| write(project, &wish, overwrite, job, answer));
            answer(Msg::Exported(told));
        }
        // That it came is all: it took the place of what it ends.
        _ => {}
    }
}

/// A path with `~` at its beginning, as people type it.
pub(super) fn home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => path.to_owned(),
    }
}

fn request(project: &Project, wish: &ExportWish) -> Result<(Filter, ExportRequest), String> {
    let filter = Filter::parse(&wish.filter).map_err(|e| e.to_string())?;
    let request = ExportRequest {
        encoding: Encoding::of(Path::new(wish.path.trim())),
        options: wish.options,
        filter: filter.to_string(),
        store: project.store.uid().to_owned(),
        ..ExportRequest::new(wish.format)
    };
    Ok((filter, request))
}

fn place(project: &Project, wish: &ExportWish) -> Result<PathBuf, String> {
    if wish.path.trim().is_empty() {
        return Err("the file has no name".to_owned());
    }
    Ok(project.folder.join(home(Path::new(wish.path.trim()))))
}

/// Those that are left out, by reason; how many they are is counted with the rows.
#[derive(Default)]
struct Reasons(BTreeMap<String, Vec<i64>>);

impl Reasons {
    fn add(&mut self, skip: Skip, id: i64, sealed: &IdSet) {
        let ids = self.0.entry(skip.to_string()).or_default();
        if ids.len() < NAMED && !sealed.contains(id) {
            ids.push(id);
        }
    }

    fn listed(&self, counts: &Tally) -> Vec<LeftOut> {
        let left_out = |(reason, candidates): (&str, u64)| LeftOut {
            reason: reason.to_owned(),
            candidates,
            ids: self.0.get(reason).cloned().unwrap_or_default(),
        };
        let mut all: Vec<LeftOut> = counts.iter().map(left_out).collect();
        all.sort_by_key(|left| std::cmp::Reverse(left.candidates));
        all
    }
}

/// The rows that were begun with, as they would be written, and how many they are; of one that is too long for that, its
/// beginning.
fn shown(bytes: &[u8]) -> (Document, u64) {
    let lines = bytes.split_inclusive(|b| *b == b'\n').take(SHOWN);
    let rows: Vec<serde_json::Value> = lines
        .map(|line| {
            let text = String::from_utf8_lossy(line);
            serde_json::from_str(&text).unwrap_or_else(|_| serde_json::Value::from(text.trim_end()))
        })
        .collect();
    (Document::json(&rows), rows.len() as u64)
}

/// What an export would write, without writing it; told while it is counted.
fn count(
    project: &Project,
    wish: &ExportWish,
    me: &str,
    job: &Job,
    tell: &mut dyn FnMut(Exportable),
) -> Result<Exportable, String> {
    let path = place(project, wish)?;
    let (filter, request) = request(project, wish)?;
    let mut reader = project.store.reader().map_err(|e| e.to_string())?;
    job.reads_through(&mut reader);
    let sealed = reader.sealed(me).map_err(|e| e.to_string())?;
    let mut bytes = Vec::new();
    let exists = Exporter::in_the_way(&path, &request).is_some();
    // Columns are for the file alone; what is shown are lines.
    let request = ExportRequest { encoding: Encoding::Lines, ..request };
    let mut reasons = Reasons::default();
    let mut rows = Rows::in_two(io::sink(), &path, (io::sink(), path.clone()), request).map_err(|e| e.to_string())?;
    let mut said = Instant::now();
    let so_far = |rows: &Rows<_>, reasons: &Reasons| {
        let (written, test) = rows.written();
        let left_out = reasons.listed(rows.left_out());
        Exportable { rows: written, test, seen: rows.seen(), left_out, ..Exportable::default() }
    };
    feed_to(&mut reader, &filter, job, |view| {
        if let Some(skip) = rows.push(view)? {
            reasons.add(skip, view.id, &sealed);
        }
        // A row of what is to be judged blind would tell its verdict.
        if !sealed.contains(view.id) {
            let room = KEPT.saturating_sub(bytes.len());
            bytes.extend_from_slice(&rows.lines()[..rows.lines().len().min(room)]);
        }
        if said.elapsed() >= BETWEEN {
            said = Instant::now();
            tell(Exportable { exists, path: path.clone(), ..so_far(&rows, &reasons) });
        }
        Ok(())
    })?;
    let (first, shown) = shown(&bytes);
    Ok(Exportable { is_whole: true, exists, path, first, shown, ..so_far(&rows, &reasons) })
}

/// Writes the export; says what came of it, or nothing where it was ended.
fn write(
    project: &Project,
    wish: &ExportWish,
    overwrite: bool,
    job: &Job,
    answer: &mut dyn FnMut(Msg),
) -> Result<Option<String>, String> {
    let path = place(project, wish)?;
    let (filter, request) = request(project, wish)?;
    let mut exporter = Exporter::create(&path, request, overwrite).map_err(|e| e.to_string())?;
    let mut reader = project.store.reader().map_err(|e| e.to_string())?;
    job.reads_through(&mut reader);
    let mut said = Instant::now();
    feed_to(&mut reader, &filter, job, |view| {
        exporter.push(view)?;
        if said.elapsed() >= BETWEEN {
            said = Instant::now();
            answer(Msg::Exporting(exporter.written().0));
        }
        Ok(())
    })?;
    if job.is_stale() {
        return Ok(None);
    }
    let manifest = exporter.finish().map_err(|e| e.to_string())?;
    let rows = text::some(manifest.file.rows, "row");
    Ok(Some(format!("{rows} written to {}, with a manifest and a card beside it", path.display())))
}

/// Gives every candidate to `push`, until nobody waits for it any more.
fn feed_to(
    reader: &mut Reader,
    filter: &Filter,
    job: &Job,
    mut push: impl FnMut(&CandidateView) -> Result<(), ExportError>,
) -> Result<(), String> {
    let fed = feed(reader, filter, |view| {
        if job.is_stale() {
            return Ok(ControlFlow::Break(()));
        }
        push(view).map(ControlFlow::Continue)
    });
    match fed {
        // An interrupted query is what ending looks like.
        Err(ExportError::Store(_)) if job.is_stale() => Ok(()),
        other => other.map_err(|e| e.to_string()),
    }
}
