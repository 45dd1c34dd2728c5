//! Panics: the terminal is left first, then a report is written and its place printed.

use std::backtrace::Backtrace;
use std::io::Write as _;
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};

/// Exit code of a program that panicked, as the standard library has it.
const PANICKED: i32 = 101;

/// Has panics leave the terminal whole, and tell of themselves in a file of `folder`. A panic of the screen's own threads
/// ends the program; what a run's tasks do is theirs to survive, and is reported all the same.
pub fn catch_panics(folder: PathBuf) {
    std::panic::set_hook(Box::new(move |info| {
        let thread = std::thread::current();
        let name = thread.name().unwrap_or("unnamed").to_owned();
        let ours = name == "main" || name.starts_with("loong-");
        if ours {
            super::leave();
        }
        let report = write_report(&folder, info, &name);
        tracing::error!(thread = name, "panic: {info}");
        if ours {
            let mut err = std::io::stderr().lock();
            let _ = writeln!(err, "loong: something that must not happen has happened: {}", location(info));
            let _ = match report {
                Ok(path) => writeln!(err, "What was decided is safe. A report is in {}", path.display()),
                Err(e) => writeln!(err, "What was decided is safe. No report could be written: {e}"),
            };
        }
        if ours && name != "main" {
            // Without this thread the screen would wait for ever for what it was to do.
            std::process::exit(PANICKED);
        }
    }));
}

fn location(info: &PanicHookInfo<'_>) -> String {
    info.location().map_or_else(|| "somewhere".to_owned(), |l| format!("{}:{}", l.file(), l.line()))
}

/// The report: where and how, never what was being read.
fn write_report(folder: &Path, info: &PanicHookInfo<'_>, thread: &str) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let now = jiff::Timestamp::now().strftime("%Y%m%d-%H%M%S").to_string();
    let path = folder.join(format!("panic-{now}-{}.txt", std::process::id()));
    let text = format!(
        "loong {} on {} {}\nthread {thread}\nat {}\n\n{}\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
        location(info),
        Backtrace::force_capture()
    );
    std::fs::write(&path, text)?;
    Ok(path)
}
