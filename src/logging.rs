//! The log: a file in the state folder, one a day, seven kept. Nothing is ever logged to the terminal.

use std::path::Path;

use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{Builder, Rotation};
use tracing_subscriber::EnvFilter;

/// Starts logging. Lines are written until the guard is dropped.
///
/// # Errors
/// A sentence, when the folder cannot be written; the program works without a log all the same.
pub fn start(folder: &Path, level: &str) -> Result<WorkerGuard, String> {
    let told =
        |e: &dyn std::fmt::Display| format!("there will be no log: {} cannot be written ({e})", folder.display());
    std::fs::create_dir_all(folder).map_err(|e| told(&e))?;
    let file = Builder::new()
        .rotation(Rotation::DAILY)
        .filename_prefix("loong")
        .filename_suffix("log")
        .max_log_files(7)
        .build(folder)
        .map_err(|e| told(&e))?;
    let (writer, guard) = tracing_appender::non_blocking(file);
    // Libraries below speak of requests and headers: only warnings of theirs are kept.
    let filter = EnvFilter::try_new(format!("warn,loong={level}")).map_err(|e| e.to_string())?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_ansi(false)
        .try_init()
        .map_err(|e| e.to_string())?;
    Ok(guard)
}
