//! Exported files: counted while the choices are made, written on request.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::lane::Job;
use crate::export::{Drift, Encoding, ExportError, ExportRequest, Exporter, Manifest, Rows, Skip, Tally, Trial, feed};
use crate::store::filter::Filter;
use crate::store::record::CandidateView;
use crate::store::{IdSet, Reader, Unread};
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
            // It may have waited for a count to end, and was ended before it began.
            let told = if job.is_stale() {
                Ok(None)
            } else {
                job.own_project().and_then(|project| write(project, &wish, overwrite, job, answer))
            };
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
        reward: wish.reward,
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

/// The files whose questions are left out.
fn against(project: &Project, wish: &ExportWish) -> Vec<PathBuf> {
    let names = wish.against.split(',').map(str::trim).filter(|name| !name.is_empty());
    names.map(|name| project.folder.join(home(Path::new(name)))).collect()
}

/// A fault as it is told here, where there are choices and not flags.
fn told(fault: &ExportError) -> String {
    match fault {
        ExportError::OtherExport { path, what } => format!(
            "the last export to {} was another one ({}); choose as then, another file, or since the beginning, which writes \
             over it",
            path.display(),
            what.replace("--", "")
        ),
        ExportError::NotAsWritten { path } => format!(
            "{} is not as its manifest has it, so that what is new can't be told; put it back, or choose since the beginning",
            path.display()
        ),
        ExportError::NoMemory { path, message } => format!(
            "{} doesn't say what the last export wrote ({message}); choose since the beginning, once",
            path.display()
        ),
        ExportError::Exists { path } => format!("{} exists already; choose another file", path.display()),
        other => other.to_string(),
    }
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
    let in_the_way = Exporter::in_the_way(&path, &request).is_some();
    let mut reasons = Reasons::default();
    let against = wish.options.read_against("against", &against(project, wish), job.stop());
    let against = against.map_err(|e| e.to_string())?;
    let mut trial = Trial::of(&path, request, wish.since_last, against).map_err(|e| told(&e))?;
    trial.rows.look_back(&mut reader).map_err(|e| e.to_string())?;
    let (path, before) = (trial.place.clone(), trial.before);
    // What goes on from the last export goes beside it.
    let exists = in_the_way && before.is_none();
    let mut said = Instant::now();
    let so_far = |rows: &Rows<_>, reasons: &Reasons| {
        let (written, test) = rows.written();
        let left_out = reasons.listed(rows.left_out());
        let path = path.clone();
        Exportable { rows: written, test, seen: rows.seen(), left_out, exists, path, before, ..Exportable::default() }
    };
    let unread = feed_to(&mut reader, &filter, job, |view| {
        let rows = &mut trial.rows;
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
            tell(so_far(rows, &reasons));
        }
        Ok(())
    })?;
    trial.rows.pass_by(&unread);
    let (first, shown) = shown(&bytes);
    let counted = so_far(&trial.rows, &reasons);
    let drift = if before.is_some() { trial.finish().map_err(|e| e.to_string())? } else { Drift::default() };
    Ok(Exportable { is_whole: true, first, shown, drifted: drifted(&drift), ..counted })
}

/// How many candidates of the files that are there no longer hold.
fn drifted(drift: &Drift) -> u64 {
    (drift.withdrawn.values().map(IdSet::len).sum::<usize>() + drift.changed.len()) as u64
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
    let against = match wish.options.read_against("against", &against(project, wish), job.stop()) {
        Err(_) if job.is_stale() => return Ok(None),
        read => read.map_err(|e| e.to_string())?,
    };
    let exporter = if wish.since_last {
        Exporter::go_on(&path, request, against)
    } else {
        Exporter::create(&path, request, overwrite).map(|mut whole| {
            whole.keep_away_from(against);
            whole
        })
    };
    let mut exporter = exporter.map_err(|e| told(&e))?;
    let mut reader = project.store.reader().map_err(|e| e.to_string())?;
    job.reads_through(&mut reader);
    match exporter.look_back(&mut reader) {
        Err(_) if job.is_stale() => return Ok(None),
        read => read.map_err(|e| e.to_string())?,
    }
    let mut said = Instant::now();
    let unread = feed_to(&mut reader, &filter, job, |view| {
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
    exporter.pass_by(&unread);
    let manifest = exporter.finish().map_err(|e| told(&e))?;
    let lost = match unread.candidates {
        0 => String::new(),
        n => format!("; {} left out that cannot be read", text::some(n, "candidate")),
    };
    Ok(Some(format!("{}{lost}", written(&path, &manifest))))
}

/// What was written, in a sentence.
fn written(path: &Path, manifest: &Manifest) -> String {
    let place = path.display();
    let news = manifest.news;
    let reward = if manifest.reward.is_some() { ", a reward function" } else { "" };
    let says = match manifest.increments.last() {
        _ if news.goes_on && news.rows == 0 => {
            format!("nothing is new since the last export to {place}, which has {}", text::some(manifest.rows(), "row"))
        }
        Some(last) if news.goes_on => {
            let files = [&last.file, &last.test].into_iter().flatten().map(|file| file.name.as_str());
            let names = files.collect::<Vec<_>>().join(" and ");
            format!("{} written to {names}, beside {place}", text::some(news.rows, "new row"))
        }
        _ => {
            let rows = text::some(manifest.file.rows, "row");
            format!("{rows} written to {place}, with a manifest{reward} and a card beside it")
        }
    };
    match drifted(&manifest.drift) {
        0 => says,
        n => format!("{says}; {n} of those there before would not be exported so today"),
    }
}

/// Gives every candidate to `push`, until nobody waits for it any more.
fn feed_to(
    reader: &mut Reader,
    filter: &Filter,
    job: &Job,
    mut push: impl FnMut(&CandidateView) -> Result<(), ExportError>,
) -> Result<Unread, String> {
    let fed = feed(reader, filter, |view| {
        if job.is_stale() {
            return Ok(ControlFlow::Break(()));
        }
        push(view).map(ControlFlow::Continue)
    });
    match fed {
        // An interrupted query is what ending looks like.
        Err(ExportError::Store(_)) if job.is_stale() => Ok(Unread::default()),
        other => other.map_err(|e| e.to_string()),
    }
}
