//! How a configuration becomes a run: seeds, models, interpreter, verifier and store, wired to the engine's ports. Both
//! `loong run` and the screen begin runs through it.

mod generators;
mod models;
mod own;
mod tasks;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;

use generators::{Material, generators};
use models::models;

pub(super) use generators::STRATEGIES;
pub(super) use models::endpoint;
pub(super) use own::{all_seeds, is_own, own_seeds};
pub(super) use tasks::template_source;

use super::context::or_cores;
use super::run::{verifier, verifier_options};
use super::{Context, UsageError, consent, trust};
use crate::config::{BudgetConfig, Config, InterpreterConfig, QualityConfig};
use crate::dataset::{BadRow, Datapoint, StaticDataset};
use crate::engine::escalate::{Escalation, Symbolic};
use crate::engine::{
    Budget, Concurrency, Control, EngineRecipe, Forecast, Listener, Models, Ports, Prospect, Quality, Report, Shard,
    forecast,
};
use crate::generator::rejection;
use crate::interpreter::{
    InterpreterError, ProgressFn, PythonInterpreter, PythonSettings, package_name, packages_to_allow,
};
use crate::model::ChatModel;
use crate::paths::{PROJECT_FILE, STORE_FILE};
use crate::store::record::{Habit, RunState, RunSummary};
use crate::store::{OpenMode, Store};

/// Earlier runs that an estimate goes by.
const HABITS: u32 = 5;

/// The demo's recipe, which also is its project file.
const DEMO: &str = include_str!("../../../assets/demo/loong.toml");

/// What a run is to be made of.
pub(super) struct Plan {
    /// The project's folder.
    pub(super) project: PathBuf,
    /// Its settings.
    pub(super) config: Config,
    /// Model replies are scripted.
    pub(super) demo: bool,
    /// Begin a new run although an unfinished one could be resumed.
    pub(super) fresh: bool,
    /// The run to go on with, where somebody named one.
    pub(super) resume: Option<RunSummary>,
    /// Somebody said now how many candidates are wanted.
    pub(super) target_said: bool,
    /// Take this many slots and stop; the run goes on from there.
    pub(super) pilot: Option<u64>,
    /// The part of the run to take, where others are taken elsewhere.
    pub(super) shard: Option<Shard>,
    /// Show this seed and no other.
    pub(super) only: Option<Datapoint>,
}

/// The bounds that a budget sets; 0 is none.
fn bounds(budget: &BudgetConfig) -> Budget {
    let bound = |n: u64| (n > 0).then_some(n);
    Budget {
        tokens: bound(budget.tokens),
        usd: (budget.usd > 0.0).then_some(budget.usd),
        seconds: bound(budget.seconds),
        candidates: bound(budget.candidates),
        slots: None,
    }
}

impl Plan {
    /// The plan that a project's files make.
    pub(super) fn of(context: &Context, project: PathBuf, demo: bool, recipe: Option<&str>) -> anyhow::Result<Self> {
        let mut config = if demo {
            toml::from_str::<Config>(DEMO).context("the demo's recipe is broken")?
        } else {
            context.config_with(Some(&project), recipe)?
        };
        if demo {
            // The machine's Python is the user's to choose, the deadline is the demo's: its endless loops should not
            // bore.
            let wall_seconds = config.interpreter.wall_seconds;
            config.interpreter = InterpreterConfig { wall_seconds, ..context.config(None)?.interpreter };
        }
        Ok(Self {
            project,
            config,
            demo,
            fresh: false,
            resume: None,
            target_said: false,
            pilot: None,
            shard: None,
            only: None,
        })
    }

    /// Goes on with the run of this number, under the recipe that it was begun under.
    pub(super) fn go_on(&mut self, id: i64) -> anyhow::Result<()> {
        let runs = Store::open(self.project.join(STORE_FILE), OpenMode::ReadOnly)?.reader()?.runs()?;
        let Some(run) = runs.iter().find(|run| run.id == id) else {
            let known: Vec<String> = runs.iter().map(|run| run.id.to_string()).collect();
            let known = if known.is_empty() { "no run".to_owned() } else { known.join(", ") };
            return Err(UsageError(format!("there is no run {id}; `loong stats` lists what there is: {known}")).into());
        };
        let wanted = if self.target_said { self.config.run.candidates } else { run.target };
        if run.state == RunState::Done && wanted <= run.candidates {
            let message = format!("run {id} is done with {} candidates; a larger -n goes on with it", run.candidates);
            return Err(UsageError(message).into());
        }
        self.config = self.config.resumed(&run.recipe)?;
        self.config.run.candidates = wanted;
        (self.target_said, self.resume) = (true, Some(run.clone()));
        Ok(())
    }

