//! The state of the screen, all of it. [`super::update`] changes it, [`super::view`] draws it; nothing here is I/O.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::action::Action;
use super::audit::Audit;
use super::correct::Correction;
use super::effect::{Beginning, Steer};
use super::export::ExportScreen;
use super::held::Held;
use super::keymap::{Keymap, Typed};
use super::lines::Lines;
use super::narrow::{Facets, Views};
use super::prompt::Prompt;
use super::review::Review;
use super::rules::RulesScreen;
use super::run::{Board, Past, Seen, Watching};
use super::seeds::SeedsScreen;
use super::sheets::Log;
use super::theme::Theme;
use super::tips::Tips;
use super::welcome::Choice;
use super::workbench::{ImportPlan, Permission, Project, Strategy};
use crate::engine::Control;
use crate::failure::Stage;
use crate::review::rules::Rules;
use crate::store::bulk::{Bulk, Reached, Way};
use crate::store::filter::Filter;
use crate::store::record::{self, Judgement, RunSummary};
use crate::store::{Lineage, Totals};

/// A screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// Read and judge.
    Review,
    /// The loop.
    Run,
    /// The verifier's rules, on trial.
    Rules,
    /// The verifier against people.
    Audit,
    /// The seed dataset.
    Seeds,
    /// The curated dataset, on its way out.
    Export,
}

/// Borders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Borders {
    /// Box-drawing characters.
    #[default]
    Unicode,
    /// `+`, `-`, `|`.
    Ascii,
}

/// What does not change while the screen is open.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which key does what.
    pub keymap: Arc<Keymap>,
    /// The colours.
    pub theme: Arc<Theme>,
    /// Borders.
    pub borders: Borders,
    /// Who decides.
    pub reviewer: String,
    /// Causes that can be named, each with what it means.
    pub causes: Vec<(String, String)>,
    /// The folder that `loong` was called in, for a project to be made in.
    pub here: PathBuf,
    /// Begin a run as soon as a project is open.
    pub start_run: bool,
}

/// What lies over the screen.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// What can be done without a project, and beside one.
    Welcome {
        /// The selected entry.
        selected: usize,
    },
    /// Keys that work here.
    Help {
        /// What is searched for.
        query: String,
        /// Whether letters are typed into the query.
        typing: bool,
        /// First row shown.
        top: usize,
    },
    /// Every action by its sentence.
    Palette {
        /// What is searched for.
        query: String,
        /// The selected entry.
        selected: usize,
    },
    /// The log.
    Log(Log),
    /// The decisions on the item.
    History {
        /// First row shown.
        top: usize,
    },
    /// Strategies to choose from.
    Strategies {
        /// The strategies; none until they are read.
        choices: Option<Vec<Strategy>>,
        /// The selected one.
        selected: usize,
    },
    /// What the item was made of and what was made of it; none until it is read.
    Lineage {
        /// What was read.
        found: Option<Box<Lineage>>,
        /// The selected step.
        selected: usize,
    },
    /// What a correction would change.
    Correction(Box<Correction>),
    /// What an import would do, and the way to say yes.
    Import {
        /// What it would do.
        plan: ImportPlan,
        /// Something else was typed before it came: a key that has other meanings is no yes to it.
        only_y: bool,
    },
    /// A question to be answered with y or n.
    Confirm(Question),
    /// Saved views.
    Views(Views),
    /// Counts by facets.
    Facets(Facets),
}

/// A question to be answered with y or n.
#[derive(Debug, Clone)]
pub struct Question {
    /// The question.
    pub text: String,
    /// What yes does.
    pub yes: Yes,
    /// Nobody asked for it: a key that has other meanings is no yes to it.
    pub by_itself: bool,
    /// The count that is still to be told in it.
    pub counting: Option<u64>,
}

impl Question {
    /// A question that a key leads to.
    pub fn new(text: impl Into<String>, yes: Yes) -> Self {
        Self { text: text.into(), yes, by_itself: false, counting: None }
    }
}

/// What comes by itself and would lie over the screen, or take its place.
#[derive(Debug)]
pub enum Unasked {
    /// A question.
    Question(Question),
    /// What an import would do.
    Import(ImportPlan),
    /// A project that was opened, and a sentence about it.
    Project(Box<Project>, Option<String>),
}

