//! What remains of a panic: a whole terminal, and a report.

use std::backtrace::Backtrace;
use std::fs;
use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::door;
use crate::review::cleaned::clean_line;

/// Reports that one process writes at most: a panic for every row would fill a disk.
const MOST: usize = 20;
/// Characters of a panic's message that are kept.
const LONGEST: usize = 400;

/// From now on a panic writes a report into `folder`: version, message (without quoted text, which may be a model's),
/// location, backtrace.
///
/// A panic of the calling thread leaves the terminal first, and one line says where the report is. A panic of another
/// thread may be caught where it happens (the verifier's are), so it leaves the terminal alone while that is ours and
/// hands the report's path to `background`, which must not wait.
pub fn catch_panics(folder: PathBuf, background: impl Fn(&Path) + Send + Sync + 'static) {
    let screen = thread::current().id();
    let written = AtomicUsize::new(0);
    std::panic::set_hook(Box::new(move |info| {
        let is_screen = thread::current().id() == screen;
        if is_screen {
            door::leave();
        }
        let number = written.fetch_add(1, Ordering::SeqCst);
        if number >= MOST && !is_screen {
            return;
        }
        let report = write(&folder, number, &text(info));
        if !is_screen && (door::is_ours() || door::is_lent()) {
            if let Ok(path) = report {
                background(&path);
            }
            return;
        }
        let path = match report {
            Ok(path) => format!("a report without any of your texts is in {}", path.display()),
            Err(error) => format!("its report could not be written to {}: {error}", folder.display()),
        };
        door::say(&format!("loong failed where it should not have; {path}\n"));
    }));
}

fn text(info: &PanicHookInfo<'_>) -> String {
    let message = info
        .payload()
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| info.payload().downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "(no message)".into());
    let place = info.location().map_or_else(|| "unknown".into(), ToString::to_string);
    let thread = thread::current();
    format!(
        "loong {} on {} {}\nmessage: {}\nat: {place}\nthread: {}\n\n{}\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
        without_quotes(&message),
        thread.name().unwrap_or("without a name"),
        Backtrace::force_capture(),
    )
}

/// The message with what stands in quotes left out: messages of the standard library quote the text they failed on.
fn without_quotes(message: &str) -> String {
    let mut out = String::new();
    let mut within = None;
    let mut escaped = false;
    for c in message.chars() {
        match within {
            None => {
                out.push(c);
                if matches!(c, '"' | '`') {
                    within = Some(c);
                }
            }
            Some('"') if escaped => escaped = false,
            Some('"') if c == '\\' => escaped = true,
            Some(quote) if c == quote => {
                out.push('…');
                out.push(c);
                within = None;
            }
            Some(_) => {}
        }
    }
    clean_line(&out.chars().take(LONGEST).collect::<String>())
}

fn write(folder: &Path, number: usize, text: &str) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    let path = folder.join(format!("panic-{now}-{}-{number}.txt", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&path)?.write_all(text.as_bytes())?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_text_is_left_out() {
        let shown =
            without_quotes("byte 3 is inside 'é' of `a model's words`, and \"more \\\" of it\" after\u{1b}[31m");
        assert_eq!(shown, "byte 3 is inside 'é' of `…`, and \"…\" after␛[31m");
        assert_eq!(without_quotes("opens `and never closes"), "opens `");
        assert!(without_quotes(&"x".repeat(10_000)).len() <= LONGEST);
    }

    #[test]
    fn reports_do_not_overwrite_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("not/yet/there");
        let one = write(&deep, 0, "one").unwrap();
        let two = write(&deep, 1, "two").unwrap();
        assert_eq!(fs::read_to_string(one).unwrap(), "one");
        assert_eq!(fs::read_to_string(two).unwrap(), "two");
    }
}
