//! The log: a file in the state folder, one a day, seven kept. Nothing is ever logged to the terminal.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{Builder, Rotation};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer};

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
    let to_file = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false);
    tracing_subscriber::registry().with(filter).with(to_file).with(Ring).try_init().map_err(|e| e.to_string())?;
    Ok(guard)
}

/// A line of the log, as it is kept in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// The time of day, UTC.
    pub at: String,
    /// `ERROR`, `WARN`, `INFO`, `DEBUG` or `TRACE`.
    pub level: String,
    /// What was said, with its fields; not cleaned.
    pub message: String,
}

/// Lines kept in memory.
const KEPT: usize = 1_000;
/// Characters kept of a line.
const LONGEST: usize = 2_000;

static RECENT: Mutex<VecDeque<LogLine>> = Mutex::new(VecDeque::new());

/// The last lines that went to the log, oldest first.
pub fn recent() -> Vec<LogLine> {
    RECENT.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
}

/// Keeps the last lines for the screen; what it sees went through the same filter as the file.
struct Ring;

impl<S: Subscriber> Layer<S> for Ring {
    fn on_event(&self, event: &Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        let mut said = Said::default();
        event.record(&mut said);
        let line = LogLine {
            at: jiff::Timestamp::now().strftime("%H:%M:%S").to_string(),
            level: event.metadata().level().to_string(),
            message: said.0.chars().take(LONGEST).collect(),
        };
        let mut recent = RECENT.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() >= KEPT {
            recent.pop_front();
        }
        recent.push_back(line);
    }
}

/// An event's message, then its fields.
#[derive(Default)]
struct Said(String);

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        use std::fmt::Write as _;
        let _ = if field.name() == "message" {
            self.0.insert_str(0, &format!("{value:?} "));
            Ok(())
        } else {
            write!(self.0, "{}={value:?} ", field.name())
        };
    }
}
