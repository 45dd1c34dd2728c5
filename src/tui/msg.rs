//! What the state hears: keys, answers to its effects, news of the run.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyEvent, MouseEvent};

use super::effect::{Measure, TextsOf, Toward};
use super::listed::Listed;
use super::run::{Board, Latest};
use super::seeds::SeedTexts;
use super::text::{Document, Laid};
use super::workbench::{CannotStart, ImportPlan, Project, SavedView, SeedCheck, Seeds, Strategy, Written};
use crate::dataset::Datapoint;
use crate::engine::Control;
use crate::logging::LogLine;
use crate::review::audit::PlanAudit;
use crate::review::correction::CodeRun;
use crate::review::kappa::People;
use crate::review::rules::{Flips, Progress, Rules};
use crate::store::bulk::{Came, Reached, Unfinished, Way};
use crate::store::record::{CandidateView, Decision, Row, RunSummary};
use crate::store::suspicion::Suspicion;
use crate::store::version::AppliedVersion;
use crate::store::{DecidedOn, Facet, IdSet, Lineage, Standings, StoreError, Totals};
use crate::verifier::Outcome;

/// Verifier versions of a store.
#[derive(Debug, Clone, Default)]
pub struct Versions {
    /// The one that is half applied: being applied now, or left so by a kill.
    pub half: Option<AppliedVersion>,
    /// The last one that was applied whole.
    pub last: Option<AppliedVersion>,
}

/// What came into the store since it was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arrived {
    /// The last candidate there is.
    pub candidate: i64,
    /// Candidates that were decided on, in their order, with who judged them.
    pub decided: Vec<DecidedOn>,
    /// There are more of these than are told.
    pub many: bool,
    /// The sampling plan is another one, or has more pairs.
    pub plan: bool,
    /// A verifier version was applied.
    pub version: bool,
}

