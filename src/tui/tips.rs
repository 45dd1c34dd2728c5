//! Tips for somebody who is new: a line at the foot while there is nothing else to tell. A tip goes for good when its key
//! was used, or when it was read long enough; nothing waits for it.

use std::collections::BTreeSet;

use super::action::Action;
use super::app::{App, Screen};

/// What remembered lines call a tip that has gone.
pub const LABEL: &str = "tip";
/// Keys that are pressed below a tip until it counts as read.
const READ: u8 = 40;
/// Decisions from which on it is of interest how often the verifier errs.
const DECISIONS: usize = 5;
/// Candidates from which on a filter is of use.
const MANY: usize = 20;

/// A tip: the action that it is about, and what it says behind the action's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tip {
    /// The action.
    pub action: Action,
    /// What it says.
    pub says: &'static str,
}

/// Whether a tip means something now.
type When = fn(&App) -> bool;

/// All of them, the most wanted first.
const ALL: [(Tip, When); 5] = [
    (Tip { action: Action::NextDisagreement, says: "goes to the next disagreement" }, |app| {
        !app.review.disagreements.is_empty() && !app.review.blind
    }),
    (Tip { action: Action::Undo, says: "takes a decision back, today's or last year's" }, |app| {
        !app.review.mine.is_empty()
    }),
    (Tip { action: Action::GoAudit, says: "shows how often the verifier errs, by your judgements" }, |app| {
        app.review.mine.len() >= DECISIONS
    }),
    (Tip { action: Action::Filter, says: "filters: verdict:different domain:logic" }, |app| {
        app.review.ids.len() >= MANY
    }),
    (Tip { action: Action::Palette, says: "finds everything that can be done by its sentence" }, |_| true),
];

/// Which tips have gone, and how long the present one has been seen.
#[derive(Debug, Clone, Default)]
pub struct Tips {
    on: bool,
    gone: BTreeSet<String>,
    seen: u8,
}

impl Tips {
    /// Tips for somebody to whom these were shown before.
    pub fn new(gone: impl IntoIterator<Item = String>) -> Self {
        Self { on: true, gone: gone.into_iter().collect(), seen: 0 }
    }

    /// What an action makes of them: the tip that has gone by it.
    pub(super) fn used(&mut self, action: Action, shown: Option<Tip>) -> Option<&'static str> {
        if !self.on {
            return None;
        }
        self.seen = if shown.is_some() { self.seen.saturating_add(1) } else { 0 };
        let read = shown.filter(|_| self.seen >= READ).map(|tip| tip.action);
        let gone = ALL.iter().map(|(tip, _)| tip.action).find(|about| *about == action).or(read)?;
        self.seen = 0;
        self.gone.insert(gone.as_str().to_owned()).then_some(gone.as_str())
    }
}

/// The tip that is to be shown.
pub fn due(app: &App) -> Option<Tip> {
    let quiet = app.toast.is_none() && app.overlay.is_none() && app.prompt.is_none() && app.typed.pending().is_empty();
    if !app.tips.on || !quiet || app.screen != Screen::Review || app.review.ids.is_empty() || app.is_finding() {
        return None;
    }
    let open = |(tip, when): &&(Tip, When)| !app.tips.gone.contains(tip.action.as_str()) && when(app);
    ALL.iter().find(open).map(|(tip, _)| *tip)
}
