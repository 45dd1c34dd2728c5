//! What the screen does its outside work through: projects, runs, imports, as the commands do them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::check::Checker;
use super::consent::Consent;
use super::run::verifier_options;
use super::wiring::{Plan, demo_project, is_demo};
use super::{Context, checks, drafts, import, init, lines, output, own, strategies, trust, views};
use crate::config::ConfigError;
use crate::dataset::Datapoint;
use crate::engine::{Control, EngineEvent};
use crate::generator::few_shot;
use crate::interpreter::Progress;
use crate::paths::STORE_FILE;
use crate::review::correction::CodeRun;
use crate::review::rules::Rules;
use crate::store::{OpenMode, Store};
use crate::tui::workbench::{
    CannotStart, ImportPlan, News, Newsreader, Permission, Project, SavedView, SeedCheck, Seeds, Setting, Strategy,
    Workbench, Written,
};

/// Held by the screen that may decide and run in a project; a second one reads.
const SCREEN_LOCK: &str = "loong.screen.lock";

/// Candidates that are made after one seed.
const FROM_ONE: u64 = 5;

/// The desk.
pub(super) struct Desk {
    context: Context,
    runtime: tokio::runtime::Handle,
}

impl Desk {
    /// A desk that works quietly: the terminal is the screen's.
    pub(super) fn new(context: &Context, runtime: tokio::runtime::Handle) -> Self {
        let mut context = context.clone();
        context.flags.quiet = true;
        Self { context, runtime }
    }

    /// Opens the project in a folder; for reading alone where another screen is at work.
    pub(super) fn open(&self, folder: &Path) -> anyhow::Result<Project> {
        let folder = std::path::absolute(folder)?;
        let path = folder.join(STORE_FILE);
        let (store, held, busy): (Store, Option<Arc<dyn Send + Sync>>, bool) = match lock(&folder) {
            Lock::Ours(lock) => (Store::open(path, OpenMode::Create)?, Some(Arc::new(lock)), false),
            Lock::Others => (Store::open(path, OpenMode::ReadOnly)?, None, true),
            Lock::None => (Store::open(path, OpenMode::ReadOnly)?, None, false),
        };
        self.context.remember(&folder);
        let name = folder.file_name().map_or_else(|| "/".to_owned(), |n| n.to_string_lossy().into_owned());
        Ok(Project { name, demo: is_demo(&folder), folder, store, busy, held })
    }
}

impl Desk {
    /// The first key that the project's files would send to a server of their choice, and nobody has agreed to.
    fn withheld(&self, plan: &Plan) -> Option<Permission> {
        if plan.demo {
            return None;
        }
        let (_, pairing, question) = trust::questions(&plan.config).ok()?.into_iter().next()?;
        let consent = Consent::new(&self.context.paths);
        let grant = Arc::new(move || consent.trust(&pairing).map_err(|e| told(&e)));
        Some(Permission { question, grant })
    }
}

impl Desk {
    /// Begins what was planned, where nothing must be agreed to first.
    fn begin(&self, project: &Project, plan: &Plan, newsreader: Newsreader) -> Result<Option<Control>, CannotStart> {
        if let Some(permission) = self.withheld(plan) {
            return Err(CannotStart::Ask(permission));
        }
        let reader = Arc::clone(&newsreader);
        let progress = Arc::new(move |progress: Progress| reader(News::Progress(progress)));
        let prepared = plan.prepare(&self.context, &project.store, progress).map_err(|e| {
            let no_model =
                matches!(e.downcast_ref(), Some(ConfigError::Missing { .. })) && plan.config.models.is_empty();
            if no_model { CannotStart::NoModel(told(&e)) } else { CannotStart::Told(told(&e)) }
        })?;
        let Some(prepared) = prepared else { return Ok(None) };
        let widths = &prepared.recipe.concurrency;
        let config = &plan.config;
        let models = &prepared.ports.models;
        let solvers = models.solvers.iter().map(|solver| solver.name().to_owned()).collect();
        newsreader(News::Begun(Setting {
            strategy: config.run.strategy.clone(),
            generator: models.generator.name().to_owned(),
            solvers,
            widths: [widths.generate, widths.execute, widths.solve, widths.verify],
            budget: prepared.recipe.budget,
        }));
        let control = Control::default();
        let switch = control.clone();
        self.runtime.spawn(async move {
            let reader = Arc::clone(&newsreader);
            let ended = prepared.run(control, Arc::new(move |event: EngineEvent| reader(News::Event(event)))).await;
            newsreader(match ended {
                Ok(_) => News::Over,
                Err(e) => News::Failed(told(&e)),
            });
        });
        Ok(Some(switch))
    }
}

