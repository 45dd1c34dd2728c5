//! What every command starts from: the project, the configuration, the folders.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tracing_appender::non_blocking::WorkerGuard;

use super::consent::Consent;
use super::{Everywhere, UsageError, output, recipes};
use crate::config::Config;
use crate::interpreter::{IsolationRule, ProgressFn, PythonInterpreter, PythonSettings};
use crate::paths::{PROJECT_FILE, Paths, STORE_FILE};
use crate::store::filter::Filter;
use crate::store::{OpenMode, Store, StoreError};

/// The command's surroundings.
#[derive(Clone)]
pub(super) struct Context {
    /// Options given before or after the subcommand.
    pub(super) flags: Everywhere,
    /// The user's folders.
    pub(super) paths: Paths,
    /// The folder named with `-C`, or this one.
    here: PathBuf,
    named: bool,
}

impl Context {
    /// Finds the folders; reads nothing of a project yet.
    pub(super) fn new(flags: Everywhere) -> anyhow::Result<Self> {
        let paths = Paths::find()?;
        let named = flags.directory.is_some();
        let here = match &flags.directory {
            Some(dir) => dir.clone(),
            None => std::env::current_dir().context("this folder is gone; change into another one")?,
        };
        Ok(Self { flags, paths, here, named })
    }

    /// Starts the log. Without one the program works all the same.
    pub(super) fn start_log(&self) -> Option<WorkerGuard> {
        let configured = self.config(None).map_or_else(|_| "info".to_owned(), |c| c.log.level);
        let level = match self.flags.verbose {
            0 => configured,
            1 => "debug".to_owned(),
            _ => "trace".to_owned(),
        };
        match crate::logging::start(&self.paths.state, &level) {
            Ok(guard) => Some(guard),
            Err(e) => {
                self.say(&e);
                None
            }
        }
    }

    /// A line for a person, on stderr, unless they asked for quiet.
    pub(super) fn say(&self, text: &str) {
        if !self.flags.quiet {
            let _ = writeln!(std::io::stderr(), "{}", output::line(text));
        }
    }

    /// The folder named with `-C`, or this one.
    pub(super) fn here(&self) -> &Path {
        &self.here
    }

    /// The project: the named folder, else this one if it has one, else the one used last, which is said.
    pub(super) fn project(&self) -> anyhow::Result<PathBuf> {
        let Some(dir) = self.find_project() else {
            return Err(UsageError(format!(
                "{} holds no project; `loong init` makes one here, -C DIR names another, `loong demo` needs none",
                self.here.display()
            ))
            .into());
        };
        if dir != self.here {
            self.say(&format!("project: {}", dir.display()));
        }
        Ok(dir)
    }

    /// The project for commands that write: the named folder or this one. To write into the one used last would be a
    /// surprise.
    pub(super) fn own_project(&self) -> anyhow::Result<PathBuf> {
        match self.find_project() {
            Some(dir) if dir == self.here => Ok(dir),
            Some(dir) => Err(UsageError(format!(
                "{} holds no project, and writing wants one by name: -C '{}' is the one used last, `loong init` makes one here",
                self.here.display(),
                dir.display()
            ))
            .into()),
            None => self.project(),
        }
    }

    /// The same for commands that can do without.
    pub(super) fn find_project(&self) -> Option<PathBuf> {
        let is_project = |dir: &Path| dir.join(PROJECT_FILE).is_file() || dir.join(STORE_FILE).is_file();
        if is_project(&self.here) {
            return Some(self.here.clone());
        }
        let last = std::fs::read_to_string(self.last_file()).ok()?;
        Some(PathBuf::from(last.trim_end_matches('\n'))).filter(|dir| !self.named && is_project(dir))
    }

    /// Remembers the project as the one used last.
    pub(super) fn remember(&self, project: &Path) {
        let absolute = std::path::absolute(project).unwrap_or_else(|_| project.to_owned());
        let written = std::fs::create_dir_all(&self.paths.state)
            .and_then(|()| std::fs::write(self.last_file(), format!("{}\n", absolute.display())));
        if let Err(e) = written {
            tracing::warn!("the last project could not be remembered: {e}");
        }
    }

    /// The configuration: default, user's file, project's file, further files, environment.
    pub(super) fn config(&self, project: Option<&Path>) -> anyhow::Result<Config> {
        self.config_with(project, None)
    }

