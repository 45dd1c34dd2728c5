//! Keys of the export screen: choices, what is left out, and writing.

use crossterm::event::MouseEvent;
use ratatui::layout::Rect;

use crate::store::IdSet;
use crate::tui::action::Action;
use crate::tui::app::{App, Overlay, Question, Screen, Yes};
use crate::tui::effect::Effect;
use crate::tui::export::{Choice, Pane, places, width};
use crate::tui::layout;
use crate::tui::msg::Exportable;
use crate::tui::prompt::{Prompt, Purpose};

impl App {
    /// Comes to the screen: everything is counted anew, by the filter of the review screen unless somebody wrote another.
    pub(super) fn look_at_export(&mut self) -> Vec<Effect> {
        if !self.export.own_filter {
            self.export.wish.filter = self.review.filter.to_string();
        }
        self.count_export()
    }

    /// Counts what would be written; what was counted before stays until then.
    fn count_export(&mut self) -> Vec<Effect> {
        if self.project.is_none() || self.export.writing.is_some() {
            return Vec::new();
        }
        self.export.asked += 1;
        self.export.stale = true;
        let (wish, me) = (self.export.wish.clone(), self.settings.reviewer.clone());
        vec![Effect::CountExport { nth: self.export.asked, wish, me }]
    }

    /// Nobody waits for a count any more; what is being written goes on.
    pub(super) fn leave_export(&mut self) -> Option<Effect> {
        let counts = self.screen == Screen::Export && self.export.stale && self.export.writing.is_none();
        counts.then_some(Effect::EndExport)
    }

    pub(super) fn export_counted(&mut self, nth: u64, counted: Result<Exportable, String>) -> Vec<Effect> {
        if nth != self.export.asked {
            return Vec::new();
        }
        let export = &mut self.export;
        export.stale = counted.as_ref().is_ok_and(|counted| !counted.is_whole);
        // Rows that were shown stay until the new ones are there.
        export.counted = Some(match (counted, export.counted.take()) {
            (Ok(so_far), Some(Ok(before))) if !so_far.is_whole => {
                Ok(Exportable { first: before.first, shown: before.shown, ..so_far })
            }
            (counted, _) => counted,
        });
        let reasons = export.exportable().map_or(0, |counted| counted.left_out.len());
        export.reason = export.reason.min(reasons.saturating_sub(1));
        self.lay_export();
        Vec::new()
    }

    /// Wraps the rows for the present width.
    pub(super) fn lay_export(&mut self) {
        let columns = width(self.size.0, &self.export);
        self.export.lay(columns);
        let most = self.export.laid.len().saturating_sub(self.export_rows(Pane::Rows));
        self.export.top = self.export.top.min(most);
    }

    /// A key of the export screen.
    pub(super) fn export_action(&mut self, action: Action) -> Vec<Effect> {
        if self.screen != Screen::Export {
            return Vec::new();
        }
        // A line is opened whatever goes on, and refused once it is finished.
        let types = matches!(action, Action::ExportFilter | Action::ExportFile)
            || action == Action::Zoom
                && self.export.pane == Pane::Choices
                && matches!(self.export.choice, Choice::Against | Choice::Filter | Choice::File);
        if !types && self.is_exporting() {
            return Vec::new();
        }
        match action {
            Action::NextChoice | Action::PreviousChoice => {
                if self.export.turn(action == Action::NextChoice) {
                    self.count_export()
                } else {
                    Vec::new()
                }
            }
            Action::ExportFilter => self.type_choice(Choice::Filter),
            Action::ExportFile => self.type_choice(Choice::File),
            Action::WriteExport => self.write_export(),
            _ => self.enter_export(),
        }
    }

    /// Whether the dataset is being written, which is told: what is chosen stays until it is.
    pub(super) fn is_exporting(&mut self) -> bool {
        if self.export.writing.is_some() {
            let keys = self.settings.keymap.hint(Action::Back).unwrap_or_default();
            self.tell(format!("it is being written; {keys} ends it"));
        }
        self.export.writing.is_some()
    }

