//! Exported files: counted while the choices are made, written on request.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Services;
use super::lane::Job;
use crate::export::{ExportError, ExportRequest, Exporter, Rows, Skip};
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

pub(super) fn carry_out(services: &Services, effect: Effect, job: &Job, answer: &mut dyn FnMut(Msg)) {
    match effect {
        Effect::CountExport { nth, wish, me } => {
            let counted = services.project().ok_or_else(|| "no project is open".to_owned()).and_then(|project| {
                count(&project, &wish, &me, job, &mut |so_far| answer(Msg::ExportCounted(nth, Ok(so_far))))
            });
            if !job.is_stale() {
                answer(Msg::ExportCounted(nth, counted));
            }
        }
        Effect::Export(wish) => {
            let told = services
                .project()
                .ok_or_else(|| "no project is open".to_owned())
                .and_then(|project| write(&project, &wish, job, answer));
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

fn request(wish: &ExportWish) -> Result<(Filter, ExportRequest), String> {
    let filter = Filter::parse(&wish.filter).map_err(|e| e.to_string())?;
    let request = ExportRequest { format: wish.format, options: wish.options, filter: filter.to_string() };
    Ok((filter, request))
}

fn place(project: &Project, wish: &ExportWish) -> Result<PathBuf, String> {
    if wish.path.trim().is_empty() {
        return Err("the file has no name".to_owned());
    }
    Ok(project.folder.join(home(Path::new(wish.path.trim()))))
}

/// What is left out, by reason.
#[derive(Default)]
struct Reasons(BTreeMap<String, LeftOut>);

impl Reasons {
    fn add(&mut self, skip: Skip, id: i64, sealed: &IdSet) {
        let reason = skip.to_string();
        let left =
            self.0.entry(reason).or_insert_with_key(|reason| LeftOut { reason: reason.clone(), ..LeftOut::default() });
        left.candidates += 1;
        if left.ids.len() < NAMED && !sealed.contains(id) {
            left.ids.push(id);
        }
    }

    fn listed(&self) -> Vec<LeftOut> {
        let mut all: Vec<LeftOut> = self.0.values().cloned().collect();
        all.sort_by_key(|left| std::cmp::Reverse(left.candidates));
        all
    }
}

/// The beginning of what is written, but for what is to be judged blind: a row of that would tell its verdict.
struct Beginning<'a> {
    bytes: &'a mut Vec<u8>,
    hides: &'a Cell<bool>,
}

impl Write for Beginning<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.hides.get() {
            let room = KEPT.saturating_sub(self.bytes.len());
            self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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
    let (filter, request) = request(wish)?;
    let mut reader = project.store.reader().map_err(|e| e.to_string())?;
    job.reads_through(&mut reader);
    let sealed = reader.sealed(me).map_err(|e| e.to_string())?;
    let (mut bytes, hides) = (Vec::new(), Cell::new(false));
    let exists = Exporter::in_the_way(&path, &request).is_some();
    let mut reasons = Reasons::default();
    let main: Box<dyn Write + '_> = Box::new(Beginning { bytes: &mut bytes, hides: &hides });
    let mut rows =
        Rows::in_two(main, &path, (Box::new(io::sink()), path.clone()), request).map_err(|e| e.to_string())?;
    let mut said = Instant::now();
    let so_far = |rows: &Rows<_>, reasons: &Reasons| {
        let (written, test) = rows.written();
        Exportable { rows: written, test, seen: rows.seen(), left_out: reasons.listed(), ..Exportable::default() }
    };
    feed(&reader, &filter, job, |view| {
        hides.set(sealed.contains(view.id));
        if let Some(skip) = rows.push(view)? {
            reasons.add(skip, view.id, &sealed);
        }
        if said.elapsed() >= BETWEEN {
            said = Instant::now();
            tell(Exportable { exists, path: path.clone(), ..so_far(&rows, &reasons) });
        }
        Ok(())
    })?;
    let mut counted = Exportable { is_whole: true, exists, path: path.clone(), ..so_far(&rows, &reasons) };
    drop(rows);
    (counted.first, counted.shown) = shown(&bytes);
    Ok(counted)
}

/// Writes the export; says what came of it, or nothing where it was ended.
fn write(
    project: &Project,
    wish: &ExportWish,
    job: &Job,
    answer: &mut dyn FnMut(Msg),
) -> Result<Option<String>, String> {
    let path = place(project, wish)?;
    let (filter, request) = request(wish)?;
    let mut exporter = Exporter::create(&path, request, wish.overwrite).map_err(|e| e.to_string())?;
    let mut reader = project.store.reader().map_err(|e| e.to_string())?;
    job.reads_through(&mut reader);
    let mut said = Instant::now();
    feed(&reader, &filter, job, |view| {
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
fn feed(
    reader: &Reader,
    filter: &Filter,
    job: &Job,
    mut push: impl FnMut(&CandidateView) -> Result<(), ExportError>,
) -> Result<(), String> {
    let mut failed = None;
    let fed = reader.for_each(filter, |view| {
        if job.is_stale() {
            return ControlFlow::Break(());
        }
        match push(&view) {
            Ok(()) => ControlFlow::Continue(()),
            Err(e) => {
                failed = Some(e.to_string());
                ControlFlow::Break(())
            }
        }
    });
    match (fed, failed) {
        (_, Some(failed)) => Err(failed),
        // An interrupted query is what ending looks like.
        (Err(e), None) if !job.is_stale() => Err(e.to_string()),
        _ => Ok(()),
    }
}