/// What a yes does.
#[derive(Debug, Clone)]
pub enum Yes {
    /// Leave although work runs.
    Quit,
    /// Append the same decision on many candidates.
    Decide(Box<Bulk>),
    /// Stop the run.
    StopRun,
    /// Remember that it was agreed to, and begin the run.
    Agree(Permission),
    /// Begin a run that needs no model.
    Templates,
    /// Leave the project for the demo.
    Demo,
    /// Draw more pairs of the plan.
    EnlargePlan,
    /// Apply rules to what a filter takes.
    Apply(Box<(Rules, Filter)>),
    /// Remove a saved view.
    RemoveView(String),
    /// Write over the file that is there.
    Overwrite,
}

/// A judgement that overrides a verdict, and whose cause can be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The candidate.
    pub candidate: i64,
    /// The response's sample number.
    pub sample: u32,
    /// What was judged.
    pub judgement: Judgement,
    /// Whether it was judged blind.
    pub blind: bool,
    /// Whether it settled a dispute.
    pub adjudicates: bool,
    /// The revised reference answer that it is about.
    pub about: Option<String>,
}

/// One line that says what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// The line.
    pub text: String,
    /// Something went wrong.
    pub bad: bool,
}

/// The run, as the screen knows it.
#[derive(Default)]
pub struct RunState {
    /// What its events came to.
    pub board: Board,
    /// Its switch, while it is active.
    pub control: Option<Control>,
    /// It was asked for and has not begun.
    pub starting: bool,
    /// What it is told as soon as it has begun.
    pub wish: Option<Steer>,
    /// When the run before it began, to tell the two apart.
    pub before: Option<Duration>,
    /// What is stored.
    pub totals: Option<Totals>,
    /// Runs that are stored.
    pub runs: Vec<RunSummary>,
    /// Whether these were read, or could not be.
    pub is_counted: bool,
    /// First row shown of what does not fit.
    pub top: u16,
    /// Who is watched, where somebody is.
    pub watch: Option<Watching>,
    /// The stage whose width keys change; the solvers' where nobody has selected one.
    pub stage: Option<Stage>,
    /// The strategy that was chosen for the next run.
    pub strategy: Option<Strategy>,
    /// What the run asked for last begins with, where that is not what the project says.
    pub wanted: Option<Beginning>,
    /// The run that is selected among those that are stored.
    pub chosen: Option<i64>,
    /// The stored run that was read last, to be shown where nothing is under way.
    pub past: Option<Past>,
    /// Candidates at the last count of totals, to see whether they are stale.
    pub counted_at: u64,
}

/// The state.
pub struct App {
    /// What does not change.
    pub settings: Settings,
    /// The project; none behind the welcome.
    pub project: Option<Project>,
    /// Which screen.
    pub screen: Screen,
    /// What lies over it.
    pub overlay: Option<Overlay>,
    /// A line being typed.
    pub prompt: Option<Prompt>,
    /// The last judgement that overrode a verdict.
    pub overrode: Option<Override>,
    /// Lines that were typed before.
    pub lines: Lines,
    /// Tips for somebody who is new.
    pub tips: Tips,
    /// What was found around here that a run could use, each in a sentence; none until it was looked for.
    pub around: Option<Vec<String>>,
    /// The way in that somebody chose who has no project yet: it is taken once there is one.
    pub then: Option<Choice>,
    /// What happened last.
    pub toast: Option<Toast>,
    /// Keys typed so far.
    pub typed: Typed,
    /// Keys that wait until what they are about is read.
    pub held: Held,
    /// Keys that were ever typed.
    pub keys: u64,
    /// When the last of them was.
    pub touched: Option<Duration>,
    /// What came by itself, and waits until nothing is open that it would close.
    pub unasked: VecDeque<Unasked>,
    /// How many keys had been typed when the file was named that is to be imported.
    pub named_at: u64,
    /// A project is being made or opened.
    pub opening: bool,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Time since the program began.
    pub now: Duration,
    /// The review screen.
    pub review: Review,
    /// The run screen.
    pub run: RunState,
    /// The rules screen.
    pub rules: RulesScreen,
    /// The audit screen.
    pub audit: Audit,
    /// The seeds screen.
    pub seeds: SeedsScreen,
    /// The export screen.
    pub export: ExportScreen,
    /// The mouse is ours.
    pub mouse: bool,
    /// Long work that is not the run's: a sentence while it lasts.
    pub busy: Option<String>,
    /// Decisions on many candidates that are under way, and how far.
    pub deciding: Option<(Way, Reached)>,
    /// Counts and runs of corrected code asked for, so that late answers are known.
    pub asked: u64,
    /// It is over.
    pub quitting: bool,
}