/// A message. The comment says who sends it, and when.
#[derive(Debug)]
pub enum Msg {
    /// A key, by the terminal.
    Key(KeyEvent),
    /// The mouse, by the terminal.
    Mouse(MouseEvent),
    /// Text that was pasted, by the terminal.
    Paste(String),
    /// The terminal's size in columns and rows.
    Resize(u16, u16),
    /// Time has passed; sent only while something on the screen depends on it.
    Tick(Duration),
    /// The system wants the program to stop for a while.
    Suspend,
    /// A background thread panicked; its report is in this file.
    Panicked(PathBuf),
    /// Something that was to be carried out panicked, by the lane that it was on: it is not answered any more.
    Unanswered,
    /// The system wants the program to end.
    Terminate,
    /// The terminal is ours again after it was lent or the program was stopped.
    Returned,
    /// Answers `Effect::Demo` and `Effect::Init`: the project, and a sentence about it.
    Entered(Box<Project>, Option<String>),
    /// Answers `Effect::List`: the first that the filter takes.
    Listed {
        /// Which listing it is.
        listing: u64,
        /// A new list.
        found: Result<Found, StoreError>,
    },
    /// Answers `Effect::List`, again and again until all is read; also before the first is found.
    ListedMore {
        /// Which listing it is.
        listing: u64,
        /// What else it takes.
        more: More,
    },
    /// Answers `Effect::Grow`: what came since.
    Grown {
        /// Which listing it is.
        listing: u64,
        /// What came.
        more: More,
    },
    /// Answers `Effect::Rows`.
    Rows(Vec<Row>),
    /// Answers `Effect::Open`, first for the item itself, then for its neighbours.
    Opened(Box<Opened>),
    /// Answers `Effect::Open`: its texts, ready to be drawn.
    Typeset(Box<Typeset>),
    /// Answers `Effect::Open` where a candidate cannot be read, and why.
    Unreadable(i64, String),
    /// Answers `Effect::Lineage`.
    Lineage(Toward, Box<Result<Lineage, StoreError>>),
    /// Answers `Effect::Decide`: what is in the log now.
    Decided(Result<Box<Decision>, StoreError>),
    /// Answers `Effect::Revise`: what is in the log now.
    Revised(Result<Box<Decision>, String>),
    /// Answers `Effect::DecideAll`, `Effect::Undo` and `Effect::Redo` while there is more of it to be done.
    Deciding(Way, Reached),
    /// Answers `Effect::DecideAll`.
    DecidedAll(Box<Came>),
    /// Answers `Effect::Unfinished`, where there is something.
    Unfinished(Box<Unfinished>),
    /// Answers `Effect::RunCode`.
    CodeRan(u64, Box<Result<CodeRun, String>>),
    /// Answers `Effect::KeepText`: what is wrong with it, and the file.
    TextKept(String, Result<PathBuf, String>),
    /// An answer about the project whose store has this identity: once another one is open, no more than told.
    OfStore(String, Box<Msg>),
    /// Answers `Effect::Undo` and `Effect::Redo`: the decisions that were taken back or put back.
    Turned {
        /// Put back rather than taken back.
        redo: bool,
        /// What came of it; its first decision is one of those that it is about.
        came: Box<Came>,
        /// Whether judgements were among them.
        judged: bool,
    },
    /// Answers `Effect::CountOf`: how many a filter being typed would take.
    Counted(u64, u64),
    /// Answers `Effect::Values`: stored values of a field, for completion.
    Values {
        /// Which wish it answers.
        nth: u64,
        /// The values.
        values: Vec<String>,
    },
    /// Answers `Effect::Start`: the run's switch; none where there is nothing left to do.
    Started(Result<Option<Control>, CannotStart>),
    /// Answers `Effect::Strategies`.
    Strategies(Result<Vec<Strategy>, String>),
    /// The run has news; the board as it is now.
    Run(Box<Board>),
    /// Answers `Effect::Totals`: what is stored, and the runs.
    Totals(Box<Result<(Totals, Vec<RunSummary>), StoreError>>),
    /// Answers `Effect::Past`.
    Past(i64, Box<Latest>),
    /// Answers `Effect::Rules`: what the configuration says, and what was applied.
    Rules(Result<Rules, String>, Option<Box<Versions>>),
    /// Answers `Effect::Sweep`, again and again while it runs.
    Swept {
        /// Which sweep it is.
        nth: u64,
        /// What it came to so far, and how far that is.
        swept: Result<(Arc<Flips>, Progress), String>,
    },
    /// Answers `Effect::Apply` while it runs.
    Applying(Progress),
    /// Answers `Effect::Apply`: a sentence.
    Applied(Result<String, String>),
    /// Answers `Effect::Audit`.
    Audited(Box<Result<Audited, StoreError>>),
    /// Answers `Effect::PlanDraw` where that worked: what the plan found so far.
    Drawn(Box<Result<Audited, StoreError>>),
    /// Answers `Effect::Sealed`.
    Sealed(IdSet),
    /// Answers `Effect::PlanDraw` where it did not.
    NotDrawn(StoreError),
    /// Answers `Effect::PlanNext`: the pair, where there is one.
    ToJudge(Result<Option<ToJudge>, StoreError>),
    /// Answers `Effect::Seeds`.
    Seeds(Result<Seeds, String>),
    /// Answers `Effect::TypesetSeed`.
    SeedTypeset(Box<SeedTexts>),
    /// Answers `Effect::CheckSeeds`, once for every seed.
    SeedChecked(u64, Box<SeedCheck>),
    /// Answers `Effect::CheckSeeds` at its end.
    ChecksEnded(u64, Result<(), String>),
    /// Answers `Effect::EditSeed`: the sheet, where it was changed.
    SeedEdited(Arc<Datapoint>, Result<Option<String>, String>),
    /// Answers `Effect::WriteSeed`.
    SeedWritten {
        /// The content id of the seed that it takes the place of; none where a candidate was made a seed.
        old: Option<String>,
        /// What came of it.
        written: Result<Written, String>,
    },
    /// Answers `Effect::PlanImport`.
    Planned(Result<ImportPlan, String>),
    /// Answers `Effect::Import`.
    Imported(Result<String, String>),
    /// Answers `Effect::LookAround`: what was found, each in a sentence.
    Around(Vec<String>),
    /// Answers `Effect::CountExport`, while it counts and at its end: how many rows it would write, and what it leaves out.
    ExportCounted(u64, Result<Exportable, String>),
    /// Rows that an export has written so far.
    Exporting(u64),
    /// Answers `Effect::Export`: a sentence; none where it was ended.
    Exported(Result<Option<String>, String>),
    /// Answers `Effect::Copy`: a sentence.
    Copied(Result<String, String>),
    /// Answers `Effect::EditNote`: the note, where one was written.
    Noted(IdSet, Result<Option<String>, String>),
    /// Answers `Effect::EditCorrection`: the sheet, where it was changed.
    Corrected(Arc<CandidateView>, Result<Option<String>, String>),
    /// Answers `Effect::Page`.
    Paged(Result<(), String>),
    /// Something came into the store, from here or from elsewhere.
    Arrived(Arrived),
    /// Answers `Effect::Log`: its last lines, and how many were ever written.
    Log(Vec<LogLine>, u64),
    /// Answers `Effect::Views`.
    Views(Result<Vec<SavedView>, String>),
    /// Answers `Effect::KeepView`: the name, and whether it is there now.
    ViewKept(String, Result<bool, String>),
    /// Answers `Effect::CountViews`, view by view: which count, at which place, how many.
    ViewCounted(u64, usize, u64),
    /// Answers `Effect::Facets`, facet by facet, the last one with `true`.
    Faceted(u64, Facet, Result<Vec<(String, u64)>, StoreError>, bool),
    /// Answers `Effect::Standings`: which count, and what they stand for.
    Standing(u64, Result<Standings, StoreError>),
}