    /// `enter`: changes what is selected, or lists what is left out.
    fn enter_export(&mut self) -> Vec<Effect> {
        match (self.export.pane, self.export.choice) {
            (Pane::Choices, choice @ (Choice::Against | Choice::Filter | Choice::File)) => self.type_choice(choice),
            (Pane::Choices, _) => self.export_action(Action::NextChoice),
            (Pane::LeftOut, _) => self.list_left_out(),
            (Pane::Rows, _) => Vec::new(),
        }
    }

    fn type_choice(&mut self, choice: Choice) -> Vec<Effect> {
        self.export.pane = Pane::Choices;
        self.export.choice = choice;
        let (purpose, text) = match choice {
            Choice::Filter => (Purpose::ExportFilter, &self.export.wish.filter),
            Choice::Against => (Purpose::ExportAgainst, &self.export.wish.against),
            _ => (Purpose::ExportFile, &self.export.wish.path),
        };
        self.prompt = Some(Prompt::new(purpose, text, IdSet::default()));
        self.typed_in_prompt()
    }

    pub(super) fn choice_typed(&mut self, purpose: Purpose, text: &str) -> Vec<Effect> {
        let wish = &mut self.export.wish;
        match purpose {
            Purpose::ExportFilter => {
                text.clone_into(&mut wish.filter);
                self.export.own_filter = true;
            }
            Purpose::ExportAgainst => text.clone_into(&mut wish.against),
            _ => text.clone_into(&mut wish.path),
        }
        self.count_export()
    }

    /// Lists the candidates that are left out for the selected reason on the review screen.
    fn list_left_out(&mut self) -> Vec<Effect> {
        let Some(left) = self.export.exportable().and_then(|counted| counted.left_out.get(self.export.reason)) else {
            return Vec::new();
        };
        if left.ids.is_empty() {
            self.tell("they are to be judged blind, so none is named here");
            return Vec::new();
        }
        let ids: Vec<String> = left.ids.iter().map(ToString::to_string).collect();
        let told = match usize::try_from(left.candidates) {
            Ok(all) if all > ids.len() => format!("{} of {all} left out: {}", ids.len(), left.reason),
            _ => format!("left out: {}", left.reason),
        };
        let mut effects = self.go(Screen::Review);
        effects.extend(self.filter_by(&format!("id:{}", ids.join(","))));
        self.tell(told);
        effects
    }

    /// Writes; over a file that is there only when somebody says so.
    fn write_export(&mut self) -> Vec<Effect> {
        match &self.export.counted {
            Some(Ok(counted)) if counted.is_whole && !self.export.stale => {
                if counted.before.is_some() {
                    // It goes into files of its own, and the manifest has what no longer holds of those that are there.
                    return self.export_now(false);
                }
                if counted.rows == 0 {
                    self.warn("there is nothing to write: no candidate is taken");
                } else if counted.exists && !self.export.wish.since_last {
                    let text = format!("{} is there already. Write over it?", counted.path.display());
                    let text = crate::review::cleaned::clean_line(&text);
                    self.overlay = Some(Overlay::Confirm(Question::new(text, Yes::Overwrite)));
                } else {
                    return self.export_now(false);
                }
            }
            Some(Err(e)) => {
                let e = e.clone();
                self.warn(e);
            }
            _ => self.tell("still counting; once more in a moment"),
        }
        Vec::new()
    }

    pub(super) fn export_now(&mut self, overwrite: bool) -> Vec<Effect> {
        self.export.writing = Some(0);
        let wish = self.export.wish.clone();
        self.busy = Some(format!("writing {}", wish.path));
        vec![Effect::Export { wish, overwrite }]
    }

    pub(super) fn exported(&mut self, told: Result<Option<String>, String>) -> Vec<Effect> {
        self.export.writing = None;
        self.busy = None;
        match told {
            Ok(Some(told)) => self.tell(told),
            Ok(None) => self.tell("ended; nothing was written"),
            Err(e) => self.warn(e),
        }
        // What is there is told anew.
        if self.screen == Screen::Export { self.count_export() } else { Vec::new() }
    }

