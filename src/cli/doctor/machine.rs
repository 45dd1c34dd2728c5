//! The program itself, its folders, and the terminal.

use std::io::IsTerminal as _;
use std::path::Path;

use crate::cli::Context;
use crate::config::Config;
use crate::interpreter::Fact;
use crate::paths::{Paths, STORE_FILE};
use crate::store::{OpenMode, Store};
use crate::tui::terminal::clipboard_ways;
use crate::tui::theme::Depth;

/// Free bytes below which a folder is too full: a venv with its packages takes some hundred MiB.
const SCARCE: u64 = 1 << 30;

/// Fewest columns and rows that show a whole screen.
const SMALLEST: (u16, u16) = (80, 24);

/// This program.
pub(super) fn version() -> Fact {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    Fact::works("version", format!("{} on {os} {arch}", env!("CARGO_PKG_VERSION")))
}

/// The configuration, which is the default's where it can't be read.
pub(super) fn configuration(context: &Context, project: Option<&Path>) -> (Config, Vec<Fact>) {
    let project = project.map_or_else(|| "no project".to_owned(), |p| format!("project {}", p.display()));
    match context.config(context.find_project().as_deref()) {
        Ok(config) => (config, vec![Fact::works("configuration", project)]),
        Err(e) => {
            let fix = "mend that line; `loong config path` names the files, `loong config default` documents the keys";
            (Config::default(), vec![Fact::lacks("configuration", format!("{e:#}"), fix)])
        }
    }
}

/// The project's store.
pub(super) fn store(project: Option<&Path>) -> Option<Fact> {
    let path = project?.join(STORE_FILE);
    if !path.exists() {
        return Some(Fact::is("store", "none yet; `loong run` or `loong import` makes it"));
    }
    Some(match Store::open(&path, OpenMode::ReadOnly) {
        Ok(_) => Fact::works("store", path.display().to_string()),
        Err(e) => Fact::lacks("store", e.to_string(), "do what the message says, or name another project with -C DIR"),
    })
}

/// Each folder: whether it can be written, and how much room there is.
pub(super) fn folders(paths: &Paths) -> Vec<Fact> {
    let all = [
        ("configuration", &paths.config, "XDG_CONFIG_HOME", false),
        ("data (demo)", &paths.data, "XDG_DATA_HOME", false),
        ("cache (venvs)", &paths.cache, "XDG_CACHE_HOME", true),
        ("state (logs)", &paths.state, "XDG_STATE_HOME", false),
    ];
    let mut facts = Vec::new();
    for (what, folder, variable, needed) in all {
        let shown = folder.display();
        let fact = match std::fs::create_dir_all(folder).and_then(|()| try_file_in(folder)) {
            Ok(()) => match free(folder) {
                Some(bytes) if bytes < SCARCE && needed => {
                    let fix = format!("free some space, or set {variable} to a folder that has it");
                    Fact::lacks(what, format!("{shown}: {} MiB free", bytes >> 20), fix)
                }
                Some(bytes) => {
                    Fact::works(what, format!("{shown}: {:.1} GiB free", bytes as f64 / (1u64 << 30) as f64))
                }
                None => Fact::works(what, shown.to_string()),
            },
            Err(e) => {
                let fix = format!("make it writable, or set {variable} to a folder that is");
                Fact::lacks(what, format!("{shown}: {e}"), fix)
            }
        };
        facts.push(if needed { fact.needed() } else { fact });
    }
    facts
}

/// Writes and removes a file, as the only proof that a folder can be written.
fn try_file_in(folder: &Path) -> std::io::Result<()> {
    let path = folder.join(format!(".doctor-{}", std::process::id()));
    std::fs::write(&path, b"loong")?;
    std::fs::remove_file(path)
}

/// Bytes that this user may still write.
#[cfg(unix)]
fn free(folder: &Path) -> Option<u64> {
    let of = rustix::fs::statvfs(folder).ok()?;
    Some(of.f_bavail.saturating_mul(of.f_frsize))
}

#[cfg(not(unix))]
fn free(_: &Path) -> Option<u64> {
    None
}

/// The terminal: what the screen can do with it.
pub(super) fn terminal(context: &Context) -> Vec<Fact> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let mut facts = Vec::new();
    facts.push(if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        let (rows, columns) = console::Term::stdout().size();
        let size = format!("{columns} × {rows}");
        if columns < SMALLEST.0 || rows < SMALLEST.1 {
            let fix = format!("make it {} × {} or larger, or its font smaller", SMALLEST.0, SMALLEST.1);
            Fact::lacks("terminal", size, fix)
        } else {
            Fact::works("terminal", size)
        }
    } else {
        Fact::is("terminal", "input or output is none: every command works, the screen does not open")
    });
    let depth = if context.flags.no_color { Depth::Mono } else { Depth::detect(variable) };
    let term = variable("TERM").unwrap_or_else(|| "not set".to_owned());
    let colours = match depth {
        Depth::Mono => "none",
        Depth::Ansi16 => "16",
        Depth::Ansi256 => "256",
        Depth::True => "all",
    };
    facts.push(Fact::is("colours", format!("{colours} (TERM {term})")));
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| variable(name));
    let unicode = locale.as_deref().is_some_and(|l| {
        let l = l.to_ascii_lowercase();
        l.contains("utf-8") || l.contains("utf8")
    });
    facts.push(match locale {
        Some(locale) if unicode => Fact::works("Unicode", locale),
        locale => {
            let detail = locale.map_or_else(|| "no locale is set".to_owned(), |l| format!("the locale is {l}"));
            let fix = "where borders or mathematics look wrong, set LANG to a UTF-8 locale such as C.UTF-8, or borders = \
                       \"ascii\" under [screen]";
            Fact::is("Unicode", detail).with_fix(Some(fix.to_owned()))
        }
    });
    facts.push(Fact::is("clipboard", format!("by {}", clipboard_ways().join(", else "))));
    facts
}
