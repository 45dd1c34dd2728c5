//! What goes out of the program: the clipboard, the editor, the pager.

use crate::store::IdSet;
use crate::store::record::NewDecision;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::plain;
use crate::tui::review::Pane;

impl App {
    pub(super) fn copy(&mut self, action: Action) -> Vec<Effect> {
        let Some(book) = self.review.selected_book() else {
            self.tell("nothing is selected");
            return Vec::new();
        };
        let record = &book.view.record;
        let response = book.response();
        let (text, name) = match action {
            Action::CopyQuestion => (Some(record.question.clone()), "the question"),
            Action::CopyCode => (record.code.clone(), "the code"),
            Action::CopyOutput => (record.executions.first().map(|e| e.stdout.clone()), "the output"),
            Action::CopyCodeAnswer => (record.reference.clone(), "the code answer"),
            Action::CopyResponse => (response.map(|r| r.record.text.clone()), "the chain of thought"),
            Action::CopyCotAnswer => (response.and_then(|r| r.record.answer.clone()), "the CoT answer"),
            Action::CopyId => (Some(book.view.id.to_string()), "the number"),
            _ => (serde_json::to_string_pretty(&*book.view).ok(), "the candidate as JSON"),
        };
        if let Some(text) = text.filter(|t| !t.is_empty()) {
            vec![Effect::Copy(text, name)]
        } else {
            self.tell(format!("{name} is not there"));
            Vec::new()
        }
    }

    pub(super) fn edit_note(&mut self) -> Vec<Effect> {
        if !self.may_decide() {
            return Vec::new();
        }
        let Some(book) = self.review.selected_book() else {
            self.tell("still reading; once more in a moment");
            return Vec::new();
        };
        let below = plain::candidate(&book.view, book.response);
        vec![Effect::EditNote(self.review.targets(), below)]
    }

    pub(super) fn noted(&mut self, targets: IdSet, note: Result<Option<String>, String>) -> Vec<Effect> {
        match note {
            Ok(Some(note)) => {
                let reviewer = self.settings.reviewer.clone();
                self.decide(NewDecision { reviewer, note: Some(note), ..NewDecision::default() }, targets, "note")
            }
            Ok(None) => {
                self.tell("no note was written");
                Vec::new()
            }
            Err(e) => self.report(Err(e)),
        }
    }

    pub(super) fn page(&mut self) -> Vec<Effect> {
        let Some(book) = self.review.book() else { return Vec::new() };
        let pane = self.review.pane;
        let text = if pane == Pane::List {
            plain::candidate(&book.view, book.response)
        } else {
            plain::pane(&book.view, book.response, pane)
        };
        vec![Effect::Page(text)]
    }
}