/// The screen's lock on a project.
enum Lock {
    /// It is held here.
    Ours(std::fs::File),
    /// Another screen holds it.
    Others,
    /// The folder cannot be written.
    None,
}

fn lock(folder: &Path) -> Lock {
    match std::fs::File::create(folder.join(SCREEN_LOCK)) {
        Ok(file) => match file.try_lock() {
            Ok(()) => Lock::Ours(file),
            Err(_) => Lock::Others,
        },
        Err(_) => Lock::None,
    }
}

fn told(error: &anyhow::Error) -> String {
    let told = output::told(error);
    match error.downcast_ref() {
        Some(ConfigError::Missing { lines, .. }) => {
            output::line(&format!("{told}; in loong.toml: {}", lines.trim().replace('\n', "  ")))
        }
        _ => output::line(&told),
    }
}

impl Workbench for Desk {
    fn init(&self, folder: &Path) -> Result<(Project, String), String> {
        let found = init::make(&self.context, folder).map_err(|e| told(&e))?;
        let project = self.open(folder).map_err(|e| told(&e))?;
        let names: Vec<&str> = found.iter().map(|f| f.name.as_str()).collect();
        let models = if names.is_empty() {
            "no model was found: rollouts can be imported, and [models] in loong.toml names one".to_owned()
        } else {
            format!("found {}", names.join(", "))
        };
        Ok((project, format!("project made; {models}")))
    }

    fn around(&self) -> Vec<String> {
        init::found_models(self.context.flags.offline).iter().map(init::Found::told).collect()
    }

    fn demo(&self) -> Result<Project, String> {
        let folder = demo_project(&self.context).map_err(|e| told(&e))?;
        self.open(&folder).map_err(|e| told(&e))
    }

    fn strategies(&self, project: &Project) -> Result<Vec<Strategy>, String> {
        if project.demo {
            return Err("no other strategy here: the demo has one".to_owned());
        }
        let config = self.context.config(Some(&project.folder)).map_err(|e| told(&e))?;
        Ok(strategies::choices(&project.folder, &config))
    }

    fn start(
        &self,
        project: &Project,
        strategy: Option<&Strategy>,
        newsreader: Newsreader,
    ) -> Result<Option<Control>, CannotStart> {
        let recipe = strategy.and_then(|s| s.recipe.as_deref()).map(Path::to_string_lossy);
        let mut plan =
            Plan::of(&self.context, project.folder.clone(), project.demo, recipe.as_deref()).map_err(|e| told(&e))?;
        if let Some(strategy) = strategy.filter(|s| s.recipe.is_none() && !project.demo) {
            plan.config.run.strategy.clone_from(&strategy.name);
        }
        self.begin(project, &plan, newsreader)
    }

    fn resume(&self, project: &Project, run: i64, newsreader: Newsreader) -> Result<Option<Control>, CannotStart> {
        let mut plan = Plan::of(&self.context, project.folder.clone(), project.demo, None).map_err(|e| told(&e))?;
        plan.go_on(run).map_err(|e| told(&e))?;
        self.begin(project, &plan, newsreader)
    }

