//! What the user consented to: packages outside the known ones, project by project, with the question that is asked once; and
//! keys at servers, wherever they stand together.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::{Context, output};
use crate::config::{Config, Pairing};
use crate::interpreter::{Dependencies, package_name, packages_to_allow};
use crate::paths::Paths;

/// What stands at the top of the file.
const HEAD: &str = "# Packages that may be installed although they are not on loong's list of known ones, by project.\n\
                    # `loong venvs allow NAME` and `loong venvs forget NAME` change this file.\n\n";

/// The file, as it is.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Book {
    #[serde(default)]
    projects: BTreeMap<String, BTreeSet<String>>,
    /// Key sources by the server that they may be sent to.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    keys: BTreeMap<String, BTreeSet<String>>,
}

/// The user's consent. It lies outside of all projects, and knows them by their real paths: a project that was copied
/// here from elsewhere has none.
pub(super) struct Consent {
    path: PathBuf,
}

impl Consent {
    pub(super) fn new(paths: &Paths) -> Self {
        Self { path: paths.consent_file() }
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What is allowed in a project.
    pub(super) fn of(&self, project: &Path) -> anyhow::Result<BTreeSet<String>> {
        Ok(self.read()?.projects.remove(&key(project)).unwrap_or_default())
    }

    /// Allows packages in a project.
    pub(super) fn allow(&self, project: &Path, names: &[String]) -> anyhow::Result<()> {
        self.change(project, |allowed| allowed.extend(names.iter().cloned()))
    }

    /// Takes that back.
    pub(super) fn forget(&self, project: &Path, names: &[String]) -> anyhow::Result<()> {
        self.change(project, |allowed| allowed.retain(|name| !names.contains(name)))
    }

    /// Whether a key may be sent to a server.
    pub(super) fn trusts(&self, pairing: &Pairing) -> anyhow::Result<bool> {
        Ok(self.read()?.keys.get(&pairing.origin).is_some_and(|sources| sources.contains(&pairing.source)))
    }

    /// Lets a key be sent to a server.
    pub(super) fn trust(&self, pairing: &Pairing) -> anyhow::Result<()> {
        self.edit(|book| {
            book.keys.entry(pairing.origin.clone()).or_default().insert(pairing.source.clone());
        })
    }

    /// Takes that back.
    pub(super) fn distrust(&self, pairing: &Pairing) -> anyhow::Result<()> {
        self.edit(|book| {
            if let Some(sources) = book.keys.get_mut(&pairing.origin) {
                sources.remove(&pairing.source);
            }
            book.keys.retain(|_, sources| !sources.is_empty());
        })
    }

    fn read(&self) -> anyhow::Result<Book> {
        match fs::read_to_string(&self.path) {
            Ok(text) => toml::from_str(&text).with_context(|| {
                format!("{} is broken; mend it, or remove it and be asked again", self.path.display())
            }),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Book::default()),
            Err(e) => Err(e).with_context(|| format!("{} cannot be read", self.path.display())),
        }
    }

    /// Changes one project's set.
    fn change(&self, project: &Path, change: impl FnOnce(&mut BTreeSet<String>)) -> anyhow::Result<()> {
        self.edit(|book| {
            change(book.projects.entry(key(project)).or_default());
            book.projects.retain(|_, allowed| !allowed.is_empty());
        })
    }

    /// Changes the file, alone and at once.
    fn edit(&self, change: impl FnOnce(&mut Book)) -> anyhow::Result<()> {
        let write = |text: &str| -> io::Result<()> {
            let aside = self.path.with_extension("part");
            fs::write(&aside, text)?;
            fs::rename(aside, &self.path)
        };
        let told = || format!("{} cannot be written", self.path.display());
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).with_context(told)?;
        }
        let lock = File::create(self.path.with_extension("lock")).with_context(told)?;
        lock.lock().with_context(told)?;
        let mut book = self.read()?;
        change(&mut book);
        write(&format!("{HEAD}{}", toml::to_string(&book)?)).with_context(told)
    }
}

/// A project's name in the file: its real path, with what is no Unicode escaped, so that no two are the same.
fn key(project: &Path) -> String {
    let real = fs::canonicalize(project).or_else(|_| std::path::absolute(project));
    let real = real.unwrap_or_else(|_| project.to_owned());
    real.to_str().map_or_else(|| real.as_os_str().as_encoded_bytes().escape_ascii().to_string(), str::to_owned)
}

