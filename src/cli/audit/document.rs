//! The report's files: the document and the plots beside it, each written aside and then put into its place.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::cli::UsageError;
use crate::review::report::{Found, report};

/// Writes the report to `path`; says which files that were. A document that is no report is not written over.
pub(in crate::cli) fn write(found: Found<'_>, path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let stem = stem(path)?;
    let report = report(found, stem);
    free_for(path, &report.markdown)?;
    let mut files = Vec::with_capacity(report.plots.len() + 1);
    for (name, plot) in &report.plots {
        files.push(put(&path.with_file_name(format!("{stem}.{name}")), plot)?);
    }
    // The document last: what it shows is there by then.
    files.push(put(path, &report.markdown)?);
    Ok(files)
}

/// Writes a document without plots to `path`, in place of none that begins otherwise.
pub(in crate::cli) fn write_alone(markdown: &str, path: &Path) -> anyhow::Result<PathBuf> {
    stem(path)?;
    free_for(path, markdown)?;
    put(path, markdown)
}

/// The name without its ending, which must be that of Markdown.
fn stem(path: &Path) -> anyhow::Result<&str> {
    let stem = path.file_stem().filter(|_| path.extension().is_some_and(|e| e == "md"));
    let wrong = || UsageError(format!("{} is no name of a Markdown file, such as audit.md", path.display()));
    Ok(stem.and_then(|s| s.to_str()).ok_or_else(wrong)?)
}

/// Whether nothing is there, or a report of the same kind.
fn free_for(path: &Path, markdown: &str) -> anyhow::Result<()> {
    let head = markdown.lines().next().unwrap_or_default();
    match std::fs::read_to_string(path) {
        Ok(there) if !there.starts_with(head) => {
            Err(UsageError(format!("{} is there and is no report; name another file", path.display())).into())
        }
        _ => Ok(()),
    }
}

fn put(path: &Path, text: &str) -> anyhow::Result<PathBuf> {
    let aside = path.with_extension(format!("{}.part", std::process::id()));
    let written = std::fs::write(&aside, text).and_then(|()| std::fs::rename(&aside, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&aside);
    }
    written.with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(path.to_owned())
}
