//! Every Python that is here: which is used, which could be, and why the others can't.

use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::advice::Family;
use super::command::{PATIENCE, within};
use super::{Fact, PythonSettings};
use crate::interpreter::find::{self, BasePython, FITTING, NAMES};

/// A file that may be a Python.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    path: PathBuf,
    /// Whether it is the one that its name means: an earlier folder of `PATH` has none.
    first: bool,
}

/// The facts, and the Python that is used: the settings' own, else the first that fits by the order of [`NAMES`].
pub(super) fn facts(settings: &PythonSettings) -> (Vec<Fact>, Option<BasePython>) {
    if let Some(own) = &settings.python {
        let fix = "set interpreter.python to a Python 3.10–3.13, or to \"\" so that loong looks for one";
        let what = "interpreter.python";
        let why = match ask(own) {
            Ok(found) if fits(&found) => return (vec![used(&found, own)], Some(found)),
            Ok(found) => unfit(found.minor).to_owned(),
            Err(why) => why,
        };
        let detail = format!("{}: {why}; {fix}, or install python3", own.display());
        return (vec![Fact::lacks(what, detail, fix).needed()], None);
    }
    let folders: Vec<PathBuf> =
        std::env::var_os("PATH").map(|p| std::env::split_paths(&p).collect()).unwrap_or_default();
    look(&places(&folders))
}

fn used(python: &BasePython, place: &Path) -> Fact {
    Fact::works(
        format!("Python {}", python.version),
        format!("{}: used{}", python.executable.display(), by(python, place)),
    )
}

/// The name it was found by, where that is another file.
fn by(python: &BasePython, place: &Path) -> String {
    if place == python.executable { String::new() } else { format!(" (by {})", place.display()) }
}

fn fits(python: &BasePython) -> bool {
    FITTING[0] <= python.minor && python.minor <= FITTING[1]
}

/// Why a version does not fit.
fn unfit(minor: (u32, u32)) -> &'static str {
    if minor < FITTING[0] {
        "too old: packages that seeds pin have no wheels for it; 3.10–3.13 fit"
    } else {
        "too new: packages that seeds pin have no wheels for it yet; 3.10–3.13 fit"
    }
}

/// Files on `PATH` that may be a Python, in the order in which they are preferred: what a name means comes before what
/// lies behind it.
fn places(folders: &[PathBuf]) -> Vec<Place> {
    let mut found = Vec::new();
    let mut names: HashSet<String> = HashSet::new();
    for folder in folders.iter().filter(|folder| folder.is_absolute()) {
        let mut here: Vec<String> = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| (name == "python3" || version_named(name).is_some()) && is_program(&folder.join(name)))
            .collect();
        here.sort();
        for name in here {
            found.push(Place { path: folder.join(&name), first: names.insert(name) });
        }
    }
    let rank = |place: &Place| {
        let name = place.path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        (!place.first, NAMES.iter().position(|known| *known == name).unwrap_or(NAMES.len()))
    };
    found.sort_by_key(rank);
    found
}

/// The version that a file's name tells, such as `python3.9`'s.
fn version_named(name: &str) -> Option<(u32, u32)> {
    name.strip_prefix("python3.")?.parse().ok().map(|minor| (3, minor))
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

/// Whether a file is a script: asking one that is not used anyway may take long, as shims do.
fn is_script(path: &Path) -> bool {
    let mut start = [0; 2];
    fs::File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == *b"#!"
}

/// Asks one Python what it is; the error is a phrase.
fn ask(program: &Path) -> Result<BasePython, String> {
    let done = within(find::question(program), PATIENCE)?;
    find::answer(&done.stdout).ok_or_else(|| {
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        if said.starts_with("pyenv:") {
            "a shim of pyenv for a version that is not selected".to_owned()
        } else {
            format!("does not run as Python ({})", done.said())
        }
    })
}

/// Asks the places that matter, all at once, and says what each is.
fn look(places: &[Place]) -> (Vec<Fact>, Option<BasePython>) {
    // What its name says to be unfit needs no asking, nor does a second shim.
    let mut seen = HashSet::new();
    let asked: Vec<Option<Result<BasePython, String>>> = std::thread::scope(|scope| {
        let asking: Vec<_> = places
            .iter()
            .map(|place| {
                let name = place.path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
                let known = NAMES.contains(&name);
                let new = seen.insert(place.path.canonicalize().unwrap_or_else(|_| place.path.clone()));
                let wanted = known && (place.first || !is_script(&place.path)) && (new || is_script(&place.path));
                wanted.then(|| scope.spawn(|| ask(&place.path)))
            })
            .collect();
        asking
            .into_iter()
            .map(|thread| thread.map(|t| t.join().unwrap_or_else(|_| Err("could not be asked".to_owned()))))
            .collect()
    });
    let mut facts: Vec<Fact> = Vec::new();
    let mut known: HashSet<PathBuf> = HashSet::new();
    let mut chosen: Option<BasePython> = None;
    let mut idle = Vec::new();
    for (place, answer) in places.iter().zip(asked) {
        let path = place.path.display();
        match answer {
            Some(Ok(python)) if !known.insert(python.executable.clone()) => {}
            Some(Ok(python)) if !fits(&python) => {
                facts.push(Fact::is(format!("Python {}", python.version), format!("{path}: {}", unfit(python.minor))));
            }
            Some(Ok(python)) if chosen.is_none() && place.first => {
                facts.insert(0, used(&python, &place.path));
                chosen = Some(python);
            }
            Some(Ok(python)) => {
                let what = format!("Python {}", python.version);
                let role = if place.first {
                    "tried where the one that is used has no wheel"
                } else {
                    "fits, and is hidden by an earlier one on PATH"
                };
                facts.push(Fact::is(
                    what,
                    format!("{}: {role}{}", python.executable.display(), by(&python, &place.path)),
                ));
            }
            Some(Err(why)) if why.contains("pyenv") => idle.push(file_name(&place.path)),
            Some(Err(why)) => facts.push(Fact::is(file_name(&place.path), format!("{path}: {why}"))),
            None => {
                if let Some(minor) = version_named(&file_name(&place.path))
                    && (minor < FITTING[0] || minor > FITTING[1])
                    && place.first
                {
                    facts
                        .push(Fact::is(format!("Python {}.{}", minor.0, minor.1), format!("{path}: {}", unfit(minor))));
                }
            }
        }
    }
    if !idle.is_empty() {
        let fix = "`pyenv global` selects versions, several at a time: add those you want loong to use".to_owned();
        let detail = format!("{}: shims of pyenv for versions that are not selected", idle.join(", "));
        facts.push(Fact::is("Pythons of pyenv", detail).with_fix(Some(fix).filter(|_| chosen.is_none())));
    }
    if chosen.is_none() {
        let detail = match facts.len() {
            0 => "no Python is on PATH".to_owned(),
            _ => "none on PATH fits: it must be 3.10–3.13".to_owned(),
        };
        let fix = Family::here().python(!facts.is_empty());
        facts.insert(0, Fact::lacks("Python", detail, fix).needed());
    }
    (facts, chosen)
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}
