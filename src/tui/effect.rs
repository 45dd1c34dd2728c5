//! What the state wants done outside of it. [`super::perform`] does it and answers with messages.

use std::path::PathBuf;
use std::sync::Arc;

use super::workbench::{ImportPlan, Permission, Project, SeedCheck, Strategy};
use crate::dataset::{Datapoint, Finding};
use crate::engine::{Control, Watch};
use crate::export::{ExportOptions, FormatName, RewardFor};
use crate::failure::Stage;
use crate::review::correction::CodeRun;
use crate::review::rules::Rules;
use crate::store::IdSet;
use crate::store::bulk::Bulk;
use crate::store::filter::Filter;
use crate::store::record::{CandidateView, NewDecision};

/// Something to be done.
#[derive(Debug, Clone)]
pub enum Effect {
    /// List what the filter takes. The newest listing wins; older ones are interrupted.
    List {
        /// Comes back with the answer.
        listing: u64,
        /// Which candidates.
        filter: Filter,
        /// Who lists.
        me: String,
        /// Around which candidate to begin.
        near: Option<i64>,
    },
    /// List what came after the last one.
    Grow {
        /// Comes back with the answer.
        listing: u64,
        /// Which candidates.
        filter: Filter,
        /// Beyond this one.
        after: i64,
    },
    /// Read narrow rows.
    Rows(Vec<i64>),
    /// Read candidates and typeset their texts, in this order. The newest wish wins.
    Open {
        /// The candidates; the first is being waited for.
        ids: Vec<i64>,
        /// Widths.
        measure: Measure,
        /// As they came.
        raw: bool,
        /// Those of them that are read as they came although they were revised.
        unrevised: Vec<i64>,
    },
    /// Read candidates that are open again, without their texts.
    Reread {
        /// The candidates.
        ids: Vec<i64>,
        /// Those of them that are read as they came although they were revised.
        unrevised: Vec<i64>,
    },
    /// Typeset the texts of a candidate that is open.
    Typeset {
        /// The candidate.
        view: Arc<CandidateView>,
        /// Which of its responses.
        response: usize,
        /// Widths.
        measure: Measure,
        /// As they came.
        raw: bool,
    },
    /// Read what a candidate was made of and what was made of it.
    Lineage(i64, Toward),
    /// Append a decision.
    Decide(Box<NewDecision>),
    /// Append the same decision on many candidates, stretch by stretch.
    DecideAll(Box<Bulk>),
    /// End decisions on many candidates, or taking them back, where that is.
    EndBulk,
    /// Look for decisions on many candidates that were cut off, of which nobody was told.
    Unfinished,
    /// Append a correction, with the verdicts that follow from it.
    Revise {
        /// Its texts, and why.
        new: Box<NewDecision>,
        /// The run of its code, where there was one.
        run: Option<Box<CodeRun>>,
    },
    /// Run corrected code, isolated.
    RunCode {
        /// Comes back with the answer.
        nth: u64,
        /// The code.
        code: String,
        /// Packages that it needs.
        dependencies: Vec<String>,
    },
    /// Keep what somebody wrote about a candidate, and could not be read, in a file.
    KeepText {
        /// The candidate.
        id: i64,
        /// What was written.
        text: String,
        /// What is wrong with it; comes back with the answer.
        why: String,
    },
    /// Take the reviewer's last decision back.
    Undo(String),
    /// Put it back.
    Redo(String),
    /// Count what a filter that is being typed would take. The newest wins.
    CountOf {
        /// Comes back with the answer.
        nth: u64,
        /// The filter.
        filter: Filter,
    },
    /// Stored values of a field that begin with a prefix. The newest wins.
    Values {
        /// Comes back with the answer.
        nth: u64,
        /// The field.
        field: String,
        /// The prefix.
        prefix: String,
    },
    /// Begin a run, or go on with one.
    Start(Beginning),
    /// Remember a yes, and begin.
    Agree(Permission, Beginning),
    /// Read the seeds.
    Seeds,
    /// Typeset a seed's texts. The newest wish wins.
    TypesetSeed {
        /// The seed.
        seed: Arc<Datapoint>,
        /// What is probably wrong with it.
        findings: Vec<Finding>,
        /// Its last check.
        check: Option<Arc<SeedCheck>>,
        /// How often and when last it was changed.
        past: Option<String>,
        /// Columns for question and check, and for the code.
        widths: (u16, u16),
    },
    /// Check seeds. The newest wish wins; older ones end.
    CheckSeeds {
        /// Comes back with the answers.
        nth: u64,
        /// The seeds.
        seeds: Vec<Arc<Datapoint>>,
    },
    /// End a check where it is.
    EndCheck,
    /// Let a seed be edited, as this sheet.
    EditSeed(Arc<Datapoint>, String),
    /// Write a seed: in place of the old one, or as a new one of the project's own.
    WriteSeed {
        /// What it was.
        old: Option<Arc<Datapoint>>,
        /// What it is.
        new: Box<Datapoint>,
    },
    /// Say which strategies there are.
    Strategies,
    /// Steer the run.
    Steer(Control, Steer),
    /// Count what is stored, for the run screen.
    Totals,
    /// Read what of a stored run came last. The newest wish wins.
    Past(i64),
    /// Read what the verifier decides by.
    Rules,
    /// Try rules over every stored pair. The newest trial wins; older ones end.
    Sweep {
        /// Comes back with the figures.
        nth: u64,
        /// The rules.
        rules: Box<Rules>,
    },
    /// Make rules a version of the verifier.
    Apply {
        /// The rules.
        rules: Box<Rules>,
        /// Which candidates.
        filter: Filter,
        /// Who applies them.
        reviewer: String,
        /// Why.
        note: Option<String>,
    },
    /// Read what the sampling plan found.
    Audit,
    /// Read which candidates an open plan wants this reviewer to judge blind.
    Sealed(String),
    /// Find the plan's next pair for a reviewer; with `second`, one that others judged.
    PlanNext {
        /// Who judges.
        reviewer: String,
        /// A pair that others judged.
        second: bool,
        /// None of these candidates'.
        but: IdSet,
    },
    /// Draw a plan where there is none, or enlarge the one that is there.
    PlanDraw {
        /// Whether one that is drawn anew hides verdicts until they are judged.
        blind: bool,
        /// Whether the one that is there is to be enlarged: nothing else is done to it, for that cannot be undone.
        enlarge: bool,
    },
    /// End a sweep, or an applying, where it is.
    EndTrial,
    /// Look for keys and model servers of this machine.
    LookAround,
    /// Open the demo project.
    Demo,
    /// Make a project in a folder.
    Init(PathBuf),
    /// Use this project from now on.
    Use(Box<Project>),
    /// Say what a file of rollouts would become.
    PlanImport(PathBuf),
    /// Import it.
    Import(ImportPlan),
    /// Count what an export would write. The newest wish wins.
    CountExport {
        /// Comes back with the answers.
        nth: u64,
        /// What is chosen.
        wish: ExportWish,
        /// Who looks: what a plan wants this reviewer to judge blind is counted, and not shown.
        me: String,
    },
    /// Write it.
    Export {
        /// What is chosen.
        wish: ExportWish,
        /// Write over files that are there.
        overwrite: bool,
    },
    /// End counting or writing where it is; nothing is left of it.
    EndExport,
    /// Copy text to the clipboard; the second is what it is called.
    Copy(String, &'static str),
    /// Let a note about these candidates be written in the editor, with this text below it.
    EditNote(IdSet, String),
    /// Let a candidate be corrected in the editor, as this sheet.
    EditCorrection(Arc<CandidateView>, String),
    /// Show text in the pager.
    Page(String),
    /// Read the log, where more was ever written than what is known.
    Log(Option<u64>),
    /// Read the saved views.
    Views,
    /// Keep a filter as a view, or with none remove the view of that name.
    KeepView(String, Option<String>),
    /// Count what views take, each at its place. The newest wins.
    CountViews(u64, Vec<(usize, Filter)>),
    /// Count what the filter takes by facets. The newest wins.
    Facets(u64, Filter),
    /// Count what candidates stand for. The newest wins.
    Standings(u64, IdSet),
    /// End such a count.
    EndFacets,
    /// Remember a line that was typed, by what it was for.
    Remember(&'static str, String),
    /// Mouse capture on or off.
    Mouse(bool),
    /// Suspend to the shell.
    Suspend,
    /// Take the terminal again after somebody else had it.
    Renew,
    /// Draw everything anew.
    Repaint,
    /// Leave.
    Quit,
}

impl Effect {
    /// Whether it is about the project that is open, so that its answers are of no account in another one.
    pub fn is_of_the_project(&self) -> bool {
        !matches!(self, Self::Demo | Self::Init(_) | Self::LookAround | Self::Log(_) | Self::Remember(..))
    }

    /// Whether somebody else has the terminal, and its keys, while it is carried out.
    pub fn lends_terminal(&self) -> bool {
        matches!(
            self,
            Self::EditNote(..) | Self::EditSeed(..) | Self::EditCorrection(..) | Self::Page(_) | Self::Suspend
        )
    }

    /// Whether only the main loop can carry it out, which has the terminal.
    pub fn needs_terminal(&self) -> bool {
        matches!(
            self,
            Self::Copy(..)
                | Self::EditNote(..)
                | Self::EditSeed(..)
                | Self::EditCorrection(..)
                | Self::Page(_)
                | Self::Mouse(_)
                | Self::Suspend
                | Self::Renew
                | Self::Repaint
                | Self::Quit
        )
    }
}

/// What a run begins with.
#[derive(Debug, Clone)]
pub enum Beginning {
    /// What the project says, or this choice; an unfinished run like it is gone on with.
    Project(Option<Strategy>),
    /// A few candidates that are made after this seed.
    After(Arc<Datapoint>),
    /// The run of this number, under the recipe that it was begun under.
    Resumed(i64),
}

/// What a lineage is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toward {
    /// To be shown.
    Panel,
    /// To go to the parent.
    Parent,
    /// To go to the first child.
    Child,
}

/// What a run is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Steer {
    /// Begin nothing new.
    Pause,
    /// Go on.
    Resume,
    /// Finish what is in flight and end.
    Drain,
    /// End now.
    Stop,
    /// Work on so many items of a stage at a time.
    Width(Stage, usize),
    /// Make new candidates by this strategy.
    Strategy(String),
    /// Tell the texts of this slot as they come.
    Watch(Watch),
}

/// Columns that each text has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Measure {
    /// Of the question, code and output.
    pub left: u16,
    /// Of the chain of thought.
    pub right: u16,
}

/// The four texts of a candidate that are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextsOf<T> {
    /// The question.
    pub question: T,
    /// The code.
    pub code: T,
    /// What the code printed, or why there is nothing.
    pub output: T,
    /// The chain of thought.
    pub cot: T,
}

/// What is to be exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportWish {
    /// The format.
    pub format: FormatName,
    /// Which responses, and what becomes of reasoning.
    pub options: ExportOptions,
    /// The filter, as typed.
    pub filter: String,
    /// The file, as typed; from the project's folder.
    pub path: String,
    /// Files whose questions are left out, as typed: with commas between them.
    pub against: String,
    /// Only what is new since the last export to the file.
    pub since_last: bool,
    /// The reward function that is written beside the rows.
    pub reward: Option<RewardFor>,
}