    /// Asks, where somebody can answer, about packages that the seeds need and that are not known.
    pub(super) fn ask(&mut self, context: &Context) -> anyhow::Result<()> {
        if !self.demo && !self.config.models.is_empty() {
            trust::ask(context, &mut self.config)?;
        }
        let sets = Material::of(&self.config, &self.project)?.dependencies();
        consent::ask(context, &self.project, &mut self.config, &sets).map(drop)
    }

    /// Gathers everything that the run needs; `None` where there is nothing left to do.
    pub(super) fn prepare(
        &self,
        context: &Context,
        store: &Store,
        progress: ProgressFn,
    ) -> anyhow::Result<Option<Prepared>> {
        let config = &self.config;
        let material = Material::of_plan(config, &self.project, self.only.as_ref())?;
        for row in &material.bad {
            context.say(&format!("left out: {row}"));
        }
        let sets = material.dependencies();
        let unknown = packages_to_allow(&sets, &config.interpreter.allow_packages);
        if !unknown.is_empty() {
            // Before anything is paid for: candidates take after their seeds.
            return Err(InterpreterError::Consent { packages: unknown.join(", ") }.into());
        }
        let models = models(config, self.demo)?;
        let lock = alone(&self.project)?;
        let text = self.resume.as_ref().map_or_else(|| config.recipe(), |run| run.recipe.clone());
        let hash = self.hash(&format!("{text}\n{}", material.hash()))?;

        if let Some(run) = self.resume.as_ref().filter(|run| run.recipe_hash != hash) {
            return Err(UsageError(format!(
                "run {} can't go on: what it works on (seeds, families) is not what it was begun with; put that back, or \
                 begin another run without --resume",
                run.id
            ))
            .into());
        }

        // The same recipe again: an unfinished run is resumed with its own random seed. A new one, of whatever recipe, gets one
        // that no run had: with another's it would ask what was asked before, and be answered from the store.
        let reader = store.reader()?;
        let runs = reader.runs()?;
        let mut same = runs.iter().filter(|r| r.recipe_hash == hash);
        let unfinished = match &self.resume {
            Some(named) => runs.iter().find(|r| r.id == named.id),
            None if self.shard.is_some() => {
                runs.iter().find(|r| r.recipe_hash == hash && r.rng_seed == config.run.rng_seed)
            }
            None => runs.iter().rev().find(|r| r.recipe_hash == hash && r.state != RunState::Done && !self.fresh),
        };
        let rng_seed = match unfinished {
            Some(run) => run.rng_seed,
            // The same in all stores that hold a part of it.
            None if self.shard.is_some() => config.run.rng_seed,
            None => unused(config.run.rng_seed, &runs),
        };
        if self.demo && unfinished.is_none() && !self.fresh && same.any(|r| r.state == RunState::Done) {
            return Ok(None);
        }
        let settings = context.python_settings(config, Some(progress))?;
        let escalation = escalation(config, &settings)?;
        let second = PythonSettings { hash_seed: 1, ..settings.clone() };
        let generator = material.generator(config, &self.project, store, rng_seed)?;
        let recipe = EngineRecipe {
            hash,
            text,
            // A run that goes on makes no fewer than it was begun for, unless somebody says so.
            candidates: match unfinished.filter(|_| !self.target_said) {
                Some(run) => run.target.max(config.run.candidates),
                None => config.run.candidates,
            },
            shard: self.shard,
            rng_seed,
            fresh: self.fresh,
            resume: self.resume.as_ref().map(|run| run.id),
            samples: config.run.samples,
            early_stop: config.run.early_stop,
            keep: Some(config.strategy.rejection.keep)
                .filter(|keep| *keep > 0 && config.run.strategy == rejection::STRATEGY),
            quality: quality(&config.quality, &self.project),
            agreement: config.run.agreement_in_force(),
            executions: config.run.executions,
            limits: config.interpreter.limits(),
            solver_sampling: (&config.sampling.solver).into(),
            concurrency: Concurrency {
                generate: config.concurrency.generate,
                execute: or_cores(config.concurrency.execute),
                solve: config.concurrency.solve,
                verify: or_cores(config.concurrency.verify),
                store: 64,
            },
            known_questions: material.known,
            budget: Budget { slots: self.pilot, ..bounds(&config.budget) },
        };
        let ports = Ports {
            generators: generators(config.clone(), self.project.clone(), store.clone(), rng_seed, self.only.clone()),
            generator,
            models,
            interpreter: Arc::new(PythonInterpreter::new(settings)),
            second_interpreter: Arc::new(PythonInterpreter::new(second)),
            verifier: verifier(config)?,
            escalation: Arc::new(escalation),
            sink: Arc::new(store.clone()),
        };
        // The demo's replies are scripted, and an estimate would spend nothing on nothing.
        let habits = if self.demo { Vec::new() } else { reader.habits(ports.generator.strategy(), HABITS)? };
        let filled = unfinished.map_or(0, |run| run.candidates);
        let in_flight = config.models.values().map(|model| model.in_flight).sum();
        Ok(Some(Prepared { recipe, ports, project: self.project.clone(), habits, filled, in_flight, _lock: lock }))
    }

