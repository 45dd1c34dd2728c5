//! Correcting a candidate: from its sheet in the editor by way of what differs to the revision.

use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};

use crate::review::correction::{CodeRun, Draft, from_sheet, sheet};
use crate::store::record::{CandidateView, NewDecision};
use crate::store::revision::Revision;
use crate::tui::action::Action;
use crate::tui::app::{App, Overlay, Screen};
use crate::tui::correct::{Correction, Run};
use crate::tui::effect::Effect;

impl App {
    /// Whether a candidate is read as it came although it was revised: rates are of that, and so are the plan's pairs.
    pub fn reads_as_it_came(&self, id: i64) -> bool {
        self.review.sealed.contains(id) || self.is_judging_plan()
    }

    /// Those of these candidates that are read as they came.
    pub(super) fn as_they_came(&self, ids: &[i64]) -> Vec<i64> {
        let all = self.is_judging_plan();
        ids.iter().copied().filter(|id| all || self.review.sealed.contains(*id)).collect()
    }

    /// Opens the selected candidate's sheet in the editor, or what was written on it and not kept.
    pub(super) fn correct(&mut self) -> Vec<Effect> {
        if self.screen != Screen::Review || !self.may_decide() {
            return Vec::new();
        }
        let Some(view) = self.review.selected_book().map(|book| Arc::clone(&book.view)) else {
            self.tell("still reading; once more in a moment");
            return Vec::new();
        };
        if view.revised.is_some() && view.shows_revised().is_none() {
            self.warn("the plan has it as it came, and it was corrected since; judge it, or list it otherwise");
            return Vec::new();
        }
        let draft = self.review.drafts.get(&view.id).cloned();
        let text = draft.unwrap_or_else(|| sheet(&view));
        vec![Effect::EditCorrection(view, text)]
    }

    /// The editor is done with a sheet.
    pub(super) fn corrected(
        &mut self,
        view: Arc<CandidateView>,
        edited: Result<Option<String>, String>,
    ) -> Vec<Effect> {
        let before = self.review.drafts.remove(&view.id);
        let text = match edited {
            // What was written before and is left as it is was written, too.
            Ok(text) => text.or(before),
            Err(why) => {
                self.review.drafts.extend(before.map(|text| (view.id, text)));
                self.warn(why);
                return Vec::new();
            }
        };
        let read = text.as_ref().map(|text| from_sheet(text, &view));
        match (read, text) {
            (Some(Ok(draft)), Some(text)) if !draft.texts.is_empty() => {
                self.review.drafts.insert(view.id, text);
                self.asked += 1;
                self.overlay = Some(Overlay::Correction(Box::new(Correction::new(view, draft, self.asked))));
            }
            (Some(Ok(Draft { reason: Some(_), .. })), _) => {
                let note = self.settings.keymap.hint(Action::Note).unwrap_or_default();
                self.tell(format!("nothing was changed; {note} notes a word without a change"));
            }
            (Some(Err(why)), Some(text)) => {
                self.review.drafts.insert(view.id, text.clone());
                return vec![Effect::KeepText { id: view.id, text, why }];
            }
            _ => self.tell("nothing was changed"),
        }
        Vec::new()
    }

    /// A sheet that could not be read was kept in a file, or could not be.
    pub(super) fn text_kept(&mut self, why: &str, kept: Result<PathBuf, String>) -> Vec<Effect> {
        let key = self.settings.keymap.hint(Action::Correct).unwrap_or_default();
        let place = match kept {
            Ok(path) => format!("and {} has it", path.display()),
            Err(e) => format!("and it is in no file: {e}"),
        };
        self.warn(format!("{why} · {key} opens what you wrote again, {place}"));
        Vec::new()
    }

    pub(super) fn correction_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        match key.code {
            KeyCode::Enter => return self.keep_correction(),
            KeyCode::Esc | KeyCode::Char('q' | 'n') => {
                self.overlay = None;
                let key = self.settings.keymap.hint(Action::Correct).unwrap_or_default();
                self.tell(format!("nothing was corrected; {key} opens what you wrote again"));
            }
            KeyCode::Char('r') => return self.run_correction(),
            KeyCode::Down | KeyCode::Char('j') => self.scroll_overlay(1),
            KeyCode::Up | KeyCode::Char('k') => self.scroll_overlay(-1),
            KeyCode::PageDown | KeyCode::Char(' ') => self.scroll_overlay(10),
            KeyCode::PageUp => self.scroll_overlay(-10),
            _ => {}
        }
        Vec::new()
    }

    /// Runs the corrected code, isolated: only because somebody asked.
    fn run_correction(&mut self) -> Vec<Effect> {
        let Some(Overlay::Correction(correction)) = &mut self.overlay else { return Vec::new() };
        let Some(code) = correction.draft.texts.code.clone().filter(|_| correction.can_run()) else {
            return Vec::new();
        };
        correction.run = Run::UnderWay;
        let dependencies = correction.view.record.dependencies.clone();
        vec![Effect::RunCode { nth: correction.asked, code, dependencies }]
    }

    pub(super) fn code_ran(&mut self, nth: u64, run: Result<CodeRun, String>) -> Vec<Effect> {
        if let Some(Overlay::Correction(correction)) = &mut self.overlay
            && correction.asked == nth
        {
            correction.run = Run::Done(Box::new(run));
        }
        Vec::new()
    }

    fn keep_correction(&mut self) -> Vec<Effect> {
        let Some(Overlay::Correction(correction)) = &self.overlay else { return Vec::new() };
        if matches!(correction.run, Run::UnderWay) {
            self.tell("the corrected code is running; a moment");
            return Vec::new();
        }
        let new = NewDecision {
            revision: Some(Box::new(Revision::to(correction.texts()))),
            note: correction.draft.reason.clone(),
            ..self.blank(correction.view.id)
        };
        let run = correction.done().cloned().map(Box::new);
        self.overlay = None;
        vec![Effect::Revise { new: Box::new(new), run }]
    }
}