impl App {
    /// The state before anything has happened.
    pub fn new(settings: Settings, size: (u16, u16)) -> Self {
        Self {
            settings,
            project: None,
            screen: Screen::Review,
            overlay: None,
            prompt: None,
            overrode: None,
            lines: Lines::default(),
            tips: Tips::default(),
            around: None,
            then: None,
            toast: None,
            typed: Typed::default(),
            held: Held::default(),
            keys: 0,
            touched: None,
            unasked: VecDeque::new(),
            named_at: 0,
            opening: false,
            size,
            now: Duration::ZERO,
            review: Review::default(),
            run: RunState::default(),
            rules: RulesScreen::default(),
            audit: Audit::default(),
            seeds: SeedsScreen::default(),
            export: ExportScreen::default(),
            mouse: true,
            busy: None,
            deciding: None,
            asked: 0,
            quitting: false,
        }
    }

    /// Whether a run is under way or about to be.
    pub fn is_running(&self) -> bool {
        self.run.starting || self.run.control.is_some()
    }

    /// What the run screen is drawn from; `hint` gives the keys of an action.
    pub fn run_seen<'a>(&'a self, hint: &'a dyn Fn(Action) -> String) -> Seen<'a> {
        Seen {
            board: &self.run.board,
            totals: self.run.totals.as_ref(),
            runs: &self.run.runs,
            now: self.now,
            project: self.project.as_ref().map_or("", |p| p.name.as_str()),
            theme: &self.settings.theme,
            hint,
            ascii: self.settings.borders == Borders::Ascii,
            watch: self.run.watch,
            stage: Some(self.run.stage.unwrap_or(Stage::Solve)),
            chosen: self.run.chosen,
            past: self.run.past.as_ref(),
            hides: Box::new(|id| self.review.hides(id)),
            scroll: self.run.top,
            is_over: self.is_demo_over(),
        }
    }

    /// Whether no further run can begin here: the demo's replies are scripted for one.
    pub fn is_demo_over(&self) -> bool {
        let is_demo = self.project.as_ref().is_some_and(|project| project.demo);
        is_demo && !self.is_running() && self.run.runs.last().is_some_and(|run| run.state == record::RunState::Done)
    }

    /// How the next run is begun.
    pub(super) fn way_to_run(&self) -> String {
        if self.is_demo_over() {
            return format!("the demo has had its one{}", self.way_out_of_demo());
        }
        let key = self.settings.keymap.hint(Action::RunStart).unwrap_or_default();
        format!("{key} begins one")
    }

    /// How one that is told what the demo has not comes to a project that has it; nothing in other projects.
    pub(super) fn way_out_of_demo(&self) -> String {
        let is_demo = self.project.as_ref().is_some_and(|project| project.demo);
        let key = self.settings.keymap.hint(Action::GoWelcome).filter(|_| is_demo);
        key.map_or_else(String::new, |key| format!("; {key} leads to a project of yours"))
    }

    /// Whether nothing may be written here.
    pub fn is_read_only(&self) -> bool {
        self.project.as_ref().is_none_or(Project::is_read_only)
    }

    /// Why nothing may be written here.
    pub(super) fn reads_alone(&self) -> String {
        let why = self.project.as_ref().and_then(Project::reads_alone).unwrap_or("not open");
        format!("the project is {why}")
    }

    /// How long the picture holds without anything happening; `None` for ever.
    pub fn holds(&self) -> Option<Duration> {
        let is_moving =
            self.is_running() || self.run.board.headline().is_some() || self.review.follow && self.review.behind;
        let moving = is_moving.then_some(Duration::from_millis(250));
        let unsaid = self.held.unsaid(self.now);
        // Keys that move in the list are taken in then, and nothing else would wake them.
        let stale = unsaid.and_then(|_| self.review.unseen_stale(self.now));
        let due = [unsaid, stale].into_iter().flatten().filter(|left| !left.is_zero());
        // What is written meanwhile is read, too.
        let log = matches!(self.overlay, Some(Overlay::Log(_))).then_some(Duration::from_secs(1));
        moving.into_iter().chain(due).chain(log).min()
    }

    /// A line that says what happened.
    pub fn tell(&mut self, text: impl Into<String>) {
        self.toast = Some(Toast { text: crate::review::cleaned::clean_line(&text.into()), bad: false });
    }

    /// A line that says what went wrong.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.toast = Some(Toast { text: crate::review::cleaned::clean_line(&text.into()), bad: true });
    }
}