    /// What the run's definition is known by: 32 hex digits. A run that is made in parts is another than one that is not:
    /// each goes on as it was begun.
    fn hash(&self, definition: &str) -> Result<String, UsageError> {
        let of = |text: &str| blake3::hash(text.as_bytes()).to_hex()[..32].to_owned();
        let (whole, parts) = (of(definition), of(&format!("{definition}\nin shards")));
        let begun = self.resume.as_ref().map(|run| (run.id, &run.recipe_hash));
        match (self.shard, begun) {
            (None, Some((id, begun))) if *begun == parts => Err(UsageError(format!(
                "run {id} is made in shards; say with --shard i/n which one is made here, or --shard 1/1 for all slots \
                 that are open"
            ))),
            (Some(_), Some((id, begun))) if *begun == whole => {
                Err(UsageError(format!("run {id} was not begun in shards; go on with it without --shard")))
            }
            (shard, _) => Ok(if shard.is_some() { parts } else { whole }),
        }
    }
}

/// The first random seed from `wanted` on that no run had.
fn unused(wanted: u64, runs: &[RunSummary]) -> u64 {
    let used: HashSet<u64> = runs.iter().map(|run| run.rng_seed).collect();
    (0..=u64::MAX).map(|n| wanted.wrapping_add(n)).find(|seed| !used.contains(seed)).unwrap_or(wanted)
}

/// What candidates must be; files are those of the project.
fn quality(config: &QualityConfig, project: &Path) -> Quality {
    let bound = |n: u64| (n > 0).then_some(n);
    Quality {
        alike: config.alike,
        contamination: config.contamination.iter().map(|path| project.join(path)).collect(),
        self_contained: config.self_contained,
        per_domain: bound(config.per_domain),
        per_family: bound(config.per_family),
        band: match config.band[..] {
            [least, most] => Some((least, most)),
            _ => None,
        },
    }
}

/// A run that can begin.
pub(super) struct Prepared {
    pub(super) recipe: EngineRecipe,
    pub(super) ports: Ports,
    project: PathBuf,
    habits: Vec<Habit>,
    filled: u64,
    in_flight: usize,
    _lock: std::fs::File,
}

impl Prepared {
    /// What the rest of the run will probably use; `None` where no model is asked. Nothing is asked for it either.
    pub(super) async fn forecast(&self) -> anyhow::Result<Option<Forecast>> {
        let prospect = Prospect {
            recipe: &self.recipe,
            generator: &self.ports.generator,
            models: &self.ports.models,
            habits: &self.habits,
            filled: self.filled,
            in_flight: self.in_flight,
            project: Some(&self.project),
        };
        Ok(forecast(&prospect).await?)
    }

    /// The models that will be asked, some perhaps more than once.
    pub(super) fn models(&self) -> Vec<Arc<dyn ChatModel>> {
        let Models { generator, others, solvers } = &self.ports.models;
        others.values().chain(solvers).chain([generator]).cloned().collect()
    }

    /// Runs it to its end.
    pub(super) async fn run(self, control: Control, listener: Listener) -> anyhow::Result<Report> {
        Ok(crate::engine::run(self.recipe, self.ports, control, Some(&self.project), listener).await?)
    }
}

