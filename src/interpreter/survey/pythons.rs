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

/// What pyenv puts on `PATH` for versions that it has and does not offer.
const SHIM: &str = "a shim of pyenv for a version that is not selected";

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
        let fix = "set interpreter.python to a Python 3.10–3.13, or to \"\" so that loong looks for one on PATH";
        let what = "interpreter.python";
        let why = match ask(own) {
            Ok(found) if fits(&found) => return (vec![used(&found, own)], Some(found)),
            Ok(found) => unfit(found.minor).to_owned(),
            Err(why) => why,
        };
        let detail = format!("{}: {why}", own.display());
        return (vec![Fact::lacks(what, detail, fix).needed()], None);
    }
    let folders: Vec<PathBuf> =
        std::env::var_os("PATH").map(|p| std::env::split_paths(&p).collect()).unwrap_or_default();
    let places = places(&folders);
    let answers = ask_all(&places);
    describe(&places, answers, Family::here())
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
        if said.starts_with("pyenv:") { SHIM.to_owned() } else { format!("does not run as Python ({})", done.said()) }
    })
}

/// What a Python said of itself, or a phrase; `None` where it was not asked.
type Answer = Option<Result<BasePython, String>>;

/// Asks the places that matter, all at once.
fn ask_all(places: &[Place]) -> Vec<Answer> {
    // What its name says to be unfit needs no asking, nor does a file that was asked, nor a shim behind another.
    let mut seen = HashSet::new();
    std::thread::scope(|scope| {
        let asking: Vec<_> = places
            .iter()
            .map(|place| {
                let known = NAMES.contains(&file_name(&place.path).as_str());
                let new = seen.insert(place.path.canonicalize().unwrap_or_else(|_| place.path.clone()));
                let wanted = known && if is_script(&place.path) { place.first } else { new };
                wanted.then(|| scope.spawn(|| ask(&place.path)))
            })
            .collect();
        let lost = || Err("it could not be asked".to_owned());
        asking.into_iter().map(|thread| thread.map(|t| t.join().unwrap_or_else(|_| lost()))).collect()
    })
}

