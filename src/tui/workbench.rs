//! The port that the screen does its outside work through: projects and runs, wired from configuration by whoever opened
//! the screen.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use crate::dataset::{Datapoint, Finding};
use crate::engine::{Budget, Control, EngineEvent};
use crate::interpreter::Progress;
use crate::review::correction::CodeRun;
use crate::review::rules::Rules;
use crate::store::Store;
use crate::verifier::Outcome;

/// An open project.
#[derive(Clone)]
pub struct Project {
    /// What people call it: the folder's name.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// Its store; open for reading alone where another screen is at work.
    pub store: Store,
    /// Whether its model replies are scripted.
    pub demo: bool,
    /// Whether another screen is at work on it; where it is not and the store is open for reading alone, its files cannot be
    /// written.
    pub busy: bool,
    /// Holds what must stay open as long as the project is, such as its lock.
    pub held: Option<Arc<dyn Send + Sync>>,
}

impl Project {
    /// Why nothing can be decided or run here, where that is so.
    pub fn reads_alone(&self) -> Option<&'static str> {
        self.is_read_only().then_some(if self.busy {
            "open for reading alone: another loong is at work here"
        } else {
            "open for reading alone: its files cannot be written"
        })
    }

    /// Whether nothing can be decided or run here.
    pub fn is_read_only(&self) -> bool {
        self.store.is_read_only()
    }
}

impl std::fmt::Debug for Project {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Project")
            .field("folder", &self.folder)
            .field("read_only", &self.is_read_only())
            .finish_non_exhaustive()
    }
}

/// What a run that was just begun is made of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Setting {
    /// The strategy's name.
    pub strategy: String,
    /// The generator's name.
    pub generator: String,
    /// The solvers' names.
    pub solvers: Vec<String>,
    /// Items that generate, execute, solve and verify work on at a time.
    pub widths: [usize; 4],
    /// Where it stops.
    pub budget: Budget,
}

/// News of a run.
#[derive(Debug, Clone)]
pub enum News {
    /// It has begun, and this is what it is made of.
    Begun(Setting),
    /// An event of the engine.
    Event(EngineEvent),
    /// Long work of the interpreter.
    Progress(Progress),
    /// It could not go on; in a sentence. No further news comes.
    Failed(String),
    /// It is over. No further news comes.
    Over,
}

/// Who hears the news of a run; called from the run's threads, must return at once.
pub type Newsreader = Arc<dyn Fn(News) + Send + Sync>;

/// A way to generate that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strategy {
    /// The strategy's name, or the recipe's.
    pub name: String,
    /// What it does, in a sentence.
    pub about: String,
    /// The recipe's file; none for a strategy under the project's own settings.
    pub recipe: Option<PathBuf>,
    /// Whether the project's settings name it.
    pub configured: bool,
}

/// Why a run did not begin.
#[derive(Debug, Clone)]
pub enum CannotStart {
    /// In a sentence.
    Told(String),
    /// No model is configured for it; in a sentence.
    NoModel(String),
    /// Something must be agreed to first.
    Ask(Permission),
}

impl From<String> for CannotStart {
    fn from(told: String) -> Self {
        Self::Told(told)
    }
}

/// A question, and what remembers the yes to it: to what was shown, whatever became of the files since.
#[derive(Clone)]
pub struct Permission {
    /// The question.
    pub question: String,
    /// Remembers the yes.
    pub grant: Arc<dyn Fn() -> Result<(), String> + Send + Sync>,
}

impl std::fmt::Debug for Permission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Permission").field(&self.question).finish()
    }
}

/// What a file of rollouts would become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportPlan {
    /// The file.
    pub file: PathBuf,
    /// Our field and theirs, as guessed.
    pub mapping: Vec<(String, String)>,
    /// The field that is missing, where the file cannot be imported as it is.
    pub missing: Option<String>,
    /// Our field and its value in the first row.
    pub first: Vec<(String, String)>,
}

/// A filter that was given a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedView {
    /// Its name.
    pub name: String,
    /// The filter.
    pub filter: String,
    /// Whether it stands in the project's own configuration, and can be removed from the screen.
    pub is_here: bool,
}

/// A seed, as it is listed.
#[derive(Debug, Clone, PartialEq)]
pub struct SeedRow {
    /// The seed.
    pub seed: Arc<Datapoint>,
    /// The beginning of its question in one line, fit to be shown.
    pub title: String,
    /// What is probably wrong with it.
    pub findings: Vec<Finding>,
    /// Whether it stands in a file of the project; it is changed there, and any other is copied first.
    pub own: bool,
    /// How often and when last it was changed, in a sentence, where it was.
    pub past: Option<String>,
}

