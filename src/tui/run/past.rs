//! A run that nobody saw here, as the store has it: what its board would have come to, and what of it came last.

use std::collections::BTreeMap;

use super::board::{Board, sentence};
use super::tally::{Tally, by};
use super::trouble::Troubles;
use super::usage::Usage;
use crate::engine::Ended;
use crate::failure::FailureKind;
use crate::store::Totals;
use crate::store::record::{Row, RunState, RunSummary};
use crate::verifier::Outcome;

/// What was read of a run's end.
#[derive(Debug, Clone, Default)]
pub struct Latest {
    /// Its newest candidates, the newest first.
    pub newest: Vec<Row>,
    /// The newest that failed, the newest first.
    pub failed: Vec<Row>,
    /// How many failed by their responses, by kind.
    pub unanswered: Vec<(FailureKind, u64)>,
}

/// A stored run.
#[derive(Debug, Clone)]
pub struct Past {
    /// Row.
    pub run: i64,
    /// What its events would have come to.
    pub(super) board: Board,
    pub(super) newest: Vec<Row>,
    /// When it was begun, to the minute.
    pub(super) began: String,
    /// Where it stands, in a sentence.
    pub(super) says: String,
    /// Whether all that the loop has stored is of this run.
    pub(super) is_all: bool,
}

impl Past {
    /// A run of these, oldest first, as the store counts it; `None` where it is not one of them.
    pub fn of(run: i64, runs: &[RunSummary], totals: &Totals, latest: Latest) -> Option<Self> {
        let summary = runs.iter().find(|summary| summary.id == run)?;
        let sum = |tallies: BTreeMap<String, Tally>| {
            tallies.into_values().fold(Tally::default(), |mut all, one| {
                all += one;
                all
            })
        };
        let domains = by(totals, |cell| cell.run_id == Some(run), |cell| &cell.domain);
        let tally = sum(domains.clone());
        let mut troubles = Troubles::default();
        for cell in totals.candidates.iter().filter(|cell| cell.run_id == Some(run)) {
            if let Some(kind) = cell.kind {
                troubles.count(kind, cell.n);
            }
        }
        for (kind, n) in latest.unanswered {
            troubles.count(kind, n);
        }
        // The newest are kept, and come last.
        for row in latest.failed.iter().rev() {
            if let Some(failure) = &row.failure {
                troubles.keep(failure.stage, failure.kind, row.id, &failure.message);
            }
        }
        let verdicts = totals.responses.iter().filter(|cell| cell.run_id == Some(run));
        let answers = verdicts.fold((0, 0), |(told, right), cell| match cell.verdict {
            Some(Outcome::Equivalent) => (told + cell.n, right + cell.n),
            Some(Outcome::Different | Outcome::Undecided) => (told + cell.n, right),
            Some(Outcome::Error) | None => (told, right),
        });
        let why = if summary.state == RunState::Done { Ended::Done } else { Ended::Stopped };
        let is_last = runs.last().is_some_and(|last| last.id == run);
        let mut board = Board::ended(why);
        (board.run, board.strategy) = (Some(run), sentence(&summary.strategy));
        (board.tally, board.domains, board.answers, board.troubles) = (tally, domains, answers, troubles);
        board.usage = Usage::stored(totals.spend.iter().filter(|spend| spend.run_id == run));
        board.target = summary.target;
        board.filled = summary.candidates.saturating_sub(tally.total());
        Some(Self {
            run,
            board,
            newest: latest.newest,
            began: summary.started_at.get(..16).unwrap_or(&summary.started_at).replace('T', " "),
            says: says(summary, is_last),
            is_all: sum(by(totals, |_| true, |cell| &cell.domain)) == tally,
        })
    }
}

/// Where a stored run stands, in a sentence.
pub(super) fn says(run: &RunSummary, is_last: bool) -> String {
    use super::figures::count;
    let name = if is_last { format!("The last run ({})", run.id) } else { format!("Run {}", run.id) };
    let (made, target) = (count(run.candidates), count(run.target));
    match run.state {
        RunState::Done => format!("{name} made {made} of {target} candidates and is done."),
        RunState::Stopped => format!("{name} stopped with {made} of {target} candidates made."),
        RunState::Running => {
            format!("{name} has made {made} of {target} candidates; it was cut off, or another loong is at work on it.")
        }
    }
}