/// What is known of the verifier.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Audited {
    /// What the plan found; none where there is no plan.
    pub plan: Option<PlanAudit>,
    /// How far reviewers agree.
    pub people: People,
}

/// A pair of the plan, to be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToJudge {
    /// Its candidate.
    pub candidate: i64,
    /// The response's sample number.
    pub sample: u32,
    /// Whether the plan wants verdicts hidden.
    pub blind: bool,
}

/// What a filter takes, as far as it is read.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Candidates, in the filter's order.
    pub ids: Listed,
    /// Those of them that disagree as they stand.
    pub disagree: IdSet,
    /// Those of which the reviewer has judged a pair, be they listed or not.
    pub mine: IdSet,
    /// Those with a pair that an open plan wants the reviewer to judge blind, be they listed or not.
    pub sealed: IdSet,
    /// Rows of some of them, those that are seen first.
    pub rows: Vec<Row>,
    /// The newest candidate that there was.
    pub upto: i64,
    /// Hundredths of the candidates that are read.
    pub percent: u8,
}

/// More that a filter takes.
#[derive(Debug, Clone, Default)]
pub struct More {
    /// Candidates.
    pub ids: IdSet,
    /// Those listed, be they among these or not, that disagree as they stand.
    pub disagree: IdSet,
    /// The newest candidate that there was.
    pub upto: i64,
    /// Hundredths of the candidates that are read.
    pub percent: u8,
}

/// A candidate, opened.
#[derive(Debug, Clone)]
pub struct Opened {
    /// What is stored.
    pub view: Arc<CandidateView>,
    /// Its decisions, in the order of the log.
    pub decisions: Vec<Decision>,
    /// Why it should be looked at, the gravest reason first.
    pub suspicion: Vec<Suspicion>,
    /// What other verifiers say of its pairs: sample, name, outcome, detail.
    pub seconds: Vec<(u32, String, Outcome, String)>,
}

/// A candidate's texts, typeset.
#[derive(Debug, Clone)]
pub struct Typeset {
    /// The candidate.
    pub id: i64,
    /// Which of its responses.
    pub response: usize,
    /// What they were typeset for.
    pub measure: Measure,
    /// As they came.
    pub raw: bool,
    /// The texts.
    pub texts: TextsOf<Arc<Laid>>,
}

/// Candidates that an export leaves out for the same reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// The reason, as the manifest has it.
    pub reason: String,
    /// How many.
    pub candidates: u64,
    /// The first of them; those that have to be judged blind are not named.
    pub ids: Vec<i64>,
}

/// What an export would write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exportable {
    /// Rows.
    pub rows: u64,
    /// Those of them in the test part.
    pub test: u64,
    /// Candidates that were looked at.
    pub seen: u64,
    /// Whether those are all.
    pub is_whole: bool,
    /// What is left out, most first.
    pub left_out: Vec<LeftOut>,
    /// The first rows, as they would be written.
    pub first: Document,
    /// How many those are.
    pub shown: u64,
    /// Whether the file is there already.
    pub exists: bool,
    /// Where it would be, in full.
    pub path: PathBuf,
    /// Rows that the last export wrote, where this one goes on from it.
    pub before: Option<u64>,
    /// Candidates that the last export has and that would not be exported today, or not so.
    pub drifted: u64,
}