    /// The same with a recipe over the project's: a file, or a bundled one by its name.
    pub(super) fn config_with(&self, project: Option<&Path>, recipe: Option<&str>) -> anyhow::Result<Config> {
        let mut files: Vec<PathBuf> = project.map(|p| p.join(PROJECT_FILE)).into_iter().collect();
        let bundled = recipe.and_then(recipes::bundled);
        match recipe.map(Path::new) {
            Some(file) if file.is_file() => files.push(file.to_owned()),
            Some(file) if bundled.is_none() => {
                let message = format!("there is no recipe file {}, and no bundled recipe of that name", file.display());
                return Err(UsageError(format!("{message}; `loong recipes` lists those")).into());
            }
            _ => {}
        }
        // A file of that name is the user's own, and comes first.
        let bundled = bundled.filter(|_| recipe.is_some_and(|r| !Path::new(r).is_file()));
        let mut config = Config::load_over(
            &self.paths.config_file(),
            &files,
            bundled.map(|recipe| (recipe.name, recipe.text)),
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))),
        )?;
        config.interpreter.offline |= self.flags.offline;
        let place = project.unwrap_or(&self.here);
        let consent = Consent::new(&self.paths);
        config.interpreter.allow_packages.extend(consent.of(place)?);
        for model in config.models.values_mut().filter(|model| model.foreign) {
            if let Some(pairing) = model.pairing() {
                model.foreign = !consent.trusts(&pairing)?;
            }
        }
        Ok(config)
    }

    /// The store of the project, which must exist.
    pub(super) fn store(&self, mode: OpenMode) -> anyhow::Result<(PathBuf, Store)> {
        let project = if mode == OpenMode::ReadOnly { self.project()? } else { self.own_project()? };
        let path = project.join(STORE_FILE);
        if mode != OpenMode::Create && !path.exists() {
            return Err(UsageError(format!(
                "{} has no store yet; `loong run` or `loong import` makes one",
                project.display()
            ))
            .into());
        }
        let store = match Store::open(&path, mode) {
            // An older store is copied and migrated by whoever opens it for writing: once, for all that read it later.
            Err(StoreError::Older { found, known, .. }) => {
                drop(Store::open(&path, OpenMode::Existing)?);
                self.say(&format!(
                    "{} was brought from schema {found} to {known}; a copy of the old one is next to it",
                    path.display()
                ));
                Store::open(&path, mode)?
            }
            opened => opened?,
        };
        if let Some(half) = store.reader()?.half_applied()? {
            self.say(&format!(
                "the verifier's version {} is half applied: candidates up to {} of {} have its verdicts; \
                 `loong reverify --resume` finishes it",
                half.version, half.done_to, half.up_to
            ));
        }
        Ok((project, store))
    }

    /// The interpreter that a configuration asks for.
    pub(super) fn interpreter(
        &self,
        config: &Config,
        progress: Option<ProgressFn>,
    ) -> anyhow::Result<PythonInterpreter> {
        Ok(PythonInterpreter::new(self.python_settings(config, progress)?))
    }

    /// Settings of the interpreter.
    pub(super) fn python_settings(
        &self,
        config: &Config,
        progress: Option<ProgressFn>,
    ) -> anyhow::Result<PythonSettings> {
        let python = &config.interpreter;
        Ok(PythonSettings {
            launcher: std::env::current_exe().context("the program cannot find itself")?,
            python: (!python.python.as_os_str().is_empty()).then(|| python.python.clone()),
            workers: match python.workers {
                0 => PythonSettings::fitting(python.limits().memory),
                stated => stated,
            },
            isolation: if self.flags.unsafe_no_isolation { IsolationRule::UnsafeNone } else { IsolationRule::Required },
            allow_packages: python.allow_packages.clone(),
            nearest_versions: python.nearest_versions,
            offline: python.offline,
            scratch: python.limits().scratch,
            progress,
            ..PythonSettings::new(&self.paths.cache)
        })
    }

    /// Who decides: who is named here, else whom the configuration names, else the user.
    pub(super) fn reviewer(&self, named: Option<&str>) -> String {
        let configured = || self.config(self.find_project().as_deref()).map(|c| c.screen.reviewer).unwrap_or_default();
        let named = named.map(str::to_owned).filter(|n| !n.trim().is_empty());
        named.or_else(|| Some(configured()).filter(|n| !n.trim().is_empty())).unwrap_or_else(super::decide::user_name)
    }

    /// Sees to it that what a filter asks about is known: suspicion is looked at when the writer has nothing else to do,
    /// which may not have been yet.
    pub(super) fn freshen(&self, filter: &Filter) -> anyhow::Result<()> {
        if !["suspicion", "uncertainty"].iter().any(|field| filter.asks(field)) {
            return Ok(());
        }
        let (project, store) = self.store(OpenMode::ReadOnly)?;
        if store.reader()?.unlooked()? > 0 {
            drop(store);
            let store = Store::open(project.join(STORE_FILE), OpenMode::Existing)?;
            store.look_at_all_blocking()?;
        }
        Ok(())
    }

    fn last_file(&self) -> PathBuf {
        self.paths.state.join("last-project")
    }
}

/// The number, or the number of cores where it is 0.
pub(super) fn or_cores(number: usize) -> usize {
    if number > 0 { number } else { std::thread::available_parallelism().map_or(1, usize::from) }
}
