//! Deciding on many candidates: asked first, told while it goes on, ended where somebody wishes.

use super::decide::{capital, done_with};
use crate::store::bulk::{Bulk, Came, Reached, Unfinished, Way};
use crate::store::record::NewDecision;
use crate::store::{IdSet, Standings, StoreError};
use crate::tui::action::Action;
use crate::tui::app::{App, Overlay, Question, Yes};
use crate::tui::effect::Effect;
use crate::tui::plain::what;

/// Candidates that an action changes without asking.
const UNASKED: usize = 1;

impl App {
    /// Makes a decision on these candidates; on several only after a yes.
    pub(super) fn decide(&mut self, decision: NewDecision, candidates: IdSet, verb: &str) -> Vec<Effect> {
        match candidates.first() {
            None => Vec::new(),
            Some(candidate) if candidates.len() <= UNASKED => {
                let blind = self.is_blind_to(candidate, decision.judgement.is_some());
                vec![Effect::Decide(Box::new(NewDecision { candidate, blind, ..decision }))]
            }
            Some(_) => {
                let undo = self.settings.keymap.hint(Action::Undo).unwrap_or_default();
                let text = format!("{} {} candidates?\n{undo} undoes all of it.", capital(verb), candidates.len());
                let mut blind = self.hidden_of(&candidates);
                // How many of those that are judged blind disagree is as little told as which.
                let tells = !self.review.blind && blind.is_empty();
                for (id, _) in &self.review.told {
                    blind.remove(*id);
                }
                self.asked += 1;
                let counts = tells.then(|| Effect::Standings(self.asked, candidates.clone()));
                let bulk = Bulk { decision, candidates, blind };
                let mut question = Question::new(text, Yes::Decide(Box::new(bulk)));
                question.counting = tells.then_some(self.asked);
                self.overlay = Some(Overlay::Confirm(question));
                counts.into_iter().collect()
            }
        }
    }

    /// What the candidates that were asked about stand for is counted.
    pub(super) fn stand(&mut self, nth: u64, counted: &Result<Standings, StoreError>) -> Vec<Effect> {
        if let Some(Overlay::Confirm(question)) = &mut self.overlay
            && question.counting == Some(nth)
        {
            question.counting = None;
            match (counted, question.text.split_once('\n')) {
                (Ok(standings), Some((asked, undo))) => {
                    question.text = format!("{asked}\n{}\n{undo}", stand_for(standings));
                }
                (Err(error), _) => self.warn(error.to_string()),
                (Ok(_), None) => {}
            }
        }
        Vec::new()
    }

    /// Those of some candidates whose verdicts are hidden now.
    fn hidden_of(&self, candidates: &IdSet) -> IdSet {
        let mut hidden = candidates.clone();
        if !self.review.blind {
            hidden &= &self.review.sealed;
        }
        // Of others than these it is not known whether they were judged.
        for id in [self.review.shown, self.review.selected].into_iter().flatten() {
            if !self.is_hidden(id) {
                hidden.remove(id);
            }
        }
        hidden
    }

    /// Yes was said to decisions on many.
    pub(super) fn decide_all(&mut self, bulk: Box<Bulk>) -> Vec<Effect> {
        self.deciding = Some((Way::Decide, Reached { done: 0, of: bulk.candidates.len() as u64 }));
        vec![Effect::DecideAll(bulk)]
    }

    /// Whether decisions on many candidates are under way, which is told: until they end, nothing else is decided.
    pub(super) fn is_deciding(&mut self) -> bool {
        let Some(says) = self.says_deciding() else { return false };
        self.warn(says);
        true
    }

    /// How far decisions on many candidates are, where some are under way.
    pub fn says_deciding(&self) -> Option<String> {
        let (way, reached) = self.deciding?;
        let doing = match way {
            Way::Decide => "deciding",
            Way::Undo => "undoing",
            Way::Redo => "putting back",
        };
        let key = self.settings.keymap.hint(Action::Back).unwrap_or_default();
        Some(format!("{doing} {} of {} · {key} ends it", reached.done, reached.of))
    }

    /// Ends them where they are, if some are under way.
    pub(super) fn end_deciding(&mut self) -> Option<Vec<Effect>> {
        self.deciding?;
        Some(vec![Effect::EndBulk])
    }

    pub(super) fn decided_all(&mut self, came: &Came) -> Vec<Effect> {
        self.deciding = None;
        let Some(first) = &came.first else {
            self.warn(nothing_decided(came.failed.as_ref()));
            return Vec::new();
        };
        let undo = self.settings.keymap.hint(Action::Undo).unwrap_or_default();
        let Reached { done, of } = came.reached;
        if came.reached.is_whole() {
            self.review.marks.clear();
            self.tell(format!("{done} candidates: {} · {undo} undoes all of it", what(first)));
        } else {
            let why = why(came.failed.as_ref());
            self.warn(format!("{done} of {of} candidates: {}; {why} · {undo} undoes these {done}", what(first)));
        }
        self.refresh_near()
    }

