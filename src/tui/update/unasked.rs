//! What comes by itself and would lie over the screen or take its place: the question of a run that is to begin, an import
//! that was read, a project that was opened. It never closes what is open, nor ends what is being typed: it waits, which is
//! told, and comes just before a frame is drawn, so that no key that was typed before can be an answer to it.

use crate::tui::app::{App, Overlay, Question, Unasked, Yes};
use crate::tui::effect::Effect;
use crate::tui::workbench::{ImportPlan, Project};

impl App {
    /// A question that nobody asked for.
    pub(super) fn ask(&mut self, text: String, yes: Yes) {
        self.unasked.push_back(Unasked::Question(Question { by_itself: true, ..Question::new(text, yes) }));
    }

    /// A file that is to be imported was read.
    pub(super) fn planned(&mut self, plan: Result<ImportPlan, String>) -> Vec<Effect> {
        self.busy = None;
        match plan {
            Ok(plan) => self.unasked.push_back(Unasked::Import(plan)),
            Err(e) => self.warn(e),
        }
        Vec::new()
    }

    /// A project was opened. What is typed meanwhile is for the one before.
    pub(super) fn opened(&mut self, project: Box<Project>, told: Option<String>) -> Vec<Effect> {
        if self.is_in_the_way(true) {
            self.unasked.push_back(Unasked::Project(project, told));
            return Vec::new();
        }
        self.entered(*project, told)
    }

    /// Whether something is open, or half typed, that what comes by itself would put an end to.
    fn is_in_the_way(&self, of_a_project: bool) -> bool {
        let is_open = match &self.overlay {
            None => false,
            // It is what a project is opened from.
            Some(Overlay::Welcome { .. }) => !of_a_project,
            Some(_) => true,
        };
        let is_typing = !self.typed.pending().is_empty() || self.typed.count().is_some();
        is_open || self.prompt.is_some() || is_typing || !of_a_project && !self.held.is_empty()
    }

    /// Brings up what came by itself, where nothing is in the way; to be called before a frame is drawn.
    pub fn bring_up(&mut self) -> Vec<Effect> {
        let is_project = matches!(self.unasked.front(), Some(Unasked::Project(..)));
        if self.unasked.is_empty() || self.is_in_the_way(is_project) {
            return Vec::new();
        }
        match self.unasked.pop_front() {
            Some(Unasked::Question(question)) => self.overlay = Some(Overlay::Confirm(question)),
            Some(Unasked::Import(plan)) => {
                self.overlay = Some(Overlay::Import { plan, only_y: self.keys != self.named_at });
            }
            Some(Unasked::Project(project, told)) => return self.entered(*project, told),
            None => {}
        }
        Vec::new()
    }

    /// What waits to be brought up, in a sentence.
    pub fn says_unasked(&self) -> Option<&'static str> {
        Some(match self.unasked.front()? {
            Unasked::Question(_) => "a question about the run waits until you are done here",
            Unasked::Import(_) => "what the import would do waits until you are done here",
            Unasked::Project(..) => "the opened project waits until you are done here",
        })
    }
}