/// The tiers beyond the native ones that a configuration asks for. `SymPy` gets a worker of its own: programs of seeds
/// would else take turns with it.
pub(super) fn escalation(config: &Config, settings: &PythonSettings) -> anyhow::Result<Escalation> {
    if !config.verifier.symbolic {
        return Ok(Escalation::default());
    }
    let interpreter = PythonInterpreter::new(PythonSettings { workers: 1, ..settings.clone() });
    let symbolic = Symbolic::new(Arc::new(interpreter), verifier_options(config, None, &[])?);
    Ok(Escalation { symbolic: Some(symbolic), judge: None })
}

/// Holds the project's run lock until it is dropped: two runs at a time would pay for the same replies. The system
/// lets go of it when the process ends, however it does.
fn alone(project: &Path) -> anyhow::Result<std::fs::File> {
    let path = project.join("loong.run.lock");
    let file = std::fs::File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => {
            anyhow::bail!("another loong run is at work in {}; wait for it or stop it", project.display())
        }
        Err(std::fs::TryLockError::Error(e)) => Err(e).with_context(|| format!("{} cannot be locked", path.display())),
    }
}

/// The seed dataset of a run, cut to its domains and packages, and the rows that could not be read.
pub(super) fn seeds(project: &Path, config: &Config) -> anyhow::Result<(StaticDataset, Vec<BadRow>)> {
    let (all, bad) = all_seeds(project, config, u64::MAX)?;
    let dataset = if config.run.domains.is_empty() { all.clone() } else { all.filter(&config.run.domains) };
    let Some(dataset) = within(&dataset, &config.run.packages) else {
        let message = format!("every seed needs other packages than [run] packages = {:?}", config.run.packages);
        return Err(UsageError(message).into());
    };
    if dataset.is_empty() {
        let known: Vec<&str> = all.domains().into_keys().collect();
        let message = if known.is_empty() {
            "the seed files hold no seed; `loong seeds list FILE` says what is wrong with them".to_owned()
        } else {
            format!("no seed has the domain {}; there is: {}", config.run.domains.join(", "), known.join(", "))
        };
        return Err(UsageError(message).into());
    }
    Ok((dataset, bad))
}

/// The seeds that need no package beside these; `None` where all do. Where none is named they may need any.
fn within(seeds: &StaticDataset, packages: &[String]) -> Option<StaticDataset> {
    if packages.is_empty() || seeds.is_empty() {
        return Some(seeds.clone());
    }
    let allowed: HashSet<String> = packages.iter().filter_map(|p| package_name(p)).collect();
    let is_allowed = |requirement: &String| package_name(requirement).is_some_and(|name| allowed.contains(&name));
    let kept = seeds.filter_by(|seed| seed.dependencies().as_slice().iter().all(is_allowed));
    (!kept.is_empty()).then_some(kept)
}

/// The demo project's folder, with its project file.
pub(super) fn demo_project(context: &Context) -> anyhow::Result<PathBuf> {
    let dir = if context.flags.directory.is_some() { context.here().to_owned() } else { context.paths.demo() };
    if context.flags.directory.is_none() && is_former_demo(&dir) {
        let kept = set_aside(&dir)?;
        context
            .say(&format!("the demo of an earlier version, with what was judged in it, is kept in {}", kept.display()));
    }
    std::fs::create_dir_all(&dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    let file = dir.join(PROJECT_FILE);
    if !file.exists() {
        std::fs::write(&file, DEMO).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    context.say(&format!("demo project: {} (model replies are scripted, everything else is real)", dir.display()));
    Ok(dir)
}

/// Whether a folder holds the demo project of another version: its scripted replies are not those that this one has.
fn is_former_demo(project: &Path) -> bool {
    let head = |text: &str| text.lines().next().map(str::to_owned);
    std::fs::read_to_string(project.join(PROJECT_FILE)).is_ok_and(|text| text != DEMO && head(&text) == head(DEMO))
}

/// Gives a folder another name beside its own.
fn set_aside(dir: &Path) -> anyhow::Result<PathBuf> {
    let named = |n: u32| {
        let mut name = dir.file_name().unwrap_or_default().to_owned();
        name.push(format!("-{n}"));
        dir.with_file_name(name)
    };
    let kept = (1..1_000).map(named).find(|path| !path.exists()).context("no name is free beside the demo's folder")?;
    std::fs::rename(dir, &kept).with_context(|| format!("{} cannot be renamed", dir.display()))?;
    Ok(kept)
}

/// Whether a folder holds the demo project.
pub(super) fn is_demo(project: &Path) -> bool {
    std::fs::read_to_string(project.join(PROJECT_FILE)).is_ok_and(|text| text == DEMO)
}
