//! What came of candidates: agrees, disagrees, undecided, failed.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;

use crate::failure::FailureKind;
use crate::store::record::{Agreement, Origin};
use crate::store::{CandidateCell, Totals};
use crate::tui::theme::Meaning;

/// Counts of candidates; each candidate is in exactly one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) agrees: u64,
    pub(super) disagrees: u64,
    pub(super) undecided: u64,
    /// The code gave no answer.
    pub(super) not_executable: u64,
    /// No question, no CoT answer, or the machine's fault.
    pub(super) failed: u64,
    /// Nobody was asked to solve it.
    pub(super) unsolved: u64,
}

/// One of a tally's counts, as a person reads it.
pub(super) struct Part {
    pub(super) glyph: &'static str,
    pub(super) word: &'static str,
    pub(super) meaning: Meaning,
    /// What fills its share of a bar: unlike the others also without colour.
    pub(super) fill: &'static str,
    pub(super) of: fn(&Tally) -> u64,
}

/// All, in the order in which they are drawn.
static PARTS: [Part; 6] = [
    Part { glyph: "=", word: "agrees", meaning: Meaning::Equivalent, fill: "█", of: |t| t.agrees },
    Part { glyph: "≠", word: "disagrees", meaning: Meaning::Different, fill: "▓", of: |t| t.disagrees },
    Part { glyph: "?", word: "undecided", meaning: Meaning::Undecided, fill: "▒", of: |t| t.undecided },
    Part { glyph: "×", word: "not exec.", meaning: Meaning::Warning, fill: "╱", of: |t| t.not_executable },
    Part { glyph: "!", word: "failed", meaning: Meaning::Error, fill: "░", of: |t| t.failed },
    Part { glyph: "·", word: "not solved", meaning: Meaning::Muted, fill: "·", of: |t| t.unsolved },
];

/// The parts that are shown of a tally: what nobody solved only where there is some of it.
pub(super) fn parts(of: &Tally) -> &'static [Part] {
    if of.unsolved > 0 { &PARTS } else { &PARTS[..PARTS.len() - 1] }
}

impl Tally {
    /// `n` candidates of which the same came.
    pub(super) fn of(agreement: Agreement, failed: Option<FailureKind>, n: u64) -> Self {
        let mut tally = Self::default();
        match (failed, agreement) {
            (None, Agreement::Agrees) => tally.agrees = n,
            (None, Agreement::Disagrees) => tally.disagrees = n,
            (None, Agreement::Undecided) => tally.undecided = n,
            (Some(kind), _) if kind.is_of_code() => tally.not_executable = n,
            (None, Agreement::None) => tally.unsolved = n,
            _ => tally.failed = n,
        }
        tally
    }

    /// All that gave no pair of answers.
    pub(super) fn without_answers(&self) -> u64 {
        self.failed.saturating_add(self.not_executable)
    }

    /// All together.
    pub(super) fn total(&self) -> u64 {
        PARTS.iter().map(|part| (part.of)(self)).fold(0, u64::saturating_add)
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.agrees = self.agrees.saturating_add(other.agrees);
        self.disagrees = self.disagrees.saturating_add(other.disagrees);
        self.undecided = self.undecided.saturating_add(other.undecided);
        self.not_executable = self.not_executable.saturating_add(other.not_executable);
        self.failed = self.failed.saturating_add(other.failed);
        self.unsolved = self.unsolved.saturating_add(other.unsolved);
    }
}

/// Tallies of what the loop has stored and `takes` takes, by anything that a cell says. Imports and seeds are none of the
/// loop's.
pub(super) fn by(
    totals: &Totals,
    takes: impl Fn(&CandidateCell) -> bool,
    key: impl Fn(&CandidateCell) -> &str,
) -> BTreeMap<String, Tally> {
    let asked: BTreeSet<(Option<i64>, &str, &str)> =
        totals.responses.iter().map(|cell| (cell.run_id, cell.domain.as_str(), cell.strategy.as_str())).collect();
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for cell in totals.candidates.iter().filter(|cell| cell.origin == Origin::Loop && takes(cell)) {
        let mut tally = Tally::of(cell.standing, cell.kind, cell.n);
        // Where solvers were asked and nothing could be compared, all responses failed, as the run itself has it.
        if asked.contains(&(cell.run_id, cell.domain.as_str(), cell.strategy.as_str())) {
            tally.failed = tally.failed.saturating_add(std::mem::take(&mut tally.unsolved));
        }
        *tallies.entry(key(cell).to_owned()).or_default() += tally;
    }
    tallies
}