    pub(super) fn turned(&mut self, redo: bool, came: &Came, judged: bool) -> Vec<Effect> {
        self.deciding = None;
        self.review.turning = false;
        let (verb, nothing) = if redo { ("put back", "nothing to redo") } else { ("undone", "nothing to undo") };
        let Reached { done, of } = came.reached;
        let mut effects = Vec::new();
        match (&came.first, &came.failed) {
            (None, Some(error)) => {
                self.warn(error.to_string());
                self.forget_held();
                return Vec::new();
            }
            (None, None) => {
                self.tell(nothing);
                self.forget_held();
            }
            (Some(one), None) if of == 1 => {
                self.tell(format!("{verb}: {}", done_with(one)));
                effects.extend(self.show_again(one));
                effects.extend(self.refresh(one));
            }
            (Some(first), None) if came.reached.is_whole() => {
                self.tell(format!("{verb}: {} on {done} candidates", what(first)));
            }
            (Some(first), failed) => {
                let why = why(failed.as_ref());
                let again = if redo { Action::Redo } else { Action::Undo };
                let key = self.settings.keymap.hint(again).unwrap_or_default();
                self.warn(format!(
                    "{verb} on {done} of {of} candidates: {}; {why} · {key} goes on with it",
                    what(first)
                ));
            }
        }
        if of > 1 {
            effects.extend(self.refresh_near());
            if judged {
                // Whose pairs they were is not told; the list is.
                effects.push(Effect::Sealed(self.settings.reviewer.clone()));
                effects.extend(self.relist());
            }
        }
        if self.screen == crate::tui::app::Screen::Audit {
            effects.extend(self.read_audit());
        }
        effects.extend(self.look());
        effects
    }

    /// Decisions of an earlier session, or of another process, were cut off, which nobody was told.
    pub(super) fn unfinished(&mut self, found: &Unfinished) -> Vec<Effect> {
        let Reached { done, of } = found.reached;
        let what = what(&found.about);
        let key = |action| self.settings.keymap.hint(action).unwrap_or_default();
        let text = match found.way {
            Way::Decide => {
                format!(
                    "{done} of {of} candidates: {what}; then loong ended · {} undoes these {done}",
                    key(Action::Undo)
                )
            }
            Way::Undo => format!(
                "undone on {done} of {of} candidates: {what}; then loong ended · {} goes on with it",
                key(Action::Undo)
            ),
            Way::Redo => format!(
                "put back on {done} of {of} candidates: {what}; then loong ended · {} goes on with it",
                key(Action::Redo)
            ),
        };
        self.warn(text);
        Vec::new()
    }

    /// Reads again what is on the screen and around it, after decisions on any number of candidates.
    pub(super) fn refresh_near(&mut self) -> Vec<Effect> {
        let near = self.near();
        self.review.rows.retain(|id, _| near.contains(id));
        let mut effects = vec![Effect::Rows(near)];
        let open = self.review.opened();
        if !open.is_empty() {
            let unrevised = self.as_they_came(&open);
            effects.push(Effect::Reread { ids: open, unrevised });
        }
        effects
    }
}

/// What candidates stand for, in a sentence.
fn stand_for(found: &Standings) -> String {
    let verb = |n: u64, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    let said = [
        (found.agree, verb(found.agree, "agrees", "agree")),
        (found.disagree, verb(found.disagree, "disagrees", "disagree")),
        (found.undecided, verb(found.undecided, "is undecided", "are undecided")),
        (found.not_executed, format!("{} did not execute", found.not_executed)),
        (found.failed, format!("{} failed", found.failed)),
        (found.contested, verb(found.contested, "is contested", "are contested")),
        (found.open, verb(found.open, "has no verdict yet", "have no verdict yet")),
    ];
    let said: Vec<String> = said.into_iter().filter(|(n, _)| *n > 0).map(|(_, said)| said).collect();
    format!("{}.", said.join(", "))
}

/// That none of them was decided on.
pub(super) fn nothing_decided(failed: Option<&StoreError>) -> String {
    let why = failed.map_or_else(String::new, |error| format!(": {error}"));
    format!("nothing was decided{why}")
}

/// Why it ended before its end.
fn why(failed: Option<&StoreError>) -> String {
    failed.map_or_else(|| "ended there".to_owned(), ToString::to_string)
}
