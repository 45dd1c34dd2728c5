//! The log: a file in the state folder, one a day, seven kept, and the last lines in memory for the screen. Nothing is
//! ever logged to the terminal.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{Builder, Rotation};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer};

/// Lines kept in memory.
const LINES: usize = 1_000;
/// Characters kept of a line.
const LENGTH: usize = 2_000;

static RECENT: Ring = Ring(Mutex::new(Written { lines: VecDeque::new(), ever: 0 }));

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When.
    pub at: Timestamp,
    /// How bad.
    pub level: Level,
    /// Which part of the program.
    pub target: String,
    /// What happened, with the facts that belong to it; not cleaned: that is for whoever shows it.
    pub message: String,
}

/// The last lines, oldest first, and how many were ever written; nothing where that is what is `known` already.
pub fn recent(known: Option<u64>) -> Option<(Vec<LogLine>, u64)> {
    RECENT.since(known)
}

/// Starts logging. Lines are written until the guard is dropped.
///
/// # Errors
/// A sentence, when the folder cannot be written; the program works without a log all the same.
pub fn start(folder: &Path, level: &str) -> Result<WorkerGuard, String> {
    let told = |e: &dyn fmt::Display| format!("there will be no log: {} cannot be written ({e})", folder.display());
    std::fs::create_dir_all(folder).map_err(|e| told(&e))?;
    let file = Builder::new()
        .rotation(Rotation::DAILY)
        .filename_prefix("loong")
        .filename_suffix("log")
        .max_log_files(7)
        .build(folder)
        .map_err(|e| told(&e))?;
    let (writer, guard) = tracing_appender::non_blocking(file);
    // Over both: what must not be in the file must not be on the screen.
    tracing_subscriber::registry()
        .with(filter(level)?)
        .with(tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false))
        .with(&RECENT)
        .try_init()
        .map_err(|e| e.to_string())?;
    Ok(guard)
}

/// Libraries below speak of requests and headers: only warnings of theirs are kept.
fn filter(level: &str) -> Result<EnvFilter, String> {
    EnvFilter::try_new(format!("warn,loong={level}")).map_err(|e| e.to_string())
}

/// The last lines, as they came.
struct Ring(Mutex<Written>);

struct Written {
    lines: VecDeque<LogLine>,
    /// How many there ever were.
    ever: u64,
}

impl Ring {
    fn since(&self, known: Option<u64>) -> Option<(Vec<LogLine>, u64)> {
        let Written { lines, ever } = &*self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (known != Some(*ever)).then(|| (lines.iter().cloned().collect(), *ever))
    }

    fn push(&self, line: LogLine) {
        let Written { lines, ever } = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LINES {
            lines.pop_front();
        }
        lines.push_back(line);
        *ever += 1;
    }
}

impl<S: Subscriber> Layer<S> for &'static Ring {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = Text { message: String::new(), facts: String::new() };
        event.record(&mut text);
        let Text { mut message, facts } = text;
        message.push_str(&facts);
        if let Some((cut, _)) = message.char_indices().nth(LENGTH) {
            let kept = message.char_indices().nth(LENGTH - 1).map_or(cut, |(at, _)| at);
            message.truncate(kept);
            message.push('…');
        }
        let metadata = event.metadata();
        self.push(LogLine {
            at: Timestamp::now(),
            level: *metadata.level(),
            target: metadata.target().to_owned(),
            message,
        });
    }
}

/// What an event says: its message, and ` name=value` of every other field.
struct Text {
    message: String,
    facts: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing into a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.facts, " {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Logs what `work` logs into a ring of its own.
    fn logged(level: &str, work: impl FnOnce()) -> &'static Ring {
        let ring: &'static Ring = Box::leak(Box::new(Ring(Mutex::new(Written { lines: VecDeque::new(), ever: 0 }))));
        let subscriber = tracing_subscriber::registry().with(filter(level).unwrap()).with(ring);
        tracing::subscriber::with_default(subscriber, work);
        ring
    }

    #[test]
    fn a_line_has_its_message_and_its_facts() {
        let ring = logged("info", || tracing::warn!(row = 7, model = "a\u{1b}[2Jb", "it failed"));
        let (lines, written) = ring.since(None).unwrap();
        assert_eq!((lines.len(), written), (1, 1));
        assert!(ring.since(Some(1)).is_none() && ring.since(Some(0)).is_some(), "read again where there is more");
        assert_eq!((lines[0].level, lines[0].target.as_str()), (Level::WARN, "loong::logging::tests"));
        assert_eq!(lines[0].message, "it failed row=7 model=\"a\\u{1b}[2Jb\"");
    }

    #[test]
    fn what_the_file_does_not_get_the_ring_does_not_get() {
        let ring = logged("info", || {
            tracing::info!("kept");
            tracing::debug!("too fine");
            tracing::info!(target: "reqwest::connect", "authorization: Bearer sk-secret");
            tracing::warn!(target: "hyper", "a library's warning");
        });
        let messages: Vec<String> = ring.since(None).unwrap().0.into_iter().map(|l| l.message).collect();
        assert_eq!(messages, ["kept", "a library's warning"]);
    }

    #[test]
    fn memory_is_bounded() {
        let ring = logged("info", || {
            (0..LINES + 5).for_each(|n| tracing::info!("line {n}"));
            tracing::info!("{}", "é".repeat(LENGTH));
            tracing::info!("{}", "é".repeat(LENGTH + 1));
        });
        let (lines, written) = ring.since(None).unwrap();
        assert_eq!((lines.len(), written), (LINES, LINES as u64 + 7));
        assert_eq!(lines[0].message, "line 7", "the oldest went");
        let lengths: Vec<usize> = lines[LINES - 2..].iter().map(|l| l.message.chars().count()).collect();
        assert_eq!(lengths, [LENGTH, LENGTH]);
        assert!(lines[LINES - 1].message.ends_with('…') && !lines[LINES - 2].message.ends_with('…'));
    }
}