    /// Back within the screen: ends writing, leaves a pane; none where there is nothing to go back from.
    pub(super) fn back_in_export(&mut self) -> Option<Vec<Effect>> {
        if self.export.writing.is_some() {
            return Some(vec![Effect::EndExport]);
        }
        if self.export.pane == Pane::Choices {
            return None;
        }
        self.export.pane = Pane::Choices;
        self.lay_export();
        Some(Vec::new())
    }

    pub(super) fn turn_export_pane(&mut self, forwards: bool) {
        let n = Pane::ALL.len();
        let at = Pane::ALL.iter().position(|pane| *pane == self.export.pane).unwrap_or(0);
        self.export.pane = Pane::ALL[if forwards { (at + 1) % n } else { (at + n - 1) % n }];
        self.lay_export();
    }

    pub(super) fn move_in_export(&mut self, action: Action, count: Option<u32>) {
        let times = count.unwrap_or(1) as usize;
        let page = self.export_rows(self.export.pane).max(2);
        let export = &mut self.export;
        let (now, last) = match export.pane {
            Pane::Choices => {
                let at = Choice::ALL.iter().position(|choice| *choice == export.choice).unwrap_or(0);
                (at, Choice::ALL.len() - 1)
            }
            Pane::LeftOut => {
                let reasons = export.exportable().map_or(0, |counted| counted.left_out.len());
                (export.reason, reasons.saturating_sub(1))
            }
            Pane::Rows => (export.top, export.laid.len().saturating_sub(page)),
        };
        let to = match action {
            Action::Down => now.saturating_add(times),
            Action::Up => now.saturating_sub(times),
            Action::HalfDown => now + page / 2,
            Action::HalfUp => now.saturating_sub(page / 2),
            Action::PageDown => now + page,
            Action::PageUp => now.saturating_sub(page),
            Action::First => 0,
            _ => last,
        }
        .min(last);
        match export.pane {
            Pane::Choices => export.choice = Choice::ALL[to],
            Pane::LeftOut => export.reason = to,
            Pane::Rows => export.top = to,
        }
    }

    /// A click or the wheel.
    pub(super) fn mouse_in_export(&mut self, event: MouseEvent, wheel: Option<Action>, notch: u32) -> Vec<Effect> {
        let panes = places(self.export_body(), &self.export);
        let Some((pane, area)) = panes.into_iter().rev().find(|(_, r)| r.contains((event.column, event.row).into()))
        else {
            return Vec::new();
        };
        let before = std::mem::replace(&mut self.export.pane, pane);
        if let Some(action) = wheel {
            self.move_in_export(action, Some(notch));
            self.export.pane = before;
            return Vec::new();
        }
        let row = usize::from(event.row.saturating_sub(area.y + 1));
        match pane {
            Pane::Choices => {
                let (shown, above) = self.export.choices_in(usize::from(area.height.saturating_sub(2)));
                if let Some(choice) = Choice::ALL.get(above + row).filter(|_| row < shown) {
                    let again = before == pane && self.export.choice == *choice;
                    self.export.choice = *choice;
                    // A second click does what `enter` does.
                    if again {
                        return self.enter_export();
                    }
                }
            }
            Pane::LeftOut => {
                let reasons = self.export.exportable().map_or(0, |counted| counted.left_out.len());
                self.export.reason = row.min(reasons.saturating_sub(1));
            }
            Pane::Rows => {}
        }
        Vec::new()
    }

    fn export_body(&self) -> Rect {
        layout::parts(Rect::new(0, 0, self.size.0, self.size.1)).body
    }

    /// Rows of text in a pane.
    fn export_rows(&self, pane: Pane) -> usize {
        let area = places(self.export_body(), &self.export).into_iter().find(|(p, _)| *p == pane);
        area.map_or(0, |(_, area)| usize::from(area.height.saturating_sub(2)))
    }
}