/// Names as they are compared; an error names the first that is none.
pub(super) fn names(given: &[String]) -> anyhow::Result<Vec<String>> {
    given
        .iter()
        .map(|text| {
            package_name(text).ok_or_else(|| super::UsageError(format!("`{text}` is not the name of a package")).into())
        })
        .collect()
}

/// Asks, where somebody can answer, about the packages that these sets, one a seed, name and that are neither known nor allowed; what is
/// allowed then is remembered for the project, and added to the configuration. Returns what is still not allowed.
pub(super) fn ask(
    context: &Context,
    project: &Path,
    config: &mut Config,
    sets: &[Dependencies],
) -> anyhow::Result<Vec<String>> {
    let allowed = &mut config.interpreter.allow_packages;
    let unknown = packages_to_allow(sets, allowed);
    if unknown.is_empty() || !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Ok(unknown);
    }
    let mut question = format!("Not on the list of known packages, and would be installed for {}:\n", key(project));
    for name in &unknown {
        let seeds = sets.iter().filter(|set| packages_to_allow([*set], &[]).contains(name)).count();
        let _ = writeln!(question, "  {name}  ({seeds} {})", if seeds == 1 { "seed" } else { "seeds" });
    }
    question.push_str("A misspelt name may be a trap: look them up first. Allow them in this project? [y/N] ");
    let mut stderr = io::stderr().lock();
    // The names are of ASCII letters and digits; the path may be anything.
    let shown: Vec<String> = question.split('\n').map(output::line).collect();
    write!(stderr, "{}", shown.join("\n")).and_then(|()| stderr.flush())?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if !matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        return Ok(unknown);
    }
    let consent = Consent::new(&context.paths);
    consent.allow(project, &unknown)?;
    context.say("remembered; `loong venvs` shows what is allowed here, `loong venvs forget` takes it back");
    allowed.extend(unknown);
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn consent(folder: &Path) -> Consent {
        Consent { path: folder.join("data").join("consent.toml") }
    }

    #[test]
    fn each_project_has_its_own_and_a_copy_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        fs::create_dir_all(&one).unwrap();
        fs::create_dir_all(&two).unwrap();
        let consent = consent(folder.path());
        let names = |names: &[&str]| names.iter().map(|&n| n.to_owned()).collect::<Vec<_>>();
        assert!(consent.of(&one).unwrap().is_empty());
        consent.allow(&one, &names(&["b", "a"])).unwrap();
        consent.allow(&one, &names(&["a", "c"])).unwrap();
        assert!(consent.of(&one).unwrap().iter().eq(["a", "b", "c"]));
        assert!(consent.of(&two).unwrap().is_empty());
        assert!(consent.of(&one.join("..").join("one")).unwrap().iter().eq(["a", "b", "c"]), "another way to it");
        consent.forget(&one, &names(&["a", "c", "zeta"])).unwrap();
        assert!(consent.of(&one).unwrap().iter().eq(["b"]));
        fs::rename(&one, folder.path().join("three")).unwrap();
        assert!(consent.of(&folder.path().join("three")).unwrap().is_empty());
    }

    #[test]
    fn a_key_is_trusted_to_one_server_everywhere() {
        let folder = tempfile::tempdir().unwrap();
        let consent = consent(folder.path());
        let pairing = |source: &str, origin: &str| Pairing { source: source.to_owned(), origin: origin.to_owned() };
        let (mine, theirs) = (pairing("MY_KEY", "https://a"), pairing("MY_KEY", "https://b"));
        consent.allow(folder.path(), &["package".to_owned()]).unwrap();
        consent.trust(&mine).unwrap();
        assert!(consent.trusts(&mine).unwrap() && !consent.trusts(&theirs).unwrap());
        assert!(!consent.trusts(&pairing("OTHER", "https://a")).unwrap());
        consent.distrust(&mine).unwrap();
        assert!(!consent.trusts(&mine).unwrap());
        assert_eq!(consent.of(folder.path()).unwrap().len(), 1, "packages are another matter");
    }

    #[test]
    fn a_broken_file_is_named_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let consent = consent(folder.path());
        consent.allow(folder.path(), &["a".to_owned()]).unwrap();
        fs::write(consent.path(), "projects = 3").unwrap();
        let error = format!("{:#}", consent.allow(folder.path(), &["b".to_owned()]).unwrap_err());
        assert!(error.contains("consent.toml is broken"), "{error}");
        assert_eq!(fs::read_to_string(consent.path()).unwrap(), "projects = 3");
    }
}
