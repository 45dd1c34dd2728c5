//! What came into the store while it is open: what is on the screen is read again, and nothing moves.

use crate::tui::app::{App, Overlay, Screen};
use crate::tui::effect::Effect;
use crate::tui::msg::Arrived;

impl App {
    /// Something came, from here or from elsewhere. What was decided here is read twice, and that is all there is to it: who
    /// wrote it cannot be known without a chance of missing what another did.
    pub(super) fn arrived(&mut self, arrived: &Arrived) -> Vec<Effect> {
        let mut effects = self.grow_to(arrived.candidate);
        if arrived.version && self.rules.applying.is_none() {
            // Every verdict may be another one.
            effects.push(Effect::Rules);
            effects.extend(self.read_anew());
        } else if arrived.many {
            effects.extend(self.read_anew());
        } else if !arrived.decided.is_empty() {
            effects.extend(self.decided_elsewhere(arrived));
        }
        let of_the_plan = arrived.plan || arrived.many || arrived.decided.iter().any(|(_, judge)| judge.is_some());
        if of_the_plan {
            effects.push(Effect::Sealed(self.settings.reviewer.clone()));
            if self.screen == Screen::Audit && !self.audit.loading {
                effects.push(Effect::Audit);
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
        let open: Vec<i64> = self.review.opened().into_iter().filter(|id| ids.contains(id)).collect();
        let mut effects = Vec::new();
        if !ids.is_empty() {
            effects.push(Effect::Rows(ids));
        }
        effects.extend(self.reopened(open));
        effects
    }

    /// Lists anew, and reads again what is open.
    fn read_anew(&mut self) -> Vec<Effect> {
        let mut effects = self.relist();
        let open = self.review.opened();
        effects.extend(self.reopened(open));
        effects.push(Effect::Totals);
        effects
    }

    fn reopened(&self, open: Vec<i64>) -> Option<Effect> {
        // What is being decided on, or written, is not changed under anybody's hands.
        let correcting = matches!(self.overlay, Some(Overlay::Correction(_)));
        (!open.is_empty() && !correcting).then(|| {
            let unrevised = self.as_they_came(&open);
            Effect::Reread { ids: open, unrevised }
        })
    }
}