impl SeedRow {
    /// Whether it travels inside the binary: those have the names that their files had in the source.
    pub fn is_bundled(&self) -> bool {
        !self.own && self.seed.place.as_ref().is_some_and(|place| Path::new(&*place.file).is_relative())
    }
}

/// The seeds of a project.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seeds {
    /// By domain, within it as their files have them.
    pub rows: Vec<SeedRow>,
    /// Rows that could not be read, each in a sentence.
    pub bad: Vec<String>,
    /// What their last checks came to, of those that were checked as they are.
    pub checks: Vec<SeedCheck>,
    /// When they were read.
    pub read_at: Timestamp,
}

/// What came of running a seed's code and comparing its output with the stated answer.
#[derive(Debug, Clone, PartialEq)]
pub struct SeedCheck {
    /// The seed.
    pub id: String,
    /// When it was run.
    pub at: Timestamp,
    /// The verifier's word; none where the code gave no answer.
    pub verdict: Option<Outcome>,
    /// What happened: `ran`, or the kind of failure.
    pub status: String,
    /// Why, in a sentence.
    pub reason: String,
    /// What it printed; of a check of an earlier sitting, the answer in it alone.
    pub stdout: String,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Peak memory in bytes.
    pub memory: u64,
    /// What stood between it and this machine.
    pub isolation: String,
}

/// A seed that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its content id.
    pub id: String,
    /// Where, in a sentence.
    pub told: String,
}

/// What the screen asks of the outside. All calls may take their time and are made off the screen's thread; errors are
/// sentences.
pub trait Workbench: Send + Sync {
    /// Makes a project in `folder` and opens it; says what was found (models, keys).
    fn init(&self, folder: &Path) -> Result<(Project, String), String>;

    /// What is found on this machine that a run could use: keys in the environment and model servers, each in a sentence.
    fn around(&self) -> Vec<String>;

    /// Opens the demo project, made when it is not there.
    fn demo(&self) -> Result<Project, String>;

    /// The strategies that a run of the project can have.
    fn strategies(&self, project: &Project) -> Result<Vec<Strategy>, String>;

    /// Begins a run of the project, or goes on with an unfinished one; as its settings say, or by `strategy`. Returns as
    /// soon as it is under way; the news go to `newsreader`. `None` where there is nothing left to do.
    fn start(
        &self,
        project: &Project,
        strategy: Option<&Strategy>,
        newsreader: Newsreader,
    ) -> Result<Option<Control>, CannotStart>;

    /// Goes on with the run of this number, under the recipe that it was begun under; else as [`Workbench::start`].
    fn resume(&self, project: &Project, run: i64, newsreader: Newsreader) -> Result<Option<Control>, CannotStart>;

    /// Begins a run of a few candidates that are made after this one seed; else as [`Workbench::start`].
    fn start_from(
        &self,
        project: &Project,
        seed: &Datapoint,
        newsreader: Newsreader,
    ) -> Result<Option<Control>, CannotStart>;

    /// The seeds of a project, with what is kept of their checks.
    fn seeds(&self, project: &Project) -> Result<Seeds, String>;

    /// Checks seeds, in isolation; `each` hears what came of one, and what came of all is kept. Ends early where `stop` says
    /// so.
    fn check_seeds(
        &self,
        project: &Project,
        seeds: &[Arc<Datapoint>],
        stop: &dyn Fn() -> bool,
        each: &mut dyn FnMut(SeedCheck),
    ) -> Result<(), String>;

    /// Writes a seed: over the `old` one where that stands in a file of the project, else as a new one of the project's own.
    fn write_seed(&self, project: &Project, old: Option<&Datapoint>, new: &Datapoint) -> Result<Written, String>;

    /// Runs code in isolation, twice where it prints anything, under the project's limits.
    fn run_code(&self, project: &Project, code: &str, dependencies: &[String]) -> Result<CodeRun, String>;

    /// Keeps what somebody wrote in a file of the user's own; says where.
    fn keep_text(&self, name: &str, text: &str) -> Result<PathBuf, String>;

    /// What the project's configuration lets the verifier decide by.
    fn rules(&self, project: &Project) -> Result<Rules, String>;

    /// Says what a file of rollouts would become.
    fn plan_import(&self, file: &Path) -> Result<ImportPlan, String>;

    /// Imports a file of rollouts into the project; says what came of it.
    fn import(&self, project: &Project, plan: &ImportPlan) -> Result<String, String>;

    /// The saved views, by name.
    fn views(&self, project: &Project) -> Result<Vec<SavedView>, String>;

    /// Keeps a filter as a view of the project, or with none removes the view of that name.
    fn keep_view(&self, project: &Project, name: &str, filter: Option<&str>) -> Result<(), String>;

    /// Remembers a line that was typed, for later sittings. Nothing depends on it.
    fn remember(&self, purpose: &str, line: &str);
}
