//! Exported files: counted while the dialogue is open, written on request.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::lane::Job;
use crate::export::{ExportError, ExportOptions, ExportRequest, Exporter, Manifest, Rows};
use crate::store::filter::Filter;
use crate::store::record::CandidateView;
use crate::tui::effect::ExportWish;
use crate::tui::msg::Exportable;
use crate::tui::workbench::Project;

/// A path with `~` at its beginning, as people type it.
pub(super) fn home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => path.to_owned(),
    }
}

fn request(wish: &ExportWish) -> Result<(Filter, ExportRequest), String> {
    let filter = Filter::parse(&wish.filter).map_err(|e| e.to_string())?;
    let options = ExportOptions { responses: wish.responses, ..ExportOptions::default() };
    let request = ExportRequest { format: wish.format, options, filter: filter.to_string() };
    Ok((filter, request))
}

fn place(project: &Project, wish: &ExportWish) -> Result<PathBuf, String> {
    if wish.path.trim().is_empty() {
        return Err("the file has no name".to_owned());
    }
    Ok(project.folder.join(home(Path::new(wish.path.trim()))))
}

/// What an export would write, without writing it.
pub(super) fn count_export(project: Option<&Project>, wish: &ExportWish, job: &Job) -> Result<Exportable, String> {
    let project = project.ok_or("no project is open")?;
    let path = place(project, wish)?;
    let (filter, request) = request(wish)?;
    let mut rows = Rows::new(std::io::sink(), &path, request).map_err(|e| e.to_string())?;
    feed(project, &filter, job, |view| rows.push(view))?;
    let exists = path.exists();
    match rows.finish() {
        Ok(manifest) => Ok(Exportable { rows: manifest.file.rows, left_out: left_out(&manifest), exists, path }),
        Err(e) => Err(e.to_string()),
    }
}

/// Writes the export; says what came of it.
pub(super) fn export(project: Option<&Project>, wish: &ExportWish, job: &Job) -> Result<String, String> {
    let project = project.ok_or("no project is open")?;
    let path = place(project, wish)?;
    let (filter, request) = request(wish)?;
    let mut exporter = Exporter::create(&path, request, wish.overwrite).map_err(|e| e.to_string())?;
    feed(project, &filter, job, |view| exporter.push(view))?;
    let manifest = exporter.finish().map_err(|e| e.to_string())?;
    Ok(format!("{} rows written to {}, with a manifest and a card beside it", manifest.file.rows, path.display()))
}

fn left_out(manifest: &Manifest) -> Vec<(String, u64)> {
    manifest.candidates.skipped.iter().map(|(reason, n)| (reason.to_owned(), n)).collect()
}

fn feed(
    project: &Project,
    filter: &Filter,
    job: &Job,
    mut push: impl FnMut(&CandidateView) -> Result<(), ExportError>,
) -> Result<(), String> {
    let mut failed = None;
    let reader = project.store.reader().map_err(|e| e.to_string())?;
    let fed = reader.for_each(filter, |view| {
        if job.is_stale() {
            failed = Some("a newer wish came".to_owned());
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
    fed.map_err(|e| e.to_string())?;
    failed.map_or(Ok(()), Err)
}
