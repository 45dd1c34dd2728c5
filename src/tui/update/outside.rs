//! What goes out of the program: the clipboard, the editor, the pager, exported files.

use crossterm::event::{KeyCode, KeyEvent};

use crate::export::{FormatName, WhichResponses};
use crate::store::record::NewDecision;
use crate::tui::action::Action;
use crate::tui::app::{App, ExportDialogue, Overlay};
use crate::tui::effect::{Effect, ExportWish};
use crate::tui::plain;
use crate::tui::prompt::{PASTED, Prompt, Purpose};
use crate::tui::review::Pane;

/// Fields of the export dialogue.
const EXPORT_FIELDS: usize = 4;

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

    pub(super) fn noted(&mut self, targets: Vec<i64>, note: Result<Option<String>, String>) -> Vec<Effect> {
        match note {
            Ok(Some(note)) => {
                let decisions: Vec<NewDecision> =
                    targets.into_iter().map(|id| NewDecision { note: Some(note.clone()), ..self.blank(id) }).collect();
                self.decide(decisions, "note")
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

    pub(super) fn open_export(&mut self) -> Vec<Effect> {
        if self.project.is_none() {
            self.warn("no project is open");
            return Vec::new();
        }
        let wish = ExportWish {
            format: FormatName::Messages,
            responses: WhichResponses::FirstVerified,
            filter: self.review.filter.to_string(),
            path: "messages.jsonl".to_owned(),
            overwrite: false,
        };
        self.overlay =
            Some(Overlay::Export(ExportDialogue { wish, field: 0, asked: 0, counted: None, writing: false }));
        self.count_export()
    }

    /// Counts what the dialogue would write.
    fn count_export(&mut self) -> Vec<Effect> {
        self.asked += 1;
        let nth = self.asked;
        let Some(Overlay::Export(dialogue)) = &mut self.overlay else { return Vec::new() };
        dialogue.asked = nth;
        vec![Effect::CountExport(nth, dialogue.wish.clone())]
    }

    pub(super) fn export_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let Some(Overlay::Export(dialogue)) = &mut self.overlay else { return Vec::new() };
        if dialogue.writing {
            return Vec::new();
        }
        match key.code {
            KeyCode::Esc => {
                self.overlay = None;
                Vec::new()
            }
            KeyCode::Enter => self.write_export(),
            KeyCode::Tab | KeyCode::Down => {
                dialogue.field = (dialogue.field + 1) % EXPORT_FIELDS;
                Vec::new()
            }
            KeyCode::BackTab | KeyCode::Up => {
                dialogue.field = (dialogue.field + EXPORT_FIELDS - 1) % EXPORT_FIELDS;
                Vec::new()
            }
            KeyCode::Left | KeyCode::Right | KeyCode::Char(' ') if dialogue.field < 2 => {
                let forwards = key.code != KeyCode::Left;
                let wish = &mut dialogue.wish;
                if dialogue.field == 0 {
                    let before = wish.format;
                    wish.format = turned(FormatName::ALL, before, forwards);
                    // The suggested name follows the format until somebody writes another.
                    if wish.path == suggested(before) {
                        wish.path = suggested(wish.format);
                    }
                } else {
                    wish.responses = turned(WhichResponses::ALL, wish.responses, forwards);
                }
                self.count_export()
            }
            _ if dialogue.field >= 2 => {
                let line = if dialogue.field == 2 { &mut dialogue.wish.filter } else { &mut dialogue.wish.path };
                let mut prompt = Prompt::new(Purpose::Note, line, Vec::new());
                if !prompt.edit(key) {
                    return Vec::new();
                }
                prompt.text().clone_into(line);
                dialogue.wish.overwrite = false;
                self.count_export()
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn paste_into_export(&mut self, text: &str) -> Vec<Effect> {
        let Some(Overlay::Export(dialogue)) = &mut self.overlay else { return Vec::new() };
        let line = match dialogue.field {
            2 => &mut dialogue.wish.filter,
            3 => &mut dialogue.wish.path,
            _ => return Vec::new(),
        };
        line.extend(text.chars().take(PASTED).filter(|c| !c.is_control()));
        self.count_export()
    }

    /// Writes; over a file that is there only at the second `enter`.
    fn write_export(&mut self) -> Vec<Effect> {
        let Some(Overlay::Export(dialogue)) = &mut self.overlay else { return Vec::new() };
        match &dialogue.counted {
            Some(Ok(counted)) if counted.rows == 0 => Vec::new(),
            Some(Ok(counted)) if counted.exists && !dialogue.wish.overwrite => {
                dialogue.wish.overwrite = true;
                Vec::new()
            }
            Some(Ok(_)) => {
                dialogue.writing = true;
                vec![Effect::Export(dialogue.wish.clone())]
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn exported(&mut self, told: Result<String, String>) -> Vec<Effect> {
        match told {
            Ok(_) => self.overlay = None,
            Err(_) => {
                if let Some(Overlay::Export(dialogue)) = &mut self.overlay {
                    dialogue.writing = false;
                }
            }
        }
        self.report(told)
    }
}

fn suggested(format: FormatName) -> String {
    format!("{format}.jsonl")
}

fn turned<T: Copy + PartialEq>(all: &[T], now: T, forwards: bool) -> T {
    let at = all.iter().position(|x| *x == now).unwrap_or(0);
    all[if forwards { (at + 1) % all.len() } else { (at + all.len() - 1) % all.len() }]
}