    fn start_from(
        &self,
        project: &Project,
        seed: &Datapoint,
        newsreader: Newsreader,
    ) -> Result<Option<Control>, CannotStart> {
        if project.demo {
            let why = "the demo makes no further problems: its replies are scripted";
            return Err(CannotStart::Told(why.to_owned()));
        }
        let mut plan = Plan::of(&self.context, project.folder.clone(), false, None).map_err(|e| told(&e))?;
        // The one strategy that shows a model these seeds and nothing else.
        few_shot::STRATEGY.clone_into(&mut plan.config.run.strategy);
        plan.config.run.candidates = FROM_ONE;
        plan.only = Some(seed.clone());
        self.begin(project, &plan, newsreader)
    }

    fn seeds(&self, project: &Project) -> Result<Seeds, String> {
        let config = self.context.config(Some(&project.folder)).map_err(|e| told(&e))?;
        own::listed(&project.folder, &config).map_err(|e| told(&e))
    }

    fn check_seeds(
        &self,
        project: &Project,
        seeds: &[Arc<Datapoint>],
        stop: &dyn Fn() -> bool,
        each: &mut dyn FnMut(SeedCheck),
    ) -> Result<(), String> {
        let config = self.context.config(Some(&project.folder)).map_err(|e| told(&e))?;
        let checker = Checker::new(&self.context, &config, None).map_err(|e| told(&e))?;
        let mut fresh = checks::Fresh::default();
        let mut keep = |check: SeedCheck| {
            if let Some(seed) = seeds.iter().find(|seed| seed.id == check.id) {
                fresh.add(seed, &check);
            }
            each(check);
        };
        let done = self.runtime.block_on(own::check(&checker, seeds, stop, &mut keep)).map_err(|e| told(&e));
        if !project.is_read_only() {
            fresh.keep(&project.folder);
        }
        done
    }

    fn write_seed(&self, project: &Project, old: Option<&Datapoint>, new: &Datapoint) -> Result<Written, String> {
        if project.demo {
            return Err("the demo's seeds stay as they are: its replies are scripted for them".to_owned());
        }
        if let Some(why) = project.reads_alone() {
            return Err(format!("the project is {why}"));
        }
        let config = self.context.config(Some(&project.folder)).map_err(|e| told(&e))?;
        own::write(&project.folder, &config, old, new)
    }

    fn run_code(&self, project: &Project, code: &str, dependencies: &[String]) -> Result<CodeRun, String> {
        let config = self.context.config(Some(&project.folder)).map_err(|e| told(&e))?;
        let checker = Checker::new(&self.context, &config, None).map_err(|e| told(&e))?;
        let run = async {
            checker.prepare().await?;
            checker.run(code, dependencies).await
        };
        self.runtime.block_on(run).map_err(|e| told(&e))
    }

    fn keep_text(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        drafts::keep(&self.context.paths, name, text).map_err(|e| output::line(&e.to_string()))
    }

    fn rules(&self, project: &Project) -> Result<Rules, String> {
        let config = self.context.config(Some(&project.folder)).map_err(|e| told(&e))?;
        verifier_options(&config, None, &[]).map(Rules::new).map_err(|e| told(&e))
    }

    fn plan_import(&self, file: &Path) -> Result<ImportPlan, String> {
        import::plan(file).map_err(|e| told(&e))
    }

    fn import(&self, project: &Project, plan: &ImportPlan) -> Result<String, String> {
        let config = self.context.config(Some(&project.folder)).map_err(|e| told(&e))?;
        import::import(&config, &project.store, &plan.file).map_err(|e| told(&e))
    }

    fn views(&self, project: &Project) -> Result<Vec<SavedView>, String> {
        let config = self.context.config(Some(&project.folder)).map_err(|e| told(&e))?;
        let here = views::of_project(&project.folder).map_err(|e| told(&e))?;
        let view = |(name, filter)| SavedView { is_here: here.contains_key(&name), name, filter };
        Ok(config.review.views.into_iter().map(view).collect())
    }

    fn keep_view(&self, project: &Project, name: &str, filter: Option<&str>) -> Result<(), String> {
        views::change(&project.folder, name, filter).map_err(|e| told(&e))
    }

    fn remember(&self, purpose: &str, line: &str) {
        lines::add(&self.context.paths, purpose, line);
    }
}
