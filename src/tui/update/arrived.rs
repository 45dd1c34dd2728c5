//! What came into the store while it is open: what is on the screen is read again, and nothing moves.

use crate::tui::app::{App, Overlay, Screen};
use crate::tui::effect::Effect;
use crate::tui::msg::Arrived;

impl App {
    /// Something came, from here or from elsewhere. What was decided here is read twice, and that is all there is to it: who
    /// wrote it cannot be known without a chance of missing what another did. The list is not made anew, though some of it
    /// may not fit its filter any more: what is read would go, and its place be taken by another.
    pub(super) fn arrived(&mut self, arrived: &Arrived) -> Vec<Effect> {
        self.review.heard = self.review.heard.max(arrived.candidate);
        // Decisions on many, and a version that is applied here, end with a reading of their own.
        if self.deciding.is_some() || self.rules.applying.is_some() {
            return Vec::new();
        }
        let mut effects = Vec::new();
        if arrived.version {
            // Every verdict may be another one.
            effects.push(Effect::Rules);
        }
        if arrived.version || arrived.many {
            effects.extend(self.refresh_near());
            effects.push(Effect::Totals);
        } else if !arrived.decided.is_empty() {
            effects.extend(self.decided_elsewhere(arrived));
        }
        let of_the_plan = arrived.plan || arrived.many || arrived.decided.iter().any(|(_, judge)| judge.is_some());
        if of_the_plan {
            effects.push(Effect::Sealed(self.settings.reviewer.clone()));
            if self.screen == Screen::Audit && !self.audit.loading {
                effects.extend(self.read_audit());
            }
        }
        effects
    }

    fn decided_elsewhere(&mut self, arrived: &Arrived) -> Vec<Effect> {
        let mut ids: Vec<i64> =
            arrived.decided.iter().map(|(id, _)| *id).filter(|id| self.review.contains(*id)).collect();
        ids.sort_unstable();
        ids.dedup();
        for (id, judge) in &arrived.decided {
            if judge.as_deref() == Some(self.settings.reviewer.as_str()) {
                self.review.mine.insert(*id);
            }
        }
        // What is read again for a decision made here is waited for: an answer to this would be taken for that one. And what
        // somebody is writing about is not changed under their hands.
        let correcting = matches!(self.overlay, Some(Overlay::Correction(_)));
        let is_due = |id: &i64| ids.binary_search(id).is_ok() && !self.review.rereading.contains(*id) && !correcting;
        let open: Vec<i64> = self.review.opened().into_iter().filter(is_due).collect();
        let mut effects = Vec::new();
        if !ids.is_empty() {
            effects.push(Effect::Rows(ids));
        }
        if !open.is_empty() {
            let unrevised = self.as_they_came(&open);
            effects.push(Effect::Reread { ids: open, unrevised });
        }
        effects
    }
}