/// Says what each place is, the one that is used first.
fn describe(places: &[Place], answers: Vec<Answer>, family: Family) -> (Vec<Fact>, Option<BasePython>) {
    let mut facts: Vec<Fact> = Vec::new();
    let mut known: HashSet<PathBuf> = HashSet::new();
    let mut chosen: Option<BasePython> = None;
    let mut idle = Vec::new();
    for (place, answer) in places.iter().zip(answers) {
        let (path, name) = (place.path.display(), file_name(&place.path));
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
                let role = if place.first {
                    "tried where the one that is used has no wheel"
                } else {
                    "fits, and is hidden by an earlier one on PATH"
                };
                let detail = format!("{}: {role}{}", python.executable.display(), by(&python, &place.path));
                facts.push(Fact::is(format!("Python {}", python.version), detail));
            }
            Some(Err(why)) if why == SHIM => idle.push(name),
            Some(Err(why)) => facts.push(Fact::is(name, format!("{path}: {why}"))),
            None => {
                let unfitting = |minor: &(u32, u32)| *minor < FITTING[0] || *minor > FITTING[1];
                if let Some(minor) = version_named(&name).filter(unfitting).filter(|_| place.first) {
                    let what = format!("Python {}.{}", minor.0, minor.1);
                    facts.push(Fact::is(what, format!("{path}: {}", unfit(minor))));
                }
            }
        }
    }
    if chosen.is_none() {
        let fix = match idle.first().and_then(|name| name.strip_prefix("python")) {
            Some(version) => format!("run `pyenv global {version}`: pyenv has that version, and does not offer it"),
            None => family.python(!facts.is_empty()),
        };
        let detail = match facts.len() + idle.len() {
            0 => "no Python is on PATH".to_owned(),
            _ => "none on PATH fits: it must be 3.10–3.13".to_owned(),
        };
        facts.insert(0, Fact::lacks("Python", detail, fix).needed());
    }
    if !idle.is_empty() {
        facts.push(Fact::is("Pythons of pyenv", format!("{}: {SHIM}", idle.join(", "))));
    }
    (facts, chosen)
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn python(version: &str, executable: &str) -> BasePython {
        let mut parts = version.split('.').map(|p| p.parse().unwrap());
        let minor = (parts.next().unwrap(), parts.next().unwrap());
        let (executable, prefix) = (executable.into(), "/opt".into());
        BasePython { version: version.to_owned(), minor, executable, prefix, stdlib: Vec::new() }
    }

    fn described(all: Vec<(&str, bool, Answer)>) -> (Vec<(String, String)>, Option<String>, Option<String>) {
        let place = |path: &str, first| Place { path: path.into(), first };
        let (places, answers): (Vec<Place>, Vec<Answer>) =
            all.into_iter().map(|(path, first, answer)| (place(path, first), answer)).unzip();
        let (facts, chosen) = describe(&places, answers, Family::Debian);
        let fix = facts.iter().find(|f| f.needed).and_then(|f| f.fix.clone());
        (facts.into_iter().map(|f| (f.what, f.detail)).collect(), chosen.map(|c| c.version), fix)
    }

    #[test]
    fn the_first_that_fits_is_used_and_the_others_have_a_reason() {
        let (facts, chosen, _) = described(vec![
            ("/a/python3.13", true, Some(Err(SHIM.to_owned()))),
            ("/a/python3.12", true, Some(Ok(python("3.12.1", "/real/python3.12")))),
            ("/a/python3", true, Some(Ok(python("3.12.1", "/real/python3.12")))),
            ("/b/python3", false, Some(Ok(python("3.11.2", "/b/python3.11")))),
            ("/c/python3", false, Some(Ok(python("3.9.2", "/c/python3.9")))),
            ("/a/python3.14", true, None),
            ("/b/python3.14", false, None),
        ]);
        assert_eq!(chosen.as_deref(), Some("3.12.1"));
        let said = |what: &str, detail: &str| facts.iter().any(|f| f.0 == what && f.1.contains(detail));
        assert_eq!(facts[0].0, "Python 3.12.1");
        assert!(facts[0].1.contains("used (by /a/python3.12)"));
        assert!(said("Python 3.11.2", "hidden") && said("Python 3.9.2", "too old") && said("Python 3.14", "too new"));
        assert!(said("Pythons of pyenv", "python3.13: "));
        assert_eq!(facts.len(), 5, "{facts:#?}");
    }

    #[test]
    fn what_to_do_goes_by_what_is_there() {
        let nothing = described(Vec::new());
        assert!(nothing.2.is_some_and(|fix| fix.contains("apt install python3")));
        let old = described(vec![("/usr/bin/python3", true, Some(Ok(python("3.9.2", "/usr/bin/python3.9"))))]);
        assert!(old.2.is_some_and(|fix| fix.contains("uv python install")));
        let shim = described(vec![("/a/python3.12", true, Some(Err(SHIM.to_owned())))]);
        assert!(shim.2.is_some_and(|fix| fix.contains("pyenv global 3.12")));
    }

    #[test]
    fn names_are_looked_for_in_the_order_of_path_and_preference() {
        let folder = tempfile::tempdir().unwrap();
        let folders = ["one", "two"].map(|name| folder.path().join(name));
        for (at, names) in
            [(0, &["python3", "python3.9", "python3.12", "python3-config"][..]), (1, &["python3.13", "python3"])]
        {
            fs::create_dir(&folders[at]).unwrap();
            for name in names {
                fs::write(folders[at].join(name), "").unwrap();
                fs::set_permissions(folders[at].join(name), fs::Permissions::from_mode(0o755)).unwrap();
            }
        }
        fs::write(folders[1].join("python3.11"), "no program").unwrap();
        let found: Vec<(PathBuf, bool)> = places(&folders).into_iter().map(|p| (p.path, p.first)).collect();
        let at = |folder: usize, name: &str, first| (folders[folder].join(name), first);
        let wanted = [
            at(1, "python3.13", true),
            at(0, "python3.12", true),
            at(0, "python3", true),
            at(0, "python3.9", true),
            at(1, "python3", false),
        ];
        assert_eq!(found, wanted);
    }
}
